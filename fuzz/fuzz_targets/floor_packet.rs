//! One packet of each protocol of TS 24.380, both levels.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| mcptt_codec::fuzzing::binary::floor_packet(data));
