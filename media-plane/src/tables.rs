//! Every state machine of the media plane as a table, every timer and every counter with what clause 11 says about it.
//!
//! A machine declares its procedures once, as a table that its dispatcher checks every step against. This module is the
//! register of those tables: diagrams, reports and the toolkit read them here, so that what they show is what runs.
//!
//! ```
//! let general = media_plane::tables::machine("general").expect("the general machine is registered");
//! let taken = general.states.iter().position(|state| *state == "G: Floor Taken").expect("it has that state");
//! let on_t2 = general.procedures.iter().find(|one| one.state == taken && one.trigger == "T2 expired");
//! assert_eq!(on_t2.map(|one| one.clause), Some("6.3.4.4.4"));
//! ```

mod provision;

use std::fmt;
use std::time::Duration;

use crate::floor::participant::off_network;
use crate::floor::timer::{CounterSpec, Name, TimerSpec};
use crate::floor::transition::Rule;
use crate::floor::{non_controlling, participant, server};
use crate::{session, subchannel};

pub use provision::{Provision, Unit};

/// A state machine.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Its name on the command line.
    pub id: &'static str,
    /// The letter before the names of its states and in logs.
    pub letter: char,
    /// Its name in the specification.
    pub title: &'static str,
    /// The clause of TS 24.380 that describes it.
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

/// A timer or counter of clause 11.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Whose it is, in the words of clause 11.
    pub owner: &'static str,
    /// Its name: `T1`, `C7`. One that begins with X is not in the specification.
    pub name: String,
    /// What it is called in clause 11, or what it is for.
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

/// What a timer or a counter holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub enum Value {
    /// How long a timer runs.
    Time(Duration),
    /// Transmissions in all.
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

/// One line for each machine: module, name, letter, title, clause.
macro_rules! machines {
    ($($module:path, $id:literal, $letter:literal, $title:literal, $clause:literal;)*) => {
        /// All machines, in the order of the clauses.
        pub fn machines() -> Vec<Machine> {
            vec![$({
                use $module as module;
                let (states, triggers) = (module::State::ALL, module::Trigger::ALL);
                let names = Names { state: |one: module::State| one.name(), trigger: |one: module::Trigger| one.name() };
                Machine {
                    id: $id,
                    letter: $letter,
                    title: $title,
                    clause: $clause,
                    states: states.iter().map(|state| (names.state)(*state)).collect(),
                    triggers: triggers.iter().map(|trigger| (names.trigger)(*trigger)).collect(),
                    procedures: procedures(states, module::PROCEDURES, &names),
                }
            }),*]
        }
    };
}

machines! {
    participant::table, "participant", 'U', "floor participant, basic operation", "6.2.4";
    server::general, "general", 'G', "general floor control operation", "6.3.4";
    server::towards, "towards", 'U', "basic floor control operation towards the floor participant", "6.3.5";
    server::dual, "dual", 'D', "dual floor control operation", "6.3.6";
    non_controlling, "non-controlling", 'P', "floor participant interface of the non-controlling function", "6.5.5";
    participant::off_network, "off-network", 'O', "off-network floor participant", "7.2.3";
    session::client, "session-client", 'U', "call setup control over a pre-established session, client", "9.2";
    session::participating, "session-server", 'P', "call setup control over a pre-established session, participating function", "9.3";
    subchannel::sender, "subchannel-sender", 'M', "MBMS subchannel control, participating function", "10.2";
    subchannel::receiver, "subchannel-receiver", 'M', "MBMS subchannel control, client", "10.3";
}

/// All timers and counters, by owner in the order of clause 11.
pub fn settings() -> Vec<Setting> {
    [
        timers::<participant::Timer>("floor participant"),
        counters::<participant::Counter>("floor participant"),
        timers::<off_network::Timer>("off-network floor participant"),
        counters::<off_network::Counter>("off-network floor participant"),
        timers::<server::Timer>("floor control server"),
        counters::<server::Counter>("floor control server"),
        timers::<session::Timer>("participating function"),
        counters::<session::Counter>("participating function"),
        timers::<subchannel::Timer>("participating function"),
        counters::<subchannel::Counter>("participating function"),
    ]
    .concat()
}

/// The machine of this name.
pub fn machine(id: &str) -> Option<Machine> {
    machines().into_iter().find(|machine| machine.id == id)
}

struct Names<S, T> {
    state: fn(S) -> &'static str,
    trigger: fn(T) -> &'static str,
}

fn procedures<S, T>(states: &[S], table: &[Rule<S, T>], names: &Names<S, T>) -> Vec<Procedure>
where
    S: Copy + PartialEq,
    T: Copy,
{
    // A state that the list of states lacks would be lost here; a test holds the lists against the tables.
    let index = |state: S| states.iter().position(|one| *one == state).unwrap_or_default();
    table
        .iter()
        .map(|rule| Procedure {
            state: index(rule.state),
            trigger: (names.trigger)(rule.trigger),
            clause: rule.clause,
            next: rule.next.iter().map(|next| index(*next)).collect(),
        })
        .collect()
}

fn timers<T: Name<Spec = TimerSpec<T>>>(owner: &'static str) -> Vec<Setting> {
    T::TABLE
        .iter()
        .map(|spec| {
            let name = format!("{:?}", spec.timer);
            let (purpose, provisioned) = provision::of(&name);
            Setting {
                owner,
                purpose,
                default: Value::Time(spec.default),
                least: Value::Time(*spec.range.start()),
                most: Value::Time(*spec.range.end()),
                requirement: spec.requirement,
                provisioned,
                name,
            }
        })
        .collect()
}

fn counters<C: Name<Spec = CounterSpec<C>>>(owner: &'static str) -> Vec<Setting> {
    C::TABLE
        .iter()
        .map(|spec| {
            let name = format!("{:?}", spec.counter);
            let (purpose, provisioned) = provision::of(&name);
            Setting {
                owner,
                purpose,
                default: Value::Count(spec.default),
                least: Value::Count(*spec.range.start()),
                most: Value::Count(*spec.range.end()),
                requirement: spec.requirement,
                provisioned,
                name,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests;
