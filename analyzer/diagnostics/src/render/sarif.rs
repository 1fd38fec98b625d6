//! SARIF 2.1.0 for GitHub code scanning, Azure DevOps and editors.
//!
//! Messages become sentences, because that is what SARIF asks for. What a reader of GitHub needs stands in the
//! message itself, with links to the related locations: the page shows little else. Nothing in the file depends on
//! the time or the machine.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use serde_json::{Value, json};
use serde_sarif::sarif::{
    ArtifactChange, ArtifactContent, ArtifactLocation, CodeFlow, Fix as SarifFix, Invocation,
    Location as SarifLocation, LogicalLocation, Message, MultiformatMessageString, Notification,
    PhysicalLocation, PropertyBag, Region, Replacement, ReportingConfiguration, ReportingDescriptor,
    ReportingDescriptorReference, ReportingDescriptorRelationship, Result as SarifResult, ResultLevel, Run,
    RunAutomationDetails, Sarif, Suppression as SarifSuppression, ThreadFlow, ThreadFlowLocation, Tool,
    ToolComponent, ToolComponentReference, VersionControlDetails,
};
use ward_syntax::{FileId, Span};

use super::limits::{self, MOST_RESULTS};
use super::terminal::depths;
use super::text::sentence;
use crate::finding::{Finding, Fix, Flow, FlowStep, Location, StepKind, Suppression, SuppressionKind};
use crate::fingerprint;
use crate::metadata::{LintLevel, LintMetadata, Severity};
use crate::report::{Loss, ProblemLevel, Report, ReportProblem, RunStats, Sources};
use crate::text::{SourceText, Texts};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");
/// The name of the root that all paths are relative to.
const ROOT: &str = "%SRCROOT%";
/// GitHub rejects a flow of more steps.
const MOST_STEPS: usize = 1_000;
/// GitHub rejects a result whose flows have more steps together.
const MOST_STEPS_OF_ALL_FLOWS: usize = 10_000;
/// A region of more bytes brings no copy of its text.
const LONGEST_SNIPPET: usize = 4_000;
/// The primary location brings as many lines around it.
const CONTEXT_LINES: u32 = 2;

/// How [`sarif`] writes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SarifOptions {
    /// Tells apart several runs over one repository, for example `backend`; a part of `automationDetails.id`.
    pub category: Option<String>,
    /// The URI of the root that all paths are relative to, for example `file:///home/me/service/`. Without it
    /// the root is left to the reader, and the output does not depend on where the project lies.
    pub root_uri: Option<String>,
    /// The version of the sources that was analysed.
    pub version_control: Option<VersionControl>,
}

/// The version of the sources that was analysed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VersionControl {
    /// The URI of the repository.
    pub repository_uri: String,
    /// The id of the commit.
    pub revision: Option<String>,
    /// The branch.
    pub branch: Option<String>,
}

/// Writes a report as SARIF 2.1.0. Returns how many results were left out, because code scanning takes no more.
pub fn sarif(
    report: &Report<'_>,
    sources: &dyn Sources,
    options: &SarifOptions,
    out: &mut dyn Write,
) -> io::Result<usize> {
    let texts = Texts::new(sources);
    let all = report.findings.len();
    let mut count = all.min(MOST_RESULTS);
    let log = loop {
        let run = run(report, &texts, options, &limits::most_severe(&report.findings, count));
        let log = Sarif::builder().schema(SCHEMA).version("2.1.0").runs(vec![run]).build();
        let mut log = serde_json::to_vec_pretty(&log)?;
        log.push(b'\n');
        match limits::fitting(&log, count) {
            None => break log,
            Some(fewer) => count = fewer,
        }
    };
    out.write_all(&log)?;
    out.flush()?;
    Ok(all - count)
}

/// The run, with the findings that `kept` says.
fn run(report: &Report<'_>, texts: &Texts<'_>, options: &SarifOptions, kept: &[bool]) -> Run {
    let rules = all_lints(report);
    let taxonomies = Taxonomies::new(&rules);
    let indexes: BTreeMap<&str, i64> = (0..).zip(&rules).map(|(index, lint)| (lint.name, index)).collect();
    let fingerprints = fingerprint::compute(&report.findings, texts);
    let results: Vec<SarifResult> = report
        .findings
        .iter()
        .zip(fingerprints)
        .zip(kept)
        .filter(|(_, kept)| **kept)
        .map(|((finding, fingerprint), _)| {
            let index = indexes.get(finding.lint.name).copied().unwrap_or(-1);
            Writer { texts }.result(finding, index, fingerprint)
        })
        .collect();
    let driver = ToolComponent::builder()
        .name(super::TOOL_NAME)
        .full_name(format!("{} {}", super::TOOL_NAME, report.tool_version))
        .organization(super::TOOL_NAME)
        .short_description(multiformat("Security analysis of Rust web services."))
        .semantic_version(report.tool_version)
        .version(report.tool_version)
        .information_uri(REPOSITORY)
        .language("en-US")
        .rules(rules.iter().map(|lint| rule(lint, &taxonomies)).collect::<Vec<_>>())
        .supported_taxonomies(vec![component(CWE, 0), component(OWASP, 1)])
        .build();
    let mut run = Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .automation_details(automation(options))
        .original_uri_base_ids(base_ids(options))
        .invocations(vec![invocation(report, kept.iter().filter(|kept| !**kept).count())])
        .column_kind("unicodeCodePoints")
        .newline_sequences(vec!["\r\n".to_owned(), "\n".to_owned()])
        .default_source_language("rust")
        .language("en-US")
        .results(results)
        .taxonomies(taxonomies.components())
        .properties(stats(&report.stats))
        .build();
    run.version_control_provenance =
        options.version_control.as_ref().map(|control| vec![provenance(control)]);
    run
}

/// The lints that ran, and after them any that has findings without being listed.
fn all_lints(report: &Report<'_>) -> Vec<&'static LintMetadata> {
    let mut lints: Vec<&'static LintMetadata> = Vec::new();
    for lint in report.lints.iter().copied().chain(report.findings.iter().map(|finding| finding.lint)) {
        if !lints.iter().any(|known| known.name == lint.name) {
            lints.push(lint);
        }
    }
    lints
}

fn automation(options: &SarifOptions) -> RunAutomationDetails {
    // What stands before the last slash is the category that GitHub keeps results apart by.
    let id = match &options.category {
        Some(category) => format!("{}/{category}/", super::TOOL_NAME),
        None => format!("{}/", super::TOOL_NAME),
    };
    RunAutomationDetails::builder().id(id).build()
}

fn base_ids(options: &SarifOptions) -> BTreeMap<String, ArtifactLocation> {
    let mut root =
        ArtifactLocation::builder().description(message("The root of the analysed sources.")).build();
    root.uri =
        options.root_uri.as_ref().map(|uri| if uri.ends_with('/') { uri.clone() } else { format!("{uri}/") });
    BTreeMap::from([(ROOT.to_owned(), root)])
}

fn provenance(control: &VersionControl) -> VersionControlDetails {
    let mapped = ArtifactLocation::builder().uri_base_id(ROOT).build();
    let mut details =
        VersionControlDetails::builder().repository_uri(&control.repository_uri).mapped_to(mapped).build();
    details.revision_id.clone_from(&control.revision);
    details.branch.clone_from(&control.branch);
    details
}

fn invocation(report: &Report<'_>, left_out: usize) -> Invocation {
    let failed = report.problems.iter().any(|problem| problem.level == ProblemLevel::Error);
    let cut = (left_out > 0).then(|| ReportProblem {
        path: None,
        position: None,
        message: format!(
            "{left_out} results are left out, because code scanning takes no more; the most severe are kept"
        ),
        help: Some("suppress, exclude or repair some".to_owned()),
        level: ProblemLevel::Warning,
        loss: Loss::Nothing,
    });
    let notifications: Vec<Notification> = report.problems.iter().chain(&cut).map(notification).collect();
    Invocation::builder().execution_successful(!failed).tool_execution_notifications(notifications).build()
}

fn notification(problem: &ReportProblem) -> Notification {
    let mut text = sentence(&problem.message);
    if let Some(help) = &problem.help {
        let _ = write!(text, " {}", sentence(help));
    }
    let mut notification =
        Notification::builder().message(message(&text)).level(problem.level.name()).build();
    if let Some(path) = &problem.path {
        let mut place = PhysicalLocation::builder().artifact_location(artifact(path)).build();
        place.region = problem.position.map(|(line, column)| {
            let (line, column) = (i64::from(line), i64::from(column));
            Region::builder().start_line(line).start_column(column).end_line(line).end_column(column).build()
        });
        notification.locations = Some(vec![SarifLocation::builder().physical_location(place).build()]);
    }
    notification
}

fn stats(stats: &RunStats) -> PropertyBag {
    properties([
        ("files", json!(stats.files)),
        ("lines", json!(stats.lines)),
        ("packages", json!(stats.packages)),
        ("functions", json!(stats.functions)),
        ("endpoints", json!(stats.endpoints)),
        ("unparsedFiles", json!(stats.unparsed)),
        ("skippedFiles", json!(stats.skipped)),
        ("opaqueMacros", json!(stats.opaque_macros)),
    ])
}

fn rule(lint: &LintMetadata, taxonomies: &Taxonomies) -> ReportingDescriptor {
    let summary = sentence(lint.summary);
    let mut tags = vec!["security".to_owned(), lint.group.to_owned()];
    tags.extend(lint.cwe.iter().map(|number| format!("external/cwe/cwe-{number:03}")));
    tags.extend(
        lint.owasp.iter().map(|risk| format!("external/owasp/{}", risk.to_lowercase().replace(':', "-"))),
    );
    let mut bag = properties([
        ("precision", json!(lint.confidence.name())),
        ("problem.severity", json!(problem_severity(lint.severity))),
        ("security-severity", json!(security_severity(lint.severity))),
        ("since", json!(lint.since)),
    ]);
    bag.tags = Some(tags);
    let markdown = if lint.page.trim().is_empty() { summary.as_str() } else { lint.page };
    ReportingDescriptor::builder()
        .id(lint.name)
        .name(rule_name(lint))
        .short_description(multiformat(&summary))
        .full_description(multiformat(&what_it_does(lint.page).unwrap_or_else(|| summary.clone())))
        .help(MultiformatMessageString::builder().text(markdown).markdown(markdown).build())
        .help_uri(format!("{REPOSITORY}/blob/main/lints/docs/{}.md", lint.name))
        .default_configuration(
            ReportingConfiguration::builder().level(level(lint.severity).to_string()).build(),
        )
        .relationships(taxonomies.relationships(lint))
        .properties(bag)
        .build()
}

/// The lint's name in the writing of rule names: `SqlInjection`. It has to be there and must not repeat the id, so a
/// name of one word brings its group: `SecretsLogged`.
fn rule_name(lint: &LintMetadata) -> String {
    let name = pascal_case(lint.name);
    if name.eq_ignore_ascii_case(lint.name) { pascal_case(lint.group) + &name } else { name }
}

/// The first paragraph under the heading `What it does`, in one line.
fn what_it_does(page: &str) -> Option<String> {
    let is_heading =
        |line: &str| line.starts_with('#') && line.trim_start_matches('#').trim() == "What it does";
    let lines = page.lines().skip_while(|line| !is_heading(line.trim())).skip(1);
    let paragraph: Vec<&str> = lines
        .map(str::trim)
        .skip_while(|line| line.is_empty())
        .take_while(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    if paragraph.is_empty() { None } else { Some(paragraph.join(" ")) }
}

/// The level of a finding: what does not make the run fail is no error.
fn result_level(finding: &Finding) -> ResultLevel {
    match (finding.level, level(finding.severity)) {
        (LintLevel::Deny, level) => level,
        (_, ResultLevel::Error) => ResultLevel::Warning,
        (_, level) => level,
    }
}

/// Writes what refers to the analysed files.
#[derive(Clone, Copy)]
struct Writer<'a> {
    texts: &'a Texts<'a>,
}

impl Writer<'_> {
    fn result(self, finding: &Finding, rule_index: i64, fingerprint: String) -> SarifResult {
        let place = finding.primary.location;
        let mut fingerprints = BTreeMap::from([("cargoWard/v1".to_owned(), fingerprint)]);
        let text = self.texts.text(place.file);
        if let Some(hash) = text.as_ref().and_then(|text| fingerprint::line_hash(text, place.span)) {
            fingerprints.insert("primaryLocationLineHash".to_owned(), hash);
        }
        let mut primary = self.location(place, finding.function.as_deref());
        if let (Some(text), Some(physical)) = (&text, &mut primary.physical_location) {
            physical.context_region = context(text, place.span);
        }
        if !finding.primary.message.is_empty() {
            primary.message = Some(message(&sentence(&finding.primary.message)));
        }
        let mut result = SarifResult::builder()
            .rule_id(finding.lint.name)
            .level(result_level(finding))
            .message(linked_message(finding))
            .locations(vec![primary])
            .partial_fingerprints(fingerprints)
            .properties(self.result_properties(finding))
            .build();
        result.rule_index = Some(rule_index);
        result.related_locations = some(self.related(finding));
        result.code_flows = some(self.code_flows(&finding.flows));
        result.suppressions = some(finding.suppression.iter().map(suppression).collect());
        result.fixes = some(finding.fixes.iter().filter_map(|fix| self.fix(fix)).collect());
        result
    }

    fn result_properties(self, finding: &Finding) -> PropertyBag {
        let mut bag = properties([
            ("severity", json!(finding.severity.name())),
            ("confidence", json!(finding.confidence.name())),
        ]);
        let bag_entries = &mut bag.additional_properties;
        if let Some(endpoint) = &finding.endpoint {
            let endpoint = json!({
                "method": endpoint.method,
                "path": endpoint.path,
                "guard": endpoint.guarded.name(),
                "handler": self.texts.path(endpoint.handler.file),
            });
            bag_entries.insert("endpoint".to_owned(), endpoint);
        }
        if !finding.notes.is_empty() {
            bag_entries.insert("notes".to_owned(), json!(finding.notes));
        }
        if !finding.help.is_empty() {
            bag_entries.insert("help".to_owned(), json!(finding.help));
        }
        bag
    }

    fn related(self, finding: &Finding) -> Vec<SarifLocation> {
        let labels = (1..).zip(&finding.related);
        let related = labels.map(|(id, label)| {
            let mut location = self.location(label.location, None);
            location.id = Some(id);
            let text = if label.message.is_empty() { "related place" } else { &label.message };
            location.message = Some(message(&sentence(text)));
            location
        });
        related.collect()
    }

    fn code_flows(self, flows: &[Flow]) -> Vec<CodeFlow> {
        let mut room = MOST_STEPS_OF_ALL_FLOWS;
        let mut code_flows = Vec::new();
        for flow in flows.iter().filter(|flow| !flow.steps.is_empty()) {
            let steps = self.steps(flow);
            if steps.len() > room {
                break;
            }
            room -= steps.len();
            let thread_flow = ThreadFlow::builder().locations(steps).build();
            code_flows.push(CodeFlow::builder().thread_flows(vec![thread_flow]).build());
        }
        code_flows
    }

    /// The steps of a flow; a flow that is too long loses its middle.
    fn steps(self, flow: &Flow) -> Vec<ThreadFlowLocation> {
        let depths = depths(flow);
        let count = flow.steps.len();
        let left_out = if count > MOST_STEPS { MOST_STEPS / 2..count - MOST_STEPS / 2 } else { 0..0 };
        let kept = flow.steps.iter().zip(depths).enumerate().filter(|(index, _)| !left_out.contains(index));
        let kept = kept.map(|(_, kept)| kept);
        (1..).zip(kept).map(|(order, (step, depth))| self.step(step, depth, order)).collect()
    }

    fn step(self, step: &FlowStep, depth: usize, order: i64) -> ThreadFlowLocation {
        let mut location = self.location(step.location, step.function.as_deref());
        location.message = Some(message(&sentence(&step.message)));
        ThreadFlowLocation::builder()
            .location(location)
            .kinds(step_kinds(step.kind))
            .nesting_level(i64::try_from(depth).unwrap_or(i64::MAX))
            .execution_order(order)
            .importance(step_importance(step.kind))
            .build()
    }

    fn location(self, location: Location, function: Option<&str>) -> SarifLocation {
        let mut physical =
            PhysicalLocation::builder().artifact_location(artifact(self.texts.path(location.file))).build();
        physical.region = self.texts.text(location.file).map(|text| region(&text, location.span));
        let mut result = SarifLocation::builder().physical_location(physical).build();
        result.logical_locations = function.map(|function| vec![logical(function)]);
        result
    }

    /// A repair; `None` if one of its files can no longer be read, because half a repair is none.
    fn fix(self, fix: &Fix) -> Option<SarifFix> {
        let mut by_file: BTreeMap<FileId, Vec<Replacement>> = BTreeMap::new();
        for edit in &fix.edits {
            let text = self.texts.text(edit.location.file)?;
            let mut deleted = region(&text, edit.location.span);
            deleted.snippet = None;
            let inserted = ArtifactContent::builder().text(&edit.replacement).build();
            let replacement =
                Replacement::builder().deleted_region(deleted).inserted_content(inserted).build();
            by_file.entry(edit.location.file).or_default().push(replacement);
        }
        let change = |(file, replacements): (FileId, Vec<Replacement>)| {
            let artifact = artifact(self.texts.path(file));
            ArtifactChange::builder().artifact_location(artifact).replacements(replacements).build()
        };
        let changes: Vec<ArtifactChange> = by_file.into_iter().map(change).collect();
        Some(
            SarifFix::builder()
                .description(message(&sentence(&fix.description)))
                .artifact_changes(changes)
                .build(),
        )
    }
}

/// The message, then the endpoint, then links to the related locations by their ids.
fn linked_message(finding: &Finding) -> Message {
    let mut text = sentence(&finding.message);
    if let Some(endpoint) = &finding.endpoint {
        let guard = endpoint.guarded.told(|name| format!("`{name}`"));
        let _ = write!(text, " Reachable through `{} {}`{guard}.", endpoint.method, endpoint.path);
    }
    let text = unlinked(&text);
    let mut linked = text.clone();
    for (id, label) in (1..).zip(&finding.related) {
        let link = if label.message.is_empty() { "related place" } else { &label.message };
        let separator = if id == 1 { " See" } else { "," };
        let _ = write!(linked, "{separator} [{}]({id})", link_text(link));
    }
    if linked.len() > text.len() {
        linked.push('.');
    }
    message(&linked)
}

fn region(text: &SourceText, span: Span) -> Region {
    let span = text.clamp(span);
    let (start, end) = (text.position(span.start), text.position(span.end));
    let mut region = Region::builder()
        .start_line(i64::from(start.line))
        .start_column(i64::from(start.column))
        .end_line(i64::from(end.line))
        .end_column(i64::from(end.column))
        .build();
    region.snippet = snippet(text, span);
    region
}

/// The lines around a span; `None` if they are too long to be worth it.
fn context(text: &SourceText, span: Span) -> Option<Region> {
    let span = text.clamp(span);
    let first = text.line(span.start).saturating_sub(CONTEXT_LINES).max(1);
    let last = (text.line(span.end) + CONTEXT_LINES).min(text.line_count());
    let whole = Span::new(text.line_span(first).start, text.line_span(last).end);
    let fits = (whole.end - whole.start) as usize <= LONGEST_SNIPPET && whole.contains(span) && whole != span;
    fits.then(|| region(text, whole))
}

fn snippet(text: &SourceText, span: Span) -> Option<ArtifactContent> {
    let code = text.slice(span);
    let worth = !code.is_empty() && code.len() <= LONGEST_SNIPPET;
    worth.then(|| ArtifactContent::builder().text(code).build())
}

fn artifact(path: &str) -> ArtifactLocation {
    ArtifactLocation::builder().uri(percent_encode(path)).uri_base_id(ROOT).build()
}

fn logical(function: &str) -> LogicalLocation {
    let name = function.rsplit(':').next().unwrap_or(function);
    LogicalLocation::builder().name(name).fully_qualified_name(function).kind("function").build()
}

fn suppression(suppression: &Suppression) -> SarifSuppression {
    let kind = match suppression.kind {
        SuppressionKind::InSource => "inSource",
        SuppressionKind::Configuration | SuppressionKind::Baseline => "external",
    };
    let mut written = SarifSuppression::builder().kind(kind).status("accepted").build();
    written.justification.clone_from(&suppression.justification);
    written
}

fn step_kinds(kind: StepKind) -> Vec<String> {
    let kinds: &[&str] = match kind {
        StepKind::Source => &["source", "taint"],
        StepKind::Step => &["taint"],
        StepKind::Call => &["call", "function"],
        StepKind::Return => &["return", "function"],
        StepKind::Sink => &["sink", "danger"],
    };
    kinds.iter().map(|kind| (*kind).to_owned()).collect()
}

fn step_importance(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Source | StepKind::Sink => "essential",
        StepKind::Step | StepKind::Call | StepKind::Return => "important",
    }
}

fn level(severity: Severity) -> ResultLevel {
    match severity {
        Severity::Critical | Severity::High => ResultLevel::Error,
        Severity::Medium => ResultLevel::Warning,
        Severity::Low | Severity::Info => ResultLevel::Note,
    }
}

/// How the queries of `CodeQL` name severities.
fn problem_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "recommendation",
    }
}

/// A score within the range that GitHub shows under the same name: critical from 9, high from 7, medium from 4.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Info => "1.0",
    }
}

/// The taxonomies that the lints refer to.
struct Taxonomies {
    cwe: Vec<u16>,
    owasp: Vec<&'static str>,
}

const CWE: &str = "CWE";
const OWASP: &str = "OWASP API Security Top 10";

impl Taxonomies {
    fn new(lints: &[&'static LintMetadata]) -> Self {
        let mut cwe: Vec<u16> = lints.iter().flat_map(|lint| lint.cwe).copied().collect();
        cwe.sort_unstable();
        cwe.dedup();
        let mut owasp: Vec<&'static str> = lints.iter().flat_map(|lint| lint.owasp).copied().collect();
        owasp.sort_unstable();
        owasp.dedup();
        Self { cwe, owasp }
    }

    fn components(&self) -> Vec<ToolComponent> {
        let cwe = self.cwe.iter().map(|number| {
            ReportingDescriptor::builder()
                .id(format!("CWE-{number}"))
                .help_uri(format!("https://cwe.mitre.org/data/definitions/{number}.html"))
                .build()
        });
        let owasp = self.owasp.iter().map(|risk| ReportingDescriptor::builder().id(*risk).build());
        vec![
            ToolComponent::builder()
                .name(CWE)
                .organization("MITRE")
                .short_description(multiformat("The Common Weakness Enumeration."))
                .information_uri("https://cwe.mitre.org/")
                .taxa(cwe.collect::<Vec<_>>())
                .build(),
            ToolComponent::builder()
                .name(OWASP)
                .version("2023")
                .organization("OWASP")
                .short_description(multiformat("The OWASP API Security Top 10 of 2023."))
                .information_uri("https://owasp.org/API-Security/editions/2023/en/0x11-t10/")
                .taxa(owasp.collect::<Vec<_>>())
                .build(),
        ]
    }

    fn relationships(&self, lint: &LintMetadata) -> Vec<ReportingDescriptorRelationship> {
        let cwe = lint.cwe.iter().filter_map(|number| {
            let index = self.cwe.iter().position(|known| known == number)?;
            Some(related_taxon(&format!("CWE-{number}"), index, component(CWE, 0)))
        });
        let owasp = lint.owasp.iter().filter_map(|risk| {
            let index = self.owasp.iter().position(|known| known == risk)?;
            Some(related_taxon(risk, index, component(OWASP, 1)))
        });
        cwe.chain(owasp).collect()
    }
}

fn component(name: &str, index: i64) -> ToolComponentReference {
    ToolComponentReference::builder().name(name).index(index).build()
}

fn related_taxon(
    id: &str,
    index: usize,
    component: ToolComponentReference,
) -> ReportingDescriptorRelationship {
    let target = ReportingDescriptorReference::builder()
        .id(id)
        .index(i64::try_from(index).unwrap_or(-1))
        .tool_component(component)
        .build();
    ReportingDescriptorRelationship::builder().target(target).kinds(vec!["superset".to_owned()]).build()
}

fn properties<const COUNT: usize>(entries: [(&str, Value); COUNT]) -> PropertyBag {
    let entries = entries.map(|(key, value)| (key.to_owned(), value));
    PropertyBag::builder().additional_properties(BTreeMap::from(entries)).build()
}

fn multiformat(text: &str) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(text).build()
}

fn message(text: &str) -> Message {
    Message::builder().text(text).build()
}

/// A list, if it is not empty.
fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    if list.is_empty() { None } else { Some(list) }
}

/// A text in which nothing reads as a link: `rows[0](1)` would be one to the related location 1.
fn unlinked(text: &str) -> String {
    text.replace("](", "] (")
}

/// A text that may stand between the brackets of a link.
fn link_text(text: &str) -> String {
    text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

/// `sql-injection` as `SqlInjection`.
fn pascal_case(name: &str) -> String {
    let word = |word: &str| {
        let mut characters = word.chars();
        let first: String = characters.next().into_iter().flat_map(char::to_uppercase).collect();
        first + characters.as_str()
    };
    name.split('-').map(word).collect()
}

/// A path as a relative URI reference. A colon is encoded too: before the first slash it would end a scheme.
fn percent_encode(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/@+,=".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::{link_text, pascal_case, percent_encode, sentence, unlinked, what_it_does};

    #[test]
    fn names_become_pascal_case() {
        assert_eq!(pascal_case("sql-injection"), "SqlInjection");
        assert_eq!(pascal_case("x"), "X");
    }

    #[test]
    fn paths_become_uris() {
        assert_eq!(percent_encode("src/a b/ü%#?.rs"), "src/a%20b/%C3%BC%25%23%3F.rs");
        assert_eq!(percent_encode("c:/x[1].rs"), "c%3A/x%5B1%5D.rs");
    }

    #[test]
    fn messages_become_sentences() {
        assert_eq!(sentence("the request reaches `query`"), "The request reaches `query`.");
        assert_eq!(sentence("`name` is text"), "`name` is text.");
        assert_eq!(sentence("über alles!"), "Über alles!");
    }

    #[test]
    fn code_is_no_link() {
        assert_eq!(unlinked("`rows[0](1)`"), "`rows[0] (1)`");
        assert_eq!(link_text("`rows[0]`"), "`rows\\[0\\]`");
    }

    #[test]
    fn the_description_is_the_first_paragraph() {
        let page =
            "# sql-injection\n\n## What it does\n\nFinds text\nof queries.\n\nMore.\n\n## Why it matters\n";
        assert_eq!(what_it_does(page).as_deref(), Some("Finds text of queries."));
        assert_eq!(what_it_does("# only a title\n"), None);
    }
}
