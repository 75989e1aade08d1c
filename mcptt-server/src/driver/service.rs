//! A whole server: one node, or several that serve together, each on a thread of its own, until somebody asks it to stop.

use std::thread::JoinHandle;
use std::time::Duration;

use call_control::DocumentChange;
use media_plane::crypto::mc::i_message::Opener;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use tokio::sync::mpsc;

use super::keys::KeyDesk;
use super::log::LogObserver;
use super::shards::Links;
use super::store::{self, Store};
use super::{Bound, Control, bind, clock, kms, library, names, run_shard, shutdown, streams};
use crate::config::{DataFolder, Loaded};
use crate::node::{Input, Node};

/// How long calls may take to be released when the server is asked to stop.
const GRACE: Duration = Duration::from_secs(5);

/// One node with everything that it needs.
struct Shard {
    node: Node,
    bound: Bound,
    links: Links,
    log_identities: bool,
}

/// A server whose addresses are bound.
pub struct Service {
    shards: Vec<Shard>,
}

impl Service {
    /// Binds everything that the configuration names. `seed` feeds every tag, key and identifier.
    ///
    /// # Errors
    /// What cannot be used or bound, and why.
    pub fn new(loaded: Loaded, seed: [u8; 32], log_identities: bool) -> Result<Self, String> {
        let Loaded { node: mut config, streams, data, tokens, keys, documents } = loaded;
        let base = config.call_control.clone();
        let own = keys.as_ref().map(|keys| keys.own.clone()).unwrap_or_default();
        let kms = keys.as_ref().map(kms::open).transpose()?;
        let served = kms.clone().map(|kms| (kms, issuing(seed)));
        let library = library::start(library::Settings { documents, tokens, base, keys: served })?;
        let apply = |change: DocumentChange| change.apply_to(&mut config.call_control);
        let first: Vec<DocumentChange> = library.first.into_iter().filter_map(apply).collect();
        config.validate().map_err(|error| error.to_string())?;
        let call_control = &config.call_control;
        let (participating, controlling) =
            (call_control.participating.address, call_control.controlling.address);
        // With several shards the configuration has neither (`config::load`).
        let mut store = data
            .map(|DataFolder { folder, event_retention }| {
                Store::open(&store::Settings { folder, event_retention })
            })
            .transpose()
            .map_err(|error| error.to_string())?;
        let mut changes = Some(library.changes);
        let (users, groups, number) =
            (call_control.users.len(), call_control.groups.len(), call_control.shards);
        let mut shards = Vec::new();
        for (shard, (part, links)) in config.of_shards().into_iter().zip(Links::between(number)).enumerate() {
            let sockets =
                bind(&part).map_err(|(address, error)| format!("cannot listen on {address}: {error}"))?;
            // The first one keeps the connections.
            let settings = streams::Settings::new(&streams, participating, controlling);
            let listeners = if links.keeps_connections() { settings.bind()? } else { Vec::new() };
            let names = names::Settings { servers: streams.name_servers.clone() };
            let (store, documents) = (store.take(), changes.take());
            let desk = kms.clone().map(|kms| KeyDesk::open(Opener::new(kms, own.clone()))).transpose();
            let keys = desk.map_err(|error| format!("no thread for keys: {error}"))?;
            let bound = Bound { sockets, listeners, streams: settings, names, keys, store, documents };
            let mut of_shard = seed;
            of_shard.iter_mut().zip(shard.to_be_bytes()).for_each(|(octet, number)| *octet ^= number);
            let mut node = Node::new(part, of_shard, clock::now()).map_err(|error| error.to_string())?;
            for change in &first {
                node.handle_input(clock::now(), Input::Document(change.clone()));
            }
            shards.push(Shard { node, bound, links, log_identities });
        }
        tracing::info!(%participating, %controlling, users, groups, shards = number, "serving");
        Ok(Self { shards })
    }

    /// Serves until the process is asked to stop; running calls are then released.
    ///
    /// # Errors
    /// What has made a shard stop.
    pub fn run(self) -> Result<(), String> {
        let mut shards = self.shards.into_iter();
        let Some(first) = shards.next() else { return Ok(()) };
        let (failed, mut failures) = mpsc::channel(1);
        let (mut controls, mut threads) = (Vec::new(), Vec::<JoinHandle<()>>::new());
        for (number, shard) in shards.enumerate() {
            let (control, told) = mpsc::channel(1);
            controls.push(control);
            let failed = failed.clone();
            let thread = std::thread::Builder::new().name(format!("shard-{}", number + 1)).spawn(move || {
                if let Err(error) = runtime().and_then(|runtime| runtime.block_on(shard.serve(told))) {
                    let _ = failed.try_send(error);
                }
            });
            threads.push(thread.map_err(|error| error.to_string())?);
        }
        let (control, told) = mpsc::channel(1);
        controls.push(control);
        let outcome = runtime()?.block_on(async {
            let stop = async {
                shutdown::requested().await.map_err(|error| error.to_string())?;
                tracing::info!(grace_s = GRACE.as_secs(), "stopping: releasing all calls");
                for control in &controls {
                    let _ = control.send(Control::ShutDown { grace: GRACE }).await;
                }
                std::future::pending::<Result<(), String>>().await
            };
            // A sender is left: this only ends with a failure.
            let failure = async { failures.recv().await.unwrap_or_default() };
            tokio::select! {
                ended = first.serve(told) => ended,
                failed = stop => failed,
                error = failure => Err(error),
            }
        });
        // The shards that are left stop with their controls, at once unless they were given time before.
        drop(controls);
        for thread in threads {
            let _ = thread.join();
        }
        outcome?;
        tracing::info!("stopped");
        Ok(())
    }
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service").field("shards", &self.shards.len()).finish()
    }
}

impl Shard {
    async fn serve(self, told: mpsc::Receiver<Control>) -> Result<(), String> {
        let mut observer = LogObserver::new(self.log_identities);
        run_shard(self.node, self.bound, self.links, told, &mut observer)
            .await
            .map_err(|error| error.to_string())
    }
}

/// What the key management server draws from: nothing that the nodes draw from.
fn issuing(mut seed: [u8; 32]) -> ChaCha20Rng {
    seed.iter_mut().for_each(|octet| *octet = !*octet);
    ChaCha20Rng::from_seed(seed)
}

fn runtime() -> Result<tokio::runtime::Runtime, String> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())
}
