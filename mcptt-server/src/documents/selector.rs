//! Where a document is (RFC 4825 6.2, with the application usages of TS 24.481 and TS 24.484): application usage, tree, name.

use std::fmt;
use std::path::PathBuf;

/// Longest name of a document, octets.
const MAX_NAME: usize = 512;

/// What a document is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Auid {
    /// Group documents (TS 24.481).
    Groups,
    /// User profiles (TS 24.484 8.3).
    UserProfile,
    /// The service configuration (TS 24.484 8.4).
    ServiceConfig,
    /// UE initial configurations (TS 24.484 7.2).
    UeInitConfig,
    /// UE configurations (TS 24.484 8.2).
    UeConfig,
}

impl Auid {
    /// Every application usage.
    pub const ALL: [Self; 5] =
        [Self::Groups, Self::UserProfile, Self::ServiceConfig, Self::UeInitConfig, Self::UeConfig];

    /// As it stands in a URL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Groups => "org.openmobilealliance.groups",
            Self::UserProfile => "org.3gpp.mcptt.user-profile",
            Self::ServiceConfig => "org.3gpp.mcptt.service-config",
            Self::UeInitConfig => "org.3gpp.mcptt.ue-init-config",
            Self::UeConfig => "org.3gpp.mcptt.ue-config",
        }
    }

    /// The media type of its documents.
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Groups => "application/vnd.oma.poc.groups+xml",
            Self::UserProfile => "application/vnd.3gpp.mcptt-user-profile+xml",
            Self::ServiceConfig => "application/vnd.3gpp.mcptt-service-config+xml",
            Self::UeInitConfig => "application/vnd.3gpp.mcptt-ue-init-config+xml",
            Self::UeConfig => "application/vnd.3gpp.mcptt-ue-config+xml",
        }
    }
}

/// Whose document it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tree {
    /// Everybody's.
    Global,
    /// That of a user or device: its XCAP user identifier.
    Users(String),
}

/// Where a document is, relative to the XCAP root and to the folder of documents alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Selector {
    /// What it is about.
    pub auid: Auid,
    /// Whose it is.
    pub tree: Tree,
    /// Its name below that, such as `byGroupID/sip:fire-1@mc.example.org`.
    pub name: String,
}

impl Selector {
    /// Reads the path of a URL below the XCAP root, percent encoding included. `None`: it names no document, or one that could
    /// lie outside of the folder.
    pub fn parse(path: &str) -> Option<Self> {
        let parts: Option<Vec<String>> = path.trim_start_matches('/').split('/').map(decoded).collect();
        let parts = parts?;
        // A name is a name: it neither climbs nor hides, and what is being written is no document yet.
        if path.len() > MAX_NAME || !parts.iter().all(|part| is_name(part)) {
            return None;
        }
        let auid =
            Auid::ALL.into_iter().find(|auid| Some(auid.as_str()) == parts.first().map(String::as_str))?;
        let (tree, name) = match parts.get(1).map(String::as_str)? {
            "global" => (Tree::Global, parts.get(2..)?),
            "users" => (Tree::Users(parts.get(2)?.clone()), parts.get(3..)?),
            _ => return None,
        };
        (!name.is_empty() && name.len() <= 2).then(|| Self { auid, tree, name: name.join("/") })
    }

    /// The file, relative to the folder of documents.
    pub fn file(&self) -> PathBuf {
        self.to_string().into()
    }

    /// The group that it is the document of.
    pub fn group(&self) -> Option<&str> {
        let global = self.auid == Auid::Groups && self.tree == Tree::Global;
        self.name.strip_prefix("byGroupID/").filter(|_| global)
    }

    /// Where the document of a group is.
    pub fn of_group(group: &str) -> Self {
        Self { auid: Auid::Groups, tree: Tree::Global, name: format!("byGroupID/{group}") }
    }

    /// The user or device whose document it is.
    pub fn owner(&self) -> Option<&str> {
        match &self.tree {
            Tree::Users(owner) => Some(owner),
            Tree::Global => None,
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.tree {
            Tree::Global => write!(f, "{}/global/{}", self.auid.as_str(), self.name),
            Tree::Users(owner) => write!(f, "{}/users/{owner}/{}", self.auid.as_str(), self.name),
        }
    }
}

/// Whether a text is one name: it neither climbs nor hides.
pub fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('.') && !text.contains(['/', '\0', '\\'])
}

/// A part of a path without its percent encoding.
fn decoded(part: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(part.len());
    let mut rest = part.bytes();
    while let Some(octet) = rest.next() {
        if octet == b'%' {
            let digit = |octet: u8| char::from(octet).to_digit(16);
            let value = digit(rest.next()?)?.checked_mul(16)?.checked_add(digit(rest.next()?)?)?;
            octets.push(u8::try_from(value).ok()?);
        } else {
            octets.push(octet);
        }
    }
    String::from_utf8(octets).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_a_document_or_nothing() {
        let shown = |path: &str| Selector::parse(path).map(|selector| selector.to_string());
        for (path, expected) in [
            (
                "/org.openmobilealliance.groups/global/byGroupID/sip%3Afire-1%40mc.example.org",
                Some("org.openmobilealliance.groups/global/byGroupID/sip:fire-1@mc.example.org"),
            ),
            (
                "/org.3gpp.mcptt.user-profile/users/sip:alice@mc.example.org/mcptt-user-profile-1.xml",
                Some("org.3gpp.mcptt.user-profile/users/sip:alice@mc.example.org/mcptt-user-profile-1.xml"),
            ),
            (
                "/org.3gpp.mcptt.service-config/global/service-config.xml",
                Some("org.3gpp.mcptt.service-config/global/service-config.xml"),
            ),
            ("/org.3gpp.mcptt.service-config/global/", None),
            ("/org.3gpp.mcptt.service-config/elsewhere/x", None),
            ("/org.openmobilealliance.groups/global/byGroupID/../../../etc/passwd", None),
            ("/org.openmobilealliance.groups/global/byGroupID/%2e%2e", None),
            ("/org.openmobilealliance.groups/global/byGroupID/a%2Fb", None),
            ("/org.openmobilealliance.groups/global/byGroupID/.part", None),
            ("/org.openmobilealliance.groups/global/byGroupID/%zz", None),
            ("/org.openmobilealliance.groups/users/sip:a@x", None),
            ("/etc/passwd", None),
            ("", None),
        ] {
            assert_eq!(shown(path).as_deref(), expected, "{path}");
        }
        let selector = Selector::parse("org.openmobilealliance.groups/global/byGroupID/sip:g@x").unwrap();
        assert_eq!((selector.group(), selector.owner()), (Some("sip:g@x"), None));
        assert_eq!(selector, Selector::of_group("sip:g@x"));
    }
}
