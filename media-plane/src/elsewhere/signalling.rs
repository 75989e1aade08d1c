//! What call control says about calls that are controlled elsewhere.

use std::net::SocketAddr;

use mcptt_codec::id::{CallRef, GroupId, LegRef};
use mcptt_codec::session::Connect;
use mcptt_codec::subchannel::{BearerAnnouncement, GroupDynamicDataNotify, MbmsSubchannel, Tmgi};

use crate::crypto::{Keying, MediaProtection, ServiceProtection};
use crate::floor::CallSettings;
use crate::floor::non_controlling::NonControllingSettings;
use crate::signalling::MediaEndpoint;

/// One side of something relayed: a client, or another MCPTT function.
#[derive(Clone, Debug)]
pub struct PeerLeg {
    /// The leg.
    pub leg: LegRef,
    /// The RTP pair; RTCP uses the next higher port on both sides (RFC 3550 11).
    pub audio: MediaEndpoint,
    /// The floor control pair.
    pub floor: MediaEndpoint,
    /// Protection of the audio stream's RTP and RTCP. `None`: plain, or protected end to end.
    pub protection: Option<Keying>,
    /// Protection of floor control. `None`: plain.
    pub floor_protection: Option<Keying>,
}

/// The participating function relays a call of one client (TS 24.380 6.4).
#[derive(Clone, Debug)]
pub enum RelaySignalling {
    /// From now on. It ends with [`ReleaseFinished`](crate::Signalling::ReleaseFinished).
    Started {
        /// The call.
        call: CallRef,
        /// The group of a group call: its conversations may be heard over MBMS.
        group: Option<GroupId>,
        /// The client supports the MuSiK.
        musik: bool,
        /// The side of the client.
        client: Box<PeerLeg>,
        /// The side of the controlling function.
        controlling: Box<PeerLeg>,
    },
}

/// A pre-established session of one client (TS 24.380 9). It ends with
/// [`ReleaseFinished`](crate::Signalling::ReleaseFinished), whatever uses it.
#[derive(Clone, Debug)]
pub enum SessionSignalling {
    /// The session is established; no call uses it.
    Established {
        /// The session, referred to like a call.
        session: CallRef,
        /// The client supports the MuSiK.
        musik: bool,
        /// The side of the client.
        client: Box<PeerLeg>,
    },
    /// The client has other addresses or keys from now on (TS 24.379 8.3). A call that uses the session goes on.
    Modified {
        /// The session.
        session: CallRef,
        /// The side of the client.
        client: Box<PeerLeg>,
    },
    /// A call is to use the session: the client is sent Connect, and the call is relayed once it has accepted.
    Connect {
        /// The session.
        session: CallRef,
        /// The group of a group call.
        group: Option<GroupId>,
        /// The side of the controlling function.
        controlling: Box<PeerLeg>,
        /// What the client is told; with the acknowledgment bit it is asked for an answer.
        connect: Box<Connect>,
    },
    /// Something about the call has changed, its answer state for instance: the client is sent Connect again.
    Changed {
        /// The session.
        session: CallRef,
        /// What the client is told.
        connect: Box<Connect>,
    },
    /// The call no longer uses the session: nothing is relayed any more and the client is sent Disconnect. Also where no
    /// call does yet: the one that the client has asked for has come to nothing.
    Disconnect {
        /// The session.
        session: CallRef,
        /// Whether the client is asked for an acknowledgment, as it should be.
        acknowledged: bool,
    },
}

/// MBMS bearers of the participating function (TS 24.380 10, TS 24.379 14).
#[derive(Clone, Debug)]
pub enum MbmsSignalling {
    /// A bearer is active and was announced.
    BearerActivated {
        /// The bearer.
        tmgi: Tmgi,
        /// Its addresses.
        bearer: Box<Bearer>,
    },
    /// A bearer is about to be switched off.
    BearerDeactivated {
        /// The bearer.
        tmgi: Tmgi,
    },
    /// A client has reported whether it listens to a bearer. The latest report about any bearer counts.
    ListeningStatus {
        /// Its call, or the pre-established session that a call may use.
        call: CallRef,
        /// The bearer.
        tmgi: Tmgi,
        /// Whether it listens.
        listening: bool,
    },
    /// The members of a group are asked to come to unicast (10A).
    Page {
        /// The bearer whose general purpose subchannel is to say so.
        tmgi: Tmgi,
        /// The group.
        group: GroupId,
    },
    /// Another bearer is announced on the general purpose subchannel (10A).
    Announce {
        /// The bearer whose general purpose subchannel is to say so.
        tmgi: Tmgi,
        /// The announcement, to be sent with our SSRC.
        announcement: Box<BearerAnnouncement>,
    },
    /// Something about a group has changed (10A).
    Notify {
        /// The bearer whose general purpose subchannel is to say so.
        tmgi: Tmgi,
        /// The notification, to be sent with our SSRC.
        notification: Box<GroupDynamicDataNotify>,
    },
}

/// An MBMS bearer.
#[derive(Clone, Debug)]
pub struct Bearer {
    /// Our own address and the multicast address of the general purpose subchannel.
    pub general_purpose: MediaEndpoint,
    /// Protection of what is sent there, under the MSCCK. `None`: plain.
    pub protection: Option<MediaProtection>,
    /// The subchannels for conversations.
    pub subchannels: Vec<BearerSubchannel>,
}

/// A subchannel for one conversation at a time.
#[derive(Clone, Debug)]
pub struct BearerSubchannel {
    /// What clients are told about it: the multicast address and its ports.
    pub addresses: MbmsSubchannel,
    /// Our own address for RTP.
    pub local_audio: SocketAddr,
    /// Our own address for floor control.
    pub local_floor: SocketAddr,
    /// Protection of floor control, under the MuSiK or the MKFC, which all subchannels may have in common. `None`: plain.
    pub floor_protection: Option<ServiceProtection>,
}

/// The non-controlling function of an MCPTT group (TS 24.380 6.5). Local clients come and go with
/// [`LegConnected`](crate::Signalling::LegConnected) and [`LegLeft`](crate::Signalling::LegLeft), the session ends with
/// [`ReleaseStarted`](crate::Signalling::ReleaseStarted) and [`ReleaseFinished`](crate::Signalling::ReleaseFinished).
#[derive(Clone, Debug)]
pub enum NonControllingSignalling {
    /// A session begins.
    Initiated {
        /// The call.
        call: CallRef,
        /// What is fixed for it.
        settings: NonControllingSettings,
        /// The side of the controlling function.
        controlling: Box<PeerLeg>,
    },
    /// A call that was controlled here becomes part of one that is controlled elsewhere (6.5.2.3).
    Switched {
        /// The call.
        call: CallRef,
        /// What is fixed for it.
        settings: NonControllingSettings,
        /// The side of the controlling function.
        controlling: Box<PeerLeg>,
    },
    /// The temporary group has ended: the call is controlled here again and goes on with its local clients, which need not
    /// be connected anew (6.3.2.3). The leg of the controlling function is gone.
    Resumed {
        /// The call.
        call: CallRef,
        /// What is fixed for it from now on.
        settings: CallSettings,
    },
}
