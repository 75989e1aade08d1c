//! One capture file, in pieces and whole.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| conformance::fuzzing::capture(data));
