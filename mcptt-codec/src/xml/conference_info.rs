//! `application/conference-info+xml` (RFC 4575): who is in the session (TS 24.379 10.1.3).

use super::open_enum::open_enum;
use super::reader::{Cursor, Document};
use super::{Element, Extra, Namespace, XmlError, XmlErrorKind, writer};
use crate::id::{GroupId, McpttId};
use crate::text::ByteStr;

/// The namespace of the document.
pub const NAMESPACE: Namespace = Namespace { uri: "urn:ietf:params:xml:ns:conference-info", prefix: "" };

/// The document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConferenceInfo {
    /// MCPTT group ID.
    pub entity: GroupId,
    /// Whether everything is told or only what changed; full when not stated.
    pub state: Option<State>,
    /// Number of the notification within its subscription.
    pub version: Option<u32>,
    /// The users; `None` when the document says nothing about users.
    pub users: Option<Users>,
    /// What is not known or not used here: description, host, conference state, side bars.
    pub extra: Extra,
}

/// `users`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Users {
    /// The users in their order.
    pub users: Vec<User>,
    /// Whether these are all.
    pub state: Option<State>,
    /// What is not known.
    pub extra: Extra,
}

/// One user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// MCPTT ID.
    pub entity: McpttId,
    /// Whether everything is told about this user.
    pub state: Option<State>,
    /// A name to show.
    pub display_text: Option<ByteStr>,
    /// The devices.
    pub endpoints: Vec<Endpoint>,
    /// What is not known or not used here.
    pub extra: Extra,
}

/// One device of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// Its contact URI.
    pub entity: Option<ByteStr>,
    /// Whether everything is told about this device.
    pub state: Option<State>,
    /// `status`.
    pub status: Option<EndpointStatus>,
    /// `joining-method`: `dialed-in`, `dialed-out`, `focus-owner`.
    pub joining_method: Option<ByteStr>,
    /// `disconnection-method`: `departed`, `booted`, `failed`, `busy`.
    pub disconnection_method: Option<ByteStr>,
    /// What is not known or not used here.
    pub extra: Extra,
}

/// `state` of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Everything is told.
    Full,
    /// What changed is told.
    Partial,
    /// The element is gone.
    Deleted,
}

open_enum!(
    /// `status` of an endpoint.
    EndpointStatus {
        /// `connected`.
        Connected = "connected",
        /// `disconnected`.
        Disconnected = "disconnected",
    }
);

impl State {
    /// The value on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Partial => "partial",
            Self::Deleted => "deleted",
        }
    }

    fn read(at: &Cursor<'_>) -> Result<Option<Self>, XmlError> {
        match at.attribute("state").as_deref() {
            None => Ok(None),
            Some("full") => Ok(Some(Self::Full)),
            Some("partial") => Ok(Some(Self::Partial)),
            Some("deleted") => Ok(Some(Self::Deleted)),
            Some(_) => Err(at.error(XmlErrorKind::Value("full, partial or deleted"))),
        }
    }
}

impl ConferenceInfo {
    /// A document that tells everything. The identities are those of the service, not the addresses of legs.
    pub fn full(group: &GroupId, version: u32, users: impl IntoIterator<Item = User>) -> Self {
        //= 24.379-6.3.3.4:entity
        Self {
            entity: group.clone(),
            state: Some(State::Full),
            version: Some(version),
            users: Some(Users { users: users.into_iter().collect(), ..Users::default() }),
            extra: Extra::default(),
        }
    }

    /// Reads a body.
    ///
    /// # Errors
    /// [`XmlError`]: not XML, another document, an element twice, or a value that is not of its type.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        let document = Document::parse(body)?;
        let root = document.enter(NAMESPACE, "conference-info")?;
        let version = root
            .attribute("version")
            .map(|version| version.parse().map_err(|_| root.error(XmlErrorKind::Value("a version number"))));
        let mut info = Self {
            entity: GroupId(root.required_attribute("entity")?),
            state: State::read(&root)?,
            version: version.transpose()?,
            users: None,
            extra: root.extra(&["entity", "state", "version"]),
        };
        for child in root.element_content()? {
            match child.local_in(NAMESPACE) {
                "users" => child.once(&mut info.users, Users::read(&child)?)?,
                _ => child.keep(&mut info.extra),
            }
        }
        Ok(info)
    }

    /// The document as text.
    pub fn to_xml(&self) -> String {
        let root = NAMESPACE
            .element("conference-info")
            .with("entity", self.entity.0.clone())
            .with_some("state", self.state.map(State::as_str))
            .with_some("version", self.version.map(|version| version.to_string()))
            .children(self.users.as_ref().map(Users::write))
            .extra(&self.extra)
            .in_order(&[
                "conference-description",
                "host-info",
                "conference-state",
                "users",
                "sidebars-by-ref",
                "sidebars-by-val",
                "*",
            ]);
        writer::write(&root, &[NAMESPACE])
    }
}

impl Users {
    fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let mut users = Self { users: Vec::new(), state: State::read(at)?, extra: at.extra(&["state"]) };
        for child in at.element_content()? {
            match child.local_in(NAMESPACE) {
                "user" => users.users.push(User::read(&child)?),
                _ => child.keep(&mut users.extra),
            }
        }
        Ok(users)
    }

    fn write(&self) -> Element {
        NAMESPACE
            .element("users")
            .with_some("state", self.state.map(State::as_str))
            .children(self.users.iter().map(User::write))
            .extra(&self.extra)
    }
}

impl User {
    /// A user with one connected device.
    pub fn connected(user: &McpttId) -> Self {
        let endpoint = Endpoint { status: Some(EndpointStatus::Connected), ..Endpoint::default() };
        Self { entity: user.clone(), endpoints: vec![endpoint], ..Self::default() }
    }

    fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let mut user = Self {
            entity: McpttId(at.required_attribute("entity")?),
            state: State::read(at)?,
            extra: at.extra(&["entity", "state"]),
            ..Self::default()
        };
        for child in at.element_content()? {
            match child.local_in(NAMESPACE) {
                "display-text" => child.once(&mut user.display_text, child.text())?,
                "endpoint" => user.endpoints.push(Endpoint::read(&child)?),
                _ => child.keep(&mut user.extra),
            }
        }
        Ok(user)
    }

    fn write(&self) -> Element {
        NAMESPACE
            .element("user")
            .with("entity", self.entity.0.clone())
            .with_some("state", self.state.map(State::as_str))
            .children(text("display-text", self.display_text.as_ref()))
            .children(self.endpoints.iter().map(Endpoint::write))
            .extra(&self.extra)
            .in_order(&[
                "display-text",
                "associated-aors",
                "roles",
                "languages",
                "cascaded-focus",
                "endpoint",
                "*",
            ])
    }
}

impl Endpoint {
    fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let mut endpoint = Self {
            entity: at.attribute("entity"),
            state: State::read(at)?,
            extra: at.extra(&["entity", "state"]),
            ..Self::default()
        };
        for child in at.element_content()? {
            match child.local_in(NAMESPACE) {
                "status" => child.once(&mut endpoint.status, EndpointStatus::read(&child.text()))?,
                "joining-method" => child.once(&mut endpoint.joining_method, child.text())?,
                "disconnection-method" => child.once(&mut endpoint.disconnection_method, child.text())?,
                _ => child.keep(&mut endpoint.extra),
            }
        }
        Ok(endpoint)
    }

    fn write(&self) -> Element {
        let status = self.status.as_ref().map(|status| ByteStr::from(status.as_str()));
        NAMESPACE
            .element("endpoint")
            .with_some("entity", self.entity.clone())
            .with_some("state", self.state.map(State::as_str))
            .children(text("status", status.as_ref()))
            .children(text("joining-method", self.joining_method.as_ref()))
            .children(text("disconnection-method", self.disconnection_method.as_ref()))
            .extra(&self.extra)
            .in_order(&[
                "display-text",
                "referred",
                "status",
                "joining-method",
                "joining-info",
                "disconnection-method",
                "disconnection-info",
                "media",
                "call-info",
                "*",
            ])
    }
}

fn text(name: &'static str, value: Option<&ByteStr>) -> Option<Element> {
    value.map(|value| NAMESPACE.element(name).text(value.clone()))
}
