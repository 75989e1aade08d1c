//! From the clients to the controlling function.

use mcptt_codec::floor::{
    Field, FieldId, FloorAck, FloorQueuePositionRequest, FloorRevokeRequest, MediaFlowControlIndicator,
    MessageType, Source, Subtype, UnicastMediaFlowControl,
};

use super::*;

//= 24.380-6.5.4.2:keep test
#[test]
fn a_request_goes_up_with_all_its_fields() {
    let mut rig = Rig::with_clients(2);
    let mut packet = FloorMessage::Request(FloorRequest {
        indicator: Some(FloorIndicator::EMERGENCY),
        functional_alias: Some("sip:chief@example.org".into()),
        ..request()
    })
    .to_packet();
    // A field of a later release, spare bits and padding included.
    packet.fields.insert(1, Field::with_length(FieldId(99), 3, &[1, 2, 3, 4, 5, 6]));
    rig.client_packet(2, &packet);
    let [NonControllingOutput::Up(up)] = &rig.outputs()[..] else { panic!("one message up") };
    let (last, before) = up.fields.split_last().unwrap();
    assert_eq!((up.subtype, up.ssrc, before), (Subtype::FLOOR_REQUEST, OWN, &packet.fields[..]));
    assert_eq!(last.id(), FieldId::TRACK_INFO);
}

//= 24.380-6.5.4.2:new test
#[test]
fn a_request_without_track_info_gets_one() {
    let mut rig = Rig::with_clients(2);
    for (client, queueing_capability) in
        [(1, QueueingCapability::SUPPORTED), (2, QueueingCapability::NOT_SUPPORTED)]
    {
        rig.client(client, FloorMessage::Request(request()));
        let track_info = Some(TrackInfo {
            queueing_capability,
            participant_type: "unknown".into(),
            references: vec![reference(client)],
        });
        assert_eq!(
            rig.sent(),
            [Sent::Up(FloorMessage::Request(FloorRequest { ssrc: OWN, track_info, ..request() }))]
        );
    }
    let configured = NonControllingSettings { participant_type: "LMR".into(), ..settings() };
    let mut rig = Rig { function: NonControllingFunction::new(configured, OWN, T8), now: t0() };
    rig.join(1);
    rig.outputs();
    rig.client(1, FloorMessage::Request(request()));
    let track_info = Some(TrackInfo {
        queueing_capability: QueueingCapability::SUPPORTED,
        participant_type: "LMR".into(),
        references: vec![reference(1)],
    });
    assert_eq!(
        rig.sent(),
        [Sent::Up(FloorMessage::Request(FloorRequest { ssrc: OWN, track_info, ..request() }))]
    );
}

//= 24.380-6.5.4.2:track test
#[test]
fn a_track_info_that_is_there_gets_the_reference_appended() {
    let mut rig = Rig::with_clients(2);
    let track_info = Some(TrackInfo {
        queueing_capability: QueueingCapability::SUPPORTED,
        participant_type: "TETRA".into(),
        references: vec![7, 8],
    });
    rig.client(2, FloorMessage::Request(FloorRequest { track_info: track_info.clone(), ..request() }));
    let track_info = track_info.map(|track| TrackInfo { references: vec![7, 8, reference(2)], ..track });
    assert_eq!(
        rig.sent(),
        [Sent::Up(FloorMessage::Request(FloorRequest { ssrc: OWN, track_info, ..request() }))]
    );
}

#[test]
fn a_track_info_that_cannot_be_read_is_replaced() {
    let mut rig = Rig::with_clients(2);
    let mut packet = FloorMessage::Request(FloorRequest::default()).to_packet();
    packet.fields.push(Field::new(FieldId::TRACK_INFO, &[]));
    packet.fields.push(Field::new(FieldId::TRACK_INFO, &[2]));
    rig.client_packet(2, &packet);
    let track_info = track(&[reference(2)]);
    let up = FloorRequest { ssrc: OWN, track_info, ..FloorRequest::default() };
    assert_eq!(rig.sent(), [Sent::Up(FloorMessage::Request(up))]);
}

//= 24.380-6.5.5.3 test
#[test]
fn whatever_a_client_asks_goes_up() {
    let mut rig = Rig::with_clients(2);
    let track_info = track(&[reference(2)]);
    let ack = FloorAck { source: Some(Source::FLOOR_PARTICIPANT), ..FloorAck::default() };
    let position = FloorQueuePositionRequest::default();
    let asks = FloorRelease { ack_requested: true, ..FloorRelease::default() };
    let cases = [
        (
            FloorMessage::Release(asks.clone()),
            FloorMessage::Release(FloorRelease { ssrc: OWN, track_info: track_info.clone(), ..asks }),
        ),
        (
            FloorMessage::QueuePositionRequest(position.clone()),
            FloorMessage::QueuePositionRequest(FloorQueuePositionRequest {
                ssrc: OWN,
                track_info: track_info.clone(),
                ..position
            }),
        ),
        (FloorMessage::Ack(ack.clone()), FloorMessage::Ack(FloorAck { ssrc: OWN, track_info, ..ack })),
        // Its message table lists no Track Info.
        (
            FloorMessage::RevokeRequest(FloorRevokeRequest::default()),
            FloorMessage::RevokeRequest(FloorRevokeRequest { ssrc: OWN, ..FloorRevokeRequest::default() }),
        ),
    ];
    for (message, up) in cases {
        rig.client(2, message);
        assert_eq!(rig.sent(), [Sent::Up(up)]);
    }
}

#[test]
fn a_client_stops_and_resumes_its_own_media_here() {
    let mut rig = Rig::with_clients(2);
    for (flow, hears) in [(MediaFlowControlIndicator::STOP, false), (MediaFlowControlIndicator::RESUME, true)]
    {
        let control = UnicastMediaFlowControl { flow: Some(flow), ack_requested: true, ..Default::default() };
        rig.client(2, FloorMessage::UnicastMediaFlowControl(control));
        let ack = FloorAck {
            ssrc: OWN,
            source: Some(Source::NON_CONTROLLING),
            message_type: Some(MessageType::acknowledging(Subtype::UNICAST_MEDIA_FLOW_CONTROL)),
            ..FloorAck::default()
        };
        assert_eq!(rig.sent(), [Sent::Down(vec![2], FloorMessage::Ack(ack))]);
        assert_eq!((rig.function.hears(LegRef(1)), rig.function.hears(LegRef(2))), (true, hears));
    }
    // Without indicator nothing changes, and nobody is answered who does not ask.
    rig.client(2, FloorMessage::UnicastMediaFlowControl(UnicastMediaFlowControl::default()));
    assert_eq!((rig.sent(), rig.function.hears(LegRef(2))), (vec![], true));
}

#[test]
fn what_only_servers_send_is_discarded() {
    let mut rig = Rig::talking(2);
    for message in [
        granted(1),
        denied(1),
        queued(1),
        revoked(1),
        FloorMessage::Taken(taken(1)),
        FloorMessage::Idle(idle(1)),
        FloorMessage::ReleaseMultiTalker(Default::default()),
    ] {
        let got = message.name();
        rig.client(1, message);
        let events = rig.outputs();
        let [NonControllingOutput::Event(Event::Discarded { got: discarded, requirement, .. })] = &events[..]
        else {
            panic!("{events:?}");
        };
        assert_eq!((*discarded, *requirement), (got, "24.380-8.1.4:dir"));
    }
    assert_eq!(rig.state(1), State::HasPermission);
}

//= 24.380-6.5.5.3 test
#[test]
fn media_without_permission_is_not_passed_on_and_revoked_once_per_t8() {
    let mut rig = Rig::with_clients(2);
    let revoke = |_| {
        Sent::Down(
            vec![2],
            FloorMessage::Revoke(FloorRevoke {
                ssrc: OWN,
                cause: Some(RevokeCause::NO_PERMISSION),
                indicator: Some(FloorIndicator::NORMAL),
                ..FloorRevoke::default()
            }),
        )
    };
    let mut sent = Vec::new();
    for _ in 0..101 {
        assert_eq!(rig.media(2), MediaVerdict::Discard);
        sent.extend(rig.sent());
        rig.now += Duration::from_millis(20);
    }
    assert_eq!(sent, (0..3).map(revoke).collect::<Vec<_>>());
}

//= 24.380-6.5.5.4 test
#[test]
fn media_passes_from_the_grant_to_the_release_the_revocation_idle_or_taken() {
    let endings: [fn(&mut Rig); 4] = [
        |rig| rig.client(1, release()),
        |rig| rig.controlling(revoked(1)),
        |rig| rig.controlling(FloorMessage::Idle(idle(1))),
        |rig| rig.controlling(FloorMessage::Taken(taken(1))),
    ];
    for ending in endings {
        let mut rig = Rig::with_clients(2);
        assert_eq!(rig.media(1), MediaVerdict::Discard);
        rig.controlling(granted(1));
        assert_eq!((rig.media(1), rig.media(2)), (MediaVerdict::Forward, MediaVerdict::Discard));
        assert!(rig.function.hears(LegRef(2)) && !rig.function.hears(LegRef(1)));
        ending(&mut rig);
        assert_eq!((rig.media(1), rig.state(1)), (MediaVerdict::Discard, State::HasNoPermission));
        assert!(rig.function.hears(LegRef(1)));
    }
}

#[test]
fn a_revoked_client_is_not_revoked_again_for_what_is_on_its_way() {
    let mut rig = Rig::talking(2);
    rig.controlling(revoked(1));
    rig.outputs();
    assert_eq!((rig.media(1), rig.sent()), (MediaVerdict::Discard, vec![]));
    rig.now += T8;
    assert_eq!(rig.media(1), MediaVerdict::Discard);
    assert_eq!(rig.sent().len(), 1);
}
