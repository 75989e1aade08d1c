//! `application/vnd.3gpp.mcptt-mbms-usage-info+xml` (TS 24.379 F.2): which MBMS bearers there are, which of them a
//! client hears, and which are suspended.
//!
//! Some senders write the parts of a status beside it instead of into it; both forms are read, the one of the schema
//! is written.

use super::reader::Document;
use super::record::{ElementValue, TextValue, record, words};
use super::{Element, Extra, Namespace, Node, XmlError, writer};
use crate::text::ByteStr;

/// The namespace of the document.
pub const NAMESPACE: Namespace = Namespace { uri: "urn:3gpp:ns:mcpttMbmsUsage:1.0", prefix: "" };

const LISTENING: &str = "mbms-listening-status";
const SUSPENSION: &str = "mbms-suspension-status";

record! {
    /// The document.
    pub struct MbmsUsageInfo {
        attributes {}
        elements {
            /// `mbms-listening-status`: what a client hears.
            optional listening: ListeningStatus = NAMESPACE "mbms-listening-status",
            /// `mbms-suspension-status`: bearers that the network has suspended.
            optional suspension: SuspensionStatus = NAMESPACE "mbms-suspension-status",
            /// `announcement` of a bearer.
            optional announcement: Announcement = NAMESPACE "announcement",
            /// `GPMS`: number of the media line of the general purpose sub-channel in the session description beside
            /// this body, counted from 1.
            optional general_purpose_media: u64 = NAMESPACE "GPMS",
            /// `version` of the body.
            optional version: u64 = NAMESPACE "version",
        }
    }
}

record! {
    /// `mbms-listening-status`.
    pub struct ListeningStatus {
        attributes {}
        elements {
            /// Whether the client hears the bearer.
            required status: Listening = NAMESPACE "mbms-listening-status",
            /// `session-id`: the session whose media it hears.
            optional session_id: ByteStr = NAMESPACE "session-id",
            /// `general-purpose`: whether it is about the general purpose sub-channel.
            optional general_purpose: bool = NAMESPACE "general-purpose",
            /// `TMGI` of the bearers.
            many tmgi: HexBinary = NAMESPACE "TMGI",
        }
    }
}

words! {
    /// Whether a client hears a bearer.
    #[derive(Default)]
    Listening {
        /// `listening`.
        Listening = "listening",
        /// `not-listening`.
        #[default]
        NotListening = "not-listening",
    }
}

record! {
    /// `mbms-suspension-status`.
    pub struct SuspensionStatus {
        attributes {}
        elements {
            /// Whether bearers are about to be suspended.
            required status: Suspension = NAMESPACE "mbms-suspension-status",
            /// `number-of-reported-bearers`.
            optional number_of_reported_bearers: u64 = NAMESPACE "number-of-reported-bearers",
            /// `suspended-TMGI`.
            many suspended_tmgi: HexBinary = NAMESPACE "suspended-TMGI",
            /// `other-TMGI`: bearers of the same service areas that go on.
            many other_tmgi: HexBinary = NAMESPACE "other-TMGI",
        }
    }
}

words! {
    /// Whether bearers are about to be suspended.
    #[derive(Default)]
    Suspension {
        /// `suspending`.
        Suspending = "suspending",
        /// `not-suspending`.
        #[default]
        NotSuspending = "not-suspending",
    }
}

record! {
    /// `announcement`.
    pub struct Announcement {
        attributes {}
        elements {
            /// `TMGI` of the bearer.
            required tmgi: HexBinary = NAMESPACE "TMGI",
            /// `QCI`.
            optional qci: u64 = NAMESPACE "QCI",
            /// `frequency`: where to look for the bearer (EARFCN).
            many frequency: u64 = NAMESPACE "frequency",
            /// `mbms-service-areas`. Without one the bearer is gone.
            optional service_areas: ServiceAreas = NAMESPACE "mbms-service-areas",
            /// `report-suspension`: whether the client tells when the network suspends the bearer.
            optional report_suspension: bool = NAMESPACE "report-suspension",
        }
    }
}

record! {
    /// `mbms-service-areas`.
    pub struct ServiceAreas {
        attributes {}
        elements {
            /// `mbms-service-area-id`.
            many areas: HexBinary = NAMESPACE "mbms-service-area-id",
        }
    }
}

/// `xs:hexBinary` with at least one octet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct HexBinary(pub Vec<u8>);

impl TextValue for HexBinary {
    const EXPECTED: &'static str = "hexadecimal octets";

    fn from_text(text: &ByteStr) -> Option<Self> {
        let pairs = text.as_bytes().chunks(2);
        let octets = pairs.map(|pair| match pair {
            [high, low] => {
                let (high, low) = (char::from(*high).to_digit(16)?, char::from(*low).to_digit(16)?);
                u8::try_from((high << 4) | low).ok()
            }
            _ => None,
        });
        octets.collect::<Option<Vec<_>>>().filter(|octets| !octets.is_empty()).map(Self)
    }

    fn to_text(&self) -> ByteStr {
        self.0.iter().map(|octet| format!("{octet:02X}")).collect::<String>().into()
    }
}

impl Announcement {
    /// Whether the bearer is gone: an announcement without service areas.
    pub fn is_removal(&self) -> bool {
        self.service_areas.as_ref().is_none_or(|areas| areas.areas.is_empty())
    }
}

impl MbmsUsageInfo {
    /// Reads a body.
    ///
    /// # Errors
    /// [`XmlError`]: not XML, another document, an element twice or missing, or a value that is not of its type.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        let document = Document::parse(body)?.with_root(nested);
        Self::read(&document.enter(NAMESPACE, "mcptt-mbms-usage-info")?, 0, &mut Extra::default())
    }

    /// The document as text.
    pub fn to_xml(&self) -> String {
        writer::write(&self.write(NAMESPACE.name("mcptt-mbms-usage-info")), &[NAMESPACE])
    }
}

/// The form of the schema: what stands beside a status that is bare text moves into it.
fn nested(mut root: Element) -> Element {
    let parts: [(&str, &[&str]); 2] = [
        (LISTENING, &["session-id", "general-purpose", "TMGI"]),
        (SUSPENSION, &["number-of-reported-bearers", "suspended-TMGI", "other-TMGI"]),
    ];
    for (status, beside) in parts {
        let is_flat = |node: &Node| matches!(node, Node::Element(element) if !element.own_text().is_empty());
        let place = root.children.iter().position(|node| is_own(node, &[status]) && is_flat(node));
        let Some(place) = place else { continue };
        let mut wrapper = NAMESPACE.element(status);
        let mut kept = Vec::new();
        for (number, node) in std::mem::take(&mut root.children).into_iter().enumerate() {
            let moves = number == place || is_own(&node, beside);
            if moves { wrapper.children.push(node) } else { kept.push(node) }
        }
        let offset = wrapper.elements().next().map(|element| element.offset);
        wrapper.offset = offset.unwrap_or_default();
        root.children = kept;
        root.children.push(Node::Element(wrapper));
    }
    root
}

fn is_own(node: &Node, names: &[&str]) -> bool {
    matches!(node, Node::Element(element) if names.iter().any(|name| element.name.is(NAMESPACE.uri, name)))
}
