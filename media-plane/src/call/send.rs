//! What the legs are sent: the talker's media and the messages of floor control.

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use mcptt_codec::floor::FloorMessage;
use mcptt_codec::id::{LegRef, Ssrc};
use mcptt_codec::{Path, Transmit};

use super::{Call, Context};
use crate::deliver;
use crate::distribution::Mode;
use crate::distributor::{Opened, Tapped};
use crate::event::Event;
use crate::floor::{FloorIndication, FloorOutput};
use crate::output::Output;
use crate::redundancy::{Carried, Talks};
use crate::signalling::Indication;
use crate::talker_data::Variants;

/// Where an RTCP packet has the SSRC of its sender (RFC 3550 6.7).
const RTCP_SENDER: Range<usize> = 4..8;

impl Call {
    /// Sends an RTP packet to every participant but the one it came from, or to `only` one.
    pub(super) fn distribute(
        &mut self,
        talker: LegRef,
        only: Option<LegRef>,
        mut packet: Opened,
        cx: &mut Context<'_>,
    ) {
        let hears = |leg: LegRef| leg != talker && only.is_none_or(|only| leg == only);
        let octets = cx.fan_out.octets(&packet).len() as u64;
        let from = self.position(talker).ok().map(|place| &self.legs[place]);
        let (codec, talks) = from.map_or((None, Talks::default()), |leg| (leg.codec, Talks::of(leg)));
        let carried = talks.carried(cx.fan_out.octets(&packet));
        // What everybody understands, where that is not the packet itself; repair packets are for few.
        let mut plain = match carried {
            Carried::Redundant if !self.sealed => {
                let whole = cx.fan_out.share(&mut packet);
                talks.plain(&whole).map(|plain| cx.fan_out.own(plain))
            }
            _ => None,
        };
        if let Some(voice) = plain.as_mut().or(Some(&mut packet).filter(|_| carried == Carried::Voice)) {
            self.distribute_elsewhere(talker, only, voice, cx);
        }
        let mut variants = [Variants::new(&self.floor, talker), Variants::new(&self.floor, talker)];
        let mixing = &self.mixing;
        //= 24.380-6.3.4.4.5:4
        //= 24.380-6.3.5.5.6
        for leg in self.legs.iter_mut().filter(|leg| hears(leg.reference) && leg.wants_media) {
            if mixing.is_needed() && !mixing.directly(leg, codec) {
                continue;
            }
            let number =
                if carried == Carried::Voice { leg.payload_type } else { talks.number_for(leg, carried) };
            let [whole, bare] = &mut variants;
            match &mut plain {
                _ if carried == Carried::Voice || number.is_some() => {
                    let packet = whole.of(leg.extensions, &mut packet, cx.fan_out);
                    deliver::media_as(self.reference, leg, number, packet, octets, cx);
                }
                Some(plain) => {
                    let octets = cx.fan_out.octets(plain).len() as u64;
                    let packet = bare.of(leg.extensions, plain, cx.fan_out);
                    deliver::media(self.reference, leg, packet, octets, cx);
                }
                None => {}
            }
        }
        if let Some(voice) = plain.as_mut().or(Some(&mut packet).filter(|_| carried == Carried::Voice))
            && only.is_none()
        {
            self.overhear_media(talker, voice, cx);
        }
    }

    /// Hands voice to the recording, the mixer and the local network.
    fn distribute_elsewhere(
        &mut self,
        talker: LegRef,
        only: Option<LegRef>,
        packet: &mut Opened,
        cx: &mut Context<'_>,
    ) {
        if self.record {
            let packet = Bytes::copy_from_slice(cx.fan_out.octets(packet));
            cx.outputs.push_back(Output::Tap(Tapped {
                call: self.reference,
                leg: talker,
                at: cx.now,
                packet,
            }));
        }
        if self.mixing.is_needed() {
            let packet = cx.fan_out.share(packet);
            self.mix(talker, &packet, cx);
        }
        if only.is_none() && self.mixing.mode() == Mode::Multicast {
            self.multicast(talker, packet, cx);
        }
    }

    /// Sends a packet once to everybody in the local network.
    fn multicast(&mut self, talker: LegRef, packet: &mut Opened, cx: &mut Context<'_>) {
        let Some(remote) = self.distribution.multicast else { return };
        let Some(own) = self.position(talker).ok().and_then(|place| self.legs[place].addresses.audio) else {
            return;
        };
        // From the port at which the talker is heard; where there are several addresses, from one of the same family.
        if own.local.is_ipv4() != remote.is_ipv4() {
            return;
        }
        cx.counters.multicast_sent += 1;
        let path = Path { local: own.local, remote };
        let (payload, dscp) = (cx.fan_out.share(packet), cx.config.dscp.voice);
        cx.outputs.push_back(Output::Transmit(Transmit { path, payload, dscp }));
    }

    /// Carries out what floor control wants done, in its order: Floor Granted leaves before the Floor Taken of the
    /// others.
    pub(crate) fn drain_floor(&mut self, cx: &mut Context<'_>) {
        let call = self.reference;
        while let Some(output) = self.floor.poll_output() {
            match output {
                FloorOutput::Send { to, message } => {
                    self.measure_answer(to, &message, cx);
                    self.send_floor(&[to], &message, cx);
                }
                FloorOutput::SendAll { to, message } => {
                    self.send_floor(&to, &message, cx);
                    self.overhear_floor(&message, |_| true, cx);
                }
                FloorOutput::UnicastMedia { to, flows } => {
                    if let Ok(place) = self.position(to) {
                        self.legs[place].wants_media = flows;
                    }
                }
                FloorOutput::Indication(indication) => {
                    let indication = match indication {
                        FloorIndication::Inactive => Indication::Inactive { call },
                        FloorIndication::ParticipantUnresponsive { leg } => {
                            Indication::LegUnresponsive { call, leg }
                        }
                    };
                    cx.outputs.push_back(Output::Indication(indication));
                }
                FloorOutput::Event(event) => {
                    self.measure_change(&event, cx);
                    cx.outputs.push_back(Output::Event(Event::Floor { call, event }));
                }
            }
        }
    }

    /// Sends a floor message: encoded once, protected for each receiver that has protection.
    fn send_floor(&mut self, to: &[LegRef], message: &FloorMessage, cx: &mut Context<'_>) {
        let octets = match message.encode_for(cx.config.floor.release) {
            Ok(octets) => octets,
            Err(error) => {
                cx.counters.unsendable += 1;
                let (call, message) = (self.reference, message.name());
                cx.outputs.push_back(Output::Event(Event::NotEncoded { call, message, error }));
                return;
            }
        };
        let mut packet = cx.fan_out.own(octets.clone());
        // Both are in ascending order: after the first receiver each is found a few steps on.
        let mut place = to.first().map_or(0, |first| self.position(*first).unwrap_or_else(|next| next));
        for receiver in to {
            while self.legs.get(place).is_some_and(|leg| leg.reference < *receiver) {
                place += 1;
            }
            let Some(leg) = self.legs.get_mut(place).filter(|leg| leg.reference == *receiver) else {
                continue;
            };
            //= 24.380-14.2.7
            let mut own = leg.floor_ssrc.map(|ssrc| cx.fan_out.own(with_sender(&octets, ssrc)));
            let packet = own.as_mut().unwrap_or(&mut packet);
            deliver::floor(self.reference, leg, packet, cx);
        }
    }
}

/// The same floor message under another SSRC in its header.
fn with_sender(message: &[u8], ssrc: Ssrc) -> Bytes {
    let mut message = BytesMut::from(message);
    if let Some(sender) = message.get_mut(RTCP_SENDER) {
        sender.copy_from_slice(&ssrc.0.to_be_bytes());
    }
    message.freeze()
}
