//! Event notification and publication.

use super::accessors;
use crate::sip::field::{Event, InfoPackage, SubscriptionState, Token};

accessors! {
    /// Event.
    field event: Event = Event;
    /// Allow-Events.
    list allow_events: Event = AllowEvents;
    /// Subscription-State.
    field subscription_state: SubscriptionState = SubscriptionState;
    /// Expires, in seconds.
    field expires: u32 = Expires;
    /// Min-Expires, in seconds.
    field min_expires: u32 = MinExpires;
    /// SIP-ETag.
    field etag: Token = SipEtag;
    /// SIP-If-Match.
    field if_match: Token = SipIfMatch;
    /// Suppress-If-Match.
    field suppress_if_match: Token = SuppressIfMatch;
    /// Info-Package.
    field info_package: InfoPackage = InfoPackage;
    /// Recv-Info.
    list recv_info: InfoPackage = RecvInfo;
}
