//! `client`: a client of somebody else behind its shim, judged in scenarios.

use std::io::Write;
use std::net::{IpAddr, SocketAddr};

use super::{Exit, Failure};
use crate::case::{Reason, Verdict};
use crate::select::glob;
use crate::shim::{Ports, Scenario, ShimProcess, run_live, run_virtual, scenarios};

/// Ports that one scenario takes; the next one has others, so that nothing of the one before comes in.
const STRIDE: u16 = 20;

/// Test a client behind a shim: a program that takes key presses as lines
#[derive(clap::Args)]
#[command(after_help = "\
The shim is started for each scenario with --server ADDRESS --server-identity URI --user MCPTT-ID --host ADDRESS
--first-port PORT, or with {server} and so on in its own arguments replaced. What it reads and writes is what 'ue' reads
and writes. It first says 'ready'; a line it cannot carry out it answers with 'unsupported'.

Examples:
  mcptt-conformance client                                 our own client, in this process
  mcptt-conformance client 'CL-0*' -- ./acme-shim --verbose
  mcptt-conformance client -- mcptt-conformance ue         our own client as a foreign one")]
pub(super) struct Args {
    /// Scenarios, * standing for anything; all if absent
    #[arg(value_name = "SCENARIO")]
    scenarios: Vec<String>,
    /// First of a hundred UDP ports of the server on 127.0.0.1
    #[arg(long, default_value_t = 38_000)]
    port: u16,
    /// Address of the clients
    #[arg(long, default_value = "127.0.1.1")]
    host: IpAddr,
    /// First UDP port of the clients; each scenario takes twenty
    #[arg(long, default_value_t = 43_000)]
    first_port: u16,
    /// Treat inconclusive scenarios as an error (exit status 5)
    #[arg(long)]
    deny_inconclusive: bool,
    /// The shim and its arguments; our own client on virtual time if absent
    #[arg(last = true)]
    shim: Vec<String>,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<Exit, Failure> {
    let all = scenarios().map_err(|error| Failure::Harness(error.to_string()))?;
    let wanted = |scenario: &&Scenario| {
        args.scenarios.is_empty() || args.scenarios.iter().any(|pattern| glob(pattern, &scenario.id))
    };
    let chosen: Vec<&Scenario> = all.iter().filter(wanted).collect();
    if chosen.is_empty() {
        return Err(Failure::Usage(format!("no scenario goes by '{}'", args.scenarios.join(" "))));
    }
    let (mut exit, mut executed) = (Exit::AsExpected, 0_usize);
    for (index, scenario) in chosen.iter().enumerate() {
        let judged = if args.shim.is_empty() {
            run_virtual(scenario, 1, |_| {})
        } else {
            let offset = u16::try_from(index).unwrap_or(u16::MAX).saturating_mul(STRIDE);
            let clients = SocketAddr::new(args.host, args.first_port.saturating_add(offset));
            run_live(scenario, Ports { server: args.port, clients }, |place| {
                ShimProcess::start(&args.shim, place).map(|shim| Box::new(shim) as Box<dyn crate::shim::Shim>)
            })
            .map_err(Failure::Harness)?
        };
        let unsupported = matches!(&judged.verdict, Verdict::Inconclusive(Reason::PreconditionUnmet, what) if what == "unsupported");
        executed += usize::from(!unsupported);
        let word = if unsupported { "not supported" } else { judged.verdict.word() };
        let line = format!("{word:<13} {:<22} {}", scenario.id, judged.verdict.reason());
        writeln!(out, "{}", line.trim_end())?;
        out.flush()?;
        exit = exit.and(match &judged.verdict {
            Verdict::Fail(_) => Exit::Unexpected,
            Verdict::Error(_) => Exit::Harness,
            Verdict::Inconclusive(..) if args.deny_inconclusive && !unsupported => Exit::Denied,
            _ => Exit::AsExpected,
        });
    }
    writeln!(out, "{executed} of {} scenarios executed", chosen.len())?;
    Ok(if executed == 0 { exit.and(Exit::TooFew) } else { exit })
}
