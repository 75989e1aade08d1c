//! Authorisation codes with PKCE, and the tokens that they are exchanged for (TS 24.482; RFC 6749, 7636; OpenID Connect).
//!
//! Told the time and the random values; signs nothing by itself: a grant says what a token is to contain.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::password::Password;
use crate::config::Application;

/// How long a code may be exchanged.
const CODE_LIFETIME: Duration = Duration::from_secs(60);
/// Codes, and refresh tokens, that are kept at a time; beyond that nobody gets one until some have ended.
const MOST: usize = 65_536;
/// Wrong passwords in a row after which a user has to wait, and how long.
const FAILURES: u32 = 5;
const WAIT: Duration = Duration::from_secs(30);
/// Characters of a verifier (RFC 7636 4.1) and of an S256 challenge.
const VERIFIER: std::ops::RangeInclusive<usize> = 43..=128;
const CHALLENGE: usize = 43;

/// Somebody who may log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The name that is typed in.
    pub name: String,
    /// The MCPTT ID that the tokens are for.
    pub mcptt_id: String,
    /// The password.
    pub password: Password,
}

/// What is fixed for the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The applications.
    pub applications: Vec<Application>,
    /// The users.
    pub accounts: Vec<Account>,
    /// How long an access token is valid.
    pub access_lifetime: Duration,
    /// How long a refresh token is; each is used once and replaced.
    pub refresh_lifetime: Duration,
    /// The scopes that may be asked for.
    pub scopes: Vec<String>,
}

/// A request for authorisation that is in order: the user may log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub application: String,
    pub redirect: String,
    pub challenge: String,
    pub scope: String,
    pub state: Option<String>,
    pub nonce: Option<String>,
}

/// Why a request for authorisation is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Nobody knows where to send the user back to.
    Here,
    /// The application is told by this redirection.
    There(String),
}

/// What a token is to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    pub application: String,
    pub mcptt_id: String,
    pub scope: String,
    pub nonce: Option<String>,
}

/// What a code stands for.
struct Code {
    grant: Grant,
    redirect: String,
    challenge: String,
    until: Instant,
}

/// The codes and refresh tokens that are out, and who has to wait.
pub struct Provider {
    pub settings: Settings,
    codes: BTreeMap<String, Code>,
    refreshes: BTreeMap<String, (Grant, Instant)>,
    failures: BTreeMap<String, (u32, Instant)>,
}

impl Provider {
    pub const fn new(settings: Settings) -> Self {
        Self { settings, codes: BTreeMap::new(), refreshes: BTreeMap::new(), failures: BTreeMap::new() }
    }

    /// Reads a request for authorisation.
    pub fn asked(&self, fields: &BTreeMap<String, String>) -> Result<Asked, Refused> {
        let field = |name: &str| fields.get(name).map(String::as_str);
        let application = field("client_id").unwrap_or_default();
        let redirect = field("redirect_uri").unwrap_or_default();
        let known = self.settings.applications.iter().find(|known| known.id == application);
        // Only there: anywhere else a code could be stolen (RFC 6749 10.6).
        if !known.is_some_and(|known| known.redirect.iter().any(|one| one == redirect)) {
            return Err(Refused::Here);
        }
        let there = |error: &str| {
            let mut further = vec![("error", error)];
            further.extend(field("state").map(|state| ("state", state)));
            Refused::There(with_query(redirect, &further))
        };
        if field("response_type") != Some("code") {
            return Err(there("unsupported_response_type"));
        }
        //= 24.482-pkce
        let challenge = field("code_challenge").filter(|challenge| is_challenge(challenge));
        let Some(challenge) = challenge.filter(|_| field("code_challenge_method") == Some("S256")) else {
            return Err(there("invalid_request"));
        };
        let scope = field("scope").unwrap_or_default();
        let mut scopes = scope.split(' ').filter(|scope| !scope.is_empty()).peekable();
        let offered = |scope: &str| scope == "openid" || self.settings.scopes.iter().any(|one| one == scope);
        if scopes.peek().is_none() || !scopes.all(offered) {
            return Err(there("invalid_scope"));
        }
        Ok(Asked {
            application: application.to_owned(),
            redirect: redirect.to_owned(),
            challenge: challenge.to_owned(),
            scope: scope.to_owned(),
            state: field("state").map(str::to_owned),
            nonce: field("nonce").map(str::to_owned),
        })
    }

    /// What the password of a user is compared with. `None`: after so many wrong ones it is not looked at for a while.
    pub fn password_of(&self, now: Instant, name: &str) -> Option<Password> {
        let waits = self.failures.get(name).is_some_and(|(times, until)| *times >= FAILURES && now < *until);
        let account = self.account(name).map(|account| account.password.clone());
        (!waits).then(|| account.unwrap_or_else(Password::of_nobody))
    }

    fn account(&self, name: &str) -> Option<&Account> {
        self.settings.accounts.iter().find(|account| account.name == name)
    }

    /// A user has typed in a name and a password, which was right or not. Where it is sent with its code, which is `random`.
    pub fn logged_in(
        &mut self,
        now: Instant,
        asked: &Asked,
        name: &str,
        right: bool,
        random: [u8; 32],
    ) -> Option<String> {
        let account = self.account(name).filter(|_| right).cloned();
        let Some(account) = account else {
            self.failures.retain(|_, (_, until)| now < *until);
            let (times, _) = self.failures.get(name).copied().unwrap_or((0, now));
            if self.failures.len() < MOST {
                let until = now.checked_add(WAIT).unwrap_or(now);
                self.failures.insert(name.to_owned(), (times.saturating_add(1), until));
            }
            return None;
        };
        self.failures.remove(name);
        self.codes.retain(|_, code| now < code.until);
        if self.codes.len() >= MOST {
            return None;
        }
        let code = URL_SAFE_NO_PAD.encode(random);
        let grant = Grant {
            application: asked.application.clone(),
            mcptt_id: account.mcptt_id,
            scope: asked.scope.clone(),
            nonce: asked.nonce.clone(),
        };
        let until = now.checked_add(CODE_LIFETIME).unwrap_or(now);
        let (redirect, challenge) = (asked.redirect.clone(), asked.challenge.clone());
        self.codes.insert(code.clone(), Code { grant, redirect, challenge, until });
        let mut further = vec![("code", code.as_str())];
        further.extend(asked.state.as_deref().map(|state| ("state", state)));
        Some(with_query(&asked.redirect, &further))
    }

    /// Exchanges a code or a refresh token; with the next refresh token, which is `random`. The error is one of RFC 6749 5.2.
    pub fn exchanged(
        &mut self,
        now: Instant,
        fields: &BTreeMap<String, String>,
        random: [u8; 32],
    ) -> Result<(Grant, String), &'static str> {
        let field = |name: &str| fields.get(name).map(String::as_str);
        let application = field("client_id").ok_or("invalid_client")?;
        if !self.settings.applications.iter().any(|known| known.id == application) {
            return Err("invalid_client");
        }
        let grant = match field("grant_type") {
            Some("authorization_code") => {
                // Whatever comes of it, a code is good for one attempt.
                let code = field("code").and_then(|code| self.codes.remove(code)).ok_or("invalid_grant")?;
                let verifier = field("code_verifier").unwrap_or_default();
                let right = now < code.until
                    && code.grant.application == application
                    && Some(code.redirect.as_str()) == field("redirect_uri")
                    //= 24.482-pkce
                    && VERIFIER.contains(&verifier.len())
                    && challenge_of(verifier).as_bytes().ct_eq(code.challenge.as_bytes()).into();
                if right { code.grant } else { return Err("invalid_grant") }
            }
            Some("refresh_token") => {
                let known = field("refresh_token").and_then(|token| self.refreshes.remove(token));
                let known = known.filter(|(grant, until)| now < *until && grant.application == application);
                let (grant, _) = known.ok_or("invalid_grant")?;
                // Whoever is no longer a user gets no further token.
                let account = self.settings.accounts.iter().any(|account| account.mcptt_id == grant.mcptt_id);
                if account { grant } else { return Err("invalid_grant") }
            }
            _ => return Err("unsupported_grant_type"),
        };
        self.refreshes.retain(|_, (_, until)| now < *until);
        if self.refreshes.len() >= MOST {
            return Err("temporarily_unavailable");
        }
        let refresh = URL_SAFE_NO_PAD.encode(random);
        let until = now.checked_add(self.settings.refresh_lifetime).unwrap_or(now);
        self.refreshes.insert(refresh.clone(), (grant.clone(), until));
        Ok((grant, refresh))
    }
}

/// The challenge that a verifier answers.
pub fn challenge_of(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

fn is_challenge(text: &str) -> bool {
    text.len() == CHALLENGE && URL_SAFE_NO_PAD.decode(text).is_ok()
}

/// A URI with further parameters.
fn with_query(uri: &str, further: &[(&str, &str)]) -> String {
    let joint = if uri.contains('?') { '&' } else { '?' };
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(further).finish();
    format!("{uri}{joint}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::t0;

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    fn provider() -> Provider {
        Provider::new(Settings {
            applications: vec![Application { id: "app".into(), redirect: vec!["app://back".into()] }],
            accounts: vec![Account {
                name: "alice".into(),
                mcptt_id: "sip:alice@mc.example.org".into(),
                password: Password::of_nobody(),
            }],
            access_lifetime: Duration::from_secs(60),
            refresh_lifetime: Duration::from_secs(600),
            scopes: vec!["3gpp:mc:ptt_service".into()],
        })
    }

    fn fields(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn request(challenge: &str) -> BTreeMap<String, String> {
        fields(&[
            ("response_type", "code"),
            ("client_id", "app"),
            ("redirect_uri", "app://back"),
            ("scope", "openid 3gpp:mc:ptt_service"),
            ("state", "s 1"),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
        ])
    }

    fn without(mut fields: BTreeMap<String, String>, name: &str) -> BTreeMap<String, String> {
        fields.remove(name);
        fields
    }

    fn with(mut fields: BTreeMap<String, String>, name: &str, value: &str) -> BTreeMap<String, String> {
        fields.insert(name.to_owned(), value.to_owned());
        fields
    }

    //= 24.482-pkce test
    #[test]
    fn the_example_of_rfc_7636() {
        assert_eq!(challenge_of(VERIFIER), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    //= 24.482-pkce test
    #[test]
    fn a_request_without_s256_is_sent_back_and_one_from_elsewhere_is_not() {
        let provider = provider();
        let right = request(&challenge_of(VERIFIER));
        assert!(provider.asked(&right).is_ok());
        let there = |error: &str| Err(Refused::There(format!("app://back?error={error}&state=s+1")));
        for (wrong, expected) in [
            (with(right.clone(), "code_challenge_method", "plain"), there("invalid_request")),
            (without(right.clone(), "code_challenge_method"), there("invalid_request")),
            (without(right.clone(), "code_challenge"), there("invalid_request")),
            (with(right.clone(), "code_challenge", VERIFIER.get(1..).unwrap()), there("invalid_request")),
            (with(right.clone(), "response_type", "token"), there("unsupported_response_type")),
            (with(right.clone(), "scope", "openid everything"), there("invalid_scope")),
            (without(right.clone(), "scope"), there("invalid_scope")),
            (with(right.clone(), "client_id", "other"), Err(Refused::Here)),
            (with(right, "redirect_uri", "app://back/../elsewhere"), Err(Refused::Here)),
        ] {
            assert_eq!(provider.asked(&wrong), expected, "{wrong:?}");
        }
    }

    fn code(provider: &mut Provider, now: Instant, number: u8) -> String {
        let asked = provider.asked(&request(&challenge_of(VERIFIER))).unwrap();
        let back = provider.logged_in(now, &asked, "alice", true, [number; 32]).unwrap();
        let code = back.strip_prefix("app://back?code=").unwrap();
        code.strip_suffix("&state=s+1").unwrap().to_owned()
    }

    fn exchange(code: &str) -> BTreeMap<String, String> {
        fields(&[
            ("grant_type", "authorization_code"),
            ("client_id", "app"),
            ("redirect_uri", "app://back"),
            ("code", code),
            ("code_verifier", VERIFIER),
        ])
    }

    //= 24.482-pkce test
    #[test]
    fn a_code_is_exchanged_once_by_who_has_the_verifier() {
        let (mut provider, now) = (provider(), t0());
        let first = code(&mut provider, now, 1);
        let (grant, _) = provider.exchanged(now, &exchange(&first), [9; 32]).unwrap();
        assert_eq!(
            (grant.mcptt_id.as_str(), grant.application.as_str()),
            ("sip:alice@mc.example.org", "app")
        );
        assert_eq!(provider.exchanged(now, &exchange(&first), [9; 32]), Err("invalid_grant"));
        for (number, wrong, value) in [
            (2, "code_verifier", "another-verifier-that-is-long-enough-to-be-one"),
            (3, "code_verifier", "short"),
            (4, "redirect_uri", "app://elsewhere"),
        ] {
            let code = code(&mut provider, now, number);
            let request = with(exchange(&code), wrong, value);
            assert_eq!(provider.exchanged(now, &request, [9; 32]), Err("invalid_grant"), "{wrong}");
            // One attempt, then it is gone.
            assert_eq!(provider.exchanged(now, &exchange(&code), [9; 32]), Err("invalid_grant"));
        }
        let late = code(&mut provider, now, 5);
        let after = now + CODE_LIFETIME;
        assert_eq!(provider.exchanged(after, &exchange(&late), [9; 32]), Err("invalid_grant"));
        let other = with(exchange("x"), "client_id", "other");
        assert_eq!(provider.exchanged(now, &other, [9; 32]), Err("invalid_client"));
        let password = with(exchange("x"), "grant_type", "password");
        assert_eq!(provider.exchanged(now, &password, [9; 32]), Err("unsupported_grant_type"));
    }

    #[test]
    fn a_refresh_token_is_used_once_and_ends_in_time() {
        let (mut provider, now) = (provider(), t0());
        let code = code(&mut provider, now, 1);
        let (_, refresh) = provider.exchanged(now, &exchange(&code), [9; 32]).unwrap();
        let again = |token: &str| {
            fields(&[("grant_type", "refresh_token"), ("client_id", "app"), ("refresh_token", token)])
        };
        let (_, next) = provider.exchanged(now, &again(&refresh), [8; 32]).unwrap();
        assert_ne!(next, refresh);
        assert_eq!(provider.exchanged(now, &again(&refresh), [7; 32]), Err("invalid_grant"));
        let late = now + Duration::from_secs(600);
        assert_eq!(provider.exchanged(late, &again(&next), [7; 32]), Err("invalid_grant"));
    }

    #[test]
    fn after_wrong_passwords_one_has_to_wait_and_unknown_names_look_alike() {
        let (mut provider, now) = (provider(), t0());
        let asked = provider.asked(&request(&challenge_of(VERIFIER))).unwrap();
        for name in ["alice", "nobody"] {
            for _ in 0..FAILURES {
                assert!(provider.password_of(now, name).is_some());
                assert_eq!(provider.logged_in(now, &asked, name, false, [1; 32]), None);
            }
            assert_eq!(provider.password_of(now, name), None);
            assert!(provider.password_of(now + WAIT, name).is_some());
        }
        assert_eq!(provider.logged_in(now, &asked, "nobody", true, [1; 32]), None);
        assert!(provider.logged_in(now + WAIT, &asked, "alice", true, [1; 32]).is_some());
        assert!(provider.password_of(now + WAIT, "alice").is_some());
    }
}
