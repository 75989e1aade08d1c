//! Documents of a running server: over XCAP, by hand in the folder, and what they do to calls.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use call_control::client::{ClientCommand, ClientEvent, GroupCall};

use crate::ports;
use crate::ue::*;

pub const GROUPS: &str = "/org.openmobilealliance.groups/global/byGroupID/";

pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

pub fn ask(http: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let stream = TcpStream::connect(http).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    ask_over(stream, http, method, path, headers, body)
}

/// The same over a connection that stands.
pub fn ask_over(
    mut stream: impl Read + Write,
    http: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let further: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {http}\r\nConnection: close\r\nContent-Length: {length}\r\n{further}\r\n{body}"
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

fn token(config: &Path, user: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_mcptt-server"))
        .args(["token", "--user", &format!("sip:{user}@mc.example.org"), "--config"])
        .arg(config)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    format!("Bearer {}", String::from_utf8(output.stdout).unwrap().trim())
}

pub fn group(id: &str, members: &[&str]) -> String {
    let entries: String = members
        .iter()
        .map(|name| {
            format!(
                "<entry uri=\"sip:{name}@mc.example.org\"><rl:display-name>{name}</rl:display-name></entry>"
            )
        })
        .collect();
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<group xmlns="urn:oma:xml:poc:list-service" xmlns:rl="urn:ietf:params:xml:ns:resource-lists" xmlns:cp="urn:ietf:params:xml:ns:common-policy" xmlns:oxe="urn:oma:xml:xdm:extensions" xmlns:mcpttgi="urn:3gpp:ns:mcpttGroupInfo:1.0">
<list-service uri="{id}"><list>{entries}</list>
<cp:ruleset><cp:rule id="all"><cp:conditions><is-list-member/></cp:conditions><cp:actions><join-handling>true</join-handling><allow-initiate-conference>true</allow-initiate-conference></cp:actions></cp:rule></cp:ruleset>
<oxe:supported-services><oxe:service enabler="urn:urn-7:3gpp-service.ims.icsi.mcptt"><oxe:group-media><mcpttgi:mcptt-speech/></oxe:group-media></oxe:service></oxe:supported-services>
<mcpttgi:on-network-invite-members>true</mcpttgi:on-network-invite-members>
<mcpttgi:on-network-maximum-duration>PT1H</mcpttgi:on-network-maximum-duration>
</list-service></group>"#
    )
}

/// A server with documents; "dispatcher" may change them.
fn serve(folder: &Folder) -> (Server, std::path::PathBuf, SocketAddr, SocketAddr) {
    serve_with(folder, |text| text)
}

/// The same with a configuration that is changed.
fn serve_with(
    folder: &Folder,
    change: impl FnOnce(String) -> String,
) -> (Server, std::path::PathBuf, SocketAddr, SocketAddr) {
    let http = ports::address();
    let (config, address) = configure(&folder.0, "");
    let text = std::fs::read_to_string(&config).unwrap();
    let text = text
        .replace("# http = \"127.0.0.1:8090\"", &format!("http = \"{http}\""))
        .replace("administrators = []", "administrators = [\"sip:dispatcher@mc.example.org\"]");
    std::fs::write(&config, change(text)).unwrap();
    let server = Server::start(&config);
    (server, config, address, http)
}

/// What `mcptt-server kms` prints.
fn kms(arguments: &[&str], file: (&str, &Path)) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_mcptt-server"))
        .arg("kms")
        .args(arguments)
        .arg(file.0)
        .arg(file.1)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

//= 33.180-kms-init test
//= 33.180-kms-keyprov test
#[test]
fn keys_are_for_the_owner_of_a_token() {
    let folder = Folder::new("keys");
    kms(&["init"], ("--file", &folder.0.join("kms.key")));
    let set = |text: String| text.replace("# master-secret = ", "master-secret = ");
    let (_server, config, _, http) = serve_with(&folder, set);
    let (init, keyprov) = ("/keymanagement/identity/v1/init", "/keymanagement/identity/v1/keyprov");
    assert_eq!(ask(http, "POST", init, &[], "").status, 403);
    assert_eq!(ask(http, "POST", init, &[("Authorization", "Bearer a.b.c")], "").status, 401);
    let alice = token(&config, "alice");
    let own = [("Authorization", alice.as_str())];
    assert_eq!(ask(http, "GET", init, &own, "").status, 405);
    let certificate = ask(http, "POST", init, &own, "");
    assert_eq!((certificate.status, certificate.header("cache-control")), (200, Some("no-store")));
    // The certificate is the same, however it is asked for.
    let printed = kms(&["certificate"], ("--config", &config));
    assert!(certificate.body.contains(printed.trim()), "{}", certificate.body);
    let keys = ask(
        http,
        "POST",
        keyprov,
        &own,
        "<KmsRequest><UserUri>sip:alice@mc.example.org</UserUri></KmsRequest>",
    );
    assert_eq!(keys.status, 200);
    assert!(keys.body.contains("<UserUri>sip:alice@mc.example.org</UserUri><UserID>"), "{}", keys.body);
    let of_bob = "<KmsRequest><UserUri>sip:bob@mc.example.org</UserUri></KmsRequest>";
    assert_eq!(ask(http, "POST", keyprov, &own, of_bob).status, 403);
    let printed = kms(&["keys", "--user", "sip:bob@mc.example.org"], ("--config", &config));
    assert_eq!(printed.matches("<UserDecryptKey>").count(), 2);
}

//= 24.482-bearer test
//= 24.482-401 test
//= 24.484-init test
#[test]
fn documents_are_for_who_has_a_token_and_the_initial_configuration_for_everybody() {
    let folder = Folder::new("bearer");
    let (_server, config, _, http) = serve(&folder);
    let path = format!("{GROUPS}sip%3Anew-1%40mc.example.org");
    let id = "sip:new-1@mc.example.org";
    assert_eq!(ask(http, "GET", &path, &[], "").status, 403);
    let forged = ask(http, "GET", &path, &[("Authorization", "Bearer a.b.c")], "");
    assert_eq!(forged.status, 401);
    assert!(forged.header("www-authenticate").unwrap().contains("invalid_token"));
    let (dispatcher, alice, bob) =
        (token(&config, "dispatcher"), token(&config, "alice"), token(&config, "bob"));
    let document = group(id, &["alice"]);
    assert_eq!(ask(http, "PUT", &path, &[("Authorization", &alice)], &document).status, 403);
    assert_eq!(ask(http, "PUT", &path, &[("Authorization", &dispatcher)], &document).status, 201);
    assert_eq!(ask(http, "GET", &path, &[("Authorization", &alice)], "").body, document);
    // Who is no member does not see it.
    assert_eq!(ask(http, "GET", &path, &[("Authorization", &bob)], "").status, 403);
    let initial = include_str!("../../../mcptt-codec/tests/documents/ue_initial_configuration_fire.xml");
    let path = "/org.3gpp.mcptt.ue-init-config/global/ue-init-config.xml";
    assert_eq!(ask(http, "PUT", path, &[("Authorization", &dispatcher)], initial).status, 201);
    assert_eq!(ask(http, "GET", path, &[], "").body, initial);
}

//= 24.481-replace test
//= 24.481-uniq test
//= 24.481-excl test
#[test]
fn entity_tags_guard_changes_and_errors_name_the_element() {
    let folder = Folder::new("etags");
    let (server, config, _, http) = serve(&folder);
    let id = "sip:new-1@mc.example.org";
    let (path, who) = (format!("{GROUPS}{id}"), token(&config, "dispatcher"));
    let own = ("Authorization", who.as_str());
    let first = ask(http, "PUT", &path, &[own, ("If-None-Match", "*")], &group(id, &["alice"]));
    assert_eq!(first.status, 201);
    let etag = first.header("etag").unwrap().to_owned();
    assert_eq!(ask(http, "GET", &path, &[own, ("If-None-Match", &etag)], "").status, 304);
    let second = group(id, &["alice", "bob"]);
    assert_eq!(ask(http, "PUT", &path, &[own, ("If-Match", "\"0\"")], &second).status, 412);
    assert_eq!(ask(http, "PUT", &path, &[own, ("If-None-Match", "*")], &second).status, 412);
    let put = ask(http, "PUT", &path, &[own, ("If-Match", &etag)], &second);
    assert_eq!(put.status, 200);
    let newer = put.header("etag").unwrap().to_owned();
    assert_ne!(newer, etag);
    let got = ask(http, "GET", &path, &[own], "");
    assert_eq!((got.header("etag"), got.body.as_str()), (Some(newer.as_str()), second.as_str()));

    let broken = second.replace("PT1H", "soon");
    let refused = ask(http, "PUT", &path, &[own], &broken);
    assert_eq!(refused.status, 409);
    assert_eq!(refused.header("content-type"), Some("application/xcap-error+xml"));
    assert!(refused.body.contains("on-network-maximum-duration"), "{}", refused.body);

    let creation = "/org.openmobilealliance.groups/users/sip:create@mc.example.org/mine.xml";
    let clash = ask(http, "PUT", creation, &[own], &second);
    assert_eq!(clash.status, 409);
    assert!(clash.body.contains("<alt-value>sip:new-1-2@mc.example.org</alt-value>"), "{}", clash.body);
    let other = group("sip:new-1-2@mc.example.org", &["bob"]);
    assert_eq!(ask(http, "PUT", creation, &[own], &other).status, 201);
    assert_eq!(ask(http, "GET", &format!("{GROUPS}sip:new-1-2@mc.example.org"), &[own], "").body, other);

    let without = ask(http, "POST", &path, &[own], "<gmop><get-excluding-memberlist/></gmop>");
    assert_eq!(without.status, 200);
    assert!(!without.body.contains("alice@") && without.body.contains(id), "{}", without.body);

    // The tags are the same after a restart, as are the documents.
    server.kill();
    let server = Server::start(&config);
    assert_eq!(ask(http, "GET", &path, &[own], "").header("etag"), Some(newer.as_str()));
    assert_eq!(ask(http, "DELETE", &path, &[own, ("If-Match", &newer)], "").status, 200);
    assert_eq!(ask(http, "GET", &path, &[own], "").status, 404);
    for (method, path, status) in [
        ("GET", "/", 404),
        ("GET", "/org.openmobilealliance.groups/global/byGroupID/..%2f..%2fmcptt.toml", 404),
        ("PATCH", "/org.3gpp.mcptt.service-config/global/service-config.xml", 405),
    ] {
        assert_eq!(ask(http, method, path, &[own], "").status, status, "{method} {path}");
    }
    drop(server);
}

#[test]
fn a_document_that_goes_during_a_call_ends_it_and_one_that_comes_makes_a_group() {
    [1, 3].into_iter().for_each(a_document_comes_and_goes);
}

/// Every shard hears of it.
fn a_document_comes_and_goes(shards: usize) {
    let folder = Folder::new(&format!("during-{shards}"));
    let (server, config, address, http) =
        serve_with(&folder, |text| text.replace("shards = 1", &format!("shards = {shards}")));
    let who = token(&config, "dispatcher");
    let own = ("Authorization", who.as_str());
    let id = "sip:new-1@mc.example.org";
    let path = format!("{GROUPS}{id}");
    assert_eq!(ask(http, "PUT", &path, &[own], &group(id, &["alice", "bob"])).status, 201);
    let (mut alice, mut bob) = (Ue::new("alice", address), Ue::new("bob", address));
    for ue in [&mut alice, &mut bob] {
        ue.command(ClientCommand::Register);
        ue.until("registered", |event| matches!(event, ClientEvent::Registered { .. }));
        ue.command(ClientCommand::PublishSettings);
        ue.until("settings", |event| matches!(event, ClientEvent::SettingsPublished));
        ue.command(ClientCommand::Affiliate { groups: vec![id.into()] });
        ue.until("affiliated", |event| matches!(event, ClientEvent::Affiliated { .. }));
    }
    alice.command(ClientCommand::CallGroup(GroupCall::new(id)));
    let established = |event: &ClientEvent| matches!(event, ClientEvent::CallEstablished(_));
    for _ in 0..500 {
        alice.turn();
        bob.turn();
        if [&alice, &bob].iter().all(|ue| ue.events.iter().any(established)) {
            break;
        }
    }
    alice.until("an answer", established);
    bob.until("the call", established);
    // By hand: the file is taken away.
    std::fs::remove_file(folder.0.join("data/documents").join(path.trim_start_matches('/'))).unwrap();
    let ended = |event: &ClientEvent| matches!(event, ClientEvent::CallEnded { by_peer: true, .. });
    for ue in [&mut alice, &mut bob] {
        ue.until("the end", ended);
    }
    server.wait_for("call-released");
}

#[test]
fn a_file_that_cannot_be_used_is_named_and_changes_nothing() {
    let folder = Folder::new("broken");
    let (server, config, _, http) = serve(&folder);
    let who = token(&config, "dispatcher");
    let own = ("Authorization", who.as_str());
    let id = "sip:new-1@mc.example.org";
    let path = format!("{GROUPS}{id}");
    let document = group(id, &["alice", "bob"]);
    assert_eq!(ask(http, "PUT", &path, &[own], &document).status, 201);
    let file = folder.0.join("data/documents").join(path.trim_start_matches('/'));
    std::thread::sleep(Duration::from_millis(50));
    std::fs::write(&file, document.replace("PT1H", "an hour")).unwrap();
    server.wait_for("on-network-maximum-duration");
    server.kill();
    // At the start it is an error, with the file and the element.
    let output = Command::new(env!("CARGO_BIN_EXE_mcptt-server"))
        .args(["serve", "--config"])
        .arg(&config)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && said.contains(id) && said.contains("on-network-maximum-duration"),
        "{said}"
    );
}
