use super::*;

const ENTRY: &str = r#"
title = "General floor control operation"

[[clause]]
id = "24.380-6.3.4.3.3:1a"
clause = "6.3.4.3.3"
title = "Lone participant"
role = "server"
release = "13"
level = "shall"
summary = "A lone requester is denied."
stimulus = "Floor Request"
expected = "Floor Deny cause 3"
timers = ["T2"]
confidence = "high"
sources = ["NS3"]
"#;

fn fault(path: &str, text: &str) -> String {
    Catalogue::from_files([(path, text)]).expect_err("the entry is broken on purpose").to_string()
}

#[test]
fn the_embedded_catalogue_holds_every_id() {
    let catalogue = Catalogue::embedded().expect("the catalogue of this tree is sound");
    let floor = catalogue.requirements().filter(|requirement| requirement.spec() == "24.380").count();
    // The first catalogue had so many; ids may be added, and are retired but never removed.
    assert!(floor >= 297 && catalogue.len() - floor >= 487, "{floor} of {}", catalogue.len());
}

#[test]
fn the_embedded_catalogue_is_the_one_on_disk() {
    let specs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs");
    assert_eq!(Catalogue::load(&specs).unwrap(), Catalogue::embedded().unwrap());
}

#[test]
fn a_requirement_is_read_with_all_members() {
    let catalogue = Catalogue::from_files([("24.380/6.3.4.toml", ENTRY)]).unwrap();
    let expected = Requirement {
        id: "24.380-6.3.4.3.3:1a".into(),
        clause: "6.3.4.3.3".into(),
        title: "Lone participant".into(),
        role: Role::Server,
        release: 13,
        level: Level::Shall,
        summary: "A lone requester is denied.".into(),
        stimulus: "Floor Request".into(),
        expected: "Floor Deny cause 3".into(),
        timers: vec!["T2".into()],
        confidence: Confidence::High,
        sources: vec!["NS3".into()],
        exception: None,
        todo: None,
    };
    assert_eq!(catalogue.get("24.380-6.3.4.3.3:1a"), Some(&expected));
    assert_eq!(expected.spec(), "24.380");
    assert_eq!(expected.citation(), "TS 24.380 6.3.4.3.3");
    assert_eq!(catalogue.groups()[0].name(), "TS 24.380 6.3.4");
    assert_eq!(catalogue.get("24.380-6.3.4.3.3:1b"), None);
}

#[test]
fn faults_name_the_file_and_the_id() {
    let path = "24.380/6.3.4.toml";
    let at = "specs/24.380/6.3.4.toml: 24.380-6.3.4.3.3:1a: ";
    let cases = [
        (ENTRY.replace("\"server\"", "\"boss\""), "unknown variant `boss`"),
        (ENTRY.replace("\"shall\"", "\"must\""), "unknown variant `must`"),
        (ENTRY.replace("\"13\"", "\"7\""), "release \"7\" is not a release from 13 to 20"),
        (ENTRY.replace("timers", "clocks"), "unknown field `clocks`"),
        (ENTRY.replace("\"Floor Request\"", "\" \""), "stimulus is empty"),
        (
            ENTRY.replace("\"6.3.4.3.3\"", "\"6.3.4.3.4\""),
            "clause \"6.3.4.3.4\" is neither \"6.3.4.3.3\" nor \"24.380\"",
        ),
        (format!("{ENTRY}todo = \"\"\n"), "a reason is mandatory"),
        (format!("{ENTRY}todo = \"a\"\nexception = \"b\"\n"), "exception and todo exclude each other"),
    ];
    for (text, reason) in cases {
        let message = fault(path, &text);
        assert!(message.starts_with(&format!("{at}{reason}")), "{message}");
    }
    assert_eq!(
        fault("24.379/6.3.4.toml", ENTRY),
        "specs/24.379/6.3.4.toml: 24.380-6.3.4.3.3:1a: an id of 24.380 does not belong into a file of 24.379"
    );
    let twice = format!("{ENTRY}{}", ENTRY.split_once("\n\n").unwrap().1);
    assert_eq!(fault(path, &twice), format!("{at}the id is already used in specs/24.380/6.3.4.toml"));
    let nameless = ENTRY.replace("id = \"24.380-6.3.4.3.3:1a\"\n", "");
    assert!(fault(path, &nameless).starts_with("specs/24.380/6.3.4.toml: entry 1: missing field `id`"));
    let odd = ENTRY.replace("24.380-6.3.4.3.3:1a", "24.380/6.3.4.3.3");
    assert_eq!(
        fault(path, &odd),
        "specs/24.380/6.3.4.toml: 24.380/6.3.4.3.3: the id is not of the form 24.380-6.3.4.3.3:1a"
    );
    assert!(fault(path, "title = 3").starts_with("specs/24.380/6.3.4.toml: TOML parse error at line 1"));
}
