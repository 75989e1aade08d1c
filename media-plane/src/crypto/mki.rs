//! Master key identifiers: what packets say about the key that they are under (RFC 3711 3.1, 3.4).

use mcptt_codec::sdp::{InlineKey, MasterKeyIdentifier};

use super::ProtectionError;

/// Octets of the longest one: the identifiers of a group's key and of the user's (TS 24.380 13).
const MOST: usize = size_of::<u64>();

/// The identifier of a key, as it stands in packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mki {
    octets: [u8; MOST],
    /// Where it begins in these.
    from: u8,
}

impl Mki {
    const NONE: Self = Self { octets: [0; MOST], from: MOST as u8 };

    /// That of a key; where it has none, packets say nothing.
    pub(super) fn of(key: &InlineKey) -> Result<Self, ProtectionError> {
        let Some(MasterKeyIdentifier { value, octets }) = key.mki else { return Ok(Self::NONE) };
        let from = MOST.checked_sub(octets.into()).and_then(|from| u8::try_from(from).ok());
        let from = from.filter(|_| octets != 0).ok_or(ProtectionError::UnsupportedSuite)?;
        let fits = octets == MOST as u8 || value >> (8 * u32::from(octets)) == 0;
        if fits {
            Ok(Self { octets: value.to_be_bytes(), from })
        } else {
            Err(ProtectionError::UnsupportedSuite)
        }
    }

    /// Whether packets say nothing.
    pub(super) const fn is_empty(self) -> bool {
        self.from as usize == MOST
    }

    fn as_slice(&self) -> &[u8] {
        &self.octets[usize::from(self.from)..]
    }

    /// Writes it into a packet, in front of its last octets.
    //= RFC3711-3.2.3
    pub(super) fn put(&self, packet: &mut Vec<u8>, behind: usize) {
        if self.is_empty() {
            return;
        }
        let at = packet.len().saturating_sub(behind);
        let tail = packet.len() - at;
        packet.extend_from_slice(self.as_slice());
        packet[at..].rotate_left(tail);
    }

    /// Takes one of the same length out of a packet.
    pub(super) fn take(self, packet: &mut Vec<u8>, behind: usize) -> Result<Self, ProtectionError> {
        let length = self.as_slice().len();
        let at = packet.len().checked_sub(behind + length).ok_or(ProtectionError::Malformed)?;
        let mut taken = Self { octets: [0; MOST], from: self.from };
        taken.octets[usize::from(self.from)..].copy_from_slice(&packet[at..at + length]);
        packet.drain(at..at + length);
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use mcptt_codec::sdp::KeySalt;

    use super::*;

    fn mki(value: u64, octets: u8) -> Result<Mki, ProtectionError> {
        let mki = Some(MasterKeyIdentifier { value, octets });
        Mki::of(&InlineKey { key_salt: KeySalt::new(vec![0; 28]), lifetime: None, mki })
    }

    #[test]
    fn an_identifier_stands_in_front_of_the_tag() {
        let identifier = mki(0x0102, 3).unwrap();
        let mut packet = vec![9, 9, 7, 7];
        identifier.put(&mut packet, 2);
        assert_eq!(packet, [9, 9, 0, 1, 2, 7, 7]);
        assert_eq!(mki(5, 3).unwrap().take(&mut packet, 2), Ok(identifier));
        assert_eq!(packet, [9, 9, 7, 7]);
        assert_eq!(identifier.take(&mut vec![1, 2, 3, 4], 2), Err(ProtectionError::Malformed));
        Mki::NONE.put(&mut packet, 0);
        assert_eq!(packet.len(), 4);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (value, octets) in [(1, 0), (1, 9), (256, 1)] {
            assert_eq!(mki(value, octets), Err(ProtectionError::UnsupportedSuite));
        }
        assert_eq!(mki(u64::MAX, 8).unwrap().as_slice(), [0xff; 8]);
    }
}
