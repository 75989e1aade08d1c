//! What the controlling function has to know again after a restart: who is affiliated and active under which alias, what is
//! in progress in the groups, which of them are regrouped, who watches what. Of calls the dialogs are kept, so that their
//! participants can be told that they are over, and what they may come back to.

use std::collections::BTreeSet;
use std::time::{Duration, Instant, SystemTime};

use mcptt_codec::id::{CallRef, ClientId, FunctionalAlias, GroupId, LegRef, McpttId};
use mcptt_codec::sip::{HeaderName, Method, Part, Response};

use super::alert::Alert;
use super::discreet::Listening;
use super::group_document::member_of;
use super::priority::GroupState;
use super::watching::{Watched, Watcher};
use super::{Controlling, Deadline, Incoming};
use crate::dialog::{Dialog, DialogId};
use crate::durable::{
    AffiliationRecord, AlertRecord, AliasRecord, CallRecord, Change, GroupRecord, LONGEST, ParticipantRecord,
    SubscriptionRecord, dialog_key, gone, put, read,
};
use crate::event::Event;
use crate::function::McpttFunction;
use crate::policy::{Refusal, ReleaseCause};
use crate::subscription::End;
use crate::wall_clock::WallClock;

/// An affiliation that ran out while the node was down gives its participating function this long to renew it: it had no
/// chance to.
const RENEWAL: Duration = Duration::from_secs(120);

/// What is not in the store as it is here.
#[derive(Debug, Default)]
pub(super) struct Touched {
    pub clock: WallClock,
    pub affiliations: BTreeSet<(GroupId, McpttId, ClientId)>,
    pub aliases: BTreeSet<FunctionalAlias>,
    pub groups: BTreeSet<GroupId>,
    pub regroups: BTreeSet<GroupId>,
    /// Groups that are part of a regroup, or no longer.
    pub joined: BTreeSet<GroupId>,
    /// Affiliations that were read before the regroups that they may be to.
    read: Vec<AffiliationRecord>,
    /// Calls, and of each the legs.
    pub calls: BTreeSet<(CallRef, Option<LegRef>)>,
    /// What was asked for and agreed on.
    pub listening: BTreeSet<Listening>,
    /// Somebody keeps what changes.
    pub keeps: bool,
    /// The store does not work, and after how many seconds it is worth to try again.
    pub fails: Option<u32>,
}

impl Controlling {
    /// What the wall clock shows. If it was set, everything with a time is written again.
    pub fn tell_clock(&mut self, now: Instant, wall: SystemTime) -> bool {
        let stepped = self.touched.clock.tell(now, wall);
        if stepped {
            self.touched.affiliations = self.affiliations.all();
            self.touched.groups.extend(self.states.keys().cloned());
            self.watchers.subscriptions.touch_all();
            self.touch_all_listening();
        }
        stepped
    }

    /// Whether what has to be kept cannot be, and after how many seconds it is worth to try again.
    pub const fn store_fails(&mut self, retry_after: Option<u32>) {
        self.touched.fails = retry_after;
    }

    /// What would be promised could be lost: nobody is told that it is kept.
    pub(super) fn may_promise(&self, incoming: &Incoming<'_>) -> Result<(), Refusal> {
        let kept = matches!(incoming.request.method, Method::Publish | Method::Subscribe);
        if kept && self.touched.fails.is_some() { Err(Refusal::StoreUnavailable) } else { Ok(()) }
    }

    pub(super) fn say_when_to_retry(&self, refusal: &mut Response) {
        let seconds = self.touched.fails.unwrap_or_default();
        refusal.headers.push(HeaderName::RetryAfter, seconds.to_string());
    }

    /// Nobody keeps anything: what has changed is not even put into words.
    pub fn forget_changes(&mut self) {
        let Touched { clock, fails, keeps, .. } = self.touched;
        self.touched = Touched { clock, fails, keeps, ..Touched::default() };
        self.watchers.subscriptions.take_touched();
    }

    /// The records that have changed since the last time.
    pub fn changes(&mut self) -> Vec<Change> {
        let mut changes = Vec::new();
        for (group, user, client) in std::mem::take(&mut self.touched.affiliations) {
            changes.extend(self.affiliation_change(group, user, client));
        }
        for alias in std::mem::take(&mut self.touched.aliases) {
            let key = format!("alias/{alias}");
            changes.extend(match self.aliases.active(&alias) {
                Some(active) => put(key, &AliasRecord { alias, active: active.clone() }, true),
                None => Some(gone(key, true)),
            });
        }
        for group in std::mem::take(&mut self.touched.groups) {
            changes.extend(self.group_change(&group));
        }
        for regroup in std::mem::take(&mut self.touched.regroups) {
            changes.extend(self.regroup_change(&regroup));
        }
        for group in std::mem::take(&mut self.touched.joined) {
            changes.extend(self.joined_change(&group));
        }
        for listening in std::mem::take(&mut self.touched.listening) {
            changes.extend(self.listening_change(&listening));
        }
        for dialog in self.watchers.subscriptions.take_touched() {
            changes.extend(self.watcher_change(&dialog));
        }
        for (call, leg) in std::mem::take(&mut self.touched.calls) {
            changes.extend(self.call_change(call, leg));
        }
        changes
    }

    fn affiliation_change(&self, group: GroupId, mcptt_id: McpttId, client_id: ClientId) -> Option<Change> {
        let key = format!("affiliation/{group} {mcptt_id} {client_id}");
        if !self.affiliations.is_affiliated(&group, &mcptt_id, &client_id) {
            return Some(gone(key, true));
        }
        let deadline = Deadline::Affiliation(group.clone(), mcptt_id.clone(), client_id.clone());
        let expires_at =
            self.deadlines.get(&deadline).map_or(0, |until| self.touched.clock.milliseconds(until));
        put(key, &AffiliationRecord { group, mcptt_id, client_id, expires_at }, true)
    }

    fn group_change(&self, group: &GroupId) -> Option<Change> {
        let key = format!("group/{group}");
        let Some(state) = self.states.get(group) else { return Some(gone(key, true)) };
        let alerts = state.alerts.iter().map(|(mcptt_id, alert)| AlertRecord {
            mcptt_id: mcptt_id.clone(),
            organisation: alert.organisation.clone(),
            location: alert.location.as_ref().and_then(text_of),
        });
        let until = self.deadlines.get(&Deadline::Tng2(group.clone()));
        let record = GroupRecord {
            group: group.clone(),
            emergency: state.emergency.clone(),
            peril: state.peril.clone(),
            alerts: alerts.collect(),
            emergency_until: until.map(|until| self.touched.clock.milliseconds(until)),
        };
        put(key, &record, true)
    }

    fn watcher_change(&self, dialog: &DialogId) -> Option<Change> {
        let key = dialog_key("watcher", dialog);
        let stored = self.watchers.subscriptions.stored(dialog);
        let known = self.agent.dialog(dialog).zip(self.watchers.of_dialog.get(dialog));
        let Some(((watched, event, expires_at), (dialog, watcher))) = stored.zip(known) else {
            return Some(gone(key, true));
        };
        let record = SubscriptionRecord {
            dialog: dialog.into(),
            watched: (watched.clone(), watcher.clone()),
            event: event.clone(),
            expires_at: self.touched.clock.milliseconds(expires_at),
        };
        put(key, &record, true)
    }

    /// A call, or the dialog of a leg if it leaves this node; those with its own participating function are that one's.
    fn call_change(&self, call: CallRef, leg: Option<LegRef>) -> Option<Change> {
        let key = call_key(call, leg);
        let former = || leg.is_none().then(|| self.former.stored(call)).flatten();
        let Some(running) = self.calls.get(&call) else {
            return match former() {
                Some((group, session)) => {
                    let session = Some(session);
                    put(
                        key,
                        &CallRecord { number: call.0, leg: None, group, participants: Vec::new(), session },
                        false,
                    )
                }
                None => Some(gone(key, false)),
            };
        };
        let session = leg.is_none().then(|| running.former()).flatten();
        let own = self.directory.config.participating.address;
        let participants = leg.map(|leg| {
            let leg = running.legs.get(&leg)?;
            let dialog = self.agent.dialog(leg.dialog()?)?;
            let record = ParticipantRecord { mcptt_id: leg.mcptt_id.clone(), dialog: dialog.into() };
            (dialog.path().remote != own).then_some(record)
        });
        let participants = match participants {
            Some(None) => return Some(gone(key, false)),
            Some(Some(participant)) => vec![participant],
            None => Vec::new(),
        };
        let leg = leg.map(|leg| leg.0);
        put(
            key,
            &CallRecord { number: call.0, leg, group: running.group.clone(), participants, session },
            false,
        )
    }

    /// Takes a stored record up again. False: it is none of this function's, of another version, or damaged.
    pub fn restore(&mut self, now: Instant, key: &str, value: &[u8]) -> bool {
        let done = match key.split('/').next() {
            Some("affiliation") => read(value).map(|record| self.touched.read.push(record)),
            Some("alias") => read(value).map(|record| self.restore_alias(record)),
            Some("group") => read(value).map(|record| self.restore_group(now, record)),
            Some("regroup") => read(value).and_then(|record| self.restore_regroup(record)),
            Some("joined") => read(value).and_then(|record| self.restore_joined(record)),
            Some("watcher") => read(value).and_then(|record| self.restore_watcher(now, record)),
            Some("listening") => read(value).and_then(|record| self.restore_listening(now, record)),
            Some("call") => read(value).map(|record| self.end_restored(now, record)),
            _ => None,
        };
        done.is_some()
    }

    fn restore_affiliation(&mut self, now: Instant, record: AffiliationRecord) {
        let AffiliationRecord { group, mcptt_id, client_id, expires_at } = record;
        let document = self.directory.group(group.as_str());
        if document.is_none_or(|document| member_of(document, &mcptt_id).is_err()) {
            // The documents have changed meanwhile.
            self.touched.affiliations.insert((group, mcptt_id, client_id));
            return;
        }
        let longest = self.directory.config.policy.affiliation_lifetime;
        let until = self.touched.clock.moment(now, expires_at, longest);
        let until = now.checked_add(RENEWAL).map_or(until, |soonest| until.max(soonest));
        self.affiliations.insert(&group, &mcptt_id, &client_id);
        self.affiliation_noted(&group, &mcptt_id);
        self.deadlines.set(Deadline::Affiliation(group, mcptt_id, client_id), Some(until));
    }

    fn restore_group(&mut self, now: Instant, record: GroupRecord) {
        let alerts = record.alerts.into_iter().map(|alert| {
            let location = alert.location.map(|(mime, text)| Part::new(mime, text));
            (alert.mcptt_id, Alert { organisation: alert.organisation, location })
        });
        let state = GroupState { emergency: record.emergency, peril: record.peril, alerts: alerts.collect() };
        let until = record.emergency_until.map(|until| self.touched.clock.moment(now, until, LONGEST));
        self.deadlines.set(Deadline::Tng2(record.group.clone()), until);
        self.states.insert(record.group, state);
    }

    fn restore_watcher(
        &mut self,
        now: Instant,
        record: SubscriptionRecord<(Watched, Watcher)>,
    ) -> Option<()> {
        let expires_at = self.touched.clock.moment(now, record.expires_at, LONGEST);
        let (dialog, (watched, watcher)) = (record.dialog.id().clone(), record.watched);
        self.agent.restore_subscription(Dialog::restored(record.dialog)?);
        self.deadlines.set(Deadline::Subscription(dialog.clone()), Some(expires_at));
        self.watchers.of_dialog.insert(dialog.clone(), watcher.after_restart());
        let of_call = matches!(watched, Watched::Call(_));
        self.watchers.subscriptions.restore(dialog.clone(), watched.clone(), record.event, expires_at);
        if of_call {
            // The call has ended with the node.
            self.watchers.subscriptions.end_all(&watched, End::NoResource);
        }
        Some(())
    }

    fn end_restored(&mut self, now: Instant, record: CallRecord) {
        self.end_dialogs(now, record.participants);
        if let Some(session) = record.session {
            self.has_ended(now, CallRef(record.number), &record.group, session);
        }
        let (call, group) = (CallRef(record.number), Some(record.group));
        self.next_call = self.next_call.max(record.number);
        self.touched.calls.insert((call, record.leg.map(LegRef)));
        if record.leg.is_none() {
            self.event(Event::CallReleased { call, group, cause: ReleaseCause::Restart });
        }
    }

    /// What was taken up again is carried out.
    pub fn restored(&mut self, now: Instant) {
        self.touched.keeps = true;
        if self.regroups.any() {
            self.renew_directory();
        }
        for record in std::mem::take(&mut self.touched.read) {
            self.restore_affiliation(now, record);
        }
        self.drain(now);
    }
}

fn call_key(call: CallRef, leg: Option<LegRef>) -> String {
    let leg = leg.map(|leg| format!(" {:020}", leg.0)).unwrap_or_default();
    format!("call/{:020}{leg}", call.0)
}

fn text_of(part: &Part) -> Option<(String, String)> {
    let mime = part.headers.get(&HeaderName::ContentType)?.to_string();
    Some((mime, String::from_utf8(part.body.to_vec()).ok()?))
}
