//! What holds over the radio whatever the users do and whatever is lost.

use call_control::off_network::OffNetworkCommand;
use mcptt_codec::monp::CallType;
use proptest::prelude::*;

use super::radio::*;

#[derive(Clone, Debug)]
enum Action {
    Call(CallType),
    Leave,
    Change(CallType),
    Press,
    LetGo,
    Broadcast,
    EndBroadcast,
    CallUser(usize),
    EndUser(usize),
    Part(u8),
    Unite,
}

fn action() -> impl Strategy<Value = Action> {
    use Action as A;
    let call_type = || {
        prop::sample::select(vec![
            CallType::BASIC_GROUP,
            CallType::EMERGENCY_GROUP,
            CallType::IMMINENT_PERIL_GROUP,
        ])
    };
    prop_oneof![
        4 => call_type().prop_map(A::Call),
        1 => Just(A::Leave),
        2 => call_type().prop_map(A::Change),
        4 => Just(A::Press),
        3 => Just(A::LetGo),
        1 => Just(A::Broadcast),
        1 => Just(A::EndBroadcast),
        1 => (0..5usize).prop_map(A::CallUser),
        1 => (0..5usize).prop_map(A::EndUser),
        1 => (1..32u8).prop_map(A::Part),
        1 => Just(A::Unite),
    ]
}

fn script() -> impl Strategy<Value = Vec<(u64, usize, Action)>> {
    let step = (prop_oneof![10..200u64, 200..4_000u64], 0..5usize, action());
    prop::collection::vec(step, 0..16)
}

fn play(radio: &mut Radio, script: Vec<(u64, usize, Action)>) {
    let size = radio.clients.len();
    for (pause, by, action) in script {
        radio.run(ms(pause));
        let (by, group) = (by % size, group_id());
        match action {
            Action::Call(call_type) => radio.call(by, call_type),
            Action::Leave => radio.client(by, OffNetworkCommand::LeaveGroupCall { group }),
            Action::Change(call_type) => {
                radio.client(by, OffNetworkCommand::ChangeGroupCall { group, call_type });
            }
            Action::Press => radio.press(by),
            Action::LetGo => radio.let_go(by),
            Action::Broadcast => radio.client(by, OffNetworkCommand::Broadcast { group }),
            Action::EndBroadcast => radio.client(by, OffNetworkCommand::EndBroadcast { group }),
            Action::CallUser(with) => radio.client(
                by,
                OffNetworkCommand::CallUser {
                    user: user(with % size),
                    manual: false,
                    emergency: false,
                    location: None,
                },
            ),
            Action::EndUser(with) => {
                radio.client(by, OffNetworkCommand::EndPrivateCall { user: user(with % size) });
            }
            Action::Part(cut) => radio.cells = (0..size).map(|number| (cut >> number) & 1).collect(),
            Action::Unite => radio.cells = vec![0; size],
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(48),
        ..ProptestConfig::default()
    })]

    /// Whatever has happened: once everything else is over and everybody hears everybody, a call of the group is one call
    /// with one floor, and whoever takes the floor is heard by all.
    #[test]
    fn one_call_one_floor_and_everybody_hears(
        size in 2..=5usize,
        seed in any::<u64>(),
        loss in 0..=20u32,
        duplicates in 0..=20u32,
        delay in 1..=30u64,
        script in script(),
    ) {
        let conditions = Conditions { loss, duplicates, delay: ms(delay) };
        let mut radio = Radio::new(size, seed, conditions, |_| {});
        play(&mut radio, script);
        radio.conditions = Conditions::GOOD;
        radio.cells = vec![0; size];
        // Twice: what was on its way may have brought somebody into a call that the others have just left, and they would
        // ignore it for as long as it is announced.
        for _ in 0..2 {
            for number in 0..size {
                radio.client(number, OffNetworkCommand::EndBroadcast { group: group_id() });
                for with in 0..size {
                    radio.client(number, OffNetworkCommand::EndPrivateCall { user: user(with) });
                }
                radio.client(number, OffNetworkCommand::LeaveGroupCall { group: group_id() });
                radio.let_go(number);
            }
            radio.run(secs(1));
        }
        // Nothing of any call is left, not even of a broadcast whose end was lost.
        radio.run(secs(340));
        prop_assert_eq!(radio.talkers(), Vec::<usize>::new());
        radio.call(0, CallType::BASIC_GROUP);
        radio.run(secs(1));
        prop_assert!(radio.all_in_one_call(), "{:?}", radio.calls());
        prop_assert_eq!(radio.talkers(), vec![0]);
        radio.let_go(0);
        radio.run(secs(1));
        let talker = size - 1;
        radio.press(talker);
        radio.run(secs(1));
        prop_assert_eq!(radio.talkers(), vec![talker]);
        let heard = radio.hears(secs(1));
        for (listener, heard) in heard.iter().enumerate().take(talker) {
            prop_assert_eq!(heard, &vec![ssrc(talker)], "{}", listener);
        }
    }

    /// While nothing is lost and nobody moves, there is never more than one talker for longer than it takes to find out.
    #[test]
    fn there_is_one_floor(
        size in 2..=5usize,
        seed in any::<u64>(),
        presses in prop::collection::vec((200..3_000u64, 0..5usize, any::<bool>()), 0..16),
    ) {
        let mut radio = Radio::new(size, seed, Conditions::GOOD, |_| {});
        radio.call(0, CallType::BASIC_GROUP);
        radio.run(secs(1));
        for (pause, by, press) in presses {
            radio.run(ms(pause));
            if press { radio.press(by % size) } else { radio.let_go(by % size) }
            radio.run(ms(200));
            prop_assert!(radio.talkers().len() <= 1, "{:?}", radio.talkers());
        }
    }
}
