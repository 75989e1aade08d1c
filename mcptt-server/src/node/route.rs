//! Translation between the planes: call control's words on one side, the media plane's on the other, one to one.

use call_control::config::Hearing;
use call_control::media as from;
use media_plane::signalling as to;
use media_plane::signalling::{Indication, Signalling};

pub(super) fn signalling(command: from::MediaCommand) -> Option<Signalling> {
    Some(match command {
        from::MediaCommand::CallInitiated { call, settings } => {
            Signalling::CallInitiated { call, settings: call_settings(settings) }
        }
        from::MediaCommand::UnconfirmedIndication { call } => Signalling::UnconfirmedIndication { call },
        from::MediaCommand::LegConnected { call, leg, participant: who } => {
            Signalling::LegConnected { call, leg, participant: Box::new(participant(who)) }
        }
        from::MediaCommand::FinalResponsesReceived { call } => Signalling::FinalResponsesReceived { call },
        from::MediaCommand::LegLeft { call, leg } => Signalling::LegLeft { call, leg },
        from::MediaCommand::ReleaseStarted { call } => Signalling::ReleaseStarted { call },
        from::MediaCommand::ReleaseFinished { call } => Signalling::ReleaseFinished { call },
        // The enum may grow; what the media plane has no word for does not concern it.
        _ => return None,
    })
}

pub(super) fn media_indication(indication: Indication) -> Option<from::MediaIndication> {
    Some(match indication {
        Indication::Inactive { call } => from::MediaIndication::Inactive { call },
        // A leg the media plane cannot serve is taken out of the call like one that does not answer.
        Indication::LegUnresponsive { call, leg } | Indication::LegRefused { call, leg, .. } => {
            from::MediaIndication::LegUnresponsive { call, leg }
        }
        // Nobody in that call gets floor control; an idle call ends by policy.
        Indication::CallRefused { call, .. } => from::MediaIndication::Inactive { call },
        _ => return None,
    })
}

fn call_settings(settings: from::CallSettings) -> to::CallSettings {
    to::CallSettings {
        group: settings.group,
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
            floor_ssrc: participant.floor_parameters.floor_ssrc,
        },
        protection: participant
            .protection
            .map(|keys| to::MediaProtection { send: keys.send, receive: keys.receive }),
        floor_protection: None,
        payload_types: vec![participant.payload_type],
        audio_ssrc: participant.audio_ssrc,
    }
}

fn endpoint(endpoint: from::MediaEndpoint) -> to::MediaEndpoint {
    to::MediaEndpoint { local: endpoint.local, remote: endpoint.remote }
}
