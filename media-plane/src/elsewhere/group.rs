//! The non-controlling function in one session: local clients, and the leg to the controlling function (TS 24.380 6.5).

use std::collections::HashMap;

use bytes::{Bytes, BytesMut};
use mcptt_codec::floor::{FloorMessage, FloorPacket, Subtype};
use mcptt_codec::id::{CallRef, LegRef, Ssrc};
use mcptt_codec::rtcp::{self, Protocol as _, RtcpPacket, requirement};

use crate::call::Context;
use crate::counters::Discard;
use crate::deliver;
use crate::distributor::{Opened, Protocol};
use crate::event::{Event, Stream};
use crate::floor::MediaVerdict;
use crate::floor::non_controlling::{NonControllingFunction, NonControllingOutput};
use crate::leg::Leg;
use crate::output::Output;
use crate::unusable::{Unusable, refuse};

/// A session of a non-controlling function.
#[derive(Debug)]
pub(super) struct Group {
    reference: CallRef,
    pub(super) function: NonControllingFunction,
    controlling: Leg,
    /// In ascending order of their references.
    clients: Vec<Leg>,
    /// Whose audio an SSRC is: of a client that may send, or of somebody behind the controlling function.
    owners: HashMap<Ssrc, LegRef>,
}

/// Who sent something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sender {
    Controlling,
    Client(usize),
}

impl Group {
    pub(super) fn new(reference: CallRef, function: NonControllingFunction, controlling: Leg) -> Self {
        Self { reference, function, controlling, clients: Vec::new(), owners: HashMap::new() }
    }

    pub(super) fn legs(&self) -> impl Iterator<Item = &Leg> {
        std::iter::once(&self.controlling).chain(&self.clients)
    }

    /// One of the legs, to give it keys.
    pub(super) fn leg_mut(&mut self, leg: LegRef) -> Option<&mut Leg> {
        std::iter::once(&mut self.controlling).chain(&mut self.clients).find(|own| own.reference == leg)
    }

    /// The leg of the controlling function and those of the clients.
    pub(super) fn into_legs(self) -> (Leg, Vec<Leg>) {
        (self.controlling, self.clients)
    }

    pub(super) fn clients(&self) -> usize {
        self.clients.len()
    }

    pub(super) fn has_leg(&self, leg: LegRef) -> bool {
        self.controlling.reference == leg || self.position(leg).is_ok()
    }

    /// Adds a leg whose client is not known to the function yet.
    pub(super) fn add_client(&mut self, leg: Leg) {
        if let Err(place) = self.position(leg.reference) {
            self.clients.insert(place, leg);
        }
    }

    /// Takes out a leg whose client has left.
    pub(super) fn remove_client(&mut self, leg: LegRef) -> Option<Leg> {
        let place = self.position(leg).ok()?;
        self.owners.retain(|_, owner| *owner != leg);
        Some(self.clients.remove(place))
    }

    pub(super) fn handle_datagram(
        &mut self,
        from: LegRef,
        stream: Stream,
        datagram: &[u8],
        cx: &mut Context<'_>,
    ) {
        let from = match self.position(from) {
            Ok(place) => Sender::Client(place),
            Err(_) => Sender::Controlling,
        };
        let handled = match stream {
            Stream::Audio => self.media(from, datagram, cx),
            Stream::AudioControl => self.reports(from, datagram, cx),
            Stream::Floor => self.floor(from, datagram, cx),
        };
        if let Err(unusable) = handled {
            self.refuse(from, stream, unusable, cx);
        }
        self.drain(cx);
    }

    /// Carries out what the function wants done.
    pub(super) fn drain(&mut self, cx: &mut Context<'_>) {
        while let Some(output) = self.function.poll_output() {
            match output {
                NonControllingOutput::Up(packet) => {
                    if let Some(mut packet) = self.encode(&packet, cx) {
                        deliver::floor(self.reference, &mut self.controlling, &mut packet, cx);
                    }
                }
                NonControllingOutput::Down { to, packet } => self.down(&to, packet, cx),
                NonControllingOutput::Event(event) => {
                    cx.outputs.push_back(Output::Event(Event::Floor { call: self.reference, event }));
                }
            }
        }
    }

    fn down(&mut self, to: &[LegRef], packet: FloorPacket, cx: &mut Context<'_>) {
        let Some(mut shared) = self.encode(&packet, cx) else { return };
        for receiver in to {
            let Ok(place) = self.position(*receiver) else { continue };
            //= 24.380-14.2.7
            let own = self.clients[place].floor_ssrc.map(|ssrc| FloorPacket { ssrc, ..packet.clone() });
            let mut own = own.and_then(|packet| self.encode(&packet, cx));
            let octets = own.as_mut().unwrap_or(&mut shared);
            deliver::floor(self.reference, &mut self.clients[place], octets, cx);
        }
    }

    fn encode(&self, packet: &FloorPacket, cx: &mut Context<'_>) -> Option<Opened> {
        let mut octets = BytesMut::new();
        match packet.encode(&mut octets) {
            Ok(()) => Some(cx.fan_out.own(octets.freeze())),
            Err(error) => {
                cx.counters.unsendable += 1;
                let message = packet.subtype.message_name().unwrap_or("unknown message");
                let (call, error) = (self.reference, error.into());
                cx.outputs.push_back(Output::Event(Event::NotEncoded { call, message, error }));
                None
            }
        }
    }

    /// RTP: of a client that may send to the controlling function and to the other clients, of the controlling function to
    /// all clients that hear.
    fn media(&mut self, from: Sender, datagram: &[u8], cx: &mut Context<'_>) -> Result<(), Unusable> {
        let protected = self.legs().any(|leg| !leg.audio_protection.is_transparent());
        let leg = self.leg(from);
        let reference = leg.reference;
        let header = leg.admit_rtp(cx.now, datagram, protected)?;
        let owner = self.owners.get(&header.ssrc).copied();
        let shared = owner.is_some_and(|owner| owner != reference);
        // Two talkers under one SSRC would share a packet index towards every protected listener.
        if shared && protected {
            return Err(Discard::ForeignSsrc.into());
        }
        let leg = self.leg(from);
        let mut packet = cx.fan_out.open(&mut *leg.audio_protection, Protocol::Rtp, datagram)?;
        leg.gate.ssrcs.learn(header.ssrc);
        let known = leg.gate.ssrcs.knows(header.ssrc);
        if from != Sender::Controlling
            && self.function.handle_client_media(cx.now, reference) == MediaVerdict::Discard
        {
            return Err(Discard::NoPermission.into());
        }
        cx.counters.shared_ssrcs += u64::from(shared);
        if owner.is_none() && known {
            self.owners.insert(header.ssrc, reference);
        }
        cx.counters.media_accepted += 1;
        let (call, octets) = (self.reference, cx.fan_out.octets(&packet).len() as u64);
        if from != Sender::Controlling {
            deliver::media(call, &mut self.controlling, &mut packet, octets, cx);
        }
        let function = &self.function;
        let listeners = self.clients.iter_mut().filter(|leg| leg.reference != reference);
        for leg in listeners.filter(|leg| function.hears(leg.reference)) {
            deliver::media(call, leg, &mut packet, octets, cx);
        }
        Ok(())
    }

    /// Reports end here, as in a call that is controlled here.
    fn reports(&mut self, from: Sender, datagram: &[u8], cx: &mut Context<'_>) -> Result<(), Unusable> {
        let protected = self.legs().any(|leg| !leg.audio_protection.is_transparent());
        let opened = self.leg(from).open_reports(cx.now, datagram, protected, cx.fan_out)?;
        for packet in rtcp::packets(&opened) {
            match packet? {
                RtcpPacket::SenderReport(_) => cx.counters.sender_reports += 1,
                RtcpPacket::ReceiverReport(_) => cx.counters.receiver_reports += 1,
                _ => cx.counters.other_reports += 1,
            }
        }
        Ok(())
    }

    fn floor(&mut self, from: Sender, datagram: &[u8], cx: &mut Context<'_>) -> Result<(), Unusable> {
        let opened = self.leg(from).open_floor(cx.now, datagram, cx.fan_out)?;
        let mut offset = 0_usize;
        //= 24.380-8.1.1
        for packet in rtcp::split(&opened) {
            let packet = packet?;
            if offset > 0 && !self.leg(from).floor_rate.allows(cx.now) {
                return Err(Discard::RateExceeded.into());
            }
            if let Err(unusable) = self.floor_packet(from, &packet, cx) {
                self.refuse(from, Stream::Floor, unusable.behind(offset), cx);
            }
            self.drain(cx);
            offset = offset.saturating_add(packet.len());
        }
        Ok(())
    }

    fn floor_packet(&mut self, from: Sender, packet: &Bytes, cx: &mut Context<'_>) -> Result<(), Unusable> {
        //= 24.380-8.1.2
        if RtcpPacket::app_name(packet) != Some(Subtype::NAME) {
            return Err(Discard::NotFloorControl.into());
        }
        let packet = FloorPacket::decode(packet)?;
        let decoded = FloorMessage::from_packet(&packet);
        //= 24.380-8.1.4:subtype
        if let FloorMessage::Unknown { .. } = decoded.value {
            return Err(Discard::UnknownMessage.into());
        }
        //= 24.380-8.1.4:overrun
        if decoded.deviations.iter().any(|deviation| deviation.requirement == requirement::OVERRUN) {
            return Err(Discard::FieldOverrun.into());
        }
        cx.counters.floor_received += 1;
        match from {
            Sender::Controlling => self.function.handle_controlling_message(cx.now, &packet),
            Sender::Client(place) => {
                let leg = self.clients[place].reference;
                self.function.handle_client_message(leg, &packet);
            }
        }
        Ok(())
    }

    fn refuse(&mut self, from: Sender, stream: Stream, unusable: Unusable, cx: &mut Context<'_>) {
        let call = self.reference;
        refuse(call, self.leg(from), stream, unusable, cx.counters, cx.outputs);
    }

    fn leg(&mut self, from: Sender) -> &mut Leg {
        match from {
            Sender::Controlling => &mut self.controlling,
            Sender::Client(place) => &mut self.clients[place],
        }
    }

    /// Where a client's leg is, or where it belongs.
    fn position(&self, leg: LegRef) -> Result<usize, usize> {
        self.clients.binary_search_by_key(&leg, |leg| leg.reference)
    }
}
