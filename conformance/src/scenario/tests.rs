//! The text of scenarios, both ways, and that the same text leaves the same frames.

use std::time::Duration;

use proptest::prelude::*;

use super::line::{duration, written};
use super::*;

const HEAD: &str = "title t\nnetwork media\nclient alice bob in fire-1\n";

fn refusal(text: &str) -> String {
    Scenario::parse(text).expect_err(text).to_string()
}

#[test]
fn a_scenario_is_read_line_by_line() {
    let text = "\
# A comment.
title    what it shows # and this belongs to it
network  on
set      floor.T2 = \"5s\"
set      group fire-1 hang-timer = \"10s\"
set      member fire-1 bob priority = 3
client   alice bob in fire-1
client   dave in fire-1 rail-1 priority none queueing no protected absent pre-established

0s       alice calls fire-1 with request as emergency
1.5s     bob presses priority 7 imminent-peril   # a comment
+20ms    bob speaks for 400ms
+0s      network delays 2 floor to bob by 40ms
2s       dave logs in
+1s      bob sends release with ack
+1s      bob sends floor-octets 80cc
5s       end
";
    let scenario = Scenario::parse(text).unwrap();
    assert_eq!(scenario.title, "what it shows # and this belongs to it");
    assert_eq!(scenario.network, Network::On);
    assert_eq!(scenario.settings[2].of, Subject::Member("fire-1".into(), "bob".into()));
    assert_eq!(scenario.settings[2].assignment, "priority = 3");
    assert_eq!(scenario.clients[1], Client { groups: vec!["fire-1".into()], ..Client::new("bob") });
    assert_eq!(
        scenario.clients[2],
        Client {
            name: "dave".into(),
            groups: vec!["fire-1".into(), "rail-1".into()],
            queueing: false,
            priority: None,
            protected: true,
            absent: true,
            pre_established: true,
        }
    );
    let millis: Vec<u128> = scenario.steps.iter().map(|step| step.at.as_millis()).collect();
    assert_eq!(millis, [0, 1500, 1520, 1520, 2000, 3000, 4000]);
    assert_eq!(
        scenario.steps[0].action,
        Action::Call(
            0,
            Call { group: "fire-1".into(), with_request: true, emergency: true, broadcast: false }
        )
    );
    assert_eq!(
        scenario.steps[1].action,
        Action::Press(1, Request { priority: Some(7), tier: Tier::ImminentPeril })
    );
    assert_eq!(scenario.steps[5].action, Action::Send(1, Message::Release { ack: true }));
    assert_eq!(scenario.end, Duration::from_secs(5));
}

#[test]
fn an_error_names_line_column_and_what_would_be_right() {
    let step = |step: &str| refusal(&format!("{HEAD}{step}\n9s end\n"));
    for (text, expected) in [
        (
            "1 bob presses",
            "4:1: expected title, network, set, client, or the time of a step such as 1.5s or +20ms, found '1'",
        ),
        ("1s bert presses", "4:4: expected a client (alice, bob), found 'bert'"),
        (
            "1s bob dances",
            "4:8: expected logs in, calls, joins, leaves, presses, releases, speaks, asks, accepts, hears, misses, refuses or sends, found 'dances'",
        ),
        ("1s bob speaks for long", "4:19: expected a duration such as 20ms or 1.5s, found 'long'"),
        ("1s bob presses priority 256", "4:25: expected a priority from 0 to 255, found '256'"),
        ("1s bob releases now", "4:17: expected the end of the line, found 'now'"),
        ("1s network loses 1 floor", "4:25: expected to or from, found the end of the line"),
        ("1s network loses 1 floor of bob", "4:26: expected to or from, found 'of'"),
        ("1s bob sends floor-octets 8", "4:27: expected octets in hexadecimal, two digits each, found '8'"),
        ("1s bob sends ack 32", "4:18: expected the subtype that is acknowledged, 0 to 31, found '32'"),
        (
            "1s server stops",
            "4:11: expected starts, finishes, connects, disconnects, activates or deactivates, found 'stops'",
        ),
    ] {
        assert_eq!(step(text), expected, "{text}");
    }
    assert!(
        step("1s bob sends floor {\"name\":\"MCPT\"}")
            .starts_with("4:20: expected a message that can be encoded (")
    );
    assert_eq!(
        refusal(&format!("{HEAD}2s bob leaves\n1s alice leaves\n9s end")),
        "5:1: expected a time that is not before 2s, the step above, found '1s'"
    );
    assert_eq!(refusal(HEAD), "3:1: expected a last step 'TIME end', found the end of the text");
    assert_eq!(refusal("network on\n1s end"), "2:1: expected a line 'title ...', found the end of the text");
    assert_eq!(
        refusal("title t\n1s end"),
        "2:1: expected a line 'network on' or 'network media', found the end of the text"
    );
    assert_eq!(
        refusal("title t\nnetwork up"),
        "2:9: expected 'on', 'media', 'relay', 'group' or 'off', found 'up'"
    );
    assert_eq!(
        refusal(&format!("{HEAD}1s end\n2s bob leaves")),
        "5:1: expected nothing after 'end', found '2s'"
    );
    assert_eq!(
        refusal(&format!("{HEAD}client bob")),
        "4:8: expected a client that is not there yet, found 'bob'"
    );
    assert_eq!(
        refusal(&format!("{HEAD}set floor.T2")),
        "4:5: expected an assignment such as floor.T2 = \"5s\", found 'floor.T2'"
    );
}

#[test]
fn durations_are_exact() {
    for (text, nanoseconds) in [
        ("0s", 0),
        ("20ms", 20_000_000),
        ("1.5s", 1_500_000_000),
        ("0.000000001s", 1),
        ("250us", 250_000),
        ("1.25m", 75_000_000_000),
    ] {
        assert_eq!(duration(text), Some(Duration::from_nanos(nanoseconds)), "{text}");
    }
    for text in [
        "",
        "s",
        "1",
        "1.s",
        ".5s",
        "1.5.0s",
        "-1s",
        "1h",
        "0.0000000001s",
        "0.0001us",
        "86401s",
        "99999999999999999999s",
    ] {
        assert_eq!(duration(text), None, "{text}");
    }
}

#[test]
fn what_cannot_be_carried_out_says_which_step_and_why() {
    let fails = |text: &str| run(&Scenario::parse(text).unwrap()).unwrap_err().to_string();
    assert_eq!(
        fails("title t\nnetwork media\nclient zoe in fire-1\n1s zoe calls fire-1\n2s end"),
        "at 1s 'zoe calls fire-1' needs a member of the group"
    );
    assert_eq!(
        fails("title t\nnetwork on\nclient zoe in fire-1\n1s zoe calls fire-1\n2s end"),
        "at 0s 'the clients log in' needs registration"
    );
    assert_eq!(
        fails("title t\nnetwork on\nset group nobody hang-timer = \"1s\"\n2s end"),
        "set group nobody hang-timer = \"1s\": there is no such group"
    );
    assert_eq!(
        fails("title t\nnetwork on\nset floor.T1 = \"9s\"\n2s end"),
        "the settings do not fit together: floor.T1 = 9s: allowed is 100ms to 6s"
    );
}

const STORY: &str = "\
title    a request waits until the talker lets go
network  NETWORK
client   alice bob carol in fire-1

0s       alice calls fire-1
+100ms   bob presses
+0s      bob speaks for 200ms
+100ms   carol presses
+100ms   network loses 1 floor from bob
+0s      bob releases
3s       end
";

#[test]
fn the_same_text_leaves_the_same_frames_on_both_stages() {
    for network in ["on", "media"] {
        let scenario = Scenario::parse(&STORY.replace("NETWORK", network)).unwrap();
        let (one, other) = (run(&scenario).unwrap(), run(&scenario).unwrap());
        assert_eq!(one.frames, other.frames);
        // The first Floor Release is lost, so the second one, T100 later, is the one that is seen.
        let releases: Vec<Duration> = one
            .frames
            .iter()
            .filter(|frame| frame.comments[0].contains("; Floor Release"))
            .map(|frame| frame.time - crate::rig::EPOCH)
            .collect();
        assert_eq!(releases, [Duration::from_millis(1300)], "network {network}");
        let granted = one.frames.iter().filter(|frame| frame.comments[0].contains("; Floor Granted")).count();
        assert!(granted >= 2, "bob and carol are granted the floor on network {network}");
        let mut octets = Vec::new();
        record(&one.frames, &mut octets).unwrap();
        let again: Vec<_> = crate::capture::Reader::new(&octets[..]).unwrap().map(Result::unwrap).collect();
        assert_eq!(again, one.frames, "what is written is what was seen");
    }
}

#[test]
fn as_many_packets_of_voice_leave_as_the_text_says() {
    for network in ["media", "relay", "group"] {
        let text = format!(
            "title t\nnetwork {network}\nclient alice bob in fire-1\n0s alice calls fire-1\n\
             +1s alice sends voice 3\n+1s alice sends voice\n3s end"
        );
        let recording = run(&Scenario::parse(&text).unwrap()).unwrap();
        let from = ("127.0.1.1:40000".parse().unwrap(), 20_000);
        let sent = recording.frames.iter().filter(|frame| (frame.source, frame.destination.port()) == from);
        assert_eq!(sent.count(), 4, "network {network}");
    }
}

fn message() -> impl Strategy<Value = Message> {
    prop_oneof![
        request().prop_map(Message::Request),
        any::<bool>().prop_map(|ack| Message::Release { ack }),
        Just(Message::PositionRequest),
        (0..32_u8).prop_map(Message::Ack),
        (1..1000_u16).prop_map(Message::Voice),
        Just(Message::Floor("{\"name\":\"MCPT\",\"subtype\":0,\"ssrc\":1,\"fields\":[]}".into())),
        prop::collection::vec(any::<u8>(), 1..40).prop_map(Message::FloorOctets),
        prop::collection::vec(any::<u8>(), 1..40).prop_map(Message::VoiceOctets),
    ]
}

fn request() -> impl Strategy<Value = Request> {
    let tier = prop_oneof![Just(Tier::Normal), Just(Tier::ImminentPeril), Just(Tier::Emergency)];
    (any::<Option<u8>>(), tier).prop_map(|(priority, tier)| Request { priority, tier })
}

fn time() -> impl Strategy<Value = Duration> {
    prop_oneof![
        (0..100_000_u64).prop_map(Duration::from_millis),
        (0..20_000_000_000_u64).prop_map(Duration::from_nanos),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    let who = 0..2_usize;
    let call =
        (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(with_request, emergency, broadcast)| Call {
            group: "fire-1".into(),
            with_request,
            emergency,
            broadcast,
        });
    let effect = prop_oneof![Just(Effect::Lose), Just(Effect::Double), time().prop_map(Effect::Delay)];
    let kind = prop_oneof![Just(Kind::Sip), Just(Kind::Voice), Just(Kind::Floor)];
    let disturbance = (effect, 1..1000_u16, kind, any::<bool>(), who.clone()).prop_map(
        |(effect, count, kind, to_client, client)| {
            Action::Disturb(Disturbance { effect, count, kind, to_client, client })
        },
    );
    prop_oneof![
        who.clone().prop_map(Action::LogIn),
        (who.clone(), call).prop_map(|(who, call)| Action::Call(who, call)),
        who.clone().prop_map(Action::Leave),
        (who.clone(), request()).prop_map(|(who, request)| Action::Press(who, request)),
        who.clone().prop_map(Action::Release),
        (who.clone(), time()).prop_map(|(who, time)| Action::Speak(who, time)),
        who.clone().prop_map(Action::AskPosition),
        who.clone().prop_map(Action::Accept),
        who.clone().prop_map(Action::Deafen),
        (who, message()).prop_map(|(who, message)| Action::Send(who, message)),
        disturbance,
        Just(Action::StartRelease),
        Just(Action::FinishRelease),
    ]
}

proptest! {
    #[test]
    fn what_is_written_reads_back_the_same(
        media in any::<bool>(),
        steps in prop::collection::vec((time(), action()), 0..12),
        priority in any::<Option<u8>>(),
        flags in any::<[bool; 3]>(),
    ) {
        let [queueing, protected, absent] = flags;
        let mut at = Duration::ZERO;
        let steps: Vec<Step> = steps.into_iter().map(|(after, action)| {
            at += after;
            Step { at, action }
        }).collect();
        let scenario = Scenario {
            title: "random steps".into(),
            network: if media { Network::Media } else { Network::On },
            settings: vec![Setting { of: Subject::Group("fire-1".into()), assignment: "queueing = false".into() }],
            clients: vec![
                Client { groups: vec!["fire-1".into()], priority, queueing, protected, absent, ..Client::new("alice") },
                Client::new("bob"),
            ],
            end: at,
            steps,
        };
        let text = scenario.to_string();
        prop_assert_eq!(Scenario::parse(&text).map_err(|error| format!("{error}\n{text}")), Ok(scenario));
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[ a-z0-9+.#\\n{}\"=-]{0,200}", line in "\\PC{0,60}") {
        let _ = Scenario::parse(&text);
        let _ = Scenario::parse(&format!("{HEAD}1s bob {line}\n2s end"));
        let _ = Scenario::parse(&format!("{HEAD}{line}"));
    }

    #[test]
    fn times_read_back(nanoseconds in 0..86_400_000_000_000_u64) {
        let time = Duration::from_nanos(nanoseconds);
        prop_assert_eq!(duration(&written(time)), Some(time));
    }
}
