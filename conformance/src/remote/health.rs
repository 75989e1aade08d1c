//! Whether a target lives, and how it is made anew: for verbs that are no campaign of cases.

use std::time::Duration;

use call_control::client::{ClientCommand, ClientEvent};
use mcptt_server::ue::UeEvent;

use super::TargetFile;
use super::process::{self, Process};
use crate::rig::Rig;
use crate::rig::remote::{Remote, Site, Stopwatch};

/// Who does the honest exchange.
const HONEST: &str = "sip:alice@mc.example.org";
/// Longest wait for a target that was started.
const START: Duration = Duration::from_secs(60);

/// What the honest client does, what is missing if nothing comes of it, and what has to come of it.
type Exchange = (ClientCommand, &'static str, fn(&UeEvent) -> bool);

/// A target and the process of it, if the tester has started it.
pub struct Health {
    target: TargetFile,
    site: Site,
    process: Option<Process>,
}

impl Health {
    /// The target of a file.
    ///
    /// # Errors
    /// When its tokens cannot be had.
    pub fn new(target: TargetFile) -> Result<Self, super::TargetError> {
        let site = target.site()?;
        Ok(Self { target, site, process: None })
    }

    /// The file.
    pub fn target(&self) -> &TargetFile {
        &self.target
    }

    /// A rig whose clients talk to it.
    pub fn rig(&self) -> Rig {
        Rig::remote(Remote::new(self.site.clone()), 1)
    }

    /// A target that knows nothing. `false`: the file does not say how.
    ///
    /// # Errors
    /// Why it could not be had.
    pub fn fresh(&mut self) -> Result<bool, String> {
        let Some(control) = &self.target.control else { return Ok(false) };
        process::reset(&control.reset)?;
        if control.start.is_empty() {
            return Ok(true);
        }
        // The old one has to give its ports back first.
        self.process = None;
        let name = format!("{}-health", self.site.first_port);
        self.process = Some(Process::start(&self.target, "", &name)?);
        let since = Stopwatch::start();
        loop {
            if let Some(how) = self.process.as_mut().and_then(Process::ended) {
                return Err(how);
            }
            if self.exchange().is_ok() {
                return Ok(true);
            }
            if since.passed() > START {
                return Err(format!("it was started and does not answer within {START:?}"));
            }
        }
    }

    /// An honest client registers and deregisters.
    ///
    /// # Errors
    /// What went wrong.
    pub fn check(&mut self) -> Result<(), String> {
        if let Some(how) = self.process.as_mut().and_then(Process::ended) {
            return Err(how);
        }
        // A busy machine is given a second chance.
        self.exchange().or_else(|_| self.exchange())
    }

    fn exchange(&self) -> Result<(), String> {
        let mut rig = self.rig();
        let honest = rig.client(HONEST);
        let steps: [Exchange; 2] = [
            (ClientCommand::Register, "registration", |event| {
                matches!(event, UeEvent::Client(ClientEvent::Registered { .. }))
            }),
            (ClientCommand::Deregister, "end of the registration", |event| {
                matches!(event, UeEvent::Client(ClientEvent::Deregistered))
            }),
        ];
        for (command, what, wanted) in steps {
            rig.signal(honest, command);
            rig.expect(honest, what, wanted).map_err(|unmet| format!("no {}", unmet.0))?;
        }
        match rig.trouble() {
            Some(trouble) => Err(trouble.to_owned()),
            None => Ok(()),
        }
    }
}
