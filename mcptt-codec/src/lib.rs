//! Wire formats of MCPTT: bytes to values and back, without loss.
//!
//! Nothing in this crate knows the time, a socket or a task. Every decoder takes hostile bytes and answers with a
//! value or with a [`DecodeError`] that names the octet; nothing panics and nothing is dropped silently.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
#![cfg_attr(test, allow(clippy::indexing_slicing, clippy::arithmetic_side_effects))]

mod base64_text;
mod cursor;
pub mod datagram;
pub mod error;
pub mod floor;
#[doc(hidden)]
pub mod fuzzing;
pub mod id;
pub mod machine;
pub mod mikey;
pub mod monp;
pub mod release;
pub mod rtcp;
pub mod rtp;
pub mod sdp;
pub mod session;
pub mod sip;
pub mod subchannel;
pub mod text;
mod value;
pub mod view;
pub mod xml;

pub use datagram::{Path, Transmit};
pub use error::{DecodeError, DecodeErrorKind, Decoded, Deviation, EncodeError};
pub use release::{EmitError, NotInRelease, Release};
