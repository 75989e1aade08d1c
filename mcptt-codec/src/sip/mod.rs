//! SIP (RFC 3261 and its relatives) as TS 24.379 uses it.
//!
//! Two levels. [`SipMessage`] is the message as it stands on the wire: header fields in order, spelling,
//! folds and unknown names included, so that an accepted message is written back octet for octet. The typed
//! values ([`Uri`], [`NameAddr`], [`Via`], [`CSeq`], [`AcceptContact`], [`McpttWarning`], ...) are read out
//! of header values when a procedure asks for them.
//!
//! The parser refuses only what it cannot represent; [`validate`] says which requests must be answered with
//! an error.
//!
//! ```
//! use bytes::Bytes;
//! use mcptt_codec::sip::{HeaderName, Limits, NameAddr, Response, SipMessage, StatusCode};
//!
//! let datagram = Bytes::from_static(b"BYE sip:s-8b1f@cf.mc.example.org;gr=k3 SIP/2.0\r\n\
//!     v: SIP/2.0/UDP 10.1.1.5;branch=z9hG4bK7\r\n\
//!     f: Alice <sip:alice-ue@ims.example.org>;tag=i1\r\n\
//!     t: <sip:pf@pf.mc.example.org>;tag=c1\r\n\
//!     i: 5@10.1.1.5\r\nCSeq: 2 BYE\r\nMax-Forwards: 70\r\nl: 0\r\n\r\n");
//! let message = SipMessage::decode(&datagram, &Limits::default())?;
//! assert_eq!(message.encode(), datagram);
//!
//! let from = NameAddr::parse(message.headers().get(&HeaderName::From).expect("it is there"))?;
//! assert_eq!((from.display.as_deref(), from.tag()), (Some("Alice"), Some("i1")));
//!
//! let SipMessage::Request(request) = message else { panic!("not a request") };
//! let answer = Response::to(&request, StatusCode::OK);
//! assert_eq!(answer.headers.get(&HeaderName::CSeq).map(|value| value.as_str()), Some("2 BYE"));
//! # Ok::<(), mcptt_codec::DecodeError>(())
//! ```

mod accept_contact;
mod answer_mode;
mod content_type;
mod cseq;
pub mod field;
mod grammar;
mod header;
mod header_field;
mod headers;
mod limits;
mod message;
mod method;
pub mod multipart;
mod name_addr;
mod params;
pub mod percent;
mod plain;
mod resource_priority;
mod section;
mod session_expires;
mod status;
mod stream;
mod typed;
mod uri;
mod uri_equality;
mod validate;
mod value;
mod via;
mod warning;

pub use accept_contact::{AcceptContact, FEATURE_MCPTT, ICSI_MCPTT, has_feature, icsi_refs};
pub use answer_mode::AnswerMode;
pub use content_type::ContentType;
pub use cseq::{CSeq, RAck};
pub use field::FieldValue;
pub use header::HeaderName;
pub use headers::{Elements, Headers, Line, elements};
pub use limits::Limits;
pub use message::{Request, Response, SipMessage, Version};
pub use method::Method;
pub use multipart::Part;
pub use name_addr::NameAddr;
pub use params::Params;
pub use resource_priority::ResourcePriority;
pub use session_expires::{Refresher, SessionExpires};
pub use status::StatusCode;
pub use stream::{DatagramKind, Frame, Framer, PING, PONG};
pub use uri::{Scheme, Uri};
pub use validate::{Refusal, require_only, validate, validate_response, validate_within};
pub use value::HeaderValue;
pub use via::{BRANCH_COOKIE, Transport, Via};
pub use warning::{
    DetailedReason, McpttWarning, WARNINGS, WarningText, first_release, function_not_allowed, plain_warning,
    warning_agent, warning_in_release, warning_value,
};

#[cfg(test)]
mod tests;
