//! Subscriptions that pass through this function: to the participants of a call (TS 24.379 10.1.3.3) and to the affiliations
//! of a group (9.2.1.6). Two dialogs each, like a relayed call.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use mcptt_codec::sip::{HeaderName, Method, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mcptt_info::Content;

use super::relay::copy_failure;
use super::{ClientKey, Incoming, Participating, Pending};
use crate::bodies::Bodies;
use crate::dialog::DialogId;
use crate::policy::Refusal;
use crate::service;
use crate::transaction::ServerTransactionId;
use crate::transport::Hop;

/// NOTIFY requests that may wait for the answer that they have overtaken.
const MAX_EARLY: usize = 64;

/// The subscriptions by either dialog.
#[derive(Debug, Default)]
pub(super) struct RelayedSubscriptions {
    /// From the dialog with the function to that with the client.
    to_client: BTreeMap<DialogId, DialogId>,
    to_function: BTreeMap<DialogId, DialogId>,
    early: Vec<(DialogId, ServerTransactionId, Request)>,
    /// Dialogs with clients whose subscription is not in the store as it is here.
    touched: BTreeSet<DialogId>,
}

impl RelayedSubscriptions {
    pub fn pair(&mut self, function: DialogId, client: DialogId) {
        self.touched.insert(client.clone());
        self.to_function.insert(client.clone(), function.clone());
        self.to_client.insert(function, client);
    }

    fn forget(&mut self, function: &DialogId) -> Option<DialogId> {
        let client = self.to_client.remove(function)?;
        self.to_function.remove(&client);
        self.touched.insert(client.clone());
        Some(client)
    }

    /// The dialogs with clients whose subscription has changed since the last time, each with that of the function.
    pub fn take_touched(&mut self) -> Vec<(DialogId, Option<DialogId>)> {
        let touched = std::mem::take(&mut self.touched);
        touched.into_iter().map(|client| (client.clone(), self.to_function.get(&client).cloned())).collect()
    }

    pub fn is_of_function(&self, dialog: &DialogId) -> bool {
        self.to_client.contains_key(dialog)
    }

    pub fn is_of_client(&self, dialog: &DialogId) -> bool {
        self.to_function.contains_key(dialog)
    }
}

impl Participating {
    /// Passes a SUBSCRIBE on, with the subscriber as this function knows it.
    pub(super) fn relay_subscription(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        client: &ClientKey,
        bodies: &Bodies,
        (uri, destination): (ByteStr, Hop),
    ) -> Result<(), Refusal> {
        if self.watching.to_client.len() >= self.directory.config.limits.subscriptions || self.shutting_down {
            return Err(Refusal::BindingsFull);
        }
        let own = self.identity.uri.clone();
        let received = &incoming.request.headers;
        let mut request = service::request(Method::Subscribe, &uri, &own, &uri);
        service::assert_function(&mut request.headers, &own);
        for name in [HeaderName::Event, HeaderName::Accept, HeaderName::Expires] {
            request.headers.copy_from(received, &name);
        }
        let mut info = bodies.info.clone().unwrap_or_default();
        //= 24.379-6.3.2.1.3:trust
        info.calling_user_id = Some(Content::Normal(client.mcptt_id.clone()));
        info.client_id = Some(Content::Normal(client.client_id.clone()));
        request.set_parts(&bodies.with_info(&info));
        let transaction = self.agent.request(now, request, destination);
        self.pending.insert(transaction, Pending::Subscription(incoming.transaction));
        Ok(())
    }

    pub(super) fn subscription_answered(
        &mut self,
        now: Instant,
        transaction: ServerTransactionId,
        dialog: Option<DialogId>,
        response: &Response,
    ) {
        let mut answer = Response::new(response.status);
        let accepted = dialog.filter(|_| response.status.is_success());
        match &accepted {
            Some(_) => {
                answer.headers.copy_from(&response.headers, &HeaderName::Expires);
            }
            None => copy_failure(response, &mut answer),
        }
        let client = self.agent.respond(now, transaction, answer);
        let Some(function) = accepted else { return self.refuse_early(now) };
        let early = std::mem::take(&mut self.watching.early);
        let (ours, others) = early.into_iter().partition(|(dialog, ..)| *dialog == function);
        self.watching.early = others;
        let ours: Vec<(DialogId, ServerTransactionId, Request)> = ours;
        match client {
            Some(client) => self.watching.pair(function, client),
            None => self.agent.end_dialog(now, &function),
        }
        for (dialog, transaction, notify) in ours {
            self.notified(now, transaction, &dialog, &notify);
        }
        self.refuse_early(now);
    }

    /// What waits for an answer that can not come any more is refused.
    fn refuse_early(&mut self, now: Instant) {
        let asked = self.pending.values().any(|pending| matches!(pending, Pending::Subscription(_)));
        if asked {
            return;
        }
        for (_, transaction, _) in std::mem::take(&mut self.watching.early) {
            let gone = Response::new(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST);
            self.agent.respond(now, transaction, gone);
        }
    }

    /// A NOTIFY for a client.
    pub(super) fn notified(
        &mut self,
        now: Instant,
        transaction: ServerTransactionId,
        dialog: &DialogId,
        request: &Request,
    ) {
        let Some(client) = self.watching.to_client.get(dialog).cloned() else {
            let asked = self.pending.values().any(|pending| matches!(pending, Pending::Subscription(_)));
            if asked && self.watching.early.len() < MAX_EARLY {
                self.watching.early.push((dialog.clone(), transaction, request.clone()));
                return;
            }
            //= RFC3261-481
            let gone = Response::new(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST);
            self.agent.respond(now, transaction, gone);
            return;
        };
        let mut notify = Request::new(Method::Notify, ByteStr::EMPTY);
        for name in [HeaderName::Event, HeaderName::SubscriptionState] {
            notify.headers.copy_from(&request.headers, &name);
        }
        service::assert_function(&mut notify.headers, &self.identity.uri);
        notify.body = service::copy_body(&request.headers, &request.body, &mut notify.headers);
        let state = request.headers.get(&HeaderName::SubscriptionState);
        let ends =
            state.is_some_and(|state| state.trim_start().to_ascii_lowercase().starts_with("terminated"));
        if ends {
            self.watching.forget(dialog);
        }
        match self.agent.request_in_dialog(now, &client, notify) {
            Ok(own) => {
                let function = dialog.clone();
                self.pending.insert(own, Pending::RelayedNotify { answer: transaction, function });
            }
            Err(_) => {
                self.watching.forget(dialog);
                let gone = Response::new(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST);
                self.agent.respond(now, transaction, gone);
            }
        }
    }

    pub(super) fn relayed_notify_answered(
        &mut self,
        now: Instant,
        transaction: ServerTransactionId,
        function: &DialogId,
        response: &Response,
    ) {
        self.agent.respond(now, transaction, Response::new(response.status));
        if !response.status.is_success()
            && let Some(client) = self.watching.forget(function)
        {
            self.agent.end_dialog(now, &client);
        }
    }

    /// The client asks for more time, or has had enough.
    pub(super) fn relay_resubscription(
        &mut self,
        now: Instant,
        transaction: ServerTransactionId,
        dialog: &DialogId,
        request: &Request,
    ) {
        let mut onward = Request::new(Method::Subscribe, ByteStr::EMPTY);
        for name in [HeaderName::Event, HeaderName::Accept, HeaderName::Expires] {
            onward.headers.copy_from(&request.headers, &name);
        }
        let function = self.watching.to_function.get(dialog).cloned();
        let sent = function.and_then(|function| self.agent.request_in_dialog(now, &function, onward).ok());
        match sent {
            Some(own) => {
                self.pending.insert(own, Pending::Resubscription(transaction));
            }
            None => {
                let gone = Response::new(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST);
                self.agent.respond(now, transaction, gone);
            }
        }
    }

    pub(super) fn resubscription_answered(
        &mut self,
        now: Instant,
        transaction: ServerTransactionId,
        response: &Response,
    ) {
        let mut answer = Response::new(response.status);
        copy_failure(response, &mut answer);
        answer.headers.copy_from(&response.headers, &HeaderName::Expires);
        answer.headers.copy_from(&response.headers, &HeaderName::MinExpires);
        self.agent.respond(now, transaction, answer);
    }
}
