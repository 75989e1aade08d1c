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

/// With a compiler that only pretends: what the services look for is all there.
#[test]
fn the_build_script_for_fuzzing_services_collects_binaries_dictionaries_and_seeds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = std::env::temp_dir().join(format!("mcptt-oss-fuzz-{}", std::process::id()));
    let (programs, out) = (folder.join("programs"), folder.join("out"));
    fs::create_dir_all(&programs).unwrap();
    let pretender = "#!/bin/sh\n\
        targets() { ls fuzz_targets | sed 's/[.]rs$//'; }\n\
        if [ \"$2\" = list ]; then targets; exit; fi\n\
        echo \"$@\" >>\"$CARGO_TARGET_DIR/arguments\"\n\
        eval folder=\"\\$CARGO_TARGET_DIR/\\${$#}/release\"; mkdir -p \"$folder\"\n\
        for target in $(targets); do echo binary >\"$folder/$target\"; done\n";
    let cargo = programs.join("cargo");
    fs::write(&cargo, pretender).unwrap();
    std::process::Command::new("chmod").arg("+x").arg(&cargo).status().unwrap();
    let run = |sanitizer: &str| {
        let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap_or_default());
        std::process::Command::new("bash")
            .arg(root.join("fuzz/oss-fuzz-build.sh"))
            .env("PATH", path)
            .env("OUT", &out)
            .env("SANITIZER", sanitizer)
            .env("CARGO_TARGET_DIR", &folder)
            .output()
            .unwrap()
    };
    let built = run("none");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let arguments = fs::read_to_string(folder.join("arguments")).unwrap();
    assert!(arguments.starts_with("fuzz build --sanitizer none --release --target "), "{arguments}");
    for target in fs::read_dir(root.join("fuzz/fuzz_targets")).unwrap() {
        let target = target.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned();
        for file in [target.clone(), format!("{target}.dict"), format!("{target}_seed_corpus.zip")] {
            let size = fs::metadata(out.join(&file)).map(|file| file.len()).unwrap_or_default();
            assert!(size > 0, "{file}");
        }
        let options = fs::read_to_string(out.join(format!("{target}.options"))).unwrap();
        assert!(options.contains(&format!("dict = {target}.dict")), "{options}");
    }
    let refused = run("memory");
    assert_eq!(refused.status.code(), Some(2), "{}", String::from_utf8_lossy(&refused.stderr));
    fs::remove_dir_all(&folder).unwrap();
}
