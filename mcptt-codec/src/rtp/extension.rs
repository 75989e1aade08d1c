//! The RTP header extension: kept as octets, and read as the elements of RFC 8285 in both of its forms.

use bytes::{BufMut, Bytes, BytesMut};

use crate::EncodeError;
use crate::cursor::padding_to_word;

/// Octets of the longest extension: its length word counts 65535 words.
const MAX_OCTETS: usize = 262_140;

/// A header extension (RFC 3550 5.3.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Extension {
    /// Defined by the profile; 0xbede and 0x1000 to 0x100f are those of RFC 8285.
    pub profile: u16,
    /// A multiple of four octets.
    pub data: Bytes,
}

/// How the elements of an extension are written (RFC 8285 4.2, 4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExtensionForm {
    /// Ids 1 to 14, values of 1 to 16 octets.
    OneByte,
    /// Ids 1 to 255, values of 0 to 255 octets.
    TwoByte {
        /// Four bits for the application; others are cut off. Zero where nothing has been agreed.
        app_bits: u8,
    },
}

impl ExtensionForm {
    const ONE_BYTE: u16 = 0xbede;
    const TWO_BYTE: u16 = 0x1000;

    /// The form that a "defined by profile" number announces; `None` when it is not one of RFC 8285.
    //= RFC8285-4.3:appbits
    pub const fn from_profile(profile: u16) -> Option<Self> {
        match profile {
            Self::ONE_BYTE => Some(Self::OneByte),
            0x1000..=0x100f => Some(Self::TwoByte { app_bits: profile.to_be_bytes()[1] & 0x0f }),
            _ => None,
        }
    }

    /// The "defined by profile" number.
    pub const fn profile(self) -> u16 {
        match self {
            Self::OneByte => Self::ONE_BYTE,
            Self::TwoByte { app_bits } => Self::TWO_BYTE | u16::from_be_bytes([0, app_bits & 0x0f]),
        }
    }

    /// The highest id of an element.
    pub const fn max_id(self) -> u8 {
        match self {
            Self::OneByte => 14,
            Self::TwoByte { .. } => 255,
        }
    }

    /// Octets of the longest value.
    pub const fn max_value_len(self) -> usize {
        match self {
            Self::OneByte => 16,
            Self::TwoByte { .. } => 255,
        }
    }
}

/// One element of an extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Element<'a> {
    /// Local identifier, negotiated per session; not 0.
    pub id: u8,
    /// What the element says.
    pub value: &'a [u8],
}

/// Why the elements of an extension end before its octets do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stop {
    /// Id 15 of the one-byte form, which is reserved.
    ReservedId,
    /// Id 0 of the one-byte form with a length: neither an element nor padding.
    PaddingWithLength,
    /// The element runs past the end of the extension.
    Truncated,
}

impl Stop {
    /// The requirement that the sender did not meet.
    pub const fn requirement(self) -> &'static str {
        match self {
            Self::ReservedId => "RFC8285-4.2:id15",
            Self::PaddingWithLength => "RFC8285-4.2:id0",
            Self::Truncated => "RFC8285-4.1:length",
        }
    }
}

/// What an extension is made of, in wire order. Parts that are written again give back the same octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part<'a> {
    /// So many zero octets between elements or behind the last one.
    Padding(usize),
    /// An element.
    Element(Element<'a>),
    /// Octets that a receiver has to ignore, from the one that ends the elements on.
    Rest {
        /// Why nothing further is read.
        stop: Stop,
        /// As they stand.
        octets: &'a [u8],
    },
}

impl Extension {
    /// The form of the elements; `None` when the extension is not one of RFC 8285.
    pub const fn form(&self) -> Option<ExtensionForm> {
        ExtensionForm::from_profile(self.profile)
    }

    /// Everything the extension is made of; nothing when it is not one of RFC 8285.
    pub fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        self.form().into_iter().flat_map(|form| Parts { form, rest: &self.data })
    }

    /// The elements that a receiver may use, in wire order.
    pub fn elements(&self) -> impl Iterator<Item = Element<'_>> {
        self.parts().filter_map(|part| match part {
            Part::Element(element) => Some(element),
            Part::Padding(_) | Part::Rest { .. } => None,
        })
    }

    /// The value of the first element with this id.
    pub fn element(&self, id: u8) -> Option<&[u8]> {
        self.elements().find(|element| element.id == id).map(|element| element.value)
    }

    /// An extension of these parts, filled up to the next word with zero octets. What [`Part::Rest`] holds is taken as
    /// it is.
    ///
    /// # Errors
    /// [`EncodeError`] when an id or a value does not fit the form, or the whole is longer than 262140 octets.
    pub fn from_parts<'a>(
        form: ExtensionForm,
        parts: impl IntoIterator<Item = Part<'a>>,
    ) -> Result<Self, EncodeError> {
        let mut data = BytesMut::new();
        for part in parts {
            match part {
                Part::Padding(octets) if octets <= MAX_OCTETS => data.put_bytes(0, octets),
                Part::Padding(octets) => return Err(too_long(octets)),
                Part::Element(element) => put_element(&mut data, form, element)?,
                Part::Rest { octets, .. } => data.put_slice(octets),
            }
            if data.len() > MAX_OCTETS {
                return Err(too_long(data.len()));
            }
        }
        //= RFC8285-4.1:padding
        let padding = padding_to_word(data.len());
        data.put_bytes(0, padding);
        Ok(Self { profile: form.profile(), data: data.freeze() })
    }

    /// An extension of these elements, in the one-byte form if all of them fit and in the two-byte form otherwise.
    ///
    /// # Errors
    /// [`EncodeError`] when an id is 0, a value is longer than 255 octets or the whole longer than 262140.
    pub fn from_elements(elements: &[Element<'_>]) -> Result<Self, EncodeError> {
        let short =
            |element: &Element<'_>| (1..=14).contains(&element.id) && (1..=16).contains(&element.value.len());
        let form = if elements.iter().all(short) {
            ExtensionForm::OneByte
        } else {
            ExtensionForm::TwoByte { app_bits: 0 }
        };
        Self::from_parts(form, elements.iter().copied().map(Part::Element))
    }

    /// The length word.
    pub(super) fn words(&self) -> Result<u16, EncodeError> {
        let got = self.data.len();
        if !got.is_multiple_of(4) {
            return Err(EncodeError {
                what: "RTP header extension beyond a multiple of four",
                limit: 0,
                got: got % 4,
            });
        }
        u16::try_from(got / 4).map_err(|_| too_long(got))
    }
}

fn too_long(got: usize) -> EncodeError {
    EncodeError { what: "RTP header extension", limit: MAX_OCTETS, got }
}

fn put_element(data: &mut BytesMut, form: ExtensionForm, element: Element<'_>) -> Result<(), EncodeError> {
    let Element { id, value } = element;
    if id == 0 || id > form.max_id() {
        let limit = usize::from(form.max_id());
        return Err(EncodeError { what: "header extension element id", limit, got: usize::from(id) });
    }
    let refused =
        EncodeError { what: "header extension element", limit: form.max_value_len(), got: value.len() };
    if value.len() > form.max_value_len() {
        return Err(refused);
    }
    match form {
        ExtensionForm::OneByte => {
            // The field says one less than the value has, so an empty value cannot be said.
            let len = value.len().checked_sub(1).and_then(|len| u8::try_from(len).ok()).ok_or(refused)?;
            data.put_u8(id << 4 | len);
        }
        ExtensionForm::TwoByte { .. } => {
            data.put_u8(id);
            data.put_u8(u8::try_from(value.len()).map_err(|_| refused)?);
        }
    }
    data.put_slice(value);
    Ok(())
}

/// Walks an extension by the rules of its form.
struct Parts<'a> {
    form: ExtensionForm,
    rest: &'a [u8],
}

impl<'a> Parts<'a> {
    fn stop(&mut self, stop: Stop) -> Part<'a> {
        Part::Rest { stop, octets: std::mem::take(&mut self.rest) }
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        let (first, behind) = self.rest.split_first()?;
        //= RFC8285-4.1:padding
        if *first == 0 {
            let zeros = self.rest.iter().take_while(|octet| **octet == 0).count();
            self.rest = self.rest.get(zeros..).unwrap_or_default();
            return Some(Part::Padding(zeros));
        }
        let (id, len, behind) = match self.form {
            ExtensionForm::OneByte => match (first >> 4, first & 0x0f) {
                //= RFC8285-4.2:id0
                (0, _) => return Some(self.stop(Stop::PaddingWithLength)),
                //= RFC8285-4.2:id15
                (15, _) => return Some(self.stop(Stop::ReservedId)),
                //= RFC8285-4.2:length
                (id, len) => (id, usize::from(len).saturating_add(1), behind),
            },
            //= RFC8285-4.3:length
            ExtensionForm::TwoByte { .. } => match behind.split_first() {
                Some((len, behind)) => (*first, usize::from(*len), behind),
                None => return Some(self.stop(Stop::Truncated)),
            },
        };
        //= RFC8285-4.1:length
        let Some((value, rest)) = behind.split_at_checked(len) else {
            return Some(self.stop(Stop::Truncated));
        };
        self.rest = rest;
        Some(Part::Element(Element { id, value }))
    }
}
