//! Basic call control of a private call (TS 24.379 11.2.2): request, answer and release are repeated until the other side
//! has acknowledged them.

mod call;
mod table;

use std::net::IpAddr;
use std::time::Instant;

use mcptt_codec::id::McpttId;
use mcptt_codec::machine::TimerTable;
use mcptt_codec::monp::{
    CallIdentifier, CallType, CommencementMode, MonpMessage, PrivateCallAccept, PrivateCallParties,
    PrivateCallSetupRequest, Reason,
};
use rand_core::RngCore;

pub use table::State;
pub(crate) use table::{PROCEDURES, Trigger};

use super::context::Context;
use super::description::{self, Described, Unusable};
use super::private_type::{self, TypeControl};
use super::timer::{Counter, Timer};
use super::types::{EndCause, MachineName, OffNetworkCommand, OffNetworkEvent, OffNetworkMedia};
use call::{Call, Happening, answer_to};

const MACHINE: MachineName = MachineName::PrivateCall;

/// The machine of calls with one other user, with that of their type.
pub(super) struct PrivateCall {
    /// The other user.
    peer: McpttId,
    address: IpAddr,
    machine: Machine,
    types: TypeControl,
    timers: TimerTable<Timer, 6>,
}

/// What exists in which state.
#[derive(Debug)]
enum Machine {
    StartStop,
    Ignoring(CallIdentifier),
    /// The request may be repeated so often; the answer to it has been announced by RINGING.
    WaitingForResponse {
        call: Call,
        request: PrivateCallSetupRequest,
        left: u8,
    },
    /// The release may be repeated so often.
    WaitingForRelease {
        call: Call,
        left: u8,
    },
    Ongoing(Call),
    /// The answer, once the user has accepted, may be repeated so often.
    Pending {
        call: Call,
        offer: PrivateCallSetupRequest,
        answer: Option<(PrivateCallAccept, u8)>,
    },
}

impl PrivateCall {
    pub fn new(peer: McpttId, address: IpAddr) -> Self {
        Self {
            peer,
            address,
            machine: Machine::StartStop,
            types: TypeControl::new(),
            timers: TimerTable::of([
                Timer::TFP1,
                Timer::TFP2,
                Timer::TFP3,
                Timer::TFP4,
                Timer::TFP5,
                Timer::TFP7,
            ]),
        }
    }

    pub const fn state(&self) -> State {
        match self.machine {
            Machine::StartStop => State::StartStop,
            Machine::Ignoring(_) => State::Ignoring,
            Machine::WaitingForResponse { .. } => State::WaitingForResponse,
            Machine::WaitingForRelease { .. } => State::WaitingForRelease,
            Machine::Ongoing(_) => State::Ongoing,
            Machine::Pending { .. } => State::Pending,
        }
    }

    pub const fn call_type(&self) -> private_type::State {
        self.types.state()
    }

    /// Whether there is a call, or one that is being set up.
    pub const fn is_busy(&self) -> bool {
        !matches!(self.machine, Machine::StartStop | Machine::Ignoring(_))
    }

    /// Nothing is left of any call.
    pub const fn is_over(&self) -> bool {
        matches!(self.machine, Machine::StartStop)
    }

    pub fn poll_timeout(&self) -> Option<Instant> {
        [self.timers.next(), self.types.poll_timeout()].into_iter().flatten().min()
    }

    pub fn command(&mut self, command: &OffNetworkCommand, cx: &mut Context<'_>) {
        let happening = match command {
            OffNetworkCommand::CallUser { manual, emergency, location, .. } => {
                let session_id = cx.rng.next_u64() >> 1;
                let last = self.last_identifier();
                Happening::UserCalls(PrivateCallSetupRequest {
                    call_identifier: cx.call_identifier(|identifier| Some(identifier) == last),
                    commencement_mode: match manual {
                        true => CommencementMode::MANUAL,
                        false => CommencementMode::AUTOMATIC,
                    },
                    call_type: if *emergency { CallType::EMERGENCY_PRIVATE } else { CallType::PRIVATE },
                    caller: cx.config.user.clone(),
                    callee: self.peer.clone(),
                    sdp: description::of_user(session_id, cx.config),
                    user_location: location.clone(),
                })
            }
            OffNetworkCommand::AcceptPrivateCall { .. } => Happening::UserAccepts,
            OffNetworkCommand::RejectPrivateCall { .. } => Happening::UserRejects,
            OffNetworkCommand::EndPrivateCall { .. } => Happening::UserEnds,
            OffNetworkCommand::MediaReceived { .. } => Happening::Media,
            OffNetworkCommand::ChangePrivateCall { emergency, .. } => {
                return self.change_type(*emergency, cx);
            }
            _ => return,
        };
        self.happens(happening, cx);
    }

    /// A message of the other user, from that address. `busy`: no further call is admitted.
    pub fn receive(&mut self, message: &MonpMessage, from: IpAddr, busy: bool, cx: &mut Context<'_>) {
        self.address = from;
        if let MonpMessage::PrivateCallSetupRequest(request) = message {
            return self.happens(Happening::SetupRequest { request, busy }, cx);
        }
        let (identifier, happening) = match message {
            MonpMessage::PrivateCallRinging(ringing) => (ringing.call_identifier, Happening::Ringing),
            MonpMessage::PrivateCallAccept(accept) => (accept.call_identifier, Happening::Accept(accept)),
            MonpMessage::PrivateCallAcceptAck(ack) => (ack.call_identifier, Happening::AcceptAck),
            MonpMessage::PrivateCallReject(reject) => {
                (reject.call_identifier, Happening::Reject(reject.reason))
            }
            MonpMessage::PrivateCallRelease(release) => {
                (release.call_identifier, Happening::Release(release))
            }
            MonpMessage::PrivateCallReleaseAck(ack) => (ack.call_identifier, Happening::ReleaseAck),
            MonpMessage::PrivateCallEmergencyCancel(cancel) => {
                if self.call_identifier() == Some(cancel.call_identifier) {
                    self.types.cancelled(cancel, &self.peer, self.address, cx);
                }
                return;
            }
            MonpMessage::PrivateCallEmergencyCancelAck(ack) => {
                if self.call_identifier() == Some(ack.call_identifier) {
                    self.types.cancel_acknowledged(cx);
                }
                return;
            }
            _ => return,
        };
        if self.last_identifier() == Some(identifier) {
            self.happens(happening, cx);
        } else {
            cx.discard(MACHINE, self.state().name(), happening.trigger().name());
        }
    }

    pub fn handle_timeout(&mut self, cx: &mut Context<'_>) {
        self.types.handle_timeout(&self.peer, self.address, cx);
        while let Some(timer) = self.timers.take_expired(cx.now) {
            self.happens(Happening::Expiry(timer), cx);
        }
    }

    /// The established call.
    const fn call_identifier(&self) -> Option<CallIdentifier> {
        match &self.machine {
            Machine::Ongoing(call) => Some(call.identifier),
            _ => None,
        }
    }

    /// The call of which messages may come.
    const fn last_identifier(&self) -> Option<CallIdentifier> {
        match &self.machine {
            Machine::StartStop => None,
            Machine::Ignoring(identifier) => Some(*identifier),
            Machine::WaitingForResponse { call, .. }
            | Machine::WaitingForRelease { call, .. }
            | Machine::Ongoing(call)
            | Machine::Pending { call, .. } => Some(call.identifier),
        }
    }

    fn change_type(&mut self, emergency: bool, cx: &mut Context<'_>) {
        let Machine::Ongoing(call) = &self.machine else {
            return cx.discard(MACHINE, self.state().name(), "user: change");
        };
        if !emergency {
            return self.types.downgrade(call.parties(), &self.peer, self.address, cx);
        }
        let request = PrivateCallSetupRequest {
            call_identifier: call.identifier,
            commencement_mode: CommencementMode::AUTOMATIC,
            call_type: CallType::EMERGENCY_PRIVATE,
            caller: cx.config.user.clone(),
            callee: self.peer.clone(),
            sdp: description::of_user(cx.rng.next_u64() >> 1, cx.config),
            user_location: None,
        };
        self.types.upgrade(request, self.address, cx);
    }

    fn happens(&mut self, happening: Happening<'_>, cx: &mut Context<'_>) {
        let Some(rule) = cx.rule(MACHINE, PROCEDURES, self.state(), happening.trigger()) else { return };
        let machine = std::mem::replace(&mut self.machine, Machine::StartStop);
        self.machine = self.procedure(machine, happening, cx);
        cx.moved(MACHINE, rule, self.state());
    }

    /// Every procedure of the table; what the table does not list never comes here.
    fn procedure(&mut self, machine: Machine, happening: Happening<'_>, cx: &mut Context<'_>) -> Machine {
        use Happening as H;
        use Machine as S;
        match (machine, happening) {
            (S::StartStop | S::Ignoring(_), H::UserCalls(request)) => self.call(request, cx),
            (S::Ignoring(over), H::SetupRequest { request, .. }) if request.call_identifier == over => {
                S::Ignoring(over)
            }
            (S::StartStop | S::Ignoring(_), H::SetupRequest { request, busy }) => {
                self.called(request, busy, cx)
            }
            (S::Ignoring(over), H::Release(release)) => {
                self.acknowledge_release(release, cx);
                S::Ignoring(over)
            }
            (S::Ignoring(_), H::Expiry(_)) => S::StartStop,
            (S::WaitingForResponse { call, request, left }, happening) => {
                self.waiting(call, request, left, happening, cx)
            }
            (S::WaitingForRelease { call, left }, H::Expiry(_)) => {
                //= 24.379-11.2.2:release
                match left.checked_sub(1) {
                    Some(left) => self.release(call, left, cx),
                    None => self.over(&call, cx),
                }
            }
            (S::WaitingForRelease { call, .. }, H::Release(release)) => {
                self.acknowledge_release(release, cx);
                self.over(&call, cx)
            }
            (S::WaitingForRelease { call, .. }, _) => self.over(&call, cx),
            (S::Ongoing(call), happening) => self.ongoing(call, happening, cx),
            (S::Pending { call, offer, answer }, happening) => {
                self.pending(call, offer, answer, happening, cx)
            }
            (machine, _) => machine,
        }
    }

    fn call(&mut self, request: PrivateCallSetupRequest, cx: &mut Context<'_>) -> Machine {
        self.timers.stop(Timer::TFP7);
        let (call, left) = (Call::of(&request), cx.limit(Counter::CFP1));
        self.request(call, request, left, cx)
    }

    /// Sends the request, which after this may be repeated so often.
    fn request(
        &mut self,
        call: Call,
        request: PrivateCallSetupRequest,
        left: u8,
        cx: &mut Context<'_>,
    ) -> Machine {
        cx.send(self.address, &MonpMessage::PrivateCallSetupRequest(request.clone()));
        self.start(Timer::TFP1, cx);
        Machine::WaitingForResponse { call, request, left }
    }

    fn waiting(
        &mut self,
        call: Call,
        request: PrivateCallSetupRequest,
        left: u8,
        happening: Happening<'_>,
        cx: &mut Context<'_>,
    ) -> Machine {
        use Happening as H;
        match happening {
            H::Expiry(Timer::TFP1) => {
                //= 24.379-11.2.2:retry
                if let Some(left) = left.checked_sub(1) {
                    return self.request(call, request, left, cx);
                }
                //= 24.379-11.2.2:manual
                if request.commencement_mode == CommencementMode::MANUAL {
                    self.start(Timer::TFP2, cx);
                    return Machine::WaitingForResponse { call, request, left };
                }
                self.ended(EndCause::NoAnswer, cx);
                self.over(&call, cx)
            }
            H::Expiry(_) => {
                self.ended(EndCause::NoAnswer, cx);
                self.over(&call, cx)
            }
            H::Ringing => {
                //= 24.379-11.2.2:manual
                self.timers.stop(Timer::TFP1);
                self.start(Timer::TFP2, cx);
                cx.event(OffNetworkEvent::PrivateCallRinging { user: self.peer.clone() });
                Machine::WaitingForResponse { call, request, left }
            }
            H::Accept(accept) => {
                let Ok(described) = Described::read(&accept.sdp) else {
                    cx.event(OffNetworkEvent::UnusableMedia { message: "PRIVATE CALL ACCEPT" });
                    return Machine::WaitingForResponse { call, request, left };
                };
                //= 24.379-11.2.2:ack
                cx.send(self.address, &MonpMessage::PrivateCallAcceptAck(call.parties()));
                self.open(described.of_peer(cx.config), true, cx);
                self.established(call, cx)
            }
            H::Reject(reason) => {
                //= 24.379-11.2.2:reject
                self.ended(EndCause::Rejected(reason), cx);
                self.over(&call, cx)
            }
            H::SetupRequest { request: theirs, .. } => {
                cx.send(self.address, &Call::of(theirs).reject(Reason::BUSY));
                Machine::WaitingForResponse { call, request, left }
            }
            _ => {
                self.ended(EndCause::User, cx);
                self.release(call, cx.limit(Counter::CFP3), cx)
            }
        }
    }

    /// Somebody calls.
    fn called(&mut self, request: &PrivateCallSetupRequest, busy: bool, cx: &mut Context<'_>) -> Machine {
        self.timers.stop(Timer::TFP7);
        let call = Call::of(request);
        let reason = match Described::read(&request.sdp) {
            _ if busy => Some(Reason::BUSY),
            Err(Unusable::Protected) => Some(Reason::SECURITY_CONTEXT_FAILURE),
            Err(Unusable::NoVoice) => Some(Reason::FAILED),
            Ok(_) => None,
        };
        if let Some(reason) = reason {
            //= 24.379-11.2.2:reject
            cx.send(self.address, &call.reject(reason));
            return self.over(&call, cx);
        }
        let automatic = request.commencement_mode == CommencementMode::AUTOMATIC;
        if automatic && cx.config.automatic_answer {
            return self.accept(call, request.clone(), cx);
        }
        //= 24.379-11.2.2:manual
        cx.send(self.address, &MonpMessage::PrivateCallRinging(call.parties()));
        self.start(Timer::TFP2, cx);
        cx.event(OffNetworkEvent::PrivateCallOffered {
            user: self.peer.clone(),
            emergency: call.emergency,
            location: request.user_location.clone(),
        });
        Machine::Pending { call, offer: request.clone(), answer: None }
    }

    /// The call is answered.
    fn accept(&mut self, call: Call, offer: PrivateCallSetupRequest, cx: &mut Context<'_>) -> Machine {
        self.timers.stop(Timer::TFP2);
        let described = Described::read(&offer.sdp);
        let (Ok(described), Some(sdp)) = (described, answer_to(&offer.sdp, cx)) else {
            cx.send(self.address, &call.reject(Reason::FAILED));
            self.ended(EndCause::NotTaken, cx);
            return self.over(&call, cx);
        };
        let answer = PrivateCallAccept {
            call_identifier: call.identifier,
            caller: call.caller.clone(),
            callee: call.callee.clone(),
            sdp,
        };
        self.open(described.of_peer(cx.config), false, cx);
        self.answer(call, offer, answer, cx.limit(Counter::CFP4), cx)
    }

    /// Sends the answer, which after this may be repeated so often.
    fn answer(
        &mut self,
        call: Call,
        offer: PrivateCallSetupRequest,
        answer: PrivateCallAccept,
        left: u8,
        cx: &mut Context<'_>,
    ) -> Machine {
        cx.send(self.address, &MonpMessage::PrivateCallAccept(answer.clone()));
        self.start(Timer::TFP4, cx);
        Machine::Pending { call, offer, answer: Some((answer, left)) }
    }

    fn pending(
        &mut self,
        call: Call,
        offer: PrivateCallSetupRequest,
        answer: Option<(PrivateCallAccept, u8)>,
        happening: Happening<'_>,
        cx: &mut Context<'_>,
    ) -> Machine {
        use Happening as H;
        match (happening, answer) {
            (H::UserAccepts, None) => self.accept(call, offer, cx),
            (H::UserRejects | H::UserEnds, None) => self.refuse(&call, Reason::REJECT, cx),
            //= 24.379-11.2.2:manual
            (H::Expiry(Timer::TFP2), None) => self.refuse(&call, Reason::NO_ANSWER, cx),
            (H::SetupRequest { request, .. }, None) if request.call_identifier == call.identifier => {
                // The caller has not heard that its call is offered.
                cx.send(self.address, &MonpMessage::PrivateCallRinging(call.parties()));
                Machine::Pending { call, offer, answer: None }
            }
            //= 24.379-11.2.2:ack
            (H::AcceptAck | H::Media, Some(_)) => {
                self.timers.stop(Timer::TFP4);
                self.established(call, cx)
            }
            (H::Expiry(Timer::TFP4), Some((answer, left))) => match left.checked_sub(1) {
                Some(left) => self.answer(call, offer, answer, left, cx),
                None => {
                    self.ended(EndCause::NoAnswer, cx);
                    self.over(&call, cx)
                }
            },
            (H::UserEnds, Some(_)) => {
                self.ended(EndCause::User, cx);
                self.release(call, cx.limit(Counter::CFP3), cx)
            }
            (H::Release(release), _) => {
                self.acknowledge_release(release, cx);
                self.ended(EndCause::Peer, cx);
                self.over(&call, cx)
            }
            (_, answer) => Machine::Pending { call, offer, answer },
        }
    }

    fn refuse(&mut self, call: &Call, reason: Reason, cx: &mut Context<'_>) -> Machine {
        //= 24.379-11.2.2:reject
        cx.send(self.address, &call.reject(reason));
        self.ended(EndCause::NotTaken, cx);
        self.over(call, cx)
    }

    fn established(&mut self, call: Call, cx: &mut Context<'_>) -> Machine {
        self.timers.stop_all();
        //= 24.379-11.2.2:duration
        self.start(Timer::TFP5, cx);
        self.types.call_established(call.emergency, cx);
        cx.event(OffNetworkEvent::PrivateCallEstablished {
            user: self.peer.clone(),
            call_identifier: call.identifier,
            emergency: call.emergency,
        });
        Machine::Ongoing(call)
    }

    fn ongoing(&mut self, call: Call, happening: Happening<'_>, cx: &mut Context<'_>) -> Machine {
        use Happening as H;
        match happening {
            H::UserEnds => {
                self.types.call_released(cx);
                self.ended(EndCause::User, cx);
                self.release(call, cx.limit(Counter::CFP3), cx)
            }
            H::Release(release) => {
                self.acknowledge_release(release, cx);
                self.types.call_released(cx);
                self.ended(EndCause::Peer, cx);
                self.over(&call, cx)
            }
            H::Expiry(_) => {
                //= 24.379-11.2.2:duration
                self.types.call_released(cx);
                self.ended(EndCause::MaximumDuration, cx);
                self.over(&call, cx)
            }
            H::SetupRequest { request, .. } => {
                if request.call_identifier != call.identifier {
                    cx.send(self.address, &Call::of(request).reject(Reason::BUSY));
                } else if request.call_type == CallType::EMERGENCY_PRIVATE
                    && let Some(sdp) = answer_to(&request.sdp, cx)
                {
                    let accept = PrivateCallAccept {
                        call_identifier: call.identifier,
                        caller: request.caller.clone(),
                        callee: request.callee.clone(),
                        sdp,
                    };
                    self.types.requested(accept, &self.peer, self.address, cx);
                }
                Machine::Ongoing(call)
            }
            H::Accept(accept) => {
                //= 24.379-11.2.2:ack
                let parties = PrivateCallParties {
                    call_identifier: accept.call_identifier,
                    caller: accept.caller.clone(),
                    callee: accept.callee.clone(),
                };
                cx.send(self.address, &MonpMessage::PrivateCallAcceptAck(parties));
                self.types.accepted(&self.peer, cx);
                Machine::Ongoing(call)
            }
            _ => Machine::Ongoing(call),
        }
    }

    /// Sends the release, which after this may be repeated so often.
    fn release(&mut self, call: Call, left: u8, cx: &mut Context<'_>) -> Machine {
        self.timers.stop_all();
        cx.send(self.address, &MonpMessage::PrivateCallRelease(call.parties()));
        self.start(Timer::TFP3, cx);
        Machine::WaitingForRelease { call, left }
    }

    fn acknowledge_release(&self, release: &PrivateCallParties, cx: &mut Context<'_>) {
        //= 24.379-11.2.2:release
        cx.send(self.address, &MonpMessage::PrivateCallReleaseAck(release.clone()));
    }

    /// Nothing more comes of the call but copies.
    fn over(&mut self, call: &Call, cx: &Context<'_>) -> Machine {
        self.timers.stop_all();
        self.start(Timer::TFP7, cx);
        Machine::Ignoring(call.identifier)
    }

    fn start(&mut self, timer: Timer, cx: &Context<'_>) {
        self.timers.start(timer, cx.now, cx.duration(timer));
    }

    fn open(&self, media: OffNetworkMedia, originated: bool, cx: &mut Context<'_>) {
        cx.event(OffNetworkEvent::PrivateCallMedia { user: self.peer.clone(), originated, media });
    }

    fn ended(&self, cause: EndCause, cx: &mut Context<'_>) {
        cx.event(OffNetworkEvent::PrivateCallEnded { user: self.peer.clone(), cause });
    }
}
