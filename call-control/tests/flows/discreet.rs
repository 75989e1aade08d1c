//! Discreet listening: two persons agree, one hears, the others notice nothing, and all of it is on record.

use std::collections::BTreeMap;
use std::time::Duration;

use call_control::client::{ClientCommand, ClientEvent, ListeningRequest};
use call_control::config::{Config, ListeningGrant};
use call_control::event::ListeningStep;
use call_control::{Command, DiscreetRefusal, Event, MediaCommand, MediaIndication, Refusal};
use mcptt_codec::sdp::Direction;
use mcptt_codec::sip::SipMessage;
use mcptt_codec::xml::mcptt_info::extension_name;

use crate::private::{private_config, to};
use crate::rig::*;

const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;
const DAVE: usize = 3;
/// May listen to the group and to bob.
const ERIN: usize = 4;
/// May agree to it.
const FRANK: usize = 5;

fn discreet_config() -> Config {
    let mut config = private_config();
    config.policy.release_at = None;
    for member in &mut config.groups[0].members {
        member.conference_state = true;
    }
    config.discreet.time_limit = Duration::from_secs(300);
    config.discreet.approval_within = Duration::from_secs(60);
    config.discreet.grants.push(ListeningGrant {
        listener: mcptt_id(ERIN).as_str().into(),
        targets: vec![GROUP.into(), mcptt_id(BOB).as_str().into()],
        // That the listener is named changes nothing.
        approvers: vec![mcptt_id(ERIN).as_str().into(), mcptt_id(FRANK).as_str().into()],
    });
    config
}

fn ready(config: Config) -> Rig {
    let mut rig = Rig::ready(config, 4);
    for at in [ERIN, FRANK] {
        rig.add(client_config(at));
        rig.register(at);
    }
    rig.forget();
    rig
}

fn ask(rig: &mut Rig, at: usize, target: &str) {
    rig.command(at, ClientCommand::Listen(ListeningRequest::Ask { target: target.into() }));
}

fn approve(rig: &mut Rig, at: usize, target: &str) {
    let (listener, target) = (mcptt_id(ERIN).as_str().into(), target.into());
    rig.command(at, ClientCommand::Listen(ListeningRequest::Approve { listener, target }));
}

fn agreed(rig: &mut Rig, target: &str) {
    ask(rig, ERIN, target);
    approve(rig, FRANK, target);
}

/// What happened to listening, with who has done it.
fn steps(rig: &Rig) -> Vec<(ListeningStep, Option<String>)> {
    let steps = rig.events.iter().filter_map(|event| match event {
        Event::DiscreetListening { step, listener, by, .. } => {
            assert_eq!(listener.as_str(), mcptt_id(ERIN));
            Some((*step, by.as_ref().map(ToString::to_string)))
        }
        _ => None,
    });
    steps.collect()
}

/// The refusals that are on record, with whose request it was and what it was about.
fn refusals(rig: &Rig) -> Vec<(String, String, Refusal, u16)> {
    let refusals = rig.events.iter().filter_map(|event| match event {
        Event::Refused { mcptt_id: Some(by), group: Some(target), refusal, status, .. } => {
            Some((by.to_string(), target.to_string(), *refusal, *status))
        }
        _ => None,
    });
    refusals.collect()
}

fn listens(rig: &Rig) -> bool {
    let connected = rig.media.iter().filter(|one| matches!(one, MediaCommand::ListenerConnected { .. }));
    let left = rig.media.iter().filter(|one| matches!(one, MediaCommand::ListenerLeft { .. }));
    connected.count() > left.count()
}

//= 22.179-discreet:authorised test
//= 22.179-discreet:audit test
#[test]
fn who_may_not_listen_or_agree_is_refused_and_on_record() {
    let mut rig = ready(discreet_config());
    let not_allowed = Refusal::from(DiscreetRefusal::DiscreetListeningNotAllowed);
    for (at, target) in [(ALICE, GROUP.to_owned()), (ERIN, mcptt_id(CAROL)), (FRANK, GROUP.to_owned())] {
        ask(&mut rig, at, &target);
        let last = refusals(&rig).pop().expect("a refusal on record");
        assert_eq!(last, (mcptt_id(at), target, not_allowed, 403));
    }
    assert_eq!(steps(&rig), []);
    ask(&mut rig, ERIN, GROUP);
    approve(&mut rig, ALICE, GROUP);
    let refused = Refusal::from(DiscreetRefusal::DiscreetApprovalNotAllowed);
    assert_eq!(refusals(&rig).pop(), Some((mcptt_id(ALICE), GROUP.to_owned(), refused, 403)));
    let told = rig.events_of(ALICE);
    let failed = |event: &ClientEvent| {
        matches!(event, ClientEvent::RequestFailed { status: 403, warning: Some(100), .. })
    };
    assert!(told.iter().any(failed), "{told:?}");
    rig.call(ALICE);
    assert!(!listens(&rig));
}

//= 22.179-discreet:dual test
#[test]
fn one_person_alone_is_not_enough_even_twice() {
    let mut rig = ready(discreet_config());
    rig.call(ALICE);
    ask(&mut rig, ERIN, GROUP);
    ask(&mut rig, ERIN, GROUP);
    approve(&mut rig, ERIN, GROUP);
    let refused = Refusal::from(DiscreetRefusal::DiscreetApprovalByListener);
    assert_eq!(refusals(&rig), [(mcptt_id(ERIN), GROUP.to_owned(), refused, 403)]);
    assert_eq!(steps(&rig), [(ListeningStep::Requested, Some(mcptt_id(ERIN)))]);
    assert!(!listens(&rig));
    // The one who may agree was told, and nobody else.
    let told: Vec<usize> = rig
        .client_events
        .iter()
        .filter(|(_, event)| matches!(event, ClientEvent::ListeningRequested { .. }))
        .map(|(at, _)| *at)
        .collect();
    assert_eq!(told, [FRANK]);
    approve(&mut rig, FRANK, GROUP);
    assert!(listens(&rig));
    let approved = (ListeningStep::Approved, Some(mcptt_id(FRANK)));
    assert_eq!(steps(&rig)[1..], [approved, (ListeningStep::Started, None)]);
    // Agreeing again is agreeing to nothing.
    approve(&mut rig, FRANK, GROUP);
    let unknown = Refusal::from(DiscreetRefusal::DiscreetListeningUnknown);
    assert_eq!(refusals(&rig).pop(), Some((mcptt_id(FRANK), GROUP.to_owned(), unknown, 404)));
}

//= 22.179-discreet:hears test
#[test]
fn the_listener_is_called_for_each_call_and_only_receives() {
    let mut rig = ready(discreet_config());
    agreed(&mut rig, GROUP);
    assert!(!listens(&rig), "there is nothing to hear yet");
    rig.call(ALICE);
    assert!(listens(&rig));
    let invite = SipMessage::Request(rig.request("pf", "erin", "INVITE"));
    let description = description_of(&invite);
    assert_eq!(description.audio().unwrap().direction(), Some(Direction::SendOnly));
    let info = info_of(&invite);
    assert_eq!(info.any_ext.text(extension_name::REQUEST_TYPE), Some("discreet-listening"));
    let group = rig.established(ALICE).call;
    rig.command(ALICE, ClientCommand::Leave { call: group });
    for at in [BOB, CAROL, DAVE] {
        let call = rig.established(at).call;
        rig.command(at, ClientCommand::Leave { call });
    }
    assert!(!listens(&rig) && rig.has_ended(ERIN));
    // The next call is heard as well.
    rig.forget();
    rig.call(BOB);
    assert!(listens(&rig));
    // The listener may hang up, and is not called again in this call.
    let call = rig.established(ERIN).call;
    rig.command(ERIN, ClientCommand::Leave { call });
    let call = rig.established(CAROL).call;
    rig.command(CAROL, ClientCommand::Leave { call });
    assert!(!listens(&rig));
    assert_eq!(rig.node.held().calls, 1);
}

//= 22.179-discreet:hears test
#[test]
fn a_user_is_heard_in_private_and_group_calls_but_not_where_the_listener_takes_part() {
    let mut rig = ready(discreet_config());
    agreed(&mut rig, &mcptt_id(BOB));
    rig.command(ALICE, ClientCommand::CallUser(to(BOB)));
    assert!(listens(&rig));
    let call = rig.established(ALICE).call;
    rig.command(ALICE, ClientCommand::Leave { call });
    assert!(!listens(&rig));
    rig.command(CAROL, ClientCommand::CallUser(to(DAVE)));
    assert!(!listens(&rig), "bob has nothing to do with it");
    rig.call(ALICE);
    assert!(listens(&rig));
    let call = rig.established(BOB).call;
    rig.command(BOB, ClientCommand::Leave { call });
    assert!(!listens(&rig), "the call goes on without bob");
    rig.command(BOB, ClientCommand::CallUser(to(ERIN)));
    assert!(!listens(&rig), "who takes part hears it anyway");
}

//= 22.179-discreet:limit test
#[test]
fn what_nobody_agrees_to_and_what_was_agreed_on_end_in_time() {
    let mut rig = ready(discreet_config());
    ask(&mut rig, ERIN, GROUP);
    rig.seconds(61);
    assert_eq!(steps(&rig).pop(), Some((ListeningStep::NotApproved, None)));
    approve(&mut rig, FRANK, GROUP);
    assert_eq!(refusals(&rig).pop().map(|(.., status)| status), Some(404));

    agreed(&mut rig, GROUP);
    rig.call(ALICE);
    rig.seconds(299);
    assert!(listens(&rig));
    rig.seconds(2);
    assert!(!listens(&rig) && rig.has_ended(ERIN));
    let last = steps(&rig).split_off(steps(&rig).len() - 2);
    assert_eq!(last, [(ListeningStep::Stopped, None), (ListeningStep::Expired, None)]);
    assert!(!rig.has_ended(BOB), "the call goes on");
}

#[test]
fn either_person_ends_it_and_so_does_the_end_of_the_node() {
    let mut rig = ready(discreet_config());
    rig.call(ALICE);
    for (at, fails) in [(ERIN, false), (FRANK, false), (ALICE, true)] {
        agreed(&mut rig, GROUP);
        assert!(listens(&rig));
        let (listener, target) = (mcptt_id(ERIN).as_str().into(), GROUP.into());
        rig.command(at, ClientCommand::Listen(ListeningRequest::End { listener, target }));
        assert_eq!(listens(&rig), fails);
    }
    rig.operator(Command::ReleaseAll);
    assert!(!listens(&rig));
    assert_eq!(steps(&rig).pop(), Some((ListeningStep::Withdrawn, None)));
    assert_eq!(rig.node.held().calls, 0);
}

#[test]
fn a_listener_that_the_media_plane_cannot_serve_is_gone_and_the_call_stays() {
    let mut rig = ready(discreet_config());
    agreed(&mut rig, GROUP);
    rig.call(ALICE);
    let found = rig.media.iter().find_map(|command| match command {
        MediaCommand::ListenerConnected { call, leg, .. } => Some((*call, *leg)),
        _ => None,
    });
    let (call, leg) = found.expect("a listener");
    rig.indicate(MediaIndication::LegUnresponsive { call, leg });
    assert!(!listens(&rig) && rig.has_ended(ERIN) && !rig.has_ended(BOB));
}

/// Random values by the order of their appearance.
struct Names(BTreeMap<String, usize>);

impl Names {
    fn replace(&mut self, text: &str) -> String {
        let mut replaced = String::new();
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
        let mut rest = text;
        while !rest.is_empty() {
            let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            let (token, behind) = rest.split_at(end);
            let random = token.len() >= 8 && token.chars().any(|c| c.is_ascii_digit());
            match random {
                true => {
                    let next = self.0.len();
                    let number = *self.0.entry(token.to_owned()).or_insert(next);
                    replaced.push_str(&format!("#{number}"));
                }
                false => replaced.push_str(token),
            }
            let mut behind = behind.chars();
            replaced.extend(behind.next());
            rest = behind.as_str();
        }
        replaced
    }
}

/// All that alice, bob, carol and dave are sent in a call that they watch, join and leave.
fn story(with_listener: bool) -> Vec<String> {
    let mut rig = ready(discreet_config());
    rig.command(DAVE, ClientCommand::Deaffiliate);
    rig.forget();
    if with_listener {
        agreed(&mut rig, GROUP);
    }
    let call = rig.call(ALICE);
    rig.command(ALICE, ClientCommand::WatchCall { call, expires: u32::MAX });
    if with_listener {
        assert!(listens(&rig));
    }
    rig.affiliate(DAVE);
    rig.call(DAVE);
    let left = rig.established(CAROL).call;
    rig.command(CAROL, ClientCommand::Leave { call: left });
    rig.seconds(1_000);
    rig.call(CAROL);
    rig.operator(Command::ReleaseAll);
    rig.seconds(60);
    let mut names = Names(BTreeMap::new());
    let to_members = rig.seen.iter().filter(|seen| (ALICE..=DAVE).any(|at| seen.to == address(at)));
    to_members
        .map(|seen| {
            let text = match &seen.message {
                SipMessage::Request(request) => String::from_utf8_lossy(&request.encode()).into_owned(),
                SipMessage::Response(response) => String::from_utf8_lossy(&response.encode()).into_owned(),
            };
            // Random numbers are of different lengths.
            let lines = text.lines().filter(|line| !line.starts_with("Content-Length"));
            let text = lines.collect::<Vec<_>>().join("\n");
            format!("to {}\n{}", seen.to, names.replace(&text))
        })
        .collect()
}

//= 22.179-discreet:unnoticed test
#[test]
fn members_are_sent_the_same_messages_whether_somebody_listens_or_not() {
    let (without, with) = (story(false), story(true));
    assert!(without.len() > 20, "{}", without.len());
    for (with, without) in with.iter().zip(&without) {
        assert_eq!(with, without);
    }
    assert_eq!(with.len(), without.len());
}

#[test]
fn every_refusal_has_its_row() {
    for refusal in DiscreetRefusal::ALL {
        assert!(matches!(refusal.row().status.0, 403 | 404 | 480), "{refusal:?}");
    }
}

//= 22.179-discreet:limit test
//= 22.179-discreet:dual test
#[test]
fn an_agreement_outlives_the_node_and_gets_no_more_time_by_it() {
    let mut rig = Rig::new(discreet_config());
    let start = crate::restart::with_records(&mut rig);
    for at in [ALICE, BOB, CAROL, DAVE, ERIN, FRANK] {
        rig.add(client_config(at));
        rig.register(at);
        if at < ERIN {
            rig.affiliate(at);
        }
    }
    agreed(&mut rig, GROUP);
    ask(&mut rig, ERIN, &mcptt_id(BOB));
    rig.seconds(50);
    crate::restart::restart(&mut rig, start, discreet_config(), Duration::from_secs(5));
    assert_eq!(steps(&rig), []);
    rig.call(ALICE);
    assert!(listens(&rig), "nobody has to agree again");
    // What was only asked for still waits, as long as it would have without the restart.
    rig.seconds(6);
    assert_eq!(steps(&rig).last(), Some(&(ListeningStep::NotApproved, None)));
    rig.seconds(240);
    assert_eq!(steps(&rig).last(), Some(&(ListeningStep::Expired, None)));
    assert!(!listens(&rig));
    assert_eq!(crate::restart::kinds(&rig).get("listening"), None);
}

//= 22.179-discreet:authorised test
#[test]
fn what_is_no_longer_granted_ends_with_the_restart() {
    for ends in [true, false] {
        let mut rig = Rig::new(discreet_config());
        let start = crate::restart::with_records(&mut rig);
        for at in [ALICE, BOB, CAROL, DAVE, ERIN, FRANK] {
            rig.add(client_config(at));
            rig.register(at);
        }
        agreed(&mut rig, GROUP);
        // A server that is ended takes nothing back: the next one goes on.
        rig.operator(Command::ReleaseAll);
        let mut config = discreet_config();
        if ends {
            config.discreet.grants.clear();
        }
        crate::restart::restart(&mut rig, start, config, Duration::from_secs(5));
        let withdrawn = steps(&rig).contains(&(ListeningStep::Withdrawn, None));
        let kept = crate::restart::kinds(&rig).contains_key("listening");
        assert_eq!((withdrawn, kept), (ends, !ends));
    }
}
