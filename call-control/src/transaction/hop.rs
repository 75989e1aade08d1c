//! Requests that go one hop with the transaction they belong to: ACK of a non-2xx answer and CANCEL.

use mcptt_codec::sip::{CSeq, HeaderName, Method, Request, Response};

/// Max-Forwards of every request that we send (RFC 3261 8.1.1.6).
pub const MAX_FORWARDS: &str = "70";

/// The ACK of a final answer that is not a 2xx (RFC 3261 17.1.1.3).
pub fn ack(invite: &Request, response: &Response) -> Request {
    let mut ack = same_hop(invite, Method::Ack);
    if let Some(to) = response.headers.get(&HeaderName::To) {
        ack.headers.set(HeaderName::To, to.clone());
    }
    ack
}

/// The CANCEL of an INVITE (RFC 3261 9.1).
pub fn cancel(invite: &Request) -> Request {
    same_hop(invite, Method::Cancel)
}

fn same_hop(invite: &Request, method: Method) -> Request {
    let mut request = Request::new(method.clone(), invite.uri.clone());
    if let Some(via) = invite.headers.shared_values(&HeaderName::Via).next() {
        request.headers.push(HeaderName::Via, via);
    }
    for name in [HeaderName::Route, HeaderName::From, HeaderName::To, HeaderName::CallId] {
        request.headers.copy_from(&invite.headers, &name);
    }
    if let Ok(cseq) = invite.headers.cseq() {
        request.headers.push(HeaderName::CSeq, CSeq { number: cseq.number, method }.to_string());
    }
    request.headers.push(HeaderName::MaxForwards, MAX_FORWARDS);
    // A priority call keeps its priority on the way down, too (RFC 4412 3.1).
    request.headers.copy_from(&invite.headers, &HeaderName::ResourcePriority);
    request
}
