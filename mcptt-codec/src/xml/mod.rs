//! XML bodies of MCPTT (mcptt-info, resource lists, presence with affiliations, settings, location, MBMS usage,
//! filters, conference) and the documents of group and configuration management.
//!
//! One reader serves all documents ([`reader`]). It takes UTF-8 only, knows no document type definition and
//! no entity beyond the five predefined ones and numeric characters, and bounds size, depth, elements,
//! attributes, texts and namespaces. Names are compared by namespace and local name, never by prefix. What a
//! document type does not know is kept and written again, also what stands beside a value ([`Extra`]);
//! comments and processing instructions are not data and are not kept. Prefixes inside values are text.
//!
//! An [`XmlError`] names line, column and element path. Writing is deterministic: schema order, the
//! namespaces and prefixes of the reference, no added white space.
//!
//! ```
//! use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, SessionType};
//!
//! let body = br#"<m:mcpttinfo xmlns:m="urn:3gpp:ns:mcpttInfo:1.0"><m:mcptt-Params>
//!     <m:session-type>prearranged</m:session-type>
//!     <m:emergency-ind type="Normal"><m:mcpttBoolean>true</m:mcpttBoolean></m:emergency-ind>
//! </m:mcptt-Params></m:mcpttinfo>"#;
//! let info = McpttInfo::parse(body)?;
//! assert_eq!(info.session_type, Some(SessionType::Prearranged));
//! assert_eq!(info.emergency_ind, Some(Content::Normal(true)));
//! assert_eq!(info.alert_ind, None); // absent is not false
//! # Ok::<(), mcptt_codec::xml::XmlError>(())
//! ```

pub mod affiliation;
pub mod affiliation_command;
mod builder;
pub mod canonical;
pub mod common_policy;
pub mod conference_info;
pub mod date_time;
pub mod duration;
pub mod encrypted_uri;
mod error;
pub mod floor_request;
pub mod gktp;
pub mod group_document;
mod lexical;
pub mod location_info;
pub mod mbms_usage_info;
pub mod mcptt_info;
pub mod mime;
pub mod namespaces;
mod open_enum;
pub mod poc_settings;
pub mod protection;
pub mod reader;
mod record;
pub mod reg_info;
pub mod regroup;
pub mod resource_lists;
pub mod service_configuration;
pub mod signed;
pub mod simple_filter;
#[cfg(test)]
mod tests;
pub mod tree;
pub mod ue_configuration;
mod ue_id;
pub mod ue_initial_configuration;
pub mod user_profile;
mod view;
pub mod writer;
pub mod xcap_diff;

pub use error::{XmlError, XmlErrorKind};
pub use tree::{Attribute, Beside, Element, Extra, LeafKey, Name, Namespace, Node};
pub use view::view;

/// A document, and what is wrong with parts of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examined<T> {
    /// The document. The parts that are wrong are kept in it, where nobody takes them for something they are not.
    pub value: T,
    /// What is wrong, in the order of the document; the first [`MAX_DEVIATIONS`].
    pub deviations: Vec<XmlError>,
}

/// Most deviations that are told of one document.
pub const MAX_DEVIATIONS: usize = 64;
/// Longest document that is read, in octets.
pub const MAX_OCTETS: usize = 1_048_576;
/// Deepest nesting of elements.
pub const MAX_DEPTH: usize = 32;
/// Most elements of a document.
pub const MAX_ELEMENTS: usize = 32_768;
/// Most attributes of one element, not counting namespace declarations.
pub const MAX_ATTRIBUTES: usize = 64;
/// Longest text of an element or value of an attribute, in octets.
pub const MAX_TEXT_OCTETS: usize = 65_536;
/// Longest document whose values share one copy of it; a value of a longer one has octets of its own, so that
/// a short value that is stored never keeps more than this in memory.
pub const MAX_SHARED_OCTETS: usize = 4096;
/// Longest prefix, local name or name of a namespace, in octets; paths and declarations repeat them.
pub const MAX_NAME_OCTETS: usize = 256;
/// Most namespace declarations in force at one place.
pub const MAX_NAMESPACES: usize = 64;
