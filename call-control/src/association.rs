//! DTLS associations in later offers and answers (RFC 8842 5): the same one goes on, or a new one is asked for.

use mcptt_codec::sdp::{Fingerprint, MediaDescription, SessionDescription, Setup, TlsId};
use rand_core::RngCore;

use crate::offer_answer::RemoteDtls;

/// What offer and answer have agreed on for a DTLS handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DtlsAgreement {
    /// We open the association (`a=setup:active`); otherwise the participant does.
    pub active: bool,
    /// Of our certificate.
    pub own: Fingerprint,
    /// Of the certificates that the participant may present.
    pub peer: Vec<Fingerprint>,
    /// RTCP shares the port of RTP (RFC 5761).
    pub rtcp_mux: bool,
    /// What our description calls the association (RFC 8842); another name is another association.
    pub own_id: Option<TlsId>,
    /// What the participant's calls it.
    pub peer_id: Option<TlsId>,
}

impl RemoteDtls {
    /// What we and this side have agreed on. Where it names its association, ours is named too.
    //= RFC8842-5.3:tls-id
    pub fn agreement(&self, active: bool, own: &Fingerprint, rng: &mut impl RngCore) -> DtlsAgreement {
        let own_id =
            self.id.as_ref().map(|_| TlsId(format!("{:016x}{:016x}", rng.next_u64(), rng.next_u64()).into()));
        DtlsAgreement { own_id, ..self.unnamed(active, own) }
    }

    /// The same where our description has given the association no name.
    pub fn unnamed(&self, active: bool, own: &Fingerprint) -> DtlsAgreement {
        DtlsAgreement {
            active,
            own: own.clone(),
            peer: self.fingerprints.clone(),
            rtcp_mux: self.rtcp_mux,
            own_id: None,
            peer_id: self.id.clone(),
        }
    }

    /// Whether this offer asks for another association than the one that was agreed on.
    //= RFC8842-5.1
    pub fn asks_for_another(&self, agreed: &DtlsAgreement) -> bool {
        let other_role = match self.setup {
            Setup::Active => agreed.active,
            Setup::Passive => !agreed.active,
            Setup::ActPass | Setup::HoldConn => false,
        };
        let other_name = self.id.is_some() && self.id != agreed.peer_id;
        other_role || other_name || self.fingerprints != agreed.peer
    }
}

impl DtlsAgreement {
    /// What our description says of our role.
    pub(crate) const fn setup(&self) -> Setup {
        if self.active { Setup::Active } else { Setup::Passive }
    }

    /// An answer in which the audio has this association.
    pub(crate) fn stated_in(&self, mut description: SessionDescription) -> SessionDescription {
        let is_audio =
            |media: &&mut MediaDescription| media.kind.eq_ignore_ascii_case("audio") && !media.is_refused();
        if let Some(audio) = description.media.iter_mut().find(is_audio) {
            for name in ["setup", "tls-id"] {
                audio.remove_attribute(name);
            }
            let stated = audio.clone().with(&self.setup());
            *audio = match &self.own_id {
                Some(id) => stated.with(id),
                None => stated,
            };
        }
        description
    }
}

#[cfg(test)]
mod tests {
    use mcptt_codec::sdp::HashFunction;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng as _;

    use super::*;

    fn fingerprint(octet: u8) -> Fingerprint {
        Fingerprint { hash: HashFunction::SHA_256, octets: vec![octet; 32] }
    }

    fn remote(setup: Setup, octet: u8, id: Option<&str>) -> RemoteDtls {
        let id = id.map(|id| TlsId(format!("{id:-<20}").as_str().into()));
        RemoteDtls { setup, fingerprints: vec![fingerprint(octet)], rtcp_mux: true, id }
    }

    //= RFC8842-5.1 test
    #[test]
    fn another_certificate_name_or_role_is_another_association() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let agreed = remote(Setup::ActPass, 1, Some("a")).agreement(true, &fingerprint(9), &mut rng);
        let asks = |setup, octet, id| remote(setup, octet, id).asks_for_another(&agreed);
        assert!(
            !asks(Setup::ActPass, 1, Some("a"))
                && !asks(Setup::Passive, 1, Some("a"))
                && !asks(Setup::ActPass, 1, None)
        );
        assert!(
            asks(Setup::ActPass, 2, Some("a"))
                && asks(Setup::ActPass, 1, Some("b"))
                && asks(Setup::Active, 1, Some("a"))
        );
    }

    //= RFC8842-5.3:tls-id test
    #[test]
    fn who_names_an_association_is_told_a_name_that_is_new_each_time() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let named = remote(Setup::ActPass, 1, Some("a"));
        let mut own = || named.agreement(true, &fingerprint(9), &mut rng).own_id.expect("a name");
        let (first, second) = (own(), own());
        assert_ne!(first, second);
        assert_eq!(TlsId::parse(&first.to_string()), Ok(first));
        assert_eq!(remote(Setup::ActPass, 1, None).agreement(true, &fingerprint(9), &mut rng).own_id, None);
    }
}
