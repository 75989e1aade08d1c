//! Datagrams on media ports that are wrong: in their octets, their moment or their sender.

use std::net::SocketAddr;

use mcptt_codec::floor::{FloorGranted, FloorIdle, FloorMessage, FloorRelease, FloorRequest, FloorTaken};
use mcptt_codec::id::{CallRef, LegRef, Ssrc};
use mcptt_codec::{DecodeError, DecodeErrorKind, Path};
use mcptt_server::config;
use mcptt_server::node::Event;
use media_plane::counters::Discard;
use media_plane::event::{Event as MediaPlane, Stream};
use media_plane::floor::{Event as Floor, Machine};

use crate::scene::{ALICE, BOB, STRANGER, Scene, address, of_client};

/// The call of the scene and alice's part in it.
const CALL: CallRef = CallRef(1);
const LEG: LegRef = LegRef(1);
/// A Floor Request with the SSRC of alice.
const REQUEST: [u8; 12] = [0x80, 0xcc, 0, 2, 0xa0, 0, 0, 0, b'M', b'C', b'P', b'T'];

fn discarded(stream: Stream, reason: Discard) -> Event {
    let requirement = reason.requirement();
    Event::MediaPlane(MediaPlane::Discarded { call: CALL, leg: LEG, stream, reason, requirement, count: 1 })
}

fn unknown_source(local: SocketAddr, remote: SocketAddr) -> Event {
    let requirement = "24.380-6.3.5.1:addr";
    Event::MediaPlane(MediaPlane::UnknownSource { path: Path { local, remote }, requirement })
}

//= 24.380-6.3.5.1:addr test
#[test]
fn an_unknown_sender_is_reported_once_and_never_answered() {
    let mut scene = Scene::calling();
    let [sip, audio, floor] = of_client(ALICE);
    let [_, _, floor_of_bob] = of_client(BOB);
    let (to_audio, to_floor) = (scene.audio, scene.floor);
    let pairs = [
        (address(STRANGER), to_floor),
        (address(STRANGER), to_audio),
        (sip, to_floor),
        (audio, to_floor),
        (floor, to_audio),
        (floor_of_bob, to_floor),
    ];
    for (source, local) in pairs {
        assert_eq!(scene.send(source, local, &REQUEST), (vec![], vec![unknown_source(local, source)]));
        assert_eq!(scene.send(source, local, &REQUEST), (vec![], vec![]), "reported once");
        scene.clients_notice_nothing();
    }
    scene.call_works();
}

#[test]
fn garbage_on_every_port_is_reported_and_not_answered() {
    let mut scene = Scene::calling();
    let config = config::parse(config::DEFAULT).unwrap();
    let source = address(STRANGER);
    let garbage: [&[u8]; 6] = [b"", b"\0", &[0xff; 1_500], &[0x80; 12], b"\x16\xfe\xfd", b"hello?"];
    for local in config.audio_addresses().into_iter().chain(config.floor_addresses()) {
        for (index, octets) in garbage.iter().enumerate() {
            let news = if index == 0 { vec![unknown_source(local, source)] } else { vec![] };
            assert_eq!(scene.send(source, local, octets), (vec![], news), "{local} {octets:02x?}");
        }
    }
    let nobody = address("127.0.0.1:9");
    scene.forget();
    scene.world.inject(source, nobody, &b"is it?"[..]);
    assert_eq!(scene.world.take_events(), [], "the network has nobody there");
    scene.call_works();
}

//= 24.380-8.1.4:trunc test
//= 24.380-8.1.4:overrun test
//= 24.380-8.1.4:subtype test
//= 24.380-8.1.2 test
#[test]
fn a_floor_message_that_lies_about_itself_is_reported_and_not_answered() {
    let mut longer = REQUEST;
    longer[3] = 8;
    let overrun = [0x80, 0xcc, 0, 3, 0xa0, 0, 0, 0, b'M', b'C', b'P', b'T', 0, 200, 5, 0];
    let unknown = [0x9c, 0xcc, 0, 2, 0xa0, 0, 0, 0, b'M', b'C', b'P', b'T'];
    let other_name = [0x80, 0xcc, 0, 2, 0xa0, 0, 0, 0, b'P', b'O', b'C', b'1'];
    let kind = DecodeErrorKind::Truncated { needed: 36, left: 12 };
    let error = DecodeError { offset: 2, what: "RTCP packet", kind };
    let truncated = Event::MediaPlane(MediaPlane::Undecodable {
        call: CALL,
        leg: LEG,
        stream: Stream::Floor,
        error,
        count: 1,
    });
    let table: [(&[u8], Event); 6] = [
        (&longer, truncated),
        (&overrun, discarded(Stream::Floor, Discard::FieldOverrun)),
        (&unknown, discarded(Stream::Floor, Discard::UnknownMessage)),
        (&other_name, discarded(Stream::Floor, Discard::NotFloorControl)),
        (&[0x80, 0x61, 0, 1, 0, 0, 0, 1, 0xa0, 0, 0, 0], discarded(Stream::Floor, Discard::MediaOnFloorPort)),
        (b"INVITE sip:a@b SIP/2.0\r\n\r\n", discarded(Stream::Floor, Discard::NotRtcp)),
    ];
    let mut scene = Scene::calling();
    let [_, _, floor] = of_client(ALICE);
    let to = scene.floor;
    for (octets, expected) in table {
        assert_eq!(scene.send(floor, to, octets), (vec![], vec![expected]), "{octets:02x?}");
        scene.clients_notice_nothing();
    }
    scene.call_works();
}

//= 24.380-8.1.4:dir test
#[test]
fn a_valid_floor_message_in_the_wrong_direction_or_state_changes_nothing() {
    let ssrc = Ssrc(0xa000_0000);
    let messages = [
        FloorMessage::Granted(FloorGranted { ssrc, ack_requested: true, ..FloorGranted::default() }),
        FloorMessage::Taken(FloorTaken { ssrc, ack_requested: true, ..FloorTaken::default() }),
        FloorMessage::Idle(FloorIdle { ssrc, ..FloorIdle::default() }),
    ];
    let mut scene = Scene::calling();
    let [_, _, floor] = of_client(ALICE);
    let to = scene.floor;
    for message in messages {
        let event = Floor::Discarded {
            machine: Machine::Towards,
            participant: Some(LEG),
            state: "U: not permitted and Floor Idle",
            got: message.name(),
            requirement: "24.380-6.3.5.1",
        };
        let expected = Event::MediaPlane(MediaPlane::Floor { call: CALL, event });
        assert_eq!(scene.send(floor, to, &message.encode().unwrap()), (vec![], vec![expected]));
        scene.clients_notice_nothing();
    }
    // A release of what is not held is harmless, and so is a second request of the one who talks.
    let release = FloorMessage::Release(FloorRelease { ssrc, ..FloorRelease::default() }).encode().unwrap();
    scene.send(floor, to, &release);
    scene.call_works();
    let request = FloorMessage::Request(FloorRequest { ssrc, ..FloorRequest::default() }).encode().unwrap();
    for _ in 0..2 {
        scene.send(floor, to, &request);
    }
    scene.send(floor, to, &release);
    scene.call_works();
}

//= 24.380-6.3.4.4.2:single test
//= 24.380-6.3.5.3.8 test
#[test]
fn voice_without_permission_reaches_nobody() {
    let mut scene = Scene::calling();
    let [_, audio, floor] = of_client(ALICE);
    let (to_audio, to_floor) = (scene.audio, scene.floor);
    let rtp = [0x80, 0x61, 0, 1, 0, 0, 1, 0x40, 0xa0, 0, 0, 0, 0x5a, 0x5a];
    let (_, mut events) = scene.send(audio, to_audio, &rtp);
    // It is not the source that the server gave to her.
    let learned = events.remove(0);
    assert!(matches!(learned, Event::MediaPlane(MediaPlane::SsrcLearned { leg: LEG, .. })), "{learned:?}");
    assert_eq!(events[0], discarded(Stream::Audio, Discard::NoPermission));
    let misbehaved = Floor::PeerMisbehaved {
        participant: LEG,
        what: "RTP media without permission",
        requirement: "24.380-6.3.5.3.8",
    };
    assert_eq!(events[1], Event::MediaPlane(MediaPlane::Floor { call: CALL, event: misbehaved }));
    assert_eq!(scene.world.take_client_events(BOB), []);
    scene.talk(BOB, ALICE);
    // She who sent it is told to stop, and says that she has.
    let ssrc = Ssrc(0xa000_0000);
    let release = FloorMessage::Release(FloorRelease { ssrc, ..FloorRelease::default() }).encode().unwrap();
    scene.send(floor, to_floor, &release);
    scene.call_works();
}
