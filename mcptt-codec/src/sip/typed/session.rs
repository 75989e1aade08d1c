//! Sessions: how they are answered, refreshed, referred to, ended.

use super::accessors;
use crate::sip::field::{
    AnswerModeField, AnswerState, Join, RSeq, Reason, ReferSub, ReferTo, Replaces, RetryAfter, SessionId,
    TargetDialog, UserToUser, Warning,
};
use crate::sip::{ResourcePriority, SessionExpires};

accessors! {
    /// Min-SE.
    field min_se: SessionExpires = MinSe;
    /// RSeq.
    field rseq: RSeq = RSeq;
    /// Answer-Mode.
    field answer_mode: AnswerModeField = AnswerMode;
    /// Priv-Answer-Mode.
    field priv_answer_mode: AnswerModeField = PrivAnswerMode;
    /// P-Answer-State.
    field answer_state: AnswerState = PAnswerState;
    /// Resource-Priority.
    list resource_priority: ResourcePriority = ResourcePriority;
    /// Accept-Resource-Priority.
    list accept_resource_priority: ResourcePriority = AcceptResourcePriority;
    /// Refer-To, of which REFER has one (RFC 3515).
    field refer_to: ReferTo = ReferTo;
    /// Refer-Sub.
    field refer_sub: ReferSub = ReferSub;
    /// Target-Dialog.
    field target_dialog: TargetDialog = TargetDialog;
    /// Replaces.
    field replaces: Replaces = Replaces;
    /// Join.
    field join: Join = Join;
    /// Reason.
    list reasons: Reason = Reason;
    /// Warning.
    list warnings: Warning = Warning;
    /// Retry-After.
    field retry_after: RetryAfter = RetryAfter;
    /// Session-ID.
    field session_id: SessionId = SessionId;
    /// User-to-User.
    list user_to_user: UserToUser = UserToUser;
}
