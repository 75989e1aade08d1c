//! The value of one SIP header field.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| mcptt_codec::fuzzing::sip::sip_header(data));
