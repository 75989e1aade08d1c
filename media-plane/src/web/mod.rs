//! Legs of web browsers: where a browser is shows in connectivity checks (ICE, RFC 8445), of which we play the lite side, and
//! its floor control comes over a channel of its own, because a browser sends no datagrams but those of its media.
//!
//! Nothing is sent to an address, and nothing taken from it, before a check from there was authenticated with the password of
//! our session description. A leg whose checks stop has withdrawn its consent (RFC 7675).

mod legs;
mod stun;

use std::collections::VecDeque;
use std::fmt;
use std::net::SocketAddr;

use bytes::Bytes;
use zeroize::Zeroizing;

use crate::crypto::dtls;

pub(crate) use legs::{Check, Checked, WebLegs};
#[cfg(test)]
pub(crate) use stun::check;

/// Floor messages that wait for the channel: what a call says at its beginning, and a few more.
const WAITING: usize = 32;

/// What offer and answer have agreed on with a browser.
#[derive(Clone, PartialEq, Eq)]
pub struct Browser {
    /// The handshake that gives the keys of its audio.
    pub dtls: dtls::Peer,
    /// Our `a=ice-ufrag`, no other leg's.
    pub own_ufrag: String,
    /// Our `a=ice-pwd`: what its checks are authenticated with.
    pub own_password: Zeroizing<String>,
    /// Its `a=ice-ufrag`.
    pub peer_ufrag: String,
    /// What opens the channel of its floor control, beside our `a=ice-ufrag`.
    pub floor_secret: Zeroizing<String>,
}

impl fmt::Debug for Browser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dtls, own_ufrag, peer_ufrag, .. } = self;
        f.debug_struct("Browser")
            .field("dtls", dtls)
            .field("own_ufrag", own_ufrag)
            .field("peer_ufrag", peer_ufrag)
            .finish_non_exhaustive()
    }
}

/// The part of a leg that only browsers have.
#[derive(Debug)]
pub(crate) struct WebLeg {
    pub(crate) browser: Browser,
    /// Where its checks come in.
    pub(crate) local: SocketAddr,
    /// Floor messages for the time when the channel is open.
    waiting: VecDeque<Bytes>,
}

impl WebLeg {
    pub(crate) fn new(browser: &Browser, local: SocketAddr) -> Self {
        Self { browser: browser.clone(), local, waiting: VecDeque::new() }
    }

    /// Keeps a floor message until the channel is open; `false` if the oldest one had to go for it.
    pub(crate) fn keep(&mut self, message: Bytes) -> bool {
        let room = self.waiting.len() < WAITING;
        if !room {
            self.waiting.pop_front();
        }
        self.waiting.push_back(message);
        room
    }

    /// What has waited, in its order.
    pub(crate) fn take_waiting(&mut self) -> VecDeque<Bytes> {
        std::mem::take(&mut self.waiting)
    }
}
