//! Whether an answer fits its offer, and a later offer the session so far (RFC 3264).

use super::{ConnectionReuse, Crypto, Direction, MediaDescription, SessionDescription, Setup};

/// A broken rule of offer and answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AgreementFault {
    /// Index of the media description; `None` for the description as a whole.
    pub media: Option<usize>,
    /// Id of the requirement.
    pub requirement: &'static str,
}

impl SessionDescription {
    /// What is wrong with this answer to `offer`, by media description.
    pub fn answer_faults(&self, offer: &Self) -> Vec<AgreementFault> {
        let mut faults = Vec::new();
        //= RFC3264-6:count
        if self.media.len() != offer.media.len() {
            faults.push(AgreementFault { media: None, requirement: "RFC3264-6:count" });
        }
        //= RFC3264-6:timing
        if self.line('t') != offer.line('t') {
            faults.push(AgreementFault { media: None, requirement: "RFC3264-6:timing" });
        }
        for (index, (answer, offered)) in self.media.iter().zip(&offer.media).enumerate() {
            let mut fault = |requirement| faults.push(AgreementFault { media: Some(index), requirement });
            //= RFC3264-6:kind
            if !answer.is_same_stream_as(offered) {
                fault("RFC3264-6:kind");
                continue;
            }
            if answer.is_refused() {
                continue;
            }
            //= RFC3264-6:refused
            if offered.is_refused() && !offered.is_bundle_only() {
                fault("RFC3264-6:refused");
            }
            //= RFC3264-6.1:direction
            if !offer.direction_of(offered).permits(self.direction_of(answer)) {
                fault("RFC3264-6.1:direction");
            }
            answer_to_stream(answer, offered, &mut fault);
        }
        faults
    }

    /// What is wrong with this later offer or answer of the session whose last description by the same side was `earlier`.
    pub fn successor_faults(&self, earlier: &Self) -> Vec<AgreementFault> {
        let mut faults = Vec::new();
        //= RFC3264-8:lines
        if !self.keeps_media_of(earlier) {
            faults.push(AgreementFault { media: None, requirement: "RFC3264-8:lines" });
        }
        if let Some((own, old)) = self.origin().zip(earlier.origin()) {
            let next = old.session_version.checked_add(1);
            let version_fits = match (self == earlier, own.session_version == old.session_version) {
                (true, _) => true,
                // Without regard to its version it is another text, so the version tells.
                (false, same) => !same && Some(own.session_version) == next,
            };
            let session =
                |origin: &super::Origin| (origin.username.clone(), origin.session_id, origin.address.clone());
            //= RFC3264-8:version
            if !version_fits || session(&own) != session(&old) {
                faults.push(AgreementFault { media: None, requirement: "RFC3264-8:version" });
            }
        }
        faults
    }

    /// Whether a stream is on hold as its receiver sees it: nothing is to be sent to the maker of this description, or, as
    /// RFC 2543 had it, to an address of zeros.
    pub fn is_held(&self, media: &MediaDescription) -> bool {
        //= RFC3264-8.4
        let zeros = self.connection_of(media).and_then(|connection| connection.ip());
        zeros.is_some_and(|address| address.is_unspecified())
            || matches!(self.direction_of(media), Direction::SendOnly | Direction::Inactive)
    }

    /// This description with every stream of RTP on hold or, with `false`, running again. The floor control stream has no
    /// direction. [`Self::succeeding`] then counts up the version.
    #[must_use]
    pub fn with_hold(mut self, hold: bool) -> Self {
        let of_session = self.attributes().find_map(|attribute| Direction::of_attribute(&attribute.name));
        for media in self.media.iter_mut().filter(|media| media.is_rtp() && !media.is_refused()) {
            let direction = media.direction().or(of_session).unwrap_or_default();
            let direction = if hold { direction.held() } else { direction.resumed() };
            media.state_direction(direction, of_session.is_some());
        }
        self
    }
}

/// Rules about one stream that was accepted.
fn answer_to_stream(
    answer: &MediaDescription,
    offered: &MediaDescription,
    fault: &mut impl FnMut(&'static str),
) {
    //= RFC3264-6.1:formats
    if answer.is_rtp() && answer.agreed_payload_types(offered).is_empty() {
        fault("RFC3264-6.1:formats");
    }
    let (offered_keys, answered_keys): (Vec<Crypto>, Vec<Crypto>) =
        (offered.typed().flatten().collect(), answer.typed().flatten().collect());
    //= RFC4568-5.1.2
    if offered.is_protected() && !offered_keys.is_empty() || !answered_keys.is_empty() {
        let known = |key: &Crypto| offered_keys.iter().any(|offered| offered.is_answered_by(key));
        if answered_keys.len() != 1 || !answered_keys.iter().all(known) {
            fault("RFC4568-5.1.2");
        }
    }
    //= RFC4145-4.1:answer
    if let Some((offered, answered)) = offered.first::<Setup>().zip(answer.first::<Setup>())
        && !offered.answers().contains(&answered)
    {
        fault("RFC4145-4.1:answer");
    }
    //= RFC4145-5:answer
    if offered.first() == Some(ConnectionReuse::New) && answer.first() == Some(ConnectionReuse::Existing) {
        fault("RFC4145-5:answer");
    }
    //= RFC5761-5.1.1:answer
    if answer.attribute("rtcp-mux").is_some() && offered.attribute("rtcp-mux").is_none() {
        fault("RFC5761-5.1.1:answer");
    }
    if answer.is_floor_control()
        && let (Ok(offered), Ok(answered)) = (offered.mcptt_fmtp(), answer.mcptt_fmtp())
    {
        answered.unwrap_or_default().answer_faults(&offered.unwrap_or_default()).into_iter().for_each(fault);
    }
}

impl MediaDescription {
    /// Whether an answer or later description with this line means the stream of `other`.
    fn is_same_stream_as(&self, other: &Self) -> bool {
        self.kind.eq_ignore_ascii_case(&other.kind) && self.protocol.eq_ignore_ascii_case(&other.protocol)
    }
}
