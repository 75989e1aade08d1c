//! What the user equipment hears on MBMS bearers (TS 24.379 14, TS 24.380 10.3).

use std::net::SocketAddr;

use bytes::Bytes;
use call_control::client::{AnnouncedBearer, ClientCommand};
use mcptt_codec::id::GroupId;
use mcptt_codec::subchannel::{NotificationMessage, SubchannelMessage};
use media_plane::subchannel::{Heard, MbmsReceiver};

/// What a datagram that came by multicast is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cast {
    /// Voice of the call's group.
    Voice,
    /// Floor control of the call's group.
    Floor,
}

/// The reception of bearers; off until the user equipment is told that it is where they can be received.
#[derive(Debug, Default)]
pub(super) struct Reception {
    on: bool,
    receiver: MbmsReceiver,
    /// Those that were announced.
    bearers: Vec<AnnouncedBearer>,
    /// The group of the call.
    group: Option<GroupId>,
}

/// Bearers that are remembered.
const MAX_BEARERS: usize = 64;

impl Reception {
    /// The user equipment is where bearers can be received, or is there no longer. Returns what is to be reported.
    pub(super) fn switch(&mut self, on: bool) -> Vec<ClientCommand> {
        if self.on == on {
            return Vec::new();
        }
        self.on = on;
        let known: Vec<AnnouncedBearer> = self.bearers.clone();
        known.into_iter().flat_map(|bearer| self.received(&bearer)).collect()
    }

    /// A bearer was announced, or is gone. Returns what is to be reported.
    pub(super) fn announced(&mut self, bearer: &AnnouncedBearer) -> Vec<ClientCommand> {
        self.bearers.retain(|known| known.tmgi != bearer.tmgi);
        if bearer.general_purpose.is_none() {
            self.receiver.bearer_lost(bearer.tmgi);
            self.take_outputs();
            return Vec::new();
        }
        if self.bearers.len() >= MAX_BEARERS {
            return Vec::new();
        }
        self.bearers.push(bearer.clone());
        if self.on { self.received(bearer) } else { Vec::new() }
    }

    fn received(&mut self, bearer: &AnnouncedBearer) -> Vec<ClientCommand> {
        match self.on {
            true => self.receiver.bearer_received(bearer.tmgi),
            false => self.receiver.bearer_lost(bearer.tmgi),
        }
        self.take_outputs();
        //= 24.379-14.2.3
        let (identity, tmgi, listening) = (bearer.identity.clone(), bearer.tmgi, self.on);
        vec![ClientCommand::ReportListening { identity, tmgi, listening }]
    }

    /// The call of a group began, or ended.
    pub(super) fn call_is(&mut self, group: Option<&GroupId>) {
        if let Some(left) = self.group.take() {
            self.receiver.call_left(&left);
        }
        if let Some(group) = group {
            self.receiver.call_joined(group);
            self.group = Some(group.clone());
        }
        self.take_outputs();
    }

    /// A datagram came by multicast. `None`: it is not for the call.
    pub(super) fn heard(&mut self, destination: SocketAddr, bytes: &Bytes) -> Option<Cast> {
        if !self.on {
            return None;
        }
        if self.bearers.iter().any(|bearer| bearer.general_purpose == Some(destination)) {
            if let Ok(message) = SubchannelMessage::decode(bytes) {
                self.receiver.handle_control(&message.value);
            } else if let Ok(message) = NotificationMessage::decode(bytes) {
                self.receiver.handle_notification(&message.value);
            }
            self.take_outputs();
            return None;
        }
        match self.receiver.heard(destination)? {
            Heard::Media(_) => Some(Cast::Voice),
            Heard::Floor(_) => Some(Cast::Floor),
            // Where both share a port, RTP control packets are floor control (RFC 5761 4).
            Heard::Shared(_) => match bytes.get(1).is_some_and(|kind| (192..=223).contains(kind)) {
                true => Some(Cast::Floor),
                false => Some(Cast::Voice),
            },
            _ => None,
        }
    }

    /// The receiver reports when it hears a group for the first time; the bearer has been reported when it was announced.
    fn take_outputs(&mut self) {
        while self.receiver.poll_output().is_some() {}
    }
}
