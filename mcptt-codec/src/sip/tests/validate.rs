//! Requests that must be refused.

use super::super::{
    HeaderName, Limits, Request, StatusCode, require_only, validate, validate_response, validate_within,
};
use super::{request, response};

const SOUND: &str = "\
MESSAGE sip:pf@pf.mc.example.org SIP/2.0
Via: SIP/2.0/UDP 10.1.1.5;branch=z9hG4bKm1
Max-Forwards: 70
From: <sip:alice-ue@ims.example.org>;tag=m1
To: <sip:pf@pf.mc.example.org>
Call-ID: m-1@10.1.1.5
CSeq: 1 MESSAGE
Require: timer, Tdialog
Content-Type: text/plain
Content-Length: ...

hello";

fn refusal(request: &Request) -> Option<(u16, &'static str)> {
    validate(request).err().map(|refusal| (refusal.status.0, refusal.what))
}

#[test]
fn each_defect_has_its_status_code() {
    assert_eq!(refusal(&request(SOUND)), None);
    for (good, bad, status, what) in [
        ("SIP/2.0\nVia", "SIP/7.0\nVia", 505, "SIP-Version"),
        ("sip:pf@pf.mc.example.org SIP", "sip:pf@pf.mc.example.org; lr SIP", 400, "Request-URI"),
        ("sip:pf@pf.mc.example.org SIP", " sip:pf@pf.mc.example.org> SIP", 400, "Request-URI"),
        ("MESSAGE sip:pf", "MESSAGE  sip:pf", 400, "Request-URI"),
        ("sip:pf@pf.mc.example.org SIP", "sip:pf@pf.mc.example.org?a=b SIP", 400, "Request-URI"),
        ("Max-Forwards: 70", "Max-Forwards: 70\nContact: sip:a@b?c=d", 400, "Contact"),
        ("Max-Forwards: 70", "Max-Forwards: 70\nContact: *, <sip:a>, <sip:b", 400, "Contact"),
        ("sip:pf@pf.mc.example.org SIP", "urn:service:sos SIP", 416, "Request-URI"),
        ("sip:pf@pf.mc.example.org SIP", "unknown:x SIP", 416, "Request-URI"),
        ("Via: SIP", "X: SIP", 400, "Via"),
        ("Via: SIP/2.0", "Via: SIP/3.0", 400, "Via"),
        ("Max-Forwards: 70\n", "", 400, "Max-Forwards"),
        ("Max-Forwards: 70", "Max-Forwards: 256", 400, "Max-Forwards"),
        ("Max-Forwards: 70", "Max-Forwards: +7", 400, "Max-Forwards"),
        ("From: <sip:alice-ue@ims.example.org>", "From: Bell, A <sip:a@b>", 400, "From"),
        ("From: ", "From: <sip:a@b>;tag=1\nFrom: ", 400, "From"),
        ("To: <sip:pf@pf.mc.example.org>\n", "", 400, "To"),
        ("Call-ID: m-1@10.1.1.5", "Call-ID:", 400, "Call-ID"),
        ("Call-ID: m-1@10.1.1.5", "Call-ID: a b", 400, "Call-ID"),
        ("CSeq: 1 MESSAGE", "CSeq: 36893488147419103232 MESSAGE", 400, "CSeq"),
        ("CSeq: 1 MESSAGE", "CSeq: 1 INVITE", 400, "CSeq method"),
        ("CSeq: 1 MESSAGE", "CSeq: 1 MESSAGE\nCSeq: 2 MESSAGE", 400, "CSeq"),
        ("Content-Type: text/plain\n", "", 400, "Content-Type"),
        ("Content-Type: text/plain", "Content-Type: text", 400, "Content-Type"),
    ] {
        assert_ne!(SOUND.replace(good, bad), SOUND);
        assert_eq!(refusal(&request(&SOUND.replace(good, bad))), Some((status, what)), "{bad}");
    }
    let limits = Limits { body: 4, ..Limits::default() };
    let refusal = validate_within(&request(SOUND), &limits).unwrap_err();
    assert_eq!((refusal.status, refusal.what), (StatusCode::MESSAGE_TOO_LARGE, "body"));
}

#[test]
fn a_response_that_finds_no_request_is_told_by_what_it_lacks() {
    let text = SOUND.replacen("MESSAGE sip:pf@pf.mc.example.org SIP/2.0", "SIP/2.0 200 OK", 1);
    let wrong = |text: &str| validate_response(&response(text)).err();
    assert_eq!(wrong(&text), None);
    assert_eq!(wrong(&text.replace("Max-Forwards: 70\n", "")), None);
    for (good, bad, what) in [
        ("SIP/2.0 200", "SIP/3.0 200", "SIP-Version"),
        ("SIP/2.0 200", "SIP/2.0 099", "Status-Code"),
        ("SIP/2.0 200", "SIP/2.0 700", "Status-Code"),
        ("From: ", "X: ", "From"),
        ("To: <", "To: <sip:a>\nTo: <", "To"),
        ("Call-ID: m-1@10.1.1.5", "Call-ID:", "Call-ID"),
        ("CSeq: 1 MESSAGE", "CSeq: 2147483648 MESSAGE", "CSeq"),
        ("Via: SIP/2.0", "Via: SIP/3.0", "Via"),
        ("Via: ", "X: ", "Via"),
    ] {
        assert_eq!(wrong(&text.replace(good, bad)), Some(what), "{bad}");
    }
}

#[test]
fn a_tel_uri_may_be_called() {
    assert_eq!(refusal(&request(&SOUND.replacen("sip:pf@pf.mc.example.org", "tel:+1201", 1))), None);
}

#[test]
fn extensions_that_are_not_understood_are_named() {
    let message = request(SOUND);
    assert_eq!(require_only(&message, &["tdialog", "TIMER"]), Ok(()));
    let refusal = require_only(&message, &["path"]).unwrap_err();
    assert_eq!(
        (refusal.status, refusal.unsupported.join("|").as_str()),
        (StatusCode::BAD_EXTENSION, "timer|Tdialog")
    );
    let answer = refusal.response(&message).unwrap();
    assert_eq!(
        answer.headers.get(&HeaderName::Unsupported).map(|value| value.as_str()),
        Some("timer, Tdialog")
    );
    let cancel = request(&SOUND.replace("MESSAGE", "CANCEL"));
    assert_eq!(require_only(&cancel, &[]), Ok(()));
}

#[test]
fn a_refusal_says_what_is_wrong_unless_to_an_ack() {
    let text = SOUND.replace("Max-Forwards: 70\n", "");
    let message = request(&text);
    let answer = validate(&message).unwrap_err().response(&message).unwrap();
    assert_eq!(
        (answer.status, answer.reason.as_str()),
        (StatusCode::BAD_REQUEST, "Bad Request (Max-Forwards)")
    );
    assert_eq!(answer.headers.len(), 5);
    let ack = request(&text.replace("MESSAGE", "ACK"));
    assert_eq!(validate(&ack).unwrap_err().response(&ack), None);
}
