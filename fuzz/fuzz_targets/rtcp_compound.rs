//! A datagram of a media port: RTCP packets, or RTP.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| mcptt_codec::fuzzing::binary::media_datagram(data));
