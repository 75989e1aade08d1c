//! The judge is judged: every requirement has a trace that is accepted, one that is rejected and one that
//! does not arm it.

mod adhoc;
mod air;
mod asked;
mod beyond;
mod carried;
mod everybody;
mod hostile;
mod messages;
mod monp;
mod off_network;
mod parameters;
mod places;
mod quiet;
mod regroup;
mod script;
mod services;
mod sessions;
mod sip;
mod steps;
mod traces;
mod unseen;
mod world;

use std::collections::BTreeSet;

use super::{Judge, Judgements};
use traces::{Trace, all};
use world::World;

fn judged(trace: &Trace) -> Judgements {
    let mut world = World::new();
    trace.play(&mut world);
    world.judged()
}

/// What was violated, one line each.
fn complaints(judgements: &Judgements) -> String {
    let line = |one: &crate::judge::Judgement| {
        let (by, actual) = (one.armed_by, &one.actual);
        format!("\n      {} at frame {by}: {} but {actual}", one.requirement, one.expected)
    };
    judgements.violations().map(line).collect()
}

fn violated(judgements: &Judgements) -> BTreeSet<String> {
    judgements.violations().map(|judgement| judgement.requirement.to_owned()).collect()
}

#[test]
fn every_requirement_has_its_three_traces() {
    let covered: BTreeSet<&str> = all().iter().map(|traces| traces.requirement.as_str()).collect();
    let watched: BTreeSet<&str> = Judge::requirements().into_iter().collect();
    let without: Vec<_> = watched.difference(&covered).collect();
    let unwatched: Vec<_> = covered.difference(&watched).collect();
    assert!(without.is_empty() && unwatched.is_empty(), "no traces: {without:#?}, no rule: {unwatched:#?}");
    assert_eq!(covered.len(), all().len(), "one entry each");
}

#[test]
fn good_traces_are_accepted() {
    let mut wrong = Vec::new();
    for traces in all() {
        let judgements = judged(&traces.accepts);
        let held = judgements.counts().get(traces.requirement.as_str()).is_some_and(|counts| counts.held > 0);
        if !held || judgements.violations().next().is_some() {
            wrong.push(format!("{} held: {held}{}", traces.requirement, complaints(&judgements)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn traces_with_one_wrong_thing_are_rejected_for_that() {
    let mut wrong = Vec::new();
    for traces in all() {
        let judgements = judged(&traces.rejects);
        let mut expected = traces.also.clone();
        expected.insert(traces.requirement.clone());
        if violated(&judgements) != expected {
            let missing: Vec<_> = expected.difference(&violated(&judgements)).cloned().collect();
            wrong.push(format!("{} not found: {missing:?}{}", traces.requirement, complaints(&judgements)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn traces_of_something_else_do_not_arm() {
    let mut wrong = Vec::new();
    for traces in all() {
        let counts = judged(&traces.unarmed).counts();
        if counts.is_empty() || counts.contains_key(traces.requirement.as_str()) {
            let armed: Vec<_> = counts.into_keys().collect();
            wrong.push(format!("{} armed: {armed:?}", traces.requirement));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // What nobody does arms nothing.
    let mut world = World::new();
    world.ask(world::ALICE, "OPTIONS", "", &[], "200 OK", "");
    assert_eq!(world.judged().counts().len(), 0);
}
