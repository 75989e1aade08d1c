//! Regroups with the settings of a preconfigured group (16.2.3).

use super::{called_group, describe, final_answer, is_call, refuses_with, warnings};
use crate::judge::Rule;
use crate::judge::belief::AboutRegroup;
use crate::judge::fact::Role;

/// What the controlling function of a preconfigured group makes of a request.
pub(super) const ASKED: Rule = Rule {
    requirements: &["24.379-16.2.3.1:3", "24.379-16.2.3.1:4", "24.379-16.2.3.1:6", "24.379-16.2.3.2:3"],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        if request.from != Role::Participating || request.to != Role::Controlling {
            return;
        }
        let Some(about) = AboutRegroup::read(request) else { return };
        let (known, accepted) = (&cx.belief.regroups, response.status.is_success());
        if !about.creates {
            if cx.profile.is_complete() && !known.stands(&about.id) {
                let held = refuses_with(response, 403, 163);
                todo.judge(cx, "24.379-16.2.3.2:3", held, "403 with warning 163", || describe(response));
            }
            return;
        }
        if known.stands(&about.id) {
            let held = refuses_with(response, 403, 165);
            todo.judge(cx, "24.379-16.2.3.1:3", held, "403 with warning 165", || describe(response));
            return;
        }
        let answers: Vec<_> = about.groups.iter().map(|group| known.answer_of(&about.id, group)).collect();
        if accepted && !answers.is_empty() {
            let asked = answers.iter().all(Option::is_some);
            let expected = "the function of every group was asked";
            todo.judge(cx, "24.379-16.2.3.1:4", asked, expected, || "one was not".to_owned());
        }
        let refused = answers.contains(&Some(Some(false)));
        if accepted || refused {
            let all = answers.iter().all(|answer| *answer == Some(Some(true)));
            let expected = "accepted when every function has accepted, refused when one refuses";
            todo.judge(cx, "24.379-16.2.3.1:6", accepted == all, expected, || describe(response));
        }
    },
};

/// A constituent group is not called as long as it is part of a regroup.
pub(super) const CONSTITUENT: Rule = Rule {
    requirements: &["24.379-10.1.1.4.2:4c"],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        let Some(group) = called_group(request).filter(|_| is_call(request)) else { return };
        let first = warnings(response).first().copied();
        // The participating function, and membership, are looked at before.
        let before = first.is_some_and(|code| code != 148 && code != 147) || response.status.0 == 488;
        if cx.belief.regroups.is_constituent(group) && !before {
            let held = refuses_with(response, 403, 148);
            todo.judge(cx, "24.379-10.1.1.4.2:4c", held, "403 with warning 148", || describe(response));
        }
    },
};
