//! The toolkit on its own: without a network, without rights, without libraries, in an image with nothing else in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::SystemTime;

use super::tool::printed;

const TOOLKIT: &str = env!("CARGO_BIN_EXE_mcptt-conformance");

/// A folder that everybody may read, gone when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("mcptt-alone-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder for temporary files");
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("a path of letters").to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn ran(program: &str, arguments: &[&str]) -> Output {
    let output = Command::new(program).args(arguments).output();
    output.unwrap_or_else(|error| panic!("{program}: {error}"))
}

fn is_root() -> bool {
    ran("id", &["-u"]).stdout.trim_ascii() == b"0"
}

/// What goes before a command so that it has no network, and no rights if this test has any. `None`: this machine does not let us.
fn without_network() -> Option<Vec<&'static str>> {
    let before: Vec<&str> = match is_root() {
        true => ["unshare", "-n", "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"].into(),
        false => ["unshare", "-r", "-n"].into(),
    };
    let (program, arguments) = before.split_first()?;
    let works =
        Command::new(program).args(arguments).arg("true").output().is_ok_and(|ran| ran.status.success());
    if !works {
        assert!(std::env::var_os("CI").is_none(), "unshare and setpriv (util-linux) are missing or refused");
        println!("NOT RUN: unshare is missing or refused");
    }
    works.then_some(before)
}

fn behind(before: &[&str], command: &[&str]) -> Output {
    let all = [before, command].concat();
    let (program, arguments) = all.split_first().expect("a command");
    // What the user of this machine has set must not matter.
    let output = Command::new(program).args(arguments).env_remove("HOME").current_dir("/").output();
    output.unwrap_or_else(|error| panic!("{all:?}: {error}"))
}

#[test]
fn without_network_containers_and_rights_cases_captures_and_sequences_are_judged() {
    let Some(before) = without_network() else { return };
    let folder = Folder::new("offline");
    let (program, capture) = (folder.path("mcptt-conformance"), folder.path("turns.pcapng"));
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../captures/queueing");
    std::fs::copy(TOOLKIT, &program).expect("the toolkit can be copied");
    std::fs::copy(captures.join("turns.pcapng"), &capture).expect("a capture");
    std::fs::copy(captures.join("turns.toml"), folder.path("turns.toml")).expect("its annotation");
    for command in [
        &["run", "FC-01/grant", "FC-06/deny", "--profile", "ci"][..],
        &["replay", &capture],
        &["decode", &capture],
        &["explain", "24.380-6.3.4.3.3:1a"],
        &["list", "--cases", "FC-*"],
    ] {
        let output = behind(&before, &[&[program.as_str()][..], command].concat());
        assert!(output.status.success(), "{command:?}: {}", printed(&output));
    }
    // There is no network indeed.
    let probe = behind(&before, &["sh", "-c", "cat /proc/net/route /proc/net/if_inet6"]);
    assert!(!String::from_utf8_lossy(&probe.stdout).contains("00000000"), "{}", printed(&probe));
}

#[test]
fn cargo_finds_everything_that_it_needs_without_a_network() {
    let unshared = ran("unshare", &["-n", "true"]).status.success();
    let before: &[&str] = if unshared { &["unshare", "-n"] } else { &[] };
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let command =
        [before, &[cargo.as_str(), "tree", "--offline", "--locked", "--workspace", "--edges", "all"]]
            .concat();
    let (program, arguments) = command.split_first().expect("a command");
    let output = Command::new(program).args(arguments).current_dir(root).output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("conformance v"));
}

/// The library as the last build has left it.
fn library(folder: &Path) -> PathBuf {
    let files = std::fs::read_dir(folder).expect("the folder of the build").map_while(Result::ok);
    let libraries = files.map(|file| file.path()).filter(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.starts_with("libconformance-") && name.ends_with(".rlib")
    });
    let age = |path: &PathBuf| {
        std::fs::metadata(path).and_then(|file| file.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
    };
    libraries.max_by_key(age).expect("the library was built for this test")
}

#[test]
fn one_static_file_is_the_whole_toolkit_and_an_image_needs_nothing_else() {
    let own = std::env::current_exe().expect("a test knows its own file");
    let dependencies = own.parent().expect("tests lie in a folder");
    let folder = Folder::new("static");
    let program = folder.path("mcptt-conformance");
    let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    // What conformance/static.sh does with the C library that is there, but for the time that a build takes.
    let linked = Command::new(rustc)
        .args(["--edition", "2024", "--crate-name", "mcptt_conformance", "-C", "target-feature=+crt-static"])
        .args(["-C", "debuginfo=0", "-C", "strip=debuginfo", "-o", &program])
        .arg(format!("-Ldependency={}", dependencies.display()))
        .arg(format!("--extern=conformance={}", library(dependencies).display()))
        .arg(crate_root.join("src/main.rs"))
        .current_dir(crate_root.join(".."))
        .output()
        .expect("the compiler runs");
    assert!(linked.status.success(), "{}", printed(&linked));
    let needs = ran("ldd", &[&program]);
    assert!(!String::from_utf8_lossy(&needs.stdout).contains("=>"), "{}", printed(&needs));
    let image = folder.path("image.tar");
    let script = crate_root.join("image.sh");
    let made = ran("bash", &[script.to_str().expect("a path of letters"), &program, &image]);
    assert!(made.status.success(), "{}", printed(&made));
    // What an engine does with it: the layer becomes the root of a process.
    let (unpacked, root) = (folder.path("unpacked"), folder.path("root"));
    for folder in [&unpacked, &root] {
        std::fs::create_dir_all(folder).expect("a folder");
    }
    assert!(ran("tar", &["-xf", &image, "-C", &unpacked]).status.success());
    let manifest = std::fs::read_to_string(Path::new(&unpacked).join("manifest.json")).expect("a manifest");
    let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
    let named = |value: &serde_json::Value| format!("{unpacked}/{}", value.as_str().expect("a name"));
    let (config, layer) = (named(&manifest[0]["Config"]), named(&manifest[0]["Layers"][0]));
    let config: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(config).expect("a configuration")).expect("JSON");
    let digest = ran("sha256sum", &[&layer]);
    let digest = String::from_utf8_lossy(&digest.stdout).split(' ').next().unwrap_or_default().to_owned();
    assert_eq!(config["rootfs"]["diff_ids"][0], format!("sha256:{digest}"));
    let entry = config["config"]["Entrypoint"][0].as_str().expect("an entry point");
    assert!(ran("tar", &["-xf", &layer, "-C", &root]).status.success());
    let before: &[&str] = if is_root() { &["chroot"] } else { &["unshare", "-r", "chroot"] };
    for arguments in [&["--version"][..], &["run", "FC-01/grant", "FC-06/deny"], &["list", "--cases", "FC-*"]]
    {
        let output = behind(before, &[&[root.as_str(), entry][..], arguments].concat());
        assert!(output.status.success(), "{arguments:?}: {}", printed(&output));
    }
}
