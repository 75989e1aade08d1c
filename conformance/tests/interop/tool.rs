//! Foreign programs: where they are, and what they said.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Whether a program can be started. Fails in continuous integration if it cannot.
pub fn is_there(program: &str, package: &str) -> bool {
    let there = Command::new(program).arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !there {
        assert!(std::env::var_os("CI").is_none(), "{program} is missing: apt-get install {package}");
        println!("NOT RUN: {program} is missing (apt-get install {package})");
    }
    there
}

/// The folder of the scenarios and configurations of foreign programs.
pub fn interop_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("interop")
}

/// What a program printed, for a message about its failure.
pub fn printed(output: &Output) -> String {
    format!(
        "{}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}
