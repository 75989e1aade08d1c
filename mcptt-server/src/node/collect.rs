//! What the two planes want done: to the driver, to each other, to a function of this same node.

use std::time::Instant;

use media_plane::signalling::Signalling;

use super::{Event, Node, Output, Query, bearer_keys, keys, route};

impl Node {
    pub(super) fn collect_call_control(&mut self, now: Instant) {
        while let Some(output) = self.call_control.poll_output() {
            match output {
                call_control::Output::Transmit(transmit) if self.demux.is_own_sip(transmit.path.remote) => {
                    self.looped.push_back(transmit);
                }
                call_control::Output::Transmit(transmit) => {
                    self.outputs.push_back(Output::Transmit(transmit))
                }
                call_control::Output::Handed { shard, function, path, message, round } => {
                    self.outputs.push_back(Output::Handed { shard, function, path, message, round });
                }
                call_control::Output::Told(notice) => self.outputs.push_back(Output::Told(notice)),
                call_control::Output::Query { function, query } => {
                    self.outputs.push_back(Output::Query(Query::Names { function, query }));
                }
                call_control::Output::Change(change) => {
                    if let Some(gate) = &mut self.gate {
                        gate.note(change);
                    }
                }
                call_control::Output::Stream(command) => self.outputs.push_back(Output::Stream(command)),
                call_control::Output::Media(command) => {
                    self.recorder.note(self.wall.milliseconds(now), &command, &mut self.outputs);
                    let (user, listener) = (keys::user_of(&command), bearer_keys::listener_of(&command));
                    if let Some(mut signalling) = route::signalling(command) {
                        let is_own = |address| self.demux.is_own_media(address);
                        self.floor_keys.protect(user.as_ref(), &mut signalling, is_own);
                        self.bearer_keys.protect(&mut signalling);
                        self.bearer_keys.note_holder(listener.as_ref(), &mut signalling);
                        self.hold(signalling);
                    }
                }
                call_control::Output::Key(upload) => {
                    self.outputs.push_back(Output::Query(Query::Key(upload)));
                }
                call_control::Output::BearerKeys(request) => {
                    let ask = self.bearer_keys.ask(request);
                    self.outputs.extend(ask.map(|ask| Output::Query(Query::Seal(ask))));
                }
                call_control::Output::Event(event) => {
                    if let call_control::Event::KeyEnded { mcptt_id } = &event {
                        self.floor_keys.end(mcptt_id);
                    }
                    self.outputs.push_back(Output::Event(Event::CallControl(event)));
                }
                // Both enums may grow; what the node has no use for stays here.
                _ => {}
            }
        }
    }

    /// Where a call is released because somebody has left it, the release comes first: what floor control has to say about who has
    /// left would reach the others behind their BYE.
    //= 24.380-6.3.3
    fn hold(&mut self, signalling: Signalling) {
        let mut at = self.held.len();
        if let Signalling::ReleaseStarted { call } = signalling {
            let has_left =
                |held: &Signalling| matches!(held, Signalling::LegLeft { call: other, .. } if *other == call);
            while at.checked_sub(1).and_then(|before| self.held.get(before)).is_some_and(has_left) {
                at -= 1;
            }
        }
        self.held.insert(at, signalling);
    }

    /// Whether there is more to do: call control heard something it may react to, or media came back to us.
    pub(super) fn collect_media_plane(&mut self, now: Instant) -> bool {
        let mut told = false;
        while let Some(output) = self.media_plane.poll_output() {
            match output {
                // Between what the participating function relays and the controlling function of this node.
                media_plane::Output::Transmit(transmit) if self.demux.is_own_media(transmit.path.remote) => {
                    told = true;
                    self.looped_media.push_back(transmit);
                }
                media_plane::Output::Transmit(transmit) => self.outputs.push_back(Output::Transmit(transmit)),
                media_plane::Output::Indication(indication) => {
                    if let Some(indication) = route::media_indication(indication) {
                        told = true;
                        self.guarded(None, |node| node.call_control.handle_media(now, indication));
                    }
                }
                media_plane::Output::Event(event) => {
                    if let media_plane::Event::SpurtEnded { call, leg, .. } = &event {
                        self.recorder.ended(self.wall.milliseconds(now), *call, *leg, &mut self.outputs);
                    }
                    self.outputs.push_back(Output::Event(Event::MediaPlane(event)));
                }
                media_plane::Output::Channel { path, payload } => self.send_on_channel(path, payload),
                media_plane::Output::ChannelEnded { path } => self.end_channel(path),
                media_plane::Output::Tap(tapped) => {
                    self.recorder.take(self.wall.milliseconds(tapped.at), tapped, &mut self.outputs);
                }
            }
        }
        told
    }
}
