//! The keys of MBMS bearers (MSCCK; MuSiK, in Release 13 MKFC): drawn when a bearer is activated, put into messages by whoever has
//! the keys of this server.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::BytesMut;
use call_control::{BearerKeyRequest, BearerKeys as Sealed, MediaCommand, SessionCommand};
use mcptt_codec::id::McpttId;
use mcptt_codec::mikey::KeyMaterial;
use media_plane::crypto::ServiceProtection;
use media_plane::crypto::mc::i_message::draw;
use media_plane::crypto::mc::{Purpose, Sealer, ServiceKey, derivation};
use media_plane::signalling::{MbmsSignalling, RelaySignalling, SessionSignalling, Signalling};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

/// Keys that are to be put into messages for a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealRequest {
    /// Which request this is.
    pub id: u64,
    /// The user.
    pub user: McpttId,
    /// The keys, in the order in which their messages are wanted.
    pub keys: Vec<ServiceKey>,
}

/// The keys of all bearers.
#[derive(Debug)]
pub(super) struct BearerKeys {
    rng: ChaCha20Rng,
    /// `None`: what goes to bearers is not protected. Otherwise what the keys of floor control are for.
    floor: Option<Purpose>,
    /// By the octets of the bearer: that of control, that of floor control.
    active: BTreeMap<String, [ServiceKey; 2]>,
    asked: BTreeMap<u64, BearerKeyRequest>,
    next: u64,
    /// Users that have been given keys of floor control.
    holders: BTreeSet<McpttId>,
}

/// The first release with the MuSiK.
const MUSIK_RELEASE: u8 = 14;

impl BearerKeys {
    /// For bearers that are `protected`, in this release.
    pub(super) fn new(protected: bool, release: u8, seed: [u8; 32]) -> Self {
        let floor =
            if release < MUSIK_RELEASE { Purpose::MULTICAST_FLOOR } else { Purpose::MULTICAST_SIGNALLING };
        Self {
            rng: ChaCha20Rng::from_seed(seed),
            floor: protected.then_some(floor),
            active: BTreeMap::new(),
            asked: BTreeMap::new(),
            next: 0,
            holders: BTreeSet::new(),
        }
    }

    /// Protects what is sent to a bearer that begins, with keys that no bearer had before.
    //= 33.180-multicast-keys
    //= 33.180-multicast
    pub(super) fn protect(&mut self, signalling: &mut Signalling) {
        let Some(purpose) = self.floor else { return };
        match signalling {
            Signalling::Mbms(MbmsSignalling::BearerActivated { tmgi, bearer }) => {
                let keys = [Purpose::SUBCHANNEL_CONTROL, purpose].map(|purpose| draw(purpose, &mut self.rng));
                let [control, floor] = &keys;
                bearer.protection = Some(derivation::multicast(control));
                // All subchannels have one key, so they count together.
                let floor = ServiceProtection { keys: derivation::multicast(floor), sent: Arc::default() };
                for subchannel in &mut bearer.subchannels {
                    subchannel.floor_protection = Some(floor.clone());
                }
                self.active.insert(tmgi.to_string(), keys);
            }
            Signalling::Mbms(MbmsSignalling::BearerDeactivated { tmgi }) => {
                self.active.remove(&tmgi.to_string());
                self.asked.retain(|_, asked| asked.tmgi != *tmgi);
            }
            _ => {}
        }
    }

    /// Notes whether the user of a call that is relayed can hear floor control that is protected.
    pub(super) fn note_holder(&self, user: Option<&McpttId>, signalling: &mut Signalling) {
        if let Signalling::Relay(RelaySignalling::Started { musik, .. })
        | Signalling::Session(SessionSignalling::Established { musik, .. }) = signalling
        {
            *musik = user.is_some_and(|user| self.holders.contains(user));
        }
    }

    /// What to ask for where a user needs the keys of a bearer. `None`: it has none.
    pub(super) fn ask(&mut self, request: BearerKeyRequest) -> Option<SealRequest> {
        let keys = self.active.get(&request.tmgi.to_string())?.to_vec();
        let id = self.next;
        self.next = id.wrapping_add(1);
        let user = request.user.clone();
        self.asked.insert(id, request);
        Some(SealRequest { id, user, keys })
    }

    /// The messages with the keys of a request. `None`: it is of a bearer that has ended.
    pub(super) fn answered(
        &mut self,
        id: u64,
        messages: Option<Vec<KeyMaterial>>,
    ) -> Option<(BearerKeyRequest, Option<Sealed>)> {
        let request = self.asked.remove(&id)?;
        let [_, floor] = self.active.get(&request.tmgi.to_string())?;
        let two = messages.and_then(|messages| <[KeyMaterial; 2]>::try_from(messages).ok());
        let sealed = two.map(|[control, of_floor]| Sealed { control, floor: of_floor, floor_id: floor.id.0 });
        if sealed.is_some() {
            self.holders.insert(request.user.clone());
        }
        Some((request, sealed))
    }
}

/// The user of the client that a command is about, where its floor control may come from a bearer.
pub(super) fn listener_of(command: &MediaCommand) -> Option<McpttId> {
    match command {
        MediaCommand::RelayStarted { user, .. } => Some(user.clone()),
        MediaCommand::Session(SessionCommand::Established { client, .. }) => client.user.clone(),
        _ => None,
    }
}

/// Puts keys into messages, at a moment in seconds since 1900. `None`: the user cannot be given any.
pub(crate) fn sealed(
    sealer: &mut Sealer,
    request: &SealRequest,
    ntp: u64,
    rng: &mut ChaCha20Rng,
) -> Option<Vec<KeyMaterial>> {
    let message = |key: &ServiceKey| {
        let sealed = sealer.seal(key, request.user.as_str(), ntp, rng).inspect_err(|error| {
            tracing::debug!(%error, "a user cannot be given the keys of a bearer");
        });
        let mut octets = BytesMut::new();
        sealed.ok()?.encode(&mut octets).ok()?;
        Some(KeyMaterial::new(octets.to_vec()))
    };
    request.keys.iter().map(message).collect()
}
