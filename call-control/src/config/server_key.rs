//! Keys between servers.

use super::Network;
use crate::SignallingKey;

/// What signalling with other MCPTT servers is protected with (SPK, TS 33.180).
#[derive(Clone, Debug)]
pub struct ServerKey {
    /// Where they are.
    pub peers: Vec<Network>,
    /// The first key protects what is sent, each of them opens what comes.
    pub keys: Vec<SignallingKey>,
}
