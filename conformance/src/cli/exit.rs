//! Exit status of the program.

use std::process::ExitCode;

/// How a run of the program ended. When several apply, [`Exit::and`] keeps the one that matters most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Exit {
    /// All as expected.
    AsExpected = 0,
    /// An unexpected failure or a stale expectation.
    Unexpected = 1,
    /// Wrong usage: an unknown selector, an unknown id or an input file that cannot be used.
    Usage = 2,
    /// Fewer cases were executed than required.
    TooFew = 3,
    /// The harness itself failed; never the fault of the target.
    Harness = 4,
    /// An inconclusive verdict was denied.
    Denied = 5,
}

impl Exit {
    /// The one of two outcomes that is reported, in the order 4, 2, 3, 1, 5, 0.
    pub fn and(self, other: Exit) -> Exit {
        const ORDER: [Exit; 6] =
            [Exit::Harness, Exit::Usage, Exit::TooFew, Exit::Unexpected, Exit::Denied, Exit::AsExpected];
        ORDER.into_iter().find(|exit| *exit == self || *exit == other).unwrap_or(self)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_graver_outcome_wins_whatever_comes_first() {
        let order =
            [Exit::Harness, Exit::Usage, Exit::TooFew, Exit::Unexpected, Exit::Denied, Exit::AsExpected];
        for (rank, graver) in order.into_iter().enumerate() {
            for lesser in &order[rank..] {
                assert_eq!(graver.and(*lesser), graver);
                assert_eq!(lesser.and(graver), graver);
            }
        }
        assert_eq!(order.map(|exit| exit as u8), [4, 2, 3, 1, 5, 0]);
    }
}
