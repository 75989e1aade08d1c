//! Disks that fail, processes that end, queues that are full.

use std::io::{self, Seek, SeekFrom, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use super::super::{Files, Medium, Opened, Target};
use super::*;

/// Copies a folder as a crash would leave it: what is in the files at this moment.
fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copied(&path, &target),
            false => assert!(fs::copy(&path, &target).is_ok()),
        }
    }
}

/// The folder that is left when the process ends while somebody talks, `torn` octets of the file missing.
/// `least`: octets that the file has when everything but the last page is in it.
fn left_behind(name: &str, encoding: &str, packets: &[(u16, Vec<u8>)], least: u64, torn: usize) -> Folder {
    let folder = Folder::new(&format!("{name}-alive"));
    let clock_rate = if encoding == "opus" { 48_000 } else { 8_000 };
    let started = Recorder::start(&folder.settings()).unwrap();
    talk(&started.0, 1, about(encoding, clock_rate), packets);
    let path = || {
        fs::read_dir(folder.0.join("2026-12-01"))
            .ok()?
            .map(|file| file.unwrap().path())
            .find(|path| path.extension().is_none_or(|extension| extension != "open"))
    };
    // Everything but the last page was brought to the disk, and the note says what it is.
    let length = || path().map_or(0, |path| fs::metadata(path).unwrap().len());
    until("the packets reach the file", || length() >= least);
    let left = Folder::new(&format!("{name}-left"));
    copied(&folder.0, &left.0);
    let file = left.0.join("2026-12-01").join(path().unwrap().file_name().unwrap());
    let length = fs::metadata(&file).unwrap().len();
    fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(length - torn as u64).unwrap();
    written(started);
    left
}

#[test]
fn what_the_end_of_the_process_has_cut_off_is_completed_and_indexed_with_at_most_a_second_missing() {
    let packets = numbered(voice(200));
    let least = packets[..174].iter().map(|(_, packet)| packet.len() as u64).sum();
    for torn in [0, 33] {
        let left = left_behind(&format!("torn-{torn}"), "opus", &packets, least, torn);
        assert_eq!(left.files(), ["080000.000-7-3.opus", "080000.000-7-3.opus.open"]);
        let counts = written(Recorder::start(&left.settings()).unwrap());
        assert_eq!((counts.recovered(), left.files().len()), (1, 1));
        let said = left.indexed().remove(0);
        assert_eq!((&said["complete"], &said["mcptt_id"]), (&Value::from(false), &Value::from(TALKER)));
        let (found, whole, samples) = ogg(&left.0.join(said["file"].as_str().unwrap()));
        assert_eq!(said["seconds"], samples as f64 / 48_000.0);
        // A page of half a second that was not full, and one that was torn.
        let least = 200 - 26 - if torn == 0 { 0 } else { 26 };
        assert!(whole && found.len() >= least, "{} packets of 200", found.len());
        let given: Vec<_> = packets.iter().take(found.len()).map(|(_, packet)| packet.clone()).collect();
        assert_eq!(found, given);
        // Nothing is done twice.
        let counts = written(Recorder::start(&left.settings()).unwrap());
        assert_eq!((counts.recovered(), left.indexed().len()), (0, 1));
    }
}

#[test]
fn other_formats_are_completed_as_well() {
    let packets: Vec<_> = (1..100).map(|number| (number, vec![0x80; 960])).collect();
    let left = left_behind("torn-wav", "PCMU", &packets, 44 + 99 * 960 * 2, 1);
    assert_eq!(written(Recorder::start(&left.settings()).unwrap()).recovered(), 1);
    let said = left.indexed().remove(0);
    let mut reader = hound::WavReader::open(left.0.join(said["file"].as_str().unwrap())).unwrap();
    let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
    assert!(samples.len() == 99 * 960 - 1 && samples.iter().all(|sample| *sample == 32_124));

    let left = left_behind("torn-packets", "AMR-WB", &packets, 39 + 99 * (8 + 12 + 960), 1);
    assert_eq!(written(Recorder::start(&left.settings()).unwrap()).recovered(), 1);
    let said = left.indexed().remove(0);
    let octets = fs::read(left.0.join(said["file"].as_str().unwrap())).unwrap();
    assert_eq!(octets.len(), 23 + 16 + 98 * (8 + 12 + 960));
}

#[test]
fn a_note_without_a_usable_file_goes_away() {
    let folder = Folder::new("notes");
    let day = folder.0.join("2026-12-01");
    fs::create_dir_all(&day).unwrap();
    for (name, note, octets) in [
        ("a.opus", "{\"file\":\"2026-12-01/a.opus\"}", "Ogg"),
        ("b.wav", "{\"fi", ""),
        ("c.rtpdump", "{}", "#!"),
    ] {
        fs::write(day.join(name), octets).unwrap();
        fs::write(day.join(format!("{name}.open")), note).unwrap();
    }
    let counts = written(Recorder::start(&folder.settings()).unwrap());
    assert_eq!((counts.recovered(), folder.files(), folder.indexed().len()), (0, Vec::new(), 0));
}

/// Files on a disk that is full while it is told to be.
struct Small(Arc<AtomicBool>);

struct SmallFile(Box<dyn Target>, Arc<AtomicBool>);

impl Write for SmallFile {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        match self.1.load(Ordering::SeqCst) {
            true => Err(io::ErrorKind::StorageFull.into()),
            false => self.0.write(octets),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Seek for SmallFile {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.0.seek(position)
    }
}

impl Medium for Small {
    fn create(&mut self, path: &Path) -> io::Result<Opened> {
        let Opened { target, sync } = Files.create(path)?;
        Ok(Opened { target: Box::new(SmallFile(target, Arc::clone(&self.0))), sync })
    }
}

#[test]
fn a_full_disk_costs_what_does_not_fit_and_nothing_else() {
    let folder = Folder::new("full");
    let full = Arc::new(AtomicBool::new(false));
    let started = Recorder::start_on(&folder.settings(), Small(Arc::clone(&full))).unwrap();
    let (packets, counts) = (numbered(voice(200)), Arc::clone(started.0.counts()));
    talk(&started.0, 1, about("opus", 48_000), &packets[..100]);
    until("the first packets are taken", || counts.packets() == 100);
    full.store(true, Ordering::SeqCst);
    for (number, payload) in &packets[100..] {
        let packet = rtp(*number, u32::from(*number) * 960, payload);
        started.0.take(Record::Packet { spurt: SpurtRef(1), at: MORNING, packet });
    }
    end(&started.0, 1, MORNING + 4_000);
    // One that cannot even be begun.
    talk(&started.0, 2, about("opus", 48_000), &packets[..3]);
    end(&started.0, 2, MORNING + 60);
    until("both have failed", || counts.failed() >= 2);
    until("what belongs to them is given up", || counts.dropped() >= 3);
    full.store(false, Ordering::SeqCst);
    talk(&started.0, 3, about("opus", 48_000), &packets[..10]);
    end(&started.0, 3, MORNING + 200);
    let counts = written(started);
    assert_eq!((counts.finished(), counts.recovered()), (1, 1));
    // In either order: what was cut off is completed from time to time.
    let (complete, cut_off): (Vec<_>, Vec<_>) =
        folder.indexed().into_iter().partition(|said| said["complete"] == true);
    assert_eq!((complete.len(), cut_off.len()), (1, 1));
    let said = &cut_off[0];
    let (found, whole, _) = ogg(&folder.0.join(said["file"].as_str().unwrap()));
    assert!(whole && found.len() >= 74, "{} packets of 100", found.len());
}

/// A disk that does not answer until it is told to.
struct Stuck(Arc<(Mutex<bool>, Condvar)>);

impl Medium for Stuck {
    fn create(&mut self, path: &Path) -> io::Result<Opened> {
        let (open, told) = &*self.0;
        let _open = told.wait_while(open.lock().unwrap(), |open| !*open).unwrap();
        Files.create(path)
    }
}

#[test]
fn a_disk_that_does_not_answer_holds_nobody_up() {
    let folder = Folder::new("stuck");
    let gate = Arc::new((Mutex::new(false), Condvar::new()));
    let settings = RecordingFolder { queue: 64, ..folder.settings() };
    let started = Recorder::start_on(&settings, Stuck(Arc::clone(&gate))).unwrap();
    // All of this returns although nothing is written; what the queue does not hold is counted.
    talk(&started.0, 1, about("opus", 48_000), &numbered(voice(200)));
    let counts = Arc::clone(started.0.counts());
    let dropped = counts.dropped();
    assert!((135..=137).contains(&dropped), "{dropped}");
    *gate.0.lock().unwrap() = true;
    gate.1.notify_all();
    written(started);
    assert_eq!((counts.finished(), counts.packets() + dropped), (1, 200));
}
