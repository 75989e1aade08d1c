//! What happens in the demonstration, step by step, for one call.

use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use call_control::client::{ClientCommand, ClientEvent, GroupCall};
use mcptt_codec::floor::{FloorIndicator, FloorPriority};
use mcptt_codec::id::GroupId;
use media_plane::floor::participant::Notification;

use super::DemoError;
use super::figures::Figure;
use super::fleet::Fleet;
use super::timeline::{Step, Timeline};
use super::voice::{Recorder, Speech};
use crate::ue::{UeCommand, UeEvent};

/// Longest wait for anything but speech.
const PATIENCE: Duration = Duration::from_secs(5);
/// Floor grants that are measured one after the other.
const PASSES: usize = 50;
/// Pre-emptions that are measured.
const OVERRIDES: usize = 10;
/// Frames spoken in a short talk spurt: 100 ms.
const SHORT_SPURT: usize = 5;
/// Delay of the heard signal that is looked for when it is compared with the source.
/// How long is listened when the talker has finished: the playout buffer, and what is concealed before a pause is one.
const AFTERWARDS: Duration = Duration::from_millis(400);
const MAX_DELAY: Duration = Duration::from_millis(200);
/// A member has heard the talker when the normalised cross-correlation exceeds this.
pub const HEARD: f64 = 0.8;

/// The figures of one or several calls.
#[derive(Clone, Debug)]
pub struct Figures {
    pub registration: Figure,
    pub join: Figure,
    pub activation: Figure,
    pub grant: Figure,
    pub over: Figure,
    pub late_entry: Figure,
    pub mouth_to_ear: Figure,
}

impl Default for Figures {
    fn default() -> Self {
        let ms = Duration::from_millis;
        Self {
            registration: Figure::new("registration", ms(500), 1),
            join: Figure::new("join", ms(500), 1),
            activation: Figure::new("activation", ms(50), 1),
            grant: Figure::new("floor grant", ms(50), PASSES),
            over: Figure::new("override", ms(100), OVERRIDES),
            late_entry: Figure::new("late entry", ms(150), 1),
            mouth_to_ear: Figure::new("mouth to ear", ms(300), 100),
        }
    }
}

impl Figures {
    /// Adds the samples of another call.
    pub fn merge(&mut self, other: &Self) {
        self.registration.merge(&other.registration);
        self.join.merge(&other.join);
        self.activation.merge(&other.activation);
        self.grant.merge(&other.grant);
        self.over.merge(&other.over);
        self.late_entry.merge(&other.late_entry);
        self.mouth_to_ear.merge(&other.mouth_to_ear);
    }

    /// All of them, in the order of the table, each with what it is measured from and to.
    pub fn all(&self) -> [(&Figure, &'static str); 7] {
        [
            (&self.registration, "REGISTER sent to 200 received"),
            (&self.join, "originator's INVITE sent to member's session established"),
            (&self.activation, "originator's INVITE sent to Floor Granted received (KPI 1)"),
            (&self.grant, "Floor Request sent to Floor Granted received"),
            (&self.over, "emergency Floor Request sent to Floor Granted received, talker revoked between"),
            (&self.late_entry, "affiliation sent to first voice heard in the running call (KPI 4)"),
            (
                &self.mouth_to_ear,
                "frame begins at the talker to frame begins at the listener, adaptive playout buffer included (KPI 3)",
            ),
        ]
    }
}

/// What one member heard.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Heard {
    /// The member.
    pub user: String,
    /// Who spoke.
    pub talker: String,
    /// Normalised cross-correlation with the source, 0 to 1.
    pub correlation: f64,
    /// The mean opinion score to be expected of the talk spurt, 1 to 4.5; none if it had no end.
    pub score: Option<f64>,
    /// The recording.
    pub file: PathBuf,
    /// Whether the talker was heard.
    pub ok: bool,
}

/// One call on its way through the steps.
pub struct Scenario<'a> {
    pub fleet: Fleet,
    pub timeline: Timeline,
    pub figures: Figures,
    pub heard: Vec<Heard>,
    pub group: GroupId,
    pub speech: &'a Speech,
    pub frames: Rc<[Vec<u8>]>,
    pub out: PathBuf,
}

impl Scenario<'_> {
    /// Runs all steps.
    ///
    /// # Errors
    /// The first thing that did not happen in time.
    pub async fn run(&mut self) -> Result<(), DemoError> {
        self.timeline.step(Step::Registration);
        let late = self.fleet.len() - 1;
        for member in 0..late {
            self.log_in(member).await?;
        }
        self.set_up().await?;
        self.speak(0, 0).await?;
        self.release(0).await?;
        self.pass_the_floor(late).await?;
        self.queue().await?;
        self.pre_empt().await?;
        self.late_entry(late).await?;
        self.end().await
    }

    async fn log_in(&mut self, member: usize) -> Result<(), DemoError> {
        let asked = self.client(member, ClientCommand::Register);
        let at = self
            .wait_client(member, "200 to REGISTER", |e| matches!(e, ClientEvent::Registered { .. }))
            .await?;
        self.figures.registration.add(at.saturating_duration_since(asked));
        self.client(member, ClientCommand::PublishSettings);
        self.wait_client(member, "200 to PUBLISH of the settings", |e| {
            matches!(e, ClientEvent::SettingsPublished)
        })
        .await?;
        self.client(member, ClientCommand::Affiliate { groups: vec![self.group.clone()] });
        self.wait_client(member, "200 to PUBLISH of the affiliation", |e| {
            matches!(e, ClientEvent::Affiliated { .. })
        })
        .await?;
        self.say(member, "registered, settings published, affiliated");
        Ok(())
    }

    /// The first member calls; everybody who is affiliated answers by itself.
    async fn set_up(&mut self) -> Result<(), DemoError> {
        self.timeline.step(Step::SetUp);
        let invited = self.fleet.len() - 2;
        let asked = self.client(0, ClientCommand::CallGroup(GroupCall::new(self.group.clone())));
        self.say(0, "calls the group and asks for the floor with the INVITE");
        let (mut established, mut granted) = (0, false);
        let names = self.names();
        let (figures, timeline) = (&mut self.figures, &mut self.timeline);
        let done = self
            .fleet
            .run_until(PATIENCE, |member, at, event| {
                let delay = at.saturating_duration_since(asked);
                match event {
                    UeEvent::Client(ClientEvent::CallEstablished(call)) if call.incoming => {
                        figures.join.add(delay);
                        established += 1;
                        timeline.note(&names[member], "has joined", Some(delay));
                    }
                    UeEvent::Floor(Notification::Granted { .. }) if member == 0 && !granted => {
                        figures.activation.add(delay);
                        granted = true;
                        timeline.note(&names[0], "has the floor", Some(delay));
                    }
                    _ => {}
                }
                granted && established == invited
            })
            .await;
        if done {
            Ok(())
        } else {
            Err(DemoError::Missing {
                step: Step::SetUp,
                what: "every member in the call and the floor granted",
            })
        }
    }

    /// `talker` has the floor and speaks the whole sample; everybody else from `first_listener` on is recorded, unless recorded already.
    async fn speak(&mut self, talker: usize, first_listener: usize) -> Result<(), DemoError> {
        self.timeline.step(Step::Voice);
        let listeners: Vec<usize> = (first_listener..self.fleet.len())
            .filter(|member| *member != talker && self.in_call(*member))
            .filter(|member| !self.heard.iter().any(|heard| heard.user == self.fleet.name(*member)))
            .collect();
        for member in &listeners {
            self.fleet.record(*member, talker, Recorder::new(self.speech.rate));
        }
        self.say(talker, "speaks");
        self.fleet.measure_voice(true);
        self.fleet.talk(talker, Rc::clone(&self.frames));
        self.fleet.run_for(self.speech.duration() + AFTERWARDS).await;
        self.fleet.measure_voice(false);
        for delay in self.fleet.take_mouth_to_ear() {
            self.figures.mouth_to_ear.add(delay);
        }
        let talker = self.fleet.name(talker).to_owned();
        for member in listeners {
            let Some((recorder, quality)) = self.fleet.take_recording(member) else { continue };
            let user = self.fleet.name(member).to_owned();
            let file = self.out.join(format!("heard-{user}.wav"));
            recorder.heard().write(&file)?;
            let (correlation, _) = self.speech.correlation(recorder.heard(), MAX_DELAY);
            let score = quality.map(|quality| quality.score);
            let ok = correlation > HEARD;
            self.timeline.note(&user, &format!("heard {talker}: correlation {correlation:.3}"), None);
            self.heard.push(Heard { user, talker: talker.clone(), correlation, score, file, ok });
        }
        Ok(())
    }

    /// Everybody in turn presses, gets the floor, says a little and lets go.
    async fn pass_the_floor(&mut self, members: usize) -> Result<(), DemoError> {
        self.timeline.step(Step::Passing);
        for pass in 0..PASSES {
            let member = pass % members;
            let delay = self.press(member, None, None).await?;
            self.figures.grant.add(delay);
            if pass < members {
                self.timeline.note(&self.names()[member], "has the floor", Some(delay));
            }
            self.say_a_little(member).await;
            self.release(member).await?;
        }
        self.timeline.note("everybody", &format!("{PASSES} grants one after the other"), None);
        Ok(())
    }

    /// One talks, another asks and is queued, and gets the floor when the first one lets go.
    async fn queue(&mut self) -> Result<(), DemoError> {
        self.timeline.step(Step::Queue);
        self.press(0, None, None).await?;
        self.fleet.talk(0, Rc::clone(&self.frames));
        self.command(1, UeCommand::PressToTalk { priority: None, indicator: None });
        self.wait_floor(1, "a queue position", |n| matches!(n, Notification::Queued { .. })).await?;
        self.say(1, "asks and is queued");
        let freed = self.command(0, UeCommand::ReleaseToTalk);
        let at = self.wait_granted(1).await?;
        self.timeline.note(
            &self.names()[1],
            "has the floor from the queue",
            Some(at.saturating_duration_since(freed)),
        );
        self.say_a_little(1).await;
        self.release(1).await
    }

    /// One talks, the first member has an emergency and takes the floor.
    async fn pre_empt(&mut self) -> Result<(), DemoError> {
        self.timeline.step(Step::Override);
        for round in 0..OVERRIDES {
            self.press(1, None, None).await?;
            self.fleet.talk(1, Rc::clone(&self.frames));
            self.fleet.run_for(Duration::from_millis(60)).await;
            let delay = self.press(0, Some(FloorPriority(255)), Some(FloorIndicator::EMERGENCY)).await?;
            self.figures.over.add(delay);
            if round == 0 {
                self.timeline.note(&self.names()[0], "takes the floor in an emergency", Some(delay));
            }
            self.say_a_little(0).await;
            self.release(0).await?;
        }
        self.timeline.note("everybody", &format!("{OVERRIDES} overrides one after the other"), None);
        Ok(())
    }

    /// Somebody comes while another talks, and hears the rest.
    async fn late_entry(&mut self, late: usize) -> Result<(), DemoError> {
        self.timeline.step(Step::LateEntry);
        self.press(1, None, None).await?;
        self.fleet.talk(1, Rc::clone(&self.frames));
        self.client(late, ClientCommand::Register);
        self.wait_client(late, "200 to REGISTER", |e| matches!(e, ClientEvent::Registered { .. })).await?;
        self.client(late, ClientCommand::PublishSettings);
        self.wait_client(late, "200 to PUBLISH of the settings", |e| {
            matches!(e, ClientEvent::SettingsPublished)
        })
        .await?;
        let asked = self.client(late, ClientCommand::Affiliate { groups: vec![self.group.clone()] });
        let heard =
            self.wait(late, "the voice of the talker", |e| matches!(e, UeEvent::Voice { .. })).await?;
        let delay = heard.saturating_duration_since(asked);
        self.figures.late_entry.add(delay);
        self.timeline.note(&self.names()[late], "comes late and hears the talker", Some(delay));
        self.speak(1, 0).await?;
        self.release(1).await
    }

    /// Everybody leaves; the last one is released by the server.
    async fn end(&mut self) -> Result<(), DemoError> {
        self.timeline.step(Step::Release);
        let members = self.fleet.len();
        for member in 0..members - 1 {
            if let Some(call) = self.fleet.call(member) {
                self.client(member, ClientCommand::Leave { call });
                self.wait_client(member, "200 to BYE", |e| matches!(e, ClientEvent::CallEnded { .. }))
                    .await?;
                self.say(member, "leaves");
            }
        }
        let last = members - 1;
        if self.fleet.call(last).is_some() {
            self.wait_client(last, "BYE from the server", |e| {
                matches!(e, ClientEvent::CallEnded { by_peer: true, .. })
            })
            .await?;
        }
        self.say(last, "was alone: the server has released the call");
        Ok(())
    }

    /// Presses and waits for the floor; returns how long it took.
    async fn press(
        &mut self,
        member: usize,
        priority: Option<FloorPriority>,
        indicator: Option<FloorIndicator>,
    ) -> Result<Duration, DemoError> {
        let asked = self.command(member, UeCommand::PressToTalk { priority, indicator });
        let at = self.wait_granted(member).await?;
        Ok(at.saturating_duration_since(asked))
    }

    /// Waits for the floor; a member that was queued meanwhile takes it at once, because it still holds the button.
    async fn wait_granted(&mut self, member: usize) -> Result<Instant, DemoError> {
        let mut offered = false;
        let at = self
            .wait(member, "Floor Granted", |event| match event {
                UeEvent::Floor(Notification::GrantOffered { .. }) => {
                    offered = true;
                    true
                }
                UeEvent::Floor(Notification::Granted { .. }) => true,
                _ => false,
            })
            .await?;
        if offered {
            self.command(member, UeCommand::AcceptGrant);
        }
        Ok(at)
    }

    async fn say_a_little(&mut self, member: usize) {
        let frames = self.frames[..SHORT_SPURT.min(self.frames.len())].into();
        self.fleet.talk(member, frames);
        self.fleet.run_for(Duration::from_millis(20 * (SHORT_SPURT as u64 + 1))).await;
    }

    /// Lets go and waits until the floor is idle for that member.
    async fn release(&mut self, member: usize) -> Result<(), DemoError> {
        self.command(member, UeCommand::ReleaseToTalk);
        self.wait_floor(member, "Floor Idle", |n| matches!(n, Notification::Idle)).await.map(|_| ())
    }

    fn client(&mut self, member: usize, command: ClientCommand) -> Instant {
        self.command(member, UeCommand::Client(command))
    }

    fn command(&mut self, member: usize, command: UeCommand) -> Instant {
        self.fleet.command(member, command)
    }

    async fn wait_client(
        &mut self,
        member: usize,
        what: &'static str,
        wanted: impl Fn(&ClientEvent) -> bool,
    ) -> Result<Instant, DemoError> {
        self.wait(member, what, |event| matches!(event, UeEvent::Client(event) if wanted(event))).await
    }

    async fn wait_floor(
        &mut self,
        member: usize,
        what: &'static str,
        wanted: impl Fn(&Notification) -> bool,
    ) -> Result<Instant, DemoError> {
        self.wait(member, what, |event| matches!(event, UeEvent::Floor(notification) if wanted(notification)))
            .await
    }

    async fn wait(
        &mut self,
        member: usize,
        what: &'static str,
        mut wanted: impl FnMut(&UeEvent) -> bool,
    ) -> Result<Instant, DemoError> {
        let mut seen = None;
        self.fleet
            .run_until(PATIENCE, |index, at, event| {
                if index == member && wanted(event) {
                    seen = Some(at);
                }
                seen.is_some()
            })
            .await;
        seen.ok_or(DemoError::Missing { step: self.timeline.current(), what })
    }

    fn in_call(&self, member: usize) -> bool {
        self.fleet.call(member).is_some()
    }

    fn say(&mut self, member: usize, what: &str) {
        self.timeline.note(self.fleet.name(member), what, None);
    }

    fn names(&self) -> Vec<String> {
        (0..self.fleet.len()).map(|member| self.fleet.name(member).to_owned()).collect()
    }
}
