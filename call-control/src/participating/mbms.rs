//! MBMS in the participating function (TS 24.379 14): bearers are announced to clients and withdrawn, clients report whether
//! they listen and which bearers are suspended, and what they listen to is no longer sent to them by unicast.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use mcptt_codec::id::McpttId;
use mcptt_codec::sdp::{Connection, McpttFmtp, MediaDescription, Origin, SessionDescription};
use mcptt_codec::sip::{Part, Response, StatusCode};
use mcptt_codec::subchannel::Tmgi;
use mcptt_codec::xml::mbms_usage_info::{
    Announcement, HexBinary, Listening, MbmsUsageInfo, ServiceAreas, Suspension,
};
use mcptt_codec::xml::mime;

use super::bearer_keys::KnownKeys;
use super::relayed_media::call_of;
use super::{ClientKey, Incoming, Participating};
use crate::Output;
use crate::bodies::{Bodies, InfoValues, description_part, info_part};
use crate::config::MbmsBearer;
use crate::directory::Canonical;
use crate::event::Event;
use crate::media::MediaCommand;
use crate::policy::Refusal;

/// The port of the media lines of a subchannel, whose ports are told when it is mapped to a group.
const TOLD_LATER: u16 = 9;
/// The payload type that the announcement names; what is sent keeps the type of the call.
const PAYLOAD_TYPE: u8 = 97;

/// What is known about the bearers.
#[derive(Debug, Default)]
pub(super) struct Mbms {
    /// Those that are announced, by their octets.
    active: BTreeSet<Vec<u8>>,
    /// Number of the next announcement.
    version: u64,
    /// What each client has reported to listen to.
    listening: BTreeMap<ClientKey, BTreeMap<Vec<u8>, Tmgi>>,
    /// The keys of protected ones.
    pub(super) keys: KnownKeys,
}

impl Participating {
    /// Activates the bearers of the configuration.
    pub(super) fn start_bearers(&mut self) {
        let config = &self.directory.config.mbms;
        if !config.is_used() {
            return;
        }
        for bearer in config.bearers.clone() {
            self.mbms.active.insert(octets_of(bearer.tmgi));
            let (audio, floor) = self.relayed_media.sources();
            self.out.push_back(Output::Media(MediaCommand::BearerActivated { bearer, audio, floor }));
        }
    }

    /// The operator takes a bearer into use or out of it.
    pub fn use_bearer(&mut self, now: Instant, tmgi: Tmgi, used: bool) {
        let Some(bearer) = self.directory.config.mbms.bearer(tmgi).cloned() else { return };
        let octets = octets_of(tmgi);
        let clients: Vec<ClientKey> = self.clients.keys().cloned().collect();
        if used && self.mbms.active.insert(octets.clone()) {
            let (audio, floor) = self.relayed_media.sources();
            let bearer_up = MediaCommand::BearerActivated { bearer: bearer.clone(), audio, floor };
            self.out.push_back(Output::Media(bearer_up));
            clients.iter().for_each(|client| self.announce(now, client, &bearer, false));
        } else if !used && self.mbms.active.remove(&octets) {
            //= 24.379-14.2.2:remove
            clients.iter().for_each(|client| self.announce(now, client, &bearer, true));
            self.mbms.listening.values_mut().for_each(|heard| {
                heard.remove(&octets);
            });
            self.mbms.keys.forget_bearer(tmgi);
            self.out.push_back(Output::Media(MediaCommand::BearerDeactivated { tmgi }));
        }
        self.drain(now);
    }

    /// A client uses the service from now on: it is told about every bearer.
    pub(super) fn announce_bearers(&mut self, now: Instant, client: &ClientKey) {
        let directory = std::sync::Arc::clone(&self.directory);
        for bearer in &directory.config.mbms.bearers {
            if self.mbms.active.contains(&octets_of(bearer.tmgi)) {
                self.announce(now, client, bearer, false);
            }
        }
    }

    /// A MESSAGE that announces a bearer, or says that it is gone.
    pub(super) fn announce(&mut self, now: Instant, client: &ClientKey, bearer: &MbmsBearer, gone: bool) {
        if !gone && !self.has_bearer_keys(client, bearer.tmgi) {
            return;
        }
        let Some((mut message, flow, mut info)) = self.bearer_message(client) else { return };
        if !gone {
            self.give_floor_key(now, client, bearer.tmgi, &mut info);
        }
        self.mbms.version = self.mbms.version.wrapping_add(1);
        let areas = bearer.service_areas.iter().map(|area| HexBinary(area.to_be_bytes().to_vec()));
        let announcement = Announcement {
            tmgi: HexBinary(octets_of(bearer.tmgi)),
            qci: Some(bearer.qci.into()),
            frequency: bearer.frequencies.iter().map(|frequency| u64::from(*frequency)).collect(),
            // Without areas the bearer is gone.
            service_areas: (!gone)
                .then(|| ServiceAreas { areas: areas.collect(), ..ServiceAreas::default() }),
            report_suspension: bearer.report_suspension.then_some(true),
            ..Announcement::default()
        };
        let usage = MbmsUsageInfo {
            announcement: Some(announcement),
            // The general purpose subchannel is the first line of the description.
            general_purpose_media: (!gone).then_some(1),
            version: Some(self.mbms.version),
            ..MbmsUsageInfo::default()
        };
        let mut parts = vec![info_part(&info), Part::new(mime::MBMS_USAGE_INFO, usage.to_xml())];
        if !gone {
            parts.push(description_part(&self.describe(bearer, &client.mcptt_id)));
        }
        message.set_parts(&parts);
        // A client that does not get it hears by unicast.
        self.agent.request(now, message, flow);
    }

    /// The subchannels of a bearer, with what this user needs to hear them.
    fn describe(&self, bearer: &MbmsBearer, user: &McpttId) -> SessionDescription {
        let own = self.directory.config.media.address;
        let version = self.mbms.version;
        let none = McpttFmtp::default();
        let mut general = MediaDescription::floor_control(bearer.general_purpose.port(), &none);
        if let Some(key) = self.control_key(user, bearer.tmgi) {
            general = general.with(&key);
        }
        let mut description = SessionDescription::new(
            &Origin::new(version, version, own),
            Some(&Connection::new(bearer.general_purpose.ip())),
        )
        .with_media(general);
        for subchannel in &bearer.subchannels {
            let connection = Connection::new(subchannel.address);
            let audio = MediaDescription::speech(TOLD_LATER, "RTP/AVP", [PAYLOAD_TYPE.to_string()])
                .with_attribute("rtpmap", &format!("{PAYLOAD_TYPE} AMR-WB/16000/1"))
                .with_connection(&connection);
            let floor = MediaDescription::floor_control(TOLD_LATER, &none).with_connection(&connection);
            description = description.with_media(audio).with_media(floor);
        }
        description
    }

    /// A MESSAGE of a client to the MBMS public service identity.
    pub(super) fn mbms_message(&mut self, now: Instant, incoming: &Incoming<'_>) -> Result<(), Refusal> {
        let originator = self.originator(incoming)?;
        let bodies = Bodies::read(&incoming.request.headers, &incoming.request.body)?;
        let named = bodies.info.as_ref().map(InfoValues::client).transpose()?.flatten();
        let client = self.served_client(now, &originator, incoming, named.as_ref())?;
        let usage = bodies.mbms_usage()?.ok_or(Refusal::NotMcpttMessage)?;
        if usage.listening.is_none() && usage.suspension.is_none() {
            return Err(Refusal::NotMcpttMessage);
        }
        self.agent.respond(now, incoming.transaction, Response::new(StatusCode::OK));
        if let Some(status) = usage.listening {
            //= 24.379-14.2.3
            let listening = status.status == Listening::Listening;
            for tmgi in self.known_bearers(&status.tmgi) {
                self.listens(&client, tmgi, listening);
            }
        }
        if let Some(status) = usage.suspension {
            //= 24.379-14.2.4
            let suspended = status.status == Suspension::Suspending;
            for tmgi in self.known_bearers(&status.suspended_tmgi) {
                let (mcptt_id, client_id) = (client.mcptt_id.clone(), client.client_id.clone());
                self.event(Event::BearerSuspended {
                    tmgi: tmgi.to_string().into(),
                    mcptt_id,
                    client_id,
                    suspended,
                });
                // On a bearer that rests nothing is heard; when it goes on, the client reports that it listens.
                if suspended {
                    self.listens(&client, tmgi, false);
                }
            }
        }
        Ok(())
    }

    /// The bearers of ours among those that a client names.
    fn known_bearers(&self, named: &[HexBinary]) -> Vec<Tmgi> {
        let bearers = self.directory.config.mbms.bearers.iter().map(|bearer| bearer.tmgi);
        let active = bearers.filter(|tmgi| self.mbms.active.contains(&octets_of(*tmgi)));
        active.filter(|tmgi| named.iter().any(|named| named.0 == octets_of(*tmgi))).collect()
    }

    fn listens(&mut self, client: &ClientKey, tmgi: Tmgi, listening: bool) {
        let octets = octets_of(tmgi);
        let (mcptt_id, client_id) = (client.mcptt_id.clone(), client.client_id.clone());
        match listening {
            true => {
                self.mbms.listening.entry(client.clone()).or_default().insert(octets, tmgi);
            }
            false => {
                if let Some(heard) = self.mbms.listening.get_mut(client) {
                    heard.remove(&octets);
                }
            }
        }
        self.event(Event::BearerListening { tmgi: tmgi.to_string().into(), mcptt_id, client_id, listening });
        for at in self.relays.with_media_of(client) {
            let call = call_of(at);
            self.out.push_back(Output::Media(MediaCommand::ListeningStatus { call, tmgi, listening }));
        }
    }

    /// A call of a client has media that we relay: it may be on a bearer that the client listens to.
    pub(super) fn tell_listening(&mut self, at: super::relay::RelayRef, client: &ClientKey) {
        let heard = self.mbms.listening.get(client).into_iter().flat_map(BTreeMap::values);
        let (call, listening) = (call_of(at), true);
        let commands = heard.map(|tmgi| MediaCommand::ListeningStatus { call, tmgi: *tmgi, listening });
        self.out.extend(commands.map(Output::Media));
    }

    /// A client no longer uses the service.
    pub(super) fn forget_listening(&mut self, client: &ClientKey) {
        self.mbms.listening.remove(client);
        self.mbms.keys.forget_user(&client.mcptt_id);
    }

    /// Whether a MESSAGE is for the MBMS public service identity.
    pub(super) fn is_mbms(&self, uri: Option<&Canonical>) -> bool {
        let identity = self.directory.config.mbms.identity.as_deref().and_then(Canonical::of);
        identity.is_some() && identity.as_ref() == uri
    }
}

/// The octets of an identity as bodies carry them.
pub(super) fn octets_of(tmgi: Tmgi) -> Vec<u8> {
    tmgi.service_id.into_iter().chain(tmgi.plmn.iter().flat_map(|plmn| plmn.0)).collect()
}
