//! The SSRCs that this node has given out: each names one source, whatever its call (TS 24.380 6.3.4.4.2).

use std::collections::HashSet;

use mcptt_codec::id::Ssrc;
use rand_core::RngCore;

/// SSRCs of participants and of floor control servers. Asked by value only: the order inside plays no role.
#[derive(Debug, Default)]
pub(crate) struct Ssrcs(HashSet<Ssrc>);

impl Ssrcs {
    /// One that nobody has.
    pub(crate) fn draw(&mut self, rng: &mut impl RngCore) -> Ssrc {
        self.claim(None, |_| false, rng)
    }

    /// The one that was signalled, unless somebody else has it or it is `used` without having been given out: then
    /// another one.
    pub(crate) fn claim(
        &mut self,
        signalled: Option<Ssrc>,
        used: impl Fn(Ssrc) -> bool,
        rng: &mut impl RngCore,
    ) -> Ssrc {
        let mut wanted = signalled;
        loop {
            let ssrc = wanted.take().unwrap_or_else(|| Ssrc(rng.next_u32()));
            if !used(ssrc) && self.0.insert(ssrc) {
                return ssrc;
            }
        }
    }

    /// Its owner has gone.
    pub(crate) fn free(&mut self, ssrc: Ssrc) {
        self.0.remove(&ssrc);
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}
