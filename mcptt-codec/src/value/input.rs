//! Values given from outside: the readable view on its way back to octets.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::Value;

/// A value that was not made by this crate: any JSON.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Integer(i128),
    /// Any other number.
    Fraction(f64),
    /// Text.
    Text(String),
    /// Values in order.
    List(Vec<Self>),
    /// Named values in order; a name may occur again.
    Object(Vec<(String, Self)>),
}

impl Input {
    /// What kind of value this is, for error messages.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Integer(_) => "a whole number",
            Self::Fraction(_) => "a number with a fraction",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

impl From<&Value> for Input {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Bool(*flag),
            Value::Number(number) => Self::Integer((*number).into()),
            Value::Negative(number) => Self::Integer((*number).into()),
            Value::Text(text) => Self::Text(text.clone()),
            Value::List(values) => Self::List(values.iter().map(Self::from).collect()),
            Value::Object(values) => Self::named(values),
        }
    }
}

impl Input {
    /// Named values as an object.
    pub(crate) fn named(values: &[(&'static str, Value)]) -> Self {
        Self::Object(values.iter().map(|(key, value)| ((*key).to_owned(), Self::from(value))).collect())
    }
}

impl<'de> Deserialize<'de> for Input {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Input;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Input, E> {
        Ok(Input::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Input, E> {
        Ok(Input::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Input, E> {
        Ok(Input::Integer(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Input, E> {
        Ok(Input::Integer(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Input, E> {
        Ok(Input::Fraction(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Input, E> {
        Ok(Input::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Input, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Input::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Input, A::Error> {
        let mut values = Vec::new();
        while let Some(entry) = object.next_entry()? {
            values.push(entry);
        }
        Ok(Input::Object(values))
    }
}
