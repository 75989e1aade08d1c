//! SIP over a connection (RFC 3261 18.3): where messages begin and end in what is sent is the scenario's choice.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use call_control::transport::{SipPath, StreamCommand, StreamEvent, Transport as Carrier};
use mcptt_server::node::Input;

use super::{Actor, Rig, Target, Unmet};
use crate::capture::Transport;

/// The port of the client's end, in this process.
const PORT: u16 = 5070;
/// How long a remote target may take until all is answered.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two pieces, so that they are not taken for one.
const BETWEEN: Duration = Duration::from_millis(20);

impl Rig {
    /// Sends requests over one new connection of the client, in pieces of this many octets, and waits until as many answers
    /// have come. Each of them is seen as a message of its own.
    ///
    /// # Errors
    /// [`Unmet`] when there is no connection, or not as many answers.
    pub fn send_over_stream(
        &mut self,
        actor: Actor,
        requests: &[String],
        pieces: &[usize],
    ) -> Result<(), Unmet> {
        let [local, ..] = self.addresses(actor);
        let octets = Bytes::from(requests.concat());
        let mut rest = octets;
        let mut cut: Vec<Bytes> =
            pieces.iter().map(|length| rest.split_to((*length).min(rest.len()))).collect();
        cut.push(rest);
        cut.retain(|piece| !piece.is_empty());
        let remote = self.participating;
        let local = match &mut self.target {
            Target::Own(_) => SocketAddr::new(local.ip(), PORT),
            Target::Remote(target) => {
                target.connect(remote).ok_or(Unmet("a connection to the target over TCP"))?
            }
        };
        self.streams.push(local);
        // The end of the message tells when it was sent.
        let mut ends = Vec::new();
        let mut end = 0;
        for request in requests {
            end += request.len();
            ends.push((end, Bytes::copy_from_slice(request.as_bytes())));
        }
        let mut sent = 0;
        for piece in cut {
            sent += piece.len();
            let now = match &mut self.target {
                Target::Own(_) => self.now,
                Target::Remote(target) => target.about_to_send(),
            };
            while let Some((end, message)) = ends.first().cloned().filter(|(end, _)| *end <= sent) {
                self.capture_as(now, local, remote, Transport::Tcp, message);
                ends.retain(|(other, _)| *other != end);
            }
            let path = SipPath { transport: Carrier::Tcp, local: remote, remote: local };
            match &mut self.target {
                Target::Own(node) => {
                    node.handle_input(now, Input::Stream { path, event: StreamEvent::Octets(&piece) });
                }
                Target::Remote(target) => target.write(&piece),
            }
            self.settle();
            self.advance(BETWEEN);
        }
        let until = self.passed() + PATIENCE;
        let mut awaited = requests.len();
        while matches!(self.target, Target::Remote(_)) && awaited > 0 && self.passed() < until {
            let arrived = match &mut self.target {
                Target::Own(_) => Vec::new(),
                Target::Remote(target) => target.read(),
            };
            awaited = awaited.saturating_sub(arrived.len());
            for (at, message) in arrived {
                self.capture_as(at, remote, local, Transport::Tcp, message);
            }
            self.advance(BETWEEN);
        }
        match self.frames.iter().filter(|frame| frame.destination == local).count() < requests.len() {
            true => Err(Unmet("as many answers as requests")),
            false => Ok(()),
        }
    }

    /// What the node wants done with a connection: what it says over one of ours is seen.
    pub(super) fn stream(&mut self, command: StreamCommand) {
        if let StreamCommand::Send { path, payload } = command
            && self.streams.contains(&path.remote)
        {
            let now: Instant = self.now;
            self.capture_as(now, path.local, path.remote, Transport::Tcp, payload);
        }
    }
}
