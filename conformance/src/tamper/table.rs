//! The faults the judge has to find, and the variations it must not mind.

use serde::Deserialize;

use super::rule::{Rule, RuleError};

/// A server that is faulty in one respect.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fault {
    /// Its name.
    pub name: String,
    /// What is wrong with the server, in one line.
    pub what: String,
    /// The case in which it shows.
    pub case: String,
    /// The requirements that it has to be condemned for, each of them.
    pub condemned: Vec<String>,
    /// Requirements that may be violated as well, because one follows from the other.
    #[serde(default)]
    pub also: Vec<String>,
    /// How it comes about.
    #[serde(rename = "rule")]
    pub rules: Vec<Rule>,
}

/// A variation that follows all rules.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Harmless {
    /// Its name.
    pub name: String,
    /// The variation, in one line.
    pub what: String,
    /// The cases, `*` standing for anything, that have to pass with it.
    pub cases: Vec<String>,
    /// What clients send is seen where it arrives: what gets lost on the way is not seen at all.
    #[serde(default)]
    pub seen_at_server: bool,
    /// How it comes about.
    #[serde(rename = "rule")]
    pub rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Faults {
    fault: Vec<Fault>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AllHarmless {
    harmless: Vec<Harmless>,
}

/// All faults.
///
/// # Errors
/// When the table is not what it should be.
pub fn faults() -> Result<Vec<Fault>, RuleError> {
    let of = |text: &str| toml::from_str::<Faults>(text).map(|table| table.fault);
    let mut all = of(include_str!("faults_floor.toml"))?;
    all.extend(of(include_str!("faults_everybody.toml"))?);
    all.extend(of(include_str!("faults_sip.toml"))?);
    Ok(all)
}

/// All harmless variations.
///
/// # Errors
/// When the table is not what it should be.
pub fn harmless() -> Result<Vec<Harmless>, RuleError> {
    Ok(toml::from_str::<AllHarmless>(include_str!("harmless.toml"))?.harmless)
}
