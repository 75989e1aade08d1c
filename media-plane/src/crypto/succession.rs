//! Keys that follow others on the same stream: for a while what is still under the old ones is opened too.

use super::{Protection, ProtectionError};

/// Packets opened under the new keys until the old ones are forgotten: as many as a replay window has room for, so that
/// what was overtaken on the way is still heard.
const OVERLAP: u32 = 64;

/// Closes with the new keys; opens with them, and with the old ones until enough has come under the new.
#[derive(Debug)]
pub(crate) struct Succession {
    new: Box<dyn Protection>,
    old: Option<Box<dyn Protection>>,
    opened: u32,
}

impl Succession {
    pub(crate) fn new(new: Box<dyn Protection>, old: Box<dyn Protection>) -> Self {
        Self { new, old: Some(old), opened: 0 }
    }

    fn unprotect(
        &mut self,
        packet: &mut Vec<u8>,
        open: fn(&mut dyn Protection, &mut Vec<u8>) -> Result<(), ProtectionError>,
    ) -> Result<(), ProtectionError> {
        let Some(old) = &mut self.old else { return open(&mut *self.new, packet) };
        // What is left of a packet that could not be opened is undefined.
        let closed = packet.clone();
        let error = match open(&mut *self.new, packet) {
            Ok(()) => {
                self.opened += 1;
                if self.opened >= OVERLAP {
                    self.old = None;
                }
                return Ok(());
            }
            Err(error) => error,
        };
        *packet = closed;
        open(&mut **old, packet).map_err(|of_old| match of_old {
            ProtectionError::Replayed => of_old,
            _ => error,
        })
    }
}

impl Protection for Succession {
    fn is_transparent(&self) -> bool {
        false
    }

    fn protect_rtp(&mut self, packet: &mut Vec<u8>) -> Result<(), ProtectionError> {
        self.new.protect_rtp(packet)
    }

    fn unprotect_rtp(&mut self, packet: &mut Vec<u8>) -> Result<(), ProtectionError> {
        self.unprotect(packet, |keys, packet| keys.unprotect_rtp(packet))
    }

    fn protect_rtcp(&mut self, packet: &mut Vec<u8>) -> Result<(), ProtectionError> {
        self.new.protect_rtcp(packet)
    }

    fn unprotect_rtcp(&mut self, packet: &mut Vec<u8>) -> Result<(), ProtectionError> {
        self.unprotect(packet, |keys, packet| keys.unprotect_rtcp(packet))
    }
}

#[cfg(test)]
mod tests {
    use mcptt_codec::sdp::{Crypto, CryptoSuite, KeySalt};

    use super::super::{MediaProtection, Srtp};
    use super::*;

    fn context(key: u8) -> Box<dyn Protection> {
        let one = Crypto::new(1, CryptoSuite::AeadAes128Gcm, KeySalt::new(vec![key; 28])).unwrap();
        Box::new(Srtp::new(&MediaProtection { send: one.clone(), receive: one }).unwrap())
    }

    fn packet(sequence: u16) -> Vec<u8> {
        let [high, low] = sequence.to_be_bytes();
        [&[0x80, 96, high, low, 0, 0, 0, 1, 0, 0, 0, 7][..], &[0x5a; 20]].concat()
    }

    fn closed(keys: &mut dyn Protection, sequence: u16) -> Vec<u8> {
        let mut packet = packet(sequence);
        keys.protect_rtp(&mut packet).unwrap();
        packet
    }

    //= RFC8842-5.1:overlap test
    #[test]
    fn the_old_keys_open_until_enough_has_come_under_the_new_ones() {
        let (mut before, mut after, mut foreign) = (context(1), context(2), context(3));
        let mut own = Succession::new(context(2), context(1));
        let mut open = |mut packet: Vec<u8>| own.unprotect_rtp(&mut packet).map(|()| packet);
        let late = closed(&mut *before, 1);
        assert_eq!(open(closed(&mut *before, 0)), Ok(packet(0)));
        assert_eq!(open(closed(&mut *after, 2)), Ok(packet(2)));
        assert_eq!(open(late.clone()), Ok(packet(1)), "overtaken on the way");
        assert_eq!(open(late), Err(ProtectionError::Replayed));
        assert_eq!(open(closed(&mut *foreign, 3)), Err(ProtectionError::Authentication));
        for sequence in 3..70 {
            assert_eq!(open(closed(&mut *after, sequence)), Ok(packet(sequence)));
        }
        assert_eq!(open(closed(&mut *before, 70)), Err(ProtectionError::Authentication), "forgotten");
    }

    #[test]
    fn what_is_sent_is_under_the_new_keys_at_once() {
        let mut own = Succession::new(context(2), context(1));
        let mut sent = packet(9);
        own.protect_rtp(&mut sent).unwrap();
        assert_eq!(context(2).unprotect_rtp(&mut sent), Ok(()));
        let mut report = [&[0x80, 201, 0, 1, 0, 0, 0, 7][..], &[0; 8]].concat();
        let clear = report.clone();
        own.protect_rtcp(&mut report).unwrap();
        assert_eq!(context(2).unprotect_rtcp(&mut report), Ok(()));
        assert_eq!(report, clear);
        assert!(!own.is_transparent());
    }
}
