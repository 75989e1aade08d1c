//! Calls between users: what the service allows, and what the profile of a user does.

use std::time::Duration;

use mcptt_codec::id::McpttId;
use mcptt_codec::text::ByteStr;

use super::PeerFunction;
use crate::directory::Canonical;

/// Where calls between users are controlled, and the part of the service configuration document that is about them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateCallsConfig {
    /// Public service identity of our own controlling function for private calls, other than the one that serves the
    /// groups. `None`: private calls are not controlled here.
    pub identity: Option<ByteStr>,
    /// The controlling function that requests of our users go to. `None`: our own one, if it has an identity.
    pub controlling: Option<PeerFunction>,
    /// `<hang-time>` of `<private-call>`: how long the floor may be idle (T4). `None`: the media plane's default.
    pub hang_time: Option<Duration>,
    /// `<max-duration-with-floor-control>`. `None`: no limit.
    pub max_duration_with_floor_control: Option<Duration>,
    /// `<max-duration-without-floor-control>`. `None`: no limit.
    pub max_duration_without_floor_control: Option<Duration>,
    /// `<private-cancel-timeout>`: how long a private call stays an emergency. `None`: until it is cancelled.
    pub emergency_timeout: Option<Duration>,
    /// How long an ambient listening call may take. Default 1 h.
    pub ambient_listening_limit: Duration,
    /// Most users that one first-to-answer call may ask. Default 16.
    pub max_candidates: usize,
    /// How often one call may be forwarded; beyond it 403 with warning 174. Default 3.
    pub max_forwardings: u64,
}

impl Default for PrivateCallsConfig {
    fn default() -> Self {
        Self {
            identity: None,
            controlling: None,
            hang_time: None,
            max_duration_with_floor_control: None,
            max_duration_without_floor_control: None,
            emergency_timeout: None,
            ambient_listening_limit: Duration::from_secs(3600),
            max_candidates: 16,
            max_forwardings: 3,
        }
    }
}

/// The rules of a user profile for calls between users (TS 24.484 8.3). A boolean that is absent there is false.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrivateCallRules {
    /// `allow-private-call`; otherwise 403 with warning 107.
    pub allowed: bool,
    /// `allow-private-call-to-any-user`.
    pub any_user: bool,
    /// `<PrivateCallList>`: whom the user may call; anybody else is 403 with warning 144.
    pub users: Vec<McpttId>,
    /// `allow-private-call-participation`; otherwise who calls the user gets 403 with warning 127.
    pub participation: bool,
    /// The users that may call this one; anybody else gets 403 with warning 159. `None`: everybody may.
    pub incoming: Option<Vec<McpttId>>,
    /// `<MaxSimultaneousCallsN10>`. `None`: no bound. Beyond it 486 with warning 124.
    pub max_simultaneous: Option<u32>,
    /// `allow-automatic-commencement`; otherwise 403 with warning 125.
    pub automatic_commencement: bool,
    /// `allow-manual-commencement`; otherwise 403 with warning 126.
    pub manual_commencement: bool,
    /// `allow-force-auto-answer`; otherwise 403 with warning 143.
    pub force_auto_answer: bool,
    /// `allow-emergency-private-call`.
    pub emergency: bool,
    /// `<MCPTTPrivateRecipient>` with `UsePreConfigured`: the only user for emergency calls.
    pub emergency_recipient: Option<McpttId>,
    /// `allow-cancel-private-emergency-call`: of calls that another user has made an emergency.
    pub cancel_emergency: bool,
    /// `allow-request-first-to-answer-call`; otherwise 403 with warning 156.
    pub first_to_answer: bool,
    /// `allow-request-private-call-call-back`; otherwise 403 with warning 151.
    pub call_back: bool,
    /// `allow-cancel-private-call-call-back`; otherwise 403 with warning 152.
    pub cancel_call_back: bool,
    /// `allow-request-remote-initiated-ambient-listening`; otherwise 403 with warning 154.
    pub remote_ambient_listening: bool,
    /// `allow-request-locally-initiated-ambient-listening`; otherwise 403 with warning 154.
    pub local_ambient_listening: bool,
    /// `allow-request-remote-init-private-call`.
    pub remote_initiation: bool,
    /// `allow-call-transfer`.
    pub transfer: bool,
    /// The user may have private calls forwarded; otherwise 403 with warning 175.
    pub forwarding_allowed: bool,
    /// Where the calls of the user go as long as its client has not set anything else.
    pub forwarding: Forwarding,
}

/// Where the private calls of a user go instead (TS 24.379 11.1.9).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forwarding {
    /// To this user, at once.
    pub immediate: Option<McpttId>,
    /// To this user, when nobody answers.
    pub no_answer: Option<McpttId>,
    /// After this time without an answer. `None`: 15 s.
    pub no_answer_after: Option<Duration>,
}

impl Forwarding {
    /// How long an answer is waited for.
    pub(crate) fn no_answer_after(&self) -> Duration {
        self.no_answer_after.unwrap_or(Duration::from_secs(15))
    }
}

impl PrivateCallRules {
    /// The rules of a user that may call and be called by anybody in either commencement mode, and nothing more.
    pub fn open() -> Self {
        Self {
            allowed: true,
            any_user: true,
            participation: true,
            automatic_commencement: true,
            manual_commencement: true,
            ..Self::default()
        }
    }

    /// Whether the user may call this other one.
    pub(crate) fn may_call(&self, callee: &McpttId) -> bool {
        //= 24.379-11.1.1.3.1.1:11b
        self.any_user || is_listed(&self.users, callee)
    }

    /// Whether this other user may call the user.
    pub(crate) fn may_be_called_by(&self, caller: &McpttId) -> bool {
        self.incoming.as_ref().is_none_or(|listed| is_listed(listed, caller))
    }

    /// Whether an emergency call of the user may go to this other one.
    pub(crate) fn may_call_in_emergency(&self, callee: &McpttId) -> bool {
        let recipient = self.emergency_recipient.as_ref();
        self.emergency && recipient.is_none_or(|only| is_listed(std::slice::from_ref(only), callee))
    }
}

fn is_listed(list: &[McpttId], user: &McpttId) -> bool {
    let user = Canonical::of(user.as_str());
    user.is_some() && list.iter().any(|listed| Canonical::of(listed.as_str()) == user)
}
