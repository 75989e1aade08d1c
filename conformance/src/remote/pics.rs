//! What a vendor can claim (PICS), and which requirements depend on each claim.

/// Something a target supports or does not.
#[derive(Debug)]
pub struct Feature {
    /// Its name in the table `pics`.
    pub name: &'static str,
    /// What it is, in one line.
    pub title: &'static str,
    /// Requirements that depend on it begin with one of these.
    pub requirements: &'static [&'static str],
    /// Purposes that depend on it.
    pub purposes: &'static [&'static str],
    /// Settings of the provisioning that make no sense without it.
    pub settings: &'static [&'static str],
}

impl Feature {
    /// Whether a case cannot be run without it.
    pub fn concerns(&self, case: &crate::case::Case) -> bool {
        let purpose = case.id.split('/').next().unwrap_or(case.id);
        let requirement = |id: &&str| self.requirements.iter().any(|start| id.starts_with(start));
        self.purposes.contains(&purpose)
            || case.requirements.iter().any(requirement)
            || self.settings.iter().any(|setting| case.configuration.contains(setting))
    }
}

const fn feature(name: &'static str, title: &'static str, requirements: &'static [&'static str]) -> Feature {
    Feature { name, title, requirements, purposes: &[], settings: &[] }
}

/// Everything that can be claimed. A claim that the target file leaves out counts as made.
pub const FEATURES: &[Feature] = &[
    feature(
        "floor-queueing",
        "requests wait in a queue (mc_queueing)",
        &["24.380-6.3.5.4.4", "24.380-4.1.1.2"],
    ),
    Feature {
        settings: &["dual-floor"],
        ..feature("dual-floor", "a pre-emptive talker beside the talker", &["24.380-6.3.6"])
    },
    Feature {
        settings: &["max-talkers"],
        ..feature("multi-talker", "several talkers at once", &["24.380-6.3.7", "24.380-4.1.1.5"])
    },
    Feature { settings: &["audio-cut-in"], ..feature("audio-cut-in", "every request takes the floor", &[]) },
    feature("pre-established-sessions", "sessions set up before calls", &["24.379-8.", "24.380-9."]),
    Feature {
        settings: &["adhoc-calls"],
        ..feature("adhoc-calls", "calls of groups that exist for one call", &["24.379-17."])
    },
    feature("regroup", "regrouping with a preconfigured group", &["24.379-16."]),
    feature("private-calls", "calls of two", &["24.379-11."]),
    feature("location", "location reporting", &["24.379-13."]),
    feature("emergency-calls", "emergency and imminent peril", &["24.379-12.", "24.380-6.3.4.4.7"]),
    feature("access-tokens", "settings are published with a token", &["24.379-7.3.3"]),
];
