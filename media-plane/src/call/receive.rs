//! What becomes of a leg's datagrams.

use bytes::Bytes;
use mcptt_codec::Decoded;
use mcptt_codec::floor::{FloorMessage, Subtype};
use mcptt_codec::id::LegRef;
use mcptt_codec::rtcp::{self, Protocol as _, RtcpPacket, requirement};

use super::{Call, Context};
use crate::audio::Codec;
use crate::counters::Discard;
use crate::distributor::{Opened, Protocol};
use crate::event::{Event, Stream};
use crate::floor::MediaVerdict;
use crate::output::Output;
use crate::signalling::Indication;
use crate::unusable::{Unusable, refuse};

impl Call {
    /// A datagram came in where a leg sends its audio.
    pub(crate) fn handle_audio(&mut self, from: LegRef, datagram: &[u8], cx: &mut Context<'_>) {
        let Ok(place) = self.position(from) else { return };
        match self.admit_audio(place, datagram, cx) {
            Ok((packet, only)) => self.accept_media(from, only, packet, cx),
            Err(unusable) => self.refuse(place, Stream::Audio, unusable, cx),
        }
        self.drain_floor(cx);
    }

    /// A datagram came in where a leg sends the RTCP of its audio.
    ///
    /// Reports are counted and end here. Passing on a talker's would show its CNAME where its identity is private, and
    /// the reports of listeners describe our transmission, not the talker's.
    pub(crate) fn handle_audio_control(&mut self, from: LegRef, datagram: &[u8], cx: &mut Context<'_>) {
        let Ok(place) = self.position(from) else { return };
        if let Err(unusable) = self.count_reports(place, datagram, cx) {
            self.refuse(place, Stream::AudioControl, unusable, cx);
        }
    }

    /// A datagram came in where a leg sends its floor messages.
    pub(crate) fn handle_floor(&mut self, from: LegRef, datagram: &[u8], cx: &mut Context<'_>) {
        let Ok(place) = self.position(from) else { return };
        let opened = self.legs[place].open_floor(cx.now, datagram, cx.fan_out);
        let handled = opened.and_then(|opened| self.walk_floor(place, &opened, cx));
        if let Err(unusable) = handled {
            self.refuse(place, Stream::Floor, unusable, cx);
        }
    }

    /// Opens a packet that floor control lets pass, perhaps to one participant only.
    fn admit_audio(
        &mut self,
        place: usize,
        datagram: &[u8],
        cx: &mut Context<'_>,
    ) -> Result<(Opened, Option<LegRef>), Unusable> {
        let protected = self.protected();
        let leg = &mut self.legs[place];
        let header = leg.admit_rtp(cx.now, datagram, protected)?;
        let owner = self.owners.get(&header.ssrc).copied();
        let also_of = owner.filter(|owner| *owner != leg.reference);
        // Two talkers under one SSRC would share a packet index towards every protected listener. In a plain call it
        // does no harm, and simple clients do choose alike: there it is counted and let pass.
        if also_of.is_some() && protected {
            return Err(Discard::ForeignSsrc.into());
        }
        let packet = cx.fan_out.open(&mut *leg.audio_protection, Protocol::Rtp, datagram)?;
        cx.counters.shared_ssrcs += u64::from(also_of.is_some());
        if leg.gate.ssrcs.learn(header.ssrc) {
            let (call, leg, ssrc) = (self.reference, leg.reference, header.ssrc);
            cx.outputs.push_back(Output::Event(Event::SsrcLearned { call, leg, ssrc, also_of }));
        }
        let (from, codec) = (leg.reference, leg.codec);
        let carried = leg.redundancy.carried(header.payload_type);
        let payload = cx.fan_out.octets(&packet).len().saturating_sub(header.encoded_len());
        let verdict = match (self.floor_control, self.released) {
            (true, _) => self.floor.handle_media(cx.now, leg.reference),
            (false, false) => MediaVerdict::Forward,
            (false, true) => MediaVerdict::Discard,
        };
        let only = match verdict {
            MediaVerdict::Forward => None,
            MediaVerdict::ForwardTo(only) => Some(only),
            MediaVerdict::Discard => {
                self.reporting.received(cx.now, from, &header);
                return Err(Discard::NoPermission.into());
            }
        };
        // Repair packets have numbers of their own.
        if !carried.is_voice() {
            return Ok((packet, only));
        }
        let clock_rate = codec.map_or(self.spurts.clock_rate(), Codec::clock_rate);
        // What is kept for the first listener goes later, or never.
        let forwarded = (only.is_none() && self.early.is_none()).then_some(payload);
        self.reporting.distributed(cx.now, from, &header, clock_rate, forwarded);
        let (leg, paced) = (leg.reference, self.floor_control);
        let talked = self.spurts.talks(leg);
        let ended = self.spurts.take(cx.now, leg, &header, paced);
        let begun = !talked || ended.is_some();
        self.note_spurt(leg, ended, cx);
        if begun {
            let (call, talking) = (self.reference, true);
            cx.outputs.push_back(Output::Indication(Indication::Talking { call, leg, talking }));
        }
        let leg = &self.legs[place];
        // Only a talker can claim an SSRC: others could keep one from being used.
        if owner.is_none() && leg.gate.ssrcs.knows(header.ssrc) {
            self.owners.insert(header.ssrc, leg.reference);
        }
        Ok((packet, only))
    }

    fn count_reports(&mut self, place: usize, datagram: &[u8], cx: &mut Context<'_>) -> Result<(), Unusable> {
        let protected = self.protected();
        let leg = &mut self.legs[place];
        let from = leg.reference;
        let opened = leg.open_reports(cx.now, datagram, protected, cx.fan_out)?;
        for packet in rtcp::packets(&opened) {
            match packet? {
                RtcpPacket::SenderReport(report) => {
                    cx.counters.sender_reports += 1;
                    self.reporting.heard_report(cx.now, from, &report);
                    self.measure_reports(&report.reports, cx);
                }
                RtcpPacket::ReceiverReport(report) => {
                    cx.counters.receiver_reports += 1;
                    self.measure_reports(&report.reports, cx);
                }
                _ => cx.counters.other_reports += 1,
            }
        }
        Ok(())
    }

    /// Hands the floor messages of a datagram to floor control, one after the other. A packet that is no floor message
    /// is passed over; behind one that does not end within the datagram nothing can be read.
    fn walk_floor(&mut self, place: usize, datagram: &Bytes, cx: &mut Context<'_>) -> Result<(), Unusable> {
        let mut offset = 0_usize;
        //= 24.380-8.1.1
        for packet in rtcp::split(datagram) {
            //= 24.380-8.1.4:trunc
            let packet = packet?;
            // The datagram itself has been counted: this is for the messages behind the first one.
            if offset > 0 && !self.legs[place].floor_rate.allows(cx.now) {
                return Err(Discard::RateExceeded.into());
            }
            if let Err(unusable) = self.handle_floor_packet(place, &packet, cx) {
                self.refuse(place, Stream::Floor, unusable.behind(offset), cx);
            }
            offset = offset.saturating_add(packet.len());
        }
        Ok(())
    }

    fn handle_floor_packet(
        &mut self,
        place: usize,
        packet: &Bytes,
        cx: &mut Context<'_>,
    ) -> Result<(), Unusable> {
        //= 24.380-8.1.2
        if RtcpPacket::app_name(packet) != Some(Subtype::NAME) {
            return Err(Discard::NotFloorControl.into());
        }
        let Decoded { value: message, deviations } = FloorMessage::decode(packet)?;
        //= 24.380-8.1.4:subtype
        if let FloorMessage::Unknown { .. } = message {
            return Err(Discard::UnknownMessage.into());
        }
        //= 24.380-8.1.4:overrun
        if deviations.iter().any(|deviation| deviation.requirement == requirement::OVERRUN) {
            return Err(Discard::FieldOverrun.into());
        }
        let (call, leg) = (self.reference, &mut self.legs[place]);
        let reference = leg.reference;
        for deviation in deviations {
            let event = leg.misdeeds.deviation().map(|count| Event::Deviating {
                call,
                leg: reference,
                message: message.name(),
                deviation,
                count,
            });
            cx.outputs.extend(event.map(Output::Event));
        }
        cx.counters.floor_received += 1;
        self.measure_request(reference, &message, cx);
        //= 24.380-6.3.5.1:ident
        self.floor.handle_message(cx.now, reference, &message);
        self.drain_floor(cx);
        Ok(())
    }

    fn refuse(&mut self, place: usize, stream: Stream, unusable: Unusable, cx: &mut Context<'_>) {
        refuse(self.reference, &mut self.legs[place], stream, unusable, cx.counters, cx.outputs);
    }
}
