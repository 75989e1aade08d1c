//! Laws that hold for every message and for every octet string.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::fuzzing::mikey;
use crate::id::Ssrc;

fn some_octets(len: std::ops::Range<usize>) -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), len).prop_map(Bytes::from)
}

fn some_keys() -> impl Strategy<Value = KeyMaterial> {
    vec(any::<u8>(), 0..40).prop_map(KeyMaterial::new)
}

fn map() -> impl Strategy<Value = CsIdMap> {
    let stream = any::<(u8, u32, u32)>();
    let stream = stream.prop_map(|(policy, ssrc, roll_over_counter)| SrtpId {
        policy,
        ssrc: Ssrc(ssrc),
        roll_over_counter,
    });
    let session = (any::<(u8, u8, bool)>(), some_octets(0..4), some_octets(0..12), some_octets(0..6));
    let session = session.prop_map(|((cs_id, protocol, session_flag), policies, session_data, spi)| {
        let protocol = ProtocolType(protocol);
        GenericId { cs_id, protocol, session_flag, policies, session_data, spi }
    });
    prop_oneof![
        vec(stream, 0..4).prop_map(CsIdMap::Srtp),
        any::<u8>().prop_map(|count| CsIdMap::Empty { count }),
        vec(session, 0..3).prop_map(CsIdMap::Generic),
    ]
}

fn header() -> impl Strategy<Value = CommonHeader> {
    (any::<u8>(), any::<bool>(), 0u8..128, any::<u32>(), map()).prop_map(
        |(data_type, verify, prf, csb_id, cs_map)| CommonHeader {
            data_type: DataType(data_type),
            verify,
            prf: PrfFunction(prf),
            csb_id,
            cs_map,
        },
    )
}

fn validity() -> impl Strategy<Value = KeyValidity> {
    prop_oneof![
        Just(KeyValidity::Null),
        some_octets(0..5).prop_map(KeyValidity::Spi),
        (some_octets(0..9), some_octets(0..9)).prop_map(|(from, to)| KeyValidity::Interval { from, to }),
    ]
}

fn mac() -> impl Strategy<Value = (MacAlgorithm, Bytes)> {
    (0u8..3).prop_map(MacAlgorithm).prop_flat_map(|algorithm| {
        let octets = algorithm.octets().unwrap();
        (Just(algorithm), some_octets(octets..octets + 1))
    })
}

fn timestamp() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        any::<u64>().prop_map(Timestamp::NtpUtc),
        any::<u64>().prop_map(Timestamp::Ntp),
        any::<u32>().prop_map(Timestamp::Counter),
        any::<u32>().prop_map(Timestamp::NtpUtc32),
    ]
}

fn identity() -> impl Strategy<Value = Identity> {
    (any::<u8>(), some_octets(0..30))
        .prop_map(|(id_type, value)| Identity { id_type: IdType(id_type), value })
}

fn with_role<T: std::fmt::Debug>(value: impl Strategy<Value = T>) -> impl Strategy<Value = WithRole<T>> {
    (any::<u8>(), value).prop_map(|(role, value)| WithRole { role: Role(role), value })
}

fn ticket_policy() -> impl Strategy<Value = TicketPolicy> {
    (any::<(u16, u8, u8)>(), some_octets(0..12)).prop_map(|((ticket_type, subtype, version), data)| {
        TicketPolicy { ticket_type: TicketType(ticket_type), subtype, version, data }
    })
}

fn policy() -> impl Strategy<Value = SecurityPolicy> {
    let parameter = (any::<u8>(), some_octets(0..4)).prop_map(|(parameter_type, value)| PolicyParameter {
        parameter_type: PolicyParameterType(parameter_type),
        value,
    });
    (any::<(u8, u8)>(), vec(parameter, 0..5)).prop_map(|((policy, protocol), parameters)| SecurityPolicy {
        policy,
        protocol: ProtocolType(protocol),
        parameters,
        rest: Bytes::new(),
    })
}

fn key_payload() -> impl Strategy<Value = Payload> {
    let transport = (any::<u8>(), some_keys(), mac()).prop_map(|(encryption, data, (mac_algorithm, mac))| {
        let encryption = EncryptionAlgorithm(encryption);
        KeyTransport { encryption, data, mac_algorithm, mac }.into()
    });
    let envelope = (0u8..4, some_keys()).prop_map(|(cache, data)| EnvelopeData { cache, data }.into());
    let dh = (0u8..3, vec(any::<u8>(), 192), 0u8..16, validity()).prop_map(
        |(group, mut value, reserved, validity)| {
            let group = DhGroup(group);
            value.truncate(group.octets().unwrap());
            DhData { group, value: value.into(), reserved, validity }.into()
        },
    );
    let key = (0u8..7, some_keys(), some_keys(), validity()).prop_map(|(key_type, key, salt, validity)| {
        let key_type = KeyType(key_type);
        let salt = key_type.has_salt().unwrap().then_some(salt);
        KeyData { key_type, key, salt, validity }.into()
    });
    let sakke = (any::<(u8, u8)>(), some_keys()).prop_map(|((parameters, scheme), data)| {
        let parameters = SakkeParameters(parameters);
        Sakke { parameters, identifier_scheme: IdentifierScheme(scheme), data }.into()
    });
    let ticket = (ticket_policy(), some_keys()).prop_map(|(policy, data)| Ticket { policy, data }.into());
    prop_oneof![transport, envelope, dh, key, sakke, ticket]
}

fn plain_payload() -> impl Strategy<Value = Payload> {
    let rand = || some_octets(0..256).prop_map(Rand);
    let certificate = (any::<u8>(), some_octets(0..20)).prop_map(|(certificate_type, value)| Certificate {
        certificate_type: CertificateType(certificate_type),
        value,
    });
    let hash = (0u8..2, vec(any::<u8>(), 20)).prop_map(|(function, mut value)| {
        let function = HashFunction(function);
        value.truncate(function.octets().unwrap());
        CertificateHash { function, value: value.into() }
    });
    let verification = mac().prop_map(|(algorithm, code)| Verification { algorithm, code });
    let error = any::<(u8, u16)>();
    let error = error.prop_map(|(number, reserved)| MikeyError { number: ErrorNumber(number), reserved });
    let extension = (any::<u8>(), some_octets(0..20)).prop_map(|(extension_type, data)| GeneralExtension {
        extension_type: ExtensionType(extension_type),
        data,
    });
    prop_oneof![
        timestamp().prop_map(Payload::from),
        identity().prop_map(Payload::from),
        certificate.prop_map(Payload::from),
        hash.prop_map(Payload::from),
        verification.prop_map(Payload::from),
        policy().prop_map(Payload::from),
        rand().prop_map(Payload::from),
        error.prop_map(Payload::from),
        with_role(timestamp()).prop_map(Payload::from),
        with_role(identity()).prop_map(Payload::from),
        with_role(rand()).prop_map(Payload::from),
        ticket_policy().prop_map(Payload::from),
        extension.prop_map(Payload::from),
    ]
}

fn message() -> impl Strategy<Value = Mikey> {
    let sign = (0u8..16, some_octets(0..140))
        .prop_map(|(kind, signature)| Signature { signature_type: SignatureType(kind), signature }.into());
    let payloads = vec(prop_oneof![key_payload(), plain_payload()], 0..8);
    let rest = (27u8.., some_keys());
    let rest = rest.prop_map(|(number, octets)| Rest { payload_type: PayloadType(number), octets });
    (header(), payloads, option::of(sign), option::weighted(0.2, rest)).prop_map(
        |(header, mut payloads, sign, rest)| {
            let rest = rest.filter(|_| sign.is_none());
            payloads.extend(sign);
            Mikey { header, chain: Chain { payloads, rest } }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_message_survives_encoding_and_damage(given in message(), at in any::<prop::sample::Index>(), with in 1u8..) {
        let octets = encoded(&given);
        let decoded = Mikey::decode(&octets).unwrap();
        // Compared without printing: a failing assertion must not show a key.
        prop_assert!(decoded.value == given);
        prop_assert!(Mikey::from_base64(&given.to_base64().unwrap()).unwrap().value == given);
        (0..octets.len()).for_each(|len| mikey::mikey(&octets[..len]));
        let mut broken = octets.to_vec();
        let at = at.index(broken.len());
        broken[at] ^= with;
        mikey::mikey(&broken);
    }

    #[test]
    fn no_octets_do_harm(next in 0u8..30, body in vec(any::<u8>(), 0..120)) {
        let head = [1, 26, next, 1, 0, 0, 0, 0, 0, 1];
        mikey::mikey(&[&head[..], &body[..]].concat());
        mikey::mikey(&body);
    }
}
