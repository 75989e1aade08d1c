//! Access tokens (TS 24.482, TS 33.180 annex B): JSON Web Tokens (RFC 7519) that an identity management server has signed.
//!
//! Keys, rules and the wall clock are told; nothing is fetched here.
//!
//! ```
//! use call_control::access_token::{TokenError, TokenRules};
//! use std::time::SystemTime;
//!
//! let rules = TokenRules::new("https://idms.mc.example.org");
//! let unsigned = "eyJhbGciOiJub25lIn0.eyJtY3B0dF9pZCI6InNpcDphQHgifQ.";
//! assert_eq!(rules.validate(unsigned, &["3gpp:mc:ptt_service"], SystemTime::UNIX_EPOCH), Err(TokenError::Algorithm));
//! ```

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mcptt_codec::id::McpttId;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde_json::Value;
use thiserror::Error;

/// Longest token that is looked at, octets.
const MAX_TOKEN: usize = 8 * 1024;
/// Most keys of one set.
const MAX_KEYS: usize = 64;
/// Octets of an uncompressed point of P-256.
const POINT: usize = 65;

/// What a token is presented for. Each has the spelling of Release 13 and that of later releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The MCPTT service, over SIP.
    Service,
    /// Documents of configuration management.
    Configuration,
    /// Documents of group management.
    Group,
    /// Keys.
    KeyManagement,
}

impl Scope {
    /// The spellings that a release has; both for `any_release`, which is for laboratories.
    pub fn spellings(self, release: u8, any_release: bool) -> Vec<&'static str> {
        let (first, later) = match self {
            Self::Service => ("3gpp:mcptt:ptt_server", "3gpp:mc:ptt_service"),
            Self::Configuration => {
                ("3gpp:mcptt:config_management_server", "3gpp:mc:ptt_config_management_service")
            }
            Self::Group => ("3gpp:mcptt:group_management_server", "3gpp:mc:ptt_group_management_service"),
            Self::KeyManagement => ("3gpp:mcptt:key_management_server", "3gpp:mc:ptt_key_management_service"),
        };
        match (any_release, release) {
            (true, _) => vec![first, later],
            (false, 13) => vec![first],
            (false, _) => vec![later],
        }
    }
}

/// What a token has to be.
#[derive(Clone, Debug)]
pub struct TokenRules {
    /// `iss`, compared as it is.
    pub issuer: String,
    /// One of these has to be among `aud`. Empty: `aud` is not looked at.
    pub audience: Vec<String>,
    /// The keys of the issuer.
    pub keys: Vec<VerificationKey>,
    /// How much the clocks of issuer and node may differ.
    pub leeway: Duration,
    /// Scopes are taken in the spelling of every release. For laboratories.
    pub any_release: bool,
}

/// What a valid token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Whose token it is.
    pub mcptt_id: McpttId,
    /// What it is good for.
    pub scopes: Vec<String>,
    /// When it expires, seconds since 1970.
    pub expires_at: u64,
}

/// Why a token is not taken. Never says anything of its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TokenError {
    /// It is no JSON Web Token, or a claim that has to be there is missing.
    #[error("the token cannot be read")]
    Unreadable,
    /// It is not signed with RS256 or ES256.
    #[error("the algorithm of the token is not taken")]
    Algorithm,
    /// No key of the issuer fits.
    #[error("the key of the token is not known")]
    UnknownKey,
    /// The signature is not that of the key.
    #[error("the signature of the token is wrong")]
    Signature,
    /// It was issued by somebody else.
    #[error("the issuer of the token is another one")]
    Issuer,
    /// It is for somebody else.
    #[error("the token is for another audience")]
    Audience,
    /// It is good for something else.
    #[error("the scope of the token is another one")]
    Scope,
    /// It has expired.
    #[error("the token has expired")]
    Expired,
    /// It is not valid yet.
    #[error("the token is not valid yet")]
    NotYet,
}

/// Why a set of keys cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeySetError {
    /// It is no JSON Web Key Set.
    #[error("it is no JSON Web Key Set")]
    Unreadable,
    /// It has no key that could be used: RSA of 2048 bits or more, or an elliptic curve key on P-256.
    #[error("it has no RSA key and no P-256 key for signatures")]
    NoKey,
}

/// A public key that verifies signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerificationKey {
    /// `kid`. `None`: it is tried for every token.
    pub id: Option<String>,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// Modulus and exponent, big endian.
    Rsa { n: Vec<u8>, e: Vec<u8> },
    /// An uncompressed point.
    P256(Vec<u8>),
}

impl VerificationKey {
    /// A key on P-256: its uncompressed point.
    pub fn p256(id: Option<String>, point: &[u8]) -> Option<Self> {
        (point.len() == POINT).then(|| Self { id, kind: Kind::P256(point.to_vec()) })
    }

    /// Reads a JSON Web Key Set (RFC 7517). Keys that are of another kind or for something else are passed over.
    ///
    /// # Errors
    /// [`KeySetError`].
    pub fn read_set(text: &str) -> Result<Vec<Self>, KeySetError> {
        let set: Value = serde_json::from_str(text).map_err(|_| KeySetError::Unreadable)?;
        let keys = set.get("keys").and_then(Value::as_array).ok_or(KeySetError::Unreadable)?;
        let usable: Vec<Self> = keys.iter().take(MAX_KEYS).filter_map(Self::read).collect();
        if usable.is_empty() { Err(KeySetError::NoKey) } else { Ok(usable) }
    }

    fn read(key: &Value) -> Option<Self> {
        let text = |name: &str| key.get(name).and_then(Value::as_str);
        let octets = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok();
        if text("use").is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let id = text("kid").map(ToOwned::to_owned);
        match (text("kty")?, text("crv")) {
            ("RSA", _) => Some(Self { id, kind: Kind::Rsa { n: octets("n")?, e: octets("e")? } }),
            ("EC", Some("P-256")) => {
                let point = [vec![4], octets("x")?, octets("y")?].concat();
                Self::p256(id, &point)
            }
            _ => None,
        }
    }

    /// The key as a JSON Web Key; for those on P-256.
    pub fn to_jwk(&self) -> Option<Value> {
        let Kind::P256(point) = &self.kind else { return None };
        let (x, y) = point.get(1..)?.split_at_checked(32)?;
        let text = |octets: &[u8]| URL_SAFE_NO_PAD.encode(octets);
        Some(serde_json::json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.id, "x": text(x), "y": text(y),
        }))
    }

    fn algorithm(&self) -> &'static str {
        match self.kind {
            Kind::Rsa { .. } => "RS256",
            Kind::P256(_) => "ES256",
        }
    }

    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.kind {
            Kind::Rsa { n, e } => {
                let key = RsaPublicKeyComponents { n, e };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
            }
            Kind::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
            }
        }
    }
}

impl TokenRules {
    /// Rules for tokens of an issuer whose keys are not known yet, half a minute of leeway.
    pub fn new(issuer: &str) -> Self {
        Self {
            issuer: issuer.to_owned(),
            audience: Vec::new(),
            keys: Vec::new(),
            leeway: Duration::from_secs(30),
            any_release: false,
        }
    }

    /// Checks a token that is presented for one of `scopes`, at the time that the wall clock shows.
    ///
    /// # Errors
    /// The first of [`TokenError`] that applies; nothing in a token is believed before its signature.
    pub fn validate(&self, token: &str, scopes: &[&str], wall: SystemTime) -> Result<Claims, TokenError> {
        //= 24.482-claims
        let mut parts = token.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(TokenError::Unreadable);
        };
        if token.len() > MAX_TOKEN {
            return Err(TokenError::Unreadable);
        }
        self.check_signature(token, header, signature)?;
        let claims = object(payload)?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        if text("iss") != Some(self.issuer.as_str()) {
            return Err(TokenError::Issuer);
        }
        if !self.audience.is_empty() && !list(claims.get("aud")).iter().any(|aud| self.audience.contains(aud))
        {
            return Err(TokenError::Audience);
        }
        let now = wall.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let leeway = self.leeway.as_secs();
        let expires_at = seconds(claims.get("exp")).ok_or(TokenError::Unreadable)?;
        if now >= expires_at.saturating_add(leeway) {
            return Err(TokenError::Expired);
        }
        if seconds(claims.get("nbf")).is_some_and(|from| now.saturating_add(leeway) < from) {
            return Err(TokenError::NotYet);
        }
        let granted: Vec<String> =
            list(claims.get("scope")).iter().flat_map(|one| one.split(' ').map(ToOwned::to_owned)).collect();
        //= 24.379-7.3.3:scope
        if !granted.iter().any(|scope| scopes.contains(&scope.as_str())) {
            return Err(TokenError::Scope);
        }
        //= 24.379-7.3.3:mcpttid
        let mcptt_id = text("mcptt_id").filter(|id| !id.is_empty()).ok_or(TokenError::Unreadable)?;
        Ok(Claims { mcptt_id: McpttId::new(mcptt_id), scopes: granted, expires_at })
    }

    fn check_signature(&self, token: &str, header: &str, signature: &str) -> Result<(), TokenError> {
        let fields = object(header)?;
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        //= 24.379-7.3.3:alg
        let algorithm = text("alg").filter(|alg| ["RS256", "ES256"].contains(alg));
        let algorithm = algorithm.ok_or(TokenError::Algorithm)?;
        // A token that makes demands which we do not know must not be taken (RFC 7515 4.1.11).
        if fields.contains_key("crit") {
            return Err(TokenError::Algorithm);
        }
        let named = text("kid");
        let mut fitting = self
            .keys
            .iter()
            .filter(|key| key.algorithm() == algorithm)
            .filter(|key| key.id.is_none() || named.is_none() || key.id.as_deref() == named)
            .peekable();
        if fitting.peek().is_none() {
            return Err(TokenError::UnknownKey);
        }
        let octets = URL_SAFE_NO_PAD.decode(signature).map_err(|_| TokenError::Unreadable)?;
        let end = token.len().saturating_sub(signature.len()).saturating_sub(1);
        let message = token.as_bytes().get(..end).ok_or(TokenError::Unreadable)?;
        match fitting.any(|key| key.verifies(message, &octets)) {
            true => Ok(()),
            false => Err(TokenError::Signature),
        }
    }
}

fn object(part: &str) -> Result<serde_json::Map<String, Value>, TokenError> {
    let octets = URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Unreadable)?;
    match serde_json::from_slice(&octets) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(TokenError::Unreadable),
    }
}

/// A claim that is one text or several.
fn list(claim: Option<&Value>) -> Vec<String> {
    match claim {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(several)) => {
            several.iter().filter_map(|one| one.as_str().map(ToOwned::to_owned)).collect()
        }
        _ => Vec::new(),
    }
}

/// A NumericDate, whose fraction does not count.
fn seconds(claim: Option<&Value>) -> Option<u64> {
    let claim = claim?;
    claim.as_u64().or_else(|| {
        let text = claim.as_number()?.to_string();
        text.split('.').next()?.parse().ok()
    })
}

#[cfg(test)]
mod tests;
