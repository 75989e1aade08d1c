//! The non-controlling function: local clients of a call that is controlled elsewhere.

use mcptt_codec::floor::{
    FloorDeny, FloorGranted, FloorIdle, FloorIndicator, FloorTaken, MediaFlowControlIndicator,
    QueueingCapability, TrackInfo, UnicastMediaFlowControl,
};
use proptest::prelude::*;

use super::relay::{hostile, peer};
use super::*;
use crate::floor::non_controlling::{NonControllingSettings, State};
use crate::signalling::{NonControllingSignalling, PeerLeg};
use crate::testing::cases;

/// The leg of the controlling function; those of the clients are 1, 2, 3.
const UP: u8 = 9;

fn function_settings() -> NonControllingSettings {
    NonControllingSettings {
        participant_type: NonControllingSettings::UNKNOWN_TYPE,
        indicator: FloorIndicator::NORMAL,
    }
}

impl Rig {
    /// A session with clients 1 to `clients`.
    fn non_controlling(clients: u8) -> Self {
        let mut rig = Self::new(Config::default());
        rig.know(&peer(UP));
        rig.signal(Signalling::NonControlling(NonControllingSignalling::Initiated {
            call: CALL,
            settings: function_settings(),
            controlling: Box::new(peer(UP)),
        }));
        (1..=clients).for_each(|client| rig.connect(participant(client), client));
        rig.drain();
        rig
    }

    fn reference(&self, client: u8) -> u32 {
        let function = self.plane.non_controlling_function(CALL).unwrap();
        function.reference(LegRef(client.into())).unwrap()
    }

    fn client_state(&self, client: u8) -> Option<State> {
        self.plane.non_controlling_function(CALL).unwrap().client_state(LegRef(client.into()))
    }

    /// The controlling function grants the floor to a client.
    fn grant_from_above(&mut self, client: u8) {
        let track_info = track(self.reference(client));
        let granted = FloorGranted { ssrc: ssrc(UP), track_info, ..FloorGranted::default() };
        self.floor(UP, &FloorMessage::Granted(granted).encode().unwrap());
    }

    /// What was sent: leg and message.
    fn messages(&mut self) -> Vec<(u8, FloorMessage)> {
        let sent = self.octets().into_iter();
        sent.filter(|(_, port, _)| *port == FLOOR)
            .map(|(leg, _, octets)| (leg, FloorMessage::decode(&octets).unwrap().value))
            .collect()
    }

    fn names(&mut self) -> Vec<(u8, &'static str)> {
        self.messages().into_iter().map(|(leg, message)| (leg, message.name())).collect()
    }
}

fn track(reference: u32) -> Option<TrackInfo> {
    Some(TrackInfo {
        queueing_capability: QueueingCapability::NOT_SUPPORTED,
        participant_type: "unknown".into(),
        references: vec![reference],
    })
}

fn idle() -> Bytes {
    FloorMessage::Idle(FloorIdle { ssrc: ssrc(UP), ..FloorIdle::default() }).encode().unwrap()
}

fn taken() -> Bytes {
    FloorMessage::Taken(FloorTaken { ssrc: ssrc(UP), ..FloorTaken::default() }).encode().unwrap()
}

//= 24.380-6.5.4.2:keep test
//= 24.380-6.5.4:down test
#[test]
fn requests_go_up_and_answers_come_down() {
    let mut rig = Rig::non_controlling(3);
    rig.floor(2, &request(2));
    let up = rig.messages();
    let [(UP, FloorMessage::Request(request))] = &up[..] else { panic!("{up:?}") };
    assert_eq!(request.track_info, track(rig.reference(2)));
    assert_ne!(rig.reference(1), rig.reference(2));

    let deny = FloorDeny { track_info: request.track_info.clone(), ..FloorDeny::default() };
    rig.floor(UP, &FloorMessage::Deny(deny).encode().unwrap());
    let down = rig.messages();
    let [(2, FloorMessage::Deny(deny))] = &down[..] else { panic!("{down:?}") };
    assert_eq!((deny.track_info.as_ref(), deny.ssrc), (None, request.ssrc));
}

//= 24.380-6.5.5.3 test
//= 24.380-6.5.5.4 test
//= 24.380-6.5.4:bcast test
#[test]
fn voice_of_the_granted_client_goes_up_and_to_the_others() {
    let mut rig = Rig::non_controlling(3);
    rig.media(1, &rtp(1, 1));
    assert_eq!(rig.names(), [(1, "Floor Revoke")]);
    rig.grant_from_above(1);
    assert_eq!(rig.names(), [(1, "Floor Granted"), (2, "Floor Taken"), (3, "Floor Taken")]);
    rig.media(1, &rtp(1, 2));
    assert_eq!(rig.octets(), [UP, 2, 3].map(|leg| (leg, AUDIO, rtp(1, 2))));
    // What comes from above meanwhile does not go to the talker.
    rig.media(UP, &rtp(UP, 1));
    assert_eq!(rig.octets(), [2, 3].map(|leg| (leg, AUDIO, rtp(UP, 1))));
    rig.floor(1, &release(1));
    assert_eq!(rig.names(), [(UP, "Floor Release")]);
    rig.media(1, &rtp(1, 3));
    assert_eq!(rig.names(), [(1, "Floor Revoke")]);
    rig.floor(UP, &idle());
    assert_eq!(rig.names(), [(1, "Floor Idle"), (2, "Floor Idle"), (3, "Floor Idle")]);
    rig.floor(UP, &taken());
    rig.drain();
    rig.media(UP, &rtp(UP, 2));
    assert_eq!(rig.octets(), [1, 2, 3].map(|leg| (leg, AUDIO, rtp(UP, 2))));
    assert_eq!(rig.discarded(Discard::NoPermission), 2);
}

#[test]
fn clients_come_and_go_like_those_of_a_call_that_is_controlled_here() {
    let mut rig = Rig::non_controlling(2);
    rig.floor(UP, &idle());
    rig.drain();
    rig.connect(participant(3), 3);
    assert_eq!(rig.names(), [(3, "Floor Idle")]);
    rig.grant_from_above(3);
    rig.drain();
    rig.signal(Signalling::LegLeft { call: CALL, leg: LegRef(3) });
    assert_eq!(rig.names(), [(UP, "Floor Release")]);
    assert_eq!((rig.client_state(3), rig.plane.routes.len()), (None, 6));

    let refused = |leg, reason| [Indication::LegRefused { call: CALL, leg: LegRef(leg), reason }];
    rig.connect(participant(1), 1);
    assert_eq!(rig.indications(), refused(1, Refusal::ReferenceInUse));
    rig.connect(Participant { floor: endpoint(2, FLOOR), ..participant(4) }, 4);
    assert_eq!(rig.indications(), refused(4, Refusal::AddressInUse));

    rig.signal(Signalling::ReleaseStarted { call: CALL });
    rig.floor(1, &request(1));
    rig.media(UP, &rtp(UP, 1));
    rig.floor(UP, &idle());
    assert_eq!(rig.octets(), []);
    rig.signal(Signalling::ReleaseFinished { call: CALL });
    assert_eq!((rig.plane.calls(), rig.plane.routes.len()), (0, 0));
}

#[test]
fn a_leg_may_name_the_ssrc_of_messages_to_it() {
    let mut rig = Rig::non_controlling(1);
    let parameters = FloorParameters { floor_ssrc: Some(Ssrc(0x77)), ..FloorParameters::default() };
    rig.connect(Participant { floor_parameters: parameters, ..participant(2) }, 2);
    rig.drain();
    rig.floor(UP, &idle());
    let messages = rig.messages();
    assert_eq!((messages[0].0, messages[1].0, messages[1].1.ssrc()), (1, 2, Ssrc(0x77)));
    assert_ne!(messages[0].1.ssrc(), Ssrc(0x77));
}

#[test]
fn a_call_that_is_controlled_here_goes_on_under_another_function() {
    let mut rig = Rig::with_legs(3);
    rig.grant(1);
    rig.know(&peer(UP));
    let switched = |leg| {
        Signalling::NonControlling(NonControllingSignalling::Switched {
            call: CALL,
            settings: function_settings(),
            controlling: Box::new(leg),
        })
    };
    // An address that is bound: the call stays as it is.
    rig.signal(switched(PeerLeg { leg: LegRef(UP.into()), ..peer(1) }));
    let refused = Indication::LegRefused { call: CALL, leg: LegRef(9), reason: Refusal::AddressInUse };
    assert_eq!(rig.indications(), [refused]);
    assert_eq!(rig.plane.floor(CALL).unwrap().talker(), Some(LegRef(1)));

    rig.signal(switched(peer(UP)));
    let up = rig.messages();
    let [(UP, FloorMessage::Request(request))] = &up[..] else { panic!("{up:?}") };
    assert_eq!(request.track_info, track(rig.reference(1)));
    assert!(rig.plane.floor(CALL).is_none());
    // No timer of the time before acts any more.
    assert_eq!(rig.plane.poll_timeout(), None);
    rig.media(1, &rtp(1, 1));
    assert_eq!(rig.octets(), [UP, 2, 3].map(|leg| (leg, AUDIO, rtp(1, 1))));
    rig.grant_from_above(1);
    assert_eq!(rig.names(), [(1, "Floor Granted")]);
    rig.signal(Signalling::ReleaseStarted { call: CALL });
    rig.signal(Signalling::ReleaseFinished { call: CALL });
    assert_eq!((rig.plane.calls(), rig.plane.routes.len()), (0, 0));
    rig.signal(switched(peer(UP)));
    assert_eq!(rig.indications(), [Indication::CallRefused { call: CALL, reason: Refusal::UnknownCall }]);
}

#[test]
fn a_controlling_function_of_ours_and_a_non_controlling_one_understand_each_other() {
    // Participants 1 and 2 of the controlling function are a user and the function behind which clients 1 to 3 are.
    let mut above = Rig::with_legs(2);
    let mut below = Rig::non_controlling(3);
    let carry = |above: &mut Rig, below: &mut Rig| {
        let mut seen = Vec::new();
        loop {
            let down: Vec<_> = above.octets();
            for (leg, port, octets) in &down {
                if *leg == 2 {
                    below.raw(path(UP, *port), octets);
                }
            }
            let up: Vec<_> = below.octets();
            for (leg, port, octets) in &up {
                if *leg == UP {
                    above.raw(path(2, *port), octets);
                } else if *port == FLOOR {
                    seen.push((*leg, FloorMessage::decode(octets).unwrap().value.name()));
                }
            }
            if down.is_empty() && up.is_empty() {
                return seen;
            }
        }
    };
    below.raw(path(3, FLOOR), &request(3));
    let seen = carry(&mut above, &mut below);
    assert_eq!(seen, [(3, "Floor Granted"), (1, "Floor Taken"), (2, "Floor Taken")]);
    assert_eq!(above.plane.floor(CALL).unwrap().talker(), Some(LegRef(2)));
    below.raw(path(1, FLOOR), &request(1));
    // Another client behind the same leg: neither its request nor its release is the talker's.
    assert_eq!(carry(&mut above, &mut below), [(1, "Floor Deny")]);
    below.raw(path(1, FLOOR), &release(1));
    assert_eq!(carry(&mut above, &mut below), [(1, "Floor Taken")]);
    assert_eq!(above.plane.floor(CALL).unwrap().talker(), Some(LegRef(2)));
    below.raw(path(3, FLOOR), &release(3));
    let seen = carry(&mut above, &mut below);
    assert!(seen.ends_with(&[(1, "Floor Idle"), (2, "Floor Idle"), (3, "Floor Idle")]), "{seen:?}");
    above.floor(1, &request(1));
    let seen = carry(&mut above, &mut below);
    assert_eq!(seen, [(1, "Floor Taken"), (2, "Floor Taken"), (3, "Floor Taken")]);
}

//= 24.380-6.3.2.3 test
#[test]
fn a_call_that_was_controlled_elsewhere_goes_on_here() {
    let mut rig = Rig::non_controlling(3);
    rig.grant_from_above(2);
    rig.media(2, &rtp(2, 1));
    rig.drain();
    let resumed = NonControllingSignalling::Resumed { call: CALL, settings: settings() };
    rig.signal(Signalling::NonControlling(resumed.clone()));
    assert_eq!(rig.names(), [(2, "Floor Granted"), (1, "Floor Taken"), (3, "Floor Taken")]);
    // Who talked goes on, now without a controlling function to tell.
    rig.media(2, &rtp(2, 2));
    assert_eq!(rig.octets(), [1, 3].map(|leg| (leg, AUDIO, rtp(2, 2))));
    rig.floor(UP, &idle());
    assert_eq!(rig.names(), []);
    rig.floor(2, &release(2));
    assert_eq!(rig.names(), [1, 2, 3].map(|leg| (leg, "Floor Idle")));
    rig.floor(1, &request(1));
    assert_eq!(rig.names(), [(1, "Floor Granted"), (2, "Floor Taken"), (3, "Floor Taken")]);
    // It cannot be resumed twice.
    rig.signal(Signalling::NonControlling(resumed));
    assert_eq!(rig.indications(), [Indication::CallRefused { call: CALL, reason: Refusal::UnknownCall }]);
    rig.signal(Signalling::ReleaseStarted { call: CALL });
    rig.signal(Signalling::ReleaseFinished { call: CALL });
    assert_eq!((rig.plane.calls(), rig.plane.ssrcs.len()), (0, 0));
}

//= 24.380-6.3.2.3 test
#[test]
fn clients_count_on_and_keep_what_they_wanted_when_control_is_resumed() {
    let mut rig = Rig::non_controlling(3);
    rig.floor(UP, &idle());
    let numbers = |rig: &mut Rig| -> Vec<(u8, u16)> {
        let messages = rig.messages().into_iter();
        let sequence = |message| match message {
            FloorMessage::Idle(idle) => idle.sequence,
            _ => None,
        };
        messages.filter_map(|(leg, message)| Some((leg, sequence(message)?.0))).collect()
    };
    let before = numbers(&mut rig).last().unwrap().1;
    let stop = UnicastMediaFlowControl {
        ssrc: ssrc(3),
        flow: Some(MediaFlowControlIndicator::STOP),
        ..UnicastMediaFlowControl::default()
    };
    rig.floor(3, &FloorMessage::UnicastMediaFlowControl(stop).encode().unwrap());
    rig.drain();
    rig.signal(Signalling::NonControlling(NonControllingSignalling::Resumed {
        call: CALL,
        settings: settings(),
    }));
    let expected: Vec<_> = [1, 2, 3].into_iter().zip(before + 1..).collect();
    assert_eq!(numbers(&mut rig), expected);
    rig.grant(1);
    rig.media(1, &rtp(1, 1));
    assert_eq!(rig.octets(), [(2, AUDIO, rtp(1, 1))]);
}

#[test]
fn what_is_no_floor_message_goes_no_further() {
    let other_name = [0x80, 0xcc, 0, 2, 0x55, 0, 0, 2, b'P', b'O', b'C', b'1'];
    let unknown = [0x9c, 0xcc, 0, 2, 0x55, 0, 0, 2, b'M', b'C', b'P', b'T'];
    let overrun = [0x80, 0xcc, 0, 3, 0x55, 0, 0, 2, b'M', b'C', b'P', b'T', 0, 200, 5, 0];
    let cases: [(u16, &[u8], Stream, Discard); 6] = [
        (AUDIO, &request(1), Stream::Audio, Discard::ControlOnMediaPort),
        (AUDIO_CONTROL, &rtp(1, 1), Stream::AudioControl, Discard::NotRtcp),
        (FLOOR, &rtp(1, 1), Stream::Floor, Discard::MediaOnFloorPort),
        (FLOOR, &other_name, Stream::Floor, Discard::NotFloorControl),
        (FLOOR, &unknown, Stream::Floor, Discard::UnknownMessage),
        (FLOOR, &overrun, Stream::Floor, Discard::FieldOverrun),
    ];
    for leg in [1, UP] {
        for (port, octets, stream, reason) in cases {
            let mut rig = Rig::non_controlling(2);
            rig.raw(path(leg, port), octets);
            assert_eq!(rig.drain(), [Output::Event(discarded(leg, stream, reason, 1))], "{octets:02x?}");
        }
    }
}

#[test]
fn a_flood_of_one_client_is_cut_and_disturbs_nobody() {
    let mut rig = Rig::non_controlling(2);
    rig.raw(path(1, FLOOR), &request(1).repeat(1_000));
    assert_eq!(rig.octets().len(), 50);
    assert_eq!(rig.discarded(Discard::RateExceeded), 1);
    rig.raw(path(2, FLOOR), &request(2));
    assert_eq!(rig.octets().len(), 1);
    // A Track Info that has no room for another reference goes nowhere.
    let long = TrackInfo { references: vec![1; 61], ..track(1).unwrap() };
    let request = FloorRequest { track_info: Some(long), ..FloorRequest::default() };
    rig.raw(path(2, FLOOR), &FloorMessage::Request(request).encode().unwrap());
    assert_eq!((rig.octets(), rig.plane.counters().unsendable), (vec![], 1));
}

proptest! {
    #![proptest_config(cases(128))]

    /// Whatever comes, in whatever order: nothing panics, nothing is sent to where nobody is, and voice of a client goes on
    /// only with permission.
    #[test]
    fn nothing_from_the_network_makes_it_fail(
        steps in proptest::collection::vec(
            (prop::sample::select(vec![1_u8, 2, 3, UP]), 0_u16..6, hostile(), 0_u64..2_000, any::<bool>()),
            0..60,
        ),
    ) {
        let mut rig = Rig::non_controlling(2);
        for (leg, port, octets, pause, grant) in steps {
            if grant {
                rig.grant_from_above(1 + u8::from(leg == 2));
                rig.drain();
            }
            let may_send = rig.client_state(leg) == Some(State::HasPermission);
            rig.raw(path(leg, port), &octets);
            for (to, to_port, _) in rig.octets() {
                prop_assert!([1, 2, UP].contains(&to));
                if to_port == AUDIO {
                    prop_assert!(leg == UP || may_send);
                    prop_assert_ne!(to, leg);
                }
            }
            rig.advance(Duration::from_millis(pause));
        }
    }
}
