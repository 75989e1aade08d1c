//! Presence documents with affiliations and functional aliases (RFC 3863; TS 24.379 9.3.1 and 9A.3.1).
//!
//! The same document has two forms. Between client and participating function it is about a user: `entity` is
//! the MCPTT ID, a tuple is a client, an affiliation names a group. Between participating and controlling
//! function it is about a group: `entity` is the group, a tuple is a user, an affiliation names a client.

use super::open_enum::open_enum;
use super::reader::{Cursor, Document};
use super::{Element, Extra, Namespace, XmlError, writer};
use crate::id::{ClientId, FunctionalAlias, GroupId, McpttId};
use crate::text::ByteStr;

/// The namespace of the document.
pub const NAMESPACE: Namespace = Namespace { uri: "urn:ietf:params:xml:ns:pidf", prefix: "" };
/// The namespace of the affiliations.
pub const MCPTT: Namespace = Namespace { uri: "urn:3gpp:ns:mcpttPresInfo:1.0", prefix: "mcpttPI10" };
/// The namespace of rich presence (RFC 4480).
pub const RPID: Namespace = Namespace { uri: "urn:ietf:params:xml:ns:pidf:rpid", prefix: "rpid" };
/// The namespace of the functional aliases.
pub const MCPTT_FA: Namespace = Namespace { uri: "urn:3gpp:ns:mcpttPresInfoFA:1.0", prefix: "mcpttPIFA10" };

/// The document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PresenceDocument {
    /// The user or the group that the document is about.
    pub entity: ByteStr,
    /// Clients of the user, or users of the group.
    pub tuples: Vec<Tuple>,
    /// `p-id`: chosen by the client, returned in the notification that its publication causes.
    pub p_id: Option<ByteStr>,
    /// `p-id-fa`: the same for functional aliases.
    pub p_id_fa: Option<ByteStr>,
    /// What is not known.
    pub extra: Extra,
}

/// A client of the user, or a user of the group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tuple {
    /// MCPTT client ID, or MCPTT ID.
    pub id: ByteStr,
    /// The affiliations.
    pub affiliations: Vec<Affiliation>,
    /// The functional aliases.
    pub functional_aliases: Vec<FunctionalAliasState>,
    /// Attributes and children of `status` that are not known.
    pub status_extra: Extra,
    /// What is not known.
    pub extra: Extra,
}

/// One affiliation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Affiliation {
    /// The group, when the document is about a user.
    pub group: Option<GroupId>,
    /// The client, when the document is about a group.
    pub client: Option<ClientId>,
    /// Its status; only in a notification.
    pub status: Option<AffiliationStatus>,
    /// Until when it holds, `xs:dateTime` (see [`super::date_time`]); only in a notification or between
    /// functions.
    pub expires: Option<ByteStr>,
    /// `user-input` of RFC 4480: whether the user talks in the group; only in a notification to who may know.
    pub user_input: Option<UserInput>,
    /// What is not known.
    pub extra: Extra,
}

open_enum!(
    /// `user-input` (RFC 4480).
    UserInput {
        /// `active`: the user talks.
        Active = "active",
        /// `idle`: the user does not.
        Idle = "idle",
    }
);

open_enum!(
    /// `status` of an affiliation.
    AffiliationStatus {
        /// `affiliating`.
        Affiliating = "affiliating",
        /// `affiliated`.
        Affiliated = "affiliated",
        /// `deaffiliating`.
        Deaffiliating = "deaffiliating",
    }
);

open_enum!(
    /// `status` of a functional alias; the states of a take-over are among the other ones.
    FunctionalAliasStatus {
        /// `activating`.
        Activating = "activating",
        /// `activated`.
        Activated = "activated",
        /// `deactivating`.
        Deactivating = "deactivating",
        /// `deactivated`.
        Deactivated = "deactivated",
    }
);

/// One functional alias of a client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FunctionalAliasState {
    /// The alias.
    pub functional_alias: FunctionalAlias,
    /// Its status; only in a notification.
    pub status: Option<FunctionalAliasStatus>,
    /// Until when it holds, `xs:dateTime`.
    pub expires: Option<ByteStr>,
    /// What is not known.
    pub extra: Extra,
}

impl PresenceDocument {
    /// A document about a user.
    pub fn of_user(user: &McpttId) -> Self {
        Self { entity: user.0.clone(), ..Self::default() }
    }

    /// A document about a group.
    pub fn of_group(group: &GroupId) -> Self {
        Self { entity: group.0.clone(), ..Self::default() }
    }

    /// The publication of a client: every group it wants to be affiliated to, and the identifier it will find
    /// in the notification.
    pub fn publication<'a>(
        user: &McpttId,
        client: &ClientId,
        groups: impl IntoIterator<Item = &'a GroupId>,
        p_id: impl Into<ByteStr>,
    ) -> Self {
        //= 24.379-9.2.1.2
        let affiliations = groups.into_iter().map(Affiliation::to_group).collect();
        let tuple = Tuple { affiliations, ..Tuple::of_client(client) };
        Self { tuples: vec![tuple], p_id: Some(p_id.into()), ..Self::of_user(user) }
    }

    /// Reads a body.
    ///
    /// # Errors
    /// [`XmlError`]: not XML, another document, an `entity`, tuple `id` or alias missing, or an element twice
    /// that may occur once.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        let document = Document::parse(body)?;
        let root = document.enter(NAMESPACE, "presence")?;
        let entity = root.required_attribute("entity")?;
        let mut presence = Self { entity, extra: root.extra(&["entity"]), ..Self::default() };
        for child in root.element_content()? {
            if child.local_in(NAMESPACE) == "tuple" {
                presence.tuples.push(Tuple::read(&child)?);
                continue;
            }
            match extension(&child) {
                "p-id" => child.once(&mut presence.p_id, child.leaf(&mut presence.extra))?,
                "p-id-fa" => child.once(&mut presence.p_id_fa, child.leaf(&mut presence.extra))?,
                _ => child.keep(&mut presence.extra),
            }
        }
        Ok(presence)
    }

    /// The document as text.
    pub fn to_xml(&self) -> String {
        let p_id = self.p_id.clone().map(|p_id| MCPTT.element("p-id").text(p_id));
        let p_id_fa = self.p_id_fa.clone().map(|p_id| MCPTT_FA.element("p-id-fa").text(p_id));
        let root = NAMESPACE
            .element("presence")
            .with("entity", self.entity.clone())
            .children(self.tuples.iter().map(Tuple::write))
            .children(p_id.into_iter().chain(p_id_fa))
            .extra(&self.extra)
            .in_order(&["tuple", "note", "*"]);
        writer::write(&root, &[NAMESPACE, MCPTT, MCPTT_FA, RPID])
    }
}

/// The local name of an element of one of the two extensions: releases differ in which of them the alias
/// elements belong to.
fn extension<'a>(at: &Cursor<'a>) -> &'a str {
    match at.local_in(MCPTT) {
        "" => at.local_in(MCPTT_FA),
        local => local,
    }
}

impl Tuple {
    /// The tuple of a client, in a document about a user.
    pub fn of_client(client: &ClientId) -> Self {
        Self { id: client.0.clone(), ..Self::default() }
    }

    /// The tuple of a user, in a document about a group.
    pub fn of_user(user: &McpttId) -> Self {
        Self { id: user.0.clone(), ..Self::default() }
    }

    fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let id = at.required_attribute("id")?;
        let mut tuple = Self { id, extra: at.extra(&["id"]), ..Self::default() };
        let mut status = None;
        for child in at.element_content()? {
            match child.local_in(NAMESPACE) {
                "status" => {
                    child.once(&mut status, ())?;
                    tuple.read_status(&child)?;
                }
                _ => child.keep(&mut tuple.extra),
            }
        }
        Ok(tuple)
    }

    fn read_status(&mut self, at: &Cursor<'_>) -> Result<(), XmlError> {
        self.status_extra = at.extra(&[]);
        for child in at.element_content()? {
            match extension(&child) {
                "affiliation" => self.affiliations.push(Affiliation::read(&child)?),
                "functionalAlias" => self.functional_aliases.push(FunctionalAliasState::read(&child)?),
                _ => child.keep(&mut self.status_extra),
            }
        }
        Ok(())
    }

    fn write(&self) -> Element {
        let status = NAMESPACE
            .element("status")
            .children(self.affiliations.iter().map(Affiliation::write))
            .children(self.functional_aliases.iter().map(FunctionalAliasState::write))
            .extra(&self.status_extra)
            .in_order(&["basic", "*"]);
        NAMESPACE.element("tuple").with("id", self.id.clone()).child(status).extra(&self.extra).in_order(&[
            "status",
            "*",
            "contact",
            "note",
            "timestamp",
        ])
    }
}

impl Affiliation {
    /// An affiliation to a group, in a document about a user.
    pub fn to_group(group: &GroupId) -> Self {
        Self { group: Some(group.clone()), ..Self::default() }
    }

    /// The affiliation of a client, in a document about a group.
    pub fn of_client(client: &ClientId) -> Self {
        Self { client: Some(client.clone()), ..Self::default() }
    }

    fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let mut extra = at.extra(&["group", "client", "status", "expires"]);
        let mut user_input = None;
        for child in at.element_content()? {
            match child.local_in(RPID) {
                "user-input" => {
                    let said = UserInput::read(&child.leaf(&mut extra));
                    child.once(&mut user_input, said)?;
                }
                _ => child.keep(&mut extra),
            }
        }
        Ok(Self {
            user_input,
            group: at.attribute("group").map(GroupId),
            client: at.attribute("client").map(ClientId),
            status: at.attribute("status").as_ref().map(AffiliationStatus::read),
            expires: at.attribute("expires"),
            extra,
        })
    }

    fn write(&self) -> Element {
        MCPTT
            .element("affiliation")
            .with_some("group", self.group.as_ref().map(|group| group.0.clone()))
            .with_some("client", self.client.as_ref().map(|client| client.0.clone()))
            .with_some("status", self.status.as_ref())
            .with_some("expires", self.expires.clone())
            .children(self.user_input.iter().map(|said| RPID.element("user-input").text(said)))
            .extra(&self.extra)
    }
}

impl FunctionalAliasState {
    fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let functional_alias = FunctionalAlias(at.required_attribute("functionalAliasID")?);
        let mut extra = at.extra(&["functionalAliasID", "status", "expires"]);
        extra.children = at.element_content()?.map(|child| child.element().clone()).collect();
        let status = at.attribute("status").as_ref().map(FunctionalAliasStatus::read);
        let expires = at.attribute("expires");
        Ok(Self { functional_alias, status, expires, extra })
    }

    fn write(&self) -> Element {
        MCPTT_FA
            .element("functionalAlias")
            .with("functionalAliasID", self.functional_alias.0.clone())
            .with_some("status", self.status.as_ref())
            .with_some("expires", self.expires.clone())
            .extra(&self.extra)
    }
}
