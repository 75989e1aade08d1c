use std::time::Duration;

use super::*;
use crate::config::{DEFAULT, parse};

const GROUP: &str = include_str!("../../../mcptt-codec/tests/documents/group_fire_prearranged.xml");
const PROFILE: &str = include_str!("../../../mcptt-codec/tests/documents/user_profile_police.xml");
const SERVICE: &str = include_str!("../../../mcptt-codec/tests/documents/service_configuration_rail.xml");

fn library() -> Library {
    Library::new(parse(DEFAULT).unwrap().call_control)
}

fn group_id() -> String {
    GroupDocument::parse(GROUP.as_bytes()).unwrap().group().unwrap().uri.to_string()
}

fn profile_at(index: u8) -> Selector {
    let path = format!(
        "org.3gpp.mcptt.user-profile/users/sip:streife-11@polizei.example.org/mcptt-user-profile-{index}.xml"
    );
    Selector::parse(&path).unwrap()
}

fn service_at() -> Selector {
    Selector::parse("org.3gpp.mcptt.service-config/global/service-config.xml").unwrap()
}

fn user(changes: &[DocumentChange]) -> &cc::User {
    let found = changes.iter().find_map(|change| match change {
        DocumentChange::User(user) => Some(user.as_ref()),
        _ => None,
    });
    found.unwrap()
}

//= 24.481-replace test
#[test]
fn a_document_replaces_the_one_before_it_whole() {
    let mut library = library();
    let selector = Selector::of_group(&group_id());
    let timer = |changes: &[DocumentChange]| match &changes[0] {
        DocumentChange::Group(group) => group.hang_timer,
        other => panic!("{other:?}"),
    };
    let first = library.put(&selector, GROUP.as_bytes()).unwrap();
    assert!(timer(&first).is_some());
    let before = library.etag(&selector).unwrap().to_owned();
    assert_eq!(library.put(&selector, GROUP.as_bytes()).unwrap().len(), 0);
    let start = GROUP.find("<mcpttgi:on-network-hang-timer").unwrap();
    let end = start + GROUP[start..].find("</mcpttgi:on-network-hang-timer>").unwrap();
    let without = format!("{}{}", &GROUP[..start], &GROUP[end + "</mcpttgi:on-network-hang-timer>".len()..]);
    let second = library.put(&selector, without.as_bytes()).unwrap();
    assert_eq!(timer(&second), None);
    assert_ne!(library.etag(&selector).unwrap(), before);
}

//= 24.481-enabled test
#[test]
fn only_a_document_with_mcptt_speech_is_a_group_of_ours() {
    let mut library = library();
    let selector = Selector::of_group(&group_id());
    let without = GROUP.replace("mcptt-speech", "mcvideo");
    let refused = library.put(&selector, without.as_bytes()).unwrap_err();
    assert!(!refused.unreadable);
    assert!(refused.to_string().starts_with("org.openmobilealliance.groups/global/byGroupID/"), "{refused}");
    assert_eq!(library.group(&group_id()).map(|group| group.group_id), None);
}

#[test]
fn errors_name_the_place() {
    let mut library = library();
    let at = |selector: &Selector, text: &str| Document::read(selector, text.as_bytes()).unwrap_err().reason;
    let other = Selector::of_group("sip:other@mc.example.org");
    assert!(at(&other, GROUP).contains("/group/list-service/@uri is"), "{}", at(&other, GROUP));
    let broken = GROUP.replacen("<mcpttgi:on-network-hang-timer>", "<mcpttgi:on-network-hang-timer>soon", 1);
    let reason = at(&Selector::of_group(&group_id()), &broken);
    assert!(reason.contains("line ") && reason.contains("on-network-hang-timer"), "{reason}");
    let elsewhere = Selector::parse("org.3gpp.mcptt.user-profile/users/sip:bob@x/mcptt-user-profile-1.xml");
    assert!(at(&elsewhere.unwrap(), PROFILE).contains("the document is of sip:bob@x"));
    assert!(library.put(&service_at(), b"<a/>").is_err_and(|refused| refused.unreadable));
}

//= 24.481-rules test
//= 24.481-conf test
#[test]
fn each_member_has_what_the_rules_that_match_it_grant() {
    let whole = GroupDocument::parse(GROUP.as_bytes()).unwrap();
    let ids: Vec<String> = whole.group().unwrap().members().map(|entry| entry.uri.to_string()).collect();
    let rule = |at: usize, actions: &str| {
        format!(
            "<cp:rule id=\"r{at}\"><cp:conditions><cp:identity><cp:one id=\"{}\"/></cp:identity></cp:conditions>\
             <cp:actions>{actions}</cp:actions></cp:rule>",
            ids[at]
        )
    };
    let (start, end) = (GROUP.find("<cp:ruleset>").unwrap(), GROUP.find("</cp:ruleset>").unwrap());
    let rules = rule(0, "<mcpttgi:allow-MCPTT-emergency-call>true</mcpttgi:allow-MCPTT-emergency-call>")
        + &rule(
            1,
            "<mcpttgi:on-network-allow-conference-state>true</mcpttgi:on-network-allow-conference-state>",
        );
    let text = format!("{}<cp:ruleset>{rules}{}", &GROUP[..start], &GROUP[end..]);
    let document = GroupDocument::parse(text.as_bytes()).unwrap();
    let group = meaning::group(document.group().unwrap());
    let granted = |of: fn(&cc::Member) -> bool| group.members.iter().map(of).collect::<Vec<_>>();
    assert_eq!(granted(|member| member.emergency_call)[..3], [true, false, false]);
    // Absent is no.
    assert_eq!(granted(|member| member.conference_state)[..3], [false, true, false]);
    assert!(
        !granted(|member| member.may_join || member.may_initiate || member.emergency_alert).contains(&true)
    );
}

//= 24.481-priority test
#[test]
fn a_member_without_priority_has_the_lowest() {
    let text = GROUP.replace("user-priority", "some-other");
    let document = GroupDocument::parse(text.as_bytes()).unwrap();
    let listed = document.group().unwrap();
    assert!(meaning::group(listed).members.iter().all(|member| member.user_priority == 0));
    let whole = GroupDocument::parse(GROUP.as_bytes()).unwrap();
    let first = meaning::group(whole.group().unwrap()).members.iter().map(|m| m.user_priority).max();
    assert!(first.is_some_and(|priority| priority > 0));
    let no_group_priority = GROUP.replace("on-network-group-priority", "some-other");
    let document = GroupDocument::parse(no_group_priority.as_bytes()).unwrap();
    assert_eq!(document.group().unwrap().priority(), 0);
}

//= 24.484-up test
//= 24.484-profile test
#[test]
fn a_profile_grants_what_it_says_and_the_pre_selected_one_is_in_use() {
    let mut library = library();
    let other = PROFILE
        .replace("user-profile-index=\"1\"", "user-profile-index=\"2\"")
        .replace("<Pre-selected-indication/>", "")
        .replace("<allow-private-call>true", "<allow-private-call>false");
    library.put(&profile_at(2), other.as_bytes()).unwrap();
    let changes = library.put(&profile_at(1), PROFILE.as_bytes()).unwrap();
    let user = user(&changes);
    assert_eq!((user.profile, user.other_profiles.len()), (1, 1));
    assert!(user.emergency_group_call && user.private_calls.allowed);
    assert!(!user.other_profiles[0].private_calls.allowed);
    // What the profile does not say, or says of somebody else only, is no.
    assert!(!user.imminent_peril_call && !user.emergency_alert && !user.revoke_transmit);
    assert!(!user.private_calls.force_auto_answer && !user.private_calls.participation);
    assert_eq!(user.max_simultaneous_group_calls, Some(3));
    assert_eq!(user.max_affiliations, Some(5));
    assert_eq!(user.max_authorisations, Some(2));
    assert_eq!(user.implicit_affiliations, ["sip:notruf@polizei.example.org".into()]);
    assert_eq!(user.dedicated_emergency_group, Some("sip:notruf@polizei.example.org".into()));
    assert_eq!(user.organisation.as_deref(), Some("Polizei Musterstadt"));
    // The last profile that goes takes the user with it, who stands in no configuration.
    library.remove(&profile_at(2));
    let gone = library.remove(&profile_at(1));
    assert!(
        matches!(&gone[0], DocumentChange::UserGone(user) if user.as_str() == "sip:streife-11@polizei.example.org")
    );
}

//= 24.484-t2 test
#[test]
fn the_service_configuration_limits_talk_bursts_and_goes_back_when_it_is_gone() {
    let mut library = library();
    let limit = |changes: &[DocumentChange]| match &changes[0] {
        DocumentChange::Service(service) => service.0.talk_limit,
        other => panic!("{other:?}"),
    };
    let text = SERVICE.replace("<time-limit>PT30S", "<time-limit>PT25S");
    let changes = library.put(&service_at(), text.as_bytes()).unwrap();
    assert_eq!(limit(&changes), Some(Duration::from_secs(25)));
    assert_eq!(limit(&library.remove(&service_at())), Some(Duration::from_secs(30)));
}

//= 24.484-sc test
#[test]
fn a_service_configuration_without_what_is_mandatory_is_refused() {
    let without = SERVICE.replace("emergency-resource-priority", "no-resource-priority");
    let refused = library().put(&service_at(), without.as_bytes()).unwrap_err();
    assert!(refused.reason.contains("emergency-resource-priority"), "{refused}");
}

//= 24.481-excl test
#[test]
fn members_can_be_left_out() {
    let document = GroupDocument::parse(GROUP.as_bytes()).unwrap();
    let group = document.group().unwrap();
    let text = without_members(group);
    let read = GroupDocument::parse(text.as_bytes()).unwrap();
    let read = read.group().unwrap();
    assert!(read.members().next().is_none() && group.members().next().is_some());
    assert_eq!((read.uri.clone(), read.hang_timer()), (group.uri.clone(), group.hang_timer()));
}
