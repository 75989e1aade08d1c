//! `mcptt-server`: serves MCPTT calls, demonstrates itself, checks and prints configurations.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mcptt_server::driver::log::{self, LogFormat};
use mcptt_server::driver::service::Service;
use mcptt_server::driver::{clock, kms, library, recording, shutdown, store, tokens};
use mcptt_server::{config, demo};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

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
    /// Issue a development access token for a user, with the key of the data folder.
    Token(tokens::Arguments),
    /// Read a password from standard input and print it as `identity.account.password` wants it.
    Password,
    /// Make and use the master secrets of a small key management server.
    Kms(kms::Arguments),
    /// Print the event log of a data folder; the server may be running.
    Events(store::command::Arguments),
    /// Print the index of recordings, or look whether they are as they were written; the server may be running.
    Recordings(recording::command::Arguments),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().verb {
        Verb::Serve { config, log_format, log, log_identities } => log::install(log_format, &log)
            .and_then(|()| serve(config, log_identities))
            .map(|()| ExitCode::SUCCESS),
        Verb::Demo(arguments) => arguments.run().map(ExitCode::from).map_err(|error| error.to_string()),
        Verb::Check { config } => match config::load(Some(&config)) {
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
        Verb::Token(arguments) => arguments.run(clock::wall()).map(|token| {
            println!("{token}");
            ExitCode::SUCCESS
        }),
        Verb::Password => library::identity::Password::from_input(&mut std::io::stdin().lock()).map(|kept| {
            println!("{kept}");
            ExitCode::SUCCESS
        }),
        Verb::Kms(arguments) => seed().and_then(|seed| {
            let printed = arguments.run(clock::wall(), ChaCha20Rng::from_seed(seed))?;
            if !printed.is_empty() {
                println!("{}", *printed);
            }
            Ok(ExitCode::SUCCESS)
        }),
        Verb::Events(arguments) => {
            arguments.run(clock::wall(), &mut std::io::stdout().lock()).map(|()| ExitCode::SUCCESS)
        }
        Verb::Recordings(arguments) => {
            arguments.run(clock::wall(), &mut std::io::stdout().lock()).map(|()| ExitCode::SUCCESS)
        }
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("mcptt-server: {error}");
        ExitCode::FAILURE
    })
}

fn serve(file: Option<PathBuf>, log_identities: bool) -> Result<(), String> {
    let loaded = config::load(file.as_deref()).map_err(|error| error.to_string())?;
    shutdown::survive_file_size_limit().map_err(|error| error.to_string())?;
    Service::new(loaded, seed()?, log_identities)?.run()
}

/// Tags, keys and identifiers of a deployment come from the operating system's generator.
fn seed() -> Result<[u8; 32], String> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)
        .map_err(|error| format!("no random seed from the operating system: {error}"))?;
    Ok(seed)
}
