//! The catalogue in `specs/` is embedded: a file added there must rebuild this crate.

fn main() {
    println!("cargo:rerun-if-changed=../specs");
    println!("cargo:rerun-if-changed=build.rs");
}
