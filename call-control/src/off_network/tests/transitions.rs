//! The tables of procedures: their committed image, and that the register is complete.

use std::collections::BTreeSet;

use mcptt_codec::machine::{Value, image};

use crate::off_network::{alert, broadcast, call_type, group, private, private_type};
use crate::tables::{machines, settings};

macro_rules! images {
    ($($title:literal: $module:ident;)*) => {{
        let mut text = String::new();
        $(
            text += concat!($title, "\n\n");
            text += &image(
                $module::State::ALL,
                $module::Trigger::ALL,
                $module::PROCEDURES,
                |trigger| trigger.name(),
            );
            text += "\n";
        )*
        text
    }};
}

/// `MCPTT_BLESS=1` writes the image anew instead, for review.
#[test]
fn the_tables_look_as_committed() {
    let text = images! {
        "basic call control of a group call, TS 24.379 10.2.2": group;
        "call type control of a group call, TS 24.379 10.2.3": call_type;
        "broadcast group call control, TS 24.379 10.2.4": broadcast;
        "basic call control of a private call, TS 24.379 11.2.2": private;
        "call type control of a private call, TS 24.379 11.2.3": private_type;
        "emergency alert, TS 24.379 12.2": alert;
    };
    if std::env::var_os("MCPTT_BLESS").is_some() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/off_network/tests/transitions.txt");
        std::fs::write(file, text).expect("the image can be written");
        return;
    }
    assert_eq!(text, include_str!("transitions.txt"), "run with MCPTT_BLESS=1 and review the difference");
}

#[test]
fn every_state_is_reached_and_every_trigger_means_something() {
    let machines = machines();
    assert_eq!(machines.len(), 6);
    for machine in &machines {
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
        assert_eq!(reached.len(), machine.states.len(), "{}", machine.id);
        let mut seen = BTreeSet::new();
        for one in &machine.procedures {
            assert!(seen.insert((one.state, one.trigger)), "{}: {one:?} stands twice", machine.id);
            assert!(!one.next.is_empty());
        }
        for trigger in &machine.triggers {
            let used = machine.procedures.iter().any(|one| one.trigger == *trigger);
            assert!(used, "{}: nothing happens on {trigger}", machine.id);
        }
        for state in &machine.states {
            assert!(state.starts_with(machine.letter), "{state}");
        }
    }
}

#[test]
fn every_timer_and_counter_has_a_purpose_and_stands_within_its_own_range() {
    let settings = settings();
    assert_eq!(settings.len(), 29);
    for one in &settings {
        assert!(!one.purpose.is_empty() && !one.provisioned.is_empty(), "{}", one.name);
        assert!(one.least <= one.default && one.default <= one.most, "{one:?}");
    }
    let of = |name: &str| settings.iter().find(|one| one.name == name).expect(name).default;
    assert_eq!(of("TFG1"), Value::Time(std::time::Duration::from_millis(150)));
    assert_eq!((of("CFG11"), of("CFP1")), (Value::Count(5), Value::Count(3)));
}
