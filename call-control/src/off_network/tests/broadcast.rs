//! Broadcast group call control.

use mcptt_codec::monp::MonpMessage;

use super::radio::*;
use crate::off_network::*;

use BroadcastState as B;

fn state(radio: &Radio, of: usize) -> BroadcastState {
    radio.clients[of].broadcast_state(&group_id()).expect("the group is configured")
}

fn begun(size: usize, user_action: bool) -> Radio {
    let mut radio =
        Radio::with(size, 13, Conditions::GOOD, |config| config.groups[0].user_action = user_action);
    radio.command(0, OffNetworkCommand::Broadcast { group: group_id() });
    radio.run(ms(10));
    radio
}

fn end(radio: &mut Radio, by: usize) {
    radio.command(by, OffNetworkCommand::EndBroadcast { group: group_id() });
    radio.run(ms(10));
}

//= 24.379-10.2.4:broadcast test
#[test]
fn the_originator_repeats_the_broadcast_until_its_longest_time() {
    let mut radio = begun(2, false);
    let [(0, OffNetworkEvent::BroadcastStarted { originated: true, .. }), (1, started)] = &radio.told()[..]
    else {
        panic!("both have begun");
    };
    assert!(matches!(started, OffNetworkEvent::BroadcastStarted { originated: false, .. }));
    radio.run(secs(320));
    let sent = radio.sent();
    let (last, broadcasts) = sent.split_last().expect("something was sent");
    assert_eq!((last.by, last.message.name()), (0, "GROUP CALL BROADCAST END"));
    assert!(broadcasts.iter().all(|one| one.by == 0 && one.message == broadcasts[0].message));
    let times: Vec<u64> = broadcasts.iter().map(|one| one.at.as_secs()).collect();
    assert_eq!(times, (0..100).map(|number| 3 * number).collect::<Vec<_>>());
    assert_eq!([0, 1].map(|number| state(&radio, number)), [B::StartStop; 2]);
}

//= 24.379-10.2.4:end test
#[test]
fn only_the_originator_ends_the_broadcast_for_all() {
    let mut radio = begun(3, false);
    radio.sent();
    end(&mut radio, 1);
    assert_eq!(radio.said(), []);
    assert_eq!([0, 1, 2].map(|number| state(&radio, number)), [B::InProgress, B::Ignoring, B::InProgress]);
    radio.run(secs(10));
    assert_eq!(state(&radio, 1), B::Ignoring, "what is repeated is no new one");
    radio.sent();
    end(&mut radio, 0);
    assert_eq!(radio.said(), [(0, "GROUP CALL BROADCAST END")]);
    assert_eq!([0, 1, 2].map(|number| state(&radio, number)), [B::StartStop; 3]);
    let ended = OffNetworkEvent::BroadcastEnded { group: group_id(), cause: EndCause::Peer };
    assert!(radio.told_to(2).contains(&ended));
}

//= 24.379-10.2.4:pending test
#[test]
fn the_user_is_asked_where_that_is_wanted() {
    let mut radio = begun(4, true);
    assert_eq!([1, 2, 3].map(|number| state(&radio, number)), [B::Pending; 3]);
    radio.command(1, OffNetworkCommand::AcceptBroadcast { group: group_id() });
    radio.command(2, OffNetworkCommand::RejectBroadcast { group: group_id() });
    assert_eq!([1, 2].map(|number| state(&radio, number)), [B::InProgress, B::Ignoring]);
    radio.run(secs(29));
    assert_eq!(state(&radio, 3), B::Pending);
    radio.run(secs(2));
    assert_eq!(state(&radio, 3), B::Ignoring, "TFB3");
    // The one that was left is over when its originator can no longer be heard and its longest time has passed.
    radio.cells[0] = 1;
    radio.run(secs(280));
    assert_eq!([1, 2, 3].map(|number| state(&radio, number)), [B::StartStop; 3]);
}

#[test]
fn a_new_broadcast_is_not_taken_for_the_one_that_was_left() {
    let mut radio = begun(2, false);
    let first = radio.sent().remove(0).message;
    end(&mut radio, 1);
    radio.inject(1, address(0), &first);
    assert_eq!(state(&radio, 1), B::Ignoring);
    let MonpMessage::GroupCallBroadcast(mut other) = first else { panic!("a broadcast") };
    other.call_identifier.0 ^= 1;
    radio.inject(1, address(0), &MonpMessage::GroupCallBroadcast(other));
    assert_eq!(state(&radio, 1), B::InProgress);
}
