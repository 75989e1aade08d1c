//! What users have said once and expect to hold after a restart: where their calls go, where they are, and the regroups that
//! they were told about.

use std::collections::BTreeSet;

use mcptt_codec::id::McpttId;
use mcptt_codec::xml::location_info::LocationInfo;

use super::{ClientKey, Participating};
use crate::config::Forwarding;
use crate::directory::Canonical;
use crate::durable::{Change, ForwardingRecord, LocationRecord, RegroupedRecord, gone, put};

/// What of it is not in the store as it is here.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub forwardings: BTreeSet<McpttId>,
    pub locations: BTreeSet<ClientKey>,
    pub regroups: BTreeSet<Canonical>,
}

impl Participating {
    /// The records that have changed since the last time.
    pub(super) fn said_changes(&mut self) -> Vec<Change> {
        let said = std::mem::take(&mut self.said);
        let forwardings = said.forwardings.iter().filter_map(|user| self.forwarding_change(user));
        let locations = said.locations.iter().filter_map(|key| self.location_change(key));
        let regroups = said.regroups.iter().filter_map(|id| self.regrouped_change(id));
        forwardings.chain(locations).chain(regroups).collect()
    }

    fn forwarding_change(&self, user: &McpttId) -> Option<Change> {
        let key = format!("forwarding/{user}");
        let Some(set) = self.forwardings.get(user) else { return Some(gone(key, true)) };
        let (immediate, no_answer) = (set.immediate.clone(), set.no_answer.clone());
        put(key, &ForwardingRecord { mcptt_id: user.clone(), immediate, no_answer }, true)
    }

    /// Nobody is promised that a report is kept.
    fn location_change(&self, key: &ClientKey) -> Option<Change> {
        let name = format!("location/{} {}", key.mcptt_id, key.client_id);
        let Some(report) = self.locations.last(key) else { return Some(gone(name, false)) };
        let record = LocationRecord {
            mcptt_id: key.mcptt_id.clone(),
            client_id: key.client_id.clone(),
            report: LocationInfo::report(report.clone()).to_xml(),
        };
        put(name, &record, false)
    }

    fn regrouped_change(&self, id: &Canonical) -> Option<Change> {
        let regroup = id.as_str().to_owned();
        let key = format!("regrouped/{regroup}");
        let Some(preconfigured) = self.regroups.preconfigured(id) else { return Some(gone(key, true)) };
        put(key, &RegroupedRecord { regroup, preconfigured: preconfigured.clone() }, true)
    }

    pub(super) fn restore_forwarding(&mut self, record: ForwardingRecord) {
        let rules = self.directory.user(record.mcptt_id.as_str()).map(|user| &user.private_calls.forwarding);
        let Some(rules) = rules else {
            // The user is no longer ours.
            self.said.forwardings.insert(record.mcptt_id);
            return;
        };
        let (immediate, no_answer) = (record.immediate, record.no_answer);
        let set = Forwarding { immediate, no_answer, ..rules.clone() };
        self.forwardings.insert(record.mcptt_id, set);
    }

    /// `None`: it cannot be read.
    pub(super) fn restore_location(&mut self, record: LocationRecord) -> Option<()> {
        let document = LocationInfo::parse(record.report.as_bytes()).ok()?;
        let report = document.reports().last()?;
        let key = ClientKey { mcptt_id: record.mcptt_id, client_id: record.client_id };
        match self.clients.get(&key) {
            Some(_) => self.place(&key, report),
            // It has no service any more: where it was is nobody's business.
            None => {
                self.said.locations.insert(key);
            }
        }
        Some(())
    }

    /// `None`: it cannot be read.
    pub(super) fn restore_regrouped(&mut self, record: RegroupedRecord) -> Option<()> {
        self.regroups.restore(Canonical::of(&record.regroup)?, record.preconfigured);
        Some(())
    }
}
