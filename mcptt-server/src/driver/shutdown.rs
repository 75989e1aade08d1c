//! The signals that end the server gracefully, and the one that must not.

use tokio::signal::unix::{SignalKind, signal};

/// Completes at the first SIGINT or SIGTERM.
///
/// # Errors
/// The error of the operating system when a handler cannot be installed.
pub async fn requested() -> std::io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// A file that reaches the limit of the process is a disk that is full, not the end: the write fails, and the store says so.
///
/// # Errors
/// The error of the operating system when a handler cannot be installed.
pub fn survive_file_size_limit() -> std::io::Result<()> {
    // Handlers are installed inside of a runtime, and this comes before there is one. It stays when its receiver has gone.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let _inside = runtime.enter();
    signal(SignalKind::from_raw(nix::libc::SIGXFSZ)).map(|_| ())
}
