//! What can be wrong with a capture file.

use std::io;

/// Why reading a capture stopped. Offsets count octets from the start of the file.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// The file could not be read.
    #[error("cannot read the capture: {0}")]
    Io(#[from] io::Error),
    /// The file does not start like a capture.
    #[error("neither pcap nor pcapng: the file starts with {0}")]
    NotACapture(String),
    /// The file ends inside a header, block or record.
    #[error("the capture ends at octet {end} inside {what} that starts at octet {start}")]
    Cut {
        /// What was being read.
        what: &'static str,
        /// Where that starts.
        start: u64,
        /// Where the file ends.
        end: u64,
    },
    /// A length that no sane capture holds.
    #[error("{what} at octet {start} announces {length} octets, accepted are {least} to {most}")]
    Length {
        /// What announces it.
        what: &'static str,
        /// Where it starts.
        start: u64,
        /// What it announces.
        length: u64,
        /// The smallest length that makes sense.
        least: u64,
        /// The largest length accepted.
        most: u64,
    },
    /// A pcapng block contradicts itself.
    #[error("{what} at octet {start} is malformed")]
    Malformed {
        /// The kind of block.
        what: &'static str,
        /// Where it starts.
        start: u64,
    },
    /// A packet names an interface that was never described.
    #[error("the packet at octet {start} names interface {interface}, described are {known}")]
    Interface {
        /// Where the packet block starts.
        start: u64,
        /// The interface named.
        interface: u32,
        /// How many interfaces the section describes.
        known: usize,
    },
    /// More interfaces than any real capture has.
    #[error("the section describes more than {0} interfaces")]
    Interfaces(usize),
}
