//! Checking a bundle that somebody else has made.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;

use super::item::{self, Item, Observation};
use super::signature::{digest, is_signed};
use super::tar::{self, TarError};
use super::{PREDICATE, STATEMENT};
use crate::case;

/// What makes a bundle unusable or bad.
#[derive(Debug, Error)]
pub enum BundleError {
    /// It is no archive of the kind that bundles are.
    #[error(transparent)]
    Archive(#[from] TarError),
    /// A part of it is missing or is not what it should be.
    #[error("{0}")]
    Content(String),
    /// A file is not the one that the statement speaks of.
    #[error("{0} is not the file that the statement speaks of")]
    Digest(String),
    /// The signature does not fit.
    #[error("the signature does not fit the statement")]
    Signature,
    /// It carries no signature, or not that of the key which was asked for.
    #[error("{0}")]
    Signer(String),
    /// Judging the capture again comes to something else.
    #[error("{case}: recorded is {recorded}, judged again it is {again}")]
    Verdict {
        /// The case.
        case: String,
        /// What the bundle says.
        recorded: String,
        /// What the capture says.
        again: String,
    },
}

/// A bundle that was found good.
#[derive(Debug)]
pub struct Checked {
    /// Public key of who signed it, in hexadecimal.
    pub signer: Option<String>,
    /// Files.
    pub files: usize,
    /// Cases or captures judged again: id, verdict, reason.
    pub cases: Vec<(String, String, String)>,
    /// Judgements compared.
    pub judgements: usize,
    /// What the run says about itself.
    pub run: Value,
}

#[derive(Deserialize)]
struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
}

#[derive(Deserialize)]
struct Subject {
    name: String,
    digest: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Signature {
    algorithm: String,
    #[serde(rename = "public-key")]
    public_key: String,
    signature: String,
}

#[derive(Deserialize)]
struct CaseLine {
    case: String,
    requirements: Vec<String>,
    unmet: Option<String>,
    verdict: String,
    reason: String,
    counts: Value,
}

/// Checks signature and digests, judges every capture again and compares.
///
/// `signer`: the public key it has to be signed with, in hexadecimal; without one any key will do. `unsigned`: it may be
/// without signature.
///
/// # Errors
/// The first thing that is wrong.
pub fn verify(archive: &[u8], signer: Option<&str>, unsigned: bool) -> Result<Checked, BundleError> {
    let files: BTreeMap<String, &[u8]> = tar::read(archive)?.into_iter().collect();
    let file = |name: &str| {
        files.get(name).copied().ok_or_else(|| BundleError::Content(format!("{name} is missing")))
    };
    let signed_by = signature(&files, file("statement.json")?, signer, unsigned)?;
    digests(&files, file("statement.json")?)?;
    let run = serde_json::from_slice(file("run.json")?).map_err(|error| wrong("run.json", &error))?;

    let (mut cases, mut judgements) = (Vec::new(), 0);
    let text = std::str::from_utf8(file("result.jsonl")?).map_err(|error| wrong("result.jsonl", &error))?;
    let lines: Result<Vec<Value>, _> = text.lines().map(serde_json::from_str).collect();
    let lines = lines.map_err(|error| wrong("result.jsonl", &error))?;
    let mut rest = lines.as_slice();
    let mut seen = BTreeSet::new();
    while let Some((first, others)) = rest.split_first() {
        let line: CaseLine =
            serde_json::from_value(first.clone()).map_err(|error| wrong("result.jsonl", &error))?;
        let length = others.iter().take_while(|line| line.get("judgement").is_some()).count();
        let (said, others) = others.split_at(length);
        rest = others;
        let folder = Item::folder(&line.case);
        if !seen.insert(folder.clone()) {
            return Err(BundleError::Content(format!("{} is there twice", line.case)));
        }
        let observation: Observation = serde_json::from_slice(file(&format!("{folder}/profile.json"))?)
            .map_err(|error| wrong(&line.case, &error))?;
        again(&line, said, file(&format!("{folder}/wire.pcapng"))?, observation)?;
        judgements += said.len();
        cases.push((line.case, line.verdict, line.reason));
    }
    Ok(Checked { signer: signed_by, files: files.len(), cases, judgements, run })
}

fn wrong(what: &str, error: &dyn std::fmt::Display) -> BundleError {
    BundleError::Content(format!("{what}: {error}"))
}

fn signature(
    files: &BTreeMap<String, &[u8]>,
    statement: &[u8],
    signer: Option<&str>,
    unsigned: bool,
) -> Result<Option<String>, BundleError> {
    let Some(text) = files.get("statement.sig") else {
        return match (signer, unsigned) {
            (None, true) => Ok(None),
            _ => Err(BundleError::Signer("the bundle is not signed".to_owned())),
        };
    };
    let signature: Signature =
        serde_json::from_slice(text).map_err(|error| wrong("statement.sig", &error))?;
    if signature.algorithm != "Ed25519" || !is_signed(statement, &signature.public_key, &signature.signature)
    {
        return Err(BundleError::Signature);
    }
    match signer {
        Some(wanted) if !wanted.trim().eq_ignore_ascii_case(&signature.public_key) => {
            Err(BundleError::Signer(format!("it is signed with {}", signature.public_key)))
        }
        _ => Ok(Some(signature.public_key)),
    }
}

/// Every file but the statement and its signature is named with its digest, and nothing else is.
fn digests(files: &BTreeMap<String, &[u8]>, statement: &[u8]) -> Result<(), BundleError> {
    let statement: Statement =
        serde_json::from_slice(statement).map_err(|error| wrong("statement.json", &error))?;
    if statement.kind != STATEMENT || statement.predicate_type != PREDICATE {
        return Err(BundleError::Content("statement.json is no statement about a test".to_owned()));
    }
    let mut named = BTreeSet::new();
    for Subject { name, digest: digests } in &statement.subject {
        let content = files.get(name).ok_or_else(|| BundleError::Content(format!("{name} is missing")))?;
        if digests.get("sha256") != Some(&digest(content)) {
            return Err(BundleError::Digest(name.clone()));
        }
        named.insert(name.as_str());
    }
    let own = ["statement.json", "statement.sig"];
    match files.keys().find(|name| !named.contains(name.as_str()) && !own.contains(&name.as_str())) {
        Some(name) => Err(BundleError::Digest(name.clone())),
        None => Ok(()),
    }
}

/// Judges a capture again and compares.
fn again(line: &CaseLine, said: &[Value], wire: &[u8], observation: Observation) -> Result<(), BundleError> {
    let Observation { profile, end } = observation;
    let (judgements, _) = item::judge(wire, profile, Some(end), &line.requirements)?;
    let different = |recorded: String, again: String| {
        Err(BundleError::Verdict { case: line.case.clone(), recorded, again })
    };
    for (index, one) in judgements.0.iter().enumerate() {
        let again = json!({"case": line.case, "judgement": one});
        match said.get(index) {
            Some(recorded) if *recorded == again => {}
            recorded => {
                return different(
                    recorded.map_or_else(|| "nothing".to_owned(), Value::to_string),
                    again.to_string(),
                );
            }
        }
    }
    if said.len() != judgements.0.len() || line.counts != json!(judgements.counts()) {
        return different(format!("{} judgements", said.len()), judgements.0.len().to_string());
    }
    let verdict = match line.requirements.is_empty() && judgements.counts().is_empty() {
        true => case::Verdict::Inconclusive(case::Reason::Unarmed, "nothing was armed".to_owned()),
        false => case::verdict(&line.requirements, line.unmet.as_deref(), &judgements),
    };
    // What the tester saw beside the wire (its own lateness, a target that is gone) may excuse or condemn, never acquit.
    let beside = line.verdict != "pass" && line.verdict != item::word(&verdict);
    if (line.verdict == item::word(&verdict) && line.reason == verdict.reason()) || beside {
        return Ok(());
    }
    // The same word with another reason: only what lies outside the wire can be one.
    let outside = matches!(&verdict, case::Verdict::Inconclusive(..)) && line.verdict == "inconclusive";
    if outside {
        Ok(())
    } else {
        different(
            format!("{} {}", line.verdict, line.reason),
            format!("{} {}", item::word(&verdict), verdict.reason()),
        )
    }
}
