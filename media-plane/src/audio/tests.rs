//! Codecs, rates, concealment and comfort noise on a voice that is made up.

use super::*;
use crate::testing::{correlation, voice};

const RATE: u32 = 16_000;
const WANTED: usize = frame_samples(RATE);

fn coded(codec: Codec, speech: &[i16], settings: &EncoderSettings) -> Vec<Vec<u8>> {
    let mut encoder = Encoder::new(codec, RATE, settings).unwrap();
    let encode = |frame: &[i16]| {
        let mut payload = Vec::new();
        encoder.encode(frame, &mut payload).unwrap();
        payload
    };
    speech.chunks_exact(WANTED).map(encode).collect()
}

#[test]
fn every_codec_gives_the_voice_back() {
    let speech = voice(RATE, 140.0, WANTED * 40);
    for codec in [Codec::Opus, Codec::Pcmu, Codec::Pcma] {
        let mut decoder = Decoder::new(codec, RATE).unwrap();
        let mut heard = Vec::new();
        for payload in coded(codec, &speech, &EncoderSettings::default()) {
            decoder.decode(&payload, &mut heard).unwrap();
        }
        assert_eq!(heard.len(), speech.len(), "{codec:?}");
        let (alike, delay) = correlation(&speech, &heard, WANTED * 2);
        assert!(alike > 0.9, "{codec:?}: {alike} at {delay}");
    }
}

#[test]
fn g711_has_one_octet_for_each_eighth_of_a_millisecond() {
    let speech = voice(RATE, 140.0, WANTED * 3);
    for codec in [Codec::Pcmu, Codec::Pcma] {
        assert!(
            coded(codec, &speech, &EncoderSettings::default()).iter().all(|payload| payload.len() == 160)
        );
        assert_eq!((codec.clock_rate(), codec.ticks_per_frame()), (8_000, 160));
    }
    assert_eq!((Codec::Opus.clock_rate(), Codec::Opus.ticks_per_frame()), (48_000, 960));
}

#[test]
fn codecs_are_found_by_their_names() {
    assert_eq!(
        ["OPUS", "pcmu", "PCMA", "AMR-WB"].map(Codec::named),
        [Some(Codec::Opus), Some(Codec::Pcmu), Some(Codec::Pcma), None]
    );
}

#[test]
fn a_lost_frame_is_made_up_like_what_was_before() {
    let speech = voice(RATE, 140.0, WANTED * 40);
    for codec in [Codec::Opus, Codec::Pcmu, Codec::Pcma] {
        let heard = |conceal: bool| {
            let mut decoder = Decoder::new(codec, RATE).unwrap();
            let mut heard = Vec::new();
            for (at, payload) in coded(codec, &speech, &EncoderSettings::default()).iter().enumerate() {
                if at % 10 != 9 {
                    decoder.decode(payload, &mut heard).unwrap();
                } else if conceal {
                    decoder.conceal(WANTED, &mut heard);
                } else {
                    heard.resize(heard.len() + WANTED, 0);
                }
            }
            assert_eq!(heard.len(), speech.len());
            correlation(&speech, &heard, WANTED * 2).0
        };
        assert!(heard(true) > heard(false), "{codec:?}: {} {}", heard(true), heard(false));
    }
}

#[test]
fn concealment_becomes_silent() {
    for codec in [Codec::Pcmu, Codec::Pcma] {
        let mut decoder = Decoder::new(codec, RATE).unwrap();
        let mut heard = Vec::new();
        for payload in coded(codec, &voice(RATE, 140.0, WANTED * 20), &EncoderSettings::default()) {
            decoder.decode(&payload, &mut heard).unwrap();
        }
        let loud = level(&heard[heard.len() - WANTED..]);
        (0..30).for_each(|_| decoder.conceal(WANTED, &mut heard));
        assert!(level(&heard[heard.len() - WANTED..]) < loud - 20.0, "{codec:?}");
    }
}

#[test]
fn the_next_opus_packet_says_what_was_lost_before_it() {
    let speech = voice(RATE, 140.0, WANTED * 40);
    let settings = EncoderSettings { inband_fec: true, expected_loss: 30, ..EncoderSettings::default() };
    let payloads = coded(Codec::Opus, &speech, &settings);
    let heard = |recover: bool| {
        let mut decoder = Decoder::new(Codec::Opus, RATE).unwrap();
        let mut heard = Vec::new();
        for (at, payload) in payloads.iter().enumerate() {
            match at % 5 {
                4 if recover && at + 1 < payloads.len() => {
                    decoder.recover(&payloads[at + 1], WANTED, &mut heard)
                }
                4 => decoder.conceal(WANTED, &mut heard),
                _ => decoder.decode(payload, &mut heard).unwrap(),
            }
        }
        assert_eq!(heard.len(), speech.len());
        correlation(&speech, &heard, WANTED * 2).0
    };
    assert!(heard(true) > heard(false) + 0.005, "{} {}", heard(true), heard(false));
}

#[test]
fn no_payload_makes_a_decoder_fail_for_good() {
    let speech = voice(RATE, 140.0, WANTED * 2);
    for codec in [Codec::Opus, Codec::Pcmu] {
        let mut decoder = Decoder::new(codec, RATE).unwrap();
        let mut heard = Vec::new();
        for octet in 0..=u8::MAX {
            for length in [0, 1, 2, 40, 300] {
                let _ = decoder.decode(&vec![octet; length], &mut heard);
                heard.clear();
            }
        }
        let payload = &coded(codec, &speech, &EncoderSettings::default())[0];
        decoder.decode(payload, &mut heard).unwrap();
        assert_eq!(heard.len(), WANTED);
    }
}

#[test]
fn other_rates_are_refused_and_named() {
    assert_eq!(Decoder::new(Codec::Opus, 44_100).unwrap_err(), AudioError::Rate(44_100));
    assert_eq!(
        Encoder::new(Codec::Pcma, 11_025, &EncoderSettings::default()).unwrap_err(),
        AudioError::Rate(11_025)
    );
    let mut encoder = Encoder::new(Codec::Opus, RATE, &EncoderSettings::default()).unwrap();
    assert_eq!(encoder.encode(&[0; 7], &mut Vec::new()), Err(AudioError::Frame { wanted: 320, got: 7 }));
}

#[test]
fn a_tone_keeps_its_pitch_at_another_rate() {
    let (from, to) = (voice(8_000, 150.0, 8_000), voice(16_000, 150.0, 16_000));
    let mut resampled = Vec::new();
    Resampler::new(8_000, 16_000).unwrap().process(&from, &mut resampled);
    assert_eq!(resampled.len(), to.len());
    let (alike, _) = correlation(&to, &resampled, 400);
    assert!(alike > 0.98, "{alike}");
}

//= RFC3389-3.1 test
#[test]
fn comfort_noise_has_the_level_that_was_announced() {
    let mut noise = ComfortNoise::new(7);
    let mut out = Vec::new();
    noise.render(320, &mut out);
    assert!(out.iter().all(|sample| *sample == 0));
    noise.announced(&[60]);
    out.clear();
    noise.render(16_000, &mut out);
    assert!((level(&out) + 60.0).abs() < 1.0, "{}", level(&out));
}
