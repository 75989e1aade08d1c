//! What a registrar and a document server tell: contacts (`reg`), documents (`xcap-diff`), devices (GRUU), charging, and how what
//! is published ends.

use mcptt_codec::sip::{HeaderName, NameAddr, Response};
use mcptt_codec::xml::mime;
use mcptt_codec::xml::reg_info::{ContactEvent, RegInfo, RegistrationState};
use mcptt_codec::xml::xcap_diff::{Change, XcapDiff};

use crate::rig::*;
use crate::subscriptions::{answer, body, notifies, state};

const STRANGER: &str = "203.0.113.9:5060";
const FIRST: &str = "urn:uuid:00000000-0000-4000-8000-00000000f001";
const SECOND: &str = "urn:uuid:00000000-0000-4000-8000-00000000f002";

fn register(at: usize, host: &str, instance: &str, client: &str) -> Raw {
    Raw::new("REGISTER", "sip:ims.example.org", &impu(at))
        .without("To:")
        .header(&format!("To: <{}>", impu(at)))
        .header("Expires: 600")
        .header("Supported: path, gruu")
        .header(&format!("Contact: <sip:ue@{host}>;{TAG};+sip.instance=\"<{instance}>\""))
        .info(&format!("<mcptt-client-id><mcpttString>{client}</mcpttString></mcptt-client-id>"))
}

fn subscribe(at: usize, package: &str, uri: &str) -> Raw {
    Raw::new("SUBSCRIBE", uri, &impu(at))
        .header(&format!("P-Asserted-Identity: <{}>", impu(at)))
        .header(&format!("Contact: <sip:watcher@{CORE}>"))
        .header(&format!("Event: {package}"))
}

fn contact_params(response: &Response, host: &str, name: &str) -> Option<String> {
    let all = response.headers.values(&HeaderName::Contact);
    let own = all.map(|value| NameAddr::parse(value).unwrap()).find(|contact| contact.uri.host == *host)?;
    own.params.get(name).map(str::to_owned)
}

//= RFC3680-4.5 test
//= RFC3680-4.6 test
//= RFC3680-5.1:version test
//= RFC5628-5 test
#[test]
fn the_contacts_of_a_user_can_be_watched() {
    let mut rig = Rig::new(config());
    let reg_of = |at: usize, of: usize| subscribe(at, "reg", &impu(of)).text();
    let accepted = rig.ask(CORE, PF, &reg_of(0, 0));
    assert_eq!(values(&accepted.headers, &HeaderName::Expires), ["3761"]);
    let shown = |rig: &Rig| RegInfo::parse(&body(&notifies(rig).pop().unwrap(), mime::REGINFO)).unwrap();
    let first = shown(&rig);
    assert_eq!(
        (first.version, first.full, &first.registrations[0].state),
        (0, true, &RegistrationState::Init)
    );
    let next = |rig: &mut Rig| {
        let last = notifies(rig).pop().unwrap();
        answer(rig, &last, "200 OK");
    };
    next(&mut rig);

    rig.ask(STRANGER, PF, &register(0, "192.0.2.77", FIRST, &client_id(0)).text());
    let info = shown(&rig);
    let contact = &info.registrations[0].contacts[0];
    assert_eq!((info.version, &info.registrations[0].state), (1, &RegistrationState::Active));
    assert_eq!(
        (&contact.event, contact.expires, contact.uri.as_str()),
        (&ContactEvent::Registered, Some(600), "sip:ue@192.0.2.77")
    );
    assert_eq!(contact.pub_gruu.as_deref(), Some(format!("{};gr={FIRST}", impu(0)).as_str()));
    next(&mut rig);

    rig.seconds(100);
    rig.ask(STRANGER, PF, &register(0, "192.0.2.77", FIRST, &client_id(0)).text());
    assert_eq!(shown(&rig).registrations[0].contacts[0].event, ContactEvent::Refreshed);
    next(&mut rig);
    rig.seconds(601);
    let info = shown(&rig);
    assert_eq!((info.version, &info.registrations[0].state), (3, &RegistrationState::Terminated));
    assert_eq!(info.registrations[0].contacts[0].event, ContactEvent::Expired);
    next(&mut rig);

    // A trusted network may watch everybody, a user only itself.
    assert_eq!(rig.ask(CORE, PF, &reg_of(0, 1)).status.0, 200);
    let two = rig.add(client_config(2));
    rig.register(two);
    let own = address(2).to_string();
    assert_eq!(rig.ask(&own, PF, &reg_of(2, 0).replace("P-Asserted", "P-Preferred")).status.0, 403);
    assert_eq!(rig.ask(&own, PF, &reg_of(2, 2).replace("P-Asserted", "P-Preferred")).status.0, 200);
}

//= RFC5875-4.4 test
//= RFC5875-4.6 test
//= RFC5875-4.7 test
#[test]
fn a_user_hears_which_of_its_documents_have_changed() {
    let mut rig = Rig::new(config());
    let (own, group, foreign) = (
        format!("org.3gpp.mcptt.user-profile/users/{}/", mcptt_id(0)),
        format!("org.openmobilealliance.groups/global/byGroupID/{GROUP}"),
        format!("org.3gpp.mcptt.user-profile/users/{}/", mcptt_id(1)),
    );
    let list = |selectors: &[&str]| {
        let entries: String =
            selectors.iter().map(|selector| format!("<entry uri=\"{selector}\"/>")).collect();
        format!(
            "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list>{entries}</list></resource-lists>"
        )
    };
    let ask = |rig: &mut Rig, selectors: &[&str]| {
        let request = subscribe(0, "xcap-diff", PF_IDENTITY).part(mime::RESOURCE_LISTS, &list(selectors));
        rig.ask(CORE, PF, &request.text()).status.0
    };
    assert_eq!(rig.ask(CORE, PF, &subscribe(0, "xcap-diff", PF_IDENTITY).text()).status.0, 400);
    assert_eq!(ask(&mut rig, &[&foreign]), 403);

    let profile = format!("{own}profile-1.xml");
    let now = rig.now;
    for (selector, tag) in
        [(profile.as_str(), "p1"), (group.as_str(), "g1"), ("org.3gpp.mcptt.user-profile/users/x/y", "z")]
    {
        rig.node.document_changed(now, selector, Some(tag));
    }
    rig.settle();
    assert_eq!(ask(&mut rig, &[&own, &group, &foreign]), 200);
    let told = |rig: &Rig| {
        let last = notifies(rig).pop().unwrap();
        let document = XcapDiff::parse(&body(&last, mime::XCAP_DIFF)).unwrap();
        let all = document.documents().map(|one| {
            (
                one.sel.to_string(),
                one.change(),
                one.new_etag.as_deref().map(str::to_owned),
                one.previous_etag.as_deref().map(str::to_owned),
            )
        });
        all.collect::<Vec<_>>()
    };
    let tag = |tag: &str| Some(tag.to_owned());
    assert_eq!(
        told(&rig),
        [
            (profile.clone(), Change::Created, tag("p1"), None),
            (group.clone(), Change::Created, tag("g1"), None)
        ]
    );
    let last = notifies(&rig).pop().unwrap();
    answer(&mut rig, &last, "200 OK");

    rig.node.document_changed(now, &group, Some("g2"));
    rig.settle();
    assert_eq!(told(&rig), [(group.clone(), Change::Modified, tag("g2"), tag("g1"))]);
    // While that is under way more happens: it is told together.
    rig.node.document_changed(now, &group, None);
    rig.node.document_changed(now, &profile, Some("p2"));
    rig.settle();
    let last = notifies(&rig).pop().unwrap();
    answer(&mut rig, &last, "200 OK");
    assert_eq!(
        told(&rig),
        [(profile, Change::Modified, tag("p2"), tag("p1")), (group, Change::Removed, None, tag("g2"))]
    );
    let count = notifies(&rig).len();
    rig.node.document_changed(now, "org.3gpp.mcptt.user-profile/users/x/y", Some("z2"));
    rig.settle();
    assert_eq!(notifies(&rig).len(), count, "nobody watches that");
    assert!(state(&notifies(&rig).pop().unwrap()).starts_with("active"));
}

//= RFC5627-5.1:pub test
//= RFC5627-5.1:temp test
#[test]
fn a_device_gets_a_public_and_ever_new_temporary_gruus() {
    let mut rig = Rig::new(config());
    let first = rig.ask(STRANGER, PF, &register(0, "192.0.2.77", FIRST, &client_id(0)).text());
    let again = rig.ask(STRANGER, PF, &register(0, "192.0.2.77", FIRST, &client_id(0)).text());
    let public = |response: &Response| contact_params(response, "192.0.2.77", "pub-gruu");
    let temporary = |response: &Response| contact_params(response, "192.0.2.77", "temp-gruu").unwrap();
    assert_eq!(public(&first), Some(format!("{};gr={FIRST}", impu(0))));
    assert_eq!(public(&again), public(&first));
    assert_ne!(temporary(&again), temporary(&first));
    assert!(temporary(&first).ends_with("@ims.example.org;gr") && !temporary(&first).contains("alice"));

    // Nobody gets one who has not asked, or has not said what device it is.
    let plain = register(1, "192.0.2.78", FIRST, &client_id(1)).without("Supported:");
    assert_eq!(contact_params(&rig.ask(STRANGER, PF, &plain.text()), "192.0.2.78", "pub-gruu"), None);
    let nameless = register(2, "192.0.2.79", FIRST, &client_id(2)).text().replace("+sip.instance", "+other");
    assert_eq!(contact_params(&rig.ask(STRANGER, PF, &nameless), "192.0.2.79", "pub-gruu"), None);
}

/// A request of a function for a user, to this URI.
fn message(uri: &str, to: usize) -> String {
    Raw::new("MESSAGE", uri, CF_IDENTITY)
        .header("Accept-Contact: *;+g.3gpp.mcptt;require;explicit")
        .header("P-Charging-Vector: icid-value=1234;icid-generated-at=192.0.2.5")
        .info(&format!(
            "<mcptt-request-uri><mcpttURI>{}</mcpttURI></mcptt-request-uri><alert-ind><mcpttBoolean>true</mcpttBoolean></alert-ind>",
            mcptt_id(to)
        ))
        .text()
}

//= RFC5627-5.4:device test
//= RFC5627-5.1:valid test
#[test]
fn a_request_to_a_gruu_goes_to_its_device() {
    let mut rig = Rig::new(config());
    let devices = [("192.0.2.77:5060", FIRST, client_id(0)), ("192.0.2.78:5060", SECOND, client_id(1))];
    let ask_in = |rig: &mut Rig, (host, instance, client): &(&str, &str, String), call_id: &str| {
        rig.ask_in(host, PF, &register(0, host, instance, client).text(), call_id)
    };
    let answers: Vec<Response> = devices.iter().map(|device| ask_in(&mut rig, device, "first")).collect();
    let gruus: Vec<[String; 2]> = answers
        .iter()
        .zip(["192.0.2.77", "192.0.2.78"])
        .map(|(answer, host)| {
            ["pub-gruu", "temp-gruu"].map(|name| contact_params(answer, host, name).unwrap())
        })
        .collect();
    let reached = |rig: &mut Rig, uri: &str| {
        rig.forget();
        rig.start(CORE, PF, &message(uri, 0));
        let to =
            rig.seen.iter().find(|seen| seen.from == PF.parse().unwrap() && seen.to != CORE.parse().unwrap());
        to.map(|seen| seen.to.to_string())
    };
    for (gruus, (host, ..)) in gruus.iter().zip(&devices) {
        for uri in gruus {
            assert_eq!(reached(&mut rig, uri).as_deref(), Some(*host), "{uri}");
        }
    }
    // Forged or of another time: they lead nowhere.
    let temporary = gruus[1][1].clone();
    ask_in(&mut rig, &devices[1], "first");
    assert_eq!(reached(&mut rig, &temporary).as_deref(), Some(devices[1].0), "a refresh takes nothing away");
    ask_in(&mut rig, &devices[1], "second");
    for uri in
        [temporary.clone(), temporary.replace("tgruu.0", "tgruu.1"), format!("{};gr=urn:uuid:other", impu(0))]
    {
        assert_eq!(rig.ask(CORE, PF, &message(&uri, 0)).status.0, 404, "{uri}");
    }
}

//= RFC7315-5.5:trust test
#[test]
fn charging_is_said_among_the_trusted_only() {
    let mut rig = Rig::with_members(2);
    let charged = |at: usize| {
        core_invite(
            at,
            &group_call(
                GROUP,
                &format!("<mcptt-client-id><mcpttString>{}</mcpttString></mcptt-client-id>", client_id(at)),
            ),
        )
        .header("P-Charging-Vector: icid-value=77;icid-generated-at=192.0.2.5")
        .header("P-Charging-Function-Addresses: ccf=192.0.2.6")
    };
    rig.start(CORE, PF, &charged(0).text());
    let said = |rig: &Rig, from: &str, to: &str| {
        let invite = rig.request(from, to, "INVITE");
        [HeaderName::PChargingVector, HeaderName::PChargingFunctionAddresses]
            .map(|name| values(&invite.headers, &name).join(","))
    };
    let all = ["icid-value=77;icid-generated-at=192.0.2.5".to_owned(), "ccf=192.0.2.6".to_owned()];
    assert_eq!(said(&rig, "pf", "cf"), all);
    assert_eq!(said(&rig, "cf", "pf"), all);
    assert_eq!(said(&rig, "pf", "bob"), ["", ""], "bob is not trusted");
    let answered = |rig: &Rig, from: &str, to: &str| {
        let answer = rig.response(from, to, "200 INVITE");
        [HeaderName::PChargingVector, HeaderName::PChargingFunctionAddresses]
            .map(|name| values(&answer.headers, &name).join(","))
    };
    assert_eq!(answered(&rig, "cf", "pf"), all);
    assert_eq!(answered(&rig, "pf", "core"), all);

    let mut rig = Rig::with_members(1);
    let own = address(0).to_string();
    rig.start(&own, PF, &charged(0).text().replace("P-Asserted", "P-Preferred"));
    assert_eq!(said(&rig, "pf", "cf"), ["", ""], "what alice says about charging is nothing");
}

//= RFC3903-6:min-expires test
//= RFC3903-6:refresh test
//= RFC3903-6:etag test
//= RFC3903-6:expiry test
//= RFC3903-412 test
#[test]
fn published_settings_are_refreshed_and_end() {
    let mut rig = Rig::new(config());
    rig.add(client_config(0));
    rig.register(0);
    let publish = |expires: u32, tag: Option<&str>, with_body: bool| {
        let mut request = Raw::new("PUBLISH", PF_IDENTITY, &impu(0))
            .header(&format!("P-Asserted-Identity: <{}>", impu(0)))
            .header("Event: poc-settings")
            .header(&format!("Expires: {expires}"));
        if let Some(tag) = tag {
            request = request.header(&format!("SIP-If-Match: {tag}"));
        }
        if with_body {
            request = request.part(
                mime::POC_SETTINGS,
                &format!(
                    "<poc-settings xmlns=\"urn:oma:params:xml:ns:poc:poc-settings\"><entity id=\"{}\"><am-settings>\
                     <answer-mode>automatic</answer-mode></am-settings></entity></poc-settings>",
                    client_id(0)
                ),
            );
        }
        request
            .info(&format!("<mcptt-client-id><mcpttString>{}</mcpttString></mcptt-client-id>", client_id(0)))
            .text()
    };
    let tag_of = |response: &Response| response.headers.get(&HeaderName::SipEtag).unwrap().to_string();
    let brief = rig.ask(CORE, PF, &publish(59, None, true));
    assert_eq!((brief.status.0, values(&brief.headers, &HeaderName::MinExpires)), (423, vec!["60"]));
    let first = rig.ask(CORE, PF, &publish(60, None, true));
    assert_eq!((first.status.0, values(&first.headers, &HeaderName::Expires)), (200, vec!["60"]));
    rig.seconds(40);
    let second = rig.ask(CORE, PF, &publish(60, Some(&tag_of(&first)), false));
    assert_eq!(second.status.0, 200);
    assert_ne!(tag_of(&second), tag_of(&first));
    assert_eq!(rig.ask(CORE, PF, &publish(60, Some(&tag_of(&first)), true)).status.0, 412);
    rig.seconds(40);
    let third = rig.ask(CORE, PF, &publish(60, Some(&tag_of(&second)), false));
    assert_eq!(third.status.0, 200, "the refresh has given more time");
    rig.seconds(61);
    assert_eq!(rig.ask(CORE, PF, &publish(60, Some(&tag_of(&third)), false)).status.0, 412);
}
