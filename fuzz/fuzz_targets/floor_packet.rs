//! One floor control packet, both levels.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| mcptt_codec::fuzzing::floor_packet(data));
