//! `diagram`: a state machine as a picture.

use std::io::Write;
use std::path::PathBuf;

use clap::ValueEnum;
use mcptt_codec::machine::Machine;

use super::{Exit, Failure};
use crate::diagram;
use crate::table;

/// Draw a state machine of floor control or off-network call control from the table that it runs by
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  mcptt-conformance diagram --list
  mcptt-conformance diagram general > general.svg
  mcptt-conformance diagram towards --format text
  mcptt-conformance diagram participant --format dot | dot -Tpdf -o participant.pdf
  mcptt-conformance diagram --all diagrams/")]
pub(super) struct Args {
    /// The machine, as `--list` names it
    #[arg(required_unless_present_any = ["list", "all"])]
    machine: Option<String>,
    /// Say which machines there are
    #[arg(long, conflicts_with_all = ["machine", "all"])]
    list: bool,
    /// Write a file for each machine into this folder
    #[arg(long, value_name = "FOLDER", conflicts_with = "machine")]
    all: Option<PathBuf>,
    /// Form of the picture
    #[arg(long, value_enum, default_value_t = Form::Svg)]
    format: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A picture that browsers show.
    Svg,
    /// For Graphviz.
    Dot,
    /// Every state with every trigger.
    Text,
}

impl Form {
    fn draw(self, machine: &Machine) -> String {
        match self {
            Self::Svg => diagram::svg(machine),
            Self::Dot => diagram::dot(machine),
            Self::Text => diagram::text(machine),
        }
    }

    const fn extension(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Dot => "dot",
            Self::Text => "txt",
        }
    }
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<Exit, Failure> {
    let machines = diagram::machines();
    if args.list {
        list(&machines, out)?;
    } else if let Some(folder) = &args.all {
        std::fs::create_dir_all(folder)?;
        for machine in &machines {
            let file = folder.join(machine.id).with_extension(args.format.extension());
            std::fs::write(&file, args.format.draw(machine))?;
            writeln!(out, "{}", file.display())?;
        }
    } else {
        let wanted = args.machine.as_deref().unwrap_or_default();
        let machine = machines.iter().find(|machine| machine.id == wanted).ok_or_else(|| {
            let names: Vec<&str> = machines.iter().map(|machine| machine.id).collect();
            Failure::Usage(format!("there is no machine '{wanted}'; there are {}", names.join(", ")))
        })?;
        out.write_all(args.format.draw(machine).as_bytes())?;
    }
    Ok(Exit::AsExpected)
}

fn list(machines: &[Machine], out: &mut dyn Write) -> Result<(), Failure> {
    let rows: Vec<Vec<String>> = machines
        .iter()
        .map(|machine| {
            vec![
                machine.id.to_owned(),
                machine.clause.to_owned(),
                machine.letter.to_string(),
                machine.states.len().to_string(),
                machine.triggers.len().to_string(),
                machine.procedures.len().to_string(),
                machine.title.to_owned(),
            ]
        })
        .collect();
    let head = ["machine", "clause", "letter", "states", "triggers", "procedures", "title"];
    write!(out, "{}", table::layout(&head, &rows))?;
    writeln!(out, "{} machines", rows.len())?;
    Ok(())
}
