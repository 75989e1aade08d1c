//! Functional aliases: who is active under which, and how it shows.

use call_control::config::Config;
use call_control::{DocumentChange, Event};
use mcptt_codec::id::FunctionalAlias;
use mcptt_codec::sip::{HeaderName, SipMessage};
use mcptt_codec::xml::affiliation::{FunctionalAliasStatus, PresenceDocument};
use mcptt_codec::xml::mcptt_info::extension_name;
use mcptt_codec::xml::mime;

use crate::rig::*;

pub const CHIEF: &str = "sip:chief@mc.example.org";
const MEDIC: &str = "sip:medic@mc.example.org";

/// Alice and Bob may be the chief; only Alice is listed as a medic.
pub fn with_aliases() -> Config {
    let mut config = config();
    config.users[0].functional_aliases = vec![CHIEF.into(), MEDIC.into()];
    config.users[1].functional_aliases = vec![CHIEF.into()];
    config
}

pub fn publish(at: usize, target: usize, expires: &str, aliases: &[&str]) -> Raw {
    let entries: String =
        aliases.iter().map(|alias| format!("<f:functionalAlias functionalAliasID=\"{alias}\"/>")).collect();
    let presence = format!(
        "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:f=\"urn:3gpp:ns:mcpttPresInfoFA:1.0\" entity=\"{}\">\
         <tuple id=\"{}\"><status>{entries}</status></tuple><f:p-id-fa>p-7</f:p-id-fa></presence>",
        mcptt_id(target),
        client_id(at)
    );
    Raw::new("PUBLISH", PF_IDENTITY, &impu(at))
        .header(&format!("P-Preferred-Identity: <{}>", impu(at)))
        .header("Event: presence")
        .header(&format!("Expires: {expires}"))
        .info(&format!(
            "<mcptt-request-uri><mcpttURI>{}</mcpttURI></mcptt-request-uri>\
             <mcptt-client-id><mcpttString>{}</mcpttString></mcptt-client-id>",
            mcptt_id(target),
            client_id(at)
        ))
        .part(mime::PIDF, &presence)
}

fn ask(rig: &mut Rig, at: usize, text: &Raw) -> (u16, Option<u16>) {
    outcome(&rig.ask(&address(at).to_string(), PF, &text.text()))
}

/// Who became active or ceased to be, in the order in which it happened.
fn changes(rig: &Rig) -> Vec<(String, String, bool)> {
    let changed = rig.events.iter().filter_map(|event| match event {
        Event::FunctionalAliasChanged { functional_alias, mcptt_id, active, .. } => {
            Some((mcptt_id.to_string(), functional_alias.to_string(), *active))
        }
        _ => None,
    });
    changed.collect()
}

pub const FOR_EVER: &str = "4294967295";

//= 24.379-9A.2.2.2.3:4 test
//= 24.379-9A.2.2.2.3:4A test
//= 24.379-9A.2.2.2.3:5 test
#[test]
fn an_alias_is_taken_by_its_user_for_ever_or_not_at_all() {
    let mut rig = Rig::ready(with_aliases(), 2);
    assert_eq!(ask(&mut rig, 0, &publish(0, 1, FOR_EVER, &[CHIEF])), (403, Some(100)));
    assert_eq!(ask(&mut rig, 1, &publish(1, 1, FOR_EVER, &[MEDIC])), (403, Some(100)));
    let answer = rig.ask(&address(0).to_string(), PF, &publish(0, 0, "3600", &[CHIEF]).text());
    assert_eq!(outcome(&answer).0, 423);
    assert_eq!(values(&answer.headers, &HeaderName::MinExpires), [FOR_EVER]);
    assert_eq!(changes(&rig), []);
    assert_eq!(ask(&mut rig, 0, &publish(0, 0, FOR_EVER, &[CHIEF, MEDIC])).0, 200);
    assert_eq!(ask(&mut rig, 0, &publish(0, 0, FOR_EVER, &[MEDIC])).0, 200);
    assert_eq!(ask(&mut rig, 0, &publish(0, 0, "0", &[MEDIC])).0, 200);
    let change = |alias: &str, active| (mcptt_id(0), alias.to_owned(), active);
    assert_eq!(
        changes(&rig),
        [change(CHIEF, true), change(MEDIC, true), change(CHIEF, false), change(MEDIC, false)]
    );
}

//= 24.379-9A.2.2.3 test
#[test]
fn as_many_are_active_under_an_alias_as_may_be() {
    for (shared, expected) in [(None, 1), (Some(2), 2)] {
        let mut config = with_aliases();
        if let Some(shared) = shared {
            config.service.shared_functional_aliases.insert(FunctionalAlias::from(CHIEF), shared);
        }
        let mut rig = Rig::ready(config, 2);
        for at in 0..2 {
            assert_eq!(ask(&mut rig, at, &publish(at, at, FOR_EVER, &[CHIEF])).0, 200);
        }
        assert_eq!(changes(&rig).len(), expected);
        // Whoever logs off leaves its alias to others.
        rig.command(0, call_control::client::ClientCommand::LogOff);
        rig.forget();
        assert_eq!(ask(&mut rig, 1, &publish(1, 1, "0", &[])).0, 200);
        assert_eq!(ask(&mut rig, 1, &publish(1, 1, FOR_EVER, &[CHIEF])).0, 200);
        assert_eq!(changes(&rig).last(), Some(&(mcptt_id(1), CHIEF.to_owned(), true)));
    }
}

//= 24.379-9A.2.2.2:notify test
#[test]
fn an_active_alias_is_told_to_watchers_and_goes_with_the_call() {
    let mut rig = Rig::ready(with_aliases(), 2);
    let subscribe = Raw::new("SUBSCRIBE", PF_IDENTITY, &impu(0))
        .header(&format!("P-Asserted-Identity: <{}>", impu(0)))
        .header(&format!("Contact: <sip:watcher@{CORE}>"))
        .header("Event: presence")
        .header("Expires: 0")
        .info(&format!("<mcptt-request-uri><mcpttURI>{}</mcpttURI></mcptt-request-uri>", mcptt_id(0)));
    assert_eq!(ask(&mut rig, 0, &publish(0, 0, FOR_EVER, &[CHIEF])).0, 200);
    assert_eq!(outcome(&rig.ask(CORE, PF, &subscribe.text())).0, 200);
    let notify = rig.request("pf", "core", "NOTIFY");
    let parts = notify.parts(&Default::default()).unwrap();
    let document = parts.iter().find(|part| part.is(mime::PIDF)).expect("the document");
    let document = PresenceDocument::parse(&document.body).unwrap();
    assert_eq!(document.p_id_fa.as_deref(), Some("p-7"));
    let states = &document.tuples[0].functional_aliases;
    assert_eq!(states[0].functional_alias.as_str(), CHIEF);
    assert_eq!(states[0].status, Some(FunctionalAliasStatus::Activated));

    for (alias, expected) in [(CHIEF, Some(CHIEF)), (MEDIC, None)] {
        rig.forget();
        let named = format!(
            "<mcptt-client-id><mcpttString>{}</mcpttString></mcptt-client-id>\
             <anyExt><functional-alias-URI type=\"Normal\"><mcpttURI>{alias}</mcpttURI></functional-alias-URI></anyExt>",
            client_id(0)
        );
        let answer = rig.ask(CORE, PF, &core_invite(0, &group_call(GROUP, &named)).text());
        assert_eq!(answer.status.0, 200);
        rig.acknowledge(CORE, PF, &answer);
        let info = info_of(&SipMessage::Request(rig.request("pf", "bob", "INVITE")));
        assert_eq!(info.any_ext.text(extension_name::FUNCTIONAL_ALIAS_URI), expected);
        rig.operator(call_control::Command::ReleaseCall { call: rig_call(&rig) });
    }
}

fn rig_call(rig: &Rig) -> mcptt_codec::id::CallRef {
    let started = rig.events.iter().rev().find_map(|event| match event {
        Event::CallStarted { call, .. } => Some(*call),
        _ => None,
    });
    started.unwrap()
}

fn change(rig: &mut Rig, at: usize, aliases: &[&str]) {
    let mut user = config().users.remove(at);
    user.functional_aliases = aliases.iter().map(|alias| FunctionalAlias::from(*alias)).collect();
    rig.node.handle_document(rig.now, DocumentChange::User(Box::new(user))).unwrap();
    rig.settle();
}

//= 24.379-9A.2.2.3 test
#[test]
fn an_alias_that_no_profile_has_any_more_is_given_back_and_free_for_the_next_one() {
    let mut rig = Rig::ready(with_aliases(), 2);
    change(&mut rig, 1, &[]);
    assert_eq!(ask(&mut rig, 0, &publish(0, 0, FOR_EVER, &[CHIEF])).0, 200);
    change(&mut rig, 0, &[]);
    assert_eq!(changes(&rig).last(), Some(&(mcptt_id(0), CHIEF.to_owned(), false)));
    change(&mut rig, 1, &[CHIEF]);
    assert_eq!(ask(&mut rig, 1, &publish(1, 1, FOR_EVER, &[CHIEF])).0, 200);
    assert_eq!(changes(&rig).last(), Some(&(mcptt_id(1), CHIEF.to_owned(), true)));
}
