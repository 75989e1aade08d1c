//! The fields of Floor Granted: the only message in which a set of fields repeats (TS 24.380 8.2.5).

use crate::floor::body::{Read, Sink};
use crate::floor::field::FloorField as F;
use crate::floor::message::{FloorGranted, QueuedUser};
use crate::floor::value::QueueInfo;
use crate::floor::{read, track_info};
use crate::id::{McpttId, Ssrc};
use crate::rtcp::message::{Body, Met, Put, emit, put, put_uri};
use crate::rtcp::{FieldId, FieldRef, FieldValue, Notes, requirement};

/// The queued user whose fields are being met.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    set: QueueSet,
    /// Where Queue Size stood.
    queue_size_at: usize,
    met: Met,
}

/// SSRC, Queued User ID and Queue Info that stand together: a run of them without repetition is one queued user, an
/// SSRC alone is the talker's.
#[derive(Debug, Default)]
struct QueueSet {
    /// Where it begins.
    at: usize,
    ssrc: Option<Ssrc>,
    user_id: Option<McpttId>,
    info: Option<QueueInfo>,
}

impl QueueSet {
    fn is_empty(&self) -> bool {
        self.ssrc.is_none() && self.user_id.is_none() && self.info.is_none()
    }

    /// Whether a field of this id can still belong to the set.
    fn has_place_for(&self, id: FieldId) -> bool {
        match id {
            FieldId::SSRC => self.ssrc.is_none(),
            FieldId::QUEUED_USER_ID => self.user_id.is_none(),
            FieldId::QUEUE_INFO => self.info.is_none(),
            _ => false,
        }
    }
}

impl FloorGranted {
    fn close_set(&mut self, set: QueueSet, notes: &mut Notes) {
        match (set.ssrc, set.user_id, set.info) {
            (None, None, None) => {}
            (Some(ssrc), None, None) if self.granted_ssrc.is_none() => self.granted_ssrc = Some(ssrc),
            (Some(_), None, None) => notes.add_at(set.at, requirement::DUPLICATE),
            //= 24.380-8.2.5
            (Some(ssrc), Some(user_id), Some(info)) => self.queued.push(QueuedUser { ssrc, user_id, info }),
            _ => notes.add_at(set.at, requirement::QUEUE_SET),
        }
    }
}

impl Body for FloorGranted {
    type Field = F;
    type Pending = Pending;

    fn put(&mut self, pending: &mut Pending, field: &FieldRef<'_>, notes: &mut Notes) -> Read {
        // A field of a later release is skipped as if it were not there, also inside of a set.
        if !F::is_assigned(field.id()) {
            return Ok(Put::NotListed);
        }
        let set = &mut pending.set;
        if !set.has_place_for(field.id()) && !set.is_empty() {
            self.close_set(std::mem::take(set), notes);
        }
        if set.is_empty() {
            set.at = field.offset();
        }
        Ok(match field.id() {
            FieldId::SSRC => put(&mut set.ssrc, read::ssrc(field, notes)?),
            FieldId::QUEUED_USER_ID => put_uri(&mut set.user_id, read::uri(field, notes), McpttId),
            FieldId::QUEUE_INFO => put(&mut set.info, read::queue_info(field, notes)?),
            FieldId::DURATION => {
                let duration = read::duration(field, notes)?;
                // Zero states nothing, and is the first one all the same.
                pending.met.put(field.id(), &mut self.duration, Some(duration).filter(|told| !told.is_zero()))
            }
            FieldId::FLOOR_PRIORITY => put(&mut self.priority, read::priority(field, notes)?),
            FieldId::USER_ID => put_uri(&mut self.user_id, read::uri(field, notes), McpttId),
            FieldId::QUEUE_SIZE => {
                if self.queue_size.is_none() {
                    pending.queue_size_at = field.offset();
                }
                put(&mut self.queue_size, field.u16()?)
            }
            FieldId::TRACK_INFO => put(&mut self.track_info, track_info::decode(field, notes)?),
            FieldId::FLOOR_INDICATOR => put(&mut self.indicator, read::indicator(field, notes)?),
            _ => Put::NotListed,
        })
    }

    fn finish(&mut self, pending: Pending, notes: &mut Notes) {
        self.close_set(pending.set, notes);
        //= 24.380-8.2.3.9
        if self.queue_size.is_some_and(|size| usize::from(size) != self.queued.len()) {
            notes.add_at(pending.queue_size_at, requirement::QUEUE_SIZE);
        }
    }

    fn each_field(&self, sink: Sink<'_>) {
        emit(sink, &self.duration, F::Duration);
        emit(sink, &self.granted_ssrc, F::Ssrc);
        emit(sink, &self.priority, F::FloorPriority);
        emit(sink, &self.user_id, F::UserId);
        emit(sink, &self.queue_size, F::QueueSize);
        for queued in &self.queued {
            sink(F::Ssrc(queued.ssrc));
            sink(F::QueuedUserId(queued.user_id.clone()));
            sink(F::QueueInfo(queued.info));
        }
        emit(sink, &self.track_info, F::TrackInfo);
        emit(sink, &self.indicator, F::FloorIndicator);
    }
}
