//! What was sent on a subchannel lately.
//!
//! The controlling function sends every floor message and RTP packet to each participant, so that a participating
//! function gets as many copies as it serves members of the group. On the subchannel each goes once, from whichever leg
//! brings it first: the talker's leg brings nothing, and what is lost on one leg comes on another.

use std::collections::VecDeque;

use bytes::Bytes;
use mcptt_codec::floor::{MessageSequenceNumber, Subtype};
use mcptt_codec::id::Ssrc;

/// Floor messages that are remembered: more than are in flight between the first leg and the last.
const MESSAGES: usize = 16;

/// Talkers that are remembered; of more than these packets may be sent twice.
const TALKERS: usize = 8;

#[derive(Debug, Default)]
pub(super) struct Copies {
    messages: VecDeque<Message>,
    talkers: VecDeque<Talker>,
}

/// What tells floor messages apart.
#[derive(Debug, PartialEq, Eq)]
enum Message {
    Numbered(Subtype, MessageSequenceNumber),
    /// Without number: subtype and everything behind the SSRC of the header, which may differ from leg to leg.
    Octets(Subtype, Bytes),
}

/// The RTP packets of one SSRC.
#[derive(Debug)]
struct Talker {
    ssrc: Ssrc,
    /// The highest sequence number.
    highest: u16,
    /// One bit for each of the 64 numbers up to the highest, which is the lowest bit.
    sent: u64,
}

impl Copies {
    /// Whether this floor message was sent lately; from now on it was.
    pub(super) fn is_copy(
        &mut self,
        subtype: Subtype,
        number: Option<MessageSequenceNumber>,
        packet: &Bytes,
    ) -> bool {
        const BODY: usize = 8;
        let subtype = subtype.number();
        let message = match number {
            Some(number) => Message::Numbered(subtype, number),
            None => Message::Octets(subtype, Bytes::copy_from_slice(packet.get(BODY..).unwrap_or_default())),
        };
        if self.messages.contains(&message) {
            return true;
        }
        if let Message::Numbered(..) = message {
            // What has no number may be said again once the floor has changed.
            self.messages.retain(|message| matches!(message, Message::Numbered(..)));
        }
        if self.messages.len() >= MESSAGES {
            self.messages.pop_front();
        }
        self.messages.push_back(message);
        false
    }

    /// Whether this RTP packet was sent lately; from now on it was.
    pub(super) fn is_media_copy(&mut self, ssrc: Ssrc, sequence: u16) -> bool {
        if let Some(talker) = self.talkers.iter_mut().find(|talker| talker.ssrc == ssrc) {
            return !talker.is_new(sequence);
        }
        if self.talkers.len() >= TALKERS {
            self.talkers.pop_front();
        }
        self.talkers.push_back(Talker { ssrc, highest: sequence, sent: 1 });
        false
    }
}

impl Talker {
    /// How far behind the highest number a packet is taken for a late copy and not for a stream that starts again.
    const MISORDER: u16 = 3_000;

    fn is_new(&mut self, sequence: u16) -> bool {
        let ahead = sequence.wrapping_sub(self.highest);
        let behind = self.highest.wrapping_sub(sequence);
        if (1..0x8000).contains(&ahead) {
            self.sent = self.sent.checked_shl(u32::from(ahead)).unwrap_or(0) | 1;
            self.highest = sequence;
            return true;
        }
        match 1_u64.checked_shl(u32::from(behind)) {
            Some(bit) => {
                let new = self.sent & bit == 0;
                self.sent |= bit;
                new
            }
            None if behind <= Self::MISORDER => false,
            None => {
                (self.highest, self.sent) = (sequence, 1);
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(copies: &mut Copies, numbers: &[u16]) -> Vec<u16> {
        numbers.iter().copied().filter(|number| !copies.is_media_copy(Ssrc(1), *number)).collect()
    }

    #[test]
    fn a_packet_that_comes_on_several_legs_is_sent_once() {
        let mut copies = Copies::default();
        assert_eq!(sent(&mut copies, &[5, 5, 6, 5, 8, 7, 7, 6, 8]), [5, 6, 8, 7]);
        assert!(!copies.is_media_copy(Ssrc(2), 8));
    }

    #[test]
    fn numbers_may_wrap_and_jump() {
        let mut copies = Copies::default();
        assert_eq!(sent(&mut copies, &[65_534, 65_535, 0, 65_535, 1, 0]), [65_534, 65_535, 0, 1]);
        // A long pause in the numbers, then what is far behind: an old copy first, a new start last.
        assert_eq!(sent(&mut copies, &[500, 501, 1, 40_000, 40_001, 501]), [500, 501, 40_000, 40_001, 501]);
    }

    #[test]
    fn as_many_talkers_are_remembered_as_there_is_room_for() {
        let mut copies = Copies::default();
        for ssrc in 0..=TALKERS as u32 {
            assert!(!copies.is_media_copy(Ssrc(ssrc), 1));
        }
        assert!(copies.is_media_copy(Ssrc(1), 1));
        assert!(!copies.is_media_copy(Ssrc(0), 1));
        assert_eq!(copies.talkers.len(), TALKERS);
    }

    #[test]
    fn messages_are_told_apart_by_their_number_or_else_by_their_octets() {
        let mut copies = Copies::default();
        let (first, second) = (Bytes::from_static(b"headSSRCone"), Bytes::from_static(b"headSSRCtwo"));
        let other_leg = Bytes::from_static(b"headssrcone");
        let number = |number| Some(MessageSequenceNumber(number));
        assert!(!copies.is_copy(Subtype::FLOOR_TAKEN, number(1), &first));
        assert!(copies.is_copy(Subtype::FLOOR_TAKEN.with_ack(true), number(1), &second));
        assert!(!copies.is_copy(Subtype::FLOOR_IDLE, number(1), &first));
        assert!(!copies.is_copy(Subtype::FLOOR_RELEASE_MULTI_TALKER, None, &first));
        assert!(!copies.is_copy(Subtype::FLOOR_RELEASE_MULTI_TALKER, None, &second));
        assert!(copies.is_copy(Subtype::FLOOR_RELEASE_MULTI_TALKER, None, &other_leg));
        // The same talker has talked again.
        assert!(!copies.is_copy(Subtype::FLOOR_TAKEN, number(2), &first));
        assert!(!copies.is_copy(Subtype::FLOOR_RELEASE_MULTI_TALKER, None, &first));
        for more in 3..40 {
            assert!(!copies.is_copy(Subtype::FLOOR_TAKEN, number(more), &first));
        }
        assert_eq!(copies.messages.len(), MESSAGES);
    }
}
