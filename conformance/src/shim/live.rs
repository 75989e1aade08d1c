//! Scenarios over sockets: a client that somebody else has made, behind its shim.

use std::net::SocketAddr;
use std::time::Duration;

use super::process::ShimError;
use super::scenario::{Scenario, Step};
use super::virtual_time::{ALICE, BOB, FIRE, PATIENCE, of_clients};
use super::words::obey;
use super::{Place, Shim};
use crate::capture::Frame;
use crate::case::{self, Reason, Verdict};
use crate::judge::{Judgements, Profile};
use crate::rig::remote::{Remote, Site, Stopwatch, own_jitter};
use crate::rig::{Actor, Rig};
use crate::serve::Serving;
use crate::tamper::Relay;

/// Wake-ups that are measured before a run.
const WAKE_UPS: usize = 300;
/// Threads and sockets of one machine: what is later than that is held against nobody.
const LEAST_JITTER: Duration = Duration::from_millis(100);
/// A client of somebody else on the same machine is given more time for an answer than a server.
const RESPONSE: Duration = Duration::from_secs(2);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(10);

/// A client that was judged in a scenario.
#[derive(Debug)]
pub struct Judged {
    /// The scenario.
    pub id: String,
    /// How it went.
    pub verdict: Verdict,
    /// Everything the judge said.
    pub judgements: Judgements,
    /// What crossed the sockets of the server.
    pub frames: Vec<Frame>,
}

/// Runs a scenario with the client behind the shim that `start` starts. The server of this process listens from this port on, and
/// bob's client, on eight ports above `first_port`.
///
/// # Errors
/// When sockets or the shim cannot be had.
pub fn run_live(
    scenario: &Scenario,
    ports: Ports,
    start: impl FnOnce(&Place) -> Result<Box<dyn Shim>, ShimError>,
) -> Result<Judged, String> {
    let config = Serving::configuration(&scenario.configuration, ports.server)?;
    let jitter = own_jitter(WAKE_UPS).max(LEAST_JITTER);
    let profile =
        Profile { jitter, path: LEAST_JITTER, response: RESPONSE, ..of_clients(case::profile(&config)) };
    let server = config.call_control.participating.address;
    let identity = config.call_control.participating.identity.to_string();
    let mut serving = Serving::start(config, Relay::new(scenario.rules.clone()), 1)?.in_background();
    let host = ports.clients.ip();
    let place = Place {
        server,
        server_identity: identity.clone(),
        user: ALICE.to_owned(),
        host,
        first_port: ports.clients.port(),
    };
    let site = Site {
        transport: Default::default(),
        participating: server,
        participating_identity: identity.as_str().into(),
        clients: host,
        first_port: ports.clients.port() + 8,
        tokens: Default::default(),
    };
    let mut rig = Rig::remote(Remote::new(site), 1);
    let bob = rig.client_with(BOB, |client| client.suites.clear());
    let mut shim = start(&place).map_err(|error| error.to_string())?;
    let outcome = play(&mut rig, bob, shim.as_mut(), scenario);
    rig.advance(Duration::from_millis(500));
    drop(shim);
    let (frames, end) = serving.stop();
    if let Some(trouble) = rig.trouble() {
        return Err(trouble.to_owned());
    }
    Ok(Judged::of(scenario, profile, frames, end, outcome.err()))
}

/// Where everybody is.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    /// First port of the server on loopback; it has a hundred.
    pub server: u16,
    /// The client under test: its address and the first of eight ports; bob's client has the eight after them.
    pub clients: SocketAddr,
}

type Trouble = (Reason, String);

fn play(rig: &mut Rig, bob: Actor, shim: &mut dyn Shim, scenario: &Scenario) -> Result<(), Trouble> {
    let unmet = |what: &str| (Reason::PreconditionUnmet, what.to_owned());
    rig.log_in(bob, &[FIRE]).map_err(|unlucky| unmet(unlucky.0))?;
    let log_in = [
        Step::Client("register".to_owned()),
        Step::Until("registered".to_owned()),
        Step::Client(format!("affiliate {FIRE}")),
        Step::Until("affiliated".to_owned()),
    ];
    let mut reported = Vec::new();
    for step in log_in.iter().chain(&scenario.steps) {
        match step {
            Step::Wait(time) => rig.advance(*time),
            Step::Client(line) => {
                shim.say(line).map_err(|error| unmet(&error.to_string()))?;
                rig.advance(LOOK);
            }
            Step::Bob(line) => obey(rig, bob, line).map_err(|_| unmet("a line that is understood"))?,
            Step::Until(line) => until(rig, shim, &mut reported, line)?,
        }
    }
    Ok(())
}

/// Takes a line that begins so out of those that were reported, in whatever order they came.
pub(super) fn take(reported: &mut Vec<String>, wanted: &str) -> bool {
    let found = reported.iter().position(|line| line.starts_with(wanted));
    found.map(|found| reported.remove(found)).is_some()
}

fn until(
    rig: &mut Rig,
    shim: &mut dyn Shim,
    reported: &mut Vec<String>,
    wanted: &str,
) -> Result<(), Trouble> {
    let since = Stopwatch::start();
    loop {
        reported.extend(std::iter::from_fn(|| shim.hear()));
        if take(reported, wanted) {
            return Ok(());
        }
        if take(reported, "unsupported") {
            return Err((Reason::PreconditionUnmet, "unsupported".to_owned()));
        }
        // A slow machine is given its time.
        if since.passed() > PATIENCE * 5 {
            return Err((Reason::PreconditionUnmet, format!("the client does not report '{wanted}'")));
        }
        rig.advance(LOOK);
    }
}
