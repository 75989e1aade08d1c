use super::*;
use crate::testing::{correlation, t0};

fn all(
    received: impl Fn(u16) -> bool,
    settings: &EncoderSettings,
    frames: u16,
) -> (f64, Option<SpurtQuality>) {
    let (speech, payloads) = stream(frames.into(), settings);
    let start = t0();
    let mut receiver = receiver(Formats::of(PAYLOAD_TYPE, Codec::Opus), start);
    let mut heard = Vec::new();
    for (number, payload) in (0..).zip(&payloads) {
        let now = start + millis(20 * u64::from(number));
        hear(&mut receiver, now, &mut heard);
        if received(number) {
            let (packet, octets) = nth(number, PAYLOAD_TYPE, payload);
            assert_eq!(receiver.packet(now, &packet, &octets), Some(Arrival::Accepted));
        }
    }
    hear(&mut receiver, start + millis(20 * u64::from(frames) + 1_000), &mut heard);
    (correlation(&speech, &heard, WANTED * 2).0, receiver.take_quality())
}

#[test]
fn a_talk_spurt_is_heard_whole_and_judged() {
    let (alike, quality) = all(|_| true, &EncoderSettings::default(), 50);
    assert!(alike > 0.95, "{alike}");
    let quality = quality.unwrap();
    assert_eq!((quality.played, quality.lost, quality.bursts), (50, 0, 0));
    assert!(quality.score > 4.3, "{quality:?}");
}

#[test]
fn loss_is_concealed_and_costs_quality() {
    let (alike, quality) = all(|number| number % 10 != 5, &EncoderSettings::default(), 50);
    assert!(alike > 0.8, "{alike}");
    let quality = quality.unwrap();
    assert_eq!((quality.played, quality.lost, quality.bursts), (45, 5, 5));
    assert!(quality.score < 3.6, "{quality:?}");
}

#[test]
fn what_opus_repeats_in_the_next_packet_is_used() {
    let settings = EncoderSettings { inband_fec: true, expected_loss: 30, ..EncoderSettings::default() };
    let with = all(|number| number % 5 != 4, &settings, 60).0;
    assert!(with > 0.85, "{with}");
}

#[test]
fn between_packets_of_a_talker_who_pauses_there_is_comfort_noise() {
    let start = t0();
    let formats = Formats { comfort_noise: Some(13), ..Formats::of(0, Codec::Pcmu) };
    let mut receiver = receiver(formats, start);
    let noise = Bytes::from_static(&[50]);
    let (opening, octets) = packet(1, 0, true, 13, &noise);
    receiver.packet(start, &opening, &octets);
    let mut heard = Vec::new();
    hear(&mut receiver, start + millis(480), &mut heard);
    assert_eq!(heard.len(), WANTED * 23);
    let (next, octets) = packet(2, 4_000, false, 13, &Bytes::from_static(&[60]));
    receiver.packet(start + millis(500), &next, &octets);
    hear(&mut receiver, start + millis(800), &mut heard);
    assert_eq!(heard.len(), WANTED * 39);
    let level = |frames: std::ops::Range<usize>| {
        crate::audio::level(&heard[WANTED * frames.start..WANTED * frames.end])
    };
    assert!((level(0..23) + 50.0).abs() < 2.0, "{}", level(0..23));
    assert!((level(30..39) + 60.0).abs() < 2.0, "{}", level(30..39));
    // A talker that has gone without a word is not waited for.
    hear(&mut receiver, start + millis(60_000), &mut heard);
    assert!(heard.len() < WANTED * 350, "{}", heard.len() / WANTED);
    assert_eq!(receiver.poll_timeout(), None);
}

#[test]
fn sources_are_heard_side_by_side_and_the_silent_one_makes_room() {
    let start = t0();
    let settings = PlayoutSettings { sources: 2, ..PlayoutSettings::default() };
    let mut sources = Sources::new(Formats::of(0, Codec::Pcmu), RATE, settings).unwrap();
    let payload = Bytes::from(vec![0x55; 160]);
    for ssrc in 1..=3 {
        let (mut one, octets) = packet(1, 0, true, 0, &payload);
        one.header.ssrc = Ssrc(ssrc);
        sources.packet(start + millis(ssrc.into()), &one, &octets);
    }
    let mut heard = Vec::new();
    while let Some((ssrc, _)) = sources.frame(start + millis(45)) {
        heard.push(ssrc);
    }
    heard.sort();
    assert_eq!(heard, [Ssrc(2), Ssrc(3)]);
    assert_eq!(sources.report_blocks().len(), 2);
    let (unknown, octets) = packet(1, 0, true, 77, &payload);
    assert_eq!(sources.packet(start, &unknown, &octets), None);
}

#[test]
fn speech_is_told_from_background_and_a_stuck_button_is_noticed() {
    let settings =
        VoiceActivitySettings { release_after: Some(millis(2_000)), ..VoiceActivitySettings::default() };
    let start = t0();
    let mut activity = VoiceActivity::new(settings, start);
    let speech = voice(RATE, 140.0, WANTED * 50);
    let quiet: Vec<i16> = speech.iter().map(|sample| sample / 200).collect();
    let mut now = start;
    let mut frames = |activity: &mut VoiceActivity, samples: &[i16]| {
        let mut active = Vec::new();
        for frame in samples.chunks_exact(WANTED) {
            now += millis(20);
            active.push(activity.frame(now, frame));
        }
        (active.iter().filter(|active| **active).count(), activity.is_stuck(now))
    };
    assert_eq!(frames(&mut activity, &quiet), (0, false));
    let (active, stuck) = frames(&mut activity, &speech);
    assert!(active > 45 && !stuck, "{active}");
    // The hangover, then silence; after two seconds the button counts as stuck.
    let (active, stuck) = frames(&mut activity, &quiet);
    assert!((15..30).contains(&active) && !stuck, "{active}");
    assert_eq!(frames(&mut activity, &quiet[..WANTED * 48]).0, 0);
    assert!(frames(&mut activity, &quiet[..WANTED * 10]).1);
    activity.restart(now);
    assert!(!activity.is_stuck(now));
}
