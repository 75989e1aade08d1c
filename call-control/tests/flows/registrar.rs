//! The registrar: ways over proxies, devices with several flows, and who is believed.

use call_control::config::{AssumeSettings, Config, DigestUser, Secret};
use call_control::event::EndCause;
use call_control::transport::{SipPath, StreamCommand, StreamEvent, Transport};
use call_control::{Event, Output};
use mcptt_codec::sip::{HeaderName, Limits, Response, SipMessage};

use crate::rig::*;

const STRANGER: &str = "203.0.113.9:5060";
const INSTANCE: &str = "+sip.instance=\"<urn:uuid:00000000-0000-4000-8000-0000000000a4>\"";

fn register(at: usize) -> Raw {
    Raw::new("REGISTER", "sip:ims.example.org", &impu(at))
        .without("To:")
        .header(&format!("To: <{}>", impu(at)))
        .header("Expires: 600")
        .info(&format!("<mcptt-client-id><mcpttString>{}</mcpttString></mcptt-client-id>", client_id(at)))
}

fn contact(host: &str, further: &str) -> String {
    format!("Contact: <sip:ue@{host}>;{TAG}{further}")
}

fn assuming() -> Config {
    let mut config = config();
    config.assume_settings = AssumeSettings::Automatic;
    config
}

/// Sends a request over a connection; its final answer.
fn over(rig: &mut Rig, path: SipPath, request: &Raw, number: u32) -> Response {
    let text = request.text();
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    let (start, fields) = head.split_once('\n').unwrap();
    let body = body.replace('\n', "\r\n");
    let method = start.split(' ').next().unwrap();
    let request = format!(
        "{start}\r\nVia: SIP/2.0/{} {};branch=z9hG4bKs{number}\r\nCall-ID: s{number}\r\nCSeq: {number} {method}\r\n\
         Max-Forwards: 70\r\n{}\r\nContent-Length: {}\r\n\r\n{body}",
        path.transport.as_str().to_uppercase(),
        path.remote,
        fields.replace("{id}", &format!("s{number}")).replace('\n', "\r\n"),
        body.len()
    );
    rig.node.handle_stream(rig.now, path, StreamEvent::Octets(request.as_bytes()));
    let mut answers = Vec::new();
    while let Some(output) = rig.node.poll_output() {
        match output {
            Output::Stream(StreamCommand::Send { path: way, payload }) => {
                assert_eq!(way, path);
                let SipMessage::Response(response) = SipMessage::decode(&payload, &Limits::DEFAULT).unwrap()
                else {
                    panic!("a request")
                };
                answers.push(response);
            }
            Output::Event(event) => rig.events.push(event),
            _ => {}
        }
    }
    answers.pop().expect("an answer")
}

fn connection(transport: Transport, remote: &str) -> SipPath {
    SipPath { transport, local: PF.parse().unwrap(), remote: remote.parse().unwrap() }
}

fn ended(rig: &Rig) -> (Vec<EndCause>, usize) {
    let causes = rig.events.iter().filter_map(|event| match event {
        Event::RegistrationEnded { cause, .. } => Some(*cause),
        _ => None,
    });
    let services = rig.events.iter().filter(|event| matches!(event, Event::ServiceEnded { .. })).count();
    (causes.collect(), services)
}

//= RFC3327-5.3:echo test
//= RFC3327-5.3:route test
//= RFC3608-6.3 test
#[test]
fn a_call_takes_the_way_that_the_registration_has_shown() {
    let mut config = assuming();
    config.registration.service_route = vec!["sip:edge.example.org;lr".into()];
    let mut rig = Rig::new(config);
    let request = register(4)
        .header(&contact("10.0.0.9:5060", ""))
        .header("Supported: path")
        .header("Path: <sip:edge.example.org;lr>, <sip:inner@198.51.100.1;lr>");
    let answer = rig.ask(CORE, PF, &request.text());
    assert_eq!(answer.status.0, 200);
    assert_eq!(
        values(&answer.headers, &HeaderName::Path),
        ["<sip:edge.example.org;lr>, <sip:inner@198.51.100.1;lr>"]
    );
    assert_eq!(values(&answer.headers, &HeaderName::ServiceRoute), ["<sip:edge.example.org;lr>"]);

    let params = group_call(&mcptt_id(4), "");
    let text = core_invite(0, &params).text().replace(PF_IDENTITY, "sip:pf-terminating@pf.mc.example.org");
    rig.start(CORE, PF, &text.replace(&format!(";{TAG}\n"), &format!(";{TAG};isfocus\n")));
    let invite = rig.request("pf", "core", "INVITE");
    assert_eq!(invite.uri.as_str(), "sip:ue@10.0.0.9:5060");
    assert_eq!(
        values(&invite.headers, &HeaderName::Route),
        ["<sip:edge.example.org;lr>", "<sip:inner@198.51.100.1;lr>"]
    );
}

//= RFC3327-5.3:trust test
#[test]
fn nobody_else_says_over_whom_calls_go() {
    let mut rig = Rig::new(config());
    let text = register(4).header(&contact(STRANGER, "")).header("Path: <sip:victim@198.51.100.7;lr>").text();
    assert_eq!(outcome(&rig.ask(STRANGER, PF, &text)), (403, None));
    let many = "Path: <sip:a.example.org;lr>\n".repeat(17);
    let text = register(4).header(&contact(CORE, "")).header(many.trim_end()).text();
    assert_eq!(rig.ask(CORE, PF, &text).status.0, 400);
}

//= RFC5626-6:key test
//= RFC5626-6:failover test
//= RFC5626-6:require test
#[test]
fn a_device_with_two_flows_survives_the_loss_of_one() {
    let mut rig = Rig::new(config());
    let flows =
        [connection(Transport::Ws, "203.0.113.9:40001"), connection(Transport::Ws, "203.0.113.9:40002")];
    let flow = |number: usize, host: &str| {
        register(4)
            .header(&contact(host, &format!(";{INSTANCE};reg-id={number};q=0.5")))
            .header("Supported: outbound, path")
    };
    let tcp = flows.map(|flow| SipPath { transport: Transport::Tcp, ..flow });
    let first = over(&mut rig, tcp[0], &flow(1, "a.invalid;transport=ws"), 1);
    assert!(first.headers.lists(&HeaderName::Require, "outbound"));
    let both = over(&mut rig, tcp[1], &flow(2, "b.invalid;transport=ws"), 2);
    let listed = |host: &str, number: u32| {
        format!("<sip:ue@{host};transport=ws>;expires=600;q=0.5;{INSTANCE};reg-id={number}")
    };
    assert_eq!(values(&both.headers, &HeaderName::Contact), [listed("a.invalid", 1), listed("b.invalid", 2)]);
    // The same flow from elsewhere takes the place of the old one.
    let moved = SipPath { remote: "203.0.113.9:40003".parse().unwrap(), ..tcp[0] };
    let moved_on = over(&mut rig, moved, &flow(1, "c.invalid;transport=ws"), 3);
    assert_eq!(
        values(&moved_on.headers, &HeaderName::Contact),
        [listed("c.invalid", 1), listed("b.invalid", 2)]
    );

    rig.node.handle_stream(rig.now, moved, StreamEvent::Closed);
    rig.settle();
    assert_eq!(ended(&rig), (vec![EndCause::FlowFailed], 0));
    rig.node.handle_stream(rig.now, tcp[1], StreamEvent::Closed);
    rig.settle();
    assert_eq!(ended(&rig), (vec![EndCause::FlowFailed, EndCause::FlowFailed], 1));
}

//= RFC5626-6:439 test
#[test]
fn a_flow_behind_a_proxy_that_keeps_none_is_refused() {
    let mut rig = Rig::new(config());
    let request = register(4)
        .header("Via: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKue")
        .header("Supported: outbound, path")
        .header(&contact("10.0.0.9", &format!(";{INSTANCE};reg-id=1")));
    for (path, status) in [("<sip:edge.example.org;lr>", 439), ("<sip:edge.example.org;lr;ob>", 200)] {
        let text = request.clone().header(&format!("Path: {path}")).text();
        assert_eq!(rig.ask(CORE, PF, &text).status.0, status, "{path}");
    }
}

//= RFC3325-6:trust test
#[test]
fn a_peer_is_believed_for_the_name_in_its_certificate_and_for_nothing_it_says() {
    let mut config = config();
    config.trusted_names = vec!["core.example.org".into()];
    config.users[0].digest = Some(DigestUser::new("alice", Secret::new("open sesame")));
    let mut rig = Rig::new(config);
    let request =
        register(0).header(&contact(STRANGER, "")).header(&format!("P-Asserted-Identity: <{}>", impu(0)));
    for (remote, names, status) in [
        ("203.0.113.9:40001", vec![], 401),
        ("203.0.113.9:40002", vec!["evil.example.org".to_owned()], 401),
        ("203.0.113.9:40003", vec!["other.example.org".to_owned(), "CORE.example.org".to_owned()], 200),
    ] {
        let path = connection(Transport::Tls, remote);
        if !names.is_empty() {
            rig.node.handle_stream(rig.now, path, StreamEvent::Identified(&names));
        }
        let port = u32::from(path.remote.port());
        assert_eq!(over(&mut rig, path, &request, port).status.0, status, "{names:?}");
        // The name goes with the connection.
        rig.node.handle_stream(rig.now, path, StreamEvent::Closed);
        assert_eq!(over(&mut rig, path, &request, port + 100).status.0, 401, "{names:?}");
    }
}
