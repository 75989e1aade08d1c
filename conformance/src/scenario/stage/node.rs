//! The whole server, with clients that register and call by SIP.

use std::time::Duration;

use call_control::client::{ClientCommand, ClientEvent, GroupCall, Urgency};
use mcptt_codec::Path;
use mcptt_codec::sdp::CryptoSuite;
use mcptt_server::node::{Command, NodeConfig};
use mcptt_server::ue::{UeCommand, UeEvent};

use super::{Stage, asked, floor_octets, voice};
use crate::capture::Frame;
use crate::rig::{Actor, Disturbance, Rig, Unmet};
use crate::scenario::{Action, Call, Client, Kind, Message, Who, uri};

pub(crate) struct NodeStage {
    rig: Rig,
    clients: Vec<Client>,
    actors: Vec<Actor>,
    /// Sequence numbers of the voice that the scenario sends itself.
    sequences: Vec<u16>,
}

impl NodeStage {
    /// A server of this configuration and its clients, registered and affiliated unless they are absent.
    pub(crate) fn new(config: NodeConfig, clients: &[Client]) -> Result<Self, Unmet> {
        let mut rig = Rig::new(config, 0);
        rig.observe_at_node();
        let actors: Vec<Actor> = clients
            .iter()
            .map(|client| {
                rig.client_with(&uri(&client.name), |config| {
                    config.queueing = client.queueing;
                    config.floor_priority = client.priority;
                    config.suites =
                        if client.protected { vec![CryptoSuite::AeadAes128Gcm] } else { Vec::new() };
                })
            })
            .collect();
        let sequences = vec![0; clients.len()];
        let mut stage = Self { rig, clients: clients.to_vec(), actors, sequences };
        for who in (0..clients.len()).filter(|who| !clients[*who].absent) {
            stage.log_in(who)?;
        }
        Ok(stage)
    }

    /// The defects that the node caught inside.
    pub(crate) fn defects(&self) -> usize {
        self.rig.defects().len()
    }

    fn log_in(&mut self, who: Who) -> Result<(), Unmet> {
        let groups: Vec<String> = self.clients[who].groups.iter().map(|group| uri(group)).collect();
        let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
        self.rig.log_in(self.actors[who], &groups)
    }

    fn call(&mut self, who: Who, call: &Call) -> Result<(), Unmet> {
        let actor = self.actors[who];
        if self.rig.in_call(actor) {
            return Err(Unmet("a client that is not in a call yet"));
        }
        let urgency = if call.emergency { Urgency::Emergency { alert: false } } else { Urgency::Normal };
        let call = GroupCall {
            implicit_request: call.with_request,
            broadcast: call.broadcast,
            urgency,
            ..GroupCall::new(uri(&call.group).as_str())
        };
        self.rig.events(actor);
        self.rig.signal(actor, ClientCommand::CallGroup(call));
        self.rig.expect(actor, "a call that is established", |event| {
            matches!(event, UeEvent::Client(ClientEvent::CallEstablished(_)))
        })
    }

    fn send(&mut self, who: Who, message: &Message) -> Result<(), Unmet> {
        let actor = self.actors[who];
        let [_, audio, floor] = self.rig.addresses(actor);
        let to_audio = || self.rig.audio_of(actor).ok_or(Unmet("an audio address of the server"));
        match message {
            Message::Voice(count) => {
                let remote = to_audio()?;
                for _ in 0..*count {
                    let octets = voice(self.rig.ssrc(actor), self.sequences[who]);
                    self.sequences[who] = self.sequences[who].wrapping_add(1);
                    let octets = octets.ok_or(Unmet("a packet that can be encoded"))?;
                    self.rig.inject(Path { local: audio, remote }, &octets);
                }
            }
            Message::VoiceOctets(octets) => {
                let remote = to_audio()?;
                self.rig.inject(Path { local: audio, remote }, octets);
            }
            message => {
                let remote =
                    self.rig.floor_of(actor).ok_or(Unmet("a floor control address of the server"))?;
                let octets = floor_octets(message, self.rig.ssrc(actor));
                let octets = octets.ok_or(Unmet("a message that can be encoded"))?;
                self.rig.inject(Path { local: floor, remote }, &octets);
            }
        }
        Ok(())
    }
}

impl Stage for NodeStage {
    fn act(&mut self, action: &Action) -> Result<(), Unmet> {
        match action {
            Action::LogIn(who) => self.log_in(*who)?,
            Action::Call(who, call) => self.call(*who, call)?,
            Action::Leave(who) => self.rig.leave(self.actors[*who]),
            Action::Press(who, request) => {
                let (priority, indicator) = asked(*request);
                self.rig.command(self.actors[*who], UeCommand::PressToTalk { priority, indicator });
            }
            Action::Release(who) => self.rig.release(self.actors[*who]),
            Action::Speak(who, duration) => self.rig.speak(self.actors[*who], *duration),
            Action::AskPosition(who) => self.rig.command(self.actors[*who], UeCommand::AskQueuePosition),
            Action::Accept(who) => self.rig.command(self.actors[*who], UeCommand::AcceptGrant),
            Action::Deafen(who) => self.rig.deafen(self.actors[*who]),
            Action::Send(who, message) => self.send(*who, message)?,
            Action::Disturb(one) => {
                let [sip, audio, floor] = self.rig.addresses(self.actors[one.client]);
                let port = match one.kind {
                    Kind::Sip => sip,
                    Kind::Voice => audio,
                    Kind::Floor => floor,
                };
                let (effect, count, inbound) = (one.effect, one.count, one.to_client);
                self.rig.disturb(Disturbance { effect, count, port, inbound });
            }
            Action::Above(..)
            | Action::Connect(_)
            | Action::Disconnect(_)
            | Action::Refuse(_)
            | Action::Bearer(_)
            | Action::Listen(..) => return Err(Unmet("a network 'relay' or 'group'")),
            Action::StartRelease => self.rig.order(Command::ReleaseAll),
            Action::FinishRelease => {
                return Err(Unmet("a network 'media': here the server finishes by itself"));
            }
        }
        Ok(())
    }

    fn advance(&mut self, to: Duration) {
        self.rig.advance(to.saturating_sub(self.rig.passed()));
    }

    fn frames(&self) -> &[Frame] {
        self.rig.frames()
    }
}
