//! Command line of the conformance toolkit: `mcptt-conformance --help` says what it can do.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut out = BufWriter::new(io::stdout().lock());
    let exit = conformance::cli::run(std::env::args_os(), &mut out, &mut io::stderr().lock());
    match out.flush() {
        Ok(()) => exit.into(),
        // Whoever reads our output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => exit.into(),
        Err(_) => conformance::cli::Exit::Harness.into(),
    }
}
