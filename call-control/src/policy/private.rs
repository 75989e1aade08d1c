//! The refusals of calls and other services between users.

use super::{RefusalRow, bare, function_not_allowed, row};

/// Why a request for a service between users was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum PrivateRefusal {
    /// N10 is reached.
    TooManyPrivateCalls,
    /// The request names nobody, or names nobody that could be called.
    CalleeMissing,
    /// The request does not name exactly one user.
    CalleeCount,
    /// The user may not make private calls.
    PrivateCallsNotAllowed,
    /// The user may not call this other user.
    CalleeNotAllowed,
    /// The user may not make private calls with automatic commencement.
    AutomaticCommencementNotAllowed,
    /// The user may not make private calls with manual commencement.
    ManualCommencementNotAllowed,
    /// The user may not force an automatic answer.
    ForcedAnswerNotAllowed,
    /// There is no controlling function for private calls.
    PrivateControllingFunctionUnknown,
    /// The user may not make first-to-answer calls.
    FirstToAnswerNotAllowed,
    /// The user may call none of the users of a first-to-answer call.
    NoCandidateAllowed,
    /// The called user does not take part in private calls.
    ParticipationNotAllowed,
    /// The caller is not among those who may call this user.
    CallerNotListed,
    /// There is no imminent peril in private calls.
    ImminentPerilInPrivateCall,
    /// The user may not make this private call an emergency.
    PrivateEmergencyNotAuthorised,
    /// The user may not end the emergency of this private call.
    PrivateEmergencyCancelNotAuthorised,
    /// The user may not ask to be called back.
    CallBackNotAllowed,
    /// The user may not take back the request to be called back.
    CallBackCancelNotAllowed,
    /// The user may not listen to others, or be listened to at its own wish.
    AmbientListeningNotAllowed,
    /// The user may not make others call somebody.
    RemoteInitiationNotAllowed,
    /// The user may not transfer calls.
    TransferNotAllowed,
    /// The user may not ask where others are.
    LocationRequestNotAllowed,
    /// The call goes on to somebody else.
    Forwarded,
    /// The call has been forwarded too often.
    ForwardingLimit,
    /// The user may not forward calls, or not to this user.
    ForwardingNotAllowed,
    /// Several users are active under the functional alias that is called.
    SeveralHolders,
}

impl PrivateRefusal {
    /// Every refusal, in the order of the enumeration.
    pub const ALL: [Self; 26] = [
        Self::TooManyPrivateCalls,
        Self::CalleeMissing,
        Self::CalleeCount,
        Self::PrivateCallsNotAllowed,
        Self::CalleeNotAllowed,
        Self::AutomaticCommencementNotAllowed,
        Self::ManualCommencementNotAllowed,
        Self::ForcedAnswerNotAllowed,
        Self::PrivateControllingFunctionUnknown,
        Self::FirstToAnswerNotAllowed,
        Self::NoCandidateAllowed,
        Self::ParticipationNotAllowed,
        Self::CallerNotListed,
        Self::ImminentPerilInPrivateCall,
        Self::PrivateEmergencyNotAuthorised,
        Self::PrivateEmergencyCancelNotAuthorised,
        Self::CallBackNotAllowed,
        Self::CallBackCancelNotAllowed,
        Self::AmbientListeningNotAllowed,
        Self::RemoteInitiationNotAllowed,
        Self::TransferNotAllowed,
        Self::LocationRequestNotAllowed,
        Self::Forwarded,
        Self::ForwardingLimit,
        Self::ForwardingNotAllowed,
        Self::SeveralHolders,
    ];

    /// The answer and the requirement behind it.
    pub const fn row(self) -> RefusalRow {
        match self {
            Self::TooManyPrivateCalls => row(486, 124, "24.379-11.1.1.3.1.1:n10"),
            Self::CalleeMissing => row(403, 145, "24.379-11.1.1.3.1.1:8"),
            Self::CalleeCount => row(403, 145, "24.379-11.1.1.4.2:3"),
            Self::PrivateCallsNotAllowed => row(403, 107, "24.379-11.1.1.3.1.1:10"),
            Self::CalleeNotAllowed => row(403, 144, "24.379-11.1.1.3.1.1:11"),
            Self::AutomaticCommencementNotAllowed => row(403, 125, "24.379-11.1.1.3.1.1:125"),
            Self::ManualCommencementNotAllowed => row(403, 126, "24.379-11.1.1.3.1.1:126"),
            Self::ForcedAnswerNotAllowed => row(403, 143, "24.379-11.1.1.3.1.1:18"),
            Self::PrivateControllingFunctionUnknown => row(404, 142, "24.379-11.1.1.3.1.1:142"),
            Self::FirstToAnswerNotAllowed => row(403, 156, "24.379-11.1.1.3.1.1:156"),
            Self::NoCandidateAllowed => row(403, 153, "24.379-11.1.1.3.1.1:153"),
            Self::ParticipationNotAllowed => row(403, 127, "24.379-11.1.1.3.2:8"),
            Self::CallerNotListed => row(403, 159, "24.379-11.1.1.3.2:9"),
            Self::ImminentPerilInPrivateCall => row(403, 150, "24.379-11.1.1.4:imm"),
            // These two are told by the mcptt-info body, not by a warning.
            Self::PrivateEmergencyNotAuthorised => bare(403, "24.379-11.1.1.4.1:7"),
            Self::PrivateEmergencyCancelNotAuthorised => bare(403, "24.379-11.1.1.4.5"),
            Self::CallBackNotAllowed => row(403, 151, "24.379-11.1.5:151"),
            Self::CallBackCancelNotAllowed => row(403, 152, "24.379-11.1.5:152"),
            Self::AmbientListeningNotAllowed => row(403, 154, "24.379-11.1.6:154"),
            Self::RemoteInitiationNotAllowed => {
                function_not_allowed("user authorisation", Some("24.379-11.1.7"))
            }
            Self::Forwarded => bare(480, "24.379-11.1.9:forward"),
            Self::ForwardingLimit => row(403, 174, "24.379-11.1.9:limit"),
            Self::ForwardingNotAllowed => row(403, 175, "24.379-11.1.9:limit"),
            Self::SeveralHolders => bare(300, "24.379-9A.2.2.2:resolve"),
            Self::LocationRequestNotAllowed => {
                function_not_allowed("user authorisation", Some("24.379-13.2.3"))
            }
            Self::TransferNotAllowed => {
                function_not_allowed("user authorisation", Some("24.379-11.1.8:transfer"))
            }
        }
    }
}
