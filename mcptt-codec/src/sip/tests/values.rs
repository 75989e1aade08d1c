//! Sound values of the views that stand in many header fields: each is read and read back, and no prefix and no changed
//! character of it does harm.

use std::fmt::{Debug, Display};

use proptest::prelude::*;

use super::super::{
    AcceptContact, CSeq, ContentType, HeaderValue, McpttWarning, NameAddr, Params, RAck, ResourcePriority,
    SessionExpires, Uri, Via, multipart,
};
use crate::sip::{AnswerMode, Limits};

fn law<T: PartialEq + Debug + Display, E: Debug>(
    text: &str,
    with: char,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<(), TestCaseError> {
    let again = |value: &T| parse(&value.to_string()).expect("what we write is read");
    let value = parse(text).map_err(|error| TestCaseError::fail(format!("{text}: {error:?}")))?;
    prop_assert_eq!(again(&value), value, "{}", text);
    for (at, c) in text.char_indices() {
        let changed = format!("{}{with}{}", &text[..at], &text[at + c.len_utf8()..]);
        for damaged in [&text[..at], changed.as_str()] {
            if let Ok(value) = parse(damaged) {
                prop_assert_eq!(again(&value), value, "{}", damaged);
            }
        }
    }
    Ok(())
}

macro_rules! values {
    ($($name:ident: $parse:path = $form:literal;)+) => {
        proptest! {
            #![proptest_config(ProptestConfig::with_cases(48))]
            $(
                #[test]
                fn $name(text in $form, with in "[\"\\\\<>;,=@:%?&\\[\\] -~\u{e9}]") {
                    law(&text, with.chars().next().unwrap(), $parse)?;
                }
            )+
        }
    };
}

values! {
    uris: Uri::parse = "sips?:([a-z0-9]{1,8}(:[a-z]{1,4})?@)?([a-z]{1,6}|\\[2001:db8::[1-9]\\]|192\\.0\\.2\\.[1-9])(:[1-9][0-9]{0,3})?(;lr)?(;transport=tcp)?(\\?Event=[a-z]{1,4})?";
    telephone_numbers: Uri::parse = "tel:\\+[1-9][0-9]{3,12}(;phone-context=[a-z]{1,6})?";
    names: Uri::parse = "urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}";
    addresses: NameAddr::parse = "(\"[ a-z,]{0,8}\" |[A-Z][a-z]{1,6} )?<sip:[a-z]{1,8}@[a-z]{1,8}(;lr)?>(;tag=[a-z0-9]{1,8})?";
    hops: Via::parse = "SIP/2\\.0/(UDP|TCP|TLS|SCTP) ([a-z]{1,6}|\\[::[1-9]\\])(:[1-9][0-9]{0,3})?;branch=z9hG4bK[a-z0-9]{1,8}(;rport)?";
    sequences: CSeq::parse = "[1-9][0-9]{0,8} [A-Z]{1,9}";
    acknowledged: RAck::parse = "[1-9][0-9]{0,8} [1-9][0-9]{0,8} [A-Z]{1,9}";
    media_types: ContentType::parse = "[a-z]{1,8}/[a-z][a-z.+-]{0,12}(;boundary=\"[a-z0-9 ]{1,8}[a-z]\")?";
    words_with_parameters: HeaderValue::parse = "[a-z]{1,8}(;[a-z]{1,6}(=[a-z0-9]{1,6})?){0,3}";
    preferences: AcceptContact::parse = "\\*;\\+g\\.3gpp\\.mcptt(;require)?(;explicit)?";
    intervals: SessionExpires::parse = "[1-9][0-9]{1,6}(;refresher=ua[cs])?";
    priorities: ResourcePriority::parse = "mcptt[pq]\\.([0-9]|1[0-5])|[a-z]{1,6}\\.[a-z0-9]{1,6}";
    answer_modes: AnswerMode::parse = "Auto|Manual";
}

proptest! {
    #[test]
    fn warnings(code in 100u16..400, text in "[a-zA-Z \"\\\\]{0,20}", host in "[a-z]{1,8}", at in 0usize..40, with in any::<char>()) {
        let warning = McpttWarning { code, text: text.trim().into() };
        let value = warning.value(&host);
        prop_assert_eq!(McpttWarning::parse(&value), Some(warning), "{}", value);
        for (place, c) in value.char_indices() {
            let _ = McpttWarning::parse(&value[..place]);
            if place == at {
                let _ = McpttWarning::parse(&format!("{}{with}{}", &value[..place], &value[place + c.len_utf8()..]));
            }
        }
    }

    #[test]
    fn parameters(names in proptest::collection::btree_map("[a-z]{1,6}", proptest::option::of("[a-z0-9]{1,6}"), 0..5)) {
        let mut params = Params::default();
        for (name, value) in &names {
            match value {
                Some(value) => params.set(name.as_str(), value.as_str()),
                None => params.set_flag(name.as_str()),
            };
        }
        let written = format!("<sip:h>{params}");
        prop_assert_eq!(NameAddr::parse(&written).map(|address| address.params), Ok(params), "{}", written);
    }

    #[test]
    fn bodies_of_parts(bodies in proptest::collection::vec("[a-z\r\n-]{0,20}", 1..4), cut in any::<prop::sample::Index>(), octet in any::<u8>()) {
        let whole: String = bodies.iter().map(|body| format!("--b\r\nContent-Type: a/b\r\n\r\n{body}\r\n")).collect();
        let octets = (whole + "--b--\r\n").into_bytes();
        let parse = |octets: Vec<u8>| multipart::parse("multipart/mixed;boundary=b", &octets.into(), &Limits::default());
        let expected: Vec<_> = bodies.iter().map(|body| body.as_bytes().to_vec()).collect();
        let parts = parse(octets.clone()).unwrap();
        // A body may itself hold a boundary by chance.
        if !bodies.iter().any(|body| body.contains("--b")) {
            prop_assert_eq!(parts.iter().map(|part| part.body.to_vec()).collect::<Vec<_>>(), expected);
        }
        for end in 0..octets.len() {
            let _ = parse(octets[..end].to_vec());
        }
        let mut changed = octets;
        let at = cut.index(changed.len());
        changed[at] = octet;
        let _ = parse(changed);
    }
}

#[test]
fn a_word_with_parameters_is_taken_apart() {
    let value = HeaderValue::parse("presence ; id=\"a;b\" ;x").unwrap();
    assert_eq!((value.word.as_str(), value.params.unquoted("id").as_deref()), ("presence", Some("a;b")));
    assert!(value.params.contains("x"));
    assert_eq!(value.to_string(), "presence;id=\"a;b\";x");
    assert!(HeaderValue::parse("").is_err());
}
