//! Every XML body of a message but mcptt-info.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| mcptt_codec::fuzzing::xml::xml_body(data));
