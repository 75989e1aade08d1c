//! The MCPTT conformance toolkit: what TS 24.380, TS 24.379 and their neighbours require, who does it, who proves it, and
//! what a captured system really did.
//!
//! ```
//! use conformance::catalogue::Catalogue;
//! use conformance::select::{Selection, Subject};
//!
//! let catalogue = Catalogue::embedded()?;
//! let selection = Selection::parse(["24.380-6.3.4.*", "level:shall"])?;
//! let chosen: Vec<_> =
//!     catalogue.requirements().filter(|requirement| selection.matches(&Subject::from(*requirement))).collect();
//! assert!(chosen.iter().all(|requirement| requirement.spec() == "24.380"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! * [`catalogue`]: the requirements of `specs/`, embedded
//! * [`select`]: how they are named on the command line
//! * [`trace`]: citations in code and tests, the coverage matrix
//! * [`capture`]: pcap and pcapng in, annotated pcapng out
//! * [`decode`]: what is inside a datagram or a frame
//! * [`judge`]: monitors that watch frames and say which requirements held
//! * [`scenario`]: who does what at which time, as text, and the capture it leaves
//! * [`property`]: random sequences, what must hold in them, and the smallest ones in which it does not
//! * [`remote`]: cases against a server that runs somewhere else
//! * [`serve`]: our server on real sockets, for clients
//! * [`shim`]: clients under test and the contract of their shims
//! * [`robust`]: hostile datagrams, and which of them did harm
//! * [`load`]: many talks at a target, measured and judged
//! * [`proxy`]: a silent onlooker between clients and server
//! * [`side`]: what a run looks at beside its cases: captures, random sequences
//! * [`outcome`]: everything a run came to, against what was expected
//! * [`report`]: JUnit, JSON, HTML, Markdown, CSV, SARIF
//! * [`bundle`]: evidence that somebody else can check
//! * [`tamper`]: a relay that makes a server faulty in one respect, which judges the judge
//! * [`diagram`]: state machines as pictures
//! * [`cli`]: the verbs of `mcptt-conformance`

pub mod bundle;
pub mod capture;
pub mod case;
pub mod catalogue;
pub mod cli;
pub mod decode;
pub mod diagram;
pub mod diff;
#[doc(hidden)]
pub mod fuzzing;
pub mod generate;
pub mod judge;
pub mod load;
pub mod outcome;
pub mod property;
pub mod proxy;
pub mod remote;
pub mod replay;
pub mod report;
pub mod rig;
pub mod robust;
pub mod scenario;
pub mod select;
pub mod serve;
pub mod shim;
pub mod side;
pub mod table;
pub mod tamper;
pub mod trace;
