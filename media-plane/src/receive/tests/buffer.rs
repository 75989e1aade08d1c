use super::*;
use crate::testing::t0;

const SETTINGS: PlayoutSettings = PlayoutSettings {
    least_delay: millis(40),
    most_delay: millis(240),
    packets: 100,
    concealed: 5,
    sources: 8,
};

fn voice_packet(number: u16, marker: bool) -> VoicePacket {
    VoicePacket {
        sequence: 65_530_u16.wrapping_add(number),
        timestamp: u32::from(number).wrapping_mul(960),
        marker,
        payload_type: PAYLOAD_TYPE,
        payload: Bytes::copy_from_slice(&number.to_be_bytes()),
    }
}

/// The number of a packet by its payload; `-1` for a missing one that is lost, `-2` for one that may still come, `-3` for the
/// pause.
fn numbers(buffer: &mut JitterBuffer, now: Instant) -> Vec<i32> {
    std::iter::from_fn(|| buffer.pop(now))
        .map(|played| match played {
            Played::Packet { packet, .. } => {
                i32::from(u16::from_be_bytes([packet.payload[0], packet.payload[1]]))
            }
            Played::Missing { lost: true, .. } => -1,
            Played::Missing { .. } => -2,
            Played::Pause => -3,
        })
        .collect()
}

/// Packets with their time of arrival in ms; what is played at each 20 ms from the beginning on.
fn play(settings: PlayoutSettings, arrivals: &[(u64, u16)], ticks: u64) -> (Vec<Vec<i32>>, Vec<Arrival>) {
    let (start, mut buffer) = (t0(), JitterBuffer::new(settings, 48_000));
    let mut arrivals: Vec<_> = arrivals.to_vec();
    arrivals.sort_by_key(|(at, _)| *at);
    let mut left = arrivals.into_iter().peekable();
    let (mut played, mut results) = (Vec::new(), Vec::new());
    for tick in 0..ticks {
        while let Some((at, number)) = left.next_if(|(at, _)| *at <= tick * 20) {
            results.push(buffer.push(start + millis(at), voice_packet(number, number == 0)));
        }
        played.push(numbers(&mut buffer, start + millis(tick * 20)));
    }
    (played, results)
}

#[test]
fn the_first_packet_waits_for_the_target_delay_and_the_others_follow_in_place() {
    let (played, _) = play(SETTINGS, &[(0, 0), (20, 1), (40, 2), (60, 3)], 6);
    assert_eq!(played, [vec![], vec![], vec![0], vec![1], vec![2], vec![3]]);
}

#[test]
fn order_is_restored_and_repetitions_are_dropped() {
    let (played, results) = play(SETTINGS, &[(0, 1), (1, 0), (20, 2), (21, 2), (61, 1), (70, 3)], 5);
    assert_eq!(played.concat(), [0, 1, 2, 3]);
    let repeated = results.iter().filter(|arrival| **arrival == Arrival::Duplicate).count();
    assert_eq!(repeated, 2);
}

#[test]
fn a_lost_packet_costs_its_place_and_one_that_comes_too_late_is_counted_as_late() {
    let (played, results) = play(SETTINGS, &[(0, 0), (40, 2), (60, 3), (90, 1)], 6);
    assert_eq!(played, [vec![], vec![], vec![0], vec![-1], vec![2], vec![3]]);
    assert_eq!(results.last(), Some(&Arrival::Late));
}

#[test]
fn what_comes_next_in_order_is_played_although_it_is_late() {
    let (played, results) = play(SETTINGS, &[(0, 0), (20, 1), (110, 2), (115, 3)], 9);
    assert_eq!(played.concat(), [0, 1, -2, -2, 2, 3, -2]);
    assert!(results.iter().all(|arrival| *arrival == Arrival::Accepted));
}

#[test]
fn a_talk_spurt_ends_with_a_pause_and_the_next_one_waits_again() {
    let (played, _) = play(SETTINGS, &[(0, 0), (20, 1), (1_000, 2), (1_020, 3)], 54);
    assert_eq!(played[..9].concat(), [0, 1, -2, -2, -2, -2, -2]);
    assert_eq!(played[9..50].concat(), [-3]);
    assert!(played[50..52].concat().is_empty());
    assert_eq!(played[52..54], [vec![2], vec![3]]);
}

#[test]
fn jitter_makes_the_delay_longer_within_its_bounds() {
    let mut buffer = JitterBuffer::new(SETTINGS, 48_000);
    let delays = [0, 5, 20, 50, 1_000].map(|jitter| {
        buffer.jitter_is(millis(jitter));
        buffer.target_delay().as_millis()
    });
    assert_eq!(delays, [40, 40, 80, 200, 240]);
}

#[test]
fn late_packets_make_the_next_talk_spurt_wait_longer() {
    let (start, mut buffer) = (t0(), JitterBuffer::new(SETTINGS, 48_000));
    buffer.push(start, voice_packet(0, true));
    buffer.push(start + millis(40), voice_packet(2, false));
    assert_eq!(numbers(&mut buffer, start + millis(90)), [0, -1, 2]);
    assert_eq!(buffer.push(start + millis(91), voice_packet(1, false)), Arrival::Late);
    assert_eq!(buffer.push(start + millis(92), voice_packet(1, false)), Arrival::Duplicate);
    buffer.jitter_is(millis(10));
    assert_eq!(buffer.target_delay(), millis(60));
}

#[test]
fn a_source_that_starts_again_is_followed_once_a_second_packet_says_so() {
    let (start, mut buffer) = (t0(), JitterBuffer::new(SETTINGS, 48_000));
    let at = |sequence: u16, timestamp: u32| VoicePacket { sequence, timestamp, ..voice_packet(9, false) };
    buffer.push(start, at(100, 0));
    assert_eq!(numbers(&mut buffer, start + millis(40)), [9]);
    assert_eq!(buffer.push(start + millis(40), at(20_000, 7)), Arrival::Stray);
    assert_eq!(buffer.push(start + millis(60), at(20_001, 967)), Arrival::Accepted);
    assert_eq!(buffer.push(start + millis(80), at(20_002, 1_927)), Arrival::Accepted);
    assert_eq!(numbers(&mut buffer, start + millis(130)), [9, 9]);
}

#[test]
fn a_jump_of_the_timestamp_begins_a_new_reckoning() {
    let (start, mut buffer) = (t0(), JitterBuffer::new(SETTINGS, 48_000));
    buffer.push(start, voice_packet(0, true));
    for (number, timestamp) in [(1, 3_000_000_000), (2, 3_000_000_960)] {
        let packet = VoicePacket { timestamp, ..voice_packet(number, false) };
        buffer.push(start + millis(20 * u64::from(number)), packet);
    }
    assert_eq!(numbers(&mut buffer, start + millis(60)), [0, 1]);
    assert_eq!(numbers(&mut buffer, start + millis(80)), [2]);
}

#[test]
fn a_network_that_gets_faster_again_is_caught_up_with() {
    // Packets 2 to 30 come in a burst after 600 ms, later ones in time.
    let arrivals = (0..2_u16).map(|number| (20 * u64::from(number), number));
    let burst = (2..30_u16).map(|number| (640, number));
    let rest = (30..60_u16).map(|number| (640 + 20 * u64::from(number - 29), number));
    let arrivals: Vec<_> = arrivals.chain(burst).chain(rest).collect();
    let (played, _) = play(SETTINGS, &arrivals, 80);
    let last = played.iter().position(|played| played.contains(&59)).unwrap() as u64;
    // Sent at 1240 ms, played no later than the most delay behind it.
    assert!(last * 20 <= 1_240 + 260, "{}", last * 20);
    let mut in_order: Vec<_> = played.concat().into_iter().filter(|number| *number >= 0).collect();
    assert!(in_order.is_sorted());
    in_order.dedup();
    assert!(in_order.len() > 35, "{in_order:?}");
}

#[test]
fn more_than_the_limit_does_not_wait() {
    let settings = PlayoutSettings { packets: 10, ..SETTINGS };
    let (start, mut buffer) = (t0(), JitterBuffer::new(settings, 48_000));
    for number in 0..50 {
        buffer.push(start, voice_packet(number, false));
        assert!(buffer.len() <= 10);
    }
    assert_eq!(buffer.given_up(), 40);
    assert_eq!(numbers(&mut buffer, start + millis(40)), (40..50).collect::<Vec<_>>());
    let long = VoicePacket { payload: vec![0; 3_000].into(), ..voice_packet(50, false) };
    assert_eq!(buffer.push(start, long), Arrival::TooLong);
}

#[test]
fn settings_outside_of_their_ranges_are_named() {
    assert_eq!(PlayoutSettings::default().validate(), Ok(()));
    let cases = [
        (
            PlayoutSettings { least_delay: millis(501), ..SETTINGS },
            "least_delay in ms = 501 is outside 0 to 500",
        ),
        (
            PlayoutSettings { most_delay: millis(39), ..SETTINGS },
            "most_delay in ms = 39 is outside least_delay to 2000",
        ),
        (PlayoutSettings { packets: 1, ..SETTINGS }, "packets = 1 is outside 2 to 1000"),
        (PlayoutSettings { concealed: 51, ..SETTINGS }, "concealed = 51 is outside 0 to 50"),
        (PlayoutSettings { sources: 0, ..SETTINGS }, "sources = 0 is outside 1 to 64"),
    ];
    for (settings, error) in cases {
        assert_eq!(settings.validate().unwrap_err().to_string(), error);
    }
}
