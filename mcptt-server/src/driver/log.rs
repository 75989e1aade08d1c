//! Structured logs from the event stream.

use std::collections::HashMap;
use std::io::{self, IsTerminal};
use std::net::IpAddr;
use std::time::Instant;

use bytes::Bytes;
use mcptt_codec::Path;
use tracing_subscriber::EnvFilter;

use super::{Direction, Observer};
use crate::node::{Event, Severity};

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// One line a person reads.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Installs the subscriber. `filter` follows `tracing`'s directives, for example `info` or `mcptt_server=debug`.
///
/// # Errors
/// The text of what is wrong with `filter`.
pub fn install(format: LogFormat, filter: &str) -> Result<(), String> {
    // The library that reads STUN would write a line for each datagram of a stranger that is none.
    let filter = EnvFilter::try_new(format!("{filter},stun_types=off"))
        .map_err(|error| format!("log filter {filter:?}: {error}"))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr);
    match format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
    Ok(())
}

/// Peers whose first complaint was logged; beyond this many the rest is only counted.
const MAX_REMEMBERED_PEERS: usize = 10_000;

/// Writes events to the log: state changes at `debug`, the first complaint about each peer at `info` and the rest at `debug`,
/// defects of ours at `error`. Identities appear only when `identities` is set.
#[derive(Debug)]
pub struct LogObserver {
    identities: bool,
    complaints: HashMap<IpAddr, u64>,
}

impl LogObserver {
    /// An observer that shows identities and locations or leaves them out.
    pub fn new(identities: bool) -> Self {
        Self { identities, complaints: HashMap::new() }
    }

    fn is_first_complaint(&mut self, path: Path) -> bool {
        if self.complaints.len() >= MAX_REMEMBERED_PEERS && !self.complaints.contains_key(&path.remote.ip()) {
            return false;
        }
        let count = self.complaints.entry(path.remote.ip()).or_default();
        *count += 1;
        *count == 1
    }
}

impl Observer for LogObserver {
    fn wants_datagrams(&self) -> bool {
        tracing::enabled!(tracing::Level::TRACE)
    }

    fn datagram(&mut self, _at: Instant, direction: Direction, path: Path, payload: &Bytes) {
        tracing::trace!(?direction, local = %path.local, remote = %path.remote, octets = payload.len(), "datagram");
    }

    fn event(&mut self, _at: Instant, event: &Event) {
        macro_rules! log {
            ($level:expr) => {
                // Most events are details that nobody looks at: they are not even put into words then.
                if tracing::enabled!($level) {
                    let Shown { name, call, group, participant, from, to, requirement, detail } =
                        Shown::of(event, self.identities);
                    tracing::event!(
                        $level,
                        call = call.map(tracing::field::display),
                        group = group.map(tracing::field::display),
                        participant = participant.map(tracing::field::display),
                        from = from.map(tracing::field::display),
                        to = to.map(tracing::field::display),
                        requirement = requirement.map(tracing::field::display),
                        detail = detail.map(tracing::field::display),
                        "{name}"
                    )
                }
            };
        }
        match event.severity() {
            Severity::Defect => log!(tracing::Level::ERROR),
            Severity::Complaint(path) if self.is_first_complaint(path) => log!(tracing::Level::INFO),
            Severity::Service => log!(tracing::Level::INFO),
            Severity::Complaint(_) | Severity::Detail => log!(tracing::Level::DEBUG),
        }
    }

    fn send_failed(&mut self, path: Path, error: &io::Error) {
        tracing::debug!(local = %path.local, remote = %path.remote, %error, "datagram lost");
    }
}

/// An event in the words every log line uses; what has no word of its own is in `detail`.
#[derive(Debug, Default)]
struct Shown {
    name: String,
    call: Option<String>,
    group: Option<String>,
    participant: Option<String>,
    from: Option<String>,
    to: Option<String>,
    requirement: Option<String>,
    detail: Option<String>,
}

impl Shown {
    /// Unless `identities` are shown, every URI of the event is left out.
    fn of(event: &Event, identities: bool) -> Self {
        let mut value = match serde_json::to_value(event) {
            Ok(value) => value,
            Err(error) => {
                return Self { name: format!("an event that cannot be shown: {error}"), ..Self::default() };
            }
        };
        if !identities {
            redact(&mut value);
        }
        let serde_json::Value::Object(mut members) = value else { return Self::default() };
        // What the node says about itself has its name where the events of the planes have their plane.
        let own = members.remove("plane");
        let mut take = |name: &str| match members.remove(name) {
            None | Some(serde_json::Value::Null) => None,
            Some(serde_json::Value::String(text)) => Some(text),
            Some(other) => Some(other.to_string()),
        };
        let own = own.and_then(|own| own.as_str().map(ToOwned::to_owned));
        let name = take("event").or(own).unwrap_or_default();
        let participant = take("mcptt_id").or_else(|| take("participant")).or_else(|| take("leg"));
        let (call, group, from, to, requirement) =
            (take("call"), take("group"), take("from"), take("to"), take("requirement"));
        let detail = (!members.is_empty()).then(|| serde_json::Value::Object(members).to_string());
        Self { name, call, group, participant, from, to, requirement, detail }
    }
}

/// URI schemes and URNs that name people, groups and devices.
const IDENTIFYING: [&str; 5] = ["sip:", "sips:", "tel:", "urn:", "<sip:"];

fn redact(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) if IDENTIFYING.iter().any(|scheme| text.starts_with(scheme)) => {
            "(left out)".clone_into(text);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(redact),
        serde_json::Value::Object(members) => members.values_mut().for_each(redact),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_appear_only_when_asked_for() {
        let event = Event::CallControl(call_control::Event::ServiceAuthorised {
            mcptt_id: "sip:alice@mc.example.org".into(),
            client_id: "urn:uuid:00000000-0000-4000-8000-0000000000a1".into(),
        });
        let shown = Shown::of(&event, true);
        assert_eq!(shown.participant.as_deref(), Some("sip:alice@mc.example.org"));
        let hidden = format!("{:?}", Shown::of(&event, false));
        assert!(!hidden.contains("alice") && !hidden.contains("urn:uuid"), "{hidden}");
        assert!(hidden.contains("service-authorised"), "{hidden}");
    }

    #[test]
    fn a_refusal_says_where_from_and_by_which_requirement() {
        let event = Event::CallControl(call_control::Event::Refused {
            function: call_control::event::Function::Controlling,
            method: "INVITE".into(),
            from: ([127, 0, 0, 1], 5081).into(),
            mcptt_id: None,
            group: Some("sip:fire-1@mc.example.org".into()),
            refusal: call_control::Refusal::NotAMember,
            status: 403,
            warning: Some(116),
            requirement: Some("24.379-6.3.5.2:5b"),
        });
        let shown = Shown::of(&event, true);
        assert_eq!((shown.name.as_str(), shown.from.as_deref()), ("refused", Some("127.0.0.1:5081")));
        assert_eq!(shown.requirement.as_deref(), Some("24.379-6.3.5.2:5b"));
        assert!(shown.detail.is_some_and(|detail| detail.contains("116")));
    }
}
