use super::*;
use crate::testing::{cases, t0};
use mcptt_codec::rtp::CsrcList;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Packet { sequence: u16, timestamp: u32, marker: bool, payload_type: u8, octets: Vec<u8>, ssrc: u32 },
    Wait(u16),
    Over,
}

fn step() -> impl Strategy<Value = Step> {
    let sequence = prop_oneof![4 => 0_u16..60, 2 => 65_500_u16.., 1 => any::<u16>()];
    let stamp = prop_oneof![4 => (0_u32..60).prop_map(|number| number * 160), 1 => any::<u32>()];
    let types = prop_oneof![6 => Just(0_u8), 1 => 8_u8..14, 3 => 96_u8..100];
    let octets = prop::collection::vec(any::<u8>(), 0..80);
    let packet = (sequence, stamp, any::<bool>(), types, octets, 1_u32..4);
    prop_oneof![
        9 => packet.prop_map(|(sequence, timestamp, marker, payload_type, octets, ssrc)| Step::Packet {
            sequence,
            timestamp,
            marker,
            payload_type,
            octets,
            ssrc,
        }),
        3 => (0_u16..300).prop_map(Step::Wait),
        1 => Just(Step::Over),
    ]
}

/// Everything that is known, so that everything is tried.
fn formats() -> Formats {
    Formats {
        voice: vec![(0, Codec::Pcmu), (8, Codec::Pcma)],
        redundancy: Some(97),
        ulp: Some(98),
        flexible: Some(99),
        comfort_noise: Some(13),
    }
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn whatever_comes_frames_come_out_in_time_and_nothing_fails(
        steps in prop::collection::vec(step(), 1..200),
    ) {
        let settings = PlayoutSettings { sources: 2, packets: 20, ..PlayoutSettings::default() };
        let mut sources = Sources::new(formats(), 8_000, settings).unwrap();
        let mut now = t0();
        for step in steps {
            match step {
                Step::Packet { sequence, timestamp, marker, payload_type, octets, ssrc } => {
                    let (mut packet, octets) = packet(sequence, timestamp, marker, payload_type, &octets.into());
                    packet.header.ssrc = Ssrc(ssrc);
                    packet.header.csrc = CsrcList::new(&[Ssrc(1)]).unwrap();
                    sources.packet(now, &packet, &octets);
                }
                Step::Wait(time) => now += millis(time.into()),
                Step::Over => sources.spurts_over(),
            }
            let mut frames = 0;
            while let Some((_, heard)) = sources.frame(now) {
                prop_assert_eq!(heard.samples.len(), 160);
                prop_assert!(heard.at <= now);
                frames += 1;
                prop_assert!(frames < 2_000);
            }
            prop_assert!(sources.poll_timeout().is_none_or(|at| at > now));
        }
    }

    #[test]
    fn whatever_order_loss_and_repetition_what_is_played_is_in_order_and_comes_once(
        arrivals in prop::collection::vec((0_u64..1_500, 0_u16..90), 1..200),
        limit in 2_usize..100,
    ) {
        let settings = PlayoutSettings { packets: limit, ..PlayoutSettings::default() };
        let (start, mut buffer) = (t0(), JitterBuffer::new(settings, 48_000));
        let mut arrivals = arrivals;
        arrivals.sort_by_key(|(at, _)| *at);
        let mut played = Vec::new();
        let mut pop = |buffer: &mut JitterBuffer, now| {
            while let Some(next) = buffer.pop(now) {
                if let Played::Packet { packet, .. } = next {
                    played.push(packet.sequence.wrapping_sub(65_500));
                }
            }
        };
        for (at, number) in arrivals {
            let now = start + millis(at);
            pop(&mut buffer, now);
            let sequence = 65_500_u16.wrapping_add(number);
            let timestamp = u32::from(number) * 960;
            buffer.push(now, VoicePacket { sequence, timestamp, ..VoicePacket::default() });
            prop_assert!(buffer.len() <= limit);
        }
        pop(&mut buffer, start + millis(60_000));
        prop_assert!(buffer.is_empty());
        // Strictly: nothing twice.
        prop_assert!(played.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", played);
    }
}
