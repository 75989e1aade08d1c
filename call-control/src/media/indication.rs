//! What call control hears from the media plane.

use mcptt_codec::id::{CallRef, LegRef};
use mcptt_codec::session::ReasonCode;

use super::ConstituentRequest;

/// What the floor control server and the media function report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MediaIndication {
    /// T4 has expired: nobody has talked for the hang time (TS 24.380 6.3.4.3.5).
    Inactive {
        /// The call.
        call: CallRef,
    },
    /// A participant talks from now on, or no longer.
    Talking {
        /// The call.
        call: CallRef,
        /// The leg.
        leg: LegRef,
        /// From now on, or no longer.
        talking: bool,
    },
    /// The client accepts that a call uses its pre-established session.
    SessionAccepted {
        /// The session.
        session: CallRef,
    },
    /// The client refuses that.
    SessionRefused {
        /// The session.
        session: CallRef,
        /// Why.
        code: ReasonCode,
    },
    /// The client has not answered repeated Connect messages.
    SessionNotAnswered {
        /// The session.
        session: CallRef,
    },
    /// The media plane cannot serve the session, or not with the call that was to use it.
    SessionUnusable {
        /// The session.
        session: CallRef,
        /// The leg that cannot be served; `None`: the session itself.
        leg: Option<LegRef>,
    },
    /// A participant has not answered repeated floor messages; it is taken out of the call.
    LegUnresponsive {
        /// The call.
        call: CallRef,
        /// The leg.
        leg: LegRef,
    },
    /// In a call that another function controls from now on somebody talks: its function is to know.
    TalkerHandedOver {
        /// The call.
        call: CallRef,
        /// What to ask for in the place of the talker.
        request: ConstituentRequest,
    },
}

/// Tells the references of pre-established sessions from those of the calls that the controlling function of the node numbers.
pub(crate) const SESSIONS: u64 = 1 << 63;

/// Whether a reference is that of a pre-established session of the participating function.
pub const fn is_session(reference: CallRef) -> bool {
    reference.0 & SESSIONS != 0
}

impl MediaIndication {
    /// What it concerns: a call of the controlling function or a session of the participating function.
    pub const fn call(&self) -> CallRef {
        match self {
            Self::Inactive { call }
            | Self::LegUnresponsive { call, .. }
            | Self::Talking { call, .. }
            | Self::TalkerHandedOver { call, .. } => *call,
            Self::SessionAccepted { session }
            | Self::SessionRefused { session, .. }
            | Self::SessionNotAnswered { session }
            | Self::SessionUnusable { session, .. } => *session,
        }
    }
}
