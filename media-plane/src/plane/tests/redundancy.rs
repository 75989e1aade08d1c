//! Redundancy of a talker towards listeners that have agreed on it and others.

use mcptt_codec::rtp::RtpPacket;

use super::protection::{SUITES, protected};
use super::*;
use crate::receive::{Parity, ParityForm, Redundancy, Repair};
use crate::signalling::RedundancyTypes;

const RED: u8 = 98;
const ULP: u8 = 99;
const FLEX: u8 = 100;

const ALL: RedundancyTypes = RedundancyTypes { redundant: Some(RED), ulp: Some(ULP), flexible: Some(FLEX) };

fn with(mut participant: Participant, redundancy: RedundancyTypes) -> Participant {
    participant.voice.redundancy = redundancy;
    participant
}

fn rig(participants: impl IntoIterator<Item = Participant>, settings: CallSettings) -> Rig {
    let mut rig = Rig::new(Config::default());
    rig.initiate(CALL, settings);
    for (leg, participant) in (1..).zip(participants) {
        rig.connect(participant, leg);
    }
    rig.floor(1, &request(1));
    rig.sent();
    rig
}

fn packet(payload_type: u8, sequence: u16, source: Ssrc, payload: &[u8]) -> Bytes {
    let timestamp = u32::from(sequence) * 160;
    let header = RtpHeader { payload_type, sequence, timestamp, ssrc: source, ..RtpHeader::default() };
    let mut packet = BytesMut::new();
    header.encode(&mut packet).unwrap();
    packet.extend_from_slice(payload);
    packet.freeze()
}

/// Voice with the voice before it, and the same without.
fn redundant(numbers: std::ops::Range<u16>) -> Vec<(Bytes, Bytes)> {
    let mut older = Redundancy::new(1);
    let both = numbers.map(|number| {
        let voice = Bytes::from(vec![number as u8; 20]);
        let whole = older.payload(u32::from(number) * 160, PAYLOAD_TYPE, &voice).unwrap();
        (packet(RED, number, ssrc(1), &whole), packet(PAYLOAD_TYPE, number, ssrc(1), &voice))
    });
    both.collect()
}

fn heard(rig: &mut Rig, leg: u8) -> Vec<Bytes> {
    let sent = rig.sent().into_iter().filter_map(|sent| match sent {
        Sent::Media(to, packet) if to == leg => Some(packet),
        _ => None,
    });
    sent.collect()
}

/// The same packet under another payload type.
fn under(packet: &Bytes, payload_type: u8) -> Bytes {
    let mut packet = packet.to_vec();
    packet[1] = payload_type;
    packet.into()
}

//= RFC2198-5:agreed test
#[test]
fn redundancy_goes_to_those_who_know_it_and_the_newest_block_to_the_others() {
    for suite in [None, Some(&SUITES[1])] {
        let of = |leg: u8| suite.map_or_else(|| participant(leg), |suite| protected(leg, suite));
        let other = RedundancyTypes { redundant: Some(110), ..RedundancyTypes::default() };
        let mut by_another_name = of(5);
        by_another_name.payload_types = vec![97];
        let participants =
            [with(of(1), ALL), with(of(2), ALL), of(3), with(of(4), other), with(by_another_name, ALL)];
        let mut rig = rig(participants, settings());
        for (whole, plain) in redundant(1..4) {
            rig.media(1, &whole);
            let sent = rig.sent();
            let to = |leg: u8| {
                let own = sent.iter().filter_map(|sent| match sent {
                    Sent::Media(to, packet) if *to == leg => Some(packet.clone()),
                    _ => None,
                });
                own.collect::<Vec<_>>()
            };
            assert_eq!((to(2), to(3)), (vec![whole.clone()], vec![plain.clone()]));
            // Types can be changed where the packet is closed for one listener; the blocks inside have theirs.
            match suite {
                None => assert_eq!((to(4), to(5)), (vec![plain.clone()], vec![plain])),
                Some(_) => assert_eq!((to(4), to(5)), (vec![under(&whole, 110)], vec![under(&plain, 97)])),
            }
        }
        assert_eq!(rig.plane.counters().media_accepted, 3);
        assert_eq!(rig.plane.counters().unsendable, 0);
    }
}

//= RFC5109-14:agreed test
#[test]
fn repair_packets_go_to_those_alone_who_are_sent_what_they_repair() {
    let mut extended = with(participant(4), ALL);
    extended.voice.extensions.talker = 1;
    let mut by_another_name = with(participant(5), ALL);
    by_another_name.payload_types = vec![97];
    let participants =
        [with(participant(1), ALL), with(participant(2), ALL), participant(3), extended, by_another_name];
    let mut rig = rig(participants, settings());
    let source = Ssrc(0x1234);
    for (form, number, of) in [(ParityForm::Ulp, ULP, ssrc(1)), (ParityForm::Flexible, FLEX, source)] {
        let mut parity = Parity::new(form, 3);
        let mut repair = None;
        for sequence in 1..=3 {
            let voice = rtp(1, sequence);
            repair = parity.sent(sequence, &voice).or(repair);
            rig.media(1, &voice);
        }
        rig.drain();
        let repair = packet(number, 1, of, &repair.unwrap());
        rig.media(1, &repair);
        assert_eq!(rig.sent(), [Sent::Media(2, repair.clone())], "{form:?}");
        // What is repaired with it is what was sent.
        let (mut kept, payload) = (Repair::default(), RtpPacket::decode(&repair).unwrap().payload);
        for sequence in [1, 3] {
            kept.packet(sequence, &rtp(1, sequence), ssrc(1));
        }
        let restored = match form {
            ParityForm::Ulp => kept.ulp(&payload, ssrc(1)),
            ParityForm::Flexible => kept.flexible(&payload, 1, ssrc(1)),
        };
        assert_eq!(restored, [rtp(1, 2)]);
    }
}

#[test]
fn what_is_not_agreed_on_or_broken_is_not_distributed() {
    let mut rig = rig([with(participant(1), ALL), participant(2), with(participant(3), ALL)], settings());
    // Whoever did not agree on it does not send it either.
    let before = rig.discarded(Discard::PayloadType);
    rig.raw(path(2, AUDIO), &redundant(1..2)[0].0);
    assert_eq!(rig.discarded(Discard::PayloadType), before + 1);
    // A block that is longer than the packet, and one that is a repair packet: for those who know what to do with it.
    for payload in [&[0x80 | PAYLOAD_TYPE, 0, 3, 0xff, PAYLOAD_TYPE][..], &[ULP, 1, 2, 3]] {
        let packet = packet(RED, 9, ssrc(1), payload);
        rig.media(1, &packet);
        assert_eq!(rig.sent(), [Sent::Media(3, packet)]);
    }
}

#[test]
fn what_only_the_participants_can_open_is_not_looked_into() {
    let sealed = CallSettings { sealed: true, ..settings() };
    let mut rig = rig([with(participant(1), ALL), participant(2), with(participant(3), ALL)], sealed);
    let (whole, _) = redundant(1..2).remove(0);
    rig.media(1, &whole);
    assert_eq!(heard(&mut rig, 3), [whole]);
}
