//! Floor control without a server (7): everybody hears everything, and who talks arbitrates. Clients are told apart by
//! their SSRCs.

use mcptt_codec::floor::{FloorIndicator, FloorMessage, FloorRequest, RejectCause};
use mcptt_codec::id::Ssrc;

use crate::judge::Rule;
use crate::judge::belief::{Rank, has};
use crate::judge::fact::Fact;
use crate::judge::obligation::{Duty, Step};

fn said(fact: &Fact) -> Option<&FloorMessage> {
    match fact {
        Fact::Air(message) => Some(message),
        _ => None,
    }
}

fn said_by(fact: &Fact, ssrc: Ssrc) -> Option<&FloorMessage> {
    said(fact).filter(|message| message.ssrc() == ssrc)
}

fn speaks(fact: &Fact, ssrc: Ssrc) -> bool {
    matches!(fact, Fact::AirVoice(other) if *other == ssrc)
}

/// A call begins with the grant of who has started it to itself.
pub(super) const BEGIN: Rule = Rule {
    requirements: &["24.380-7.2.3.2:orig"],
    watch: |cx, fact, todo| {
        let Some(FloorMessage::Granted(granted)) = said(fact) else { return };
        if cx.belief.beyond.air.begun || !cx.profile.is_complete() {
            return;
        }
        let own = granted.granted_ssrc == Some(granted.ssrc) && granted.user_id.is_some();
        let expected = "Floor Granted with the User ID and the SSRC of who has started the call";
        todo.judge(cx, "24.380-7.2.3.2:orig", own, expected, || format!("{granted:?}"));
    },
};

/// Whether it ends the wait of a request, or makes it begin again.
fn matters_to(fact: &Fact, asking: Ssrc) -> bool {
    match said(fact) {
        Some(FloorMessage::Release(release)) => release.ssrc == asking,
        Some(
            FloorMessage::Granted(_)
            | FloorMessage::Taken(_)
            | FloorMessage::Deny(_)
            | FloorMessage::QueuePositionInfo(_),
        ) => true,
        Some(FloorMessage::Request(request)) => request.ssrc != asking,
        _ => matches!(fact, Fact::AirVoice(_)),
    }
}

/// A request is repeated every T201, C201 times in all; then who asks takes the floor.
pub(super) const ASKED: Rule = Rule {
    requirements: &["24.380-7.2.3.3:ptt", "24.380-7.2.3.4:ptt", "24.380-7.2.3.6:rep", "24.380-7.2.3.6:self"],
    watch: |cx, fact, todo| {
        let Some(FloorMessage::Request(request)) = said(fact) else { return };
        let (from, air) = (request.ssrc, &cx.belief.beyond.air);
        let copies = air.copies(from, request).saturating_add(1);
        let (t201, limit) = (cx.profile.client_timers.t201, cx.profile.client_timers.c201);
        let (early, late) = (cx.profile.early(t201), cx.profile.late(t201));
        if copies < limit {
            let also: &[_] = match (copies, &air.talker) {
                (1, Some(_)) => &["24.380-7.2.3.4:ptt"],
                (1, None) => &["24.380-7.2.3.3:ptt"],
                _ => &[],
            };
            let asked = request.clone();
            let expected = "the same Floor Request after T201";
            let duty = Duty::must("24.380-7.2.3.6:rep", late, expected).also(also).not_before(early);
            todo.watch(cx, duty, move |fact| match said_by(fact, from) {
                Some(FloorMessage::Request(again)) => Step::test(*again == asked, || format!("{again:?}")),
                _ if matters_to(fact, from) => Step::Void,
                _ => Step::Wait,
            });
        } else {
            let expected = "Floor Taken by who asks, T201 after the last copy of its request";
            let duty = Duty::must("24.380-7.2.3.6:self", late, expected).not_before(early);
            todo.watch(cx, duty, move |fact| match said_by(fact, from) {
                Some(FloorMessage::Taken(_)) => Step::Held,
                Some(message @ FloorMessage::Request(_)) => Step::by(message.name()),
                _ if matters_to(fact, from) => Step::Void,
                _ => Step::Wait,
            });
        }
    },
};

fn rank_of(request: Option<&FloorRequest>) -> Rank {
    request.map(Rank::of).unwrap_or_default()
}

/// Who talks answers a request, and nobody else does: it grants what pre-empts, queues what can wait, and denies the rest.
pub(super) const DECIDED: Rule = Rule {
    requirements: &["24.380-7.1", "24.380-7.2.3.5:pre", "24.380-7.2.3.5:queue", "24.380-7.2.3.5:deny"],
    watch: |cx, fact, todo| {
        let Some(FloorMessage::Request(request)) = said(fact) else { return };
        let (from, air) = (request.ssrc, &cx.belief.beyond.air);
        let Some((talker, granted)) = &air.talker else { return };
        // A hand-over is under way.
        if *talker == from || air.granted.is_some() {
            return;
        }
        let (talker, urgent) = (*talker, Rank::of(request).is_emergency());
        let pre_empts = urgent && !rank_of(granted.as_ref()).is_emergency();
        let queues = has(request.indicator, FloorIndicator::QUEUEING);
        let (requirement, expected) = match (pre_empts, queues) {
            (true, _) => ("24.380-7.2.3.5:pre", "Floor Granted to the requester, and no more voice"),
            (false, true) => ("24.380-7.2.3.5:queue", "Floor Queue Position Info that names the requester"),
            (false, false) => ("24.380-7.2.3.5:deny", "Floor Deny cause 1"),
        };
        todo.watch(cx, Duty::must(requirement, cx.answer(), expected), move |fact| {
            match said_by(fact, talker) {
                Some(FloorMessage::Granted(granted)) => {
                    Step::test(pre_empts && granted.granted_ssrc == Some(from), || "Floor Granted".into())
                }
                Some(FloorMessage::QueuePositionInfo(info)) => {
                    let named = info.queued_ssrc == Some(from) && info.queued_user_id.is_some();
                    Step::test(!pre_empts && queues && named, || format!("{info:?}"))
                }
                Some(FloorMessage::Deny(deny)) => {
                    let full = queues && deny.cause == Some(RejectCause::QUEUE_FULL);
                    let plain = !queues && deny.cause == Some(RejectCause::ANOTHER_CLIENT_HAS_PERMISSION);
                    Step::test(!pre_empts && (full || plain), || format!("Floor Deny {:?}", deny.cause))
                }
                Some(FloorMessage::Release(_)) => Step::Void,
                _ if matches!(said_by(fact, from), Some(FloorMessage::Release(_))) => Step::Void,
                _ => Step::Wait,
            }
        });
        let expected = "an answer of who talks, of nobody else";
        todo.watch(cx, Duty::must_not("24.380-7.1", cx.answer(), expected), move |fact| match said(fact) {
            Some(
                message @ (FloorMessage::Granted(_)
                | FloorMessage::Deny(_)
                | FloorMessage::QueuePositionInfo(_)),
            ) => match message.ssrc() == talker {
                true => Step::Held,
                false => Step::by(format!("{} of another one", message.name())),
            },
            Some(FloorMessage::Release(_)) => Step::Void,
            _ => Step::Wait,
        });
    },
};

/// A grant to another is repeated every T205 until that one is heard, C205 times in all.
pub(super) const HANDED_OVER: Rule = Rule {
    requirements: &["24.380-7.2.3.7:t205", "24.380-7.2.3.7:rtp"],
    watch: |cx, fact, todo| {
        let air = &cx.belief.beyond.air;
        if let Fact::AirVoice(ssrc) = fact {
            let Some((to, by, _)) = air.granted.filter(|(to, ..)| to == ssrc) else { return };
            let during = cx.profile.late(cx.profile.client_timers.t205);
            let duty = Duty::must_not("24.380-7.2.3.7:rtp", during, "no further Floor Granted");
            return todo.watch(cx, duty, move |fact| match said_by(fact, by) {
                Some(FloorMessage::Granted(again)) if again.granted_ssrc == Some(to) => {
                    Step::by("another copy of Floor Granted")
                }
                Some(_) => Step::Void,
                None => Step::Wait,
            });
        }
        let Some(FloorMessage::Granted(granted)) = said(fact) else { return };
        let Some(to) = granted.granted_ssrc.filter(|to| *to != granted.ssrc) else { return };
        let by = granted.ssrc;
        let before = air.granted.filter(|(one, other, _)| (*one, *other) == (to, by));
        let copies = before.map_or(0, |(.., copies)| copies).saturating_add(1);
        let (t205, limit) = (cx.profile.client_timers.t205, cx.profile.client_timers.c205);
        let again = copies < limit;
        let check = move |fact: &Fact| match said_by(fact, by) {
            Some(FloorMessage::Granted(copy)) if copy.granted_ssrc == Some(to) => {
                if again {
                    Step::Held
                } else {
                    Step::by("another copy")
                }
            }
            Some(_) => Step::Void,
            None if speaks(fact, to) || said_by(fact, to).is_some() => Step::Void,
            None => Step::Wait,
        };
        let late = cx.profile.late(t205);
        if again {
            let duty = Duty::must("24.380-7.2.3.7:t205", late, "Floor Granted again after T205");
            todo.watch(cx, duty.not_before(cx.profile.early(t205)), check);
        } else {
            let expected = "Floor Granted C205 times";
            todo.watch(cx, Duty::must_not("24.380-7.2.3.7:t205", late, expected), check);
        }
    },
};
