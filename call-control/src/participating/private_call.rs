//! Private calls, first-to-answer calls and ambient listening at the participating function (TS 24.379 11.1.1.3, 11.1.6).

use std::time::Instant;

use mcptt_codec::id::{GroupId, McpttId};
use mcptt_codec::sip::{AnswerMode, HeaderName, Headers, Part, Refresher, Request};
use mcptt_codec::xml::mime;
use mcptt_codec::xml::poc_settings;
use mcptt_codec::xml::resource_lists::{Entry, ResourceLists};

use super::identity::Originator;
use super::originating::check_offer;
use super::relay::Purpose;
use super::{ClientKey, Incoming, Participating};
use crate::bodies::{Bodies, InfoValues};
use crate::config::{PeerFunction, PrivateCallRules, User};
use crate::policy::{PrivateRefusal, Refusal};
use crate::private_call::{Listening, PrivateCallKind, named_users};
use crate::service;

/// How a called client is to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Commencement {
    pub automatic: bool,
    /// The caller has the right to override what the called user has set.
    pub forced: bool,
}

impl Participating {
    /// A call of a client to another user (11.1.1.3.1.1).
    pub(super) fn private_originating(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        originator: &Originator,
        client: ClientKey,
        bodies: &Bodies,
        kind: PrivateCallKind,
    ) -> Result<(), Refusal> {
        let (controlling, bodies) =
            self.admit_private_call(&client, bodies, &incoming.request.headers, kind)?;
        let interval =
            service::interval(now, &incoming.request.headers, &self.directory.config.policy, Refresher::Uac)?;
        let invite = self.private_invite(incoming.request, originator, &client, &controlling, &bodies, kind);
        let destination = controlling.address;
        let purpose = Purpose::Originating { controlling, implicit_affiliation: false };
        let group = GroupId::default();
        let at =
            self.start_relay(now, incoming, interval, purpose, client, group, invite, destination.into());
        if let Some(relay) = self.relay_mut(at) {
            relay.private = true;
        }
        Ok(())
    }

    /// Whether a client may make this call, where it is controlled, and its bodies with those users that may be called.
    pub(super) fn admit_private_call(
        &self,
        client: &ClientKey,
        bodies: &Bodies,
        headers: &Headers,
        kind: PrivateCallKind,
    ) -> Result<(PeerFunction, Bodies), Refusal> {
        //= 24.379-11.1.1.3.1.1:4
        let user = self.rules_of(client).ok_or(Refusal::UserUnknown)?;
        let rules = &user.private_calls;
        //= 24.379-11.1.1.3.1.1:n10
        let limit = rules.max_simultaneous.and_then(|n10| usize::try_from(n10).ok());
        let running = || {
            let over_sessions = self.sessions.calls_of(&client.mcptt_id, true);
            self.relays.private_calls_of(&client.mcptt_id).saturating_add(over_sessions)
        };
        if limit.is_some_and(|n10| running() >= n10) {
            return Err(PrivateRefusal::TooManyPrivateCalls.into());
        }
        check_offer(bodies)?;
        let named = named_users(bodies)?;
        let callees = self.allowed_callees(user, kind, named, headers)?;
        //= 24.379-11.1.1.3.1.1:142
        let controlling = self
            .directory
            .private_controlling_function()
            .ok_or(PrivateRefusal::PrivateControllingFunctionUnknown)?;
        let bodies = match kind {
            PrivateCallKind::FirstToAnswer => with_list(bodies, &callees),
            _ => bodies.clone(),
        };
        Ok((controlling, bodies))
    }

    /// The INVITE of a call between users, with the commencement mode that goes on.
    pub(super) fn private_invite(
        &mut self,
        received: &Request,
        originator: &Originator,
        client: &ClientKey,
        controlling: &PeerFunction,
        bodies: &Bodies,
        kind: PrivateCallKind,
    ) -> Request {
        let uri = controlling.identity.clone();
        let mut invite = self.invite_to_controlling(received, originator, client, controlling, uri, bodies);
        let forced = AnswerMode::of(&received.headers, &HeaderName::PrivAnswerMode).ok().flatten();
        //= 24.379-11.1.1.3.1.1:18a
        if forced != Some(AnswerMode::Auto) {
            invite.headers.remove(&HeaderName::PrivAnswerMode);
        }
        //= 24.379-11.1.1.3.1.1:18d
        let silent = !received.headers.contains(&HeaderName::AnswerMode)
            && !received.headers.contains(&HeaderName::PrivAnswerMode);
        if silent && kind == PrivateCallKind::Private {
            invite.headers.push(HeaderName::AnswerMode, AnswerMode::Auto.as_str());
        }
        invite
    }

    /// Those of the named users that the caller may call in this way.
    fn allowed_callees(
        &self,
        user: &User,
        kind: PrivateCallKind,
        mut named: Vec<McpttId>,
        headers: &Headers,
    ) -> Result<Vec<McpttId>, Refusal> {
        let rules = &user.private_calls;
        match kind {
            PrivateCallKind::FirstToAnswer => {
                //= 24.379-11.1.1.3.1.1:156
                if !rules.first_to_answer {
                    return Err(PrivateRefusal::FirstToAnswerNotAllowed.into());
                }
                named.retain(|callee| rules.may_call(callee));
                //= 24.379-11.1.1.3.1.1:153
                if named.is_empty() {
                    return Err(PrivateRefusal::NoCandidateAllowed.into());
                }
            }
            PrivateCallKind::AmbientListening(listening) => {
                let allowed = match listening {
                    Listening::RemoteInit => rules.remote_ambient_listening,
                    Listening::LocalInit => rules.local_ambient_listening,
                };
                //= 24.379-11.1.6:154
                if !allowed || !named.iter().all(|callee| rules.may_call(callee)) {
                    return Err(PrivateRefusal::AmbientListeningNotAllowed.into());
                }
            }
            PrivateCallKind::Private => {
                //= 24.379-11.1.1.3.1.1:10
                if !rules.allowed {
                    return Err(PrivateRefusal::PrivateCallsNotAllowed.into());
                }
                //= 24.379-11.1.1.3.1.1:11
                if !named.iter().all(|callee| rules.may_call(callee)) {
                    return Err(PrivateRefusal::CalleeNotAllowed.into());
                }
                check_commencement(rules, headers)?;
            }
        }
        Ok(named)
    }

    /// How a called client of this function is to answer, if its user takes part at all (11.1.1.3.2).
    pub(super) fn private_terminating(
        &self,
        called: &ClientKey,
        bodies: &Bodies,
        headers: &Headers,
        setting: &poc_settings::AnswerMode,
    ) -> Result<Commencement, Refusal> {
        let user = self.rules_of(called).ok_or(Refusal::CalledUserNotBound)?;
        let rules = &user.private_calls;
        //= 24.379-11.1.1.3.2:8
        if !rules.participation {
            return Err(PrivateRefusal::ParticipationNotAllowed.into());
        }
        let caller = bodies.info.as_ref().map(InfoValues::caller).transpose()?.flatten();
        //= 24.379-11.1.1.3.2:9
        if !caller.is_some_and(|caller| rules.may_be_called_by(&caller)) {
            return Err(PrivateRefusal::CallerNotListed.into());
        }
        let own = *setting == poc_settings::AnswerMode::Automatic;
        let of = |name| AnswerMode::of(headers, &name).ok().flatten();
        Ok(match (of(HeaderName::PrivAnswerMode), of(HeaderName::AnswerMode)) {
            //= RFC5373-3:privileged
            //= 24.379-11.1.1.3.2:priv
            (Some(AnswerMode::Auto), _) => Commencement { automatic: true, forced: true },
            (Some(AnswerMode::Manual), _) | (None, Some(AnswerMode::Manual)) => {
                Commencement { automatic: false, forced: false }
            }
            //= 24.379-11.1.1.3.2:am
            (None, Some(AnswerMode::Auto) | None) => Commencement { automatic: own, forced: false },
        })
    }
}

/// Whether the caller may ask for this commencement mode.
fn check_commencement(rules: &PrivateCallRules, headers: &Headers) -> Result<(), PrivateRefusal> {
    let of = |name| AnswerMode::of(headers, &name).ok().flatten();
    let wanted = of(HeaderName::AnswerMode).or_else(|| of(HeaderName::PrivAnswerMode));
    match wanted.unwrap_or(AnswerMode::Auto) {
        //= 24.379-11.1.1.3.1.1:125
        AnswerMode::Auto if !rules.automatic_commencement => {
            return Err(PrivateRefusal::AutomaticCommencementNotAllowed);
        }
        //= 24.379-11.1.1.3.1.1:126
        AnswerMode::Manual if !rules.manual_commencement => {
            return Err(PrivateRefusal::ManualCommencementNotAllowed);
        }
        AnswerMode::Auto | AnswerMode::Manual => {}
    }
    //= 24.379-11.1.1.3.1.1:18
    match of(HeaderName::PrivAnswerMode) {
        Some(AnswerMode::Auto) if !rules.force_auto_answer => Err(PrivateRefusal::ForcedAnswerNotAllowed),
        _ => Ok(()),
    }
}

/// The bodies with the resource list reduced to these users.
fn with_list(bodies: &Bodies, users: &[McpttId]) -> Bodies {
    let list = ResourceLists::of(users.iter().map(|user| Entry::to(user.as_str())));
    let parts = bodies.parts.iter().map(|part| match part.is(mime::RESOURCE_LISTS) {
        true => Part::new(mime::RESOURCE_LISTS, list.to_xml()),
        false => part.clone(),
    });
    Bodies { parts: parts.collect(), info: bodies.info.clone() }
}
