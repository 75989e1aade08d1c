//! `explain`: what a requirement says in our words, and who does and proves it.

use std::io::{self, Write};

use clap::ValueEnum;

use super::{Exit, Failure};
use crate::case;
use crate::catalogue::{Catalogue, Level, Requirement, spell_out};
use crate::trace::{Citations, Count, Kind, workspace_root};

/// Say what a requirement asks for and how it is judged
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  mcptt-conformance explain 24.380-6.3.4.3.3:1a
  mcptt-conformance explain 24.379-10.1.1.4.2:14 --format purpose

Inside a source tree of the project the places in code and the tests are listed too.")]
pub(super) struct Args {
    /// Id of the requirement
    id: String,
    /// Form of the output
    #[arg(long, value_enum, default_value_t = Form::Text)]
    format: Form,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For engineers
    Text,
    /// A test purpose in the prose of conformance specifications
    Purpose,
}

/// What is known about a requirement besides the catalogue.
#[derive(Default)]
pub(super) struct Known {
    /// Citations of the source tree, if there is one.
    pub(super) citations: Citations,
    /// Cases that bring the requirement about.
    pub(super) cases: Vec<String>,
    /// Results of the last run.
    pub(super) count: Count,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<Exit, Failure> {
    let catalogue = Catalogue::embedded()?;
    let requirement = catalogue.get(&args.id).ok_or_else(|| unknown(&catalogue, &args.id))?;
    match args.format {
        Form::Purpose => purpose(requirement, out)?,
        Form::Text => {
            let root = std::env::current_dir().ok().and_then(|folder| workspace_root(&folder));
            let citations = root.and_then(|root| Citations::collect(&root).ok()).unwrap_or_default();
            let arming: Vec<_> = case::all()
                .into_iter()
                .filter(|case| case.requirements.contains(&requirement.id.as_str()))
                .collect();
            let cases = arming.iter().map(|case| format!("{}: {}", case.id, case.title)).collect();
            let measured = case::count(&arming, 1).get(requirement.id.as_str()).copied().unwrap_or_default();
            let count = Count { armed: measured.armed, held: measured.held, violated: measured.violated };
            text(requirement, &Known { citations, cases, count }, out)?;
        }
    }
    Ok(Exit::AsExpected)
}

/// An id that does not exist, with the ids of the same clause as a hint.
fn unknown(catalogue: &Catalogue, id: &str) -> Failure {
    let clause = id.split_once(':').map_or(id, |(clause, _)| clause);
    let near: Vec<&str> = catalogue
        .requirements()
        .map(|requirement| requirement.id.as_str())
        .filter(|known| known.starts_with(clause))
        .take(8)
        .collect();
    let hint = if near.is_empty() { "see 'list'".to_owned() } else { format!("near it: {}", near.join(" ")) };
    Failure::Usage(format!("no requirement '{id}'; {hint}"))
}

pub(super) fn text(requirement: &Requirement, known: &Known, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}  {}", requirement.id, requirement.title)?;
    writeln!(
        out,
        "{}, {}, since release {}, confidence {}",
        requirement.level, requirement.role, requirement.release, requirement.confidence
    )?;
    let mut line = |label: &str, text: &str| writeln!(out, "{label:<10} {text}");
    line("Clause", &requirement.citation())?;
    line("In words", &spell_out(&requirement.summary))?;
    line("Arms when", &spell_out(&requirement.stimulus))?;
    line("Must", &spell_out(&requirement.expected))?;
    if !requirement.timers.is_empty() {
        line("Timers", &requirement.timers.join(", "))?;
    }
    if !requirement.sources.is_empty() {
        line("Sources", &requirement.sources.join(", "))?;
    }
    if let Some(reason) = &requirement.exception {
        line("Not done", reason)?;
    }
    if let Some(reason) = &requirement.todo {
        line("Missing", reason)?;
    }
    let cited: Vec<_> =
        known.citations.list.iter().filter(|citation| citation.id == requirement.id).collect();
    let places: Vec<String> =
        cited.iter().filter(|c| c.kind != Kind::Test).map(|c| c.place.to_string()).collect();
    let mut tests: Vec<String> = cited.iter().filter_map(|c| c.test.clone()).collect();
    tests.dedup();
    for (label, list) in [("Code", places), ("Tests", tests), ("Cases", known.cases.clone())] {
        for (index, item) in list.iter().enumerate() {
            line(if index == 0 { label } else { "" }, item)?;
        }
    }
    if known.count.armed > 0 {
        let Count { armed, held, violated } = known.count;
        line("Seen", &format!("held {held} of {armed}, violated {violated}"))?;
    }
    Ok(())
}

pub(super) fn purpose(requirement: &Requirement, out: &mut dyn Write) -> io::Result<()> {
    let entity = requirement.role.entity();
    let (stimulus, expected) = (spell_out(&requirement.stimulus), spell_out(&requirement.expected));
    let status = match requirement.level {
        Level::Shall => "mandatory",
        Level::Should => "recommended",
        Level::May => "optional",
    };
    writeln!(out, "Test purpose        {}", requirement.id)?;
    writeln!(out, "Title               {}", requirement.title)?;
    writeln!(out, "Reference           {}", requirement.citation())?;
    writeln!(out, "Status              {status}, release {} onwards", requirement.release)?;
    writeln!(out, "Entity under test   {entity}")?;
    writeln!(out)?;
    writeln!(out, "Objective")?;
    writeln!(out, "  To verify that {entity} complies with: {}", sentence(&spell_out(&requirement.summary)))?;
    writeln!(out)?;
    writeln!(out, "Initial conditions")?;
    writeln!(
        out,
        "  The system under test takes the role of {entity} and is configured for release {} or",
        requirement.release
    )?;
    writeln!(
        out,
        "  later. The tester takes all other roles. The situation of {} is reached.",
        requirement.citation()
    )?;
    if !requirement.timers.is_empty() {
        writeln!(out, "  The values of {} are known to the tester.", requirement.timers.join(", "))?;
    }
    writeln!(out)?;
    writeln!(out, "with {{ {entity} in the situation of {} }}", requirement.citation())?;
    writeln!(out, "ensure that {{")?;
    writeln!(out, "  when {{ {stimulus} }}")?;
    writeln!(out, "    then {{ {expected} }}")?;
    writeln!(out, "}}")?;
    writeln!(out)?;
    writeln!(out, "Steps")?;
    writeln!(out, "  1  tester to system   bring about: {stimulus}")?;
    writeln!(out, "  2  system to tester   check: {expected}   [pass]")?;
    writeln!(out)?;
    writeln!(out, "Pass criteria")?;
    writeln!(
        out,
        "  Pass: step 2 is observed. Fail: anything else is observed, or nothing, once step 1 was brought about."
    )?;
    writeln!(out, "  Inconclusive: step 1 could not be brought about; silence alone is never a pass.")
}

fn sentence(text: &str) -> String {
    if text.ends_with('.') { text.to_owned() } else { format!("{text}.") }
}
