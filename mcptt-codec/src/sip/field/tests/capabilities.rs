//! Feature tags: Contact, Accept-Contact, Reject-Contact, Feature-Caps.

use super::super::super::{AcceptContact, FEATURE_MCPTT, HeaderName as Name, Headers, ICSI_MCPTT};
use super::super::{Feature, FeatureSet, FeatureValue, Numeric, TagValue, Token};
use super::{kept, lacks, read, refused, told};

const ICSI: &str = "+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\"";

#[test]
fn feature_sets() {
    for name in [Name::AcceptContact, Name::RejectContact, Name::FeatureCaps] {
        kept(
            &name,
            &[
                "*;+g.3gpp.mcptt;require;explicit",
                "*;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\";require;explicit",
                "*;mobility=\"fixed\";methods=\"INVITE,!BYE\", *;audio;+x=\"#>=5,#-1.5:2,TRUE\"",
                "*;+g.3gpp.registration-token=\"<a, \\\"b\\\" c>\"",
                "*",
            ],
        );
        refused(
            &name,
            &[
                ("", 0),
                ("sip:a", 0),
                ("*;+g.3gpp.mcptt=TRUE", 16),
                ("*;methods=\"a b\"", 10),
                ("*;methods=\"\"", 10),
                ("*;audio, *;class=\"#5\"", 17),
                ("*;class=\"!!a\"", 8),
                ("*;", 2),
            ][1..],
        );
    }
    lacks(&Name::AcceptContact, &[("", "Accept-Contact")]);
    refused(&Name::AcceptContact, &[("*;require=yes", 10), ("*;explicit=\"\"", 11)]);
}

//= RFC3840-plus test
//= RFC3840-escape test
#[test]
fn spellings_of_deployments_are_told() {
    for name in [Name::AcceptContact, Name::Contact] {
        let (prefix, at) = if name == Name::Contact { ("<sip:a>", 7) } else { ("*", 1) };
        let plain = format!("{prefix};g.3gpp.mcptt");
        told(&name, &[(&plain, &plain, &[(at + 1, "RFC3840-plus")])]);
        let colons = format!("{prefix};+g.3gpp.icsi-ref=\"urn%3Aa,urn:urn-7:b\"");
        told(&name, &[(&colons, &colons, &[(at + 18, "RFC3840-escape")])]);
    }
}

#[test]
fn values_have_types() {
    let set: FeatureSet = read(
        "*;audio;+a=\"TRUE,!FALSE\";+n=\"#=1,#>=2.5,!#<=-3,#+4:5.\";+t=\"x,!y\";+s=\"<a \\\"b\\\">\";+v=\"trueish\"",
    );
    let value = |tag: &str| set.feature(tag).unwrap();
    assert_eq!(value("AUDIO"), FeatureValue::True);
    assert_eq!(
        value("a"),
        FeatureValue::List(vec![
            TagValue::Boolean { negated: false, value: true },
            TagValue::Boolean { negated: true, value: false },
        ])
    );
    assert_eq!(
        value("n"),
        FeatureValue::List(vec![
            TagValue::Numeric { negated: false, value: Numeric::Equal("1".into()) },
            TagValue::Numeric { negated: false, value: Numeric::AtLeast("2.5".into()) },
            TagValue::Numeric { negated: true, value: Numeric::AtMost("-3".into()) },
            TagValue::Numeric { negated: false, value: Numeric::Between("+4".into(), "5.".into()) },
        ])
    );
    assert_eq!(
        value("t"),
        FeatureValue::List(vec![
            TagValue::Token { negated: false, value: "x".into() },
            TagValue::Token { negated: true, value: "y".into() },
        ])
    );
    assert_eq!(value("s"), FeatureValue::Text("a \"b\"".into()));
    assert_eq!(
        value("v"),
        FeatureValue::List(vec![TagValue::Token { negated: false, value: "trueish".into() }])
    );
    assert_eq!(set.feature("none"), None);
    let written: Vec<_> = set.features().map(|feature| feature.to_string()).collect();
    assert_eq!(
        written,
        [
            "audio",
            "+a=\"TRUE,!FALSE\"",
            "+n=\"#=1,#>=2.5,!#<=-3,#+4:5.\"",
            "+t=\"x,!y\"",
            "+s=\"<a \\\"b\\\">\"",
            "+v=\"trueish\"",
        ]
    );
    assert_eq!(FeatureSet::of(&set.features().collect::<Vec<_>>()).to_string(), set.to_string());
}

#[test]
fn features_are_made() {
    let service = Feature::of(Token::from_static("g.3gpp.icsi-ref"), ICSI_MCPTT);
    assert_eq!(service.to_string(), ICSI);
    assert_eq!(service.tokens().collect::<Vec<_>>(), [ICSI_MCPTT]);
    let mcptt = Feature::flag(Token::from_static(FEATURE_MCPTT));
    let focus = Feature::flag(Token::from_static("isfocus"));
    assert_eq!(
        FeatureSet::of([&mcptt, &service, &focus]).to_string(),
        format!("*;+g.3gpp.mcptt;{ICSI};isfocus")
    );
    assert_eq!(mcptt.tokens().count(), 0);
}

#[test]
fn one_field_or_two_mean_the_same() {
    let one: Headers =
        [(Name::AcceptContact, format!("*;+g.3gpp.mcptt;{ICSI};require;explicit"))].into_iter().collect();
    let mut two = Headers::new();
    AcceptContact::push_mcptt(&mut two);
    for headers in [one, two] {
        let elements: Vec<AcceptContact> = headers.list(&Name::AcceptContact).unwrap();
        assert!(elements.iter().any(|element| element.has(FEATURE_MCPTT)));
        assert!(elements.iter().flat_map(AcceptContact::icsi_refs).any(|icsi| icsi == ICSI_MCPTT));
        assert!(elements.iter().all(|element| element.require() && element.explicit()));
    }
}
