//! Laws that the messages of every protocol of TS 24.380 obey; the protocols bring the messages.

use std::collections::BTreeSet;
use std::fmt::Debug;

use bytes::{Bytes, BytesMut};

use crate::fuzzing::binary;
use crate::rtcp::message::{self, Message};
use crate::rtcp::{FieldId, FieldValue, Packet, Protocol};
use crate::{EmitError, NotInRelease, Release};

/// A message survives its octets and its packet, and nothing that happens to its octets on the way does harm.
#[track_caller]
pub(crate) fn survives<M: Message + PartialEq + Debug>(message: &M, change: u8) {
    let octets = message::encode(message).unwrap();
    assert_eq!(&message::decode::<M>(&octets).unwrap().value, message);
    let packet = message::to_packet(message);
    assert_eq!(packet.encoded_len(), octets.len());
    assert_eq!(Packet::decode(&octets).as_ref(), Ok(&packet));
    assert_eq!(&message::from_packet::<M>(&packet).value, message);
    for len in 0..octets.len() {
        binary::rtcp_compound(&octets[..len]);
    }
    let mut changed = octets.to_vec();
    for at in 0..changed.len() {
        changed[at] ^= change;
        binary::rtcp_compound(&changed);
        changed[at] ^= change;
    }
    for release in Release::ALL {
        keeps_to(message, release);
    }
}

/// What a sender of the release sends has nothing that the release does not have, and is read without deviation but
/// those that the values of the message bring with them.
#[track_caller]
fn keeps_to<M: Message + PartialEq + Debug>(message: &M, release: Release) {
    let table = M::FIRST_RELEASES;
    let packet = match message::to_packet_for(message, release) {
        Ok(packet) => packet,
        Err(error) => {
            assert_eq!(message::encode_for(message, release), Err(EmitError::NotInRelease(error)));
            return;
        }
    };
    let mut octets = BytesMut::new();
    packet.encode(&mut octets).unwrap();
    assert_eq!(message::encode_for(message, release), Ok(octets.freeze()));
    let in_release = |id: FieldId| table.field(id).is_some_and(|first| release.has(first));
    assert!(packet.fields.iter().all(|field| in_release(field.id())));
    let again = message::from_packet::<M>(&packet).value;
    assert_eq!(message::to_packet_for(&again, release), Ok(packet), "it is there already");
}

/// Every message and every field of the table of a protocol appears with its first release and not before; the given
/// messages together have all of them.
#[track_caller]
pub(crate) fn every_row_governs<M: Message + PartialEq + Debug>(messages: &[M]) {
    let table = M::FIRST_RELEASES;
    let mut seen_messages = BTreeSet::new();
    let mut seen_fields: BTreeSet<FieldId> = BTreeSet::new();
    for message in messages {
        let (number, _) = message.subtype().number_and_ack();
        let first = table.message(number).unwrap();
        let all: Vec<_> = message::to_packet(message).fields.iter().map(|field| field.id()).collect();
        seen_messages.insert(number);
        seen_fields.extend(&all);
        for release in Release::ALL {
            let name = message.subtype().message_name().unwrap();
            let expected = match release >= first {
                true => Ok(all.iter().copied().filter(|id| release >= table.field(*id).unwrap()).collect()),
                false => Err(NotInRelease { what: name, release, first: Some(first) }),
            };
            let sent = message::to_packet_for(message, release)
                .map(|packet| packet.fields.iter().map(|field| field.id()).collect::<Vec<_>>());
            assert_eq!(sent, expected, "{name} of {release}");
        }
    }
    assert!(seen_messages.into_iter().eq(table.messages.iter().map(|(number, _)| *number)), "all messages");
    assert!(seen_fields.into_iter().eq(table.fields.iter().map(|(id, _)| *id)), "all fields, in order");
    for id in (0..=u8::MAX).map(FieldId) {
        assert_eq!(M::Field::is_assigned(id), table.field(id).is_some(), "{id:?}");
    }
    for bits in 0..32 {
        let subtype = M::Protocol::from_bits(bits);
        let named = subtype.message_name().is_some();
        assert!(!named || table.message(subtype.number_and_ack().0).is_some(), "{subtype:?}");
    }
    for row in table.values {
        assert!(table.field(row.field).is_some_and(|first| row.release >= first), "{row:?}");
    }
}

/// The octets that a sender of each release sends; `None` when it does not have the message.
pub(crate) fn sent_by_all<M: Message>(message: &M) -> [Option<Bytes>; 7] {
    Release::ALL.map(|release| message::encode_for(message, release).ok())
}
