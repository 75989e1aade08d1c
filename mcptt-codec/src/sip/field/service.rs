//! P-Asserted-Service and P-Preferred-Service (RFC 6050).

use std::fmt;

use super::super::accept_contact::ICSI_MCPTT;
use super::super::grammar::is_token;
use super::{FieldValue, offset_of};
use crate::text::ByteStr;
use crate::{DecodeError, Decoded};

/// A service identifier: a URN, compared without case.
#[derive(Clone, Debug)]
pub struct ServiceId(ByteStr);

/// The namespace of service and application identifiers.
const NAMESPACE: &str = "urn:urn-7:";

impl ServiceId {
    /// The service identifier of MCPTT.
    pub const MCPTT: Self = Self(ByteStr::from_static(ICSI_MCPTT));

    /// The identifier as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it stands for MCPTT.
    pub fn is_mcptt(&self) -> bool {
        *self == Self::MCPTT
    }
}

impl PartialEq for ServiceId {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for ServiceId {}

impl FieldValue for ServiceId {
    const WHAT: &'static str = "service identifier";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let plain = text.trim_matches([' ', '\t']);
        let start = offset_of(text, plain);
        let (namespace, name) = plain.split_at_checked(NAMESPACE.len()).unwrap_or(("", ""));
        if !namespace.eq_ignore_ascii_case(NAMESPACE) {
            return Err(DecodeError::invalid(start, Self::WHAT));
        }
        match name.split('.').find(|label| !is_token(label)) {
            Some(label) => Err(DecodeError::invalid(offset_of(text, label), Self::WHAT)),
            None => Ok(Decoded::clean(Self(text.share(plain)))),
        }
    }
}

impl fmt::Display for ServiceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
