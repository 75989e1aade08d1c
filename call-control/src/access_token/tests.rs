use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};

use super::*;

const ISSUER: &str = "https://idms.mc.example.org";
const SCOPES: [&str; 1] = ["3gpp:mc:ptt_service"];
const NOW: u64 = 1_800_000_000;

struct Signer(EcdsaKeyPair);

impl Signer {
    fn new() -> Self {
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        Self(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.as_ref(), &random).unwrap())
    }

    fn key(&self, id: &str) -> VerificationKey {
        VerificationKey::p256(Some(id.to_owned()), self.0.public_key().as_ref()).unwrap()
    }

    fn sign(&self, header: &str, payload: &str) -> String {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let signature = self.0.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn rules(signer: &Signer) -> TokenRules {
    TokenRules { keys: vec![signer.key("k1")], audience: vec!["mcptt".into()], ..TokenRules::new(ISSUER) }
}

fn payload(change: impl FnOnce(&mut Value)) -> String {
    let mut claims = serde_json::json!({
        "iss": ISSUER, "aud": ["other", "mcptt"], "exp": NOW + 600, "scope": "openid 3gpp:mc:ptt_service",
        "mcptt_id": "sip:alice@mc.example.org",
    });
    change(&mut claims);
    claims.to_string()
}

const HEADER: &str = r#"{"alg":"ES256","kid":"k1","typ":"JWT"}"#;

fn validate(rules: &TokenRules, token: &str) -> Result<Claims, TokenError> {
    rules.validate(token, &SCOPES, SystemTime::UNIX_EPOCH + Duration::from_secs(NOW))
}

//= 24.482-claims test
//= 24.379-7.3.3:mcpttid test
#[test]
fn a_valid_token_says_who_it_is() {
    let signer = Signer::new();
    let claims = validate(&rules(&signer), &signer.sign(HEADER, &payload(|_| ()))).unwrap();
    assert_eq!(claims.mcptt_id.as_str(), "sip:alice@mc.example.org");
    assert_eq!(claims.scopes, ["openid", "3gpp:mc:ptt_service"]);
    assert_eq!(claims.expires_at, NOW + 600);
}

//= 24.482-claims test
//= 24.379-7.3.3:scope test
#[test]
fn each_claim_is_checked() {
    let signer = Signer::new();
    let rules = rules(&signer);
    let table: [(&str, Value, Result<(), TokenError>); 13] = [
        ("iss", "https://idms.mc.example.org/".into(), Err(TokenError::Issuer)),
        ("iss", Value::Null, Err(TokenError::Issuer)),
        ("aud", "other".into(), Err(TokenError::Audience)),
        ("aud", "mcptt".into(), Ok(())),
        ("exp", Value::Null, Err(TokenError::Unreadable)),
        ("exp", (NOW - 31).into(), Err(TokenError::Expired)),
        ("exp", (NOW - 29).into(), Ok(())),
        ("exp", 1_800_000_000.9.into(), Ok(())),
        ("nbf", (NOW + 31).into(), Err(TokenError::NotYet)),
        ("scope", "openid 3gpp:mcptt:ptt_server".into(), Err(TokenError::Scope)),
        ("scope", "3gpp:mc:ptt_service_x".into(), Err(TokenError::Scope)),
        ("scope", serde_json::json!(["3gpp:mc:ptt_service"]), Ok(())),
        ("mcptt_id", "".into(), Err(TokenError::Unreadable)),
    ];
    for (claim, value, expected) in table {
        let token = signer.sign(HEADER, &payload(|claims| claims[claim] = value.clone()));
        assert_eq!(validate(&rules, &token).map(|_| ()), expected, "{claim} = {value}");
    }
}

//= 24.379-7.3.3:alg test
#[test]
fn only_a_signature_of_a_known_key_counts() {
    let (signer, stranger) = (Signer::new(), Signer::new());
    let rules = rules(&signer);
    let whole = payload(|_| ());
    let error = |token: &str| validate(&rules, token).map(|_| ()).unwrap_err();
    assert_eq!(error(&stranger.sign(HEADER, &whole)), TokenError::Signature);
    assert_eq!(error(&signer.sign(r#"{"alg":"ES256","kid":"k2"}"#, &whole)), TokenError::UnknownKey);
    assert_eq!(error(&signer.sign(r#"{"alg":"RS256","kid":"k1"}"#, &whole)), TokenError::UnknownKey);
    for algorithm in ["none", "None", "HS256", "ES384"] {
        let header = format!(r#"{{"alg":"{algorithm}"}}"#);
        assert_eq!(error(&signer.sign(&header, &whole)), TokenError::Algorithm, "{algorithm}");
    }
    assert_eq!(error(&signer.sign(r#"{"alg":"ES256","crit":["x"]}"#, &whole)), TokenError::Algorithm);
    let good = signer.sign(HEADER, &whole);
    let (message, signature) = good.rsplit_once('.').unwrap();
    let other =
        URL_SAFE_NO_PAD.encode(payload(|claims| claims["mcptt_id"] = "sip:bob@mc.example.org".into()));
    let header = message.split('.').next().unwrap();
    assert_eq!(error(&format!("{header}.{other}.{signature}")), TokenError::Signature);
    for broken in ["", "a", "a.b", "a.b.c", "a.b.c.d", &good[1..], &format!("{good}.")] {
        assert_eq!(error(broken), TokenError::Unreadable, "{broken}");
    }
}

#[test]
fn a_key_set_is_read_and_written() {
    let signer = Signer::new();
    let set = serde_json::json!({ "keys": [
        { "kty": "oct", "k": "AAAA" },
        { "kty": "RSA", "use": "enc", "n": "AQAB", "e": "AQAB" },
        { "kty": "RSA", "kid": "r1", "n": "AQAB", "e": "AQAB" },
        signer.key("k1").to_jwk().unwrap(),
    ]});
    let keys = VerificationKey::read_set(&set.to_string()).unwrap();
    assert_eq!(keys.iter().map(|key| key.id.as_deref()).collect::<Vec<_>>(), [Some("r1"), Some("k1")]);
    assert_eq!(keys[1], signer.key("k1"));
    assert_eq!(VerificationKey::read_set("{"), Err(KeySetError::Unreadable));
    assert_eq!(VerificationKey::read_set(r#"{"keys":[]}"#), Err(KeySetError::NoKey));
}

// The signed example of RFC 7515 A.2 (RS256) and its key.
#[test]
fn rsa_signatures_are_verified() {
    let key = Kind::Rsa {
        n: URL_SAFE_NO_PAD
            .decode(
                "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yR\
                 T-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBd\
                 QOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGN\
                 j8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
            )
            .unwrap(),
        e: URL_SAFE_NO_PAD.decode("AQAB").unwrap(),
    };
    let key = VerificationKey { id: None, kind: key };
    let message = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let signature = URL_SAFE_NO_PAD
        .decode(
            "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUA\
             r7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi1\
             2jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUP\
             QGe77Rw",
        )
        .unwrap();
    assert!(key.verifies(message.as_bytes(), &signature));
    assert!(!key.verifies(&message.as_bytes()[1..], &signature));
}
