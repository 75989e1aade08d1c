//! Which emergency, alert and imminent peril indicators may stand together (TS 24.379 6.3.3.1.17 and
//! 6.3.3.1.25).

use thiserror::Error;

use super::{Content, McpttInfo, extension_name};
use crate::id::McpttId;

/// What the indicators of a request ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndicatorCombination {
    /// No indicator: nothing changes.
    None,
    /// An emergency.
    Emergency {
        /// Whether an alert goes with it.
        alert: bool,
    },
    /// Imminent peril.
    ImminentPeril,
    /// The end of an emergency.
    EmergencyCancel {
        /// Whether the alert ends as well.
        alert: bool,
        /// Whose alert it was, when it was not the sender's own.
        originated_by: Option<McpttId>,
    },
    /// The end of imminent peril.
    ImminentPerilCancel,
}

/// Why the indicators cannot be acted upon. The answer is 403 with MCPTT warning 150, except for the
/// encrypted form, which the caller has to decrypt first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum InvalidIndicators {
    /// The indicators may not stand together.
    #[error("these indicators may not stand together")]
    Combination,
    /// An indicator is still encrypted.
    #[error("an indicator is encrypted")]
    Encrypted,
}

impl McpttInfo {
    /// What the indicators ask for. Absent is not false, and an emergency states whether it comes with an
    /// alert.
    ///
    /// # Errors
    /// [`InvalidIndicators`].
    pub fn indicator_combination(&self) -> Result<IndicatorCombination, InvalidIndicators> {
        let emergency = clear(&self.emergency_ind)?.copied();
        let alert = clear(&self.alert_ind)?.copied();
        let imminent_peril = clear(&self.imminentperil_ind)?.copied();
        let originated_by = clear(&self.originated_by)?.cloned();
        //= 24.379-6.3.3.1.17
        match (emergency, alert, imminent_peril, originated_by) {
            (None, None, None, None) => Ok(IndicatorCombination::None),
            (Some(true), Some(alert), None, None) => Ok(IndicatorCombination::Emergency { alert }),
            (None, None, Some(true), None) => Ok(IndicatorCombination::ImminentPeril),
            //= 24.379-6.3.3.1.17:cancel
            (Some(false), None, None, None) => {
                Ok(IndicatorCombination::EmergencyCancel { alert: false, originated_by: None })
            }
            (Some(false), Some(false), None, originated_by) => {
                Ok(IndicatorCombination::EmergencyCancel { alert: true, originated_by })
            }
            (None, None, Some(false), None) => Ok(IndicatorCombination::ImminentPerilCancel),
            _ => Err(InvalidIndicators::Combination),
        }
    }

    /// Whether the indicators of an ad hoc group call may stand together.
    ///
    /// # Errors
    /// [`InvalidIndicators`].
    pub fn check_adhoc_indicators(&self) -> Result<(), InvalidIndicators> {
        //= 24.379-6.3.3.1.25
        let adhoc = [&self.root_any_ext, &self.any_ext]
            .iter()
            .any(|any_ext| any_ext.find(extension_name::ADHOC_EMERGENCY_IND).is_some());
        if adhoc && self.imminentperil_ind.is_some() {
            return Err(InvalidIndicators::Combination);
        }
        Ok(())
    }
}

fn clear<T>(content: &Option<Content<T>>) -> Result<Option<&T>, InvalidIndicators> {
    match content {
        None => Ok(None),
        Some(Content::Normal(value)) => Ok(Some(value)),
        Some(Content::Encrypted(_)) => Err(InvalidIndicators::Encrypted),
    }
}
