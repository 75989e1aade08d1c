//! Registration at the participating function, directly and by a third party.

use call_control::client::{ClientCommand, ClientEvent, ClientRequest};
use call_control::config::{Config, Secret};
use call_control::event::{EndCause, LeaveCause};
use call_control::{Event, Refusal};
use mcptt_codec::sip::{HeaderName, SipMessage};

use crate::rig::*;

const TOKEN: &str = "eyJhbGciOiJub25lIn0.token";

fn with_token() -> Config {
    let mut config = config();
    config.users[0].access_token = Some(Secret::new(TOKEN));
    config
}

fn register(at: usize) -> Raw {
    Raw::new("REGISTER", "sip:ims.example.org", &impu(at))
        .without("To:")
        .header(&format!("To: <{}>", impu(at)))
}

fn contact(host: &str, further: &str) -> String {
    format!("Contact: <sip:ue@{host}>;{TAG}{further}")
}

fn authorisation(at: usize, token: Option<&str>) -> String {
    let token = token
        .map(|token| format!("<mcptt-access-token><mcpttString>{token}</mcpttString></mcptt-access-token>"));
    format!(
        "{}<mcptt-client-id><mcpttString>{}</mcpttString></mcptt-client-id>",
        token.unwrap_or_default(),
        client_id(at)
    )
}

fn ended(rig: &Rig) -> Vec<EndCause> {
    let causes = rig.events.iter().filter_map(|event| match event {
        Event::RegistrationEnded { cause, .. } => Some(*cause),
        _ => None,
    });
    causes.collect()
}

fn authorised(rig: &Rig) -> usize {
    rig.events.iter().filter(|event| matches!(event, Event::ServiceAuthorised { .. })).count()
}

//= 24.379-7.2.1 test
//= 24.379-7.2.1:token test
//= 24.379-7.3.2 test
#[test]
fn a_client_registers_with_tags_and_token_and_is_bound() {
    let mut rig = Rig::new(with_token());
    let mut own = client_config(0);
    own.access_token = Some(Secret::new(TOKEN));
    rig.add(own);
    rig.command(0, ClientCommand::Register);
    let request = rig.request("alice", "pf", "REGISTER");
    assert_eq!(
        values(&request.headers, &HeaderName::Contact),
        ["<sip:alice-ue@192.0.2.10:5060>;+g.3gpp.mcptt;\
             +g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\";expires=3600",]
    );
    let info = info_of(&SipMessage::Request(request));
    assert!(info.access_token.is_some() && info.client_id.is_some());
    let answer = rig.response("pf", "alice", "200 REGISTER");
    assert_eq!(
        values(&answer.headers, &HeaderName::Contact),
        ["<sip:alice-ue@192.0.2.10:5060>;expires=3600"]
    );
    assert_eq!(rig.events_of(0), [ClientEvent::Registered { expires: 3600 }]);
    assert_eq!(authorised(&rig), 1);
}

//= 24.379-7.3.3:101 test
#[test]
fn a_wrong_token_binds_nothing() {
    let mut rig = Rig::new(with_token());
    let mut own = client_config(0);
    own.access_token = Some(Secret::new("wrong"));
    rig.add(own);
    rig.command(0, ClientCommand::Register);
    let failed =
        ClientEvent::RequestFailed { what: ClientRequest::Registration, status: 403, warning: Some(101) };
    assert_eq!(rig.events_of(0), [failed]);
    assert_eq!(authorised(&rig), 0);
    assert!(!rig.events.iter().any(|event| matches!(event, Event::Registered { .. })));
}

//= 24.379-7.3.2:notoken test
#[test]
fn without_a_token_there_is_a_registration_and_no_service() {
    let mut rig = Rig::new(with_token());
    rig.add(client_config(0));
    rig.command(0, ClientCommand::Register);
    assert_eq!(rig.events_of(0), [ClientEvent::Registered { expires: 3600 }]);
    rig.call(0);
    assert_eq!(rig.failure(0), (404, Some(141)));
}

//= 24.379-7.3.2 test
//= 24.379-7.3.2:notoken test
#[test]
fn a_third_party_registration_binds_what_the_client_sent_to_the_core() {
    for (token, expected) in [(Some(TOKEN), 1), (None, 0), (Some("wrong"), 0)] {
        let mut rig = Rig::new(with_token());
        let inner = register(0).header(&contact("10.1.1.5", "")).info(&authorisation(0, token)).text();
        let inner = inner.replacen(
            "Content-Type: multipart/mixed",
            "Call-ID: inner\nCSeq: 1 REGISTER\nContent-Type: multipart/mixed",
            1,
        );
        let outer = Raw::new("REGISTER", PF_IDENTITY, "sip:scscf.ims.example.org")
            .without("To:")
            .header(&format!("To: <{}>", impu(0)))
            .header("Contact: <sip:scscf.ims.example.org:5054>")
            .header("Expires: 600")
            .header("Content-Type: message/sip")
            .text();
        let text = format!("{outer}\n\n{inner}");
        let answer = rig.ask(CORE, PF, &text);
        assert_eq!(answer.status.0, 200);
        assert!(!answer.headers.contains(&HeaderName::Contact));
        assert_eq!(values(&answer.headers, &HeaderName::Expires), ["600"]);
        assert_eq!(authorised(&rig), expected, "{token:?}");
        let stranger = rig.ask("203.0.113.9:5060", PF, &text);
        assert_eq!(outcome(&stranger), (403, None));
    }
}

#[test]
fn lifetimes_are_bounded_and_contacts_are_listed() {
    let mut rig = Rig::new(config());
    let ask = |rig: &mut Rig, contacts: &[String], expires: Option<&str>| {
        let mut request = register(0);
        for contact in contacts {
            request = request.header(contact);
        }
        if let Some(expires) = expires {
            request = request.header(&format!("Expires: {expires}"));
        }
        rig.ask("203.0.113.9:5060", PF, &request.text())
    };
    let short = ask(&mut rig, &[contact("203.0.113.9", ";expires=59")], None);
    assert_eq!(outcome(&short), (423, None));
    assert_eq!(values(&short.headers, &HeaderName::MinExpires), ["60"]);
    let long = ask(&mut rig, &[contact("203.0.113.9", ";expires=999999")], None);
    assert_eq!(values(&long.headers, &HeaderName::Contact), ["<sip:ue@203.0.113.9>;expires=86400"]);
    let two =
        ask(&mut rig, &[contact("203.0.113.9", ""), contact("203.0.113.9:5080", ";expires=90")], Some("300"));
    assert_eq!(
        values(&two.headers, &HeaderName::Contact),
        ["<sip:ue@203.0.113.9>;expires=300", "<sip:ue@203.0.113.9:5080>;expires=90"]
    );
    let query = ask(&mut rig, &[], None);
    assert_eq!(query.headers.all(&HeaderName::Contact).count(), 2);
    let one = ask(&mut rig, &[contact("203.0.113.9:5080", ";expires=0")], None);
    assert_eq!(values(&one.headers, &HeaderName::Contact), ["<sip:ue@203.0.113.9>;expires=300"]);
    let star = ask(&mut rig, &["Contact: *".to_owned()], Some("60"));
    assert_eq!(outcome(&star), (400, None));
    let none = ask(&mut rig, &["Contact: *".to_owned()], Some("0"));
    assert_eq!((outcome(&none), none.headers.all(&HeaderName::Contact).count()), ((200, None), 0));
    assert_eq!(ended(&rig), [EndCause::Removed; 2]);
}

#[test]
fn the_number_of_contacts_is_bounded_and_proof_beats_none() {
    let mut config = with_token();
    config.registration.contacts_per_user = 2;
    let mut rig = Rig::new(config);
    let ask = |rig: &mut Rig, host: &str, token: Option<&str>| {
        let request = register(0).header(&contact(host, "")).info(&authorisation(0, token));
        outcome(&rig.ask(&format!("{host}:5060"), PF, &request.text()))
    };
    assert_eq!(ask(&mut rig, "203.0.113.1", None), (200, None));
    assert_eq!(ask(&mut rig, "203.0.113.2", None), (200, None));
    assert_eq!(ask(&mut rig, "203.0.113.3", None), (503, None));
    assert_eq!(ask(&mut rig, "192.0.2.10", Some(TOKEN)), (200, None));
    assert_eq!(ended(&rig), [EndCause::Displaced]);
    assert_eq!(authorised(&rig), 1);
}

#[test]
fn a_stranger_can_neither_see_nor_end_what_others_registered() {
    let mut rig = Rig::new(with_token());
    let mut own = client_config(0);
    own.access_token = Some(Secret::new(TOKEN));
    rig.add(own);
    rig.register(0);
    rig.forget();
    let stranger = "203.0.113.9:5060";
    let query = rig.ask(stranger, PF, &register(0).text());
    assert_eq!((query.status.0, query.headers.all(&HeaderName::Contact).count()), (200, 0));
    let star = register(0).header("Contact: *").header("Expires: 0");
    assert_eq!(rig.ask(stranger, PF, &star.text()).status.0, 200);
    let steal = register(0).header("Contact: <sip:alice-ue@192.0.2.10:5060>;expires=0");
    assert_eq!(outcome(&rig.ask(stranger, PF, &steal.text())), (403, None));
    assert_eq!(ended(&rig), []);
}

#[test]
fn an_unknown_identity_and_a_request_out_of_order_are_refused() {
    let mut rig = Rig::new(config());
    let unknown = register(0).header(&contact("203.0.113.9", "")).text().replace("alice-ue", "nobody");
    assert_eq!(outcome(&rig.ask("203.0.113.9:5060", PF, &unknown)), (404, Some(141)));
    let text = register(0).header(&contact("203.0.113.9", "")).text();
    assert_eq!(rig.ask_in("203.0.113.9:5060", PF, &text, "one-call-id").status.0, 200);
    // A request of the same Call-ID with a lower sequence number.
    let old = text.replace('\n', "\r\n");
    let (start, fields) = old.split_once("\r\n").unwrap();
    let old = format!(
        "{start}\r\nVia: SIP/2.0/UDP 203.0.113.9:5060;branch=z9hG4bKold\r\nCall-ID: one-call-id\r\nCSeq: 1 REGISTER\r\n\
         Max-Forwards: 70\r\n{fields}\r\nContent-Length: 0\r\n\r\n"
    );
    rig.inject("203.0.113.9:5060", PF, old.as_bytes());
    let refused = rig.events.iter().any(|event| {
        matches!(event, Event::Refused { refusal: Refusal::RegistrationOutOfOrder, status: 500, .. })
    });
    assert!(refused);
}

#[test]
fn the_client_refreshes_its_registration_at_half_time() {
    let mut rig = Rig::with_members(1);
    rig.seconds(1799);
    assert_eq!(rig.trace(), Vec::<String>::new());
    rig.seconds(1);
    assert_eq!(rig.trace()[..2], ["alice>pf REGISTER", "pf>alice 200 REGISTER"]);
    rig.seconds(86_400);
    assert_eq!(ended(&rig), []);
}

//= 24.379-7.3.2:dereg test
#[test]
fn the_end_of_the_registration_ends_service_affiliation_and_calls() {
    let mut rig = Rig::with_members(3);
    rig.call(0);
    rig.forget();
    rig.command(1, ClientCommand::Deregister);
    assert_eq!(ended(&rig), [EndCause::Removed]);
    assert_eq!(rig.events_of(1).first(), Some(&ClientEvent::Deregistered));
    assert!(rig.trace().contains(&"cf>pf BYE".to_owned()) && rig.trace().contains(&"pf>bob BYE".to_owned()));
    let left = rig.events.iter().find_map(|event| match event {
        Event::ParticipantLeft { cause, .. } => Some(*cause),
        _ => None,
    });
    assert_eq!(left, Some(LeaveCause::Deaffiliated));
    // Over the core, which is believed, the identity has no binding any more.
    let answer = rig.ask(CORE, PF, &core_invite(1, &group_call(GROUP, "")).text());
    assert_eq!(outcome(&answer), (404, Some(141)));
}

#[test]
fn a_registration_that_is_not_refreshed_expires_with_everything_behind_it() {
    let mut rig = Rig::with_members(3);
    rig.call(0);
    rig.dead.push(address(1));
    rig.forget();
    rig.seconds(3600);
    assert_eq!(ended(&rig), [EndCause::Expired]);
    assert!(
        rig.events.iter().any(|event| matches!(event, Event::ServiceEnded { cause: EndCause::Expired, .. }))
    );
    rig.dead.clear();
    rig.forget();
    rig.call(2);
    assert!(!rig.trace().contains(&"pf>bob INVITE".to_owned()));
}

//= 24.379-7.1:logoff test
#[test]
fn a_registration_without_the_tags_logs_off_from_the_service_only() {
    let mut rig = Rig::with_members(1);
    let own = format!("{}:5060", address(0).ip());
    let plain = register(0).header(&format!("Contact: <sip:alice-ue@{own}>;expires=600"));
    let answer = rig.ask(&own, PF, &plain.text());
    assert_eq!(values(&answer.headers, &HeaderName::Contact), ["<sip:alice-ue@192.0.2.10:5060>;expires=600"]);
    assert_eq!(ended(&rig), []);
    assert!(
        rig.events
            .iter()
            .any(|event| matches!(event, Event::ServiceEnded { cause: EndCause::LoggedOff, .. }))
    );
    rig.call(0);
    assert_eq!(rig.failure(0), (404, Some(141)));
}

#[test]
fn all_bindings_together_are_bounded() {
    let mut config = config();
    config.limits.bindings = 2;
    let mut rig = Rig::new(config);
    for (at, expected) in [(0, 200), (1, 200), (2, 503)] {
        let text = register(at).header(&contact("203.0.113.9", "")).text();
        assert_eq!(rig.ask("203.0.113.9:5060", PF, &text).status.0, expected);
    }
}

//= 24.379-7.3.2 test
#[test]
fn a_client_behind_the_core_is_called_over_the_core() {
    let mut rig = Rig::new(config());
    let inner = register(3).header(&contact("10.1.1.5", "")).info(&authorisation(3, None)).text();
    let inner = inner.replacen(
        "Content-Type: multipart",
        "Call-ID: inner\nCSeq: 1 REGISTER\nContent-Type: multipart",
        1,
    );
    let outer = Raw::new("REGISTER", PF_IDENTITY, "sip:scscf.ims.example.org")
        .without("To:")
        .header(&format!("To: <{}>", impu(3)))
        .header("Contact: <sip:scscf.ims.example.org:5054>")
        .header("Content-Type: message/sip")
        .text();
    assert_eq!(rig.ask(CORE, PF, &format!("{outer}\n\n{inner}")).status.0, 200);
    let settings = format!(
        "<poc-settings xmlns=\"urn:oma:params:xml:ns:poc:poc-settings\"><entity id=\"{}\">\
         <am-settings><answer-mode>automatic</answer-mode></am-settings></entity></poc-settings>",
        client_id(3)
    );
    let publish = Raw::new("PUBLISH", PF_IDENTITY, &impu(3))
        .header(&format!("P-Asserted-Identity: <{}>", impu(3)))
        .header("Event: poc-settings")
        .header("Expires: 4294967295")
        .info(&authorisation(3, None))
        .part("application/poc-settings+xml", &settings);
    assert_eq!(rig.ask(CORE, PF, &publish.text()).status.0, 200);
    let called = format!(
        "<session-type>prearranged</session-type><mcptt-request-uri><mcpttURI>{}</mcpttURI></mcptt-request-uri>",
        mcptt_id(3)
    );
    let invite = core_invite(0, &called).text().replace(&format!(";{TAG}\n"), &format!(";{TAG};isfocus\n"));
    rig.start(CORE, PF, &invite);
    let onward = rig.request("pf", "core", "INVITE");
    assert_eq!(onward.uri, impu(3).as_str());
    assert_eq!(values(&onward.headers, &HeaderName::AnswerMode), ["Auto"]);
}
