//! Traces of floor control.

use mcptt_codec::floor::{FloorGranted, FloorMessage, FloorRevoke, RejectCause, RevokeCause, Source};

use super::Traces;
use super::messages::{ack, deny, emergency, granted, position, position_request, request, revoke};
use super::world::{ALICE, BOB, CAROL, DAVE, FIRE};

use super::steps::*;

pub(super) const TRACES: &[Traces] = &[
    Traces {
        requirement: "24.380-6.3.4.3.3:2",
        accepts: |w| run(w, &[&idle_call, &|w| w.take(BOB, &[ALICE, CAROL])]),
        rejects: |w| {
            run(
                w,
                &[&idle_call, &|w| w.up(BOB, &request()), &|w| {
                    w.down(BOB, &deny(RejectCause::ONLY_ONE_PARTICIPANT))
                }],
            );
        },
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.4.3.3:1a",
        accepts: |w| {
            run(
                w,
                &[&alone, &|w| w.up(ALICE, &request()), &|w| {
                    w.down(ALICE, &deny(RejectCause::ONLY_ONE_PARTICIPANT))
                }],
            );
        },
        rejects: |w| {
            let wrong = deny(RejectCause::ANOTHER_CLIENT_HAS_PERMISSION);
            run(w, &[&alone, &|w| w.up(ALICE, &request()), &|w| w.down(ALICE, &wrong)]);
        },
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.4.3.2:2",
        accepts: |w| run(w, &[&bob_talks, &|w| lets_go(w, BOB), &|w| w.idle_to(EVERYBODY)]),
        rejects: |w| run(w, &[&bob_talks, &|w| lets_go(w, BOB), &|w| w.idle_to(&[ALICE, BOB])]),
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.4.3.2:3",
        accepts: |w| run(w, &[&carol_is_served]),
        rejects: |w| run(w, &[&carol_waits, &|w| lets_go(w, BOB), &|w| w.idle_to(EVERYBODY)]),
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.4.3.4:below",
        accepts: |w| {
            run(
                w,
                &[&bob_talks, &|w| lets_go(w, BOB), &|w| w.idle_to(EVERYBODY), &|w| w.wait(1000), &|w| {
                    w.idle_to(EVERYBODY)
                }],
            );
        },
        rejects: |w| {
            run(w, &[&bob_talks, &|w| lets_go(w, BOB), &|w| w.idle_to(EVERYBODY), &|w| w.wait(1000)])
        },
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.4.3.4:limit",
        accepts: |w| idle_copies(w, 2),
        rejects: |w| idle_copies(w, 3),
        also: &[],
    },
    Traces {
        requirement: "24.380-8.2.3.10",
        accepts: |w| talk_twice(w, None),
        rejects: |w| {
            let used = w.taken(BOB);
            talk_twice(w, Some(used));
        },
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.4.4.2:1",
        accepts: |w| granted_with(w, as_granted(granted(10))),
        rejects: |w| granted_with(w, FloorGranted { indicator: None, ..as_granted(granted(10)) }),
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.4.4.2:1a",
        accepts: |w| granted_with(w, as_granted(granted(10))),
        rejects: |w| granted_with(w, as_granted(granted(9))),
        also: &[],
    },
    Traces {
        requirement: "24.380-8.2.3.3",
        accepts: |w| run(w, &[&bob_talks, &|w| talks(w, BOB, 8), &|w| w.down(BOB, &granted(5))]),
        rejects: |w| run(w, &[&bob_talks, &|w| talks(w, BOB, 8), &|w| w.down(BOB, &granted(10))]),
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.4.4.2:3",
        accepts: |w| run(w, &[&idle_call, &|w| w.take(BOB, &[ALICE, CAROL])]),
        rejects: |w| run(w, &[&idle_call, &|w| w.take(BOB, &[ALICE])]),
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.4.4.2:single",
        accepts: |w| run(w, &[&idle_call, &|w| w.take(BOB, &[ALICE, CAROL])]),
        rejects: |w| run(w, &[&bob_talks, &|w| w.grant(CAROL, &[ALICE, BOB])]),
        also: &["24.380-6.3.4.4.3"],
    },
    Traces {
        requirement: "24.380-6.3.4.4.3",
        accepts: |w| run(w, &[&bob_talks, &|w| w.wait(3500), &|w| w.idle_to(EVERYBODY)]),
        rejects: |w| run(w, &[&bob_talks, &|w| w.wait(3500)]),
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.4.4.4",
        accepts: |w| run(w, &[&bob_is_revoked]),
        rejects: |w| {
            run(w, &[&bob_talks, &|w| talks(w, BOB, 18), &|w| w.down(BOB, &revoke(RevokeCause::OTHER))])
        },
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.4.4.5:1",
        accepts: |w| run(w, &[&bob_is_revoked]),
        rejects: |w| {
            // T2 was started with the grant, half a second before the first packet.
            let early = revoke(RevokeCause::MEDIA_BURST_TOO_LONG);
            run(w, &[&bob_talks, &|w| talks(w, BOB, 17), &|w| w.down(BOB, &early)]);
        },
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.4.4.8",
        accepts: |w| {
            run(
                w,
                &[&bob_talks, &|w| talks(w, BOB, 8), &|w| w.up(BOB, &request()), &|w| {
                    w.down(BOB, &granted(5))
                }],
            );
        },
        rejects: |w| {
            let wrong = deny(RejectCause::ANOTHER_CLIENT_HAS_PERMISSION);
            run(w, &[&bob_talks, &|w| w.up(BOB, &request()), &|w| w.down(BOB, &wrong)]);
        },
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.4.4.9",
        accepts: |w| run(w, &[&carol_is_served, &|w| w.wait(1000), &|w| w.down(CAROL, &granted(10))]),
        rejects: |w| run(w, &[&carol_is_served, &|w| w.wait(1000)]),
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.4.4.10",
        accepts: |w| run(w, &[&|w| carol_stays_silent(w, 2), &|w| w.wait(2000), &|w| w.idle_to(EVERYBODY)]),
        rejects: |w| run(w, &[&|w| carol_stays_silent(w, 3)]),
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.4.4.11",
        accepts: |w| run(w, &[&bob_talks, &|w| w.leave(BOB), &|w| w.idle_to(&[ALICE, CAROL])]),
        rejects: |w| run(w, &[&bob_talks, &|w| w.leave(BOB), &|w| w.idle_to(&[ALICE])]),
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.4.3.3:once",
        accepts: |w| run(w, &[&idle_call, &|w| w.take(BOB, &[ALICE, CAROL])]),
        rejects: |w| {
            let denied = deny(RejectCause::ANOTHER_CLIENT_HAS_PERMISSION);
            run(w, &[&without_queueing, &|w| w.down(CAROL, &denied), &|w| w.down(CAROL, &denied)]);
        },
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.5.4.4:1",
        accepts: |w| {
            run(
                w,
                &[&without_queueing, &|w| w.down(CAROL, &deny(RejectCause::ANOTHER_CLIENT_HAS_PERMISSION))],
            );
        },
        rejects: |w| run(w, &[&without_queueing, &|w| w.down(CAROL, &deny(RejectCause::QUEUE_FULL))]),
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.5.4.4:q",
        accepts: |w| run(w, &[&carol_waits]),
        rejects: |w| {
            let wrong = deny(RejectCause::ANOTHER_CLIENT_HAS_PERMISSION);
            run(w, &[&bob_talks, &|w| w.up(CAROL, &request()), &|w| w.down(CAROL, &wrong)]);
        },
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.5.4.4:full",
        accepts: |w| queue_of_one(w, &deny(RejectCause::QUEUE_FULL)),
        rejects: |w| queue_of_one(w, &position(2)),
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.4.4.7:eq",
        accepts: |w| run(w, &[&carol_waits]),
        rejects: |w| {
            let revoked = revoke(RevokeCause::PRE_EMPTED);
            run(
                w,
                &[&bob_talks, &|w| w.up(CAROL, &request()), &|w| w.down(CAROL, &position(1)), &|w| {
                    w.down(BOB, &revoked)
                }],
            );
        },
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.5.4.4:4",
        accepts: |w| {
            run(w, &[&alice_waits_too, &|w| w.up(CAROL, &request()), &|w| w.down(CAROL, &position(1))])
        },
        rejects: |w| {
            run(w, &[&alice_waits_too, &|w| w.up(CAROL, &request()), &|w| w.down(CAROL, &position(2))])
        },
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.5.4.7",
        accepts: |w| {
            run(
                w,
                &[&alice_waits_too, &|w| w.up(ALICE, &position_request()), &|w| w.down(ALICE, &position(2))],
            )
        },
        rejects: |w| {
            run(
                w,
                &[&alice_waits_too, &|w| w.up(ALICE, &position_request()), &|w| {
                    w.down(ALICE, &position(254))
                }],
            )
        },
        also: &[],
    },
    Traces {
        requirement: "24.380-8.2.3.5:254",
        accepts: |w| {
            run(w, &[&carol_waits, &|w| w.up(ALICE, &position_request()), &|w| w.down(ALICE, &position(254))])
        },
        rejects: |w| {
            run(w, &[&carol_waits, &|w| w.up(ALICE, &position_request()), &|w| w.down(ALICE, &position(2))])
        },
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.5.4.5:3",
        accepts: |w| run(w, &[&carol_withdraws, &|w| lets_go(w, BOB), &|w| w.idle_to(EVERYBODY)]),
        rejects: |w| run(w, &[&carol_withdraws, &|w| lets_go(w, BOB), &|w| w.grant(CAROL, &[ALICE, BOB])]),
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.5.3.7:1",
        accepts: |w| stray_while_idle(w, Some(ack(4, Source::CONTROLLING)), true),
        rejects: |w| stray_while_idle(w, None, true),
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.5.3.7:2",
        accepts: |w| stray_while_idle(w, Some(ack(4, Source::CONTROLLING)), true),
        rejects: |w| stray_while_idle(w, Some(ack(4, Source::CONTROLLING)), false),
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.5.4.5:1",
        accepts: |w| stray_while_taken(w, Some(ack(4, Source::CONTROLLING)), true),
        rejects: |w| stray_while_taken(w, None, true),
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.5.4.5:4",
        accepts: |w| stray_while_taken(w, Some(ack(4, Source::CONTROLLING)), true),
        rejects: |w| stray_while_taken(w, Some(ack(4, Source::CONTROLLING)), false),
        also: &[],
    },
    Traces {
        requirement: "24.380-8.2.3.14",
        accepts: |w| stray_while_idle(w, Some(ack(4, Source::CONTROLLING)), true),
        rejects: |w| stray_while_idle(w, Some(ack(0x14, Source::CONTROLLING)), true),
        also: &[],
    },
    Traces {
        requirement: "24.380-8.2.3.12",
        accepts: |w| stray_while_idle(w, Some(ack(4, Source::CONTROLLING)), true),
        rejects: |w| stray_while_idle(w, Some(ack(4, Source::FLOOR_PARTICIPANT)), true),
        also: &[],
    },
    Traces {
        requirement: "24.380-8.1.4:subtype",
        accepts: |w| ignored(w, 0x9c, None),
        rejects: |w| ignored(w, 0x9c, Some(ack(12, Source::CONTROLLING))),
        also: &[],
    },
    Traces {
        requirement: "24.380-8.2.2:noack",
        accepts: |w| ignored(w, 0x90, None),
        rejects: |w| ignored(w, 0x90, Some(deny(RejectCause::OTHER))),
        also: &[],
    },
    Traces {
        requirement: "24.380-8.1.4:dir",
        accepts: |w| ignored(w, 0x81, None),
        rejects: |w| ignored(w, 0x91, Some(ack(1, Source::CONTROLLING))),
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.5.1:addr",
        accepts: |w| {
            stranger(w);
            w.wait(AFTERWARDS);
        },
        rejects: |w| {
            let (stranger, server) = stranger(w);
            w.frame(server, stranger, deny(RejectCause::OTHER).encode().expect("it fits"));
            w.wait(AFTERWARDS);
        },
        also: &[],
    },
    Traces {
        requirement: "24.380-8.1.1",
        accepts: |w| run(w, &[&two_in_one, &|w| w.grant(BOB, &[ALICE, CAROL]), &|w| w.idle_to(EVERYBODY)]),
        rejects: |w| run(w, &[&two_in_one, &|w| w.grant(BOB, &[ALICE, CAROL])]),
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.4.4.7:2c",
        accepts: |w| {
            run(w, &[&|w| alice_pre_empts(w, RevokeCause::PRE_EMPTED), &|w| w.grant(ALICE, &[BOB, CAROL])])
        },
        rejects: |w| {
            run(w, &[&|w| alice_pre_empts(w, RevokeCause::OTHER), &|w| w.grant(ALICE, &[BOB, CAROL])])
        },
        also: &["24.380-6.3.4.4.4"],
    },
    Traces {
        requirement: "24.380-6.3.4.4.7:2e",
        accepts: |w| {
            run(w, &[&|w| alice_pre_empts(w, RevokeCause::PRE_EMPTED), &|w| w.grant(ALICE, &[BOB, CAROL])])
        },
        rejects: |w| {
            run(w, &[&|w| alice_pre_empts(w, RevokeCause::PRE_EMPTED), &|w| w.grant(CAROL, &[ALICE, BOB])])
        },
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.4.4.7:2f",
        accepts: |w| {
            run(w, &[&|w| alice_pre_empts(w, RevokeCause::PRE_EMPTED), &|w| w.grant(ALICE, &[BOB, CAROL])])
        },
        rejects: |w| {
            bob_talks(w);
            w.up(ALICE, &emergency());
            w.down(BOB, &revoke(RevokeCause::PRE_EMPTED));
            w.wait(300);
            lets_go(w, BOB);
            w.grant(ALICE, &[BOB, CAROL]);
            w.wait(AFTERWARDS);
        },
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.4.5.2",
        accepts: |w| run(w, &[&bob_is_revoked]),
        rejects: |w| {
            bob_talks(w);
            talks(w, BOB, 18);
            let cause = Some(RevokeCause::MEDIA_BURST_TOO_LONG);
            w.down(BOB, &FloorMessage::Revoke(FloorRevoke { cause, ..FloorRevoke::default() }));
            w.wait(AFTERWARDS);
        },
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.4.5.3",
        accepts: |w| run(w, &[&bob_goes_on]),
        rejects: |w| run(w, &[&bob_is_revoked, &|w| w.wait(500), &|w| w.voice(BOB, 900, &[ALICE])]),
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.4.5.4",
        accepts: |w| {
            run(w, &[&bob_is_revoked, &|w| w.wait(300), &|w| lets_go(w, BOB), &|w| w.idle_to(EVERYBODY)])
        },
        rejects: |w| run(w, &[&bob_is_revoked, &|w| w.wait(300), &|w| lets_go(w, BOB)]),
        also: &["24.380-6.3.4.3.2:2"],
    },
    Traces {
        requirement: "24.380-6.3.4.5.5",
        accepts: |w| run(w, &[&bob_goes_on, &|w| w.wait(1000), &|w| w.idle_to(EVERYBODY)]),
        rejects: |w| run(w, &[&bob_goes_on, &|w| w.wait(1000)]),
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.4.5.6",
        accepts: |w| run(w, &[&bob_falls_silent_in_grace, &|w| w.wait(500), &|w| w.idle_to(EVERYBODY)]),
        rejects: |w| run(w, &[&bob_falls_silent_in_grace, &|w| w.wait(2000), &|w| w.idle_to(EVERYBODY)]),
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.5.6.3",
        accepts: |w| run(w, &[&bob_goes_on]),
        rejects: |w| run(w, &[&bob_is_revoked, &|w| w.wait(1000)]),
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.5.6:freq",
        accepts: |w| run(w, &[&bob_is_revoked, &|w| w.wait(300), &|w| w.up(BOB, &request())]),
        rejects: |w| {
            let answer = deny(RejectCause::ANOTHER_CLIENT_HAS_PERMISSION);
            run(
                w,
                &[&bob_is_revoked, &|w| w.wait(300), &|w| w.up(BOB, &request()), &|w| w.down(BOB, &answer)],
            );
        },
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.4.4.5:4",
        accepts: |w| run(w, &[&bob_talks]),
        rejects: |w| run(w, &[&bob_talks, &|w| w.voice(BOB, 900, &[ALICE])]),
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.5.3.8",
        accepts: |w| run(w, &[&idle_call, &|w| carol_sends(w, &[])]),
        rejects: |w| run(w, &[&idle_call, &|w| carol_sends(w, &[ALICE])]),
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.5.4.6",
        accepts: |w| run(w, &[&bob_talks, &|w| carol_sends(w, &[])]),
        rejects: |w| run(w, &[&bob_talks, &|w| w.voice(CAROL, 900, &[])]),
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.5.7.3",
        accepts: |w| {
            run(
                w,
                &[&idle_call, &|w| carol_sends(w, &[]), &|w| w.wait(1000), &|w| {
                    w.down(CAROL, &revoke(RevokeCause::NO_PERMISSION))
                }],
            );
        },
        rejects: |w| run(w, &[&idle_call, &|w| carol_sends(w, &[]), &|w| w.wait(1000)]),
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.5.7.4",
        accepts: |w| {
            run(
                w,
                &[&bob_talks, &|w| carol_sends(w, &[]), &|w| w.wait(300), &|w| lets_go(w, CAROL), &|w| {
                    let taken = w.taken(BOB);
                    w.down(CAROL, &taken);
                }],
            );
        },
        rejects: |w| {
            run(w, &[&idle_call, &|w| carol_sends(w, &[]), &|w| w.wait(300), &|w| lets_go(w, CAROL)]);
        },
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.5.2.2:taken",
        accepts: |w| {
            run(
                w,
                &[&bob_talks, &dave_comes, &|w| {
                    let taken = w.taken(BOB);
                    w.down(DAVE, &taken);
                }],
            );
        },
        rejects: |w| run(w, &[&bob_talks, &dave_comes]),
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.5.2.2:idle",
        accepts: |w| run(w, &[&idle_call, &dave_comes, &|w| w.idle_to(&[DAVE])]),
        rejects: |w| run(w, &[&idle_call, &dave_comes]),
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.4.2.2:3b",
        accepts: |w| run(w, &[&implicit_call, &|w| w.grant(ALICE, &[BOB, CAROL])]),
        rejects: |w| run(w, &[&implicit_call]),
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.4.2.2:idle",
        accepts: |w| run(w, &[&idle_call]),
        rejects: |w| {
            EVERYBODY.iter().for_each(|who| w.log_in(*who));
            w.call(ALICE, &[BOB, CAROL], FIRE, false);
            w.grant(BOB, &[ALICE, CAROL]);
            w.wait(AFTERWARDS);
        },
        also: &[],
    },
    Traces {
        requirement: "24.380-6.3.5.8.2",
        accepts: |w| run(w, &[&idle_call, &|w| w.leave(CAROL), &|w| w.wait(1000)]),
        rejects: |w| run(w, &[&idle_call, &|w| w.leave(CAROL), &|w| w.wait(20), &|w| w.idle_to(&[CAROL])]),
        also: &[],
    },
];
