//! Talker and location in the header of what is forwarded.

use super::protection::{SUITES, protected};
use super::*;
use crate::signalling::ExtensionIds;
use mcptt_codec::floor::{Coordinates, Location};
use mcptt_codec::rtp::{Element, Extension, RtpPacket};

fn rig(ids: impl Fn(u8) -> ExtensionIds, of: impl Fn(u8) -> Participant) -> Rig {
    let mut config = Config::default();
    config.floor.share_location = true;
    let mut rig = Rig::new(config);
    rig.initiate(CALL, settings());
    for leg in 1..=4 {
        let mut participant = of(leg);
        participant.voice.extensions = ids(leg);
        rig.connect(participant, leg);
    }
    rig.drain();
    rig
}

fn ask_from(rig: &mut Rig, leg: u8) {
    let place = Coordinates::from_degrees(48.137_154, 11.576_124).unwrap();
    let location = Some(Location::Geographic(place));
    let request = FloorRequest { ssrc: ssrc(leg), location, ..FloorRequest::default() };
    rig.floor(leg, &FloorMessage::Request(request).encode().unwrap());
    rig.drain();
}

/// The extension that each listener finds in one packet of participant 1; the rest is as it was sent.
fn extensions(rig: &mut Rig) -> Vec<(u8, Option<Extension>)> {
    let packet = rtp(1, 3);
    rig.media(1, &packet);
    let sent = RtpPacket::decode(&packet).unwrap();
    let heard = rig.sent().into_iter().filter_map(|heard| match heard {
        Sent::Media(leg, octets) => {
            let mut packet = RtpPacket::decode(&octets).unwrap();
            let extension = packet.header.extension.take();
            assert_eq!(packet, sent);
            Some((leg, extension))
        }
        Sent::Floor(..) | Sent::Reports(..) => None,
    });
    heard.collect()
}

//= RFC7941-4.1 test
//= RFC8285-4.3:sent test
#[test]
fn who_has_agreed_finds_talker_and_location_under_its_own_numbers() {
    let ids = |leg: u8| match leg {
        2 => ExtensionIds { talker: 1, location: 2 },
        3 => ExtensionIds { talker: 7, location: 0 },
        _ => ExtensionIds::default(),
    };
    for suite in [None, Some(&SUITES[0]), Some(&SUITES[1])] {
        let of = |leg: u8| suite.map_or_else(|| participant(leg), |suite| protected(leg, suite));
        let mut rig = rig(ids, of);
        ask_from(&mut rig, 1);
        let heard = extensions(&mut rig);
        let elements = |at: usize| heard[at].1.as_ref().unwrap().elements().collect::<Vec<_>>();
        let talker = b"sip:user1@example.org".as_slice();
        assert_eq!(heard.iter().map(|(leg, _)| *leg).collect::<Vec<_>>(), [2, 3, 4]);
        let [Element { id: 1, value }, Element { id: 2, value: place }] = elements(0)[..] else {
            panic!("{:?}", elements(0));
        };
        assert_eq!(value, talker);
        assert!(place.starts_with(b"geo:48.137"), "{place:?}");
        assert_eq!(elements(1), [Element { id: 7, value: talker }]);
        assert_eq!(heard[2].1, None);
    }
}

#[test]
fn a_talker_who_wants_privacy_and_a_packet_with_an_extension_stay_as_they_are() {
    let ids = |_| ExtensionIds { talker: 1, location: 2 };
    let mut private = rig(ids, |leg| {
        let mut participant = participant(leg);
        participant.floor_parameters.privacy = true;
        participant
    });
    ask_from(&mut private, 1);
    assert!(extensions(&mut private).iter().all(|(_, extension)| extension.is_none()));
    let mut open = rig(ids, participant);
    ask_from(&mut open, 1);
    let mut packet = RtpPacket::decode(&rtp(1, 3)).unwrap();
    packet.header.extension = Some(Extension::from_elements(&[Element { id: 3, value: b"x" }]).unwrap());
    let mut octets = BytesMut::new();
    packet.encode(&mut octets).unwrap();
    let octets = octets.freeze();
    open.media(1, &octets);
    assert_eq!(open.sent(), [2, 3, 4].map(|leg| Sent::Media(leg, octets.clone())));
}
