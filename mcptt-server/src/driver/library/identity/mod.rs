//! The identity management server of those who have no other (TS 24.482): users log in on a page, applications exchange the code
//! that they get for tokens, and renew these. What decides is in `provider`; here it is reached over HTTP.

mod password;
mod provider;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use call_control::access_token::TokenRules;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, LOCATION, PRAGMA};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};
use ring::rand::{SecureRandom, SystemRandom};
use tokio::sync::Semaphore;

use self::provider::{Account, Grant, Provider, Refused, Settings};
use super::SharedRef;
use super::http::{Answer, escaped, plain, set};
use crate::config::{IdentityServer, NOTATION};
use crate::driver::clock;
use crate::driver::tokens::{DevelopmentKey, claims};

pub use self::password::Password;

const AUTHORISE: &str = "/authorize";
const TOKEN: &str = "/token";
const KEYS: &str = "/keys";
/// Largest form, octets.
const MAX_FORM: usize = 16 * 1024;
/// Passwords that are compared at a time: each keeps a processor busy.
const COMPARED: usize = 2;

/// The provider with what it signs with.
pub(super) struct Identity {
    provider: Provider,
    key: DevelopmentKey,
    rules: TokenRules,
    comparing: Arc<Semaphore>,
}

impl Identity {
    /// Opens the key and reads the passwords.
    ///
    /// # Errors
    /// The account or file and what is wrong with it.
    pub fn new(server: IdentityServer, rules: TokenRules) -> Result<Self, String> {
        let accounts = server.accounts.into_iter().map(|account| {
            let password = Password::read(&account.password);
            let password = password.ok_or_else(|| {
                format!("identity.account[{}].password: allowed is {NOTATION}", account.name)
            })?;
            Ok(Account { name: account.name, mcptt_id: account.mcptt_id, password })
        });
        let settings = Settings {
            applications: server.applications,
            accounts: accounts.collect::<Result<_, String>>()?,
            access_lifetime: server.access_lifetime,
            refresh_lifetime: server.refresh_lifetime,
            scopes: server.scopes,
        };
        let (key, comparing) = (DevelopmentKey::open(&server.folder)?, Arc::new(Semaphore::new(COMPARED)));
        Ok(Self { provider: Provider::new(settings), key, rules, comparing })
    }

    /// The answer to a request for tokens that is granted.
    fn issue(&self, grant: &Grant, refresh: &str) -> Result<serde_json::Value, String> {
        let now = clock::wall();
        let lifetime = self.provider.settings.access_lifetime;
        let access = claims(&self.rules, &grant.mcptt_id, &grant.scope, now, lifetime);
        let mut identity = claims(&self.rules, &grant.mcptt_id, "openid", now, lifetime);
        identity["aud"] = grant.application.as_str().into();
        identity["sub"] = grant.mcptt_id.as_str().into();
        if let Some(nonce) = &grant.nonce {
            identity["nonce"] = nonce.as_str().into();
        }
        Ok(serde_json::json!({
            "access_token": self.key.token(&access)?,
            "token_type": "Bearer",
            "expires_in": lifetime.as_secs(),
            "refresh_token": refresh,
            "scope": grant.scope,
            "id_token": self.key.token(&identity)?,
        }))
    }
}

/// Answers what is asked of the identity management server. `None`: the path is none of its own, or there is none.
pub(super) async fn answer(shared: &SharedRef, head: &Parts, body: &mut Option<Incoming>) -> Option<Answer> {
    shared.borrow().identity.as_ref()?;
    let mut answer = match (head.uri.path(), &head.method) {
        (AUTHORISE, &Method::GET) => login_page(shared, head, StatusCode::OK),
        (AUTHORISE, &Method::POST) => log_in(shared, head, body.take()).await,
        (TOKEN, &Method::POST) => exchange(shared, body.take()).await,
        (KEYS, &Method::GET) => keys(shared),
        (AUTHORISE | TOKEN | KEYS, _) => {
            let mut answer = plain(StatusCode::METHOD_NOT_ALLOWED);
            set(&mut answer, ALLOW, if head.uri.path() == KEYS { "GET" } else { "GET, POST" });
            answer
        }
        _ => return None,
    };
    //= 24.482-nostore
    set(&mut answer, CACHE_CONTROL, "no-store");
    set(&mut answer, PRAGMA, "no-cache");
    Some(answer)
}

fn asked(shared: &SharedRef, head: &Parts) -> Result<provider::Asked, Box<Answer>> {
    let fields = form(head.uri.query().unwrap_or_default().as_bytes());
    let shared = shared.borrow();
    let Some(identity) = &shared.identity else { return Err(Box::new(plain(StatusCode::NOT_FOUND))) };
    identity.provider.asked(&fields).map_err(|refused| {
        Box::new(match refused {
            Refused::Here => page(StatusCode::BAD_REQUEST, "<p>This application is not known here.</p>"),
            Refused::There(to) => redirect(&to),
        })
    })
}

/// The page on which users log in. It says nothing of what was typed in before.
fn login_page(shared: &SharedRef, head: &Parts, status: StatusCode) -> Answer {
    if let Err(answer) = asked(shared, head) {
        return *answer;
    }
    let query = escaped(head.uri.query().unwrap_or_default());
    let again = match status {
        StatusCode::OK => "",
        StatusCode::TOO_MANY_REQUESTS => "<p>Too many attempts. Please wait.</p>",
        _ => "<p>Name or password is wrong.</p>",
    };
    let form = format!(
        "{again}<form method=\"post\" action=\"{AUTHORISE}?{query}\">\
         <p><label>Name <input name=\"username\" autocomplete=\"username\" required></label></p>\
         <p><label>Password <input name=\"password\" type=\"password\" autocomplete=\"current-password\" required></label></p>\
         <p><button>Log in</button></p></form>"
    );
    page(status, &form)
}

async fn log_in(shared: &SharedRef, head: &Parts, body: Option<Incoming>) -> Answer {
    let asked = match asked(shared, head) {
        Ok(asked) => asked,
        Err(answer) => return *answer,
    };
    let mut fields = match read(body).await {
        Ok(octets) => form(&octets),
        Err(answer) => return *answer,
    };
    let (name, typed) =
        (fields.remove("username").unwrap_or_default(), fields.remove("password").unwrap_or_default());
    let (known, comparing) = {
        let shared = shared.borrow();
        let Some(identity) = &shared.identity else { return plain(StatusCode::NOT_FOUND) };
        (identity.provider.password_of(clock::now(), &name), Arc::clone(&identity.comparing))
    };
    let Some(known) = known else { return login_page(shared, head, StatusCode::TOO_MANY_REQUESTS) };
    let Ok(_turn) = comparing.acquire().await else { return plain(StatusCode::SERVICE_UNAVAILABLE) };
    let right = tokio::task::spawn_blocking(move || known.is(&typed)).await.unwrap_or(false);
    let Some(random) = random() else { return plain(StatusCode::SERVICE_UNAVAILABLE) };
    let mut shared_mut = shared.borrow_mut();
    let Some(identity) = &mut shared_mut.identity else { return plain(StatusCode::NOT_FOUND) };
    let back = identity.provider.logged_in(clock::now(), &asked, &name, right, random);
    drop(shared_mut);
    tracing::info!(right, "login");
    match back {
        Some(back) => redirect(&back),
        None => login_page(shared, head, StatusCode::UNAUTHORIZED),
    }
}

async fn exchange(shared: &SharedRef, body: Option<Incoming>) -> Answer {
    let fields = match read(body).await {
        Ok(octets) => form(&octets),
        Err(answer) => return *answer,
    };
    let Some(random) = random() else { return plain(StatusCode::SERVICE_UNAVAILABLE) };
    let mut shared = shared.borrow_mut();
    let Some(identity) = &mut shared.identity else { return plain(StatusCode::NOT_FOUND) };
    match identity.provider.exchanged(clock::now(), &fields, random) {
        Ok((grant, refresh)) => match identity.issue(&grant, &refresh) {
            Ok(tokens) => json(StatusCode::OK, &tokens),
            Err(error) => {
                tracing::error!(%error, "no token");
                plain(StatusCode::SERVICE_UNAVAILABLE)
            }
        },
        Err(error) => json(StatusCode::BAD_REQUEST, &serde_json::json!({ "error": error })),
    }
}

/// The key set that tokens are checked with.
fn keys(shared: &SharedRef) -> Answer {
    let shared = shared.borrow();
    match &shared.identity {
        Some(identity) => json(StatusCode::OK, &serde_json::json!({ "keys": [identity.key.public()] })),
        None => plain(StatusCode::NOT_FOUND),
    }
}

fn random() -> Option<[u8; 32]> {
    let mut random = [0; 32];
    SystemRandom::new().fill(&mut random).ok()?;
    Some(random)
}

async fn read(body: Option<Incoming>) -> Result<Vec<u8>, Box<Answer>> {
    const PATIENCE: Duration = Duration::from_secs(10);
    let Some(body) = body else { return Ok(Vec::new()) };
    match tokio::time::timeout(PATIENCE, Limited::new(body, MAX_FORM).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes().to_vec()),
        _ => Err(Box::new(plain(StatusCode::PAYLOAD_TOO_LARGE))),
    }
}

/// Names and values; of a name that comes twice the first (RFC 6749 3.1 forbids it).
fn form(octets: &[u8]) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(octets) {
        fields.entry(name.into_owned()).or_insert(value.into_owned());
    }
    fields
}

fn json(status: StatusCode, value: &serde_json::Value) -> Answer {
    let mut answer = with_body(status, value.to_string());
    set(&mut answer, CONTENT_TYPE, "application/json");
    answer
}

fn page(status: StatusCode, content: &str) -> Answer {
    let mut answer = with_body(
        status,
        format!(
            "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>Log in</title>{content}</html>"
        ),
    );
    set(&mut answer, CONTENT_TYPE, "text/html; charset=utf-8");
    for (name, value) in [
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
    ] {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

fn with_body(status: StatusCode, body: String) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer
}

fn redirect(to: &str) -> Answer {
    let mut answer = plain(StatusCode::FOUND);
    set(&mut answer, LOCATION, to);
    answer
}
