//! Files that were not completed: the process was killed, the power was lost, the disk was full. Whatever is whole of them is
//! kept.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Cursor};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use ::ogg::PacketReader;

use super::format::Format;
use super::format::ogg::{self, OggOpus};
use super::format::wav;

/// The ending of a file that is going to take the place of another one.
pub(super) const NEW: &str = "new";

/// Packets that precede the sound.
const OGG_HEADERS: usize = 2;
/// Octets that precede the samples.
const WAV_HEADER: usize = 44;
/// Octets of the head of a file of packets: a line, then 16 octets.
const PACKETS_HEADER: usize = 16;

/// Completes a file in its place; says how long what is left of it takes. `None`: nothing of it can be used.
pub(super) fn complete(path: &Path) -> io::Result<Option<Duration>> {
    let octets = match fs::read(path) {
        Ok(octets) => octets,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("opus") => opus(path, octets),
        Some("wav") => wav(path, &octets),
        _ => packets(path, &octets),
    }
}

/// A file beside it, which takes its place when it is complete.
fn replace(path: &Path, write: impl FnOnce(File) -> io::Result<()>) -> io::Result<()> {
    let new = path.with_extension(NEW);
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    let same = file.try_clone()?;
    write(file)?;
    same.sync_all()?;
    fs::rename(&new, path)
}

fn opus(path: &Path, octets: Vec<u8>) -> io::Result<Option<Duration>> {
    let mut reader = PacketReader::new(Cursor::new(octets));
    let (mut packets, mut serial, mut whole) = (Vec::new(), 0, false);
    // It ends at the first page that is not whole.
    while let Ok(Some(packet)) = reader.read_packet() {
        serial = packet.stream_serial();
        whole = packet.last_in_stream();
        packets.push(packet.data);
    }
    if packets.len() <= OGG_HEADERS {
        return Ok(None);
    }
    let granules = |packet: &[u8]| OggOpus::granules(packet).unwrap_or_default();
    let voice = packets.split_off(OGG_HEADERS);
    let length = voice.iter().map(|packet| u64::from(granules(packet))).sum::<u64>();
    // Otherwise it was complete already, and only the index had not heard of it.
    if !whole {
        replace(path, |file| {
            let mut opus = Box::new(OggOpus::new(Box::new(file), serial)?);
            for packet in voice {
                let length = granules(&packet);
                opus.append(packet, length)?;
            }
            opus.finish()
        })?;
    }
    Ok(Some(Duration::from_millis(length.saturating_mul(1_000) / u64::from(ogg::RATE))))
}

fn wav(path: &Path, octets: &[u8]) -> io::Result<Option<Duration>> {
    let Some((header, samples)) = octets.split_at_checked(WAV_HEADER) else { return Ok(None) };
    let rate: Option<[u8; 4]> = header.get(24..28).and_then(|rate| rate.try_into().ok());
    let (Some(rate), false) = (rate.map(u32::from_le_bytes), samples.is_empty()) else { return Ok(None) };
    replace(path, |file| {
        let file = io::BufWriter::new(file);
        let mut writer = hound::WavWriter::new(file, wav::spec(rate)).map_err(wav::io_error)?;
        for sample in samples.chunks_exact(2) {
            let sample = i16::from_le_bytes([sample[0], sample[1]]);
            writer.write_sample(sample).map_err(wav::io_error)?;
        }
        writer.finalize().map_err(wav::io_error)
    })?;
    let length = samples.len() as f64 / 2.0 / f64::from(rate.max(1));
    Ok(Some(Duration::from_secs_f64(length)))
}

fn packets(path: &Path, octets: &[u8]) -> io::Result<Option<Duration>> {
    let Some(line) = octets.iter().position(|octet| *octet == b'\n') else { return Ok(None) };
    let begin = line.saturating_add(1).saturating_add(PACKETS_HEADER);
    let (mut end, mut last) = (begin, 0);
    while let Some(length) = octets.get(end..end.saturating_add(2)) {
        let next = end.saturating_add(u16::from_be_bytes([length[0], length[1]]).into());
        if next == end || next > octets.len() {
            break;
        }
        let offset: Option<[u8; 4]> =
            octets.get(end.saturating_add(4)..end.saturating_add(8)).and_then(|four| four.try_into().ok());
        last = offset.map_or(last, u32::from_be_bytes);
        end = next;
    }
    if end <= begin || end > octets.len() {
        return Ok(None);
    }
    let file = OpenOptions::new().write(true).open(path)?;
    file.set_len(end as u64)?;
    file.sync_all()?;
    Ok(Some(Duration::from_millis(last.into())))
}
