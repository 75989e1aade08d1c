//! Who talks, as those are told who may know.

use std::time::Duration;

use call_control::client::{ClientCommand, PrivateCall};
use call_control::config::Config;
use call_control::{Event, Listening, MediaIndication, PrivateCallKind};
use mcptt_codec::id::{CallRef, LegRef};
use mcptt_codec::xml::affiliation::{PresenceDocument, UserInput};
use mcptt_codec::xml::mime;

use crate::private::{private_config, to};
use crate::rig::*;
use crate::subscriptions::{answer, body, notifies, subscribe};

const ALICE: usize = 0;
const BOB: usize = 1;

/// Bob may know of whoever may be known.
fn watching() -> Config {
    let mut config = private_config();
    config.policy.release_at = None;
    config.users[BOB].watch_affiliations = true;
    config.users[BOB].request_presence = true;
    config
}

/// Bob watches alice.
fn watched(config: Config) -> Rig {
    let mut rig = Rig::ready(config, 3);
    watch(&mut rig);
    rig
}

fn watch(rig: &mut Rig) {
    assert_eq!(rig.ask(CORE, PF, &subscribe(BOB, "presence", 3_600, ALICE).text()).status.0, 200);
    next(rig);
    settled(rig);
}

/// Answers the last NOTIFY.
fn next(rig: &mut Rig) {
    let last = notifies(rig).pop().expect("a NOTIFY");
    answer(rig, &last, "200 OK");
}

/// Lets time pass, with an answer to each NOTIFY.
fn settled(rig: &mut Rig) {
    for _ in 0..30 {
        let before = notifies(rig).len();
        rig.advance(Duration::from_millis(100));
        if notifies(rig).len() > before {
            next(rig);
        }
    }
}

/// What the last NOTIFY says of the group.
fn said(rig: &Rig) -> Option<UserInput> {
    let last = notifies(rig).pop().expect("a NOTIFY");
    let document = PresenceDocument::parse(&body(&last, mime::PIDF)).unwrap();
    assert_eq!(document.entity.as_str(), mcptt_id(ALICE));
    let mut entries = document.tuples.into_iter().flat_map(|tuple| tuple.affiliations);
    entries.find(|entry| entry.group.as_ref().is_some_and(|group| group.as_str() == GROUP))?.user_input
}

/// The leg of a user in the call that was begun last.
fn leg_of(rig: &Rig, at: usize) -> (CallRef, LegRef) {
    let joined = rig.events.iter().rev().find_map(|event| match event {
        Event::ParticipantJoined { call, leg, mcptt_id: user, .. } if user.as_str() == mcptt_id(at) => {
            Some((*call, *leg))
        }
        _ => None,
    });
    joined.expect("a participant")
}

fn talk(rig: &mut Rig, (call, leg): (CallRef, LegRef), talking: bool) {
    rig.indicate(MediaIndication::Talking { call, leg, talking });
}

/// Whether a controlling function was asked who talks.
fn asked(rig: &Rig) -> bool {
    rig.trace().iter().any(|line| line == "pf>cf SUBSCRIBE")
}

//= 22.179-presence:talking test
#[test]
fn a_watcher_is_told_when_a_user_begins_and_ends_to_talk() {
    let mut rig = watched(watching());
    assert!(asked(&rig));
    assert_eq!(said(&rig), Some(UserInput::Idle));
    rig.call(ALICE);
    let leg = leg_of(&rig, ALICE);
    settled(&mut rig);
    let before = notifies(&rig).len();
    talk(&mut rig, leg, true);
    assert_eq!((notifies(&rig).len(), said(&rig)), (before + 1, Some(UserInput::Active)), "at once");
    next(&mut rig);
    talk(&mut rig, leg, false);
    assert_eq!(notifies(&rig).len(), before + 1, "and the next time after a second");
    settled(&mut rig);
    assert_eq!((notifies(&rig).len(), said(&rig)), (before + 2, Some(UserInput::Idle)));
    // That somebody else talks is nothing about alice.
    let leg = leg_of(&rig, BOB);
    talk(&mut rig, leg, true);
    settled(&mut rig);
    assert_eq!(notifies(&rig).len(), before + 2);
}

//= RFC6446-4.2 test
#[test]
fn however_often_somebody_talks_a_watcher_is_told_once_a_second() {
    let mut rig = watched(watching());
    rig.call(ALICE);
    let leg = leg_of(&rig, ALICE);
    settled(&mut rig);
    let before = notifies(&rig).len();
    // Five seconds in which she talks ten times.
    for _ in 0..10 {
        for talking in [true, false] {
            let seen = notifies(&rig).len();
            talk(&mut rig, leg, talking);
            rig.advance(Duration::from_millis(250));
            if notifies(&rig).len() > seen {
                next(&mut rig);
            }
        }
    }
    let told = notifies(&rig).len() - before;
    assert!((2..=6).contains(&told), "{told}");
    settled(&mut rig);
    assert_eq!(said(&rig), Some(UserInput::Idle));
}

#[test]
fn whoever_leaves_while_talking_talks_no_longer() {
    let mut rig = watched(watching());
    rig.call(ALICE);
    let leg = leg_of(&rig, ALICE);
    talk(&mut rig, leg, true);
    settled(&mut rig);
    assert_eq!(said(&rig), Some(UserInput::Active));
    let call = rig.established(ALICE).call;
    rig.command(ALICE, ClientCommand::Leave { call });
    settled(&mut rig);
    assert_eq!(said(&rig), Some(UserInput::Idle));
}

//= 22.179-presence:talking test
#[test]
fn who_may_not_know_is_told_of_affiliations_alone_and_nobody_is_asked() {
    let mut may_not_ask = watching();
    may_not_ask.users[BOB].request_presence = false;
    let mut may_not_be_known = watching();
    may_not_be_known.users[ALICE].presence_status = false;
    for config in [may_not_ask, may_not_be_known] {
        let mut rig = watched(config);
        rig.call(ALICE);
        let leg = leg_of(&rig, ALICE);
        let before = notifies(&rig).len();
        talk(&mut rig, leg, true);
        settled(&mut rig);
        assert_eq!((notifies(&rig).len(), said(&rig), asked(&rig)), (before, None, false));
    }
    let mut config = watching();
    config.users[BOB].watch_affiliations = false;
    let mut rig = Rig::ready(config, 3);
    assert_eq!(rig.ask(CORE, PF, &subscribe(BOB, "presence", 3_600, ALICE).text()).status.0, 403);
}

//= 22.179-presence:talking test
#[test]
fn calls_between_users_and_ambient_listening_are_never_shown() {
    let mut config = watching();
    config.users[ALICE].private_calls.remote_ambient_listening = true;
    config.users[ALICE].private_calls.local_ambient_listening = true;
    let kinds = [None, Some(Listening::LocalInit), Some(Listening::RemoteInit)];
    for listening in kinds {
        let mut rig = watched(config.clone());
        let mut call: PrivateCall = to(BOB);
        if let Some(listening) = listening {
            call = PrivateCall {
                kind: PrivateCallKind::AmbientListening(listening),
                implicit_request: false,
                ..call
            };
        }
        rig.command(ALICE, ClientCommand::CallUser(call));
        let leg = leg_of(&rig, ALICE);
        let before = notifies(&rig).len();
        talk(&mut rig, leg, true);
        settled(&mut rig);
        assert_eq!((notifies(&rig).len(), said(&rig)), (before, Some(UserInput::Idle)), "{listening:?}");
    }
}

/// With privacy a participant has no name in the call; nobody hears of it by another way.
#[test]
fn whoever_wants_privacy_is_not_shown() {
    let mut rig = watched(watching());
    rig.call(2);
    let call = rig.established(ALICE).call;
    rig.command(ALICE, ClientCommand::Leave { call });
    let identity = rig.events.iter().find_map(|event| match event {
        Event::CallStarted { session_identity, .. } => Some(session_identity.to_string()),
        _ => None,
    });
    let params = format!(
        "<mcptt-calling-user-id><mcpttURI>{}</mcpttURI></mcptt-calling-user-id>\
         <mcptt-client-id><mcpttString>{}</mcpttString></mcptt-client-id>",
        mcptt_id(ALICE),
        client_id(ALICE)
    );
    let invite = Raw::new("INVITE", &identity.expect("a call"), &impu(ALICE))
        .header("Accept-Contact: *;+g.3gpp.mcptt;require;explicit")
        .header("Accept-Contact: *;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\";require;explicit")
        .header("Contact: <sip:relay@198.51.100.1:5060>")
        .header("Privacy: id")
        .header("Supported: timer")
        .part("application/sdp", OFFER)
        .info(&params)
        .text();
    let answer = rig.ask(CORE, CF, &invite);
    assert_eq!(answer.status.0, 200, "{answer:?}");
    rig.acknowledge(CORE, CF, &answer);
    let leg = leg_of(&rig, ALICE);
    let before = notifies(&rig).len();
    talk(&mut rig, leg, true);
    settled(&mut rig);
    assert_eq!((notifies(&rig).len(), said(&rig)), (before, Some(UserInput::Idle)));
}

/// When nobody watches any more, nobody is asked any more.
#[test]
fn the_end_of_the_last_watcher_ends_the_asking() {
    let mut rig = Rig::ready(watching(), 3);
    assert_eq!(rig.ask(CORE, PF, &subscribe(BOB, "presence", 60, ALICE).text()).status.0, 200);
    next(&mut rig);
    settled(&mut rig);
    rig.call(ALICE);
    let leg = leg_of(&rig, ALICE);
    rig.seconds(70);
    next(&mut rig);
    rig.forget();
    for talking in [true, false, true] {
        talk(&mut rig, leg, talking);
        rig.seconds(2);
    }
    let told = rig.trace().iter().filter(|line| *line == "cf>pf NOTIFY").count();
    assert!(told <= 2, "the one that shows that nobody watches, and the last: {:#?}", rig.trace());
    assert_eq!(rig.trace().iter().filter(|line| *line == "pf>cf SUBSCRIBE").count(), 1);
    assert_eq!(notifies(&rig).len(), 0);
}

/// After a restart watchers need not ask again, and the function asks anew.
#[test]
fn a_watcher_is_told_after_a_restart() {
    let (mut rig, start) = crate::restart::keeping(watching(), 3);
    watch(&mut rig);
    crate::restart::restart(&mut rig, start, watching(), Duration::from_secs(10));
    settled(&mut rig);
    assert_eq!(said(&rig), Some(UserInput::Idle));
}
