//! Groups: the part of the group document that the controlling function uses (TS 24.481).

use std::net::SocketAddr;
use std::time::Duration;

use mcptt_codec::id::{GroupId, McpttId};
use mcptt_codec::text::ByteStr;

use super::DistributionMode;

/// A group document.
#[derive(Clone, Debug)]
pub struct Group {
    /// The group identity.
    pub group_id: GroupId,
    /// The members.
    pub members: Vec<Member>,
    /// `on-network-disabled`: every use is refused with 403 and warning 115.
    pub disabled: bool,
    /// `on-network-invite-members`: true for a prearranged group; absent in the document means false, a chat group.
    pub invite_members: bool,
    /// `on-network-max-participant-count`. `None`: no limit of the group.
    pub max_participants: Option<u32>,
    /// `on-network-minimum-number-to-start`: invited members that must have answered before the originator is
    /// answered. 0: at once.
    pub minimum_to_start: u16,
    /// Acknowledged call set-up. `None`: required members are invited first, but not waited for.
    pub acknowledgement: Option<Acknowledgement>,
    /// `on-network-maximum-duration` (TNG3). `None`: TNG3 does not run.
    pub maximum_duration: Option<Duration>,
    /// `on-network-hang-timer` (T4 of TS 24.380). `None`: T4 does not run.
    pub hang_timer: Option<Duration>,
    /// Affiliated members there must be, the originator among them, before a call starts; otherwise 480 with warning
    /// 112. 0: no such demand.
    pub minimum_affiliated: u32,
    /// Floor requests may be queued.
    pub queueing: bool,
    /// `mcptt-on-network-audio-cut-in`.
    pub audio_cut_in: bool,
    /// `maximum-number-simultaneous-talkers` of a group with `multi-talker-control`, 2 to 255. `None`: one talker at a
    /// time.
    pub max_talkers: Option<u8>,
    /// Dual floor control: a pre-emptive floor request is granted beside the talker (TS 24.380 6.3.6). A setting of the
    /// operator, which the document does not have. `None`: the talker is revoked.
    pub dual_floor: Option<Hearing>,
    /// `protect-media`: absent in the document means true.
    pub protect_media: bool,
    /// Members are offered DTLS-SRTP. A setting of the operator, which the document does not have.
    pub dtls_srtp: bool,
    /// How voice reaches the listeners. A setting of the operator, which the document does not have. `None`: as
    /// [`MediaConfig::distribution`](super::MediaConfig) says.
    pub distribution: Option<DistributionMode>,
    /// Where the voice of this group is sent by multicast in a local network, whose members know it. A setting of the
    /// operator; only for groups whose media is not protected.
    pub multicast: Option<SocketAddr>,
    /// `preconfigured-group-use-only`: calls are refused with 403 and warning 167.
    pub preconfigured_use_only: bool,
    /// `on-network-temporary`: the group was formed of other groups for a time.
    pub temporary: bool,
    /// `on-network-regrouped`: the group is part of a temporary group; calls are refused with 403 and warning 148.
    pub regrouped: bool,
    /// `temporary-MCPTT-group-ID`: the temporary group that the group is part of. Its controlling function may call the
    /// members of this group; `regrouped` is implied.
    pub regrouped_into: Option<GroupId>,
    /// `constituent-MCPTT-group-IDs` of a temporary group: the groups that it was formed of. Their members are its members,
    /// and their controlling functions are asked to bring them into its calls.
    pub constituents: Vec<GroupId>,
    /// The document exists but could not be fetched: 500 with warning 114.
    pub unavailable: bool,
    /// The controlling function has made the document for an ad hoc group call; false in every configuration.
    pub adhoc: bool,
}

impl Group {
    /// An enabled prearranged group without limits and timers, protected media and floor queueing.
    pub fn prearranged(group_id: impl Into<GroupId>, members: Vec<Member>) -> Self {
        Self {
            group_id: group_id.into(),
            members,
            disabled: false,
            invite_members: true,
            max_participants: None,
            minimum_to_start: 0,
            acknowledgement: None,
            maximum_duration: None,
            hang_timer: None,
            minimum_affiliated: 0,
            queueing: true,
            audio_cut_in: false,
            max_talkers: None,
            dual_floor: None,
            protect_media: true,
            dtls_srtp: false,
            distribution: None,
            multicast: None,
            preconfigured_use_only: false,
            temporary: false,
            regrouped: false,
            regrouped_into: None,
            constituents: Vec::new(),
            unavailable: false,
            adhoc: false,
        }
    }

    /// The same as a chat group: nobody is invited, everybody joins.
    pub fn chat(group_id: impl Into<GroupId>, members: Vec<Member>) -> Self {
        Self { invite_members: false, ..Self::prearranged(group_id, members) }
    }

    /// The entry of a member.
    pub fn member(&self, mcptt_id: &McpttId) -> Option<&Member> {
        self.members.iter().find(|member| member.mcptt_id == *mcptt_id)
    }
}

/// Which of two talkers the listeners hear in dual floor control (TS 24.380 6.3.6.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hearing {
    /// The overriding one.
    Overriding,
    /// The overridden one.
    Overridden,
    /// Both.
    #[default]
    Both,
}

/// How long required members may take, and what then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// `on-network-timeout-for-acknowledgement-of-required-members` (TNG1).
    pub timeout: Duration,
    /// `on-network-action-upon-expiration-of-timeout-for-acknowledgement-of-required-members`.
    pub upon_expiry: UponExpiry,
}

/// What happens when TNG1 expires.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UponExpiry {
    /// The call goes on with those who are there: 200 with warning 111.
    Proceed,
    /// The call is given up: 480 with warning 112. Also what an unknown value means.
    #[default]
    Abandon,
}

impl UponExpiry {
    /// Reads the value of the group document.
    pub fn from_document(value: &str) -> Self {
        //= 24.379-6.3.3.3:unknown
        match value {
            "proceed" => Self::Proceed,
            _ => Self::Abandon,
        }
    }
}

/// One entry of the member list with the rules that match its identity. A rule that is absent is false.
#[derive(Clone, Debug)]
pub struct Member {
    /// The member.
    pub mcptt_id: McpttId,
    /// `user-priority`: the cap of the floor priority; 0, the lowest, when absent.
    pub user_priority: u8,
    /// `participant-type`: what the member is in the group, such as a dispatcher.
    pub participant_type: Option<ByteStr>,
    /// `on-network-required`.
    pub required: bool,
    /// `on-network-recvonly`.
    pub receive_only: bool,
    /// `multi-talker-allowed`: may talk while others do.
    pub multi_talker_allowed: bool,
    /// `allow-initiate-conference`; otherwise 403 with warning 119.
    pub may_initiate: bool,
    /// `join-handling`; otherwise 403 with warning 121.
    pub may_join: bool,
    /// `allow-MCPTT-emergency-call`.
    pub emergency_call: bool,
    /// `allow-imminent-peril-call`.
    pub imminent_peril_call: bool,
    /// `allow-MCPTT-emergency-alert`.
    pub emergency_alert: bool,
    /// `on-network-allow-conference-state`: may watch who is in the call.
    pub conference_state: bool,
    /// `on-network-allow-getting-affiliation-list`: may watch who is affiliated.
    pub affiliation_list: bool,
}

impl Member {
    /// A member of the lowest priority that may start and join calls, without emergency rights.
    pub fn new(mcptt_id: impl Into<McpttId>) -> Self {
        Self {
            mcptt_id: mcptt_id.into(),
            user_priority: 0,
            participant_type: None,
            required: false,
            receive_only: false,
            multi_talker_allowed: false,
            may_initiate: true,
            may_join: true,
            emergency_call: false,
            imminent_peril_call: false,
            emergency_alert: false,
            conference_state: false,
            affiliation_list: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    //= 24.379-6.3.3.3:unknown test
    #[test]
    fn an_unknown_action_upon_expiry_abandons() {
        let read = ["proceed", "abandon", "", "Proceed", "retry"].map(UponExpiry::from_document);
        let (proceed, abandon) = (UponExpiry::Proceed, UponExpiry::Abandon);
        assert_eq!(read, [proceed, abandon, abandon, abandon, abandon]);
    }
}
