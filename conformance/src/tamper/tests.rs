//! The judge judged: every fault is condemned for its clause, no variation raises an alarm, a clean relay changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::case::{self, Case, CaseResult, Verdict};
use crate::catalogue::Catalogue;
use crate::rig::{Rig, configuration};
use crate::select::glob;

const SEED: u64 = 1;

fn case_of(id: &str) -> &'static Case {
    case::all().into_iter().find(|case| case.id == id).unwrap_or_else(|| panic!("there is no case {id}"))
}

fn run(case: &'static Case, rules: &[Rule], seen_at_server: bool) -> CaseResult {
    let config = configuration(case.configuration);
    let profile = case::profile(&config);
    let mut rig = Rig::new(config, case::case_seed(SEED, case.id));
    rig.relay_through(Relay::new(rules.to_vec()));
    if seen_at_server {
        rig.observe_at_node();
    }
    case::run_on(&mut rig, case, profile)
}

fn violated(result: &CaseResult) -> BTreeSet<&str> {
    result.violations().map(|one| one.requirement).collect()
}

#[test]
fn every_fault_is_condemned_for_its_clause_and_for_no_other() {
    let mut wrong = Vec::new();
    for fault in faults().unwrap() {
        let result = run(case_of(&fault.case), &fault.rules, false);
        let violated = violated(&result);
        let missing: Vec<_> = fault.condemned.iter().filter(|id| !violated.contains(id.as_str())).collect();
        let allowed = |id: &&str| fault.condemned.iter().chain(&fault.also).any(|known| known == id);
        let surplus: Vec<_> = violated.iter().filter(|id| !allowed(id)).collect();
        if !missing.is_empty() || !surplus.is_empty() || !matches!(result.verdict, Verdict::Fail(_)) {
            let verdict = result.verdict.reason();
            wrong.push(format!(
                "{} ({}): missing {missing:?}, surplus {surplus:?}, {} {verdict}",
                fault.name,
                fault.case,
                result.verdict.word()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_harmless_variation_raises_an_alarm() {
    let mut wrong = Vec::new();
    for variation in harmless().unwrap() {
        let (mut tried, mut effect) = (0, false);
        for case in case::all() {
            if !variation.cases.iter().any(|pattern| glob(pattern, case.id)) {
                continue;
            }
            tried += 1;
            let result = run(case, &variation.rules, variation.seen_at_server);
            effect = effect || result.frames != run(case, &[], variation.seen_at_server).frames;
            if result.verdict != Verdict::Pass {
                let (word, why) = (result.verdict.word(), result.verdict.reason());
                wrong.push(format!("{} in {}: {word} {why}", variation.name, case.id));
            }
        }
        assert!(tried > 0 && effect, "{} changes nothing in {tried} cases", variation.name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_tables_are_large_enough_and_name_what_exists() {
    let (faults, harmless) = (faults().unwrap(), harmless().unwrap());
    assert!(faults.len() >= 40, "{} faults", faults.len());
    assert!(harmless.len() >= 15, "{} variations", harmless.len());
    let catalogue = Catalogue::embedded().unwrap();
    let mut names = BTreeSet::new();
    for fault in &faults {
        assert!(names.insert(fault.name.as_str()), "{} twice", fault.name);
        assert!(!fault.condemned.is_empty() && !fault.what.is_empty(), "{}", fault.name);
        for id in fault.condemned.iter().chain(&fault.also) {
            assert!(catalogue.get(id).is_some(), "{}: {id} is not in the catalogue", fault.name);
        }
    }
    for one in &harmless {
        assert!(names.insert(one.name.as_str()) && !one.what.is_empty(), "{} twice", one.name);
    }
}

#[test]
fn three_runs_through_a_clean_relay_give_the_verdicts_of_the_server_itself() {
    let verdicts = |relay: bool| -> BTreeMap<&str, (Verdict, usize)> {
        let result = |case: &'static Case| match relay {
            true => run(case, &[], false),
            false => case::run(case, SEED),
        };
        let all =
            case::all().into_iter().filter(|case| case.id.starts_with("FC-0") || case.id.starts_with("GC-0"));
        all.map(|case| (case.id, result(case)))
            .map(|(id, result)| (id, (result.verdict, result.frames.len())))
            .collect()
    };
    let itself = verdicts(false);
    assert!(itself.len() > 20 && itself.values().all(|(verdict, _)| *verdict == Verdict::Pass));
    for _ in 0..3 {
        assert_eq!(verdicts(true), itself);
    }
}

fn fault_of(name: &str) -> Fault {
    faults().unwrap().into_iter().find(|fault| fault.name == name).unwrap()
}

#[test]
fn a_fault_is_the_same_live_as_a_capture_and_in_a_bundle() {
    use crate::capture::{Link, Reader, Writer};
    use crate::outcome::RunOutcome;

    let fault = fault_of("taken-missing-to-one");
    let live = run(case_of(&fault.case), &fault.rules, false);
    let expected = violated(&live);
    assert!(expected.contains(fault.condemned[0].as_str()));
    let mut writer = Writer::new(Vec::new(), Link::Ethernet, "test").unwrap();
    for frame in &live.frames {
        writer.datagram::<&str>(frame.time, frame.source, frame.destination, &frame.payload, &[]).unwrap();
    }
    let octets = writer.finish().unwrap();
    let frames: Vec<_> = Reader::new(&octets[..]).unwrap().map(Result::unwrap).collect();
    let replayed = case::judge(live.profile.clone(), &frames, live.end);
    assert_eq!(replayed.violations().map(|one| one.requirement).collect::<BTreeSet<_>>(), expected);
    let outcome = RunOutcome::own(SEED, vec![live]);
    let bundle = crate::bundle::create(&outcome, &Default::default(), None).unwrap();
    let checked = crate::bundle::verify(&bundle, None, true).unwrap();
    assert_eq!(checked.cases.len(), 1, "it is judged again from its capture and comes to the same");
}

#[test]
fn one_leaked_packet_is_found_and_named() {
    let mut fault = fault_of("leak-while-taken");
    for rule in &mut fault.rules {
        rule.count = Some(1);
        rule.skip = 2;
    }
    let result = run(case_of(&fault.case), &fault.rules, false);
    let leaks: Vec<_> = result.violations().filter(|one| one.actual == "it was distributed").collect();
    let Some(leak) = leaks.first() else { panic!("nothing was found") };
    let same =
        |one: &&crate::judge::Judgement| (one.armed_by, one.decided_by) == (leak.armed_by, leak.decided_by);
    assert!(leaks.iter().all(same), "one packet: {leaks:?}");
    let frame = |number: u64| result.frames.iter().find(|frame| frame.number == number).unwrap();
    let (sent, heard) = (frame(leak.armed_by), frame(leak.decided_by.unwrap()));
    assert_eq!(sent.payload, heard.payload, "the very packet");
    assert_ne!(sent.source, heard.destination);
}

/// The Message Type of an acknowledgment with the bit of the message it is for: some read the clause like that.
pub(crate) fn another_reading() -> CaseResult {
    let rules = "[[rule]]\nway = \"to-client\"\nwhat = \"floor-ack\"\ndoes = [{ set = [12, \"1400\"] }]";
    run(case_of("FC-05/idle"), &Rule::parse(rules).unwrap(), false)
}
