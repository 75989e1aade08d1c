//! Clients that register with us directly: they show that they know a password, and are reached by the connection that they
//! have opened.

use call_control::Event;
use call_control::config::{Config, DigestUser, Secret};
use call_control::event::EndCause;
use call_control::transport::{SipPath, StreamEvent, Transport};
use mcptt_codec::sip::{HeaderName, Response};
use sha2::{Digest, Sha256};

use crate::rig::*;

const REALM: &str = "sip:ims.example.org";

fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|octet| format!("{octet:02x}")).collect()
}

fn with_password() -> Config {
    let mut config = config();
    config.users[0].digest = Some(DigestUser::new("alice", Secret::new("open sesame")));
    config
}

fn register(further: &str) -> String {
    Raw::new("REGISTER", REALM, &impu(0))
        .without("To:")
        .header(&format!("To: <{}>", impu(0)))
        .header(&format!("Contact: <sip:ue@{}>;{TAG}", address(0)))
        .header("Expires: 600")
        .header(further)
        .text()
}

/// The credentials that answer a challenge.
fn credentials(challenged: &Response, password: &str) -> String {
    let challenge = challenged.challenges_of();
    let nonce = challenge.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let realm = challenge.split("realm=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let first = hash(&format!("alice:{realm}:{password}"));
    let second = hash(&format!("REGISTER:{REALM}"));
    let response = hash(&format!("{first}:{nonce}:00000001:c:auth:{second}"));
    format!(
        "Authorization: Digest username=\"alice\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{REALM}\", \
         response=\"{response}\", algorithm=SHA-256, cnonce=\"c\", qop=auth, nc=00000001"
    )
}

trait Challenges {
    fn challenges_of(&self) -> String;
}

impl Challenges for Response {
    fn challenges_of(&self) -> String {
        let all = values(&self.headers, &HeaderName::WwwAuthenticate);
        assert_eq!(all.len(), 2, "one for each algorithm");
        assert!(all[0].contains("algorithm=SHA-256") && all[1].contains("algorithm=MD5"));
        all[0].to_owned()
    }
}

//= RFC3261-22.1:challenge test
#[test]
fn a_direct_client_is_challenged_and_registered_when_it_knows_the_password() {
    let mut rig = Rig::new(with_password());
    let own = address(0).to_string();
    let challenged = rig.ask(&own, PF, &register("X-Nothing: 1"));
    assert_eq!(outcome(&challenged).0, 401);
    let wrong = rig.ask(&own, PF, &register(&credentials(&challenged, "open barley")));
    assert_eq!(outcome(&wrong).0, 401);
    let right = register(&credentials(&challenged, "open sesame"));
    assert_eq!(outcome(&rig.ask(&own, PF, &right)).0, 200);
    let again = rig.ask(&own, PF, &right);
    assert_eq!(outcome(&again).0, 401);
    assert!(again.challenges_of().ends_with("stale=true"), "somebody sends what was sent before");
}

#[test]
fn a_core_that_is_trusted_has_done_this_itself() {
    let mut rig = Rig::new(with_password());
    assert_eq!(outcome(&rig.ask(CORE, PF, &register("X-Nothing: 1"))).0, 200);
}

//= RFC5626-4.2:flow test
#[test]
fn a_registration_ends_with_a_connection_that_cannot_be_opened_again() {
    for (transport, ends) in [(Transport::Ws, true), (Transport::Tcp, false)] {
        let mut rig = Rig::new(config());
        let path =
            SipPath { transport, local: PF.parse().unwrap(), remote: "192.0.2.99:40000".parse().unwrap() };
        let text = register("Content-Length: 0").replace("{id}", "t1").replace('\n', "\r\n");
        let (start, fields) = text.split_once("\r\n").unwrap();
        let parameter = format!(";transport={}", transport.as_str());
        let fields = fields
            .replace(&format!("<sip:ue@{}>", address(0)), &format!("<sip:ue@{}{parameter}>", address(0)));
        let request = format!(
            "{start}\r\nVia: SIP/2.0/{} 192.0.2.99;branch=z9hG4bKd1\r\nCall-ID: d1\r\nCSeq: 1 REGISTER\r\n\
             Max-Forwards: 70\r\n{fields}\r\n\r\n",
            transport.as_str().to_uppercase()
        );
        let event = match transport {
            Transport::Ws => StreamEvent::Frame(request.as_bytes()),
            _ => StreamEvent::Octets(request.as_bytes()),
        };
        rig.node.handle_stream(rig.now, path, event);
        rig.settle();
        assert!(rig.events.iter().any(|event| matches!(event, Event::Registered { .. })), "{transport}");
        rig.node.handle_stream(rig.now, path, StreamEvent::Closed);
        rig.settle();
        let ended = rig
            .events
            .iter()
            .any(|event| matches!(event, Event::RegistrationEnded { cause: EndCause::FlowFailed, .. }));
        assert_eq!(ended, ends, "{transport}");
    }
}
