//! Where timers and counters get their values (TS 24.481, TS 24.483, TS 24.484).

use std::fmt;

/// A place from which a timer or counter gets its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Provision {
    /// The configuration file of the server.
    ServerConfiguration(&'static str),
    /// The service configuration document: path of the element below `on-network` or `off-network`.
    ServiceConfiguration(&'static str),
    /// The group document: the element.
    GroupDocument(&'static str),
    /// The initial configuration of the user equipment: path of the element, and its unit.
    UeInitialConfiguration(&'static str, Unit),
}

/// The unit of a number in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
    /// Transmissions.
    Transmissions,
}

impl fmt::Display for Provision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ServerConfiguration(setting) => write!(f, "server configuration {setting}"),
            Self::ServiceConfiguration(path) => write!(f, "service configuration {path}"),
            Self::GroupDocument(element) => write!(f, "group document {element}"),
            Self::UeInitialConfiguration(path, unit) => write!(f, "UE initial configuration {path} ({unit})"),
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Seconds => "s",
            Self::Milliseconds => "ms",
            Self::Transmissions => "transmissions",
        })
    }
}
