//! A node under datagrams on every port and passing time.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| mcptt_server::fuzzing::node_steps(data));
