//! The messages of the server. Each carries the Floor Indicator of the call, and the Track Info of what it answers.

use std::time::Duration;

use mcptt_codec::floor::{
    FloorAck, FloorDeny, FloorGranted, FloorIdle, FloorIndicator, FloorMessage, FloorQueuePositionInfo,
    FloorReleaseMultiTalker, FloorRevoke, FloorTaken, MessageSequenceNumber, MessageType, QueueInfo,
    QueuedFloorRequests, QueuedFloorRequestsPurpose, RejectCause, ResponseState, RevokeCause, Source,
    TrackInfo,
};
use mcptt_codec::id::{LegRef, McpttId};

use super::arbitration::{DEFAULT_PRIORITY, Mode};
use super::context::Context;
use super::disclosed::Disclosed;
use super::general::{Talk, Talks};

impl Context {
    //= 24.380-6.3.4.4.2:3f
    fn indicator(&self) -> FloorIndicator {
        let mut indicator = self.call.indicator;
        if self.call.queueing {
            indicator |= FloorIndicator::QUEUEING;
        }
        if matches!(self.mode, Mode::Several(_)) {
            indicator |= FloorIndicator::MULTI_TALKER;
        }
        indicator
    }

    /// The number of the next message that the general machine originates.
    fn next_sequence(&mut self) -> MessageSequenceNumber {
        self.sequence = self.sequence.next();
        self.sequence
    }

    //= 24.380-6.3.4.4.2:1
    pub(super) fn floor_granted(
        &self,
        talk: &Talk,
        time_left: Duration,
        track_info: Option<TrackInfo>,
    ) -> FloorMessage {
        FloorMessage::Granted(FloorGranted {
            ssrc: self.ssrc,
            ack_requested: self.policy.acknowledge.granted,
            duration: Some(whole_seconds(time_left)),
            priority: Some(talk.rank.floor_priority()),
            //= 24.380-6.3.4.4.2:1f
            granted_ssrc: Some(talk.ssrc),
            indicator: Some(self.indicator()),
            track_info,
            ..FloorGranted::default()
        })
    }

    /// Who talks: one message, however many they are.
    //= 24.380-6.3.4.4.2:3
    pub(super) fn floor_taken(&mut self, talks: &Talks) -> FloorMessage {
        let mut message = match talks.only() {
            Some(talk) => self.taken_by(talk),
            None => self.taken(),
        };
        if matches!(self.mode, Mode::Several(_)) {
            // A talker that wants privacy keeps its place with an empty identity: the lists go together.
            //= 24.380-6.3.4.4.7a:3c
            message.granted_users =
                talks.iter().map(|talk| talk.shown.clone().unwrap_or_else(|| "".into())).collect();
            message.ssrcs = talks.iter().map(|talk| talk.ssrc).collect();
            let disclosed = || talks.iter().map(|talk| &talk.disclosed);
            if disclosed().any(|talk| talk.functional_alias.is_some()) {
                let alias = |talk: &Disclosed| talk.functional_alias.clone().unwrap_or_default();
                message.functional_aliases = disclosed().map(alias).collect();
            }
            if disclosed().any(|talk| talk.location.is_some()) {
                let location = |talk: &Disclosed| talk.location.clone().unwrap_or_default();
                message.locations = disclosed().map(location).collect();
            }
        }
        FloorMessage::Taken(message)
    }

    /// The same for the one participant that this Track Info names.
    pub(super) fn floor_taken_for(&mut self, talks: &Talks, track_info: Option<TrackInfo>) -> FloorMessage {
        match self.floor_taken(talks) {
            FloorMessage::Taken(taken) => FloorMessage::Taken(FloorTaken { track_info, ..taken }),
            other => other,
        }
    }

    /// One of those who talk.
    pub(super) fn floor_taken_by(&mut self, talk: &Talk) -> FloorMessage {
        FloorMessage::Taken(self.taken_by(talk))
    }

    fn taken_by(&mut self, talk: &Talk) -> FloorTaken {
        FloorTaken {
            granted_party: talk.shown.clone(),
            talker_ssrc: Some(talk.ssrc),
            track_info: talk.track_info.clone(),
            functional_alias: talk.disclosed.functional_alias.clone(),
            location: talk.disclosed.location.clone(),
            ..self.taken()
        }
    }

    /// Floor Taken without its talkers.
    fn taken(&mut self) -> FloorTaken {
        FloorTaken {
            ssrc: self.ssrc,
            ack_requested: self.policy.acknowledge.taken,
            //= 24.380-6.3.4.4.2:3d
            permission_to_request: Some(self.call.broadcast_initiator.is_none()),
            sequence: Some(self.next_sequence()),
            indicator: Some(self.indicator()),
            ..FloorTaken::default()
        }
    }

    /// One of several talkers has stopped.
    pub(super) fn floor_release_multi_talker(&self, ended: &Talk) -> FloorMessage {
        FloorMessage::ReleaseMultiTalker(FloorReleaseMultiTalker {
            ssrc: self.ssrc,
            user_id: ended.shown.clone(),
            talker_ssrc: Some(ended.ssrc),
            indicator: Some(self.indicator()),
            track_info: ended.track_info.clone(),
        })
    }

    pub(super) fn floor_idle(&mut self) -> FloorMessage {
        FloorMessage::Idle(FloorIdle {
            ssrc: self.ssrc,
            ack_requested: self.policy.acknowledge.idle,
            sequence: Some(self.next_sequence()),
            indicator: Some(self.indicator()),
            ..FloorIdle::default()
        })
    }

    pub(super) fn floor_deny(&self, cause: RejectCause, track_info: Option<TrackInfo>) -> FloorMessage {
        FloorMessage::Deny(FloorDeny {
            ssrc: self.ssrc,
            ack_requested: self.policy.acknowledge.deny,
            cause: Some(cause),
            indicator: Some(self.indicator()),
            track_info,
            ..FloorDeny::default()
        })
    }

    pub(super) fn floor_revoke(&self, cause: RevokeCause, track_info: Option<TrackInfo>) -> FloorMessage {
        FloorMessage::Revoke(FloorRevoke {
            ssrc: self.ssrc,
            cause: Some(cause),
            indicator: Some(self.indicator()),
            track_info,
            ..FloorRevoke::default()
        })
    }

    /// Where the request of a participant stands in the queue.
    pub(super) fn queue_position_info(&self, leg: LegRef, track_info: Option<TrackInfo>) -> FloorMessage {
        let priority = self
            .queue
            .find(leg, track_info.as_ref())
            .map_or(DEFAULT_PRIORITY, |request| request.rank.floor_priority());
        FloorMessage::QueuePositionInfo(FloorQueuePositionInfo {
            ssrc: self.ssrc,
            ack_requested: self.policy.acknowledge.queue_position_info,
            info: Some(QueueInfo { position: self.queue.position(leg, track_info.as_ref()), priority }),
            indicator: Some(self.indicator()),
            track_info,
            ..FloorQueuePositionInfo::default()
        })
    }

    /// `users` may be empty: then the field is left out.
    pub(super) fn queued_floor_requests(
        &self,
        purpose: QueuedFloorRequestsPurpose,
        users: Vec<McpttId>,
        state: Option<ResponseState>,
        track_info: Option<TrackInfo>,
    ) -> FloorMessage {
        FloorMessage::QueuedFloorRequests(QueuedFloorRequests {
            ssrc: self.ssrc,
            ack_requested: self.policy.acknowledge.queued_floor_requests,
            purpose: Some(purpose),
            queued_users: users,
            response_state: state,
            track_info,
        })
    }

    pub(super) fn floor_ack(&self, of: &FloorMessage, track_info: Option<TrackInfo>) -> FloorMessage {
        FloorMessage::Ack(FloorAck {
            ssrc: self.ssrc,
            source: Some(Source::CONTROLLING),
            message_type: Some(MessageType::acknowledging(of.subtype())),
            track_info,
            ..FloorAck::default()
        })
    }
}

/// A time as Duration states it; never 0, which has no meaning on the wire.
fn whole_seconds(time: Duration) -> Duration {
    Duration::from_secs(time.as_secs().max(1))
}
