//! Checks of a configuration, each with the setting, its value and what would be allowed.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use mcptt_codec::sip::Uri;
use thiserror::Error;

use super::Config;

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
    fn new(setting: impl Into<String>, value: impl Display, allowed: impl Into<String>) -> Self {
        Self { setting: setting.into(), value: value.to_string(), allowed: allowed.into() }
    }
}

type Check = Result<(), ConfigError>;

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
        if !(13..=20).contains(&service.release) {
            return Err(ConfigError::new("service.release", service.release, "13 to 20"));
        }
        if !(4..=256).contains(&service.priority_levels) {
            return Err(ConfigError::new("service.priority-levels", service.priority_levels, "4 to 256"));
        }
        Ok(())
    }

    fn limits(&self) -> Check {
        let limits = &self.limits;
        for (setting, value) in [
            ("limits.calls", limits.calls),
            ("limits.legs-per-call", limits.legs_per_call),
            ("limits.bindings", limits.bindings),
            ("limits.affiliations", limits.affiliations),
            ("limits.relayed-sessions", limits.relayed_sessions),
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

fn service_uri(setting: &str, value: &str) -> Check {
    match Uri::parse(value) {
        Ok(_) => Ok(()),
        Err(_) => Err(ConfigError::new(setting, value, "a SIP or tel URI such as sip:alice@mc.example.org")),
    }
}

fn duration(setting: &str, value: Duration, allowed: RangeInclusive<Duration>) -> Check {
    if allowed.contains(&value) {
        return Ok(());
    }
    let allowed = format!("{:?} to {:?}", allowed.start(), allowed.end());
    Err(ConfigError::new(setting, format!("{value:?}"), allowed))
}

#[cfg(test)]
mod tests;
