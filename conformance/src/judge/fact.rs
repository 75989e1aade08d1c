//! What a frame means to somebody who knows the dialogs and legs.

use std::net::SocketAddr;
use std::rc::Rc;

use bytes::Bytes;
use mcptt_codec::floor::{FloorIndicator, FloorMessage, Subtype};
use mcptt_codec::id::Ssrc;
use mcptt_codec::monp::MonpMessage;
use mcptt_codec::session::SessionMessage;
use mcptt_codec::sip::{HeaderName, Limits, Method, NameAddr, Request, Response};
use mcptt_codec::subchannel::SubchannelMessage;
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, McpttUri, SessionType};
use mcptt_codec::xml::mime;

/// A participant's leg as the judge numbers them, over all calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Leg(pub usize);

/// A call, named by its group: there is one at a time.
pub(super) type Call = Rc<str>;

/// Who speaks SIP at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Client,
    Participating,
    Controlling,
    /// Nothing was seen that tells.
    Unknown,
}

/// A SIP request on the wire, once; copies are not shown.
#[derive(Debug)]
pub(super) struct Sent {
    pub frame: u64,
    pub source: SocketAddr,
    pub destination: SocketAddr,
    pub from: Role,
    pub to: Role,
    pub request: Request,
    pub info: Option<McpttInfo>,
    /// How long it is on the wire.
    pub octets: usize,
    /// A CANCEL or BYE that can belong to nothing.
    pub stray: bool,
}

impl Sent {
    pub(super) fn method(&self) -> &Method {
        &self.request.method
    }

    /// The identity of the sender: asserted, preferred or From.
    pub(super) fn user(&self) -> Option<String> {
        let headers = &self.request.headers;
        let stated = [HeaderName::PAssertedIdentity, HeaderName::PPreferredIdentity]
            .into_iter()
            .find_map(|name| headers.values(&name).next().and_then(|value| NameAddr::parse(value).ok()));
        let address = match stated {
            Some(address) => address,
            None => headers.from_address().ok()?,
        };
        Some(address.uri.bare().to_string())
    }

    /// Whether it opens a dialog rather than living in one.
    pub(super) fn is_initial(&self) -> bool {
        self.request.headers.to_address().is_ok_and(|to| to.tag().is_none())
    }

    /// Whether it is an INVITE that opens a dialog, on this way.
    pub(super) fn is_invite(&self, from: Role, to: Role) -> bool {
        *self.method() == Method::Invite && self.from == from && self.to == to && self.is_initial()
    }

    /// `mcptt-request-uri`: the group on the way to the controlling function, the user on the way back.
    pub(super) fn target(&self) -> Option<&str> {
        self.info.as_ref()?.request_uri.as_ref()?.value().map(McpttUri::as_str)
    }

    /// `mcptt-calling-group-id`.
    pub(super) fn calling_group(&self) -> Option<&str> {
        self.info.as_ref()?.calling_group_id.as_ref()?.value().map(|group| group.as_str())
    }

    /// The group into whose session the controlling function invites somebody with it.
    pub(super) fn invited_into(&self) -> Option<&str> {
        let invites = *self.method() == Method::Invite && self.from == Role::Controlling && self.is_initial();
        self.calling_group().filter(|_| invites)
    }

    /// The temporary group in whose session a constituent group asks for the floor with it (TS 24.379 F.5).
    pub(super) fn asks_for_floor_in(&self) -> Option<&str> {
        let informs = *self.method() == Method::Info && self.to == Role::Controlling;
        let group = self.calling_group().or(self.target());
        group.filter(|_| informs && self.part(mime::FLOOR_REQUEST).is_some())
    }

    /// `mcptt-calling-user-id`.
    pub(super) fn calling_user(&self) -> Option<&str> {
        self.info.as_ref()?.calling_user_id.as_ref()?.value().map(|user| user.as_str())
    }

    /// Whether it is about an ad hoc group call.
    pub(super) fn is_adhoc(&self) -> bool {
        self.info.as_ref().is_some_and(|info| info.session_type == Some(SessionType::Adhoc))
    }

    /// What `mcptt-info` says the call is: broadcast, emergency, imminent peril.
    pub(super) fn kind(&self) -> FloorIndicator {
        let Some(info) = &self.info else { return FloorIndicator::NONE };
        let set = |value: &Option<Content<bool>>| {
            value.as_ref().and_then(Content::value).is_some_and(|value| *value)
        };
        let bits = [
            (info.broadcast_ind == Some(true), FloorIndicator::BROADCAST),
            (set(&info.emergency_ind), FloorIndicator::EMERGENCY),
            (set(&info.imminentperil_ind), FloorIndicator::IMMINENT_PERIL),
        ];
        let set = bits.into_iter().filter(|(set, _)| *set);
        set.fold(FloorIndicator::NONE, |kind, (_, bit)| kind | bit)
    }

    /// The Expires header field.
    pub(super) fn expires(&self) -> Option<u32> {
        self.request.headers.number(&HeaderName::Expires).ok().flatten()
    }

    /// Whether it is a PUBLISH of this event package.
    pub(super) fn is_publish_of(&self, package: &str) -> bool {
        let event = self.request.headers.get(&HeaderName::Event);
        let named = event.is_some_and(|event| {
            event.split(';').next().is_some_and(|name| name.trim().eq_ignore_ascii_case(package))
        });
        *self.method() == Method::Publish && named
    }

    /// The body, or the part of it, of this type.
    pub(super) fn part(&self, mime: &str) -> Option<Bytes> {
        let parts = self.request.parts(&Limits::default()).ok()?;
        parts.into_iter().find(|part| part.is(mime)).map(|part| part.body)
    }
}

/// What a leg is like, as SIP said when it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LegProfile {
    pub call: Call,
    pub user: String,
    /// The client called; otherwise it was called.
    pub originating: bool,
    /// The client was told that the call was running already.
    pub joined: bool,
    /// The offer of the client asked for the floor and the answer accepted that.
    pub implicit_request: bool,
    /// The offer of the client asked for the floor, whatever the answer said.
    pub asks: bool,
    /// `mc_queueing` was offered and accepted.
    pub queueing: bool,
    /// `mc_priority` that was agreed on.
    pub priority: Option<u8>,
    /// The frame of the INVITE.
    pub invite: u64,
    /// Floor Granted came before the answer to the INVITE.
    pub granted_early: bool,
    /// `mc_granted` was in the offer, and in the answer.
    pub granted: [bool; 2],
    /// The SSRC in which the client wants its floor messages (`mc_floor_ssrc`).
    pub floor_ssrc: Option<Ssrc>,
    /// The client does not want its user named to others.
    pub privacy: bool,
    /// What the INVITE says the call is: broadcast, emergency, imminent peril.
    pub kind: FloorIndicator,
    /// The group is a temporary one, as the documents tell.
    pub temporary: bool,
    /// The group exists for this call only.
    pub adhoc: bool,
    /// The key is known under which the client speaks.
    pub secured: bool,
}

/// A datagram on a known path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Passing {
    /// The place of the path in the profile.
    pub path: usize,
    /// Towards the function, not from it.
    pub inward: bool,
    /// Floor control, not voice.
    pub floor: bool,
    pub octets: Bytes,
}

/// One thing that happened.
#[derive(Clone, Debug)]
pub(super) enum Fact {
    /// A SIP request.
    Request(Rc<Sent>),
    /// A SIP response with the request it answers.
    Response { request: Rc<Sent>, response: Rc<Response> },
    /// A leg has media and floor control from now on.
    LegOpened { leg: Leg, profile: LegProfile },
    /// A leg is being ended: BYE was seen.
    LegClosing {
        leg: Leg,
        call: Call,
        by_server: bool,
        /// The client wants the call to end for everybody.
        for_all: bool,
    },
    /// A later INVITE of the dialog was accepted.
    LegChanged { leg: Leg, call: Call, implicit_request: bool, kind: Option<FloorIndicator> },
    /// How a floor message is written, of which the next fact tells what it says: the names of the rules it does
    /// not follow.
    Written { call: Call, leg: Leg, up: bool, subtype: Subtype, ssrc: Ssrc, notes: Vec<&'static str> },
    /// A floor message of a client.
    Up { call: Call, leg: Leg, message: Rc<FloorMessage> },
    /// A floor message of a client whose subtype is not in the message table.
    UpUnknown { call: Call, leg: Leg, subtype: Subtype },
    /// Something on the floor port that is no floor message a receiver can use, and the rule that says so.
    UpBroken { call: Call, leg: Leg, requirement: &'static str },
    /// A floor message of the server.
    Down { call: Call, leg: Leg, message: Rc<FloorMessage> },
    /// Something on a floor port of the server from an address that is in no call.
    Stranger { source: SocketAddr },
    /// Media or floor control of the server to a client in a call, from a port that nobody was told.
    Elsewhere { source: SocketAddr },
    /// A floor message to the address in an offer that has no final answer yet.
    Early { invite: u64, granted: bool },
    /// Something from the server's floor port to such an address.
    ToStranger { destination: SocketAddr },
    /// Call control over the pre-established session of the client at this address.
    Session { client: SocketAddr, message: Rc<SessionMessage> },
    /// Something on the general purpose subchannel of an MBMS bearer.
    Subchannel(Rc<SubchannelMessage>),
    /// A datagram on the subchannel of a conversation.
    Cast { floor: bool, octets: Bytes },
    /// A datagram on a path of a function that relays.
    Passing(Passing),
    /// A floor message of a client without a server, which everybody hears.
    Air(Rc<FloorMessage>),
    /// RTP of such a client.
    AirVoice(Ssrc),
    /// Call control of such a client; one copy of what goes to many.
    Monp { source: SocketAddr, destination: SocketAddr, message: Rc<MonpMessage> },
    /// RTP of a client.
    VoiceUp { call: Call, leg: Leg, ssrc: Ssrc, sequence: u16 },
    /// RTP of a client that is not authentic, or was received before.
    VoiceRefused { call: Call, ssrc: Ssrc, sequence: u16, again: bool },
    /// RTP of the server.
    VoiceDown { call: Call, leg: Leg, ssrc: Ssrc, sequence: u16 },
}
