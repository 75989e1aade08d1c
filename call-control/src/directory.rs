//! The configuration with its look-ups: users by either identity, groups, and where their functions are.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use mcptt_codec::id::{ClientId, GroupId, McpttId};
use mcptt_codec::sip::{Scheme, Uri};
use mcptt_codec::text::ByteStr;

use crate::config::{Config, Group, Network, PeerFunction, User};

/// The configuration of both functions, indexed, and the groups that exist for a time only. Identities are compared as URIs,
/// not as text.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    pub config: Arc<Config>,
    index: Arc<Index>,
    /// Temporary groups with the members of their constituents, and regroups: they go before what the configuration says.
    formed: BTreeMap<Canonical, Arc<Group>>,
    /// The temporary group or regroup that a group is part of.
    part_of: BTreeMap<Canonical, GroupId>,
    /// The profiles that clients have selected.
    selected: Arc<BTreeMap<(McpttId, ClientId), u8>>,
}

/// Where to find what in the configuration.
#[derive(Debug)]
struct Index {
    users: BTreeMap<Canonical, usize>,
    public_users: BTreeMap<Canonical, usize>,
    groups: BTreeMap<Canonical, usize>,
    routes: BTreeMap<Canonical, usize>,
    /// Addresses of participating functions elsewhere.
    participating: BTreeSet<SocketAddr>,
}

/// A URI in the one spelling that stands for all equivalent ones: host in lower case, no parameters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub(crate) struct Canonical(String);

impl Canonical {
    /// `None` for what is not a URI of a user or a service.
    pub fn of(text: &str) -> Option<Self> {
        Self::of_uri(&Uri::parse(text.trim()).ok()?)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As [`Canonical::of`], for a URI that has been read already.
    pub fn of_uri(uri: &Uri) -> Option<Self> {
        match uri.scheme {
            Scheme::Sip | Scheme::Sips => {
                let user = uri.user.as_ref().map_or("", ByteStr::as_str);
                let mut text = String::with_capacity(user.len() + uri.host.as_bytes().len() + 16);
                text.push_str(uri.scheme.as_str());
                text.push(':');
                if uri.user.is_some() {
                    text.push_str(user);
                    text.push('@');
                }
                text.extend(uri.host.chars().map(|c| c.to_ascii_lowercase()));
                if let Some(port) = uri.port {
                    text.push_str(&format!(":{port}"));
                }
                Some(Self(text))
            }
            Scheme::Tel => {
                let number = uri.user.as_ref()?;
                let digits =
                    number.chars().filter(|c| !matches!(c, '-' | '.' | '(' | ')')).collect::<String>();
                Some(Self(format!("tel:{}", digits.to_ascii_lowercase())))
            }
            _ => None,
        }
    }
}

impl Directory {
    pub fn new(config: Config) -> Self {
        let index = |texts: Vec<(&str, usize)>| {
            texts.into_iter().filter_map(|(text, at)| Some((Canonical::of(text)?, at))).collect()
        };
        let each_user = || config.users.iter().enumerate();
        let users = index(each_user().map(|(at, user)| (user.mcptt_id.as_str(), at)).collect());
        let public_users = index(
            each_user()
                .flat_map(|(at, user)| user.public_user_ids.iter().map(move |id| (id.as_str(), at)))
                .collect(),
        );
        let groups =
            index(config.groups.iter().enumerate().map(|(at, g)| (g.group_id.as_str(), at)).collect());
        let routes =
            index(config.group_routes.iter().enumerate().map(|(at, r)| (r.group_id.as_str(), at)).collect());
        let peers = config.users.iter().filter_map(|user| user.participating.as_ref());
        let participating = peers.map(|peer| peer.address).collect();
        let index = Arc::new(Index { users, public_users, groups, routes, participating });
        let (formed, part_of, selected) = (BTreeMap::new(), BTreeMap::new(), Arc::default());
        let new = Self { config: Arc::new(config), index, formed, part_of, selected };
        new.with_regroups([], [])
    }

    /// The same with the profiles that clients have selected in another one.
    pub fn with_selection_of(self, other: &Self) -> Self {
        Self { selected: Arc::clone(&other.selected), ..self }
    }

    /// The same where clients have selected other profiles; `None`: the pre-selected one.
    pub fn with_selected<'a>(
        &self,
        selections: impl IntoIterator<Item = &'a (McpttId, ClientId, Option<u8>)>,
    ) -> Self {
        let mut selected = BTreeMap::clone(&self.selected);
        for (user, client, profile) in selections {
            let key = (user.clone(), client.clone());
            match profile {
                Some(profile) => selected.insert(key, *profile),
                None => selected.remove(&key),
            };
        }
        Self { selected: Arc::new(selected), ..self.clone() }
    }

    /// The same configuration with other regroups: those that are formed here, as the groups that they are, and the groups that
    /// are part of one, wherever it was formed.
    pub fn with_regroups(
        &self,
        formed: impl IntoIterator<Item = Group>,
        part_of: impl IntoIterator<Item = (GroupId, GroupId)>,
    ) -> Self {
        let mut new = Self { formed: BTreeMap::new(), part_of: BTreeMap::new(), ..self.clone() };
        let temporary = self.config.groups.iter().filter(|group| !group.constituents.is_empty()).cloned();
        for group in temporary.chain(formed) {
            for constituent in &group.constituents {
                if let Some(constituent) = Canonical::of(constituent.as_str()) {
                    new.part_of.insert(constituent, group.group_id.clone());
                }
            }
            if let Some(identity) = Canonical::of(group.group_id.as_str()) {
                let expanded = self.with_members_of_constituents(group);
                new.formed.insert(identity, Arc::new(expanded));
            }
        }
        let configured = self
            .config
            .groups
            .iter()
            .filter_map(|group| group.regrouped_into.clone().map(|into| (group.group_id.clone(), into)));
        for (constituent, into) in configured.chain(part_of) {
            if let Some(constituent) = Canonical::of(constituent.as_str()) {
                new.part_of.insert(constituent, into);
            }
        }
        new
    }

    /// Whoever is a member of a constituent that is served here is a member, with the rules of that group.
    fn with_members_of_constituents(&self, mut group: Group) -> Group {
        let mut known: BTreeSet<McpttId> =
            group.members.iter().map(|member| member.mcptt_id.clone()).collect();
        for constituent in &group.constituents {
            let own = self.configured_group(constituent.as_str()).filter(|own| !own.disabled);
            for member in own.into_iter().flat_map(|own| &own.members) {
                if known.insert(member.mcptt_id.clone()) {
                    group.members.push(member.clone());
                }
            }
        }
        group
    }

    /// The temporary group or regroup that a group is part of.
    pub fn temporary_group_of(&self, group_id: &str) -> Option<&GroupId> {
        self.part_of.get(&Canonical::of(group_id)?)
    }

    /// The document of a group as it is configured.
    pub fn configured_group(&self, group_id: &str) -> Option<&Group> {
        self.config.groups.get(*self.index.groups.get(&Canonical::of(group_id)?)?)
    }

    /// The user with this MCPTT ID.
    pub fn user(&self, mcptt_id: &str) -> Option<&User> {
        self.config.users.get(*self.index.users.get(&Canonical::of(mcptt_id)?)?)
    }

    /// The user with this MCPTT ID by the rules of the profile that the client has selected.
    pub fn user_at(&self, mcptt_id: &McpttId, client: &ClientId) -> Option<&User> {
        let user = self.user(mcptt_id.as_str())?;
        //= 24.484-profile
        let selected = self.selected.get(&(user.mcptt_id.clone(), client.clone()));
        // A document that is gone meanwhile is not selected any more.
        selected.and_then(|profile| user.profile_of(*profile)).or(Some(user))
    }

    /// The user behind this public user identity.
    pub fn user_of(&self, public_user_id: &Canonical) -> Option<&User> {
        self.config.users.get(*self.index.public_users.get(public_user_id)?)
    }

    /// The document of a group that is controlled here.
    pub fn group(&self, group_id: &str) -> Option<&Group> {
        let formed = self.formed.get(&Canonical::of(group_id)?).map(Arc::as_ref);
        formed.or_else(|| self.configured_group(group_id))
    }

    /// The identity of a group in the spelling of the configuration; groups that are not in it keep theirs.
    pub fn group_id(&self, group_id: &str) -> GroupId {
        let routed = || {
            let at = self.index.routes.get(&Canonical::of(group_id)?)?;
            self.config.group_routes.get(*at).map(|route| route.group_id.clone())
        };
        let own = self.group(group_id).map(|group| group.group_id.clone());
        own.or_else(routed).unwrap_or_else(|| GroupId::new(group_id))
    }

    /// The controlling function of a group.
    pub fn controlling_function_of(&self, group_id: &str) -> Option<PeerFunction> {
        let canonical = Canonical::of(group_id)?;
        if let Some(route) =
            self.index.routes.get(&canonical).and_then(|at| self.config.group_routes.get(*at))
        {
            return Some(route.controlling.clone());
        }
        let served = self.group(group_id).is_some() || self.config.own_controlling_serves_unknown_groups;
        served.then(|| self.own_controlling())
    }

    /// The participating function of a user, as the controlling function addresses it.
    pub fn participating_function_of(&self, user: Option<&User>) -> PeerFunction {
        match user.and_then(|user| user.participating.clone()) {
            Some(elsewhere) => elsewhere,
            None => PeerFunction {
                address: self.config.participating.address,
                identity: self.config.participating.terminating_identity.clone(),
            },
        }
    }

    pub fn own_controlling(&self) -> PeerFunction {
        let own = &self.config.controlling;
        PeerFunction { address: own.address, identity: own.identity.clone() }
    }

    /// The controlling function of calls between users.
    pub fn private_controlling_function(&self) -> Option<PeerFunction> {
        let private = &self.config.private_calls;
        let own = || {
            let identity = private.identity.clone()?;
            Some(PeerFunction { address: self.config.controlling.address, identity })
        };
        private.controlling.clone().or_else(own)
    }

    /// Whether a SIP peer is believed when it asserts an identity.
    pub fn is_trusted(&self, address: IpAddr) -> bool {
        self.config.trusted_peers.iter().any(|network| network.contains(address))
    }

    /// Whether one of the names in its certificate makes a peer believed.
    pub fn is_trusted_by_name(&self, names: &[String]) -> bool {
        let known = |name: &String| {
            self.config.trusted_names.iter().any(|trusted| trusted.eq_ignore_ascii_case(name))
        };
        names.iter().any(known)
    }

    /// Whether this is the address of a controlling function.
    pub fn is_controlling_function(&self, address: SocketAddr) -> bool {
        let routed = || self.config.group_routes.iter().any(|route| route.controlling.address == address);
        let private = self.config.private_calls.controlling.as_ref();
        address == self.config.controlling.address
            || private.is_some_and(|private| private.address == address)
            || routed()
    }

    /// Whether this is the address of a participating function.
    pub fn is_participating_function(&self, address: SocketAddr) -> bool {
        address == self.config.participating.address || self.index.participating.contains(&address)
    }
}

impl Directory {
    /// Addresses that ask for many users: trusted peers and functions that are configured.
    pub fn unbounded_sources(&self) -> Vec<Network> {
        let config = &self.config;
        let routes = config.group_routes.iter().map(|route| route.controlling.address);
        let private = config.private_calls.controlling.iter().map(|private| private.address);
        let functions = routes.chain(private).chain(self.index.participating.iter().copied());
        let functions = functions.map(|function| Network::host(function.ip()));
        config.trusted_peers.iter().copied().chain(functions).collect()
    }
}

/// The host of a public service identity, for Warning (TS 24.379 4.4.1).
pub(crate) fn host_of(identity: &str) -> ByteStr {
    //= 24.379-4.4.1:host
    Uri::parse(identity).map_or_else(|_| ByteStr::from(identity), |uri| uri.host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equivalent_spellings_have_one_canonical_form() {
        let table = [
            ("sip:Alice@MC.example.org", Some("sip:Alice@mc.example.org")),
            ("sip:alice@mc.example.org;user=phone", Some("sip:alice@mc.example.org")),
            (" sip:mc.example.org:5070 ", Some("sip:mc.example.org:5070")),
            ("tel:+1-201-555.0123", Some("tel:+12015550123")),
            ("urn:uuid:00000000-0000-4000-8000-0000000000a1", None),
            ("alice", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(Canonical::of(text).map(|canonical| canonical.0).as_deref(), expected, "{text}");
        }
    }
}
