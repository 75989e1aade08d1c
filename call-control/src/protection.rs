//! Protection of the bodies of signalling between a client and its participating function, and between servers (TS 24.379 4.8,
//! 6.6): values of XML bodies are encrypted with AES-128-GCM, and every body is signed with HMAC-SHA256, both by the
//! client-server key (CSK) or the key of the servers (SPK) that both sides have been told.

use std::collections::BTreeMap;
use std::fmt;

use aes::Aes128Enc;
use aes::cipher::InOutBuf;
use aes::cipher::KeyInit as _;
use aes::cipher::consts::U12;
use aes_gcm::AesGcm;
use aes_gcm::aead::AeadInOut as _;
use bytes::Bytes;
use hmac::{Hmac, Mac};
use mcptt_codec::id::McpttId;
use mcptt_codec::sip::{HeaderName, Headers, Limits, Part, multipart};
use mcptt_codec::xml::mime;
use mcptt_codec::xml::protection::{self, AES128_GCM, CipherText, OpenError, Opened};
use mcptt_codec::xml::signed::{HMAC_SHA256, SHA256, Signature, Signatures};
use rand_core::RngCore;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::policy::Refusal;

/// Octets of the initialisation vector before a ciphertext.
const IV: usize = 12;
/// Octets of the tag behind it.
const TAG: usize = 16;
/// Most keys of one function.
const MAX_KEYS: usize = 65_536;

/// A client-server key and its identity (TS 33.180): what protects the bodies of one client. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SignallingKey {
    id: [u8; 4],
    key: Zeroizing<[u8; 16]>,
}

impl fmt::Debug for SignallingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignallingKey({:08x})", u32::from_be_bytes(self.id))
    }
}

impl SignallingKey {
    /// The key with this identity (CSK-ID).
    pub fn new(id: u32, key: [u8; 16]) -> Self {
        Self { id: id.to_be_bytes(), key: Zeroizing::new(key) }
    }

    fn cipher(&self) -> AesGcm<Aes128Enc, U12> {
        Aes128Enc::new((&*self.key).into()).into()
    }

    /// `None` only for texts of gigabytes.
    fn encrypt(&self, clear: &[u8], rng: &mut impl RngCore) -> Option<CipherText> {
        let mut iv = [0; IV];
        rng.fill_bytes(&mut iv);
        let mut text = clear.to_vec();
        let tag = self.cipher().encrypt_inout_detached(&iv.into(), b"", InOutBuf::from(text.as_mut_slice()));
        let tag: [u8; TAG] = tag.ok()?.into();
        Some(CipherText {
            algorithm: AES128_GCM.into(),
            key_name: protection::key_name(&self.id),
            octets: [&iv[..], &text, &tag].concat(),
        })
    }

    fn decrypt(&self, cipher: &CipherText) -> Option<Vec<u8>> {
        let (iv, rest) =
            cipher.octets.split_first_chunk::<IV>().filter(|_| cipher.algorithm == AES128_GCM)?;
        let (text, tag) = rest.split_last_chunk::<TAG>()?;
        let mut text = text.to_vec();
        let opened = self.cipher().decrypt_inout_detached(
            &(*iv).into(),
            b"",
            InOutBuf::from(text.as_mut_slice()),
            &(*tag).into(),
        );
        opened.ok().map(|()| text)
    }

    fn sign(&self, octets: &[u8]) -> Vec<u8> {
        let mut mac =
            <Hmac<Sha256> as Mac>::new_from_slice(&*self.key).expect("HMAC takes keys of any length");
        mac.update(octets);
        mac.finalize().into_bytes().to_vec()
    }
}

/// What is done to the bodies that are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Protect {
    /// Values are encrypted.
    pub confidentiality: bool,
    /// Bodies are signed.
    pub integrity: bool,
}

impl Protect {
    //= 24.379-6.6:default
    /// What holds where nothing is said.
    pub const ALL: Self = Self { confidentiality: true, integrity: true };
}

/// The keys that a function has been told, each with whose it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyStore(BTreeMap<[u8; 4], (McpttId, SignallingKey)>);

impl KeyStore {
    /// The user has this key from now on, and no other. Whether there was room for it.
    pub fn store(&mut self, user: &McpttId, key: SignallingKey) -> bool {
        // What another one's key is called is not taken away from it.
        if self.0.get(&key.id).is_some_and(|(owner, _)| owner != user) {
            return false;
        }
        self.remove(user);
        let room = self.0.len() < MAX_KEYS;
        if room {
            self.0.insert(key.id, (user.clone(), key));
        }
        room
    }

    /// Keys that servers have in common: they say which server somebody is, not which user.
    pub fn of_servers(keys: &[SignallingKey]) -> Self {
        let nobody = McpttId::from("");
        Self(keys.iter().map(|key| (key.id, (nobody.clone(), key.clone()))).collect())
    }

    /// The same as [`Self::open`] where XML without a signature is nothing that the sender has sent.
    ///
    /// # Errors
    /// [`Refusal::IntegrityFailed`] and [`Refusal::XmlNotDecrypted`], in this order.
    //= 33.180-spk-bodies
    pub fn open_signed(&self, headers: &Headers, body: &Bytes) -> Result<Option<Vec<Part>>, Refusal> {
        let Ok(parts) = multipart::body_parts(headers, body, &Limits::DEFAULT) else { return Ok(None) };
        let is_unsigned = |part: &Part| is_xml(part) && !part.is(mime::SIGNED);
        let signed =
            parts.iter().find(|part| part.is(mime::SIGNED)).map(|part| Signatures::parse(&part.body));
        let signed = signed.transpose().map_err(|_| Refusal::IntegrityFailed)?.unwrap_or_default();
        let covered = |part: &Part| {
            let references = signed.signatures.iter().flat_map(|signature| &signature.references);
            let mut named = references.filter_map(|reference| reference.content_id());
            part.content_id().is_some_and(|own| named.any(|named| named == own))
        };
        match parts.iter().filter(|part| is_unsigned(part)).all(covered) {
            true => self.open(headers, body, None),
            false => Err(Refusal::IntegrityFailed),
        }
    }

    /// Whether nobody has a key.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there was one.
    pub fn remove(&mut self, user: &McpttId) -> bool {
        let before = self.0.len();
        self.0.retain(|_, (owner, _)| owner != user);
        self.0.len() != before
    }

    pub fn of(&self, user: &McpttId) -> Option<&SignallingKey> {
        self.0.values().find(|(owner, _)| owner == user).map(|(_, key)| key)
    }

    /// Verifies and deciphers the bodies of a message of `sender`. `Ok(None)`: they are as they were.
    ///
    /// # Errors
    /// [`Refusal::IntegrityFailed`] and [`Refusal::XmlNotDecrypted`], in this order.
    pub fn open(
        &self,
        headers: &Headers,
        body: &Bytes,
        sender: Option<&McpttId>,
    ) -> Result<Option<Vec<Part>>, Refusal> {
        if self.0.is_empty() || body.is_empty() {
            return Ok(None);
        }
        // What cannot be taken apart is refused by whoever reads it.
        let Ok(mut parts) = multipart::body_parts(headers, body, &Limits::DEFAULT) else { return Ok(None) };
        //= 24.379-6.6.3:order
        let verified = self.verify(&parts, sender)?;
        let mut opened = false;
        for part in parts.iter_mut().filter(|part| may_hold_values(part)) {
            let clear =
                protection::open(&part.body, |cipher| match self.key_named(&cipher.key_name, sender) {
                    Some(key) => key.decrypt(cipher).map_or(Opened::Broken, Opened::Clear),
                    None => Opened::Left,
                });
            match clear {
                //= 24.379-6.6.2
                Ok(Some(clear)) => {
                    part.body = Bytes::from(clear);
                    opened = true;
                }
                //= 24.379-6.6.2:fail
                Err(OpenError::Broken) => return Err(Refusal::XmlNotDecrypted),
                Ok(None) | Err(_) => {}
            }
        }
        if !opened && !verified {
            return Ok(None);
        }
        // The signatures are over what the sender has encrypted.
        parts.retain(|part| !part.is(mime::SIGNED));
        Ok(Some(parts))
    }

    fn key_named(&self, name: &str, sender: Option<&McpttId>) -> Option<&SignallingKey> {
        let id: [u8; 4] = protection::key_id(name)?.try_into().ok()?;
        let (owner, key) = self.0.get(&id)?;
        // A key proves who its owner is, and nobody else.
        sender.is_none_or(|sender| sender == owner).then_some(key)
    }

    /// Whether there are signatures; all of them have to hold.
    fn verify(&self, parts: &[Part], sender: Option<&McpttId>) -> Result<bool, Refusal> {
        let Some(signed) = parts.iter().find(|part| part.is(mime::SIGNED)) else { return Ok(false) };
        //= 24.379-6.6.3
        let signatures = Signatures::parse(&signed.body).map_err(|_| Refusal::IntegrityFailed)?;
        let holds = |one: &Signature| self.holds(one, parts, sender).is_some();
        match !signatures.signatures.is_empty() && signatures.signatures.iter().all(holds) {
            true => Ok(true),
            false => Err(Refusal::IntegrityFailed),
        }
    }

    fn holds(&self, signature: &Signature, parts: &[Part], sender: Option<&McpttId>) -> Option<()> {
        let key = self.key_named(signature.key_name.as_deref()?, sender)?;
        let method = signature.signature_method.as_deref() == Some(HMAC_SHA256);
        let expected = key.sign(signature.signed_octets().filter(|_| method)?.as_bytes());
        bool::from(expected.ct_eq(&signature.value()?)).then_some(())?;
        for reference in &signature.references {
            let content_id = reference.content_id()?;
            let part = parts.iter().find(|part| part.content_id() == Some(content_id))?;
            let method = reference.digest_method.as_deref() == Some(SHA256);
            (method && Sha256::digest(&part.body).as_slice() == reference.digest()?).then_some(())?;
        }
        Some(())
    }
}

/// Only these can hold encrypted values, and few of them do.
fn may_hold_values(part: &Part) -> bool {
    const TYPE: &[u8] = b"Encrypted";
    is_xml(part) && !part.is(mime::SIGNED) && part.body.windows(TYPE.len()).any(|octets| octets == TYPE)
}

fn is_xml(part: &Part) -> bool {
    let kind = part.headers.get(&HeaderName::ContentType);
    kind.is_some_and(|kind| kind.split(';').next().is_some_and(|kind| kind.trim().ends_with("+xml")))
}

/// The bodies as they are sent to whoever has the key.
pub(crate) fn seal(
    parts: &[Part],
    key: &SignallingKey,
    protect: Protect,
    rng: &mut impl RngCore,
) -> Vec<Part> {
    let mut parts = parts.to_vec();
    if protect.confidentiality {
        for part in parts.iter_mut().filter(|part| is_xml(part)) {
            // What is no XML of ours goes as it is.
            if let Ok(Some(sealed)) = protection::seal(&part.body, |clear| key.encrypt(clear, rng)) {
                part.body = Bytes::from(sealed);
            }
        }
    }
    if !protect.integrity || !parts.iter().any(is_xml) {
        return parts;
    }
    let mut signatures = Signatures::default();
    for part in parts.iter_mut().filter(|part| is_xml(part)) {
        let content_id = match part.content_id() {
            Some(content_id) => content_id.to_owned(),
            None => {
                let content_id = format!("{:016x}@mcptt", rng.next_u64());
                part.headers.push(HeaderName::ContentId, format!("<{content_id}>"));
                content_id
            }
        };
        let digest = Sha256::digest(&part.body);
        let name = protection::key_name(&key.id);
        signatures
            .signatures
            .push(Signature::hmac_sha256(&content_id, &digest, name, |octets| key.sign(octets)));
    }
    parts.push(Part::new(mime::SIGNED, signatures.to_xml()));
    parts
}

#[cfg(test)]
mod tests {
    use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, McpttUri};
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;
    use crate::bodies::info_part;

    const ID: u32 = 0x2000_0001;

    fn alice() -> McpttId {
        "sip:alice@mc.example.org".into()
    }

    fn key() -> SignallingKey {
        SignallingKey::new(ID, [7; 16])
    }

    fn store() -> KeyStore {
        let mut store = KeyStore::default();
        assert!(store.store(&alice(), key()));
        store
    }

    fn info() -> McpttInfo {
        McpttInfo {
            request_uri: Some(Content::Normal(McpttUri::from("sip:fire-1@mc.example.org"))),
            ..McpttInfo::default()
        }
    }

    fn sealed(protect: Protect) -> Vec<Part> {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        seal(&[info_part(&info()), Part::new(mime::SDP, "v=0\r\n")], &key(), protect, &mut rng)
    }

    fn open(store: &KeyStore, parts: &[Part]) -> Result<Option<Vec<Part>>, Refusal> {
        let mut headers = Headers::new();
        let body = multipart::set_body(&mut headers, parts);
        store.open(&headers, &body, Some(&alice()))
    }

    fn read(parts: &[Part]) -> McpttInfo {
        let part = parts.iter().find(|part| part.is(mime::MCPTT_INFO)).expect("there is one");
        McpttInfo::parse(&part.body).unwrap()
    }

    //= 24.379-6.6:default test
    //= 24.379-6.6.2 test
    #[test]
    fn what_is_sealed_tells_nobody_anything_and_is_opened_by_the_key() {
        let parts = sealed(Protect::ALL);
        assert_eq!(parts.len(), 3);
        assert!(matches!(read(&parts).request_uri, Some(Content::Encrypted(_))));
        let opened = open(&store(), &parts).unwrap().expect("something was opened");
        assert_eq!(opened.len(), 2, "the signatures are no longer true");
        assert_eq!(read(&opened), info());
        for one in [true, false] {
            let protect = Protect { confidentiality: one, integrity: !one };
            let opened = open(&store(), &sealed(protect)).unwrap().expect("one of both");
            assert_eq!(read(&opened), info());
        }
        let bare = sealed(Protect { confidentiality: false, integrity: false });
        assert_eq!(open(&store(), &bare), Ok(None));
    }

    /// Part `at` of what is sealed with something else in it.
    fn changed(protect: Protect, at: usize, from: &str, to: &str) -> Vec<Part> {
        let mut parts = sealed(protect);
        let text = String::from_utf8(parts[at].body.to_vec()).unwrap();
        assert!(text.contains(from), "{text}");
        parts[at].body = text.replacen(from, to, 1).into();
        parts
    }

    //= 24.379-6.6.3 test
    #[test]
    fn a_body_or_signature_that_was_changed_fails_the_check() {
        let all = Protect::ALL;
        for (at, from, to) in [
            (0, "type=\"Encrypted\"", "type=\"Encrypted\" x=\"\""),
            (2, "cid:", "cid:x"),
            (2, "<ds:SignatureValue>", "<ds:SignatureValue>AA"),
            (2, "hmac-sha256", "hmac-sha512"),
            (2, "<ds:DigestValue>", "<ds:DigestValue>AA"),
            (2, "<ds:KeyName>", "<ds:KeyName>AA"),
            (2, "xml-exc-c14n#", "xml-exc-c14n#WithComments"),
        ] {
            assert_eq!(open(&store(), &changed(all, at, from, to)), Err(Refusal::IntegrityFailed), "{from}");
        }
        // Another user has no business with the key.
        let mut headers = Headers::new();
        let body = multipart::set_body(&mut headers, &sealed(all));
        let mallory = "sip:mallory@mc.example.org".into();
        assert_eq!(store().open(&headers, &body, Some(&mallory)), Err(Refusal::IntegrityFailed));
    }

    //= 24.379-6.6.2:fail test
    #[test]
    fn a_value_that_was_changed_is_not_deciphered() {
        let only = Protect { confidentiality: true, integrity: false };
        let value = "<xenc:CipherValue>";
        let broken = changed(only, 0, value, "<xenc:CipherValue>AAAA");
        assert_eq!(open(&store(), &broken), Err(Refusal::XmlNotDecrypted));
        let other = changed(only, 0, "aes128-gcm", "aes256-gcm");
        assert_eq!(open(&store(), &other), Err(Refusal::XmlNotDecrypted));
        // Somebody else's key: whoever needs the value refuses it.
        let foreign = changed(only, 0, "<ds:KeyName>", "<ds:KeyName>AAAA");
        assert_eq!(open(&store(), &foreign), Ok(None));
    }

    //= 24.379-6.6.3:order test
    #[test]
    fn integrity_is_checked_before_anything_is_deciphered() {
        let both = changed(Protect::ALL, 0, "<xenc:CipherValue>", "<xenc:CipherValue>AAAA");
        assert_eq!(open(&store(), &both), Err(Refusal::IntegrityFailed));
    }

    #[test]
    fn a_user_has_one_key_and_it_is_never_printed() {
        let mut store = store();
        assert!(store.store(&alice(), SignallingKey::new(9, [8; 16])));
        assert_eq!(store.of(&alice()), Some(&SignallingKey::new(9, [8; 16])));
        assert_eq!(open(&store, &sealed(Protect::ALL)), Err(Refusal::IntegrityFailed));
        assert_eq!(format!("{store:?}").matches("SignallingKey(00000009)").count(), 1);
        assert!(!format!("{store:?}").contains("8, 8"));
        let mallory = "sip:mallory@mc.example.org".into();
        assert!(!store.store(&mallory, SignallingKey::new(9, [1; 16])), "the identifier is another one's");
        assert!(store.remove(&alice()) && !store.remove(&alice()));
        assert_eq!(store.of(&alice()), None);
    }
}
