//! The regroups that an onlooker has seen being made (TS 24.379 16).

use std::collections::{BTreeMap, BTreeSet};

use mcptt_codec::sip::{Method, Response};
use mcptt_codec::xml::mime;
use mcptt_codec::xml::regroup::{Regroup, RegroupAction};

use crate::judge::fact::{Role, Sent};

/// Regroups that are remembered.
const MAX_REGROUPS: usize = 1024;

/// What is known about regroups.
#[derive(Debug, Default)]
pub(in crate::judge) struct Regroups {
    /// Those that stand, with their groups.
    standing: BTreeMap<String, BTreeSet<String>>,
    /// By regroup: which functions of constituent groups were asked, and what they have said.
    asked: BTreeMap<String, BTreeMap<String, Option<bool>>>,
}

/// A MESSAGE about a regroup.
pub(in crate::judge) struct AboutRegroup {
    pub id: String,
    pub groups: BTreeSet<String>,
    pub creates: bool,
}

impl AboutRegroup {
    /// Reads what a request says about a regroup, if it does.
    pub(in crate::judge) fn read(sent: &Sent) -> Option<Self> {
        let body = sent.part(mime::REGROUP).filter(|_| *sent.method() == Method::Message)?;
        let body = Regroup::parse(&body).ok()?;
        let groups = body.groups.unwrap_or_default().iter().map(ToString::to_string).collect();
        let creates = body.action == RegroupAction::Create;
        Some(Self { id: body.regroup_uri.to_string(), groups, creates })
    }
}

impl Regroups {
    /// Whether there is a regroup of this identity.
    pub(in crate::judge) fn stands(&self, id: &str) -> bool {
        self.standing.contains_key(id)
    }

    /// Whether a group is part of one.
    pub(in crate::judge) fn is_constituent(&self, group: &str) -> bool {
        self.standing.values().any(|groups| groups.contains(group))
    }

    /// Whether the call of a group is that of a regroup or part of one: some participants are behind functions then, and the
    /// floor of a part is controlled elsewhere.
    pub(in crate::judge) fn concern(&self, group: &str) -> bool {
        self.stands(group) || self.is_constituent(group)
    }

    /// What the function of a group has said about a regroup. `None`: it was not asked, `Some(None)`: nothing yet.
    pub(in crate::judge) fn answer_of(&self, id: &str, group: &str) -> Option<Option<bool>> {
        self.asked.get(id)?.get(group).copied()
    }

    pub(super) fn request(&mut self, sent: &Sent) {
        if sent.from != Role::Controlling || sent.to != Role::Controlling {
            return;
        }
        let (Some(about), Some(group)) = (AboutRegroup::read(sent), sent.target()) else { return };
        if about.creates && (self.asked.len() < MAX_REGROUPS || self.asked.contains_key(&about.id)) {
            self.asked.entry(about.id).or_default().insert(group.to_owned(), None);
        }
    }

    pub(super) fn answered(&mut self, request: &Sent, response: &Response) {
        let Some(about) = AboutRegroup::read(request).filter(|_| response.status.is_final()) else { return };
        let accepted = response.status.is_success();
        match (request.from, request.to, request.target()) {
            (Role::Controlling, Role::Controlling, Some(group)) if about.creates => {
                if let Some(answer) = self.asked.get_mut(&about.id).and_then(|asked| asked.get_mut(group)) {
                    *answer = Some(accepted);
                }
            }
            (Role::Participating, Role::Controlling, _) => {
                self.asked.remove(&about.id);
                if accepted && !about.creates {
                    self.standing.remove(&about.id);
                } else if accepted && self.standing.len() < MAX_REGROUPS {
                    self.standing.insert(about.id, about.groups);
                }
            }
            _ => {}
        }
    }

    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        self.standing.len() + self.asked.values().map(BTreeMap::len).sum::<usize>()
    }
}
