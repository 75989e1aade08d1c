//! One row of a machine's table: for which input a state has a procedure, in which clause, and where it may lead.

/// A procedure of a machine with states `S` and triggers `T`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule<S: 'static, T> {
    /// The state the machine is in.
    pub(crate) state: S,
    /// What happens.
    pub(crate) trigger: T,
    /// The clause of TS 24.380 that describes the procedure.
    pub(crate) clause: &'static str,
    /// The states it may lead to; the state itself stands for staying.
    pub(crate) next: &'static [S],
}

impl<S: Copy + PartialEq, T: Copy + PartialEq> Rule<S, T> {
    pub(crate) const fn new(state: S, trigger: T, clause: &'static str, next: &'static [S]) -> Self {
        Self { state, trigger, clause, next }
    }

    /// The row of a table for `trigger` in `state`, if there is a procedure.
    pub(crate) fn find(table: &'static [Self], state: S, trigger: T) -> Option<&'static Self> {
        table.iter().find(|rule| rule.state == state && rule.trigger == trigger)
    }

    /// Whether the procedure may lead to `next`.
    pub(crate) fn permits(&self, next: S) -> bool {
        self.next.contains(&next)
    }
}

/// All pairs of states and triggers as text: the clause and the states that may follow, or that there is no procedure.
#[cfg(test)]
pub(crate) fn image<S, T>(
    states: &[S],
    triggers: &[T],
    table: &'static [Rule<S, T>],
    name: impl Fn(T) -> &'static str,
) -> String
where
    S: Copy + PartialEq + std::fmt::Display,
    T: Copy + PartialEq,
{
    let mut text = String::new();
    for state in states {
        text += &format!("{state}\n");
        for trigger in triggers {
            let name = name(*trigger);
            text += &match Rule::find(table, *state, *trigger) {
                None => format!("    {name:<36} -\n"),
                Some(rule) => {
                    let next: Vec<String> = rule
                        .next
                        .iter()
                        .map(|next| if next == state { "stay".to_owned() } else { next.to_string() })
                        .collect();
                    format!("    {name:<36} {:<11} {}\n", rule.clause, next.join(" or "))
                }
            };
        }
    }
    text
}

/// Compares the image of a table with the committed one. `MCPTT_BLESS=1` writes it anew instead, for review.
#[cfg(test)]
#[track_caller]
pub(crate) fn assert_committed(text: &str, committed: &str, file: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/floor").join(file);
    if std::env::var_os("MCPTT_BLESS").is_some() {
        std::fs::write(&path, text).expect("the image of the table can be written");
        return;
    }
    assert_eq!(
        text, committed,
        "{file} does not show the table; run with MCPTT_BLESS=1 and review the difference"
    );
}
