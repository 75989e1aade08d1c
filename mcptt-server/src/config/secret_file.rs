//! Files with secrets: nobody but their owner may use them.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use zeroize::Zeroizing;

/// Permissions that others have.
const OTHERS: u32 = 0o077;

/// Reads a file that nobody but its owner may use, and at most one octet more than `most` of it.
///
/// # Errors
/// The file and what is wrong with it.
//= 33.180-kms-secret
pub(crate) fn read(path: &Path, most: usize) -> Result<Zeroizing<Vec<u8>>, String> {
    let at = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let file = File::open(path).map_err(|error| at(&error))?;
    let mode = file.metadata().map_err(|error| at(&error))?.mode();
    if mode & OTHERS != 0 {
        return Err(at(&format!("others may use it (mode {:o}); allowed is 600 or 400", mode & 0o777)));
    }
    let mut octets = Zeroizing::new(Vec::with_capacity(most.saturating_add(1)));
    file.take(most as u64 + 1).read_to_end(&mut octets).map_err(|error| at(&error))?;
    Ok(octets)
}
