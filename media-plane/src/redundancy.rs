//! Voice that travels more than once (RFC 2198), and packets that repair others (RFC 5109, RFC 8627), between participants that
//! have agreed on it and those that have not.
//!
//! What repeats itself is taken down to its newest block for a listener that did not agree; it has the number and the time of the
//! packet. Repair packets go to those only that have agreed on them and are sent the very packets that they repair.

use bytes::{Bytes, BytesMut};
use mcptt_codec::rtp::RtpPacket;
use mcptt_codec::rtp::redundancy::RedundantPayload;

use crate::leg::Leg;
use crate::signalling::ExtensionIds;

/// The payload types of redundancy that were agreed on with a participant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RedundancyTypes {
    /// Voice with older voice beside it (RFC 2198).
    pub redundant: Option<u8>,
    /// Repair packets of RFC 5109.
    pub ulp: Option<u8>,
    /// Repair packets of RFC 8627.
    pub flexible: Option<u8>,
}

/// What a packet carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carried {
    /// Voice, or something that is not known here.
    Voice,
    /// Voice with older voice beside it.
    Redundant,
    /// A repair packet of RFC 5109.
    Ulp,
    /// A repair packet of RFC 8627.
    Flexible,
}

impl Carried {
    /// Whether there is voice in it.
    pub(crate) const fn is_voice(self) -> bool {
        matches!(self, Self::Voice | Self::Redundant)
    }
}

impl RedundancyTypes {
    /// What a packet of this type carries.
    pub(crate) fn carried(&self, payload_type: u8) -> Carried {
        let all = [Carried::Redundant, Carried::Ulp, Carried::Flexible];
        all.into_iter().find(|carried| self.number(*carried) == Some(payload_type)).unwrap_or(Carried::Voice)
    }

    /// The type that was agreed on for it. `None`: it was not, or needs not be.
    pub(crate) const fn number(&self, carried: Carried) -> Option<u8> {
        match carried {
            Carried::Voice => None,
            Carried::Redundant => self.redundant,
            Carried::Ulp => self.ulp,
            Carried::Flexible => self.flexible,
        }
    }

    /// All of them.
    pub(crate) fn all(&self) -> impl Iterator<Item = u8> + use<> {
        [self.redundant, self.ulp, self.flexible].into_iter().flatten()
    }
}

/// What has to be known of a talker to decide who gets its redundancy.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Talks {
    redundancy: RedundancyTypes,
    payload_type: Option<u8>,
}

impl Talks {
    pub(crate) const fn of(leg: &Leg) -> Self {
        Self { redundancy: leg.redundancy, payload_type: leg.payload_type }
    }

    /// What a packet of the talker carries.
    pub(crate) fn carried(&self, packet: &[u8]) -> Carried {
        let second = packet.get(1).copied().unwrap_or_default();
        self.redundancy.carried(second & 0x7f)
    }

    /// The type under which a listener is sent such a packet as it is. `None`: it is not.
    //= RFC2198-5:agreed
    //= RFC5109-14:agreed
    pub(crate) fn number_for(&self, listener: &Leg, carried: Carried) -> Option<u8> {
        let number = listener.redundancy.number(carried)?;
        // Blocks and repaired packets have the talker's type for the format, and nothing is put in between.
        let same = listener.payload_type == self.payload_type;
        let bare = carried == Carried::Redundant || listener.extensions == ExtensionIds::default();
        // Where nothing is protected types stay as they are.
        let kept =
            !listener.audio_protection.is_transparent() || self.redundancy.number(carried) == Some(number);
        (same && bare && kept).then_some(number)
    }

    /// The packet without what it repeats. `None`: its newest block is no voice.
    //= RFC2198-5:agreed
    pub(crate) fn plain(&self, packet: &Bytes) -> Option<Bytes> {
        let RtpPacket { mut header, payload, padding } = RtpPacket::decode(packet).ok()?;
        let RedundantPayload { primary_type, primary, .. } = RedundantPayload::decode(&payload).ok()?;
        if Some(primary_type) != self.payload_type {
            return None;
        }
        header.payload_type = primary_type;
        let plain = RtpPacket { header, payload: primary, padding };
        let mut octets = BytesMut::with_capacity(plain.encoded_len());
        plain.encode(&mut octets).ok()?;
        Some(octets.freeze())
    }
}
