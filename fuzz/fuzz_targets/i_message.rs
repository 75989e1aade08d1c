//! A client's key in its message, and encapsulated data.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| mcptt_server::fuzzing::i_message(data));
