//! `application/reginfo+xml` (RFC 3680, with the GRUUs of RFC 5628): which contacts an address of record is registered with.

use super::reader::{Cursor, Document};
use super::record::words;
use super::{Element, Extra, Namespace, XmlError, record, writer};
use crate::text::ByteStr;

/// The namespace of the document.
pub const NAMESPACE: Namespace = Namespace { uri: "urn:ietf:params:xml:ns:reginfo", prefix: "" };
/// The namespace of GRUUs (RFC 5628).
pub const GRUU: Namespace = Namespace { uri: "urn:ietf:params:xml:ns:gruuinfo", prefix: "gr" };

/// The document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegInfo {
    /// One more with each document of a subscription.
    pub version: u32,
    /// Whether it holds everything (`full`) or what has changed (`partial`).
    pub full: bool,
    /// The addresses of record.
    pub registrations: Vec<Registration>,
    /// What is not known.
    pub extra: Extra,
}

/// An address of record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The address.
    pub aor: ByteStr,
    /// Names it for as long as it is watched.
    pub id: ByteStr,
    /// How far it is.
    pub state: RegistrationState,
    /// Its contacts.
    pub contacts: Vec<Contact>,
    /// What is not known.
    pub extra: Extra,
}

/// A contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Names it for as long as it is registered.
    pub id: ByteStr,
    /// Whether it is registered.
    pub state: ContactState,
    /// What has happened to it last.
    pub event: ContactEvent,
    /// Seconds that are left.
    pub expires: Option<u32>,
    /// How much it is preferred, as it was written.
    pub q: Option<ByteStr>,
    /// The URI.
    pub uri: ByteStr,
    /// The public GRUU of its device.
    pub pub_gruu: Option<ByteStr>,
    /// What is not known.
    pub extra: Extra,
}

words! {
    /// `state` of a registration.
    RegistrationState {
        /// No contact was ever registered.
        Init = "init",
        /// There is a contact.
        Active = "active",
        /// There is none any more.
        Terminated = "terminated",
    }
}

words! {
    /// `state` of a contact.
    ContactState {
        /// It is registered.
        Active = "active",
        /// It is not, or no longer.
        Terminated = "terminated",
    }
}

words! {
    /// `event` of a contact.
    ContactEvent {
        /// A REGISTER has made it.
        Registered = "registered",
        /// An administrator has made it.
        Created = "created",
        /// It was registered again.
        Refreshed = "refreshed",
        /// It is to be registered again soon.
        Shortened = "shortened",
        /// Its time is over.
        Expired = "expired",
        /// It is to be registered again at once.
        Deactivated = "deactivated",
        /// It is to be registered again later.
        Probation = "probation",
        /// A REGISTER has ended it.
        Unregistered = "unregistered",
        /// It may not be registered again.
        Rejected = "rejected",
    }
}

impl RegInfo {
    /// Reads a body.
    ///
    /// # Errors
    /// [`XmlError`]: not XML, another document, or an element or attribute missing that the schema asks for.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        let document = Document::parse(body)?;
        let root = document.enter(NAMESPACE, "reginfo")?;
        let mut info = Self {
            version: record::attribute(&root, "version")?.unwrap_or_default(),
            full: root.required_attribute("state")? == *"full",
            registrations: Vec::new(),
            extra: root.extra(&["version", "state"]),
        };
        for child in root.element_content()? {
            match child.local_in(NAMESPACE) {
                "registration" => info.registrations.push(Registration::read(&child)?),
                _ => child.keep(&mut info.extra),
            }
        }
        Ok(info)
    }

    /// The document as text.
    pub fn to_xml(&self) -> String {
        let root = NAMESPACE
            .element("reginfo")
            .with("version", self.version.to_string())
            .with("state", if self.full { "full" } else { "partial" })
            .children(self.registrations.iter().map(Registration::write))
            .extra(&self.extra);
        writer::write(&root, &[NAMESPACE, GRUU])
    }
}

impl Registration {
    fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let mut registration = Self {
            aor: at.required_attribute("aor")?,
            id: at.required_attribute("id")?,
            state: RegistrationState::read(&at.required_attribute("state")?),
            contacts: Vec::new(),
            extra: at.extra(&["aor", "id", "state"]),
        };
        for child in at.element_content()? {
            match child.local_in(NAMESPACE) {
                "contact" => registration.contacts.push(Contact::read(&child)?),
                _ => child.keep(&mut registration.extra),
            }
        }
        Ok(registration)
    }

    fn write(&self) -> Element {
        NAMESPACE
            .element("registration")
            .with("aor", self.aor.clone())
            .with("id", self.id.clone())
            .with("state", &self.state)
            .children(self.contacts.iter().map(Contact::write))
            .extra(&self.extra)
    }
}

impl Contact {
    fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let (mut uri, mut pub_gruu) = (None, None);
        let mut extra = at.extra(&["id", "state", "event", "expires", "q"]);
        for child in at.element_content()? {
            match (child.local_in(NAMESPACE), child.local_in(GRUU)) {
                ("uri", _) => child.once(&mut uri, child.leaf(&mut extra))?,
                (_, "pub-gruu") if child.elements().next().is_none() => {
                    child.once(&mut pub_gruu, child.required_attribute("uri")?)?;
                }
                _ => child.keep(&mut extra),
            }
        }
        Ok(Self {
            id: at.required_attribute("id")?,
            state: ContactState::read(&at.required_attribute("state")?),
            event: ContactEvent::read(&at.required_attribute("event")?),
            expires: record::attribute(at, "expires")?,
            q: at.attribute("q"),
            uri: uri.unwrap_or_default(),
            pub_gruu,
            extra,
        })
    }

    fn write(&self) -> Element {
        let gruu = self.pub_gruu.as_ref().map(|uri| GRUU.element("pub-gruu").with("uri", uri.clone()));
        NAMESPACE
            .element("contact")
            .with("id", self.id.clone())
            .with("state", &self.state)
            .with("event", &self.event)
            .with_some("expires", self.expires.map(|seconds| seconds.to_string()))
            .with_some("q", self.q.clone())
            .child(NAMESPACE.element("uri").text(self.uri.clone()))
            .children(gruu)
            .extra(&self.extra)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: &str = include_str!("../../tests/documents/reginfo_alice.xml");

    #[test]
    fn a_document_is_read_and_written() {
        let info = RegInfo::parse(ALICE.as_bytes()).unwrap();
        assert_eq!((info.version, info.full, info.registrations.len()), (3, true, 1));
        let alice = &info.registrations[0];
        assert_eq!(
            (alice.aor.as_str(), &alice.state),
            ("sip:alice@ims.example.org", &RegistrationState::Active)
        );
        let (first, second) = (&alice.contacts[0], &alice.contacts[1]);
        assert_eq!(
            (&first.state, &first.event, first.expires),
            (&ContactState::Active, &ContactEvent::Refreshed, Some(580))
        );
        assert_eq!(first.uri, "sip:alice@192.0.2.10:5060");
        assert_eq!(
            first.pub_gruu.as_deref(),
            Some("sip:alice@ims.example.org;gr=urn:uuid:00000000-0000-4000-8000-0000000000a1")
        );
        assert_eq!((&second.state, &second.event), (&ContactState::Terminated, &ContactEvent::Expired));
        assert_eq!(second.extra.children.len(), 1, "a display name is kept");
        assert_eq!(RegInfo::parse(info.to_xml().as_bytes()), Ok(info));
    }

    #[test]
    fn what_the_schema_asks_for_must_be_there() {
        for (from, to) in
            [(" state=\"full\"", ""), (" aor=", " other="), (" id=\"c1\"", ""), (" event=\"expired\"", "")]
        {
            assert!(ALICE.contains(from), "{from}");
            assert!(RegInfo::parse(ALICE.replacen(from, to, 1).as_bytes()).is_err(), "{from}");
        }
        assert!(RegInfo::parse(ALICE.replace("expires=\"580\"", "expires=\"soon\"").as_bytes()).is_err());
    }
}
