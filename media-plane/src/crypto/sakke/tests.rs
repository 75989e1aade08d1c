//! The published example (RFC 6508 appendix A), and what must not be taken.

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

use super::super::tests::hex;
use super::*;

const IDENTITY: &[u8] = b"2011-02\0tel:+447700900123\0";
const SECRET: [u8; SHARED] =
    [0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0];
/// z, of 160 bits.
const MASTER: &str = "AFF429D35F84B110D094803B3595A6E2998BC99F";
/// Z.
const PUBLIC: &str = "04
    5958EF1B1679BF099B3A030DF255AA6A 23C1D8F143D4D23F753E69BD27A832F3
    8CB4AD53DDEF4260B0FE8BB45C4C1FF5 10EFFE300367A37B61F701D914AEF097
    24825FA0707D61A6DFF4FBD7273566CD DE352A0B04B7C16A78309BE640697DE7
    47613A5FC195E8B9F328852A579DB8F9 9B1D0034479EA9C5595F47C4B2F54FF2
    1508D37514DCF7A8E143A6058C09A6BF 2C9858CA37C258065AE6BF7532BC8B5B
    63383866E0753C5AC0E72709F8445F2E 6178E065857E0EDA10F68206B63505ED
    87E534FB2831FF957FB7DC619DAE6130 1EEACC2FDA3680EA4999258A833CEA8F
    C67C6D19487FB449059F26CC8AAB655A B58B7CC796E24E9A394095754F5F8BAE";
/// K, the key of the receiver.
const RECEIVER: &str = "04
    93AF67E5007BA6E6A80DA793DA300FA4 B52D0A74E25E6E7B2B3D6EE9D18A9B5C
    5023597BD82D8062D34019563BA1D25C 0DC56B7B979D74AA50F29FBF11CC2C93
    F5DFCA615E609279F6175CEADB00B58C 6BEE1E7A2A47C4F0C456F05259A6FA94
    A634A40DAE1DF593D4FECF688D5FC678 BE7EFC6DF3D6835325B83B2C6E69036B
    155F0A27241094B04BFB0BDFAC6C670A 65C325D39A069F03659D44CA27D3BE8D
    F311172B554160181CBE94A2A783320C ED590BC42644702CF371271E496BF20F
    588B78A1BC01ECBB6559934BDD2FB65D 2884318A33D1A42ADF5E33CC5800280B
    28356497F87135BAB9612A1726042440 9AC15FEE996B744C332151235DECB0F5";
/// r.
const EXPONENT: &str = "
    13EE3E1B8DAC5DB168B1CEB32F0566A4 C273693F78BAFFA2A2EE6A686E6BD90F
    8206CCAB84E7F42ED39BD4FB131012EC CA2ECD2119414560C17CAB46B956A80F
    58A3302EB3E2C9A228FBA7ED34D8ACA2 392DA1FFB0B17B2320AE09AAEDFD0235
    F6FE0EB65337A63F9CC97728B8E5AD04 60FADE144369AA5B2166213247712096";
/// g^r.
const VALUE: &str = "
    7D2A8438E6291C649B6579EB3B79EAE9 48B1DE9E5F7D1F4070A08F8DB6B3C515
    6F2201AFFBB5CB9D82AA3EC0D0398B89 ABC78A13A760C0BF3F77E63D0DF3F1A3
    41A41B8811DF197FD6CD0F003125606F 4F109F400F7292A10D255E3C0EBCCB42
    53FB182C68F09CF6CD9C4A53DA6C74AD 007AF36B8BCA979D5895E282F483FCD6";
const MASK: &str = "9BD4EA1E801D37E62AD2FAB0D4F5BBF7";
/// R and H.
const ENCAPSULATED_DATA: &str = "04
    44E8AD44AB8592A6A5A3DDCA5CF896C7 18043606A01D650DEF37A01F37C228C3
    32FC317354E2C274D4DAF8AD001054C7 6CE57971C6F4486D5723043261C506EB
    F5BE438F53DE04F067C776E0DD3B71A6 290133283725A532F21AF145126DC1D7
    77ECC27BE50835BD28098B8A73D9F801 D893793A41FF5C49B87E79F2BE4D56CE
    557E134AD85BB1D4B9CE4F8BE4B08A12 BABF55B1D6F1D7A638019EA28E15AB1C
    9F76375FDD1210D4F4351B9A009486B7 F3ED46C965DED2D80DADE4F38C6721D5
    2C3AD103A10EBD2959248B4EF006836B F097448E6107C9EDEE9FB704823DF199
    F832C905AE45F8A247A072D8EF729EAB C5E27574B07739B34BE74A532F747B86
    89E0BC661AA1E91638E6ACC84E496507";

fn master() -> MasterSecret {
    let mut octets = [0; ELEMENT];
    let given = hex(MASTER);
    octets[ELEMENT - given.len()..].copy_from_slice(&given);
    MasterSecret::from_octets(&octets).expect("the published one")
}

fn public() -> PublicKey {
    PublicKey::from_octets(&hex(PUBLIC)).expect("the published one")
}

//= RFC6508-6.1 test
//= RFC6508-6.1.1 test
#[test]
fn keys_are_those_of_the_published_example() {
    assert_eq!(master().public_key().to_octets().to_vec(), hex(PUBLIC));
    assert_eq!(master().receiver_key(IDENTITY).unwrap().to_vec(), hex(RECEIVER));
    assert_eq!(MasterSecret::from_octets(&master().to_octets()).unwrap().to_octets(), master().to_octets());
}

//= RFC6508-5.1 test
#[test]
fn hashes_into_a_range_are_those_of_the_published_example() {
    let exponent = hash::below_order(&[&SECRET, IDENTITY]);
    assert_eq!(exponent.to_be_bytes().as_ref(), hex(EXPONENT));
    assert_eq!(hash::mask(&hex(VALUE)).to_vec(), hex(MASK));
    let value = Ratio::generator().power(&exponent).representative().unwrap();
    assert_eq!(octets_of(&value).to_vec(), hex(VALUE));
}

//= RFC6508-6.2.1 test
#[test]
fn encapsulation_is_that_of_the_published_example() {
    let data = public().encapsulate(&Zeroizing::new(SECRET), IDENTITY).unwrap();
    assert_eq!(data.to_vec(), hex(ENCAPSULATED_DATA));
}

//= RFC6508-6.1.2 test
//= RFC6508-6.2.2 test
#[test]
fn the_receiver_and_nobody_else_takes_the_secret_out() {
    let key = ReceiverKey::new(&hex(RECEIVER), IDENTITY, &public()).unwrap();
    let data = hex(ENCAPSULATED_DATA);
    assert_eq!(key.decapsulate(&data).unwrap(), Zeroizing::new(SECRET));
    for at in [POINT, ENCAPSULATED - 1] {
        let mut changed = data.clone();
        changed[at] ^= 1;
        assert_eq!(key.decapsulate(&changed), Err(SakkeError::NotForUs), "{at}");
    }
    let mut changed = data.clone();
    changed[7] ^= 1;
    assert_eq!(key.decapsulate(&changed), Err(SakkeError::NotAPoint));
    assert_eq!(key.decapsulate(&data[1..]), Err(SakkeError::Length));
    let of_other = ReceiverKey::new(&hex(RECEIVER), b"somebody else", &public());
    assert_eq!(of_other.map(|_| ()), Err(SakkeError::WrongKey));
}

#[test]
fn points_that_are_none_of_the_group_are_refused() {
    // (0, 0) is on the curve and of order two.
    let mut zero = [0; POINT];
    zero[0] = 4;
    assert_eq!(PublicKey::from_octets(&zero).map(|_| ()), Err(SakkeError::NotAPoint));
    let key = ReceiverKey::new(&hex(RECEIVER), IDENTITY, &public()).unwrap();
    let mut data = hex(ENCAPSULATED_DATA);
    data[..POINT].copy_from_slice(&zero);
    assert_eq!(key.decapsulate(&data), Err(SakkeError::NotForUs));
    let mut compressed = hex(PUBLIC);
    compressed[0] = 2;
    assert_eq!(PublicKey::from_octets(&compressed).map(|_| ()), Err(SakkeError::NotAPoint));
    // Coordinates that are not below p.
    assert_eq!(
        PublicKey::from_octets(&[[4].as_slice(), &[0xff; 256]].concat()).map(|_| ()),
        Err(SakkeError::NotAPoint)
    );
}

#[test]
fn identities_have_a_limit_and_nothing_is_printed() {
    let long = [1; MAX_IDENTITY + 1];
    assert_eq!(master().receiver_key(&long), Err(SakkeError::Identity));
    assert_eq!(MasterSecret::from_octets(&[0xff; ELEMENT]).map(|_| ()), None);
    assert_eq!(MasterSecret::from_octets(&[0; ELEMENT]).map(|_| ()), None);
    let drawn = MasterSecret::random(&mut ChaCha20Rng::seed_from_u64(1));
    assert_eq!(format!("{drawn:?}"), "sakke::MasterSecret(hidden)");
}
