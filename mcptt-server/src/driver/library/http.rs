//! Documents over HTTP, as XCAP has it (RFC 4825; TS 24.481 6, TS 24.484 6): whole documents with entity tags, for who has an
//! access token.

use std::convert::Infallible;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use call_control::access_token::{Scope, TokenRules};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{
    ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, IF_MATCH, IF_NONE_MATCH,
    RETRY_AFTER, WWW_AUTHENTICATE,
};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Semaphore;

use super::{SharedRef, identity, kms, send};
use crate::documents::{Auid, Document, MAX_DOCUMENT, Refused, Selector, Tree, without_members};
use crate::driver::clock;
use crate::driver::streams::{Live, reload_when_changed};

/// Connections at a time; more wait.
const MAX_CONNECTIONS: usize = 256;
/// How long the head of a request may take.
const HEAD: Duration = Duration::from_secs(10);
/// How long a connection may last.
const LONGEST: Duration = Duration::from_secs(300);

/// Who may do what.
pub(super) struct Access {
    /// What a token has to be. `None`: nobody has one.
    pub rules: Option<TokenRules>,
    /// The release whose scopes are asked for.
    pub release: u8,
    /// The status for a request without token.
    pub missing_token: u16,
    /// Who may change documents.
    pub administrators: Vec<String>,
}

pub(super) type Answer = Response<Full<Bytes>>;

pub(super) async fn serve(shared: SharedRef, listener: std::net::TcpListener, tls: Option<Arc<Live>>) {
    if let Some(live) = &tls {
        reload_when_changed(Arc::clone(live));
    }
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => {
            tracing::error!(%error, "documents are not served");
            return;
        }
    };
    let room = Rc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok(place) = Rc::clone(&room).try_acquire_many_rc() else {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::debug!(%error, "connection");
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            }
        };
        let (shared, tls) = (Rc::clone(&shared), tls.clone());
        tokio::task::spawn_local(async move {
            match tls {
                None => connection(&shared, stream).await,
                Some(live) => {
                    let handshake = tokio::time::timeout(HEAD, live.accept(stream));
                    if let Ok(Some((stream, _))) = handshake.await {
                        connection(&shared, stream).await;
                    }
                }
            }
            drop(place);
        });
    }
}

/// Answers what comes over one connection.
async fn connection(shared: &SharedRef, stream: impl AsyncRead + AsyncWrite + Unpin) {
    let service = service_fn(|request| {
        let shared = Rc::clone(shared);
        async move { Ok::<_, Infallible>(answer(&shared, request).await) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(stream), service);
    if let Ok(Err(error)) = tokio::time::timeout(LONGEST, connection).await {
        tracing::debug!(%error, "connection");
    }
}

/// A place for one connection.
trait Places {
    fn try_acquire_many_rc(self) -> Result<Place, ()>;
}

struct Place(Rc<Semaphore>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.add_permits(1);
    }
}

impl Places for Rc<Semaphore> {
    fn try_acquire_many_rc(self) -> Result<Place, ()> {
        match self.try_acquire() {
            Ok(permit) => permit.forget(),
            Err(_) => return Err(()),
        }
        Ok(Place(self))
    }
}

async fn answer(shared: &SharedRef, request: Request<Incoming>) -> Answer {
    let (head, body) = request.into_parts();
    let mut body = Some(body);
    if let Some(answer) = identity::answer(shared, &head, &mut body).await {
        return answer;
    }
    let Some(body) = body else { return plain(StatusCode::BAD_REQUEST) };
    if let Some(wanted) = kms::Wanted::of(head.uri.path()) {
        return match octets(body).await {
            Ok(octets) => keys(shared, wanted, &head, &octets),
            Err(answer) => *answer,
        };
    }
    let Some(selector) = Selector::parse(head.uri.path()) else {
        return plain(StatusCode::NOT_FOUND);
    };
    let who = match who(shared, &selector, &head) {
        Ok(who) => who,
        Err(answer) => return *answer,
    };
    let changes = matches!(head.method, Method::PUT | Method::DELETE);
    if !may(shared, &selector, who.as_deref(), changes) {
        return plain(StatusCode::FORBIDDEN);
    }
    match head.method {
        Method::GET | Method::HEAD => get(shared, &selector, &head),
        Method::PUT => match octets(body).await {
            Ok(octets) => put(shared, selector, &head, &octets).await,
            Err(answer) => *answer,
        },
        Method::DELETE => delete(shared, &selector, &head).await,
        Method::POST => match octets(body).await {
            Ok(octets) => post(shared, &selector, &octets),
            Err(answer) => *answer,
        },
        _ => {
            let mut answer = plain(StatusCode::METHOD_NOT_ALLOWED);
            set(&mut answer, ALLOW, "GET, HEAD, PUT, DELETE, POST");
            answer
        }
    }
}

/// The user of a request by its token. `Ok(None)`: none is needed.
fn who(
    shared: &SharedRef,
    selector: &Selector,
    head: &hyper::http::request::Parts,
) -> Result<Option<String>, Box<Answer>> {
    //= 24.484-init
    if selector.auid == Auid::UeInitConfig && matches!(head.method, Method::GET | Method::HEAD) {
        return Ok(None);
    }
    let scope = match selector.auid {
        Auid::Groups => Scope::Group,
        _ => Scope::Configuration,
    };
    owner(shared, scope, head).map(Some)
}

/// The user whose token comes with a request.
fn owner(
    shared: &SharedRef,
    scope: Scope,
    head: &hyper::http::request::Parts,
) -> Result<String, Box<Answer>> {
    let shared = shared.borrow();
    let Some(access) = &shared.access else { return Err(Box::new(plain(StatusCode::NOT_FOUND))) };
    let token = head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = token.and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim())
    });
    let Some(token) = token else {
        //= 24.482-bearer
        let status = StatusCode::from_u16(access.missing_token).unwrap_or(StatusCode::FORBIDDEN);
        return Err(Box::new(challenge(status, "Bearer realm=\"mcptt\"")));
    };
    let valid = access.rules.as_ref().and_then(|rules| {
        let scopes = scope.spellings(access.release, rules.any_release);
        rules.validate(token, &scopes, clock::wall()).ok()
    });
    match valid {
        Some(claims) => Ok(claims.mcptt_id.to_string()),
        //= 24.482-401
        None => Err(Box::new(challenge(
            StatusCode::UNAUTHORIZED,
            "Bearer realm=\"mcptt\", error=\"invalid_token\"",
        ))),
    }
}

/// The certificate of the key management server, or the keys of the owner of a token.
fn keys(
    shared: &SharedRef,
    wanted: kms::Wanted,
    head: &hyper::http::request::Parts,
    request: &[u8],
) -> Answer {
    if head.method != Method::POST {
        let mut answer = plain(StatusCode::METHOD_NOT_ALLOWED);
        set(&mut answer, ALLOW, "POST");
        return answer;
    }
    if shared.borrow().keys.is_none() {
        return plain(StatusCode::NOT_FOUND);
    }
    let user = match owner(shared, Scope::KeyManagement, head) {
        Ok(user) => user,
        Err(answer) => return *answer,
    };
    if kms::user_in(request).is_some_and(|named| named != user) {
        return plain(StatusCode::FORBIDDEN);
    }
    let mut shared = shared.borrow_mut();
    let Some((server, rng)) = &mut shared.keys else { return plain(StatusCode::NOT_FOUND) };
    let now = clock::wall();
    let sets = match wanted {
        kms::Wanted::Init => None,
        kms::Wanted::KeyProv => Some(crate::driver::kms::key_sets(server, &user, now, rng)),
    };
    let text = kms::response(server, &user, head.uri.path(), now, sets.as_deref());
    let mut answer = plain(StatusCode::OK);
    set(&mut answer, CONTENT_TYPE, kms::MIME);
    set(&mut answer, CACHE_CONTROL, "no-store");
    *answer.body_mut() = Full::new(Bytes::copy_from_slice(text.as_bytes()));
    answer
}

/// Everybody sees what is of everybody, its own documents and those of its groups; administrators see and change all.
fn may(shared: &SharedRef, selector: &Selector, who: Option<&str>, changes: bool) -> bool {
    let shared = shared.borrow();
    let (Some(access), Some(folder)) = (&shared.access, &shared.folder) else { return false };
    if who.is_some_and(|who| access.administrators.iter().any(|one| one == who)) {
        return true;
    }
    if changes {
        return false;
    }
    match selector.auid {
        Auid::ServiceConfig | Auid::UeInitConfig => true,
        Auid::UserProfile | Auid::UeConfig => selector.owner().is_some() && selector.owner() == who,
        Auid::Groups => {
            let group = selector.group().and_then(|group| folder.library.group(group));
            let member = |group: &call_control::config::Group| {
                group.members.iter().any(|member| Some(member.mcptt_id.as_str()) == who)
            };
            group.as_ref().is_some_and(member)
        }
    }
}

fn get(shared: &SharedRef, selector: &Selector, head: &hyper::http::request::Parts) -> Answer {
    let shared = shared.borrow();
    let Some(folder) = &shared.folder else { return plain(StatusCode::NOT_FOUND) };
    let (Some(etag), Some(octets)) = (folder.library.etag(selector), folder.octets(selector)) else {
        return plain(StatusCode::NOT_FOUND);
    };
    if !matches(head, &IF_MATCH, Some(etag)).unwrap_or(true) {
        return plain(StatusCode::PRECONDITION_FAILED);
    }
    if matches(head, &IF_NONE_MATCH, Some(etag)).unwrap_or(false) {
        return tagged(StatusCode::NOT_MODIFIED, etag);
    }
    let mut answer = tagged(StatusCode::OK, etag);
    set(&mut answer, CONTENT_TYPE, selector.auid.mime());
    set(&mut answer, CACHE_CONTROL, "no-cache");
    if head.method == Method::GET {
        *answer.body_mut() = Full::new(octets.into());
    }
    answer
}

async fn put(
    shared: &SharedRef,
    mut selector: Selector,
    head: &hyper::http::request::Parts,
    octets: &[u8],
) -> Answer {
    let outcome = {
        let mut shared = shared.borrow_mut();
        let Some(folder) = &mut shared.folder else { return plain(StatusCode::NOT_FOUND) };
        if selector.auid == Auid::Groups && matches!(selector.tree, Tree::Users(_)) {
            // A new group: where it is follows from its identity.
            let group = match Document::read(&selector, octets) {
                Ok(Document::Group(group)) => group.uri.to_string(),
                Ok(_) => return plain(StatusCode::CONFLICT),
                Err(refused) => return conflict(&refused),
            };
            //= 24.481-uniq
            if folder.library.group(&group).is_some() {
                return uniqueness_failure(&group, &free(&group, |one| folder.library.group(one).is_some()));
            }
            selector = Selector::of_group(&group);
        }
        let known = folder.library.etag(&selector).map(ToOwned::to_owned);
        if !preconditions(head, known.as_deref()) {
            return plain(StatusCode::PRECONDITION_FAILED);
        }
        let outcome = folder.put(&selector, octets);
        outcome.map(|outcome| outcome.map(|changes| (changes, known.is_none())))
    };
    match outcome {
        Ok(Ok((changes, created))) => {
            send(shared, changes).await;
            let status = if created { StatusCode::CREATED } else { StatusCode::OK };
            tagged(status, &crate::documents::etag(octets))
        }
        Ok(Err(refused)) => conflict(&refused),
        Err(error) => unavailable(&error),
    }
}

async fn delete(shared: &SharedRef, selector: &Selector, head: &hyper::http::request::Parts) -> Answer {
    let outcome = {
        let mut shared = shared.borrow_mut();
        let Some(folder) = &mut shared.folder else { return plain(StatusCode::NOT_FOUND) };
        let Some(etag) = folder.library.etag(selector).map(ToOwned::to_owned) else {
            return plain(StatusCode::NOT_FOUND);
        };
        if !preconditions(head, Some(&etag)) {
            return plain(StatusCode::PRECONDITION_FAILED);
        }
        folder.remove(selector)
    };
    match outcome {
        Ok(changes) => {
            send(shared, changes).await;
            plain(StatusCode::OK)
        }
        Err(error) => unavailable(&error),
    }
}

/// A request of TS 24.481 for a group document without its members.
fn post(shared: &SharedRef, selector: &Selector, octets: &[u8]) -> Answer {
    //= 24.481-excl
    let asks = String::from_utf8_lossy(octets).contains("get-excluding-memberlist");
    let shared = shared.borrow();
    let library = shared.folder.as_ref().map(|folder| &folder.library);
    match library.and_then(|library| Some((library.get(selector)?, library.etag(selector)?))) {
        Some((Document::Group(group), etag)) if asks => {
            let mut answer = tagged(StatusCode::OK, etag);
            set(&mut answer, CONTENT_TYPE, selector.auid.mime());
            *answer.body_mut() = Full::new(without_members(group).into());
            answer
        }
        Some((Document::Group(_), _)) => plain(StatusCode::BAD_REQUEST),
        _ => plain(StatusCode::NOT_FOUND),
    }
}

/// The body of a request.
async fn octets(body: Incoming) -> Result<Bytes, Box<Answer>> {
    match Limited::new(body, MAX_DOCUMENT).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(_) => Err(Box::new(plain(StatusCode::PAYLOAD_TOO_LARGE))),
    }
}

/// Whether a document with this entity tag may be changed.
fn preconditions(head: &hyper::http::request::Parts, etag: Option<&str>) -> bool {
    matches(head, &IF_MATCH, etag).unwrap_or(true) && !matches(head, &IF_NONE_MATCH, etag).unwrap_or(false)
}

/// Whether one of the entity tags of a header field is this one. `None`: there is no such field.
fn matches(head: &hyper::http::request::Parts, name: &HeaderName, etag: Option<&str>) -> Option<bool> {
    let value = head.headers.get(name)?.to_str().ok()?;
    let one = |listed: &str| {
        let listed = listed.trim().trim_start_matches("W/");
        listed == "*" || etag.is_some_and(|etag| listed.trim_matches('"') == etag)
    };
    Some(etag.is_some() && value.split(',').any(one))
}

pub(super) fn plain(status: StatusCode) -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = status;
    answer
}

fn tagged(status: StatusCode, etag: &str) -> Answer {
    let mut answer = plain(status);
    set(&mut answer, ETAG, &format!("\"{etag}\""));
    answer
}

fn challenge(status: StatusCode, value: &str) -> Answer {
    let mut answer = plain(status);
    set(&mut answer, WWW_AUTHENTICATE, value);
    answer
}

fn unavailable(error: &std::io::Error) -> Answer {
    tracing::warn!(%error, "a document cannot be written");
    let mut answer = plain(StatusCode::SERVICE_UNAVAILABLE);
    set(&mut answer, RETRY_AFTER, "5");
    answer
}

pub(super) fn set(answer: &mut Answer, name: HeaderName, value: &str) {
    if let Ok(value) = value.parse() {
        answer.headers_mut().insert(name, value);
    }
}

/// A document that is none, or breaks the rules of its kind (RFC 4825 11).
fn conflict(refused: &Refused) -> Answer {
    let element = if refused.unreadable { "not-well-formed" } else { "constraint-failure" };
    xcap_error(&format!("<{element} phrase=\"{}\"/>", escaped(&refused.reason)))
}

fn uniqueness_failure(group: &str, free: &str) -> Answer {
    let (group, free) = (escaped(group), escaped(free));
    xcap_error(&format!(
        "<uniqueness-failure phrase=\"{group} exists\"><exists field=\"group/list-service/@uri\">\
         <alt-value>{free}</alt-value></exists></uniqueness-failure>"
    ))
}

fn xcap_error(content: &str) -> Answer {
    let mut answer = plain(StatusCode::CONFLICT);
    set(&mut answer, CONTENT_TYPE, "application/xcap-error+xml");
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <xcap-error xmlns=\"urn:ietf:params:xml:ns:xcap-error\">{content}</xcap-error>"
    );
    *answer.body_mut() = Full::new(text.into());
    answer
}

/// A group identity like this one that nobody has.
fn free(group: &str, taken: impl Fn(&str) -> bool) -> String {
    let (user, rest) = group.split_once('@').unwrap_or((group, ""));
    let named = |number: u32| match rest {
        "" => format!("{user}-{number}"),
        rest => format!("{user}-{number}@{rest}"),
    };
    (2..1_000).map(named).find(|one| !taken(one)).unwrap_or_else(|| named(1_000))
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
