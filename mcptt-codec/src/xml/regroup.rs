//! `application/vnd.3gpp.mcptt-regroup+xml` (TS 24.379 F.7, Release 16): makes and ends a regroup with the settings
//! of a preconfigured group.
//!
//! It is written in the namespace of the clause and read in any, because deployments differ. The elements inside
//! of the lists are not certain: a list is read as the texts of its children in the namespace of the document,
//! whatever they are called, and an address may stand in an element of its own or directly. What stands beside an
//! address is kept.

use super::reader::{Cursor, Document};
use super::record::{TextValue, words};
use super::{Beside, Element, Extra, LeafKey, Namespace, XmlError, XmlErrorKind, writer};
use crate::id::{GroupId, McpttId};
use crate::text::ByteStr;

/// The namespace of the document.
pub const NAMESPACE: Namespace = Namespace { uri: "urn:3gpp:ns:preconfiguredRegroup:1.0", prefix: "" };

const PRECONFIGURED: &str = "preconfigured-group";
const REGROUP_URI: &str = "mcptt-regroup-uri";
const GROUP: &str = "group";
const USER: &str = "user";

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
    /// What is not known in `preconfig-group-id`.
    pub preconfigured_extra: Extra,
    /// What is not known in `groups-for-regroup`.
    pub groups_extra: Extra,
    /// What is not known in `users-for-regroup`.
    pub users_extra: Extra,
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
            preconfigured_extra: Extra::default(),
            groups_extra: Extra::default(),
            users_extra: Extra::default(),
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
        let (mut preconfigured_extra, mut groups_extra, mut users_extra) = Default::default();
        for child in at.element_content()? {
            match own_local(&child) {
                "preconfig-group-id" => {
                    child.once(&mut preconfigured, preconfigured_group(&child, &mut preconfigured_extra)?)?;
                }
                REGROUP_URI => child.once(&mut uri, address(&child, REGROUP_URI, 0, &mut extra)?)?,
                "groups-for-regroup" => {
                    child.once(&mut groups, members(&child, GROUP, &mut groups_extra)?)?;
                }
                "users-for-regroup" => child.once(&mut users, members(&child, USER, &mut users_extra)?)?,
                "regroup-action" => {
                    child.once(&mut action, RegroupAction::read(&child.leaf(&mut extra)))?;
                }
                _ => child.keep(&mut extra),
            }
        }
        let missing = |name| at.error(XmlErrorKind::Missing(name));
        Ok(Self {
            preconfigured_group: preconfigured,
            groups,
            users,
            preconfigured_extra,
            groups_extra,
            users_extra,
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
        let preconfigured = self.preconfigured_group.as_ref().map(|group| {
            let group = element(PRECONFIGURED).text(group.0.clone());
            element("preconfig-group-id").child(group).extra(&self.preconfigured_extra)
        });
        let groups = self.groups.as_ref().map(|groups| {
            let groups = groups.iter().map(|group| element(GROUP).text(group.0.clone()));
            element("groups-for-regroup").children(groups).extra(&self.groups_extra)
        });
        let users = self.users.as_ref().map(|users| {
            let users = users.iter().map(|user| element(USER).text(user.0.clone()));
            element("users-for-regroup").children(users).extra(&self.users_extra)
        });
        let params = element("mcpttregroup-Params")
            .children(preconfigured)
            .child(element(REGROUP_URI).text(self.regroup_uri.0.clone()))
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

/// The group in an element of its own, or directly.
fn preconfigured_group(at: &Cursor<'_>, extra: &mut Extra) -> Result<GroupId, XmlError> {
    if !at.text().is_empty() {
        return address(at, PRECONFIGURED, 0, extra);
    }
    *extra = at.extra(&[]);
    let mut group = None;
    for child in at.elements() {
        match own_local(&child) {
            "" | "anyExt" => child.keep(extra),
            _ => child.once(&mut group, address(&child, PRECONFIGURED, 0, extra)?)?,
        }
    }
    group.ok_or_else(|| at.error(XmlErrorKind::Value(GroupId::EXPECTED)))
}

/// The addresses in an element. `local` is what their elements are called when they are written.
fn members<T: TextValue>(
    at: &Cursor<'_>,
    local: &'static str,
    extra: &mut Extra,
) -> Result<Vec<T>, XmlError> {
    *extra = at.extra(&[]);
    let mut members = Vec::new();
    for child in at.element_content()? {
        match own_local(&child) {
            "" | "anyExt" => child.keep(extra),
            _ => members.push(address(&child, local, members.len(), extra)?),
        }
    }
    if members.len() > MAX_MEMBERS {
        let kind = XmlErrorKind::TooLarge { what: "members", limit: MAX_MEMBERS, got: members.len() };
        return Err(at.error(kind));
    }
    Ok(members)
}

/// An address in the element, or in the only element in it. What is beside it goes into `extra`, to be written into
/// element `number` of the name `local`.
fn address<T: TextValue>(
    at: &Cursor<'_>,
    local: &'static str,
    number: usize,
    extra: &mut Extra,
) -> Result<T, XmlError> {
    let mut text = at.text();
    let (mut inner, mut children) = (None, Vec::<Element>::new());
    let mut attributes = at.extra_attributes(&[]);
    for child in at.elements() {
        if child.element().name.local.as_str() == "anyExt" || !text.is_empty() {
            children.push(child.element().clone());
        } else {
            child.once(&mut inner, child)?;
        }
    }
    if let Some(inner) = inner {
        text = inner.text();
        children.extend(inner.element().elements().cloned());
        for attribute in inner.extra_attributes(&[]) {
            if attributes.iter().all(|own| own.name != attribute.name) {
                attributes.push(attribute);
            }
        }
    }
    if !attributes.is_empty() || !children.is_empty() {
        let local = ByteStr::from_static(local);
        extra.leaves.insert(LeafKey { local, number }, Beside { attributes, children });
    }
    T::from_text(&text).ok_or_else(|| at.error(XmlErrorKind::Value(T::EXPECTED)))
}
