//! The keys that clients have given: what floor control with them is protected with (TS 24.380 13).

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use call_control::{KeyUpload, MediaCommand, SessionCommand, SignallingKey};
use mcptt_codec::id::McpttId;
use media_plane::crypto::ServiceProtection;
use media_plane::crypto::mc::i_message::{KeyError, Opener};
use media_plane::crypto::mc::{ServiceKey, derivation};
use media_plane::signalling::{Keying, MediaEndpoint, RelaySignalling, SessionSignalling, Signalling};

use super::KeyOutcome;
use super::server_keys::{self, ServerKeys};

/// Keys that are kept at most, besides those in use.
const MOST: usize = 65_536;

/// The keys of floor control, each with whose it is. One that has ended is kept for a while: should it come back, it goes on
/// counting.
#[derive(Debug)]
pub(super) struct FloorKeys {
    users: BTreeMap<McpttId, Known>,
    servers: Vec<ServerKeys>,
}

#[derive(Debug)]
struct Known {
    protection: ServiceProtection,
    ended: bool,
}

/// Packets that a second has room for, so that what is counted from the wall clock on is above what a server before this one
/// has counted to.
const PER_SECOND: u64 = 8;
/// Where counting begins, at most: half of what there is.
const BEGIN: u64 = (1 << 30) - 1;

/// Where counting begins at a moment of the wall clock.
fn begin(wall: u64) -> u32 {
    u32::try_from((wall / 1_000).wrapping_mul(PER_SECOND) & BEGIN).unwrap_or_default()
}

impl FloorKeys {
    pub(super) const fn new(servers: Vec<ServerKeys>) -> Self {
        Self { users: BTreeMap::new(), servers }
    }

    /// What the wall clock shows, in milliseconds.
    pub(super) fn tell_wall(&self, wall: u64) {
        self.servers.iter().for_each(|servers| servers.begin_at(begin(wall)));
    }

    /// The user has given this key. The same one once more goes on counting.
    ///
    /// `wall` is what the wall clock shows, in milliseconds.
    pub(super) fn store(&mut self, user: &McpttId, key: &ServiceKey, wall: u64) {
        let keys = derivation::floor_control(key);
        if let Some(known) = self.users.get_mut(user)
            && known.protection.keys.send == keys.send
        {
            known.ended = false;
            return;
        }
        self.make_room(MOST);
        let protection = ServiceProtection { keys, sent: Arc::new(AtomicU32::new(begin(wall))) };
        self.users.insert(user.clone(), Known { protection, ended: false });
    }

    /// Forgets those that have ended, where there are too many: what counts anew does so from the wall clock on.
    fn make_room(&mut self, most: usize) {
        if self.users.len() >= most {
            self.users.retain(|_, known| !known.ended);
        }
    }

    pub(super) fn end(&mut self, user: &McpttId) {
        if let Some(known) = self.users.get_mut(user) {
            known.ended = true;
        }
    }

    /// Protects the floor control that begins with a client or with another server; that between functions of this node is not.
    //= 33.180-floor-csk
    pub(super) fn protect(
        &self,
        user: Option<&McpttId>,
        signalling: &mut Signalling,
        is_own: impl Fn(SocketAddr) -> bool,
    ) {
        server_keys::protect(&self.servers, signalling, &is_own);
        let known = user.and_then(|user| self.users.get(user)).filter(|known| !known.ended);
        let Some(known) = known else { return };
        let place: Option<(MediaEndpoint, &mut Option<Keying>)> = match signalling {
            Signalling::LegConnected { participant, .. } if !participant.floor_parameters.function => {
                Some((participant.floor, &mut participant.floor_protection))
            }
            Signalling::Relay(RelaySignalling::Started { client, .. })
            | Signalling::Session(
                SessionSignalling::Established { client, .. } | SessionSignalling::Modified { client, .. },
            ) => Some((client.floor, &mut client.floor_protection)),
            _ => None,
        };
        // Behind another server the user's key is not known.
        let place = place.filter(|(floor, protection)| !is_own(floor.remote) && protection.is_none());
        if let Some((_, protection)) = place {
            *protection = Some(Keying::Service(Box::new(known.protection.clone())));
        }
    }
}

/// Whose client the floor control is with that a command begins.
pub(super) fn user_of(command: &MediaCommand) -> Option<McpttId> {
    match command {
        MediaCommand::LegConnected { participant, .. } => Some(participant.mcptt_id.clone()),
        MediaCommand::RelayStarted { user, .. } => Some(user.clone()),
        MediaCommand::Session(
            SessionCommand::Established { client, .. } | SessionCommand::Modified { client, .. },
        ) => client.user.clone(),
        _ => None,
    }
}

/// Takes a key out of its message, at a moment in seconds since 1900.
pub(crate) fn opened(opener: &mut Opener, upload: &KeyUpload, ntp: u64) -> KeyOutcome {
    let expected = upload.user.as_ref().map(|user| user.as_str());
    match opener.open(upload.message.as_bytes(), expected, ntp) {
        Ok(opened) => KeyOutcome::Key { user: opened.initiator.as_str().into(), key: opened.key },
        Err(KeyError::UnknownAuthority(uri)) => KeyOutcome::UnknownAuthority { uri },
        Err(error) => {
            tracing::debug!(%error, "a client's key cannot be used");
            KeyOutcome::Refused
        }
    }
}

/// The same key for the bodies of signalling.
pub(crate) fn of_signalling(key: &ServiceKey) -> SignallingKey {
    SignallingKey::new(key.id.0, *key.key)
}

#[cfg(test)]
mod tests {
    use media_plane::crypto::mc::KeyId;

    use super::*;

    #[test]
    fn what_has_ended_is_forgotten_once_there_is_too_much_of_it() {
        let mut keys = FloorKeys::new(Vec::new());
        let users: Vec<McpttId> = ["sip:a@mc.example.org", "sip:b@mc.example.org", "sip:c@mc.example.org"]
            .map(McpttId::from)
            .to_vec();
        for (number, user) in users.iter().enumerate() {
            let number = u8::try_from(number).unwrap();
            let key =
                ServiceKey { id: KeyId(number.into()), key: [number; 16].into(), rand: vec![number; 16] };
            keys.store(user, &key, 0);
        }
        keys.end(&users[0]);
        keys.make_room(4);
        assert_eq!(keys.users.len(), 3);
        keys.make_room(3);
        assert_eq!(keys.users.keys().cloned().collect::<Vec<_>>(), users[1..]);
    }
}
