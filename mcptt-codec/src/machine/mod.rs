//! What a state machine declares about itself: procedures, timers and counters as tables, shared by both planes so that
//! neither needs to know the other.
//!
//! A machine has a table of rules (state, trigger) -> clause and following states, which its dispatcher checks every step
//! against, and tables of its timers and counters. [`machines!`](crate::machines) and [`Setting::timers`] turn them into
//! plain values: what diagrams and reports show is what runs.

mod provision;
mod timer;

use std::fmt;
use std::time::Duration;

pub use provision::{Provision, Unit};
pub use timer::{CounterSpec, Name, Settings, TimerError, TimerSpec, TimerTable};

/// One row of a machine's table: a procedure of a machine with states `S` and triggers `T`.
#[derive(Clone, Copy, Debug)]
pub struct Rule<S: 'static, T> {
    /// The state the machine is in.
    pub state: S,
    /// What happens.
    pub trigger: T,
    /// The clause that describes the procedure.
    pub clause: &'static str,
    /// The states it may lead to; the state itself stands for staying.
    pub next: &'static [S],
}

impl<S: Copy + PartialEq, T: Copy + PartialEq> Rule<S, T> {
    /// A row.
    pub const fn new(state: S, trigger: T, clause: &'static str, next: &'static [S]) -> Self {
        Self { state, trigger, clause, next }
    }

    /// The row of a table for `trigger` in `state`, if there is a procedure.
    pub fn find(table: &'static [Self], state: S, trigger: T) -> Option<&'static Self> {
        table.iter().find(|rule| rule.state == state && rule.trigger == trigger)
    }

    /// Whether the procedure may lead to `next`.
    pub fn permits(&self, next: S) -> bool {
        self.next.contains(&next)
    }
}

/// All pairs of states and triggers as text: the clause and the states that may follow, or that there is no procedure.
pub fn image<S, T>(
    states: &[S],
    triggers: &[T],
    table: &'static [Rule<S, T>],
    name: impl Fn(T) -> &'static str,
) -> String
where
    S: Copy + PartialEq + fmt::Display,
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

/// A state machine.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Its name on the command line.
    pub id: &'static str,
    /// The letter before the names of its states and in logs.
    pub letter: char,
    /// Its name in the specification.
    pub title: &'static str,
    /// The specification, such as `TS 24.380`.
    pub specification: &'static str,
    /// The clause of it that describes the machine.
    pub clause: &'static str,
    /// Its states as the specification names them, the initial one first.
    pub states: Vec<&'static str>,
    /// Everything it reacts to in some state.
    pub triggers: Vec<&'static str>,
    /// What there is a procedure for; everything else is discarded and the state stays.
    pub procedures: Vec<Procedure>,
}

/// What a machine does on one trigger in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Procedure {
    /// The state, an index of [`Machine::states`].
    pub state: usize,
    /// What happens.
    pub trigger: &'static str,
    /// The clause that describes the procedure.
    pub clause: &'static str,
    /// Where it may lead, indexes of [`Machine::states`]; the state itself stands for staying.
    pub next: Vec<usize>,
}

impl Procedure {
    /// The rows of a table as values.
    pub fn all<S, T>(
        states: &[S],
        table: &[Rule<S, T>],
        trigger_name: impl Fn(T) -> &'static str,
    ) -> Vec<Self>
    where
        S: Copy + PartialEq,
        T: Copy,
    {
        // A state that the list of states lacks would be lost here; a test holds the lists against the tables.
        let index = |state: S| states.iter().position(|one| *one == state).unwrap_or_default();
        table
            .iter()
            .map(|rule| Self {
                state: index(rule.state),
                trigger: trigger_name(rule.trigger),
                clause: rule.clause,
                next: rule.next.iter().map(|next| index(*next)).collect(),
            })
            .collect()
    }
}

/// Declares `machines()`, the register of the machines of a crate: the specification, then one line for each machine with
/// its module, name, letter, title and clause. The module has `State` and `Trigger` with `ALL` and `name`, and `PROCEDURES`.
#[macro_export]
macro_rules! machines {
    ($specification:literal: $($module:path, $id:literal, $letter:literal, $title:literal, $clause:literal;)*) => {
        /// All machines, in the order of the clauses.
        pub fn machines() -> Vec<$crate::machine::Machine> {
            vec![$({
                use $module as module;
                let (states, triggers) = (module::State::ALL, module::Trigger::ALL);
                $crate::machine::Machine {
                    id: $id,
                    letter: $letter,
                    title: $title,
                    specification: $specification,
                    clause: $clause,
                    states: states.iter().map(|state| state.name()).collect(),
                    triggers: triggers.iter().map(|trigger| trigger.name()).collect(),
                    procedures: $crate::machine::Procedure::all(
                        states,
                        module::PROCEDURES,
                        |trigger: module::Trigger| trigger.name(),
                    ),
                }
            }),*]
        }
    };
}

/// A timer or counter of the specification.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Whose it is, in the words of the specification.
    pub owner: &'static str,
    /// Its name: `T1`, `C7`. One that begins with X is not in the specification.
    pub name: String,
    /// What it is called in the specification, or what it is for.
    pub purpose: &'static str,
    /// What it holds when nothing else is configured.
    pub default: Value,
    /// The least it may be set to.
    pub least: Value,
    /// The most it may be set to.
    pub most: Value,
    /// The requirement it serves.
    pub requirement: &'static str,
    /// Where it is provisioned, the most particular place first. Empty: nowhere, the specification fixes it or leaves it to us.
    pub provisioned: &'static [Provision],
}

/// The purpose of a timer or counter and where it is provisioned, by its name.
pub type Purpose = fn(&str) -> (&'static str, &'static [Provision]);

impl Setting {
    /// All timers `T`.
    pub fn timers<T: Name<Spec = TimerSpec<T>>>(owner: &'static str, purpose_of: Purpose) -> Vec<Self> {
        let timers = T::TABLE.iter().map(|spec| {
            let name = format!("{:?}", spec.timer);
            let (purpose, provisioned) = purpose_of(&name);
            Self {
                owner,
                purpose,
                default: Value::Time(spec.default),
                least: Value::Time(*spec.range.start()),
                most: Value::Time(*spec.range.end()),
                requirement: spec.requirement,
                provisioned,
                name,
            }
        });
        timers.collect()
    }

    /// All counters `C`.
    pub fn counters<C: Name<Spec = CounterSpec<C>>>(owner: &'static str, purpose_of: Purpose) -> Vec<Self> {
        let counters = C::TABLE.iter().map(|spec| {
            let name = format!("{:?}", spec.counter);
            let (purpose, provisioned) = purpose_of(&name);
            Self {
                owner,
                purpose,
                default: Value::Count(spec.default),
                least: Value::Count(*spec.range.start()),
                most: Value::Count(*spec.range.end()),
                requirement: spec.requirement,
                provisioned,
                name,
            }
        });
        counters.collect()
    }
}

/// What a timer or a counter holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub enum Value {
    /// How long a timer runs.
    Time(Duration),
    /// Transmissions in all, or repetitions: what the counter counts.
    Count(u8),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(time) if time.subsec_millis() == 0 => write!(f, "{} s", time.as_secs()),
            Self::Time(time) => write!(f, "{} ms", time.as_millis()),
            Self::Count(count) => write!(f, "{count}"),
        }
    }
}
