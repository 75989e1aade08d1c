//! First releases of MBMS subchannel control (TS 24.380 8.4) and of MBMS notifications (8.5). The release of
//! Application Paging, of Bearer Announcement and of the notifications is the first in which they have been seen.

use crate::release::Release;
use crate::rtcp::FieldId;
use crate::rtcp::first_releases::{FirstReleases, value};
use crate::subchannel::{GroupCallOngoing, MonitoringState, NotificationSubtype, Status, Subtype};

/// What a participating function of which release may send on a subchannel.
pub const SUBCHANNEL: FirstReleases = FirstReleases {
    messages: &[
        (Subtype::MAP_GROUP_TO_BEARER.0, Release::R13),
        (Subtype::UNMAP_GROUP_TO_BEARER.0, Release::R13),
        (Subtype::APPLICATION_PAGING.0, Release::R14),
        (Subtype::BEARER_ANNOUNCEMENT.0, Release::R15),
    ],
    fields: &[
        (FieldId::MBMS_SUBCHANNEL, Release::R13),
        (FieldId::TMGI, Release::R13),
        (FieldId::MCPTT_GROUP_ID, Release::R13),
        (FieldId::MONITORING_STATE, Release::R15),
    ],
    values: &[
        value(FieldId::MONITORING_STATE, MonitoringState::INACTIVE.0 as u16, Release::R15),
        value(FieldId::MONITORING_STATE, MonitoringState::ACTIVE.0 as u16, Release::R15),
    ],
};

/// What a participating function of which release may notify.
pub const NOTIFICATION: FirstReleases = FirstReleases {
    messages: &[(NotificationSubtype::GROUP_DYNAMIC_DATA_NOTIFY.0, Release::R16)],
    fields: &[
        (FieldId::STATUS, Release::R16),
        (FieldId::STATUS_CHANGING_USER, Release::R16),
        (FieldId::GROUP_CALL_ONGOING, Release::R16),
        (FieldId::GROUP_BROADCAST_ALIAS, Release::R16),
        (FieldId::GROUP_REGROUP_ALIAS, Release::R16),
    ],
    values: &[
        value(FieldId::STATUS, Status::EMERGENCY.0, Release::R16),
        value(FieldId::STATUS, Status::IMMINENT_PERIL.0, Release::R16),
        value(FieldId::GROUP_CALL_ONGOING, GroupCallOngoing::NO.0 as u16, Release::R16),
        value(FieldId::GROUP_CALL_ONGOING, GroupCallOngoing::YES.0 as u16, Release::R16),
    ],
};
