//! Group documents that change while the group is in use, and calls that end because of it.

use call_control::client::ClientCommand;
use call_control::config::{Config, Group};
use call_control::event::{AffiliationState, Function, LeaveCause};
use call_control::{DocumentChange, Event, ReleaseCause};
use mcptt_codec::sip::HeaderName;

use crate::rig::*;

fn left(rig: &Rig) -> Vec<(String, LeaveCause)> {
    let left = rig.events.iter().filter_map(|event| match event {
        Event::ParticipantLeft { mcptt_id, cause, .. } => Some((mcptt_id.to_string(), *cause)),
        _ => None,
    });
    left.collect()
}

fn released(rig: &Rig) -> Vec<ReleaseCause> {
    let released = rig.events.iter().filter_map(|event| match event {
        Event::CallReleased { cause, .. } => Some(*cause),
        _ => None,
    });
    released.collect()
}

fn no_longer_affiliated(rig: &Rig) -> Vec<String> {
    let ended = rig.events.iter().filter_map(|event| match event {
        Event::AffiliationChanged {
            function: Function::Controlling,
            to: AffiliationState::NotAffiliated,
            mcptt_id,
            ..
        } => Some(mcptt_id.to_string()),
        _ => None,
    });
    ended.collect()
}

fn change(rig: &mut Rig, change: impl FnOnce(&mut Group)) {
    let mut group = config().groups.remove(0);
    change(&mut group);
    rig.node.change_group(rig.now, group).unwrap();
    rig.settle();
}

//= 24.379-9:withdrawn test
#[test]
fn who_is_no_longer_a_member_is_out_at_once() {
    let mut rig = Rig::with_members(4);
    rig.call(0);
    rig.forget();
    change(&mut rig, |group| group.members.retain(|member| member.mcptt_id.as_str() != mcptt_id(2)));
    assert_eq!(no_longer_affiliated(&rig), [mcptt_id(2)]);
    assert_eq!(left(&rig), [(mcptt_id(2), LeaveCause::Deaffiliated)]);
    assert!(rig.has_ended(2) && !rig.has_ended(0) && !rig.has_ended(1));
    rig.call(2);
    assert_eq!(rig.failure(2), (403, Some(116)));
}

#[test]
fn a_group_that_is_disabled_or_gone_has_no_call() {
    let mut rig = Rig::with_members(2);
    rig.call(0);
    rig.forget();
    change(&mut rig, |group| group.disabled = true);
    assert_eq!(released(&rig), [ReleaseCause::GroupEnded]);
    assert_eq!(no_longer_affiliated(&rig), [mcptt_id(0), mcptt_id(1)]);
    rig.call(0);
    assert_eq!(rig.failure(0), (403, Some(115)));

    let mut rig = Rig::with_members(2);
    rig.call(0);
    rig.forget();
    rig.node.remove_group(rig.now, &GROUP.into()).unwrap();
    rig.settle();
    assert_eq!(released(&rig), [ReleaseCause::GroupEnded]);
    rig.call(0);
    assert_eq!(rig.failure(0), (404, Some(113)));
}

#[test]
fn a_document_that_can_not_be_used_changes_nothing() {
    let mut rig = Rig::with_members(2);
    rig.call(0);
    rig.forget();
    let mut group = config().groups.remove(0);
    group.members.push(group.members[0].clone());
    assert_eq!(rig.node.change_group(rig.now, group).unwrap_err().allowed, "each member once");
    rig.settle();
    assert_eq!((left(&rig), released(&rig)), (vec![], vec![]));
}

#[test]
fn a_call_ends_when_fewer_are_affiliated_than_its_group_demands() {
    let mut config: Config = config();
    config.groups[0].minimum_affiliated = 3;
    config.policy.release_at = None;
    let mut rig = Rig::ready(config, 4);
    rig.call(0);
    rig.command(3, ClientCommand::Deaffiliate);
    assert_eq!(released(&rig), []);
    rig.command(2, ClientCommand::Deaffiliate);
    assert_eq!(released(&rig), [ReleaseCause::TooFewAffiliated]);
}

//= 24.379-9.2.2.2.7 test
#[test]
fn the_function_of_a_user_hears_at_once_that_an_affiliation_is_over() {
    let mut config = config();
    config.policy.watch_affiliations = true;
    let mut rig = Rig::ready(config.clone(), 2);
    let mut group = config.groups.remove(0);
    group.members.retain(|member| member.mcptt_id.as_str() != mcptt_id(1));
    rig.node.change_group(rig.now, group).unwrap();
    rig.settle();
    let ended = rig.events.iter().filter_map(|event| match event {
        Event::AffiliationChanged { function, to: AffiliationState::NotAffiliated, mcptt_id, .. } => {
            Some((*function, mcptt_id.to_string()))
        }
        _ => None,
    });
    let both = [Function::Controlling, Function::Participating].map(|function| (function, mcptt_id(1)));
    assert_eq!(ended.collect::<Vec<_>>(), both);
    // Each function asks about its own user only, and no longer when there is nothing to ask about.
    rig.forget();
    rig.command(0, ClientCommand::Deaffiliate);
    let subscribe = rig.request("pf", "cf", "SUBSCRIBE");
    assert_eq!(values(&subscribe.headers, &mcptt_codec::sip::HeaderName::Expires), ["0"]);
}

#[test]
fn nobody_watches_an_affiliation_that_was_over_before_the_watch_was_answered() {
    let mut config = config();
    config.policy.watch_affiliations = true;
    let mut rig = Rig::new(config);
    rig.add(client_config(0));
    rig.register(0);
    rig.forget();
    // PUBLISH, its answer, PUBLISH to the other function and its answer arrive; the SUBSCRIBE does not, at first.
    rig.lost = [false, false, false, false, true].into();
    rig.affiliate(0);
    rig.command(0, ClientCommand::Deaffiliate);
    assert_eq!(rig.trace().iter().filter(|line| line.starts_with("pf>cf SUBSCRIBE")).count(), 1);
    assert_eq!(rig.trace().iter().filter(|line| line.ends_with(" SUBSCRIBE")).count(), 1, "nor an answer");
    rig.seconds(1);
    let last = rig.request("pf", "cf", "SUBSCRIBE");
    assert_eq!(values(&last.headers, &HeaderName::Expires), ["0"]);
    rig.seconds(1);
    assert_eq!(rig.node.held().subscriptions, 0);
}

/// PUBLISH of settings that select a profile.
pub fn select(rig: &mut Rig, at: usize, profile: u8) {
    select_on(rig, at, at, profile);
}

/// The same by another device of the user, which has address and name of the client of that number.
fn select_on(rig: &mut Rig, at: usize, device: usize, profile: u8) {
    let info = format!(
        "<mcptt-request-uri><mcpttURI>{}</mcpttURI></mcptt-request-uri>\
         <mcptt-client-id><mcpttString>{}</mcpttString></mcptt-client-id>",
        mcptt_id(at),
        client_id(device)
    );
    let settings = format!(
        "<poc-settings xmlns=\"urn:oma:params:xml:ns:poc:poc-settings\" xmlns:mcs=\"urn:3gpp:mcsSettings:1.0\">\
         <entity id=\"{}\"><am-settings><answer-mode>automatic</answer-mode></am-settings>\
         <mcs:selected-user-profile-index><mcs:user-profile-index>{profile}</mcs:user-profile-index>\
         </mcs:selected-user-profile-index></entity></poc-settings>",
        client_id(device)
    );
    let text = Raw::new("PUBLISH", PF_IDENTITY, &impu(at))
        .header("Event: poc-settings")
        .header("Expires: 4294967295")
        .info(&info)
        .part("application/poc-settings+xml", &settings)
        .text();
    let answer = rig.ask(&address(device).to_string(), PF, &text);
    assert_eq!(outcome(&answer), (200, None));
}

//= 24.484-profile test
#[test]
fn each_client_of_a_user_has_the_rights_of_the_profile_that_it_has_selected() {
    let mut with_profiles = config();
    let mut other = with_profiles.users[0].clone();
    (other.profile, other.emergency_group_call, other.regroup) = (2, true, true);
    with_profiles.users[0].profile = 1;
    with_profiles.users[0].other_profiles = vec![other];
    with_profiles.groups[0].members[0].emergency_call = true;
    let mut rig = Rig::ready(with_profiles, 2);
    let device = rig.add(call_control::client::ClientConfig {
        address: address(4),
        client_id: client_id(4).as_str().into(),
        ..client_config(0)
    });
    rig.register(device);
    rig.affiliate(device);
    let urgent = |rig: &mut Rig, at: usize| {
        rig.forget();
        rig.call_with(
            at,
            call_control::client::GroupCall {
                urgency: call_control::client::Urgency::Emergency { alert: false },
                ..call_control::client::GroupCall::new(GROUP)
            },
        );
    };
    for at in [0, device] {
        urgent(&mut rig, at);
        assert_eq!(rig.failure(at).0, 403, "the pre-selected profile does not allow it");
    }
    select_on(&mut rig, 0, 4, 2);
    urgent(&mut rig, 0);
    assert_eq!(rig.failure(0).0, 403, "the other client has selected nothing");
    urgent(&mut rig, device);
    let call = rig.established(device).call;
    rig.command(device, ClientCommand::Leave { call });
    rig.seconds(40);
    // Documents that change leave the selection as it is; who logs off has none any more.
    let user = call_control::config::User::new(mcptt_id(5).as_str(), impu(5).as_str());
    rig.node.handle_document(rig.now, DocumentChange::User(Box::new(user))).unwrap();
    rig.command(device, ClientCommand::Deregister);
    rig.register(device);
    rig.affiliate(device);
    urgent(&mut rig, device);
    assert_eq!(rig.failure(device).0, 403);
}

//= 24.379-7.3.4:profile test
//= 24.484-profile test
#[test]
fn a_profile_that_is_selected_brings_its_rights_and_its_groups() {
    let mut with_profiles = config();
    let mut other = with_profiles.users[0].clone();
    other.profile = 2;
    other.prearranged_group_calls = false;
    other.affiliation_groups = Some(vec!["sip:rescue-2@mc.example.org".into()]);
    other.implicit_affiliations = vec!["sip:rescue-2@mc.example.org".into()];
    with_profiles.users[0].profile = 1;
    with_profiles.users[0].other_profiles = vec![other];
    let mut second = with_profiles.groups[0].clone();
    second.group_id = "sip:rescue-2@mc.example.org".into();
    with_profiles.groups.push(second);
    let mut rig = Rig::ready(with_profiles, 2);
    select(&mut rig, 0, 2);
    let moved: Vec<(String, AffiliationState)> = rig
        .events
        .iter()
        .filter_map(|event| match event {
            Event::AffiliationChanged { function: Function::Controlling, group, to, .. } => {
                Some((group.to_string(), *to))
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        moved,
        [
            (GROUP.to_owned(), AffiliationState::NotAffiliated),
            ("sip:rescue-2@mc.example.org".to_owned(), AffiliationState::Affiliated)
        ]
    );
    rig.call(0);
    assert_eq!(rig.failure(0), (403, Some(109)));
    // A profile that is not there changes nothing.
    select(&mut rig, 0, 7);
    rig.call(0);
    assert_eq!(rig.failure(0), (403, Some(109)));
    select(&mut rig, 0, 1);
    rig.affiliate(0);
    rig.forget();
    rig.call(0);
    rig.established(1);
}

#[test]
fn who_is_no_longer_a_user_is_served_no_longer() {
    let mut rig = Rig::with_members(2);
    let user = mcptt_id(0).as_str().into();
    rig.node.handle_document(rig.now, DocumentChange::UserGone(user)).unwrap();
    rig.settle();
    assert_eq!(no_longer_affiliated(&rig), [mcptt_id(0)]);
    assert!(rig.events.iter().any(|event| matches!(event, Event::ServiceEnded { .. })));
    rig.call(0);
    assert_eq!(rig.failure(0).0, 404);
}

fn watch(rig: &mut Rig, selector: &str) -> u16 {
    let list = format!(
        "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list><entry uri=\"{selector}\"/></list></resource-lists>"
    );
    let text = Raw::new("SUBSCRIBE", PF_IDENTITY, &impu(0))
        .header(&format!("P-Asserted-Identity: <{}>", impu(0)))
        .header("Event: xcap-diff")
        .header("Expires: 3600")
        .header("Contact: <sip:watcher@198.51.100.1:5060>")
        .part("application/resource-lists+xml", &list)
        .text();
    rig.ask(CORE, PF, &text).status.0
}

fn told(rig: &Rig) -> Vec<(String, Option<String>, Option<String>)> {
    let notify = rig.request("pf", "core", "NOTIFY");
    let parts = notify.parts(&mcptt_codec::sip::Limits::default()).unwrap();
    let diff = mcptt_codec::xml::xcap_diff::XcapDiff::parse(&parts[0].body).unwrap();
    let text = |tag: &Option<mcptt_codec::text::ByteStr>| tag.as_ref().map(ToString::to_string);
    diff.documents().map(|one| (one.sel.to_string(), text(&one.previous_etag), text(&one.new_etag))).collect()
}

//= 24.481-xcapdiff test
#[test]
fn who_watches_documents_hears_of_their_changes() {
    let mut rig = Rig::with_members(1);
    let selector = format!("org.openmobilealliance.groups/global/byGroupID/{GROUP}");
    let list = |rig: &mut Rig, etag: Option<&str>| {
        let change = DocumentChange::Listed { selector: selector.clone(), etag: etag.map(ToOwned::to_owned) };
        rig.node.handle_document(rig.now, change).unwrap();
        rig.settle();
    };
    list(&mut rig, Some("e1"));
    assert_eq!(watch(&mut rig, &selector), 200);
    assert_eq!(told(&rig), [(selector.clone(), None, Some("e1".to_owned()))]);
    accept(&mut rig);
    list(&mut rig, Some("e2"));
    assert_eq!(told(&rig), [(selector.clone(), Some("e1".to_owned()), Some("e2".to_owned()))]);
    accept(&mut rig);
    list(&mut rig, None);
    assert_eq!(told(&rig), [(selector.clone(), Some("e2".to_owned()), None)]);
    // Documents of others, and of groups that one is no member of, are not for everybody.
    for other in [
        "org.openmobilealliance.groups/global/byGroupID/sip:elsewhere@mc.example.org".to_owned(),
        format!("org.3gpp.mcptt.user-profile/users/{}/mcptt-user-profile-1.xml", mcptt_id(1)),
        "org.3gpp.mcptt.user-profile/users/".to_owned(),
    ] {
        assert_eq!(watch(&mut rig, &other), 403, "{other}");
    }
    assert_eq!(watch(&mut rig, &format!("org.3gpp.mcptt.user-profile/users/{}/", mcptt_id(0))), 200);
}

/// The watcher behind the SIP core takes its NOTIFY.
fn accept(rig: &mut Rig) {
    let notify = rig.request("pf", "core", "NOTIFY");
    let copied = [HeaderName::Via, HeaderName::From, HeaderName::To, HeaderName::CallId, HeaderName::CSeq]
        .map(|name| format!("{name}: {}\r\n", notify.headers.get(&name).unwrap()));
    let answer = format!("SIP/2.0 200 OK\r\n{}Content-Length: 0\r\n\r\n", copied.concat());
    rig.inject(CORE, PF, answer.as_bytes());
}
