use super::*;
use crate::case;
use crate::catalogue::Catalogue;

const SMALL: &str = "[target]\nname = \"x\"\n[ixit]\nparticipating = \"127.0.0.1:5060\"\n";

fn why_not(target: &str, id: &str) -> Option<String> {
    let target = TargetFile::parse(target).unwrap();
    let case = case::all().into_iter().find(|case| case.id == id).unwrap();
    applies(case, &target, &Catalogue::embedded().unwrap(), 1).err()
}

#[test]
fn the_template_is_a_target_file() {
    let target = TargetFile::parse(&TargetFile::template()).unwrap();
    assert_eq!(target.pics.len(), FEATURES.len());
    assert!(target.pics.values().all(|claimed| *claimed));
}

#[test]
fn what_is_wrong_is_named_with_what_is_allowed() {
    for (text, part) in [
        ("[pics]\ntelepathy = true\n", "pics = telepathy: allowed is floor-queueing, dual-floor"),
        ("[control]\n", "control = {}: allowed is start or reset"),
        ("[configuration.floor]\nT2 = \"0s\"\n", "configuration: "),
        ("[surprise]\n", "unknown field `surprise`"),
        ("[ixit.timers]\nT99 = \"1s\"\n", "T99"),
    ] {
        let error = TargetFile::parse(&format!("{SMALL}{text}")).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    let release = SMALL.replace("name", "release = 12\nname");
    assert!(
        TargetFile::parse(&release)
            .unwrap_err()
            .to_string()
            .contains("target.release = 12: allowed is 13 to 19")
    );
    let port = format!("{SMALL}first-port = 80\n");
    assert!(TargetFile::parse(&port).unwrap_err().to_string().contains("1024 to 65000"));
}

#[test]
fn a_case_that_does_not_apply_says_why() {
    assert_eq!(why_not(SMALL, "FC-01/grant"), None);
    assert!(why_not(SMALL, "UE-01/silent").unwrap().contains("it judges clients"));
    assert!(why_not(SMALL, "REG-05/token").unwrap().contains("no control.start"));
    let controlled = format!("{SMALL}[control]\nstart = [\"server\"]\n");
    assert_eq!(why_not(&controlled, "REG-05/token"), None);
    let claims = format!("{SMALL}[pics]\nlocation = false\nfloor-queueing = false\n");
    assert!(why_not(&claims, "LOC-01/configuration").unwrap().contains("pics.location = false"));
    let participating = SMALL.replace("name", "roles = [\"participating\"]\nname");
    assert!(why_not(&participating, "FC-01/grant").unwrap().contains("target.roles has no controlling"));
    let old = SMALL.replace("name", "release = 13\nname");
    assert!(
        case::all()
            .iter()
            .any(|case| why_not(&old, case.id).is_some_and(|why| why.contains("is of release")))
    );
    assert!(why_not(SMALL, "GC-01/fan-out").unwrap().contains("clients cannot see it"));
}

#[test]
fn most_cases_of_the_server_apply_to_a_target_that_can_be_started() {
    let target = format!("{SMALL}[control]\nstart = [\"server\"]\n");
    let applicable = case::all().iter().filter(|case| why_not(&target, case.id).is_none()).count();
    assert!(applicable > 100, "{applicable}");
}
