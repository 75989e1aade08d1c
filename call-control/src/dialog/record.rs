//! A confirmed dialog as it is kept across a restart.

use mcptt_codec::sip::{CSeq, NameAddr};
use mcptt_codec::text::ByteStr;
use serde::{Deserialize, Serialize};

use super::{Dialog, DialogId, Role, State};
use crate::transport::SipPath;

/// What our sequence numbers leap by when a dialog is taken up again. Its record is written when the dialog is made or
/// refreshed, not with each request in it: however many followed, the next one must be above them (RFC 3261 12.2.1.1).
const LEAP: u32 = 1 << 20;

/// A [`Dialog`] as it is stored. The session timer is not kept: a session does not survive, a subscription has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DialogRecord {
    id: DialogId,
    role: Role,
    local: String,
    remote: String,
    local_target: ByteStr,
    remote_target: ByteStr,
    route_set: Vec<ByteStr>,
    local_sequence: u32,
    remote_sequence: Option<u32>,
    path: SipPath,
}

impl DialogRecord {
    /// What identifies it.
    pub(crate) const fn id(&self) -> &DialogId {
        &self.id
    }
}

impl From<&Dialog> for DialogRecord {
    fn from(dialog: &Dialog) -> Self {
        Self {
            id: dialog.id.clone(),
            role: dialog.role,
            local: dialog.local.to_string(),
            remote: dialog.remote.to_string(),
            local_target: dialog.local_target.clone(),
            remote_target: dialog.remote_target.clone(),
            route_set: dialog.route_set.clone(),
            local_sequence: dialog.local_sequence,
            remote_sequence: dialog.remote_sequence,
            path: dialog.path,
        }
    }
}

impl Dialog {
    /// Takes a stored dialog up again. `None`: its addresses cannot be read.
    pub(crate) fn restored(record: DialogRecord) -> Option<Self> {
        Some(Self {
            local: NameAddr::parse(&record.local).ok()?,
            remote: NameAddr::parse(&record.remote).ok()?,
            id: record.id,
            role: record.role,
            state: State::Confirmed,
            local_target: record.local_target,
            remote_target: record.remote_target,
            route_set: record.route_set,
            local_sequence: record.local_sequence.saturating_add(LEAP).min(CSeq::END.saturating_sub(1)),
            remote_sequence: record.remote_sequence,
            session_expires: None,
            path: record.path,
        })
    }
}

#[cfg(test)]
mod tests {
    use mcptt_codec::sip::{HeaderName, Method, Request};

    use super::*;
    use crate::transport::Transport;

    #[test]
    fn a_dialog_that_is_taken_up_again_goes_on_above_its_old_sequence_numbers() {
        let record = DialogRecord {
            id: DialogId { call_id: "c1".into(), local_tag: "l".into(), remote_tag: "r".into() },
            role: Role::Uas,
            local: "<sip:pf@mc.example.org>;tag=l".into(),
            remote: "<sip:alice@mc.example.org>;tag=r".into(),
            local_target: "<sip:pf@192.0.2.1>".into(),
            remote_target: "sip:alice@192.0.2.10".into(),
            route_set: vec!["<sip:edge.example.org;lr>".into()],
            local_sequence: 7,
            remote_sequence: Some(3),
            path: SipPath {
                transport: Transport::Udp,
                local: "192.0.2.1:5060".parse().unwrap(),
                remote: "192.0.2.10:5060".parse().unwrap(),
            },
        };
        let text = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<DialogRecord>(&text).unwrap(), record);
        let mut dialog = Dialog::restored(record.clone()).unwrap();
        let request = dialog.request(Request::new(Method::Notify, ""));
        let value = |name| request.headers.get(&name).map(ToString::to_string);
        assert_eq!(request.uri, "sip:alice@192.0.2.10");
        assert_eq!(value(HeaderName::CSeq), Some(format!("{} NOTIFY", 7 + LEAP + 1)));
        assert_eq!(value(HeaderName::To).as_deref(), Some("<sip:alice@mc.example.org>;tag=r"));
        assert_eq!(value(HeaderName::Route).as_deref(), Some("<sip:edge.example.org;lr>"));
        assert!(!dialog.accept_sequence(3) && dialog.accept_sequence(4));
        let broken = DialogRecord { remote: "<".into(), ..record };
        assert!(Dialog::restored(broken).is_none());
    }
}
