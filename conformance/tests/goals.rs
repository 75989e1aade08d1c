//! The goals of the toolkit, each with the tests that show it. A test that is renamed or removed takes its goal with it, and this
//! table says so.

use std::path::Path;

/// A goal: its number, what it is, and its tests by file and name.
struct Goal {
    number: &'static str,
    what: &'static str,
    shown_by: &'static [(&'static str, &'static str)],
}

const fn goal(
    number: &'static str,
    what: &'static str,
    shown_by: &'static [(&'static str, &'static str)],
) -> Goal {
    Goal { number, what, shown_by }
}

const CLI: &str = "src/cli/tests.rs";
const VERBS: &str = "src/cli/verb_tests.rs";
const OUTCOME: &str = "src/outcome/tests.rs";
const BUNDLE: &str = "src/bundle/tests.rs";
const LIVE: &str = "tests/interop/live.rs";
const TOOLKIT: &str = "tests/interop/toolkit.rs";
const REPORT: &str = "src/report/tests.rs";
const PROPERTY: &str = "src/property/tests.rs";
const CASE: &str = "src/case/tests.rs";
const FLAGS: &str = "src/cli/flag_tests.rs";
const ALONE: &str = "tests/interop/alone.rs";

const GOALS: &[Goal] = &[
    goal(
        "G1",
        "stable ids equal to requirement ids",
        &[
            ("src/catalogue/tests.rs", "the_embedded_catalogue_holds_every_id"),
            (CASE, "ids_are_unique_and_name_requirements_that_exist_and_are_watched"),
        ],
    ),
    goal(
        "G2",
        "select without running; an unknown selector is wrong usage",
        &[(VERBS, "what_is_listed_is_what_runs"), (CLI, "wrong_usage_is_status_2")],
    ),
    goal(
        "G3",
        "why a case does not apply",
        &[
            ("src/remote/tests.rs", "a_case_that_does_not_apply_says_why"),
            (FLAGS, "why_a_case_does_not_apply_stands_beside_it"),
        ],
    ),
    goal(
        "G4",
        "several acceptable outcomes; other readings are denied when asked for",
        &[(VERBS, "another_reading_passes_unless_it_is_denied")],
    ),
    goal("G5", "a verdict never improves", &[(CASE, "a_verdict_only_gets_worse")]),
    goal(
        "G6",
        "expected failures with reasons, stale entries red",
        &[
            (OUTCOME, "expectations_change_what_a_verdict_comes_to"),
            (OUTCOME, "an_entry_without_reason_without_case_or_for_everything_does_not_load"),
        ],
    ),
    goal(
        "G7",
        "nothing executed is red",
        &[
            (OUTCOME, "nothing_executed_and_an_unhealthy_target_are_never_green"),
            (LIVE, "a_target_that_nobody_has_started_is_never_green"),
        ],
    ),
    goal(
        "G8",
        "a target that dies is one failure",
        &[(LIVE, "a_target_that_dies_half_way_is_one_failure_and_not_many")],
    ),
    goal("G9", "claims are asked on the wire", &[(TOOLKIT, "a_false_claim_is_a_contradiction")]),
    goal(
        "G10",
        "the smallest guilty sequence",
        &[(PROPERTY, "what_is_broken_is_found_made_small_and_breaks_again")],
    ),
    goal(
        "G11",
        "a capture of each case that tshark opens",
        &[
            (CLI, "a_run_leaves_reports_and_a_bundle_that_verifies"),
            (LIVE, "cases_pass_against_a_server_that_somebody_else_has_started_and_leave_evidence"),
        ],
    ),
    goal(
        "G12",
        "JUnit that viewers read",
        &[(REPORT, "junit_is_well_formed_and_shows_failures_as_failures")],
    ),
    goal(
        "G13",
        "JSON with a schema; HTML without network",
        &[
            (REPORT, "every_json_line_is_as_the_schema_says"),
            (REPORT, "html_is_well_formed_loads_nothing_and_draws_ladders"),
            ("tests/interop/report_in_browser.rs", "a_browser_shows_the_report_and_its_filters_work"),
        ],
    ),
    goal(
        "G14",
        "one seed; parts do not change what a case does",
        &[
            (VERBS, "four_parts_give_the_judgements_of_one"),
            (CASE, "the_same_seed_gives_the_same_frames_and_judgements"),
        ],
    ),
    goal(
        "G15",
        "repeat, run again what failed, flaky is a word of its own",
        &[(VERBS, "repetitions_are_shown_and_what_failed_can_be_run_again")],
    ),
    goal("G16", "budgets end in a reason, never in a hang", &[(TOOLKIT, "a_budget_that_is_over_says_so")]),
    goal(
        "G17",
        "clients under test",
        &[
            ("src/shim/tests.rs", "our_own_client_passes_every_scenario"),
            ("src/shim/tests.rs", "a_faulty_client_is_condemned_for_its_clause"),
            (TOOLKIT, "our_own_client_is_judged_behind_its_shim"),
        ],
    ),
    goal("G18", "several implementations side by side", &[(VERBS, "a_matrix_shows_runs_side_by_side")]),
    goal(
        "G19",
        "impairment that can be repeated",
        &[("src/rig/network.rs", "the_same_seed_loses_and_reorders_the_same_datagrams")],
    ),
    goal(
        "G20",
        "a capture with its expectation is a test",
        &[("tests/captures.rs", "every_capture_is_judged_as_its_annotation_expects")],
    ),
    goal(
        "G21",
        "citations counted, with a snapshot",
        &[
            ("tests/traceability.rs", "the_coverage_snapshot_is_the_present_state"),
            ("tests/traceability.rs", "everything_done_is_proven_by_a_test"),
        ],
    ),
    goal(
        "G22",
        "torture messages",
        &[("tests/interop/hostile.rs", "a_call_works_after_each_torture_message")],
    ),
    goal(
        "G23",
        "hostile datagrams with a liveness check; the guilty one is found",
        &[
            ("src/robust/isolate.rs", "the_guilty_datagram_is_found_among_many"),
            (TOOLKIT, "hostile_datagrams_leave_the_server_healthy"),
        ],
    ),
    goal(
        "G24",
        "corpora and dictionaries, replayed on the stable compiler",
        &[("tests/corpus.rs", "every_input_of_the_corpus_is_read")],
    ),
    goal("G25", "load with correctness", &[(TOOLKIT, "a_load_is_measured_in_percentiles_and_judged")]),
    goal(
        "G26",
        "one command without a Rust toolchain",
        &[(ALONE, "one_static_file_is_the_whole_toolkit_and_an_image_needs_nothing_else")],
    ),
    goal("G27", "quiet when green", &[(VERBS, "a_green_run_of_everything_fits_on_a_screen")]),
    goal("N1", "coverage counted by arming", &[(CLI, "trace_shows_a_tree_and_checks_it")]),
    goal(
        "N2",
        "one judge on every path",
        &[
            ("src/property/whole.rs", "the_judge_of_targets_finds_nothing_wrong_in_random_sequences"),
            ("src/tamper/tests.rs", "a_fault_is_the_same_live_as_a_capture_and_in_a_bundle"),
            (PROPERTY, "a_server_that_forgets_its_timers_is_found_out"),
        ],
    ),
    goal(
        "N3",
        "every scenario judges all requirements",
        &[(VERBS, "a_case_judges_more_than_its_own_requirements")],
    ),
    goal(
        "N4",
        "a silent onlooker",
        &[
            (TOOLKIT, "an_onlooker_between_clients_and_server_sees_what_the_actors_see"),
            (CLI, "tap_says_what_it_sees_as_it_reads_and_nothing_is_never_green"),
        ],
    ),
    goal(
        "N5",
        "from counterexample to capture",
        &[(PROPERTY, "a_counterexample_is_kept_as_text_and_as_capture")],
    ),
    goal(
        "N6",
        "a bundle that somebody else judges again",
        &[
            (BUNDLE, "a_bundle_is_judged_again_by_whoever_gets_it"),
            (BUNDLE, "an_edited_verdict_is_refused_even_when_it_is_signed"),
            (BUNDLE, "a_flipped_octet_anywhere_is_refused"),
        ],
    ),
    goal("N7", "claims inferred from a capture", &[(VERBS, "claims_are_inferred_from_a_capture")]),
    goal("N8", "readings are told, not failed", &[(VERBS, "another_reading_passes_unless_it_is_denied")]),
    goal(
        "N9",
        "the same frames under two releases",
        &[(VERBS, "a_later_release_judges_more_of_the_same_frames")],
    ),
    goal(
        "N10",
        "decoders compared with tshark",
        &[
            ("tests/differential.rs", "generated_frames_are_read_alike"),
            ("tests/differential.rs", "captures_are_read_alike"),
        ],
    ),
    goal(
        "N11",
        "judgements as packet comments",
        &[("tests/captures.rs", "every_step_of_a_scenario_stands_in_its_capture")],
    ),
    goal(
        "N12",
        "calibrated time: a tester under load condemns nobody",
        &[("src/remote/excuse.rs", "under_load_timer_cases_become_inconclusive_and_none_fails")],
    ),
    goal(
        "N14",
        "the judge is judged",
        &[
            ("src/judge/tests/mod.rs", "every_requirement_has_its_three_traces"),
            ("src/tamper/tests.rs", "every_fault_is_condemned_for_its_clause_and_for_no_other"),
            ("src/tamper/tests.rs", "no_harmless_variation_raises_an_alarm"),
        ],
    ),
    goal("N15", "latencies as distributions", &[(TOOLKIT, "a_load_is_measured_in_percentiles_and_judged")]),
    goal(
        "N16",
        "media identity: one leaked packet is found",
        &[("src/tamper/tests.rs", "one_leaked_packet_is_found_and_named")],
    ),
    goal("N17", "test purposes in prose", &[(CLI, "explain_writes_a_test_purpose_for_any_id")]),
    goal(
        "N18",
        "no network, no containers, no root",
        &[
            (ALONE, "without_network_containers_and_rights_cases_captures_and_sequences_are_judged"),
            (ALONE, "cargo_finds_everything_that_it_needs_without_a_network"),
        ],
    ),
];

/// Goals that are not shown, and why.
const NOT_SHOWN: &[(&str, &str)] = &[(
    "N13",
    "floor control of several clients that crosses on the way still raises false alarms: tests/properties.rs counts them",
)];

#[test]
fn every_goal_has_its_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut missing = Vec::new();
    for Goal { number, what, shown_by } in GOALS {
        for (file, name) in *shown_by {
            let text = std::fs::read_to_string(root.join(file)).unwrap_or_default();
            let test = format!("#[test]\nfn {name}()");
            let inner = format!("#[test]\n    fn {name}()");
            if !text.contains(&test) && !text.contains(&inner) {
                missing.push(format!("{number} ({what}): {file} has no test {name}"));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn every_goal_is_in_the_table_once() {
    let mut all: Vec<String> = (1..=27).map(|number| format!("G{number}")).collect();
    all.extend((1..=18).map(|number| format!("N{number}")));
    let mut known: Vec<String> = GOALS.iter().map(|goal| goal.number.to_owned()).collect();
    known.extend(NOT_SHOWN.iter().map(|(number, _)| (*number).to_owned()));
    assert!(NOT_SHOWN.iter().all(|(_, why)| why.len() > 20), "each has its reason");
    all.sort();
    known.sort();
    assert_eq!(known, all);
}
