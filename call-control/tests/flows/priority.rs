//! What is in progress in a group: upgrades of running calls, their end, and what outlives a call.

use std::time::Duration;

use call_control::client::{
    CallId, CallPriority, ClientCommand, ClientEvent, GroupCall, Indicators, PriorityChange, Urgency,
};
use call_control::config::Config;
use call_control::event::Tier;
use call_control::{Event, MediaCommand};
use mcptt_codec::floor::FloorIndicator;
use mcptt_codec::sip::{HeaderName, SipMessage};

use crate::rig::*;

/// Alice and Bob may declare everything, Bob may also end it.
pub fn authorised() -> Config {
    let mut config = config();
    for at in 0..2 {
        let (user, member) = (&mut config.users[at], &mut config.groups[0].members[at]);
        (user.emergency_group_call, user.imminent_peril_call, user.emergency_alert) = (true, true, true);
        (member.emergency_call, member.imminent_peril_call, member.emergency_alert) = (true, true, true);
    }
    let dispatcher = &mut config.users[1];
    dispatcher.cancel_group_emergency = true;
    dispatcher.cancel_imminent_peril = true;
    dispatcher.cancel_emergency_alert = true;
    config.policy.release_at = None;
    config
}

const EMERGENCY: PriorityChange = PriorityChange::Emergency { alert: false };
const CANCEL: PriorityChange = PriorityChange::CancelEmergency { alert: false, originated_by: None };

fn change(rig: &mut Rig, at: usize, call: CallId, change: PriorityChange) -> (u16, Option<u16>, Indicators) {
    let wanted = CallPriority { call, change, implicit_request: false, resource_priority: None };
    rig.command(at, ClientCommand::ChangePriority(wanted));
    answered(rig, at)
}

fn answered(rig: &Rig, at: usize) -> (u16, Option<u16>, Indicators) {
    let mut events = rig.client_events.iter().rev();
    let found = events.find_map(|(client, event)| match event {
        ClientEvent::PriorityAnswered { status, warning, told, .. } if *client == at => {
            Some((*status, *warning, told.clone()))
        }
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no answer in {:#?}", rig.client_events))
}

/// What a client was told in its call: emergency, alert, imminent peril.
pub fn told(rig: &Rig, at: usize) -> Vec<(Option<bool>, Option<bool>, Option<bool>)> {
    rig.client_events
        .iter()
        .filter_map(|(client, event)| match event {
            ClientEvent::PriorityTold { told, .. } if *client == at => {
                Some((told.emergency, told.alert, told.imminent_peril))
            }
            _ => None,
        })
        .collect()
}

/// The same outside of calls.
pub fn told_of_group(rig: &Rig, at: usize) -> Vec<(Option<bool>, Option<bool>, Option<bool>)> {
    rig.client_events
        .iter()
        .filter_map(|(client, event)| match event {
            ClientEvent::GroupTold { told } if *client == at => {
                Some((told.emergency, told.alert, told.imminent_peril))
            }
            _ => None,
        })
        .collect()
}

fn tiers(rig: &Rig) -> Vec<(Tier, Tier)> {
    let moved = rig.events.iter().filter_map(|event| match event {
        Event::PriorityStateChanged { from, to, .. } => Some((*from, *to)),
        _ => None,
    });
    moved.collect()
}

/// Three in a call, the fourth affiliated and not in it.
fn three_in_a_call(config: Config) -> (Rig, CallId) {
    let mut rig = Rig::ready(config, 4);
    let call = rig.call(0);
    let absent = rig.established(3).call;
    rig.command(3, ClientCommand::Leave { call: absent });
    rig.forget();
    (rig, call)
}

//= 24.379-10.1.1.4.7:up test
//= 24.379-10.1.1.4.7:8 test
//= 24.379-6.3.3.1.6 test
//= 24.379-6.3.3.1.11 test
//= 24.379-6.3.3.1.19 test
//= 24.379-10.1.1.4.2:sdp test
#[test]
fn an_upgrade_is_told_to_everybody_each_in_its_way() {
    let mut rig = Rig::ready(authorised(), 4);
    let call = rig.call(0);
    let port = rig.established(1).remote_audio.port();
    let absent = rig.established(3).call;
    rig.command(3, ClientCommand::Leave { call: absent });
    rig.forget();
    assert_eq!(change(&mut rig, 0, call, EMERGENCY).0, 200);
    assert_eq!(tiers(&rig), [(Tier::Normal, Tier::Emergency)]);
    for at in [1, 2] {
        assert_eq!(told(&rig, at), [(Some(true), Some(false), None)]);
    }
    assert_eq!(told_of_group(&rig, 3), [(Some(true), Some(false), None)]);
    assert_eq!((told(&rig, 0), told_of_group(&rig, 0)), (vec![], vec![]));
    let invite = rig.request("pf", "bob", "INVITE");
    assert_eq!(values(&invite.headers, &HeaderName::ResourcePriority), ["mcpttp.15"]);
    // The media are those that are established.
    let description = description_of(&SipMessage::Request(invite));
    assert_eq!(description.audio().unwrap().port, port);
    let message = rig.request("cf", "pf", "MESSAGE");
    assert_eq!(values(&message.headers, &HeaderName::PAssertedIdentity), [format!("<{CF_IDENTITY}>")]);
    let info = info_of(&SipMessage::Request(message));
    assert_eq!(info.calling_user_id.unwrap().value().unwrap().as_str(), mcptt_id(0));
    assert_eq!(info.calling_group_id.unwrap().value().unwrap().as_str(), GROUP);
    let tier = rig.media.iter().find_map(|command| match command {
        MediaCommand::TierChanged { indicator, .. } => Some(*indicator),
        _ => None,
    });
    assert_eq!(tier, Some(FloorIndicator::EMERGENCY));
}

//= 24.379-6.4:upgrade test
#[test]
fn an_upgrade_may_ask_for_the_floor_too() {
    let (mut rig, call) = three_in_a_call(authorised());
    let wanted = CallPriority {
        call,
        change: EMERGENCY,
        implicit_request: true,
        resource_priority: Some("mcpttp.15".into()),
    };
    rig.command(0, ClientCommand::ChangePriority(wanted));
    assert_eq!(answered(&rig, 0).0, 200);
    let asked = rig.media.iter().filter(|command| matches!(command, MediaCommand::ImplicitRequest { .. }));
    assert_eq!(asked.count(), 1);
    let answer = description_of(&SipMessage::Response(rig.response("pf", "alice", "200 INVITE")));
    let text = answer.encode();
    assert!(text.contains("mc_implicit_request"), "{text}");
}

//= 24.379-10.1.1.4.7:cancel test
//= 24.379-6.3.3.5 test
#[test]
fn the_end_of_an_emergency_brings_the_normal_priority_and_tng3_back() {
    let mut config = authorised();
    config.groups[0].maximum_duration = Some(Duration::from_secs(60));
    let (mut rig, call) = three_in_a_call(config);
    rig.seconds(30);
    change(&mut rig, 0, call, EMERGENCY);
    rig.seconds(600);
    assert!(!rig.has_ended(1));
    rig.forget();
    assert_eq!(change(&mut rig, 0, call, CANCEL).0, 200);
    assert_eq!(tiers(&rig), [(Tier::Emergency, Tier::Normal)]);
    assert_eq!(told(&rig, 1), [(Some(false), None, None)]);
    assert_eq!(told_of_group(&rig, 3), [(Some(false), None, None)]);
    let invite = rig.request("pf", "bob", "INVITE");
    assert_eq!(values(&invite.headers, &HeaderName::ResourcePriority), ["mcpttq.0"]);
    rig.seconds(59);
    assert!(!rig.has_ended(1));
    rig.seconds(2);
    assert!(rig.has_ended(1));
}

//= 24.379-4.6:states test
//= 24.379-6.3.8.1:state test
//= 24.379-10.1.1.4.2:14b test
//= 24.379-6.3.3.1.8 test
//= 24.379-6.3.2.1.8.4 test
#[test]
fn an_emergency_outlives_its_call() {
    let mut rig = Rig::ready(authorised(), 3);
    let urgency = Urgency::Emergency { alert: false };
    let call = rig.call_with(0, GroupCall { urgency, ..GroupCall::new(GROUP) });
    // The client names no priority: its function knows it.
    let invite = rig.request("pf", "cf", "INVITE");
    assert_eq!(values(&invite.headers, &HeaderName::ResourcePriority), ["mcpttp.15"]);
    assert!(!rig.trace().contains(&"cf>pf UPDATE".to_owned()));
    rig.operator(call_control::Command::ReleaseCall { call: mcptt_codec::id::CallRef(1) });
    assert!(rig.has_ended(0) && call == CallId(1));
    rig.forget();
    rig.call(2);
    assert!(rig.established(2).emergency && rig.established(1).emergency);
    let invite = rig.request("cf", "pf", "INVITE");
    assert_eq!(values(&invite.headers, &HeaderName::ResourcePriority), ["mcpttp.15"]);
    // Carol knew nothing of the emergency: her leg is given its priority.
    let update = rig.request("pf", "carol", "UPDATE");
    assert_eq!(values(&update.headers, &HeaderName::ResourcePriority), ["mcpttp.15"]);
}

//= 24.379-6.3.3.1.16 test
//= 24.379-6.3.3.1.10 test
#[test]
fn tng2_ends_the_emergency_and_not_the_call() {
    let mut config = authorised();
    config.service.emergency_time_limit = Some(Duration::from_secs(120));
    config.groups[0].maximum_duration = Some(Duration::from_secs(60));
    let (mut rig, call) = three_in_a_call(config);
    change(&mut rig, 0, call, EMERGENCY);
    rig.seconds(119);
    rig.forget();
    rig.seconds(2);
    assert_eq!(tiers(&rig), [(Tier::Emergency, Tier::Normal)]);
    for at in [0, 1, 2] {
        assert_eq!(told(&rig, at), [(Some(false), None, None)]);
    }
    assert_eq!(told_of_group(&rig, 3), [(Some(false), None, None)]);
    assert!(!rig.has_ended(1));
    rig.seconds(60);
    assert!(rig.has_ended(1));
}

//= 24.379-10.1.1.4.7:4 test
//= 24.379-10.1.1.4.7:7 test
//= 24.379-10.1.1.4.8:conflict test
//= 24.379-6.3.3.1.13.4 test
//= 24.379-6.3.3.1.13.6 test
#[test]
fn a_refusal_says_how_things_stand() {
    let both =
        PriorityChange::CancelEmergency { alert: true, originated_by: Some(mcptt_id(0).as_str().into()) };
    let table = [
        (EMERGENCY, (Some(false), Some(false), None)),
        (PriorityChange::ImminentPeril, (None, None, Some(false))),
        (CANCEL, (Some(true), None, None)),
        (both, (Some(true), Some(true), None)),
        (PriorityChange::CancelImminentPeril, (None, None, Some(true))),
    ];
    let (mut rig, call) = three_in_a_call(authorised());
    change(&mut rig, 0, call, PriorityChange::Emergency { alert: true });
    rig.forget();
    let carols = CallId(1);
    for (wanted, expected) in table {
        let (status, warning, told) = change(&mut rig, 2, carols, wanted);
        assert_eq!((status, warning), (403, None));
        assert_eq!((told.emergency, told.alert, told.imminent_peril), expected);
    }
    assert_eq!(tiers(&rig), []);
    assert!(told(&rig, 0).is_empty() && told(&rig, 1).is_empty());
}

//= 24.379-10.1.1.4.7:5 test
#[test]
fn a_priority_is_claimed_with_its_reason_only() {
    let (mut rig, call) = three_in_a_call(authorised());
    let wanted = |change, priority: &str| CallPriority {
        call,
        change,
        implicit_request: false,
        resource_priority: Some(priority.into()),
    };
    rig.command(0, ClientCommand::ChangePriority(wanted(PriorityChange::ImminentPeril, "mcpttp.15")));
    assert_eq!(answered(&rig, 0).0, 403);
    assert_eq!(tiers(&rig), []);
    rig.command(0, ClientCommand::ChangePriority(wanted(PriorityChange::ImminentPeril, "mcpttp.14")));
    assert_eq!(answered(&rig, 0).0, 200);
}

//= 24.379-10.1.1.4.7:149 test
//= 24.379-6.3.3.1.18 test
//= 24.379-6.3.3.1.13.3 test
//= 24.379-6.2.8.1:info test
#[test]
fn what_was_not_granted_is_corrected_after_the_ack() {
    let mut config = authorised();
    config.users[0].emergency_alert = false;
    let (mut rig, call) = three_in_a_call(config);
    let (status, warning, _) = change(&mut rig, 0, call, PriorityChange::Emergency { alert: true });
    assert_eq!((status, warning), (200, Some(149)));
    assert_eq!(told(&rig, 0), [(None, Some(false), None)]);
    assert!(!rig.clients[0].alert_stands(&GROUP.into()));
    assert_eq!(told(&rig, 1), [(Some(true), Some(false), None)]);
    let trace = rig.trace();
    let at = |line: &str| trace.iter().position(|seen| seen == line).unwrap_or_else(|| panic!("{trace:#?}"));
    assert!(at("pf>cf ACK") < at("cf>pf INFO"));
    let info = rig.request("cf", "pf", "INFO");
    assert_eq!(values(&info.headers, &HeaderName::InfoPackage), ["g.3gpp.mcptt-info"]);
    assert_eq!(values(&info.headers, &HeaderName::ContentDisposition), ["Info-Package"]);

    // Alice may take her emergency back, and may not cancel an alert, not even her own.
    let mut config = authorised();
    config.users[0].cancel_emergency_alert = false;
    let (mut rig, call) = three_in_a_call(config);
    change(&mut rig, 0, call, PriorityChange::Emergency { alert: true });
    assert!(rig.clients[0].alert_stands(&GROUP.into()));
    rig.forget();
    let cancel = PriorityChange::CancelEmergency { alert: true, originated_by: None };
    let (status, warning, _) = change(&mut rig, 0, call, cancel);
    assert_eq!((status, warning), (200, Some(149)));
    assert_eq!(told(&rig, 0), [(None, Some(true), None)]);
    assert!(rig.clients[0].alert_stands(&GROUP.into()));
    assert_eq!(told(&rig, 1), [(Some(false), None, None)]);
}

//= 24.379-10.1.1.4.7:6c test
//= 24.379-10.1.1.4.7:7a test
#[test]
fn an_emergency_lasts_until_the_last_of_its_users_takes_it_back() {
    let (mut rig, call) = three_in_a_call(authorised());
    change(&mut rig, 0, call, EMERGENCY);
    rig.forget();
    let bobs = CallId(1);
    assert_eq!(change(&mut rig, 1, bobs, EMERGENCY).0, 200);
    assert_eq!(told(&rig, 0), [(Some(true), Some(false), None)]);
    assert_eq!(told_of_group(&rig, 3), [(Some(true), Some(false), None)]);
    rig.forget();
    assert_eq!(change(&mut rig, 0, call, CANCEL).0, 200);
    assert_eq!((tiers(&rig), told(&rig, 1)), (vec![], vec![]));
    assert_eq!(change(&mut rig, 1, bobs, CANCEL).0, 200);
    assert_eq!(tiers(&rig), [(Tier::Emergency, Tier::Normal)]);
    assert_eq!(told(&rig, 0), [(Some(false), None, None)]);
}

#[test]
fn a_dispatcher_ends_the_emergency_of_another_user_with_its_alert() {
    let (mut rig, call) = three_in_a_call(authorised());
    change(&mut rig, 0, call, PriorityChange::Emergency { alert: true });
    rig.forget();
    let originated_by = Some(mcptt_id(0).as_str().into());
    let cancel = PriorityChange::CancelEmergency { alert: true, originated_by };
    assert_eq!(change(&mut rig, 1, CallId(1), cancel).0, 200);
    assert_eq!(told(&rig, 0), [(Some(false), Some(false), None)]);
    let info = info_of(&SipMessage::Request(rig.request("pf", "alice", "INVITE")));
    assert_eq!(info.originated_by.unwrap().value().unwrap().as_str(), mcptt_id(0));
    assert_eq!(info.calling_user_id.unwrap().value().unwrap().as_str(), mcptt_id(1));
}

//= 24.379-10.1.1.4.8:up test
//= 24.379-10.1.1.4.8:cancel test
//= 24.379-6.3.3.1.15 test
#[test]
fn imminent_peril_comes_and_goes() {
    let (mut rig, call) = three_in_a_call(authorised());
    assert_eq!(change(&mut rig, 0, call, PriorityChange::ImminentPeril).0, 200);
    assert_eq!(told(&rig, 1), [(None, None, Some(true))]);
    let invite = rig.request("pf", "bob", "INVITE");
    assert_eq!(values(&invite.headers, &HeaderName::ResourcePriority), ["mcpttp.14"]);
    rig.forget();
    assert_eq!(change(&mut rig, 1, CallId(1), PriorityChange::CancelImminentPeril).0, 200);
    assert_eq!(told(&rig, 0), [(Some(false), None, Some(false))]);
    assert_eq!(tiers(&rig), [(Tier::ImminentPeril, Tier::Normal)]);
}

//= 24.379-10.1.1.4.8:emerg test
//= 24.379-6.3.3.1.18:imm test
#[test]
fn imminent_peril_in_an_emergency_is_raised_to_emergency() {
    let (mut rig, call) = three_in_a_call(authorised());
    change(&mut rig, 0, call, PriorityChange::ImminentPeril);
    rig.forget();
    change(&mut rig, 0, call, EMERGENCY);
    // The emergency has taken the place of the peril, and the others are told both.
    assert_eq!(told(&rig, 2), [(Some(true), Some(false), Some(false))]);
    rig.forget();
    let (status, warning, _) = change(&mut rig, 1, CallId(1), PriorityChange::ImminentPeril);
    assert_eq!((status, warning), (200, Some(149)));
    assert_eq!(told(&rig, 1), [(Some(true), None, Some(false))]);
    assert_eq!((tiers(&rig), told(&rig, 0)), (vec![], vec![]));
}

//= 24.379-10.1.1.4.2:15g test
#[test]
fn who_joins_with_imminent_peril_is_made_known() {
    let (mut rig, call) = three_in_a_call(authorised());
    change(&mut rig, 0, call, PriorityChange::ImminentPeril);
    rig.command(1, ClientCommand::Leave { call: CallId(1) });
    rig.forget();
    rig.call_with(1, GroupCall { urgency: Urgency::ImminentPeril, ..GroupCall::new(GROUP) });
    assert_eq!(rig.established(1).warnings, [123]);
    assert_eq!(told(&rig, 0), [(None, None, Some(true))]);
    assert_eq!(told_of_group(&rig, 3), [(None, None, Some(true))]);
}

#[test]
fn requests_that_cross_are_told_again() {
    let (mut rig, call) = three_in_a_call(authorised());
    // Both ask before either has heard anything: the re-INVITE for Bob meets his own in the dialog.
    let wanted =
        |call| CallPriority { call, change: EMERGENCY, implicit_request: false, resource_priority: None };
    rig.clients[0].handle_command(rig.now, ClientCommand::ChangePriority(wanted(call)));
    rig.clients[1].handle_command(rig.now, ClientCommand::ChangePriority(wanted(CallId(1))));
    rig.settle();
    rig.seconds(10);
    assert_eq!(tiers(&rig), [(Tier::Normal, Tier::Emergency)]);
    assert!(told(&rig, 2).contains(&(Some(true), Some(false), None)));
    for at in [0, 1] {
        let answered = rig
            .client_events
            .iter()
            .any(|(client, event)| *client == at && matches!(event, ClientEvent::PriorityAnswered { .. }));
        assert!(answered);
    }
    // Whoever was not granted its own request has heard of the other's.
    for at in [0, 1] {
        let (status, ..) = self::answered(&rig, at);
        assert!(status == 200 || told(&rig, at).iter().any(|told| told.0 == Some(true)), "{at}: {status}");
    }
}

//= 24.379-6.2.8.1 test
#[test]
fn a_client_asks_for_nothing_that_its_profile_does_not_allow() {
    let mut rig = Rig::new(authorised());
    let mut own = client_config(0);
    own.profile.emergency_calls = false;
    own.profile.imminent_peril_calls = false;
    rig.add(own);
    rig.register(0);
    rig.affiliate(0);
    for urgency in [Urgency::Emergency { alert: true }, Urgency::ImminentPeril] {
        let resource_priority = Some("mcpttp.15".into());
        rig.call_with(0, GroupCall { urgency, resource_priority, ..GroupCall::new(GROUP) });
        let invite = rig.request("alice", "pf", "INVITE");
        assert!(!invite.headers.contains(&HeaderName::ResourcePriority));
        let info = info_of(&SipMessage::Request(invite));
        assert_eq!((info.emergency_ind, info.alert_ind, info.imminentperil_ind), (None, None, None));
    }
}
