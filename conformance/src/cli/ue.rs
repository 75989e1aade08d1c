//! `ue`: our client from the command line, interactive or scripted; also the first shim.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::time::Duration;

use call_control::transport::Transport;

use super::{Exit, Failure, pics};
use crate::rig::remote::{Remote, Site};
use crate::rig::{Actor, Rig};
use crate::shim::{obey, tell};

/// Between two looks at the lines that come in.
const LOOK: Duration = Duration::from_millis(10);
/// Lines that wait.
const BACKLOG: usize = 1000;
/// After the last line of a script.
const AFTERWARDS: Duration = Duration::from_millis(300);

/// A client: lines say what its user does, lines say what it reports
#[derive(clap::Args)]
#[command(after_help = "\
Lines:
  register | deregister | affiliate GROUP.. | deaffiliate | call GROUP [implicit] [emergency] [broadcast] | leave
  ptt-down [PRIORITY] [emergency] | ptt-up | accept | queue-position | speak MILLISECONDS
  wait MILLISECONDS     go on reading after so long
  expect WORDS          go on reading when the client has reported a line that begins so, at most ten seconds
  raw HEX               send these octets from the SIP port, whatever they are
  quit

Examples:
  mcptt-conformance ue --server 127.0.0.1:5060 --user sip:alice@mc.example.org
  mcptt-conformance ue --target acme.toml --user sip:bob@mc.example.org --script talk.txt
  printf 'register\\nexpect registered\\nquit\\n' | mcptt-conformance ue --server 127.0.0.1:5060 --user sip:bob@mc.example.org")]
pub(super) struct Args {
    /// Target file that says where the server is and what tokens its users have
    #[arg(long, conflicts_with = "server", required_unless_present = "server")]
    target: Option<PathBuf>,
    /// SIP address of the participating function
    #[arg(long)]
    server: Option<SocketAddr>,
    /// Speak SIP over TCP to it
    #[arg(long, conflicts_with = "target")]
    tcp: bool,
    /// Its identity
    #[arg(long, default_value = "sip:participating@mc.example.org", conflicts_with = "target")]
    server_identity: String,
    /// MCPTT ID of the user
    #[arg(long)]
    user: String,
    /// Address of the client, as the server reaches it
    #[arg(long, default_value = "127.0.1.1")]
    host: IpAddr,
    /// First of its eight UDP ports
    #[arg(long, default_value_t = 42_000)]
    first_port: u16,
    /// File with the lines; standard input if absent
    #[arg(long)]
    script: Option<PathBuf>,
    /// Protect voice and floor control as the server offers it
    #[arg(long)]
    protect: bool,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<Exit, Failure> {
    let source: Box<dyn Read + Send> = match &args.script {
        None => Box::new(io::stdin()),
        Some(file) => Box::new(
            File::open(file).map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))?,
        ),
    };
    let mut rig = Rig::remote(Remote::new(site(args)?), 1);
    let actor = rig.client_with(&args.user, |client| {
        if !args.protect {
            client.suites.clear();
        }
    });
    if let Some(trouble) = rig.trouble() {
        return Err(Failure::Harness(trouble.to_owned()));
    }
    writeln!(out, "ready")?;
    out.flush()?;
    let exit = Session { rig, actor, lines: lines(source), reported: Vec::new() }.go_on(out)?;
    Ok(exit)
}

fn site(args: &Args) -> Result<Site, Failure> {
    let given = match (&args.target, args.server) {
        (Some(file), _) => {
            let target = pics::read(file)?;
            target.site().map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))?
        }
        (None, Some(participating)) => Site {
            transport: if args.tcp { Transport::Tcp } else { Transport::Udp },
            participating,
            participating_identity: args.server_identity.as_str().into(),
            clients: args.host,
            first_port: args.first_port,
            tokens: BTreeMap::new(),
        },
        (None, None) => {
            return Err(Failure::Usage("--target or --server says where the server is".to_owned()));
        }
    };
    Ok(Site { clients: args.host, first_port: args.first_port, ..given })
}

fn lines(source: Box<dyn Read + Send>) -> Receiver<String> {
    let (sender, lines) = sync_channel(BACKLOG);
    std::thread::spawn(move || {
        for line in BufReader::new(source).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

struct Session {
    rig: Rig,
    actor: Actor,
    lines: Receiver<String>,
    /// Lines that nobody has expected yet.
    reported: Vec<String>,
}

impl Session {
    fn go_on(&mut self, out: &mut dyn Write) -> Result<Exit, Failure> {
        loop {
            match self.lines.try_recv() {
                Ok(line) if line.trim() == "quit" => break,
                Ok(line) => {
                    if let Some(exit) = self.obey(line.trim(), out)? {
                        return Ok(exit);
                    }
                }
                Err(TryRecvError::Disconnected) => break,
                Err(TryRecvError::Empty) => self.pass(LOOK, out)?,
            }
        }
        self.pass(AFTERWARDS, out)?;
        match self.rig.trouble() {
            Some(trouble) => Err(Failure::Harness(trouble.to_owned())),
            None => Ok(Exit::AsExpected),
        }
    }

    fn obey(&mut self, line: &str, out: &mut dyn Write) -> Result<Option<Exit>, Failure> {
        let number = |text: &str| text.parse::<u64>().ok().filter(|number| *number <= 3_600_000);
        match line.split_once(' ').unwrap_or((line, "")) {
            ("", _) => {}
            (comment, _) if comment.starts_with('#') => {}
            ("wait", time) if number(time).is_some() => {
                self.pass(Duration::from_millis(number(time).unwrap_or_default()), out)?;
            }
            ("expect", words) if !words.is_empty() => {
                let end = self.rig.passed() + Duration::from_secs(10);
                while !self.take(words) {
                    if self.rig.passed() > end {
                        writeln!(out, "missing {words}")?;
                        return Ok(Some(Exit::Unexpected));
                    }
                    self.pass(LOOK, out)?;
                }
            }
            ("raw", octets) if super::fuzz::octets(octets).is_some() => {
                let payload = super::fuzz::octets(octets).unwrap_or_default();
                let [local, _, _] = self.rig.addresses(self.actor);
                let remote = self.rig.participating();
                self.rig.inject(mcptt_codec::Path { local, remote }, &payload);
            }
            _ => {
                if obey(&mut self.rig, self.actor, line).is_err() {
                    writeln!(out, "unsupported")?;
                }
                self.pass(Duration::ZERO, out)?;
            }
        }
        out.flush()?;
        Ok(None)
    }

    fn take(&mut self, words: &str) -> bool {
        let found = self.reported.iter().position(|line| line.starts_with(words));
        if let Some(found) = found {
            self.reported.drain(..=found);
        }
        found.is_some()
    }

    fn pass(&mut self, time: Duration, out: &mut dyn Write) -> Result<(), Failure> {
        self.rig.advance(time);
        for line in self.rig.events(self.actor).iter().filter_map(tell) {
            writeln!(out, "{line}")?;
            self.reported.push(line);
        }
        out.flush()?;
        Ok(())
    }
}
