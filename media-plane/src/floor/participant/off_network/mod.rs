//! The off-network floor participant (TS 24.380 7): clients talk to each other without a server.
//!
//! Whoever talks arbitrates; every message goes to all participants of the call, so everybody hears everything and
//! tests who is meant (User ID) and who speaks (SSRC). One [`FloorParticipant`] is both: participant, and arbitrator
//! while it has permission.
//!
//! # What holds when the radio loses messages
//!
//! * A participant renders one talker at a time, the arbitrator it knows, and may send only in 'O: has permission'.
//! * As long as nothing is lost, at most one participant has permission. When Floor Granted, Floor Taken or an answer to
//!   a request is lost, two may: the procedures have no way to take back a floor. Such a conflict ends with the talk of
//!   one of them, at the latest after T206 and T207; until then everybody stays with the talker heard first.
//! * Nobody waits for ever: T201, T204, T205 and T233 end every wait for an answer, T203 every wait for a talker.

mod context;
mod has_no_permission;
mod has_permission;
mod pending_granted;
mod pending_request;
mod queue;
mod queued;
mod silence;
mod start_stop;
mod table;
pub mod timer;

#[cfg(test)]
mod tests;

use std::time::Instant;

use mcptt_codec::floor::{
    FloorDeny, FloorGranted, FloorIndicator, FloorMessage, FloorPriority, FloorQueuePositionInfo,
    FloorQueuePositionRequest, FloorRelease, FloorRequest, FloorTaken,
};
use mcptt_codec::id::{McpttId, Ssrc};

use super::{MediaTreatment, ParticipantOutput};
use crate::floor::event::{Event, Machine};
use crate::floor::transition::Rule;

use context::{Context, Press};
use has_no_permission::HasNoPermission;
use has_permission::HasPermission;
use pending_granted::PendingGranted;
use pending_request::PendingRequest;
use queued::Queued;
use silence::Silence;
use start_stop::StartStop;
pub(crate) use table::{PROCEDURES, Trigger};

pub use table::State;
pub use timer::{Counter, Timer, TimerSettings};

/// The requirement by which input without procedure is discarded.
const DISCARDED: &str = "24.380-7.1";

/// What kind of off-network call it is, as far as floor control is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// A group call.
    Group,
    /// A broadcast group call.
    Broadcast {
        /// This client started it: nobody else may talk.
        initiator: bool,
    },
    /// A private call.
    Private,
}

/// What is known about the call when its floor participant is created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// SSRC of the participant, in its RTP and in the header of its floor messages.
    pub ssrc: Ssrc,
    /// The MCPTT ID of the user.
    pub user: McpttId,
    /// The kind of call.
    pub call: CallKind,
    /// The priority with which the user asks when nothing else is said.
    pub priority: FloorPriority,
    /// The kind of call as messages state it, such as [`FloorIndicator::EMERGENCY`]; the queueing bit is added.
    pub indicator: FloorIndicator,
    /// This client can queue requests and can wait in a queue.
    pub queueing: bool,
    /// Most requests that wait in the queue of this client, at most 253.
    pub queue_limit: usize,
    /// Timers and counters.
    pub timers: TimerSettings,
}

impl Settings {
    /// Queue size that holds when nothing else is configured.
    pub const DEFAULT_QUEUE_LIMIT: usize = 16;

    /// A normal group call with queueing, default priority and default timers.
    pub fn new(ssrc: Ssrc, user: McpttId) -> Self {
        Self {
            ssrc,
            user,
            call: CallKind::Group,
            priority: FloorPriority::NORMAL,
            indicator: FloorIndicator::NORMAL,
            queueing: true,
            queue_limit: Self::DEFAULT_QUEUE_LIMIT,
            timers: TimerSettings::default(),
        }
    }
}

/// What the user, call control and the media stack tell the participant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Input {
    /// This client has started the call: it begins with the floor.
    CallOriginated,
    /// This client has entered a call that somebody else has started.
    CallTerminating,
    /// The user wants to talk.
    PttPressed {
        /// The priority to ask with. `None`: that of the settings.
        priority: Option<FloorPriority>,
        /// The kind of request. `None`: as the call.
        indicator: Option<FloorIndicator>,
    },
    /// The user has finished, or no longer wants to talk. A request that is queued stays queued.
    PttReleased,
    /// The user accepts the grant that had to be waited for; holding the button does so as well.
    AcceptGrant,
    /// The user withdraws the request that is queued.
    CancelRequest,
    /// The user wants to know the place in the queue.
    AskQueuePosition,
    /// The call has become another kind of call, such as an emergency call: what is sent from now on says so.
    CallIs {
        /// As messages state it; the queueing bit is added.
        indicator: FloorIndicator,
    },
    /// An RTP packet of this client has been sent.
    MediaSent,
    /// Call control has released the call. The participant cannot be used again.
    CallReleased,
}

/// The off-network floor participant of one call.
///
/// Drive it like every machine of this crate: hand it what happens together with the time, drain
/// [`poll_output`](Self::poll_output) after each call, and call [`handle_timeout`](Self::handle_timeout) when
/// [`poll_timeout`](Self::poll_timeout) says so. What it sends goes to all other participants.
pub struct FloorParticipant {
    machine: Basic,
    context: Context,
}

/// The machine: what exists in which state.
#[derive(Debug)]
enum Basic {
    StartStop(StartStop),
    Silence(Silence),
    HasNoPermission(HasNoPermission),
    PendingRequest(PendingRequest),
    HasPermission(HasPermission),
    PendingGranted(PendingGranted),
    Queued(Queued),
}

/// Something that has happened, with what is needed to react.
#[derive(Clone, Copy, Debug)]
enum Happening<'a> {
    CallOriginated,
    CallTerminating,
    PttPressed(Press),
    PttReleased,
    GrantAccepted,
    RequestCancelled,
    QueuePositionAsked,
    MediaSent,
    GrantedToMe(&'a FloorGranted),
    GrantedToOther(&'a FloorGranted),
    Taken(&'a FloorTaken),
    DenyToMe(&'a FloorDeny),
    QueuePositionInfoToMe(&'a FloorQueuePositionInfo),
    Release(&'a FloorRelease),
    Request(&'a FloorRequest),
    QueuePositionRequest(&'a FloorQueuePositionRequest),
    Media(Ssrc),
    Expiry(Timer),
    CallRelease,
}

impl<'a> Happening<'a> {
    /// A message as `own` sees it; `None` for what is meant for others or never sent off-network.
    fn of(message: &'a FloorMessage, own: &McpttId) -> Option<Self> {
        //= 24.380-7.1
        let to_me = |user: &Option<McpttId>| user.as_ref() == Some(own);
        Some(match message {
            FloorMessage::Granted(granted) if to_me(&granted.user_id) => Self::GrantedToMe(granted),
            FloorMessage::Granted(granted) => Self::GrantedToOther(granted),
            FloorMessage::Taken(taken) => Self::Taken(taken),
            //= 24.380-7.2.3.6:foreign
            FloorMessage::Deny(deny) if to_me(&deny.user_id) => Self::DenyToMe(deny),
            FloorMessage::QueuePositionInfo(info) if to_me(&info.queued_user_id) => {
                Self::QueuePositionInfoToMe(info)
            }
            FloorMessage::Release(release) => Self::Release(release),
            FloorMessage::Request(request) => Self::Request(request),
            FloorMessage::QueuePositionRequest(request) => Self::QueuePositionRequest(request),
            _ => return None,
        })
    }

    const fn trigger(&self) -> Trigger {
        match self {
            Self::CallOriginated => Trigger::CallOriginated,
            Self::CallTerminating => Trigger::CallTerminating,
            Self::PttPressed(_) => Trigger::PttPressed,
            Self::PttReleased => Trigger::PttReleased,
            Self::GrantAccepted => Trigger::GrantAccepted,
            Self::RequestCancelled => Trigger::RequestCancelled,
            Self::QueuePositionAsked => Trigger::QueuePositionAsked,
            Self::MediaSent => Trigger::MediaSent,
            Self::GrantedToMe(_) => Trigger::FloorGrantedToMe,
            Self::GrantedToOther(_) => Trigger::FloorGrantedToOther,
            Self::Taken(_) => Trigger::FloorTaken,
            Self::DenyToMe(_) => Trigger::FloorDenyToMe,
            Self::QueuePositionInfoToMe(_) => Trigger::FloorQueuePositionInfoToMe,
            Self::Release(_) => Trigger::FloorRelease,
            Self::Request(_) => Trigger::FloorRequest,
            Self::QueuePositionRequest(_) => Trigger::FloorQueuePositionRequest,
            Self::Media(_) => Trigger::RtpMedia,
            Self::Expiry(timer) => Trigger::Expiry(*timer),
            Self::CallRelease => Trigger::CallRelease,
        }
    }
}

impl FloorParticipant {
    /// A participant in 'Start-stop'.
    pub fn new(settings: Settings, now: Instant) -> Self {
        Self { machine: Basic::StartStop(StartStop::BeforeCall), context: Context::new(settings, now) }
    }

    /// Something the user, call control or the media stack says.
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        self.context.now = now;
        let happening = match input {
            Input::CallOriginated => Happening::CallOriginated,
            Input::CallTerminating => Happening::CallTerminating,
            Input::PttPressed { priority, indicator } => {
                let press = Press { priority, indicator };
                self.context.press = Some(press);
                Happening::PttPressed(press)
            }
            Input::PttReleased => {
                self.context.press = None;
                Happening::PttReleased
            }
            Input::AcceptGrant => Happening::GrantAccepted,
            Input::CancelRequest => Happening::RequestCancelled,
            Input::AskQueuePosition => Happening::QueuePositionAsked,
            Input::CallIs { indicator } => {
                self.context.settings.indicator = indicator;
                return;
            }
            Input::MediaSent => Happening::MediaSent,
            Input::CallReleased => Happening::CallRelease,
        };
        self.happens(happening);
    }

    /// A floor control message of another participant.
    pub fn handle_message(&mut self, now: Instant, message: &FloorMessage) {
        self.context.now = now;
        // Multicast brings one's own messages back.
        if message.ssrc() == self.context.settings.ssrc {
            return;
        }
        match Happening::of(message, &self.context.settings.user) {
            // The grant by which the talker that is heard already came to the floor: what its sender said before is over.
            Some(happening @ Happening::GrantedToOther(granted)) => {
                let to = granted.granted_ssrc.filter(|to| *to != granted.ssrc);
                if to.is_some() && to == self.arbitrator() {
                    self.context.talk_has_ended(granted.ssrc);
                }
                self.happens(happening);
            }
            Some(Happening::Taken(taken)) if self.context.is_late(taken.ssrc) => {
                self.context.discard(message.name(), DISCARDED);
            }
            Some(happening) => self.happens(happening),
            None => self.context.discard(message.name(), DISCARDED),
        }
    }

    /// An RTP packet of another participant. Says what is to be done with it.
    pub fn handle_media(&mut self, now: Instant, ssrc: Ssrc) -> MediaTreatment {
        self.context.now = now;
        if ssrc == self.context.settings.ssrc || self.context.is_late(ssrc) {
            return MediaTreatment::Discard;
        }
        self.happens(Happening::Media(ssrc));
        //= 24.380-7.2.3.4:ssrc
        let heard = self.arbitrator() == Some(ssrc);
        if heard { MediaTreatment::Render } else { MediaTreatment::Discard }
    }

    /// Lets every timer act that has expired by `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.context.now = now;
        while let Some(timer) = self.context.take_expired() {
            self.happens(Happening::Expiry(timer));
        }
    }

    /// The next thing to do; `None` when there is nothing more.
    pub fn poll_output(&mut self) -> Option<ParticipantOutput> {
        self.context.pop_output()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called next; `None` when no timer runs.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.context.next_deadline()
    }

    /// Whether RTP may be sent now.
    pub fn may_send(&self) -> bool {
        matches!(self.machine, Basic::HasPermission(_))
    }

    /// The SSRC whose media is rendered now: the arbitrator this participant believes in, if any.
    pub fn arbitrator(&self) -> Option<Ssrc> {
        let arbitrator = match &self.machine {
            Basic::HasNoPermission(listens) => listens.arbitrator,
            Basic::PendingRequest(pending) => pending.arbitrator,
            Basic::Queued(queued) => queued.arbitrator,
            Basic::StartStop(_) | Basic::Silence(_) | Basic::HasPermission(_) | Basic::PendingGranted(_) => {
                return None;
            }
        };
        arbitrator.current()
    }

    /// The state of the participant.
    pub fn state(&self) -> State {
        self.machine.state()
    }

    fn happens(&mut self, happening: Happening<'_>) {
        let (from, trigger) = (self.state(), happening.trigger());
        // What comes after the call brings nothing back to life.
        let over = matches!(self.machine, Basic::StartStop(StartStop::AfterCall));
        let Some(rule) = Rule::find(PROCEDURES, from, trigger).filter(|_| !over) else {
            // A packet is no event, there are many; letting the button go ends nothing here.
            if !matches!(trigger, Trigger::RtpMedia | Trigger::PttReleased | Trigger::MediaSent) {
                self.context.discard(trigger.name(), DISCARDED);
            }
            return;
        };
        let machine = std::mem::replace(&mut self.machine, Basic::StartStop(StartStop::AfterCall));
        self.machine = machine.handle(happening, &mut self.context);
        let to = self.state();
        debug_assert!(rule.permits(to), "{from} does not go to {to} on {trigger:?}");
        self.context.state = to.name();
        if from != to {
            self.context.output(ParticipantOutput::Event(Event::StateChanged {
                machine: Machine::OffNetworkParticipant,
                participant: None,
                from: from.name(),
                to: to.name(),
                cause: trigger.name(),
                clause: rule.clause,
            }));
        }
    }
}

impl Basic {
    const fn state(&self) -> State {
        match self {
            Self::StartStop(_) => State::StartStop,
            Self::Silence(_) => State::Silence,
            Self::HasNoPermission(_) => State::HasNoPermission,
            Self::PendingRequest(_) => State::PendingRequest,
            Self::HasPermission(_) => State::HasPermission,
            Self::PendingGranted(_) => State::PendingGranted,
            Self::Queued(_) => State::Queued,
        }
    }

    /// Every procedure of the table; what the table does not list never comes here.
    fn handle(self, happening: Happening<'_>, cx: &mut Context) -> Self {
        use Happening as H;
        match (self, happening) {
            (machine, H::CallRelease) => machine.on_call_release(cx),
            (Self::StartStop(state), happening) => state.handle(happening, cx),
            (Self::Silence(state), happening) => state.handle(happening, cx),
            (Self::HasNoPermission(state), happening) => state.handle(happening, cx),
            (Self::PendingRequest(state), happening) => state.handle(happening, cx),
            (Self::HasPermission(state), happening) => state.handle(happening, cx),
            (Self::PendingGranted(state), happening) => state.handle(happening, cx),
            (Self::Queued(state), happening) => state.handle(happening, cx),
        }
    }

    fn on_call_release(self, cx: &mut Context) -> Self {
        //= 24.380-7.2.3.9
        if matches!(self, Self::HasPermission(_)) {
            cx.output(ParticipantOutput::StopSending);
        }
        cx.stop_all_timers();
        cx.press = None;
        Self::StartStop(StartStop::AfterCall)
    }
}
