//! The demonstration: the real server and honest user equipments on real loopback sockets, with real speech.

mod arguments;
mod capture;
mod figures;
mod fleet;
pub mod load;
mod report;
mod scenario;
mod set_up;
mod timeline;
mod voice;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::thread::JoinHandle;
use std::time::Duration;

use mcptt_codec::xml::ue_initial_configuration::UeInitialConfiguration;
use media_plane::floor::participant::TimerSettings;
use thiserror::Error;
use tokio::sync::mpsc;

use crate::driver::{Control, clock};
use crate::ue::documents;
use capture::Recorder;
use figures::Statistics;

use scenario::{Figures, Scenario};
use timeline::{CurrentStep, Step, Timeline};
use voice::{Speech, VoiceError};

pub use arguments::Arguments;
pub use report::{Summary, exit_code};

/// Fewest members: a talker, a listener who also asks, and the one who comes late.
pub const MIN_MEMBERS: usize = 3;
/// Most user equipments in all; each takes four sockets.
pub const MAX_USERS: usize = 200;
/// A talk spurt ends with T2 (30 s); the speech must fit.
const MAX_SPEECH: Duration = Duration::from_secs(25);

/// What the demonstration is asked to do.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where `demo.pcapng`, `heard-*.wav` and `summary.json` go; created if missing.
    pub out: PathBuf,
    /// Calls at the same time, each with a group and members of its own.
    pub calls: usize,
    /// Members of each call, the one who comes late included.
    pub members: usize,
    /// Speech to use instead of the embedded sample.
    pub voice: Option<PathBuf>,
    /// The document from which the members take the timers of their floor participants.
    pub ue_initial_configuration: Option<PathBuf>,
}

/// Why the demonstration could not be completed.
#[derive(Debug, Error)]
pub enum DemoError {
    /// An option is outside its range.
    #[error("{option} = {value}: allowed is {allowed}")]
    Option {
        /// The option.
        option: &'static str,
        /// Its value.
        value: String,
        /// What it may be.
        allowed: String,
    },
    /// Something did not happen in time.
    #[error("{step}: no {what}")]
    Missing {
        /// In which step.
        step: Step,
        /// What was waited for.
        what: &'static str,
    },
    /// The voice file or the codec.
    #[error(transparent)]
    Voice(#[from] VoiceError),
    /// A file or socket.
    #[error("{what}: {error}")]
    Io {
        /// What was attempted.
        what: String,
        /// What the operating system says.
        error: std::io::Error,
    },
    /// No free ports were found.
    #[error("no free block of ports on {0}")]
    Ports(SocketAddr),
    /// The UE initial configuration cannot be used.
    #[error("{path}: {error}")]
    Document {
        /// The file.
        path: String,
        /// What is wrong with it.
        error: String,
    },
    /// The server did not start or did not end.
    #[error("server: {0}")]
    Server(String),
}

impl DemoError {
    fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |error| Self::Io { what, error }
    }
}

/// Runs the demonstration, prints the timeline and the table, writes the files.
///
/// # Errors
/// [`DemoError`] when it could not be completed; a missed target or an unheard talker is in the [`Summary`], not here.
pub fn run(options: &Options) -> Result<Summary, DemoError> {
    check(options)?;
    let speech = match &options.voice {
        Some(path) => Speech::open(path)?,
        None => Speech::embedded()?,
    };
    if speech.duration() > MAX_SPEECH {
        let allowed = format!("at most {} s of speech: a talk spurt ends with T2", MAX_SPEECH.as_secs());
        let value = format!("{:.1} s", speech.duration().as_secs_f64());
        return Err(DemoError::Option { option: "--voice", value, allowed });
    }
    std::fs::create_dir_all(&options.out).map_err(DemoError::io(options.out.display().to_string()))?;

    let began = clock::now();
    let current = CurrentStep::new();
    let mut world = set_up::World::new(options.calls, options.members)?;
    world.rate = Some(speech.rate);
    if let Some(path) = &options.ue_initial_configuration {
        world.timers = participant_timers(path)?;
    }
    let (control, receiver) = mpsc::channel(1);
    let recorder = Recorder::new(current.clone(), began, clock::wall());
    let server = set_up::start_server(&mut world, receiver, recorder)?;
    println!(
        "server: participating function {}, controlling function {}; {} call(s) of {} members, speech of {:.1} s",
        world.config.call_control.participating.address,
        world.config.call_control.controlling.address,
        options.calls,
        options.members,
        speech.duration().as_secs_f64(),
    );

    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(DemoError::io("runtime"))?;
    let frames: Rc<[Vec<u8>]> = speech.encode()?.into();
    let outcome = runtime.block_on(async {
        let mut scenarios = Vec::new();
        for call in 0..options.calls {
            scenarios.push(Scenario {
                fleet: set_up::fleet(&world, call)?,
                timeline: Timeline::new(began, current.clone(), call == 0),
                figures: Figures::default(),
                heard: Vec::new(),
                group: world.group(call),
                speech: &speech,
                frames: Rc::clone(&frames),
                out: options.out.clone(),
            });
        }
        let ends = set_up::run_all(&mut scenarios).await;
        Ok::<_, DemoError>((scenarios, ends))
    });
    let grace = Duration::from_secs(2);
    let _ = control.blocking_send(Control::ShutDown { grace });
    let recorder = join(server)?;
    let file = options.out.join("demo.pcapng");
    let frames = capture::write(&file, &recorder.into_captured())
        .map_err(DemoError::io(file.display().to_string()))?;

    let (scenarios, ends) = outcome?;
    let summary = Summary::new(options, &scenarios, &ends, frames);
    let file = options.out.join("summary.json");
    report::write(&file, &summary).map_err(DemoError::io(file.display().to_string()))?;
    report::print(&summary);
    Ok(summary)
}

/// The timers of the floor participant that a UE initial configuration says.
fn participant_timers(path: &Path) -> Result<TimerSettings, DemoError> {
    let shown = path.display().to_string();
    let octets = std::fs::read(path).map_err(DemoError::io(shown.clone()))?;
    let wrong = |error: String| DemoError::Document { path: shown.clone(), error };
    let document = UeInitialConfiguration::parse(&octets).map_err(|error| wrong(error.to_string()))?;
    documents::on_network(&document).map_err(|error| wrong(error.to_string()))
}

/// Waits for the server to end.
fn join<O>(server: JoinHandle<Result<O, DemoError>>) -> Result<O, DemoError> {
    server.join().map_err(|_| DemoError::Server("the server thread ended with a panic".to_owned()))?
}

fn check(options: &Options) -> Result<(), DemoError> {
    let out_of_range = |option, value: usize, allowed: String| {
        Err(DemoError::Option { option, value: value.to_string(), allowed })
    };
    if options.members < MIN_MEMBERS || options.members > MAX_USERS {
        return out_of_range("--members", options.members, format!("{MIN_MEMBERS} to {MAX_USERS}"));
    }
    let most = MAX_USERS / options.members;
    if options.calls < 1 || options.calls > most {
        return out_of_range(
            "--calls",
            options.calls,
            format!("1 to {most} with {} members", options.members),
        );
    }
    Ok(())
}
