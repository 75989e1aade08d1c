//! Ad hoc group calls: what the service allows, and what the profile of a user does.

use std::time::Duration;

use mcptt_codec::id::{FunctionalAlias, GroupId, McpttId};
use mcptt_codec::text::ByteStr;

/// Ad hoc group calls (TS 24.379 17; TS 24.484 8.4 `adhoc-group-call`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdhocConfig {
    /// The participating function passes ad hoc group calls of its users on; otherwise 403 with warning 184. Default true.
    pub relayed: bool,
    /// `allow-adhoc-group-call-support`; otherwise the controlling function answers 403 with warning 186. Default false.
    pub supported: bool,
    /// `max-no-participants`, the caller not counted; beyond it 403 with warning 189. Default 100.
    pub max_participants: usize,
    /// `hang-time` (T4). `None`: the media plane's default.
    pub hang_time: Option<Duration>,
    /// `broadcast-hang-time` (T4 of a broadcast call). `None`: as `hang_time`.
    pub broadcast_hang_time: Option<Duration>,
    /// `max-duration-of-call` (TNG3). `None`: TNG3 does not run.
    pub max_duration: Option<Duration>,
    /// What `call-participants-criterias` may name. The specification leaves the words to the provider.
    pub criteria: Vec<AdhocCriterion>,
}

impl Default for AdhocConfig {
    fn default() -> Self {
        Self {
            relayed: true,
            supported: false,
            max_participants: 100,
            hang_time: None,
            broadcast_hang_time: None,
            max_duration: None,
            criteria: Vec::new(),
        }
    }
}

/// A name for a set of users that is found out when it is used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdhocCriterion {
    /// What a request says.
    pub name: ByteStr,
    /// These users.
    pub users: Vec<McpttId>,
    /// Those who are affiliated to one of these groups.
    pub groups: Vec<GroupId>,
    /// Those who are active under one of these aliases.
    pub functional_aliases: Vec<FunctionalAlias>,
}

/// The rules of a user profile for ad hoc group calls (TS 24.484 8.3). A boolean that is absent there is false.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdhocRules {
    /// `allow-adhoc-group-call`; otherwise 403 with warning 185.
    pub call: bool,
    /// `allow-adhoc-group-call-participation`; otherwise the user is not called: 403 with warning 188.
    pub participation: bool,
    /// `allow-emergency-adhoc-group-call`.
    pub emergency: bool,
    /// `allow-imminent-peril-adhoc-group-call`.
    pub imminent_peril: bool,
    /// `allow-to-modify-adhoc-group-call-participants-info`; otherwise 403 with warning 190.
    pub change: bool,
    /// Ad hoc emergency alerts may be sent.
    pub alert: bool,
}

impl AdhocRules {
    /// The rules of a user that may make and take part in normal ad hoc group calls, and nothing more.
    pub fn open() -> Self {
        Self { call: true, participation: true, ..Self::default() }
    }
}
