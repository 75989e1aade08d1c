//! A node and its clients on a network without delay, on virtual time.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use call_control::client::{
    AudioFormat, CallId, ClientCommand, ClientConfig, ClientEvent, ClientOutput, EstablishedCall, GroupCall,
};
use call_control::config::{
    Config, ControllingFunction, Group, MediaConfig, Member, ParticipatingFunction, User,
};
use call_control::testing::t0;
use call_control::transport::Transport;
use call_control::{
    CallControl, Client, Command, Event, KeyUpload, MediaCommand, MediaIndication, Output, UploadedKey,
};
use mcptt_codec::Path;
use mcptt_codec::sip::{HeaderName, Limits, McpttWarning, Response, SipMessage};
use mcptt_codec::xml::poc_settings::AnswerMode;

pub const PF: &str = "192.0.2.1:5060";
pub const CF: &str = "192.0.2.1:5062";
/// An address inside the trusted networks.
pub const CORE: &str = "198.51.100.1:5060";
pub const GROUP: &str = "sip:rescue-1@mc.example.org";
pub const PF_IDENTITY: &str = "sip:pf@pf.mc.example.org";
pub const CF_IDENTITY: &str = "sip:groups@cf.mc.example.org";
pub const NAMES: [&str; 6] = ["alice", "bob", "carol", "dave", "erin", "frank"];

pub fn mcptt_id(at: usize) -> String {
    format!("sip:{}@mc.example.org", NAMES[at])
}

pub fn impu(at: usize) -> String {
    format!("sip:{}-ue@ims.example.org", NAMES[at])
}

pub fn client_id(at: usize) -> String {
    format!("urn:uuid:00000000-0000-4000-8000-0000000000a{at}")
}

pub fn address(at: usize) -> SocketAddr {
    format!("192.0.2.{}:5060", 10 + at).parse().unwrap()
}

/// Six users, one prearranged group of the first four, floor queueing, the media of a laboratory switched off.
pub fn config() -> Config {
    let mut config = Config::new(
        ParticipatingFunction {
            address: PF.parse().unwrap(),
            identity: PF_IDENTITY.into(),
            terminating_identity: "sip:pf-terminating@pf.mc.example.org".into(),
        },
        ControllingFunction { address: CF.parse().unwrap(), identity: CF_IDENTITY.into() },
        MediaConfig::new("192.0.2.1".parse().unwrap()),
    );
    config.trusted_peers.push("198.51.100.0/24".parse().unwrap());
    for at in 0..NAMES.len() {
        config.users.push(User::new(mcptt_id(at).as_str(), impu(at).as_str()));
    }
    let members =
        (0..4).map(|at| Member { user_priority: 5, ..Member::new(mcptt_id(at).as_str()) }).collect();
    config.groups.push(Group::prearranged(GROUP, members));
    config
}

pub fn client_config(at: usize) -> ClientConfig {
    let own = address(at);
    ClientConfig {
        transport: Transport::Udp,
        public_user_id: impu(at).as_str().into(),
        mcptt_id: mcptt_id(at).as_str().into(),
        client_id: client_id(at).as_str().into(),
        access_token: None,
        address: own,
        participating_address: PF.parse().unwrap(),
        participating_identity: PF_IDENTITY.into(),
        audio: SocketAddr::new(own.ip(), 40000),
        floor: SocketAddr::new(own.ip(), 40002),
        codecs: vec![AudioFormat::amr_wb()],
        dtls: None,
        suites: vec![
            mcptt_codec::sdp::CryptoSuite::AeadAes128Gcm,
            mcptt_codec::sdp::CryptoSuite::AesCm128HmacSha1_80,
        ],
        answer_mode: AnswerMode::Automatic,
        queueing: true,
        floor_priority: Some(7),
        registration_expires: 3600,
        session_expires: ClientConfig::SESSION_EXPIRES,
        profile: Default::default(),
    }
}

/// A message as it was seen between two ends.
#[derive(Clone, Debug)]
pub struct Seen {
    pub from: SocketAddr,
    pub to: SocketAddr,
    pub message: SipMessage,
}

pub struct Rig {
    pub now: Instant,
    pub node: CallControl,
    /// The other shards, where the configuration has several.
    pub others: Vec<CallControl>,
    /// The shards that datagrams enter at, in turn. Empty: always the first.
    pub entries: VecDeque<usize>,
    /// How many messages were handed from one shard to another.
    pub handed: usize,
    pub clients: Vec<Client>,
    pub seen: Vec<Seen>,
    pub media: Vec<MediaCommand>,
    pub events: Vec<Event>,
    pub client_events: Vec<(usize, ClientEvent)>,
    /// Keys that are still in their messages.
    pub keys: Vec<KeyUpload>,
    /// What the node has had written down.
    pub records: BTreeMap<String, Bytes>,
    /// Addresses from which nothing comes back.
    pub dead: Vec<SocketAddr>,
    /// The fate of the next datagrams: true for a lost one.
    pub lost: VecDeque<bool>,
    /// Nothing is delivered beyond so many datagrams.
    pub stop_after: Option<usize>,
    /// With the shard that has sent it, which is the one that hears what it says to the other function.
    queue: VecDeque<(SocketAddr, SocketAddr, Bytes, Option<usize>)>,
    raw: u32,
}

impl Rig {
    pub fn new(config: Config) -> Self {
        let now = t0();
        let mut nodes = (0..config.shards).map(|shard| {
            CallControl::new(config.of_shard(shard), [7 + u8::try_from(shard).unwrap(); 32], now).unwrap()
        });
        let node = nodes.next().unwrap();
        Self {
            now,
            node,
            others: nodes.collect(),
            entries: VecDeque::new(),
            handed: 0,
            clients: Vec::new(),
            seen: Vec::new(),
            media: Vec::new(),
            events: Vec::new(),
            client_events: Vec::new(),
            keys: Vec::new(),
            records: BTreeMap::new(),
            dead: Vec::new(),
            lost: VecDeque::new(),
            stop_after: None,
            queue: VecDeque::new(),
            raw: 0,
        }
    }

    /// The standard configuration with `count` clients that are registered, have published their settings and are
    /// affiliated to the group.
    pub fn with_members(count: usize) -> Self {
        Self::ready(config(), count)
    }

    pub fn ready(config: Config, count: usize) -> Self {
        let mut rig = Self::new(config);
        for at in 0..count {
            rig.add(client_config(at));
            rig.register(at);
            rig.affiliate(at);
        }
        rig.forget();
        rig
    }

    pub fn add(&mut self, config: ClientConfig) -> usize {
        let at = self.clients.len();
        self.clients.push(Client::new(config, [u8::try_from(at).unwrap() + 100; 32], self.now));
        at
    }

    pub fn register(&mut self, at: usize) {
        self.command(at, ClientCommand::Register);
        self.command(at, ClientCommand::PublishSettings);
    }

    pub fn affiliate(&mut self, at: usize) {
        self.command(at, ClientCommand::Affiliate { groups: vec![GROUP.into()] });
    }

    pub fn call(&mut self, at: usize) -> CallId {
        self.call_with(at, GroupCall::new(GROUP))
    }

    pub fn call_with(&mut self, at: usize, call: GroupCall) -> CallId {
        self.command(at, ClientCommand::CallGroup(call));
        let started = self.client_events.iter().rev().find_map(|(client, event)| match event {
            ClientEvent::CallStarted { call, .. } if *client == at => Some(*call),
            _ => None,
        });
        started.unwrap()
    }

    pub fn command(&mut self, at: usize, command: ClientCommand) {
        self.clients[at].handle_command(self.now, command);
        self.settle();
    }

    /// What comes out of the message that waits longest.
    pub fn answer_key(&mut self, outcome: UploadedKey) {
        let upload = self.keys.remove(0);
        self.node.handle_key(self.now, upload.id, outcome);
        self.settle();
    }

    pub fn operator(&mut self, command: Command) {
        self.node.handle_command(self.now, command);
        self.settle();
    }

    pub fn indicate(&mut self, indication: MediaIndication) {
        self.node.handle_media(self.now, indication);
        self.settle();
    }

    /// Forgets what has been seen so far.
    pub fn forget(&mut self) {
        self.seen.clear();
        self.media.clear();
        self.events.clear();
        self.client_events.clear();
    }

    /// Hands every datagram over until nobody has anything to say.
    pub fn settle(&mut self) {
        loop {
            self.collect();
            if self.stop_after == Some(0) {
                return;
            }
            let Some((from, to, bytes, of)) = self.queue.pop_front() else { return };
            self.stop_after = self.stop_after.map(|left| left.saturating_sub(1));
            if let Ok(message) = SipMessage::decode(&bytes, &Limits::default()) {
                self.seen.push(Seen { from, to, message });
            }
            self.deliver(from, to, &bytes, of);
        }
    }

    fn collect(&mut self) {
        while let Some((of, output)) = self.next_output() {
            match output {
                Output::Transmit(sent) => {
                    self.queue.push_back((sent.path.local, sent.path.remote, sent.payload, Some(of)));
                }
                Output::Handed { shard, function, path, message, round } => {
                    assert_ne!(shard, of, "nobody hands a message to itself");
                    self.handed += 1;
                    let now = self.now;
                    self.shard(shard).handle_handed(now, function, path, *message, round);
                }
                Output::Told(notice) => {
                    let now = self.now;
                    for other in (0..=self.others.len()).filter(|other| *other != of) {
                        self.shard(other).handle_notice(now, notice.clone());
                    }
                }
                Output::Media(command) => self.media.push(command),
                Output::Event(event) => self.events.push(event),
                Output::Key(upload) => self.keys.push(upload),
                Output::Change(change) => match change.value {
                    Some(value) => {
                        self.records.insert(change.key, value);
                    }
                    None => {
                        self.records.remove(&change.key);
                    }
                },
                _ => {}
            }
        }
        for (at, client) in self.clients.iter_mut().enumerate() {
            while let Some(output) = client.poll_output() {
                match output {
                    ClientOutput::Transmit(sent) => {
                        self.queue.push_back((sent.path.local, sent.path.remote, sent.payload, None));
                    }
                    ClientOutput::Event(event) => self.client_events.push((at, event)),
                    _ => {}
                }
            }
        }
    }

    fn next_output(&mut self) -> Option<(usize, Output)> {
        let mut all = std::iter::once(&mut self.node).chain(&mut self.others).enumerate();
        all.find_map(|(shard, node)| Some((shard, node.poll_output()?)))
    }

    pub fn shard(&mut self, number: usize) -> &mut CallControl {
        match number.checked_sub(1) {
            None => &mut self.node,
            Some(other) => &mut self.others[other],
        }
    }

    fn entry(&mut self) -> usize {
        let Some(entry) = self.entries.pop_front() else { return 0 };
        self.entries.push_back(entry);
        entry
    }

    fn deliver(&mut self, from: SocketAddr, to: SocketAddr, bytes: &Bytes, of: Option<usize>) {
        let lost = self.lost.pop_front().unwrap_or(false);
        if lost || self.dead.contains(&to) || self.dead.contains(&from) {
            return;
        }
        let path = Path { local: to, remote: from };
        if to == PF.parse().unwrap() || to == CF.parse().unwrap() {
            let (now, entry) = (self.now, of.unwrap_or_else(|| self.entry()));
            self.shard(entry).handle_datagram(now, path, bytes);
        } else if let Some(client) = self.clients.iter_mut().find(|client| client.config().address == to) {
            client.handle_datagram(self.now, path, bytes);
        }
    }

    /// Lets time pass, stopping wherever somebody has something to do.
    pub fn advance(&mut self, by: Duration) {
        let end = self.now + by;
        loop {
            let clients = self.clients.iter().filter_map(Client::poll_timeout);
            let nodes = std::iter::once(&self.node).chain(&self.others).filter_map(CallControl::poll_timeout);
            let next = nodes.chain(clients).min();
            let Some(next) = next.filter(|next| *next <= end) else { break };
            self.now = self.now.max(next);
            for node in std::iter::once(&mut self.node).chain(&mut self.others) {
                node.handle_timeout(self.now);
            }
            for client in &mut self.clients {
                client.handle_timeout(self.now);
            }
            self.settle();
        }
        self.now = end;
    }

    pub fn seconds(&mut self, seconds: u64) {
        self.advance(Duration::from_secs(seconds));
    }

    /// Sends octets to one of the functions.
    pub fn inject(&mut self, from: &str, to: &str, bytes: &[u8]) {
        let (now, entry) = (self.now, self.entry());
        self.shard(entry).handle_datagram(
            now,
            Path { local: to.parse().unwrap(), remote: from.parse().unwrap() },
            &Bytes::copy_from_slice(bytes),
        );
        self.settle();
    }

    /// Sends a hand-written request and returns its final answer. `{id}` stands for a fresh value.
    pub fn ask(&mut self, from: &str, to: &str, text: &str) -> Response {
        let call_id = format!("raw-{}", self.raw + 1);
        self.ask_in(from, to, text, &call_id)
    }

    /// The same in a dialog that exists.
    pub fn ask_in(&mut self, from: &str, to: &str, text: &str, call_id: &str) -> Response {
        let before = self.seen.len();
        self.send(from, to, text, call_id);
        let start = text.lines().next().unwrap_or_default();
        let back: SocketAddr = from.parse().unwrap();
        let answers = self.seen[before..].iter().filter_map(|seen| match &seen.message {
            SipMessage::Response(response) if seen.to == back && response.status.is_final() => Some(response),
            _ => None,
        });
        answers.last().unwrap_or_else(|| panic!("no answer to {start}")).clone()
    }

    /// Sends a hand-written request that nobody waits for.
    pub fn start(&mut self, from: &str, to: &str, text: &str) {
        let call_id = format!("raw-{}", self.raw + 1);
        self.send(from, to, text, &call_id);
    }

    fn send(&mut self, from: &str, to: &str, text: &str, call_id: &str) {
        self.raw += 1;
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        let body = body.replace('\n', "\r\n");
        let head = head.replace("{id}", &format!("raw-{}", self.raw)).replace('\n', "\r\n");
        let method = head.split(' ').next().unwrap().to_owned();
        let (start, fields) = head.split_once("\r\n").unwrap();
        let request = format!(
            "{start}\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bKraw{raw}\r\nCall-ID: {call_id}\r\nCSeq: {raw} {method}\r\n\
             Max-Forwards: 70\r\n{fields}\r\nContent-Length: {length}\r\n\r\n{body}",
            raw = self.raw,
            length = body.len(),
        );
        self.inject(from, to, request.as_bytes());
    }

    /// Acknowledges a 2xx that a hand-written INVITE got.
    pub fn acknowledge(&mut self, from: &str, to: &str, answer: &Response) {
        let copied = [HeaderName::From, HeaderName::To, HeaderName::CallId]
            .map(|name| format!("{name}: {}\r\n", answer.headers.get(&name).unwrap()));
        let sequence = answer.headers.cseq().unwrap().number;
        let ack = format!(
            "ACK sip:{to} SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bKack{sequence}\r\n{}CSeq: {sequence} ACK\r\n\
             Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
            copied.concat()
        );
        self.inject(from, to, ack.as_bytes());
    }

    /// Who said what to whom, such as `alice>pf INVITE` and `pf>alice 200 INVITE`.
    pub fn trace(&self) -> Vec<String> {
        self.seen.iter().map(trace_of).collect()
    }

    /// The last request of that method from one to the other.
    pub fn request(&self, from: &str, to: &str, method: &str) -> mcptt_codec::sip::Request {
        let wanted = format!("{from}>{to} {method}");
        let found = self.seen.iter().rev().find(|seen| trace_of(seen) == wanted);
        match found.map(|seen| seen.message.clone()) {
            Some(SipMessage::Request(request)) => request,
            _ => panic!("no {wanted} in {:#?}", self.trace()),
        }
    }

    /// The last response of that status and method.
    pub fn response(&self, from: &str, to: &str, what: &str) -> Response {
        let wanted = format!("{from}>{to} {what}");
        let found = self.seen.iter().rev().find(|seen| trace_of(seen) == wanted);
        match found.map(|seen| seen.message.clone()) {
            Some(SipMessage::Response(response)) => response,
            _ => panic!("no {wanted} in {:#?}", self.trace()),
        }
    }

    pub fn events_of(&self, at: usize) -> Vec<ClientEvent> {
        self.client_events
            .iter()
            .filter(|(client, _)| *client == at)
            .map(|(_, event)| event.clone())
            .collect()
    }

    pub fn established(&self, at: usize) -> EstablishedCall {
        let mut events = self.client_events.iter().rev();
        let found = events.find_map(|(client, event)| match event {
            ClientEvent::CallEstablished(call) if *client == at => Some(call.clone()),
            _ => None,
        });
        found.unwrap_or_else(|| panic!("no call of {} in {:#?}", NAMES[at], self.client_events))
    }

    /// Status and warning with which the last call of a client failed.
    pub fn failure(&self, at: usize) -> (u16, Option<u16>) {
        let mut events = self.client_events.iter().rev();
        let found = events.find_map(|(client, event)| match event {
            ClientEvent::CallFailed { status, warning, .. } if *client == at => Some((*status, *warning)),
            _ => None,
        });
        found.unwrap_or_else(|| panic!("no failure of {} in {:#?}", NAMES[at], self.client_events))
    }

    pub fn has_ended(&self, at: usize) -> bool {
        self.client_events.iter().any(|(client, event)| {
            *client == at && matches!(event, ClientEvent::CallEnded { by_peer: true, .. })
        })
    }
}

fn trace_of(seen: &Seen) -> String {
    let (from, to) = (place(seen.from), place(seen.to));
    match &seen.message {
        SipMessage::Request(request) => format!("{from}>{to} {}", request.method.as_str()),
        SipMessage::Response(response) => {
            let cseq = response.headers.cseq().unwrap();
            format!("{from}>{to} {} {}", response.status.0, cseq.method.as_str())
        }
    }
}

fn place(address: SocketAddr) -> String {
    match address.to_string().as_str() {
        PF => return "pf".to_owned(),
        CF => return "cf".to_owned(),
        CORE => return "core".to_owned(),
        _ => {}
    }
    match (0..NAMES.len()).find(|at| self::address(*at) == address) {
        Some(at) => NAMES[at].to_owned(),
        None => address.to_string(),
    }
}

/// The MCPTT codes of the warnings of a response.
pub fn warnings(response: &Response) -> Vec<u16> {
    McpttWarning::all(&response.headers).map(|warning| warning.code).collect()
}

/// Status and first MCPTT warning of a response.
pub fn outcome(response: &Response) -> (u16, Option<u16>) {
    (response.status.0, warnings(response).first().copied())
}

pub fn values<'a>(headers: &'a mcptt_codec::sip::Headers, name: &HeaderName) -> Vec<&'a str> {
    headers.all(name).map(|value| value.as_str()).collect()
}

/// How often each commands kind occurs, as short words in order.
pub fn media_words(commands: &[MediaCommand]) -> Vec<String> {
    commands
        .iter()
        .map(|command| match command {
            MediaCommand::CallInitiated { call, .. } => format!("initiated {call}"),
            MediaCommand::UnconfirmedIndication { call } => format!("unconfirmed {call}"),
            MediaCommand::FinalResponsesReceived { call } => format!("all answered {call}"),
            MediaCommand::LegConnected { leg, participant, .. } => {
                format!("connected {leg} {}", participant.mcptt_id)
            }
            MediaCommand::LegLeft { leg, .. } => format!("left {leg}"),
            MediaCommand::ReleaseStarted { call } => format!("releasing {call}"),
            MediaCommand::ReleaseFinished { call } => format!("released {call}"),
            _ => "other".to_owned(),
        })
        .collect()
}

/// A parsed mcptt-info of a message.
pub fn info_of(message: &SipMessage) -> mcptt_codec::xml::mcptt_info::McpttInfo {
    let parts = match message {
        SipMessage::Request(request) => request.parts(&Limits::default()),
        SipMessage::Response(response) => response.parts(&Limits::default()),
    };
    let parts = parts.unwrap();
    let part = parts.iter().find(|part| part.is(mcptt_codec::xml::mime::MCPTT_INFO)).expect("an mcptt-info");
    mcptt_codec::xml::mcptt_info::McpttInfo::parse(&part.body).unwrap()
}

/// The session description of a message.
pub fn description_of(message: &SipMessage) -> mcptt_codec::sdp::SessionDescription {
    let parts = match message {
        SipMessage::Request(request) => request.parts(&Limits::default()),
        SipMessage::Response(response) => response.parts(&Limits::default()),
    };
    let parts = parts.unwrap();
    let part = parts.iter().find(|part| part.is(mcptt_codec::xml::mime::SDP)).expect("a session description");
    mcptt_codec::sdp::SessionDescription::decode(&part.body).unwrap()
}

/// A hand-written request for [`Rig::ask`].
#[derive(Clone)]
pub struct Raw {
    head: String,
    parts: Vec<(String, String)>,
}

impl Raw {
    pub fn new(method: &str, uri: &str, from: &str) -> Self {
        Self {
            head: format!("{method} {uri} SIP/2.0\nFrom: <{from}>;tag={{id}}\nTo: <{uri}>"),
            parts: Vec::new(),
        }
    }

    #[must_use]
    pub fn header(mut self, line: &str) -> Self {
        self.head.push('\n');
        self.head.push_str(line);
        self
    }

    /// Leaves out every header field that starts like this.
    #[must_use]
    pub fn without(mut self, start: &str) -> Self {
        let kept: Vec<&str> = self.head.split('\n').filter(|line| !line.starts_with(start)).collect();
        self.head = kept.join("\n");
        self
    }

    #[must_use]
    pub fn part(mut self, mime: &str, body: &str) -> Self {
        self.parts.push((mime.to_owned(), body.to_owned()));
        self
    }

    #[must_use]
    pub fn info(self, params: &str) -> Self {
        let body = format!(
            "<mcpttinfo xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\"><mcptt-Params>{params}</mcptt-Params></mcpttinfo>"
        );
        self.part("application/vnd.3gpp.mcptt-info+xml", &body)
    }

    pub fn text(&self) -> String {
        let mut text = self.head.clone();
        if self.parts.is_empty() {
            return text;
        }
        text.push_str("\nContent-Type: multipart/mixed;boundary=b1\n\n");
        for (mime, body) in &self.parts {
            text.push_str(&format!("--b1\nContent-Type: {mime}\n\n{body}\n"));
        }
        text.push_str("--b1--\n");
        text
    }
}

pub const TAG: &str = "+g.3gpp.mcptt;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\"";

/// An offer with SRTP keys.
pub const OFFER: &str = "v=0\no=- 1 1 IN IP4 198.51.100.1\ns=-\nc=IN IP4 198.51.100.1\nt=0 0\n\
    m=audio 50000 RTP/SAVP 97\ni=speech\na=rtpmap:97 AMR-WB/16000/1\n\
    a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n\
    m=application 50002 udp MCPTT\na=fmtp:MCPTT mc_queueing;mc_priority=9;mc_granted;mc_implicit_request\n";

/// The parameters of a prearranged group call in an mcptt-info.
pub fn group_call(group: &str, further: &str) -> String {
    format!(
        "<session-type>prearranged</session-type>\
         <mcptt-request-uri><mcpttURI>{group}</mcpttURI></mcptt-request-uri>{further}"
    )
}

/// An INVITE for a prearranged group call as it reaches the participating function over a SIP core.
pub fn core_invite(at: usize, params: &str) -> Raw {
    Raw::new("INVITE", PF_IDENTITY, &impu(at))
        .header(&format!("P-Asserted-Identity: <{}>", impu(at)))
        .header(&format!("Contact: <sip:ue@198.51.100.1:5060>;{TAG}"))
        .header("Accept-Contact: *;+g.3gpp.mcptt;require;explicit")
        .header("Accept-Contact: *;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\";require;explicit")
        .header("Supported: timer")
        .part("application/sdp", OFFER)
        .info(params)
}

/// The same as a participating function elsewhere sends it to the controlling function.
pub fn controlling_invite(at: usize, params: &str) -> Raw {
    let caller = format!(
        "{params}<mcptt-calling-user-id><mcpttURI>{}</mcpttURI></mcptt-calling-user-id>\
         <mcptt-client-id><mcpttString>{}</mcpttString></mcptt-client-id>",
        mcptt_id(at),
        client_id(at)
    );
    Raw::new("INVITE", CF_IDENTITY, &impu(at))
        .header("Contact: <sip:relay@198.51.100.1:5060>")
        .header("Accept-Contact: *;+g.3gpp.mcptt;require;explicit")
        .header("Accept-Contact: *;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\";require;explicit")
        .header("Supported: timer")
        .part("application/sdp", OFFER)
        .info(&caller)
}
