//! Every type of this crate that can be decoded has a generator and golden values: one that is added without them fails
//! here.
//!
//! The types are found in the sources: whatever has a decoding function of its own, reads the fields of a binary protocol,
//! is the message type of one, is a view of a SIP header field or is an attribute of SDP. What a generator and a golden
//! value are worth is proven where they stand; here is proven that they stand there and name the type.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test file; clippy only knows the test functions in it"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What can be decoded: the type, then where it is generated and where its golden values are, each as a file under `src/`
/// and the name of a test in it.
type Proof = (&'static str, (&'static str, &'static str), (&'static str, &'static str));

const FLOOR: (&str, &str) = ("floor/tests.rs", "every_message_is_read_and_written_with_all_its_fields");
const SESSION: (&str, &str) = ("session/tests.rs", "connect_is_read_and_written_with_all_its_fields");
const SUBCHANNEL: (&str, &str) = ("subchannel/tests.rs", "every_subchannel_message_is_read_and_written");
const NOTIFICATION: (&str, &str) = ("subchannel/tests.rs", "a_notification_is_read_and_written");
const MESSAGES: &str = "a_message_obeys_the_laws";
const RTCP: (&str, &str) = ("rtcp/tests/property.rs", "every_packet_survives_encoding_and_damage");
const RTP: (&str, &str) = ("rtp/tests/property.rs", "every_packet_survives_encoding_and_damage");
const MIKEY: (&str, &str) = ("mikey/tests/property.rs", "every_message_survives_encoding_and_damage");
const SDP: &str = "sdp/tests/property.rs";
const SIP: &str = "sip/tests/values.rs";

#[rustfmt::skip]
const PROOFS: &[Proof] = &[
    // TS 24.380: the fields are generated and written out with the messages that hold them.
    ("FloorMessage", ("floor/tests/property.rs", MESSAGES), FLOOR),
    ("FloorField", ("floor/tests/property.rs", "a_packet_of_any_fields_obeys_the_laws"), FLOOR),
    ("Packet", ("floor/tests/property.rs", "a_packet_of_any_fields_obeys_the_laws"), FLOOR),
    ("SessionMessage", ("session/tests/property.rs", MESSAGES), SESSION),
    ("SessionField", ("session/tests/property.rs", MESSAGES), SESSION),
    ("SubchannelMessage", ("subchannel/tests/property.rs", "a_subchannel_message_obeys_the_laws"), SUBCHANNEL),
    ("SubchannelField", ("subchannel/tests/property.rs", "a_subchannel_message_obeys_the_laws"), SUBCHANNEL),
    ("NotificationMessage", ("subchannel/tests/property.rs", "a_notification_obeys_the_laws"), NOTIFICATION),
    ("NotificationField", ("subchannel/tests/property.rs", "a_notification_obeys_the_laws"), NOTIFICATION),
    ("MonpMessage", ("monp/tests/property.rs", "a_message_survives_encoding"), ("monp/tests/golden.rs", "every_message_is_read_and_written")),
    ("MonpPacket", ("monp/tests/property.rs", "no_octets_do_harm"), ("monp/tests/golden.rs", "every_message_is_read_and_written")),
    // RTCP and RTP.
    ("RtcpPacket", RTCP, ("rtcp/tests.rs", "a_sender_report_is_read_and_written")),
    ("AppPacket", RTCP, ("rtcp/tests.rs", "an_app_packet_of_any_name_is_kept")),
    ("RtpPacket", RTP, ("rtp/tests/packet.rs", "a_plain_packet_is_read_and_written")),
    ("RtpHeader", RTP, ("rtp/tests/packet.rs", "sources_extension_and_padding_are_kept")),
    ("RedundantPayload", ("rtp/tests/property.rs", "every_redundant_payload_survives_encoding_and_damage"), ("rtp/tests/redundancy.rs", "redundant_and_primary_blocks_are_read_and_written")),
    ("UlpFec", ("rtp/tests/property.rs", "every_level_survives_encoding_and_damage"), ("rtp/tests/fec.rs", "levels_with_short_and_long_masks_are_read_and_written")),
    ("FlexFec", ("rtp/tests/property.rs", "every_repair_packet_survives_encoding_and_damage"), ("rtp/tests/fec.rs", "flexible_masks_are_read_and_written")),
    // MIKEY.
    ("Mikey", MIKEY, ("mikey/tests/message.rs", "an_i_message_is_read_and_written")),
    ("Chain", MIKEY, ("mikey/tests/message.rs", "the_keys_of_a_transport_are_a_chain_of_their_own")),
    // SIP.
    ("SipMessage", ("sip/tests/generated.rs", "any_message_is_written_back_octet_for_octet"), ("sip/tests/messages.rs", "")),
    ("Uri", (SIP, "uris"), ("sip/tests/addresses.rs", "")),
    ("NameAddr", (SIP, "addresses"), ("sip/tests/addresses.rs", "")),
    ("Via", (SIP, "hops"), ("sip/tests/addresses.rs", "")),
    ("HeaderValue", (SIP, "words_with_parameters"), (SIP, "a_word_with_parameters_is_taken_apart")),
    ("ContentType", (SIP, "media_types"), ("sip/tests/addresses.rs", "")),
    ("AcceptContact", (SIP, "preferences"), ("sip/field/tests/capabilities.rs", "")),
    ("CSeq", (SIP, "sequences"), ("sip/field/tests/lists.rs", "")),
    ("RAck", (SIP, "acknowledged"), ("sip/field/tests/lists.rs", "")),
    ("ResourcePriority", (SIP, "priorities"), ("sip/field/tests/words.rs", "resource_priorities")),
    ("SessionExpires", (SIP, "intervals"), ("sip/field/tests/words.rs", "session_intervals")),
    ("AnswerMode", (SIP, "answer_modes"), ("sip/field/tests/words.rs", "answer_modes")),
    ("McpttWarning", (SIP, "warnings"), ("sip/tests/messages.rs", "")),
    // SDP.
    ("SessionDescription", (SDP, "whole_descriptions_are_kept_and_no_damage_does_harm"), ("sdp/tests/description.rs", "")),
    ("SdpText", (SDP, "any_octets_survive_as_lines"), ("sdp/tests/raw.rs", "")),
    ("Origin", (SDP, "origins"), ("sdp/tests/description.rs", "")),
    ("Connection", (SDP, "connection_addresses"), ("sdp/tests/lines.rs", "")),
    ("Bandwidth", (SDP, "bandwidths"), ("sdp/tests/lines.rs", "")),
    ("Timing", (SDP, "timings"), ("sdp/tests/description.rs", "")),
    ("Repeat", (SDP, "repeats"), ("sdp/tests/lines.rs", "")),
    ("ZoneAdjustments", (SDP, "zone_adjustments"), ("sdp/tests/lines.rs", "")),
    ("McpttFmtp", (SDP, "parameters_survive"), ("sdp/tests/fmtp.rs", "")),
    ("Crypto", (SDP, "keys_survive"), ("sdp/tests/crypto.rs", "")),
    ("RtpMap", (SDP, "rtp_maps"), ("sdp/tests/attributes.rs", "")),
    ("SessionParameter", (SDP, "keys_survive"), ("sdp/tests/crypto.rs", "")),
    // XML.
    ("McpttInfo", ("xml/mcptt_info/tests/property.rs", ""), ("xml/mcptt_info/tests/document.rs", "")),
    ("LocationInfo", ("xml/location_info/tests/property.rs", ""), ("xml/location_info/tests.rs", "location_report_21_4")),
    ("EncryptedUri", ("xml/encrypted_uri.rs", ""), ("xml/encrypted_uri.rs", "")),
    ("PresenceDocument", ("xml/tests/generated.rs", "presence"), ("xml/tests/bodies.rs", "")),
    ("AffiliationCommand", ("xml/tests/generated.rs", "affiliation_command"), ("xml/tests/bodies.rs", "")),
    ("PocSettings", ("xml/tests/generated.rs", "poc_settings"), ("xml/tests/bodies.rs", "")),
    ("ResourceLists", ("xml/tests/generated.rs", "resource_lists"), ("xml/tests/bodies.rs", "")),
    ("ConferenceInfo", ("xml/tests/generated.rs", "conference_info"), ("xml/tests/conference.rs", "")),
    ("MbmsUsageInfo", ("xml/tests/generated.rs", "mbms_usage_info"), ("xml/tests/mbms.rs", "")),
    ("FilterSet", ("xml/tests/generated.rs", "simple_filter"), ("xml/tests/mbms.rs", "")),
    ("GroupDocument", ("xml/tests/documents.rs", "group_documents_survive"), ("xml/group_document/tests.rs", "")),
    ("UserProfile", ("xml/tests/documents.rs", "user_profiles_survive"), ("xml/user_profile/tests.rs", "")),
    ("ServiceConfiguration", ("xml/tests/documents.rs", "service_configurations_survive"), ("xml/service_configuration/tests.rs", "")),
    ("UeConfiguration", ("xml/tests/documents.rs", "ue_configurations_survive"), ("xml/tests/ue_documents.rs", "")),
    ("UeInitialConfiguration", ("xml/tests/documents.rs", "ue_initial_configurations_survive"), ("xml/tests/ue_documents.rs", "")),
    ("XcapDiff", ("xml/tests/documents.rs", "changes_survive"), ("xml/tests/management_bodies.rs", "")),
    ("RegInfo", ("xml/tests/documents.rs", "registrations_survive"), ("xml/reg_info.rs", "")),
    ("Regroup", ("xml/tests/documents.rs", "regroups_survive"), ("xml/tests/management_bodies.rs", "")),
    ("Gktps", ("xml/tests/documents.rs", "key_transports_survive"), ("xml/tests/documents.rs", "")),
    ("Signatures", ("xml/tests/documents.rs", "signatures_survive"), ("xml/tests/management_bodies.rs", "")),
    ("FloorRequest", ("xml/tests/documents.rs", "floor_requests_survive"), ("xml/tests/management_bodies.rs", "")),
];

/// What looks like a type that can be decoded and is none of its own.
const PARTS: &[(&str, &str)] = &[
    ("ByteStr", "any text; the types hold it"),
    ("Document", "an XML document on its way to one of the types"),
    ("Scan", "walks the value of a line"),
];

/// Enumerations of which each variant is generated and has golden octets: source, type, generator, golden files.
const VARIANTS: &[(&str, &str, &str, &[&str])] = &[
    (
        "rtcp/rtcp_packet.rs",
        "RtcpPacket",
        "rtcp/tests/property.rs",
        &["rtcp/tests.rs", "rtcp/tests/source.rs", "rtcp/tests/feedback.rs", "rtcp/tests/extended.rs"],
    ),
    ("rtcp/feedback/transport.rs", "TransportMessage", "rtcp/tests/property.rs", &["rtcp/tests/feedback.rs"]),
    ("rtcp/feedback/payload.rs", "PayloadMessage", "rtcp/tests/property.rs", &["rtcp/tests/feedback.rs"]),
    ("rtp/fec/flex.rs", "FlexFec", "rtp/tests/property.rs", &["rtp/tests/fec.rs"]),
    (
        "floor/location.rs",
        "Location",
        "floor/tests/property.rs",
        &["floor/tests/golden.rs", "floor/tests.rs", "floor/tests/acceptance.rs"],
    ),
];

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn read(file: &str) -> String {
    std::fs::read_to_string(sources().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The source files that are not for tests, by path under `src/`.
fn files() -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![sources()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(sources()).unwrap().to_str().unwrap().replace('\\', "/");
            let is_test = ["tests", "fuzzing"].iter().any(|part| name.split('/').any(|own| own == *part));
            match path.is_dir() {
                true if !is_test => folders.push(path),
                false if !is_test && name.ends_with(".rs") && !name.ends_with("tests.rs") => found.push(name),
                _ => {}
            }
        }
    }
    found.sort();
    found
}

fn word(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
}

/// What follows on the generic parameters of an `impl`, if it has any.
fn behind_generics(text: &str) -> &str {
    if !text.starts_with('<') {
        return text;
    }
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        depth += match c {
            '<' => 1,
            '>' => -1,
            _ => 0,
        };
        if depth == 0 {
            return &text[at + 1..];
        }
    }
    text
}

/// Functions of which one makes its type a type that can be decoded.
const READERS: [&str; 7] = ["decode", "parse", "examine", "read", "from_base64", "split", "from_octets"];

/// What can be decoded in a file, and whether it is a view of a header field or an attribute.
fn decodable(file: &str, found: &mut BTreeMap<String, &'static str>) {
    let text = read(file);
    let mut own = None;
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("impl") {
            let rest = behind_generics(rest).trim_start();
            own = (!rest.contains(" for ")).then(|| word(rest).to_owned());
            if let Some((of, name)) = rest.split_once(" for ") {
                let name = word(name).to_owned();
                match of {
                    "FieldValue" if file.starts_with("sip/") => drop(found.entry(name).or_insert("view")),
                    "FieldValue" => drop(found.insert(name, "type")),
                    "TypedAttribute" => drop(found.entry(name).or_insert("attribute")),
                    _ => {}
                }
            }
        } else if let Some(rest) = line.strip_prefix("typed_attribute!(") {
            found.insert(word(rest).to_owned(), "attribute");
        } else if let Some(rest) = line.strip_prefix("    pub fn ") {
            let reads = READERS.contains(&word(rest)) && !rest.contains("(&self");
            if let Some(name) = own.as_ref().filter(|_| reads && !file.starts_with("sdp/attribute")) {
                found.insert(name.clone(), "type");
            }
        } else if line == "messages! {" {
            let lines = text.lines().skip_while(|line| *line != "messages! {").skip(1);
            // The first line names the enumeration where the messages are fields in RTCP.
            let head = lines.map(str::trim).find(|line| !line.starts_with('/')).unwrap();
            if head.ends_with(';') {
                found.insert(word(head).to_owned(), "type");
            }
        }
    }
}

fn has_test(file: &str, test: &str) -> bool {
    let text = read(file);
    match test {
        "" => text.contains("#[test]"),
        test => text.contains(&format!("fn {test}(")) || text.contains(&format!("    {test}: ")),
    }
}

fn names(file: &str, name: &str) -> bool {
    read(file).match_indices(name).any(|(at, _)| {
        let text = read(file);
        let before = text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric());
        before && !text[at + name.len()..].starts_with(|c: char| c.is_alphanumeric())
    })
}

#[test]
fn every_type_that_can_be_decoded_has_a_generator_and_golden_values() {
    let mut found = BTreeMap::new();
    for file in files() {
        decodable(&file, &mut found);
    }
    assert!(found.len() > 120, "{} types", found.len());
    let shapes = read("sip/field/shape.rs");
    let attributes = read(SDP);
    let golden: String = ["attributes", "crypto", "description", "deviations"]
        .map(|name| read(&format!("sdp/tests/{name}.rs")))
        .concat();
    let mut missing = Vec::new();
    for (name, kind) in &found {
        let proven = PROOFS.iter().any(|(own, ..)| own == name) || PARTS.iter().any(|(own, _)| own == name);
        match *kind {
            _ if proven => {}
            // Views are generated and written out by header field, see below.
            "view"
                if shapes.contains(&format!("<{name}")) || ["Contact", "Hop", "List"].contains(&&**name) => {}
            "attribute" if attributes.contains(&format!(": {name} = ")) && golden.contains(&**name) => {}
            _ => missing.push(format!("{name} ({kind})")),
        }
    }
    assert_eq!(missing, Vec::<String>::new(), "no generator or no golden values");
    for (name, ..) in PROOFS {
        assert!(found.contains_key(*name), "{name} cannot be decoded any more");
    }
    for (name, reason) in PARTS {
        assert!(found.contains_key(*name), "{name} ({reason}) is gone");
    }
}

#[test]
fn the_named_generators_and_golden_values_are_there() {
    for (name, generator, golden) in PROOFS {
        for (file, test) in [generator, golden] {
            assert!(has_test(file, test), "{name}: {file} has no test {test}");
        }
        assert!(read(generator.0).contains("proptest!"), "{name}: {} has no generator", generator.0);
    }
    // Fields are named by what holds them; all other types by their own name.
    for (name, generator, golden) in PROOFS.iter().filter(|(name, ..)| !name.ends_with("Field")) {
        let aliases = [*name, "survives", "golden", "decode("];
        for file in [generator.0, golden.0] {
            assert!(
                aliases.iter().any(|alias| names(file, alias) || read(file).contains(alias)),
                "{name}: {file}"
            );
        }
    }
}

#[test]
fn every_variant_is_generated_and_has_golden_octets() {
    for (source, name, generator, golden) in VARIANTS {
        let text = read(source);
        let body = text
            .split(&format!("pub enum {name} {{"))
            .nth(1)
            .and_then(|rest| rest.split("\n}").next())
            .unwrap();
        let variants = body.lines().filter_map(|line| line.strip_prefix("    ").map(word));
        let variants: Vec<_> = variants.filter(|word| word.starts_with(char::is_uppercase)).collect();
        assert!(variants.len() > 2, "{name}: {variants:?}");
        let generated = read(generator);
        let written: String = golden.iter().map(|file| read(file)).collect();
        for variant in variants {
            let variant = format!("{name}::{variant}");
            assert!(generated.contains(&variant), "{variant} is not generated");
            assert!(written.contains(&variant), "{variant} has no golden octets");
        }
    }
}

/// Every header field that has a view is in the list that the generator of [`sip/field/tests/generated.rs`] walks, and is
/// written out in one of the tables.
#[test]
fn every_header_field_with_a_view_has_golden_values() {
    let tables: String = ["words", "lists", "addresses", "authentication", "capabilities"]
        .map(|table| read(&format!("sip/field/tests/{table}.rs")))
        .concat();
    let shapes = read("sip/field/shape.rs");
    let body = shapes.split("let view = match name {").nth(1).unwrap();
    let list = read("fuzzing/sip.rs");
    let mut seen = 0;
    for part in body.split("Name::").skip(1) {
        let name = word(part);
        if name == "Other" {
            continue;
        }
        seen += 1;
        assert!(list.contains(&format!("HeaderName::{name},")), "{name} is in no list of the generator");
        assert!(names("sip/field/tests/generated.rs", &format!("Name::{name}")), "{name} has no generator");
        assert!(tables.contains(&format!("Name::{name}")), "{name} has no golden values");
    }
    assert!(seen > 90, "{seen} header fields");
}
