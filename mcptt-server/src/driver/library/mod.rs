//! The documents of a data folder: read at the start, watched for changes, served over HTTP; and the keys of access tokens,
//! which are looked at again from time to time.
//!
//! All of it has a thread of its own, so that neither a slow disk nor a slow client is felt by signalling and media. What
//! changes is handed to the node.

mod fetch;
mod folder;
mod http;
pub mod identity;
pub(super) mod kms;

use std::cell::RefCell;
use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use call_control::DocumentChange;
use call_control::config as cc;
use media_plane::crypto::mc::Kms;
use rand_chacha::ChaCha20Rng;
use tokio::sync::mpsc;

use self::folder::Folder;
use self::http::Access;
use self::identity::Identity;
use super::streams::{Credentials, Live};
use super::tokens::read_keys;
use crate::config::{DocumentServer, IdentityServer, KeySource, Tokens};

/// How often the folder is looked at.
const WATCH: Duration = Duration::from_secs(1);
/// Changes that may wait for the node.
const WAITING: usize = 1_024;

/// What is served.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The folder, and how its documents are fetched.
    pub documents: Option<DocumentServer>,
    /// Access tokens.
    pub tokens: Option<Tokens>,
    /// Who issues them, if this server does it itself.
    pub identity: Option<IdentityServer>,
    /// What the configuration says, for what the documents leave open.
    pub base: cc::Config,
    /// The key management server, and what it draws from.
    pub keys: Option<(Kms, ChaCha20Rng)>,
}

/// Documents and keys as they were found, and what will become of them.
#[derive(Debug)]
pub struct Library {
    /// For the node, before its first message.
    pub first: Vec<DocumentChange>,
    /// For the [`Bound`](super::Bound) of each node.
    pub changes: Vec<mpsc::Receiver<DocumentChange>>,
}

/// Reads everything, opens what is to be served, and goes on by itself. What changes is told to so many nodes.
///
/// # Errors
/// The document, file or address and what is wrong with it.
pub fn start(settings: Settings, nodes: usize) -> Result<Library, String> {
    let Settings { documents, tokens, identity, base, keys } = settings;
    let mut first = Vec::new();
    let mut rules = tokens.as_ref().map(|tokens| tokens.rules.clone());
    if let Some(Tokens { source: source @ (KeySource::File(_) | KeySource::Development(_)), .. }) = &tokens {
        let keys = read_keys(source)?;
        if let Some(rules) = &mut rules {
            rules.keys.clone_from(&keys);
        }
        first.push(DocumentChange::TokenKeys(keys));
    }
    let mut folder = match &documents {
        Some(documents) => Some(Folder::open(&documents.folder, base)?),
        None => None,
    };
    if let Some(folder) = &mut folder {
        let (changes, refused) = folder.scan();
        if let Some(refused) = refused.first() {
            return Err(refused.clone());
        }
        first.extend(changes);
    }
    let listener = match documents.as_ref().and_then(|documents| documents.http) {
        Some(address) => {
            let listener = TcpListener::bind(address).and_then(|listener| {
                listener.set_nonblocking(true)?;
                Ok(listener)
            });
            Some(listener.map_err(|error| format!("cannot listen on {address}: {error}"))?)
        }
        None => None,
    };
    let tls = match documents.as_ref().and_then(|documents| documents.tls.clone()) {
        Some((certificate, key)) => {
            // Clients show a token, not a certificate.
            let credentials = Credentials { certificate, key, peers: None };
            credentials.check().map_err(|error| error.to_string())?;
            Some(Arc::new(Live::new(credentials)))
        }
        None => None,
    };
    let identity = match (identity, &rules) {
        (Some(server), Some(rules)) => Some(Identity::new(server, rules.clone())?),
        _ => None,
    };
    let (senders, changes): (Vec<_>, Vec<_>) = (0..nodes.max(1)).map(|_| mpsc::channel(WAITING)).unzip();
    let access = documents.map(|documents| Access {
        rules,
        release: tokens.as_ref().map_or(18, |tokens| tokens.release),
        missing_token: documents.missing_token,
        administrators: documents.administrators,
    });
    if access.is_some() || tokens.is_some() {
        std::thread::Builder::new()
            .name("documents".to_owned())
            .spawn(move || {
                let shared = Shared { folder, access, identity, keys, changes: senders };
                serve(shared, tokens, listener, tls);
            })
            .map_err(|error| format!("no thread for the documents: {error}"))?;
    }
    Ok(Library { first, changes })
}

/// What the parts of the thread share.
struct Shared {
    folder: Option<Folder>,
    access: Option<Access>,
    identity: Option<Identity>,
    keys: Option<(Kms, ChaCha20Rng)>,
    /// To each node.
    changes: Vec<mpsc::Sender<DocumentChange>>,
}

type SharedRef = Rc<RefCell<Shared>>;

fn serve(shared: Shared, tokens: Option<Tokens>, listener: Option<TcpListener>, tls: Option<Arc<Live>>) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "no runtime for the documents");
            return;
        }
    };
    let changes = shared.changes.clone();
    let shared = Rc::new(RefCell::new(shared));
    let local = tokio::task::LocalSet::new();
    local.spawn_local(watch(Rc::clone(&shared)));
    if let Some(tokens) = tokens {
        local.spawn_local(renew_keys(Rc::clone(&shared), tokens));
    }
    if let Some(listener) = listener {
        local.spawn_local(http::serve(Rc::clone(&shared), listener, tls));
    }
    // Nobody listens any more: the drivers have gone.
    runtime.block_on(local.run_until(async {
        for node in &changes {
            node.closed().await;
        }
    }));
}

/// Looks at the folder from time to time.
async fn watch(shared: SharedRef) {
    loop {
        tokio::time::sleep(WATCH).await;
        let found = shared.borrow_mut().folder.as_mut().map(Folder::scan);
        let Some((changes, refused)) = found else { return };
        for refused in refused {
            tracing::warn!("{refused}: what was known before holds on");
        }
        send(&shared, changes).await;
    }
}

async fn send(shared: &SharedRef, changes: Vec<DocumentChange>) {
    let nodes = shared.borrow().changes.clone();
    for change in changes {
        for node in &nodes {
            // A driver that has gone needs nothing any more.
            let _ = node.send(change.clone()).await;
        }
    }
}

/// Looks at the keys of the issuer from time to time; those that are known stay when there are no others.
async fn renew_keys(shared: SharedRef, tokens: Tokens) {
    let mut known = None;
    loop {
        let read = match &tokens.source {
            KeySource::Url(url, roots) => fetch::keys(url, roots.as_deref()).await,
            source => read_keys(source),
        };
        match read {
            Ok(keys) if known.as_ref() != Some(&keys) => {
                tracing::info!(keys = keys.len(), "keys of access tokens");
                if let Some(rules) =
                    shared.borrow_mut().access.as_mut().and_then(|access| access.rules.as_mut())
                {
                    rules.keys.clone_from(&keys);
                }
                known = Some(keys.clone());
                send(&shared, vec![DocumentChange::TokenKeys(keys)]).await;
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "keys of access tokens: those that are known hold on"),
        }
        tokio::time::sleep(tokens.reload).await;
    }
}
