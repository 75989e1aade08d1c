//! `off-network`: timers and counters of operation without network (TS 24.379 annexes B and C, TS 24.380 11.1),
//! each in the unit of its leaf in TS 24.483.

use crate::text::ByteStr;
use crate::xml::namespaces::UE_INIT_CONFIG;
use crate::xml::record::record;

record! {
    /// `off-network`.
    pub struct OffNetwork {
        attributes {
            /// `index`.
            optional index: ByteStr = "index",
        }
        elements {
            /// `Timers`.
            optional timers: OffNetworkTimers = UE_INIT_CONFIG "Timers",
            /// `Counters`.
            optional counters: OffNetworkCounters = UE_INIT_CONFIG "Counters",
        }
    }
}

record! {
    /// `Timers`.
    pub struct OffNetworkTimers {
        attributes {}
        elements {
            /// `TFG1`.
            optional tfg1: u16 = UE_INIT_CONFIG "TFG1",
            /// `TFG2`.
            optional tfg2: u16 = UE_INIT_CONFIG "TFG2",
            /// `TFG3`.
            optional tfg3: u16 = UE_INIT_CONFIG "TFG3",
            /// `TFG4`.
            optional tfg4: u16 = UE_INIT_CONFIG "TFG4",
            /// `TFG5`.
            optional tfg5: u16 = UE_INIT_CONFIG "TFG5",
            /// `TFG11`.
            optional tfg11: u16 = UE_INIT_CONFIG "TFG11",
            /// `TFG12`.
            optional tfg12: u16 = UE_INIT_CONFIG "TFG12",
            /// `TFG13`.
            optional tfg13: u16 = UE_INIT_CONFIG "TFG13",
            /// `TFG14`.
            optional tfg14: u16 = UE_INIT_CONFIG "TFG14",
            /// `TFP1`.
            optional tfp1: u16 = UE_INIT_CONFIG "TFP1",
            /// `TFP2`.
            optional tfp2: u16 = UE_INIT_CONFIG "TFP2",
            /// `TFP3`.
            optional tfp3: u16 = UE_INIT_CONFIG "TFP3",
            /// `TFP4`.
            optional tfp4: u16 = UE_INIT_CONFIG "TFP4",
            /// `TFP5`.
            optional tfp5: u16 = UE_INIT_CONFIG "TFP5",
            /// `TFP6`.
            optional tfp6: u16 = UE_INIT_CONFIG "TFP6",
            /// `TFP7`.
            optional tfp7: u16 = UE_INIT_CONFIG "TFP7",
            /// `TFB1`.
            optional tfb1: u16 = UE_INIT_CONFIG "TFB1",
            /// `TFB2`.
            optional tfb2: u16 = UE_INIT_CONFIG "TFB2",
            /// `TFB3`.
            optional tfb3: u16 = UE_INIT_CONFIG "TFB3",
            /// `T201`.
            optional t201: u16 = UE_INIT_CONFIG "T201",
            /// `T203`.
            optional t203: u16 = UE_INIT_CONFIG "T203",
            /// `T204`.
            optional t204: u16 = UE_INIT_CONFIG "T204",
            /// `T205`.
            optional t205: u16 = UE_INIT_CONFIG "T205",
            /// `T230`.
            optional t230: u16 = UE_INIT_CONFIG "T230",
            /// `T233`.
            optional t233: u16 = UE_INIT_CONFIG "T233",
            /// `TFE1`.
            optional tfe1: u16 = UE_INIT_CONFIG "TFE1",
            /// `TFE2`.
            optional tfe2: u16 = UE_INIT_CONFIG "TFE2",
        }
    }
}

record! {
    /// `Counters`.
    pub struct OffNetworkCounters {
        attributes {}
        elements {
            /// `CFP1`.
            optional cfp1: u8 = UE_INIT_CONFIG "CFP1",
            /// `CFP3`.
            optional cfp3: u8 = UE_INIT_CONFIG "CFP3",
            /// `CFP4`.
            optional cfp4: u8 = UE_INIT_CONFIG "CFP4",
            /// `CFP6`.
            optional cfp6: u8 = UE_INIT_CONFIG "CFP6",
            /// `CFG11`.
            optional cfg11: u8 = UE_INIT_CONFIG "CFG11",
            /// `CFG12`.
            optional cfg12: u8 = UE_INIT_CONFIG "CFG12",
            /// `C201`.
            optional c201: u8 = UE_INIT_CONFIG "C201",
            /// `C204`.
            optional c204: u8 = UE_INIT_CONFIG "C204",
            /// `C205`.
            optional c205: u8 = UE_INIT_CONFIG "C205",
        }
    }
}
