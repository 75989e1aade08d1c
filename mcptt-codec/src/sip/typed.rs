//! The typed values of the header fields: here those that every message has, the others
//! by theme in the modules below.

mod bodies;
mod events;
mod features;
mod identity;
mod network;
mod routing;
mod session;
#[cfg(test)]
mod tests;

use super::content_type::ContentType;
use super::cseq::{CSeq, RAck};
use super::header::HeaderName;
use super::headers::Headers;
use super::name_addr::NameAddr;
use super::session_expires::SessionExpires;
use super::via::Via;
use crate::DecodeError;
use crate::text::ByteStr;

/// Accessors of header fields that may be missing: `field` for one that stands once, `list` for the elements
/// of all fields of that name.
macro_rules! accessors {
    ($(
        $(#[$doc:meta])*
        $kind:ident $accessor:ident: $value:ty = $name:ident;
    )*) => {
        /// A field that may stand once is malformed when it stands twice.
        impl $crate::sip::Headers {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                #[doc = concat!("[`DecodeError`](crate::DecodeError) when ", stringify!($name), " is malformed.")]
                pub fn $accessor(&self) -> accessors!(@type $kind $value) {
                    self.$kind(&$crate::sip::HeaderName::$name)
                }
            )*
        }
    };
    (@type field $value:ty) => { Result<Option<$value>, $crate::DecodeError> };
    (@type list $value:ty) => { Result<Vec<$value>, $crate::DecodeError> };
}
use accessors;

/// Each of these says [`crate::DecodeErrorKind::Missing`] when the field is not there.
impl Headers {
    /// The topmost Via.
    ///
    /// # Errors
    /// [`DecodeError`] when there is none or it is no Via.
    pub fn top_via(&self) -> Result<Via, DecodeError> {
        let first = self.shared_values(&HeaderName::Via).next();
        Via::read(&first.ok_or(DecodeError::missing(0, "Via"))?)
    }

    /// From.
    ///
    /// # Errors
    /// [`DecodeError`] when it is missing or no address.
    pub fn from_address(&self) -> Result<NameAddr, DecodeError> {
        NameAddr::read(self.need(&HeaderName::From, "From")?)
    }

    /// To.
    ///
    /// # Errors
    /// [`DecodeError`] when it is missing or no address.
    pub fn to_address(&self) -> Result<NameAddr, DecodeError> {
        NameAddr::read(self.need(&HeaderName::To, "To")?)
    }

    /// Call-ID.
    ///
    /// # Errors
    /// [`DecodeError`] when it is missing or empty.
    pub fn call_id(&self) -> Result<&ByteStr, DecodeError> {
        let value = self.need(&HeaderName::CallId, "Call-ID")?;
        if value.is_empty() { Err(DecodeError::invalid(0, "Call-ID")) } else { Ok(value) }
    }

    /// CSeq.
    ///
    /// # Errors
    /// [`DecodeError`] when it is missing or malformed.
    pub fn cseq(&self) -> Result<CSeq, DecodeError> {
        CSeq::parse(self.need(&HeaderName::CSeq, "CSeq")?)
    }

    /// RAck.
    ///
    /// # Errors
    /// [`DecodeError`] when it is missing or malformed.
    pub fn rack(&self) -> Result<RAck, DecodeError> {
        RAck::parse(self.need(&HeaderName::RAck, "RAck")?)
    }

    /// The first Contact. A `*` is no address: compare the text of [`Headers::values`] with it where it may
    /// stand.
    ///
    /// # Errors
    /// [`DecodeError`] when it is missing or no address.
    pub fn contact(&self) -> Result<NameAddr, DecodeError> {
        let first = self.shared_values(&HeaderName::Contact).next();
        NameAddr::read(&first.ok_or(DecodeError::missing(0, "Contact"))?)
    }

    /// Session-Expires, when there is one.
    ///
    /// # Errors
    /// [`DecodeError`] when it is malformed.
    pub fn session_expires(&self) -> Result<Option<SessionExpires>, DecodeError> {
        self.get(&HeaderName::SessionExpires).map(|value| SessionExpires::parse(value)).transpose()
    }

    /// Content-Type, when there is one.
    ///
    /// # Errors
    /// [`DecodeError`] when it is malformed.
    pub fn content_type(&self) -> Result<Option<ContentType>, DecodeError> {
        self.get(&HeaderName::ContentType).map(ContentType::read).transpose()
    }

    /// A header field that holds one decimal number: Max-Forwards, Expires, Min-Expires, RSeq, Min-SE.
    ///
    /// # Errors
    /// [`DecodeError`] when it is no number below 2^32.
    pub fn number(&self, name: &HeaderName) -> Result<Option<u32>, DecodeError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let digits = value.bytes().all(|octet| octet.is_ascii_digit());
        let number = digits.then(|| value.parse().ok()).flatten();
        number.map(Some).ok_or(DecodeError::invalid(0, "number"))
    }

    fn need(&self, name: &HeaderName, what: &'static str) -> Result<&ByteStr, DecodeError> {
        self.get(name).ok_or(DecodeError::missing(0, what))
    }
}
