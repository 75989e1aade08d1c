//! From a scenario to the frames it leaves.

use std::io;
use std::time::Duration;

use mcptt_server::node::NodeConfig;
use thiserror::Error;

use super::line::written;
use super::stage::{AirStage, BeyondStage, MediaStage, NodeStage, Stage};
use super::{Network, Scenario, Setting, Subject, uri};
use crate::capture::{Frame, Recorder, WriteError};
use crate::judge::{Function, Profile, Subjects};
use crate::rig::{EPOCH, Unmet, merge};

/// What a scenario leaves.
#[derive(Debug)]
pub struct Recording {
    /// What reached and left the server, each with a comment: the step it belongs to and what it is.
    pub frames: Vec<Frame>,
    /// When the recording ended, in the time of the frames.
    pub end: Duration,
    /// What is known about the server, which was configured by the scenario.
    pub profile: Profile,
}

/// Why a scenario could not be carried out.
#[derive(Debug, Error)]
pub enum RunError {
    /// A setting does not fit.
    #[error("the settings do not fit together: {0}")]
    Settings(#[from] mcptt_server::config::FileError),
    /// A setting is about something that is not there.
    #[error("set {setting}: {reason}")]
    Setting {
        /// The setting as it is written.
        setting: String,
        /// What is missing.
        reason: &'static str,
    },
    /// A step counted on something that did not happen.
    #[error("at {at} '{step}' needs {missing}")]
    Unmet {
        /// When.
        at: String,
        /// The step as it is written.
        step: String,
        /// What is missing.
        missing: &'static str,
    },
    /// The server caught a defect of its own.
    #[error("the server caught {0} defects of its own")]
    Defects(usize),
}

/// Carries out a scenario.
///
/// # Errors
/// [`RunError`] when the settings do not fit, a step counted on something that is not there, or a defect was met.
pub fn run(scenario: &Scenario) -> Result<Recording, RunError> {
    carry_out(scenario, true)
}

/// As [`run`], of a scenario that nobody has thought through: steps that make no sense are passed over.
pub(crate) fn attempt(scenario: &Scenario) -> Result<Recording, RunError> {
    carry_out(scenario, false)
}

fn carry_out(scenario: &Scenario, strict: bool) -> Result<Recording, RunError> {
    let config = configuration(scenario)?;
    let profile = crate::case::profile(&config);
    let profile = match scenario.network {
        Network::On | Network::Media => profile,
        // There is no signalling that tells the paths.
        Network::Relay => told(profile, scenario, Function::Participating),
        Network::Group => told(profile, scenario, Function::NonControlling),
        Network::Off => Profile { off_network: true, ..of_clients(profile) },
    };
    let unmet =
        |Unmet(missing)| RunError::Unmet { at: "0s".into(), step: "the clients log in".into(), missing };
    let frames = match scenario.network {
        Network::On => {
            let mut stage = NodeStage::new(config, &scenario.clients).map_err(unmet)?;
            let frames = play(scenario, &mut stage, strict)?;
            match stage.defects() {
                0 => frames,
                count => return Err(RunError::Defects(count)),
            }
        }
        Network::Media => {
            play(scenario, &mut MediaStage::new(config, &scenario.clients).map_err(unmet)?, strict)?
        }
        Network::Relay | Network::Group => {
            let function = match scenario.network {
                Network::Relay => Function::Participating,
                _ => Function::NonControlling,
            };
            play(
                scenario,
                &mut BeyondStage::new(config, &scenario.clients, function).map_err(unmet)?,
                strict,
            )?
        }
        Network::Off => play(scenario, &mut AirStage::new(&scenario.clients), strict)?,
    };
    Ok(Recording { frames, end: EPOCH + scenario.end, profile })
}

/// What a tester knows who knows the paths, and judges the clients as well.
fn told(profile: Profile, scenario: &Scenario, function: Function) -> Profile {
    Profile { paths: BeyondStage::paths(&scenario.clients, function), ..of_clients(profile) }
}

fn of_clients(profile: Profile) -> Profile {
    Profile { subjects: Subjects { server: true, participants: true }, ..profile }
}

/// The steps one after the other; the frames with their comments.
fn play(scenario: &Scenario, stage: &mut impl Stage, strict: bool) -> Result<Vec<Frame>, RunError> {
    // The first frame of each step.
    let mut begins = vec![(0, "set-up".to_owned())];
    for step in &scenario.steps {
        stage.advance(step.at);
        let text = scenario.describe(&step.action);
        let at = written(step.at);
        begins.push((stage.frames().len(), format!("{at} {text}")));
        match stage.act(&step.action) {
            Err(Unmet(missing)) if strict => return Err(RunError::Unmet { at, step: text, missing }),
            _ => {}
        }
    }
    stage.advance(scenario.end);
    let mut frames = stage.frames().to_vec();
    let mut step = 0;
    for (index, frame) in frames.iter_mut().enumerate() {
        while begins.get(step + 1).is_some_and(|next| next.0 <= index) {
            step += 1;
        }
        let what = mcptt_server::capture::note::describe(&frame.payload);
        let text = &begins[step].1;
        frame.comments = vec![what.map_or_else(|| text.clone(), |what| format!("{text}; {what}"))];
    }
    Ok(frames)
}

/// Writes frames as an annotated pcapng.
///
/// # Errors
/// [`WriteError`] when the output refuses.
pub fn record(frames: &[Frame], out: impl io::Write) -> Result<(), WriteError> {
    let mut recorder = Recorder::new(out)?;
    for frame in frames {
        recorder.frame(frame, &frame.comments)?;
    }
    recorder.finish()?;
    Ok(())
}

/// The embedded configuration with the settings of the scenario.
pub(crate) fn configuration(scenario: &Scenario) -> Result<NodeConfig, RunError> {
    let mut table: toml::Table =
        mcptt_server::config::DEFAULT.parse().expect("the embedded configuration is TOML");
    for setting in &scenario.settings {
        apply(&mut table, setting)
            .map_err(|reason| RunError::Setting { setting: setting.to_string(), reason })?;
    }
    Ok(mcptt_server::config::parse(&table.to_string())?)
}

fn apply(table: &mut toml::Table, setting: &Setting) -> Result<(), &'static str> {
    let change: toml::Table = setting.assignment.parse().map_err(|_| "it is no assignment")?;
    let place = match &setting.of {
        Subject::Server => table,
        Subject::Group(group) => entry(table, "group", "id", group).ok_or("there is no such group")?,
        Subject::User(user) => entry(table, "user", "mcptt-id", user).ok_or("there is no such user")?,
        Subject::Member(group, user) => {
            let group = entry(table, "group", "id", group).ok_or("there is no such group")?;
            entry(group, "members", "mcptt-id", user).ok_or("the group has no such member")?
        }
    };
    merge(place, change);
    Ok(())
}

/// The table of a list whose `key` is the URI of `name`.
fn entry<'a>(table: &'a mut toml::Table, list: &str, key: &str, name: &str) -> Option<&'a mut toml::Table> {
    let wanted = uri(name);
    let list = table.get_mut(list)?.as_array_mut()?;
    let mut tables = list.iter_mut().filter_map(toml::Value::as_table_mut);
    tables.find(|table| table.get(key).and_then(toml::Value::as_str) == Some(&wanted))
}
