//! Keys that clients send along when they register or publish their settings (TS 24.379 7.3.1A, 7.3.3; TS 33.180 9). Taking one
//! out of its message is work for others: the request waits for them, and goes on with the key.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use mcptt_codec::id::McpttId;
use mcptt_codec::mikey::KeyMaterial;
use mcptt_codec::sip::{HeaderName, Limits, Method, Request, multipart};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mime;

use super::registration::inner_register;
use super::{Deadline, Incoming, Participating};
use crate::Output;
use crate::config::User;
use crate::directory::Canonical;
use crate::event::Event;
use crate::event_package::Package;
use crate::policy::Refusal;
use crate::protection::SignallingKey;
use crate::service;
use crate::transaction::ServerTransactionId;
use crate::transport::SipPath;

/// Requests that wait at a time.
const MAX_WAITING: usize = 4_096;
/// How long one waits: shorter than its sender does.
const PATIENCE: Duration = Duration::from_secs(8);

/// A key that a client has sent, still in its message: bring what comes out of it to
/// [`CallControl::handle_key`](crate::CallControl::handle_key).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUpload {
    /// Which one.
    pub id: u64,
    /// Who has to have made it. `None`: nobody is known yet.
    pub user: Option<McpttId>,
    /// The MIKEY message, binary or in base64.
    pub message: KeyMaterial,
}

/// What came out of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadedKey {
    /// The key of this user.
    Key {
        /// Who has made it.
        user: McpttId,
        /// The key.
        key: SignallingKey,
    },
    /// Nothing: it is not what it should be.
    Refused,
    /// Nothing: it is under a key management server that is not known.
    UnknownAuthority {
        /// Its name.
        uri: ByteStr,
    },
    /// Nothing: nobody had time for it.
    Busy,
}

/// A request that waits.
#[derive(Debug)]
struct Waiting {
    transaction: ServerTransactionId,
    request: Request,
    path: SipPath,
    third_party: bool,
}

/// The requests that wait for their keys.
#[derive(Debug, Default)]
pub(super) struct Uploads {
    next: u64,
    waiting: BTreeMap<u64, Waiting>,
}

impl Participating {
    /// Whether the request brings a key and waits for it from now on.
    //= 33.180-csk
    pub(super) fn awaits_key(&mut self, now: Instant, incoming: &Incoming<'_>) -> bool {
        let request = incoming.request;
        if !self.directory.config.key_uploads || !may_bring_key(request) {
            return false;
        }
        let trusted = self.trusts(incoming.path);
        let Ok(inner) = inner_register(request, trusted) else { return false };
        let Some(message) = key_in(inner.as_ref().unwrap_or(request)) else { return false };
        let to = service::address(&request.headers, &HeaderName::To);
        let to = to.filter(|_| request.method == Method::Register);
        let from = || service::address(&request.headers, &HeaderName::From);
        let user = to.or_else(from).and_then(|uri| self.directory.user_of(&Canonical::of_uri(&uri)?));
        // Who has not shown that it may register costs no work.
        let challenged =
            |user: &User| user.digest.is_some() && request.method == Method::Register && !trusted;
        if user.is_some_and(challenged) && !request.headers.contains(&HeaderName::Authorization) {
            return false;
        }
        let user = user.map(|user| user.mcptt_id.clone());
        if self.uploads.waiting.len() >= MAX_WAITING {
            self.refuse(now, incoming, Refusal::BindingsFull);
            return true;
        }
        let id = self.uploads.next;
        self.uploads.next = id.wrapping_add(1);
        let waiting = Waiting {
            transaction: incoming.transaction,
            request: request.clone(),
            path: incoming.path,
            third_party: inner.is_some(),
        };
        self.uploads.waiting.insert(id, waiting);
        self.deadlines.set(Deadline::Key(id), now.checked_add(PATIENCE));
        self.out.push_back(Output::Key(KeyUpload { id, user, message }));
        true
    }

    /// What came out of the message of a request that waits.
    pub fn handle_key(&mut self, now: Instant, id: u64, outcome: UploadedKey) {
        self.key_answered(now, id, outcome);
        self.drain(now);
    }

    pub(super) fn key_answered(&mut self, now: Instant, id: u64, outcome: UploadedKey) {
        let Some(waiting) = self.uploads.waiting.remove(&id) else { return };
        self.deadlines.set(Deadline::Key(id), None);
        let Waiting { transaction, request, path, third_party } = waiting;
        let incoming = Incoming { transaction, request: &request, path };
        let refusal = match outcome {
            UploadedKey::Key { user, key } => match self.keys.store(&user, key) {
                true => {
                    self.event(Event::KeyStored { mcptt_id: user });
                    None
                }
                false => Some(Refusal::BindingsFull),
            },
            UploadedKey::Busy => Some(Refusal::BindingsFull),
            UploadedKey::Refused => {
                self.event(Event::KeyRefused { path });
                Some(Refusal::IntegrityFailed)
            }
            //= 33.180-kms-foreign:unknown
            UploadedKey::UnknownAuthority { uri } => {
                self.event(Event::KeyAuthorityUnknown { path, uri });
                Some(Refusal::IntegrityFailed)
            }
        };
        match refusal {
            // The client never sees the answer to a third-party registration: it finds itself without the service.
            Some(refusal) if !third_party => self.refuse(now, &incoming, refusal),
            _ => self.verified(now, &incoming),
        }
    }
}

/// Only these bring keys (TS 24.379 7.3).
fn may_bring_key(request: &Request) -> bool {
    let settings = || {
        let event = request.headers.get(&HeaderName::Event);
        event.and_then(|event| Package::named(event)).is_some_and(|package| package.name == "poc-settings")
    };
    match request.method {
        Method::Register => !request.body.is_empty(),
        Method::Publish => !request.body.is_empty() && settings(),
        _ => false,
    }
}

/// The message with the key, if there is one.
fn key_in(request: &Request) -> Option<KeyMaterial> {
    let parts = multipart::body_parts(&request.headers, &request.body, &Limits::DEFAULT).ok()?;
    let part = parts.iter().find(|part| part.is(mime::MIKEY))?;
    Some(KeyMaterial::new(part.body.to_vec()))
}
