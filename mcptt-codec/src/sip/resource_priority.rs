//! Resource-Priority (RFC 4412) with the namespaces of MCPTT (RFC 8101).

use std::fmt;
use std::str::FromStr;

use super::grammar::is_token;
use super::header::HeaderName;
use super::headers::Headers;
use crate::DecodeError;
use crate::text::ByteStr;

/// One namespace and priority, such as `mcpttp.15`. Both compare without case.
#[derive(Clone, Debug)]
pub struct ResourcePriority {
    /// The namespace: [`ResourcePriority::PREEMPTION`], [`ResourcePriority::QUEUEING`] or one of another
    /// service.
    pub namespace: ByteStr,
    /// The priority as the namespace defines it; 0 to 15 in those of MCPTT, higher before lower.
    pub priority: ByteStr,
}

impl ResourcePriority {
    /// The MCPTT namespace whose higher priorities take resources away from lower ones.
    pub const PREEMPTION: &str = "mcpttp";
    /// The MCPTT namespace whose higher priorities are queued before lower ones.
    pub const QUEUEING: &str = "mcpttq";

    /// Takes one element apart.
    ///
    /// # Errors
    /// [`DecodeError`] when it is not two tokens with a dot between them.
    pub fn parse(text: &str) -> Result<Self, DecodeError> {
        let text = text.trim_matches([' ', '\t']);
        match text.split_once('.') {
            // The grammar takes the dot out of the characters of both tokens.
            Some((namespace, priority))
                if is_token(namespace) && is_token(priority) && !priority.contains('.') =>
            {
                Ok(Self { namespace: namespace.into(), priority: priority.into() })
            }
            _ => Err(DecodeError::invalid(0, "Resource-Priority")),
        }
    }

    /// Every readable element of a message, in order.
    pub fn all(headers: &Headers) -> impl Iterator<Item = Self> {
        headers.values(&HeaderName::ResourcePriority).filter_map(|element| Self::parse(element).ok())
    }

    /// The level of an MCPTT namespace, 0 to 15; `None` in another namespace.
    pub fn mcptt_level(&self) -> Option<u8> {
        let ours =
            [Self::PREEMPTION, Self::QUEUEING].iter().any(|own| own.eq_ignore_ascii_case(&self.namespace));
        let digits = self.priority.bytes().all(|octet| octet.is_ascii_digit());
        (ours && digits).then(|| self.priority.parse().ok()).flatten().filter(|level| *level <= 15)
    }
}

impl PartialEq for ResourcePriority {
    fn eq(&self, other: &Self) -> bool {
        self.namespace.eq_ignore_ascii_case(&other.namespace)
            && self.priority.eq_ignore_ascii_case(&other.priority)
    }
}

impl Eq for ResourcePriority {}

impl FromStr for ResourcePriority {
    type Err = DecodeError;
    fn from_str(text: &str) -> Result<Self, DecodeError> {
        Self::parse(text)
    }
}

impl fmt::Display for ResourcePriority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.namespace, self.priority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_of_the_mcptt_namespaces_are_0_to_15() {
        for (text, level) in [
            ("mcpttp.15", Some(15)),
            ("MCPTTQ.0", Some(0)),
            ("mcpttp.16", None),
            ("mcpttp.+1", None),
            ("mcptt.5", None),
            ("dsn.flash", None),
        ] {
            let value = ResourcePriority::parse(text).unwrap();
            assert_eq!((value.mcptt_level(), value.to_string()), (level, text.to_owned()));
        }
        for text in ["", "mcpttp", ".", "mcpttp.", ".15", "a.b.c", "a b.c"] {
            assert!(ResourcePriority::parse(text).is_err(), "{text}");
        }
        let headers: Headers =
            [(HeaderName::ResourcePriority, "mcpttp.5, bad"), (HeaderName::ResourcePriority, "dsn.flash")]
                .into_iter()
                .collect();
        let expected = ["MCPTTP.5", "DSN.FLASH"].map(|text| ResourcePriority::parse(text).unwrap());
        assert_eq!(ResourcePriority::all(&headers).collect::<Vec<_>>(), expected);
    }
}
