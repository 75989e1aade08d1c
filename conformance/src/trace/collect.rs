//! Reading citations out of Rust source.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

use crate::catalogue::natural;

static CITATION: LazyLock<Regex> = LazyLock::new(|| {
    let id = crate::catalogue::ID;
    Regex::new(&format!(r"^\s*//= ({id})( test| implied)?$")).expect("the expression is a constant")
});

/// Where a citation stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// Path from the root of the tree, with slashes.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// What a citation claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The next line does it.
    Code,
    /// The next test proves it.
    Test,
    /// The types leave no other way; needs no test.
    Implied,
}

/// One citation line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Citation {
    /// The requirement.
    pub id: String,
    /// What is claimed.
    pub kind: Kind,
    /// Where.
    pub place: Place,
    /// For a test, its name the way `cargo test` prints it, after the name of the package.
    pub test: Option<String>,
}

/// A citation line that cannot count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// What is wrong.
    pub kind: FaultKind,
}

/// What is wrong with a citation line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The line starts like a citation but is none.
    Malformed(String),
    /// A citation of test code that does not say `test`.
    CodeInTest(String),
    /// A `test` citation with no test function below or around it.
    NoTestFunction(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = &self.place;
        match &self.kind {
            FaultKind::Malformed(line) => write!(f, "{place}: not a citation: {line}"),
            FaultKind::CodeInTest(id) => write!(f, "{place}: {id} is cited in test code, write '{id} test'"),
            FaultKind::NoTestFunction(id) => write!(f, "{place}: {id} test: no test function here"),
        }
    }
}

/// Why a tree could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {error}", path.display())]
pub struct CollectError {
    /// The file or folder.
    pub path: PathBuf,
    /// What the operating system said.
    pub error: std::io::Error,
}

/// All citations of a source tree, in order of file and line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Citations {
    /// Citations that count.
    pub list: Vec<Citation>,
    /// Lines that do not.
    pub faults: Vec<Fault>,
}

impl Citations {
    /// Reads every `.rs` file below `root`.
    pub fn collect(root: &Path) -> Result<Self, CollectError> {
        let mut citations = Citations::default();
        for path in rust_files(root)? {
            let text =
                std::fs::read_to_string(&path).map_err(|error| CollectError { path: path.clone(), error })?;
            let file = path.strip_prefix(root).unwrap_or(&path);
            citations
                .read(&file.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/"), &text);
        }
        Ok(citations)
    }

    /// Reads one file; `file` is its path from the root of the tree.
    pub fn read(&mut self, file: &str, text: &str) {
        let lines: Vec<&str> = text.lines().collect();
        let mut module = None;
        let mut function = None;
        for (index, line) in lines.iter().enumerate() {
            if let Some(name) = inline_test_module(&lines, index) {
                module = Some(name);
            } else if *line == "}" {
                module = None;
                function = None;
            }
            if let Some(name) = function_name(line) {
                function = Some(name);
            }
            if !line.trim_start().starts_with("//=") {
                continue;
            }
            let place = Place { file: file.to_owned(), line: index + 1 };
            let Some(found) = CITATION.captures(line) else {
                self.faults.push(Fault { place, kind: FaultKind::Malformed(line.trim().to_owned()) });
                continue;
            };
            let id = found[1].to_owned();
            let kind = match found.get(2).map(|word| word.as_str()) {
                Some(" test") => Kind::Test,
                Some(_) => Kind::Implied,
                None => Kind::Code,
            };
            let in_test = is_test_file(file) || module.is_some();
            let test = match kind {
                Kind::Test => {
                    let Some(name) = function_below(&lines[index..]).or(function) else {
                        self.faults.push(Fault { place, kind: FaultKind::NoTestFunction(id) });
                        continue;
                    };
                    Some(test_name(file, module, name))
                }
                Kind::Code if in_test => {
                    self.faults.push(Fault { place, kind: FaultKind::CodeInTest(id) });
                    continue;
                }
                Kind::Code | Kind::Implied => None,
            };
            self.list.push(Citation { id, kind, place, test });
        }
    }
}

/// Every `.rs` file below a folder in natural order; build output, vendored code and hidden folders are left out.
pub fn rust_files(root: &Path) -> Result<Vec<PathBuf>, CollectError> {
    let fault = |path: &Path, error| CollectError { path: path.to_owned(), error };
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|error| fault(&folder, error))? {
            let entry = entry.map_err(|error| fault(&folder, error))?;
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            let kind = entry.file_type().map_err(|error| fault(&path, error))?;
            if kind.is_dir() && !name.starts_with('.') && name != "target" && name != "vendor" {
                folders.push(path);
            } else if kind.is_file() && name.ends_with(".rs") {
                files.push(path);
            }
        }
    }
    files.sort_by(|a, b| natural(&a.to_string_lossy(), &b.to_string_lossy()));
    Ok(files)
}

/// Whether the whole file is test code.
pub fn is_test_file(file: &str) -> bool {
    let mut parts = file.split('/').rev();
    parts.next() == Some("tests.rs") || parts.any(|folder| folder == "tests" || folder == "benches")
}

/// The name of the test module that opens at this line, if one does.
pub fn inline_test_module<'a>(lines: &[&'a str], index: usize) -> Option<&'a str> {
    let line = lines.get(index)?.trim_start_matches("pub ").trim_start_matches("pub(crate) ");
    let name = line.strip_prefix("mod ")?.strip_suffix(" {")?;
    let above = lines[..index].iter().rev().take_while(|line| line.starts_with("#["));
    above
        .into_iter()
        .any(|line| line.starts_with("#[cfg(test)]") || line.starts_with("#[cfg(all(test"))
        .then_some(name)
}

/// The function directly below a citation, past attributes, comments and other citations.
fn function_below<'a>(lines: &[&'a str]) -> Option<&'a str> {
    let mut depth = 0_i32;
    for line in lines {
        let trimmed = line.trim();
        if depth > 0 || trimmed.starts_with("#[") {
            depth += brackets(trimmed);
        } else if !trimmed.starts_with("//") {
            return function_name(line);
        }
    }
    None
}

fn brackets(line: &str) -> i32 {
    line.chars().map(|c| i32::from(c == '[') - i32::from(c == ']')).sum()
}

fn function_name(line: &str) -> Option<&str> {
    let mut rest = line.trim_start();
    for word in ["pub(crate) ", "pub(super) ", "pub ", "const ", "async "] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    let rest = rest.strip_prefix("fn ")?;
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    Some(&rest[..end])
}

/// `media-plane/src/floor/queue.rs`, module `tests`, `order` -> `media-plane::floor::queue::tests::order`.
fn test_name(file: &str, module: Option<&str>, function: &str) -> String {
    let mut parts: Vec<&str> = file.trim_end_matches(".rs").split('/').collect();
    if parts.len() > 1 && matches!(parts[1], "src" | "tests") {
        parts.remove(1);
    }
    if parts.len() > 1 && matches!(parts.last(), Some(&"mod" | &"lib" | &"main")) {
        parts.pop();
    }
    parts.extend(module);
    parts.push(function);
    parts.join("::")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &str, lines: &[&str]) -> Citations {
        let mut citations = Citations::default();
        citations.read(file, &lines.join("\n"));
        citations
    }

    fn cited(id: &str, kind: Kind, file: &str, line: usize, test: Option<&str>) -> Citation {
        Citation {
            id: id.into(),
            kind,
            place: Place { file: file.into(), line },
            test: test.map(str::to_owned),
        }
    }

    #[test]
    fn the_grammar_takes_every_id_of_the_catalogue() {
        let catalogue = crate::catalogue::Catalogue::embedded().unwrap();
        for requirement in catalogue.requirements() {
            for (ending, kind) in [("", Kind::Code), (" implied", Kind::Implied)] {
                let line = format!("    //= {}{ending}", requirement.id);
                let citations = read("a/src/b.rs", &[&line]);
                assert_eq!(citations.list, [cited(&requirement.id, kind, "a/src/b.rs", 1, None)]);
            }
        }
    }

    #[test]
    fn code_and_tests_are_told_apart_and_tests_are_named() {
        let file = "media-plane/src/floor/queue.rs";
        let citations = read(
            file,
            &[
                "fn serve() {",
                "    //= 24.380-6.3.4.3.2:3",
                "    next();",
                "}",
                "#[cfg(test)]",
                "mod tests {",
                "    //= 24.380-6.3.4.3.2:3 test",
                "    // why",
                "    //= RFC8101-rp test",
                "    #[test]",
                "    fn served_in_order() {",
                "        //= 24.379-4.2:private-psi test",
                "        serve();",
                "    }",
                "    //= 24.481-enabled test",
                "    #[cases([",
                "        1,",
                "    ])]",
                "    pub(crate) async fn table(x: u8) {}",
                "}",
            ],
        );
        let tests = "media-plane::floor::queue::tests::served_in_order";
        assert_eq!(
            citations,
            Citations {
                list: vec![
                    cited("24.380-6.3.4.3.2:3", Kind::Code, file, 2, None),
                    cited("24.380-6.3.4.3.2:3", Kind::Test, file, 7, Some(tests)),
                    cited("RFC8101-rp", Kind::Test, file, 9, Some(tests)),
                    cited("24.379-4.2:private-psi", Kind::Test, file, 12, Some(tests)),
                    cited(
                        "24.481-enabled",
                        Kind::Test,
                        file,
                        15,
                        Some("media-plane::floor::queue::tests::table")
                    ),
                ],
                faults: vec![],
            }
        );
    }

    #[test]
    fn lines_that_only_look_like_citations_are_faults() {
        let citations = read(
            "x/src/lib.rs",
            &[
                "//= 24.380-6.3.4 tests",
                "//=24.380-6.3.4",
                "//= rfc3261-ext",
                "//= RFC3261-ext test",
                "/// //= x",
            ],
        );
        assert_eq!(citations.list, []);
        let shown: Vec<String> = citations.faults.iter().map(Fault::to_string).collect();
        assert_eq!(
            shown,
            [
                "x/src/lib.rs:1: not a citation: //= 24.380-6.3.4 tests",
                "x/src/lib.rs:2: not a citation: //=24.380-6.3.4",
                "x/src/lib.rs:3: not a citation: //= rfc3261-ext",
                "x/src/lib.rs:4: RFC3261-ext test: no test function here",
            ]
        );
    }

    #[test]
    fn a_citation_in_test_code_has_to_say_test() {
        for file in ["x/tests/a.rs", "x/src/a/tests.rs", "x/src/a/tests/b.rs"] {
            let citations = read(file, &["fn f() {", "    //= 24.380-6.3.4.1"]);
            assert_eq!(citations.list, []);
            assert_eq!(
                citations.faults[0].to_string(),
                format!("{file}:2: 24.380-6.3.4.1 is cited in test code, write '24.380-6.3.4.1 test'")
            );
        }
    }

    #[test]
    fn test_names_are_the_ones_cargo_prints() {
        let cases = [
            ("mcptt-codec/tests/vectors.rs", None, "mcptt-codec::vectors::f"),
            ("mcptt-codec/src/lib.rs", Some("tests"), "mcptt-codec::tests::f"),
            ("mcptt-codec/src/floor/mod.rs", Some("tests"), "mcptt-codec::floor::tests::f"),
            ("mcptt-codec/src/floor/tests.rs", None, "mcptt-codec::floor::tests::f"),
        ];
        for (file, module, name) in cases {
            assert_eq!(test_name(file, module, "f"), name);
        }
    }
}
