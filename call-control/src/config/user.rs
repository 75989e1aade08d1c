//! Users and what they are allowed to do (the part of the user profile document that call control uses).

use std::fmt;

use mcptt_codec::id::{FunctionalAlias, GroupId, McpttId, PublicUserId};
use mcptt_codec::text::ByteStr;
use subtle::ConstantTimeEq;

use super::{AdhocRules, PeerFunction, PrivateCallRules};

/// A user of the service and the rules of its profile (TS 24.484 8.3). A boolean that is absent there is false.
#[derive(Clone, Debug)]
pub struct User {
    /// The service identity.
    pub mcptt_id: McpttId,
    /// The identities the SIP core knows the user by; at least one, each belongs to one user only.
    pub public_user_ids: Vec<PublicUserId>,
    /// What the client has to present before the service is bound. `None`: registration alone is enough.
    pub access_token: Option<Secret>,
    /// `user-profile-index` of the profile that these rules are from.
    pub profile: u8,
    /// The other profiles of the user, complete users with the same identities. For a client that has selected one of them its
    /// rules apply in the place of these.
    pub other_profiles: Vec<Self>,
    /// `max-simultaneous-authorizations`: clients of the user that may be in service at a time. `None`: no bound.
    pub max_authorisations: Option<u32>,
    /// What a client that registers with us directly has to know (RFC 7616). `None`: nothing.
    pub digest: Option<DigestUser>,
    /// The participating function that serves the user. `None`: the one of this node.
    pub participating: Option<PeerFunction>,
    /// Prearranged group calls may be made; otherwise 403 with warning 109.
    pub prearranged_group_calls: bool,
    /// Chat group calls may be made; otherwise 403 with warning 108.
    pub chat_group_calls: bool,
    /// Sessions may be established before they are needed; otherwise 403 with warning 100.
    pub pre_established_sessions: bool,
    /// `<MaxSimultaneousCallsN6>`. `None`: no bound. Beyond it 486 with warning 103.
    pub max_simultaneous_group_calls: Option<u32>,
    /// `<MCPTTGroupInfo>`: the groups the user may affiliate to. `None`: any.
    pub affiliation_groups: Option<Vec<GroupId>>,
    /// `<MaxAffiliationsN2>`, per user. `None`: no bound.
    pub max_affiliations: Option<u32>,
    /// `<ImplicitAffiliations>`: groups the user is affiliated to when the service is authorised.
    pub implicit_affiliations: Vec<GroupId>,
    /// `allow-emergency-group-call`.
    pub emergency_group_call: bool,
    /// `allow-imminent-peril-call`.
    pub imminent_peril_call: bool,
    /// `allow-activate-emergency-alert`.
    pub emergency_alert: bool,
    /// `allow-cancel-group-emergency`: also of an emergency that somebody else has declared.
    pub cancel_group_emergency: bool,
    /// `allow-cancel-imminent-peril`.
    pub cancel_imminent_peril: bool,
    /// `allow-cancel-emergency-alert`: the own alert included.
    pub cancel_emergency_alert: bool,
    /// `EmergencyAlert/entry` with `DedicatedGroup`: the only group for alerts.
    pub dedicated_alert_group: Option<GroupId>,
    /// `<MissionCriticalOrganization>`: goes with the alerts of the user.
    pub organisation: Option<ByteStr>,
    /// `allow-request-to-affiliate-other-users`: changes of others' affiliations apply at once.
    pub affiliate_others: bool,
    /// `allow-recommend-to-affiliate-other-users`: others may be asked to change theirs.
    pub recommend_affiliation: bool,
    /// `allow-request-affiliated-groups`: others' affiliations may be watched.
    pub watch_affiliations: bool,
    /// `allow-request-presence`: whether others talk may be known, to whoever may watch their affiliations.
    pub request_presence: bool,
    /// `allow-presence-status`: others may know whether the user talks.
    pub presence_status: bool,
    /// `RemoteGroupSelectionURIList`: whose selected group the user may change.
    pub remote_group_selection: Vec<McpttId>,
    /// `allow-request-remote-init-group-call`: others' clients may be made to call a group.
    pub remote_group_calls: bool,
    /// Others may be asked where they are (TS 24.379 13.2.3).
    pub location_requests: bool,
    /// `allow-to-receive-non-acknowledged-users-information`.
    pub non_acknowledged_users: bool,
    /// `EmergencyCall/MCPTTGroupInitiation` with `DedicatedGroup`: the only group for emergency calls.
    pub dedicated_emergency_group: Option<GroupId>,
    /// Calls between users.
    pub private_calls: PrivateCallRules,
    /// Ad hoc group calls.
    pub adhoc: AdhocRules,
    /// `<ParticipantType>`, where the group document says nothing else.
    pub participant_type: Option<ByteStr>,
    /// `allow-revoke-transmit`: the user may have the floor revoked from others.
    pub revoke_transmit: bool,
    /// `<FunctionalAliasList>`: the aliases that the user may talk under.
    pub functional_aliases: Vec<FunctionalAlias>,
    /// `allow-regroup`: the user may make and end regroups with the settings of preconfigured groups.
    pub regroup: bool,
    /// Audio without protection may be offered to this user, if the media configuration and the group allow it.
    pub plain_rtp: bool,
    /// The user is offered DTLS-SRTP.
    pub dtls_srtp: bool,
    /// The user has a web browser and is offered what browsers take.
    pub browser: bool,
}

impl User {
    /// A user that may make and receive normal group calls, nothing else.
    pub fn new(mcptt_id: impl Into<McpttId>, public_user_id: impl Into<PublicUserId>) -> Self {
        Self {
            mcptt_id: mcptt_id.into(),
            public_user_ids: vec![public_user_id.into()],
            access_token: None,
            profile: 0,
            other_profiles: Vec::new(),
            max_authorisations: None,
            digest: None,
            participating: None,
            prearranged_group_calls: true,
            chat_group_calls: true,
            pre_established_sessions: true,
            max_simultaneous_group_calls: None,
            affiliation_groups: None,
            max_affiliations: None,
            implicit_affiliations: Vec::new(),
            emergency_group_call: false,
            imminent_peril_call: false,
            emergency_alert: false,
            cancel_group_emergency: false,
            cancel_imminent_peril: false,
            cancel_emergency_alert: false,
            dedicated_alert_group: None,
            organisation: None,
            affiliate_others: false,
            recommend_affiliation: false,
            watch_affiliations: false,
            request_presence: false,
            presence_status: true,
            remote_group_selection: Vec::new(),
            remote_group_calls: false,
            location_requests: false,
            non_acknowledged_users: false,
            dedicated_emergency_group: None,
            private_calls: PrivateCallRules::default(),
            adhoc: AdhocRules::default(),
            participant_type: None,
            revoke_transmit: false,
            functional_aliases: Vec::new(),
            regroup: false,
            plain_rtp: true,
            dtls_srtp: false,
            browser: false,
        }
    }

    /// The rules of the profile of this index. `None`: there is none.
    pub fn profile_of(&self, index: u8) -> Option<&Self> {
        match self.profile == index {
            true => Some(self),
            false => self.other_profiles.iter().find(|other| other.profile == index),
        }
    }
}

/// Name and password of a client for Digest authentication.
#[derive(Clone, Debug)]
pub struct DigestUser {
    /// The name, in an IMS the private user identity.
    pub username: ByteStr,
    /// The password.
    pub password: Secret,
}

/// Text that must not be printed and is compared without telling how much of it was right.
#[derive(Clone)]
pub struct Secret(ByteStr);

impl Secret {
    /// Takes the text.
    pub fn new(text: impl Into<ByteStr>) -> Self {
        Self(text.into())
    }

    /// Whether `presented` is the same text; takes the same time for every text of this length.
    pub fn matches(&self, presented: &str) -> bool {
        self.0.as_bytes().as_ref().ct_eq(presented.as_bytes()).into()
    }

    /// The text, for putting it into a request.
    pub(crate) fn reveal(&self) -> &ByteStr {
        &self.0
    }

    /// Whether there is nothing to present.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_matches_only_itself_and_is_never_printed() {
        let secret = Secret::new("eyJhbGciOi");
        assert_eq!(
            ["eyJhbGciOi", "eyJhbGciOj", "eyJ", "", "eyJhbGciOi0"].map(|text| secret.matches(text)),
            [true, false, false, false, false]
        );
        assert_eq!(format!("{secret:?}"), "Secret(..)");
    }
}
