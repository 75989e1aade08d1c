mod down;
mod properties;
mod sessions;
mod switched;
mod transitions;
mod up;

use std::time::{Duration, Instant};

use mcptt_codec::floor::{
    FloorDeny, FloorGranted, FloorIdle, FloorIndicator, FloorMessage, FloorPacket, FloorPriority,
    FloorQueuePositionInfo, FloorRelease, FloorRequest, FloorRevoke, FloorTaken, MessageSequenceNumber,
    QueueingCapability, RejectCause, RevokeCause, TrackInfo,
};
use mcptt_codec::id::{LegRef, Ssrc};

use super::{NonControllingFunction, NonControllingOutput, NonControllingSettings, State};
use crate::floor::event::Event;
use crate::floor::server::MediaVerdict;
use crate::floor::settings::{FloorParameters, ParticipantProfile};
use crate::testing::t0;

/// Our own SSRC, that of the controlling function, and that of another talker.
const OWN: Ssrc = Ssrc(0x0000_000f);
const CONTROLLING: Ssrc = Ssrc(0x0000_00cf);
const OTHER: Ssrc = Ssrc(0x0000_0b0b);
/// T8.
const T8: Duration = Duration::from_secs(1);

fn settings() -> NonControllingSettings {
    NonControllingSettings {
        participant_type: NonControllingSettings::UNKNOWN_TYPE,
        indicator: FloorIndicator::NORMAL,
    }
}

fn ssrc(client: u64) -> Ssrc {
    Ssrc(0x5500_0000 + client as u32)
}

/// The temporary identifier of a client.
fn reference(client: u64) -> u32 {
    0xabcd_0000 + client as u32
}

fn profile(client: u64) -> ParticipantProfile {
    ParticipantProfile {
        mcptt_id: format!("sip:user{client}@example.org").as_str().into(),
        ssrc: ssrc(client),
        parameters: FloorParameters { queueing: client == 1, ..FloorParameters::default() },
    }
}

fn track(references: &[u32]) -> Option<TrackInfo> {
    Some(TrackInfo {
        queueing_capability: QueueingCapability::NOT_SUPPORTED,
        participant_type: "unknown".into(),
        references: references.to_vec(),
    })
}

/// A non-controlling function on a virtual clock.
struct Rig {
    function: NonControllingFunction,
    now: Instant,
}

/// What was sent, without events.
#[derive(Clone, Debug, PartialEq)]
enum Sent {
    Up(FloorMessage),
    Down(Vec<u64>, FloorMessage),
}

impl Rig {
    /// Clients 1 to `clients`, of which client 1 negotiated queueing.
    fn with_clients(clients: u64) -> Self {
        let mut rig = Self { function: NonControllingFunction::new(settings(), OWN, T8), now: t0() };
        (1..=clients).for_each(|client| rig.join(client));
        rig.outputs();
        rig
    }

    /// Client 1 has the floor.
    fn talking(clients: u64) -> Self {
        let mut rig = Self::with_clients(clients);
        rig.controlling(granted(1));
        rig.outputs();
        assert_eq!(rig.state(1), State::HasPermission);
        rig
    }

    fn join(&mut self, client: u64) {
        self.function.joined(LegRef(client), profile(client), reference(client));
    }

    fn client(&mut self, client: u64, message: FloorMessage) {
        self.function.handle_client_message(LegRef(client), &message.to_packet());
    }

    fn client_packet(&mut self, client: u64, packet: &FloorPacket) {
        self.function.handle_client_message(LegRef(client), packet);
    }

    fn media(&mut self, client: u64) -> MediaVerdict {
        self.function.handle_client_media(self.now, LegRef(client))
    }

    fn controlling(&mut self, message: FloorMessage) {
        self.function.handle_controlling_message(self.now, &message.to_packet());
    }

    fn state(&self, client: u64) -> State {
        self.function.client_state(LegRef(client)).unwrap()
    }

    fn outputs(&mut self) -> Vec<NonControllingOutput> {
        std::iter::from_fn(|| self.function.poll_output()).collect()
    }

    fn events(&mut self) -> Vec<Event> {
        let event = |output| match output {
            NonControllingOutput::Event(event) => Some(event),
            _ => None,
        };
        self.outputs().into_iter().filter_map(event).collect()
    }

    fn sent(&mut self) -> Vec<Sent> {
        let sent = |output| match output {
            NonControllingOutput::Up(packet) => Some(Sent::Up(FloorMessage::from_packet(&packet).value)),
            NonControllingOutput::Down { to, packet } => Some(Sent::Down(
                to.into_iter().map(|leg| leg.0).collect(),
                FloorMessage::from_packet(&packet).value,
            )),
            NonControllingOutput::Event(_) => None,
        };
        self.outputs().into_iter().filter_map(sent).collect()
    }
}

fn request() -> FloorRequest {
    FloorRequest { ssrc: ssrc(1), priority: Some(FloorPriority(3)), ..FloorRequest::default() }
}

fn granted(client: u64) -> FloorMessage {
    FloorMessage::Granted(FloorGranted {
        ssrc: CONTROLLING,
        granted_ssrc: Some(ssrc(client)),
        indicator: Some(FloorIndicator::NORMAL),
        track_info: track(&[reference(client)]),
        ..FloorGranted::default()
    })
}

fn denied(client: u64) -> FloorMessage {
    FloorMessage::Deny(FloorDeny {
        ssrc: CONTROLLING,
        cause: Some(RejectCause::ANOTHER_CLIENT_HAS_PERMISSION),
        track_info: track(&[reference(client)]),
        ..FloorDeny::default()
    })
}

fn queued(client: u64) -> FloorMessage {
    FloorMessage::QueuePositionInfo(FloorQueuePositionInfo {
        ssrc: CONTROLLING,
        track_info: track(&[reference(client)]),
        ..FloorQueuePositionInfo::default()
    })
}

fn revoked(client: u64) -> FloorMessage {
    FloorMessage::Revoke(FloorRevoke {
        ssrc: CONTROLLING,
        cause: Some(RevokeCause::PRE_EMPTED),
        track_info: track(&[reference(client)]),
        ..FloorRevoke::default()
    })
}

fn idle(number: u16) -> FloorIdle {
    FloorIdle {
        ssrc: CONTROLLING,
        sequence: Some(MessageSequenceNumber(number)),
        indicator: Some(FloorIndicator::NORMAL),
        ..FloorIdle::default()
    }
}

fn taken(number: u16) -> FloorTaken {
    FloorTaken {
        ssrc: CONTROLLING,
        granted_party: Some("sip:other@example.com".into()),
        talker_ssrc: Some(OTHER),
        sequence: Some(MessageSequenceNumber(number)),
        indicator: Some(FloorIndicator::NORMAL),
        ..FloorTaken::default()
    }
}

fn release() -> FloorMessage {
    FloorMessage::Release(FloorRelease { ssrc: ssrc(1), ..FloorRelease::default() })
}
