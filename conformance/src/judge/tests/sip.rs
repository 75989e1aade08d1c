//! Traces of call control.

use std::time::Duration;

use mcptt_codec::sip::multipart::Part;
use mcptt_codec::xml::mcptt_info::McpttInfo;
use mcptt_codec::xml::mime;

use super::steps::idle_call;
use super::traces::Row;
use super::world::{ALICE, BOB, CAROL, CF, CHAT, DAVE, FIRE, FOR_EVER, OFF, PF, RAIL, World};

/// Long enough for everything that has to come at once.
const AFTERWARDS: u64 = 600;
const ALREADY_EXISTS: &str = "Warning: 399 cf.example.org \"123 MCPTT session already exists\"\r\n";
const ETAG: &str = "SIP-ETag: e\r\nExpires: 3600\r\n";

/// A refusal with this MCPTT warning.
fn warning(code: u16) -> String {
    format!("Warning: 399 pf.example.org \"{code} so it is\"\r\n")
}

/// Alice calls bob; what one function sends in between is spoilt.
fn invitation_with(w: &mut World, sender: usize, text: &str, by: &str) {
    [ALICE, BOB].iter().for_each(|who| w.log_in(*who));
    let client = w.invite(ALICE, FIRE, false, "", false);
    let core = w.hand_on(ALICE, FIRE, false);
    w.spoil(sender, text, by);
    w.bring_in(ALICE, BOB, FIRE);
    w.unspoil();
    w.accept(ALICE, &client, &core, false, "");
    w.wait(AFTERWARDS);
}

/// Alice calls bob; the answers of one function are spoilt.
fn answer_with(w: &mut World, sender: usize, text: &str, by: &str) {
    [ALICE, BOB].iter().for_each(|who| w.log_in(*who));
    let client = w.invite(ALICE, FIRE, false, "", false);
    let core = w.hand_on(ALICE, FIRE, false);
    w.bring_in(ALICE, BOB, FIRE);
    w.spoil(sender, text, by);
    w.accept(ALICE, &client, &core, false, "");
    w.wait(AFTERWARDS);
}

fn good_call(w: &mut World) {
    answer_with(w, PF, "nothing", "nothing");
}

/// What is asked of a client is refused with this warning.
fn refused_registration(w: &mut World, warning: &str) {
    w.ask(ALICE, "REGISTER", "", &[], "403 Forbidden", &format!("Warning: {warning}\r\n"));
}

/// Alice calls with these parameters and is answered with what `change` makes of them.
fn parameters(w: &mut World, implicit: bool, accepted: bool, change: fn(&mut World)) {
    [ALICE, BOB].iter().for_each(|who| w.log_in(*who));
    let client = w.invite(ALICE, FIRE, implicit, "", false);
    let core = w.hand_on(ALICE, FIRE, implicit);
    w.bring_in(ALICE, BOB, FIRE);
    change(w);
    w.accept(ALICE, &client, &core, accepted, "");
    if accepted {
        w.grant(ALICE, &[BOB]);
    }
    w.wait(AFTERWARDS);
}

/// Alice opens two calls, the second with this identity.
fn two_calls(w: &mut World, second: &str) {
    w.log_in(ALICE);
    w.affiliate(ALICE, RAIL, FOR_EVER);
    w.call(ALICE, &[], FIRE, false);
    w.session = second.to_owned();
    w.wait(1000);
    w.call(ALICE, &[], RAIL, false);
    w.wait(AFTERWARDS);
}

/// Carol leaves the running call and calls it again.
fn rejoin(w: &mut World, accepted: bool, headers: &str, meanwhile: fn(&mut World)) {
    idle_call(w);
    w.leave(CAROL);
    w.wait(1000);
    let client = w.invite(CAROL, FIRE, true, "", false);
    let core = w.hand_on(CAROL, FIRE, true);
    meanwhile(w);
    w.accept(CAROL, &client, &core, accepted, headers);
    w.idle_to(&[CAROL]);
    w.wait(AFTERWARDS);
}

fn affiliate_with(w: &mut World, expires: &str, status: &str, answer: &str) {
    w.register(ALICE);
    let tx = w.publish(ALICE, FIRE, expires);
    w.respond(&tx, status, answer, &[]);
    w.wait(AFTERWARDS);
}

/// A user who is registered and has settings calls and is refused.
fn refusal(w: &mut World, who: usize, group: &str, status: &str, code: u16) {
    w.log_in(who);
    w.refused(who, group, status, &warning(code));
    w.wait(AFTERWARDS);
}

/// The call of a client is refused by the participating function.
fn refused_at_once(w: &mut World, who: usize, group: &str, status: &str, answer: &str) {
    let tx = w.invite(who, group, false, "", false);
    w.respond(&tx, status, answer, &[]);
    w.wait(AFTERWARDS);
}

/// Bob is in one call, as many as he may be in, and calls another group.
fn one_too_many(w: &mut World, status: &str, answer: &str) {
    idle_call(w);
    refused_at_once(w, BOB, RAIL, status, answer);
}

fn not_affiliated(w: &mut World, status: &str, answer: &str) {
    w.register(ALICE);
    w.refused(ALICE, FIRE, status, answer);
    w.wait(AFTERWARDS);
}

/// Bob is affiliated, but nothing is known of his settings.
fn without_settings(w: &mut World, status: &str, answer: &str) {
    w.log_in(ALICE);
    w.register(BOB);
    w.affiliate(BOB, FIRE, FOR_EVER);
    let client = w.invite(ALICE, FIRE, false, "", false);
    let core = w.hand_on(ALICE, FIRE, false);
    let invitation = w.invitation(ALICE, BOB, FIRE);
    w.respond(&invitation, status, answer, &[]);
    w.accept(ALICE, &client, &core, false, "");
    w.wait(AFTERWARDS);
}

/// Bob, who has no right to, calls in an emergency.
fn emergency_call(w: &mut World, status: &str, parts: &[Part]) {
    w.log_in(BOB);
    let tx = w.invite(BOB, FIRE, false, "", true);
    w.respond(&tx, status, "", parts);
    w.wait(AFTERWARDS);
}

fn not_authorised() -> [Part; 1] {
    [Part::new(mime::MCPTT_INFO, McpttInfo::emergency_not_authorised().to_xml())]
}

/// Something that is no call is asked and answered.
fn odd(w: &mut World, method: &str, headers: &str, status: &str, answer: &str) {
    w.log_in(ALICE);
    w.ask(ALICE, method, headers, &[], status, answer);
    w.wait(AFTERWARDS);
}

fn brief_session(w: &mut World, status: &str, answer: &str) {
    w.log_in(ALICE);
    let tx = w.invite(ALICE, FIRE, false, "Session-Expires: 30\r\n", false);
    w.respond(&tx, status, answer, &[]);
}

fn broken_info(w: &mut World, status: &str) {
    w.log_in(ALICE);
    w.ask(
        ALICE,
        "INVITE",
        "",
        &[Part::new(mime::MCPTT_INFO, "<mcpttinfo xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\"><mcptt-Pa")],
        status,
        "",
    );
}

/// Nobody talks in a call of two for this long, then the server ends it or not.
fn inactive(w: &mut World, milliseconds: u64, ends: bool) {
    w.profile.timers.t4 = Some(Duration::from_secs(30));
    [ALICE, BOB].iter().for_each(|who| w.log_in(*who));
    w.call(ALICE, &[BOB], FIRE, false);
    w.wait(milliseconds);
    if ends {
        w.dismiss(ALICE);
        w.dismiss(BOB);
    }
}

pub(super) const TRACES: &[Row] = &[
    Row {
        requirement: "24.379-4.4.1",
        accepts: |w| refused_registration(w, "399 pf.example.org \"101 service authorisation failed\""),
        rejects: |w| refused_registration(w, "399 pf.example.org 101 service authorisation failed"),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-4.4.1:host",
        accepts: |w| refused_registration(w, "399 pf.example.org \"101 service authorisation failed\""),
        rejects: |w| refused_registration(w, "399 \"101 service authorisation failed\""),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-6.3.3.2.3.2:hdr",
        accepts: good_call,
        rejects: |w| answer_with(w, CF, "explicitsub", "nothing"),
        unarmed: "alice registers",
        also: &[],
    },
    Row {
        requirement: "24.379-6.3.2.1.5.2",
        accepts: good_call,
        rejects: |w| answer_with(w, PF, "refresher=uac", "refresher=uas"),
        unarmed: "alice registers",
        also: &[],
    },
    Row {
        requirement: "24.379-4.5",
        accepts: |w| two_calls(w, "sip:s-2@cf.example.org;gr=2"),
        rejects: |w| two_calls(w, "sip:s-1@cf.example.org;gr=1"),
        unarmed: "alice registers",
        also: &["24.379-4.5:opaque"],
    },
    Row {
        requirement: "24.379-4.5:opaque",
        accepts: |w| two_calls(w, "sip:s-2@cf.example.org;gr=2"),
        rejects: |w| two_calls(w, "sip:rail-1-s-2@cf.example.org;gr=2"),
        unarmed: "alice registers",
        also: &[],
    },
    Row {
        requirement: "24.379-6.2.2:answer",
        accepts: |w| parameters(w, false, false, |w| w.queueing = false),
        rejects: |w| {
            w.queueing = false;
            parameters(w, false, false, |w| w.queueing = true);
        },
        unarmed: "alice registers",
        also: &[],
    },
    Row {
        requirement: "24.380-14.3.3",
        accepts: |w| parameters(w, false, false, |w| w.priority = 3),
        rejects: |w| parameters(w, false, false, |w| w.priority = 6),
        unarmed: "alice registers",
        also: &["24.380-12.1.2.2:priority"],
    },
    Row {
        requirement: "24.379-6.4:echo",
        accepts: |w| parameters(w, true, true, |_| {}),
        rejects: |w| parameters(w, true, false, |_| {}),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-6.4:new",
        accepts: |w| rejoin(w, false, ALREADY_EXISTS, |_| {}),
        rejects: |w| rejoin(w, true, ALREADY_EXISTS, |_| {}),
        unarmed: "idle call",
        also: &["24.380-14.3.5"],
    },
    Row {
        requirement: "24.380-14.3.5",
        accepts: |w| rejoin(w, false, ALREADY_EXISTS, |_| {}),
        rejects: |w| rejoin(w, true, ALREADY_EXISTS, |_| {}),
        unarmed: "idle call",
        also: &["24.379-6.4:new"],
    },
    Row {
        requirement: "24.379-6.3.3.1.2:contact",
        accepts: good_call,
        rejects: |w| invitation_with(w, CF, ";isfocus", ""),
        unarmed: "alice registers",
        also: &[],
    },
    Row {
        requirement: "24.379-6.3.3.1.2:accept",
        accepts: good_call,
        rejects: |w| invitation_with(w, CF, ";require;explicit", ";explicit"),
        unarmed: "alice registers",
        also: &[],
    },
    Row {
        requirement: "24.379-6.3.3.1.2:timer",
        accepts: good_call,
        rejects: |w| invitation_with(w, CF, "Session-Expires: 1800", "Session-Expires: 1800;refresher=uac"),
        unarmed: "alice registers",
        also: &[],
    },
    Row {
        requirement: "24.379-6.3.3.1.2:pai",
        accepts: good_call,
        rejects: |w| {
            invitation_with(w, CF, "P-Asserted-Identity: <sip:functions@", "P-Asserted-Identity: <sip:alice@")
        },
        unarmed: "alice registers",
        also: &[],
    },
    Row {
        requirement: "24.379-10.1.1.4.2:14gv",
        accepts: good_call,
        rejects: |w| {
            [ALICE, BOB].iter().for_each(|who| w.log_in(*who));
            w.call(ALICE, &[], FIRE, false);
            w.bring_in(ALICE, BOB, FIRE);
            w.wait(AFTERWARDS);
        },
        unarmed: "alice registers",
        also: &[],
    },
    Row {
        requirement: "24.379-6.3.2.1.3",
        accepts: good_call,
        rejects: |w| {
            [ALICE, BOB].iter().for_each(|who| w.log_in(*who));
            w.invite(ALICE, FIRE, false, "", false);
            w.hand_on(BOB, FIRE, false);
            w.wait(AFTERWARDS);
        },
        unarmed: "alice registers",
        also: &[],
    },
    Row {
        requirement: "24.379-9.2.2.2.6",
        accepts: |w| w.log_in(ALICE),
        rejects: |w| {
            w.spoil(PF, "entity=\"sip:fire-1", "entity=\"sip:fire-2");
            w.log_in(ALICE);
        },
        unarmed: "alice authorises",
        also: &[],
    },
    Row {
        requirement: "24.379-6.3.2.2.3",
        accepts: good_call,
        rejects: |w| invitation_with(w, PF, "norefersub", "nothing"),
        unarmed: "alice registers",
        also: &[],
    },
    Row {
        requirement: "24.379-6.3.2.2.5",
        accepts: good_call,
        rejects: |w| invitation_with(w, PF, "Answer-Mode: Auto", "Answer-Mode: Manual"),
        unarmed: "alice registers",
        also: &[],
    },
    Row {
        requirement: "24.379-10.1.1.4.2:15j",
        accepts: |w| rejoin(w, false, ALREADY_EXISTS, |_| {}),
        rejects: |w| rejoin(w, false, "", |_| {}),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-10.1.1.4.2:15r",
        accepts: |w| rejoin(w, false, ALREADY_EXISTS, |_| {}),
        rejects: |w| {
            rejoin(w, false, ALREADY_EXISTS, |w| {
                w.invitation(CAROL, BOB, FIRE);
            });
        },
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-10.1.1.4.6",
        accepts: |w| {
            idle_call(w);
            w.log_in(DAVE);
            w.bring_in(ALICE, DAVE, FIRE);
            w.idle_to(&[DAVE]);
            w.wait(AFTERWARDS);
        },
        rejects: |w| {
            idle_call(w);
            w.log_in(DAVE);
            w.wait(AFTERWARDS);
        },
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-10.1.1.4.4.3",
        accepts: |w| {
            idle_call(w);
            w.affiliate(CAROL, FIRE, "0");
            w.dismiss(CAROL);
            w.wait(AFTERWARDS);
        },
        rejects: |w| {
            idle_call(w);
            w.affiliate(CAROL, FIRE, "0");
            w.wait(AFTERWARDS);
        },
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-6.3.8.1:one",
        accepts: |w| {
            good_call(w);
            w.leave(BOB);
            w.dismiss(ALICE);
            w.wait(AFTERWARDS);
        },
        rejects: |w| {
            good_call(w);
            w.leave(BOB);
            w.wait(AFTERWARDS);
        },
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-6.3.8.1:t4",
        accepts: |w| inactive(w, 30_000, true),
        rejects: |w| inactive(w, 31_000, false),
        unarmed: "idle call",
        also: &["24.380-6.3.4.3.5", "24.380-11.1.3:t4"],
    },
    Row {
        requirement: "24.379-7.3.3:ok",
        accepts: |w| w.settings(ALICE, true, "200 OK", ETAG),
        rejects: |w| w.settings(ALICE, true, "200 OK", "Expires: 3600\r\n"),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-7.3.3:101",
        accepts: |w| w.settings(ALICE, true, "403 Forbidden", &warning(101)),
        rejects: |w| w.settings(ALICE, true, "403 Forbidden", &warning(120)),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-7.3.4",
        accepts: |w| w.settings(ALICE, false, "404 Not Found", &warning(141)),
        rejects: |w| w.settings(ALICE, false, "200 OK", ETAG),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-9.2.2.2.3:5",
        accepts: |w| {
            affiliate_with(w, "Expires: 3600\r\n", "423 Interval Too Brief", "Min-Expires: 4294967295\r\n")
        },
        rejects: |w| affiliate_with(w, "Expires: 3600\r\n", "200 OK", ETAG),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-9.2.2.2.3:5b",
        accepts: |w| affiliate_with(w, "", "423 Interval Too Brief", "Min-Expires: 4294967295\r\n"),
        rejects: |w| affiliate_with(w, "", "423 Interval Too Brief", ""),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-9.2.2.2.3:8",
        accepts: |w| w.log_in(ALICE),
        rejects: |w| {
            w.register(ALICE);
            let client = w.publish(ALICE, FIRE, "Expires: 4294967295\r\n");
            let core = w.publish_to_core(ALICE, FIRE, FOR_EVER);
            w.respond(&core, "200 OK", "Expires: 4294967295\r\n", &[]);
            w.respond(&client, "200 OK", "Expires: 4294967295\r\nSIP-ETag: e\r\n", &[]);
        },
        unarmed: "alice authorises",
        also: &[],
    },
    Row {
        requirement: "24.379-7.3.6:event",
        accepts: |w| odd(w, "PUBLISH", "Event: weather\r\n", "489 Bad Event", "Allow-Events: presence\r\n"),
        rejects: |w| odd(w, "PUBLISH", "Event: weather\r\n", "489 Bad Event", ""),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-6.3.5.2:2",
        accepts: |w| refusal(w, ALICE, "sip:nobody@mc.example.org", "404 Not Found", 113),
        rejects: |w| refusal(w, ALICE, "sip:nobody@mc.example.org", "404 Not Found", 118),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-6.3.5.2:5a",
        accepts: |w| refusal(w, ALICE, OFF, "403 Forbidden", 115),
        rejects: |w| refusal(w, ALICE, OFF, "403 Forbidden", 120),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-6.3.5.2:5b",
        accepts: |w| refusal(w, DAVE, RAIL, "403 Forbidden", 116),
        rejects: |w| refusal(w, DAVE, RAIL, "404 Not Found", 116),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-6.3.5.2:5d",
        accepts: |w| refusal(w, ALICE, CHAT, "404 Not Found", 118),
        rejects: |w| refusal(w, ALICE, CHAT, "403 Forbidden", 120),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-10.1.1.3.1.1:2a",
        accepts: |w| refused_at_once(w, ALICE, FIRE, "404 Not Found", &warning(141)),
        rejects: |w| refused_at_once(w, ALICE, FIRE, "403 Forbidden", &warning(141)),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-10.1.1.3.1.1:5",
        accepts: |w| one_too_many(w, "486 Busy Here", &warning(103)),
        rejects: |w| one_too_many(w, "480 Temporarily Unavailable", ""),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-10.1.1.4.2:14a",
        accepts: |w| not_affiliated(w, "403 Forbidden", &warning(120)),
        rejects: |w| not_affiliated(w, "404 Not Found", &warning(113)),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-10.1.1.3.2:3",
        accepts: |w| without_settings(w, "480 Temporarily Unavailable", &warning(146)),
        rejects: |w| without_settings(w, "480 Temporarily Unavailable", ""),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-10.1.1.4.2:10",
        accepts: |w| emergency_call(w, "403 Forbidden", &not_authorised()),
        rejects: |w| emergency_call(w, "404 Not Found", &[]),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-6.3.3.1.14",
        accepts: |w| emergency_call(w, "403 Forbidden", &not_authorised()),
        rejects: |w| emergency_call(w, "403 Forbidden", &[]),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "RFC3261-481",
        accepts: |w| odd(w, "BYE", "", "481 Call/Transaction Does Not Exist", ""),
        rejects: |w| odd(w, "BYE", "", "200 OK", ""),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "RFC3261-cancel",
        accepts: |w| odd(w, "CANCEL", "", "481 Call/Transaction Does Not Exist", ""),
        rejects: |w| odd(w, "CANCEL", "", "200 OK", ""),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "RFC3261-maxf",
        accepts: |w| odd(w, "OPTIONS", "Max-Forwards: 0\r\n", "483 Too Many Hops", ""),
        rejects: |w| odd(w, "OPTIONS", "Max-Forwards: 0\r\n", "200 OK", ""),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "RFC3261-ext",
        accepts: |w| {
            odd(w, "INVITE", "Require: levitation\r\n", "420 Bad Extension", "Unsupported: levitation\r\n")
        },
        rejects: |w| odd(w, "INVITE", "Require: levitation\r\n", "420 Bad Extension", ""),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "RFC4028-422",
        accepts: |w| brief_session(w, "422 Session Interval Too Small", "Min-SE: 90\r\n"),
        rejects: |w| brief_session(w, "422 Session Interval Too Small", "Min-SE: 30\r\n"),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-6.5:400",
        accepts: |w| broken_info(w, "400 Bad Request"),
        rejects: |w| broken_info(w, "500 Server Internal Error"),
        unarmed: "idle call",
        also: &[],
    },
];
