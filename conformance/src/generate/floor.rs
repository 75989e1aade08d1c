//! Messages of TS 24.380: any field in any message, then damage.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use mcptt_codec::floor::{
    Coordinates, FloorField, FloorIndicator, FloorPriority, Location, MediaFlowControlIndicator,
    MessageSequenceNumber, MessageType, PermissionToRequest, Plmn, QueueInfo, QueuePosition,
    QueuedFloorRequestsPurpose, QueueingCapability, ResponseState, Source, Subtype, TrackInfo,
};
use mcptt_codec::id::{FunctionalAlias, GroupId, McpttId, Ssrc};
use mcptt_codec::rtcp::{Field, FieldId, Packet, Protocol};
use mcptt_codec::session::{
    self, AnswerState, MediaStreams, PckIMessage, ReasonCode, SessionField, SessionIdentity, SessionType,
};
use mcptt_codec::subchannel::{
    self, GroupCallOngoing, MbmsSubchannel, MediaLine, MonitoringState, NotificationField,
    NotificationSubtype, Status, SubchannelField, Tmgi,
};
use mcptt_codec::text::ByteStr;

use super::Dice;

/// Subtypes of MCPT that a message table lists, with the acknowledgment bit where it is defined.
const SUBTYPES: [u8; 22] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 15, 17, 18, 19, 20, 21, 25, 27, 30];

fn encoded<P: Protocol>(subtype: P, fields: Vec<Field>, dice: &mut Dice) -> Bytes {
    let mut packet = Packet::new(subtype, Ssrc(dice.u32()));
    packet.fields = fields;
    let mut out = BytesMut::new();
    packet.encode(&mut out).expect("generated fields fit into a packet");
    out.freeze()
}

/// One floor control message, now and then a second one behind it.
pub(super) fn message(dice: &mut Dice) -> Bytes {
    let one = |dice: &mut Dice| {
        let subtype = Subtype(*dice.pick(&SUBTYPES));
        let count = dice.below(6);
        let fields = (0..count).map(|_| field(dice).to_field()).collect();
        encoded(subtype, fields, dice)
    };
    let first = one(dice);
    if dice.one_in(12) { [first, one(dice)].concat().into() } else { first }
}

fn text(text: String) -> ByteStr {
    ByteStr::from(text)
}

fn user(dice: &mut Dice) -> McpttId {
    McpttId(text(dice.uri()))
}

fn several<T>(dice: &mut Dice, make: impl Fn(&mut Dice) -> T) -> Vec<T> {
    let count = dice.below(4);
    (0..count).map(|_| make(dice)).collect()
}

fn field(dice: &mut Dice) -> FloorField {
    match dice.below(27) {
        0 => FloorField::FloorPriority(FloorPriority(dice.u8())),
        1 => FloorField::Duration(Duration::from_secs(dice.u16().into())),
        2 => FloorField::RejectCause {
            cause: *dice.pick(&[1, 2, 3, 4, 5, 6, 7, 255, 8, 300]),
            phrase: dice.one_in(2).then(|| text(dice.word(1, 40))),
        },
        3 => FloorField::QueueInfo(QueueInfo {
            position: QueuePosition(dice.u8()),
            priority: FloorPriority(dice.u8()),
        }),
        4 => FloorField::GrantedParty(user(dice)),
        5 => FloorField::PermissionToRequest(PermissionToRequest(*dice.pick(&[0, 1, 2]))),
        6 => FloorField::UserId(user(dice)),
        7 => FloorField::QueueSize(dice.u16()),
        8 => FloorField::MessageSequenceNumber(MessageSequenceNumber(dice.u16())),
        9 => FloorField::QueuedUserId(user(dice)),
        10 => FloorField::Source(Source(*dice.pick(&[0, 1, 2, 3, 9]))),
        11 => FloorField::TrackInfo(TrackInfo {
            queueing_capability: QueueingCapability(*dice.pick(&[0, 1])),
            participant_type: text(dice.word(1, 9)),
            references: several(dice, Dice::u32),
        }),
        12 => FloorField::MessageType(MessageType(*dice.pick(&SUBTYPES))),
        13 => FloorField::FloorIndicator(FloorIndicator(dice.u16() & 0xff80)),
        14 => FloorField::Ssrc(Ssrc(dice.u32())),
        15 => FloorField::GrantedUsers(several(dice, user)),
        16 => FloorField::Ssrcs(several(dice, |dice| Ssrc(dice.u32()))),
        17 => FloorField::FunctionalAlias(FunctionalAlias(text(dice.uri()))),
        18 => FloorField::FunctionalAliases(several(dice, |dice| FunctionalAlias(text(dice.uri())))),
        19 => FloorField::Location(location(dice)),
        20 => FloorField::Locations(several(dice, location)),
        21 => FloorField::QueuedFloorRequestsPurpose(QueuedFloorRequestsPurpose(*dice.pick(&[0, 1, 2]))),
        22 => FloorField::QueuedUsers(several(dice, user)),
        23 => FloorField::ResponseState(ResponseState(*dice.pick(&[0, 2, 3, 5]))),
        24 => FloorField::MediaFlowControlIndicator(MediaFlowControlIndicator(*dice.pick(&[0, 1]))),
        25 => FloorField::RevokeRequestUserId(user(dice)),
        _ => {
            let count = dice.below(9) as usize;
            FloorField::Unknown {
                id: FieldId(*dice.pick(&[26, 57, 102, 104, 111, 191, 200, 255])),
                value: dice.octets(count).into(),
            }
        }
    }
}

fn plmn(dice: &mut Dice) -> Plmn {
    let digits = |dice: &mut Dice, count: usize| -> String {
        (0..count).map(|_| char::from(b'0' + dice.below(10) as u8)).collect()
    };
    let (mcc, count) = (digits(dice, 3), 2 + dice.below(2) as usize);
    let mnc = digits(dice, count);
    Plmn::new(&mcc, &mnc).expect("three digits, then two or three")
}

fn location(dice: &mut Dice) -> Location {
    match dice.below(7) {
        0 => Location::NotProvided,
        1 => Location::Ecgi { plmn: plmn(dice), eci: dice.u32() >> 4 },
        2 => Location::TrackingArea { plmn: plmn(dice), tac: dice.u16() },
        3 => Location::Plmn(plmn(dice)),
        4 => Location::MbmsServiceArea(dice.u16()),
        5 => Location::MbsfnArea(dice.u8()),
        _ => Location::Geographic(Coordinates {
            latitude_raw: dice.u32() >> 8,
            longitude_raw: dice.u32() >> 8,
        }),
    }
}

/// A floor control message with one fault in it.
pub(super) fn damaged(dice: &mut Dice) -> Bytes {
    let subtype = Subtype(*dice.pick(&SUBTYPES));
    let mut fields: Vec<Field> = (0..1 + dice.below(4)).map(|_| field(dice).to_field()).collect();
    let place = dice.below(fields.len() as u32) as usize;
    let mut behind = Vec::new();
    match dice.below(11) {
        // A Message Type with bits above its five.
        10 => fields[place] = Field::new(FieldId::MESSAGE_TYPE, &[dice.u8(), 0]),
        // An SSRC field without its spare octets, as the first texts had it.
        9 => fields[place] = Field::new(FieldId::SSRC, &dice.octets(4)),
        // The field is there twice.
        0 => fields.push(fields[place].clone()),
        // Its length is one off, with as many octets as before.
        1 => {
            let octets = [fields[place].value(), fields[place].padding()].concat();
            let length = fields[place].length();
            let wrong = if dice.one_in(2) { length + 1 } else { length.saturating_sub(1) };
            fields[place] = Field::with_length(fields[place].id(), wrong.min(255), &octets);
        }
        // It is empty, or has any octets.
        2 => fields[place] = Field::new(fields[place].id(), &[]),
        3 => {
            let count = dice.below(12) as usize;
            fields[place] = Field::new(fields[place].id(), &dice.octets(count));
        }
        // Octets that some senders append.
        4 => behind = vec![0; 8],
        // The rest are faults of the whole packet.
        fault => {
            let mut octets = encoded(subtype, fields, dice).to_vec();
            match fault {
                // A subtype without a message, or with an acknowledgment bit that is not defined.
                5 => octets[0] = 0x80 | *dice.pick(&[12, 13, 16, 22, 23, 24, 26, 28, 29, 31]),
                // Cut short.
                6 => octets.truncate(octets.len() - 1 - dice.below(4) as usize),
                // Any octet behind the header has another value.
                7 if octets.len() > 12 => {
                    let at = 12 + dice.below((octets.len() - 12) as u32) as usize;
                    octets[at] = dice.u8();
                }
                // Pad octets that are not zero, where the last field has any.
                _ => {
                    if let Some(last) = octets.last_mut().filter(|last| **last == 0) {
                        *last = 1 + dice.below(255) as u8;
                    }
                }
            }
            return octets.into();
        }
    }
    let mut octets = encoded(subtype, fields, dice).to_vec();
    octets.extend(behind);
    octets.into()
}

/// A message of pre-established session call control.
pub(super) fn session(dice: &mut Dice) -> Bytes {
    let subtype = session::Subtype(*dice.pick(&[0, 1, 2, 16, 17, 18]));
    let fields = several(dice, |dice| {
        let field = match dice.below(10) {
            0 => SessionField::MediaStreams(MediaStreams { audio: dice.u8(), floor_control: dice.u8() }),
            1 => SessionField::SessionIdentity(SessionIdentity {
                session_type: SessionType(*dice.pick(&[0, 1, 3, 4])),
                uri: text(dice.uri()),
            }),
            2 => SessionField::WarningText(text(format!("1{} {}", dice.below(90) + 10, dice.word(3, 30)))),
            3 => SessionField::GroupIdentity(GroupId(text(dice.uri()))),
            4 => SessionField::AnswerState(AnswerState(*dice.pick(&[0, 1]))),
            5 => SessionField::InvitingUser(user(dice)),
            6 => SessionField::ReasonCode(ReasonCode(*dice.pick(&[0, 1, 2, 3]))),
            7 => SessionField::ReasonCause(dice.octets(2).into()),
            8 => SessionField::InvitedUser(user(dice)),
            _ => {
                let count = 200 + dice.below(200) as usize;
                SessionField::PckIMessage(PckIMessage(dice.octets(count).into()))
            }
        };
        field.to_field()
    });
    encoded(subtype, fields, dice)
}

/// A message of MBMS subchannel control.
pub(super) fn subchannel(dice: &mut Dice) -> Bytes {
    let subtype = subchannel::Subtype(dice.below(4) as u8);
    let fields = several(dice, |dice| {
        let line = |dice: &mut Dice| MediaLine::new(dice.below(16) as u8).expect("below 16");
        let field = match dice.below(4) {
            0 => SubchannelField::MbmsSubchannel(MbmsSubchannel {
                audio: line(dice),
                floor_control: dice.one_in(2).then(|| {
                    (MediaLine::new(1 + dice.below(15) as u8).expect("below 16"), dice.u16().into())
                }),
                media_port: dice.u16().into(),
                address: if dice.one_in(2) {
                    IpAddr::V4(Ipv4Addr::from(dice.u32()))
                } else {
                    IpAddr::V6(Ipv6Addr::from([dice.u16(), 0, 0, dice.u16(), 0, 0, 0, dice.u16()]))
                },
            }),
            1 => SubchannelField::Tmgi(Tmgi {
                service_id: [dice.u8(), dice.u8(), dice.u8()],
                plmn: dice.one_in(2).then(|| plmn(dice)),
            }),
            2 => SubchannelField::GroupId(GroupId(text(dice.uri()))),
            _ => SubchannelField::MonitoringState(MonitoringState(dice.below(2) as u8)),
        };
        field.to_field()
    });
    encoded(subtype, fields, dice)
}

/// An MBMS notification.
pub(super) fn notification(dice: &mut Dice) -> Bytes {
    let fields = several(dice, |dice| {
        let field = match dice.below(5) {
            0 => NotificationField::Status(Status(dice.below(2) as u16)),
            1 => NotificationField::StatusChangingUser(user(dice)),
            2 => NotificationField::GroupCallOngoing(GroupCallOngoing(dice.below(2) as u8)),
            3 => NotificationField::BroadcastAlias(text(dice.word(1, 20))),
            _ => NotificationField::RegroupAlias(text(dice.word(1, 20))),
        };
        field.to_field()
    });
    encoded(NotificationSubtype::GROUP_DYNAMIC_DATA_NOTIFY, fields, dice)
}
