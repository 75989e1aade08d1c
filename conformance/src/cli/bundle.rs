//! `bundle`: evidence in one file.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::{Exit, Failure};
use crate::bundle::{self, Item, SigningKey};
use crate::replay::{Annotation, Target};

/// Evidence in one file: make one of captures, check one, show one ('run --bundle FILE' makes one of a run)
#[derive(clap::Args)]
#[command(after_help = "\
A bundle holds captures, what was judged, the target file and a statement with digests of all of them, signed with
Ed25519. 'verify' checks the signature and every digest, judges the captures again and compares. It holds what crossed
the network, tokens included.

Examples:
  mcptt-conformance bundle key lab.key
  mcptt-conformance run 'FC-*' --bundle fc.tar --sign lab.key
  mcptt-conformance bundle verify fc.tar --key 5f1c...
  mcptt-conformance bundle create ticket.tar ticket.pcapng --sign lab.key
  mcptt-conformance bundle show fc.tar")]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Judge captures and put them into a bundle; an annotation beside a capture says what is known about the target
    Create {
        /// The bundle
        file: PathBuf,
        /// Captures, pcap or pcapng
        #[arg(required = true)]
        captures: Vec<PathBuf>,
        /// Key file
        #[arg(long)]
        sign: Option<PathBuf>,
    },
    /// Check signature and digests, judge again and compare
    Verify {
        /// The bundle
        file: PathBuf,
        /// Public key it has to be signed with, in hexadecimal
        #[arg(long)]
        key: Option<String>,
        /// Accept one without signature
        #[arg(long)]
        unsigned: bool,
    },
    /// Say what is in it, once it is found good
    Show {
        /// The bundle
        file: PathBuf,
    },
    /// Make a key file and print its public key
    Key {
        /// The key file; an existing one is not replaced
        file: PathBuf,
    },
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<Exit, Failure> {
    match &args.what {
        What::Create { file, captures, sign } => create(file, captures, sign.as_deref(), out),
        What::Verify { file, key, unsigned } => verify(file, key.as_deref(), *unsigned, false, out),
        What::Show { file } => verify(file, None, true, true, out),
        What::Key { file } => {
            let text =
                SigningKey::generate().ok_or_else(|| Failure::Harness("no random octets".to_owned()))?;
            let mut options = fs::OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut sink = options.open(file).map_err(|error| usage(file, &error))?;
            sink.write_all(text.as_bytes())?;
            writeln!(out, "{}", signing_key(file)?.public())?;
            Ok(Exit::AsExpected)
        }
    }
}

fn usage(file: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::Usage(format!("{}: {error}", file.display()))
}

/// Reads a key file.
pub(super) fn signing_key(file: &Path) -> Result<SigningKey, Failure> {
    let text = fs::read_to_string(file).map_err(|error| usage(file, &error))?;
    SigningKey::parse(&text)
        .ok_or_else(|| usage(file, &"a key file holds 64 hexadecimal digits; see 'bundle key'"))
}

fn create(
    file: &Path,
    captures: &[PathBuf],
    sign: Option<&Path>,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let key = sign.map(signing_key).transpose()?;
    let mut items = Vec::new();
    for capture in captures {
        let annotation = Annotation::beside(capture).map_err(|error| usage(capture, &error))?;
        let profile =
            annotation.map_or_else(|| Target::default().profile(), |annotation| annotation.target.profile());
        let octets = fs::read(capture).map_err(|error| usage(capture, &error))?;
        let name = capture.file_stem().unwrap_or_default().to_string_lossy();
        items.push(Item::of_capture(&name, octets, profile).map_err(|error| usage(capture, &error))?);
    }
    let archive = bundle::of_captures(&items, key.as_ref()).map_err(|error| usage(file, &error))?;
    fs::write(file, archive).map_err(|error| usage(file, &error))?;
    for item in &items {
        writeln!(out, "{} {} {}", item.verdict, item.id, item.reason)?;
    }
    Ok(worst(items.iter().map(|item| item.verdict)))
}

/// Nothing that is not a pass is green.
fn worst<'a>(verdicts: impl Iterator<Item = &'a str>) -> Exit {
    let mut exit = Exit::TooFew;
    for (index, verdict) in verdicts.enumerate() {
        let one = match verdict {
            "pass" => Exit::AsExpected,
            "fail" => Exit::Unexpected,
            "error" => Exit::Harness,
            _ => Exit::TooFew,
        };
        exit = if index == 0 { one } else { exit.and(one) };
    }
    exit
}

fn verify(
    file: &Path,
    key: Option<&str>,
    unsigned: bool,
    show: bool,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let archive = fs::read(file).map_err(|error| usage(file, &error))?;
    let checked = match bundle::verify(&archive, key, unsigned) {
        Ok(checked) => checked,
        Err(error) => {
            writeln!(out, "REFUSED {}: {error}", file.display())?;
            return Ok(Exit::Unexpected);
        }
    };
    if show {
        writeln!(out, "{:#}", checked.run)?;
        for (case, verdict, reason) in &checked.cases {
            writeln!(out, "{verdict:<12} {case:<28} {reason}")?;
        }
    }
    let signer =
        checked.signer.map_or_else(|| "nobody".to_owned(), |key| key + if show { "" } else { " (Ed25519)" });
    writeln!(
        out,
        "good: {} files, {} cases judged again, {} judgements the same, signed by {signer}",
        checked.files,
        checked.cases.len(),
        checked.judgements
    )?;
    Ok(Exit::AsExpected)
}
