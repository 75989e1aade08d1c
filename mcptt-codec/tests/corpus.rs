//! Every input of the fuzz corpora goes through the body of its target.

use std::fs;
use std::path::Path;

use mcptt_codec::fuzzing::TARGETS;

#[test]
fn every_corpus_passes_its_target() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    for &(target, body) in TARGETS {
        let folder = corpus.join(target);
        let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut replayed = 0;
        for file in files {
            let file = file.unwrap().path();
            let octets = fs::read(&file).unwrap();
            let passed = std::panic::catch_unwind(|| body(&octets)).is_ok();
            assert!(passed, "{target} fails with {}", file.display());
            replayed += 1;
        }
        assert!(replayed > 0, "{} is empty", folder.display());
    }
}
