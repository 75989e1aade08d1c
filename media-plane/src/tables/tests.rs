//! That the register is complete and says what the tables say.

use std::collections::BTreeSet;
use std::time::Duration;

use super::rows::ROWS;
use super::*;

#[test]
fn every_machine_has_an_initial_state_and_leads_somewhere_from_it() {
    let machines = machines();
    assert!(machines.len() >= 3);
    for machine in &machines {
        let name = machine.id;
        assert!(
            machine.states.first().is_some_and(|state| state.eq_ignore_ascii_case("Start-stop")),
            "{name}"
        );
        let unique: BTreeSet<&str> = machine.states.iter().copied().collect();
        assert_eq!(unique.len(), machine.states.len(), "{name} has a state twice");
        // Reachability: a state that no procedure leads to was left out of a table or of the list.
        let mut reached = BTreeSet::from([0]);
        while let Some(next) = machine
            .procedures
            .iter()
            .filter(|one| reached.contains(&one.state))
            .flat_map(|one| one.next.iter().copied())
            .find(|next| !reached.contains(next))
        {
            reached.insert(next);
        }
        assert_eq!(reached.len(), machine.states.len(), "{name} reaches {reached:?} of {:?}", machine.states);
    }
}

#[test]
fn no_machine_has_two_procedures_for_one_trigger_in_one_state_or_one_without_clause() {
    for machine in machines() {
        let mut seen = BTreeSet::new();
        for one in &machine.procedures {
            assert!(seen.insert((one.state, one.trigger)), "{}: {one:?} stands twice", machine.id);
            assert!(machine.triggers.contains(&one.trigger), "{}: {one:?} is not listed", machine.id);
            assert!(!one.next.is_empty(), "{}: {one:?} leads nowhere", machine.id);
            assert!(
                one.clause.starts_with(|first: char| first.is_ascii_digit()),
                "{}: {one:?} has no clause",
                machine.id
            );
        }
        for trigger in &machine.triggers {
            let used = machine.procedures.iter().any(|one| one.trigger == *trigger);
            assert!(used, "{}: nothing happens on {trigger}", machine.id);
        }
    }
}

/// Every table in the source of this folder is registered: one that is forgotten would be invisible.
#[test]
fn every_table_of_the_source_is_registered() {
    fn tables(folder: &std::path::Path) -> usize {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries
            .map(|path| {
                if path.is_dir() {
                    return if path.ends_with("tests") { 0 } else { tables(&path) };
                }
                let text = std::fs::read_to_string(&path).unwrap();
                // Put together, so that this file does not count itself.
                text.matches(&["const PROCEDURES:", "&[Rule<"].join(" ")).count()
            })
            .sum()
    }
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    assert_eq!(tables(&source), machines().len());
}

#[test]
fn every_timer_and_counter_has_a_purpose_and_stands_within_its_own_range() {
    let settings = settings();
    for one in &settings {
        assert!(!one.purpose.is_empty(), "{} is not in the list of clause 11", one.name);
        assert!(one.least <= one.default && one.default <= one.most, "{one:?}");
        // What the specification names and does not provision has its reason written in the list.
        let fixed = ["C100", "C101", "C104", "XRevoke"];
        assert_eq!(one.provisioned.is_empty(), fixed.contains(&one.name.as_str()), "{}", one.name);
    }
    let names: BTreeSet<&str> = settings.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names.len(), settings.len(), "a name stands twice");
}

#[test]
fn the_list_of_clause_11_has_every_name_once() {
    let names: BTreeSet<&str> = ROWS.iter().map(|row| row.0).collect();
    assert_eq!(names.len(), ROWS.len());
}

#[test]
fn values_are_written_with_their_unit() {
    let texts = [
        Value::Time(Duration::from_secs(4)),
        Value::Time(Duration::from_millis(200)),
        Value::Time(Duration::ZERO),
        Value::Count(3),
    ]
    .map(|value| value.to_string());
    assert_eq!(texts, ["4 s", "200 ms", "0 s", "3"]);
}
