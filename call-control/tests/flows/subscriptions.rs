//! What clients watch at the participating function; a trusted SIP core asks on their behalf.

use std::time::{Duration, SystemTime};

use mcptt_codec::sip::{HeaderName, Request, SipMessage};
use mcptt_codec::xml::affiliation::{AffiliationStatus, PresenceDocument};
use mcptt_codec::xml::mime;
use mcptt_codec::xml::poc_settings::PocSettings;

use crate::rig::*;

pub fn subscribe(at: usize, package: &str, expires: u32, target: usize) -> Raw {
    Raw::new("SUBSCRIBE", PF_IDENTITY, &impu(at))
        .header(&format!("P-Asserted-Identity: <{}>", impu(at)))
        .header(&format!("Contact: <sip:watcher@{CORE}>"))
        .header(&format!("Event: {package}"))
        .header(&format!("Expires: {expires}"))
        .info(&format!("<mcptt-request-uri><mcpttURI>{}</mcpttURI></mcptt-request-uri>", mcptt_id(target)))
}

/// Every NOTIFY that went to the core.
pub fn notifies(rig: &Rig) -> Vec<Request> {
    let core = CORE.parse().unwrap();
    rig.seen
        .iter()
        .filter_map(|seen| match &seen.message {
            SipMessage::Request(request) if seen.to == core && request.method.as_str() == "NOTIFY" => {
                Some(request.clone())
            }
            _ => None,
        })
        .collect()
}

pub fn state(notify: &Request) -> String {
    notify.headers.get(&HeaderName::SubscriptionState).unwrap().to_string()
}

pub fn body(notify: &Request, wanted: &str) -> Vec<u8> {
    let parts = notify.parts(&Default::default()).unwrap();
    parts.iter().find(|part| part.is(wanted)).expect("the body").body.to_vec()
}

/// Answers a NOTIFY of the participating function with this status.
pub fn answer(rig: &mut Rig, notify: &Request, status: &str) {
    answer_at(rig, PF, notify, status);
}

/// Answers a NOTIFY of either function.
pub fn answer_at(rig: &mut Rig, function: &str, notify: &Request, status: &str) {
    let copied = [HeaderName::Via, HeaderName::From, HeaderName::To, HeaderName::CallId, HeaderName::CSeq]
        .map(|name| format!("{name}: {}\r\n", notify.headers.get(&name).unwrap()));
    let response = format!("SIP/2.0 {status}\r\n{}Content-Length: 0\r\n\r\n", copied.concat());
    rig.inject(CORE, function, response.as_bytes());
}

fn statuses(notify: &Request) -> Vec<(String, Option<AffiliationStatus>)> {
    let document = PresenceDocument::parse(&body(notify, mime::PIDF)).unwrap();
    let tuples = document.tuples.into_iter().flat_map(|tuple| tuple.affiliations);
    tuples.map(|own| (own.group.unwrap().to_string(), own.status)).collect()
}

fn registered() -> Rig {
    let mut rig = Rig::new(config());
    for at in 0..2 {
        rig.add(client_config(at));
        rig.register(at);
    }
    rig.forget();
    rig
}

//= 24.379-6.3.1:subscribe test
//= 24.379-9.2.2.2.4 test
#[test]
fn a_user_watches_its_own_affiliations_and_nobody_elses() {
    let mut rig = registered();
    assert_eq!(outcome(&rig.ask(CORE, PF, &subscribe(0, "presence", u32::MAX, 1).text())).0, 403);
    assert_eq!(outcome(&rig.ask(CORE, PF, &subscribe(0, "dialog", u32::MAX, 0).text())).0, 489);
    let accepted = rig.ask(CORE, PF, &subscribe(0, "presence", u32::MAX, 0).text());
    assert_eq!(outcome(&accepted).0, 200);
    let first = notifies(&rig).pop().expect("a NOTIFY at once");
    assert_eq!((state(&first), statuses(&first)), ("active;expires=4294967295".to_owned(), Vec::new()));
    answer(&mut rig, &first, "200 OK");

    rig.affiliate(0);
    let affiliating = notifies(&rig).pop().unwrap();
    assert_eq!(statuses(&affiliating), [(GROUP.to_owned(), Some(AffiliationStatus::Affiliating))]);
    // One NOTIFY is under way: the confirmation of the group's function is told after its answer.
    answer(&mut rig, &affiliating, "200 OK");
    let affiliated = notifies(&rig).pop().unwrap();
    assert_eq!(statuses(&affiliated), [(GROUP.to_owned(), Some(AffiliationStatus::Affiliated))]);
    assert_eq!(notifies(&rig).len(), 3);
}

//= 24.379-9.2.2.2.4:0 test
#[test]
fn a_fetch_gets_one_notify_and_it_says_that_it_is_the_last() {
    let mut rig = registered();
    assert_eq!(outcome(&rig.ask(CORE, PF, &subscribe(0, "presence", 0, 0).text())).0, 200);
    let only = notifies(&rig).pop().expect("a NOTIFY");
    assert_eq!(state(&only), "terminated;reason=timeout");
    answer(&mut rig, &only, "200 OK");
    rig.affiliate(0);
    assert_eq!(notifies(&rig).len(), 1);
}

//= RFC6665-4.2.1.1:min test
#[test]
fn too_short_a_subscription_is_refused_with_the_minimum() {
    let mut rig = registered();
    let refused = rig.ask(CORE, PF, &subscribe(0, "presence", 5, 0).text());
    assert_eq!((outcome(&refused).0, values(&refused.headers, &HeaderName::MinExpires)), (423, vec!["60"]));
}

//= 24.379-7.3.6 test
#[test]
fn service_settings_are_told_now_and_on_change() {
    let mut rig = registered();
    assert_eq!(outcome(&rig.ask(CORE, PF, &subscribe(0, "poc-settings", 3600, 0).text())).0, 200);
    let first = notifies(&rig).pop().expect("a NOTIFY at once");
    let settings = PocSettings::parse(&body(&first, mime::POC_SETTINGS)).unwrap();
    assert_eq!(settings.entities.len(), 1);
    answer(&mut rig, &first, "200 OK");
    rig.command(0, call_control::client::ClientCommand::PublishSettings);
    assert_eq!(notifies(&rig).len(), 2);
}

//= RFC6665-4.2.2:failed test
#[test]
fn a_watcher_that_is_gone_is_forgotten() {
    let mut rig = registered();
    rig.ask(CORE, PF, &subscribe(0, "presence", 3600, 0).text());
    let first = notifies(&rig).pop().expect("a NOTIFY");
    answer(&mut rig, &first, "481 Subscription Does Not Exist");
    rig.affiliate(0);
    assert_eq!(notifies(&rig).len(), 1);
}

//= 24.379-9.2.2.2.5:pid test
#[test]
fn the_p_id_of_a_publication_is_told_with_its_consequences_only() {
    let mut rig = registered();
    rig.affiliate(0);
    rig.ask(CORE, PF, &subscribe(0, "presence", 3600, 0).text());
    let first = notifies(&rig).pop().expect("a NOTIFY");
    let p_id = |notify: &Request| PresenceDocument::parse(&body(notify, mime::PIDF)).unwrap().p_id;
    assert!(p_id(&first).is_some(), "the state follows from the client's PUBLISH");
    answer(&mut rig, &first, "200 OK");
    // The group's function takes the affiliation back by its lifetime: no publication is the cause.
    rig.command(0, call_control::client::ClientCommand::Deregister);
    let last = notifies(&rig).pop().unwrap();
    assert_eq!((state(&last).starts_with("terminated"), p_id(&last)), (true, None));
}

//= 24.379-9.2.2.2.5 test
#[test]
fn each_affiliation_of_each_client_is_told_with_its_status_and_until_when_it_holds() {
    let told = |clock: bool| {
        let mut rig = registered();
        if clock {
            let noon = SystemTime::UNIX_EPOCH + Duration::from_secs(1_796_126_400);
            rig.node.handle_wall_clock(rig.now, noon);
        }
        rig.seconds(60);
        rig.affiliate(0);
        rig.ask(CORE, PF, &subscribe(0, "presence", 3600, 0).text());
        let notify = notifies(&rig).pop().expect("a NOTIFY");
        let document = PresenceDocument::parse(&body(&notify, mime::PIDF)).unwrap();
        assert_eq!(document.tuples[0].id.as_str(), client_id(0));
        let own = document.tuples[0].affiliations[0].clone();
        assert_eq!(own.status, Some(AffiliationStatus::Affiliated));
        own.expires.map(|expires| expires.to_string())
    };
    // A minute after noon for a day, the lifetime at the controlling function.
    assert_eq!(told(true).as_deref(), Some("2026-12-02T12:01:00Z"));
    // Without a clock nothing is said about the time.
    assert_eq!(told(false), None);
}
