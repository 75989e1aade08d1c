//! Whoever hears a call without taking part in it. Nobody in the call is told, floor control does not know of it, and nothing
//! that participants are sent depends on it.

use mcptt_codec::floor::{FloorIdle, FloorMessage, FloorTaken};
use mcptt_codec::id::LegRef;
use mcptt_codec::rtp::RtpHeader;

use super::{Call, Context};
use crate::deliver;
use crate::distributor::Opened;
use crate::leg::Leg;

impl Call {
    pub(crate) fn listeners(&self) -> &[Leg] {
        &self.listeners
    }

    /// Adds a listener and tells it who has the floor.
    pub(crate) fn add_listener(&mut self, listener: Leg, cx: &mut Context<'_>) {
        let reference = listener.reference;
        self.listeners.push(listener);
        let state = self.floor_control.then(|| self.floor.state_for_listener()).flatten();
        if let Some(message) = state {
            self.overhear_floor(&message, |leg| leg.reference == reference, cx);
        }
    }

    pub(crate) fn remove_listener(&mut self, listener: LegRef) -> Option<Leg> {
        let place = self.listeners.iter().position(|leg| leg.reference == listener)?;
        Some(self.listeners.remove(place))
    }

    /// An RTP packet has been distributed.
    pub(super) fn overhear_media(&mut self, talker: LegRef, packet: &mut Opened, cx: &mut Context<'_>) {
        if self.listeners.is_empty() {
            return;
        }
        let octets = cx.fan_out.octets(packet);
        let count = octets.len() as u64;
        let ssrc = RtpHeader::decode(octets).ok().map(|(header, _)| header.ssrc);
        // Participants without protection may use one SSRC for two talkers; under keys that would be one stream of packets.
        let own = ssrc.is_some_and(|ssrc| self.owners.get(&ssrc) == Some(&talker));
        //= 22.179-discreet:hears
        for leg in &mut self.listeners {
            if own || leg.audio_protection.is_transparent() {
                deliver::media(self.reference, leg, packet, count, cx);
            }
        }
    }

    /// Everybody was told something about the floor: so are those listeners that `hear` it.
    pub(super) fn overhear_floor(
        &mut self,
        message: &FloorMessage,
        hears: impl Fn(&Leg) -> bool,
        cx: &mut Context<'_>,
    ) {
        if self.listeners.is_empty() {
            return;
        }
        // Nobody waits for an answer of somebody whose messages are not read.
        let told = match message {
            FloorMessage::Taken(taken) => FloorMessage::Taken(FloorTaken {
                permission_to_request: Some(false),
                ack_requested: false,
                ..taken.clone()
            }),
            FloorMessage::Idle(idle) => {
                FloorMessage::Idle(FloorIdle { ack_requested: false, ..idle.clone() })
            }
            FloorMessage::ReleaseMultiTalker(_) => message.clone(),
            _ => return,
        };
        // A message that can not be written is reported where it is sent to the participants.
        let Ok(octets) = told.encode_for(cx.config.floor.release) else { return };
        let mut packet = cx.fan_out.own(octets);
        for leg in self.listeners.iter_mut().filter(|leg| hears(leg)) {
            deliver::floor(self.reference, leg, &mut packet, cx);
        }
    }
}
