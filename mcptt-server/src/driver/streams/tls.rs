//! TLS 1.2 and 1.3 for SIP: our certificate, whom we believe, and their replacement while the server runs.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls::client::WebPkiServerVerifier;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::time;
use tokio_rustls::{TlsAcceptor, TlsConnector, client, server};
use webpki::EndEntityCert;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(2);

/// Names of one certificate that are looked at.
const MAX_NAMES: usize = 32;

/// Files with what TLS needs, in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// Our certificate, followed by those up to its root.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// Roots of the certificates of peers. With it every peer that connects has to show a certificate below one of them,
    /// and so has every server that we connect to. `None`: clients need none, and we connect to nobody.
    pub peers: Option<PathBuf>,
}

/// Why the files are of no use.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read or holds no PEM of its kind.
    #[error("{setting}: {}: {reason}", path.display())]
    File {
        /// The setting that names it.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Certificate and key do not go together, or cannot be used.
    #[error("tls.certificate and tls.key: {0}")]
    Unusable(#[from] rustls::Error),
    /// The roots cannot be used.
    #[error("tls.peers: {0}")]
    Roots(#[from] rustls::client::VerifierBuilderError),
}

struct Configs {
    server: Arc<ServerConfig>,
    client: Option<Arc<ClientConfig>>,
}

/// The credentials in force.
pub(in crate::driver) struct Live {
    files: Credentials,
    /// Read once for each handshake, written when the files change. `None`: the files were of no use.
    configs: RwLock<Option<Configs>>,
}

impl Credentials {
    /// Reads the files.
    ///
    /// # Errors
    /// [`TlsError`] names the setting and the file.
    pub fn check(&self) -> Result<(), TlsError> {
        self.read().map(|_| ())
    }

    fn read(&self) -> Result<Configs, TlsError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let chain = certificates("tls.certificate", &self.certificate)?;
        let key =
            PrivateKeyDer::from_pem_file(&self.key).map_err(|error| file("tls.key", &self.key, &error))?;
        let versions = rustls::ALL_VERSIONS;
        let server =
            ServerConfig::builder_with_provider(Arc::clone(&provider)).with_protocol_versions(versions)?;
        let Some(peers) = &self.peers else {
            let server = server.with_no_client_auth().with_single_cert(chain, key)?;
            return Ok(Configs { server: Arc::new(server), client: None });
        };
        let mut roots = RootCertStore::empty();
        for root in certificates("tls.peers", peers)? {
            roots.add(root)?;
        }
        let roots = Arc::new(roots);
        let clients = WebPkiClientVerifier::builder_with_provider(Arc::clone(&roots), Arc::clone(&provider));
        let server = server
            .with_client_cert_verifier(clients.build()?)
            .with_single_cert(chain.clone(), key.clone_key())?;
        let servers = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider)).build()?;
        let client = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)?
            .with_webpki_verifier(servers)
            .with_client_auth_cert(chain, key)?;
        Ok(Configs { server: Arc::new(server), client: Some(Arc::new(client)) })
    }

    /// When the files were changed last.
    fn changed(&self) -> Option<SystemTime> {
        let files = [Some(&self.certificate), Some(&self.key), self.peers.as_ref()];
        files.into_iter().flatten().filter_map(|file| std::fs::metadata(file).ok()?.modified().ok()).max()
    }
}

fn certificates(setting: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let all = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let all = all.map_err(|error| file(setting, path, &error))?;
    if all.is_empty() {
        return Err(file(setting, path, &"no certificate in it"));
    }
    Ok(all)
}

fn file(setting: &'static str, path: &Path, reason: &dyn std::fmt::Display) -> TlsError {
    TlsError::File { setting, path: path.to_owned(), reason: reason.to_string() }
}

impl Live {
    pub(in crate::driver) fn new(files: Credentials) -> Self {
        let configs = files.read().inspect_err(|error| tracing::error!(%error, "no TLS")).ok();
        Self { files, configs: RwLock::new(configs) }
    }

    /// Takes the TLS handshake of a peer that has connected; with the names in the certificate that it has shown.
    pub(in crate::driver) async fn accept(
        &self,
        stream: TcpStream,
    ) -> Option<(server::TlsStream<TcpStream>, Vec<String>)> {
        let config = self.with(|configs| Some(Arc::clone(&configs.server)))?;
        let stream = TlsAcceptor::from(config).accept(stream).await.ok()?;
        let names = names(stream.get_ref().1.peer_certificates());
        Some((stream, names))
    }

    /// Begins TLS with a peer that we have connected to. Its certificate has to name its address; its other names are
    /// returned, too.
    pub(super) async fn connect(
        &self,
        peer: IpAddr,
        stream: TcpStream,
    ) -> Option<(client::TlsStream<TcpStream>, Vec<String>)> {
        let config = self.with(|configs| configs.client.clone())?;
        let connector = TlsConnector::from(config);
        let stream = connector.connect(ServerName::IpAddress(peer.into()), stream).await.ok()?;
        let names = names(stream.get_ref().1.peer_certificates());
        Some((stream, names))
    }

    fn with<T>(&self, look: impl FnOnce(&Configs) -> Option<T>) -> Option<T> {
        look(self.configs.read().unwrap_or_else(PoisonError::into_inner).as_ref()?)
    }
}

/// The DNS names and URIs in the certificate of a peer. The handshake has verified it: a peer that is not asked for one, or
/// whose one does not hold, gets no connection or has no certificate here.
fn names(shown: Option<&[CertificateDer<'_>]>) -> Vec<String> {
    //= RFC5922-7.1:names
    let Some(own) = shown.and_then(<[_]>::first) else { return Vec::new() };
    let Ok(own) = EndEntityCert::try_from(own) else { return Vec::new() };
    own.valid_dns_names().chain(own.valid_uri_names()).take(MAX_NAMES).map(str::to_owned).collect()
}

/// Reads the files again whenever they have changed. Handshakes under way and connections that exist are not disturbed;
/// files that are of no use change nothing.
pub(in crate::driver) fn reload_when_changed(live: Arc<Live>) {
    tokio::spawn(async move {
        let mut known = live.files.changed();
        loop {
            time::sleep(LOOK).await;
            let now = live.files.changed();
            if now == known {
                continue;
            }
            known = now;
            match live.files.read() {
                Ok(configs) => {
                    *live.configs.write().unwrap_or_else(PoisonError::into_inner) = Some(configs);
                    tracing::info!("new TLS certificate in force");
                }
                Err(error) => tracing::warn!(%error, "the TLS certificate stays as it is"),
            }
        }
    });
}
