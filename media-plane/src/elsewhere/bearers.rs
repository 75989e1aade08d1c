//! The MBMS bearers of a participating function: who listens to them, and what is sent on them.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;
use mcptt_codec::id::{CallRef, GroupId, Ssrc};
use mcptt_codec::rtp::RtpHeader;
use mcptt_codec::subchannel::{
    ApplicationPaging, MbmsSubchannel, NotificationMessage, SubchannelMessage, Tmgi,
};
use mcptt_codec::{EmitError, Path, Transmit};

use super::signalling::{Bearer as BearerSettings, BearerSubchannel, MbmsSignalling};
use crate::call::Context;
use crate::counters::Misdeeds;
use crate::crypto::{Protection, protection};
use crate::distributor::{Opened, Protocol};
use crate::event::Event;
use crate::floor::participating::Conversation;
use crate::output::Output;
use crate::signalling::{Indication, Refusal};
use crate::subchannel::{MbmsSender, MediaTurn, SenderOutput, Slot};

/// All bearers, in the order of their activation.
#[derive(Debug, Default)]
pub(super) struct Bearers(Vec<Bearer>);

#[derive(Debug)]
struct Bearer {
    tmgi: Tmgi,
    ssrc: Ssrc,
    sender: MbmsSender,
    general: Path,
    protection: Box<dyn Protection>,
    slots: Vec<Sending>,
    /// Who listens to which group.
    listeners: BTreeSet<(GroupId, CallRef)>,
    misdeeds: Misdeeds,
}

/// How a subchannel is sent to.
#[derive(Debug)]
struct Sending {
    audio: Path,
    floor: Path,
    floor_protection: Box<dyn Protection>,
}

impl Bearers {
    pub(super) fn handle_signalling(&mut self, signalling: MbmsSignalling, ssrc: Ssrc, cx: &mut Context<'_>) {
        let release = cx.config.floor.release;
        match signalling {
            MbmsSignalling::BearerActivated { tmgi, bearer } => {
                if let Err(reason) = self.activate(tmgi, ssrc, &bearer, cx) {
                    cx.outputs.push_back(Output::Indication(Indication::BearerRefused { tmgi, reason }));
                }
            }
            MbmsSignalling::BearerDeactivated { tmgi } => {
                if let Some(place) = self.0.iter().position(|bearer| bearer.tmgi == tmgi) {
                    let mut bearer = self.0.remove(place);
                    bearer.sender.bearer_ended(cx.now);
                    bearer.drain(cx);
                }
            }
            MbmsSignalling::Page { tmgi, group } => self.control(tmgi, cx, |ssrc| {
                let group_id = Some(group);
                (
                    "Application Paging",
                    SubchannelMessage::ApplicationPaging(ApplicationPaging { ssrc, group_id })
                        .encode_for(release),
                )
            }),
            MbmsSignalling::Announce { tmgi, mut announcement } => self.control(tmgi, cx, |ssrc| {
                announcement.ssrc = ssrc;
                (
                    "Bearer Announcement",
                    SubchannelMessage::BearerAnnouncement(*announcement).encode_for(release),
                )
            }),
            MbmsSignalling::Notify { tmgi, mut notification } => self.control(tmgi, cx, |ssrc| {
                notification.ssrc = ssrc;
                let message = NotificationMessage::GroupDynamicDataNotify(*notification);
                ("Group Dynamic Data Notify", message.encode_for(release))
            }),
            // For the relay of the client.
            MbmsSignalling::ListeningStatus { .. } => {}
        }
    }

    /// A client that takes part in a call of the group listens to the bearer from now on.
    pub(super) fn listen(&mut self, tmgi: Tmgi, group: &GroupId, call: CallRef) {
        if let Some(bearer) = self.get(tmgi) {
            bearer.listeners.insert((group.clone(), call));
        }
    }

    /// It does not any more. The conversation ends with its last listener.
    pub(super) fn stop_listening(
        &mut self,
        tmgi: Tmgi,
        group: &GroupId,
        call: CallRef,
        cx: &mut Context<'_>,
    ) {
        let Some(bearer) = self.get(tmgi) else { return };
        bearer.listeners.remove(&(group.clone(), call));
        let first = (group.clone(), CallRef(u64::MIN));
        let others = bearer.listeners.range(first..).next().is_some_and(|(other, _)| other == group);
        if !others {
            bearer.sender.session_ended(cx.now, group);
            bearer.drain(cx);
        }
    }

    /// The conversation of a group that uses the bearer.
    pub(super) fn conversation(&self, tmgi: Tmgi, group: &GroupId) -> Option<Conversation> {
        let bearer = self.0.iter().find(|bearer| bearer.tmgi == tmgi)?;
        let Slot(slot) = bearer.sender.slot(group)?;
        let sending = bearer.slots.get(slot)?;
        Some(Conversation { protected: !sending.floor_protection.is_transparent() })
    }

    /// A floor message for everybody in the group: sent on its subchannel unless it was before.
    pub(super) fn floor(&mut self, tmgi: Tmgi, group: &GroupId, packet: &Bytes, cx: &mut Context<'_>) {
        let Some(bearer) = self.get(tmgi) else { return };
        bearer.sender.handle_floor(cx.now, group, packet);
        bearer.drain(cx);
    }

    /// An RTP packet that is open: sent on the group's subchannel unless it was before.
    pub(super) fn media(
        &mut self,
        tmgi: Tmgi,
        group: &GroupId,
        header: &RtpHeader,
        packet: &mut Opened,
        cx: &mut Context<'_>,
    ) {
        let Some(bearer) = self.get(tmgi) else { return };
        match bearer.sender.handle_media(group, header.ssrc, header.sequence) {
            Some(MediaTurn::Send(Slot(slot))) => {
                let Some(sending) = bearer.slots.get(slot) else { return };
                cx.counters.mbms_media_sent += 1;
                let (payload, dscp) = (cx.fan_out.share(packet), cx.config.dscp.voice);
                cx.outputs.push_back(Output::Transmit(Transmit { path: sending.audio, payload, dscp }));
            }
            Some(MediaTurn::Copy(_)) => cx.counters.mbms_copies += 1,
            None => {}
        }
    }

    pub(super) fn handle_timeout(&mut self, cx: &mut Context<'_>) {
        for bearer in &mut self.0 {
            bearer.sender.handle_timeout(cx.now);
            bearer.drain(cx);
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.0.iter().filter_map(|bearer| bearer.sender.poll_timeout()).min()
    }

    fn get(&mut self, tmgi: Tmgi) -> Option<&mut Bearer> {
        self.0.iter_mut().find(|bearer| bearer.tmgi == tmgi)
    }

    fn activate(
        &mut self,
        tmgi: Tmgi,
        ssrc: Ssrc,
        settings: &BearerSettings,
        cx: &Context<'_>,
    ) -> Result<(), Refusal> {
        let limits = &cx.config.limits;
        if self.get(tmgi).is_some() {
            return Err(Refusal::ReferenceInUse);
        }
        if self.0.len() >= limits.bearers || settings.subchannels.len() > limits.subchannels_per_bearer {
            return Err(Refusal::TooManyBearers);
        }
        let slots = settings.subchannels.iter().map(Sending::new).collect::<Result<Vec<_>, _>>()?;
        let addresses: Vec<MbmsSubchannel> =
            settings.subchannels.iter().map(|subchannel| subchannel.addresses).collect();
        self.0.push(Bearer {
            tmgi,
            ssrc,
            sender: MbmsSender::new(tmgi, ssrc, &addresses, cx.config.subchannels.clone()),
            general: Path { local: settings.general_purpose.local, remote: settings.general_purpose.remote },
            protection: protection(settings.protection.as_ref()).map_err(Refusal::Protection)?,
            slots,
            listeners: BTreeSet::new(),
            misdeeds: Misdeeds::default(),
        });
        Ok(())
    }

    /// Sends a message of our own on the general purpose subchannel.
    fn control(
        &mut self,
        tmgi: Tmgi,
        cx: &mut Context<'_>,
        message: impl FnOnce(Ssrc) -> (&'static str, Result<Bytes, EmitError>),
    ) {
        if let Some(bearer) = self.get(tmgi) {
            let (name, octets) = message(bearer.ssrc);
            bearer.send_control(name, octets, cx);
        }
    }
}

impl Bearer {
    /// Carries out what the sender wants done.
    fn drain(&mut self, cx: &mut Context<'_>) {
        while let Some(output) = self.sender.poll_output() {
            match output {
                SenderOutput::Control(message) => {
                    self.send_control(message.name(), message.encode_for(cx.config.floor.release), cx)
                }
                SenderOutput::Floor { on: Slot(slot), packet } => {
                    let Some(sending) = self.slots.get_mut(slot) else { continue };
                    let path = sending.floor;
                    if let Some(payload) =
                        close(&packet, &mut *sending.floor_protection, &mut self.misdeeds, self.tmgi, cx)
                    {
                        cx.counters.mbms_floor_sent += 1;
                        let dscp = cx.config.dscp.floor;
                        cx.outputs.push_back(Output::Transmit(Transmit { path, payload, dscp }));
                    }
                }
                SenderOutput::Event(event) => {
                    let tmgi = self.tmgi;
                    cx.outputs.push_back(Output::Event(Event::Mbms { tmgi, event }));
                }
            }
        }
    }

    fn send_control(
        &mut self,
        message: &'static str,
        octets: Result<Bytes, EmitError>,
        cx: &mut Context<'_>,
    ) {
        let tmgi = self.tmgi;
        match octets {
            Ok(octets) => {
                if let Some(payload) = close(&octets, &mut *self.protection, &mut self.misdeeds, tmgi, cx) {
                    cx.counters.mbms_control_sent += 1;
                    let dscp = cx.config.dscp.floor;
                    cx.outputs.push_back(Output::Transmit(Transmit { path: self.general, payload, dscp }));
                }
            }
            Err(error) => {
                cx.counters.unsendable += 1;
                cx.outputs.push_back(Output::Event(Event::MbmsNotEncoded { tmgi, message, error }));
            }
        }
    }
}

/// Protects a packet of RTCP; what cannot be protected is not sent.
fn close(
    packet: &Bytes,
    protection: &mut dyn Protection,
    misdeeds: &mut Misdeeds,
    tmgi: Tmgi,
    cx: &mut Context<'_>,
) -> Option<Bytes> {
    let mut opened = cx.fan_out.own(packet.clone());
    match cx.fan_out.close(&mut opened, Protocol::Rtcp, protection) {
        Ok(payload) => Some(payload),
        Err(error) => {
            cx.counters.unsendable += 1;
            let event = misdeeds.unsendable().map(|count| Event::MbmsNotProtected { tmgi, error, count });
            cx.outputs.extend(event.map(Output::Event));
            None
        }
    }
}

impl Sending {
    fn new(subchannel: &BearerSubchannel) -> Result<Self, Refusal> {
        let addresses = &subchannel.addresses;
        let remote = |port: u32| match u16::try_from(port) {
            Ok(port) if port != 0 => Ok(SocketAddr::new(addresses.address, port)),
            _ => Err(Refusal::InvalidAddress),
        };
        let floor_port = addresses.floor_control.map_or(addresses.media_port, |(_, port)| port);
        let floor_protection = match &subchannel.floor_protection {
            Some(keys) => keys.context(),
            None => protection(None),
        };
        Ok(Self {
            audio: Path { local: subchannel.local_audio, remote: remote(addresses.media_port)? },
            floor: Path { local: subchannel.local_floor, remote: remote(floor_port)? },
            floor_protection: floor_protection.map_err(Refusal::Protection)?,
        })
    }
}
