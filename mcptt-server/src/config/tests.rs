//! The configuration file from an operator's point of view.

use media_plane::floor::server::Timer;

use super::*;

fn refusal(text: &str) -> String {
    parse(text).map(|_| ()).expect_err(text).to_string()
}

#[test]
fn the_default_configuration_is_valid_and_has_what_the_readme_names() {
    let config = parse(DEFAULT).unwrap();
    assert_eq!(config.call_control.users.len(), 5);
    assert_eq!(config.call_control.groups.len(), 2);
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
fn an_error_names_setting_value_and_what_is_allowed() {
    let table = [
        ("[floor]\nT1 = \"9s\"", "floor.T1 = 9s: allowed is 100ms to 6s"),
        ("[floor]\nqueue-limit = 300", "floor.queue-limit = 300: allowed is 1 to 253"),
        ("[policy]\nrelease = 20", "policy.release = 20: allowed is 13 to 19"),
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
