//! Sessions that clients establish before they need them: `[pre-established]`.

use std::ops::RangeInclusive;

use call_control::config as cc;
use serde::Deserialize;

use super::{FileError, value};

/// `[pre-established]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct PreEstablished {
    /// Public service identity for pre-established sessions; without it there are none.
    identity: Option<String>,
    audio_ports: Option<[u16; 2]>,
    floor_ports: Option<[u16; 2]>,
    sessions_per_client: Option<usize>,
    #[serde(default)]
    resource_sharing: ResourceSharing,
}

/// How it is known that the access of a client shares resources between its sessions.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ResourceSharing {
    /// The operator says so.
    #[default]
    Assumed,
    /// The SIP core says so when it registers the client.
    Announced,
}

impl PreEstablished {
    pub(super) fn translate(&self) -> Result<cc::PreEstablishedConfig, FileError> {
        let default = cc::PreEstablishedConfig::default();
        Ok(cc::PreEstablishedConfig {
            identity: self.identity.as_deref().map(Into::into),
            audio_ports: ports("pre-established.audio-ports", self.audio_ports, default.audio_ports)?,
            floor_ports: ports("pre-established.floor-ports", self.floor_ports, default.floor_ports)?,
            per_client: self.sessions_per_client.unwrap_or(default.per_client),
            resource_sharing: match self.resource_sharing {
                ResourceSharing::Assumed => cc::ResourceSharing::Assumed,
                ResourceSharing::Announced => cc::ResourceSharing::Announced,
            },
        })
    }
}

fn ports(
    setting: &str,
    range: Option<[u16; 2]>,
    default: RangeInclusive<u16>,
) -> Result<RangeInclusive<u16>, FileError> {
    match range {
        None => Ok(default),
        Some([first, last]) if first > 0 && first <= last => Ok(first..=last),
        Some([first, last]) => Err(value(
            setting,
            format!("[{first}, {last}]"),
            "[first, last] with 1 <= first <= last <= 65535",
        )),
    }
}

#[cfg(test)]
mod tests {
    use call_control::config::ResourceSharing;

    use super::super::parse;

    const IDENTITY: &str = "[pre-established]\nidentity = \"sip:sessions@mc.example.org\"\n";

    #[test]
    fn sessions_are_settings_and_without_identity_there_are_none() {
        let config = parse(&format!(
            "{IDENTITY}audio-ports = [30000, 30003]\nfloor-ports = [30010, 30011]\nsessions-per-client = 1\n\
             resource-sharing = \"announced\"\n[[user]]\nmcptt-id = \"sip:alice@mc.example.org\"\n\
             pre-established-sessions = false\n",
        ))
        .unwrap();
        let own = &config.call_control.pre_established;
        assert_eq!(own.identity.as_deref(), Some("sip:sessions@mc.example.org"));
        assert_eq!((own.per_client, own.resource_sharing), (1, ResourceSharing::Announced));
        assert!(!config.call_control.users[0].pre_established_sessions);
        let audio: Vec<u16> = config.audio_addresses().iter().map(|address| address.port()).collect();
        assert!(audio.ends_with(&[30000, 30001, 30002, 30003]));
        let none = parse("").unwrap();
        assert_eq!(none.call_control.pre_established.identity, None);
        assert_eq!((none.audio_addresses().len(), none.floor_addresses().len()), (16, 8));
    }

    #[test]
    fn what_does_not_fit_is_named_with_what_would() {
        for (text, expected) in [
            ("audio-ports = [0, 3]", "pre-established.audio-ports"),
            ("audio-ports = [20014, 20017]", "pre-established.audio-ports = 20014-20017: ports outside of"),
            ("floor-ports = [26015, 26015]", "pre-established.floor-ports = 26015-26015: ports outside of"),
            ("sessions-per-client = 0", "pre-established.sessions-per-client = 0: 1 or more"),
        ] {
            let error = parse(&format!("{IDENTITY}{text}\n")).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        let same = "[pre-established]\nidentity = \"sip:participating@mc.example.org\"\n";
        let error = parse(same).unwrap_err().to_string();
        assert!(error.contains("pre-established.identity"), "{error}");
    }
}
