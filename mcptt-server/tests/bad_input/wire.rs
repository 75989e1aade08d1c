//! SIP requests as text, so that they can be wrong.

use std::net::SocketAddr;

pub const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 203.0.113.9\r\ns=-\r\nc=IN IP4 203.0.113.9\r\nt=0 0\r\n\
    m=audio 40000 RTP/AVP 97\r\ni=speech\r\na=rtpmap:97 AMR-WB/16000/1\r\n\
    m=application 40002 udp MCPTT\r\na=fmtp:MCPTT mc_queueing;mc_priority=5\r\n";
pub const INFO: &str = "<mcpttinfo xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\"><mcptt-Params>\
    <session-type>prearranged</session-type>\
    <mcptt-request-uri type=\"Normal\"><mcpttURI>sip:fire-1@mc.example.org</mcpttURI></mcptt-request-uri>\
    </mcptt-Params></mcpttinfo>";
const PARTICIPATING: &str = "sip:participating@mc.example.org";

/// A request under construction.
#[derive(Clone)]
pub struct Raw {
    method: &'static str,
    from: String,
    source: SocketAddr,
    to_tag: &'static str,
    number: u32,
    fields: String,
    body: String,
}

impl Raw {
    /// A request of alice to the participating function, outside any dialog. `number` makes it differ from others.
    pub fn new(method: &'static str, source: SocketAddr, number: u32) -> Self {
        let from = "sip:alice@mc.example.org".to_owned();
        Self { method, from, source, to_tag: "", number, fields: String::new(), body: String::new() }
    }

    /// Of another user.
    pub fn of(self, user: &str) -> Self {
        Self { from: user.to_owned(), ..self }
    }

    /// Inside a dialog that does not exist.
    pub fn in_dialog(self) -> Self {
        Self { to_tag: ";tag=none", ..self }
    }

    /// Adds a header field.
    pub fn field(mut self, field: &str) -> Self {
        self.fields += field;
        self.fields += "\r\n";
        self
    }

    /// Adds what an INVITE of a group call has.
    pub fn group_call(self) -> Self {
        let source = self.source;
        self.field(&format!("Contact: <sip:{source}>;+g.3gpp.mcptt"))
            .field("Accept-Contact: *;+g.3gpp.mcptt;require;explicit")
            .field("Accept-Contact: *;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\";require;explicit")
            .field("P-Preferred-Service: urn:urn-7:3gpp-service.ims.icsi.mcptt")
            .parts(&[("application/sdp", OFFER), ("application/vnd.3gpp.mcptt-info+xml", INFO)])
    }

    /// A multipart body.
    pub fn parts(mut self, parts: &[(&str, &str)]) -> Self {
        for (kind, content) in parts {
            self.body += &format!("--b\r\nContent-Type: {kind}\r\n\r\n{content}\r\n");
        }
        self.body += "--b--\r\n";
        self.field("Content-Type: multipart/mixed;boundary=b")
    }

    /// Changes the body.
    pub fn replace(mut self, from: &str, to: &str) -> Self {
        assert!(self.body.contains(from));
        self.body = self.body.replace(from, to);
        self
    }

    /// Adds octets to the body.
    pub fn fill(mut self, octets: usize) -> Self {
        self.body += &" ".repeat(octets);
        self
    }

    /// The octets of the request.
    pub fn octets(&self) -> Vec<u8> {
        let Self { method, from, source, to_tag, number, fields, body } = self;
        format!(
            "{method} {PARTICIPATING} SIP/2.0\r\nVia: SIP/2.0/UDP {source};branch=z9hG4bK{number}\r\n\
             Max-Forwards: 70\r\nFrom: <{from}>;tag={number}\r\nTo: <{PARTICIPATING}>{to_tag}\r\n\
             Call-ID: {number}@{source}\r\nCSeq: 1 {method}\r\n{fields}Content-Length: {length}\r\n\r\n{body}",
            length = body.len(),
        )
        .into_bytes()
    }
}
