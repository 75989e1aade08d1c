use proptest::prelude::*;

use super::super::*;
use super::OFFER;
use crate::fuzzing::text::sdp as laws;
use crate::id::Ssrc;

fn parameters() -> impl Strategy<Value = McpttFmtp> {
    let known = (any::<[bool; 4]>(), proptest::option::of(1..=255_u8), any::<[Option<u32>; 2]>());
    let unknown =
        proptest::collection::btree_map("[a-z_]{1,8}", proptest::option::of("[a-z0-9=]{0,8}"), 0..4);
    (known, unknown).prop_map(
        |(([queueing, granted, implicit_request, alone], priority, [ssrc, floor]), unknown)| {
            let unknown = unknown
                .into_iter()
                .map(|(name, value)| FmtpParameter { name: name.into(), value: value.map(Into::into) })
                .collect();
            if alone {
                return McpttFmtp { no_floor_control: true, unknown, ..McpttFmtp::default() };
            }
            let (ssrc, floor_ssrc) = (ssrc.map(Ssrc), floor.map(Ssrc));
            McpttFmtp {
                queueing,
                priority,
                granted,
                implicit_request,
                ssrc,
                no_floor_control: false,
                floor_ssrc,
                unknown,
            }
        },
    )
}

fn key(octets: usize) -> impl Strategy<Value = InlineKey> {
    let lifetime = prop_oneof![
        Just(None),
        (0..64_u8).prop_map(|power| Some(Lifetime::PowerOfTwo(power))),
        any::<u64>().prop_map(|packets| Some(Lifetime::Packets(packets))),
    ];
    let mki = proptest::option::of((any::<u32>(), 4..=128_u8));
    (proptest::collection::vec(any::<u8>(), octets), lifetime, mki).prop_map(|(octets, lifetime, mki)| {
        InlineKey {
            key_salt: KeySalt::new(octets),
            lifetime,
            mki: mki.map(|(value, octets)| MasterKeyIdentifier { value: value.into(), octets }),
        }
    })
}

fn crypto() -> impl Strategy<Value = Crypto> {
    let suite = prop_oneof![
        Just((CryptoSuite::AesCm128HmacSha1_80, 30)),
        Just((CryptoSuite::AesCm128HmacSha1_32, 30)),
        Just((CryptoSuite::AeadAes128Gcm, 28)),
        Just((CryptoSuite::Other("AES_256_CM_HMAC_SHA1_80".into()), 46)),
    ];
    suite.prop_flat_map(|(suite, octets)| {
        let keys = (key(octets), proptest::collection::vec(key(octets), 0..3));
        let parameters = proptest::collection::vec("[A-Z_=0-9-]{1,12}", 0..3);
        (0..1_000_000_000_u32, keys, parameters).prop_map(move |(tag, (key, further_keys), parameters)| {
            Crypto {
                tag,
                suite: suite.clone(),
                key,
                further_keys,
                session_parameters: parameters.into_iter().map(Into::into).collect(),
            }
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn parameters_survive(parameters in parameters()) {
        prop_assert_eq!(McpttFmtp::parse(&parameters.to_string()), Ok(parameters));
    }

    #[test]
    fn an_answer_is_valid_and_within_the_offer(offer in parameters(), wanted in parameters()) {
        let answer = offer.answer(&wanted);
        prop_assert!(answer.is_valid());
        prop_assert!(!answer.queueing || offer.queueing);
        prop_assert!(!answer.granted || offer.granted);
        prop_assert!(!answer.implicit_request || offer.implicit_request);
        prop_assert!(answer.priority.is_none() || answer.priority <= offer.priority);
    }

    #[test]
    fn keys_survive(crypto in crypto()) {
        prop_assert_eq!(Crypto::parse(&crypto.to_value()), Ok(crypto));
    }

    #[test]
    fn any_text_is_survived(text in "[a-z]=[ -~\r\n=:;/]{0,60}|\\PC{0,80}", fmtp in "\\PC{0,40}|[mc_a-z;:= 0-9]{0,40}") {
        laws(format!("v=0\n{text}").as_bytes());
        if let Ok(parameters) = McpttFmtp::parse(&fmtp) {
            prop_assert_eq!(McpttFmtp::parse(&parameters.to_string()), Ok(parameters));
        }
        let _ = Crypto::parse(&fmtp);
    }

    #[test]
    fn any_mutation_is_survived(at in 0..OFFER.len(), octet: u8, cut in 0..=OFFER.len()) {
        let mut octets = OFFER.as_bytes().to_vec();
        octets[at] = octet;
        laws(&octets);
        octets.truncate(cut);
        laws(&octets);
    }
}
