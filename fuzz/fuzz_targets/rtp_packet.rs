//! An RTP packet, its header extension, and its payload read as redundancy and as forward error correction.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| mcptt_codec::fuzzing::media::rtp_packet(data));
