//! From frames to facts: who speaks SIP where, which request a response answers, which leg a media address
//! belongs to.

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use mcptt_codec::DecodeError;
use mcptt_codec::floor::{FloorMessage, Subtype};
use mcptt_codec::id::Ssrc;
use mcptt_codec::monp::{self, MonpMessage};
use mcptt_codec::rtcp;
use mcptt_codec::rtp::RtpHeader;
use mcptt_codec::sdp::{Crypto, McpttFmtp, SessionDescription};
use mcptt_codec::session::SessionMessage;
use mcptt_codec::sip::multipart::Part;
use mcptt_codec::sip::{HeaderName, Headers, Limits, McpttWarning, Method, Request, Response, SipMessage};
use mcptt_codec::subchannel::SubchannelMessage;
use mcptt_codec::xml::mcptt_info::McpttInfo;
use mcptt_codec::xml::mime;

use super::fact::{Call, Fact, Leg, LegProfile, Passing, Role, Sent};
use super::profile::Profile;
use super::secured::{Secured, Worth};
use crate::capture::Frame;

/// Requests remembered for their responses and copies; the oldest go first.
const MAX_REQUESTS: usize = 4096;
/// Legs a judge keeps apart.
const MAX_LEGS: usize = 65_536;
/// Addresses of clients and Call-IDs of dialogs that are remembered.
const MAX_NAMES: usize = 65_536;
/// What a client says to many one by one leaves within this time; nothing is repeated so soon.
const SAME_MOMENT: Duration = Duration::from_millis(5);
/// Floor messages taken from one datagram.
const MAX_MESSAGES: usize = 64;

/// `mcptt session already exists`: the caller has joined a running call.
pub(super) const ALREADY_EXISTS: u16 = 123;

pub(super) struct Wire {
    participating: Option<SocketAddr>,
    controlling: Option<SocketAddr>,
    /// The observation begins before everything else.
    complete: bool,
    /// Temporary groups, as the documents tell.
    temporary: HashSet<String>,
    /// Who has sent to the participating function as only clients do.
    clients: HashSet<SocketAddr>,
    requests: HashMap<RequestKey, Rc<Sent>>,
    order: VecDeque<RequestKey>,
    answered: HashSet<(RequestKey, u16)>,
    /// Call-IDs of every INVITE.
    invited: HashSet<String>,
    /// By Call-ID of a dialog with a client.
    dialogs: HashMap<String, Leg>,
    legs: Vec<Call>,
    floor: HashMap<Pair, Leg>,
    audio: HashMap<Pair, Leg>,
    floor_ports: HashSet<SocketAddr>,
    /// Where clients in calls receive, the host that sends there and in which leg.
    ends: HashMap<SocketAddr, (IpAddr, Leg)>,
    /// Known paths of functions that relay: their place, and whether it is that of floor control.
    paths: HashMap<Pair, (usize, bool)>,
    /// Subchannels that groups are mapped to: whether it is that of floor control.
    cast: HashMap<SocketAddr, bool>,
    off_network: bool,
    /// The last message of off-network call control, by whom and when.
    monp: Option<(SocketAddr, Bytes, Duration)>,
    /// Floor addresses in offers of clients without a final answer, with the frame of the INVITE and whether Floor
    /// Granted has come to it.
    offered: HashMap<SocketAddr, (u64, bool)>,
    /// The keys under which clients speak.
    secured: Secured,
}

/// Branch, method and the client's side of a transaction.
type RequestKey = (String, String, SocketAddr);

/// A client's address and the server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Pair {
    client: SocketAddr,
    server: SocketAddr,
}

/// One side's media as its session description says.
struct Media {
    audio: Option<SocketAddr>,
    floor: Option<SocketAddr>,
    fmtp: McpttFmtp,
    keys: Vec<Crypto>,
}

impl Wire {
    pub(super) fn new(profile: &Profile) -> Self {
        Self {
            participating: profile.participating,
            controlling: profile.controlling,
            complete: profile.is_complete(),
            temporary: profile.temporary_groups().map(str::to_owned).collect(),
            clients: HashSet::new(),
            requests: HashMap::new(),
            order: VecDeque::new(),
            answered: HashSet::new(),
            invited: HashSet::new(),
            dialogs: HashMap::new(),
            legs: Vec::new(),
            floor: HashMap::new(),
            audio: HashMap::new(),
            floor_ports: HashSet::new(),
            ends: HashMap::new(),
            offered: HashMap::new(),
            secured: Secured::default(),
            paths: paths(profile),
            cast: HashMap::new(),
            off_network: profile.off_network,
            monp: None,
        }
    }

    pub(super) fn read(&mut self, frame: &Frame) -> Vec<Fact> {
        if frame.truncated {
            return Vec::new();
        }
        if let Some(facts) = self.beyond(frame) {
            return facts;
        }
        let pair = |leg_of: &HashMap<Pair, Leg>| {
            let up = Pair { client: frame.source, server: frame.destination };
            let down = Pair { client: frame.destination, server: frame.source };
            leg_of.get(&up).map(|leg| (*leg, true)).or_else(|| leg_of.get(&down).map(|leg| (*leg, false)))
        };
        if let Some((leg, up)) = pair(&self.floor) {
            return self.floor_facts(leg, up, &frame.payload);
        }
        if let Some((leg, up)) = pair(&self.audio) {
            return self.voice_fact(frame.time, leg, up, &frame.payload).into_iter().collect();
        }
        if let Some((invite, granted_before)) = self.offered.get_mut(&frame.destination) {
            let packets = rtcp::split(&frame.payload).map_while(Result::ok).take(MAX_MESSAGES);
            let messages: Vec<_> = packets.filter_map(|packet| FloorMessage::decode(&packet).ok()).collect();
            if !messages.is_empty() {
                let granted = messages.iter().any(|one| matches!(one.value, FloorMessage::Granted(_)));
                *granted_before |= granted;
                return vec![Fact::Early { invite: *invite, granted }];
            }
        }
        // What is not from the address that signalling named, but from the same host.
        let own = self.ends.get(&frame.destination).is_some_and(|(host, _)| *host == frame.source.ip());
        if own && !self.ends.contains_key(&frame.source) && is_media(&frame.payload) {
            return vec![Fact::Elsewhere { source: frame.source }];
        }
        if self.floor_ports.contains(&frame.destination) {
            return vec![Fact::Stranger { source: frame.source }];
        }
        if self.floor_ports.contains(&frame.source) {
            return vec![Fact::ToStranger { destination: frame.destination }];
        }
        match SipMessage::decode(&frame.payload, &Limits::default()) {
            Ok(SipMessage::Request(request)) => self.request(frame, request),
            Ok(SipMessage::Response(response)) => self.response(frame, response),
            Err(_) => Vec::new(),
        }
    }

    /// What the frame means beside calls under a floor control server; `None`: it is nothing of that.
    fn beyond(&mut self, frame: &Frame) -> Option<Vec<Fact>> {
        let payload = &frame.payload;
        if frame.destination.port() == monp::PORT {
            return Some(self.monp(frame).into_iter().collect());
        }
        match payload.get(8..12) {
            Some(b"MCPC") => {
                let message = SessionMessage::decode(payload).ok()?.value;
                let up = matches!(message, SessionMessage::Acknowledge(_));
                let client = if up { frame.source } else { frame.destination };
                return Some(vec![Fact::Session { client, message: Rc::new(message) }]);
            }
            Some(b"MCMC") => {
                let message = SubchannelMessage::decode(payload).ok()?.value;
                self.learn_subchannel(&message);
                return Some(vec![Fact::Subchannel(Rc::new(message))]);
            }
            _ => {}
        }
        if let Some(floor) = self.cast.get(&frame.destination) {
            return Some(vec![Fact::Cast { floor: *floor, octets: payload.clone() }]);
        }
        let up = Pair { client: frame.source, server: frame.destination };
        let down = Pair { client: frame.destination, server: frame.source };
        let path = |pair| self.paths.get(&pair).copied();
        let found = path(up).map(|path| (path, true)).or_else(|| path(down).map(|path| (path, false)));
        if let Some(((path, floor), inward)) = found {
            return Some(vec![Fact::Passing(Passing { path, inward, floor, octets: payload.clone() })]);
        }
        if !self.off_network {
            return None;
        }
        if let Ok(decoded) = FloorMessage::decode(payload) {
            return Some(vec![Fact::Air(Rc::new(decoded.value))]);
        }
        let (header, _) = RtpHeader::decode(payload).ok()?;
        Some(vec![Fact::AirVoice(header.ssrc)])
    }

    /// A message of off-network call control, unless it is a copy for another member of the group.
    fn monp(&mut self, frame: &Frame) -> Option<Fact> {
        let Frame { source, destination, time, payload, .. } = frame;
        let copy = self.monp.as_ref().is_some_and(|(by, said, at)| {
            by == source && said == payload && time.saturating_sub(*at) < SAME_MOMENT
        });
        self.monp = Some((*source, payload.clone(), *time));
        let message = MonpMessage::decode(payload).ok().filter(|_| !copy)?.value;
        Some(Fact::Monp { source: *source, destination: *destination, message: Rc::new(message) })
    }

    fn learn_subchannel(&mut self, message: &SubchannelMessage) {
        let SubchannelMessage::MapGroupToBearer(map) = message else { return };
        let Some(subchannel) = map.subchannel.as_ref().filter(|_| self.cast.len() < MAX_NAMES) else {
            return;
        };
        if let Some((_, port)) = subchannel.floor_control {
            self.learn_cast(subchannel.address, port, true);
        }
        self.learn_cast(subchannel.address, subchannel.media_port, false);
    }

    fn learn_cast(&mut self, address: IpAddr, port: u32, floor: bool) {
        if let Ok(port) = u16::try_from(port) {
            self.cast.insert(SocketAddr::new(address, port), floor);
        }
    }

    fn floor_facts(&self, leg: Leg, up: bool, payload: &Bytes) -> Vec<Fact> {
        let Some(call) = self.legs.get(leg.0) else { return Vec::new() };
        let packets = rtcp::split(payload).take(MAX_MESSAGES).enumerate();
        // Octets behind a message are no message.
        let packets = packets.filter(|(index, packet)| *index == 0 || packet.is_ok());
        packets.flat_map(|(_, packet)| floor_fact(call, leg, up, packet)).collect()
    }

    fn voice_fact(&mut self, now: Duration, leg: Leg, up: bool, payload: &Bytes) -> Option<Fact> {
        let (header, _) = RtpHeader::decode(payload).ok()?;
        let call = Rc::clone(self.legs.get(leg.0)?);
        let (ssrc, sequence) = (header.ssrc, header.sequence);
        let worth = if up { self.secured.open(now, leg, payload) } else { Worth::Taken };
        Some(match up {
            true if worth != Worth::Taken => {
                Fact::VoiceRefused { call, ssrc, sequence, again: worth == Worth::Again }
            }
            true => Fact::VoiceUp { call, leg, ssrc, sequence },
            false => Fact::VoiceDown { call, leg, ssrc, sequence },
        })
    }

    fn role(&self, address: SocketAddr) -> Role {
        if Some(address) == self.participating {
            Role::Participating
        } else if Some(address) == self.controlling {
            Role::Controlling
        } else if self.controlling.is_some() || self.clients.contains(&address) {
            Role::Client
        } else {
            Role::Unknown
        }
    }

    /// What a request tells about its sender: a client registers, the focus of a call invites.
    fn learn(&mut self, frame: &Frame, request: &Request) {
        if self.participating.is_none() && request.method == Method::Register {
            self.participating = Some(frame.destination);
        }
        if self.participating != Some(frame.destination) || self.role(frame.source) != Role::Unknown {
            return;
        }
        let focus = has_focus(&request.headers);
        match request.method {
            Method::Invite if focus => self.controlling = Some(frame.source),
            Method::Register | Method::Publish | Method::Invite if self.clients.len() < MAX_NAMES => {
                self.clients.insert(frame.source);
            }
            _ => {}
        }
    }

    fn request(&mut self, frame: &Frame, request: Request) -> Vec<Fact> {
        self.learn(frame, &request);
        let Some(key) = request_key(&request, frame.source) else { return Vec::new() };
        if request.method == Method::Ack || self.requests.contains_key(&key) {
            return Vec::new();
        }
        let parts = request.parts(&Limits::default()).unwrap_or_default();
        let sent = Rc::new(Sent {
            frame: frame.number,
            source: frame.source,
            destination: frame.destination,
            from: self.role(frame.source),
            to: self.role(frame.destination),
            info: part(&parts, mime::MCPTT_INFO).and_then(|body| McpttInfo::parse(&body).ok()),
            octets: frame.payload.len(),
            stray: self.is_stray(&request, &key),
            request,
        });
        self.remember(key, Rc::clone(&sent));
        if sent.is_invite(Role::Client, Role::Participating)
            && self.offered.len() < MAX_REQUESTS
            && let Some(floor) = media(&parts).and_then(|media| media.floor)
            && !self.floor.keys().any(|pair| pair.client == floor)
        {
            self.offered.insert(floor, (frame.number, false));
        }
        let closing = if *sent.method() == Method::Bye { self.closing(&sent) } else { None };
        closing.into_iter().chain([Fact::Request(sent)]).collect()
    }

    /// Whether a CANCEL or a BYE can belong to nothing the target knows.
    fn is_stray(&self, request: &Request, (branch, _, source): &RequestKey) -> bool {
        let whole = self.complete && self.invited.len() < MAX_NAMES;
        match request.method {
            Method::Cancel => {
                let invite = (branch.clone(), Method::Invite.as_str().to_owned(), *source);
                whole && !self.requests.contains_key(&invite)
            }
            Method::Bye => {
                let tagged = request.headers.to_address().is_ok_and(|to| to.tag().is_some());
                let known = call_id(&request.headers).is_none_or(|call_id| self.invited.contains(&call_id));
                !tagged || (whole && !known)
            }
            _ => false,
        }
    }

    fn remember(&mut self, key: RequestKey, sent: Rc<Sent>) {
        if self.order.len() >= MAX_REQUESTS
            && let Some(oldest) = self.order.pop_front()
        {
            self.requests.remove(&oldest);
            self.answered.retain(|(key, _)| *key != oldest);
        }
        if *sent.method() == Method::Invite && self.invited.len() < MAX_NAMES {
            self.invited.extend(call_id(&sent.request.headers));
        }
        self.order.push_back(key.clone());
        self.requests.insert(key, sent);
    }

    fn closing(&mut self, sent: &Sent) -> Option<Fact> {
        let leg = self.forget_media(sent)?;
        self.dialogs.remove(&call_id(&sent.request.headers)?);
        let call = Rc::clone(self.legs.get(leg.0)?);
        let by_server = sent.from != Role::Client;
        let mut reasons = sent.request.headers.all(&HeaderName::Reason);
        let for_all = !by_server && reasons.any(|reason| reason.contains("User requested release"));
        Some(Fact::LegClosing { leg, call, by_server, for_all })
    }

    fn response(&mut self, frame: &Frame, response: Response) -> Vec<Fact> {
        let Some(key) = response_key(&response, frame.destination) else { return Vec::new() };
        let Some(request) = self.requests.get(&key).cloned() else { return Vec::new() };
        // A request has few responses; more of them are a flood.
        if self.answered.len() >= 4 * MAX_REQUESTS || !self.answered.insert((key, response.status.0)) {
            return Vec::new();
        }
        let success = response.status.is_success();
        let opens = *request.method() == Method::Invite && success && request.is_initial();
        if opens
            && request.from == Role::Participating
            && request.to == Role::Unknown
            && has_focus(&response.headers)
        {
            self.controlling = Some(request.destination);
        }
        let core = [request.source, request.destination]
            .iter()
            .all(|address| matches!(self.role(*address), Role::Participating | Role::Controlling));
        let opened = if opens && !core { self.opened(&request, &response) } else { None };
        if *request.method() == Method::Update && success {
            self.forget_media(&request);
        }
        let changed = if *request.method() == Method::Invite && success && !request.is_initial() {
            self.changed(&request, &response)
        } else {
            None
        };
        if response.status.is_final() {
            self.offered.retain(|_, (invite, _)| *invite != request.frame);
        }
        let response = Fact::Response { request, response: Rc::new(response) };
        [response].into_iter().chain(opened).chain(changed).collect()
    }

    /// The media of a dialog may go elsewhere from now on, and under other keys.
    fn forget_media(&mut self, request: &Sent) -> Option<Leg> {
        let leg = *self.dialogs.get(&call_id(&request.request.headers)?)?;
        self.secured.forget(leg);
        self.ends.retain(|_, (_, own)| *own != leg);
        Some(leg)
    }

    /// A client's own later INVITE was accepted.
    fn changed(&mut self, request: &Sent, response: &Response) -> Option<Fact> {
        let leg = self.forget_media(request)?;
        let call = Rc::clone(self.legs.get(leg.0)?);
        let asks = |parts: Vec<Part>| media(&parts).is_some_and(|media| media.fmtp.implicit_request);
        let implicit_request = request.from == Role::Client
            && asks(request.request.parts(&Limits::default()).unwrap_or_default())
            && asks(response.parts(&Limits::default()).unwrap_or_default());
        let kind = request.info.is_some().then(|| request.kind());
        Some(Fact::LegChanged { leg, call, implicit_request, kind })
    }

    fn opened(&mut self, request: &Sent, response: &Response) -> Option<Fact> {
        let offer = media(&request.request.parts(&Limits::default()).unwrap_or_default())?;
        let answer = media(&response.parts(&Limits::default()).unwrap_or_default())?;
        let originating = request.to == Role::Participating;
        let (client, server) = if originating { (&offer, &answer) } else { (&answer, &offer) };
        let parts = response.parts(&Limits::default()).unwrap_or_default();
        // The group of an ad hoc group call is named in the answer.
        let told = part(&parts, mime::MCPTT_INFO).and_then(|body| McpttInfo::parse(&body).ok());
        let told = told.filter(|_| request.is_adhoc()).and_then(|info| info.calling_group_id);
        let made = told.as_ref().and_then(|group| group.value()).map(|group| group.as_str());
        let group = request.calling_group().or(made).or(request.target())?;
        let called = || request.target().filter(|target| *target != group).map(str::to_owned);
        let user = if originating { request.user() } else { called() };
        if self.legs.len() >= MAX_LEGS {
            return None;
        }
        let leg = Leg(self.legs.len());
        let call: Call = group.into();
        let early = client.floor.and_then(|floor| self.offered.remove(&floor));
        // A client that comes back uses the same ports; the newest leg owns them.
        if let (Some(client), Some(server)) = (client.floor, server.floor) {
            self.floor.insert(Pair { client, server }, leg);
            self.floor_ports.insert(server);
            self.ends.insert(client, (server.ip(), leg));
        }
        if let (Some(client), Some(server)) = (client.audio, server.audio) {
            self.audio.insert(Pair { client, server }, leg);
            self.ends.insert(client, (server.ip(), leg));
        }
        self.legs.push(Rc::clone(&call));
        // The client's is the one that the answer has chosen.
        let chosen = answer.keys.first().map(|key| key.tag);
        if let Some(key) = client.keys.iter().find(|key| Some(key.tag) == chosen) {
            self.secured.keyed(leg, key);
        }
        self.dialogs.insert(call_id(&request.request.headers)?, leg);
        let temporary = self.temporary.contains(&*call);
        let profile = LegProfile {
            call,
            secured: self.secured.knows(leg),
            temporary,
            adhoc: request.is_adhoc(),
            user: user.unwrap_or_default(),
            originating,
            joined: McpttWarning::all(&response.headers).any(|warning| warning.code == ALREADY_EXISTS),
            implicit_request: offer.fmtp.implicit_request && answer.fmtp.implicit_request,
            asks: originating && offer.fmtp.implicit_request,
            queueing: offer.fmtp.queueing && answer.fmtp.queueing,
            priority: offer.fmtp.priority.and(answer.fmtp.priority),
            invite: request.frame,
            granted_early: early.is_some_and(|(_, granted)| granted),
            granted: [offer.fmtp.granted, answer.fmtp.granted],
            floor_ssrc: client.fmtp.floor_ssrc,
            privacy: wants_privacy(if originating { &request.request.headers } else { &response.headers }),
            kind: request.kind(),
        };
        Some(Fact::LegOpened { leg, profile })
    }

    /// Everything the judge remembers of the wire, counted: what a hostile capture must not make grow without
    /// bound.
    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        self.clients.len()
            + self.requests.len()
            + self.order.len()
            + self.answered.len()
            + self.invited.len()
            + self.dialogs.len()
            + self.legs.len()
            + self.cast.len()
            + self.offered.len()
    }
}

/// Whether it looks like RTP or RTCP.
fn is_media(payload: &Bytes) -> bool {
    payload.len() >= 8 && payload.first().is_some_and(|octet| octet >> 6 == 2)
}

/// The paths that the tester knows, those of voice and two ports higher those of floor control.
fn paths(profile: &Profile) -> HashMap<Pair, (usize, bool)> {
    let known = profile.paths.iter().enumerate().flat_map(|(at, path)| {
        let voice = Pair { client: path.theirs, server: path.ours };
        let floor =
            Pair { client: super::beyond::floor_of(path.theirs), server: super::beyond::floor_of(path.ours) };
        [(voice, (at, false)), (floor, (at, true))]
    });
    known.collect()
}

/// The protocols of TS 24.380.
const OURS: [&[u8; 4]; 3] = [b"MCPT", b"MCPC", b"MCMC"];

/// What one packet on a floor port means.
fn floor_fact(call: &Call, leg: Leg, up: bool, packet: Result<Bytes, DecodeError>) -> Vec<Fact> {
    let broken = |requirement| match up {
        true => vec![Fact::UpBroken { call: Rc::clone(call), leg, requirement }],
        false => Vec::new(),
    };
    let Ok(packet) = packet else { return broken(rtcp::requirement::TRUNCATED) };
    let decoded = match FloorMessage::decode(&packet) {
        Ok(decoded) => decoded,
        Err(_) => {
            // What is no APP packet, reports for example, is nobody's business here.
            let foreign = rtcp::AppPacket::decode(&packet).is_ok_and(|packet| !OURS.contains(&&packet.name));
            return if foreign { broken(rtcp::requirement::PROTOCOL_NAME) } else { Vec::new() };
        }
    };
    let notes: Vec<&'static str> = decoded.deviations.iter().map(|one| one.requirement).collect();
    if up && notes.contains(&rtcp::requirement::OVERRUN) {
        return broken(rtcp::requirement::OVERRUN);
    }
    let call = Rc::clone(call);
    let subtype = Subtype(packet.first().map_or(0, |octet| octet & 0x1f));
    let fact = match decoded.value {
        FloorMessage::Unknown { subtype, .. } if up => {
            Fact::UpUnknown { call: Rc::clone(&call), leg, subtype }
        }
        message if up => Fact::Up { call: Rc::clone(&call), leg, message: Rc::new(message) },
        message => Fact::Down { call: Rc::clone(&call), leg, message: Rc::new(message) },
    };
    let ssrc = packet.get(4..8).and_then(|octets| octets.try_into().ok()).map_or(0, u32::from_be_bytes);
    vec![Fact::Written { call, leg, up, subtype, ssrc: Ssrc(ssrc), notes }, fact]
}

/// `Privacy: id`.
fn wants_privacy(headers: &Headers) -> bool {
    let mut values = headers.all(&HeaderName::Privacy).flat_map(|value| value.split(';'));
    values.any(|value| value.trim().eq_ignore_ascii_case("id"))
}

fn has_focus(headers: &Headers) -> bool {
    headers.contact().is_ok_and(|contact| contact.params.contains("isfocus"))
}

fn call_id(headers: &Headers) -> Option<String> {
    headers.call_id().ok().map(ToString::to_string)
}

fn request_key(request: &Request, source: SocketAddr) -> Option<RequestKey> {
    let branch = request.headers.top_via().ok()?.branch()?.to_owned();
    Some((branch, request.method.as_str().to_owned(), source))
}

fn response_key(response: &Response, destination: SocketAddr) -> Option<RequestKey> {
    let branch = response.headers.top_via().ok()?.branch()?.to_owned();
    let method = response.headers.cseq().ok()?.method.as_str().to_owned();
    Some((branch, method, destination))
}

/// The body of the first part of this type.
pub(super) fn part(parts: &[Part], mime: &str) -> Option<Bytes> {
    parts.iter().find(|part| part.is(mime)).map(|part| part.body.clone())
}

fn media(parts: &[Part]) -> Option<Media> {
    let sdp = SessionDescription::decode(&part(parts, mime::SDP)?).ok()?;
    let floor = sdp.floor_control();
    let fmtp = floor.and_then(|floor| floor.mcptt_fmtp().ok().flatten()).unwrap_or_default();
    Some(Media {
        keys: sdp.audio().into_iter().flat_map(|audio| audio.crypto()).filter_map(Result::ok).collect(),
        audio: sdp.audio().and_then(|audio| sdp.address_of(audio)),
        floor: floor.and_then(|floor| sdp.address_of(floor)),
        fmtp,
    })
}
