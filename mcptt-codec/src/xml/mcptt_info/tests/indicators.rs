use super::*;
use crate::xml::Node;

fn info(
    emergency: Option<bool>,
    alert: Option<bool>,
    peril: Option<bool>,
    originated_by: Option<&str>,
) -> McpttInfo {
    McpttInfo {
        emergency_ind: emergency.map(Content::Normal),
        alert_ind: alert.map(Content::Normal),
        imminentperil_ind: peril.map(Content::Normal),
        originated_by: originated_by.map(|user| Content::Normal(user.into())),
        ..McpttInfo::default()
    }
}

//= 24.379-6.3.3.1.17 test
//= 24.379-6.3.3.1.17:cancel test
#[test]
fn exactly_the_listed_combinations_are_valid() {
    const STATES: [Option<bool>; 3] = [None, Some(false), Some(true)];
    const CAROL: &str = "sip:carol@mc.example.org";
    let cancel = |alert, originated_by: Option<&str>| IndicatorCombination::EmergencyCancel {
        alert,
        originated_by: originated_by.map(McpttId::from),
    };
    let valid = [
        ((None, None, None, None), IndicatorCombination::None),
        ((Some(true), Some(true), None, None), IndicatorCombination::Emergency { alert: true }),
        ((Some(true), Some(false), None, None), IndicatorCombination::Emergency { alert: false }),
        ((None, None, Some(true), None), IndicatorCombination::ImminentPeril),
        ((Some(false), None, None, None), cancel(false, None)),
        ((Some(false), Some(false), None, None), cancel(true, None)),
        ((Some(false), Some(false), None, Some(CAROL)), cancel(true, Some(CAROL))),
        ((None, None, Some(false), None), IndicatorCombination::ImminentPerilCancel),
    ];
    let mut tried = 0;
    for emergency in STATES {
        for alert in STATES {
            for peril in STATES {
                for originated_by in [None, Some(CAROL)] {
                    let given = (emergency, alert, peril, originated_by);
                    let expected = valid.iter().find(|(combination, _)| *combination == given);
                    let expected = expected.map(|(_, meaning)| meaning.clone());
                    let got = info(emergency, alert, peril, originated_by).indicator_combination();
                    assert_eq!(got, expected.ok_or(InvalidIndicators::Combination), "{given:?}");
                    tried += 1;
                }
            }
        }
    }
    assert_eq!(tried, 54);
}

#[test]
fn an_encrypted_indicator_is_not_guessed() {
    let mut encrypted = info(Some(true), None, None, None);
    encrypted.alert_ind = Some(Content::Encrypted(Encrypted { content: vec![Node::Text("AQID".into())] }));
    assert_eq!(encrypted.indicator_combination(), Err(InvalidIndicators::Encrypted));
}

//= 24.379-6.3.3.1.25 test
#[test]
fn an_ad_hoc_emergency_excludes_imminent_peril_of_any_value() {
    for peril in [Some(true), Some(false)] {
        for flag in [true, false] {
            let mut with_both = info(None, None, peril, None);
            with_both.root_any_ext.push_flag(extension_name::ADHOC_EMERGENCY_IND, flag);
            assert_eq!(with_both.check_adhoc_indicators(), Err(InvalidIndicators::Combination));
        }
        assert_eq!(info(None, None, peril, None).check_adhoc_indicators(), Ok(()));
    }
    let mut alone = McpttInfo::default();
    alone.root_any_ext.push_flag(extension_name::ADHOC_EMERGENCY_IND, true);
    assert_eq!(alone.check_adhoc_indicators(), Ok(()));
}
