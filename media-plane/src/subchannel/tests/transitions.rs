//! The tables of procedures: their committed image, and that the machines do what the tables say.

use super::*;
use crate::floor::event::Event;
use crate::floor::transition::{Rule, assert_committed, image};
use crate::subchannel::{MbmsReceiver, ReceiverOutput, receiver, sender};

const SENDER: &[State] = State::ALL;

const RECEIVER: &[receiver::State] = receiver::State::ALL;

#[test]
fn the_tables_look_as_committed() {
    let mut text = String::from("MBMS subchannel control in the participating function, TS 24.380 10.2\n\n");
    text += &image(SENDER, sender::Trigger::ALL, sender::PROCEDURES, |trigger| trigger.name());
    text += "\nMBMS subchannel control in the client, TS 24.380 10.3\n\n";
    text += &image(RECEIVER, receiver::Trigger::ALL, receiver::PROCEDURES, |trigger| trigger.name());
    assert_committed(&text, include_str!("transitions.txt"), "../subchannel/tests/transitions.txt");
}

//= 24.380-10.2.1 test
#[test]
fn the_sender_discards_exactly_what_its_table_does_not_list() {
    use sender::Trigger as T;
    for state in SENDER {
        for trigger in T::ALL {
            let mut rig = Rig::in_state(*state);
            match trigger {
                T::FloorTaken => {
                    rig.floor("fire", &taken(2));
                }
                T::FloorIdle => {
                    rig.floor("fire", &idle(2));
                }
                T::FloorReleaseMultiTalker => {
                    rig.floor("fire", &release_multi_talker(2));
                }
                // Media without procedure is no event, a timer that does not run does not expire, and a session that is
                // not mapped does not end.
                T::RtpMedia | T::Expiry(_) | T::SessionEnded => continue,
            }
            let listed = Rule::find(sender::PROCEDURES, *state, *trigger);
            let discarded =
                |output: &SenderOutput| matches!(output, SenderOutput::Event(Event::Discarded { .. }));
            assert_eq!(rig.outputs().iter().any(discarded), listed.is_none(), "{state} {trigger:?}");
            let next = rig.sender.state(&group("fire"));
            assert!(listed.map_or(next == *state, |rule| rule.permits(next)), "{state} {trigger:?}");
        }
    }
}

#[test]
fn media_is_heard_only_while_the_group_is_mapped() {
    for state in SENDER {
        let mut rig = Rig::in_state(*state);
        let listed = Rule::find(sender::PROCEDURES, *state, sender::Trigger::RtpMedia).is_some();
        assert_eq!(rig.sender.handle_media(&group("fire"), Ssrc(9), 1).is_some(), listed, "{state}");
    }
}

#[test]
fn the_receiver_discards_exactly_what_its_table_does_not_list() {
    use receiver::Trigger as T;
    for state in RECEIVER {
        for trigger in T::ALL {
            let mut receiver = MbmsReceiver::new();
            receiver.bearer_received(tmgi());
            if *state != receiver::State::StartStop {
                receiver.call_joined(&group("fire"));
            }
            if *state == receiver::State::Mapped {
                receiver.handle_control(&map("fire", 1));
            }
            let outputs = |receiver: &mut MbmsReceiver| -> Vec<_> {
                std::iter::from_fn(|| receiver.poll_output()).collect()
            };
            outputs(&mut receiver);
            // Other people's groups are passed over in silence.
            let silent = *state == receiver::State::StartStop
                && matches!(trigger, T::MapGroupToBearer | T::UnmapGroupToBearer);
            match trigger {
                T::CallJoined => receiver.call_joined(&group("fire")),
                T::MapGroupToBearer => receiver.handle_control(&map("fire", 2)),
                T::UnmapGroupToBearer => receiver.handle_control(&unmap("fire")),
                // A bearer on which nothing is mapped ends without the group.
                T::BearerEnded => continue,
                T::CallLeft => receiver.call_left(&group("fire")),
            }
            let listed = Rule::find(receiver::PROCEDURES, *state, *trigger);
            let discarded =
                |output: &ReceiverOutput| matches!(output, ReceiverOutput::Event(Event::Discarded { .. }));
            let seen = outputs(&mut receiver).iter().any(discarded);
            assert_eq!(seen, listed.is_none() && !silent, "{state} {trigger:?}");
            let next = receiver.state(&group("fire"));
            assert!(listed.map_or(next == *state, |rule| rule.permits(next)), "{state} {trigger:?}");
        }
    }
}
