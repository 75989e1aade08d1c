//! `list`: which requirements there are, and which ones a selector names.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::{Exit, Failure, Format};
use crate::catalogue::{Catalogue, Requirement};
use crate::remote::applies;
use crate::select::{Selection, Subject};
use crate::table;
use crate::trace::render::md_cell;

/// List requirements
#[derive(clap::Args)]
#[command(after_help = "\
Selectors:
  24.380-6.3.4.*                   ids; * any characters, ? one character
  level:shall role:server          also confidence:high
  release:<=15                     also 15, <15, >15, >=15
  tag:T2 tag:todo                  timers, counters, and what is not done
  not tag:todo                     takes away
Selectors of one kind widen the choice, selectors of different kinds narrow it.

Examples:
  mcptt-conformance list
  mcptt-conformance list '24.380-6.3.5.*' level:shall not tag:todo
  mcptt-conformance list role:controlling 'release:<=14' --format json
  mcptt-conformance list --cases 'FC-*'
  mcptt-conformance list --why --target acme.toml 'FC-*'")]
pub(super) struct Args {
    /// What to list; everything if absent
    selector: Vec<String>,
    /// List the cases that `run` would run instead of requirements
    #[arg(long)]
    cases: bool,
    /// With --target: which cases would run there, and why not the others
    #[arg(long, requires = "target")]
    why: bool,
    /// Target file
    #[arg(long)]
    target: Option<PathBuf>,
    /// Form of the output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<Exit, Failure> {
    if let Some(file) = args.target.as_ref().filter(|_| args.why) {
        return why(args, file, out);
    }
    if args.cases {
        return cases(args, out);
    }
    let catalogue = Catalogue::embedded()?;
    let selection = Selection::parse(&args.selector)?;
    selection.check(catalogue.requirements().map(Subject::from))?;
    let chosen: Vec<&Requirement> = catalogue
        .requirements()
        .filter(|requirement| selection.matches(&Subject::from(*requirement)))
        .collect();
    match args.format {
        Format::Json => {
            for requirement in chosen {
                serde_json::to_writer(&mut *out, requirement).map_err(std::io::Error::from)?;
                writeln!(out)?;
            }
        }
        Format::Table => {
            let rows: Vec<Vec<String>> = chosen.iter().map(|requirement| cells(requirement)).collect();
            write!(out, "{}", table::layout(&HEAD, &rows))?;
            writeln!(out, "{} of {} requirements", rows.len(), catalogue.len())?;
        }
        Format::Md => {
            writeln!(out, "| {} |", HEAD.join(" | "))?;
            writeln!(out, "|---|---|---|---|---|---|")?;
            for requirement in chosen {
                let cells: Vec<String> = cells(requirement).iter().map(|cell| md_cell(cell)).collect();
                writeln!(out, "| {} |", cells.join(" | "))?;
            }
        }
    }
    Ok(Exit::AsExpected)
}

/// Of each case whether it applies to a target: what it needs beside what the target says of itself.
fn why(args: &Args, file: &Path, out: &mut dyn Write) -> Result<Exit, Failure> {
    let (target, catalogue) = (super::pics::read(file)?, Catalogue::embedded()?);
    let (mut rows, mut applicable) = (Vec::new(), 0_usize);
    for case in super::run::choose(&args.selector)? {
        let (applies, because) = match applies(case, &target, &catalogue, 1) {
            Ok(rehearsed) => (true, format!("takes {:.1} s", rehearsed.takes.as_secs_f64())),
            Err(why) => (false, why),
        };
        applicable += usize::from(applies);
        rows.push(vec![case.id.to_owned(), if applies { "yes" } else { "no" }.to_owned(), because]);
    }
    let head = ["case", "applies", "why"];
    match args.format {
        Format::Json => {
            for row in &rows {
                writeln!(
                    out,
                    "{}",
                    serde_json::json!({"case": row[0], "applies": row[1] == "yes", "why": row[2]})
                )?;
            }
        }
        Format::Table => {
            write!(out, "{}", table::layout(&head, &rows))?;
            writeln!(out, "{applicable} of {} cases apply to {}", rows.len(), target.target.name)?;
        }
        Format::Md => {
            writeln!(out, "| {} |\n|---|---|---|", head.join(" | "))?;
            for row in &rows {
                writeln!(out, "| {} | {} | {} |", row[0], row[1], md_cell(&row[2]))?;
            }
        }
    }
    Ok(Exit::AsExpected)
}

/// The cases, exactly those that `run` with the same selectors runs.
fn cases(args: &Args, out: &mut dyn Write) -> Result<Exit, Failure> {
    let chosen = super::run::choose(&args.selector)?;
    match args.format {
        Format::Json => {
            for case in chosen {
                let line = serde_json::json!({
                    "case": case.id,
                    "title": case.title,
                    "requirements": case.requirements,
                    "official": crate::case::nearest(case.purpose()),
                });
                writeln!(out, "{line}")?;
            }
        }
        Format::Table => {
            let rows: Vec<Vec<String>> = chosen
                .iter()
                .map(|case| vec![case.id.to_owned(), case.title.to_owned(), case.requirements.join(" ")])
                .collect();
            write!(out, "{}", table::layout(&["case", "title", "requirements"], &rows))?;
            writeln!(out, "{} cases", rows.len())?;
        }
        Format::Md => {
            writeln!(out, "| case | title | requirements |\n|---|---|---|")?;
            for case in chosen {
                writeln!(out, "| {} | {} | {} |", case.id, md_cell(case.title), case.requirements.join(" "))?;
            }
        }
    }
    Ok(Exit::AsExpected)
}

const HEAD: [&str; 6] = ["requirement", "level", "role", "release", "confidence", "title"];

fn cells(requirement: &Requirement) -> Vec<String> {
    vec![
        requirement.id.clone(),
        requirement.level.to_string(),
        requirement.role.to_string(),
        requirement.release.to_string(),
        requirement.confidence.to_string(),
        requirement.title.clone(),
    ]
}
