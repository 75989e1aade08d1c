//! `openssl s_client`, an independent TLS client.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use super::server::Server;
use super::tool::{is_there, printed};

/// Longest wait for an answer, or for openssl to give up.
const PATIENCE: Duration = Duration::from_secs(60);

/// A certificate authority and what it has signed, made by the command line of OpenSSL.
struct Certificates {
    folder: PathBuf,
}

impl Certificates {
    fn make(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("mcptt-interop-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder for temporary files");
        let made = Self { folder };
        let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
        made.openssl(
            [&["req", "-x509", "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem"], &curve[..]]
                .concat(),
        );
        for (who, names) in
            [("server", "IP:127.0.0.1,DNS:mc.example.org"), ("client", "DNS:client.example.org")]
        {
            std::fs::write(made.file(&format!("{who}.ext")), format!("subjectAltName={names}\n"))
                .expect("the extension is written");
            let (key, request, certificate) =
                (format!("{who}.key"), format!("{who}.csr"), format!("{who}.pem"));
            let subject = format!("/CN={who}");
            made.openssl(
                [&["req", "-subj", &subject, "-keyout", &key, "-out", &request], &curve[..5]].concat(),
            );
            made.openssl(vec![
                "x509",
                "-req",
                "-in",
                &request,
                "-CA",
                "ca.pem",
                "-CAkey",
                "ca.key",
                "-CAcreateserial",
                "-days",
                "2",
                "-extfile",
                &format!("{who}.ext"),
                "-out",
                &certificate,
            ]);
        }
        made
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn openssl(&self, arguments: Vec<&str>) {
        let output = Command::new("openssl")
            .args(&arguments)
            .current_dir(&self.folder)
            .output()
            .expect("openssl runs");
        assert!(output.status.success(), "openssl {arguments:?}: {}", printed(&output));
    }

    fn setting(&self, name: &str) -> String {
        format!("{:?}", self.file(name).to_str().expect("the path is text"))
    }
}

fn options(address: &str) -> String {
    format!(
        "OPTIONS sip:participating@mc.example.org SIP/2.0\r\nVia: SIP/2.0/TLS {address};branch=z9hG4bK-s-client;rport\r\n\
         From: <sip:alice@mc.example.org>;tag=1\r\nTo: <sip:participating@mc.example.org>\r\nCall-ID: s-client\r\n\
         CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    )
}

/// What comes back for an OPTIONS over TLS.
fn ask(address: &str, folder: &Path, arguments: &[&str]) -> String {
    let mut client = Command::new("openssl")
        .args(["s_client", "-connect", address, "-CAfile", "ca.pem", "-verify_return_error", "-quiet"])
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("openssl runs");
    let mut stdin = client.stdin.take().expect("the input is piped");
    // A server that refuses the handshake closes the pipe.
    let _ = stdin.write_all(options("127.0.0.1:5999").as_bytes());
    let mut output = client.stdout.take().expect("the output is piped");
    let (sender, said) = mpsc::channel();
    std::thread::spawn(move || {
        let mut octets = [0; 4096];
        // Until openssl ends: it does when the server closes the connection, or when it is killed.
        while let Ok(length @ 1..) = output.read(&mut octets) {
            let _ = sender.send(String::from_utf8_lossy(&octets[..length]).into_owned());
        }
    });
    let mut text = String::new();
    while !text.contains("SIP/2.0 200")
        && let Ok(more) = said.recv_timeout(PATIENCE)
    {
        text += &more;
    }
    drop(stdin);
    let _ = client.kill();
    text + &printed(&client.wait_with_output().expect("openssl ends"))
}

#[test]
fn s_client_speaks_sip_over_tls_1_2_and_1_3_and_shows_its_certificate() {
    if !is_there("openssl", "openssl") {
        return;
    }
    let made = Certificates::make("tls");
    let tls = format!(
        "tls = \"127.0.0.1:16301\"\n\n[tls]\ncertificate = {}\nkey = {}\npeers = {}\n\n[media]",
        made.setting("server.pem"),
        made.setting("server.key"),
        made.setting("ca.pem")
    );
    let server = Server::start(16300, &[("[media]", &tls)]);
    for version in ["-tls1_2", "-tls1_3"] {
        let with =
            ask("127.0.0.1:16301", &made.folder, &[version, "-cert", "client.pem", "-key", "client.key"]);
        assert!(with.contains("SIP/2.0 200"), "{version}: {with}");
        let without = ask("127.0.0.1:16301", &made.folder, &[version]);
        assert!(!without.contains("SIP/2.0 200"), "{version}, no certificate: {without}");
    }
    drop(server);
}
