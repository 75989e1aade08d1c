//! Traceability: which requirement is done where, proven by which test, and which one is missing.
//!
//! Code cites a requirement in a comment line of its own, directly above the line that does it; a test cites it directly
//! above its `#[test]`:
//!
//! ```text
//! //= 24.380-6.3.4.3.3:1a
//! //= 24.380-6.3.4.3.3:1a test
//! //= 24.380-8.2.3.5:254 implied        the types leave no other way
//! ```
//!
//! [`Citations::collect`] reads them from a source tree, [`Matrix::build`] holds them against the catalogue,
//! [`check::findings`] says what is wrong, and [`render`], [`snapshot`] and [`readme`] write the result down.

pub mod check;
mod collect;
mod matrix;
pub mod readme;
pub mod render;
pub mod snapshot;

use std::path::{Path, PathBuf};

pub use collect::{
    Citation, Citations, CollectError, Fault, FaultKind, Kind, Place, inline_test_module, is_test_file,
    rust_files,
};
pub use matrix::{Count, Counts, Matrix, Row, Summary};

/// Finds the source tree `from` lies in: the nearest folder above it that holds both `specs/` and `Cargo.toml`.
pub fn workspace_root(from: &Path) -> Option<PathBuf> {
    from.ancestors()
        .find(|folder| folder.join("specs").is_dir() && folder.join("Cargo.toml").is_file())
        .map(Path::to_path_buf)
}
