//! The domain name system: what the node asks (RFC 3263) is asked here, each question in a task of its own.

use std::net::SocketAddr;
use std::time::Duration;

use call_control::event::Function;
use call_control::locate::{Answer, Naptr, Query, QueryId, Question, Records, Srv};
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{RData, Record, RecordType};
use tokio::sync::mpsc;

use crate::node::{self, Input};

/// How long one server may take to answer, and how often it is asked again.
const TIMEOUT: Duration = Duration::from_secs(2);
const ATTEMPTS: usize = 1;
/// Answers that may wait for the node.
const WAITING: usize = 1_024;

/// Whom to ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Name servers; none: those of the operating system.
    pub servers: Vec<SocketAddr>,
}

/// An answer on its way to the node.
pub(super) struct Answered {
    function: Function,
    id: QueryId,
    answer: Answer,
}

impl From<Answered> for Input<'_> {
    fn from(Answered { function, id, answer }: Answered) -> Self {
        Self::Answer(node::Answer::Names { function, id, answer })
    }
}

/// The questions of one driver.
pub(super) struct Names {
    settings: Settings,
    /// Made for the first question: most nodes never ask.
    resolver: Option<TokioResolver>,
    answers: mpsc::Receiver<Answered>,
    reporter: mpsc::Sender<Answered>,
}

impl Names {
    pub(super) fn attach(settings: Settings) -> Self {
        let (reporter, answers) = mpsc::channel(WAITING);
        Self { settings, resolver: None, answers, reporter }
    }

    /// Asks; the answer comes from [`Names::answered`]. Nobody to ask is an answer, too.
    pub(super) fn ask(&mut self, function: Function, query: Query) {
        if self.resolver.is_none() {
            self.resolver = resolver(&self.settings);
        }
        let (resolver, reporter) = (self.resolver.clone(), self.reporter.clone());
        tokio::spawn(async move {
            let answer = match resolver {
                Some(resolver) => answer(&resolver, &query.question).await.unwrap_or(Answer::failed()),
                None => Answer::failed(),
            };
            // The driver has gone: then so does this.
            let _ = reporter.send(Answered { function, id: query.id, answer }).await;
        });
    }

    /// The next answer. Waits for ever where nobody has asked.
    pub(super) async fn answered(&mut self) -> Option<Answered> {
        self.answers.recv().await
    }
}

fn resolver(settings: &Settings) -> Option<TokioResolver> {
    let mut builder = if settings.servers.is_empty() {
        TokioResolver::builder_tokio().inspect_err(|error| tracing::warn!(%error, "no name servers")).ok()?
    } else {
        let servers = settings.servers.iter().map(|server| {
            let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
                connection.port = server.port();
                connection
            });
            NameServerConfig::new(server.ip(), true, connections.to_vec())
        });
        let config = ResolverConfig::from_parts(None, Vec::new(), servers.collect());
        TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
    };
    let options = builder.options_mut();
    (options.timeout, options.attempts) = (TIMEOUT, ATTEMPTS);
    builder.build().inspect_err(|error| tracing::warn!(%error, "no resolver")).ok()
}

/// Asks one question; `None` when there is no answer.
async fn answer(resolver: &TokioResolver, question: &Question) -> Option<Answer> {
    match question {
        Question::Services(name) => {
            let found = resolver.lookup(absolute(name), RecordType::NAPTR).await.ok()?;
            let all = found.answers().iter().filter_map(|record| pointer(&record.data)).collect();
            Some(Answer { records: Records::Services(all), lifetime: lifetime(found.answers()) })
        }
        Question::Servers(name) => {
            let found = resolver.lookup(absolute(name), RecordType::SRV).await.ok()?;
            let all = found.answers().iter().filter_map(|record| server(&record.data)).collect();
            Some(Answer { records: Records::Servers(all), lifetime: lifetime(found.answers()) })
        }
        Question::Addresses(name) => {
            let found = resolver.lookup_ip(absolute(name)).await.ok()?;
            let lifetime = lifetime(found.as_lookup().answers());
            Some(Answer { records: Records::Addresses(found.iter().collect()), lifetime })
        }
        _ => None,
    }
}

/// The name itself, whatever domains the operating system would add.
fn absolute(name: &str) -> String {
    if name.ends_with('.') { name.to_owned() } else { format!("{name}.") }
}

fn lifetime(records: &[Record]) -> Duration {
    Duration::from_secs(records.iter().map(|record| record.ttl).min().unwrap_or_default().into())
}

fn relative(name: &hickory_resolver::proto::rr::Name) -> String {
    let name = name.to_ascii();
    if name == "." { name } else { name.trim_end_matches('.').to_owned() }
}

fn pointer(data: &RData) -> Option<Naptr> {
    let RData::NAPTR(data) = data else { return None };
    Some(Naptr {
        order: data.order,
        preference: data.preference,
        flags: String::from_utf8_lossy(&data.flags).into_owned(),
        service: String::from_utf8_lossy(&data.services).into_owned(),
        replacement: relative(&data.replacement),
    })
}

fn server(data: &RData) -> Option<Srv> {
    let RData::SRV(data) = data else { return None };
    let (priority, weight, port) = (data.priority, data.weight, data.port);
    Some(Srv { priority, weight, port, target: relative(&data.target) })
}

#[cfg(test)]
mod tests;
