//! What an onlooker believes about the users: who is bound to the service, with which settings, affiliated to
//! what.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use mcptt_codec::sip::{HeaderName, Method, Response};
use mcptt_codec::xml::affiliation::PresenceDocument;
use mcptt_codec::xml::mime;
use mcptt_codec::xml::poc_settings::{AnswerMode, PocSettings};

use super::fact::{Role, Sent};

/// Users and affiliations that are remembered; beyond it nothing is concluded from not knowing.
const MAX_PEOPLE: usize = 16_384;

#[derive(Clone, Debug, Default)]
struct Person {
    mcptt_id: Option<String>,
    /// The first that was seen of it was that it registered.
    registered_first: bool,
    /// Whether it is bound, and until when that is known.
    bound: Option<(bool, Duration)>,
    /// By the SIP address of the client.
    settings: BTreeMap<SocketAddr, Option<AnswerMode>>,
}

/// Everybody who was seen, by public user identity.
#[derive(Default)]
pub(super) struct People {
    known: BTreeMap<String, Person>,
    /// By MCPTT ID and group, the clients with which the user is affiliated, or no longer is.
    affiliations: BTreeMap<(String, String), BTreeMap<String, bool>>,
    /// By public user identity and address of the client, the groups that it has said it wants.
    wants: BTreeMap<(String, SocketAddr), BTreeSet<String>>,
}

impl People {
    /// Takes in the answer of the target to a request.
    pub(super) fn answered(&mut self, now: Duration, sent: &Sent, response: &Response) {
        if !response.status.is_success() {
            return;
        }
        let of_client = sent.from == Role::Client && sent.to == Role::Participating;
        let of_core = sent.from == Role::Participating && sent.to == Role::Controlling;
        match sent.method() {
            Method::Register if of_client => self.registered(now, sent, response),
            Method::Publish if of_client && sent.is_publish_of("poc-settings") => self.settings(now, sent),
            Method::Publish if of_client && sent.is_publish_of("presence") => {
                self.speaks_for(sent);
                self.wants(sent);
            }
            Method::Publish if of_core => self.affiliated_by_core(sent),
            _ => {}
        }
    }

    /// The MCPTT ID of a public user identity, when something told it.
    pub(super) fn mcptt_id(&self, user: &str) -> Option<&str> {
        self.known.get(user)?.mcptt_id.as_deref()
    }

    /// Whether the user is bound to the service. `complete`: who was not seen is not.
    pub(super) fn is_bound(&self, user: &str, now: Duration, complete: bool) -> Option<bool> {
        match self.find(user).and_then(|person| person.bound) {
            Some((bound, until)) => (!bound || now < until).then_some(bound),
            None => (complete && self.is_whole()).then_some(false),
        }
    }

    /// Whether the user is affiliated to the group with some client.
    pub(super) fn is_affiliated(&self, user: &str, group: &str, complete: bool) -> Option<bool> {
        match self.affiliations.get(&(user.to_owned(), group.to_owned())) {
            Some(clients) => Some(clients.values().any(|affiliated| *affiliated)),
            None => (complete && self.is_whole()).then_some(false),
        }
    }

    /// Whether the user affiliates for the first time: it was not affiliated before, or it came while the
    /// observation went on.
    pub(super) fn is_newcomer(&self, user: &str, group: &str, complete: bool) -> bool {
        match self.is_affiliated(user, group, complete) {
            Some(affiliated) => !affiliated,
            None => self.find(user).is_some_and(|person| person.registered_first),
        }
    }

    /// Whether this client has said that its user is to be affiliated to the group.
    pub(super) fn has_asked_for(&self, user: &str, client: SocketAddr, group: &str) -> bool {
        self.wants.get(&(user.to_owned(), client)).is_some_and(|groups| groups.contains(group))
    }

    /// Whether a client of the user has published a set of groups without this one.
    pub(super) fn has_given_up(&self, user: &str, group: &str) -> bool {
        self.wants.iter().any(|((own, _), groups)| own == user && !groups.contains(group))
    }

    /// Whether settings of the user are known to the target.
    pub(super) fn has_settings(&self, user: &str, complete: bool) -> Option<bool> {
        match self.find(user) {
            Some(person) if !person.settings.is_empty() => Some(true),
            _ => (complete && self.is_whole()).then_some(false),
        }
    }

    /// The answer mode that the client at this address has published.
    pub(super) fn answer_mode(&self, client: SocketAddr) -> Option<&AnswerMode> {
        self.known.values().find_map(|person| person.settings.get(&client))?.as_ref()
    }

    fn is_whole(&self) -> bool {
        self.known.len() < MAX_PEOPLE && self.affiliations.len() < MAX_PEOPLE
    }

    fn find(&self, user: &str) -> Option<&Person> {
        let by_service_identity =
            || self.known.values().find(|person| person.mcptt_id.as_deref() == Some(user));
        self.known.get(user).or_else(by_service_identity)
    }

    fn person(&mut self, sent: &Sent) -> Option<&mut Person> {
        let user = about(sent)?;
        let room = self.known.len() < MAX_PEOPLE || self.known.contains_key(&user);
        room.then(|| self.known.entry(user).or_default())
    }

    fn registered(&mut self, now: Duration, sent: &Sent, response: &Response) {
        let of_contact = |headers: &mcptt_codec::sip::Headers| {
            headers.contact().ok().and_then(|contact| contact.params.get("expires")?.parse().ok())
        };
        let of_field = response.headers.number(&HeaderName::Expires).ok().flatten();
        let stated = of_contact(&response.headers).or(of_field);
        let asked = of_contact(&sent.request.headers).or(sent.expires());
        let lifetime = if asked == Some(0) { 0 } else { stated.or(asked).unwrap_or(3600) };
        let is_new = about(sent).is_some_and(|user| !self.known.contains_key(&user));
        let Some(person) = self.person(sent) else { return };
        person.registered_first |= is_new;
        person.bound = Some((lifetime > 0, now.saturating_add(Duration::from_secs(lifetime.into()))));
        if lifetime == 0 {
            person.settings.clear();
        }
    }

    fn settings(&mut self, now: Duration, sent: &Sent) {
        let settings = sent.part(mime::POC_SETTINGS).and_then(|body| PocSettings::parse(&body).ok());
        let mode =
            settings.and_then(|settings| settings.entities.into_iter().find_map(|entity| entity.answer_mode));
        let over = sent.expires() == Some(0);
        let authorises = sent.info.as_ref().is_some_and(|info| info.access_token.is_some());
        let Some(person) = self.person(sent) else { return };
        if over {
            person.settings.remove(&sent.source);
        } else if person.settings.len() < MAX_PEOPLE {
            person.settings.insert(sent.source, mode);
        }
        // A token binds as well; for how long is not told.
        if authorises && !over && person.bound.is_none_or(|(bound, _)| !bound) {
            person.bound = Some((true, now.saturating_add(Duration::from_secs(60))));
        }
    }

    fn wants(&mut self, sent: &Sent) {
        let Some((user, groups)) = wanted_groups(sent) else { return };
        let key = (user, sent.source);
        if self.wants.len() < MAX_PEOPLE || self.wants.contains_key(&key) {
            self.wants.insert(key, if sent.expires() == Some(0) { BTreeSet::new() } else { groups });
        }
    }

    /// Of whom the client publishes affiliations; which of them it gets says the controlling function.
    fn speaks_for(&mut self, sent: &Sent) {
        let document = sent.part(mime::PIDF).and_then(|body| PresenceDocument::parse(&body).ok());
        if let (Some(document), Some(person)) = (document, self.person(sent)) {
            person.mcptt_id = Some(document.entity.to_string());
        }
    }

    fn affiliated_by_core(&mut self, sent: &Sent) {
        let (Some(group), Some(user)) = (sent.target(), sent.calling_user()) else { return };
        let client = sent.info.as_ref().and_then(|info| info.client_id.as_ref()?.value());
        let client = client.map(|client| client.as_str().to_owned()).unwrap_or_default();
        let key = (user.to_owned(), group.to_owned());
        if self.affiliations.len() < MAX_PEOPLE || self.affiliations.contains_key(&key) {
            let clients = self.affiliations.entry(key).or_default();
            if clients.len() < MAX_PEOPLE {
                clients.insert(client, sent.expires() != Some(0));
            }
        }
    }

    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        self.known.len() + self.affiliations.len() + self.wants.len()
    }
}

/// Of whom a request is: of a third-party registration not its sender.
fn about(sent: &Sent) -> Option<String> {
    match super::sip::is_third_party(sent) {
        true => Some(sent.request.headers.to_address().ok()?.uri.bare().to_string()),
        false => sent.user(),
    }
}

/// Who is to be affiliated to which groups, as a client publishes it.
pub(super) fn wanted_groups(sent: &Sent) -> Option<(String, BTreeSet<String>)> {
    let document = sent.part(mime::PIDF).and_then(|body| PresenceDocument::parse(&body).ok())?;
    let affiliations = document.tuples.iter().flat_map(|tuple| &tuple.affiliations);
    let groups = affiliations.filter_map(|one| Some(one.group.as_ref()?.to_string())).collect();
    Some((sent.user()?, groups))
}
