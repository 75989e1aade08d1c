//! Where users are, as the application and signalling plane has learnt it: for the Floor Taken of those whose client does not
//! say so in its Floor Request (TS 24.380 6.3.4.4.2).

use std::collections::{BTreeMap, BTreeSet};

use mcptt_codec::floor::Location;
use mcptt_codec::id::{CallRef, LegRef, McpttId};

/// The places of users, and the legs by which they are in calls.
#[derive(Debug, Default)]
pub(crate) struct Located {
    places: BTreeMap<McpttId, Location>,
    legs: BTreeMap<McpttId, BTreeSet<(CallRef, LegRef)>>,
    users: BTreeMap<(CallRef, LegRef), McpttId>,
}

impl Located {
    /// A user is somewhere else, or nobody knows any more where. The legs that this concerns.
    pub fn moved(&mut self, user: &McpttId, to: Option<Location>) -> Vec<(CallRef, LegRef)> {
        match to {
            Some(place) => self.places.insert(user.clone(), place),
            None => self.places.remove(user),
        };
        self.legs.get(user).into_iter().flatten().copied().collect()
    }

    /// A user has come into a call. Where it is, if that is known.
    pub fn joined(&mut self, call: CallRef, leg: LegRef, user: &McpttId) -> Option<Location> {
        self.legs.entry(user.clone()).or_default().insert((call, leg));
        self.users.insert((call, leg), user.clone());
        self.places.get(user).cloned()
    }

    /// A leg is gone.
    pub fn left(&mut self, call: CallRef, leg: LegRef) {
        let Some(user) = self.users.remove(&(call, leg)) else { return };
        if let Some(legs) = self.legs.get_mut(&user) {
            legs.remove(&(call, leg));
            if legs.is_empty() {
                self.legs.remove(&user);
            }
        }
    }

    /// A call is gone.
    pub fn ended(&mut self, call: CallRef) {
        let legs = self.users.range((call, LegRef(0))..=(call, LegRef(u64::MAX)));
        for (_, leg) in legs.map(|(at, _)| *at).collect::<Vec<_>>() {
            self.left(call, leg);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_kept_for_the_user_and_its_legs_until_they_are_gone() {
        let (alice, here) = (McpttId::from("sip:alice@mc.example.org"), Location::MbmsServiceArea(7));
        let mut located = Located::default();
        assert_eq!(located.joined(CallRef(1), LegRef(1), &alice), None);
        assert_eq!(located.moved(&alice, Some(here.clone())), [(CallRef(1), LegRef(1))]);
        assert_eq!(located.joined(CallRef(2), LegRef(2), &alice), Some(here));
        located.left(CallRef(1), LegRef(1));
        assert_eq!(located.moved(&alice, None), [(CallRef(2), LegRef(2))]);
        located.ended(CallRef(2));
        assert!(located.legs.is_empty() && located.users.is_empty() && located.places.is_empty());
    }
}
