//! DTLS associations in later offers (RFC 8842 5): the same goes on, or another one is asked for.

use call_control::MediaCommand;
use call_control::media::DtlsAgreement;
use mcptt_codec::sdp::{Fingerprint, HashFunction};
use mcptt_codec::sip::{HeaderName, Limits, Response, SipMessage};
use mcptt_codec::xml::mime;

use crate::rig::*;

fn fingerprint(octet: u8) -> Fingerprint {
    Fingerprint { hash: HashFunction::SHA_256, octets: vec![octet; 32] }
}

/// Alice is in a call that she has offered DTLS-SRTP for.
fn rig() -> Rig {
    let mut config = config();
    config.media.dtls = Some(fingerprint(9));
    let mut rig = Rig::new(config);
    for at in 0..2 {
        let mut client = client_config(at);
        client.dtls = Some(fingerprint(1));
        client.suites.clear();
        rig.add(client);
        rig.register(at);
        rig.affiliate(at);
    }
    rig.call(0);
    rig
}

/// Offers again what alice has offered, changed, and returns the answer.
fn offer_again(rig: &mut Rig, change: impl FnOnce(String) -> String) -> Response {
    let (ack, invite) = (rig.request("alice", "pf", "ACK"), rig.request("alice", "pf", "INVITE"));
    let parts = invite.parts(&Limits::default()).unwrap();
    let offer = parts.iter().find(|part| part.is(mime::SDP)).unwrap();
    let offer = change(String::from_utf8(offer.body.to_vec()).unwrap());
    let mut again = ack.clone();
    again.method = mcptt_codec::sip::Method::Invite;
    let number = ack.headers.cseq().unwrap().number + 1;
    again.headers.set(HeaderName::CSeq, format!("{number} INVITE"));
    let via = ack.headers.get(&HeaderName::Via).unwrap().to_string();
    again.headers.set(HeaderName::Via, via.replace("z9hG4bK", "z9hG4bKagain"));
    again.headers.push(HeaderName::Contact, invite.headers.get(&HeaderName::Contact).unwrap().clone());
    again.headers.push(HeaderName::ContentType, mime::SDP);
    again.body = offer.into_bytes().into();
    again.headers.set(HeaderName::ContentLength, again.body.len().to_string());
    rig.media.clear();
    let before = rig.seen.len();
    let from = address(0).to_string();
    rig.inject(&from, PF, &again.encode());
    let answers = rig.seen[before..].iter().filter_map(|seen| match &seen.message {
        SipMessage::Response(response) if seen.to == address(0) && response.status.is_final() => {
            Some(response)
        }
        _ => None,
    });
    answers.last().expect("an answer").clone()
}

fn renewed(rig: &Rig) -> Vec<DtlsAgreement> {
    let renewed = rig.media.iter().filter_map(|command| match command {
        MediaCommand::AssociationRenewed { agreed, .. } => Some(agreed.clone()),
        _ => None,
    });
    renewed.collect()
}

fn lines(answer: &Response, name: &str) -> Vec<String> {
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    body.lines().filter(|line| line.starts_with(name)).map(ToOwned::to_owned).collect()
}

//= RFC8842-5.1 test
#[test]
fn the_same_offer_goes_on_with_the_association_there_is() {
    let mut rig = rig();
    let answer = offer_again(&mut rig, |offer| offer);
    assert_eq!(answer.status.0, 200);
    assert_eq!(renewed(&rig), []);
    // The role stays what it was.
    assert_eq!(lines(&answer, "a=setup"), ["a=setup:active"]);
}

//= RFC8842-5.1 test
#[test]
fn another_certificate_or_name_asks_for_another_association() {
    let certificate = fingerprint(2).to_string();
    let other = certificate.clone();
    let mut rig = rig();
    let answer = offer_again(&mut rig, |offer| offer.replace(&fingerprint(1).to_string(), &other));
    assert_eq!(answer.status.0, 200);
    let agreed = renewed(&rig);
    assert_eq!(agreed.len(), 1);
    assert!(agreed[0].active && agreed[0].peer == [fingerprint(2)] && agreed[0].own_id.is_none());
    assert_eq!(lines(&answer, "a=setup"), ["a=setup:active"]);
}

//= RFC8842-5.1 test
//= RFC8842-5.3:tls-id test
#[test]
fn a_name_of_the_association_is_answered_by_a_name() {
    let mut rig = rig();
    let answer = offer_again(&mut rig, |offer| {
        offer.replace("a=setup:", "a=tls-id:abcdefghijklmnopqrstu\r\na=setup:")
    });
    assert_eq!(answer.status.0, 200);
    let agreed = renewed(&rig);
    assert_eq!(agreed.len(), 1);
    let own = agreed[0].own_id.clone().expect("a name");
    assert_eq!(lines(&answer, "a=tls-id"), [format!("a=tls-id:{own}")]);
}

//= RFC8842-5.1 test
#[test]
fn rtcp_does_not_move_with_an_association() {
    let mut rig = rig();
    let answer = offer_again(&mut rig, |offer| offer.replace("a=rtcp-mux\r\n", ""));
    assert_eq!(answer.status.0, 488);
    assert_eq!(renewed(&rig), []);
}
