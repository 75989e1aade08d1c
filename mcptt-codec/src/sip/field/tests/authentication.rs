//! Challenges and credentials.

use super::super::super::HeaderName as Name;
use super::super::{AuthParams, AuthenticationInfo, Challenge, Credentials, Token};
use super::{kept, lacks, read, refused, told, written};

const CHALLENGE: &str = "Digest realm=\"atlanta.com\", domain=\"sip:ss1.carrier.com sip:x\", qop=\"auth,auth-int\", \
     nonce=\"f84f1cec41e6cbe5aea9c8e88d359\", opaque=\"\", stale=FALSE, algorithm=SHA-256";
const CREDENTIALS: &str = "Digest username=\"bob\", realm=\"a \\\"b\\\"\", nonce=\"n\", uri=\"sip:bob@biloxi.com\", \
     qop=auth-int, nc=0000000a, cnonce=\"0a4f113b\", response=\"6629fae49393a05397450978507c4ef1\", opaque=\"o\", \
     algorithm=AKAv1-MD5, auts=\"5PYxMuX2NOT2NeQ=\"";

#[test]
fn challenges() {
    for name in [Name::WwwAuthenticate, Name::ProxyAuthenticate] {
        kept(
            &name,
            &[
                CHALLENGE,
                "Digest realm=\"x\", nonce=\"AAECAw==\", algorithm=AKAv1-MD5, ck=\"00\", ik=\"11\"",
                "Bearer authz_server=\"https://authz.example.org\", scope=\"3gpp:mcptt:ptt_server\", realm=\"mc.example.org\"",
                "Newauth x=1, y=\"2\"",
            ],
        );
        written(&name, &[("Digest realm = \"x\" ,nonce=\"y\"", "Digest realm=\"x\", nonce=\"y\"")]);
        lacks(&name, &[("Digest realm=\"x\"", "nonce"), ("digest nonce=\"x\"", "realm")]);
        refused(
            &name,
            &[
                ("", 0),
                ("Digest", 6),
                ("Digest realm", 7),
                ("Digest realm=\"x\"; nonce=\"y\"", 16),
                ("Digest realm=\"x\", nonce=\"y\", nonce=\"z\"", 29),
                ("Digest realm=\"x\", nonce=\"y\", stale=maybe", 35),
                ("Digest realm=\"x\", nonce=\"y\", qop=\"auth,,\"", 33),
                ("Digest realm=\"x\", nonce=\"y\",", 28),
            ],
        );
    }
    let challenge: Challenge = read(CHALLENGE);
    assert!(challenge.is_digest() && !challenge.is_bearer() && !challenge.is_stale());
    assert_eq!(
        (challenge.realm().as_deref(), challenge.nonce()),
        (Some("atlanta.com"), Some("f84f1cec41e6cbe5aea9c8e88d359"))
    );
    assert_eq!((challenge.opaque(), challenge.algorithm()), (Some(""), "SHA-256"));
    assert_eq!(challenge.qop().collect::<Vec<_>>(), ["auth", "auth-int"]);
    assert_eq!(challenge.domain().collect::<Vec<_>>(), ["sip:ss1.carrier.com", "sip:x"]);
    assert_eq!(read::<Challenge>("Digest realm=\"\", nonce=\"\"").algorithm(), "MD5");

    let own = Challenge::digest("mc \"x\"", "n1", &Token::from_static("SHA-256"), "auth,auth-int");
    assert_eq!(
        own.to_string(),
        "Digest realm=\"mc \\\"x\\\"\", nonce=\"n1\", algorithm=SHA-256, qop=\"auth,auth-int\""
    );
    assert_eq!(read::<Challenge>(&own.to_string()), own);
    let bearer = Challenge::bearer("mc", "https://authz.example.org");
    assert_eq!(bearer.to_string(), "Bearer realm=\"mc\", authz_server=\"https://authz.example.org\"");
    assert_eq!((bearer.is_bearer(), bearer.authz_server()), (true, Some("https://authz.example.org")));
}

//= RFC7616-quoting test
#[test]
fn wrong_quotes_are_told() {
    let challenge = "Digest realm=\"x\", nonce=y, algorithm=\"MD5\", qop=auth, stale=\"true\"";
    told(
        &Name::WwwAuthenticate,
        &[(
            challenge,
            challenge,
            &[
                (24, "RFC7616-quoting"),
                (37, "RFC7616-quoting"),
                (48, "RFC7616-quoting"),
                (60, "RFC7616-quoting"),
            ],
        )],
    );
    let read: Challenge = read(challenge);
    assert_eq!((read.nonce(), read.algorithm(), read.is_stale()), (Some("y"), "MD5", true));
    let credentials = "Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"sip:x\", response=\"\", qop=\"auth\", nc=00000001";
    told(&Name::Authorization, &[(credentials, credentials, &[(73, "RFC7616-quoting")])]);
}

#[test]
fn credentials() {
    for name in [Name::Authorization, Name::ProxyAuthorization] {
        kept(
            &name,
            &[
                CREDENTIALS,
                // The first REGISTER of an IMS user.
                "Digest username=\"u@ims\", realm=\"ims\", nonce=\"\", uri=\"sip:ims\", response=\"\"",
                "Bearer eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln==",
                "Basic dTpw",
                "Newauth x=1, y=\"2\"",
            ],
        );
        lacks(&name, &[("Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"sip:x\"", "response")]);
        refused(
            &name,
            &[
                ("", 0),
                ("Bearer", 6),
                ("Bearer a b", 9),
                ("Digest abc", 7),
                ("Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"sip:x\", response=\"XY\"", 65),
                ("Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"sip:x\", response=\"\", nc=1", 72),
            ],
        );
    }
    let credentials: Credentials = read(CREDENTIALS);
    assert!(credentials.is_digest());
    assert_eq!(
        (credentials.username().as_deref(), credentials.realm().as_deref()),
        (Some("bob"), Some("a \"b\""))
    );
    assert_eq!((credentials.nonce(), credentials.uri()), (Some("n"), Some("sip:bob@biloxi.com")));
    assert_eq!(
        (credentials.qop(), credentials.nonce_count(), credentials.cnonce()),
        (Some("auth-int"), Some(10), Some("0a4f113b"))
    );
    assert_eq!(credentials.response(), Some("6629fae49393a05397450978507c4ef1"));
    assert_eq!((credentials.algorithm(), credentials.auts()), ("AKAv1-MD5", Some("5PYxMuX2NOT2NeQ=")));
    assert_eq!(credentials.access_token(), None);

    let mut params = AuthParams::new();
    params.set_quoted("username", "u");
    assert_eq!(Credentials::digest(params).to_string(), "Digest username=\"u\"");
    let token = Credentials::bearer("abc.def-_~+/==").unwrap();
    assert_eq!(
        (token.to_string().as_str(), token.access_token()),
        ("Bearer abc.def-_~+/==", Some("abc.def-_~+/=="))
    );
    assert_eq!((Credentials::bearer("a b"), Credentials::bearer("")), (None, None));
}

#[test]
fn secrets_are_not_printed() {
    for text in [CREDENTIALS, "Bearer sesame"] {
        let shown = format!("{:?}", read::<Credentials>(text));
        assert!(!shown.contains("sesame") && !shown.contains("6629"), "{shown}");
    }
}

#[test]
fn authentication_info() {
    kept(
        &Name::AuthenticationInfo,
        &[
            "nextnonce=\"47364c23432d2e131a5fb210812c\"",
            "qop=auth, rspauth=\"00000000000000000000000000000000\", cnonce=\"x\", nc=00000001",
        ],
    );
    refused(&Name::AuthenticationInfo, &[("", 0), ("nextnonce", 0), ("rspauth=\"1\"", 8), ("nc=\"zz\"", 3)]);
    let info: AuthenticationInfo = read("nextnonce=\"a\", rspauth=\"\"");
    assert_eq!((info.next_nonce(), info.response()), (Some("a"), Some("")));
}
