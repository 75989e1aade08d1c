//! Key management servers of others: their certificates, and the keys that they have given this server (TS 33.180 annex D).

use std::path::Path;

use media_plane::crypto::mc::i_message::Opener;
use media_plane::crypto::mc::{Authorities, Authority, Certificate, KeyPeriod, KeySet, Kms, Sealer};
use media_plane::crypto::{eccsi, sakke};
use zeroize::Zeroizing;

use crate::config::{AuthorityFiles, KeyServer, secret_file};

/// Octets of a file of theirs, at most.
const MOST: usize = 1 << 20;

/// What takes keys out of messages, and what puts keys into them, under all servers of the configuration. `own`: the one whose
/// master secrets are here.
///
/// # Errors
/// The file and what is wrong with it.
pub(super) fn desks(server: &KeyServer, own: Option<Kms>) -> Result<(Opener, Sealer), String> {
    let all = authorities(server, own)?;
    let own = &server.own;
    Ok((Opener::under(all.clone(), own.clone()), Sealer::new(all, own.clone())))
}

//= 33.180-kms-foreign:sets
fn authorities(server: &KeyServer, own: Option<Kms>) -> Result<Authorities, String> {
    let others = server.authorities.iter().map(|files| read(files, &server.own));
    let mut others = others.collect::<Result<Vec<_>, _>>()?.into_iter();
    let home = own.map(Authority::own).or_else(|| others.next());
    let home = home.ok_or("key-management.master-secret is not set, nor an authority")?;
    let mut all = others.fold(Authorities::new(home), Authorities::with);
    for files in &server.authorities {
        let certificate = certificate(&files.certificate)?;
        for user in &files.users {
            all = all.with_user(user, &certificate.uri);
        }
    }
    Ok(all)
}

fn read(files: &AuthorityFiles, own: &str) -> Result<Authority, String> {
    let certificate = certificate(&files.certificate)?;
    let mut authority = Authority::foreign(certificate.clone());
    for domain in &files.domains {
        authority = authority.with_domain(domain);
    }
    let Some(path) = &files.key_sets else { return Ok(authority) };
    let at = |what: &str| format!("{}: {what}", path.display());
    let octets = secret_file::read(path, MOST)?;
    let text = std::str::from_utf8(&octets).map_err(|_| at("not text in UTF-8"))?;
    let sets: Vec<&str> = elements(text, "KmsKeySet").collect();
    if sets.is_empty() {
        return Err(at("there is no KmsKeySet"));
    }
    for set in sets {
        let period = one(set, "KeyPeriodNo").and_then(|number| number.parse().ok());
        let period: u64 = period.ok_or_else(|| at("a KmsKeySet has no KeyPeriodNo"))?;
        let lacks = |what: &str| at(&format!("a KmsKeySet has no {what} in hexadecimal digits"));
        let decryption = one(set, "UserDecryptKey").and_then(secret_octets);
        let decryption = decryption.ok_or_else(|| lacks("UserDecryptKey of 257 octets"))?;
        let key = one(set, "UserSigningKeySSK").and_then(secret_octets);
        let key = key.ok_or_else(|| lacks("UserSigningKeySSK of 32 octets"))?;
        let token = one(set, "UserPubTokenPVT").and_then(secret_octets);
        let token = *token.ok_or_else(|| lacks("UserPubTokenPVT of 65 octets"))?;
        let uid = certificate.uid(own, period);
        let decrypts = sakke::ReceiverKey::new(&*decryption, &uid.0, &certificate.encryption).is_ok();
        let signs = eccsi::SigningKey::new(&key, &token, &uid.0, &certificate.authentication).is_ok();
        if !decrypts || !signs {
            return Err(at(&format!("the keys of period {period} are not those of {own}")));
        }
        let signing = eccsi::Issued { key, token };
        authority = authority.with_keys(KeySet { uid, period, decryption, signing });
    }
    Ok(authority)
}

/// Reads a certificate: alone, or in the answer to a request.
fn certificate(path: &Path) -> Result<Certificate, String> {
    let at = |what: &str| format!("{}: {what}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| at(&error.to_string()))?;
    parse_certificate(&text).map_err(|what| at(&what))
}

fn parse_certificate(text: &str) -> Result<Certificate, String> {
    let text = elements(text, "KmsCertificate").next().ok_or("there is no KmsCertificate")?;
    let usable = |element: &str| format!("the KmsCertificate has no usable {element}");
    let wanted = |element: &'static str| one(text, element).ok_or_else(|| usable(element));
    let number = |element: &'static str| wanted(element)?.parse().map_err(|_| usable(element));
    let (length, offset): (u32, u32) = (number("UserKeyPeriod")?, number("UserKeyOffset")?);
    if length == 0 || offset >= length {
        return Err(usable("UserKeyPeriod"));
    }
    for (element, known) in [("UserIdFormat", "2"), ("ParameterSet", "1")] {
        if one(text, element).is_some_and(|value| value != known) {
            return Err(format!("{element} of the KmsCertificate: allowed is {known}"));
        }
    }
    let octets = |element: &'static str| {
        wanted(element).and_then(|digits| octets(digits).ok_or_else(|| usable(element)))
    };
    Ok(Certificate {
        uri: wanted("KmsUri")?.to_owned(),
        period: KeyPeriod { length, offset },
        encryption: sakke::PublicKey::from_octets(&octets("PubEncKey")?).map_err(|_| usable("PubEncKey"))?,
        authentication: eccsi::PublicKey::from_octets(&octets("PubAuthKey")?)
            .map_err(|_| usable("PubAuthKey"))?,
    })
}

/// The contents of the elements of this name, whatever their prefix. Nothing is copied: there are secrets among them.
fn elements<'a>(text: &'a str, name: &'static str) -> impl Iterator<Item = &'a str> + 'a {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let (_, behind) = rest.split_once('<')?;
            let (tag, content) = behind.split_once('>')?;
            rest = content;
            let full = tag.split([' ', '\t', '\r', '\n', '/']).next().unwrap_or_default();
            let local = full.rsplit(':').next().unwrap_or_default();
            if local != name || tag.starts_with('/') || tag.ends_with('/') {
                continue;
            }
            let mut from = 0;
            loop {
                let at = from + content.get(from..)?.find("</")?;
                let end = content.get(at + 2..)?;
                if end.strip_prefix(full).is_some_and(|end| end.trim_start().starts_with('>')) {
                    rest = end;
                    return content.get(..at);
                }
                from = at + 2;
            }
        }
    })
}

/// The text of the first element of this name.
fn one<'a>(text: &'a str, name: &'static str) -> Option<&'a str> {
    elements(text, name).next().map(str::trim).filter(|text| !text.is_empty() && !text.contains('<'))
}

fn octets(digits: &str) -> Option<Vec<u8>> {
    let pair = |pair: &[u8]| {
        let text = std::str::from_utf8(pair).ok().filter(|_| pair.iter().all(u8::is_ascii_hexdigit))?;
        u8::from_str_radix(text, 16).ok().filter(|_| pair.len() == 2)
    };
    digits.as_bytes().chunks(2).map(pair).collect()
}

fn secret_octets<const N: usize>(digits: &str) -> Option<Zeroizing<[u8; N]>> {
    let octets = Zeroizing::new(octets(digits)?);
    let mut key = Zeroizing::new([0; N]);
    (octets.len() == key.len()).then(|| key.copy_from_slice(&octets))?;
    Some(key)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::PathBuf;
    use std::time::{Duration, SystemTime};

    use mcptt_codec::mikey::Mikey;
    use media_plane::crypto::mc::Purpose;
    use media_plane::crypto::mc::i_message::{KeyError, Parties, draw, make};
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng as _;

    use super::super::keys::ntp;
    use super::super::library::kms::{certificate as written, response};
    use super::*;

    const OWN: &str = "sip:mcptt@mc.example.org";
    const CAROL: &str = "sip:carol@north.example.org";
    const PERIOD: KeyPeriod = KeyPeriod { length: 86_400, offset: 3 };

    /// A folder that is gone with it.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("mcptt-authorities-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn file(&self, name: &str, text: &str, mode: u32) -> PathBuf {
            let path = self.0.join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            path
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn kms(uri: &str, rng: &mut ChaCha20Rng) -> Kms {
        Kms::new(uri, PERIOD, &Kms::draw(rng)).unwrap()
    }

    fn message(kms: &Kms, user: &str, at: u64, rng: &mut ChaCha20Rng) -> Vec<u8> {
        let key = draw(Purpose::CLIENT_SERVER, rng);
        let keys = kms.key_set(user, PERIOD.number(at), rng).unwrap();
        let parties = Parties { initiator: user, responder: OWN };
        let message: Mikey = make(&key, key.id, parties, kms, &keys, at, rng).unwrap();
        message.to_base64().unwrap().to_string().into_bytes()
    }

    //= 33.180-kms-foreign:sets test
    #[test]
    fn keys_that_another_server_has_given_are_used_from_files() {
        let (folder, mut rng) = (Folder::new("used"), ChaCha20Rng::seed_from_u64(9));
        let (north, home) = (kms("kms.north.example.org", &mut rng), kms("kms.mc.example.org", &mut rng));
        let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(1_780_000_000);
        let now = ntp(wall);
        let sets = [north.key_set(OWN, PERIOD.number(now), &mut rng).unwrap()];
        let files = AuthorityFiles {
            certificate: folder.file("north.xml", &written(&north), 0o644),
            key_sets: Some(folder.file("own.xml", &response(&north, OWN, "", wall, Some(&sets)), 0o600)),
            users: Vec::new(),
            domains: vec!["north.example.org".to_owned()],
        };
        let server = KeyServer {
            master_secret: None,
            uri: "kms.mc.example.org".to_owned(),
            period: PERIOD,
            own: OWN.to_owned(),
            authorities: vec![files],
        };
        let carols = message(&north, CAROL, now, &mut rng);
        // Beside a server of our own, and alone.
        for own in [Some(home.clone()), None] {
            let (mut opener, _) = desks(&server, own).unwrap();
            assert_eq!(
                opener.open(&carols, Some(CAROL), now).map(|opened| opened.initiator).as_deref(),
                Ok(CAROL)
            );
        }
        let strangers = message(&kms("kms.east.example.org", &mut rng), CAROL, now, &mut rng);
        let refused = desks(&server, Some(home)).unwrap().0.open(&strangers, Some(CAROL), now);
        assert_eq!(refused, Err(KeyError::UnknownAuthority("kms.east.example.org".to_owned())));
        // What others may read is no secret.
        fs::set_permissions(folder.0.join("own.xml"), fs::Permissions::from_mode(0o644)).unwrap();
        assert!(desks(&server, None).unwrap_err().contains("mode 644"));
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said() {
        let mut rng = ChaCha20Rng::seed_from_u64(9);
        let north = kms("kms.north.example.org", &mut rng);
        let good = written(&north);
        assert!(parse_certificate(&good).is_ok());
        let prefixed = good.replace("<Kms", "<k:Kms").replace("</Kms", "</k:Kms");
        assert_eq!(parse_certificate(&prefixed).map(|read| read.uri), Ok("kms.north.example.org".to_owned()));
        for (from, to, says) in [
            ("KmsCertificate", "Other", "no KmsCertificate"),
            ("<UserKeyPeriod>86400", "<UserKeyPeriod>0", "UserKeyPeriod"),
            ("<UserKeyOffset>3<", "<UserKeyOffset>x<", "UserKeyOffset"),
            ("<ParameterSet>1<", "<ParameterSet>2<", "allowed is 1"),
            ("<PubEncKey>04", "<PubEncKey>05", "PubEncKey"),
            ("<PubAuthKey>04", "<PubAuthKey>0", "PubAuthKey"),
            ("<KmsUri>kms.north.example.org<", "<KmsUri><", "KmsUri"),
        ] {
            assert!(good.contains(from), "{from}");
            let error = parse_certificate(&good.replace(from, to)).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
        let folder = Folder::new("wrong");
        let other = north.key_set("sip:other@mc.example.org", 7, &mut rng).unwrap();
        let wall = SystemTime::UNIX_EPOCH;
        let certificate = folder.file("north.xml", &good, 0o644);
        let refused = |name: &str, text: &str| {
            let key_sets = Some(folder.file(name, text, 0o600));
            let files = AuthorityFiles {
                certificate: certificate.clone(),
                key_sets,
                users: Vec::new(),
                domains: Vec::new(),
            };
            read(&files, OWN).unwrap_err()
        };
        assert!(
            refused("a.xml", &response(&north, OWN, "", wall, Some(&[other])))
                .contains("are not those of sip:mcptt@")
        );
        assert!(refused("b.xml", "<KmsResponse/>").contains("no KmsKeySet"));
        assert!(
            refused("c.xml", "<KmsKeySet><KeyPeriodNo>1</KeyPeriodNo></KmsKeySet>")
                .contains("UserDecryptKey")
        );
    }
}
