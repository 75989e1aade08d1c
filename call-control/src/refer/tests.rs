//! Referrals in both directions.

use super::*;

const LIMIT: usize = 4;

fn refer(fields: &[(HeaderName, &str)]) -> Request {
    let mut request = Request::new(Method::Refer, "sip:pf@pf.mc.example.org");
    for (name, value) in fields {
        request.headers.push(name.clone(), *value);
    }
    request
}

fn with_list(xml: &str, id: &str) -> Request {
    let mut request = refer(&[(HeaderName::ReferTo, "<cid:list@ue.example.org>")]);
    let list = Part::new(mime::RESOURCE_LISTS, xml.to_owned()).with(HeaderName::ContentId, id);
    request.set_parts(&[Part::new(mime::MCPTT_INFO, "<x/>"), list]);
    request
}

fn list(entries: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\">\
         <list>{entries}</list></resource-lists>"
    )
}

fn uris(referral: &Referral) -> Vec<String> {
    referral.targets.iter().map(|target| target.uri.to_string()).collect()
}

//= RFC3515-2.4.2:one test
#[test]
fn a_refer_has_one_target() {
    use HeaderName::ReferTo;
    let bob =
        (ReferTo, "<sip:bob@example.org?Subject=x&Route=%3Csip:evil%3E&From=%3Csip:boss@example.org%3E>");
    let referral = Referral::read(&refer(&[bob]), LIMIT).unwrap();
    assert_eq!(uris(&referral), ["sip:bob@example.org"]);
    assert!(referral.subscribe && !referral.listed);
    for (fields, status) in [
        (vec![], 400),
        (vec![(ReferTo, "<sip:a@example.org>"), (ReferTo, "<sip:b@example.org>")], 400),
        (vec![(ReferTo, "<<nonsense")], 400),
        (vec![(ReferTo, "<http://example.org>")], 416),
        (vec![(ReferTo, "<cid:list@ue.example.org>")], 400),
    ] {
        assert_eq!(Referral::read(&refer(&fields), LIMIT), Err(StatusCode(status)), "{fields:?}");
    }
}

//= RFC3261-19.1.5:dangerous test
#[test]
fn what_a_stranger_may_not_choose_is_left_out() {
    let text = "<sip:bob@example.org;method=MESSAGE?Subject=hi&Route=%3Csip:evil%3E&From=%3Csip:boss@x%3E\
                &P-Asserted-Identity=%3Csip:boss@x%3E&Content-Type=text/plain&body=hello>";
    let referral = Referral::read(&refer(&[(HeaderName::ReferTo, text)]), LIMIT).unwrap();
    let target = &referral.targets[0];
    let names: Vec<String> = target.headers.iter().map(|(name, _)| name.to_string()).collect();
    assert_eq!(target.method, Method::Message);
    assert_eq!(names, ["Subject", "Content-Type"]);
    assert_eq!(target.parts().unwrap()[0].body, "hello");
}

//= RFC5368-5:nosub test
//= RFC5368-7:once test
#[test]
fn a_list_has_several_targets_and_makes_no_subscription() {
    let two = list(
        "<entry uri=\"sip:a@example.org\"/><entry uri=\"sip:b@example.org\"/><entry uri=\"sip:a@example.org\"/>",
    );
    let referral = Referral::read(&with_list(&two, "<list@ue.example.org>"), LIMIT).unwrap();
    assert_eq!(uris(&referral), ["sip:a@example.org", "sip:b@example.org"]);
    assert!(referral.listed && !referral.subscribe);

    let five: String = (0..5).map(|at| format!("<entry uri=\"sip:{at}@example.org\"/>")).collect();
    for (xml, id, status) in [
        (list(&five), "<list@ue.example.org>", 403),
        (list(""), "<list@ue.example.org>", 400),
        (two, "<other@ue.example.org>", 400),
        ("no XML".to_owned(), "<list@ue.example.org>", 400),
    ] {
        assert_eq!(Referral::read(&with_list(&xml, id), LIMIT), Err(StatusCode(status)), "{xml}");
    }
}

//= RFC4488-4:ask test
//= RFC5368-4:require test
#[test]
fn what_is_written_is_read_again() {
    let mut group = Target::invite(Uri::parse("sip:rescue-1@mc.example.org").unwrap());
    group.set_parts(&[Part::new(mime::MCPTT_INFO, "<mcpttinfo/>"), Part::new(mime::SDP, "v=0\r\n")]);
    let alone = Referral {
        targets: vec![group.clone()],
        listed: false,
        subscribe: true,
        target_dialog: Some(TargetDialog::parse("c1;local-tag=a;remote-tag=b").unwrap()),
        referred_by: Some("<sip:alice@example.org>".into()),
    };
    let id = ContentId::new("list@ue.example.org").unwrap();
    for (referral, required, no_subscription) in
        [(alone, false, false), (Referral::listed(vec![group]), true, true)]
    {
        let mut request = refer(&[]);
        referral.write(&mut request, &id);
        assert_eq!(request.headers.lists(&HeaderName::Require, MULTIPLE_REFER), required);
        assert_eq!(request.headers.lists(&HeaderName::Supported, NO_SUBSCRIPTION), no_subscription);
        let octets = request.encode();
        let read = mcptt_codec::sip::SipMessage::decode(&octets, &Limits::DEFAULT).unwrap();
        let mcptt_codec::sip::SipMessage::Request(read) = read else { panic!("a response") };
        assert_eq!(Referral::read(&read, LIMIT), Ok(referral));
    }
}

#[test]
fn progress_is_what_the_fragment_says() {
    let notify = |state: &str, part: Part| {
        let mut notify = Request::new(Method::Notify, "sip:ue@192.0.2.9");
        notify.headers.push(HeaderName::Event, "refer;id=7");
        notify.headers.push(HeaderName::SubscriptionState, state);
        notify.set_parts(&[part]);
        Progress::read(&notify).map(|progress| (progress.status.0, progress.over))
    };
    let ringing = Progress::fragment(StatusCode::RINGING);
    let busy = Progress::fragment(StatusCode::BUSY_HERE);
    assert_eq!(notify("active;expires=60", ringing), Some((180, false)));
    assert_eq!(notify("terminated;reason=noresource", busy), Some((486, true)));
    assert_eq!(notify("active", Part::new(mime::SIPFRAG, "SIP/2.0 9")), None);
    assert_eq!(notify("active", Part::new("text/plain", "SIP/2.0 200 OK")), None);
}

proptest::proptest! {
    #[test]
    fn whatever_it_says_a_refer_is_read_or_refused(
        refer_to in "(<?(sip|tel|cid|http):[a-z@%0-9?&=;.]{0,40}>?|\\PC{0,40})",
        uri in "(sip:[a-z@%0-9?&=;.]{0,40}|[a-z0-9:%]{0,20})",
        sub in "(true|false|\\PC{0,8})",
    ) {
        let mut request = with_list(&list(&format!("<entry uri=\"{}\"/>", uri.replace('&', "&amp;"))), "<l@x>");
        request.headers.set(HeaderName::ReferTo, refer_to);
        request.headers.push(HeaderName::ReferSub, sub);
        for limit in [0, LIMIT] {
            if let Ok(referral) = Referral::read(&request, limit) {
                proptest::prop_assert!(!referral.targets.is_empty() && referral.targets.len() <= limit.max(1));
            }
        }
        request.headers.set(HeaderName::ReferTo, "<cid:l@x>");
        let _ = Referral::read(&request, LIMIT);
    }
}
