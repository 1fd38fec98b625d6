//! A page to look at: findings by endpoint, the data flow step by step beside the code, and filters. It is one
//! file that loads nothing, so it can be mailed, kept as an artifact, and opened without a network.

mod code;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use self::code::{escape, message, snippet};
use super::figures::{analysed, left_out, suppressed};
use super::terminal::depths;
use crate::finding::{Applicability, EndpointGuard, Finding, Flow};
use crate::metadata::Severity;
use crate::report::{Report, Sources};
use crate::text::Texts;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// Lines shown around the place to edit, and around a step.
const AROUND_PLACE: u32 = 3;
const AROUND_STEP: u32 = 1;
/// More ways of one finding are only counted.
const MOST_FLOWS: usize = 5;

/// Writes a report as one HTML page.
pub fn html(report: &Report<'_>, sources: &dyn Sources, out: &mut dyn Write) -> io::Result<()> {
    let texts = Texts::new(sources);
    let mut page = String::from("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.push_str("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; ");
    page.push_str("style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n");
    // Writing to a string does not fail.
    let _ = write!(
        page,
        "<title>cargo-ward: {} findings</title>\n<style>\n{STYLE}</style>\n",
        report.active().count()
    );
    page.push_str("</head>\n<body>\n");
    header(&mut page, report);
    filters(&mut page, report);
    page.push_str("<main>\n");
    for (endpoint, findings) in by_endpoint(report) {
        section(&mut page, &endpoint, &findings, &texts);
    }
    page.push_str("<p id=\"nothing\" hidden>Nothing matches the filters.</p>\n");
    problems(&mut page, report);
    let _ = write!(page, "</main>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n");
    out.write_all(page.as_bytes())?;
    out.flush()
}

fn header(page: &mut String, report: &Report<'_>) {
    let active = report.active().count();
    let plural = if active == 1 { "" } else { "s" };
    page.push_str("<header>\n<h1>cargo-ward</h1>\n<p class=\"counts\">");
    let _ = write!(page, "<b>{active}</b> finding{plural}");
    for severity in Severity::ALL.into_iter().rev() {
        let count = report.count(severity);
        if count > 0 {
            let _ = write!(page, " <span class=\"badge {severity}\">{count} {severity}</span>");
        }
    }
    if let Some(suppressed) = suppressed(report) {
        let _ = write!(page, " <span class=\"badge\">{suppressed}</span>");
    }
    let stats = &report.stats;
    let _ = write!(
        page,
        "</p>\n<p>Analysed {}. {}cargo-ward {}.</p>\n</header>\n",
        analysed(stats),
        left_out(stats).map(|parts| format!("Not analysed: {parts}. ")).unwrap_or_default(),
        escape(report.tool_version)
    );
}

fn filters(page: &mut String, report: &Report<'_>) {
    page.push_str("<form id=\"filters\">\n<input type=\"search\" name=\"text\" placeholder=\"search\" aria-label=\"search\">\n");
    let names = |what: &str, names: Vec<&str>, page: &mut String| {
        let _ = write!(
            page,
            "<select name=\"{what}\" aria-label=\"{what}\"><option value=\"\">any {what}</option>"
        );
        for name in names {
            let _ = write!(page, "<option>{}</option>", escape(name));
        }
        page.push_str("</select>\n");
    };
    let of = |get: fn(&Finding) -> &'static str| {
        let mut all: Vec<&str> = report.findings.iter().map(get).collect();
        all.sort_unstable();
        all.dedup();
        all
    };
    names("severity", Severity::ALL.into_iter().rev().map(Severity::name).collect(), page);
    names("confidence", of(|finding| finding.confidence.name()), page);
    names("lint", of(|finding| finding.lint.name), page);
    page.push_str("<select name=\"guard\" aria-label=\"guard\"><option value=\"\">guarded or not</option>");
    page.push_str("<option value=\"no\">no guard</option><option value=\"yes\">guarded</option></select>\n");
    page.push_str("<label><input type=\"checkbox\" name=\"suppressed\"> show suppressed</label>\n");
    page.push_str("<output id=\"shown\"></output>\n</form>\n");
}

/// An endpoint as a heading: method, path, guard. Findings without one come last.
type Heading = (bool, String, String, String);

fn by_endpoint<'r>(report: &'r Report<'_>) -> BTreeMap<Heading, Vec<&'r Finding>> {
    let mut sections: BTreeMap<Heading, Vec<&Finding>> = BTreeMap::new();
    for finding in &report.findings {
        let heading = match &finding.endpoint {
            Some(endpoint) => {
                let guard = endpoint.guarded.told(str::to_owned);
                (false, endpoint.path.clone(), endpoint.method.clone(), guard)
            }
            None => (true, String::new(), String::new(), String::new()),
        };
        sections.entry(heading).or_default().push(finding);
    }
    sections
}

fn section(page: &mut String, heading: &Heading, findings: &[&Finding], texts: &Texts<'_>) {
    let (elsewhere, path, method, guard) = heading;
    page.push_str("<section>\n<h2>");
    if *elsewhere {
        page.push_str("No endpoint known");
    } else {
        let _ =
            write!(page, "<span class=\"method\">{}</span> <code>{}</code> ", escape(method), escape(path));
        let _ = match guard.trim_start_matches(", ") {
            "" => Ok(()),
            "no guard" => write!(page, "<span class=\"badge unguarded\">no guard</span>"),
            guard => write!(page, "<span class=\"badge guarded\">{}</span>", escape(guard)),
        };
    }
    page.push_str("</h2>\n");
    for finding in findings {
        article(page, finding, texts);
    }
    page.push_str("</section>\n");
}

fn article(page: &mut String, finding: &Finding, texts: &Texts<'_>) {
    let guard = match finding.endpoint.as_ref().map(|endpoint| &endpoint.guarded) {
        Some(EndpointGuard::By(_) | EndpointGuard::InHandler) => "yes",
        Some(EndpointGuard::None) => "no",
        Some(EndpointGuard::Unknown) | None => "",
    };
    let suppressed = if finding.suppression.is_some() { " data-suppressed=\"1\" hidden" } else { "" };
    let _ = writeln!(
        page,
        "<article data-severity=\"{}\" data-confidence=\"{}\" data-lint=\"{}\" data-guard=\"{guard}\"{suppressed}>",
        finding.severity,
        finding.confidence,
        escape(finding.lint.name)
    );
    let place = texts.place(finding.primary.location);
    let _ = writeln!(
        page,
        "<h3><span class=\"badge {0}\">{0}</span> <span class=\"lint\">{1}</span> <span class=\"message\">{2}</span></h3>",
        finding.severity,
        escape(finding.lint.name),
        message(&finding.message)
    );
    let _ = write!(page, "<p class=\"place\">{}, confidence {}", escape(&place), finding.confidence);
    for number in finding.lint.cwe {
        let _ = write!(page, ", CWE-{number}");
    }
    for risk in finding.lint.owasp {
        let _ = write!(page, ", {}", escape(risk));
    }
    page.push_str("</p>\n");
    if let Some(suppression) = &finding.suppression {
        let reason = suppression.justification.as_deref().unwrap_or("no reason given");
        let _ = writeln!(page, "<p class=\"suppressed\">suppressed: {}</p>", message(reason));
    }
    page.push_str(&snippet(texts, finding.primary.location, AROUND_PLACE));
    for (index, one) in finding.flows.iter().take(MOST_FLOWS).enumerate() {
        flow(page, one, index, finding.flows.len(), texts);
    }
    if finding.flows.len() > MOST_FLOWS {
        let _ = writeln!(page, "<p>{} more flows</p>", finding.flows.len() - MOST_FLOWS);
    }
    for note in &finding.notes {
        let _ = writeln!(page, "<p>{}</p>", message(note));
    }
    for help in &finding.help {
        let (first, rest) = help.split_once('\n').unwrap_or((help, ""));
        let _ = writeln!(page, "<p class=\"help\">Instead: {}</p>", message(first));
        if !rest.trim().is_empty() {
            let code: Vec<String> = rest.trim_matches('\n').lines().map(escape).collect();
            let _ = writeln!(page, "<pre>{}</pre>", code.join("\n"));
        }
    }
    for fix in &finding.fixes {
        let how = if fix.applicability == Applicability::Safe { "--fix" } else { "--unsafe-fixes" };
        let _ = writeln!(page, "<p class=\"help\"><code>{how}</code>: {}</p>", message(&fix.description));
    }
    page.push_str("</article>\n");
}

/// The steps as rows: what happens at the left, the code at the right.
fn flow(page: &mut String, flow: &Flow, index: usize, all: usize, texts: &Texts<'_>) {
    let title = if all == 1 { "Data flow".to_owned() } else { format!("Data flow {} of {all}", index + 1) };
    let open = if index == 0 { " open" } else { "" };
    let _ = writeln!(
        page,
        "<details{open}><summary>{title}: {} steps</summary>\n<ol class=\"flow\">",
        flow.steps.len()
    );
    for (step, depth) in flow.steps.iter().zip(depths(flow)) {
        let function =
            step.function.as_ref().map(|name| format!("<span class=\"function\">in {}</span>", escape(name)));
        let _ = writeln!(
            page,
            "<li class=\"{}\" style=\"--depth:{}\"><div><span class=\"kind\">{}</span> {}<br>{}</div>{}</li>",
            step.kind.name(),
            depth.min(8),
            step.kind.name(),
            message(&step.message),
            function.unwrap_or_default(),
            snippet(texts, step.location, AROUND_STEP)
        );
    }
    page.push_str("</ol>\n</details>\n");
}

fn problems(page: &mut String, report: &Report<'_>) {
    if report.problems.is_empty() {
        return;
    }
    page.push_str("<section id=\"problems\">\n<h2>About this run</h2>\n<ul>\n");
    for problem in &report.problems {
        let place = problem.path.as_ref().map(|path| match problem.position {
            Some((line, column)) => format!("<code>{}:{line}:{column}</code>: ", escape(path)),
            None => format!("<code>{}</code>: ", escape(path)),
        });
        let place = place.unwrap_or_default();
        let _ = writeln!(page, "<li>{}: {place}{}</li>", problem.level.name(), message(&problem.message));
    }
    page.push_str("</ul>\n</section>\n");
}
