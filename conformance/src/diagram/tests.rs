//! That a diagram shows its table, the whole of it, and shows it legibly.

use std::collections::BTreeSet;

use mcptt_codec::machine::Machine;

use super::layout::{Point, Rect, layout};
use super::{Graph, Label, dot, svg, text};

fn machines() -> Vec<Machine> {
    let machines = super::machines();
    assert!(machines.len() >= 3, "there is nothing to draw");
    machines
}

/// What a graph says: which trigger in which state may lead where, shared boxes resolved.
fn said(machine: &Machine, graph: &Graph) -> BTreeSet<(String, &'static str, &'static str, String)> {
    let states = |node: usize| -> Vec<String> {
        let node = &graph.nodes[node];
        if !node.shared {
            return vec![node.name.clone()];
        }
        let all = machine.states.iter().map(|state| (*state).to_owned());
        match node.name.strip_prefix("any state") {
            Some(but) => {
                let but: Vec<&str> = but.trim_start_matches(" but ").split(", ").collect();
                all.filter(|state| !but.contains(&state.as_str())).collect()
            }
            None => node.name.split(", ").map(str::to_owned).collect(),
        }
    };
    let mut said = BTreeSet::new();
    for (index, node) in graph.nodes.iter().enumerate() {
        for state in states(index) {
            said.extend(node.inner.iter().map(|one| (state.clone(), one.trigger, one.clause, state.clone())));
        }
    }
    for edge in &graph.edges {
        for from in states(edge.from) {
            let to = graph.nodes[edge.to].name.clone();
            said.extend(edge.labels.iter().map(|one| (from.clone(), one.trigger, one.clause, to.clone())));
        }
    }
    said
}

#[test]
fn a_graph_says_what_the_table_says_and_nothing_else() {
    for machine in machines() {
        let expected: BTreeSet<_> = machine
            .procedures
            .iter()
            .flat_map(|one| {
                let state = machine.states[one.state].to_owned();
                one.next
                    .iter()
                    .map(|next| (state.clone(), one.trigger, one.clause, machine.states[*next].to_owned()))
                    .collect::<Vec<_>>()
            })
            .collect();
        assert!(expected.len() >= machine.procedures.len(), "{}", machine.id);
        assert_eq!(said(&machine, &Graph::new(&machine)), expected, "{}", machine.id);
    }
}

#[test]
fn arrows_of_one_pair_and_direction_are_one_arrow() {
    for machine in machines() {
        let graph = Graph::new(&machine);
        let pairs: BTreeSet<(usize, usize)> = graph.edges.iter().map(|edge| (edge.from, edge.to)).collect();
        assert_eq!(pairs.len(), graph.edges.len(), "{}", machine.id);
        assert!(graph.edges.iter().all(|edge| !edge.labels.is_empty() && edge.from != edge.to));
    }
}

fn apart(one: &Rect, other: &Rect) -> bool {
    one.x + one.width <= other.x
        || other.x + other.width <= one.x
        || one.y + one.height <= other.y
        || other.y + other.height <= one.y
}

/// The three straight parts of a way as rectangles without width.
fn parts(points: &[Point; 4]) -> [Rect; 3] {
    [0, 1, 2].map(|index| {
        let (a, b) = (points[index], points[index + 1]);
        Rect { x: a.x.min(b.x), y: a.y.min(b.y), width: (a.x - b.x).abs(), height: (a.y - b.y).abs() }
    })
}

#[test]
fn nothing_covers_a_label_and_no_two_arrows_lie_on_each_other() {
    for machine in machines() {
        let graph = Graph::new(&machine);
        let plan = layout(&graph);
        let mut solid: Vec<(String, Rect)> =
            graph.nodes.iter().map(|node| node.name.clone()).zip(plan.boxes.iter().copied()).collect();
        solid.extend(
            plan.routes.iter().enumerate().map(|(index, one)| (format!("label {index}"), one.labels)),
        );
        for (index, (name, one)) in solid.iter().enumerate() {
            assert!(one.x >= 0.0 && one.x + one.width <= plan.width, "{}: {name} sticks out", machine.id);
            assert!(one.y >= 0.0 && one.y + one.height <= plan.height, "{}: {name} sticks out", machine.id);
            for (other_name, other) in &solid[index + 1..] {
                assert!(apart(one, other), "{}: {name} lies on {other_name}", machine.id);
            }
        }
        for (index, route) in plan.routes.iter().enumerate() {
            for part in parts(&route.points) {
                for (name, rect) in &solid {
                    // The ends of an arrow touch their boxes.
                    let inside =
                        Rect { x: rect.x + 0.1, y: rect.y, width: rect.width - 0.2, height: rect.height };
                    assert!(apart(&part, &inside), "{}: arrow {index} runs through {name}", machine.id);
                }
            }
            for (other_index, other) in plan.routes.iter().enumerate().skip(index + 1) {
                for (part, other) in parts(&route.points)
                    .iter()
                    .flat_map(|one| parts(&other.points).map(|other| (*one, other)))
                {
                    let along = (part.width == 0.0) == (other.width == 0.0);
                    let same = match part.width == 0.0 {
                        true => {
                            part.x == other.x
                                && part.y < other.y + other.height
                                && other.y < part.y + part.height
                        }
                        false => {
                            part.y == other.y
                                && part.x < other.x + other.width
                                && other.x < part.x + part.width
                        }
                    };
                    assert!(
                        !(along && same),
                        "{}: arrows {index} and {other_index} lie on each other",
                        machine.id
                    );
                }
            }
        }
    }
}

#[test]
fn a_picture_is_well_formed_and_has_every_box_and_every_label() {
    for machine in machines() {
        let (graph, picture) = (Graph::new(&machine), svg(&machine));
        let mut open: Vec<&str> = Vec::new();
        for tag in picture.split('<').skip(1) {
            let (tag, _) = tag.split_once('>').expect("a tag is closed");
            if let Some(name) = tag.strip_prefix('/') {
                assert_eq!(open.pop(), Some(name), "{}", machine.id);
            } else if !tag.ends_with('/') {
                open.push(tag.split(' ').next().expect("a tag has a name"));
            }
        }
        assert!(open.is_empty(), "{}: {open:?} stay open", machine.id);
        assert_eq!(picture.matches("rx=\"12\"").count(), graph.nodes.len(), "{}", machine.id);
        assert_eq!(picture.matches("<path stroke=").count(), graph.edges.len(), "{}", machine.id);
        let labels: Vec<&Label> = graph
            .nodes
            .iter()
            .flat_map(|node| &node.inner)
            .chain(graph.edges.iter().flat_map(|edge| &edge.labels))
            .collect();
        assert_eq!(picture.matches("class=\"c\"").count(), labels.len(), "{}", machine.id);
        for label in labels {
            assert!(picture.contains(&format!(">{}</text>", label.trigger)), "{}: {label:?}", machine.id);
        }
    }
}

#[test]
fn graphviz_gets_every_arrow_with_its_clauses() {
    for machine in machines() {
        let (graph, text) = (Graph::new(&machine), dot(&machine));
        let inner = graph.nodes.iter().filter(|node| !node.inner.is_empty()).count();
        assert_eq!(text.matches(" -> ").count(), graph.edges.len() + inner, "{}", machine.id);
        let clauses = graph.nodes.iter().flat_map(|node| &node.inner).count()
            + graph.edges.iter().flat_map(|edge| &edge.labels).count();
        assert_eq!(text.matches("\\l").count(), clauses, "{}", machine.id);
    }
}

#[test]
fn the_text_shows_every_state_with_every_trigger() {
    for machine in machines() {
        let text = text(&machine);
        let lines = text.lines().filter(|line| line.starts_with("    "));
        assert_eq!(lines.clone().count(), machine.states.len() * machine.triggers.len(), "{}", machine.id);
        let discarded = lines.filter(|line| line.ends_with(" -")).count();
        let listed = machine.states.len() * machine.triggers.len() - discarded;
        assert_eq!(listed, machine.procedures.len(), "{}", machine.id);
    }
}

#[test]
fn what_is_the_same_in_most_states_comes_from_one_box() {
    let graph = Graph::new(&media_plane::tables::machine("towards").expect("it is registered"));
    let shared: Vec<&str> =
        graph.nodes.iter().filter(|node| node.shared).map(|node| node.name.as_str()).collect();
    assert!(shared.iter().any(|name| name.starts_with("any state but ")), "{shared:?}");
}
