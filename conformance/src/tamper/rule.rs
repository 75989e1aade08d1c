//! What a rule says: which datagrams it concerns and what it does to them.

use bytes::Bytes;
use mcptt_codec::floor::FloorPacket;
use mcptt_codec::rtp::RtpHeader;
use mcptt_codec::sip::{Limits, SipMessage};
use regex::Regex;
use serde::{Deserialize, Deserializer, de};
use thiserror::Error;

/// Which way a datagram goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// The server sends it to a client.
    ToClient,
    /// A client sends it to the server.
    FromClient,
    /// A client sends it, and what becomes of it is what it is seen to have sent: a faulty client.
    OutOfClient,
    /// One function of the server says it to another; only what is seen of it can be changed.
    Inside,
}

/// One rule of a relay.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rule {
    /// Which way.
    pub way: Way,
    /// What kind of datagram.
    pub what: What,
    /// Only SIP messages in which this expression is found.
    #[serde(default, deserialize_with = "expression")]
    pub holds: Option<Regex>,
    /// Only floor messages with this field and, in hexadecimal, this beginning of its value.
    pub field: Option<(u8, Octets)>,
    /// Only what goes to or comes from this client, the part of its MCPTT ID before the `@`.
    pub client: Option<String>,
    /// So many pass unchanged first, counted for each client.
    #[serde(default)]
    pub skip: u32,
    /// After them so many are concerned; all if absent.
    pub count: Option<u32>,
    /// What is done, in this order.
    pub does: Vec<Action>,
}

/// What a rule does to a datagram.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It is lost.
    Drop,
    /// It comes twice.
    Double,
    /// It comes again after so many milliseconds.
    AgainAfter(u64),
    /// It comes so many milliseconds later.
    Delay(u64),
    /// A field of a floor message gets this value, or is added with it.
    Set(u8, Octets),
    /// A field of a floor message is missing.
    Without(u8),
    /// A floor message becomes one of another subtype.
    Subtype(u8),
    /// The fields of a floor message stand in the opposite order.
    ReverseFields,
    /// A floor message of this subtype with these fields goes the same way, behind it.
    AlsoFloor(u8, Vec<(u8, Octets)>),
    /// These octets go the same way, behind it.
    AlsoOctets(Octets),
    /// Octets at this place are overwritten.
    Octets(usize, Octets),
    /// In a SIP message what the expression finds is replaced.
    Replace(Expression, String),
    /// A SIP message gets this line in its header.
    Header(String),
    /// The header fields of a SIP message stand in the opposite order, those of one name in the order they had.
    ReverseHeaders,
    /// Header fields have their compact names.
    CompactHeaders,
    /// Header fields have their names in lower case.
    LowerCaseHeaders,
    /// The parts of a SIP body stand in the opposite order.
    ReverseParts,
    /// It comes from the next port but one.
    FromAnotherPort,
    /// This client is sent the same.
    CopyTo(String),
    /// This client is sent it, and not the one it was for.
    RedirectTo(String),
}

/// Octets, written in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Octets(pub Vec<u8>);

/// A regular expression.
#[derive(Clone, Debug)]
pub struct Expression(pub Regex);

/// What kind of datagram a rule concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A floor message of this subtype, the acknowledgment bit left aside; `None`: any.
    Floor(Option<u8>),
    /// A SIP request of this method; `None`: any.
    Request(Option<String>),
    /// A SIP response with a status that begins so, to a request of this method.
    Response(String, Option<String>),
    /// Any SIP message.
    Sip,
    /// A packet of voice.
    Rtp,
    /// Call control over a pre-established session.
    Session,
}

/// Why rules cannot be used.
#[derive(Debug, Error)]
#[error("rules: {0}")]
pub struct RuleError(#[from] toml::de::Error);

/// Subtypes by the words that rules call them.
const SUBTYPES: [(&str, u8); 14] = [
    ("floor-request", 0),
    ("floor-granted", 1),
    ("floor-taken", 2),
    ("floor-deny", 3),
    ("floor-release", 4),
    ("floor-idle", 5),
    ("floor-revoke", 6),
    ("floor-revoke-request", 7),
    ("floor-queue-position-request", 8),
    ("floor-queue-position-info", 9),
    ("floor-ack", 10),
    ("unicast-media-flow-control", 11),
    ("queued-floor-requests", 14),
    ("floor-release-multi-talker", 15),
];

/// The bit that asks for an acknowledgment.
const ACK_BIT: u8 = 0x10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    rule: Vec<Rule>,
}

impl Rule {
    /// Rules from TOML, tables `rule`.
    ///
    /// # Errors
    /// [`RuleError`] says line and reason.
    pub fn parse(text: &str) -> Result<Vec<Self>, RuleError> {
        Ok(toml::from_str::<Rules>(text)?.rule)
    }

    /// Whether the rule is about this datagram of that client, at its SIP, audio or floor port.
    pub(super) fn concerns(&self, payload: &Bytes, client: Option<&str>, port: Option<usize>) -> bool {
        if self.client.as_deref().is_some_and(|name| Some(name) != client) {
            return false;
        }
        let of_kind = match &self.what {
            What::Floor(subtype) => FloorPacket::decode(payload).is_ok_and(|packet| {
                let own = packet.subtype.0 & !ACK_BIT;
                let holds = self.field.as_ref().is_none_or(|(id, Octets(value))| {
                    packet.fields.iter().any(|field| field.id().0 == *id && field.value().starts_with(value))
                });
                subtype.is_none_or(|wanted| wanted == own) && holds
            }),
            What::Session => payload.get(8..12) == Some(b"MCPC"),
            What::Rtp => port == Some(1) && RtpHeader::decode(payload).is_ok(),
            What::Sip | What::Request(_) | What::Response(..) => {
                SipMessage::decode(payload, &Limits::default()).is_ok_and(|message| self.what.is(&message))
            }
        };
        let text = || String::from_utf8_lossy(payload).into_owned();
        of_kind && self.holds.as_ref().is_none_or(|expression| expression.is_match(&text()))
    }
}

impl What {
    fn is(&self, message: &SipMessage) -> bool {
        match (self, message) {
            (Self::Sip, _) => true,
            (Self::Request(method), SipMessage::Request(request)) => {
                method.as_ref().is_none_or(|method| request.method.as_str() == method)
            }
            (Self::Response(status, method), SipMessage::Response(response)) => {
                let to = || response.headers.cseq().ok().map(|cseq| cseq.method.as_str().to_owned());
                response.status.0.to_string().starts_with(status) && (method.is_none() || *method == to())
            }
            _ => false,
        }
    }
}

impl<'de> Deserialize<'de> for What {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let words: Vec<&str> = text.split(' ').collect();
        let subtype = |word: &str| SUBTYPES.iter().find(|(name, _)| *name == word).map(|(_, number)| *number);
        Ok(match words.as_slice() {
            ["floor"] => Self::Floor(None),
            ["sip"] => Self::Sip,
            ["rtp"] => Self::Rtp,
            ["session"] => Self::Session,
            ["request"] => Self::Request(None),
            ["request", method] => Self::Request(Some((*method).to_owned())),
            ["response", status] => Self::Response((*status).to_owned(), None),
            ["response", status, method] => Self::Response((*status).to_owned(), Some((*method).to_owned())),
            [word] if subtype(word).is_some() => Self::Floor(subtype(word)),
            _ => {
                let expected = &"floor, floor-granted and so on, sip, request METHOD, response STATUS METHOD, rtp or session";
                return Err(de::Error::invalid_value(de::Unexpected::Str(&text), expected));
            }
        })
    }
}

impl<'de> Deserialize<'de> for Octets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits: Vec<char> = text.chars().filter(|digit| *digit != ' ').collect();
        let octet = |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16).ok();
        let octets: Option<Vec<u8>> = digits.chunks(2).map(octet).collect();
        octets
            .filter(|_| digits.len().is_multiple_of(2))
            .map(Self)
            .ok_or_else(|| de::Error::invalid_value(de::Unexpected::Str(&text), &"octets in hexadecimal"))
    }
}

impl<'de> Deserialize<'de> for Expression {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Regex::new(&text).map(Self).map_err(de::Error::custom)
    }
}

fn expression<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Regex>, D::Error> {
    Expression::deserialize(deserializer).map(|Expression(regex)| Some(regex))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_understood_is_named() {
        let wrong = |text: &str| Rule::parse(text).unwrap_err().to_string();
        let rule = |what: &str, does: &str| {
            format!("[[rule]]\nway = \"to-client\"\nwhat = \"{what}\"\ndoes = [{does}]\n")
        };
        assert!(Rule::parse(&rule("floor-deny", "\"drop\"")).is_ok());
        assert!(wrong(&rule("floor-dance", "\"drop\"")).contains("floor-dance"));
        assert!(wrong(&rule("floor", "{ set = [2, \"0g\"] }")).contains("hexadecimal"));
        assert!(wrong(&rule("sip", "{ replace = [\"(\", \"\"] }")).contains("regex"));
    }
}
