//! What a request says about its user that the others are shown when it talks (TS 24.380 6.3.4.4.2).

use mcptt_codec::floor::{FloorRequest, Location};
use mcptt_codec::id::FunctionalAlias;

use crate::floor::settings::{FloorParameters, FloorPolicy};

/// Alias and location of a user, as far as they may be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disclosed {
    /// The functional alias under which the user talks.
    pub functional_alias: Option<FunctionalAlias>,
    /// Where the user is.
    pub location: Option<Location>,
}

impl Disclosed {
    /// What of a request may be shown. Of a user that has asked for privacy it is nothing; an alias that is not the
    /// user's is not shown either.
    pub(super) fn of(request: &FloorRequest, parameters: &FloorParameters, policy: &FloorPolicy) -> Self {
        //= 24.380-6.3.4.4.2:3ai
        if parameters.privacy {
            return Self::default();
        }
        let alias = request.functional_alias.as_ref();
        let said = request.location.as_ref().filter(|location| **location != Location::NotProvided);
        let location = said.or(parameters.location.as_deref());
        Self {
            functional_alias: alias.filter(|alias| parameters.functional_aliases.contains(alias)).cloned(),
            //= 24.380-6.3.4.4.2:3aiii
            location: location.filter(|_| policy.share_location).cloned(),
        }
    }

    /// What may be shown of a user whose request was made by a SIP request, which says nothing of this.
    pub(super) fn of_implicit(parameters: &FloorParameters, policy: &FloorPolicy) -> Self {
        let shown = policy.share_location && !parameters.privacy;
        Self { functional_alias: None, location: parameters.location.as_deref().cloned().filter(|_| shown) }
    }
}
