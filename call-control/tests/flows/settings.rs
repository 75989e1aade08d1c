//! Service authorisation and settings by PUBLISH.

use call_control::Event;
use call_control::client::{ClientCommand, ClientEvent, ClientRequest};
use call_control::config::{Config, Secret};
use call_control::event::{AffiliationState, EndCause, Function};
use mcptt_codec::sip::{HeaderName, SipMessage};
use mcptt_codec::xml::poc_settings::AnswerMode;

use crate::rig::*;

const TOKEN: &str = "eyJhbGciOiJub25lIn0.token";

fn with_token() -> Config {
    let mut config = config();
    config.users[0].access_token = Some(Secret::new(TOKEN));
    config
}

fn publish(at: usize, expires: &str, params: &str) -> Raw {
    let settings = format!(
        "<poc-settings xmlns=\"urn:oma:params:xml:ns:poc:poc-settings\"><entity id=\"{}\">\
         <am-settings><answer-mode>manual</answer-mode></am-settings></entity></poc-settings>",
        client_id(at)
    );
    Raw::new("PUBLISH", PF_IDENTITY, &impu(at))
        .header("Event: poc-settings")
        .header(&format!("Expires: {expires}"))
        .info(params)
        .part("application/poc-settings+xml", &settings)
}

fn named(at: usize) -> String {
    format!(
        "<mcptt-request-uri><mcpttURI>{}</mcpttURI></mcptt-request-uri>\
         <mcptt-client-id><mcpttString>{}</mcpttString></mcptt-client-id>",
        mcptt_id(at),
        client_id(at)
    )
}

fn token(at: usize, token: &str) -> String {
    format!(
        "<mcptt-access-token><mcpttString>{token}</mcpttString></mcptt-access-token>\
         <mcptt-client-id><mcpttString>{}</mcpttString></mcptt-client-id>",
        client_id(at)
    )
}

//= 24.379-7.2.2 test
//= 24.379-7.3.3:ok test
#[test]
fn settings_with_the_token_authorise_and_are_tagged() {
    let mut rig = Rig::new(with_token());
    let mut own = client_config(0);
    own.access_token = Some(Secret::new(TOKEN));
    rig.add(own);
    rig.command(0, ClientCommand::Register);
    rig.command(0, ClientCommand::PublishSettings);
    let request = rig.request("alice", "pf", "PUBLISH");
    assert_eq!(values(&request.headers, &HeaderName::Event), ["poc-settings"]);
    assert_eq!(values(&request.headers, &HeaderName::Expires), ["4294967295"]);
    assert_eq!(
        values(&request.headers, &HeaderName::PPreferredService),
        ["urn:urn-7:3gpp-service.ims.icsi.mcptt"]
    );
    let info = info_of(&SipMessage::Request(request));
    assert!(info.access_token.is_some() && info.client_id.is_some() && info.request_uri.is_none());
    let answer = rig.response("pf", "alice", "200 PUBLISH");
    assert_eq!(values(&answer.headers, &HeaderName::Expires), ["4294967295"]);
    assert_eq!(answer.headers.get(&HeaderName::SipEtag).unwrap().len(), 32);
    assert_eq!(rig.events_of(0).last(), Some(&ClientEvent::SettingsPublished));
}

//= 24.379-7.2.3 test
//= RFC3903-412 test
#[test]
fn settings_without_token_name_the_user_and_need_the_right_tag() {
    let mut rig = Rig::with_members(1);
    rig.command(0, ClientCommand::SetAnswerMode(AnswerMode::Manual));
    let request = rig.request("alice", "pf", "PUBLISH");
    let tag = request.headers.get(&HeaderName::SipIfMatch).unwrap().clone();
    let info = info_of(&SipMessage::Request(request));
    assert!(info.access_token.is_none() && info.request_uri.is_some());
    let answer = rig.response("pf", "alice", "200 PUBLISH");
    assert_ne!(answer.headers.get(&HeaderName::SipEtag), Some(&tag));
    assert!(
        rig.events.iter().any(|event| matches!(event, Event::SettingsPublished { automatic: false, .. }))
    );
    let stale = publish(0, "4294967295", &named(0)).header(&format!("SIP-If-Match: {tag}"));
    assert_eq!(outcome(&rig.ask(&address(0).to_string(), PF, &stale.text())), (412, None));
}

//= 24.379-7.3.3:101 test
#[test]
fn a_wrong_token_gets_101() {
    let mut rig = Rig::new(with_token());
    rig.add(client_config(0));
    rig.command(0, ClientCommand::Register);
    let text = publish(0, "4294967295", &token(0, "wrong")).text();
    let answer = rig.ask(&address(0).to_string(), PF, &text);
    assert_eq!(outcome(&answer), (403, Some(101)));
    assert_eq!(
        values(&answer.headers, &HeaderName::Warning),
        ["399 pf.mc.example.org \"101 service authorisation failed\""]
    );
    let right = publish(0, "4294967295", &token(0, TOKEN)).text();
    assert_eq!(rig.ask(&address(0).to_string(), PF, &right).status.0, 200);
}

//= 24.379-7.3.4 test
#[test]
fn settings_without_binding_get_141() {
    let mut rig = Rig::new(with_token());
    rig.add(client_config(0));
    rig.command(0, ClientCommand::Register);
    rig.command(0, ClientCommand::PublishSettings);
    let failed =
        ClientEvent::RequestFailed { what: ClientRequest::Settings, status: 404, warning: Some(141) };
    assert_eq!(rig.events_of(0).last(), Some(&failed));
    // Nobody is registered as Erin; over the core she is believed, and known to nobody.
    let core = publish(4, "4294967295", &named(4)).header(&format!("P-Asserted-Identity: <{}>", impu(4)));
    assert_eq!(outcome(&rig.ask(CORE, PF, &core.text())), (404, Some(141)));
    // The settings of somebody else.
    let mut rig = Rig::with_members(2);
    let foreign = publish(0, "4294967295", &named(1)).text();
    assert_eq!(outcome(&rig.ask(&address(0).to_string(), PF, &foreign)), (404, Some(141)));
}

//= 24.379-7.3.5 test
#[test]
fn logging_off_ends_the_service_and_its_affiliations() {
    let mut rig = Rig::with_members(2);
    rig.command(0, ClientCommand::LogOff);
    assert!(
        rig.events
            .iter()
            .any(|event| matches!(event, Event::ServiceEnded { cause: EndCause::LoggedOff, .. }))
    );
    let gone = rig.events.iter().any(|event| {
        matches!(
            event,
            Event::AffiliationChanged {
                function: Function::Controlling,
                to: AffiliationState::NotAffiliated,
                ..
            }
        )
    });
    assert!(gone);
    rig.call(0);
    assert_eq!(rig.failure(0), (404, Some(141)));
    rig.forget();
    rig.call(1);
    assert!(!rig.trace().contains(&"pf>alice INVITE".to_owned()));
}

//= 24.379-7.3.3:client test
#[test]
fn each_client_of_a_user_is_called_the_way_it_wants() {
    let mut rig = Rig::with_members(2);
    let mut second = client_config(1);
    second.address = "192.0.2.30:5060".parse().unwrap();
    second.client_id = "urn:uuid:00000000-0000-4000-8000-0000000000b1".into();
    second.answer_mode = AnswerMode::Manual;
    let second = rig.add(second);
    rig.register(second);
    rig.affiliate(second);
    rig.forget();
    rig.call(0);
    let modes: Vec<&str> = ["bob", "192.0.2.30:5060"]
        .map(|to| rig.request("pf", to, "INVITE"))
        .iter()
        .map(
            |invite| {
                if values(&invite.headers, &HeaderName::AnswerMode) == ["Auto"] { "Auto" } else { "Manual" }
            },
        )
        .collect();
    assert_eq!(modes, ["Auto", "Manual"]);
}

//= 24.379-7.3.6:event test
//= RFC6665-489 test
#[test]
fn an_unknown_event_package_gets_489_with_those_that_are_known() {
    let mut rig = Rig::with_members(1);
    for (method, event) in [("PUBLISH", "dialog"), ("SUBSCRIBE", "dialog")] {
        let text = Raw::new(method, PF_IDENTITY, &impu(0))
            .header(&format!("Event: {event}"))
            .header("Contact: <sip:ue@192.0.2.10:5060>")
            .header("Expires: 3600")
            .text();
        let answer = rig.ask(&address(0).to_string(), PF, &text);
        assert_eq!(outcome(&answer), (489, None), "{method} {event}");
        assert_eq!(
            values(&answer.headers, &HeaderName::AllowEvents),
            ["conference, poc-settings, presence, reg, xcap-diff"]
        );
    }
    let text = Raw::new("PUBLISH", CF_IDENTITY, PF_IDENTITY).header("Event: dialog").text();
    let answer = rig.ask(CORE, CF, &text);
    assert_eq!(
        (outcome(&answer), values(&answer.headers, &HeaderName::AllowEvents)),
        ((489, None), vec!["conference, presence"])
    );
}

#[test]
fn settings_with_a_lifetime_are_forgotten_when_it_is_over() {
    let mut rig = Rig::with_members(2);
    let text = publish(1, "120", &named(1)).text();
    assert_eq!(rig.ask(&address(1).to_string(), PF, &text).status.0, 200);
    rig.seconds(121);
    rig.call(0);
    assert_eq!(outcome(&rig.response("pf", "cf", "480 INVITE")), (480, Some(146)));
}

//= 24.379-6.5:400 test
#[test]
fn settings_without_their_body_are_refused() {
    let mut rig = Rig::with_members(1);
    let bare = Raw::new("PUBLISH", PF_IDENTITY, &impu(0))
        .header("Event: poc-settings")
        .header("Expires: 4294967295");
    assert_eq!(outcome(&rig.ask(&address(0).to_string(), PF, &bare.text())), (400, None));
    let no_settings = bare.info(&named(0));
    assert_eq!(outcome(&rig.ask(&address(0).to_string(), PF, &no_settings.text())), (400, None));
}

#[test]
fn a_stranger_can_not_publish_for_a_user() {
    let mut rig = Rig::with_members(1);
    let text = publish(0, "0", &named(0)).text();
    assert_eq!(outcome(&rig.ask("203.0.113.9:5060", PF, &text)), (403, None));
    rig.call(0);
    assert!(!rig.established(0).incoming);
}
