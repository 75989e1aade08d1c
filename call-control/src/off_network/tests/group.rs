//! Basic call control of a group call.

use std::net::SocketAddr;
use std::time::Duration;

use mcptt_codec::monp::{CallType, GroupCallAnnouncement, GroupCallProbe, MonpMessage, UtcSeconds};

use super::radio::*;
use crate::off_network::*;

use GroupCallState as S;

fn probe() -> MonpMessage {
    MonpMessage::GroupCallProbe(GroupCallProbe { group_id: group_id() })
}

fn announcement(sent: &Sent) -> &GroupCallAnnouncement {
    match &sent.message {
        MonpMessage::GroupCallAnnouncement(announcement) => announcement,
        other => panic!("{other:?}"),
    }
}

fn announcements(sent: &[Sent]) -> Vec<&Sent> {
    sent.iter().filter(|one| matches!(one.message, MonpMessage::GroupCallAnnouncement(_))).collect()
}

//= 24.379-10.2:port test
//= 24.379-10.2.2:tfg1 test
//= 24.379-15.2.3 test
#[test]
fn who_finds_no_call_within_tfg1_announces_one() {
    let mut radio = Radio::new(1);
    radio.call(0);
    radio.run(ms(1_000));
    let sent = radio.sent();
    let names: Vec<_> = sent.iter().map(|one| (one.at.as_millis(), one.message.name())).collect();
    let (probe, announced) = ("GROUP CALL PROBE", "GROUP CALL ANNOUNCEMENT");
    assert_eq!(names, [(0, probe), (40, probe), (80, probe), (120, probe), (150, announced)]);
    for one in &sent {
        assert_eq!(one.to, SocketAddr::from(([239, 1, 1, 1], 8809)));
    }
    let announced = announcement(&sent[4]);
    assert_eq!(announced.originating_user, user(0));
    assert_eq!(announced.call_type, CallType::BASIC_GROUP);
    assert_eq!(announced.call_start_time.seconds(), START);
    assert_eq!(announced.refresh_interval.0, 10_000);
    assert!(!announced.confirm_mode && !announced.probe_response);
    let sdp = String::from_utf8_lossy(&announced.sdp).into_owned();
    for line in ["c=IN IP4 239.1.1.1/255", "m=audio 40000 RTP/AVP 97", "m=application 40002 udp MCPTT"] {
        assert!(sdp.contains(line), "{sdp}");
    }
    assert_eq!(radio.state(0), S::Ongoing);
    let [OffNetworkEvent::GroupCallJoined { call, originated: true }] = &radio.told_to(0)[..] else {
        panic!("joined");
    };
    assert_eq!(call.media.audio, [SocketAddr::from(([239, 1, 1, 1], 40_000))]);
    assert_eq!(call.media.floor_port, Some(40_002));
}

//= 24.379-10.2:port test
#[test]
fn without_multicast_every_member_is_told_directly() {
    let mut radio = Radio::with(3, 1, Conditions::GOOD, |config| {
        config.groups[0].reach = Reach::Direct((0..3).map(address).collect());
    });
    radio.call(0);
    radio.run(ms(500));
    let to: Vec<_> = radio.sent().iter().filter(|one| one.by == 0).take(2).map(|one| one.to).collect();
    assert_eq!(to, [SocketAddr::new(address(1), 8809), SocketAddr::new(address(2), 8809)]);
    assert!(radio.calls().iter().all(|call| call.is_some()));
    let [OffNetworkEvent::GroupCallJoined { call, .. }] = &radio.told_to(1)[..] else { panic!("joined") };
    assert_eq!(call.media.audio, [0, 2].map(|other| SocketAddr::new(address(other), 40_000)));
}

#[test]
fn everybody_who_hears_the_announcement_joins() {
    let mut radio = Radio::new(4);
    radio.call(0);
    radio.run(ms(200));
    let calls = radio.calls();
    assert!(calls[0].is_some() && calls.iter().all(|call| *call == calls[0]), "{calls:?}");
    let joined = radio.told().into_iter().map(|(of, event)| match event {
        OffNetworkEvent::GroupCallJoined { originated, .. } => (of, originated),
        other => panic!("{other:?}"),
    });
    let mut joined: Vec<_> = joined.collect();
    joined.sort_unstable();
    assert_eq!(joined, [(0, true), (1, false), (2, false), (3, false)]);
}

//= 24.379-10.2.2:probe test
#[test]
fn a_probe_is_answered_within_a_twelfth_of_a_second_by_one_and_the_others_keep_silent() {
    let mut radio = Radio::new(4);
    // The fourth one is out of reach while the call is set up.
    radio.cells[3] = 1;
    radio.call(0);
    radio.run(secs(1));
    radio.cells[3] = 0;
    radio.sent();
    radio.told();
    radio.call(3);
    radio.run(ms(149));
    assert_eq!(radio.state(3), S::Ongoing, "the call was found, none was announced");
    let sent = radio.sent();
    let probed = sent.iter().find(|one| one.by == 3).expect("a probe").at;
    let answers = announcements(&sent);
    assert!(!answers.is_empty() && answers.iter().all(|one| one.by != 3));
    assert!(announcement(answers[0]).probe_response);
    assert!(answers[0].at - probed < ms(84) + ms(2), "{answers:?}");
    // The others may have been under way, at most within the time that it takes to hear the first.
    assert!(answers.iter().all(|one| one.at <= answers[0].at + ms(2)), "{answers:?}");
    let calls = radio.calls();
    assert!(calls.iter().all(|call| *call == calls[0]));
    // Answered once: the next announcement is an ordinary one.
    radio.run(secs(30));
    assert!(announcements(&radio.sent()).iter().all(|one| !announcement(one).probe_response));
}

//= 24.379-10.2.2:dup test
#[test]
fn an_identical_announcement_delays_the_own_one() {
    let mut radio = Radio::new(3);
    radio.call(0);
    radio.run(secs(300));
    let sent = radio.sent();
    let times: Vec<Duration> = announcements(&sent).iter().map(|one| one.at).collect();
    assert!(times.len() > 20 && times.len() < 50, "one announcement in about ten seconds: {times:?}");
    for pair in times.windows(2) {
        let pause = pair[1] - pair[0];
        // Two thirds of the interval at least, whoever speaks; two that speak at once have not heard each other.
        assert!(pause <= ms(2) || (ms(6_666)..=ms(13_340)).contains(&pause), "{pause:?}");
    }
}

//= 24.379-10.2.2:tfg6 test
#[test]
fn a_call_ends_for_everybody_when_its_maximum_duration_has_passed_since_it_was_started() {
    let mut radio = Radio::with(3, 3, Conditions::GOOD, |config| {
        config.groups[0].maximum_duration = Some(secs(60));
    });
    radio.cells[2] = 1;
    radio.call(0);
    radio.run(secs(40));
    radio.cells[2] = 0;
    radio.run(secs(15));
    assert!(radio.calls().iter().all(|call| call.is_some()), "the third one has come late");
    radio.told();
    radio.run(secs(4));
    assert_eq!(radio.told(), [], "59 seconds");
    radio.run(ms(2_500));
    let left = radio.told();
    assert_eq!(left.len(), 3, "{left:?}");
    for (_, event) in left {
        let cause = EndCause::MaximumDuration;
        assert_eq!(event, OffNetworkEvent::GroupCallLeft { group: group_id(), cause });
    }
    assert!((0..3).all(|number| radio.state(number) == S::Ignoring));
    radio.run(secs(120));
    assert!((0..3).all(|number| radio.state(number) == S::StartStop), "nobody announces it any longer");
}

//= 24.379-10.2.2:tfg6 test
#[test]
fn a_call_that_is_older_than_its_maximum_duration_is_left_at_once() {
    let mut radio = Radio::new(1);
    let mut other = Radio::new(1);
    other.call(0);
    other.run(ms(200));
    let sent = other.sent();
    let mut old = announcement(announcements(&sent)[0]).clone();
    old.originating_user = user(1);
    old.call_start_time = UtcSeconds::new(START - 601).expect("it fits");
    radio.inject(0, address(1), &MonpMessage::GroupCallAnnouncement(old));
    radio.run(ms(1));
    assert_eq!(radio.state(0), S::Ignoring);
}

/// Two calls of one group that have grown apart.
fn parted(first: CallType, second: CallType, pause: Duration) -> Radio {
    let mut radio = Radio::new(4);
    radio.cells = vec![0, 0, 1, 1];
    radio.call_as(0, first);
    radio.run(pause);
    radio.call_as(2, second);
    radio.run(secs(5));
    let calls = radio.calls();
    assert!(calls[0].is_some() && calls[2].is_some() && calls[0] != calls[2]);
    assert!(calls[0] == calls[1] && calls[2] == calls[3]);
    radio.cells = vec![0; 4];
    radio.told();
    radio
}

fn merged_into(radio: &mut Radio, first: bool) {
    let before = radio.calls();
    radio.run(secs(60));
    let winner = before[if first { 0 } else { 2 }];
    assert!(radio.calls().iter().all(|call| *call == winner), "{before:?} {:?}", radio.calls());
    let losers = if first { [2, 3] } else { [0, 1] };
    let mut merged: Vec<usize> = radio
        .told()
        .into_iter()
        .filter(|(_, event)| matches!(event, OffNetworkEvent::GroupCallMerged { .. }))
        .map(|(of, _)| of)
        .collect();
    merged.sort_unstable();
    assert_eq!(merged, losers);
}

//= 24.379-10.2.2:merge test
#[test]
fn after_a_partition_the_older_call_goes_on() {
    merged_into(&mut parted(CallType::BASIC_GROUP, CallType::BASIC_GROUP, secs(20)), true);
}

//= 24.379-10.2.2:merge test
#[test]
fn the_more_urgent_call_goes_on_even_when_it_is_younger() {
    let mut radio = parted(CallType::BASIC_GROUP, CallType::EMERGENCY_GROUP, secs(20));
    merged_into(&mut radio, false);
    assert!((0..4).all(|number| radio.type_state(number) == GroupCallTypeState::Emergency));
    merged_into(&mut parted(CallType::IMMINENT_PERIL_GROUP, CallType::BASIC_GROUP, secs(20)), true);
}

//= 24.379-10.2.2:merge test
#[test]
fn of_two_calls_of_the_same_second_that_of_the_lower_identifier_goes_on() {
    let mut radio = parted(CallType::BASIC_GROUP, CallType::BASIC_GROUP, ms(300));
    let first = radio.calls()[0] < radio.calls()[2];
    merged_into(&mut radio, first);
}

//= 24.379-10.2.2:leave test
#[test]
fn a_call_that_was_left_is_not_joined_again_as_long_as_it_is_announced() {
    let mut radio = Radio::new(3);
    radio.call(0);
    radio.run(secs(1));
    radio.told();
    radio.leave(2);
    let cause = EndCause::User;
    assert_eq!(radio.told_to(2), [OffNetworkEvent::GroupCallLeft { group: group_id(), cause }]);
    radio.run(secs(200));
    assert_eq!(radio.state(2), S::Ignoring);
    radio.leave(0);
    radio.leave(1);
    radio.run(secs(29));
    assert_eq!(radio.state(0), S::Ignoring);
    radio.run(secs(2));
    assert_eq!([0, 1].map(|number| radio.state(number)), [S::StartStop; 2]);
    assert_eq!(radio.told_to(2), []);
}

//= 24.379-10.2.2:leave test
#[test]
fn who_gives_up_while_looking_for_a_call_does_not_join_it() {
    let mut radio = Radio::new(2);
    radio.call(0);
    radio.run(ms(20));
    radio.leave(0);
    assert_eq!(radio.state(0), S::WaitingAfterRelease);
    radio.run(ms(131));
    assert_eq!(radio.state(0), S::StartStop, "there was none");

    // And where there is one:
    let mut radio = Radio::new(2);
    radio.cells[0] = 1;
    radio.call(1);
    radio.run(secs(1));
    radio.cells[0] = 0;
    radio.call(0);
    radio.leave(0);
    radio.run(ms(140));
    assert_eq!(radio.state(0), S::Ignoring);
    assert_eq!(radio.told_to(0), []);
}

//= 24.379-10.2.2:rejoin test
#[test]
fn who_has_left_rejoins_the_call_without_a_probe() {
    let mut radio = Radio::new(2);
    radio.call(0);
    radio.run(secs(1));
    let call = radio.calls()[1];
    radio.leave(1);
    radio.sent();
    radio.call(1);
    assert_eq!(radio.said(), []);
    assert_eq!(radio.calls()[1], call);
}

//= 24.379-10.2.2:accept test
#[test]
fn who_joins_a_call_in_confirm_mode_says_so() {
    let mut radio = Radio::with(2, 5, Conditions::GOOD, |config| config.groups[0].confirm_mode = true);
    radio.call(0);
    radio.run(ms(200));
    assert!(radio.said().contains(&(1, "GROUP CALL ACCEPT")));
    let accepted = OffNetworkEvent::GroupCallAccepted { group: group_id(), user: user(1) };
    assert!(radio.told_to(0).contains(&accepted));
}

//= 24.379-10.2.2:pending test
#[test]
fn the_user_is_asked_where_that_is_wanted() {
    for confirm_mode in [false, true] {
        let change = |config: &mut OffNetworkConfig| {
            config.groups[0].confirm_mode = confirm_mode;
            config.groups[0].user_action = true;
        };
        let mut radio = Radio::with(4, 5, Conditions::GOOD, change);
        radio.call(0);
        radio.run(ms(200));
        let waiting = if confirm_mode { S::PendingWithConfirm } else { S::PendingWithoutConfirm };
        assert_eq!([1, 2, 3].map(|number| radio.state(number)), [waiting; 3]);
        assert!(matches!(radio.told_to(1)[..], [OffNetworkEvent::GroupCallOffered { .. }]));
        radio.sent();
        radio.command(1, OffNetworkCommand::AcceptGroupCall { group: group_id() });
        radio.command(2, OffNetworkCommand::RejectGroupCall { group: group_id() });
        assert_eq!(radio.said(), if confirm_mode { vec![(1, "GROUP CALL ACCEPT")] } else { vec![] });
        assert_eq!([1, 2].map(|number| radio.state(number)), [S::Ongoing, S::Ignoring]);
        radio.run(ms(29_000));
        assert_eq!(radio.state(3), waiting);
        radio.run(ms(1_000));
        assert_eq!(radio.state(3), S::Ignoring, "TFG4");
        let cause = EndCause::NotTaken;
        assert!(radio.told_to(3).contains(&OffNetworkEvent::GroupCallLeft { group: group_id(), cause }));
    }
}

#[test]
fn what_cannot_be_used_is_not_joined() {
    let mut other = Radio::new(1);
    other.call(0);
    other.run(ms(200));
    let sent = other.sent();
    let mut good = announcement(announcements(&sent)[0]).clone();
    good.originating_user = user(1);
    let mut radio = Radio::new(1);
    for broken in [
        GroupCallAnnouncement { sdp: "v=0".into(), ..good.clone() },
        GroupCallAnnouncement { call_type: CallType::PRIVATE, ..good.clone() },
        GroupCallAnnouncement { call_type: CallType(99), ..good.clone() },
    ] {
        radio.inject(0, address(1), &MonpMessage::GroupCallAnnouncement(broken));
        assert_eq!(radio.state(0), S::StartStop);
        assert!(matches!(radio.told_to(0)[..], [OffNetworkEvent::UnusableMedia { .. }]));
    }
    let foreign = GroupCallAnnouncement { group_id: "sip:other@mc.example.org".into(), ..good.clone() };
    radio.inject(0, address(1), &MonpMessage::GroupCallAnnouncement(foreign));
    assert!(matches!(radio.told_to(0)[..], [OffNetworkEvent::NotForUs { .. }]));
    // One's own messages come back by multicast.
    radio.inject(0, address(0), &MonpMessage::GroupCallAnnouncement(good.clone()));
    radio.inject(0, address(0), &probe());
    assert_eq!(radio.steps(), []);
    radio.inject(0, address(1), &MonpMessage::GroupCallAnnouncement(good));
    assert_eq!(radio.state(0), S::Ongoing);
}
