//! One HTML file: counts, a table with filters, and for each case a ladder of what crossed the network. It loads nothing.

use std::net::SocketAddr;

use super::{escaped, reason};
use crate::bundle::annotated;
use crate::case::CaseResult;
use crate::catalogue::Catalogue;
use crate::outcome::RunOutcome;

/// Rungs of one ladder; what comes after is counted.
const RUNGS: usize = 80;
/// Between two places of a ladder, in pixels.
const COLUMN: usize = 150;
/// Between two rungs.
const ROW: usize = 22;

const STYLE: &str = "\
body{font:14px/1.4 sans-serif;margin:2em;color:#222}table{border-collapse:collapse;width:100%}\
td,th{border-bottom:1px solid #ddd;padding:.3em .6em;text-align:left;vertical-align:top}\
.pass{color:#176f2c}.fail,.error{color:#b3131b;font-weight:bold}.inconclusive,.expected-fail{color:#8a5a00}\
.not-applicable{color:#777}svg text{font:11px sans-serif}.bad{color:#b3131b}input,select{font:inherit;margin-right:1em}";

const SCRIPT: &str = "\
var f=document.getElementById('f'),v=document.getElementById('v'),l=document.getElementById('l'),r=document.getElementById('r');\
function show(){document.querySelectorAll('body>table>tbody>tr').forEach(function(t){\
var d=t.dataset;t.hidden=!((!v.value||d.v==v.value)&&(!l.value||d.l.indexOf(l.value)>=0)&&(!r.value||d.r.indexOf(r.value)>=0)\
&&t.textContent.toLowerCase().indexOf(f.value.toLowerCase())>=0)})}\
[f,v,l,r].forEach(function(e){e.addEventListener('input',show)});";

pub(super) fn page(outcome: &RunOutcome) -> String {
    let catalogue = Catalogue::embedded().ok();
    let words = ["pass", "fail", "expected-fail", "inconclusive", "error"];
    let counts: String =
        words.iter().map(|word| format!("<b class=\"{word}\">{word} {}</b> ", outcome.count(word))).collect();
    let mut rows = String::new();
    let mut row = |case: &crate::case::Case, word: &str, why: &str, details: &str| {
        let requirements = case.requirements.iter().filter_map(|id| catalogue.as_ref()?.get(id));
        let (mut levels, mut roles) = (String::new(), String::new());
        for requirement in requirements {
            levels += &format!("{:?} ", requirement.level).to_lowercase();
            roles += &format!("{:?} ", requirement.role).to_lowercase();
        }
        rows += &format!(
            "<tr data-v=\"{word}\" data-l=\"{levels}\" data-r=\"{roles}\"><td class=\"{word}\">{word}</td><td>{}</td><td>{}<br/>\
             <small>{}</small></td><td>{}{details}</td></tr>\n",
            escaped(case.id),
            escaped(case.title),
            escaped(&case.requirements.join(" ")),
            escaped(why)
        );
    };
    for result in &outcome.results {
        row(result.case, outcome.standing(result).word(), &reason(outcome, result), &details(result));
    }
    for (case, why) in &outcome.not_applicable {
        row(case, "not-applicable", why, "");
    }
    let notes: String = outcome
        .unhealthy
        .iter()
        .map(|what| format!("target unhealthy: {what}"))
        .chain(
            outcome
                .expected
                .stale(&outcome.results)
                .iter()
                .map(|entry| format!("stale expectation {}: {}", entry.id, entry.reason)),
        )
        .chain(outcome.wrong().map(|(path, what)| format!("{path}: {what}")))
        .map(|note| format!("<p class=\"bad\">{}</p>\n", escaped(&note)))
        .collect();
    let options = |values: &[&str]| -> String {
        values.iter().map(|value| format!("<option>{value}</option>")).collect()
    };
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/><title>MCPTT conformance</title>\n\
         <style>{STYLE}</style></head><body>\n<h1>MCPTT conformance</h1>\n<p>{}, seed {}, mcptt-conformance {}</p>\n\
         <p>{counts}<b>not applicable {}</b>, {} requirements armed</p>\n{notes}\
         <p><input id=\"f\" placeholder=\"filter\"/><select id=\"v\"><option value=\"\">all verdicts</option>{}</select>\
         <select id=\"l\"><option value=\"\">all levels</option>{}</select>\
         <select id=\"r\"><option value=\"\">all roles</option>{}</select></p>\n\
         <table><thead><tr><th>verdict</th><th>case</th><th>what</th><th>why</th></tr></thead><tbody>\n{rows}</tbody></table>\n\
         <script>{SCRIPT}</script></body></html>\n",
        escaped(&outcome.target_name()),
        outcome.seed,
        env!("CARGO_PKG_VERSION"),
        outcome.not_applicable.len(),
        outcome.armed().len(),
        options(&[&words[..], &["not-applicable"]].concat()),
        options(&["shall", "should", "may"]),
        options(&["server", "participating", "controlling", "participant", "client", "any"]),
    )
}

/// What was judged, and the ladder.
fn details(result: &CaseResult) -> String {
    if !result.executed() {
        return String::new();
    }
    let mut rows = String::new();
    for (requirement, count) in result.counts() {
        let class = if count.violated > 0 { " class=\"bad\"" } else { "" };
        rows += &format!(
            "<tr{class}><td>{}</td><td>{} held</td><td>{} violated</td></tr>",
            escaped(requirement),
            count.held,
            count.violated
        );
    }
    format!(
        "<details><summary>{} frames</summary>{}<table>{rows}</table></details>",
        result.frames.len(),
        ladder(result)
    )
}

/// Signalling and floor control as arrows between addresses. Voice is left out.
fn ladder(result: &CaseResult) -> String {
    let frames = annotated(&result.frames, &result.judgements);
    let mut places: Vec<SocketAddr> = Vec::new();
    let mut rungs = Vec::new();
    let mut more = 0_usize;
    let begin = frames.first().map(|frame| frame.time).unwrap_or_default();
    for frame in &frames {
        let Some(what) = mcptt_server::capture::note::describe(&frame.payload) else { continue };
        if frame.payload.first().is_some_and(|first| first & 0xc0 == 0x80)
            && frame.payload.get(1).is_none_or(|kind| !(200..=207).contains(kind))
        {
            continue;
        }
        if rungs.len() == RUNGS {
            more += 1;
            continue;
        }
        let mut place = |address| {
            places.iter().position(|known| *known == address).unwrap_or_else(|| {
                places.push(address);
                places.len() - 1
            })
        };
        let (from, to) = (place(frame.source), place(frame.destination));
        let bad = frame.comments.iter().any(|comment| comment.starts_with("Violated"));
        rungs.push((frame.number, frame.time.saturating_sub(begin), from, to, what, bad));
    }
    let x = |place: usize| COLUMN / 2 + place * COLUMN;
    let (width, height) = (places.len() * COLUMN + COLUMN, (rungs.len() + 2) * ROW);
    let mut svg = format!("<svg width=\"{width}\" height=\"{height}\" role=\"img\">");
    for (index, place) in places.iter().enumerate() {
        svg += &format!(
            "<text x=\"{0}\" y=\"14\" text-anchor=\"middle\">{place}</text><line x1=\"{0}\" y1=\"20\" x2=\"{0}\" y2=\"{height}\" stroke=\"#bbb\"/>",
            x(index)
        );
    }
    for (row, (number, time, from, to, what, bad)) in rungs.iter().enumerate() {
        let y = (row + 2) * ROW;
        let colour = if *bad { "#b3131b" } else { "#345" };
        let tip = if to > from { x(*to) - 6 } else { x(*to) + 6 };
        svg += &format!(
            "<line x1=\"{}\" y1=\"{y}\" x2=\"{2}\" y2=\"{y}\" stroke=\"{colour}\"/><path d=\"M{2} {y}L{tip} {3}L{tip} {4}Z\" fill=\"{colour}\"/>\
             <text x=\"{1}\" y=\"{5}\" fill=\"{colour}\">{number}  {time:.3}s  {what}</text>",
            x(*from),
            x(*from.min(to)) + 8,
            x(*to),
            y - 3,
            y + 3,
            y - 4,
            time = time.as_secs_f64(),
            what = escaped(what)
        );
    }
    svg += "</svg>";
    if more > 0 {
        svg += &format!("<p>and {more} more</p>");
    }
    svg
}
