//! What holds whatever happens in whatever order.

use std::collections::BTreeMap;

use mcptt_codec::subchannel::SubchannelMessage as Message;
use proptest::prelude::*;

use super::*;
use crate::subchannel::{MbmsReceiver, ReceiverOutput};
use crate::testing::cases;

#[derive(Clone, Debug)]
enum Step {
    Floor(&'static str, Bytes),
    Media(&'static str, u16),
    Ended(&'static str),
    Pass(u64),
}

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["fire", "police", "rescue"])
}

fn step() -> impl Strategy<Value = Step> {
    let packet = prop_oneof![
        3 => (0_u16..6, any::<bool>()).prop_map(|(number, ack)| taken_asking(number, ack)),
        3 => (0_u16..6).prop_map(idle),
        1 => (0_u32..3).prop_map(release_multi_talker),
        1 => prop::collection::vec(any::<u8>(), 0..40).prop_map(Bytes::from),
    ];
    prop_oneof![
        6 => (name(), packet).prop_map(|(name, packet)| Step::Floor(name, packet)),
        3 => (name(), any::<u16>()).prop_map(|(name, sequence)| Step::Media(name, sequence)),
        1 => name().prop_map(Step::Ended),
        3 => (1_u64..20_000).prop_map(Step::Pass),
    ]
}

proptest! {
    #![proptest_config(cases(192))]

    /// A subchannel carries one conversation at a time, at most C17 Unmap Group To Bearer end one, and a client that hears
    /// every message listens to exactly what is mapped.
    #[test]
    fn subchannels_are_given_to_one_conversation_at_a_time(steps in prop::collection::vec(step(), 0..80)) {
        let mut rig = Rig::with_subchannels(2);
        let mut receiver = MbmsReceiver::new();
        receiver.bearer_received(tmgi());
        for name in ["fire", "police", "rescue"] {
            receiver.call_joined(&group(name));
        }
        let mut unmaps: BTreeMap<GroupId, u8> = BTreeMap::new();
        let mut listens: BTreeMap<GroupId, MbmsSubchannel> = BTreeMap::new();
        for step in steps {
            match step {
                Step::Floor(name, packet) => {
                    rig.floor(name, &packet);
                }
                Step::Media(name, sequence) => {
                    rig.sender.handle_media(&group(name), Ssrc(9), sequence);
                }
                Step::Ended(name) => rig.sender.session_ended(rig.now, &group(name)),
                Step::Pass(duration) => rig.advance(Duration::from_millis(duration)),
            }
            for output in rig.outputs() {
                match output {
                    SenderOutput::Control(message) => {
                        match &message {
                            Message::UnmapGroupToBearer(unmap) => {
                                let copies = unmaps.entry(unmap.group_id.clone().unwrap()).or_default();
                                *copies += 1;
                                prop_assert!(*copies <= 3);
                            }
                            Message::MapGroupToBearer(map) => {
                                unmaps.remove(map.group_id.as_ref().unwrap());
                            }
                            other => prop_assert!(false, "{}", other.name()),
                        }
                        receiver.handle_control(&message);
                    }
                    SenderOutput::Floor { on, packet } => {
                        prop_assert!(on.0 < 2);
                        prop_assert_eq!(packet[0] & 0x10, 0);
                    }
                    SenderOutput::Event(_) => {}
                }
            }
            while let Some(output) = receiver.poll_output() {
                match output {
                    ReceiverOutput::Listen { group, subchannel, .. } => drop(listens.insert(group, subchannel)),
                    ReceiverOutput::StopListening { group } => drop(listens.remove(&group)),
                    _ => {}
                }
            }
            let mapped: BTreeMap<_, _> = ["fire", "police", "rescue"]
                .into_iter()
                .filter_map(|name| Some((group(name), subchannel(rig.sender.slot(&group(name))?.0 as u8 + 1))))
                .collect();
            prop_assert_eq!(&listens, &mapped);
            let addresses: std::collections::BTreeSet<_> =
                mapped.values().map(|subchannel| subchannel.address).collect();
            prop_assert_eq!(addresses.len(), mapped.len());
            prop_assert_eq!(rig.sender.free_subchannels(), 2 - mapped.len());
        }
        for name in ["fire", "police", "rescue"] {
            rig.sender.session_ended(rig.now, &group(name));
        }
        rig.advance(Duration::from_secs(2));
        prop_assert_eq!(rig.sender.poll_timeout(), None);
        prop_assert_eq!(rig.sender.free_subchannels(), 2);
    }
}
