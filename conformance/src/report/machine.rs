//! JUnit and SARIF.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::{escaped, guilty, purpose, reason};
use crate::case::CaseResult;
use crate::catalogue::Catalogue;
use crate::outcome::{RunOutcome, Standing};

pub(super) fn junit(outcome: &RunOutcome) -> String {
    let mut suites: BTreeMap<&str, Vec<&CaseResult>> = BTreeMap::new();
    for result in &outcome.results {
        suites.entry(purpose(result)).or_default().push(result);
    }
    let mut text =
        String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"mcptt-conformance\">\n");
    for (suite, results) in &suites {
        let count =
            |word: &str| results.iter().filter(|result| outcome.standing(result).word() == word).count();
        text += &format!(
            "  <testsuite name=\"{suite}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">\n",
            results.len(),
            count("fail"),
            count("error"),
            count("expected-fail") + count("inconclusive")
        );
        for result in results {
            text += &format!(
                "    <testcase name=\"{}\" classname=\"{suite}\" time=\"{:.3}\">",
                escaped(result.case.id),
                result.took.as_secs_f64()
            );
            let why = escaped(&reason(outcome, result));
            text += &match outcome.standing(result) {
                Standing::Pass => String::new(),
                Standing::Unexpected => format!("<failure type=\"unexpected\" message=\"{why}\"/>"),
                Standing::Error => format!("<error type=\"harness\" message=\"{why}\"/>"),
                Standing::Expected(_) | Standing::Inconclusive => format!("<skipped message=\"{why}\"/>"),
            };
            if let Some(attempt) = result.attempt() {
                text += &format!("<system-out>{}</system-out>", escaped(&attempt));
            }
            text += "</testcase>\n";
        }
        text += "  </testsuite>\n";
    }
    let mut alone = |suite: &str, kind: &str, name: &str, why: &str| {
        text += &format!(
            "  <testsuite name=\"{suite}\" tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\">\n    \
             <testcase name=\"{}\" classname=\"{suite}\"><failure type=\"{kind}\" message=\"{}\"/></testcase>\n  </testsuite>\n",
            escaped(name),
            escaped(why)
        );
    };
    if let Some(unhealthy) = &outcome.unhealthy {
        alone("target", "unhealthy", "target-healthy", unhealthy);
    }
    for (path, what) in outcome.wrong() {
        alone("paths", "unexpected", path, what);
    }
    for entry in outcome.expected.stale(&outcome.results) {
        alone("expectations", "stale", &entry.id, &format!("listed as \"{}\", passes now", entry.reason));
    }
    text + "</testsuites>\n"
}

pub(super) fn sarif(outcome: &RunOutcome) -> String {
    let catalogue = Catalogue::embedded().ok();
    let mut rules = BTreeSet::new();
    let mut results = Vec::new();
    for result in &outcome.results {
        let rule = guilty(result);
        rules.insert(rule);
        let standing = outcome.standing(result);
        let (kind, level) = match standing {
            Standing::Pass => ("pass", "none"),
            Standing::Unexpected | Standing::Expected(_) => ("fail", "error"),
            Standing::Inconclusive | Standing::Error => ("open", "none"),
        };
        let message = format!(
            "{}: {}",
            result.case.id,
            if kind == "pass" { result.case.title.to_owned() } else { reason(outcome, result) }
        );
        let mut entry = json!({
            "ruleId": rule,
            "kind": kind,
            "level": level,
            "message": {"text": message},
            "partialFingerprints": {"case/v1": result.case.id},
            "locations": [{
                "physicalLocation": {"artifactLocation": {"uri": format!("{}.pcapng", result.case.id.replace('/', "-"))}},
                "logicalLocations": [{"name": result.case.id, "kind": "function"}],
            }],
        });
        if let Standing::Expected(expectation) = standing {
            entry["suppressions"] = json!([{"kind": "external", "justification": expectation.reason}]);
        }
        results.push(entry);
    }
    for (case, why) in &outcome.not_applicable {
        let rule = case.requirements.first().copied().unwrap_or("harness");
        rules.insert(rule);
        results.push(json!({
            "ruleId": rule,
            "kind": "notApplicable",
            "level": "none",
            "message": {"text": format!("{}: {why}", case.id)},
        }));
    }
    let rules: Vec<_> = rules
        .into_iter()
        .map(|id| {
            let requirement = catalogue.as_ref().and_then(|catalogue| catalogue.get(id));
            let title = requirement.map_or(id, |requirement| requirement.title.as_str());
            let help = requirement.map_or(id, |requirement| requirement.summary.as_str());
            json!({"id": id, "shortDescription": {"text": title}, "help": {"text": help}})
        })
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "mcptt-conformance", "version": env!("CARGO_PKG_VERSION"), "rules": rules}},
            "invocations": [{
                "executionSuccessful": outcome.count("error") == 0 && outcome.unhealthy.is_none() && outcome.wrong().next().is_none(),
                "toolExecutionNotifications": outcome.unhealthy.iter().map(String::as_str).chain(outcome.wrong().map(|(_, what)| what)).map(|what| json!({"level": "error", "message": {"text": what}})).collect::<Vec<_>>(),
            }],
            "results": results,
        }],
    });
    format!("{log:#}\n")
}
