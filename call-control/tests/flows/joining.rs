//! Coming to a call that runs: by a call of one's own, by affiliation, by the session identity.

use call_control::client::{ClientCommand, ClientEvent, GroupCall, Urgency};
use call_control::config::{Config, Member};
use call_control::{Entry, Event, MediaCommand};
use mcptt_codec::sip::{HeaderName, SipMessage};

use crate::rig::*;

/// A call of the first two members; the others are registered and affiliated but out of reach until `back`.
fn running_without(config: Config, absent: usize) -> Rig {
    let mut rig = Rig::ready(config, 3);
    rig.command(absent, ClientCommand::Deaffiliate);
    rig.call(0);
    rig.forget();
    rig
}

//= 24.379-10.1.1.4.2:15j test
//= 24.379-10.1.1.4.2:15r test
//= 24.379-6.4:new test
//= 24.379-6.3.2.1.5.2:warn test
#[test]
fn a_second_call_to_the_group_joins_the_first_with_123_and_invites_nobody() {
    let mut rig = Rig::with_members(2);
    let call = rig.call(0);
    // Bob left and comes back by calling the group.
    let bobs = rig.established(1).call;
    rig.command(1, ClientCommand::Leave { call: bobs });
    assert!(rig.has_ended(0), "the release policy ends a call of one");
    let _ = call;

    let mut config = config();
    config.policy.release_at = None;
    let mut rig = Rig::ready(config, 2);
    rig.call(0);
    let bobs = rig.established(1).call;
    rig.command(1, ClientCommand::Leave { call: bobs });
    rig.forget();
    rig.call(1);
    let joined = rig.established(1);
    assert_eq!((joined.incoming, joined.warnings.as_slice()), (false, [123].as_slice()));
    assert!(!joined.floor_parameters.implicit_request);
    assert_eq!(
        rig.trace(),
        ["bob>pf INVITE", "pf>cf INVITE", "cf>pf 200 INVITE", "pf>cf ACK", "pf>bob 200 INVITE", "bob>pf ACK",]
    );
    assert_eq!(media_words(&rig.media), ["connected leg-3 sip:bob@mc.example.org"]);
    let MediaCommand::LegConnected { participant, .. } = &rig.media[0] else { panic!("a participant") };
    assert_eq!(participant.entry, Entry::Joining { implicit_request: false });
}

//= 24.379-10.1.1.4.2:15a test
#[test]
fn a_joiner_that_is_not_affiliated_gets_120() {
    let mut rig = running_without(config(), 2);
    rig.call(2);
    assert_eq!(rig.failure(2), (403, Some(120)));
}

//= 24.379-6.3.5.4 test
#[test]
fn a_joiner_without_the_right_gets_121() {
    let mut config = config();
    config.policy.release_at = None;
    config.groups[0].members[1].may_join = false;
    let mut rig = Rig::ready(config, 2);
    rig.call(0);
    let call = rig.established(1).call;
    rig.command(1, ClientCommand::Leave { call });
    rig.call(1);
    assert_eq!(rig.failure(1), (403, Some(121)));
}

//= 24.379-10.1.1.4.2:15d test
//= 24.379-6.3.5.5 test
//= 24.379-6.3.5.5:trunc test
#[test]
fn a_full_call_refuses_with_122_and_required_members_have_the_first_places() {
    let mut config = config();
    config.groups[0].max_participants = Some(2);
    config.groups[0].members[2].required = true;
    let mut rig = Rig::ready(config, 3);
    rig.call(0);
    assert_eq!(rig.established(0).warnings, [122]);
    assert!(rig.established(2).incoming);
    let invited: Vec<String> = rig
        .events
        .iter()
        .filter_map(|event| match event {
            Event::MemberInvited { mcptt_id, required, .. } => Some(format!("{mcptt_id} {required}")),
            _ => None,
        })
        .collect();
    assert_eq!(invited, ["sip:carol@mc.example.org true"]);
    rig.call(1);
    assert_eq!(rig.failure(1), (486, Some(122)));
}

//= 24.379-10.1.1.4.6 test
//= 24.379-9.2.2.3.3:late test
#[test]
fn a_client_that_affiliates_while_the_call_runs_is_invited() {
    let mut rig = running_without(config(), 2);
    rig.affiliate(2);
    assert_eq!(
        rig.trace()[..9],
        [
            "carol>pf PUBLISH",
            "pf>carol 200 PUBLISH",
            "pf>cf PUBLISH",
            "cf>pf 200 PUBLISH",
            "cf>pf INVITE",
            "pf>carol INVITE",
            "pf>cf 183 INVITE",
            "carol>pf 200 INVITE",
            "pf>carol ACK",
        ]
    );
    assert!(rig.established(2).incoming);
    assert_eq!(media_words(&rig.media), ["connected leg-3 sip:carol@mc.example.org"]);
}

#[test]
fn no_late_entry_into_a_full_call() {
    let mut config = config();
    config.groups[0].max_participants = Some(2);
    let mut rig = running_without(config, 2);
    rig.affiliate(2);
    assert!(!rig.trace().contains(&"cf>pf INVITE".to_owned()));
}

//= 24.379-10.1.1.2.4.1 test
//= 24.379-10.1.1.3.5.1 test
#[test]
fn a_participant_comes_back_by_the_session_identity() {
    let mut rig = Rig::with_members(3);
    rig.call(0);
    let established = rig.established(1);
    rig.command(1, ClientCommand::Leave { call: established.call });
    rig.forget();
    let session_identity = established.session_identity;
    rig.command(
        1,
        ClientCommand::Rejoin { session_identity: session_identity.clone(), implicit_request: false },
    );
    assert_eq!(rig.request("bob", "pf", "INVITE").uri, session_identity);
    let again = rig.established(1);
    assert_eq!((again.incoming, again.warnings.as_slice()), (false, [].as_slice()));
    assert_eq!(again.session_identity, session_identity);
    let onward = rig.request("pf", "cf", "INVITE").uri;
    assert_ne!(onward, session_identity);
    let contact = rig.response("cf", "pf", "200 INVITE").headers.contact().unwrap().uri.to_string();
    assert_eq!(onward, contact.as_str());
}

//= 24.379-10.1.1.4.5.1:137 test
#[test]
fn the_identity_of_a_call_that_is_over_gets_137() {
    let mut rig = Rig::with_members(2);
    let call = rig.call(0);
    let session_identity = rig.established(0).session_identity;
    rig.command(0, ClientCommand::Leave { call });
    rig.command(0, ClientCommand::Rejoin { session_identity, implicit_request: false });
    assert_eq!(rig.failure(0), (404, Some(137)));
}

//= 24.379-10.1.1.4.5.1:6 test
//= 24.379-10.1.1.4.5.1:8 test
//= 24.379-10.1.1.4.5.1:10 test
#[test]
fn coming_back_is_checked_for_membership_affiliation_and_room() {
    let mut config = config();
    config.groups[0].max_participants = Some(2);
    config.groups[0].members[3].may_join = false;
    let mut rig = Rig::ready(config, 2);
    rig.call(0);
    let session_identity = rig.established(0).session_identity;
    for (at, expected, affiliate) in
        [(3, (403, Some(121)), true), (2, (403, Some(120)), false), (2, (486, Some(122)), true)]
    {
        while rig.clients.len() <= at {
            let new = rig.clients.len();
            rig.add(client_config(new));
            rig.register(new);
        }
        if affiliate {
            rig.affiliate(at);
        }
        rig.forget();
        let session_identity = session_identity.clone();
        rig.command(at, ClientCommand::Rejoin { session_identity, implicit_request: false });
        assert_eq!(rig.failure(at), expected);
    }
}

#[test]
fn a_client_that_lost_its_call_takes_its_old_place() {
    let mut rig = Rig::with_members(3);
    rig.call(0);
    rig.forget();
    // A restart: the device knows nothing of its call and joins again.
    rig.clients[1] = call_control::Client::new(client_config(1), [200; 32], rig.now);
    rig.register(1);
    rig.call(1);
    assert_eq!(rig.established(1).warnings, [123]);
    assert_eq!(media_words(&rig.media), ["left leg-2", "connected leg-4 sip:bob@mc.example.org"]);
}

//= 24.379-6.3.3.2.3.2:info test
#[test]
fn a_joiner_learns_that_the_call_is_an_emergency_call() {
    let mut config = config();
    config.policy.release_at = None;
    config.users[0].emergency_group_call = true;
    config.groups[0].members[0] = Member { emergency_call: true, ..config.groups[0].members[0].clone() };
    let mut rig = Rig::ready(config, 2);
    rig.call_with(0, GroupCall { urgency: Urgency::Emergency { alert: false }, ..GroupCall::new(GROUP) });
    let call = rig.established(1).call;
    rig.command(1, ClientCommand::Leave { call });
    rig.forget();
    rig.call(1);
    assert!(rig.established(1).emergency);
    let answer = rig.response("pf", "bob", "200 INVITE");
    assert_eq!(warnings(&answer), [123]);
    let info = info_of(&SipMessage::Response(answer));
    assert_eq!(info.emergency_ind, Some(mcptt_codec::xml::mcptt_info::Content::Normal(true)));
}

#[test]
fn an_urgent_joiner_makes_the_call_urgent() {
    let mut config = config();
    config.policy.release_at = None;
    config.users[1].emergency_group_call = true;
    config.groups[0].members[1].emergency_call = true;
    let mut rig = Rig::ready(config, 2);
    rig.call(0);
    let call = rig.established(1).call;
    rig.command(1, ClientCommand::Leave { call });
    rig.call_with(1, GroupCall { urgency: Urgency::Emergency { alert: false }, ..GroupCall::new(GROUP) });
    let joined = rig.established(1);
    assert_eq!((joined.emergency, joined.warnings), (true, vec![123]));
    let info = info_of(&SipMessage::Response(rig.response("pf", "bob", "200 INVITE")));
    assert_eq!(info.emergency_ind, Some(mcptt_codec::xml::mcptt_info::Content::Normal(true)));
    assert_eq!(crate::priority::told(&rig, 0), [(Some(true), Some(false), None)]);
}

//= 24.379-6.2.8.2:noupgrade test
#[test]
fn a_joiner_can_not_turn_the_call_into_a_broadcast() {
    let mut config = config();
    config.policy.release_at = None;
    let mut rig = Rig::ready(config, 2);
    rig.call(0);
    let call = rig.established(1).call;
    rig.command(1, ClientCommand::Leave { call });
    rig.forget();
    rig.call_with(1, GroupCall { broadcast: true, ..GroupCall::new(GROUP) });
    assert_eq!(rig.established(1).warnings, [123]);
    assert_eq!(media_words(&rig.media), ["connected leg-3 sip:bob@mc.example.org"]);
    assert!(rig.client_events.iter().all(|(_, event)| !matches!(event, ClientEvent::CallReceived { .. })));
}

#[test]
fn a_device_that_can_not_hear_the_others_is_not_let_in() {
    let mut rig = Rig::with_members(2);
    rig.call(0);
    let offer = OFFER.replace("AMR-WB/16000/1", "opus/48000/2");
    let text = core_invite(1, &group_call(GROUP, "")).text().replace(OFFER, &offer);
    assert_eq!(outcome(&rig.ask(CORE, PF, &text)), (488, None));
    assert!(values(&rig.response("pf", "core", "488 INVITE").headers, &HeaderName::Warning).is_empty());
}
