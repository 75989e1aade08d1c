//! What is kept is what was said.

use super::super::command::Arguments;
use super::*;

//= RFC7845-5.1 test
//= RFC7845-5.2 test
//= RFC7845-4:end test
#[test]
fn opus_is_kept_octet_for_octet_and_the_index_says_whose_it_is() {
    let folder = Folder::new("opus");
    let started = Recorder::start(&folder.settings()).unwrap();
    let packets = voice(120);
    talk(&started.0, 1, about("opus", 48_000), &numbered(packets.clone()));
    end(&started.0, 1, MORNING + 2_420);
    let counts = written(started);
    assert_eq!((counts.begun(), counts.finished(), counts.packets(), counts.dropped()), (1, 1, 120, 0));
    let indexed = folder.indexed();
    assert_eq!(indexed.len(), 1);
    let said = &indexed[0];
    let file = said["file"].as_str().unwrap();
    assert_eq!(file, "2026-12-01/080000.000-7-3.opus");
    assert_eq!(folder.files(), ["080000.000-7-3.opus"]);
    let (found, whole, samples) = ogg(&folder.0.join(file));
    assert_eq!((found, whole, samples), (packets, true, 120 * 960));
    let expected = serde_json::json!({
        "v": 1, "at": MORNING + 2_420, "event": "recorded", "file": file,
        "start": "2026-12-01T08:00:00.000Z", "end": "2026-12-01T08:00:02.420Z", "begun_ms": MORNING, "seconds": 2.42,
        "mcptt_id": TALKER, "functional_aliases": ["sip:engine-1@mc.example.org"], "group": GROUP, "call": 7, "leg": 3,
        "tier": "emergency", "broadcast": false, "priority": 5, "location": null, "encoding": "opus",
        "clock_rate": 48_000, "sealed": false, "packets": 120, "lost": 0, "complete": true,
        "sha256": said["sha256"], "octets": fs::metadata(folder.0.join(file)).unwrap().len(), "prev": said["prev"],
    });
    assert_eq!(Value::Object(said.clone()), expected);
}

//= RFC7845-4.1:gap test
#[test]
fn what_is_missing_keeps_its_place_and_what_was_overtaken_finds_its_own() {
    let folder = Folder::new("gap");
    let started = Recorder::start(&folder.settings()).unwrap();
    let all = numbered(voice(40));
    let mut sent = all.clone();
    sent.swap(10, 11);
    sent.push(all[5].clone());
    sent.retain(|(number, _)| !(20..=22).contains(number));
    talk(&started.0, 1, about("OPUS", 48_000), &sent);
    end(&started.0, 1, MORNING + 800);
    written(started);
    let said = folder.indexed().remove(0);
    assert_eq!((&said["packets"], &said["lost"]), (&Value::from(38), &Value::from(3)));
    let (found, _, samples) = ogg(&folder.0.join(said["file"].as_str().unwrap()));
    let filled = |number: u16, packet: &[u8]| match (20..=22).contains(&number) {
        true => vec![all[22].1[0] & 0xfc],
        false => packet.to_vec(),
    };
    let expected: Vec<_> = all.iter().map(|(number, packet)| filled(*number, packet)).collect();
    assert_eq!((found, samples), (expected, 40 * 960));
}

#[test]
fn g711_becomes_wav_with_silence_where_something_is_missing() {
    for (encoding, octet, sample) in [("PCMU", 0x80, 32_124), ("pcma", 0xaa, 32_256)] {
        let folder = Folder::new(encoding);
        let started = Recorder::start(&folder.settings()).unwrap();
        let spurt = SpurtRef(1);
        started.0.take(Record::Begun { spurt, about: Box::new(about(encoding, 8_000)) });
        for (sequence, timestamp) in [(65_535, u32::MAX - 159), (1, 160)] {
            let packet = rtp(sequence, timestamp, &[octet; 160]);
            started.0.take(Record::Packet { spurt, at: MORNING, packet });
        }
        end(&started.0, 1, MORNING + 60);
        written(started);
        let said = folder.indexed().remove(0);
        assert_eq!(said["lost"], 1);
        let mut reader = hound::WavReader::open(folder.0.join(said["file"].as_str().unwrap())).unwrap();
        assert_eq!((reader.spec().sample_rate, reader.spec().channels), (8_000, 1));
        let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
        let expected = [vec![sample; 160], vec![0; 160], vec![sample; 160]].concat();
        assert_eq!(samples, expected, "{encoding}");
    }
}

#[test]
fn what_is_sealed_and_what_has_no_file_format_is_kept_as_it_came() {
    for (encoding, sealed) in [("opus", true), ("AMR-WB", false)] {
        let folder = Folder::new(&format!("sealed-{sealed}"));
        let started = Recorder::start(&folder.settings()).unwrap();
        let packets: Vec<_> = (1..4).map(|number| (number, vec![0xab; 40])).collect();
        talk(&started.0, 1, AboutSpurt { sealed, ..about(encoding, 16_000) }, &packets);
        end(&started.0, 1, MORNING + 60);
        written(started);
        let said = folder.indexed().remove(0);
        assert_eq!(said["sealed"], sealed);
        let file = said["file"].as_str().unwrap();
        assert!(file.ends_with(".rtpdump"), "{file}");
        let octets = fs::read(folder.0.join(file)).unwrap();
        let mut expected = b"#!rtpplay1.0 0.0.0.0/0\n".to_vec();
        expected.extend(u32::try_from(MORNING / 1_000).unwrap().to_be_bytes());
        expected.extend([0; 12]);
        for number in 1..4_u16 {
            expected.extend(60_u16.to_be_bytes());
            expected.extend(52_u16.to_be_bytes());
            expected.extend((u32::from(number) * 20).to_be_bytes());
            expected.extend(rtp(number, u32::from(number) * 960, &[0xab; 40]));
        }
        assert_eq!(octets, expected);
    }
}

fn run(folder: &Folder, arguments: &[&str]) -> (Result<(), String>, String) {
    use clap::Parser;
    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }
    let directory = folder.0.to_str().unwrap();
    let line = Line::parse_from([&["recordings", "--directory", directory], arguments].concat());
    let mut out = Vec::new();
    let now = std::time::SystemTime::UNIX_EPOCH + Duration::from_millis(MORNING + 60_000);
    let outcome = line.arguments.run(now, &mut out);
    (outcome, String::from_utf8(out).unwrap())
}

#[test]
fn recordings_are_listed_and_what_was_changed_is_found() {
    let folder = Folder::new("command");
    let started = Recorder::start(&folder.settings()).unwrap();
    for (spurt, group) in [(1, GROUP), (2, "sip:rail-1@mc.example.org")] {
        let about = AboutSpurt { group: Some(group.into()), ..about("opus", 48_000) };
        talk(&started.0, spurt, about, &numbered(voice(5)));
        end(&started.0, spurt, MORNING + 100);
    }
    written(started);
    // Two that began at the same moment on the same leg have different names.
    assert_eq!(folder.files(), ["080000.000-7-3-1.opus", "080000.000-7-3.opus"]);
    let (outcome, said) = run(&folder, &["--group", GROUP, "--since", "5m", "--format", "csv"]);
    assert_eq!(outcome, Ok(()));
    let expected = format!(
        "start,seconds,group,talker,tier,sealed,file\r\n\
         2026-12-01T08:00:00.000Z,0.1,{GROUP},{TALKER},emergency,false,2026-12-01/080000.000-7-3.opus\r\n"
    );
    assert_eq!(said, expected);
    assert_eq!(run(&folder, &["--since", "30s"]).1.lines().count(), 1);
    assert_eq!(run(&folder, &["--talker", TALKER, "--format", "json"]).1.lines().count(), 2);
    assert!(run(&folder, &["--until", "sometime"]).0.unwrap_err().contains("--until sometime"));

    let (outcome, said) = run(&folder, &["--verify"]);
    assert_eq!(outcome, Ok(()), "{said}");
    assert!(said.starts_with("2 records from the first, 0 lines unreadable\nlast record: "), "{said}");
    assert!(said.ends_with("2 files as they were written, 0 in the object store only\n"), "{said}");
    let file = folder.0.join("2026-12-01/080000.000-7-3.opus");
    let mut octets = fs::read(&file).unwrap();
    let last = octets.len() - 1;
    octets[last] ^= 1;
    fs::write(&file, octets).unwrap();
    fs::remove_file(folder.0.join("2026-12-01/080000.000-7-3-1.opus")).unwrap();
    let (outcome, said) = run(&folder, &["--verify"]);
    assert!(outcome.unwrap_err().contains("broken in 0 places, 2 files"));
    assert!(said.contains("080000.000-7-3.opus: was changed"), "{said}");
    let index = folder.0.join("index/2026-12-01.jsonl");
    let changed = fs::read_to_string(&index).unwrap().replacen(TALKER, "sip:bob@mc.example.org", 1);
    fs::write(&index, changed).unwrap();
    assert!(run(&folder, &["--verify"]).0.unwrap_err().contains("broken in 1 places"));
}
