//! The participating function for one client: an on-demand call, or a pre-established session and the call that uses it
//! (TS 24.380 6.4, 9.3).

use std::collections::VecDeque;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use mcptt_codec::floor::{FloorAck, FloorMessage, MessageType, Source, Subtype};
use mcptt_codec::id::{CallRef, GroupId, LegRef, Ssrc};
use mcptt_codec::rtcp::{self, Protocol as _, RtcpPacket};
use mcptt_codec::session::{self, Connect, SessionMessage};
use mcptt_codec::subchannel::Tmgi;

use super::bearers::Bearers;
use crate::call::Context;
use crate::counters::Discard;
use crate::deliver;
use crate::distributor::Protocol;
use crate::event::{Event, Stream};
use crate::floor::participating::{self, Delivery, ListeningReport, MbmsReception};
use crate::leg::Leg;
use crate::output::Output;
use crate::session::participating::State;
use crate::session::{ParticipatingSession, SessionInput, SessionNotification, SessionOutput};
use crate::signalling::Indication;
use crate::unusable::{Unusable, refuse};

/// Floor messages that wait for the client to accept the call; of more the oldest go first.
const HELD: usize = 16;

/// What is relayed for one client.
#[derive(Debug)]
pub(super) struct Relay {
    reference: CallRef,
    /// Of the messages of our own.
    ssrc: Ssrc,
    client: Leg,
    /// The side of the controlling function, as long as there is a call.
    controlling: Option<Leg>,
    group: Option<GroupId>,
    reception: MbmsReception,
    /// The bearer of the latest report.
    bearer: Option<Tmgi>,
    /// `None` in an on-demand call.
    session: Option<ParticipatingSession>,
    /// Floor messages for a client that has not accepted yet.
    held: VecDeque<Bytes>,
    /// When the media plane is going to look at the timers of this relay.
    pub(super) scheduled: Option<Instant>,
}

/// Which way something goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

impl Relay {
    /// An on-demand call.
    pub(super) fn on_demand(
        reference: CallRef,
        ssrc: Ssrc,
        group: Option<GroupId>,
        musik: bool,
        client: Leg,
        controlling: Leg,
    ) -> Self {
        let mut relay = Self::new(reference, ssrc, musik, client);
        relay.controlling = Some(controlling);
        relay.group = group;
        relay
    }

    /// A pre-established session that no call uses.
    pub(super) fn pre_established(
        reference: CallRef,
        ssrc: Ssrc,
        musik: bool,
        client: Leg,
        cx: &mut Context<'_>,
    ) -> Self {
        let mut relay = Self::new(reference, ssrc, musik, client);
        let mut session = ParticipatingSession::new(ssrc, cx.config.sessions.clone());
        session.handle_input(cx.now, SessionInput::Established);
        relay.session = Some(session);
        // Nothing but an event can come of it.
        relay.drain_events(cx);
        relay
    }

    fn new(reference: CallRef, ssrc: Ssrc, musik: bool, client: Leg) -> Self {
        Self {
            reference,
            ssrc,
            client,
            controlling: None,
            group: None,
            reception: MbmsReception { report: None, musik },
            bearer: None,
            session: None,
            held: VecDeque::new(),
            scheduled: None,
        }
    }

    pub(super) fn legs(&self) -> impl Iterator<Item = &Leg> {
        std::iter::once(&self.client).chain(&self.controlling)
    }

    /// One of the legs, to give it keys.
    pub(super) fn leg_mut(&mut self, leg: LegRef) -> Option<&mut Leg> {
        let legs = std::iter::once(&mut self.client).chain(&mut self.controlling);
        legs.into_iter().find(|own| own.reference == leg)
    }

    /// The side of the client.
    pub(super) const fn client(&self) -> &Leg {
        &self.client
    }

    /// The same, to give it another association.
    pub(super) const fn client_mut(&mut self) -> &mut Leg {
        &mut self.client
    }

    /// The client is somewhere else from now on, or uses other keys.
    pub(super) fn replace_client(&mut self, client: Leg) {
        self.client = client;
    }

    /// Whether a call is relayed, or is going to be.
    pub(super) fn has_call(&self) -> bool {
        self.controlling.is_some()
    }

    pub(super) fn is_pre_established(&self) -> bool {
        self.session.is_some()
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.session.as_ref()?.poll_timeout()
    }

    // What call control says

    /// A call is to use the session.
    pub(super) fn connect(
        &mut self,
        group: Option<GroupId>,
        controlling: Leg,
        connect: Box<Connect>,
        bearers: &mut Bearers,
        cx: &mut Context<'_>,
    ) {
        self.controlling = Some(controlling);
        self.group = group;
        self.note_listening(bearers);
        self.session_input(SessionInput::Connect(connect), bearers, cx);
    }

    /// Something about the call has changed.
    pub(super) fn change(&mut self, connect: Box<Connect>, bearers: &mut Bearers, cx: &mut Context<'_>) {
        self.session_input(SessionInput::Connect(connect), bearers, cx);
    }

    /// The call no longer uses the session. Returns the side that is not needed any more.
    pub(super) fn disconnect(
        &mut self,
        acknowledged: bool,
        bearers: &mut Bearers,
        cx: &mut Context<'_>,
    ) -> Option<Leg> {
        let left = self.end_call(bearers, cx);
        self.session_input(SessionInput::Disconnect { acknowledged }, bearers, cx);
        left
    }

    /// The side of the controlling function, if the client has refused it or has not answered.
    pub(super) fn take_refused(&mut self, bearers: &mut Bearers, cx: &mut Context<'_>) -> Option<Leg> {
        let refused = self.session.as_ref().is_some_and(|session| session.state() == State::NotInUse);
        if refused { self.end_call(bearers, cx) } else { None }
    }

    /// Everything ends.
    pub(super) fn release(&mut self, bearers: &mut Bearers, cx: &mut Context<'_>) {
        self.end_call(bearers, cx);
        self.session_input(SessionInput::Released, bearers, cx);
    }

    /// The client has reported whether it listens to a bearer.
    pub(super) fn report(
        &mut self,
        tmgi: Tmgi,
        listening: bool,
        bearers: &mut Bearers,
        cx: &mut Context<'_>,
    ) {
        // Not listening to another bearer than the one it listens to says nothing.
        if !listening && self.reception.listens() && self.bearer != Some(tmgi) {
            return;
        }
        self.stop_listening(bearers, cx);
        self.bearer = Some(tmgi);
        self.reception.report =
            Some(if listening { ListeningReport::Listening } else { ListeningReport::NotListening });
        self.note_listening(bearers);
    }

    fn end_call(&mut self, bearers: &mut Bearers, cx: &mut Context<'_>) -> Option<Leg> {
        self.stop_listening(bearers, cx);
        self.group = None;
        self.held.clear();
        self.controlling.take()
    }

    fn note_listening(&self, bearers: &mut Bearers) {
        if let (Some((tmgi, group)), true) = (self.heard(), self.controlling.is_some()) {
            bearers.listen(tmgi, group, self.reference);
        }
    }

    fn stop_listening(&self, bearers: &mut Bearers, cx: &mut Context<'_>) {
        if let Some((tmgi, group)) = self.heard() {
            bearers.stop_listening(tmgi, group, self.reference, cx);
        }
    }

    /// The bearer and the group that the client listens to.
    fn heard(&self) -> Option<(Tmgi, &GroupId)> {
        Some((self.bearer.filter(|_| self.reception.listens())?, self.group.as_ref()?))
    }

    // What the two sides send

    pub(super) fn handle_datagram(
        &mut self,
        from: LegRef,
        stream: Stream,
        datagram: &[u8],
        bearers: &mut Bearers,
        cx: &mut Context<'_>,
    ) {
        let way = if from == self.client.reference { Way::Up } else { Way::Down };
        let handled = match stream {
            Stream::Audio => self.relay_media(way, datagram, bearers, cx),
            Stream::AudioControl => self.relay_reports(way, datagram, cx),
            Stream::Floor => self.relay_floor(way, datagram, bearers, cx),
        };
        if let Err(unusable) = handled {
            self.refuse(way, stream, unusable, cx);
        }
    }

    pub(super) fn handle_timeout(&mut self, bearers: &mut Bearers, cx: &mut Context<'_>) {
        if let Some(session) = &mut self.session {
            session.handle_timeout(cx.now);
        }
        self.drain_session(bearers, cx);
    }

    /// Whether a call is relayed at this moment.
    fn relays(&self) -> bool {
        self.session.as_ref().is_none_or(|session| session.state() == State::InUse)
            && self.controlling.is_some()
    }

    /// Where something comes from and where it goes.
    fn sides(&mut self, way: Way) -> Option<(&mut Leg, &mut Leg)> {
        let controlling = self.controlling.as_mut()?;
        Some(match way {
            Way::Up => (&mut self.client, controlling),
            Way::Down => (controlling, &mut self.client),
        })
    }

    fn relay_media(
        &mut self,
        way: Way,
        datagram: &[u8],
        bearers: &mut Bearers,
        cx: &mut Context<'_>,
    ) -> Result<(), Unusable> {
        let (call, relays, reception) = (self.reference, self.relays(), self.reception);
        let heard = self.heard().map(|(tmgi, group)| (tmgi, group.clone()));
        let (from, to) = self.sides(way).ok_or(Discard::SessionNotInUse)?;
        let protected = !(from.audio_protection.is_transparent() && to.audio_protection.is_transparent());
        let header = from.admit_rtp(cx.now, datagram, protected)?;
        if !relays {
            return Err(Discard::SessionNotInUse.into());
        }
        let mut packet = cx.fan_out.open(&mut *from.audio_protection, Protocol::Rtp, datagram)?;
        from.gate.ssrcs.learn(header.ssrc);
        if let (Way::Down, Some((tmgi, group))) = (way, &heard) {
            let conversation = bearers.conversation(*tmgi, group);
            if participating::media(reception, conversation) == Delivery::Subchannel {
                bearers.media(*tmgi, group, &header, &mut packet, cx);
                return Ok(());
            }
        }
        //= 24.380-6.4.3
        let octets = cx.fan_out.octets(&packet).len() as u64;
        cx.counters.media_relayed += 1;
        deliver::media(call, to, &mut packet, octets, cx);
        Ok(())
    }

    fn relay_reports(&mut self, way: Way, datagram: &[u8], cx: &mut Context<'_>) -> Result<(), Unusable> {
        let (call, relays) = (self.reference, self.relays());
        let (from, to) = self.sides(way).ok_or(Discard::SessionNotInUse)?;
        let protected = !(from.audio_protection.is_transparent() && to.audio_protection.is_transparent());
        if !relays {
            return Err(Discard::SessionNotInUse.into());
        }
        let opened = from.open_reports(cx.now, datagram, protected, cx.fan_out)?;
        cx.counters.reports_relayed += 1;
        let mut packet = cx.fan_out.own(opened);
        deliver::reports(call, to, &mut packet, cx);
        Ok(())
    }

    fn relay_floor(
        &mut self,
        way: Way,
        datagram: &[u8],
        bearers: &mut Bearers,
        cx: &mut Context<'_>,
    ) -> Result<(), Unusable> {
        let from = match way {
            Way::Up => &mut self.client,
            Way::Down => self.controlling.as_mut().ok_or(Discard::SessionNotInUse)?,
        };
        let opened = from.open_floor(cx.now, datagram, cx.fan_out)?;
        let mut passed = Passed::new(&opened);
        let walked = self.walk(way, &opened, &mut passed, bearers, cx);
        // What was read before the walk ended goes on.
        self.send(way, passed, bearers, cx);
        walked
    }

    /// Sorts the packets of a datagram: those that go on, those for us, those that mean nothing here.
    fn walk(
        &mut self,
        way: Way,
        opened: &Bytes,
        passed: &mut Passed,
        bearers: &mut Bearers,
        cx: &mut Context<'_>,
    ) -> Result<(), Unusable> {
        let mut offset = 0_usize;
        //= 24.380-8.1.1
        for packet in rtcp::split(opened) {
            let packet = packet?;
            let from = match way {
                Way::Up => Some(&mut self.client),
                Way::Down => self.controlling.as_mut(),
            };
            // The datagram itself has been counted: this is for the messages behind the first one.
            if offset > 0 && !from.is_some_and(|from| from.floor_rate.allows(cx.now)) {
                return Err(Discard::RateExceeded.into());
            }
            match self.sort(way, &packet, bearers, cx) {
                Ok(true) => passed.push(offset, packet.clone()),
                Ok(false) => {}
                Err(unusable) => self.refuse(way, Stream::Floor, unusable.behind(offset), cx),
            }
            offset = offset.saturating_add(packet.len());
        }
        Ok(())
    }

    /// Whether a packet goes on. A message of the session, which concerns the client and us alone, does not.
    fn sort(
        &mut self,
        way: Way,
        packet: &Bytes,
        bearers: &mut Bearers,
        cx: &mut Context<'_>,
    ) -> Result<bool, Unusable> {
        match (RtcpPacket::app_name(packet), way) {
            (Some(Subtype::NAME), _) if self.relays() => Ok(true),
            (Some(Subtype::NAME), Way::Down) if self.is_waiting() => {
                if self.held.len() >= HELD {
                    self.held.pop_front();
                }
                self.held.push_back(packet.clone());
                Ok(false)
            }
            (Some(Subtype::NAME), _) => Err(Discard::SessionNotInUse.into()),
            (Some(session::Subtype::NAME), Way::Up) if self.session.is_some() => {
                let message = SessionMessage::decode(packet)?.value;
                //= 24.380-8.1.4:subtype
                if let SessionMessage::Unknown { .. } = message {
                    return Err(Discard::UnknownMessage.into());
                }
                cx.counters.session_received += 1;
                if let Some(session) = &mut self.session {
                    session.handle_message(cx.now, &message);
                }
                self.drain_session(bearers, cx);
                Ok(false)
            }
            _ => Err(Discard::NotFloorControl.into()),
        }
    }

    fn is_waiting(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.state() == State::ConnectPending)
    }

    /// Sends what goes on: upwards all of it in one datagram as it came, downwards what the client does not hear on a
    /// subchannel.
    fn send(&mut self, way: Way, passed: Passed, bearers: &mut Bearers, cx: &mut Context<'_>) {
        //= 24.380-6.4.2:1
        let unicast = match way {
            Way::Up => passed,
            Way::Down => passed.filter(|packet| self.deliver(packet, bearers, cx) == Delivery::Unicast),
        };
        cx.counters.floor_relayed += unicast.packets.len() as u64;
        let (call, Some(octets)) = (self.reference, unicast.octets()) else { return };
        let Some((_, to)) = self.sides(way) else { return };
        let mut packet = cx.fan_out.own(octets);
        deliver::floor(call, to, &mut packet, cx);
    }

    /// How a floor message goes to the client; on a subchannel it is sent at once.
    fn deliver(&mut self, packet: &Bytes, bearers: &mut Bearers, cx: &mut Context<'_>) -> Delivery {
        let subtype = Subtype::from_bits(packet.first().copied().unwrap_or_default());
        let heard = self.heard().map(|(tmgi, group)| (tmgi, group.clone()));
        let conversation = heard.and_then(|(tmgi, group)| {
            if participating::is_for_everybody(subtype) {
                bearers.floor(tmgi, &group, packet, cx);
            }
            bearers.conversation(tmgi, &group)
        });
        let delivery = participating::floor_message(subtype, self.reception, conversation);
        if delivery == Delivery::Subchannel {
            cx.counters.floor_relayed += 1;
            if subtype.ack_requested() {
                self.acknowledge(packet, subtype, cx);
            }
        }
        delivery
    }

    /// Tells the controlling function that a message was sent, but not to this client alone, which cannot say so itself.
    fn acknowledge(&mut self, packet: &Bytes, subtype: Subtype, cx: &mut Context<'_>) {
        let track_info = match FloorMessage::decode(packet).map(|decoded| decoded.value) {
            Ok(FloorMessage::Taken(taken)) => taken.track_info,
            Ok(FloorMessage::Idle(idle)) => idle.track_info,
            _ => None,
        };
        let acknowledge = FloorMessage::Ack(FloorAck {
            ssrc: self.ssrc,
            source: Some(Source::PARTICIPATING),
            message_type: Some(MessageType::acknowledging(subtype)),
            track_info,
            ..FloorAck::default()
        });
        let (call, Some(controlling)) = (self.reference, &mut self.controlling) else { return };
        // A Track Info that was received always fits.
        if let Ok(octets) = acknowledge.encode() {
            let mut packet = cx.fan_out.own(octets);
            deliver::floor(call, controlling, &mut packet, cx);
        }
    }

    // The pre-established session

    fn session_input(&mut self, input: SessionInput, bearers: &mut Bearers, cx: &mut Context<'_>) {
        if let Some(session) = &mut self.session {
            session.handle_input(cx.now, input);
        }
        self.drain_session(bearers, cx);
    }

    fn drain_session(&mut self, bearers: &mut Bearers, cx: &mut Context<'_>) {
        while let Some(output) = self.session.as_mut().and_then(ParticipatingSession::poll_output) {
            match output {
                SessionOutput::Send(message) => self.send_session(&message, cx),
                SessionOutput::Notify(notification) => self.notify(notification, bearers, cx),
                SessionOutput::Event(event) => self.emit(event, cx),
            }
        }
    }

    fn drain_events(&mut self, cx: &mut Context<'_>) {
        while let Some(output) = self.session.as_mut().and_then(ParticipatingSession::poll_output) {
            if let SessionOutput::Event(event) = output {
                self.emit(event, cx);
            }
        }
    }

    fn send_session(&mut self, message: &SessionMessage, cx: &mut Context<'_>) {
        let call = self.reference;
        match message.encode_for(cx.config.floor.release) {
            Ok(octets) => {
                cx.counters.session_sent += 1;
                let mut packet = cx.fan_out.own(octets);
                deliver::floor(call, &mut self.client, &mut packet, cx);
            }
            Err(error) => {
                cx.counters.unsendable += 1;
                let message = message.name();
                cx.outputs.push_back(Output::Event(Event::NotEncoded { call, message, error }));
            }
        }
    }

    fn notify(&mut self, notification: SessionNotification, bearers: &mut Bearers, cx: &mut Context<'_>) {
        let session = self.reference;
        let indication = match notification {
            SessionNotification::Accepted => Indication::SessionAccepted { session },
            SessionNotification::Refused(code) => Indication::SessionRefused { session, code },
            SessionNotification::NotAnswered => Indication::SessionNotAnswered { session },
            SessionNotification::Disconnected { acknowledged } => {
                Indication::SessionDisconnected { session, acknowledged }
            }
        };
        cx.outputs.push_back(Output::Indication(indication));
        if notification == SessionNotification::Accepted {
            for packet in std::mem::take(&mut self.held) {
                let passed = Passed { whole: packet.clone(), packets: vec![packet], unchanged: true };
                self.send(Way::Down, passed, bearers, cx);
            }
        }
    }

    fn emit(&self, event: crate::floor::Event, cx: &mut Context<'_>) {
        cx.outputs.push_back(Output::Event(Event::Floor { call: self.reference, event }));
    }

    fn refuse(&mut self, way: Way, stream: Stream, unusable: Unusable, cx: &mut Context<'_>) {
        let from = match (way, &mut self.controlling) {
            (Way::Down, Some(controlling)) => controlling,
            _ => &mut self.client,
        };
        refuse(self.reference, from, stream, unusable, cx.counters, cx.outputs);
    }
}

/// The packets of one datagram that go on.
#[derive(Debug)]
struct Passed {
    /// The datagram.
    whole: Bytes,
    packets: Vec<Bytes>,
    /// So far the packets are the datagram's from its start on.
    unchanged: bool,
}

impl Passed {
    fn new(whole: &Bytes) -> Self {
        Self { whole: whole.clone(), packets: Vec::new(), unchanged: true }
    }

    fn push(&mut self, offset: usize, packet: Bytes) {
        self.unchanged &= offset == self.len();
        self.packets.push(packet);
    }

    fn len(&self) -> usize {
        self.packets.iter().map(Bytes::len).fold(0, usize::saturating_add)
    }

    fn filter(mut self, keep: impl FnMut(&Bytes) -> bool) -> Self {
        let before = self.packets.len();
        self.packets.retain(keep);
        self.unchanged &= self.packets.len() == before;
        self
    }

    /// What is sent; `None` if nothing goes on. The buffer of the datagram where all of it does.
    fn octets(&self) -> Option<Bytes> {
        match &self.packets[..] {
            [] => None,
            [one] => Some(one.clone()),
            _ if self.unchanged => Some(self.whole.slice(..self.len().min(self.whole.len()))),
            several => {
                let mut octets = BytesMut::with_capacity(self.len());
                several.iter().for_each(|packet| octets.extend_from_slice(packet));
                Some(octets.freeze())
            }
        }
    }
}
