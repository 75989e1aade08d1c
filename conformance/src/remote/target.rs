//! The target file: what the vendor claims and what the tester needs, in TOML.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use call_control::transport::Transport;
use mcptt_server::node::NodeConfig;
use serde::{Deserialize, Deserializer, de};
use thiserror::Error;

use super::{FEATURES, time_scale};
use crate::case;
use crate::judge::Profile;
use crate::rig::merge;
use crate::rig::remote::Site;
use crate::scenario::duration;

/// A target file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TargetFile {
    /// Who it is.
    pub target: About,
    /// What it claims, by the names of [`FEATURES`]; what is left out is claimed.
    #[serde(default)]
    pub pics: BTreeMap<String, bool>,
    /// What the tester needs to know.
    pub ixit: Ixit,
    /// Tokens of users.
    #[serde(default, rename = "user")]
    pub users: Vec<User>,
    /// How the target is provisioned, as changes of what `mcptt-server config` prints.
    #[serde(default)]
    pub configuration: toml::Table,
    /// How it is started or reset between cases.
    pub control: Option<Control>,
    /// Its timers are multiplied by this; 0 stands for the default, which changes nothing.
    #[serde(skip)]
    time_scale: f64,
}

/// Who the target is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct About {
    /// Goes into every report.
    pub name: String,
    /// And so does its version.
    #[serde(default)]
    pub version: String,
    /// Functions it has: participating, controlling.
    #[serde(default = "both_roles")]
    pub roles: Vec<String>,
    /// The 3GPP release it keeps to, 13 to 19.
    #[serde(default = "newest_release")]
    pub release: u8,
}

/// What the tester needs to know.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Ixit {
    /// SIP address of the participating function.
    pub participating: SocketAddr,
    /// What carries SIP between the tester's clients and it: udp or tcp. Media are UDP in either case.
    #[serde(default)]
    pub transport: Transport,
    /// SIP address of the controlling function, for a target that the tester starts.
    pub controlling: Option<SocketAddr>,
    /// Address of the tester's clients, as the target reaches it.
    #[serde(default = "loopback")]
    pub clients: IpAddr,
    /// First UDP port of the tester's clients; each of up to sixteen has eight.
    #[serde(default = "first_port")]
    pub first_port: u16,
    /// Longest time for an answer, 10 ms to 10 s.
    #[serde(default = "response", deserialize_with = "time")]
    pub response: Duration,
    /// Timers and counters that differ from the defaults, by their names in TS 24.380 11.
    #[serde(default)]
    pub timers: toml::Table,
}

/// A user whose settings are published with a token.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct User {
    /// The user.
    pub mcptt_id: String,
    /// The token itself.
    pub token: Option<String>,
    /// A program and its arguments that prints the token.
    #[serde(default)]
    pub token_cmd: Vec<String>,
}

/// How the target is controlled; black-box testing works without.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Control {
    /// Starts the target for one case: a program and its arguments. `{config}` stands for a file with the configuration that
    /// the case needs, in the form of `mcptt-server config`.
    pub start: Vec<String>,
    /// Makes the target forget everything, before each case.
    pub reset: Vec<String>,
}

/// Why a target file cannot be used.
#[derive(Debug, Error)]
pub enum TargetError {
    /// It cannot be read.
    #[error("{0}: {1}")]
    Unreadable(String, std::io::Error),
    /// It is not what it should be.
    #[error("{0}")]
    Syntax(#[from] toml::de::Error),
    /// A value is outside its range.
    #[error("{setting} = {value}: allowed is {allowed}")]
    Value {
        /// The setting.
        setting: String,
        /// Its value.
        value: String,
        /// What it may be.
        allowed: String,
    },
    /// The provisioning does not fit together.
    #[error("configuration: {0}")]
    Configuration(String),
    /// A token could not be had.
    #[error("token of {0}: {1}")]
    Token(String, String),
}

impl TargetFile {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// [`TargetError`] names setting, value and what is allowed.
    pub fn read(path: &Path) -> Result<Self, TargetError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| TargetError::Unreadable(path.display().to_string(), error))?;
        Self::parse(&text)
    }

    /// As [`TargetFile::read`], of the text.
    ///
    /// # Errors
    /// The same.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let file: Self = toml::from_str(text)?;
        file.check()?;
        Ok(file)
    }

    fn check(&self) -> Result<(), TargetError> {
        let wrong = |setting: &str, value: &dyn ToString, allowed: &str| TargetError::Value {
            setting: setting.to_owned(),
            value: value.to_string(),
            allowed: allowed.to_owned(),
        };
        if !(13..=19).contains(&self.target.release) {
            return Err(wrong("target.release", &self.target.release, "13 to 19"));
        }
        for role in &self.target.roles {
            if !ROLES.contains(&role.as_str()) {
                return Err(wrong("target.roles", role, &ROLES.join(", ")));
            }
        }
        let known: Vec<&str> = FEATURES.iter().map(|feature| feature.name).collect();
        if let Some(name) = self.pics.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(wrong("pics", name, &known.join(", ")));
        }
        if self.ixit.participating.is_ipv4() != self.ixit.clients.is_ipv4() {
            return Err(wrong(
                "ixit.clients",
                &self.ixit.clients,
                "an address of the family of ixit.participating",
            ));
        }
        if !matches!(self.ixit.transport, Transport::Udp | Transport::Tcp) {
            return Err(wrong("ixit.transport", &self.ixit.transport, "udp, tcp"));
        }
        if !(1024..=65_000).contains(&self.ixit.first_port) {
            return Err(wrong("ixit.first-port", &self.ixit.first_port, "1024 to 65000"));
        }
        let response = Duration::from_millis(10)..=Duration::from_secs(10);
        if !response.contains(&self.ixit.response) {
            return Err(wrong("ixit.response", &format!("{:?}", self.ixit.response), "10ms to 10s"));
        }
        if let Some(control) = &self.control
            && control.start.is_empty()
            && control.reset.is_empty()
        {
            return Err(wrong("control", &"{}", "start or reset, a program and its arguments"));
        }
        self.provisioned("").map(|_| ())
    }

    /// Multiplies its timers, and the waits for them.
    ///
    /// # Errors
    /// [`TargetError::Value`] when the tester does not provision it, so that the timers would not follow.
    pub fn scale_time(&mut self, factor: f64) -> Result<(), TargetError> {
        if self.control.as_ref().is_none_or(|control| control.start.is_empty()) {
            return Err(TargetError::Value {
                setting: "control.start".to_owned(),
                value: "[]".to_owned(),
                allowed: "a program that starts the target with the timers that are asked for".to_owned(),
            });
        }
        self.time_scale = factor;
        self.provisioned("").map(|_| ())
    }

    /// What its timers are multiplied by.
    pub(super) fn time_scale(&self) -> f64 {
        if self.time_scale > 0.0 { self.time_scale } else { 1.0 }
    }

    /// How the target is provisioned when a case needs this change.
    pub(super) fn table(&self, change: &str) -> Result<toml::Table, TargetError> {
        let mut table: toml::Table =
            mcptt_server::config::DEFAULT.parse().expect("the embedded configuration is TOML");
        merge(&mut table, self.configuration.clone());
        merge(
            &mut table,
            toml::Table::from_iter([("floor".to_owned(), toml::Value::Table(self.ixit.timers.clone()))]),
        );
        let release = toml::Value::Integer(self.target.release.into());
        let policy = toml::Table::from_iter([("release".to_owned(), release)]);
        merge(&mut table, toml::Table::from_iter([("policy".to_owned(), toml::Value::Table(policy))]));
        merge(&mut table, change.parse()?);
        time_scale::apply(&mut table, self.time_scale());
        Ok(table)
    }

    /// The same, as the node of this process would have it.
    pub(super) fn provisioned(&self, change: &str) -> Result<NodeConfig, TargetError> {
        mcptt_server::config::parse(&self.table(change)?.to_string())
            .map_err(|error| TargetError::Configuration(error.to_string()))
    }

    /// What the judge is told about the target under this change.
    pub(super) fn profile(&self, change: &str) -> Result<Profile, TargetError> {
        Ok(Profile {
            participating: Some(self.ixit.participating),
            // From the clients' side nothing of it is seen.
            controlling: None,
            response: self.ixit.response,
            release: self.provisioned(change)?.call_control.service.release.into(),
            ..case::profile(&self.provisioned(change)?)
        })
    }

    /// What the judge is told about the target as it is.
    ///
    /// # Errors
    /// When the provisioning does not fit together.
    pub fn judged(&self) -> Result<Profile, TargetError> {
        self.profile("")
    }

    /// Where things are.
    ///
    /// # Errors
    /// [`TargetError::Token`] when a program does not print a token.
    pub fn site(&self) -> Result<Site, TargetError> {
        let identity = self.provisioned("")?.call_control.participating.identity.clone();
        let mut tokens = BTreeMap::new();
        for user in &self.users {
            if let Some(token) = user.token()? {
                tokens.insert(user.mcptt_id.clone(), token);
            }
        }
        Ok(Site {
            transport: self.ixit.transport,
            participating: self.ixit.participating,
            participating_identity: identity,
            clients: self.ixit.clients,
            first_port: self.ixit.first_port,
            tokens,
        })
    }

    /// A file to start from.
    pub fn template() -> String {
        let mut pics = String::new();
        for feature in FEATURES {
            pics += &format!("{:<26} = true   # {}\n", feature.name, feature.title);
        }
        TEMPLATE.replace("{pics}", &pics)
    }
}

impl User {
    fn token(&self) -> Result<Option<String>, TargetError> {
        let Some((program, arguments)) = self.token_cmd.split_first() else { return Ok(self.token.clone()) };
        let failed = |reason: String| TargetError::Token(self.mcptt_id.clone(), reason);
        let output =
            Command::new(program).args(arguments).output().map_err(|error| failed(error.to_string()))?;
        let text = String::from_utf8(output.stdout).map_err(|error| failed(error.to_string()))?;
        if !output.status.success() || text.trim().is_empty() {
            return Err(failed(format!("{program} printed none: {}", output.status)));
        }
        Ok(Some(text.trim().to_owned()))
    }
}

const ROLES: [&str; 2] = ["participating", "controlling"];

fn both_roles() -> Vec<String> {
    ROLES.map(str::to_owned).into()
}

fn newest_release() -> u8 {
    18
}

fn loopback() -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(127, 0, 1, 1))
}

fn first_port() -> u16 {
    41_000
}

fn response() -> Duration {
    Duration::from_millis(200)
}

fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    let expected = &"a duration such as \"200ms\"";
    duration(&text).ok_or_else(|| de::Error::invalid_value(de::Unexpected::Str(&text), expected))
}

const TEMPLATE: &str = "\
# What mcptt-conformance has to know about a server under test.
# 'mcptt-conformance pics check FILE' says what is wrong with it and which cases apply.

[target]
name = \"mcptt-server\"                # goes into every report
version = \"\"
roles = [\"participating\", \"controlling\"]
release = 18                         # 13 to 19

# What the target claims to support. A case that needs what is false here is not applicable.
[pics]
{pics}
# What the tester needs.
[ixit]
participating = \"127.0.0.1:5060\"     # where its clients speak SIP
transport = \"udp\"                    # or \"tcp\": one connection of each client, from the port in its Contact
# controlling = \"127.0.0.1:5062\"     # for a target that the tester starts (control.start)
clients = \"127.0.1.1\"                # the tester's own address, as the target reaches it
first-port = 41000                   # ports of the tester's clients, eight for each
response = \"200ms\"                   # longest time for an answer, 10ms to 10s
timers = {}                          # such as { T2 = \"30s\", C7 = 10 }, where they are not the defaults

# How users and groups are provisioned, as changes of what 'mcptt-server config' prints. The cases call each other by the
# names there: sip:alice@mc.example.org in sip:fire-1@mc.example.org and so on.
# [configuration.floor]
# queue-limit = 8

# Tokens of users that have to present one; what the program prints is used and never stored in evidence.
# [[user]]
# mcptt-id = \"sip:alice@mc.example.org\"
# token-cmd = [\"./token\", \"alice\"]

# Without this table the target is a black box: cases that need another provisioning are not applicable, and the clients
# tidy up after each case. With 'start' every case has a target of its own.
# [control]
# start = [\"mcptt-server\", \"serve\", \"--config\", \"{config}\"]
# reset = [\"ssh\", \"sut\", \"./reset.sh\"]
";
