//! What the domain name system has said, and for how long it holds.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::transaction::later;

/// Answers that are kept; more than that and those that end first are forgotten.
const KEPT: usize = 8_192;
/// Records of one answer that are looked at.
const RECORDS: usize = 64;
/// How long an answer holds at least and at most. The least keeps a name with no lifetime from being asked for every message.
const LEAST: Duration = Duration::from_secs(1);
const MOST: Duration = Duration::from_secs(86_400);
/// How long it holds that there is no answer.
const FAILED: Duration = Duration::from_secs(30);

/// What can be asked. Names are in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Question {
    /// NAPTR: the services of a domain.
    Services(String),
    /// SRV: the servers of a service.
    Servers(String),
    /// A and AAAA: the addresses of a host.
    Addresses(String),
}

/// One record of NAPTR.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Naptr {
    /// The lowest first.
    pub order: u16,
    /// Among those of one order the lowest first.
    pub preference: u16,
    /// `s`: servers are to be asked for next.
    pub flags: String,
    /// Such as `SIP+D2T`.
    pub service: String,
    /// The name to ask for next.
    pub replacement: String,
}

/// One record of SRV.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Srv {
    /// The lowest first.
    pub priority: u16,
    /// The share among those of one priority.
    pub weight: u16,
    /// The port.
    pub port: u16,
    /// The host.
    pub target: String,
}

/// What an answer holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Records {
    /// To [`Question::Services`].
    Services(Vec<Naptr>),
    /// To [`Question::Servers`].
    Servers(Vec<Srv>),
    /// To [`Question::Addresses`].
    Addresses(Vec<IpAddr>),
    /// There is nothing of the kind, or nobody who knows.
    None,
}

/// An answer, and for how long it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What was found.
    pub records: Records,
    /// The shortest lifetime of them.
    pub lifetime: Duration,
}

impl Answer {
    /// There is nothing, or nobody has answered.
    pub const fn failed() -> Self {
        Self { records: Records::None, lifetime: FAILED }
    }
}

/// The answers that hold.
#[derive(Debug, Default)]
pub(super) struct Cache {
    known: BTreeMap<Question, (Records, Instant)>,
    ends: BTreeSet<(Instant, Question)>,
}

impl Cache {
    pub(super) fn insert(&mut self, now: Instant, question: Question, answer: Answer) {
        //= RFC3263-4:cache
        let ends = later(now, answer.lifetime.clamp(LEAST, MOST));
        if let Some((_, before)) = self.known.insert(question.clone(), (answer.records, ends)) {
            self.ends.remove(&(before, question.clone()));
        }
        self.ends.insert((ends, question));
        while let Some((at, _)) = self.ends.first() {
            if *at > now && self.known.len() <= KEPT {
                break;
            }
            if let Some((_, question)) = self.ends.pop_first() {
                self.known.remove(&question);
            }
        }
    }

    fn get(&self, now: Instant, question: &Question) -> Option<&Records> {
        self.known.get(question).filter(|(_, ends)| *ends > now).map(|(records, _)| records)
    }

    /// What is known about the services of a domain; `None`, and noted as missing, when it has to be asked.
    pub(super) fn pointers(
        &self,
        now: Instant,
        name: &str,
        missing: &mut BTreeSet<Question>,
    ) -> Option<Vec<Naptr>> {
        match self.look(now, Question::Services(name.to_owned()), missing)? {
            Records::Services(all) => Some(all.iter().take(RECORDS).cloned().collect()),
            _ => Some(Vec::new()),
        }
    }

    /// The servers of a service.
    pub(super) fn servers(
        &self,
        now: Instant,
        name: &str,
        missing: &mut BTreeSet<Question>,
    ) -> Option<Vec<Srv>> {
        match self.look(now, Question::Servers(name.to_owned()), missing)? {
            // A target "." says that the service is not there (RFC 2782).
            Records::Servers(all) => Some(
                all.iter()
                    .filter(|server| !matches!(server.target.as_str(), "." | ""))
                    .take(RECORDS)
                    .map(|server| Srv { target: server.target.to_ascii_lowercase(), ..server.clone() })
                    .collect(),
            ),
            _ => Some(Vec::new()),
        }
    }

    /// The addresses of a host.
    pub(super) fn addresses(
        &self,
        now: Instant,
        name: &str,
        missing: &mut BTreeSet<Question>,
    ) -> Option<Vec<IpAddr>> {
        match self.look(now, Question::Addresses(name.to_owned()), missing)? {
            Records::Addresses(all) => Some(all.iter().take(RECORDS).copied().collect()),
            _ => Some(Vec::new()),
        }
    }

    fn look(&self, now: Instant, question: Question, missing: &mut BTreeSet<Question>) -> Option<&Records> {
        let known = self.get(now, &question);
        if known.is_none() {
            missing.insert(question);
        }
        known
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }
}
