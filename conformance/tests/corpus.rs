//! Every input of the fuzz corpus of the capture reader goes through the body of its target; its dictionary is what the
//! reader and the corpus say.
//!
//! `UPDATE_DICTIONARIES=1 cargo test -p conformance --test corpus` writes it anew.

use std::fs;
use std::path::Path;

use mcptt_codec::fuzzing::dictionary::{words_of_four, written};

#[test]
fn the_dictionary_is_what_the_tables_and_the_seeds_say() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    let mut tokens = conformance::fuzzing::capture_words();
    for seed in fs::read_dir(fuzz.join("corpus/capture")).unwrap() {
        words_of_four(&fs::read(seed.unwrap().path()).unwrap(), &mut tokens);
    }
    let expected = written("conformance/tests/corpus.rs", &tokens);
    let path = fuzz.join("dictionaries/capture.dict");
    if std::env::var_os("UPDATE_DICTIONARIES").is_some() {
        fs::write(&path, &expected).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap_or_default() == expected,
        "fuzz/dictionaries/capture.dict is out of date; run UPDATE_DICTIONARIES=1 cargo test -p conformance --test corpus"
    );
}

#[test]
fn every_input_of_the_corpus_is_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/capture");
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut replayed = 0;
    for file in files {
        let file = file.unwrap().path();
        let octets = fs::read(&file).unwrap();
        let passed = std::panic::catch_unwind(|| conformance::fuzzing::capture(&octets)).is_ok();
        assert!(passed, "capture fails with {}", file.display());
        replayed += 1;
    }
    assert!(replayed > 0, "{} is empty", folder.display());
}
