//! The participating function: conversations over MBMS.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use mcptt_codec::floor::{
    FloorAck, FloorGranted, FloorIdle, FloorTaken, MessageSequenceNumber, MessageType, Source, Subtype,
};
use mcptt_codec::subchannel::{
    ApplicationPaging, BearerAnnouncement, GroupDynamicDataNotify, MbmsSubchannel, MediaLine,
    NotificationMessage, SubchannelMessage, Tmgi,
};

use proptest::prelude::*;

use super::relay::{hostile, peer};
use super::*;
use crate::signalling::{Bearer, BearerSubchannel, MbmsSignalling, PeerLeg, RelaySignalling};
use crate::testing::cases;

const TMGI: Tmgi = Tmgi { service_id: [0, 0, 1], plmn: None };
const OTHER_TMGI: Tmgi = Tmgi { service_id: [0, 0, 2], plmn: None };

fn local(port: u16) -> SocketAddr {
    ([192, 0, 2, 1], port).into()
}

fn multicast(last: u8, port: u16) -> SocketAddr {
    ([232, 1, 2, last], port).into()
}

fn subchannel(last: u8) -> BearerSubchannel {
    BearerSubchannel {
        addresses: MbmsSubchannel {
            audio: MediaLine::new(1).unwrap(),
            floor_control: Some((MediaLine::new(2).unwrap(), 20_000)),
            media_port: 20_002,
            address: IpAddr::V4(Ipv4Addr::new(232, 1, 2, last)),
        },
        local_audio: local(39_002),
        local_floor: local(39_000),
        floor_protection: None,
    }
}

fn bearer(subchannels: Vec<BearerSubchannel>) -> Bearer {
    Bearer {
        general_purpose: MediaEndpoint { local: local(38_000), remote: multicast(200, 19_000) },
        protection: None,
        subchannels,
    }
}

fn activated(tmgi: Tmgi, bearer: Bearer) -> Signalling {
    Signalling::Mbms(MbmsSignalling::BearerActivated { tmgi, bearer: Box::new(bearer) })
}

fn listening(call: u64, listening: bool) -> Signalling {
    Signalling::Mbms(MbmsSignalling::ListeningStatus { call: CallRef(call), tmgi: TMGI, listening })
}

fn taken(number: u16) -> Bytes {
    taken_asking(number, false)
}

fn taken_asking(number: u16, ack_requested: bool) -> Bytes {
    let sequence = Some(MessageSequenceNumber(number));
    FloorMessage::Taken(FloorTaken { ack_requested, sequence, ..FloorTaken::default() }).encode().unwrap()
}

fn idle(number: u16) -> Bytes {
    let sequence = Some(MessageSequenceNumber(number));
    FloorMessage::Idle(FloorIdle { sequence, ..FloorIdle::default() }).encode().unwrap()
}

fn granted() -> Bytes {
    FloorMessage::Granted(FloorGranted::default()).encode().unwrap()
}

/// Where something was sent.
#[derive(Clone, Debug, PartialEq)]
enum To {
    /// A control message on the general purpose subchannel.
    General(&'static str),
    /// Floor control on a subchannel.
    Floor(u8, Bytes),
    /// Voice on a subchannel.
    Voice(u8, Bytes),
    /// By unicast to a client.
    Client(u8, Bytes),
    /// Towards the controlling function.
    Controlling(u8, Bytes),
}

/// Legs of call `n`: its client is `n`, its side of the controlling function `n + 4`.
fn client_of(call: u8) -> u8 {
    call
}

fn controlling_of(call: u8) -> u8 {
    call + 4
}

impl Rig {
    /// Calls 1 to `calls` of the same group, relayed for as many clients, and a bearer of two subchannels.
    fn with_bearer(calls: u8) -> Self {
        let mut rig = Self::new(Config::default());
        rig.signal(activated(TMGI, bearer(vec![subchannel(1), subchannel(2)])));
        (1..=calls).for_each(|call| rig.relay(call, true, peer(client_of(call))));
        assert_eq!(rig.indications(), []);
        rig
    }

    fn relay(&mut self, call: u8, musik: bool, client: PeerLeg) {
        self.signal(Signalling::Relay(RelaySignalling::Started {
            call: CallRef(call.into()),
            group: settings().group,
            musik,
            client: Box::new(client),
            controlling: Box::new(peer(controlling_of(call))),
        }));
    }

    /// The controlling function sends this to the clients of calls 1 to `calls`.
    fn fan_out(&mut self, calls: u8, message: &Bytes) {
        (1..=calls).for_each(|call| self.raw(path(controlling_of(call), FLOOR), message));
    }

    fn sent_to(&mut self) -> Vec<To> {
        let sent = |output| {
            let Output::Transmit(Transmit { path: to, payload, .. }) = output else { return None };
            Some(if to.remote == multicast(200, 19_000) {
                assert_eq!(to.local, local(38_000));
                To::General(match SubchannelMessage::decode(&payload) {
                    Ok(decoded) => decoded.value.name(),
                    Err(_) => NotificationMessage::decode(&payload).unwrap().value.name(),
                })
            } else if let Some(last) = (1..=2).find(|last| to.remote == multicast(*last, 20_000)) {
                assert_eq!(to.local, local(39_000));
                To::Floor(last, payload)
            } else if let Some(last) = (1..=2).find(|last| to.remote == multicast(*last, 20_002)) {
                assert_eq!(to.local, local(39_002));
                To::Voice(last, payload)
            } else {
                let leg = (1..=9).find(|leg| [path(*leg, AUDIO), path(*leg, FLOOR)].contains(&to)).unwrap();
                if leg <= 4 { To::Client(leg, payload) } else { To::Controlling(leg - 4, payload) }
            })
        };
        self.drain().into_iter().filter_map(sent).collect()
    }
}

const MAP: To = To::General("Map Group To Bearer");
const UNMAP: To = To::General("Unmap Group To Bearer");

//= 24.380-6.4.2:3b test
//= 24.380-10.2:map test
#[test]
fn what_listening_clients_hear_is_sent_once_and_to_the_others_by_unicast() {
    let mut rig = Rig::with_bearer(4);
    for call in 1..=3 {
        rig.signal(listening(call, true));
    }
    rig.fan_out(4, &taken(1));
    assert_eq!(rig.sent_to(), [MAP, To::Floor(1, taken(1)), To::Client(4, taken(1))]);
    for call in 1..=4 {
        rig.raw(path(controlling_of(call), AUDIO), &rtp(9, 1));
    }
    assert_eq!(rig.sent_to(), [To::Voice(1, rtp(9, 1)), To::Client(4, rtp(9, 1))]);
    assert_eq!((rig.plane.counters().mbms_media_sent, rig.plane.counters().mbms_copies), (1, 2));
    // The talker's own leg brings nothing: another one does.
    for call in 2..=4 {
        rig.raw(path(controlling_of(call), AUDIO), &rtp(1, 1));
    }
    assert_eq!(rig.sent_to(), [To::Voice(1, rtp(1, 1)), To::Client(4, rtp(1, 1))]);
}

//= 24.380-6.4.2:3ai test
#[test]
fn what_is_for_one_client_goes_to_it_by_unicast() {
    let mut rig = Rig::with_bearer(1);
    rig.signal(listening(1, true));
    rig.fan_out(1, &taken(1));
    rig.sent_to();
    rig.fan_out(1, &granted());
    assert_eq!(rig.sent_to(), [To::Client(1, granted())]);
    // Of several messages in one datagram each goes its way.
    rig.fan_out(1, &Bytes::from([granted(), taken(2), request(1)].concat()));
    let rest = Bytes::from([granted(), request(1)].concat());
    assert_eq!(rig.sent_to(), [To::Floor(1, taken(2)), To::Client(1, rest)]);
    // Upwards nothing changes.
    rig.raw(path(client_of(1), FLOOR), &request(1));
    assert_eq!(rig.sent_to(), [To::Controlling(1, request(1))]);
}

//= 24.380-6.4.2:3aii test
//= 24.380-6.4.2:3aiii test
//= 24.380-6.4.3 test
#[test]
fn the_latest_report_counts() {
    let mut rig = Rig::with_bearer(2);
    rig.signal(listening(1, true));
    rig.fan_out(2, &taken(1));
    rig.raw(path(controlling_of(2), AUDIO), &rtp(9, 1));
    assert_eq!(
        rig.sent_to(),
        [MAP, To::Floor(1, taken(1)), To::Client(2, taken(1)), To::Client(2, rtp(9, 1))]
    );
    // The second client begins to listen, the first one stops.
    rig.signal(listening(2, true));
    rig.signal(listening(1, false));
    rig.fan_out(2, &taken(2));
    rig.raw(path(controlling_of(1), AUDIO), &rtp(9, 2));
    assert_eq!(rig.sent_to(), [To::Client(1, taken(2)), To::Floor(1, taken(2)), To::Client(1, rtp(9, 2))]);
    // Not listening to another bearer changes nothing.
    let other = MbmsSignalling::ListeningStatus { call: CallRef(2), tmgi: OTHER_TMGI, listening: false };
    rig.signal(Signalling::Mbms(other));
    rig.fan_out(2, &taken(3));
    assert_eq!(rig.sent_to(), [To::Client(1, taken(3)), To::Floor(1, taken(3))]);
}

//= 24.380-6.4.2:3aiv test
#[test]
fn where_the_subchannel_is_protected_a_client_without_musik_gets_unicast() {
    use mcptt_codec::sdp::{Crypto, CryptoSuite, KeySalt};
    let crypto = |first: u8| {
        let key = (0..28).map(|place| first.wrapping_add(place)).collect();
        Crypto::new(1, CryptoSuite::AeadAes128Gcm, KeySalt::new(key)).unwrap()
    };
    let keys = || MediaProtection { send: crypto(1), receive: crypto(2) };
    let mut rig = Rig::new(Config::default());
    let secured = BearerSubchannel {
        floor_protection: Some(crate::crypto::ServiceProtection { keys: keys(), sent: Default::default() }),
        ..subchannel(1)
    };
    let bearer = Bearer { protection: None, ..bearer(vec![secured]) };
    rig.signal(activated(TMGI, bearer));
    rig.relay(1, true, peer(1));
    rig.relay(2, false, peer(2));
    rig.signal(listening(1, true));
    rig.signal(listening(2, true));
    rig.fan_out(2, &taken(1));
    let [map, To::Floor(1, closed), unicast] = &rig.sent_to()[..] else { panic!("three datagrams") };
    assert_eq!((map, unicast), (&MAP, &To::Client(2, taken(1))));
    // Under the MuSiK it is the same message.
    let end = MediaProtection { send: crypto(2), receive: crypto(1) };
    let mut octets = closed.to_vec();
    far_end(Some(&end)).unwrap().unprotect_rtcp(&mut octets).unwrap();
    assert_eq!(octets, taken(1));
    // Voice is heard by both.
    rig.raw(path(controlling_of(2), AUDIO), &rtp(9, 1));
    assert_eq!(rig.sent_to(), [To::Voice(1, rtp(9, 1))]);
}

//= 24.380-6.4.2:2 test
#[test]
fn without_a_free_subchannel_everything_stays_on_unicast() {
    let mut rig = Rig::with_bearer(0);
    for (call, group) in [(1, "sip:a@grp"), (2, "sip:b@grp"), (3, "sip:c@grp")] {
        rig.signal(Signalling::Relay(RelaySignalling::Started {
            call: CallRef(call.into()),
            group: Some(group.into()),
            musik: true,
            client: Box::new(peer(client_of(call))),
            controlling: Box::new(peer(controlling_of(call))),
        }));
        rig.signal(listening(call.into(), true));
    }
    rig.fan_out(3, &taken(1));
    assert_eq!(
        rig.sent_to(),
        [MAP, To::Floor(1, taken(1)), MAP, To::Floor(2, taken(1)), To::Client(3, taken(1))]
    );
    rig.raw(path(controlling_of(3), AUDIO), &rtp(9, 1));
    assert_eq!(rig.sent_to(), [To::Client(3, rtp(9, 1))]);
}

//= 24.380-10.2:idle test
//= 24.380-10.2:unmap test
#[test]
fn an_idle_conversation_ends_with_t15_and_unicast_follows() {
    let mut rig = Rig::with_bearer(1);
    rig.signal(listening(1, true));
    rig.fan_out(1, &taken(1));
    rig.fan_out(1, &idle(2));
    rig.sent_to();
    rig.advance(Duration::from_millis(29_999));
    assert_eq!(rig.sent_to(), vec![MAP; 59]);
    rig.advance(Duration::from_secs(30));
    assert_eq!(rig.sent_to(), [UNMAP, UNMAP, UNMAP]);
    assert_eq!(rig.plane.poll_timeout(), None);
    rig.fan_out(1, &idle(3));
    rig.raw(path(controlling_of(1), AUDIO), &rtp(9, 1));
    assert_eq!(rig.sent_to(), [To::Client(1, idle(3)), To::Client(1, rtp(9, 1))]);
}

//= 24.380-10.2:unmap test
#[test]
fn a_conversation_ends_with_its_last_listener() {
    let endings: [fn(&mut Rig, u64); 2] = [
        |rig, call| rig.signal(Signalling::ReleaseFinished { call: CallRef(call) }),
        |rig, call| rig.signal(listening(call, false)),
    ];
    for ending in endings {
        let mut rig = Rig::with_bearer(2);
        rig.signal(listening(1, true));
        rig.signal(listening(2, true));
        rig.fan_out(2, &taken(1));
        rig.sent_to();
        ending(&mut rig, 1);
        assert_eq!(rig.sent_to(), []);
        ending(&mut rig, 2);
        assert_eq!(rig.sent_to(), [UNMAP]);
    }
}

#[test]
fn what_only_a_subchannel_carried_is_acknowledged_by_us() {
    let mut rig = Rig::with_bearer(2);
    rig.signal(listening(1, true));
    rig.fan_out(2, &taken_asking(1, true));
    let sent = rig.sent_to();
    let [map, floor, To::Controlling(1, ack), unicast] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!((map, floor, unicast), (&MAP, &To::Floor(1, taken(1)), &To::Client(2, taken_asking(1, true))));
    let mut ack = FloorMessage::decode(ack).unwrap().value;
    ack.set_ssrc(Ssrc(0));
    let expected = FloorAck {
        source: Some(Source::PARTICIPATING),
        message_type: Some(MessageType::acknowledging(Subtype::FLOOR_TAKEN)),
        ..FloorAck::default()
    };
    assert_eq!(ack, FloorMessage::Ack(expected));
}

#[test]
fn a_bearer_that_is_switched_off_leaves_unicast() {
    let mut rig = Rig::with_bearer(1);
    rig.signal(listening(1, true));
    rig.fan_out(1, &taken(1));
    rig.sent_to();
    rig.signal(Signalling::Mbms(MbmsSignalling::BearerDeactivated { tmgi: TMGI }));
    assert_eq!(rig.sent_to(), [UNMAP]);
    rig.fan_out(1, &idle(2));
    assert_eq!((rig.sent_to(), rig.plane.poll_timeout()), (vec![To::Client(1, idle(2))], None));
}

#[test]
fn bearers_are_refused_that_cannot_be_used() {
    let mut config = Config::default();
    config.limits.bearers = 1;
    config.limits.subchannels_per_bearer = 1;
    let mut rig = Rig::new(config);
    let refused = |tmgi, reason| [Indication::BearerRefused { tmgi, reason }];
    let zero = BearerSubchannel {
        addresses: MbmsSubchannel { media_port: 0, ..subchannel(1).addresses },
        ..subchannel(1)
    };
    let far = BearerSubchannel {
        addresses: MbmsSubchannel {
            floor_control: Some((MediaLine::default(), 65_536)),
            ..subchannel(1).addresses
        },
        ..subchannel(1)
    };
    for subchannel in [zero, far] {
        rig.signal(activated(TMGI, bearer(vec![subchannel])));
        assert_eq!(rig.indications(), refused(TMGI, Refusal::InvalidAddress));
    }
    rig.signal(activated(TMGI, bearer(vec![subchannel(1), subchannel(2)])));
    assert_eq!(rig.indications(), refused(TMGI, Refusal::TooManyBearers));
    rig.signal(activated(TMGI, bearer(vec![subchannel(1)])));
    rig.signal(activated(TMGI, bearer(vec![subchannel(1)])));
    assert_eq!(rig.indications(), refused(TMGI, Refusal::ReferenceInUse));
    rig.signal(activated(OTHER_TMGI, bearer(vec![subchannel(1)])));
    assert_eq!(rig.indications(), refused(OTHER_TMGI, Refusal::TooManyBearers));
}

#[test]
fn notices_go_out_on_the_general_purpose_subchannel() {
    let mut rig = Rig::with_bearer(0);
    let announcement = BearerAnnouncement { tmgi: Some(OTHER_TMGI), ..BearerAnnouncement::default() };
    let notices = [
        MbmsSignalling::Page { tmgi: TMGI, group: group() },
        MbmsSignalling::Announce { tmgi: TMGI, announcement: Box::new(announcement) },
        MbmsSignalling::Notify { tmgi: TMGI, notification: Box::new(GroupDynamicDataNotify::default()) },
        MbmsSignalling::Page { tmgi: OTHER_TMGI, group: group() },
    ];
    for notice in notices {
        rig.signal(Signalling::Mbms(notice));
    }
    assert_eq!(
        rig.sent_to(),
        [
            To::General("Application Paging"),
            To::General("Bearer Announcement"),
            To::General("Group Dynamic Data Notify")
        ]
    );
    // They carry our SSRC, drawn for the bearer.
    rig.signal(Signalling::Mbms(MbmsSignalling::Page { tmgi: TMGI, group: group() }));
    let outputs = rig.drain();
    let [Output::Transmit(transmit)] = &outputs[..] else { panic!("one datagram") };
    let message = SubchannelMessage::decode(&transmit.payload).unwrap().value;
    let paging = ApplicationPaging { ssrc: message.ssrc(), group_id: settings().group };
    assert_eq!(message, SubchannelMessage::ApplicationPaging(paging));
    assert_ne!(message.ssrc(), Ssrc(0));
}

proptest! {
    #![proptest_config(cases(128))]

    /// Whatever the controlling functions and the clients send: nothing panics, what is sent is a part of what came but for
    /// the acknowledgment bit, on a subchannel there is nothing but what is for everybody, and all of it ends.
    //= 24.380-6.4.2:3b test
    #[test]
    fn a_subchannel_carries_only_what_is_for_everybody(
        steps in proptest::collection::vec(
            (
                1_u8..9,
                prop::sample::select(vec![AUDIO, FLOOR]),
                prop_oneof![
                    hostile(),
                    (0_u16..9, any::<bool>()).prop_map(|(number, ack)| taken_asking(number, ack).to_vec()),
                    (0_u16..9).prop_map(|number| [idle(number), granted()].concat()),
                ],
                0_u64..8_000,
                any::<bool>(),
            ),
            0..60,
        ),
    ) {
        let mut rig = Rig::with_bearer(3);
        for (leg, port, octets, pause, listens) in steps {
            if pause % 5 == 0 {
                rig.signal(listening(u64::from(leg % 4), listens));
                rig.drain();
            }
            rig.raw(path(leg, port), &octets);
            for to in rig.sent_to() {
                let (To::Floor(_, sent) | To::Voice(_, sent) | To::Client(_, sent) | To::Controlling(_, sent)) = &to
                else {
                    continue;
                };
                // An Acknowledge of our own is the one message that did not come.
                let own = FloorMessage::decode(sent).is_ok_and(|message| {
                    matches!(message.value, FloorMessage::Ack(ack) if ack.source == Some(Source::PARTICIPATING))
                });
                for message in mcptt_codec::rtcp::split(sent).filter(|_| !own && port == FLOOR) {
                    let message = message.unwrap();
                    let came = octets.windows(message.len()).any(|window| {
                        window[0] & !Subtype::ACK_BIT == message[0] & !Subtype::ACK_BIT && window[1..] == message[1..]
                    });
                    prop_assert!(came, "{to:?}");
                }
                if let To::Floor(_, sent) = &to {
                    prop_assert!(leg > 4);
                    let name = FloorMessage::decode(sent).unwrap().value.name();
                    prop_assert!(["Floor Taken", "Floor Idle", "Floor Release Multi Talker"].contains(&name));
                    prop_assert_eq!(sent[0] & Subtype::ACK_BIT, 0);
                }
            }
            rig.advance(Duration::from_millis(pause));
            rig.drain();
        }
        for call in 1..=3 {
            rig.signal(Signalling::ReleaseFinished { call: CallRef(call) });
        }
        rig.advance(Duration::from_secs(1));
        prop_assert_eq!((rig.plane.calls(), rig.plane.poll_timeout()), (0, None));
    }
}
