//! Where files of recordings are written: a folder, or in tests whatever fails as it is told.

use std::fs::OpenOptions;
use std::io::{self, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// What a format writes into.
pub trait Target: Write + Seek + Send {}

impl<T: Write + Seek + Send> Target for T {}

/// A new file.
pub struct Opened {
    /// The way to write it.
    pub target: Box<dyn Target>,
    /// Makes what was written survive the loss of power.
    pub sync: Box<dyn FnMut() -> io::Result<()> + Send>,
}

/// Makes files.
pub trait Medium: Send + 'static {
    /// A new file.
    ///
    /// # Errors
    /// That of the operating system; [`io::ErrorKind::AlreadyExists`] for one that is there.
    fn create(&mut self, path: &Path) -> io::Result<Opened>;
}

/// Files of the operating system, for their owner only.
#[derive(Clone, Copy, Debug, Default)]
pub struct Files;

impl Medium for Files {
    fn create(&mut self, path: &Path) -> io::Result<Opened> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        let same = file.try_clone()?;
        Ok(Opened { target: Box::new(file), sync: Box::new(move || same.sync_data()) })
    }
}
