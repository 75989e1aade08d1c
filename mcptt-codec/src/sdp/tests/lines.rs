use super::super::*;
use crate::DecodeError;

//= RFC8866-5.8 test
//= RFC3890-6.2 test
#[test]
fn bandwidths() {
    for (text, kind, value, bits) in [
        ("AS:40", BandwidthType::AS, 40, Some(40_000)),
        ("CT:128", BandwidthType::CT, 128, Some(128_000)),
        ("TIAS:12650", BandwidthType::TIAS, 12_650, Some(12_650)),
        ("RS:0", BandwidthType::RS, 0, Some(0)),
        ("RR:2000", BandwidthType::RR, 2000, Some(2000)),
        ("X-YZ:128", BandwidthType("X-YZ".into()), 128, None),
        ("AS:18446744073709551615", BandwidthType::AS, u64::MAX, None),
    ] {
        let bandwidth = Bandwidth::parse(text).unwrap();
        assert_eq!(bandwidth, Bandwidth { kind, value });
        assert_eq!((bandwidth.to_string().as_str(), bandwidth.bits_per_second()), (text, bits));
    }
    const WHAT: &str = "sdp b=";
    for (text, error) in [
        ("AS", DecodeError::missing(2, WHAT)),
        (":40", DecodeError::invalid(0, WHAT)),
        ("AS:", DecodeError::invalid(3, WHAT)),
        ("AS:-1", DecodeError::invalid(3, WHAT)),
        ("AS:40 ", DecodeError::invalid(3, WHAT)),
        ("AS:18446744073709551616", DecodeError::invalid(3, WHAT)),
    ] {
        assert_eq!(Bandwidth::parse(text), Err(error), "{text}");
    }
}

//= RFC8866-5.10 test
#[test]
fn repeat_times() {
    let weekly = Repeat { interval: 604_800, duration: 3600, offsets: vec![0, 90_000] };
    for text in ["604800 3600 0 90000", "7d 1h 0 25h", "7d  60m 0s 90000s"] {
        let read = Repeat::parse(text).unwrap();
        assert_eq!(read, weekly);
        assert_eq!(read.to_string(), "604800 3600 0 90000");
    }
    const WHAT: &str = "sdp r=";
    let many = format!("1 1{}", " 0".repeat(MAX_REPEAT_OFFSETS + 1));
    let too_many =
        DecodeError::too_large(4 + 2 * MAX_REPEAT_OFFSETS, WHAT, MAX_REPEAT_OFFSETS, MAX_REPEAT_OFFSETS + 1);
    for (text, error) in [
        ("7d 1h", DecodeError::missing(5, WHAT)),
        ("0 1 0", DecodeError::invalid(0, WHAT)),
        ("7w 1h 0", DecodeError::invalid(0, WHAT)),
        ("1 -1 0", DecodeError::invalid(2, WHAT)),
        ("1 1 213503982334602d", DecodeError::invalid(4, WHAT)),
        (&many, too_many),
    ] {
        assert_eq!(Repeat::parse(text), Err(error), "{text}");
    }
}

//= RFC8866-5.11 test
#[test]
fn zone_adjustments() {
    let back = ZoneAdjustment { time: 2_882_844_526, offset: -3600 };
    let none = ZoneAdjustment { time: 2_898_848_070, offset: 0 };
    let read = ZoneAdjustments::parse("2882844526 -1h 2898848070 0").unwrap();
    assert_eq!(read, ZoneAdjustments(vec![back, none]));
    assert_eq!(read.to_string(), "2882844526 -3600 2898848070 0");
    const WHAT: &str = "sdp z=";
    let many = "1 1 ".repeat(MAX_ZONE_ADJUSTMENTS + 1);
    let too_many = DecodeError::too_large(0, WHAT, MAX_ZONE_ADJUSTMENTS, MAX_ZONE_ADJUSTMENTS + 1);
    for (text, error) in [
        ("", DecodeError::missing(0, WHAT)),
        ("1", DecodeError::missing(1, WHAT)),
        ("1h 1", DecodeError::invalid(0, WHAT)),
        ("1 --1", DecodeError::invalid(2, WHAT)),
        ("1 9223372036854775808", DecodeError::invalid(2, WHAT)),
        (&many, too_many),
    ] {
        assert_eq!(ZoneAdjustments::parse(text), Err(error), "{text}");
    }
}

//= RFC8866-5.7:multicast test
#[test]
fn multicast_addresses() {
    let group =
        |first: &str, ttl, addresses| Some(Multicast { first: first.parse().unwrap(), ttl, addresses });
    for (text, multicast) in [
        ("IN IP4 224.2.36.42/127", group("224.2.36.42", Some(127), 1)),
        ("IN IP4 224.2.1.1/0/3", group("224.2.1.1", Some(0), 3)),
        ("IN IP6 ff00::db8:0:101", group("ff00::db8:0:101", None, 1)),
        ("IN IP6 ff00::db8:0:101/3", group("ff00::db8:0:101", None, 3)),
        ("IN IP4 192.0.2.1", None),
        ("IN IP6 2001:db8::1", None),
        ("IN IP4 media.example.org", None),
    ] {
        let connection = Connection::parse(text).unwrap();
        assert_eq!(connection.multicast(), Ok(multicast), "{text}");
        assert_eq!(connection.to_string(), text);
    }
    const WHAT: &str = "sdp c= multicast";
    for (text, at) in [
        ("IN IP4 224.2.36.42", 18),
        ("IN IP4 224.2.36.42/256", 18),
        ("IN IP4 224.2.36.42/1/0", 18),
        ("IN IP4 224.2.36.42/1/2/3", 18),
        ("IN IP4 192.0.2.1/127", 16),
        ("IN IP6 ff02::1/0", 14),
        ("IN IP6 ff02::1/1/2", 14),
        ("IN IP4 media.example.org/1", 24),
    ] {
        assert_eq!(
            Connection::parse(text).unwrap().multicast(),
            Err(DecodeError::invalid(at, WHAT)),
            "{text}"
        );
    }
    let groups = group("224.2.1.254", Some(1), 3).unwrap();
    let addresses: Vec<_> =
        (0..4).map(|index| groups.address(index).map(|address| address.to_string())).collect();
    let expected = ["224.2.1.254", "224.2.1.255", "224.2.2.0"].map(|text| Some(text.to_owned()));
    assert_eq!(addresses, [expected.as_slice(), &[None]].concat());
    assert_eq!(group("255.255.255.255", Some(1), 2).unwrap().address(1), None);
    assert_eq!(group("ff02::1", None, 2).unwrap().address(1), Some("ff02::2".parse().unwrap()));
}

//= RFC8866-5.1 test
#[test]
fn the_version_is_the_first_line_and_zero() {
    for (text, at) in [("v=1\n", 0), ("s=-\nv=0\n", 0), ("v=0\nv=0\n", 4), ("v=0 \n", 0)] {
        let error = SessionDescription::decode(text.as_bytes()).unwrap_err();
        assert_eq!(error, DecodeError::invalid(at, "sdp v="), "{text}");
    }
}
