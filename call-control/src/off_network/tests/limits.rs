//! What the configuration and our own limits do not admit.

use mcptt_codec::monp::{GroupEmergencyAlert, MonpMessage, Reason, RefreshInterval};

use super::radio::*;
use crate::off_network::*;
use crate::testing::t0;

use OffNetworkEvent as Ev;

const OTHER: &str = "sip:rescue-2@mc.example.org";

fn two_groups(config: &mut OffNetworkConfig) {
    config.groups.push(OffNetworkGroup::new(OTHER, [239, 1, 1, 2].into(), 40_010, 40_012));
    config.max_group_calls = 1;
    config.max_private_calls = 1;
}

#[test]
fn more_group_calls_than_admitted_are_neither_started_nor_joined() {
    let mut radio = Radio::with(2, 1, Conditions::GOOD, two_groups);
    radio.call(0);
    radio.run(secs(1));
    radio.told();
    let refused = Ev::LimitReached { setting: "max-group-calls", limit: 1 };
    let other = mcptt_codec::id::GroupId::from(OTHER);
    radio.command(0, OffNetworkCommand::Broadcast { group: other.clone() });
    assert_eq!(radio.told_to(0), std::slice::from_ref(&refused));
    // Another one does not know of the first call, and calls the second group.
    radio.leave(1);
    radio.told();
    let call_type = mcptt_codec::monp::CallType::BASIC_GROUP;
    radio.command(1, OffNetworkCommand::CallGroup { group: other.clone(), call_type });
    radio.run(ms(200));
    assert!(radio.told_to(0).contains(&refused));
    assert_eq!(radio.clients[0].group_call(&other), None);
}

#[test]
fn more_private_calls_than_admitted_are_busy() {
    let mut radio = Radio::with(3, 1, Conditions::GOOD, two_groups);
    let call = |user| OffNetworkCommand::CallUser { user, manual: false, emergency: false, location: None };
    radio.command(0, call(user(1)));
    radio.run(ms(20));
    radio.told();
    radio.command(0, call(user(2)));
    assert_eq!(radio.told_to(0), [Ev::LimitReached { setting: "max-private-calls", limit: 1 }]);
    radio.command(2, call(user(1)));
    radio.run(ms(20));
    let cause = EndCause::Rejected(Reason::BUSY);
    assert_eq!(radio.told_to(2), [Ev::PrivateCallEnded { user: user(1), cause }]);
}

#[test]
fn whom_the_configuration_does_not_have_is_not_called() {
    let mut radio = Radio::new(1);
    for command in [
        OffNetworkCommand::AcceptPrivateCall { user: "sip:nobody@mc.example.org".into() },
        OffNetworkCommand::LeaveGroupCall { group: OTHER.into() },
    ] {
        radio.command(0, command);
        assert!(matches!(radio.told_to(0)[..], [Ev::Unknown { .. }]));
    }
}

#[test]
fn a_flood_of_strangers_does_not_make_a_client_grow() {
    let mut radio = Radio::with(1, 1, Conditions::GOOD, |config| config.max_private_calls = 1);
    for number in 0..2_000_u32 {
        let stranger = format!("sip:stranger{number}@mc.example.org");
        let alert = GroupEmergencyAlert {
            group_id: group_id(),
            originating_user: stranger.as_str().into(),
            organization_name: "Rescue".into(),
            user_location: None,
        };
        radio.inject(0, [198, 51, 100, 1].into(), &MonpMessage::GroupEmergencyAlert(alert));
        let request = mcptt_codec::monp::PrivateCallSetupRequest {
            caller: stranger.as_str().into(),
            callee: user(0),
            sdp: "v=0".into(),
            ..Default::default()
        };
        radio.inject(0, [198, 51, 100, 1].into(), &MonpMessage::PrivateCallSetupRequest(request));
    }
    assert_eq!(radio.clients[0].alerts(&group_id()).count(), 256);
    let rejected = radio.said().into_iter().filter(|(_, name)| *name == "PRIVATE CALL REJECT").count();
    assert_eq!(rejected, 64);
    radio.run(secs(60));
    assert_eq!(radio.clients[0].poll_timeout(), None, "all of it is forgotten");
}

#[test]
fn a_setting_that_cannot_be_used_is_named_with_what_would_be_allowed() {
    type Change = fn(&mut OffNetworkConfig);
    let cases: [(Change, &str); 8] = [
        (|config| config.user = "".into(), "off-network.user"),
        (|config| config.address = [0, 0, 0, 0].into(), "off-network.address"),
        (|config| config.floor_port = config.audio_port + 1, "off-network.floor-port"),
        (|config| config.max_group_calls = 0, "off-network.max-group-calls"),
        (|config| config.groups.push(group()), "off-network.groups[1].group-id"),
        (|config| config.groups[0].address = [192, 0, 2, 1].into(), "off-network.groups[0].address"),
        (
            |config| config.groups[0].refresh_interval = RefreshInterval(0),
            "off-network.groups[0].refresh-interval",
        ),
        (|config| config.groups[0].reach = Reach::Direct(Vec::new()), "off-network.groups[0].reach"),
    ];
    for (change, setting) in cases {
        let mut config = config(0, 2);
        change(&mut config);
        let error = OffNetwork::new(config, [0; 32], t0()).err().expect(setting);
        assert_eq!(error.setting, setting);
        assert!(!error.allowed.is_empty());
    }
}

#[test]
fn what_is_no_message_is_reported_and_nothing_else() {
    let mut radio = Radio::new(1);
    let path = mcptt_codec::Path { local: (address(0), 8809).into(), remote: (address(1), 8809).into() };
    for octets in [&b""[..], &[2, 0], &[1, 0, 9, 65]] {
        let now = radio.now;
        radio.clients[0].handle_datagram(now, path, &bytes::Bytes::copy_from_slice(octets));
        let output = radio.clients[0].poll_output();
        assert!(matches!(output, Some(OffNetworkOutput::Event(Ev::Undecodable { .. }))), "{output:?}");
        assert_eq!(radio.clients[0].poll_output(), None);
    }
}
