//! The octets of a SIP connection, in pieces.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| mcptt_codec::fuzzing::sip::sip_stream(data));
