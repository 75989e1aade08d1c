//! Every input of the fuzz corpus of the node goes through the body of its target.

use std::fs;
use std::path::Path;

#[test]
fn every_input_of_the_corpus_leaves_the_node_intact() {
    replay("node_steps", mcptt_server::fuzzing::node_steps);
}

#[test]
fn no_input_of_the_corpus_gives_a_key() {
    replay("i_message", mcptt_server::fuzzing::i_message);
}

fn replay(target: &str, body: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut replayed = 0;
    for file in files {
        let file = file.expect("a folder can be listed").path();
        let octets = fs::read(&file).expect("a file of the corpus can be read");
        let passed = std::panic::catch_unwind(|| body(&octets)).is_ok();
        assert!(passed, "{target} fails with {}", file.display());
        replayed += 1;
    }
    assert!(replayed > 0, "{} is empty", folder.display());
}
