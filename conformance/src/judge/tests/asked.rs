//! Traces of what users ask of others' clients, of urgent calls, and of affiliations nobody asked for.

use std::net::SocketAddr;

use mcptt_codec::floor::FloorIndicator;
use mcptt_codec::id::{GroupId, McpttId};
use mcptt_codec::sip::multipart::Part;
use mcptt_codec::xml::affiliation::PresenceDocument;
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, SessionType, extension_name, request_type};
use mcptt_codec::xml::mime;

use super::messages::granted;
use super::places::{address, client_id, info, media, uri};
use super::steps::{EVERYBODY, idle_call};
use super::traces::Row;
use super::world::{ALICE, BOB, CAROL, FEATURES, FIRE, FOR_EVER, OPTIONS, PF, RAIL, USERS, World};

/// Long enough for everything that has to come at once.
const AFTERWARDS: u64 = 600;
const OK: &str = "200 OK";

fn part(info: &McpttInfo) -> Part {
    Part::new(mime::MCPTT_INFO, info.to_xml())
}

/// What alice asks of bob's client, handed on or not.
fn asked(w: &mut World, what: &'static str, told: bool) {
    [ALICE, BOB].iter().for_each(|who| w.log_in(*who));
    let mut said = McpttInfo { session_type: None, ..info(USERS[BOB], None, None) };
    said.any_ext.push_text(extension_name::REQUEST_TYPE, what);
    let tx = w.request(ALICE, PF, "MESSAGE", "", &[part(&said)]);
    if told {
        said.calling_user_id = Some(Content::Normal(McpttId::from(USERS[ALICE])));
        let onward = w.request(PF, BOB, "MESSAGE", "", &[part(&said)]);
        w.respond(&onward, OK, "", &[]);
    }
    w.respond(&tx, OK, "", &[]);
    w.wait(AFTERWARDS);
}

/// Bob's client is called by who wants to listen to him.
fn listened_to(w: &mut World, headers: &str, is_granted: bool) {
    [ALICE, BOB].iter().for_each(|who| w.log_in(*who));
    let mut said = McpttInfo {
        calling_user_id: Some(Content::Normal(McpttId::from(USERS[ALICE]))),
        request_uri: Some(uri(USERS[BOB])),
        session_type: Some(SessionType::AmbientListening),
        ..McpttInfo::default()
    };
    said.any_ext.push_text(extension_name::AMBIENT_LISTENING_TYPE, "remote-init");
    let headers = format!(
        "Contact: <sip:s-7@pf.example.org;gr=7>{FEATURES};isfocus\r\nSession-Expires: 1800\r\nAnswer-Mode: Auto\r\n\
         {headers}{OPTIONS}"
    );
    let parts = [w.sdp(([10, 0, 0, 3], 50_000).into(), false), part(&said)];
    let tx = w.request(PF, BOB, "INVITE", &headers, &parts);
    let answer = w.sdp(media(BOB), false);
    w.respond(&tx, OK, &format!("Contact: <sip:ue@{}>{FEATURES}\r\n", address(BOB)), &[answer]);
    w.wait(50);
    if is_granted {
        let to = SocketAddr::new(media(BOB).ip(), media(BOB).port() + 2);
        w.frame(([10, 0, 0, 3], 50_002).into(), to, granted(10).encode().expect("it fits"));
    }
    w.wait(AFTERWARDS);
}

const WITHOUT_A_SIGN: &str = "Priv-Answer-Mode: Auto\r\n";

/// Alice's call becomes urgent, and those are told.
fn urgent(w: &mut World, kind: FloorIndicator, told: &[usize]) {
    idle_call(w);
    w.kind = kind;
    w.invite_again(ALICE, PF, false);
    told.iter().for_each(|who| w.invite_again(PF, *who, false));
    w.wait(3 * AFTERWARDS);
}

fn peril_refused(w: &mut World, status: &str, told: bool) {
    w.log_in(BOB);
    let said = McpttInfo { imminentperil_ind: Some(Content::Normal(true)), ..info(FIRE, None, None) };
    let parts = [w.sdp(media(BOB), false), part(&said)];
    let headers = format!("Contact: <sip:ue@{}>{FEATURES}\r\nSupported: timer\r\n", address(BOB));
    let tx = w.request(BOB, PF, "INVITE", &headers, &parts);
    let body = McpttInfo { imminentperil_ind: Some(Content::Normal(told)), ..McpttInfo::default() };
    w.respond(&tx, status, "", &[part(&body)]);
    w.wait(AFTERWARDS);
}

/// Alice may be affiliated to one group and wants two.
fn too_many(w: &mut World, status: &str) {
    w.user(ALICE).max_affiliations = Some(1);
    w.register(ALICE);
    w.settings(ALICE, false, OK, "SIP-ETag: e\r\nExpires: 3600\r\n");
    let groups = [GroupId::from(FIRE), GroupId::from(RAIL)];
    let document =
        PresenceDocument::publication(&McpttId::from(USERS[ALICE]), &client_id(ALICE), &groups, "p");
    let headers = format!("Event: presence\r\nExpires: {FOR_EVER}\r\n");
    let tx = w.request(ALICE, PF, "PUBLISH", &headers, &[Part::new(mime::PIDF, document.to_xml())]);
    w.respond(&tx, status, &format!("Expires: {FOR_EVER}\r\nSIP-ETag: e\r\n"), &[]);
    let core = w.publish_to_core(ALICE, FIRE, FOR_EVER);
    w.respond(&core, OK, "", &[]);
    w.wait(AFTERWARDS);
}

/// Alice logs in and is affiliated by her profile, or not.
fn implicit(w: &mut World, affiliated: bool) {
    w.user(ALICE).implicit_affiliations = vec![FIRE.to_owned()];
    w.register(ALICE);
    w.settings(ALICE, false, OK, "SIP-ETag: e\r\nExpires: 3600\r\n");
    if affiliated {
        let core = w.publish_to_core(ALICE, FIRE, FOR_EVER);
        w.respond(&core, OK, "", &[]);
    }
    w.wait(AFTERWARDS);
}

/// Alice, affiliated to nothing, calls an emergency.
fn emergency(w: &mut World, accepted: bool) {
    w.register(ALICE);
    w.settings(ALICE, false, OK, "SIP-ETag: e\r\nExpires: 3600\r\n");
    w.kind = FloorIndicator::EMERGENCY;
    if accepted {
        w.call(ALICE, &[], FIRE, false);
    } else {
        let tx = w.invite(ALICE, FIRE, false, "", true);
        w.respond(&tx, "403 Forbidden", "Warning: 399 cf.example.org \"120 so it is\"\r\n", &[]);
    }
    w.wait(AFTERWARDS);
}

/// A SIP core tells that alice has registered.
fn third_party(w: &mut World, answer: &str) {
    let own = format!(
        "REGISTER sip:x SIP/2.0\r\nTo: <{}>\r\n\r\n<mcptt-access-token>t</mcptt-access-token>",
        USERS[ALICE]
    );
    let contact = format!("Contact: <sip:ue@{}>\r\nExpires: 3600\r\n", address(ALICE));
    w.ask(ALICE, "REGISTER", &contact, &[Part::new(mime::SIP, own)], OK, answer);
    w.wait(AFTERWARDS);
}

/// An alert of alice stands when carol affiliates.
fn late(w: &mut World, told: bool) {
    w.log_in(ALICE);
    let said =
        McpttInfo { alert_ind: Some(Content::Normal(true)), session_type: None, ..info(FIRE, None, None) };
    w.ask(ALICE, "MESSAGE", "", &[part(&said)], OK, "");
    let message = |w: &mut World, who: usize, info: &McpttInfo| {
        let tx = w.request(PF, who, "MESSAGE", "", &[part(info)]);
        w.respond(&tx, OK, "", &[]);
    };
    let base = |who: usize| McpttInfo { session_type: None, ..info(USERS[who], Some(ALICE), None) };
    message(w, ALICE, &McpttInfo { alert_ind_rcvd: Some(Content::Normal(true)), ..base(ALICE) });
    w.wait(AFTERWARDS);
    w.log_in(CAROL);
    if told {
        message(w, CAROL, &McpttInfo { alert_ind: Some(Content::Normal(true)), ..base(CAROL) });
    }
    w.wait(AFTERWARDS);
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
    row!("24.379-11.1.5:relay", |w| asked(w, request_type::PRIVATE_CALL_CALL_BACK_REQUEST, true), |w| {
        asked(w, request_type::PRIVATE_CALL_CALL_BACK_REQUEST, false)
    }),
    row!(
        "24.379-11.1.7:relay",
        |w| asked(w, request_type::REMOTELY_INITIATED_PRIVATE_CALL_REQUEST, true),
        |w| asked(w, request_type::REMOTELY_INITIATED_PRIVATE_CALL_REQUEST, false)
    ),
    row!("24.379-10.1.4:relay", |w| asked(w, request_type::GROUP_SELECTION_CHANGE_REQUEST, true), |w| {
        asked(w, request_type::GROUP_SELECTION_CHANGE_REQUEST, false)
    }),
    row!("24.379-10.1.5", |w| asked(w, request_type::REMOTELY_INITIATED_GROUP_CALL_REQUEST, true), |w| {
        asked(w, request_type::REMOTELY_INITIATED_GROUP_CALL_REQUEST, false)
    }),
    row!("24.379-11.1.6:silent", |w| listened_to(w, WITHOUT_A_SIGN, true), |w| listened_to(w, "", true)),
    row!("24.379-11.1.6:type", |w| listened_to(w, WITHOUT_A_SIGN, true), |w| listened_to(
        w,
        WITHOUT_A_SIGN,
        false
    )),
    row!("24.379-6.3.3.1.6", |w| urgent(w, FloorIndicator::EMERGENCY, &[BOB, CAROL]), |w| urgent(
        w,
        FloorIndicator::EMERGENCY,
        &[BOB]
    )),
    row!("24.379-6.3.3.1.15", |w| urgent(w, FloorIndicator::IMMINENT_PERIL, &[BOB, CAROL]), |w| urgent(
        w,
        FloorIndicator::IMMINENT_PERIL,
        &[CAROL]
    )),
    row!("24.379-10.1.1.4.2:11", |w| peril_refused(w, "403 Forbidden", false), |w| peril_refused(
        w,
        "403 Forbidden",
        true
    )),
    row!("24.379-9.2.2.2.3:n2", |w| too_many(w, OK), |w| too_many(w, "486 Busy Here")),
    row!("24.379-9.2.2.2.15", |w| implicit(w, true), |w| implicit(w, false)),
    row!("24.379-9.2.2.3.6", |w| emergency(w, true), |w| emergency(w, false)),
    row!("24.379-7.3.2", |w| third_party(w, "Expires: 3600\r\n"), |w| third_party(
        w,
        "Expires: 3600\r\nContact: <sip:ue@10.0.1.1:5060>\r\n"
    )),
    row!("24.379-12.1.3.4", |w| late(w, true), |w| late(w, false), &["24.379-9.2.2.3.3:14"]),
    row!("24.379-9.2.2.3.3:14", |w| late(w, true), |w| late(w, false), &["24.379-12.1.3.4"]),
];

/// Everybody is told that the call is urgent, whoever is told first.
#[test]
fn whoever_is_told_first_all_others_have_to_be() {
    let mut world = World::new();
    idle_call(&mut world);
    world.kind = FloorIndicator::EMERGENCY;
    world.invite_again(PF, BOB, false);
    world.wait(3 * AFTERWARDS);
    let violated = world.judged().counts().get("24.379-6.3.3.1.6").map(|counts| counts.violated);
    assert_eq!(violated, Some(2), "neither alice nor carol");
    assert_eq!(EVERYBODY.len(), 3);
}
