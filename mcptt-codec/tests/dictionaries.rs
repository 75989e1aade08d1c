//! The dictionaries of the fuzz targets: generated from the tables and names of the codec and from the seeds, so that a message,
//! field or element that is added to either is in the hands of the fuzzers without anybody having to remember it.
//!
//! `UPDATE_DICTIONARIES=1 cargo test -p mcptt-codec --test dictionaries` writes them anew.

#![allow(clippy::unwrap_used, reason = "a test file; clippy only knows the test functions in it")]

use std::fs;
use std::path::{Path, PathBuf};

use mcptt_codec::floor;
use mcptt_codec::fuzzing::TARGETS;
use mcptt_codec::fuzzing::dictionary::{self, Tokens, words_of_four};
use mcptt_codec::mikey::{self, DataType, PayloadType};
use mcptt_codec::monp;
use mcptt_codec::rtcp::{FirstReleases, PacketType, Protocol};
use mcptt_codec::rtp::ExtensionForm;
use mcptt_codec::session;
use mcptt_codec::sip::{HeaderName, Method};
use mcptt_codec::subchannel;

/// Targets whose input is text; the others read octets.
const TEXT: [&str; 7] =
    ["sip_message", "sip_header", "sip_stream", "sdp", "mcptt_info", "xml_body", "xml_document"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn files(folder: &str) -> Vec<Vec<u8>> {
    let mut paths: Vec<PathBuf> = fs::read_dir(root().join(folder))
        .unwrap_or_else(|error| panic!("{folder}: {error}"))
        .map(|file| file.unwrap().path())
        .collect();
    paths.sort();
    paths.into_iter().map(|path| fs::read(path).unwrap()).collect()
}

/// First two octets of every message that the protocol lists, its name, and of the table of its releases every field with
/// two octets of value and every value that means something.
fn protocol<P: Protocol>(table: &FirstReleases, tokens: &mut Tokens) {
    tokens.insert(P::NAME.to_vec());
    let listed = (0..32).map(P::from_bits).filter(|subtype| subtype.message_name().is_some());
    tokens.extend(listed.map(|subtype| vec![0x80 | subtype.bits(), PacketType::APP.0]));
    for (id, _) in table.fields {
        let length = [0, 2];
        tokens.insert([&[id.0][..], &length[2 - (id.header_len() - 1)..]].concat());
    }
    for row in table.values {
        tokens.insert([&[row.field.0, 2][..], &row.value.to_be_bytes()].concat());
    }
}

fn app_packets(tokens: &mut Tokens) {
    protocol::<floor::Subtype>(&floor::FIRST_RELEASES, tokens);
    protocol::<session::Subtype>(&session::FIRST_RELEASES, tokens);
    protocol::<subchannel::Subtype>(&subchannel::SUBCHANNEL_RELEASES, tokens);
    protocol::<subchannel::NotificationSubtype>(&subchannel::NOTIFICATION_RELEASES, tokens);
}

/// First octets of an RTP packet with each of what it may have, and the profiles of its header extensions.
fn rtp(tokens: &mut Tokens) {
    tokens.extend([0x80, 0x90, 0xa0, 0xb1].map(|first| vec![first, 96]));
    for form in [
        ExtensionForm::OneByte,
        ExtensionForm::TwoByte { app_bits: 0 },
        ExtensionForm::TwoByte { app_bits: 15 },
    ] {
        tokens.insert([form.profile().to_be_bytes(), [0, 1]].concat());
    }
}

/// The beginning of every kind of MIKEY message, and every kind of payload in front of every other end.
fn keys(tokens: &mut Tokens) {
    tokens.extend(DataType::KNOWN.iter().map(|kind| vec![mikey::VERSION, kind.0]));
    tokens.extend(PayloadType::KNOWN.iter().map(|kind| vec![kind.0]));
}

fn off_network(tokens: &mut Tokens) {
    for message in monp::rules::MESSAGES {
        tokens.insert(vec![message.message_type.0]);
        tokens.extend(message.optional.iter().filter_map(|element| Some(vec![element.iei()?.0])));
    }
}

fn sip(tokens: &mut Tokens) {
    tokens.extend(HeaderName::SPELLINGS.iter().map(|name| format!("\r\n{name}: ").into_bytes()));
    tokens.extend(Method::KNOWN.iter().map(|method| format!("{} ", method.as_str()).into_bytes()));
}

/// What stands between the delimiters of text, with the delimiter that leads or ends it where that is part of its meaning.
fn words_of_text(seed: &[u8], tokens: &mut Tokens) {
    let is_word = |octet: &u8| octet.is_ascii_alphanumeric() || b"+-._%/:".contains(octet);
    let mut at = 0;
    while at < seed.len() {
        let length = seed[at..].iter().take_while(|octet| is_word(octet)).count();
        if length == 0 {
            at += 1;
            continue;
        }
        let lead = usize::from(at > 0 && b"<;?\"".contains(&seed[at - 1]));
        let trail = usize::from(seed.get(at + length).is_some_and(|octet| b"=>".contains(octet)));
        let word = &seed[at - lead..at + length + trail];
        // Numbers and single letters are found without help.
        if word.len() > 2 && word.iter().any(u8::is_ascii_alphabetic) {
            tokens.insert(word.to_vec());
        }
        at += length;
    }
}

/// The words that the decoders of a folder compare with: names of elements, attributes, parameters and values.
fn words_of_source(folder: &Path, tokens: &mut Tokens) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("tests") {
            words_of_source(&path, tokens);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            // Every second part of a line cut at its quotation marks is a literal.
            let literals = code.flat_map(|line| line.split('"').skip(1).step_by(2));
            let is_word = |word: &&str| {
                word.len() > 2 && word.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
            };
            tokens.extend(literals.filter(is_word).map(|word| word.as_bytes().to_vec()));
        }
    }
}

/// Where the decoders of a target live, when it is text.
fn source(target: &str) -> Option<&'static str> {
    Some(match target {
        "sip_header" => "sip/field",
        "sdp" => "sdp",
        "mcptt_info" => "xml/mcptt_info",
        "xml_body" | "xml_document" => "xml",
        _ => return None,
    })
}

fn tokens(target: &str) -> Tokens {
    let mut tokens = Tokens::new();
    if let Some(folder) = source(target) {
        words_of_source(&root().join("mcptt-codec/src").join(folder), &mut tokens);
    }
    match target {
        "floor_packet" => app_packets(&mut tokens),
        "rtcp_compound" | "view_encode" => {
            app_packets(&mut tokens);
            tokens.extend((200..=207).map(|kind| vec![0x81, kind]));
        }
        "rtp_packet" => rtp(&mut tokens),
        "mikey" => keys(&mut tokens),
        "monp" => off_network(&mut tokens),
        "sip_message" | "sip_stream" => sip(&mut tokens),
        "node_steps" => {
            app_packets(&mut tokens);
            sip(&mut tokens);
        }
        "xml_document" => {
            files("mcptt-codec/tests/documents").iter().for_each(|seed| words_of_text(seed, &mut tokens));
        }
        _ => {}
    }
    let is_text = TEXT.contains(&target);
    for seed in files(&format!("fuzz/corpus/{target}")) {
        if is_text {
            words_of_text(&seed, &mut tokens);
        } else if target != "node_steps" {
            words_of_four(&seed, &mut tokens);
        }
    }
    tokens
}

#[test]
fn every_dictionary_is_what_the_tables_and_the_seeds_say() {
    let update = std::env::var_os("UPDATE_DICTIONARIES").is_some();
    for target in TARGETS.iter().map(|(name, _)| *name).chain(["node_steps"]) {
        let path = root().join(format!("fuzz/dictionaries/{target}.dict"));
        let expected = dictionary::written("mcptt-codec/tests/dictionaries.rs", &tokens(target));
        if update {
            fs::write(&path, &expected).unwrap();
        }
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            found == expected,
            "fuzz/dictionaries/{target}.dict is out of date; run UPDATE_DICTIONARIES=1 cargo test -p mcptt-codec --test dictionaries"
        );
    }
}
