//! Every input of the fuzz corpus of the capture reader goes through the body of its target.

use std::fs;
use std::path::Path;

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
