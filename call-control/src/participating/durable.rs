//! What the participating function has to know again after a restart: who is registered and in service, with what was
//! published, who watches what. Of calls the dialogs are kept, so that their clients can be told that they are over, and by which
//! URI they may come back.

use std::time::{Instant, SystemTime};

use mcptt_codec::id::ClientId;
use mcptt_codec::sip::Uri;
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::poc_settings::AnswerMode;

use super::registrar::{Binding, BindingRef, Device};
use super::relay::{RelayRef, Side};
use super::settings::Client;
use super::settings::Published;
use super::subscription::Watched;
use super::user_state::Said;
use super::{ClientKey, Deadline, Participating};
use crate::dialog::{Dialog, DialogId, DialogRecord, State};
use crate::directory::Canonical;
use crate::durable::{
    BindingRecord, CallRecord, Change, ClientRecord, LONGEST, ParticipantRecord, RelayedRecord,
    SubscriptionRecord, dialog_key, gone, put, read,
};
use crate::function::McpttFunction;

impl Participating {
    /// What the wall clock shows. If it was set, everything with a time is written again.
    pub fn tell_clock(&mut self, now: Instant, wall: SystemTime) -> bool {
        let stepped = self.clock.tell(now, wall);
        if stepped {
            self.registrar.touch_all();
            self.clients.touch_all();
            self.subscriptions.touch_all();
        }
        stepped
    }

    /// Whether what has to be kept cannot be, and after how many seconds it is worth to try again.
    pub const fn store_fails(&mut self, retry_after: Option<u32>) {
        self.store_fails = retry_after;
    }

    /// From now on what changes is kept.
    pub fn keep_changes(&mut self) {
        self.registrar.keep();
    }

    /// Nobody keeps anything: what has changed is not even put into words.
    pub fn forget_changes(&mut self) {
        self.registrar.take_touched();
        self.clients.take_touched();
        self.subscriptions.take_touched();
        self.watching.take_touched();
        self.relays.take_touched();
        self.relays.take_touched_sessions();
        self.said = Said::default();
    }

    /// The records that have changed since the last time.
    pub fn changes(&mut self) -> Vec<Change> {
        let mut changes = Vec::new();
        for at in self.registrar.take_touched() {
            changes.extend(self.binding_change(at));
        }
        for key in self.clients.take_touched() {
            changes.extend(self.client_change(&key));
        }
        for dialog in self.subscriptions.take_touched() {
            changes.extend(self.subscription_change(&dialog));
        }
        for (client, function) in self.watching.take_touched() {
            let key = dialog_key("relayed", &client);
            let stored = |dialog: &DialogId| self.agent.dialog(dialog).map(DialogRecord::from);
            let pair = function.and_then(|function| Some((stored(&client)?, stored(&function)?)));
            changes.extend(match pair {
                Some((client, function)) => put(key, &RelayedRecord { client, function }, true),
                None => Some(gone(key, true)),
            });
        }
        for at in self.relays.take_touched() {
            changes.extend(self.relay_change(at));
        }
        for own in self.relays.take_touched_sessions() {
            let key = format!("session/{}", own.as_str());
            changes.extend(match self.relays.session_record(&own) {
                // Nobody waits for it: it is needed when the node has ended, and the call with it.
                Some(record) => put(key, &record, false),
                None => Some(gone(key, false)),
            });
        }
        changes.extend(self.said_changes());
        changes
    }

    fn binding_change(&self, at: BindingRef) -> Option<Change> {
        let key = format!("binding/{:020}", at.0);
        let Some(binding) = self.registrar.binding(at) else { return Some(gone(key, true)) };
        let record = BindingRecord {
            number: at.0,
            identity: binding.identity.clone(),
            contact: binding.contact.to_string(),
            instance: binding.device.as_ref().map(|device| device.instance.clone()),
            reg_id: binding.device.as_ref().and_then(|device| device.flow),
            preference: binding.preference.clone(),
            path: binding.path.clone(),
            target: binding.target.clone(),
            flow: binding.flow,
            call_id: binding.call_id.clone(),
            sequence: binding.sequence,
            expires_at: self.clock.milliseconds(binding.expires_at),
            proven: binding.proven,
            awaits_first_client: binding.awaits_first_client,
            client_id: binding.client_id.clone(),
            served: binding.served.clone(),
            refreshed: binding.refreshed,
            wants_gruu: binding.wants_gruu,
            first_temporary: binding.first_temporary,
            shares_resources: binding.shares_resources,
            shares_priority: binding.shares_priority,
        };
        put(key, &record, true)
    }

    fn client_change(&self, key: &ClientKey) -> Option<Change> {
        let name = format!("client/{} {}", key.mcptt_id, key.client_id);
        let Some(client) = self.clients.get(key) else { return Some(gone(name, true)) };
        let until = self.deadlines.get(&Deadline::Settings(key.clone()));
        let tag = |what| self.publications.tag(&(key.clone(), what)).map(str::to_owned);
        let record = ClientRecord {
            mcptt_id: key.mcptt_id.clone(),
            client_id: key.client_id.clone(),
            binding: client.binding.0,
            answer_mode: client.answer_mode.as_ref().map(ByteStr::from),
            profile: client.profile,
            settings_tag: tag(Published::Settings),
            settings_until: until.map(|until| self.clock.milliseconds(until)),
            affiliation_tag: tag(Published::Affiliations),
            groups: self.wanted_groups(key),
            published: self.affiliations.publication_of(&key.mcptt_id),
            aliases: self.wanted_aliases(key),
            aliases_published: self.aliases.publication_of(&key.mcptt_id),
        };
        put(name, &record, true)
    }

    fn subscription_change(&self, dialog: &DialogId) -> Option<Change> {
        let key = dialog_key("subscription", dialog);
        let stored = self.subscriptions.stored(dialog);
        let Some(((watched, event, expires_at), known)) = stored.zip(self.agent.dialog(dialog)) else {
            return Some(gone(key, true));
        };
        let record = SubscriptionRecord {
            dialog: known.into(),
            watched: watched.clone(),
            event: event.clone(),
            expires_at: self.clock.milliseconds(expires_at),
        };
        put(key, &record, true)
    }

    /// The dialogs of a call that leave this node. Nobody waits for them: a call does not survive.
    fn relay_change(&self, at: RelayRef) -> Option<Change> {
        let key = format!("relay/{:020}", at.0);
        let Some(relay) = self.relay(at) else { return Some(gone(key, false)) };
        let own = self.directory.config.controlling.address;
        let dialogs = [Side::Caller, Side::Callee].into_iter().filter_map(|side| relay.dialog(side));
        let outward = dialogs
            .filter_map(|dialog| self.agent.dialog(dialog))
            .filter(|dialog| dialog.state() == State::Confirmed && dialog.path().remote != own);
        let participant = |dialog: &Dialog| ParticipantRecord {
            mcptt_id: relay.client.mcptt_id.clone(),
            dialog: dialog.into(),
        };
        let participants = outward.map(participant).collect();
        let group = relay.group.clone();
        put(key, &CallRecord { number: at.0, leg: None, group, participants, session: None }, false)
    }

    /// Takes a stored record up again. False: it is none of this function's, of another version, or damaged.
    pub fn restore(&mut self, now: Instant, key: &str, value: &[u8]) -> bool {
        let done = match key.split('/').next() {
            Some("binding") => read(value).and_then(|record| self.restore_binding(now, record)),
            Some("client") => read(value).and_then(|record| self.restore_client(now, record)),
            Some("subscription") => read(value).and_then(|record| self.restore_subscription(now, record)),
            Some("relayed") => read(value).and_then(|record| self.restore_relayed(record)),
            Some("forwarding") => read(value).map(|record| self.restore_forwarding(record)),
            Some("location") => read(value).and_then(|record| self.restore_location(record)),
            Some("regrouped") => read(value).and_then(|record| self.restore_regrouped(record)),
            Some("session") => {
                let limit = self.directory.config.limits.relayed_sessions;
                read(value).map(|record| self.relays.restore_session(record, limit))
            }
            Some("relay") => read(value).map(|record| self.end_restored(now, record)),
            _ => None,
        };
        done.is_some()
    }

    fn restore_binding(&mut self, now: Instant, record: BindingRecord) -> Option<()> {
        let contact = Uri::parse(&record.contact).ok()?;
        let public_user_id = Canonical::of(record.identity.as_str())?;
        let at = BindingRef(record.number);
        let served = record.served.as_ref().and_then(|served| self.directory.user(served.as_str()));
        if served.or(self.directory.user_of(&public_user_id)).is_none() {
            // The user is no longer ours.
            self.registrar.touch(at);
            return Some(());
        }
        let longest = self.directory.config.registration.maximum;
        let expires_at = self.clock.moment(now, record.expires_at, longest);
        self.deadlines.set(Deadline::Binding(at), Some(expires_at));
        let instance = record.instance;
        self.registrar.restore(
            at,
            Binding {
                public_user_id,
                identity: record.identity,
                contact,
                contact_text: record.contact.into(),
                device: instance.map(|instance| Device { instance, flow: record.reg_id }),
                preference: record.preference,
                path: record.path,
                target: record.target,
                flow: record.flow,
                call_id: record.call_id,
                sequence: record.sequence,
                restored: true,
                refreshed: record.refreshed,
                wants_gruu: record.wants_gruu,
                first_temporary: record.first_temporary,
                expires_at,
                proven: record.proven,
                awaits_first_client: record.awaits_first_client,
                client_id: record.client_id,
                served: record.served,
                shares_resources: record.shares_resources,
                shares_priority: record.shares_priority,
            },
        );
        Some(())
    }

    fn restore_client(&mut self, now: Instant, record: ClientRecord) -> Option<()> {
        let client_id: ClientId = record.client_id;
        let key = ClientKey { mcptt_id: record.mcptt_id, client_id };
        let binding = BindingRef(record.binding);
        let Some(bound) = self.registrar.binding(binding).map(|bound| bound.public_user_id.clone()) else {
            // Without its binding it cannot be reached; the store would not have one without the other.
            self.clients.touch(&key);
            return Some(());
        };
        self.clients.restore(
            key.clone(),
            Client {
                public_user_id: bound,
                binding,
                answer_mode: record.answer_mode.as_ref().map(AnswerMode::read),
                profile: record.profile,
            },
        );
        let tags =
            [(Published::Settings, record.settings_tag), (Published::Affiliations, record.affiliation_tag)];
        for (what, tag) in tags {
            if let Some(tag) = tag {
                self.publications.restore((key.clone(), what), tag);
            }
        }
        if let Some(profile) = record.profile {
            self.select_profile(&key, profile);
        }
        let until = record.settings_until.map(|until| self.clock.moment(now, until, LONGEST));
        self.deadlines.set(Deadline::Settings(key.clone()), until);
        self.restore_affiliations(now, &key, record.groups, record.published);
        self.restore_aliases(&key, record.aliases, record.aliases_published);
        Some(())
    }

    fn restore_subscription(&mut self, now: Instant, record: SubscriptionRecord<Watched>) -> Option<()> {
        let expires_at = self.clock.moment(now, record.expires_at, LONGEST);
        let dialog = record.dialog.id().clone();
        self.agent.restore_subscription(Dialog::restored(record.dialog)?);
        self.deadlines.set(Deadline::Subscription(dialog.clone()), Some(expires_at));
        self.subscriptions.restore(dialog, record.watched, record.event, expires_at);
        Some(())
    }

    fn restore_relayed(&mut self, record: RelayedRecord) -> Option<()> {
        let (client, function) = (record.client.id().clone(), record.function.id().clone());
        self.agent.restore_subscription(Dialog::restored(record.client)?);
        self.agent.restore_subscription(Dialog::restored(record.function)?);
        self.watching.pair(function, client);
        Some(())
    }

    /// A call has ended with the node.
    fn end_restored(&mut self, now: Instant, record: CallRecord) {
        self.end_dialogs(now, record.participants);
        self.relays.restored(RelayRef(record.number));
    }

    /// What was taken up again is carried out.
    pub fn restored(&mut self, now: Instant) {
        self.review_all_talking();
        self.drain(now);
    }
}
