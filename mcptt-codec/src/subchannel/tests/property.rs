//! Laws that hold for every subchannel control message and every notification.

use std::net::IpAddr;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::id::{GroupId, McpttId};
use crate::rtcp::tests::laws::survives;

fn uri() -> impl Strategy<Value = String> {
    "sip:[a-z0-9.@]{1,28}"
}

fn ssrc() -> impl Strategy<Value = Ssrc> {
    any::<u32>().prop_map(Ssrc)
}

fn group() -> impl Strategy<Value = Option<GroupId>> {
    option::of(uri().prop_map(|uri| GroupId::from(uri.as_str())))
}

fn tmgi() -> impl Strategy<Value = Tmgi> {
    let plmn = option::of(any::<[u8; 3]>().prop_map(Plmn));
    (any::<[u8; 3]>(), plmn).prop_map(|(service_id, plmn)| Tmgi { service_id, plmn })
}

fn subchannel() -> impl Strategy<Value = MbmsSubchannel> {
    let floor_control = option::of((1u8..16, any::<u32>()).prop_map(|(number, port)| (line(number), port)));
    (0u8..16, floor_control, any::<u32>(), any::<IpAddr>()).prop_map(
        |(audio, floor_control, media_port, address)| MbmsSubchannel {
            audio: line(audio),
            floor_control,
            media_port,
            address,
        },
    )
}

fn message() -> impl Strategy<Value = SubchannelMessage> {
    prop_oneof![
        (ssrc(), group(), option::of(tmgi()), option::of(subchannel())).prop_map(
            |(ssrc, group_id, tmgi, subchannel)| {
                SubchannelMessage::MapGroupToBearer(MapGroupToBearer { ssrc, group_id, tmgi, subchannel })
            }
        ),
        (ssrc(), group()).prop_map(|(ssrc, group_id)| {
            SubchannelMessage::UnmapGroupToBearer(UnmapGroupToBearer { ssrc, group_id })
        }),
        (ssrc(), group()).prop_map(|(ssrc, group_id)| {
            SubchannelMessage::ApplicationPaging(ApplicationPaging { ssrc, group_id })
        }),
        (ssrc(), vec(tmgi(), 0..4), option::of(any::<u8>())).prop_map(|(ssrc, mut tmgis, state)| {
            // Alternatives follow a TMGI, so there are none without one.
            let tmgi = tmgis.pop();
            SubchannelMessage::BearerAnnouncement(BearerAnnouncement {
                ssrc,
                tmgi,
                alternative_tmgis: tmgis,
                monitoring_state: state.map(MonitoringState),
            })
        }),
        (4u8..32, ssrc())
            .prop_map(|(bits, ssrc)| SubchannelMessage::Unknown { subtype: Subtype(bits), ssrc }),
    ]
}

fn notification() -> impl Strategy<Value = NotificationMessage> {
    let user = option::of(uri().prop_map(|uri| McpttId::from(uri.as_str())));
    let alias = || option::of("[a-zé]{0,20}");
    let notify = (ssrc(), option::of(any::<u16>()), user, option::of(any::<u8>()), alias(), alias());
    prop_oneof![
        4 => notify.prop_map(|(ssrc, status, status_changing_user, ongoing, broadcast, regroup)| {
            NotificationMessage::GroupDynamicDataNotify(GroupDynamicDataNotify {
                ssrc,
                status: status.map(Status),
                status_changing_user,
                call_ongoing: ongoing.map(GroupCallOngoing),
                broadcast_alias: broadcast.map(Into::into),
                regroup_alias: regroup.map(Into::into),
            })
        }),
        1 => (1u8..32, ssrc()).prop_map(|(bits, ssrc)| NotificationMessage::Unknown {
            subtype: NotificationSubtype(bits),
            ssrc,
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_subchannel_message_obeys_the_laws(message in message(), change in 1u8..) {
        survives(&message, change);
    }

    #[test]
    fn a_notification_obeys_the_laws(message in notification(), change in 1u8..) {
        survives(&message, change);
    }
}
