//! Spans for an OpenTelemetry collector: how long calls take to be set up, members to come in, and talkers to get the floor.
//!
//! An observer that follows the events of one shard and passes them on. Each call is one trace, of which everything that
//! happens in it is a part; a call that is not sampled costs a look into a table. A thread of the library sends what has ended,
//! and gives it up where the collector does not take it. Spans name nobody: no user, no group, no address.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use call_control::event::{CallState, Tier};
use mcptt_codec::Path;
use mcptt_codec::id::{CallRef, LegRef};
use opentelemetry::trace::{Span as _, Status, TraceContextExt as _, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider, Span, TracerProviderBuilder};

use super::{Direction, Observer, clock};
use crate::config::SpanExport;
use crate::node::{Event, Node};

/// What spans are called by, and who has made them.
const SERVICE: &str = "mcptt-server";
/// Calls that are followed at a time by one shard.
const MOST_CALLS: usize = 100_000;

/// Where spans go. What has ended is sent before the last one of these is gone.
#[derive(Clone, Debug)]
pub struct Spans(SdkTracerProvider);

impl Spans {
    /// To a collector.
    ///
    /// # Errors
    /// The address cannot be used.
    pub fn open(export: &SpanExport) -> Result<Self, String> {
        let exporter = SpanExporter::builder().with_http().with_endpoint(export.endpoint.as_str()).build();
        let exporter = exporter.map_err(|error| format!("tracing.endpoint: {error}"))?;
        let builder = SdkTracerProvider::builder().with_batch_exporter(exporter);
        Ok(Self::sampled(builder, export.sample))
    }

    fn sampled(builder: TracerProviderBuilder, sample: f64) -> Self {
        let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(sample)));
        let resource = Resource::builder().with_service_name(SERVICE).build();
        Self(builder.with_sampler(sampler).with_resource(resource).build())
    }
}

/// An observer that makes spans of what it sees, if anybody wants them.
pub struct Traced<O> {
    inner: O,
    tracer: Option<SdkTracer>,
    calls: HashMap<CallRef, Followed>,
}

/// A call that is followed.
struct Followed {
    /// With the span of its set-up.
    context: Context,
    stands: bool,
    invited: Vec<(LegRef, Span)>,
}

impl<O> Traced<O> {
    /// Without `spans` it only passes on.
    pub fn new(inner: O, spans: Option<&Spans>) -> Self {
        let tracer = spans.map(|spans| spans.0.tracer(SERVICE));
        Self { inner, tracer, calls: HashMap::new() }
    }
}

impl<O> fmt::Debug for Traced<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traced").field("calls", &self.calls.len()).finish_non_exhaustive()
    }
}

impl<O: Observer> Observer for Traced<O> {
    fn wants_datagrams(&self) -> bool {
        self.inner.wants_datagrams()
    }

    fn datagram(&mut self, at: Instant, direction: Direction, path: Path, payload: &Bytes) {
        self.inner.datagram(at, direction, path, payload);
    }

    fn event(&mut self, at: Instant, event: &Event) {
        if let Some(tracer) = &self.tracer {
            match event {
                Event::CallControl(event) => follow(&mut self.calls, tracer, at, event),
                Event::MediaPlane(media_plane::Event::FloorGranted { call, waited_us, .. }) => {
                    if let Some(followed) = self.calls.get(call) {
                        let end = wall(at);
                        let begun = end.checked_sub(Duration::from_micros(*waited_us)).unwrap_or(end);
                        let builder = tracer.span_builder("floor grant").with_start_time(begun);
                        tracer.build_with_context(builder, &followed.context).end_with_timestamp(end);
                    }
                }
                _ => {}
            }
        }
        self.inner.event(at, event);
    }

    fn send_failed(&mut self, path: Path, error: &io::Error) {
        self.inner.send_failed(path, error);
    }

    fn passed(&mut self, received: usize, sent: usize) {
        self.inner.passed(received, sent);
    }

    fn dropped(&mut self, total: u64) {
        self.inner.dropped(total);
    }

    fn figures_every(&self) -> Option<Duration> {
        self.inner.figures_every()
    }

    fn figures(&mut self, at: Instant, node: &Node) {
        self.inner.figures(at, node);
    }

    fn turned(&mut self, took: Duration) {
        self.inner.turned(took);
    }

    fn waited(&mut self, wait: Duration) {
        self.inner.waited(wait);
    }

    fn stored(&mut self, took: Duration) {
        self.inner.stored(took);
    }

    fn woken(&mut self, due: Instant, at: Instant) {
        self.inner.woken(due, at);
    }
}

/// Makes spans of what call control does.
fn follow(
    calls: &mut HashMap<CallRef, Followed>,
    tracer: &SdkTracer,
    at: Instant,
    event: &call_control::Event,
) {
    use call_control::Event as Call;
    match event {
        Call::CallStarted { call, group, tier, broadcast, .. } if calls.len() < MOST_CALLS => {
            let attributes = [
                KeyValue::new("mcptt.call", call.to_string()),
                KeyValue::new("mcptt.group_call", group.is_some()),
                KeyValue::new("mcptt.tier", spelled(*tier)),
                KeyValue::new("mcptt.broadcast", *broadcast),
            ];
            let builder = tracer.span_builder("call set-up").with_start_time(wall(at));
            let span = tracer.build_with_context(builder.with_attributes(attributes), &Context::new());
            let context = Context::new().with_span(span);
            calls.insert(*call, Followed { context, stands: false, invited: Vec::new() });
        }
        Call::MemberInvited { call, leg, .. } => {
            if let Some(followed) = calls.get_mut(call) {
                let builder = tracer.span_builder("member invited").with_start_time(wall(at));
                let span = tracer.build_with_context(builder, &followed.context);
                followed.invited.push((*leg, span));
            }
        }
        Call::ParticipantJoined { call, leg, .. } => {
            if let Some(mut span) = calls.get_mut(call).and_then(|followed| followed.take(*leg)) {
                span.end_with_timestamp(wall(at));
            }
        }
        Call::InvitationFailed { call, leg, status, .. } => {
            if let Some(mut span) = calls.get_mut(call).and_then(|followed| followed.take(*leg)) {
                span.set_attribute(KeyValue::new("sip.status", i64::from(*status)));
                span.set_status(Status::error(status.to_string()));
                span.end_with_timestamp(wall(at));
            }
        }
        Call::CallStateChanged { call, to: CallState::Established, .. } => {
            if let Some(followed) = calls.get_mut(call)
                && !std::mem::replace(&mut followed.stands, true)
            {
                followed.context.span().end_with_timestamp(wall(at));
            }
        }
        Call::CallReleased { call, cause, .. } => {
            let Some(followed) = calls.remove(call) else { return };
            let span = followed.context.span();
            if !followed.stands {
                span.set_status(Status::error(format!("{cause:?}")));
                span.end_with_timestamp(wall(at));
            }
            for (_, mut span) in followed.invited {
                span.end_with_timestamp(wall(at));
            }
        }
        _ => {}
    }
}

const fn spelled(tier: Tier) -> &'static str {
    match tier {
        Tier::Normal => "normal",
        Tier::ImminentPeril => "imminent-peril",
        Tier::Emergency => "emergency",
    }
}

impl Followed {
    fn take(&mut self, leg: LegRef) -> Option<Span> {
        let place = self.invited.iter().position(|(invited, _)| *invited == leg)?;
        Some(self.invited.swap_remove(place).1)
    }
}

/// What the wall clock showed at a moment that has just been.
fn wall(at: Instant) -> SystemTime {
    let wall = clock::wall();
    wall.checked_sub(clock::now().saturating_duration_since(at)).unwrap_or(wall)
}

#[cfg(test)]
mod tests;
