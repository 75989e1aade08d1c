//! The client's side.

use std::net::SocketAddr;

use mcptt_codec::subchannel::{
    ApplicationPaging, BearerAnnouncement, GroupDynamicDataNotify, NotificationMessage, NotificationSubtype,
    Subtype,
};

use super::*;
use crate::floor::participant::{FloorParticipant, ParticipantInput, ParticipantOutput, ParticipantSettings};
use crate::subchannel::receiver::State;
use crate::subchannel::{Heard, MbmsReceiver, ReceiverOutput};

fn outputs(receiver: &mut MbmsReceiver) -> Vec<ReceiverOutput> {
    std::iter::from_fn(|| receiver.poll_output()).collect()
}

fn drain(receiver: &mut MbmsReceiver) -> Vec<ReceiverOutput> {
    let mut outputs = outputs(receiver);
    outputs.retain(|output| !matches!(output, ReceiverOutput::Event(_)));
    outputs
}

/// A client in a call of group `fire` that receives the bearer.
fn receiver() -> MbmsReceiver {
    let mut receiver = MbmsReceiver::new();
    receiver.bearer_received(tmgi());
    receiver.call_joined(&group("fire"));
    outputs(&mut receiver);
    receiver
}

fn listen(last: u8) -> ReceiverOutput {
    ReceiverOutput::Listen { group: group("fire"), tmgi: tmgi(), subchannel: subchannel(last) }
}

fn stop() -> ReceiverOutput {
    ReceiverOutput::StopListening { group: group("fire") }
}

fn report(listening: bool) -> ReceiverOutput {
    ReceiverOutput::ReportListening { tmgi: tmgi(), listening }
}

//= 24.380-10.3:map test
#[test]
fn a_mapped_group_is_listened_to_and_reported_once() {
    let mut receiver = receiver();
    receiver.handle_control(&map("fire", 1));
    assert_eq!(drain(&mut receiver), [report(true), listen(1)]);
    // T16 repeats the message: unchanged it means nothing, changed it moves the group.
    receiver.handle_control(&map("fire", 1));
    assert_eq!(outputs(&mut receiver), []);
    receiver.handle_control(&map("fire", 2));
    assert_eq!(drain(&mut receiver), [listen(2)]);
    assert_eq!(receiver.state(&group("fire")), State::Mapped);
}

//= 24.380-10.3:unmap test
#[test]
fn an_unmapped_group_is_heard_by_unicast_again() {
    let mut receiver = receiver();
    receiver.handle_control(&map("fire", 1));
    drain(&mut receiver);
    receiver.handle_control(&unmap("fire"));
    assert_eq!(drain(&mut receiver), [stop()]);
    assert_eq!(receiver.heard(at(1, 20_002)), None);
    // C17 copies.
    receiver.handle_control(&unmap("fire"));
    assert_eq!(drain(&mut receiver), []);
}

#[test]
fn other_groups_are_none_of_its_business() {
    let mut receiver = receiver();
    receiver.handle_control(&map("police", 1));
    receiver.handle_control(&unmap("police"));
    assert_eq!(outputs(&mut receiver), []);
}

#[test]
fn what_cannot_be_received_is_discarded() {
    let good = MapGroupToBearer {
        ssrc: FUNCTION,
        group_id: Some(group("fire")),
        tmgi: Some(tmgi()),
        subchannel: Some(subchannel(1)),
    };
    let port = |media_port| Some(MbmsSubchannel { media_port, ..subchannel(1) });
    let floor_port =
        |port| Some(MbmsSubchannel { floor_control: Some((MediaLine::default(), port)), ..subchannel(1) });
    let bad = [
        MapGroupToBearer { group_id: None, ..good.clone() },
        MapGroupToBearer { tmgi: None, ..good.clone() },
        MapGroupToBearer { tmgi: Some(Tmgi { service_id: [9, 9, 9], plmn: None }), ..good.clone() },
        MapGroupToBearer { subchannel: None, ..good.clone() },
        MapGroupToBearer { subchannel: port(0), ..good.clone() },
        MapGroupToBearer { subchannel: port(65_536), ..good.clone() },
        MapGroupToBearer { subchannel: floor_port(0), ..good.clone() },
        MapGroupToBearer { subchannel: floor_port(1 << 20), ..good.clone() },
    ];
    for map in bad {
        let mut receiver = receiver();
        receiver.handle_control(&SubchannelMessage::MapGroupToBearer(map.clone()));
        assert!(matches!(outputs(&mut receiver)[..], [ReceiverOutput::Event(_)]), "{map:?}");
        assert_eq!(receiver.state(&group("fire")), State::NotMapped);
    }
    let mut receiver = receiver();
    receiver.handle_control(&SubchannelMessage::UnmapGroupToBearer(UnmapGroupToBearer::default()));
    receiver.handle_control(&SubchannelMessage::Unknown { subtype: Subtype(9), ssrc: FUNCTION });
    let unknown = NotificationMessage::Unknown { subtype: NotificationSubtype(9), ssrc: FUNCTION };
    receiver.handle_notification(&unknown);
    assert!(matches!(
        outputs(&mut receiver)[..],
        [ReceiverOutput::Event(_), ReceiverOutput::Event(_), ReceiverOutput::Event(_)]
    ));
}

#[test]
fn a_bearer_that_is_lost_takes_its_groups_with_it() {
    let mut receiver = receiver();
    receiver.call_joined(&group("police"));
    receiver.handle_control(&map("fire", 1));
    drain(&mut receiver);
    receiver.bearer_lost(tmgi());
    assert_eq!(drain(&mut receiver), [stop(), report(false)]);
    assert_eq!(receiver.state(&group("fire")), State::NotMapped);
    receiver.handle_control(&map("fire", 1));
    assert_eq!(drain(&mut receiver), []);
    // It was never heard, so that nothing is to be taken back.
    receiver.bearer_received(tmgi());
    receiver.bearer_lost(tmgi());
    assert_eq!(drain(&mut receiver), []);
}

#[test]
fn the_end_of_the_call_ends_the_listening() {
    let mut receiver = receiver();
    receiver.handle_control(&map("fire", 1));
    drain(&mut receiver);
    receiver.call_left(&group("fire"));
    assert_eq!(drain(&mut receiver), [stop()]);
    receiver.handle_control(&map("fire", 1));
    assert_eq!(outputs(&mut receiver), []);
}

#[test]
fn notices_for_groups_and_bearers_are_handed_on() {
    let mut receiver = receiver();
    let paging = ApplicationPaging { ssrc: FUNCTION, group_id: Some(group("fire")) };
    let announcement =
        BearerAnnouncement { ssrc: FUNCTION, tmgi: Some(tmgi()), ..BearerAnnouncement::default() };
    let notify = GroupDynamicDataNotify { ssrc: FUNCTION, ..GroupDynamicDataNotify::default() };
    receiver.handle_control(&SubchannelMessage::ApplicationPaging(paging));
    receiver.handle_control(&SubchannelMessage::BearerAnnouncement(announcement.clone()));
    receiver.handle_notification(&NotificationMessage::GroupDynamicDataNotify(notify.clone()));
    assert_eq!(
        outputs(&mut receiver),
        [
            ReceiverOutput::Paged { group: Some(group("fire")) },
            ReceiverOutput::Announced(announcement),
            ReceiverOutput::Notified(notify),
        ]
    );
}

fn at(last: u8, port: u16) -> SocketAddr {
    SocketAddr::from(([232, 1, 2, last], port))
}

//= 24.380-10.1 test
#[test]
fn what_is_heard_on_the_subchannel_feeds_the_participant_like_unicast() {
    let mut receiver = receiver();
    receiver.handle_control(&map("fire", 1));
    let fire = group("fire");
    assert_eq!(receiver.heard(at(1, 20_000)), Some(Heard::Floor(&fire)));
    assert_eq!(receiver.heard(at(1, 20_002)), Some(Heard::Media(&fire)));
    for elsewhere in [at(2, 20_000), at(1, 20_001), SocketAddr::from(([198, 51, 100, 1], 20_000))] {
        assert_eq!(receiver.heard(elsewhere), None);
    }

    // The same Floor Taken and the same voice, once by unicast and once on the subchannel.
    let by = |multicast: bool| {
        let mut participant = FloorParticipant::new(ParticipantSettings::new(Ssrc(0xc1)), t0());
        participant.handle_input(t0(), ParticipantInput::SessionTerminating);
        let floor = !multicast || matches!(receiver.heard(at(1, 20_000)), Some(Heard::Floor(_)));
        let media = !multicast || matches!(receiver.heard(at(1, 20_002)), Some(Heard::Media(_)));
        if floor {
            participant.handle_message(t0(), &FloorMessage::decode(&taken(1)).unwrap().value);
        }
        if media {
            participant.handle_input(t0(), ParticipantInput::MediaReceived { ssrc: Ssrc(9) });
        }
        std::iter::from_fn(move || participant.poll_output()).collect::<Vec<ParticipantOutput>>()
    };
    assert_eq!(by(true), by(false));
    assert!(by(true).len() > 1);
}

#[test]
fn floor_control_may_share_the_media_port() {
    let mut receiver = receiver();
    let subchannel = MbmsSubchannel { floor_control: None, ..subchannel(1) };
    receiver.handle_control(&SubchannelMessage::MapGroupToBearer(MapGroupToBearer {
        ssrc: FUNCTION,
        group_id: Some(group("fire")),
        tmgi: Some(tmgi()),
        subchannel: Some(subchannel),
    }));
    assert_eq!(receiver.heard(at(1, 20_002)), Some(Heard::Shared(&group("fire"))));
    assert_eq!(receiver.heard(at(1, 20_000)), None);
}
