//! One requirement as the catalogue files state it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A single requirement with its address in the specification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// Stable address: specification, clause and item label (`24.380-6.3.4.3.3:1a`).
    pub id: String,
    /// Clause number alone, or the document name where the clause is not known.
    pub clause: String,
    /// A short name.
    pub title: String,
    /// Who has to comply.
    pub role: Role,
    /// 3GPP release in which the behaviour is first known.
    #[serde(with = "release")]
    pub release: u8,
    /// How binding it is.
    pub level: Level,
    /// What is required, in one sentence.
    pub summary: String,
    /// What a tester does to provoke the behaviour.
    pub stimulus: String,
    /// What can be observed on the wire, or must not be.
    pub expected: String,
    /// Timers and counters that take part (`T2`, `C7`).
    pub timers: Vec<String>,
    /// How sure we are of the wording of the clause.
    pub confidence: Confidence,
    /// Source tags, explained in `specs/README.md`.
    pub sources: Vec<String>,
    /// Why we do not do it, for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<String>,
    /// Why we do not do it yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub todo: Option<String>,
}

impl Requirement {
    /// The document the requirement belongs to: `24.380`, `RFC3261`.
    pub fn spec(&self) -> &str {
        self.id.split_once('-').map_or(self.id.as_str(), |(spec, _)| spec)
    }

    /// The reason why it is not implemented, if one is given.
    pub fn excuse(&self) -> Option<&str> {
        self.exception.as_deref().or(self.todo.as_deref())
    }

    /// How the document and clause are quoted to people: `TS 24.380 6.3.4.3.3`, `RFC 3261`.
    pub fn citation(&self) -> String {
        match self.spec().strip_prefix("RFC") {
            Some(number) => format!("RFC {number}"),
            None if self.clause == self.spec() => format!("TS {}", self.spec()),
            None => format!("TS {} {}", self.spec(), self.clause),
        }
    }
}

/// The entity a requirement binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Whoever writes or reads the octets.
    Codec,
    /// Floor control server.
    Server,
    /// Floor participant.
    Participant,
    /// MCPTT client.
    Client,
    /// Participating MCPTT function.
    Participating,
    /// Controlling MCPTT function.
    Controlling,
    /// Non-controlling MCPTT function.
    NonControlling,
    /// Client without network.
    OffNetwork,
    /// Every entity that meets the situation.
    Any,
}

impl Role {
    /// All roles.
    pub const ALL: [Role; 9] = [
        Role::Codec,
        Role::Server,
        Role::Participant,
        Role::Client,
        Role::Participating,
        Role::Controlling,
        Role::NonControlling,
        Role::OffNetwork,
        Role::Any,
    ];

    /// The word used in the files and in selectors.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Codec => "codec",
            Role::Server => "server",
            Role::Participant => "participant",
            Role::Client => "client",
            Role::Participating => "participating",
            Role::Controlling => "controlling",
            Role::NonControlling => "non-controlling",
            Role::OffNetwork => "off-network",
            Role::Any => "any",
        }
    }

    /// The name of the entity in a sentence.
    pub fn entity(self) -> &'static str {
        match self {
            Role::Codec => "the entity that encodes or decodes the message",
            Role::Server => "the floor control server",
            Role::Participant => "the floor participant",
            Role::Client => "the MCPTT client",
            Role::Participating => "the participating MCPTT function",
            Role::Controlling => "the controlling MCPTT function",
            Role::NonControlling => "the non-controlling MCPTT function",
            Role::OffNetwork => "the MCPTT client off-network",
            Role::Any => "the MCPTT entity",
        }
    }
}

/// How binding a requirement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Mandatory.
    Shall,
    /// Recommended.
    Should,
    /// Permitted.
    May,
}

impl Level {
    /// All levels.
    pub const ALL: [Level; 3] = [Level::Shall, Level::Should, Level::May];

    /// The word used in the files and in selectors.
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Shall => "shall",
            Level::Should => "should",
            Level::May => "may",
        }
    }
}

/// How sure we are of the wording of a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// Published text, or two independent sources.
    High,
    /// One good source.
    Medium,
    /// Recollection or inference: look the clause up before a verdict depends on it.
    Low,
}

impl Confidence {
    /// All grades.
    pub const ALL: [Confidence; 3] = [Confidence::High, Confidence::Medium, Confidence::Low];

    /// The word used in the files and in selectors.
    pub fn as_str(self) -> &'static str {
        match self {
            Confidence::High => "high",
            Confidence::Medium => "medium",
            Confidence::Low => "low",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The files write the release as text (`release = "13"`).
mod release {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(release: &u8, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(release)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .ok()
            .filter(|release| super::RELEASES.contains(release))
            .ok_or_else(|| D::Error::custom(format!("release \"{text}\" is not a release from 13 to 20")))
    }
}

/// The releases in which MCPTT exists.
pub(crate) const RELEASES: std::ops::RangeInclusive<u8> = 13..=20;
