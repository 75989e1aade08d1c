//! MBMS in the client (TS 24.379 14): bearers that are announced, and what is reported about them.

use std::net::SocketAddr;
use std::time::Instant;

use mcptt_codec::floor::Plmn;
use mcptt_codec::mikey::KeyMaterial;
use mcptt_codec::sdp::KeyManagement;
use mcptt_codec::sip::{Method, Part};
use mcptt_codec::subchannel::Tmgi;
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::gktp::GktpList;
use mcptt_codec::xml::mbms_usage_info::{
    HexBinary, Listening, ListeningStatus, MbmsUsageInfo, Suspension, SuspensionStatus,
};
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, McpttUri};
use mcptt_codec::xml::mime;

use super::{Client, ClientEvent, Pending};
use crate::bodies::{Bodies, info_part};

/// A bearer that the participating function has announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnouncedBearer {
    /// The bearer.
    pub tmgi: Tmgi,
    /// Where its general purpose subchannel is. `None`: the bearer is gone.
    pub general_purpose: Option<SocketAddr>,
    /// The MBMS public service identity, which reports go to.
    pub identity: ByteStr,
    /// Suspensions are to be reported.
    pub report_suspension: bool,
    /// The message with the key of its general purpose subchannel (MSCCK). `None`: it is not protected.
    pub control_key: Option<KeyMaterial>,
    /// Messages with keys of floor control on its subchannels that have come along (MKFC).
    pub floor_keys: Vec<KeyMaterial>,
}

impl Client {
    /// Reports whether the client listens to a bearer.
    pub(super) fn report_listening(&mut self, now: Instant, identity: ByteStr, tmgi: Tmgi, listening: bool) {
        let status = if listening { Listening::Listening } else { Listening::NotListening };
        let status = ListeningStatus {
            status,
            general_purpose: Some(true),
            tmgi: vec![HexBinary(octets_of(tmgi))],
            ..ListeningStatus::default()
        };
        self.report_mbms(now, identity, &MbmsUsageInfo { listening: Some(status), ..Default::default() });
    }

    /// Reports that the network is about to suspend a bearer, or that it goes on.
    pub(super) fn report_suspension(&mut self, now: Instant, identity: ByteStr, tmgi: Tmgi, suspended: bool) {
        let status = if suspended { Suspension::Suspending } else { Suspension::NotSuspending };
        let status = SuspensionStatus {
            status,
            number_of_reported_bearers: Some(1),
            suspended_tmgi: vec![HexBinary(octets_of(tmgi))],
            ..SuspensionStatus::default()
        };
        self.report_mbms(now, identity, &MbmsUsageInfo { suspension: Some(status), ..Default::default() });
    }

    fn report_mbms(&mut self, now: Instant, identity: ByteStr, usage: &MbmsUsageInfo) {
        let info = McpttInfo {
            request_uri: Some(Content::Normal(McpttUri::from(&self.config.mcptt_id))),
            client_id: Some(Content::Normal(self.config.client_id.clone())),
            ..McpttInfo::default()
        };
        let mut message = self.service_request_to(Method::Message, identity);
        message.set_parts(&[info_part(&info), Part::new(mime::MBMS_USAGE_INFO, usage.to_xml())]);
        let transaction = self.agent.request(now, message, self.config.participating());
        self.pending.insert(transaction, Pending::Told);
    }

    /// The participating function announces a bearer, or says that it is gone.
    pub(super) fn bearer_announced(&mut self, identity: ByteStr, bodies: &Bodies, usage: &MbmsUsageInfo) {
        let Some(announcement) = &usage.announcement else { return };
        let Some(tmgi) = tmgi_of(&announcement.tmgi) else { return };
        let line = usage.general_purpose_media.and_then(|line| usize::try_from(line).ok());
        let description = bodies.description().ok().flatten();
        let described = description.filter(|_| !usage_is_removal(usage)).and_then(|description| {
            let media = description.media.get(line.unwrap_or(1).checked_sub(1)?)?;
            let address = description.address_of(media).filter(|address| address.ip().is_multicast())?;
            let key = media.first::<KeyManagement>().filter(KeyManagement::is_mikey);
            Some((address, key.map(|key| KeyMaterial::new(key.data().to_vec()))))
        });
        let (general_purpose, control_key) = described.unzip();
        let gktps = bodies.info.as_ref().and_then(|info| GktpList::of(info.mkfc_gktps.as_ref()?).ok());
        let floor_keys = gktps.iter().flat_map(GktpList::all);
        let floor_keys = floor_keys.map(|gktp| KeyMaterial::new(gktp.message.to_vec())).collect();
        let report_suspension = announcement.report_suspension == Some(true);
        let control_key = control_key.flatten();
        let bearer =
            AnnouncedBearer { tmgi, general_purpose, identity, report_suspension, control_key, floor_keys };
        self.event(ClientEvent::BearerAnnounced(bearer));
    }
}

fn usage_is_removal(usage: &MbmsUsageInfo) -> bool {
    usage.announcement.as_ref().is_some_and(mcptt_codec::xml::mbms_usage_info::Announcement::is_removal)
}

fn octets_of(tmgi: Tmgi) -> Vec<u8> {
    tmgi.service_id.into_iter().chain(tmgi.plmn.iter().flat_map(|plmn| plmn.0)).collect()
}

fn tmgi_of(octets: &HexBinary) -> Option<Tmgi> {
    match *octets.0.as_slice() {
        [a, b, c] => Some(Tmgi { service_id: [a, b, c], plmn: None }),
        [a, b, c, x, y, z] => Some(Tmgi { service_id: [a, b, c], plmn: Some(Plmn([x, y, z])) }),
        _ => None,
    }
}
