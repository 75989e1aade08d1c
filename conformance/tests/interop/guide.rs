//! The guide does what it says: every command of it is run, in its order.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::server::binary;

/// Commands of the console blocks, with what they read from lines that follow.
fn commands(guide: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    let mut inside = false;
    for line in guide.lines() {
        match (line, line.strip_prefix("$ ")) {
            ("```console", _) => inside = true,
            ("```", _) => inside = false,
            (_, Some(command)) if inside => commands.push(command.to_owned()),
            _ if inside => {
                let last = commands.last_mut().expect("a block begins with a command");
                *last += "\n";
                *last += line;
            }
            _ => {}
        }
    }
    commands
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace").to_owned()
}

#[test]
fn every_command_of_the_guide_works() {
    let guide = std::fs::read_to_string(root().join("conformance/GUIDE.md")).expect("the guide is there");
    let commands = commands(&guide);
    assert!(commands.len() > 10, "{commands:#?}");
    let folder = std::env::temp_dir().join(format!("mcptt-guide-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for temporary files");
    // The build is what runs this test: both programs lie beside each other.
    let programs = binary().parent().expect("a program lies in a folder");
    let path = std::env::var("PATH").unwrap_or_default();
    let mut ran = BTreeMap::new();
    for command in &commands {
        if command.starts_with("cargo build ") || command.starts_with("export PATH=") {
            continue;
        }
        let output = Command::new("sh")
            .args(["-e", "-c", command])
            .current_dir(&folder)
            .env("PATH", format!("{}:{path}", programs.display()))
            .output()
            .expect("a shell runs");
        let said =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        // A machine under load may be too late for the shortest timers: 'doctor' says so with status 5.
        let fine = output.status.success() || command.starts_with("mcptt-conformance doctor");
        assert!(fine, "{command}\n{} {said}", output.status);
        ran.insert(command.clone(), said);
    }
    for file in ["own.html", "report.html", "matrix.html"] {
        let page = std::fs::read_to_string(folder.join(file)).expect("the page was written");
        assert!(page.starts_with("<!DOCTYPE html>") && page.contains("FC-01/grant"), "{file}");
    }
    std::fs::remove_dir_all(folder).expect("the folder is ours");
}

#[test]
fn the_guide_and_the_help_name_the_same_verbs() {
    let guide = std::fs::read_to_string(root().join("conformance/GUIDE.md")).expect("the guide is there");
    let (mut out, mut err) = (Vec::new(), Vec::new());
    conformance::cli::run(["mcptt-conformance", "--help"], &mut out, &mut err);
    let help = String::from_utf8(out).expect("help is text");
    for verb in
        ["doctor", "list", "explain", "run", "pics", "matrix", "decode", "replay", "bundle", "expect", "tap"]
    {
        assert!(help.contains(&format!("\n  {verb}")), "{verb} is no verb: {help}");
        assert!(guide.contains(verb), "{verb}");
    }
}
