//! Checks of a configuration, each with the setting, its value and what would be allowed.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use mcptt_codec::sip::Uri;
use thiserror::Error;

use super::{Config, ports_of_each};
use crate::directory::Canonical;
use crate::shard::MOST_SHARDS;

/// A setting that can not be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{setting} = {value}: {allowed}")]
pub struct ConfigError {
    /// The setting, as a path such as `media.audio-ports`.
    pub setting: String,
    /// Its value.
    pub value: String,
    /// What would be allowed.
    pub allowed: String,
}

impl ConfigError {
    pub(crate) fn new(setting: impl Into<String>, value: impl Display, allowed: impl Into<String>) -> Self {
        Self { setting: setting.into(), value: value.to_string(), allowed: allowed.into() }
    }
}

pub(super) type Check = Result<(), ConfigError>;

/// The longest interval that a setting may hold; keeps sums of instants and durations far from overflow.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

impl Config {
    /// Checks that the settings are usable and fit each other.
    ///
    /// # Errors
    /// The first setting that is not, in the order of the structure.
    pub fn validate(&self) -> Check {
        self.functions()?;
        self.users()?;
        self.groups()?;
        self.media()?;
        self.times()?;
        self.service()?;
        self.private_calls()?;
        self.location()?;
        self.adhoc()?;
        self.discreet_listening()?;
        self.pre_established()?;
        self.mbms()?;
        self.nodes()?;
        self.limits()
    }

    fn functions(&self) -> Check {
        sip_uri("participating.identity", &self.participating.identity)?;
        sip_uri("participating.terminating-identity", &self.participating.terminating_identity)?;
        sip_uri("controlling.identity", &self.controlling.identity)?;
        for (setting, address) in [
            ("participating.address", self.participating.address),
            ("controlling.address", self.controlling.address),
        ] {
            if address.ip().is_unspecified() || address.port() == 0 {
                let allowed = "a specific address and port: it is written into SIP headers";
                return Err(ConfigError::new(setting, address, allowed));
            }
        }
        if self.participating.address == self.controlling.address {
            let allowed = "an address other than that of the participating function";
            return Err(ConfigError::new("controlling.address", self.controlling.address, allowed));
        }
        Ok(())
    }

    fn nodes(&self) -> Check {
        if !(1..=MOST_SHARDS).contains(&self.shards) {
            return Err(ConfigError::new("shards", self.shards, format!("1 to {MOST_SHARDS}")));
        }
        let (sessions, bearers) = (&self.pre_established, &self.mbms);
        for (used, setting, ports, unit) in [
            (true, "media.audio-ports", &self.media.audio_ports, 2),
            (true, "media.floor-ports", &self.media.floor_ports, 1),
            (sessions.identity.is_some(), "pre-established.audio-ports", &sessions.audio_ports, 2),
            (sessions.identity.is_some(), "pre-established.floor-ports", &sessions.floor_ports, 1),
            (bearers.is_used(), "mbms.audio-ports", &bearers.audio_ports, 2),
            (bearers.is_used(), "mbms.floor-ports", &bearers.floor_ports, 1),
        ] {
            if !used {
                continue;
            }
            if self.shards > 1 && self.shard.is_none() && ports_of_each(ports, self.shards, unit) == 0 {
                let allowed = format!(
                    "at least {} ports, {unit} for each of {} shards",
                    unit * self.shards,
                    self.shards
                );
                return Err(ConfigError::new(
                    setting,
                    format!("[{}, {}]", ports.start(), ports.end()),
                    allowed,
                ));
            }
        }
        Ok(())
    }

    fn users(&self) -> Check {
        let (mut mcptt_ids, mut public_ids) = (BTreeSet::new(), BTreeSet::new());
        for user in &self.users {
            let id = &user.mcptt_id;
            service_uri("users.mcptt-id", id.as_str())?;
            if !mcptt_ids.insert(id) {
                return Err(ConfigError::new("users.mcptt-id", id, "each user once"));
            }
            let setting = format!("users[{id}].public-user-ids");
            if user.public_user_ids.is_empty() {
                return Err(ConfigError::new(setting, "[]", "at least one identity"));
            }
            for public in &user.public_user_ids {
                service_uri(&setting, public.as_str())?;
                if !public_ids.insert(public) {
                    return Err(ConfigError::new(setting, public, "an identity of one user only"));
                }
            }
            if user.digest.as_ref().is_some_and(|own| own.username.is_empty() || own.password.is_empty()) {
                let setting = format!("users[{id}].digest");
                return Err(ConfigError::new(setting, "\"\"", "a username and a password"));
            }
            if user.access_token.as_ref().is_some_and(super::Secret::is_empty) {
                let setting = format!("users[{id}].access-token");
                return Err(ConfigError::new(setting, "\"\"", "a text, or no setting at all"));
            }
            let forwarding = &user.private_calls.forwarding;
            if let Some(after) = forwarding.no_answer_after {
                let setting = format!("users[{id}].private-calls.forward-after");
                duration(&setting, after, Duration::from_secs(1)..=Duration::from_secs(600))?;
            }
            for target in forwarding.immediate.iter().chain(&forwarding.no_answer) {
                if Canonical::of(target.as_str()).is_none() || target == id {
                    let setting = format!("users[{id}].private-calls.forward-to");
                    return Err(ConfigError::new(setting, target, "another user's MCPTT ID"));
                }
            }
            if let Some(peer) = &user.participating {
                sip_uri(&format!("users[{id}].participating.identity"), &peer.identity)?;
            }
        }
        Ok(())
    }

    fn groups(&self) -> Check {
        let mut ids = BTreeSet::new();
        for group in &self.groups {
            let id = &group.group_id;
            sip_uri("groups.group-id", id.as_str())?;
            if !ids.insert(id) {
                return Err(ConfigError::new("groups.group-id", id, "each group once"));
            }
            let mut members = BTreeSet::new();
            for member in &group.members {
                if !members.insert(&member.mcptt_id) {
                    let setting = format!("groups[{id}].members");
                    return Err(ConfigError::new(setting, &member.mcptt_id, "each member once"));
                }
            }
            self.constituents(group)?;
            if let Some(talkers) = group.max_talkers.filter(|talkers| *talkers < 2) {
                let setting = format!("groups[{id}].max-talkers");
                return Err(ConfigError::new(setting, talkers, "2 to 255, or no setting at all"));
            }
            if group.max_talkers.is_some() && (group.audio_cut_in || group.dual_floor.is_some()) {
                let setting = format!("groups[{id}].max-talkers");
                let allowed = "no setting at all together with audio cut-in or dual floor control";
                return Err(ConfigError::new(setting, group.max_talkers.unwrap_or_default(), allowed));
            }
            if group.audio_cut_in && group.dual_floor.is_some() {
                let setting = format!("groups[{id}].dual-floor");
                let allowed = "no setting at all together with audio cut-in";
                return Err(ConfigError::new(setting, "set", allowed));
            }
            if let Some(acknowledgement) = &group.acknowledgement {
                let setting = format!("groups[{id}].acknowledgement.timeout");
                duration(&setting, acknowledgement.timeout, Duration::from_millis(1)..=LONGEST)?;
            }
            for (name, value) in
                [("maximum-duration", group.maximum_duration), ("hang-timer", group.hang_timer)]
            {
                if let Some(value) = value {
                    duration(&format!("groups[{id}].{name}"), value, Duration::from_millis(1)..=LONGEST)?;
                }
            }
        }
        for route in &self.group_routes {
            let id = &route.group_id;
            sip_uri("group-routes.group-id", id.as_str())?;
            sip_uri(&format!("group-routes[{id}].controlling.identity"), &route.controlling.identity)?;
            if !ids.insert(id) {
                let allowed = "a group that is neither served here nor routed twice";
                return Err(ConfigError::new("group-routes.group-id", id, allowed));
            }
        }
        Ok(())
    }

    /// What a temporary group is formed of, and what a group is part of.
    fn constituents(&self, group: &super::Group) -> Check {
        let id = &group.group_id;
        let mut named = BTreeSet::new();
        for constituent in &group.constituents {
            let setting = format!("groups[{id}].constituents");
            sip_uri(&setting, constituent.as_str())?;
            let part_of_another =
                |other: &super::Group| other.group_id != *id && other.constituents.contains(constituent);
            if constituent == id || !named.insert(constituent) || self.groups.iter().any(part_of_another) {
                let allowed = "other groups, each once and in one temporary group";
                return Err(ConfigError::new(setting, constituent, allowed));
            }
        }
        if !group.constituents.is_empty() && !group.temporary {
            let setting = format!("groups[{id}].temporary");
            return Err(ConfigError::new(setting, false, "true for a group that has constituents"));
        }
        if let Some(into) = &group.regrouped_into {
            sip_uri(&format!("groups[{id}].regrouped-into"), into.as_str())?;
        }
        Ok(())
    }

    fn media(&self) -> Check {
        let media = &self.media;
        if media.address.is_unspecified() {
            let allowed = "a specific address: it is written into session descriptions";
            return Err(ConfigError::new("media.address", media.address, allowed));
        }
        let (audio, floor) = (&media.audio_ports, &media.floor_ports);
        if *audio.start() == 0 || !audio.clone().any(|port| port % 2 == 0 && port < *audio.end()) {
            let allowed = "a range from 1 with at least one even port and the port after it";
            return Err(ConfigError::new("media.audio-ports", ports(audio), allowed));
        }
        if *floor.start() == 0 || floor.is_empty() {
            return Err(ConfigError::new("media.floor-ports", ports(floor), "a range from 1, not empty"));
        }
        if audio.start() <= floor.end() && floor.start() <= audio.end() {
            let allowed = format!("ports outside of media.audio-ports {}", ports(audio));
            return Err(ConfigError::new("media.floor-ports", ports(floor), allowed));
        }
        if media.suites.is_empty() && !media.plain_rtp {
            return Err(ConfigError::new(
                "media.suites",
                "[]",
                "at least one suite unless media.plain-rtp is true",
            ));
        }
        Ok(())
    }

    fn mbms(&self) -> Check {
        let mbms = &self.mbms;
        let Some(identity) = &mbms.identity else {
            return match mbms.bearers.is_empty() {
                true => Ok(()),
                false => {
                    Err(ConfigError::new("mbms.identity", "not set", "a SIP URI where there are bearers"))
                }
            };
        };
        sip_uri("mbms.identity", identity)?;
        let (audio, floor) = (&mbms.audio_ports, &mbms.floor_ports);
        if *audio.start() == 0 || !audio.clone().any(|port| port % 2 == 0 && port < *audio.end()) {
            let allowed = "a range from 1 with at least one even port and the port after it";
            return Err(ConfigError::new("mbms.audio-ports", ports(audio), allowed));
        }
        if *floor.start() == 0 || floor.is_empty() {
            return Err(ConfigError::new("mbms.floor-ports", ports(floor), "a range from 1, not empty"));
        }
        let overlap = |one: &RangeInclusive<u16>, other: &RangeInclusive<u16>| {
            one.start() <= other.end() && other.start() <= one.end()
        };
        let taken = [&self.media.audio_ports, &self.media.floor_ports];
        for (setting, range) in [("mbms.audio-ports", audio), ("mbms.floor-ports", floor)] {
            if taken.iter().any(|taken| overlap(range, taken)) || overlap(audio, floor) {
                let allowed = "ports outside of media.audio-ports, media.floor-ports and the other range";
                return Err(ConfigError::new(setting, ports(range), allowed));
            }
        }
        let mut addresses = BTreeSet::new();
        for (at, bearer) in mbms.bearers.iter().enumerate() {
            let name = |what: &str| format!("mbms.bearers[{at}].{what}");
            if mbms.bearers.iter().take(at).any(|other| other.tmgi == bearer.tmgi) {
                return Err(ConfigError::new(name("tmgi"), bearer.tmgi, "each bearer once"));
            }
            if bearer.qci == 0 {
                return Err(ConfigError::new(name("qci"), bearer.qci, "1 to 255"));
            }
            if bearer.service_areas.is_empty() {
                return Err(ConfigError::new(name("service-areas"), "[]", "at least one area"));
            }
            let subchannels = bearer.subchannels.iter().flat_map(|subchannel| {
                [subchannel.audio_port, subchannel.floor_port].map(|port| (subchannel.address, port))
            });
            let general = (bearer.general_purpose.ip(), bearer.general_purpose.port());
            for (address, port) in subchannels.chain([general]) {
                let usable = address.is_multicast() && port != 0;
                if !usable || !addresses.insert((address, port)) {
                    let allowed = "a multicast address and a port, each pair once";
                    return Err(ConfigError::new(name("address"), format!("{address}:{port}"), allowed));
                }
                if address.is_ipv4() != self.media.address.is_ipv4() {
                    let allowed = "an address of the family of media.address";
                    return Err(ConfigError::new(name("address"), address, allowed));
                }
            }
        }
        Ok(())
    }

    fn times(&self) -> Check {
        let second = Duration::from_secs(1);
        let registration = &self.registration;
        duration("registration.minimum", registration.minimum, second..=LONGEST)?;
        duration("registration.maximum", registration.maximum, registration.minimum..=LONGEST)?;
        duration("registration.default", registration.default, registration.minimum..=registration.maximum)?;
        let policy = &self.policy;
        duration(
            "policy.min-session-expires",
            policy.min_session_expires,
            Duration::from_secs(90)..=LONGEST,
        )?;
        duration("policy.session-expires", policy.session_expires, policy.min_session_expires..=LONGEST)?;
        duration("policy.answer-within", policy.answer_within, second..=Duration::from_secs(600))?;
        if !(100..=1_000_000).contains(&policy.fan_out_rate) {
            return Err(ConfigError::new("policy.fan-out-rate", policy.fan_out_rate, "100 to 1000000"));
        }
        duration("policy.affiliation-lifetime", policy.affiliation_lifetime, second..=LONGEST)
    }

    fn service(&self) -> Check {
        let service = &self.service;
        for (setting, value) in [
            ("service.emergency-resource-priority", &service.emergency_resource_priority),
            ("service.imminent-peril-resource-priority", &service.imminent_peril_resource_priority),
            ("service.normal-resource-priority", &service.normal_resource_priority),
        ] {
            //= RFC8101-rp
            let level = value.strip_prefix("mcpttp.").or_else(|| value.strip_prefix("mcpttq."));
            if !level.is_some_and(|level| level.parse::<u8>().is_ok_and(|level| level <= 15)) {
                return Err(ConfigError::new(
                    setting,
                    value,
                    "mcpttp or mcpttq, a dot and a level of 0 to 15",
                ));
            }
        }
        if let Some(limit) = service.emergency_time_limit {
            duration("service.emergency-time-limit", limit, Duration::from_secs(1)..=LONGEST)?;
        }
        if !(13..=20).contains(&service.release) {
            return Err(ConfigError::new("service.release", service.release, "13 to 20"));
        }
        if !(4..=256).contains(&service.priority_levels) {
            return Err(ConfigError::new("service.priority-levels", service.priority_levels, "4 to 256"));
        }
        Ok(())
    }

    fn private_calls(&self) -> Check {
        let private = &self.private_calls;
        if let Some(identity) = &private.identity {
            sip_uri("private-calls.identity", identity)?;
            if Canonical::of(identity) == Canonical::of(&self.controlling.identity) {
                let allowed =
                    "an identity other than controlling.identity: it tells private calls from group calls";
                return Err(ConfigError::new("private-calls.identity", identity, allowed));
            }
        }
        if let Some(peer) = &private.controlling {
            sip_uri("private-calls.controlling.identity", &peer.identity)?;
        }
        for (setting, value) in [
            ("private-calls.hang-time", private.hang_time),
            ("private-calls.max-duration-with-floor-control", private.max_duration_with_floor_control),
            ("private-calls.max-duration-without-floor-control", private.max_duration_without_floor_control),
            ("private-calls.emergency-timeout", private.emergency_timeout),
            ("private-calls.ambient-listening-limit", Some(private.ambient_listening_limit)),
        ] {
            if let Some(value) = value {
                duration(setting, value, Duration::from_secs(1)..=LONGEST)?;
            }
        }
        if private.max_forwardings > 16 {
            return Err(ConfigError::new(
                "private-calls.max-forwardings",
                private.max_forwardings,
                "0 to 16",
            ));
        }
        if !(1..=100).contains(&private.max_candidates) {
            return Err(ConfigError::new("private-calls.max-candidates", private.max_candidates, "1 to 100"));
        }
        Ok(())
    }

    fn adhoc(&self) -> Check {
        let adhoc = &self.adhoc;
        for (setting, value) in [
            ("adhoc-calls.hang-time", adhoc.hang_time),
            ("adhoc-calls.broadcast-hang-time", adhoc.broadcast_hang_time),
            ("adhoc-calls.max-duration", adhoc.max_duration),
        ] {
            if let Some(value) = value {
                duration(setting, value, Duration::from_secs(1)..=LONGEST)?;
            }
        }
        // The caller has a leg, too.
        let most = self.limits.legs_per_call.saturating_sub(1);
        if !(1..=most).contains(&adhoc.max_participants) {
            let allowed = format!("1 to {most}, one less than limits.legs-per-call");
            return Err(ConfigError::new("adhoc-calls.max-participants", adhoc.max_participants, allowed));
        }
        let mut names = BTreeSet::new();
        for criterion in &adhoc.criteria {
            let name = criterion.name.as_str();
            if name.trim() != name || name.is_empty() || !names.insert(name) {
                let allowed = "a name without spaces around it, each once";
                return Err(ConfigError::new("adhoc-calls.criteria.name", name, allowed));
            }
        }
        if let Some(group) = self.groups.iter().find(|group| group.adhoc) {
            let setting = format!("groups[{}].adhoc", group.group_id);
            return Err(ConfigError::new(setting, "true", "false: such a group exists for one call only"));
        }
        Ok(())
    }

    fn location(&self) -> Check {
        if let Some(configuration) = &self.location.configuration {
            crate::location::check(configuration).map_err(|fault| {
                ConfigError::new("location.configuration", fault, "a configuration that clients can keep to")
            })?;
        }
        let pending = self.location.pending_requests;
        if !(1..=65_536).contains(&pending) {
            return Err(ConfigError::new("location.pending-requests", pending, "1 to 65536"));
        }
        Ok(())
    }

    fn pre_established(&self) -> Check {
        let own = &self.pre_established;
        let Some(identity) = &own.identity else { return Ok(()) };
        sip_uri("pre-established.identity", identity)?;
        let participating = &self.participating;
        let others = [&participating.identity, &participating.terminating_identity];
        if others.into_iter().any(|other| Canonical::of(other) == Canonical::of(identity)) {
            let allowed =
                "an identity other than those of the participating function: it tells a session from a call";
            return Err(ConfigError::new("pre-established.identity", identity, allowed));
        }
        let (audio, floor) = (&own.audio_ports, &own.floor_ports);
        if *audio.start() == 0 || !audio.clone().any(|port| port % 2 == 0 && port < *audio.end()) {
            let allowed = "a range from 1 with at least one even port and the port after it";
            return Err(ConfigError::new("pre-established.audio-ports", ports(audio), allowed));
        }
        if *floor.start() == 0 || floor.is_empty() {
            let allowed = "a range from 1, not empty";
            return Err(ConfigError::new("pre-established.floor-ports", ports(floor), allowed));
        }
        let overlaps = |one: &RangeInclusive<u16>, other: &RangeInclusive<u16>| {
            one.start() <= other.end() && other.start() <= one.end()
        };
        for (setting, range, further) in [
            ("pre-established.audio-ports", audio, None),
            ("pre-established.floor-ports", floor, Some(("pre-established.audio-ports", audio))),
        ] {
            let media = [
                ("media.audio-ports", &self.media.audio_ports),
                ("media.floor-ports", &self.media.floor_ports),
            ];
            if let Some((name, other)) =
                media.into_iter().chain(further).find(|(_, other)| overlaps(range, other))
            {
                let allowed = format!("ports outside of {name} {}", ports(other));
                return Err(ConfigError::new(setting, ports(range), allowed));
            }
        }
        if own.per_client == 0 {
            return Err(ConfigError::new("pre-established.sessions-per-client", own.per_client, "1 or more"));
        }
        Ok(())
    }

    fn limits(&self) -> Check {
        let limits = &self.limits;
        let source = &limits.per_source;
        for (setting, value) in [
            ("limits.per-source.per-second", source.per_second),
            ("limits.per-source.burst", source.burst),
            ("limits.per-source.open-invites", source.open_invites),
        ] {
            if !(1..=1_000_000).contains(&value) {
                return Err(ConfigError::new(setting, value, "1 to 1000000"));
            }
        }
        for (setting, value) in [
            ("limits.calls", limits.calls),
            ("limits.legs-per-call", limits.legs_per_call),
            ("limits.bindings", limits.bindings),
            ("limits.affiliations", limits.affiliations),
            ("limits.relayed-sessions", limits.relayed_sessions),
            ("limits.regroups", limits.regroups),
            ("registration.contacts-per-user", self.registration.contacts_per_user),
        ] {
            if value == 0 {
                return Err(ConfigError::new(setting, value, "1 or more"));
            }
        }
        Ok(())
    }
}

fn ports(range: &RangeInclusive<u16>) -> String {
    format!("{}-{}", range.start(), range.end())
}

fn sip_uri(setting: &str, value: &str) -> Check {
    match Uri::parse(value) {
        Ok(uri) if uri.is_sip() => Ok(()),
        _ => Err(ConfigError::new(setting, value, "a SIP URI such as sip:group@mc.example.org")),
    }
}

pub(super) fn service_uri(setting: &str, value: &str) -> Check {
    match Uri::parse(value) {
        Ok(_) => Ok(()),
        Err(_) => Err(ConfigError::new(setting, value, "a SIP or tel URI such as sip:alice@mc.example.org")),
    }
}

pub(super) fn duration(setting: &str, value: Duration, allowed: RangeInclusive<Duration>) -> Check {
    if allowed.contains(&value) {
        return Ok(());
    }
    let allowed = format!("{:?} to {:?}", allowed.start(), allowed.end());
    Err(ConfigError::new(setting, format!("{value:?}"), allowed))
}

#[cfg(test)]
mod tests;
