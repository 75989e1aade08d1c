//! A readable value: what a field holds, for people and for tools.

use std::fmt::Display;

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

mod input;
mod place;

pub use input::Input;
pub use place::{ViewError, ViewErrorKind};

pub(crate) use place::{Keys, Place};

/// A value of the view; serialises to the JSON value of the same kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A number.
    Number(u64),
    /// A number below zero.
    Negative(i64),
    /// Text.
    Text(String),
    /// Values in order.
    List(Vec<Value>),
    /// Named values in order.
    Object(Vec<(&'static str, Value)>),
}

impl Value {
    pub(crate) fn text(value: impl Display) -> Self {
        Self::Text(value.to_string())
    }

    /// Octets as lower-case hexadecimal digits.
    pub(crate) fn hex(octets: &[u8]) -> Self {
        Self::Text(octets.iter().map(|octet| format!("{octet:02x}")).collect())
    }

    /// A count or an offset.
    pub(crate) fn size(octets: usize) -> Self {
        Self::Number(u64::try_from(octets).unwrap_or(u64::MAX))
    }

    pub(crate) fn list<'a, T>(items: &'a [T], show: impl Fn(&'a T) -> Self) -> Self {
        Self::List(items.iter().map(show).collect())
    }
}

impl From<u8> for Value {
    fn from(number: u8) -> Self {
        Self::Number(number.into())
    }
}

impl From<u16> for Value {
    fn from(number: u16) -> Self {
        Self::Number(number.into())
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        u64::try_from(number).map_or(Self::Negative(number.into()), Self::Number)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(value) => serializer.serialize_u64(*value),
            Self::Negative(value) => serializer.serialize_i64(*value),
            Self::Text(value) => serializer.serialize_str(value),
            Self::List(values) => {
                let mut list = serializer.serialize_seq(Some(values.len()))?;
                for value in values {
                    list.serialize_element(value)?;
                }
                list.end()
            }
            Self::Object(values) => {
                let mut object = serializer.serialize_map(Some(values.len()))?;
                for (key, value) in values {
                    object.serialize_entry(key, value)?;
                }
                object.end()
            }
        }
    }
}
