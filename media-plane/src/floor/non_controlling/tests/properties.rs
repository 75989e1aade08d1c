//! What holds whatever happens in whatever order.

use mcptt_codec::floor::{Field, FieldId, Subtype};
use proptest::prelude::*;

use super::*;
use crate::floor::non_controlling::fields;
use crate::testing::cases;

#[derive(Clone, Debug)]
enum Step {
    Join(u64),
    Leave(u64),
    Client(u64, FloorPacket),
    Controlling(FloorPacket),
    Media(u64),
    Pass(u64),
}

fn packet() -> impl Strategy<Value = FloorPacket> {
    let subtype = (0_u8..32).prop_map(Subtype);
    let fields = prop::collection::vec(
        (0_u8..30, prop::collection::vec(any::<u8>(), 0..14))
            .prop_map(|(id, value)| Field::new(FieldId(id), &value)),
        0..5,
    );
    let odd = (subtype, any::<u32>(), fields)
        .prop_map(|(subtype, ssrc, fields)| FloorPacket { fields, ..FloorPacket::new(subtype, Ssrc(ssrc)) });
    let proper = (1_u64..5, any::<bool>()).prop_flat_map(|(client, together)| {
        let bit = if together { FloorIndicator::MULTI_TALKER } else { FloorIndicator::NONE };
        let indicator = Some(FloorIndicator::NORMAL | bit);
        prop::sample::select(vec![
            granted(client),
            denied(client),
            queued(client),
            revoked(client),
            FloorMessage::Taken(FloorTaken { indicator, ..taken(1) }),
            FloorMessage::Idle(FloorIdle { ack_requested: together, ..idle(1) }),
            FloorMessage::Request(request()),
            release(),
        ])
        .prop_map(|message| message.to_packet())
    });
    prop_oneof![1 => odd, 3 => proper]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (1_u64..5).prop_map(Step::Join),
        1 => (1_u64..5).prop_map(Step::Leave),
        5 => (1_u64..5, packet()).prop_map(|(client, packet)| Step::Client(client, packet)),
        5 => packet().prop_map(Step::Controlling),
        4 => (1_u64..5).prop_map(Step::Media),
        2 => (1_u64..2_000).prop_map(Step::Pass),
    ]
}

proptest! {
    #![proptest_config(cases(192))]

    /// Media of a client passes only with permission; without several talkers at most one client has it; the numbers of
    /// what clients are told grow; what goes up names the client it comes from.
    //= 24.380-6.5.5.3 test
    //= 24.380-6.5.2.2:1 test
    #[test]
    fn permission_numbers_and_references_are_kept(steps in prop::collection::vec(step(), 0..80)) {
        let mut rig = Rig::with_clients(2);
        let mut number = MessageSequenceNumber(0);
        let mut together = false;
        for step in steps {
            let mut from = None;
            match step {
                Step::Join(client) => rig.join(client),
                Step::Leave(client) => {
                    from = Some(client);
                    rig.function.left(LegRef(client));
                }
                Step::Client(client, packet) => {
                    from = Some(client);
                    rig.client_packet(client, &packet);
                }
                Step::Controlling(packet) => {
                    let indicator = fields::indicator(&packet);
                    together |= indicator.contains(FloorIndicator::MULTI_TALKER)
                        || indicator.contains(FloorIndicator::DUAL_FLOOR);
                    rig.function.handle_controlling_message(rig.now, &packet);
                }
                Step::Media(client) => {
                    let verdict = rig.media(client);
                    let talks = rig.function.client_state(LegRef(client)) == Some(State::HasPermission);
                    prop_assert_eq!(verdict == MediaVerdict::Forward, talks);
                }
                Step::Pass(duration) => rig.now += Duration::from_millis(duration),
            }
            for output in rig.outputs() {
                match output {
                    NonControllingOutput::Up(packet) => {
                        prop_assert_eq!(packet.ssrc, OWN);
                        if let Some(from) = from.filter(|_| fields::carries_track_info(&packet)) {
                            let track = fields::track_info(&packet);
                            let last = track.and_then(|track| track.references.last().copied());
                            prop_assert_eq!(last, Some(reference(from)));
                        }
                    }
                    NonControllingOutput::Down { to, packet } => {
                        prop_assert!(!to.is_empty() && to.is_sorted());
                        prop_assert_eq!(packet.ssrc, OWN);
                        let own = match FloorMessage::from_packet(&packet).value {
                            FloorMessage::Taken(taken) => Some(taken.sequence),
                            FloorMessage::Idle(idle) => Some(idle.sequence),
                            _ => None,
                        };
                        if let Some(own) = own {
                            prop_assert!(own.is_some_and(|own| own.newer_than(number)));
                            number = own.unwrap_or_default();
                        }
                    }
                    NonControllingOutput::Event(_) => {}
                }
            }
            let talkers = (1..5)
                .filter(|client| rig.function.client_state(LegRef(*client)) == Some(State::HasPermission))
                .count();
            prop_assert!(together || talkers <= 1, "{talkers} talkers");
        }
    }
}
