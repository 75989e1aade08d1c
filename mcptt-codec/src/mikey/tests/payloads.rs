//! Every payload alone, at the end of a chain.

use super::*;
use crate::{DecodeError, EncodeError};

const LAST: &str = "00";

/// A chain of one payload is read like this and written back octet by octet.
#[track_caller]
fn payload(payload_type: PayloadType, name: &str, pieces: &[&str], expected: impl Into<Payload>) {
    let (octets, expected) = (hex(pieces), expected.into());
    assert_eq!((expected.payload_type(), expected.name()), (payload_type, name));
    let chain = Chain { payloads: vec![expected], rest: None };
    let decoded = Chain::decode(payload_type, &octets).unwrap();
    assert_eq!((&decoded.value, &decoded.deviations[..]), (&chain, &[][..]));
    let mut out = BytesMut::new();
    chain.encode(&mut out).unwrap();
    assert_eq!((&out[..], chain.encoded_len()), (&octets[..], octets.len()));
    // Anything shorter is no such payload and is kept.
    for len in 0..octets.len() {
        let cut = Chain::decode(payload_type, &octets[..len]).unwrap();
        let rest = Rest { payload_type, octets: KeyMaterial::new(octets[..len].to_vec()) };
        assert_eq!(cut.value, Chain { payloads: Vec::new(), rest: Some(rest) });
        assert!(cut.deviations.iter().all(|found| found.requirement == "RFC3830-6.1:malformed"));
        assert!(cut.deviations.len() == 1 && cut.deviations[0].offset <= len);
    }
}

//= RFC3830-6.2 test
#[test]
fn a_key_transport_is_read_and_written() {
    payload(
        PayloadType::KEMAC,
        "KEMAC",
        &[
            LAST, // next payload
            "01", // AES-CM
            "0003",
            "a1a2a3", // encrypted data
            "01",     // HMAC-SHA-1-160
            "000102030405060708090a0b0c0d0e0f10111213",
        ],
        KeyTransport {
            encryption: EncryptionAlgorithm::AES_CM_128,
            data: keys("a1a2a3"),
            mac_algorithm: MacAlgorithm::HMAC_SHA_1_160,
            mac: octets("000102030405060708090a0b0c0d0e0f10111213"),
        },
    );
    payload(PayloadType::KEMAC, "KEMAC", &[LAST, "00", "0000", "00"], KeyTransport::default());
}

//= RFC3830-6.3 test
#[test]
fn envelope_data_is_read_and_written() {
    payload(
        PayloadType::PKE,
        "PKE",
        &[
            LAST, // next payload
            "8002", "e1e2", // cache 2, two octets
        ],
        EnvelopeData { cache: 2, data: keys("e1e2") },
    );
}

//= RFC3830-6.4 test
//= RFC3830-6.14 test
#[test]
fn diffie_hellman_data_is_read_and_written() {
    for (group, octets) in [(DhGroup::OAKLEY_5, 192), (DhGroup::OAKLEY_1, 96), (DhGroup::OAKLEY_2, 128)] {
        assert_eq!(group.octets(), Some(octets));
        let value = "d1".repeat(octets);
        payload(
            PayloadType::DH,
            "DH",
            &[
                LAST,                        // next payload
                &format!("{:02x}", group.0), // group
                &value,                      // public value
                "a1",                        // reserved bits, validity by SPI
                "02beef",                    // SPI
            ],
            DhData {
                group,
                value: hex(&[&value]),
                reserved: 10,
                validity: KeyValidity::Spi(Bytes::from_static(&[0xbe, 0xef])),
            },
        );
    }
}

//= RFC3830-6.5 test
//= 33.180-mikey test
#[test]
fn a_signature_is_read_and_written() {
    payload(
        PayloadType::SIGN,
        "SIGN",
        &[
            "2081", // ECCSI, 129 octets; there is no next payload
            &"5a".repeat(129),
        ],
        Signature::eccsi([0x5a; 129]),
    );
    payload(
        PayloadType::SIGN,
        "SIGN",
        &["0001", "ff"], // RSA, one octet
        Signature { signature_type: SignatureType::RSA_PKCS_1, signature: octets("ff") },
    );
}

//= RFC3830-6.6 test
#[test]
fn a_timestamp_is_read_and_written() {
    let cases = [
        ("00", "e54c3a0180000000", Timestamp::NtpUtc(0xe54c_3a01_8000_0000)),
        ("01", "e54c3a0180000000", Timestamp::Ntp(0xe54c_3a01_8000_0000)),
        ("02", "00000009", Timestamp::Counter(9)),
        ("03", "e54c3a01", Timestamp::NtpUtc32(0xe54c_3a01)),
    ];
    for (kind, value, timestamp) in cases {
        payload(PayloadType::T, "T", &[LAST, kind, value], timestamp);
        let with_role = WithRole { role: Role::INITIATOR, value: timestamp };
        payload(PayloadType::TR, "TR", &[LAST, "01", kind, value], with_role);
    }
}

//= RFC3830-6.7 test
//= RFC6043-6.6 test
#[test]
fn identities_and_certificates_are_read_and_written() {
    let uri = Identity::uri("sip:a@b");
    assert_eq!(uri.as_uri(), Some("sip:a@b"));
    let pieces = ["01", "0007", "7369703a614062"]; // URI, seven octets, sip:a@b
    payload(PayloadType::ID, "ID", &[LAST, pieces[0], pieces[1], pieces[2]], uri.clone());
    let pieces = [LAST, "07", pieces[0], pieces[1], pieces[2]]; // the responder's KMS
    payload(PayloadType::IDR, "IDR", &pieces, WithRole { role: Role::RESPONDER_KMS, value: uri });
    let uid = Identity { id_type: IdType::BYTE_STRING, value: octets("c0ffee") };
    assert_eq!(uid.as_uri(), None);
    payload(PayloadType::ID, "ID", &[LAST, "02", "0003", "c0ffee"], uid);
    let no_text = Identity { id_type: IdType::URI, value: octets("ff") };
    assert_eq!(no_text.as_uri(), None);
    payload(
        PayloadType::CERT,
        "CERT",
        &[LAST, "02", "0002", "3000"], // X.509v3 for signatures, two octets
        Certificate { certificate_type: CertificateType::X509V3_SIGN, value: octets("3000") },
    );
}

//= RFC3830-6.8 test
//= RFC3830-6.9 test
#[test]
fn hashes_and_verification_are_read_and_written() {
    for (function, len) in [(HashFunction::SHA_1, 20), (HashFunction::MD5, 16)] {
        let value = "ab".repeat(len);
        let number = format!("{:02x}", function.0);
        payload(
            PayloadType::CHASH,
            "CHASH",
            &[LAST, &number, &value],
            CertificateHash { function, value: hex(&[&value]) },
        );
    }
    for (algorithm, len) in
        [(MacAlgorithm::NULL, 0), (MacAlgorithm::HMAC_SHA_1_160, 20), (MacAlgorithm::HMAC_SHA_256_256, 32)]
    {
        let code = "cd".repeat(len);
        let number = format!("{:02x}", algorithm.0);
        payload(
            PayloadType::V,
            "V",
            &[LAST, &number, &code],
            Verification { algorithm, code: hex(&[&code]) },
        );
    }
}

//= RFC3830-6.10 test
#[test]
fn a_security_policy_is_read_and_written() {
    let parameter = |parameter_type, value: &str| PolicyParameter { parameter_type, value: octets(value) };
    let mut policy = SecurityPolicy {
        policy: 1,
        protocol: ProtocolType::SRTP,
        parameters: vec![
            parameter(PolicyParameterType::ENCRYPTION, "06"),
            parameter(PolicyParameterType::AEAD_TAG_LENGTH, "10"),
            parameter(PolicyParameterType(99), ""),
        ],
        rest: Bytes::new(),
    };
    assert_eq!(policy.parameter(PolicyParameterType::AEAD_TAG_LENGTH), Some(&octets("10")));
    assert_eq!(policy.parameter(PolicyParameterType::PRF), None);
    payload(
        PayloadType::SP,
        "SP",
        &[
            LAST,     // next payload
            "01",     // policy 1
            "00",     // SRTP
            "0008",   // eight octets of parameters
            "000106", // encryption: AES-GCM
            "140110", // tag of 16 octets
            "6300",   // parameter 99, empty
        ],
        policy.clone(),
    );
    // A parameter that runs past the end of the policy is kept.
    policy.rest = octets("05ff01");
    payload(PayloadType::SP, "SP", &[LAST, "01", "00", "000b", "000106", "140110", "6300", "05ff01"], policy);
}

//= RFC3830-6.11 test
//= RFC3830-6.12 test
#[test]
fn random_values_and_errors_are_read_and_written() {
    payload(PayloadType::RAND, "RAND", &[LAST, "03", "010203"], Rand(octets("010203")));
    payload(
        PayloadType::RANDR,
        "RANDR",
        &[LAST, "02", "03", "010203"], // the responder's, three octets
        WithRole { role: Role::RESPONDER, value: Rand(octets("010203")) },
    );
    payload(
        PayloadType::ERR,
        "ERR",
        &[LAST, "01", "0000"], // invalid timestamp, reserved
        MikeyError { number: ErrorNumber::INVALID_TIMESTAMP, reserved: 0 },
    );
}

//= RFC6043-6.10 test
#[test]
fn tickets_are_read_and_written() {
    let policy = TicketPolicy {
        ticket_type: TicketType::THREE_GPP_BASE,
        subtype: 1,
        version: 2,
        data: octets("aabb"),
    };
    let pieces = ["0002", "01", "02", "0002", "aabb"]; // 3GPP base ticket, subtype, version, policy
    let ticket: Vec<_> = [LAST].into_iter().chain(pieces).collect();
    payload(PayloadType::TP, "TP", &ticket, policy.clone());
    let ticket: Vec<_> = ticket.into_iter().chain(["0003", "c1c2c3"]).collect();
    payload(PayloadType::TICKET, "TICKET", &ticket, Ticket { policy, data: keys("c1c2c3") });
}

//= RFC3830-6.13 test
//= RFC3830-6.14 test
#[test]
fn key_data_is_read_and_written() {
    payload(
        PayloadType::KEY_DATA,
        "Key data",
        &[
            LAST, // next payload
            "32", // TEK with salt, validity by interval
            "0004", "deadbeef", // key
            "0002", "5a5a", // salt
            "0101", "021234", // valid from, valid to
        ],
        KeyData {
            key_type: KeyType::TEK_SALT,
            key: keys("deadbeef"),
            salt: Some(keys("5a5a")),
            validity: KeyValidity::Interval { from: octets("01"), to: octets("1234") },
        },
    );
    payload(
        PayloadType::KEY_DATA,
        "Key data",
        &[LAST, "00", "0004", "deadbeef"], // TGK, nothing about validity
        KeyData { key: keys("deadbeef"), ..Default::default() },
    );
}

//= RFC3830-6.15 test
//= RFC6509-4.2 test
#[test]
fn extensions_and_encapsulated_keys_are_read_and_written() {
    payload(
        PayloadType::GENERAL_EXTENSION,
        "General Extension",
        &[LAST, "01", "0002", "6b6d"], // SDP identifiers, two octets
        GeneralExtension { extension_type: ExtensionType::SDP_IDS, data: octets("6b6d") },
    );
    payload(
        PayloadType::SAKKE,
        "SAKKE",
        &[LAST, "01", "02", "0003", "04a1a2"], // parameter set 1, UID of TS 33.180, data
        Sakke {
            parameters: SakkeParameters::SET_1,
            identifier_scheme: IdentifierScheme::MC_UID,
            data: keys("04a1a2"),
        },
    );
}

//= RFC3830-6.1:unknown test
#[test]
fn what_has_no_known_length_is_kept_as_it_stands() {
    let cases = [
        (PayloadType(99), "00aabb"),
        (PayloadType(99), ""),
        // Unknown authentication code, group, timestamp, hash, kind of key, kind of validity.
        (PayloadType::KEMAC, "00000000 63"),
        (PayloadType::V, "00 63"),
        (PayloadType::DH, "00 63"),
        (PayloadType::T, "00 63"),
        (PayloadType::TR, "00 01 63"),
        (PayloadType::CHASH, "00 63"),
        (PayloadType::KEY_DATA, "00 f0 0000"),
        (PayloadType::KEY_DATA, "00 03 0000"),
    ];
    for (payload_type, text) in cases {
        let decoded = Chain::decode(payload_type, &octets(text)).unwrap();
        let chain = Chain { payloads: Vec::new(), rest: Some(Rest { payload_type, octets: keys(text) }) };
        assert_eq!(decoded.value, chain, "{text}");
        assert_eq!(decoded.deviations, [deviation(0, "RFC3830-6.1:unknown")], "{text}");
        assert_eq!(chain.first(), payload_type);
        let mut out = BytesMut::new();
        chain.encode(&mut out).unwrap();
        assert_eq!(out, octets(text));
    }
}

#[test]
fn a_payload_that_does_not_fit_is_refused() {
    let zeros = |len: usize| Bytes::from(vec![0; len]);
    let secret = |len: usize| KeyMaterial::new(vec![0; len]);
    let key = KeyData::default();
    let refused = |what, limit, got| EncodeError { what, limit, got };
    let sign = |signature_type, len| Signature { signature_type, signature: zeros(len) };
    let salt = "salt of a key type that has it otherwise";
    let cases: Vec<(Payload, EncodeError)> = vec![
        (sign(SignatureType(16), 0).into(), refused("signature type", 15, 16)),
        (sign(SignatureType(0), 4096).into(), refused("signature", 4095, 4096)),
        (EnvelopeData { cache: 4, ..Default::default() }.into(), refused("cache of the envelope key", 3, 4)),
        (EnvelopeData { cache: 0, data: secret(16_384) }.into(), refused("envelope data", 16_383, 16_384)),
        (DhData { value: zeros(191), ..Default::default() }.into(), refused("DH value", 192, 191)),
        (DhData { group: DhGroup(9), ..Default::default() }.into(), refused("DH value", 0, 0)),
        (
            DhData { value: zeros(192), reserved: 16, ..Default::default() }.into(),
            refused("reserved bits", 15, 16),
        ),
        (KeyData { key_type: KeyType(16), ..key.clone() }.into(), refused("key type", 15, 16)),
        (KeyData { salt: Some(secret(3)), ..key.clone() }.into(), refused(salt, 0, 3)),
        (KeyData { key_type: KeyType::TEK_SALT, ..key.clone() }.into(), refused(salt, 0, 0)),
        (KeyData { key: secret(65_536), ..key }.into(), refused("key", 65_535, 65_536)),
        (Rand(zeros(256)).into(), refused("random value", 255, 256)),
        (Verification { code: zeros(1), ..Default::default() }.into(), refused("authentication code", 0, 1)),
        (CertificateHash { value: zeros(19), ..Default::default() }.into(), refused("hash", 20, 19)),
        (
            SecurityPolicy { rest: zeros(65_536), ..Default::default() }.into(),
            refused("policy parameters", 65_535, 65_536),
        ),
    ];
    for (payload, error) in cases {
        let chain = Chain { payloads: vec![payload], rest: None };
        let mut out = BytesMut::from(&b"before"[..]);
        assert_eq!(chain.encode(&mut out), Err(error));
        assert_eq!(&out[..], b"before");
    }
    let chain = Chain { payloads: vec![Rand::default().into(); 65], rest: None };
    assert_eq!(chain.encode(&mut BytesMut::new()), Err(refused("MIKEY payloads", 64, 65)));
    let too_many = DecodeError::too_large(128, "MIKEY payloads", 64, 65);
    assert_eq!(Chain::decode(PayloadType::RAND, &[11, 0].repeat(65)), Err(too_many));
}
