//! `application/vnd.3gpp.mcptt-regroup+xml` (TS 24.379 F.7, Release 16): makes and ends a regroup with the settings
//! of a preconfigured group.
//!
//! It is written in the namespace of the clause and read in any, because deployments differ. The elements inside
//! of the lists are not certain: a list is read as the texts of its children, whatever they are called, and an
//! address may stand in an element of its own or directly.

use super::reader::{Cursor, Document};
use super::record::{TextValue, words};
use super::{Extra, Namespace, XmlError, XmlErrorKind, writer};
use crate::id::{GroupId, McpttId};
use crate::text::ByteStr;

/// The namespace of the document.
pub const NAMESPACE: Namespace = Namespace { uri: "urn:3gpp:ns:preconfiguredRegroup:1.0", prefix: "" };

/// Most groups and most users of one regroup.
pub const MAX_MEMBERS: usize = 1024;

/// The document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Regroup {
    /// `preconfig-group-id`: the group whose settings are used.
    pub preconfigured_group: Option<GroupId>,
    /// `mcptt-regroup-uri`: the identity of the regroup.
    pub regroup_uri: GroupId,
    /// `groups-for-regroup`. `None`: it is not a regroup of groups.
    pub groups: Option<Vec<GroupId>>,
    /// `users-for-regroup`. `None`: it is not a regroup of users.
    pub users: Option<Vec<McpttId>>,
    /// `regroup-action`.
    pub action: RegroupAction,
    /// What is not known in `mcpttregroup-Params`.
    pub params_extra: Extra,
    /// What is not known beside it.
    pub extra: Extra,
}

words! {
    /// `regroup-action`.
    RegroupAction {
        /// Makes the regroup.
        Create = "create",
        /// Ends it.
        Remove = "remove",
    }
}

impl Regroup {
    /// Makes a regroup of groups.
    pub fn create(preconfigured: GroupId, regroup_uri: GroupId, groups: Vec<GroupId>) -> Self {
        let action = RegroupAction::Create;
        Self {
            preconfigured_group: Some(preconfigured),
            groups: Some(groups),
            ..Self::of(regroup_uri, action)
        }
    }

    /// Ends a regroup.
    pub fn remove(regroup_uri: GroupId) -> Self {
        Self::of(regroup_uri, RegroupAction::Remove)
    }

    fn of(regroup_uri: GroupId, action: RegroupAction) -> Self {
        Self {
            preconfigured_group: None,
            regroup_uri,
            groups: None,
            users: None,
            action,
            params_extra: Extra::default(),
            extra: Extra::default(),
        }
    }

    /// Reads a body, whatever its namespace is.
    ///
    /// # Errors
    /// [`XmlError`]: not XML, another document, the regroup or the action missing, an element twice that may
    /// occur once, or more than [`MAX_MEMBERS`] of a kind.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        let document = Document::parse(body)?;
        let root = document.enter_any("mcpttregroup")?;
        let (mut extra, mut params) = (root.extra(&[]), None);
        for child in root.element_content()? {
            match own_local(&child) {
                "mcpttregroup-Params" => child.once(&mut params, Self::read(&child)?)?,
                _ => child.keep(&mut extra),
            }
        }
        let params = params.ok_or_else(|| root.error(XmlErrorKind::Missing("mcpttregroup-Params")))?;
        Ok(Self { extra, ..params })
    }

    fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let (mut preconfigured, mut uri, mut groups, mut users, mut action) = (None, None, None, None, None);
        let mut extra = at.extra(&[]);
        for child in at.element_content()? {
            match own_local(&child) {
                "preconfig-group-id" => child.once(&mut preconfigured, address(&child)?)?,
                "mcptt-regroup-uri" => child.once(&mut uri, address(&child)?)?,
                "groups-for-regroup" => child.once(&mut groups, members(&child)?)?,
                "users-for-regroup" => child.once(&mut users, members(&child)?)?,
                "regroup-action" => child.once(&mut action, RegroupAction::read(&child.text()))?,
                _ => child.keep(&mut extra),
            }
        }
        let missing = |name| at.error(XmlErrorKind::Missing(name));
        Ok(Self {
            preconfigured_group: preconfigured,
            groups,
            users,
            params_extra: extra,
            ..Self::of(
                uri.ok_or_else(|| missing("mcptt-regroup-uri"))?,
                action.ok_or_else(|| missing("regroup-action"))?,
            )
        })
    }

    /// The document as text.
    pub fn to_xml(&self) -> String {
        let element = |name| NAMESPACE.element(name);
        let list = |name, child, addresses: Vec<ByteStr>| {
            element(name).children(addresses.into_iter().map(|address| element(child).text(address)))
        };
        let preconfigured = self.preconfigured_group.as_ref().map(|group| {
            element("preconfig-group-id").child(element("preconfigured-group").text(group.0.clone()))
        });
        let addresses = |groups: &Vec<GroupId>| groups.iter().map(|group| group.0.clone()).collect();
        let groups =
            self.groups.as_ref().map(|groups| list("groups-for-regroup", "group", addresses(groups)));
        let addresses = |users: &Vec<McpttId>| users.iter().map(|user| user.0.clone()).collect();
        let users = self.users.as_ref().map(|users| list("users-for-regroup", "user", addresses(users)));
        let params = element("mcpttregroup-Params")
            .children(preconfigured)
            .child(element("mcptt-regroup-uri").text(self.regroup_uri.0.clone()))
            .children(groups)
            .children(users)
            .child(element("regroup-action").text(&self.action))
            .extra(&self.params_extra);
        let root = element("mcpttregroup").child(params).extra(&self.extra);
        writer::write(&root, &[NAMESPACE])
    }
}

/// The local name of an element that belongs to the document: in the namespace of its parent or of the clause.
fn own_local<'a>(at: &Cursor<'a>) -> &'a str {
    match at.local_as_parent() {
        "" => at.local_in(NAMESPACE),
        local => local,
    }
}

/// An address in the element, or in the only element in it.
fn address<T: TextValue>(at: &Cursor<'_>) -> Result<T, XmlError> {
    let mut inner = None;
    for child in at.elements().filter(|child| child.element().name.local.as_str() != "anyExt") {
        child.once(&mut inner, child.text())?;
    }
    let text = inner.unwrap_or_else(|| at.text());
    T::from_text(&text).ok_or_else(|| at.error(XmlErrorKind::Value(T::EXPECTED)))
}

/// The addresses in an element.
fn members<T: TextValue>(at: &Cursor<'_>) -> Result<Vec<T>, XmlError> {
    let members = at.element_content()?.filter(|child| child.element().name.local.as_str() != "anyExt");
    let members = members.map(|child| address(&child)).collect::<Result<Vec<_>, _>>()?;
    if members.len() > MAX_MEMBERS {
        let kind = XmlErrorKind::TooLarge { what: "members", limit: MAX_MEMBERS, got: members.len() };
        return Err(at.error(kind));
    }
    Ok(members)
}
