//! Fuzz body of MIKEY messages.

use super::binary::encoded;
use crate::mikey::{self, Chain, MAX_PAYLOADS, Mikey, Payload, PayloadType};
use crate::value::Value;

/// A MIKEY message, and the same octets as the keys inside of one and as text.
pub fn mikey(octets: &[u8]) {
    if let Ok(text) = std::str::from_utf8(octets) {
        message(Mikey::from_base64(text).map(|decoded| decoded.value).ok());
    }
    if let Ok(chain) = Chain::decode(PayloadType::KEY_DATA, octets) {
        assert!(chain.value.rest.is_none() || !chain.deviations.is_empty(), "nothing is left over silently");
        let again = encoded(|out| chain.value.encode(out));
        assert!(again.is_ok_and(|again| again == octets), "a chain is kept octet by octet");
    }
    let Ok(decoded) = Mikey::decode(octets) else { return };
    assert!(decoded.value.chain.rest.is_none() || !decoded.deviations.is_empty(), "nor here");
    assert!(decoded.deviations.len() <= MAX_PAYLOADS, "deviations are bounded");
    assert!(decoded.deviations.iter().all(|found| found.offset <= octets.len()), "and lie inside");
    let again = encoded(|out| decoded.value.encode(out));
    assert!(again.is_ok_and(|again| again == octets), "a message is kept octet by octet");
    assert_eq!(decoded.value.encoded_len(), octets.len(), "the length of a message is exact");
    message(Some(decoded.value));
}

fn message(message: Option<Mikey>) {
    let Some(message) = message else { return };
    // Compared without printing: a failing assertion must not show a key.
    let text = message.to_base64().ok();
    let again = text.and_then(|text| Mikey::from_base64(&text).ok());
    assert!(again.is_some_and(|again| again.value == message), "a message survives its text");
    assert!(matches!(mikey::view(&message), Value::Object(_)), "a message can be shown");
    for payload in message.payloads() {
        if let Payload::KeyTransport(transport) = payload {
            let inner = Chain::decode(PayloadType::KEY_DATA, transport.data.as_bytes());
            assert!(inner.is_err() || inner.is_ok_and(|inner| inner.value.payloads.len() <= MAX_PAYLOADS));
        }
    }
}
