//! What web browsers need: the address of the WebSocket for their floor control, and everything that goes with it.

use call_control::config as cc;
use mcptt_codec::text::ByteStr;

use super::file::{Media, Sip};
use super::{FileError, value};

const CHANNEL: &str = "media.floor-channel";

impl Media {
    /// Where browsers open the channel of their floor control. `None`: they are not served.
    ///
    /// # Errors
    /// [`FileError`] names the setting and what is allowed.
    pub(super) fn floor_channel(&self, sip: &Sip) -> Result<Option<ByteStr>, FileError> {
        let Some(uri) = &self.floor_channel else { return Ok(None) };
        let host = uri.strip_prefix("ws://").or_else(|| uri.strip_prefix("wss://"));
        let plain =
            |octet: u8| octet.is_ascii_graphic() && !matches!(octet, b'"' | b'<' | b'>' | b'#' | b'?');
        let usable = host.is_some_and(|host| !host.is_empty() && host.bytes().all(plain)) && uri.len() <= 200;
        if !usable {
            return Err(value(
                CHANNEL,
                uri,
                "a ws: or wss: address of at most 200 characters without ? and #",
            ));
        }
        if !self.dtls || (sip.ws.is_none() && sip.wss.is_none()) {
            return Err(value(
                CHANNEL,
                uri,
                "not set unless media.dtls is true and sip.ws or sip.wss is set",
            ));
        }
        Ok(Some(uri.as_str().into()))
    }
}

/// Whoever has a browser needs the channel, and a channel is that of the one node that takes connections.
pub(super) fn check(config: &cc::Config) -> Result<(), FileError> {
    let user = config.users.iter().position(|user| user.browser);
    match (user, &config.media.floor_channel) {
        (Some(index), None) => {
            Err(value(format!("user[{index}].browser"), true, "false unless media.floor-channel is set"))
        }
        (_, Some(uri)) if config.shards > 1 => {
            Err(value(CHANNEL, uri, "not set where server.shards is above 1"))
        }
        _ => Ok(()),
    }
}
