//! Discreet listening: a user hears the calls of a group or of another user, and nobody in them can tell.
//!
//! It takes two. One user asks, another one agrees within a limited time, each as the configuration grants it; what was agreed
//! ends after a limited time, and with the node if nothing is kept. Every step is an event, so that the chained event log shows who has asked, who
//! has agreed, what was heard and what was refused. What listeners hear of the calls is in [`session`].

mod durable;
mod session;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use mcptt_codec::id::{CallRef, GroupId, LegRef, McpttId};
use mcptt_codec::sip::{Method, Response, StatusCode};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, McpttUri};

use self::session::Session;
use super::{Controlling, Deadline, Incoming};
use crate::bodies::{InfoValues, clear, info_part};
use crate::dialog::DialogId;
use crate::discreet::Step;
use crate::event::{Event, ListeningStep};
use crate::policy::{DiscreetRefusal, Refusal};
use crate::private_call::is_same_user;
use crate::service;

/// Who is told that a request waits for agreement, at most.
const MAX_TOLD: usize = 16;

/// Whose calls are listened to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    Group(GroupId),
    User(McpttId),
}

impl Target {
    fn as_str(&self) -> &str {
        match self {
            Self::Group(group) => group.as_str(),
            Self::User(user) => user.as_str(),
        }
    }
}

/// Who listens to what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Listening {
    listener: McpttId,
    target: Target,
}

/// What was asked for and agreed on.
#[derive(Debug, Default)]
pub(super) struct Discreet {
    /// With who has agreed, if anybody has.
    agreed: BTreeMap<Listening, Option<McpttId>>,
    sessions: BTreeMap<LegRef, Session>,
    by_dialog: BTreeMap<DialogId, LegRef>,
    /// Calls that have changed.
    touched: BTreeSet<CallRef>,
}

impl Discreet {
    /// Something has happened in a call.
    pub fn note(&mut self, call: CallRef) {
        if !self.agreed.is_empty() || !self.sessions.is_empty() {
            self.touched.insert(call);
        }
    }
}

impl Controlling {
    /// A MESSAGE of a user about discreet listening.
    pub(super) fn discreet_message(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        by: &McpttId,
        info: &McpttInfo,
        step: Step,
    ) -> Result<(), Refusal> {
        let target = info.target()?.ok_or(Refusal::BodyUnreadable)?;
        let named = clear(info.called_party_id.as_ref())?.cloned();
        let listener = named.map_or_else(|| by.clone(), |named| self.known_spelling(named));
        let rules = &self.directory.config.discreet;
        let own = is_same_user(by, &listener);
        let may_approve = rules.may_approve(by, &listener, target);
        let target = match self.directory.group(target) {
            Some(group) => Target::Group(group.group_id.clone()),
            None => Target::User(self.known_spelling(McpttId::new(target))),
        };
        let listening = Listening { listener, target };
        match step {
            //= 22.179-discreet:authorised
            Step::Request if !own || !rules.may_listen(by, listening.target.as_str()) => {
                return Err(DiscreetRefusal::DiscreetListeningNotAllowed.into());
            }
            Step::Request => self.ask_for_listening(now, listening)?,
            //= 22.179-discreet:dual
            Step::Approval if own => return Err(DiscreetRefusal::DiscreetApprovalByListener.into()),
            //= 22.179-discreet:authorised
            Step::Approval | Step::End if !own && !may_approve => {
                return Err(DiscreetRefusal::DiscreetApprovalNotAllowed.into());
            }
            Step::Approval => self.agree(now, listening, by)?,
            Step::End if !self.discreet.agreed.contains_key(&listening) => {
                return Err(DiscreetRefusal::DiscreetListeningUnknown.into());
            }
            Step::End => self.end_listening(now, &listening, ListeningStep::Withdrawn, Some(by.clone())),
        }
        self.agent.respond(now, incoming.transaction, Response::new(StatusCode::OK));
        Ok(())
    }

    /// The first of two. Asking again changes nothing, and no time.
    fn ask_for_listening(&mut self, now: Instant, listening: Listening) -> Result<(), Refusal> {
        if self.discreet.agreed.contains_key(&listening) {
            return Ok(());
        }
        let rules = &self.directory.config.discreet;
        if self.discreet.agreed.len() >= rules.max_listenings {
            return Err(DiscreetRefusal::TooManyListenings.into());
        }
        //= 22.179-discreet:limit
        let until = now.checked_add(rules.approval_within);
        self.deadlines.set(Deadline::Listening(listening.clone()), until);
        let by = Some(listening.listener.clone());
        self.listening_event(&listening, ListeningStep::Requested, by, None);
        self.tell_approvers(now, &listening);
        self.touched.listening.insert(listening.clone());
        self.discreet.agreed.insert(listening, None);
        Ok(())
    }

    /// The second of two: from now on the listener hears.
    fn agree(&mut self, now: Instant, listening: Listening, by: &McpttId) -> Result<(), Refusal> {
        let waiting = self.discreet.agreed.get_mut(&listening).filter(|agreed| agreed.is_none());
        *waiting.ok_or(DiscreetRefusal::DiscreetListeningUnknown)? = Some(by.clone());
        //= 22.179-discreet:limit
        let until = now.checked_add(self.directory.config.discreet.time_limit);
        self.deadlines.set(Deadline::Listening(listening.clone()), until);
        self.listening_event(&listening, ListeningStep::Approved, Some(by.clone()), None);
        self.touched.listening.insert(listening);
        self.discreet.touched.extend(self.calls.keys());
        Ok(())
    }

    /// The time for agreeing, or for listening, is over.
    pub(super) fn listening_expired(&mut self, now: Instant, listening: &Listening) {
        let step = match self.discreet.agreed.get(listening) {
            Some(Some(_)) => ListeningStep::Expired,
            _ => ListeningStep::NotApproved,
        };
        self.end_listening(now, listening, step, None);
    }

    /// The node shuts down. What was agreed is over with it, unless the next one takes it up.
    pub(super) fn end_all_listening(&mut self, now: Instant) {
        if self.touched.keeps {
            for at in self.discreet.sessions.keys().copied().collect::<Vec<_>>() {
                self.stop_listening(now, at);
            }
            return;
        }
        for listening in self.discreet.agreed.keys().cloned().collect::<Vec<_>>() {
            self.end_listening(now, &listening, ListeningStep::Withdrawn, None);
        }
    }

    fn end_listening(
        &mut self,
        now: Instant,
        listening: &Listening,
        step: ListeningStep,
        by: Option<McpttId>,
    ) {
        self.deadlines.set(Deadline::Listening(listening.clone()), None);
        if self.discreet.agreed.remove(listening).is_none() {
            return;
        }
        self.touched.listening.insert(listening.clone());
        let of_it = self.discreet.sessions.iter().filter(|(_, session)| session.listening == *listening);
        for at in of_it.map(|(at, _)| *at).collect::<Vec<_>>() {
            self.stop_listening(now, at);
        }
        self.listening_event(listening, step, by, None);
    }

    /// Those who may agree learn that somebody waits for it.
    fn tell_approvers(&mut self, now: Instant, listening: &Listening) {
        let rules = &self.directory.config.discreet;
        let approvers = rules.approvers(&listening.listener, listening.target.as_str());
        let approvers: BTreeSet<McpttId> = approvers.take(MAX_TOLD).cloned().collect();
        for approver in approvers {
            let peer = self.directory.participating_function_of(self.directory.user(approver.as_str()));
            let own = self.identity.uri.clone();
            let mut message = service::request(Method::Message, &peer.identity, &own, approver.as_str());
            service::assert_function(&mut message.headers, &own);
            let mut info = Step::Request.info(&listening.listener);
            info.request_uri = Some(Content::Normal(McpttUri::from(&approver)));
            info.calling_user_id = Some(Content::Normal(listening.listener.clone()));
            info.calling_group_id = Some(Content::Normal(GroupId::new(listening.target.as_str())));
            message.set_parts(&[info_part(&info)]);
            self.agent.request(now, message, peer.address);
        }
    }

    fn listening_event(
        &mut self,
        listening: &Listening,
        step: ListeningStep,
        by: Option<McpttId>,
        call: Option<CallRef>,
    ) {
        //= 22.179-discreet:audit
        self.event(Event::DiscreetListening {
            step,
            listener: listening.listener.clone(),
            target: ByteStr::from(listening.target.as_str()),
            by,
            call,
        });
    }
}
