//! Which participant a pair of addresses belongs to.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use mcptt_codec::Path;
use mcptt_codec::id::{CallRef, LegRef};

use crate::config::Config;
use crate::crypto::ProtectionError;
use crate::crypto::dtls::Peer;
use crate::event::{Event, Stream};
use crate::handshakes::Handshakes;
use crate::latching::Latching;
use crate::leg::{Addresses, Leg};
use crate::output::Output;
use crate::signalling::Refusal;
use crate::web::WebLegs;

/// What a pair of addresses is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) call: CallRef,
    pub(crate) leg: LegRef,
    pub(crate) stream: Stream,
}

/// All bindings of a media plane. Looked up by key only: the order inside plays no role.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    bound: HashMap<Path, Route>,
    /// The associations of the legs that are bound.
    pub(crate) handshakes: Handshakes,
    /// The legs of browsers, whose pairs are found later.
    pub(crate) web: WebLegs,
    /// The streams that wait for their first packet.
    pub(crate) latching: Latching,
}

/// A pair of addresses is bound to another leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Conflict;

impl Routes {
    /// What a pair is bound to. The RTCP pair of an audio stream, one port above it on both sides (RFC 3550 11), is
    /// derived, not declared: it yields to declared pairs.
    pub(crate) fn get(&self, path: &Path) -> Option<Route> {
        self.bound.get(path).copied().or_else(|| {
            let audio =
                self.bound.get(&previous_ports(*path)?).filter(|route| route.stream == Stream::Audio)?;
            Some(Route { stream: Stream::AudioControl, ..*audio })
        })
    }

    /// Binds the declared pairs of a leg, or none.
    pub(crate) fn bind(&mut self, call: CallRef, leg: LegRef, addresses: &Addresses) -> Result<(), Conflict> {
        let alike = addresses.audio.is_some() && addresses.audio == addresses.floor;
        if alike || addresses.declared().any(|(path, _)| self.bound.contains_key(&path)) {
            return Err(Conflict);
        }
        for (path, stream) in addresses.declared() {
            self.bound.insert(path, Route { call, leg, stream });
        }
        Ok(())
    }

    /// Binds a pair that has been found later than the leg; `false` where another one has it.
    pub(crate) fn bind_found(&mut self, path: Path, route: Route) -> bool {
        let free = self.bound.get(&path).is_none_or(|bound| *bound == route);
        if free {
            self.bound.insert(path, route);
        }
        free
    }

    /// Frees one pair; the association on it is not touched.
    pub(crate) fn unbind_found(&mut self, path: &Path) {
        self.bound.remove(path);
    }

    /// Frees everything that a leg has, and says so.
    pub(crate) fn release(&mut self, call: CallRef, leg: &Leg, outputs: &mut VecDeque<Output>) {
        self.unbind(&leg.addresses);
        if leg.web.is_some()
            && let Some(path) = self.web.end(call, leg.reference)
        {
            outputs.push_back(Output::ChannelEnded { path });
        }
        outputs.push_back(Output::Event(Event::LegUnbound { call, leg: leg.reference }));
    }

    /// Frees the pairs of a leg.
    pub(crate) fn unbind(&mut self, addresses: &Addresses) {
        for (path, _) in addresses.declared() {
            self.bound.remove(&path);
            self.handshakes.end(&path);
            self.latching.end(&path);
        }
        // A pair that another leg has declared has its own association.
        if let Some(reports) = addresses.audio_control().filter(|pair| !self.bound.contains_key(pair)) {
            self.handshakes.end(&reports);
        }
    }

    /// Begins the associations of a leg: one for its audio, and one for the RTCP of it where that has a port of its own.
    /// `renewed`: in the place of those that there are.
    //= RFC5764-3:rtcp
    pub(crate) fn associate(
        &mut self,
        (addresses, peer): (&Addresses, &Peer),
        renewed: bool,
        now: Instant,
        config: &Config,
        outputs: &mut VecDeque<Output>,
    ) -> Result<(), ProtectionError> {
        let reports =
            addresses.audio_control().filter(|pair| !peer.rtcp_mux && !self.bound.contains_key(pair));
        for pair in addresses.audio.into_iter().chain(reports) {
            match renewed {
                true => self.handshakes.renew(now, pair, peer, config, outputs)?,
                false => self.handshakes.begin(now, pair, peer, config, outputs)?,
            }
        }
        Ok(())
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.bound.len()
    }
}

/// Binds the pairs of a leg and begins its association, if its keys come from one; or does neither.
pub(crate) fn bind(
    routes: &mut Routes,
    call: CallRef,
    leg: &Leg,
    now: Instant,
    config: &Config,
    outputs: &mut VecDeque<Output>,
) -> Result<(), Refusal> {
    if leg.web.is_some() && config.dtls.is_none() {
        return Err(Refusal::Protection(ProtectionError::NoIdentity));
    }
    routes.bind(call, leg.reference, &leg.addresses).map_err(|_| Refusal::AddressInUse)?;
    if let Some(web) = &leg.web
        && !routes.web.begin(now, call, leg.reference, web)
    {
        routes.unbind(&leg.addresses);
        return Err(Refusal::AddressInUse);
    }
    if let Some(peer) = &leg.dtls
        && let Err(error) = routes.associate((&leg.addresses, peer), false, now, config, outputs)
    {
        routes.unbind(&leg.addresses);
        return Err(Refusal::Protection(error));
    }
    let route = |stream| Route { call, leg: leg.reference, stream };
    routes.latching.begin(leg, route, config.latching);
    Ok(())
}

fn previous_ports(mut path: Path) -> Option<Path> {
    path.local.set_port(path.local.port().checked_sub(1)?);
    path.remote.set_port(path.remote.port().checked_sub(1)?);
    Some(path)
}

/// The unknown sources that were reported lately. A flood from invented addresses fills the table; what is beyond it
/// is counted only.
#[derive(Debug)]
pub(crate) struct UnknownSources {
    reported: HashSet<Path>,
    since: Instant,
    limit: usize,
}

impl UnknownSources {
    /// How long a source that was reported is not reported again.
    const PERIOD: Duration = Duration::from_secs(60);

    pub(crate) fn new(limit: usize, now: Instant) -> Self {
        Self { reported: HashSet::new(), since: now, limit }
    }

    /// Whether to report this one.
    pub(crate) fn is_news(&mut self, now: Instant, path: Path) -> bool {
        if now.saturating_duration_since(self.since) >= Self::PERIOD {
            self.reported.clear();
            self.since = now;
        }
        self.reported.len() < self.limit && self.reported.insert(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::t0;

    fn path(local: u16, remote: u16) -> Path {
        Path { local: ([192, 0, 2, 1], local).into(), remote: ([198, 51, 100, 7], remote).into() }
    }

    fn addresses(audio: Path, floor: Path) -> Addresses {
        Addresses { audio: Some(audio), floor: Some(floor) }
    }

    #[test]
    fn every_pair_leads_to_its_stream_until_it_is_freed() {
        let mut routes = Routes::default();
        let (call, leg) = (CallRef(1), LegRef(2));
        let pairs = addresses(path(4_000, 5_000), path(4_002, 5_002));
        assert_eq!(routes.bind(call, leg, &pairs), Ok(()));
        for (pair, stream) in [
            (path(4_000, 5_000), Stream::Audio),
            (path(4_001, 5_001), Stream::AudioControl),
            (path(4_002, 5_002), Stream::Floor),
        ] {
            assert_eq!(routes.get(&pair), Some(Route { call, leg, stream }));
        }
        assert_eq!(routes.get(&path(4_000, 5_002)), None);
        routes.unbind(&pairs);
        assert_eq!(routes.len(), 0);
    }

    #[test]
    fn a_declared_pair_is_never_taken_over() {
        let mut routes = Routes::default();
        let (audio, floor) = (path(4_000, 5_000), path(4_002, 5_002));
        assert_eq!(routes.bind(CallRef(1), LegRef(1), &addresses(audio, floor)), Ok(()));
        for second in [
            addresses(audio, path(4_008, 5_008)),
            addresses(floor, path(4_008, 5_008)),
            addresses(path(4_006, 5_006), floor),
            addresses(path(4_006, 5_006), path(4_006, 5_006)),
        ] {
            assert_eq!(routes.bind(CallRef(1), LegRef(2), &second), Err(Conflict));
        }
        assert_eq!(routes.len(), 2);
    }

    #[test]
    fn a_stream_that_is_switched_off_is_not_bound() {
        let mut routes = Routes::default();
        let off = Addresses { audio: None, floor: None };
        assert_eq!(routes.bind(CallRef(1), LegRef(1), &off), Ok(()));
        assert_eq!(routes.len(), 0);
        routes.unbind(&off);
    }

    #[test]
    fn a_derived_pair_yields_to_a_declared_one() {
        let mut routes = Routes::default();
        // The floor port of the first leg is the one above its audio port.
        let first = addresses(path(4_000, 5_000), path(4_001, 5_001));
        assert_eq!(routes.bind(CallRef(1), LegRef(1), &first), Ok(()));
        assert_eq!(routes.get(&path(4_001, 5_001)).map(|route| route.stream), Some(Stream::Floor));
        // The audio port of the third leg is the one above the audio port of the second.
        let second = addresses(path(4_010, 5_010), path(4_020, 5_020));
        let third = addresses(path(4_011, 5_011), path(4_021, 5_021));
        assert_eq!(routes.bind(CallRef(1), LegRef(2), &second), Ok(()));
        assert_eq!(routes.bind(CallRef(1), LegRef(3), &third), Ok(()));
        let shared = Route { call: CallRef(1), leg: LegRef(3), stream: Stream::Audio };
        assert_eq!(routes.get(&path(4_011, 5_011)), Some(shared));
        routes.unbind(&second);
        assert_eq!(routes.get(&path(4_011, 5_011)), Some(shared));
    }

    #[test]
    fn an_unknown_source_is_news_once_a_minute_and_the_table_is_bounded() {
        let t0 = t0();
        let mut sources = UnknownSources::new(2, t0);
        assert!(sources.is_news(t0, path(1, 1)));
        assert!(!sources.is_news(t0, path(1, 1)));
        assert!(sources.is_news(t0, path(1, 2)));
        assert!(!sources.is_news(t0, path(1, 3)));
        let later = t0 + UnknownSources::PERIOD;
        assert!(sources.is_news(later, path(1, 3)));
        assert!(sources.is_news(later, path(1, 1)));
    }
}
