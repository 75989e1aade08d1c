//! The real server on loopback against independent peers from Debian's packages: SIPp, Kamailio, sipsak, `openssl s_client`,
//! Chromium. And the toolkit without any of them.
//!
//! A missing peer is said and passes, except in continuous integration (`CI` set), where a test that did not run is a failure.
//! Each test has a server of its own on ports of its own, so that they run side by side.

mod alone;
mod baresip;
mod browser;
mod dissection;
mod dtls;
mod flood;
mod guide;
mod hostile;
mod kamailio;
mod live;
mod lossy;
mod player;
mod recording;
mod report_in_browser;
mod server;
mod services;
mod sipp;
mod sipsak;
mod tcp;
mod tls;
mod tool;
mod toolkit;
mod voice;
