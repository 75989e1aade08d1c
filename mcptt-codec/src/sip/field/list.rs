//! [`List`]: comma-separated elements.

use std::fmt;

use super::super::headers::elements;
use super::super::limits;
use super::{FieldValue, deviation, offset_of};
use crate::text::ByteStr;
use crate::{DecodeError, Decoded};

/// The elements of one header field, at least `MIN` of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct List<T, const MIN: usize = 1>(pub Vec<T>);

impl<T: FieldValue, const MIN: usize> FieldValue for List<T, MIN> {
    const WHAT: &'static str = T::WHAT;

    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let mut list = Vec::new();
        let mut deviations = Vec::new();
        let mut end = 0_usize;
        for element in elements(text.as_str()) {
            let start = offset_of(text, element);
            let commas = usize::from(!list.is_empty());
            note_gap(text, end, start, commas, &mut deviations);
            let moved =
                |error: DecodeError| DecodeError { offset: error.offset.saturating_add(start), ..error };
            let decoded = T::examine(&text.share(element)).map_err(moved)?;
            for mut found in decoded.deviations {
                found.offset = found.offset.saturating_add(start);
                deviations.push(found);
            }
            list.push(decoded.value);
            bounded::<T>(list.len())?;
            end = start.saturating_add(element.len());
        }
        note_gap(text, end, text.as_bytes().len(), 0, &mut deviations);
        if list.len() < MIN {
            return Err(DecodeError::missing(text.as_bytes().len(), Self::WHAT));
        }
        Ok(Decoded { value: Self(list), deviations })
    }
}

/// Between two elements stands one comma; a list with more of them has empty elements.
fn note_gap(text: &ByteStr, from: usize, to: usize, commas: usize, deviations: &mut Vec<crate::Deviation>) {
    let gap = text.get(from..to).unwrap_or_default();
    //= RFC3261-list
    if gap.bytes().filter(|octet| *octet == b',').count() > commas {
        deviations.push(deviation(text, gap, "RFC3261-list"));
    }
}

/// Refuses lists that no honest sender makes.
pub(super) const fn bounded<T: FieldValue>(len: usize) -> Result<(), DecodeError> {
    if len > limits::LIST { Err(DecodeError::too_large(0, T::WHAT, limits::LIST, len)) } else { Ok(()) }
}

impl<T: fmt::Display, const MIN: usize> fmt::Display for List<T, MIN> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, element) in self.0.iter().enumerate() {
            write!(f, "{}{element}", if at == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}
