//! Session descriptions.

use crate::sdp::{Crypto, McpttFmtp, SessionDescription};

/// A session description.
pub fn sdp(octets: &[u8]) {
    let Ok(description) = SessionDescription::decode(octets) else { return };
    let written = description.encode();
    let again = SessionDescription::decode(written.as_bytes());
    assert_eq!(again.as_ref(), Ok(&description), "a description survives writing");
    for media in &description.media {
        let views = (description.rtcp_address_of(media), description.direction_of(media), media.rtpmap(97));
        assert_eq!(views.1.reversed().reversed(), views.1, "a direction has two sides");
        if let Ok(Some(parameters)) = media.mcptt_fmtp() {
            let again = McpttFmtp::parse(&parameters.to_string());
            assert_eq!(again.as_ref(), Ok(&parameters), "floor control parameters survive writing");
            assert!(parameters.answer(&parameters).is_valid(), "an answer to valid parameters is valid");
        }
        for crypto in media.crypto().flatten() {
            // Compared without printing: a failing assertion must not show a key.
            assert!(Crypto::parse(&crypto.to_value()) == Ok(crypto), "a key survives writing");
        }
    }
}
