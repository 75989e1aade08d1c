//! The configuration file from an operator's point of view.

use std::time::Duration;

use media_plane::floor::server::Timer;
use media_plane::tables::Value;

use super::*;

fn refusal(text: &str) -> String {
    parse(text).map(|_| ()).expect_err(text).to_string()
}

#[test]
fn the_default_configuration_is_valid_and_has_what_the_readme_names() {
    let config = parse(DEFAULT).unwrap();
    assert_eq!(config.call_control.users.len(), 5);
    assert_eq!(config.call_control.groups.len(), 3);
    assert!(config.call_control.media.plain_rtp);
}

#[test]
fn trust_and_plain_media_must_be_asked_for() {
    let config = parse("").unwrap();
    assert!(config.call_control.trusted_peers.is_empty());
    assert!(!config.call_control.media.plain_rtp);
}

#[test]
fn nobody_is_told_to_go_ahead_unless_what_is_said_is_kept() {
    let config = parse("[floor]\nearly-go-ahead = true\nbuffer-time = \"2s\"").unwrap();
    assert!(config.call_control.policy.answer_on_unconfirmed);
    let limits = config.media_plane.floor.buffer.unwrap();
    assert_eq!((limits.time.as_secs(), limits.packets), (2, 1_000));
    let config = parse("[policy]\nrelease = 15").unwrap();
    assert!(!config.call_control.policy.answer_on_unconfirmed && config.media_plane.floor.buffer.is_none());
    assert_eq!((config.call_control.service.release, config.media_plane.floor.release.number()), (15, 15));

    let mut config = parse("").unwrap();
    config.call_control.policy.answer_on_unconfirmed = true;
    let error = config.validate().unwrap_err();
    assert!(matches!(error, crate::node::ConfigError::NothingIsBuffered), "{error}");
}

#[test]
fn clients_are_told_the_root_that_they_reach() {
    let root = |text: &str| parse(text).unwrap().call_control.xcap_root;
    assert_eq!(root(""), "");
    assert_eq!(
        root("[documents]\nxcap-root = \"https://xcap.example.org/root/\""),
        "https://xcap.example.org/root/"
    );
}

#[test]
fn an_error_names_setting_value_and_what_is_allowed() {
    let table = [
        ("[floor]\nT1 = \"9s\"", "floor.T1 = 9s: allowed is 100ms to 6s"),
        ("[floor]\nqueue-limit = 300", "floor.queue-limit = 300: allowed is 1 to 253"),
        ("[sip]\nrequests-per-address = 0", "sip.requests-per-address = 0: allowed is 1 to 100000"),
        ("[sip]\nopen-calls-per-address = 0", "sip.open-calls-per-address = 0: allowed is 1 to 100000"),
        ("[rtcp]\ninterval = \"4s\"", "rtcp.interval = 4s: allowed is 5s to 60s, or 0s: no reports"),
        ("[tracing]\nsample = 1.5", "tracing.sample = 1.5: allowed is 0 to 1"),
        ("[server]\nshards = 0", "server.shards = 0: allowed is 1 to 64"),
        ("[server]\nshards = 65", "server.shards = 65: allowed is 1 to 64"),
        (
            "[server]\nshards = 9",
            "media.audio-ports = [20000, 20015]: at least 18 ports, 2 for each of 9 shards",
        ),
        ("[policy]\nrelease = 20", "policy.release = 20: allowed is 13 to 19"),
        (
            "[media]\nfloor-channel = \"http://x\"",
            "media.floor-channel = http://x: allowed is a ws: or wss: address of at most 200 characters without ? and #",
        ),
        (
            "[media]\ndtls = true\nfloor-channel = \"ws://x/floor\"",
            "media.floor-channel = ws://x/floor: allowed is not set unless media.dtls is true and sip.ws or sip.wss is set",
        ),
        (
            "[server]\nshards = 2\n[sip]\nws = \"127.0.0.1:8080\"\n[media]\ndtls = true\nfloor-channel = \"ws://x/floor\"",
            "media.floor-channel = ws://x/floor: allowed is not set where server.shards is above 1",
        ),
        (
            "[[user]]\nmcptt-id = \"sip:a@x\"\nbrowser = true",
            "user[0].browser = true: allowed is false unless media.floor-channel is set",
        ),
        (
            "[floor]\nearly-go-ahead = true\nbuffer-time = \"61s\"",
            "floor.buffer-time = 61s: allowed is 100ms to 60s",
        ),
        (
            "[floor]\nearly-go-ahead = true\nbuffer-packets = 0",
            "floor.buffer-packets = 0: allowed is 1 to 10000",
        ),
        (
            "[floor]\nearly-go-ahead = true\nbuffer-octets = 5",
            "floor.buffer-octets = 5: allowed is 1000 to 10000000",
        ),
        (
            "[documents]\nxcap-root = \"https://xcap.example.org\"",
            "documents.xcap-root = https://xcap.example.org: allowed is http:// or https://, a host and a path that ends with /",
        ),
        ("[media]\nsip-dscp = 64", "media.sip-dscp = 64: allowed is 0 to 63"),
        (
            "[media]\naudio-ports = [5, 4]",
            "media.audio-ports = [5, 4]: allowed is [first, last] with 1 <= first <= last <= 65535",
        ),
        (
            "[media]\nsuites = [\"NULL\"]",
            "media.suites[0] = NULL: allowed is \"AEAD_AES_128_GCM\" or \"AES_CM_128_HMAC_SHA1_80\"",
        ),
        (
            "[sip]\ntrusted-peers = [\"everybody\"]",
            "sip.trusted-peers[0] = everybody: allowed is an address with a prefix length, such as 10.0.0.0/8",
        ),
    ];
    for (text, expected) in table {
        assert_eq!(refusal(text), expected);
    }
}

#[test]
fn several_talkers_and_dual_floor_control_are_settings_of_a_group() {
    let group = |more: &str| format!("[[group]]\nid = \"sip:a@mc.example.org\"\nmembers = [{more}");
    let several = "{ mcptt-id = \"sip:x@mc.example.org\", multi-talker = true }]\nmax-talkers = 3";
    let config = parse(&group(several)).unwrap();
    let document = &config.call_control.groups[0];
    assert_eq!((document.max_talkers, document.members[0].multi_talker_allowed), (Some(3), true));

    let config =
        parse(&group("]\ndual-floor = \"overriding\"\n[floor]\nT11 = \"2s\"\nT12 = \"9s\"")).unwrap();
    assert_eq!(config.call_control.groups[0].dual_floor, Some(call_control::config::Hearing::Overriding));
    let timers = &config.media_plane.timers;
    assert_eq!([Timer::T11, Timer::T12].map(|timer| timers.duration(timer).as_secs()), [2, 9]);

    let table = [
        ("]\nmax-talkers = 1", "groups[sip:a@mc.example.org].max-talkers = 1"),
        ("]\nmax-talkers = 2\naudio-cut-in = true", "groups[sip:a@mc.example.org].max-talkers = 2"),
        ("]\nmax-talkers = 2\ndual-floor = \"both\"", "groups[sip:a@mc.example.org].max-talkers = 2"),
        ("]\naudio-cut-in = true\ndual-floor = \"both\"", "groups[sip:a@mc.example.org].dual-floor"),
    ];
    for (settings, expected) in table {
        let refused = refusal(&group(settings));
        assert!(refused.contains(expected), "{refused}");
    }
}

#[test]
fn a_setting_that_does_not_exist_is_an_error_with_its_line() {
    let text = refusal("[sip]\nparticipatng = \"127.0.0.1:5060\"");
    assert!(text.contains("line 2") && text.contains("participatng"), "{text}");
    let text = refusal("[floor]\nT1 = 4");
    assert!(text.contains("line 2"), "{text}");
}

#[test]
fn addresses_must_differ() {
    let text = refusal("[sip]\nparticipating = \"127.0.0.1:5060\"\ncontrolling = \"127.0.0.1:5060\"");
    assert!(text.contains("127.0.0.1:5060"), "{text}");
    let text = refusal("[media]\naudio-ports = [20000, 20015]\nfloor-ports = [20010, 20012]");
    assert!(text.contains("floor"), "{text}");
}

/// A folder of its own below the folder for temporary files, removed at the end.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("mcptt-server-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn load(&self, files: &[(&str, &str)]) -> Result<NodeConfig, FileError> {
        for (name, content) in files {
            std::fs::write(self.0.join(name), content).unwrap();
        }
        load(Some(&self.0.join("server.toml"))).map(|loaded| loaded.node)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const SERVICE: &str = include_str!("../../../mcptt-codec/tests/documents/service_configuration_rail.xml");
const GROUP: &str = include_str!("../../../mcptt-codec/tests/documents/group_fire_prearranged.xml");
const WITH_SERVICE: &str =
    "[documents]\nservice-configuration = \"s.xml\"\n[floor]\nT7 = \"3s\"\nT1 = \"2s\"\nqueue-limit = 4\n";

fn value_of(config: &NodeConfig, name: &str) -> Value {
    use media_plane::floor::server::{Counter, Timer};
    use media_plane::{session, subchannel};
    let media = &config.media_plane;
    match name {
        "T1" => Value::Time(media.timers.duration(Timer::T1)),
        "T2" => Value::Time(media.timers.duration(Timer::T2)),
        "T3" => Value::Time(media.timers.duration(Timer::T3)),
        "T7" => Value::Time(media.timers.duration(Timer::T7)),
        "T8" => Value::Time(media.timers.duration(Timer::T8)),
        "T11" => Value::Time(media.timers.duration(Timer::T11)),
        "T12" => Value::Time(media.timers.duration(Timer::T12)),
        "T15" => Value::Time(media.subchannels.duration(subchannel::Timer::T15)),
        "T16" => Value::Time(media.subchannels.duration(subchannel::Timer::T16)),
        "T17" => Value::Time(media.subchannels.duration(subchannel::Timer::T17)),
        "T20" => Value::Time(media.timers.duration(Timer::T20)),
        "T55" => Value::Time(media.sessions.duration(session::Timer::T55)),
        "T56" => Value::Time(media.sessions.duration(session::Timer::T56)),
        "C7" => Value::Count(media.timers.limit(Counter::C7)),
        "C17" => Value::Count(media.subchannels.limit(subchannel::Counter::C17)),
        "C20" => Value::Count(media.timers.limit(Counter::C20)),
        "C55" => Value::Count(media.sessions.limit(session::Counter::C55)),
        "C56" => Value::Count(media.sessions.limit(session::Counter::C56)),
        other => panic!("{other}"),
    }
}

#[test]
fn the_file_sets_every_timer_that_the_register_says_it_sets() {
    let mut seen = 0;
    for one in media_plane::tables::settings() {
        let here = one
            .provisioned
            .iter()
            .any(|place| place.to_string() == format!("server configuration floor.{}", one.name));
        if !here {
            continue;
        }
        seen += 1;
        // The end of the range that is not the default.
        let value = if one.least == one.default { one.most } else { one.least };
        let text = match value {
            Value::Time(time) => format!("\"{}ms\"", time.as_millis()),
            Value::Count(count) => count.to_string(),
        };
        let config = parse(&format!("[floor]\n{} = {text}", one.name)).unwrap();
        assert_eq!(value_of(&config, &one.name), value, "{}", one.name);
        let beyond = match one.most {
            Value::Time(time) => format!("\"{}ms\"", time.as_millis() + 1),
            Value::Count(_) => "0".to_owned(),
        };
        let refusal = refusal(&format!("[floor]\n{} = {beyond}", one.name));
        assert!(
            refusal.starts_with(&format!("floor.{} = ", one.name)) && refusal.contains(": allowed is "),
            "{refusal}"
        );
    }
    assert!(seen >= 18, "{seen}");
}

#[test]
fn the_service_configuration_sets_every_timer_that_clause_11_provisions_there() {
    // Element of the document, timer or counter, another value than the default.
    let settings = [
        ("T1-end-of-rtp-media", "T1", "PT5S", Value::Time(Duration::from_secs(5))),
        ("time-limit", "T2", "PT20S", Value::Time(Duration::from_secs(20))),
        ("T3-stop-talking-grace", "T3", "PT0.5S", Value::Time(Duration::from_millis(500))),
        ("T7-floor-idle", "T7", "PT2.5S", Value::Time(Duration::from_millis(2500))),
        ("T8-floor-revoke", "T8", "PT2S", Value::Time(Duration::from_secs(2))),
        ("T11-end-of-RTP-dual", "T11", "PT3S", Value::Time(Duration::from_secs(3))),
        ("T12-stop-talking-dual", "T12", "PT20S", Value::Time(Duration::from_secs(20))),
        ("T15-conversation", "T15", "PT20S", Value::Time(Duration::from_secs(20))),
        ("T16-map-group-to-bearer", "T16", "PT1S", Value::Time(Duration::from_secs(1))),
        ("T17-unmap-group-to-bearer", "T17", "PT0.5S", Value::Time(Duration::from_millis(500))),
        ("T20-floor-granted", "T20", "PT3S", Value::Time(Duration::from_secs(3))),
        ("T55-connect", "T55", "PT1S", Value::Time(Duration::from_secs(1))),
        ("T56-disconnect", "T56", "PT3S", Value::Time(Duration::from_secs(3))),
        ("C7-floor-idle", "C7", "7", Value::Count(7)),
        ("C17-unmap-group-to-bearer", "C17", "5", Value::Count(5)),
        ("C20-floor-granted", "C20", "9", Value::Count(9)),
        ("C55-connect", "C55", "4", Value::Count(4)),
        ("C56-disconnect", "C56", "5", Value::Count(5)),
    ];
    let folder = Folder::new("service");
    for (element, name, text, expected) in settings {
        let (start, rest) = SERVICE.split_once(&format!("<{element}>")).expect(element);
        let (_, end) = rest.split_once('<').unwrap();
        let document = format!("{start}<{element}>{text}<{end}");
        let config = folder.load(&[("server.toml", WITH_SERVICE), ("s.xml", &document)]).unwrap();
        assert_eq!(value_of(&config, name), expected, "{element}");
        // Where the register says that it is provisioned, it is.
        let registered = media_plane::tables::settings().into_iter().find(|one| one.name == name).unwrap();
        let places: Vec<String> = registered.provisioned.iter().map(ToString::to_string).collect();
        assert!(places.iter().any(|place| place.ends_with(&format!("/{element}"))), "{name}: {places:?}");
    }
    let config = folder.load(&[("server.toml", WITH_SERVICE), ("s.xml", SERVICE)]).unwrap();
    assert_eq!(config.media_plane.floor.queue_limit, 10);
    let service = &config.call_control.service;
    assert_eq!((service.priority_levels, service.talk_limit), (16, Some(Duration::from_secs(30))));
    assert_eq!(service.emergency_resource_priority, "mcpttp.14");
    // What the document does not say stays as the file says.
    let config = folder.load(&[("server.toml", "[floor]\nT7 = \"3s\"\n")]).unwrap();
    assert_eq!(value_of(&config, "T7"), Value::Time(Duration::from_secs(3)));
}

#[test]
fn what_a_document_must_not_say_names_document_element_value_and_range() {
    let folder = Folder::new("range");
    let refusal = |document: String| {
        let error =
            folder.load(&[("server.toml", WITH_SERVICE), ("s.xml", &document)]).unwrap_err().to_string();
        error.replace(&format!("{}/", folder.0.display()), "")
    };
    let with = |from: &str, to: &str| {
        assert!(SERVICE.contains(from), "{from}");
        SERVICE.replace(from, to)
    };
    assert_eq!(
        refusal(with("media>PT4S", "media>PT9S")),
        "s.xml: fc-timers-counters/T1-end-of-rtp-media = 9s: allowed is 100ms to 6s"
    );
    assert_eq!(
        refusal(with("<C7-floor-idle>10", "<C7-floor-idle>0")),
        "s.xml: fc-timers-counters/C7-floor-idle = 0: allowed is 1 to 255"
    );
    assert_eq!(
        refusal(with("limit>PT30S</time-limit", "limit>PT31S</time-limit")),
        "s.xml: transmit-time/time-limit = 31s: allowed is 1s to 30s"
    );
    assert_eq!(
        refusal(with("<depth>10", "<depth>300")),
        "s.xml: floor-control-queue/depth = 300: allowed is 1 to 253"
    );
    let text = refusal(with("<T20-floor-granted>PT1S</T20-floor-granted>", ""));
    assert!(text.starts_with("s.xml: it lacks ") && text.contains("T20-floor-granted"), "{text}");
    assert!(refusal("<nothing/>".into()).starts_with("s.xml: "));
    std::fs::remove_file(folder.0.join("s.xml")).unwrap();
    let missing = folder.load(&[("server.toml", WITH_SERVICE)]).unwrap_err().to_string();
    assert!(missing.contains("s.xml: "), "{missing}");
}

#[test]
fn a_group_document_takes_the_place_of_the_group_with_its_hang_timer() {
    let folder = Folder::new("group");
    let file = "[documents]\ngroups = [\"g.xml\"]\n[[group]]\nid = \"sip:loeschzug-3@feuerwehr.example.org\"\nhang-timer = \"9s\"\nmembers = []\n";
    let config = folder.load(&[("server.toml", file), ("g.xml", GROUP)]).unwrap();
    let [group] = &config.call_control.groups[..] else { panic!("one group") };
    assert_eq!(group.hang_timer, Some(Duration::from_secs(20)));
    assert_eq!(group.maximum_duration, Some(Duration::from_secs(3600)));
    assert_eq!((group.invite_members, group.max_participants, group.minimum_to_start), (true, Some(40), 2));
    let member = |index: usize| &group.members[index];
    assert_eq!(group.members.len(), 3);
    assert_eq!((member(0).user_priority, member(0).required, member(0).may_initiate), (250, true, true));
    assert_eq!((member(1).user_priority, member(1).required, member(1).may_initiate), (100, false, false));
    assert!(member(1).may_join && member(1).emergency_call && !member(1).imminent_peril_call);
    assert!(member(2).receive_only && !member(1).receive_only);
    let late = GROUP.replace("hang-timer>PT20S", "hang-timer>PT0S");
    let error = folder.load(&[("server.toml", file), ("g.xml", &late)]).unwrap_err().to_string();
    assert!(error.ends_with("g.xml: on-network-hang-timer = 0ns: allowed is 1s to 86400s"), "{error}");
    let text = refusal("[[group]]\nid = \"sip:g@example.org\"\nmembers = []\nhang-timer = \"0s\"");
    assert_eq!(text, "group[0].hang-timer = 0ns: allowed is 1s to 86400s");
}

//= 24.379-6.6:default test
#[test]
fn bodies_are_protected_unless_somebody_says_otherwise() {
    let protection = |config: &crate::node::NodeConfig| {
        let service = &config.call_control.service;
        [service.confidentiality_protection, service.integrity_protection]
    };
    assert_eq!(protection(&parse("").unwrap()), [true, true]);
    assert_eq!(protection(&parse("[policy]\nprotect-signalling = false").unwrap()), [false, false]);
}

#[test]
fn recording_needs_a_folder_and_names_whose_calls_are_recorded() {
    let refused = |text: String| parse(&text).expect_err("refused").to_string();
    let group = DEFAULT.replace("recording = false", "recording = true");
    assert_eq!(
        refused(group.clone()),
        "group[0].recording = true: allowed is false where recording.directory is empty"
    );
    let user = DEFAULT.replace("regroup = true", "regroup = true\nrecording = true");
    assert!(refused(user).starts_with("user[0].recording = true"));
    let with = |old: &str, new: &str| {
        let text = group.replace("directory = \"\"", "directory = \"recordings\"");
        assert!(text.contains(old), "{old}");
        text.replace(old, new)
    };
    let recording =
        parse(&with("regroup = true", "regroup = true\nrecording = true")).unwrap().call_control.recording;
    assert_eq!(
        recording.groups.iter().map(|id| id.as_str()).collect::<Vec<_>>(),
        ["sip:fire-1@mc.example.org"]
    );
    assert_eq!(
        recording.users.iter().map(|id| id.as_str()).collect::<Vec<_>>(),
        ["sip:alice@mc.example.org"]
    );
    let cases = [
        ("queue = 8192", "queue = 63", "recording.queue = 63: allowed is 64 to 1000000"),
        (
            "retention = \"2160h\"\n# Packets",
            "retention = \"59m\"\n# Packets",
            "recording.retention = 3540s: allowed is 1h to 87600h",
        ),
        (
            "prefix = \"\"",
            "bucket = \"voice\"",
            "recording.access-key-id = \"\": allowed is not empty where recording.bucket is set",
        ),
        (
            "prefix = \"\"",
            "bucket = \"voice\"\nendpoint = \"ftp://x\"",
            "recording.endpoint = ftp://x: allowed is http:// or https:// and a host",
        ),
    ];
    for (old, new, said) in cases {
        assert_eq!(refused(with(old, new)), said);
    }
}
