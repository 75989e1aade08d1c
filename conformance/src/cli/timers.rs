//! `timers`: the timers and counters of floor control and off-network call control.

use std::io::Write;

use mcptt_codec::machine::{Setting, Value};

use super::{Exit, Failure, Format};
use crate::table;
use crate::trace::render::md_cell;

/// List timers and counters of floor control and off-network call control: default, range, requirement, where they are provisioned
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  mcptt-conformance timers
  mcptt-conformance timers --format json | jq 'select(.name == \"T1\")'")]
pub(super) struct Args {
    /// Form of the output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

const HEAD: [&str; 7] = ["owner", "name", "purpose", "default", "range", "requirement", "provisioned"];

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<Exit, Failure> {
    let settings = [media_plane::tables::settings(), call_control::tables::settings()].concat();
    match args.format {
        Format::Json => {
            for setting in &settings {
                serde_json::to_writer(&mut *out, &json(setting)).map_err(std::io::Error::from)?;
                writeln!(out)?;
            }
        }
        Format::Table => {
            let rows: Vec<Vec<String>> = settings.iter().map(cells).collect();
            write!(out, "{}", table::layout(&HEAD, &rows))?;
            writeln!(out, "{} timers and counters", rows.len())?;
        }
        Format::Md => {
            writeln!(out, "| {} |\n|---|---|---|---|---|---|---|", HEAD.join(" | "))?;
            for setting in &settings {
                let cells: Vec<String> = cells(setting).iter().map(|cell| md_cell(cell)).collect();
                writeln!(out, "| {} |", cells.join(" | "))?;
            }
        }
    }
    Ok(Exit::AsExpected)
}

fn cells(setting: &Setting) -> Vec<String> {
    let provisioned: Vec<String> = setting.provisioned.iter().map(ToString::to_string).collect();
    vec![
        setting.owner.to_owned(),
        setting.name.clone(),
        setting.purpose.to_owned(),
        setting.default.to_string(),
        format!("{} to {}", setting.least, setting.most),
        setting.requirement.to_owned(),
        if provisioned.is_empty() { "-".to_owned() } else { provisioned.join("; ") },
    ]
}

fn json(setting: &Setting) -> serde_json::Value {
    let number = |value: Value| match value {
        Value::Time(time) => u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
        Value::Count(count) => count.into(),
    };
    let provisioned: Vec<String> = setting.provisioned.iter().map(ToString::to_string).collect();
    serde_json::json!({
        "owner": setting.owner,
        "name": setting.name,
        "purpose": setting.purpose,
        "unit": match setting.default { Value::Time(_) => "ms", Value::Count(_) => "transmissions" },
        "default": number(setting.default),
        "least": number(setting.least),
        "most": number(setting.most),
        "requirement": setting.requirement,
        "provisioned": provisioned,
    })
}
