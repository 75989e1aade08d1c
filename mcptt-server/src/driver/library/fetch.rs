//! Fetching the keys of the issuer of access tokens.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use call_control::access_token::VerificationKey;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::Request;
use hyper::header::{ACCEPT, HOST};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::driver::tokens::MAX_KEY_SET;

/// How long the issuer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The keys behind a URL.
///
/// # Errors
/// The URL and what is wrong.
pub(super) async fn keys(url: &str, roots: Option<&Path>) -> Result<Vec<VerificationKey>, String> {
    let fetched = tokio::time::timeout(PATIENCE, fetch(url, roots)).await;
    let text =
        fetched.map_err(|_| format!("{url}: no answer"))?.map_err(|error| format!("{url}: {error}"))?;
    VerificationKey::read_set(&text).map_err(|error| format!("{url}: {error}"))
}

async fn fetch(url: &str, roots: Option<&Path>) -> Result<String, String> {
    let uri: hyper::Uri = url.parse().map_err(|error| format!("{error}"))?;
    let host = uri.host().ok_or("it has no host")?.trim_matches(['[', ']']).to_owned();
    let secure = uri.scheme_str() == Some("https");
    let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
    let stream = TcpStream::connect((host.as_str(), port)).await.map_err(|error| error.to_string())?;
    if !secure {
        return request(stream, &uri).await;
    }
    let path = roots.ok_or("there are no roots to check its certificate with")?;
    let mut store = rustls::RootCertStore::empty();
    let read = CertificateDer::pem_file_iter(path).map_err(|error| format!("{}: {error}", path.display()))?;
    for certificate in read {
        let certificate = certificate.map_err(|error| format!("{}: {error}", path.display()))?;
        store.add(certificate).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(store)
        .with_no_client_auth();
    let name = ServerName::try_from(host).map_err(|error| error.to_string())?;
    let connector = TlsConnector::from(Arc::new(config));
    let stream = connector.connect(name, stream).await.map_err(|error| error.to_string())?;
    request(stream, &uri).await
}

async fn request(
    stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
    uri: &hyper::Uri,
) -> Result<String, String> {
    let shown = |error: hyper::Error| error.to_string();
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(shown)?;
    tokio::task::spawn_local(async move {
        // How the exchange went is told to the one who waits for the answer.
        let _ = connection.await;
    });
    let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::get(path)
        .header(HOST, authority)
        .header(ACCEPT, "application/jwk-set+json, application/json")
        .body(Empty::<Bytes>::new())
        .map_err(|error| error.to_string())?;
    let answer = sender.send_request(request).await.map_err(shown)?;
    if !answer.status().is_success() {
        return Err(answer.status().to_string());
    }
    let body = Limited::new(answer.into_body(), MAX_KEY_SET).collect().await;
    let octets = body.map_err(|error| error.to_string())?.to_bytes();
    String::from_utf8(octets.to_vec()).map_err(|error| error.to_string())
}
