//! Documents that may change while the server runs: where they lie and where they are fetched.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::{File, FileError, value};

/// Documents that may change while the server runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentServer {
    /// The folder that they lie in, by application usage and tree.
    pub folder: PathBuf,
    /// Where they are fetched. `None`: nowhere.
    pub http: Option<SocketAddr>,
    /// Certificate and key, PEM files, where they are fetched by HTTPS.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// The status for a request without token: 403 by TS 24.482, 401 by RFC 6750.
    pub missing_token: u16,
    /// The MCPTT IDs of those who may change documents.
    pub administrators: Vec<String>,
}

impl File {
    /// What the file says about documents that may change. `None`: there is no folder for them.
    ///
    /// # Errors
    /// [`FileError::Value`] names the setting, its value and what is allowed.
    pub(super) fn document_server(&self, folder: &Path) -> Result<Option<DocumentServer>, FileError> {
        let own = &self.documents;
        let missing_token = own.missing_token.unwrap_or(403);
        if ![401, 403].contains(&missing_token) {
            return Err(value("documents.missing-token", missing_token, "401 or 403"));
        }
        let data = self.data_folder(folder);
        if let (Some(http), None) = (own.http, &data) {
            return Err(value("documents.http", http, "an address only together with store.data-dir"));
        }
        let tls = self.tls.as_ref().filter(|_| own.tls);
        if own.tls && tls.is_none() {
            return Err(value("documents.tls", true, "true only together with [tls] certificate and key"));
        }
        let tls = tls.map(|tls| (tls.certificate.clone(), tls.key.clone()));
        Ok(data.map(|data| DocumentServer {
            folder: data.folder.join("documents"),
            http: own.http,
            tls,
            missing_token,
            administrators: own.administrators.clone(),
        }))
    }
}
