//! What a user agent keeps per dialog, per request that it sent and per request that it received.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use mcptt_codec::sip::{HeaderName, Method, Request};
use mcptt_codec::text::ByteStr;

use super::refer::ReferralId;
use super::reliable::Reliable;
use crate::dialog::{Dialog, DialogId};
use crate::session_timer::SessionTimer;
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
    /// Our UPDATE without final answer.
    pub(super) own_update: Option<ClientTransactionId>,
    /// The peer's UPDATE without final answer.
    pub(super) peer_update: Option<ServerTransactionId>,
    /// Supervision of the session (RFC 4028).
    pub(super) timer: Option<SessionTimer>,
    /// What the peer is able to do.
    pub(super) peer: Abilities,
    /// The session description that we gave last.
    pub(super) said: Option<Bytes>,
    pub(super) ending: Ending,
    pub(super) usage: Usage,
}

/// What the peer of a dialog has said about itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Abilities {
    /// Whether it takes UPDATE; unknown until it has listed its methods.
    pub(super) update: Option<bool>,
    /// The Info packages that it takes (RFC 6086); unknown until it has listed them.
    pub(super) info_packages: Option<Vec<ByteStr>>,
    /// The shortest session interval that it takes, in seconds.
    pub(super) least_interval: u32,
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
            own_update: None,
            peer_update: None,
            timer: None,
            peer: Abilities { update: None, info_packages: None, least_interval: 0 },
            said: None,
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
    /// Whether it brings an offer, which the ACK answers.
    pub(super) offers: bool,
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
    /// Whether the INVITE brought no description, so that the 2xx brings the offer.
    pub(super) without_offer: bool,
    /// Whether a reliable provisional answer has answered our offer.
    pub(super) answered: bool,
    /// Whether it is a NOTIFY that ends a subscription.
    pub(super) terminating: bool,
    /// Dialogs that its answers created and that are still early.
    pub(super) early: Vec<DialogId>,
    /// The ACK of each 2xx by To tag; `None` while the caller owes it.
    pub(super) acks: BTreeMap<ByteStr, Option<(SipPath, Bytes)>>,
    /// What is left to try when this way fails.
    pub(super) retry: Option<Retry>,
    /// Where it went.
    pub(super) hop: Hop,
    /// What the caller knows it as: the transaction of the first attempt.
    pub(super) known_as: ClientTransactionId,
    /// How many attempts there were.
    pub(super) attempts: u8,
    /// The RSeq of the last reliable provisional answer by To tag.
    pub(super) progress: BTreeMap<ByteStr, u32>,
    pub(super) cancel: Cancel,
    /// The BYE for a 2xx that crosses the CANCEL. `None`: a plain one.
    pub(super) farewell: Option<Request>,
    /// Whether a final answer or its absence was reported.
    pub(super) done: bool,
    pub(super) purpose: Purpose,
}

/// Who waits for the outcome of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Our caller.
    Caller,
    /// Nobody: it was sent on our own account.
    Nobody,
    /// The session timer.
    Refresh,
    /// The next NOTIFY about a referral.
    Notify(ReferralId),
}

/// A request for another attempt, and the ways that are left for it, the best one first.
#[derive(Debug)]
pub(super) struct Retry {
    pub(super) request: Request,
    pub(super) hops: VecDeque<Hop>,
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
    /// Whether it brought a description.
    pub(super) offer: bool,
    /// Whether a reliable provisional answer has answered its offer.
    pub(super) answered: bool,
    /// Its answers repeat what it says about charging.
    pub(super) charged: bool,
    /// Its reliable provisional answers.
    pub(super) reliable: Reliable,
    pub(super) merge: Option<MergeKey>,
}

/// What two requests share that took different ways from one original (RFC 3261 8.2.2.2).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct MergeKey {
    /// Call-ID and From tag, with a line end between them, which stands in neither. Copied: it outlives the datagram that they
    /// came in, and is kept twice.
    names: Arc<str>,
    sequence: u32,
    method: Method,
}

impl MergeKey {
    /// `None` for a request inside a dialog, and for one without From tag, which tells nothing.
    pub(super) fn of(request: &Request) -> Option<Self> {
        let headers = &request.headers;
        if headers.has_tag(&HeaderName::To) {
            return None;
        }
        let (call_id, from_tag) = (headers.call_id().ok()?, headers.tag(&HeaderName::From)?);
        Some(Self {
            names: [call_id.as_str(), "\n", from_tag.as_str()].concat().into(),
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
    /// The session is to be refreshed, or was not.
    Session(DialogId),
    /// Nobody has told how a referral goes for too long.
    Referral(ReferralId),
}
