//! Our decoders against tshark: on generated frames and on every capture of the repository.
//!
//! Where tshark is missing the test says so and passes, except in the gate and wherever else `CI` is set.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use conformance::capture::{Link, Writer};
use conformance::diff::{Differ, Report, tshark};
use conformance::generate;

fn tshark_is_there() -> bool {
    match tshark::version("tshark") {
        Ok(_) => true,
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "{error}");
            eprintln!("NOT RUN: {error}");
            false
        }
    }
}

#[track_caller]
fn is_clean(report: &Report) {
    let shown: Vec<_> = report.unexplained.iter().take(20).collect();
    assert!(report.unexplained.is_empty(), "{} differences, {shown:#?}", report.unexplained.len());
    assert_eq!(report.unmatched, Vec::<String>::new(), "known differences that never occur");
    assert!(report.equal > 0, "nothing was compared");
}

#[test]
fn generated_frames_are_read_alike() {
    if !tshark_is_there() {
        return;
    }
    let path = std::env::temp_dir().join(format!("mcptt-differential-{}.pcapng", std::process::id()));
    let mut writer =
        Writer::new(BufWriter::new(File::create(&path).unwrap()), Link::Ethernet, "generate").unwrap();
    for packet in generate::packets(1, 20_000) {
        packet.write(&mut writer).unwrap();
    }
    writer.finish().unwrap();
    let mut differ = Differ::new("tshark").unwrap();
    differ.capture(&path).unwrap();
    let _ = std::fs::remove_file(&path);
    let report = differ.finish(true);
    println!(
        "frames {}, values equal {}, explained {:?}, unexplained {}",
        report.frames,
        report.equal,
        report.explained,
        report.unexplained.len()
    );
    is_clean(&report);
    assert!(report.compared > 20_000 && report.equal > 200_000, "{report:?}");
}

/// Link types, tags, fragments, segments out of order and missing: the seeds of the capture reader.
#[test]
fn captures_of_every_kind_are_read_alike() {
    if !tshark_is_there() {
        return;
    }
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/capture");
    let folder = std::env::temp_dir().join(format!("mcptt-differential-kinds-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut differ = Differ::new("tshark").unwrap();
    let mut read = 0;
    for seed in std::fs::read_dir(seeds).unwrap() {
        let seed = seed.unwrap().path();
        let octets = std::fs::read(&seed).unwrap();
        // The last octet of a seed says in which pieces it is read.
        let Some((_, capture)) = octets.split_last() else { continue };
        let path = folder.join(seed.file_name().unwrap());
        std::fs::write(&path, capture).unwrap();
        read += u32::from(differ.capture(&path).is_ok());
    }
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(read > 10, "{read} seeds are captures");
    is_clean(&differ.finish(false));
}

#[test]
fn captures_are_read_alike() {
    if !tshark_is_there() {
        return;
    }
    let mut found = Vec::new();
    captures(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../captures"), &mut found);
    assert!(!found.is_empty());
    let mut differ = Differ::new("tshark").unwrap();
    for capture in found {
        differ.capture(&capture).unwrap();
    }
    is_clean(&differ.finish(false));
}

fn captures(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the folder is readable") {
        let path = entry.expect("the folder is readable").path();
        if path.is_dir() {
            captures(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "pcap" || kind == "pcapng") {
            found.push(path);
        }
    }
}
