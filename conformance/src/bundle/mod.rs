//! Evidence: what was seen and what was said about it, in one file that somebody else can check without the target and
//! without trusting the tester.
//!
//! ```text
//! run.json            tool, version, seed, target, calibration
//! target.toml         the target file, tokens replaced by their digests
//! expected.toml       what was known to fail
//! result.jsonl        one line for each case, then one for each of its judgements
//! case/FC-01-grant/   wire.pcapng  profile.json  scenario.toml  judgement.md, and where voice was protected by keys that
//!                     crossed the wire  keys.txt  clear.pcapng
//! statement.json      digests of all files above and what they come to (in-toto test result)
//! statement.sig       Ed25519 over statement.json
//! ```
//!
//! Two runs on virtual time with the same seed and key leave the same octets. [`verify`] checks signature and digests,
//! judges every capture again and compares; a bundle is good only if all of it agrees. Captures hold what crossed the
//! network: whoever hands on a bundle of a run with tokens hands on those tokens, and the keys of its voice unless the run was
//! made without them (`run --no-keys`).

mod clear;
mod item;
mod signature;
mod tar;
#[cfg(test)]
mod tests;
mod verify;

use serde_json::{Value, json};

pub(crate) use clear::blanked;
pub use item::Item;
pub(crate) use item::annotated;
pub use signature::SigningKey;
pub use tar::TarError;
pub use verify::{BundleError, Checked, verify};

use crate::outcome::RunOutcome;
use signature::digest;

/// What a statement says it is.
const STATEMENT: &str = "https://in-toto.io/Statement/v1";
/// What it is about.
const PREDICATE: &str = "https://in-toto.io/attestation/test-result/v0.1";

/// Texts that belong to a run.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// The target file.
    pub target: Option<String>,
    /// The file of expectations.
    pub expected: Option<String>,
}

/// The bundle of a run.
///
/// # Errors
/// [`BundleError`] when something does not fit into it.
pub fn create(
    outcome: &RunOutcome,
    inputs: &Inputs,
    key: Option<&SigningKey>,
) -> Result<Vec<u8>, BundleError> {
    let of_case = |result| Item::of_case(result, outcome.seed);
    let items: Result<Vec<Item>, BundleError> = outcome.results.iter().map(of_case).collect();
    let run = json!({
        "seed": outcome.seed,
        "target": outcome.target_name(),
        "time-scale": outcome.time_scale,
        "armed": outcome.armed().len(),
        "began": outcome.began.map(|time| time.as_secs()),
        "calibration-us": outcome.calibration.map(|measured| json!({
            "jitter": measured.jitter.as_micros(),
            "round-trip": measured.median.as_micros(),
            "longest": measured.longest.as_micros(),
        })),
        "unhealthy": outcome.unhealthy,
        "not-applicable": outcome.not_applicable.iter().map(|(case, why)| json!({"case": case.id, "why": why})).collect::<Vec<_>>(),
    });
    assemble(run, &items?, inputs, key)
}

/// The bundle of captures that were judged.
///
/// # Errors
/// As [`create`].
pub fn of_captures(items: &[Item], key: Option<&SigningKey>) -> Result<Vec<u8>, BundleError> {
    assemble(json!({"target": "captures"}), items, &Inputs::default(), key)
}

fn assemble(
    mut run: Value,
    items: &[Item],
    inputs: &Inputs,
    key: Option<&SigningKey>,
) -> Result<Vec<u8>, BundleError> {
    run["tool"] = json!({"name": "mcptt-conformance", "version": env!("CARGO_PKG_VERSION")});
    let mut files = vec![("run.json".to_owned(), pretty(&run))];
    if let Some(target) = &inputs.target {
        files.push(("target.toml".to_owned(), without_secrets(target).into_bytes()));
    }
    if let Some(expected) = &inputs.expected {
        files.push(("expected.toml".to_owned(), expected.clone().into_bytes()));
    }
    let lines: String = items.iter().flat_map(Item::lines).map(|line| format!("{line}\n")).collect();
    files.push(("result.jsonl".to_owned(), lines.into_bytes()));
    for item in items {
        files.extend(item.files()?);
    }
    let statement = pretty(&statement(&run, items, &files));
    if let Some(key) = key {
        let signature =
            json!({"algorithm": "Ed25519", "public-key": key.public(), "signature": key.sign(&statement)});
        files.push(("statement.sig".to_owned(), pretty(&signature)));
    }
    files.push(("statement.json".to_owned(), statement));
    Ok(tar::write(&files)?)
}

fn statement(run: &Value, items: &[Item], files: &[(String, Vec<u8>)]) -> Value {
    let subject =
        files.iter().map(|(name, content)| json!({"name": name, "digest": {"sha256": digest(content)}}));
    let ended = |word: &str| -> Vec<&str> {
        items.iter().filter(|item| item.verdict == word).map(|item| item.id.as_str()).collect()
    };
    let failed = [ended("fail"), ended("error")].concat();
    let result = if failed.is_empty() { "PASSED" } else { "FAILED" };
    json!({
        "_type": STATEMENT,
        "subject": subject.collect::<Vec<_>>(),
        "predicateType": PREDICATE,
        "predicate": {
            "result": result,
            "tool": run["tool"],
            "passedTests": ended("pass"),
            "warnedTests": ended("inconclusive"),
            "failedTests": failed,
        },
    })
}

fn pretty(value: &Value) -> Vec<u8> {
    format!("{value:#}\n").into_bytes()
}

/// The target file with a digest where a token stands.
fn without_secrets(text: &str) -> String {
    let Ok(mut table) = text.parse::<toml::Table>() else { return String::new() };
    conceal(&mut table);
    table.to_string()
}

fn conceal(table: &mut toml::Table) {
    for (key, value) in table.iter_mut() {
        match value {
            toml::Value::String(secret) if key == "token" || key == "access-token" => {
                *secret = format!("sha256:{}", digest(secret.as_bytes()));
            }
            toml::Value::Table(inner) => conceal(inner),
            toml::Value::Array(list) => {
                list.iter_mut().filter_map(toml::Value::as_table_mut).for_each(conceal)
            }
            _ => {}
        }
    }
}
