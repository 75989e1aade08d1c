//! Pre-established sessions (TS 24.379 8): a client agrees on its media before it needs it, and the calls to come use it.
//!
//! The function answers the INVITE of such a session itself and relays the media of the call that uses the session between
//! two legs: the client's, which stays, and one towards the controlling function for each call. A call begins with a REFER
//! of the client ([`originating`]) or with an INVITE of a controlling function ([`terminating`]); either way the client is
//! told by the media plane (TS 24.380 9).

mod call;
mod in_dialog;
mod originating;
mod terminating;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Instant;

use mcptt_codec::id::{CallRef, ClientId, LegRef, McpttId};
use mcptt_codec::sdp::{MediaDescription, SessionDescription};
use mcptt_codec::session::MediaStreams;
use mcptt_codec::sip::field::PriorityShare;
use mcptt_codec::sip::{HeaderName, Headers, Method, Refresher, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;
use rand_core::RngCore;

use self::call::{Call, Far};
use super::identity::Originator;
use super::{ClientKey, Incoming, Participating};
use crate::Output;
use crate::bodies::{Bodies, InfoValues, description_part};
use crate::config::{Config, ResourceSharing};
use crate::dialog::DialogId;
use crate::directory::Canonical;
use crate::event::Event;
use crate::media::{
    self, MediaCommand, MediaEndpoint, MediaIndication, MediaProtection, PeerMedia, SESSIONS, SessionCommand,
};
use crate::offer_answer::{self, LocalMedia, RemoteMedia};
use crate::policy::{Refusal, SessionRefusal};
use crate::ports::Ports;
use crate::service;
use crate::transaction::ServerTransactionId;

/// The two legs of what is relayed.
const CLIENT: LegRef = LegRef(1);
const CONTROLLING: LegRef = LegRef(2);

/// One pre-established session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SessionRef(u64);

impl SessionRef {
    /// What the media plane calls it.
    const fn reference(self) -> CallRef {
        CallRef(SESSIONS | self.0)
    }

    const fn of(reference: CallRef) -> Option<Self> {
        if media::is_session(reference) { Some(Self(reference.0 & !SESSIONS)) } else { None }
    }
}

/// The dialogs of a session: the one that it is, and the one of the call that uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum End {
    Client,
    Controlling,
}

/// What waits for the outcome of a request about a session.
#[derive(Clone, Copy, Debug)]
pub(super) enum SessionPending {
    /// INVITE to a controlling function.
    Invite,
    /// A refresh, or something that was passed on without anybody waiting for its outcome.
    Refresh(End),
    /// A request for another priority that was passed on to the controlling function.
    Passed(ServerTransactionId),
}

#[derive(Debug)]
pub(super) struct Session {
    originator: Originator,
    client: ClientKey,
    /// The URI that stands for it.
    uri: ByteStr,
    dialog: DialogId,
    local: LocalMedia,
    remote: RemoteMedia,
    floor: SocketAddr,
    protection: Option<MediaProtection>,
    /// The audio of the offer: its attributes are offered to controlling functions.
    audio: MediaDescription,
    /// What we said last.
    description: SessionDescription,
    /// The call that uses it.
    call: Option<Box<Call>>,
}

impl Session {
    /// The side of the client, for the media plane.
    fn media(&self) -> PeerMedia {
        PeerMedia {
            user: Some(self.client.mcptt_id.clone()),
            leg: CLIENT,
            audio: MediaEndpoint { local: self.local.audio, remote: self.remote.audio },
            floor: MediaEndpoint { local: self.local.floor, remote: self.floor },
            protection: self.protection.clone(),
        }
    }

    /// The numbers of the streams in the description, for a call with or without floor control.
    fn streams(&self, floor_control: bool) -> MediaStreams {
        let number = |wanted: fn(&MediaDescription) -> bool| {
            let place = self.description.media.iter().position(|media| !media.is_refused() && wanted(media));
            place.and_then(|place| u8::try_from(place.saturating_add(1)).ok()).unwrap_or_default()
        };
        let audio = number(|media| media.kind.eq_ignore_ascii_case("audio"));
        let floor = number(MediaDescription::is_floor_control);
        MediaStreams { audio, floor_control: if floor_control { floor } else { 0 } }
    }
}

/// All pre-established sessions.
#[derive(Debug)]
pub(super) struct PreEstablished {
    sessions: BTreeMap<SessionRef, Session>,
    of_client: BTreeSet<(ClientKey, SessionRef)>,
    by_dialog: BTreeMap<DialogId, (SessionRef, End)>,
    by_uri: BTreeMap<Canonical, SessionRef>,
    /// INVITEs of controlling functions that wait for the client to accept.
    by_incoming: BTreeMap<ServerTransactionId, SessionRef>,
    ports: Ports,
    next: u64,
}

impl PreEstablished {
    pub fn new(config: &Config) -> Self {
        let own = &config.pre_established;
        Self {
            sessions: BTreeMap::new(),
            of_client: BTreeSet::new(),
            by_dialog: BTreeMap::new(),
            by_uri: BTreeMap::new(),
            by_incoming: BTreeMap::new(),
            ports: Ports::new(config.media.address, &own.audio_ports, &own.floor_ports),
            next: 0,
        }
    }

    /// The session that a dialog belongs to, and which of its two it is.
    pub fn of_dialog(&self, dialog: &DialogId) -> Option<(SessionRef, End)> {
        self.by_dialog.get(dialog).copied()
    }

    /// The session whose URI this is.
    pub fn behind(&self, uri: &Canonical) -> Option<SessionRef> {
        self.by_uri.get(uri).copied()
    }

    /// The session whose client has not accepted this INVITE yet.
    pub fn of_incoming(&self, transaction: ServerTransactionId) -> Option<SessionRef> {
        self.by_incoming.get(&transaction).copied()
    }

    /// Calls of a user over its sessions, those with other users or those of groups.
    pub fn calls_of(&self, user: &McpttId, private: bool) -> usize {
        let from = ClientKey { mcptt_id: user.clone(), client_id: ClientId::default() };
        let all = self.of_client.range((from, SessionRef::default())..);
        let own = all.take_while(|(client, _)| client.mcptt_id == *user);
        let call = |at: &SessionRef| self.sessions.get(at).and_then(|session| session.call.as_ref());
        own.filter(|(_, at)| call(at).is_some_and(|call| call.is_private() == private)).count()
    }

    fn of_client(&self, client: &ClientKey) -> impl Iterator<Item = SessionRef> {
        let client = client.clone();
        let from = self.of_client.range((client.clone(), SessionRef::default())..);
        from.take_while(move |(of, _)| *of == client).map(|(_, at)| *at)
    }
}

impl Participating {
    /// An INVITE to the public service identity of pre-established sessions (8.2.2).
    pub(super) fn establish_session(&mut self, now: Instant, incoming: &Incoming<'_>) -> Result<(), Refusal> {
        //= 24.379-8.2.2:1
        if self.sessions.sessions.len() >= self.directory.config.limits.relayed_sessions {
            return Err(SessionRefusal::SessionOverload.into());
        }
        let originator = self.originator(incoming)?;
        let bodies = Bodies::read(&incoming.request.headers, &incoming.request.body)?;
        let named = bodies.info.as_ref().map(InfoValues::client).transpose()?.flatten();
        let client = self.served_client(now, &originator, incoming, named.as_ref())?;
        self.may_have_session(&client)?;
        let (offered, remote, floor) = self.session_offer(&bodies)?;
        let protection = self.session_protection(&client, &remote)?;
        let audio = offered.audio().cloned().ok_or(SessionRefusal::SessionMediaMissing)?;
        let interval =
            service::interval(now, &incoming.request.headers, &self.directory.config.policy, Refresher::Uac)?;
        let local = self.sessions.ports.for_answer(&client.mcptt_id, remote.audio, floor);
        let local = local.ok_or(SessionRefusal::SessionOverload)?;
        let description = self.session_answer(&offered, local, protection.as_ref(), &remote);
        let user = self.token();
        let uri = ByteStr::from(format!("sip:pre-{user}@{}", self.directory.config.participating.address));

        let mut answer = Response::new(StatusCode::OK);
        let headers = &mut answer.headers;
        //= 24.379-8.2.2:9
        headers.push(HeaderName::Contact, service::contact(&uri, true));
        headers.push(HeaderName::PAssertedIdentity, service::bracketed(&self.identity.uri));
        service::support_in_success(headers);
        headers.push(HeaderName::SessionExpires, interval);
        if incoming.request.headers.lists(&HeaderName::Supported, "timer") {
            headers.push(HeaderName::Require, "timer");
        }
        self.allow_priority_share(&client, &mut answer.headers);
        answer.set_parts(&[description_part(&description)]);
        let Some(dialog) = self.agent.respond(now, incoming.transaction, answer) else {
            self.sessions.ports.release(&client.mcptt_id, local, Some((remote.audio, floor)));
            return Ok(());
        };
        self.sessions.next = self.sessions.next.wrapping_add(1);
        let at = SessionRef(self.sessions.next & !SESSIONS);
        let session = Session {
            originator,
            client: client.clone(),
            uri: uri.clone(),
            dialog: dialog.clone(),
            local,
            remote,
            floor,
            protection,
            audio,
            description,
            call: None,
        };
        let media = session.media();
        self.sessions.by_dialog.insert(dialog, (at, End::Client));
        self.sessions.by_uri.extend(Canonical::of(&uri).map(|uri| (uri, at)));
        self.sessions.of_client.insert((client.clone(), at));
        self.sessions.sessions.insert(at, session);
        self.session_media(SessionCommand::Established { session: at.reference(), client: media });
        let ClientKey { mcptt_id, client_id } = client;
        self.event(Event::SessionEstablished { session: at.reference(), mcptt_id, client_id });
        Ok(())
    }

    fn may_have_session(&self, client: &ClientKey) -> Result<(), Refusal> {
        let own = &self.directory.config.pre_established;
        let user = self.rules_of(client).ok_or(Refusal::UserUnknown)?;
        //= 24.379-8.2.2:2
        if !user.pre_established_sessions {
            return Err(SessionRefusal::SessionNotAllowed.into());
        }
        if self.sessions.of_client(client).count() >= own.per_client {
            return Err(SessionRefusal::TooManySessions.into());
        }
        //= 24.379-8.1A
        if own.resource_sharing == ResourceSharing::Announced {
            let known = self.clients.get(client).and_then(|known| self.registrar.binding(known.binding));
            if !known.is_some_and(|binding| binding.shares_resources) {
                return Err(SessionRefusal::ResourcesNotShared.into());
            }
        }
        Ok(())
    }

    /// Says that the sessions of a client may share their priority on its access, where the SIP core wants to know it.
    pub(super) fn allow_priority_share(&self, client: &ClientKey, headers: &mut Headers) {
        let known = self.clients.get(client).and_then(|known| self.registrar.binding(known.binding));
        if known.is_some_and(|binding| binding.shares_priority) {
            //= 24.379-6.7
            headers.push(HeaderName::PriorityShare, PriorityShare::ALLOWED.as_str());
        }
    }

    /// The offer of a session: both streams, neither of them at an address of ours.
    fn session_offer(
        &self,
        bodies: &Bodies,
    ) -> Result<(SessionDescription, RemoteMedia, SocketAddr), Refusal> {
        let config = &self.directory.config;
        let missing = SessionRefusal::SessionMediaMissing;
        //= 24.379-8.2.2:6
        let offered = bodies.description()?.ok_or(missing)?;
        let remote = RemoteMedia::elsewhere(&offered, config).filter(|remote| !remote.is_relayed(config));
        let remote = remote.ok_or(missing)?;
        let floor = remote.floor.ok_or(missing)?;
        Ok((offered, remote, floor))
    }

    fn session_protection(
        &mut self,
        client: &ClientKey,
        remote: &RemoteMedia,
    ) -> Result<Option<MediaProtection>, Refusal> {
        let config = &self.directory.config;
        if remote.protected {
            let media = &config.media;
            let accepted = remote.accept_key(&media.suites, media.dtls.as_ref(), &mut self.rng);
            return accepted.map(Some).ok_or(SessionRefusal::SessionMediaMissing.into());
        }
        let plain = self.rules_of(client).is_some_and(|user| user.plain_rtp);
        match plain && config.media.plain_rtp {
            true => Ok(None),
            false => Err(SessionRefusal::SessionMediaMissing.into()),
        }
    }

    /// Our description of a session: what was offered, as the controlling functions of the calls decide about the floor.
    fn session_answer(
        &mut self,
        offered: &SessionDescription,
        local: LocalMedia,
        protection: Option<&MediaProtection>,
        remote: &RemoteMedia,
    ) -> SessionDescription {
        let parameters = mcptt_codec::sdp::McpttFmtp {
            queueing: remote.parameters.queueing,
            priority: remote.parameters.priority,
            ..Default::default()
        };
        let session_id = self.rng.next_u64() >> 1;
        offer_answer::answer(offered, session_id, local, protection, &parameters)
    }

    /// Ends a session, and the call that uses it first. `bye`: the client has to be told.
    pub(super) fn release_session(&mut self, now: Instant, at: SessionRef, bye: bool) {
        //= 24.379-8.4.2
        self.end_session_call(now, at, Far::Left(StatusCode::TEMPORARILY_UNAVAILABLE), false);
        let Some(session) = self.sessions.sessions.remove(&at) else { return };
        self.sessions.by_dialog.remove(&session.dialog);
        if let Some(uri) = Canonical::of(&session.uri) {
            self.sessions.by_uri.remove(&uri);
        }
        self.sessions.of_client.remove(&(session.client.clone(), at));
        let remote = (session.remote.audio, session.floor);
        self.sessions.ports.release(&session.client.mcptt_id, session.local, Some(remote));
        self.session_media(SessionCommand::Released { session: at.reference() });
        if bye {
            let bye = Request::new(Method::Bye, ByteStr::EMPTY);
            // A dialog that is gone needs no BYE.
            let _ = self.agent.request_in_dialog(now, &session.dialog, bye);
        }
        let ClientKey { mcptt_id, client_id } = session.client;
        self.event(Event::SessionReleased { session: at.reference(), mcptt_id, client_id });
    }

    /// The client is no longer authorised for the service.
    pub(super) fn end_sessions_of(&mut self, now: Instant, client: &ClientKey) {
        let own: Vec<SessionRef> = self.sessions.of_client(client).collect();
        for at in own {
            self.release_session(now, at, true);
        }
    }

    /// Ends every session.
    pub(super) fn end_all_sessions(&mut self, now: Instant) {
        let all: Vec<SessionRef> = self.sessions.sessions.keys().copied().collect();
        for at in all {
            self.release_session(now, at, true);
        }
    }

    /// One of the two dialogs of a session does not exist any more.
    pub(super) fn session_dialog_lost(&mut self, now: Instant, at: SessionRef, end: End) {
        match end {
            End::Client => self.release_session(now, at, true),
            End::Controlling => {
                self.end_session_call(now, at, Far::Left(StatusCode::TEMPORARILY_UNAVAILABLE), true);
            }
        }
    }

    /// Whether what the media plane reports concerns a session of this function.
    pub fn concerns(indication: &MediaIndication) -> bool {
        media::is_session(indication.call())
    }

    /// What the media plane reports about a session.
    pub fn handle_media(&mut self, now: Instant, indication: MediaIndication) {
        let Some(at) = SessionRef::of(indication.call()) else { return };
        match indication {
            MediaIndication::SessionAccepted { .. } => self.session_accepted(now, at),
            MediaIndication::SessionRefused { code, .. } => self.session_refused(now, at, Some(code)),
            MediaIndication::SessionNotAnswered { .. } => self.session_refused(now, at, None),
            MediaIndication::SessionUnusable { leg: Some(CONTROLLING), .. } => {
                self.end_session_call(now, at, Far::Left(StatusCode::TEMPORARILY_UNAVAILABLE), true);
            }
            MediaIndication::SessionUnusable { leg: None, .. } => self.release_session(now, at, true),
            _ => {}
        }
        self.drain(now);
    }

    fn session_media(&mut self, command: SessionCommand) {
        self.out.push_back(Output::Media(MediaCommand::Session(command)));
    }
}
