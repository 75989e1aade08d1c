//! The serialised form of events: what log readers and reports rely on.

use mcptt_codec::Path;
use mcptt_codec::id::{CallRef, LegRef};
use mcptt_codec::subchannel::Tmgi;
use media_plane::crypto::ProtectionError;
use media_plane::{Discard, Event, Stream, floor};

#[test]
fn events_are_written_flat_under_their_name() {
    let path = Path { local: ([192, 0, 2, 1], 4_000).into(), remote: ([198, 51, 100, 7], 5_000).into() };
    let (call, leg) = (CallRef(1), LegRef(2));
    let moved = floor::Event::StateChanged {
        machine: floor::Machine::General,
        participant: None,
        from: "G: Floor Idle",
        to: "G: Floor Taken",
        cause: "Floor Request",
        clause: "6.3.4.3.3",
    };
    let cases = [
        (
            Event::UnknownSource { path, requirement: "24.380-6.3.5.1:addr" },
            r#"{"event":"unknown-source","path":{"local":"192.0.2.1:4000","remote":"198.51.100.7:5000"},"requirement":"24.380-6.3.5.1:addr"}"#,
        ),
        (
            Event::Discarded {
                call,
                leg,
                stream: Stream::AudioControl,
                reason: Discard::Replay,
                requirement: None,
                count: 4,
            },
            r#"{"event":"discarded","call":1,"leg":2,"stream":"audio-control","reason":"replay","requirement":null,"count":4}"#,
        ),
        (
            Event::NotProtected {
                call,
                leg,
                stream: Stream::Audio,
                error: ProtectionError::KeyExpired,
                count: 1,
            },
            r#"{"event":"not-protected","call":1,"leg":2,"stream":"audio","error":"key-expired","count":1}"#,
        ),
        (
            Event::Mbms { tmgi: Tmgi { service_id: [0, 1, 0xab], plmn: None }, event: moved },
            r#"{"event":"mbms","tmgi":"0001ab","what":{"event":"state-changed","machine":"G","participant":null,"from":"G: Floor Idle","to":"G: Floor Taken","cause":"Floor Request","clause":"6.3.4.3.3"}}"#,
        ),
        (
            Event::Floor { call, event: moved },
            r#"{"call":1,"event":"state-changed","machine":"G","participant":null,"from":"G: Floor Idle","to":"G: Floor Taken","cause":"Floor Request","clause":"6.3.4.3.3"}"#,
        ),
    ];
    for (event, expected) in cases {
        assert_eq!(serde_json::to_string(&event).unwrap(), expected);
    }
}
