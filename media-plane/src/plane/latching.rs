//! Streams whose packets come from another address than was declared.

use std::time::Instant;

use mcptt_codec::Path;
use mcptt_codec::rtp::RtpHeader;

use super::{MediaPlane, leg_of};
use crate::event::{Event, Stream};
use crate::latching::Waiting;
use crate::output::Output;
use crate::routes::Route;
use crate::rtp::Kind;

impl MediaPlane {
    /// The stream that has waited for this datagram of a stranger, if one has: it is where the stranger is from now on.
    //= RFC7362-4:latch
    pub(super) fn latch(&mut self, now: Instant, path: Path, kind: Kind, bytes: &[u8]) -> Option<Route> {
        let wanted = match kind {
            Kind::Rtp => Stream::Audio,
            Kind::Rtcp => Stream::Floor,
            _ => return None,
        };
        let count = self.routes.latching.count(&path);
        let found = (0..count).find_map(|number| {
            let waiting = self.routes.latching.get(&path, number)?;
            (waiting.route.stream == wanted && self.fits(now, waiting, path, bytes)).then_some(waiting)
        });
        let Waiting { route, declared } = found?;
        let Self { routes, calls, elsewhere, counters, outputs, .. } = self;
        let own = leg_of(calls, elsewhere, route).filter(|_| routes.bind_found(path, route))?;
        match route.stream {
            Stream::Floor => own.addresses.floor = Some(path),
            _ => own.addresses.audio = Some(path),
        }
        routes.unbind_found(&declared);
        routes.latching.end(&declared);
        counters.latched += 1;
        let Route { call, leg, stream } = route;
        outputs.push_back(Output::Event(Event::AddressLatched { call, leg, stream, declared, found: path }));
        Some(route)
    }

    /// Whether a datagram from elsewhere is of the stream that waits.
    //= RFC7362-5:attacker
    fn fits(&mut self, now: Instant, waiting: Waiting, path: Path, bytes: &[u8]) -> bool {
        let Self { routes, calls, elsewhere, .. } = self;
        let Some(own) = leg_of(calls, elsewhere, waiting.route) else { return false };
        if waiting.declared.remote.ip() != path.remote.ip() || routes.latching.is_shared(&path) {
            return routes.latching.may_try(now) && own.recognises(waiting.route.stream, bytes) == Some(true);
        }
        match own.recognises(waiting.route.stream, bytes) {
            Some(authentic) => authentic,
            None if waiting.route.stream == Stream::Audio => {
                RtpHeader::decode(bytes).is_ok_and(|(header, _)| own.gate.admits(header.payload_type))
            }
            None => true,
        }
    }

    /// A datagram has come from where it was declared: a stream that has waited for it waits no more.
    pub(super) fn settle(&mut self, path: &Path, bytes: &[u8]) {
        let Self { routes, calls, elsewhere, .. } = self;
        let Some(waiting) = routes.latching.at(path) else { return };
        let own = leg_of(calls, elsewhere, waiting.route);
        // What is forged does not settle anything.
        if own.is_some_and(|own| own.recognises(waiting.route.stream, bytes) != Some(false)) {
            routes.latching.end(path);
        }
    }
}
