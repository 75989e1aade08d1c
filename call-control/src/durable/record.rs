//! The records: what of each thing survives. Keys begin with the kind of record.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use mcptt_codec::id::{ClientId, FunctionalAlias, GroupId, McpttId, PublicUserId};
use mcptt_codec::text::ByteStr;
use serde::{Deserialize, Serialize};

use crate::dialog::{DialogId, DialogRecord};
use crate::transport::Hop;

/// `binding/<number>`: a registered contact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct BindingRecord {
    pub number: u64,
    pub identity: PublicUserId,
    pub contact: String,
    pub instance: Option<ByteStr>,
    pub reg_id: Option<u32>,
    pub preference: Option<ByteStr>,
    pub path: Vec<ByteStr>,
    pub target: ByteStr,
    pub flow: Hop,
    pub call_id: ByteStr,
    pub sequence: u32,
    /// Milliseconds since 1970, as everywhere here.
    pub expires_at: u64,
    pub proven: bool,
    pub awaits_first_client: bool,
    pub client_id: Option<ClientId>,
    pub served: Option<McpttId>,
    #[serde(default)]
    pub refreshed: bool,
    #[serde(default)]
    pub wants_gruu: bool,
    #[serde(default)]
    pub first_temporary: u64,
    #[serde(default)]
    pub shares_resources: bool,
    #[serde(default)]
    pub shares_priority: bool,
}

/// `client/<MCPTT ID> <client>`: a client that is authorised for the service, with all that it has published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ClientRecord {
    pub mcptt_id: McpttId,
    pub client_id: ClientId,
    pub binding: u64,
    pub answer_mode: Option<ByteStr>,
    pub profile: Option<u8>,
    pub settings_tag: Option<String>,
    pub settings_until: Option<u64>,
    pub affiliation_tag: Option<String>,
    /// The groups it wants to be affiliated to.
    pub groups: Vec<GroupId>,
    /// The p-id of the publication.
    pub published: Option<ByteStr>,
    pub aliases: Vec<FunctionalAlias>,
    pub aliases_published: Option<ByteStr>,
}

/// `subscription/<dialog>`: somebody watches something at the participating function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SubscriptionRecord<W> {
    pub dialog: DialogRecord,
    pub watched: W,
    pub event: ByteStr,
    pub expires_at: u64,
}

/// `relayed/<dialog>`: a subscription that passes through the participating function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RelayedRecord {
    pub client: DialogRecord,
    pub function: DialogRecord,
}

/// `relay/<number>` and `call/<number>`: the dialogs of a call. The call itself ends with the node; its participants are
/// told after a restart, and may come back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct CallRecord {
    pub number: u64,
    /// The one leg that the record is about.
    pub leg: Option<u64>,
    pub group: GroupId,
    pub participants: Vec<ParticipantRecord>,
    /// What participants may come back to.
    #[serde(default)]
    pub session: Option<FormerRecord>,
}

/// The session of a group call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FormerRecord {
    /// The session identity.
    pub identity: ByteStr,
    pub chat: bool,
}

/// `session/<our URI>`: the session of a controlling function that a client knows by a URI of ours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SessionRecord {
    pub own: ByteStr,
    pub identity: ByteStr,
    pub controlling: (SocketAddr, ByteStr),
}

/// A dialog of a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ParticipantRecord {
    pub mcptt_id: McpttId,
    pub dialog: DialogRecord,
}

/// `affiliation/<group> <user> <client>`: the truth of the controlling function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct AffiliationRecord {
    pub group: GroupId,
    pub mcptt_id: McpttId,
    pub client_id: ClientId,
    pub expires_at: u64,
}

/// `alias/<alias>`: who is active under it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct AliasRecord {
    pub alias: FunctionalAlias,
    pub active: BTreeSet<(McpttId, ClientId)>,
}

/// `regroup/<regroup>`: a regroup that was made here; `joined/<group>`: the one that a group of ours is part of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RegroupRecord {
    pub group: GroupId,
    /// What was asked for, as it was.
    pub body: String,
    pub requester: McpttId,
}

/// `regrouped/<regroup>`: a regroup that users were told about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RegroupedRecord {
    pub regroup: String,
    pub preconfigured: GroupId,
}

/// `forwarding/<MCPTT ID>`: where a user has its calls go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ForwardingRecord {
    pub mcptt_id: McpttId,
    pub immediate: Option<McpttId>,
    pub no_answer: Option<McpttId>,
}

/// `location/<MCPTT ID> <client>`: the last report of a client, as it was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct LocationRecord {
    pub mcptt_id: McpttId,
    pub client_id: ClientId,
    pub report: String,
}

/// `group/<group>`: what is in progress in a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct GroupRecord {
    pub group: GroupId,
    pub emergency: BTreeSet<McpttId>,
    pub peril: BTreeSet<McpttId>,
    pub alerts: Vec<AlertRecord>,
    /// When TNG2 expires.
    pub emergency_until: Option<u64>,
}

/// `listening/<listener> <target>`: somebody has asked to listen to calls unnoticed, or somebody has agreed to that.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ListeningRecord {
    pub listener: McpttId,
    /// The group or the user whose calls are meant.
    pub group: Option<GroupId>,
    pub user: Option<McpttId>,
    /// Who has agreed.
    pub agreed: Option<McpttId>,
    /// When the time for agreeing, or for listening, is over.
    pub until: u64,
}

/// An alert that stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct AlertRecord {
    pub mcptt_id: McpttId,
    pub organisation: Option<ByteStr>,
    /// The location report: media type and text.
    pub location: Option<(String, String)>,
}

/// The part of a key that a dialog stands for.
pub(crate) fn dialog_key(kind: &str, dialog: &DialogId) -> String {
    format!("{kind}/{} {} {}", dialog.call_id, dialog.local_tag, dialog.remote_tag)
}
