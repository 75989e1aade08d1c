//! Receipt of an INVITE for a chat group call (TS 24.379 10.1.2.4.1.1): everybody joins, nobody is invited.

use std::time::Instant;

use mcptt_codec::id::CallRef;

use super::answer::Caller;
use super::{Controlling, Incoming};
use crate::config::{Group, Member, User};
use crate::policy::Refusal;

impl Controlling {
    pub(super) fn chat_invite(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        caller: &Caller<'_>,
        running: Option<CallRef>,
        (group, member, user): (&Group, &Member, Option<&User>),
    ) -> Result<(), Refusal> {
        //= 24.379-10.1.2.4.1.1:106
        if !member.may_join {
            return Err(Refusal::ChatJoinNotAllowed);
        }
        //= 24.379-10.1.2.4.1.1:same
        let Some(call) = running else {
            return self.start(now, incoming, caller, (group, member, user));
        };
        //= 24.379-10.1.2.4.1.1:12
        if self.is_full(call, caller) {
            return Err(Refusal::SessionFull);
        }
        self.admit_to(now, incoming, caller, call, Some(123))
    }
}
