//! [`FieldValue`]: typed views of header field values, and the shapes that many header fields share.
//!
//! Every view is strict about the ABNF of its header field. What the field is known to send all the same is
//! taken and told: [`FieldValue::examine`] returns it as [`Deviation`]s next to the value.

mod accept;
mod access;
mod answer;
mod auth;
mod basic;
mod capability;
mod contact;
mod content;
mod date;
mod dialog;
mod events;
mod identity;
mod list;
mod number;
mod params;
mod product;
mod reason;
mod refer;
mod service;
mod shape;
mod token;
mod warn;
mod wrap;

pub use accept::{MediaRange, Qvalue, Weighted};
pub use access::{AccessNetwork, ChargingVector, Mechanism, ParamList, VisitedNetwork};
pub use answer::{AnswerModeField, AnswerState, PriorityShare, ResourceShare};
pub use auth::{AuthParams, AuthenticationInfo, Challenge, Credentials};
pub use capability::{Feature, FeatureSet, FeatureValue, Numeric, TagValue, features};
pub use contact::{Contact, Contacts};
pub use content::{ContentDisposition, ContentId};
pub use date::Date;
pub use dialog::{Join, Replaces, TargetDialog};
pub use events::{Event, InfoPackage, SubscriptionState};
pub use identity::{
    HistoryEntry, Identities, PassportIdentity, Privacy, ServedUser, SessionId, SessionUuid, UserToUser,
};
pub use list::List;
pub use number::{MimeVersion, RSeq, RetryAfter, Timestamp};
pub use product::{Product, Products};
pub use reason::{GeolocationError, Reason};
pub use refer::{Embedded, ReferSub, ReferTo, ReferredBy, TrueOrFalse};
pub use service::ServiceId;
pub use shape::canonical;
pub use token::{CallId, Text, Token, TokenOrQuoted};
pub use warn::Warning;
pub use wrap::{Bracketed, Hop, InfoUri, Tagged};

use std::fmt;

use super::header::HeaderName;
use super::headers::Headers;
use crate::text::ByteStr;
use crate::{DecodeError, Decoded, Deviation};

/// A header field value with a type: what one header field, or one element of it, says.
pub trait FieldValue: Sized + fmt::Display {
    /// What it is called in errors.
    const WHAT: &'static str;

    /// Takes a value apart, whose buffer the components then share, and tells what a strict sender would not
    /// have done.
    ///
    /// # Errors
    /// [`DecodeError`] with the offset of the first character that cannot stand where it stands.
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError>;

    /// Takes a value apart, whose buffer the components then share.
    ///
    /// # Errors
    /// As [`FieldValue::examine`].
    fn read(text: &ByteStr) -> Result<Self, DecodeError> {
        Self::examine(text).map(|decoded| decoded.value)
    }

    /// Like [`FieldValue::read`] for a text of our own.
    ///
    /// # Errors
    /// As [`FieldValue::examine`].
    fn parse(text: &str) -> Result<Self, DecodeError> {
        Self::read(&ByteStr::from(text))
    }
}

/// Typed access to any header field.
impl Headers {
    /// The value of a header field that may stand once.
    ///
    /// # Errors
    /// [`DecodeError`] when it is malformed or there are several, as then nobody can tell which one counts.
    pub fn field<T: FieldValue>(&self, name: &HeaderName) -> Result<Option<T>, DecodeError> {
        let mut fields = self.all(name);
        let Some(first) = fields.next() else { return Ok(None) };
        match fields.count() {
            0 => T::read(first).map(Some),
            more => Err(DecodeError::too_large(0, T::WHAT, 1, more.saturating_add(1))),
        }
    }

    /// The elements of all header fields of that name, in order.
    ///
    /// # Errors
    /// [`DecodeError`] when one of them is malformed, or when there are more than 256; the offset is that inside
    /// the field.
    pub fn list<T: FieldValue>(&self, name: &HeaderName) -> Result<Vec<T>, DecodeError> {
        let mut all = Vec::new();
        for value in self.all(name) {
            all.append(&mut List::<T, 0>::read(value)?.0);
            list::bounded::<T>(all.len())?;
        }
        Ok(all)
    }
}

/// Where a part of a text begins in it; 0 for a text that is no part of it.
fn offset_of(text: &ByteStr, part: &str) -> usize {
    let offset = (part.as_ptr() as usize).saturating_sub(text.as_str().as_ptr() as usize);
    if offset <= text.as_bytes().len() { offset } else { 0 }
}

/// A deviation at the place of a part of the text.
fn deviation(text: &ByteStr, part: &str, requirement: &'static str) -> Deviation {
    Deviation { offset: offset_of(text, part), requirement }
}

#[cfg(test)]
mod tests;
