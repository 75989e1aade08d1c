//! The catalogue in `specs/` and the captures are embedded: a file added there must rebuild this crate.

fn main() {
    println!("cargo:rerun-if-changed=../specs");
    println!("cargo:rerun-if-changed=../captures");
    println!("cargo:rerun-if-changed=build.rs");
}
