//! Calls of a controlling function to a client that answers by itself and has a free session (TS 24.379 6.3.2.2.5,
//! 10.1.1.3.2): no INVITE reaches the client, it is told by Connect.

use std::time::Instant;

use mcptt_codec::sdp::{McpttFmtp, SessionDescription};
use mcptt_codec::session::{ReasonCode, SessionType};
use mcptt_codec::sip::{HeaderName, Response, StatusCode};
use rand_core::RngCore;

use super::super::{ClientKey, Incoming, Participating};
use super::call::{Call, Far, State};
use super::originating::kind_of;
use super::{End, SessionRef};
use crate::bodies::{Bodies, InfoValues, description_part};
use crate::offer_answer::{self, OwnKeys, RemoteMedia};
use crate::policy::{Refusal, SessionRefusal};
use crate::service;

/// A session that a call fits into.
pub(in crate::participating) struct Free {
    at: SessionRef,
    offered: SessionDescription,
    remote: RemoteMedia,
}

impl Participating {
    /// A session of the client that no call uses and whose media is that of the call: nothing is transcoded. Keys for the
    /// called user cannot be given to it over a session.
    pub(in crate::participating) fn free_session(&self, client: &ClientKey, bodies: &Bodies) -> Option<Free> {
        let offered = bodies.description().ok()??;
        let remote = RemoteMedia::read(&offered)?;
        if offer_answer::is_end_to_end(&offered) || remote.is_relayed(&self.directory.config) {
            return None;
        }
        let format = remote.formats.first()?;
        let fits = |at: &SessionRef| {
            self.sessions.sessions.get(at).is_some_and(|session| {
                let own = session.remote.payload_type_of(format);
                session.call.is_none() && own == Some(format.payload_type)
            })
        };
        let at = self.sessions.of_client(client).find(fits)?;
        Some(Free { at, offered, remote })
    }

    /// Asks the client whether it accepts the call on a session.
    pub(in crate::participating) fn offer_to_session(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        free: Free,
        bodies: &Bodies,
        interval: String,
    ) -> Result<(), Refusal> {
        let Free { at, offered, remote } = free;
        let media = &self.directory.config.media;
        let protection = match remote.protected {
            true => {
                let accepted = remote.accept_key(&media.suites, media.dtls.as_ref(), &mut self.rng);
                Some(accepted.ok_or(Refusal::NoAcceptableAudio)?)
            }
            false => None,
        };
        let session = self.sessions.sessions.get(&at).ok_or(SessionRefusal::SessionUnknown)?;
        let user = session.client.mcptt_id.clone();
        let own = &session.remote.parameters;
        let parameters = McpttFmtp {
            queueing: remote.parameters.queueing && own.queueing,
            priority: remote
                .parameters
                .priority
                .map(|offered| own.priority.map_or(offered, |own| own.min(offered))),
            ..McpttFmtp::default()
        };
        let floor = remote.floor_or_off();
        let local = self.sessions.ports.for_answer(&user, remote.audio, floor);
        let local = local.ok_or(Refusal::ParticipatingOverload)?;
        let session_id = self.rng.next_u64() >> 1;
        let description = offer_answer::answer(&offered, session_id, local, protection.as_ref(), &parameters);
        let (identity, controlling) = self.session_of_focus(incoming);
        let contact = self.opaque_uri();
        let info = bodies.info.clone().unwrap_or_default();
        let kind = kind_of(&info);
        let supports_timer = incoming.request.headers.lists(&HeaderName::Supported, "timer");
        let call = Call {
            kind,
            group: (kind != SessionType::PRIVATE).then(|| info.calling_group().unwrap_or_default()),
            caller: info.caller().ok().flatten(),
            floor_control: remote.floor.is_some(),
            state: State::Offered {
                transaction: incoming.transaction,
                interval,
                supports_timer,
                contact: contact.clone(),
            },
            identity: Some(identity),
            asked: None,
            affiliates: None,
            referral: None,
            controlling,
            local,
            remote: Some((remote.audio, floor)),
            keys: OwnKeys::None,
            protection,
            description,
        };
        if let Some(session) = self.sessions.sessions.get_mut(&at) {
            session.call = Some(Box::new(call));
        }
        self.sessions.by_incoming.insert(incoming.transaction, at);
        //= 24.379-6.3.2.2.5.2:unconfirmed
        let mut progress = Response::new(StatusCode::SESSION_PROGRESS);
        progress.headers.push(HeaderName::Contact, service::contact(&contact, false));
        progress.headers.push(HeaderName::PAssertedIdentity, service::bracketed(&self.identity.uri));
        progress.headers.push(HeaderName::Supported, "norefersub");
        progress.headers.push(HeaderName::PAnswerState, "Unconfirmed");
        self.agent.respond(now, incoming.transaction, progress);
        self.connect_session(at, None);
        Ok(())
    }

    /// The client accepts that the call uses its session.
    pub(super) fn session_accepted(&mut self, now: Instant, at: SessionRef) {
        let own = service::bracketed(&self.identity.uri);
        let session = self.sessions.sessions.get_mut(&at);
        let Some(call) = session.and_then(|session| session.call.as_mut()) else { return };
        // A call that the client has made itself stands already.
        let State::Offered { transaction, interval, supports_timer, contact } = &call.state else { return };
        let (transaction, supports_timer, contact) = (*transaction, *supports_timer, contact.clone());
        let mut answer = Response::new(StatusCode::OK);
        answer.headers.push(HeaderName::Contact, service::contact(&contact, false));
        answer.headers.push(HeaderName::PAssertedIdentity, own);
        service::support_in_success(&mut answer.headers);
        answer.headers.push(HeaderName::PAnswerState, "Confirmed");
        answer.headers.push(HeaderName::SessionExpires, interval.as_str());
        if supports_timer {
            answer.headers.push(HeaderName::Require, "timer");
        }
        answer.set_parts(&[description_part(&call.description)]);
        self.sessions.by_incoming.remove(&transaction);
        let Some(dialog) = self.agent.respond(now, transaction, answer) else {
            return self.end_session_call(now, at, Far::Ended(StatusCode::REQUEST_TERMINATED), true);
        };
        if let Some(call) = self.sessions.sessions.get_mut(&at).and_then(|session| session.call.as_mut()) {
            call.state = State::Connected(dialog.clone());
        }
        self.sessions.by_dialog.insert(dialog, (at, End::Controlling));
    }

    /// The controlling function has taken its INVITE back.
    pub(in crate::participating) fn session_offer_cancelled(&mut self, now: Instant, at: SessionRef) {
        self.end_session_call(now, at, Far::Ended(StatusCode::REQUEST_TERMINATED), true);
    }

    /// The client does not take the call, or says nothing.
    pub(super) fn session_refused(&mut self, now: Instant, at: SessionRef, code: Option<ReasonCode>) {
        let status = match code {
            Some(ReasonCode::BUSY) => StatusCode::BUSY_HERE,
            _ => StatusCode::TEMPORARILY_UNAVAILABLE,
        };
        self.end_session_call(now, at, Far::Left(status), false);
    }
}
