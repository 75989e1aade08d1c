//! A SIP datagram with its bodies.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| mcptt_codec::fuzzing::sip::sip_message(data));
