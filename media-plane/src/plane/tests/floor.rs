//! Floor messages on their way to floor control and back.

use mcptt_codec::floor::{FloorAck, FloorGranted};

use super::*;

#[test]
fn a_request_is_granted_and_everybody_else_is_told() {
    let mut rig = Rig::with_legs(4);
    rig.floor(2, &request(2));
    assert_eq!(
        rig.sent(),
        [
            Sent::Floor(2, "Floor Granted"),
            Sent::Floor(1, "Floor Taken"),
            Sent::Floor(3, "Floor Taken"),
            Sent::Floor(4, "Floor Taken"),
        ]
    );
    assert_eq!(rig.plane.counters().floor_received, 1);
}

#[test]
fn one_encoding_serves_all_receivers_without_protection() {
    let mut rig = Rig::with_legs(4);
    rig.floor(1, &request(1));
    let payloads: Vec<_> = rig
        .drain()
        .into_iter()
        .filter_map(|output| match output {
            Output::Transmit(transmit) => Some(transmit.payload),
            _ => None,
        })
        .collect();
    let taken: BTreeSet<_> = payloads[1..].iter().map(|payload| payload.as_ptr() as usize).collect();
    assert_eq!((payloads.len(), taken.len()), (4, 1));
}

#[test]
fn floor_messages_carry_their_code_point() {
    let mut config = Config::default();
    config.dscp.floor = 26;
    let mut rig = Rig::new(config);
    rig.initiate(CALL, settings());
    rig.connect(participant(1), 1);
    rig.connect(participant(2), 2);
    rig.drain();
    rig.floor(1, &request(1));
    rig.media(1, &rtp(1, 1));
    let marks: Vec<_> = rig
        .drain()
        .into_iter()
        .filter_map(|output| match output {
            Output::Transmit(transmit) => Some((transmit.path.remote.port(), transmit.dscp)),
            _ => None,
        })
        .collect();
    assert_eq!(marks, [(50_004, 26), (50_004, 26), (50_000, 46)]);
}

//= 24.380-8.1.1 test
#[test]
fn two_messages_in_one_datagram_are_processed_in_order() {
    let mut rig = Rig::with_legs(2);
    rig.raw(path(2, FLOOR), &[request(2), release(2)].concat());
    assert_eq!(
        rig.sent(),
        [
            Sent::Floor(2, "Floor Granted"),
            Sent::Floor(1, "Floor Taken"),
            Sent::Floor(1, "Floor Idle"),
            Sent::Floor(2, "Floor Idle"),
        ]
    );
    assert_eq!(rig.plane.counters().floor_received, 2);
}

//= 24.380-6.3.5.1:ident test
#[test]
fn the_addresses_say_who_asks_not_the_message() {
    let mut rig = Rig::with_legs(3);
    let disguised = FloorMessage::Request(FloorRequest {
        ssrc: ssrc(1),
        user_id: Some("sip:user1@example.org".into()),
        ..FloorRequest::default()
    });
    rig.floor(2, &disguised.encode().unwrap());
    assert_eq!(rig.plane.floor(CALL).unwrap().talker(), Some(LegRef(2)));
}

//= 24.380-14.2.7 test
#[test]
fn the_header_names_the_ssrc_the_participant_has_asked_for() {
    let mut rig = Rig::with_legs(1);
    let wanted = Ssrc(12_345);
    let parameters = FloorParameters { floor_ssrc: Some(wanted), ..FloorParameters::default() };
    rig.connect(Participant { floor_parameters: parameters, ..participant(2) }, 2);
    rig.drain();
    rig.floor(1, &request(1));
    let messages: Vec<_> = rig
        .drain()
        .into_iter()
        .filter_map(|output| match output {
            Output::Transmit(transmit) => Some(FloorMessage::decode(&transmit.payload).unwrap().value),
            _ => None,
        })
        .collect();
    let [granted, taken] = messages.as_slice() else { panic!("{messages:?}") };
    assert_eq!((granted.name(), taken.name(), taken.ssrc()), ("Floor Granted", "Floor Taken", wanted));
    assert_ne!(granted.ssrc(), wanted);
}

#[test]
fn a_participant_without_signalled_ssrc_is_announced_under_one_that_nobody_has() {
    let mut rig = Rig::with_legs(1);
    rig.connect(Participant { audio_ssrc: None, ..participant(2) }, 2);
    rig.drain();
    rig.floor(2, &request(2));
    let granted = rig.drain().into_iter().find_map(|output| match output {
        Output::Transmit(transmit) => match FloorMessage::decode(&transmit.payload).unwrap().value {
            FloorMessage::Granted(FloorGranted { ssrc, granted_ssrc, .. }) => {
                Some((ssrc, granted_ssrc.unwrap()))
            }
            _ => None,
        },
        _ => None,
    });
    let (server, announced) = granted.unwrap();
    assert!(![ssrc(1), server, Ssrc(0)].contains(&announced));
}

#[test]
fn an_implicit_request_in_the_middle_of_a_call_is_a_request() {
    let mut rig = Rig::with_legs(2);
    rig.signal(Signalling::ImplicitRequest { call: CALL, leg: LegRef(2) });
    assert_eq!(rig.sent(), [Sent::Floor(2, "Floor Granted"), Sent::Floor(1, "Floor Taken")]);
}

#[test]
fn messages_of_the_server_are_not_taken_from_a_participant() {
    let mut rig = Rig::with_legs(2);
    let granted = FloorGranted { ssrc: ssrc(2), ..FloorGranted::default() };
    rig.floor(2, &FloorMessage::Granted(granted).encode().unwrap());
    let ack = FloorAck { ssrc: ssrc(2), ..FloorAck::default() };
    rig.floor(2, &FloorMessage::Ack(ack).encode().unwrap());
    assert_eq!(rig.sent(), []);
    assert_eq!(rig.plane.floor(CALL).unwrap().talker(), None);
}

#[test]
fn a_deviation_is_reported_and_the_message_is_used() {
    let mut rig = Rig::with_legs(2);
    // Floor Request with an unknown field 120 of one octet before Floor Priority 5.
    let message = [0x80, 0xcc, 0, 4, 0x55, 0, 0, 2, b'M', b'C', b'P', b'T', 120, 1, 9, 0, 0, 2, 5, 0];
    rig.raw(path(2, FLOOR), &message);
    let deviation = mcptt_codec::Deviation { offset: 12, requirement: "24.380-8.1.4:field" };
    let expected =
        Event::Deviating { call: CALL, leg: LegRef(2), message: "Floor Request", deviation, count: 1 };
    assert_eq!(rig.events(), [expected]);
    assert_eq!(rig.plane.floor(CALL).unwrap().talker(), Some(LegRef(2)));
}
