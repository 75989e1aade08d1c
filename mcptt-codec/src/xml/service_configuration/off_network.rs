//! `off-network`: for clients without network.

use std::time::Duration;

use super::{EmergencyCall, PriorityLevels, PrivateCall, TransmitTime};
use crate::xml::namespaces::SERVICE_CONFIG;
use crate::xml::record::record;

record! {
    /// `off-network`.
    pub struct OffNetwork {
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
            /// `default-prose-per-packet-priority`.
            optional default_prose_per_packet_priority: DefaultProsePerPacketPriority = SERVICE_CONFIG "default-prose-per-packet-priority",
            /// `allow-log-metadata`.
            optional allow_log_metadata: bool = SERVICE_CONFIG "allow-log-metadata",
        }
    }
}

record! {
    /// `default-prose-per-packet-priority`.
    pub struct DefaultProsePerPacketPriority {
        attributes {}
        elements {
            /// `mcptt-private-call-signalling`.
            optional mcptt_private_call_signalling: u16 = SERVICE_CONFIG "mcptt-private-call-signalling",
            /// `mcptt-private-call-media`.
            optional mcptt_private_call_media: u16 = SERVICE_CONFIG "mcptt-private-call-media",
            /// `mcptt-emergency-private-call-signalling`.
            optional mcptt_emergency_private_call_signalling: u16 = SERVICE_CONFIG "mcptt-emergency-private-call-signalling",
            /// `mcptt-emergency-private-call-media`.
            optional mcptt_emergency_private_call_media: u16 = SERVICE_CONFIG "mcptt-emergency-private-call-media",
        }
    }
}
