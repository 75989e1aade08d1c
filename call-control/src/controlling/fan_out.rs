//! Inviting a member, and when the originator is answered (TS 24.379 6.3.3.1.2, 6.3.3.3, 10.1.1.4.2).

use std::sync::Arc;
use std::time::Instant;

use mcptt_codec::id::{CallRef, ClientId, LegRef, McpttId};
use mcptt_codec::sdp::{McpttFmtp, MediaDescription, SessionDescription};
use mcptt_codec::sip::{HeaderName, Method, Request, Response, StatusCode};

use mcptt_codec::xml::mcptt_info::{Content, McpttInfo};

use super::adhoc::Document;
use super::answer::{floor_parameters, wanted_floor_ssrc};
use super::member_info::{member_info, tier_info};
use super::session::{Call, Leg, LegState};
use super::{Controlling, Deadline, Pending};
use crate::adhoc;
use crate::bodies::{Bodies, Kind, description_part, info_part};
use crate::config::{Config, DistributionMode, Group, UponExpiry};
use crate::dialog::DialogId;
use crate::event::{CallState, Event, LeaveCause};
use crate::media::{Entry, FloorParameters, MediaCommand};
use crate::offer_answer::formats::{self, LegVoice};
use crate::offer_answer::{self, OwnKeys, RemoteMedia};
use crate::policy::{Refusal, ReleaseCause};
use crate::service;

/// Warnings of members that are passed on to the originator.
const MAX_WARNINGS: usize = 8;

impl Controlling {
    /// Invites one client of one member.
    pub(super) fn invite_member(
        &mut self,
        now: Instant,
        call: CallRef,
        mcptt_id: &McpttId,
        client_id: &ClientId,
    ) {
        self.interrupt_listening(now, mcptt_id, ReleaseCause::ListenedToIsCalled);
        let directory = Arc::clone(&self.directory);
        let Some(running) = self.calls.get(&call) else { return };
        let document = self.document(&running.group);
        let Some(group) = document.get() else { return };
        let Some(member) = group.member(mcptt_id) else { return };
        let user = directory.user_at(mcptt_id, client_id);
        let (audio, session_id, floor_control) =
            (running.audio.clone(), running.session_id, running.floor_control);
        let wanted = self.wanted(group, user);
        let keys = OwnKeys::of(&directory.config.media, wanted, &mut self.rng);
        let Some(local) = self.ports.for_offer(mcptt_id) else { return };
        //= 24.379-6.3.3.1.1:2
        let mut audio = MediaDescription::speech_like(&audio, local.audio.port(), keys.protocol());
        if self.distribution_mode(group) == DistributionMode::Mixing {
            audio = formats::with_g711(audio);
        }
        if directory.config.media.distribution.header_extensions {
            audio = formats::with_extensions(audio);
        }
        let fmtp = self.offer_parameters(group, member);
        let description = match floor_control {
            true => offer_answer::offer(session_id, local, audio, &keys, &fmtp),
            false => offer_answer::audio_offer(session_id, local, audio, &keys),
        };
        let Some(running) = self.calls.get(&call) else { return };
        let peer = directory.participating_function_of(user);
        let mut invite = self.member_invite(running, &peer.identity, mcptt_id);
        self.push_resource_priority(&mut invite, running.tier);
        let info = member_info(running, mcptt_id, client_id, member.required);
        let info = self.in_form_of(&running.group, info);
        invite.set_parts(&[description_part(&description), info_part(&info)]);
        let transaction = self.agent.request(now, invite, peer.address);
        let at = self.new_leg();
        let leg = Leg {
            mcptt_id: mcptt_id.clone(),
            client_id: client_id.clone(),
            required: member.required,
            entry: Entry::Invited,
            state: LegState::Inviting { transaction, unconfirmed: false },
            local,
            remote: None,
            dtls: None,
            keys,
            description,
            floor: floor_parameters(&fmtp, group, member, user, &directory.config),
            audio_ssrc: None,
            interval: None,
            lacks_priority: false,
            owed: None,
            informing: false,
            voice: LegVoice::default(),
            constituent: None,
        };
        if let Some(running) = self.calls.get_mut(&call) {
            running.legs.insert(at, leg);
        }
        self.pending.insert(transaction, Pending::Invite(call, at));
        self.event(Event::MemberInvited {
            call,
            leg: at,
            mcptt_id: mcptt_id.clone(),
            client_id: client_id.clone(),
            required: member.required,
        });
    }

    pub(super) fn member_invite(&self, call: &Call, participating: &str, mcptt_id: &McpttId) -> Request {
        let own = &self.identity.uri;
        //= 24.379-6.3.3.1.2:ruri
        let mut invite = service::request(Method::Invite, participating, own, mcptt_id.as_str());
        //= 24.379-6.3.3.1.2:pai
        service::assert_function(&mut invite.headers, own);
        //= 24.379-6.3.3.1.2:contact
        invite.headers.push(HeaderName::Contact, service::contact(&call.session_identity, true));
        //= 24.379-6.3.3.1.2:timer
        let interval = self.directory.config.policy.session_expires.as_secs();
        invite.headers.push(HeaderName::SessionExpires, interval.to_string());
        invite.headers.push(HeaderName::Supported, "timer, 100rel");
        //= 24.379-6.3.3.1.2:answermode
        if let Some(mode) = &call.answer_mode {
            invite.headers.push(HeaderName::AnswerMode, mode.clone());
        }
        if let Some(mode) = &call.priv_answer_mode {
            invite.headers.push(HeaderName::PrivAnswerMode, mode.clone());
        }
        service::copy_charging(&call.charging, &mut invite.headers);
        invite
    }

    /// An answer to an invitation.
    pub(super) fn member_answered(
        &mut self,
        now: Instant,
        call: CallRef,
        at: LegRef,
        dialog: Option<DialogId>,
        response: &Response,
    ) {
        let releasing = self.calls.get(&call).is_none_or(|running| running.state == CallState::Releasing);
        if releasing {
            return;
        }
        if response.status.is_provisional() {
            self.member_progress(now, call, at, response);
        } else if response.status.is_success() {
            self.member_accepted(now, call, at, dialog, response);
        } else {
            self.member_failed(now, call, at, response);
        }
        self.evaluate(now, call);
    }

    fn member_progress(&mut self, now: Instant, call: CallRef, at: LegRef, response: &Response) {
        let Some(running) = self.calls.get_mut(&call) else { return };
        let answer_state = response.headers.get(&HeaderName::PAnswerState);
        let promised = answer_state.is_some_and(|state| state.eq_ignore_ascii_case("Unconfirmed"));
        let first = promised && running.promised() == 0 && !running.joined;
        if let Some(Leg { state: LegState::Inviting { unconfirmed, .. }, .. }) = running.legs.get_mut(&at) {
            *unconfirmed |= promised;
        }
        if first {
            //= 24.380-6.3.2.2:early
            self.media(MediaCommand::UnconfirmedIndication { call });
        }
        let Some(running) = self.calls.get_mut(&call) else { return };
        if running.state != CallState::Initialising || response.status == StatusCode::TRYING {
            return;
        }
        // One of each kind is enough for the originator, however many members ring.
        if !running.progress.insert(response.status.0) {
            return;
        }
        let identity = running.session_identity.clone();
        let waiting = running.legs.get(&running.originator).and_then(|leg| match &leg.state {
            LegState::Waiting(waiting) => Some(waiting.transaction),
            _ => None,
        });
        let Some(transaction) = waiting else { return };
        //= 24.379-6.3.3.2.3.1
        //= 24.379-11.1.1.4.2:180
        let mut progress = Response::new(response.status);
        progress.headers.push(HeaderName::Contact, service::contact(&identity, true));
        progress.headers.push(HeaderName::PAssertedIdentity, service::bracketed(&self.identity.uri));
        progress.headers.copy_from(&response.headers, &HeaderName::Warning);
        self.agent.respond(now, transaction, progress);
    }

    fn member_accepted(
        &mut self,
        now: Instant,
        call: CallRef,
        at: LegRef,
        dialog: Option<DialogId>,
        response: &Response,
    ) {
        let Some(dialog) = dialog else {
            self.drop_leg(now, call, at, LeaveCause::SignallingLost, false);
            return;
        };
        let group = self.calls.get(&call).map(|running| running.group.clone()).unwrap_or_default();
        let document = self.document(&group);
        let extended = self.directory.config.media.distribution.header_extensions;
        let transcodes = document.get().is_some_and(|group| self.distribution_mode(group).transcodes());
        let Some(running) = self.calls.get_mut(&call) else { return };
        let Some(leg) = running.legs.get_mut(&at) else { return };
        let answered = usable_answer(leg, response, &self.directory.config).and_then(|remote| {
            let format = remote.usable_format(&running.format, transcodes)?;
            leg.voice.encoding = formats::coded(format);
            leg.voice.redundancy = remote.redundancy;
            let payload_type = format.payload_type;
            Some((remote, payload_type))
        });
        let bound = answered.and_then(|(remote, payload_type)| {
            let floor = remote.floor_or_off();
            let protection = leg.keys.agreed(&remote)?;
            self.ports.bind(leg.local, remote.audio, floor).then_some((
                remote,
                floor,
                payload_type,
                protection,
            ))
        });
        let Some((remote, floor, payload_type, protection)) = bound else {
            // The dialog stands, so it is ended with BYE; for the call this is a member that could not be reached.
            leg.state = LegState::Connected(dialog.clone());
            self.refuse_answer(now, call, at, &dialog);
            return;
        };
        let audio_ssrc = remote.audio_ssrc.and_then(|ssrc| self.ssrcs.insert(ssrc).then_some(ssrc));
        leg.remote = Some((remote.audio, floor));
        leg.audio_ssrc = audio_ssrc;
        if extended {
            leg.voice.extensions = remote.extensions;
        }
        let floor_ssrc = wanted_floor_ssrc(&remote.parameters, &self.directory.config);
        leg.floor = FloorParameters { floor_ssrc, ..agreed(leg.floor.clone(), &remote.parameters) };
        for warning in response.headers.values(&HeaderName::Warning) {
            if running.warnings.len() < MAX_WARNINGS {
                running.warnings.push(warning.into());
            }
        }
        self.connect(call, at, dialog, payload_type, protection);
        self.constituent_connected(now, call, at, response);
        self.tell_owed(now, call, at);
    }

    fn refuse_answer(&mut self, now: Instant, call: CallRef, at: LegRef, dialog: &DialogId) {
        let leg = self.calls.get_mut(&call).and_then(|running| running.legs.remove(&at));
        let Some(leg) = leg else { return };
        self.free(&leg);
        self.say_goodbye(now, call, dialog, LeaveCause::AnswerUnusable);
        self.note_failure(call, at, &leg, &Response::new(StatusCode::NOT_ACCEPTABLE_HERE));
        self.required_failed(now, call, &leg, StatusCode::NOT_ACCEPTABLE_HERE);
    }

    fn member_failed(&mut self, now: Instant, call: CallRef, at: LegRef, response: &Response) {
        let leg = self.calls.get_mut(&call).and_then(|running| running.legs.remove(&at));
        let Some(leg) = leg else { return };
        self.free(&leg);
        self.note_failure(call, at, &leg, response);
        self.required_failed(now, call, &leg, response.status);
    }

    fn note_failure(&mut self, call: CallRef, at: LegRef, leg: &Leg, response: &Response) {
        self.event(Event::InvitationFailed {
            call,
            leg: at,
            mcptt_id: leg.mcptt_id.clone(),
            status: response.status.0,
            warning: service::warning_codes(&response.headers).first().copied(),
        });
        if let Some(running) = self.calls.get_mut(&call) {
            let better = running.best_failure.as_ref().is_none_or(|best| rank(response) < rank(best));
            if better {
                running.best_failure = Some(response.clone());
            }
        }
    }

    /// A required member has refused while its acknowledgement is waited for.
    fn required_failed(&mut self, now: Instant, call: CallRef, leg: &Leg, status: StatusCode) {
        let Some(running) = self.calls.get_mut(&call) else { return };
        if !(leg.required && running.acknowledging) {
            return;
        }
        let document = Document::of(&self.directory, &self.adhoc_groups, &running.group);
        //= 24.379-6.3.3.3:reject
        match document
            .get()
            .and_then(|group| group.acknowledgement)
            .map(|acknowledgement| acknowledgement.upon_expiry)
        {
            Some(UponExpiry::Proceed) => running.proceeds_without = true,
            _ => self.abandon(now, call, status),
        }
    }

    /// Gives the call up: required members are not part of it.
    fn abandon(&mut self, now: Instant, call: CallRef, status: StatusCode) {
        let mut answer = Response::new(status);
        answer.headers.push(HeaderName::Warning, self.identity.warning(112));
        self.release(now, call, ReleaseCause::RequiredMembersMissing, Some(answer));
    }

    /// TNG1 has expired.
    pub(super) fn required_members_late(&mut self, now: Instant, call: CallRef) {
        let Some(running) = self.calls.get_mut(&call) else { return };
        if !running.acknowledging {
            return;
        }
        running.acknowledging = false;
        let document = Document::of(&self.directory, &self.adhoc_groups, &running.group);
        match document
            .get()
            .and_then(|group| group.acknowledgement)
            .map(|acknowledgement| acknowledgement.upon_expiry)
        {
            //= 24.379-6.3.3.3:proceed
            Some(UponExpiry::Proceed) => {
                running.proceeds_without = true;
                self.evaluate(now, call);
            }
            //= 24.379-6.3.3.3:abandon
            _ => self.abandon(now, call, Refusal::RequiredMembersMissing.row().status),
        }
    }

    /// Looks at a call after every change: is it time to answer the originator, to give up, or to release?
    pub(super) fn evaluate(&mut self, now: Instant, call: CallRef) {
        if self.evaluate_private(now, call) {
            return;
        }
        let Some(running) = self.calls.get_mut(&call) else { return };
        if running.temporary && running.inviting() == 0 {
            running.temporary = false;
            //= 24.380-6.3.4.8.4
            self.media(MediaCommand::FinalResponsesReceived { call });
        }
        let Some(running) = self.calls.get_mut(&call) else { return };
        if running.state != CallState::Initialising {
            self.apply_release_policy(now, call);
            return;
        }
        let document = Document::of(&self.directory, &self.adhoc_groups, &running.group);
        let Some(group) = document.get() else { return };
        if running.acknowledging {
            let invited = running
                .legs
                .values()
                .any(|leg| leg.required && matches!(leg.state, LegState::Inviting { .. }));
            if invited || running.to_invite.iter().any(|candidate| candidate.required) {
                return;
            }
            //= 24.379-6.3.3.3:done
            running.acknowledging = false;
            self.deadlines.set(Deadline::Tng1(call), None);
        }
        let confirmed = running.connected();
        let promised = match self.directory.config.policy.answer_on_unconfirmed {
            //= 24.379-10.1.1.4.2:183
            true => running.promised(),
            false => 0,
        };
        let minimum = match running.kind {
            Kind::Prearranged | Kind::Adhoc => usize::from(group.minimum_to_start),
            Kind::Chat => 0,
        };
        //= 24.379-10.1.1.4.2:first
        if confirmed.saturating_add(promised) >= minimum {
            self.answer_originator(now, call);
            return;
        }
        if confirmed.saturating_add(running.inviting()) < minimum {
            //= 24.379-10.1.1.4.2:allfail
            let answer = best_answer(running);
            self.release(now, call, ReleaseCause::NobodyAnswered, Some(answer));
        }
    }

    /// Sends the 200 that the originator waits for.
    pub(super) fn answer_originator(&mut self, now: Instant, call: CallRef) {
        let Some(running) = self.calls.get_mut(&call) else { return };
        let at = running.originator;
        // Nobody is asked to a chat: its first participant waits for nobody.
        let unconfirmed = running.connected() == 0 && running.kind != Kind::Chat;
        let early = self.directory.config.policy.answer_on_unconfirmed && running.promised() > 0;
        let Some(leg) = running.legs.get_mut(&at) else { return };
        let LegState::Waiting(waiting) = std::mem::replace(&mut leg.state, LegState::Answering) else {
            return;
        };
        // Without anybody to hear it, the floor is granted later.
        //= 24.380-14.3.4
        let granted = waiting.takes_grant && (!unconfirmed || early);
        let description = offer_answer::with_parameters(leg.description.clone(), |parameters| McpttFmtp {
            granted,
            ..parameters
        });
        leg.description = offer_answer::later(&description);
        let interval = leg.interval.take();
        running.state = CallState::Established;
        let group = running.group_of_event();
        let (warnings, tier) = (std::mem::take(&mut running.warnings), running.tier);
        let (missing, truncated) = (running.proceeds_without, running.truncated);

        let mut parts = vec![description_part(&description)];
        let info = match (&running.private, running.kind) {
            (Some(private), _) => private.answer(tier),
            //= 24.379-17.4.2.2:10
            (None, Kind::Adhoc) => Some(McpttInfo {
                calling_group_id: Some(Content::Normal(running.group.clone())),
                ..adhoc::own(tier_info(tier).unwrap_or_default())
            }),
            (None, _) => tier_info(tier),
        };
        parts.extend(info.map(|info| info_part(&info)));
        let mut answer = Response::new(StatusCode::OK);
        answer.set_parts(&parts);
        if let Some(interval) = interval {
            self.complete_success(call, &mut answer, &interval, waiting.supports_timer);
        }
        for warning in warnings {
            answer.headers.push(HeaderName::Warning, warning);
        }
        //= 24.379-6.3.3.3:proceed
        if missing {
            answer.headers.push(HeaderName::Warning, self.identity.warning(111));
        }
        //= 24.379-6.3.5.5:trunc
        if truncated {
            answer.headers.push(HeaderName::Warning, self.identity.warning(122));
        }
        if unconfirmed {
            answer.headers.push(HeaderName::PAnswerState, "Unconfirmed");
        }
        //= 24.379-10.1.1.4.7:149
        if waiting.correction.is_some() {
            answer.headers.push(HeaderName::Warning, self.identity.warning(149));
        }
        self.by_incoming.remove(&waiting.transaction);
        self.event(Event::CallStateChanged {
            call,
            group,
            from: CallState::Initialising,
            to: CallState::Established,
        });
        match self.agent.respond(now, waiting.transaction, answer) {
            Some(dialog) => {
                let correction = self.with_absentees(call, missing, waiting.correction);
                if let Some(correction) = correction {
                    self.corrections.insert(dialog.clone(), correction);
                }
                self.connect(call, at, dialog, waiting.payload_type, waiting.protection);
            }
            None => self.leave(now, call, at, LeaveCause::SignallingLost, false),
        }
    }
}

impl Call {
    /// Members that have not answered although their participating function has said that they will.
    fn promised(&self) -> usize {
        self.legs.values().filter(|leg| leg.is_promised()).count()
    }
}

impl Leg {
    /// Its participating function has said that the client will answer.
    const fn is_promised(&self) -> bool {
        matches!(self.state, LegState::Inviting { unconfirmed: true, .. })
    }
}

/// The description of an answer, if it is one and accepts what was offered.
pub(super) fn usable_answer(leg: &Leg, response: &Response, config: &Config) -> Option<RemoteMedia> {
    let bodies = Bodies::read(&response.headers, &response.body).ok()?;
    let answer: SessionDescription = bodies.description().ok()??;
    answer.keeps_media_of(&leg.description).then_some(())?;
    if leg.constituent.as_ref().is_some_and(|constituent| constituent.is_here(config)) {
        return RemoteMedia::read(&answer).filter(|remote| remote.floor.is_some());
    }
    match leg.description.floor_control() {
        Some(_) => RemoteMedia::of_leg(&answer, config),
        None => RemoteMedia::elsewhere(&answer, config),
    }
}

/// What the member accepted of what we offered it.
fn agreed(offered: FloorParameters, answer: &McpttFmtp) -> FloorParameters {
    FloorParameters {
        queueing: offered.queueing && answer.queueing,
        priority: offered.priority.and_then(|own| answer.priority.map(|theirs| own.min(theirs))),
        ..offered
    }
}

/// RFC 3261 16.7: a 6xx is the best, then the lowest class; within a class the first that came.
fn rank(response: &Response) -> u16 {
    match response.status.0 / 100 {
        6 => 0,
        class => class,
    }
}

/// What the originator is told when nobody could be reached.
pub(super) fn best_answer(call: &Call) -> Response {
    let Some(best) = &call.best_failure else { return Response::new(StatusCode::TEMPORARILY_UNAVAILABLE) };
    let status = match best.status {
        status if status.is_redirection() => StatusCode::TEMPORARILY_UNAVAILABLE,
        status => status,
    };
    let mut answer = Response::new(status);
    answer.headers.copy_from(&best.headers, &HeaderName::Warning);
    if call.private.is_some() {
        //= 24.379-11.1.1.4.2:body
        answer.body = service::copy_body(&best.headers, &best.body, &mut answer.headers);
    }
    answer
}

/// Used where a call is to be joined by a member that was not there when it started.
pub(super) fn has_room(call: &Call, group: &Group, limit: usize) -> bool {
    call.legs.len() < limit && !group.disabled
}
