//! The way of a message.

use super::accessors;
use crate::DecodeError;
use crate::sip::field::{Bracketed, Contact, Contacts, FieldValue, Hop};
use crate::sip::{HeaderName, Headers};

accessors! {
    /// Via, topmost first.
    list vias: Hop = Via;
    /// Route, next hop first.
    list routes: Bracketed = Route;
    /// Record-Route, topmost first.
    list record_routes: Bracketed = RecordRoute;
    /// Path.
    list paths: Bracketed = Path;
    /// Service-Route.
    list service_routes: Bracketed = ServiceRoute;
    /// Max-Forwards.
    field max_forwards: u8 = MaxForwards;
    /// Max-Breadth.
    field max_breadth: u32 = MaxBreadth;
}

/// Contact is a list, or a star.
impl Headers {
    /// All Contact fields together; a `*` stands alone.
    ///
    /// # Errors
    /// [`DecodeError`] when one is malformed, or when a `*` is among several.
    pub fn contacts(&self) -> Result<Option<Contacts>, DecodeError> {
        let mut fields = self.all(&HeaderName::Contact);
        match (fields.next(), fields.next()) {
            (None, _) => Ok(None),
            (Some(only), None) => Contacts::read(only).map(Some),
            _ => self.list::<Contact>(&HeaderName::Contact).map(|list| Some(Contacts::Addresses(list))),
        }
    }
}
