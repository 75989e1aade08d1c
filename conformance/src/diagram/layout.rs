//! Where everything goes: boxes in one column in the order of the protocol, arrows that lead down on the right, arrows
//! that lead up on the left, each in a lane of its own.
//!
//! A label stands where its arrow leaves, above the line, so that nothing ever lies over a label. Ports are ordered so
//! that arrows of one box do not cross: outside of each other they nest.

use super::{Graph, Label};

/// Height of a line of text.
pub(super) const LINE: f64 = 17.0;
/// From a box to the text beside it.
pub(super) const INSET: f64 = 16.0;
/// Height of the part of a box that holds the name.
pub(super) const HEAD: f64 = 38.0;
/// Width of the column of clauses before the triggers.
pub(super) const CLAUSE: f64 = 84.0;
/// Free space around everything.
pub(super) const MARGIN: f64 = 36.0;
/// What stands above the first box: the title and the mark of the initial state.
pub(super) const TITLE: f64 = 104.0;
/// What stands below the last box.
pub(super) const FOOT: f64 = 72.0;

const GAP: f64 = 34.0;
const LANE: f64 = 16.0;
const PORT: f64 = 16.0;
const PADDING: f64 = 14.0;
/// Widest mean of a character in the fonts that a viewer may take, for each pixel of size.
const CHARACTER: f64 = 0.58;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rect {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// An arrow: from the box out to its lane, along it and back to the other box.
#[derive(Clone, Debug)]
pub(super) struct Route {
    pub(super) points: [Point; 4],
    /// Where its labels stand.
    pub(super) labels: Rect,
}

pub(super) struct Layout {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) boxes: Vec<Rect>,
    /// In the order of the edges of the graph.
    pub(super) routes: Vec<Route>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    /// Leads down.
    Right,
    /// Leads up.
    Left,
}

/// The ports of one edge: heights at which it leaves and arrives.
#[derive(Clone, Copy, Debug, Default)]
struct Ports {
    leaves: f64,
    arrives: f64,
}

pub(super) fn text_width(text: &str, size: f64) -> f64 {
    text.chars().map(|_| size * CHARACTER).sum()
}

pub(super) fn label_width(labels: &[Label]) -> f64 {
    let widest = labels.iter().map(|label| text_width(label.trigger, 13.0)).fold(0.0, f64::max);
    CLAUSE + widest
}

fn side(from: usize, to: usize) -> Side {
    if from < to { Side::Right } else { Side::Left }
}

pub(super) fn layout(graph: &Graph) -> Layout {
    let body = graph
        .nodes
        .iter()
        .map(|node| (text_width(&node.name, 16.0) + 2.0 * INSET).max(label_width(&node.inner) + 2.0 * INSET))
        .fold(240.0, f64::max);
    let zone = |wanted: Side| {
        let of_side = graph.edges.iter().filter(|edge| side(edge.from, edge.to) == wanted);
        of_side.map(|edge| label_width(&edge.labels)).fold(0.0, f64::max) + 2.0 * INSET
    };
    let (mut boxes, ports) = rows(graph);
    let lanes = [Side::Left, Side::Right].map(|wanted| assign_lanes(graph, &ports, wanted));
    let [left, right] = [&lanes[0], &lanes[1]].map(|lanes| lanes.1 as f64 * LANE);
    let x = MARGIN + left + zone(Side::Left);
    for one in &mut boxes {
        (one.x, one.width) = (x, body);
    }
    let routes = graph
        .edges
        .iter()
        .enumerate()
        .map(|(index, edge)| {
            let Ports { leaves, arrives } = ports[index];
            let width = label_width(&edge.labels);
            let height = LINE * edge.labels.len() as f64;
            let (edge_x, lane, label_x) = match side(edge.from, edge.to) {
                Side::Right => {
                    let edge_x = x + body;
                    let lane = edge_x + zone(Side::Right) + LANE * lanes[1].0[index] as f64;
                    (edge_x, lane, edge_x + INSET)
                }
                Side::Left => {
                    let lane = x - zone(Side::Left) - LANE * lanes[0].0[index] as f64;
                    (x, lane, x - INSET - width)
                }
            };
            Route {
                points: [
                    Point { x: edge_x, y: leaves },
                    Point { x: lane, y: leaves },
                    Point { x: lane, y: arrives },
                    Point { x: edge_x, y: arrives },
                ],
                labels: Rect { x: label_x, y: leaves - height - 3.0, width, height },
            }
        })
        .collect();
    let bottom = boxes.iter().map(|one| one.y + one.height).fold(0.0, f64::max);
    let width = x + body + zone(Side::Right) + right + MARGIN;
    Layout { width, height: bottom + FOOT, boxes, routes }
}

/// Heights of the boxes and of the ports of every edge.
fn rows(graph: &Graph) -> (Vec<Rect>, Vec<Ports>) {
    let mut ports = vec![Ports::default(); graph.edges.len()];
    let mut boxes = Vec::with_capacity(graph.nodes.len());
    let mut top = TITLE;
    for (index, node) in graph.nodes.iter().enumerate() {
        // Right: what arrives from above, nearest first, then what leaves downwards, farthest first.
        // Left: what leaves upwards, nearest first, then what arrives from below, farthest first.
        let mut right = top + PADDING;
        let mut left = top + PADDING;
        for edge in ordered(graph, |from, to| to == index && from < to, |from, _| usize::MAX - from) {
            right += PORT;
            ports[edge].arrives = right;
        }
        for edge in ordered(graph, |from, to| from == index && from < to, |_, to| usize::MAX - to) {
            right += LINE * graph.edges[edge].labels.len() as f64 + PADDING;
            ports[edge].leaves = right;
        }
        for edge in ordered(graph, |from, to| from == index && from > to, |_, to| usize::MAX - to) {
            left += LINE * graph.edges[edge].labels.len() as f64 + PADDING;
            ports[edge].leaves = left;
        }
        for edge in ordered(graph, |from, to| to == index && from > to, |from, _| usize::MAX - from) {
            left += PORT;
            ports[edge].arrives = left;
        }
        let inner = match node.inner.len() {
            0 => 0.0,
            lines => LINE * lines as f64 + PADDING + 8.0,
        };
        let height = (HEAD + inner).max(right.max(left) + PADDING - top);
        boxes.push(Rect { x: 0.0, y: top, width: 0.0, height });
        top += height + GAP;
    }
    (boxes, ports)
}

/// Edges that are `wanted` in the order of `key` of their ends.
fn ordered(
    graph: &Graph,
    wanted: impl Fn(usize, usize) -> bool,
    key: impl Fn(usize, usize) -> usize,
) -> Vec<usize> {
    let mut edges: Vec<usize> = (0..graph.edges.len())
        .filter(|index| wanted(graph.edges[*index].from, graph.edges[*index].to))
        .collect();
    edges.sort_by_key(|index| key(graph.edges[*index].from, graph.edges[*index].to));
    edges
}

/// The lane of every edge of a side, counted from the labels outwards, and how many lanes there are. Edges that share
/// no height may share a lane; the shortest are innermost.
fn assign_lanes(graph: &Graph, ports: &[Ports], wanted: Side) -> (Vec<usize>, usize) {
    let mut lanes = vec![0; graph.edges.len()];
    let mut taken: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut edges: Vec<usize> = (0..graph.edges.len())
        .filter(|index| side(graph.edges[*index].from, graph.edges[*index].to) == wanted)
        .collect();
    edges.sort_by_key(|index| {
        let edge = &graph.edges[*index];
        (edge.from.abs_diff(edge.to), edge.from)
    });
    for index in edges {
        let Ports { leaves, arrives } = ports[index];
        let (from, to) = (leaves.min(arrives) - PORT / 2.0, leaves.max(arrives) + PORT / 2.0);
        let free = |lane: &Vec<(f64, f64)>| lane.iter().all(|(first, last)| to < *first || *last < from);
        // Not inside of what it passes: lanes only grow outwards along its way.
        let innermost = taken.iter().rposition(|lane| !free(lane)).map_or(0, |lane| lane + 1);
        if innermost == taken.len() {
            taken.push(Vec::new());
        }
        taken[innermost].push((from, to));
        lanes[index] = innermost;
    }
    (lanes, taken.len())
}
