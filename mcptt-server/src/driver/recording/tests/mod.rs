//! Recordings from the records of a node to the files and back.

mod bucket;
mod failing;
mod kept;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use mcptt_codec::id::{CallRef, LegRef, Ssrc};
use mcptt_codec::rtp::{RtpHeader, RtpPacket};
use opus_pure::{Application, OggOpusReader, OpusDecoder, OpusEncoder};
use serde_json::{Map, Value};

use super::{Finishing, Recorder, index};
use crate::config::RecordingFolder;
use crate::driver::clock;
use crate::driver::store::events::{Wanted, query_log};
use crate::node::{AboutSpurt, Record, SpurtRef};

/// 2026-12-01T08:00:00Z in milliseconds.
const MORNING: u64 = 1_796_112_000_000;
const TALKER: &str = "sip:alice@mc.example.org";
const GROUP: &str = "sip:fire-1@mc.example.org";

/// A folder for one test, gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("mcptt-recording-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn settings(&self) -> RecordingFolder {
        RecordingFolder {
            folder: self.0.clone(),
            retention: Duration::from_secs(365 * 86_400),
            queue: 100_000,
            bucket: None,
        }
    }

    /// What the index says.
    fn indexed(&self) -> Vec<Map<String, Value>> {
        let mut found = Vec::new();
        let _ = query_log(&index::folder(&self.0), &Wanted::default(), |line| {
            found.push(line.members.clone());
            Ok(())
        });
        found
    }

    /// Notes and files of the day, without the notes where `all` is false.
    fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.0.join("2026-12-01"))
            .map(|files| files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect())
            .unwrap_or_default();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn about(encoding: &str, clock_rate: u32) -> AboutSpurt {
    AboutSpurt {
        at: MORNING,
        mcptt_id: Some(TALKER.into()),
        functional_aliases: vec!["sip:engine-1@mc.example.org".into()],
        call: CallRef(7),
        leg: LegRef(3),
        group: Some(GROUP.into()),
        tier: "emergency",
        broadcast: false,
        priority: Some(5),
        location: None,
        encoding: encoding.into(),
        clock_rate,
        sealed: false,
    }
}

fn rtp(sequence: u16, timestamp: u32, payload: &[u8]) -> Bytes {
    let header = RtpHeader { payload_type: 96, sequence, timestamp, ssrc: Ssrc(9), ..RtpHeader::default() };
    let mut octets = BytesMut::new();
    RtpPacket { header, payload: Bytes::copy_from_slice(payload), padding: Bytes::new() }
        .encode(&mut octets)
        .unwrap();
    octets.freeze()
}

/// So many Opus packets of 20 ms.
fn voice(packets: usize) -> Vec<Vec<u8>> {
    let mut encoder = OpusEncoder::new(16_000, 1, Application::Voip).unwrap();
    let sample = |place: usize| ((place as f32 * 0.05).sin() * 12_000.0) as i16;
    (0..packets)
        .map(|packet| {
            let pcm: Vec<i16> = (0..320).map(|place| sample(packet * 320 + place)).collect();
            let mut octets = vec![0; opus_pure::MAX_PACKET_BYTES];
            let length = encoder.encode_s16(&pcm, 320, &mut octets).unwrap();
            octets.truncate(length);
            octets
        })
        .collect()
}

/// Gives a talk spurt: its packets in this order, each with its number; 960 ticks from one number to the next.
fn talk(recorder: &Recorder, spurt: u64, about: AboutSpurt, packets: &[(u16, Vec<u8>)]) {
    let spurt = SpurtRef(spurt);
    recorder.take(Record::Begun { spurt, about: Box::new(about) });
    for (number, payload) in packets {
        let packet = rtp(*number, u32::from(*number) * 960, payload);
        recorder.take(Record::Packet { spurt, at: MORNING + u64::from(*number) * 20, packet });
    }
}

fn end(recorder: &Recorder, spurt: u64, at: u64) {
    recorder.take(Record::Ended { spurt: SpurtRef(spurt), at });
}

fn numbered(packets: Vec<Vec<u8>>) -> Vec<(u16, Vec<u8>)> {
    (1..).zip(packets).collect()
}

/// Waits until everything is written.
fn written((recorder, finishing): (Recorder, Finishing)) -> std::sync::Arc<super::Counts> {
    let counts = std::sync::Arc::clone(recorder.counts());
    drop(recorder);
    finishing.wait();
    counts
}

/// The packets of an Ogg file as another reader finds them, whether it has an end, and how many samples they decode to.
fn ogg(path: &Path) -> (Vec<Vec<u8>>, bool, usize) {
    let mut reader = OggOpusReader::new(fs::File::open(path).unwrap()).unwrap();
    let mut decoder = OpusDecoder::new(48_000, 1).unwrap();
    let (mut packets, mut whole, mut samples) = (Vec::new(), false, 0);
    while let Some(packet) = reader.read_packet().unwrap() {
        let mut pcm = vec![0; opus_pure::MAX_PACKET_SAMPLES];
        samples += decoder.decode_s16(&packet.data, 5_760, &mut pcm).unwrap();
        whole |= packet.end_of_stream;
        packets.push(packet.data);
    }
    (packets, whole, samples)
}

/// Waits for something that another thread brings about.
fn until(what: &str, is: impl Fn() -> bool) {
    let end = clock::now() + Duration::from_secs(60);
    while !is() {
        assert!(clock::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
