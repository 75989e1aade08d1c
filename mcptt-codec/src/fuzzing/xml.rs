//! XML bodies: whatever was read is written and read again without a difference.

use std::fmt::Debug;

use crate::xml::affiliation::PresenceDocument;
use crate::xml::affiliation_command::AffiliationCommand;
use crate::xml::conference_info::ConferenceInfo;
use crate::xml::encrypted_uri::EncryptedUri;
use crate::xml::location_info::LocationInfo;
use crate::xml::mbms_usage_info::MbmsUsageInfo;
use crate::xml::mcptt_info::{IndicatorCombination, McpttInfo};
use crate::xml::poc_settings::PocSettings;
use crate::xml::reg_info::RegInfo;
use crate::xml::resource_lists::ResourceLists;
use crate::xml::simple_filter::FilterSet;
use crate::xml::{XmlError, XmlErrorKind, view};

/// An mcptt-info body.
pub fn mcptt_info(octets: &[u8]) {
    xml_laws(octets, McpttInfo::parse, McpttInfo::to_xml);
    if let Ok(info) = McpttInfo::parse(octets) {
        assert!(view(octets).is_ok(), "what is read can be shown");
        if let Ok(IndicatorCombination::None) = info.indicator_combination() {
            assert_eq!(info.emergency_ind, None, "a present indicator is not nothing");
        }
    }
}

/// Any other body of a message, the input read as each of them in turn.
pub fn xml_body(octets: &[u8]) {
    xml_laws(octets, ResourceLists::parse, ResourceLists::to_xml);
    xml_laws(octets, PresenceDocument::parse, PresenceDocument::to_xml);
    xml_laws(octets, AffiliationCommand::parse, AffiliationCommand::to_xml);
    xml_laws(octets, PocSettings::parse, PocSettings::to_xml);
    xml_laws(octets, LocationInfo::parse, LocationInfo::to_xml);
    xml_laws(octets, ConferenceInfo::parse, ConferenceInfo::to_xml);
    xml_laws(octets, MbmsUsageInfo::parse, MbmsUsageInfo::to_xml);
    xml_laws(octets, FilterSet::parse, FilterSet::to_xml);
    xml_laws(octets, RegInfo::parse, RegInfo::to_xml);
    let Ok(lists) = ResourceLists::parse(octets) else { return };
    for entry in lists.entries() {
        if let Ok(Some(uri)) = entry.encrypted_uri() {
            let again = EncryptedUri::read(&uri.to_string().into());
            assert_eq!(again, Ok(Some(uri)), "an encrypted URI survives writing");
        }
    }
}

/// What holds for every document type.
pub(crate) fn xml_laws<T: PartialEq + Debug>(
    octets: &[u8],
    parse: impl Fn(&[u8]) -> Result<T, XmlError>,
    write: impl Fn(&T) -> String,
) {
    match parse(octets) {
        Ok(document) => {
            let written = write(&document);
            let again = parse(written.as_bytes());
            // Escapes and declarations that were elsewhere may make a document of the largest size too large.
            if matches!(again, Err(XmlError { kind: XmlErrorKind::TooLarge { .. }, .. })) {
                return;
            }
            assert_eq!(again.as_ref(), Ok(&document), "a document survives writing");
            assert_eq!(again.map(|document| write(&document)), Ok(written), "writing is stable");
        }
        Err(error) => {
            let lines = octets.split(|octet| *octet == b'\n').count();
            assert!((1..=lines).contains(&error.line), "an error lies inside the document");
            assert!(error.path.starts_with('/'), "an error has a path");
        }
    }
}
