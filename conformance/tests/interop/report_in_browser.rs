//! The HTML report as a browser shows it.

use std::process::Command;

use conformance::cli::run;

use super::tool::is_there;

/// What the page is after its script has run, with this put into the filter field.
fn shown(page: &str, profile: &std::path::Path) -> String {
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        .args(["--virtual-time-budget=5000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("file://{page}"))
        .output()
        .expect("chromium runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_browser_shows_the_report_and_its_filters_work() {
    if !is_there("chromium", "chromium") {
        return;
    }
    let folder = std::env::temp_dir().join(format!("mcptt-browser-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for temporary files");
    let file = folder.join("report.html");
    let path = file.to_str().expect("a path of letters").to_owned();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    run(
        ["mcptt-conformance", "run", "FC-01/grant", "FC-06/deny", "--report", &format!("html={path}")],
        &mut out,
        &mut err,
    );
    let page = std::fs::read_to_string(&file).expect("the report was written");
    let profile = folder.join("profile");
    let dom = shown(&path, &profile);
    for part in ["MCPTT conformance", "FC-01/grant", "FC-06/deny", "<svg"] {
        assert!(dom.contains(part), "{part} is not shown: {dom}");
    }
    assert!(!dom.contains("hidden=\"\""), "everything is shown at first");
    // The same page with somebody who types: the script has to hide the other row.
    let typed = page.replace(
        "</body>",
        "<script>f.value='fc-06/deny';f.dispatchEvent(new Event('input'));</script></body>",
    );
    assert_ne!(typed, page, "the page has an end");
    let filtered = folder.join("filtered.html");
    std::fs::write(&filtered, typed).expect("the page is written");
    let dom = shown(filtered.to_str().expect("a path of letters"), &profile);
    assert_eq!(dom.matches("hidden=\"\"").count(), 1, "one of two rows is hidden: {dom}");
    std::fs::remove_dir_all(folder).expect("the folder is ours");
}
