//! Effective priority and the decision while somebody talks (4.1.1.4, 6.3.5.4.4), as tables.

use mcptt_codec::floor::{FloorIndicator, FloorPriority, RejectCause};
use mcptt_codec::id::LegRef;

use crate::floor::server::arbitration::{Decision, Rank, Situation, Tier, may_talk, while_taken};
use crate::floor::settings::{CallSettings, FloorParameters};

fn call(queueing: bool, audio_cut_in: bool) -> CallSettings {
    CallSettings { queueing, audio_cut_in, ..CallSettings::normal("sip:group@example.org") }
}

//= 24.380-6.3.5.4.4:1a test
#[test]
fn the_effective_priority_is_capped_by_what_was_negotiated() {
    let cases = [
        // negotiated, asked, effective
        (Some(5), Some(200), 5),
        (Some(5), Some(3), 3),
        (Some(5), None, 0),
        (None, Some(200), 0),
        (None, None, 0),
    ];
    for (priority, asked, effective) in cases {
        let parameters = FloorParameters { priority, ..FloorParameters::default() };
        let rank = Rank::of_request(asked.map(FloorPriority), None, &parameters);
        assert_eq!(rank, Rank { tier: Tier::Normal, priority: effective }, "{priority:?} {asked:?}");
    }
}

//= 24.380-4.1.1.4:tier test
#[test]
fn the_tier_follows_the_indicator_of_those_that_may_use_it() {
    let cases = [
        (FloorIndicator::EMERGENCY, true, Tier::Emergency),
        (FloorIndicator::EMERGENCY | FloorIndicator::IMMINENT_PERIL, true, Tier::Emergency),
        (FloorIndicator::IMMINENT_PERIL, true, Tier::ImminentPeril),
        (FloorIndicator::NORMAL | FloorIndicator::BROADCAST, true, Tier::Normal),
        (FloorIndicator::EMERGENCY, false, Tier::Normal),
    ];
    for (indicator, emergency_allowed, tier) in cases {
        let parameters =
            FloorParameters { emergency_allowed, priority: Some(7), ..FloorParameters::default() };
        let rank = Rank::of_request(None, Some(indicator), &parameters);
        assert_eq!(rank, Rank { tier, priority: 0 }, "{indicator:?}");
        assert_eq!(Rank::of_implicit_request(indicator, &parameters), Rank { tier, priority: 7 });
    }
    let mut ranks = [
        Rank { tier: Tier::Normal, priority: 200 },
        Rank { tier: Tier::Emergency, priority: 0 },
        Rank { tier: Tier::ImminentPeril, priority: 1 },
    ];
    ranks.sort();
    assert_eq!(ranks.map(|rank| rank.tier), [Tier::Normal, Tier::ImminentPeril, Tier::Emergency]);
}

#[test]
fn the_decision_table() {
    let busy = Decision::Deny(RejectCause::ANOTHER_CLIENT_HAS_PERMISSION);
    let full = Decision::Deny(RejectCause::QUEUE_FULL);
    let cases = [
        // cut-in, supported, negotiated, request, queued, full -> decision; the talker has priority 5
        ((true, true, true, 0, false, false), Decision::Arbitrate),
        ((false, false, false, 6, false, false), Decision::Arbitrate),
        ((false, true, true, 6, false, true), Decision::Arbitrate),
        ((false, true, false, 5, false, false), busy),
        ((false, false, true, 5, false, false), busy),
        ((false, true, true, 5, false, false), Decision::Queue),
        ((false, true, true, 0, true, true), Decision::Queue),
        ((false, true, true, 0, false, true), full),
    ];
    for ((audio_cut_in, supported, queueing, priority, queued, queue_full), decision) in cases {
        let rank = |priority| Rank { tier: Tier::Normal, priority };
        let request = rank(priority);
        let situation = Situation { request, place: false, talker: Some(rank(5)), queued, queue_full };
        assert_eq!(
            while_taken(&call(supported, audio_cut_in), queueing, situation),
            decision,
            "{situation:?}"
        );
    }
}

#[test]
fn who_may_talk() {
    let listener = FloorParameters { receive_only: true, ..FloorParameters::default() };
    let member = FloorParameters::default();
    let broadcast = CallSettings { broadcast_initiator: Some(LegRef(1)), ..call(true, false) };
    let refused = Err(RejectCause::RECEIVE_ONLY);
    assert_eq!(may_talk(&call(true, false), LegRef(2), &member), Ok(()));
    assert_eq!(may_talk(&call(true, true), LegRef(2), &listener), refused);
    assert_eq!(may_talk(&broadcast, LegRef(1), &member), Ok(()));
    assert_eq!(may_talk(&broadcast, LegRef(2), &member), refused);
}
