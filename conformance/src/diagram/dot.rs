//! The graph in the language of Graphviz.

use std::fmt::Write;

use mcptt_codec::machine::Machine;

use super::{Graph, Label};

/// A digraph with a rounded box for each state. What leaves the state as it is is an arrow of the state to itself.
pub fn dot(machine: &Machine) -> String {
    let graph = Graph::new(machine);
    let title = format!("{}, {} {}", machine.title, machine.specification, machine.clause);
    let mut text = format!("digraph {} {{\n", quoted(machine.id));
    text += "    graph [rankdir=TB, nodesep=0.6, ranksep=0.9, fontname=\"Helvetica\", labelloc=t, ";
    // Writing into a string cannot fail.
    let _ = writeln!(text, "label={}];", quoted(&title));
    text += "    node [shape=box, style=\"rounded,filled\", fillcolor=\"#f8fafc\", color=\"#475569\", fontname=\"Helvetica\"];\n";
    text += "    edge [color=\"#64748b\", fontname=\"Helvetica\", fontsize=10];\n\n";
    for (index, node) in graph.nodes.iter().enumerate() {
        let style = if node.shared { ", style=\"rounded,dashed\"" } else { "" };
        let _ = writeln!(text, "    s{index} [label={}{style}];", quoted(&node.name));
    }
    text.push('\n');
    for (index, node) in graph.nodes.iter().enumerate().filter(|(_, node)| !node.inner.is_empty()) {
        let _ = writeln!(text, "    s{index} -> s{index} [label=\"{}\"];", labels(&node.inner));
    }
    for edge in &graph.edges {
        let _ = writeln!(text, "    s{} -> s{} [label=\"{}\"];", edge.from, edge.to, labels(&edge.labels));
    }
    text + "}\n"
}

/// One line for each, aligned to the left.
fn labels(labels: &[Label]) -> String {
    labels.iter().map(|label| format!("{} {}\\l", escaped(label.clause), escaped(label.trigger))).collect()
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}
