//! DTLS associations that follow others on the same addresses (RFC 8842 5).

use std::time::Instant;

use mcptt_codec::id::{CallRef, LegRef};

use super::{MediaPlane, leg_of};
use crate::crypto::dtls::{HandshakeError, Peer};
use crate::event::{Event, Stream};
use crate::output::Output;
use crate::routes::Route;

impl MediaPlane {
    /// The session descriptions of a leg ask for a new association: its handshake begins, and until it is done the keys that
    /// there are stay in use.
    //= RFC8842-5.1
    pub(super) fn association_renewed(&mut self, now: Instant, call: CallRef, leg: LegRef, peer: Peer) {
        let Self { routes, calls, elsewhere, config, outputs, .. } = self;
        let route = Route { call, leg, stream: Stream::Audio };
        // Others than those of DTLS are not replaced by it, and what a browser has is found by ICE.
        let own = leg_of(calls, elsewhere, route).filter(|own| own.dtls.is_some() && own.web.is_none());
        let Some(own) = own else { return };
        let peer = own.renew(peer);
        if routes.associate((&own.addresses, &peer), true, now, config, outputs).is_err() {
            let (stream, error) = (Stream::Audio, HandshakeError::Library);
            outputs.push_back(Output::Event(Event::HandshakeFailed { call, leg, stream, error }));
        }
    }
}
