//! Spans as an exporter in memory and a collector on a socket are given them.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};

use call_control::{Entry, ReleaseCause};
use opentelemetry::trace::SpanId;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter as Export};

use super::*;

/// Keeps what it is given.
#[derive(Clone, Debug, Default)]
struct Kept(Arc<Mutex<Vec<SpanData>>>);

impl Export for Kept {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(batch);
        Ok(())
    }
}

struct Nothing;

impl Observer for Nothing {
    fn datagram(&mut self, _: Instant, _: Direction, _: Path, _: &Bytes) {}
    fn event(&mut self, _: Instant, _: &Event) {}
    fn send_failed(&mut self, _: Path, _: &io::Error) {}
}

fn started(call: u64) -> call_control::Event {
    call_control::Event::CallStarted {
        call: CallRef(call),
        group: Some("sip:fire-1@mc.example.org".into()),
        initiator: "sip:alice@mc.example.org".into(),
        tier: Tier::Emergency,
        broadcast: false,
        session_identity: "sip:session@mc.example.org".into(),
    }
}

fn invited(call: u64, leg: u64) -> call_control::Event {
    call_control::Event::MemberInvited {
        call: CallRef(call),
        leg: LegRef(leg),
        mcptt_id: "sip:bob@mc.example.org".into(),
        client_id: "urn:uuid:00000000-0000-4000-8000-0000000000b0".into(),
        required: false,
    }
}

fn stands(call: u64) -> call_control::Event {
    call_control::Event::CallStateChanged {
        call: CallRef(call),
        group: None,
        from: CallState::Initialising,
        to: CallState::Established,
    }
}

fn joined(call: u64, leg: u64) -> call_control::Event {
    let mcptt_id = "sip:bob@mc.example.org".into();
    call_control::Event::ParticipantJoined {
        call: CallRef(call),
        leg: LegRef(leg),
        mcptt_id,
        entry: Entry::Invited,
    }
}

fn released(call: u64) -> call_control::Event {
    call_control::Event::CallReleased {
        call: CallRef(call),
        group: None,
        cause: ReleaseCause::TooFewParticipants,
    }
}

/// A call of which one member comes, one does not, and in which the floor is granted after 250 ms.
fn one_call(observer: &mut impl Observer, call: u64) {
    let begun = clock::now().checked_sub(Duration::from_secs(1)).unwrap();
    let mut after = |milliseconds: u64, event: call_control::Event| {
        observer.event(begun + Duration::from_millis(milliseconds), &Event::CallControl(event));
    };
    after(0, started(call));
    after(1, invited(call, 2));
    after(2, invited(call, 3));
    after(40, joined(call, 2));
    after(41, stands(call));
    let mcptt_id = "sip:carol@mc.example.org".into();
    let (reference, leg) = (CallRef(call), LegRef(3));
    after(
        90,
        call_control::Event::InvitationFailed { call: reference, leg, mcptt_id, status: 486, warning: None },
    );
    let granted = media_plane::Event::FloorGranted { call: reference, leg: LegRef(2), waited_us: 250_000 };
    observer.event(begun + Duration::from_millis(500), &Event::MediaPlane(granted));
    observer.event(begun + Duration::from_millis(900), &Event::CallControl(released(call)));
}

#[test]
fn a_call_is_one_trace_with_its_members_and_grants_and_names_nobody() {
    let kept = Kept::default();
    let spans = Spans::sampled(SdkTracerProvider::builder().with_simple_exporter(kept.clone()), 1.0);
    let mut observer = Traced::new(Nothing, Some(&spans));
    one_call(&mut observer, 7);
    assert!(observer.calls.is_empty());
    let all = kept.0.lock().unwrap();
    let milliseconds = |span: &SpanData| span.end_time.duration_since(span.start_time).unwrap().as_millis();
    let told: Vec<_> = all.iter().map(|span| (span.name.as_ref(), milliseconds(span))).collect();
    // What is reckoned from two readings of the clocks may be off by their distance.
    let expected =
        [("member invited", 39), ("call set-up", 41), ("member invited", 88), ("floor grant", 250)];
    assert_eq!(told.len(), expected.len(), "{told:?}");
    for ((name, took), (expected, about)) in told.iter().zip(expected) {
        assert_eq!(*name, expected);
        assert!(took.abs_diff(about) < 1_000, "{told:?}");
    }
    let root = &all[1];
    assert_eq!(root.parent_span_id, SpanId::INVALID);
    for part in [&all[0], &all[2], &all[3]] {
        assert_eq!(part.span_context.trace_id(), root.span_context.trace_id());
        assert_eq!(part.parent_span_id, root.span_context.span_id());
    }
    assert_eq!(all[2].status, Status::error("486"));
    let text = format!("{all:?}");
    assert!(text.contains("emergency") && !text.contains("sip:") && !text.contains("urn:uuid"), "{text}");
}

#[test]
fn a_call_that_never_stood_is_an_error_and_what_is_not_sampled_is_not_sent() {
    let kept = Kept::default();
    let provider = || SdkTracerProvider::builder().with_simple_exporter(kept.clone());
    let spans = Spans::sampled(provider(), 1.0);
    let mut observer = Traced::new(Nothing, Some(&spans));
    for event in [started(1), invited(1, 2), released(1)] {
        observer.event(clock::now(), &Event::CallControl(event));
    }
    {
        let all = kept.0.lock().unwrap();
        let names: Vec<_> = all.iter().map(|span| span.name.as_ref()).collect();
        assert_eq!(names, ["call set-up", "member invited"]);
        assert!(matches!(all[0].status, Status::Error { .. }));
    }
    let none = Spans::sampled(provider(), 0.0);
    for spans in [Some(&none), None] {
        let mut observer = Traced::new(Nothing, spans);
        one_call(&mut observer, 2);
        assert!(observer.calls.is_empty());
    }
    assert_eq!(kept.0.lock().unwrap().len(), 2);
}

#[test]
fn a_collector_is_posted_what_has_ended() {
    let collector = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}/v1/traces", collector.local_addr().unwrap());
    let taken = std::thread::spawn(move || {
        let (mut stream, _) = collector.accept().unwrap();
        let mut request = Vec::new();
        let mut chunk = [0; 4_096];
        // The head, and a body of the length that it says.
        loop {
            let read = stream.read(&mut chunk).unwrap();
            request.extend_from_slice(&chunk[..read]);
            let text = String::from_utf8_lossy(&request).to_lowercase();
            let Some((head, _)) = text.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            let length: usize = length.unwrap();
            let begins = request.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
            if request.len() >= begins + length {
                break;
            }
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
        request
    });
    let spans = Spans::open(&SpanExport { endpoint, sample: 1.0 }).unwrap();
    one_call(&mut Traced::new(Nothing, Some(&spans)), 3);
    spans.0.force_flush().unwrap();
    let request = taken.join().unwrap();
    assert!(request.starts_with(b"POST /v1/traces HTTP/1.1\r\n"));
    for name in ["call set-up", "member invited", "floor grant", "mcptt-server"] {
        assert!(request.windows(name.len()).any(|part| part == name.as_bytes()), "{name}");
    }
}
