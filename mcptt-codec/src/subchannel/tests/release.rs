//! What a sender of an older release leaves out.

use super::*;
use crate::Release;
use crate::rtcp::tests::laws::every_row_governs;

#[test]
fn every_subchannel_message_and_field_comes_with_its_first_release() {
    let tmgi = Tmgi { service_id: [0, 0, 1], plmn: Some(PLMN) };
    let group_id = || Some("sip:g".into());
    every_row_governs(&[
        SubchannelMessage::MapGroupToBearer(MapGroupToBearer {
            ssrc: FUNCTION,
            group_id: group_id(),
            tmgi: Some(tmgi),
            subchannel: Some(MbmsSubchannel {
                audio: line(1),
                floor_control: None,
                media_port: 20_002,
                address: "232.1.2.3".parse().unwrap(),
            }),
        }),
        SubchannelMessage::UnmapGroupToBearer(UnmapGroupToBearer { ssrc: FUNCTION, group_id: group_id() }),
        SubchannelMessage::ApplicationPaging(ApplicationPaging { ssrc: FUNCTION, group_id: group_id() }),
        SubchannelMessage::BearerAnnouncement(BearerAnnouncement {
            ssrc: FUNCTION,
            tmgi: Some(tmgi),
            alternative_tmgis: vec![tmgi],
            monitoring_state: Some(MonitoringState::ACTIVE),
        }),
    ]);
    let rows: Vec<_> = SUBCHANNEL_RELEASES.messages.iter().map(|row| row.1.number()).collect();
    assert_eq!(rows, [13, 13, 14, 15]);
    let rows: Vec<_> = SUBCHANNEL_RELEASES.fields.iter().map(|row| row.1.number()).collect();
    assert_eq!(rows, [13, 13, 13, 15]);
}

#[test]
fn notifications_come_with_release_16() {
    every_row_governs(&[NotificationMessage::GroupDynamicDataNotify(GroupDynamicDataNotify {
        ssrc: FUNCTION,
        status: Some(Status::EMERGENCY),
        status_changing_user: Some("sip:a".into()),
        call_ongoing: Some(GroupCallOngoing::YES),
        broadcast_alias: Some("b".into()),
        regroup_alias: Some("r".into()),
    })]);
    let rows = NOTIFICATION_RELEASES.fields.iter().map(|row| row.1);
    assert!(rows.eq([Release::R16; 5]));
}
