//! The few STUN messages of the lite side of ICE (RFC 8489, RFC 8445 7): a binding request that is authenticated by a password
//! of ours, and the answer to it.

use std::net::SocketAddr;

use bytes::Bytes;
use stun_types::attribute::{
    AttributeStaticType as _, AttributeType, Fingerprint, MessageIntegrity, Username, XorMappedAddress,
};
use stun_types::message::{
    BINDING, IntegrityAlgorithm, IntegrityKey, Message, MessageClass, MessageWrite as _,
    MessageWriteExt as _, MessageWriteVec, ShortTermCredentials,
};

/// RFC 8445 16.1.
const USE_CANDIDATE: AttributeType = AttributeType::new(0x0025);

/// The key of a password that both sides know from the session description.
pub(super) fn key(password: &str) -> IntegrityKey {
    ShortTermCredentials::new(password.to_owned()).make_key()
}

/// A binding request with everything that a connectivity check has; nothing of it is believed yet.
pub(super) struct Request<'a> {
    message: Message<'a>,
    own_ufrag: String,
    peer_ufrag: String,
}

impl<'a> Request<'a> {
    /// Reads a datagram. `None`: it is no connectivity check, or its fingerprint does not fit.
    //= RFC8445-7.3
    pub fn read(datagram: &'a [u8]) -> Option<Self> {
        let message = Message::from_bytes(datagram).ok()?;
        let is_check = message.has_class(MessageClass::Request)
            && message.has_method(BINDING)
            && message.has_attribute(MessageIntegrity::TYPE)
            && message.has_attribute(Fingerprint::TYPE);
        if !is_check {
            return None;
        }
        let username = message.attribute::<Username>().ok()?;
        let (own, peer) = username.username().split_once(':')?;
        let (own_ufrag, peer_ufrag) = (own.to_owned(), peer.to_owned());
        Some(Self { message, own_ufrag, peer_ufrag })
    }

    /// Our user fragment, which names the leg.
    pub fn own_ufrag(&self) -> &str {
        &self.own_ufrag
    }

    /// That of the other side.
    pub fn peer_ufrag(&self) -> &str {
        &self.peer_ufrag
    }

    /// Whether the sender knows the password.
    pub fn is_authentic(&self, key: &IntegrityKey) -> bool {
        self.message.validate_integrity_with_key(key).is_ok()
    }

    /// Whether the other side has chosen this pair of addresses.
    pub fn nominates(&self) -> bool {
        self.message.has_attribute(USE_CANDIDATE)
    }

    /// The answer: where the request came from. `None`: the library cannot write it.
    //= RFC8445-7.3.1
    pub fn answer(&self, source: SocketAddr, key: &IntegrityKey) -> Option<Bytes> {
        let mut answer = Message::builder_success(&self.message, MessageWriteVec::new());
        let mapped = XorMappedAddress::new(source, self.message.transaction_id());
        answer.add_attribute(&mapped).ok()?;
        answer.add_message_integrity_with_key(key, IntegrityAlgorithm::Sha1).ok()?;
        answer.add_fingerprint().ok()?;
        Some(answer.finish().into())
    }
}

/// A check as a browser sends it: for the far end of a test.
#[cfg(test)]
pub(crate) fn check(username: &str, password: &str, nominates: bool) -> Vec<u8> {
    use stun_types::attribute::RawAttribute;
    let mut request = Message::builder_request(BINDING, MessageWriteVec::new());
    request.add_attribute(&Username::new(username).expect("short")).expect("first");
    request.add_attribute(&RawAttribute::new(0x0024.into(), &[0x6e, 0x00, 0x1e, 0xff])).expect("priority");
    request.add_attribute(&RawAttribute::new(0x802a.into(), &[7; 8])).expect("controlling");
    if nominates {
        request.add_attribute(&RawAttribute::new(USE_CANDIDATE, &[])).expect("nomination");
    }
    request.add_message_integrity_with_key(&key(password), IntegrityAlgorithm::Sha1).expect("integrity");
    request.add_fingerprint().expect("fingerprint");
    request.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWORD: &str = "VOkJxbRl1RmTxUk/WvJxBt";

    /// The sample request of RFC 5769 2.1, which an ICE agent has sent.
    const SAMPLE: &str = "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74\
        002400046e0001ff80290008932ff9b151263b36000600096576746a3a68367659202020000800149aeaa70cbfd8cb56\
        781ef2b5b2d3f249c1b571a280280004e57a3bcf";

    fn octets(hex: &str) -> Vec<u8> {
        let hex: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
        hex.chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).expect("digits"), 16).expect("hex"))
            .collect()
    }

    //= RFC8445-7.3 test
    #[test]
    fn the_vector_of_rfc_5769_is_authentic_and_each_changed_octet_is_noticed() {
        let sample = octets(SAMPLE);
        let request = Request::read(&sample).expect("a check");
        assert_eq!((request.own_ufrag(), request.peer_ufrag()), ("evtj", "h6vY"));
        assert!(request.is_authentic(&key(PASSWORD)) && !request.nominates());
        assert!(!request.is_authentic(&key("VOkJxbRl1RmTxUk/WvJxBu")));
        for index in 0..sample.len() {
            let mut changed = sample.clone();
            changed[index] ^= 0x01;
            let passes = Request::read(&changed).is_some_and(|request| request.is_authentic(&key(PASSWORD)));
            assert!(!passes, "octet {index}");
            assert!(Request::read(&sample[..index]).is_none(), "{index} octets");
        }
    }

    //= RFC8445-7.3.1 test
    #[test]
    fn the_answer_is_authenticated_and_says_where_the_request_came_from() {
        let sample = octets(SAMPLE);
        let source: SocketAddr = "192.0.2.1:32853".parse().expect("an address");
        let request = Request::read(&sample).expect("a check");
        let answer = request.answer(source, &key(PASSWORD)).expect("an answer");
        let answer = Message::from_bytes(&answer).expect("a message");
        assert!(answer.has_class(MessageClass::Success) && answer.has_attribute(Fingerprint::TYPE));
        assert!(answer.validate_integrity_with_key(&key(PASSWORD)).is_ok());
        let mapped = answer.attribute::<XorMappedAddress>().expect("the address");
        assert_eq!(mapped.addr(answer.transaction_id()), source);
        assert_eq!(
            answer.transaction_id(),
            Message::from_bytes(&sample).expect("a message").transaction_id()
        );
    }

    proptest::proptest! {
        #[test]
        fn whatever_follows_a_header_is_read_or_refused(
            octets in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..120),
            attribute in 0_u16..0x40,
        ) {
            let length = u16::try_from(octets.len() + 4).expect("short");
            let attribute = [attribute.to_be_bytes(), length.wrapping_sub(4).to_be_bytes()].concat();
            for (length, first) in [(length, &attribute[..]), (length.wrapping_sub(4), &[])] {
                let header = [&[0, 1][..], &length.to_be_bytes(), &[0x21, 0x12, 0xa4, 0x42], &[7; 12]].concat();
                let message = [&header, first, &octets].concat();
                proptest::prop_assert!(Request::read(&message).is_none_or(|read| !read.is_authentic(&key(PASSWORD))));
            }
        }
    }

    #[test]
    fn what_stands_behind_the_authentication_is_not_believed() {
        let mut request = check("own:peer", PASSWORD, false);
        request.truncate(request.len() - 8);
        request.extend_from_slice(&[0x00, 0x25, 0, 0]);
        let length = u16::try_from(request.len() - 20 + 8).expect("short");
        request[2..4].copy_from_slice(&length.to_be_bytes());
        let fingerprint = Fingerprint::compute(&[&request]);
        request.extend_from_slice(&[0x80, 0x28, 0, 4]);
        request.extend_from_slice(&fingerprint);
        assert!(Request::read(&request).is_none_or(|request| !request.nominates()));
    }
}
