//! Keys that a server makes for its clients: those of multicast (TS 33.180 E.4; TS 33.179 7.7).

use mcptt_codec::mikey::Mikey;
use rand_core::RngCore;

use super::i_message::{KeyError, Parties, make_between};
use super::{Authorities, KeySet, ServiceKey};

/// Puts keys into messages for clients, signed by the server. Its work takes milliseconds for each.
#[derive(Clone, Debug)]
pub struct Sealer {
    authorities: Authorities,
    own: String,
    /// Our keys of the period that was asked for last.
    keys: Option<KeySet>,
}

impl Sealer {
    /// For the server with this URI.
    pub const fn new(authorities: Authorities, own: String) -> Self {
        Self { authorities, own, keys: None }
    }

    /// A message with a key for a user, at a moment in seconds since 1900.
    ///
    /// # Errors
    /// [`KeyError`]: the user's key management server is not known, or there are no keys of ours to sign with.
    //= 33.180-multicast-keys
    pub fn seal(
        &mut self,
        key: &ServiceKey,
        user: &str,
        ntp: u64,
        rng: &mut impl RngCore,
    ) -> Result<Mikey, KeyError> {
        let home = self.authorities.home();
        let period = home.certificate().period.number(ntp);
        let keys = match self.keys.take().filter(|keys| keys.period == period) {
            Some(keys) => keys,
            None => home.key_set(&self.own, period, rng)?,
        };
        let of_user = self.authorities.of_user(user)?.certificate();
        let parties = Parties { initiator: &self.own, responder: user };
        let sealed = make_between(key, key.id, parties, [home.certificate(), of_user], &keys, ntp, rng);
        self.keys = Some(keys);
        sealed
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng as _;

    use super::super::i_message::{Opener, draw};
    use super::super::{Authority, KeyPeriod, Kms, Purpose};
    use super::*;

    const SERVER: &str = "sip:mcptt@mc.example.org";
    const ALICE: &str = "sip:alice@mc.example.org";
    const CAROL: &str = "sip:carol@north.example.org";
    const PERIOD: KeyPeriod = KeyPeriod { length: 86_400, offset: 0 };
    const NOW: u64 = 3_990_000_000;

    //= 33.180-multicast-keys test
    #[test]
    fn a_client_takes_the_keys_of_multicast_from_its_server_alone() {
        let mut rng = ChaCha20Rng::seed_from_u64(4);
        let kms = |uri, rng: &mut ChaCha20Rng| Kms::new(uri, PERIOD, &Kms::draw(rng)).unwrap();
        let (home, north) = (kms("home", &mut rng), kms("north", &mut rng));
        let foreign = Authority::foreign(north.certificate().clone()).with_domain("north.example.org");
        let authorities = Authorities::new(Authority::own(home.clone())).with(foreign);
        let mut sealer = Sealer::new(authorities, SERVER.to_owned());
        // A client of another key management server knows that of its server as well.
        let north_client =
            Authorities::new(Authority::foreign(home.certificate().clone())).with(Authority::own(north));
        let home_client = Authorities::new(Authority::own(home));
        for (user, known) in [(ALICE, home_client), (CAROL, north_client)] {
            let mut client = Opener::under(known, user.to_owned()).of_client();
            for purpose in
                [Purpose::SUBCHANNEL_CONTROL, Purpose::MULTICAST_FLOOR, Purpose::MULTICAST_SIGNALLING]
            {
                let key = draw(purpose, &mut rng);
                let message = sealer.seal(&key, user, NOW, &mut rng).unwrap().to_base64().unwrap();
                let opened = client.open(message.as_bytes(), Some(SERVER), NOW);
                assert_eq!(opened.map(|opened| opened.key), Ok(key));
            }
            let key = draw(Purpose::CLIENT_SERVER, &mut rng);
            let message = sealer.seal(&key, user, NOW, &mut rng).unwrap().to_base64().unwrap();
            assert_eq!(
                client.open(message.as_bytes(), Some(SERVER), NOW),
                Err(KeyError::Form("key for its purpose"))
            );
            assert!(client.open(message.as_bytes(), Some(ALICE), NOW).is_err());
        }
    }
}
