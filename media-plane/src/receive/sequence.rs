//! Sequence numbers that do not wrap (RFC 3550 A.1).

/// A forward jump of fewer packets is loss, of more a restart.
const MAX_DROPOUT: u16 = 3_000;
/// A backward jump of fewer packets is reordering.
const MAX_MISORDER: u16 = 100;

/// What a sequence number turns out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// This one, counted from the beginning.
    At(i64),
    /// The source counts anew from this one on.
    Restarted(i64),
    /// Too far away: a stray packet, or the first one of a restart, which the next one will tell.
    Stray,
}

/// Follows the sequence numbers of one source.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sequence {
    highest: Option<i64>,
    /// With this one the source has started again.
    expected_after_restart: Option<u16>,
}

impl Sequence {
    pub(super) fn place(&mut self, number: u16) -> Place {
        let Some(highest) = self.highest else {
            self.highest = Some(number.into());
            return Place::At(number.into());
        };
        //= RFC3550-A.1
        let ahead = number.wrapping_sub(low(highest));
        if ahead < MAX_DROPOUT {
            self.expected_after_restart = None;
            let place = highest.saturating_add(ahead.into());
            self.highest = Some(place);
            return Place::At(place);
        }
        let behind = low(highest).wrapping_sub(number);
        if behind < MAX_MISORDER {
            return Place::At(highest.saturating_sub(behind.into()));
        }
        if self.expected_after_restart.replace(number.wrapping_add(1)) == Some(number) {
            self.expected_after_restart = None;
            // Behind everything that was, so that order stays order.
            let place = highest.saturating_add(i64::from(u16::MAX) + 1);
            let place = place - i64::from(low(place).wrapping_sub(number));
            self.highest = Some(place);
            return Place::Restarted(place);
        }
        Place::Stray
    }

    /// Where a number that was restored belongs: shortly before the newest one, or shortly behind it. `None`: nowhere near.
    pub(super) fn near(&mut self, number: u16) -> Option<i64> {
        let highest = self.highest?;
        let ahead = number.wrapping_sub(low(highest));
        if ahead < MAX_MISORDER {
            let place = highest.saturating_add(ahead.into());
            self.highest = Some(place);
            return Some(place);
        }
        let behind = low(highest).wrapping_sub(number);
        (behind < MAX_MISORDER).then(|| highest.saturating_sub(behind.into()))
    }
}

/// The number on the wire.
pub(super) const fn low(place: i64) -> u16 {
    (place & 0xffff) as u16
}
