//! The keys of multicast that a user equipment has been sent (TS 33.180 E.4).

use std::fmt;

use bytes::Bytes;
use mcptt_codec::mikey::KeyMaterial;
use mcptt_codec::subchannel::Tmgi;
use media_plane::crypto::mc::i_message::Opener;
use media_plane::crypto::mc::{Purpose, ServiceKey, derivation};
use media_plane::crypto::{Protection, protection};

/// Keys of floor control that are remembered.
const MAX_KEYS: usize = 64;

/// What opens what comes by multicast.
pub(super) struct Keyring {
    opener: Opener,
    /// Who has to have made the keys.
    server: String,
    /// Seconds since 1900.
    ntp: u64,
    control: Vec<(Tmgi, Box<dyn Protection>)>,
    floor: Vec<Box<dyn Protection>>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({} of control, {} of floor control)", self.control.len(), self.floor.len())
    }
}

impl Keyring {
    pub(super) const fn new(opener: Opener, server: String, ntp: u64) -> Self {
        Self { opener, server, ntp, control: Vec::new(), floor: Vec::new() }
    }

    /// A message with the key of a bearer's general purpose subchannel. Whether it can be heard now.
    pub(super) fn take_control(&mut self, tmgi: Tmgi, message: &KeyMaterial) -> bool {
        let context = self.open(message, &[Purpose::SUBCHANNEL_CONTROL]);
        self.control.retain(|(of, _)| *of != tmgi);
        if self.control.len() < MAX_KEYS {
            self.control.extend(context.map(|context| (tmgi, context)));
        }
        self.control.iter().any(|(of, _)| *of == tmgi)
    }

    /// A message with a key of floor control.
    pub(super) fn take_floor(&mut self, message: &KeyMaterial) {
        let context = self.open(message, &[Purpose::MULTICAST_SIGNALLING, Purpose::MULTICAST_FLOOR]);
        if self.floor.len() >= MAX_KEYS {
            self.floor.remove(0);
        }
        self.floor.extend(context);
    }

    fn open(&mut self, message: &KeyMaterial, purposes: &[Purpose]) -> Option<Box<dyn Protection>> {
        let opened = self.opener.open(message.as_bytes(), Some(&self.server), self.ntp).ok()?;
        let key: ServiceKey = opened.key;
        purposes.contains(&key.id.purpose()).then_some(())?;
        protection(Some(&derivation::multicast(&key))).ok()
    }

    /// What was sent on the general purpose subchannel of a bearer. `None`: it cannot be opened.
    pub(super) fn control(&mut self, tmgi: Tmgi, bytes: &Bytes) -> Option<Bytes> {
        let (_, context) = self.control.iter_mut().find(|(of, _)| *of == tmgi)?;
        opened(&mut **context, bytes)
    }

    /// What was sent as floor control of a subchannel, under any of the keys; as it is where there are none.
    pub(super) fn floor(&mut self, bytes: &Bytes) -> Option<Bytes> {
        if self.floor.is_empty() {
            return Some(bytes.clone());
        }
        self.floor.iter_mut().find_map(|context| opened(&mut **context, bytes))
    }
}

fn opened(context: &mut dyn Protection, bytes: &Bytes) -> Option<Bytes> {
    let mut octets = bytes.to_vec();
    context.unprotect_rtcp(&mut octets).ok()?;
    Some(octets.into())
}
