//! A document of group or configuration management, or a body that goes with them.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| mcptt_codec::fuzzing::documents::xml_document(data));
