//! Messages of MBMS subchannel control (TS 24.380 8.4.2, 8.4.4 to 8.4.7), typed. None of them is acknowledged.

use crate::id::{GroupId, Ssrc};
use crate::rtcp::message::{Body, Put, emit, put};
use crate::rtcp::{FieldError, FieldRef, FieldValue, Notes, fields, messages, requirement, subtype};
use crate::subchannel::releases::SUBCHANNEL;
use crate::subchannel::{MbmsSubchannel, MonitoringState, SubchannelField, SubchannelPacket, Tmgi};

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

subtype!(plain Subtype = b"MCMC");

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

messages! {
    /// A subchannel control message.
    SubchannelMessage: Subtype, SubchannelField, SubchannelPacket, SUBCHANNEL;
    /// Map Group To Bearer.
    MapGroupToBearer(MapGroupToBearer) = MAP_GROUP_TO_BEARER,
    /// Unmap Group To Bearer.
    UnmapGroupToBearer(UnmapGroupToBearer) = UNMAP_GROUP_TO_BEARER,
    /// Application Paging.
    ApplicationPaging(ApplicationPaging) = APPLICATION_PAGING,
    /// Bearer Announcement.
    BearerAnnouncement(BearerAnnouncement) = BEARER_ANNOUNCEMENT,
}

fields! {
    MapGroupToBearer: SubchannelField {
        GroupId => group_id,
        Tmgi => tmgi,
        MbmsSubchannel => subchannel,
    }
}

fields! {
    UnmapGroupToBearer: SubchannelField {
        GroupId => group_id,
    }
}

fields! {
    ApplicationPaging: SubchannelField {
        GroupId => group_id,
    }
}

/// Whether another field has come between the TMGIs.
#[derive(Debug, Default)]
pub(crate) struct TmgiRun {
    broken: bool,
}

impl Body for BearerAnnouncement {
    type Field = SubchannelField;
    type Pending = TmgiRun;

    fn put(&mut self, run: &mut TmgiRun, field: &FieldRef<'_>, notes: &mut Notes) -> Result<Put, FieldError> {
        let value = <SubchannelField as FieldValue>::decode(field, notes)?;
        if !matches!(value, SubchannelField::Tmgi(_)) {
            run.broken = self.tmgi.is_some();
        }
        Ok(match value {
            SubchannelField::Tmgi(tmgi) if self.tmgi.is_none() => put(&mut self.tmgi, tmgi),
            SubchannelField::Tmgi(tmgi) => {
                //= 24.380-8.4.7
                notes.add_if(run.broken, requirement::TMGI_ORDER);
                self.alternative_tmgis.push(tmgi);
                Put::Taken
            }
            SubchannelField::MonitoringState(state) => put(&mut self.monitoring_state, state),
            _ => Put::NotListed,
        })
    }

    fn each_field(&self, sink: &mut dyn FnMut(SubchannelField)) {
        emit(sink, &self.tmgi, SubchannelField::Tmgi);
        self.alternative_tmgis.iter().for_each(|tmgi| sink(SubchannelField::Tmgi(*tmgi)));
        emit(sink, &self.monitoring_state, SubchannelField::MonitoringState);
    }
}
