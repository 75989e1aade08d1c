//! What a user equipment makes of voice beyond packets: it renders what it hears, judges and reports it, and notices when
//! nobody speaks although the floor is its own.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;
use call_control::client::AudioFormat;
use mcptt_codec::id::Ssrc;
use mcptt_codec::rtp::RtpPacket;
use media_plane::audio::Codec;
use media_plane::receive::{
    Formats, NtpClock, PlayoutSettings, Reports, Sources, VoiceActivity, VoiceActivitySettings,
};

use super::{UeConfig, UeEvent, UeOutput};

/// What a user equipment does with voice. By default it hands packets on as they come and does nothing else.
#[derive(Clone, Debug, Default)]
pub struct VoiceSettings {
    /// Voice is rendered: how, and at which sampling rate.
    pub playout: Option<(PlayoutSettings, u32)>,
    /// Silence at the microphone is noticed, by which the floor may be given back.
    pub activity: Option<VoiceActivitySettings>,
    /// Voice is rendered from the beginning of a call on; [`UeCommand::Listen`](super::UeCommand::Listen) changes it.
    pub listening: bool,
    /// RTCP reports are sent, with the name of this source and the wall clock.
    pub reports: Option<(Bytes, NtpClock)>,
    /// Every packet carries so many older ones again (RFC 2198), where that is agreed on; 0: none.
    pub redundancy: usize,
}

/// The voice of one call.
#[derive(Debug, Default)]
pub(super) struct Hearing {
    sources: Option<Sources>,
    listening: bool,
    activity: Option<VoiceActivity>,
    reports: Option<Reports>,
    /// Spreads the reports of many.
    random: u32,
}

impl Hearing {
    pub(super) fn new(config: &UeConfig, now: Instant) -> Self {
        let VoiceSettings { playout, listening, activity, reports, .. } = &config.voice;
        let formats = formats(&config.client.codecs);
        let playable = playout.as_ref().filter(|_| !formats.voice.is_empty());
        let clock_rate = formats.voice.first().map_or(Codec::Opus, |(_, codec)| *codec).clock_rate();
        let report = |(name, clock): &(Bytes, NtpClock)| {
            Reports::new(config.ssrc, name.clone(), *clock, clock_rate, now)
        };
        Self {
            sources: playable.and_then(|(settings, rate)| Sources::new(formats, *rate, *settings).ok()),
            listening: *listening,
            activity: activity.map(|settings| VoiceActivity::new(settings, now)),
            reports: reports.as_ref().map(report),
            random: config.ssrc.0,
        }
    }

    /// What is heard is rendered from now on, or no longer.
    pub(super) fn listen(&mut self, on: bool) {
        self.listening = on;
        if let (false, Some(sources)) = (on, &mut self.sources) {
            sources.forget_all();
        }
    }

    /// A packet of another participant.
    pub(super) fn packet(&mut self, now: Instant, packet: &RtpPacket, octets: &Bytes) {
        if let Some(sources) = self.sources.as_mut().filter(|_| self.listening) {
            // Of a type that is not known it is for others to render.
            let _ = sources.packet(now, packet, octets);
        }
    }

    /// Floor control says that nobody talks any more.
    pub(super) fn nobody_talks(&mut self) {
        if let Some(sources) = &mut self.sources {
            sources.spurts_over();
        }
    }

    /// A packet of our own.
    pub(super) fn sent(&mut self, now: Instant, ssrc: Ssrc, timestamp: u32, octets: usize) {
        if let Some(reports) = &mut self.reports {
            reports.source_is(ssrc);
            reports.sent(now, timestamp, octets);
        }
    }

    /// RTCP of the other side, in clear.
    pub(super) fn control(&mut self, now: Instant, datagram: &Bytes) {
        if let Some(reports) = &mut self.reports {
            reports.handle(now, datagram);
        }
    }

    /// The microphone may be open, or must be shut.
    pub(super) fn microphone(&mut self, now: Instant) {
        if let Some(activity) = &mut self.activity {
            activity.restart(now);
        }
    }

    /// What the microphone has picked up.
    pub(super) fn picked_up(&mut self, now: Instant, samples: &[i16]) {
        if let Some(activity) = &mut self.activity {
            activity.frame(now, samples);
        }
    }

    /// Whether nobody has spoken for so long that the floor is to be given back.
    pub(super) fn is_stuck(&self, now: Instant) -> bool {
        self.activity.as_ref().is_some_and(|activity| activity.is_stuck(now))
    }

    /// Renders what is due; gives back a report that is to be sent.
    pub(super) fn handle_timeout(&mut self, now: Instant, outputs: &mut VecDeque<UeOutput>) -> Option<Bytes> {
        if let Some(sources) = &mut self.sources {
            while let Some((ssrc, heard)) = sources.frame(now) {
                outputs.push_back(UeOutput::Event(UeEvent::Heard {
                    ssrc,
                    at: heard.at,
                    timestamps: heard.timestamps.to_vec(),
                    samples: heard.samples.to_vec(),
                }));
            }
            while let Some((ssrc, quality)) = sources.take_quality() {
                outputs.push_back(UeOutput::Event(UeEvent::SpurtHeard { ssrc, quality }));
            }
        }
        let reports = self.reports.as_mut().filter(|reports| reports.poll_timeout() <= now)?;
        let blocks = self.sources.as_mut().map(Sources::report_blocks).unwrap_or_default();
        // Numerical Recipes' generator: only to spread.
        self.random = self.random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if let (Some(trip), Some(sources)) = (reports.round_trip(), &mut self.sources) {
            sources.receivers_mut().for_each(|one| one.network_delay_is(trip / 2));
        }
        reports.report(now, blocks, self.random)
    }

    /// `talking`: the floor is ours.
    pub(super) fn poll_timeout(&self, talking: bool) -> Option<Instant> {
        let sources = self.sources.as_ref().and_then(Sources::poll_timeout);
        let reports = self.reports.as_ref().map(Reports::poll_timeout);
        let release = self.activity.as_ref().filter(|_| talking).and_then(VoiceActivity::release_at);
        [sources, reports, release].into_iter().flatten().min()
    }
}

/// What can be decoded: the codecs that are offered, and the numbers that mean the same everywhere (RFC 3551 6).
fn formats(codecs: &[AudioFormat]) -> Formats {
    let offered = codecs.iter().filter_map(|format| {
        let name = format.rtpmap.split('/').next()?;
        Some((format.payload_type, Codec::named(name)?))
    });
    let mut voice: Vec<_> = offered.collect();
    // All of them share a clock rate.
    if voice.first().is_none_or(|(_, codec)| codec.clock_rate() == Codec::Pcmu.clock_rate())
        && !voice.is_empty()
    {
        let fixed = [(0, Codec::Pcmu), (8, Codec::Pcma)];
        voice.extend(
            fixed.into_iter().filter(|(number, _)| !codecs.iter().any(|one| one.payload_type == *number)),
        );
    }
    let named = |name: &str| {
        let is = |format: &&AudioFormat| {
            format.rtpmap.split('/').next().is_some_and(|own| own.eq_ignore_ascii_case(name))
        };
        codecs.iter().find(is).map(|format| format.payload_type)
    };
    Formats {
        voice,
        redundancy: named("red"),
        ulp: named("ulpfec"),
        flexible: named("flexfec"),
        ..Formats::default()
    }
}

/// Where the RTCP of a stream is: one port above it (RFC 3550 11).
pub(super) fn control_port(mut of: SocketAddr) -> Option<SocketAddr> {
    of.set_port(of.port().checked_add(1)?);
    Some(of)
}
