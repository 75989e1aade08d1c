//! Which of many sockets have something to read, at a cost that grows with those alone.
//!
//! The runtime watches one `epoll` instance that watches the sockets. A media function with thousands of ports would otherwise
//! ask each of them at every turn.

use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::task::{Context, Poll};

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use tokio::io::unix::AsyncFd;

/// Most sockets found with one system call.
const AT_ONCE: usize = 64;

/// Watches sockets by the numbers they are given.
pub(super) struct Readiness {
    watch: AsyncFd<Watch>,
    found: [EpollEvent; AT_ONCE],
}

struct Watch(Epoll);

impl AsRawFd for Watch {
    fn as_raw_fd(&self) -> RawFd {
        self.0.0.as_raw_fd()
    }
}

impl Watch {
    fn look(&self, found: &mut [EpollEvent]) -> usize {
        // Interrupted: the next look tells.
        self.0.wait(found, EpollTimeout::ZERO).unwrap_or(0)
    }
}

impl Readiness {
    /// Watches these sockets; needs a runtime.
    ///
    /// # Errors
    /// The error of the operating system when no further file can be opened or a socket cannot be watched.
    #[expect(
        deprecated,
        reason = "its successor asks for a promise that the compiler cannot check; `Watch` owns its file and keeps it"
    )]
    pub fn of<'a, S: AsFd + 'a>(sockets: impl Iterator<Item = (usize, &'a S)>) -> io::Result<Self> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        for (number, socket) in sockets {
            epoll.add(socket, EpollEvent::new(EpollFlags::EPOLLIN, number as u64))?;
        }
        Ok(Self { watch: AsyncFd::new(Watch(epoll))?, found: [EpollEvent::empty(); AT_ONCE] })
    }

    /// Appends the numbers of sockets that can be read now, the lowest first.
    pub fn now(&mut self, ready: &mut Vec<usize>) {
        let count = self.watch.get_ref().look(&mut self.found);
        append(&self.found[..count], ready);
    }

    /// As [`now`](Self::now); while there is none, the task is woken when there is one.
    ///
    /// What is found has to be read until nothing is left, or asked for again with [`now`](Self::now): the kernel tells of what
    /// arrives, not of what is there. So no look is needed to learn that there is nothing more.
    pub fn poll(&mut self, cx: &mut Context<'_>, ready: &mut Vec<usize>) -> Poll<()> {
        while let Poll::Ready(Ok(mut guard)) = self.watch.poll_read_ready(cx) {
            let count = guard.get_inner().look(&mut self.found);
            if count < AT_ONCE {
                guard.clear_ready();
            } else {
                guard.retain_ready();
            }
            if count > 0 {
                append(&self.found[..count], ready);
                return Poll::Ready(());
            }
        }
        Poll::Pending
    }
}

fn append(found: &[EpollEvent], ready: &mut Vec<usize>) {
    let first = ready.len();
    ready.extend(found.iter().filter_map(|event| usize::try_from(event.data()).ok()));
    ready[first..].sort_unstable();
}
