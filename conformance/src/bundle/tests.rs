use super::*;
use crate::case;

fn key() -> SigningKey {
    SigningKey::parse(&"07".repeat(32)).unwrap()
}

fn outcome() -> RunOutcome {
    let wanted = ["FC-10/emergency", "REG-05/token", "FC-01/grant"];
    let cases = case::all().into_iter().filter(|case| wanted.contains(&case.id));
    RunOutcome::own(5, cases.map(|case| case::run(case, 5)).collect())
}

fn bundle(key: Option<&SigningKey>) -> Vec<u8> {
    create(&outcome(), &Inputs::default(), key).unwrap()
}

#[test]
fn a_bundle_is_judged_again_by_whoever_gets_it() {
    let archive = bundle(Some(&key()));
    let checked = verify(&archive, Some(&key().public()), false).unwrap();
    assert_eq!(checked.cases.len(), 3);
    assert!(checked.cases.iter().all(|(_, verdict, _)| verdict == "pass"));
    assert!(checked.judgements > 50, "{}", checked.judgements);
    assert_eq!(checked.signer, Some(key().public()));
}

#[test]
fn the_same_seed_leaves_the_same_octets() {
    assert!(bundle(Some(&key())) == bundle(Some(&key())));
}

#[test]
fn a_flipped_octet_anywhere_is_refused() {
    let archive = bundle(Some(&key()));
    let step = archive.len() / 61;
    for at in (0..archive.len()).step_by(step) {
        let mut other = archive.clone();
        other[at] ^= 0x10;
        assert!(verify(&other, None, false).is_err(), "octet {at} of {}", archive.len());
    }
}

#[test]
fn without_signature_or_with_that_of_somebody_else_it_is_refused() {
    let unsigned = bundle(None);
    assert!(matches!(verify(&unsigned, None, false), Err(BundleError::Signer(_))));
    assert!(verify(&unsigned, None, true).is_ok());
    assert!(verify(&unsigned, Some(&key().public()), true).is_err());
    let other = SigningKey::parse(&"08".repeat(32)).unwrap();
    let error = verify(&bundle(Some(&other)), Some(&key().public()), false).unwrap_err();
    assert!(error.to_string().contains(&other.public()), "{error}");
}

/// Whoever has the key can sign anything; the capture still says what it says.
#[test]
fn an_edited_verdict_is_refused_even_when_it_is_signed() {
    let mut result = outcome();
    // Bob's Floor Granted is taken out of the capture, the verdict stays.
    let grant = result.results.iter_mut().find(|result| result.case.id == "FC-01/grant").unwrap();
    grant.frames.retain(|frame| frame.payload.get(..2) != Some(&[0x81, 0xcc]));
    for (index, frame) in grant.frames.iter_mut().enumerate() {
        frame.number = index as u64 + 1;
    }
    let archive = create(&result, &Inputs::default(), Some(&key())).unwrap();
    let error = verify(&archive, None, false).unwrap_err();
    assert!(matches!(&error, BundleError::Verdict { case, .. } if case == "FC-01/grant"), "{error}");
}

#[test]
fn tokens_of_the_target_file_are_not_in_it() {
    let target = "[target]\nname = \"x\"\n[[user]]\nmcptt-id = \"sip:a@x\"\ntoken = \"swordfish\"\n";
    let inputs = Inputs { target: Some(target.to_owned()), expected: None };
    let archive = create(&outcome(), &inputs, None).unwrap();
    assert!(!archive.windows(9).any(|octets| octets == b"swordfish"));
    assert!(archive.windows(7).any(|octets| octets == b"sha256:"));
}

#[test]
fn what_is_no_bundle_is_refused() {
    for octets in [&b""[..], b"PK\x03\x04", &[0; 1024]] {
        assert!(verify(octets, None, true).is_err());
    }
}
