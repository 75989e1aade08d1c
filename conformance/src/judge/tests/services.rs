//! Traces of services between users, alerts and subscriptions.

use mcptt_codec::id::{GroupId, McpttId};
use mcptt_codec::sip::multipart::Part;
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, SessionType, extension_name, request_type};
use mcptt_codec::xml::mime;
use mcptt_codec::xml::resource_lists::{Entry, ResourceLists};

use super::places::{address, info, media, uri};
use super::steps::idle_call;
use super::traces::Row;
use super::world::{ALICE, BOB, CAROL, FEATURES, FIRE, OPTIONS, PF, Tx, USERS, World, accepted};
use crate::judge::PrivateFacts;

/// Long enough for everything that has to come at once.
const AFTERWARDS: u64 = 600;
const SESSION: &str = "sip:s-7@pf.example.org;gr=7";

fn warning(code: u16) -> String {
    format!("Warning: 399 pf.example.org \"{code} so it is\"\r\n")
}

fn part(info: &McpttInfo) -> Part {
    Part::new(mime::MCPTT_INFO, info.to_xml())
}

fn kind(kind: SessionType) -> McpttInfo {
    McpttInfo { session_type: Some(kind), ..McpttInfo::default() }
}

/// Alice's INVITE for a call to bob.
fn asks(w: &mut World, info: &McpttInfo, headers: &str) -> Tx {
    let list = ResourceLists::of([Entry::to(USERS[BOB])]);
    let parts = [w.sdp(media(ALICE), false), part(info), Part::new(mime::RESOURCE_LISTS, list.to_xml())];
    let headers = format!("Contact: <sip:ue@{}>{FEATURES}\r\nSupported: timer\r\n{headers}", address(ALICE));
    w.request(ALICE, PF, "INVITE", &headers, &parts)
}

/// The INVITE of her call to somebody.
fn reaches(w: &mut World, who: usize, session: SessionType) -> Tx {
    let calling_user_id = Some(Content::Normal(McpttId::from(USERS[ALICE])));
    let info = McpttInfo { calling_user_id, request_uri: Some(uri(USERS[who])), ..kind(session) };
    let parts = [w.sdp(([10, 0, 0, 3], 50_000).into(), false), part(&info)];
    let headers = format!(
        "Contact: <{SESSION}>{FEATURES};isfocus\r\nSession-Expires: 1800\r\nAnswer-Mode: Auto\r\n{OPTIONS}"
    );
    w.request(PF, who, "INVITE", &headers, &parts)
}

fn takes(w: &mut World, who: usize, tx: &Tx) {
    let answer = w.sdp(media(who), false);
    w.respond(tx, "200 OK", &format!("Contact: <sip:ue@{}>{FEATURES}\r\n", address(who)), &[answer]);
}

fn answers(w: &mut World, tx: &Tx) {
    let answer = w.sdp(([10, 0, 0, 3], 50_004).into(), false);
    w.respond(tx, "200 OK", &accepted(SESSION), &[answer]);
}

/// Alice calls bob and is refused; her rights are all but what `change` takes away, as are bob's.
fn refused(w: &mut World, change: fn(&mut PrivateFacts), headers: &str, info: &McpttInfo, code: u16) {
    [ALICE, BOB].iter().for_each(|who| w.log_in(*who));
    let mut rights = PrivateFacts::all();
    change(&mut rights);
    [ALICE, BOB].iter().for_each(|who| w.user(*who).private = Some(rights.clone()));
    let tx = asks(w, info, headers);
    w.respond(&tx, "403 Forbidden", &warning(code), &[]);
    w.wait(AFTERWARDS);
}

fn private_refused(w: &mut World, change: fn(&mut PrivateFacts), headers: &str, code: u16) {
    refused(w, change, headers, &kind(SessionType::Private), code);
}

fn peril_refused(w: &mut World, code: u16) {
    let peril = McpttInfo { imminentperil_ind: Some(Content::Normal(true)), ..kind(SessionType::Private) };
    refused(w, |_| {}, "", &peril, code);
}

fn first_refused(w: &mut World, code: u16) {
    refused(w, |rights| rights.first_to_answer = false, "", &kind(SessionType::FirstToAnswer), code);
}

/// A call to bob is refused with this status and warning, whatever the documents say.
fn call_refused(w: &mut World, status: &str, code: u16) {
    w.log_in(ALICE);
    let tx = asks(w, &kind(SessionType::Private), "");
    w.respond(&tx, status, &warning(code), &[]);
    w.wait(AFTERWARDS);
}

/// Something that is no call is refused.
fn odd(w: &mut World, method: &str, headers: &str, status: &str, code: u16) {
    w.log_in(ALICE);
    w.ask(ALICE, method, headers, &[], status, &warning(code));
    w.wait(AFTERWARDS);
}

const NOT_ALLOWED: &str =
    "Warning: 399 pf.example.org \"100 function not allowed due to user authorisation\"\r\n";

/// Something that alice asks of bob's client is refused.
fn asked(w: &mut World, what: &'static str, status: &str) {
    w.log_in(ALICE);
    let mut info = McpttInfo { session_type: None, ..info(USERS[BOB], None, None) };
    info.any_ext.push_text(extension_name::REQUEST_TYPE, what);
    w.ask(ALICE, "MESSAGE", "", &[part(&info)], status, NOT_ALLOWED);
    w.wait(AFTERWARDS);
}

/// So is what she recommends to him.
fn recommended(w: &mut World, status: &str) {
    w.log_in(ALICE);
    let command = [Part::new(mime::AFFILIATION_COMMAND, "<command-list/>")];
    w.ask(ALICE, "MESSAGE", "", &command, status, NOT_ALLOWED);
    w.wait(AFTERWARDS);
}

/// Bob takes alice's call, before she is answered or after that.
fn answered(w: &mut World, in_order: bool) {
    [ALICE, BOB].iter().for_each(|who| w.log_in(*who));
    let asked = asks(w, &kind(SessionType::Private), "");
    let called = reaches(w, BOB, SessionType::Private);
    if in_order {
        takes(w, BOB, &called);
        answers(w, &asked);
    } else {
        answers(w, &asked);
        takes(w, BOB, &called);
    }
    w.wait(AFTERWARDS);
}

/// Bob rings, and alice is told or not.
fn rung(w: &mut World, told: bool) {
    [ALICE, BOB].iter().for_each(|who| w.log_in(*who));
    let asked = asks(w, &kind(SessionType::Private), "");
    let called = reaches(w, BOB, SessionType::Private);
    w.respond(&called, "180 Ringing", "", &[]);
    if told {
        w.respond(&asked, "180 Ringing", "", &[]);
    }
    takes(w, BOB, &called);
    answers(w, &asked);
    w.wait(AFTERWARDS);
}

/// Bob refuses, and alice is told in this way.
fn declined(w: &mut World, status: &str, code: u16) {
    [ALICE, BOB].iter().for_each(|who| w.log_in(*who));
    let asked = asks(w, &kind(SessionType::Private), "");
    let called = reaches(w, BOB, SessionType::Private);
    w.respond(&called, "480 Temporarily Unavailable", &warning(110), &[]);
    w.respond(&asked, status, &warning(code), &[]);
    w.wait(AFTERWARDS);
}

/// Bob and carol are called, bob takes it.
fn first(w: &mut World, cancelled: bool) {
    [ALICE, BOB, CAROL].iter().for_each(|who| w.log_in(*who));
    let asked = asks(w, &kind(SessionType::FirstToAnswer), "");
    let called = [BOB, CAROL].map(|who| reaches(w, who, SessionType::FirstToAnswer));
    takes(w, BOB, &called[0]);
    answers(w, &asked);
    if cancelled {
        w.request(PF, CAROL, "CANCEL", "", &[]);
    }
    w.wait(AFTERWARDS);
    w.ask(ALICE, "OPTIONS", "", &[], "200 OK", "");
}

/// Alice says something about an alert to her group.
fn announce(w: &mut World, alert: bool) -> Tx {
    let said = McpttInfo { alert_ind: Some(Content::Normal(alert)), ..about_group() };
    w.request(ALICE, PF, "MESSAGE", "", &[part(&said)])
}

fn about_group() -> McpttInfo {
    McpttInfo { session_type: None, ..info(FIRE, None, None) }
}

/// The alert, or its end, is accepted; bob is told, alice has a receipt.
fn alerted(w: &mut World, alert: bool, told: bool, receipt: bool) {
    [ALICE, BOB].iter().for_each(|who| w.log_in(*who));
    let tx = announce(w, alert);
    w.respond(&tx, "200 OK", "", &[]);
    if told {
        let info = McpttInfo {
            alert_ind: Some(Content::Normal(alert)),
            session_type: None,
            calling_group_id: Some(Content::Normal(GroupId::from(FIRE))),
            ..info(USERS[BOB], Some(ALICE), None)
        };
        let tx = w.request(PF, BOB, "MESSAGE", "", &[part(&info)]);
        w.respond(&tx, "200 OK", "", &[]);
    }
    if receipt {
        let info = McpttInfo {
            alert_ind_rcvd: Some(Content::Normal(true)),
            session_type: None,
            ..info(USERS[ALICE], None, None)
        };
        let tx = w.request(PF, ALICE, "MESSAGE", "", &[part(&info)]);
        w.respond(&tx, "200 OK", "", &[]);
    }
    w.wait(AFTERWARDS);
}

fn alert_calls(w: &mut World, calls: bool) {
    [ALICE, BOB].iter().for_each(|who| w.log_in(*who));
    let tx = announce(w, true);
    if calls {
        w.ring(ALICE, BOB, FIRE);
    }
    w.respond(&tx, "200 OK", "", &[]);
    for who in [ALICE, BOB] {
        let info = McpttInfo {
            alert_ind: (who == BOB).then_some(Content::Normal(true)),
            alert_ind_rcvd: (who == ALICE).then_some(Content::Normal(true)),
            session_type: None,
            ..info(USERS[who], Some(ALICE), None)
        };
        w.request(PF, who, "MESSAGE", "", &[part(&info)]);
    }
    w.wait(AFTERWARDS);
}

fn alert_refused(w: &mut World, alert: bool, told: bool) {
    w.log_in(ALICE);
    let tx = announce(w, alert);
    let info = McpttInfo { alert_ind: Some(Content::Normal(told)), ..McpttInfo::default() };
    w.respond(&tx, "403 Forbidden", "", &[part(&info)]);
    w.wait(AFTERWARDS);
}

fn not_affiliated(w: &mut World, status: &str) {
    w.log_in(ALICE);
    let tx = announce(w, true);
    w.respond(&tx, status, &warning(120), &[]);
    w.wait(AFTERWARDS);
}

fn notify(w: &mut World, event: &str, body: Option<&str>) {
    let parts: Vec<Part> =
        body.map(|body| Part::new("application/xml", body.to_owned())).into_iter().collect();
    let headers = format!("Event: {event}\r\nSubscription-State: active;expires=600\r\n");
    let tx = w.request(PF, ALICE, "NOTIFY", &headers, &parts);
    w.respond(&tx, "200 OK", "", &[]);
}

fn subscribed(w: &mut World, event: &str, body: Option<&str>) {
    w.log_in(ALICE);
    w.ask(
        ALICE,
        "SUBSCRIBE",
        &format!("Event: {event}\r\nExpires: 600\r\n"),
        &[],
        "200 OK",
        "Expires: 600\r\n",
    );
    notify(w, event, body);
    w.wait(AFTERWARDS);
}

const WHOLE: &str = "<conference-info entity=\"x\" state=\"full\" version=\"0\"/>";

fn watched(w: &mut World, told: bool) {
    idle_call(w);
    let headers = "Event: conference\r\nExpires: 600\r\n";
    w.ask(ALICE, "SUBSCRIBE", headers, &[], "200 OK", "Expires: 600\r\n");
    notify(w, "conference", Some(WHOLE));
    w.wait(1000);
    w.leave(CAROL);
    if told {
        notify(w, "conference", Some("<conference-info entity=\"x\" state=\"partial\" version=\"1\"/>"));
    }
    w.wait(AFTERWARDS);
    w.ask(ALICE, "OPTIONS", "", &[], "200 OK", "");
}

/// Alice ends her service in this way and calls all the same.
fn over(w: &mut World, method: &str, headers: &str, status: &str, code: u16) {
    w.log_in(ALICE);
    w.ask(ALICE, method, headers, &[], "200 OK", "Expires: 0\r\n");
    w.wait(AFTERWARDS);
    let tx = w.invite(ALICE, FIRE, false, "", false);
    w.respond(&tx, status, &warning(code), &[]);
    w.wait(AFTERWARDS);
}

fn logged_off(w: &mut World, status: &str, code: u16) {
    over(w, "PUBLISH", "Event: poc-settings\r\nExpires: 0\r\n", status, code);
}

fn deregistered(w: &mut World, status: &str, code: u16) {
    let contact = format!("Contact: <sip:ue@{}>\r\nExpires: 0\r\n", address(ALICE));
    over(w, "REGISTER", &contact, status, code);
}

/// A row whose unarmed trace is a call of a group.
macro_rules! row {
    ($requirement:literal, $accepts:expr, $rejects:expr) => {
        row!($requirement, $accepts, $rejects, &[])
    };
    ($requirement:literal, $accepts:expr, $rejects:expr, $also:expr) => {
        Row {
            requirement: $requirement,
            accepts: $accepts,
            rejects: $rejects,
            unarmed: "idle call",
            also: $also,
        }
    };
}

pub(super) const TRACES: &[Row] = &[
    row!("24.379-11.1.1.3.1.1:10", |w| private_refused(w, |rights| rights.allowed = false, "", 107), |w| {
        private_refused(w, |rights| rights.allowed = false, "", 116)
    }),
    row!("24.379-11.1.1.3.1.1:11", |w| private_refused(w, |rights| rights.any_user = false, "", 144), |w| {
        private_refused(w, |rights| rights.any_user = false, "", 116)
    }),
    row!(
        "24.379-11.1.1.3.1.1:125",
        |w| private_refused(w, |rights| rights.automatic = false, "Answer-Mode: Auto\r\n", 125),
        |w| private_refused(w, |rights| rights.automatic = false, "Answer-Mode: Auto\r\n", 126)
    ),
    row!(
        "24.379-11.1.1.3.1.1:126",
        |w| private_refused(w, |rights| rights.manual = false, "Answer-Mode: Manual\r\n", 126),
        |w| private_refused(w, |rights| rights.manual = false, "Answer-Mode: Manual\r\n", 125)
    ),
    row!(
        "24.379-11.1.1.3.1.1:18",
        |w| private_refused(w, |rights| rights.forces = false, "Priv-Answer-Mode: Auto\r\n", 143),
        |w| private_refused(w, |rights| rights.forces = false, "Priv-Answer-Mode: Auto\r\n", 125)
    ),
    row!("24.379-11.1.1.3.1.1:156", |w| first_refused(w, 156), |w| first_refused(w, 107)),
    row!(
        "24.379-11.1.1.3.2:8",
        |w| private_refused(w, |rights| rights.participation = false, "", 127),
        |w| private_refused(w, |rights| rights.participation = false, "", 144)
    ),
    row!("24.379-11.1.1.4:imm", |w| peril_refused(w, 150), |w| peril_refused(w, 107)),
    row!("24.379-11.1.1.3.1.1:8", |w| call_refused(w, "403 Forbidden", 145), |w| call_refused(
        w,
        "404 Not Found",
        145
    )),
    row!("24.379-11.1.1.3.1.1:n10", |w| call_refused(w, "486 Busy Here", 124), |w| call_refused(
        w,
        "403 Forbidden",
        124
    )),
    row!("24.379-11.1.1.3.1.1:153", |w| call_refused(w, "403 Forbidden", 153), |w| call_refused(
        w,
        "404 Not Found",
        153
    )),
    row!("24.379-11.1.1.3.2:9", |w| call_refused(w, "403 Forbidden", 159), |w| call_refused(
        w,
        "404 Not Found",
        159
    )),
    row!("24.379-11.1.1.3.2:7a", |w| call_refused(w, "480 Temporarily Unavailable", 146), |w| call_refused(
        w,
        "404 Not Found",
        146
    )),
    row!("24.379-11.1.6:154", |w| call_refused(w, "403 Forbidden", 154), |w| call_refused(
        w,
        "404 Not Found",
        154
    )),
    row!("24.379-11.1.5:151", |w| odd(w, "MESSAGE", "", "403 Forbidden", 151), |w| odd(
        w,
        "MESSAGE",
        "",
        "404 Not Found",
        151
    )),
    row!("24.379-11.1.5:152", |w| odd(w, "MESSAGE", "", "403 Forbidden", 152), |w| odd(
        w,
        "MESSAGE",
        "",
        "404 Not Found",
        152
    )),
    row!(
        "24.379-10.1.3.4.1:105",
        |w| odd(w, "SUBSCRIBE", "Event: conference\r\n", "480 Temporarily Unavailable", 105),
        |w| odd(w, "SUBSCRIBE", "Event: conference\r\n", "403 Forbidden", 105)
    ),
    row!(
        "24.379-10.1.3.4.1:138",
        |w| odd(w, "SUBSCRIBE", "Event: conference\r\n", "403 Forbidden", 138),
        |w| odd(w, "SUBSCRIBE", "Event: conference\r\n", "404 Not Found", 138)
    ),
    row!("24.379-10.1.3.3:2", |w| odd(w, "SUBSCRIBE", "Event: conference\r\n", "404 Not Found", 137), |w| {
        odd(w, "SUBSCRIBE", "Event: conference\r\n", "403 Forbidden", 137)
    }),
    row!(
        "24.379-10.1.4:perm",
        |w| asked(w, request_type::GROUP_SELECTION_CHANGE_REQUEST, "403 Forbidden"),
        |w| asked(w, request_type::GROUP_SELECTION_CHANGE_REQUEST, "404 Not Found")
    ),
    row!(
        "24.379-10.1.5:perm",
        |w| asked(w, request_type::REMOTELY_INITIATED_GROUP_CALL_REQUEST, "403 Forbidden"),
        |w| asked(w, request_type::REMOTELY_INITIATED_GROUP_CALL_REQUEST, "404 Not Found")
    ),
    row!(
        "24.379-11.1.7",
        |w| asked(w, request_type::REMOTELY_INITIATED_PRIVATE_CALL_REQUEST, "403 Forbidden"),
        |w| asked(w, request_type::REMOTELY_INITIATED_PRIVATE_CALL_REQUEST, "404 Not Found")
    ),
    row!(
        "24.379-11.1.8:transfer",
        |w| asked(w, request_type::TRANSFER_PRIVATE_CALL_REQUEST, "403 Forbidden"),
        |w| asked(w, request_type::TRANSFER_PRIVATE_CALL_REQUEST, "404 Not Found")
    ),
    row!("24.379-9.2.2.2:negotiated", |w| recommended(w, "403 Forbidden"), |w| recommended(
        w,
        "404 Not Found"
    )),
    row!("24.379-12.1.3.1:4bi", |w| not_affiliated(w, "403 Forbidden"), |w| not_affiliated(
        w,
        "404 Not Found"
    )),
    row!("24.379-12.1.3.1:4a", |w| alert_refused(w, true, false), |w| alert_refused(w, true, true)),
    row!("24.379-12.1.3.2:1a", |w| alert_refused(w, false, true), |w| alert_refused(w, false, false)),
    row!("24.379-12.1.3.1:fan", |w| alerted(w, true, true, true), |w| alerted(w, true, false, true)),
    row!("24.379-12.1.3.1:20", |w| alerted(w, true, true, true), |w| alerted(w, true, true, false)),
    row!("24.379-12.1.3.2:open", |w| alerted(w, false, true, false), |w| alerted(w, false, false, false)),
    row!("24.379-12.1.3.1:nocall", |w| alert_calls(w, false), |w| alert_calls(w, true)),
    row!("24.379-11.1.1.4.2:wait", |w| answered(w, true), |w| answered(w, false)),
    row!("24.379-11.1.1.4.2:180", |w| rung(w, true), |w| rung(w, false)),
    row!("24.379-11.1.1.4.1:fail", |w| declined(w, "480 Temporarily Unavailable", 110), |w| declined(
        w,
        "404 Not Found",
        116
    )),
    row!("24.379-11.1.1.4:fta-cancel", |w| first(w, true), |w| first(w, false)),
    row!("24.379-7.3.6", |w| subscribed(w, "poc-settings", Some("<poc-settings/>")), |w| subscribed(
        w,
        "poc-settings",
        None
    )),
    row!("24.379-10.1.3.4.1:first", |w| subscribed(w, "conference", Some(WHOLE)), |w| subscribed(
        w,
        "conference",
        Some("<conference-info state=\"partial\"/>")
    )),
    row!("24.379-10.1.3.4.2", |w| watched(w, true), |w| watched(w, false)),
    row!("24.379-7.3.5", |w| logged_off(w, "404 Not Found", 141), |w| logged_off(w, "403 Forbidden", 116)),
    row!(
        "24.379-7.3.2:dereg",
        |w| deregistered(w, "404 Not Found", 141),
        |w| deregistered(w, "403 Forbidden", 116),
        &["24.379-10.1.1.3.1.1:2a"]
    ),
];
