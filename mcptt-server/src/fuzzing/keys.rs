//! Hostile messages with keys.

use std::sync::LazyLock;

use media_plane::crypto::mc::i_message::Opener;
use media_plane::crypto::mc::{KeyPeriod, Kms};
use media_plane::crypto::sakke::ReceiverKey;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

/// Seconds since 1900: that of the corpus.
const NOW: u64 = 3_990_000_000;
const PERIOD: KeyPeriod = KeyPeriod { length: 2_592_000, offset: 0 };
const OWN: &str = "sip:mcptt@mc.example.org";

/// Made once: keys take longer than what is done with them.
static KEYS: LazyLock<(Kms, ReceiverKey)> = LazyLock::new(|| {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let kms = Kms::new("kms.mc.example.org", PERIOD, &Kms::draw(&mut rng)).expect("drawn secrets are some");
    let set = kms.key_set(OWN, PERIOD.number(NOW), &mut rng).expect("an identity has keys");
    let key = ReceiverKey::new(&*set.decryption, &set.uid.0, kms.public_encryption());
    let key = key.expect("keys that are given out are right");
    (kms, key)
});

/// A message that nobody has signed gives no key, and data that nobody has encapsulated no secret.
pub fn i_message(data: &[u8]) {
    let (kms, key) = &*KEYS;
    let mut opener = Opener::new(kms.clone(), OWN.to_owned());
    assert!(opener.open(data, None, NOW).is_err(), "a key that nobody has signed");
    assert!(opener.open(data, Some("sip:alice@mc.example.org"), NOW).is_err());
    assert!(key.decapsulate(data).is_err(), "a secret that nobody has encapsulated");
}
