//! When URIs mean the same.

use proptest::prelude::*;

use super::super::{Uri, Via};

fn uri(text: &str) -> Uri {
    Uri::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn equivalent_uris() {
    for (a, b) in [
        ("sip:%61lice@north.example.org;transport=TCP", "sip:alice@NoRtH.ExAmPlE.oRg;Transport=tcp"),
        ("sip:dana@south.example.org", "sip:dana@south.example.org;extra=5"),
        ("sip:dana@south.example.org", "sip:dana@south.example.org;shown=on"),
        ("sip:dana@south.example.org;shown=on", "sip:dana@south.example.org;extra=5"),
        (
            "sip:west.example.org;transport=tcp;method=REGISTER?to=sip:bob%40west.example.org",
            "sip:west.example.org;method=REGISTER;transport=tcp?to=sip:bob%40west.example.org",
        ),
        (
            "sip:alice@north.example.org?subject=item%20x&priority=urgent",
            "sip:alice@north.example.org?priority=urgent&subject=item%20x",
        ),
        ("sip:a@[2001:DB8::0:1]", "sip:a@[2001:db8::1]"),
        ("tel:+1-201-555-0123", "tel:+12015550123"),
        ("tel:7042;phone-context=Example.com", "tel:70-42;phone-context=example.com"),
        ("urn:uuid:00000000-0000-4000-8000-0000000000A1", "URN:UUID:00000000-0000-4000-8000-0000000000a1"),
        ("x:a", "X:a"),
        // The examples of RFC 3261 19.1.4 are above, with names of their own; what follows goes beyond them.
        ("sip:a@b;x=%41", "sip:a@b;x=A"),
        ("sip:a%3bb@c", "sip:a%3Bb@c"),
        ("sip:a@b;user=phone;lr", "sip:a@b;lr;user=PHONE"),
        ("sip:a@b?x=1&x=2", "sip:a@b?x=2&X=1"),
        ("sip:a@b;ttl=1;maddr=1.2.3.4;method=REFER", "sip:a@b;method=refer;maddr=1.2.3.4;ttl=1"),
        ("sips:a@b;x", "sips:a@b"),
        ("tel:+1(201)555.0123;ext=1-2", "tel:+12015550123;EXT=12"),
        ("tel:7042;phone-context=+1-201;a=b", "tel:7042;A=B;phone-context=+1201"),
        ("urn:Example:a%2fb", "urn:example:a%2Fb"),
        ("urn:service:sos?+x", "urn:service:sos?=y#z"),
    ] {
        assert!(uri(a).equivalent(&uri(b)) && uri(b).equivalent(&uri(a)), "{a} {b}");
    }
    for (a, b) in [
        ("SIP:ALICE@NoRtH.ExAmPlE.oRg;Transport=udp", "sip:alice@NoRtH.ExAmPlE.oRg;Transport=UDP"),
        ("sip:bob@west.example.org", "sip:bob@west.example.org:5060"),
        ("sip:bob@west.example.org", "sip:bob@west.example.org;transport=udp"),
        ("sip:bob@west.example.org", "sip:bob@west.example.org:6000;transport=tcp"),
        ("sip:dana@south.example.org", "sip:dana@south.example.org?Subject=roll%20call"),
        ("sip:bob@unit21.example.org", "sip:bob@192.0.2.4"),
        ("sip:dana@south.example.org;shown=off", "sip:dana@south.example.org;shown=on"),
        ("sip:a@b", "sips:a@b"),
        ("sip:b", "sip:a@b"),
        ("sip:a:x@b", "sip:a@b"),
        ("sip:a@b", "sip:a@b;maddr=1.2.3.4"),
        ("tel:+12015550123", "tel:2015550123"),
        ("tel:7042;phone-context=a", "tel:7042;phone-context=b"),
        ("urn:service:sos", "urn:service:SOS"),
        ("urn:example:%61", "urn:example:a"),
        ("sip:a%3Bb@c", "sip:a;b@c"),
        ("sip:a%FF@c", "sip:a%FE@c"),
        ("sip:a:X@b", "sip:a:x@b"),
        ("sip:a@b;user=phone", "sip:a@b"),
        ("sip:a@b;ttl=1", "sip:a@b"),
        ("sip:a@b;method=INVITE", "sip:a@b"),
        ("sip:a@b;maddr=1.2.3.4", "sip:a@b;maddr=1.2.3.5"),
        ("sip:a@b?x=1&x=1", "sip:a@b?x=1&x=2"),
        ("sip:a@b?x=1", "sip:a@b?x=1&x=1"),
        ("sip:a@b?subject=x", "sip:a@b?subject=X"),
        ("sip:a@b;x=1;x=2", "sip:a@b;x=1"),
        ("tel:7042;phone-context=a", "tel:7042"),
        ("tel:+7042", "tel:7042;phone-context=a"),
        ("tel:+1201;ext=1", "tel:+1201;ext=2"),
        ("sip:+12015550123@b", "tel:+12015550123"),
    ] {
        assert!(!uri(a).equivalent(&uri(b)) && !uri(b).equivalent(&uri(a)), "{a} {b}");
    }
}

/// Components of few values, so that equal URIs are drawn often.
fn any_uri() -> impl Strategy<Value = String> {
    let pick = |from: &'static [&'static str]| proptest::sample::select(from);
    let sip = (
        pick(&["sip:", "SIP:", "sips:"]),
        pick(&["", "a@", "A@", "%61@", "%41@", "a;b@", "a%3bb@", "a:x@", "%ff@"]),
        pick(&["h", "H", "h.example", "192.0.2.1", "[2001:db8::1]", "[2001:DB8:0::1]"]),
        pick(&["", ":5060", ":5061"]),
        proptest::collection::vec(
            pick(&[
                ";lr",
                ";x=1",
                ";X=2",
                ";x",
                ";user=phone",
                ";transport=tcp",
                ";Transport=TCP",
                ";%78=1",
                ";maddr=h",
            ]),
            0..4,
        ),
        pick(&["", "?a=b", "?A=b", "?a=B", "?a=b&c=d", "?c=d&a=b", "?a=b&a=b", "?a=%62"]),
    );
    let sip = sip.prop_map(|(scheme, user, host, port, params, headers)| {
        format!("{scheme}{user}{host}{port}{}{headers}", params.concat())
    });
    let tel = (
        pick(&["tel:+1201", "tel:+1-201", "tel:1201", "tel:12.01"]),
        proptest::collection::vec(
            pick(&[";ext=1", ";ext=1-", ";phone-context=+1", ";phone-context=+1-", ";x=Y", ";X=y"]),
            0..3,
        ),
    );
    let tel = tel.prop_map(|(number, params)| format!("{number}{}", params.concat()));
    let other = pick(&[
        "urn:a:b",
        "URN:A:b",
        "urn:a:B",
        "urn:a:%62",
        "urn:uuid:A",
        "urn:uuid:a",
        "x:y",
        "X:y",
        "cid:y",
    ]);
    prop_oneof![4 => sip, 2 => tel, 1 => other.prop_map(str::to_owned)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn equality_is_reflexive_and_symmetric(a in any_uri(), b in any_uri()) {
        let (a, b) = (uri(&a), uri(&b));
        prop_assert!(a.equivalent(&a), "{a}");
        prop_assert_eq!(a.equivalent(&b), b.equivalent(&a), "{} {}", a, b);
        // The same components mean the same, however the URI came about.
        prop_assert!(a != b || a.equivalent(&b));
        prop_assert!(uri(&a.to_string()).equivalent(&a));
    }

    /// Without what may be in one only, equality is transitive as well.
    #[test]
    fn equality_of_bare_uris_is_transitive(a in any_uri(), b in any_uri(), c in any_uri()) {
        let (a, b, c) = (uri(&a).bare(), uri(&b).bare(), uri(&c).bare());
        prop_assert!(!(a.equivalent(&b) && b.equivalent(&c)) || a.equivalent(&c), "{} {} {}", a, b, c);
    }
}

#[test]
fn hops_of_one_sender() {
    let via = |text: &str| Via::parse(text).unwrap();
    for (a, b, same) in [
        ("SIP/2.0/UDP h;branch=z9hG4bKa", "SIP/2.0/UDP H:5060;branch=z9hG4bKb", true),
        ("SIP/2.0/TLS h", "SIP/2.0/TLS h:5061", true),
        ("SIP/2.0/TLS h", "SIP/2.0/TLS h:5060", false),
        ("SIP/2.0/UDP [2001:db8::1]", "SIP/2.0/UDP [2001:DB8:0::1]", true),
        ("SIP/2.0/UDP h", "SIP/2.0/UDP i", false),
    ] {
        assert_eq!((via(a).same_sent_by(&via(b)), via(b).same_sent_by(&via(a))), (same, same), "{a} {b}");
    }
    for (branch, unique) in [
        (";branch=z9hG4bKx", true),
        (";branch=Z9HG4BKx", true),
        (";branch=z9hG4bK", false),
        (";branch=x", false),
        ("", false),
    ] {
        assert_eq!(via(&format!("SIP/2.0/UDP h{branch}")).has_rfc3261_branch(), unique, "{branch}");
    }
}
