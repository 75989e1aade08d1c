//! The services that a group is made for, and whether MCPTT is one of them (TS 24.481 7.2.8).

use thiserror::Error;

use super::Present;
use crate::text::ByteStr;
use crate::xml::namespaces::{GROUP_INFO, XDM_EXTENSIONS};
use crate::xml::record::record;

/// The communication service identifier that names MCPTT among the services of a group.
pub const MCPTT_ICSI: &str = "urn:urn-7:3gpp-service.ims.icsi.mcptt";

record! {
    /// `supported-services`.
    pub struct SupportedServices {
        attributes {}
        elements {
            /// `service`: the services in their order.
            many services: Service = XDM_EXTENSIONS "service",
        }
    }
}

record! {
    /// `service`.
    pub struct Service {
        attributes {
            /// `enabler`: which service, a communication service identifier.
            optional enabler: ByteStr = "enabler",
        }
        elements {
            /// `group-media`: what is sent in the group.
            optional group_media: GroupMedia = XDM_EXTENSIONS "group-media",
        }
    }
}

record! {
    /// `group-media`; media of other services are kept.
    pub struct GroupMedia {
        attributes {}
        elements {
            /// `mcptt-speech`.
            optional mcptt_speech: Present = GROUP_INFO "mcptt-speech",
        }
    }
}

/// The first condition that keeps a group from being an MCPTT group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum NotMcpttGroup {
    /// There is no `supported-services`.
    #[error("the group document has no supported-services")]
    NoSupportedServices,
    /// There is no `service` in it.
    #[error("supported-services has no service")]
    NoService,
    /// No service has the MCPTT identifier as its enabler.
    #[error("no service has the enabler of MCPTT")]
    NoMcpttEnabler,
    /// The MCPTT service has no `group-media`.
    #[error("the MCPTT service has no group-media")]
    NoGroupMedia,
    /// The media of the MCPTT service have no `mcptt-speech`.
    #[error("the media of the MCPTT service have no mcptt-speech")]
    NoMcpttSpeech,
}

impl SupportedServices {
    /// The services of an MCPTT group.
    pub fn mcptt() -> Self {
        let group_media = Some(GroupMedia { mcptt_speech: Some(Present), ..GroupMedia::default() });
        let service = Service { enabler: Some(MCPTT_ICSI.into()), group_media, ..Service::default() };
        Self { services: vec![service], ..Self::default() }
    }

    /// Whether MCPTT is among the services. Several MCPTT services: one that is complete is enough.
    ///
    /// # Errors
    /// The first condition that fails, for the service that comes furthest.
    pub(super) fn check(supported: Option<&Self>) -> Result<(), NotMcpttGroup> {
        let supported = supported.ok_or(NotMcpttGroup::NoSupportedServices)?;
        if supported.services.is_empty() {
            return Err(NotMcpttGroup::NoService);
        }
        let is_mcptt = |service: &&Service| service.enabler.as_deref() == Some(MCPTT_ICSI);
        let mut found = Err(NotMcpttGroup::NoMcpttEnabler);
        for service in supported.services.iter().filter(is_mcptt) {
            match &service.group_media {
                Some(media) if media.mcptt_speech.is_some() => return Ok(()),
                Some(_) => found = Err(NotMcpttGroup::NoMcpttSpeech),
                None if found == Err(NotMcpttGroup::NoMcpttEnabler) => {
                    found = Err(NotMcpttGroup::NoGroupMedia)
                }
                None => {}
            }
        }
        found
    }
}
