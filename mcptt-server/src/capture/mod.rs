//! Capture files that explain themselves: pcapng with a comment on each packet, opened by Wireshark as they are.

pub mod note;
mod write;

pub use write::{Link, WriteError, Writer};
