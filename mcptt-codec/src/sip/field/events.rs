//! Event notification: Event, Subscription-State (RFC 6665), and the packages of INFO (RFC 6086).

use super::params::{decimal, may, number_of, token, word_and_params};
use super::token::Token;

word_and_params! {
    /// Event, and one element of Allow-Events.
    Event, "Event",
    /// The package with its templates, such as `conference` or `presence.winfo`.
    package: Token,
    [may("id", token)]
}

impl Event {
    /// Service settings (TS 24.379 7).
    pub const POC_SETTINGS: Token = Token::from_static("poc-settings");
    /// Affiliation and functional alias (TS 24.379 9, 9A).
    pub const PRESENCE: Token = Token::from_static("presence");
    /// Participants of a session (RFC 4575).
    pub const CONFERENCE: Token = Token::from_static("conference");
    /// Group and configuration documents (RFC 5875).
    pub const XCAP_DIFF: Token = Token::from_static("xcap-diff");
    /// Registration state (RFC 3680).
    pub const REG: Token = Token::from_static("reg");
    /// The implicit subscription of REFER (RFC 3515).
    pub const REFER: Token = Token::from_static("refer");

    /// Which of several subscriptions to the package. Case counts.
    pub fn id(&self) -> Option<&str> {
        self.params.get("id")
    }

    /// Whether both name the same subscription: package and id; other parameters have no say.
    pub fn matches(&self, other: &Self) -> bool {
        //= RFC6665-event-id
        self.package == other.package && self.id() == other.id()
    }
}

word_and_params! {
    /// Subscription-State.
    SubscriptionState, "Subscription-State",
    /// `active`, `pending`, `terminated`, or another.
    state: Token,
    [may("reason", token), may("expires", decimal), may("retry-after", decimal)]
}

impl SubscriptionState {
    /// The subscriber is told.
    pub const ACTIVE: Token = Token::from_static("active");
    /// Nobody decided yet.
    pub const PENDING: Token = Token::from_static("pending");
    /// It is over.
    pub const TERMINATED: Token = Token::from_static("terminated");

    /// Subscribe again at once: what ended it says nothing against.
    pub const DEACTIVATED: Token = Token::from_static("deactivated");
    /// Subscribe again later.
    pub const PROBATION: Token = Token::from_static("probation");
    /// Never subscribe again.
    pub const REJECTED: Token = Token::from_static("rejected");
    /// It was not refreshed.
    pub const TIMEOUT: Token = Token::from_static("timeout");
    /// Nobody could decide.
    pub const GIVEUP: Token = Token::from_static("giveup");
    /// What it was about is gone.
    pub const NORESOURCE: Token = Token::from_static("noresource");
    /// What it was about cannot change any more.
    pub const INVARIANT: Token = Token::from_static("invariant");

    /// Active for that many seconds more.
    pub fn active(seconds: u32) -> Self {
        let mut state = Self::new(Self::ACTIVE);
        state.params.set("expires", seconds.to_string());
        state
    }

    /// Over, for that reason.
    pub fn terminated(reason: &Token) -> Self {
        let mut state = Self::new(Self::TERMINATED);
        state.params.set("reason", reason.as_str());
        state
    }

    /// Why it is over.
    pub fn reason(&self) -> Option<Token> {
        self.params.raw("reason").cloned().and_then(Token::new)
    }

    /// How many seconds it will last.
    pub fn expires(&self) -> Option<u32> {
        number_of(&self.params, "expires")
    }

    /// After how many seconds to subscribe again.
    pub fn retry_after(&self) -> Option<u32> {
        number_of(&self.params, "retry-after")
    }
}

word_and_params! {
    /// Info-Package, and one element of Recv-Info.
    InfoPackage, "Info-Package",
    /// The package.
    package: Token,
    []
}

impl InfoPackage {
    /// INFO with an mcptt-info body.
    pub const MCPTT_INFO: Token = Token::from_static("g.3gpp.mcptt-info");
    /// The state of the floor, between controlling and non-controlling function.
    pub const MCPTT_FLOOR_REQUEST: Token = Token::from_static("g.3gpp.mcptt-floor-request");
}
