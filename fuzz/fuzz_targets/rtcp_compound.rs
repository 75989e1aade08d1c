//! A datagram of RTCP packets.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| mcptt_codec::fuzzing::binary::rtcp_compound(data));
