//! The cases against our own server, and the rules every case has to follow.

use std::collections::BTreeSet;

use super::*;
use crate::catalogue::Catalogue;
use crate::judge::Judge;

//= 22.179-kpi1 test
//= 22.179-kpi3 test
//= 22.179-kpi4 test
#[test]
fn what_measures_time_says_nothing_on_virtual_time_though_there_are_samples() {
    for case in all().into_iter().filter(|case| case.measures()) {
        let result = run(case, 1);
        assert!(
            matches!(&result.verdict, Verdict::Inconclusive(Reason::Unarmed, what) if what.contains("kpi")),
            "{}: {:?}",
            case.id,
            result.verdict
        );
        assert_eq!(result.figures().count(), 0);
        let figures = measure(result.profile.clone(), &result.frames);
        assert!(case.requirements.iter().all(|indicator| figures.suffice(indicator)), "{}", case.id);
    }
}

#[test]
fn official_tests_are_those_of_purposes_that_exist() {
    let purposes: BTreeSet<&str> = all().iter().map(|case| case.purpose()).collect();
    assert!(purposes.iter().filter(|purpose| !nearest(purpose).is_empty()).count() >= 15);
}

#[test]
fn ids_are_unique_and_name_requirements_that_exist_and_are_watched() {
    let catalogue = Catalogue::embedded().unwrap();
    let watched: BTreeSet<&str> = Judge::requirements().into_iter().chain(crate::judge::INDICATORS).collect();
    let mut seen = BTreeSet::new();
    for case in all() {
        assert!(seen.insert(case.id), "{} twice", case.id);
        assert!(!case.requirements.is_empty(), "{} shows nothing", case.id);
        for requirement in case.requirements {
            assert!(
                catalogue.get(requirement).is_some(),
                "{}: {requirement} is not in the catalogue",
                case.id
            );
            assert!(watched.contains(requirement), "{}: no monitor watches {requirement}", case.id);
        }
    }
}

#[test]
fn there_are_enough_of_both_kinds() {
    let of = |spec: &str| {
        all().iter().filter(|case| case.requirements.iter().any(|id| id.starts_with(spec))).count()
    };
    assert!(of("24.380-6.3") >= 20, "floor control: {}", of("24.380-6.3"));
    assert!(of("24.379") + of("RFC") >= 10, "SIP: {}", of("24.379"));
}

#[test]
fn the_same_seed_gives_the_same_frames_and_judgements() {
    let case = all().into_iter().find(|case| case.id == "FC-10/emergency").unwrap();
    let (first, second) = (run(case, 7), run(case, 7));
    assert_eq!(first.frames, second.frames);
    assert_eq!(first.judgements, second.judgements);
    assert_ne!(first.frames, run(case, 8).frames);
}

#[test]
fn a_verdict_only_gets_worse() {
    let all = [
        Verdict::Pass,
        Verdict::Inconclusive(Reason::Unarmed, String::new()),
        Verdict::Fail(String::new()),
        Verdict::Error(String::new()),
    ];
    for (rank, better) in all.iter().enumerate() {
        for worse in &all[rank..] {
            assert_eq!(better.clone().worse(worse.clone()), *worse);
            assert_eq!(worse.clone().worse(better.clone()), *worse);
        }
    }
}

//= 24.379-6.2.8.2 test
#[test]
fn the_initiator_of_a_broadcast_ends_it_when_it_has_said_what_it_had_to_say() {
    use call_control::client::GroupCall;

    use crate::case::actors::{ALICE, BOB, FIRE, call_as, seconds};
    use crate::rig::{Rig, configuration};

    for (broadcast, goes_on) in [(true, false), (false, true)] {
        let mut rig = Rig::new(configuration(""), 1);
        let call = GroupCall { broadcast, implicit_request: false, ..GroupCall::new(FIRE) };
        let [alice, bob] = call_as(&mut rig, [ALICE, BOB], call).unwrap();
        rig.advance(seconds(1));
        rig.press(alice);
        rig.advance(seconds(1));
        assert!(rig.in_call(alice) && rig.in_call(bob));
        rig.release(alice);
        rig.advance(seconds(3));
        assert_eq!((rig.in_call(alice), rig.in_call(bob)), (goes_on, goes_on), "broadcast: {broadcast}");
    }
}

#[test]
fn the_reasons_are_a_closed_list_of_ten_words() {
    let words: BTreeSet<&str> = Reason::ALL.iter().map(|reason| reason.word()).collect();
    assert_eq!(words.len(), 10);
    let verdict = Verdict::Inconclusive(Reason::OwnJitter, "40 ms".to_owned());
    assert_eq!(verdict.reason(), "own-jitter: 40 ms");
}

#[test]
fn what_was_judged_is_judged_the_same_once_more() {
    for id in ["FC-10/emergency", "REG-05/token"] {
        let case = all().into_iter().find(|case| case.id == id).unwrap();
        let result = run(case, 3);
        assert_eq!(judge(result.profile.clone(), &result.frames, result.end), result.judgements);
    }
}

#[test]
fn a_case_that_was_begun_again_says_so_and_why() {
    let case = all().into_iter().find(|case| case.id == "FC-01/grant").unwrap();
    let mut result = run(case, 1);
    assert_eq!(result.attempt(), None);
    result.before = vec!["own-jitter: 40 ms".to_owned(), "unarmed: 24.380-6.3.4.3.3:2".to_owned()];
    assert_eq!(result.attempt().unwrap(), "attempt 3 of 3, before: unarmed: 24.380-6.3.4.3.3:2");
}

//= RFC4961-4 test
//= RFC3261-18.1.1:maximum test
#[test]
fn everything_comes_from_known_ports_and_large_requests_are_served() {
    for id in ["MED-04/symmetric", "ROB-02/large"] {
        let case = all().into_iter().find(|case| case.id == id).unwrap();
        assert_eq!(run(case, 1).verdict, Verdict::Pass, "{id}");
    }
}

/// At a target a pause may last longer than the timer of the client that repeats its request.
#[test]
fn who_asked_with_its_invite_may_ask_again_before_anybody_has_accepted() {
    use super::actors::{ALICE, BOB, FIRE, members, seconds};
    let config = crate::rig::configuration("");
    let profile = profile(&config);
    let mut rig = crate::rig::Rig::new(config, 1);
    let [alice] = members(&mut rig, [ALICE]).unwrap();
    rig.call(alice, FIRE, true).unwrap();
    rig.advance(seconds(3));
    members(&mut rig, [BOB]).unwrap();
    rig.advance(seconds(1));
    let judgements = judge(profile, rig.frames(), rig.time());
    assert_eq!(judgements.violations().collect::<Vec<_>>(), Vec::<&crate::judge::Judgement>::new());
    assert!(judgements.counts().get("24.380-6.3.2.2:conf").is_some_and(|count| count.held > 0));
}
