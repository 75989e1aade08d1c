//! Requests about discreet listening go to the function that controls the calls, which alone decides.

use std::time::Instant;

use super::Participating;
use super::message::{Asked, Consequence};
use crate::bodies::InfoValues;
use crate::policy::Refusal;

impl Participating {
    pub(super) fn discreet_asked(&mut self, now: Instant, asked: Asked<'_>) -> Result<(), Refusal> {
        let target = asked.bodies.info.as_ref().map(InfoValues::target).transpose()?.flatten();
        let target = target.ok_or(Refusal::BodyUnreadable)?;
        let own = || self.directory.own_controlling();
        let controlling = self.controlling_function_of(target).unwrap_or_else(own);
        self.pass_to_function(now, asked, &controlling, Consequence::Nothing);
        Ok(())
    }
}
