//! Fuzz bodies of the documents of group and configuration management.

use super::xml::xml_laws;
use crate::id::McpttId;
use crate::xml::group_document::{GroupDocument, GroupKind, ListService, group_action};

/// An XML document, read as each document in turn.
pub fn xml_document(octets: &[u8]) {
    group_document(octets);
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
