//! The readable view of a datagram and the way back from it, also from a changed view.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| mcptt_codec::fuzzing::view::view_encode(data));
