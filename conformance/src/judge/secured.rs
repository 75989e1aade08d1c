//! What clients send under keys of their session descriptions (RFC 4568): whether it is authentic, and new.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use mcptt_codec::sdp::Crypto;
use media_plane::crypto::{MediaProtection, Protection, ProtectionError, Srtp};

use super::fact::Leg;

/// Streams whose keys are remembered at a time. Those beyond are taken as they are.
const MAX_STREAMS: usize = 4_096;

/// What comes again within that time was captured twice.
const SAME_MOMENT: Duration = Duration::from_millis(50);

/// The keys of clients in calls.
#[derive(Default)]
pub(super) struct Secured(HashMap<Leg, Stream>);

struct Stream {
    context: Srtp,
    /// The last packet that was authentic, and when it came.
    last: Option<(Bytes, Duration)>,
}

/// What a packet is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Worth {
    /// As it is: nobody knows a key, or it fits.
    Taken,
    /// Its tag does not fit.
    Forged,
    /// It was received before.
    Again,
}

impl Secured {
    /// The client protects its voice with this key from now on.
    pub(super) fn keyed(&mut self, leg: Leg, key: &Crypto) {
        let plain = key.further_keys.is_empty() && key.key.mki.is_none() && key.session_parameters.is_empty();
        if !plain || self.0.len() >= MAX_STREAMS {
            return;
        }
        let both = MediaProtection { send: key.clone(), receive: key.clone() };
        if let Ok(context) = Srtp::new(&both) {
            self.0.insert(leg, Stream { context, last: None });
        }
    }

    /// Its keys are not known any more.
    pub(super) fn forget(&mut self, leg: Leg) {
        self.0.remove(&leg);
    }

    /// Whether its keys are known.
    pub(super) fn knows(&self, leg: Leg) -> bool {
        self.0.contains_key(&leg)
    }

    /// What a packet of the client is worth.
    pub(super) fn open(&mut self, now: Duration, leg: Leg, packet: &Bytes) -> Worth {
        let Some(Stream { context, last }) = self.0.get_mut(&leg) else { return Worth::Taken };
        match context.unprotect_rtp(&mut packet.to_vec()) {
            Err(ProtectionError::Authentication) => Worth::Forged,
            Err(ProtectionError::Replayed) => match last {
                Some((same, at)) if same == packet && now.saturating_sub(*at) < SAME_MOMENT => Worth::Taken,
                _ => Worth::Again,
            },
            _ => {
                *last = Some((packet.clone(), now));
                Worth::Taken
            }
        }
    }
}

impl fmt::Debug for Secured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "keys of {} streams", self.0.len())
    }
}
