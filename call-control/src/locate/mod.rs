//! Locating SIP servers (RFC 3263): from a URI with a name to the neighbours to try, in order.
//!
//! [`Locator`] asks nobody itself. It says what it has to know ([`Query`]) and is told ([`Answer`]); answers are kept as long
//! as they say. Whoever wants to send asks with [`Locator::locate`]: the neighbours come at once if everything is known, and
//! else later, under the number that was given.

mod cache;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mcptt_codec::sip::{Scheme, Uri};
use rand_core::RngCore;

pub use cache::{Answer, Naptr, Question, Records, Srv};

use crate::transaction::{Deadlines, later};
use crate::transport::{Hop, Transport};
use cache::Cache;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// Look-ups at one time; one more finds nobody.
const LOOKUPS: usize = 4_096;
/// Neighbours that one name may lead to.
const NEIGHBOURS: usize = 32;
/// Names that one answer may lead to.
const TARGETS: usize = 16;

/// A question to the domain name system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct QueryId(pub u64);

/// What has to be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// What to name in the answer.
    pub id: QueryId,
    /// The question.
    pub question: Question,
}

/// A look-up that is not finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LookupId(u64);

/// What a look-up gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Located {
    /// The neighbours to try, the best one first; none for a name that leads nowhere.
    Found(VecDeque<Hop>),
    /// They come later: [`Locator::poll_located`].
    Later(LookupId),
}

/// Where a request goes, as the URI says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Target {
    host: String,
    port: Option<u16>,
    /// Named in the URI.
    transport: Option<Transport>,
    secure: bool,
}

/// Finds the neighbours for names.
#[derive(Debug, Default)]
pub struct Locator {
    cache: Cache,
    lookups: BTreeMap<LookupId, Target>,
    asked: BTreeMap<QueryId, Question>,
    /// What is being asked, by question.
    asking: BTreeMap<Question, QueryId>,
    deadlines: Deadlines<QueryId>,
    queries: VecDeque<Query>,
    located: VecDeque<(LookupId, VecDeque<Hop>)>,
    drawn: u64,
}

impl Target {
    fn of(uri: &Uri) -> Option<Self> {
        let secure = uri.scheme == Scheme::Sips;
        let transport = match uri.params.contains("transport") {
            true => Some(Transport::of_uri(uri)?),
            false => None,
        };
        //= RFC3263-4:maddr
        let host = uri.params.get("maddr").unwrap_or(uri.host.as_str()).to_ascii_lowercase();
        Some(Self { host, port: uri.port, transport, secure })
    }

    const fn plain(&self) -> Transport {
        if self.secure { Transport::Tls } else { Transport::Udp }
    }

    /// What we can open, in the order of our preference.
    const fn usable(&self) -> &'static [Transport] {
        if self.secure { &[Transport::Tls] } else { &[Transport::Udp, Transport::Tcp, Transport::Tls] }
    }
}

impl Locator {
    /// Finds the neighbours that a SIP URI leads to.
    pub fn locate(&mut self, now: Instant, uri: &Uri, rng: &mut impl RngCore) -> Located {
        let Some(target) = Target::of(uri) else { return Located::Found(VecDeque::new()) };
        match self.evaluate(now, &target, rng) {
            Ok(found) => Located::Found(found),
            Err(_) if self.lookups.len() >= LOOKUPS => Located::Found(VecDeque::new()),
            Err(missing) => {
                let id = LookupId(self.number());
                self.lookups.insert(id, target);
                self.ask(now, missing);
                Located::Later(id)
            }
        }
    }

    /// Takes an answer. One that nobody waits for is dropped.
    pub fn handle_answer(&mut self, now: Instant, id: QueryId, answer: Answer, rng: &mut impl RngCore) {
        let Some(question) = self.asked.remove(&id) else { return };
        self.asking.remove(&question);
        self.deadlines.set(id, None);
        self.cache.insert(now, question, answer);
        self.look_again(now, rng);
    }

    /// Lets everything happen that is due: who does not answer in time does not know.
    pub fn handle_timeout(&mut self, now: Instant, rng: &mut impl RngCore) {
        while let Some(id) = self.deadlines.take_due(now) {
            self.handle_answer(now, id, Answer::failed(), rng);
        }
    }

    /// When [`Locator::handle_timeout`] is needed next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.deadlines.next()
    }

    /// The next question.
    pub fn poll_query(&mut self) -> Option<Query> {
        self.queries.pop_front()
    }

    /// The next look-up that is finished, with the neighbours to try.
    pub fn poll_located(&mut self) -> Option<(LookupId, VecDeque<Hop>)> {
        self.located.pop_front()
    }

    fn look_again(&mut self, now: Instant, rng: &mut impl RngCore) {
        let waiting: Vec<(LookupId, Target)> =
            self.lookups.iter().map(|(id, target)| (*id, target.clone())).collect();
        for (id, target) in waiting {
            match self.evaluate(now, &target, rng) {
                Ok(found) => {
                    self.lookups.remove(&id);
                    self.located.push_back((id, found));
                }
                Err(missing) => self.ask(now, missing),
            }
        }
    }

    fn ask(&mut self, now: Instant, missing: BTreeSet<Question>) {
        for question in missing {
            if self.asking.contains_key(&question) {
                continue;
            }
            let id = QueryId(self.number());
            self.asking.insert(question.clone(), id);
            self.asked.insert(id, question.clone());
            self.deadlines.set(id, Some(later(now, PATIENCE)));
            self.queries.push_back(Query { id, question });
        }
    }

    /// The neighbours of a target as far as everything is known, else what is missing.
    fn evaluate(
        &self,
        now: Instant,
        target: &Target,
        rng: &mut impl RngCore,
    ) -> Result<VecDeque<Hop>, BTreeSet<Question>> {
        let mut missing = BTreeSet::new();
        let mut found = VecDeque::new();
        let bare = target.host.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = bare.parse() {
            //= RFC3263-4.1:numeric
            let transport = target.transport.unwrap_or(target.plain());
            let port = target.port.unwrap_or(transport.default_port());
            return Ok(VecDeque::from([Hop::new(transport, SocketAddr::new(address, port))]));
        }
        if let Some(port) = target.port {
            //= RFC3263-4.2:port
            let transport = target.transport.unwrap_or(target.plain());
            self.addresses(now, &target.host, transport, port, &mut found, &mut missing);
        } else {
            for (transport, name) in self.services(now, target, &mut missing) {
                if let Some(servers) = self.cache.servers(now, &name, &mut missing) {
                    for Srv { target, port, .. } in in_order(servers, rng).into_iter().take(TARGETS) {
                        self.addresses(now, &target, transport, port, &mut found, &mut missing);
                    }
                }
            }
            if missing.is_empty() && found.is_empty() {
                //= RFC3263-4.2:no-srv
                let transport = target.transport.unwrap_or(target.plain());
                let port = transport.default_port();
                self.addresses(now, &target.host, transport, port, &mut found, &mut missing);
            }
        }
        found.truncate(NEIGHBOURS);
        if missing.is_empty() { Ok(found) } else { Err(missing) }
    }

    /// The names to ask for servers, with the transport of each, in order.
    fn services(
        &self,
        now: Instant,
        target: &Target,
        missing: &mut BTreeSet<Question>,
    ) -> Vec<(Transport, String)> {
        if let Some(transport) = target.transport {
            return vec![(transport, service_name(transport, &target.host))];
        }
        let Some(mut pointers) = self.cache.pointers(now, &target.host, missing) else { return Vec::new() };
        //= RFC3263-4.1:naptr
        pointers.sort_by_key(|pointer| (pointer.order, pointer.preference));
        let mut named: Vec<(Transport, String)> = Vec::new();
        for pointer in pointers.iter().filter(|pointer| pointer.flags.eq_ignore_ascii_case("s")) {
            let transport = transport_of_service(&pointer.service);
            if let Some(transport) = transport.filter(|transport| target.usable().contains(transport)) {
                named.push((transport, pointer.replacement.to_ascii_lowercase()));
            }
        }
        named.truncate(TARGETS);
        if named.is_empty() {
            //= RFC3263-4.1:no-naptr
            let all = target.usable().iter();
            return all.map(|transport| (*transport, service_name(*transport, &target.host))).collect();
        }
        named
    }

    fn addresses(
        &self,
        now: Instant,
        host: &str,
        transport: Transport,
        port: u16,
        found: &mut VecDeque<Hop>,
        missing: &mut BTreeSet<Question>,
    ) {
        let known = self.cache.addresses(now, host, missing).unwrap_or_default();
        for address in known.into_iter().take(TARGETS) {
            let hop = Hop::new(transport, SocketAddr::new(address, port));
            if !found.contains(&hop) {
                found.push_back(hop);
            }
        }
    }

    const fn number(&mut self) -> u64 {
        self.drawn = self.drawn.wrapping_add(1);
        self.drawn
    }
}

/// The name under which the servers of a domain for a transport are listed.
fn service_name(transport: Transport, host: &str) -> String {
    let (service, protocol) = match transport {
        Transport::Udp => ("_sip", "_udp"),
        Transport::Tcp => ("_sip", "_tcp"),
        Transport::Tls => ("_sips", "_tcp"),
        Transport::Ws => ("_sip", "_ws"),
        Transport::Wss => ("_sips", "_ws"),
    };
    format!("{service}.{protocol}.{host}")
}

fn transport_of_service(service: &str) -> Option<Transport> {
    match service.to_ascii_uppercase().as_str() {
        "SIP+D2U" => Some(Transport::Udp),
        "SIP+D2T" => Some(Transport::Tcp),
        "SIPS+D2T" => Some(Transport::Tls),
        _ => None,
    }
}

/// Servers by priority; those of one priority in an order that is drawn by their weights (RFC 2782).
fn in_order(mut servers: Vec<Srv>, rng: &mut impl RngCore) -> Vec<Srv> {
    servers.sort_by_key(|server| (server.priority, server.weight));
    let mut ordered = Vec::with_capacity(servers.len());
    while let Some(first) = servers.first() {
        let priority = first.priority;
        let same = servers.iter().take_while(|server| server.priority == priority);
        let total: u32 = same.clone().map(|server| u32::from(server.weight)).sum();
        //= RFC3263-4.2:weight
        let mut dice = rng.next_u32() % total.saturating_add(1);
        let mut drawn = 0;
        for (at, server) in same.enumerate() {
            drawn = at;
            let weight = u32::from(server.weight);
            if dice <= weight {
                break;
            }
            dice -= weight;
        }
        ordered.push(servers.remove(drawn));
    }
    ordered
}
