//! What the server has sent, as SIPp has kept it, dissected by tshark: no frame is malformed, and of every XML body each
//! element that is opened is closed by its own name. Our own decoder has no say in it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use mcptt_server::capture::{Link, Writer};

use super::tool::printed;

/// What SIPp writes above a message that it has received; the length in octets follows.
const RECEIVED: &[u8] = b"UDP message received [";
/// What tshark calls an XML body.
const XML: &str = "eXtensible Markup Language";

/// Where SIPp keeps the messages of one user in one scenario.
pub fn kept(folder: &Path, user: &str, scenario: &str) -> PathBuf {
    folder.join(format!("{user}-{scenario}.messages"))
}

/// The messages that SIPp has received, of everything that it has kept in a folder.
fn received(folder: &Path) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|end| end == "messages")) {
        let text = std::fs::read(file).expect("the messages are read");
        let mut rest = &text[..];
        while let Some(at) = rest.windows(RECEIVED.len()).position(|window| window == RECEIVED) {
            rest = &rest[at + RECEIVED.len()..];
            let end = rest.iter().position(|&octet| octet == b']').expect("the end of the length");
            let length = String::from_utf8_lossy(&rest[..end]);
            let length: usize = length.parse().expect("a length");
            let start = rest.windows(2).position(|window| window == b"\n\n").expect("an empty line") + 2;
            messages.push(rest[start..start + length].to_vec());
            rest = &rest[start + length..];
        }
    }
    messages
}

/// Every XML body that the server has sent is well-formed for tshark. Returns the root elements, in order.
pub fn must_be_well_formed(folder: &Path) -> Vec<String> {
    let messages = received(folder);
    assert!(!messages.is_empty(), "SIPp has kept nothing in {}", folder.display());
    let file = folder.join("received.pcapng");
    let out = std::fs::File::create(&file).expect("the capture is made");
    let mut writer = Writer::new(out, Link::RawIp, "interop").expect("the capture is written");
    let [server, client] = [5060, 5061].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
    for message in &messages {
        writer.datagram::<&str>(Duration::ZERO, server, client, message, &[]).expect("a datagram is written");
    }
    writer.finish().expect("the capture is complete");
    let malformed = tshark(&file, &["-Y", "_ws.malformed"]);
    assert!(malformed.is_empty(), "tshark finds malformed frames:\n{malformed}");
    let text: Vec<_> = messages.iter().map(|message| String::from_utf8_lossy(message)).collect();
    let lines = text.iter().flat_map(|message| message.lines());
    let declared = lines.filter(|line| line.starts_with("Content-Type:") && line.contains("+xml")).count();
    let roots = roots(&tshark(&file, &["-V"]));
    assert_eq!(roots.len(), declared, "tshark sees other bodies than are declared: {roots:?}");
    roots
}

fn tshark(file: &Path, arguments: &[&str]) -> String {
    let output = Command::new("tshark")
        .arg("-n")
        .arg("-r")
        .arg(file)
        .args(arguments)
        .env("LC_ALL", "C.UTF-8")
        .output()
        .expect("tshark runs");
    assert!(output.status.success(), "tshark: {}", printed(&output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Walks the trees of all XML bodies. tshark lets an element without end pass; here it is an error.
fn roots(dissection: &str) -> Vec<String> {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let mut lines = dissection.lines().peekable();
    let mut roots = Vec::new();
    while let Some(line) = lines.next() {
        if line.trim() != XML {
            continue;
        }
        let mut open: Vec<&str> = Vec::new();
        let mut root = None;
        while let Some(inner) = lines.next_if(|inner| depth(inner) > depth(line)) {
            let inner = inner.trim();
            let name = inner.trim_start_matches(['<', '/']).split([' ', '>', '/']).next().unwrap_or_default();
            if inner.starts_with("</") {
                assert_eq!(open.pop(), Some(name), "{inner} closes something else");
            } else if inner.starts_with('<') && !inner.starts_with("<?") {
                root.get_or_insert(name);
                open.push(name);
                if inner.ends_with("/>") {
                    open.pop();
                }
            } else if inner.ends_with("\"/>") {
                // Behind the last attribute of an empty element.
                open.pop();
            }
        }
        assert!(open.is_empty(), "{open:?} have no end");
        roots.push(root.expect("a body has an element").to_owned());
    }
    roots
}

#[test]
fn an_element_without_end_is_found() {
    let tree = |last: &str| {
        format!("  {XML}\n   <?xml\n    ?>\n   <a\n    b=\"c\">\n    <d>\n     text\n     {last}\n    </a>\n")
    };
    assert_eq!(roots(&tree("</d>")), ["a"]);
    assert_eq!(roots(&tree("<e/>\n     <f\n      g=\"h\"/>\n     </d>")), ["a"]);
    let unclosed = std::panic::catch_unwind(|| roots(&tree("more text")));
    assert!(unclosed.is_err());
}
