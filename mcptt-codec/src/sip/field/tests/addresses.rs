//! Header fields that hold addresses and URIs.

use super::super::super::{HeaderName as Name, Headers, Method, Uri};
use super::super::{
    Bracketed, Contact, Contacts, ContentId, Embedded, FeatureValue, FieldValue, HistoryEntry, Hop,
    Identities, InfoUri, PassportIdentity, Reason, ReferTo, ReferredBy, ServedUser, ServiceId,
};
use super::{kept, lacks, read, refused, told, written};

#[test]
fn from_and_to() {
    for name in [Name::From, Name::To] {
        kept(&name, &["<sip:a@b>;tag=1", "\"A, B\" <sip:a@b>", "Alice <tel:+1201>;tag=x"]);
        written(&name, &[("sip:a@b;tag=1", "<sip:a@b>;tag=1"), ("\"Al\" <sip:a@b>", "Al <sip:a@b>")]);
        refused(
            &name,
            &[("", 0), ("<sip:a@b>;tag", 10), ("<sip:a@b>;tag=\"x\"", 14), ("<sip:a@b>, <sip:c>", 9)],
        );
    }
    for name in [Name::PCalledPartyId, Name::PProfileKey, Name::ReplyTo] {
        kept(&name, &["<sip:a@b>", "Bob <sips:b@c>;x=y"]);
    }
    kept(&Name::PAssociatedUri, &["", "<sip:a@b>, <tel:+1201>;x"]);
    kept(&Name::PermissionMissing, &["<sip:a@b>, <sip:c@d>"]);
    kept(&Name::TriggerConsent, &["<sip:a@b>;target-uri=\"sip:c@d\""]);
}

//= RFC3261-contact-expires test
#[test]
fn contacts() {
    kept(
        &Name::Contact,
        &[
            "*",
            "<sip:10.1.1.5:5060>;+g.3gpp.mcptt;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\";\
         +sip.instance=\"<urn:gsma:imei:90420156-025763-0>\";expires=600000",
            "<sip:a@b>;q=0.7;reg-id=1, Bob <sip:c@d>;isfocus;pub-gruu=\"sip:a@b;gr=1\";temp-gruu=\"sip:x@b;gr\"",
        ],
    );
    told(
        &Name::Contact,
        &[("<sip:a@b>;expires=soon", "<sip:a@b>;expires=soon", &[(18, "RFC3261-contact-expires")])],
    );
    refused(
        &Name::Contact,
        &[
            ("*, <sip:a>", 0),
            ("*;expires=0", 0),
            ("<sip:a>;q=1.5", 10),
            ("<sip:a>;reg-id=x", 15),
            ("<sip:a>;expires", 8),
            ("<sip:a>, <sip:b>;isfocus=1", 25),
            ("<sip:a>;+sip.instance=<urn:x>", 21),
        ],
    );
    lacks(&Name::Contact, &[("", "Contact"), (",", "Contact")]);
    assert_eq!(read::<Contacts>(" * "), Contacts::Any);
    assert_eq!(Contacts::Any.addresses(), []);
    let contact: Contact = read(
        "<sip:a@b>;q=0.5;expires=60;reg-id=2;+sip.instance=\"<urn:uuid:1>\";pub-gruu=\"sip:g\";temp-gruu=\"sip:t\";isfocus;+g.3gpp.mcptt",
    );
    assert_eq!(
        (contact.expires(), contact.q().map(|q| q.as_thousandths()), contact.reg_id()),
        (Some(60), Some(500), Some(2))
    );
    assert_eq!(
        (contact.instance(), contact.pub_gruu(), contact.temp_gruu()),
        (Some("urn:uuid:1"), Some("sip:g"), Some("sip:t"))
    );
    let tags: Vec<_> = contact.features().map(|feature| (feature.tag.to_string(), feature.value)).collect();
    assert_eq!(
        tags,
        [
            ("sip.instance".to_owned(), FeatureValue::Text("urn:uuid:1".into())),
            ("isfocus".to_owned(), FeatureValue::True),
            ("g.3gpp.mcptt".to_owned(), FeatureValue::True),
        ]
    );
    assert!(contact.is_focus());
    assert_eq!(read::<Contact>("<sip:a>;expires=soon").expires(), Some(3600));
    assert_eq!(read::<Contact>("<sip:a>").expires(), None);
}

#[test]
fn routes() {
    for name in [Name::Route, Name::RecordRoute, Name::Path, Name::ServiceRoute, Name::ReferEventsAt] {
        kept(&name, &["<sip:p1.example.com;lr>, <sip:p2.example.com;lr>;x=y", "P <sip:p>"]);
        refused(&name, &[("sip:p1.example.com;lr", 3), ("<sip:a>, sip:b", 12), ("<sip:a", 6)]);
        lacks(&name, &[("", "route")]);
    }
    assert!(read::<Bracketed>("<sip:p;lr>").uri.params.contains("lr"));
}

#[test]
fn references() {
    for name in [Name::CallInfo, Name::AlertInfo, Name::ErrorInfo, Name::Geolocation] {
        kept(
            &name,
            &[
                "<http://wwww.example.com/alice/photo.jpg>;purpose=icon, <https://x/>;a=\"b\"",
                "<cid:target123@atlanta.example.com>",
            ],
        );
        refused(&name, &[("http://x", 4), ("Name <http://x>", 0), ("<>", 1), ("<http://x>;purpose", 11)]);
    }
    assert_eq!(read::<InfoUri>("<http://x>;purpose=card").purpose(), Some("card"));
}

#[test]
fn hops() {
    kept(
        &Name::Via,
        &[
            "SIP/2.0/UDP 10.1.1.5:5060;branch=z9hG4bK7;rport",
            "SIP/2.0/TLS h;branch=z9hG4bK7;received=192.0.2.9;rport=4711;alias;keep=30, SIP/2.0/TCP [::1];maddr=h;ttl=16;keep",
            "SIP/2.0/UDP h;received=2001:db8::1;comp=sigcomp;sigcomp-id=\"<urn:uuid:1>\"",
        ],
    );
    written(&Name::Via, &[("sip / 2.0 / udp h : 5060 ; branch = a", "SIP/2.0/UDP h:5060;branch=a")]);
    refused(
        &Name::Via,
        &[
            ("SIP/2.0/UDP", 11),
            ("SIP/3.0/UDP h", 4),
            ("SIP/2.0/UDP h;received=x", 23),
            ("SIP/2.0/UDP h;rport=65536", 20),
            ("SIP/2.0/UDP h;ttl=256", 18),
            ("SIP/2.0/UDP h;branch", 14),
            ("SIP/2.0/UDP h;alias=1", 20),
            ("SIP/2.0/UDP h, SIP/2.0/UDP i;keep=x", 34),
        ],
    );
    let hop: Hop = read("SIP/2.0/TLS h;received=[::1];rport=4711;alias;keep=30;maddr=m;ttl=9");
    assert_eq!((hop.received(), hop.rport(), hop.alias()), ("::1".parse().ok(), Some(Some(4711)), true));
    assert_eq!((hop.keep(), hop.maddr(), hop.ttl()), (Some(Some(30)), Some("m"), Some(9)));
    let hop: Hop = read("SIP/2.0/TLS h;rport;keep");
    assert_eq!((hop.received(), hop.rport(), hop.alias(), hop.keep()), (None, Some(None), false, Some(None)));
    assert_eq!((read::<Hop>("SIP/2.0/TLS h").rport(), hop.maddr(), hop.ttl()), (None, None, None));
}

//= RFC3325-two test
#[test]
fn identities() {
    for name in [Name::PAssertedIdentity, Name::PPreferredIdentity] {
        kept(&name, &["<sip:alice@x>", "\"A\u{e4}\" <sip:alice@x>, <tel:+14085264000>"]);
        written(&name, &[("tel:+14085264000", "<tel:+14085264000>")]);
        told(
            &name,
            &[
                ("<sip:a@x>, <sips:b@x>", "<sip:a@x>, <sips:b@x>", &[(0, "RFC3325-two")]),
                ("<urn:service:sos>", "<urn:service:sos>", &[(0, "RFC3325-two")]),
            ],
        );
        refused(&name, &[("alice", 5), ("<sip:a@x>, x", 12)]);
        lacks(&name, &[("", "address")]);
    }
    let both: Identities = read("<tel:+1408>, <sip:a@x>");
    assert_eq!(both.sip().map(ToString::to_string).as_deref(), Some("<sip:a@x>"));
    assert_eq!(both.tel().map(ToString::to_string).as_deref(), Some("<tel:+1408>"));

    kept(
        &Name::PServedUser,
        &["<sip:a@x>;sescase=orig;regstate=reg", "<sip:a@x>;sescase=term;regstate=unreg", "<sip:a@x>"],
    );
    refused(&Name::PServedUser, &[("<sip:a@x>;sescase=x", 18), ("<sip:a@x>;regstate", 10)]);
    let served: ServedUser = read("<sip:a@x>;sescase=ORIG;regstate=unreg");
    assert_eq!((served.is_originating(), served.is_registered()), (Some(true), Some(false)));
}

#[test]
fn services() {
    for name in [Name::PAssertedService, Name::PPreferredService] {
        kept(&name, &["urn:urn-7:3gpp-service.ims.icsi.mcptt", "URN:URN-7:a.b, urn:urn-7:c"]);
        refused(
            &name,
            &[
                ("urn:urn-7:", 10),
                ("urn:urn-8:a", 0),
                ("urn:urn-7:a..b", 12),
                ("urn:urn-7:a b", 10),
                ("mcptt", 0),
            ],
        );
        lacks(&name, &[("", "service identifier")]);
    }
    assert!(read::<ServiceId>(" URN:urn-7:3GPP-service.ims.icsi.mcptt").is_mcptt());
    assert!(!read::<ServiceId>("urn:urn-7:3gpp-service.ims.icsi.mcdata").is_mcptt());
}

#[test]
fn history() {
    kept(
        &Name::HistoryInfo,
        &[
            "<sip:a@b?Reason=SIP%3Bcause%3D302>;index=1, <sip:c@d>;index=1.1;mp=1",
            "Bob <sip:c@d?Privacy=history>;index=1.1.2;rc=1.1",
        ],
    );
    refused(
        &Name::HistoryInfo,
        &[
            ("sip:a@b;index=1", 3),
            ("<sip:a>;index=1.", 14),
            ("<sip:a>;index=x", 14),
            ("<sip:a>;index=1;rc", 16),
        ],
    );
    lacks(&Name::HistoryInfo, &[("<sip:a>", "index"), ("", "History-Info")]);
    let entry: HistoryEntry = read("<sip:c@d?Reason=SIP%3Bcause%3D302>;index=1.1.2;rc=1.1");
    assert_eq!((entry.index().collect::<Vec<_>>(), entry.origin()), (vec![1, 1, 2], Some(("rc", "1.1"))));
    assert_eq!(entry.reason(), Some(Reason::parse("SIP;cause=302")));
}

#[test]
fn signed_identity() {
    kept(
        &Name::Identity,
        &[
            "eyJhbGciOiJFUzI1NiJ9.eyJkZXN0Ijp7fX0.sig-_;info=<https://biloxi.example.org/biloxi.cer>;alg=ES256;ppt=shaken",
            "..sv5CTo;info=<https://x/>;ppt=\"shaken\"",
        ],
    );
    lacks(&Name::Identity, &[("abc", "info"), ("abc;alg=ES256", "info")]);
    refused(
        &Name::Identity,
        &[("", 0), ("abc;info=https://x", 9), ("abc;info=<x>", 9), ("\"old\";info=<https://x>", 0)],
    );
    let identity: PassportIdentity = read("a.b.c;info=<https://x/y>");
    assert_eq!((identity.passport.as_str(), identity.info()), ("a.b.c", Uri::parse("https://x/y").ok()));
}

#[test]
fn refer_to() {
    kept(
        &Name::ReferTo,
        &[
            "<cid:l1@ue.example.org>",
            "<sip:dave@denver.example.org?Replaces=12345%40192.168.118.3%3Bto-tag%3D12345%3Bfrom-tag%3D5FFE>",
            "<sip:carol@cleveland.example.org;method=SUBSCRIBE>;x=y",
        ],
    );
    refused(
        &Name::ReferTo,
        &[
            ("", 0),
            ("<sip:a@b>, <sip:c@d>", 9),
            ("sip:a@b?x=y", 3),
            ("<sip:a?b%20c=d>", 0),
            ("<sip:a?b=c%0D%0ad>", 0),
            ("<sip:a?b=%ff>", 0),
            ("<sip:a?body=1&Body=2>", 0),
            ("<sip:a;method=%20>", 0),
        ],
    );
    let refer: ReferTo = read(
        "<sip:rescue-1@mc.example.org;method=BYE?Accept-Contact=*%3B%2Bg.3gpp.mcptt&Content-Type=application/x%2Bxml&body=%3Ca%3E%ff%00>",
    );
    let mut headers = Headers::new();
    headers.push(Name::AcceptContact, "*;+g.3gpp.mcptt").push(Name::ContentType, "application/x+xml");
    let embedded =
        Embedded { method: Some(Method::Bye), headers, body: Some(b"<a>\xff\0".as_slice().into()) };
    assert_eq!(refer.embedded(), Ok(embedded.clone()));

    let mut uri = Uri::parse("sip:rescue-1@mc.example.org;method=INVITE;lr?x=y").unwrap();
    uri.set_embedded(&embedded);
    assert_eq!(
        uri.to_string(),
        "sip:rescue-1@mc.example.org;lr;method=BYE?Accept-Contact=*%3B%2Bg.3gpp.mcptt&Content-Type=application%2Fx%2Bxml&body=%3Ca%3E%FF%00"
    );
    assert_eq!(uri.embedded(), Ok(embedded));
    assert_eq!(uri.set_embedded(&Embedded::default()).to_string(), "sip:rescue-1@mc.example.org;lr");
    let by_reference: ReferTo = read("<cid:l1@ue.example.org>");
    assert_eq!(by_reference.content_id().as_ref().map(ContentId::as_str), Some("l1@ue.example.org"));

    kept(&Name::ReferredBy, &["<sip:r@x>;cid=\"2UWQFN309shb3@referrer.example\"", "<sip:r@x>"]);
    refused(&Name::ReferredBy, &[("<sip:r@x>;cid=1", 14), ("", 0)]);
    assert_eq!(read::<ReferredBy>("sip:r@x;cid=\"a@b\"").cid(), Some("a@b"));
}
