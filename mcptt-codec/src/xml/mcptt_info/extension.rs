//! Names, forms and values of the elements in `anyExt`, in the order of the reference. Their release does not matter:
//! every one is read from everybody.

/// How an element holds its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Bare text.
    Text,
    /// Bare `xs:boolean`.
    Flag,
    /// Bare number.
    Number,
    /// Content wrapper with text.
    String,
    /// Content wrapper with a URI.
    Uri,
    /// Content wrapper with a boolean.
    Boolean,
    /// Entries with a URI and a name to show.
    UriList,
    /// One `user-profile-index`.
    UserProfileIndex,
    /// Elements that are kept as they are.
    Structure,
}

/// The form of an element of this name, when it is known.
pub(super) fn form(name: &str) -> Option<Form> {
    FORMS.iter().find(|(known, _)| *known == name).map(|(_, form)| *form)
}

macro_rules! extensions {
    ($($(#[$doc:meta])* $constant:ident = $name:literal as $form:ident;)+) => {
        /// Names of the elements.
        pub mod extension_name {
            $($(#[$doc])* pub const $constant: &str = $name;)+
        }

        const FORMS: &[(&str, Form)] = &[$(($name, Form::$form),)+];

        #[cfg(test)]
        pub(super) const ALL: &[(&str, Form)] = FORMS;
    };
}

extensions! {
    /// `ambient-listening-type`: `remote-init` or `local-init`.
    AMBIENT_LISTENING_TYPE = "ambient-listening-type" as Text;
    /// `release-reason`, see [`super::release_reason`].
    RELEASE_REASON = "release-reason" as Text;
    /// `request-type`, see [`super::request_type`].
    REQUEST_TYPE = "request-type" as Text;
    /// `response-type`, see [`super::request_type`].
    RESPONSE_TYPE = "response-type" as Text;
    /// `req-type`: the open form of `request-type`.
    REQ_TYPE = "req-type" as String;
    /// `resp-type`: the open form of `response-type`.
    RESP_TYPE = "resp-type" as String;
    /// `urgency-ind`: `low`, `normal` or `high`.
    URGENCY_IND = "urgency-ind" as Text;
    /// `time-of-request`, `xs:dateTime`.
    TIME_OF_REQUEST = "time-of-request" as Text;
    /// `selected-group-change-outcome`: `success` or `fail`.
    SELECTED_GROUP_CHANGE_OUTCOME = "selected-group-change-outcome" as Text;
    /// `remotely-initiated-call-outcome`: `success` or `fail`.
    REMOTELY_INITIATED_CALL_OUTCOME = "remotely-initiated-call-outcome" as Text;
    /// `transfer-call-outcome`: `success` or `fail`.
    TRANSFER_CALL_OUTCOME = "transfer-call-outcome" as Text;
    /// `forwarding-call-outcome`: `success` or `fail`.
    FORWARDING_CALL_OUTCOME = "forwarding-call-outcome" as Text;
    /// `affiliation-required`.
    AFFILIATION_REQUIRED = "affiliation-required" as Flag;
    /// `notify-remote-user`.
    NOTIFY_REMOTE_USER = "notify-remote-user" as Flag;
    /// `functional-alias-URI`.
    FUNCTIONAL_ALIAS_URI = "functional-alias-URI" as Uri;
    /// `called-functional-alias-URI`.
    CALLED_FUNCTIONAL_ALIAS_URI = "called-functional-alias-URI" as Uri;
    /// `connected-functional-alias-URI`.
    CONNECTED_FUNCTIONAL_ALIAS_URI = "connected-functional-alias-URI" as Uri;
    /// `location-of-functional-alias-URI`.
    LOCATION_OF_FUNCTIONAL_ALIAS_URI = "location-of-functional-alias-URI" as Uri;
    /// `user-requested-priority`.
    USER_REQUESTED_PRIORITY = "user-requested-priority" as Number;
    /// `used-priority`.
    USED_PRIORITY = "used-priority" as Number;
    /// `emergency-alert-area-ind`.
    EMERGENCY_ALERT_AREA_IND = "emergency-alert-area-ind" as Flag;
    /// `group-geo-area-ind`.
    GROUP_GEO_AREA_IND = "group-geo-area-ind" as Flag;
    /// `non-acknowledged-user`; may occur often.
    NON_ACKNOWLEDGED_USER = "non-acknowledged-user" as Uri;
    /// `call-to-functional-alias-ind`.
    CALL_TO_FUNCTIONAL_ALIAS_IND = "call-to-functional-alias-ind" as Flag;
    /// `emergency-ind-rcvd`.
    EMERGENCY_IND_RCVD = "emergency-ind-rcvd" as Boolean;
    /// `call-transfer-ind`.
    CALL_TRANSFER_IND = "call-transfer-ind" as Flag;
    /// `call-forwarding-ind`.
    CALL_FORWARDING_IND = "call-forwarding-ind" as Flag;
    /// `transfer-announced-ind`.
    TRANSFER_ANNOUNCED_IND = "transfer-announced-ind" as Flag;
    /// `multiple-devices-ind`.
    MULTIPLE_DEVICES_IND = "multiple-devices-ind" as Boolean;
    /// `forwarding-immediate-list`: where calls go at once.
    FORWARDING_IMMEDIATE_LIST = "forwarding-immediate-list" as UriList;
    /// `forwarding-other-list`: where calls go for other reasons.
    FORWARDING_OTHER_LIST = "forwarding-other-list" as UriList;
    /// `forwarding-reason`: `immediate`, `no-answer`, `manual-input` or `migrated`.
    FORWARDING_REASON = "forwarding-reason" as Text;
    /// `forwarding-sequence-number`.
    FORWARDING_SEQUENCE_NUMBER = "forwarding-sequence-number" as Number;
    /// `forwarded-by-mcptt-id`.
    FORWARDED_BY_MCPTT_ID = "forwarded-by-mcptt-id" as Text;
    /// `forwarded-by-functional-alias`.
    FORWARDED_BY_FUNCTIONAL_ALIAS = "forwarded-by-functional-alias" as Text;
    /// `forwarding-target-id`.
    FORWARDING_TARGET_ID = "forwarding-target-id" as Text;
    /// `forwarding-target-is-functional-alias`.
    FORWARDING_TARGET_IS_FUNCTIONAL_ALIAS = "forwarding-target-is-functional-alias" as Flag;
    /// `forwarding-target-orig-id`.
    FORWARDING_TARGET_ORIG_ID = "forwarding-target-orig-id" as Text;
    /// `PrivateCallKMSURI`: the key management server of the called user.
    PRIVATE_CALL_KMS_URI = "PrivateCallKMSURI" as Structure;
    /// `binding-ind`.
    BINDING_IND = "binding-ind" as Flag;
    /// `binding-fa-uri`.
    BINDING_FA_URI = "binding-fa-uri" as Text;
    /// `unbinding-fa-uri`.
    UNBINDING_FA_URI = "unbinding-fa-uri" as Text;
    /// `replaces-header-value` of an announced transfer.
    REPLACES_HEADER_VALUE = "replaces-header-value" as Text;
    /// `ric-app-level-priority`.
    RIC_APP_LEVEL_PRIORITY = "ric-app-level-priority" as Text;
    /// `ric-commencement-mode`.
    RIC_COMMENCEMENT_MODE = "ric-commencement-mode" as Text;
    /// `remotely-initiated-call-request-ind`.
    REMOTELY_INITIATED_CALL_REQUEST_IND = "remotely-initiated-call-request-ind" as Flag;
    /// `end-to-end-security`.
    END_TO_END_SECURITY = "end-to-end-security" as Text;
    /// `call-participants-criterias`.
    CALL_PARTICIPANTS_CRITERIAS = "call-participants-criterias" as Text;
    /// `preconfigured-group-id`.
    PRECONFIGURED_GROUP_ID = "preconfigured-group-id" as Text;
    /// `adhoc-grp-emg-alert-grp-ind`.
    ADHOC_GRP_EMG_ALERT_GRP_IND = "adhoc-grp-emg-alert-grp-ind" as Flag;
    /// `migration-auth-result`.
    MIGRATION_AUTH_RESULT = "migration-auth-result" as Text;
    /// `partner-mcptt-id`.
    PARTNER_MCPTT_ID = "partner-mcptt-id" as Text;
    /// `selected-user-profile-index`.
    SELECTED_USER_PROFILE_INDEX = "selected-user-profile-index" as UserProfileIndex;
    /// `primary-mcptt-id`.
    PRIMARY_MCPTT_ID = "primary-mcptt-id" as Text;
    /// `adhoc-emergency-ind`.
    ADHOC_EMERGENCY_IND = "adhoc-emergency-ind" as Flag;
    /// `adhoc-alert-ind`.
    ADHOC_ALERT_IND = "adhoc-alert-ind" as Flag;
    /// `adhoc-additional-information`.
    ADHOC_ADDITIONAL_INFORMATION = "adhoc-additional-information" as Text;
    /// `adhoc-emergency-ind-rcvd`.
    ADHOC_EMERGENCY_IND_RCVD = "adhoc-emergency-ind-rcvd" as Flag;
    /// `adhoc-alert-ind-rcvd`.
    ADHOC_ALERT_IND_RCVD = "adhoc-alert-ind-rcvd" as Flag;
    /// `adhoc-alert-participant-list`: who got an ad hoc emergency alert.
    ADHOC_ALERT_PARTICIPANT_LIST = "adhoc-alert-participant-list" as UriList;
    /// `adhoc-alert-participant-not-ack-list`: who did not acknowledge it.
    ADHOC_ALERT_PARTICIPANT_NOT_ACK_LIST = "adhoc-alert-participant-not-ack-list" as UriList;
}

/// Values of `release-reason`.
pub mod release_reason {
    /// The private call took too long.
    pub const PRIVATE_CALL_EXPIRY: &str = "private-call-expiry";
    /// An administrator ended it.
    pub const ADMINISTRATOR_ACTION: &str = "administrator-action";
    /// Another called user answered first.
    pub const NOT_SELECTED_FOR_CALL: &str = "not selected for call";
    /// The user that is listened to is called.
    pub const CALL_REQUEST_FOR_LISTENED_TO_CLIENT: &str = "call-request-for-listened-to-client";
    /// The user that is listened to calls.
    pub const CALL_REQUEST_INITIATED_BY_LISTENED_TO_CLIENT: &str =
        "call-request-initiated-by-listened-to-client";
    /// The key message is not authentic.
    pub const AUTHENTICATION_FAILED: &str = "authentication of the MIKEY-SAKE I_MESSAGE failed";
}

/// Values of `request-type` and `response-type`.
pub mod request_type {
    /// Asks to be called back.
    pub const PRIVATE_CALL_CALL_BACK_REQUEST: &str = "private-call-call-back-request";
    /// Answer to it.
    pub const PRIVATE_CALL_CALL_BACK_RESPONSE: &str = "private-call-call-back-response";
    /// Takes it back.
    pub const PRIVATE_CALL_CALL_BACK_CANCEL_REQUEST: &str = "private-call-call-back-cancel-request";
    /// Answer to it.
    pub const PRIVATE_CALL_CALL_BACK_CANCEL_RESPONSE: &str = "private-call-call-back-cancel-response";
    /// Changes the group that a user has selected.
    pub const GROUP_SELECTION_CHANGE_REQUEST: &str = "group-selection-change-request";
    /// Answer to it.
    pub const GROUP_SELECTION_CHANGE_RESPONSE: &str = "group-selection-change-response";
    /// Makes a client call a group.
    pub const REMOTELY_INITIATED_GROUP_CALL_REQUEST: &str = "remotely-initiated-group-call-request";
    /// Answer to it.
    pub const REMOTELY_INITIATED_GROUP_CALL_RESPONSE: &str = "remotely-initiated-group-call-response";
    /// Makes a client call a user.
    pub const REMOTELY_INITIATED_PRIVATE_CALL_REQUEST: &str = "remotely-initiated-private-call-request";
    /// Answer to it.
    pub const REMOTELY_INITIATED_PRIVATE_CALL_RESPONSE: &str = "remotely-initiated-private-call-response";
    /// Transfers a private call.
    pub const TRANSFER_PRIVATE_CALL_REQUEST: &str = "transfer-private-call-request";
    /// Answer to it.
    pub const TRANSFER_PRIVATE_CALL_RESPONSE: &str = "transfer-private-call-response";
    /// Asks for the state of a functional alias.
    pub const FUNCTIONAL_ALIAS_STATUS_DETERMINATION: &str = "functional-alias-status-determination";
    /// Forwards a private call.
    pub const FORWARD_PRIVATE_CALL_REQUEST: &str = "forward-private-call-request";
    /// Answer to it.
    pub const FORWARD_PRIVATE_CALL_RESPONSE: &str = "forward-private-call-response";
    /// Changes the settings for forwarding.
    pub const FORWARD_PRIVATE_CALL_SETTINGS_REQUEST: &str = "forward-private-call-settings-request";
    /// Answer to it.
    pub const FORWARD_PRIVATE_CALL_SETTINGS_RESPONSE: &str = "forward-private-call-settings-response";
    /// Binds a functional alias to groups.
    pub const FA_GROUP_BINDING_REQ: &str = "fa-group-binding-req";
}
