//! The common header and its map.

use super::*;
use crate::id::Ssrc;
use crate::{DecodeError, EncodeError};

fn header(cs_map: CsIdMap) -> CommonHeader {
    CommonHeader {
        data_type: DataType::PRE_SHARED,
        verify: true,
        prf: PrfFunction::MIKEY_1,
        csb_id: 0x1234_5678,
        cs_map,
    }
}

//= RFC3830-6.1.1 test
#[test]
fn a_map_of_streams_is_read_and_written() {
    let octets = hex(&[
        "01",       // version
        "00",       // data type: pre-shared key
        "00",       // next payload: none
        "80",       // V, PRF MIKEY-1
        "12345678", // CSB ID
        "02",       // two crypto sessions
        "00",       // map of SRTP
        "01",       // policy 1
        "11223344", // SSRC
        "00000007", // roll-over counter
        "00",       // policy 0
        "55667788", // SSRC
        "00000000", // roll-over counter
    ]);
    let streams = vec![
        SrtpId { policy: 1, ssrc: Ssrc(0x1122_3344), roll_over_counter: 7 },
        SrtpId { policy: 0, ssrc: Ssrc(0x5566_7788), roll_over_counter: 0 },
    ];
    both_ways(&octets, &Mikey::new(header(CsIdMap::Srtp(streams))), &[]);
}

//= RFC6043-6.1.1 test
#[test]
fn a_generic_map_is_read_and_written() {
    let octets = hex(&[
        "01", "00", "00", "80", "12345678", // as above
        "02",       // two crypto sessions
        "02",       // generic map
        "01",       // CS ID 1
        "00",       // SRTP
        "82",       // S, two policies
        "0102",     // policies
        "000a",     // session data of ten octets
        "11223344", // SSRC
        "00000007", // roll-over counter
        "0009",     // sequence number
        "04",       // SPI of four octets
        "deadbeef", // SPI
        "02",       // CS ID 2
        "00",       // SRTP
        "00",       // no policy
        "0000",     // no session data
        "00",       // no SPI
    ]);
    let sessions = vec![
        GenericId {
            cs_id: 1,
            protocol: ProtocolType::SRTP,
            session_flag: true,
            policies: octets.slice(13..15),
            session_data: octets.slice(17..27),
            spi: octets.slice(28..32),
        },
        GenericId { cs_id: 2, ..Default::default() },
    ];
    both_ways(&octets, &Mikey::new(header(CsIdMap::Generic(sessions))), &[]);
}

//= RFC3830-6.1:unknown test
#[test]
fn behind_an_unknown_map_nothing_can_be_read() {
    let octets = hex(&[
        "01", "00", "05", "80", "12345678", // timestamp follows
        "01", "07",       // one crypto session, map 7
        "aabbccdd", // whatever map 7 holds, and the timestamp
    ]);
    let map = CsIdMap::Other { map_type: CsIdMapType(7), count: 1 };
    let mut message = Mikey::new(header(map));
    message.chain.rest = Some(Rest { payload_type: PayloadType::T, octets: keys("aabbccdd") });
    both_ways(&octets, &message, &[deviation(10, "RFC3830-6.1:unknown")]);

    let error = EncodeError { what: "payloads behind an unknown map", limit: 0, got: 1 };
    assert_eq!(message.with(Rand::default()).encode(&mut BytesMut::new()), Err(error));
}

//= RFC3830-6.1:version test
#[test]
fn a_header_that_cannot_be_read_names_its_octet() {
    let cases = [
        ("", DecodeError::truncated(0, "MIKEY version", 1, 0)),
        ("021a0500", DecodeError::invalid(0, "MIKEY version")),
        ("011a0501 1234", DecodeError::truncated(4, "CSB ID", 4, 2)),
        ("011a0001 12345678 01", DecodeError::truncated(9, "CS ID map type", 1, 0)),
        ("01000000 12345678 0100 0111223344 0000", DecodeError::truncated(15, "ROC", 4, 2)),
        ("01000000 12345678 0102 010082 01", DecodeError::truncated(13, "policies", 2, 1)),
        ("01000000 12345678 0102 010000 0001", DecodeError::truncated(15, "session data", 1, 0)),
    ];
    for (text, error) in cases {
        assert_eq!(Mikey::decode(&octets(text)), Err(error), "{text}");
    }
    let error = DecodeError::too_large(0, "MIKEY message", 65_536, 65_537);
    assert_eq!(Mikey::decode(&[0; 65_537]), Err(error));
}

#[test]
fn a_header_that_does_not_fit_is_refused() {
    let generic = |policies: usize, data: usize, spi: usize| {
        let zeros = |len| Bytes::from(vec![0; len]);
        let (policies, session_data, spi) = (zeros(policies), zeros(data), zeros(spi));
        header(CsIdMap::Generic(vec![GenericId { policies, session_data, spi, ..Default::default() }]))
    };
    let refused = |what, limit, got| EncodeError { what, limit, got };
    let cases = [
        (CommonHeader { prf: PrfFunction(128), ..CommonHeader::sakke(1) }, refused("PRF function", 127, 128)),
        (header(CsIdMap::Srtp(vec![SrtpId::default(); 256])), refused("crypto sessions", 255, 256)),
        (generic(128, 0, 0), refused("policies of a crypto session", 127, 128)),
        (generic(0, 65_536, 0), refused("MIKEY message", 65_536, 65_552)),
        (generic(0, 0, 256), refused("SPI", 255, 256)),
    ];
    for (header, error) in cases {
        let mut out = BytesMut::from(&b"before"[..]);
        assert_eq!(Mikey::new(header).encode(&mut out), Err(error));
        assert_eq!(&out[..], b"before");
    }
}
