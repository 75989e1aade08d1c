//! `application/conference-info+xml` (RFC 4575): who is in the session (TS 24.379 10.1.3).

use super::record::{self, ElementValue, record, words};
use super::{Element, Extra, Namespace, XmlError, writer};
use crate::id::{FunctionalAlias, GroupId, McpttId};
use crate::text::ByteStr;

/// The namespace of the document.
pub const NAMESPACE: Namespace = Namespace { uri: "urn:ietf:params:xml:ns:conference-info", prefix: "" };

/// Beginning of the namespaces that 3GPP gives to extensions.
const EXTENSIONS_OF_3GPP: &str = "urn:3gpp:ns:";

record! {
    /// The document.
    pub struct ConferenceInfo {
        attributes {
            /// MCPTT group ID.
            required entity: GroupId = "entity",
            /// Whether everything is told or only what changed; full when absent.
            optional state: State = "state",
            /// Number of the notification within its subscription.
            optional version: u32 = "version",
        }
        elements {
            /// `conference-description`.
            optional description: Description = NAMESPACE "conference-description",
            /// `host-info`.
            optional host_info: HostInfo = NAMESPACE "host-info",
            /// `conference-state`.
            optional conference_state: ConferenceState = NAMESPACE "conference-state",
            /// `users`; `None` when the document says nothing about users.
            optional users: Users = NAMESPACE "users",
            /// `sidebars-by-ref`; those by value are in `extra`.
            optional sidebars_by_ref: Uris = NAMESPACE "sidebars-by-ref",
        }
    }
}

words! {
    /// `state` of an element.
    State {
        /// Everything is told.
        Full = "full",
        /// What changed is told.
        Partial = "partial",
        /// The element is gone.
        Deleted = "deleted",
    }
}

record! {
    /// `conference-description`.
    pub struct Description {
        attributes {
            /// Whether everything is told.
            optional state: State = "state",
        }
        elements {
            /// A name to show.
            optional display_text: ByteStr = NAMESPACE "display-text",
            /// `subject`.
            optional subject: ByteStr = NAMESPACE "subject",
            /// `free-text`.
            optional free_text: ByteStr = NAMESPACE "free-text",
            /// `keywords`, separated by blanks.
            optional keywords: ByteStr = NAMESPACE "keywords",
            /// `conf-uris`: how to get into the conference.
            optional conf_uris: Uris = NAMESPACE "conf-uris",
            /// `service-uris`: where it is described.
            optional service_uris: Uris = NAMESPACE "service-uris",
            /// `maximum-user-count`.
            optional maximum_user_count: u32 = NAMESPACE "maximum-user-count",
            /// `available-media`.
            optional available_media: AvailableMedia = NAMESPACE "available-media",
        }
    }
}

record! {
    /// `host-info`.
    pub struct HostInfo {
        attributes {
            /// Whether everything is told.
            optional state: State = "state",
        }
        elements {
            /// A name to show.
            optional display_text: ByteStr = NAMESPACE "display-text",
            /// `web-page`.
            optional web_page: ByteStr = NAMESPACE "web-page",
            /// `uris`.
            optional uris: Uris = NAMESPACE "uris",
        }
    }
}

record! {
    /// `conference-state`.
    pub struct ConferenceState {
        attributes {
            /// Whether everything is told.
            optional state: State = "state",
        }
        elements {
            /// `user-count`.
            optional user_count: u32 = NAMESPACE "user-count",
            /// `active`: whether there are participants.
            optional active: bool = NAMESPACE "active",
            /// `locked`: whether nobody can join.
            optional locked: bool = NAMESPACE "locked",
        }
    }
}

record! {
    /// A list of URIs.
    pub struct Uris {
        attributes {
            /// Whether all are told.
            optional state: State = "state",
        }
        elements {
            /// The URIs.
            many entries: UriEntry = NAMESPACE "entry",
        }
    }
}

record! {
    /// A URI with its purpose.
    pub struct UriEntry {
        attributes {
            /// Whether everything is told.
            optional state: State = "state",
        }
        elements {
            /// `uri`.
            required uri: ByteStr = NAMESPACE "uri",
            /// A name to show.
            optional display_text: ByteStr = NAMESPACE "display-text",
            /// `purpose`, such as `participation` or `streaming`.
            optional purpose: ByteStr = NAMESPACE "purpose",
            /// `modified`.
            optional modified: Execution = NAMESPACE "modified",
        }
    }
}

record! {
    /// `available-media`.
    pub struct AvailableMedia {
        attributes {
            /// Whether everything is told.
            optional state: State = "state",
        }
        elements {
            /// The media.
            many entries: Medium = NAMESPACE "entry",
        }
    }
}

record! {
    /// A medium that the conference offers.
    pub struct Medium {
        attributes {
            /// `label` of the medium.
            required label: ByteStr = "label",
        }
        elements {
            /// A name to show.
            optional display_text: ByteStr = NAMESPACE "display-text",
            /// `type`, such as `audio`.
            optional kind: ByteStr = NAMESPACE "type",
            /// `status`.
            optional status: MediaStatus = NAMESPACE "status",
        }
    }
}

record! {
    /// `users`.
    pub struct Users {
        attributes {
            /// Whether these are all.
            optional state: State = "state",
        }
        elements {
            /// The users in their order.
            many users: User = NAMESPACE "user",
        }
    }
}

record! {
    /// One user.
    pub struct User {
        attributes {
            /// MCPTT ID.
            required entity: McpttId = "entity",
            /// Whether everything is told about this user.
            optional state: State = "state",
        }
        elements {
            /// A name to show.
            optional display_text: ByteStr = NAMESPACE "display-text",
            /// `associated-aors`: other addresses of the user.
            optional associated_aors: Uris = NAMESPACE "associated-aors",
            /// `roles`.
            optional roles: Roles = NAMESPACE "roles",
            /// `languages`, separated by blanks.
            optional languages: ByteStr = NAMESPACE "languages",
            /// `cascaded-focus`: the conference that the user is itself.
            optional cascaded_focus: ByteStr = NAMESPACE "cascaded-focus",
            /// The devices.
            many endpoints: Endpoint = NAMESPACE "endpoint",
        }
    }
}

record! {
    /// `roles` of a user.
    pub struct Roles {
        attributes {
            /// Whether all are told.
            optional state: State = "state",
        }
        elements {
            /// The roles, text for people.
            many entries: ByteStr = NAMESPACE "entry",
        }
    }
}

record! {
    /// One device of a user.
    pub struct Endpoint {
        attributes {
            /// Its contact URI.
            optional entity: ByteStr = "entity",
            /// Whether everything is told about this device.
            optional state: State = "state",
        }
        elements {
            /// A name to show.
            optional display_text: ByteStr = NAMESPACE "display-text",
            /// `referred`: who brought it in.
            optional referred: Execution = NAMESPACE "referred",
            /// `status`.
            optional status: EndpointStatus = NAMESPACE "status",
            /// `joining-method`.
            optional joining_method: JoiningMethod = NAMESPACE "joining-method",
            /// `joining-info`.
            optional joining_info: Execution = NAMESPACE "joining-info",
            /// `disconnection-method`.
            optional disconnection_method: DisconnectionMethod = NAMESPACE "disconnection-method",
            /// `disconnection-info`.
            optional disconnection_info: Execution = NAMESPACE "disconnection-info",
            /// The media.
            many media: Media = NAMESPACE "media",
            /// `call-info`.
            optional call_info: CallInfo = NAMESPACE "call-info",
        }
    }
}

words! {
    /// `status` of an endpoint.
    EndpointStatus {
        /// `pending`.
        Pending = "pending",
        /// `dialing-out`.
        DialingOut = "dialing-out",
        /// `dialing-in`.
        DialingIn = "dialing-in",
        /// `alerting`.
        Alerting = "alerting",
        /// `on-hold`.
        OnHold = "on-hold",
        /// `connected`.
        Connected = "connected",
        /// `muted-via-focus`.
        MutedViaFocus = "muted-via-focus",
        /// `disconnecting`.
        Disconnecting = "disconnecting",
        /// `disconnected`.
        Disconnected = "disconnected",
    }
}

words! {
    /// `joining-method`.
    JoiningMethod {
        /// The user called.
        DialedIn = "dialed-in",
        /// The user was called.
        DialedOut = "dialed-out",
        /// The user runs the conference.
        FocusOwner = "focus-owner",
    }
}

words! {
    /// `disconnection-method`.
    DisconnectionMethod {
        /// The user left.
        Departed = "departed",
        /// The user was removed.
        Booted = "booted",
        /// The call failed.
        Failed = "failed",
        /// The user was busy.
        Busy = "busy",
    }
}

words! {
    /// Direction of a medium, seen from the participant.
    MediaStatus {
        /// `sendrecv`.
        SendRecv = "sendrecv",
        /// `sendonly`.
        SendOnly = "sendonly",
        /// `recvonly`.
        RecvOnly = "recvonly",
        /// `inactive`.
        Inactive = "inactive",
    }
}

record! {
    /// When, why and by whom something was done.
    pub struct Execution {
        attributes {}
        elements {
            /// `when`, `xs:dateTime` (see [`super::date_time`]).
            optional when: ByteStr = NAMESPACE "when",
            /// `reason`.
            optional reason: ByteStr = NAMESPACE "reason",
            /// `by`, a URI.
            optional by: ByteStr = NAMESPACE "by",
        }
    }
}

record! {
    /// One medium of an endpoint.
    pub struct Media {
        attributes {
            /// `id`, unique in the endpoint.
            required id: ByteStr = "id",
            /// Whether everything is told.
            optional state: State = "state",
        }
        elements {
            /// A name to show.
            optional display_text: ByteStr = NAMESPACE "display-text",
            /// `type`, such as `audio`.
            optional kind: ByteStr = NAMESPACE "type",
            /// `label`: the medium of the conference.
            optional label: ByteStr = NAMESPACE "label",
            /// `src-id`: the synchronisation source, decimal.
            optional src_id: ByteStr = NAMESPACE "src-id",
            /// `status`.
            optional status: MediaStatus = NAMESPACE "status",
        }
    }
}

record! {
    /// `call-info`.
    pub struct CallInfo {
        attributes {}
        elements {
            /// `sip`: the dialog of the endpoint.
            optional sip: SipDialog = NAMESPACE "sip",
        }
    }
}

record! {
    /// A dialog.
    pub struct SipDialog {
        attributes {}
        elements {
            /// A name to show.
            optional display_text: ByteStr = NAMESPACE "display-text",
            /// `call-id`.
            required call_id: ByteStr = NAMESPACE "call-id",
            /// `from-tag`.
            required from_tag: ByteStr = NAMESPACE "from-tag",
            /// `to-tag`.
            required to_tag: ByteStr = NAMESPACE "to-tag",
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
            ..Self::default()
        }
    }

    /// A document that tells what changed since the one before.
    pub fn partial(group: &GroupId, version: u32, users: impl IntoIterator<Item = User>) -> Self {
        let users =
            Users { users: users.into_iter().collect(), state: Some(State::Partial), ..Users::default() };
        Self {
            entity: group.clone(),
            state: Some(State::Partial),
            version: Some(version),
            users: Some(users),
            ..Self::default()
        }
    }

    /// Reads a body.
    ///
    /// # Errors
    /// [`XmlError`]: not XML, another document, an attribute missing, an element twice, or a value that is not of its
    /// type.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        record::document(body, NAMESPACE, "conference-info")
    }

    /// The document as text.
    pub fn to_xml(&self) -> String {
        writer::write(&self.write(NAMESPACE.name("conference-info")), &[NAMESPACE])
    }
}

impl User {
    /// A user with one connected device.
    pub fn connected(user: &McpttId) -> Self {
        Self::with_endpoint(user, Endpoint { status: Some(EndpointStatus::Connected), ..Endpoint::default() })
    }

    /// A user whose one device has left.
    pub fn disconnected(user: &McpttId, method: DisconnectionMethod) -> Self {
        let endpoint = Endpoint {
            status: Some(EndpointStatus::Disconnected),
            disconnection_method: Some(method),
            ..Endpoint::default()
        };
        Self::with_endpoint(user, endpoint)
    }

    fn with_endpoint(user: &McpttId, endpoint: Endpoint) -> Self {
        Self { entity: user.clone(), endpoints: vec![endpoint], ..Self::default() }
    }

    /// The functional aliases that the extension of 3GPP tells about the user. The name of that extension differs
    /// between sources, so that the local name in any namespace of 3GPP counts.
    pub fn functional_aliases(&self) -> Vec<FunctionalAlias> {
        let mut found = Vec::new();
        let extras = self.endpoints.iter().map(|endpoint| &endpoint.extra).chain([&self.extra]);
        extras.for_each(|extra: &Extra| extra.children.iter().for_each(|child| collect(child, &mut found)));
        found
    }
}

fn collect(element: &Element, found: &mut Vec<FunctionalAlias>) {
    let local = element.name.local.to_ascii_lowercase();
    if element.name.namespace.starts_with(EXTENSIONS_OF_3GPP)
        && matches!(local.as_str(), "functional-alias" | "functionalalias")
    {
        found.push(FunctionalAlias(element.own_text()));
    }
    element.elements().for_each(|child| collect(child, found));
}
