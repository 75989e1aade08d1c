//! All pairs of states and triggers as text.

use std::fmt::Write;

use mcptt_codec::machine::Machine;

/// For each state what happens on each trigger: the clause and the states that may follow, or that it is discarded.
pub fn text(machine: &Machine) -> String {
    let mut text = format!("{}, {} {}\n", machine.title, machine.specification, machine.clause);
    let width = machine.triggers.iter().map(|trigger| trigger.chars().count()).max().unwrap_or(0);
    for (state, name) in machine.states.iter().enumerate() {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "\n'{name}'");
        for trigger in &machine.triggers {
            let rule = machine.procedures.iter().find(|one| one.state == state && one.trigger == *trigger);
            let Some(rule) = rule else {
                let _ = writeln!(text, "    {trigger:<width$}  -");
                continue;
            };
            let next: Vec<String> = rule
                .next
                .iter()
                .map(|next| match *next == state {
                    true => "stay".to_owned(),
                    false => format!("'{}'", machine.states[*next]),
                })
                .collect();
            let _ = writeln!(text, "    {trigger:<width$}  {:<11} {}", rule.clause, next.join(" or "));
        }
    }
    text
}
