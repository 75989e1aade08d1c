//! Command line of the conformance toolkit: `mcptt-conformance --help` says what it can do.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let terminal =
        io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let mut out = BufWriter::new(io::stdout().lock());
    let exit = conformance::cli::run_at(std::env::args_os(), terminal, &mut out, &mut io::stderr().lock());
    match out.flush() {
        Ok(()) => exit.into(),
        // Whoever reads our output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => exit.into(),
        Err(_) => conformance::cli::Exit::Harness.into(),
    }
}
