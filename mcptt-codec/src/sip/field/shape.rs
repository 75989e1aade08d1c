//! Which view belongs to which header field.

use super::super::accept_contact::AcceptContact;
use super::super::content_type::ContentType;
use super::super::cseq::{CSeq, RAck};
use super::super::header::HeaderName as Name;
use super::super::method::Method;
use super::super::name_addr::NameAddr;
use super::super::resource_priority::ResourcePriority;
use super::super::session_expires::SessionExpires;
use super::access::ParamList;
use super::{
    AccessNetwork, AnswerModeField, AnswerState, AuthenticationInfo, Bracketed, CallId, Challenge,
    ChargingVector, Contacts, ContentDisposition, ContentId, Credentials, Date, Event, FeatureSet,
    FieldValue, GeolocationError, HistoryEntry, Hop, Identities, InfoPackage, InfoUri, Join, List, Mechanism,
    MediaRange, MimeVersion, PassportIdentity, PriorityShare, Privacy, Products, RSeq, Reason, ReferSub,
    ReferTo, ReferredBy, Replaces, ResourceShare, RetryAfter, ServedUser, ServiceId, SessionId,
    SubscriptionState, Tagged, TargetDialog, Text, Timestamp, Token, UserToUser, VisitedNetwork, Warning,
    Weighted,
};
use crate::text::ByteStr;
use crate::{DecodeError, Decoded};

fn written<T: FieldValue>(value: &ByteStr) -> Result<Decoded<String>, DecodeError> {
    let Decoded { value, deviations } = T::examine(value)?;
    Ok(Decoded { value: value.to_string(), deviations })
}

/// The value of a header field in the one form that we would write it in, checked against the grammar of the
/// header field, with what a strict sender would not have done. A header field that we do not know may say
/// anything.
///
/// # Errors
/// [`DecodeError`] with the offset of the first character that cannot stand where it stands.
pub fn canonical(name: &Name, value: &ByteStr) -> Result<Decoded<String>, DecodeError> {
    let view = match name {
        Name::Via => written::<List<Hop>>,
        Name::From | Name::To => written::<Tagged>,
        Name::CallId => written::<CallId>,
        Name::CSeq => written::<CSeq>,
        Name::RAck => written::<RAck>,
        Name::RSeq => written::<RSeq>,
        Name::Contact => written::<Contacts>,
        Name::MaxForwards => written::<u8>,
        Name::ContentLength | Name::Expires | Name::MinExpires | Name::FlowTimer | Name::MaxBreadth => {
            written::<u32>
        }
        Name::Route | Name::RecordRoute | Name::Path | Name::ServiceRoute | Name::ReferEventsAt => {
            written::<List<Bracketed>>
        }
        Name::ContentType => written::<ContentType>,
        Name::ContentDisposition => written::<ContentDisposition>,
        Name::ContentId => written::<ContentId>,
        Name::MimeVersion => written::<MimeVersion>,
        Name::ContentEncoding
        | Name::ContentLanguage
        | Name::Require
        | Name::ProxyRequire
        | Name::Unsupported
        | Name::PEarlyMedia
        | Name::RequestDisposition => written::<List<Token>>,
        Name::Supported => written::<List<Token, 0>>,
        Name::ContentTransferEncoding
        | Name::SipEtag
        | Name::SipIfMatch
        | Name::SuppressIfMatch
        | Name::Priority
        | Name::GeolocationRouting => written::<Token>,
        Name::Allow => written::<List<Method, 0>>,
        Name::Event => written::<Event>,
        Name::AllowEvents => written::<List<Event>>,
        Name::SubscriptionState => written::<SubscriptionState>,
        Name::Accept => written::<List<MediaRange, 0>>,
        Name::AcceptEncoding | Name::AcceptLanguage => written::<List<Weighted, 0>>,
        Name::AcceptContact => written::<List<AcceptContact>>,
        Name::RejectContact | Name::FeatureCaps => written::<List<FeatureSet>>,
        Name::Warning => written::<List<Warning>>,
        Name::ErrorInfo | Name::AlertInfo | Name::CallInfo | Name::Geolocation => written::<List<InfoUri>>,
        Name::SessionExpires | Name::MinSe => written::<SessionExpires>,
        Name::PAssertedIdentity | Name::PPreferredIdentity => written::<Identities>,
        Name::PAssertedService | Name::PPreferredService => written::<List<ServiceId>>,
        Name::PAnswerState => written::<AnswerState>,
        Name::PAccessNetworkInfo => written::<List<AccessNetwork>>,
        Name::PVisitedNetworkId => written::<List<VisitedNetwork>>,
        Name::PChargingVector => written::<ChargingVector>,
        Name::PChargingFunctionAddresses => written::<ParamList>,
        Name::PAssociatedUri => written::<List<NameAddr, 0>>,
        Name::PermissionMissing | Name::TriggerConsent => written::<List<NameAddr>>,
        Name::PCalledPartyId | Name::PProfileKey | Name::ReplyTo => written::<NameAddr>,
        Name::PServedUser => written::<ServedUser>,
        Name::AnswerMode | Name::PrivAnswerMode => written::<AnswerModeField>,
        Name::ResourcePriority => written::<List<ResourcePriority>>,
        Name::AcceptResourcePriority => written::<List<ResourcePriority, 0>>,
        Name::ResourceShare => written::<ResourceShare>,
        Name::PriorityShare => written::<PriorityShare>,
        Name::RetryAfter => written::<RetryAfter>,
        Name::ReferTo => written::<ReferTo>,
        Name::ReferSub => written::<ReferSub>,
        Name::ReferredBy => written::<ReferredBy>,
        Name::Replaces => written::<Replaces>,
        Name::Join => written::<Join>,
        Name::TargetDialog => written::<TargetDialog>,
        Name::HistoryInfo => written::<List<HistoryEntry>>,
        Name::Authorization | Name::ProxyAuthorization => written::<Credentials>,
        Name::WwwAuthenticate | Name::ProxyAuthenticate => written::<Challenge>,
        Name::AuthenticationInfo => written::<AuthenticationInfo>,
        Name::SecurityClient | Name::SecurityServer | Name::SecurityVerify => written::<List<Mechanism>>,
        Name::UserAgent | Name::Server => written::<Products>,
        Name::InReplyTo => written::<List<CallId>>,
        Name::Date => written::<Date>,
        Name::Timestamp => written::<Timestamp>,
        Name::InfoPackage => written::<InfoPackage>,
        Name::RecvInfo => written::<List<InfoPackage, 0>>,
        Name::Reason => written::<List<Reason>>,
        Name::Privacy => written::<Privacy>,
        Name::GeolocationError => written::<GeolocationError>,
        Name::SessionId => written::<SessionId>,
        Name::Identity => written::<PassportIdentity>,
        Name::UserToUser => written::<List<UserToUser>>,
        Name::Organization | Name::Subject | Name::Other(_) => written::<Text>,
    };
    view(value)
}
