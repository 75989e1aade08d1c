use std::time::Duration;

use super::*;
use crate::xml::XmlErrorKind;

const RAIL: &str = include_str!("../../../tests/documents/service_configuration_rail.xml");

fn parse(text: &str) -> ServiceConfiguration {
    ServiceConfiguration::parse(text.as_bytes()).unwrap()
}

fn seconds(seconds: u64) -> Option<Duration> {
    Some(Duration::from_secs(seconds))
}

fn milliseconds(milliseconds: u64) -> Option<Duration> {
    Some(Duration::from_millis(milliseconds))
}

fn mcpttp(priority: &str) -> Option<ResourcePriority> {
    let (namespace, priority) = (Some("mcpttp".into()), Some(priority.into()));
    Some(ResourcePriority { namespace, priority, ..ResourcePriority::default() })
}

fn timers() -> FcTimersCounters {
    FcTimersCounters {
        t1_end_of_rtp_media: seconds(4),
        t3_stop_talking_grace: seconds(3),
        t7_floor_idle: milliseconds(1500),
        t8_floor_revoke: seconds(1),
        t11_end_of_rtp_dual: seconds(4),
        t12_stop_talking_dual: seconds(30),
        t15_conversation: seconds(30),
        t16_map_group_to_bearer: milliseconds(500),
        t17_unmap_group_to_bearer: milliseconds(200),
        t20_floor_granted: seconds(1),
        t55_connect: seconds(2),
        t56_disconnect: seconds(2),
        c7_floor_idle: Some(10),
        c17_unmap_group_to_bearer: Some(3),
        c20_floor_granted: Some(3),
        c55_connect: Some(3),
        c56_disconnect: Some(3),
        ..FcTimersCounters::default()
    }
}

fn adhoc() -> AdhocGroupCall {
    AdhocGroupCall {
        allow_adhoc_group_call_support: Some(true),
        max_no_participants: Some(64),
        hang_time: seconds(30),
        broadcast_hang_time: seconds(9),
        max_duration_of_call: seconds(1800),
        ..AdhocGroupCall::default()
    }
}

fn on_network() -> OnNetwork {
    OnNetwork {
        emergency_call: Some(EmergencyCall {
            private_cancel_timeout: seconds(120),
            group_time_limit: seconds(600),
            ..EmergencyCall::default()
        }),
        private_call: Some(PrivateCall {
            hang_time: seconds(20),
            max_duration_with_floor_control: seconds(600),
            max_duration_without_floor_control: seconds(3600),
            ..PrivateCall::default()
        }),
        num_levels_priority_hierarchy: Some(PriorityLevels(16)),
        transmit_time: Some(TransmitTime {
            time_limit: seconds(30),
            time_warning: seconds(5),
            ..TransmitTime::default()
        }),
        hang_time_warning: seconds(5),
        floor_control_queue: Some(FloorControlQueue {
            depth: Some(10),
            max_user_request_time: seconds(60),
            ..FloorControlQueue::default()
        }),
        fc_timers_counters: Some(timers()),
        signalling_protection: Some(SignallingProtection {
            confidentiality_protection: Some(false),
            ..SignallingProtection::default()
        }),
        emergency_resource_priority: mcpttp("14"),
        imminent_peril_resource_priority: mcpttp("8"),
        normal_resource_priority: mcpttp("0"),
        any_ext: vec![OnNetworkExt { adhoc_group_call: Some(adhoc()), ..OnNetworkExt::default() }],
        ..OnNetwork::default()
    }
}

#[test]
fn the_railway_says_everything() {
    let off_network = OffNetwork {
        hang_time_warning: seconds(2),
        default_prose_per_packet_priority: Some(DefaultProsePerPacketPriority {
            mcptt_private_call_signalling: Some(3),
            mcptt_emergency_private_call_media: Some(1),
            ..DefaultProsePerPacketPriority::default()
        }),
        allow_log_metadata: Some(true),
        ..OffNetwork::default()
    };
    let common = Common {
        min_length_alias: Some(3),
        broadcast_group: Some(BroadcastGroup {
            num_levels_group_hierarchy: Some(3),
            num_levels_user_hierarchy: Some(4),
            ..BroadcastGroup::default()
        }),
        ..Common::default()
    };
    let expected = ServiceConfiguration {
        params: Some(Params {
            domain: "bahn.example.org".into(),
            common: vec![common.clone()],
            on_network: vec![on_network()],
            off_network: vec![off_network.clone()],
            ..Params::default()
        }),
        ..ServiceConfiguration::default()
    };
    let document = parse(RAIL);
    assert_eq!(document, expected);
    assert_eq!(parse(&document.to_xml()), document);
    assert_eq!((document.common(), document.off_network()), (Some(&common), Some(&off_network)));
    assert!(document.missing().is_empty());
    let on_network = document.on_network().unwrap();
    assert_eq!(on_network.talk_limit(), seconds(30));
    assert_eq!(on_network.emergency_time_limit(), seconds(600));
    assert_eq!(on_network.private_emergency_time_limit(), seconds(120));
    assert_eq!(on_network.adhoc_group_call(), Some(&adhoc()));
    assert_eq!((on_network.confidentiality_protection(), on_network.integrity_protection()), (false, true));
    let priority = |priority: &Option<ResourcePriority>| priority.as_ref().unwrap().header_value();
    assert_eq!(priority(&on_network.emergency_resource_priority).as_deref(), Some("mcpttp.14"));
}

#[test]
fn absent_protection_is_on_and_absent_calls_are_off() {
    let nothing = OnNetwork::default();
    let protections = |network: &OnNetwork| {
        [
            network.confidentiality_protection(),
            network.integrity_protection(),
            network.server_signalling_protection(),
            network.server_floor_control_protection(),
        ]
    };
    assert_eq!(protections(&nothing), [true; 4]);
    let off = OnNetwork {
        signalling_protection: Some(SignallingProtection {
            confidentiality_protection: Some(false),
            integrity_protection: Some(false),
            ..SignallingProtection::default()
        }),
        protection_between_mcptt_servers: Some(ServerProtection {
            allow_signalling_protection: Some(false),
            allow_floor_control_protection: Some(false),
            ..ServerProtection::default()
        }),
        ..OnNetwork::default()
    };
    assert_eq!(protections(&off), [false; 4]);
    assert_eq!((nothing.talk_limit(), nothing.emergency_time_limit()), (None, None));
    assert_eq!((nothing.private_emergency_time_limit(), nothing.adhoc_group_call()), (None, None));
    let refused = AdhocGroupCall { allow_adhoc_group_call_support: Some(false), ..adhoc() };
    let refused = OnNetwork {
        any_ext: vec![OnNetworkExt { adhoc_group_call: Some(refused), ..OnNetworkExt::default() }],
        ..OnNetwork::default()
    };
    assert_eq!(refused.adhoc_group_call(), None);
}

#[test]
fn what_has_to_be_there_is_missed() {
    assert_eq!(ServiceConfiguration::default().missing(), ["service-configuration-params"]);
    let network = |network: OnNetwork| {
        let params = Params { on_network: vec![network], ..Params::default() };
        let document = ServiceConfiguration { params: Some(params), ..ServiceConfiguration::default() };
        let missing = document.missing().into_iter();
        missing.map(|path| path.replace("service-configuration-params/on-network/", "")).collect::<Vec<_>>()
    };
    assert!(network(on_network()).is_empty());
    assert_eq!(
        network(OnNetwork::default()),
        [
            "fc-timers-counters",
            "emergency-resource-priority",
            "imminent-peril-resource-priority",
            "normal-resource-priority"
        ]
    );
    let fc_timers_counters =
        Some(FcTimersCounters { t1_end_of_rtp_media: None, c56_disconnect: None, ..timers() });
    let half = Some(ResourcePriority { namespace: Some("mcpttp".into()), ..ResourcePriority::default() });
    assert_eq!(half.as_ref().unwrap().header_value(), None);
    assert_eq!(
        network(OnNetwork { fc_timers_counters, normal_resource_priority: half, ..on_network() }),
        [
            "fc-timers-counters/T1-end-of-rtp-media",
            "fc-timers-counters/C56-disconnect",
            "normal-resource-priority/resource-priority-priority"
        ]
    );
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let params = "/service-configuration-info/service-configuration-params";
    for (from, to, line, path, kind) in [
        (" domain=\"bahn.example.org\"", "", 3, "", XmlErrorKind::Missing("domain")),
        (
            ">16<",
            ">3<",
            21,
            "/on-network/num-levels-priority-hierarchy",
            XmlErrorKind::Value("a number from 4 to 256"),
        ),
        (
            ">16<",
            ">257<",
            21,
            "/on-network/num-levels-priority-hierarchy",
            XmlErrorKind::Value("a number from 4 to 256"),
        ),
        (
            ">PT1.5S<",
            ">1.5<",
            28,
            "/on-network/fc-timers-counters/T7-floor-idle",
            XmlErrorKind::Value("a duration of days, hours, minutes and seconds"),
        ),
        (
            "<C7-floor-idle>10",
            "<C7-floor-idle>ten",
            38,
            "/on-network/fc-timers-counters/C7-floor-idle",
            XmlErrorKind::Value("a number from 0 to 65535"),
        ),
        (
            "<signalling-protection>",
            "<signalling-protection>on",
            44,
            "/on-network/signalling-protection",
            XmlErrorKind::Text,
        ),
    ] {
        let error = ServiceConfiguration::parse(RAIL.replacen(from, to, 1).as_bytes()).unwrap_err();
        assert_eq!((error.line, error.path, error.kind), (line, format!("{params}{path}"), kind), "{to}");
    }
}
