//! Which processor core a thread runs on: one that stays where it is finds its calls in the caches of that core.

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

/// The calling thread, for the operating system.
const SELF: Pid = Pid::from_raw(0);

/// The cores that the calling thread may use.
///
/// # Errors
/// What the operating system says.
pub fn usable() -> nix::Result<Vec<usize>> {
    let allowed = sched_getaffinity(SELF)?;
    Ok((0..CpuSet::count()).filter(|core| allowed.is_set(*core).unwrap_or_default()).collect())
}

/// Lets the calling thread run on one of the cores that it may use, the same for the same `number`; with more threads than
/// cores several share one.
///
/// # Errors
/// What the operating system says.
pub fn keep_to(number: usize) -> nix::Result<()> {
    let usable = usable()?;
    let place = number.checked_rem(usable.len()).unwrap_or_default();
    let Some(core) = usable.get(place) else { return Ok(()) };
    let mut only = CpuSet::new();
    only.set(*core)?;
    sched_setaffinity(SELF, &only)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_keeps_to_one_of_its_cores() {
        let own = std::thread::spawn(|| {
            let before = usable().expect("the system tells");
            keep_to(before.len() + 1).expect("one of its own");
            (before, usable().expect("the system tells"))
        });
        let (before, after) = own.join().expect("the thread ends");
        assert_eq!(after, [before[1 % before.len()]]);
    }
}
