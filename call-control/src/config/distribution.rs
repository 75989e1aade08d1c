//! How voice reaches the listeners of a group call: what the operator wants.

/// The way that is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DistributionMode {
    /// The best that is possible.
    #[default]
    Auto,
    /// Every packet is forwarded; nothing is transcoded.
    Forwarding,
    /// Everybody hears one stream that is mixed here; members are offered G.711 beside the codec of the originator.
    Mixing,
    /// By multicast as well as by unicast.
    Multicast,
}

impl DistributionMode {
    /// Whether a participant may have another codec than the others.
    pub const fn transcodes(self) -> bool {
        !matches!(self, Self::Forwarding)
    }
}

/// What holds for all groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DistributionConfig {
    /// Where a group says nothing else. Default [`DistributionMode::Auto`].
    pub mode: DistributionMode,
    /// All participants are in one local network. Default false.
    pub local_network: bool,
    /// Members up to which participants of a local network should send to each other; 0: never. Default 0.
    pub peer_to_peer_members: usize,
    /// Talker and location in header extensions of RTP (RFC 8285, RFC 7941) are offered and accepted. Default false.
    pub header_extensions: bool,
}
