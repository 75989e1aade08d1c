//! What a user agent tells its caller.

use mcptt_codec::DecodeError;
use mcptt_codec::sip::{Request, Response};

use crate::dialog::DialogId;
use crate::transaction::{ClientTransactionId, ServerTransactionId};
use crate::transport::SipPath;

/// Something that the caller has to know, in the order in which it happened.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum UaEvent {
    /// A new request that passed all checks. The caller answers it once, with
    /// [`UserAgent::respond`](super::UserAgent::respond).
    Request {
        /// What to name in the answer.
        transaction: ServerTransactionId,
        /// The dialog it belongs to; none for one outside a dialog.
        dialog: Option<DialogId>,
        /// The request, its top Via completed with `received` and `rport`.
        request: Request,
        /// Where it arrived and where it came from.
        path: SipPath,
    },
    /// An answer to a request of ours. Provisional answers may be many, the final one comes once; 100 Trying
    /// is not reported.
    Response {
        /// Which request.
        transaction: ClientTransactionId,
        /// The dialog it belongs to or has just created.
        dialog: Option<DialogId>,
        /// The response.
        response: Response,
        /// Where it arrived and where it came from.
        path: SipPath,
    },
    /// A request of ours got no final answer in time, or could not be sent at all. This is its outcome.
    TransportOrTimeout {
        /// Which request.
        transaction: ClientTransactionId,
        /// The dialog it was sent in.
        dialog: Option<DialogId>,
    },
    /// An INVITE that we received was cancelled or rang too long, and 487 was sent. It must not be answered any more.
    Cancelled {
        /// Which INVITE.
        transaction: ServerTransactionId,
        /// The dialog that an earlier answer had created, or that the re-INVITE was in.
        dialog: Option<DialogId>,
    },
    /// The peer had already accepted our INVITE when our CANCEL arrived: the 2xx was acknowledged and the dialog ended
    /// with BYE, all by ourselves. This is the outcome of the INVITE. (A re-INVITE that was accepted all the same
    /// changes the session and is reported as a response.)
    Abandoned {
        /// Which INVITE.
        transaction: ClientTransactionId,
        /// The dialog.
        dialog: DialogId,
    },
    /// The 2xx that we sent to an INVITE was acknowledged; it comes once per 2xx.
    Acknowledged {
        /// Which INVITE.
        transaction: ServerTransactionId,
        /// The dialog.
        dialog: DialogId,
        /// The ACK, which may carry an answer to our offer.
        ack: Request,
    },
    /// Our 2xx to an INVITE was sent for 64*T1 and nobody acknowledged it. The caller ends the dialog with
    /// [`UserAgent::bye`](super::UserAgent::bye) (RFC 3261 13.3.1.4).
    NotAcknowledged {
        /// Which INVITE.
        transaction: ServerTransactionId,
        /// The dialog.
        dialog: DialogId,
    },
    /// A session whose timer runs (RFC 4028) was not refreshed in time, or its peer has turned out to be gone. The caller
    /// ends the dialog with [`UserAgent::bye`](super::UserAgent::bye); the timer does not run any more.
    SessionLost {
        /// The dialog.
        dialog: DialogId,
        /// How it was lost.
        cause: SessionLoss,
    },
    /// A well-formed message that has no place here, or a request that was answered without the caller.
    Discarded {
        /// Where it arrived and where it came from.
        path: SipPath,
        /// Why.
        reason: Discard,
    },
    /// A connection is gone: what is bound to it cannot be reached there any more.
    StreamClosed {
        /// Which one.
        path: SipPath,
    },
    /// Octets that are no SIP message. If they named a sender to answer to, they were answered.
    Undecodable {
        /// Where they arrived and where they came from.
        path: SipPath,
        /// What is wrong, and at which octet.
        error: DecodeError,
    },
}

/// How a session was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SessionLoss {
    /// Whoever had to has not refreshed it.
    Expired,
    /// Our refresh was not answered, or the peer does not know the session.
    Unreachable,
}

/// Why a message went no further than the user agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Discard {
    /// A response to nothing that we asked, or to something long finished.
    UnmatchedResponse,
    /// A response with a Via below ours: it was meant for somebody else (RFC 3261 8.1.3.3).
    ForeignResponse,
    /// A response in which something is wrong that every response has (RFC 3261 8.1.2, 18.1.2).
    MalformedResponse {
        /// What is wrong, in the words of the RFC.
        what: &'static str,
    },
    /// An ACK that acknowledges nothing.
    UnmatchedAck,
    /// A connection beyond the limit; it is closed.
    TooManyStreams,
    /// A 1xx or 2xx of a fork that we do not follow; a 2xx was acknowledged and ended with BYE if that was possible.
    TooManyForks,
    /// Another MCPTT server has to protect its bodies, and this was not, or not by its key; a request was answered 403.
    Unprotected,
    /// The request was answered 503 because messages wait too long.
    Shed,
    /// The request was answered with this status code and changed nothing.
    Refused(u16),
}
