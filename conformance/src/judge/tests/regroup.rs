//! Traces of regroups.

use mcptt_codec::id::{GroupId, McpttId};
use mcptt_codec::sip::multipart::Part;
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, McpttUri};
use mcptt_codec::xml::mime;
use mcptt_codec::xml::regroup::Regroup;

use super::traces::Row;
use super::world::{ALICE, CF, FIRE, FOR_EVER, PF, RAIL, USERS, World};

const PATTERN: &str = "sip:pattern@mc.example.org";
const BOTH: &str = "sip:both@mc.example.org";

fn parts(target: &str, body: &Regroup) -> [Part; 2] {
    let info = McpttInfo {
        request_uri: Some(Content::Normal(McpttUri::from(&GroupId::from(target)))),
        calling_user_id: Some(Content::Normal(McpttId::from(USERS[ALICE]))),
        ..McpttInfo::default()
    };
    [Part::new(mime::MCPTT_INFO, info.to_xml()), Part::new(mime::REGROUP, body.to_xml())]
}

fn creation() -> Regroup {
    Regroup::create(PATTERN.into(), BOTH.into(), vec![FIRE.into(), RAIL.into()])
}

/// Alice asks for a regroup: the functions of these groups are asked and answer so, then she is answered.
fn create(w: &mut World, constituents: &[(&str, &str)], status: &str, headers: &str) {
    w.log_in(ALICE);
    let asked = w.request(PF, CF, "MESSAGE", "", &parts(PATTERN, &creation()));
    for (group, answer) in constituents {
        let tx = w.request(CF, CF, "MESSAGE", "", &parts(group, &creation()));
        w.respond(&tx, answer, "", &[]);
    }
    w.respond(&asked, status, headers, &[]);
}

const ALL: &[(&str, &str)] = &[(FIRE, "200 OK"), (RAIL, "200 OK")];
const ONE_REFUSES: &[(&str, &str)] = &[(FIRE, "200 OK"), (RAIL, "403 Forbidden")];

fn warning(code: u16) -> String {
    format!("Warning: 399 cf.example.org \"{code} so it is\"\r\n")
}

/// The regroup stands, and is asked for once more.
fn again(w: &mut World, code: u16) {
    create(w, ALL, "200 OK", "");
    let asked = w.request(PF, CF, "MESSAGE", "", &parts(PATTERN, &creation()));
    w.respond(&asked, "403 Forbidden", &warning(code), &[]);
}

/// Nothing stands, and is to end.
fn remove(w: &mut World, code: u16) {
    w.log_in(ALICE);
    let asked = w.request(PF, CF, "MESSAGE", "", &parts(BOTH, &Regroup::remove(BOTH.into())));
    w.respond(&asked, "403 Forbidden", &warning(code), &[]);
}

/// Alice calls a group that is part of the regroup.
fn constituent(w: &mut World, status: &str, headers: &str) {
    create(w, ALL, "200 OK", "");
    w.affiliate(ALICE, FIRE, FOR_EVER);
    w.refused(ALICE, FIRE, status, headers);
}

pub(super) const TRACES: &[Row] = &[
    Row {
        requirement: "24.379-16.2.3.1:3",
        accepts: |w| again(w, 165),
        rejects: |w| again(w, 163),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-16.2.3.1:4",
        accepts: |w| create(w, ALL, "200 OK", ""),
        rejects: |w| create(w, &ALL[..1], "200 OK", ""),
        unarmed: "idle call",
        also: &["24.379-16.2.3.1:6"],
    },
    Row {
        requirement: "24.379-16.2.3.1:6",
        accepts: |w| create(w, ONE_REFUSES, "403 Forbidden", ""),
        rejects: |w| create(w, ONE_REFUSES, "200 OK", ""),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-16.2.3.2:3",
        accepts: |w| remove(w, 163),
        rejects: |w| remove(w, 165),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-10.1.1.4.2:4c",
        accepts: |w| constituent(w, "403 Forbidden", &warning(148)),
        rejects: |w| constituent(w, "403 Forbidden", ""),
        unarmed: "idle call",
        also: &[],
    },
];
