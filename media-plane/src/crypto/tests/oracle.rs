//! Packet by packet against libsrtp: whatever is sent, lost, repeated, delayed or changed on the way, both implementations
//! make the same octets of it and refuse the same packets.

use super::*;

/// What happens to a stream of packets.
#[derive(Clone, Debug)]
enum Step {
    /// An RTP packet is protected. `ahead`: from the sequence number of the one before, mostly 1.
    Rtp { ssrc: u8, ahead: u16, first: u8, second: u8, sources: u8, extension: Option<u8>, payload: Vec<u8> },
    /// An RTCP packet is protected.
    Rtcp { ssrc: u8, rest: Vec<u8> },
    /// One of the packets so far arrives, perhaps not for the first time, perhaps changed or cut.
    Arrives { which: prop::sample::Index, change: Option<(prop::sample::Index, u8)>, cut: u8 },
    /// The packet that was protected last arrives.
    LastArrives,
}

fn step() -> impl Strategy<Value = Step> {
    let octets = || proptest::collection::vec(any::<u8>(), 0..200);
    let ahead = prop_oneof![
        12 => Just(1_u16),
        2 => 2..200_u16,
        // Back, repetition included, and far ahead: a rollover after a few steps.
        2 => (0..200_u16).prop_map(u16::wrapping_neg),
        4 => 20_000..32_768_u16,
        1 => any::<u16>(),
    ];
    prop_oneof![
        6 => (0..3_u8, ahead, any::<u8>(), any::<u8>(), 0..16_u8, proptest::option::of(0..4_u8), octets()).prop_map(
            |(ssrc, ahead, first, second, sources, extension, payload)| {
                Step::Rtp { ssrc, ahead, first, second, sources, extension, payload }
            }
        ),
        2 => (0..3_u8, octets()).prop_map(|(ssrc, rest)| Step::Rtcp { ssrc, rest }),
        5 => Just(Step::LastArrives),
        3 => (any::<prop::sample::Index>(), proptest::option::weighted(0.3, (any::<prop::sample::Index>(), 1..=u8::MAX)), prop_oneof![9 => Just(0), 1 => any::<u8>()])
            .prop_map(|(which, change, cut)| Step::Arrives { which, change, cut }),
    ]
}

/// The two implementations of each end of a leg.
struct Both {
    ours: [Srtp; 2],
    theirs: [Libsrtp; 2],
    transform: Transform,
}

impl Both {
    fn new(transform: Transform) -> Self {
        let (a, b) = (master(transform, 0x10), master(transform, 0x80));
        let ends = [keys(transform, &a, &b), keys(transform, &b, &a)];
        Self {
            ours: [0, 1].map(|end| Srtp::new(&ends[end]).unwrap()),
            theirs: [0, 1].map(|end| Libsrtp::new(&ends[end]).unwrap()),
            transform,
        }
    }

    /// What both make of a packet; that it is the same is the test.
    fn do_both(
        &mut self,
        end: usize,
        packet: &[u8],
        act: impl Fn(&mut dyn Protection, &mut Vec<u8>) -> Result<(), ProtectionError>,
    ) -> Result<Vec<u8>, ProtectionError> {
        let [ours, theirs]: [&mut dyn Protection; 2] = [&mut self.ours[end], &mut self.theirs[end]];
        let [ours, theirs] = [ours, theirs].map(|protection| {
            let mut octets = packet.to_vec();
            act(protection, &mut octets).map(|()| octets)
        });
        // Of several things that are wrong with a malformed packet each may name another one.
        let named = [&ours, &theirs].map(|result| !matches!(result, Err(ProtectionError::Malformed)));
        if named == [true; 2] || ours.is_ok() || theirs.is_ok() {
            assert_eq!(ours, theirs, "{:?} {packet:02x?}", self.transform);
        }
        ours
    }
}

/// The way of the packets of one leg, from one end to the other.
fn walk(transform: Transform, steps: Vec<Step>) {
    let mut both = Both::new(transform);
    let mut sequences = [0_u16, 65_500, 32_700];
    let mut sent: Vec<(bool, Vec<u8>)> = Vec::new();
    for step in steps {
        match step {
            Step::Rtp { ssrc, ahead, first, second, sources, extension, payload } => {
                let sequence = &mut sequences[usize::from(ssrc)];
                *sequence = sequence.wrapping_add(ahead);
                let mut packet = vec![first & 0xe0 | u8::from(extension.is_some()) << 4 | sources, second];
                packet.extend(sequence.to_be_bytes());
                packet.extend([0, 0, 3, 32, 0xca, 0xfe, 0xba, ssrc]);
                packet.extend((0..4 * sources).map(|octet| octet ^ 0x33));
                if let Some(words) = extension {
                    packet.extend([0xbe, 0xde, 0, words]);
                    packet.extend((0..4 * words).map(|octet| octet ^ 0x55));
                }
                packet.extend(payload);
                let protected = both.do_both(0, &packet, |end, packet| end.protect_rtp(packet));
                sent.extend(protected.ok().map(|packet| (false, packet)));
            }
            Step::Rtcp { ssrc, rest } => {
                let mut packet = vec![0x80, 0xcc, 0, 3, 0xca, 0xfe, 0xba, ssrc];
                packet.extend(rest);
                let protected = both.do_both(0, &packet, |end, packet| end.protect_rtcp(packet));
                sent.push((true, protected.unwrap()));
            }
            Step::Arrives { which, change, cut } if !sent.is_empty() => {
                let (control, mut packet) = which.get(&sent).clone();
                if let Some((place, bits)) = change {
                    let place = place.index(packet.len());
                    packet[place] ^= bits;
                }
                packet.truncate(packet.len().saturating_sub(cut.into()));
                arrive(&mut both, control, &packet);
            }
            Step::LastArrives => {
                if let Some((control, packet)) = sent.last().cloned() {
                    arrive(&mut both, control, &packet);
                }
            }
            Step::Arrives { .. } => {}
        }
    }
}

fn arrive(both: &mut Both, control: bool, packet: &[u8]) {
    let _ = if control {
        both.do_both(1, packet, |end, packet| end.unprotect_rtcp(packet))
    } else {
        both.do_both(1, packet, |end, packet| end.unprotect_rtp(packet))
    };
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn ours_and_libsrtp_make_the_same_of_every_packet(
        which in 0..TRANSFORMS.len(),
        steps in proptest::collection::vec(step(), 1..60),
    ) {
        walk(TRANSFORMS[which], steps);
    }

    #[test]
    fn ours_and_libsrtp_refuse_the_same_octets(
        which in 0..TRANSFORMS.len(),
        octets in proptest::collection::vec(any::<u8>(), 0..120),
    ) {
        let mut both = Both::new(TRANSFORMS[which]);
        prop_assert!(both.do_both(0, &octets, |end, packet| end.unprotect_rtp(packet)).is_err());
        prop_assert!(both.do_both(0, &octets, |end, packet| end.unprotect_rtcp(packet)).is_err());
    }
}

/// Ten rollovers, and a packet of the previous one after each.
#[test]
fn ours_and_libsrtp_count_rollovers_alike() {
    for transform in TRANSFORMS {
        let mut both = Both::new(transform);
        for number in 0..40_u16 {
            let newest = number.wrapping_mul(20_000);
            // Before the first packet there is none.
            for sequence in
                [Some(newest), (number > 0).then(|| newest.wrapping_sub(100))].into_iter().flatten()
            {
                let clear = rtp(sequence, &[7; 20]);
                let protected = both.do_both(0, &clear, |end, packet| end.protect_rtp(packet)).unwrap();
                let opened = both.do_both(1, &protected, |end, packet| end.unprotect_rtp(packet));
                assert_eq!(opened, Ok(clear));
            }
        }
    }
}
