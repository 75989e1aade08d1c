//! Traces of pre-established sessions.

use mcptt_codec::sip::multipart::Part;
use mcptt_codec::xml::mime;
use mcptt_codec::xml::resource_lists::{Entry, ResourceLists};

use super::traces::Row;
use super::world::{ALICE, FIRE, PF, World, accepted};

/// Long enough for everything that has to come at once.
const AFTERWARDS: u64 = 600;
const SESSION: &str = "sip:pre-17@pf.example.org";

/// Alice establishes a session and is answered with this URI; `text` of the answer is spoilt.
fn set_up(w: &mut World, contact: &str, text: &str) {
    w.log_in(ALICE);
    let own = w.sdp(([10, 0, 1, 1], 40_000).into(), false);
    let headers = "Contact: <sip:ue@10.0.1.1:5060>;+g.3gpp.mcptt\r\nSupported: timer\r\n";
    let tx = w.request(ALICE, PF, "INVITE", headers, &[own]);
    let answer = w.sdp(([10, 0, 0, 3], 50_000).into(), false);
    w.spoil(PF, text, "nothing");
    w.respond(&tx, "200 OK", &accepted(contact), &[answer]);
    w.unspoil();
    w.wait(AFTERWARDS);
}

/// Alice has a session, refers to these and is answered; what the participating function does then.
fn refer(w: &mut World, entries: &[&str], status: &str, answer: &str, then: fn(&mut World)) {
    set_up(w, SESSION, "nothing");
    referred(w, entries, status, answer);
    then(w);
    w.wait(AFTERWARDS);
}

/// Alice is in a call over her session and refers to its end.
fn ends(w: &mut World, leaves: bool) {
    set_up(w, SESSION, "nothing");
    referred(w, &[FIRE], "200 OK", ACCEPTED);
    let core = w.hand_on(ALICE, FIRE, false);
    let answer = w.sdp(([10, 0, 0, 3], 50_100).into(), false);
    w.respond(&core, "200 OK", &accepted("sip:s-9@cf.example.org"), &[answer]);
    w.wait(AFTERWARDS);
    referred(w, &["sip:s-1@pf.example.org;method=BYE"], "200 OK", ACCEPTED);
    if leaves {
        w.leave_core(&core);
    }
    w.wait(AFTERWARDS);
}

fn referred(w: &mut World, entries: &[&str], status: &str, answer: &str) {
    let list = ResourceLists::of(entries.iter().map(|entry| Entry::to(*entry)));
    let list = Part::new(mime::RESOURCE_LISTS, list.to_xml());
    let headers = "Refer-To: <cid:l1@ue.example.org>\r\nRefer-Sub: false\r\nSupported: norefersub\r\n";
    w.ask(ALICE, "REFER", headers, &[list], status, answer);
}

const ACCEPTED: &str = "Refer-Sub: false\r\n";

fn calls(w: &mut World) {
    w.hand_on(ALICE, FIRE, false);
}

fn notifies(w: &mut World) {
    calls(w);
    let headers = "Event: refer;id=2\r\nSubscription-State: active;expires=60\r\n";
    w.request(PF, ALICE, "NOTIFY", headers, &[]);
}

pub(super) const TRACES: &[Row] = &[
    Row {
        requirement: "24.379-8.2.2:9",
        accepts: |w| set_up(w, SESSION, "nothing"),
        rejects: |w| set_up(w, "sip:pf.example.org", "nothing"),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-10.1.1.3.1.2:multi",
        accepts: |w| {
            let warning = "Warning: 399 pf.example.org \"145 unable to determine called party\"\r\n";
            refer(w, &[FIRE, "sip:rail-1@mc.example.org"], "403 Forbidden", warning, |_| ());
        },
        rejects: |w| {
            refer(w, &[FIRE, "sip:rail-1@mc.example.org"], "400 Bad Request", "", |_| ());
        },
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-10.1.1.3.1.2:refer",
        accepts: |w| refer(w, &[FIRE], "200 OK", ACCEPTED, calls),
        rejects: |w| refer(w, &[FIRE], "200 OK", ACCEPTED, |_| ()),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-10.1.1.3.1.2:norefersub",
        accepts: |w| refer(w, &[FIRE], "200 OK", ACCEPTED, calls),
        rejects: |w| refer(w, &[FIRE], "200 OK", ACCEPTED, notifies),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-11.1.3.2.1.2:server",
        accepts: |w| ends(w, true),
        rejects: |w| ends(w, false),
        unarmed: "idle call",
        also: &[],
    },
];
