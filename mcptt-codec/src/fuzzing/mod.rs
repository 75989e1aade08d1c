//! Bodies of the fuzz targets: each takes hostile octets and asserts the laws of its decoders. They live here so that
//! `cargo test` compiles them and replays the corpora.

pub mod binary;
pub mod text;
