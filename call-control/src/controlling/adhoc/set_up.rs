//! Receipt of an INVITE for an ad hoc group call (TS 24.379 17.4.2.2, 17.4.7.1.1).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use mcptt_codec::id::{GroupId, McpttId};
use mcptt_codec::xml::mcptt_info::{McpttInfo, extension_name};

use super::super::answer::Caller;
use super::super::group_document::requested_tier;
use super::super::prearranged::check_resource_priority;
use super::super::{Controlling, Incoming};
use super::{AdhocGroup, entry};
use crate::adhoc;
use crate::config::{Group, Member, User};
use crate::directory::Canonical;
use crate::policy::{AdhocRefusal, Refusal};
use crate::private_call::is_same_user;
use crate::service;

impl Controlling {
    pub(in crate::controlling) fn adhoc_invite(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        caller: &Caller<'_>,
    ) -> Result<(), Refusal> {
        let info = adhoc::common(caller.info)?;
        let caller = Caller {
            mcptt_id: caller.mcptt_id.clone(),
            client_id: caller.client_id.clone(),
            bodies: caller.bodies,
            info: &info,
            interval: caller.interval.clone(),
            session: None,
        };
        let target = crate::bodies::InfoValues::target(&info)?;
        let running = target.and_then(|target| self.adhoc_group_called(target));
        match running.and_then(|group| Some((self.running_call_of(&group)?, group))) {
            Some((call, group)) => {
                let document = self.document(&group);
                let document = document.get().ok_or(Refusal::GroupUnknown)?;
                let member = document.member(&caller.mcptt_id).ok_or(Refusal::NotAMember)?;
                let user = self.directory.user_at(&caller.mcptt_id, &caller.client_id);
                let tier = requested_tier(&info, document, member, user).map_err(adhoc_form)?;
                let member = member.clone();
                //= 24.379-17.4.7.1.1
                self.join(now, incoming, &caller, call, &member, tier)
            }
            None => self.open_adhoc(now, incoming, &caller),
        }
    }

    fn open_adhoc(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        caller: &Caller<'_>,
    ) -> Result<(), Refusal> {
        let directory = Arc::clone(&self.directory);
        let config = &directory.config;
        if self.calls.len() >= config.limits.calls {
            return Err(Refusal::ControllingOverload);
        }
        let user = directory.user_at(&caller.mcptt_id, &caller.client_id);
        let own = entry(&caller.mcptt_id, user);
        let mut document = self.new_document(caller, &own, user);
        //= 24.379-17.4.2.2:3A
        let tier = requested_tier(caller.info, &document, &own, user).map_err(adhoc_form)?;
        check_resource_priority(&incoming.request.headers, &config.service, tier)?;
        //= 24.379-17.4.2.2:4
        if !user.is_some_and(|user| user.adhoc.call) {
            return Err(AdhocRefusal::AdhocNotAuthorised.into());
        }
        //= 24.379-17.4.2.2:5
        if !config.adhoc.supported {
            return Err(AdhocRefusal::AdhocNotSupported.into());
        }
        let (participants, named, criteria) = self.adhoc_participants(caller)?;
        for mcptt_id in &participants {
            let user = directory.user(mcptt_id.as_str());
            document.protect_media |= user.is_some_and(|user| !user.plain_rtp);
            document.members.push(entry(mcptt_id, user));
        }
        let group = document.group_id.clone();
        let document = Arc::new(document);
        let new = AdhocGroup { document: Arc::clone(&document), criteria, named };
        self.adhoc_groups.0.insert(group.clone(), new);
        //= 24.379-17.4.2.2:13
        let opened = self.start(now, incoming, caller, (&document, &own, user));
        if opened.is_err() {
            self.adhoc_groups.0.remove(&group);
        }
        opened
    }

    /// The document of the group that the call is made for, with its caller as the only member.
    fn new_document(&mut self, caller: &Caller<'_>, own: &Member, user: Option<&User>) -> Group {
        let config = &self.directory.config.adhoc;
        let broadcast = caller.info.broadcast_ind == Some(true);
        let hang_time = config.broadcast_hang_time.filter(|_| broadcast).or(config.hang_time);
        let maximum_duration = config.max_duration;
        let plain = self.directory.config.media.plain_rtp && user.is_none_or(|user| user.plain_rtp);
        let group_id = self.adhoc_identity(caller.info);
        Group {
            adhoc: true,
            hang_timer: hang_time,
            maximum_duration,
            // Somebody has to be there: a list of which nobody answers is no call.
            minimum_to_start: 1,
            protect_media: !plain,
            ..Group::prearranged(group_id, vec![own.clone()])
        }
    }

    /// The identity of the group: that of the caller, if it is nobody's, else one of ours.
    fn adhoc_identity(&mut self, info: &McpttInfo) -> GroupId {
        let said = crate::bodies::InfoValues::target(info).ok().flatten();
        let free = |said: &&str| {
            let known = self.directory.group(said).is_some() || self.directory.user(said).is_some();
            Canonical::of(said).is_some() && !known && self.adhoc_group_called(said).is_none()
        };
        if let Some(said) = said.filter(free) {
            return GroupId::new(said);
        }
        //= 24.379-17.4.2.2:10
        let token = service::token(&mut self.rng);
        GroupId::new(format!("sip:adhoc-{token}@{}", self.identity.host))
    }

    /// Who is called: those that are named, those of the alert that the call follows, and those whom the criteria find.
    #[allow(clippy::type_complexity, reason = "three things that are found together")]
    fn adhoc_participants(
        &self,
        caller: &Caller<'_>,
    ) -> Result<(BTreeSet<McpttId>, BTreeSet<McpttId>, Option<mcptt_codec::text::ByteStr>), Refusal> {
        let listed = adhoc::named(caller.bodies)?.unwrap_or_default().called;
        let mut named: BTreeSet<McpttId> = listed.into_iter().map(|user| self.known_spelling(user)).collect();
        let follows_alert = adhoc::flag(caller.info, extension_name::ADHOC_GRP_EMG_ALERT_GRP_IND);
        if follows_alert == Some(true)
            && let Some(target) = crate::bodies::InfoValues::target(caller.info)?
        {
            named.extend(self.adhoc_alerts.participants_of(target));
        }
        let criteria = adhoc::criteria(caller.info);
        let mut participants = named.clone();
        if let Some(criteria) = &criteria {
            participants.extend(self.found_by(criteria));
        }
        participants.retain(|user| !is_same_user(user, &caller.mcptt_id));
        //= 24.379-17.4.2.2:6
        if participants.len() > self.directory.config.adhoc.max_participants {
            return Err(AdhocRefusal::AdhocTooManyParticipants.into());
        }
        //= 24.379-17.4.2.2:7
        if participants.is_empty() {
            return Err(AdhocRefusal::AdhocNoParticipants.into());
        }
        Ok((participants, named, criteria))
    }
}

/// The refusals of the common procedures as an ad hoc group call gives them.
pub(in crate::controlling) fn adhoc_form(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::EmergencyNotAuthorised => AdhocRefusal::AdhocEmergencyNotAuthorised.into(),
        Refusal::EmergencyCancelNotAuthorised | Refusal::EmergencyAndAlertCancelNotAuthorised => {
            AdhocRefusal::AdhocEmergencyCancelNotAuthorised.into()
        }
        Refusal::InvalidCombination => AdhocRefusal::AdhocInvalidCombination.into(),
        other => other,
    }
}
