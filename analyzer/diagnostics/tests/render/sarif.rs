//! SARIF against its schema, and what GitHub needs of it beyond the schema.

use serde_json::Value;
use ward_diagnostics::Report;
use ward_diagnostics::render::SarifOptions;

use crate::report::{
    Files, across_files, all_options, as_sarif, hostile, long_lines, nothing_to_show, odd_text,
    problems_only, report, twins,
};

fn log(report: &Report<'_>, files: &Files) -> Value {
    serde_json::from_str(&as_sarif(report, files, &all_options())).unwrap()
}

#[test]
fn every_report_fits_the_schema() {
    // The schema's own expression for languages has a bracket too many, which the validator refuses.
    let schema = include_str!("../sarif-schema-2.1.0.json")
        .replace("^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$", "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$");
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let reports = [
        across_files(),
        odd_text(),
        hostile(),
        long_lines(),
        nothing_to_show(),
        problems_only(),
        twins(),
        (report(Vec::new()), Files::default()),
    ];
    for (report, files) in reports {
        for options in [SarifOptions::default(), all_options()] {
            let text = as_sarif(&report, &files, &options);
            let log = serde_json::from_str(&text).unwrap();
            let errors: Vec<_> = validator.iter_errors(&log).map(|error| error.to_string()).collect();
            assert_eq!(errors, [""; 0], "{text}");
        }
    }
    let mut broken = log(&report(Vec::new()), &Files::default());
    broken["runs"][0]["columnKind"] = "bytes".into();
    assert!(!validator.is_valid(&broken), "the schema is really applied");
}

#[test]
fn a_result_refers_to_its_rule() {
    let (report, files) = across_files();
    let log = log(&report, &files);
    let result = &log["runs"][0]["results"][0];
    let index = result["ruleIndex"].as_u64().unwrap() as usize;
    assert_eq!(log["runs"][0]["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
    assert_eq!(result["ruleId"], "sql-injection");
}

#[test]
fn a_lint_that_did_not_run_still_has_its_rule() {
    let (mut report, files) = across_files();
    report.lints = &[];
    let log = log(&report, &files);
    assert_eq!(log["runs"][0]["tool"]["driver"]["rules"][0]["id"], "sql-injection");
    assert_eq!(log["runs"][0]["results"][0]["ruleIndex"], 0);
}

#[test]
fn flows_stay_within_what_github_takes() {
    let (mut report, files) = across_files();
    let finding = &mut report.findings[0];
    let step = finding.flows[0].steps[2].clone();
    finding.flows[0].steps.splice(2..2, std::iter::repeat_n(step, 5_000));
    finding.flows = vec![finding.flows[0].clone(); 12];
    let log = log(&report, &files);
    let flows = log["runs"][0]["results"][0]["codeFlows"].as_array().unwrap();
    assert_eq!(flows.len(), 10);
    let steps = flows[0]["threadFlows"][0]["locations"].as_array().unwrap();
    assert_eq!(steps.len(), 1_000);
    assert_eq!(steps[0]["kinds"][0], "source");
    assert_eq!(steps[999]["kinds"][0], "sink");
    assert_eq!(steps[999]["executionOrder"], 1_000);
}

#[test]
fn the_line_hash_is_that_of_the_first_line() {
    let (report, files) = twins();
    let log = log(&report, &files);
    let hash = |index: usize| {
        let fingerprints = &log["runs"][0]["results"][index]["partialFingerprints"];
        fingerprints["primaryLocationLineHash"].as_str().unwrap().to_owned()
    };
    let hashes: Vec<_> = (0..4).map(hash).collect();
    assert!(hashes.iter().all(|hash| hash.ends_with(":1")), "{hashes:?}");
    assert_ne!(hashes[0], hashes[1], "each hash covers the lines that follow");
}

#[test]
fn columns_count_code_points() {
    let (report, files) = odd_text();
    let log = log(&report, &files);
    let region = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"];
    assert_eq!(region["startColumn"], 17);
    assert_eq!(region["endColumn"], 27);
    assert_eq!(region["snippet"]["text"], "query(sql)");
    let uri = &log["runs"][0]["results"][1]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(uri, "src/%C3%BC%20b.rs");
}

#[test]
fn errors_of_the_run_make_it_unsuccessful() {
    let (mut report, files) = problems_only();
    assert_eq!(log(&report, &files)["runs"][0]["invocations"][0]["executionSuccessful"], false);
    report.problems.remove(1);
    assert_eq!(log(&report, &files)["runs"][0]["invocations"][0]["executionSuccessful"], true);
}
