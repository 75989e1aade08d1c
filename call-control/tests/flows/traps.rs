//! What has bitten real servers, each with its number in our list of traps.

use call_control::client::{ClientCommand, GroupCall, Urgency};
use call_control::event::Tier;
use call_control::{Event, MediaCommand};
use mcptt_codec::sip::{HeaderName, SipMessage};
use mcptt_codec::xml::mcptt_info::Content;
use mcptt_codec::xml::poc_settings::AnswerMode;

use crate::rig::*;

/// An element that is absent says nothing: it is not `false`.
#[test]
fn trap_01_a_refresh_without_indicators_cancels_no_emergency() {
    let mut config = config();
    (config.users[0].emergency_group_call, config.groups[0].members[0].emergency_call) = (true, true);
    let mut rig = Rig::ready(config, 3);
    let urgent = GroupCall { urgency: Urgency::Emergency { alert: false }, ..GroupCall::new(GROUP) };
    rig.call_with(0, urgent);
    rig.forget();
    // Every participant refreshes its session.
    rig.seconds(2_000);
    assert!(rig.trace().contains(&"alice>pf UPDATE".to_owned()));
    let ended = rig.events.iter().any(|event| matches!(event, Event::CallReleased { .. }));
    let told = rig.media.iter().any(|command| !matches!(command, MediaCommand::LegConnected { .. }));
    assert!(!ended && !told, "{:?}", rig.media);
    // Who comes later is told that it is an emergency.
    let fourth = rig.add(client_config(3));
    rig.register(fourth);
    rig.affiliate(fourth);
    rig.forget();
    rig.call(fourth);
    let answer = rig.response("cf", "pf", "200 INVITE");
    let info = info_of(&SipMessage::Response(answer));
    assert_eq!(info.emergency_ind, Some(Content::Normal(true)));
    assert!(!rig.events.iter().any(|event| matches!(event, Event::CallStarted { tier: Tier::Normal, .. })));
}

/// The INVITE of the controlling function leaves the refresher open, and the 200 requires the timer.
#[test]
fn trap_02_the_refresher_is_chosen_by_the_answer_and_the_timer_is_required() {
    let mut rig = Rig::with_members(2);
    rig.call(0);
    for (from, to) in [("cf", "pf"), ("pf", "bob")] {
        let invite = rig.request(from, to, "INVITE");
        assert_eq!(values(&invite.headers, &HeaderName::SessionExpires), ["1800"], "{from}>{to}");
    }
    for (from, to) in [("bob", "pf"), ("pf", "cf"), ("cf", "pf"), ("pf", "alice")] {
        let answer = rig.response(from, to, "200 INVITE");
        let interval = values(&answer.headers, &HeaderName::SessionExpires);
        assert!(interval.len() == 1 && interval[0].contains(";refresher="), "{from}>{to} {interval:?}");
        assert!(answer.headers.lists(&HeaderName::Require, "timer"), "{from}>{to}");
    }
    let answer = rig.response("cf", "pf", "200 INVITE");
    assert_eq!(values(&answer.headers, &HeaderName::SessionExpires), ["1800;refresher=uac"]);
}

/// `i=` stands directly behind `m=`, and is found wherever a peer has put it.
#[test]
fn trap_10_the_title_of_the_media_stands_behind_its_line() {
    let mut rig = Rig::with_members(2);
    let late = core_invite(0, &group_call(GROUP, ""))
        .text()
        .replace("i=speech\na=rtpmap:97 AMR-WB/16000/1\n", "a=rtpmap:97 AMR-WB/16000/1\ni=speech\n");
    assert_eq!(rig.ask(CORE, PF, &late).status.0, 200);
    let invite = rig.request("pf", "bob", "INVITE");
    let answer = rig.response("pf", "core", "200 INVITE");
    for description in
        [description_of(&SipMessage::Request(invite)), description_of(&SipMessage::Response(answer))]
    {
        let text = description.encode();
        let lines: Vec<&str> = text.lines().collect();
        let audio = lines.iter().position(|line| line.starts_with("m=audio")).expect("an audio stream");
        assert_eq!(lines[audio + 1], "i=speech", "{text}");
    }
}

/// A PUBLISH that only changes the settings is tagged like every other.
#[test]
fn trap_12_a_change_of_settings_gives_a_new_tag_and_a_stale_one_is_refused() {
    let mut rig = Rig::with_members(1);
    rig.command(0, ClientCommand::SetAnswerMode(AnswerMode::Manual));
    let first = rig.response("pf", "alice", "200 PUBLISH");
    let tag = first.headers.get(&HeaderName::SipEtag).expect("a tag").clone();
    rig.command(0, ClientCommand::SetAnswerMode(AnswerMode::Automatic));
    let publish = rig.request("alice", "pf", "PUBLISH");
    assert_eq!(values(&publish.headers, &HeaderName::SipIfMatch), [tag.as_str()]);
    let second = rig.response("pf", "alice", "200 PUBLISH");
    assert_ne!(second.headers.get(&HeaderName::SipEtag).expect("a tag"), &tag);
    let stale = Raw::new("PUBLISH", PF_IDENTITY, &impu(0))
        .header("Event: poc-settings")
        .header("Expires: 4294967295")
        .header(&format!("SIP-If-Match: {tag}"))
        .info(&format!(
            "<mcptt-request-uri><mcpttURI>{}</mcpttURI></mcptt-request-uri>\
             <mcptt-client-id><mcpttString>{}</mcpttString></mcptt-client-id>",
            mcptt_id(0),
            client_id(0)
        ))
        .part(
            "application/poc-settings+xml",
            &format!(
                "<poc-settings xmlns=\"urn:oma:params:xml:ns:poc:poc-settings\"><entity id=\"{}\">\
                 <am-settings><answer-mode>manual</answer-mode></am-settings></entity></poc-settings>",
                client_id(0)
            ),
        );
    assert_eq!(rig.ask(&address(0).to_string(), PF, &stale.text()).status.0, 412);
}

/// A fetch gets its NOTIFY, too.
#[test]
fn trap_15_a_subscription_for_no_time_is_notified() {
    let mut rig = Rig::with_members(1);
    for package in ["presence", "poc-settings"] {
        let fetch = Raw::new("SUBSCRIBE", PF_IDENTITY, &impu(0))
            .header(&format!("P-Asserted-Identity: <{}>", impu(0)))
            .header(&format!("Contact: <sip:watcher@{CORE}>"))
            .header(&format!("Event: {package}"))
            .header("Expires: 0")
            .info(&format!("<mcptt-request-uri><mcpttURI>{}</mcpttURI></mcptt-request-uri>", mcptt_id(0)));
        rig.forget();
        assert_eq!(rig.ask(CORE, PF, &fetch.text()).status.0, 200);
        let notify = rig.request("pf", "core", "NOTIFY");
        let state = values(&notify.headers, &HeaderName::SubscriptionState);
        assert_eq!(state, ["terminated;reason=timeout"], "{package}");
        assert!(!notify.body.is_empty(), "{package}");
    }
}

/// Two Accept-Contact fields are sent, and one that joins both is understood.
#[test]
fn trap_16_accept_contact_is_sent_as_two_fields() {
    let mut rig = Rig::with_members(2);
    rig.call(0);
    for (from, to) in [("alice", "pf"), ("cf", "pf"), ("pf", "bob")] {
        let invite = rig.request(from, to, "INVITE");
        let fields = values(&invite.headers, &HeaderName::AcceptContact);
        assert_eq!(fields.len(), 2, "{from}>{to} {fields:?}");
        assert!(fields.iter().all(|field| field.starts_with("*;") && !field.contains(',')), "{fields:?}");
    }
    let mut rig = Rig::with_members(2);
    let two = controlling_invite(0, &group_call(GROUP, "")).text();
    let joined = two.replace(
        "Accept-Contact: *;+g.3gpp.mcptt;require;explicit\nAccept-Contact: *;+g.3gpp.icsi-ref",
        "Accept-Contact: *;+g.3gpp.mcptt;+g.3gpp.icsi-ref",
    );
    assert_ne!(two, joined);
    assert_eq!(rig.ask(CORE, CF, &joined).status.0, 200);
}

/// A request without the service identifier is refused, unless a laboratory says otherwise.
#[test]
fn trap_23_missing_service_tags_are_refused_unless_the_operator_is_lenient() {
    let text = controlling_invite(0, &group_call(GROUP, "")).without("Accept-Contact").text();
    for (required, status) in [(true, 403), (false, 200)] {
        let mut config = config();
        config.policy.require_service_tags = required;
        let mut rig = Rig::ready(config, 2);
        assert_eq!(rig.ask(CORE, CF, &text).status.0, status);
    }
}
