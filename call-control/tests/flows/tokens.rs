//! Login with access tokens of an identity management server.

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use call_control::access_token::{TokenRules, VerificationKey};
use call_control::client::{ClientCommand, ClientEvent};
use call_control::config::{Authorisation, Config, Secret};
use call_control::{Event, Refusal};
use mcptt_codec::sip::Response;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};

use crate::rig::*;

const ISSUER: &str = "https://idms.mc.example.org";
const NOW: u64 = 1_800_000_000;
const SCOPE: &str = "3gpp:mc:ptt_service";

struct Issuer(EcdsaKeyPair);

impl Issuer {
    fn new() -> Self {
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        Self(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.as_ref(), &random).unwrap())
    }

    fn signed(&self, header: &str, payload: &str) -> String {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let signature = self.0.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn token(&self, user: &str, scope: &str, expires_at: u64) -> String {
        let payload = format!(
            r#"{{"iss":"{ISSUER}","exp":{expires_at},"scope":"openid {scope}","mcptt_id":"{user}"}}"#
        );
        self.signed(r#"{"alg":"ES256"}"#, &payload)
    }
}

fn rig(issuer: &Issuer, change: impl FnOnce(&mut Config)) -> Rig {
    let mut config = config();
    let key = VerificationKey::p256(None, issuer.0.public_key().as_ref()).unwrap();
    config.authorisation = Authorisation::Token(TokenRules { keys: vec![key], ..TokenRules::new(ISSUER) });
    change(&mut config);
    let mut rig = Rig::new(config);
    rig.node.handle_wall_clock(rig.now, SystemTime::UNIX_EPOCH + Duration::from_secs(NOW));
    rig
}

/// PUBLISH of settings over a SIP core by the user behind `impu`, with a token or without.
fn publish(rig: &mut Rig, at: usize, client: usize, token: Option<&str>) -> Response {
    let token = token
        .map(|token| format!("<mcptt-access-token><mcpttString>{token}</mcpttString></mcptt-access-token>"));
    let info = format!(
        "{}<mcptt-client-id><mcpttString>{}</mcpttString></mcptt-client-id>",
        token.unwrap_or_default(),
        client_id(client)
    );
    let settings = format!(
        "<poc-settings xmlns=\"urn:oma:params:xml:ns:poc:poc-settings\"><entity id=\"{}\"><am-settings>\
         <answer-mode>automatic</answer-mode></am-settings></entity></poc-settings>",
        client_id(client)
    );
    let text = Raw::new("PUBLISH", PF_IDENTITY, &impu(at))
        .header(&format!("P-Asserted-Identity: <{}>", impu(at)))
        .header("Event: poc-settings")
        .header("Expires: 4294967295")
        .info(&info)
        .part("application/poc-settings+xml", &settings)
        .text();
    rig.ask(CORE, PF, &text)
}

fn register(rig: &mut Rig, at: usize, device: usize) {
    let text = Raw::new("REGISTER", "sip:ims.example.org", &impu(at))
        .without("To:")
        .header(&format!("To: <{}>", impu(at)))
        .header(&format!("Contact: <sip:ue{device}@198.51.100.1:5060>;{TAG}"))
        .header("Expires: 600")
        .text();
    assert_eq!(rig.ask(CORE, PF, &text).status.0, 200);
}

fn authorised(rig: &Rig) -> Vec<String> {
    let found = rig.events.iter().filter_map(|event| match event {
        Event::ServiceAuthorised { mcptt_id, .. } => Some(mcptt_id.to_string()),
        _ => None,
    });
    found.collect()
}

#[test]
fn an_honest_client_logs_in_with_its_token_and_not_without() {
    let issuer = Issuer::new();
    let mut rig = rig(&issuer, |_| ());
    rig.add(client_config(0));
    rig.register(0);
    assert_eq!(authorised(&rig), Vec::<String>::new());
    let mut own = client_config(1);
    own.access_token = Some(Secret::new(issuer.token(&mcptt_id(1), SCOPE, NOW + 60).as_str()));
    rig.add(own);
    rig.register(1);
    assert_eq!(authorised(&rig), [mcptt_id(1)]);
    rig.affiliate(1);
    let affiliated = |event: &ClientEvent| matches!(event, ClientEvent::Affiliated { .. });
    assert!(rig.events_of(1).iter().any(affiliated) && !rig.events_of(0).iter().any(affiliated));
}

//= 24.379-7.3.3:scope test
//= 24.379-7.3.3:alg test
//= 24.379-7.3.3:101 test
//= 24.482-claims test
#[test]
fn a_token_that_is_not_valid_is_403_with_101() {
    let (issuer, stranger) = (Issuer::new(), Issuer::new());
    let mut rig = rig(&issuer, |_| ());
    register(&mut rig, 0, 0);
    let alice = mcptt_id(0);
    let unsigned = {
        let token = issuer.token(&alice, SCOPE, NOW + 60);
        let payload = token.split('.').nth(1).unwrap().to_owned();
        format!("{}.{payload}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#))
    };
    for (what, token) in [
        ("scope of a release before", issuer.token(&alice, "3gpp:mcptt:ptt_server", NOW + 60)),
        ("no scope", issuer.token(&alice, "", NOW + 60)),
        ("expired", issuer.token(&alice, SCOPE, NOW - 60)),
        ("another key", stranger.token(&alice, SCOPE, NOW + 60)),
        ("a user who is none of ours", issuer.token("sip:mallory@mc.example.org", SCOPE, NOW + 60)),
        ("no signature", unsigned),
        ("no token", "abc".to_owned()),
    ] {
        let answer = publish(&mut rig, 0, 0, Some(&token));
        assert_eq!(outcome(&answer), (403, Some(101)), "{what}");
    }
    assert_eq!(outcome(&publish(&mut rig, 0, 0, None)), (404, Some(141)));
    let answer = publish(&mut rig, 0, 0, Some(&issuer.token(&alice, SCOPE, NOW + 60)));
    assert_eq!(outcome(&answer), (200, None));
    // Settings need no token afterwards.
    assert_eq!(outcome(&publish(&mut rig, 0, 0, None)), (200, None));
}

//= 24.379-7.3.3:mcpttid test
#[test]
fn the_user_is_the_one_that_the_token_names() {
    let issuer = Issuer::new();
    let mut rig = rig(&issuer, |_| ());
    register(&mut rig, 0, 0);
    let answer = publish(&mut rig, 0, 0, Some(&issuer.token(&mcptt_id(1), SCOPE, NOW + 60)));
    assert_eq!(outcome(&answer), (200, None));
    assert_eq!(authorised(&rig), [mcptt_id(1)]);
    // And a call to that user reaches the device.
    rig.add(client_config(2));
    assert!(rig.events.iter().any(|event| {
        matches!(event, Event::SettingsPublished { mcptt_id: user, .. } if user.as_str() == mcptt_id(1))
    }));
    // Another token on the same device: the first user is served there no longer.
    rig.forget();
    let answer = publish(&mut rig, 0, 0, Some(&issuer.token(&mcptt_id(2), SCOPE, NOW + 60)));
    assert_eq!(outcome(&answer), (200, None));
    assert_eq!(authorised(&rig), [mcptt_id(2)]);
    let ended = rig.events.iter().any(
        |event| matches!(event, Event::ServiceEnded { mcptt_id: user, .. } if user.as_str() == mcptt_id(1)),
    );
    assert!(ended, "{:#?}", rig.events);
}

//= 24.379-7.3.3:164 test
#[test]
fn one_client_too_many_is_refused() {
    let issuer = Issuer::new();
    let mut rig = rig(&issuer, |config| config.users[0].max_authorisations = Some(2));
    let token = issuer.token(&mcptt_id(0), SCOPE, NOW + 60);
    for device in 0..3 {
        register(&mut rig, 0, device);
    }
    assert_eq!(outcome(&publish(&mut rig, 0, 0, Some(&token))), (200, None));
    assert_eq!(outcome(&publish(&mut rig, 0, 1, Some(&token))), (200, None));
    assert_eq!(outcome(&publish(&mut rig, 0, 2, Some(&token))), (486, Some(164)));
    // Those that are in service stay so.
    assert_eq!(outcome(&publish(&mut rig, 0, 1, Some(&token))), (200, None));
    let refused = rig
        .events
        .iter()
        .any(|event| matches!(event, Event::Refused { refusal: Refusal::TooManyAuthorisations, .. }));
    assert!(refused);
}

#[test]
fn a_clock_that_is_set_decides_over_tokens_and_over_nothing_else() {
    let issuer = Issuer::new();
    let mut rig = rig(&issuer, |_| ());
    let token = issuer.token(&mcptt_id(0), SCOPE, NOW + 60);
    let mut own = client_config(0);
    own.access_token = Some(Secret::new(token.as_str()));
    rig.add(own);
    rig.register(0);
    assert_eq!(authorised(&rig), [mcptt_id(0)]);
    rig.node.handle_wall_clock(rig.now, SystemTime::UNIX_EPOCH + Duration::from_secs(NOW + 86_400));
    rig.settle();
    assert!(!rig.events.iter().any(|event| matches!(event, Event::ServiceEnded { .. })));
    rig.affiliate(0);
    assert!(rig.events_of(0).iter().any(|event| matches!(event, ClientEvent::Affiliated { .. })));
    rig.client_events.clear();
    rig.command(0, ClientCommand::PublishSettings);
    let failed = |event: &ClientEvent| {
        matches!(event, ClientEvent::RequestFailed { status: 403, warning: Some(101), .. })
    };
    assert!(rig.events_of(0).iter().any(failed), "{:#?}", rig.events_of(0));
}
