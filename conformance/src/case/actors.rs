//! What many scenarios begin with.

use std::ops::Range;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use call_control::client::{ClientCommand, ClientEvent, GroupCall};
use mcptt_codec::Path;
use mcptt_codec::floor::{
    FloorIndicator, FloorMessage, FloorPriority, FloorQueuePositionRequest, FloorRelease, FloorRequest,
};
use mcptt_codec::id::Ssrc;
use mcptt_codec::rtp::{RtpHeader, RtpPacket};
use mcptt_server::ue::UeEvent;

use crate::rig::{Actor, Rig, Unmet};

pub(super) const FIRE: &str = "sip:fire-1@mc.example.org";
pub(super) const RAIL: &str = "sip:rail-1@mc.example.org";
pub(super) const ALICE: &str = "sip:alice@mc.example.org";
pub(super) const BOB: &str = "sip:bob@mc.example.org";
pub(super) const CAROL: &str = "sip:carol@mc.example.org";
pub(super) const ERIN: &str = "sip:erin@mc.example.org";
pub(super) const DAVE: &str = "sip:dave@mc.example.org";

/// A moment in which everything that is due at once has happened.
pub(super) const MOMENT: Duration = Duration::from_millis(100);

pub(super) const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// Clients of these users, logged in and affiliated to the fire group; with plain RTP, so that scenarios can send RTP of their own.
pub(super) fn members<const N: usize>(rig: &mut Rig, users: [&str; N]) -> Result<[Actor; N], Unmet> {
    let actors = users.map(|user| rig.client_with(user, |client| client.suites.clear()));
    for actor in actors {
        rig.log_in(actor, &[FIRE])?;
    }
    Ok(actors)
}

/// A call of alice, bob and carol in the fire group, floor idle, the first Floor Idle copies behind it.
pub(super) fn idle_call(rig: &mut Rig) -> Result<[Actor; 3], Unmet> {
    let actors = members(rig, [ALICE, BOB, CAROL])?;
    rig.call(actors[0], FIRE, false)?;
    everybody_is_there(rig, &actors)?;
    rig.advance(MOMENT);
    Ok(actors)
}

/// Waits until each of them is in the call: the caller may be answered before the last one is called.
pub(super) fn everybody_is_there(rig: &mut Rig, actors: &[Actor]) -> Result<(), Unmet> {
    for actor in actors {
        rig.expect(*actor, "everybody in the call", |event| {
            matches!(event, UeEvent::Client(ClientEvent::CallEstablished(_)))
        })?;
    }
    Ok(())
}

/// The same call in which bob holds the floor and speaks for up to `duration`; time has not passed since he began.
pub(super) fn bob_talks(rig: &mut Rig, duration: Duration) -> Result<[Actor; 3], Unmet> {
    let actors = idle_call(rig)?;
    rig.press(actors[1]);
    rig.advance(MOMENT);
    rig.speak(actors[1], duration);
    Ok(actors)
}

/// Sends a floor message from the client's own floor port, whatever its own machine thinks.
pub(super) fn send_floor(rig: &mut Rig, actor: Actor, message: &FloorMessage) -> Result<(), Unmet> {
    let [_, _, local] = rig.addresses(actor);
    // Where nothing was said yet, where its session description says.
    let remote = rig.peer_of(local).or(rig.floor_of(actor));
    let remote = remote.ok_or(Unmet("a floor control address of the target"))?;
    let octets = message.encode().map_err(|_| Unmet("an encodable message"))?;
    rig.inject(Path { local, remote }, &octets);
    Ok(())
}

/// A call of these, the first of whom calls in this way.
pub(super) fn call_as<const N: usize>(
    rig: &mut Rig,
    users: [&str; N],
    call: GroupCall,
) -> Result<[Actor; N], Unmet> {
    let actors = members(rig, users)?;
    let [first, ..] = actors.as_slice() else { return Err(Unmet("somebody who calls")) };
    rig.signal(*first, ClientCommand::CallGroup(call));
    rig.expect(*first, "call", |event| matches!(event, UeEvent::Client(ClientEvent::CallEstablished(_))))?;
    rig.advance(MOMENT);
    Ok(actors)
}

/// Sends a floor message to a client as its server would.
pub(super) fn server_says(rig: &mut Rig, actor: Actor, message: &FloorMessage) -> Result<(), Unmet> {
    let [_, _, remote] = rig.addresses(actor);
    let local = rig.peer_of(remote).or(rig.floor_of(actor));
    let local = local.ok_or(Unmet("a floor control address of the target"))?;
    let octets = message.encode().map_err(|_| Unmet("an encodable message"))?;
    rig.inject(Path { local, remote }, &octets);
    Ok(())
}

/// Lets the client hear a packet of somebody else.
pub(super) fn hears_voice(rig: &mut Rig, actor: Actor, sequence: u16) -> Result<(), Unmet> {
    let local = rig.audio_of(actor).ok_or(Unmet("an audio address of the target"))?;
    let [_, remote, _] = rig.addresses(actor);
    let octets = voice(Ssrc(0xb0b), sequence)?;
    rig.inject(Path { local, remote }, &octets);
    Ok(())
}

/// One RTP packet.
fn voice(ssrc: Ssrc, sequence: u16) -> Result<BytesMut, Unmet> {
    let timestamp = u32::from(sequence).wrapping_mul(320);
    let header = RtpHeader { payload_type: 97, sequence, timestamp, ssrc, ..RtpHeader::default() };
    let packet = RtpPacket { header, payload: Bytes::from_static(&[0x11; 33]), padding: Bytes::new() };
    let mut octets = BytesMut::new();
    packet.encode(&mut octets).map_err(|_| Unmet("an encodable packet"))?;
    Ok(octets)
}

/// Sends octets from the client's own floor port.
pub(super) fn send_octets(rig: &mut Rig, actor: Actor, octets: &[u8]) -> Result<(), Unmet> {
    let [_, _, local] = rig.addresses(actor);
    let remote = rig.peer_of(local).ok_or(Unmet("a floor control address of the target"))?;
    rig.inject(Path { local, remote }, octets);
    Ok(())
}

/// Sends one RTP packet to the audio port of the call, with or without permission.
pub(super) fn send_rtp(rig: &mut Rig, actor: Actor, sequence: u16) -> Result<(), Unmet> {
    let remote = rig.audio_of(actor).ok_or(Unmet("an audio address of the target"))?;
    let [_, local, _] = rig.addresses(actor);
    let octets = voice(rig.ssrc(actor), sequence)?;
    rig.inject(Path { local, remote }, &octets);
    Ok(())
}

/// Sends packets of voice with these numbers, one every [`MOMENT`].
pub(super) fn send_voice(rig: &mut Rig, actor: Actor, numbers: Range<u16>) -> Result<(), Unmet> {
    for number in numbers {
        send_rtp(rig, actor, number)?;
        rig.advance(MOMENT);
    }
    Ok(())
}

/// A Floor Request of the default priority.
pub(super) fn floor_request(rig: &Rig, actor: Actor) -> FloorMessage {
    FloorMessage::Request(FloorRequest { ssrc: rig.ssrc(actor), ..FloorRequest::default() })
}

/// Sends a Floor Request with a priority and, in an emergency, its indicator.
pub(super) fn ask(rig: &mut Rig, actor: Actor, priority: Option<u8>, emergency: bool) -> Result<(), Unmet> {
    let request = FloorRequest {
        ssrc: rig.ssrc(actor),
        priority: priority.map(FloorPriority),
        indicator: emergency.then_some(FloorIndicator::EMERGENCY),
        ..FloorRequest::default()
    };
    send_floor(rig, actor, &FloorMessage::Request(request))
}

/// A Floor Release.
pub(super) fn floor_release(rig: &Rig, actor: Actor, ack_requested: bool) -> FloorMessage {
    FloorMessage::Release(FloorRelease { ssrc: rig.ssrc(actor), ack_requested, ..FloorRelease::default() })
}

/// Asks for the position in the queue.
pub(super) fn ask_position(rig: &mut Rig, actor: Actor) -> Result<(), Unmet> {
    let ssrc = rig.ssrc(actor);
    let question = FloorQueuePositionRequest { ssrc, ..FloorQueuePositionRequest::default() };
    send_floor(rig, actor, &FloorMessage::QueuePositionRequest(question))
}
