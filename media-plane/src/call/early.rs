//! RTP of a talker from before somebody was there to hear it (TS 24.380 6.3.2.2).

use bytes::Bytes;
use mcptt_codec::id::LegRef;

use super::{Call, Context};
use crate::distributor::{EarlyMedia, Opened};

impl Call {
    /// Takes an RTP packet of a talker for distribution, to `only` one where not all hear it: at once, unless it has to
    /// wait for a listener.
    pub(super) fn accept_media(
        &mut self,
        talker: LegRef,
        only: Option<LegRef>,
        packet: Opened,
        cx: &mut Context<'_>,
    ) {
        cx.counters.media_accepted += 1;
        let Some(early) = &mut self.early else { return self.distribute(talker, only, packet, cx) };
        if early.talker().is_some_and(|first| first != talker) {
            // Somebody else talks now: what is left of the first talk spurt goes before.
            while let Some((first, packet)) = self.take_early(EarlyMedia::pop) {
                self.distribute_kept(first, packet, cx);
            }
            self.early = None;
            return self.distribute(talker, only, packet, cx);
        }
        //= 24.380-6.3.2.2:early
        early.push(cx.now, talker, cx.fan_out.octets(&packet));
        self.limit_early_media(cx);
        self.continue_early_media(cx);
    }

    /// The first listener is there: it hears the talk spurt from its beginning, as far as that was kept.
    pub(super) fn begin_early_media(&mut self, cx: &mut Context<'_>) {
        self.limit_early_media(cx);
        if let Some(early) = &mut self.early {
            early.begin(cx.now);
        }
        self.continue_early_media(cx);
    }

    /// Plays out what is due.
    pub(super) fn continue_early_media(&mut self, cx: &mut Context<'_>) {
        let now = cx.now;
        while let Some((talker, packet)) = self.take_early(|early| early.take_due(now)) {
            self.distribute_kept(talker, packet, cx);
        }
        if self.early.as_ref().is_some_and(EarlyMedia::is_over) {
            self.early = None;
        }
    }

    /// What is too much to be kept is given up, or goes before its time where somebody is there to hear it.
    fn limit_early_media(&mut self, cx: &mut Context<'_>) {
        let now = cx.now;
        let heard = self.early.as_ref().is_some_and(EarlyMedia::is_played);
        while let Some((talker, packet)) = self.take_early(|early| early.excess(now)) {
            if heard {
                self.distribute_kept(talker, packet, cx);
            } else {
                cx.counters.early_media_given_up += 1;
            }
        }
    }

    /// A packet together with its talker.
    fn take_early(&mut self, take: impl FnOnce(&mut EarlyMedia) -> Option<Bytes>) -> Option<(LegRef, Bytes)> {
        let early = self.early.as_mut()?;
        Some((early.talker()?, take(early)?))
    }

    fn distribute_kept(&mut self, talker: LegRef, packet: Bytes, cx: &mut Context<'_>) {
        let packet = cx.fan_out.own(packet);
        self.distribute(talker, None, packet, cx);
    }
}
