//! Calls between users (11.1): who may make them, manual answer, refusals, the first of several, call-back, ambient listening.

use call_control::client::{
    CallBackUrgency, ClientCommand, ClientEvent, Commencement, PrivateCall, RemoteRequest,
};
use call_control::{Listening, PrivateCallKind};
use mcptt_codec::xml::poc_settings::AnswerMode;
use mcptt_server::ue::UeEvent;

use crate::case::Case;
use crate::case::actors::{ALICE, BOB, CAROL, FIRE, MOMENT, everybody_is_there};
use crate::rig::{Actor, Rig, Unmet};

/// Alice may make every call, bob and carol take part.
const ALL: &str = "
[[user]]
mcptt-id = \"sip:alice@mc.example.org\"
private-calls = { allowed = true, any-user = true, participation = true, automatic-commencement = true, manual-commencement = true, first-to-answer = true, call-back = true, cancel-call-back = true }
[[user]]
mcptt-id = \"sip:bob@mc.example.org\"
private-calls = { allowed = true, any-user = true, participation = true, automatic-commencement = true, manual-commencement = true }
[[user]]
mcptt-id = \"sip:carol@mc.example.org\"
private-calls = { allowed = true, any-user = true, participation = true, automatic-commencement = true, manual-commencement = true }
";

/// Alice lacks one right; bob may take part.
macro_rules! without {
    ($rights:literal) => {
        concat!(
            "[[user]]\nmcptt-id = \"sip:alice@mc.example.org\"\nprivate-calls = { participation = true, ",
            $rights,
            " }\n[[user]]\nmcptt-id = \"sip:bob@mc.example.org\"\nprivate-calls = { participation = true }\n",
            "[[user]]\nmcptt-id = \"sip:carol@mc.example.org\"\nprivate-calls = { participation = true }\n"
        )
    };
}

/// These users, logged in; those who are to answer by hand do.
fn users<const N: usize>(rig: &mut Rig, users: [(&str, AnswerMode); N]) -> Result<[Actor; N], Unmet> {
    let actors = users.map(|(user, mode)| {
        rig.client_with(user, |client| {
            client.suites.clear();
            client.answer_mode = mode;
        })
    });
    for actor in actors {
        rig.log_in(actor, &[])?;
    }
    Ok(actors)
}

/// Alice and bob; alice calls in this way.
fn alice_calls(rig: &mut Rig, mode: AnswerMode, call: PrivateCall) -> Result<[Actor; 2], Unmet> {
    let actors = users(rig, [(ALICE, AnswerMode::Automatic), (BOB, mode)])?;
    rig.signal(actors[0], ClientCommand::CallUser(call));
    Ok(actors)
}

/// The same, and the refusal comes.
fn refused(rig: &mut Rig, call: PrivateCall) -> Result<(), Unmet> {
    let [alice, _] = alice_calls(rig, AnswerMode::Automatic, call)?;
    rig.expect(alice, "a refusal", |event| matches!(event, UeEvent::Client(ClientEvent::CallFailed { .. })))?;
    rig.advance(MOMENT);
    Ok(())
}

/// Waits until the user is asked whether to take the call.
fn rings(rig: &mut Rig, actor: Actor) -> Result<(), Unmet> {
    rig.expect(actor, "a call that waits for its user", |event| {
        matches!(event, UeEvent::Client(ClientEvent::CallReceived { waiting: true, .. }))
    })?;
    rig.advance(MOMENT);
    Ok(())
}

/// Alice asks something of bob's client.
fn asked(rig: &mut Rig, request: RemoteRequest) -> Result<(), Unmet> {
    let [alice, _] = users(rig, [(ALICE, AnswerMode::Automatic), (BOB, AnswerMode::Automatic)])?;
    rig.signal(alice, ClientCommand::AskUser { user: BOB.into(), request });
    rig.advance(MOMENT);
    Ok(())
}

fn manual() -> PrivateCall {
    PrivateCall { commencement: Commencement::Manual, implicit_request: false, ..PrivateCall::new(BOB) }
}

pub(super) const CASES: &[&Case] = &[
    &Case {
        id: "PC-01/automatic",
        title: "a call to a user is answered when the called client has answered, and both talk in turn",
        requirements: &["24.379-11.1.1.4.2:wait"],
        configuration: "",
        scenario: |rig| {
            let call = PrivateCall { implicit_request: false, ..PrivateCall::new(BOB) };
            let [alice, bob] = alice_calls(rig, AnswerMode::Automatic, call)?;
            everybody_is_there(rig, &[alice, bob])?;
            for talker in [bob, alice] {
                rig.press(talker);
                rig.advance(MOMENT);
                rig.speak(talker, MOMENT);
                rig.advance(MOMENT);
                rig.release(talker);
                rig.advance(MOMENT);
            }
            rig.leave(alice);
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "PC-01/manual",
        title: "the caller hears that the called client rings, and is answered when its user takes the call",
        requirements: &["24.379-11.1.1.4.2:180", "24.379-11.1.1.4.2:wait"],
        configuration: "",
        scenario: |rig| {
            let [alice, bob] = alice_calls(rig, AnswerMode::Manual, manual())?;
            rings(rig, bob)?;
            let call = rig.call_of(bob).ok_or(Unmet("a call"))?;
            rig.signal(bob, ClientCommand::Accept { call });
            everybody_is_there(rig, &[alice, bob])?;
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "PC-01/without-floor-control",
        title: "a call without floor control is answered when the called client has answered",
        requirements: &["24.379-11.1.1.4.2:wait"],
        configuration: "",
        scenario: |rig| {
            let call = PrivateCall { floor_control: false, implicit_request: false, ..PrivateCall::new(BOB) };
            let [alice, bob] = alice_calls(rig, AnswerMode::Automatic, call)?;
            everybody_is_there(rig, &[alice, bob])?;
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "PC-01/forced",
        title: "who may not force an answer is refused with 403 and warning 143",
        requirements: &["24.379-11.1.1.3.1.1:18"],
        configuration: "",
        scenario: |rig| {
            refused(rig, PrivateCall { commencement: Commencement::ForcedAutomatic, ..PrivateCall::new(BOB) })
        },
    },
    &Case {
        id: "PC-02/declined",
        title: "the caller is told how the called user has refused",
        requirements: &["24.379-11.1.1.4.1:fail", "24.379-11.1.1.4.2:180"],
        configuration: "",
        scenario: |rig| {
            let [_, bob] = alice_calls(rig, AnswerMode::Manual, manual())?;
            rings(rig, bob)?;
            let call = rig.call_of(bob).ok_or(Unmet("a call"))?;
            rig.signal(bob, ClientCommand::Decline { call });
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "PC-02/not-allowed",
        title: "who may not make calls between users is refused with 403 and warning 107",
        requirements: &["24.379-11.1.1.3.1.1:10"],
        configuration: without!("any-user = true, automatic-commencement = true"),
        scenario: |rig| refused(rig, PrivateCall::new(BOB)),
    },
    &Case {
        id: "PC-02/not-listed",
        title: "a call to a user outside of the caller's list is refused with 403 and warning 144",
        requirements: &["24.379-11.1.1.3.1.1:11"],
        configuration: without!(
            "allowed = true, users = [\"sip:carol@mc.example.org\"], automatic-commencement = true"
        ),
        scenario: |rig| refused(rig, PrivateCall::new(BOB)),
    },
    &Case {
        id: "PC-02/automatic-not-allowed",
        title: "who may not have calls answered automatically is refused with 403 and warning 125",
        requirements: &["24.379-11.1.1.3.1.1:125"],
        configuration: without!("allowed = true, any-user = true, manual-commencement = true"),
        scenario: |rig| refused(rig, PrivateCall::new(BOB)),
    },
    &Case {
        id: "PC-02/manual-not-allowed",
        title: "who may not leave the answer to the called user is refused with 403 and warning 126",
        requirements: &["24.379-11.1.1.3.1.1:126"],
        configuration: without!("allowed = true, any-user = true, automatic-commencement = true"),
        scenario: |rig| refused(rig, manual()),
    },
    &Case {
        id: "PC-02/no-participation",
        title: "a call to a user who may not take part is refused with 403 and warning 127",
        requirements: &["24.379-11.1.1.3.2:8"],
        configuration: "
[[user]]
mcptt-id = \"sip:alice@mc.example.org\"
private-calls = { allowed = true, any-user = true, automatic-commencement = true }
[[user]]
mcptt-id = \"sip:bob@mc.example.org\"
",
        scenario: |rig| refused(rig, PrivateCall::new(BOB)),
    },
    &Case {
        id: "PC-02/nobody",
        title: "a call that names nobody is refused with 403 and warning 145",
        requirements: &["24.379-11.1.1.3.1.1:8"],
        configuration: "",
        scenario: |rig| refused(rig, PrivateCall { callees: Vec::new(), ..PrivateCall::new(BOB) }),
    },
    &Case {
        id: "PC-03/not-allowed",
        title: "who may not ask to be called back is refused with 403 and warning 151",
        requirements: &["24.379-11.1.5:151"],
        configuration: "",
        scenario: |rig| {
            let request = RemoteRequest::CallBack { urgency: CallBackUrgency::Normal, time: 1_767_225_600 };
            asked(rig, request)
        },
    },
    &Case {
        id: "PC-03/cancel-not-allowed",
        title: "who may not withdraw the wish to be called back is refused with 403 and warning 152",
        requirements: &["24.379-11.1.5:152"],
        configuration: "",
        scenario: |rig| asked(rig, RemoteRequest::CancelCallBack),
    },
    &Case {
        id: "PC-05/not-allowed",
        title: "who may not make others' clients call users is refused with 403 and warning 100",
        requirements: &["24.379-11.1.7"],
        configuration: "",
        scenario: |rig| asked(rig, RemoteRequest::CallUser { callee: CAROL.into(), notify: true }),
    },
    &Case {
        id: "GC-13/remote-not-allowed",
        title: "who may not make others' clients call groups is refused with 403 and warning 100",
        requirements: &["24.379-10.1.5:perm"],
        configuration: "",
        scenario: |rig| asked(rig, RemoteRequest::CallGroup { group: FIRE.into() }),
    },
    &Case {
        id: "GC-13/selection-not-allowed",
        title: "who may not select groups for others is refused with 403 and warning 100",
        requirements: &["24.379-10.1.4:perm"],
        configuration: "",
        scenario: |rig| asked(rig, RemoteRequest::SelectGroup { group: FIRE.into(), affiliate: true }),
    },
    &Case {
        id: "AFF-05/not-allowed",
        title: "who may not recommend affiliations to others is refused with 403 and warning 100",
        requirements: &["24.379-9.2.2.2:negotiated"],
        configuration: "",
        scenario: |rig| {
            asked(rig, RemoteRequest::Recommend { affiliate: vec![FIRE.into()], de_affiliate: Vec::new() })
        },
    },
    &Case {
        id: "PC-04/not-allowed",
        title: "who may not listen to others is refused with 403 and warning 154",
        requirements: &["24.379-11.1.6:154"],
        configuration: "",
        scenario: |rig| {
            let kind = PrivateCallKind::AmbientListening(Listening::RemoteInit);
            refused(rig, PrivateCall { kind, ..PrivateCall::new(BOB) })
        },
    },
    &Case {
        id: "PC-06/first",
        title: "of several called users the first one to answer stays, the others are cancelled",
        requirements: &["24.379-11.1.1.4:fta-cancel", "24.379-11.1.1.4.2:wait"],
        configuration: ALL,
        scenario: |rig| {
            let [alice, bob, carol] = users(
                rig,
                [(ALICE, AnswerMode::Automatic), (BOB, AnswerMode::Manual), (CAROL, AnswerMode::Manual)],
            )?;
            let call = PrivateCall {
                callees: vec![BOB.into(), CAROL.into()],
                kind: PrivateCallKind::FirstToAnswer,
                ..manual()
            };
            rig.signal(alice, ClientCommand::CallUser(call));
            rings(rig, bob)?;
            rings(rig, carol)?;
            let call = rig.call_of(bob).ok_or(Unmet("a call"))?;
            rig.signal(bob, ClientCommand::Accept { call });
            everybody_is_there(rig, &[alice, bob])?;
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "PC-06/not-allowed",
        title: "who may not call the first of several is refused with 403 and warning 156",
        requirements: &["24.379-11.1.1.3.1.1:156"],
        configuration: "",
        scenario: |rig| {
            let kind = PrivateCallKind::FirstToAnswer;
            refused(rig, PrivateCall { callees: vec![BOB.into(), CAROL.into()], kind, ..manual() })
        },
    },
];
