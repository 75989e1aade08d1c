//! Call type control of a group call.

use mcptt_codec::monp::CallType;

use super::radio::*;
use crate::off_network::*;

use GroupCallTypeState as T;

const EMERGENCY: CallType = CallType::EMERGENCY_GROUP;
const PERIL: CallType = CallType::IMMINENT_PERIL_GROUP;
const BASIC: CallType = CallType::BASIC_GROUP;

fn in_call(size: usize) -> Radio {
    let mut radio = Radio::with(size, 11, Conditions::GOOD, |config| {
        config.groups[0].emergency_limit = Some(secs(100));
        config.groups[0].imminent_peril_limit = Some(secs(50));
    });
    radio.call(0);
    radio.run(secs(2));
    radio.told();
    radio.sent();
    radio
}

fn types(radio: &Radio) -> Vec<GroupCallTypeState> {
    (0..radio.clients.len()).map(|number| radio.type_state(number)).collect()
}

//= 24.379-10.2.3:upgrade test
#[test]
fn an_upgrade_is_announced_and_followed() {
    let mut radio = in_call(3);
    radio.change(1, PERIL);
    assert_eq!(radio.said(), [(1, "GROUP CALL ANNOUNCEMENT")]);
    radio.run(ms(10));
    assert_eq!(types(&radio), [T::ImminentPeril; 3]);
    radio.change(2, EMERGENCY);
    radio.run(ms(10));
    assert_eq!(types(&radio), [T::Emergency; 3]);
    let changed =
        OffNetworkEvent::GroupCallTypeChanged { group: group_id(), call_type: EMERGENCY, by: user(2) };
    assert_eq!(radio.told().iter().filter(|(_, event)| *event == changed).count(), 3);
    radio.sent();
    // An emergency is not made an imminent peril.
    radio.change(0, PERIL);
    assert_eq!((radio.said(), types(&radio)), (vec![], vec![T::Emergency; 3]));
}

//= 24.379-10.2.3:upgrade test
#[test]
fn who_calls_for_an_emergency_and_finds_a_basic_call_upgrades_it() {
    let mut radio = Radio::new(2);
    radio.cells[1] = 1;
    radio.call(0);
    radio.run(secs(1));
    radio.cells[1] = 0;
    radio.call_as(1, EMERGENCY);
    radio.run(ms(200));
    assert_eq!(types(&radio), [T::Emergency; 2]);
    assert_eq!(radio.calls()[0], radio.calls()[1]);
}

//= 24.379-10.2.3:emergend test
//= 24.379-10.2.3:perilend test
#[test]
fn the_end_is_repeated_five_times_at_intervals_of_a_second() {
    for (call_type, message) in
        [(EMERGENCY, "GROUP CALL EMERGENCY END"), (PERIL, "GROUP CALL IMMINENT PERIL END")]
    {
        let mut radio = in_call(2);
        radio.change(1, call_type);
        radio.run(ms(100));
        radio.sent();
        radio.change(1, BASIC);
        radio.run(secs(20));
        let ends: Vec<_> = radio.sent().into_iter().filter(|one| one.message.name() == message).collect();
        let times: Vec<u128> = ends.iter().map(|one| (one.at - ends[0].at).as_millis()).collect();
        assert_eq!(times, [0, 1_000, 2_000, 3_000, 4_000, 5_000]);
        assert!(ends.iter().all(|one| one.by == 1 && one.message == ends[0].message));
        assert_eq!(types(&radio), [T::Basic; 2]);
    }
}

//= 24.379-10.2.3:emergend test
#[test]
fn the_end_is_not_repeated_once_there_is_a_new_emergency() {
    let mut radio = in_call(2);
    radio.change(1, EMERGENCY);
    radio.run(secs(1));
    radio.change(1, BASIC);
    radio.run(ms(1_500));
    radio.change(0, EMERGENCY);
    radio.run(ms(10));
    radio.sent();
    radio.run(secs(3));
    assert!(!radio.said().contains(&(1, "GROUP CALL EMERGENCY END")));
    assert_eq!(types(&radio), [T::Emergency; 2]);
}

//= 24.379-10.2.3:newest test
#[test]
fn what_was_missed_is_made_good_by_the_next_announcement_and_nothing_older_counts() {
    let mut radio = in_call(3);
    radio.change(1, EMERGENCY);
    radio.run(secs(1));
    // The third one misses the end, and still announces an emergency.
    radio.cells[2] = 1;
    radio.change(1, BASIC);
    radio.run(secs(10));
    assert_eq!(types(&radio), [T::Basic, T::Basic, T::Emergency]);
    radio.cells[2] = 0;
    radio.run(secs(40));
    assert_eq!(types(&radio), [T::Basic; 3]);
}

//= 24.379-10.2.3:limit test
#[test]
fn an_emergency_that_nobody_ends_ends_by_itself_everywhere() {
    for (call_type, limit) in [(EMERGENCY, 100), (PERIL, 50)] {
        let mut radio = in_call(3);
        // The third one comes in the middle of it.
        radio.leave(2);
        radio.change(1, call_type);
        radio.run(secs(30));
        radio.call(2);
        radio.told();
        radio.sent();
        radio.run(secs(limit - 32));
        assert!(types(&radio).iter().all(|state| *state != T::Basic), "{:?}", types(&radio));
        radio.run(secs(3));
        assert_eq!(types(&radio), [T::Basic; 3]);
        assert!(radio.said().iter().all(|(_, message)| *message == "GROUP CALL ANNOUNCEMENT"));
        radio.run(secs(60));
        assert_eq!(types(&radio), [T::Basic; 3]);
    }
}
