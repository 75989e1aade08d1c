//! A private call as its messages describe it, and what can happen to it.

use std::net::SocketAddr;

use bytes::Bytes;
use mcptt_codec::id::McpttId;
use mcptt_codec::monp::{
    CallIdentifier, CallType, MonpMessage, PrivateCallAccept, PrivateCallParties, PrivateCallReject,
    PrivateCallSetupRequest, Reason,
};
use mcptt_codec::sdp::{McpttFmtp, SessionDescription};
use rand_core::RngCore;

use super::super::context::Context;
use super::super::timer::Timer;
use super::Trigger;
use crate::offer_answer::{self, LocalMedia};

#[derive(Clone, Debug)]
pub(super) struct Call {
    pub identifier: CallIdentifier,
    pub caller: McpttId,
    pub callee: McpttId,
    pub emergency: bool,
}

impl Call {
    pub fn of(request: &PrivateCallSetupRequest) -> Self {
        Self {
            identifier: request.call_identifier,
            caller: request.caller.clone(),
            callee: request.callee.clone(),
            emergency: request.call_type == CallType::EMERGENCY_PRIVATE,
        }
    }

    pub fn parties(&self) -> PrivateCallParties {
        PrivateCallParties {
            call_identifier: self.identifier,
            caller: self.caller.clone(),
            callee: self.callee.clone(),
        }
    }

    pub fn reject(&self, reason: Reason) -> MonpMessage {
        MonpMessage::PrivateCallReject(PrivateCallReject {
            call_identifier: self.identifier,
            reason,
            caller: self.caller.clone(),
            callee: self.callee.clone(),
        })
    }
}

/// Something that has happened.
pub(super) enum Happening<'a> {
    UserCalls(PrivateCallSetupRequest),
    UserAccepts,
    UserRejects,
    UserEnds,
    SetupRequest { request: &'a PrivateCallSetupRequest, busy: bool },
    Ringing,
    Accept(&'a PrivateCallAccept),
    AcceptAck,
    Reject(Reason),
    Release(&'a PrivateCallParties),
    ReleaseAck,
    Media,
    Expiry(Timer),
}

impl Happening<'_> {
    pub const fn trigger(&self) -> Trigger {
        match self {
            Self::UserCalls(_) => Trigger::UserCalls,
            Self::UserAccepts => Trigger::UserAccepts,
            Self::UserRejects => Trigger::UserRejects,
            Self::UserEnds => Trigger::UserEnds,
            Self::SetupRequest { .. } => Trigger::SetupRequest,
            Self::Ringing => Trigger::Ringing,
            Self::Accept(_) => Trigger::Accept,
            Self::AcceptAck => Trigger::AcceptAck,
            Self::Reject(_) => Trigger::Reject,
            Self::Release(_) => Trigger::Release,
            Self::ReleaseAck => Trigger::ReleaseAck,
            Self::Media => Trigger::Media,
            Self::Expiry(Timer::TFP1) => Trigger::Tfp1,
            Self::Expiry(Timer::TFP2) => Trigger::Tfp2,
            Self::Expiry(Timer::TFP3) => Trigger::Tfp3,
            Self::Expiry(Timer::TFP4) => Trigger::Tfp4,
            Self::Expiry(Timer::TFP5) => Trigger::Tfp5,
            Self::Expiry(_) => Trigger::Tfp7,
        }
    }
}

/// The answer to an offer: what it offers, at our own address.
pub(super) fn answer_to(offer: &Bytes, cx: &mut Context<'_>) -> Option<Bytes> {
    let offer = SessionDescription::decode(offer).ok()?;
    let at = |port| SocketAddr::new(cx.config.address, port);
    let local = LocalMedia { audio: at(cx.config.audio_port), floor: at(cx.config.floor_port) };
    let session_id = cx.rng.next_u64() >> 1;
    let answer = offer_answer::answer(&offer, session_id, local, None, &McpttFmtp::default());
    Some(Bytes::from(answer.encode()))
}
