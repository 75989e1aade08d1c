use super::*;
use crate::case::{self, Reason};

const DEMANDS: Demands = Demands { min_executed: 1, deny_inconclusive: false };

fn ended(id: &str, verdict: Verdict) -> CaseResult {
    let case = case::all().into_iter().find(|case| case.id == id).unwrap();
    CaseResult { verdict, ..case::run(case, 1) }
}

fn outcome(verdict: Verdict, expected: &str) -> RunOutcome {
    let mut outcome = RunOutcome::own(1, vec![ended("FC-01/grant", verdict)]);
    outcome.expected = Expectations::parse(expected).unwrap();
    outcome
}

const KNOWN: &str = "[[expect]]\nid = \"FC-01/grant\"\nsymptom = \"cause 4\"\nreason = \"ticket 17\"\n";

#[test]
fn expectations_change_what_a_verdict_comes_to() {
    let fail = |text: &str| Verdict::Fail(text.to_owned());
    let inconclusive = Verdict::Inconclusive(Reason::Unarmed, String::new());
    for (verdict, expected, exit) in [
        (Verdict::Pass, "", Exit::AsExpected),
        (Verdict::Pass, KNOWN, Exit::Unexpected),
        (fail("cause 4 instead of 1"), KNOWN, Exit::AsExpected),
        (fail("cause 7 instead of 1"), KNOWN, Exit::Unexpected),
        (fail("cause 4 instead of 1"), "", Exit::Unexpected),
        (inconclusive.clone(), KNOWN, Exit::AsExpected),
        (Verdict::Error("x".to_owned()), KNOWN, Exit::Harness),
    ] {
        let label = format!("{verdict:?} {expected}");
        assert_eq!(outcome(verdict, expected).exit(DEMANDS), exit, "{label}");
    }
    let denied = Demands { deny_inconclusive: true, ..DEMANDS };
    assert_eq!(outcome(inconclusive, "").exit(denied), Exit::Denied);
}

#[test]
fn nothing_executed_and_an_unhealthy_target_are_never_green() {
    assert_eq!(RunOutcome::own(1, Vec::new()).exit(DEMANDS), Exit::TooFew);
    let mut sick = outcome(Verdict::Pass, "");
    sick.unhealthy = Some("it is gone".to_owned());
    assert_eq!(sick.exit(DEMANDS), Exit::Unexpected);
}

#[test]
fn an_entry_without_reason_without_case_or_for_everything_does_not_load() {
    for (id, reason, part) in [
        ("FC-01/grant", " ", "a reason is missing"),
        ("FC-99/nothing", "r", "there is no such case or requirement"),
        ("RFC8101-rp", "r", "no case names this requirement"),
        ("*", "r", "more than a quarter of all cases"),
    ] {
        let error =
            Expectations::parse(&format!("[[expect]]\nid = \"{id}\"\nreason = \"{reason}\"\n")).unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
    }
    assert!(Expectations::parse("[[expect]]\nid = \"FC-01/grant\"\n").is_err());
}

#[test]
fn a_proposal_does_not_load_before_somebody_gives_a_reason() {
    let results = [ended("FC-01/grant", Verdict::Fail("24.380-6.3.4.4.2:3: x".to_owned()))];
    let proposal = Expectations::default().propose(&results);
    assert!(proposal.contains("id = \"FC-01/grant\""), "{proposal}");
    assert!(Expectations::parse(&proposal).unwrap_err().to_string().contains("a reason is missing"));
    let filled = proposal.replace("reason = \"\"", "reason = \"known\"");
    let loaded = Expectations::parse(&filled).unwrap();
    assert!(matches!(loaded.standing(&results[0]), Standing::Expected(_)));
}
