//! Requests about discreet listening go to the function that controls the calls, which alone decides.

use std::time::Instant;

use super::identity::Originator;
use super::message::Consequence;
use super::{ClientKey, Incoming, Participating};
use crate::bodies::{Bodies, InfoValues};
use crate::policy::Refusal;

impl Participating {
    pub(super) fn discreet_asked(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        originator: &Originator,
        client: &ClientKey,
        bodies: &Bodies,
    ) -> Result<(), Refusal> {
        let target = bodies.info.as_ref().map(InfoValues::target).transpose()?.flatten();
        let target = target.ok_or(Refusal::BodyUnreadable)?;
        let own = || self.directory.own_controlling();
        let controlling = self.controlling_function_of(target).unwrap_or_else(own);
        let message =
            self.onward_message(incoming.request, originator, client, bodies, &controlling.identity, false);
        let destination = controlling.address.into();
        self.relay_message(now, incoming.transaction, message, destination, Consequence::Nothing);
        Ok(())
    }
}
