//! Session timers of all dialogs, refreshes and expiry, over hours of virtual time.

use call_control::client::ClientCommand;
use call_control::event::LeaveCause;
use call_control::{Event, ReleaseCause};
use mcptt_codec::sip::HeaderName;

use crate::rig::*;

fn left(rig: &Rig) -> Vec<LeaveCause> {
    let causes = rig.events.iter().filter_map(|event| match event {
        Event::ParticipantLeft { cause, .. } => Some(*cause),
        _ => None,
    });
    causes.collect()
}

#[test]
fn honest_clients_keep_a_call_alive_for_hours() {
    let mut rig = Rig::with_members(3);
    rig.call(0);
    rig.forget();
    rig.seconds(3 * 3600);
    assert_eq!(left(&rig), []);
    let trace = rig.trace();
    for refresh in ["alice>pf UPDATE", "bob>pf UPDATE", "carol>pf UPDATE", "pf>cf UPDATE"] {
        assert!(trace.contains(&refresh.to_owned()), "{refresh}");
    }
    for foreign in ["pf>alice UPDATE", "cf>pf UPDATE", "pf>bob UPDATE"] {
        assert!(!trace.contains(&foreign.to_owned()), "{foreign}");
    }
    let refresh = rig.request("alice", "pf", "UPDATE");
    assert_eq!(values(&refresh.headers, &HeaderName::SessionExpires), ["1800;refresher=uac"]);
    let answer = rig.response("pf", "alice", "200 UPDATE");
    assert_eq!(values(&answer.headers, &HeaderName::SessionExpires), ["1800;refresher=uac"]);
}

//= RFC4028-expiry test
#[test]
fn a_client_that_stops_refreshing_is_taken_out() {
    let mut rig = Rig::with_members(3);
    rig.call(0);
    rig.dead.push(address(1));
    rig.forget();
    rig.seconds(1799);
    assert_eq!(left(&rig), [LeaveCause::Bye]);
    assert!(rig.trace().contains(&"pf>bob BYE".to_owned()));
    assert!(rig.trace().contains(&"pf>cf BYE".to_owned()));
}

//= 24.379-10.1.1.4.7:refresh test
#[test]
fn a_re_invite_without_indicators_changes_nothing() {
    let mut rig = Rig::with_members(2);
    let answer = rig.ask(CORE, PF, &core_invite(0, &group_call(GROUP, "")).text());
    assert_eq!(answer.status.0, 200);
    rig.acknowledge(CORE, PF, &answer);
    rig.forget();
    for (info, expected) in [
        ("", (200, None)),
        ("<emergency-ind><mcpttBoolean>false</mcpttBoolean></emergency-ind>", (403, None)),
    ] {
        let to = answer.headers.get(&HeaderName::To).unwrap();
        let call_id = answer.headers.get(&HeaderName::CallId).unwrap();
        let from = answer.headers.get(&HeaderName::From).unwrap();
        let mut text = core_invite(0, &group_call(GROUP, info)).text();
        text = text.replacen(&format!("To: <{PF_IDENTITY}>"), &format!("To: {to}"), 1);
        text = text.replacen(&format!("From: <{}>;tag={{id}}", impu(0)), &format!("From: {from}"), 1);
        let again = rig.ask_in(CORE, PF, &text, call_id.as_str());
        assert_eq!(outcome(&again), expected);
        if again.status.is_success() {
            rig.acknowledge(CORE, PF, &again);
        }
    }
    let mut moved = core_invite(0, &group_call(GROUP, "")).text().replace("m=audio 50000", "m=audio 51000");
    moved = moved.replacen(
        &format!("To: <{PF_IDENTITY}>"),
        &format!("To: {}", answer.headers.get(&HeaderName::To).unwrap()),
        1,
    );
    moved = moved.replacen(
        &format!("From: <{}>;tag={{id}}", impu(0)),
        &format!("From: {}", answer.headers.get(&HeaderName::From).unwrap()),
        1,
    );
    let call_id = answer.headers.get(&HeaderName::CallId).unwrap().as_str().to_owned();
    assert_eq!(outcome(&rig.ask_in(CORE, PF, &moved, &call_id)), (488, None));
    assert_eq!(rig.media, []);
    assert!(rig.trace().contains(&"pf>cf INVITE".to_owned()));
}

#[test]
fn late_and_early_timeouts_are_harmless() {
    let mut rig = Rig::with_members(2);
    let call = rig.call(0);
    for _ in 0..3 {
        rig.node.handle_timeout(rig.now);
        rig.clients[0].handle_timeout(rig.now);
    }
    rig.command(0, ClientCommand::Leave { call });
    let late = rig.now + std::time::Duration::from_secs(365 * 86_400);
    rig.now = late;
    rig.node.handle_timeout(late);
    rig.settle();
    let over = rig
        .events
        .iter()
        .any(|event| matches!(event, Event::CallReleased { cause: ReleaseCause::TooFewParticipants, .. }));
    assert!(over);
}
