//! The text of the figures, read as strictly as its definition (OpenMetrics 1.0) has it.

use std::collections::{BTreeMap, BTreeSet};

use media_plane::Discard;
use regex::Regex;

use super::*;
use crate::config;
use crate::driver::{Observer, clock};
use crate::node::Input;

struct Nothing;

impl Observer for Nothing {
    fn datagram(&mut self, _: Instant, _: crate::driver::Direction, _: mcptt_codec::Path, _: &bytes::Bytes) {}
    fn event(&mut self, _: Instant, _: &crate::node::Event) {}
    fn send_failed(&mut self, _: mcptt_codec::Path, _: &std::io::Error) {}
}

/// Name -> (type, its samples with labels and value).
type Families = BTreeMap<String, (String, Vec<(String, String, f64)>)>;

/// Reads the text and holds it to every rule that a strict reader has.
fn read(text: &str) -> Families {
    let sample =
        Regex::new(r#"^([a-z_][a-z0-9_]*)(?:\{((?:[a-z_]+="[^"\\\n]*",?)*)\})? (-?[0-9.eE+-]+)$"#).unwrap();
    let described = Regex::new(r"^# (HELP|TYPE|UNIT) ([a-z_][a-z0-9_]*) (.+)$").unwrap();
    let mut families = Families::new();
    let (mut help, mut seen, mut current) = (BTreeSet::new(), BTreeSet::new(), String::new());
    let body = text.strip_suffix("# EOF\n").expect("it says that it is complete");
    for line in body.lines() {
        if let Some(found) = described.captures(line) {
            let name = found[2].to_owned();
            match &found[1] {
                "HELP" => assert!(help.insert(name.clone()), "{name} is described twice"),
                "TYPE" => {
                    assert!(help.contains(&name), "{name} has no help before its type");
                    let new = (found[3].to_owned(), Vec::new());
                    assert!(families.insert(name.clone(), new).is_none(), "{name} has two types");
                }
                _ => assert!(name.ends_with(&format!("_{}", &found[3])), "{line}"),
            }
            current = name;
            continue;
        }
        let found = sample.captures(line).unwrap_or_else(|| panic!("{line:?} is no sample"));
        let (name, labels) =
            (found[1].to_owned(), found.get(2).map_or("", |labels| labels.as_str()).to_owned());
        assert!(seen.insert((name.clone(), labels.clone())), "{line} comes twice");
        let (kind, samples) = families.get_mut(&current).expect("a type precedes");
        let suffix = name.strip_prefix(&current).unwrap_or_else(|| panic!("{line} in {current}"));
        match kind.as_str() {
            "counter" => assert_eq!(suffix, "_total", "{line}"),
            "gauge" => assert_eq!(suffix, "", "{line}"),
            "histogram" => assert!(["_bucket", "_sum", "_count"].contains(&suffix), "{line}"),
            other => panic!("{other} of {line}"),
        }
        samples.push((suffix.to_owned(), labels, found[3].parse().unwrap()));
    }
    for (name, (kind, samples)) in families.iter().filter(|(_, (kind, _))| kind == "histogram") {
        let of = |suffix: &str| samples.iter().filter(|(one, ..)| one == suffix).collect::<Vec<_>>();
        let (buckets, counts) = (of("_bucket"), of("_count"));
        assert!(buckets.windows(2).all(|pair| pair[0].2 <= pair[1].2), "{kind} {name} falls");
        let last = buckets.last().unwrap();
        assert_eq!((last.1.as_str(), last.2), ("le=\"+Inf\"", counts[0].2), "{name}");
    }
    families
}

fn value(families: &Families, name: &str, label: &str) -> f64 {
    let (_, samples) = families.get(name).unwrap_or_else(|| panic!("{name} is missing"));
    samples
        .iter()
        .filter(|(suffix, labels, _)| suffix != "_bucket" && labels.contains(label))
        .map(|(.., value)| value)
        .sum()
}

#[test]
fn figures_of_all_shards_are_shown_as_one_and_can_be_read_strictly() {
    let metrics = Metrics::new(2, Some(Arc::default()));
    let now = clock::now();
    assert!(!metrics.is_alive(now));
    for shard in 0..2 {
        let config = config::parse(config::DEFAULT).unwrap();
        let (sip, media) = (config.call_control.participating.address, config.audio_addresses()[0]);
        let mut node = Node::new(config, [7; 32], now).unwrap();
        let mut observer = Measured::new(Nothing, shard, Some(&metrics));
        assert_eq!(observer.figures_every(), Some(EVERY));
        let remote = "127.0.0.1:5999".parse().unwrap();
        let options = b"OPTIONS sip:x@mc.example.org SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5999;branch=z9hG4bK1\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:x@x>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
        for (local, bytes) in [(sip, &options[..]), (media, b"nonsense")] {
            node.handle_input(now, Input::Datagram { path: mcptt_codec::Path { local, remote }, bytes });
        }
        while let Some(output) = node.poll_output() {
            if let crate::node::Output::Event(event) = output {
                observer.event(now, &event);
            }
        }
        observer.passed(2, 1);
        observer.dropped(3);
        observer.turned(Duration::from_micros(700));
        observer.waited(Duration::from_micros(100));
        observer.stored(Duration::from_millis(3));
        let quality =
            media_plane::quality::SpurtQuality { packets: 5, jitter_ms: 3.0, mos: 4.1, ..Default::default() };
        let (call, leg) = (mcptt_codec::id::CallRef(1), mcptt_codec::id::LegRef(1));
        let ended = media_plane::Event::SpurtEnded { call, leg, quality };
        observer.event(now, &crate::node::Event::MediaPlane(ended));
        observer.figures(now, &node);
    }
    assert!(metrics.is_alive(now) && metrics.is_ready(now));
    let families = read(&metrics.text().unwrap());
    let expected = [
        ("mcptt_shards", "", 2.0),
        ("mcptt_datagrams_received", "", 4.0),
        ("mcptt_datagrams_dropped", "", 6.0),
        ("mcptt_discarded", "reason=\"unknown-source\"", 2.0),
        ("mcptt_sip_requests", "function=\"participating\",direction=\"received\",method=\"OPTIONS\"", 2.0),
        ("mcptt_sip_responses", "function=\"participating\",direction=\"sent\"", 2.0),
        ("mcptt_sip_requests", "function=\"controlling\"", 0.0),
        ("mcptt_recording_drops", "", 0.0),
        ("mcptt_store_works", "", 1.0),
        ("mcptt_calls", "", 0.0),
    ];
    for (name, label, sum) in expected {
        assert_eq!(value(&families, name, label), sum, "{name} {label}");
    }
    for name in [
        "mcptt_turn_seconds",
        "mcptt_queue_wait_seconds",
        "mcptt_store_write_seconds",
        "mcptt_spurt_jitter_seconds",
        "mcptt_spurt_mos",
        "mcptt_floor_grant_wait_seconds",
        "mcptt_rtcp_round_trip_seconds",
    ] {
        assert_eq!(families[name].0, "histogram", "{name}");
    }
    assert_eq!(families["mcptt_discarded"].1.len(), Discard::ALL.len());
}

#[test]
fn a_store_that_fails_is_not_ready_and_a_shard_that_is_silent_not_alive() {
    let metrics = Metrics::new(1, None);
    let mut observer = Measured::new(Nothing, 0, Some(&metrics));
    let now = clock::now();
    let node = Node::new(config::parse(config::DEFAULT).unwrap(), [7; 32], now).unwrap();
    observer.figures(now, &node);
    observer.event(now, &crate::node::Event::StoreFailed { error: crate::node::StoreError::Full });
    assert!(metrics.is_alive(now) && !metrics.is_ready(now));
    observer.event(now, &crate::node::Event::StoreWorks);
    assert!(metrics.is_ready(now));
    assert!(!metrics.is_alive(now + STUCK));
    let nothing = Measured::new(Nothing, 0, None);
    assert_eq!(nothing.figures_every(), None);
}
