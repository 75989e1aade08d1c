//! Group documents (TS 24.481 7.2): members, rules and properties of a group.
//!
//! A field is what the document says; `None` means that it does not say it. What that means stands in the
//! methods: absent is a chat group, the lowest priority, no limit, a timer that does not run, protected media
//! and no permission.
//!
//! ```
//! use mcptt_codec::id::McpttId;
//! use mcptt_codec::xml::group_document::{GroupDocument, GroupKind, group_action};
//!
//! let document = GroupDocument::parse(br#"<group xmlns="urn:oma:xml:poc:list-service"
//!         xmlns:cp="urn:ietf:params:xml:ns:common-policy">
//!     <list-service uri="sip:rescue-1@mc.example.org">
//!         <list><entry uri="sip:alice@mc.example.org"/></list>
//!         <cp:ruleset><cp:rule id="1">
//!             <cp:conditions><is-list-member/></cp:conditions>
//!             <cp:actions><join-handling>true</join-handling></cp:actions>
//!         </cp:rule></cp:ruleset>
//!     </list-service></group>"#)?;
//! let group = document.group().expect("a list service");
//! assert_eq!(group.kind(), GroupKind::Chat);
//! assert!(group.grants(group_action::JOIN_HANDLING, &McpttId::from("sip:alice@mc.example.org"), None));
//! assert!(!group.grants(group_action::JOIN_HANDLING, &McpttId::from("sip:mallory@mc.example.org"), None));
//! # Ok::<(), mcptt_codec::xml::XmlError>(())
//! ```

use super::namespaces::{COMMON_POLICY, GROUP_INFO, LIST_SERVICE, RESOURCE_LISTS, XDM_EXTENSIONS};
use super::record::{ElementValue, document, record};
use super::{XmlError, writer};

mod list_service;
mod meaning;
mod member;
mod service;
#[cfg(test)]
mod tests;

pub use super::common_policy::action::group as group_action;
pub use super::record::{Label, Present, Switch};
pub use list_service::{
    ConstituentGroups, Encoding, Encodings, ExpiryAction, ListService, Regrouped, Temporary,
};
pub use meaning::{GroupKind, UponExpiry};
pub use member::{Entry, List};
pub use service::{GroupMedia, MCPTT_ICSI, NotMcpttGroup, Service, SupportedServices};

record! {
    /// The document.
    pub struct GroupDocument {
        attributes {}
        elements {
            /// `list-service`: the group. The schema allows several.
            many list_services: ListService = LIST_SERVICE "list-service",
        }
    }
}

impl GroupDocument {
    /// A document of one group.
    pub fn of(group: ListService) -> Self {
        Self { list_services: vec![group], ..Self::default() }
    }

    /// The group that the document is about: the first one.
    pub fn group(&self) -> Option<&ListService> {
        self.list_services.first()
    }

    /// Reads a document.
    ///
    /// # Errors
    /// [`XmlError`]: not XML, another document, a group or an entry without `uri`, an element twice that may
    /// occur once, or a value that is not of its type.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        document(body, LIST_SERVICE, "group")
    }

    /// The document as text.
    pub fn to_xml(&self) -> String {
        let namespaces = [LIST_SERVICE, RESOURCE_LISTS, COMMON_POLICY, XDM_EXTENSIONS, GROUP_INFO];
        writer::write(&self.write(LIST_SERVICE.name("group")), &namespaces)
    }
}
