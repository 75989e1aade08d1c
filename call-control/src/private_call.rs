//! What the messages of calls between users say (TS 24.379 11.1), for the functions and the client alike.

use mcptt_codec::id::McpttId;
use mcptt_codec::xml::mcptt_info::{McpttInfo, SessionType, extension_name};
use mcptt_codec::xml::mime;
use mcptt_codec::xml::resource_lists::ResourceLists;

use crate::bodies::Bodies;
use crate::config::is_same;
use crate::directory::Canonical;
use crate::policy::{PrivateRefusal, Refusal};

/// Most users that one message may name; those behind are not read.
const MAX_USERS: usize = 100;

/// Values of `forwarding-reason`.
pub(crate) mod forwarding_reason {
    /// The user wants no calls.
    pub const IMMEDIATE: &str = "immediate";
    /// The user has not answered.
    pub const NO_ANSWER: &str = "no-answer";
    /// The user has sent the call on.
    pub const MANUAL_INPUT: &str = "manual-input";
}

/// The kinds of call between users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrivateCallKind {
    /// With one other user.
    Private,
    /// With that one of several users that answers first.
    FirstToAnswer,
    /// One user is listened to and hears nothing of it.
    AmbientListening(Listening),
}

/// Who starts listening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Listening {
    /// The user that listens: the called client plays along without a sign to its user.
    RemoteInit,
    /// The user that is listened to.
    LocalInit,
}

impl Listening {
    /// The value of `ambient-listening-type`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::RemoteInit => "remote-init",
            Self::LocalInit => "local-init",
        }
    }
}

impl PrivateCallKind {
    /// The kind that a request asks for. `Ok(None)`: it is for no call between users.
    ///
    /// # Errors
    /// [`Refusal::InvalidCombination`]: ambient listening without saying who listens.
    pub(crate) fn of(info: &McpttInfo) -> Result<Option<Self>, Refusal> {
        Ok(Some(match info.session_type {
            Some(SessionType::Private) => Self::Private,
            Some(SessionType::FirstToAnswer) => Self::FirstToAnswer,
            Some(SessionType::AmbientListening) => {
                //= 24.379-11.1.6:type
                match info.any_ext.text(extension_name::AMBIENT_LISTENING_TYPE) {
                    Some("remote-init") => Self::AmbientListening(Listening::RemoteInit),
                    Some("local-init") => Self::AmbientListening(Listening::LocalInit),
                    _ => return Err(Refusal::InvalidCombination),
                }
            }
            _ => return Ok(None),
        }))
    }

    /// The value of `session-type`.
    pub(crate) const fn session_type(self) -> SessionType {
        match self {
            Self::Private => SessionType::Private,
            Self::FirstToAnswer => SessionType::FirstToAnswer,
            Self::AmbientListening(_) => SessionType::AmbientListening,
        }
    }

    /// Whether the call makes nothing audible or visible at the called client.
    pub(crate) const fn is_silent(self) -> bool {
        matches!(self, Self::AmbientListening(Listening::RemoteInit))
    }
}

/// The users that a request names in its resource list, each once, in the order of the list.
///
/// # Errors
/// [`PrivateRefusal::CalleeMissing`] when there is no list or nobody in it, [`Refusal::BodyUnreadable`] when it can not be
/// read, and [`Refusal::XmlNotDecrypted`] when an entry is encrypted.
pub(crate) fn named_users(bodies: &Bodies) -> Result<Vec<McpttId>, Refusal> {
    //= 24.379-11.1.1.3.1.1:8
    let part = bodies.part(mime::RESOURCE_LISTS).ok_or(PrivateRefusal::CalleeMissing)?;
    let lists = ResourceLists::parse(&part.body).map_err(|_| Refusal::BodyUnreadable)?;
    let mut users: Vec<McpttId> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for entry in lists.entries().take(MAX_USERS) {
        if !matches!(entry.encrypted_uri(), Ok(None)) {
            return Err(Refusal::XmlNotDecrypted);
        }
        let identity = Canonical::of(&entry.uri).ok_or(PrivateRefusal::CalleeMissing)?;
        if seen.insert(identity) {
            users.push(McpttId::new(entry.uri.as_str().trim()));
        }
    }
    if users.is_empty() { Err(PrivateRefusal::CalleeMissing.into()) } else { Ok(users) }
}

/// Whether two texts are one user.
pub(crate) fn is_same_user(one: &McpttId, other: &McpttId) -> bool {
    is_same(one.as_str(), other.as_str())
}
