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

use super::{Authorities, Authority, Certificate, KEY, KeyId, KeySet, Kms, Purpose, ServiceKey, UserId};
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
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
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
    /// A key management server that is not known.
    #[error("the key management server {0} is not known")]
    UnknownAuthority(String),
    /// The key management server has given no keys for this period.
    #[error("there is no key set for the period of the I_MESSAGE")]
    NoKeySet,
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
    make_between(key, called, parties, [kms.certificate(); 2], keys, ntp, rng)
}

/// The same where the two have different key management servers: that of the initiator, then that of the responder.
///
/// # Errors
/// As [`make`].
//= 33.180-kms-foreign
pub fn make_between(
    key: &ServiceKey,
    called: KeyId,
    parties: Parties<'_>,
    [of_initiator, of_responder]: [&Certificate; 2],
    keys: &KeySet,
    ntp: u64,
    rng: &mut impl RngCore,
) -> Result<Mikey, KeyError> {
    let uid = |kms: &Certificate, user| kms.uid(user, kms.period.number(ntp)).0;
    let (initiator, responder) = (uid(of_initiator, parties.initiator), uid(of_responder, parties.responder));
    let signing =
        SigningKey::new(&keys.signing.key, &keys.signing.token, &initiator, &of_initiator.authentication)?;
    let data = of_responder.encryption.encapsulate(&key.key, &responder)?;
    let identity = |role, uri: &str| IdentityWithRole { role, value: Identity::uri(uri) };
    let mut message = Mikey::new(CommonHeader::sakke(called.0))
        .with(Timestamp::NtpUtc(ntp << 32))
        .with(Rand(Bytes::copy_from_slice(&key.rand)))
        .with(identity(Role::INITIATOR, parties.initiator))
        .with(identity(Role::RESPONDER, parties.responder))
        .with(identity(Role::INITIATOR_KMS, &of_initiator.uri))
        .with(identity(Role::RESPONDER_KMS, &of_responder.uri))
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
    /// The key management servers of both, as far as they are named.
    authorities: [Option<&'a str>; 2],
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
        let authority = |role| {
            let uri = message.identity(role).filter(|identity| identity.id_type == IdType::URI);
            uri.and_then(|identity| std::str::from_utf8(&identity.value).ok())
        };
        Ok(Self {
            called: KeyId(header.csb_id),
            ntp: ntp.ok_or(KeyError::Form("timestamp"))?,
            rand: rand.ok_or(KeyError::Form("random value"))?,
            initiator: named(Role::INITIATOR, INITIATOR_UID).ok_or(KeyError::Form("initiator"))?,
            responder: named(Role::RESPONDER, RESPONDER_UID).ok_or(KeyError::Form("responder"))?,
            authorities: [Role::INITIATOR_KMS, Role::RESPONDER_KMS].map(authority),
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
#[derive(Clone, Debug)]
pub struct Opener {
    authorities: Authorities,
    own: String,
    /// What the keys are for.
    purposes: &'static [Purpose],
    /// Our key of the server and the period that were asked for last.
    keys: Option<(String, u64, ReceiverKey)>,
    /// When the latest message of an initiator was made.
    latest: BTreeMap<String, u64>,
}

impl Opener {
    /// For the server with this URI, which may take its keys from the key management server itself.
    pub fn new(kms: Kms, own: String) -> Self {
        Self::under(Authorities::new(Authority::own(kms)), own)
    }

    /// The same where there are several key management servers.
    pub const fn under(authorities: Authorities, own: String) -> Self {
        Self { authorities, own, purposes: &[Purpose::CLIENT_SERVER], keys: None, latest: BTreeMap::new() }
    }

    /// For a client, which takes the keys of multicast that its server makes (TS 33.180 E.4).
    #[must_use]
    pub const fn of_client(mut self) -> Self {
        self.purposes =
            &[Purpose::SUBCHANNEL_CONTROL, Purpose::MULTICAST_FLOOR, Purpose::MULTICAST_SIGNALLING];
        self
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
        if !self.purposes.contains(&parts.called.purpose()) {
            return Err(KeyError::Form("key for its purpose"));
        }
        //= 33.180-freshness
        if parts.ntp.abs_diff(ntp) > TOLERANCE {
            return Err(KeyError::Stale);
        }
        //= 33.180-kms-foreign:unknown
        let [theirs, ours] = parts.authorities;
        let theirs = self.authorities.named(theirs)?.certificate();
        let of_initiator = |uri: &str| theirs.uid(uri, theirs.period.number(parts.ntp));
        let initiator = match (parts.initiator, expected) {
            (Named::Uri(uri), None) => uri,
            (Named::Uri(uri), Some(expected)) if uri == expected => uri,
            (Named::Uid(hidden), Some(expected)) if *hidden == of_initiator(expected).0 => expected,
            _ => return Err(KeyError::Identity("of the user")),
        };
        // A server could make keys for whomever it likes: it is believed about its own users only.
        //= 33.180-kms-foreign
        if self.authorities.of_user(initiator)?.certificate().uri != theirs.uri {
            return Err(KeyError::Identity("from the key management server of the user"));
        }
        let ours = self.authorities.named(ours)?;
        let period = ours.certificate().period.number(parts.ntp);
        let own = ours.certificate().uid(&self.own, period);
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
        theirs.authentication.verify(&of_initiator(initiator).0, &signed, parts.signature)?;
        let key = receiver_key(&mut self.keys, ours, period, own)?.decapsulate(parts.data)?;
        self.remember(initiator, parts.ntp, ntp);
        let key = ServiceKey { id: parts.called, key, rand: parts.rand.to_vec() };
        Ok(Opened { initiator: initiator.to_owned(), key })
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

/// Our key of a server for a period; kept, because making it ready takes as long as using it.
fn receiver_key<'a>(
    kept: &'a mut Option<(String, u64, ReceiverKey)>,
    authority: &Authority,
    period: u64,
    own: UserId,
) -> Result<&'a ReceiverKey, KeyError> {
    let certificate = authority.certificate();
    if kept.as_ref().is_none_or(|(uri, of, _)| *of != period || *uri != certificate.uri) {
        let octets = authority.receiver_key(own, period)?;
        let key = ReceiverKey::new(&*octets, &own.0, &certificate.encryption)?;
        *kept = Some((certificate.uri.clone(), period, key));
    }
    kept.as_ref().map(|(_, _, key)| key).ok_or(KeyError::NoKeySet)
}

/// A client's key for a server: drawn, with an identifier and a random value.
pub fn draw(purpose: Purpose, rng: &mut impl RngCore) -> ServiceKey {
    let (mut key, mut rand) = (Zeroizing::new([0; KEY]), vec![0; RAND]);
    rng.fill_bytes(&mut *key);
    rng.fill_bytes(&mut rand);
    ServiceKey { id: KeyId::new(purpose, rng.next_u32()), key, rand }
}

#[cfg(test)]
mod tests;
