//! One case, or one capture, in a bundle.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::BundleError;
use super::clear::Clear;
use crate::capture::{Frame, Reader};
use crate::case::{self, CaseResult, Verdict};
use crate::judge::{INDICATORS, Judge, Judgements, Profile};
use crate::scenario;

/// Something that was seen and judged.
pub struct Item {
    /// Case id, or the name of the capture.
    pub id: String,
    /// What it shows.
    pub title: String,
    /// Requirements that had to be armed and to hold.
    pub requirements: Vec<String>,
    /// What the scenario counted on and did not get.
    pub unmet: Option<String>,
    /// How it ended: pass, inconclusive, fail, error.
    pub verdict: &'static str,
    /// Why.
    pub reason: String,
    scenario: toml::Table,
    wire: Vec<u8>,
    clear: Clear,
    observation: Observation,
    judgements: Judgements,
}

/// What the judge has to know beside the frames.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Observation {
    pub(super) profile: Profile,
    /// When it ended, as frames count time.
    pub(super) end: Duration,
}

/// The word of a verdict in files.
pub(super) const fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Inconclusive(..) => "inconclusive",
        Verdict::Fail(_) => "fail",
        Verdict::Error(_) => "error",
    }
}

impl Item {
    pub(super) fn of_case(result: &CaseResult, seed: u64) -> Result<Self, BundleError> {
        let frames = annotated(&result.frames, &result.judgements);
        let mut wire = Vec::new();
        scenario::record(&frames, &mut wire).map_err(|error| BundleError::Content(error.to_string()))?;
        Ok(Self {
            id: result.case.id.to_owned(),
            title: result.case.title.to_owned(),
            requirements: result.case.requirements.iter().map(|id| (*id).to_owned()).collect(),
            unmet: result.unmet.map(str::to_owned),
            verdict: word(&result.verdict),
            reason: result.verdict.reason(),
            scenario: result.scenario(seed),
            wire,
            clear: Clear::of(&frames),
            observation: Observation { profile: result.profile.clone(), end: result.end },
            judgements: result.judgements.clone(),
        })
    }

    /// A capture from elsewhere, judged with this profile.
    ///
    /// # Errors
    /// [`BundleError`] when the capture cannot be read.
    pub fn of_capture(name: &str, wire: Vec<u8>, profile: Profile) -> Result<Self, BundleError> {
        let (judgements, end) = judge(&wire, profile.clone(), None, &[])?;
        let verdict = match judgements.counts().is_empty() {
            true => Verdict::Inconclusive(case::Reason::Unarmed, "nothing was armed".to_owned()),
            false => case::verdict(&[] as &[&str], None, &judgements),
        };
        Ok(Self {
            id: name.to_owned(),
            title: "a capture".to_owned(),
            requirements: Vec::new(),
            unmet: None,
            verdict: word(&verdict),
            reason: verdict.reason(),
            scenario: toml::Table::from_iter([("capture".to_owned(), toml::Value::from(name))]),
            wire,
            clear: Clear::default(),
            observation: Observation { profile, end },
            judgements,
        })
    }

    /// The folder of the case.
    pub(super) fn folder(id: &str) -> String {
        let safe = |letter: char| {
            if letter.is_ascii_alphanumeric() || "-_.".contains(letter) { letter } else { '-' }
        };
        format!("case/{}", id.chars().map(safe).collect::<String>())
    }

    pub(super) fn lines(&self) -> Vec<Value> {
        let mut lines = vec![json!({
            "case": self.id,
            "title": self.title,
            "requirements": self.requirements,
            "unmet": self.unmet,
            "verdict": self.verdict,
            "reason": self.reason,
            "counts": self.judgements.counts(),
        })];
        lines.extend(self.judgements.0.iter().map(|one| json!({"case": self.id, "judgement": one})));
        lines
    }

    pub(super) fn files(&self) -> Result<Vec<(String, Vec<u8>)>, BundleError> {
        let folder = Self::folder(&self.id);
        let content = |error: &dyn std::fmt::Display| BundleError::Content(error.to_string());
        let profile = serde_json::to_vec_pretty(&self.observation).map_err(|error| content(&error))?;
        let mut judgement = format!(
            "# {} {}\n\n{}\n\n{} {}\n\n",
            self.verdict, self.id, self.title, self.verdict, self.reason
        );
        for one in self.judgements.violations() {
            judgement += &format!(
                "* {} armed by frame {}: expected {}; actual {}\n",
                one.requirement, one.armed_by, one.expected, one.actual
            );
        }
        let mut files = vec![
            (format!("{folder}/wire.pcapng"), self.wire.clone()),
            (format!("{folder}/profile.json"), profile),
            (format!("{folder}/scenario.toml"), self.scenario.to_string().into_bytes()),
            (format!("{folder}/judgement.md"), judgement.into_bytes()),
        ];
        if !self.clear.keys.is_empty() {
            files.push((format!("{folder}/keys.txt"), self.clear.keys.clone().into_bytes()));
        }
        if !self.clear.frames.is_empty() {
            let mut twin = Vec::new();
            scenario::record(&self.clear.frames, &mut twin).map_err(|error| content(&error))?;
            files.push((format!("{folder}/clear.pcapng"), twin));
        }
        Ok(files)
    }
}

/// Frames with what was said about them as comments.
pub(crate) fn annotated(frames: &[Frame], judgements: &Judgements) -> Vec<Frame> {
    let mut frames = frames.to_vec();
    for one in &judgements.0 {
        let number = usize::try_from(one.decided_by.unwrap_or(one.armed_by)).unwrap_or(usize::MAX);
        if let Some(frame) = frames.get_mut(number.saturating_sub(1)) {
            frame.comments.push(format!("{:?} {}: {}", one.outcome, one.requirement, one.expected));
        }
    }
    frames
}

/// Judges a capture from its octets. Without an end it ends with its last frame. Time is measured where the requirements ask for
/// it.
pub(super) fn judge(
    wire: &[u8],
    profile: Profile,
    end: Option<Duration>,
    requirements: &[String],
) -> Result<(Judgements, Duration), BundleError> {
    let unreadable = |error: crate::capture::CaptureError| BundleError::Content(error.to_string());
    let (mut frames, mut last) = (Vec::new(), Duration::ZERO);
    let measures = requirements.iter().any(|id| INDICATORS.contains(&id.as_str()));
    let mut judge = Judge::new(profile.clone());
    for frame in Reader::new(wire).map_err(unreadable)? {
        let frame = frame.map_err(unreadable)?;
        last = last.max(frame.time);
        judge.observe(&frame);
        frames.extend(measures.then_some(frame));
    }
    let end = end.unwrap_or(last);
    let mut judgements = judge.finish(end);
    if measures {
        case::measure(profile, &frames).judged().for_each(|figure| judgements.push(figure));
    }
    Ok((judgements, end))
}
