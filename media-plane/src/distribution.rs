//! How the voice of a call reaches its listeners, chosen for each call by what is configured, by the size of the group, by
//! the network and by what the participants can do.

use std::net::SocketAddr;

/// What is configured about the distribution of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DistributionSettings {
    /// The way that is wanted.
    pub wanted: WantedMode,
    /// All participants are in one local network.
    pub local_network: bool,
    /// Where voice is sent to everybody at once in a local network, as the listeners know it.
    pub multicast: Option<SocketAddr>,
    /// Members of the group. 0: not known.
    pub members: usize,
    /// Members up to which participants of a local network should send to each other; 0: never.
    pub peer_to_peer_members: usize,
}

/// The way that is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WantedMode {
    /// The best that is possible.
    #[default]
    Auto,
    /// Every packet is forwarded.
    Forwarding,
    /// Everybody hears one stream, mixed here.
    Mixing,
    /// Everybody at once by multicast.
    Multicast,
}

/// The way that was chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Every packet is forwarded to every listener as it is; listeners that do not know its codec hear it mixed.
    #[default]
    Forwarding,
    /// Every listener hears one stream, mixed here.
    Mixing,
    /// As forwarding, and once more to a multicast address; who hears it there says so with Unicast Media Flow Control.
    Multicast,
    /// The participants could send to each other. Media goes on by forwarding until call control has told them so.
    PeerToPeer,
}

/// Why it was chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Nothing speaks for another way.
    #[default]
    Default,
    /// The configuration says so.
    Configured,
    /// The group is small and in a local network, and its members have a codec in common.
    SmallLocalGroup,
    /// A local network with a multicast address.
    LocalNetwork,
    /// Some participant's audio is protected with keys of its own, which others do not have.
    Protected,
    /// Some participant's codec cannot be decoded here.
    UnknownCodec,
    /// There is no multicast address.
    NoMulticastAddress,
}

/// What the participants can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Capabilities {
    /// Some audio is protected here.
    pub(crate) protected: bool,
    /// Some codec is not known.
    pub(crate) unknown: bool,
    /// More than one codec is known.
    pub(crate) several: bool,
}

/// Chooses.
pub(crate) fn choose(settings: &DistributionSettings, can: &Capabilities) -> (Mode, Reason) {
    let multicast = match (settings.multicast, can.protected) {
        (None, _) => Err(Reason::NoMulticastAddress),
        (Some(_), true) => Err(Reason::Protected),
        (Some(_), false) => Ok(()),
    };
    match settings.wanted {
        WantedMode::Forwarding => (Mode::Forwarding, Reason::Configured),
        WantedMode::Mixing if can.unknown => (Mode::Forwarding, Reason::UnknownCodec),
        WantedMode::Mixing => (Mode::Mixing, Reason::Configured),
        WantedMode::Multicast => match multicast {
            Ok(()) => (Mode::Multicast, Reason::Configured),
            Err(reason) => (Mode::Forwarding, reason),
        },
        WantedMode::Auto if settings.local_network => {
            let small = (1..=settings.peer_to_peer_members).contains(&settings.members);
            match multicast {
                _ if small && !can.protected && !can.several => (Mode::PeerToPeer, Reason::SmallLocalGroup),
                Ok(()) => (Mode::Multicast, Reason::LocalNetwork),
                Err(_) => (Mode::Forwarding, Reason::Default),
            }
        }
        WantedMode::Auto => (Mode::Forwarding, Reason::Default),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_is_chosen_by_settings_size_network_and_capabilities() {
        let base = DistributionSettings { members: 4, ..DistributionSettings::default() };
        let multicast = Some(SocketAddr::from(([239, 1, 1, 1], 40_000)));
        let local = DistributionSettings { local_network: true, multicast, peer_to_peer_members: 4, ..base };
        let plain = Capabilities::default();
        let protected = Capabilities { protected: true, ..plain };
        let several = Capabilities { several: true, ..plain };
        let unknown = Capabilities { unknown: true, ..plain };
        let wanted = |wanted, of: DistributionSettings| DistributionSettings { wanted, ..of };
        let cases = [
            (base, plain, Mode::Forwarding, Reason::Default),
            (local, plain, Mode::PeerToPeer, Reason::SmallLocalGroup),
            (DistributionSettings { members: 5, ..local }, plain, Mode::Multicast, Reason::LocalNetwork),
            (local, several, Mode::Multicast, Reason::LocalNetwork),
            (local, protected, Mode::Forwarding, Reason::Default),
            (wanted(WantedMode::Forwarding, local), plain, Mode::Forwarding, Reason::Configured),
            (wanted(WantedMode::Mixing, local), several, Mode::Mixing, Reason::Configured),
            (wanted(WantedMode::Mixing, local), unknown, Mode::Forwarding, Reason::UnknownCodec),
            (wanted(WantedMode::Multicast, local), plain, Mode::Multicast, Reason::Configured),
            (wanted(WantedMode::Multicast, local), protected, Mode::Forwarding, Reason::Protected),
            (wanted(WantedMode::Multicast, base), plain, Mode::Forwarding, Reason::NoMulticastAddress),
        ];
        for (settings, can, mode, reason) in cases {
            assert_eq!(choose(&settings, &can), (mode, reason), "{settings:?} {can:?}");
        }
    }
}
