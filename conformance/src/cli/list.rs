//! `list`: which requirements and cases there are, which ones a selector names, and which cases a target can be tested with.

use std::io::Write;
use std::path::PathBuf;

use super::{Exit, Failure, Format};
use crate::case::Case;
use crate::catalogue::{Catalogue, Requirement};
use crate::remote::{TargetFile, applies};
use crate::select::{Selection, Subject};
use crate::table;
use crate::trace::render::md_cell;

/// List requirements and cases, and say which cases apply to a target
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
  mcptt-conformance list 'FC-*'                       cases: the selector names no requirement
  mcptt-conformance list --cases 24.380-6.3.4.4.9     the cases that name a requirement
  mcptt-conformance list --why --target acme.toml     which cases apply, and why not the others")]
pub(super) struct Args {
    /// What to list; everything if absent
    selector: Vec<String>,
    /// List the cases that `run` would run instead of requirements
    #[arg(long)]
    cases: bool,
    /// Say of each case whether `run` would run it, and if not, why
    #[arg(long)]
    why: bool,
    /// With --why: the target file; without it the node of this process
    #[arg(long, requires = "why")]
    target: Option<PathBuf>,
    /// Form of the output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<Exit, Failure> {
    if args.cases || args.why {
        return cases(args, &super::run::choose(&args.selector)?, out);
    }
    let catalogue = Catalogue::embedded()?;
    let selection = Selection::parse(&args.selector)?;
    if let Err(unknown) = selection.check(catalogue.requirements().map(Subject::from)) {
        // What names no requirement may name cases.
        return match super::run::choose(&args.selector) {
            Ok(chosen) => cases(args, &chosen, out),
            Err(_) => Err(unknown.into()),
        };
    }
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

/// The cases, exactly those that `run` with the same selectors runs.
fn cases(args: &Args, chosen: &[&'static Case], out: &mut dyn Write) -> Result<Exit, Failure> {
    let reasons = if args.why { Some(reasons(args, chosen)?) } else { None };
    let reason = |at: usize| reasons.as_ref().and_then(|reasons| reasons.get(at));
    let last = if args.why { "applies" } else { "requirements" };
    let cells = |(at, case): (usize, &&Case)| {
        let last = match reason(at) {
            Some(None) => "yes".to_owned(),
            Some(Some(why)) => format!("no: {why}"),
            None => case.requirements.join(" "),
        };
        vec![case.id.to_owned(), case.title.to_owned(), last]
    };
    match args.format {
        Format::Json => {
            for (at, case) in chosen.iter().enumerate() {
                let mut line = serde_json::json!({
                    "case": case.id,
                    "title": case.title,
                    "requirements": case.requirements,
                    "official": crate::case::nearest(case.purpose()),
                });
                if let Some(why) = reason(at) {
                    line["applies"] = why.is_none().into();
                    line["why"] = why.as_deref().into();
                }
                writeln!(out, "{line}")?;
            }
        }
        Format::Table => {
            let rows: Vec<Vec<String>> = chosen.iter().enumerate().map(cells).collect();
            write!(out, "{}", table::layout(&["case", "title", last], &rows))?;
            match &reasons {
                None => writeln!(out, "{} cases", rows.len())?,
                Some(reasons) => {
                    let count = reasons.iter().filter(|why| why.is_none()).count();
                    writeln!(out, "{count} of {} cases apply", rows.len())?;
                }
            }
        }
        Format::Md => {
            writeln!(out, "| case | title | {last} |\n|---|---|---|")?;
            for row in chosen.iter().enumerate().map(cells) {
                let row: Vec<String> = row.iter().map(|cell| md_cell(cell)).collect();
                writeln!(out, "| {} |", row.join(" | "))?;
            }
        }
    }
    Ok(Exit::AsExpected)
}

/// Why each of these cases is not run; `None` if it is.
fn reasons(args: &Args, chosen: &[&'static Case]) -> Result<Vec<Option<String>>, Failure> {
    let Some(file) = &args.target else {
        let of_node = |case: &&'static Case| case.measures().then(|| super::run::VIRTUAL_TIME.to_owned());
        return Ok(chosen.iter().map(of_node).collect());
    };
    let target: TargetFile = super::pics::read(file)?;
    let catalogue = Catalogue::embedded()?;
    Ok(chosen.iter().map(|case| applies(case, &target, &catalogue, 1).err()).collect())
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
