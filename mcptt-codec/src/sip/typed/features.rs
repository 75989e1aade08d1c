//! What either side can and wants to do.

use super::accessors;
use crate::sip::field::{FeatureSet, MediaRange, Products, Token, Weighted};
use crate::sip::{AcceptContact, Method};

accessors! {
    /// Supported: option tags.
    list supported: Token = Supported;
    /// Require: option tags.
    list require: Token = Require;
    /// Proxy-Require: option tags.
    list proxy_require: Token = ProxyRequire;
    /// Unsupported: option tags.
    list unsupported: Token = Unsupported;
    /// Allow.
    list allow: Method = Allow;
    /// Accept.
    list accept: MediaRange = Accept;
    /// Accept-Encoding.
    list accept_encoding: Weighted = AcceptEncoding;
    /// Accept-Language.
    list accept_language: Weighted = AcceptLanguage;
    /// Accept-Contact.
    list accept_contact: AcceptContact = AcceptContact;
    /// Reject-Contact.
    list reject_contact: FeatureSet = RejectContact;
    /// Request-Disposition.
    list request_disposition: Token = RequestDisposition;
    /// Feature-Caps.
    list feature_caps: FeatureSet = FeatureCaps;
    /// User-Agent.
    field user_agent: Products = UserAgent;
    /// Server.
    field server: Products = Server;
}
