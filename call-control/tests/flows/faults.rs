//! What goes wrong in an operation: floods of the same request, and a process that ends at any moment of a call's set-up.

use std::time::Duration;

use call_control::client::{CallId, ClientCommand, ClientEvent, GroupCall, RegroupRequest};
use call_control::{MediaCommand, ReleaseCause};
use mcptt_codec::floor::Location;
use mcptt_codec::id::McpttId;

use crate::location::{CELL_1, CELL_2, go, located};
use crate::private::{private_config, to};
use crate::regroup::{REGROUP, groups, log_in, of_groups};
use crate::restart::{keeping, kinds, restart, with_records};
use crate::rig::*;

/// The calls that a client believes to be in, after those that it has believed to be in before.
fn believed(rig: &Rig, at: usize, before: &[CallId]) -> Vec<CallId> {
    let mut calls = before.to_vec();
    for event in rig.events_of(at) {
        match event {
            ClientEvent::CallEstablished(call) => calls.push(call.call),
            ClientEvent::CallEnded { call, .. } | ClientEvent::CallFailed { call, .. } => {
                calls.retain(|known| *known != call);
            }
            _ => {}
        }
    }
    calls
}

#[test]
fn wherever_the_process_ends_while_a_call_is_set_up_nobody_is_left_behind() {
    let mut cut = 0;
    loop {
        let (mut rig, start) = keeping(config(), 3);
        rig.forget();
        // The process ends when so many datagrams have arrived; those that are under way arrive at the next one.
        rig.stop_after = Some(cut);
        rig.call(0);
        let whole = rig.stop_after.take().is_some_and(|left| left > 0);
        let before = [0, 1, 2].map(|at| believed(&rig, at, &[]));
        restart(&mut rig, start, config(), Duration::from_secs(2));
        rig.seconds(400);
        // Whoever believes to be in a call is in one: leaving it is answered, and ends it for the others.
        for (at, before) in before.iter().enumerate() {
            for call in believed(&rig, at, before) {
                rig.command(at, ClientCommand::Leave { call });
            }
        }
        // By then nobody may come back to what the first process has left either.
        rig.seconds(250);
        for (at, before) in before.iter().enumerate() {
            let left = believed(&rig, at, before);
            assert_eq!(left, [], "client {at} after {cut} datagrams: {:#?}", rig.trace());
        }
        let held = rig.node.held();
        assert_eq!((held.calls, held.relayed_calls), (0, 0), "after {cut} datagrams");
        assert_eq!(
            (kinds(&rig).get("call"), kinds(&rig).get("relay")),
            (None, None),
            "after {cut} datagrams"
        );
        // What was promised holds: everybody is still reached.
        rig.forget();
        rig.call(0);
        for at in 0..3 {
            rig.established(at);
        }
        if whole {
            break;
        }
        cut += 1;
    }
    assert!(cut > 20, "{cut} datagrams set a call up");
}

#[test]
fn a_storm_of_the_same_register_is_answered_and_leaves_one_contact() {
    let (mut rig, _) = keeping(config(), 2);
    let register = |rig: &mut Rig, call_id: &str, branch: usize, sequence: usize| {
        let text = format!(
            "REGISTER sip:ims.example.org SIP/2.0\r\nVia: SIP/2.0/UDP {own};branch=z9hG4bKstorm{branch}\r\n\
             From: <{impu}>;tag=1\r\nTo: <{impu}>\r\nCall-ID: {call_id}\r\nCSeq: {sequence} REGISTER\r\n\
             Contact: <sip:ue@{own}>;{TAG};+sip.instance=\"<{client}>\"\r\nExpires: 3600\r\nMax-Forwards: 70\r\n\
             Content-Length: 0\r\n\r\n",
            own = address(2),
            impu = impu(2),
            client = client_id(2),
        );
        rig.inject(&address(2).to_string(), PF, text.as_bytes());
    };
    rig.forget();
    // A device that hears nothing repeats itself, in one transaction and in many, and starts anew.
    for _ in 0..1_000 {
        register(&mut rig, "storm", 0, 1);
    }
    for branch in 1..500 {
        register(&mut rig, "storm", branch, 1 + branch);
    }
    for attempt in 500..600 {
        register(&mut rig, &format!("storm-{attempt}"), attempt, 1);
    }
    let answered = rig.trace().iter().filter(|line| *line == "pf>carol 200 REGISTER").count();
    assert_eq!(answered, 1_599);
    assert_eq!(kinds(&rig).get("binding"), Some(&3));
    // The others are served meanwhile, and what was kept of it is gone with the transactions.
    rig.call(0);
    rig.established(1);
    rig.seconds(64);
    assert!(rig.node.held().server_transactions < 20, "{:?}", rig.node.held());
}

#[test]
fn a_regroup_outlives_the_node() {
    let mut rig = Rig::new(groups());
    let start = with_records(&mut rig);
    log_in(&mut rig);
    rig.command(0, ClientCommand::Regroup(of_groups(&[GROUP, crate::regroup::OTHER])));
    let of_kind = |rig: &Rig, kind: &str| kinds(rig).get(kind).copied().unwrap_or_default();
    assert_eq!([of_kind(&rig, "regroup"), of_kind(&rig, "joined"), of_kind(&rig, "regrouped")], [1, 2, 1]);
    restart(&mut rig, start, groups(), Duration::from_secs(5));
    // Its members are called, and the groups are called through it only.
    rig.call_with(0, GroupCall::new(REGROUP));
    for at in 1..4 {
        assert!(rig.established(at).incoming, "client {at}");
    }
    rig.forget();
    rig.call_with(1, GroupCall::new(GROUP));
    assert_eq!(rig.failure(1), (403, Some(148)));
    let (preconfigured, regroup) = (crate::regroup::PATTERN.into(), REGROUP.into());
    rig.command(0, ClientCommand::Regroup(RegroupRequest::Remove { preconfigured, regroup }));
    assert_eq!([of_kind(&rig, "regroup"), of_kind(&rig, "joined"), of_kind(&rig, "regrouped")], [0; 3]);
}

#[test]
fn where_calls_are_to_go_outlives_the_node() {
    let mut config = private_config();
    config.users[1].private_calls.forwarding_allowed = true;
    let (mut rig, start) = keeping(config.clone(), 3);
    let carol = McpttId::from(mcptt_id(2).as_str());
    rig.command(1, ClientCommand::SetForwarding { immediate: Some(carol), no_answer: None });
    restart(&mut rig, start, config, Duration::from_secs(5));
    rig.command(0, ClientCommand::CallUser(to(1)));
    assert!(rig.established(2).incoming);
}

#[test]
fn where_a_client_was_last_outlives_the_node_and_not_its_service() {
    let config = located("<CellChange><AnyCellChange TriggerId=\"cell\"/></CellChange>");
    let (mut rig, start) = keeping(config.clone(), 2);
    go(&mut rig, 0, CELL_1, 48.2, 16.4);
    go(&mut rig, 0, CELL_2, 48.2, 16.4);
    let last = |rig: &Rig| -> Option<Option<Location>> {
        rig.media.iter().rev().find_map(|command| match command {
            MediaCommand::UserLocation { mcptt_id: user, location } if user.as_str() == mcptt_id(0) => {
                Some(location.clone())
            }
            _ => None,
        })
    };
    let before = last(&rig).flatten().expect("a location");
    restart(&mut rig, start, config, Duration::from_secs(5));
    assert_eq!(last(&rig), Some(Some(before)));
    rig.command(0, ClientCommand::LogOff);
    assert_eq!(kinds(&rig).get("location"), None);
}

#[test]
fn a_call_that_the_node_took_down_with_it_says_so() {
    let (mut rig, start) = keeping(config(), 3);
    rig.call(0);
    let before = believed(&rig, 1, &[]);
    restart(&mut rig, start, config(), Duration::from_secs(1));
    let released = rig
        .events
        .iter()
        .any(|event| matches!(event, call_control::Event::CallReleased { cause: ReleaseCause::Restart, .. }));
    assert!(released && before.len() == 1 && believed(&rig, 1, &before).is_empty());
}
