//! Messages of MBMS subchannel control (TS 24.380 8.4.2, 8.4.4 to 8.4.7), typed. None of them is acknowledged.

use bytes::Bytes;

use crate::id::{GroupId, Ssrc};
use crate::rtcp::message::{self, Body, Message, Put, emit, fill, put};
use crate::rtcp::{FieldError, FieldRef, FieldValue, Notes, Protocol, Step, requirement};
use crate::subchannel::{MbmsSubchannel, MonitoringState, SubchannelField as F, SubchannelPacket, Tmgi};
use crate::{DecodeError, Decoded, EncodeError};

/// The five subtype bits of an MCMC packet: the message number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct Subtype(pub u8);

impl Subtype {
    /// Map Group To Bearer.
    pub const MAP_GROUP_TO_BEARER: Self = Self(0);
    /// Unmap Group To Bearer.
    pub const UNMAP_GROUP_TO_BEARER: Self = Self(1);
    /// Application Paging (Rel-14).
    pub const APPLICATION_PAGING: Self = Self(2);
    /// Bearer Announcement (Rel-15).
    pub const BEARER_ANNOUNCEMENT: Self = Self(3);

    /// Name of the message, or `None` when the message table does not list it: then 8.1.4 tells the receiver to
    /// ignore the message.
    pub const fn message_name(self) -> Option<&'static str> {
        match self {
            Self::MAP_GROUP_TO_BEARER => Some("Map Group To Bearer"),
            Self::UNMAP_GROUP_TO_BEARER => Some("Unmap Group To Bearer"),
            Self::APPLICATION_PAGING => Some("Application Paging"),
            Self::BEARER_ANNOUNCEMENT => Some("Bearer Announcement"),
            _ => None,
        }
    }
}

impl Protocol for Subtype {
    const NAME: [u8; 4] = *b"MCMC";

    fn from_bits(bits: u8) -> Self {
        Self(bits & 0x1f)
    }

    fn bits(self) -> u8 {
        self.0
    }

    fn message_name(self) -> Option<&'static str> {
        Self::message_name(self)
    }

    fn number_and_ack(self) -> (u8, Option<bool>) {
        (self.0, None)
    }
}

/// Map Group To Bearer (8.4.4): a conversation of the group starts on a subchannel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MapGroupToBearer {
    /// The participating function.
    pub ssrc: Ssrc,
    /// The group.
    pub group_id: Option<GroupId>,
    /// The bearer.
    pub tmgi: Option<Tmgi>,
    /// Addresses of media and floor control.
    pub subchannel: Option<MbmsSubchannel>,
}

/// Unmap Group To Bearer (8.4.5): the conversation is over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnmapGroupToBearer {
    /// The participating function.
    pub ssrc: Ssrc,
    /// The group.
    pub group_id: Option<GroupId>,
}

/// Application Paging (8.4.6): clients of the group are asked to come to unicast.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApplicationPaging {
    /// The participating function.
    pub ssrc: Ssrc,
    /// The group.
    pub group_id: Option<GroupId>,
}

/// Bearer Announcement (8.4.7).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BearerAnnouncement {
    /// The participating function.
    pub ssrc: Ssrc,
    /// The bearer.
    pub tmgi: Option<Tmgi>,
    /// Alternatives; they directly follow the bearer on the wire.
    pub alternative_tmgis: Vec<Tmgi>,
    /// Whether to monitor the bearer.
    pub monitoring_state: Option<MonitoringState>,
}

/// A subchannel control message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubchannelMessage {
    /// Map Group To Bearer.
    MapGroupToBearer(MapGroupToBearer),
    /// Unmap Group To Bearer.
    UnmapGroupToBearer(UnmapGroupToBearer),
    /// Application Paging.
    ApplicationPaging(ApplicationPaging),
    /// Bearer Announcement.
    BearerAnnouncement(BearerAnnouncement),
    /// A subtype that the message table does not list: to be ignored.
    Unknown {
        /// All five subtype bits.
        subtype: Subtype,
        /// The sender.
        ssrc: Ssrc,
    },
}

impl SubchannelMessage {
    /// Reads the message straight from the octets of one packet.
    ///
    /// # Errors
    /// [`DecodeError`], offsets from the start of the packet, when this is no MCMC packet, when its padding bit is
    /// set or when it is cut short.
    pub fn decode(packet: &Bytes) -> Result<Decoded<Self>, DecodeError> {
        message::decode(packet)
    }

    /// Reads the message from a lossless packet.
    pub fn from_packet(packet: &SubchannelPacket) -> Decoded<Self> {
        message::from_packet(packet)
    }

    /// The lossless packet of this message.
    pub fn to_packet(&self) -> SubchannelPacket {
        message::to_packet(self)
    }

    /// The octets of this message.
    ///
    /// # Errors
    /// [`EncodeError`] when a field is longer than its length can say.
    pub fn encode(&self) -> Result<Bytes, EncodeError> {
        message::encode(self)
    }

    /// The five subtype bits.
    pub fn subtype(&self) -> Subtype {
        match self {
            Self::MapGroupToBearer(_) => Subtype::MAP_GROUP_TO_BEARER,
            Self::UnmapGroupToBearer(_) => Subtype::UNMAP_GROUP_TO_BEARER,
            Self::ApplicationPaging(_) => Subtype::APPLICATION_PAGING,
            Self::BearerAnnouncement(_) => Subtype::BEARER_ANNOUNCEMENT,
            Self::Unknown { subtype, .. } => *subtype,
        }
    }

    /// SSRC of the header: the sender of the message.
    pub fn ssrc(&self) -> Ssrc {
        match self {
            Self::MapGroupToBearer(m) => m.ssrc,
            Self::UnmapGroupToBearer(m) => m.ssrc,
            Self::ApplicationPaging(m) => m.ssrc,
            Self::BearerAnnouncement(m) => m.ssrc,
            Self::Unknown { ssrc, .. } => *ssrc,
        }
    }

    /// Name of the message in the words of the message table.
    pub fn name(&self) -> &'static str {
        self.subtype().message_name().unwrap_or("unknown message")
    }
}

impl Message for SubchannelMessage {
    type Protocol = Subtype;
    type Field = F;

    fn read<'a>(
        subtype: Subtype,
        ssrc: Ssrc,
        steps: impl Iterator<Item = Step<'a>>,
        notes: &mut Notes,
    ) -> Self {
        match subtype {
            Subtype::MAP_GROUP_TO_BEARER => {
                Self::MapGroupToBearer(fill(MapGroupToBearer { ssrc, ..Default::default() }, steps, notes))
            }
            Subtype::UNMAP_GROUP_TO_BEARER => Self::UnmapGroupToBearer(fill(
                UnmapGroupToBearer { ssrc, ..Default::default() },
                steps,
                notes,
            )),
            Subtype::APPLICATION_PAGING => {
                Self::ApplicationPaging(fill(ApplicationPaging { ssrc, ..Default::default() }, steps, notes))
            }
            Subtype::BEARER_ANNOUNCEMENT => Self::BearerAnnouncement(fill(
                BearerAnnouncement { ssrc, ..Default::default() },
                steps,
                notes,
            )),
            _ => {
                notes.add(message::unknown_subtype(subtype));
                Self::Unknown { subtype, ssrc }
            }
        }
    }

    fn subtype(&self) -> Subtype {
        Self::subtype(self)
    }

    fn ssrc(&self) -> Ssrc {
        Self::ssrc(self)
    }

    fn each_field(&self, sink: &mut dyn FnMut(F)) {
        match self {
            Self::MapGroupToBearer(m) => m.each_field(sink),
            Self::UnmapGroupToBearer(m) => m.each_field(sink),
            Self::ApplicationPaging(m) => m.each_field(sink),
            Self::BearerAnnouncement(m) => m.each_field(sink),
            Self::Unknown { .. } => {}
        }
    }
}

impl Body for MapGroupToBearer {
    type Field = F;
    type Pending = ();

    fn put(&mut self, _: &mut (), field: &FieldRef<'_>, notes: &mut Notes) -> Result<Put, FieldError> {
        Ok(match <F as FieldValue>::decode(field, notes)? {
            F::GroupId(group) => put(&mut self.group_id, group),
            F::Tmgi(tmgi) => put(&mut self.tmgi, tmgi),
            F::MbmsSubchannel(subchannel) => put(&mut self.subchannel, subchannel),
            _ => Put::NotListed,
        })
    }

    fn each_field(&self, sink: &mut dyn FnMut(F)) {
        emit(sink, &self.group_id, F::GroupId);
        emit(sink, &self.tmgi, F::Tmgi);
        emit(sink, &self.subchannel, F::MbmsSubchannel);
    }
}

impl Body for UnmapGroupToBearer {
    type Field = F;
    type Pending = ();

    fn put(&mut self, _: &mut (), field: &FieldRef<'_>, notes: &mut Notes) -> Result<Put, FieldError> {
        Ok(match <F as FieldValue>::decode(field, notes)? {
            F::GroupId(group) => put(&mut self.group_id, group),
            _ => Put::NotListed,
        })
    }

    fn each_field(&self, sink: &mut dyn FnMut(F)) {
        emit(sink, &self.group_id, F::GroupId);
    }
}

impl Body for ApplicationPaging {
    type Field = F;
    type Pending = ();

    fn put(&mut self, _: &mut (), field: &FieldRef<'_>, notes: &mut Notes) -> Result<Put, FieldError> {
        Ok(match <F as FieldValue>::decode(field, notes)? {
            F::GroupId(group) => put(&mut self.group_id, group),
            _ => Put::NotListed,
        })
    }

    fn each_field(&self, sink: &mut dyn FnMut(F)) {
        emit(sink, &self.group_id, F::GroupId);
    }
}

/// Whether another field has come between the TMGIs.
#[derive(Debug, Default)]
pub(crate) struct TmgiRun {
    broken: bool,
}

impl Body for BearerAnnouncement {
    type Field = F;
    type Pending = TmgiRun;

    fn put(&mut self, run: &mut TmgiRun, field: &FieldRef<'_>, notes: &mut Notes) -> Result<Put, FieldError> {
        let value = <F as FieldValue>::decode(field, notes)?;
        if !matches!(value, F::Tmgi(_)) {
            run.broken = self.tmgi.is_some();
        }
        Ok(match value {
            F::Tmgi(tmgi) if self.tmgi.is_none() => put(&mut self.tmgi, tmgi),
            F::Tmgi(tmgi) => {
                notes.add_if(run.broken, requirement::TMGI_ORDER);
                self.alternative_tmgis.push(tmgi);
                Put::Taken
            }
            F::MonitoringState(state) => put(&mut self.monitoring_state, state),
            _ => Put::NotListed,
        })
    }

    fn each_field(&self, sink: &mut dyn FnMut(F)) {
        emit(sink, &self.tmgi, F::Tmgi);
        self.alternative_tmgis.iter().for_each(|tmgi| sink(F::Tmgi(*tmgi)));
        emit(sink, &self.monitoring_state, F::MonitoringState);
    }
}
