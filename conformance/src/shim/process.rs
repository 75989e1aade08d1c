//! A shim as a process.

use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, SocketAddr};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use thiserror::Error;

use super::{NO_VERB, Shim, UNSUPPORTED};

/// Lines that wait to be heard.
const BACKLOG: usize = 10_000;
/// Longest wait for the first line and for the answer to a verb that does not exist.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where the client under test is and whom it talks to; each is an argument of the shim.
#[derive(Clone, Debug)]
pub struct Place {
    /// SIP address of the participating function: `--server`.
    pub server: SocketAddr,
    /// Its identity: `--server-identity`.
    pub server_identity: String,
    /// The MCPTT ID: `--user`.
    pub user: String,
    /// The address of the client: `--host`.
    pub host: IpAddr,
    /// First of its UDP ports, of which it has eight: `--first-port`.
    pub first_port: u16,
}

/// Why a shim cannot be used.
#[derive(Debug, Error)]
pub enum ShimError {
    /// It does not start.
    #[error("{0}: {1}")]
    Start(String, std::io::Error),
    /// It has ended.
    #[error("the shim has ended: {0}")]
    Ended(String),
    /// It does not say `ready`.
    #[error("the shim does not say 'ready': {0}")]
    NotReady(String),
    /// It says yes to everything.
    #[error("asked for '{NO_VERB}', which does not exist, the shim does not say 'unsupported': {0}")]
    SaysYes(String),
}

/// A running shim, ended when dropped.
pub struct ShimProcess {
    child: Child,
    input: ChildStdin,
    said: Receiver<String>,
}

impl ShimProcess {
    /// Starts the program and finds out whether it keeps the contract. What of its arguments is `{server}`, `{server-identity}`,
    /// `{user}`, `{host}` or `{first-port}` is put in; without any of them they are appended as options.
    ///
    /// # Errors
    /// [`ShimError`] when it does not.
    pub fn start(command: &[String], place: &Place) -> Result<Self, ShimError> {
        let Some((program, arguments)) = command.split_first() else {
            return Err(ShimError::Ended("there is no program".to_owned()));
        };
        let values = [
            ("server", place.server.to_string()),
            ("server-identity", place.server_identity.clone()),
            ("user", place.user.clone()),
            ("host", place.host.to_string()),
            ("first-port", place.first_port.to_string()),
        ];
        let placed = |argument: &String| {
            let with =
                |text: String, (name, value): &(&str, String)| text.replace(&format!("{{{name}}}"), value);
            values.iter().fold(argument.clone(), with)
        };
        let mut all: Vec<String> = arguments.iter().map(placed).collect();
        if all == arguments {
            all.extend(values.iter().flat_map(|(name, value)| [format!("--{name}"), value.clone()]));
        }
        let failed = |error| ShimError::Start(program.clone(), error);
        let mut child = Command::new(program)
            .args(&all)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .map_err(failed)?;
        let pipes = (child.stdin.take(), child.stdout.take());
        let (Some(input), Some(output)) = pipes else {
            return Err(ShimError::Ended("it has no pipes".to_owned()));
        };
        let (sender, said) = sync_channel(BACKLOG);
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let mut shim = Self { child, input, said };
        match shim.next_line() {
            Some(line) if line == "ready" => {}
            other => return Err(ShimError::NotReady(other.unwrap_or_else(|| shim.how_it_ended()))),
        }
        shim.say(NO_VERB)?;
        match shim.next_line() {
            Some(line) if line == "unsupported" => Ok(shim),
            // One that ends instead of saying so cannot go on; there is nothing to test then.
            None if shim.child.wait().is_ok_and(|status| status.code() == Some(UNSUPPORTED)) => {
                Err(ShimError::Ended(format!("exit status {UNSUPPORTED}")))
            }
            other => Err(ShimError::SaysYes(other.unwrap_or_default())),
        }
    }

    fn next_line(&self) -> Option<String> {
        self.said.recv_timeout(PATIENCE).ok()
    }

    fn how_it_ended(&mut self) -> String {
        match self.child.try_wait() {
            Ok(Some(status)) => status.to_string(),
            _ => "silence".to_owned(),
        }
    }
}

impl Shim for ShimProcess {
    fn say(&mut self, line: &str) -> Result<(), ShimError> {
        let written = writeln!(self.input, "{line}").and_then(|()| self.input.flush());
        written.map_err(|_| ShimError::Ended(self.how_it_ended()))
    }

    fn hear(&mut self) -> Option<String> {
        self.said.try_recv().ok()
    }
}

impl Drop for ShimProcess {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.say("quit");
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
