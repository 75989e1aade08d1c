//! The command line. Each verb is a module with its arguments and a `run` that writes to the streams it is given, so
//! that tests call verbs without starting a process.

mod again;
mod bundle;
mod capture;
mod claims;
mod client;
mod decode;
mod diagram;
mod diff;
mod doctor;
mod encode;
mod exit;
mod expect;
mod explain;
#[cfg(test)]
mod flag_tests;
mod fuzz;
mod generate;
mod list;
mod load;
mod matrix;
mod paint;
mod pics;
mod preset;
mod replay;
mod run;
mod run_options;
mod server;
mod shrink;
mod tap;
#[cfg(test)]
mod tests;
mod timers;
mod trace;
mod ue;
#[cfg(test)]
mod verb_tests;

use std::ffi::OsString;
use std::io::{self, Write};

use clap::{Parser, Subcommand, ValueEnum};

pub use exit::Exit;
use paint::Painter;

/// Judges MCPTT servers, clients and captures against TS 24.380 and TS 24.379.
#[derive(Parser)]
#[command(name = "mcptt-conformance", version, max_term_width = 110, after_help = EXAMPLES)]
struct Cli {
    /// No colours, which a terminal gets otherwise; the environment variable NO_COLOR says the same
    #[arg(long, global = true)]
    no_color: bool,
    #[command(subcommand)]
    verb: Verb,
}

const EXAMPLES: &str = "\
Examples:
  mcptt-conformance list '24.380-6.3.4.*' level:shall
  mcptt-conformance explain 24.380-6.3.4.3.3:1a
  mcptt-conformance trace --format md
  mcptt-conformance decode call.pcapng
  mcptt-conformance diagram general > general.svg
  mcptt-conformance timers
  mcptt-conformance capture build captures/
  mcptt-conformance encode call.jsonl
  mcptt-conformance diff call.pcapng
  mcptt-conformance run 'FC-*'
  mcptt-conformance run --target acme.toml --budget 15m
  mcptt-conformance replay call.pcapng
  mcptt-conformance bundle verify run.tar
  mcptt-conformance matrix own.jsonl acme.jsonl --format html
  mcptt-conformance fuzz --target acme.toml --seconds 60
  mcptt-conformance load --target acme.toml --seconds 60
  mcptt-conformance client -- ./acme-shim

Exit status:
  0 all as expected   1 unexpected failure or stale expectation   2 wrong usage or unusable input
  3 fewer executed than required   4 failure of the harness itself   5 denied inconclusive verdict
  When several apply, the first of 4, 2, 3, 1, 5 is reported.";

#[derive(Subcommand)]
enum Verb {
    List(list::Args),
    Explain(explain::Args),
    Trace(trace::Args),
    Decode(decode::Args),
    Encode(encode::Args),
    Generate(generate::Args),
    Diff(diff::Args),
    Run(run::Args),
    Pics(pics::Args),
    Bundle(bundle::Args),
    Expect(expect::Args),
    Shrink(shrink::Args),
    Tap(tap::Args),
    Doctor(doctor::Args),
    Replay(replay::Args),
    Diagram(diagram::Args),
    Timers(timers::Args),
    Capture(capture::Args),
    Ue(ue::Args),
    Server(server::Args),
    Client(client::Args),
    Fuzz(fuzz::Args),
    Load(load::Args),
    Matrix(matrix::Args),
}

/// How tabular output is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned columns for a terminal.
    Table,
    /// One JSON object per line.
    Json,
    /// A Markdown table.
    Md,
}

/// Why a verb could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Wrong usage or unusable input; the message says what to change.
    #[error("{0}")]
    Usage(String),
    /// Something of ours failed.
    #[error("{0}")]
    Harness(String),
    /// Output could not be written.
    #[error("cannot write: {0}")]
    Output(#[from] io::Error),
}

impl Failure {
    /// The exit status that goes with it.
    pub fn exit(&self) -> Exit {
        match self {
            Failure::Usage(_) => Exit::Usage,
            Failure::Harness(_) | Failure::Output(_) => Exit::Harness,
        }
    }
}

impl From<crate::select::SelectorError> for Failure {
    fn from(error: crate::select::SelectorError) -> Self {
        Failure::Usage(error.to_string())
    }
}

impl From<crate::catalogue::CatalogueError> for Failure {
    fn from(error: crate::catalogue::CatalogueError) -> Self {
        Failure::Harness(error.to_string())
    }
}

/// Runs the program with these arguments, the first of which is its name.
pub fn run<A: Into<OsString> + Clone>(
    arguments: impl IntoIterator<Item = A>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Exit {
    run_at(arguments, false, out, err)
}

/// As [`run`]; `terminal`: somebody looks at what is written, in colours if that is not declined.
pub fn run_at<A: Into<OsString> + Clone>(
    arguments: impl IntoIterator<Item = A>,
    terminal: bool,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Exit {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // A stream that takes no text takes no complaint either; the status still tells.
            let _ = if error.use_stderr() { write!(err, "{error}") } else { write!(out, "{error}") };
            return if error.use_stderr() { Exit::Usage } else { Exit::AsExpected };
        }
    };
    let mut painter = Painter::new(out, terminal && !cli.no_color);
    let out = &mut painter;
    let result = match cli.verb {
        Verb::List(args) => list::run(&args, out),
        Verb::Explain(args) => explain::run(&args, out),
        Verb::Trace(args) => trace::run(&args, out),
        Verb::Decode(args) => decode::run(&args, out, err),
        Verb::Encode(args) => encode::run(&args, out, err),
        Verb::Generate(args) => generate::run(&args, out),
        Verb::Diff(args) => diff::run(&args, out),
        Verb::Run(args) => run::run(&args, out, err),
        Verb::Bundle(args) => bundle::run(&args, out),
        Verb::Expect(args) => expect::run(&args, out),
        Verb::Doctor(args) => doctor::run(&args, out),
        Verb::Shrink(args) => shrink::run(&args, out),
        Verb::Tap(args) => tap::run(&args, out),
        Verb::Pics(args) => pics::run(&args, out),
        Verb::Replay(args) => replay::run(&args, out),
        Verb::Diagram(args) => diagram::run(&args, out),
        Verb::Timers(args) => timers::run(&args, out),
        Verb::Capture(args) => capture::run(&args, out),
        Verb::Ue(args) => ue::run(&args, out),
        Verb::Server(args) => server::run(&args, out),
        Verb::Client(args) => client::run(&args, out),
        Verb::Fuzz(args) => fuzz::run(&args, out),
        Verb::Load(args) => load::run(&args, out),
        Verb::Matrix(args) => matrix::run(&args, out),
    };
    let flushed = out.flush();
    let result = result.and_then(|exit| flushed.map(|()| exit).map_err(Failure::Output));
    match result {
        Ok(exit) => exit,
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Exit::AsExpected,
        Err(failure) => {
            let _ = writeln!(err, "mcptt-conformance: {failure}");
            failure.exit()
        }
    }
}
