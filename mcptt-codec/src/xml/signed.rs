//! `application/vnd.3gpp.mcptt-signed+xml` (TS 24.379 F.6 and 6.6.3): signatures over the other parts of a body.
//!
//! A signature is kept as it came, because its value was computed over its own octets; what a verifier has to
//! know is read from it. Nothing is verified here, but the octets that a verifier needs are made here.

use super::reader::{Cursor, Document};
use super::{Element, Extra, Namespace, XmlError, XmlErrorKind, canonical, writer};
use crate::base64_text::BASE64;
use crate::text::ByteStr;

use base64::Engine as _;

/// The namespace of the document.
pub const NAMESPACE: Namespace = Namespace { uri: "urn:3gpp:ns:mcpttSignedDoc:1.0", prefix: "" };
/// The namespace of XML signatures.
pub const XML_SIGNATURE: Namespace = Namespace { uri: "http://www.w3.org/2000/09/xmldsig#", prefix: "ds" };

/// HMAC with SHA-256.
pub const HMAC_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256";
/// SHA-256.
pub const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

/// Most signatures of a document and most references of a signature.
pub const MAX_SIGNATURES: usize = 64;

/// The document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signatures {
    /// The signatures in their order.
    pub signatures: Vec<Signature>,
    /// What is not known.
    pub extra: Extra,
}

/// `Signature`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The signature as it came, which is also what is written.
    pub element: Element,
    /// `CanonicalizationMethod`: how octets are made of XML, a URI.
    pub canonicalization_method: Option<ByteStr>,
    /// `SignatureMethod`: how the value was computed, a URI.
    pub signature_method: Option<ByteStr>,
    /// What is signed.
    pub references: Vec<Reference>,
    /// `SignatureValue`, base64.
    pub signature_value: ByteStr,
    /// `KeyName`: the identity of the key, base64.
    pub key_name: Option<ByteStr>,
}

/// `Reference`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reference {
    /// `URI`: `cid:` and the Content-ID of a part.
    pub uri: Option<ByteStr>,
    /// `DigestMethod`, a URI.
    pub digest_method: Option<ByteStr>,
    /// `DigestValue`, base64.
    pub digest_value: Option<ByteStr>,
}

impl Reference {
    /// The Content-ID of the part that is signed, without angle brackets. `None`: it is no part.
    pub fn content_id(&self) -> Option<&str> {
        let uri = self.uri.as_deref()?;
        let (scheme, content_id) = uri.split_once(':')?;
        Some(content_id).filter(|id| scheme.eq_ignore_ascii_case("cid") && !id.is_empty())
    }

    /// The digest itself.
    pub fn digest(&self) -> Option<Vec<u8>> {
        octets(self.digest_value.as_deref()?)
    }
}

fn octets(base64: &str) -> Option<Vec<u8>> {
    let compact: String = base64.split_ascii_whitespace().collect();
    BASE64.decode(compact).ok()
}

impl Signatures {
    /// The signature over the part with this Content-ID.
    pub fn over(&self, content_id: &str) -> Option<&Signature> {
        let names = |reference: &Reference| reference.content_id() == Some(content_id);
        self.signatures.iter().find(|signature| signature.references.iter().any(names))
    }

    /// Reads a body.
    ///
    /// # Errors
    /// [`XmlError`]: not XML, another document, a signature without `SignedInfo`, `Reference` or
    /// `SignatureValue`, or more than [`MAX_SIGNATURES`] of a kind.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        let document = Document::parse(body)?;
        let root = document.enter(NAMESPACE, "signatures")?;
        let mut signatures = Self { signatures: Vec::new(), extra: root.extra(&[]) };
        for child in root.element_content()? {
            match child.local_in(XML_SIGNATURE) {
                "Signature" => {
                    signatures.signatures.push(Signature::read(&child)?);
                    bounded(&root, "signatures", signatures.signatures.len())?;
                }
                _ => child.keep(&mut signatures.extra),
            }
        }
        Ok(signatures)
    }

    /// The document as text.
    pub fn to_xml(&self) -> String {
        let signatures = self.signatures.iter().map(|signature| signature.element.clone());
        let root = NAMESPACE.element("signatures").children(signatures).extra(&self.extra);
        writer::write(&root, &[NAMESPACE, XML_SIGNATURE])
    }
}

impl Signature {
    /// A signature by HMAC with SHA-256 over the part with this Content-ID, whose SHA-256 this is. `sign` makes the value
    /// from the octets it is over.
    pub fn hmac_sha256(
        content_id: &str,
        digest: &[u8],
        key_name: ByteStr,
        sign: impl FnOnce(&[u8]) -> Vec<u8>,
    ) -> Self {
        let of = |name| XML_SIGNATURE.element(name);
        let method = |name, algorithm: &'static str| of(name).with("Algorithm", algorithm);
        let (uri, digest_value) =
            (ByteStr::from(format!("cid:{content_id}")), ByteStr::from(BASE64.encode(digest)));
        let reference = of("Reference")
            .with("URI", uri.clone())
            .child(method("DigestMethod", SHA256))
            .child(of("DigestValue").text(digest_value.clone()));
        let info = of("SignedInfo")
            .child(method("CanonicalizationMethod", canonical::EXCLUSIVE))
            .child(method("SignatureMethod", HMAC_SHA256))
            .child(reference);
        let signature_value = ByteStr::from(BASE64.encode(sign(canonical::exclusive(&info).as_bytes())));
        let element = of("Signature")
            .child(info)
            .child(of("SignatureValue").text(signature_value.clone()))
            .child(of("KeyInfo").child(of("KeyName").text(key_name.clone())));
        Self {
            element,
            canonicalization_method: Some(ByteStr::from_static(canonical::EXCLUSIVE)),
            signature_method: Some(ByteStr::from_static(HMAC_SHA256)),
            references: vec![Reference {
                uri: Some(uri),
                digest_method: Some(ByteStr::from_static(SHA256)),
                digest_value: Some(digest_value),
            }],
            signature_value,
            key_name: Some(key_name),
        }
    }

    /// The octets that the value is over: the canonical form of `SignedInfo`. `None`: the method is none that is known.
    pub fn signed_octets(&self) -> Option<String> {
        let known = self.canonicalization_method.as_deref() == Some(canonical::EXCLUSIVE);
        let info = self.element.elements().find(|child| child.name.is(XML_SIGNATURE.uri, "SignedInfo"))?;
        known.then(|| canonical::exclusive(info))
    }

    /// The value itself.
    pub fn value(&self) -> Option<Vec<u8>> {
        octets(&self.signature_value)
    }

    fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let (mut info, mut value, mut key_name) = (None, None, None);
        for child in at.element_content()? {
            match child.local_in(XML_SIGNATURE) {
                "SignedInfo" => child.once(&mut info, SignedInfo::read(&child)?)?,
                "SignatureValue" => child.once(&mut value, child.text())?,
                "KeyInfo" => key_name = text_of(&child, "KeyName").or(key_name),
                _ => {}
            }
        }
        let info = info.ok_or_else(|| at.error(XmlErrorKind::Missing("SignedInfo")))?;
        Ok(Self {
            element: at.element().clone(),
            canonicalization_method: info.canonicalization_method,
            signature_method: info.signature_method,
            references: info.references,
            signature_value: value.ok_or_else(|| at.error(XmlErrorKind::Missing("SignatureValue")))?,
            key_name,
        })
    }
}

struct SignedInfo {
    canonicalization_method: Option<ByteStr>,
    signature_method: Option<ByteStr>,
    references: Vec<Reference>,
}

impl SignedInfo {
    fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let mut references = Vec::new();
        for child in at.element_content()? {
            if child.local_in(XML_SIGNATURE) == "Reference" {
                references.push(Reference {
                    uri: child.attribute("URI"),
                    digest_method: algorithm(&child, "DigestMethod"),
                    digest_value: text_of(&child, "DigestValue"),
                });
                bounded(at, "references", references.len())?;
            }
        }
        if references.is_empty() {
            return Err(at.error(XmlErrorKind::Missing("Reference")));
        }
        Ok(Self {
            canonicalization_method: algorithm(at, "CanonicalizationMethod"),
            signature_method: algorithm(at, "SignatureMethod"),
            references,
        })
    }
}

fn bounded(at: &Cursor<'_>, what: &'static str, got: usize) -> Result<(), XmlError> {
    let kind = XmlErrorKind::TooLarge { what, limit: MAX_SIGNATURES, got };
    if got > MAX_SIGNATURES { Err(at.error(kind)) } else { Ok(()) }
}

fn text_of(at: &Cursor<'_>, local: &str) -> Option<ByteStr> {
    at.elements().find(|child| child.local_in(XML_SIGNATURE) == local).map(|child| child.text())
}

fn algorithm(at: &Cursor<'_>, local: &str) -> Option<ByteStr> {
    let found = at.elements().find(|child| child.local_in(XML_SIGNATURE) == local);
    found.and_then(|child| child.attribute("Algorithm"))
}
