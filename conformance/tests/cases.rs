//! The cases of `mcptt-conformance run` as tests of Cargo: each has its id as name, so that lists, filters, shards and retries of
//! test runners work with them (`cargo test -p conformance --test cases -- FC-06`).

use conformance::case::{self, Verdict};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() {
    let trials = case::all().into_iter().map(|case| {
        let trial = Trial::test(case.id, || passes(case));
        // On virtual time nothing can be measured; that it then says so has a test of its own.
        trial.with_ignored_flag(case.measures())
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}

fn passes(case: &'static case::Case) -> Result<(), Failed> {
    let result = case::run(case, 1);
    match result.verdict {
        Verdict::Pass => Ok(()),
        verdict => Err(format!("{}: {}", verdict.word(), verdict.reason()).into()),
    }
}
