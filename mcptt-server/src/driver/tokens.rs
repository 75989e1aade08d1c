//! The keys of the issuer of access tokens, and development tokens for those who have no identity management server.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use call_control::access_token::{Scope, TokenRules, VerificationKey};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};

use crate::config::{self, KeySource, Tokens};

/// The file of the development key, PKCS #8.
const KEY_FILE: &str = "token-key.p8";
/// Its `kid`.
const KEY_ID: &str = "development";
/// Octets of one coordinate on P-256.
const COORDINATE: usize = 32;
/// Largest key set, octets.
pub(super) const MAX_KEY_SET: usize = 256 * 1024;

/// Reads the keys from a file, or the development key, which is made if there is none.
///
/// # Errors
/// The file and what is wrong with it. A URL is not read here.
pub fn read_keys(source: &KeySource) -> Result<Vec<VerificationKey>, String> {
    match source {
        KeySource::File(path) => {
            let text = fs::read_to_string(path).map_err(|error| at(path, &error))?;
            VerificationKey::read_set(&text).map_err(|error| at(path, &error))
        }
        KeySource::Development(folder) => Ok(vec![DevelopmentKey::open(folder)?.verification()?]),
        KeySource::Url(url, _) => Err(format!("{url}: it is fetched later")),
    }
}

fn at(path: &Path, error: &dyn std::fmt::Display) -> String {
    format!("{}: {error}", path.display())
}

/// The key that signs development tokens.
pub struct DevelopmentKey {
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

impl std::fmt::Debug for DevelopmentKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DevelopmentKey(..)")
    }
}

impl DevelopmentKey {
    /// Reads the key of a data folder, and makes one if there is none.
    ///
    /// # Errors
    /// The file and what is wrong with it.
    pub fn open(folder: &Path) -> Result<Self, String> {
        let (path, random) = (folder.join(KEY_FILE), SystemRandom::new());
        let octets = match fs::read(&path) {
            Ok(octets) => octets,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
                let made = made.map_err(|error| at(&path, &error))?;
                write_new(&path, made.as_ref()).map_err(|error| at(&path, &error))?
            }
            Err(error) => return Err(at(&path, &error)),
        };
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &octets, &random);
        Ok(Self { pair: pair.map_err(|error| at(&path, &error))?, random })
    }

    fn verification(&self) -> Result<VerificationKey, String> {
        VerificationKey::p256(Some(KEY_ID.to_owned()), self.pair.public_key().as_ref())
            .ok_or_else(|| "the development key is not on P-256".to_owned())
    }

    /// The public key as a member of a JSON Web Key Set (RFC 7517).
    pub fn public(&self) -> serde_json::Value {
        // An uncompressed point: a mark, then both coordinates.
        let point = self.pair.public_key().as_ref();
        let (x, y) = point.get(1..).unwrap_or_default().split_at_checked(COORDINATE).unwrap_or_default();
        let [x, y] = [x, y].map(|octets| URL_SAFE_NO_PAD.encode(octets));
        serde_json::json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": KEY_ID, "x": x, "y": y,
        })
    }

    /// A token for a user.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn token(&self, claims: &serde_json::Value) -> Result<String, String> {
        let header = serde_json::json!({ "alg": "ES256", "kid": KEY_ID, "typ": "JWT" });
        let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&header), part(claims));
        let signature = self.pair.sign(&self.random, message.as_bytes());
        let signature = signature.map_err(|error| format!("no signature: {error}"))?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// What a token says that these rules take; `now` is what the wall clock shows.
pub(super) fn claims(
    rules: &TokenRules,
    user: &str,
    scope: &str,
    now: SystemTime,
    lifetime: Duration,
) -> serde_json::Value {
    let expires = now.checked_add(lifetime).unwrap_or(now);
    let seconds =
        |moment: SystemTime| moment.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut claims = serde_json::json!({
        "iss": rules.issuer, "iat": seconds(now), "exp": seconds(expires), "mcptt_id": user, "scope": scope,
    });
    if let Some(audience) = rules.audience.first() {
        claims["aud"] = audience.as_str().into();
    }
    claims
}

/// Writes a key unless somebody else has just done so; what is in the file then.
fn write_new(path: &Path, octets: &[u8]) -> io::Result<Vec<u8>> {
    if let Some(folder) = path.parent() {
        super::store::make_private(folder)?;
    }
    match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => {
            file.write_all(octets)?;
            file.sync_all()?;
            Ok(octets.to_vec())
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => fs::read(path),
        Err(error) => Err(error),
    }
}

/// The arguments of `token`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Configuration file with the users and the data folder.
    #[arg(long)]
    config: PathBuf,
    /// The MCPTT ID that the token is for.
    #[arg(long)]
    user: String,
    /// How long it is valid, seconds.
    #[arg(long, default_value_t = 3_600, value_parser = clap::value_parser!(u64).range(1..=31_536_000))]
    lifetime: u64,
}

impl Arguments {
    /// Issues a development token; `now` is what the wall clock shows.
    ///
    /// # Errors
    /// The text of what is wrong with the configuration, the user or the key.
    pub fn run(self, now: SystemTime) -> Result<String, String> {
        let loaded = config::load(Some(&self.config)).map_err(|error| error.to_string())?;
        let Some(Tokens { rules, source: KeySource::Development(folder), release, .. }) = loaded.tokens
        else {
            return Err(
                "development tokens are issued only with store.data-dir and without authorisation.keys"
                    .to_owned(),
            );
        };
        let known = loaded.node.call_control.users.iter().any(|user| user.mcptt_id.as_str() == self.user);
        let profile = folder.join("documents/org.3gpp.mcptt.user-profile/users").join(&self.user);
        let administrates =
            loaded.documents.is_some_and(|documents| documents.administrators.contains(&self.user));
        let documented = crate::documents::is_name(&self.user) && profile.exists();
        if !(known || administrates || documented) {
            return Err(format!("--user {}: allowed are the users of the configuration", self.user));
        }
        let scopes: Vec<&str> = [Scope::Service, Scope::Configuration, Scope::Group, Scope::KeyManagement]
            .into_iter()
            .flat_map(|scope| scope.spellings(release, rules.any_release))
            .collect();
        let scope = format!("openid {}", scopes.join(" "));
        let claims = claims(&rules, &self.user, &scope, now, Duration::from_secs(self.lifetime));
        DevelopmentKey::open(&folder)?.token(&claims)
    }
}
