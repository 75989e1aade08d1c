//! Traces of ad hoc group calls and of location.

use mcptt_codec::sip::multipart::Part;
use mcptt_codec::xml::location_info::{
    Configuration, CurrentLocation, LocationInfo, LocationItem, Report, Request, Scope,
};
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, McpttUri, extension_name};
use mcptt_codec::xml::mime;
use mcptt_codec::xml::resource_lists::{Entry, ResourceLists};

use super::traces::Row;
use super::world::{ALICE, BOB, CAROL, CF, PF, USERS, World};
use crate::judge::Subjects;

/// Long enough for everything that has to come at once.
const AFTERWARDS: u64 = 600;
const MADE: &str = "sip:adhoc-1@mc.example.org";
/// What a function says of itself.
const FUNCTION: &str = "P-Asserted-Identity: <sip:functions@mc.example.org>\r\n";

fn list(users: &[usize]) -> Part {
    let entries = users.iter().map(|who| Entry::to(USERS[*who]));
    Part::new(mime::RESOURCE_LISTS, ResourceLists::of(entries).to_xml())
}

/// From now on the functions invite to ad hoc group calls; the texts have one length.
fn adhoc_legs(w: &mut World, senders: &[usize]) {
    senders.iter().for_each(|sender| w.spoil(*sender, "prearranged", "adhoc      "));
}

/// Alice calls bob and carol.
fn call(w: &mut World, senders: &[usize], told: Option<&str>) {
    [ALICE, BOB, CAROL].iter().for_each(|who| w.log_in(*who));
    let asked = w.invite_adhoc(ALICE, &[list(&[BOB, CAROL])], McpttInfo::default());
    adhoc_legs(w, senders);
    [BOB, CAROL].iter().for_each(|who| w.bring_in(ALICE, *who, MADE));
    w.unspoil();
    w.accept_adhoc(ALICE, &asked, told);
    w.wait(AFTERWARDS);
}

fn good_call(w: &mut World) {
    call(w, &[CF, PF], Some(MADE));
}

/// Alice asks for an ad hoc group call and is refused.
fn refused(w: &mut World, info: McpttInfo, further: &[Part], status: &str, warning: u16) {
    w.log_in(ALICE);
    let asked = w.invite_adhoc(ALICE, further, info);
    let warning = format!("Warning: 399 cf.example.org \"{warning} so it is\"\r\n");
    asked.iter().rev().for_each(|tx| w.respond(tx, status, &warning, &[]));
    w.wait(AFTERWARDS);
}

fn contradiction() -> McpttInfo {
    let mut info = McpttInfo { imminentperil_ind: Some(Content::Normal(true)), ..McpttInfo::default() };
    info.root_any_ext.push_flag(extension_name::ADHOC_EMERGENCY_IND, true);
    info
}

/// Alice releases the call, and the functions say so to some.
fn released(w: &mut World, dismissed: &[usize]) {
    good_call(w);
    w.leave_saying(ALICE, "Reason: SIP;cause=200;text=\"User requested release\"\r\n");
    dismissed.iter().for_each(|who| w.dismiss(*who));
    w.wait(AFTERWARDS);
}

fn info_for(who: usize) -> Part {
    let user = McpttUri(USERS[who].into());
    let info = McpttInfo { request_uri: Some(Content::Normal(user)), ..McpttInfo::default() };
    Part::new(mime::MCPTT_INFO, info.to_xml())
}

fn location(document: &LocationInfo) -> Part {
    Part::new(mime::LOCATION_INFO, document.to_xml())
}

/// Alice is configured.
fn configured(w: &mut World, identity: &str) {
    w.log_in(ALICE);
    let configuration = Configuration { scope: Some(Scope::Full), ..Configuration::default() };
    let parts = [info_for(ALICE), location(&LocationInfo::configuration(configuration))];
    let tx = w.request(PF, ALICE, "MESSAGE", identity, &parts);
    w.respond(&tx, "200 OK", "", &[]);
    w.wait(AFTERWARDS);
}

fn report(id: Option<&str>) -> LocationInfo {
    LocationInfo::report(Report {
        report_id: id.map(Into::into),
        current_location: Some(CurrentLocation::default()),
        ..Report::default()
    })
}

/// Alice reports by herself.
fn reported(w: &mut World, status: &str) {
    w.log_in(ALICE);
    w.ask(ALICE, "MESSAGE", "", &[info_for(ALICE), location(&report(None))], status, "");
    w.wait(AFTERWARDS);
}

/// Alice is asked where she is.
fn asked(w: &mut World, answer: &str) {
    w.profile.subjects = Subjects { server: false, participants: true };
    w.log_in(ALICE);
    let request = Request { request_id: Some("r-1".into()), ..Request::default() };
    let document = LocationInfo { items: vec![LocationItem::Request(request)], ..LocationInfo::default() };
    let tx = w.request(PF, ALICE, "MESSAGE", FUNCTION, &[info_for(ALICE), location(&document)]);
    w.respond(&tx, "200 OK", "", &[]);
    w.ask(ALICE, "MESSAGE", "", &[info_for(ALICE), location(&report(Some(answer)))], "200 OK", "");
    w.wait(AFTERWARDS);
}

pub(super) const TRACES: &[Row] = &[
    Row {
        requirement: "24.379-17.4.2.1.1",
        accepts: good_call,
        rejects: |w| call(w, &[PF], Some(MADE)),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-17.4.2.2:10",
        accepts: good_call,
        rejects: |w| call(w, &[CF, PF], None),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-17.4.2.2:7",
        accepts: |w| refused(w, McpttInfo::default(), &[], "403 Forbidden", 187),
        rejects: |w| refused(w, McpttInfo::default(), &[], "404 Not Found", 113),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-17.4.2.2:3A",
        accepts: |w| refused(w, contradiction(), &[list(&[BOB])], "403 Forbidden", 150),
        rejects: |w| refused(w, contradiction(), &[list(&[BOB])], "403 Forbidden", 185),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-6.3.3.2.4:3A",
        accepts: |w| released(w, &[BOB, CAROL]),
        rejects: |w| released(w, &[BOB]),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-13.2.2",
        accepts: |w| configured(w, FUNCTION),
        rejects: |w| configured(w, "P-Asserted-Identity: <sip:alice@mc.example.org>\r\n"),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-13.2.4",
        accepts: |w| reported(w, "200 OK"),
        rejects: |w| reported(w, "404 Not Found"),
        unarmed: "idle call",
        also: &[],
    },
    Row {
        requirement: "24.379-13.2.3",
        accepts: |w| asked(w, "r-1"),
        rejects: |w| asked(w, "r-2"),
        unarmed: "idle call",
        also: &[],
    },
];
