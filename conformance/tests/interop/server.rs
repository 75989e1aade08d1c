//! The server as an operator starts it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{OnceLock, mpsc};
use std::time::Duration;

/// Longest wait for a line of the log.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running server with the embedded configuration on other ports, stopped when dropped.
pub struct Server {
    process: Child,
    pub log: mpsc::Receiver<String>,
    /// What a client talks to.
    pub address: String,
}

impl Server {
    /// `base`: the SIP port; the next 100 are the server's too. `changes`: texts of the embedded configuration and what stands instead.
    pub fn start(base: u16, changes: &[(&str, &str)]) -> Self {
        let config = configuration(base, changes);
        let folder = std::env::temp_dir().join(format!("mcptt-interop-{}-{base}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder for temporary files");
        let file = folder.join("mcptt.toml");
        std::fs::write(&file, config).expect("the configuration is written");
        let mut child = Command::new(binary())
            .args(["serve", "--log", "info", "--config"])
            .arg(&file)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let lines = BufReader::new(child.stderr.take().expect("the log is piped")).lines();
        let (sender, log) = mpsc::channel();
        // Keeps the pipe empty, or the server would block on its log.
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let server = Self { process: child, log, address: format!("127.0.0.1:{base}") };
        server.wait_for("serving");
        server
    }

    /// Waits until the server logs a line with these words.
    pub fn wait_for(&self, words: &str) {
        let mut seen = Vec::new();
        while let Ok(line) = self.log.recv_timeout(PATIENCE) {
            if line.contains(words) {
                return;
            }
            seen.push(line);
        }
        panic!("the server never logged {words:?} but\n{}", seen.join("\n"));
    }

    /// It still runs and has found no defect of its own.
    pub fn must_be_sound(mut self) {
        assert!(self.process.try_wait().expect("its state is known").is_none(), "the server has ended");
        let defects: Vec<String> =
            self.log.try_iter().filter(|line| line.contains("ERROR") || line.contains("panicked")).collect();
        assert!(defects.is_empty(), "{defects:#?}");
    }

    /// Forgets what has been logged so far.
    pub fn forget_log(&self) {
        while self.log.try_recv().is_ok() {}
    }

    /// Asks the server to end as an operator does: it releases all calls first.
    pub fn terminate(&self) {
        let pid = self.process.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs");
        assert!(asked.success(), "the server was gone already");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn configuration(base: u16, changes: &[(&str, &str)]) -> String {
    let printed = Command::new(binary()).arg("config").output().expect("the server prints its configuration");
    let mut config = String::from_utf8(printed.stdout).expect("the configuration is text");
    let ports = [
        ("127.0.0.1:5060", format!("127.0.0.1:{base}")),
        ("127.0.0.1:5062", format!("127.0.0.1:{}", base + 2)),
        ("127.0.0.1:5061", format!("127.0.0.1:{}", base + 1)),
        ("[20000, 20015]", format!("[{}, {}]", base + 10, base + 41)),
        ("[20016, 20023]", format!("[{}, {}]", base + 50, base + 57)),
        ("[26000, 26015]", format!("[{}, {}]", base + 60, base + 75)),
        ("[26016, 26023]", format!("[{}, {}]", base + 80, base + 87)),
    ];
    let ports = ports.iter().map(|(old, new)| (*old, new.as_str()));
    for (old, new) in ports.chain(changes.iter().copied()) {
        assert!(config.contains(old), "the embedded configuration has no {old:?}");
        config = config.replace(old, new);
    }
    config
}

/// Builds the server once and says where it is.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace");
        // The tests of the server bring its binary, and with the whole workspace chosen nothing is compiled once more with other features.
        let built = Command::new(cargo)
            .args(["test", "--quiet", "--workspace", "--no-run", "--test", "command_line"])
            .current_dir(root)
            .status()
            .expect("cargo runs");
        assert!(built.success(), "the server does not build");
        let own = std::env::current_exe().expect("a test knows its own file");
        let target =
            own.ancestors().find(|dir| dir.join("deps").is_dir()).expect("tests are built below deps");
        target.join("mcptt-server")
    })
}
