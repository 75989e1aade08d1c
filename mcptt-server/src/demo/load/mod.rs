//! `demo --load`: many calls at the same time over real loopback sockets, and how well the server keeps its promises.
//!
//! Nothing here knows the server from inside. The members are honest clients ([`crate::ue`]) with addresses of their own;
//! they register, affiliate and call each other through SIP and then talk, pass and take the floor. What they see is the
//! measure. The server runs on a thread of its own, so its processor time can be told from theirs.

pub mod base;
mod call;
pub mod cpu;
mod crowd;
mod gather;
mod large;
mod measured;
mod observer;
mod report;
mod samples;
mod schedule;

use std::ops::Range;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::Scope;
use std::time::{Duration, Instant};

use media_plane::floor::server::{Timer, TimerSettings};
use tokio::sync::mpsc;

use super::set_up::{self, SERVER_THREAD, World};
use super::voice::Speech;
use super::{DemoError, join};
use crate::driver::{Control, clock};
use call::{Call, Kind, Timers};
use crowd::Crowd;
use large::Large;
use measured::Measured;
use observer::{LoadObserver, Traffic};
use schedule::Schedule;

pub use report::Summary;

/// Fewest members: one that can interrupt, and two that talk in turn.
pub const MIN_MEMBERS: usize = 3;
/// Most members of all calls together: as many as the server lets register by default.
pub const MAX_USERS: usize = 60_000;
/// Longest run, seconds.
pub const MAX_SECONDS: u64 = 3_600;
/// For so many calls one more measures timers instead of talking.
const CALLS_PER_TIMER_CALL: usize = 20;
/// What is on its way when the calls stand, or when the talking stops, has arrived by then.
const DRAIN: Duration = Duration::from_millis(500);
/// How often the figures of a run are shown, and how often a thread looks whether it is told something.
const PROGRESS: Duration = Duration::from_secs(1);
const LOOK: Duration = Duration::from_millis(10);
/// No call ends for want of talk while others are still being set up.
const HANG_TIMER: Duration = Duration::from_secs(3_600);

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where `load.json` goes; created if missing.
    pub out: PathBuf,
    /// Calls in which somebody talks; a few more measure timers.
    pub calls: usize,
    /// Members of each call.
    pub members: usize,
    /// How long they talk, seconds.
    pub seconds: u64,
    /// RTP without protection instead of SRTP with a key for each member.
    pub plain: bool,
    /// Listeners whose kernel drops their audio: what is left is what the server costs, without two million wake-ups.
    pub deaf: bool,
    /// Members of one more call, which is set up while the others talk.
    pub large: Option<usize>,
    /// Threads of the load generator.
    pub generators: usize,
}

/// What the threads tell each other.
#[derive(Debug, Default)]
struct Shared {
    registered: AtomicUsize,
    in_call: AtomicUsize,
    /// Threads whose calls stand, or that have given up.
    ready: AtomicUsize,
    failed: AtomicBool,
    /// When talking begins; nobody waits for it after `stop`.
    begin: OnceLock<Instant>,
    frames: AtomicU64,
    stop: AtomicBool,
    large: Large,
}

/// Runs it, prints progress and the table, writes `load.json`.
///
/// # Errors
/// [`DemoError`] when it could not be completed; a missed target is in the [`Summary`], not here.
pub fn run(options: &Options) -> Result<Summary, DemoError> {
    check(options)?;
    std::fs::create_dir_all(&options.out).map_err(DemoError::io(options.out.display().to_string()))?;
    let base_before = base::measure().map_err(DemoError::io("measuring the base"))?;
    let timer_calls = options.calls.div_ceil(CALLS_PER_TIMER_CALL);
    let calls = options.calls + timer_calls;
    let mut world = World::with(calls, options.members, options.large, |config| {
        let call_control = &mut config.call_control;
        for group in &mut call_control.groups {
            group.hang_timer = Some(HANG_TIMER);
            group.protect_media = !options.plain;
        }
        call_control.media.plain_rtp = options.plain;
    })?;
    let traffic = Traffic::default();
    let (control, told) = mpsc::channel(1);
    let server = set_up::start_server(&mut world, told, LoadObserver::new(traffic.clone()))?;
    println!(
        "{} calls of {} members talk, {timer_calls} more measure timers, {} s, {}{}",
        options.calls,
        options.members,
        options.seconds,
        if options.plain { "RTP" } else { "SRTP with a key for each member" },
        if options.deaf { ", listeners drop their audio in the kernel" } else { "" },
    );
    let frames = Speech::embedded()?.encode()?;
    let shared = Shared::default();
    let job = Job { options, world: &world, calls, frames: &frames, shared: &shared };
    let outcome = std::thread::scope(|scope| {
        let threads = job.shares().map(|share| job.start(scope, move || job.generate(share)));
        let large = options.large.map(|members| job.start(scope, move || job.generate_large(members)));
        let threads: Vec<_> = threads.chain(large).collect();
        let threads = threads.into_iter().collect::<Result<Vec<_>, _>>();
        let window = threads.is_ok().then(|| job.watch(&traffic)).flatten();
        let _ = control.blocking_send(Control::ShutDown { grace: Duration::from_secs(5) });
        let observer = join(server);
        shared.stop.store(true, Ordering::Relaxed);
        let mut measured = Measured::default();
        for thread in threads? {
            let ended = thread.join();
            measured.merge(ended.map_err(|_| DemoError::Server("the load generator panicked".to_owned()))??);
        }
        Ok::<_, DemoError>((measured, observer?, window.unwrap_or_default()))
    });
    let (measured, observer, window) = outcome?;
    let base_after = base::measure().map_err(DemoError::io("measuring the base"))?;
    let base = base_before.zip(base_after).map(|(before, after)| (before + after) / 2);
    let summary = Summary::new(options, measured, observer, window, base, shared.large.span.get().copied());
    let file = options.out.join("load.json");
    report::write(&file, &summary).map_err(DemoError::io(file.display().to_string()))?;
    report::print(&summary);
    println!("written to {}", file.display());
    Ok(summary)
}

/// What happened between the first word and the last.
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    span: Duration,
    received: u64,
    sent: u64,
    /// Processor time of the server, where the kernel tells.
    server: Option<Duration>,
}

#[derive(Clone, Copy)]
struct Job<'a> {
    options: &'a Options,
    world: &'a World,
    calls: usize,
    frames: &'a [Vec<u8>],
    shared: &'a Shared,
}

type Running<'scope> = std::thread::ScopedJoinHandle<'scope, Result<Measured, DemoError>>;

impl<'a> Job<'a> {
    /// The calls of each thread.
    fn shares(self) -> impl Iterator<Item = Range<usize>> + 'a {
        let threads = self.options.generators;
        (0..threads).map(move |thread| thread * self.calls / threads..(thread + 1) * self.calls / threads)
    }

    fn large_is_ready(self) -> bool {
        self.options.large.is_none() || self.shared.large.ready.load(Ordering::Relaxed)
    }

    fn start<'scope, F: Future<Output = Result<Measured, DemoError>>>(
        self,
        scope: &'scope Scope<'scope, 'a>,
        work: impl FnOnce() -> F + Send + 'scope,
    ) -> Result<Running<'scope>, DemoError> {
        let body = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let measured =
                runtime.map_err(DemoError::io("runtime")).and_then(|runtime| runtime.block_on(work()));
            if measured.is_err() {
                self.shared.failed.store(true, Ordering::Relaxed);
            }
            measured
        };
        std::thread::Builder::new()
            .name("load".to_owned())
            .spawn_scoped(scope, body)
            .map_err(DemoError::io("thread of the load generator"))
    }

    /// Waits for the calls to stand, lets the talking begin and shows how it goes. `None` when it did not come to that.
    fn watch(self, traffic: &Traffic) -> Option<Window> {
        let Self { options, shared, .. } = self;
        let users = self.calls * options.members;
        let began = clock::now();
        let mut shown = began;
        while shared.ready.load(Ordering::Relaxed) < options.generators || !self.large_is_ready() {
            if shared.failed.load(Ordering::Relaxed) {
                return None;
            }
            std::thread::sleep(LOOK);
            if clock::now() >= shown + PROGRESS {
                shown += PROGRESS;
                println!(
                    "  {:>5.0} s  {} of {users} registered and affiliated, {} in their call",
                    shown.saturating_duration_since(began).as_secs_f64(),
                    shared.registered.load(Ordering::Relaxed),
                    shared.in_call.load(Ordering::Relaxed),
                );
            }
        }
        let took = clock::now().saturating_duration_since(began).as_secs_f64();
        println!("  {took:>5.1} s  all {users} in their call");
        std::thread::sleep(DRAIN);
        let (begin, server) = (clock::now(), cpu::of_thread(SERVER_THREAD));
        let before = traffic.passed();
        let _ = shared.begin.set(begin);
        let mut last = before;
        let mut next = begin;
        for second in 1..=options.seconds {
            next += PROGRESS;
            std::thread::sleep(next.saturating_duration_since(clock::now()));
            let now = traffic.passed();
            println!(
                "  {second:>5} s  {:>6} packets/s in, {:>7} packets/s out, {} frames spoken",
                now.0 - last.0,
                now.1 - last.1,
                shared.frames.load(Ordering::Relaxed),
            );
            last = now;
        }
        let server = cpu::of_thread(SERVER_THREAD).zip(server).map(|(end, begin)| end.saturating_sub(begin));
        let span = clock::now().saturating_duration_since(begin);
        let window = Window { span, received: last.0 - before.0, sent: last.1 - before.1, server };
        std::thread::sleep(DRAIN);
        Some(window)
    }

    /// One thread of the load generator: its share of the calls, from the first REGISTER to the last BYE.
    async fn generate(self, share: Range<usize>) -> Result<Measured, DemoError> {
        let Self { options, world, shared, .. } = self;
        let members = options.members;
        let first = share.start * members;
        let mut crowd = Crowd::new(world, share.clone(), members, first, options.deaf)?;
        let groups: Vec<_> = share.clone().map(|call| world.group(call)).collect();
        // The members of the large call log in first: calls that are set up meanwhile could be refused for overload.
        while !self.large_is_ready() && !shared.stop.load(Ordering::Relaxed) {
            crowd.turn(clock::now() + LOOK).await;
        }
        gather::gather(&mut crowd, &groups, members, shared).await?;
        shared.ready.fetch_add(1, Ordering::Relaxed);
        while shared.begin.get().is_none() && !shared.stop.load(Ordering::Relaxed) {
            crowd.turn(clock::now() + LOOK).await;
            while crowd.next_seen().is_some() {}
        }
        let mut measured = Measured::default();
        if let Some(begin) = shared.begin.get() {
            let calls =
                share.clone().zip(0..).map(|(call, number)| self.call(call, number * members, *begin));
            self.talk(&mut crowd, calls.collect(), *begin, &mut measured).await;
        }
        // Until the server is gone it is answered: it releases the calls with BYE.
        while !shared.stop.load(Ordering::Relaxed) {
            crowd.turn(clock::now() + LOOK).await;
            while crowd.next_seen().is_some() {}
        }
        Ok(measured)
    }

    /// The thread of the large call.
    async fn generate_large(self, members: usize) -> Result<Measured, DemoError> {
        let Self { options, world, shared, calls, .. } = self;
        let first = calls * options.members;
        let mut crowd = Crowd::new(world, calls..calls + 1, members, first, options.deaf)?;
        let group = world.group(calls);
        let large = large::run(&mut crowd, &group, &shared.large, &shared.begin, &shared.stop).await?;
        Ok(Measured { large, ..Measured::default() })
    }

    /// A call whose first request comes in its own time, so that calls do not act in step.
    fn call(self, call: usize, first: usize, begin: Instant) -> Call {
        let kind = if call < self.options.calls { Kind::Talk } else { Kind::Timers };
        let defaults = TimerSettings::default();
        let timers = Timers { t1: defaults.duration(Timer::T1), t7: defaults.duration(Timer::T7) };
        let spread = Duration::from_secs(1).mul_f64(call as f64 / self.calls as f64);
        Call::new(kind, timers, first, self.options.members, begin + spread)
    }

    async fn talk(self, crowd: &mut Crowd, mut calls: Vec<Call>, begin: Instant, measured: &mut Measured) {
        let Self { options, frames, shared, .. } = self;
        let end = begin + Duration::from_secs(options.seconds);
        let far = end + HANG_TIMER;
        let mut schedule = Schedule::new(calls.len());
        for (number, call) in calls.iter().enumerate() {
            schedule.set(number, Some(call.next()));
        }
        let mut talking = true;
        loop {
            let now = clock::now();
            if talking && now >= end {
                talking = false;
                calls.iter_mut().for_each(|call| call.stop(far));
            }
            if now >= end + DRAIN {
                return;
            }
            while talking && let Some(number) = schedule.take(clock::now()) {
                calls[number].on_time(clock::now(), frames, crowd, measured);
                schedule.set(number, Some(calls[number].next()));
            }
            shared.frames.fetch_max(measured.frames as u64, Ordering::Relaxed);
            let wake = schedule.next().filter(|_| talking).unwrap_or(end + DRAIN);
            crowd.turn(wake.min(end + DRAIN)).await;
            while let Some((member, at, seen)) = crowd.next_seen() {
                let number = member / options.members;
                calls[number].on_seen(member, at, &seen, crowd, measured);
                if !matches!(seen, crowd::Seen::Voice { .. }) {
                    schedule.set(number, Some(calls[number].next()));
                }
            }
        }
    }
}

fn check(options: &Options) -> Result<(), DemoError> {
    let within = |option, value: usize, range: std::ops::RangeInclusive<usize>| {
        if range.contains(&value) {
            return Ok(());
        }
        let allowed = format!("{} to {}", range.start(), range.end());
        Err(DemoError::Option { option, value: value.to_string(), allowed })
    };
    within("--members", options.members, MIN_MEMBERS..=2_000)?;
    let most = (MAX_USERS - options.large.unwrap_or_default().min(2_000)) / options.members;
    if let Some(large) = options.large {
        within("--large", large, 100..=2_000)?;
    }
    within("--calls", options.calls + options.calls.div_ceil(CALLS_PER_TIMER_CALL), 1..=most)?;
    let seconds = usize::try_from(options.seconds).unwrap_or(usize::MAX);
    within("--seconds", seconds, 1..=usize::try_from(MAX_SECONDS).unwrap_or(usize::MAX))?;
    within("--generators", options.generators, 1..=options.calls.min(64))
}
