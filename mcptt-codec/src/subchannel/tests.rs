mod property;
mod release;

use bytes::Bytes;

use super::*;
use crate::floor::Plmn;
use crate::id::{GroupId, Ssrc};
use crate::rtcp::tests::{deviation, hex};
use crate::rtcp::{Field, FieldError, FieldId, requirement};
use crate::text::ByteStr;
use crate::{Decoded, Deviation};

const FUNCTION: Ssrc = Ssrc(0xa1b2_c3d4);
/// SSRC of the participating function, name MCMC.
const MCMC: &str = "a1b2c3d4 4d434d43";
/// SSRC of the participating function, name MCNC.
const MCNC: &str = "a1b2c3d4 4d434e43";
const PLMN: Plmn = Plmn([0x42, 0xf0, 0x01]);

#[track_caller]
fn check(octets: &Bytes, message: SubchannelMessage, deviations: Vec<Deviation>) {
    let decoded = SubchannelMessage::decode(octets).unwrap();
    assert_eq!(decoded, Decoded { value: message, deviations });
    let packet = SubchannelPacket::decode(octets).unwrap();
    assert_eq!(SubchannelMessage::from_packet(&packet), decoded);
}

fn line(number: u8) -> MediaLine {
    MediaLine::new(number).unwrap()
}

#[test]
fn every_subchannel_message_is_read_and_written() {
    let tmgi = |last, plmn| Tmgi { service_id: [0, 0, last], plmn };
    let group_id = || Some("sip:g".into());
    let cases = [
        (
            hex(&[
                "80cc000a", // Map Group To Bearer, 11 words
                MCMC,
                "02057369703a6700",                    // MCPTT Group ID sip:g
                "010600000142f001",                    // TMGI: service 1, network 240-10
                "000e1200 00004e20 00004e22 e8010203", // MBMS Subchannel: IPv4, own floor port
            ]),
            SubchannelMessage::MapGroupToBearer(MapGroupToBearer {
                ssrc: FUNCTION,
                group_id: group_id(),
                tmgi: Some(tmgi(1, Some(PLMN))),
                subchannel: Some(MbmsSubchannel {
                    audio: line(1),
                    floor_control: Some((line(2), 20_000)),
                    media_port: 20_002,
                    address: "232.1.2.3".parse().unwrap(),
                }),
            }),
        ),
        (
            hex(&[
                "80cc000b", // Map Group To Bearer, 12 words
                MCMC,
                "01030000 02000000",                 // TMGI without network
                "001a1210 00004e20 00004e22",        // MBMS Subchannel: IPv6, own floor port
                "ff3e000000000000 0000000000001234", // its address
            ]),
            SubchannelMessage::MapGroupToBearer(MapGroupToBearer {
                ssrc: FUNCTION,
                group_id: None,
                tmgi: Some(tmgi(2, None)),
                subchannel: Some(MbmsSubchannel {
                    audio: line(1),
                    floor_control: Some((line(2), 20_000)),
                    media_port: 20_002,
                    address: "ff3e::1234".parse().unwrap(),
                }),
            }),
        ),
        (
            hex(&[
                "81cc0004", // Unmap Group To Bearer, 5 words
                MCMC,
                "02057369703a6700", // MCPTT Group ID sip:g
            ]),
            SubchannelMessage::UnmapGroupToBearer(UnmapGroupToBearer {
                ssrc: FUNCTION,
                group_id: group_id(),
            }),
        ),
        (
            hex(&[
                "82cc0004", // Application Paging, 5 words
                MCMC,
                "02057369703a6700", // MCPTT Group ID sip:g
            ]),
            SubchannelMessage::ApplicationPaging(ApplicationPaging { ssrc: FUNCTION, group_id: group_id() }),
        ),
        (
            hex(&[
                "83cc0007", // Bearer Announcement, 8 words
                MCMC,
                "010600000142f001", // TMGI: service 1, network 240-10
                "010600000242f001", // alternative TMGI: service 2
                "03010100",         // Monitoring State: active, one pad octet
            ]),
            SubchannelMessage::BearerAnnouncement(BearerAnnouncement {
                ssrc: FUNCTION,
                tmgi: Some(tmgi(1, Some(PLMN))),
                alternative_tmgis: vec![tmgi(2, Some(PLMN))],
                monitoring_state: Some(MonitoringState::ACTIVE),
            }),
        ),
    ];
    for (octets, message) in cases {
        assert_eq!(message.encode().as_ref(), Ok(&octets), "{}", message.name());
        assert_eq!(SubchannelMessage::from_packet(&message.to_packet()).value, message);
        assert_eq!(message.ssrc(), FUNCTION);
        check(&octets, message, vec![]);
    }
}

//= 24.380-8.1.4:subtype test
#[test]
fn a_subtype_that_is_not_listed_is_unknown() {
    for bits in 4..32 {
        let octets = hex(&[&format!("{:02x}cc0002", 0x80 | bits), MCMC]);
        let message = SubchannelMessage::Unknown { subtype: Subtype(bits), ssrc: FUNCTION };
        assert_eq!(message.name(), "unknown message");
        assert_eq!(message.encode().as_ref(), Ok(&octets));
        check(&octets, message, vec![deviation(0, requirement::SUBTYPE)]);
    }
}

//= 24.380-8.4.7 test
#[test]
fn alternative_tmgis_follow_the_tmgi() {
    let octets = hex(&["83cc0007", MCMC, "0103000001000000", "03010000", "0103000002000000"]);
    let message = SubchannelMessage::BearerAnnouncement(BearerAnnouncement {
        ssrc: FUNCTION,
        tmgi: Some(Tmgi { service_id: [0, 0, 1], plmn: None }),
        alternative_tmgis: vec![Tmgi { service_id: [0, 0, 2], plmn: None }],
        monitoring_state: Some(MonitoringState::INACTIVE),
    });
    check(&octets, message, vec![deviation(24, requirement::TMGI_ORDER)]);
}

//= 24.380-8.1.4:field test
//= 24.380-8.4.3.3 test
#[test]
fn fields_that_cannot_be_read_are_dropped() {
    let read = |id, value: &[u8]| SubchannelField::decode(&Field::new(id, value));
    let subchannel = FieldId::MBMS_SUBCHANNEL;
    let cases = [
        (read(subchannel, &[]), FieldError::Length),
        (read(subchannel, &[0x12, 0x00, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3]), FieldError::Length),
        (read(subchannel, &[0x10, 0x00, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3, 4]), FieldError::Length),
        (read(subchannel, &[0x10, 0x10, 0, 0, 0, 1, 1, 2, 3, 4]), FieldError::Length),
        (read(subchannel, &[0x10, 0x20, 0, 0, 0, 1, 1, 2, 3, 4]), FieldError::IpVersion),
        (read(FieldId::TMGI, &[0, 0]), FieldError::Length),
        (read(FieldId::TMGI, &[0, 0, 1, 0x42]), FieldError::Length),
        (read(FieldId::MONITORING_STATE, &[0, 1]), FieldError::Length),
    ];
    for (result, error) in cases {
        assert_eq!(result, Err(error));
    }
    let group = GroupId(ByteStr::from_octets(Bytes::from_static(b"\xff")));
    assert_eq!(read(FieldId::MCPTT_GROUP_ID, b"\xff"), Ok(SubchannelField::GroupId(group)), "kept");
    assert_eq!(MediaLine::new(16), None);
    assert_eq!(line(15).number(), 15);
    let octets = hex(&["80cc0005", MCMC, "000a 1001 00000001 01020304"]);
    let decoded = SubchannelMessage::decode(&octets).unwrap();
    assert_eq!(decoded.deviations, [deviation(12, requirement::SPARE)]);
}

#[test]
fn a_notification_is_read_and_written() {
    let octets = hex(&[
        "80cc0008", // Group Dynamic Data Notify, 9 words
        MCNC,
        "00020001",         // Status: imminent peril
        "01057369703a6400", // Status changing MCPTT User Identity sip:d
        "02010100",         // Group call ongoing
        "03016200",         // Group broadcast alias "b"
        "04017200",         // Group regroup alias "r"
    ]);
    let message = NotificationMessage::GroupDynamicDataNotify(GroupDynamicDataNotify {
        ssrc: FUNCTION,
        status: Some(Status::IMMINENT_PERIL),
        status_changing_user: Some("sip:d".into()),
        call_ongoing: Some(GroupCallOngoing::YES),
        broadcast_alias: Some("b".into()),
        regroup_alias: Some("r".into()),
    });
    assert_eq!(message.encode().as_ref(), Ok(&octets));
    assert_eq!(NotificationMessage::decode(&octets), Ok(Decoded::clean(message.clone())));
    assert_eq!(NotificationMessage::from_packet(&message.to_packet()), Decoded::clean(message));

    let unknown = hex(&["81cc0002", MCNC]);
    let message = NotificationMessage::Unknown { subtype: NotificationSubtype(1), ssrc: FUNCTION };
    let decoded = NotificationMessage::decode(&unknown).unwrap();
    assert_eq!((decoded.value, decoded.deviations), (message, vec![deviation(0, requirement::SUBTYPE)]));
}

#[test]
fn values_of_a_notification_that_are_not_assigned_keep_their_number() {
    let octets = hex(&["80cc0005", MCNC, "00020007", "02010900", "05010000"]);
    let decoded = NotificationMessage::decode(&octets).unwrap();
    let expected = GroupDynamicDataNotify {
        ssrc: FUNCTION,
        status: Some(Status(7)),
        call_ongoing: Some(GroupCallOngoing(9)),
        ..Default::default()
    };
    assert_eq!(decoded.value, NotificationMessage::GroupDynamicDataNotify(expected));
    let noted = [
        deviation(12, requirement::ENUMERATION),
        deviation(16, requirement::ENUMERATION),
        deviation(20, requirement::FIELD),
    ];
    assert_eq!(decoded.deviations, noted);
    let field = Field::new(FieldId::STATUS, &[0]);
    assert_eq!(NotificationField::decode(&field), Err(FieldError::Length));
    let alias = NotificationField::RegroupAlias("r".into());
    assert_eq!(alias.to_field(), Field::new(FieldId::GROUP_REGROUP_ALIAS, b"r"));
}
