//! What a user agent keeps per dialog, per request that it sent and per request that it received.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use mcptt_codec::sip::{Method, Request};
use mcptt_codec::text::ByteStr;

use super::reliable::Reliable;
use crate::dialog::{Dialog, DialogId};
use crate::transaction::{ClientTransactionId, ServerTransactionId};
use crate::transport::{Hop, SipPath};

/// A dialog with everything that is in progress in it.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) dialog: Dialog,
    /// Our INVITE without final answer.
    pub(super) own_invite: Option<ClientTransactionId>,
    /// The peer's INVITE without final answer.
    pub(super) peer_invite: Option<ServerTransactionId>,
    /// Our 2xx that was not acknowledged yet.
    pub(super) answer: Option<Answer>,
    /// The peer's 2xx whose ACK the caller owes, with the sequence number of the INVITE.
    pub(super) owed_ack: Option<(ClientTransactionId, u32)>,
    /// Our BYE that waits for the ACK of our 2xx (RFC 3261 15).
    pub(super) held_bye: Option<(ClientTransactionId, Request)>,
    pub(super) ending: Ending,
    pub(super) usage: Usage,
}

/// What a dialog is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Usage {
    /// Created by INVITE, ended by BYE.
    Session,
    /// Created by SUBSCRIBE, REFER or the NOTIFY that overtook their answer, ended by a terminating NOTIFY.
    Subscription,
}

/// Whether a BYE went through the dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    No,
    ByUs,
    ByPeer,
}

impl Session {
    pub(super) const fn new(dialog: Dialog, usage: Usage) -> Self {
        Self {
            dialog,
            own_invite: None,
            peer_invite: None,
            answer: None,
            owed_ack: None,
            held_bye: None,
            ending: Ending::No,
            usage,
        }
    }

    /// Whether an INVITE is not finished in either direction.
    pub(super) const fn invite_pending(&self) -> bool {
        self.own_invite.is_some()
            || self.peer_invite.is_some()
            || self.answer.is_some()
            || self.owed_ack.is_some()
    }
}

/// A 2xx to an INVITE that is repeated until its ACK arrives (RFC 3261 13.3.1.4).
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) transaction: ServerTransactionId,
    /// Sequence number of the INVITE, and so of the ACK.
    pub(super) sequence: u32,
    pub(super) octets: Bytes,
    pub(super) path: SipPath,
    pub(super) interval: Duration,
    pub(super) next: Instant,
    pub(super) give_up: Instant,
}

/// A request that we sent, until its transaction is gone.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) method: Method,
    pub(super) sequence: u32,
    /// The dialog it was sent in.
    pub(super) dialog: Option<DialogId>,
    /// The request itself when its answers may create dialogs.
    pub(super) forming: Option<Request>,
    /// Whether the INVITE had no body, so that the 2xx brings the offer.
    pub(super) without_offer: bool,
    /// Whether it is a NOTIFY that ends a subscription.
    pub(super) terminating: bool,
    /// Dialogs that its answers created and that are still early.
    pub(super) early: Vec<DialogId>,
    /// The ACK of each 2xx by To tag; `None` while the caller owes it.
    pub(super) acks: BTreeMap<ByteStr, Option<(SipPath, Bytes)>>,
    /// What is left to try when this way fails.
    pub(super) retry: Option<Retry>,
    /// Attempts that have failed and whose end the transaction layer has not told yet.
    pub(super) restarts: u32,
    /// The RSeq of the last reliable provisional answer by To tag.
    pub(super) progress: BTreeMap<ByteStr, u32>,
    pub(super) cancel: Cancel,
    /// Whether a final answer or its absence was reported.
    pub(super) done: bool,
    /// Whether we sent it on our own account, so that nobody waits for its outcome.
    pub(super) internal: bool,
}

/// A request for another attempt.
#[derive(Debug)]
pub(super) struct Retry {
    pub(super) request: Request,
    pub(super) hop: Hop,
}

/// How far the cancelling of an INVITE is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cancel {
    No,
    /// Wanted, but CANCEL must wait for a provisional answer (RFC 3261 9.1).
    Wanted,
    Sent,
}

/// A request that we received, until its transaction is gone.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) method: Method,
    /// The request while it has no final answer.
    pub(super) request: Option<Request>,
    pub(super) path: SipPath,
    /// The dialog it was sent in or has created.
    pub(super) dialog: Option<DialogId>,
    /// Whether the request was outside a dialog, so that its answers may create one.
    pub(super) initial: bool,
    /// The To tag of our answers if the request had none.
    pub(super) local_tag: ByteStr,
    /// Its reliable provisional answers.
    pub(super) reliable: Reliable,
    pub(super) merge: Option<MergeKey>,
}

/// What two requests share that took different ways from one original (RFC 3261 8.2.2.2).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MergeKey {
    call_id: ByteStr,
    from_tag: ByteStr,
    sequence: u32,
    method: Method,
}

impl MergeKey {
    /// `None` for a request inside a dialog, and for one without From tag, which tells nothing.
    pub(super) fn of(request: &Request) -> Option<Self> {
        let headers = &request.headers;
        if headers.to_address().ok()?.tag().is_some() {
            return None;
        }
        Some(Self {
            call_id: headers.call_id().ok()?.clone(),
            from_tag: headers.from_address().ok()?.tag()?.into(),
            sequence: headers.cseq().ok()?.number,
            method: request.method.clone(),
        })
    }
}

/// What wakes a user agent, apart from its transactions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Alarm {
    /// Our 2xx is to be repeated or given up.
    Answer(DialogId),
    /// Our INVITE rang too long.
    Ringing(ClientTransactionId),
    /// Our cancelled INVITE got no final answer for 64*T1 (RFC 3261 9.1).
    Cancelled(ClientTransactionId),
    /// The peer's INVITE was not answered for too long.
    Unanswered(ServerTransactionId),
    /// Our reliable provisional answer is to be repeated or given up.
    Reliable(ServerTransactionId),
    /// A message has begun on a connection and does not end.
    Partial(SipPath),
}
