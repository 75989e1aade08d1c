//! `demo` on the command line.

use std::path::PathBuf;

use super::{DemoError, Options, exit_code, load};

/// What the demonstration and the load run can be asked to do.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Folder for demo.pcapng, `heard-<user>.wav` and summary.json, or for load.json.
    #[arg(long, default_value = "demo-out")]
    out: PathBuf,
    /// Calls at the same time, each with a group of its own [default: 1, with --load 200].
    #[arg(long)]
    calls: Option<usize>,
    /// Members of each call, from 3; the last one joins late [default: 4, with --load 10, and nobody late].
    #[arg(long)]
    members: Option<usize>,
    /// WAV file to speak instead of the embedded sample: 16 bit, 8 to 48 kHz, at most 25 s.
    #[arg(long, conflicts_with = "load")]
    voice: Option<PathBuf>,
    /// UE initial configuration (TS 24.484) from which the members take the timers of their floor participants.
    #[arg(long, value_name = "FILE", conflicts_with = "load")]
    ue_initial_configuration: Option<PathBuf>,
    /// Very many calls instead, in each of which somebody talks all the time: measures floor grant, override, timers, loss
    /// and processor time. The exit status says whether every target was met.
    #[arg(long)]
    load: bool,
    /// How long they talk, seconds.
    #[arg(long, requires = "load", default_value_t = 10)]
    seconds: u64,
    /// RTP without protection instead of SRTP with a key for each member.
    #[arg(long, requires = "load")]
    plain: bool,
    /// Listeners drop their audio in the kernel: what is left is what the server costs.
    #[arg(long, requires = "load")]
    deaf: bool,
    /// One more call of so many members (100 to 2000) is set up while the others talk: prints how long that takes, and how long
    /// the others wait for the floor meanwhile.
    #[arg(long, requires = "load", value_name = "MEMBERS")]
    large: Option<usize>,
    /// Threads of the load generator.
    #[arg(long, requires = "load", default_value_t = 1)]
    generators: usize,
}

impl Arguments {
    /// Does it; the exit status.
    ///
    /// # Errors
    /// [`DemoError`] when it could not be completed.
    pub fn run(self) -> Result<u8, DemoError> {
        let Self { out, calls, members, voice, ue_initial_configuration, load, .. } = self;
        let Self { seconds, plain, deaf, large, generators, .. } = self;
        if load {
            let (calls, members) = (calls.unwrap_or(200), members.unwrap_or(10));
            let options = load::Options { out, calls, members, seconds, plain, deaf, large, generators };
            return load::run(&options).map(|summary| u8::from(!summary.ok));
        }
        let (calls, members) = (calls.unwrap_or(1), members.unwrap_or(4));
        let options = Options { out, calls, members, voice, ue_initial_configuration };
        super::run(&options).map(|summary| exit_code(&summary))
    }
}
