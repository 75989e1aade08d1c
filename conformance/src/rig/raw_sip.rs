//! SIP requests that an honest client would not send.

use std::net::SocketAddr;
use std::time::Duration;

use call_control::transport::Transport;
use mcptt_codec::Path;
use mcptt_codec::sdp::SessionDescription;
use mcptt_codec::sip::{HeaderName, Limits, SipMessage};
use mcptt_codec::xml::mime;

use super::{Actor, Rig, Unmet};

impl Rig {
    /// Sends a request of this method from the client's SIP address, outside of any dialog and with a Call-ID of its own.
    pub fn send_request(&mut self, actor: Actor, method: &str, headers: &str, body: &str) {
        let [local, _, _] = self.addresses(actor);
        let number = self.fresh_number();
        let user = self.user(actor).to_owned();
        let target = self.participating_identity.clone();
        let max_forwards = if headers.contains("Max-Forwards") { "" } else { "Max-Forwards: 70\r\n" };
        let text = format!(
            "{method} {target} SIP/2.0\r\n\
             Via: SIP/2.0/{transport} {local};branch=z9hG4bKraw{number}\r\n\
             From: <{user}>;tag=raw{number}\r\n\
             To: <{target}>{to_tag}\r\n\
             Call-ID: raw-{number}@{host}\r\n\
             CSeq: 1 {method}\r\n\
             Contact: <sip:{local}{parameter}>\r\n\
             {max_forwards}{headers}Content-Length: {length}\r\n\r\n{body}",
            to_tag = if method == "BYE" { ";tag=nobody" } else { "" },
            transport = self.transport().of_via(),
            parameter = if self.transport() == Transport::Tcp { ";transport=tcp" } else { "" },
            host = local.ip(),
            length = body.len(),
        );
        let remote = self.participating;
        self.inject(Path { local, remote }, text.as_bytes());
    }

    /// OPTIONS of the client as they go over a connection, this one of several.
    pub fn options_over_stream(&self, actor: Actor, number: usize) -> String {
        let [local, _, _] = self.addresses(actor);
        let (fresh, user, target) = (self.fresh_number(), self.user(actor), &self.participating_identity);
        format!(
            "OPTIONS {target} SIP/2.0\r\nVia: SIP/2.0/TCP {local};branch=z9hG4bKs{number}x{fresh};rport\r\n\
             From: <{user}>;tag=s{number}x{fresh}\r\nTo: <{target}>\r\nCall-ID: s{number}x{fresh}@{host}\r\n\
             CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
            host = local.ip(),
        )
    }

    /// Sends a PUBLISH of the client's affiliation to nothing, for this event package, with these header lines.
    pub fn send_publish(&mut self, actor: Actor, event: &str, headers: &str) {
        let user = self.user(actor).to_owned();
        let client = self.client_id(actor).to_owned();
        let body = format!(
            "--raw\r\nContent-Type: application/vnd.3gpp.mcptt-info+xml\r\n\r\n\
             <mcpttinfo xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\"><mcptt-Params><mcptt-request-uri type=\"Normal\">\
             <mcpttURI>{user}</mcpttURI></mcptt-request-uri></mcptt-Params></mcpttinfo>\r\n\
             --raw\r\nContent-Type: application/pidf+xml\r\n\r\n\
             <presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"{user}\"><tuple id=\"{client}\"><status/></tuple></presence>\r\n\
             --raw--\r\n"
        );
        let headers =
            format!("Event: {event}\r\n{headers}{TAGS}Content-Type: multipart/mixed;boundary=raw\r\n");
        self.send_request(actor, "PUBLISH", &headers, &body);
    }

    /// Sends an INVITE that is right but for these header lines.
    pub fn send_invite_with(&mut self, actor: Actor, headers: &str) {
        self.send_invite(actor, headers, "mc_queueing", "");
    }

    /// Calls the fire group with these header lines and these parameters of floor control, which the client's own machine
    /// knows nothing about. Returns where its voice and its floor control have to go.
    ///
    /// # Errors
    /// [`Unmet`] when the call is not answered.
    pub fn call_with(&mut self, actor: Actor, headers: &str, fmtp: &str) -> Result<[SocketAddr; 2], Unmet> {
        self.call_with_more(actor, headers, fmtp, "")
    }

    /// As [`Rig::call_with`], with further parts of the body.
    ///
    /// # Errors
    /// [`Unmet`] when the call is not answered.
    pub fn call_with_more(
        &mut self,
        actor: Actor,
        headers: &str,
        fmtp: &str,
        parts: &str,
    ) -> Result<[SocketAddr; 2], Unmet> {
        let unmet = Unmet("an answer to the INVITE with both addresses");
        let (before, fresh) = (self.frames().len(), self.fresh_number());
        self.send_invite(actor, headers, fmtp, parts);
        self.advance(Duration::from_millis(100));
        let [local, _, _] = self.addresses(actor);
        let answers = self.frames()[before..].iter().filter(|frame| frame.destination == local);
        let answers = answers.filter_map(|frame| SipMessage::decode(&frame.payload, &Limits::default()).ok());
        let accepted = answers.into_iter().find_map(|message| match message {
            SipMessage::Response(response) if response.status.is_success() => Some(response),
            _ => None,
        });
        let response = accepted.ok_or(unmet)?;
        let parts = response.parts(&Limits::default()).map_err(|_| unmet)?;
        let body = parts.iter().find(|part| part.is(mime::SDP)).ok_or(unmet)?;
        let sdp = SessionDescription::decode(&body.body).map_err(|_| unmet)?;
        let audio = sdp.audio().and_then(|audio| sdp.address_of(audio)).ok_or(unmet)?;
        let floor = sdp.floor_control().and_then(|floor| sdp.address_of(floor)).ok_or(unmet)?;
        let field = |name| response.headers.get(&name).map(ToString::to_string).unwrap_or_default();
        let (from, to, call_id) = (field(HeaderName::From), field(HeaderName::To), field(HeaderName::CallId));
        let target = response.headers.contact().map_err(|_| unmet)?.uri.to_string();
        let ack = format!(
            "ACK {target} SIP/2.0\r\nVia: SIP/2.0/{transport} {local};branch=z9hG4bKack{fresh}\r\nFrom: {from}\r\nTo: {to}\r\n\
             Call-ID: {call_id}\r\nCSeq: 1 ACK\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
            transport = self.transport().of_via()
        );
        let remote = self.participating;
        self.inject(Path { local, remote }, ack.as_bytes());
        self.advance(Duration::from_millis(100));
        Ok([audio, floor])
    }

    /// A SIP core says that the client has registered, with this access token. The client has to be trusted as a core.
    pub fn register_by_core(&mut self, actor: Actor, token: &str) {
        let [local, _, _] = self.addresses(actor);
        let (number, user) = (self.fresh_number(), self.user(actor).to_owned());
        let client = self.client_id(actor).to_owned();
        let target = self.participating_identity.clone();
        let body = format!(
            "<mcpttinfo xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\"><mcptt-Params><mcptt-access-token type=\"Normal\">\
             <mcpttString>{token}</mcpttString></mcptt-access-token><mcptt-client-id type=\"Normal\">\
             <mcpttString>{client}</mcpttString></mcptt-client-id></mcptt-Params></mcpttinfo>"
        );
        let own = format!(
            "REGISTER sip:mc.example.org SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bKown{number}\r\n\
             From: <{user}>;tag=own{number}\r\nTo: <{user}>\r\nCall-ID: own-{number}@{host}\r\nCSeq: 1 REGISTER\r\n\
             Contact: <sip:{local}>;{FEATURES}\r\nExpires: 3600\r\nMax-Forwards: 70\r\n\
             Content-Type: application/vnd.3gpp.mcptt-info+xml\r\nContent-Length: {length}\r\n\r\n{body}",
            host = local.ip(),
            length = body.len(),
        );
        let text = format!(
            "REGISTER {target} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bKraw{number}\r\n\
             From: <sip:core.example.org>;tag=raw{number}\r\nTo: <{user}>\r\nCall-ID: raw-{number}@{host}\r\n\
             CSeq: 1 REGISTER\r\nContact: <sip:{local}>\r\nExpires: 3600\r\nMax-Forwards: 70\r\n\
             Content-Type: message/sip\r\nContent-Length: {length}\r\n\r\n{own}",
            host = local.ip(),
            length = own.len(),
        );
        let remote = self.participating;
        self.inject(Path { local, remote }, text.as_bytes());
    }

    /// A number that no other request of the rig has, nor one that a remote target remembers of another rig.
    fn fresh_number(&self) -> String {
        let number = self.frames().len();
        if self.salt == 0 { number.to_string() } else { format!("{number}x{:x}", self.salt) }
    }

    fn send_invite(&mut self, actor: Actor, headers: &str, fmtp: &str, parts: &str) {
        let [sip, audio, floor] = self.addresses(actor);
        let body = format!(
            "--raw\r\nContent-Type: application/sdp\r\n\r\n\
             v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n\
             m=audio {audio_port} RTP/AVP 97\r\ni=speech\r\na=rtpmap:97 AMR-WB/16000/1\r\n\
             m=application {floor_port} udp MCPTT\r\na=fmtp:MCPTT {fmtp}\r\n\
             --raw\r\nContent-Type: application/vnd.3gpp.mcptt-info+xml\r\n\r\n\
             <mcpttinfo xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\"><mcptt-Params><session-type>prearranged</session-type>\
             <mcptt-request-uri type=\"Normal\"><mcpttURI>sip:fire-1@mc.example.org</mcpttURI></mcptt-request-uri>\
             </mcptt-Params></mcpttinfo>\r\n{parts}--raw--\r\n",
            host = sip.ip(),
            audio_port = audio.port(),
            floor_port = floor.port(),
        );
        let headers = format!("{headers}{TAGS}Content-Type: multipart/mixed;boundary=raw\r\n");
        self.send_request(actor, "INVITE", &headers, &body);
    }
}

const FEATURES: &str = "+g.3gpp.mcptt;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\"";

const TAGS: &str = "Accept-Contact: *;+g.3gpp.mcptt;require;explicit\r\n\
    Accept-Contact: *;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\";require;explicit\r\n\
    P-Preferred-Service: urn:urn-7:3gpp-service.ims.icsi.mcptt\r\n";
