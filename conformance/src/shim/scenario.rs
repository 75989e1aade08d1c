//! The scenarios in which a client is judged.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de};
use thiserror::Error;

use crate::tamper::Rule;

/// A scenario: what the users press, what the server does wrong to make a situation arise, and what it is to arm.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scenario {
    /// Its id.
    pub id: String,
    /// What it shows, in one line.
    pub title: String,
    /// Requirements for clients that it is meant to arm.
    pub requirements: Vec<String>,
    /// Change of the configuration of the server, TOML.
    #[serde(default)]
    pub configuration: String,
    /// The steps, in this order.
    pub steps: Vec<Step>,
    /// What the server and its network do.
    #[serde(default, rename = "rule")]
    pub rules: Vec<Rule>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The client under test is told this line.
    Client(String),
    /// The client under test has to report a line that begins so, sooner or later.
    Until(String),
    /// Bob, who has a client of ours, is told this line.
    Bob(String),
    /// Time passes.
    Wait(Duration),
}

/// Why the scenarios cannot be used.
#[derive(Debug, Error)]
#[error("scenarios: {0}")]
pub struct ScenarioError(#[from] toml::de::Error);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenarios {
    scenario: Vec<Scenario>,
}

/// All of them.
///
/// # Errors
/// When the table is not what it should be.
pub fn scenarios() -> Result<Vec<Scenario>, ScenarioError> {
    Ok(toml::from_str::<Scenarios>(include_str!("scenarios.toml"))?.scenario)
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let after = |start: &str| text.strip_prefix(start).map(|rest| rest.trim().to_owned());
        let wait = || after("wait ").and_then(|rest| rest.parse().ok()).map(Duration::from_millis);
        after("client:")
            .map(Self::Client)
            .or_else(|| after("client?").map(Self::Until))
            .or_else(|| after("bob:").map(Self::Bob))
            .or_else(|| wait().map(Self::Wait))
            .ok_or_else(|| {
                let expected = &"client: LINE, client? LINE, bob: LINE or wait MILLISECONDS";
                de::Error::invalid_value(de::Unexpected::Str(&text), expected)
            })
    }
}
