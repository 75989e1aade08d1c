//! Laws of every view.

use proptest::prelude::*;

use super::super::super::{HeaderName, Headers, Method, Uri};
use super::super::{
    AnswerModeField, CallId, Challenge, Contacts, Credentials, Date, Embedded, Event, Feature, FeatureSet,
    FeatureValue, FieldValue, Identities, List, Numeric, Privacy, Products, Reason, RetryAfter,
    SubscriptionState, TagValue, Token, Warning,
};
use crate::fuzzing::sip::{VIEWS, sip_header};
use crate::sip::AnswerMode;

fn token() -> impl Strategy<Value = Token> {
    "[A-Za-z0-9.!%*_+`'~-]{1,12}".prop_map(|text| Token::new(text).expect("these are token characters"))
}

fn text() -> impl Strategy<Value = String> {
    "[ -~\u{e4}\u{43d}]{0,16}"
}

/// Pieces of header values, separators far more often than by chance.
fn pieces() -> impl Strategy<Value = String> {
    let pieces = [
        "\"",
        "\\",
        "<",
        ">",
        ";",
        ",",
        "=",
        "@",
        ":",
        "sip:",
        "tel:",
        "urn:urn-7:",
        "SIP/2.0/UDP ",
        "%4",
        "%41",
        "?",
        "&",
        "[::1]",
        " ",
        "\t",
        "a",
        "1",
        "399 ",
        "\u{fc}",
        "tag",
        "*",
        "/",
        "(",
        ")",
        "Digest ",
        "realm=",
        "nonce=\"\"",
        "Bearer ",
        "#>=",
        "!",
        "+g.x",
        "index=1",
        "icid-value=",
        "q=0.5",
        "0",
        "GMT",
        "info=<",
        "expires=",
        "to-tag=a",
        ";from-tag=b",
        "body=",
        "method=",
    ];
    proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 0..20).prop_map(|list| list.concat())
}

/// A value that we made is read back as it was.
fn law<T: FieldValue + PartialEq + std::fmt::Debug>(value: &T) {
    let written = value.to_string();
    assert_eq!(T::parse(&written).as_ref(), Ok(value), "{written}");
}

fn tag_value() -> impl Strategy<Value = TagValue> {
    let number = || "[+-]?[0-9]{1,3}(\\.[0-9]{0,2})?";
    let range = prop_oneof![
        number().prop_map(|number: String| Numeric::Equal(number.into())),
        number().prop_map(|number: String| Numeric::AtLeast(number.into())),
        number().prop_map(|number: String| Numeric::AtMost(number.into())),
        (number(), number())
            .prop_map(|(from, to): (String, String)| Numeric::Between(from.into(), to.into())),
    ];
    let negated = || any::<bool>();
    prop_oneof![
        (negated(), any::<bool>()).prop_map(|(negated, value)| TagValue::Boolean { negated, value }),
        (negated(), "x[A-Za-z0-9.%-]{0,8}")
            .prop_map(|(negated, value): (bool, String)| TagValue::Token { negated, value: value.into() }),
        (negated(), range).prop_map(|(negated, value)| TagValue::Numeric { negated, value }),
    ]
}

fn feature() -> impl Strategy<Value = Feature> {
    let value = prop_oneof![
        Just(FeatureValue::True),
        proptest::collection::vec(tag_value(), 1..4).prop_map(FeatureValue::List),
        "[ -~]{0,12}".prop_map(|text: String| FeatureValue::Text(text.into())),
    ];
    ("x[a-z0-9.-]{0,8}", value).prop_map(|(tag, value)| Feature {
        tag: Token::new(tag).expect("these are token characters"),
        plus: true,
        value,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn values_are_read_back(
        word in token(), other in token(), number in any::<u32>(), comment in text(), code in 0..1000_u16,
        tokens in proptest::collection::vec(token(), 1..6),
    ) {
        law(&word);
        law(&List::<Token>(tokens.clone()));
        law(&Privacy(tokens));
        law(&Reason::of(word.clone(), number, &comment));
        law(&SubscriptionState::active(number));
        law(&SubscriptionState::terminated(&other));
        law(&RetryAfter::new(number));
        law(&Warning { code, agent: Some("h.example.org:5060".into()), text: comment.as_str().into() });
        law(&Challenge::digest(&comment, word.as_str(), &other, "auth"));
        law(&Credentials::bearer("abc=").expect("a token"));
        let mut event = Event::new(word);
        event.params.set("id", other.as_str());
        law(&event);
        law(&AnswerModeField::new(if number % 2 == 0 { AnswerMode::Auto } else { AnswerMode::Manual }));
    }

    #[test]
    fn features_are_read_back(features in proptest::collection::vec(feature(), 0..5)) {
        let mut once: Vec<Feature> = Vec::new();
        for feature in features {
            if once.iter().all(|other| other.tag != feature.tag) {
                once.push(feature);
            }
        }
        let set = FeatureSet::of(&once);
        prop_assert_eq!(set.features().collect::<Vec<_>>(), once);
        law(&set);
    }

    #[test]
    fn dates_are_read_back(seconds in 0..253_402_300_800_u64) {
        let date = Date::from_unix(seconds).expect("before the year 10000");
        prop_assert_eq!(date.unix(), seconds);
        law(&date);
    }

    #[test]
    fn embedded_requests_are_read_back(
        names in proptest::collection::vec(("X-[a-z]{1,8}", text()), 0..4), method in token(),
        body in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..40)),
    ) {
        let headers: Headers =
            names.iter().map(|(name, value)| (HeaderName::from(name.as_str()), value.as_str())).collect();
        let embedded = Embedded { method: Some(Method::from(method.as_str())), headers, body: body.map(Into::into) };
        let mut uri = Uri::sip(Some("a"), "b", None);
        uri.set_embedded(&embedded);
        // A percent sign of the method would be taken for an escape.
        if !method.as_str().contains('%') {
            prop_assert_eq!(uri.embedded(), Ok(embedded));
            prop_assert_eq!(Uri::parse(&uri.to_string()), Ok(uri));
        }
    }

    #[test]
    fn any_value_of_any_field_is_harmless(view in 0..=u8::MAX, value in pieces()) {
        sip_header(&[&[view], value.as_bytes()].concat());
    }

    #[test]
    fn any_octets_of_any_field_are_harmless(octets in proptest::collection::vec(any::<u8>(), 0..60)) {
        sip_header(&octets);
    }

    #[test]
    fn any_mutation_of_a_sound_value_is_harmless(
        sample in proptest::sample::select(SAMPLES), at in any::<proptest::sample::Index>(), octet in any::<u8>(),
    ) {
        let (name, value) = sample;
        let view = VIEWS.iter().position(|view| *view == HeaderName::from(name)).expect("a known name");
        let mut octets = vec![u8::try_from(view).expect("fewer than 256")];
        octets.extend(value.bytes());
        for end in 1..=octets.len() {
            sip_header(&octets[..end]);
        }
        let at = at.index(octets.len() - 1) + 1;
        octets[at] = octet;
        sip_header(&octets);
    }
}

const SAMPLES: &[(&str, &str)] = &[
    ("Contact", "\"A\" <sip:a@b>;q=0.5;expires=60;+g.3gpp.mcptt;+sip.instance=\"<urn:uuid:1>\", <sip:c>"),
    ("Accept-Contact", "*;+g.3gpp.icsi-ref=\"urn%3Aa\";require;explicit, *;audio"),
    ("Refer-To", "<sip:a@b;method=BYE?Accept-Contact=*%3Baudio&body=%3Ca>"),
    (
        "Authorization",
        "Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"sip:x\", response=\"\", nc=00000001",
    ),
    ("WWW-Authenticate", "Digest realm=\"r\", nonce=\"n\", qop=\"auth,auth-int\", algorithm=MD5"),
    ("History-Info", "<sip:a@b?Reason=SIP%3Bcause%3D302>;index=1.1;rc=1, <sip:c>;index=2"),
    ("Via", "SIP/2.0/UDP [::1]:5060;branch=z9hG4bK1;rport;received=::1;keep"),
    ("Identity", "a.b.c;info=<https://x>;ppt=shaken"),
    ("P-Charging-Vector", "icid-value=\"a\";orig-ioi=b"),
    ("Retry-After", "5 (a (b) c);duration=7"),
    ("Date", "Sat, 13 Nov 2010 23:29:00 GMT"),
    ("Warning", "399 h \"123 x\", 399 \"y\""),
    ("Session-ID", "ab30317f1a784dc48ff824d0d3715d86;remote=00000000000000000000000000000000"),
    ("User-Agent", "a/b (c \\) d) e"),
];

/// The views of whole header fields that no generator above makes.
#[test]
fn whole_fields_are_read_back() {
    law(&Contacts::Any);
    law(&super::read::<Contacts>("<sip:a@b>;q=0.5, \"B C\" <tel:+1>;expires=5"));
    law(&super::read::<Identities>("<sip:a@b>, <tel:+1>"));
    law(&super::read::<Products>("a/b (c) d"));
    law(&super::read::<List<CallId>>("a@b, c"));
}
