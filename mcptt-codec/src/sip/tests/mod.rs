//! Tests of the message level and of the laws that hold across the module.

mod addresses;
mod generated;
mod messages;
mod multipart;
mod properties;
mod second_opinion;
mod stream;
mod uri_equality;
mod validate;
mod values;
mod wire;

use bytes::Bytes;

use super::{HeaderName, Headers, Limits, Request, Response, SipMessage};

/// The octets of a message written with plain line ends. `Content-Length: ...` gets the length of the body.
fn wire(text: &str) -> Bytes {
    let (head, body) = text.split_once("\n\n").expect("a blank line ends the header section");
    let body = body.replace('\n', "\r\n");
    let head = head.replace("Content-Length: ...", &format!("Content-Length: {}", body.len()));
    Bytes::from(format!("{}\r\n\r\n{body}", head.replace('\n', "\r\n")))
}

fn decode(datagram: &Bytes) -> SipMessage {
    SipMessage::decode(datagram, &Limits::default()).expect("the message is sound")
}

fn request(text: &str) -> Request {
    match decode(&wire(text)) {
        SipMessage::Request(request) => request,
        SipMessage::Response(_) => panic!("a response"),
    }
}

fn response(text: &str) -> Response {
    match decode(&wire(text)) {
        SipMessage::Response(response) => response,
        SipMessage::Request(_) => panic!("a request"),
    }
}

fn fields(headers: &Headers) -> Vec<(HeaderName, &str)> {
    headers.iter().map(|(name, value)| (name.clone(), value.as_str())).collect()
}
