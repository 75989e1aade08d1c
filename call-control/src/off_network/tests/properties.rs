//! What holds over the radio whatever the users do and whatever is lost.

use mcptt_codec::monp::CallType;
use proptest::prelude::*;

use super::radio::*;
use crate::off_network::*;

#[derive(Clone, Debug)]
enum Action {
    Call(CallType),
    Leave,
    Change(CallType),
    Accept,
    Reject,
    Broadcast,
    EndBroadcast,
    CallUser { with: usize, manual: bool, emergency: bool },
    AcceptUser(usize),
    EndUser(usize),
    ChangeUser { with: usize, emergency: bool },
    Alert,
    Cancel(usize),
    Part(u8),
    Unite,
}

#[derive(Clone, Debug)]
struct Step {
    pause: u64,
    by: usize,
    action: Action,
}

fn call_type() -> impl Strategy<Value = CallType> {
    prop::sample::select(vec![
        CallType::BASIC_GROUP,
        CallType::EMERGENCY_GROUP,
        CallType::IMMINENT_PERIL_GROUP,
    ])
}

fn action() -> impl Strategy<Value = Action> {
    use Action as A;
    prop_oneof![
        4 => call_type().prop_map(A::Call),
        2 => Just(A::Leave),
        3 => call_type().prop_map(A::Change),
        2 => Just(A::Accept),
        1 => Just(A::Reject),
        1 => Just(A::Broadcast),
        1 => Just(A::EndBroadcast),
        3 => (0..5usize, any::<bool>(), any::<bool>())
            .prop_map(|(with, manual, emergency)| A::CallUser { with, manual, emergency }),
        2 => (0..5usize).prop_map(A::AcceptUser),
        2 => (0..5usize).prop_map(A::EndUser),
        2 => (0..5usize, any::<bool>()).prop_map(|(with, emergency)| A::ChangeUser { with, emergency }),
        1 => Just(A::Alert),
        1 => (0..5usize).prop_map(A::Cancel),
        1 => (1..32u8).prop_map(A::Part),
        1 => Just(A::Unite),
    ]
}

fn script() -> impl Strategy<Value = Vec<Step>> {
    let pause = prop_oneof![0..200u64, 200..8_000u64];
    let step = (pause, 0..5usize, action()).prop_map(|(pause, by, action)| Step { pause, by, action });
    prop::collection::vec(step, 0..24)
}

fn play(radio: &mut Radio, script: Vec<Step>) {
    let size = radio.clients.len();
    for Step { pause, by, action } in script {
        radio.run(ms(pause));
        let (by, group, user) = (by % size, group_id(), |with: usize| user(with % size));
        use OffNetworkCommand as C;
        let command = match action {
            Action::Call(call_type) => C::CallGroup { group, call_type },
            Action::Leave => C::LeaveGroupCall { group },
            Action::Change(call_type) => C::ChangeGroupCall { group, call_type },
            Action::Accept => C::AcceptGroupCall { group },
            Action::Reject => C::RejectGroupCall { group },
            Action::Broadcast => C::Broadcast { group },
            Action::EndBroadcast => C::EndBroadcast { group },
            Action::CallUser { with, manual, emergency } => {
                C::CallUser { user: user(with), manual, emergency, location: None }
            }
            Action::AcceptUser(with) => C::AcceptPrivateCall { user: user(with) },
            Action::EndUser(with) => C::EndPrivateCall { user: user(with) },
            Action::ChangeUser { with, emergency } => C::ChangePrivateCall { user: user(with), emergency },
            Action::Alert => C::Alert { group, location: None },
            Action::Cancel(with) => C::CancelAlert { group, user: user(with) },
            Action::Part(cut) => {
                radio.cells = (0..size).map(|number| (cut >> number) & 1).collect();
                continue;
            }
            Action::Unite => {
                radio.cells = vec![0; size];
                continue;
            }
        };
        radio.command(by, command);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(300),
        ..ProptestConfig::default()
    })]

    /// Whatever has happened, all who take part in a call of the group take part in the same one, of the same type, once
    /// they have heard each other for a while; and in the end nothing is left of any call.
    #[test]
    fn calls_merge_and_end(
        size in 2..=5usize,
        seed in any::<u64>(),
        loss in 0..=30u32,
        duplicates in 0..=30u32,
        delay in 1..=40u64,
        user_action in prop::bool::weighted(0.2),
        confirm_mode in any::<bool>(),
        script in script(),
    ) {
        let conditions = Conditions { loss, duplicates, delay: ms(delay) };
        let mut radio = Radio::with(size, seed, conditions, |config| {
            config.groups[0].user_action = user_action;
            config.groups[0].confirm_mode = confirm_mode;
            config.groups[0].maximum_duration = Some(secs(900));
        });
        play(&mut radio, script);
        // From here on everything that is said is heard.
        radio.conditions = Conditions::GOOD;
        radio.cells = vec![0; size];
        radio.run(secs(60));
        let calls: Vec<_> = radio.calls().into_iter().flatten().collect();
        prop_assert!(calls.windows(2).all(|pair| pair[0] == pair[1]), "{calls:?}");
        let types: Vec<_> = (0..size)
            .filter(|number| radio.calls()[*number].is_some())
            .map(|number| radio.type_state(number))
            .collect();
        prop_assert!(types.windows(2).all(|pair| pair[0] == pair[1]), "{types:?}");
        // Requests and releases are decided by then. Who has not heard a release ends the call at TFP5.
        for one in 0..size {
            for other in 0..size {
                let state = radio.clients[one].private_states(&user(other)).0;
                let decided =
                    [PrivateCallState::StartStop, PrivateCallState::Ignoring, PrivateCallState::Ongoing];
                prop_assert!(decided.contains(&state), "{one} with {other}: {state}");
            }
        }
        for number in 0..size {
            radio.leave(number);
            for whose in 0..size {
                let command = OffNetworkCommand::CancelAlert { group: group_id(), user: user(whose) };
                radio.command(number, command);
            }
        }
        radio.run(secs(1_200));
        for (number, client) in radio.clients.iter().enumerate() {
            prop_assert_eq!(client.poll_timeout(), None, "{} still waits", number);
            prop_assert_eq!(radio.state(number), GroupCallState::StartStop);
            prop_assert_eq!(client.broadcast_state(&group_id()), Some(BroadcastState::StartStop));
        }
    }

    /// Octets that nobody would send harm nothing.
    #[test]
    fn any_octets_are_survived(octets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..40)) {
        let mut radio = Radio::new(1);
        for one in octets {
            let path = mcptt_codec::Path {
                local: (address(0), 8809).into(),
                remote: (address(1), 8809).into(),
            };
            let now = radio.now;
            radio.clients[0].handle_datagram(now, path, &one.into());
            while radio.clients[0].poll_output().is_some() {}
            radio.run(ms(30));
        }
    }
}
