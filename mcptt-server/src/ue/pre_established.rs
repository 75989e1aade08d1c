//! Pre-established sessions of the user equipment: the client's side of TS 24.380 9 between its signalling and its floor
//! control port.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use bytes::Bytes;
use call_control::client::{
    CallId, ClientCommand, ClientEvent, EstablishedSession, SessionConnected, SessionId, SessionTold,
};
use mcptt_codec::id::Ssrc;
use mcptt_codec::rtcp;
use mcptt_codec::session::{Connect, ReasonCode, SessionMessage};
use mcptt_codec::{Path, Transmit};
use media_plane::session::client::State;
use media_plane::session::{Availability, ClientOutput, ClientSession, PreEstablishedClient};

use super::{UeEvent, UeOutput};

/// Class selector 5, as for floor control.
const DSCP: u8 = 40;

pub(super) struct PreEstablished {
    client: PreEstablishedClient,
    /// Where Connect and Disconnect of each session come from.
    remotes: BTreeMap<SessionId, SocketAddr>,
    /// The call that each session was asked for, or that uses it.
    calls: BTreeMap<SessionId, CallId>,
    local: SocketAddr,
    dropped: Vec<UeEvent>,
}

impl PreEstablished {
    pub(super) fn new(ssrc: Ssrc, local: SocketAddr) -> Self {
        Self {
            client: PreEstablishedClient::new(ssrc),
            remotes: BTreeMap::new(),
            calls: BTreeMap::new(),
            local,
            dropped: Vec::new(),
        }
    }

    /// Follows what the signalling does with sessions.
    pub(super) fn follow(&mut self, event: &ClientEvent) {
        match event {
            ClientEvent::SessionEstablished(EstablishedSession { session, remote_floor, .. }) => {
                // Without effect on one that was moved and stands already.
                self.remotes.insert(*session, *remote_floor);
                self.established(*session);
            }
            ClientEvent::SessionReleased { session } => {
                self.remotes.remove(session);
                self.calls.remove(session);
                self.client.released(own(*session));
            }
            ClientEvent::CallAsked { call, session } => {
                self.calls.insert(*session, *call);
                self.client.asked(own(*session));
            }
            ClientEvent::CallFailed { call, .. } | ClientEvent::CallEnded { call, .. } => {
                self.calls.retain(|_, own| own != call);
            }
            _ => {}
        }
    }

    fn established(&mut self, session: SessionId) {
        if self.client.state(own(session)) == State::StartStop {
            self.client.established(own(session));
        }
    }

    /// Takes a datagram if it says something about a session. `busy`: the call that the user equipment is in.
    pub(super) fn handle_datagram(&mut self, path: Path, bytes: &Bytes, busy: Option<CallId>) -> bool {
        if path.local != self.local {
            return false;
        }
        let found = self.remotes.iter().find(|(_, remote)| **remote == path.remote);
        let Some(session) = found.map(|(session, _)| *session) else { return false };
        let mut taken = false;
        for packet in rtcp::split(bytes).map_while(Result::ok).filter(is_session_control) {
            taken = true;
            let Ok(decoded) = SessionMessage::decode(&packet) else {
                let reason = "not a message about a session";
                self.dropped.push(UeEvent::Dropped { path, reason });
                continue;
            };
            // One call at a time: while there is another one this call is refused.
            let other = busy.is_some_and(|call| self.calls.get(&session) != Some(&call));
            self.client.set_availability(match other {
                true => Availability::Refusing(ReasonCode::BUSY),
                false => Availability::Ready,
            });
            self.client.handle_message(own(session), &decoded.value);
        }
        taken
    }

    /// Sends what the sessions have to say; what the signalling is to be told.
    pub(super) fn drain(&mut self, outputs: &mut VecDeque<UeOutput>) -> Option<ClientCommand> {
        outputs.extend(self.dropped.drain(..).map(UeOutput::Event));
        while let Some(output) = self.client.poll_output() {
            let (on, told) = match output {
                ClientOutput::Send { on, message } => {
                    self.send(on, &message, outputs);
                    continue;
                }
                ClientOutput::Connected { on, connect } | ClientOutput::Changed { on, connect } => {
                    (on, SessionTold::Connected(connected(&connect)))
                }
                ClientOutput::Disconnected { on } => (on, SessionTold::Disconnected),
                _ => continue,
            };
            return Some(ClientCommand::SessionTold { session: SessionId(on.0), told });
        }
        None
    }

    fn send(&self, on: ClientSession, message: &SessionMessage, outputs: &mut VecDeque<UeOutput>) {
        let Some(remote) = self.remotes.get(&SessionId(on.0)).copied() else { return };
        // What the machine builds always fits; a defect must not end the session.
        if let Ok(payload) = message.encode() {
            let path = Path { local: self.local, remote };
            outputs.push_back(UeOutput::Transmit(Transmit { path, payload, dscp: DSCP }));
        }
    }
}

/// Whether nothing in a datagram is for floor control.
pub(super) fn is_only_about(bytes: &Bytes) -> bool {
    rtcp::split(bytes).map_while(Result::ok).all(|packet| is_session_control(&packet))
}

fn is_session_control(packet: &Bytes) -> bool {
    packet.get(8..12) == Some(b"MCPC")
}

const fn own(session: SessionId) -> ClientSession {
    ClientSession(session.0)
}

fn connected(connect: &Connect) -> SessionConnected {
    let streams = connect.media_streams;
    let code = |text: &mcptt_codec::text::ByteStr| text.split(' ').next()?.parse().ok();
    SessionConnected {
        identity: connect.session_identity.as_ref().map(|identity| identity.uri.clone()).unwrap_or_default(),
        group: connect.group_identity.clone(),
        caller: connect.inviting_user.clone(),
        floor_control: streams.is_none_or(|streams| streams.floor_control != 0),
        warning: connect.warning_text.as_ref().and_then(code),
    }
}
