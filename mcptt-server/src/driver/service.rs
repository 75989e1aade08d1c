//! A whole server: one node, or several that serve together, each on a thread of its own, until somebody asks it to stop.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use call_control::DocumentChange;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use tokio::sync::mpsc;

use super::keys::KeyDesk;
use super::log::LogObserver;
use super::metrics::{Measured, Metrics};
use super::recording::{Finishing, Recorder};
use super::shards::Links;
#[cfg(feature = "otel")]
use super::spans::{Spans, Traced};
use super::store::{self, Store};
use super::{
    Bound, Control, authorities, bind, clock, cores, kms, library, names, run_shard, shutdown, streams,
};
use crate::config::{DataFolder, Loaded};
use crate::node::{Input, Node};

/// How long calls may take to be released when the server is asked to stop.
const GRACE: Duration = Duration::from_secs(5);

/// Who sees what happens, beside who measures it.
#[cfg(feature = "otel")]
type Log = Traced<LogObserver>;
#[cfg(not(feature = "otel"))]
type Log = LogObserver;

/// One node with everything that it needs.
struct Shard {
    node: Node,
    bound: Bound,
    links: Links,
    observer: Measured<Log>,
    /// Which of the cores it keeps to.
    core: Option<usize>,
}

/// A server whose addresses are bound.
pub struct Service {
    shards: Vec<Shard>,
    /// The end of what writes recordings.
    recordings: Option<Finishing>,
}

impl Service {
    /// Binds everything that the configuration names. `seed` feeds every tag, key and identifier.
    ///
    /// # Errors
    /// What cannot be used or bound, and why.
    pub fn new(loaded: Loaded, seed: [u8; 32], log_identities: bool) -> Result<Self, String> {
        #[cfg(feature = "otel")]
        let spans = loaded.spans.as_ref().map(Spans::open).transpose()?;
        let Loaded {
            node: mut config,
            pin,
            streams,
            data,
            tokens,
            keys,
            documents,
            identity,
            recording,
            metrics,
            ..
        } = loaded;
        let base = config.call_control.clone();
        let number = config.call_control.shards;
        let kms = keys.as_ref().map(kms::open).transpose()?.flatten();
        let desks = keys.as_ref().map(|keys| authorities::desks(keys, kms.clone())).transpose()?;
        let served = kms.clone().map(|kms| (kms, issuing(seed)));
        let settings = library::Settings { documents, tokens, identity, base, keys: served };
        let library = library::start(settings, number)?;
        let apply = |change: DocumentChange| change.apply_to(&mut config.call_control);
        let first: Vec<DocumentChange> = library.first.into_iter().filter_map(apply).collect();
        config.validate().map_err(|error| error.to_string())?;
        let call_control = &config.call_control;
        let (participating, controlling) =
            (call_control.participating.address, call_control.controlling.address);
        // One file for all of them.
        let stores = data.map(|DataFolder { folder, event_retention }| {
            Store::open(&store::Settings { folder, event_retention }, number)
        });
        let stores = stores.transpose().map_err(|error| error.to_string())?;
        let mut stores = stores.unwrap_or_default().into_iter();
        let mut changes = library.changes.into_iter();
        let (users, groups) = (call_control.users.len(), call_control.groups.len());
        let recording = recording.map(|recording| Recorder::start(&recording)).transpose()?;
        let (recorder, recordings) = recording.unzip();
        let figures = metrics.map(|address| {
            let counts = recorder.as_ref().map(|recorder| Arc::clone(recorder.counts()));
            (Metrics::new(number, counts), address)
        });
        let mut shards = Vec::new();
        for (shard, (part, links)) in config.of_shards().into_iter().zip(Links::between(number)).enumerate() {
            let sockets =
                bind(&part).map_err(|(address, error)| format!("cannot listen on {address}: {error}"))?;
            // The first one takes connections and gives them to whoever keeps them.
            let settings = streams::Settings::new(&streams, participating, controlling).marked(part.sip_dscp);
            let listeners = if links.takes_connections() { settings.bind()? } else { Vec::new() };
            let names = names::Settings { servers: streams.name_servers.clone() };
            let (store, documents) = (stores.next(), changes.next());
            let recorder = recorder.as_ref().map(|recorder| recorder.for_shard(shard));
            let desk = desks.clone().map(|(opener, sealer)| {
                // Another stream of randomness than that of the keys over HTTP, and another for each shard.
                let mut rng = issuing(seed);
                rng.set_stream(1_u64.saturating_add(shard as u64));
                KeyDesk::open(opener, sealer, rng)
            });
            let desk = desk.transpose();
            let keys = desk.map_err(|error| format!("no thread for keys: {error}"))?;
            let bound =
                Bound { sockets, listeners, streams: settings, names, keys, store, documents, recorder };
            let mut of_shard = seed;
            of_shard.iter_mut().zip(shard.to_be_bytes()).for_each(|(octet, number)| *octet ^= number);
            let mut node = Node::new(part, of_shard, clock::now()).map_err(|error| error.to_string())?;
            for change in &first {
                node.handle_input(clock::now(), Input::Document(change.clone()));
            }
            let log = LogObserver::new(log_identities);
            #[cfg(feature = "otel")]
            let log = Traced::new(log, spans.as_ref());
            let observer = Measured::new(log, shard, figures.as_ref().map(|(metrics, _)| metrics));
            let core = pin.then_some(shard);
            shards.push(Shard { node, bound, links, observer, core });
        }
        if let Some((metrics, address)) = figures {
            metrics.serve(address)?;
        }
        tracing::info!(%participating, %controlling, users, groups, shards = number, "serving");
        Ok(Self { shards, recordings })
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
        // Nobody gives anything any more: what was said to the end is completed.
        if let Some(recordings) = self.recordings {
            recordings.wait();
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
    async fn serve(mut self, told: mpsc::Receiver<Control>) -> Result<(), String> {
        if let Some(core) = self.core {
            cores::keep_to(core).map_err(|error| format!("server.pin: {error}"))?;
        }
        run_shard(self.node, self.bound, self.links, told, &mut self.observer)
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
