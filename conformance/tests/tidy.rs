//! Rules of the repository that no compiler checks, as tests.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use conformance::catalogue::Catalogue;
use conformance::trace::{self, Citations, Matrix, inline_test_module, is_test_file, readme, rust_files};
use regex::Regex;

/// Lines of a file that are not tests.
const MAX_LINES: usize = 600;

/// Which of our crates a crate may name, in any kind of dependency.
const MAY_NAME: [(&str, &[&str]); 5] = [
    ("mcptt-codec", &[]),
    ("call-control", &["mcptt-codec"]),
    ("media-plane", &["mcptt-codec"]),
    ("mcptt-server", &["mcptt-codec", "call-control", "media-plane"]),
    ("conformance", &["mcptt-codec", "call-control", "media-plane", "mcptt-server"]),
];

/// Crates without input, output or time of their own.
const PURE: [&str; 3] = ["mcptt-codec", "call-control", "media-plane"];

/// Foreign crates that only one folder may name; the benches of its crate may compare with them.
const CONFINED: [(&str, &str); 3] = [
    ("rsip", "mcptt-codec/src/sip"),
    ("openssl", "media-plane/src/crypto"),
    ("srtp", "media-plane/src/crypto"),
];

/// Where a clock may be read: the driver, the remote target of the test kit, the helpers that start a virtual clock, and benches.
const CLOCKS: [&str; 5] = [
    r"^mcptt-server/src/driver/",
    r"^conformance/src/(rig/)?remote(\.rs|/)",
    r"^[a-z-]+/src/testing(\.rs|/)",
    r"^media-plane/tests/allocations\.rs$",
    r"^[a-z-]+/benches/",
];

const FOLDERS: [&str; 8] = [
    "mcptt-codec",
    "call-control",
    "media-plane",
    "mcptt-server",
    "conformance",
    "captures",
    "specs",
    "fuzz",
];

/// This file spells out what it forbids.
const THIS_FILE: &str = "conformance/tests/tidy.rs";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace").to_owned()
}

/// All our Rust files: path from the root, text.
fn sources() -> Vec<(String, String)> {
    let root = root();
    let files = rust_files(&root).expect("the tree is readable");
    files
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("the file is readable");
            let name = path.strip_prefix(&root).expect("the file lies below the root");
            (name.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/"), text)
        })
        .collect()
}

/// Places where a line of code, comments left out, matches.
fn places(pattern: &str, but: impl Fn(&str) -> bool) -> Vec<String> {
    let pattern = Regex::new(pattern).expect("the expression is a constant");
    let mut found = Vec::new();
    for (file, text) in sources() {
        if file == THIS_FILE || but(&file) {
            continue;
        }
        for (index, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if pattern.is_match(code) {
                found.push(format!("{file}:{}: {}", index + 1, line.trim()));
            }
        }
    }
    found
}

#[track_caller]
fn none(rule: &str, found: &[String]) {
    assert!(found.is_empty(), "{rule}:\n{}\n", found.join("\n"));
}

/// Package name -> names of its direct dependencies of every kind.
fn declared() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--no-deps", "--format-version", "1"])
        .current_dir(root())
        .output()
        .expect("cargo runs, it runs this test");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let packages = metadata["packages"].as_array().expect("metadata lists packages");
    packages
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().into_iter().flatten();
            (text(&package["name"]), dependencies.map(|dependency| text(&dependency["name"])).collect())
        })
        .collect()
}

/// Everything a package reaches according to `Cargo.lock`.
fn reached(package: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join("Cargo.lock")).expect("the lock file is committed");
    let lock: toml::Table = text.parse().expect("the lock file is TOML");
    let mut edges: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for entry in lock["package"].as_array().expect("the lock file lists packages") {
        let name = entry["name"].as_str().expect("a package has a name");
        let dependencies = entry.get("dependencies").and_then(|list| list.as_array()).into_iter().flatten();
        let names = dependencies.filter_map(|name| name.as_str()?.split(' ').next());
        edges.entry(name).or_default().extend(names);
    }
    let mut seen = BTreeSet::new();
    let mut open = vec![package];
    while let Some(name) = open.pop() {
        if seen.insert(name.to_owned()) {
            open.extend(edges.get(name).into_iter().flatten());
        }
    }
    seen
}

#[test]
fn dependencies_point_one_way() {
    let declared = declared();
    let ours: BTreeSet<&str> = MAY_NAME.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        declared.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        ours,
        "the members of the workspace"
    );
    let mut found = Vec::new();
    for (name, allowed) in MAY_NAME {
        // A crate may name itself: tests with features that its users have to ask for.
        let named =
            declared[name].iter().filter(|other| ours.contains(other.as_str()) && other.as_str() != name);
        found.extend(
            named
                .filter(|other| !allowed.contains(&other.as_str()))
                .map(|other| format!("{name} -> {other}")),
        );
    }
    none("a dependency against the direction of ARCHITECTURE.md", &found);
}

#[test]
fn pure_crates_never_reach_a_runtime() {
    let mut found = Vec::new();
    for name in PURE {
        let reached = reached(name);
        let runtimes = ["tokio", "async-std", "smol", "mio", "socket2"];
        found.extend(
            runtimes.iter().filter(|runtime| reached.contains(**runtime)).map(|r| format!("{name} -> {r}")),
        );
    }
    none("the codec and both planes know no runtime and no sockets", &found);
}

#[test]
fn foreign_crates_stay_where_they_are_confined() {
    let declared = declared();
    for (name, folder) in CONFINED {
        let owner = folder.split('/').next().unwrap_or_default();
        let found =
            places(&format!(r"(^|[^:\w.])(::)?{name}::|\buse {name}\b|extern crate {name}\b"), |file| {
                file.starts_with(&format!("{folder}/"))
                    || file == format!("{folder}.rs")
                    || file.starts_with(&format!("{owner}/benches/"))
            });
        none(&format!("only {folder} may name {name}"), &found);
        let found: Vec<String> = declared
            .iter()
            .filter(|(package, dependencies)| package.as_str() != owner && dependencies.contains(name))
            .map(|(package, _)| package.clone())
            .collect();
        none(&format!("only {owner} may depend on {name}"), &found);
    }
}

#[test]
fn no_nom_type_in_a_public_signature() {
    let mut found = Vec::new();
    for (file, text) in sources().into_iter().filter(|(file, _)| file != THIS_FILE) {
        let lines: Vec<&str> = text.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            let Some(item) = line.trim_start().strip_prefix("pub ") else { continue };
            // A function may run over several lines up to its body; fields, aliases and re-exports stand on one.
            let function = item.starts_with("fn ") || item.starts_with("const fn ");
            let end = lines.iter().skip(index).position(|line| line.contains(['{', ';'])).unwrap_or(0);
            let signature = lines[index..=index + if function { end } else { 0 }].concat();
            if signature.contains("nom::") || signature.contains("IResult") {
                found.push(format!("{file}:{}: {}", index + 1, line.trim()));
            }
        }
    }
    none("nom is private to the module that parses with it", &found);
}

#[test]
fn nothing_of_ours_is_unsafe() {
    none("no unsafe code of ours", &places(r"\bunsafe\b", |_| false));
}

#[test]
fn clocks_are_read_in_few_places() {
    let allowed: Vec<Regex> =
        CLOCKS.iter().map(|pattern| Regex::new(pattern).expect("the expression is a constant")).collect();
    let found =
        places(r"\b(Instant|SystemTime)::now\b", |file| allowed.iter().any(|place| place.is_match(file)));
    none("protocol code is told the time", &found);
}

#[test]
fn no_file_outgrows_its_reader() {
    let mut found = Vec::new();
    for (file, text) in sources().into_iter().filter(|(file, _)| !is_test_file(file)) {
        let lines: Vec<&str> = text.lines().collect();
        let mut in_tests = false;
        let mut count = 0;
        for (index, line) in lines.iter().enumerate() {
            in_tests |= inline_test_module(&lines, index).is_some();
            count += usize::from(!in_tests);
            in_tests &= *line != "}";
        }
        if count > MAX_LINES {
            found.push(format!("{file}: {count} lines"));
        }
    }
    none("split a file before it has more than 600 lines that are not tests", &found);
}

#[test]
fn nothing_is_left_for_later_in_code() {
    let found = places(r"#\[ignore|\b(todo|unimplemented|dbg)!", |_| false);
    none("no ignored tests and no placeholders", &found);
    let words = Regex::new(r"\b(FIXME|TODO|XXX)\b").expect("the expression is a constant");
    let mut found = Vec::new();
    for (file, text) in sources().into_iter().filter(|(file, _)| file != THIS_FILE) {
        let lines = text.lines().enumerate().filter(|(_, line)| words.is_match(line));
        found.extend(lines.map(|(index, line)| format!("{file}:{}: {}", index + 1, line.trim())));
    }
    none("what is missing stands in specs/, with a reason", &found);
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    let missing: Vec<String> = MAY_NAME
        .iter()
        .filter(|(name, _)| {
            let manifest =
                std::fs::read_to_string(root().join(name).join("Cargo.toml")).expect("a member has one");
            let manifest: toml::Table = manifest.parse().expect("the manifest is TOML");
            manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(|on| on.as_bool())
                != Some(true)
        })
        .map(|(name, _)| (*name).to_owned())
        .collect();
    none("[lints] workspace = true", &missing);
}

#[test]
fn every_folder_has_its_place() {
    let ignored = std::fs::read_to_string(root().join(".gitignore")).unwrap_or_default();
    let ignored: BTreeSet<&str> = ignored.lines().map(|line| line.trim_matches('/')).collect();
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root()).expect("the root is readable") {
        let entry = entry.expect("the root is readable");
        let name = entry.file_name().to_string_lossy().into_owned();
        let folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if folder
            && !name.starts_with('.')
            && !ignored.contains(name.as_str())
            && !FOLDERS.contains(&name.as_str())
        {
            found.push(name);
        }
    }
    none("a folder that ARCHITECTURE.md does not know", &found);
}

#[test]
fn the_readme_says_what_is_implemented() {
    let Ok(text) = std::fs::read_to_string(root().join("README.md")) else { return };
    let catalogue = Catalogue::load(&root().join("specs")).expect("the catalogue is sound");
    let citations = Citations::collect(&root()).expect("the tree is readable");
    let matrix = Matrix::build(&catalogue, &citations, None);
    let updated = readme::update(&text, &matrix);
    assert!(updated.is_some(), "README.md has no section between {} and {}", readme::BEGIN, readme::END);
    assert!(
        updated.as_deref() == Some(text.as_str()),
        "the coverage section of README.md is not the present state; refresh it with\n\
         UPDATE_COVERAGE=1 cargo test -p conformance --test traceability\n"
    );
}

#[test]
fn the_source_tree_is_found_from_any_folder_in_it() {
    let found = trace::workspace_root(&root().join("conformance/src/trace"));
    assert_eq!(found, Some(root()));
}
