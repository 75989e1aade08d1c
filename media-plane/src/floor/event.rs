//! What happened inside a floor control machine: input of logs, metrics, the recording index and reports.

use mcptt_codec::id::LegRef;

/// One fact about one call's floor control. Carries neither audio nor identities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Event {
    /// A machine went from one state to another.
    StateChanged {
        /// Which machine.
        machine: Machine,
        /// Whose machine; for the general machine the one that talks from now on, if any; `None` for a client's own.
        participant: Option<LegRef>,
        /// The state it left, as the specification quotes it.
        from: &'static str,
        /// The state it entered, as the specification quotes it.
        to: &'static str,
        /// What made it change: a message, a timer, an indication.
        cause: &'static str,
        /// The clause of TS 24.380 that describes the change.
        clause: &'static str,
    },
    /// Well-formed input for which the state has no procedure was discarded; the state was kept.
    Discarded {
        /// Which machine.
        machine: Machine,
        /// Whose machine, or who sent the input; `None` if nobody did.
        participant: Option<LegRef>,
        /// The state, as the specification quotes it.
        state: &'static str,
        /// What was discarded.
        got: &'static str,
        /// The requirement that asks for it.
        requirement: &'static str,
    },
    /// A peer did what it may not do.
    PeerMisbehaved {
        /// The peer.
        participant: LegRef,
        /// What it did.
        what: &'static str,
        /// The requirement that governs our reaction.
        requirement: &'static str,
    },
}

/// The machines of clauses 6.2 and 6.3, and of clauses 6.5, 7, 9 and 10.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub enum Machine {
    /// General floor control operation (6.3.4).
    #[serde(rename = "G")]
    General,
    /// Dual floor control operation (6.3.6).
    #[serde(rename = "D")]
    Dual,
    /// Basic floor control operation towards the floor participant (6.3.5).
    #[serde(rename = "U")]
    Towards,
    /// The floor participant in the client (6.2.4).
    #[serde(rename = "floor-participant")]
    Participant,
    /// The floor participant interface of a non-controlling function (6.5.5).
    #[serde(rename = "P")]
    ParticipantInterface,
    /// A pre-established session in the client (9.2).
    #[serde(rename = "pre-established-session-client")]
    SessionClient,
    /// A pre-established session in the participating function (9.3).
    #[serde(rename = "pre-established-session-participating")]
    SessionParticipating,
    /// A conversation on an MBMS subchannel in the participating function (10.2).
    #[serde(rename = "mbms-subchannel-participating")]
    SubchannelSender,
    /// A group that may be mapped to an MBMS subchannel in the client (10.3).
    #[serde(rename = "mbms-subchannel-client")]
    SubchannelReceiver,
    /// The off-network floor participant, arbitrator included (7.2.3).
    #[serde(rename = "off-network-floor-participant")]
    OffNetworkParticipant,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_serialise_with_the_words_of_the_specification() {
        let event = Event::StateChanged {
            machine: Machine::Towards,
            participant: Some(LegRef(7)),
            from: "U: permitted",
            to: "U: pending Floor Revoke",
            cause: "S: Floor Revoke",
            clause: "6.3.5.5.5",
        };
        let expected = serde_json::json!({
            "event": "state-changed",
            "machine": "U",
            "participant": 7,
            "from": "U: permitted",
            "to": "U: pending Floor Revoke",
            "cause": "S: Floor Revoke",
            "clause": "6.3.5.5.5",
        });
        assert_eq!(serde_json::to_value(event).unwrap(), expected);
    }
}
