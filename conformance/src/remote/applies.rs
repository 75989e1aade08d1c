//! Which cases make sense at a target.

use std::time::Duration;

use super::{FEATURES, TargetFile};
use crate::case::{self, Case, Reason, Verdict};
use crate::catalogue::{Catalogue, Role};
use crate::judge::{Judge, Profile};
use crate::rig::Rig;

/// Characters of a provisioning that are shown.
const SHOWN: usize = 60;

/// What a rehearsal in this process showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rehearsed {
    /// How long the case takes.
    pub takes: Duration,
    /// The target has to be provisioned for it.
    pub provisioned: bool,
}

/// Whether a case makes sense at this target, decided before anything is sent.
///
/// What cannot be said from claims and provisioning is found out by a rehearsal: the case is run on virtual time against
/// our own node, provisioned as the target is, and judged from what the clients see. A case that proves nothing there can
/// prove nothing at a target that is seen from the same places.
///
/// # Errors
/// Why it does not.
pub fn applies(
    case: &'static Case,
    target: &TargetFile,
    catalogue: &Catalogue,
    seed: u64,
) -> Result<Rehearsed, String> {
    let of_clients = Judge::participant_requirements();
    if case.requirements.iter().any(|id| of_clients.contains(id)) {
        return Err("it judges clients, and the clients are the tester's own".to_owned());
    }
    for requirement in case.requirements.iter().filter_map(|id| catalogue.get(id)) {
        let role = match requirement.role {
            Role::Participating => "participating",
            Role::Controlling | Role::Server => "controlling",
            _ => "",
        };
        if !role.is_empty() && !target.target.roles.iter().any(|own| own == role) {
            return Err(format!("target.roles has no {role}, asked for by {}", requirement.id));
        }
        if requirement.release > target.target.release {
            let (release, own) = (requirement.release, target.target.release);
            return Err(format!("{} is of release {release}, the target of {own}", requirement.id));
        }
    }
    for feature in FEATURES.iter().filter(|feature| feature.concerns(case)) {
        if target.pics.get(feature.name) == Some(&false) {
            return Err(format!("pics.{} = false", feature.name));
        }
    }
    let changed = |error: super::TargetError| error.to_string();
    let provisioned =
        target.table(case.configuration).map_err(changed)? != target.table("").map_err(changed)?;
    if provisioned && target.control.as_ref().is_none_or(|control| control.start.is_empty()) {
        let change = case.configuration.split_whitespace().collect::<Vec<_>>().join(" ");
        let change: String = change.chars().take(SHOWN).collect();
        return Err(format!("it needs another provisioning and there is no control.start: {change}"));
    }
    let config = target.provisioned(case.configuration).map_err(changed)?;
    // What the controlling function is told and says is not seen either.
    let profile = Profile { controlling: None, ..case::profile(&config) };
    let mut rig = Rig::new(config, case::case_seed(seed, case.id));
    rig.observe_at_clients();
    rig.scale_time(target.time_scale());
    let result = case::run_on(&mut rig, case, profile);
    let figures = case.measures().then(|| case::measure(result.profile.clone(), &result.frames));
    let measurable =
        figures.is_some_and(|figures| case.requirements.iter().all(|indicator| figures.suffice(indicator)));
    match result.verdict {
        Verdict::Pass => Ok(Rehearsed { takes: result.took, provisioned }),
        Verdict::Inconclusive(Reason::Unarmed, _) if measurable => {
            Ok(Rehearsed { takes: result.took, provisioned })
        }
        verdict => {
            Err(format!("clients cannot see it: {} in rehearsal: {}", verdict.word(), verdict.reason()))
        }
    }
}
