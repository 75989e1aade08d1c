//! Which of the sequence numbers just played were really there.

/// The last 128 numbers before the one that is to be played next: a repetition and a packet that comes too late are
/// different things.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct History(u128);

impl History {
    /// So many numbers were passed over.
    pub(super) fn passed(&mut self, numbers: i64) {
        let by = u32::try_from(numbers).unwrap_or(u32::MAX);
        self.0 = self.0.checked_shl(by).unwrap_or_default();
    }

    /// The next number was there.
    pub(super) fn played(&mut self) {
        self.0 = self.0 << 1 | 1;
    }

    /// Whether the number so far before the next one was there.
    pub(super) fn was_there(&self, before: i64) -> bool {
        u32::try_from(before.saturating_sub(1)).is_ok_and(|by| by < 128 && self.0 >> by & 1 == 1)
    }

    /// Takes down that it was there after all, too late.
    pub(super) fn came_late(&mut self, before: i64) {
        if let Some(bit) = u32::try_from(before.saturating_sub(1)).ok().and_then(|by| 1_u128.checked_shl(by))
        {
            self.0 |= bit;
        }
    }
}
