//! Encodings of cells, areas, coordinates and movement (TS 24.379 F.3, TS 23.003, TS 23.032).

use super::super::XmlError;
use super::super::date_time;
use super::super::lexical::number;
use super::super::reader::Cursor;
use super::super::{Element, XmlErrorKind};
use super::NAMESPACE;
use crate::text::ByteStr;

/// Digits of the country code and the network code in front of a cell or area; a network code of two digits
/// is filled up.
const PLMN_DIGITS: usize = 6;

/// How a value is written, and what is said when it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// E-UTRAN cell: PLMN and 28 binary digits.
    Ecgi,
    /// NR cell: PLMN and 36 binary digits.
    Ncgi,
    /// Tracking area: PLMN and 16 binary digits.
    Tai,
    /// 6 digits.
    Plmn,
    /// MBMS service area, 0 to 65535.
    SaId,
    /// MBSFN area, 0 to 255.
    MbsfnArea,
    /// Longitude or latitude, 0 to 16777215.
    ThreeOctets,
    /// Metres above (or below) the ellipsoid, -32768 to 32767.
    Altitude,
    /// Uncertainty code, 0 to 127.
    Accuracy,
    /// 14 hexadecimal digits.
    BearingAndSpeed,
    /// `xs:dateTime`.
    DateTime,
    /// At least one character.
    Text,
}

impl Encoding {
    /// What the text has to be.
    pub(super) const fn expected(self) -> &'static str {
        match self {
            Self::Ecgi => "an ECGI of 6 digits and 28 binary digits",
            Self::Ncgi => "an NCGI of 6 digits and 36 binary digits",
            Self::Tai => "a tracking area of 6 digits and 16 binary digits",
            Self::Plmn => "a PLMN of 6 digits",
            Self::SaId => "a service area from 0 to 65535",
            Self::MbsfnArea => "an MBSFN area from 0 to 255",
            Self::ThreeOctets => "a number of 24 bits",
            Self::Altitude => "an altitude from -32768 to 32767",
            Self::Accuracy => "an accuracy from 0 to 127",
            Self::BearingAndSpeed => "14 hexadecimal digits",
            Self::DateTime => "a date and time",
            Self::Text => "text",
        }
    }

    /// Name of the element that holds the value in the content wrapper.
    pub(super) const fn element(self) -> &'static str {
        match self {
            Self::Ecgi => "Ecgi",
            Self::Ncgi => "Ncgi",
            Self::SaId => "SaId",
            Self::MbsfnArea => "MbsfnAreaId",
            Self::ThreeOctets => "threebytes",
            Self::Altitude => "twobytes",
            _ => "",
        }
    }

    /// Whether the text is a value of this kind.
    pub(super) fn accepts(self, text: &str) -> bool {
        let up_to = |limit: u64| number(text).is_some_and(|number| number <= limit);
        match self {
            Self::Ecgi => is_area(text, 28),
            Self::Ncgi => is_area(text, 36),
            Self::Tai => is_area(text, 16),
            Self::Plmn => is_area(text, 0),
            Self::SaId => up_to(0xffff),
            Self::MbsfnArea => up_to(0xff),
            Self::ThreeOctets => up_to(0xff_ffff),
            Self::Altitude => text.parse::<i16>().is_ok(),
            Self::Accuracy => up_to(127),
            Self::BearingAndSpeed => text.len() == 14 && text.bytes().all(|octet| octet.is_ascii_hexdigit()),
            Self::DateTime => date_time::to_unix(text).is_some(),
            Self::Text => !text.is_empty(),
        }
    }

    /// The text, when it is a value of this kind.
    pub(super) fn check(self, at: &Cursor<'_>, text: ByteStr) -> Result<ByteStr, XmlError> {
        if text.is_empty() {
            return Err(at.error(XmlErrorKind::Missing("the value of a location")));
        }
        if self.accepts(&text) { Ok(text) } else { Err(at.error(XmlErrorKind::Value(self.expected()))) }
    }
}

/// PLMN digits followed by binary digits.
fn is_area(text: &str, binary_digits: usize) -> bool {
    match text.split_at_checked(PLMN_DIGITS) {
        Some((plmn, bits)) => {
            plmn.bytes().all(|octet| octet.is_ascii_digit())
                && bits.len() == binary_digits
                && bits.bytes().all(|octet| matches!(octet, b'0' | b'1'))
        }
        None => false,
    }
}

/// A value of a location element: in the clear, encrypted, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocationValue {
    /// Text, for instance a cell identity.
    Normal(ByteStr),
    /// `type="Encrypted"`: kept as it came.
    Encrypted(Element),
    /// Nothing that the element can hold: kept as it came.
    Invalid(Element),
}

impl LocationValue {
    /// The value when it is in the clear.
    pub fn value(&self) -> Option<&str> {
        match self {
            Self::Normal(value) => Some(value),
            Self::Encrypted(_) | Self::Invalid(_) => None,
        }
    }

    /// Reads `<name type=".."><Kind>value</Kind></name>`, or the value directly in the element. A value that is not
    /// of its type is noted.
    pub(super) fn read(at: &Cursor<'_>, encoding: Encoding) -> Self {
        Self::sound(at, encoding).unwrap_or_else(|error| {
            at.note(error);
            Self::Invalid(at.element().clone())
        })
    }

    fn sound(at: &Cursor<'_>, encoding: Encoding) -> Result<Self, XmlError> {
        match at.attribute("type").as_deref() {
            Some("Encrypted") => return Ok(Self::Encrypted(at.element().clone())),
            None | Some("Normal") => {}
            Some(_) => return Err(at.error(XmlErrorKind::Value("Normal or Encrypted"))),
        }
        let mut inner = None;
        for child in at.elements().filter(is_value) {
            child.once(&mut inner, encoding.check(&child, child.text())?)?;
        }
        match inner {
            Some(_) if !at.text().is_empty() => Err(at.error(XmlErrorKind::Text)),
            Some(value) => Ok(Self::Normal(value)),
            None => encoding.check(at, at.text()).map(Self::Normal),
        }
    }

    pub(super) fn write(&self, name: &'static str, encoding: Encoding) -> Element {
        match self {
            Self::Normal(value) => NAMESPACE
                .element(name)
                .with("type", "Normal")
                .child(NAMESPACE.element(encoding.element()).text(value.clone())),
            Self::Encrypted(element) | Self::Invalid(element) => {
                Element { name: NAMESPACE.name(name), ..element.clone() }
            }
        }
    }
}

/// Whether this is the element of the value; `anyExt` and other namespaces may stand beside it.
pub(super) fn is_value(child: &Cursor<'_>) -> bool {
    !matches!(child.local_in(NAMESPACE), "" | "anyExt")
}
