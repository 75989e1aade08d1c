//! What users may ask of others' clients (10.1.4, 10.1.5, 11.1.5, 11.1.6, 11.1.7), and that it is done.

use call_control::client::{CallBackUrgency, ClientCommand, ClientEvent, PrivateCall, RemoteRequest};
use call_control::{Listening, PrivateCallKind};
use mcptt_server::ue::UeEvent;

use crate::case::Case;
use crate::case::actors::{ALICE, BOB, CAROL, FIRE, MOMENT, everybody_is_there, members};
use crate::rig::{Actor, Rig, Unmet};

/// Alice may ask everything of others, who may be called.
const ASKS: &str = "
[[user]]
mcptt-id = \"sip:alice@mc.example.org\"
remote-group-calls = true
remote-group-selection = [\"sip:bob@mc.example.org\"]
private-calls = { allowed = true, any-user = true, participation = true, automatic-commencement = true, manual-commencement = true, call-back = true, cancel-call-back = true, remote-initiation = true, remote-ambient-listening = true, local-ambient-listening = true }
[[user]]
mcptt-id = \"sip:bob@mc.example.org\"
private-calls = { allowed = true, any-user = true, participation = true, automatic-commencement = true, manual-commencement = true }
[[user]]
mcptt-id = \"sip:carol@mc.example.org\"
private-calls = { allowed = true, any-user = true, participation = true, automatic-commencement = true, manual-commencement = true }
";

/// Alice asks something of bob's client; what it answers has come back.
fn asked(rig: &mut Rig, actors: &[Actor], request: RemoteRequest) -> Result<(), Unmet> {
    let [alice, ..] = actors else { return Err(Unmet("somebody who asks")) };
    rig.events(*alice);
    rig.signal(*alice, ClientCommand::AskUser { user: BOB.into(), request });
    rig.expect(*alice, "the outcome", |event| {
        matches!(event, UeEvent::Client(ClientEvent::RemoteOutcome { success: true, .. }))
    })?;
    rig.advance(MOMENT);
    Ok(())
}

fn call_back() -> RemoteRequest {
    RemoteRequest::CallBack { urgency: CallBackUrgency::Normal, time: 1_767_225_600 }
}

/// Alice listens to bob, or has him listen to her.
fn listens(rig: &mut Rig, listening: Listening) -> Result<(), Unmet> {
    let [alice, bob] = members(rig, [ALICE, BOB])?;
    let kind = PrivateCallKind::AmbientListening(listening);
    let call = PrivateCall { kind, implicit_request: false, ..PrivateCall::new(BOB) };
    rig.signal(alice, ClientCommand::CallUser(call));
    everybody_is_there(rig, &[alice, bob])?;
    rig.advance(MOMENT);
    Ok(())
}

pub(super) const CASES: &[&Case] = &[
    &Case {
        id: "PC-03/asked",
        title: "the wish to be called back reaches the other user's client, whose answer comes back",
        requirements: &["24.379-11.1.5:relay"],
        configuration: ASKS,
        scenario: |rig| {
            let actors = members(rig, [ALICE, BOB])?;
            asked(rig, &actors, call_back())
        },
    },
    &Case {
        id: "PC-03/withdrawn",
        title: "so does its withdrawal",
        requirements: &["24.379-11.1.5:relay"],
        configuration: ASKS,
        scenario: |rig| {
            let actors = members(rig, [ALICE, BOB])?;
            asked(rig, &actors, call_back())?;
            asked(rig, &actors, RemoteRequest::CancelCallBack)
        },
    },
    &Case {
        id: "PC-03/fulfilled",
        title: "and the other user calls back",
        requirements: &["24.379-11.1.5:relay", "24.379-11.1.1.4.2:wait"],
        configuration: ASKS,
        scenario: |rig| {
            let actors = members(rig, [ALICE, BOB])?;
            asked(rig, &actors, call_back())?;
            let call = PrivateCall { implicit_request: false, ..PrivateCall::new(ALICE) };
            rig.signal(actors[1], ClientCommand::CallUser(call));
            everybody_is_there(rig, &actors)?;
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "PC-05/calls",
        title: "another user's client is made to call a third one, and who asked is told that it has",
        requirements: &["24.379-11.1.7:relay", "24.379-11.1.1.4.2:wait"],
        configuration: ASKS,
        scenario: |rig| {
            let actors = members(rig, [ALICE, BOB, CAROL])?;
            asked(rig, &actors, RemoteRequest::CallUser { callee: CAROL.into(), notify: true })
        },
    },
    &Case {
        id: "GC-13/remote-call",
        title: "another user's client is made to call a group, and who asked is told that it has",
        requirements: &["24.379-10.1.5"],
        configuration: ASKS,
        scenario: |rig| {
            let actors = members(rig, [ALICE, BOB])?;
            asked(rig, &actors, RemoteRequest::CallGroup { group: FIRE.into() })
        },
    },
    &Case {
        id: "GC-13/selection",
        title: "the group that another user has selected is changed, and who asked is told so",
        requirements: &["24.379-10.1.4:relay"],
        configuration: ASKS,
        scenario: |rig| {
            let actors = members(rig, [ALICE, BOB])?;
            asked(rig, &actors, RemoteRequest::SelectGroup { group: FIRE.into(), affiliate: true })
        },
    },
    &Case {
        id: "PC-04/remote",
        title: "the client of a user that is listened to answers without a sign and has the floor",
        requirements: &["24.379-11.1.6:silent", "24.379-11.1.6:type"],
        configuration: ASKS,
        scenario: |rig| listens(rig, Listening::RemoteInit),
    },
];
