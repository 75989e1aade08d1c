//! Telling the others about a change of priority (TS 24.379 6.3.3.1.6, 6.3.3.1.7, 6.3.3.1.10, 6.3.3.1.11, 6.3.3.1.15):
//! participants by re-INVITE, other affiliated members by MESSAGE, in an emergency of a chat group by INVITE.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use mcptt_codec::id::{CallRef, ClientId, GroupId, LegRef, McpttId};
use mcptt_codec::sip::{HeaderName, Method, Part, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, McpttUri};
use rand_core::RngCore;

use super::session::LegState;
use super::{Controlling, Deadline, Pending};
use crate::bodies::{Kind, description_part, info_part};
use crate::event::{CallState, LeaveCause, Tier};
use crate::service;
use crate::user_agent::RequestError;

/// What is told: an indicator that is absent says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Notice {
    /// Who caused it.
    pub by: McpttId,
    pub emergency: Option<bool>,
    pub alert: Option<bool>,
    pub imminent_peril: Option<bool>,
    /// Whose emergency or alert it was, if not that of `by`.
    pub originated_by: Option<McpttId>,
}

impl Notice {
    /// Nothing yet.
    pub fn by(user: &McpttId) -> Self {
        Self { by: user.clone(), emergency: None, alert: None, imminent_peril: None, originated_by: None }
    }

    pub const fn says_nothing(&self) -> bool {
        self.emergency.is_none() && self.alert.is_none() && self.imminent_peril.is_none()
    }

    /// What was to be told and has not been, with what is to be told now: the later word counts.
    fn after(self, earlier: Option<Self>) -> Self {
        let Some(earlier) = earlier else { return self };
        Self {
            emergency: self.emergency.or(earlier.emergency),
            alert: self.alert.or(earlier.alert),
            imminent_peril: self.imminent_peril.or(earlier.imminent_peril),
            originated_by: self.originated_by.or(earlier.originated_by),
            by: self.by,
        }
    }

    /// The body that tells it on behalf of a group.
    pub fn info(&self, group: &GroupId) -> McpttInfo {
        McpttInfo {
            calling_user_id: Some(Content::Normal(self.by.clone())),
            calling_group_id: Some(Content::Normal(group.clone())),
            emergency_ind: self.emergency.map(Content::Normal),
            alert_ind: self.alert.map(Content::Normal),
            imminentperil_ind: self.imminent_peril.map(Content::Normal),
            originated_by: self.originated_by.clone().map(Content::Normal),
            ..McpttInfo::default()
        }
    }
}

impl Controlling {
    /// Tells everybody but the client that caused it.
    pub(super) fn inform(
        &mut self,
        now: Instant,
        group: &GroupId,
        notice: &Notice,
        except: Option<(&McpttId, &ClientId)>,
    ) {
        if notice.says_nothing() {
            return;
        }
        let call = self.running_call_of(group);
        //= 24.379-10.1.1.4.7:8
        if let Some(call) = call {
            self.inform_participants(now, call, notice, except);
        }
        let running = call.and_then(|call| self.calls.get(&call));
        let chat = running.is_some_and(|running| running.kind == Kind::Chat);
        let urgent = notice.emergency == Some(true) || notice.imminent_peril == Some(true);
        // Whoever is still to be invited is told by its invitation.
        let to_invite: BTreeSet<(&McpttId, &ClientId)> = running
            .into_iter()
            .flat_map(|running| &running.to_invite)
            .map(|candidate| (&candidate.mcptt_id, &candidate.client_id))
            .collect();
        let absent: Vec<(McpttId, ClientId)> = self
            .affiliations
            .of_group(group)
            .filter(|(user, client)| {
                except != Some((*user, *client)) && !to_invite.contains(&(*user, *client))
            })
            .filter(|(user, client)| running.is_none_or(|running| running.leg_of(user, client).is_none()))
            .map(|(user, client)| (user.clone(), client.clone()))
            .collect();
        let tier = self.tier_of(group);
        for (user, client) in absent {
            match call {
                //= 24.379-6.3.3.1.7
                Some(call) if chat && urgent => self.invite_member(now, call, &user, &client),
                //= 24.379-6.3.3.1.11
                _ => self.tell_in_turn(
                    now,
                    (&user, &client),
                    self.in_form_of(group, notice.info(group)),
                    Vec::new(),
                    tier,
                ),
            }
        }
    }

    /// Tells the participants of a call by re-INVITE.
    fn inform_participants(
        &mut self,
        now: Instant,
        call: CallRef,
        notice: &Notice,
        except: Option<(&McpttId, &ClientId)>,
    ) {
        let Some(running) = self.calls.get(&call) else { return };
        let legs: Vec<LegRef> = running
            .legs
            .iter()
            .filter(|(_, leg)| except != Some((&leg.mcptt_id, &leg.client_id)))
            .filter(|(_, leg)| matches!(leg.state, LegState::Connected(_) | LegState::Inviting { .. }))
            .map(|(at, _)| *at)
            .collect();
        for (number, at) in legs.into_iter().enumerate() {
            let turn = self.turn_of(now, number);
            self.announce(now, call, at, notice.clone(), turn);
        }
    }

    /// Tells one participant, now or when it is its turn, or as soon as its dialog is free.
    fn announce(&mut self, now: Instant, call: CallRef, at: LegRef, notice: Notice, turn: Option<Instant>) {
        let Some(leg) = self.calls.get_mut(&call).and_then(|running| running.legs.get_mut(&at)) else {
            return;
        };
        leg.owed = Some(notice.after(leg.owed.take()));
        match turn {
            _ if !matches!(leg.state, LegState::Connected(_)) => {}
            Some(turn) => self.deadlines.set(Deadline::Announcement(call, at), Some(turn)),
            None => self.tell_owed(now, call, at),
        }
    }

    /// Sends the re-INVITE that a participant is owed.
    pub(super) fn tell_owed(&mut self, now: Instant, call: CallRef, at: LegRef) {
        let Some(running) = self.calls.get_mut(&call).filter(|call| call.state != CallState::Releasing)
        else {
            return;
        };
        let (group, tier) = (running.group.clone(), running.tier);
        let Some(leg) = running.legs.get_mut(&at) else { return };
        let (LegState::Connected(dialog), Some(notice), false) = (&leg.state, &leg.owed, leg.informing)
        else {
            return;
        };
        let (dialog, notice) = (dialog.clone(), notice.clone());
        let mut invite = Request::new(Method::Invite, ByteStr::EMPTY);
        //= 24.379-6.3.3.1.6
        //= 24.379-6.3.3.1.15
        let (leg_id, leg_client) = (leg.mcptt_id.clone(), leg.client_id.clone());
        let description = leg.description.clone();
        let mut info = self.in_form_of(&group, notice.info(&group));
        info.request_uri = Some(Content::Normal(McpttUri::from(&leg_id)));
        info.client_id = named(&leg_client);
        //= 24.379-10.1.1.4.2:sdp
        invite.set_parts(&[description_part(&description), info_part(&info)]);
        invite.headers.push(HeaderName::PAssertedIdentity, service::bracketed(&self.identity.uri));
        //= 24.379-10.1.1.4.7:cancel
        self.push_any_resource_priority(&mut invite, tier);
        match self.agent.request_in_dialog(now, &dialog, invite) {
            Ok(transaction) => {
                self.pending.insert(transaction, Pending::Announcement(call, at));
                let leg = self.calls.get_mut(&call).and_then(|running| running.legs.get_mut(&at));
                if let Some(leg) = leg {
                    leg.owed = None;
                    leg.informing = true;
                }
            }
            // The participant's own re-INVITE is under way.
            Err(RequestError::InvitePending) => self.tell_later(now, call, at),
            Err(_) => {}
        }
    }

    /// RFC 3261 14.1: after a collision both sides wait, each for another time.
    fn tell_later(&mut self, now: Instant, call: CallRef, at: LegRef) {
        let wait = Duration::from_millis(u64::from(self.rng.next_u32() % 200) * 10);
        self.deadlines.set(Deadline::Announcement(call, at), now.checked_add(wait));
    }

    pub(super) fn announcement_answered(
        &mut self,
        now: Instant,
        call: CallRef,
        at: LegRef,
        response: &Response,
    ) {
        let Some(leg) = self.calls.get_mut(&call).and_then(|running| running.legs.get_mut(&at)) else {
            return;
        };
        leg.informing = false;
        match response.status {
            StatusCode::REQUEST_PENDING => {
                let group = self.calls.get(&call).map(|running| running.group.clone()).unwrap_or_default();
                self.owe_present_state(call, at, &group);
                self.tell_later(now, call, at);
            }
            StatusCode::REQUEST_TIMEOUT | StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST => {
                self.leave(now, call, at, LeaveCause::SignallingLost, true);
            }
            _ => self.tell_owed(now, call, at),
        }
    }

    /// What a participant that could not be told is told when it can be: how things stand then.
    fn owe_present_state(&mut self, call: CallRef, at: LegRef, group: &GroupId) {
        let tier = self.tier_of(group);
        let by = self.states.get(group).and_then(|state| state.emergency.iter().chain(&state.peril).next());
        let initiator = self.calls.get(&call).map(|running| running.initiator.clone());
        let by = by.cloned().or(initiator).unwrap_or_default();
        let leg = self.calls.get_mut(&call).and_then(|running| running.legs.get_mut(&at));
        if let Some(leg) = leg {
            let present = Notice {
                emergency: Some(tier == Tier::Emergency),
                imminent_peril: (tier != Tier::Emergency).then_some(tier == Tier::ImminentPeril),
                ..Notice::by(&by)
            };
            leg.owed = Some(match leg.owed.take() {
                Some(owed) => owed.after(Some(present)),
                None => present,
            });
        }
    }

    /// A MESSAGE to one client of one member, through its participating function.
    pub(super) fn message_member(
        &mut self,
        now: Instant,
        (user, client): (&McpttId, &ClientId),
        mut info: McpttInfo,
        further: Vec<Part>,
        tier: Tier,
    ) {
        let peer = self.directory.participating_function_of(self.directory.user(user.as_str()));
        //= 24.379-6.3.3.1.11
        let own = self.identity.uri.clone();
        let mut message = service::request(Method::Message, &peer.identity, &own, user.as_str());
        service::assert_function(&mut message.headers, &own);
        self.push_resource_priority(&mut message, tier);
        info.request_uri = Some(Content::Normal(McpttUri::from(user)));
        info.client_id = named(client);
        let mut parts = vec![info_part(&info)];
        parts.extend(further);
        message.set_parts(&parts);
        // Whether it arrives changes nothing here.
        self.agent.request(now, message, peer.address);
    }
}

/// The client that is addressed; functions, and users that were named without one, have none.
pub(super) fn named(client: &ClientId) -> Option<Content<ClientId>> {
    (*client != ClientId::default()).then(|| Content::Normal(client.clone()))
}
