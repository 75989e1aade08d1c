//! That the search finds what is broken, makes it small, and that the onlooker is not blind.

use std::time::Duration;

use bytes::Bytes;
use mcptt_codec::floor::{
    FloorGranted, FloorIdle, FloorMessage, FloorRevoke, MessageSequenceNumber, RejectCause, RevokeCause,
};

use super::*;
use crate::scenario::{Kind, Who};

fn decoded(octets: &Bytes) -> Option<FloorMessage> {
    FloorMessage::decode(octets).ok().map(|decoded| decoded.value)
}

/// Something broken in what the server sends: the invariant it breaks, and what becomes of a datagram.
type Fault = (u8, fn() -> Sabotage);

const FAULTS: &[Fault] = &[
    // Whoever asks while another talks is granted the floor as well.
    (1, || {
        Box::new(|_, _, _, octets| match decoded(octets) {
            Some(FloorMessage::Deny(deny)) if deny.cause == Some(RejectCause(1)) => {
                let duration = Some(Duration::from_secs(1));
                vec![
                    FloorMessage::Granted(FloorGranted { duration, ..FloorGranted::default() })
                        .encode()
                        .unwrap(),
                ]
            }
            _ => vec![octets.clone()],
        })
    }),
    // One participant is never told who talks.
    (5, || {
        Box::new(|_, who, _, octets| match decoded(octets) {
            Some(FloorMessage::Taken(_)) if who == 1 => Vec::new(),
            _ => vec![octets.clone()],
        })
    }),
    // Voice reaches its listeners twice.
    (4, || {
        Box::new(|_, _, kind, octets| match kind {
            Kind::Voice => vec![octets.clone(), octets.clone()],
            _ => vec![octets.clone()],
        })
    }),
    // Waiting requests are answered with Floor Idle.
    (6, || {
        Box::new(|_, _, _, octets| match decoded(octets) {
            Some(FloorMessage::QueuePositionInfo(info)) => {
                let idle =
                    FloorIdle { sequence: Some(MessageSequenceNumber(60_000)), ..FloorIdle::default() };
                vec![
                    FloorMessage::QueuePositionInfo(info).encode().unwrap(),
                    FloorMessage::Idle(idle).encode().unwrap(),
                ]
            }
            _ => vec![octets.clone()],
        })
    }),
    // Denials are lost inside.
    (7, || {
        Box::new(|_, _, _, octets| match decoded(octets) {
            Some(FloorMessage::Deny(_)) => Vec::new(),
            _ => vec![octets.clone()],
        })
    }),
    // A talker is told to stop for no reason.
    (8, || {
        Box::new(|_, _, _, octets| match decoded(octets) {
            Some(FloorMessage::Granted(_)) => {
                let cause = Some(RevokeCause::MEDIA_BURST_TOO_LONG);
                vec![
                    octets.clone(),
                    FloorMessage::Revoke(FloorRevoke { cause, ..FloorRevoke::default() }).encode().unwrap(),
                ]
            }
            _ => vec![octets.clone()],
        })
    }),
    // The sequence number stands still.
    (9, || {
        Box::new(|_, _, _, octets| match decoded(octets) {
            Some(FloorMessage::Idle(idle)) => {
                let sequence = Some(MessageSequenceNumber(7));
                vec![FloorMessage::Idle(FloorIdle { sequence, ..idle }).encode().unwrap()]
            }
            _ => vec![octets.clone()],
        })
    }),
    // Floor Idle never ends.
    (11, || {
        let mut number = 0;
        Box::new(move |_, _, _, octets| match decoded(octets) {
            Some(FloorMessage::Idle(idle)) => {
                let mut copy = || {
                    number += 1;
                    let sequence = Some(MessageSequenceNumber(number));
                    FloorMessage::Idle(FloorIdle { sequence, ..idle.clone() }).encode().unwrap()
                };
                (0..6).map(|_| copy()).collect()
            }
            _ => vec![octets.clone()],
        })
    }),
    // More time is granted than there is.
    (12, || {
        Box::new(|_, _, _, octets| match decoded(octets) {
            Some(FloorMessage::Granted(granted)) => {
                let duration = Some(Duration::from_secs(99));
                vec![FloorMessage::Granted(FloorGranted { duration, ..granted }).encode().unwrap()]
            }
            _ => vec![octets.clone()],
        })
    }),
];

#[test]
fn what_is_broken_is_found_made_small_and_breaks_again() {
    for (invariant, fault) in FAULTS {
        let sabotage = || Some(fault());
        let search = Search { first_seed: 1, sequences: 400 };
        let found = check_sabotaged(search, &sabotage)
            .expect_err(&format!("a break of invariant {invariant} is not found"));
        assert_eq!(found.breach.invariant, *invariant, "{:?}\n{}", found.breach, found.scenario);
        assert!(found.frames.len() <= FRAMES);
        assert!(
            found.scenario.steps.len() <= 8,
            "{} steps are left:\n{}",
            found.scenario.steps.len(),
            found.scenario
        );
        // What is written is what breaks: the text alone is enough.
        let text = found.scenario.to_string();
        let again = play(&Scenario::parse(&text).unwrap(), sabotage());
        assert_eq!(again.breach, Some(found.breach.clone()), "{text}");
        // Without the fault nothing is wrong with it.
        assert_eq!(play(&found.scenario, None).breach, None, "{text}");
        let marked = found.frames.iter().flat_map(|frame| &frame.comments);
        assert!(marked.filter(|comment| comment.contains("breaks invariant")).count() == 1, "{text}");
    }
}

#[test]
fn a_server_that_forgets_its_timers_is_found_out() {
    // After the first grant nothing is sent any more.
    let sabotage = || {
        let mut silent = false;
        let sabotage: Sabotage = Box::new(move |_: Duration, _: Who, _: Kind, octets: &Bytes| {
            let was = silent;
            silent |= matches!(decoded(octets), Some(FloorMessage::Granted(_)));
            if was && !matches!(decoded(octets), Some(FloorMessage::Taken(_))) {
                Vec::new()
            } else {
                vec![octets.clone()]
            }
        });
        Some(sabotage)
    };
    let found =
        check_sabotaged(Search { first_seed: 1, sequences: 50 }, &sabotage).expect_err("nothing is found");
    // Its voice stays away as well.
    assert!([4, 7, 8].contains(&found.breach.invariant), "{:?}", found.breach);
}

#[test]
fn a_counterexample_is_kept_as_text_and_as_capture() {
    let (_, fault) = FAULTS[1];
    let found =
        check_sabotaged(Search { first_seed: 1, sequences: 400 }, &|| Some(fault())).expect_err("found");
    let folder = std::env::temp_dir().join(format!("mcptt-property-{}", std::process::id()));
    let path = found.write(&folder).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(Scenario::parse(&text).unwrap(), found.scenario);
    let capture = std::fs::File::open(path.with_extension("pcapng")).unwrap();
    let frames: Vec<Frame> =
        crate::capture::Reader::new(io::BufReader::new(capture)).unwrap().map(Result::unwrap).collect();
    assert!(!frames.is_empty() && frames.len() <= FRAMES);
    std::fs::remove_dir_all(&folder).unwrap();
}

//= 24.380-6.3.4.4.7a:b test
//= 24.380-6.3.6.3.2 test
#[test]
fn calls_of_several_talkers_are_among_the_sequences_and_break_nothing() {
    let sequences = std::env::var("MCPTT_SEQUENCES").ok().and_then(|text| text.parse().ok()).unwrap_or(200);
    let kinds = |wanted: &str| {
        let scenarios = (1..=sequences.min(200)).map(|seed| generate::scenario(seed, None));
        let is_one = |scenario: &Scenario| {
            scenario.settings.iter().any(|setting| setting.assignment.starts_with(wanted))
        };
        scenarios.filter(is_one).count()
    };
    for wanted in ["max-talkers", "dual-floor", "audio-cut-in"] {
        assert!(kinds(wanted) >= 10, "{wanted}: {}", kinds(wanted));
    }
    match check(Search { first_seed: 1, sequences }) {
        Ok(armed) => assert_eq!(armed.sequences, sequences),
        Err(found) => panic!("seed {}: {:?}\n{}", found.seed, found.breach, found.scenario),
    }
}

#[test]
fn the_same_seed_gives_the_same_sequence() {
    let sequence = |seed| generate::scenario(seed, None);
    for seed in 1..20 {
        assert_eq!(sequence(seed), sequence(seed));
        assert_ne!(sequence(seed).steps, sequence(seed + 1).steps);
    }
}

#[test]
fn invariants_name_requirements_of_the_catalogue() {
    let catalogue = crate::catalogue::Catalogue::embedded().unwrap();
    for (index, invariant) in INVARIANTS.iter().enumerate() {
        assert_eq!(usize::from(invariant.number), index + 1);
        assert!(catalogue.get(invariant.requirement).is_some(), "{invariant:?}");
    }
}
