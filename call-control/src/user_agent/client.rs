//! The asking side of a user agent: requests, ACK, CANCEL, and what comes back.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::time::Instant;

use bytes::Bytes;
use mcptt_codec::sip::{HeaderName, Headers, Method, Request, Response, StatusCode, Via};
use mcptt_codec::text::ByteStr;

use super::offer::describes;
use super::session::{Alarm, Asked, Cancel, Ending, Purpose, Retry, Session, Usage};
use super::{RequestError, UserAgent, add};
use crate::dialog::{self, Dialog, DialogId, Role};
use crate::transaction::hop::{self, MAX_FORWARDS};
use crate::transaction::{ClientTransactionId, client_invite, later};
use crate::transport::{Hop, SipPath, Transport};

/// Whether a NOTIFY says that the subscription is over (RFC 6665 4.1.3).
pub(super) fn ends_subscription(method: &Method, headers: &Headers) -> bool {
    let state = headers.get(&HeaderName::SubscriptionState);
    let state = state.and_then(|value| value.split(';').next()).map(str::trim);
    *method == Method::Notify && state.is_some_and(|state| state.eq_ignore_ascii_case("terminated"))
}

/// Whether an answer to this method may create a dialog.
pub(super) const fn forms_dialog(method: &Method) -> bool {
    //= RFC3428-4:contact
    matches!(method, Method::Invite | Method::Subscribe | Method::Refer)
}

/// Whether this answer creates one. REFER makes none when both sides agreed on no subscription (RFC 4488).
pub(super) fn creates_dialog(method: &Method, response: &Response) -> bool {
    let no_subscription = || {
        let value = response.headers.get(&HeaderName::ReferSub);
        value.is_some_and(|value| value.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("false")))
    };
    match method {
        Method::Invite => response.status != StatusCode::TRYING && !response.status.is_failure(),
        Method::Subscribe => response.status.is_success(),
        Method::Refer => response.status.is_success() && !no_subscription(),
        //= RFC3428-7:contact
        _ => false,
    }
}

/// What stays the same when a request is sent again.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) dialog: Option<DialogId>,
    pub(super) purpose: Purpose,
    pub(super) known_as: ClientTransactionId,
    /// How many there were, this one included.
    pub(super) number: u8,
}

impl Attempt {
    /// The first attempt of a request of our caller, outside dialogs.
    pub(super) const fn first(id: ClientTransactionId) -> Self {
        Self { dialog: None, purpose: Purpose::Caller, known_as: id, number: 1 }
    }
}

impl UserAgent {
    pub(super) fn complete_initial(&mut self, mut request: Request) -> Request {
        let forms_dialog = forms_dialog(&request.method);
        let headers = &mut request.headers;
        add(headers, HeaderName::MaxForwards, || MAX_FORWARDS.into());
        add(headers, HeaderName::From, || format!("<{}>", self.settings.contact).into());
        if let Ok(from) = headers.from_address()
            && from.tag().is_none()
        {
            headers.set(HeaderName::From, from.with_tag(self.tokens.tag()).to_string());
        }
        add(headers, HeaderName::To, || format!("<{}>", request.uri).into());
        add(headers, HeaderName::CallId, || self.tokens.call_id(&self.settings.host_name));
        add(headers, HeaderName::CSeq, || format!("1 {}", request.method).into());
        if request.method == Method::Invite {
            self.announce_info_packages(headers);
        }
        if forms_dialog {
            add(headers, HeaderName::Contact, || format!("<{}>", self.settings.contact).into());
        }
        self.sign(&mut request);
        request
    }

    /// Draws an id, and sends the request now or, a BYE that must wait for an ACK, later.
    pub(super) fn send_in_dialog(
        &mut self,
        now: Instant,
        dialog: &DialogId,
        request: Request,
        purpose: Purpose,
    ) -> Result<ClientTransactionId, RequestError> {
        self.check_offer(dialog, &request)?;
        let session = self.sessions.get_mut(dialog).filter(|session| session.ending == Ending::No);
        let session = session.ok_or(RequestError::NoSuchDialog)?;
        let early = session.dialog.state() == dialog::State::Early;
        match request.method {
            Method::Invite if session.invite_pending() || early => return Err(RequestError::InvitePending),
            Method::Bye if early && session.dialog.role() == Role::Uas => return Err(RequestError::Early),
            _ => {}
        }
        let id = self.layer.draw();
        if request.method == Method::Bye {
            session.ending = Ending::ByUs;
            if let Some(invite) = session.own_invite.filter(|_| early) {
                // A 2xx that crosses this BYE is as unwanted as one that crosses a CANCEL.
                let give_up = later(now, self.settings.timers.transaction_timeout());
                self.deadlines.set(Alarm::Cancelled(invite), Some(give_up));
                if let Some(asked) = self.asked.get_mut(&invite) {
                    asked.cancel = Cancel::Sent;
                }
            }
            //= RFC3261-15:wait
            if session.answer.is_some() {
                session.held_bye = Some((id, request));
                return Ok(id);
            }
            if session.owed_ack.is_some() {
                // The peer repeats its 2xx until it is acknowledged, whatever else we tell it.
                self.send_owed_ack(now, dialog, Request::new(Method::Ack, ByteStr::EMPTY))?;
            }
        }
        self.start_in_dialog(now, id, dialog, request, purpose);
        Ok(id)
    }

    pub(super) fn start_in_dialog(
        &mut self,
        now: Instant,
        id: ClientTransactionId,
        dialog: &DialogId,
        request: Request,
        purpose: Purpose,
    ) {
        let Some(session) = self.sessions.get_mut(dialog) else { return };
        let mut request = session.dialog.request(request);
        match request.method {
            Method::Invite => session.own_invite = Some(id),
            Method::Update => session.own_update = Some(id),
            _ => {}
        }
        session.note_said(&request.headers, &request.body);
        session.ask_for_interval(&mut request);
        let (next_hop, heard) = (session.dialog.next_hop(), session.dialog.path().hop());
        let destination = self.resolve(next_hop.as_ref(), heard);
        self.sign(&mut request);
        let attempt = Attempt { dialog: Some(dialog.clone()), purpose, ..Attempt::first(id) };
        self.start_towards(now, id, request, destination, Some(heard), attempt);
    }

    /// Sends a request to the first of these neighbours, and keeps the others for when that fails.
    pub(super) fn start_over(
        &mut self,
        now: Instant,
        id: ClientTransactionId,
        request: Request,
        first: Hop,
        others: VecDeque<Hop>,
        attempt: Attempt,
    ) {
        let (hop, fallback) = self.by_size(&request, first);
        let hops: VecDeque<Hop> = fallback.into_iter().chain(others).collect();
        let retry = (!hops.is_empty()).then(|| Retry { request: request.clone(), hops });
        self.start_attempt(now, id, request, hop, retry, attempt);
    }

    /// Sends a request, for the first time or again.
    pub(super) fn start_attempt(
        &mut self,
        now: Instant,
        id: ClientTransactionId,
        mut request: Request,
        hop: Hop,
        retry: Option<Retry>,
        Attempt { dialog, purpose, known_as, number }: Attempt,
    ) {
        self.put_via(&mut request, hop.transport);
        let forming = (dialog.is_none() && forms_dialog(&request.method)).then(|| request.clone());
        if let Some(key) = forming.as_ref().and_then(subscription_key) {
            self.subscribing.insert(key, id);
        }
        if request.method == Method::Invite {
            self.deadlines.set(Alarm::Ringing(id), Some(later(now, self.settings.ringing)));
        }
        let asked = Asked {
            method: request.method.clone(),
            sequence: request.headers.cseq().map_or(0, |cseq| cseq.number),
            dialog,
            forming,
            without_offer: !describes(&request.headers, &request.body),
            answered: false,
            terminating: ends_subscription(&request.method, &request.headers),
            early: Vec::new(),
            acks: BTreeMap::new(),
            retry,
            hop,
            known_as,
            attempts: number,
            progress: BTreeMap::new(),
            cancel: Cancel::No,
            farewell: None,
            done: false,
            purpose,
        };
        self.asked.insert(id, asked);
        let path = SipPath::to(self.settings.local, hop);
        self.layer.send_request(now, id, request, path);
    }

    /// The way that a request takes, and the one it takes if that fails: what would not fit into a datagram goes over a
    /// stream, unless the peer turns out to have none.
    fn by_size(&self, request: &Request, hop: Hop) -> (Hop, Option<Hop>) {
        let too_large = hop.transport == Transport::Udp
            && self.settings.stream_above.is_some_and(|limit| request.encode().len() > limit);
        //= RFC3261-18.1.1:size
        if too_large { (Hop::new(Transport::Tcp, hop.remote), Some(hop)) } else { (hop, None) }
    }

    fn put_via(&mut self, request: &mut Request, transport: Transport) {
        let via = self.via(transport);
        request.headers.remove(&HeaderName::Via);
        request.headers.push_front(HeaderName::Via, via);
    }

    pub(super) fn cancel_invite(&mut self, now: Instant, id: ClientTransactionId) {
        self.deadlines.set(Alarm::Ringing(id), None);
        let Some(asked) = self.asked.get_mut(&id) else { return };
        if asked.method != Method::Invite || asked.done || asked.cancel == Cancel::Sent {
            return;
        }
        //= RFC3261-9.1:wait
        asked.cancel = Cancel::Wanted;
        let invite = self.layer.client_invite(id);
        let Some((invite, path)) = invite.filter(|(it, _)| it.state() == client_invite::State::Proceeding)
        else {
            return;
        };
        let cancel = hop::cancel(invite.invite());
        asked.cancel = Cancel::Sent;
        self.deadlines
            .set(Alarm::Cancelled(id), Some(later(now, self.settings.timers.transaction_timeout())));
        // Whether the CANCEL itself was understood does not matter: the INVITE tells.
        let own = self.layer.draw();
        self.layer.send_request(now, own, cancel, path);
    }

    pub(super) fn send_owed_ack(
        &mut self,
        now: Instant,
        dialog: &DialogId,
        ack: Request,
    ) -> Result<(), RequestError> {
        let owed = self.sessions.get_mut(dialog).and_then(|session| session.owed_ack.take());
        let (id, sequence) = owed.ok_or(RequestError::NoSuchDialog)?;
        let sent = self.send_ack(now, dialog, ack, sequence);
        if let Some(asked) = self.asked.get_mut(&id) {
            asked.acks.insert(dialog.remote_tag.clone(), sent);
        }
        Ok(())
    }

    pub(super) fn forget_asked(&mut self, id: ClientTransactionId) {
        if let Some(asked) = self.take_asked(id) {
            self.renewed.remove(&asked.known_as);
        }
    }

    /// Forgets a request, or this attempt of it.
    pub(super) fn take_asked(&mut self, id: ClientTransactionId) -> Option<Asked> {
        self.deadlines.set(Alarm::Ringing(id), None);
        self.deadlines.set(Alarm::Cancelled(id), None);
        let asked = self.asked.remove(&id)?;
        if let Some(key) = asked.forming.as_ref().and_then(subscription_key) {
            self.subscribing.remove(&key);
        }
        Some(asked)
    }

    /// The subscription of ours that a NOTIFY outside any known dialog belongs to.
    pub(super) fn notified(&mut self, notify: &Request, path: SipPath) -> Option<DialogId> {
        let headers = &notify.headers;
        let key = (headers.call_id().ok()?.clone(), ByteStr::from(headers.to_address().ok()?.tag()?));
        let asked = self.asked.get_mut(self.subscribing.get(&key)?)?;
        if asked.early.len() >= self.settings.limits.dialogs.per_invite {
            return None;
        }
        let dialog = Dialog::notified(asked.forming.as_ref()?, notify, path).ok()?;
        let id = dialog.id().clone();
        asked.early.push(id.clone());
        self.sessions.insert(id.clone(), Session::new(dialog, Usage::Subscription));
        Some(id)
    }

    pub(super) fn send_ack(
        &mut self,
        now: Instant,
        dialog: &DialogId,
        ack: Request,
        sequence: u32,
    ) -> Option<(SipPath, Bytes)> {
        self.sessions.get_mut(dialog)?.note_said(&ack.headers, &ack.body);
        let dialog = &self.sessions.get(dialog)?.dialog;
        let mut ack = dialog.ack(ack, sequence);
        let (next_hop, heard) = (dialog.next_hop(), dialog.path().hop());
        let hop = self.resolve_at_once(now, next_hop.as_ref(), heard);
        let via = self.via(hop.transport);
        ack.headers.push_front(HeaderName::Via, via);
        let path = SipPath::to(self.settings.local, hop);
        let octets = ack.encode();
        self.layer.send(path, octets.clone());
        Some((path, octets))
    }

    fn via(&mut self, transport: Transport) -> String {
        let local = self.settings.local;
        let host = match local.ip() {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        };
        let mut via = Via::new(transport.of_via(), host, Some(local.port()), self.tokens.branch());
        if transport == Transport::Udp {
            //= RFC3581-3:ask
            via.params.set_flag("rport");
        }
        via.to_string()
    }

    /// Adds who we are and, to an INVITE, what we can do.
    fn sign(&self, request: &mut Request) {
        if request.method == Method::Invite {
            self.add_abilities(&mut request.headers);
        }
        if !self.settings.product.is_empty() {
            add(&mut request.headers, HeaderName::UserAgent, || self.settings.product.clone());
        }
    }
}

fn subscription_key(request: &Request) -> Option<(ByteStr, ByteStr)> {
    if request.method != Method::Subscribe {
        return None;
    }
    let tag = request.headers.from_address().ok()?.tag()?.into();
    Some((request.headers.call_id().ok()?.clone(), tag))
}
