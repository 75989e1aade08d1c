//! Whole messages.

use super::*;
use crate::{DecodeError, EncodeError};

/// A MIKEY-SAKKE I_MESSAGE that carries a private call key.
fn i_message_octets() -> Bytes {
    hex(&[
        "01",                               // version
        "1a",                               // data type: SAKKE
        "05",                               // next payload: T
        "01",                               // no V, PRF HMAC-SHA-256
        "12345678",                         // CSB ID: the key identifier
        "00",                               // no crypto session
        "01",                               // empty map
        "0b",                               // next payload: RAND
        "00",                               // NTP-UTC
        "e54c3a0180000000",                 // timestamp
        "0e",                               // next payload: IDR
        "10",                               // sixteen octets
        "000102030405060708090a0b0c0d0e0f", // random value
        "0e",                               // next payload: IDR
        "01",                               // the initiator's
        "01",                               // URI
        "0007",                             // seven octets
        "7369703a614063",                   // sip:a@c
        "0e",                               // next payload: IDR
        "02",                               // the responder's
        "01",                               // URI
        "0007",                             // seven octets
        "7369703a624063",                   // sip:b@c
        "0a",                               // next payload: SP
        "07",                               // the responder's KMS
        "01",                               // URI
        "0005",                             // five octets
        "736970 3a6b",                      // sip:k
        "1a",                               // next payload: SAKKE
        "00",                               // policy 0
        "00",                               // SRTP
        "0003",                             // three octets of parameters
        "000106",                           // encryption: AES-GCM
        "15",                               // next payload: general extension
        "01",                               // parameter set 1
        "02",                               // UID of TS 33.180
        "0004",                             // four octets
        "04a1a2a3",                         // encapsulated key
        "04",                               // next payload: SIGN
        "06",                               // extension 6
        "0002",                             // two octets
        "e0e1",                             // extension
        "2081",                             // ECCSI, 129 octets
        &"5a".repeat(129),                  // signature
    ])
}

fn identity(role: Role, uri: &str) -> IdentityWithRole {
    WithRole { role, value: Identity::uri(uri) }
}

fn i_message() -> Mikey {
    let parameter = PolicyParameter { parameter_type: PolicyParameterType::ENCRYPTION, value: octets("06") };
    Mikey::new(CommonHeader::sakke(0x1234_5678))
        .with(Timestamp::NtpUtc(0xe54c_3a01_8000_0000))
        .with(Rand((0..16).collect::<Vec<u8>>().into()))
        .with(identity(Role::INITIATOR, "sip:a@c"))
        .with(identity(Role::RESPONDER, "sip:b@c"))
        .with(identity(Role::RESPONDER_KMS, "sip:k"))
        .with(SecurityPolicy { parameters: vec![parameter], ..Default::default() })
        .with(Sakke {
            parameters: SakkeParameters::SET_1,
            identifier_scheme: IdentifierScheme::MC_UID,
            data: keys("04a1a2a3"),
        })
        .with(GeneralExtension { extension_type: ExtensionType(6), data: octets("e0e1") })
        .with(Signature::eccsi([0x5a; 129]))
}

//= 33.180-mikey test
//= RFC3830-6.1:chain test
#[test]
fn an_i_message_is_read_and_written() {
    let message = i_message();
    both_ways(&i_message_octets(), &message, &[]);
    assert_eq!(message.payloads().len(), 9);
    assert_eq!(message.identity(Role::RESPONDER), Some(&Identity::uri("sip:b@c")));
    assert_eq!(message.identity(Role::APPLICATION), None);
}

//= RFC3830-6.1:unknown test
//= RFC3830-6.1:malformed test
//= RFC3830-6.1:last test
#[test]
fn a_chain_that_ends_early_keeps_what_follows_and_says_why() {
    let header = "011a0501 12345678 0001";
    let timestamp = Timestamp::Counter(9);
    let message = |payload_type, rest: &str| {
        let mut message = Mikey::new(CommonHeader::sakke(0x1234_5678)).with(timestamp);
        message.chain.rest = Some(Rest { payload_type, octets: keys(rest) });
        message
    };
    let cases = [
        // Payload 99, and what it says follows.
        ("63 02 00000009", PayloadType(99), "05aabbcc", 16, "RFC3830-6.1:unknown"),
        // A random value longer than the message.
        ("0b 02 00000009", PayloadType::RAND, "00ff0102", 18, "RFC3830-6.1:malformed"),
        // Octets behind the last payload.
        ("00 02 00000009", PayloadType::LAST, "00", 16, "RFC3830-6.1:last"),
    ];
    for (payload, payload_type, rest, offset, requirement) in cases {
        let octets = hex(&[header, payload, rest]);
        both_ways(&octets, &message(payload_type, rest), &[deviation(offset, requirement)]);
    }
    // Behind a signature as well.
    let octets = hex(&["011a0401 12345678 0001", "0001ff", "0000"]);
    let sign = Signature { signature_type: SignatureType::RSA_PKCS_1, signature: Bytes::from_static(&[255]) };
    let mut message = Mikey::new(CommonHeader::sakke(0x1234_5678)).with(sign);
    message.chain.rest = Some(Rest { payload_type: PayloadType::LAST, octets: keys("0000") });
    both_ways(&octets, &message, &[deviation(13, "RFC3830-6.1:last")]);

    for after in [message.clone().with(timestamp), {
        let mut message = message;
        message.chain.rest = Some(Rest { payload_type: PayloadType::T, octets: keys("0000") });
        message
    }] {
        let error = EncodeError { what: "payloads behind a signature", limit: 0, got: 1 };
        assert_eq!(after.encode(&mut BytesMut::new()), Err(error));
    }
}

#[test]
fn an_eccsi_signature_of_another_length_is_noted() {
    let octets = hex(&["011a0401 12345678 0001", "2020", &"5a".repeat(32)]);
    let sign = Signature { signature_type: SignatureType::ECCSI, signature: octets.slice(12..) };
    let message = Mikey::new(CommonHeader::sakke(0x1234_5678)).with(sign);
    both_ways(&octets, &message, &[deviation(10, "33.180-sign")]);
}

#[test]
fn the_keys_of_a_transport_are_a_chain_of_their_own() {
    let key = KeyData { key: keys("deadbeef"), ..Default::default() };
    let second = KeyData { key_type: KeyType::TEK, ..key.clone() };
    let chain = Chain { payloads: vec![key.into(), second.into()], rest: None };
    let mut data = BytesMut::new();
    chain.encode(&mut data).unwrap();
    assert_eq!(data, octets("14000004deadbeef 00200004deadbeef"));
    assert_eq!(chain.first(), PayloadType::KEY_DATA);
    assert_eq!(Chain::decode(PayloadType::KEY_DATA, &data).unwrap().value, chain);
    assert_eq!(Chain::default().first(), PayloadType::LAST);
}

#[test]
fn the_text_form_is_read_with_and_without_padding() {
    let message = Mikey::new(CommonHeader::sakke(0x1234_5678)).with(Timestamp::Counter(9));
    let text = message.to_base64().unwrap();
    assert_eq!(&text[..], "ARoFARI0VngAAQACAAAACQ==");
    for text in ["ARoFARI0VngAAQACAAAACQ==", "ARoFARI0VngAAQACAAAACQ", " ARoFARI0VngAAQACAAAACQ==\r\n"] {
        assert_eq!(Mikey::from_base64(text).unwrap().value, message, "{text}");
    }
    const WHAT: &str = "base64 of a MIKEY message";
    let cases = [
        ("ARoF*RI0", DecodeError::invalid(4, WHAT)),
        ("ARoFA", DecodeError::invalid(5, WHAT)),
        ("ARoFAR=0", DecodeError::invalid(6, WHAT)),
        ("", DecodeError::truncated(0, "MIKEY version", 1, 0)),
    ];
    for (text, error) in cases {
        assert_eq!(Mikey::from_base64(text).map(|_| ()), Err(error), "{text}");
    }
    let long = "A".repeat(100_000);
    let error = DecodeError::too_large(0, "MIKEY message", 65_536, 74_998);
    assert_eq!(Mikey::from_base64(&long).map(|_| ()), Err(error));
}

//= 33.180-mikey test
#[test]
fn neither_debug_nor_view_shows_a_key() {
    let mut message = i_message()
        .with(KeyTransport { data: keys("deadbeef"), ..Default::default() })
        .with(EnvelopeData { cache: 0, data: keys("deadbeef") })
        .with(Ticket { data: keys("deadbeef"), ..Default::default() })
        .with(KeyData {
            key_type: KeyType::TGK_SALT,
            key: keys("deadbeef"),
            salt: Some(keys("deadbeef")),
            ..Default::default()
        })
        .with(GeneralExtension { extension_type: ExtensionType(6), data: octets("c0ffee") });
    message.chain.rest = Some(Rest { payload_type: PayloadType(99), octets: keys("deadbeef") });
    let debug = format!("{message:?}").to_lowercase();
    let shown = serde_json::to_string(&view(&message)).unwrap();
    for text in [&debug, &shown] {
        for secret in ["deadbeef", "222, 173, 190, 239", "\\xde\\xad", "04a1a2a3"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
    assert_eq!(debug.matches("keymaterial(hidden)").count(), 7);
}

#[test]
fn the_view_of_an_i_message_is_complete() {
    let shown = serde_json::to_value(view(&i_message())).unwrap();
    let expected = serde_json::json!({
        "data_type": 26,
        "verify": false,
        "prf": 1,
        "csb_id": "12345678",
        "cs_id_map": { "type": 1, "count": 0 },
        "payloads": [
            { "payload": "T", "type": 0, "value": 0xe54c_3a01_8000_0000_u64 },
            { "payload": "RAND", "value": "000102030405060708090a0b0c0d0e0f" },
            { "payload": "IDR", "role": 1, "type": 1, "value": "sip:a@c" },
            { "payload": "IDR", "role": 2, "type": 1, "value": "sip:b@c" },
            { "payload": "IDR", "role": 7, "type": 1, "value": "sip:k" },
            { "payload": "SP", "policy": 0, "protocol": 0, "parameters": [{ "type": 0, "value": "06" }] },
            { "payload": "SAKKE", "parameters": 1, "identifier_scheme": 2, "data_octets": 4 },
            { "payload": "General Extension", "type": 6, "data_octets": 2 },
            { "payload": "SIGN", "type": 2, "signature": "5a".repeat(129) },
        ],
    });
    assert_eq!(shown, expected);
}
