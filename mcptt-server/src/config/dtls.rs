//! The certificate of DTLS-SRTP: made at the start, or read from files beside the configuration file.

use std::path::Path;

use call_control::config as cc;
use media_plane::crypto::dtls::Identity;

use super::file::Media;
use super::{FileError, value};

const CERTIFICATE: &str = "media.dtls-certificate";
const KEY: &str = "media.dtls-key";

impl Media {
    /// The certificate that is shown in DTLS handshakes. `None`: there are none.
    ///
    /// # Errors
    /// [`FileError`] names the setting or the file.
    pub(super) fn certificate(&self, folder: &Path) -> Result<Option<Identity>, FileError> {
        let made = match (self.dtls, &self.dtls_certificate, &self.dtls_key) {
            (false, None, None) => return Ok(None),
            (false, ..) => {
                return Err(value("media.dtls", false, "true where dtls-certificate or dtls-key are set"));
            }
            (true, None, None) => Identity::generate(),
            (true, Some(certificate), Some(key)) => {
                let read = |path: &Path| {
                    let path = folder.join(path);
                    std::fs::read(&path)
                        .map_err(|error| FileError::Unreadable { path: path.display().to_string(), error })
                };
                Identity::from_pem(&read(certificate)?, &zeroize::Zeroizing::new(read(key)?))
            }
            (true, Some(_), None) => {
                return Err(value(KEY, "not set", "a file where dtls-certificate is set"));
            }
            (true, None, Some(_)) => {
                return Err(value(CERTIFICATE, "not set", "a file where dtls-key is set"));
            }
        };
        made.map(Some).map_err(|error| {
            let path = self.dtls_certificate.as_deref().map(|path| path.display().to_string());
            value(CERTIFICATE, path.unwrap_or_default(), format!("a certificate and its key in PEM: {error}"))
        })
    }
}

/// Whoever is to be offered DTLS-SRTP needs it to be on.
pub(super) fn check(config: &cc::Config) -> Result<(), FileError> {
    if config.media.dtls.is_some() {
        return Ok(());
    }
    let user = config.users.iter().position(|user| user.dtls_srtp);
    let group = config.groups.iter().position(|group| group.dtls_srtp);
    let setting = user.map(|index| format!("user[{index}].dtls-srtp"));
    match setting.or_else(|| group.map(|index| format!("group[{index}].dtls-srtp"))) {
        Some(setting) => Err(value(setting, true, "false unless media.dtls is true")),
        None => Ok(()),
    }
}
