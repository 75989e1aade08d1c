//! Legs of browsers: connectivity checks, consent, and the channels of their floor control.

use std::time::Instant;

use mcptt_codec::id::{CallRef, LegRef};
use mcptt_codec::{Path, Transmit};

use super::{MediaPlane, leg_of};
use crate::event::{Event, Stream};
use crate::output::Output;
use crate::routes::Route;
use crate::signalling::Indication;
use crate::unusable::refuse;
use crate::web::{Check, Checked};

impl MediaPlane {
    /// A browser has opened a channel for floor control and shows the token of its session description. Says whether it is for
    /// a leg; then what arrives comes in through [`handle_datagram`](Self::handle_datagram) under this path, and
    /// [`Output::Channel`] is for it. A leg has one: an earlier one has ended.
    pub fn open_floor_channel(&mut self, path: Path, token: &str) -> bool {
        let Some((call, leg, earlier)) = self.routes.web.open(token, path) else { return false };
        let Self { routes, calls, elsewhere, outputs, .. } = self;
        let route = Route { call, leg, stream: Stream::Floor };
        let Some(own) = leg_of(calls, elsewhere, route).filter(|_| routes.bind_found(path, route)) else {
            routes.web.closed(call, leg, path);
            return false;
        };
        if let Some(earlier) = earlier.filter(|earlier| *earlier != path) {
            routes.unbind_found(&earlier);
            outputs.push_back(Output::ChannelEnded { path: earlier });
        }
        own.addresses.floor = Some(path);
        outputs.push_back(Output::Event(Event::FloorChannelOpened { call, leg }));
        let waiting = own.web.as_mut().map(|web| web.take_waiting()).unwrap_or_default();
        outputs.extend(waiting.into_iter().map(|payload| Output::Channel { path, payload }));
        true
    }

    /// The other side has closed a channel. Floor messages wait for the next one.
    pub fn close_floor_channel(&mut self, path: Path) {
        let Self { routes, calls, elsewhere, .. } = self;
        let Some(route) = routes.get(&path).filter(|route| route.stream == Stream::Floor) else { return };
        let Some(own) = leg_of(calls, elsewhere, route).filter(|own| own.web.is_some()) else { return };
        own.addresses.floor = None;
        routes.unbind_found(&path);
        routes.web.closed(route.call, route.leg, path);
    }

    /// Looks at a STUN message; says whether it was one for a leg of a browser.
    pub(super) fn connectivity_check(&mut self, now: Instant, path: Path, bytes: &[u8]) -> bool {
        match self.routes.web.check(now, path, bytes) {
            Check::Stranger => false,
            Check::Refused { call, leg, reason } => {
                let Self { calls, elsewhere, counters, outputs, .. } = self;
                let route = Route { call, leg, stream: Stream::Audio };
                if let Some(own) = leg_of(calls, elsewhere, route) {
                    refuse(call, own, Stream::Audio, reason.into(), counters, outputs);
                }
                true
            }
            Check::Passed(Checked { call, leg, answer, moves_from }) => {
                let dscp = self.config.dscp.voice;
                self.outputs.push_back(Output::Transmit(Transmit { path, payload: answer, dscp }));
                if let Some(from) = moves_from {
                    self.address_found(now, Route { call, leg, stream: Stream::Audio }, from, path);
                }
                true
            }
        }
    }

    /// A browser is there from now on.
    //= RFC8445-8.2
    fn address_found(&mut self, now: Instant, route: Route, from: Option<Path>, to: Path) {
        let Self { routes, calls, elsewhere, config, outputs, .. } = self;
        let Route { call, leg, .. } = route;
        // One browser behind an address that another leg has: it stays where it is, or nowhere.
        let Some(own) = leg_of(calls, elsewhere, route).filter(|_| routes.bind_found(to, route)) else {
            return;
        };
        match (from, &own.dtls) {
            (Some(from), _) => {
                routes.unbind_found(&from);
                routes.handshakes.moved(from, to);
            }
            (None, Some(peer)) => {
                // It fails only where there is no certificate, and then the leg was refused.
                if routes.handshakes.begin(now, to, peer, config, outputs).is_err() {
                    routes.unbind_found(&to);
                    return;
                }
            }
            (None, None) => {}
        }
        own.addresses.audio = Some(to);
        routes.web.found(call, leg, to);
        outputs.push_back(Output::Event(Event::AddressFound { call, leg, audio: to }));
    }

    /// Gives up the legs of browsers that have stopped to send checks.
    //= RFC7675-5.1
    pub(super) fn consent_lost(&mut self, now: Instant) {
        while let Some((call, leg)) = self.routes.web.take_expired(now) {
            self.give_up(call, leg);
        }
    }

    fn give_up(&mut self, call: CallRef, leg: LegRef) {
        let Self { routes, calls, elsewhere, outputs, .. } = self;
        let route = Route { call, leg, stream: Stream::Audio };
        let Some(own) = leg_of(calls, elsewhere, route) else { return };
        if let Some(audio) = own.addresses.audio.take() {
            routes.unbind_found(&audio);
            routes.handshakes.end(&audio);
        }
        outputs.push_back(Output::Event(Event::ConsentLost { call, leg }));
        self.indicate(Indication::LegUnresponsive { call, leg });
    }
}
