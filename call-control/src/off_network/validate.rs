//! Checks of the configuration of an off-network client.

use std::collections::BTreeSet;

use super::types::{OffNetworkConfig, OffNetworkGroup, Reach};
use crate::ConfigError;

/// Members of a group that are reached one by one.
const MAX_DIRECT: usize = 256;

/// Ports above this leave no room for that of RTCP.
const PORTS: std::ops::RangeInclusive<u16> = 1..=65_534;

pub(super) fn validate(config: &OffNetworkConfig) -> Result<(), ConfigError> {
    require(!config.user.as_str().is_empty(), "user", "", "a URI")?;
    require(!config.organization.is_empty(), "organization", "", "at least one character")?;
    let own = config.address;
    require(!own.is_unspecified() && !own.is_multicast(), "address", own, "an address of this host")?;
    ports("", config.audio_port, config.floor_port)?;
    let (groups, users) = (config.max_group_calls, config.max_private_calls);
    require(groups > 0, "max-group-calls", groups, "1 or more")?;
    require(users > 0, "max-private-calls", users, "1 or more")?;
    let mut seen = BTreeSet::new();
    for (place, one) in config.groups.iter().enumerate() {
        let at = format!("groups[{place}]");
        let id = one.group_id.as_str();
        require(!id.is_empty() && seen.insert(id), &format!("{at}.group-id"), id, "a URI, each group once")?;
        group(&at, one)?;
    }
    let mut seen = BTreeSet::new();
    for (place, one) in config.users.iter().enumerate() {
        let at = format!("users[{place}].user");
        let id = one.user.as_str();
        let usable = !id.is_empty() && one.user != config.user && seen.insert(id);
        require(usable, &at, id, "a URI of somebody else, each user once")?;
    }
    Ok(())
}

fn group(at: &str, group: &OffNetworkGroup) -> Result<(), ConfigError> {
    ports(&format!("{at}."), group.audio_port, group.floor_port)?;
    let address = group.address;
    match &group.reach {
        Reach::Multicast => {
            require(address.is_multicast(), &format!("{at}.address"), address, "a multicast address")?;
        }
        Reach::Direct(members) => {
            let allowed = format!("1 to {MAX_DIRECT} addresses");
            let number = members.len();
            require((1..=MAX_DIRECT).contains(&number), &format!("{at}.reach"), number, &allowed)?;
        }
    }
    let interval = group.refresh_interval.0;
    require(interval > 0, &format!("{at}.refresh-interval"), interval, "1 to 65535 ms")
}

fn ports(at: &str, audio: u16, floor: u16) -> Result<(), ConfigError> {
    require(PORTS.contains(&audio), &format!("{at}audio-port"), audio, "1 to 65534")?;
    let apart = floor != audio && floor != audio.saturating_add(1);
    require(
        PORTS.contains(&floor) && apart,
        &format!("{at}floor-port"),
        floor,
        "1 to 65534, not that of voice or its RTCP",
    )
}

fn require(
    holds: bool,
    setting: &str,
    value: impl std::fmt::Display,
    allowed: &str,
) -> Result<(), ConfigError> {
    if holds { Ok(()) } else { Err(ConfigError::new(format!("off-network.{setting}"), value, allowed)) }
}
