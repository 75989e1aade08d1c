//! The graph as a picture.

use std::fmt::Write;

use mcptt_codec::machine::Machine;

use super::layout::{CLAUSE, HEAD, INSET, LINE, Layout, MARGIN, Point, Rect, Route, TITLE, layout};
use super::{Graph, Label, Node};

/// One hue for each state, so that the eye can follow an arrow to where it came from.
const HUES: [&str; 8] =
    ["#475569", "#0f766e", "#b45309", "#be123c", "#1d4ed8", "#7e22ce", "#4d7c0f", "#0e7490"];
const GREY: &str = "#64748b";
const RADIUS: f64 = 9.0;

const STYLE: &str = "\
text{font-family:Inter,'Segoe UI',Helvetica,Arial,'DejaVu Sans',sans-serif;fill:#0f172a}\
.title{font-size:22px;font-weight:700}.sub{font-size:13px;fill:#64748b}\
.state{font-size:16px;font-weight:650}.shared{font-size:14px;font-style:italic;fill:#475569}\
.t{font-size:13px}.o{font-size:13px;font-style:italic}\
.c{font-family:'JetBrains Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:11px;fill:#64748b}\
.foot{font-size:12px;fill:#64748b}\
path{fill:none;stroke-width:1.7}";

/// A self-contained picture, without script and without fonts of its own.
pub fn svg(machine: &Machine) -> String {
    let graph = Graph::new(machine);
    let plan = layout(&graph);
    let mut out = String::new();
    head(&mut out, machine, &plan);
    let hue = |node: usize| if graph.nodes[node].shared { GREY } else { HUES[node % HUES.len()] };
    for (edge, route) in graph.edges.iter().zip(&plan.routes) {
        arrow(&mut out, route, edge.from, hue(edge.from));
    }
    for (edge, route) in graph.edges.iter().zip(&plan.routes) {
        labels(&mut out, &edge.labels, route.labels.x, route.labels.y);
    }
    for (index, (node, place)) in graph.nodes.iter().zip(&plan.boxes).enumerate() {
        state(&mut out, node, *place, hue(index));
    }
    for (edge, route) in graph.edges.iter().zip(&plan.routes) {
        origin(&mut out, route, hue(edge.from));
    }
    foot(&mut out, &plan);
    out + "</svg>\n"
}

// Writing into a string cannot fail, so the results of `write!` are dropped in this file.

fn head(out: &mut String, machine: &Machine, plan: &Layout) {
    let (width, height) = (plan.width.ceil(), plan.height.ceil());
    let title = escaped(machine.title);
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\">"
    );
    let _ = writeln!(
        out,
        "<title>{title}, {} {}</title>\n<style>{STYLE}</style>",
        machine.specification, machine.clause
    );
    out.push_str("<defs>\n");
    let hues = HUES.iter().chain([&GREY]);
    for (index, hue) in hues.enumerate() {
        let _ = writeln!(
            out,
            "<marker id=\"a{index}\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0 1 L9 5 L0 9 z\" style=\"fill:{hue};stroke:none\"/></marker>"
        );
    }
    let _ = writeln!(out, "</defs>\n<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>");
    let _ = writeln!(out, "<text class=\"title\" x=\"{MARGIN}\" y=\"44\">{title}</text>");
    let _ = writeln!(
        out,
        "<text class=\"sub\" x=\"{MARGIN}\" y=\"66\">{} {} \u{b7} {} states \u{b7} {} procedures</text>",
        machine.specification,
        machine.clause,
        machine.states.len(),
        machine.procedures.len()
    );
    if let Some(first) = plan.boxes.first() {
        let x = first.x + first.width / 2.0;
        let y = TITLE - 26.0;
        let _ = writeln!(out, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"6\" fill=\"{}\"/>", HUES[0]);
        let _ = writeln!(
            out,
            "<path d=\"M{x:.1} {y:.1} V{:.1}\" stroke=\"{}\" marker-end=\"url(#a0)\"/>",
            first.y, HUES[0]
        );
    }
}

fn arrow(out: &mut String, route: &Route, from: usize, hue: &str) {
    let [start, out_to, back_at, end] = route.points;
    let marker = if hue == GREY { HUES.len() } else { from % HUES.len() };
    // Three straight lines with two rounded corners.
    let across = if out_to.x > start.x { 1.0 } else { -1.0 };
    let along = if back_at.y > out_to.y { 1.0 } else { -1.0 };
    let radius = RADIUS.min((back_at.y - out_to.y).abs() / 2.0);
    let Point { x, y } = out_to;
    let _ = writeln!(
        out,
        "<path stroke=\"{hue}\" marker-end=\"url(#a{marker})\" d=\"M{:.1} {:.1} H{:.1} Q{x:.1} {y:.1} {x:.1} {:.1} V{:.1} Q{x:.1} {:.1} {:.1} {:.1} H{:.1}\"/>",
        start.x,
        start.y,
        x - across * radius,
        y + along * radius,
        back_at.y - along * radius,
        back_at.y,
        x - across * radius,
        back_at.y,
        end.x + across * 1.5,
    );
}

/// Where an arrow leaves, over the edge of its box.
fn origin(out: &mut String, route: &Route, hue: &str) {
    let Point { x, y } = route.points[0];
    let _ = writeln!(out, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" fill=\"{hue}\"/>");
}

fn state(out: &mut String, node: &Node, place: Rect, hue: &str) {
    let Rect { x, y, width, height } = place;
    let (dash, fill) = if node.shared { (" stroke-dasharray=\"6 4\"", "#ffffff") } else { ("", "#f8fafc") };
    let _ = writeln!(
        out,
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"12\" fill=\"{fill}\" stroke=\"{hue}\" stroke-width=\"2\"{dash}/>"
    );
    let class = if node.shared { "shared" } else { "state" };
    let middle = x + width / 2.0;
    let name_y = if node.inner.is_empty() { y + height / 2.0 + 5.5 } else { y + HEAD / 2.0 + 6.5 };
    let _ = writeln!(
        out,
        "<text class=\"{class}\" x=\"{middle:.1}\" y=\"{name_y:.1}\" text-anchor=\"middle\">{}</text>",
        escaped(&node.name)
    );
    if !node.inner.is_empty() {
        let line = y + HEAD;
        let _ = writeln!(
            out,
            "<path d=\"M{:.1} {line:.1} H{:.1}\" stroke=\"{hue}\" style=\"stroke-width:1;stroke-opacity:.35\"/>",
            x + INSET,
            x + width - INSET
        );
        labels(out, &node.inner, x + INSET, line + 7.0);
    }
}

/// Lines of text, the first of which begins at `top`.
fn labels(out: &mut String, labels: &[Label], x: f64, top: f64) {
    for (index, label) in labels.iter().enumerate() {
        let y = top + LINE * index as f64 + 13.0;
        let class = if label.one_of_several { "o" } else { "t" };
        let _ = writeln!(
            out,
            "<text class=\"c\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text><text class=\"{class}\" x=\"{:.1}\" y=\"{y:.1}\">{}</text>",
            escaped(label.clause),
            x + CLAUSE,
            escaped(label.trigger)
        );
    }
}

fn foot(out: &mut String, plan: &Layout) {
    let lines = [
        "An arrow: the clause, and what leads along it. Inside a box: what is handled without leaving the state.",
        "Slanted: one of several outcomes of the procedure. Whatever is not shown is discarded, and the state stays.",
    ];
    for (index, line) in lines.into_iter().enumerate() {
        let y = plan.height - 36.0 + 17.0 * index as f64;
        let _ = writeln!(out, "<text class=\"foot\" x=\"{MARGIN}\" y=\"{y:.1}\">{line}</text>");
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
