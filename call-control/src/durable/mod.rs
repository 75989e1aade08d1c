//! What survives a restart of the node, as records of a store that somebody else keeps.
//!
//! Each function notes what an input has changed and turns it into a [`Change`] afterwards: one record by its key, or its
//! removal. The owner of a node writes changes down before it lets the answers go that rest on them, and hands all
//! records back before the first message after a restart ([`CallControl::restore`](crate::CallControl::restore)).
//!
//! A record is JSON in an envelope with the number of its version, so that what a later version has written is noticed
//! and left alone. Points in time are those of the wall clock, which is told: a monotonic clock ends with its machine.

mod record;

use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use record::*;

/// No subscription or publication lasts longer, whatever a wall clock that was set seems to say.
pub(crate) const LONGEST: Duration = Duration::from_secs(u32::MAX as u64);

/// The version of every record that is written here.
const VERSION: u16 = 1;

/// A record of the store is new, has another value or is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which record. The part before the first `/` is its kind.
    pub key: String,
    /// Its value; `None`: there is none any more.
    pub value: Option<Bytes>,
    /// An answer rests on it, which must not leave before the record is on the disk. Otherwise it may follow.
    pub before_answer: bool,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Envelope<T> {
    v: u16,
    record: T,
}

/// A record with this value.
pub(crate) fn put<T: Serialize>(key: String, record: &T, before_answer: bool) -> Option<Change> {
    let envelope = Envelope { v: VERSION, record };
    let octets = serde_json::to_vec(&envelope).ok()?;
    Some(Change { key, value: Some(octets.into()), before_answer })
}

/// A record that is gone.
pub(crate) const fn gone(key: String, before_answer: bool) -> Change {
    Change { key, value: None, before_answer }
}

/// Reads a record. `None`: it is of another version or damaged.
pub(crate) fn read<T: DeserializeOwned>(value: &[u8]) -> Option<T> {
    #[derive(serde::Deserialize)]
    struct Version {
        v: u16,
    }
    let Version { v } = serde_json::from_slice(value).ok()?;
    let envelope: Envelope<T> = (v == VERSION).then(|| serde_json::from_slice(value).ok())??;
    Some(envelope.record)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_another_version_is_not_read() {
        let change = put("x/1".into(), &vec![1, 2], true).unwrap();
        let value = change.value.unwrap();
        assert_eq!(value, r#"{"v":1,"record":[1,2]}"#);
        assert_eq!(read::<Vec<u8>>(&value), Some(vec![1, 2]));
        assert_eq!(read::<Vec<u8>>(br#"{"v":2,"record":[1,2]}"#), None);
        assert_eq!(read::<Vec<u8>>(br#"{"v":1,"rec"#), None);
    }
}
