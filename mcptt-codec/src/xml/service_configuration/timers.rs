//! `fc-timers-counters`: timers and counters of floor control (TS 24.380 11).

use std::time::Duration;

use crate::xml::namespaces::SERVICE_CONFIG;
use crate::xml::record::record;

record! {
    /// `fc-timers-counters`: every one has to be there. T2 is [`super::TransmitTime::time_limit`].
    pub struct FcTimersCounters {
        attributes {}
        elements {
            /// `T1-end-of-rtp-media`, end of RTP media.
            optional t1_end_of_rtp_media: Duration = SERVICE_CONFIG "T1-end-of-rtp-media",
            /// `T3-stop-talking-grace`, grace after the order to stop talking.
            optional t3_stop_talking_grace: Duration = SERVICE_CONFIG "T3-stop-talking-grace",
            /// `T7-floor-idle`, repetition of Floor Idle.
            optional t7_floor_idle: Duration = SERVICE_CONFIG "T7-floor-idle",
            /// `T8-floor-revoke`, repetition of Floor Revoke.
            optional t8_floor_revoke: Duration = SERVICE_CONFIG "T8-floor-revoke",
            /// `T11-end-of-RTP-dual`, end of RTP media of the overriding talker.
            optional t11_end_of_rtp_dual: Duration = SERVICE_CONFIG "T11-end-of-RTP-dual",
            /// `T12-stop-talking-dual`, grace of the overriding talker.
            optional t12_stop_talking_dual: Duration = SERVICE_CONFIG "T12-stop-talking-dual",
            /// `T15-conversation`, a conversation over a bearer.
            optional t15_conversation: Duration = SERVICE_CONFIG "T15-conversation",
            /// `T16-map-group-to-bearer`, repetition of Map Group To Bearer.
            optional t16_map_group_to_bearer: Duration = SERVICE_CONFIG "T16-map-group-to-bearer",
            /// `T17-unmap-group-to-bearer`, repetition of Unmap Group To Bearer.
            optional t17_unmap_group_to_bearer: Duration = SERVICE_CONFIG "T17-unmap-group-to-bearer",
            /// `T20-floor-granted`, repetition of Floor Granted.
            optional t20_floor_granted: Duration = SERVICE_CONFIG "T20-floor-granted",
            /// `T55-connect`, repetition of Connect.
            optional t55_connect: Duration = SERVICE_CONFIG "T55-connect",
            /// `T56-disconnect`, repetition of Disconnect.
            optional t56_disconnect: Duration = SERVICE_CONFIG "T56-disconnect",
            /// `C7-floor-idle`, how often Floor Idle is sent.
            optional c7_floor_idle: u16 = SERVICE_CONFIG "C7-floor-idle",
            /// `C17-unmap-group-to-bearer`, how often Unmap Group To Bearer is sent.
            optional c17_unmap_group_to_bearer: u16 = SERVICE_CONFIG "C17-unmap-group-to-bearer",
            /// `C20-floor-granted`, how often Floor Granted is sent.
            optional c20_floor_granted: u16 = SERVICE_CONFIG "C20-floor-granted",
            /// `C55-connect`, how often Connect is sent.
            optional c55_connect: u16 = SERVICE_CONFIG "C55-connect",
            /// `C56-disconnect`, how often Disconnect is sent.
            optional c56_disconnect: u16 = SERVICE_CONFIG "C56-disconnect",
        }
    }
}

impl FcTimersCounters {
    /// Names of the timers and counters that have to be there and are not.
    pub fn missing(&self) -> impl Iterator<Item = &'static str> {
        let there = [
            ("T1-end-of-rtp-media", self.t1_end_of_rtp_media.is_some()),
            ("T3-stop-talking-grace", self.t3_stop_talking_grace.is_some()),
            ("T7-floor-idle", self.t7_floor_idle.is_some()),
            ("T8-floor-revoke", self.t8_floor_revoke.is_some()),
            ("T11-end-of-RTP-dual", self.t11_end_of_rtp_dual.is_some()),
            ("T12-stop-talking-dual", self.t12_stop_talking_dual.is_some()),
            ("T15-conversation", self.t15_conversation.is_some()),
            ("T16-map-group-to-bearer", self.t16_map_group_to_bearer.is_some()),
            ("T17-unmap-group-to-bearer", self.t17_unmap_group_to_bearer.is_some()),
            ("T20-floor-granted", self.t20_floor_granted.is_some()),
            ("T55-connect", self.t55_connect.is_some()),
            ("T56-disconnect", self.t56_disconnect.is_some()),
            ("C7-floor-idle", self.c7_floor_idle.is_some()),
            ("C17-unmap-group-to-bearer", self.c17_unmap_group_to_bearer.is_some()),
            ("C20-floor-granted", self.c20_floor_granted.is_some()),
            ("C55-connect", self.c55_connect.is_some()),
            ("C56-disconnect", self.c56_disconnect.is_some()),
        ];
        there.into_iter().filter(|(_, is_there)| !is_there).map(|(name, _)| name)
    }
}
