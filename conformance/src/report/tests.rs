use serde_json::Value;

use super::*;
use crate::case::{self, Reason};
use crate::outcome::Expectations;
use crate::side::Side;

/// A pass, an expected and an unexpected failure, an inconclusive case, one that does not apply, a stale entry, a sick target.
fn outcome() -> RunOutcome {
    let run = |id: &str| case::run(case::all().into_iter().find(|case| case.id == id).unwrap(), 1);
    let ended = |id: &str, verdict| CaseResult { verdict, ..run(id) };
    let nasty = "24.380-6.3.4.4.2:3: <b>\"it's\" & a | pipe,\nnew line\u{1}</b>";
    let mut outcome = RunOutcome::own(
        1,
        vec![
            run("FC-01/grant"),
            ended("FC-06/deny", Verdict::Fail(nasty.to_owned())),
            ended("FC-10/emergency", Verdict::Fail("cause 4".to_owned())),
            ended("GC-01/fan-out", Verdict::Inconclusive(Reason::OwnJitter, "40 ms".to_owned())),
        ],
    );
    let case = case::all().into_iter().find(|case| case.id == "UE-01/silent").unwrap();
    outcome.not_applicable.push((case, "=it judges clients".to_owned()));
    let entry = |id: &str| format!("[[expect]]\nid = \"{id}\"\nreason = \"ticket\"\n");
    outcome.expected = Expectations::parse(&(entry("FC-10/emergency") + &entry("FC-01/grant"))).unwrap();
    outcome.unhealthy = Some("in FC-06: no answer & more".to_owned());
    let wrong = vec!["calls.pcapng: <not> as expected".to_owned()];
    outcome.sides.push(Side { name: "replay", what: "1 captures".to_owned(), wrong, ..Side::default() });
    outcome
}

/// Counts the elements of well-formed XML by name.
fn elements(xml: &str) -> std::collections::BTreeMap<String, usize> {
    let mut reader = quick_xml::Reader::from_str(xml);
    let (mut counts, mut depth) = (std::collections::BTreeMap::new(), 0_i64);
    loop {
        use quick_xml::events::Event;
        let event = reader.read_event().unwrap_or_else(|error| panic!("{error} in {xml}"));
        if let Event::Start(tag) | Event::Empty(tag) = &event {
            for attribute in tag.attributes() {
                attribute.unwrap();
            }
            *counts.entry(tag.name().as_ref().to_owned()).or_default() += 1;
        }
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0);
    counts
}

#[test]
fn junit_is_well_formed_and_shows_failures_as_failures() {
    let counts = elements(&render(Form::Junit, &outcome()));
    assert_eq!((counts["testcase"], counts["failure"], counts["skipped"]), (7, 4, 2));
    assert!(!counts.contains_key("error"));
}

#[test]
fn every_json_line_is_as_the_schema_says() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let text = render(Form::Json, &outcome());
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 1 + 4 + 1 + 1 + 1);
    for line in &lines {
        let kinds = schema["oneOf"].as_array().unwrap();
        let of_kind = kinds.iter().find(|one| one["properties"]["kind"]["const"] == line["kind"]).unwrap();
        let fields = line.as_object().unwrap();
        for required in of_kind["required"].as_array().unwrap() {
            assert!(fields.contains_key(required.as_str().unwrap()), "{required} in {line}");
        }
        for (name, value) in fields {
            let rule = &of_kind["properties"][name];
            assert!(fits(rule, value), "{name}: {value} is not {rule}");
        }
    }
}

fn fits(rule: &Value, value: &Value) -> bool {
    let is = |kind: &Value| match kind.as_str().unwrap() {
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        other => panic!("{other}"),
    };
    match (&rule["type"], &rule["const"], &rule["enum"]) {
        (Value::Array(kinds), _, _) => kinds.iter().any(is),
        (kind @ Value::String(_), _, _) => is(kind),
        (_, constant @ Value::String(_), _) => constant == value,
        (_, _, Value::Array(words)) => words.contains(value),
        _ => false,
    }
}

#[test]
fn sarif_has_a_rule_for_every_result() {
    let log: Value = serde_json::from_str(&render(Form::Sarif, &outcome())).unwrap();
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert_eq!(log["version"], "2.1.0");
    for result in results {
        assert!(rules.iter().any(|rule| rule["id"] == result["ruleId"]), "{result}");
    }
    let kinds: Vec<&str> = results.iter().map(|result| result["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["pass", "fail", "fail", "open", "notApplicable"]);
    assert_eq!(results[2]["suppressions"][0]["justification"], "ticket");
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
}

#[test]
fn html_is_well_formed_loads_nothing_and_draws_ladders() {
    let page = render(Form::Html, &outcome());
    let without_script = page.split("<script>").next().unwrap().to_owned() + "</body></html>";
    let counts = elements(&without_script);
    assert_eq!((counts["svg"], counts["details"]), (4, 4));
    assert!(counts["path"] > 20, "{counts:?}");
    for outside in ["http:", "https:", "src=", "href=", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.contains("&lt;b&gt;") && !page.contains("<b>\"it"), "what a target says is no markup");
}

#[test]
fn markdown_fits_a_comment_and_csv_opens_in_a_spreadsheet() {
    let md = render(Form::Md, &outcome());
    assert!(md.lines().count() <= 60);
    assert!(md.contains("| fail | FC-06/deny |") && md.contains("a \\| pipe, new line"), "{md}");
    assert!(md.contains("**Target unhealthy**") && md.contains("**Stale expectation** FC-01/grant"), "{md}");
    let mut many = outcome();
    many.results = case::all()
        .into_iter()
        .take(90)
        .map(|case| CaseResult {
            case,
            verdict: Verdict::Fail("x".to_owned()),
            ..case::run(many.results[0].case, 1)
        })
        .collect();
    let md = render(Form::Md, &many);
    assert!(md.lines().count() <= 60 && md.contains(" more"), "{md}");

    let csv = render(Form::Csv, &outcome());
    assert!(csv.lines().next().unwrap().starts_with("case,title"));
    assert!(csv.contains("\"'=it judges clients\""), "no formula: {csv}");
    assert!(csv.contains("\"\"it's\"\""), "quotes are doubled: {csv}");
}

#[test]
fn a_report_names_its_form_and_its_file() {
    let wanted: Wanted = "junit=a/b.xml".parse().unwrap();
    assert_eq!(wanted, Wanted { form: Form::Junit, file: Some("a/b.xml".into()) });
    assert_eq!("md".parse::<Wanted>().unwrap(), Wanted { form: Form::Md, file: None });
    for wrong in ["junit=", "pdf", "pdf=a", "=a"] {
        assert!(wrong.parse::<Wanted>().is_err());
    }
}
