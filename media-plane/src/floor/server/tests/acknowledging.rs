//! Who acknowledges what, and where (3.4 to 3.7 of the procedures: 6.3.5.3.7, 6.3.5.4.5, 6.3.5.5.3, 6.3.5.6.5, 6.3.5.7.4).

use mcptt_codec::floor::{FloorMessage, Subtype};

use super::rig::{Rig, Setup, ack, secs};
use crate::floor::FloorOutput;
use crate::floor::server::{FloorSignalling, towards};
use crate::floor::settings::{AcknowledgePolicy, Entry};

/// A call in which the machine towards participant 2 is in `state`.
fn rig_in(state: towards::State) -> Rig {
    use towards::State as S;
    let setup = Setup::with_participants(3).emergency(3);
    let mut rig = match state {
        S::StartStop => {
            let mut rig = setup.start();
            rig.join(2, Entry::Invited);
            rig
        }
        S::NotPermittedInitiating => setup.temporary_group().idle(),
        S::NotPermittedFloorTaken | S::NotPermittedButSendsMedia | S::Releasing => setup.taken(),
        _ => setup.idle(),
    };
    match state {
        S::Permitted | S::PendingFloorRevoke => rig.request(2),
        S::NotPermittedButSendsMedia => drop(rig.media(2)),
        S::Releasing => rig.signal(FloorSignalling::ReleaseStarted),
        _ => {}
    }
    if state == S::PendingFloorRevoke {
        rig.request_emergency(3);
    }
    assert_eq!(rig.state(2), state);
    rig.forget();
    rig
}

//= 24.380-6.3.5.3.7:1 test
//= 24.380-6.3.5.4.5:1 test
//= 24.380-6.3.5.5.3 test
//= 24.380-6.3.5.6.5 test
//= 24.380-6.3.5.7.4 test
//= 24.380-6.3.5.10.7 test
#[test]
fn a_floor_release_is_acknowledged_first_wherever_it_has_a_procedure_and_each_time() {
    use towards::State as S;
    let answered = [
        S::NotPermittedFloorIdle,
        S::NotPermittedFloorTaken,
        S::Permitted,
        S::PendingFloorRevoke,
        S::NotPermittedButSendsMedia,
        S::NotPermittedInitiating,
    ];
    for state in answered {
        let mut rig = rig_in(state);
        for _ in 0..2 {
            rig.release_with(2, true);
            assert_eq!(rig.drain().first(), Some(&ack(2, Subtype::FLOOR_RELEASE)), "{state}");
        }
        let mut rig = rig_in(state);
        rig.release(2);
        assert!(!rig.drain().contains(&ack(2, Subtype::FLOOR_RELEASE)), "{state}");
    }
    for state in [S::StartStop, S::Releasing] {
        let mut rig = rig_in(state);
        rig.release_with(2, true);
        assert_eq!(rig.drain(), [], "{state}");
    }
}

/// Which messages ask for a Floor Ack.
fn asking(outputs: Vec<FloorOutput>) -> Vec<(&'static str, bool)> {
    let sent = outputs.into_iter().filter_map(|output| match output {
        FloorOutput::Send { message, .. } | FloorOutput::SendAll { message, .. } => Some(message),
        _ => None,
    });
    sent.map(|message: FloorMessage| (message.name(), message.ack_requested())).collect()
}

//= 24.380-6.3.5.3.5 test
#[test]
fn each_kind_of_message_asks_for_a_floor_ack_if_the_operator_wants_it_to() {
    type Choice = fn(&mut AcknowledgePolicy);
    let choices: [(Choice, &[&str]); 6] = [
        (|_| {}, &[]),
        (|policy| policy.granted = true, &["Floor Granted"]),
        (|policy| policy.taken = true, &["Floor Taken"]),
        (|policy| policy.deny = true, &["Floor Deny"]),
        (|policy| policy.idle = true, &["Floor Idle"]),
        (|policy| policy.queue_position_info = true, &["Floor Queue Position Info"]),
    ];
    for (choice, expected) in choices {
        let setup = Setup::with_participants(3).queueing(&[2]);
        let mut rig = setup.policy(|policy| choice(&mut policy.acknowledge)).idle();
        rig.request(1);
        rig.request(2);
        rig.request(3);
        rig.release(2);
        rig.release(1);
        rig.advance(secs(1));
        let seen = asking(rig.drain());
        assert!(seen.iter().all(|(name, asked)| *asked == expected.contains(name)), "{seen:?}");
        assert!(expected.iter().all(|name| seen.iter().any(|(seen, _)| seen == name)), "{seen:?}");
    }
}
