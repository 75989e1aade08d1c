//! [`Protocol`]: what the APP packets of one TS 24.380 protocol have in common.

use std::fmt::Debug;

use crate::rtcp::field_id::FieldId;

/// A protocol that travels in RTCP APP packets (TS 24.380 8.2 to 8.5), told apart by its name. The subtype type of a
/// protocol stands for the protocol.
pub trait Protocol: Copy + Debug + Eq {
    /// The four ASCII characters of the APP packet.
    const NAME: [u8; 4];

    /// Takes the five subtype bits.
    fn from_bits(bits: u8) -> Self;

    /// The five subtype bits.
    fn bits(self) -> u8;

    /// Name of the message, or `None` when the message table does not list these five bits.
    fn message_name(self) -> Option<&'static str>;

    /// The message number, and whether the acknowledgment bit is set where the protocol has one.
    fn number_and_ack(self) -> (u8, Option<bool>);

    /// Octets behind `value` that belong to the field although its length does not count them: some senders read
    /// the length of composite fields differently, and the walk has to stay in step with them.
    fn uncounted_octets(id: FieldId, value: &[u8], following: &[u8]) -> usize {
        let _ = (id, value, following);
        0
    }
}
