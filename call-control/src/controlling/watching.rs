//! Subscriptions at this function: who is in a call (TS 24.379 10.1.3.4, 6.3.3.4) and who is affiliated to a group
//! (9.2.2.3.4, 9.2.2.3.5, 9.2.1.6).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use mcptt_codec::id::{CallRef, ClientId, GroupId, McpttId};
use mcptt_codec::sip::{HeaderName, Method, Part, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::affiliation::{Affiliation, AffiliationStatus, PresenceDocument, Tuple};
use mcptt_codec::xml::conference_info::{ConferenceInfo, Endpoint, EndpointStatus, JoiningMethod, User};
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, McpttUri};
use mcptt_codec::xml::mime;
use mcptt_codec::xml::simple_filter::FilterSet;

use super::group_document::member_of;
use super::session::{Call, LegState};
use super::{Controlling, Deadline, Incoming, Pending};
use crate::bodies::{Bodies, InfoValues, info_part, presence_part};
use crate::dialog::DialogId;
use crate::directory::Canonical;
use crate::media::Entry;
use crate::pace::{Pace, turn_size};
use crate::policy::Refusal;
use crate::service;
use crate::subscription::{End, Lifetimes, Notice, Subscriptions};
use crate::transaction::ServerTransactionId;

/// Clients subscribe for ever; plain SIP phones for an hour.
pub(super) const LIFETIMES: Lifetimes = Lifetimes { default: 3_600, minimum: 60 };

/// The packages that are served here.
pub(super) const EVENT_PACKAGES: &str = "conference, presence";

/// How an expression ends that asks who talks.
pub(crate) const TALKING: &str = "user-input";

/// What is watched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub(super) enum Watched {
    /// The participants of a call.
    Call(CallRef),
    /// The affiliations to a group.
    Affiliations(GroupId),
    /// Those of one user to a group: with thousands who watch their own, nobody is told of all the others.
    AffiliationsOf(GroupId, Canonical),
    /// The same, and whether the user talks in the group.
    TalkingOf(GroupId, Canonical),
}

/// What is known of a watcher besides its subscription.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Watcher {
    mcptt_id: McpttId,
    group: GroupId,
    /// Number of the next document.
    version: u32,
    /// The users that are asked for. `None`: all.
    users: Option<BTreeSet<Canonical>>,
}

impl Watcher {
    /// Documents are numbered upwards, however many were told since this was written.
    pub fn after_restart(self) -> Self {
        Self { version: self.version.wrapping_add(1 << 20), ..self }
    }
}

/// Every subscription at this function.
#[derive(Debug)]
pub(super) struct Watchers {
    pub subscriptions: Subscriptions<Watched>,
    pub of_dialog: BTreeMap<DialogId, Watcher>,
    /// What has changed since its watchers were told.
    changed: BTreeSet<Watched>,
    /// How fast they are told when they are many.
    pace: Pace,
}

impl Watchers {
    pub fn len(&self) -> usize {
        self.subscriptions.len()
    }

    pub fn new(limit: usize) -> Self {
        Self {
            subscriptions: Subscriptions::new(limit),
            of_dialog: BTreeMap::new(),
            changed: BTreeSet::new(),
            pace: Pace::default(),
        }
    }

    pub fn contains(&self, dialog: &DialogId) -> bool {
        self.subscriptions.contains(dialog)
    }

    /// Notes that the watchers have something to be told.
    pub fn note(&mut self, watched: Watched) {
        self.changed.insert(watched);
    }

    /// Notes that the affiliations of a user to a group have changed.
    pub fn note_affiliation(&mut self, group: &GroupId, user: &McpttId) {
        self.note(Watched::Affiliations(group.clone()));
        if let Some(user) = Canonical::of(user.as_str()) {
            self.note(Watched::AffiliationsOf(group.clone(), user.clone()));
            self.note(Watched::TalkingOf(group.clone(), user));
        }
    }

    /// Whether somebody watches.
    pub fn watches(&self, watched: &Watched) -> bool {
        self.subscriptions.is_watched(watched)
    }

    /// A watcher has nothing to watch any more.
    pub fn end_of(&mut self, user: &McpttId) {
        let own = self.of_dialog.iter().filter(|(_, watcher)| watcher.mcptt_id == *user);
        for dialog in own.map(|(dialog, _)| dialog.clone()).collect::<Vec<_>>() {
            self.subscriptions.end(&dialog, End::NoResource);
        }
    }

    /// A call is over.
    pub fn end_call(&mut self, call: CallRef) {
        //= 24.379-6.3.8.1:conf
        //= 24.379-10.1.3.4.2:end
        self.changed.remove(&Watched::Call(call));
        self.subscriptions.end_all(&Watched::Call(call), End::NoResource);
    }
}

impl Controlling {
    /// SUBSCRIBE outside a dialog. It shows and changes nothing.
    pub(super) fn subscribe(&mut self, now: Instant, incoming: &Incoming<'_>) -> Result<(), Refusal> {
        let headers = &incoming.request.headers;
        let event = headers.get(&HeaderName::Event).map(ToString::to_string).unwrap_or_default();
        let package = event.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if !["conference", "presence"].contains(&package.as_str()) {
            return Err(Refusal::UnknownEvent);
        }
        self.admit_source(incoming)?;
        let bodies = Bodies::read(headers, &incoming.request.body)?;
        let info = bodies.info.as_ref().ok_or(Refusal::BodyUnreadable)?;
        let mcptt_id = self.known_spelling(info.caller()?.ok_or(Refusal::BodyUnreadable)?);
        let (watched, group, users) = match package.as_str() {
            "conference" => {
                let (call, group) = self.conference_for(incoming, &mcptt_id)?;
                (Watched::Call(call), group, None)
            }
            _ => {
                let target = info.target()?.ok_or(Refusal::BodyUnreadable)?;
                let (group, users) = self.affiliations_for(target, &mcptt_id, &bodies)?;
                let talking = asks_who_talks(&bodies);
                let mut named = users.iter().flatten();
                let watched = match (named.next(), named.next()) {
                    (Some(only), None) if talking => Watched::TalkingOf(group.clone(), only.clone()),
                    (Some(only), None) => Watched::AffiliationsOf(group.clone(), only.clone()),
                    _ => Watched::Affiliations(group.clone()),
                };
                (watched, group, users)
            }
        };
        let asked = headers.number(&HeaderName::Expires).map_err(|_| Refusal::BodyUnreadable)?;
        let seconds = LIFETIMES.grant(asked).ok_or(Refusal::SubscriptionTooBrief)?;
        if self.shutting_down {
            return Err(Refusal::ShuttingDown);
        }
        if !self.watchers.subscriptions.has_room() {
            return Err(Refusal::ControllingOverload);
        }
        let of_call = match &watched {
            Watched::Call(call) => Some(*call),
            _ => None,
        };
        let contact = match &watched {
            Watched::Call(call) => self.calls.get(call).map(|call| call.session_identity.clone()),
            _ => None,
        };
        let contact = contact.unwrap_or_else(|| self.identity.uri.clone());
        let mut response = Response::new(StatusCode::OK);
        response.headers.push(HeaderName::Expires, seconds.to_string());
        response.headers.push(HeaderName::Contact, service::bracketed(&contact));
        let Some(dialog) = self.agent.respond(now, incoming.transaction, response) else { return Ok(()) };
        //= 24.379-9:subscribe
        //= 24.379-10.1.3.4.1:first
        self.watchers.of_dialog.insert(dialog.clone(), Watcher { mcptt_id, group, version: 0, users });
        let end = self.watchers.subscriptions.open(now, dialog.clone(), watched, event.into(), seconds);
        self.deadlines.set(Deadline::Subscription(dialog), end);
        if let Some(call) = of_call {
            self.ask_for_rosters(now, call);
        }
        Ok(())
    }

    /// The call that a user may watch.
    fn conference_for(
        &self,
        incoming: &Incoming<'_>,
        mcptt_id: &McpttId,
    ) -> Result<(CallRef, GroupId), Refusal> {
        let uri = Canonical::of(&incoming.request.uri);
        let call =
            uri.and_then(|uri| self.by_identity.get(&uri).copied()).ok_or(Refusal::ConferenceUnknown)?;
        let running = self.calls.get(&call).ok_or(Refusal::ConferenceUnknown)?;
        //= 24.379-10.1.3.4.1:105
        if running.broadcast {
            return Err(Refusal::ConferenceInBroadcast);
        }
        //= 24.379-10.1.3.4.1:138
        let takes_part = running
            .legs
            .values()
            .any(|leg| leg.mcptt_id == *mcptt_id && matches!(leg.state, LegState::Connected(_)));
        let document = self.document(&running.group);
        //= 24.379-10.1.3:rules
        let allowed = document
            .get()
            .and_then(|group| member_of(group, mcptt_id).ok())
            .is_some_and(|member| member.conference_state);
        // The call of a temporary group that ours is part of.
        let controls = running.focus().and_then(|focus| running.legs.get(&focus));
        let allowed = allowed || controls.is_some_and(|focus| focus.mcptt_id == *mcptt_id);
        match takes_part && allowed {
            true => Ok((call, running.group.clone())),
            false => Err(Refusal::ConferenceNotAllowed),
        }
    }

    /// The group whose affiliations a user may watch: its own entry always, those of others with the right to the list.
    fn affiliations_for(
        &self,
        target: &str,
        mcptt_id: &McpttId,
        bodies: &Bodies,
    ) -> Result<(GroupId, Option<BTreeSet<Canonical>>), Refusal> {
        let group = self.directory.group(target).ok_or(Refusal::GroupUnknown)?;
        let users = match bodies.part(mime::SIMPLE_FILTER) {
            Some(part) => {
                let filter = FilterSet::parse(&part.body).map_err(|_| Refusal::BodyUnreadable)?;
                named_users(&filter)
            }
            None => None,
        };
        let own = Canonical::of(mcptt_id.as_str()).into_iter().collect::<BTreeSet<_>>();
        //= 24.379-9.2.1.6
        let member = member_of(group, mcptt_id);
        if users.as_ref() != Some(&own) && !member.is_ok_and(|member| member.affiliation_list) {
            return Err(Refusal::AffiliationListNotAllowed);
        }
        Ok((group.group_id.clone(), users))
    }

    /// SUBSCRIBE in the dialog of a subscription.
    pub(super) fn resubscribe(
        &mut self,
        now: Instant,
        transaction: ServerTransactionId,
        dialog: &DialogId,
        request: &Request,
    ) {
        let asked = request.headers.number(&HeaderName::Expires).ok().flatten();
        let Some(seconds) = LIFETIMES.grant(asked) else {
            let mut response = self.identity.refuse(Refusal::SubscriptionTooBrief);
            response.headers.push(HeaderName::MinExpires, LIFETIMES.minimum.to_string());
            self.agent.respond(now, transaction, response);
            return;
        };
        let mut response = Response::new(StatusCode::OK);
        response.headers.push(HeaderName::Expires, seconds.to_string());
        self.agent.respond(now, transaction, response);
        let end = self.watchers.subscriptions.refresh(now, dialog, seconds);
        self.deadlines.set(Deadline::Subscription(dialog.clone()), end);
    }

    pub(super) fn subscription_expired(&mut self, dialog: &DialogId) {
        self.watchers.subscriptions.end(dialog, End::Timeout);
    }

    pub(super) fn notify_answered(&mut self, now: Instant, dialog: &DialogId, response: &Response) {
        let accepted = response.status.is_success();
        if !self.watchers.subscriptions.answered(dialog, accepted) {
            self.watchers.of_dialog.remove(dialog);
            self.deadlines.set(Deadline::Subscription(dialog.clone()), None);
            if !accepted {
                self.agent.end_dialog(now, dialog);
            }
        }
    }

    /// Tells the watchers what has changed since the last time, once for everything that one message did, and many of them in
    /// turns.
    pub(super) fn tell_watchers(&mut self, now: Instant) {
        for watched in std::mem::take(&mut self.watchers.changed) {
            self.watchers.subscriptions.changed(&watched);
        }
        self.watchers.subscriptions.take_up(now);
        let size = turn_size(&self.directory.config.policy);
        loop {
            let Watchers { subscriptions, pace, .. } = &mut self.watchers;
            let Some(notice) = subscriptions.poll_in_turn(now, || pace.take(now, size)) else { break };
            let Some(notify) = self.notify(&notice) else { continue };
            self.watchers.pace.weigh(notify.body.len());
            match self.agent.request_in_dialog(now, &notice.dialog, notify) {
                Ok(transaction) => {
                    self.pending.insert(transaction, Pending::Notify(notice.dialog));
                }
                Err(_) => {
                    self.watchers.subscriptions.answered(&notice.dialog, false);
                    self.watchers.of_dialog.remove(&notice.dialog);
                    self.deadlines.set(Deadline::Subscription(notice.dialog), None);
                }
            }
        }
        let more = self.watchers.subscriptions.has_waiting();
        let turn = self.watchers.pace.next(now).filter(|_| more);
        let later = self.watchers.subscriptions.next_brief();
        self.deadlines.set(Deadline::Notices, turn.into_iter().chain(later).min());
    }

    /// Whether a watcher waits for its turn to be told.
    pub fn has_notices(&self) -> bool {
        self.watchers.subscriptions.has_waiting()
    }

    fn notify(&mut self, notice: &Notice<Watched>) -> Option<Request> {
        let watcher = self.watchers.of_dialog.get_mut(&notice.dialog)?;
        //= 24.379-10.1.3.4.2
        //= RFC4575-4.3:version
        let version = watcher.version;
        watcher.version = version.wrapping_add(1);
        let watcher = watcher.clone();
        let mut notify = Request::new(Method::Notify, ByteStr::EMPTY);
        notify.headers.push(HeaderName::Event, notice.event.clone());
        notify.headers.push(HeaderName::SubscriptionState, notice.state.clone());
        //= 24.379-6.3.3.4:pai
        service::assert_function(&mut notify.headers, &self.identity.uri);
        let parts = match &notice.resource {
            Watched::Call(call) => {
                //= 24.379-6.3.3.4
                let info = McpttInfo {
                    request_uri: Some(Content::Normal(McpttUri::from(&watcher.mcptt_id))),
                    calling_group_id: Some(Content::Normal(watcher.group.clone())),
                    ..McpttInfo::default()
                };
                let document = self.conference_document(*call, &watcher.group, version);
                vec![info_part(&info), Part::new(mime::CONFERENCE_INFO, document.to_xml())]
            }
            //= 24.379-9.2.2.3.5
            Watched::Affiliations(group) | Watched::AffiliationsOf(group, _) => {
                vec![presence_part(&self.affiliation_document(group, watcher.users.as_ref()))]
            }
            Watched::TalkingOf(group, _) => {
                let mut document = self.affiliation_document(group, watcher.users.as_ref());
                self.add_talking(group, &mut document);
                vec![presence_part(&document)]
            }
        };
        notify.set_parts(&parts);
        Some(notify)
    }

    /// Who is in a call, all of it. Who wants privacy is not named.
    fn conference_document(&self, call: CallRef, group: &GroupId, version: u32) -> ConferenceInfo {
        let mut users: BTreeMap<McpttId, User> = BTreeMap::new();
        let running = self.calls.get(&call);
        //= 24.379-10.1.3.5
        for user in running.into_iter().flat_map(Call::behind_functions) {
            users.entry(user.entity.clone()).or_insert_with(|| user.clone());
        }
        let controls = running.and_then(Call::focus);
        for (at, leg) in running.into_iter().flat_map(|running| &running.legs) {
            if leg.constituent.is_some() || controls == Some(*at) {
                continue;
            }
            if leg.floor.privacy || !matches!(leg.state, LegState::Connected(_)) {
                continue;
            }
            let endpoint = Endpoint {
                status: Some(EndpointStatus::Connected),
                joining_method: Some(match leg.entry {
                    Entry::Invited => JoiningMethod::DialedOut,
                    Entry::Originator { .. } | Entry::Joining { .. } => JoiningMethod::DialedIn,
                }),
                ..Endpoint::default()
            };
            let new = || User { entity: leg.mcptt_id.clone(), ..User::default() };
            users.entry(leg.mcptt_id.clone()).or_insert_with(new).endpoints.push(endpoint);
        }
        //= RFC4575-3.7:full
        ConferenceInfo::full(group, version, users.into_values())
    }

    /// Who is affiliated, one tuple for each user that is asked for.
    fn affiliation_document(
        &self,
        group: &GroupId,
        wanted: Option<&BTreeSet<Canonical>>,
    ) -> PresenceDocument {
        let mut document = PresenceDocument::of_group(group);
        let mut tuples: BTreeMap<&McpttId, Vec<&ClientId>> = BTreeMap::new();
        let spelling = |user: &Canonical| self.directory.user(user.as_str()).map(|user| &user.mcptt_id);
        let ours = wanted.and_then(|wanted| wanted.iter().map(spelling).collect::<Option<BTreeSet<_>>>());
        if let Some(users) = ours {
            for user in users {
                let clients: Vec<&ClientId> = self.affiliations.of_user(group, user).collect();
                if !clients.is_empty() {
                    tuples.insert(user, clients);
                }
            }
        } else {
            for (user, client) in self.affiliations.of_group(group) {
                let asked = |wanted: &BTreeSet<Canonical>| {
                    Canonical::of(user.as_str()).is_some_and(|user| wanted.contains(&user))
                };
                if wanted.is_none_or(asked) {
                    tuples.entry(user).or_default().push(client);
                }
            }
        }
        for (user, clients) in tuples {
            let entry = |client: &ClientId| Affiliation {
                status: Some(AffiliationStatus::Affiliated),
                ..Affiliation::of_client(client)
            };
            let affiliations = clients.into_iter().map(entry).collect();
            document.tuples.push(Tuple { affiliations, ..Tuple::of_user(user) });
        }
        document
    }
}

/// Whether a filter names the element that says who talks, such as `//tuple[@id="sip:alice@mc.example.org"]//user-input`.
fn asks_who_talks(bodies: &Bodies) -> bool {
    let filter = bodies.part(mime::SIMPLE_FILTER).and_then(|part| FilterSet::parse(&part.body).ok());
    let includes = filter.into_iter().flat_map(|filter| filter.filters).filter_map(|filter| filter.what);
    let mut expressions = includes.flat_map(|what| what.include).map(|include| include.expression);
    expressions.any(|expression| expression.ends_with(TALKING))
}

/// The users whose tuples a filter includes, such as `//tuple[@id="sip:alice@mc.example.org"]`. `None`: no expression
/// names one.
fn named_users(filter: &FilterSet) -> Option<BTreeSet<Canonical>> {
    let whats = filter.filters.iter().filter_map(|filter| filter.what.as_ref());
    let expressions = whats.flat_map(|what| what.include.iter().map(|include| &include.expression));
    let mut named = BTreeSet::new();
    for expression in expressions {
        let quoted = expression.split(['"', '\'']).skip(1).step_by(2);
        named.extend(quoted.filter_map(Canonical::of));
    }
    (!named.is_empty()).then_some(named)
}
