//! Documents of group management (TS 24.481) and configuration management (TS 24.484): read, checked, and what a change of
//! them means for a running node. Nothing here touches a file; whoever does hands the octets in.

mod profile;
mod selector;

use std::collections::{BTreeMap, BTreeSet};

use call_control::DocumentChange;
use call_control::config as cc;
use mcptt_codec::id::{GroupId, McpttId};
use mcptt_codec::xml::group_document::{GroupDocument, ListService};
use mcptt_codec::xml::service_configuration::ServiceConfiguration;
use mcptt_codec::xml::ue_configuration::UeConfiguration;
use mcptt_codec::xml::ue_initial_configuration::UeInitialConfiguration;
use mcptt_codec::xml::user_profile::UserProfile;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::config::documents as meaning;
pub use selector::{Auid, Selector, Tree, is_name};

/// Largest document, octets.
pub const MAX_DOCUMENT: usize = 1 << 20;

/// A document that was read.
#[derive(Clone, Debug)]
pub enum Document {
    /// A group.
    Group(Box<ListService>),
    /// A profile of a user.
    Profile(Box<UserProfile>),
    /// The service configuration.
    Service(Box<ServiceConfiguration>),
    /// Of interest to user equipment only.
    Ue,
}

/// Why a document cannot be used: where it is and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{selector}: {reason}")]
pub struct Refused {
    /// Where it is.
    pub selector: String,
    /// What is wrong, with line, column and element where it is about one.
    pub reason: String,
    /// Whether it is no XML at all or another document.
    pub unreadable: bool,
}

impl Document {
    /// Reads a document that is to be at a place.
    ///
    /// # Errors
    /// [`Refused`] names the place, the element and the reason.
    pub fn read(selector: &Selector, octets: &[u8]) -> Result<Self, Refused> {
        let refused =
            |unreadable: bool, reason: String| Refused { selector: selector.to_string(), reason, unreadable };
        let unreadable = |error: mcptt_codec::xml::XmlError| refused(true, error.to_string());
        let unfit = |reason: String| refused(false, reason);
        if octets.len() > MAX_DOCUMENT {
            return Err(unfit(format!("{} octets: allowed is up to {MAX_DOCUMENT}", octets.len())));
        }
        match selector.auid {
            Auid::Groups => {
                let document = GroupDocument::parse(octets).map_err(unreadable)?;
                let group = document.group().ok_or_else(|| unfit("/group/list-service is missing".into()))?;
                //= 24.481-enabled
                group.check_mcptt_group().map_err(|error| unfit(error.to_string()))?;
                if let Some(named) = selector.group().filter(|named| *named != group.uri.as_str()) {
                    let uri = &group.uri;
                    return Err(unfit(format!(
                        "/group/list-service/@uri is {uri}, the document is named {named}"
                    )));
                }
                let checked = meaning::check_hang_timer("/group/list-service", group);
                checked.map_err(|error| unfit(error.to_string()))?;
                Ok(Self::Group(Box::new(group.clone())))
            }
            Auid::UserProfile => {
                let profile = UserProfile::parse(octets).map_err(unreadable)?;
                let (owner, whose) = (selector.owner(), profile.mcptt_id());
                if owner != Some(whose.as_str()) {
                    let owner = owner.unwrap_or("nobody");
                    return Err(unfit(format!(
                        "/mcptt-user-profile is of {whose}, the document is of {owner}"
                    )));
                }
                Ok(Self::Profile(Box::new(profile)))
            }
            Auid::ServiceConfig => {
                let document = ServiceConfiguration::parse(octets).map_err(unreadable)?;
                //= 24.484-sc
                let missing = document.missing();
                if !missing.is_empty() {
                    return Err(unfit(format!("it lacks {}", missing.join(", "))));
                }
                Ok(Self::Service(Box::new(document)))
            }
            Auid::UeInitConfig => UeInitialConfiguration::parse(octets).map(|_| Self::Ue).map_err(unreadable),
            Auid::UeConfig => UeConfiguration::parse(octets).map(|_| Self::Ue).map_err(unreadable),
        }
    }
}

/// The entity tag of a document: the same octets have the same one, also after a restart.
pub fn etag(octets: &[u8]) -> String {
    let digest = Sha256::digest(octets);
    digest.iter().take(12).map(|octet| format!("{octet:02x}")).collect()
}

/// A group document without its members (TS 24.481 6.3.16).
pub fn without_members(group: &ListService) -> String {
    //= 24.481-excl
    GroupDocument::of(ListService { list: None, ..group.clone() }).to_xml()
}

#[derive(Clone, Debug)]
struct Known {
    etag: String,
    document: Document,
}

/// The documents there are, beside what the configuration says.
#[derive(Debug)]
pub struct Library {
    base: cc::Config,
    known: BTreeMap<Selector, Known>,
}

impl Library {
    /// No documents; users, groups and service are those of the configuration.
    pub const fn new(base: cc::Config) -> Self {
        Self { base, known: BTreeMap::new() }
    }

    /// The entity tag of a document.
    pub fn etag(&self, selector: &Selector) -> Option<&str> {
        self.known.get(selector).map(|known| known.etag.as_str())
    }

    /// A document.
    pub fn get(&self, selector: &Selector) -> Option<&Document> {
        self.known.get(selector).map(|known| &known.document)
    }

    /// Where the documents are.
    pub fn selectors(&self) -> impl Iterator<Item = &Selector> {
        self.known.keys()
    }

    /// A group as it is in force, by its document or by the configuration.
    pub fn group(&self, group: &str) -> Option<cc::Group> {
        match self.get(&Selector::of_group(group)) {
            Some(Document::Group(document)) => Some(meaning::group(document)),
            _ => self.base.groups.iter().find(|known| known.group_id.as_str() == group).cloned(),
        }
    }

    /// A document is new or another one: what changes with it.
    ///
    /// # Errors
    /// [`Refused`]; then everything stays as it was.
    pub fn put(&mut self, selector: &Selector, octets: &[u8]) -> Result<Vec<DocumentChange>, Refused> {
        let document = Document::read(selector, octets)?;
        let etag = etag(octets);
        //= 24.481-replace
        let before = self.known.insert(selector.clone(), Known { etag: etag.clone(), document });
        if before.is_some_and(|before| before.etag == etag) {
            return Ok(Vec::new());
        }
        Ok(self.meaning(selector, Some(etag)))
    }

    /// A document is gone: what changes with it. Nothing if there was none.
    pub fn remove(&mut self, selector: &Selector) -> Vec<DocumentChange> {
        match self.known.remove(selector) {
            Some(_) => self.meaning(selector, None),
            None => Vec::new(),
        }
    }

    fn meaning(&self, selector: &Selector, etag: Option<String>) -> Vec<DocumentChange> {
        let mut changes = Vec::new();
        if let Some(group) = selector.group() {
            changes.push(match self.group(group) {
                Some(group) => DocumentChange::Group(Box::new(group)),
                None => DocumentChange::GroupGone(GroupId::from(group)),
            });
        }
        if let (Auid::UserProfile, Some(owner)) = (selector.auid, selector.owner()) {
            changes.push(match self.user(owner) {
                Some(user) => DocumentChange::User(Box::new(user)),
                None => DocumentChange::UserGone(McpttId::from(owner)),
            });
        }
        if selector.auid == Auid::ServiceConfig {
            let (mut service, mut private) = (self.base.service.clone(), self.base.private_calls.clone());
            let mut adhoc = self.base.adhoc.clone();
            if let Some(Document::Service(document)) = self.get(selector) {
                meaning::apply_service(document, &mut service, &mut private, &mut adhoc);
            }
            changes.push(DocumentChange::Service(Box::new((service, private, adhoc))));
        }
        changes.push(DocumentChange::Listed { selector: selector.to_string(), etag });
        changes
    }

    /// A user as it is in force, by its profiles or by the configuration.
    fn user(&self, mcptt_id: &str) -> Option<cc::User> {
        let base = self.base.users.iter().find(|known| known.mcptt_id.as_str() == mcptt_id);
        let profiles: Vec<&UserProfile> = self
            .known
            .iter()
            .filter(|(selector, _)| selector.auid == Auid::UserProfile && selector.owner() == Some(mcptt_id))
            .filter_map(|(_, known)| match &known.document {
                Document::Profile(profile) => Some(profile.as_ref()),
                _ => None,
            })
            .collect();
        match profiles.is_empty() {
            true => base.cloned(),
            false => profile::user(&profiles, base),
        }
    }

    /// The documents that are not among these.
    pub fn others(&self, present: &BTreeSet<Selector>) -> Vec<Selector> {
        self.known.keys().filter(|selector| !present.contains(selector)).cloned().collect()
    }
}

#[cfg(test)]
mod tests;
