//! The key management server over HTTP (TS 33.180 annex D): its certificate, and the keys of whoever shows a token.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use mcptt_codec::xml::date_time;
use media_plane::crypto::mc::{KeyPeriod, KeySet, Kms, NTP_TO_UNIX};
use zeroize::Zeroizing;

use super::super::keys::ntp;
use super::http::escaped;

/// Below this the requests are.
pub(super) const ROOT: &str = "/keymanagement/identity/v1/";
/// The type of the answers.
pub(super) const MIME: &str = "application/xml";
/// The namespace of the documents.
const NAMESPACE: &str = "urn:3gpp:ns:mcsecKMSInterface:1.0";

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The certificate.
    Init,
    /// Keys.
    KeyProv,
}

impl Wanted {
    /// What a path asks for. `None`: it is none of these.
    pub(super) fn of(path: &str) -> Option<Self> {
        match path.strip_prefix(ROOT)? {
            "init" => Some(Self::Init),
            "keyprov" => Some(Self::KeyProv),
            _ => None,
        }
    }
}

/// The user that a request names; without one it is for the owner of the token.
pub(super) fn user_in(request: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(request).ok()?;
    let (_, behind) = text.split_once("UserUri>")?;
    let (user, _) = behind.split_once("</")?;
    Some(user.trim().to_owned())
}

/// The answer to a request.
//= 33.180-kms-init
//= 33.180-kms-keyprov
pub(crate) fn response(
    kms: &Kms,
    user: &str,
    path: &str,
    now: SystemTime,
    sets: Option<&[KeySet]>,
) -> Zeroizing<String> {
    let message = match sets {
        None => Zeroizing::new(format!("<KmsInit Version=\"1.0.0\">{}</KmsInit>", certificate(kms))),
        Some(sets) => Zeroizing::new(format!(
            "<KmsKeyProv Version=\"1.0.0\">{}</KmsKeyProv>",
            *key_sets(kms, user, sets)
        )),
    };
    let mut text = Zeroizing::new(String::with_capacity(message.len() + 1_024));
    // Writing into a text does not fail.
    let _ = write!(
        text,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<KmsResponse xmlns=\"{NAMESPACE}\" Version=\"1.0.0\">\
         <KmsUri>{}</KmsUri><UserUri>{}</UserUri><Time>{}</Time><ClientReqUrl>{}</ClientReqUrl>\
         <KmsMessage>{}</KmsMessage></KmsResponse>\n",
        escaped(kms.uri()),
        escaped(user),
        moment(ntp(now)),
        escaped(path),
        *message
    );
    text
}

/// The certificate of a server: what is encapsulated and verified with.
pub(crate) fn certificate(kms: &Kms) -> String {
    let KeyPeriod { length, offset } = kms.period();
    let uri = escaped(kms.uri());
    format!(
        "<KmsCertificate Version=\"1.1.0\" Role=\"Root\"><CertUri>{uri}</CertUri><KmsUri>{uri}</KmsUri>\
         <UserIdFormat>2</UserIdFormat><UserKeyPeriod>{length}</UserKeyPeriod>\
         <UserKeyOffset>{offset}</UserKeyOffset><PubEncKey>{}</PubEncKey><PubAuthKey>{}</PubAuthKey>\
         <ParameterSet>1</ParameterSet></KmsCertificate>",
        *hex(&kms.public_encryption().to_octets()),
        *hex(&kms.public_authentication().to_octets()),
    )
}

/// The keys of a user.
fn key_sets(kms: &Kms, user: &str, sets: &[KeySet]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(sets.len() * 2_048 + sets.len() * 3 * user.len()));
    for set in sets {
        let (from, to) = kms.period().bounds(set.period);
        let _ = write!(
            text,
            "<KmsKeySet Version=\"1.1.0\"><KmsUri>{}</KmsUri><UserUri>{}</UserUri><UserID>{}</UserID>\
             <ValidFrom>{}</ValidFrom><ValidTo>{}</ValidTo><KeyPeriodNo>{}</KeyPeriodNo>\
             <UserDecryptKey>{}</UserDecryptKey><UserSigningKeySSK>{}</UserSigningKeySSK>\
             <UserPubTokenPVT>{}</UserPubTokenPVT></KmsKeySet>",
            escaped(kms.uri()),
            escaped(user),
            *hex(&set.uid.0),
            moment(from),
            moment(to),
            set.period,
            *hex(&*set.decryption),
            *hex(&*set.signing.key),
            *hex(&set.signing.token),
        );
    }
    text
}

/// A moment in seconds since 1900, as documents write it.
fn moment(ntp: u64) -> String {
    let unix = Duration::from_secs(ntp.saturating_sub(NTP_TO_UNIX));
    date_time::from_unix(i64::try_from(unix.as_secs()).unwrap_or(i64::MAX))
}

fn hex(octets: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(octets.len() * 2));
    for octet in octets {
        let _ = write!(text, "{octet:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use media_plane::crypto::{eccsi, sakke};
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    const ALICE: &str = "sip:alice@mc.example.org";

    fn value<'a>(text: &'a str, element: &str) -> &'a str {
        let (_, behind) = text.split_once(&format!("<{element}>")).expect(element);
        behind.split_once("</").expect(element).0
    }

    fn octets(text: &str) -> Vec<u8> {
        let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
        (0..text.len()).step_by(2).map(digit).collect()
    }

    //= 33.180-kms-init test
    //= 33.180-kms-keyprov test
    #[test]
    fn what_is_given_out_are_keys_that_fit_together() {
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let period = KeyPeriod { length: 2_592_000, offset: 0 };
        let kms = Kms::new("kms.mc.example.org", period, &Kms::draw(&mut rng)).unwrap();
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_780_000_000);
        let init = response(&kms, ALICE, "/keymanagement/identity/v1/init", now, None);
        let sets = super::super::super::kms::key_sets(&kms, ALICE, now, &mut rng);
        let keys = response(&kms, ALICE, "/keymanagement/identity/v1/keyprov", now, Some(&sets));
        let encryption = sakke::PublicKey::from_octets(&octets(value(&init, "PubEncKey"))).unwrap();
        let authentication = eccsi::PublicKey::from_octets(&octets(value(&init, "PubAuthKey"))).unwrap();
        let uid = octets(value(&keys, "UserID"));
        assert_eq!(uid, kms.uid(ALICE, period.number(ntp(now))).0);
        assert!(sakke::ReceiverKey::new(&octets(value(&keys, "UserDecryptKey")), &uid, &encryption).is_ok());
        let key = octets(value(&keys, "UserSigningKeySSK")).try_into().unwrap();
        let token = octets(value(&keys, "UserPubTokenPVT")).try_into().unwrap();
        assert!(eccsi::SigningKey::new(&key, &token, &uid, &authentication).is_ok());
        assert_eq!(keys.matches("<KmsKeySet").count(), 2, "the present period and the next one");
        assert!(value(&keys, "ValidFrom") < value(&keys, "ValidTo"));
    }

    #[test]
    fn requests_are_told_apart_and_name_their_user() {
        assert_eq!(Wanted::of("/keymanagement/identity/v1/init"), Some(Wanted::Init));
        assert_eq!(Wanted::of("/keymanagement/identity/v1/keyprov"), Some(Wanted::KeyProv));
        assert_eq!(Wanted::of("/keymanagement/identity/v1/other"), None);
        let request = "<KmsRequest><UserUri> sip:a@b </UserUri></KmsRequest>";
        assert_eq!(user_in(request.as_bytes()).as_deref(), Some("sip:a@b"));
        assert_eq!((user_in(b""), user_in(&[0xff]), user_in(b"<UserUri>")), (None, None, None));
    }
}
