//! What a UDP payload looks like, by its first octets.

use bytes::Bytes;

/// A protocol that travels between MCPTT entities over UDP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// Floor control: RTCP APP "MCPT".
    Floor,
    /// Pre-established session call control: RTCP APP "MCPC".
    SessionControl,
    /// MBMS subchannel control and its notifications: RTCP APP "MCMC" and "MCNC".
    Subchannel,
    /// Other RTCP.
    Rtcp,
    /// RTP.
    Rtp,
    /// SIP.
    Sip,
    /// STUN.
    Stun,
    /// DTLS.
    Dtls,
    /// Nothing but line ends or zero octets, which keeps a binding open.
    KeepAlive,
    /// None of these.
    Unknown,
}

impl Protocol {
    /// The word shown to people and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Protocol::Floor => "floor",
            Protocol::SessionControl => "session-control",
            Protocol::Subchannel => "subchannel",
            Protocol::Rtcp => "rtcp",
            Protocol::Rtp => "rtp",
            Protocol::Sip => "sip",
            Protocol::Stun => "stun",
            Protocol::Dtls => "dtls",
            Protocol::KeepAlive => "keep-alive",
            Protocol::Unknown => "unknown",
        }
    }

    /// Whether the datagram is a row of RTCP packets.
    pub fn is_rtcp(self) -> bool {
        matches!(self, Protocol::Floor | Protocol::SessionControl | Protocol::Subchannel | Protocol::Rtcp)
    }
}

/// Tells protocols apart the way RFC 7983 and RFC 5761 do, with SIP recognised by its first line.
pub fn classify(payload: &Bytes) -> Protocol {
    if payload.iter().all(|octet| matches!(octet, 0 | b'\r' | b'\n')) {
        return Protocol::KeepAlive;
    }
    match payload.as_ref() {
        [128..=191, 192..=223, ..] => app_name(payload),
        [128..=191, ..] if payload.len() >= 12 => Protocol::Rtp,
        [20..=63, 254, 253 | 255, ..] => Protocol::Dtls,
        [0..=3, _, _, _, 0x21, 0x12, 0xA4, 0x42, ..] => Protocol::Stun,
        _ if is_sip(payload) => Protocol::Sip,
        _ => Protocol::Unknown,
    }
}

/// The first name that belongs to MCPTT among the APP packets of a compound.
fn app_name(payload: &[u8]) -> Protocol {
    let mut rest = payload;
    while let [_, kind, high, low, ..] = rest {
        let length = (usize::from(u16::from_be_bytes([*high, *low])) + 1) * 4;
        match (kind, rest.get(8..12)) {
            (204, Some(b"MCPT")) => return Protocol::Floor,
            (204, Some(b"MCPC")) => return Protocol::SessionControl,
            (204, Some(b"MCMC" | b"MCNC")) => return Protocol::Subchannel,
            _ => rest = rest.get(length..).unwrap_or_default(),
        }
    }
    Protocol::Rtcp
}

fn is_sip(payload: &[u8]) -> bool {
    let line = payload
        .split(|octet| matches!(octet, b'\r' | b'\n'))
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    line.starts_with(b"SIP/2.0 ")
        || (line.ends_with(b" SIP/2.0") && line.first().is_some_and(u8::is_ascii_uppercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_octets_tell_protocols_apart() {
        let receiver_report = [0x80, 201, 0, 1, 0, 0, 0, 1];
        let floor = [0x80, 204, 0, 2, 0, 0, 0, 1, b'M', b'C', b'P', b'T'];
        let cases: [(&[u8], Protocol); 14] = [
            (&floor, Protocol::Floor),
            (&[receiver_report, floor[..8].try_into().unwrap()].concat(), Protocol::Rtcp),
            (&[&receiver_report[..], &floor[..]].concat(), Protocol::Floor),
            (b"\x80\xcc\x00\x02\x00\x00\x00\x01MCPC", Protocol::SessionControl),
            (b"\x80\xcc\x00\x02\x00\x00\x00\x01MCNC", Protocol::Subchannel),
            (b"\x80\xcc\x00\x02\x00\x00\x00\x01PoC1", Protocol::Rtcp),
            (&[0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 9], Protocol::Rtp),
            (&[0x80, 96, 0], Protocol::Unknown),
            (b"INVITE sip:a@b SIP/2.0\r\n\r\n", Protocol::Sip),
            (b"\r\nSIP/2.0 200 OK\r\n\r\n", Protocol::Sip),
            (b"\r\n\r\n", Protocol::KeepAlive),
            (&[22, 254, 255, 0], Protocol::Dtls),
            (&[0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42], Protocol::Stun),
            (b"hello", Protocol::Unknown),
        ];
        for (payload, protocol) in cases {
            assert_eq!(classify(&Bytes::copy_from_slice(payload)), protocol, "{payload:?}");
        }
    }
}
