//! What the kernel had no room for.
//!
//! With `SO_RXQ_OVFL` a datagram says how many before it were dropped, once any was. As long as none was, nothing is said and no
//! room is needed for it: that it was missing is what the first such datagram says, and the next one has it.

use nix::sys::socket::{ControlMessageOwned, MsgFlags, MultiHeaders, RecvMsg, SockaddrStorage};

use super::RECEIVE_BATCH;

/// The drops of one socket.
#[derive(Debug, Default)]
pub(super) struct Drops {
    total: u64,
    /// As the kernel counts: it begins again after 32 bits.
    counted: u32,
    /// The kernel had something to say and no room for it.
    lacks_room: bool,
}

impl Drops {
    /// So many in all.
    pub(super) const fn total(&self) -> u64 {
        self.total
    }

    /// A datagram was read.
    pub(super) fn look_at(&mut self, message: &RecvMsg<'_, '_, SockaddrStorage>) {
        if message.flags.contains(MsgFlags::MSG_CTRUNC) {
            self.lacks_room = true;
            return;
        }
        let Ok(mut told) = message.cmsgs() else { return };
        let count = told.find_map(|told| match told {
            ControlMessageOwned::RxqOvfl(count) => Some(count),
            _ => None,
        });
        if let Some(count) = count {
            self.note(count);
        }
    }

    fn note(&mut self, count: u32) {
        self.total = self.total.saturating_add(count.wrapping_sub(self.counted).into());
        self.counted = count;
    }

    /// Room for the next batch, where it is missing: headers lose what a batch has not used.
    pub(super) fn take_room(&mut self) -> Option<MultiHeaders<SockaddrStorage>> {
        let room = || MultiHeaders::preallocate(RECEIVE_BATCH, Some(nix::cmsg_space!(u32)));
        std::mem::take(&mut self.lacks_room).then(room)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_of_the_kernel_begins_again() {
        let mut drops = Drops::default();
        for count in [u32::MAX - 1, u32::MAX, 3] {
            drops.note(count);
        }
        assert_eq!(drops.total(), u64::from(u32::MAX) + 4);
    }
}
