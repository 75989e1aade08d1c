//! What an answer to a participant is made of: media, floor control parameters, header fields (TS 24.379 6.3.3.2;
//! TS 24.380 14.3).

use mcptt_codec::id::{CallRef, ClientId, McpttId, Ssrc};
use mcptt_codec::sdp::{McpttFmtp, SessionDescription};
use mcptt_codec::sip::{HeaderName, Response};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mcptt_info::McpttInfo;
use rand_core::RngCore;

use super::Controlling;
use super::group_document::may_call_emergency;
use super::session::{Leg, LegState};
use crate::bodies::Bodies;
use crate::config::{Config, Group, Member, User};
use crate::media::{Entry, FloorParameters, MediaProtection};
use crate::offer_answer::formats::{self, LegVoice};
use crate::offer_answer::{self, OwnKeys, RemoteMedia, Wanted};
use crate::policy::Refusal;
use crate::service;

/// First releases of `mc_ssrc` (TS 24.380 14.4) and `mc_floor_ssrc` (14.2.7).
const SSRC_RELEASE: u8 = 16;
const FLOOR_SSRC_RELEASE: u8 = 15;

/// The session description of a request, read and found usable.
pub(super) struct Offered {
    pub description: SessionDescription,
    pub remote: RemoteMedia,
}

/// Who asks, and what for, once the message itself is in order.
pub(super) struct Caller<'a> {
    pub mcptt_id: McpttId,
    pub client_id: ClientId,
    pub bodies: &'a Bodies,
    pub info: &'a McpttInfo,
    /// What our 2xx says of the session interval.
    pub interval: String,
    /// The session identity that it comes back to and that no call has at present.
    pub session: Option<ByteStr>,
}

impl Offered {
    /// The same for a call without floor control: that stream is refused.
    pub fn without_floor_control(mut self) -> Self {
        self.remote.floor = None;
        let streams = self.description.media.iter_mut().filter(|media| media.is_floor_control());
        streams.for_each(|media| media.port = 0);
        self
    }
}

impl Controlling {
    /// The fields of a success that all of them have.
    pub(super) fn complete_success(
        &self,
        call: CallRef,
        answer: &mut Response,
        interval: &str,
        supports_timer: bool,
    ) {
        //= 24.379-6.3.3.2.3.2:hdr
        let identity =
            self.calls.get(&call).map(|running| running.session_identity.clone()).unwrap_or_default();
        let headers = &mut answer.headers;
        headers.push(HeaderName::SessionExpires, interval);
        if supports_timer {
            headers.push(HeaderName::Require, "timer");
        }
        headers.push(HeaderName::PAssertedIdentity, service::bracketed(&self.identity.uri));
        headers.push(HeaderName::Contact, service::contact(&identity, true));
        service::support_in_success(headers);
    }

    /// A leg whose offer is known, with our answer to it. Its entry is that of a joiner.
    #[allow(clippy::too_many_arguments, reason = "everything that the answer depends on")]
    pub(super) fn answering_leg(
        &mut self,
        caller: &Caller<'_>,
        offered: &Offered,
        (group, member, user): (&Group, &Member, Option<&User>),
        fmtp: &McpttFmtp,
        session_id: u64,
        protection: Option<&MediaProtection>,
    ) -> Result<(Leg, u8), Refusal> {
        let floor = floor_parameters(fmtp, group, member, user, &self.directory.config);
        let (mut leg, payload_type) =
            self.leg_of_offer(caller, offered, floor, fmtp, session_id, protection)?;
        leg.required = member.required;
        Ok((leg, payload_type))
    }

    /// The same where no group document says what the participant may do on the floor.
    #[allow(clippy::too_many_arguments, reason = "everything that the answer depends on")]
    pub(super) fn leg_of_offer(
        &mut self,
        caller: &Caller<'_>,
        offered: &Offered,
        parameters: FloorParameters,
        fmtp: &McpttFmtp,
        session_id: u64,
        protection: Option<&MediaProtection>,
    ) -> Result<(Leg, u8), Refusal> {
        let floor = offered.remote.floor_or_off();
        let audio = offered.remote.audio;
        let local =
            self.ports.for_answer(&caller.mcptt_id, audio, floor).ok_or(Refusal::ControllingOverload)?;
        let audio_ssrc = offered.remote.audio_ssrc.map(|offered| self.claim_or_draw_ssrc(offered));
        //= 24.380-6.3.4.4.2:1f
        let ssrc = audio_ssrc.filter(|_| self.directory.config.service.release >= SSRC_RELEASE);
        let fmtp = &McpttFmtp { ssrc, ..fmtp.clone() };
        let mut description = offer_answer::answer(&offered.description, session_id, local, protection, fmtp);
        let first = offered.remote.formats.first();
        let mut voice = LegVoice {
            encoding: first.and_then(formats::coded),
            redundancy: offered.remote.redundancy,
            ..LegVoice::default()
        };
        // What is protected end to end is not ours to change.
        if self.directory.config.media.distribution.header_extensions
            && !offer_answer::is_end_to_end(&offered.description)
        {
            formats::accept_extensions(&mut description, &offered.description);
            voice.extensions = formats::extensions_of(&description);
        }
        let leg = Leg {
            mcptt_id: caller.mcptt_id.clone(),
            client_id: caller.client_id.clone(),
            required: false,
            entry: Entry::Joining { implicit_request: false },
            state: LegState::Answering,
            local,
            remote: Some((audio, floor)),
            dtls: None,
            keys: OwnKeys::None,
            description,
            floor: FloorParameters {
                floor_ssrc: wanted_floor_ssrc(&offered.remote.parameters, &self.directory.config),
                ..parameters
            },
            audio_ssrc,
            interval: Some(caller.interval.clone()),
            lacks_priority: false,
            owed: None,
            informing: false,
            voice,
            constituent: None,
        };
        let payload_type = offered.remote.formats.first().map_or(0, |format| format.payload_type);
        Ok((leg, payload_type))
    }

    /// How the audio of an offer is protected: by the first suite that we support too, or not at all where everybody
    /// allows it.
    pub(super) fn protection(
        &mut self,
        remote: &RemoteMedia,
        group: &Group,
        user: Option<&User>,
    ) -> Result<Option<MediaProtection>, Refusal> {
        self.negotiate(remote, self.may_be_plain(group, user))
    }

    /// The same, where it is known whether audio may be without protection.
    pub(super) fn negotiate(
        &mut self,
        remote: &RemoteMedia,
        may_be_plain: bool,
    ) -> Result<Option<MediaProtection>, Refusal> {
        if remote.protected {
            let accepted = remote.accept_keys(&self.directory.config.media, &mut self.rng);
            return accepted.map(Some).ok_or(Refusal::NoAcceptableAudio);
        }
        if may_be_plain { Ok(None) } else { Err(Refusal::NoAcceptableAudio) }
    }

    /// How audio is offered to this user in a call of this group.
    pub(super) fn wanted(&self, group: &Group, user: Option<&User>) -> Wanted {
        let dtls = group.dtls_srtp || user.is_some_and(|user| user.dtls_srtp);
        match user.is_some_and(|user| user.browser) {
            true => Wanted::Web,
            false => Wanted::of(self.may_be_plain(group, user), dtls),
        }
    }

    /// Whether audio without protection is allowed between this user and this group.
    pub(super) fn may_be_plain(&self, group: &Group, user: Option<&User>) -> bool {
        let allowed = self.directory.config.media.plain_rtp && user.is_none_or(|user| user.plain_rtp);
        allowed && !group.protect_media
    }

    /// The floor control parameters of an offer to a member: the most that it may have.
    pub(super) fn offer_parameters(&self, group: &Group, member: &Member) -> McpttFmtp {
        let highest = self.directory.config.service.priority_levels.saturating_sub(1);
        let priority = member.user_priority.min(u8::try_from(highest).unwrap_or(u8::MAX));
        McpttFmtp {
            queueing: group.queueing && !group.audio_cut_in,
            priority: Some(priority).filter(|priority| *priority > 0 && !member.receive_only),
            ..McpttFmtp::default()
        }
    }

    /// The floor control parameters of an answer (TS 24.380 14.3): nothing that was not offered.
    pub(super) fn answer_parameters(
        &self,
        offer: &McpttFmtp,
        group: &Group,
        member: &Member,
        opening: bool,
    ) -> McpttFmtp {
        let own = self.offer_parameters(group, member);
        McpttFmtp {
            //= 24.379-6.2.2:answer
            queueing: offer.queueing && own.queueing,
            //= 24.380-14.3.3
            priority: offer.priority.zip(own.priority).map(|(offered, own)| offered.min(own)),
            //= 24.379-6.4:echo
            //= 24.380-14.3.5
            implicit_request: offer.implicit_request && opening && !member.receive_only,
            // Whether it is granted is known when the answer is sent; that the offer can take a grant is no request.
            //= 24.379-6.4:granted
            //= 24.380-12.1.2.2:granted
            ..McpttFmtp::default()
        }
    }

    /// Takes an SSRC for the audio of a participant, if it is nobody's.
    pub(super) fn claim_ssrc(&mut self, wanted: Ssrc) -> Option<Ssrc> {
        self.ssrcs.insert(wanted).then_some(wanted)
    }

    /// Takes an SSRC for the audio of a participant: the one it wants, or another one where that is somebody's.
    fn claim_or_draw_ssrc(&mut self, wanted: Ssrc) -> Ssrc {
        let mut ssrc = wanted;
        while self.claim_ssrc(ssrc).is_none() {
            ssrc = Ssrc(self.rng.next_u32());
        }
        ssrc
    }
}

/// The part of what was negotiated that the floor control server needs.
pub(super) fn floor_parameters(
    fmtp: &McpttFmtp,
    group: &Group,
    member: &Member,
    user: Option<&User>,
    config: &Config,
) -> FloorParameters {
    // What the member is in the group counts before what the user is in general.
    let own_type = member.participant_type.as_ref().or(user.and_then(|user| user.participant_type.as_ref()));
    let cancelling = &config.policy.queue_cancel_types;
    FloorParameters {
        queueing: fmtp.queueing,
        priority: fmtp.priority,
        receive_only: member.receive_only,
        multi_talker_allowed: member.multi_talker_allowed,
        emergency_allowed: may_call_emergency(group, member, user),
        function: false,
        privacy: false,
        //= 24.380-6.3.5.4.12
        cancels_queued: own_type
            .is_some_and(|own| cancelling.iter().any(|allowed| allowed.eq_ignore_ascii_case(own))),
        //= 24.380-6.3.5.4.15
        revokes_others: user.is_some_and(|user| user.revoke_transmit),
        functional_aliases: user.map(|user| user.functional_aliases.clone()).unwrap_or_default(),
        floor_ssrc: None,
    }
}

/// The SSRC that the other side wants in the header of floor messages.
pub(super) fn wanted_floor_ssrc(theirs: &McpttFmtp, config: &Config) -> Option<Ssrc> {
    //= 24.380-14.2.7
    theirs.floor_ssrc.filter(|_| config.service.release >= FLOOR_SSRC_RELEASE)
}

pub(super) fn offered(bodies: &Bodies, config: &Config) -> Result<Offered, Refusal> {
    let description = bodies.description()?.ok_or(Refusal::NoAcceptableAudio)?;
    let remote = match config.policy.plain_calls {
        true => RemoteMedia::elsewhere(&description, config),
        false => RemoteMedia::of_leg(&description, config),
    };
    Ok(Offered { remote: remote.ok_or(Refusal::NoAcceptableAudio)?, description })
}
