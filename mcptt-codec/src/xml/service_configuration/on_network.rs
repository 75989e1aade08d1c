//! `on-network`, and the settings that it shares with `off-network`.

use std::time::Duration;

use super::FcTimersCounters;
use crate::text::ByteStr;
use crate::xml::namespaces::SERVICE_CONFIG;
use crate::xml::record::{TextValue, record};

record! {
    /// `on-network`.
    pub struct OnNetwork {
        attributes {}
        elements {
            /// `emergency-call`.
            optional emergency_call: EmergencyCall = SERVICE_CONFIG "emergency-call",
            /// `private-call`.
            optional private_call: PrivateCall = SERVICE_CONFIG "private-call",
            /// `num-levels-priority-hierarchy`: levels of floor priority, 4 to 256.
            optional num_levels_priority_hierarchy: PriorityLevels = SERVICE_CONFIG "num-levels-priority-hierarchy",
            /// `transmit-time`.
            optional transmit_time: TransmitTime = SERVICE_CONFIG "transmit-time",
            /// `hang-time-warning`: how long before its end the hang time is announced.
            optional hang_time_warning: Duration = SERVICE_CONFIG "hang-time-warning",
            /// `floor-control-queue`.
            optional floor_control_queue: FloorControlQueue = SERVICE_CONFIG "floor-control-queue",
            /// `fc-timers-counters`; has to be there.
            optional fc_timers_counters: FcTimersCounters = SERVICE_CONFIG "fc-timers-counters",
            /// `signalling-protection`.
            optional signalling_protection: SignallingProtection = SERVICE_CONFIG "signalling-protection",
            /// `protection-between-mcptt-servers`.
            optional protection_between_mcptt_servers: ServerProtection = SERVICE_CONFIG "protection-between-mcptt-servers",
            /// `emergency-resource-priority`; has to be there.
            optional emergency_resource_priority: ResourcePriority = SERVICE_CONFIG "emergency-resource-priority",
            /// `imminent-peril-resource-priority`; has to be there.
            optional imminent_peril_resource_priority: ResourcePriority = SERVICE_CONFIG "imminent-peril-resource-priority",
            /// `normal-resource-priority`; has to be there.
            optional normal_resource_priority: ResourcePriority = SERVICE_CONFIG "normal-resource-priority",
            /// `anyExt`.
            many any_ext: OnNetworkExt = SERVICE_CONFIG "anyExt",
        }
    }
}

record! {
    /// `emergency-call`.
    pub struct EmergencyCall {
        attributes {}
        elements {
            /// `private-cancel-timeout`: how long a private call stays an emergency.
            optional private_cancel_timeout: Duration = SERVICE_CONFIG "private-cancel-timeout",
            /// `group-time-limit`: how long a group stays in emergency (TNG2).
            optional group_time_limit: Duration = SERVICE_CONFIG "group-time-limit",
        }
    }
}

record! {
    /// `private-call`.
    pub struct PrivateCall {
        attributes {}
        elements {
            /// `hang-time`: how long a private call may be silent (T4 of TS 24.380).
            optional hang_time: Duration = SERVICE_CONFIG "hang-time",
            /// `max-duration-with-floor-control`: how long it may take.
            optional max_duration_with_floor_control: Duration = SERVICE_CONFIG "max-duration-with-floor-control",
            /// `max-duration-without-floor-control`: how long it may take without floor control.
            optional max_duration_without_floor_control: Duration = SERVICE_CONFIG "max-duration-without-floor-control",
        }
    }
}

record! {
    /// `transmit-time`.
    pub struct TransmitTime {
        attributes {}
        elements {
            /// `time-limit`: how long one may talk (T2 of TS 24.380).
            optional time_limit: Duration = SERVICE_CONFIG "time-limit",
            /// `time-warning`: how long before its end that is announced.
            optional time_warning: Duration = SERVICE_CONFIG "time-warning",
        }
    }
}

record! {
    /// `floor-control-queue`.
    pub struct FloorControlQueue {
        attributes {}
        elements {
            /// `depth`: how many may wait.
            optional depth: u16 = SERVICE_CONFIG "depth",
            /// `max-user-request-time`: how long one may wait.
            optional max_user_request_time: Duration = SERVICE_CONFIG "max-user-request-time",
        }
    }
}

record! {
    /// `signalling-protection`: of bodies between client and server.
    pub struct SignallingProtection {
        attributes {}
        elements {
            /// `confidentiality-protection`.
            optional confidentiality_protection: bool = SERVICE_CONFIG "confidentiality-protection",
            /// `integrity-protection`.
            optional integrity_protection: bool = SERVICE_CONFIG "integrity-protection",
        }
    }
}

record! {
    /// `protection-between-mcptt-servers`.
    pub struct ServerProtection {
        attributes {}
        elements {
            /// `allow-signalling-protection`.
            optional allow_signalling_protection: bool = SERVICE_CONFIG "allow-signalling-protection",
            /// `allow-floor-control-protection`.
            optional allow_floor_control_protection: bool = SERVICE_CONFIG "allow-floor-control-protection",
        }
    }
}

record! {
    /// A value of the Resource-Priority header.
    pub struct ResourcePriority {
        attributes {}
        elements {
            /// `resource-priority-namespace`, for instance `mcpttp`.
            optional namespace: ByteStr = SERVICE_CONFIG "resource-priority-namespace",
            /// `resource-priority-priority`.
            optional priority: ByteStr = SERVICE_CONFIG "resource-priority-priority",
        }
    }
}

record! {
    /// `anyExt` of `on-network`.
    pub struct OnNetworkExt {
        attributes {}
        elements {
            /// `adhoc-group-call` (Release 18). `None`: there are no ad hoc group calls.
            optional adhoc_group_call: AdhocGroupCall = SERVICE_CONFIG "adhoc-group-call",
        }
    }
}

record! {
    /// `adhoc-group-call`.
    pub struct AdhocGroupCall {
        attributes {}
        elements {
            /// `allow-adhoc-group-call-support`.
            optional allow_adhoc_group_call_support: bool = SERVICE_CONFIG "allow-adhoc-group-call-support",
            /// `max-no-participants`: most participants.
            optional max_no_participants: u32 = SERVICE_CONFIG "max-no-participants",
            /// `hang-time`: how long a call may be silent (T4 of TS 24.380).
            optional hang_time: Duration = SERVICE_CONFIG "hang-time",
            /// `broadcast-hang-time`: the same for a broadcast call.
            optional broadcast_hang_time: Duration = SERVICE_CONFIG "broadcast-hang-time",
            /// `max-duration-of-call`: how long it may take (TNG3).
            optional max_duration_of_call: Duration = SERVICE_CONFIG "max-duration-of-call",
        }
    }
}

/// Levels of floor priority, 4 to 256.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PriorityLevels(pub u16);

impl TextValue for PriorityLevels {
    const EXPECTED: &'static str = "a number from 4 to 256";

    fn from_text(text: &ByteStr) -> Option<Self> {
        u16::from_text(text).filter(|levels| (4..=256).contains(levels)).map(Self)
    }

    fn to_text(&self) -> ByteStr {
        self.0.to_text()
    }
}

impl ResourcePriority {
    /// The value of the header, `namespace.priority`. `None`: half of it is not there.
    pub fn header_value(&self) -> Option<String> {
        Some(format!("{}.{}", self.namespace.as_ref()?, self.priority.as_ref()?))
    }
}

impl OnNetwork {
    /// Paths of the elements that have to be there and are not, seen from `on-network`.
    pub fn missing(&self) -> Vec<String> {
        let mut missing = Vec::new();
        match &self.fc_timers_counters {
            None => missing.push("fc-timers-counters".to_owned()),
            Some(timers) => missing.extend(timers.missing().map(|name| format!("fc-timers-counters/{name}"))),
        }
        for (name, priority) in [
            ("emergency-resource-priority", &self.emergency_resource_priority),
            ("imminent-peril-resource-priority", &self.imminent_peril_resource_priority),
            ("normal-resource-priority", &self.normal_resource_priority),
        ] {
            let Some(priority) = priority else {
                missing.push(name.to_owned());
                continue;
            };
            for (half, is_there) in [
                ("resource-priority-namespace", priority.namespace.is_some()),
                ("resource-priority-priority", priority.priority.is_some()),
            ] {
                if !is_there {
                    missing.push(format!("{name}/{half}"));
                }
            }
        }
        missing
    }

    /// T2 of TS 24.380, how long one may talk. `None`: no limit is set.
    pub fn talk_limit(&self) -> Option<Duration> {
        self.transmit_time.as_ref()?.time_limit
    }

    /// TNG2, how long a group stays in emergency. `None`: it does not end by itself.
    pub fn emergency_time_limit(&self) -> Option<Duration> {
        self.emergency_call.as_ref()?.group_time_limit
    }

    /// How long a private call stays an emergency. `None`: it does not end by itself.
    pub fn private_emergency_time_limit(&self) -> Option<Duration> {
        self.emergency_call.as_ref()?.private_cancel_timeout
    }

    /// Settings of ad hoc group calls. `None`: there are none, which is also what absence means.
    pub fn adhoc_group_call(&self) -> Option<&AdhocGroupCall> {
        let calls = self.any_ext.iter().filter_map(|any_ext| any_ext.adhoc_group_call.as_ref());
        calls.into_iter().find(|call| call.allow_adhoc_group_call_support == Some(true))
    }

    /// Whether bodies between client and server are encrypted; absent is yes.
    pub fn confidentiality_protection(&self) -> bool {
        let protection = self.signalling_protection.as_ref();
        protection.and_then(|protection| protection.confidentiality_protection).unwrap_or(true)
    }

    /// Whether bodies between client and server are signed; absent is yes.
    pub fn integrity_protection(&self) -> bool {
        let protection = self.signalling_protection.as_ref();
        protection.and_then(|protection| protection.integrity_protection).unwrap_or(true)
    }

    /// Whether bodies between servers are protected; absent is yes.
    pub fn server_signalling_protection(&self) -> bool {
        let protection = self.protection_between_mcptt_servers.as_ref();
        protection.and_then(|protection| protection.allow_signalling_protection).unwrap_or(true)
    }

    /// Whether floor control between servers is protected; absent is yes.
    pub fn server_floor_control_protection(&self) -> bool {
        let protection = self.protection_between_mcptt_servers.as_ref();
        protection.and_then(|protection| protection.allow_floor_control_protection).unwrap_or(true)
    }
}

#[cfg(test)]
impl crate::xml::record::generate::Generate for PriorityLevels {
    fn generate(source: &mut crate::xml::record::generate::Source) -> Self {
        Self(source.pick(&[4, 8, 256]))
    }
}
