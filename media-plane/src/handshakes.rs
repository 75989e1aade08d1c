//! The DTLS associations of the legs, by the pair of addresses of their audio and, where that is another one, of its RTCP.
//!
//! A datagram costs what its own association costs, and a timer is found at the front of the schedule, however many there are.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::Instant;

use mcptt_codec::{Path, Transmit};

use crate::config::Config;
use crate::crypto::ProtectionError;
use crate::crypto::dtls::{Association, HandshakeError, Identity, Peer, Progress};
use crate::output::Output;
use crate::rtp::RateLimit;

/// DTLS datagrams that one leg may send in a second; a handshake has fewer than twenty.
const RATE: u32 = 50;
/// Handshakes that fail on one leg before it is given up: a forged alert must not end a call.
const ATTEMPTS: u8 = 4;

/// All associations.
#[derive(Debug, Default)]
pub(crate) struct Handshakes {
    /// Looked up by key only: the order inside plays no role.
    all: HashMap<Path, Handshake>,
    schedule: BTreeSet<(Instant, Path)>,
}

#[derive(Debug)]
struct Handshake {
    association: Association,
    peer: Peer,
    rate: RateLimit,
    attempts: u8,
    scheduled: Option<Instant>,
}

/// Something that the owner of the leg has to know.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) path: Path,
    pub(crate) progress: Progress,
}

impl Handshakes {
    /// Begins the association of a leg whose addresses are bound.
    pub(crate) fn begin(
        &mut self,
        now: Instant,
        path: Path,
        peer: &Peer,
        config: &Config,
        outputs: &mut VecDeque<Output>,
    ) -> Result<(), ProtectionError> {
        let identity = config.dtls.as_ref().ok_or(ProtectionError::NoIdentity)?;
        let association = begin(identity, peer, path.remote, now).map_err(|_| ProtectionError::Library)?;
        let rate = RateLimit::per_second(RATE);
        let handshake = Handshake { association, peer: peer.clone(), rate, attempts: 1, scheduled: None };
        self.all.insert(path, handshake);
        self.settle(path, config, outputs);
        Ok(())
    }

    /// Begins a new association in the place of one that there is, whose keys stay in use until this one has given others.
    //= RFC8842-5.1
    pub(crate) fn renew(
        &mut self,
        now: Instant,
        path: Path,
        peer: &Peer,
        config: &Config,
        outputs: &mut VecDeque<Output>,
    ) -> Result<(), ProtectionError> {
        // What the old one would say goes nowhere: the other side has forgotten it, or is about to.
        self.end(&path);
        self.begin(now, path, peer, config, outputs)
    }

    /// The pair of addresses is free again.
    pub(crate) fn end(&mut self, path: &Path) {
        if let Some(at) = self.all.remove(path).and_then(|ended| ended.scheduled) {
            self.schedule.remove(&(at, *path));
        }
    }

    /// The other side is somewhere else from now on; its association goes on there.
    pub(crate) fn moved(&mut self, from: Path, to: Path) {
        let Some(handshake) = self.all.remove(&from) else { return };
        if let Some(at) = handshake.scheduled {
            self.schedule.remove(&(at, from));
            self.schedule.insert((at, to));
        }
        self.all.insert(to, handshake);
    }

    /// Whether there is an association on this pair.
    pub(crate) fn has(&self, path: &Path) -> bool {
        self.all.contains_key(path)
    }

    /// Whether RTCP comes on the pair of RTP.
    pub(crate) fn muxes(&self, path: &Path) -> bool {
        self.all.get(path).is_some_and(|handshake| handshake.peer.rtcp_mux)
    }

    /// Takes a datagram of a pair that has an association. `None`: nothing that anybody needs to know. The error: there were too
    /// many.
    pub(crate) fn handle_datagram(
        &mut self,
        now: Instant,
        path: Path,
        datagram: &[u8],
        config: &Config,
        outputs: &mut VecDeque<Output>,
    ) -> Result<Option<Report>, TooMany> {
        let Some(handshake) = self.all.get_mut(&path) else { return Ok(None) };
        if !handshake.rate.allows(now) {
            return Err(TooMany);
        }
        let progress = handshake.association.handle_datagram(now, datagram);
        let progress = handshake.followed(progress, path.remote, now, config);
        self.settle(path, config, outputs);
        Ok(report(path, progress))
    }

    /// Lets an association act whose timer is due; to be called until it answers `None`.
    pub(crate) fn handle_timeout(
        &mut self,
        now: Instant,
        config: &Config,
        outputs: &mut VecDeque<Output>,
    ) -> Option<Report> {
        while let Some((_, path)) = self.schedule.first().copied().filter(|(at, _)| *at <= now) {
            self.schedule.pop_first();
            let Some(handshake) = self.all.get_mut(&path) else { continue };
            handshake.scheduled = None;
            let progress = handshake.association.handle_timeout(now);
            let progress = handshake.followed(progress, path.remote, now, config);
            self.settle(path, config, outputs);
            if let Some(report) = report(path, progress) {
                return Some(report);
            }
        }
        None
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.schedule.first().map(|(at, _)| *at)
    }

    /// Sends what is to be sent and notes when the association wants to be woken.
    fn settle(&mut self, path: Path, config: &Config, outputs: &mut VecDeque<Output>) {
        let Some(handshake) = self.all.get_mut(&path) else { return };
        while let Some(payload) = handshake.association.poll_transmit() {
            let dscp = config.dscp.voice;
            outputs.push_back(Output::Transmit(Transmit { path, payload, dscp }));
        }
        let next = handshake.association.poll_timeout();
        if next != handshake.scheduled {
            if let Some(at) = handshake.scheduled {
                self.schedule.remove(&(at, path));
            }
            self.schedule.extend(next.map(|next| (next, path)));
            handshake.scheduled = next;
        }
    }
}

/// More datagrams than a handshake has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TooMany;

impl Handshake {
    /// Begins again what was broken off, unless the other side is the wrong one.
    fn followed(
        &mut self,
        progress: Progress,
        remote: SocketAddr,
        now: Instant,
        config: &Config,
    ) -> Progress {
        let again = matches!(progress, Progress::Failed(HandshakeError::Refused | HandshakeError::TimedOut));
        if again
            && self.attempts < ATTEMPTS
            && let Some(identity) = &config.dtls
            && let Ok(association) = begin(identity, &self.peer, remote, now)
        {
            self.attempts += 1;
            let mut alerts = std::mem::replace(&mut self.association, association);
            // What the old one wanted to say last goes nowhere: it could end the new one.
            while alerts.poll_transmit().is_some() {}
        }
        progress
    }
}

fn begin(
    identity: &Identity,
    peer: &Peer,
    remote: SocketAddr,
    now: Instant,
) -> Result<Association, HandshakeError> {
    Association::new(identity, peer.clone(), remote, now)
}

fn report(path: Path, progress: Progress) -> Option<Report> {
    match progress {
        Progress::Nothing => None,
        progress => Some(Report { path, progress }),
    }
}
