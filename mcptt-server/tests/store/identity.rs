//! The identity management server of a running server: a user logs in, an application gets tokens, and they are taken.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;

use crate::documents::{Answer, GROUPS, ask, ask_over, group};
use crate::ports;
use crate::ue::*;

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

/// "correct horse", stretched less than a new password would be: what is awaited here is not that.
const PASSWORD: &str =
    "$pbkdf2-sha256$i=10000$MDEyMzQ1Njc4OWFiY2RlZg$TI2grtvV1HW5nz2rBY4tctlrmOj5bZs0dw9j8NHpRRc";

fn serve(folder: &Folder, further: &str, documents: &str) -> (Server, SocketAddr) {
    let http = ports::address();
    let identity = format!(
        "[[identity.application]]\nid = \"mcptt-client\"\nredirect = [\"mcptt://login\"]\n\
         [[identity.account]]\nname = \"alice\"\nmcptt-id = \"sip:alice@mc.example.org\"\npassword = \"{PASSWORD}\"\n{further}"
    );
    let (config, _) = configure(&folder.0, &identity);
    let text = std::fs::read_to_string(&config).unwrap();
    let text = text.replace("# http = \"127.0.0.1:8090\"", &format!("http = \"{http}\"\n{documents}"));
    std::fs::write(&config, text).unwrap();
    (Server::start(&config), http)
}

fn authorise(challenge: &str, method: &str) -> String {
    format!(
        "/authorize?response_type=code&client_id=mcptt-client&redirect_uri=mcptt%3A%2F%2Flogin&state=s1&\
         scope=openid+3gpp%3Amc%3Aptt_service+3gpp%3Amc%3Aptt_group_management_service&\
         code_challenge={challenge}&code_challenge_method={method}"
    )
}

fn log_in(http: SocketAddr, password: &str) -> Answer {
    let form = format!("username=alice&password={}", password.replace(' ', "+"));
    ask(http, "POST", &authorise(CHALLENGE, "S256"), &[FORM], &form)
}

fn exchange(http: SocketAddr, form: &str) -> (Answer, Value) {
    let answer = ask(http, "POST", "/token", &[FORM], form);
    let read = serde_json::from_str(&answer.body).unwrap_or_default();
    (answer, read)
}

//= 24.482-pkce test
//= 24.482-nostore test
#[test]
fn a_user_logs_in_and_the_tokens_open_the_documents() {
    let folder = Folder::new("identity");
    let (_server, http) = serve(&folder, "", "");
    let page = ask(http, "GET", &authorise(CHALLENGE, "S256"), &[], "");
    assert_eq!((page.status, page.header("cache-control")), (200, Some("no-store")));
    assert!(page.body.contains("type=\"password\""), "{}", page.body);
    let plain = ask(http, "GET", &authorise(CHALLENGE, "plain"), &[], "");
    let back = plain.header("location").map(str::to_owned);
    assert_eq!((plain.status, back.as_deref()), (302, Some("mcptt://login?error=invalid_request&state=s1")));

    assert_eq!(log_in(http, "wrong").status, 401);
    let logged_in = log_in(http, "correct horse");
    assert_eq!(logged_in.status, 302, "{}", logged_in.body);
    let location = logged_in.header("location").unwrap().to_owned();
    let code = location.strip_prefix("mcptt://login?code=").unwrap();
    let code = code.strip_suffix("&state=s1").unwrap();

    let form = format!(
        "grant_type=authorization_code&client_id=mcptt-client&redirect_uri=mcptt%3A%2F%2Flogin&code={code}&code_verifier="
    );
    let (answer, tokens) = exchange(http, &format!("{form}{VERIFIER}"));
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")), "{}", answer.body);
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&"Bearer".into(), &3_600.into()));
    let (answer, refused) = exchange(http, &format!("{form}{VERIFIER}"));
    assert_eq!((answer.status, &refused["error"]), (400, &"invalid_grant".into()));

    // The server takes what it has issued, as long as the scope is the right one.
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let path = format!("{GROUPS}sip:none@mc.example.org");
    assert_eq!(ask(http, "GET", &path, &[("Authorization", &bearer)], "").status, 403);
    let with_alice = group("sip:other@mc.example.org", &["alice"]);
    let file = folder.0.join("data/documents/org.openmobilealliance.groups/global/byGroupID");
    std::fs::create_dir_all(&file).unwrap();
    std::fs::write(file.join("sip:other@mc.example.org"), with_alice).unwrap();
    let path = format!("{GROUPS}sip:other@mc.example.org");
    let end = mcptt_server::driver::clock::now() + PATIENCE;
    while ask(http, "GET", &path, &[("Authorization", &bearer)], "").status != 200 {
        assert!(mcptt_server::driver::clock::now() < end, "the group document is served");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let profile = "/org.3gpp.mcptt.user-profile/users/sip:alice@mc.example.org/mcptt-user-profile-1.xml";
    assert_eq!(ask(http, "GET", profile, &[("Authorization", &bearer)], "").status, 401);

    let refresh = tokens["refresh_token"].as_str().unwrap();
    let form = format!("grant_type=refresh_token&client_id=mcptt-client&refresh_token={refresh}");
    let (answer, next) = exchange(http, &form);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_ne!(next["refresh_token"], tokens["refresh_token"]);
    assert_eq!(exchange(http, &form).0.status, 400);

    let keys: Value = serde_json::from_str(&ask(http, "GET", "/keys", &[], "").body).unwrap();
    assert_eq!((&keys["keys"][0]["kty"], &keys["keys"][0]["alg"]), (&"EC".into(), &"ES256".into()));
    let read = call_control::access_token::VerificationKey::read_set(&keys.to_string());
    assert!(read.is_ok(), "others can check the tokens with it");
}

#[test]
fn documents_are_served_over_tls_with_the_certificate_of_sip() {
    let folder = Folder::new("identity-tls");
    let own = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (folder.0.join("certificate.pem"), folder.0.join("key.pem"));
    std::fs::write(&certificate, own.cert.pem()).unwrap();
    std::fs::write(&key, own.signing_key.serialize_pem()).unwrap();
    let tls = format!("[tls]\ncertificate = {certificate:?}\nkey = {key:?}\n");
    let (_server, http) = serve(&folder, &tls, "tls = true");
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&certificate).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = "127.0.0.1".try_into().unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let stream = TcpStream::connect(http).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let answer = ask_over(StreamOwned::new(connection, stream), http, "GET", "/keys", &[], "");
    assert_eq!(answer.status, 200, "{}", answer.head);
}

#[test]
fn a_new_password_is_printed_as_the_configuration_wants_it() {
    let make = |line: &str| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_mcptt-server"))
            .arg("password")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(line.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    let made = make("correct horse\n");
    let text = String::from_utf8(made.stdout).unwrap();
    assert!(made.status.success());
    let (iterations, ..) = mcptt_server::config::parts_of_password(text.trim()).expect("the notation");
    assert_eq!(iterations, 600_000);
    assert!(!make("\n").status.success());
}
