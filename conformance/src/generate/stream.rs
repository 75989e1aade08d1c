//! SIP over TCP: messages one after the other, cut into segments where chance has it, some of them late or sent again.

use bytes::Bytes;

use super::{Dice, sip};

/// Most messages of a stream.
const MESSAGES: u32 = 3;
/// Most places at which the octets of a stream are cut.
const CUTS: u32 = 5;

/// The segments of a connection in the order in which they were recorded, each with the number of its first octet. The
/// first one opens the connection.
pub(super) fn segments(dice: &mut Dice) -> Vec<(Option<u32>, Bytes)> {
    let start = dice.u32();
    let messages = 1 + dice.below(MESSAGES);
    let octets: Bytes = (0..messages).flat_map(|_| sip::message("TCP", dice)).collect();
    let mut cuts: Vec<usize> =
        (0..dice.below(CUTS + 1)).map(|_| 1 + dice.below(octets.len() as u32 - 1) as usize).collect();
    cuts.extend([0, octets.len()]);
    cuts.sort_unstable();
    cuts.dedup();
    let first = start.wrapping_add(1);
    let mut segments: Vec<_> = cuts
        .windows(2)
        .map(|pair| (Some(first.wrapping_add(pair[0] as u32)), octets.slice(pair[0]..pair[1])))
        .collect();
    if segments.len() > 1 && dice.one_in(3) {
        let at = dice.below(segments.len() as u32 - 1) as usize;
        if dice.one_in(2) {
            segments.swap(at, at + 1);
        } else {
            let again = segments[at].clone();
            segments.insert(at + 1, again);
        }
    }
    segments.insert(0, (Some(start), Bytes::new()));
    segments
}
