//! `application/vnd.3gpp.mcptt-info+xml` (TS 24.379 F.1): who calls whom, how urgently, on whose behalf.
//!
//! Every element is optional, and an absent element is not the same as one that says `false`: an absent
//! indicator changes nothing. Reading accepts any order, any prefix and the legacy form with the value as
//! bare text; writing uses the order of the schema and the content wrapper. An element that occurs twice is
//! refused, because two readers could then see two values.

mod any_ext;
mod content;
mod extension;
mod indicators;
#[cfg(test)]
mod tests;

pub use any_ext::{AnyExt, Extension, ExtensionValue, UriEntry, UriList};
pub use content::{AccessToken, Content, ContentValue, Encrypted, McpttUri};
pub use extension::{extension_name, release_reason, request_type};
pub use indicators::{IndicatorCombination, InvalidIndicators};

use content::Slot;

use super::open_enum::open_enum;
use super::reader::{Cursor, Document};
use super::{Element, Extra, Namespace, XmlError, writer};
use crate::id::{ClientId, GroupId, McpttId};
use crate::text::ByteStr;

/// The namespace of the document.
pub const NAMESPACE: Namespace = Namespace { uri: "urn:3gpp:ns:mcpttInfo:1.0", prefix: "" };

/// The document; the fields stand in the order of the schema.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct McpttInfo {
    /// `mcptt-access-token`.
    pub access_token: Option<Content<AccessToken>>,
    /// `session-type`.
    pub session_type: Option<SessionType>,
    /// `mcptt-request-uri`: the target, a group or a user.
    pub request_uri: Option<Content<McpttUri>>,
    /// `mcptt-calling-user-id`: set by a function, never to be believed from a client.
    pub calling_user_id: Option<Content<McpttId>>,
    /// `mcptt-called-party-id`: who is called or who answered.
    pub called_party_id: Option<Content<McpttId>>,
    /// `mcptt-calling-group-id`: the group on whose behalf the controlling function calls.
    pub calling_group_id: Option<Content<GroupId>>,
    /// `required`: the recipient is a required member.
    pub required: Option<Content<bool>>,
    /// `emergency-ind`.
    pub emergency_ind: Option<Content<bool>>,
    /// `alert-ind`.
    pub alert_ind: Option<Content<bool>>,
    /// `imminentperil-ind`.
    pub imminentperil_ind: Option<Content<bool>>,
    /// `broadcast-ind`.
    pub broadcast_ind: Option<bool>,
    /// `mc-org`: organisation of the originator.
    pub mc_org: Option<ByteStr>,
    /// `floor-state`.
    pub floor_state: Option<ByteStr>,
    /// `associated-group-id`: the constituent group of a temporary group.
    pub associated_group_id: Option<Content<GroupId>>,
    /// `originated-by`: whose emergency or alert a third party cancels.
    pub originated_by: Option<Content<McpttId>>,
    /// `MKFC-GKTPs`, kept as it is.
    pub mkfc_gktps: Option<Element>,
    /// `mcptt-client-id`.
    pub client_id: Option<Content<ClientId>>,
    /// `alert-ind-rcvd`.
    pub alert_ind_rcvd: Option<Content<bool>>,
    /// `gw-mcptt-usage`.
    pub gw_mcptt_usage: Option<bool>,
    /// Attributes of `mcptt-Params` and children that the schema does not list.
    pub extra: Extra,
    /// `anyExt` of `mcptt-Params`.
    pub any_ext: AnyExt,
    /// Attributes of `mcpttinfo` and children that the schema does not list.
    pub root_extra: Extra,
    /// `anyExt` of `mcpttinfo`.
    pub root_any_ext: AnyExt,
}

/// Declares the children of `mcptt-Params` in the order of the schema, `anyExt` aside: the element and its field.
macro_rules! slots {
    ($($name:literal => $field:ident,)+) => {
        /// Order of the children of `mcptt-Params`; those of other namespaces come before `anyExt`.
        const ORDER: [&str; 21] = [$($name,)+ "*", "anyExt"];

        impl McpttInfo {
            fn read_params(&mut self, params: &Cursor<'_>) -> Result<(), XmlError> {
                self.extra = params.extra(&[]);
                let mut any_ext = None;
                for at in params.element_content()? {
                    match at.local_in(NAMESPACE) {
                        $($name => at.once(&mut self.$field, Slot::read(&at, &mut self.extra)?)?,)+
                        "anyExt" => at.once(&mut any_ext, AnyExt::read(&at)?)?,
                        //= 24.379-6.5:unknown
                        _ => at.keep(&mut self.extra),
                    }
                }
                self.any_ext = any_ext.unwrap_or_default();
                Ok(())
            }

            fn write_slots(&self) -> impl Iterator<Item = Element> {
                let slots = [$(self.$field.as_ref().map(|value| value.to_element($name)),)+];
                slots.into_iter().flatten()
            }
        }
    };
}

slots! {
    "mcptt-access-token" => access_token,
    "session-type" => session_type,
    "mcptt-request-uri" => request_uri,
    "mcptt-calling-user-id" => calling_user_id,
    "mcptt-called-party-id" => called_party_id,
    "mcptt-calling-group-id" => calling_group_id,
    "required" => required,
    "emergency-ind" => emergency_ind,
    "alert-ind" => alert_ind,
    "imminentperil-ind" => imminentperil_ind,
    "broadcast-ind" => broadcast_ind,
    "mc-org" => mc_org,
    "floor-state" => floor_state,
    "associated-group-id" => associated_group_id,
    "originated-by" => originated_by,
    "MKFC-GKTPs" => mkfc_gktps,
    "mcptt-client-id" => client_id,
    "alert-ind-rcvd" => alert_ind_rcvd,
    "gw-mcptt-usage" => gw_mcptt_usage,
}

impl McpttInfo {
    /// Reads a body.
    ///
    /// # Errors
    /// [`XmlError`]: not XML, another document, an element twice, or a value that is not of its type.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        //= 24.379-6.5:400
        let document = Document::parse(body)?;
        let root = document.enter(NAMESPACE, "mcpttinfo")?;
        let mut info = Self { root_extra: root.extra(&[]), ..Self::default() };
        let (mut params, mut root_any_ext) = (None, None);
        for child in root.element_content()? {
            match child.local_in(NAMESPACE) {
                "mcptt-Params" => {
                    child.once(&mut params, ())?;
                    info.read_params(&child)?;
                }
                "anyExt" => child.once(&mut root_any_ext, AnyExt::read(&child)?)?,
                _ => child.keep(&mut info.root_extra),
            }
        }
        info.root_any_ext = root_any_ext.unwrap_or_default();
        Ok(info)
    }

    /// The document as text, in the order of the schema.
    pub fn to_xml(&self) -> String {
        let params = NAMESPACE
            .element("mcptt-Params")
            .children(self.write_slots())
            .children(self.any_ext.write())
            .extra(&self.extra)
            .in_order(&ORDER);
        let root = NAMESPACE
            .element("mcpttinfo")
            .child(params)
            .children(self.root_any_ext.write())
            .extra(&self.root_extra)
            .in_order(&["mcptt-Params", "*", "anyExt"]);
        writer::write(&root, &[NAMESPACE])
    }

    /// The body of a refusal of an emergency that the user is not authorised for: both indicators are there
    /// and say false.
    pub fn emergency_not_authorised() -> Self {
        //= 24.379-6.3.3.1.14
        Self {
            emergency_ind: Some(Content::Normal(false)),
            alert_ind: Some(Content::Normal(false)),
            ..Self::default()
        }
    }
}

open_enum!(
    /// `session-type`.
    SessionType {
        /// `prearranged` group call.
        Prearranged = "prearranged",
        /// `chat` group call.
        Chat = "chat",
        /// `private` call.
        Private = "private",
        /// `first-to-answer` call.
        FirstToAnswer = "first-to-answer",
        /// `ambient-listening` call.
        AmbientListening = "ambient-listening",
        /// `adhoc` group call.
        Adhoc = "adhoc",
    }
);
