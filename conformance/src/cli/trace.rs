//! `trace`: the coverage matrix of a source tree.

use std::io::Write;
use std::path::PathBuf;

use super::{Exit, Failure, Format};
use crate::case;
use crate::catalogue::Catalogue;
use crate::select::{Selection, Subject};
use crate::trace::{Citations, Count, Counts, Matrix, check, render, workspace_root};

/// Show which requirement is done where and proven by which test
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  mcptt-conformance trace '24.380-6.3.4.*'
  mcptt-conformance trace --format md > coverage.md
  mcptt-conformance trace --format json level:shall
  mcptt-conformance trace --check

--check lists what is wrong between the catalogue, the citations and specs/coverage.txt, and ends with status 1 if
there is anything.")]
pub(super) struct Args {
    /// What to show; everything if absent
    selector: Vec<String>,
    /// Form of the output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Only say what is wrong
    #[arg(long, conflicts_with_all = ["format", "selector"])]
    check: bool,
    /// Do not run the cases: armed, held and violated stay 0
    #[arg(long)]
    no_run: bool,
    /// Root of the source tree; found from the current folder if absent
    #[arg(long, value_name = "FOLDER")]
    root: Option<PathBuf>,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<Exit, Failure> {
    let root = root(args)?;
    // The catalogue of the tree, not the one this program was built with: the two may differ.
    let catalogue =
        Catalogue::load(&root.join("specs")).map_err(|error| Failure::Usage(error.to_string()))?;
    let citations = Citations::collect(&root).map_err(|error| Failure::Usage(error.to_string()))?;
    if args.check {
        let committed = std::fs::read_to_string(root.join("specs/coverage.txt")).unwrap_or_default();
        let complaints = check::complaints(&catalogue, &citations, &committed);
        for complaint in &complaints {
            writeln!(out, "{complaint}")?;
        }
        writeln!(
            out,
            "{} requirements, {} citations, {} complaints",
            catalogue.len(),
            citations.list.len(),
            complaints.len()
        )?;
        return Ok(if complaints.is_empty() { Exit::AsExpected } else { Exit::Unexpected });
    }
    let selection = Selection::parse(&args.selector)?;
    selection.check(catalogue.requirements().map(Subject::from))?;
    let counts = if args.no_run { Counts::default() } else { measured() };
    let matrix = Matrix::build(&catalogue, &citations, Some(&counts))
        .filtered(|requirement| selection.matches(&Subject::from(requirement)));
    match args.format {
        Format::Table => render::table(&matrix, out)?,
        Format::Json => render::json(&matrix, out)?,
        Format::Md => render::markdown(&matrix, out)?,
    }
    Ok(Exit::AsExpected)
}

/// What the cases arm when they run in-process, which takes a few seconds.
fn measured() -> Counts {
    let mut counts = Counts::default();
    for (id, count) in case::count(&case::all(), 1) {
        counts.add(id, Count { armed: count.armed, held: count.held, violated: count.violated });
    }
    counts
}

fn root(args: &Args) -> Result<PathBuf, Failure> {
    let from = match &args.root {
        Some(folder) => return Ok(folder.clone()),
        None => {
            std::env::current_dir().map_err(|error| Failure::Usage(format!("the current folder: {error}")))?
        }
    };
    workspace_root(&from).ok_or_else(|| {
        Failure::Usage(format!(
            "{} is not inside a source tree with specs/; name one with --root",
            from.display()
        ))
    })
}
