//! `pics probe` and `pics infer`: what the wire says about claims.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use mcptt_codec::sip::{Limits, Method, SipMessage};

use super::{Exit, Failure, pics};
use crate::capture::Reader;
use crate::case::{self, Case, CaseResult, Verdict};
use crate::catalogue::Catalogue;
use crate::judge::{Judge, Outcome};
use crate::remote::{Campaign, FEATURES, Feature, Limits as Budget, applies};
use crate::replay::Target;

/// Runs, for each feature, the shortest case that needs it, whatever is claimed.
pub(super) fn probe(file: &Path, out: &mut dyn Write) -> Result<Exit, Failure> {
    let claimed = pics::read(file)?;
    let mut asked = claimed.clone();
    asked.pics.clear();
    let catalogue = Catalogue::embedded()?;
    let mut chosen: Vec<(&Feature, &'static Case)> = Vec::new();
    for feature in FEATURES {
        let fitting = case::all().into_iter().filter(|case| feature.concerns(case)).filter_map(|case| {
            applies(case, &asked, &catalogue, 1).ok().map(|rehearsed| (rehearsed.takes, case))
        });
        match fitting.min_by_key(|(takes, case)| (*takes, case.id)) {
            Some((_, case)) => chosen.push((feature, case)),
            None => writeln!(out, "{:<26} no exchange can show it at this target", feature.name)?,
        }
    }
    let mut cases: Vec<&'static Case> = chosen.iter().map(|(_, case)| *case).collect();
    cases.sort_by_key(|case| case.id);
    cases.dedup_by_key(|case| case.id);
    let campaign = Campaign::new(asked, &cases, &catalogue, 1, Budget::default())
        .map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))?;
    let live = campaign.run(&mut |_| {});
    let (mut findings, mut decided) = (0_usize, 0_usize);
    for (feature, case) in chosen {
        let result = live.results.iter().find(|result| result.case.id == case.id);
        let observed = result.and_then(observed);
        decided += usize::from(observed.is_some());
        let claim = claimed.pics.get(feature.name).copied().unwrap_or(true);
        let word = |is: bool| if is { "yes" } else { "no" };
        let finding = observed.is_some_and(|observed| observed != claim);
        findings += usize::from(finding);
        let why = result.map(|result| result.verdict.reason()).unwrap_or_default();
        let line = format!(
            "{:<26} claimed {:<4} observed {:<10} {}{} {why}",
            feature.name,
            word(claim),
            observed.map_or("undecided", word),
            if finding { "CONTRADICTION in " } else { "" },
            case.id
        );
        writeln!(out, "{}", line.trim_end())?;
    }
    if let Some(unhealthy) = &live.unhealthy {
        writeln!(out, "target unhealthy: {unhealthy}")?;
        return Ok(Exit::Unexpected);
    }
    writeln!(out, "{decided} claims asked, {findings} contradictions")?;
    Ok(match (decided, findings) {
        (0, _) => Exit::TooFew,
        (_, 0) => Exit::AsExpected,
        _ => Exit::Unexpected,
    })
}

fn observed(result: &CaseResult) -> Option<bool> {
    match result.verdict {
        Verdict::Pass => Some(true),
        Verdict::Fail(_) => Some(false),
        _ => None,
    }
}

/// Claims that a capture shows.
pub(super) fn infer(file: &Path, out: &mut dyn Write) -> Result<Exit, Failure> {
    let usage = |error: &dyn std::fmt::Display| Failure::Usage(format!("{}: {error}", file.display()));
    let source = std::fs::File::open(file).map_err(|error| usage(&error))?;
    let mut judge = Judge::new(Target::default().profile());
    let (mut end, mut frames, mut registrar) = (std::time::Duration::ZERO, 0_u64, None);
    for frame in Reader::new(std::io::BufReader::new(source)).map_err(|error| usage(&error))? {
        let frame = frame.map_err(|error| usage(&error))?;
        end = end.max(frame.time);
        frames += 1;
        if registrar.is_none()
            && let Ok(SipMessage::Request(request)) = SipMessage::decode(&frame.payload, &Limits::default())
            && request.method == Method::Register
        {
            registrar = Some(frame.destination);
        }
        judge.observe(&frame);
    }
    let judgements = judge.finish(end);
    let mut held: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for one in judgements.0.iter().filter(|one| one.outcome == Outcome::Held) {
        held.entry(one.requirement).or_insert((0, one.armed_by)).0 += 1;
    }
    writeln!(
        out,
        "# What {frames} datagrams of {} show. What they do not show is no claim yet.",
        file.display()
    )?;
    writeln!(out, "\n[target]\nname = \"from a capture\"\n\n[pics]")?;
    let mut shown = 0_usize;
    for feature in FEATURES {
        let of = |id: &&str| feature.requirements.iter().any(|start| id.starts_with(start));
        match held.iter().find(|(id, _)| of(id)) {
            Some((id, (count, frame))) => {
                shown += 1;
                writeln!(
                    out,
                    "{:<26} = true   # {id} held {count} times, first armed by frame {frame}",
                    feature.name
                )?;
            }
            None => writeln!(out, "# {:<24} = false  # not seen: {}", feature.name, feature.title)?,
        }
    }
    writeln!(out, "\n[ixit]")?;
    match registrar {
        Some(address) => writeln!(out, "participating = \"{address}\"   # where clients register")?,
        None => writeln!(out, "participating = \"127.0.0.1:5060\"   # no REGISTER was seen")?,
    }
    Ok(if shown == 0 { Exit::TooFew } else { Exit::AsExpected })
}
