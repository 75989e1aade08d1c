//! The MCPTT server: [`node::Node`], the whole server as one object without sockets, clock or threads, and what surrounds it.
//!
//! ```
//! use std::time::Instant;
//! use mcptt_server::{config, node::{Input, Node, Output}};
//! # fn clock() -> Instant { mcptt_server::testing::t0() }
//!
//! let config = config::parse(config::DEFAULT).expect("the embedded configuration is valid");
//! let path = mcptt_codec::Path { local: config.call_control.participating.address, remote: "127.0.0.1:5555".parse().unwrap() };
//! let now = clock();
//! let mut node = Node::new(config, [7; 32], now).expect("the embedded configuration fits together");
//!
//! // Whatever arrives goes in; it never fails.
//! node.handle_input(now, Input::Datagram { path, bytes: b"hello?" });
//! // Whatever the node wants comes out.
//! while let Some(output) = node.poll_output() {
//!     match output {
//!         Output::Transmit(transmit) => println!("send {} octets to {}", transmit.payload.len(), transmit.path.remote),
//!         other => println!("{other:?}"),
//!     }
//! }
//! // And it says when it wants to be woken.
//! if let Some(wake) = node.poll_timeout() {
//!     node.handle_timeout(wake);
//! }
//! ```

pub mod config;
pub mod documents;
pub mod node;
pub mod ue;

#[cfg(feature = "capture")]
pub mod capture;
#[cfg(feature = "demo")]
pub mod demo;
#[cfg(feature = "driver")]
pub mod driver;

#[doc(hidden)]
pub mod fuzzing;
#[doc(hidden)]
pub mod testing;
