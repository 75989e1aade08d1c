//! `matrix`: several runs side by side.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::Value;

use super::{Exit, Failure};
use crate::case;
use crate::catalogue::Catalogue;
use crate::report::escaped;
use crate::table;

/// Several runs side by side: cases or requirements against targets
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  mcptt-conformance run --report json=own.jsonl
  mcptt-conformance run --target acme.toml --report json=acme.jsonl
  mcptt-conformance matrix own.jsonl acme.jsonl
  mcptt-conformance matrix own.jsonl acme.jsonl --format html > matrix.html
  mcptt-conformance matrix own.jsonl --requirements --format csv")]
pub(super) struct Args {
    /// Reports of 'run --report json=FILE'
    #[arg(required = true)]
    reports: Vec<PathBuf>,
    /// A row for each requirement that a case names or a run armed, not for each case
    #[arg(long)]
    requirements: bool,
    /// Only rows in which the runs differ
    #[arg(long)]
    differences: bool,
    /// Form of the output
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Aligned columns for a terminal.
    Table,
    /// A Markdown table.
    Md,
    /// Comma-separated values.
    Csv,
    /// One HTML file that needs no network.
    Html,
}

/// One report: who was tested, and a word for each row.
struct Column {
    name: String,
    cells: BTreeMap<String, String>,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<Exit, Failure> {
    let mut columns = Vec::new();
    for file in &args.reports {
        let usage = |error: &dyn std::fmt::Display| Failure::Usage(format!("{}: {error}", file.display()));
        let text = std::fs::read_to_string(file).map_err(|error| usage(&error))?;
        columns.push(column(&text, args.requirements).map_err(|error| usage(&error))?);
    }
    let titles = titles(args.requirements)?;
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (id, title) in &titles {
        let cells: Vec<String> =
            columns.iter().map(|column| column.cells.get(id).cloned().unwrap_or_default()).collect();
        let differ = cells.windows(2).any(|pair| pair[0] != pair[1]);
        if cells.iter().all(String::is_empty) || args.differences && !differ {
            continue;
        }
        rows.push([id.clone(), title.clone()].into_iter().chain(cells).collect());
    }
    let names = columns.iter().map(|column| column.name.as_str());
    let head: Vec<&str> = ["id", "title"].into_iter().chain(names).collect();
    match args.format {
        Form::Table => write!(out, "{}", table::layout(&head, &rows))?,
        Form::Md => {
            let line = |cells: &mut dyn Iterator<Item = &str>| {
                let cells: Vec<String> = cells.map(|cell| cell.replace('|', "\\|")).collect();
                format!("| {} |", cells.join(" | "))
            };
            writeln!(out, "{}\n|{}", line(&mut head.iter().copied()), "---|".repeat(head.len()))?;
            for row in &rows {
                writeln!(out, "{}", line(&mut row.iter().map(String::as_str)))?;
            }
        }
        Form::Csv => {
            let line = |cells: &mut dyn Iterator<Item = &str>| {
                let quoted = cells.map(|cell| {
                    // A cell that a spreadsheet would take for a formula begins with a quote.
                    let guard = if cell.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
                    format!("\"{guard}{}\"", cell.replace('"', "\"\""))
                });
                quoted.collect::<Vec<_>>().join(",")
            };
            write!(out, "{}\r\n", line(&mut head.iter().copied()))?;
            for row in &rows {
                write!(out, "{}\r\n", line(&mut row.iter().map(String::as_str)))?;
            }
        }
        Form::Html => write!(out, "{}", page(&head, &rows))?,
    }
    // Nothing to compare is no comparison.
    Ok(if rows.is_empty() && !args.differences { Exit::TooFew } else { Exit::AsExpected })
}

fn column(text: &str, requirements: bool) -> Result<Column, String> {
    let mut column = Column { name: String::new(), cells: BTreeMap::new() };
    let mut counts: BTreeMap<String, [u64; 3]> = BTreeMap::new();
    for (number, line) in text.lines().enumerate() {
        let line: Value =
            serde_json::from_str(line).map_err(|error| format!("line {}: {error}", number + 1))?;
        match line["kind"].as_str() {
            Some("run") => column.name = line["target"].as_str().unwrap_or("?").to_owned(),
            Some("case") if requirements => {
                for (id, count) in line["counts"].as_object().into_iter().flatten() {
                    let of = |key: &str| count[key].as_u64().unwrap_or_default();
                    let sum = counts.entry(id.clone()).or_default();
                    for (sum, more) in sum.iter_mut().zip([of("armed"), of("held"), of("violated")]) {
                        *sum += more;
                    }
                }
            }
            Some("case") => {
                if let (Some(case), Some(verdict)) = (line["case"].as_str(), line["verdict"].as_str()) {
                    column.cells.insert(case.to_owned(), verdict.to_owned());
                }
            }
            _ => {}
        }
    }
    for (id, [armed, held, violated]) in counts {
        let word = match violated {
            0 => format!("{held}/{armed}"),
            violated => format!("{held}/{armed} violated {violated}"),
        };
        column.cells.insert(id, word);
    }
    match column.name.is_empty() {
        true => Err("this is no report of 'run --report json=FILE'".to_owned()),
        false => Ok(column),
    }
}

/// Rows in their order, with a title.
fn titles(requirements: bool) -> Result<Vec<(String, String)>, Failure> {
    if requirements {
        let catalogue = Catalogue::embedded()?;
        return Ok(catalogue.requirements().map(|one| (one.id.clone(), one.title.clone())).collect());
    }
    Ok(case::all().iter().map(|case| (case.id.to_owned(), case.title.to_owned())).collect())
}

fn page(head: &[&str], rows: &[Vec<String>]) -> String {
    let class = |cell: &str| match cell {
        "pass" => "pass",
        "fail" | "error" => "fail",
        "inconclusive" | "expected-fail" => "open",
        cell if cell.contains("violated") => "fail",
        _ => "",
    };
    let heads: String = head.iter().map(|cell| format!("<th>{}</th>", escaped(cell))).collect();
    let row = |row: &Vec<String>| {
        let cells: String =
            row.iter().map(|cell| format!("<td class=\"{}\">{}</td>", class(cell), escaped(cell))).collect();
        format!("<tr>{cells}</tr>\n")
    };
    let rows: String = rows.iter().map(row).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/><title>MCPTT conformance matrix</title>\n<style>\
         body{{font:14px/1.4 sans-serif;margin:2em}}table{{border-collapse:collapse}}td,th{{border-bottom:1px solid #ddd;\
         padding:.2em .6em;text-align:left}}.pass{{color:#176f2c}}.fail{{color:#b3131b;font-weight:bold}}.open{{color:#8a5a00}}\
         </style></head><body>\n<h1>MCPTT conformance matrix</h1>\n<table><thead><tr>{heads}</tr></thead><tbody>\n{rows}\
         </tbody></table>\n</body></html>\n"
    )
}
