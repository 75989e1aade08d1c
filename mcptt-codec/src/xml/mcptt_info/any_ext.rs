//! `anyExt`: the elements that later releases added, under `mcptt-Params` and under `mcpttinfo`.

use super::super::lexical::{boolean, number};
use super::super::reader::Cursor;
use super::super::{Element, XmlError, XmlErrorKind};
use super::content::{is_wrapped, plain, plain_boolean};
use super::{Content, McpttUri, NAMESPACE};
use crate::text::ByteStr;

/// Names of the elements that call control works with; the others are found by their name as well.
pub mod extension_name {
    /// `ambient-listening-type`: `remote-init` or `local-init`.
    pub const AMBIENT_LISTENING_TYPE: &str = "ambient-listening-type";
    /// `release-reason`, see [`super::release_reason`].
    pub const RELEASE_REASON: &str = "release-reason";
    /// `request-type`, see [`super::request_type`].
    pub const REQUEST_TYPE: &str = "request-type";
    /// `response-type`, see [`super::request_type`].
    pub const RESPONSE_TYPE: &str = "response-type";
    /// `urgency-ind`: `low`, `normal` or `high`.
    pub const URGENCY_IND: &str = "urgency-ind";
    /// `time-of-request`, `xs:dateTime`.
    pub const TIME_OF_REQUEST: &str = "time-of-request";
    /// `functional-alias-URI`.
    pub const FUNCTIONAL_ALIAS_URI: &str = "functional-alias-URI";
    /// `called-functional-alias-URI`.
    pub const CALLED_FUNCTIONAL_ALIAS_URI: &str = "called-functional-alias-URI";
    /// `user-requested-priority`.
    pub const USER_REQUESTED_PRIORITY: &str = "user-requested-priority";
    /// `used-priority`.
    pub const USED_PRIORITY: &str = "used-priority";
    /// `non-acknowledged-user`; may occur often.
    pub const NON_ACKNOWLEDGED_USER: &str = "non-acknowledged-user";
    /// `call-to-functional-alias-ind`.
    pub const CALL_TO_FUNCTIONAL_ALIAS_IND: &str = "call-to-functional-alias-ind";
    /// `emergency-ind-rcvd`.
    pub const EMERGENCY_IND_RCVD: &str = "emergency-ind-rcvd";
    /// `multiple-devices-ind`.
    pub const MULTIPLE_DEVICES_IND: &str = "multiple-devices-ind";
    /// `emergency-alert-area-ind`.
    pub const EMERGENCY_ALERT_AREA_IND: &str = "emergency-alert-area-ind";
    /// `group-geo-area-ind`.
    pub const GROUP_GEO_AREA_IND: &str = "group-geo-area-ind";
    /// `preconfigured-group-id`.
    pub const PRECONFIGURED_GROUP_ID: &str = "preconfigured-group-id";
    /// `adhoc-emergency-ind`.
    pub const ADHOC_EMERGENCY_IND: &str = "adhoc-emergency-ind";
    /// `adhoc-alert-ind`.
    pub const ADHOC_ALERT_IND: &str = "adhoc-alert-ind";
    /// `end-to-end-security`.
    pub const END_TO_END_SECURITY: &str = "end-to-end-security";
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

/// How an element holds its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
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
}

/// The elements with one value. Those with a structure of their own are kept as they are.
const FORMS: [(&str, Form); 55] = [
    (extension_name::AMBIENT_LISTENING_TYPE, Form::Text),
    (extension_name::RELEASE_REASON, Form::Text),
    (extension_name::REQUEST_TYPE, Form::Text),
    (extension_name::RESPONSE_TYPE, Form::Text),
    ("req-type", Form::String),
    ("resp-type", Form::String),
    (extension_name::URGENCY_IND, Form::Text),
    (extension_name::TIME_OF_REQUEST, Form::Text),
    ("selected-group-change-outcome", Form::Text),
    ("remotely-initiated-call-outcome", Form::Text),
    ("transfer-call-outcome", Form::Text),
    ("forwarding-call-outcome", Form::Text),
    ("affiliation-required", Form::Flag),
    ("notify-remote-user", Form::Flag),
    (extension_name::FUNCTIONAL_ALIAS_URI, Form::Uri),
    (extension_name::CALLED_FUNCTIONAL_ALIAS_URI, Form::Uri),
    ("connected-functional-alias-URI", Form::Uri),
    ("location-of-functional-alias-URI", Form::Uri),
    (extension_name::USER_REQUESTED_PRIORITY, Form::Number),
    (extension_name::USED_PRIORITY, Form::Number),
    (extension_name::EMERGENCY_ALERT_AREA_IND, Form::Flag),
    (extension_name::GROUP_GEO_AREA_IND, Form::Flag),
    (extension_name::NON_ACKNOWLEDGED_USER, Form::Uri),
    (extension_name::CALL_TO_FUNCTIONAL_ALIAS_IND, Form::Flag),
    (extension_name::EMERGENCY_IND_RCVD, Form::Boolean),
    ("call-transfer-ind", Form::Flag),
    ("call-forwarding-ind", Form::Flag),
    ("transfer-announced-ind", Form::Flag),
    (extension_name::MULTIPLE_DEVICES_IND, Form::Boolean),
    ("forwarding-reason", Form::Text),
    ("forwarding-sequence-number", Form::Number),
    ("forwarded-by-mcptt-id", Form::Text),
    ("forwarded-by-functional-alias", Form::Text),
    ("forwarding-target-id", Form::Text),
    ("forwarding-target-is-functional-alias", Form::Flag),
    ("forwarding-target-orig-id", Form::Text),
    ("binding-ind", Form::Flag),
    ("binding-fa-uri", Form::Text),
    ("unbinding-fa-uri", Form::Text),
    ("replaces-header-value", Form::Text),
    ("ric-app-level-priority", Form::Text),
    ("ric-commencement-mode", Form::Text),
    ("remotely-initiated-call-request-ind", Form::Flag),
    (extension_name::END_TO_END_SECURITY, Form::Text),
    ("call-participants-criterias", Form::Text),
    (extension_name::PRECONFIGURED_GROUP_ID, Form::Text),
    ("adhoc-grp-emg-alert-grp-ind", Form::Flag),
    ("migration-auth-result", Form::Text),
    ("partner-mcptt-id", Form::Text),
    ("primary-mcptt-id", Form::Text),
    (extension_name::ADHOC_EMERGENCY_IND, Form::Flag),
    (extension_name::ADHOC_ALERT_IND, Form::Flag),
    ("adhoc-additional-information", Form::Text),
    ("adhoc-emergency-ind-rcvd", Form::Flag),
    ("adhoc-alert-ind-rcvd", Form::Flag),
];

/// One element of `anyExt`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// Its local name.
    pub name: ByteStr,
    /// Its value.
    pub value: ExtensionValue,
}

/// The value of an [`Extension`], in the form it has on the wire: some senders wrap what others write bare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExtensionValue {
    /// Bare text.
    Text(ByteStr),
    /// Bare boolean.
    Flag(bool),
    /// Bare number.
    Number(u64),
    /// Text in a content wrapper.
    String(Content<ByteStr>),
    /// A URI in a content wrapper.
    Uri(Content<McpttUri>),
    /// A boolean in a content wrapper.
    Boolean(Content<bool>),
    /// An element that has a structure or that this project does not know, kept as it is.
    Element(Element),
}

/// The elements of an `anyExt` in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnyExt(pub Vec<Extension>);

impl AnyExt {
    /// The first element of this name.
    pub fn find(&self, name: &str) -> Option<&ExtensionValue> {
        self.0.iter().find(|extension| extension.is(name)).map(|extension| &extension.value)
    }

    /// Every element of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a ExtensionValue> {
        self.0.iter().filter(move |extension| extension.is(name)).map(|extension| &extension.value)
    }

    /// The text or URI of the first element of this name, when it is in the clear.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.find(name)?.as_text()
    }

    /// The boolean of the first element of this name, when it is in the clear.
    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.find(name)? {
            ExtensionValue::Flag(flag) => Some(*flag),
            ExtensionValue::Boolean(content) => content.value().copied(),
            ExtensionValue::Text(text) => boolean(text),
            _ => None,
        }
    }

    /// The number of the first element of this name.
    pub fn number(&self, name: &str) -> Option<u64> {
        match self.find(name)? {
            ExtensionValue::Number(number) => Some(*number),
            value => number(value.as_text()?),
        }
    }

    /// Adds an element with text, in the wrapper where the schema has one.
    pub fn push_text(&mut self, name: &'static str, text: impl Into<ByteStr>) {
        let text = text.into();
        let value = match form(name) {
            Some(Form::Uri) => ExtensionValue::Uri(Content::Normal(McpttUri(text))),
            Some(Form::String) => ExtensionValue::String(Content::Normal(text)),
            _ => ExtensionValue::Text(text),
        };
        self.0.push(Extension { name: ByteStr::from_static(name), value });
    }

    /// Adds an element with a boolean, in the wrapper where the schema has one.
    pub fn push_flag(&mut self, name: &'static str, flag: bool) {
        let value = match form(name) {
            Some(Form::Boolean) => ExtensionValue::Boolean(Content::Normal(flag)),
            Some(Form::Flag) => ExtensionValue::Flag(flag),
            _ => ExtensionValue::Text(flag.to_string().into()),
        };
        self.0.push(Extension { name: ByteStr::from_static(name), value });
    }

    /// Adds an element with a number.
    pub fn push_number(&mut self, name: &'static str, number: u64) {
        self.0.push(Extension { name: ByteStr::from_static(name), value: ExtensionValue::Number(number) });
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        at.element_content()?.map(|child| Extension::read(&child)).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn write(&self) -> Option<Element> {
        let elements = self.0.iter().map(Extension::write);
        (!self.is_empty()).then(|| NAMESPACE.element("anyExt").children(elements))
    }
}

impl ExtensionValue {
    /// The text or URI, when it is in the clear.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::String(Content::Normal(text)) => Some(text),
            Self::Uri(Content::Normal(uri)) => Some(uri.as_str()),
            _ => None,
        }
    }
}

impl Extension {
    /// Whether this is the element of that name in the namespace of the document.
    fn is(&self, name: &str) -> bool {
        let foreign = match &self.value {
            ExtensionValue::Element(element) => element.name.namespace.as_str() != NAMESPACE.uri,
            _ => false,
        };
        !foreign && self.name.as_str() == name
    }

    fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let name = at.element().name.local.clone();
        let wrapped = is_wrapped(at);
        let value = match form(at.local_in(NAMESPACE)) {
            //= 24.379-6.5:unknown
            None => ExtensionValue::Element(at.element().clone()),
            Some(Form::Flag | Form::Boolean) if wrapped => ExtensionValue::Boolean(Content::read(at)?),
            Some(Form::Flag | Form::Boolean) => ExtensionValue::Flag(plain_boolean(at)?),
            Some(Form::Uri) if wrapped => ExtensionValue::Uri(Content::read(at)?),
            Some(Form::Number) if !wrapped => {
                let value = number(&plain(at)?).ok_or_else(|| at.error(XmlErrorKind::Value("a number")))?;
                ExtensionValue::Number(value)
            }
            Some(_) if wrapped => ExtensionValue::String(Content::read(at)?),
            // A name of ours with content of its own: another release made a structure of it.
            Some(_) if at.elements().next().is_some() => ExtensionValue::Element(at.element().clone()),
            Some(_) => ExtensionValue::Text(plain(at)?),
        };
        Ok(Self { name, value })
    }

    fn write(&self) -> Element {
        let mut name = NAMESPACE.name("");
        name.local = self.name.clone();
        let element = Element::new(name);
        match &self.value {
            ExtensionValue::Text(text) => element.text(text.clone()),
            ExtensionValue::Flag(flag) => element.text(flag.to_string()),
            ExtensionValue::Number(number) => element.text(number.to_string()),
            ExtensionValue::String(content) => content.to_element(element),
            ExtensionValue::Uri(content) => content.to_element(element),
            ExtensionValue::Boolean(content) => content.to_element(element),
            ExtensionValue::Element(element) => element.clone(),
        }
    }
}

fn form(name: &str) -> Option<Form> {
    FORMS.iter().find(|(known, _)| *known == name).map(|(_, form)| *form)
}
