//! Recording from button to file: what a node hands out of a call, and what others make of the files.
#![cfg(all(feature = "driver", feature = "demo"))]

use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use bytes::BytesMut;
use call_control::client::{ClientCommand, GroupCall};
use mcptt_codec::id::{CallRef, LegRef, Ssrc};
use mcptt_codec::rtp::{RtpHeader, RtpPacket};
use mcptt_server::config::{self, RecordingFolder};
use mcptt_server::driver::recording::Recorder;
use mcptt_server::fuzzing::world::World;
use mcptt_server::node::{AboutSpurt, Event, Record, SpurtRef};
use mcptt_server::ue::UeCommand;
use opus_pure::{Application, OpusEncoder};

const FIRE: &str = "sip:fire-1@mc.example.org";
const ALICE: usize = 0;
const BOB: usize = 1;

/// Alice and bob are in a call of their group, and alice has the floor.
fn calling(text: &str, protected: bool) -> World {
    let text = text.replace("protect-media = false", &format!("protect-media = {protected}"));
    let mut world = World::new(config::parse(&text).expect("a valid configuration"));
    for (user, number) in [("sip:alice@mc.example.org", ALICE), ("sip:bob@mc.example.org", BOB)] {
        assert_eq!(world.client(user, protected), number);
        world.signal(number, ClientCommand::Register);
        world.signal(number, ClientCommand::PublishSettings);
        world.signal(number, ClientCommand::Affiliate { groups: vec![FIRE.into()] });
    }
    let call = GroupCall { implicit_request: true, ..GroupCall::new(FIRE) };
    world.signal(ALICE, ClientCommand::CallGroup(call));
    world.advance(Duration::from_millis(100));
    assert!(world.equipment(ALICE).may_send());
    world.take_events();
    world
}

fn recorded() -> String {
    config::DEFAULT.replace("directory = \"\"", "directory = \"recordings\"").replacen(
        "recording = false",
        "recording = true",
        1,
    )
}

fn press(world: &mut World, client: usize) {
    world.command(client, UeCommand::PressToTalk { priority: None, indicator: None });
}

#[test]
fn each_talk_spurt_of_a_recorded_group_is_handed_out_with_who_talks_and_in_clear() {
    for protected in [false, true] {
        let mut world = calling(&recorded(), protected);
        for _ in 0..3 {
            assert!(world.speak(ALICE));
            world.advance(Duration::from_millis(20));
        }
        world.command(ALICE, UeCommand::ReleaseToTalk);
        press(&mut world, BOB);
        assert!(world.speak(BOB));
        let records = world.take_records();
        let mut begun = Vec::new();
        let mut said = Vec::new();
        for record in &records {
            match record {
                Record::Begun { spurt, about } => begun.push((*spurt, about)),
                Record::Packet { spurt, packet, .. } => {
                    let voice = RtpPacket::decode(packet).expect("RTP in clear").payload;
                    assert!(voice.iter().all(|octet| *octet == 0x5a), "{voice:?}");
                    said.push((*spurt, "packet"));
                }
                Record::Ended { spurt, .. } => said.push((*spurt, "end")),
            }
        }
        let [(first, of_alice), (second, of_bob)] = begun[..] else { panic!("{records:#?}") };
        let expected = [vec![(first, "packet"); 3], vec![(first, "end"), (second, "packet")]].concat();
        assert_eq!(said, expected);
        for (about, user, priority) in
            [(of_alice, "sip:alice@mc.example.org", 7), (of_bob, "sip:bob@mc.example.org", 5)]
        {
            let shown =
                (about.mcptt_id.as_ref().map(|id| id.as_str()), about.group.as_ref().map(|id| id.as_str()));
            assert_eq!(shown, (Some(user), Some(FIRE)));
            assert_eq!((about.tier, about.encoding.as_str(), about.clock_rate), ("normal", "AMR-WB", 16_000));
            assert!(!about.sealed && about.priority.is_none_or(|own| own <= priority), "{about:?}");
        }
        // The end of the call is the end of the talk; how it went is an event for the log.
        let running = world.equipment(ALICE).call().expect("a call");
        world.signal(ALICE, ClientCommand::Leave { call: running });
        assert!(matches!(world.take_records()[..], [Record::Ended { spurt, .. }] if spurt == second));
        let quality = world.take_events().into_iter().find_map(|event| match event {
            Event::MediaPlane(media_plane::Event::CallQuality { quality, .. }) => {
                Some((event.log_line(1), quality))
            }
            _ => None,
        });
        let (line, quality) = quality.expect("a summary");
        assert_eq!((quality.spurts, quality.packets, quality.lost), (2, 4, 0));
        assert!(
            line.is_some_and(
                |line| line.contains("\"event\":\"call-quality\"") && line.contains("\"mos\":4.")
            )
        );
    }
}

#[test]
fn nothing_is_handed_out_of_a_group_that_is_not_recorded() {
    let mut world = calling(config::DEFAULT, true);
    assert!(world.speak(ALICE));
    assert_eq!(world.take_records(), []);
}

/// A folder for one test, gone with it.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs a program of Debian's; fails in continuous integration where it is missing.
fn foreign(program: &str, package: &str, arguments: &[&str]) -> Option<Output> {
    match Command::new(program).args(arguments).output() {
        Ok(output) => Some(output),
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "{program}: {error}: apt-get install {package}");
            println!("NOT RUN: {program} is missing (apt-get install {package})");
            None
        }
    }
}

//= RFC7845-5.1 test
//= RFC7845-4:end test
#[test]
fn opus_tools_find_nothing_wrong_with_a_recording() {
    let path = std::env::temp_dir().join(format!("mcptt-opus-tools-{}", std::process::id()));
    let folder = Folder(path.clone());
    let settings = RecordingFolder {
        folder: path,
        retention: Duration::from_secs(86_400 * 3_650),
        queue: 4_096,
        bucket: None,
    };
    let (recorder, finishing) = Recorder::start(&settings).expect("a folder");
    let spurt = SpurtRef(1);
    let about = AboutSpurt {
        at: 1_796_112_000_000,
        mcptt_id: None,
        functional_aliases: Vec::new(),
        call: CallRef(1),
        leg: LegRef(1),
        group: None,
        tier: "normal",
        broadcast: false,
        priority: None,
        location: None,
        encoding: "opus".into(),
        clock_rate: 48_000,
        sealed: false,
    };
    recorder.take(Record::Begun { spurt, about: Box::new(about) });
    let mut encoder = OpusEncoder::new(16_000, 1, Application::Voip).expect("a rate of Opus");
    for number in (0..150_u16).filter(|number| !(60..63).contains(number)) {
        let pcm: Vec<i16> = (0..320_u16).map(|at| ((f32::from(at) * 0.2).sin() * 9_000.0) as i16).collect();
        let mut voice = vec![0; opus_pure::MAX_PACKET_BYTES];
        let length = encoder.encode_s16(&pcm, 320, &mut voice).expect("a frame");
        voice.truncate(length);
        let header = RtpHeader {
            sequence: number,
            timestamp: u32::from(number) * 960,
            ssrc: Ssrc(1),
            ..RtpHeader::default()
        };
        let mut packet = BytesMut::new();
        let whole = RtpPacket { header, payload: voice.into(), padding: Default::default() };
        whole.encode(&mut packet).expect("a packet");
        recorder.take(Record::Packet { spurt, at: 1_796_112_000_000, packet: packet.freeze() });
    }
    recorder.take(Record::Ended { spurt, at: 1_796_112_003_000 });
    drop(recorder);
    finishing.wait();
    let file = folder.0.join("2026-12-01/080000.000-1-1.opus");
    let file = file.to_str().expect("a path of letters");
    if let Some(output) = foreign("opusinfo", "opus-tools", &[file]) {
        let said =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        assert!(said.contains("Playback length: 0m:02.993s") && said.contains("Pre-skip: 312"), "{said}");
        assert!(!said.to_ascii_lowercase().contains("warning"), "{said}");
    }
    let wav = folder.0.join("decoded.wav");
    if let Some(output) =
        foreign("opusdec", "opus-tools", &["--quiet", file, wav.to_str().expect("a path of letters")])
    {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let reader = hound::WavReader::open(&wav).expect("a WAV file");
        // Three seconds less the delay of an encoder.
        assert_eq!((reader.spec().sample_rate, reader.duration()), (48_000, 3 * 48_000 - 312));
    }
}
