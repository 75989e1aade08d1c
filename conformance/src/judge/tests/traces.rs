//! The traces of a requirement: rows in text files, and rows that are code.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::script;
use super::world::World;
use crate::judge::Subjects;

/// What the files under `traces/` hold.
const FILES: &[(Subject, &str)] = &[
    (Subject::Server, include_str!("traces/idle.txt")),
    (Subject::Server, include_str!("traces/taken.txt")),
    (Subject::Server, include_str!("traces/requests.txt")),
    (Subject::Server, include_str!("traces/revoke.txt")),
    (Subject::Server, include_str!("traces/towards.txt")),
    (Subject::Server, include_str!("traces/several.txt")),
    (Subject::Server, include_str!("traces/control.txt")),
    (Subject::Server, include_str!("traces/temporary.txt")),
    (Subject::Participants, include_str!("traces/participant.txt")),
];

/// Who is judged in the traces of a file; the other side is the tester's.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Server,
    Participants,
}

/// A trace.
#[derive(Clone)]
pub(super) enum Trace {
    Code(fn(&mut World)),
    Text(Subject, String),
}

impl Trace {
    pub(super) fn play(&self, world: &mut World) {
        match self {
            Self::Code(play) => play(world),
            Self::Text(subject, text) => {
                let participants = *subject == Subject::Participants;
                world.profile.subjects = Subjects { server: !participants, participants };
                script::play(world, text);
            }
        }
    }
}

/// The traces of a requirement.
#[derive(Clone)]
pub(super) struct Traces {
    pub requirement: String,
    /// Everything is as it should be, and the requirement is armed.
    pub accepts: Trace,
    /// One thing is wrong.
    pub rejects: Trace,
    /// Other requirements are armed, this one is not.
    pub unarmed: Trace,
    /// Other requirements that the one wrong thing breaks as well.
    pub also: BTreeSet<String>,
}

/// A row that is code.
pub(super) struct Row {
    pub requirement: &'static str,
    pub accepts: fn(&mut World),
    pub rejects: fn(&mut World),
    pub unarmed: &'static str,
    pub also: &'static [&'static str],
}

static ALL: LazyLock<Vec<Traces>> = LazyLock::new(|| {
    let of_files = FILES.iter().flat_map(|(subject, file)| read(*subject, file));
    let of_code = [
        super::sip::TRACES,
        super::sessions::TRACES,
        super::regroup::TRACES,
        super::parameters::TRACES,
        super::beyond::TRACES,
        super::air::TRACES,
        super::monp::TRACES,
        super::adhoc::TRACES,
        super::services::TRACES,
        super::asked::TRACES,
        super::carried::TRACES,
    ];
    let of_code = of_code.into_iter().flatten().map(Traces::from);
    of_files.chain(of_code).collect()
});

pub(super) fn all() -> &'static [Traces] {
    &ALL
}

impl From<&Row> for Traces {
    fn from(row: &Row) -> Self {
        Self {
            requirement: row.requirement.to_owned(),
            accepts: Trace::Code(row.accepts),
            rejects: Trace::Code(row.rejects),
            unarmed: Trace::Text(Subject::Server, row.unarmed.to_owned()),
            also: row.also.iter().map(|id| (*id).to_owned()).collect(),
        }
    }
}

/// The rows of a file. An entry is a requirement at the beginning of a line, then lines that begin with what they
/// are: `+` a trace in which it is armed and holds, `-` one in which one thing is wrong, `0` one in which it is not
/// armed although others are, `&` what the wrong thing breaks as well; a line with none of these goes on with the one
/// before. `#` begins a remark.
fn read(subject: Subject, file: &str) -> Vec<Traces> {
    let mut rows: Vec<Traces> = Vec::new();
    let mut kind = ' ';
    for line in file.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        if !line.starts_with(' ') {
            let empty = || Trace::Text(subject, String::new());
            let (accepts, rejects, unarmed) = (empty(), empty(), empty());
            let requirement = line.trim().to_owned();
            rows.push(Traces { requirement, accepts, rejects, unarmed, also: BTreeSet::new() });
            continue;
        }
        let row = rows.last_mut().expect("an entry begins with a requirement");
        let mut text = line.trim();
        if let Some(rest) = text.strip_prefix(['+', '-', '0', '&']).filter(|rest| rest.starts_with(' ')) {
            kind = text.chars().next().expect("it has a prefix");
            text = rest;
        }
        let place = match kind {
            '+' => &mut row.accepts,
            '-' => &mut row.rejects,
            '0' => &mut row.unarmed,
            _ => {
                row.also.extend(text.split_whitespace().map(str::to_owned));
                continue;
            }
        };
        if let Trace::Text(_, trace) = place {
            trace.push(' ');
            trace.push_str(text);
        }
    }
    rows
}
