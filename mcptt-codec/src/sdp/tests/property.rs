use proptest::prelude::*;

use super::super::*;
use super::OFFER;
use crate::fuzzing::sdp::description as laws;
use crate::id::Ssrc;

fn parameters() -> impl Strategy<Value = McpttFmtp> {
    let known = (any::<[bool; 4]>(), proptest::option::of(1..=255_u8), any::<[Option<u32>; 2]>());
    let unknown =
        proptest::collection::btree_map("[a-z_]{1,8}", proptest::option::of("[a-z0-9=]{0,8}"), 0..4);
    (known, unknown).prop_map(
        |(([queueing, granted, implicit_request, alone], priority, [ssrc, floor]), unknown)| {
            let unknown = unknown
                .into_iter()
                .map(|(name, value)| FmtpParameter { name: name.into(), value: value.map(Into::into) })
                .collect();
            if alone {
                return McpttFmtp { no_floor_control: true, unknown, ..McpttFmtp::default() };
            }
            let (ssrc, floor_ssrc) = (ssrc.map(Ssrc), floor.map(Ssrc));
            McpttFmtp {
                queueing,
                priority,
                granted,
                implicit_request,
                ssrc,
                no_floor_control: false,
                floor_ssrc,
                unknown,
            }
        },
    )
}

fn key(octets: usize) -> impl Strategy<Value = InlineKey> {
    let lifetime = prop_oneof![
        Just(None),
        (0..64_u8).prop_map(|power| Some(Lifetime::PowerOfTwo(power))),
        any::<u64>().prop_map(|packets| Some(Lifetime::Packets(packets))),
    ];
    let mki = proptest::option::of((any::<u32>(), 4..=128_u8));
    (proptest::collection::vec(any::<u8>(), octets), lifetime, mki).prop_map(|(octets, lifetime, mki)| {
        InlineKey {
            key_salt: KeySalt::new(octets),
            lifetime,
            mki: mki.map(|(value, octets)| MasterKeyIdentifier { value: value.into(), octets }),
        }
    })
}

fn crypto() -> impl Strategy<Value = Crypto> {
    let suite = prop_oneof![
        Just((CryptoSuite::AesCm128HmacSha1_80, 30)),
        Just((CryptoSuite::AesCm128HmacSha1_32, 30)),
        Just((CryptoSuite::AeadAes128Gcm, 28)),
        Just((CryptoSuite::AeadAes256Gcm, 44)),
        Just((CryptoSuite::Other("FUTURE".into()), 46)),
    ];
    suite.prop_flat_map(|(suite, octets)| {
        let keys = (key(octets), proptest::collection::vec(key(octets), 0..3));
        let parameters = proptest::collection::vec(
            "[A-Z_=0-9-]{1,12}|KDR=[0-9]{1,2}|WSH=[0-9]{1,4}|FEC_KEY=inline:[A-Z]{4}",
            0..3,
        );
        (0..1_000_000_000_u32, keys, parameters).prop_map(move |(tag, (key, further_keys), parameters)| {
            Crypto {
                tag,
                suite: suite.clone(),
                key,
                further_keys,
                session_parameters: parameters.iter().map(|text| SessionParameter::read(text)).collect(),
            }
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn parameters_survive(parameters in parameters()) {
        prop_assert_eq!(McpttFmtp::parse(&parameters.to_string()), Ok(parameters));
    }

    #[test]
    fn an_answer_is_valid_and_within_the_offer(offer in parameters(), wanted in parameters()) {
        let answer = offer.answer(&wanted);
        prop_assert!(answer.is_valid());
        prop_assert!(!answer.queueing || offer.queueing);
        prop_assert!(!answer.granted || offer.granted);
        prop_assert!(!answer.implicit_request || offer.implicit_request);
        prop_assert!(answer.priority.is_none() || answer.priority <= offer.priority);
    }

    #[test]
    fn keys_survive(crypto in crypto(), with in "[ -~]") {
        let text = crypto.to_value();
        for at in 0..text.len() {
            let changed = format!("{}{with}{}", &text[..at], &text[at + 1..]);
            for damaged in [&text[..at], changed.as_str()] {
                if let Ok(read) = Crypto::parse(damaged) {
                    prop_assert_eq!(Crypto::parse(&read.to_value()), Ok(read));
                }
            }
        }
        prop_assert_eq!(Crypto::parse(&text), Ok(crypto));
    }

    #[test]
    fn any_text_is_survived(text in "[a-z]=[ -~\r\n=:;/]{0,60}|\\PC{0,80}", fmtp in "\\PC{0,40}|[mc_a-z;:= 0-9]{0,40}") {
        laws(format!("v=0\n{text}").as_bytes());
        if let Ok(parameters) = McpttFmtp::parse(&fmtp) {
            prop_assert_eq!(McpttFmtp::parse(&parameters.to_string()), Ok(parameters));
        }
        let _ = Crypto::parse(&fmtp);
    }

    #[test]
    fn any_mutation_is_survived(at in 0..OFFER.len(), octet: u8, cut in 0..=OFFER.len()) {
        let mut octets = OFFER.as_bytes().to_vec();
        octets[at] = octet;
        laws(&octets);
        octets.truncate(cut);
        laws(&octets);
    }
}

/// What a text of this form says is read, written as the same text, and read from no piece of it with a panic.
fn round_trip<T: TypedAttribute + PartialEq>(text: &str, at: usize, with: char) -> Result<(), TestCaseError> {
    let value = T::read(text).map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
    let mut written = String::new();
    value.write(&mut written);
    prop_assert_eq!(&written, text);
    prop_assert!(value.is_strict(text), "{}", text);
    prop_assert!(T::read(&written) == Ok(value));
    let at = at.min(text.len());
    let _ = T::read(&text[..at]);
    let mutated: String =
        text.chars().enumerate().map(|(index, c)| if index == at { with } else { c }).collect();
    if let Ok(value) = T::read(&mutated) {
        let mut written = String::new();
        value.write(&mut written);
        prop_assert!(T::read(&written) == Ok(value), "{}", mutated);
    }
    Ok(())
}

macro_rules! round_trips {
    ($($name:ident: $type:ty = $form:literal;)+) => {
        proptest! {
            #![proptest_config(ProptestConfig::with_cases(128))]
            $(
                #[test]
                fn $name(text in $form, at in 0..80_usize, with in "[ -~\\t\u{e9}]") {
                    round_trip::<$type>(&text, at, with.chars().next().unwrap())?;
                }
            )+
        }
    };
}

round_trips! {
    rtpmaps: RtpMap = "[1-9]?[0-9] [A-Za-z][A-Za-z0-9-]{0,8}/[1-9][0-9]{0,6}(/[a-z0-9/]{1,4})?";
    format_parameters: FormatParameters = "[A-Za-z0-9]{1,6} [!-~]([ -~]{0,20}[!-~])?";
    packet_times: Ptime = "[1-9][0-9]{0,3}(\\.[0-9]{0,2}[1-9])?";
    largest_packet_times: MaxPtime = "[1-9][0-9]{0,3}";
    packet_rates: MaxPacketRate = "[1-9][0-9]{0,3}(\\.[0-9]{0,2}[1-9])?";
    languages: Lang = "[a-z]{2,3}(-[A-Za-z0-9]{1,8}){0,2}";
    description_languages: SdpLang = "[a-z]{2,3}";
    character_sets: Charset = "[A-Za-z0-9-]{1,12}";
    labels: Label = "[!#$%&'*+.0-9A-Z^_`a-z{|}~-]{1,12}";
    contents: Content = "[a-z]{1,8}(,[a-z]{1,8}){0,4}";
    key_management: KeyManagement = "[a-z]{1,6} ([A-Za-z0-9+/]{4}){1,20}";
    setups: Setup = "active|passive|actpass|holdconn";
    connections: ConnectionReuse = "new|existing";
    fingerprints: Fingerprint = "x-[a-z]{1,4} [0-9A-F]{2}(:[0-9A-F]{2}){0,63}";
    tls_ids: TlsId = "[A-Za-z0-9+/_-]{20,255}";
    mids: Mid = "[A-Za-z0-9]{1,16}";
    grouping: Group = "[A-Z]{2,6}( [a-z0-9]{1,4}){0,8}";
    candidates: Candidate = "[a-z0-9+/]{1,32} [1-9][0-9]? (UDP|TCP) [1-9][0-9]{0,8} [0-9a-f:.]{1,20} [1-9][0-9]{0,3} typ (host|srflx|x)( raddr [0-9a-f:.]{1,9} rport [1-9])?( [a-q]{1,4} [!-~]{1,4}){0,3}";
    remote_candidates: RemoteCandidates = "[1-9] [0-9a-f:.]{1,20} [1-9][0-9]{0,3}( [1-9] [0-9a-f:.]{1,20} [1-9]){0,2}";
    user_fragments: IceUfrag = "[A-Za-z0-9+/]{4,256}";
    passwords: IcePwd = "[A-Za-z0-9+/]{22,256}";
    options: IceOptions = "[a-z0-9]{1,8}( [a-z0-9]{1,8}){0,3}";
    pacing: IcePacing = "[1-9][0-9]{0,8}";
    rtcp_ports: RtcpPort = "[1-9][0-9]{0,3}( IN IP[46] [0-9a-f:.]{1,20})?";
    feedback: RtcpFeedback = "(\\*|[1-9]?[0-9]) [a-z-]{1,8}( [a-z0-9]([a-z =]{0,8}[a-z])?)?";
    source_attributes: SourceAttribute = "[1-9][0-9]{0,8} [a-z]{1,8}(:[!-~]([ -~]{0,8}[!-~])?)?";
    source_groups: SourceGroup = "[A-Z]{2,6}( [1-9][0-9]{0,8}){0,4}";
    stream_names: Msid = "[a-z0-9-]{1,64}( [a-z0-9-]{1,64})?";
    header_extensions: ExtMap = "([1-9][0-9]?|4[12][0-9]{2})(/(sendrecv|sendonly|recvonly|inactive))? urn:[a-z:]{1,12}( [a-z]([a-z =]{0,8}[a-z])?)?";
    current: CurrentStatus = "(qos|sec) (e2e|local|remote) (none|send|recv|sendrecv)";
    desired: DesiredStatus = "(qos|sec) (mandatory|optional|none|failure|unknown) (e2e|local|remote) (none|send|recv|sendrecv)";
    confirmed: ConfirmStatus = "(qos|sec) (e2e|local|remote) (none|send|recv|sendrecv)";
}

fn survives<T: PartialEq + std::fmt::Debug + ToString>(
    text: &str,
    parse: fn(&str) -> Result<T, crate::DecodeError>,
) {
    if let Ok(value) = parse(text) {
        assert_eq!(parse(&value.to_string()), Ok(value));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn values_of_lines_survive(text in "[0-9dhms -]{0,24}|[A-Z]{1,4}:[0-9]{1,20}|IN IP[46] [0-9a-f.:/]{1,24}|\\PC{0,24}") {
        survives(&text, Repeat::parse);
        survives(&text, ZoneAdjustments::parse);
        survives(&text, Timing::parse);
        survives(&text, Bandwidth::parse);
        survives(&text, Connection::parse);
        survives(&text, Origin::parse);
        let _ = Connection::parse(&text).map(|connection| connection.multicast());
    }

    #[test]
    fn any_octets_survive_as_lines(octets in proptest::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), any::<u8>()], 0..200)) {
        let octets = bytes::Bytes::from(octets);
        prop_assert_eq!(SdpText::split(&octets).map(|text| text.encode()), Ok(octets));
    }

    #[test]
    fn directions_agree(offer in 0..4_usize, wanted in 0..4_usize) {
        let all = [Direction::SendRecv, Direction::SendOnly, Direction::RecvOnly, Direction::Inactive];
        let answer = all[offer].answered(all[wanted]);
        prop_assert!(all[offer].permits(answer));
        prop_assert_eq!(all[offer].permits(all[wanted]), answer == all[wanted]);
        prop_assert!(all[offer].held().resumed().permits(all[offer].reversed()));
    }
}

/// A value of this form is read and read back, and no prefix and no changed character of it does harm.
fn line_value<T: PartialEq + std::fmt::Debug + ToString>(
    text: &str,
    with: char,
    parse: fn(&str) -> Result<T, crate::DecodeError>,
) -> Result<(), TestCaseError> {
    let value = parse(text).map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
    prop_assert_eq!(parse(&value.to_string()), Ok(value), "{}", text);
    for (at, c) in text.char_indices() {
        survives(&text[..at], parse);
        survives(&format!("{}{with}{}", &text[..at], &text[at + c.len_utf8()..]), parse);
    }
    Ok(())
}

macro_rules! line_values {
    ($($name:ident: $type:ty = $form:literal;)+) => {
        proptest! {
            #![proptest_config(ProptestConfig::with_cases(64))]
            $(
                #[test]
                fn $name(text in $form, with in "[ -~\u{e9}]") {
                    line_value(&text, with.chars().next().unwrap(), <$type>::parse)?;
                }
            )+
        }
    };
}

line_values! {
    origins: Origin = "(-|[a-z]{1,6}) [1-9][0-9]{0,9} [0-9]{1,9} IN (IP4 192\\.0\\.2\\.[1-9]|IP6 2001:db8::[1-9])";
    connection_addresses: Connection = "IN (IP4 (192\\.0\\.2\\.[1-9]|233\\.252\\.0\\.[1-9]/127(/[2-9])?)|IP6 (2001:db8::[1-9]|ff15::[1-9](/[2-9])?))";
    bandwidths: Bandwidth = "(AS|CT|TIAS|RR|RS|X-[A-Z]{1,4}):[1-9][0-9]{0,6}";
    timings: Timing = "0 0|3[0-9]{9} 0|30[0-9]{8} 31[0-9]{8}";
    repeats: Repeat = "[1-9][0-9]{0,3}[dhms]? [1-9][0-9]{0,3}[hms]? 0( [1-9][0-9]{0,3}h?){0,2}";
    zone_adjustments: ZoneAdjustments = "3[0-9]{9} -?[1-9][0-9]{0,3}h?( 3[0-9]{9} -?[1-9]h)?";
    floor_parameters: McpttFmtp = "mc_queueing(;mc_priority=[1-9])?(;mc_granted)?(;mc_implicit_request)?(;mc_ssrc=[1-9][0-9]{0,8})?(;mc_[a-z]{9,12}(=[a-z0-9]{1,8})?)?";
    rtp_maps: RtpMap = "[1-9]?[0-9] [A-Za-z][A-Za-z0-9-]{0,8}/[1-9][0-9]{0,6}(/[1-9])?";
}

/// A description as an MCPTT client offers it, with attributes that have no value and an attribute that nobody knows.
fn offered() -> impl Strategy<Value = String> {
    let flags = "(a=(sendrecv|sendonly|recvonly|inactive)\r\n)?(a=rtcp-mux\r\n(a=rtcp-mux-only\r\n)?)?(a=rtcp-rsize\r\n)?\
                 (a=ice-mismatch\r\n)?(a=end-of-candidates\r\n)?(a=extmap-allow-mixed\r\n)?(a=x-[a-z]{1,4}(:[!-~]{1,6})?\r\n)?";
    let head = "v=0\r\no=- [1-9][0-9]{0,8} [1-9] IN IP4 192\\.0\\.2\\.1\r\ns=-\r\n(i=[a-z]{1,8}\r\n)?c=IN IP4 192\\.0\\.2\\.1\r\n\
                (b=AS:[1-9][0-9]{0,2}\r\n)?t=0 0\r\n(a=ice-lite\r\n)?";
    let audio = "m=audio [1-9][0-9]{3} RTP/AVP 105\r\ni=speech\r\n(b=TIAS:[1-9][0-9]{0,4}\r\n)?a=rtpmap:105 AMR-WB/16000\r\n";
    let floor =
        "m=application [1-9][0-9]{3} udp MCPTT\r\n(a=fmtp:MCPTT mc_queueing(;mc_priority=[1-9])?\r\n)?";
    proptest::string::string_regex(&format!("{head}{audio}{flags}{floor}")).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whole_descriptions_are_kept_and_no_damage_does_harm(
        text in offered(), at in any::<prop::sample::Index>(), octet in any::<u8>(), cut in any::<prop::sample::Index>(),
    ) {
        let examined = SessionDescription::examine(text.as_bytes()).unwrap();
        prop_assert_eq!(&examined.deviations, &[], "{}", text);
        prop_assert_eq!(examined.value.media.len(), 2);
        laws(text.as_bytes());
        let mut octets = text.into_bytes();
        laws(&octets[..cut.index(octets.len())]);
        let at = at.index(octets.len());
        octets[at] = octet;
        laws(&octets);
    }
}
