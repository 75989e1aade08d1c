//! A session description.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| mcptt_codec::fuzzing::sdp::description(data));
