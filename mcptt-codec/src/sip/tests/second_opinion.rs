//! The same messages read by rsip, where it can read them.

use rsip::headers::ToTypedHeader;
use rsip::prelude::{HeadersExt, UntypedHeader};

use super::super::{HeaderName, SipMessage, Uri};
use super::{decode, wire};

const MESSAGES: [&str; 3] = [
    "INVITE sip:pf@pf.mc.example.org;transport=udp SIP/2.0\nVia: SIP/2.0/UDP 10.1.1.5:5060;branch=z9hG4bKi1;rport\n\
     Max-Forwards: 70\nFrom: \"Alice\" <sip:alice-ue@ims.example.org>;tag=i1\nTo: <sip:pf@pf.mc.example.org>\n\
     Call-ID: inv-1@10.1.1.5\nCSeq: 101 INVITE\nContact: <sip:alice@10.1.1.5:5060>\nContent-Length: ...\n\nv=0\n",
    "REGISTER sip:ims.example.org SIP/2.0\nVia: SIP/2.0/TCP ue.example.org;branch=z9hG4bKr1\nMax-Forwards: 70\n\
     From: <sip:alice-ue@ims.example.org>;tag=r1\nTo: <sip:alice-ue@ims.example.org>\nCall-ID: r1\n\
     CSeq: 1 REGISTER\nContact: <sip:alice@10.1.1.5:5060>;expires=600\nContent-Length: ...\n\n",
    "SIP/2.0 200 OK\nVia: SIP/2.0/UDP 10.1.1.5:5060;branch=z9hG4bKi1\nFrom: <sip:alice-ue@ims.example.org>;tag=i1\n\
     To: <sip:pf@pf.mc.example.org>;tag=c1\nCall-ID: inv-1@10.1.1.5\nCSeq: 101 INVITE\n\
     Contact: <sip:s-8b1f@cf.mc.example.org>\nContent-Length: ...\n\nv=0\n",
];

#[test]
fn rsip_reads_the_same() {
    for text in MESSAGES {
        let datagram = wire(text);
        let ours = decode(&datagram);
        let theirs = rsip::SipMessage::try_from(datagram.as_ref()).unwrap();
        let value = |name| ours.headers().get(&name).unwrap().as_str();
        assert_eq!(value(HeaderName::Via), theirs.via_header().unwrap().value());
        assert_eq!(value(HeaderName::From), theirs.from_header().unwrap().value());
        assert_eq!(value(HeaderName::To), theirs.to_header().unwrap().value());
        assert_eq!(value(HeaderName::CallId), theirs.call_id_header().unwrap().value());
        assert_eq!(value(HeaderName::CSeq), theirs.cseq_header().unwrap().value());
        assert_eq!(value(HeaderName::Contact), theirs.contact_header().unwrap().value());
        match (&ours, &theirs) {
            (SipMessage::Request(ours), rsip::SipMessage::Request(theirs)) => {
                assert_eq!(ours.method.as_str(), theirs.method.to_string());
                // rsip respells what it knows, such as the transport.
                let uri = Uri::parse(&theirs.uri.to_string()).unwrap();
                assert!(Uri::read(&ours.uri).unwrap().equivalent(&uri), "{uri}");
                assert_eq!(ours.body, theirs.body);
            }
            (SipMessage::Response(ours), rsip::SipMessage::Response(theirs)) => {
                assert_eq!(ours.status.0, theirs.status_code.code());
                assert_eq!(ours.body, theirs.body);
            }
            _ => panic!("{text}"),
        }
        typed(&ours, &theirs);
    }
}

fn typed(ours: &SipMessage, theirs: &rsip::SipMessage) {
    let headers = ours.headers();
    let cseq = theirs.cseq_header().unwrap().typed().unwrap();
    let own = headers.cseq().unwrap();
    assert_eq!((own.number, own.method.as_str()), (cseq.seq, cseq.method.to_string().as_str()));
    let via = theirs.via_header().unwrap().typed().unwrap();
    let own = headers.top_via().unwrap();
    assert_eq!(own.transport.as_str(), via.transport.to_string());
    assert_eq!(own.branch(), via.branch().map(|branch| branch.value()));
    let from = theirs.from_header().unwrap().typed().unwrap();
    let own = headers.from_address().unwrap();
    assert_eq!(own.uri.to_string(), from.uri.to_string());
    assert_eq!(own.tag(), from.tag().map(|tag| tag.value()));
    assert_eq!(own.display.as_deref(), from.display_name.as_deref().map(|name| name.trim_matches('"')));
}
