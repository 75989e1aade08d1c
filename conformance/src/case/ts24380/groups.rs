//! Groups with rules of their own: the fire group with another document.

/// The fire group, with these settings of the group and these of carol.
macro_rules! fire {
    ($group:literal, $carol:literal) => {
        concat!(
            "[[group]]\nid = \"sip:fire-1@mc.example.org\"\nprotect-media = false\nhang-timer = \"30s\"\n",
            $group,
            "\nmembers = [\n",
            "    { mcptt-id = \"sip:alice@mc.example.org\", priority = 7, emergency-call = true, multi-talker = true,",
            " participant-type = \"dispatcher\" },\n",
            "    { mcptt-id = \"sip:bob@mc.example.org\", priority = 5, multi-talker = true },\n",
            "    { mcptt-id = \"sip:carol@mc.example.org\", priority = 5",
            $carol,
            " },\n",
            "    { mcptt-id = \"sip:dave@mc.example.org\", priority = 3, multi-talker = true },\n",
            "]\n"
        )
    };
}

/// Nothing special, but alice is a dispatcher.
pub(super) const WITH_DISPATCHER: &str = fire!("", "");
/// Who calls is answered when one member has accepted.
pub(super) const ONE_HAS_TO_ACCEPT: &str = fire!("minimum-to-start = 1", "");
/// Carol may only listen.
pub(super) const RECEIVE_ONLY: &str = fire!("", ", receive-only = true");
/// Every request takes the floor.
pub(super) const CUT_IN: &str = fire!("audio-cut-in = true", "");
/// Two may talk at once.
pub(super) const TWO_TALKERS: &str = fire!("max-talkers = 2", ", multi-talker = true");
/// Two may talk at once, but carol only alone.
pub(super) const TWO_TALKERS_WITHOUT_CAROL: &str = fire!("max-talkers = 2", "");
/// The same, and who talks over the talker may do so for two seconds.
pub(super) const DUAL_FLOOR_BRIEFLY: &str =
    concat!("[floor]\nT12 = \"2s\"\n", fire!("dual-floor = \"both\"", ""));
/// An emergency is granted beside the talker.
pub(super) const DUAL_FLOOR: &str = fire!("dual-floor = \"both\"", "");
