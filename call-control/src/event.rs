//! What happened, for logs, metrics, recording indexes and the evidence of conformance tests. Never keys or tokens.

use std::net::SocketAddr;

use mcptt_codec::DecodeError;
use mcptt_codec::id::{CallRef, ClientId, FunctionalAlias, GroupId, LegRef, McpttId, PublicUserId};
use mcptt_codec::text::ByteStr;

use crate::media::Entry;
use crate::policy::{Refusal, ReleaseCause};
use crate::private_call::Listening;
use crate::transport::SipPath;

/// One fact.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Event {
    /// A datagram that is not a SIP message.
    Undecodable {
        /// From where to where.
        path: SipPath,
        /// What was wrong, and at which octet.
        error: DecodeError,
    },
    /// A datagram for an address that is neither function's.
    NotOurs {
        /// From where to where.
        path: SipPath,
    },
    /// The wall clock was set. Nothing that runs is changed by it; what was written down with a time is written again.
    ClockSet,
    /// What an earlier run of the node has left was taken up again.
    StateRestored {
        /// Records that were understood.
        records: u64,
        /// Records of another version, or damaged: they stay where they are.
        unreadable: u64,
    },
    /// A request was refused.
    Refused {
        /// By which function.
        function: Function,
        /// The method of the request.
        method: ByteStr,
        /// Where it came from.
        from: SocketAddr,
        /// The user, as far as known.
        mcptt_id: Option<McpttId>,
        /// The group, as far as known.
        group: Option<GroupId>,
        /// Why.
        refusal: Refusal,
        /// The SIP status of the answer.
        status: u16,
        /// The MCPTT warning code of the answer.
        warning: Option<u16>,
        /// The requirement behind it.
        requirement: Option<&'static str>,
    },
    /// Something arrived that has no procedure in the present state.
    Discarded {
        /// At which function.
        function: Function,
        /// The state.
        state: &'static str,
        /// What arrived.
        got: ByteStr,
        /// The requirement that says what should have been, if there is one.
        requirement: Option<&'static str>,
    },
    /// A peer broke a rule in a way that could be survived.
    PeerMisbehaved {
        /// Noticed by which function.
        function: Function,
        /// The peer.
        from: SocketAddr,
        /// What it did.
        what: &'static str,
        /// The rule.
        requirement: Option<&'static str>,
    },
    /// A contact was registered or refreshed.
    Registered {
        /// The identity it is registered for.
        public_user_id: PublicUserId,
        /// The contact URI.
        contact: ByteStr,
        /// Lifetime in seconds.
        expires: u64,
    },
    /// A contact is no longer registered.
    RegistrationEnded {
        /// The identity it was registered for.
        public_user_id: PublicUserId,
        /// The contact URI.
        contact: ByteStr,
        /// Why.
        cause: EndCause,
    },
    /// A client has been authorised for the service.
    ServiceAuthorised {
        /// The user.
        mcptt_id: McpttId,
        /// The client.
        client_id: ClientId,
    },
    /// A client is no longer authorised for the service.
    ServiceEnded {
        /// The user.
        mcptt_id: McpttId,
        /// The client.
        client_id: ClientId,
        /// Why.
        cause: EndCause,
    },
    /// A client has given the key that its signalling and floor control are protected with.
    KeyStored {
        /// The user.
        mcptt_id: McpttId,
    },
    /// A message with a key is not what it should be.
    KeyRefused {
        /// Where it arrived and where it came from.
        path: SipPath,
    },
    /// A message with a key is under a key management server that is not known.
    KeyAuthorityUnknown {
        /// Where it arrived and where it came from.
        path: SipPath,
        /// The server that the message names.
        uri: ByteStr,
    },
    /// The keys of a bearer cannot be given to a user, whose clients are not told of it.
    BearerKeysMissing {
        /// The user.
        mcptt_id: McpttId,
        /// The bearer.
        tmgi: ByteStr,
    },
    /// The key of a user has ended with its last client.
    KeyEnded {
        /// The user.
        mcptt_id: McpttId,
    },
    /// A client has published its settings.
    SettingsPublished {
        /// The user.
        mcptt_id: McpttId,
        /// The client.
        client_id: ClientId,
        /// True for automatic, false for manual answer.
        automatic: bool,
    },
    /// The affiliation of a client to a group changed.
    AffiliationChanged {
        /// Where: the controlling function holds the truth, the participating function the user's view.
        function: Function,
        /// The group.
        group: GroupId,
        /// The user.
        mcptt_id: McpttId,
        /// The client.
        client_id: ClientId,
        /// Before.
        from: AffiliationState,
        /// After.
        to: AffiliationState,
    },
    /// A client has established a session before it needs one.
    SessionEstablished {
        /// The session.
        session: CallRef,
        /// The user.
        mcptt_id: McpttId,
        /// The client.
        client_id: ClientId,
    },
    /// A call is to use a pre-established session.
    SessionInUse {
        /// The session.
        session: CallRef,
        /// The user.
        mcptt_id: McpttId,
        /// The group of a group call.
        group: Option<GroupId>,
    },
    /// The call does not use the session any more, or has come to nothing.
    SessionFree {
        /// The session.
        session: CallRef,
        /// The user.
        mcptt_id: McpttId,
        /// The group of a group call.
        group: Option<GroupId>,
    },
    /// A pre-established session is gone.
    SessionReleased {
        /// The session.
        session: CallRef,
        /// The user.
        mcptt_id: McpttId,
        /// The client.
        client_id: ClientId,
    },
    /// A functional alias became active for a client, or is no longer.
    FunctionalAliasChanged {
        /// The alias.
        functional_alias: FunctionalAlias,
        /// The user.
        mcptt_id: McpttId,
        /// The client.
        client_id: ClientId,
        /// True once it is active.
        active: bool,
    },
    /// A client has reported where it is. Where that is stands in no event.
    LocationReported {
        /// The user.
        mcptt_id: McpttId,
        /// The client.
        client_id: ClientId,
        /// It is the report of somebody in an emergency.
        emergency: bool,
    },
    /// A call exists.
    CallStarted {
        /// The call.
        call: CallRef,
        /// The group; none in a call between users.
        group: Option<GroupId>,
        /// Who opened it.
        initiator: McpttId,
        /// Its tier.
        tier: Tier,
        /// Only the initiator may talk.
        broadcast: bool,
        /// The session identity, opaque and never used again.
        session_identity: ByteStr,
    },
    /// The tier of a call changed.
    TierChanged {
        /// The call.
        call: CallRef,
        /// The group; none in a call between users.
        group: Option<GroupId>,
        /// Before.
        from: Tier,
        /// After.
        to: Tier,
        /// Who caused it. `None`: TNG2 expired.
        mcptt_id: Option<McpttId>,
    },
    /// The emergency or imminent peril of a group began, ended or gave way to the other; it outlives calls.
    PriorityStateChanged {
        /// The group.
        group: GroupId,
        /// Before.
        from: Tier,
        /// After.
        to: Tier,
        /// Who caused it. `None`: TNG2 expired.
        mcptt_id: Option<McpttId>,
    },
    /// An emergency alert was raised or cancelled.
    EmergencyAlert {
        /// The group that it was sent to.
        group: GroupId,
        /// Whose alert it is.
        mcptt_id: McpttId,
        /// True while it stands, false when it was cancelled.
        stands: bool,
        /// Who raised or cancelled it.
        by: McpttId,
    },
    /// A client has reported whether it listens to an MBMS bearer.
    BearerListening {
        /// The bearer, in hexadecimal.
        tmgi: ByteStr,
        /// The user.
        mcptt_id: McpttId,
        /// The client.
        client_id: ClientId,
        /// Whether it listens.
        listening: bool,
    },
    /// A client has reported that the network suspends an MBMS bearer, or that it goes on.
    BearerSuspended {
        /// The bearer, in hexadecimal.
        tmgi: ByteStr,
        /// The user.
        mcptt_id: McpttId,
        /// The client.
        client_id: ClientId,
        /// Whether it is suspended.
        suspended: bool,
    },
    /// A regroup was made.
    RegroupMade {
        /// The group that it is.
        regroup: GroupId,
        /// The group whose settings it has.
        preconfigured: GroupId,
        /// Who asked for it.
        by: McpttId,
    },
    /// A regroup is no more.
    RegroupEnded {
        /// The group that it was.
        regroup: GroupId,
        /// Who asked for it.
        by: McpttId,
    },
    /// A call moved from one state to another.
    CallStateChanged {
        /// The call.
        call: CallRef,
        /// The group; none in a call between users.
        group: Option<GroupId>,
        /// Before.
        from: CallState,
        /// After.
        to: CallState,
    },
    /// A member was invited.
    MemberInvited {
        /// The call.
        call: CallRef,
        /// The leg.
        leg: LegRef,
        /// The member.
        mcptt_id: McpttId,
        /// Its client.
        client_id: ClientId,
        /// It is a required member.
        required: bool,
    },
    /// A member could not be brought into the call.
    InvitationFailed {
        /// The call.
        call: CallRef,
        /// The leg.
        leg: LegRef,
        /// The member.
        mcptt_id: McpttId,
        /// The final SIP status; 408 if there was none in time.
        status: u16,
        /// The MCPTT warning code that came with it.
        warning: Option<u16>,
    },
    /// A participant is in the call.
    ParticipantJoined {
        /// The call.
        call: CallRef,
        /// The leg.
        leg: LegRef,
        /// The participant.
        mcptt_id: McpttId,
        /// How it came in.
        entry: Entry,
    },
    /// A participant is no longer in the call.
    ParticipantLeft {
        /// The call.
        call: CallRef,
        /// The leg.
        leg: LegRef,
        /// The participant.
        mcptt_id: McpttId,
        /// Why.
        cause: LeaveCause,
    },
    /// A user is listened to. Who does is on record, whatever the users are shown.
    AmbientListeningStarted {
        /// The call.
        call: CallRef,
        /// Who has started it.
        kind: Listening,
        /// Who listens.
        listening: McpttId,
        /// Who is listened to.
        listened_to: McpttId,
    },
    /// A user is no longer listened to.
    AmbientListeningEnded {
        /// The call.
        call: CallRef,
        /// Who had started it.
        kind: Listening,
        /// Who listened.
        listening: McpttId,
        /// Who was listened to.
        listened_to: McpttId,
    },
    /// Somebody listens to calls unnoticed, or wants to. Who has asked and who has agreed is on record.
    DiscreetListening {
        /// What has happened.
        step: ListeningStep,
        /// Who listens.
        listener: McpttId,
        /// The group or the user whose calls are meant.
        target: ByteStr,
        /// Who has done this. `None`: it follows from something else.
        by: Option<McpttId>,
        /// The call that is heard, where the step is about one.
        call: Option<CallRef>,
    },
    /// A call has ended.
    CallReleased {
        /// The call.
        call: CallRef,
        /// The group; none in a call between users.
        group: Option<GroupId>,
        /// Why.
        cause: ReleaseCause,
    },
}

/// What happens to discreet listening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ListeningStep {
    /// One person has asked.
    Requested,
    /// A second one has agreed.
    Approved,
    /// The listener hears a call.
    Started,
    /// It does not hear this call any more.
    Stopped,
    /// It could not be reached when there was something to hear.
    Unreachable,
    /// The time to listen is over.
    Expired,
    /// Nobody has agreed in time.
    NotApproved,
    /// One of them has taken it back, or the node has ended.
    Withdrawn,
}

/// The two functions of this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Function {
    /// Serves users.
    Participating,
    /// Serves groups.
    Controlling,
}

/// The life of an affiliation (TS 24.379 9.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AffiliationState {
    /// There is none.
    NotAffiliated,
    /// The controlling function has been asked.
    Affiliating,
    /// The controlling function has confirmed.
    Affiliated,
    /// The controlling function has been told to end it.
    Deaffiliating,
}

/// Why a registration or a service authorisation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum EndCause {
    /// Its lifetime is over.
    Expired,
    /// The client asked for it.
    Removed,
    /// The client logged off from the service (TS 24.379 7.1, 7.3.5).
    LoggedOff,
    /// A contact with better rights needed the place.
    Displaced,
    /// The connection that it was reached by is gone (RFC 5626 4.2).
    FlowFailed,
}

/// How urgent a call is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// Nothing special.
    #[default]
    Normal,
    /// Somebody is about to be in danger.
    ImminentPeril,
    /// Somebody is in danger.
    Emergency,
}

/// The states of a call at the controlling function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallState {
    /// Members are invited, the originator waits for its answer.
    Initialising,
    /// The originator has been answered.
    Established,
    /// BYE and CANCEL are under way.
    Releasing,
}

/// Why a participant left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LeaveCause {
    /// It sent BYE.
    Bye,
    /// Somebody who may do so has taken it out of an ad hoc group call.
    Removed,
    /// It is no longer affiliated to the group, or no longer a member.
    Deaffiliated,
    /// The session timer ran out.
    SessionTimerExpired,
    /// It did not acknowledge or answer SIP requests.
    SignallingLost,
    /// It did not answer floor control.
    FloorControlLost,
    /// Its answer could not be used.
    AnswerUnusable,
    /// The call was released.
    CallReleased,
    /// Another called user has answered first.
    NotSelected,
}
