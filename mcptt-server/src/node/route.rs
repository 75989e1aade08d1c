//! Translation between the planes: call control's words on one side, the media plane's on the other, one to one.

use std::net::SocketAddr;

use call_control::config::{DistributionMode, Hearing};
use call_control::media as from;
use mcptt_codec::floor::{FloorPriority, FloorRequest, QueueingCapability, TrackInfo};
use mcptt_codec::subchannel::{MbmsSubchannel, MediaLine};
use media_plane::audio::Codec;
use media_plane::crypto::dtls;
use media_plane::distribution::{DistributionSettings, WantedMode};
use media_plane::floor::non_controlling::NonControllingSettings;
use media_plane::quality;
use media_plane::signalling as to;
use media_plane::signalling::{
    Indication, MbmsSignalling, NonControllingSignalling, RelaySignalling, Signalling,
};
use media_plane::web::Browser;
use zeroize::Zeroizing;

pub(super) fn signalling(command: from::MediaCommand) -> Option<Signalling> {
    Some(match command {
        from::MediaCommand::CallInitiated { call, settings } => {
            Signalling::CallInitiated { call, settings: call_settings(settings) }
        }
        from::MediaCommand::UnconfirmedIndication { call } => Signalling::UnconfirmedIndication { call },
        from::MediaCommand::LegConnected { call, leg, participant: who } => {
            Signalling::LegConnected { call, leg, participant: Box::new(participant(who)) }
        }
        from::MediaCommand::TierChanged { call, indicator } => Signalling::TierChanged { call, indicator },
        from::MediaCommand::ImplicitRequest { call, leg } => Signalling::ImplicitRequest { call, leg },
        from::MediaCommand::FinalResponsesReceived { call } => Signalling::FinalResponsesReceived { call },
        from::MediaCommand::UserLocation { mcptt_id, location } => {
            Signalling::UserLocation { mcptt_id, location }
        }
        from::MediaCommand::ConstituentRequest { call, leg, request } => {
            Signalling::ConstituentRequest { call, leg, request: Box::new(floor_request(request)) }
        }
        from::MediaCommand::NonControllingInitiated { call, settings, controlling } => {
            Signalling::NonControlling(NonControllingSignalling::Initiated {
                call,
                settings: non_controlling_settings(settings),
                controlling: Box::new(peer_leg(controlling)),
            })
        }
        from::MediaCommand::ControlHandedOver { call, settings, controlling } => {
            Signalling::NonControlling(NonControllingSignalling::Switched {
                call,
                settings: non_controlling_settings(settings),
                controlling: Box::new(peer_leg(controlling)),
            })
        }
        from::MediaCommand::ControlResumed { call, settings } => {
            let settings = call_settings(settings);
            Signalling::NonControlling(NonControllingSignalling::Resumed { call, settings })
        }
        from::MediaCommand::RelayStarted { call, group, client, controlling, .. } => {
            Signalling::Relay(RelaySignalling::Started {
                call,
                group,
                // Who has been given keys, the node knows.
                musik: false,
                client: Box::new(peer_leg(client)),
                controlling: Box::new(peer_leg(controlling)),
            })
        }
        from::MediaCommand::RelayEnded { call } => Signalling::ReleaseFinished { call },
        from::MediaCommand::BearerActivated { bearer, audio, floor } => {
            let (tmgi, bearer) = (bearer.tmgi, Box::new(mbms_bearer(&bearer, audio, floor)?));
            Signalling::Mbms(MbmsSignalling::BearerActivated { tmgi, bearer })
        }
        from::MediaCommand::BearerDeactivated { tmgi } => {
            Signalling::Mbms(MbmsSignalling::BearerDeactivated { tmgi })
        }
        from::MediaCommand::ListeningStatus { call, tmgi, listening } => {
            Signalling::Mbms(MbmsSignalling::ListeningStatus { call, tmgi, listening })
        }
        from::MediaCommand::AssociationRenewed { call, leg, agreed } => {
            Signalling::AssociationRenewed { call, leg, peer: Box::new(dtls_peer(agreed)) }
        }
        from::MediaCommand::LegLeft { call, leg } => Signalling::LegLeft { call, leg },
        from::MediaCommand::ListenerConnected { call, leg, listener } => {
            Signalling::ListenerConnected { call, leg, listener: Box::new(participant(listener)) }
        }
        from::MediaCommand::ListenerLeft { call, leg } => Signalling::ListenerLeft { call, leg },
        from::MediaCommand::ReleaseStarted { call } => Signalling::ReleaseStarted { call },
        from::MediaCommand::ReleaseFinished { call } => Signalling::ReleaseFinished { call },
        from::MediaCommand::Session(command) => return session(command),
        // The enum may grow; what the media plane has no word for does not concern it.
        _ => return None,
    })
}

fn session(command: from::SessionCommand) -> Option<Signalling> {
    use from::SessionCommand as From;
    use to::SessionSignalling as To;
    Some(Signalling::Session(match command {
        From::Established { session, client } => {
            To::Established { session, musik: false, client: Box::new(peer(client)) }
        }
        From::Modified { session, client } => To::Modified { session, client: Box::new(peer(client)) },
        From::Connect { session, group, controlling, connect } => {
            To::Connect { session, group, controlling: Box::new(peer(controlling)), connect }
        }
        From::Disconnect { session, acknowledged } => To::Disconnect { session, acknowledged },
        From::Released { session } => return Some(Signalling::ReleaseFinished { call: session }),
        _ => return None,
    }))
}

fn peer(peer: from::PeerMedia) -> to::PeerLeg {
    to::PeerLeg {
        leg: peer.leg,
        audio: endpoint(peer.audio),
        floor: endpoint(peer.floor),
        protection: peer.protection.map(protection),
        floor_protection: None,
    }
}

pub(super) fn media_indication(indication: Indication) -> Option<from::MediaIndication> {
    Some(match indication {
        Indication::Inactive { call } => from::MediaIndication::Inactive { call },
        Indication::Talking { call, leg, talking } => from::MediaIndication::Talking { call, leg, talking },
        Indication::SessionAccepted { session } => from::MediaIndication::SessionAccepted { session },
        Indication::SessionRefused { session, code } => {
            from::MediaIndication::SessionRefused { session, code }
        }
        Indication::SessionNotAnswered { session } => from::MediaIndication::SessionNotAnswered { session },
        // Call control knows which references are those of its sessions.
        Indication::LegRefused { call, leg, .. } if from::is_session(call) => {
            from::MediaIndication::SessionUnusable { session: call, leg: Some(leg) }
        }
        Indication::CallRefused { call, .. } if from::is_session(call) => {
            from::MediaIndication::SessionUnusable { session: call, leg: None }
        }
        // A leg the media plane cannot serve is taken out of the call like one that does not answer.
        Indication::LegUnresponsive { call, leg } | Indication::LegRefused { call, leg, .. } => {
            from::MediaIndication::LegUnresponsive { call, leg }
        }
        // Nobody in that call gets floor control; an idle call ends by policy.
        Indication::CallRefused { call, .. } => from::MediaIndication::Inactive { call },
        Indication::TalkerHandedOver { call, ssrc, priority, reference, queueing, indicator } => {
            let request = from::ConstituentRequest { ssrc, priority, reference, queueing, indicator };
            from::MediaIndication::TalkerHandedOver { call, request }
        }
        _ => return None,
    })
}

fn non_controlling_settings(settings: from::NonControllingSettings) -> NonControllingSettings {
    NonControllingSettings {
        participant_type: settings.participant_type.unwrap_or(NonControllingSettings::UNKNOWN_TYPE),
        indicator: settings.indicator,
    }
}

fn peer_leg(leg: from::FunctionLeg) -> to::PeerLeg {
    to::PeerLeg {
        leg: leg.leg,
        audio: endpoint(leg.audio),
        floor: endpoint(leg.floor),
        protection: leg.protection.map(protection),
        floor_protection: None,
    }
}

/// What call control has agreed on, as the media plane wants it.
pub(crate) fn protection(agreed: from::MediaProtection) -> to::Keying {
    match agreed {
        from::MediaProtection::Keys { send, receive } => {
            to::MediaProtection { send: *send, receive: *receive }.into()
        }
        from::MediaProtection::Dtls(agreed) => to::Keying::Dtls(dtls_peer(agreed)),
        from::MediaProtection::Web(agreed) => to::Keying::Web(Box::new(Browser {
            dtls: dtls_peer(agreed.dtls),
            own_ufrag: agreed.own_ufrag.0.to_string(),
            own_password: Zeroizing::new(agreed.own_password.0.to_string()),
            peer_ufrag: agreed.peer_ufrag.0.to_string(),
            floor_secret: Zeroizing::new(agreed.floor_secret.0.to_string()),
        })),
    }
}

fn dtls_peer(agreed: from::DtlsAgreement) -> dtls::Peer {
    dtls::Peer {
        role: if agreed.active { dtls::Role::Active } else { dtls::Role::Passive },
        fingerprints: agreed.peer,
        rtcp_mux: agreed.rtcp_mux,
        id: agreed.peer_id.map(|id| id.to_string()),
    }
}

/// A bearer as the description in its announcement numbers the media lines: the general purpose subchannel is the first one,
/// each subchannel has one of voice and one of floor control. `None`: more than have numbers.
fn mbms_bearer(
    bearer: &call_control::config::MbmsBearer,
    audio: SocketAddr,
    floor: SocketAddr,
) -> Option<to::Bearer> {
    let line = |number: usize| MediaLine::new(u8::try_from(number).ok()?);
    let subchannels = bearer.subchannels.iter().enumerate().map(|(at, subchannel)| {
        let first = at.checked_mul(2)?.checked_add(2)?;
        Some(to::BearerSubchannel {
            addresses: MbmsSubchannel {
                audio: line(first)?,
                floor_control: Some((line(first.checked_add(1)?)?, subchannel.floor_port.into())),
                media_port: subchannel.audio_port.into(),
                address: subchannel.address,
            },
            local_audio: audio,
            local_floor: floor,
            floor_protection: None,
        })
    });
    Some(to::Bearer {
        general_purpose: to::MediaEndpoint { local: floor, remote: bearer.general_purpose },
        protection: None,
        subchannels: subchannels.collect::<Option<_>>()?,
    })
}

/// What a constituent group has asked for by SIP INFO, in the words of a Floor Request.
fn floor_request(request: from::ConstituentRequest) -> FloorRequest {
    FloorRequest {
        ssrc: request.ssrc,
        priority: Some(FloorPriority(request.priority)),
        track_info: Some(TrackInfo {
            queueing_capability: match request.queueing {
                true => QueueingCapability::SUPPORTED,
                false => QueueingCapability::NOT_SUPPORTED,
            },
            participant_type: NonControllingSettings::UNKNOWN_TYPE,
            references: vec![request.reference],
        }),
        indicator: Some(request.indicator),
        ..FloorRequest::default()
    }
}

fn call_settings(settings: from::CallSettings) -> to::CallSettings {
    to::CallSettings {
        group: settings.group,
        floor_control: settings.floor_control,
        broadcast_initiator: settings.broadcast_initiator,
        indicator: settings.indicator,
        queueing: settings.queueing,
        audio_cut_in: settings.audio_cut_in,
        max_talkers: settings.max_talkers,
        dual_floor: settings.dual_floor.map(|hearing| match hearing {
            Hearing::Overriding => to::Hearing::Overriding,
            Hearing::Overridden => to::Hearing::Overridden,
            Hearing::Both => to::Hearing::Both,
        }),
        hang_timer: settings.hang_timer,
        talk_limit: settings.talk_limit,
        codec: quality::CodecModel::named(settings.audio.encoding.as_str(), settings.audio.clock_rate),
        record: settings.record,
        distribution: distribution(settings.distribution),
        sealed: settings.audio.sealed,
    }
}

fn participant(participant: from::Participant) -> to::Participant {
    to::Participant {
        mcptt_id: participant.mcptt_id,
        entry: match participant.entry {
            from::Entry::Originator { implicit_request } => to::Entry::Originator { implicit_request },
            from::Entry::Invited => to::Entry::Invited,
            from::Entry::Joining { implicit_request } => to::Entry::Joining { implicit_request },
        },
        audio: endpoint(participant.audio),
        floor: endpoint(participant.floor),
        floor_parameters: to::FloorParameters {
            queueing: participant.floor_parameters.queueing,
            priority: participant.floor_parameters.priority,
            receive_only: participant.floor_parameters.receive_only,
            emergency_allowed: participant.floor_parameters.emergency_allowed,
            multi_talker_allowed: participant.floor_parameters.multi_talker_allowed,
            privacy: participant.floor_parameters.privacy,
            cancels_queued: participant.floor_parameters.cancels_queued,
            revokes_others: participant.floor_parameters.revokes_others,
            functional_aliases: participant.floor_parameters.functional_aliases,
            location: None,
            floor_ssrc: participant.floor_parameters.floor_ssrc,
            function: participant.floor_parameters.function,
        },
        protection: participant.protection.map(protection),
        floor_protection: None,
        payload_types: vec![participant.payload_type],
        audio_ssrc: participant.audio_ssrc,
        voice: to::VoiceFormat {
            codec: participant.encoding.and_then(Codec::named),
            extensions: to::ExtensionIds {
                talker: participant.extensions[0],
                location: participant.extensions[1],
            },
            redundancy: to::RedundancyTypes {
                redundant: participant.redundancy.redundant,
                ulp: participant.redundancy.ulp,
                flexible: participant.redundancy.flexible,
            },
        },
    }
}

fn distribution(distribution: from::Distribution) -> DistributionSettings {
    DistributionSettings {
        wanted: match distribution.mode {
            DistributionMode::Auto => WantedMode::Auto,
            DistributionMode::Forwarding => WantedMode::Forwarding,
            DistributionMode::Mixing => WantedMode::Mixing,
            DistributionMode::Multicast => WantedMode::Multicast,
        },
        local_network: distribution.local_network,
        multicast: distribution.multicast,
        members: distribution.members,
        peer_to_peer_members: distribution.peer_to_peer_members,
    }
}

fn endpoint(endpoint: from::MediaEndpoint) -> to::MediaEndpoint {
    to::MediaEndpoint { local: endpoint.local, remote: endpoint.remote }
}
