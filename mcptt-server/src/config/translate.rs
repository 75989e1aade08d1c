//! From the file to what the planes are told.

use std::path::Path;
use std::time::Duration;

use call_control::config as cc;
use call_control::shard::MOST_SHARDS;
use call_control::user_agent::SourceLimits;
use mcptt_codec::Release;
use mcptt_codec::id::{GroupId, McpttId};
use mcptt_codec::sdp::CryptoSuite;
use mcptt_codec::sip::Uri;
use mcptt_codec::text::ByteStr;
use media_plane::floor::{BufferLimits, FloorPolicy};
use media_plane::tables::Value;

use super::distribution::{Distribution, group_address};
use super::documents::Documents;
use super::file::{
    AssumeSettings, DualFloor, File, Floor, Group, GroupRoute, Media, Member, Registration, Sip, User,
};
use super::floor::{self, Provisioned};
use super::{FileError, duration::Span, value};
use crate::node::{NodeConfig, ServerKeys};

impl File {
    /// The configuration of a node, with the documents that the file names in `folder`.
    ///
    /// # Errors
    /// [`FileError`] names the setting or the document, its value and what is allowed.
    pub(super) fn into_node_config(self, folder: &Path) -> Result<NodeConfig, FileError> {
        let documents = Documents::read(&self.documents_at_start(folder), folder)?;
        let recording = self.recording_policy();
        let mut media_plane = media_plane::Config {
            floor: floor_policy(&self.floor, release(self.policy.release)?, documents.queue_depth())?,
            dscp: media_plane::config::Dscp { voice: self.media.voice_dscp, floor: self.media.floor_dscp },
            multicast: self.multicast.translate()?,
            latching: self.latching.translate(),
            report_interval: self.rtcp.interval()?,
            ..media_plane::Config::default()
        };
        if self.media.mixers > 10_000 {
            return Err(value("media.mixers", self.media.mixers, "0 to 10000"));
        }
        media_plane.limits.mixers = self.media.mixers;
        // What the documents say comes last and wins.
        for provisioned in floor::of_file(&self.floor).into_iter().chain(documents.provisioned()) {
            floor::apply(&mut media_plane, &provisioned)?;
        }
        let sip_dscp = self.media.sip_dscp;
        if sip_dscp > 63 {
            return Err(value("media.sip-dscp", sip_dscp, "0 to 63"));
        }
        let mut call_control = cc::Config::new(
            cc::ParticipatingFunction {
                address: self.sip.participating,
                identity: self.sip.participating_identity.as_str().into(),
                terminating_identity: self.sip.terminating_identity.as_str().into(),
            },
            cc::ControllingFunction {
                address: self.sip.controlling,
                identity: self.sip.controlling_identity.as_str().into(),
            },
            media(&self.media)?,
        );
        call_control.trusted_peers = trusted_peers(&self.sip)?;
        call_control.trusted_names = self.sip.trusted_names.iter().map(|name| name.as_str().into()).collect();
        call_control.assume_settings = match self.sip.assume_settings {
            AssumeSettings::None => cc::AssumeSettings::None,
            AssumeSettings::Automatic => cc::AssumeSettings::Automatic,
        };
        if self.sip.stream_above.is_some_and(|octets| octets < 1_000) {
            return Err(value(
                "sip.stream-above",
                self.sip.stream_above.unwrap_or_default(),
                "1000 octets or more, 1300 by RFC 3261",
            ));
        }
        call_control.authorisation = self.authorisation.call_control();
        call_control.xcap_root = xcap_root(&self.documents)?;
        call_control.stream_above = self.sip.stream_above;
        call_control.limits.per_source = per_source(&self.sip)?;
        if !(1..=MOST_SHARDS).contains(&self.server.shards) {
            return Err(value("server.shards", self.server.shards, format!("1 to {MOST_SHARDS}")));
        }
        call_control.shards = self.server.shards;
        call_control.locate = self.sip.dns;
        call_control.registration = cc::RegistrationConfig {
            minimum: self.registration.minimum.0,
            default: self.registration.default.0,
            maximum: self.registration.maximum.0,
            service_route: service_route(&self.registration)?,
            ..cc::RegistrationConfig::default()
        };
        call_control.policy = cc::PolicyConfig {
            release_at: usize::try_from(self.policy.release_at).ok().filter(|count| *count > 0),
            require_service_tags: self.sip.require_service_tags,
            plain_calls: self.sip.plain_calls,
            session_expires: self.policy.session_expires.0,
            answer_within: self.policy.answer_within.0,
            fan_out_rate: self.policy.fan_out_rate,
            affiliation_lifetime: self.policy.affiliation_lifetime.0,
            answer_on_unconfirmed: self.floor.early_go_ahead,
            ..cc::PolicyConfig::default()
        };
        if let Some(types) = &self.policy.queue_cancel_types {
            let types = types.iter().map(|name| name.as_str().into());
            call_control.policy.queue_cancel_types = types.collect();
        }
        call_control.service.release = self.policy.release;
        call_control.service.confidentiality_protection = self.policy.protect_signalling;
        call_control.service.integrity_protection = self.policy.protect_signalling;
        call_control.service.emergency_time_limit = self.policy.emergency_time_limit.map(|span| span.0);
        call_control.service.talk_limit = self.floor.t2.map(|span| span.0);
        call_control.private_calls = self.private_calls.translate();
        call_control.adhoc = self.adhoc_calls.translate();
        call_control.discreet = self.discreet_listening.translate();
        call_control.pre_established = self.pre_established.translate()?;
        call_control.mbms = self.mbms.translate()?;
        call_control.recording = recording;
        call_control.users = self.users.into_iter().map(user).collect();
        let document = documents.location()?;
        call_control.location.configuration = match document {
            Some(document) => Some(document),
            None => self.location.translate()?,
        };
        if let Some(pending) = self.location.pending_requests {
            call_control.location.pending_requests = pending;
        }
        media_plane.dtls = self.media.certificate(folder)?;
        call_control.media.dtls = media_plane.dtls.as_ref().map(|own| own.fingerprint().clone());
        call_control.media.floor_channel = self.media.floor_channel(&self.sip)?;
        documents.apply_service(&mut call_control);
        let groups = self.groups.into_iter().enumerate().map(|(index, one)| group(index, one));
        call_control.groups = groups.collect::<Result<_, _>>()?;
        documents.apply_groups(&mut call_control.groups)?;
        super::dtls::check(&call_control)?;
        super::browser::check(&call_control)?;
        call_control.group_routes = self.group_routes.into_iter().map(group_route).collect();
        let server_keys = super::server_keys::read(&self.server_keys, folder)?;
        call_control.server_keys = server_keys.iter().map(ServerKeys::of_signalling).collect();
        Ok(NodeConfig { call_control, media_plane, sip_dscp, store: self.store.node()?, server_keys })
    }
}

impl File {
    /// The documents that are read before the node is made. The service configuration in the folder of documents is one of
    /// them: it sets timers of floor control that a running node keeps.
    fn documents_at_start(&self, folder: &Path) -> super::file::Documents {
        let mut named = self.documents.clone();
        let kept = self.data_folder(folder).map(|data| {
            data.folder.join("documents/org.3gpp.mcptt.service-config/global/service-config.xml")
        });
        if let (None, Some(kept)) = (&named.service_configuration, kept.filter(|kept| kept.exists())) {
            // Relative to the present folder, as it is there already.
            named.service_configuration = Some(std::path::absolute(&kept).unwrap_or(kept));
        }
        named
    }
}

fn group_route(route: GroupRoute) -> cc::GroupRoute {
    cc::GroupRoute {
        group_id: GroupId::from(route.group.as_str()),
        controlling: cc::PeerFunction { address: route.address, identity: route.identity.as_str().into() },
    }
}

/// What one address may ask for.
fn per_source(sip: &Sip) -> Result<SourceLimits, FileError> {
    let (requests, calls) = (sip.requests_per_address, sip.open_calls_per_address);
    for (setting, given) in [("sip.requests-per-address", requests), ("sip.open-calls-per-address", calls)] {
        if !(1..=100_000).contains(&given) {
            return Err(value(setting, given, "1 to 100000"));
        }
    }
    // A second or a restart of many clients behind one address is no flood.
    Ok(SourceLimits { per_second: requests, burst: requests * 5, open_invites: calls })
}

fn trusted_peers(sip: &Sip) -> Result<Vec<cc::Network>, FileError> {
    sip.trusted_peers
        .iter()
        .enumerate()
        .map(|(index, text)| {
            text.parse().map_err(|_| {
                value(
                    format!("sip.trusted-peers[{index}]"),
                    text,
                    "an address with a prefix length, such as 10.0.0.0/8",
                )
            })
        })
        .collect()
}

fn service_route(registration: &Registration) -> Result<Vec<ByteStr>, FileError> {
    let routes = registration.service_route.iter().enumerate();
    let checked = routes.map(|(index, text)| match Uri::parse(text) {
        Ok(uri) if uri.is_sip() && uri.params.contains("lr") => Ok(text.as_str().into()),
        _ => Err(value(
            format!("registration.service-route[{index}]"),
            text,
            "a SIP URI with lr, such as sip:edge.example.org;lr",
        )),
    });
    checked.collect()
}

/// The XCAP root that clients are told; empty where documents are not served.
fn xcap_root(documents: &super::file::Documents) -> Result<ByteStr, FileError> {
    let Some(root) = &documents.xcap_root else {
        let scheme = if documents.tls { "https" } else { "http" };
        return Ok(documents.http.map(|http| format!("{scheme}://{http}/").into()).unwrap_or_default());
    };
    let beyond = root.strip_prefix("https://").or_else(|| root.strip_prefix("http://"));
    let usable = beyond.is_some_and(|rest| {
        !rest.starts_with('/') && rest.ends_with('/') && rest.bytes().all(|octet| octet.is_ascii_graphic())
    });
    match usable {
        true => Ok(root.as_str().into()),
        false => {
            Err(value("documents.xcap-root", root, "http:// or https://, a host and a path that ends with /"))
        }
    }
}

fn media(media: &Media) -> Result<cc::MediaConfig, FileError> {
    let range = |setting: &str, [first, last]: [u16; 2]| {
        if first == 0 || first > last {
            return Err(value(
                setting,
                format!("[{first}, {last}]"),
                "[first, last] with 1 <= first <= last <= 65535",
            ));
        }
        Ok(first..=last)
    };
    let suites = media
        .suites
        .iter()
        .enumerate()
        .map(|(index, name)| match name.as_str() {
            "AEAD_AES_128_GCM" => Ok(CryptoSuite::AeadAes128Gcm),
            "AES_CM_128_HMAC_SHA1_80" => Ok(CryptoSuite::AesCm128HmacSha1_80),
            _ => Err(value(
                format!("media.suites[{index}]"),
                name,
                "\"AEAD_AES_128_GCM\" or \"AES_CM_128_HMAC_SHA1_80\"",
            )),
        })
        .collect::<Result<_, _>>()?;
    Ok(cc::MediaConfig {
        address: media.address,
        audio_ports: range("media.audio-ports", media.audio_ports)?,
        floor_ports: range("media.floor-ports", media.floor_ports)?,
        plain_rtp: media.plain_rtp,
        suites,
        dtls: None,
        distribution: media.distribution(),
        floor_channel: None,
    })
}

fn release(number: u8) -> Result<Release, FileError> {
    Release::new(number).ok_or_else(|| value("policy.release", number, "13 to 19"))
}

/// `depth`: the size of the queue as the service configuration says it, and where.
fn floor_policy(
    floor: &Floor,
    release: Release,
    depth: Option<(String, usize)>,
) -> Result<FloorPolicy, FileError> {
    let mut policy = FloorPolicy { release, share_location: floor.share_location, ..FloorPolicy::default() };
    for (setting, limit) in
        floor.queue_limit.map(|limit| ("floor.queue-limit".to_owned(), limit)).into_iter().chain(depth)
    {
        // Position 254 and 255 have meanings of their own on the wire (24.380 8.2.3.5).
        if !(1..=253).contains(&limit) {
            return Err(value(setting, limit, "1 to 253"));
        }
        policy.queue_limit = limit;
    }
    if floor.early_go_ahead {
        policy.buffer = Some(buffer(floor)?);
    }
    Ok(policy)
}

fn buffer(floor: &Floor) -> Result<BufferLimits, FileError> {
    let default = BufferLimits::default();
    let limits = BufferLimits {
        time: floor.buffer_time.map_or(default.time, |span| span.0),
        packets: floor.buffer_packets.unwrap_or(default.packets),
        octets: floor.buffer_octets.unwrap_or(default.octets),
    };
    if !(Duration::from_millis(100)..=Duration::from_secs(60)).contains(&limits.time) {
        return Err(value("floor.buffer-time", format!("{:?}", limits.time), "100ms to 60s"));
    }
    if !(1..=10_000).contains(&limits.packets) {
        return Err(value("floor.buffer-packets", limits.packets, "1 to 10000"));
    }
    if !(1_000..=10_000_000).contains(&limits.octets) {
        return Err(value("floor.buffer-octets", limits.octets, "1000 to 10000000"));
    }
    Ok(limits)
}

fn user(user: User) -> cc::User {
    let first = user.public_user_ids.first().unwrap_or(&user.mcptt_id).as_str();
    let mut profile = cc::User::new(user.mcptt_id.as_str(), first);
    profile.public_user_ids.extend(user.public_user_ids.iter().skip(1).map(|id| id.as_str().into()));
    profile.dtls_srtp = user.dtls_srtp;
    profile.browser = user.browser;
    profile.access_token = user.access_token.map(cc::Secret::new);
    profile.max_authorisations = user.max_authorisations;
    profile.digest = user.digest.map(|own| cc::DigestUser::new(own.username, cc::Secret::new(own.password)));
    profile.prearranged_group_calls = user.prearranged_group_calls;
    profile.chat_group_calls = user.chat_group_calls;
    profile.pre_established_sessions = user.pre_established_sessions;
    profile.max_simultaneous_group_calls = user.max_simultaneous_group_calls;
    profile.max_affiliations = user.max_affiliations;
    profile.affiliation_groups =
        user.affiliation_groups.map(|groups| groups.iter().map(|id| GroupId::from(id.as_str())).collect());
    profile.implicit_affiliations =
        user.implicit_affiliations.iter().map(|id| GroupId::from(id.as_str())).collect();
    profile.remote_group_calls = user.remote_group_calls;
    profile.remote_group_selection =
        user.remote_group_selection.iter().map(|id| McpttId::from(id.as_str())).collect();
    profile.emergency_group_call = user.emergency_group_call;
    profile.imminent_peril_call = user.imminent_peril_call;
    profile.emergency_alert = user.emergency_alert;
    profile.cancel_group_emergency = user.cancel_emergencies;
    profile.cancel_imminent_peril = user.cancel_emergencies;
    profile.cancel_emergency_alert = user.cancel_emergencies;
    profile.organisation = user.organisation.as_deref().map(Into::into);
    profile.private_calls = user.private_calls.translate();
    profile.adhoc = user.adhoc_calls.translate();
    profile.participant_type = user.participant_type.as_deref().map(Into::into);
    profile.revoke_transmit = user.revoke_transmit;
    profile.location_requests = user.location_requests;
    profile.regroup = user.regroup;
    profile.functional_aliases = user.functional_aliases.iter().map(|alias| alias.as_str().into()).collect();
    profile
}

fn group(index: usize, group: Group) -> Result<cc::Group, FileError> {
    let mut document = cc::Group::prearranged(
        GroupId::from(group.id.as_str()),
        group.members.into_iter().map(member).collect(),
    );
    document.disabled = group.disabled;
    document.invite_members = group.invite_members;
    document.max_participants = group.max_participants;
    document.minimum_to_start = group.minimum_to_start;
    document.acknowledgement = group.acknowledgement_timeout.map(|Span(timeout)| cc::Acknowledgement {
        timeout,
        upon_expiry: cc::UponExpiry::from_document(&group.acknowledgement_action),
    });
    document.maximum_duration = group.maximum_duration.map(|span| span.0);
    document.hang_timer = group.hang_timer.map(|span| span.0);
    if let Some(hang_timer) = document.hang_timer {
        let setting = format!("group[{index}].hang-timer");
        floor::check(&Provisioned { setting, name: "T4", value: Value::Time(hang_timer) })?;
    }
    document.queueing = group.queueing;
    document.audio_cut_in = group.audio_cut_in;
    document.max_talkers = group.max_talkers;
    document.dual_floor = group.dual_floor.map(|hearing| match hearing {
        DualFloor::Overriding => cc::Hearing::Overriding,
        DualFloor::Overridden => cc::Hearing::Overridden,
        DualFloor::Both => cc::Hearing::Both,
    });
    document.protect_media = group.protect_media;
    document.dtls_srtp = group.dtls_srtp;
    document.distribution = group.distribution.map(Distribution::translate);
    document.multicast = group_address(index, group.multicast, group.protect_media)?;
    document.temporary = group.temporary;
    document.constituents = group.constituents.iter().map(|id| GroupId::from(id.as_str())).collect();
    document.regrouped_into = group.regrouped_into.as_deref().map(GroupId::from);
    document.preconfigured_use_only = group.preconfigured_use_only;
    Ok(document)
}

fn member(member: Member) -> cc::Member {
    let mut entry = cc::Member::new(McpttId::from(member.mcptt_id.as_str()));
    entry.user_priority = member.priority;
    entry.participant_type = member.participant_type.as_deref().map(Into::into);
    entry.required = member.required;
    entry.receive_only = member.receive_only;
    entry.multi_talker_allowed = member.multi_talker;
    entry.may_initiate = member.may_initiate;
    entry.may_join = member.may_join;
    entry.emergency_call = member.emergency_call;
    entry.imminent_peril_call = member.imminent_peril_call;
    entry.emergency_alert = member.emergency_alert;
    entry.conference_state = member.conference_state;
    entry
}
