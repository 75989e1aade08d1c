//! WebSockets of browsers for floor control: what comes over one is a datagram of its leg.

use std::time::Instant;

use bytes::Bytes;
use call_control::transport::{SipPath, StreamCommand};
use mcptt_codec::Path;

use super::{FloorChannelEvent, Node, Output};

impl Node {
    /// Something became of one.
    pub(super) fn floor_channel(&mut self, now: Instant, path: SipPath, event: FloorChannelEvent<'_>) {
        let name = path.addresses();
        match event {
            FloorChannelEvent::Opened { token } => {
                if self.media_plane.open_floor_channel(name, token) {
                    self.channels.insert(name, path);
                } else {
                    self.outputs.push_back(Output::Stream(StreamCommand::Close { path }));
                }
            }
            FloorChannelEvent::Message(message) => {
                if self.channels.contains_key(&name) {
                    self.media_plane.handle_datagram(now, name, message);
                }
            }
            FloorChannelEvent::Closed => {
                if self.channels.remove(&name).is_some() {
                    self.media_plane.close_floor_channel(name);
                }
            }
        }
    }

    pub(super) fn send_on_channel(&mut self, name: Path, payload: Bytes) {
        if let Some(path) = self.channels.get(&name) {
            self.outputs.push_back(Output::Stream(StreamCommand::Send { path: *path, payload }));
        }
    }

    pub(super) fn end_channel(&mut self, name: Path) {
        if let Some(path) = self.channels.remove(&name) {
            self.outputs.push_back(Output::Stream(StreamCommand::Close { path }));
        }
    }
}
