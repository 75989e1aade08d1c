//! Service configuration (TS 24.484 8.4): what a mission critical organisation sets for all of its users.
//!
//! A field is what the document says; what it means that it says nothing stands in the methods: protection is
//! on, there are no ad hoc group calls.

use super::namespaces::SERVICE_CONFIG;
use super::record::{ElementValue, document, record};
use super::{XmlError, writer};
use crate::text::ByteStr;

mod off_network;
mod on_network;
#[cfg(test)]
mod tests;
mod timers;

pub use off_network::{DefaultProsePerPacketPriority, OffNetwork};
pub use on_network::{
    AdhocGroupCall, EmergencyCall, FloorControlQueue, OnNetwork, OnNetworkExt, PriorityLevels, PrivateCall,
    ResourcePriority, ServerProtection, SignallingProtection, TransmitTime,
};
pub use timers::FcTimersCounters;

record! {
    /// The document.
    pub struct ServiceConfiguration {
        attributes {}
        elements {
            /// `service-configuration-params`.
            optional params: Params = SERVICE_CONFIG "service-configuration-params",
        }
    }
}

record! {
    /// `service-configuration-params`.
    pub struct Params {
        attributes {
            /// `domain` of the organisation.
            required domain: ByteStr = "domain",
        }
        elements {
            /// `common`. The schema allows several.
            many common: Common = SERVICE_CONFIG "common",
            /// `on-network`. The schema allows several.
            many on_network: OnNetwork = SERVICE_CONFIG "on-network",
            /// `off-network`. The schema allows several.
            many off_network: OffNetwork = SERVICE_CONFIG "off-network",
        }
    }
}

record! {
    /// `common`.
    pub struct Common {
        attributes {}
        elements {
            /// `min-length-alias`: characters of the shortest user alias.
            optional min_length_alias: u16 = SERVICE_CONFIG "min-length-alias",
            /// `broadcast-group`.
            optional broadcast_group: BroadcastGroup = SERVICE_CONFIG "broadcast-group",
        }
    }
}

record! {
    /// `broadcast-group`.
    pub struct BroadcastGroup {
        attributes {}
        elements {
            /// `num-levels-group-hierarchy`: levels of broadcast groups of groups.
            optional num_levels_group_hierarchy: u16 = SERVICE_CONFIG "num-levels-group-hierarchy",
            /// `num-levels-user-hierarchy`: levels of broadcast groups of users.
            optional num_levels_user_hierarchy: u16 = SERVICE_CONFIG "num-levels-user-hierarchy",
        }
    }
}

impl ServiceConfiguration {
    /// The settings for use on the network: the first ones.
    pub fn on_network(&self) -> Option<&OnNetwork> {
        self.params.as_ref()?.on_network.first()
    }

    /// The settings for use without network: the first ones.
    pub fn off_network(&self) -> Option<&OffNetwork> {
        self.params.as_ref()?.off_network.first()
    }

    /// The common settings: the first ones.
    pub fn common(&self) -> Option<&Common> {
        self.params.as_ref()?.common.first()
    }

    /// Paths of the elements that have to be there and are not. A server cannot work with such a document.
    pub fn missing(&self) -> Vec<String> {
        let Some(params) = &self.params else { return vec!["service-configuration-params".to_owned()] };
        let of_all = params.on_network.iter().flat_map(OnNetwork::missing);
        of_all.map(|path| format!("service-configuration-params/on-network/{path}")).collect()
    }

    /// Reads a document.
    ///
    /// # Errors
    /// [`XmlError`]: not XML, another document, `domain` missing, an element twice that may occur once, or a
    /// value that is not of its type.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        document(body, SERVICE_CONFIG, "service-configuration-info")
    }

    /// The document as text.
    pub fn to_xml(&self) -> String {
        writer::write(&self.write(SERVICE_CONFIG.name("service-configuration-info")), &[SERVICE_CONFIG])
    }
}
