//! TS 24.380 floor control, media distribution and media protection of MCPTT, sans-IO.
//!
//! [`MediaPlane`] is the media plane of one node. It is told what arrives, what call control has decided and what time
//! it is, and it hands out what is to be sent, indicated and noted. It owns no socket, no clock and no task:
//!
//! ```
//! use std::net::SocketAddr;
//! use std::time::Instant;
//!
//! use mcptt_codec::Path;
//! use mcptt_codec::floor::{FloorIndicator, FloorMessage, FloorRequest};
//! use mcptt_codec::id::{CallRef, GroupId, LegRef};
//! use media_plane::signalling::{CallSettings, Entry, FloorParameters, MediaEndpoint, Participant, VoiceFormat};
//! use media_plane::{Config, MediaPlane, Output, Signalling};
//!
//! let mut now = Instant::now(); // the driver's business
//! let seed = [0; 32]; // so is randomness
//! let mut plane = MediaPlane::new(Config::default(), seed, now)?;
//!
//! // Call control has set up a group call with two participants.
//! let call = CallRef(1);
//! let settings = CallSettings { queueing: true, ..CallSettings::normal("sip:fire-brigade@example.org") };
//! plane.handle_signalling(now, Signalling::CallInitiated { call, settings });
//! let endpoint = |leg: u8, port: u16| MediaEndpoint {
//!     local: SocketAddr::from(([192, 0, 2, 1], 30_000 + 10 * u16::from(leg) + port)),
//!     remote: SocketAddr::from(([198, 51, 100, leg], 20_000 + port)),
//! };
//! for leg in [1_u8, 2] {
//!     let participant = Participant {
//!         mcptt_id: format!("sip:member{leg}@example.org").as_str().into(),
//!         entry: if leg == 1 { Entry::Originator { implicit_request: false } } else { Entry::Invited },
//!         audio: endpoint(leg, 0),
//!         floor: endpoint(leg, 4),
//!         floor_parameters: FloorParameters::default(),
//!         protection: None,
//!         floor_protection: None,
//!         payload_types: vec![96],
//!         audio_ssrc: None,
//!         voice: VoiceFormat::default(),
//!     };
//!     let leg = LegRef(leg.into());
//!     plane.handle_signalling(now, Signalling::LegConnected { call, leg, participant: Box::new(participant) });
//! }
//! while plane.poll_output().is_some() {}
//!
//! // The first one asks for the floor: Floor Granted to it, Floor Taken to the other.
//! let MediaEndpoint { local, remote } = endpoint(1, 4);
//! let request = FloorMessage::Request(FloorRequest::default()).encode()?;
//! plane.handle_datagram(now, Path { local, remote }, &request);
//! let mut answers = Vec::new();
//! while let Some(output) = plane.poll_output() {
//!     if let Output::Transmit(transmit) = output {
//!         answers.push((transmit.path.remote, FloorMessage::decode(&transmit.payload)?.value.name()));
//!     }
//! }
//! assert_eq!(answers, [(endpoint(1, 4).remote, "Floor Granted"), (endpoint(2, 4).remote, "Floor Taken")]);
//!
//! // Nobody talks: after T1 the floor is idle again.
//! while plane.floor(call).is_some_and(|floor| floor.talker().is_some()) {
//!     now = plane.poll_timeout().expect("T1 runs while the floor is taken");
//!     plane.handle_timeout(now);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Way of a datagram
//!
//! 1. The pair of addresses says which stream of which participant it belongs to; other pairs are never answered.
//! 2. A DTLS record goes to the association of the leg, if its keys come from one; what that has to say is sent at once.
//! 3. The rate of the participant, the first octets, for RTP payload type and SSRC are checked.
//! 4. [`crypto`] opens it, or lets it pass where media is protected end to end or not at all.
//! 5. RTP is put to the floor control server of the call, whose verdict opens the way to the [`distributor`]; floor
//!    messages are put to it one after the other.
//!
//! In a call whose floor is controlled elsewhere, the fifth step is a relay (participating function, which may put what is
//! for everybody on an MBMS subchannel) or the exchange with the controlling function (non-controlling function).
//!
//! Whatever is discarded on this way is counted ([`Counters`]) and, the first times, reported ([`Event`]).
//!
//! # Invariants
//!
//! * No datagram makes it fail, loop or grow: what peers can pile up has a limit in [`config::Limits`] or in a constant.
//! * A leg that was given keys neither sends nor takes anything in clear.
//! * Only `crypto` names a cryptographic library. Floor control knows neither datagrams nor keys.

pub mod audio;
mod call;
mod calls;
pub mod config;
pub mod counters;
pub mod crypto;
mod deliver;
pub mod distribution;
pub mod distributor;
mod elsewhere;
pub mod event;
pub mod floor;
mod handshakes;
mod latching;
mod leg;
mod located;
mod mixer;
mod output;
mod plane;
pub mod quality;
pub mod receive;
mod redundancy;
mod routes;
mod rtp;
pub mod session;
pub mod signalling;
mod ssrc;
pub mod subchannel;
pub mod tables;
pub mod talker_data;
#[cfg(test)]
pub(crate) mod testing;
mod unusable;
pub mod web;

pub use config::{Config, ConfigError};
pub use counters::{Counters, Discard};
pub use distributor::Tapped;
pub use event::{Event, Stream};
pub use output::Output;
pub use plane::MediaPlane;
pub use signalling::{Indication, Signalling};
