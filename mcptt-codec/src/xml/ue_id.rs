//! Which user equipment a configuration document is for.

use super::record::{OWN, record};
use crate::text::ByteStr;

record! {
    /// `mcptt-UE-id`: which user equipment the document is for.
    pub struct UeId {
        attributes {
            /// `index`.
            optional index: ByteStr = "index",
        }
        elements {
            /// `Instance-ID-URN`.
            many instance_id_urns: ByteStr = OWN "Instance-ID-URN",
            /// `IMEI-range`.
            many imei_ranges: ImeiRange = OWN "IMEI-range",
        }
    }
}

record! {
    /// `IMEI-range`.
    pub struct ImeiRange {
        attributes {
            /// `index`.
            optional index: ByteStr = "index",
        }
        elements {
            /// `TAC`: type allocation code, 8 digits.
            optional tac: ByteStr = OWN "TAC",
            /// `SNR`: serial number, 6 digits.
            many snr: ByteStr = OWN "SNR",
            /// `SNR-range`.
            many snr_ranges: SnrRange = OWN "SNR-range",
        }
    }
}

record! {
    /// `SNR-range`.
    pub struct SnrRange {
        attributes {
            /// `index`.
            optional index: ByteStr = "index",
        }
        elements {
            /// `Low-SNR`: the first serial number.
            optional low_snr: ByteStr = OWN "Low-SNR",
            /// `High-SNR`: the last serial number.
            optional high_snr: ByteStr = OWN "High-SNR",
        }
    }
}
