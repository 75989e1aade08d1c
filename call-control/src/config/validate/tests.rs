use super::*;
use crate::config::{
    Acknowledgement, ControllingFunction, Group, GroupRoute, MediaConfig, Member, ParticipatingFunction,
    PeerFunction, Secret, UponExpiry, User,
};

fn config() -> Config {
    let mut config = Config::new(
        ParticipatingFunction {
            address: ([192, 0, 2, 1], 5060).into(),
            identity: "sip:pf@pf.mc.example.org".into(),
            terminating_identity: "sip:pf-terminating@pf.mc.example.org".into(),
        },
        ControllingFunction {
            address: ([192, 0, 2, 1], 5062).into(),
            identity: "sip:groups@cf.mc.example.org".into(),
        },
        MediaConfig::new([192, 0, 2, 1].into()),
    );
    config.users.push(User::new("sip:alice@mc.example.org", "sip:alice-ue@ims.example.org"));
    config
        .groups
        .push(Group::prearranged("sip:g@mc.example.org", vec![Member::new("sip:alice@mc.example.org")]));
    config
}

/// Setting and value of the error that a change causes.
fn wrong(change: impl FnOnce(&mut Config)) -> (String, String) {
    let mut config = config();
    change(&mut config);
    let error = config.validate().unwrap_err();
    assert!(!error.allowed.is_empty() && error.to_string().contains(&error.setting));
    (error.setting, error.value)
}

fn named(setting: &str, value: &str) -> (String, String) {
    (setting.to_owned(), value.to_owned())
}

#[test]
fn the_defaults_are_usable() {
    assert_eq!(config().validate(), Ok(()));
}

#[test]
fn functions_need_addresses_and_identities_of_their_own() {
    assert_eq!(wrong(|c| c.participating.identity = "pf".into()), named("participating.identity", "pf"));
    let any = wrong(|c| c.participating.address = ([0, 0, 0, 0], 5060).into());
    assert_eq!(any, named("participating.address", "0.0.0.0:5060"));
    let zero = wrong(|c| c.controlling.address = ([192, 0, 2, 1], 0).into());
    assert_eq!(zero, named("controlling.address", "192.0.2.1:0"));
    let same = wrong(|c| c.controlling.address = c.participating.address);
    assert_eq!(same, named("controlling.address", "192.0.2.1:5060"));
    let tel = wrong(|c| c.controlling.identity = "tel:+1".into());
    assert_eq!(tel, named("controlling.identity", "tel:+1"));
}

#[test]
fn users_and_groups_are_named_once() {
    let twice = wrong(|c| c.users.push(c.users[0].clone()));
    assert_eq!(twice, named("users.mcptt-id", "sip:alice@mc.example.org"));
    let shared = wrong(|c| c.users.push(User::new("sip:bob@mc.example.org", "sip:alice-ue@ims.example.org")));
    assert_eq!(
        shared,
        named("users[sip:bob@mc.example.org].public-user-ids", "sip:alice-ue@ims.example.org")
    );
    let none = wrong(|c| c.users[0].public_user_ids.clear());
    assert_eq!(none, named("users[sip:alice@mc.example.org].public-user-ids", "[]"));
    let empty = wrong(|c| c.users[0].access_token = Some(Secret::new("")));
    assert_eq!(empty, named("users[sip:alice@mc.example.org].access-token", "\"\""));
    let group = wrong(|c| c.groups.push(c.groups[0].clone()));
    assert_eq!(group, named("groups.group-id", "sip:g@mc.example.org"));
    let member = wrong(|c| {
        let alice = c.groups[0].members[0].clone();
        c.groups[0].members.push(alice);
    });
    assert_eq!(member, named("groups[sip:g@mc.example.org].members", "sip:alice@mc.example.org"));
    let route = wrong(|c| {
        let controlling = PeerFunction { address: ([192, 0, 2, 2], 5062).into(), identity: "sip:far".into() };
        c.group_routes.push(GroupRoute { group_id: "sip:g@mc.example.org".into(), controlling });
    });
    assert_eq!(route, named("group-routes.group-id", "sip:g@mc.example.org"));
}

#[test]
fn media_needs_ports_that_do_not_overlap_and_a_way_to_protect() {
    let any = wrong(|c| c.media.address = [0, 0, 0, 0].into());
    assert_eq!(any, named("media.address", "0.0.0.0"));
    for range in [20001..=20001, 20001..=20002, 20000..=20000, 0..=7] {
        let text = format!("{}-{}", range.start(), range.end());
        assert_eq!(wrong(|c| c.media.audio_ports = range.clone()), named("media.audio-ports", &text));
    }
    assert_eq!(wrong(|c| c.media.floor_ports = 20015..=20020), named("media.floor-ports", "20015-20020"));
    assert_eq!(wrong(|c| c.media.suites.clear()), named("media.suites", "[]"));
}

//= RFC8101-rp test
#[test]
fn times_levels_and_limits_have_ranges() {
    let second = Duration::from_secs(1);
    assert_eq!(wrong(|c| c.registration.minimum = Duration::ZERO), named("registration.minimum", "0ns"));
    assert_eq!(wrong(|c| c.registration.default = second), named("registration.default", "1s"));
    assert_eq!(wrong(|c| c.policy.min_session_expires = second), named("policy.min-session-expires", "1s"));
    assert_eq!(wrong(|c| c.policy.answer_within = Duration::MAX).0, "policy.answer-within");
    assert_eq!(wrong(|c| c.policy.fan_out_rate = 99), named("policy.fan-out-rate", "99"));
    assert_eq!(wrong(|c| c.policy.fan_out_rate = 1_000_001), named("policy.fan-out-rate", "1000001"));
    for value in ["mcptt.1", "mcpttp.16", "mcpttq", "mcpttp.", ""] {
        let got = wrong(|c| c.service.emergency_resource_priority = value.into());
        assert_eq!(got, named("service.emergency-resource-priority", value));
    }
    assert_eq!(wrong(|c| c.service.priority_levels = 3), named("service.priority-levels", "3"));
    assert_eq!(wrong(|c| c.service.release = 12), named("service.release", "12"));
    assert_eq!(wrong(|c| c.limits.calls = 0), named("limits.calls", "0"));
    assert_eq!(wrong(|c| c.registration.contacts_per_user = 0), named("registration.contacts-per-user", "0"));
    let timeout = wrong(|c| {
        let (timeout, upon_expiry) = (Duration::ZERO, UponExpiry::Abandon);
        c.groups[0].acknowledgement = Some(Acknowledgement { timeout, upon_expiry });
    });
    assert_eq!(timeout, named("groups[sip:g@mc.example.org].acknowledgement.timeout", "0ns"));
    let hang = wrong(|c| c.groups[0].hang_timer = Some(Duration::ZERO));
    assert_eq!(hang, named("groups[sip:g@mc.example.org].hang-timer", "0ns"));
}
