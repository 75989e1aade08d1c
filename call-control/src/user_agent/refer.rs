//! Referrals that we carry out (RFC 3515, RFC 4488): the answer to a REFER, and telling the referrer how it goes.
//!
//! The caller reads a REFER with [`UserAgent::read_referral`], decides, and accepts it with
//! [`UserAgent::accept_referral`]. If the referrer wants to be told that returns an id, and the first NOTIFY is on its way;
//! then the caller says how the referred request goes with [`UserAgent::tell_referrer`], once for each answer to it. One
//! NOTIFY is under way at a time, and only what is true when it is sent is told. A SUBSCRIBE that refreshes or ends such a
//! subscription is answered here.

use std::time::{Duration, Instant};

use mcptt_codec::sip::field::{Event, SubscriptionState, Token};
use mcptt_codec::sip::{HeaderName, Method, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;

use super::session::{Alarm, Purpose};
use super::{UserAgent, plain};
use crate::dialog::DialogId;
use crate::refer::{Progress, Referral};
use crate::transaction::{ServerTransactionId, later};

/// A referral whose referrer is told how it goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReferralId {
    dialog: DialogId,
    /// Sequence number of the REFER: several may come in one dialog (RFC 3515 2.4.6).
    sequence: u32,
}

impl ReferralId {
    /// The dialog that the REFER came in or has created.
    pub const fn dialog(&self) -> &DialogId {
        &self.dialog
    }
}

/// What a referrer has been told.
#[derive(Debug)]
pub(super) struct Told {
    status: StatusCode,
    expires_at: Instant,
    /// Why the subscription is over, as soon as it is.
    over: Option<Token>,
    /// A NOTIFY waits for its answer.
    under_way: bool,
    /// There is something to tell.
    stale: bool,
}

impl UserAgent {
    /// Reads a REFER.
    ///
    /// # Errors
    /// The answer that refuses it.
    pub fn read_referral(&self, request: &Request) -> Result<Referral, Box<Response>> {
        let limits = &self.settings.limits;
        let referral =
            Referral::read(request, limits.targets).map_err(|status| Box::new(plain(request, status)))?;
        if referral.subscribe && self.referrals.len() >= limits.referrals {
            return Err(Box::new(self.busy(request)));
        }
        Ok(referral)
    }

    /// Accepts a REFER. `response` is what the answer says besides; its status is replaced. Returns what to name in
    /// [`UserAgent::tell_referrer`]; `None` when the referrer does not want to be told.
    pub fn accept_referral(
        &mut self,
        now: Instant,
        transaction: ServerTransactionId,
        referral: &Referral,
        mut response: Response,
    ) -> Option<ReferralId> {
        let served = self.served.get(&transaction)?;
        let sequence = served.request.as_ref()?.headers.cseq().ok()?.number;
        let status = if referral.subscribe { StatusCode::ACCEPTED } else { StatusCode::OK };
        response.status = status;
        response.reason = ByteStr::from_static(status.reason());
        if !referral.subscribe && !response.headers.contains(&HeaderName::ReferSub) {
            //= RFC4488-4:agree
            response.headers.push(HeaderName::ReferSub, "false");
        }
        let dialog = self.answer(now, transaction, response).filter(|_| referral.subscribe);
        let accepted = dialog.map(|dialog| {
            let id = ReferralId { dialog, sequence };
            let lifetime = self.settings.ringing.saturating_add(self.settings.timers.transaction_timeout());
            let told = Told {
                status: StatusCode::TRYING,
                expires_at: later(now, lifetime),
                over: None,
                under_way: false,
                stale: true,
            };
            self.deadlines.set(Alarm::Referral(id.clone()), Some(told.expires_at));
            self.referrals.insert(id.clone(), told);
            //= RFC3515-2.4.4:first
            self.notify_referrer(now, &id);
            id
        });
        self.settle(now);
        accepted
    }

    /// Tells the referrer that the referred request has got an answer with this status; a final one ends the subscription.
    pub fn tell_referrer(&mut self, now: Instant, id: &ReferralId, status: StatusCode) {
        if let Some(told) = self.referrals.get_mut(id).filter(|told| told.over.is_none()) {
            told.status = status;
            told.stale = true;
            //= RFC3515-2.4.5:end
            told.over = status.is_final().then_some(SubscriptionState::NORESOURCE);
            self.notify_referrer(now, id);
        }
        self.settle(now);
    }

    /// Sends the NOTIFY that is due, unless one is under way.
    fn notify_referrer(&mut self, now: Instant, id: &ReferralId) {
        let Some(told) = self.referrals.get_mut(id).filter(|told| told.stale && !told.under_way) else {
            return;
        };
        told.stale = false;
        told.under_way = true;
        let left = told.expires_at.saturating_duration_since(now).as_secs();
        let state = match &told.over {
            Some(reason) => SubscriptionState::terminated(reason),
            None => SubscriptionState::active(u32::try_from(left).unwrap_or(u32::MAX)),
        };
        let mut event = Event::new(Event::REFER);
        //= RFC3515-2.4.6:id
        event.params.set("id", id.sequence.to_string());
        let mut notify = Request::new(Method::Notify, ByteStr::EMPTY);
        notify.headers.push(HeaderName::Event, event.to_string());
        notify.headers.push(HeaderName::SubscriptionState, state.to_string());
        //= RFC3515-2.4.5:sipfrag
        notify.set_parts(&[Progress::fragment(told.status)]);
        if self.send_in_dialog(now, &id.dialog, notify, Purpose::Notify(id.clone())).is_err() {
            self.forget_referral(id);
        }
    }

    /// A NOTIFY was answered. A referrer that does not take it is not told any more.
    pub(super) fn referral_told(&mut self, now: Instant, id: &ReferralId, accepted: bool) {
        let Some(told) = self.referrals.get_mut(id) else { return };
        told.under_way = false;
        let finished = told.over.is_some() && !told.stale;
        if !accepted || finished {
            return self.forget_referral(id);
        }
        self.notify_referrer(now, id);
    }

    /// The subscription was not refreshed, and nobody has said how the referral ended.
    pub(super) fn referral_expired(&mut self, now: Instant, id: &ReferralId) {
        let Some(told) = self.referrals.get_mut(id).filter(|told| told.over.is_none()) else { return };
        told.over = Some(SubscriptionState::TIMEOUT);
        told.stale = true;
        self.notify_referrer(now, id);
    }

    /// A SUBSCRIBE to how a referral goes: more time, or none. `false` when it is about something else.
    pub(super) fn handle_referral_subscribe(
        &mut self,
        now: Instant,
        transaction: ServerTransactionId,
        dialog: Option<&DialogId>,
        request: &Request,
    ) -> bool {
        let (Method::Subscribe, Some(dialog)) = (&request.method, dialog) else { return false };
        let Some(id) = self.subscribed_referral(dialog, request) else { return false };
        let most = self.settings.ringing.saturating_add(self.settings.timers.transaction_timeout());
        let asked = request.headers.number(&HeaderName::Expires).ok().flatten();
        let lifetime = asked.map_or(most, |seconds| most.min(Duration::from_secs(seconds.into())));
        let mut response = plain(request, StatusCode::OK);
        response.headers.push(HeaderName::Expires, lifetime.as_secs().to_string());
        self.answer(now, transaction, response);
        if let Some(told) = self.referrals.get_mut(&id).filter(|told| told.over.is_none()) {
            told.expires_at = later(now, lifetime);
            told.stale = true;
            told.over = lifetime.is_zero().then_some(SubscriptionState::TIMEOUT);
            let expires_at = told.expires_at;
            self.deadlines.set(Alarm::Referral(id.clone()), Some(expires_at));
            self.notify_referrer(now, &id);
        }
        true
    }

    fn subscribed_referral(&self, dialog: &DialogId, request: &Request) -> Option<ReferralId> {
        let event = request.headers.shared_values(&HeaderName::Event).next()?;
        let mut parts = event.split(';').map(str::trim);
        if !parts.next()?.eq_ignore_ascii_case("refer") {
            return None;
        }
        let named = parts.find_map(|param| param.strip_prefix("id=")?.parse().ok());
        let id = ReferralId { dialog: dialog.clone(), sequence: named.unwrap_or(0) };
        match named {
            Some(_) => self.referrals.contains_key(&id).then_some(id),
            // Without an id it is that of the first REFER.
            None => self.referrals.range(id..).map(|(id, _)| id).find(|id| id.dialog == *dialog).cloned(),
        }
    }

    fn forget_referral(&mut self, id: &ReferralId) {
        self.deadlines.set(Alarm::Referral(id.clone()), None);
        self.referrals.remove(id);
    }

    /// The dialog is gone, and with it whom to tell.
    pub(super) fn forget_referrals(&mut self, dialog: &DialogId) {
        let first = ReferralId { dialog: dialog.clone(), sequence: 0 };
        let ended: Vec<ReferralId> = self
            .referrals
            .range(first..)
            .map(|(id, _)| id)
            .take_while(|id| id.dialog == *dialog)
            .cloned()
            .collect();
        for id in ended {
            self.forget_referral(&id);
        }
    }
}
