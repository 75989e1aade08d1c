//! The accessors, on the example messages of the profile.

use crate::DecodeError;
use crate::sip::field::{
    AnswerState, Contacts, ContentDisposition, Date, Event, FeatureValue, Reason, SubscriptionState, Token,
};
use crate::sip::{AnswerMode, HeaderName, Headers, Method};

fn headers(lines: &str) -> Headers {
    let fields = lines.lines().filter_map(|line| line.split_once(": "));
    fields.map(|(name, value)| (HeaderName::from(name), value)).collect()
}

#[test]
fn an_answer_of_the_controlling_function() {
    let headers = headers(
        "Contact: <sip:s-8b1f@cf.mc.example.org;gr=k3>;+g.3gpp.mcptt;isfocus\n\
         P-Asserted-Identity: <sip:groups@cf.mc.example.org>\n\
         Require: timer\n\
         Supported: tdialog\nSupported: norefersub\nk: explicitsub, nosub\n\
         Warning: 399 cf.mc.example.org \"123 MCPTT session already exists\"\n\
         P-Answer-State: Unconfirmed\n\
         RSeq: 7\nMin-SE: 90\nAllow: INVITE, BYE\nRetry-After: 5\nDate: Sat, 13 Nov 2010 23:29:00 GMT",
    );
    let tags = |list: Result<Vec<Token>, DecodeError>| -> Vec<String> {
        list.unwrap().iter().map(Token::to_string).collect()
    };
    assert_eq!(tags(headers.supported()), ["tdialog", "norefersub", "explicitsub", "nosub"]);
    assert_eq!(tags(headers.require()), ["timer"]);
    assert_eq!(tags(headers.unsupported()), [""; 0]);
    assert_eq!(headers.allow(), Ok(vec![Method::Invite, Method::Bye]));
    let Ok(Some(Contacts::Addresses(contacts))) = headers.contacts() else { panic!("one contact") };
    assert!(contacts.iter().all(|contact| contact.is_focus()));
    let identity = headers.asserted_identity().unwrap().unwrap();
    assert_eq!(identity.sip().map(|address| address.uri.host.as_str()), Some("cf.mc.example.org"));
    assert_eq!(headers.preferred_identity(), Ok(None));
    let warnings = headers.warnings().unwrap();
    assert_eq!(warnings.iter().map(|warning| warning.code).collect::<Vec<_>>(), [399]);
    assert_eq!(headers.answer_state().unwrap().unwrap().state, AnswerState::UNCONFIRMED);
    assert_eq!(headers.rseq().unwrap().map(|rseq| rseq.0.get()), Some(7));
    assert_eq!(headers.min_se().unwrap().map(|min| min.seconds), Some(90));
    assert_eq!(headers.retry_after().unwrap().map(|after| after.seconds), Some(5));
    assert_eq!(headers.date(), Ok(Date::new(2010, 11, 13, 23, 29, 0)));
}

#[test]
fn a_refer_over_a_pre_established_session() {
    let headers = headers(
        "Refer-To: <cid:l1@ue.example.org>\nRefer-Sub: false\nRequire: multiple-refer\n\
         Target-Dialog: pre-call@10.1.1.5;local-tag=a;remote-tag=b\n\
         P-Preferred-Service: urn:urn-7:3gpp-service.ims.icsi.mcptt\n\
         Content-ID: <l1@ue.example.org>\nContent-Disposition: recipient-list\n\
         Priv-Answer-Mode: Automatic;require\nResource-Priority: mcpttp.15",
    );
    let refer_to = headers.refer_to().unwrap().unwrap();
    assert_eq!(refer_to.content_id(), headers.content_id().unwrap());
    assert!(!headers.refer_sub().unwrap().unwrap().subscribe.0);
    assert_eq!(headers.target_dialog().unwrap().unwrap().remote_tag(), "b");
    assert!(headers.preferred_services().unwrap().iter().all(|service| service.is_mcptt()));
    assert_eq!(headers.asserted_services(), Ok(vec![]));
    let disposition = headers.content_disposition().unwrap().unwrap();
    assert_eq!(disposition.kind, ContentDisposition::RECIPIENT_LIST);
    let mode = headers.priv_answer_mode().unwrap().unwrap();
    assert_eq!((mode.known(), mode.require()), (Some(AnswerMode::Auto), true));
    assert_eq!(headers.answer_mode(), Ok(None));
    assert_eq!(headers.resource_priority().unwrap()[0].mcptt_level(), Some(15));
}

#[test]
fn a_subscription_and_what_ends_it() {
    let headers = headers(
        "Event: conference\nAccept: application/conference-info+xml\nExpires: 4294967295\n\
         Subscription-State: terminated;reason=noresource\nSIP-ETag: s1\nSIP-If-Match: s0\n\
         Allow-Events: conference, presence\nRecv-Info: g.3gpp.mcptt-info\nMin-Expires: 60\n\
         Reason: SIP;cause=200;text=\"User requested release\"",
    );
    assert_eq!(headers.event().unwrap().unwrap().package, Event::CONFERENCE);
    assert_eq!((headers.expires(), headers.min_expires()), (Ok(Some(u32::MAX)), Ok(Some(60))));
    let state = headers.subscription_state().unwrap().unwrap();
    assert_eq!(state.reason(), Some(SubscriptionState::NORESOURCE));
    assert_eq!((headers.etag(), headers.if_match()), (Ok(Token::new("s1")), Ok(Token::new("s0"))));
    assert_eq!((headers.allow_events().unwrap().len(), headers.recv_info().unwrap().len()), (2, 1));
    assert_eq!(headers.reasons(), Ok(vec![Reason::of(Reason::SIP, 200, "User requested release")]));
    assert!(headers.accept().unwrap()[0].accepts("application/conference-info+xml"));
}

#[test]
fn a_third_party_registration() {
    let headers = headers(
        "Via: SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/TCP b;branch=z9hG4bK2\nMax-Forwards: 70\n\
         Path: <sip:p;lr>\nRoute: <sip:x;lr>\nRoute: <sip:y;lr>, <sip:z;lr>\n\
         P-Access-Network-Info: 3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=0010100010000001\n\
         P-Charging-Vector: icid-value=\"ab12\"\nResource-Share: supported\n\
         Feature-Caps: *;+g.3gpp.registration-token=\"<t1>\"\n\
         Authorization: Digest username=\"u\", realm=\"r\", nonce=\"\", uri=\"sip:r\", response=\"\"\n\
         Authorization: Bearer abc\nSecurity-Client: tls;q=0.1, digest",
    );
    assert_eq!((headers.vias().unwrap().len(), headers.max_forwards()), (2, Ok(Some(70))));
    assert_eq!((headers.paths().unwrap().len(), headers.routes().unwrap().len()), (1, 3));
    assert_eq!(headers.access_networks().unwrap()[0].cell(), Some("0010100010000001"));
    assert_eq!(headers.charging_vector().unwrap().unwrap().icid(), "ab12");
    assert!(headers.resource_share().unwrap().is_some() && headers.priority_share().unwrap().is_none());
    let caps = headers.feature_caps().unwrap();
    assert_eq!(caps[0].feature("g.3gpp.registration-token"), Some(FeatureValue::Text("t1".into())));
    let credentials = headers.credentials(&HeaderName::Authorization).unwrap();
    assert_eq!((credentials[0].is_digest(), credentials[1].access_token()), (true, Some("abc")));
    assert_eq!(headers.challenges(&HeaderName::WwwAuthenticate), Ok(vec![]));
    assert_eq!(headers.security_client().unwrap().len(), 2);
}

#[test]
fn what_cannot_be_told_is_an_error() {
    let twice = headers("Refer-To: <sip:a>\nRefer-To: <sip:b>");
    assert_eq!(twice.refer_to(), Err(DecodeError::too_large(0, "Refer-To", 1, 2)));
    assert!(headers("Contact: *\nContact: <sip:a>").contacts().is_err());
    assert_eq!(headers("Contact: *").contacts(), Ok(Some(Contacts::Any)));
    let two = headers("Contact: <sip:a>\nm: <sip:b>, <sip:c>").contacts().unwrap().unwrap();
    assert_eq!(two.addresses().len(), 3);
    assert_eq!((headers("").contacts(), headers("").refer_to()), (Ok(None), Ok(None)));
    assert_eq!(headers("Expires: soon").expires(), Err(DecodeError::invalid(0, "number")));
}
