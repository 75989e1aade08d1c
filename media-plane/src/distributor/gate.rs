//! The network media interface of one participant: which of its RTP packets are taken for RTP of this session at all.

use crate::rtp::KnownSsrcs;

/// Checks that need neither key nor floor.
#[derive(Debug)]
pub(crate) struct MediaGate {
    /// One bit for each of the 128 payload types.
    payload_types: u128,
    /// Of its RTP and of its RTCP, which share the keys.
    pub(crate) ssrcs: KnownSsrcs,
}

impl MediaGate {
    pub(crate) fn new(payload_types: &[u8], ssrc_limit: usize) -> Self {
        let payload_types = payload_types
            .iter()
            .filter_map(|payload_type| bit(*payload_type))
            .fold(0, |bits, bit| bits | bit);
        Self { payload_types, ssrcs: KnownSsrcs::new(ssrc_limit) }
    }

    /// For a stream whose payload types are not ours to judge.
    pub(crate) fn transparent(ssrc_limit: usize) -> Self {
        Self { payload_types: u128::MAX, ssrcs: KnownSsrcs::new(ssrc_limit) }
    }

    /// Whether the payload type was agreed on.
    pub(crate) fn admits(&self, payload_type: u8) -> bool {
        bit(payload_type).is_some_and(|bit| self.payload_types & bit != 0)
    }
}

fn bit(payload_type: u8) -> Option<u128> {
    1_u128.checked_shl(u32::from(payload_type))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_agreed_payload_types_pass() {
        let gate = MediaGate::new(&[0, 96, 127, 200], 4);
        let admitted: Vec<_> = (0..=u8::MAX).filter(|payload_type| gate.admits(*payload_type)).collect();
        assert_eq!(admitted, [0, 96, 127]);
    }
}
