//! Who talks, as the user is shown it: one talker, several at the same time (multi-talker), or one over another (dual
//! floor).

use mcptt_codec::floor::{FloorIndicator, FloorReleaseMultiTalker, FloorTaken};
use mcptt_codec::id::{McpttId, Ssrc};

use super::super::table::shares;
use crate::floor::participant::Talker;

/// Everybody who talks.
#[derive(Clone, Debug, Default)]
pub(super) struct Talkers {
    talkers: Vec<Talker>,
    /// Who talks over them.
    overriding: Option<Talker>,
}

/// Talkers that are told of in a Floor Taken: by its lists, or by its single fields.
fn told(taken: &FloorTaken) -> Vec<Talker> {
    let listed = taken.granted_users.len().max(taken.ssrcs.len());
    if listed == 0 {
        return vec![Talker {
            user: taken.granted_party.clone(),
            ssrc: taken.talker_ssrc,
            functional_alias: taken.functional_alias.clone(),
            location: taken.location.clone(),
        }];
    }
    let alias = |index: usize| {
        let alias = taken.functional_aliases.get(index);
        alias.filter(|alias| !alias.as_str().is_empty()).cloned()
    };
    (0..listed)
        .map(|index| Talker {
            user: taken.granted_users.get(index).cloned(),
            ssrc: taken.ssrcs.get(index).copied(),
            functional_alias: alias(index),
            location: taken.locations.get(index).cloned(),
        })
        .collect()
}

/// Whether this is the one that a message names: by SSRC where both have one, else by user.
fn is(talker: &Talker, user: Option<&McpttId>, ssrc: Option<Ssrc>) -> bool {
    match (talker.ssrc, ssrc) {
        (Some(theirs), Some(named)) => theirs == named,
        _ => user.is_some() && talker.user.as_ref() == user,
    }
}

impl Talkers {
    /// Everybody, the one that overrides last.
    pub(super) fn all(&self) -> Vec<Talker> {
        self.talkers.iter().chain(&self.overriding).cloned().collect()
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn on_floor_taken(&mut self, taken: &FloorTaken) {
        let told = told(taken);
        if shares(taken.indicator, FloorIndicator::DUAL_FLOOR) {
            self.overriding = told.into_iter().next();
        } else if shares(taken.indicator, FloorIndicator::MULTI_TALKER) && taken.granted_users.is_empty() {
            // Without lists it tells of one more.
            for talker in told {
                self.talkers.retain(|known| !is(known, talker.user.as_ref(), talker.ssrc));
                self.talkers.push(talker);
            }
        } else {
            *self = Self { talkers: told, overriding: None };
        }
        // Without lists nobody says how many there may be.
        self.talkers.truncate(MOST);
    }

    /// The overriding talker has finished.
    pub(super) fn end_of_override(&mut self) {
        self.overriding = None;
    }

    /// One of several talkers has finished.
    pub(super) fn finished(&mut self, release: &FloorReleaseMultiTalker) -> Talker {
        let named = |talker: &Talker| is(talker, release.user_id.as_ref(), release.talker_ssrc);
        match self.talkers.iter().position(named) {
            Some(index) => self.talkers.remove(index),
            None => Talker { user: release.user_id.clone(), ssrc: release.talker_ssrc, ..Talker::default() },
        }
    }

    /// Whether this user is among those that a Floor Taken tells of.
    pub(super) fn includes(taken: &FloorTaken, user: Option<&McpttId>, ssrc: Ssrc) -> bool {
        told(taken).iter().any(|talker| is(talker, user, Some(ssrc)))
    }
}

/// Most talkers that are shown.
const MOST: usize = 64;
