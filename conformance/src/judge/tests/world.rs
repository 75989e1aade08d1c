//! Builds traces: a server and clients that do what they are told, one frame at a time.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use mcptt_codec::floor::{FloorIdle, FloorIndicator, FloorMessage, FloorTaken, MessageSequenceNumber};
use mcptt_codec::id::{GroupId, McpttId, Ssrc};
use mcptt_codec::sdp::McpttFmtp;
use mcptt_codec::sip::multipart::Part;
use mcptt_codec::sip::{Limits, Request, SipMessage};
use mcptt_codec::xml::affiliation::{Affiliation, PresenceDocument, Tuple};
use mcptt_codec::xml::mcptt_info::{AccessToken, Content, McpttInfo, SessionType};
use mcptt_codec::xml::mime;
use mcptt_codec::xml::poc_settings::{AnswerMode, PocSettings};

use media_plane::crypto::{Protection, Srtp};

use super::messages::{granted, request};
use super::places::media;
pub(super) use super::places::{FOR_EVER, address, client_id, info, rtp, uri};
use crate::capture::Frame;
use crate::judge::{Documents, GroupFacts, Judge, Judgements, MemberFacts, Profile, UserFacts};

pub(super) const PF: usize = 100;
pub(super) const CF: usize = 101;
pub(super) const ALICE: usize = 0;
pub(super) const BOB: usize = 1;
pub(super) const CAROL: usize = 2;
pub(super) const DAVE: usize = 3;
pub(super) const FIRE: &str = "sip:fire-1@mc.example.org";
pub(super) const RAIL: &str = "sip:rail-1@mc.example.org";
pub(super) const CHAT: &str = "sip:chat-1@mc.example.org";
pub(super) const OFF: &str = "sip:off-1@mc.example.org";

pub(super) const USERS: [&str; 4] = [
    "sip:alice@mc.example.org",
    "sip:bob@mc.example.org",
    "sip:carol@mc.example.org",
    "sip:dave@mc.example.org",
];

/// The headers of a request that MCPTT clients and functions put everywhere.
const TAGS: &str = "Accept-Contact: *;+g.3gpp.mcptt;require;explicit\r\n\
    Accept-Contact: *;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\";require;explicit\r\n";
pub(super) const FEATURES: &str =
    ";+g.3gpp.mcptt;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\"";
pub(super) const OPTIONS: &str = "Supported: timer, tdialog, norefersub, explicitsub, nosub\r\n";

/// The key of everybody whose voice is protected.
const KEY: &str = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n";

/// What the responses of the functions to an INVITE carry.
pub(super) fn accepted(contact: &str) -> String {
    format!(
        "Contact: <{contact}>{FEATURES};isfocus\r\nRequire: timer\r\nSession-Expires: 1800;refresher=uac\r\n\
         P-Asserted-Identity: <sip:functions@mc.example.org>\r\n{OPTIONS}"
    )
}

/// A SIP request that was sent, for its answers.
#[derive(Clone)]
pub(super) struct Tx {
    request: Request,
    from: usize,
    to: usize,
}

/// A client's place in a call.
#[derive(Clone, Copy)]
struct Place {
    server: u16,
    dialog: usize,
}

pub(super) struct World {
    pub profile: Profile,
    pub now: Duration,
    pub frames: Vec<Frame>,
    places: [Option<Place>; 4],
    /// Who was invited and has not answered: the INVITEs and the port of the server.
    ringing: [Option<(Tx, Tx, u16)>; 4],
    /// Offered and answered from now on.
    pub queueing: bool,
    /// Offered and answered from now on.
    pub priority: u8,
    pub session: String,
    /// What the calls of clients are from now on.
    pub kind: FloorIndicator,
    /// Who does not want to be named.
    pub private: Vec<usize>,
    /// `mc_granted` is offered, and answered, from now on.
    pub granted: [bool; 2],
    /// What clients ask for in `mc_floor_ssrc` from now on.
    pub floor_ssrc: Option<Ssrc>,
    /// What voice of clients is protected with, all of it under one key.
    pub sealing: Option<Srtp>,
    numbers: u16,
    spoilt: Vec<(usize, String, String)>,
}

impl World {
    pub(super) fn new() -> Self {
        let member = MemberFacts { talks_beside: true, ..MemberFacts::default() };
        let group = |prearranged, disabled| GroupFacts {
            members: USERS.iter().take(3).map(|user| ((*user).to_owned(), member.clone())).collect(),
            disabled,
            prearranged,
            ..GroupFacts::default()
        };
        let mut fire = group(true, false);
        fire.members.insert(USERS[DAVE].to_owned(), member.clone());
        let groups =
            [(FIRE, fire), (RAIL, group(true, false)), (CHAT, group(false, false)), (OFF, group(true, true))];
        let user =
            |max_group_calls, emergency| UserFacts { max_group_calls, emergency, ..UserFacts::default() };
        let users = [user(None, true), user(Some(1), false), user(None, false), user(None, true)];
        let documents = Documents {
            groups: groups.into_iter().map(|(id, facts)| (id.to_owned(), facts)).collect(),
            users: USERS.iter().map(|id| (*id).to_owned()).zip(users).collect(),
        };
        let mut world = Self {
            profile: Profile {
                participating: Some(address(PF)),
                controlling: Some(address(CF)),
                queue_limit: Some(2),
                documents: Some(documents),
                ..Profile::default()
            },
            now: Duration::from_secs(1000),
            frames: Vec::new(),
            places: [None; 4],
            ringing: [const { None }; 4],
            queueing: true,
            priority: 5,
            session: "sip:s-1@cf.example.org;gr=1".to_owned(),
            kind: FloorIndicator::NONE,
            private: Vec::new(),
            granted: [false; 2],
            floor_ssrc: None,
            sealing: None,
            numbers: 0,
            spoilt: Vec::new(),
        };
        world.profile.timers.t2 = Duration::from_secs(10);
        world
    }

    /// The group as the tester's documents have it.
    pub(super) fn group(&mut self, group: &str) -> &mut GroupFacts {
        let documents = self.profile.documents.as_mut().expect("the tester has documents");
        documents.groups.entry(group.to_owned()).or_default()
    }

    /// The member as the tester's documents have it.
    pub(super) fn member(&mut self, group: &str, who: usize) -> &mut MemberFacts {
        self.group(group).members.entry(USERS[who].to_owned()).or_default()
    }

    /// The user as the tester's documents have it.
    pub(super) fn user(&mut self, who: usize) -> &mut UserFacts {
        let documents = self.profile.documents.as_mut().expect("the tester has documents");
        documents.users.entry(USERS[who].to_owned()).or_default()
    }

    /// Judges the trace, and a little time after it.
    pub(super) fn judged(&self) -> Judgements {
        let mut judge = Judge::new(self.profile.clone());
        self.frames.iter().for_each(|frame| judge.observe(frame));
        judge.finish(self.now + Duration::from_millis(1))
    }

    /// From now on it is so long after the beginning of the trace.
    pub(super) fn at(&mut self, passed: Duration) {
        self.now = Duration::from_secs(1000) + passed;
    }

    pub(super) fn wait(&mut self, milliseconds: u64) {
        self.now += Duration::from_millis(milliseconds);
    }

    /// From now on this text is replaced in the SIP messages of one sender.
    pub(super) fn spoil(&mut self, sender: usize, text: &str, by: &str) {
        self.spoilt.push((sender, text.to_owned(), by.to_owned()));
    }

    pub(super) fn unspoil(&mut self) {
        self.spoilt.clear();
    }

    pub(super) fn frame(&mut self, source: SocketAddr, destination: SocketAddr, payload: Bytes) {
        let number = self.frames.len() as u64 + 1;
        let frame = Frame {
            number,
            time: self.now,
            source,
            destination,
            transport: Default::default(),
            payload,
            truncated: false,
            comments: Vec::new(),
        };
        self.frames.push(frame);
    }

    fn sip(&mut self, from: usize, to: usize, text: String, parts: &[Part]) -> SipMessage {
        let mut text = text;
        for (_, old, new) in self.spoilt.iter().filter(|(sender, ..)| *sender == from) {
            text = text.replace(old.as_str(), new);
        }
        let mut message = SipMessage::decode(&text.into(), &Limits::default()).expect("the text is SIP");
        match &mut message {
            _ if parts.is_empty() => {}
            SipMessage::Request(request) => request.set_parts(parts),
            SipMessage::Response(response) => response.set_parts(parts),
        }
        let mut encoded = message.encode();
        for (_, old, new) in self.spoilt.iter().filter(|(sender, ..)| *sender == from) {
            // Bodies are spoilt as well, by texts of the same length.
            if old.len() == new.len() {
                encoded = String::from_utf8_lossy(&encoded).replace(old.as_str(), new).into_bytes().into();
            }
        }
        self.frame(address(from), address(to), encoded);
        message
    }

    /// A request outside of any dialog.
    pub(super) fn request(
        &mut self,
        from: usize,
        to: usize,
        method: &str,
        headers: &str,
        parts: &[Part],
    ) -> Tx {
        self.request_in(from, to, method, (self.frames.len(), ""), headers, parts)
    }

    fn request_in(
        &mut self,
        from: usize,
        to: usize,
        method: &str,
        (dialog, to_tag): (usize, &str),
        headers: &str,
        parts: &[Part],
    ) -> Tx {
        let branch = self.frames.len();
        let hops = if headers.contains("Max-Forwards") { "" } else { "Max-Forwards: 70\r\n" };
        let text = format!(
            "{method} sip:functions@mc.example.org SIP/2.0\r\n\
             Via: SIP/2.0/UDP {at};branch=z9hG4bK{branch}\r\nFrom: <{user}>;tag=f\r\n\
             To: <sip:functions@mc.example.org>{to_tag}\r\nCall-ID: c{dialog}@example.org\r\n\
             CSeq: 1 {method}\r\n{hops}{headers}Content-Length: 0\r\n\r\n",
            at = address(from),
            user = USERS.get(from).unwrap_or(&"sip:functions@mc.example.org"),
        );
        let SipMessage::Request(request) = self.sip(from, to, text, parts) else {
            panic!("it begins with a method")
        };
        Tx { request, from, to }
    }

    pub(super) fn respond(&mut self, tx: &Tx, status: &str, headers: &str, parts: &[Part]) {
        use mcptt_codec::sip::HeaderName as Name;
        let of = |name| tx.request.headers.get(&name).map(ToString::to_string).unwrap_or_default();
        let tag = if of(Name::To).contains("tag=") { "" } else { ";tag=t" };
        let text = format!(
            "SIP/2.0 {status}\r\nVia: {}\r\nFrom: {}\r\nTo: {}{tag}\r\nCall-ID: {}\r\nCSeq: {}\r\n\
             {headers}Content-Length: 0\r\n\r\n",
            of(Name::Via),
            of(Name::From),
            of(Name::To),
            of(Name::CallId),
            of(Name::CSeq)
        );
        self.sip(tx.to, tx.from, text, parts);
    }

    /// A request of a client, and the answer of the participating function.
    pub(super) fn ask(
        &mut self,
        from: usize,
        method: &str,
        headers: &str,
        parts: &[Part],
        status: &str,
        answer: &str,
    ) {
        let tx = self.request(from, PF, method, headers, parts);
        self.respond(&tx, status, answer, &[]);
    }

    pub(super) fn register(&mut self, who: usize) {
        let contact = format!("Contact: <sip:ue@{}>\r\nExpires: 3600\r\n", address(who));
        self.ask(who, "REGISTER", &contact, &[], "200 OK", "Expires: 3600\r\n");
    }

    pub(super) fn settings(&mut self, who: usize, token: bool, status: &str, answer: &str) {
        let info = McpttInfo {
            access_token: token.then(|| Content::Normal(AccessToken("t-1".into()))),
            ..McpttInfo::default()
        };
        let settings = PocSettings::of(client_id(who), AnswerMode::Automatic, None);
        let parts =
            [Part::new(mime::MCPTT_INFO, info.to_xml()), Part::new(mime::POC_SETTINGS, settings.to_xml())];
        self.ask(who, "PUBLISH", "Event: poc-settings\r\nExpires: 3600\r\n", &parts, status, answer);
    }

    /// The publication of a client, without an answer.
    pub(super) fn publish(&mut self, who: usize, group: &str, expires: &str) -> Tx {
        let document = PresenceDocument::publication(
            &McpttId::from(USERS[who]),
            &client_id(who),
            [&GroupId::from(group)],
            "p",
        );
        let headers = format!("Event: presence\r\n{expires}");
        self.request(who, PF, "PUBLISH", &headers, &[Part::new(mime::PIDF, document.to_xml())])
    }

    /// What the participating function tells the controlling one of it.
    pub(super) fn publish_to_core(&mut self, who: usize, group: &str, expires: &str) -> Tx {
        let mut document = PresenceDocument::of_group(&GroupId::from(group));
        let affiliations = vec![Affiliation::of_client(&client_id(who))];
        document.tuples.push(Tuple { affiliations, ..Tuple::of_user(&McpttId::from(USERS[who])) });
        let info =
            McpttInfo { client_id: Some(Content::Normal(client_id(who))), ..info(group, Some(who), None) };
        let parts = [Part::new(mime::MCPTT_INFO, info.to_xml()), Part::new(mime::PIDF, document.to_xml())];
        self.request(PF, CF, "PUBLISH", &format!("Event: presence\r\nExpires: {expires}\r\n"), &parts)
    }

    pub(super) fn affiliate(&mut self, who: usize, group: &str, expires: &str) {
        let tx = self.publish(who, group, &format!("Expires: {expires}\r\n"));
        let core = self.publish_to_core(who, group, expires);
        self.respond(&tx, "200 OK", &format!("Expires: {expires}\r\nSIP-ETag: e\r\n"), &[]);
        self.respond(&core, "200 OK", &format!("Expires: {expires}\r\n"), &[]);
    }

    /// Registered, with settings, affiliated to the fire group.
    pub(super) fn log_in(&mut self, who: usize) {
        self.register(who);
        self.settings(who, false, "200 OK", "SIP-ETag: e\r\nExpires: 3600\r\n");
        self.affiliate(who, FIRE, FOR_EVER);
    }

    pub(super) fn sdp(&self, audio: SocketAddr, implicit_request: bool) -> Part {
        let of_client = audio.ip().to_string().starts_with("10.0.1.");
        let [offered, answered] = self.granted;
        let fmtp = McpttFmtp {
            queueing: self.queueing,
            priority: Some(self.priority),
            implicit_request,
            granted: if of_client { offered } else { answered },
            floor_ssrc: self.floor_ssrc.filter(|_| of_client),
            ..McpttFmtp::default()
        };
        let (host, port) = (audio.ip(), audio.port());
        let text = format!(
            "v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n\
             m=audio {port} {}\r\ni=speech\r\n{}\
             m=application {} udp MCPTT\r\na=fmtp:MCPTT {fmtp}\r\n",
            if self.sealing.is_some() { "RTP/SAVP 97" } else { "RTP/AVP 97" },
            if self.sealing.is_some() { KEY } else { "" },
            port + 2
        );
        Part::new(mime::SDP, text)
    }

    /// The INVITE of a client.
    pub(super) fn invite(
        &mut self,
        who: usize,
        group: &str,
        implicit: bool,
        headers: &str,
        emergency: bool,
    ) -> Tx {
        let emergency = emergency || self.kind.contains(FloorIndicator::EMERGENCY);
        let info = McpttInfo {
            emergency_ind: emergency.then_some(Content::Normal(true)),
            broadcast_ind: self.kind.contains(FloorIndicator::BROADCAST).then_some(true),
            ..info(group, None, None)
        };
        let privacy = if self.private.contains(&who) { "Privacy: id\r\n" } else { "" };
        let parts = [self.sdp(media(who), implicit), Part::new(mime::MCPTT_INFO, info.to_xml())];
        let headers =
            format!("Contact: <sip:ue@{}>{FEATURES}\r\nSupported: timer\r\n{privacy}{headers}", address(who));
        self.request(who, PF, "INVITE", &headers, &parts)
    }

    /// The same, handed on to the controlling function.
    pub(super) fn hand_on(&mut self, who: usize, group: &str, implicit: bool) -> Tx {
        let emergency = self.kind.contains(FloorIndicator::EMERGENCY);
        let info = McpttInfo {
            emergency_ind: emergency.then_some(Content::Normal(true)),
            ..info(group, Some(who), None)
        };
        let parts = [self.sdp(media(PF), implicit), Part::new(mime::MCPTT_INFO, info.to_xml())];
        self.request(PF, CF, "INVITE", OPTIONS, &parts)
    }

    /// The controlling function's answer, and that of the participating function.
    pub(super) fn accept(&mut self, who: usize, client: &Tx, core: &Tx, implicit: bool, more: &str) {
        let server = self.place(who, client);
        let answer = self.sdp(([10, 0, 0, 3], server).into(), implicit);
        let headers = format!("{}{more}", accepted(&self.session));
        self.respond(core, "200 OK", &headers, std::slice::from_ref(&answer));
        let headers = format!("{}{more}", accepted(&self.session.replace("cf", "pf")));
        self.respond(client, "200 OK", &headers, &[answer]);
    }

    fn place(&mut self, who: usize, tx: &Tx) -> u16 {
        let server = 50_000 + 4 * u16::try_from(self.frames.len()).expect("traces are short");
        let call_id = tx.request.headers.call_id().expect("it has one").to_string();
        let dialog = call_id.trim_start_matches('c').split('@').next().and_then(|number| number.parse().ok());
        self.places[who] = Some(Place { server, dialog: dialog.expect("Call-IDs are numbers") });
        server
    }

    /// The controlling function's INVITE to a member.
    pub(super) fn invitation(&mut self, caller: usize, who: usize, group: &str) -> Tx {
        let info = McpttInfo { request_uri: Some(uri(USERS[who])), ..info(group, Some(caller), Some(group)) };
        let parts = [self.sdp(media(CF), false), Part::new(mime::MCPTT_INFO, info.to_xml())];
        let headers = format!(
            "Contact: <{}>{FEATURES};isfocus\r\n{TAGS}Session-Expires: 1800\r\n\
             P-Asserted-Identity: <sip:functions@mc.example.org>\r\n{OPTIONS}",
            self.session
        );
        self.request(CF, PF, "INVITE", &headers, &parts)
    }

    /// A member is invited and comes.
    pub(super) fn bring_in(&mut self, caller: usize, who: usize, group: &str) {
        self.ring(caller, who, group);
        self.answer(who);
    }

    /// A member is invited.
    pub(super) fn ring(&mut self, caller: usize, who: usize, group: &str) {
        let core = self.invitation(caller, who, group);
        let server = 50_000 + 4 * u16::try_from(self.frames.len()).expect("traces are short");
        let info = McpttInfo { request_uri: Some(uri(USERS[who])), ..info(group, Some(caller), Some(group)) };
        let parts =
            [self.sdp(([10, 0, 0, 3], server).into(), false), Part::new(mime::MCPTT_INFO, info.to_xml())];
        let headers = format!(
            "Contact: <sip:pf@pf.example.org>{FEATURES};isfocus\r\nSession-Expires: 1800\r\n\
             Answer-Mode: Auto\r\n{OPTIONS}"
        );
        let client = self.request(PF, who, "INVITE", &headers, &parts);
        self.ringing[who] = Some((core, client, server));
    }

    /// Who was invited comes.
    pub(super) fn answer(&mut self, who: usize) {
        let (core, client, server) = self.ringing[who].take().expect("it was invited");
        let answer = self.sdp(media(who), false);
        let privacy = if self.private.contains(&who) { "Privacy: id\r\n" } else { "" };
        let contact = format!("Contact: <sip:ue@{}>{FEATURES}\r\n{privacy}", address(who));
        self.respond(&client, "200 OK", &contact, std::slice::from_ref(&answer));
        self.respond(&core, "200 OK", &contact, &[answer]);
        self.place(who, &client);
        if let Some(place) = &mut self.places[who] {
            place.server = server;
        }
    }

    /// A client calls, members come, the client is answered.
    pub(super) fn call(&mut self, caller: usize, members: &[usize], group: &str, implicit: bool) {
        let client = self.invite(caller, group, implicit, "", false);
        let core = self.hand_on(caller, group, implicit);
        for member in members {
            self.bring_in(caller, *member, group);
        }
        self.accept(caller, &client, &core, implicit, "");
    }

    /// The INVITE of a client for an ad hoc group call, and that of the participating function.
    pub(super) fn invite_adhoc(&mut self, caller: usize, further: &[Part], info: McpttInfo) -> [Tx; 2] {
        let info = McpttInfo { session_type: Some(SessionType::Adhoc), ..info };
        let onward = McpttInfo {
            calling_user_id: Some(Content::Normal(McpttId::from(USERS[caller]))),
            ..info.clone()
        };
        let with = |sdp: Part, info: &McpttInfo| {
            let mut parts = vec![sdp, Part::new(mime::MCPTT_INFO, info.to_xml())];
            parts.extend(further.iter().cloned());
            parts
        };
        let headers = format!("Contact: <sip:ue@{}>{FEATURES}\r\nSupported: timer\r\n", address(caller));
        let parts = with(self.sdp(media(caller), false), &info);
        let client = self.request(caller, PF, "INVITE", &headers, &parts);
        let parts = with(self.sdp(media(PF), false), &onward);
        let core = self.request(PF, CF, "INVITE", OPTIONS, &parts);
        [client, core]
    }

    /// The answers to it, which name the group.
    pub(super) fn accept_adhoc(&mut self, caller: usize, [client, core]: &[Tx; 2], told: Option<&str>) {
        let server = self.place(caller, client);
        let group = told.map(|group| Content::Normal(GroupId::from(group)));
        let info = McpttInfo { calling_group_id: group, ..McpttInfo::default() };
        let parts =
            [self.sdp(([10, 0, 0, 3], server).into(), false), Part::new(mime::MCPTT_INFO, info.to_xml())];
        self.respond(core, "200 OK", &accepted(&self.session), &parts);
        self.respond(client, "200 OK", &accepted(&self.session.replace("cf", "pf")), &parts);
    }

    /// A client calls and is refused by the controlling function.
    pub(super) fn refused(&mut self, who: usize, group: &str, status: &str, warning: &str) {
        let client = self.invite(who, group, false, "", false);
        let core = self.hand_on(who, group, false);
        self.respond(&core, status, warning, &[]);
        self.respond(&client, status, warning, &[]);
    }

    /// A later INVITE of one side of a dialog, answered by the other. `asks`: the client asks for the floor.
    pub(super) fn invite_again(&mut self, from: usize, to: usize, asks: bool) {
        let place = self.places[from.min(to)].expect("it is in a call");
        let server = ([10, 0, 0, 3], place.server).into();
        let (own, other) = if from == PF { (server, media(to)) } else { (media(from), server) };
        let flag = |bit| self.kind.contains(bit).then_some(Content::Normal(true));
        let info = McpttInfo {
            emergency_ind: flag(FloorIndicator::EMERGENCY),
            imminentperil_ind: flag(FloorIndicator::IMMINENT_PERIL),
            ..info(FIRE, None, None)
        };
        let parts = [self.sdp(own, asks), Part::new(mime::MCPTT_INFO, info.to_xml())];
        let contact = format!("Contact: <sip:ue@{}>{FEATURES}\r\nSupported: timer\r\n", address(from));
        let tx = self.request_in(from, to, "INVITE", (place.dialog, ";tag=t"), &contact, &parts);
        let answer = self.sdp(other, asks);
        self.respond(&tx, "200 OK", &accepted("sip:functions@pf.example.org"), &[answer]);
    }

    /// BYE of a client, and its answer.
    pub(super) fn leave(&mut self, who: usize) {
        let tx = self.bye(who, PF);
        self.respond(&tx, "200 OK", "", &[]);
    }

    /// BYE of the server to a client, and its answer.
    pub(super) fn dismiss(&mut self, who: usize) {
        let tx = self.bye(PF, who);
        self.respond(&tx, "200 OK", "", &[]);
    }

    /// BYE of a client with a header field of its own, and its answer.
    pub(super) fn leave_saying(&mut self, who: usize, header: &str) {
        let place = self.places[who].expect("it is in a call");
        let tx = self.request_in(who, PF, "BYE", (place.dialog, ";tag=t"), header, &[]);
        self.respond(&tx, "200 OK", "", &[]);
    }

    fn bye(&mut self, from: usize, to: usize) -> Tx {
        let place = self.places[from.min(to)].expect("it is in a call");
        self.request_in(from, to, "BYE", (place.dialog, ";tag=t"), "", &[])
    }

    /// BYE of the participating function to the controlling function in the dialog of an INVITE.
    pub(super) fn leave_core(&mut self, invite: &Tx) {
        let call_id = invite.request.headers.call_id().expect("it has one").to_string();
        let number = call_id.trim_start_matches('c').split('@').next().and_then(|number| number.parse().ok());
        let tx = self.request_in(PF, CF, "BYE", (number.expect("a number"), ";tag=t"), "", &[]);
        self.respond(&tx, "200 OK", "", &[]);
    }

    fn floor_pair(&self, who: usize) -> (SocketAddr, SocketAddr) {
        let server = self.places[who].expect("it is in a call").server;
        let client = media(who);
        (SocketAddr::new(client.ip(), client.port() + 2), ([10, 0, 0, 3], server + 2).into())
    }

    pub(super) fn up(&mut self, who: usize, message: &FloorMessage) {
        self.up_octets(who, message.encode().expect("it fits"));
    }

    pub(super) fn up_octets(&mut self, who: usize, octets: Bytes) {
        let (client, server) = self.floor_pair(who);
        self.frame(client, server, octets);
    }

    pub(super) fn down(&mut self, who: usize, message: &FloorMessage) {
        self.down_octets(who, message.encode().expect("it fits"));
    }

    pub(super) fn down_octets(&mut self, who: usize, octets: Bytes) {
        let (client, server) = self.floor_pair(who);
        self.frame(server, client, octets);
    }

    /// The address of the server's floor control towards a client.
    pub(super) fn floor_port(&self, who: usize) -> SocketAddr {
        self.floor_pair(who).1
    }

    /// A packet of a client, and where it is heard.
    pub(super) fn voice(&mut self, who: usize, sequence: u16, heard_by: &[usize]) {
        let octets = self.sealed(rtp(who, sequence));
        self.say(who, octets, heard_by);
    }

    /// The packet as it goes over the network.
    pub(super) fn sealed(&mut self, packet: Bytes) -> Bytes {
        let Some(sealing) = &mut self.sealing else { return packet };
        let mut octets = packet.to_vec();
        sealing.protect_rtp(&mut octets).expect("it can be protected");
        octets.into()
    }

    /// Octets from a client's audio port, and the same at those who hear them.
    pub(super) fn say(&mut self, who: usize, octets: Bytes, heard_by: &[usize]) {
        let pair = |world: &Self, who: usize| {
            let server = world.places[who].expect("it is in a call").server;
            (media(who), SocketAddr::from(([10, 0, 0, 3], server)))
        };
        let (client, server) = pair(self, who);
        self.frame(client, server, octets.clone());
        for listener in heard_by {
            let (client, server) = pair(self, *listener);
            self.frame(server, client, octets.clone());
        }
    }

    /// What the talker said last comes to the listener now.
    pub(super) fn hear_again(&mut self, listener: usize, talker: usize) {
        let said = self.frames.iter().rev().find(|frame| frame.source == media(talker));
        let octets = said.expect("it said something").payload.clone();
        let server = self.places[listener].expect("it is in a call").server;
        self.frame(([10, 0, 0, 3], server).into(), media(listener), octets);
    }

    fn next_number(&mut self) -> MessageSequenceNumber {
        self.numbers += 1;
        MessageSequenceNumber(self.numbers)
    }

    pub(super) fn taken(&mut self, talker: usize) -> FloorMessage {
        FloorMessage::Taken(FloorTaken {
            granted_party: Some(McpttId::from(USERS[talker])),
            permission_to_request: Some(true),
            sequence: Some(self.next_number()),
            indicator: Some(FloorIndicator::NORMAL),
            ..FloorTaken::default()
        })
    }

    pub(super) fn idle(&mut self) -> FloorMessage {
        FloorMessage::Idle(FloorIdle {
            sequence: Some(self.next_number()),
            indicator: Some(FloorIndicator::NORMAL),
            ..FloorIdle::default()
        })
    }

    /// Floor Granted to one, Floor Taken to the others.
    pub(super) fn grant(&mut self, talker: usize, others: &[usize]) {
        self.down(talker, &granted(10));
        let taken = self.taken(talker);
        others.iter().for_each(|other| self.down(*other, &taken));
    }

    /// A request and its grant.
    pub(super) fn take(&mut self, talker: usize, others: &[usize]) {
        self.up(talker, &request());
        self.grant(talker, others);
    }

    pub(super) fn idle_to(&mut self, receivers: &[usize]) {
        let idle = self.idle();
        receivers.iter().for_each(|receiver| self.down(*receiver, &idle));
    }
}
