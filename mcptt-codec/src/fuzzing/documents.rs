//! Fuzz bodies of the documents of group and configuration management.

use super::xml::xml_laws;
use crate::id::McpttId;
use crate::xml::floor_request::FloorRequest;
use crate::xml::gktp::Gktps;
use crate::xml::group_document::{GroupDocument, GroupKind, ListService, group_action};
use crate::xml::regroup::Regroup;
use crate::xml::service_configuration::ServiceConfiguration;
use crate::xml::signed::Signatures;
use crate::xml::ue_configuration::UeConfiguration;
use crate::xml::ue_initial_configuration::UeInitialConfiguration;
use crate::xml::user_profile::{UserProfile, user_action};
use crate::xml::xcap_diff::XcapDiff;

/// An XML document, read as each document in turn.
pub fn xml_document(octets: &[u8]) {
    group_document(octets);
    user_profile(octets);
    service_configuration(octets);
    xml_laws(octets, UeConfiguration::parse, UeConfiguration::to_xml);
    xml_laws(octets, UeInitialConfiguration::parse, UeInitialConfiguration::to_xml);
    xml_laws(octets, XcapDiff::parse, XcapDiff::to_xml);
    xml_laws(octets, Regroup::parse, Regroup::to_xml);
    xml_laws(octets, Gktps::parse, Gktps::to_xml);
    xml_laws(octets, Signatures::parse, Signatures::to_xml);
    xml_laws(octets, FloorRequest::parse, FloorRequest::to_xml);
}

/// A group document.
pub fn group_document(octets: &[u8]) {
    xml_laws(octets, GroupDocument::parse, GroupDocument::to_xml);
    let Ok(document) = GroupDocument::parse(octets) else { return };
    document.list_services.iter().for_each(group);
}

fn group(group: &ListService) {
    assert!(group.on_network_invite_members == Some(true) || group.kind() == GroupKind::Chat);
    assert!(group.protect_media == Some(false) || group.protects_media());
    let members = group.members().map(|entry| entry.uri.clone());
    for user in members.take(4).chain([McpttId::from("sip:nobody@example.org")]) {
        let granted = group_action::ALL.iter().any(|action| group.grants(*action, &user, None));
        assert!(!granted || group.ruleset.is_some(), "nothing is granted without rules");
    }
}

/// A user profile.
pub fn user_profile(octets: &[u8]) {
    xml_laws(octets, UserProfile::parse, UserProfile::to_xml);
    let Ok(profile) = UserProfile::parse(octets) else { return };
    let granted = user_action::ALL.iter().any(|action| profile.grants(*action, None));
    assert!(!granted || profile.ruleset.is_some(), "nothing is granted without rules");
    assert!(!profile.mcptt_id().as_str().is_empty(), "a profile is somebody's");
    let targets = [profile.emergency_group(), profile.imminent_peril_group(), profile.emergency_recipient()];
    assert!(targets.iter().all(Option::is_none) || !profile.common.is_empty());
}

/// A service configuration.
pub fn service_configuration(octets: &[u8]) {
    xml_laws(octets, ServiceConfiguration::parse, ServiceConfiguration::to_xml);
    let Ok(document) = ServiceConfiguration::parse(octets) else { return };
    if let Some(network) = document.on_network() {
        assert!(network.missing().is_empty() || !document.missing().is_empty());
        let protection = network.signalling_protection.is_some();
        assert!(protection || network.confidentiality_protection(), "absent protection is on");
    }
}
