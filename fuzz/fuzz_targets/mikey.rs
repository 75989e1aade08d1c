//! A MIKEY message, binary or in base64.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| mcptt_codec::fuzzing::mikey::mikey(data));
