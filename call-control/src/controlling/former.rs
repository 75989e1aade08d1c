//! Calls that ended with an earlier run of the node. Their media and floor are lost, but a participant that comes back by the
//! session identity finds its call: it is opened again under the same identity, and the other affiliated members are invited
//! as at the beginning.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mcptt_codec::id::{CallRef, GroupId};
use mcptt_codec::xml::mcptt_info::{McpttInfo, SessionType};

use super::answer::Caller;
use super::group_document::admit;
use super::session::Call;
use super::{Controlling, Deadline, Incoming};
use crate::bodies::Kind;
use crate::directory::Canonical;
use crate::durable::FormerRecord;
use crate::policy::Refusal;

/// How long participants may come back to a call that ended with the node.
const COMES_BACK: Duration = Duration::from_secs(600);

/// The calls that participants may come back to.
#[derive(Debug, Default)]
pub(super) struct FormerCalls {
    all: BTreeMap<CallRef, Former>,
    by_identity: BTreeMap<Canonical, CallRef>,
}

#[derive(Clone, Debug)]
struct Former {
    group: GroupId,
    record: FormerRecord,
}

impl FormerCalls {
    fn remove(&mut self, call: CallRef) {
        if let Some(identity) =
            self.all.remove(&call).and_then(|former| Canonical::of(&former.record.identity))
        {
            self.by_identity.remove(&identity);
        }
    }

    /// What is stored of one.
    pub fn stored(&self, call: CallRef) -> Option<(GroupId, FormerRecord)> {
        self.all.get(&call).map(|former| (former.group.clone(), former.record.clone()))
    }
}

impl Call {
    /// What participants may come back to after a restart. `None`: a call between users, of a group that exists for it alone,
    /// in which only one may talk, or that another function controls, does not come back.
    pub fn former(&self) -> Option<FormerRecord> {
        let comes_back = self.private.is_none()
            && self.kind != Kind::Adhoc
            && !self.broadcast
            && !self.temporary
            && self.non_controlling.is_none();
        let chat = self.kind == Kind::Chat;
        comes_back.then(|| FormerRecord { identity: self.session_identity.clone(), chat })
    }
}

impl Controlling {
    /// A call has ended with the node.
    pub(super) fn has_ended(&mut self, now: Instant, call: CallRef, group: &GroupId, record: FormerRecord) {
        let Some(identity) = Canonical::of(&record.identity) else { return };
        self.former.by_identity.insert(identity, call);
        self.former.all.insert(call, Former { group: group.clone(), record });
        self.deadlines.set(Deadline::Former(call), now.checked_add(COMES_BACK));
    }

    /// Nobody comes back any more.
    pub(super) fn forget_former(&mut self, call: CallRef) {
        self.former.remove(call);
        self.deadlines.set(Deadline::Former(call), None);
        self.touched.calls.insert((call, None));
    }

    /// A call of the group is over: nobody comes back to an earlier one.
    pub(super) fn forget_former_of(&mut self, group: &GroupId) {
        let of_group = self.former.all.iter().filter(|(_, former)| former.group == *group);
        for call in of_group.map(|(call, _)| *call).collect::<Vec<_>>() {
            self.forget_former(call);
        }
    }

    /// A participant comes back by the identity of a session that is not running.
    pub(super) fn come_back(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        caller: &Caller<'_>,
        identity: Option<&Canonical>,
    ) -> Result<(), Refusal> {
        //= 24.379-10.1.1.4.5.1:137
        let former = identity.and_then(|identity| self.former.by_identity.get(identity).copied());
        let former = former.and_then(|call| Some((call, self.former.all.get(&call).cloned()?)));
        let (call, Former { group, record }) = former.ok_or(Refusal::RejoinUnknown)?;
        if let Some(running) = self.running_call_of(&group) {
            // Somebody has called the group meanwhile.
            return self.rejoin(now, incoming, caller, running);
        }
        let directory = Arc::clone(&self.directory);
        let kind = if record.chat { Kind::Chat } else { Kind::Prearranged };
        let admitted = admit(&directory, group.as_str(), &caller.mcptt_id, kind);
        let (group, member) = admitted.map_err(|refusal| match refusal {
            Refusal::NotAMember => Refusal::RejoinNotAuthorised,
            refusal => refusal,
        })?;
        if !member.may_join {
            return Err(Refusal::RejoinNotAuthorised);
        }
        if !self.counts_as_affiliated(&group.group_id, &caller.mcptt_id, &caller.client_id) {
            return Err(Refusal::RejoinNotAffiliated);
        }
        if self.calls.len() >= directory.config.limits.calls {
            return Err(Refusal::ControllingOverload);
        }
        let session_type = if record.chat { SessionType::Chat } else { SessionType::Prearranged };
        let info = McpttInfo { session_type: Some(session_type), ..caller.info.clone() };
        let caller = Caller {
            mcptt_id: caller.mcptt_id.clone(),
            client_id: caller.client_id.clone(),
            bodies: caller.bodies,
            info: &info,
            interval: caller.interval.clone(),
            session: Some(record.identity),
        };
        let user = directory.user_at(&caller.mcptt_id, &caller.client_id);
        self.start(now, incoming, &caller, (group, member, user))?;
        self.forget_former(call);
        Ok(())
    }
}
