//! Contact (RFC 3261 20.10, RFC 5626, RFC 5627).

use std::fmt;
use std::ops::{Deref, DerefMut};

use super::super::name_addr::NameAddr;
use super::accept::{Qvalue, qvalue};
use super::capability::{self, Feature};
use super::list::List;
use super::params::{check, decimal, flag, may, number_of, quoted};
use super::{FieldValue, deviation};
use crate::text::ByteStr;
use crate::{DecodeError, Decoded};

/// One address of Contact.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Contact(pub NameAddr);

impl Contact {
    /// What an `expires` that is no number means, in seconds.
    pub const DEFAULT_EXPIRES: u32 = 3600;

    /// For how many seconds the binding is to last, or lasts.
    pub fn expires(&self) -> Option<u32> {
        self.params.contains("expires").then(|| {
            //= RFC3261-contact-expires
            number_of(&self.params, "expires").unwrap_or(Self::DEFAULT_EXPIRES)
        })
    }

    /// The preference among several contacts.
    pub fn q(&self) -> Option<Qvalue> {
        Qvalue::of(&self.params, "q")
    }

    /// `+sip.instance`: the URN of the device, without angle brackets.
    pub fn instance(&self) -> Option<&str> {
        let text = self.params.get("+sip.instance")?;
        text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'))
    }

    /// `reg-id`: which flow of the device it is.
    pub fn reg_id(&self) -> Option<u32> {
        number_of(&self.params, "reg-id")
    }

    /// `pub-gruu` that a registrar assigned.
    pub fn pub_gruu(&self) -> Option<&str> {
        self.params.get("pub-gruu")
    }

    /// `temp-gruu` that a registrar assigned.
    pub fn temp_gruu(&self) -> Option<&str> {
        self.params.get("temp-gruu")
    }

    /// Whether it is the focus of a conference (RFC 4579).
    pub fn is_focus(&self) -> bool {
        self.params.contains("isfocus")
    }

    /// The feature tags.
    pub fn features(&self) -> impl Iterator<Item = Feature> {
        capability::features(&self.params).flatten()
    }
}

impl Deref for Contact {
    type Target = NameAddr;
    fn deref(&self) -> &NameAddr {
        &self.0
    }
}

impl DerefMut for Contact {
    fn deref_mut(&mut self) -> &mut NameAddr {
        &mut self.0
    }
}

impl FieldValue for Contact {
    const WHAT: &'static str = "Contact";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let address = NameAddr::read(text)?;
        let rules = [
            may("q", qvalue),
            may("reg-id", decimal),
            may("pub-gruu", quoted),
            may("temp-gruu", quoted),
            may("+sip.instance", quoted),
            may("isfocus", flag),
            may("expires", |value| value.is_some()),
        ];
        let mut deviations = check(text, &address.params, Self::WHAT, &rules)?;
        capability::check(text, &address.params, &mut deviations)?;
        let expires = address.params.raw("expires").filter(|value| !decimal(Some(value)));
        deviations.extend(expires.map(|value| deviation(text, value, "RFC3261-contact-expires")));
        Ok(Decoded { value: Self(address), deviations })
    }
}

impl fmt::Display for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The Contact fields of a message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Contacts {
    /// `*`: every binding, in a REGISTER that removes them.
    Any,
    /// Addresses, in order.
    Addresses(Vec<Contact>),
}

impl Contacts {
    /// The addresses; none for `*`.
    pub fn addresses(&self) -> &[Contact] {
        match self {
            Self::Any => &[],
            Self::Addresses(addresses) => addresses,
        }
    }
}

impl FieldValue for Contacts {
    const WHAT: &'static str = "Contact";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        if text.trim_matches([' ', '\t']) == "*" {
            return Ok(Decoded::clean(Self::Any));
        }
        let Decoded { value: List(addresses), deviations } = List::<Contact>::examine(text)?;
        Ok(Decoded { value: Self::Addresses(addresses), deviations })
    }
}

impl fmt::Display for Contacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Addresses(addresses) => List::<&Contact, 1>(addresses.iter().collect()).fmt(f),
        }
    }
}
