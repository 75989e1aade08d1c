//! Participants that ask for a new DTLS association in the middle of a call (RFC 8842 5).

use mcptt_codec::id::{CallRef, LegRef};

use super::Controlling;
use crate::media::{DtlsAgreement, MediaProtection};
use crate::offer_answer::RemoteMedia;
use crate::policy::Refusal;

impl Controlling {
    /// What is agreed on where the offer of a participant asks for another association; `None`: the one that there is goes on,
    /// or its keys come from elsewhere.
    ///
    /// # Errors
    /// [`Refusal::NoAcceptableAudio`]: an association that nobody would open, or one with another place for RTCP.
    //= RFC8842-5.1
    pub(super) fn renewed_association(
        &mut self,
        call: CallRef,
        at: LegRef,
        remote: Option<&RemoteMedia>,
    ) -> Result<Option<DtlsAgreement>, Refusal> {
        let leg = self.calls.get(&call).and_then(|running| running.legs.get(&at));
        let agreed = leg.and_then(|leg| leg.dtls.as_deref());
        let offered = remote.and_then(|remote| remote.dtls.as_ref());
        let (Some(agreed), Some(offered), Some(remote)) = (agreed, offered, remote) else { return Ok(None) };
        if offered.rtcp_mux != agreed.rtcp_mux {
            return Err(Refusal::NoAcceptableAudio);
        }
        if !offered.asks_for_another(agreed) {
            return Ok(None);
        }
        let media = &self.directory.config.media;
        match remote.accept_key(&media.suites, media.dtls.as_ref(), &mut self.rng) {
            Some(MediaProtection::Dtls(agreed)) => Ok(Some(agreed)),
            _ => Err(Refusal::NoAcceptableAudio),
        }
    }
}
