//! Signalling with other MCPTT servers: XML bodies are sealed when they leave and opened when they arrive (TS 33.180, SPK).

use bytes::Bytes;
use mcptt_codec::sip::{HeaderName, Method, Request, Response, SipMessage, StatusCode, warning_in_release};

use super::{Discard, UaEvent, UserAgent, plain};
use crate::config::{Network, ServerKey};
use crate::policy::Refusal;
use crate::protection::{self, KeyStore, Protect, SignallingKey};
use crate::transaction;
use crate::transport::SipPath;

/// The first release, in which the warnings of failed checks are already.
const FIRST_RELEASE: u8 = 13;

/// What is known of some servers.
#[derive(Clone, Debug)]
pub(crate) struct Servers {
    peers: Vec<Network>,
    first: SignallingKey,
    all: KeyStore,
}

impl Servers {
    /// `None`: there is no key.
    pub(crate) fn of(key: &ServerKey) -> Option<Self> {
        let first = key.keys.first()?.clone();
        Some(Self { peers: key.peers.clone(), first, all: KeyStore::of_servers(&key.keys) })
    }
}

impl UserAgent {
    /// The servers at the other end of a path, if there is a key for them; our own functions need none.
    fn servers_at(&self, path: SipPath) -> Option<&Servers> {
        let at = |servers: &&Servers| servers.peers.iter().any(|network| network.contains(path.remote.ip()));
        self.settings.servers.iter().find(at).filter(|_| !self.settings.admitted.contains(&path.remote))
    }

    /// A message as it leaves.
    //= 33.180-spk-bodies
    pub(super) fn sealed(&mut self, path: SipPath, payload: Bytes) -> Bytes {
        let Some(key) = self.servers_at(path).map(|servers| servers.first.clone()) else { return payload };
        let limits = &self.settings.limits.message;
        let Ok(mut message) = SipMessage::decode(&payload, limits) else { return payload };
        let (headers, body) = match &message {
            SipMessage::Request(request) => (&request.headers, &request.body),
            SipMessage::Response(response) => (&response.headers, &response.body),
        };
        if body.is_empty() {
            return payload;
        }
        let Ok(parts) = mcptt_codec::sip::multipart::body_parts(headers, body, limits) else {
            return payload;
        };
        let parts = protection::seal(&parts, &key, Protect::ALL, self.tokens.rng());
        match &mut message {
            SipMessage::Request(request) => request.set_parts(&parts),
            SipMessage::Response(response) => response.set_parts(&parts),
        }
        message.encode()
    }

    /// A message that has arrived. `None`: it is not what another server has sent, and was refused.
    //= 33.180-spk-bodies
    pub(super) fn opened(&mut self, path: SipPath, mut message: SipMessage) -> Option<SipMessage> {
        let Some(servers) = self.servers_at(path) else { return Some(message) };
        let (headers, body) = match &message {
            SipMessage::Request(request) => (&request.headers, &request.body),
            SipMessage::Response(response) => (&response.headers, &response.body),
        };
        if body.is_empty() {
            return Some(message);
        }
        let opened = match servers.all.open_signed(headers, body) {
            Ok(None) => return Some(message),
            opened => opened,
        };
        match (opened, &mut message) {
            (Ok(parts), SipMessage::Request(request)) => request.set_parts(&parts.unwrap_or_default()),
            (Ok(parts), SipMessage::Response(response)) => response.set_parts(&parts.unwrap_or_default()),
            (Err(refusal), SipMessage::Request(request)) => {
                let code = if refusal == Refusal::XmlNotDecrypted { 140 } else { 139 };
                let request = request.clone();
                self.refuse_unprotected(path, request, code);
                return None;
            }
            (Err(_), SipMessage::Response(_)) => {
                self.events.push_back(UaEvent::Discarded { path, reason: Discard::Unprotected });
                return None;
            }
        }
        Some(message)
    }

    fn refuse_unprotected(&mut self, path: SipPath, mut request: Request, code: u16) {
        self.events.push_back(UaEvent::Discarded { path, reason: Discard::Unprotected });
        if request.method == Method::Ack {
            return;
        }
        let Some(way_back) = transaction::way_back(&mut request, path) else { return };
        let mut response: Response = plain(&request, StatusCode::FORBIDDEN);
        //= 24.379-6.6.3
        if let Some(warning) = warning_in_release(&self.settings.host_name, code, FIRST_RELEASE) {
            response.headers.push(HeaderName::Warning, warning);
        }
        self.send_stateless(way_back, &request, response);
    }
}
