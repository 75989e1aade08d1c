//! Sending an open packet to one leg, under its protection if it has one.

use bytes::Bytes;
use mcptt_codec::Transmit;
use mcptt_codec::id::CallRef;

use crate::call::Context;
use crate::crypto::ProtectionError;
use crate::distributor::{Opened, Protocol};
use crate::event::{Event, Stream};
use crate::leg::Leg;
use crate::output::Output;

/// Sends RTP. `octets`: how many there are without protection.
pub(crate) fn media(call: CallRef, leg: &mut Leg, packet: &mut Opened, octets: u64, cx: &mut Context<'_>) {
    media_as(call, leg, leg.payload_type, packet, octets, cx);
}

/// The same under this payload type.
pub(crate) fn media_as(
    call: CallRef,
    leg: &mut Leg,
    payload_type: Option<u8>,
    packet: &mut Opened,
    octets: u64,
    cx: &mut Context<'_>,
) {
    let Some(path) = leg.addresses.audio else { return };
    match cx.fan_out.close_media(packet, payload_type, &mut *leg.audio_protection) {
        Ok(payload) => {
            cx.counters.media_sent += 1;
            cx.counters.media_octets_sent += octets;
            let dscp = cx.config.dscp.voice;
            cx.outputs.push_back(Output::Transmit(Transmit { path, payload, dscp }));
        }
        Err(error) => not_protected(call, leg, Stream::Audio, error, cx),
    }
}

/// Sends the RTCP of the audio.
pub(crate) fn reports(call: CallRef, leg: &mut Leg, packet: &mut Opened, cx: &mut Context<'_>) {
    let Some(path) = leg.reports_path() else { return };
    match cx.fan_out.close(packet, Protocol::Rtcp, leg.reports_protection()) {
        Ok(payload) => {
            let dscp = cx.config.dscp.voice;
            cx.outputs.push_back(Output::Transmit(Transmit { path, payload, dscp }));
        }
        Err(error) => not_protected(call, leg, Stream::AudioControl, error, cx),
    }
}

/// Sends floor control.
pub(crate) fn floor(call: CallRef, leg: &mut Leg, packet: &mut Opened, cx: &mut Context<'_>) {
    if leg.addresses.floor.is_none() && leg.web.is_none() {
        return;
    }
    match cx.fan_out.close(packet, Protocol::Rtcp, &mut *leg.floor_protection) {
        Ok(payload) => {
            let path = match (leg.addresses.floor, &mut leg.web) {
                (Some(path), None) => path,
                (Some(path), Some(_)) => {
                    cx.counters.floor_sent += 1;
                    return cx.outputs.push_back(Output::Channel { path, payload });
                }
                (None, Some(web)) => {
                    // In memory of its own: it may wait for a while, and must not keep a block of the pool.
                    cx.counters.unsendable += u64::from(!web.keep(Bytes::copy_from_slice(&payload)));
                    return;
                }
                (None, None) => return,
            };
            cx.counters.floor_sent += 1;
            let dscp = cx.config.dscp.floor;
            cx.outputs.push_back(Output::Transmit(Transmit { path, payload, dscp }));
        }
        Err(error) => not_protected(call, leg, Stream::Floor, error, cx),
    }
}

fn not_protected(call: CallRef, leg: &mut Leg, stream: Stream, error: ProtectionError, cx: &mut Context<'_>) {
    cx.counters.unsendable += 1;
    let reference = leg.reference;
    let event = leg.misdeeds.unsendable().map(|count| Event::NotProtected {
        call,
        leg: reference,
        stream,
        error,
        count,
    });
    cx.outputs.extend(event.map(Output::Event));
}
