//! The example messages of MCPTT procedures: every value read, every octet written back.

use HeaderName as Name;

use super::super::multipart::body_parts;
use super::super::{
    AcceptContact, CSeq, FEATURE_MCPTT, HeaderName, ICSI_MCPTT, Limits, McpttWarning, Method, NameAddr,
    Refresher, ResourcePriority, Scheme, SessionExpires, SipMessage, StatusCode, Transport, Uri, has_feature,
    icsi_refs, validate,
};
use super::{decode, fields, request, response, wire};

const REGISTER: &str = "\
REGISTER sip:ims.example.org SIP/2.0
Via: SIP/2.0/UDP 10.1.1.5:5060;branch=z9hG4bKr1;rport
Max-Forwards: 70
From: <sip:alice-ue@ims.example.org>;tag=r1
To: <sip:alice-ue@ims.example.org>
Call-ID: reg-1@10.1.1.5
CSeq: 1 REGISTER
Contact: <sip:10.1.1.5:5060>;+g.3gpp.mcptt;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\";\
+sip.instance=\"<urn:gsma:imei:90420156-025763-0>\";expires=600000
Supported: path, gruu
Content-Type: multipart/mixed;boundary=b1
Content-Length: ...

--b1
Content-Type: application/vnd.3gpp.mcptt-info+xml

<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<mcpttinfo xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\"><mcptt-Params>
 <mcptt-access-token type=\"Normal\"><mcpttString>eyJhbGciOiJSUzI1NiJ9.eyJ</mcpttString></mcptt-access-token>
 <mcptt-client-id type=\"Normal\"><mcpttString>urn:uuid:00000000-0000-4000-8000-0000000000a1</mcpttString>\
</mcptt-client-id>
</mcptt-Params></mcpttinfo>
--b1--
";

const PUBLISH: &str = "\
PUBLISH sip:pf@pf.mc.example.org SIP/2.0
Via: SIP/2.0/TCP 10.1.1.5;branch=z9hG4bKp1
Max-Forwards: 70
From: <sip:alice-ue@ims.example.org>;tag=p1
To: <sip:pf@pf.mc.example.org>
Call-ID: pub-1@10.1.1.5
CSeq: 7 PUBLISH
P-Asserted-Identity: <sip:alice-ue@ims.example.org>
P-Preferred-Service: urn:urn-7:3gpp-service.ims.icsi.mcptt
Accept-Contact: *;+g.3gpp.mcptt;require;explicit
Accept-Contact: *;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\";require;explicit
Event: poc-settings
Expires: 4294967295
Content-Type: multipart/mixed;boundary=b2
Content-Length: ...

--b2
Content-Type: application/vnd.3gpp.mcptt-info+xml

<mcpttinfo xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\"><mcptt-Params/></mcpttinfo>
--b2
Content-Type: application/poc-settings+xml

<poc-settings xmlns=\"urn:oma:params:xml:ns:poc:poc-settings\"/>
--b2--
";

const INVITE: &str = "\
INVITE sip:pf@pf.mc.example.org SIP/2.0
Via: SIP/2.0/UDP pcscf.ims.example.org;branch=z9hG4bKi2, SIP/2.0/UDP 10.1.1.5:5060;branch=z9hG4bKi1
Max-Forwards: 69
Record-Route: <sip:pcscf.ims.example.org;lr>, <sip:scscf.ims.example.org;lr>
From: <sip:alice-ue@ims.example.org>;tag=i1
To: <sip:pf@pf.mc.example.org>
Call-ID: inv-1@10.1.1.5
CSeq: 101 INVITE
Contact: <sip:10.1.1.5:5060>;+g.3gpp.mcptt;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\"
Accept-Contact: *;+g.3gpp.mcptt;require;explicit
Accept-Contact: *;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\";require;explicit
P-Preferred-Service: urn:urn-7:3gpp-service.ims.icsi.mcptt
Supported: timer, norefersub, tdialog, 100rel
Session-Expires: 1800
Resource-Priority: mcpttp.15
Content-Type: multipart/mixed;boundary=b4
Content-Length: ...

--b4
Content-Type: application/sdp

v=0
o=alice 2890844526 2890844526 IN IP4 10.1.1.5
s=-
c=IN IP4 10.1.1.5
t=0 0
m=audio 40000 RTP/AVP 97
i=speech
a=rtpmap:97 AMR-WB/16000/1
a=fmtp:97 mode-change-capability=2; max-red=0
a=ptime:20
m=application 40002 udp MCPTT
a=fmtp:MCPTT mc_queueing;mc_priority=5;mc_granted;mc_implicit_request

--b4
Content-Type: application/vnd.3gpp.mcptt-info+xml

<mcpttinfo xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\"><mcptt-Params>
 <session-type>prearranged</session-type>
</mcptt-Params></mcpttinfo>
--b4
Content-Type: application/vnd.3gpp.mcptt-location-info+xml

<location-info xmlns=\"urn:3gpp:ns:mcpttLocationInfo:1.0\"/>
--b4--
";

const OK: &str = "\
SIP/2.0 200 OK
Via: SIP/2.0/UDP pf.mc.example.org;branch=z9hG4bKc1
From: <sip:pf@pf.mc.example.org>;tag=i1
To: <sip:groups@cf.mc.example.org>;tag=c1
Call-ID: inv-2@pf.mc.example.org
CSeq: 1 INVITE
Contact: <sip:s-8b1f@cf.mc.example.org;gr=k3>;+g.3gpp.mcptt;\
+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\";isfocus
P-Asserted-Identity: <sip:groups@cf.mc.example.org>
Require: timer
Session-Expires: 1800;refresher=uac
Supported: tdialog
Supported: norefersub
Supported: explicitsub, nosub
Warning: 399 cf.mc.example.org \"123 MCPTT session already exists\"
Content-Type: application/sdp
Content-Length: ...

v=0
o=- 1 1 IN IP4 10.2.2.2
s=-
";

const FORBIDDEN: &str = "\
SIP/2.0 403 Forbidden
Via: SIP/2.0/UDP 10.1.1.5;branch=z9hG4bKi1;received=10.1.1.5;rport=5060
From: <sip:alice-ue@ims.example.org>;tag=i1
To: <sip:pf@pf.mc.example.org>;tag=f1
Call-ID: inv-1@10.1.1.5
CSeq: 101 INVITE
Warning: 399 cf.mc.example.org \"100 function not allowed due to access policy\"
Content-Type: application/vnd.3gpp.mcptt-info+xml
Content-Length: ...

<mcpttinfo xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\"><mcptt-Params>
 <emergency-ind type=\"Normal\"><mcpttBoolean>false</mcpttBoolean></emergency-ind>
</mcptt-Params></mcpttinfo>
";

const REFER: &str = "\
REFER sip:pre-17@pf.mc.example.org SIP/2.0
Via: SIP/2.0/TLS [2001:db8::5]:5061;branch=z9hG4bKf1
Max-Forwards: 70
From: \"Alice, Incident \\\"Lead\\\"\" <sip:alice-ue@ims.example.org>;tag=f1
To: <sip:pf@pf.mc.example.org>;tag=pre
Call-ID: ref-1@10.1.1.5
CSeq: 3 REFER
Refer-To: <sip:rescue-1@mc.example.org;method=INVITE?Content-Type=application/vnd.3gpp.mcptt-info%2Bxml&body=%3Cm%2F%3E>
Refer-Sub: false
Supported: norefersub
Require: multiple-refer
Target-Dialog: pre-call@10.1.1.5;local-tag=a;remote-tag=b
Content-Type: application/resource-lists+xml
Content-ID: <l1@ue.example.org>
Content-Disposition: recipient-list
Content-Length: ...

<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"/>
";

/// Header fields of an example in order, without those of the transaction.
fn service_fields(message: &SipMessage) -> Vec<(HeaderName, &str)> {
    const TRANSACTION: [Name; 8] = [
        Name::Via,
        Name::MaxForwards,
        Name::From,
        Name::To,
        Name::CallId,
        Name::CSeq,
        Name::RecordRoute,
        Name::ContentLength,
    ];
    fields(message.headers()).into_iter().filter(|(name, _)| !TRANSACTION.contains(name)).collect()
}

/// Media type and body of each part.
fn parts(message: &SipMessage) -> Vec<(String, String)> {
    let parts = body_parts(message.headers(), message.body(), &Limits::default()).unwrap();
    parts
        .iter()
        .map(|part| {
            let media = part.headers.content_type().unwrap().unwrap();
            (media.to_string(), String::from_utf8(part.body.to_vec()).unwrap())
        })
        .collect()
}

fn part(media: &str, body: &str) -> (String, String) {
    (media.to_owned(), body.replace('\n', "\r\n"))
}

const ICSI_TAG: &str = "*;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\";require;explicit";

#[test]
fn every_example_is_written_back_octet_for_octet() {
    for text in [REGISTER, PUBLISH, INVITE, OK, FORBIDDEN, REFER] {
        let datagram = wire(text);
        let decoded = SipMessage::examine(&datagram, &Limits::default()).unwrap();
        assert_eq!(decoded.deviations, []);
        assert_eq!(decoded.value.encode(), datagram);
        if let SipMessage::Request(request) = &decoded.value {
            assert_eq!(validate(request), Ok(()), "{}", request.method);
        }
    }
}

#[test]
fn a_registration_carries_feature_tags_and_the_access_token() {
    let message = decode(&wire(REGISTER));
    assert_eq!(
        service_fields(&message),
        [
            (
                Name::Contact,
                "<sip:10.1.1.5:5060>;+g.3gpp.mcptt;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\";\
                 +sip.instance=\"<urn:gsma:imei:90420156-025763-0>\";expires=600000"
            ),
            (Name::Supported, "path, gruu"),
            (Name::ContentType, "multipart/mixed;boundary=b1"),
        ]
    );
    let contact = message.headers().contact().unwrap();
    assert_eq!(contact.uri, Uri::sip(None, "10.1.1.5", Some(5060)));
    assert!(has_feature(&contact.params, FEATURE_MCPTT));
    assert_eq!(icsi_refs(&contact.params).collect::<Vec<_>>(), [ICSI_MCPTT]);
    assert_eq!(contact.params.get("expires"), Some("600000"));
    assert_eq!(contact.params.get("+sip.instance"), Some("<urn:gsma:imei:90420156-025763-0>"));
    assert_eq!(
        parts(&message),
        [part(
            "application/vnd.3gpp.mcptt-info+xml",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<mcpttinfo xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\"><mcptt-Params>\n \
             <mcptt-access-token type=\"Normal\"><mcpttString>eyJhbGciOiJSUzI1NiJ9.eyJ</mcpttString></mcptt-access-token>\n \
             <mcptt-client-id type=\"Normal\"><mcpttString>urn:uuid:00000000-0000-4000-8000-0000000000a1</mcpttString>\
             </mcptt-client-id>\n</mcptt-Params></mcpttinfo>"
        )]
    );
}

#[test]
fn the_request_inside_a_third_party_registration_is_read_like_any_other() {
    let inner = wire(REGISTER);
    let head = format!(
        "REGISTER sip:pf@pf.mc.example.org SIP/2.0\r\n\
         Via: SIP/2.0/UDP scscf.ims.example.org;branch=z9hG4bK3p\r\n\
         Max-Forwards: 70\r\n\
         From: <sip:scscf.ims.example.org>;tag=3p1\r\n\
         To: <sip:alice-ue@ims.example.org>\r\n\
         Call-ID: 3p@scscf.ims.example.org\r\n\
         CSeq: 1 REGISTER\r\n\
         Contact: <sip:scscf.ims.example.org:5054>\r\n\
         Expires: 600000\r\n\
         P-Access-Network-Info: 3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=0010100010000001\r\n\
         P-Charging-Vector: icid-value=\"ab12\"\r\n\
         Content-Type: message/sip\r\n\
         Content-Length: {}\r\n\r\n",
        inner.len()
    );
    let datagram = bytes::Bytes::from([head.as_bytes(), &inner].concat());
    let message = decode(&datagram);
    assert_eq!(message.encode(), datagram);
    assert_eq!(
        service_fields(&message),
        [
            (Name::Contact, "<sip:scscf.ims.example.org:5054>"),
            (Name::Expires, "600000"),
            (Name::PAccessNetworkInfo, "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=0010100010000001"),
            (Name::PChargingVector, "icid-value=\"ab12\""),
            (Name::ContentType, "message/sip"),
        ]
    );
    assert_eq!(message.headers().number(&Name::Expires), Ok(Some(600_000)));
    let outer = body_parts(message.headers(), message.body(), &Limits::default()).unwrap();
    let [part] = outer.as_slice() else { panic!("{outer:?}") };
    assert!(part.is("message/sip"));
    assert_eq!(decode(&part.body), decode(&inner));
}

#[test]
fn a_publication_of_settings_carries_two_parts() {
    let message = decode(&wire(PUBLISH));
    assert_eq!(
        service_fields(&message),
        [
            (Name::PAssertedIdentity, "<sip:alice-ue@ims.example.org>"),
            (Name::PPreferredService, ICSI_MCPTT),
            (Name::AcceptContact, "*;+g.3gpp.mcptt;require;explicit"),
            (Name::AcceptContact, ICSI_TAG),
            (Name::Event, "poc-settings"),
            (Name::Expires, "4294967295"),
            (Name::ContentType, "multipart/mixed;boundary=b2"),
        ]
    );
    assert_eq!(message.headers().number(&Name::Expires), Ok(Some(u32::MAX)));
    assert_eq!(
        parts(&message),
        [
            part(
                "application/vnd.3gpp.mcptt-info+xml",
                "<mcpttinfo xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\"><mcptt-Params/></mcpttinfo>"
            ),
            part(
                "application/poc-settings+xml",
                "<poc-settings xmlns=\"urn:oma:params:xml:ns:poc:poc-settings\"/>"
            ),
        ]
    );
}

#[test]
fn an_emergency_group_call_is_read_completely() {
    let invite = request(INVITE);
    assert_eq!((&invite.method, invite.uri.as_str()), (&Method::Invite, "sip:pf@pf.mc.example.org"));
    let headers = &invite.headers;
    assert_eq!(
        fields(headers)[2..16],
        [
            (Name::RecordRoute, "<sip:pcscf.ims.example.org;lr>, <sip:scscf.ims.example.org;lr>"),
            (Name::From, "<sip:alice-ue@ims.example.org>;tag=i1"),
            (Name::To, "<sip:pf@pf.mc.example.org>"),
            (Name::CallId, "inv-1@10.1.1.5"),
            (Name::CSeq, "101 INVITE"),
            (
                Name::Contact,
                "<sip:10.1.1.5:5060>;+g.3gpp.mcptt;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\""
            ),
            (Name::AcceptContact, "*;+g.3gpp.mcptt;require;explicit"),
            (Name::AcceptContact, ICSI_TAG),
            (Name::PPreferredService, ICSI_MCPTT),
            (Name::Supported, "timer, norefersub, tdialog, 100rel"),
            (Name::SessionExpires, "1800"),
            (Name::ResourcePriority, "mcpttp.15"),
            (Name::ContentType, "multipart/mixed;boundary=b4"),
            (Name::ContentLength, &invite.body.len().to_string()),
        ]
    );
    assert_eq!(
        headers.values(&Name::Via).collect::<Vec<_>>(),
        ["SIP/2.0/UDP pcscf.ims.example.org;branch=z9hG4bKi2", "SIP/2.0/UDP 10.1.1.5:5060;branch=z9hG4bKi1"]
    );
    let via = headers.top_via().unwrap();
    assert_eq!(
        (&via.transport, via.host.as_str(), via.branch()),
        (&Transport::Udp, "pcscf.ims.example.org", Some("z9hG4bKi2"))
    );
    assert_eq!(headers.cseq(), Ok(CSeq { number: 101, method: Method::Invite }));
    assert_eq!(headers.call_id().map(|id| id.to_string()), Ok("inv-1@10.1.1.5".to_owned()));
    assert_eq!(headers.from_address().unwrap().tag(), Some("i1"));
    assert_eq!(headers.to_address().unwrap().tag(), None);
    assert_eq!(headers.number(&Name::MaxForwards), Ok(Some(69)));
    assert_eq!(headers.session_expires(), Ok(Some(SessionExpires { seconds: 1800, refresher: None })));
    assert_eq!(
        ResourcePriority::all(headers).map(|value| value.mcptt_level()).collect::<Vec<_>>(),
        [Some(15)]
    );
    assert!(AcceptContact::asks_for_feature(headers, FEATURE_MCPTT));
    assert!(AcceptContact::asks_for_service(headers, ICSI_MCPTT));
    assert!(headers.lists(&Name::Supported, "TDIALOG") && !headers.lists(&Name::Supported, "rel"));
    let routes = NameAddr::parse_list(headers.get(&Name::RecordRoute).unwrap()).unwrap();
    assert_eq!(
        routes
            .iter()
            .map(|route| (route.uri.host.as_str(), route.uri.params.contains("lr")))
            .collect::<Vec<_>>(),
        [("pcscf.ims.example.org", true), ("scscf.ims.example.org", true)]
    );
    let parts = parts(&SipMessage::Request(invite));
    assert!(parts[0].1.starts_with("v=0\r\no=alice") && parts[0].1.ends_with("mc_implicit_request\r\n"));
    let media: Vec<_> = parts.iter().map(|(media, _)| media.as_str()).collect();
    assert_eq!(
        media,
        [
            "application/sdp",
            "application/vnd.3gpp.mcptt-info+xml",
            "application/vnd.3gpp.mcptt-location-info+xml",
        ]
    );
    assert_eq!(parts[2].1, "<location-info xmlns=\"urn:3gpp:ns:mcpttLocationInfo:1.0\"/>");
}

#[test]
fn a_final_answer_tells_the_session_identity_and_its_warning() {
    let ok = response(OK);
    assert_eq!((ok.status, ok.reason.as_str()), (StatusCode::OK, "OK"));
    let contact = ok.headers.contact().unwrap();
    assert_eq!(contact.uri.to_string(), "sip:s-8b1f@cf.mc.example.org;gr=k3");
    assert!(has_feature(&contact.params, "isfocus"));
    assert_eq!(
        ok.headers.values(&Name::Supported).collect::<Vec<_>>(),
        ["tdialog", "norefersub", "explicitsub", "nosub"]
    );
    let timer = SessionExpires { seconds: 1800, refresher: Some(Refresher::Uac) };
    assert_eq!(ok.headers.session_expires(), Ok(Some(timer)));
    let warning = McpttWarning { code: 123, text: "MCPTT session already exists".into() };
    assert_eq!(McpttWarning::all(&ok.headers).collect::<Vec<_>>(), [warning]);
    assert_eq!(
        parts(&SipMessage::Response(ok)),
        [part("application/sdp", "v=0\no=- 1 1 IN IP4 10.2.2.2\ns=-\n")]
    );
}

#[test]
fn a_refusal_keeps_its_warning_and_body() {
    let forbidden = response(FORBIDDEN);
    assert_eq!(forbidden.status, StatusCode::FORBIDDEN);
    let warning = McpttWarning { code: 100, text: "function not allowed due to access policy".into() };
    assert_eq!(McpttWarning::all(&forbidden.headers).collect::<Vec<_>>(), [warning]);
    let via = forbidden.headers.top_via().unwrap();
    assert_eq!(via.response_target(), Some("10.1.1.5:5060".parse().unwrap()));
    assert!(parts(&SipMessage::Response(forbidden))[0].1.contains("emergency-ind"));
}

#[test]
fn a_refer_carries_a_request_inside_its_target() {
    let refer = request(REFER);
    let from = refer.headers.from_address().unwrap();
    assert_eq!(from.display.as_deref(), Some("Alice, Incident \"Lead\""));
    let target = NameAddr::parse(refer.headers.get(&Name::ReferTo).unwrap()).unwrap().uri;
    assert_eq!((&target.scheme, target.params.get("method")), (&Scheme::Sip, Some("INVITE")));
    assert_eq!(target.header("content-type").as_deref(), Some("application/vnd.3gpp.mcptt-info+xml"));
    assert_eq!(target.header("body").as_deref(), Some("<m/>"));
    let via = refer.headers.top_via().unwrap();
    assert_eq!(via.sent_by(), Some("[2001:db8::5]:5061".parse().unwrap()));
    let parts = refer.parts(&Limits::default()).unwrap();
    assert_eq!(parts.len(), 1);
    assert_eq!(
        (parts[0].content_id(), parts[0].disposition()),
        (Some("l1@ue.example.org"), Some("recipient-list"))
    );
    assert_eq!(
        fields(&parts[0].headers),
        [
            (Name::ContentType, "application/resource-lists+xml"),
            (Name::ContentDisposition, "recipient-list"),
            (Name::ContentId, "<l1@ue.example.org>"),
        ]
    );
}
