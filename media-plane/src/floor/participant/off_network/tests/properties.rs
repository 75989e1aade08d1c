//! What holds over the radio whatever the users do and whatever is lost.

use std::time::Duration;

use proptest::prelude::*;

use super::radio::{Conditions, Radio};
use super::rig::{millis, secs};
use crate::floor::participant::off_network::{Input, State};
use crate::testing::cases;

#[derive(Clone, Debug)]
enum Action {
    Press { priority: u8, emergency: bool },
    Release,
    Accept,
    Cancel,
    AskPosition,
}

/// Something that a user does, after a pause.
#[derive(Clone, Debug)]
struct Step {
    pause: u64,
    user: usize,
    action: Action,
}

fn action() -> impl Strategy<Value = Action> {
    let press = (0..3u8, prop::bool::weighted(0.1))
        .prop_map(|(priority, emergency)| Action::Press { priority, emergency });
    prop_oneof![
        6 => press,
        4 => Just(Action::Release),
        1 => Just(Action::Accept),
        1 => Just(Action::Cancel),
        1 => Just(Action::AskPosition),
    ]
}

fn script() -> impl Strategy<Value = Vec<Step>> {
    let step = (prop_oneof![1..60u64, 60..500u64], 0..6usize, action())
        .prop_map(|(pause, user, action)| Step { pause, user, action });
    prop::collection::vec(step, 0..16)
}

fn conditions() -> impl Strategy<Value = Conditions> {
    (0..=20u32, 0..=20u32, 1..=30u64).prop_map(|(loss, duplicates, delay)| Conditions {
        loss,
        duplicates,
        delay: millis(delay),
    })
}

/// No user is faster than this.
const REACTION: Duration = Duration::from_millis(60);

/// Lets the users do what the script says.
fn play(radio: &mut Radio, script: &[Step]) {
    let mut last = vec![None; radio.members.len()];
    for Step { pause, user, action } in script {
        radio.run(millis(*pause));
        let user = user % radio.members.len();
        if last[user].is_some_and(|last| radio.now < last + REACTION) {
            continue;
        }
        last[user] = Some(radio.now);
        match action {
            Action::Press { priority, emergency } => radio.press_with(user, *priority, *emergency),
            Action::Release => radio.release(user),
            Action::Accept => radio.input(user, Input::AcceptGrant),
            Action::Cancel => radio.input(user, Input::CancelRequest),
            Action::AskPosition => radio.input(user, Input::AskQueuePosition),
        }
    }
}

/// Longer than any chain of waits can be: a talk to its limit, then for everybody in the queue all copies of a grant and
/// the time to accept it, then the silence after a talker that vanished.
const SETTLED: Duration = Duration::from_secs(10);

proptest! {
    #![proptest_config(cases(1_000))]

    /// Nobody is stuck, and what was lost does no lasting harm.
    #[test]
    fn everybody_comes_to_rest_and_the_call_goes_on(
        size in 2..=6usize,
        queueing in any::<bool>(),
        seed in any::<u64>(),
        conditions in conditions(),
        script in script(),
    ) {
        let mut radio = Radio::new(size, seed, conditions, |settings| settings.queueing = queueing);
        play(&mut radio, &script);
        radio.let_go();
        radio.run(SETTLED);
        prop_assert!(radio.is_silent(), "{:?}", radio.states());
        // With a good radio, one press is enough to be heard by everybody.
        radio.conditions = Conditions::GOOD;
        let talker = radio.members[seed as usize % size].ssrc;
        radio.press(seed as usize % size);
        radio.run(millis(300));
        prop_assert_eq!(radio.talkers(), [talker]);
        let expected: Vec<_> =
            radio.members.iter().map(|member| (member.ssrc != talker).then_some(talker)).collect();
        prop_assert_eq!(radio.beliefs(), expected);
        radio.let_go();
        radio.run(millis(100));
        prop_assert!(radio.is_silent(), "{:?}", radio.states());
    }
}

proptest! {
    #![proptest_config(cases(600))]

    /// At most one has permission at any time, as long as nothing is lost: duplicates, delays and reordering alone never
    /// make a second talker. (With loss they can: the floor is taken by asking in vain, and whoever does not hear the
    /// answers asks in vain.)
    #[test]
    fn without_loss_there_is_one_talker_at_a_time(
        size in 2..=6usize,
        queueing in any::<bool>(),
        seed in any::<u64>(),
        delay in 1..=20u64,
        script in script(),
    ) {
        let conditions = Conditions { delay: millis(delay), ..Conditions::GOOD };
        let mut radio = Radio::new(size, seed, conditions, |settings| settings.queueing = queueing);
        play(&mut radio, &script);
        radio.run(secs(3));
        prop_assert!(radio.most_talkers <= 1);
        // Whoever still holds the button and talks is heard by everybody else, as soon as two packets have arrived.
        let settled = |since| radio.now >= since + millis(150);
        let talker = radio.members.iter().find(|member| member.talks_since.is_some_and(settled));
        for member in &radio.members {
            if let Some(talker) = talker.filter(|talker| talker.ssrc != member.ssrc) {
                prop_assert_eq!(member.participant.arbitrator(), Some(talker.ssrc));
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(400))]

    /// Everybody who goes on asking gets a turn, whatever is lost: the queue survives every hand-over, and whoever lost
    /// the place in it asks again.
    #[test]
    fn everybody_who_holds_the_button_talks_in_the_end(
        size in 2..=5usize,
        queueing in any::<bool>(),
        seed in any::<u64>(),
        conditions in conditions(),
        pauses in prop::collection::vec(0..400u64, 5),
    ) {
        let mut radio = Radio::new(size, seed, conditions, |settings| settings.queueing = queueing);
        for (user, pause) in (0..size).zip(pauses) {
            radio.press(user);
            radio.run(millis(pause));
        }
        // Who has talked lets go; who was refused presses again.
        for _ in 0..300 {
            radio.run(millis(100));
            for user in 0..size {
                let member = &radio.members[user];
                if member.talks_since.is_some_and(|since| radio.now >= since + millis(300)) {
                    radio.release(user);
                } else if member.talks == 0 && member.refused {
                    radio.release(user);
                    radio.press(user);
                }
            }
            if radio.members.iter().all(|member| member.talks > 0) {
                break;
            }
        }
        let silent: Vec<State> = radio
            .members
            .iter()
            .filter(|member| member.talks == 0)
            .map(|member| member.participant.state())
            .collect();
        prop_assert_eq!(silent, []);
    }
}
