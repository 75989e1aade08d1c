//! From frames to facts: who speaks SIP where, which request a response answers, which leg a media address belongs to.

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::SocketAddr;
use std::rc::Rc;

use bytes::Bytes;
use mcptt_codec::Decoded;
use mcptt_codec::floor::FloorMessage;
use mcptt_codec::id::GroupId;
use mcptt_codec::rtcp;
use mcptt_codec::rtp::RtpHeader;
use mcptt_codec::sdp::{McpttFmtp, SessionDescription};
use mcptt_codec::sip::multipart::Part;
use mcptt_codec::sip::{HeaderName, Limits, Method, Request, Response, SipMessage};
use mcptt_codec::xml::mcptt_info::{McpttInfo, McpttUri};
use mcptt_codec::xml::mime;

use super::fact::{Call, Fact, Leg, LegProfile, Role, Sent};
use super::profile::Profile;
use crate::capture::Frame;

/// Requests remembered for their responses and copies; the oldest go first.
const MAX_REQUESTS: usize = 4096;
/// Legs a judge keeps apart.
const MAX_LEGS: usize = 65_536;

pub(super) struct Wire {
    participating: Option<SocketAddr>,
    controlling: Option<SocketAddr>,
    requests: HashMap<RequestKey, Rc<Sent>>,
    order: VecDeque<RequestKey>,
    answered: HashSet<(RequestKey, u16)>,
    /// By Call-ID of a dialog with a client.
    dialogs: HashMap<String, Leg>,
    legs: Vec<Known>,
    floor: HashMap<Pair, Leg>,
    audio: HashMap<Pair, Leg>,
    floor_ports: HashSet<SocketAddr>,
}

/// Branch, method and the client's side of a transaction.
type RequestKey = (String, String, SocketAddr);

/// A client's address and the server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Pair {
    client: SocketAddr,
    server: SocketAddr,
}

struct Known {
    call: Call,
    open: bool,
    floor: Option<Pair>,
}

/// One side's media as its session description says.
struct Media {
    audio: Option<SocketAddr>,
    floor: Option<SocketAddr>,
    fmtp: McpttFmtp,
}

impl Wire {
    pub(super) fn new(profile: &Profile) -> Self {
        Self {
            participating: profile.participating,
            controlling: profile.controlling,
            requests: HashMap::new(),
            order: VecDeque::new(),
            answered: HashSet::new(),
            dialogs: HashMap::new(),
            legs: Vec::new(),
            floor: HashMap::new(),
            audio: HashMap::new(),
            floor_ports: HashSet::new(),
        }
    }

    pub(super) fn read(&mut self, frame: &Frame) -> Vec<Fact> {
        if frame.truncated {
            return Vec::new();
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
            return self.voice_fact(leg, up, &frame.payload).into_iter().collect();
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

    fn floor_facts(&self, leg: Leg, up: bool, payload: &Bytes) -> Vec<Fact> {
        let call = &self.legs[leg.0].call;
        rtcp::split(payload)
            .map_while(Result::ok)
            .filter_map(|packet| {
                let call = Rc::clone(call);
                Some(match (up, FloorMessage::decode(&packet)) {
                    (true, Ok(Decoded { value: FloorMessage::Unknown { .. }, .. }) | Err(_)) => {
                        Fact::UpIgnored { call, leg }
                    }
                    (true, Ok(decoded)) => Fact::Up { call, leg, message: Rc::new(decoded.value) },
                    (false, Ok(decoded)) => Fact::Down { call, leg, message: Rc::new(decoded.value) },
                    (false, Err(_)) => return None,
                })
            })
            .collect()
    }

    fn voice_fact(&self, leg: Leg, up: bool, payload: &Bytes) -> Option<Fact> {
        let (header, _) = RtpHeader::decode(payload).ok()?;
        let call = Rc::clone(&self.legs[leg.0].call);
        let (ssrc, sequence) = (header.ssrc, header.sequence);
        Some(if up {
            Fact::VoiceUp { call, leg, ssrc, sequence }
        } else {
            Fact::VoiceDown { call, leg, ssrc, sequence }
        })
    }

    fn role(&self, address: SocketAddr) -> Role {
        if Some(address) == self.participating {
            Role::Participating
        } else if Some(address) == self.controlling {
            Role::Controlling
        } else {
            Role::Client
        }
    }

    fn request(&mut self, frame: &Frame, request: Request) -> Vec<Fact> {
        if self.participating.is_none() && request.method == Method::Register {
            self.participating = Some(frame.destination);
        }
        let Some(key) = request_key(&request, frame.source) else { return Vec::new() };
        if request.method == Method::Ack || self.requests.contains_key(&key) {
            return Vec::new();
        }
        let info =
            part(&request_parts(&request), mime::MCPTT_INFO).and_then(|body| McpttInfo::parse(&body).ok());
        let sent = Rc::new(Sent {
            frame: frame.number,
            at: frame.time,
            source: frame.source,
            destination: frame.destination,
            from: self.role(frame.source),
            to: self.role(frame.destination),
            request,
            info,
        });
        self.remember(key, Rc::clone(&sent));
        let mut facts = Vec::new();
        if *sent.method() == Method::Bye {
            facts.extend(self.closing(&sent));
        }
        facts.push(Fact::Request(sent));
        facts
    }

    fn remember(&mut self, key: RequestKey, sent: Rc<Sent>) {
        if self.order.len() >= MAX_REQUESTS
            && let Some(oldest) = self.order.pop_front()
        {
            self.requests.remove(&oldest);
            self.answered.retain(|(key, _)| *key != oldest);
        }
        self.order.push_back(key.clone());
        self.requests.insert(key, sent);
    }

    fn closing(&mut self, sent: &Sent) -> Option<Fact> {
        let call_id = sent.request.headers.call_id().ok()?.to_string();
        let leg = self.dialogs.remove(&call_id)?;
        let known = &mut self.legs[leg.0];
        known.open = false;
        Some(Fact::LegClosing { leg, call: Rc::clone(&known.call), by_server: sent.from != Role::Client })
    }

    fn response(&mut self, frame: &Frame, response: Response) -> Vec<Fact> {
        let Some(key) = response_key(&response, frame.destination) else { return Vec::new() };
        let Some(request) = self.requests.get(&key).cloned() else { return Vec::new() };
        if !self.answered.insert((key, response.status.0)) {
            return Vec::new();
        }
        let response = Rc::new(response);
        let mut facts = vec![Fact::Response { request: Rc::clone(&request), response: Rc::clone(&response) }];
        let opens =
            *request.method() == Method::Invite && response.status.is_success() && request.is_initial();
        let with_client = request.from == Role::Client || request.to == Role::Client;
        if opens && with_client {
            facts.extend(self.opened(&request, &response));
        }
        facts
    }

    fn opened(&mut self, request: &Sent, response: &Response) -> Option<Fact> {
        let offer = media(&request_parts(&request.request))?;
        let answer = media(&response.parts(&Limits::default()).unwrap_or_default())?;
        let originating = request.from == Role::Client;
        let (client, server) = if originating { (&offer, &answer) } else { (&answer, &offer) };
        let pair = |client: Option<SocketAddr>, server: Option<SocketAddr>| {
            Some(Pair { client: client?, server: server? })
        };
        let info = request.info.as_ref();
        let target = info.and_then(|info| info.request_uri.as_ref()?.value()).map(McpttUri::as_str);
        let calling = info.and_then(|info| info.calling_group_id.as_ref()?.value()).map(GroupId::as_str);
        let group = calling.or(target)?;
        let user = if originating { request.user() } else { target.map(str::to_owned) };
        if self.legs.len() >= MAX_LEGS {
            return None;
        }
        let leg = Leg(self.legs.len());
        let call: Call = group.into();
        let floor = pair(client.floor, server.floor);
        if let Some(floor) = floor {
            // A client that comes back uses the same ports; the newest leg owns them.
            if let Some(old) = self.floor.insert(floor, leg) {
                self.legs[old.0].open = false;
            }
            self.floor_ports.insert(floor.server);
        }
        if let Some(audio) = pair(client.audio, server.audio) {
            self.audio.insert(audio, leg);
        }
        self.legs.push(Known { call: Rc::clone(&call), open: true, floor });
        self.dialogs.insert(request.request.headers.call_id().ok()?.to_string(), leg);
        let profile = LegProfile {
            call,
            user: user.unwrap_or_default(),
            originating,
            implicit_request: offer.fmtp.implicit_request && answer.fmtp.implicit_request,
            queueing: offer.fmtp.queueing && answer.fmtp.queueing,
        };
        Some(Fact::LegOpened { leg, profile })
    }

    /// Whether anything of this leg is still expected on the wire.
    #[cfg(test)]
    pub(super) fn is_open(&self, leg: Leg) -> bool {
        let known = &self.legs[leg.0];
        known.open && known.floor.is_some()
    }
}

/// The identity a request is sent for: asserted, preferred or From.
pub(super) fn identity(request: &Request) -> Option<String> {
    let headers = &request.headers;
    let stated =
        [HeaderName::PAssertedIdentity, HeaderName::PPreferredIdentity].into_iter().find_map(|name| {
            headers.values(&name).next().and_then(|value| mcptt_codec::sip::NameAddr::parse(value).ok())
        });
    let address = match stated {
        Some(address) => address,
        None => headers.from_address().ok()?,
    };
    Some(address.uri.bare().to_string())
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

fn request_parts(request: &Request) -> Vec<Part> {
    request.parts(&Limits::default()).unwrap_or_default()
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
        audio: sdp.audio().and_then(|audio| sdp.address_of(audio)),
        floor: floor.and_then(|floor| sdp.address_of(floor)),
        fmtp,
    })
}
