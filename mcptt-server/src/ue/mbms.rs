//! What the user equipment hears on MBMS bearers (TS 24.379 14, TS 24.380 10.3).

use std::net::SocketAddr;

use bytes::Bytes;
use call_control::client::{AnnouncedBearer, ClientCommand};
use mcptt_codec::id::GroupId;
use mcptt_codec::mikey::KeyMaterial;
use mcptt_codec::subchannel::{NotificationMessage, SubchannelMessage};
use media_plane::subchannel::{Heard, MbmsReceiver};

use super::keyring::Keyring;

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
    /// What opens what is protected.
    keys: Option<Keyring>,
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

    /// Keys that are sent are taken from now on.
    pub(super) fn take_keys(&mut self, keys: Keyring) {
        self.keys = Some(keys);
    }

    /// A key of floor control was sent, still in its message.
    pub(super) fn key_sent(&mut self, message: &KeyMaterial) {
        if let Some(keys) = &mut self.keys {
            keys.take_floor(message);
        }
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
        if let Some(message) = &bearer.control_key {
            // What cannot be opened cannot be listened to.
            let heard = self.keys.as_mut().is_some_and(|keys| keys.take_control(bearer.tmgi, message));
            if !heard {
                return Vec::new();
            }
        }
        if let Some(keys) = &mut self.keys {
            bearer.floor_keys.iter().for_each(|message| keys.take_floor(message));
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
    pub(super) fn heard(&mut self, destination: SocketAddr, bytes: &Bytes) -> Option<(Cast, Bytes)> {
        if !self.on {
            return None;
        }
        let general = self.bearers.iter().find(|bearer| bearer.general_purpose == Some(destination));
        if let Some(bearer) = general {
            let bytes = &match (&bearer.control_key, &mut self.keys) {
                (None, _) => bytes.clone(),
                (Some(_), Some(keys)) => keys.control(bearer.tmgi, bytes)?,
                (Some(_), None) => return None,
            };
            if let Ok(message) = SubchannelMessage::decode(bytes) {
                self.receiver.handle_control(&message.value);
            } else if let Ok(message) = NotificationMessage::decode(bytes) {
                self.receiver.handle_notification(&message.value);
            }
            self.take_outputs();
            return None;
        }
        let cast = match self.receiver.heard(destination)? {
            Heard::Media(_) => Cast::Voice,
            Heard::Floor(_) => Cast::Floor,
            // Where both share a port, RTP control packets are floor control (RFC 5761 4).
            Heard::Shared(_) => match bytes.get(1).is_some_and(|kind| (192..=223).contains(kind)) {
                true => Cast::Floor,
                false => Cast::Voice,
            },
            _ => return None,
        };
        match (cast, &mut self.keys) {
            (Cast::Floor, Some(keys)) => Some((cast, keys.floor(bytes)?)),
            _ => Some((cast, bytes.clone())),
        }
    }

    /// The receiver reports when it hears a group for the first time; the bearer has been reported when it was announced.
    fn take_outputs(&mut self) {
        while self.receiver.poll_output().is_some() {}
    }
}
