//! Media of group calls through the participating function: without it media goes directly between a client and the media
//! function of the controlling function; with MBMS it passes here, so that what a client hears on a bearer need not be sent to
//! it by unicast (TS 24.380 6.4).
//!
//! Only audio without protection is relayed. Keys are for one client each: what would be put on a bearer, where all hear it,
//! would have to be without them, so the call of a protected group stays as it is.

use std::net::SocketAddr;

use bytes::Bytes;
use mcptt_codec::id::{CallRef, LegRef, McpttId};
use mcptt_codec::sdp::SessionDescription;
use mcptt_codec::sip::{Headers, Part};

use super::Participating;
use super::relay::{Purpose, Relay, RelayRef, Side};
use crate::Output;
use crate::bodies::{Bodies, description_part};
use crate::config::MediaConfig;
use crate::media::{FunctionLeg, MediaCommand, MediaEndpoint};
use crate::offer_answer::{self, LocalMedia, RemoteMedia};
use crate::ports::Ports;
use crate::service;

/// Calls and legs of the participating function have numbers of their own in the media plane.
const OWN: u64 = 1 << 62;

/// The reference of a relayed call in the media plane.
pub(super) const fn call_of(at: RelayRef) -> CallRef {
    CallRef(OWN | at.0)
}

/// The media of one relayed call.
#[derive(Debug)]
pub(super) struct RelayedMedia {
    /// Where the client sends to, and where the controlling function sends to.
    for_client: LocalMedia,
    for_function: LocalMedia,
    /// Where the client is, and where the controlling function's media is.
    client: Option<(SocketAddr, SocketAddr)>,
    function: Option<(SocketAddr, SocketAddr)>,
    user: McpttId,
    started: bool,
    /// The pairs of the client and of the controlling function are taken.
    bound: (bool, bool),
}

/// The ports of the participating function.
#[derive(Debug)]
pub(super) struct RelayPorts {
    ports: Ports,
    /// Where bearers are sent to from.
    audio: SocketAddr,
    floor: SocketAddr,
    /// Our own addresses, which no client may name as its own.
    own: MediaConfig,
}

impl RelayPorts {
    pub fn new(config: &crate::config::Config) -> Self {
        let mut own = config.media.clone();
        own.audio_ports = config.mbms.audio_ports.clone();
        own.floor_ports = config.mbms.floor_ports.clone();
        let first = *own.audio_ports.start();
        let audio = SocketAddr::new(own.address, first.saturating_add(first % 2));
        let floor = SocketAddr::new(own.address, *own.floor_ports.start());
        Self { ports: Ports::new(own.address, &own.audio_ports, &own.floor_ports), audio, floor, own }
    }

    /// Where bearers are sent to from: RTP, and everything else.
    pub const fn sources(&self) -> (SocketAddr, SocketAddr) {
        (self.audio, self.floor)
    }

    fn is_own(&self, address: SocketAddr) -> bool {
        let ports = [&self.own.audio_ports, &self.own.floor_ports];
        address.ip() == self.own.address && ports.iter().any(|ports| ports.contains(&address.port()))
    }
}

impl Participating {
    /// Ports for the media of a call whose first description this is. `None`: the media does not pass here.
    pub(super) fn relay_media(
        &mut self,
        user: &McpttId,
        first: Option<&SessionDescription>,
        of_client: bool,
    ) -> Option<RelayedMedia> {
        if !self.directory.config.mbms.is_used() {
            return None;
        }
        let remote = self.relayable(first?, of_client)?;
        let for_client = self.relayed_media.ports.for_offer(user)?;
        let for_function = self.relayed_media.ports.for_offer(user)?;
        let mut media = RelayedMedia {
            for_client,
            for_function,
            client: None,
            function: None,
            user: user.clone(),
            started: false,
            bound: (false, false),
        };
        *media.side(of_client) = Some(remote);
        Some(media)
    }

    /// The addresses of a description, if its media can be relayed.
    fn relayable(
        &self,
        description: &SessionDescription,
        of_client: bool,
    ) -> Option<(SocketAddr, SocketAddr)> {
        let remote = match of_client {
            true => RemoteMedia::of_leg(description, &self.directory.config)?,
            false => RemoteMedia::read(description)?,
        };
        let floor = remote.floor?;
        let own = [remote.audio, floor].iter().any(|address| self.relayed_media.is_own(*address));
        (!remote.protected && !own && !offer_answer::is_end_to_end(description))
            .then_some((remote.audio, floor))
    }

    /// A body for one side of a relayed call: its description names our ports. `side`: to whom it goes.
    pub(super) fn redirected_body(
        &mut self,
        at: RelayRef,
        side: Side,
        (headers, body): (&Headers, &Bytes),
        to: &mut Headers,
    ) -> Bytes {
        let unchanged = |to: &mut Headers| service::copy_body(headers, body, to);
        let Ok(bodies) = Bodies::read(headers, body) else { return unchanged(to) };
        let Ok(Some(description)) = bodies.description() else { return unchanged(to) };
        let Some(relay) = self.relay(at) else { return unchanged(to) };
        let to_client = relay.is_client(side);
        let addresses = self.relayable(&description, !to_client);
        let Some(media) = self.relay_mut(at).and_then(|relay| relay.media.as_mut()) else {
            return unchanged(to);
        };
        if let Some(addresses) = addresses.filter(|_| !media.started) {
            *media.side(!to_client) = Some(addresses);
        }
        let local = if to_client { media.for_client } else { media.for_function };
        let parts = redirected(&bodies.parts, &description, local);
        let mut message = mcptt_codec::sip::Response::new(mcptt_codec::sip::StatusCode::OK);
        message.set_parts(&parts);
        service::copy_body(&message.headers, &message.body, to)
    }

    /// Both sides have answered: the media plane relays from now on.
    pub(super) fn media_agreed(&mut self, at: RelayRef) {
        let Some(relay) = self.relay_mut(at) else { return };
        let (client, group) = (relay.client.clone(), relay.group.clone());
        let Some(media) = relay.media.as_mut().filter(|media| !media.started) else { return };
        let (Some(of_client), Some(of_function)) = (media.client, media.function) else { return };
        let (for_client, for_function) = (media.for_client, media.for_function);
        media.started = true;
        let (client_bound, function_bound) = {
            let ports = &mut self.relayed_media.ports;
            let client = ports.bind(for_client, of_client.0, of_client.1);
            (client, ports.bind(for_function, of_function.0, of_function.1))
        };
        if let Some(media) = self.relay_mut(at).and_then(|relay| relay.media.as_mut()) {
            media.bound = (client_bound, function_bound);
        }
        if !client_bound || !function_bound {
            // Two clients at one address: the media of this one finds no way. Its call is ended by its floor control.
            return;
        }
        let leg = |number: u64, local: LocalMedia, remote: (SocketAddr, SocketAddr)| FunctionLeg {
            leg: LegRef(OWN | at.0.wrapping_mul(2).wrapping_add(number)),
            audio: MediaEndpoint { local: local.audio, remote: remote.0 },
            floor: MediaEndpoint { local: local.floor, remote: remote.1 },
            protection: None,
        };
        self.out.push_back(Output::Media(MediaCommand::RelayStarted {
            call: call_of(at),
            group: Some(group),
            user: client.mcptt_id.clone(),
            client: leg(0, for_client, of_client),
            controlling: leg(1, for_function, of_function),
        }));
        self.tell_listening(at, &client);
    }

    /// A relayed call is over.
    pub(super) fn forget_media(&mut self, at: RelayRef, relay: &Relay) {
        let Some(media) = &relay.media else { return };
        let (client, function) = media.bound;
        let ports = &mut self.relayed_media.ports;
        ports.release(&media.user, media.for_client, media.client.filter(|_| client));
        ports.release(&media.user, media.for_function, media.function.filter(|_| function));
        if media.started {
            self.out.push_back(Output::Media(MediaCommand::RelayEnded { call: call_of(at) }));
        }
    }
}

impl RelayedMedia {
    fn side(&mut self, of_client: bool) -> &mut Option<(SocketAddr, SocketAddr)> {
        if of_client { &mut self.client } else { &mut self.function }
    }

    /// The parts of the first message as they go on.
    pub fn redirect(&self, bodies: &Bodies, to_client: bool) -> Vec<Part> {
        let local = if to_client { self.for_client } else { self.for_function };
        match bodies.description() {
            Ok(Some(description)) => redirected(&bodies.parts, &description, local),
            _ => bodies.parts.clone(),
        }
    }
}

impl Relay {
    /// Whether one of its two sides is the client.
    pub(super) fn is_client(&self, side: Side) -> bool {
        match self.purpose {
            Purpose::Originating { .. } => side == Side::Caller,
            Purpose::Terminating { .. } => side == Side::Callee,
        }
    }
}

fn redirected(parts: &[Part], description: &SessionDescription, local: LocalMedia) -> Vec<Part> {
    let redirected = description_part(&offer_answer::at_ports(description.clone(), local));
    let replaced = |part: &Part| match part.is(mcptt_codec::xml::mime::SDP) {
        true => redirected.clone(),
        false => part.clone(),
    };
    parts.iter().map(replaced).collect()
}
