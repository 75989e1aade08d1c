//! MIKEY-SAKKE I_MESSAGEs (RFC 6509, TS 33.180 E.1): a key that one end has made, encapsulated for the other and signed.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use mcptt_codec::DecodeError;
use mcptt_codec::mikey::{
    CommonHeader, DataType, ECCSI_SIGNATURE_OCTETS, IdType, IdentifierScheme, Identity, IdentityWithRole,
    KeyMaterial, Mikey, Payload, PrfFunction, Rand, Role, Sakke, SakkeParameters, Signature, SignatureType,
    Timestamp,
};
use rand_core::RngCore;
use zeroize::Zeroizing;

use super::{KEY, KeyId, KeySet, Kms, Purpose, ServiceKey, UserId};
use crate::crypto::eccsi::{EccsiError, SigningKey};
use crate::crypto::sakke::{ReceiverKey, SakkeError};

/// Roles of TS 33.180 E.1.2: identities that are the hash which the keys are made from.
const INITIATOR_UID: Role = Role(8);
const RESPONDER_UID: Role = Role(9);
/// Identifiers are those of TS 33.180.
const SCHEME: IdentifierScheme = IdentifierScheme::MC_UID;
/// The only parameters that there are.
const PARAMETERS: SakkeParameters = SakkeParameters::SET_1;
/// Octets of the random value of a message of ours, and the fewest that another has.
const RAND: usize = 16;
/// How far the clock of another may be off, seconds.
pub const TOLERANCE: u64 = 600;
/// Most initiators whose latest message is remembered.
const MAX_INITIATORS: usize = 65_536;

/// Why a message cannot be made or gives no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// It is no MIKEY message.
    #[error("not a MIKEY message: {0}")]
    Undecodable(#[from] DecodeError),
    /// It is another MIKEY message, or something is missing or of another kind than it has to be.
    #[error("the I_MESSAGE has no usable {0}")]
    Form(&'static str),
    /// The clock of the sender is off, or the message is an old one.
    #[error("the timestamp is more than {TOLERANCE} s off")]
    Stale,
    /// A later message of the same initiator has been taken.
    #[error("there was a later message of the initiator")]
    Replayed,
    /// It is of somebody else than it should be, or for somebody else.
    #[error("the I_MESSAGE is not {0}")]
    Identity(&'static str),
    /// The signature does not hold.
    #[error("{0}")]
    Signature(#[from] EccsiError),
    /// The key cannot be taken out.
    #[error("{0}")]
    Encapsulation(#[from] SakkeError),
}

/// Who gives a key to whom.
#[derive(Clone, Copy, Debug)]
pub struct Parties<'a> {
    /// Who makes it.
    pub initiator: &'a str,
    /// Whom it is for.
    pub responder: &'a str,
}

/// A message with a key, at a moment in seconds since 1900. `called` is what the key is called in it: the identifier that it has
/// for the responder where it is one of a group.
///
/// # Errors
/// [`KeyError`] where the keys of the initiator are not those of the period.
//= 33.180-mikey
//= RFC6509-4
pub fn make(
    key: &ServiceKey,
    called: KeyId,
    parties: Parties<'_>,
    kms: &Kms,
    keys: &KeySet,
    ntp: u64,
    rng: &mut impl RngCore,
) -> Result<Mikey, KeyError> {
    let period = kms.period().number(ntp);
    let responder = kms.uid(parties.responder, period);
    let signing = SigningKey::new(
        &keys.signing.key,
        &keys.signing.token,
        &kms.uid(parties.initiator, period).0,
        kms.public_authentication(),
    )?;
    let data = kms.public_encryption().encapsulate(&key.key, &responder.0)?;
    let identity = |role, uri: &str| IdentityWithRole { role, value: Identity::uri(uri) };
    let mut message = Mikey::new(CommonHeader::sakke(called.0))
        .with(Timestamp::NtpUtc(ntp << 32))
        .with(Rand(Bytes::copy_from_slice(&key.rand)))
        .with(identity(Role::INITIATOR, parties.initiator))
        .with(identity(Role::RESPONDER, parties.responder))
        .with(identity(Role::INITIATOR_KMS, kms.uri()))
        .with(identity(Role::RESPONDER_KMS, kms.uri()))
        .with(Sakke {
            parameters: PARAMETERS,
            identifier_scheme: SCHEME,
            data: KeyMaterial::new(data.to_vec()),
        })
        .with(Signature::eccsi([0; ECCSI_SIGNATURE_OCTETS]));
    let signature = signing.sign(&signed_octets(&message)?, rng);
    if let Some(Payload::Signature(place)) = message.chain.payloads.last_mut() {
        *place = Signature::eccsi(signature);
    }
    Ok(message)
}

/// What the signature is over: everything before it, its own type and length included.
//= RFC6509-4.3
fn signed_octets(message: &Mikey) -> Result<BytesMut, KeyError> {
    let mut octets = BytesMut::new();
    message.encode(&mut octets).map_err(|_| KeyError::Form("length"))?;
    octets.truncate(octets.len().saturating_sub(ECCSI_SIGNATURE_OCTETS));
    Ok(octets)
}

/// The parts of an I_MESSAGE.
struct Parts<'a> {
    called: KeyId,
    ntp: u64,
    rand: &'a [u8],
    initiator: Named<'a>,
    responder: Named<'a>,
    data: &'a [u8],
    signature: &'a [u8],
}

/// An identity as it stands in a message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Named<'a> {
    Uri(&'a str),
    Uid(&'a [u8]),
}

impl<'a> Parts<'a> {
    fn of(message: &'a Mikey) -> Result<Self, KeyError> {
        let header = &message.header;
        if header.data_type != DataType::SAKKE || header.prf != PrfFunction::HMAC_SHA_256 {
            return Err(KeyError::Form("header"));
        }
        if message.chain.rest.is_some() {
            return Err(KeyError::Form("chain of payloads"));
        }
        let payloads = || message.payloads().iter();
        let ntp = payloads().find_map(|payload| match payload {
            Payload::Timestamp(Timestamp::NtpUtc(ntp)) => Some(ntp >> 32),
            Payload::Timestamp(Timestamp::NtpUtc32(ntp)) => Some((*ntp).into()),
            _ => None,
        });
        let rand = payloads().find_map(|payload| match payload {
            Payload::Rand(rand) if rand.0.len() >= RAND => Some(&*rand.0),
            _ => None,
        });
        let data = payloads().find_map(|payload| match payload {
            Payload::Sakke(sakke) if sakke.parameters == PARAMETERS && sakke.identifier_scheme == SCHEME => {
                Some(sakke.data.as_bytes())
            }
            _ => None,
        });
        //= 33.180-sign
        let signature = match message.payloads().last() {
            Some(Payload::Signature(sign))
                if sign.signature_type == SignatureType::ECCSI
                    && sign.signature.len() == ECCSI_SIGNATURE_OCTETS =>
            {
                Some(&*sign.signature)
            }
            _ => None,
        };
        let named = |role, hidden| {
            let uri = message.identity(role).filter(|identity| identity.id_type == IdType::URI);
            let uri = uri.and_then(|identity| std::str::from_utf8(&identity.value).ok()).map(Named::Uri);
            uri.or_else(|| message.identity(hidden).map(|identity| Named::Uid(&identity.value)))
        };
        Ok(Self {
            called: KeyId(header.csb_id),
            ntp: ntp.ok_or(KeyError::Form("timestamp"))?,
            rand: rand.ok_or(KeyError::Form("random value"))?,
            initiator: named(Role::INITIATOR, INITIATOR_UID).ok_or(KeyError::Form("initiator"))?,
            responder: named(Role::RESPONDER, RESPONDER_UID).ok_or(KeyError::Form("responder"))?,
            data: data.ok_or(KeyError::Form("encapsulated key"))?,
            signature: signature.ok_or(KeyError::Form("signature"))?,
        })
    }
}

/// Reads a message that stands in a body, binary or in base64.
///
/// # Errors
/// [`KeyError::Undecodable`].
pub fn read(octets: &[u8]) -> Result<Mikey, KeyError> {
    let text = std::str::from_utf8(octets).ok().map(|text| text.trim().trim_start_matches("mikey "));
    match text.and_then(|text| Mikey::from_base64(text).ok()) {
        Some(decoded) => Ok(decoded.value),
        None => Ok(Mikey::decode(octets)?.value),
    }
}

/// What has come out of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Who has made the key.
    pub initiator: String,
    /// The key.
    pub key: ServiceKey,
}

/// Takes the keys out of the messages that clients send to a server. Its work takes milliseconds for each.
#[derive(Debug)]
pub struct Opener {
    kms: Kms,
    own: String,
    /// Our keys of the latest period that was asked for.
    keys: Option<(u64, ReceiverKey)>,
    /// When the latest message of an initiator was made.
    latest: BTreeMap<String, u64>,
}

impl Opener {
    /// For the server with this URI, which may take its keys from the key management server itself.
    pub const fn new(kms: Kms, own: String) -> Self {
        Self { kms, own, keys: None, latest: BTreeMap::new() }
    }

    /// Takes the key out of a message, at a moment in seconds since 1900. `expected` is who has to have made it; `None`: whoever
    /// it says.
    ///
    /// # Errors
    /// [`KeyError`]: what is wrong with it.
    //= 33.180-csk
    //= RFC6509-5
    pub fn open(&mut self, octets: &[u8], expected: Option<&str>, ntp: u64) -> Result<Opened, KeyError> {
        let message = read(octets)?;
        let parts = Parts::of(&message)?;
        if parts.called.purpose() != Purpose::CLIENT_SERVER {
            return Err(KeyError::Form("client-server key"));
        }
        //= 33.180-freshness
        if parts.ntp.abs_diff(ntp) > TOLERANCE {
            return Err(KeyError::Stale);
        }
        let period = self.kms.period().number(parts.ntp);
        let uid = |uri: &str| self.kms.uid(uri, period);
        let initiator = match (parts.initiator, expected) {
            (Named::Uri(uri), None) => uri,
            (Named::Uri(uri), Some(expected)) if uri == expected => uri,
            (Named::Uid(hidden), Some(expected)) if *hidden == uid(expected).0 => expected,
            _ => return Err(KeyError::Identity("of the user")),
        };
        let own = uid(&self.own);
        let for_us = match parts.responder {
            Named::Uri(uri) => uri == self.own,
            Named::Uid(hidden) => *hidden == own.0,
        };
        if !for_us {
            return Err(KeyError::Identity("for this server"));
        }
        if self.latest.get(initiator).is_some_and(|latest| parts.ntp < *latest) {
            return Err(KeyError::Replayed);
        }
        let signed = signed_octets(&message)?;
        self.kms.public_authentication().verify(&uid(initiator).0, &signed, parts.signature)?;
        let key = self.receiver_key(period, own)?.decapsulate(parts.data)?;
        self.remember(initiator, parts.ntp, ntp);
        let key = ServiceKey { id: parts.called, key, rand: parts.rand.to_vec() };
        Ok(Opened { initiator: initiator.to_owned(), key })
    }

    fn receiver_key(&mut self, period: u64, own: UserId) -> Result<&ReceiverKey, KeyError> {
        if self.keys.as_ref().is_none_or(|(of, _)| *of != period) {
            let octets = self.kms.receiver_key(own)?;
            self.keys = Some((period, ReceiverKey::new(&*octets, &own.0, self.kms.public_encryption())?));
        }
        self.keys.as_ref().map(|(_, key)| key).ok_or(KeyError::Form("period"))
    }

    /// What is older than the tolerance is refused without being remembered.
    fn remember(&mut self, initiator: &str, made: u64, now: u64) {
        if self.latest.len() >= MAX_INITIATORS {
            self.latest.retain(|_, made| now.abs_diff(*made) <= TOLERANCE);
        }
        if self.latest.len() < MAX_INITIATORS || self.latest.contains_key(initiator) {
            self.latest.insert(initiator.to_owned(), made);
        }
    }
}

/// A client's key for a server: drawn, with an identifier and a random value.
pub fn draw(purpose: Purpose, rng: &mut impl RngCore) -> ServiceKey {
    let (mut key, mut rand) = (Zeroizing::new([0; KEY]), vec![0; RAND]);
    rng.fill_bytes(&mut *key);
    rng.fill_bytes(&mut rand);
    ServiceKey { id: KeyId::new(purpose, rng.next_u32()), key, rand }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng as _;

    use super::super::KeyPeriod;
    use super::*;

    const NOW: u64 = 3_990_000_000;
    const SERVER: &str = "sip:mcptt@mc.example.org";
    const ALICE: &str = "sip:alice@mc.example.org";
    const PERIOD: KeyPeriod = KeyPeriod { length: 2_592_000, offset: 0 };

    struct World {
        kms: Kms,
        rng: ChaCha20Rng,
        opener: Opener,
    }

    fn world() -> World {
        let mut rng = ChaCha20Rng::seed_from_u64(7);
        let kms = Kms::new("kms.mc.example.org", PERIOD, &Kms::draw(&mut rng)).unwrap();
        let opener = Opener::new(kms.clone(), SERVER.to_owned());
        World { kms, rng, opener }
    }

    impl World {
        fn message(&mut self, key: &ServiceKey, parties: Parties<'_>, at: u64) -> Mikey {
            let period = PERIOD.number(at);
            let keys = self.kms.key_set(parties.initiator, period, &mut self.rng).unwrap();
            make(key, key.id, parties, &self.kms, &keys, at, &mut self.rng).unwrap()
        }
    }

    fn to_server(initiator: &str) -> Parties<'_> {
        Parties { initiator, responder: SERVER }
    }

    fn octets(message: &Mikey) -> Vec<u8> {
        let mut octets = BytesMut::new();
        message.encode(&mut octets).unwrap();
        octets.to_vec()
    }

    //= 33.180-csk test
    //= 33.180-mikey test
    //= RFC6509-4 test
    //= RFC6509-5 test
    //= 33.180-kms-keyprov test
    #[test]
    fn a_key_comes_out_of_the_message_it_was_put_into() {
        let mut world = world();
        let key = draw(Purpose::CLIENT_SERVER, &mut world.rng);
        let message = world.message(&key, to_server(ALICE), NOW);
        let opened = Opened { initiator: ALICE.to_owned(), key };
        assert_eq!(world.opener.open(&octets(&message), Some(ALICE), NOW + 5), Ok(opened.clone()));
        // As it stands in a body, and where nobody is known who should have made it.
        let text = message.to_base64().unwrap();
        assert_eq!(world.opener.open(text.as_bytes(), None, NOW + 5), Ok(opened));
        assert!(!format!("{:?}", world.opener.open(text.as_bytes(), None, NOW + 5)).contains("key: ["));
    }

    //= RFC6509-4.3 test
    //= 33.180-sign test
    #[test]
    fn whatever_is_changed_is_noticed() {
        let mut world = world();
        let key = draw(Purpose::CLIENT_SERVER, &mut world.rng);
        let message = world.message(&key, to_server(ALICE), NOW);
        let whole = octets(&message);
        let mut changed = whole.clone();
        // The last octet of the encapsulated key: before the signature with its two octets in front.
        let at = whole.len() - ECCSI_SIGNATURE_OCTETS - 3;
        changed[at] ^= 1;
        let signature = Err(KeyError::Signature(EccsiError::NotSigned));
        assert_eq!(world.opener.open(&changed, Some(ALICE), NOW), signature);
        let mut short = message.clone();
        if let Some(Payload::Signature(sign)) = short.chain.payloads.last_mut() {
            sign.signature.truncate(32);
        }
        assert_eq!(world.opener.open(&octets(&short), Some(ALICE), NOW), Err(KeyError::Form("signature")));
        let mut unsigned = message;
        unsigned.chain.payloads.pop();
        assert_eq!(world.opener.open(&octets(&unsigned), Some(ALICE), NOW), Err(KeyError::Form("signature")));
    }

    //= 33.180-freshness test
    #[test]
    fn only_fresh_messages_of_the_user_for_this_server_are_taken() {
        let mut world = world();
        let key = draw(Purpose::CLIENT_SERVER, &mut world.rng);
        let message = octets(&world.message(&key, to_server(ALICE), NOW));
        let mallory = "sip:mallory@mc.example.org";
        let opener = &mut world.opener;
        assert_eq!(opener.open(&message, Some(mallory), NOW), Err(KeyError::Identity("of the user")));
        assert_eq!(opener.open(&message, Some(ALICE), NOW + TOLERANCE + 1), Err(KeyError::Stale));
        let mut other = Opener::new(world.kms.clone(), "sip:other@mc.example.org".to_owned());
        assert_eq!(other.open(&message, Some(ALICE), NOW), Err(KeyError::Identity("for this server")));
        let group = draw(Purpose::GROUP_MASTER, &mut world.rng);
        let group = octets(&world.message(&group, to_server(ALICE), NOW));
        assert_eq!(world.opener.open(&group, Some(ALICE), NOW), Err(KeyError::Form("client-server key")));
        let newer = octets(&world.message(&key, to_server(ALICE), NOW + 1));
        assert!(world.opener.open(&newer, Some(ALICE), NOW).is_ok());
        assert_eq!(world.opener.open(&message, Some(ALICE), NOW), Err(KeyError::Replayed));
    }

    #[test]
    fn identities_may_be_hidden() {
        let mut world = world();
        let key = draw(Purpose::CLIENT_SERVER, &mut world.rng);
        let period = PERIOD.number(NOW);
        let keys = world.kms.key_set(ALICE, period, &mut world.rng).unwrap();
        let mut message = world.message(&key, to_server(ALICE), NOW);
        for payload in &mut message.chain.payloads {
            if let Payload::IdentityWithRole(identity) = payload {
                let (role, uri) = match identity.role {
                    Role::INITIATOR => (INITIATOR_UID, ALICE),
                    Role::RESPONDER => (RESPONDER_UID, SERVER),
                    _ => continue,
                };
                let uid = world.kms.uid(uri, period).0.to_vec().into();
                *identity = IdentityWithRole { role, value: Identity { id_type: IdType::URI, value: uid } };
            }
        }
        let signing = SigningKey::new(
            &keys.signing.key,
            &keys.signing.token,
            &keys.uid.0,
            world.kms.public_authentication(),
        );
        let signature = signing.unwrap().sign(&signed_octets(&message).unwrap(), &mut world.rng);
        *message.chain.payloads.last_mut().unwrap() = Signature::eccsi(signature).into();
        let opened = world.opener.open(&octets(&message), Some(ALICE), NOW).unwrap();
        assert_eq!(opened.key, key);
        let unknown = world.opener.open(&octets(&message), None, NOW);
        assert_eq!(unknown, Err(KeyError::Identity("of the user")));
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let mut world = world();
        assert!(matches!(world.opener.open(b"", None, NOW), Err(KeyError::Undecodable(_))));
        assert!(matches!(world.opener.open(&[0xff; 40], None, NOW), Err(KeyError::Undecodable(_))));
        let empty = Mikey::new(CommonHeader::sakke(0x2000_0001));
        assert_eq!(world.opener.open(&octets(&empty), None, NOW), Err(KeyError::Form("timestamp")));
    }
}
