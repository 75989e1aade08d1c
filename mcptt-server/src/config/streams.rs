//! Connections: which transports are served where, and with which certificates.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::FileError;
use super::file::File;
use super::value;

/// What an operator says about SIP over connections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Streams {
    /// TCP on the addresses of both functions.
    pub tcp: bool,
    /// TLS to the participating function.
    pub tls: Option<SocketAddr>,
    /// WebSocket to the participating function.
    pub ws: Option<SocketAddr>,
    /// WebSocket under TLS to the participating function.
    pub wss: Option<SocketAddr>,
    /// Name servers; none: those of the operating system.
    pub name_servers: Vec<SocketAddr>,
    /// Certificate, key and, for mutual authentication, the roots of peers: PEM files.
    pub credentials: Option<(PathBuf, PathBuf, Option<PathBuf>)>,
}

impl File {
    /// What the file says about connections.
    ///
    /// # Errors
    /// [`FileError::Value`] names the setting, its value and what is allowed.
    pub fn streams(&self) -> Result<Streams, FileError> {
        let credentials =
            self.tls.as_ref().map(|tls| (tls.certificate.clone(), tls.key.clone(), tls.peers.clone()));
        for (setting, address) in [("sip.tls", self.sip.tls), ("sip.wss", self.sip.wss)] {
            if let (Some(address), None) = (address, &credentials) {
                return Err(value(
                    setting,
                    address,
                    "an address only together with [tls] certificate and key",
                ));
            }
        }
        let Self { sip, .. } = self;
        let name_servers = sip.name_servers.clone();
        Ok(Streams { name_servers, tcp: sip.tcp, tls: sip.tls, ws: sip.ws, wss: sip.wss, credentials })
    }
}
