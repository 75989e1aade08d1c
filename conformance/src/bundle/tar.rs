//! The one kind of archive that bundles are: POSIX ustar with plain files, no times, no owners, so that the same content is the
//! same octets. `tar xf` opens it.

use thiserror::Error;

const BLOCK: usize = 512;
/// Octets of a name.
const NAME: usize = 100;
/// Files in one archive.
pub(super) const MAX_FILES: usize = 20_000;
/// Octets of one archive that are read.
pub(super) const MAX_SIZE: usize = 2 << 30;

/// Why an archive cannot be read or written.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum TarError {
    /// The name of a file is longer than the format has room for, or leaves the archive.
    #[error("the name '{0}' cannot be in a bundle")]
    Name(String),
    /// Something is wrong at an offset.
    #[error("octet {offset}: {what}")]
    Damaged {
        /// Octets before it.
        offset: usize,
        /// What.
        what: &'static str,
    },
}

/// A name that stays below the folder in which the archive is unpacked.
fn is_safe(name: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part != "." && part != "..";
    name.len() <= NAME && name.split('/').all(part) && !name.contains(['\\', '\0'])
}

/// Writes files in the order given.
pub(super) fn write(files: &[(String, Vec<u8>)]) -> Result<Vec<u8>, TarError> {
    let mut out = Vec::new();
    for (name, content) in files {
        if !is_safe(name) {
            return Err(TarError::Name(name.clone()));
        }
        let mut header = [0_u8; BLOCK];
        let mut put = |at: usize, text: &str| {
            for (place, octet) in header.iter_mut().skip(at).zip(text.bytes()) {
                *place = octet;
            }
        };
        put(0, name);
        put(100, "0000644\0");
        put(108, "0000000\0");
        put(116, "0000000\0");
        put(124, &format!("{:011o}\0", content.len()));
        put(136, "00000000000\0");
        put(148, "        ");
        put(156, "0");
        put(257, "ustar\x0000");
        let sum: u32 = header.iter().map(|octet| u32::from(*octet)).sum();
        for (place, octet) in header.iter_mut().skip(148).zip(format!("{sum:06o}\0 ").bytes()) {
            *place = octet;
        }
        out.extend_from_slice(&header);
        out.extend_from_slice(content);
        out.resize(out.len().next_multiple_of(BLOCK), 0);
    }
    out.resize(out.len() + 2 * BLOCK, 0);
    Ok(out)
}

/// Reads the files of an archive. Whatever [`write`] does not write is refused.
pub(super) fn read(archive: &[u8]) -> Result<Vec<(String, &[u8])>, TarError> {
    let mut files = Vec::new();
    let mut offset = 0;
    loop {
        let damaged = |what| TarError::Damaged { offset, what };
        let header =
            archive.get(offset..offset + BLOCK).ok_or(damaged("the archive ends without its end mark"))?;
        if header.iter().all(|octet| *octet == 0) {
            let rest = archive.get(offset..).unwrap_or_default();
            let ends = rest.len() == 2 * BLOCK && rest.iter().all(|octet| *octet == 0);
            return if ends { Ok(files) } else { Err(damaged("something follows the end mark")) };
        }
        let text = |from: usize, length: usize| {
            let field = header.get(from..from + length).unwrap_or_default();
            let end = field.iter().position(|octet| *octet == 0).unwrap_or(length);
            std::str::from_utf8(field.get(..end).unwrap_or_default()).unwrap_or_default()
        };
        let number = |from, length| usize::from_str_radix(text(from, length).trim(), 8).ok();
        let sum: usize = header
            .iter()
            .enumerate()
            .map(|(at, octet)| if (148..156).contains(&at) { usize::from(b' ') } else { usize::from(*octet) })
            .sum();
        if number(148, 8) != Some(sum) {
            return Err(damaged("the checksum of a header is wrong"));
        }
        if text(156, 1) != "0" || text(257, 6) != "ustar" {
            return Err(damaged("this is no plain file"));
        }
        let name = text(0, NAME).to_owned();
        if !is_safe(&name) {
            return Err(TarError::Name(name));
        }
        let size = number(124, 12).filter(|size| *size <= MAX_SIZE).ok_or(damaged("a size is no number"))?;
        let begin = offset + BLOCK;
        let content = archive.get(begin..begin + size).ok_or(damaged("a file is cut short"))?;
        let next = begin + size.next_multiple_of(BLOCK);
        if archive.get(begin + size..next).is_none_or(|padding| padding.iter().any(|octet| *octet != 0)) {
            return Err(damaged("something stands behind a file"));
        }
        if files.len() == MAX_FILES || files.iter().any(|(other, _)| *other == name) {
            return Err(damaged("too many files, or one twice"));
        }
        files.push((name, content));
        offset = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let files = [("a".to_owned(), vec![1; 700]), ("case/b.txt".to_owned(), Vec::new())];
        let archive = write(&files).unwrap();
        let read_back = read(&archive).unwrap();
        assert_eq!(read_back, [("a".to_owned(), &[1; 700][..]), ("case/b.txt".to_owned(), &[][..])]);
        assert!(read(&archive[..archive.len() - 1]).is_err());
        assert!(read(&[archive.clone(), vec![0; 512]].concat()).is_err());
        for at in [0, 130, 150, 156, 260] {
            let mut other = archive.clone();
            other[at] ^= 1;
            assert!(read(&other).is_err(), "octet {at}");
        }
        for name in ["../a", "/a", "", "a//b", &"x".repeat(101)] {
            assert_eq!(write(&[(name.to_owned(), Vec::new())]), Err(TarError::Name(name.to_owned())));
        }
    }

    #[test]
    fn tar_of_the_system_opens_it() {
        let folder = std::env::temp_dir().join(format!("mcptt-tar-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("a.tar");
        std::fs::write(&file, write(&[("case/b.txt".to_owned(), b"hello".to_vec())]).unwrap()).unwrap();
        let Ok(output) = std::process::Command::new("tar").arg("xOf").arg(&file).output() else { return };
        assert_eq!((output.status.success(), output.stdout.as_slice()), (true, &b"hello"[..]));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
