//! Documents that come, change and go while the node runs, and what follows from it at once.

use std::sync::Arc;
use std::time::Instant;

use mcptt_codec::id::{ClientId, GroupId, McpttId};

use crate::access_token::VerificationKey;
use crate::config::{
    AdhocConfig, Authorisation, Config, ConfigError, Group, PrivateCallsConfig, ServiceConfig, User,
};
use crate::directory::Directory;
use crate::shard::Notice;
use crate::{CallControl, Output};

/// One document, or what it means.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum DocumentChange {
    /// A group document is new or another one (TS 24.481).
    Group(Box<Group>),
    /// A group document is gone, and with it every call and affiliation of the group.
    GroupGone(GroupId),
    /// The profiles of a user are new or other ones (TS 24.484 8.3).
    User(Box<User>),
    /// A user is gone, and is served no longer.
    UserGone(McpttId),
    /// The service configuration is another one (TS 24.484 8.4). Calls that run keep to what they began with.
    Service(Box<(ServiceConfig, PrivateCallsConfig, AdhocConfig)>),
    /// The issuer of access tokens has these keys. Nothing where no tokens are asked for.
    TokenKeys(Vec<VerificationKey>),
    /// Some document has this entity tag now, or is gone; for those who watch it.
    Listed {
        /// Where it is, relative to the XCAP root.
        selector: String,
        /// The entity tag that HTTP shows.
        etag: Option<String>,
    },
}

impl DocumentChange {
    /// Puts the change into a configuration that no node has yet, which with many documents is less work than one after the
    /// other in a running node. What only a running node can take is given back.
    pub fn apply_to(self, config: &mut Config) -> Option<Self> {
        match self {
            Self::Group(group) => put(&mut config.groups, *group, |a, b| a.group_id == b.group_id),
            Self::GroupGone(group) => config.groups.retain(|known| known.group_id != group),
            Self::User(user) => put(&mut config.users, *user, |a, b| a.mcptt_id == b.mcptt_id),
            Self::UserGone(user) => config.users.retain(|known| known.mcptt_id != user),
            Self::Service(service) => (config.service, config.private_calls, config.adhoc) = *service,
            Self::TokenKeys(keys) => {
                if let Authorisation::Token(rules) = &mut config.authorisation {
                    rules.keys = keys;
                }
            }
            listed @ Self::Listed { .. } => return Some(listed),
        }
        None
    }
}

fn put<T>(all: &mut Vec<T>, one: T, same: impl Fn(&T, &T) -> bool) {
    match all.iter_mut().find(|known| same(known, &one)) {
        Some(known) => *known = one,
        None => all.push(one),
    }
}

impl CallControl {
    /// A document has come, changed or gone: what is running, affiliated and served follows it at once.
    ///
    /// # Errors
    /// The first setting that cannot be used; then everything stays as it was.
    pub fn handle_document(&mut self, now: Instant, change: DocumentChange) -> Result<(), ConfigError> {
        match change {
            DocumentChange::Group(group) => return self.change_group(now, *group),
            DocumentChange::GroupGone(group) => return self.remove_group(now, &group),
            //= 24.481-xcapdiff
            DocumentChange::Listed { selector, etag } => {
                self.participating.document_changed(now, &selector, etag.as_deref());
            }
            DocumentChange::User(user) => {
                let mcptt_id = user.mcptt_id.clone();
                self.take(DocumentChange::User(user))?;
                self.participating.user_changed(now, &mcptt_id);
            }
            DocumentChange::UserGone(mcptt_id) => {
                self.take(DocumentChange::UserGone(mcptt_id.clone()))?;
                self.participating.user_gone(now, &mcptt_id);
            }
            change => self.take(change)?,
        }
        self.collect();
        Ok(())
    }

    fn take(&mut self, change: DocumentChange) -> Result<(), ConfigError> {
        let mut config = Config::clone(&self.directory.config);
        change.apply_to(&mut config);
        self.take_config(config)
    }

    fn take_config(&mut self, config: Config) -> Result<(), ConfigError> {
        config.validate()?;
        self.take_directory(Directory::new(config).with_selection_of(&self.directory));
        Ok(())
    }

    fn take_directory(&mut self, directory: Directory) {
        // What exists for a time only, regroups, is no matter of documents: the controlling function adds it.
        self.controlling.documents_changed(Arc::new(directory));
        self.directory = Arc::clone(self.controlling.directory());
        self.participating.documents_changed(Arc::clone(&self.directory));
    }

    /// Clients have selected other profiles of their users: the rules of those apply to them from now on.
    pub(crate) fn switch_profiles(&mut self, now: Instant) {
        let wanted = self.participating.take_selected();
        if wanted.is_empty() {
            return;
        }
        self.take_directory(self.controlling.directory().with_selected(&wanted));
        for (mcptt_id, client_id, profile) in wanted {
            self.participating.profile_selected(now, &mcptt_id, &client_id);
            if self.directory.config.shard.is_some() {
                self.out.push_back(Output::Told(Notice::Profile { mcptt_id, client_id, profile }));
            }
        }
    }

    /// A client of another shard has selected a profile of its user, who may be a member of groups that are here.
    pub(crate) fn note_profile(&mut self, selection: (McpttId, ClientId, Option<u8>)) {
        self.take_directory(self.controlling.directory().with_selected([&selection]));
    }
}
