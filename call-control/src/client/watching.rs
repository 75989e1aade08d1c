//! Watching who is in a call (TS 24.379 10.1.3.2).

use std::collections::BTreeMap;
use std::time::Instant;

use mcptt_codec::id::McpttId;
use mcptt_codec::sip::{HeaderName, Method, Request, Response, StatusCode};
use mcptt_codec::xml::conference_info::ConferenceInfo;
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, McpttUri};
use mcptt_codec::xml::mime;

use super::{CallId, Client, ClientEvent, ClientRequest, Pending};
use crate::bodies::{Bodies, info_part};
use crate::dialog::DialogId;
use crate::transaction::ServerTransactionId;

/// The subscriptions by their dialogs.
pub(super) type Watched = BTreeMap<DialogId, CallId>;

impl Client {
    /// `expires` 0 asks once.
    pub(super) fn watch_call(&mut self, now: Instant, call: CallId, expires: u32) {
        let Some(session_identity) = self.session_identity_of(call) else { return };
        let info = McpttInfo {
            request_uri: self.group_of(call).map(|group| Content::Normal(McpttUri::from(&group))),
            client_id: Some(Content::Normal(self.config.client_id.clone())),
            ..McpttInfo::default()
        };
        let mut request = self.service_request_to(Method::Subscribe, session_identity);
        request.headers.push(HeaderName::Event, "conference");
        request.headers.push(HeaderName::Accept, mime::CONFERENCE_INFO);
        request.headers.push(HeaderName::Expires, expires.to_string());
        request.set_parts(&self.sealed(&[info_part(&info)]));
        let transaction = self.agent.request(now, request, self.config.participating());
        self.pending.insert(transaction, Pending::Watch(call));
    }

    pub(super) fn watch_answered(&mut self, call: CallId, dialog: Option<DialogId>, response: &Response) {
        match dialog.filter(|_| response.status.is_success()) {
            // A last NOTIFY that has overtaken this answer has ended the dialog.
            Some(dialog) if self.agent.dialog(&dialog).is_none() => {}
            Some(dialog) => {
                self.watched.entry(dialog).or_insert(call);
            }
            None => self.failed(ClientRequest::Conference, response),
        }
    }

    /// A NOTIFY, which may have overtaken the answer to its SUBSCRIBE.
    pub(super) fn notified(
        &mut self,
        now: Instant,
        transaction: ServerTransactionId,
        dialog: &DialogId,
        request: &Request,
    ) {
        let known = self.watched.get(dialog).copied().or_else(|| {
            self.pending.values().find_map(|pending| match pending {
                Pending::Watch(call) => Some(*call),
                _ => None,
            })
        });
        let Some(call) = known else {
            let gone = Response::new(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST);
            self.agent.respond(now, transaction, gone);
            return;
        };
        self.agent.respond(now, transaction, Response::new(StatusCode::OK));
        let state = request.headers.get(&HeaderName::SubscriptionState);
        let over =
            state.is_some_and(|state| state.trim_start().to_ascii_lowercase().starts_with("terminated"));
        match over {
            true => self.watched.remove(dialog),
            false => self.watched.insert(dialog.clone(), call),
        };
        let bodies = Bodies::read(&request.headers, &request.body).unwrap_or_default();
        let document =
            bodies.part(mime::CONFERENCE_INFO).and_then(|part| ConferenceInfo::parse(&part.body).ok());
        let users = document.as_ref().and_then(|document| document.users.as_ref());
        let participants: Vec<McpttId> =
            users.into_iter().flat_map(|users| users.users.iter().map(|user| user.entity.clone())).collect();
        let version = document.as_ref().and_then(|document| document.version);
        self.event(ClientEvent::CallWatched { call, version, participants, over });
    }
}
