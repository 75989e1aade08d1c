//! Group calls and broadcasts.

use call_control::off_network::{EndCause, OffNetworkCommand, OffNetworkEvent, Reach};
use mcptt_codec::floor::FloorIndicator;
use mcptt_codec::monp::CallType;
use media_plane::floor::participant::Notification;

use super::radio::*;
use crate::ue::off_network::OffNetworkUeEvent;

const BASIC: CallType = CallType::BASIC_GROUP;

/// Longer than it takes to find out that nobody arbitrates.
const CONTENTION: u64 = 400;

//= 24.379-10.2.2:probe test
//= 24.379-10.2.2:tfg1 test
#[test]
fn whoever_starts_a_call_talks_and_whoever_finds_it_by_a_probe_hears() {
    for conditions in [Conditions::GOOD, Conditions::POOR] {
        let mut radio = Radio::new(4, 17, conditions, |_| {});
        radio.cells[3] = 1;
        radio.call(0, BASIC);
        radio.run(secs(1));
        assert_eq!(radio.talkers(), [0]);
        assert_eq!(radio.hears(secs(2)), [vec![], vec![ssrc(0)], vec![ssrc(0)], vec![]]);
        radio.cells[3] = 0;
        radio.call(3, BASIC);
        radio.run(secs(1));
        assert!(radio.all_in_one_call());
        assert_eq!(radio.hears(secs(2))[3], [ssrc(0)]);
        // One floor, that everybody can have.
        for talker in [1, 3, 2] {
            radio.let_go(radio.talkers()[0]);
            radio.run(secs(1));
            assert!(radio.talkers().is_empty(), "{:?}", radio.talkers());
            radio.press(talker);
            radio.run(ms(CONTENTION));
            assert_eq!(radio.talkers(), [talker]);
            let heard = radio.hears(secs(1));
            for listener in (0..4).filter(|listener| *listener != talker) {
                assert_eq!(heard[listener], [ssrc(talker)]);
            }
        }
    }
}

//= 24.379-10.2:port test
#[test]
fn without_multicast_everything_goes_to_every_member() {
    let members: Vec<_> = (0..3).map(address).collect();
    let mut radio = Radio::new(3, 17, Conditions::GOOD, |config| {
        config.client.groups[0].reach = Reach::Direct(members.clone());
    });
    radio.call(0, BASIC);
    radio.run(secs(1));
    let heard = radio.hears(secs(2));
    assert_eq!(heard, [vec![], vec![ssrc(0)], vec![ssrc(0)]]);
    assert!(radio.ports.keys().all(|to| members.contains(&to.ip())), "{:?}", radio.ports);
    let ports: std::collections::BTreeSet<u16> = radio.ports.keys().map(|to| to.port()).collect();
    assert_eq!(ports.into_iter().collect::<Vec<_>>(), [8_809, 40_000, 40_002]);
}

//= 24.379-10.2.2:merge test
#[test]
fn calls_that_grew_apart_become_one_with_one_floor() {
    for (seed, conditions) in [(1, Conditions::GOOD), (2, Conditions::POOR), (3, Conditions::POOR)] {
        let mut radio = Radio::new(6, seed, conditions, |_| {});
        radio.cells = vec![0, 0, 0, 1, 1, 1];
        radio.call(0, BASIC);
        radio.run(secs(15));
        radio.call(3, BASIC);
        radio.run(secs(5));
        assert_eq!(radio.talkers(), [0, 3]);
        radio.cells = vec![0; 6];
        radio.run(secs(40));
        assert!(radio.all_in_one_call(), "{:?}", radio.calls());
        assert!(radio.was_told(4, |event| matches!(event, OffNetworkEvent::GroupCallMerged { .. })));
        // The talker of the call that has gone has lost the floor with it; limits of talk time end the other one.
        assert!(radio.talkers().len() <= 1, "{:?}", radio.talkers());
        for talker in radio.talkers() {
            radio.let_go(talker);
        }
        radio.run(secs(5));
        radio.press(4);
        radio.run(ms(CONTENTION));
        assert_eq!(radio.talkers(), [4]);
        let heard = radio.hears(secs(2));
        for listener in [0, 1, 2, 3, 5] {
            assert_eq!(heard[listener], [ssrc(4)], "{listener}");
        }
    }
}

//= 24.379-10.2.2:tfg6 test
#[test]
fn the_longest_duration_of_a_call_ends_floor_control_and_voice() {
    let mut radio = Radio::new(3, 5, Conditions::POOR, |config| {
        config.client.groups[0].maximum_duration = Some(secs(20));
    });
    radio.call(0, BASIC);
    radio.run(secs(19));
    assert_eq!(radio.talkers(), [0]);
    radio.run(secs(3));
    assert_eq!((radio.talkers(), radio.calls()), (vec![], vec![None; 3]));
    for number in 0..3 {
        let cause = EndCause::MaximumDuration;
        let left = OffNetworkEvent::GroupCallLeft { group: group_id(), cause };
        assert!(radio.was_told(number, |event| *event == left));
    }
    let last = radio.told.iter().rev().find_map(|(of, event)| match event {
        OffNetworkUeEvent::Microphone { open } if *of == 0 => Some(*open),
        _ => None,
    });
    assert_eq!(last, Some(false));
    radio.press(1);
    radio.run(secs(1));
    assert!(radio.talkers().is_empty(), "{:?}", radio.talkers());
}

//= 24.379-10.2.3:upgrade test
#[test]
fn in_an_emergency_whoever_asks_says_so_and_is_not_kept_waiting() {
    let mut radio = Radio::new(3, 5, Conditions::GOOD, |_| {});
    radio.call(0, BASIC);
    radio.run(secs(1));
    let call_type = CallType::EMERGENCY_GROUP;
    radio.client(1, OffNetworkCommand::ChangeGroupCall { group: group_id(), call_type });
    radio.run(ms(100));
    radio.press(1);
    radio.run(ms(CONTENTION));
    assert_eq!(radio.talkers(), [1]);
    let said = radio.told.iter().any(|(of, event)| {
        *of == 2
            && matches!(event, OffNetworkUeEvent::Floor(Notification::Taken { indicator, .. })
                if indicator.contains(FloorIndicator::EMERGENCY))
    });
    assert!(said, "{:?}", radio.told);
}

//= 24.379-10.2.4:broadcast test
#[test]
fn in_a_broadcast_only_the_originator_talks() {
    let mut radio = Radio::new(3, 5, Conditions::POOR, |_| {});
    radio.client(0, OffNetworkCommand::Broadcast { group: group_id() });
    radio.run(secs(4));
    radio.press(1);
    radio.run(secs(1));
    assert_eq!(radio.talkers(), [0]);
    assert_eq!(radio.hears(secs(2)), [vec![], vec![ssrc(0)], vec![ssrc(0)]]);
    radio.client(0, OffNetworkCommand::EndBroadcast { group: group_id() });
    radio.run(ms(100));
    assert!(radio.talkers().is_empty(), "{:?}", radio.talkers());
}

#[test]
fn a_call_in_which_nobody_talks_for_too_long_is_left() {
    let mut radio = Radio::new(2, 5, Conditions::GOOD, |config| {
        use media_plane::floor::participant::off_network::Timer;
        let timers = config.floor_timers.clone();
        config.floor_timers = timers.with_timer(Timer::T230, secs(10)).expect("within its range");
    });
    radio.call(0, BASIC);
    radio.run(secs(1));
    radio.let_go(0);
    radio.run(secs(9));
    assert!(radio.all_in_one_call());
    radio.run(secs(7));
    assert_eq!(radio.calls(), [None, None]);
}
