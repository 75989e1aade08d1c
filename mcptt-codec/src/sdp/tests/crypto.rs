use super::super::*;
use crate::DecodeError;

/// RFC 4568 6.1: 30 octets.
const KEY_30: &str = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
/// 28 octets of 0x2a.
const KEY_28: &str = "KioqKioqKioqKioqKioqKioqKioqKioqKioqKg==";

fn octets(text: &str) -> KeySalt {
    use base64::Engine;
    KeySalt::new(base64::engine::general_purpose::STANDARD.decode(text).unwrap())
}

#[test]
fn keys_are_read_and_written() {
    let text = format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_30}|2^20|1:4");
    let crypto = Crypto::parse(&text).unwrap();
    let expected = Crypto {
        tag: 1,
        suite: CryptoSuite::AesCm128HmacSha1_80,
        key: InlineKey {
            key_salt: octets(KEY_30),
            lifetime: Some(Lifetime::PowerOfTwo(20)),
            mki: Some(MasterKeyIdentifier { value: 1, octets: 4 }),
        },
        further_keys: Vec::new(),
        session_parameters: Vec::new(),
    };
    assert_eq!(crypto, expected);
    assert_eq!(crypto.to_value().as_str(), text);
    assert_eq!(crypto.key_salt(), b"YS___semctl () {\t220;}\n}\nunles");
    assert_eq!(crypto.master_key().unwrap(), b"YS___semctl () {");
    assert_eq!(crypto.master_salt().unwrap(), b"\t220;}\n}\nunles");
}

#[test]
fn every_form_survives() {
    for text in [
        format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_30}"),
        format!("2 AES_CM_128_HMAC_SHA1_32 inline:{KEY_30}|1048576"),
        format!("999999999 AEAD_AES_128_GCM inline:{KEY_28}|2^48"),
        format!("3 AEAD_AES_128_GCM inline:{KEY_28}|7:1"),
        format!("4 AEAD_AES_128_GCM inline:{KEY_28}|2^31|1:128;inline:{KEY_28}|2:128"),
        format!("5 F8_128_HMAC_SHA1_80 inline:{KEY_30} KDR=5 UNENCRYPTED_SRTCP FEC_ORDER=FEC_SRTP WSH=60"),
    ] {
        assert_eq!(Crypto::parse(&text).unwrap().to_value().as_str(), text);
    }
    let unpadded = format!("3 AEAD_AES_128_GCM inline:{}", KEY_28.trim_end_matches('='));
    let crypto = Crypto::parse(&unpadded).unwrap();
    assert_eq!(crypto.to_value().as_str(), format!("3 AEAD_AES_128_GCM inline:{KEY_28}"));
    assert_eq!((crypto.master_key().unwrap().len(), crypto.master_salt().unwrap().len()), (16, 12));
    let other = Crypto::parse(&format!("5 SEED_CTR_128_HMAC_SHA1_80 inline:{KEY_30} KDR=5")).unwrap();
    assert_eq!(other.suite, CryptoSuite::Other("SEED_CTR_128_HMAC_SHA1_80".into()));
    assert_eq!(other.session_parameters, [SessionParameter::KeyDerivationRate(5)]);
    assert_eq!((other.master_key(), other.master_salt()), (None, None));
}

#[test]
fn what_is_no_key_is_refused() {
    const WHAT: &str = "sdp a=crypto";
    const KEY: &str = "sdp a=crypto key";
    for (text, error) in [
        ("", DecodeError::invalid(0, WHAT)),
        ("1", DecodeError::invalid(0, WHAT)),
        ("1 AEAD_AES_128_GCM", DecodeError::invalid(0, WHAT)),
        ("x AEAD_AES_128_GCM inline:AAAA", DecodeError::invalid(0, WHAT)),
        ("1 AEAD_AES_128_GCM mikey:AAAA", DecodeError::invalid(0, WHAT)),
        ("1 AEAD_AES_128_GCM inline:", DecodeError::invalid(0, WHAT)),
        ("1 AEAD_AES_128_GCM inline:A", DecodeError::invalid(0, WHAT)),
        ("1 AEAD_AES_128_GCM inline:A$AA", DecodeError::invalid(0, WHAT)),
        ("1 AEAD_AES_128_GCM inline:AAAA", DecodeError::truncated(0, KEY, 28, 3)),
        ("1 OTHER inline:AAAA|1:0", DecodeError::invalid(0, WHAT)),
        ("1 OTHER inline:AAAA|256:1", DecodeError::invalid(0, WHAT)),
        ("1 OTHER inline:AAAA|1:129", DecodeError::invalid(0, WHAT)),
        ("1 OTHER inline:AAAA|2^64", DecodeError::invalid(0, WHAT)),
        ("1 OTHER inline:AAAA|2^20|1:4|5", DecodeError::invalid(0, WHAT)),
        ("1 OTHER inline:AAAA|18446744073709551616", DecodeError::invalid(0, WHAT)),
        ("4294967296 OTHER inline:AAAA", DecodeError::invalid(0, WHAT)),
    ] {
        assert_eq!(Crypto::parse(text), Err(error), "{text}");
    }
    let long = format!("1 AEAD_AES_128_GCM inline:{KEY_30}");
    assert_eq!(Crypto::parse(&long), Err(DecodeError::too_large(0, KEY, 28, 30)));
    let endless = format!("1 OTHER inline:{}", "AAAA".repeat(43));
    assert_eq!(Crypto::parse(&endless), Err(DecodeError::too_large(0, KEY, MAX_KEY_SALT_OCTETS, 129)));
    let keys = format!("1 OTHER {}", ["inline:AAAA"; MAX_CRYPTO_KEYS + 1].join(";"));
    let error = DecodeError::too_large(0, "sdp a=crypto keys", MAX_CRYPTO_KEYS, MAX_CRYPTO_KEYS + 1);
    assert_eq!(Crypto::parse(&keys), Err(error));
    let short = Crypto::new(1, CryptoSuite::AeadAes128Gcm, KeySalt::new(vec![0; 27]));
    assert_eq!(short, Err(DecodeError::truncated(0, KEY, 28, 27)));
}

#[test]
fn no_key_is_ever_shown() {
    let text = format!(
        "v=0\r\nk=base64:{KEY_30}\r\na=key-mgmt:mikey {KEY_30}\r\nm=audio 1 RTP/SAVP 0\r\n\
         a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_30};inline:{KEY_30}|1:4 WSH=60\r\na=ptime:20\r\n"
    );
    let description: SessionDescription = text.parse().unwrap();
    assert_eq!(description.encode(), text);
    let crypto = description.media[0].crypto().next().unwrap().unwrap();
    let key_octets = format!("{:?}", crypto.key_salt());
    for shown in [
        format!("{description:?} {description:#?}"),
        format!("{crypto:?} {crypto:#?}"),
        serde_json::to_string(&crypto).unwrap(),
    ] {
        assert!(!shown.contains(KEY_30), "{shown}");
        assert!(!shown.contains(&key_octets[1..20]), "{shown}");
        assert!(!shown.contains("semctl"), "{shown}");
    }
    let json = serde_json::to_string(&crypto).unwrap();
    assert_eq!(json, r#"{"tag":1,"suite":"AES_CM_128_HMAC_SHA1_80","session_parameters":["WSH=60"]}"#);
    assert!(format!("{description:?}").contains("a=ptime:20"));
    assert!(format!("{crypto:?}").contains("AesCm128HmacSha1_80"));
}

#[test]
fn a_crypto_line_that_cannot_be_read_is_reported() {
    let text = format!(
        "v=0\nm=audio 1 RTP/SAVP 0\na=crypto:1 X mikey:1\na=crypto\na=crypto:2 AEAD_AES_128_GCM inline:{KEY_28}"
    );
    let description: SessionDescription = text.parse().unwrap();
    let tags: Vec<_> = description.media[0].crypto().map(|crypto| crypto.map(|crypto| crypto.tag)).collect();
    let invalid = || Err(DecodeError::invalid(0, "sdp a=crypto"));
    assert_eq!(tags, [invalid(), invalid(), Ok(2)]);
    let key = Crypto::new(2, CryptoSuite::AeadAes128Gcm, octets(KEY_28)).unwrap();
    let built = MediaDescription::new("audio", 1, "RTP/SAVP", ["0"]).with_crypto(&key);
    assert_eq!(built.crypto().next(), Some(Ok(key)));
}

//= RFC4568-6.2 test
//= RFC7714-14.2 test
#[test]
fn suites_have_their_lengths() {
    for (name, suite, key, salt) in [
        ("AES_CM_128_HMAC_SHA1_80", CryptoSuite::AesCm128HmacSha1_80, 16, 14),
        ("AES_CM_128_HMAC_SHA1_32", CryptoSuite::AesCm128HmacSha1_32, 16, 14),
        ("F8_128_HMAC_SHA1_80", CryptoSuite::F8128HmacSha1_80, 16, 14),
        ("AES_192_CM_HMAC_SHA1_80", CryptoSuite::AesCm192HmacSha1_80, 24, 14),
        ("AES_192_CM_HMAC_SHA1_32", CryptoSuite::AesCm192HmacSha1_32, 24, 14),
        ("AES_256_CM_HMAC_SHA1_80", CryptoSuite::AesCm256HmacSha1_80, 32, 14),
        ("AES_256_CM_HMAC_SHA1_32", CryptoSuite::AesCm256HmacSha1_32, 32, 14),
        ("AEAD_AES_128_GCM", CryptoSuite::AeadAes128Gcm, 16, 12),
        ("AEAD_AES_256_GCM", CryptoSuite::AeadAes256Gcm, 32, 12),
    ] {
        let crypto = Crypto::new(1, suite.clone(), KeySalt::new(vec![7; key + salt])).unwrap();
        let read = Crypto::parse(&crypto.to_value()).unwrap();
        assert_eq!((read.suite.as_str(), &read.suite), (name, &suite));
        assert_eq!((read.master_key().unwrap().len(), read.master_salt().unwrap().len()), (key, salt));
        let short = Crypto::new(1, suite.clone(), KeySalt::new(vec![7; key + salt - 1]));
        assert_eq!(short, Err(DecodeError::truncated(0, "sdp a=crypto key", key + salt, key + salt - 1)));
        assert_eq!(serde_json::to_value(&suite).unwrap(), name);
    }
}

//= RFC4568-6.3 test
//= RFC4568-6.3.8 test
#[test]
fn session_parameters_are_understood() {
    use SessionParameter::*;
    let key =
        InlineKey { key_salt: KeySalt::new(vec![0; 3]), lifetime: Some(Lifetime::Packets(9)), mki: None };
    for (text, expected, name, optional) in [
        ("KDR=24", KeyDerivationRate(24), "KDR", false),
        ("UNENCRYPTED_SRTP", UnencryptedSrtp, "UNENCRYPTED_SRTP", false),
        ("UNENCRYPTED_SRTCP", UnencryptedSrtcp, "UNENCRYPTED_SRTCP", false),
        ("UNAUTHENTICATED_SRTP", UnauthenticatedSrtp, "UNAUTHENTICATED_SRTP", false),
        ("FEC_ORDER=FEC_SRTP", FecOrder(super::super::FecOrder::FecSrtp), "FEC_ORDER", false),
        ("FEC_ORDER=SRTP_FEC", FecOrder(super::super::FecOrder::SrtpFec), "FEC_ORDER", false),
        ("FEC_KEY=inline:AAAA|9;inline:AAAA|9", FecKey(vec![key.clone(), key.clone()]), "FEC_KEY", false),
        ("WSH=64", WindowSizeHint(64), "WSH", false),
        ("FUTURE=1", Other("FUTURE=1".into()), "FUTURE", false),
        ("-FUTURE", Other("-FUTURE".into()), "FUTURE", true),
        ("-KDR=1", Other("-KDR=1".into()), "KDR", true),
    ] {
        let crypto = Crypto::parse(&format!("1 X inline:AAAA {text}")).unwrap();
        assert_eq!(crypto.session_parameters, [expected]);
        let [parameter] = crypto.session_parameters.as_slice() else { panic!("one parameter") };
        assert_eq!((parameter.name(), parameter.is_optional()), (name, optional));
        assert_eq!(*crypto.to_value(), format!("1 X inline:AAAA {text}"));
        assert!(crypto.is_within_rules(), "{text}");
    }
    let many = format!("FEC_KEY={}", ["inline:AAAA"; MAX_CRYPTO_KEYS + 1].join(";"));
    for text in [
        "KDR=0",
        "KDR=25",
        "KDR=05",
        "KDR",
        "WSH=63",
        "FEC_ORDER=BOTH",
        "FEC_KEY=AAAA",
        "UNENCRYPTED_SRTP=1",
        &many,
    ] {
        let crypto = Crypto::parse(&format!("1 X inline:AAAA {text}")).unwrap();
        assert_eq!(crypto.session_parameters, [Other(text.into())]);
        assert_eq!(*crypto.to_value(), format!("1 X inline:AAAA {text}"));
        assert!(!crypto.is_within_rules(), "{text}");
    }
    let shown = [FecKey(vec![key]), Other("FEC_KEY=SECRET".into()), Other("-FEC_KEY=SECRET".into())];
    let hidden = r#"["FEC_KEY=(hidden)","FEC_KEY=(hidden)","FEC_KEY=(hidden)"]"#;
    assert_eq!(serde_json::to_string(&shown).unwrap(), hidden);
    assert_eq!(format!("{shown:?}"), hidden.replace(['"'], "").replace(',', ", "));
}

//= RFC4568-6.1:mki test
//= RFC4568-6.1:lifetime test
#[test]
fn keys_are_told_apart_and_end() {
    for (keys, fits) in [
        ("inline:AAAA", true),
        ("inline:AAAA|2^48", true),
        ("inline:AAAA|281474976710656", true),
        ("inline:AAAA|2^49", false),
        ("inline:AAAA|281474976710657", false),
        ("inline:AAAA|0", false),
        ("inline:AAAA|1:4;inline:AAAA|2:4", true),
        ("inline:AAAA|1:4;inline:AAAA|2:2", false),
        ("inline:AAAA|1:4;inline:AAAA", false),
        ("inline:AAAA;inline:AAAA", false),
        ("inline:AAAA|2^20|1:4;inline:AAAA|2^60|2:4", false),
    ] {
        assert_eq!(Crypto::parse(&format!("1 X {keys}")).unwrap().is_within_rules(), fits, "{keys}");
    }
}
