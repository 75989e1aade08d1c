//! SIP requests that an honest client would not send.

use mcptt_codec::Path;

use super::{Actor, Rig};

impl Rig {
    /// Sends a request of this method from the client's SIP address, outside of any dialog and with a Call-ID of its own.
    pub fn send_request(&mut self, actor: Actor, method: &str, headers: &str, body: &str) {
        let [local, _, _] = self.addresses(actor);
        let number = self.frames().len();
        let user = self.user(actor).to_owned();
        let target = self.participating_identity.clone();
        let max_forwards = if headers.contains("Max-Forwards") { "" } else { "Max-Forwards: 70\r\n" };
        let text = format!(
            "{method} {target} SIP/2.0\r\n\
             Via: SIP/2.0/UDP {local};branch=z9hG4bKraw{number}\r\n\
             From: <{user}>;tag=raw{number}\r\n\
             To: <{target}>{to_tag}\r\n\
             Call-ID: raw-{number}@{host}\r\n\
             CSeq: 1 {method}\r\n\
             Contact: <sip:{local}>\r\n\
             {max_forwards}{headers}Content-Length: {length}\r\n\r\n{body}",
            to_tag = if method == "BYE" { ";tag=nobody" } else { "" },
            host = local.ip(),
            length = body.len(),
        );
        let remote = self.participating;
        self.inject(Path { local, remote }, text.as_bytes());
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
        let [sip, audio, floor] = self.addresses(actor);
        let body = format!(
            "--raw\r\nContent-Type: application/sdp\r\n\r\n\
             v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n\
             m=audio {audio_port} RTP/AVP 97\r\ni=speech\r\na=rtpmap:97 AMR-WB/16000/1\r\n\
             m=application {floor_port} udp MCPTT\r\na=fmtp:MCPTT mc_queueing\r\n\
             --raw\r\nContent-Type: application/vnd.3gpp.mcptt-info+xml\r\n\r\n\
             <mcpttinfo xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\"><mcptt-Params><session-type>prearranged</session-type>\
             <mcptt-request-uri type=\"Normal\"><mcpttURI>sip:fire-1@mc.example.org</mcpttURI></mcptt-request-uri>\
             </mcptt-Params></mcpttinfo>\r\n--raw--\r\n",
            host = sip.ip(),
            audio_port = audio.port(),
            floor_port = floor.port(),
        );
        let headers = format!("{headers}{TAGS}Content-Type: multipart/mixed;boundary=raw\r\n");
        self.send_request(actor, "INVITE", &headers, &body);
    }
}

const TAGS: &str = "Accept-Contact: *;+g.3gpp.mcptt;require;explicit\r\n\
    Accept-Contact: *;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\";require;explicit\r\n\
    P-Preferred-Service: urn:urn-7:3gpp-service.ims.icsi.mcptt\r\n";
