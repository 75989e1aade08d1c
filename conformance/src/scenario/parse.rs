//! From text to a scenario.

use std::time::Duration;

use mcptt_codec::view::Input;

use super::line::{LONGEST, Line, ScenarioError, Word, duration};
use super::{
    Action, Call, Client, Disturbance, Effect, Kind, Message, Network, Request, Scenario, Setting, Step,
    Subject, Tier, Who,
};

/// Clients, steps and packets of voice that one scenario may have.
const MAX_CLIENTS: usize = 200;
const MAX_STEPS: usize = 10_000;
const MAX_COUNT: u16 = 1_000;

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    /// [`ScenarioError`] names line and column, what is there and what would be right.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let mut reader = Reader::default();
        for (index, line) in text.lines().enumerate() {
            reader.line(&mut Line::new(index + 1, line))?;
        }
        let at_end = |expected: &str| ScenarioError {
            line: text.lines().count().max(1),
            column: 1,
            expected: expected.to_owned(),
            found: "the end of the text".to_owned(),
        };
        Ok(Self {
            title: reader.title.ok_or_else(|| at_end("a line 'title ...'"))?,
            network: reader.network.ok_or_else(|| at_end("a line 'network on' or 'network media'"))?,
            settings: reader.settings,
            clients: reader.clients,
            steps: reader.steps,
            end: reader.end.ok_or_else(|| at_end("a last step 'TIME end'"))?,
        })
    }
}

#[derive(Default)]
struct Reader {
    title: Option<String>,
    network: Option<Network>,
    settings: Vec<Setting>,
    clients: Vec<Client>,
    steps: Vec<Step>,
    end: Option<Duration>,
}

impl Reader {
    fn line(&mut self, line: &mut Line<'_>) -> Result<(), ScenarioError> {
        let first = line.word();
        let begun = !self.steps.is_empty();
        match first.text {
            "" => Ok(()),
            _ if self.end.is_some() => Err(first.wrong("nothing after 'end'")),
            "title" | "network" | "set" | "client" if begun => Err(first.wrong("the time of a step")),
            "title" if self.title.is_some() => Err(first.wrong("one title only")),
            "title" => {
                self.title = Some(line.rest("what the scenario shows")?.text.to_owned());
                Ok(())
            }
            "network" if self.network.is_some() => Err(first.wrong("one network only")),
            "network" => {
                let word = line.word();
                self.network = Some(match word.text {
                    "on" => Network::On,
                    "media" => Network::Media,
                    "relay" => Network::Relay,
                    "group" => Network::Group,
                    "off" => Network::Off,
                    _ => return Err(word.wrong("'on', 'media', 'relay', 'group' or 'off'")),
                });
                line.end()
            }
            "set" => self.setting(line),
            "client" => self.client(line),
            _ => self.step(first, line),
        }
    }

    fn setting(&mut self, line: &mut Line<'_>) -> Result<(), ScenarioError> {
        let of = match line.peek().text {
            "group" => {
                line.word();
                Subject::Group(line.some("a group")?.text.to_owned())
            }
            "member" => {
                line.word();
                let group = line.some("a group")?.text.to_owned();
                Subject::Member(group, line.some("a user")?.text.to_owned())
            }
            "user" => {
                line.word();
                Subject::User(line.some("a user")?.text.to_owned())
            }
            _ => Subject::Server,
        };
        let assignment = line.rest("an assignment such as floor.T2 = \"5s\"")?;
        let table = assignment.text.parse::<toml::Table>();
        if table.as_ref().map_or(true, |table| table.len() != 1) {
            return Err(assignment.wrong("an assignment such as floor.T2 = \"5s\""));
        }
        self.settings.push(Setting { of, assignment: assignment.text.to_owned() });
        Ok(())
    }

    fn client(&mut self, line: &mut Line<'_>) -> Result<(), ScenarioError> {
        const OPTIONS: [&str; 6] = ["in", "priority", "queueing", "protected", "absent", "pre-established"];
        let mut names = vec![line.some("the name of a client")?];
        while !line.peek().text.is_empty() && !OPTIONS.contains(&line.peek().text) {
            names.push(line.word());
        }
        let mut pattern = Client::new("");
        loop {
            let option = line.word();
            match option.text {
                "" => break,
                "in" => {
                    pattern.groups.push(line.some("a group")?.text.to_owned());
                    while !line.peek().text.is_empty() && !OPTIONS.contains(&line.peek().text) {
                        pattern.groups.push(line.word().text.to_owned());
                    }
                }
                "priority" => pattern.priority = priority_or_none(line)?,
                "queueing" => pattern.queueing = yes_or_no(line)?,
                "protected" => pattern.protected = true,
                "absent" => pattern.absent = true,
                "pre-established" => pattern.pre_established = true,
                _ => return Err(option.wrong(format!("one of {}", OPTIONS.join(", ")))),
            }
        }
        for name in names {
            let is_word = name.text.chars().all(|one| one.is_alphanumeric() || "-_".contains(one));
            if !is_word
                || ["network", "server", "controlling", "end"].contains(&name.text)
                || duration(name.text).is_some()
            {
                return Err(name.wrong("a name of letters, digits, '-' and '_'"));
            }
            if self.clients.iter().any(|client| client.name == name.text) {
                return Err(name.wrong("a client that is not there yet"));
            }
            if self.clients.len() >= MAX_CLIENTS {
                return Err(name.wrong(format!("at most {MAX_CLIENTS} clients")));
            }
            self.clients.push(Client { name: name.text.to_owned(), ..pattern.clone() });
        }
        Ok(())
    }

    fn step(&mut self, time: Word<'_>, line: &mut Line<'_>) -> Result<(), ScenarioError> {
        let before = self.steps.last().map_or(Duration::ZERO, |step| step.at);
        let expected = "title, network, set, client, or the time of a step such as 1.5s or +20ms";
        let at = match time.text.strip_prefix('+') {
            Some(after) => duration(after).map(|after| before.saturating_add(after)),
            None => duration(time.text),
        };
        let at = at.ok_or_else(|| time.wrong(expected))?;
        if at < before {
            return Err(time.wrong(format!("a time that is not before {before:?}, the step above")));
        }
        if at > LONGEST {
            return Err(time.wrong("a scenario of at most a day"));
        }
        if line.takes("end") {
            self.end = Some(at);
            return line.end();
        }
        if self.steps.len() >= MAX_STEPS {
            return Err(time.wrong(format!("at most {MAX_STEPS} steps")));
        }
        let action = match line.peek().text {
            "network" => {
                line.word();
                self.disturbance(line)?
            }
            "server" => {
                line.word();
                self.server(line)?
            }
            "controlling" => {
                line.word();
                self.above(line)?
            }
            _ => self.action(line)?,
        };
        line.end()?;
        self.steps.push(Step { at, action });
        Ok(())
    }

    fn who(&self, line: &mut Line<'_>) -> Result<Who, ScenarioError> {
        let name = line.word();
        let found = self.clients.iter().position(|client| client.name == name.text);
        found.ok_or_else(|| {
            let names: Vec<&str> = self.clients.iter().map(|client| client.name.as_str()).collect();
            name.wrong(format!("a client ({})", names.join(", ")))
        })
    }

    fn action(&self, line: &mut Line<'_>) -> Result<Action, ScenarioError> {
        let who = self.who(line)?;
        let verb = line.word();
        Ok(match verb.text {
            "logs" => {
                line.must("in")?;
                Action::LogIn(who)
            }
            "calls" | "joins" => Action::Call(who, call(line)?),
            "leaves" => Action::Leave(who),
            "presses" => Action::Press(who, request(line)?),
            "releases" => Action::Release(who),
            "speaks" => {
                line.must("for")?;
                Action::Speak(who, line.duration()?)
            }
            "asks" => {
                line.must("position")?;
                Action::AskPosition(who)
            }
            "accepts" => Action::Accept(who),
            "hears" => {
                let word = line.word();
                match word.text {
                    "nothing" => Action::Deafen(who),
                    "bearer" => Action::Listen(who, true),
                    _ => return Err(word.wrong("nothing or bearer")),
                }
            }
            "misses" => {
                line.must("bearer")?;
                Action::Listen(who, false)
            }
            "refuses" => {
                line.must("calls")?;
                Action::Refuse(who)
            }
            "sends" => Action::Send(who, message(line)?),
            _ => {
                return Err(verb.wrong(
                    "logs in, calls, joins, leaves, presses, releases, speaks, asks, accepts, hears, misses, refuses or sends",
                ));
            }
        })
    }

    fn server(&self, line: &mut Line<'_>) -> Result<Action, ScenarioError> {
        let verb = line.word();
        let action = match verb.text {
            "starts" => Action::StartRelease,
            "finishes" => Action::FinishRelease,
            "connects" => return Ok(Action::Connect(self.who(line)?)),
            "disconnects" => return Ok(Action::Disconnect(self.who(line)?)),
            "activates" | "deactivates" => {
                line.must("bearer")?;
                return Ok(Action::Bearer(verb.text == "activates"));
            }
            _ => return Err(verb.wrong("starts, finishes, connects, disconnects, activates or deactivates")),
        };
        line.must("release")?;
        Ok(action)
    }

    /// What the controlling function does, for which the scenario speaks.
    fn above(&self, line: &mut Line<'_>) -> Result<Action, ScenarioError> {
        let verb = line.word();
        match verb.text {
            "sends" => Ok(Action::Above(None, message(line)?)),
            "tells" => {
                let who = self.who(line)?;
                Ok(Action::Above(Some(who), message(line)?))
            }
            _ => Err(verb.wrong("sends or tells")),
        }
    }

    fn disturbance(&self, line: &mut Line<'_>) -> Result<Action, ScenarioError> {
        let verb = line.word();
        let count = line.number("a number of datagrams")?;
        if !(1..=MAX_COUNT).contains(&count) {
            return Err(verb.wrong(format!("1 to {MAX_COUNT} datagrams")));
        }
        let word = line.word();
        let kind = match word.text {
            "floor" => Kind::Floor,
            "voice" => Kind::Voice,
            "sip" => Kind::Sip,
            _ => return Err(word.wrong("floor, voice or sip")),
        };
        let word = line.word();
        let to_client = match word.text {
            "to" => true,
            "from" => false,
            _ => return Err(word.wrong("to or from")),
        };
        let client = self.who(line)?;
        let effect = match verb.text {
            "loses" => Effect::Lose,
            "doubles" => Effect::Double,
            "delays" => {
                line.must("by")?;
                Effect::Delay(line.duration()?)
            }
            _ => return Err(verb.wrong("loses, doubles or delays")),
        };
        Ok(Action::Disturb(Disturbance { effect, count, kind, to_client, client }))
    }
}

fn yes_or_no(line: &mut Line<'_>) -> Result<bool, ScenarioError> {
    let word = line.word();
    match word.text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err(word.wrong("yes or no")),
    }
}

fn priority_or_none(line: &mut Line<'_>) -> Result<Option<u8>, ScenarioError> {
    if line.takes("none") {
        return Ok(None);
    }
    line.number("a priority from 0 to 255 or none").map(Some)
}

fn call(line: &mut Line<'_>) -> Result<Call, ScenarioError> {
    let group = line.some("a group")?.text.to_owned();
    let mut call = Call { group, with_request: false, emergency: false, broadcast: false };
    loop {
        match line.peek().text {
            "with" => {
                line.word();
                line.must("request")?;
                call.with_request = true;
            }
            "as" => {
                line.word();
                let word = line.word();
                match word.text {
                    "emergency" => call.emergency = true,
                    "broadcast" => call.broadcast = true,
                    _ => return Err(word.wrong("emergency or broadcast")),
                }
            }
            _ => return Ok(call),
        }
    }
}

fn request(line: &mut Line<'_>) -> Result<Request, ScenarioError> {
    let mut request = Request::default();
    loop {
        match line.peek().text {
            "priority" => {
                line.word();
                request.priority = Some(line.number("a priority from 0 to 255")?);
            }
            "emergency" => {
                line.word();
                request.tier = Tier::Emergency;
            }
            "imminent-peril" => {
                line.word();
                request.tier = Tier::ImminentPeril;
            }
            _ => return Ok(request),
        }
    }
}

fn message(line: &mut Line<'_>) -> Result<Message, ScenarioError> {
    let word = line.word();
    Ok(match word.text {
        "request" => Message::Request(request(line)?),
        "release" => {
            let ack = line.takes("with");
            if ack {
                line.must("ack")?;
            }
            Message::Release { ack }
        }
        "position-request" => Message::PositionRequest,
        "ack" => {
            let of = line.peek();
            let subtype: u8 = line.number("the subtype that is acknowledged, 0 to 31")?;
            if subtype > 31 {
                return Err(of.wrong("the subtype that is acknowledged, 0 to 31"));
            }
            Message::Ack(subtype)
        }
        "voice" => {
            let count = if line.peek().text.is_empty() { 1 } else { line.number("a number of packets")? };
            if !(1..=MAX_COUNT).contains(&count) {
                return Err(word.wrong(format!("1 to {MAX_COUNT} packets")));
            }
            Message::Voice(count)
        }
        "floor" => {
            let view = line.rest("a message as JSON, as decode shows it")?;
            let octets = serde_json::from_str::<Input>(view.text)
                .map_err(|error| error.to_string())
                .and_then(|input| mcptt_codec::view::encode(&input).map_err(|error| error.to_string()));
            if let Err(reason) = octets {
                return Err(view.wrong(format!("a message that can be encoded ({reason})")));
            }
            Message::Floor(view.text.to_owned())
        }
        "floor-octets" => Message::FloorOctets(octets(line)?),
        "voice-octets" => Message::VoiceOctets(octets(line)?),
        _ => {
            return Err(word.wrong(
                "request, release, position-request, ack, voice, floor, floor-octets or voice-octets",
            ));
        }
    })
}

fn octets(line: &mut Line<'_>) -> Result<Vec<u8>, ScenarioError> {
    let word = line.some("octets in hexadecimal")?;
    let digit = |octet: u8| char::from(octet).to_digit(16);
    let pairs = word.text.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(digit(*high)? * 16 + digit(*low)?).ok(),
        _ => None,
    });
    pairs.collect::<Option<Vec<u8>>>().ok_or_else(|| word.wrong("octets in hexadecimal, two digits each"))
}
