//! Ad hoc group calls and alerts: who may make them, who is called, how they change and how they end.

use std::time::Duration;

use call_control::client::{
    AdhocAlert, AdhocCall, AdhocParticipants, CallId, CallPriority, ClientCommand, ClientEvent,
    PriorityChange, Urgency,
};
use call_control::config::{AdhocCriterion, AdhocRules, Config};
use call_control::event::Tier;
use call_control::{AdhocRefusal, Event, MediaCommand, MediaIndication, ReleaseCause};
use mcptt_codec::id::{GroupId, McpttId};
use mcptt_codec::sip::{HeaderName, SipMessage};
use mcptt_codec::xml::mcptt_info::{McpttInfo, SessionType, extension_name};

use crate::private::released;
use crate::rig::*;

/// Everybody may make and take part in ad hoc group calls.
fn adhoc_config() -> Config {
    let mut config = config();
    config.adhoc.supported = true;
    config.adhoc.max_participants = 4;
    for user in &mut config.users {
        user.adhoc = AdhocRules::open();
    }
    config
}

/// Clients that are registered and affiliated to nothing.
fn ready(config: Config, count: usize) -> Rig {
    let mut rig = Rig::new(config);
    for at in 0..count {
        rig.add(client_config(at));
        rig.register(at);
    }
    rig.forget();
    rig
}

fn users(list: &[usize]) -> Vec<McpttId> {
    list.iter().map(|at| McpttId::from(mcptt_id(*at).as_str())).collect()
}

fn call_of(list: &[usize]) -> AdhocCall {
    AdhocCall::new(users(list))
}

fn call(rig: &mut Rig, at: usize, call: AdhocCall) -> Option<CallId> {
    rig.command(at, ClientCommand::CallAdhoc(call));
    rig.client_events.iter().rev().find_map(|(client, event)| match event {
        ClientEvent::CallStarted { call, .. } if *client == at => Some(*call),
        _ => None,
    })
}

/// The identity of the group that was made for a call.
fn group(rig: &Rig, at: usize) -> GroupId {
    rig.established(at).group.expect("the server says which group it has made")
}

fn flag(info: &McpttInfo, name: &str) -> Option<bool> {
    info.root_any_ext.flag(name)
}

/// The call of a client that somebody else has made.
fn received(rig: &Rig, at: usize) -> CallId {
    rig.established(at).call
}

//= 24.379-17.2.2.1.1 test
//= 24.379-17.4.2.1.1 test
//= 24.379-17.4.2.2:10 test
//= 24.379-17.4.2.2:16 test
#[test]
fn named_users_are_called_as_a_group_that_exists_for_the_call() {
    let mut rig = ready(adhoc_config(), 4);
    call(&mut rig, 0, call_of(&[1, 2]));
    let asked = info_of(&SipMessage::Request(rig.request("alice", "pf", "INVITE")));
    assert_eq!(asked.session_type, Some(SessionType::Adhoc));
    assert!(asked.request_uri.is_none());
    // Nobody is affiliated to anything, and nobody is refused for it.
    for at in [1, 2] {
        let own = rig.established(at);
        assert!(own.incoming && own.caller == Some(mcptt_id(0).as_str().into()));
        let invite = info_of(&SipMessage::Request(rig.request("pf", NAMES[at], "INVITE")));
        assert_eq!(invite.session_type, Some(SessionType::Adhoc));
        assert_eq!(group(&rig, at), group(&rig, 0));
    }
    assert!(rig.events_of(3).is_empty());
    let group = group(&rig, 0);
    assert!(group.as_str().starts_with("sip:adhoc-"), "{group}");
    // The answer follows the first participant, not the fan-out.
    let trace = rig.trace();
    let at = |line: &str| trace.iter().position(|seen| seen == line).expect(line);
    assert!(at("pf>bob INVITE") < at("cf>pf 200 INVITE"));
}

//= 24.379-17.2.2.1.1:9 test
#[test]
fn in_a_broadcast_only_the_initiator_may_talk_and_the_floor_hangs_by_its_own_time() {
    let mut config = adhoc_config();
    config.adhoc.hang_time = Some(Duration::from_secs(30));
    config.adhoc.broadcast_hang_time = Some(Duration::from_secs(7));
    for (broadcast, expected) in [(false, 30), (true, 7)] {
        let mut rig = ready(config.clone(), 2);
        call(&mut rig, 0, AdhocCall { broadcast, ..call_of(&[1]) });
        let settings = rig.media.iter().find_map(|command| match command {
            MediaCommand::CallInitiated { settings, .. } => Some(settings.clone()),
            _ => None,
        });
        let settings = settings.unwrap();
        assert_eq!(settings.broadcast_initiator.is_some(), broadcast);
        assert_eq!(settings.hang_timer, Some(Duration::from_secs(expected)));
        assert_eq!(rig.established(1).broadcast, broadcast);
    }
}

//= 24.379-17.3.2.1.1:184 test
//= 24.379-17.3.2.1.1:185 test
//= 24.379-17.4.2.2:4 test
//= 24.379-17.4.2.2:5 test
//= 24.379-17.4.2.2:6 test
//= 24.379-17.4.2.2:7 test
#[test]
fn each_condition_has_its_refusal() {
    type Change = fn(&mut Config);
    let table: [(Change, AdhocCall, u16); 5] = [
        (|config| config.adhoc.relayed = false, call_of(&[1]), 184),
        (|config| config.users[0].adhoc.call = false, call_of(&[1]), 185),
        (|config| config.adhoc.supported = false, call_of(&[1]), 186),
        (|config| config.adhoc.max_participants = 2, call_of(&[1, 2, 3]), 189),
        // The caller alone is nobody.
        (|_| (), call_of(&[0]), 187),
    ];
    for (change, wanted, warning) in table {
        let mut config = adhoc_config();
        change(&mut config);
        let mut rig = ready(config, 4);
        call(&mut rig, 0, wanted);
        assert_eq!(rig.failure(0), (403, Some(warning)));
        assert!(rig.events_of(1).is_empty());
        assert!(!rig.media.iter().any(|one| matches!(one, MediaCommand::CallInitiated { .. })));
    }
    // Over another participating function the controlling one checks by itself.
    let mut config = adhoc_config();
    config.users[0].adhoc.call = false;
    let mut rig = ready(config, 2);
    let answer = rig.ask(CORE, CF, &controlling_invite(0, "<session-type>adhoc</session-type>").text());
    assert_eq!((answer.status.0, warning(&answer)), (403, Some(185)));
}

fn warning(answer: &mcptt_codec::sip::Response) -> Option<u16> {
    mcptt_codec::sip::McpttWarning::all(&answer.headers).map(|warning| warning.code).next()
}

//= 24.379-17.3.2.1.1:3 test
//= 24.379-17.3.2.1.1:6 test
#[test]
fn the_participating_function_knows_its_users_and_counts_their_calls() {
    let mut rig = ready(adhoc_config(), 1);
    let unbound = core_invite(1, "<session-type>adhoc</session-type>").text();
    let answer = rig.ask(CORE, PF, &unbound);
    assert_eq!((answer.status.0, warning(&answer)), (404, Some(141)));

    let mut config = adhoc_config();
    config.users[0].max_simultaneous_group_calls = Some(1);
    let mut rig = ready(config, 3);
    call(&mut rig, 0, call_of(&[1]));
    call(&mut rig, 0, call_of(&[2]));
    assert_eq!(rig.failure(0), (486, Some(103)));
}

//= 24.379-17.3.2.1.2:2 test
//= 24.379-17.3.2.1.2:3 test
//= 24.379-17.3.2.1.2:6 test
#[test]
fn the_called_side_has_its_conditions_too() {
    let failed = |rig: &Rig, at: usize| {
        rig.events.iter().find_map(|event| match event {
            Event::InvitationFailed { mcptt_id: who, status, warning, .. }
                if who.as_str() == mcptt_id(at) =>
            {
                Some((*status, *warning))
            }
            _ => None,
        })
    };
    let mut config = adhoc_config();
    config.users[2].adhoc.participation = false;
    let mut rig = ready(config, 3);
    rig.add(client_config(3));
    rig.command(3, ClientCommand::Register);
    call(&mut rig, 0, call_of(&[1, 2, 3]));
    assert_eq!(failed(&rig, 2), Some((403, Some(188))));
    // Registered, but its settings are not known.
    assert_eq!(failed(&rig, 3), Some((480, Some(146))));
    assert!(rig.established(1).incoming);

    let params = format!(
        "<session-type>adhoc</session-type><mcptt-request-uri><mcpttURI>{}</mcpttURI></mcptt-request-uri>",
        mcptt_id(1)
    );
    let raw = core_invite(1, &params);
    let uri = "sip:pf-terminating@pf.mc.example.org";
    let plain = raw.text().replacen(PF_IDENTITY, uri, 1);
    let answer = rig.ask(CORE, PF, &plain);
    assert_eq!((answer.status.0, warning(&answer)), (403, Some(104)));
}

fn emergency_config() -> Config {
    let mut config = adhoc_config();
    config.users[0].adhoc.emergency = true;
    config.users[0].adhoc.imminent_peril = true;
    config
}

const EMERGENCY: Urgency = Urgency::Emergency { alert: false };

//= 24.379-17.4.2.2:3A test
#[test]
fn an_emergency_has_indicators_of_its_own_and_needs_the_right() {
    let mut rig = ready(emergency_config(), 2);
    let resource_priority = Some("mcpttp.15".into());
    call(&mut rig, 0, AdhocCall { urgency: EMERGENCY, resource_priority, ..call_of(&[1]) });
    assert!(rig.established(1).emergency && rig.established(0).emergency);
    let invite = rig.request("pf", "bob", "INVITE");
    assert_eq!(values(&invite.headers, &HeaderName::ResourcePriority), ["mcpttp.15"]);
    let info = info_of(&SipMessage::Request(invite));
    assert_eq!(flag(&info, extension_name::ADHOC_EMERGENCY_IND), Some(true));
    assert!(info.emergency_ind.is_none());

    let mut rig = ready(adhoc_config(), 2);
    call(&mut rig, 0, AdhocCall { urgency: EMERGENCY, ..call_of(&[1]) });
    let refusal = info_of(&SipMessage::Response(rig.response("pf", "alice", "403 INVITE")));
    assert_eq!(flag(&refusal, extension_name::ADHOC_EMERGENCY_IND), Some(false));

    let both = "<session-type>adhoc</session-type>\
        <imminentperil-ind><mcpttBoolean>false</mcpttBoolean></imminentperil-ind>\
        <anyExt><adhoc-emergency-ind>true</adhoc-emergency-ind></anyExt>";
    let mut rig = ready(emergency_config(), 2);
    let answer = rig.ask(CORE, CF, &controlling_invite(0, both).text());
    assert_eq!((answer.status.0, warning(&answer)), (403, Some(150)));
}

#[test]
fn a_call_becomes_an_emergency_and_stops_being_one() {
    let mut rig = ready(emergency_config(), 3);
    let own = call(&mut rig, 0, call_of(&[1, 2])).unwrap();
    rig.forget();
    let wanted = |change| CallPriority {
        call: own,
        change,
        implicit_request: false,
        resource_priority: Some("mcpttp.15".into()),
    };
    rig.command(0, ClientCommand::ChangePriority(wanted(PriorityChange::Emergency { alert: false })));
    assert!(rig.events.iter().any(|event| matches!(event, Event::TierChanged { to: Tier::Emergency, .. })));
    let told = |rig: &Rig, at| {
        rig.events_of(at).into_iter().rev().find_map(|event| match event {
            ClientEvent::PriorityTold { told, .. } => told.emergency,
            _ => None,
        })
    };
    assert_eq!((told(&rig, 1), told(&rig, 2)), (Some(true), Some(true)));
    let cancel = PriorityChange::CancelEmergency { alert: false, originated_by: None };
    rig.command(0, ClientCommand::ChangePriority(wanted(cancel)));
    assert_eq!((told(&rig, 1), told(&rig, 2)), (Some(false), Some(false)));
}

//= 24.379-17.4.2.2:13 test
#[test]
fn the_call_lasts_as_long_as_it_may_but_an_emergency_longer() {
    for (urgency, expected) in [(Urgency::Normal, Some(ReleaseCause::MaximumDuration)), (EMERGENCY, None)] {
        let mut config = emergency_config();
        config.adhoc.max_duration = Some(Duration::from_secs(60));
        let mut rig = ready(config, 2);
        call(&mut rig, 0, AdhocCall { urgency, ..call_of(&[1]) });
        rig.seconds(61);
        assert_eq!(released(&rig), expected);
        assert_eq!(rig.has_ended(1), expected.is_some());
    }
}

//= 24.379-6.3.8.1:adhoc test
#[test]
fn the_call_survives_a_single_participant_until_the_floor_is_idle_for_too_long() {
    let mut rig = ready(adhoc_config(), 2);
    call(&mut rig, 0, call_of(&[1]));
    let own = received(&rig, 1);
    rig.command(1, ClientCommand::Leave { call: own });
    assert_eq!((released(&rig), rig.has_ended(0)), (None, false));
    let call = rig.events.iter().find_map(|event| match event {
        Event::CallStarted { call, .. } => Some(*call),
        _ => None,
    });
    rig.indicate(MediaIndication::Inactive { call: call.unwrap() });
    assert_eq!((released(&rig), rig.has_ended(0)), (Some(ReleaseCause::Inactivity), true));
}

//= 24.379-17.2.3.1.1 test
//= 24.379-6.3.3.2.4:3A test
#[test]
fn the_initiator_releases_the_call_for_everybody_and_nobody_else_does() {
    let mut rig = ready(adhoc_config(), 3);
    let own = call(&mut rig, 0, call_of(&[1, 2])).unwrap();
    let theirs = received(&rig, 1);
    // What a participant says about it counts as leaving.
    rig.command(1, ClientCommand::ReleaseAdhoc { call: theirs });
    assert_eq!((released(&rig), rig.has_ended(2)), (None, false));
    rig.command(0, ClientCommand::ReleaseAdhoc { call: own });
    let bye = rig.request("alice", "pf", "BYE");
    assert_eq!(values(&bye.headers, &HeaderName::Reason), ["SIP;cause=200;text=\"User requested release\""]);
    assert_eq!((released(&rig), rig.has_ended(2)), (Some(ReleaseCause::InitiatorReleased), true));
    // Who has said BYE is not told it.
    assert!(!rig.trace().contains(&"pf>alice BYE".to_owned()));
    assert!(
        !rig.trace().contains(&"cf>pf BYE".to_owned()) || rig.trace().contains(&"pf>carol BYE".to_owned())
    );
}

//= 24.379-17.4.5.1.1 test
//= 24.379-17.4.5.1.1:190 test
//= 24.379-17.4.5.1.1:4 test
#[test]
fn participants_are_added_and_removed_by_whoever_may() {
    let mut config = adhoc_config();
    config.users[0].adhoc.change = true;
    let mut rig = ready(config, 6);
    let own = call(&mut rig, 0, call_of(&[1, 2])).unwrap();
    let theirs = received(&rig, 1);
    let change = |rig: &mut Rig, at: usize, call, added: &[usize], removed: &[usize]| {
        let (added, removed) = (users(added), users(removed));
        rig.command(at, ClientCommand::ChangeParticipants(AdhocParticipants { call, added, removed }));
        rig.events_of(at).into_iter().rev().find_map(|event| match event {
            ClientEvent::PriorityAnswered { status, warning, .. } => Some((status, warning)),
            _ => None,
        })
    };
    assert_eq!(change(&mut rig, 1, theirs, &[3], &[]), Some((403, Some(190))));
    assert_eq!(change(&mut rig, 0, own, &[3, 4, 5], &[]), Some((403, Some(189))));
    assert!(rig.events_of(3).is_empty());
    assert_eq!(change(&mut rig, 0, own, &[3], &[2]), Some((200, None)));
    assert!(rig.established(3).incoming && rig.has_ended(2) && !rig.has_ended(1));
    // Who has been taken out is no participant any more: it cannot come back by itself.
    let group = Some(group(&rig, 0));
    call(&mut rig, 2, AdhocCall { group, ..call_of(&[]) });
    assert_eq!(rig.failure(2).0, 403);
}

//= 24.379-17.4.7.1.1 test
#[test]
fn a_participant_joins_the_running_call() {
    let mut rig = ready(adhoc_config(), 3);
    call(&mut rig, 0, call_of(&[1, 2]));
    let (theirs, group) = (received(&rig, 1), Some(group(&rig, 0)));
    rig.command(1, ClientCommand::Leave { call: theirs });
    rig.forget();
    call(&mut rig, 1, AdhocCall { group, ..call_of(&[]) });
    let joined = rig.established(1);
    assert_eq!(joined.warnings, [123]);
    // Nobody is called again.
    assert!(!rig.trace().contains(&"pf>carol INVITE".to_owned()));
}

#[test]
fn criteria_find_participants_and_follow_who_is_active_under_an_alias() {
    let alias = "sip:engine-1@mc.example.org";
    let mut config = adhoc_config();
    config.adhoc.criteria.push(AdhocCriterion {
        name: "engines".into(),
        users: users(&[1]),
        functional_aliases: vec![alias.into()],
        ..AdhocCriterion::default()
    });
    config.users[2].functional_aliases.push(alias.into());
    let mut rig = ready(config, 3);
    call(&mut rig, 0, AdhocCall { criteria: Some("engines".into()), ..call_of(&[]) });
    assert!(rig.established(1).incoming && rig.events_of(2).is_empty());
    let activate = |rig: &mut Rig, expires: &str| {
        let publish = crate::functional_alias::publish(2, 2, expires, &[alias]);
        assert_eq!(rig.ask(&address(2).to_string(), PF, &publish.text()).status.0, 200);
    };
    activate(&mut rig, "4294967295");
    assert!(rig.established(2).incoming);
    activate(&mut rig, "0");
    assert!(rig.has_ended(2) && !rig.has_ended(1));

    // A word that nobody knows finds nobody.
    let mut rig = ready(adhoc_config(), 2);
    call(&mut rig, 0, AdhocCall { criteria: Some("engines".into()), ..call_of(&[]) });
    assert_eq!(rig.failure(0), (403, Some(187)));
}

/// Carol is found by her affiliation to a group, whichever shard keeps that and whichever the call.
#[test]
fn criteria_find_who_is_affiliated_to_a_group_and_follow_on_every_shard() {
    for shards in [1, 3] {
        // The group of the call is drawn: with several ones it is on each shard sooner or later.
        for way in 0..shards {
            let mut config = adhoc_config();
            config.shards = shards;
            config.adhoc.criteria.push(AdhocCriterion {
                name: "engines".into(),
                users: users(&[1]),
                groups: vec![GROUP.into()],
                ..AdhocCriterion::default()
            });
            let mut rig = ready(config, 4);
            rig.entries = (0..shards).map(|entry| (entry + way) % shards).collect();
            rig.affiliate(2);
            rig.forget();
            for _ in 0..2 {
                call(&mut rig, 0, AdhocCall { criteria: Some("engines".into()), ..call_of(&[]) });
                assert!(rig.established(1).incoming && rig.established(2).incoming, "{shards} {way}");
                assert!(rig.events_of(3).is_empty());
                rig.affiliate(3);
                assert!(rig.established(3).incoming, "{shards} {way}");
                for at in [2, 3] {
                    rig.command(at, ClientCommand::Deaffiliate);
                }
                assert!(rig.has_ended(2) && rig.has_ended(3) && !rig.has_ended(1), "{shards} {way}");
                rig.affiliate(2);
                for shard in 0..shards {
                    let now = rig.now;
                    for number in 1..4 {
                        let call = mcptt_codec::id::CallRef(number);
                        rig.shard(shard).handle_command(now, call_control::Command::ReleaseCall { call });
                    }
                }
                rig.settle();
                rig.seconds(40);
                rig.forget();
            }
        }
    }
}

//= 24.379-12.1A test
#[test]
fn an_ad_hoc_alert_goes_to_those_that_are_named_changes_and_ends() {
    let mut config = adhoc_config();
    config.users[0].adhoc.alert = true;
    config.users[0].adhoc.change = true;
    config.users[0].organisation = Some("rescue".into());
    let mut rig = ready(config, 4);
    let told = |rig: &Rig, at: usize| {
        let mut all = rig.events_of(at).into_iter().rev();
        all.find_map(|event| match event {
            ClientEvent::GroupTold { told } if told.alert.is_some() => Some(told),
            _ => None,
        })
    };
    rig.command(
        0,
        ClientCommand::AlertAdhoc(AdhocAlert { participants: users(&[1]), ..AdhocAlert::default() }),
    );
    let alert = told(&rig, 1).expect("an alert");
    assert_eq!((alert.by.as_ref(), alert.alert), (Some(&mcptt_id(0).as_str().into()), Some(true)));
    assert_eq!(alert.organisation.as_deref(), Some("rescue"));
    assert!(told(&rig, 2).is_none());
    assert!(rig.events_of(0).iter().any(|event| {
        matches!(event, ClientEvent::GroupTold { told } if told.alert_received == Some(true))
    }));
    let group = alert.group.clone();
    rig.forget();
    let change = AdhocAlert {
        group: group.clone(),
        participants: users(&[2]),
        removed: users(&[1]),
        ..AdhocAlert::default()
    };
    rig.command(0, ClientCommand::AlertAdhoc(change));
    assert_eq!(told(&rig, 2).and_then(|told| told.alert), Some(true));
    assert_eq!(told(&rig, 1).and_then(|told| told.alert), Some(false));
    // A call that follows the alert reaches those who have it.
    call(&mut rig, 0, AdhocCall { group: group.clone(), follows_alert: true, ..call_of(&[]) });
    assert!(rig.established(2).incoming);
    rig.forget();
    // Whose alert it is not may not end it.
    rig.command(
        2,
        ClientCommand::AlertAdhoc(AdhocAlert { group: group.clone(), cancel: true, ..AdhocAlert::default() }),
    );
    let answered = |rig: &Rig, at| {
        rig.events_of(at).into_iter().rev().find_map(|event| match event {
            ClientEvent::AnnouncementAnswered { status, told, .. } => Some((status, told.alert)),
            _ => None,
        })
    };
    assert_eq!(answered(&rig, 2), Some((403, Some(true))));
    rig.command(0, ClientCommand::AlertAdhoc(AdhocAlert { group, cancel: true, ..AdhocAlert::default() }));
    assert_eq!(told(&rig, 2).and_then(|told| told.alert), Some(false));
}

//= 24.379-12.1A test
#[test]
fn an_ad_hoc_alert_needs_the_right_and_somebody_to_alert() {
    let answered = |rig: &Rig| {
        rig.events_of(0).into_iter().rev().find_map(|event| match event {
            ClientEvent::AnnouncementAnswered { status, warning, told, .. } => {
                Some((status, warning, told.alert))
            }
            _ => None,
        })
    };
    let mut rig = ready(adhoc_config(), 2);
    rig.command(
        0,
        ClientCommand::AlertAdhoc(AdhocAlert { participants: users(&[1]), ..AdhocAlert::default() }),
    );
    assert_eq!(answered(&rig), Some((403, None, Some(false))));
    let mut config = adhoc_config();
    config.users[0].adhoc.alert = true;
    let mut rig = ready(config, 2);
    rig.command(0, ClientCommand::AlertAdhoc(AdhocAlert::default()));
    assert_eq!(answered(&rig), Some((403, Some(187), None)));
}

#[test]
fn every_refusal_has_its_row_once() {
    for refusal in AdhocRefusal::ALL {
        let row = refusal.row();
        assert!(row.status.0 == 403 && row.requirement.is_some(), "{refusal:?}");
    }
    let all: std::collections::BTreeSet<_> = AdhocRefusal::ALL.into_iter().collect();
    assert_eq!(all.len(), AdhocRefusal::ALL.len());
}

#[test]
fn a_configuration_without_sense_is_refused() {
    type Change = fn(&mut Config);
    let table: [(Change, &str); 4] = [
        (|config| config.adhoc.max_participants = 0, "adhoc-calls.max-participants"),
        (|config| config.adhoc.max_participants = 5000, "adhoc-calls.max-participants"),
        (|config| config.adhoc.max_duration = Some(Duration::ZERO), "adhoc-calls.max-duration"),
        (|config| config.adhoc.criteria.push(AdhocCriterion::default()), "adhoc-calls.criteria.name"),
    ];
    for (change, setting) in table {
        let mut config = adhoc_config();
        change(&mut config);
        assert_eq!(config.validate().unwrap_err().setting, setting);
    }
}
