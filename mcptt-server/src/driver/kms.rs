//! The master secrets of a small key management server: a file that nobody else may read, and the command that makes it.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use media_plane::crypto::mc::i_message::draw;
use media_plane::crypto::mc::{KeySet, Kms, MASTER_SECRETS, Purpose};
use rand_chacha::ChaCha20Rng;
use zeroize::Zeroizing;

use super::keys::ntp;
use crate::config::{self, KeyServer, secret_file};

/// Reads the master secrets.
///
/// # Errors
/// The file and what is wrong with it: also that others may read it.
//= 33.180-kms-secret
pub fn open(server: &KeyServer) -> Result<Option<Kms>, String> {
    let Some(path) = &server.master_secret else { return Ok(None) };
    let at = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let octets = secret_file::read(path, MASTER_SECRETS)?;
    let secrets = <&[u8; MASTER_SECRETS]>::try_from(octets.as_slice());
    let kms = secrets.ok().and_then(|secrets| Kms::new(&server.uri, server.period, secrets));
    kms.map(Some).ok_or_else(|| {
        at(&format!("master secrets have {MASTER_SECRETS} octets, made by mcptt-server kms init"))
    })
}

/// Makes a file with new master secrets; one that is there stays.
fn init(path: &Path, rng: &mut ChaCha20Rng) -> Result<(), String> {
    write_new(path, &*Kms::draw(rng))
}

/// Makes a file with secrets; one that is there stays.
fn write_new(path: &Path, secrets: &[u8]) -> Result<(), String> {
    let at = |error: std::io::Error| format!("{}: {error}", path.display());
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(at)?;
    let written = file.write_all(secrets).and_then(|()| file.sync_all());
    if written.is_err() {
        // A part of the secrets is worth nothing.
        let _ = fs::remove_file(path);
    }
    written.map_err(at)
}

/// The arguments of `kms`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Make the file with the master secrets; whoever has it can open everything.
    Init {
        /// The new file.
        #[arg(long)]
        file: PathBuf,
    },
    /// Make the file with a key that servers protect their signalling with each other by (SPK); bring it to both.
    ServerKey {
        /// The new file.
        #[arg(long)]
        file: PathBuf,
    },
    /// Print the certificate of the configured key management server.
    Certificate {
        /// Configuration file.
        #[arg(long)]
        config: PathBuf,
    },
    /// Print the keys of a user for the present period and the next one; for whoever cannot fetch them over HTTP.
    Keys {
        /// Configuration file.
        #[arg(long)]
        config: PathBuf,
        /// The MCPTT ID.
        #[arg(long)]
        user: String,
    },
}

impl Arguments {
    /// Does it; `now` is what the wall clock shows. The text to print.
    ///
    /// # Errors
    /// The file or setting and what is wrong with it.
    pub fn run(self, now: SystemTime, mut rng: ChaCha20Rng) -> Result<Zeroizing<String>, String> {
        let server = |config: &Path| {
            let loaded = config::load(Some(config)).map_err(|error| error.to_string())?;
            let server = loaded.keys.ok_or("key-management.master-secret is not set")?;
            open(&server)?.ok_or_else(|| "key-management.master-secret is not set".to_owned())
        };
        match self.verb {
            Verb::Init { file } => init(&file, &mut rng).map(|()| Zeroizing::new(String::new())),
            Verb::ServerKey { file } => {
                let key = draw(Purpose::SIGNALLING_PROTECTION, &mut rng);
                write_new(&file, &key.to_octets()).map(|()| Zeroizing::new(String::new()))
            }
            Verb::Certificate { config } => {
                Ok(Zeroizing::new(super::library::kms::certificate(&server(&config)?)))
            }
            Verb::Keys { config, user } => {
                let kms = server(&config)?;
                let sets = key_sets(&kms, &user, now, &mut rng);
                Ok(super::library::kms::response(&kms, &user, "", now, Some(&sets)))
            }
        }
    }
}

/// The keys of a user for the period of a moment and the next one.
pub(super) fn key_sets(kms: &Kms, user: &str, now: SystemTime, rng: &mut ChaCha20Rng) -> Vec<KeySet> {
    let period = kms.period().number(ntp(now));
    [period, period.saturating_add(1)]
        .into_iter()
        .filter_map(|period| kms.key_set(user, period, rng))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use media_plane::crypto::mc::KeyPeriod;
    use rand_core::SeedableRng;

    use super::*;

    //= 33.180-kms-secret test
    #[test]
    fn master_secrets_are_for_their_owner_only() {
        let folder = std::env::temp_dir().join(format!("mcptt-kms-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("kms.key");
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        init(&path, &mut rng).unwrap();
        assert!(init(&path, &mut rng).unwrap_err().contains("kms.key"), "the first one stays");
        let server = KeyServer {
            master_secret: Some(path.clone()),
            uri: "kms.mc.example.org".to_owned(),
            period: KeyPeriod { length: 3_600, offset: 0 },
            own: "sip:mcptt@mc.example.org".to_owned(),
            authorities: Vec::new(),
        };
        let kms = open(&server).unwrap().expect("it is ours");
        assert_eq!(kms.uri(), "kms.mc.example.org");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(open(&server).unwrap_err().contains("mode 640"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, [1; 20]).unwrap();
        assert!(open(&server).unwrap_err().contains("160 octets"));
        fs::remove_dir_all(&folder).unwrap();
    }
}
