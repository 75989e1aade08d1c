//! One MONP datagram, both levels.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| mcptt_codec::fuzzing::monp::monp(data));
