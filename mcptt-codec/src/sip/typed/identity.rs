//! Who sends, who is meant, who must not know.

use super::accessors;
use crate::DecodeError;
use crate::sip::field::{
    AuthenticationInfo, Challenge, Credentials, FieldValue, HistoryEntry, Identities, PassportIdentity,
    Privacy, ReferredBy, ServedUser, ServiceId,
};
use crate::sip::{HeaderName, Headers, NameAddr};

accessors! {
    /// P-Asserted-Service.
    list asserted_services: ServiceId = PAssertedService;
    /// P-Preferred-Service.
    list preferred_services: ServiceId = PPreferredService;
    /// P-Associated-URI: the public identities of a registration.
    list associated_uris: NameAddr = PAssociatedUri;
    /// P-Called-Party-ID.
    field called_party: NameAddr = PCalledPartyId;
    /// P-Served-User.
    field served_user: ServedUser = PServedUser;
    /// Referred-By.
    field referred_by: ReferredBy = ReferredBy;
    /// Reply-To.
    field reply_to: NameAddr = ReplyTo;
    /// Privacy.
    field privacy: Privacy = Privacy;
    /// Authentication-Info.
    field authentication_info: AuthenticationInfo = AuthenticationInfo;
    /// History-Info, oldest first.
    list history: HistoryEntry = HistoryInfo;
}

/// Fields whose values are not separated by commas, or belong together.
impl Headers {
    /// The identities of P-Asserted-Identity, in one field or two.
    ///
    /// # Errors
    /// [`DecodeError`] when one is no address.
    pub fn asserted_identity(&self) -> Result<Option<Identities>, DecodeError> {
        self.identities(&HeaderName::PAssertedIdentity)
    }

    /// The identities of P-Preferred-Identity, in one field or two.
    ///
    /// # Errors
    /// [`DecodeError`] when one is no address.
    pub fn preferred_identity(&self) -> Result<Option<Identities>, DecodeError> {
        self.identities(&HeaderName::PPreferredIdentity)
    }

    fn identities(&self, name: &HeaderName) -> Result<Option<Identities>, DecodeError> {
        let list: Vec<NameAddr> = self.list(name)?;
        Ok((!list.is_empty()).then_some(Identities(list)))
    }

    /// The challenges of WWW-Authenticate or Proxy-Authenticate, one per field.
    ///
    /// # Errors
    /// [`DecodeError`] when one is malformed.
    pub fn challenges(&self, name: &HeaderName) -> Result<Vec<Challenge>, DecodeError> {
        self.each(name)
    }

    /// The credentials of Authorization or Proxy-Authorization, one per field.
    ///
    /// # Errors
    /// [`DecodeError`] when one is malformed.
    pub fn credentials(&self, name: &HeaderName) -> Result<Vec<Credentials>, DecodeError> {
        self.each(name)
    }

    /// The signed identities, one per field.
    ///
    /// # Errors
    /// [`DecodeError`] when one is malformed.
    pub fn passports(&self) -> Result<Vec<PassportIdentity>, DecodeError> {
        self.each(&HeaderName::Identity)
    }

    fn each<T: FieldValue>(&self, name: &HeaderName) -> Result<Vec<T>, DecodeError> {
        self.all(name).map(|value| T::read(value)).collect()
    }
}
