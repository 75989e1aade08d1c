//! An XML body: mcptt-info and every other one.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| mcptt_codec::fuzzing::text::xml_body(data));
