//! `[[server-key]]`: keys that servers protect their signalling and floor control with each other by (SPK).

use std::path::{Path, PathBuf};

use call_control::config::Network;
use media_plane::crypto::mc::{Purpose, ServiceKey};
use serde::Deserialize;

use super::{FileError, secret_file, value};
use crate::node::ServerKeys;

/// `[[server-key]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ServerKey {
    files: Vec<PathBuf>,
    peers: Vec<String>,
}

/// Keys of one pair of servers at a time: the present one, the former and the next.
const MOST_KEYS: usize = 4;

/// The keys, their files seen from the folder of the configuration file.
///
/// # Errors
/// [`FileError`] names the setting or the file.
pub(super) fn read(keys: &[ServerKey], folder: &Path) -> Result<Vec<ServerKeys>, FileError> {
    keys.iter().enumerate().map(|(index, one)| one.read(index, folder)).collect()
}

impl ServerKey {
    fn read(&self, index: usize, folder: &Path) -> Result<ServerKeys, FileError> {
        if self.files.is_empty() || self.files.len() > MOST_KEYS {
            return Err(value(format!("server-key[{index}].files"), self.files.len(), "1 to 4 files"));
        }
        if self.peers.is_empty() {
            return Err(value(format!("server-key[{index}].peers"), "[]", "at least one network"));
        }
        let peers = self.peers.iter().enumerate().map(|(at, text)| {
            let setting = || format!("server-key[{index}].peers[{at}]");
            let allowed = "an address with a prefix length, such as 10.1.0.0/16";
            text.parse().map_err(|_| value(setting(), text, allowed))
        });
        let peers = peers.collect::<Result<Vec<Network>, _>>()?;
        let keys = self.files.iter().map(|path| key(&folder.join(path))).collect::<Result<Vec<_>, _>>()?;
        let again = |at: usize| {
            keys.iter().take(at).any(|earlier| keys.get(at).is_some_and(|key| key.id == earlier.id))
        };
        if (0..keys.len()).any(again) {
            return Err(value(format!("server-key[{index}].files"), self.files.len(), "each key once"));
        }
        Ok(ServerKeys::new(peers, keys))
    }
}

//= 33.180-spk
fn key(path: &Path) -> Result<ServiceKey, FileError> {
    let document = |error: String| FileError::Document { path: path.display().to_string(), error };
    let octets = secret_file::read(path, ServiceKey::OCTETS).map_err(FileError::Secret)?;
    let key =
        ServiceKey::from_octets(&octets).filter(|key| key.id.purpose() == Purpose::SIGNALLING_PROTECTION);
    key.ok_or_else(|| {
        document(format!("a key has {} octets, made by mcptt-server kms server-key", ServiceKey::OCTETS))
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use media_plane::crypto::mc::KeyId;

    use super::*;

    fn spk(drawn: u32, purpose: Purpose) -> ServiceKey {
        ServiceKey { id: KeyId::new(purpose, drawn), key: [7; 16].into(), rand: vec![8; 16] }
    }

    //= 33.180-spk test
    #[test]
    fn keys_of_servers_are_read_from_files_of_their_owner() {
        let folder = std::env::temp_dir().join(format!("mcptt-server-keys-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let file = |name: &str, octets: &[u8], mode: u32| {
            let path = folder.join(name);
            fs::write(&path, octets).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        };
        file("new", &spk(2, Purpose::SIGNALLING_PROTECTION).to_octets(), 0o600);
        file("old", &spk(1, Purpose::SIGNALLING_PROTECTION).to_octets(), 0o400);
        file("open", &spk(3, Purpose::SIGNALLING_PROTECTION).to_octets(), 0o640);
        file("csk", &spk(1, Purpose::CLIENT_SERVER).to_octets(), 0o600);
        file("short", &[1; 20], 0o600);
        let read = |files: &[&str], peers: &[&str]| {
            let one = ServerKey {
                files: files.iter().map(PathBuf::from).collect(),
                peers: peers.iter().map(ToString::to_string).collect(),
            };
            read(&[one], &folder).map(|keys| keys.len()).map_err(|error| error.to_string())
        };
        let peers = ["10.1.0.0/16"];
        assert_eq!(read(&["new", "old"], &peers), Ok(1));
        for (files, peers, says) in [
            (&["open"][..], &peers[..], "mode 640"),
            (&["csk"], &peers, "36 octets"),
            (&["short"], &peers, "36 octets"),
            (&["absent"], &peers, "absent"),
            (&["new", "new"], &peers, "each key once"),
            (&[], &peers, "server-key[0].files"),
            (&["new"], &[], "server-key[0].peers"),
            (&["new"], &["north"], "server-key[0].peers[0] = north"),
        ] {
            let error = read(files, peers).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}
