//! Methods (RFC 3261 7.1 and the RFCs that add methods).

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use crate::text::ByteStr;

/// The method of a request. Methods are case-sensitive; one that we do not know is kept as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Method {
    /// RFC 3261.
    Invite,
    /// RFC 3261.
    Ack,
    /// RFC 3261.
    Bye,
    /// RFC 3261.
    Cancel,
    /// RFC 3261.
    Register,
    /// RFC 3261.
    Options,
    /// RFC 3262.
    Prack,
    /// RFC 3311.
    Update,
    /// RFC 6086.
    Info,
    /// RFC 3428.
    Message,
    /// RFC 3515.
    Refer,
    /// RFC 6665.
    Subscribe,
    /// RFC 6665.
    Notify,
    /// RFC 3903.
    Publish,
    /// Any other token.
    Other(ByteStr),
}

impl Method {
    /// The methods with a name of their own, in the order of the enumeration.
    pub const KNOWN: [Self; 14] = [
        Self::Invite,
        Self::Ack,
        Self::Bye,
        Self::Cancel,
        Self::Register,
        Self::Options,
        Self::Prack,
        Self::Update,
        Self::Info,
        Self::Message,
        Self::Refer,
        Self::Subscribe,
        Self::Notify,
        Self::Publish,
    ];

    /// The method as it stands on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Invite => "INVITE",
            Self::Ack => "ACK",
            Self::Bye => "BYE",
            Self::Cancel => "CANCEL",
            Self::Register => "REGISTER",
            Self::Options => "OPTIONS",
            Self::Prack => "PRACK",
            Self::Update => "UPDATE",
            Self::Info => "INFO",
            Self::Message => "MESSAGE",
            Self::Refer => "REFER",
            Self::Subscribe => "SUBSCRIBE",
            Self::Notify => "NOTIFY",
            Self::Publish => "PUBLISH",
            Self::Other(name) => name.as_str(),
        }
    }

    /// Takes a token out of a received text without copying it.
    pub(super) fn shared(source: &ByteStr, token: &str) -> Self {
        Self::known(token).unwrap_or_else(|| Self::Other(source.share(token)))
    }

    /// The method of that name, when it is one with a name of its own.
    pub(super) fn known(token: &str) -> Option<Self> {
        Some(match token {
            "INVITE" => Self::Invite,
            "ACK" => Self::Ack,
            "BYE" => Self::Bye,
            "CANCEL" => Self::Cancel,
            "REGISTER" => Self::Register,
            "OPTIONS" => Self::Options,
            "PRACK" => Self::Prack,
            "UPDATE" => Self::Update,
            "INFO" => Self::Info,
            "MESSAGE" => Self::Message,
            "REFER" => Self::Refer,
            "SUBSCRIBE" => Self::Subscribe,
            "NOTIFY" => Self::Notify,
            "PUBLISH" => Self::Publish,
            _ => return None,
        })
    }
}

impl From<&str> for Method {
    fn from(token: &str) -> Self {
        Self::known(token).unwrap_or_else(|| Self::Other(token.into()))
    }
}

impl FromStr for Method {
    type Err = Infallible;
    fn from_str(token: &str) -> Result<Self, Infallible> {
        Ok(token.into())
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for Method {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_methods_are_read_back_and_case_matters() {
        for method in Method::KNOWN {
            assert_eq!(Method::from(method.as_str()), method);
        }
        assert_eq!(Method::from("invite"), Method::Other("invite".into()));
        assert_eq!(Method::from("NEWMETHOD").to_string(), "NEWMETHOD");
    }
}
