//! What a rig says about itself and its clients, and how it leaves a remote target behind.

use std::net::SocketAddr;
use std::time::Duration;

use call_control::client::{ClientCommand, ClientEvent, ClientRequest};
use call_control::transport::Transport;
use mcptt_codec::id::Ssrc;
use mcptt_server::ue::UeEvent;

use super::{Actor, Rig, Target};

/// How long each step of cleaning up may take.
const CLEAN_UP: Duration = Duration::from_secs(3);
/// How often it is looked whether a step is done.
const LOOK: Duration = Duration::from_millis(10);

impl Rig {
    /// What the tester could not do against a remote target; a run with it is a harness error, not a verdict.
    pub fn trouble(&self) -> Option<&str> {
        match &self.target {
            Target::Own(_) => None,
            Target::Remote(remote) => remote.trouble(),
        }
    }

    /// What carries SIP between clients and target.
    pub(super) fn transport(&self) -> Transport {
        if self.target.speaks_tcp() { Transport::Tcp } else { Transport::Udp }
    }

    /// Whether datagrams were lost because the tester did not read them in time.
    pub fn has_lost(&self) -> bool {
        match &self.target {
            Target::Own(_) => false,
            Target::Remote(remote) => remote.has_lost(),
        }
    }

    /// How late the tester itself was at worst, on the time that passes.
    pub fn lateness(&self) -> Duration {
        match &self.target {
            Target::Own(_) => Duration::ZERO,
            Target::Remote(remote) => remote.lateness(),
        }
    }

    /// Whether the target is behind real sockets, on the time that passes.
    pub fn is_remote(&self) -> bool {
        matches!(self.target, Target::Remote(_))
    }

    /// How wrong the times of frames may be that the tester has sent. Those of frames that came are noted by the kernel.
    pub fn imprecision(&self) -> Duration {
        match &self.target {
            Target::Own(_) => Duration::ZERO,
            Target::Remote(remote) => remote.imprecision(),
        }
    }

    /// Lets every client leave, log off and deregister, so that the next case finds a target that knows nobody.
    pub fn clean_up(&mut self) {
        // What this case asked for is judged already: nothing is waited for but what is asked for here.
        self.onlooker = None;
        for index in 0..self.peers.len() {
            let actor = Actor(index);
            self.peers[index].speaks_until = None;
            self.peers[index].events.clear();
            self.leave(actor);
        }
        self.wait_until(|peer| peer.equipment.call().is_none());
        for command in [ClientCommand::Deaffiliate, ClientCommand::Deregister] {
            for index in 0..self.peers.len() {
                self.signal(Actor(index), command.clone());
            }
            let is_last = command == ClientCommand::Deregister;
            self.wait_until(|peer| {
                let mut events = peer.events.iter();
                events.any(|event| match event {
                    UeEvent::Client(ClientEvent::Deregistered) => true,
                    UeEvent::Client(ClientEvent::Affiliated { .. }) => !is_last,
                    UeEvent::Client(ClientEvent::RequestFailed { what, .. }) => {
                        (*what == ClientRequest::Registration) == is_last
                    }
                    _ => false,
                })
            });
        }
    }

    /// Lets time pass until every client is so, or too much time has passed.
    fn wait_until(&mut self, is_so: impl Fn(&super::Peer) -> bool) {
        let end = self.passed() + CLEAN_UP;
        while self.passed() < end && !self.peers.iter().all(&is_so) {
            self.pass(LOOK);
        }
    }

    /// Frames are what reaches and leaves the node from now on: what clients send and the network loses is not among them.
    pub fn observe_at_node(&mut self) {
        self.at_node = true;
    }

    /// A client's addresses: SIP, audio, floor control.
    pub fn addresses(&self, actor: Actor) -> [SocketAddr; 3] {
        self.peers[actor.0].addresses
    }

    /// SIP address of the participating function.
    pub fn participating(&self) -> SocketAddr {
        self.participating
    }

    /// The MCPTT ID of a client's user.
    pub fn user(&self, actor: Actor) -> &str {
        self.peers[actor.0].user.as_str()
    }

    /// The MCPTT client ID of a client.
    pub fn client_id(&self, actor: Actor) -> &str {
        self.peers[actor.0].client_id.as_str()
    }

    /// The SSRC of a client.
    pub fn ssrc(&self, actor: Actor) -> Ssrc {
        self.peers[actor.0].ssrc
    }

    /// Where the client's call sends a stream: the destination of the last frame it sent from that address.
    pub fn peer_of(&self, local: SocketAddr) -> Option<SocketAddr> {
        let sent =
            self.frames.iter().rev().find(|frame| frame.source == local).map(|frame| frame.destination);
        sent.or_else(|| {
            self.frames.iter().rev().find(|frame| frame.destination == local).map(|frame| frame.source)
        })
    }

    /// Where the client sends its voice, or would.
    pub fn audio_of(&self, actor: Actor) -> Option<SocketAddr> {
        self.peers[actor.0].remote_audio
    }

    /// Where the client sends its floor control, or would.
    pub fn floor_of(&self, actor: Actor) -> Option<SocketAddr> {
        self.peers[actor.0].remote_floor
    }
}
