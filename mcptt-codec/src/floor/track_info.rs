//! Track Info (TS 24.380 8.2.3.13): through which non-controlling functions a message came.

use crate::cursor::{Reader, Writer, padding_to_word};
use crate::rtcp::{FieldError, FieldRef, Notes, requirement};
use crate::text::ByteStr;

/// Whether the originator of a message can be queued.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct QueueingCapability(pub u8);

impl QueueingCapability {
    /// It cannot.
    pub const NOT_SUPPORTED: Self = Self(0);
    /// It can.
    pub const SUPPORTED: Self = Self(1);
}

/// Track Info. A receiver that answers the message echoes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TrackInfo {
    /// Whether the originator can be queued.
    pub queueing_capability: QueueingCapability,
    /// Participant type from the service configuration of the originating system, 1 to 250 octets or so.
    pub participant_type: ByteStr,
    /// One reference per non-controlling function on the way: each appends its own, the answer removes the last.
    pub references: Vec<u32>,
}

/// Octets before the participant type.
const FIXED: usize = 2;
/// Octets of a reference.
const REFERENCE: usize = 4;

/// The three ways in which senders count the length of the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// Everything: the reading of this project.
    Everything,
    /// Everything but the inner padding.
    WithoutInnerPadding,
    /// The queueing capability and the references only, the sentence of the clause taken literally.
    WithoutType,
}

/// The sizes inside a Track Info, worked out from its length and its type length.
#[derive(Clone, Copy, Debug)]
struct Layout {
    reading: Reading,
    type_len: usize,
    references: usize,
}

impl Layout {
    fn new(value: &[u8], following: &[u8]) -> Option<Self> {
        // The literal reading may count the queueing capability only: then the type length stands behind the value.
        let type_len = usize::from(*value.iter().chain(following).nth(1)?);
        let padded = type_len.saturating_add(padding_to_word(type_len));
        let read = |reading, counted: usize| {
            let octets = value.len().checked_sub(counted)?;
            (octets % REFERENCE == 0).then_some(Self { reading, type_len, references: octets / REFERENCE })
        };
        read(Reading::Everything, FIXED.saturating_add(padded))
            .or_else(|| read(Reading::WithoutInnerPadding, FIXED.saturating_add(type_len)))
            .or_else(|| read(Reading::WithoutType, 1))
    }

    fn inner_padding(self) -> usize {
        padding_to_word(self.type_len)
    }

    /// Octets of the field behind its length octet.
    fn content(self) -> usize {
        FIXED
            .saturating_add(self.type_len)
            .saturating_add(self.inner_padding())
            .saturating_add(self.references.saturating_mul(REFERENCE))
    }
}

/// Octets behind `value` that belong to the field although the sender did not count them.
pub(super) fn uncounted_octets(value: &[u8], following: &[u8]) -> usize {
    let Some(layout) = Layout::new(value, following) else { return 0 };
    let uncounted = layout.content().saturating_sub(value.len());
    if uncounted <= following.len() { uncounted } else { 0 }
}

pub(super) fn decode(field: &FieldRef<'_>, notes: &mut Notes) -> Result<TrackInfo, FieldError> {
    let content = field.content();
    let (value, following) = content.split_at_checked(field.value().len()).ok_or(FieldError::Length)?;
    let layout = Layout::new(value, following).filter(|layout| layout.content() == content.len());
    let layout = layout.ok_or(FieldError::Length)?;
    //= 24.380-8.2.3.13:length
    notes.add_if(layout.reading != Reading::Everything, requirement::TRACK_INFO_LENGTH);
    read(field, layout, &mut Reader::new(content), notes).ok_or(FieldError::Length)
}

fn read<'a>(
    field: &FieldRef<'a>,
    layout: Layout,
    reader: &mut Reader<'a>,
    notes: &mut Notes,
) -> Option<TrackInfo> {
    let queueing_capability = QueueingCapability(reader.u8("queueing capability").ok()?);
    notes.add_if(queueing_capability.0 > QueueingCapability::SUPPORTED.0, requirement::ENUMERATION);
    reader.u8("participant type length").ok()?;
    let participant_type = reader.take(layout.type_len, "participant type").ok()?;
    let padding = reader.take(layout.inner_padding(), "participant type padding").ok()?;
    //= 24.380-8.2.3.13:padding
    notes.add_if(padding.iter().any(|octet| *octet != 0), requirement::TRACK_INFO_PADDING);
    let participant_type = field.text(participant_type, notes);
    let references =
        (0..layout.references).map(|_| reader.u32("reference").ok()).collect::<Option<Vec<u32>>>()?;
    Some(TrackInfo { queueing_capability, participant_type, references })
}

pub(super) fn value_len(track: &TrackInfo) -> usize {
    let type_len = track.participant_type.as_bytes().len();
    FIXED
        .saturating_add(type_len)
        .saturating_add(padding_to_word(type_len))
        .saturating_add(track.references.len().saturating_mul(REFERENCE))
}

pub(super) fn write(track: &TrackInfo, writer: &mut Writer<'_>) {
    let participant_type = track.participant_type.as_bytes();
    writer.u8(track.queueing_capability.0);
    // A longer type makes the field longer than its length octet can say, which refuses the whole field.
    writer.u8(u8::try_from(participant_type.len()).unwrap_or(u8::MAX));
    writer.slice(participant_type);
    for _ in 0..padding_to_word(participant_type.len()) {
        writer.u8(0);
    }
    for reference in &track.references {
        writer.u32(*reference);
    }
}
