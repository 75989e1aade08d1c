//! What a frame means to somebody who knows the dialogs and legs.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use mcptt_codec::floor::FloorMessage;
use mcptt_codec::id::Ssrc;
use mcptt_codec::sip::{Method, Request, Response};
use mcptt_codec::xml::mcptt_info::McpttInfo;

/// A participant's leg as the judge numbers them.
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
}

/// A SIP request on the wire, once; copies are not shown.
#[derive(Debug)]
pub(super) struct Sent {
    pub frame: u64,
    pub at: Duration,
    pub source: SocketAddr,
    pub destination: SocketAddr,
    pub from: Role,
    pub to: Role,
    pub request: Request,
    pub info: Option<McpttInfo>,
}

impl Sent {
    pub(super) fn method(&self) -> &Method {
        &self.request.method
    }

    /// The identity of the sender: asserted, preferred or From.
    pub(super) fn user(&self) -> Option<String> {
        super::wire::identity(&self.request)
    }

    /// Whether it opens a dialog rather than living in one.
    pub(super) fn is_initial(&self) -> bool {
        self.request.headers.to_address().is_ok_and(|to| to.tag().is_none())
    }
}

/// What a leg is like, as SIP said when it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LegProfile {
    pub call: Call,
    pub user: String,
    /// The client called; otherwise it was called.
    pub originating: bool,
    /// The offer of the client asked for the floor and the answer accepted that.
    pub implicit_request: bool,
    /// `mc_queueing` was offered and accepted.
    pub queueing: bool,
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
    LegClosing { leg: Leg, call: Call, by_server: bool },
    /// A floor message of a client.
    Up { call: Call, leg: Leg, message: Rc<FloorMessage> },
    /// A floor message of a client that a receiver has to ignore (unknown subtype, acknowledgement bit where none is defined).
    UpIgnored { call: Call, leg: Leg },
    /// A floor message of the server.
    Down { call: Call, leg: Leg, message: Rc<FloorMessage> },
    /// Something on a floor port of the server from an address that is in no call.
    Stranger { source: SocketAddr },
    /// Something from the server's floor port to such an address.
    ToStranger { destination: SocketAddr },
    /// RTP of a client.
    VoiceUp { call: Call, leg: Leg, ssrc: Ssrc, sequence: u16 },
    /// RTP of the server.
    VoiceDown { call: Call, leg: Leg, ssrc: Ssrc, sequence: u16 },
}
