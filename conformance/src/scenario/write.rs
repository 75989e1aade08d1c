//! From a scenario to text that reads back as the same scenario.

use std::fmt::{self, Display};

use super::line::written;
use super::{
    Action, Call, Client, Disturbance, Effect, Kind, Message, Network, Request, Scenario, Setting, Subject,
    Tier, Who,
};

impl Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "title    {}", self.title)?;
        let network = match self.network {
            Network::On => "on",
            Network::Media => "media",
            Network::Relay => "relay",
            Network::Group => "group",
            Network::Off => "off",
        };
        writeln!(f, "network  {network}")?;
        for setting in &self.settings {
            writeln!(f, "set      {setting}")?;
        }
        for client in &self.clients {
            writeln!(f, "client   {client}")?;
        }
        writeln!(f)?;
        for step in &self.steps {
            writeln!(f, "{:<8} {}", written(step.at), self.describe(&step.action))?;
        }
        writeln!(f, "{:<8} end", written(self.end))
    }
}

impl Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.of {
            Subject::Server => {}
            Subject::Group(group) => write!(f, "group {group} ")?,
            Subject::Member(group, user) => write!(f, "member {group} {user} ")?,
            Subject::User(user) => write!(f, "user {user} ")?,
        }
        f.write_str(&self.assignment)
    }
}

impl Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if !self.groups.is_empty() {
            write!(f, " in {}", self.groups.join(" "))?;
        }
        match self.priority {
            Some(Self::PRIORITY) => {}
            Some(priority) => write!(f, " priority {priority}")?,
            None => f.write_str(" priority none")?,
        }
        for (is, word) in [
            (!self.queueing, " queueing no"),
            (self.protected, " protected"),
            (self.absent, " absent"),
            (self.pre_established, " pre-established"),
        ] {
            if is {
                f.write_str(word)?;
            }
        }
        Ok(())
    }
}

impl Scenario {
    /// What happens in a step, as its line says it.
    pub fn describe(&self, action: &Action) -> String {
        let name = |who: &Who| self.clients.get(*who).map_or("nobody", |client| client.name.as_str());
        match action {
            Action::LogIn(who) => format!("{} logs in", name(who)),
            Action::Call(who, call) => format!("{} calls {call}", name(who)),
            Action::Leave(who) => format!("{} leaves", name(who)),
            Action::Press(who, request) => format!("{} presses{request}", name(who)),
            Action::Release(who) => format!("{} releases", name(who)),
            Action::Speak(who, duration) => format!("{} speaks for {}", name(who), written(*duration)),
            Action::AskPosition(who) => format!("{} asks position", name(who)),
            Action::Accept(who) => format!("{} accepts", name(who)),
            Action::Deafen(who) => format!("{} hears nothing", name(who)),
            Action::Send(who, message) => format!("{} sends {message}", name(who)),
            Action::Disturb(one) => disturbance(one, name(&one.client)),
            Action::Above(None, message) => format!("controlling sends {message}"),
            Action::Above(Some(who), message) => format!("controlling tells {} {message}", name(who)),
            Action::Connect(who) => format!("server connects {}", name(who)),
            Action::Disconnect(who) => format!("server disconnects {}", name(who)),
            Action::Refuse(who) => format!("{} refuses calls", name(who)),
            Action::Bearer(true) => "server activates bearer".to_owned(),
            Action::Bearer(false) => "server deactivates bearer".to_owned(),
            Action::Listen(who, true) => format!("{} hears bearer", name(who)),
            Action::Listen(who, false) => format!("{} misses bearer", name(who)),
            Action::StartRelease => "server starts release".to_owned(),
            Action::FinishRelease => "server finishes release".to_owned(),
        }
    }
}

fn disturbance(one: &Disturbance, client: &str) -> String {
    let Disturbance { effect, count, kind, to_client, .. } = one;
    let kind = match kind {
        Kind::Sip => "sip",
        Kind::Voice => "voice",
        Kind::Floor => "floor",
    };
    let way = if *to_client { "to" } else { "from" };
    match effect {
        Effect::Lose => format!("network loses {count} {kind} {way} {client}"),
        Effect::Double => format!("network doubles {count} {kind} {way} {client}"),
        Effect::Delay(by) => format!("network delays {count} {kind} {way} {client} by {}", written(*by)),
    }
}

impl Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.group)?;
        for (is, words) in [
            (self.with_request, " with request"),
            (self.emergency, " as emergency"),
            (self.broadcast, " as broadcast"),
        ] {
            if is {
                f.write_str(words)?;
            }
        }
        Ok(())
    }
}

impl Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(priority) = self.priority {
            write!(f, " priority {priority}")?;
        }
        match self.tier {
            Tier::Normal => Ok(()),
            Tier::ImminentPeril => f.write_str(" imminent-peril"),
            Tier::Emergency => f.write_str(" emergency"),
        }
    }
}

impl Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hexadecimal =
            |octets: &[u8]| octets.iter().map(|octet| format!("{octet:02x}")).collect::<String>();
        match self {
            Self::Request(request) => write!(f, "request{request}"),
            Self::Release { ack: false } => f.write_str("release"),
            Self::Release { ack: true } => f.write_str("release with ack"),
            Self::PositionRequest => f.write_str("position-request"),
            Self::Ack(subtype) => write!(f, "ack {subtype}"),
            Self::Voice(1) => f.write_str("voice"),
            Self::Voice(count) => write!(f, "voice {count}"),
            Self::Floor(view) => write!(f, "floor {view}"),
            Self::FloorOctets(octets) => write!(f, "floor-octets {}", hexadecimal(octets)),
            Self::VoiceOctets(octets) => write!(f, "voice-octets {}", hexadecimal(octets)),
        }
    }
}
