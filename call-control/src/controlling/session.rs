//! Calls and their legs: from the first INVITE to the last BYE (TS 24.379 6.3.3.2.4, 6.3.8.1, 10.1.1.4.4).

use std::collections::{BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::time::Instant;

use mcptt_codec::id::{CallRef, ClientId, GroupId, LegRef, McpttId, Ssrc};
use mcptt_codec::sdp::{McpttFmtp, MediaDescription, RtpFormat, SessionDescription};
use mcptt_codec::sip::{HeaderName, Headers, Method, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mcptt_info::{IndicatorCombination, InvalidIndicators, McpttInfo};

use super::adhoc::adhoc_form;
use super::constituents::Constituent;
use super::inform::Notice;
use super::non_controlling::Session;
use super::pacing::Candidate;
use super::private::Private;
use super::watching::Watched;
use super::{Controlling, Deadline, Incoming, Pending};
use crate::bodies::{Bodies, InfoValues, Kind, description_part, info_part};
use crate::dialog::DialogId;
use crate::directory::Canonical;
use crate::event::{CallState, Event, LeaveCause, Tier};
use crate::media::{
    DtlsAgreement, Entry, FloorParameters, MediaCommand, MediaEndpoint, MediaProtection, Participant,
};
use crate::offer_answer::formats::LegVoice;
use crate::offer_answer::{self, LocalMedia, OwnKeys, RemoteMedia};
use crate::policy::{Refusal, ReleaseCause};
use crate::service;
use crate::transaction::{ClientTransactionId, ServerTransactionId};
use crate::transport::SipPath;
use crate::user_agent::SessionLoss;

/// A call of a group, or one between users.
#[derive(Debug)]
pub(super) struct Call {
    pub kind: Kind,
    pub group: GroupId,
    pub session_identity: ByteStr,
    pub canonical_identity: Option<Canonical>,
    pub state: CallState,
    pub tier: Tier,
    pub broadcast: bool,
    pub initiator: McpttId,
    /// The functional alias under which it calls.
    pub functional_alias: Option<ByteStr>,
    pub originator: LegRef,
    /// The audio stream of the originator's offer: its attributes are offered to the members.
    pub audio: MediaDescription,
    /// What everybody must be able to hear, as nothing is transcoded.
    pub format: RtpFormat,
    /// The alert that goes with an emergency, as authorised.
    pub alert: bool,
    /// The emergency that the call was opened with has taken the place of an imminent peril.
    pub superseded: bool,
    pub answer_mode: Option<ByteStr>,
    /// One talks at a time; otherwise everybody may talk.
    pub floor_control: bool,
    /// What the INVITE of the originator says about charging.
    pub charging: Headers,
    pub priv_answer_mode: Option<ByteStr>,
    /// Identifier of our session descriptions.
    pub session_id: u64,
    pub legs: std::collections::BTreeMap<LegRef, Leg>,
    /// Members whose turn to be invited has not come yet.
    pub to_invite: VecDeque<Candidate>,
    /// TNG1 runs.
    pub acknowledging: bool,
    /// Not all required members are there and the call goes on nevertheless.
    pub proceeds_without: bool,
    /// Not everybody could be invited.
    pub truncated: bool,
    /// A call of a temporary group in which not everybody has answered yet.
    pub temporary: bool,
    /// Somebody besides the originator has been in the call.
    pub joined: bool,
    /// The best failure of an invitation, for the originator if nobody answers.
    pub best_failure: Option<Response>,
    /// Warnings of the members' answers.
    pub warnings: Vec<ByteStr>,
    /// Provisional answers that the originator has got.
    pub progress: BTreeSet<u16>,
    /// Requests whose outcome the end of the call waits for.
    pub closing: BTreeSet<ClientTransactionId>,
    pub cause: Option<ReleaseCause>,
    /// What a call between users has besides; it has no group.
    pub private: Option<Box<Private>>,
    /// It is part of a call that another function controls.
    pub non_controlling: Option<Session>,
}

impl Call {
    /// The group, for reporting.
    pub fn group_of_event(&self) -> Option<GroupId> {
        self.private.is_none().then(|| self.group.clone())
    }

    /// The leg of the function that controls the call.
    pub fn focus(&self) -> Option<LegRef> {
        self.non_controlling.as_ref().map(|session| session.focus)
    }

    /// Participants.
    pub fn connected(&self) -> usize {
        self.legs.values().filter(|leg| matches!(leg.state, LegState::Connected(_))).count()
    }

    /// Members that have been invited, or are going to be, and have not answered.
    pub fn inviting(&self) -> usize {
        let invited = self.legs.values().filter(|leg| matches!(leg.state, LegState::Inviting { .. }));
        invited.count().saturating_add(self.to_invite.len())
    }

    pub fn leg_of(&self, user: &McpttId, client: &ClientId) -> Option<LegRef> {
        let mut legs = self.legs.iter();
        // Where a user was called without saying at which client, it is there with whichever it has answered.
        let is = |leg: &Leg| leg.client_id == *client || leg.client_id.0.is_empty();
        legs.find(|(_, leg)| leg.mcptt_id == *user && is(leg)).map(|(at, _)| *at)
    }
}

/// One participant, or one that is to become one.
#[derive(Debug)]
pub(super) struct Leg {
    pub mcptt_id: McpttId,
    pub client_id: ClientId,
    pub required: bool,
    pub entry: Entry,
    pub state: LegState,
    pub local: LocalMedia,
    /// Bound to the local ports: audio and floor control of the participant.
    pub remote: Option<(SocketAddr, SocketAddr)>,
    /// The DTLS association that its keys come from.
    pub dtls: Option<Box<DtlsAgreement>>,
    /// Keys of our offer.
    pub keys: OwnKeys,
    /// What we say next: our answer until it is sent, then what later offers and answers say.
    pub description: SessionDescription,
    pub floor: FloorParameters,
    /// Its audio's, as agreed on.
    pub audio_ssrc: Option<Ssrc>,
    /// What our 2xx will say of the session interval, where an INVITE waits for it.
    pub interval: Option<String>,
    /// Its INVITE had no Resource-Priority.
    pub lacks_priority: bool,
    /// What it has to be told about the priority of the call.
    pub owed: Option<Notice>,
    /// The re-INVITE that tells it something has no answer yet.
    pub informing: bool,
    /// What is known of its voice.
    pub voice: LegVoice,
    /// It is that of a constituent group, behind which there are many.
    pub constituent: Option<Box<Constituent>>,
}

impl Leg {
    /// Its dialog, once it is a participant.
    pub const fn dialog(&self) -> Option<&DialogId> {
        match &self.state {
            LegState::Connected(dialog) => Some(dialog),
            _ => None,
        }
    }
}

#[derive(Debug)]
pub(super) enum LegState {
    /// Its own INVITE is about to be answered.
    Answering,
    /// The originator waits for its answer.
    Waiting(Box<Waiting>),
    /// A member is invited; `unconfirmed` once its participating function has said that it will answer.
    Inviting { transaction: ClientTransactionId, unconfirmed: bool },
    /// It is a participant.
    Connected(DialogId),
}

/// What the answer to the originator is made of.
#[derive(Debug)]
pub(super) struct Waiting {
    pub transaction: ServerTransactionId,
    pub protection: Option<MediaProtection>,
    pub payload_type: u8,
    pub supports_timer: bool,
    /// Its implicit floor request was accepted and it can take the grant in the answer.
    pub takes_grant: bool,
    /// What it did not get of what it asked for.
    pub correction: Option<McpttInfo>,
}

impl Controlling {
    /// Tells the media plane about a participant.
    pub(super) fn connect(
        &mut self,
        call: CallRef,
        at: LegRef,
        dialog: DialogId,
        payload_type: u8,
        protection: Option<MediaProtection>,
    ) {
        let Some(running) = self.calls.get_mut(&call) else { return };
        let controls = running.focus() == Some(at);
        let Some(leg) = running.legs.get_mut(&at) else { return };
        let Some((audio, floor)) = leg.remote else { return };
        leg.state = LegState::Connected(dialog.clone());
        leg.dtls = protection.as_ref().and_then(MediaProtection::association).cloned().map(Box::new);
        running.joined |= at != running.originator;
        let participant = Participant {
            mcptt_id: leg.mcptt_id.clone(),
            entry: leg.entry,
            audio: MediaEndpoint { local: leg.local.audio, remote: audio },
            floor: MediaEndpoint { local: leg.local.floor, remote: floor },
            floor_parameters: leg.floor.clone(),
            protection,
            payload_type,
            audio_ssrc: leg.audio_ssrc,
            encoding: leg.voice.encoding,
            extensions: leg.voice.extensions,
            redundancy: leg.voice.redundancy,
        };
        let (mcptt_id, entry) = (leg.mcptt_id.clone(), leg.entry);
        self.by_dialog.insert(dialog, (call, at));
        // The media plane has got to know the side of the controlling function together with the call.
        if !controls {
            self.media(MediaCommand::LegConnected { call, leg: at, participant });
        }
        self.watchers.note(Watched::Call(call));
        self.event(Event::ParticipantJoined { call, leg: at, mcptt_id, entry });
    }

    /// Takes a participant out of a call, and the call down if its policy says so.
    pub(super) fn leave(&mut self, now: Instant, call: CallRef, at: LegRef, cause: LeaveCause, bye: bool) {
        let Some(running) = self.calls.get(&call) else { return };
        if running.state == CallState::Releasing || !running.legs.contains_key(&at) {
            return;
        }
        if running.focus() == Some(at) {
            return self.focus_left(now, call, at, cause, bye);
        }
        let initiator_left = running.broadcast && at == running.originator;
        if let Some(Leg { state: LegState::Waiting(_), .. }) = running.legs.get(&at) {
            self.release(now, call, ReleaseCause::OriginatorCancelled, None);
            return;
        }
        self.drop_leg(now, call, at, cause, bye);
        //= 24.379-6.2.8.2:end
        if initiator_left && self.directory.config.policy.release_broadcast_without_initiator {
            self.release(now, call, ReleaseCause::BroadcastInitiatorLeft, None);
            return;
        }
        self.evaluate(now, call);
    }

    /// Gives back what a leg occupied.
    pub(super) fn free(&mut self, leg: &Leg) {
        self.ports.release(&leg.mcptt_id, leg.local, leg.remote);
        if let Some(ssrc) = leg.audio_ssrc {
            self.ssrcs.remove(&ssrc);
        }
    }

    /// Ends one leg without a look at the others.
    pub(super) fn drop_leg(&mut self, now: Instant, call: CallRef, at: LegRef, cause: LeaveCause, bye: bool) {
        let Some(leg) = self.calls.get_mut(&call).and_then(|running| running.legs.remove(&at)) else {
            return;
        };
        self.free(&leg);
        self.talks_no_longer(now, at);
        self.deadlines.set(Deadline::Announcement(call, at), None);
        match leg.state {
            LegState::Connected(dialog) => {
                self.by_dialog.remove(&dialog);
                self.corrections.remove(&dialog);
                self.watchers.note(Watched::Call(call));
                self.media(MediaCommand::LegLeft { call, leg: at });
                self.event(Event::ParticipantLeft { call, leg: at, mcptt_id: leg.mcptt_id, cause });
                if bye {
                    self.say_goodbye(now, call, &dialog, cause);
                }
            }
            LegState::Inviting { transaction, .. } => {
                self.pending.insert(transaction, Pending::Closing(call));
                self.note_closing(call, transaction);
                match self.farewell(call, cause) {
                    Some(bye) => self.agent.cancel_saying(now, transaction, bye),
                    None => self.agent.cancel(now, transaction),
                }
            }
            LegState::Answering => {}
            LegState::Waiting(waiting) => {
                self.by_incoming.remove(&waiting.transaction);
                self.agent.respond(now, waiting.transaction, Response::new(StatusCode::REQUEST_TERMINATED));
            }
        }
    }

    pub(super) fn say_goodbye(&mut self, now: Instant, call: CallRef, dialog: &DialogId, cause: LeaveCause) {
        let mut bye = Request::new(Method::Bye, ByteStr::EMPTY);
        let release = self.calls.get(&call).and_then(|running| running.cause);
        let text = match (release, cause) {
            (Some(release), _) => release.to_string(),
            (None, LeaveCause::Deaffiliated) => "no longer affiliated".to_owned(),
            (None, LeaveCause::SessionTimerExpired) => "session timer expired".to_owned(),
            (None, LeaveCause::NotSelected) => "another user has answered".to_owned(),
            (None, LeaveCause::AnswerUnusable) => "session description not acceptable".to_owned(),
            (None, _) => "participant removed".to_owned(),
        };
        bye.headers.push(HeaderName::Reason, format!("SIP;cause=200;text=\"{text}\""));
        if let Some(info) = self.release_reason(call, cause) {
            bye.set_parts(&[info_part(&info)]);
        }
        if let Ok(transaction) = self.agent.request_in_dialog(now, dialog, bye) {
            self.pending.insert(transaction, Pending::Closing(call));
            self.note_closing(call, transaction);
        }
    }

    fn note_closing(&mut self, call: CallRef, transaction: ClientTransactionId) {
        if let Some(running) = self.calls.get_mut(&call) {
            running.closing.insert(transaction);
        }
    }

    /// Ends a call: everybody gets BYE or CANCEL, the waiting originator `answer`. Affiliations are not touched.
    pub(super) fn release(
        &mut self,
        now: Instant,
        call: CallRef,
        cause: ReleaseCause,
        answer: Option<Response>,
    ) {
        let Some(running) = self.calls.get_mut(&call) else { return };
        if running.state == CallState::Releasing {
            return;
        }
        let from = std::mem::replace(&mut running.state, CallState::Releasing);
        running.cause = Some(cause);
        running.to_invite.clear();
        let (group, reported) = (running.group.clone(), running.group_of_event());
        let (originator, identity) = (running.originator, running.canonical_identity.clone());
        if self.by_group.get(&group) == Some(&call) {
            self.by_group.remove(&group);
        }
        if let Some(identity) = identity {
            self.by_identity.remove(&identity);
        }
        self.forget_former_of(&group);
        for deadline in [Deadline::Tng1(call), Deadline::Tng3(call), Deadline::FanOut(call)] {
            self.deadlines.set(deadline, None);
        }
        self.event(Event::CallStateChanged { call, group: reported, from, to: CallState::Releasing });
        self.abandon_change(now, call);
        self.media(MediaCommand::ReleaseStarted { call });
        if let Some(answer) = answer {
            self.answer_with_failure(now, call, originator, answer);
        }
        // What is in progress in the group is not: that outlives the call.
        //= 24.379-6.3.8.1:state
        //= 24.379-7.3.5:keep
        self.dismiss(now, call);
        self.watchers.end_call(call);
        self.finish(call);
    }

    /// Gives the waiting originator a final answer that is not a success.
    fn answer_with_failure(&mut self, now: Instant, call: CallRef, at: LegRef, answer: Response) {
        let Some(running) = self.calls.get_mut(&call) else { return };
        let waiting = matches!(running.legs.get(&at), Some(Leg { state: LegState::Waiting(_), .. }));
        if !waiting {
            return;
        }
        let Some(leg) = running.legs.remove(&at) else { return };
        self.free(&leg);
        if let LegState::Waiting(waiting) = leg.state {
            self.by_incoming.remove(&waiting.transaction);
            self.agent.respond(now, waiting.transaction, answer);
        }
    }

    pub(super) fn closed(&mut self, call: CallRef, transaction: ClientTransactionId) {
        if let Some(running) = self.calls.get_mut(&call) {
            running.closing.remove(&transaction);
            self.finish(call);
        }
    }

    /// The last word has been answered: nothing of the call is left.
    pub(super) fn finish(&mut self, call: CallRef) {
        let over = self.calls.get(&call).is_some_and(|running| {
            running.state == CallState::Releasing && running.closing.is_empty() && running.legs.is_empty()
        });
        if !over {
            return;
        }
        if let Some(running) = self.calls.remove(&call) {
            self.media(MediaCommand::ReleaseFinished { call });
            let cause = running.cause.unwrap_or(ReleaseCause::Administrator);
            self.event(Event::CallReleased { call, group: running.group_of_event(), cause });
            self.private_over(call, &running);
            self.adhoc_over(&running);
        }
    }

    /// Releases an established call that has too few participants left.
    pub(super) fn apply_release_policy(&mut self, now: Instant, call: CallRef) {
        let Some(running) = self.calls.get(&call) else { return };
        if running.state != CallState::Established {
            return;
        }
        //= 24.379-6.3.8.1:one
        let (connected, inviting) = (running.connected(), running.inviting());
        let few = self.directory.config.policy.release_at.is_some_and(|few| connected <= few);
        //= 24.379-6.3.8.1:adhoc
        let few = few && running.kind != Kind::Adhoc;
        if connected == 0 || (few && running.joined && inviting == 0) {
            self.release(now, call, ReleaseCause::TooFewParticipants, None);
        }
    }

    /// A re-INVITE or UPDATE of a participant: it keeps the session alive, and the indicators of a re-INVITE change the
    /// priority of the call.
    pub(super) fn refreshed(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        call: CallRef,
        at: LegRef,
    ) -> Result<(), Refusal> {
        let bodies = Bodies::read(&incoming.request.headers, &incoming.request.body)?;
        let adhoc = self.calls.get(&call).is_some_and(|running| running.kind == Kind::Adhoc);
        let common = bodies.info.as_ref().filter(|_| adhoc).map(crate::adhoc::common).transpose()?;
        let info = common.as_ref().or(bodies.info.as_ref());
        let wish = info.map(McpttInfo::indicator_combination).transpose();
        let wish = wish.map_err(|invalid| match invalid {
            InvalidIndicators::Combination => Refusal::InvalidCombination,
            InvalidIndicators::Encrypted => Refusal::XmlNotDecrypted,
        })?;
        //= 24.379-10.1.1.4.7:refresh
        let wish = wish.unwrap_or(IndicatorCombination::None);
        if wish != IndicatorCombination::None && incoming.request.method != Method::Invite {
            return Err(Refusal::PriorityChangeNotServed);
        }
        let offered = bodies.description()?;
        let Some(leg) = self.calls.get(&call).and_then(|running| running.legs.get(&at)) else {
            return Ok(());
        };
        let remote = offered.as_ref().and_then(RemoteMedia::read);
        if offered.is_some() {
            let addresses = remote.as_ref().map(|remote| (remote.audio, remote.floor_or_off()));
            if addresses.is_none() || addresses != leg.remote {
                return Err(Refusal::NoAcceptableAudio);
            }
        }
        let (may_talk, of_function) = (!leg.floor.receive_only, leg.constituent.is_some());
        let renewed = self.renewed_association(call, at, remote.as_ref())?;
        let participants = self.adhoc_change(call, at, &bodies)?;
        let caller = bodies.info.as_ref().map(InfoValues::caller).transpose()?.flatten();
        let controls = self.calls.get(&call).is_some_and(|running| running.focus() == Some(at));
        let changed = match (self.is_private(call), controls) {
            (true, _) => None,
            (false, true) => self.focus_changed(now, (call, at), &wish, caller),
            (false, false) => {
                // A function speaks for the user that it names.
                let by = caller.filter(|_| of_function);
                self.change_priority(now, (call, at), &wish, by, &incoming.request.headers)
                    .map_err(|refusal| if adhoc { adhoc_form(refusal) } else { refusal })?
            }
        };
        let upgrade = changed.as_ref().is_some_and(|changed| changed.upgrade);
        //= 24.379-6.4:upgrade
        let asks_for_floor =
            upgrade && may_talk && remote.is_some_and(|remote| remote.parameters.implicit_request);
        let Some(leg) = self.calls.get_mut(&call).and_then(|running| running.legs.get_mut(&at)) else {
            return Ok(());
        };
        if let Some(agreed) = &renewed {
            leg.description = agreed.stated_in(leg.description.clone());
            leg.dtls = Some(Box::new(agreed.clone()));
        }
        let mut answer = Response::new(StatusCode::OK);
        service::support_in_success(&mut answer.headers);
        if offered.is_some() || incoming.request.method == Method::Invite {
            let description = offer_answer::with_parameters(leg.description.clone(), |parameters| {
                McpttFmtp { implicit_request: asks_for_floor, ..parameters }
            });
            // An answer says which role we have, also where our offer has left it open.
            let description = match (&leg.dtls, offered.is_some()) {
                (Some(agreed), true) => agreed.stated_in(description),
                _ => description,
            };
            answer.set_parts(&[description_part(&description)]);
        }
        let (user, client, dialog) = (leg.mcptt_id.clone(), leg.client_id.clone(), leg.dialog().cloned());
        let (notice, correction) = match changed {
            Some(changed) => (Some(changed.notice), changed.correction),
            None => (None, None),
        };
        //= 24.379-6.3.3.1.18
        if correction.is_some() {
            answer.headers.push(HeaderName::Warning, self.identity.warning(149));
        }
        if let (Some(correction), Some(dialog)) = (correction, dialog) {
            self.corrections.insert(dialog, correction);
        }
        self.agent.respond(now, incoming.transaction, answer);
        if let Some(agreed) = renewed {
            self.media(MediaCommand::AssociationRenewed { call, leg: at, agreed });
        }
        if asks_for_floor {
            self.media(MediaCommand::ImplicitRequest { call, leg: at });
        }
        let group = self.calls.get(&call).map(|running| running.group.clone()).unwrap_or_default();
        if let Some(notice) = notice {
            self.inform(now, &group, &notice, Some((&user, &client)));
        }
        if let Some(participants) = participants {
            self.apply_adhoc_change(now, call, participants);
        }
        Ok(())
    }

    /// Whether requests from there are heard.
    pub(super) fn is_known(&self, path: SipPath) -> bool {
        self.directory.is_participating_function(path.remote)
            || self.directory.is_controlling_function(path.remote)
            || self.directory.is_trusted(path.remote.ip())
            || self.directory.is_trusted_by_name(self.agent.peer_names(path))
    }

    /// The user agent has given up a session: nobody has refreshed it, or its peer is gone.
    pub(super) fn session_lost(&mut self, now: Instant, dialog: &DialogId, cause: SessionLoss) {
        let cause = match cause {
            //= RFC4028-expiry
            SessionLoss::Expired => LeaveCause::SessionTimerExpired,
            SessionLoss::Unreachable => LeaveCause::SignallingLost,
        };
        if self.listener_lost(now, dialog) {
            return;
        }
        if let Some((call, leg)) = self.by_dialog.get(dialog).copied() {
            self.leave(now, call, leg, cause, true);
        }
    }

    pub(super) fn refresh_answered(&mut self, now: Instant, call: CallRef, at: LegRef, response: &Response) {
        let gone = matches!(
            response.status,
            StatusCode::REQUEST_TIMEOUT | StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST
        );
        if gone {
            self.leave(now, call, at, LeaveCause::SignallingLost, true);
        }
    }
}
