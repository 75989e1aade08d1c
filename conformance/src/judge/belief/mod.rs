//! What an onlooker believes about the calls, from the wire alone.

mod call;
mod client;
mod floor;
mod regroup;
mod under_way;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::time::Duration;

use mcptt_codec::floor::{FloorIndicator, FloorMessage};
use mcptt_codec::sip::{Method, Response};

use super::beyond::Beyond;
use super::fact::{Call, Fact, Leg, LegProfile, Role, Sent};
use super::people::People;
use super::profile::Profile;

pub(super) use call::{Asked, CallBelief};
pub(super) use client::{Client, ClientState, Copies};
pub(super) use floor::{FloorBelief, Rank, Talk, has, is_answer, may_move};
pub(super) use regroup::{AboutRegroup, Regroups};

/// Client INVITEs without a final answer that are remembered.
const MAX_INVITES: usize = 1024;
/// Groups with alerts that are remembered, and users of each.
const MAX_ALERTS: usize = 1024;
/// Session identities that are remembered.
const MAX_SESSIONS: usize = 4096;

/// Everything that is known.
#[derive(Default)]
pub(super) struct Belief {
    pub calls: HashMap<Call, CallBelief>,
    pub people: People,
    pub regroups: Regroups,
    /// Sessions, subchannels, relays, the air.
    pub beyond: Beyond,
    /// Messages between participating and controlling function are seen.
    pub sees_core: bool,
    /// Initial INVITEs of clients without a final answer, by frame.
    pub invites: BTreeMap<u64, Invite>,
    /// The groups of session identities, by whether the controlling function gave them out.
    pub sessions: BTreeMap<(bool, String), Call>,
    /// INVITEs of the controlling function into sessions of groups, without a final answer, by frame.
    invited: BTreeMap<u64, Call>,
    /// By group, whose alerts stand.
    pub alerts: BTreeMap<String, BTreeSet<String>>,
    /// Somebody may have become reachable or affiliated at this moment.
    pub arrival: Option<Duration>,
}

/// A call attempt that has no answer yet.
#[derive(Clone, Debug)]
pub(super) struct Invite {
    pub group: String,
    pub user: String,
}

impl Belief {
    pub(super) fn call(&self, call: &Call) -> Option<&CallBelief> {
        self.calls.get(call)
    }

    /// Whether the group's call runs: its originator is in it.
    pub(super) fn runs(&self, group: &str) -> bool {
        self.calls.get(group).is_some_and(|call| call.established.is_some())
    }

    /// Whether somebody is about to open or join the group's call.
    pub(super) fn is_being_called(&self, group: &str) -> bool {
        self.invites.values().any(|invite| invite.group == group)
    }

    /// The frames of INVITEs into the group's session that have no final answer.
    pub(super) fn awaited(&self, call: &Call) -> impl Iterator<Item = u64> {
        self.invited.iter().filter(move |(_, into)| *into == call).map(|(frame, _)| *frame)
    }

    /// The call of the group, if it is known.
    pub(super) fn known(&self, group: &str) -> Option<Call> {
        self.calls.get_key_value(group).map(|(call, _)| Rc::clone(call))
    }

    /// The MCPTT ID behind a public user identity; itself when nothing told another one.
    pub(super) fn mcptt_id<'a>(&'a self, user: &'a str) -> &'a str {
        self.people.mcptt_id(user).unwrap_or(user)
    }

    /// Whether no call attempt waits for its answer, every call is in one possible state, and everybody knows of what kind it is.
    pub(super) fn is_settled(&self, now: Duration, profile: &Profile) -> bool {
        let is_known = |call: &CallBelief| {
            let (kind, since) = call.kind;
            kind == FloorIndicator::NONE || now.saturating_sub(since) > profile.answer()
        };
        let settled = |call: &CallBelief| call.possible(now, profile).len() == 1 && is_known(call);
        self.invites.is_empty() && self.calls.values().all(settled)
    }

    /// Whether a fact changes who may talk.
    pub(super) fn moves(&self, fact: &Fact) -> bool {
        match fact {
            Fact::Down { call, leg, message } => self
                .calls
                .get(call)
                .is_some_and(|call| call.legs.contains_key(leg) && call.moves(*leg, message)),
            _ => false,
        }
    }

    /// The participant a message of the server names.
    pub(super) fn named(&self, call: &Call, message: &FloorMessage) -> Option<Leg> {
        let user = call::named(message)?;
        self.leg_of_user(call, user.as_str())
    }

    /// The leg of a user in a call, if there is one and only one.
    pub(super) fn leg_of_user(&self, call: &Call, user: &str) -> Option<Leg> {
        let legs = &self.calls.get(call)?.legs;
        let mut own = legs.iter().filter(|(_, profile)| self.mcptt_id(&profile.user) == user);
        own.next().map(|(leg, _)| *leg).filter(|_| own.next().is_none())
    }

    /// Takes the fact in. Called after the rules have looked at it.
    pub(super) fn apply(&mut self, now: Duration, frame: u64, fact: &Fact) {
        match fact {
            Fact::Request(sent) => self.request(now, sent),
            Fact::Response { request, response } => self.response(now, request, response),
            Fact::LegOpened { leg, profile } => self.opened(now, *leg, profile),
            Fact::LegChanged { leg, call, implicit_request, kind } => {
                if let Some(belief) = self.calls.get_mut(call) {
                    if *implicit_request {
                        belief.asked_by_invite.insert(*leg);
                    }
                    if let Some(kind) = kind.filter(|kind| belief.kind.0 != *kind) {
                        belief.kind = (kind, now);
                    }
                }
            }
            Fact::LegClosing { leg, call, by_server, .. } => self.closing(now, *leg, call, *by_server),
            Fact::Up { call, leg, message } => {
                if let Some(belief) = self.calls.get_mut(call) {
                    belief.up(now, frame, *leg, message);
                }
            }
            Fact::Down { call, leg, message } => {
                let asks = self.calls.get(call).is_some_and(|belief| belief.asks_for_name(message));
                let named = if asks { self.named(call, message) } else { None };
                if let Some(belief) = self.calls.get_mut(call) {
                    belief.down(now, *leg, message, named);
                }
            }
            Fact::VoiceUp { call, leg, .. } => {
                if let Some(belief) = self.calls.get_mut(call) {
                    belief.voice(now, *leg);
                }
            }
            Fact::VoiceDown { call, leg, .. } => {
                if let Some(client) = self.calls.get_mut(call).and_then(|belief| belief.clients.get_mut(leg))
                {
                    client.heard(now);
                }
            }
            _ => {}
        }
    }

    fn request(&mut self, now: Duration, sent: &Sent) {
        let core = |role| matches!(role, Role::Participating | Role::Controlling);
        self.sees_core |= core(sent.from) && core(sent.to);
        if matches!(sent.method(), Method::Register | Method::Publish) {
            self.arrival = Some(now);
        }
        self.regroups.request(sent);
        if let Some(group) = sent.invited_into() {
            if self.invited.len() >= MAX_INVITES {
                self.invited.pop_first();
            }
            self.invited.insert(sent.frame, group.into());
        }
        if let Some(call) = sent.asks_for_floor_in().and_then(|group| self.calls.get_mut(group)) {
            call.asked_by_info = true;
        }
        if sent.is_invite(Role::Client, Role::Participating)
            && let Some(group) = sent.target()
        {
            if self.invites.len() >= MAX_INVITES {
                self.invites.pop_first();
            }
            let user = sent.user().unwrap_or_default();
            self.invites.insert(sent.frame, Invite { group: group.to_owned(), user });
        }
    }

    fn response(&mut self, now: Duration, request: &Sent, response: &Response) {
        self.people.answered(now, request, response);
        self.regroups.answered(request, response);
        if !response.status.is_final() {
            return;
        }
        self.alerted(request, response);
        self.invites.remove(&request.frame);
        self.invited.remove(&request.frame);
        let by_core = request.is_invite(Role::Participating, Role::Controlling);
        let opens = by_core || request.is_invite(Role::Client, Role::Participating);
        if let (true, true, Some(group), Ok(contact)) =
            (opens, response.status.is_success(), request.target(), response.headers.contact())
            && self.sessions.len() < MAX_SESSIONS
        {
            self.sessions.insert((by_core, contact.uri.to_string()), group.into());
        }
    }

    /// A client has said that there is an alert, or that it is over.
    fn alerted(&mut self, request: &Sent, response: &Response) {
        let of_client = (request.from, request.to) == (Role::Client, Role::Participating);
        let accepted = *request.method() == Method::Message && of_client && response.status.is_success();
        let info = request.info.as_ref().filter(|_| accepted);
        let alert = info.and_then(|info| info.alert_ind.as_ref()?.value().copied());
        let (Some(alert), Some(group), Some(user)) = (alert, request.target(), request.user()) else {
            return;
        };
        let originator = info.and_then(|info| info.originated_by.as_ref()?.value());
        let whose = originator.map_or_else(|| self.mcptt_id(&user).to_owned(), ToString::to_string);
        if !alert {
            if let Some(alerts) = self.alerts.get_mut(group) {
                alerts.remove(&whose);
            }
        } else if self.alerts.len() < MAX_ALERTS || self.alerts.contains_key(group) {
            let alerts = self.alerts.entry(group.to_owned()).or_default();
            if alerts.len() < MAX_ALERTS {
                alerts.insert(whose);
            }
        }
    }

    fn opened(&mut self, now: Duration, leg: Leg, profile: &LegProfile) {
        let call = self.calls.entry(Rc::clone(&profile.call)).or_default();
        if profile.originating && !profile.joined && call.established.is_none() {
            call.established = Some(now);
            call.originator = Some(leg);
            call.kind = (profile.kind, now);
            // A call begins idle, unless the floor is granted with it or has to be decided first.
            if call.floor == FloorBelief::Unknown && !profile.temporary {
                call.floor = FloorBelief::Idle { since: now };
            }
        }
        let granted = profile.granted_early || profile.granted == [true, true];
        call.clients.insert(leg, Client::new(now, profile.implicit_request, granted));
        call.legs.insert(leg, profile.clone());
        call.came.insert(leg, now);
        if call.legs.len() == 2 {
            call.company.get_or_insert(now);
        }
    }

    fn closing(&mut self, now: Duration, leg: Leg, call: &Call, by_server: bool) {
        let Some(belief) = self.calls.get_mut(call) else { return };
        if by_server {
            belief.released = Some(now);
        }
        belief.left(now, leg);
        if belief.legs.is_empty() {
            self.calls.remove(call);
        }
    }

    /// Everything that is believed, counted.
    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        let calls: usize = self.calls.values().map(CallBelief::size).sum();
        calls
            + self.beyond.size()
            + self.people.size()
            + self.regroups.size()
            + self.invites.len()
            + self.invited.len()
            + self.sessions.len()
            + self.alerts.len()
    }
}
