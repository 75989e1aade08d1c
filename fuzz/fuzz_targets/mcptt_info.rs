//! An mcptt-info body.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| mcptt_codec::fuzzing::xml::mcptt_info(data));
