//! The view of RTCP feedback messages, both ways.

use bytes::BytesMut;

use super::Shown;
use super::report::{octets, show_some, ssrc};
use crate::cursor::Writer;
use crate::id::Ssrc;
use crate::rtcp::feedback::{
    Feedback, FeedbackFormat, FeedbackMessage, MaxBitrate, PayloadMessage, TransportMessage,
};
use crate::value::{Keys, Value, ViewError};

/// Transport layer feedback; what it says is told by `information`, the rest is for people.
pub(super) fn show_transport(feedback: &Feedback<TransportMessage>) -> Shown {
    let mut shown = show(feedback);
    match &feedback.message {
        TransportMessage::GenericNack(entries) => {
            let lost: Vec<u16> = entries.iter().flat_map(|entry| entry.lost()).collect();
            shown.push(("lost", Value::list(&lost, |sequence| (*sequence).into())));
        }
        TransportMessage::MaxBitrateRequest(entries) | TransportMessage::MaxBitrateNotification(entries) => {
            shown.push(("bit_rates", Value::list(entries, show_bit_rate)));
        }
        TransportMessage::TransportWide(wide) => shown.extend([
            ("base_sequence", Value::from(wide.base_sequence)),
            ("status_count", wide.status_count.into()),
            ("reference_time", wide.reference_time.into()),
            ("feedback_count", wide.feedback_count.into()),
        ]),
        TransportMessage::Other { .. } => {}
    }
    shown
}

/// Payload-specific feedback.
pub(super) fn show_payload(feedback: &Feedback<PayloadMessage>) -> Shown {
    let mut shown = show(feedback);
    let kind = match &feedback.message {
        PayloadMessage::PictureLoss => "picture loss",
        PayloadMessage::SliceLoss(_) => "slice loss",
        PayloadMessage::ReferencePictureSelection(_) => "reference picture selection",
        PayloadMessage::FullIntraRequest(_) => "full intra request",
        PayloadMessage::EstimatedMaxBitrate(_) => "estimated maximum bit rate",
        PayloadMessage::ApplicationLayer(_) => "application layer",
        PayloadMessage::Other { .. } => "unknown",
    };
    shown.push(("kind", Value::text(kind)));
    shown
}

fn show<M: FeedbackMessage>(feedback: &Feedback<M>) -> Shown {
    let mut information = BytesMut::new();
    // What was read can be written; whatever goes wrong, the octets of the packet are shown then.
    let written = feedback.message.write(&mut Writer::new(&mut information));
    let information = if written.is_ok() { information.freeze() } else { bytes::Bytes::new() };
    let mut shown = vec![
        ("ssrc", feedback.sender.0.into()),
        ("media_ssrc", feedback.media.0.into()),
        ("format", feedback.message.format().0.into()),
        ("information", Value::hex(&information)),
    ];
    shown.extend(show_some("padding", &feedback.padding));
    shown
}

fn show_bit_rate(entry: &MaxBitrate) -> Value {
    Value::Object(vec![
        ("ssrc", entry.ssrc.0.into()),
        ("bit_rate", entry.bit_rate().into()),
        ("overhead", entry.overhead.into()),
    ])
}

/// The feedback that the keys describe: the inverse of [`show_transport`] and [`show_payload`].
pub(super) fn from_view<M: FeedbackMessage>(keys: &mut Keys<'_>) -> Result<Feedback<M>, ViewError> {
    keys.ignore(&["lost", "bit_rates", "kind"]);
    keys.ignore(&["base_sequence", "status_count", "reference_time", "feedback_count"]);
    let format = FeedbackFormat(keys.need(&["format"])?.integer(0, 31)?);
    Ok(Feedback {
        sender: ssrc(keys)?,
        media: Ssrc(keys.or_default(&["media_ssrc"], |place| place.u32())?),
        message: M::read(format, octets(keys, "information")?),
        padding: octets(keys, "padding")?,
    })
}
