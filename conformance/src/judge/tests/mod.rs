//! The judge is judged: every requirement has a trace that is accepted, one that is rejected and one that
//! does not arm it.

mod floor;
mod hostile;
mod messages;
mod quiet;
mod sip;
mod steps;
mod world;

use std::collections::BTreeSet;

use super::{Judge, Judgements};
use world::World;

/// The traces of a requirement.
struct Traces {
    requirement: &'static str,
    /// Everything is as it should be, and the requirement is armed.
    accepts: fn(&mut World),
    /// One thing is wrong.
    rejects: fn(&mut World),
    /// Other requirements that the one wrong thing breaks as well.
    also: &'static [&'static str],
}

fn all() -> impl Iterator<Item = &'static Traces> {
    floor::TRACES.iter().chain(sip::TRACES)
}

fn judged(trace: fn(&mut World)) -> Judgements {
    let mut world = World::new();
    trace(&mut world);
    world.judged()
}

fn violated(judgements: &Judgements) -> BTreeSet<&'static str> {
    judgements.violations().map(|judgement| judgement.requirement).collect()
}

#[test]
fn every_requirement_has_its_three_traces() {
    let covered: BTreeSet<&str> = all().map(|traces| traces.requirement).collect();
    assert_eq!(
        covered,
        Judge::requirements().into_iter().collect(),
        "requirements with traces and requirements with rules"
    );
    assert_eq!(covered.len(), all().count(), "one entry each");
    // What nobody does arms nothing.
    let idle = judged(|world| world.ask(world::ALICE, "OPTIONS", "", &[], "200 OK", ""));
    assert_eq!(idle.counts().len(), 0, "{:?}", idle.counts());
}

#[test]
fn good_traces_are_accepted() {
    let mut wrong = Vec::new();
    for traces in all() {
        let judgements = judged(traces.accepts);
        let held = judgements.counts().get(traces.requirement).is_some_and(|counts| counts.held > 0);
        if !held || judgements.violations().next().is_some() {
            wrong.push((traces.requirement, held, judgements.violations().cloned().collect::<Vec<_>>()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn traces_with_one_wrong_thing_are_rejected_for_that() {
    let mut wrong = Vec::new();
    for traces in all() {
        let judgements = judged(traces.rejects);
        let expected: BTreeSet<&str> = traces.also.iter().copied().chain([traces.requirement]).collect();
        if violated(&judgements) != expected {
            wrong.push((traces.requirement, violated(&judgements)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
