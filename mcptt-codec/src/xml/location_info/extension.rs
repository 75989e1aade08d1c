//! `anyExt` of a report: what later releases added to a location.

use super::super::reader::Cursor;
use super::super::{Attribute, Element, XmlError};
use super::NAMESPACE;
use super::encoding::Encoding;
use crate::id::FunctionalAlias;
use crate::text::ByteStr;

/// The elements whose value is looked at, with its encoding. Releases and senders differ in capitals and in hyphens,
/// so that names are compared without them.
const KNOWN: [(&str, Encoding); 11] = [
    ("currentservingncgi", Encoding::Ncgi),
    ("servingncgi", Encoding::Ncgi),
    ("neighbouringncgi", Encoding::Ncgi),
    ("altitude", Encoding::Altitude),
    ("horizontalaccuracy", Encoding::Accuracy),
    ("verticalaccuracy", Encoding::Accuracy),
    ("altitudeaccuracy", Encoding::Accuracy),
    ("bearingandspeed", Encoding::BearingAndSpeed),
    ("bearingspeed", Encoding::BearingAndSpeed),
    ("loctimestamp", Encoding::DateTime),
    ("functionalalias", Encoding::Text),
];

/// The elements of an `anyExt` in their order. Every one is kept as it came; a known one whose value is not of its type
/// is noted when it is read and not handed out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocationExtensions {
    /// The elements.
    pub elements: Vec<Element>,
    /// Attributes of `anyExt` itself.
    pub attributes: Vec<Attribute>,
}

impl LocationExtensions {
    /// Adds an element with a value in the clear: `<name type="Normal"><kind>value</kind></name>`, or bare when there
    /// is no `kind`.
    pub fn push(&mut self, name: &'static str, kind: Option<&'static str>, value: impl Into<ByteStr>) {
        let element = NAMESPACE.element(name);
        self.elements.push(match kind {
            Some(kind) => element.with("type", "Normal").child(NAMESPACE.element(kind).text(value)),
            None => element.text(value),
        });
    }

    /// `CurrentServingNcgi`: 6 digits of the PLMN and 36 binary digits.
    pub fn serving_ncgi(&self) -> Option<ByteStr> {
        self.first(&["currentservingncgi", "servingncgi"])
    }

    /// Every `NeighbouringNcgi` that is in the clear.
    pub fn neighbouring_ncgi(&self) -> impl Iterator<Item = ByteStr> {
        self.all(&["neighbouringncgi"])
    }

    /// Metres above (negative: below) the ellipsoid.
    pub fn altitude(&self) -> Option<i16> {
        self.first(&["altitude"])?.parse().ok()
    }

    /// Uncertainty code of the position, 0 to 127 (TS 23.032 6.2).
    pub fn horizontal_accuracy(&self) -> Option<u8> {
        self.first(&["horizontalaccuracy"])?.parse().ok()
    }

    /// Uncertainty code of the altitude, 0 to 127 (TS 23.032 6.4).
    pub fn vertical_accuracy(&self) -> Option<u8> {
        self.first(&["verticalaccuracy", "altitudeaccuracy"])?.parse().ok()
    }

    /// 7 octets of a velocity as 14 hexadecimal digits (TS 23.032 8.15).
    pub fn bearing_and_speed(&self) -> Option<ByteStr> {
        self.first(&["bearingandspeed", "bearingspeed"])
    }

    /// `locTimestamp`, `xs:dateTime` (see [`crate::xml::date_time`]).
    pub fn timestamp(&self) -> Option<ByteStr> {
        self.first(&["loctimestamp"])
    }

    /// Every `FunctionalAlias` that is in the clear.
    pub fn functional_aliases(&self) -> impl Iterator<Item = FunctionalAlias> {
        self.all(&["functionalalias"]).map(FunctionalAlias)
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty() && self.attributes.is_empty()
    }

    fn first(&self, names: &[&str]) -> Option<ByteStr> {
        self.all(names).next()
    }

    fn all<'a>(&'a self, names: &'a [&'a str]) -> impl Iterator<Item = ByteStr> + 'a {
        self.elements.iter().filter_map(|element| {
            let name = plain_name(element);
            let encoding =
                encoding_of(&name).filter(|_| names.contains(&name.as_str()) && !is_encrypted(element))?;
            Some(value_of(element).own_text()).filter(|value| encoding.accepts(value))
        })
    }

    /// Reads one `anyExt`; several become one.
    pub(super) fn read(&mut self, at: &Cursor<'_>) -> Result<(), XmlError> {
        self.attributes.extend(at.extra_attributes(&[]));
        for child in at.elements_beside_text() {
            if let Some(encoding) = encoding_of(&plain_name(child.element()))
                && !is_encrypted(child.element())
                && let Err(error) = encoding.check(&child, value_of(child.element()).own_text())
            {
                child.note(error);
            }
            self.elements.push(child.element().clone());
        }
        Ok(())
    }

    pub(super) fn write(&self) -> Option<Element> {
        if self.is_empty() {
            return None;
        }
        let mut element = NAMESPACE.element("anyExt");
        element.attributes.extend(self.attributes.iter().cloned());
        Some(element.children(self.elements.iter().cloned()))
    }
}

/// How the value of the element with that plain name is written.
fn encoding_of(plain_name: &str) -> Option<Encoding> {
    KNOWN.iter().find(|(known, _)| *known == plain_name).map(|(_, encoding)| *encoding)
}

/// The local name in small letters without hyphens, empty for another namespace.
fn plain_name(element: &Element) -> String {
    if element.name.namespace.as_str() != NAMESPACE.uri {
        return String::new();
    }
    element.name.local.chars().filter(|c| !matches!(c, '-' | '_')).map(|c| c.to_ascii_lowercase()).collect()
}

fn is_encrypted(element: &Element) -> bool {
    element
        .attributes
        .iter()
        .any(|attribute| attribute.name.is("", "type") && attribute.value.as_str() == "Encrypted")
}

/// The element with the value: itself, or the first one in it, however many wrappers there are.
fn value_of(element: &Element) -> &Element {
    match element.elements().next() {
        Some(inner) if element.own_text().is_empty() => value_of(inner),
        _ => element,
    }
}
