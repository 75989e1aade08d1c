//! From what shards have left to what is shown: the names, and what they mean.

use std::fmt::Error;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use call_control::event::Function;
use media_plane::Discard;
use media_plane::counters::Waits;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;

use super::{Figures, Snapshot};
use crate::driver::recording::Counts;

/// Shows the figures.
#[derive(Debug)]
pub(super) struct Collect(pub Arc<Figures>);

/// A figure of one shard.
type Of = fn(&Snapshot) -> u64;

/// A figure of what writes recordings.
type OfRecordings = fn(&Counts) -> u64;

/// Counters of the media plane and of the sockets: name without `_total`, help, value.
const COUNTERS: [(&str, &str, Of); 29] = [
    ("mcptt_datagrams_received", "UDP datagrams read", |one| one.datagrams.received),
    ("mcptt_datagrams_sent", "UDP datagrams handed to sockets", |one| one.datagrams.sent),
    ("mcptt_datagrams_lost", "UDP datagrams that the operating system did not take", |one| {
        one.datagrams.lost
    }),
    (
        "mcptt_datagrams_dropped",
        "UDP datagrams of media and floor control that the operating system had no room for",
        |one| one.datagrams.dropped,
    ),
    ("mcptt_rtp_packets_accepted", "RTP packets of permitted talkers", |one| one.media.media_accepted),
    ("mcptt_rtp_packets_sent", "RTP packets sent, one for each listener", |one| one.media.media_sent),
    ("mcptt_rtp_octets_sent", "Octets of these packets without protection", |one| {
        one.media.media_octets_sent
    }),
    ("mcptt_rtp_packets_missing", "RTP packets of talk spurts that have not come, by their numbers", |one| {
        one.media.media_lost
    }),
    ("mcptt_rtp_packets_relayed", "RTP packets relayed between clients and controlling functions", |one| {
        one.media.media_relayed
    }),
    ("mcptt_rtp_early_given_up", "RTP packets of a talker that nobody could hear yet, given up", |one| {
        one.media.early_media_given_up
    }),
    ("mcptt_rtp_shared_ssrcs", "RTP packets under an SSRC that is another participant's, too", |one| {
        one.media.shared_ssrcs
    }),
    ("mcptt_talk_spurts", "Talk spurts that have ended", |one| one.media.spurts),
    ("mcptt_rtcp_sender_reports", "RTCP sender reports received", |one| one.media.sender_reports),
    ("mcptt_rtcp_receiver_reports", "RTCP receiver reports received", |one| one.media.receiver_reports),
    ("mcptt_rtcp_sent", "RTCP reports of our own", |one| one.media.reports_sent),
    ("mcptt_rtcp_other", "Other RTCP packets received beside audio", |one| one.media.other_reports),
    ("mcptt_rtcp_relayed", "RTCP datagrams relayed beside audio", |one| one.media.reports_relayed),
    ("mcptt_floor_messages_received", "Floor messages received", |one| one.media.floor_received),
    ("mcptt_floor_messages_sent", "Floor messages sent", |one| one.media.floor_sent),
    ("mcptt_floor_messages_relayed", "Floor messages relayed", |one| one.media.floor_relayed),
    ("mcptt_session_messages_received", "Messages of pre-established sessions received", |one| {
        one.media.session_received
    }),
    ("mcptt_session_messages_sent", "Messages of pre-established sessions sent", |one| {
        one.media.session_sent
    }),
    ("mcptt_mbms_messages_sent", "Messages sent on MBMS subchannels", |one| {
        one.media.mbms_control_sent.saturating_add(one.media.mbms_floor_sent)
    }),
    ("mcptt_mbms_rtp_packets_sent", "RTP packets sent on MBMS subchannels", |one| one.media.mbms_media_sent),
    (
        "mcptt_mbms_rtp_copies",
        "RTP packets not sent on an MBMS subchannel because they had been sent before",
        |one| one.media.mbms_copies,
    ),
    ("mcptt_unsendable", "Packets and messages that could not be protected or encoded", |one| {
        one.media.unsendable
    }),
    ("mcptt_addresses_latched", "Streams that go to where their first packet has come from", |one| {
        one.media.latched
    }),
    ("mcptt_dtls_handshakes", "DTLS handshakes that have given keys", |one| one.media.handshakes),
    ("mcptt_dtls_handshakes_failed", "DTLS handshakes that have given none", |one| {
        one.media.handshakes_failed
    }),
];

/// What is held at present: name, help, value.
const GAUGES: [(&str, &str, Of); 10] = [
    ("mcptt_calls", "Calls of the controlling function", |one| one.held.calls as u64),
    ("mcptt_relayed_calls", "Calls that pass through the participating function", |one| {
        one.held.relayed_calls as u64
    }),
    ("mcptt_media_calls", "Calls and pre-established sessions of the media plane", |one| {
        one.media_calls as u64
    }),
    ("mcptt_registered_contacts", "Registered contacts", |one| one.held.bindings as u64),
    ("mcptt_sip_client_transactions", "SIP requests of ours that are not finished", |one| {
        one.held.client_transactions as u64
    }),
    ("mcptt_sip_server_transactions", "SIP requests of others that are not finished", |one| {
        one.held.server_transactions as u64
    }),
    ("mcptt_sip_dialogs", "SIP dialogs", |one| one.held.dialogs as u64),
    ("mcptt_sip_subscriptions", "Subscriptions of others", |one| one.held.subscriptions as u64),
    ("mcptt_sip_streams", "Connections that have brought something", |one| one.held.streams as u64),
    ("mcptt_shards", "Shards that have left figures", |_| 1),
];

/// Recordings: name without `_total`, help, value.
const RECORDINGS: [(&str, &str, OfRecordings); 8] = [
    ("mcptt_recordings_begun", "Recordings that were begun", Counts::begun),
    ("mcptt_recordings_finished", "Recordings that are complete and indexed", Counts::finished),
    ("mcptt_recordings_failed", "Recordings that could not be written, or not to their end", Counts::failed),
    (
        "mcptt_recordings_recovered",
        "Recordings that were left open and have been put in order",
        Counts::recovered,
    ),
    ("mcptt_recorded_packets", "RTP packets taken into recordings", Counts::packets),
    (
        "mcptt_recording_drops",
        "Records given up because too many waited or their recording has failed",
        Counts::dropped,
    ),
    ("mcptt_recordings_archived", "Recordings copied to the object store", Counts::archived),
    (
        "mcptt_recordings_archive_failures",
        "Attempts to copy a recording that have failed",
        Counts::archive_failures,
    ),
];

impl Collector for Collect {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), Error> {
        let figures = &self.0;
        let shards = figures.snapshots();
        let sum = |of: &dyn Fn(&Snapshot) -> u64| shards.iter().map(of).fold(0, u64::saturating_add);
        for (name, help, of) in COUNTERS {
            counter(&mut encoder, name, help, sum(&of))?;
        }
        for (name, help, of) in GAUGES {
            gauge(&mut encoder, name, help, sum(&of))?;
        }
        let of_ours = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        counter(
            &mut encoder,
            "mcptt_calls_started",
            "Calls that have begun",
            of_ours(&figures.calls_started),
        )?;
        counter(
            &mut encoder,
            "mcptt_refusals",
            "SIP requests that were refused",
            of_ours(&figures.refusals),
        )?;
        counter(
            &mut encoder,
            "mcptt_defects",
            "Defects of ours that were caught",
            of_ours(&figures.defects),
        )?;
        let works = u64::from(!of_store(figures));
        gauge(
            &mut encoder,
            "mcptt_store_works",
            "1 while what has to survive a restart can be written",
            works,
        )?;
        let (name, help) = ("mcptt_discarded", "What was received and not used, by reason");
        let reasons = Discard::ALL.into_iter();
        let reasons =
            reasons.map(|reason| ([("reason", spelled(reason))], sum(&|one| one.media.discarded.of(reason))));
        family(&mut encoder, name, help, reasons)?;
        let (name, help) = ("mcptt_sip_requests", "SIP requests by function, direction and method");
        family(&mut encoder, name, help, requests(&shards).into_iter())?;
        let (name, help) = ("mcptt_sip_responses", "SIP responses by function, direction and class");
        family(&mut encoder, name, help, responses(&shards).into_iter())?;
        let grants = shards.iter().map(|one| &one.media.grants);
        let help = "From a Floor Request to the Floor Granted that answers it";
        waits(&mut encoder, "mcptt_floor_grant_wait", help, grants)?;
        let trips = shards.iter().map(|one| &one.media.round_trips);
        let help = "To participants and back, by their answers to sender reports";
        waits(&mut encoder, "mcptt_rtcp_round_trip", help, trips)?;
        if let Some(counts) = &figures.recording {
            for (name, help, of) in RECORDINGS {
                counter(&mut encoder, name, help, of(counts))?;
            }
        }
        Ok(())
    }
}

fn of_store(figures: &Figures) -> bool {
    figures.store_fails.load(Ordering::Relaxed)
}

/// A reason as events spell it.
fn spelled(reason: Discard) -> String {
    match serde_json::to_value(reason) {
        Ok(serde_json::Value::String(text)) => text,
        _ => format!("{reason:?}"),
    }
}

/// A direction, and which counters are meant by it.
type Way<T> = (&'static str, fn(&call_control::Counters) -> T);

type Labels = [(&'static str, &'static str); 3];

fn requests(shards: &[Snapshot]) -> Vec<(Labels, u64)> {
    let ways: [Way<call_control::counters::ByMethod>; 2] =
        [("received", |counters| counters.requests_received), ("sent", |counters| counters.requests_sent)];
    by_function(shards, ways, "method", |counts| counts.iter().collect())
}

fn responses(shards: &[Snapshot]) -> Vec<(Labels, u64)> {
    let ways: [Way<call_control::counters::ByClass>; 2] =
        [("received", |counters| counters.responses_received), ("sent", |counters| counters.responses_sent)];
    by_function(shards, ways, "class", |counts| counts.iter().collect())
}

fn by_function<T>(
    shards: &[Snapshot],
    ways: [Way<T>; 2],
    label: &'static str,
    each: fn(T) -> Vec<(&'static str, u64)>,
) -> Vec<(Labels, u64)> {
    let mut sums: Vec<(Labels, u64)> = Vec::new();
    for (function, counters) in shards.iter().flat_map(|one| &one.sip) {
        let function = match function {
            Function::Participating => "participating",
            Function::Controlling => "controlling",
        };
        for (direction, of) in ways {
            for (name, count) in each(of(counters)) {
                let labels = [("function", function), ("direction", direction), (label, name)];
                match sums.iter_mut().find(|(known, _)| *known == labels) {
                    Some((_, sum)) => *sum = sum.saturating_add(count),
                    None => sums.push((labels, count)),
                }
            }
        }
    }
    sums
}

fn counter(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: u64) -> Result<(), Error> {
    let described = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    ConstCounter::new(value).encode(described)
}

fn gauge(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: u64) -> Result<(), Error> {
    let described = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX)).encode(described)
}

fn family<L: EncodeLabelSet>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    values: impl Iterator<Item = (L, u64)>,
) -> Result<(), Error> {
    let mut described = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    for (labels, value) in values {
        ConstCounter::new(value).encode(described.encode_family(&labels)?)?;
    }
    Ok(())
}

/// How long something takes, summed up over shards.
fn waits<'a>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    shards: impl Iterator<Item = &'a Waits>,
) -> Result<(), Error> {
    let mut buckets: Vec<(f64, u64)> =
        Waits::BOUNDS_MS.iter().map(|bound| (*bound as f64 / 1_000.0, 0)).collect();
    buckets.push((f64::MAX, 0));
    let (mut sum, mut count) = (0.0, 0_u64);
    for waits in shards {
        sum += waits.sum().as_secs_f64();
        for ((_, bucket), waited) in buckets.iter_mut().zip(waits.counts()) {
            *bucket = bucket.saturating_add(*waited);
            count = count.saturating_add(*waited);
        }
    }
    let mut described = encoder.encode_descriptor(name, help, Some(&Unit::Seconds), MetricType::Histogram)?;
    described.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
}
