//! Where scenarios take place.

mod air;
mod beyond;
mod media;
mod node;
mod scene;

use std::time::Duration;

use bytes::Bytes;
use mcptt_codec::floor::{
    FloorAck, FloorIndicator, FloorMessage, FloorPriority, FloorQueuePositionRequest, FloorRelease,
    FloorRequest, MessageType,
};
use mcptt_codec::id::Ssrc;
use mcptt_codec::rtp::{RtpHeader, RtpPacket};
use mcptt_codec::view::Input;

use super::{Action, Message, Request, Tier};
use crate::capture::Frame;
use crate::rig::Unmet;

pub(crate) use air::AirStage;
pub(crate) use beyond::BeyondStage;
pub(crate) use media::{Happening, MediaStage, Moment, Sabotage, ssrc_of};
pub(crate) use node::NodeStage;

/// RTP payload type of the voice that scenarios send.
const VOICE_FORMAT: u8 = 97;
/// RTP clock ticks of one packet of voice.
const TICKS: u32 = 320;

/// Something on which the steps of a scenario can be carried out.
pub(crate) trait Stage {
    /// Carries out a step at the present moment.
    ///
    /// # Errors
    /// [`Unmet`] when what the scenario counted on is not there.
    fn act(&mut self, action: &Action) -> Result<(), Unmet>;

    /// Lets time pass until then, counted from the beginning. Never goes back.
    fn advance(&mut self, to: Duration);

    /// Everything that reached or left the server, or crossed the air, in order.
    fn frames(&self) -> &[Frame];
}

/// What a client sends to its peer's port of floor control; `None` for voice.
fn floor_octets(message: &Message, ssrc: Ssrc) -> Option<Bytes> {
    let typed = match message {
        Message::Request(request) => {
            let (priority, indicator) = asked(*request);
            FloorMessage::Request(FloorRequest { ssrc, priority, indicator, ..FloorRequest::default() })
        }
        Message::Release { ack } => {
            FloorMessage::Release(FloorRelease { ssrc, ack_requested: *ack, ..FloorRelease::default() })
        }
        Message::PositionRequest => FloorMessage::QueuePositionRequest(FloorQueuePositionRequest {
            ssrc,
            ..FloorQueuePositionRequest::default()
        }),
        Message::Ack(subtype) => {
            let message_type = Some(MessageType(*subtype));
            FloorMessage::Ack(FloorAck { ssrc, message_type, ..FloorAck::default() })
        }
        // The text was checked when it was read.
        Message::Floor(view) => {
            let input: Input = serde_json::from_str(view).ok()?;
            return mcptt_codec::view::encode(&input).ok();
        }
        Message::FloorOctets(octets) => return Some(Bytes::copy_from_slice(octets)),
        Message::Voice(_) | Message::VoiceOctets(_) => return None,
    };
    typed.encode().ok()
}

/// A packet of voice.
fn voice(ssrc: Ssrc, sequence: u16) -> Option<Bytes> {
    let timestamp = u32::from(sequence).wrapping_mul(TICKS);
    let header = RtpHeader { payload_type: VOICE_FORMAT, sequence, timestamp, ssrc, ..RtpHeader::default() };
    let packet = RtpPacket { header, payload: Bytes::from_static(&[0x11; 33]), padding: Bytes::new() };
    let mut octets = bytes::BytesMut::new();
    packet.encode(&mut octets).ok()?;
    Some(octets.freeze())
}

fn asked(request: Request) -> (Option<FloorPriority>, Option<FloorIndicator>) {
    let indicator = match request.tier {
        Tier::Normal => None,
        Tier::ImminentPeril => Some(FloorIndicator::IMMINENT_PERIL),
        Tier::Emergency => Some(FloorIndicator::EMERGENCY),
    };
    (request.priority.map(FloorPriority), indicator)
}
