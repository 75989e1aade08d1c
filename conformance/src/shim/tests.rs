//! Our own client is the first client: it meets what the scenarios arm, and one that does not is found out.

use super::*;
use crate::case::Verdict;
use crate::catalogue::Catalogue;
use crate::judge::Judge;
use crate::tamper::Rule;

#[test]
fn our_own_client_passes_every_scenario() {
    let mut wrong = Vec::new();
    for scenario in scenarios().unwrap() {
        let judged = run_virtual(&scenario, 1, |_| {});
        if judged.verdict != Verdict::Pass {
            let armed: Vec<_> = judged.judgements.counts().keys().copied().collect();
            wrong.push(format!(
                "{}: {} {}; armed {armed:?}",
                scenario.id,
                judged.verdict.word(),
                judged.verdict.reason()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn scenarios_name_requirements_for_clients_that_somebody_watches() {
    let (catalogue, watched) = (Catalogue::embedded().unwrap(), Judge::participant_requirements());
    for scenario in scenarios().unwrap() {
        assert!(!scenario.title.is_empty() && !scenario.requirements.is_empty(), "{}", scenario.id);
        for id in &scenario.requirements {
            assert!(catalogue.get(id).is_some() && watched.contains(&id.as_str()), "{}: {id}", scenario.id);
        }
    }
}

/// Faulty clients: in which scenario, what the client does wrong, and the requirement it is condemned for.
const FAULTY: &[(&str, &str, &str)] = &[
    ("CL-02/unanswered", "what = \"floor-request\"\nskip = 1\ndoes = [\"drop\"]", "24.380-6.2.4.4.5"),
    ("CL-02/release-unanswered", "what = \"floor-release\"\nskip = 1\ndoes = [\"drop\"]", "24.380-6.2.4.6.2"),
];

#[test]
fn a_faulty_client_is_condemned_for_its_clause() {
    for (id, rule, condemned) in FAULTY {
        let scenario = scenarios().unwrap().into_iter().find(|one| one.id == *id).unwrap();
        let text = format!("[[rule]]\nway = \"out-of-client\"\n{rule}");
        let judged = run_virtual(&scenario, 1, |rules| rules.extend(Rule::parse(&text).unwrap()));
        let violated: Vec<_> = judged.judgements.violations().map(|one| one.requirement).collect();
        assert!(violated.contains(condemned), "{id}: {:?}, violated {violated:?}", judged.verdict);
    }
}
