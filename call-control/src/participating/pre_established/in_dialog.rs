//! What a client asks for in the dialog of its session: other media, another priority, the end; and REFER.

use std::time::Instant;

use mcptt_codec::sip::{HeaderName, Method, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;

use super::super::relay::copy_failure;
use super::super::{Incoming, Participating, Pending};
use super::{End, SessionPending, SessionRef};
use crate::bodies::{Bodies, description_part, info_part};
use crate::dialog::DialogId;
use crate::media::{MediaProtection, SessionCommand};
use crate::offer_answer;
use crate::policy::{Refusal, SessionRefusal};
use crate::transaction::{ClientTransactionId, ServerTransactionId};
use crate::user_agent::RequestError;

impl Participating {
    /// A request in one of the dialogs of a session.
    pub(in crate::participating) fn pre_established_request(
        &mut self,
        now: Instant,
        at: SessionRef,
        end: End,
        incoming: &Incoming<'_>,
    ) {
        let transaction = incoming.transaction;
        if end == End::Controlling {
            return self.controlling_request(now, at, transaction, incoming.request);
        }
        let outcome = match incoming.request.method {
            //= 24.379-8.4.2
            Method::Bye => {
                self.release_session(now, at, false);
                self.agent.respond(now, transaction, Response::new(StatusCode::OK));
                Ok(())
            }
            Method::Invite | Method::Update => self.session_refreshed(now, at, incoming),
            Method::Refer => self.referred(now, at, incoming),
            _ => {
                let refusal = Response::new(StatusCode::METHOD_NOT_ALLOWED);
                self.agent.respond(now, transaction, refusal);
                Ok(())
            }
        };
        if let Err(refusal) = outcome {
            self.refuse(now, incoming, refusal);
        }
    }

    /// The client keeps its session alive, changes its media (8.3.2), or asks for another priority of its call.
    fn session_refreshed(
        &mut self,
        now: Instant,
        at: SessionRef,
        incoming: &Incoming<'_>,
    ) -> Result<(), Refusal> {
        let request = incoming.request;
        let bodies = Bodies::read(&request.headers, &request.body)?;
        if bodies.description()?.is_some() {
            //= 24.379-8.3.2
            self.modify_session(at, &bodies)?;
        }
        if bodies.info.is_some() && self.pass_to_controlling(now, at, incoming, &bodies) {
            return Ok(());
        }
        let answer = self.session_answered(at, request);
        self.agent.respond(now, incoming.transaction, answer);
        Ok(())
    }

    /// The 200 to a request of the client in the dialog of its session.
    fn session_answered(&self, at: SessionRef, request: &Request) -> Response {
        let mut answer = self.identity_answer();
        let described = !request.body.is_empty() || request.method == Method::Invite;
        if let (true, Some(session)) = (described, self.sessions.sessions.get(&at)) {
            answer.set_parts(&[description_part(&session.description)]);
        }
        answer
    }

    /// Takes other addresses or keys of the client into use; what stays as it was changes nothing.
    fn modify_session(&mut self, at: SessionRef, bodies: &Bodies) -> Result<(), Refusal> {
        let (offered, remote, floor) = self.session_offer(bodies)?;
        let Some(session) = self.sessions.sessions.get(&at) else { return Ok(()) };
        if session.remote.is_where(&remote) {
            return Ok(());
        }
        let (client, before, here) =
            (session.client.clone(), (session.remote.audio, session.floor), session.local);
        //= RFC8842-5.1
        let agreed = session.protection.as_ref().and_then(MediaProtection::association);
        let goes_on =
            agreed.zip(remote.dtls.as_ref()).filter(|(agreed, offered)| !offered.asks_for_another(agreed));
        // Elsewhere it is another one, whatever it is called.
        let moved = before != (remote.audio, floor);
        let protection = match goes_on.filter(|_| !moved) {
            Some((agreed, _)) => Some(MediaProtection::Dtls(agreed.clone())),
            None => self.session_protection(&client, &remote)?,
        };
        let local = match moved {
            true => self.sessions.ports.for_answer(&client.mcptt_id, remote.audio, floor),
            false => Some(here),
        };
        let local = local.ok_or(SessionRefusal::SessionOverload)?;
        let description = self.session_answer(&offered, local, protection.as_ref(), &remote);
        let Some(session) = self.sessions.sessions.get_mut(&at) else { return Ok(()) };
        if moved {
            self.sessions.ports.release(&client.mcptt_id, session.local, Some(before));
        }
        session.description = description.succeeding(&session.description);
        session.audio = offered.audio().cloned().unwrap_or_else(|| session.audio.clone());
        (session.local, session.floor, session.protection) = (local, floor, protection);
        session.remote = remote;
        let media = session.media();
        self.session_media(SessionCommand::Modified { session: at.reference(), client: media });
        Ok(())
    }

    /// Passes a request for another priority on to the controlling function of the call. False: there is no call to pass it
    /// on to.
    fn pass_to_controlling(
        &mut self,
        now: Instant,
        at: SessionRef,
        incoming: &Incoming<'_>,
        bodies: &Bodies,
    ) -> bool {
        let session = self.sessions.sessions.get(&at);
        let call = session.and_then(|session| session.call.as_ref());
        let Some((call, dialog)) = call.and_then(|call| Some((call, call.dialog()?.clone()))) else {
            return false;
        };
        let mut onward = Request::new(Method::Invite, ByteStr::EMPTY);
        onward.headers.copy_from(&incoming.request.headers, &HeaderName::ResourcePriority);
        let description = description_part(&offer_answer::later(&call.description));
        let info = bodies.info.as_ref().map(info_part);
        onward.set_parts(&[description].into_iter().chain(info).collect::<Vec<_>>());
        match self.agent.request_in_dialog(now, &dialog, onward) {
            Ok(own) => {
                let passed = SessionPending::Passed(incoming.transaction);
                self.pending.insert(own, Pending::Session(at, passed));
            }
            Err(RequestError::InvitePending | RequestError::OfferPending) => {
                let pending = Response::new(StatusCode::REQUEST_PENDING);
                self.agent.respond(now, incoming.transaction, pending);
            }
            Err(_) => {
                let gone = Response::new(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST);
                self.agent.respond(now, incoming.transaction, gone);
            }
        }
        true
    }

    /// What became of a request about a session.
    pub(in crate::participating) fn session_response(
        &mut self,
        now: Instant,
        at: SessionRef,
        what: SessionPending,
        transaction: ClientTransactionId,
        dialog: Option<DialogId>,
        response: &Response,
    ) {
        match what {
            SessionPending::Invite => self.session_invite_answered(now, at, transaction, dialog, response),
            SessionPending::Refresh(end) if response.status.is_final() => {
                self.session_refresh_answered(now, at, end, response);
            }
            SessionPending::Passed(answer) if response.status.is_final() => {
                self.passed_answered(now, at, answer, response);
            }
            SessionPending::Refresh(_) | SessionPending::Passed(_) => {}
        }
    }

    /// The controlling function has answered what its client asked for.
    fn passed_answered(
        &mut self,
        now: Instant,
        at: SessionRef,
        transaction: ServerTransactionId,
        response: &Response,
    ) {
        let mut answer = Response::new(response.status);
        let session = self.sessions.sessions.get(&at);
        if let (true, Some(session)) = (response.status.is_success(), session) {
            let description = session.description.clone();
            answer = self.identity_answer();
            answer.headers.copy_from(&response.headers, &HeaderName::Warning);
            let bodies = Bodies::read(&response.headers, &response.body).unwrap_or_default();
            let info = bodies.info.as_ref().map(info_part);
            let parts = [description_part(&description)].into_iter().chain(info);
            answer.set_parts(&parts.collect::<Vec<_>>());
        } else {
            copy_failure(response, &mut answer);
        }
        self.agent.respond(now, transaction, answer);
        self.session_refresh_answered(now, at, End::Controlling, response);
    }
}
