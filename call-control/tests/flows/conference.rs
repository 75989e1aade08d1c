//! Who is in a call, and who is affiliated to a group, as watchers are told.

use call_control::client::{ClientCommand, ClientEvent, GroupCall};
use call_control::config::Config;
use mcptt_codec::sip::{HeaderName, SipMessage};
use mcptt_codec::xml::affiliation::PresenceDocument;
use mcptt_codec::xml::conference_info::{ConferenceInfo, JoiningMethod};
use mcptt_codec::xml::mime;

use crate::rig::*;

/// Everybody may watch.
fn open() -> Config {
    let mut config = config();
    for member in &mut config.groups[0].members {
        member.conference_state = true;
    }
    config.policy.release_at = None;
    config
}

fn watch(rig: &mut Rig, at: usize, expires: u32) {
    let call = rig.established(at).call;
    rig.command(at, ClientCommand::WatchCall { call, expires });
}

/// Version, names and whether it was the last one, of every notification of a client.
fn watched(rig: &Rig, at: usize) -> Vec<(Option<u32>, Vec<String>, bool)> {
    rig.client_events
        .iter()
        .filter_map(|(client, event)| match event {
            ClientEvent::CallWatched { version, participants, over, .. } if *client == at => {
                Some((*version, participants.iter().map(ToString::to_string).collect(), *over))
            }
            _ => None,
        })
        .collect()
}

fn names(of: &[usize]) -> Vec<String> {
    of.iter().map(|at| mcptt_id(*at)).collect()
}

fn refused(rig: &Rig, at: usize) -> (u16, Option<u16>) {
    let mut events = rig.client_events.iter().rev();
    let found = events.find_map(|(client, event)| match event {
        ClientEvent::RequestFailed { status, warning, .. } if *client == at => Some((*status, *warning)),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no refusal in {:#?}", rig.client_events))
}

//= 24.379-10.1.3.4.1:first test
//= RFC4575-3.7:full test
//= RFC4575-4.3:version test
//= 24.379-10.1.3.4.2 test
//= 24.379-10.1.3.4.2:end test
//= 24.379-6.3.8.1:conf test
//= 24.379-6.3.3.4 test
//= 24.379-6.3.3.4:pai test
#[test]
fn a_watcher_is_told_at_once_at_every_change_and_at_the_end() {
    let mut rig = Rig::ready(open(), 3);
    rig.call(0);
    watch(&mut rig, 0, u32::MAX);
    assert_eq!(watched(&rig, 0), [(Some(0), names(&[0, 1, 2]), false)]);
    let notify = rig.request("cf", "pf", "NOTIFY");
    assert_eq!(values(&notify.headers, &HeaderName::PAssertedIdentity), [format!("<{CF_IDENTITY}>")]);
    assert_eq!(values(&notify.headers, &HeaderName::PAssertedService).len(), 1);
    let parts = notify.parts(&Default::default()).unwrap();
    let document = parts.iter().find(|part| part.is(mime::CONFERENCE_INFO)).expect("the document");
    let document = ConferenceInfo::parse(&document.body).unwrap();
    assert_eq!(document.entity.as_str(), GROUP);
    let methods =
        document.users.unwrap().users.into_iter().map(|user| user.endpoints[0].joining_method.clone());
    let (called, was_called) = (Some(JoiningMethod::DialedIn), Some(JoiningMethod::DialedOut));
    assert_eq!(methods.collect::<Vec<_>>(), [called, was_called.clone(), was_called]);
    let info = info_of(&SipMessage::Request(notify));
    assert_eq!(info.calling_group_id.unwrap().value().unwrap().as_str(), GROUP);
    assert_eq!(info.request_uri.unwrap().value().unwrap().as_str(), mcptt_id(0));

    let call = rig.established(2).call;
    rig.command(2, ClientCommand::Leave { call });
    rig.call(2);
    rig.operator(call_control::Command::ReleaseAll);
    assert_eq!(
        watched(&rig, 0)[1..],
        [(Some(1), names(&[0, 1]), false), (Some(2), names(&[0, 1, 2]), false), (Some(3), vec![], true)]
    );
}

#[test]
fn a_fetch_is_over_with_its_answer_and_a_watcher_may_stop() {
    let mut rig = Rig::ready(open(), 2);
    rig.call(0);
    watch(&mut rig, 0, 0);
    assert_eq!(watched(&rig, 0), [(Some(0), names(&[0, 1]), true)]);
    let call = rig.established(1).call;
    rig.command(1, ClientCommand::Leave { call });
    assert_eq!(watched(&rig, 0).len(), 1);
}

//= 24.379-10.1.3:rules test
//= 24.379-10.1.3.4.1:138 test
//= 24.379-10.1.3.4.1:105 test
//= 24.379-10.1.3.3:2 test
#[test]
fn whoever_may_not_watch_is_told_why() {
    let mut config = open();
    config.groups[0].members[1].conference_state = false;
    let mut rig = Rig::ready(config, 3);
    rig.call(0);
    watch(&mut rig, 1, 3600);
    assert_eq!(refused(&rig, 1), (403, Some(138)));
    // Carol has left: the identity of the call is all that she has.
    let identity = rig.established(2).session_identity;
    let call = rig.established(2).call;
    rig.command(2, ClientCommand::Leave { call });
    let subscribe = |uri: &str| {
        Raw::new("SUBSCRIBE", uri, &impu(2))
            .header(&format!("P-Asserted-Identity: <{}>", impu(2)))
            .header(&format!("Contact: <sip:watcher@{CORE}>"))
            .header("Event: conference")
            .header("Expires: 3600")
            .info(&format!("<mcptt-request-uri><mcpttURI>{GROUP}</mcpttURI></mcptt-request-uri>"))
            .text()
    };
    assert_eq!(outcome(&rig.ask(CORE, PF, &subscribe(&identity))), (403, Some(138)));
    assert_eq!(outcome(&rig.ask(CORE, PF, &subscribe("sip:s-none@192.0.2.1:5060"))), (404, Some(137)));
    rig.operator(call_control::Command::ReleaseCall { call: mcptt_codec::id::CallRef(1) });
    assert_eq!(outcome(&rig.ask(CORE, PF, &subscribe(&identity))), (404, Some(137)));

    let mut rig = Rig::ready(open(), 2);
    rig.call_with(0, GroupCall { broadcast: true, ..GroupCall::new(GROUP) });
    watch(&mut rig, 0, 3600);
    assert_eq!(refused(&rig, 0), (480, Some(105)));
}

fn affiliations(at: usize, expires: u32) -> Raw {
    Raw::new("SUBSCRIBE", PF_IDENTITY, &impu(at))
        .header(&format!("P-Asserted-Identity: <{}>", impu(at)))
        .header(&format!("Contact: <sip:watcher@{CORE}>"))
        .header("Event: presence")
        .header(&format!("Expires: {expires}"))
        .info(&format!("<mcptt-request-uri><mcpttURI>{GROUP}</mcpttURI></mcptt-request-uri>"))
}

/// Who is affiliated, as the last NOTIFY to the core says; it is answered.
fn affiliated(rig: &mut Rig) -> Vec<String> {
    let notify = rig.request("pf", "core", "NOTIFY");
    let copied = [HeaderName::Via, HeaderName::From, HeaderName::To, HeaderName::CallId, HeaderName::CSeq]
        .map(|name| format!("{name}: {}\r\n", notify.headers.get(&name).unwrap()));
    let response = format!("SIP/2.0 200 OK\r\n{}Content-Length: 0\r\n\r\n", copied.concat());
    rig.inject(CORE, PF, response.as_bytes());
    let parts = notify.parts(&Default::default()).unwrap();
    let document = parts.iter().find(|part| part.is(mime::PIDF)).expect("the document");
    let document = PresenceDocument::parse(&document.body).unwrap();
    assert_eq!(document.entity.as_str(), GROUP);
    document.tuples.iter().map(|tuple| tuple.id.to_string()).collect()
}

//= 24.379-9.2.1.6 test
//= 24.379-9.2.2.3.5 test
//= 24.379-9:subscribe test
//= 24.379-9.2.2.3.3:expiry test
#[test]
fn a_watcher_of_a_group_is_told_who_is_affiliated() {
    let mut config = open();
    config.groups[0].members[2].affiliation_list = true;
    config.policy.affiliation_lifetime = std::time::Duration::from_secs(600);
    let mut rig = Rig::ready(config, 2);
    rig.add(client_config(2));
    rig.register(2);
    rig.forget();
    assert_eq!(outcome(&rig.ask(CORE, PF, &affiliations(1, 3600).text())), (403, Some(100)));
    assert_eq!(outcome(&rig.ask(CORE, PF, &affiliations(2, u32::MAX).text())).0, 200);
    // To ask is not to be affiliated.
    assert_eq!(affiliated(&mut rig), names(&[0, 1]));
    rig.command(1, ClientCommand::Deaffiliate);
    assert_eq!(affiliated(&mut rig), names(&[0]));
    // The function of another node affiliates Dave and does not renew it.
    let presence = format!(
        "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:m=\"urn:3gpp:ns:mcpttPresInfo:1.0\" entity=\"{GROUP}\">\
         <tuple id=\"{}\"><status><m:affiliation client=\"{}\"/></status></tuple></presence>",
        mcptt_id(3),
        client_id(3)
    );
    let publish = Raw::new("PUBLISH", CF_IDENTITY, PF_IDENTITY)
        .header("Event: presence")
        .header("Expires: 4294967295")
        .info(&format!(
            "<mcptt-request-uri><mcpttURI>{GROUP}</mcpttURI></mcptt-request-uri>\
             <mcptt-calling-user-id><mcpttURI>{}</mcpttURI></mcptt-calling-user-id>",
            mcptt_id(3)
        ))
        .part(mime::PIDF, &presence);
    assert_eq!(outcome(&rig.ask(CORE, CF, &publish.text())).0, 200);
    assert_eq!(affiliated(&mut rig), names(&[0, 3]));
    rig.seconds(601);
    assert_eq!(affiliated(&mut rig), names(&[0]));
    rig.forget();

    // A filter picks one user.
    let filter = format!(
        "<filter-set xmlns=\"urn:ietf:params:xml:ns:simple-filter\"><filter id=\"1\" uri=\"{GROUP}\"><what>\
         <include type=\"xpath\">//tuple[@id=&quot;{}&quot;]</include></what></filter></filter-set>",
        mcptt_id(2)
    );
    let own = affiliations(2, 0).part("application/simple-filter+xml", &filter).text();
    assert_eq!(outcome(&rig.ask(CORE, PF, &own)).0, 200);
    assert_eq!(affiliated(&mut rig), Vec::<String>::new());
}
