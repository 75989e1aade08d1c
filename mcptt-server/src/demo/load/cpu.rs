//! Processor time of threads, as the kernel accounts it.

use std::fs;
use std::path::Path;
use std::time::Duration;

/// What the calling thread has used so far; `None` where the kernel does not tell.
pub fn of_this_thread() -> Option<Duration> {
    read(Path::new("/proc/thread-self"))
}

/// What the thread of this process with this name has used so far.
pub fn of_thread(name: &str) -> Option<Duration> {
    let mut tasks = fs::read_dir("/proc/self/task").ok()?.flatten().map(|task| task.path());
    let named = |task: &Path| fs::read_to_string(task.join("comm")).is_ok_and(|comm| comm.trim_end() == name);
    read(&tasks.find(|task| named(task))?)
}

/// The first number of `schedstat` is the time on a processor in nanoseconds.
fn read(task: &Path) -> Option<Duration> {
    let text = fs::read_to_string(task.join("schedstat")).ok()?;
    Some(Duration::from_nanos(text.split_whitespace().next()?.parse().ok()?))
}
