//! State diagrams of the machines of both planes, drawn from the tables that the dispatchers check.
//!
//! [`Graph`] is what there is to draw: triggers that lead from one state to the same other one share an arrow, those that
//! leave the state as it is stand inside its box, and what is the same in most states comes from one box for them all.
//! [`dot`] hands it to Graphviz, [`svg`] draws it without, [`text`] shows every state with every trigger.

mod dot;
mod layout;
mod svg;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeMap;

use mcptt_codec::machine::Machine;

pub use dot::dot;
pub use svg::svg;
pub use text::text;

/// States from which one trigger leads to one and the same state before they are drawn as one box.
const SHARED_BY: usize = 3;

/// The machines of both planes.
pub fn machines() -> Vec<Machine> {
    [media_plane::tables::machines(), call_control::tables::machines()].concat()
}

/// What there is to draw of a machine.
#[derive(Clone, Debug)]
pub struct Graph {
    /// The boxes, from top to bottom.
    pub nodes: Vec<Node>,
    /// The arrows between them; at most one for each pair and direction.
    pub edges: Vec<Edge>,
}

/// A box.
#[derive(Clone, Debug)]
pub struct Node {
    /// Name of the state, or of the states it stands for.
    pub name: String,
    /// It stands for several states.
    pub shared: bool,
    /// What is handled without leaving the state.
    pub inner: Vec<Label>,
}

/// An arrow.
#[derive(Clone, Debug)]
pub struct Edge {
    /// Index of the node it begins at.
    pub from: usize,
    /// Index of the node it leads to.
    pub to: usize,
    /// Everything that leads along it.
    pub labels: Vec<Label>,
}

/// What happens, and the clause that says what then.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label {
    /// The clause of the specification.
    pub clause: &'static str,
    /// What happens.
    pub trigger: &'static str,
    /// The procedure may also lead elsewhere.
    pub one_of_several: bool,
}

impl Graph {
    /// The graph of a machine. Nothing of its table is left out.
    pub fn new(machine: &Machine) -> Self {
        let mut edges: BTreeMap<(usize, usize), Vec<Label>> = BTreeMap::new();
        let mut inner = vec![Vec::new(); machine.states.len()];
        let shared = shared(machine);
        for procedure in &machine.procedures {
            let label = Label {
                clause: procedure.clause,
                trigger: procedure.trigger,
                one_of_several: procedure.next.len() > 1,
            };
            for next in &procedure.next {
                if *next == procedure.state {
                    inner[procedure.state].push(label.clone());
                } else if !shared.iter().any(|one| one.has(procedure.state, &label, *next)) {
                    edges.entry((procedure.state, *next)).or_default().push(label.clone());
                }
            }
        }
        let mut graph = Self { nodes: Vec::new(), edges: Vec::new() };
        let mut place = vec![0; machine.states.len()];
        let mut joined: Vec<(usize, &Shared)> = Vec::new();
        for (state, inner) in inner.into_iter().enumerate() {
            for one in shared.iter().filter(|one| one.to == state) {
                joined.push((graph.nodes.len(), one));
                graph.nodes.push(Node { name: one.name(machine), shared: true, inner: Vec::new() });
            }
            place[state] = graph.nodes.len();
            graph.nodes.push(Node { name: machine.states[state].to_owned(), shared: false, inner });
        }
        graph.edges.extend(edges.into_iter().map(|((from, to), labels)| Edge {
            from: place[from],
            to: place[to],
            labels,
        }));
        graph.edges.extend(joined.into_iter().map(|(from, one)| Edge {
            from,
            to: place[one.to],
            labels: one.labels.clone(),
        }));
        graph
    }
}

/// Triggers that lead from the same several states to the same one.
struct Shared {
    states: Vec<usize>,
    to: usize,
    labels: Vec<Label>,
}

impl Shared {
    fn has(&self, state: usize, label: &Label, to: usize) -> bool {
        self.to == to && self.states.contains(&state) && self.labels.contains(label)
    }

    /// `any state but ...`, or the names where that is shorter.
    fn name(&self, machine: &Machine) -> String {
        let name = |state: usize| machine.states[state];
        let left_out: Vec<&str> =
            (0..machine.states.len()).filter(|state| !self.states.contains(state)).map(name).collect();
        if left_out.is_empty() {
            return "any state".to_owned();
        }
        if left_out.len() < self.states.len() {
            return format!("any state but {}", left_out.join(", "));
        }
        self.states.iter().map(|state| name(*state)).collect::<Vec<_>>().join(", ")
    }
}

fn shared(machine: &Machine) -> Vec<Shared> {
    let mut from: BTreeMap<(usize, &'static str, &'static str), Vec<usize>> = BTreeMap::new();
    for procedure in &machine.procedures {
        if let [next] = procedure.next[..]
            && next != procedure.state
        {
            from.entry((next, procedure.trigger, procedure.clause)).or_default().push(procedure.state);
        }
    }
    let mut found: Vec<Shared> = Vec::new();
    for ((to, trigger, clause), states) in from {
        if states.len() < SHARED_BY {
            continue;
        }
        let label = Label { clause, trigger, one_of_several: false };
        match found.iter_mut().find(|one| one.to == to && one.states == states) {
            Some(one) => one.labels.push(label),
            None => found.push(Shared { states, to, labels: vec![label] }),
        }
    }
    found
}
