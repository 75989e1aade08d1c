//! Scenarios: who does what at which time, as text that people write and read.
//!
//! ```
//! use conformance::scenario::Scenario;
//!
//! let scenario = Scenario::parse("\
//! title    a request waits until the talker lets go
//! network  on
//! client   alice bob carol in fire-1
//!
//! 0s       alice calls fire-1
//! +100ms   bob presses
//! +0s      bob speaks for 400ms
//! +200ms   carol presses
//! +400ms   bob releases
//! 3s       end
//! ")?;
//! let recording = conformance::scenario::run(&scenario)?;
//! assert!(recording.frames.len() > 30);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The form is described in `captures/README.md`. A scenario only stimulates; what it shows is judged from the frames it
//! leaves. The same text always leaves the same frames.

mod line;
mod parse;
mod run;
mod stage;
#[cfg(test)]
mod tests;
mod write;

use std::time::Duration;

pub use crate::rig::Effect;
pub use line::ScenarioError;
pub(crate) use line::{duration, written};
pub use run::{Recording, RunError, record, run};
pub(crate) use run::{attempt, configuration};
pub(crate) use stage::{Happening, MediaStage, Moment, Sabotage, Stage, ssrc_of};

/// A scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// What it shows, in one line.
    pub title: String,
    /// Where it takes place.
    pub network: Network,
    /// Changes of the embedded configuration.
    pub settings: Vec<Setting>,
    /// Who takes part.
    pub clients: Vec<Client>,
    /// What happens, in the order of time.
    pub steps: Vec<Step>,
    /// When the recording ends, from its beginning.
    pub end: Duration,
}

/// Where a scenario takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// A whole server and clients that register and call by SIP.
    On,
    /// The media plane of a server alone: participants are put into the call and taken out of it without SIP.
    Media,
    /// The media plane of a participating function alone. The scenario speaks for the controlling function.
    Relay,
    /// The media plane of the non-controlling function of a group alone. The scenario speaks for the controlling function.
    Group,
    /// No server: clients that hear each other.
    Off,
}

/// One line that changes the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// What it is about.
    pub of: Subject,
    /// An assignment of the configuration file, such as `hang-timer = "10s"`.
    pub assignment: String,
}

/// What a setting is about. Names are those of the scenario, not URIs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The server; the key is a path such as `floor.T2`.
    Server,
    /// A group.
    Group(String),
    /// A member of a group.
    Member(String, String),
    /// A user.
    User(String),
}

/// A client that takes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// The user; `bob` stands for `sip:bob@mc.example.org`.
    pub name: String,
    /// The groups it affiliates to before the first step.
    pub groups: Vec<String>,
    /// It wants its requests to be queued (`mc_queueing`).
    pub queueing: bool,
    /// The highest floor priority it wants to use (`mc_priority`).
    pub priority: Option<u8>,
    /// Its media are encrypted.
    pub protected: bool,
    /// It does not register before a step says so.
    pub absent: bool,
    /// It has a pre-established session, on which it takes calls.
    pub pre_established: bool,
}

impl Client {
    /// A client of this user that asks for queueing, with the priority that clients of the toolkit use.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            groups: Vec::new(),
            queueing: true,
            priority: Some(Self::PRIORITY),
            protected: false,
            absent: false,
            pre_established: false,
        }
    }

    /// The highest floor priority when nothing is said about it.
    pub const PRIORITY: u8 = 5;
}

/// Something that happens.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// When, from the beginning.
    pub at: Duration,
    /// What.
    pub action: Action,
}

/// An index of [`Scenario::clients`].
pub type Who = usize;

/// What happens in a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Registers, publishes settings and affiliates to the groups of the client.
    LogIn(Who),
    /// Calls a group, or joins its call when there is one.
    Call(Who, Call),
    /// Leaves the call.
    Leave(Who),
    /// Presses to talk.
    Press(Who, Request),
    /// Lets the button go.
    Release(Who),
    /// Speaks as long as the floor is held, at most so long.
    Speak(Who, Duration),
    /// Asks for its position in the queue.
    AskPosition(Who),
    /// Takes the floor that was granted while the request was queued.
    Accept(Who),
    /// Hears nothing on its media ports any more, so that its own machine keeps quiet while the scenario speaks for it.
    Deafen(Who),
    /// Sends something whatever its own machine thinks.
    Send(Who, Message),
    /// Something goes wrong with the next datagrams of a kind.
    Disturb(Disturbance),
    /// The controlling function, for which the scenario speaks, sends something: for one client, or for all.
    Above(Option<Who>, Message),
    /// A call is to use the pre-established session of the client.
    Connect(Who),
    /// The call no longer uses it.
    Disconnect(Who),
    /// The client takes no calls on its session any more.
    Refuse(Who),
    /// An MBMS bearer is active, or no longer.
    Bearer(bool),
    /// The client has reported that it listens to the bearer, or no longer does.
    Listen(Who, bool),
    /// Call control begins to release the call (call release step 1).
    StartRelease,
    /// Call control has released the call (call release step 2).
    FinishRelease,
}

/// How a group is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The group; `fire-1` stands for `sip:fire-1@mc.example.org`.
    pub group: String,
    /// Calling is a floor request as well.
    pub with_request: bool,
    /// As an emergency.
    pub emergency: bool,
    /// As a broadcast: only the caller may talk.
    pub broadcast: bool,
}

/// How urgently the floor is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The floor priority. `None`: the field is left out.
    pub priority: Option<u8>,
    /// The indicator of the tier.
    pub tier: Tier,
}

/// The tier of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tier {
    /// Nothing special.
    #[default]
    Normal,
    /// Imminent peril.
    ImminentPeril,
    /// Emergency.
    Emergency,
}

/// What a client sends without its own machine.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// Floor Request.
    Request(Request),
    /// Floor Release.
    Release {
        /// It asks for Floor Ack.
        ack: bool,
    },
    /// Floor Queue Position Request.
    PositionRequest,
    /// Floor Ack of a message, by the five bits of its subtype.
    Ack(u8),
    /// Packets of voice at once.
    Voice(u16),
    /// A floor control message as `decode` shows it and `encode` reads it: a JSON object.
    Floor(String),
    /// Octets to the port of floor control.
    FloorOctets(Vec<u8>),
    /// Octets to the port of voice.
    VoiceOctets(Vec<u8>),
}

/// What goes wrong on the way, once for each of the next datagrams it concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disturbance {
    /// What goes wrong.
    pub effect: Effect,
    /// How many datagrams.
    pub count: u16,
    /// Of which kind.
    pub kind: Kind,
    /// On the way to the client, not from it.
    pub to_client: bool,
    /// The client.
    pub client: Who,
}

/// Kinds of datagrams, by the port of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Signalling.
    Sip,
    /// RTP and RTCP.
    Voice,
    /// Floor control.
    Floor,
}

/// The URI of a user or group of a scenario.
pub(crate) fn uri(name: &str) -> String {
    if name.contains(':') { name.to_owned() } else { format!("sip:{name}@mc.example.org") }
}
