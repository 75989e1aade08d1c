//! GKTP documents (TS 24.481, group key transport): the keys of a group on their way to its members.
//!
//! Each key is a MIKEY message, written in hexadecimal digits, that only its receiver can open. Nothing is opened
//! here; [`Gktp::message`] is what [`crate::mikey`] reads. `MKFC-GKTPs` of an mcptt-info body is such a list too:
//! [`GktpList::of`].

use std::fmt;

use bytes::Bytes;

use super::reader::{Cursor, Document};
use super::record::{ElementValue, document, record};
use super::{Element, Extra, Name, Namespace, XmlError, XmlErrorKind, writer};
use crate::id::GroupId;
use crate::mikey::Mikey;
use crate::text::ByteStr;
use crate::{DecodeError, Decoded};

/// The namespace of the document.
pub const NAMESPACE: Namespace = Namespace { uri: "urn:3gpp:ns:mcpttGKTP:1.0", prefix: "" };

record! {
    /// `GKTPs`: the document.
    pub struct Gktps {
        attributes {}
        elements {
            /// `GMK-GKTPs`: group master keys.
            optional gmk: GktpList = NAMESPACE "GMK-GKTPs",
            /// `MKFC-GKTPs`: keys of multicast floor control.
            optional mkfc: GktpList = NAMESPACE "MKFC-GKTPs",
        }
    }
}

record! {
    /// Keys of one kind.
    pub struct GktpList {
        attributes {}
        elements {
            /// `GKTP`: keys of the group.
            many gktps: Gktp = NAMESPACE "GKTP",
            /// `on-network-regrouped-GKTPs`: keys of the temporary groups that the group is part of.
            many regrouped: RegroupedGktps = NAMESPACE "on-network-regrouped-GKTPs",
        }
    }
}

record! {
    /// `on-network-regrouped-GKTPs`: keys of a temporary group.
    pub struct RegroupedGktps {
        attributes {
            /// `temporary-MCPTT-group-ID`: the temporary group.
            optional temporary_group: GroupId = "temporary-MCPTT-group-ID",
        }
        elements {
            /// `GKTP`: its keys.
            many gktps: Gktp = NAMESPACE "GKTP",
        }
    }
}

/// `GKTP`: a key.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Gktp {
    /// `id`: which key.
    pub id: Option<ByteStr>,
    /// `activationtime`: since when it counts, as it stands.
    pub activation_time: Option<ByteStr>,
    /// The MIKEY message.
    pub message: Bytes,
    /// What is not known.
    pub extra: Extra,
}

impl Gktps {
    /// Reads a document.
    ///
    /// # Errors
    /// [`XmlError`]: not XML, another document, an element twice that may occur once, or a key that is not in
    /// hexadecimal digits.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        document(body, NAMESPACE, "GKTPs")
    }

    /// The document as text.
    pub fn to_xml(&self) -> String {
        writer::write(&self.write(NAMESPACE.name("GKTPs")), &[NAMESPACE])
    }
}

impl GktpList {
    /// The keys in an element of another document, whatever it is called.
    ///
    /// # Errors
    /// As [`Gktps::parse`]; places count in that element.
    pub fn of(element: &Element) -> Result<Self, XmlError> {
        let text = writer::write(element, &[NAMESPACE]);
        let document = Document::parse(text.as_bytes())?;
        Self::read(&document.enter_any(&element.name.local)?, 0, &mut Extra::default())
    }

    /// The keys as an element of another document.
    pub fn to_element(&self, name: Name) -> Element {
        self.write(name)
    }

    /// Every key, those of temporary groups last.
    pub fn all(&self) -> impl Iterator<Item = &Gktp> {
        self.gktps.iter().chain(self.regrouped.iter().flat_map(|regrouped| &regrouped.gktps))
    }
}

impl Gktp {
    /// The MIKEY message, its contents still closed.
    ///
    /// # Errors
    /// [`DecodeError`] when it is none.
    pub fn mikey(&self) -> Result<Decoded<Mikey>, DecodeError> {
        Mikey::decode(&self.message)
    }
}

/// Keys are not for logs, closed or not.
impl fmt::Debug for Gktp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gktp")
            .field("id", &self.id)
            .field("activation_time", &self.activation_time)
            .field("octets", &self.message.len())
            .finish_non_exhaustive()
    }
}

impl ElementValue for Gktp {
    fn read(at: &Cursor<'_>, _: usize, _: &mut Extra) -> Result<Self, XmlError> {
        let mut extra = at.extra(&["id", "activationtime"]);
        extra.children = at.element().elements().cloned().collect();
        let message = octets(&at.text());
        Ok(Self {
            id: at.attribute("id"),
            activation_time: at.attribute("activationtime"),
            message: message.ok_or_else(|| at.error(XmlErrorKind::Value("hexadecimal digits")))?.into(),
            extra,
        })
    }

    fn write(&self, name: Name) -> Element {
        let digits = self.message.iter().map(|octet| format!("{octet:02X}")).collect::<String>();
        let element = Element::new(name)
            .with_some("id", self.id.clone())
            .with_some("activationtime", self.activation_time.clone());
        let element = if digits.is_empty() { element } else { element.text(digits) };
        element.extra(&self.extra)
    }
}

/// `xs:hexBinary`.
fn octets(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    let digit = |octet: &u8| char::from(*octet).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let octet = |pair: &[u8]| match pair {
        [high, low] => Some(digit(high)?.wrapping_shl(4) | digit(low)?),
        _ => None,
    };
    pairs.map(octet).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRE: &str = include_str!("../../tests/documents/gktp_fire.xml");

    #[test]
    fn keys_are_found_and_hidden() {
        let document = Gktps::parse(FIRE.as_bytes()).unwrap();
        let gmk = document.gmk.as_ref().unwrap();
        let ids: Vec<_> = gmk.all().map(|gktp| gktp.id.as_deref().unwrap()).collect();
        assert_eq!(ids, ["gmk-1", "gmk-2", "gmk-t"]);
        assert_eq!(
            gmk.regrouped[0].temporary_group,
            Some(GroupId::from("sip:grosslage-77@feuerwehr.example.org"))
        );
        let key = &gmk.gktps[0];
        assert_eq!(key.activation_time.as_deref(), Some("2026-03-01T12:00:00Z"));
        assert_eq!(key.mikey().unwrap().value.payloads().len(), 1);
        assert_eq!(document.mkfc.as_ref().unwrap().gktps[0].message, [0xab, 0xcd][..]);
        let shown = format!("{key:?}");
        assert!(shown.contains("octets: 20") && !shown.contains("message"), "{shown}");
        assert_eq!(Gktps::parse(document.to_xml().as_bytes()), Ok(document));
    }

    #[test]
    fn a_key_that_is_not_in_digits_is_refused_with_its_place() {
        for wrong in ["ABC", "AX", "A B"] {
            let error = Gktps::parse(FIRE.replace("abCD", wrong).as_bytes()).unwrap_err();
            assert_eq!(
                (error.path.as_str(), error.kind),
                ("/GKTPs/MKFC-GKTPs/GKTP", XmlErrorKind::Value("hexadecimal digits"))
            );
        }
    }

    #[test]
    fn keys_of_floor_control_are_found_in_mcptt_info() {
        let body = "<mcpttinfo xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\"><mcptt-Params>\
            <MKFC-GKTPs><k:GKTP xmlns:k=\"urn:3gpp:ns:mcpttGKTP:1.0\" id=\"7\">00ff</k:GKTP></MKFC-GKTPs>\
            </mcptt-Params></mcpttinfo>";
        let info = crate::xml::mcptt_info::McpttInfo::parse(body.as_bytes()).unwrap();
        let keys = GktpList::of(info.mkfc_gktps.as_ref().unwrap()).unwrap();
        assert_eq!((keys.gktps[0].id.as_deref(), &keys.gktps[0].message[..]), (Some("7"), &[0, 0xff][..]));
    }
}
