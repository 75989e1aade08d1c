//! Regroups in the participating function (TS 24.379 16.2.2): who may ask for one, where the request goes, and what is
//! remembered about the regroups of our users.

use std::collections::BTreeMap;
use std::time::Instant;

use mcptt_codec::id::GroupId;
use mcptt_codec::xml::regroup::{Regroup, RegroupAction};

use super::identity::Originator;
use super::message::Consequence;
use super::{ClientKey, Incoming, Participating};
use crate::bodies::Bodies;
use crate::config::PeerFunction;
use crate::directory::Canonical;
use crate::policy::{Refusal, RegroupRefusal};

/// The preconfigured groups behind the regroups that our users were told about: their controlling functions serve the
/// regroups.
#[derive(Debug, Default)]
pub(super) struct Regroups(BTreeMap<Canonical, GroupId>);

impl Regroups {
    /// A client is told about a regroup; which one it is.
    fn note(&mut self, regroup: &Regroup, limit: usize) -> Option<Canonical> {
        let id = Canonical::of(regroup.regroup_uri.as_str())?;
        match (&regroup.action, &regroup.preconfigured_group) {
            (RegroupAction::Create, Some(preconfigured))
                if self.0.len() < limit || self.0.contains_key(&id) =>
            {
                self.0.insert(id.clone(), preconfigured.clone());
            }
            (RegroupAction::Remove, _) => {
                self.0.remove(&id);
            }
            _ => {}
        }
        Some(id)
    }

    pub fn preconfigured(&self, regroup: &Canonical) -> Option<&GroupId> {
        self.0.get(regroup)
    }

    pub fn restore(&mut self, regroup: Canonical, preconfigured: GroupId) {
        self.0.insert(regroup, preconfigured);
    }
}

impl Participating {
    /// The controlling function of a group, or of a regroup that our users were told about.
    pub(super) fn controlling_function_of(&self, group: &str) -> Option<PeerFunction> {
        let preconfigured = Canonical::of(group).and_then(|group| self.regroups.0.get(&group));
        let serving = preconfigured.map_or(group, |preconfigured| preconfigured.as_str());
        self.directory.controlling_function_of(serving)
    }

    /// A client asks for a regroup, or for its end.
    pub(super) fn regroup_asked(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        originator: &Originator,
        client: &ClientKey,
        bodies: &Bodies,
        regroup: &Regroup,
    ) -> Result<(), Refusal> {
        //= 24.379-16.2.2.1
        let user = self.rules_of(client);
        if !user.is_some_and(|user| user.regroup) {
            return Err(RegroupRefusal::RegroupNotAllowed.into());
        }
        let preconfigured = regroup.preconfigured_group.as_ref().map(GroupId::as_str);
        let serving = preconfigured.unwrap_or(regroup.regroup_uri.as_str());
        let controlling = self.controlling_function_of(serving).ok_or(Refusal::ControllingFunctionUnknown)?;
        let message =
            self.onward_message(incoming.request, originator, client, bodies, &controlling.identity, false);
        let destination = controlling.address.into();
        self.relay_message(now, incoming.transaction, message, destination, Consequence::Nothing);
        Ok(())
    }

    /// A client of ours is told about a regroup.
    pub(super) fn note_regroup(&mut self, bodies: &Bodies) -> Result<(), Refusal> {
        if let Some(regroup) = bodies.regroup()? {
            let noted = self.regroups.note(&regroup, self.directory.config.limits.regroups);
            self.said.regroups.extend(noted);
        }
        Ok(())
    }
}
