//! What a tester knows about the system in a capture.

use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, de};

use crate::judge::{Documents, FunctionTimers, KnownPath, Profile, Subjects, TimerValues};
use crate::scenario::{duration, written};

/// What the tester knows about the target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Target {
    /// SIP address of the participating function; learned from REGISTER without it.
    pub participating: Option<SocketAddr>,
    /// SIP address of the controlling function.
    pub controlling: Option<SocketAddr>,
    /// How late the recording clock may be, ms.
    #[serde(default)]
    pub jitter_ms: u64,
    /// The release it keeps to.
    pub release: Option<u8>,
    /// There is no server: clients that hear each other.
    #[serde(default)]
    pub off_network: bool,
    /// The clients are judged as well.
    #[serde(default)]
    pub clients: bool,
    /// Timers and counters that differ from the defaults.
    #[serde(default)]
    pub timers: Timers,
    /// Paths of functions that relay, where the capture has no signalling that tells them.
    #[serde(default, rename = "path")]
    pub paths: Vec<KnownPath>,
    /// Users and groups, if they are known.
    pub documents: Option<Documents>,
}

/// Timers and counters by their names; what is left out has its default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "UPPERCASE", default)]
pub struct Timers {
    t1: Option<Time>,
    t2: Option<Time>,
    t3: Option<Time>,
    t4: Option<Time>,
    t7: Option<Time>,
    t8: Option<Time>,
    t11: Option<Time>,
    t12: Option<Time>,
    t20: Option<Time>,
    c7: Option<u64>,
    c20: Option<u64>,
    t15: Option<Time>,
    t16: Option<Time>,
    t17: Option<Time>,
    t55: Option<Time>,
    t56: Option<Time>,
    c17: Option<u64>,
    c55: Option<u64>,
    c56: Option<u64>,
}

/// A duration as scenarios write it, such as `500ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Time(Duration);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let invalid = || {
            de::Error::invalid_value(de::Unexpected::Str(&text), &"a duration such as \"500ms\" or \"30s\"")
        };
        duration(&text).map(Self).ok_or_else(invalid)
    }
}

impl Target {
    /// The judge's view of it.
    pub fn profile(&self) -> Profile {
        let (default, set) = (TimerValues::default(), &self.timers);
        let functions = FunctionTimers::default();
        let time = |set: Option<Time>, default| set.map_or(default, |Time(time)| time);
        Profile {
            participating: self.participating,
            controlling: self.controlling,
            jitter: Duration::from_millis(self.jitter_ms),
            release: self.release,
            off_network: self.off_network,
            subjects: Subjects { server: true, participants: self.clients },
            paths: self.paths.clone(),
            documents: self.documents.clone(),
            function_timers: FunctionTimers {
                t15: time(set.t15, functions.t15),
                t16: time(set.t16, functions.t16),
                t17: time(set.t17, functions.t17),
                t55: time(set.t55, functions.t55),
                t56: time(set.t56, functions.t56),
                c17: set.c17.unwrap_or(functions.c17),
                c55: set.c55.unwrap_or(functions.c55),
                c56: set.c56.unwrap_or(functions.c56),
            },
            timers: TimerValues {
                t1: time(set.t1, default.t1),
                t2: time(set.t2, default.t2),
                t3: time(set.t3, default.t3),
                t4: set.t4.map(|Time(time)| time).or(default.t4),
                t7: time(set.t7, default.t7),
                t8: time(set.t8, default.t8),
                t11: time(set.t11, default.t11),
                t12: time(set.t12, default.t12),
                t20: time(set.t20, default.t20),
                c7: set.c7.unwrap_or(default.c7),
                c20: set.c20.unwrap_or(default.c20),
            },
            ..Profile::default()
        }
    }

    /// What an outsider is told about a system of which everything is known.
    pub fn of(profile: &Profile) -> Self {
        let (default, known) = (TimerValues::default(), &profile.timers);
        let (functions, own) = (FunctionTimers::default(), &profile.function_timers);
        let time = |known: Duration, default| Some(Time(known)).filter(|_| known != default);
        let count = |known: u64, default| Some(known).filter(|_| known != default);
        Self {
            participating: profile.participating,
            controlling: profile.controlling,
            jitter_ms: u64::try_from(profile.jitter.as_millis()).unwrap_or(u64::MAX),
            timers: Timers {
                t1: time(known.t1, default.t1),
                t2: time(known.t2, default.t2),
                t3: time(known.t3, default.t3),
                t4: known.t4.map(Time).filter(|time| Some(time.0) != default.t4),
                t7: time(known.t7, default.t7),
                t8: time(known.t8, default.t8),
                t11: time(known.t11, default.t11),
                t12: time(known.t12, default.t12),
                t20: time(known.t20, default.t20),
                c7: count(known.c7, default.c7),
                c20: count(known.c20, default.c20),
                t15: time(own.t15, functions.t15),
                t16: time(own.t16, functions.t16),
                t17: time(own.t17, functions.t17),
                t55: time(own.t55, functions.t55),
                t56: time(own.t56, functions.t56),
                c17: count(own.c17, functions.c17),
                c55: count(own.c55, functions.c55),
                c56: count(own.c56, functions.c56),
            },
            release: profile.release,
            off_network: profile.off_network,
            clients: profile.subjects.participants,
            paths: profile.paths.clone(),
            // They are about floor control under a server.
            documents: profile.documents.clone().filter(|_| profile.paths.is_empty() && !profile.off_network),
        }
    }

    /// The table `target` of an annotation.
    pub(super) fn to_toml(&self) -> String {
        let mut text = String::from("\n[target]\n");
        for (key, address) in [("participating", self.participating), ("controlling", self.controlling)] {
            if let Some(address) = address {
                text += &format!("{key} = \"{address}\"\n");
            }
        }
        if self.jitter_ms > 0 {
            text += &format!("jitter-ms = {}\n", self.jitter_ms);
        }
        text += &self.release.map(|release| format!("release = {release}\n")).unwrap_or_default();
        for (is, key) in [(self.off_network, "off-network"), (self.clients, "clients")] {
            if is {
                text += &format!("{key} = true\n");
            }
        }
        let set = &self.timers;
        let times = [
            ("T1", set.t1),
            ("T2", set.t2),
            ("T3", set.t3),
            ("T4", set.t4),
            ("T7", set.t7),
            ("T8", set.t8),
            ("T11", set.t11),
            ("T12", set.t12),
            ("T20", set.t20),
            ("T15", set.t15),
            ("T16", set.t16),
            ("T17", set.t17),
            ("T55", set.t55),
            ("T56", set.t56),
        ];
        let times = times
            .iter()
            .filter_map(|(name, time)| Some(format!("{name} = \"{}\"\n", written(time.as_ref()?.0))));
        let counts = [("C7", set.c7), ("C20", set.c20), ("C17", set.c17), ("C55", set.c55), ("C56", set.c56)];
        let counts = counts.iter().filter_map(|(name, count)| Some(format!("{name} = {}\n", (*count)?)));
        let lines: String = times.chain(counts).collect();
        if !lines.is_empty() {
            text += "\n[target.timers]\n";
            text += &lines;
        }
        for path in &self.paths {
            text += "\n[[target.path]]\n";
            text += &toml::to_string(path).unwrap_or_default();
        }
        if let Some(documents) = &self.documents {
            let nested =
                |key: &str, value| toml::Table::from_iter([(key.to_owned(), toml::Value::Table(value))]);
            let table = toml::Table::try_from(documents).unwrap_or_default();
            text += "\n";
            text += &nested("target", nested("documents", table)).to_string();
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_the_judge_is_told() {
        let seconds = Duration::from_secs;
        let timers = TimerValues {
            t2: seconds(5),
            t4: Some(seconds(30)),
            t8: Duration::from_millis(500),
            c7: 2,
            ..TimerValues::default()
        };
        let profile = Profile {
            participating: Some(([127, 0, 0, 1], 5060).into()),
            controlling: Some(([127, 0, 0, 1], 5062).into()),
            timers,
            ..Profile::default()
        };
        let target = Target::of(&profile);
        let table: toml::Table = target.to_toml().parse().unwrap();
        let read: Target = table["target"].clone().try_into().unwrap();
        assert_eq!(read, target);
        assert_eq!(read.profile(), profile);
        let wrong = "timers = { T2 = \"soon\" }".parse::<toml::Table>().unwrap().try_into::<Target>();
        assert!(wrong.unwrap_err().to_string().contains("a duration such as"));
    }
}
