//! Affiliation, from the client's wanted set to the truth of the controlling function.

use call_control::Event;
use call_control::client::{ClientCommand, ClientEvent, ClientRequest};
use call_control::config::{Config, Group};
use call_control::event::{AffiliationState, Function, LeaveCause};
use mcptt_codec::sip::{HeaderName, SipMessage};
use mcptt_codec::xml::affiliation::PresenceDocument;
use mcptt_codec::xml::mime;

use crate::rig::*;

const OTHER: &str = "sip:rescue-2@mc.example.org";
const THIRD: &str = "sip:rescue-3@mc.example.org";

/// Three groups with the same members.
fn three_groups() -> Config {
    let mut config = config();
    for id in [OTHER, THIRD] {
        config.groups.push(Group::prearranged(id, config.groups[0].members.clone()));
    }
    config
}

fn registered(config: Config, count: usize) -> Rig {
    let mut rig = Rig::new(config);
    for at in 0..count {
        rig.add(client_config(at));
        rig.register(at);
    }
    rig.forget();
    rig
}

fn want(rig: &mut Rig, at: usize, groups: &[&str]) {
    rig.command(
        at,
        ClientCommand::Affiliate { groups: groups.iter().map(|group| (*group).into()).collect() },
    );
}

/// What changed at a function: group and new state.
fn changes(rig: &Rig, at: Function) -> Vec<(String, AffiliationState)> {
    rig.events
        .iter()
        .filter_map(|event| match event {
            Event::AffiliationChanged { function, group, to, .. } if *function == at => {
                Some((group.to_string(), *to))
            }
            _ => None,
        })
        .collect()
}

fn publish(at: usize, expires: &str, served: usize, groups: &str) -> Raw {
    let presence = format!(
        "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:m=\"urn:3gpp:ns:mcpttPresInfo:1.0\" entity=\"{}\">\
         <tuple id=\"{}\"><status>{groups}</status></tuple></presence>",
        mcptt_id(served),
        client_id(at)
    );
    Raw::new("PUBLISH", PF_IDENTITY, &impu(at))
        .header("Event: presence")
        .header(&format!("Expires: {expires}"))
        .info(&format!("<mcptt-request-uri><mcpttURI>{}</mcpttURI></mcptt-request-uri>", mcptt_id(at)))
        .part(mime::PIDF, &presence)
}

//= 24.379-9.2.1.2 test
//= 24.379-9.2.2.2.3:8 test
//= 24.379-9.2.2.2.6 test
#[test]
fn the_wanted_set_is_accepted_at_once_and_told_to_each_controlling_function() {
    let mut rig = registered(three_groups(), 1);
    want(&mut rig, 0, &[GROUP, OTHER]);
    assert_eq!(
        rig.trace(),
        [
            "alice>pf PUBLISH",
            "pf>alice 200 PUBLISH",
            "pf>cf PUBLISH",
            "pf>cf PUBLISH",
            "cf>pf 200 PUBLISH",
            "cf>pf 200 PUBLISH",
        ]
    );
    let parsed = |request: mcptt_codec::sip::Request| {
        let parts = request.parts(&mcptt_codec::sip::Limits::default()).unwrap();
        PresenceDocument::parse(&parts.iter().find(|part| part.is(mime::PIDF)).unwrap().body).unwrap()
    };
    let from_client = rig.request("alice", "pf", "PUBLISH");
    assert_eq!(values(&from_client.headers, &HeaderName::Expires), ["4294967295"]);
    let document = parsed(from_client);
    assert_eq!(
        (document.entity.as_str(), document.tuples[0].id.as_str()),
        (mcptt_id(0).as_str(), client_id(0).as_str())
    );
    assert!(document.p_id.is_some());
    let onward = rig.request("pf", "cf", "PUBLISH");
    assert_eq!(onward.uri, CF_IDENTITY);
    assert_eq!(values(&onward.headers, &HeaderName::PAssertedIdentity), ["<sip:pf@pf.mc.example.org>"]);
    let info = info_of(&SipMessage::Request(onward.clone()));
    assert_eq!(info.request_uri.unwrap().value().unwrap().as_str(), OTHER);
    assert_eq!(info.calling_user_id.unwrap().value().unwrap().as_str(), mcptt_id(0));
    let document = parsed(onward);
    let tuple = &document.tuples[0];
    assert_eq!((document.entity.as_str(), tuple.id.as_str()), (OTHER, mcptt_id(0).as_str()));
    assert_eq!(
        tuple.affiliations[0].client.as_ref().map(|client| client.as_str()),
        Some(client_id(0).as_str())
    );
    use AffiliationState::{Affiliated, Affiliating};
    let states = |state: AffiliationState| [GROUP, OTHER].map(|group| (group.to_owned(), state));
    assert_eq!(changes(&rig, Function::Participating), [states(Affiliating), states(Affiliated)].concat());
    assert_eq!(changes(&rig, Function::Controlling), states(Affiliated));
}

//= 24.379-9.2.2.2.3:14 test
#[test]
fn a_new_set_replaces_the_old_one_by_its_difference() {
    let mut rig = registered(three_groups(), 1);
    want(&mut rig, 0, &[GROUP, OTHER]);
    rig.forget();
    want(&mut rig, 0, &[OTHER, THIRD]);
    use AffiliationState::{Affiliated, NotAffiliated};
    assert_eq!(
        changes(&rig, Function::Controlling),
        [(GROUP.to_owned(), NotAffiliated), (THIRD.to_owned(), Affiliated)]
    );
    assert_eq!(rig.trace().iter().filter(|line| *line == "pf>cf PUBLISH").count(), 2);
}

//= 24.379-9.2.2.2.3:13 test
//= 24.379-9.2.2.2.3:10 test
#[test]
fn expires_0_ends_what_this_client_has_and_nothing_of_the_other() {
    let mut rig = registered(three_groups(), 2);
    let mut second = client_config(0);
    second.address = "192.0.2.30:5060".parse().unwrap();
    second.client_id = "urn:uuid:00000000-0000-4000-8000-0000000000b0".into();
    let second = rig.add(second);
    rig.register(second);
    want(&mut rig, 0, &[GROUP, OTHER]);
    want(&mut rig, second, &[GROUP]);
    want(&mut rig, 1, &[GROUP]);
    rig.forget();
    rig.command(0, ClientCommand::Deaffiliate);
    assert_eq!(rig.events_of(0), [ClientEvent::Affiliated { groups: vec![] }]);
    assert_eq!(values(&rig.response("pf", "alice", "200 PUBLISH").headers, &HeaderName::Expires), ["0"]);
    let gone = AffiliationState::NotAffiliated;
    assert_eq!(changes(&rig, Function::Controlling), [GROUP, OTHER].map(|group| (group.to_owned(), gone)));
    rig.call(1);
    assert!(rig.established(second).incoming);
}

//= 24.379-9.2.2.2.3:5 test
//= 24.379-9.2.2.2.3:5b test
#[test]
fn any_other_lifetime_is_refused() {
    let mut rig = registered(config(), 1);
    let entry = format!("<m:affiliation group=\"{GROUP}\"/>");
    for text in [
        publish(0, "3600", 0, &entry).text(),
        publish(0, "4294967296", 0, &entry).text(),
        publish(0, "", 0, &entry).without("Expires").text(),
    ] {
        let answer = rig.ask(&address(0).to_string(), PF, &text);
        assert_eq!(outcome(&answer), (423, None));
        assert_eq!(values(&answer.headers, &HeaderName::MinExpires), ["4294967295"]);
    }
    assert_eq!(changes(&rig, Function::Participating), []);
}

//= 24.379-9.2.2.2.3:4 test
#[test]
fn the_affiliation_of_another_user_is_not_to_be_changed() {
    let mut rig = registered(config(), 2);
    let text = publish(0, "4294967295", 1, "").text().replacen(
        &format!("<mcptt-request-uri><mcpttURI>{}", mcptt_id(0)),
        &format!("<mcptt-request-uri><mcpttURI>{}", mcptt_id(1)),
        1,
    );
    let answer = rig.ask(&address(0).to_string(), PF, &text);
    assert_eq!(outcome(&answer), (403, Some(100)));
    assert_eq!(
        values(&answer.headers, &HeaderName::Warning),
        ["399 pf.mc.example.org \"100 function not allowed due to access policy\""]
    );
}

//= 24.379-9.2.2.2.3:4 test
#[test]
fn an_authorised_user_changes_the_affiliations_of_another_one() {
    let mut config = config();
    config.users[0].affiliate_others = true;
    let mut rig = registered(config, 2);
    let presence = |groups: &str| {
        format!(
            "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:m=\"urn:3gpp:ns:mcpttPresInfo:1.0\" entity=\"{}\">\
             <tuple id=\"{}\"><status>{groups}</status></tuple></presence>",
            mcptt_id(1),
            client_id(1)
        )
    };
    let publish = |expires: &str, groups: &str| {
        Raw::new("PUBLISH", PF_IDENTITY, &impu(0))
            .header(&format!("P-Preferred-Identity: <{}>", impu(0)))
            .header("Event: presence")
            .header(&format!("Expires: {expires}"))
            .info(&format!(
                "<mcptt-request-uri><mcpttURI>{}</mcpttURI></mcptt-request-uri>\
                 <mcptt-client-id><mcpttString>{}</mcpttString></mcptt-client-id>",
                mcptt_id(1),
                client_id(0)
            ))
            .part(mime::PIDF, &presence(groups))
            .text()
    };
    let entry = format!("<m:affiliation group=\"{GROUP}\"/>");
    let from = address(0).to_string();
    assert_eq!(outcome(&rig.ask(&from, PF, &publish("4294967295", &entry))), (200, None));
    assert_eq!(outcome(&rig.ask(&from, PF, &publish("0", ""))), (200, None));
    let of_bob = rig.events.iter().filter_map(|event| match event {
        Event::AffiliationChanged { function: Function::Controlling, mcptt_id, to, .. } => {
            Some((mcptt_id.to_string(), *to))
        }
        _ => None,
    });
    let moved = [AffiliationState::Affiliated, AffiliationState::NotAffiliated].map(|to| (mcptt_id(1), to));
    assert_eq!(of_bob.collect::<Vec<_>>(), moved);
}

//= 24.379-9.2.2.2.3:9 test
#[test]
fn a_document_about_another_entity_changes_nothing() {
    let mut rig = registered(config(), 1);
    let text = publish(0, "4294967295", 1, &format!("<m:affiliation group=\"{GROUP}\"/>")).text();
    assert_eq!(rig.ask(&address(0).to_string(), PF, &text).status.0, 200);
    assert_eq!(changes(&rig, Function::Participating), []);
    assert_eq!(changes(&rig, Function::Controlling), []);
}

//= 24.379-9.2.2.2.3:n2 test
#[test]
fn the_set_is_cut_down_to_n2_and_to_the_list_of_the_user() {
    let mut config = three_groups();
    config.users[0].max_affiliations = Some(2);
    let mut rig = registered(config.clone(), 1);
    want(&mut rig, 0, &[GROUP, OTHER, THIRD]);
    let affiliated = AffiliationState::Affiliated;
    assert_eq!(
        changes(&rig, Function::Controlling),
        [GROUP, OTHER].map(|group| (group.to_owned(), affiliated))
    );
    assert!(matches!(rig.events_of(0)[..], [ClientEvent::Affiliated { .. }]));

    config.users[0].max_affiliations = None;
    config.users[0].affiliation_groups = Some(vec![THIRD.into()]);
    let mut rig = registered(config, 1);
    want(&mut rig, 0, &[GROUP, OTHER, THIRD]);
    assert_eq!(changes(&rig, Function::Controlling), [(THIRD.to_owned(), affiliated)]);
}

//= 24.379-9.2.2.2.15 test
//= 24.379-9.2.2.2.15:8b test
//= 24.379-9.2.2.2.15:9c test
//= 24.379-7.3.3:13 test
#[test]
fn the_groups_of_the_profile_are_affiliated_with_the_authorisation() {
    let mut config = three_groups();
    config.users[0].implicit_affiliations = vec![GROUP.into(), OTHER.into(), THIRD.into()];
    config.users[0].max_affiliations = Some(2);
    let mut rig = Rig::new(config);
    rig.add(client_config(0));
    rig.register(0);
    let affiliated = AffiliationState::Affiliated;
    assert_eq!(
        changes(&rig, Function::Controlling),
        [GROUP, OTHER].map(|group| (group.to_owned(), affiliated))
    );
    rig.forget();
    rig.command(0, ClientCommand::PublishSettings);
    assert!(!rig.trace().contains(&"pf>cf PUBLISH".to_owned()));
}

//= 24.379-9.2.2.3.3:5 test
//= 24.379-6.3.5.2:5b test
#[test]
fn the_controlling_function_refuses_strangers_and_groups_it_does_not_know() {
    let mut rig = registered(config(), 5);
    want(&mut rig, 4, &[GROUP, "sip:nowhere@mc.example.org"]);
    let mut answers: Vec<(u16, Option<u16>)> = rig
        .seen
        .iter()
        .filter_map(|seen| match &seen.message {
            SipMessage::Response(response) if seen.from == CF.parse().unwrap() => Some(outcome(response)),
            _ => None,
        })
        .collect();
    answers.sort_unstable();
    assert_eq!(answers, [(403, Some(116)), (404, Some(113))]);
    use AffiliationState::{Affiliating, NotAffiliated};
    let mut states: Vec<AffiliationState> =
        changes(&rig, Function::Participating).into_iter().map(|(_, state)| state).collect();
    states.sort();
    assert_eq!(states, [NotAffiliated, NotAffiliated, Affiliating, Affiliating]);

    let mut disabled = config();
    disabled.groups[0].disabled = true;
    let mut rig = registered(disabled, 1);
    want(&mut rig, 0, &[GROUP]);
    assert_eq!(outcome(&rig.response("cf", "pf", "403 PUBLISH")), (403, Some(115)));
}

//= 24.379-10.1.1.4.4.3 test
#[test]
fn who_is_no_longer_affiliated_is_taken_out_of_the_call() {
    let mut rig = Rig::with_members(3);
    rig.call(0);
    rig.forget();
    rig.command(1, ClientCommand::Deaffiliate);
    assert!(rig.has_ended(1) && !rig.has_ended(0) && !rig.has_ended(2));
    let bye = rig.request("cf", "pf", "BYE");
    assert_eq!(values(&bye.headers, &HeaderName::Reason), ["SIP;cause=200;text=\"no longer affiliated\""]);
    let left = rig.events.iter().find_map(|event| match event {
        Event::ParticipantLeft { cause, .. } => Some(*cause),
        _ => None,
    });
    assert_eq!(left, Some(LeaveCause::Deaffiliated));
}

#[test]
fn affiliations_are_renewed_before_the_controlling_function_forgets_them() {
    let mut config = config();
    config.policy.affiliation_lifetime = std::time::Duration::from_secs(600);
    let mut rig = Rig::ready(config, 2);
    rig.seconds(3000);
    assert_eq!(changes(&rig, Function::Controlling), []);
    assert_eq!(rig.trace().iter().filter(|line| *line == "pf>cf PUBLISH").count(), 20);
}

#[test]
fn an_affiliation_that_nobody_renews_expires_and_takes_the_participant_with_it() {
    let mut config = config();
    config.policy.affiliation_lifetime = std::time::Duration::from_secs(600);
    let mut rig = Rig::ready(config, 2);
    let params = format!(
        "<mcptt-request-uri><mcpttURI>{GROUP}</mcpttURI></mcptt-request-uri>\
         <mcptt-calling-user-id><mcpttURI>{}</mcpttURI></mcptt-calling-user-id>",
        mcptt_id(3)
    );
    let presence = format!(
        "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:m=\"urn:3gpp:ns:mcpttPresInfo:1.0\" entity=\"{GROUP}\">\
         <tuple id=\"{}\"><status><m:affiliation client=\"{}\"/></status></tuple></presence>",
        mcptt_id(3),
        client_id(3)
    );
    let text = Raw::new("PUBLISH", CF_IDENTITY, PF_IDENTITY)
        .header("Event: presence")
        .header("Expires: 4294967295")
        .info(&params)
        .part(mime::PIDF, &presence)
        .text();
    let answer = rig.ask(CORE, CF, &text);
    assert_eq!((outcome(&answer), values(&answer.headers, &HeaderName::Expires)), ((200, None), vec!["600"]));
    assert_eq!(outcome(&rig.ask("203.0.113.9:5060", CF, &text)), (403, None));
    rig.forget();
    rig.seconds(601);
    assert_eq!(changes(&rig, Function::Controlling), [(GROUP.to_owned(), AffiliationState::NotAffiliated)]);
}

#[test]
fn a_change_of_mind_waits_for_the_answer_to_the_first_wish() {
    let mut rig = registered(config(), 1);
    rig.dead.push(CF.parse().unwrap());
    want(&mut rig, 0, &[GROUP]);
    want(&mut rig, 0, &[]);
    assert_eq!(rig.trace().iter().filter(|line| *line == "pf>cf PUBLISH").count(), 1);
    rig.dead.clear();
    rig.seconds(2);
    use AffiliationState::{Affiliating, Deaffiliating, NotAffiliated};
    let states: Vec<AffiliationState> =
        changes(&rig, Function::Participating).into_iter().map(|(_, state)| state).collect();
    assert_eq!(states, [Affiliating, Deaffiliating, NotAffiliated]);
    let truth: Vec<AffiliationState> =
        changes(&rig, Function::Controlling).into_iter().map(|(_, state)| state).collect();
    assert_eq!(truth, [AffiliationState::Affiliated, NotAffiliated]);
}

#[test]
fn without_a_binding_there_is_no_affiliation() {
    let mut rig = Rig::new(config());
    rig.add(client_config(0));
    rig.affiliate(0);
    let failed = ClientEvent::RequestFailed { what: ClientRequest::Affiliation, status: 403, warning: None };
    assert_eq!(rig.events_of(0), [failed]);
}
