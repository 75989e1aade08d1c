//! The group itself, element by element (TS 24.481 7.2.2 and 7.2.4.2).

use std::time::Duration;

use super::{Label, List, Present, SupportedServices, Switch};
use crate::id::{GroupId, McpttId};
use crate::text::ByteStr;
use crate::xml::common_policy::Ruleset;
use crate::xml::namespaces::{COMMON_POLICY, GROUP_INFO, LIST_SERVICE, RESOURCE_LISTS, XDM_EXTENSIONS};
use crate::xml::record::{record, words};

record! {
    /// `list-service`: a group.
    pub struct ListService {
        attributes {
            /// `uri`: the group identity.
            required uri: GroupId = "uri",
        }
        elements {
            /// `display-name`.
            optional display_name: Label = LIST_SERVICE "display-name" | RESOURCE_LISTS,
            /// `list`: the members. `None` in a document that was asked for without them, too.
            optional list: List = LIST_SERVICE "list",
            /// `invite-members` of OMA groups; MCPTT has [`Self::on_network_invite_members`].
            optional invite_members: bool = LIST_SERVICE "invite-members",
            /// `max-participant-count` of OMA groups; MCPTT has [`Self::on_network_max_participant_count`].
            optional max_participant_count: u64 = LIST_SERVICE "max-participant-count",
            /// `ruleset`: who may do what.
            optional ruleset: Ruleset = COMMON_POLICY "ruleset",
            /// `supported-services`.
            optional supported_services: SupportedServices = XDM_EXTENSIONS "supported-services",
            /// `on-network-disabled`: the group cannot be used.
            optional on_network_disabled: Present = GROUP_INFO "on-network-disabled",
            /// `on-network-temporary`: this group was made of others.
            optional on_network_temporary: Temporary = GROUP_INFO "on-network-temporary",
            /// `on-network-regrouped`: this group is part of a temporary one.
            optional on_network_regrouped: Regrouped = GROUP_INFO "on-network-regrouped",
            /// `off-network-ProSe-layer-2-group-id`, hexadecimal.
            optional off_network_prose_layer_2_group_id: ByteStr = GROUP_INFO "off-network-ProSe-layer-2-group-id",
            /// `off-network-IP-multicast-address`.
            optional off_network_ip_multicast_address: ByteStr = GROUP_INFO "off-network-IP-multicast-address",
            /// `off-network-PDN-type`.
            optional off_network_pdn_type: ByteStr = GROUP_INFO "off-network-PDN-type",
            /// `off-network-ProSe-relay-service-code`, hexadecimal.
            optional off_network_prose_relay_service_code: ByteStr = GROUP_INFO "off-network-ProSe-relay-service-code",
            /// `owner`: the organisation.
            optional owner: ByteStr = GROUP_INFO "owner",
            /// `level-within-group-hierarchy`, for broadcast group calls.
            optional level_within_group_hierarchy: u16 = GROUP_INFO "level-within-group-hierarchy",
            /// `level-within-user-hierarchy`, for broadcast group calls.
            optional level_within_user_hierarchy: u16 = GROUP_INFO "level-within-user-hierarchy",
            /// `on-network-group-priority`, 0 to 255.
            optional on_network_group_priority: u8 = GROUP_INFO "on-network-group-priority",
            /// `off-network-ProSe-signalling-PPPP`: priority of packets, 1 to 8.
            optional off_network_prose_signalling_pppp: u8 = GROUP_INFO "off-network-ProSe-signalling-PPPP",
            /// `off-network-ProSe-emergency-call-signalling-PPPP`.
            optional off_network_prose_emergency_call_signalling_pppp: u8 = GROUP_INFO "off-network-ProSe-emergency-call-signalling-PPPP",
            /// `off-network-ProSe-imminent-peril-call-signalling-PPPP`.
            optional off_network_prose_imminent_peril_call_signalling_pppp: u8 = GROUP_INFO "off-network-ProSe-imminent-peril-call-signalling-PPPP",
            /// `off-network-ProSe-media-PPPP`.
            optional off_network_prose_media_pppp: u8 = GROUP_INFO "off-network-ProSe-media-PPPP",
            /// `off-network-ProSe-emergency-call-media-PPPP`.
            optional off_network_prose_emergency_call_media_pppp: u8 = GROUP_INFO "off-network-ProSe-emergency-call-media-PPPP",
            /// `off-network-ProSe-imminent-peril-call-media-PPPP`.
            optional off_network_prose_imminent_peril_call_media_pppp: u8 = GROUP_INFO "off-network-ProSe-imminent-peril-call-media-PPPP",
            /// `on-network-max-participant-count`: most participants of a call.
            optional on_network_max_participant_count: u32 = GROUP_INFO "on-network-max-participant-count",
            /// `on-network-invite-members`: members are invited to a call.
            optional on_network_invite_members: bool = GROUP_INFO "on-network-invite-members",
            /// `preferred-voice-encodings`.
            optional preferred_voice_encodings: Encodings = GROUP_INFO "preferred-voice-encodings",
            /// `on-network-in-progress-emergency-state-cancellation-timeout`.
            optional on_network_in_progress_emergency_state_cancellation_timeout: Duration = GROUP_INFO "on-network-in-progress-emergency-state-cancellation-timeout",
            /// `on-network-in-progress-imminent-peril-state-cancellation-timeout`.
            optional on_network_in_progress_imminent_peril_state_cancellation_timeout: Duration = GROUP_INFO "on-network-in-progress-imminent-peril-state-cancellation-timeout",
            /// `off-network-in-progress-emergency-state-cancellation-timeout`.
            optional off_network_in_progress_emergency_state_cancellation_timeout: Duration = GROUP_INFO "off-network-in-progress-emergency-state-cancellation-timeout",
            /// `off-network-in-progress-imminent-peril-state-cancellation-timeout`.
            optional off_network_in_progress_imminent_peril_state_cancellation_timeout: Duration = GROUP_INFO "off-network-in-progress-imminent-peril-state-cancellation-timeout",
            /// `on-network-hang-timer` (T4 of TS 24.380).
            optional on_network_hang_timer: Duration = GROUP_INFO "on-network-hang-timer",
            /// `on-network-maximum-duration` (TNG3).
            optional on_network_maximum_duration: Duration = GROUP_INFO "on-network-maximum-duration",
            /// `off-network-hang-timer`.
            optional off_network_hang_timer: Duration = GROUP_INFO "off-network-hang-timer",
            /// `off-network-maximum-duration`.
            optional off_network_maximum_duration: Duration = GROUP_INFO "off-network-maximum-duration",
            /// `on-network-minimum-number-to-start`: members that must have answered before the originator is.
            optional on_network_minimum_number_to_start: u16 = GROUP_INFO "on-network-minimum-number-to-start",
            /// `on-network-timeout-for-acknowledgement-of-required-members` (TNG1).
            optional on_network_timeout_for_acknowledgement_of_required_members: Duration = GROUP_INFO "on-network-timeout-for-acknowledgement-of-required-members",
            /// `on-network-action-upon-expiration-of-timeout-for-acknowledgement-of-required-members`.
            optional on_network_action_upon_expiration: ExpiryAction = GROUP_INFO "on-network-action-upon-expiration-of-timeout-for-acknowledgement-of-required-members",
            /// `protect-media`.
            optional protect_media: bool = GROUP_INFO "protect-media",
            /// `protect-floor-control-signalling`.
            optional protect_floor_control_signalling: bool = GROUP_INFO "protect-floor-control-signalling",
            /// `require-multicast-floor-control-signalling`.
            optional require_multicast_floor_control_signalling: Present = GROUP_INFO "require-multicast-floor-control-signalling",
            /// `off-network-queue-usage`.
            optional off_network_queue_usage: bool = GROUP_INFO "off-network-queue-usage",
            /// `mcptt-on-network-audio-cut-in`: whoever asks for the floor gets it.
            optional mcptt_on_network_audio_cut_in: bool = GROUP_INFO "mcptt-on-network-audio-cut-in",
            /// `preconfigured-group-use-only`: the group is only a pattern for regroups (Release 16).
            optional preconfigured_group_use_only: bool = GROUP_INFO "preconfigured-group-use-only",
            /// `multi-talker-control`: several may talk at a time (Release 15). Form not certain.
            optional multi_talker_control: Switch = GROUP_INFO "multi-talker-control",
            /// `maximum-number-simultaneous-talkers` (Release 15). Name not certain.
            optional maximum_number_simultaneous_talkers: u32 = GROUP_INFO "maximum-number-simultaneous-talkers",
            /// `on-network-affiliation-to-group-required`: a call needs affiliated members. Form not certain.
            optional on_network_affiliation_to_group_required: Switch = GROUP_INFO "on-network-affiliation-to-group-required",
        }
    }
}

record! {
    /// `on-network-temporary`.
    pub struct Temporary {
        attributes {}
        elements {
            /// `constituent-MCPTT-group-IDs`: the groups that this one is made of.
            optional constituents: ConstituentGroups = GROUP_INFO "constituent-MCPTT-group-IDs",
        }
    }
}

record! {
    /// `on-network-regrouped`.
    pub struct Regrouped {
        attributes {
            /// `temporary-MCPTT-group-ID`: the group that this one is part of.
            required temporary_group_id: GroupId = "temporary-MCPTT-group-ID",
            /// `temporary-MCPTT-group-requestor`: who asked for it.
            optional requestor: McpttId = "temporary-MCPTT-group-requestor",
        }
        elements {
            /// `constituent-MCPTT-group-IDs`: all groups that it is made of.
            optional constituents: ConstituentGroups = GROUP_INFO "constituent-MCPTT-group-IDs",
            /// `on-network-group-priority` of the temporary group.
            optional on_network_group_priority: u8 = GROUP_INFO "on-network-group-priority",
            /// `protect-media` of the temporary group.
            optional protect_media: bool = GROUP_INFO "protect-media",
            /// `protect-floor-control-signalling` of the temporary group.
            optional protect_floor_control_signalling: bool = GROUP_INFO "protect-floor-control-signalling",
            /// `require-multicast-floor-control-signalling` of the temporary group.
            optional require_multicast_floor_control_signalling: Present = GROUP_INFO "require-multicast-floor-control-signalling",
        }
    }
}

record! {
    /// `constituent-MCPTT-group-IDs`.
    pub struct ConstituentGroups {
        attributes {}
        elements {
            /// `constituent-MCPTT-group-ID`.
            many group_ids: GroupId = GROUP_INFO "constituent-MCPTT-group-ID",
        }
    }
}

record! {
    /// `preferred-voice-encodings`.
    pub struct Encodings {
        attributes {}
        elements {
            /// `encoding`: the encodings, the most wanted first.
            many encodings: Encoding = GROUP_INFO "encoding",
        }
    }
}

record! {
    /// `encoding`.
    pub struct Encoding {
        attributes {
            /// `name`: the name of `a=rtpmap`.
            required name: ByteStr = "name",
        }
        elements {}
    }
}

words! {
    /// What happens when required members did not answer in time.
    ExpiryAction {
        /// The call goes on with those who are there.
        Proceed = "proceed",
        /// The call is given up.
        Abandon = "abandon",
    }
}
