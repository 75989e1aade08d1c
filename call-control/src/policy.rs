//! Every refusal this crate can give, in one table; and when a call ends by policy.
//!
//! Code asks [`Refusal`] for the status, the MCPTT warning code and the requirement, so that an answer, its event and
//! the documentation can not drift apart. Where two reasons apply, the first failing step of the clause decides; the
//! order is that of the code that runs the steps.

mod adhoc;
mod discreet;
mod pre_established;
mod private;
mod regroup;

use std::fmt;

use mcptt_codec::sip::StatusCode;
use mcptt_codec::xml::mcptt_info::InvalidIndicators;

pub use adhoc::AdhocRefusal;
pub use discreet::DiscreetRefusal;
pub use pre_established::SessionRefusal;
pub use private::PrivateRefusal;
pub use regroup::RegroupRefusal;

/// Why a request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Refusal {
    /// The participating function has no room for another session.
    ParticipatingOverload,
    /// A client outside the trusted networks claims an identity from an address that is not its registered flow.
    IdentityNotBelieved,
    /// A client that registers directly has not shown that it knows the password.
    CredentialsMissing,
    /// It has answered a challenge that is too old or was answered before.
    CredentialsStale,
    /// No MCPTT ID is bound to the public user identity.
    UserUnknown,
    /// The user may not make prearranged group calls.
    PrearrangedNotAllowed,
    /// The user may not make chat group calls.
    ChatNotAllowed,
    /// N6 is reached.
    TooManyGroupCalls,
    /// The controlling function of the group can not be found.
    ControllingFunctionUnknown,
    /// The offer holds no audio stream that can be used.
    NoAcceptableAudio,
    /// An implicit affiliation would exceed N2.
    TooManyAffiliations,
    /// The request asks for a kind of session that this function does not serve.
    SessionTypeNotServed,
    /// An INVITE for a terminating participating function without `isfocus`.
    IsfocusMissing,
    /// The called MCPTT ID has no service binding.
    CalledUserNotBound,
    /// The called client has not published its answer mode.
    SettingsUnknown,
    /// The access token is missing or wrong.
    ServiceAuthorisationFailed,
    /// As many clients of the user are in service as may be.
    TooManyAuthorisations,
    /// Settings are published for a client without service binding.
    SettingsWithoutBinding,
    /// A user wants to change the affiliation of another one.
    AffiliationOfAnotherUser,
    /// The Expires of an affiliation is neither 4294967295 nor 0.
    AffiliationExpires,
    /// SIP-If-Match names a publication that does not exist.
    StaleEntityTag,
    /// The event package is not served.
    UnknownEvent,
    /// The registration interval is shorter than allowed.
    IntervalTooBrief,
    /// A subscription or a publication is asked for too short a time.
    SubscriptionTooBrief,
    /// There is no room for another binding.
    BindingsFull,
    /// What would have to survive a restart cannot be written down; the answer says when to try again.
    StoreUnavailable,
    /// A body that the procedure needs is missing or can not be read.
    BodyUnreadable,
    /// A body of a type that this function does not read must be understood.
    BodyUnsupported,
    /// A value that the procedure needs is encrypted with a key that this function does not have.
    XmlNotDecrypted,
    /// The signatures over the bodies do not hold, or are by a key that this function does not have.
    IntegrityFailed,
    /// The Request-URI is none of ours.
    RequestUriUnknown,
    /// A REGISTER is older than what is registered.
    RegistrationOutOfOrder,
    /// The indicators of a request in a running call ask for a change that this function does not serve.
    PriorityChangeNotServed,
    /// The session interval is shorter than allowed.
    SessionIntervalTooSmall,
    /// The controlling function has no room for another call.
    ControllingOverload,
    /// The request does not come from a participating function.
    SourceNotTrusted,
    /// Accept-Contact lacks the feature tag or the service identifier of MCPTT.
    ServiceTagsMissing,
    /// `isfocus` where this function is the focus.
    IsfocusAssigned,
    /// There is no such group.
    GroupUnknown,
    /// The group document could not be fetched.
    GroupUnavailable,
    /// The group is disabled.
    GroupDisabled,
    /// The user is not a member of the group.
    NotAMember,
    /// The request says chat, the group is prearranged.
    GroupIsPrearranged,
    /// The request says prearranged, the group is a chat group.
    GroupIsChat,
    /// The group is part of a regroup.
    GroupRegrouped,
    /// The group exists only to lend its configuration to regroups.
    PreconfiguredGroupOnly,
    /// The priority indicators contradict each other.
    InvalidCombination,
    /// The user may not make emergency calls to the group.
    EmergencyNotAuthorised,
    /// The user may not make imminent peril calls to the group.
    ImminentPerilNotAuthorised,
    /// The user may not end the emergency of the group.
    EmergencyCancelNotAuthorised,
    /// The user may end neither the emergency of the group nor the alert that stands.
    EmergencyAndAlertCancelNotAuthorised,
    /// The user may not end the imminent peril of the group.
    ImminentPerilCancelNotAuthorised,
    /// The user may not send emergency alerts to the group.
    AlertNotAuthorised,
    /// The user may not cancel emergency alerts.
    AlertCancelNotAuthorised,
    /// An alert to a group that only lends its configuration to regroups.
    AlertOnPreconfiguredGroup,
    /// A MESSAGE that does not ask for MCPTT, or for nothing that is known here.
    NotMcpttMessage,
    /// Resource-Priority claims a tier that neither the request nor the group has.
    ResourcePriorityWithoutRight,
    /// The user may not start the call.
    NotAuthorisedToInitiate,
    /// The user may not join the running call.
    NotAuthorisedToJoin,
    /// The user may not join the call of the chat group.
    ChatJoinNotAllowed,
    /// The client is not affiliated to the group.
    NotAffiliated,
    /// Too few members are affiliated to start.
    TooFewAffiliated,
    /// Required members did not answer.
    RequiredMembersMissing,
    /// The running call is full.
    SessionFull,
    /// The session identity does not name a running call.
    RejoinUnknown,
    /// The user may not come back to the call.
    RejoinNotAuthorised,
    /// The client that wants to come back is not affiliated to the group.
    RejoinNotAffiliated,
    /// The call that the client wants to come back to is full.
    RejoinFull,
    /// A subscription to a call that does not exist.
    ConferenceUnknown,
    /// A subscription to the participants of a broadcast call.
    ConferenceInBroadcast,
    /// The user may not watch the participants of the call.
    ConferenceNotAllowed,
    /// Affiliation of a user who is not a member.
    AffiliationOfNonMember,
    /// The user may not watch who is affiliated to the group.
    AffiliationListNotAllowed,
    /// The user may not ask others to change their affiliations.
    RecommendationNotAllowed,
    /// A user wants to change the functional alias of another one.
    FunctionalAliasOfAnotherUser,
    /// The functional alias is none of the user's.
    FunctionalAliasNotAllowed,
    /// As many users as may be are active under the functional alias.
    FunctionalAliasInUse,
    /// The user may not change the selected group of the other one.
    GroupSelectionNotAllowed,
    /// The user may not make others' clients call a group.
    RemoteGroupCallNotAllowed,
    /// The node is shutting down.
    ShuttingDown,
    /// A service between users.
    #[serde(untagged)]
    Private(PrivateRefusal),
    /// An ad hoc group call.
    #[serde(untagged)]
    Adhoc(AdhocRefusal),
    /// A pre-established session, or a call over one.
    #[serde(untagged)]
    Session(SessionRefusal),
    /// Making and ending regroups.
    #[serde(untagged)]
    Regroup(RegroupRefusal),
    /// Discreet listening.
    #[serde(untagged)]
    Discreet(DiscreetRefusal),
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefusalRow {
    /// The SIP status code.
    pub status: StatusCode,
    /// The MCPTT warning code, if the clause has one.
    pub warning: Option<u16>,
    /// The detailed reason that warning 100 ends with.
    pub reason: Option<&'static str>,
    /// The requirement.
    pub requirement: Option<&'static str>,
}

const fn row(status: u16, warning: u16, requirement: &'static str) -> RefusalRow {
    RefusalRow {
        status: StatusCode(status),
        warning: Some(warning),
        reason: None,
        requirement: Some(requirement),
    }
}

const fn bare(status: u16, requirement: &'static str) -> RefusalRow {
    RefusalRow { status: StatusCode(status), warning: None, reason: None, requirement: Some(requirement) }
}

const fn local(status: u16) -> RefusalRow {
    RefusalRow { status: StatusCode(status), warning: None, reason: None, requirement: None }
}

const fn function_not_allowed(reason: &'static str, requirement: Option<&'static str>) -> RefusalRow {
    RefusalRow { status: StatusCode(403), warning: Some(100), reason: Some(reason), requirement }
}

impl Refusal {
    /// Every refusal of its own, in the order of the enumeration; those of services between users are in
    /// [`PrivateRefusal::ALL`], those of ad hoc group calls in [`AdhocRefusal::ALL`], those of regroups in [`RegroupRefusal::ALL`],
    /// those of discreet listening in [`DiscreetRefusal::ALL`].
    pub const ALL: [Self; 80] = [
        Self::ParticipatingOverload,
        Self::IdentityNotBelieved,
        Self::CredentialsMissing,
        Self::CredentialsStale,
        Self::UserUnknown,
        Self::PrearrangedNotAllowed,
        Self::ChatNotAllowed,
        Self::TooManyGroupCalls,
        Self::ControllingFunctionUnknown,
        Self::NoAcceptableAudio,
        Self::TooManyAffiliations,
        Self::SessionTypeNotServed,
        Self::IsfocusMissing,
        Self::CalledUserNotBound,
        Self::SettingsUnknown,
        Self::ServiceAuthorisationFailed,
        Self::TooManyAuthorisations,
        Self::SettingsWithoutBinding,
        Self::AffiliationOfAnotherUser,
        Self::AffiliationExpires,
        Self::StaleEntityTag,
        Self::UnknownEvent,
        Self::IntervalTooBrief,
        Self::SubscriptionTooBrief,
        Self::BindingsFull,
        Self::StoreUnavailable,
        Self::BodyUnreadable,
        Self::BodyUnsupported,
        Self::XmlNotDecrypted,
        Self::IntegrityFailed,
        Self::RequestUriUnknown,
        Self::RegistrationOutOfOrder,
        Self::PriorityChangeNotServed,
        Self::SessionIntervalTooSmall,
        Self::ControllingOverload,
        Self::SourceNotTrusted,
        Self::ServiceTagsMissing,
        Self::IsfocusAssigned,
        Self::GroupUnknown,
        Self::GroupUnavailable,
        Self::GroupDisabled,
        Self::NotAMember,
        Self::GroupIsPrearranged,
        Self::GroupIsChat,
        Self::GroupRegrouped,
        Self::PreconfiguredGroupOnly,
        Self::InvalidCombination,
        Self::EmergencyNotAuthorised,
        Self::ImminentPerilNotAuthorised,
        Self::EmergencyCancelNotAuthorised,
        Self::EmergencyAndAlertCancelNotAuthorised,
        Self::ImminentPerilCancelNotAuthorised,
        Self::AlertNotAuthorised,
        Self::AlertCancelNotAuthorised,
        Self::AlertOnPreconfiguredGroup,
        Self::NotMcpttMessage,
        Self::ResourcePriorityWithoutRight,
        Self::NotAuthorisedToInitiate,
        Self::NotAuthorisedToJoin,
        Self::ChatJoinNotAllowed,
        Self::NotAffiliated,
        Self::TooFewAffiliated,
        Self::RequiredMembersMissing,
        Self::SessionFull,
        Self::RejoinUnknown,
        Self::RejoinNotAuthorised,
        Self::RejoinNotAffiliated,
        Self::RejoinFull,
        Self::ConferenceUnknown,
        Self::ConferenceInBroadcast,
        Self::ConferenceNotAllowed,
        Self::AffiliationOfNonMember,
        Self::AffiliationListNotAllowed,
        Self::RecommendationNotAllowed,
        Self::FunctionalAliasOfAnotherUser,
        Self::FunctionalAliasNotAllowed,
        Self::FunctionalAliasInUse,
        Self::GroupSelectionNotAllowed,
        Self::RemoteGroupCallNotAllowed,
        Self::ShuttingDown,
    ];

    /// The answer and the requirement behind it.
    pub const fn row(self) -> RefusalRow {
        match self {
            Self::ParticipatingOverload => bare(500, "24.379-10.1.1.3.1.1:1"),
            // No warning: an outsider does not learn whether the identity exists.
            Self::IdentityNotBelieved | Self::SourceNotTrusted => local(403),
            Self::CredentialsMissing | Self::CredentialsStale => bare(401, "RFC3261-22.1:challenge"),
            Self::UserUnknown => row(404, 141, "24.379-10.1.1.3.1.1:2a"),
            Self::PrearrangedNotAllowed => row(403, 109, "24.379-10.1.1.3.1.1:3"),
            Self::TooManyGroupCalls => row(486, 103, "24.379-10.1.1.3.1.1:5"),
            Self::ControllingFunctionUnknown => row(404, 142, "24.379-10.1.1.3.1.1:142"),
            Self::NoAcceptableAudio => bare(488, "24.379-10.1.1.3.1.1:488"),
            Self::TooManyAffiliations => row(486, 102, "24.379-9.2.2.2.11"),
            Self::SessionTypeNotServed => function_not_allowed("local policy", Some("24.379-4.4.2:100")),
            Self::IsfocusMissing => row(403, 104, "24.379-10.1.1.3.2:2"),
            Self::CalledUserNotBound => bare(404, "24.379-10.1.1.3.2:bind"),
            Self::SettingsUnknown => row(480, 146, "24.379-10.1.1.3.2:3"),
            Self::ServiceAuthorisationFailed => row(403, 101, "24.379-7.3.3:101"),
            Self::TooManyAuthorisations => row(486, 164, "24.379-7.3.3:164"),
            Self::SettingsWithoutBinding => row(404, 141, "24.379-7.3.4"),
            Self::AffiliationOfAnotherUser => {
                function_not_allowed("access policy", Some("24.379-9.2.2.2.3:4"))
            }
            Self::AffiliationExpires => bare(423, "24.379-9.2.2.2.3:5"),
            Self::StaleEntityTag => bare(412, "RFC3903-412"),
            Self::UnknownEvent => bare(489, "24.379-7.3.6:event"),
            Self::IntervalTooBrief => local(423),
            Self::SubscriptionTooBrief => bare(423, "RFC6665-4.2.1.1:min"),
            Self::BindingsFull | Self::ShuttingDown | Self::StoreUnavailable => local(503),
            Self::BodyUnreadable => bare(400, "24.379-6.5:400"),
            Self::BodyUnsupported => bare(415, "24.379-6.5:415"),
            Self::XmlNotDecrypted => row(403, 140, "24.379-6.6.2:fail"),
            Self::IntegrityFailed => row(403, 139, "24.379-6.6.3"),
            Self::RequestUriUnknown => local(404),
            Self::RegistrationOutOfOrder => local(500),
            Self::PriorityChangeNotServed => function_not_allowed("local policy", Some("24.379-4.4.2:100")),
            Self::SessionIntervalTooSmall => bare(422, "RFC4028-422"),
            Self::ControllingOverload => bare(500, "24.379-10.1.1.4.2:1"),
            Self::ServiceTagsMissing => bare(403, "24.379-10.1.1.4.2:3"),
            Self::IsfocusAssigned => row(403, 128, "24.379-10.1.1.4.2:3b"),
            Self::GroupUnknown => row(404, 113, "24.379-6.3.5.2:2"),
            Self::GroupUnavailable => row(500, 114, "24.379-6.3.5.2:3"),
            Self::GroupDisabled => row(403, 115, "24.379-6.3.5.2:5a"),
            Self::NotAMember => row(403, 116, "24.379-6.3.5.2:5b"),
            Self::GroupIsPrearranged => row(404, 117, "24.379-6.3.5.2:5c"),
            Self::GroupIsChat => row(404, 118, "24.379-6.3.5.2:5d"),
            Self::GroupRegrouped => row(403, 148, "24.379-10.1.1.4.2:4c"),
            Self::PreconfiguredGroupOnly => row(403, 167, "24.379-10.1.1.4.2:preconf"),
            Self::InvalidCombination => row(403, 150, "24.379-10.1.1.4.2:comb"),
            // These two are told by the mcptt-info body, not by a warning.
            Self::EmergencyNotAuthorised => bare(403, "24.379-10.1.1.4.2:10"),
            Self::ImminentPerilNotAuthorised => bare(403, "24.379-10.1.1.4.2:11"),
            Self::ResourcePriorityWithoutRight => bare(403, "24.379-10.1.1.4.2:12"),
            Self::NotAuthorisedToInitiate => row(403, 119, "24.379-10.1.1.4.2:13"),
            Self::NotAuthorisedToJoin => row(403, 121, "24.379-6.3.5.4"),
            Self::NotAffiliated => row(403, 120, "24.379-10.1.1.4.2:14a"),
            Self::TooFewAffiliated => row(480, 112, "24.379-10.1.1.4.2:14gi"),
            Self::RequiredMembersMissing => row(480, 112, "24.379-6.3.3.3:abandon"),
            Self::SessionFull => row(486, 122, "24.379-10.1.1.4.2:15d"),
            Self::RejoinUnknown => row(404, 137, "24.379-10.1.1.4.5.1:137"),
            Self::RejoinNotAuthorised => row(403, 121, "24.379-10.1.1.4.5.1:6"),
            Self::RejoinNotAffiliated => row(403, 120, "24.379-10.1.1.4.5.1:8"),
            Self::RejoinFull => row(486, 122, "24.379-10.1.1.4.5.1:10"),
            Self::AffiliationOfNonMember => row(403, 116, "24.379-9.2.2.3.3:5"),
            Self::ChatNotAllowed => row(403, 108, "24.379-10.1.2.3.1.1:108"),
            Self::ChatJoinNotAllowed => row(403, 106, "24.379-10.1.2.4.1.1:106"),
            Self::EmergencyCancelNotAuthorised => bare(403, "24.379-10.1.1.4.7:7"),
            Self::EmergencyAndAlertCancelNotAuthorised => bare(403, "24.379-12.1.3.2:1a"),
            Self::ImminentPerilCancelNotAuthorised => bare(403, "24.379-10.1.1.4.8:conflict"),
            Self::AlertNotAuthorised => bare(403, "24.379-12.1.3.1:4a"),
            Self::AlertCancelNotAuthorised => bare(403, "24.379-12.1.3.2:1a"),
            Self::AlertOnPreconfiguredGroup => row(403, 168, "24.379-12.1.3.1:168"),
            Self::NotMcpttMessage => bare(403, "24.379-12.1.3.1:2"),
            Self::ConferenceUnknown => row(404, 137, "24.379-10.1.3.3:2"),
            Self::ConferenceInBroadcast => row(480, 105, "24.379-10.1.3.4.1:105"),
            Self::ConferenceNotAllowed => row(403, 138, "24.379-10.1.3.4.1:138"),
            Self::AffiliationListNotAllowed => {
                function_not_allowed("group definition", Some("24.379-9.2.1.6"))
            }
            Self::RecommendationNotAllowed => {
                function_not_allowed("user authorisation", Some("24.379-9.2.2.2:negotiated"))
            }
            Self::FunctionalAliasOfAnotherUser => {
                function_not_allowed("access policy", Some("24.379-9A.2.2.2.3:4"))
            }
            Self::FunctionalAliasInUse => function_not_allowed("local policy", Some("24.379-9A.2.2.3")),
            Self::FunctionalAliasNotAllowed => {
                function_not_allowed("user authorisation", Some("24.379-9A.2.2.2.3:4A"))
            }
            Self::GroupSelectionNotAllowed => {
                function_not_allowed("user authorisation", Some("24.379-10.1.4:perm"))
            }
            Self::RemoteGroupCallNotAllowed => {
                function_not_allowed("user authorisation", Some("24.379-10.1.5:perm"))
            }
            Self::Private(refusal) => refusal.row(),
            Self::Adhoc(refusal) => refusal.row(),
            Self::Session(refusal) => refusal.row(),
            Self::Regroup(refusal) => refusal.row(),
            Self::Discreet(refusal) => refusal.row(),
        }
    }
}

impl From<InvalidIndicators> for Refusal {
    fn from(invalid: InvalidIndicators) -> Self {
        match invalid {
            InvalidIndicators::Combination => Self::InvalidCombination,
            InvalidIndicators::Encrypted => Self::XmlNotDecrypted,
        }
    }
}

impl From<SessionRefusal> for Refusal {
    fn from(refusal: SessionRefusal) -> Self {
        Self::Session(refusal)
    }
}

impl From<PrivateRefusal> for Refusal {
    fn from(refusal: PrivateRefusal) -> Self {
        Self::Private(refusal)
    }
}

impl From<AdhocRefusal> for Refusal {
    fn from(refusal: AdhocRefusal) -> Self {
        Self::Adhoc(refusal)
    }
}

impl From<RegroupRefusal> for Refusal {
    fn from(refusal: RegroupRefusal) -> Self {
        Self::Regroup(refusal)
    }
}

impl From<DiscreetRefusal> for Refusal {
    fn from(refusal: DiscreetRefusal) -> Self {
        Self::Discreet(refusal)
    }
}

/// Why a call was released (TS 24.379 6.3.8.1 and local reasons).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ReleaseCause {
    /// T4 of the floor control expired.
    Inactivity,
    /// One or no participant is left.
    TooFewParticipants,
    /// TNG3 expired.
    MaximumDuration,
    /// The initiator of a broadcast call left.
    BroadcastInitiatorLeft,
    /// The originator gave up before the call was answered.
    OriginatorCancelled,
    /// No invited member could be reached.
    NobodyAnswered,
    /// Required members did not answer and the group demands to give up.
    RequiredMembersMissing,
    /// Fewer members are affiliated than the group demands.
    TooFewAffiliated,
    /// The group was disabled or removed.
    GroupEnded,
    /// The call of the temporary group that it was part of has ended.
    TemporaryGroupCallEnded,
    /// The regroup has ended.
    RegroupEnded,
    /// An operator ended it.
    Administrator,
    /// The initiator of an ad hoc group call has released it for everybody.
    InitiatorReleased,
    /// The user that was listened to is called.
    ListenedToIsCalled,
    /// The user that was listened to calls somebody.
    ListenedToCalls,
    /// The node was restarted.
    Restart,
}

impl fmt::Display for ReleaseCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Inactivity => "inactivity",
            Self::TooFewParticipants => "too few participants",
            Self::MaximumDuration => "maximum duration",
            Self::BroadcastInitiatorLeft => "broadcast initiator left",
            Self::OriginatorCancelled => "cancelled by the originator",
            Self::NobodyAnswered => "nobody answered",
            Self::RequiredMembersMissing => "required members missing",
            Self::TooFewAffiliated => "too few affiliated members",
            Self::GroupEnded => "group disabled",
            Self::TemporaryGroupCallEnded => "call of the temporary group ended",
            Self::RegroupEnded => "regroup ended",
            Self::Administrator => "administrator action",
            Self::InitiatorReleased => "User requested release",
            Self::ListenedToIsCalled => "the user that is listened to is called",
            Self::ListenedToCalls => "the user that is listened to calls",
            Self::Restart => "restart of the server",
        })
    }
}
