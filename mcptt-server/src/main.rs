//! `mcptt-server`: serves MCPTT calls, demonstrates itself, checks and prints configurations.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use mcptt_server::driver::log::{self, LogFormat, LogObserver};
use mcptt_server::driver::{self, Bound, Control, clock, shutdown, streams};
use mcptt_server::node::{Node, NodeConfig};
use mcptt_server::{config, demo};
use tokio::sync::mpsc;

/// How long calls may take to be released when the server is asked to stop.
const GRACE: Duration = Duration::from_secs(5);

/// An open 3GPP Mission Critical Push-To-Talk server.
#[derive(Parser)]
#[command(
    version,
    about,
    after_help = "Examples:
  mcptt-server demo --out demo-out            a group call over loopback, measured and recorded
  mcptt-server demo --load                    200 group calls at the same time: does it keep its promises?
  mcptt-server serve                          users and groups of the embedded configuration, on loopback
  mcptt-server config > mcptt.toml            the embedded configuration, to start from
  mcptt-server check --config mcptt.toml      is it right?
  mcptt-server serve --config mcptt.toml --log-format json"
)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Serve calls until SIGINT or SIGTERM; running calls are then released with BYE.
    Serve {
        /// Configuration file; without one the embedded loopback configuration is used (see `config`).
        #[arg(long)]
        config: Option<PathBuf>,
        /// How log lines look.
        #[arg(long, value_enum, default_value_t)]
        log_format: LogFormat,
        /// What is logged: a level (error, warn, info, debug, trace) or tracing directives.
        #[arg(long, default_value = "info")]
        log: String,
        /// Show identities and locations in the log; without it they are left out.
        #[arg(long)]
        log_identities: bool,
    },
    /// Run a complete group call with real speech over loopback sockets and measure it; with --load very many of them.
    Demo(demo::Arguments),
    /// Check a configuration file and say what is wrong with it.
    Check {
        /// The file.
        #[arg(long)]
        config: PathBuf,
    },
    /// Print the embedded configuration; it documents every setting.
    Config,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().verb {
        Verb::Serve { config, log_format, log, log_identities } => log::install(log_format, &log)
            .and_then(|()| serve(config, log_identities))
            .map(|()| ExitCode::SUCCESS),
        Verb::Demo(arguments) => arguments.run().map(ExitCode::from).map_err(|error| error.to_string()),
        Verb::Check { config } => match config::load(&config) {
            Ok(_) => {
                println!("{} is valid", config.display());
                Ok(ExitCode::SUCCESS)
            }
            Err(error) => Err(error.to_string()),
        },
        Verb::Config => {
            print!("{}", config::DEFAULT);
            Ok(ExitCode::SUCCESS)
        }
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("mcptt-server: {error}");
        ExitCode::FAILURE
    })
}

fn serve(file: Option<PathBuf>, log_identities: bool) -> Result<(), String> {
    let (config, streams) = match &file {
        Some(path) => config::load(path),
        None => {
            config::parse(config::DEFAULT).and_then(|config| Ok((config, config::streams(config::DEFAULT)?)))
        }
    }
    .map_err(|error| error.to_string())?;
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?
        .block_on(run(config, &streams, log_identities))
}

async fn run(config: NodeConfig, streams: &config::Streams, log_identities: bool) -> Result<(), String> {
    let sockets =
        driver::bind(&config).map_err(|(address, error)| format!("cannot listen on {address}: {error}"))?;
    let (participating, controlling) =
        (config.call_control.participating.address, config.call_control.controlling.address);
    let streams = streams::Settings::new(streams, participating, controlling);
    let bound = Bound { sockets, listeners: streams.bind()?, streams };
    let (users, groups) = (config.call_control.users.len(), config.call_control.groups.len());
    let node = Node::new(config, seed()?, clock::now()).map_err(|error| error.to_string())?;
    tracing::info!(%participating, %controlling, users, groups, "serving");
    let (control, told) = mpsc::channel(1);
    let mut observer = LogObserver::new(log_identities);
    let stop = async {
        shutdown::requested().await?;
        tracing::info!(grace_s = GRACE.as_secs(), "stopping: releasing all calls");
        let _ = control.send(Control::ShutDown { grace: GRACE }).await;
        std::future::pending::<std::io::Result<()>>().await
    };
    let outcome = tokio::select! {
        ended = driver::run(node, bound, told, &mut observer) => ended,
        failed = stop => failed,
    };
    outcome.map_err(|error| error.to_string())?;
    tracing::info!("stopped");
    Ok(())
}

/// Tags, keys and identifiers of a deployment come from the operating system's generator.
fn seed() -> Result<[u8; 32], String> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)
        .map_err(|error| format!("no random seed from the operating system: {error}"))?;
    Ok(seed)
}
