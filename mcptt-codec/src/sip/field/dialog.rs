//! Header fields that name another dialog: Target-Dialog (RFC 4538), Replaces (RFC 3891), Join (RFC 3911).

use super::params::{flag, may, must, token, word_and_params};
use super::token::CallId;

word_and_params! {
    /// The dialog whose knowledge authorises a request outside of it.
    TargetDialog, "Target-Dialog",
    /// Its Call-ID.
    call_id: CallId,
    [must("local-tag", token), must("remote-tag", token)]
}

impl TargetDialog {
    /// The tag of the sender of the request.
    pub fn local_tag(&self) -> &str {
        self.params.get("local-tag").unwrap_or_default()
    }

    /// The tag of its receiver.
    pub fn remote_tag(&self) -> &str {
        self.params.get("remote-tag").unwrap_or_default()
    }
}

word_and_params! {
    /// The dialog that a new one takes the place of.
    Replaces, "Replaces",
    /// Its Call-ID.
    call_id: CallId,
    [must("to-tag", token), must("from-tag", token), may("early-only", flag)]
}

impl Replaces {
    /// The tag of the receiver of the request.
    pub fn to_tag(&self) -> &str {
        self.params.get("to-tag").unwrap_or_default()
    }

    /// The tag of the other side of the dialog.
    pub fn from_tag(&self) -> &str {
        self.params.get("from-tag").unwrap_or_default()
    }

    /// Whether a dialog that was answered must be left alone.
    pub fn early_only(&self) -> bool {
        self.params.contains("early-only")
    }
}

word_and_params! {
    /// The dialog that a new one is added to.
    Join, "Join",
    /// Its Call-ID.
    call_id: CallId,
    [must("to-tag", token), must("from-tag", token)]
}

impl Join {
    /// The tag of the receiver of the request.
    pub fn to_tag(&self) -> &str {
        self.params.get("to-tag").unwrap_or_default()
    }

    /// The tag of the other side of the dialog.
    pub fn from_tag(&self) -> &str {
        self.params.get("from-tag").unwrap_or_default()
    }
}
