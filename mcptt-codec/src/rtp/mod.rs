//! RTP: packets (RFC 3550 5.1) with the header extensions of RFC 8285.
//!
//! [`RtpPacket`] and [`RtpHeader`] keep every octet; [`Extension::parts`] looks into an extension without copying, and
//! [`Extension::from_parts`] writes one. [`redundancy`] (RFC 2198) and [`fec`] (RFC 5109, RFC 8627) are payloads that protect
//! others against loss.

mod extension;
pub mod fec;
mod header;
mod packet;
pub mod redundancy;

pub use extension::{Element, Extension, ExtensionForm, Part, Stop};
pub use header::{CsrcList, FIXED_HEADER_OCTETS, MAX_CONTRIBUTING_SOURCES, RtpHeader};
pub use packet::RtpPacket;

#[cfg(test)]
mod tests;
