//! Calls that a client makes over its session by REFER, and their end by REFER (TS 24.379 10.1.1.3.1.2, 11.1.1.3.1.2,
//! 11.1.3.2.1.2).

use std::time::Instant;

use mcptt_codec::id::GroupId;
use mcptt_codec::sdp::{McpttFmtp, MediaDescription, SessionDescription};
use mcptt_codec::session::SessionType as KindOfCall;
use mcptt_codec::sip::{HeaderName, Method, Part, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, McpttUri, SessionType};
use mcptt_codec::xml::mime;
use mcptt_codec::xml::resource_lists::{Entry, ResourceLists};

use super::super::identity::Originator;
use super::super::originating::GroupCall;
use super::super::{ClientKey, Incoming, Participating, Pending};
use super::call::{Call, Far, State};
use super::{End, SessionPending, SessionRef};
use crate::bodies::{Bodies, description_part, info_part};
use crate::config::PeerFunction;
use crate::dialog::DialogId;
use crate::directory::Canonical;
use crate::offer_answer::{self, OwnKeys, RemoteMedia, Wanted};
use crate::policy::{Refusal, SessionRefusal};
use crate::private_call::PrivateCallKind;
use crate::refer::{Referral, Target};
use crate::service;
use crate::transaction::ClientTransactionId;

/// What a REFER asks for, as far as it says so itself.
struct Wish {
    info: McpttInfo,
    /// Parts besides mcptt-info and description.
    further: Vec<Part>,
    /// The description that the entry brings, for what it changes in the media of the session.
    description: Option<SessionDescription>,
}

/// Where a wish leads.
struct Admitted {
    group: Option<GroupId>,
    affiliates: bool,
    controlling: PeerFunction,
    invite: Request,
}

impl Wish {
    fn read(target: &Target) -> Result<Self, Refusal> {
        let parts = target.parts().map_err(|_| Refusal::BodyUnreadable)?;
        let bodies = Bodies { info: None, parts };
        let info = match bodies.part(mime::MCPTT_INFO) {
            Some(part) => McpttInfo::parse(&part.body).map_err(|_| Refusal::BodyUnreadable)?,
            None => McpttInfo::default(),
        };
        let description = bodies.description()?;
        // Keys for the called user would not reach it: the description does not go on.
        if description.as_ref().is_some_and(offer_answer::is_end_to_end) {
            return Err(Refusal::NoAcceptableAudio);
        }
        let own = |part: &Part| part.is(mime::MCPTT_INFO) || part.is(mime::SDP);
        let further = bodies.parts.into_iter().filter(|part| !own(part)).collect();
        Ok(Self { info, further, description })
    }

    /// Whether there is floor control in the call, and with which parameters.
    fn floor(&self, of_session: &McpttFmtp) -> (bool, McpttFmtp) {
        let kept = McpttFmtp {
            queueing: of_session.queueing,
            priority: of_session.priority,
            ..McpttFmtp::default()
        };
        let Some(description) = &self.description else { return (true, kept) };
        let floor = description.floor_control().filter(|floor| !floor.is_refused());
        let Some(floor) = floor else { return (false, kept) };
        let said = floor.mcptt_fmtp().ok().flatten().unwrap_or_default();
        if said.no_floor_control {
            return (false, kept);
        }
        let parameters = McpttFmtp {
            queueing: said.queueing,
            priority: said.priority,
            implicit_request: said.implicit_request,
            // A grant in the answer of the controlling function would not reach the client: Floor Granted does.
            ..McpttFmtp::default()
        };
        (true, parameters)
    }
}

impl Participating {
    /// A REFER outside of a dialog: its Request-URI, or the dialog that it names, says which session is meant.
    pub(in crate::participating) fn referred_outside(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
    ) -> Result<(), Refusal> {
        let by_uri = Canonical::of(&incoming.request.uri).and_then(|uri| self.sessions.behind(&uri));
        let at = by_uri.or_else(|| self.session_of_target(incoming)).ok_or(SessionRefusal::SessionUnknown)?;
        let originator = self.originator(incoming)?;
        let session = self.sessions.sessions.get(&at).ok_or(SessionRefusal::SessionUnknown)?;
        if session.originator.public_user_id != originator.public_user_id {
            return Err(Refusal::IdentityNotBelieved);
        }
        self.referred(now, at, incoming)
    }

    /// The session whose dialog a REFER names (RFC 4538), from whichever side it sees the tags.
    fn session_of_target(&self, incoming: &Incoming<'_>) -> Option<SessionRef> {
        let referral = self.agent.read_referral(incoming.request).ok()?;
        let named = referral.target_dialog?;
        //= RFC4538-6:match
        let tags = [named.local_tag(), named.remote_tag()];
        let is_it = |dialog: &DialogId| {
            let same_call = dialog.call_id.as_str() == named.call_id.as_str();
            same_call
                && [&dialog.local_tag, &dialog.remote_tag].iter().all(|tag| tags.contains(&tag.as_str()))
        };
        let mut sessions = self.sessions.sessions.iter();
        sessions.find(|(_, session)| is_it(&session.dialog)).map(|(at, _)| *at)
    }

    /// A REFER about a session.
    pub(super) fn referred(
        &mut self,
        now: Instant,
        at: SessionRef,
        incoming: &Incoming<'_>,
    ) -> Result<(), Refusal> {
        let referral = match self.agent.read_referral(incoming.request) {
            Ok(referral) => referral,
            Err(refusal) => {
                self.agent.respond(now, incoming.transaction, *refusal);
                return Ok(());
            }
        };
        //= 24.379-10.1.1.3.1.2:multi
        let [target] = referral.targets.as_slice() else { return Err(SessionRefusal::SeveralEntries.into()) };
        match target.method {
            Method::Invite => self.call_over_session(now, at, incoming, &referral, target),
            Method::Bye => self.end_by_referral(now, at, incoming, &referral, target),
            _ => Err(SessionRefusal::MethodNotServed.into()),
        }
    }

    fn call_over_session(
        &mut self,
        now: Instant,
        at: SessionRef,
        incoming: &Incoming<'_>,
        referral: &Referral,
        target: &Target,
    ) -> Result<(), Refusal> {
        //= 24.379-10.1.1.3.1.2
        if self.shutting_down {
            return Err(Refusal::ShuttingDown);
        }
        let wish = Wish::read(target)?;
        let session = self.sessions.sessions.get(&at).ok_or(SessionRefusal::SessionUnknown)?;
        if session.call.is_some() {
            return Err(SessionRefusal::SessionInUse.into());
        }
        let (client, originator) = (session.client.clone(), session.originator.clone());
        let (floor_control, parameters) = wish.floor(&session.remote.parameters);
        let audio = session.audio.clone();
        let wanted = Wanted::of(session.protection.is_none(), false);
        let keys = OwnKeys::of(&self.directory.config.media, wanted, &mut self.rng);
        let local = self.sessions.ports.for_offer(&client.mcptt_id).ok_or(SessionRefusal::SessionOverload)?;
        let audio = MediaDescription::speech_like(&audio, local.audio.port(), keys.protocol());
        let session_id = rand_core::RngCore::next_u64(&mut self.rng) >> 1;
        let description = match floor_control {
            true => offer_answer::offer(session_id, local, audio, &keys, &parameters),
            //= 24.379-11.1:fmtp
            false => offer_answer::audio_offer(session_id, local, audio, &keys),
        };
        let kind = kind_of(&wish.info);
        let admitted = self.admit(&client, &originator, incoming.request, target, wish, &description);
        let admitted = admitted.inspect_err(|_| {
            self.sessions.ports.release(&client.mcptt_id, local, None);
        })?;
        let mut answer = Response::new(StatusCode::OK);
        answer.headers.push(HeaderName::PAssertedIdentity, service::bracketed(&self.identity.uri));
        answer.headers.push(HeaderName::Supported, "norefersub");
        //= 24.379-10.1.1.3.1.2:refer
        //= 24.379-10.1.1.3.1.2:norefersub
        let told = self.agent.accept_referral(now, incoming.transaction, referral, answer);
        let transaction = self.agent.request(now, admitted.invite, admitted.controlling.address);
        self.pending.insert(transaction, Pending::Session(at, SessionPending::Invite));
        let call = Call {
            kind,
            affiliates: admitted.group.clone().filter(|_| admitted.affiliates),
            group: admitted.group,
            caller: None,
            floor_control,
            state: State::Calling(transaction),
            identity: None,
            asked: Some(target.uri.to_string().into()),
            referral: told,
            controlling: admitted.controlling,
            local,
            remote: None,
            keys,
            protection: None,
            description,
        };
        if let Some(session) = self.sessions.sessions.get_mut(&at) {
            session.call = Some(Box::new(call));
        }
        Ok(())
    }

    /// Checks a wish as if it had come by INVITE, and makes the INVITE for it.
    fn admit(
        &mut self,
        client: &ClientKey,
        originator: &Originator,
        refer: &Request,
        target: &Target,
        wish: Wish,
        description: &SessionDescription,
    ) -> Result<Admitted, Refusal> {
        let Wish { mut info, mut further, .. } = wish;
        let kind = PrivateCallKind::of(&info)?;
        let named = target.uri.to_string();
        if kind.is_some() && !further.iter().any(|part| part.is(mime::RESOURCE_LISTS)) {
            let list = ResourceLists::of([Entry::to(named.as_str())]);
            further.push(Part::new(mime::RESOURCE_LISTS, list.to_xml()));
        }
        if kind.is_none() && info.request_uri.is_none() {
            info.request_uri = Some(Content::Normal(McpttUri::from(named.as_str())));
        }
        let mut parts = vec![description_part(description), info_part(&info)];
        parts.extend(further);
        let bodies = Bodies { parts, info: Some(info) };
        let received = as_received(refer, target);
        if let Some(kind) = kind {
            let (controlling, bodies) = self.admit_private_call(client, &bodies, &received.headers, kind)?;
            let invite = self.private_invite(&received, originator, client, &controlling, &bodies, kind);
            return Ok(Admitted { group: None, affiliates: false, controlling, invite });
        }
        // The client comes back to a call that it knows by our URI.
        let session = Canonical::of_uri(&target.uri).and_then(|uri| self.relays.session_behind(&uri));
        let admitted = self.admit_group_call(client, &bodies, session.as_ref())?;
        self.note_location(client, &bodies);
        let GroupCall { group, controlling, implicit_affiliation } = admitted;
        let uri = session.map_or_else(|| controlling.identity.clone(), |session| session.identity);
        let invite = self.invite_to_controlling(&received, originator, client, &controlling, uri, &bodies);
        Ok(Admitted { group: Some(group), affiliates: implicit_affiliation, controlling, invite })
    }

    /// An answer of the controlling function to the INVITE of a call over a session.
    pub(super) fn session_invite_answered(
        &mut self,
        now: Instant,
        at: SessionRef,
        transaction: ClientTransactionId,
        dialog: Option<DialogId>,
        response: &Response,
    ) {
        let session = self.sessions.sessions.get_mut(&at);
        let Some(call) = session.and_then(|session| session.call.as_mut()) else { return };
        // What came in spite of our CANCEL was ended by the user agent.
        if !matches!(call.state, State::Calling(own) if own == transaction) {
            return;
        }
        if response.status.is_provisional() {
            if let Some(referral) = call.referral.clone() {
                self.agent.tell_referrer(now, &referral, response.status);
            }
            return;
        }
        if !response.status.is_success() {
            return self.end_session_call(now, at, Far::Ended(response.status), true);
        }
        let Some(dialog) = dialog else {
            return self.end_session_call(now, at, Far::Ended(StatusCode::NOT_ACCEPTABLE_HERE), true);
        };
        if self.take_answer(at, &dialog, response).is_none() {
            let _ = self.agent.bye(now, &dialog);
            return self.end_session_call(now, at, Far::Ended(StatusCode::NOT_ACCEPTABLE_HERE), true);
        }
        self.sessions.by_dialog.insert(dialog, (at, End::Controlling));
        //= 24.380-9.1
        self.connect_session(at, Some(response));
        let Some(session) = self.sessions.sessions.get_mut(&at) else { return };
        let client = session.client.clone();
        let Some(call) = session.call.as_mut() else { return };
        let (affiliates, referral) = (call.affiliates.take(), call.referral.take());
        if let Some(referral) = referral {
            self.agent.tell_referrer(now, &referral, StatusCode::OK);
        }
        if let Some(group) = affiliates {
            self.implicitly_affiliated(now, &client, &group);
        }
    }

    /// Takes the media of the answer into use. `None`: it cannot be used.
    fn take_answer(&mut self, at: SessionRef, dialog: &DialogId, response: &Response) -> Option<()> {
        let bodies = Bodies::read(&response.headers, &response.body).ok()?;
        let remote = RemoteMedia::read(&bodies.description().ok()??)?;
        let contact = service::address(&response.headers, &HeaderName::Contact)?;
        let controlling = self.sessions.sessions.get(&at)?.call.as_ref()?.controlling.clone();
        let identity = self.uri_of_session(&contact.to_string().into(), controlling);
        if remote.is_relayed(&self.directory.config) {
            return None;
        }
        let call = self.sessions.sessions.get_mut(&at)?.call.as_mut()?;
        if call.floor_control && remote.floor.is_none() {
            return None;
        }
        call.protection = call.keys.agreed(&remote)?;
        let floor = remote.floor_or_off();
        if !self.sessions.ports.bind(call.local, remote.audio, floor) {
            return None;
        }
        call.remote = Some((remote.audio, floor));
        call.identity = Some(identity);
        call.state = State::Connected(dialog.clone());
        Some(())
    }

    /// The client ends the call over its session, which goes on.
    fn end_by_referral(
        &mut self,
        now: Instant,
        at: SessionRef,
        incoming: &Incoming<'_>,
        referral: &Referral,
        target: &Target,
    ) -> Result<(), Refusal> {
        let named = Canonical::of_uri(&target.uri);
        let call = self.sessions.sessions.get(&at).and_then(|session| session.call.as_ref());
        let is_it = |text: &Option<ByteStr>| text.as_deref().and_then(Canonical::of) == named;
        let known = call.is_some_and(|call| is_it(&call.identity) || is_it(&call.asked));
        if named.is_none() || !known {
            return Err(SessionRefusal::NoSuchCall.into());
        }
        //= 24.379-11.1.3.2.1.2:server
        let mut answer = Response::new(StatusCode::OK);
        answer.headers.push(HeaderName::PAssertedIdentity, service::bracketed(&self.identity.uri));
        answer.headers.push(HeaderName::Supported, "norefersub");
        let told = self.agent.accept_referral(now, incoming.transaction, referral, answer);
        self.end_session_call(now, at, Far::Left(StatusCode::REQUEST_TERMINATED), true);
        if let Some(told) = told {
            self.agent.tell_referrer(now, &told, StatusCode::OK);
        }
        Ok(())
    }
}

/// The INVITE that the client would have sent: what the entry says goes before what the REFER says.
fn as_received(refer: &Request, target: &Target) -> Request {
    let mut received = Request::new(Method::Invite, ByteStr::EMPTY);
    received.headers.copy_from(&refer.headers, &HeaderName::AcceptContact);
    for name in [
        HeaderName::ResourcePriority,
        HeaderName::AnswerMode,
        HeaderName::PrivAnswerMode,
        HeaderName::Privacy,
    ] {
        let from = if target.headers.contains(&name) { &target.headers } else { &refer.headers };
        received.headers.copy_from(from, &name);
    }
    received
}

/// The kind of a call as Connect says it.
pub(super) const fn kind_of(info: &McpttInfo) -> KindOfCall {
    match info.session_type {
        Some(SessionType::Chat) => KindOfCall::CHAT,
        Some(SessionType::Private | SessionType::FirstToAnswer | SessionType::AmbientListening) => {
            KindOfCall::PRIVATE
        }
        _ => KindOfCall::PREARRANGED,
    }
}
