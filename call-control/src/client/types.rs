//! What a client is told, what it can be asked to do and what it reports.

use std::net::SocketAddr;

use mcptt_codec::Transmit;
use mcptt_codec::floor::Location;
use mcptt_codec::id::{GroupId, McpttId};
use mcptt_codec::mikey::KeyMaterial;
use mcptt_codec::sdp::McpttFmtp;
use mcptt_codec::subchannel::Tmgi;
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::poc_settings::AnswerMode;

use super::adhoc::{AdhocAlert, AdhocCall, AdhocParticipants};
use super::discreet::ListeningRequest;
use super::mbms::AnnouncedBearer;
use super::message::RemoteRequest;
use super::pre_established::{EstablishedSession, SessionCall, SessionId, SessionTold};
use super::priority::{CallPriority, GroupAnnouncement, Indicators};
use super::private_call::PrivateCall;
use super::regroup::RegroupRequest;
use super::services::CallBackUrgency;
use crate::location::{Place, Position};
use crate::media::{MediaProtection, Redundancy};
use crate::transport::StreamCommand;

/// A call as the client numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct CallId(pub u64);

/// What the user or the test wants.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ClientCommand {
    /// Register and keep the registration alive.
    Register,
    /// End the registration.
    Deregister,
    /// Publish the settings: the answer mode of the configuration, with the token if there is one.
    PublishSettings,
    /// Publish another answer mode, without the token.
    SetAnswerMode(AnswerMode),
    /// Log off from the service; the registration stays.
    LogOff,
    /// Make this the full set of groups that this client is affiliated to.
    Affiliate {
        /// The groups.
        groups: Vec<GroupId>,
    },
    /// End every affiliation of this client.
    Deaffiliate,
    /// The UE has found out where it is.
    MoveTo(Box<Place>),
    /// Call a prearranged group.
    CallGroup(GroupCall),
    /// Join the call of a chat group, which opens it if nobody is there (TS 24.379 10.1.2.2.1.1).
    JoinChat(GroupCall),
    /// Ask for another priority of a call.
    ChangePriority(CallPriority),
    /// Say something to a group without a call.
    Announce(GroupAnnouncement),
    /// Ask something of another user's client.
    AskUser {
        /// The other user.
        user: McpttId,
        /// What.
        request: RemoteRequest,
    },
    /// Report whether the client listens to an MBMS bearer.
    ReportListening {
        /// The MBMS public service identity that has announced the bearer.
        identity: ByteStr,
        /// The bearer.
        tmgi: Tmgi,
        /// Whether it listens.
        listening: bool,
    },
    /// Report that the network is about to suspend an MBMS bearer, or that it goes on.
    ReportSuspension {
        /// The MBMS public service identity that has announced the bearer.
        identity: ByteStr,
        /// The bearer.
        tmgi: Tmgi,
        /// Whether it is suspended.
        suspended: bool,
    },
    /// Make a regroup, or end one.
    Regroup(RegroupRequest),
    /// Listen to calls unnoticed, or agree that somebody does.
    Listen(ListeningRequest),
    /// Watch who is in a call.
    WatchCall {
        /// The call.
        call: CallId,
        /// For how many seconds; 0 asks once.
        expires: u32,
    },
    /// Call another user, or the first of several that answers.
    CallUser(PrivateCall),
    /// Call users that are no group, or join such a call.
    CallAdhoc(AdhocCall),
    /// Change who takes part in an ad hoc group call.
    ChangeParticipants(AdhocParticipants),
    /// Release an ad hoc group call for everybody.
    ReleaseAdhoc {
        /// The call.
        call: CallId,
    },
    /// Alert users that are no group.
    AlertAdhoc(AdhocAlert),
    /// Have private calls go to somebody else from now on; `None`: not.
    SetForwarding {
        /// To whom at once.
        immediate: Option<McpttId>,
        /// To whom when we do not answer.
        no_answer: Option<McpttId>,
    },
    /// Leave a group call for a private one with this user, and come back to it when that is over.
    Whisper {
        /// The group call.
        call: CallId,
        /// Whom to talk to.
        to: McpttId,
    },
    /// Send a private call that waits for the user on to somebody else.
    Forward {
        /// The call.
        call: CallId,
        /// To whom.
        to: McpttId,
    },
    /// Establish a session for calls to come (TS 24.379 8.2.1).
    EstablishSession {
        /// The public service identity for that.
        identity: ByteStr,
    },
    /// Move a session to other addresses (TS 24.379 8.3.1).
    ModifySession {
        /// The session.
        session: SessionId,
        /// Where its RTP is received.
        audio: SocketAddr,
        /// Where its floor control is received.
        floor: SocketAddr,
    },
    /// Give a session up, and the call that uses it (TS 24.379 8.4.1).
    ReleaseSession {
        /// The session.
        session: SessionId,
    },
    /// Make a call over a session.
    CallOverSession {
        /// The session.
        session: SessionId,
        /// Which call.
        call: SessionCall,
    },
    /// The participating function has said something about a session on its floor control channel (TS 24.380 9.2).
    SessionTold {
        /// The session.
        session: SessionId,
        /// What.
        told: SessionTold,
    },
    /// Come back to a call (TS 24.379 10.1.1.2.4.1).
    Rejoin {
        /// The session identity that the call was known by.
        session_identity: ByteStr,
        /// Ask for the floor with the same request.
        implicit_request: bool,
    },
    /// Accept an incoming call that waits for the user.
    Accept {
        /// The call.
        call: CallId,
    },
    /// Refuse an incoming call that waits for the user.
    Decline {
        /// The call.
        call: CallId,
    },
    /// Give up a call that is not answered yet.
    CancelCall {
        /// The call.
        call: CallId,
    },
    /// Leave a call.
    Leave {
        /// The call.
        call: CallId,
    },
}

/// A group call to be made or joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupCall {
    /// The group.
    pub group: GroupId,
    /// The INVITE is a floor request too.
    pub implicit_request: bool,
    /// Only we may talk.
    pub broadcast: bool,
    /// How urgent it is.
    pub urgency: Urgency,
    /// `Resource-Priority`, as the service configuration document gives it for this urgency.
    pub resource_priority: Option<ByteStr>,
}

impl GroupCall {
    /// A normal call with an implicit floor request.
    pub fn new(group: impl Into<GroupId>) -> Self {
        Self {
            group: group.into(),
            implicit_request: true,
            broadcast: false,
            urgency: Urgency::Normal,
            resource_priority: None,
        }
    }
}

/// How urgent a call is, as its originator says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Urgency {
    /// Nothing special.
    #[default]
    Normal,
    /// `imminentperil-ind`.
    ImminentPeril,
    /// `emergency-ind`.
    Emergency {
        /// An emergency alert goes with it (`alert-ind`).
        alert: bool,
    },
}

/// What [`super::Client`] wants done, in order.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "a value is made, moved and consumed one at a time")]
pub enum ClientOutput {
    /// Send this datagram.
    Transmit(Transmit),
    /// Send over a connection, or close it.
    Stream(StreamCommand),
    /// Something happened.
    Event(ClientEvent),
}

/// What the client reports.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "a value is made, moved and consumed one at a time")]
pub enum ClientEvent {
    /// The registration stands.
    Registered {
        /// Its lifetime in seconds.
        expires: u32,
    },
    /// The registration is gone, as asked.
    Deregistered,
    /// The settings are published.
    SettingsPublished,
    /// The wanted set of affiliations was accepted. The controlling functions may still refuse single groups.
    Affiliated {
        /// The groups that were asked for.
        groups: Vec<GroupId>,
    },
    /// A request outside of a call was refused or not answered.
    RequestFailed {
        /// Which one.
        what: ClientRequest,
        /// The SIP status; 408 if there was no answer.
        status: u16,
        /// The MCPTT warning code of the answer.
        warning: Option<u16>,
    },
    /// A call exists from now on: ours is on its way.
    CallStarted {
        /// The call.
        call: CallId,
        /// The group, unknown when we come back to a call by its session identity.
        group: Option<GroupId>,
    },
    /// A call came in. With automatic answer it is followed by `CallEstablished`, otherwise it waits for the user.
    CallReceived {
        /// The call.
        call: CallId,
        /// The group.
        group: Option<GroupId>,
        /// Who called.
        caller: Option<McpttId>,
        /// It waits for `Accept` or `Decline`.
        waiting: bool,
        /// The user is listened to: nothing of the call may be shown or heard at the UE.
        silent: bool,
    },
    /// A provisional answer to our call.
    CallProgress {
        /// The call.
        call: CallId,
        /// The SIP status.
        status: u16,
    },
    /// A session for calls to come stands.
    SessionEstablished(EstablishedSession),
    /// A session could not be established, or not be moved.
    SessionFailed {
        /// The session.
        session: SessionId,
        /// The SIP status; 408 if there was no answer.
        status: u16,
        /// The MCPTT warning code of the answer.
        warning: Option<u16>,
    },
    /// A session is gone.
    SessionReleased {
        /// The session.
        session: SessionId,
    },
    /// A call was asked for on a session: Connect or Disconnect says what becomes of it.
    CallAsked {
        /// The call.
        call: CallId,
        /// The session.
        session: SessionId,
    },
    /// Media can flow.
    CallEstablished(EstablishedCall),
    /// Our call was refused or not answered.
    CallFailed {
        /// The call.
        call: CallId,
        /// The SIP status; 408 if there was no answer, 487 after a cancellation.
        status: u16,
        /// The MCPTT warning code of the answer.
        warning: Option<u16>,
        /// The server says that the emergency state does not hold (TS 24.379 6.3.3.1.14).
        emergency_refused: bool,
    },
    /// Our request for another priority was answered.
    PriorityAnswered {
        /// The call.
        call: CallId,
        /// The SIP status.
        status: u16,
        /// The MCPTT warning code; with 149 a [`ClientEvent::PriorityTold`] follows.
        warning: Option<u16>,
        /// What the answer says; after a refusal, how things stand.
        told: Indicators,
    },
    /// The server tells how urgent a call is.
    PriorityTold {
        /// The call.
        call: CallId,
        /// What it says.
        told: Indicators,
    },
    /// Required members that are not in our call although they should be.
    NotAcknowledged {
        /// The call.
        call: CallId,
        /// The members.
        users: Vec<McpttId>,
    },
    /// The server tells something about a group: an alert, the state of a group in whose call we are not, a receipt.
    GroupTold {
        /// What it says.
        told: Indicators,
    },
    /// What we said to a group was answered.
    AnnouncementAnswered {
        /// The group.
        group: GroupId,
        /// The SIP status.
        status: u16,
        /// The MCPTT warning code.
        warning: Option<u16>,
        /// What the answer says; after a refusal, how things stand.
        told: Indicators,
    },
    /// Who is in a call that we watch.
    CallWatched {
        /// The call.
        call: CallId,
        /// Number of the notification.
        version: Option<u32>,
        /// Those who are not private.
        participants: Vec<McpttId>,
        /// It was the last notification.
        over: bool,
    },
    /// Somebody proposes other affiliations. Whoever agrees publishes them, others do nothing.
    AffiliationRecommended {
        /// Who.
        by: Option<McpttId>,
        /// To these groups.
        affiliate: Vec<GroupId>,
        /// No longer to these.
        de_affiliate: Vec<GroupId>,
    },
    /// An MBMS bearer was announced, or is gone.
    BearerAnnounced(AnnouncedBearer),
    /// The participating function has sent a key, in a MIKEY message that is still closed.
    KeySent(KeyMaterial),
    /// Our request about a regroup was answered.
    RegroupAnswered {
        /// The regroup.
        regroup: GroupId,
        /// The SIP status.
        status: u16,
        /// The MCPTT warning code.
        warning: Option<u16>,
    },
    /// A group of ours, or we ourselves, are part of a regroup from now on, or no longer.
    Regrouped {
        /// The regroup: what to call.
        regroup: GroupId,
        /// The group whose settings it has.
        preconfigured: Option<GroupId>,
        /// Who has asked for it.
        by: Option<McpttId>,
        /// It is over.
        over: bool,
    },
    /// Somebody wants to listen to calls unnoticed, and we may agree.
    ListeningRequested {
        /// Who wants to listen.
        listener: McpttId,
        /// To the calls of this group or user.
        target: GroupId,
    },
    /// Somebody has selected a group for us.
    GroupSelected {
        /// Who.
        by: McpttId,
        /// The group.
        group: GroupId,
    },
    /// What became of something that we asked of another user's client.
    RemoteOutcome {
        /// The other user.
        by: McpttId,
        /// It was done.
        success: bool,
    },
    /// Several users are active under the functional alias that we have called: the user chooses.
    CallChoices {
        /// The call, which has failed.
        call: CallId,
        /// The users.
        users: Vec<McpttId>,
    },
    /// Somebody wishes to be called back.
    CallBackRequested {
        /// Who.
        by: McpttId,
        /// How soon.
        urgency: CallBackUrgency,
        /// When it was asked for, in seconds since 1970 in UTC.
        time: Option<i64>,
    },
    /// Somebody does not wish to be called back any more.
    CallBackCancelled {
        /// Who.
        by: McpttId,
    },
    /// Somebody makes us call another user, and the user is to know.
    CallRequested {
        /// Who.
        by: McpttId,
        /// Who is called.
        callee: McpttId,
    },
    /// Where our private calls go.
    ForwardingSet {
        /// To whom at once.
        immediate: Option<McpttId>,
        /// To whom when we do not answer.
        no_answer: Option<McpttId>,
    },
    /// The server has told what to report of our location.
    LocationConfigured {
        /// Something makes us report; without it nothing is reported but what is asked for.
        triggers: bool,
    },
    /// Where another user is, as we have asked.
    LocationTold {
        /// Who.
        user: Option<McpttId>,
        /// The coordinates, where they are told.
        position: Option<Position>,
        /// The same or a cell or area, as floor control writes it.
        location: Option<Location>,
    },
    /// A call is over.
    CallEnded {
        /// The call.
        call: CallId,
        /// The other side ended it.
        by_peer: bool,
    },
}

/// A call with everything its media needs.
#[derive(Clone, Debug, PartialEq)]
pub struct EstablishedCall {
    /// The call.
    pub call: CallId,
    /// The group, as far as known.
    pub group: Option<GroupId>,
    /// We were called.
    pub incoming: bool,
    /// Who called, if we were called.
    pub caller: Option<McpttId>,
    /// Where to send RTP.
    pub remote_audio: SocketAddr,
    /// Where to send floor control. `None`: there is none in this call.
    pub remote_floor: Option<SocketAddr>,
    /// RTP payload type of the negotiated format.
    pub payload_type: u8,
    /// What the peer knows of redundancy, and this client, too.
    pub redundancy: Redundancy,
    /// Keys; `None`: plain RTP.
    pub protection: Option<MediaProtection>,
    /// The floor control parameters of the peer's description: of the answer to our call, of the offer of theirs.
    pub floor_parameters: McpttFmtp,
    /// What to use for coming back to the call.
    pub session_identity: ByteStr,
    /// MCPTT warning codes of the answer, such as 123.
    pub warnings: Vec<u16>,
    /// Only the caller may talk.
    pub broadcast: bool,
    /// The tier the call was offered or answered with is emergency.
    pub emergency: bool,
}

/// The requests outside of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClientRequest {
    /// REGISTER.
    Registration,
    /// PUBLISH of the settings.
    Settings,
    /// PUBLISH of the affiliations.
    Affiliation,
    /// MESSAGE to another user.
    Message,
    /// SUBSCRIBE to the participants of a call.
    Conference,
}
