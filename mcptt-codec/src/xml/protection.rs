//! Values of XML bodies that are encrypted (TS 24.379 4.8, 6.6.2): each element that says `type="Encrypted"` holds an
//! `EncryptedData` in the place of its content.
//!
//! Nothing is deciphered here: whoever has the keys does that.

use super::reader::Document;
use super::{Element, Namespace, Node, XmlError, signed, writer};
use crate::base64_text::BASE64;
use crate::text::ByteStr;

use base64::Engine as _;

/// The namespace of encrypted data.
pub const XML_ENCRYPTION: Namespace = Namespace { uri: "http://www.w3.org/2001/04/xmlenc#", prefix: "xenc" };
/// The content of an element is encrypted, not the element.
pub const CONTENT: &str = "http://www.w3.org/2001/04/xmlenc#Content";
/// AES in Galois counter mode with a key of 128 bits.
pub const AES128_GCM: &str = "http://www.w3.org/2009/xmlenc11#aes128-gcm";

/// A ciphertext as it stands in a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CipherText {
    /// `EncryptionMethod`, a URI such as [`AES128_GCM`].
    pub algorithm: ByteStr,
    /// `KeyName`: the identity of the key, base64.
    pub key_name: ByteStr,
    /// `CipherValue`: initialisation vector, ciphertext and tag.
    pub octets: Vec<u8>,
}

/// What becomes of an encrypted value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// This is what it says.
    Clear(Vec<u8>),
    /// It stays as it is: the key is somebody else's.
    Left,
    /// It cannot be what its sender has encrypted.
    Broken,
}

/// Why a body cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenError {
    /// It is not XML that is read here.
    Xml(XmlError),
    /// A value cannot be deciphered, or what it says is no content of an element.
    Broken,
}

/// The identity of a key as `KeyName` and encrypted URIs have it.
pub fn key_name(id: &[u8]) -> ByteStr {
    BASE64.encode(id).into()
}

/// The identity of a key that is named like that.
pub fn key_id(name: &str) -> Option<Vec<u8>> {
    BASE64.decode(name.trim()).ok()
}

/// The body with the values of `type="Encrypted"` that `open` opens in the clear. `None`: there was nothing to open.
///
/// # Errors
/// [`OpenError`]: the body is not XML, or a value cannot be opened.
pub fn open(body: &[u8], mut open: impl FnMut(&CipherText) -> Opened) -> Result<Option<String>, OpenError> {
    let document = Document::parse(body).map_err(OpenError::Xml)?;
    let mut root = document.root().clone();
    match open_in(&mut root, &mut open) {
        Some(true) => Ok(Some(writer::write(&root, &[]))),
        Some(false) => Ok(None),
        None => Err(OpenError::Broken),
    }
}

/// Whether something was opened; `None`: something is broken.
fn open_in(element: &mut Element, open: &mut impl FnMut(&CipherText) -> Opened) -> Option<bool> {
    let mut opened = false;
    if is_of_type(element, "Encrypted") {
        let Some(cipher) = element.elements().find_map(cipher_text) else { return Some(false) };
        match open(&cipher) {
            Opened::Left => return Some(false),
            Opened::Broken => return None,
            Opened::Clear(octets) => {
                element.children = content_of(&octets, element)?;
                set_type(element, "Normal");
                opened = true;
            }
        }
    }
    for child in &mut element.children {
        if let Node::Element(child) = child {
            opened |= open_in(child, open)?;
        }
    }
    Some(opened)
}

/// The body with the content of every element that says `type="Normal"` in the place of which `seal` gives something.
/// `None`: there was none.
///
/// # Errors
/// [`XmlError`]: the body is not XML.
pub fn seal(
    body: &[u8],
    mut seal: impl FnMut(&[u8]) -> Option<CipherText>,
) -> Result<Option<String>, XmlError> {
    let document = Document::parse(body)?;
    let mut root = document.root().clone();
    Ok(seal_in(&mut root, &mut seal).then(|| writer::write(&root, &[])))
}

fn seal_in(element: &mut Element, seal: &mut impl FnMut(&[u8]) -> Option<CipherText>) -> bool {
    if is_of_type(element, "Normal") {
        let Some(cipher) = seal(fragment(element).as_bytes()) else { return false };
        element.children = vec![Node::Element(encrypted_data(&cipher))];
        set_type(element, "Encrypted");
        return true;
    }
    let mut sealed = false;
    for child in &mut element.children {
        if let Node::Element(child) = child {
            sealed |= seal_in(child, seal);
        }
    }
    sealed
}

fn is_of_type(element: &Element, wanted: &str) -> bool {
    element.attributes.iter().any(|one| one.name.is("", "type") && one.value.as_str() == wanted)
}

fn set_type(element: &mut Element, to: &'static str) {
    for one in element.attributes.iter_mut().filter(|one| one.name.is("", "type")) {
        one.value = ByteStr::from_static(to);
    }
}

/// The content of an element as text that stands for itself.
fn fragment(element: &Element) -> String {
    let mut whole = Element::new(super::Name::local("x"));
    whole.children.clone_from(&element.children);
    let text = writer::write(&whole, &[]);
    let inner = text.split_once("<x>").and_then(|(_, rest)| rest.strip_suffix("</x>"));
    inner.unwrap_or_default().to_owned()
}

/// What a deciphered text puts into the element. Names without prefix are of the namespace of the element, as they were
/// where the text was encrypted.
fn content_of(octets: &[u8], element: &Element) -> Option<Vec<Node>> {
    let text = std::str::from_utf8(octets).ok()?;
    let (prefix, uri) = (element.name.prefix.as_str(), element.name.namespace.as_str());
    let mut start = "<x".to_owned();
    for (name, at) in [("", uri), (prefix, uri)] {
        let declaration = if name.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{name}") };
        if at.is_empty() || start.contains(&format!(" {declaration}=")) {
            continue;
        }
        start = format!("{start} {declaration}=\"{}\"", at.replace('&', "&amp;").replace('"', "&quot;"));
    }
    let wrapped = format!("{start}>{text}</x>");
    Some(Document::parse(wrapped.as_bytes()).ok()?.root().children.clone())
}

fn encrypted_data(cipher: &CipherText) -> Element {
    let of = |name| XML_ENCRYPTION.element(name);
    let key = signed::XML_SIGNATURE.element("KeyName").text(cipher.key_name.clone());
    of("EncryptedData")
        .with("Type", CONTENT)
        .child(of("EncryptionMethod").with("Algorithm", cipher.algorithm.clone()))
        .child(signed::XML_SIGNATURE.element("KeyInfo").child(key))
        .child(of("CipherData").child(of("CipherValue").text(BASE64.encode(&cipher.octets))))
}

fn cipher_text(data: &Element) -> Option<CipherText> {
    if !data.name.is(XML_ENCRYPTION.uri, "EncryptedData") {
        return None;
    }
    let child = |of: &Element, uri: &str, name: &str| {
        of.elements().find(|element| element.name.is(uri, name)).cloned()
    };
    let algorithm = child(data, XML_ENCRYPTION.uri, "EncryptionMethod")?;
    let algorithm = algorithm.attributes.into_iter().find(|one| one.name.is("", "Algorithm"))?.value;
    let key = child(data, signed::XML_SIGNATURE.uri, "KeyInfo");
    let key = key.and_then(|key| child(&key, signed::XML_SIGNATURE.uri, "KeyName"));
    let value = child(&child(data, XML_ENCRYPTION.uri, "CipherData")?, XML_ENCRYPTION.uri, "CipherValue")?;
    let compact: String = value.own_text().split_ascii_whitespace().collect();
    Some(CipherText {
        algorithm,
        key_name: key.map(|key| key.own_text()).unwrap_or_default(),
        octets: BASE64.decode(compact).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::mcptt_info::{Content, McpttInfo, McpttUri, SessionType};

    fn info() -> McpttInfo {
        McpttInfo {
            session_type: Some(SessionType::Prearranged),
            request_uri: Some(Content::Normal(McpttUri::from("sip:fire-1@mc.example.org"))),
            emergency_ind: Some(Content::Normal(true)),
            ..McpttInfo::default()
        }
    }

    /// No encryption, but something that can be taken back.
    fn turned(octets: &[u8]) -> Vec<u8> {
        octets.iter().map(|octet| octet ^ 0x55).collect()
    }

    fn sealed() -> String {
        let sealed = seal(info().to_xml().as_bytes(), |octets| {
            Some(CipherText {
                algorithm: AES128_GCM.into(),
                key_name: key_name(&[0x20, 0, 0, 1]),
                octets: turned(octets),
            })
        });
        sealed.unwrap().expect("there are values")
    }

    #[test]
    fn what_is_sealed_is_read_as_encrypted_and_opened_again() {
        let text = sealed();
        assert!(!text.contains("fire-1") && text.contains("type=\"Encrypted\""), "{text}");
        let read = McpttInfo::parse(text.as_bytes()).unwrap();
        assert!(matches!(read.request_uri, Some(Content::Encrypted(_))));
        assert_eq!(read.session_type, Some(SessionType::Prearranged), "no content element");
        let clear = open(text.as_bytes(), |cipher| {
            assert_eq!(
                (cipher.algorithm.as_str(), key_id(&cipher.key_name)),
                (AES128_GCM, Some(vec![0x20, 0, 0, 1]))
            );
            Opened::Clear(turned(&cipher.octets))
        });
        let clear = clear.unwrap().expect("there was something to open");
        assert_eq!(McpttInfo::parse(clear.as_bytes()).unwrap(), info());
    }

    #[test]
    fn what_others_encrypt_without_prefixes_of_its_own_is_opened() {
        let text = sealed();
        for plain in [
            "<mcpttURI>sip:a@mc.example.org</mcpttURI>",
            "<mcpttURI xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\">sip:a@mc.example.org</mcpttURI>",
        ] {
            let mut first = true;
            let clear = open(text.as_bytes(), |_| match std::mem::take(&mut first) {
                true => Opened::Clear(plain.into()),
                false => Opened::Clear(b"<mcpttBoolean>false</mcpttBoolean>".to_vec()),
            });
            let read = McpttInfo::parse(clear.unwrap().unwrap().as_bytes()).unwrap();
            assert_eq!(read.request_uri, Some(Content::Normal(McpttUri::from("sip:a@mc.example.org"))));
            assert_eq!(read.emergency_ind, Some(Content::Normal(false)));
        }
    }

    #[test]
    fn what_is_left_stays_and_what_is_broken_fails_the_body() {
        let text = sealed();
        assert_eq!(open(text.as_bytes(), |_| Opened::Left), Ok(None));
        assert_eq!(open(text.as_bytes(), |_| Opened::Broken), Err(OpenError::Broken));
        for garbage in [&b"\xff"[..], b"<open>", b"</x><x>", b"a&b"] {
            assert_eq!(open(text.as_bytes(), |_| Opened::Clear(garbage.to_vec())), Err(OpenError::Broken));
        }
        assert_eq!(open(info().to_xml().as_bytes(), |_| panic!("nothing is sealed")), Ok(None));
        assert!(matches!(open(b"<a", |_| Opened::Left), Err(OpenError::Xml(_))));
    }
}
