use super::*;
use crate::testing::t0;
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

const RED: u8 = 97;
const FEC: u8 = 98;

fn payload(number: u16) -> Bytes {
    // Lengths differ, as those of Opus do.
    (0..40 + number % 17)
        .map(|at| (number.wrapping_mul(31).wrapping_add(at)) as u8)
        .collect::<Vec<_>>()
        .into()
}

/// How many of 4000 packets of G.711 are heard of a stream that loses each packet with this probability.
fn recovered_fraction(
    loss: f64,
    seed: u64,
    formats: Formats,
    mut send: impl FnMut(u16) -> Vec<(RtpPacket, Bytes)>,
) -> f64 {
    const PACKETS: u16 = 4_000;
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let start = t0();
    let settings =
        PlayoutSettings { least_delay: millis(400), most_delay: millis(600), ..PlayoutSettings::default() };
    let mut receiver = Receiver::new(SOURCE, formats, 8_000, settings, start).unwrap();
    let mut timestamps = 0;
    for number in 0..PACKETS {
        let now = start + millis(20 * u64::from(number));
        while let Some(heard) = receiver.frame(now) {
            timestamps += heard.timestamps.len();
        }
        for (packet, octets) in send(number) {
            let lost = f64::from(rng.next_u32()) / f64::from(u32::MAX) < loss;
            match (lost, packet.header.ssrc == SOURCE) {
                (true, _) => {}
                (false, true) => drop(receiver.packet(now, &packet, &octets)),
                (false, false) => receiver.flexible(now, &packet),
            }
        }
    }
    while let Some(heard) = receiver.frame(start + millis(20 * u64::from(PACKETS) + 1_000)) {
        timestamps += heard.timestamps.len();
    }
    timestamps as f64 / f64::from(PACKETS)
}

fn g711(number: u16, payload_type: u8, payload: &Bytes) -> (RtpPacket, Bytes) {
    packet(number, u32::from(number) * 160, number == 0, payload_type, payload)
}

fn close(got: f64, wanted: f64) {
    assert!((got - wanted).abs() < 0.02, "{got} instead of {wanted}");
}

#[test]
fn without_help_what_is_lost_is_lost() {
    for loss in [0.05, 0.2] {
        let heard = recovered_fraction(loss, 1, Formats::of(0, Codec::Pcmu), |number| {
            vec![g711(number, 0, &payload(number))]
        });
        close(heard, 1.0 - loss);
    }
}

//= RFC2198-4 test
//= RFC2198-4:recover test
#[test]
fn with_redundancy_only_those_are_lost_whose_repetitions_are_lost_too() {
    for (generations, loss) in [(1, 0.1), (1, 0.3), (2, 0.3)] {
        let mut redundancy = Redundancy::new(generations);
        let formats = Formats { redundancy: Some(RED), ..Formats::of(0, Codec::Pcmu) };
        let heard = recovered_fraction(loss, 2, formats, |number| {
            let whole = redundancy.payload(u32::from(number) * 160, 0, &payload(number)).unwrap();
            vec![g711(number, RED, &whole)]
        });
        close(heard, 1.0 - loss.powi(generations as i32 + 1));
    }
}

/// With one repair packet for n packets, a lost one is restored if the n - 1 others and the repair packet have come.
fn with_parity(loss: f64, every: u8) -> f64 {
    1.0 - loss + loss * (1.0 - loss).powi(every.into())
}

//= RFC5109-8.1 test
//= RFC5109-8.2 test
#[test]
fn a_repair_packet_restores_one_of_those_that_it_protects() {
    for (every, loss) in [(2, 0.1), (4, 0.05), (5, 0.2)] {
        let mut parity = Parity::new(ParityForm::Ulp, every);
        let formats = Formats { ulp: Some(FEC), ..Formats::of(0, Codec::Pcmu) };
        let heard = recovered_fraction(loss, 3, formats, |number| {
            let media = g711(number, 0, &payload(number));
            let repair = parity.sent(number, &media.1).map(|repair| packet(number, 0, false, FEC, &repair));
            std::iter::once(media).chain(repair).collect()
        });
        close(heard, with_parity(loss, every));
    }
}

//= RFC8627-6.2 test
//= RFC8627-6.3 test
#[test]
fn a_flexible_repair_packet_does_so_too() {
    for (every, loss) in [(2, 0.1), (4, 0.05), (15, 0.02)] {
        let mut parity = Parity::new(ParityForm::Flexible, every);
        let formats = Formats { flexible: Some(FEC), ..Formats::of(0, Codec::Pcmu) };
        let heard = recovered_fraction(loss, 4, formats, |number| {
            let media = g711(number, 0, &payload(number));
            let repair = parity.sent(number, &media.1).map(|repair| {
                let (mut packet, octets) = packet(number, 0, false, FEC, &repair);
                packet.header.ssrc = Ssrc(9);
                packet.header.csrc = mcptt_codec::rtp::CsrcList::new(&[SOURCE]).unwrap();
                (packet, octets)
            });
            std::iter::once(media).chain(repair).collect()
        });
        close(heard, with_parity(loss, every));
    }
}

#[test]
fn a_restored_packet_is_the_lost_one_to_the_last_octet() {
    for form in [ParityForm::Ulp, ParityForm::Flexible] {
        for lost in 0..4_u16 {
            let (mut parity, mut repair) = (Parity::new(form, 4), Repair::default());
            let mut sent = Vec::new();
            let mut restored = Vec::new();
            for number in 0..4 {
                let (_, octets) = nth(number, PAYLOAD_TYPE, &payload(number));
                let sequence = 65_530_u16.wrapping_add(number);
                let due = parity.sent(sequence, &octets);
                if number != lost {
                    restored.extend(repair.packet(sequence, &octets, SOURCE));
                }
                sent.push(octets);
                restored.extend(due.into_iter().flat_map(|due| match form {
                    ParityForm::Ulp => repair.ulp(&due, SOURCE),
                    ParityForm::Flexible => repair.flexible(&due, 1, SOURCE),
                }));
            }
            assert_eq!(restored, [sent[usize::from(lost)].clone()], "{form:?} {lost}");
        }
    }
}
