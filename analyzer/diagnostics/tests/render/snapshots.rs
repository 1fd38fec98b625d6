//! What each renderer writes, as snapshots; and what none of them may write.

use insta::assert_snapshot;
use ward_diagnostics::render::{Color, SarifOptions, Verbosity};
use ward_diagnostics::{Finding, Flow, FlowStep, Location, StepKind, fingerprints, sort};
use ward_syntax::Span;

use crate::report::{
    Files, PLAIN, SQL_INJECTION, across_files, all_options, as_json, as_sarif, hostile, long_lines,
    nothing_to_show, odd_text, plain, problems_only, report, shown, twins,
};

#[test]
fn terminal_flow_across_files() {
    let (report, files) = across_files();
    assert_snapshot!(plain(&report, &files));
}

#[test]
fn terminal_verbose() {
    let (report, files) = across_files();
    assert_snapshot!(shown(&report, &files, Color::Never, Verbosity::Verbose));
}

#[test]
fn terminal_quiet() {
    let (mut report, files) = across_files();
    report.problems = problems_only().0.problems;
    assert_snapshot!(shown(&report, &files, Color::Never, Verbosity::Quiet));
    let (report, files) = nothing_to_show();
    assert_snapshot!(
        "terminal_quiet_nothing_to_show",
        shown(&report, &files, Color::Never, Verbosity::Quiet)
    );
}

#[test]
fn terminal_colour() {
    let (report, files) = across_files();
    let coloured = shown(&report, &files, Color::Always, Verbosity::Normal);
    assert_snapshot!(coloured.replace('\u{1b}', "ESC"));
}

#[test]
fn terminal_odd_text() {
    let (report, files) = odd_text();
    assert_snapshot!(plain(&report, &files));
}

#[test]
fn terminal_hostile() {
    let (report, files) = hostile();
    for verbosity in [Verbosity::Quiet, Verbosity::Normal, Verbosity::Verbose] {
        let shown = shown(&report, &files, Color::Never, verbosity);
        let raw = shown.chars().find(|character| character.is_control() && *character != '\n');
        assert_eq!(raw, None, "{shown}");
        assert!(!shown.contains(['\u{202e}', '\u{2066}', '\u{200b}']), "{shown}");
    }
    assert_snapshot!(plain(&report, &files));
}

#[test]
fn terminal_long_lines() {
    let (report, files) = long_lines();
    let shown = plain(&report, &files);
    assert!(shown.lines().all(|line| line.chars().count() <= 110), "{shown}");
    assert_snapshot!(shown);
}

#[test]
fn terminal_nothing_to_show() {
    let (report, files) = nothing_to_show();
    assert_snapshot!(plain(&report, &files));
}

#[test]
fn terminal_problems_only() {
    let (report, files) = problems_only();
    assert_snapshot!(plain(&report, &files));
}

#[test]
fn terminal_no_findings() {
    assert_snapshot!(plain(&report(Vec::new()), &Files::default()));
}

#[test]
fn terminal_long_flow() {
    let (mut report, files) = across_files();
    let step = report.findings[0].flows[0].steps[2].clone();
    report.findings[0].flows[0].steps.splice(2..2, std::iter::repeat_n(step, 100));
    let shown = plain(&report, &files);
    assert!(shown.contains("(64 more steps)"), "{shown}");
    assert_eq!(shown.matches("put into the text of").count(), 37, "{shown}");
}

#[test]
fn any_span_can_be_shown() {
    let mut files = Files::default();
    let text = "\u{feff}a\r\n\tü🦀\u{1b}\n\n e\u{301}\r\n";
    let file = files.add("src/any.rs", text);
    let most = text.len() as u32 + 2;
    for start in 0..most {
        for end in 0..most {
            let location = Location { file, span: Span::new(start, end) };
            let mirrored = Location { file, span: Span::new(end, start) };
            let finding = Finding::new(&PLAIN, location, "m").label("primary").related(mirrored, "related");
            let report = report(vec![finding]);
            let shown = plain(&report, &files);
            assert!(shown.contains("primary") && shown.contains("related"), "{start}..{end}\n{shown}");
            assert!(!shown.contains('\u{1b}'), "{start}..{end}\n{shown}");
            as_sarif(&report, &files, &SarifOptions::default());
            as_json(&report, &files);
        }
    }
}

#[test]
fn json_flow_across_files() {
    let (report, files) = across_files();
    assert_snapshot!(as_json(&report, &files));
}

#[test]
fn json_odd_text() {
    let (report, files) = odd_text();
    assert_snapshot!(as_json(&report, &files));
}

#[test]
fn json_nothing_to_show() {
    let (report, files) = nothing_to_show();
    assert_snapshot!(as_json(&report, &files));
}

#[test]
fn json_problems_only() {
    let (report, files) = problems_only();
    assert_snapshot!(as_json(&report, &files));
}

#[test]
fn sarif_flow_across_files() {
    let (report, files) = across_files();
    assert_snapshot!(as_sarif(&report, &files, &all_options()));
}

#[test]
fn sarif_odd_text() {
    let (report, files) = odd_text();
    assert_snapshot!(as_sarif(&report, &files, &SarifOptions::default()));
}

#[test]
fn sarif_nothing_to_show() {
    let (report, files) = nothing_to_show();
    assert_snapshot!(as_sarif(&report, &files, &SarifOptions::default()));
}

#[test]
fn sarif_problems_only() {
    let (report, files) = problems_only();
    assert_snapshot!(as_sarif(&report, &files, &SarifOptions::default()));
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    let (mut report, files) = across_files();
    let sarif = as_sarif(&report, &files, &all_options());
    let json = as_json(&report, &files);
    report.stats.millis = 99_999;
    assert_eq!(as_sarif(&report, &files, &all_options()), sarif);
    assert_eq!(as_json(&report, &files), json);
}

#[test]
fn twins_are_told_apart_by_a_counter() {
    let (report, files) = twins();
    let fingerprints = fingerprints(&report.findings, &files);
    let (hash, first) = fingerprints[0].split_once(':').unwrap();
    assert_eq!(first, "1");
    assert_eq!(fingerprints[1], format!("{hash}:2"));
    assert_eq!(fingerprints[2], format!("{hash}:3"), "white space does not count");
    assert!(fingerprints[3].ends_with(":1") && !fingerprints[3].starts_with(hash), "another function");
}

#[test]
fn fingerprints_survive_moved_lines() {
    let (report, files) = twins();
    let before = fingerprints(&report.findings, &files);
    let mut moved = Files::default();
    let text = "// a comment\n\nquery(a);\nlet x = 1;\nquery(a);\nquery(\n    a,\n);\nquery(a);\n";
    let file = moved.add("src/moved.rs", text);
    let mut findings = report.findings;
    let at = [
        text.find("query(a)"),
        text.find("query(a);\nquery("),
        text.find("query(\n"),
        text.rfind("query(a)"),
    ];
    for (finding, start) in findings.iter_mut().zip(at) {
        let start = start.unwrap();
        let end = start + text[start..].find(')').unwrap() + 1;
        finding.primary.location = Location { file, span: Span::new(start as u32, end as u32) };
    }
    assert_eq!(fingerprints(&findings, &moved), before);
}

#[test]
fn findings_sort_by_path_span_and_lint() {
    let mut files = Files::default();
    let late = files.add("src/b.rs", "abc");
    let early = files.add("src/a.rs", "abc");
    let mut findings = vec![
        Finding::new(&SQL_INJECTION, files.find(late, "a"), "5"),
        Finding::new(&SQL_INJECTION, files.find(early, "b"), "4"),
        Finding::new(&PLAIN, files.find(early, "b"), "3"),
        Finding::new(&PLAIN, files.find(early, "b"), "2"),
        Finding::new(&SQL_INJECTION, files.find(early, "a"), "1"),
    ];
    sort(&mut findings, &files);
    let order: Vec<_> = findings.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(order, ["1", "2", "3", "4", "5"]);
}

#[test]
fn a_flow_that_starts_inside_a_call_is_nested_from_there() {
    let (mut report, files) = across_files();
    let place = report.findings[0].primary.location;
    let step = |kind| FlowStep { location: place, message: "m".to_owned(), kind, function: None };
    let kinds = [StepKind::Source, StepKind::Return, StepKind::Call, StepKind::Sink];
    report.findings[0].flows = vec![Flow { steps: kinds.map(step).to_vec() }];
    let log: serde_json::Value =
        serde_json::from_str(&as_sarif(&report, &files, &SarifOptions::default())).unwrap();
    let steps = &log["runs"][0]["results"][0]["codeFlows"][0]["threadFlows"][0]["locations"];
    let levels: Vec<_> = steps.as_array().unwrap().iter().map(|step| step["nestingLevel"].as_i64()).collect();
    assert_eq!(levels, [Some(1), Some(1), Some(0), Some(1)]);
}
