//! sipsak asks what the server can do.

use std::process::Command;

use super::server::Server;
use super::tool::{is_there, printed};

#[test]
fn sipsak_is_told_the_abilities() {
    if !is_there("sipsak", "sipsak") {
        return;
    }
    let server = Server::start(16000, &[]);
    let output = Command::new("sipsak")
        .args(["-vv", "-s", &format!("sip:participating@{}", server.address)])
        .output()
        .expect("sipsak runs");
    let text = printed(&output);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("SIP/2.0 200"), "{text}");
    assert!(text.contains("INVITE") && text.contains("PRACK"), "Allow is missing: {text}");
}
