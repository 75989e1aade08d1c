//! The configuration with its look-ups: users by either identity, groups, and where their functions are.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use mcptt_codec::id::GroupId;
use mcptt_codec::sip::{Scheme, Uri};
use mcptt_codec::text::ByteStr;

use crate::config::{Config, Group, PeerFunction, User};

/// The configuration of both functions, indexed. Identities are compared as URIs, not as text.
#[derive(Debug)]
pub(crate) struct Directory {
    pub config: Config,
    users: BTreeMap<Canonical, usize>,
    public_users: BTreeMap<Canonical, usize>,
    groups: BTreeMap<Canonical, usize>,
    routes: BTreeMap<Canonical, usize>,
    /// Addresses of participating functions elsewhere.
    participating: BTreeSet<SocketAddr>,
}

/// A URI in the one spelling that stands for all equivalent ones: host in lower case, no parameters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Canonical(String);

impl Canonical {
    /// `None` for what is not a URI of a user or a service.
    pub fn of(text: &str) -> Option<Self> {
        Self::of_uri(&Uri::parse(text.trim()).ok()?)
    }

    /// As [`Canonical::of`], for a URI that has been read already.
    pub fn of_uri(uri: &Uri) -> Option<Self> {
        match uri.scheme {
            Scheme::Sip | Scheme::Sips => {
                let mut text = format!("{}:", uri.scheme.as_str());
                if let Some(user) = &uri.user {
                    text.push_str(user);
                    text.push('@');
                }
                text.push_str(&uri.host.to_ascii_lowercase());
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
        Self { config, users, public_users, groups, routes, participating }
    }

    /// The user with this MCPTT ID.
    pub fn user(&self, mcptt_id: &str) -> Option<&User> {
        self.config.users.get(*self.users.get(&Canonical::of(mcptt_id)?)?)
    }

    /// The user behind this public user identity.
    pub fn user_of(&self, public_user_id: &Canonical) -> Option<&User> {
        self.config.users.get(*self.public_users.get(public_user_id)?)
    }

    /// The document of a group that is controlled here.
    pub fn group(&self, group_id: &str) -> Option<&Group> {
        self.config.groups.get(*self.groups.get(&Canonical::of(group_id)?)?)
    }

    /// The identity of a group in the spelling of the configuration; groups that are not in it keep theirs.
    pub fn group_id(&self, group_id: &str) -> GroupId {
        let routed = || {
            let at = self.routes.get(&Canonical::of(group_id)?)?;
            self.config.group_routes.get(*at).map(|route| route.group_id.clone())
        };
        let own = self.group(group_id).map(|group| group.group_id.clone());
        own.or_else(routed).unwrap_or_else(|| GroupId::new(group_id))
    }

    /// The controlling function of a group.
    pub fn controlling_function_of(&self, group_id: &str) -> Option<PeerFunction> {
        let canonical = Canonical::of(group_id)?;
        if let Some(route) = self.routes.get(&canonical).and_then(|at| self.config.group_routes.get(*at)) {
            return Some(route.controlling.clone());
        }
        let served =
            self.groups.contains_key(&canonical) || self.config.own_controlling_serves_unknown_groups;
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

    /// Whether a SIP peer is believed when it asserts an identity.
    pub fn is_trusted(&self, address: IpAddr) -> bool {
        self.config.trusted_peers.iter().any(|network| network.contains(address))
    }

    /// Whether this is the address of a controlling function.
    pub fn is_controlling_function(&self, address: SocketAddr) -> bool {
        let routed = || self.config.group_routes.iter().any(|route| route.controlling.address == address);
        address == self.config.controlling.address || routed()
    }

    /// Whether this is the address of a participating function.
    pub fn is_participating_function(&self, address: SocketAddr) -> bool {
        address == self.config.participating.address || self.participating.contains(&address)
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
