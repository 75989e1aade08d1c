//! scratch
mod scene;
mod wire;
use scene::*;
use wire::*;
#[test]
fn explore() {
    let mut scene = Scene::calling();
    let s = address(STRANGER);
    for m in [
        "INVITE",
        "BYE",
        "CANCEL",
        "ACK",
        "UPDATE",
        "INFO",
        "PRACK",
        "NOTIFY",
        "MESSAGE",
        "REFER",
        "SUBSCRIBE",
        "PUBLISH",
        "REGISTER",
        "OPTIONS",
        "FOO",
    ] {
        for raw in [Raw::new(m, s, 1), Raw::new(m, s, 2).in_dialog(), Raw::new(m, s, 3).group_call()] {
            let (a, e) = scene.send(s, participating(), &raw.octets());
            println!(
                "{m} PF {:?} {e:?}",
                a.iter().map(|r| (r.status.0, r.reason.to_string())).collect::<Vec<_>>()
            );
            let (a, e) = scene.send(s, controlling(), &raw.octets());
            println!(
                "{m} CF {:?} {e:?}",
                a.iter().map(|r| (r.status.0, r.reason.to_string())).collect::<Vec<_>>()
            );
        }
    }
    let inv = |n| Raw::new("INVITE", s, n).group_call();
    for (what, octets) in [
        ("70000", inv(10).fill(70_000).octets()),
        ("longheader", inv(11).field(&format!("X: {}", "a".repeat(9000))).octets()),
        ("300", {
            let mut r = inv(12);
            for _ in 0..300 {
                r = r.field("X: 1");
            }
            r.octets()
        }),
        ("noend", inv(13).replace("--b--\r\n", "").octets()),
    ] {
        for d in [participating(), controlling()] {
            let (a, e) = scene.send(s, d, &octets);
            println!(
                "{what} {:?} {e:?}",
                a.iter().map(|r| (r.status.0, r.reason.to_string())).collect::<Vec<_>>()
            );
        }
    }
    for client in [ALICE, BOB] {
        let [sip, au, fl] = of_client(client);
        println!("{sip} {au} {fl}");
        let (a, e) = scene.send(
            sip,
            participating(),
            &Raw::new("INVITE", sip, 20).group_call().replace("--b--\r\n", "").octets(),
        );
        println!("{a:?} {e:?} {:?}", scene.world.take_client_events(client));
    }
    for g in [
        &b""[..],
        b"\0",
        &[0xff; 1500],
        b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\xfe\xfd\0\0",
        &[0; 12],
    ] {
        for d in [participating(), controlling(), scene.audio, scene.floor] {
            for f in [s, of_client(0)[0], of_client(0)[1], of_client(0)[2]] {
                let (a, e) = scene.send(f, d, g);
                println!("{g:.8?} {f}->{d} {a:?} {e:?}");
            }
        }
    }
    scene.call_works();
}
