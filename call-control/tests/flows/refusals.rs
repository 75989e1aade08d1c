//! Every refusal that an INVITE can meet, with its exact status and warning.

use call_control::client::{ClientCommand, GroupCall};
use call_control::config::{Config, Group, Member, PeerFunction};
use call_control::{Event, Refusal};
use mcptt_codec::sip::HeaderName;

use crate::rig::*;

/// The refusal that the events name.
fn refusal(rig: &Rig) -> Option<Refusal> {
    rig.events.iter().rev().find_map(|event| match event {
        Event::Refused { refusal, .. } => Some(*refusal),
        _ => None,
    })
}

/// What Alice gets when she calls the group in this configuration.
fn called_with(change: impl FnOnce(&mut Config)) -> (u16, Option<u16>, Option<Refusal>) {
    let mut config = config();
    change(&mut config);
    let mut rig = Rig::ready(config, 2);
    rig.call(0);
    let (status, warning) = rig.failure(0);
    (status, warning, refusal(&rig))
}

fn change_group(change: impl FnOnce(&mut Group)) -> impl FnOnce(&mut Config) {
    |config| change(&mut config.groups[0])
}

type Step<'a> = &'a dyn Fn(&mut Group);

//= 24.379-10.1.1.3.1.1:3 test
#[test]
fn a_user_who_may_not_make_prearranged_calls_gets_109() {
    let got = called_with(|config| config.users[0].prearranged_group_calls = false);
    assert_eq!(got, (403, Some(109), Some(Refusal::PrearrangedNotAllowed)));
}

//= 24.379-10.1.1.3.1.1:142 test
#[test]
fn a_group_whose_controlling_function_is_unknown_gives_142() {
    let mut config = config();
    config.own_controlling_serves_unknown_groups = false;
    let mut rig = Rig::ready(config, 1);
    for group in ["sip:nowhere@mc.example.org", "no uri"] {
        rig.call_with(0, GroupCall::new(group));
        assert_eq!(rig.failure(0), (404, Some(142)), "{group}");
    }
    assert!(!rig.trace().contains(&"pf>cf INVITE".to_owned()));
}

//= 24.379-6.3.5.2:2 test
#[test]
fn a_group_without_document_gives_113() {
    let mut rig = Rig::with_members(1);
    rig.call_with(0, GroupCall::new("sip:nowhere@mc.example.org"));
    assert_eq!(rig.failure(0), (404, Some(113)));
}

//= 24.379-6.3.5.2:3 test
//= 24.379-6.3.5.2:5a test
//= 24.379-6.3.5.2:5b test
//= 24.379-6.3.5.2:5d test
//= 24.379-6.3.5.2:default test
//= 24.379-10.1.1.4.2:4c test
//= 24.379-10.1.1.4.2:preconf test
#[test]
fn the_group_document_is_checked_in_the_order_of_the_clause() {
    let steps: [(Step<'_>, u16, u16); 6] = [
        (&|group| group.preconfigured_use_only = true, 403, 167),
        (&|group| group.regrouped = true, 403, 148),
        (&|group| group.invite_members = false, 404, 118),
        (&|group| group.members.retain(|member| member.mcptt_id.as_str() != mcptt_id(0)), 403, 116),
        (&|group| group.disabled = true, 403, 115),
        (&|group| group.unavailable = true, 500, 114),
    ];
    // Each step fails a check that comes before those of the earlier steps, which stay failed.
    for count in 1..=steps.len() {
        let got = called_with(change_group(|group| steps[..count].iter().for_each(|(fail, ..)| fail(group))));
        let (_, status, warning) = steps[count - 1];
        assert_eq!((got.0, got.1), (status, Some(warning)), "step {count}");
    }
}

//= 24.379-6.3.5.2:5c test
#[test]
fn a_chat_request_for_a_prearranged_group_gives_117() {
    let mut rig = Rig::with_members(1);
    let params = group_call(GROUP, "").replace("prearranged", "chat");
    let answer = rig.ask(CORE, PF, &core_invite(0, &params).text());
    assert_eq!(outcome(&answer), (404, Some(117)));
}

//= 24.379-4.4.2:100 test
#[test]
fn kinds_of_session_that_are_not_served_are_refused_by_local_policy() {
    let mut rig = Rig::with_members(1);
    for kind in ["conference", "x"] {
        let params = group_call(GROUP, "").replace("prearranged", kind);
        let answer = rig.ask(CORE, PF, &core_invite(0, &params).text());
        assert_eq!(outcome(&answer), (403, Some(100)), "{kind}");
        assert_eq!(
            values(&answer.headers, &HeaderName::Warning),
            ["399 pf.mc.example.org \"100 function not allowed due to local policy\""]
        );
    }
}

//= 24.379-10.1.1.4.2:13 test
//= 24.379-6.3.5.3 test
#[test]
fn a_member_who_may_not_start_a_call_gets_119() {
    let got = called_with(change_group(|group| group.members[0].may_initiate = false));
    assert_eq!(got, (403, Some(119), Some(Refusal::NotAuthorisedToInitiate)));
}

//= 24.379-10.1.1.4.2:14a test
#[test]
fn a_member_that_is_not_affiliated_gets_120() {
    let mut rig = Rig::with_members(2);
    rig.command(0, ClientCommand::Deaffiliate);
    rig.call(0);
    assert_eq!(rig.failure(0), (403, Some(120)));
}

//= 24.379-10.1.1.4.2:14gi test
#[test]
fn too_few_affiliated_members_give_112() {
    let got = called_with(change_group(|group| group.minimum_affiliated = 3));
    assert_eq!(got, (480, Some(112), Some(Refusal::TooFewAffiliated)));
}

//= 24.379-10.1.1.3.1.1:1 test
//= 24.379-10.1.1.4.2:1 test
#[test]
fn overload_is_told_by_the_function_that_has_it() {
    let mut config = config();
    config.limits.calls = 1;
    config.groups.push(Group::prearranged("sip:other@mc.example.org", config.groups[0].members.clone()));
    let mut rig = Rig::ready(config.clone(), 2);
    rig.call(0);
    rig.call_with(1, GroupCall::new("sip:other@mc.example.org"));
    assert_eq!((rig.failure(1), refusal(&rig)), ((500, None), Some(Refusal::ControllingOverload)));

    config.limits.calls = 8;
    config.limits.relayed_sessions = 1;
    let mut rig = Rig::ready(config, 1);
    rig.call(0);
    rig.call_with(0, GroupCall::new("sip:other@mc.example.org"));
    assert_eq!((rig.failure(0), refusal(&rig)), ((500, None), Some(Refusal::ParticipatingOverload)));
}

//= 24.379-10.1.1.3.1.1:5 test
//= 24.379-10.1.1.3.1.1:5e test
#[test]
fn n6_bounds_normal_calls_and_spares_urgent_ones() {
    let mut config = config();
    config.users[0].max_simultaneous_group_calls = Some(1);
    config.users[0].emergency_group_call = true;
    config.groups[0].members[0].emergency_call = true;
    config.groups.push(Group::prearranged("sip:other@mc.example.org", config.groups[0].members.clone()));
    let mut rig = Rig::ready(config, 2);
    rig.call_with(0, GroupCall::new(GROUP));
    rig.call_with(0, GroupCall::new("sip:other@mc.example.org"));
    assert_eq!(rig.failure(0), (486, Some(103)));
    rig.forget();
    let urgency = call_control::client::Urgency::Emergency { alert: false };
    rig.call_with(0, GroupCall { urgency, ..GroupCall::new("sip:other@mc.example.org") });
    assert_eq!(
        rig.established(0).group.as_ref().map(|group| group.as_str()),
        Some("sip:other@mc.example.org")
    );
}

//= 24.379-10.1.1.3.1.1:2a test
#[test]
fn an_identity_without_service_binding_gets_141() {
    let mut rig = Rig::new(config());
    for at in [0, 5] {
        let answer = rig.ask(CORE, PF, &core_invite(at, &group_call(GROUP, "")).text());
        assert_eq!(outcome(&answer), (404, Some(141)));
    }
    let text = core_invite(0, &group_call(GROUP, "")).text().replace("alice-ue", "nobody");
    assert_eq!(outcome(&rig.ask(CORE, PF, &text)), (404, Some(141)));
}

#[test]
fn a_stranger_that_claims_an_identity_learns_nothing() {
    let mut rig = Rig::with_members(1);
    for identity in ["alice-ue", "frank-ue", "nobody"] {
        let text = core_invite(0, &group_call(GROUP, "")).text().replace("alice-ue", identity);
        let answer = rig.ask("203.0.113.9:5060", PF, &text);
        assert_eq!(outcome(&answer), (403, None), "{identity}");
        assert_eq!(values(&answer.headers, &HeaderName::Warning), Vec::<&str>::new());
    }
}

#[test]
fn an_asserted_identity_counts_only_from_a_trusted_network() {
    let mut rig = Rig::with_members(2);
    // Bob's device asserts Alice: what counts is what it is registered as, and its From says Bob.
    let text = core_invite(1, &group_call(GROUP, "")).text().replacen(
        "P-Asserted-Identity: <sip:bob-ue",
        "P-Asserted-Identity: <sip:alice-ue",
        1,
    );
    let answer = rig.ask(&address(1).to_string(), PF, &text);
    assert_eq!(answer.status.0, 200);
    let onward = rig.request("pf", "cf", "INVITE");
    assert_eq!(values(&onward.headers, &HeaderName::PAssertedIdentity), ["<sip:bob-ue@ims.example.org>"]);
}

//= 24.379-10.1.1.3.1.1:488 test
#[test]
fn an_offer_without_usable_audio_is_refused_before_the_controlling_function_hears_of_it() {
    let mut rig = Rig::with_members(1);
    let refused = [
        OFFER.replace("m=audio 50000", "m=audio 0"),
        OFFER.replace("m=audio", "m=video"),
        OFFER.replace("RTP/SAVP", "TCP/TLS"),
        OFFER.replace("198.51.100.1", "0.0.0.0"),
    ];
    for offer in refused {
        let text = core_invite(0, &group_call(GROUP, "")).text().replace(OFFER, &offer);
        assert_eq!(outcome(&rig.ask(CORE, PF, &text)), (488, None), "{offer}");
    }
    assert!(!rig.trace().contains(&"pf>cf INVITE".to_owned()));
}

//= 24.379-10.1.1.4.2:3 test
#[test]
fn accept_contact_must_ask_for_the_service() {
    let mut rig = Rig::with_members(1);
    let text = core_invite(0, &group_call(GROUP, "")).without("Accept-Contact: *;+g.3gpp.icsi").text();
    assert_eq!(
        (outcome(&rig.ask(CORE, PF, &text)), refusal(&rig)),
        ((403, None), Some(Refusal::ServiceTagsMissing))
    );

    let mut lenient = config();
    lenient.policy.require_service_tags = false;
    let mut rig = Rig::ready(lenient, 1);
    assert_eq!(rig.ask(CORE, PF, &text).status.0, 200);
}

//= 24.379-10.1.1.4.2:3b test
#[test]
fn a_focus_that_calls_the_controlling_function_gets_128() {
    let mut rig = Rig::with_members(1);
    let text = controlling_invite(0, &group_call(GROUP, ""))
        .text()
        .replace(":5060>\nAccept", ":5060>;isfocus\nAccept");
    assert_eq!(outcome(&rig.ask(CORE, CF, &text)), (403, Some(128)));
}

#[test]
fn the_controlling_function_listens_to_functions_only() {
    let mut rig = Rig::with_members(1);
    let text = controlling_invite(0, &group_call(GROUP, "")).text();
    assert_eq!(
        (outcome(&rig.ask("203.0.113.9:5060", CF, &text)), refusal(&rig)),
        ((403, None), Some(Refusal::SourceNotTrusted))
    );
    assert_eq!(rig.ask(CORE, CF, &text).status.0, 200);
}

//= 24.379-10.1.1.4.2:comb test
#[test]
fn indicators_that_contradict_each_other_give_150() {
    let mut rig = Rig::with_members(1);
    let both = "<emergency-ind><mcpttBoolean>true</mcpttBoolean></emergency-ind>\
                <imminentperil-ind><mcpttBoolean>true</mcpttBoolean></imminentperil-ind>";
    let answer = rig.ask(CORE, PF, &core_invite(0, &group_call(GROUP, both)).text());
    assert_eq!(outcome(&answer), (403, Some(150)));
}

//= 24.379-6.6.2:fail test
#[test]
fn a_value_that_can_not_be_decrypted_gives_140() {
    let mut rig = Rig::with_members(1);
    let params = "<session-type>prearranged</session-type><mcptt-request-uri type=\"Encrypted\">\
        <xenc:EncryptedData xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\"/></mcptt-request-uri>";
    assert_eq!(outcome(&rig.ask(CORE, PF, &core_invite(0, params).text())), (403, Some(140)));
}

//= RFC4028-422 test
#[test]
fn a_session_interval_that_is_too_small_is_refused_with_the_minimum() {
    let mut rig = Rig::with_members(1);
    let text = core_invite(0, &group_call(GROUP, "")).header("Session-Expires: 30").text();
    let answer = rig.ask(CORE, PF, &text);
    assert_eq!(outcome(&answer), (422, None));
    assert_eq!(values(&answer.headers, &HeaderName::MinSe), ["90"]);
    let text = controlling_invite(0, &group_call(GROUP, "")).header("Session-Expires: 89").text();
    assert_eq!(outcome(&rig.ask(CORE, CF, &text)), (422, None));
}

//= 24.379-10.1.1.3.2:2 test
//= 24.379-4.2 test
#[test]
fn a_call_for_a_client_without_isfocus_gives_104() {
    let mut rig = Rig::with_members(2);
    let params = format!(
        "<session-type>prearranged</session-type><mcptt-request-uri><mcpttURI>{}</mcpttURI></mcptt-request-uri>",
        mcptt_id(1)
    );
    let text = core_invite(0, &params).text().replace(PF_IDENTITY, "sip:pf-terminating@pf.mc.example.org");
    assert_eq!(outcome(&rig.ask(CORE, PF, &text)), (403, Some(104)));
    let focus = text.replace(&format!(";{TAG}\n"), &format!(";{TAG};isfocus\n"));
    assert_eq!(rig.ask(CORE, PF, &focus).status.0, 200);
    let stranger = rig.ask("203.0.113.9:5060", PF, &focus);
    assert_eq!(outcome(&stranger), (403, None));
}

//= 24.379-10.1.1.3.2:3 test
//= 24.379-10.1.1.3.2:bind test
#[test]
fn a_member_without_settings_gives_146_and_one_without_binding_404() {
    let mut rig = Rig::with_members(1);
    let bob = rig.add(client_config(1));
    rig.command(bob, ClientCommand::Register);
    rig.affiliate(bob);
    rig.call(0);
    let answer = rig.response("pf", "cf", "480 INVITE");
    assert_eq!(outcome(&answer), (480, Some(146)));
    assert_eq!(
        values(&answer.headers, &HeaderName::Warning),
        ["399 pf.mc.example.org \"146 T-PF unable to determine the service settings for the called user\""]
    );

    let params = format!(
        "<session-type>prearranged</session-type><mcptt-request-uri><mcpttURI>{}</mcpttURI></mcptt-request-uri>",
        mcptt_id(4)
    );
    let text = core_invite(0, &params).text().replace(&format!(";{TAG}\n"), &format!(";{TAG};isfocus\n"));
    assert_eq!(outcome(&rig.ask(CORE, PF, &text)), (404, None));
}

#[test]
fn a_laboratory_may_assume_automatic_answer() {
    let mut config = config();
    config.assume_settings = call_control::config::AssumeSettings::Automatic;
    let mut rig = Rig::ready(config, 1);
    let bob = rig.add(client_config(1));
    rig.command(bob, ClientCommand::Register);
    rig.affiliate(bob);
    rig.call(0);
    assert!(rig.established(1).incoming);
}

//= 24.379-6.3.1.1:user-to test
#[test]
fn the_group_is_taken_from_the_body_and_never_from_the_request_uri() {
    let mut rig = Rig::with_members(1);
    let text = core_invite(0, &group_call(GROUP, "")).text().replacen(PF_IDENTITY, GROUP, 1);
    assert_eq!(outcome(&rig.ask(CORE, PF, &text)), (404, None));
    assert_eq!(refusal(&rig), Some(Refusal::RequestUriUnknown));
}

//= 24.379-6.3.2.1.5.2:warn test
#[test]
fn a_group_of_another_node_is_called_there_and_its_answer_comes_back() {
    let mut config = config();
    let elsewhere =
        PeerFunction { address: CORE.parse().unwrap(), identity: "sip:groups@far.example.org".into() };
    config.group_routes.push(call_control::config::GroupRoute {
        group_id: "sip:far@mc.example.org".into(),
        controlling: elsewhere,
    });
    let mut rig = Rig::ready(config, 1);
    rig.call_with(0, GroupCall::new("sip:far@mc.example.org"));
    let invite = rig.request("pf", "core", "INVITE");
    assert_eq!(invite.uri, "sip:groups@far.example.org");
    let mut answer = mcptt_codec::sip::Response::to(&invite, mcptt_codec::sip::StatusCode(403));
    answer.headers.push(HeaderName::Warning, "399 far.example.org \"115 group is disabled\"");
    rig.inject(CORE, PF, &answer.encode());
    assert_eq!(rig.failure(0), (403, Some(115)));
    let relayed = rig.response("pf", "alice", "403 INVITE");
    assert_eq!(
        values(&relayed.headers, &HeaderName::Warning),
        ["399 far.example.org \"115 group is disabled\""]
    );
}

#[test]
fn every_refusal_has_a_status_of_its_own_kind() {
    for refusal in Refusal::ALL {
        let row = refusal.row();
        assert!((400..700).contains(&row.status.0), "{refusal:?}");
        assert_eq!(row.reason.is_some(), row.warning == Some(100), "{refusal:?}");
    }
    let mut all = Refusal::ALL.to_vec();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), Refusal::ALL.len());
}

#[test]
fn a_member_with_all_rights_is_refused_nothing() {
    let mut config = config();
    config.groups[0].members[0] = Member { required: true, ..Member::new(mcptt_id(0).as_str()) };
    let mut rig = Rig::ready(config, 2);
    rig.call(0);
    assert!(rig.established(1).incoming);
    assert_eq!(refusal(&rig), None);
}
