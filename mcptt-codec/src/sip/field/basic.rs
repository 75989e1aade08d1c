//! The older views as [`FieldValue`]s.

use super::super::cseq::{CSeq, RAck};
use super::super::grammar;
use super::super::method::Method;
use super::super::resource_priority::ResourcePriority;
use super::super::session_expires::SessionExpires;
use super::{FieldValue, deviation};
use crate::text::ByteStr;
use crate::{DecodeError, Decoded};

macro_rules! parsed {
    ($($name:ident, $what:literal;)*) => {$(
        impl FieldValue for $name {
            const WHAT: &'static str = $what;
            fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
                Self::parse(text.as_str()).map(Decoded::clean)
            }
        }
    )*};
}
parsed! {
    CSeq, "CSeq";
    RAck, "RAck";
    SessionExpires, "Session-Expires";
}

/// One element of Allow.
impl FieldValue for Method {
    const WHAT: &'static str = "method";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        grammar::whole(text.as_str(), Self::WHAT, grammar::token)
            .map(|token| Decoded::clean(Self::shared(text, token)))
    }
}

/// One element of Resource-Priority or Accept-Resource-Priority.
impl FieldValue for ResourcePriority {
    const WHAT: &'static str = "Resource-Priority";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let value = Self::parse(text.as_str())?;
        let mcptt =
            [Self::PREEMPTION, Self::QUEUEING].iter().any(|own| value.namespace.eq_ignore_ascii_case(own));
        //= RFC8101-rp
        let deviations = match mcptt && value.mcptt_level().is_none() {
            true => vec![deviation(text, text, "RFC8101-rp")],
            false => Vec::new(),
        };
        Ok(Decoded { value, deviations })
    }
}
