//! Offer and answer (RFC 3264): an answer has the media lines of the offer in their order and number, and a
//! later offer those of the earlier one.

use super::{Connection, Line, MediaDescription, Origin, SessionDescription};

impl SessionDescription {
    /// The answer to this offer. `accept` is asked for each media line in order, with its index; where it
    /// gives `None` the line is refused with port 0. The direction of an accepted stream is narrowed to what the offer
    /// permits, so the answer to a stream on hold receives only.
    #[must_use]
    pub fn answer(
        &self,
        origin: &Origin,
        connection: Option<&Connection>,
        mut accept: impl FnMut(usize, &MediaDescription) -> Option<MediaDescription>,
    ) -> Self {
        let mut answer = Self::new(origin, connection);
        //= RFC3264-6:timing
        if let Some(timing) = self.line('t') {
            answer.set_line(Line::new('t', timing.clone()));
        }
        //= RFC3264-6:count
        let answers = self.media.iter().enumerate().map(|(index, offered)| {
            let Some(mut accepted) = accept(index, offered) else { return offered.refusal() };
            let (offered, wanted) = (self.direction_of(offered), accepted.direction().unwrap_or_default());
            if !offered.permits(wanted) {
                accepted.state_direction(offered.answered(wanted), false);
            }
            accepted
        });
        answer.media = answers.collect();
        answer
    }

    /// Whether this description has at least the media lines of an earlier one of the same session, in their
    /// order. The kind of a line whose port was 0 may have changed, as a new stream may take its place.
    pub fn keeps_media_of(&self, earlier: &Self) -> bool {
        //= RFC3264-8:lines
        let same = |(own, old): (&MediaDescription, &MediaDescription)| {
            old.is_refused() || own.kind.eq_ignore_ascii_case(&old.kind)
        };
        self.media.len() >= earlier.media.len() && self.media.iter().zip(&earlier.media).all(same)
    }

    /// This description as the successor of `earlier`: same session in `o=`, and the version one higher
    /// exactly when something else than `o=` differs.
    #[must_use]
    pub fn succeeding(mut self, earlier: &Self) -> Self {
        let Some(mut origin) = earlier.origin() else { return self };
        self.set_origin(&origin);
        //= RFC3264-8:version
        if self != *earlier {
            origin.session_version = origin.session_version.saturating_add(1);
            self.set_origin(&origin);
        }
        self
    }
}

impl MediaDescription {
    /// The answer that refuses this stream.
    #[must_use]
    pub fn refusal(&self) -> Self {
        Self::new(self.kind.clone(), 0, self.protocol.clone(), self.formats.iter().cloned())
    }
}
