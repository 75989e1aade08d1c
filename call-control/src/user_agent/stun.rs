//! Keep-alives of datagram flows: STUN binding requests on the SIP port (RFC 5626 4.4.2 and 8, RFC 5389).

use std::net::{IpAddr, SocketAddr};

use bytes::{BufMut, Bytes, BytesMut};

const BINDING_REQUEST: [u8; 2] = [0x00, 0x01];
const BINDING_SUCCESS: u16 = 0x0101;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];

/// The answer to a binding request: the address that it came from. `None` for anything else, which gets no answer; that of
/// RFC 3489, without the cookie, is not used with SIP.
pub(super) fn answer(datagram: &[u8], source: SocketAddr) -> Option<Bytes> {
    let (kind, rest) = datagram.split_first_chunk::<2>()?;
    let (_, rest) = rest.split_first_chunk::<2>()?;
    let (cookie, rest) = rest.split_first_chunk::<4>()?;
    let (transaction, _) = rest.split_first_chunk::<12>()?;
    if *kind != BINDING_REQUEST || *cookie != COOKIE {
        return None;
    }
    //= RFC5626-8:stun
    let mut value = BytesMut::with_capacity(20);
    let hidden_port = source.port() ^ u16::from_be_bytes([COOKIE[0], COOKIE[1]]);
    let hide = COOKIE.iter().chain(transaction);
    match source.ip() {
        IpAddr::V4(address) => {
            value.put_slice(&[0, 1]);
            value.put_u16(hidden_port);
            value.extend(address.octets().iter().zip(hide).map(|(octet, with)| octet ^ with));
        }
        IpAddr::V6(address) => {
            value.put_slice(&[0, 2]);
            value.put_u16(hidden_port);
            value.extend(address.octets().iter().zip(hide).map(|(octet, with)| octet ^ with));
        }
    }
    let length = u16::try_from(value.len()).ok()?;
    let mut answer = BytesMut::with_capacity(44);
    answer.put_u16(BINDING_SUCCESS);
    answer.put_u16(length.checked_add(4)?);
    answer.put_slice(&COOKIE);
    answer.put_slice(transaction);
    answer.put_u16(XOR_MAPPED_ADDRESS);
    answer.put_u16(length);
    answer.put_slice(&value);
    Some(answer.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A binding request with the transaction of the vectors of RFC 5769.
    const REQUEST: [u8; 20] = [
        0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa,
        0x87, 0xdf, 0xae,
    ];

    //= RFC5626-8:stun test
    #[test]
    fn the_source_is_told_as_in_the_vectors() {
        // The XOR-MAPPED-ADDRESS of RFC 5769 2.2 and 2.3.
        for (source, value) in [
            ("192.0.2.1:32853", &[0, 1, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43][..]),
            (
                "[2001:db8:1234:5678:11:2233:4455:6677]:32853",
                &[
                    0, 2, 0xa1, 0x47, 0x01, 0x13, 0xa9, 0xfa, 0xa5, 0xd3, 0xf1, 0x79, 0xbc, 0x25, 0xf4, 0xb5,
                    0xbe, 0xd2, 0xb9, 0xd9,
                ][..],
            ),
        ] {
            let answer = answer(&REQUEST, source.parse().unwrap()).expect("an answer");
            assert_eq!(answer[..4], [0x01, 0x01, 0, u8::try_from(value.len() + 4).unwrap()]);
            assert_eq!(answer[4..20], REQUEST[4..20]);
            assert_eq!(answer[20..24], [0, 0x20, 0, u8::try_from(value.len()).unwrap()]);
            assert_eq!(&answer[24..], value);
        }
    }

    #[test]
    fn nothing_else_is_answered() {
        let source = "192.0.2.1:32853".parse().unwrap();
        let mut success = REQUEST;
        success[0] = 0x01;
        let mut old = REQUEST;
        old[4] = 0;
        for datagram in [&success[..], &old[..], &REQUEST[..19], &[]] {
            assert_eq!(answer(datagram, source), None);
        }
    }
}
