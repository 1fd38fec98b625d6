//! The reports under test, and the files they talk about.

use std::sync::Arc;

use ward_diagnostics::render::{
    Color, SarifOptions, TerminalOptions, Verbosity, VersionControl, json, sarif, terminal,
};
use ward_diagnostics::{
    Applicability, Confidence, Edit, EndpointGuard, EndpointRef, Finding, Fix, Flow, FlowStep, LintMetadata,
    Location, Loss, ProblemLevel, Report, ReportProblem, RunStats, Severity, Sources, StepKind, Suppression,
    SuppressionKind,
};
use ward_syntax::{FileId, Span};

/// A lint as there will be one.
pub(crate) static SQL_INJECTION: LintMetadata = LintMetadata {
    name: "sql-injection",
    group: "injection",
    summary: "text of a request becomes part of a query",
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[89],
    owasp: &["API8:2023"],
    since: "0.1.0",
    page: "# sql-injection\n\n## What it does\n\nFinds queries whose text is built\nfrom a request.\n\n\
           ## Why it matters\n\nWhoever writes the text decides what the query does.\n",
};

/// A lint without page or taxonomies.
pub(crate) static PLAIN: LintMetadata = LintMetadata {
    name: "plain",
    group: "misc",
    summary: "something worth knowing",
    severity: Severity::Info,
    confidence: Confidence::Low,
    cwe: &[],
    owasp: &[],
    since: "0.1.0",
    page: "",
};

/// All lints under test.
pub(crate) static LINTS: [&LintMetadata; 2] = [&PLAIN, &SQL_INJECTION];

/// Files in memory; one without text is gone.
#[derive(Default)]
pub(crate) struct Files(Vec<(&'static str, Option<Arc<str>>)>);

impl Files {
    /// Adds a file.
    pub(crate) fn add(&mut self, path: &'static str, text: &str) -> FileId {
        self.0.push((path, Some(text.into())));
        FileId(self.0.len() as u32 - 1)
    }

    /// Adds a file that vanished.
    pub(crate) fn vanished(&mut self, path: &'static str) -> FileId {
        self.0.push((path, None));
        FileId(self.0.len() as u32 - 1)
    }

    /// The place of the first `needle` in a file.
    pub(crate) fn find(&self, file: FileId, needle: &str) -> Location {
        let text = self.text(file).unwrap();
        let start = text.find(needle).unwrap_or_else(|| panic!("no `{needle}` in {}", self.path(file)));
        Location { file, span: Span::new(start as u32, (start + needle.len()) as u32) }
    }
}

impl Sources for Files {
    fn path(&self, file: FileId) -> &str {
        self.0[file.index()].0
    }

    fn text(&self, file: FileId) -> Option<Arc<str>> {
        self.0[file.index()].1.clone()
    }
}

/// A report of `findings` with some figures.
pub(crate) fn report(findings: Vec<Finding>) -> Report<'static> {
    Report {
        tool_version: "0.1.0",
        lints: &LINTS,
        findings,
        problems: Vec::new(),
        stats: RunStats {
            files: 12,
            lines: 3_456,
            packages: 2,
            functions: 345,
            endpoints: 1,
            unparsed: 0,
            skipped: 0,
            opaque_macros: 3,
            millis: 1_234,
        },
        root: ".".to_owned(),
    }
}

/// The report as a terminal without colour shows it.
pub(crate) fn plain(report: &Report<'_>, files: &Files) -> String {
    shown(report, files, Color::Never, Verbosity::Normal)
}

/// The report as a terminal shows it.
pub(crate) fn shown(report: &Report<'_>, files: &Files, color: Color, verbosity: Verbosity) -> String {
    let mut out = Vec::new();
    terminal(report, files, &TerminalOptions { color, width: 100, verbosity, links: None }, &mut out)
        .unwrap();
    String::from_utf8(out).unwrap()
}

/// The report as SARIF.
pub(crate) fn as_sarif(report: &Report<'_>, files: &Files, options: &SarifOptions) -> String {
    let mut out = Vec::new();
    sarif(report, files, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The report as JSON.
pub(crate) fn as_json(report: &Report<'_>, files: &Files) -> String {
    let mut out = Vec::new();
    json(report, files, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// SARIF options with everything set.
pub(crate) fn all_options() -> SarifOptions {
    SarifOptions {
        category: Some("backend".to_owned()),
        root_uri: Some("file:///srv/checkout".to_owned()),
        version_control: Some(VersionControl {
            repository_uri: "https://example.org/team/service".to_owned(),
            revision: Some("0123456789abcdef0123456789abcdef01234567".to_owned()),
            branch: Some("main".to_owned()),
        }),
    }
}

fn step(location: Location, kind: StepKind, message: &str, function: &str) -> FlowStep {
    FlowStep { location, message: message.to_owned(), kind, function: Some(function.to_owned()) }
}

/// Data that crosses two files, with everything a finding can have.
pub(crate) fn across_files() -> (Report<'static>, Files) {
    let mut files = Files::default();
    let routes = files.add(
        "src/routes.rs",
        "use crate::db;\n\npub async fn find(Path(name): Path<String>, State(pool): State<PgPool>) -> Json<User> {\n    \
         let user = db::find_user(&pool, &name).await;\n    Json(user)\n}\n",
    );
    let db = files.add(
        "src/db.rs",
        "pub async fn find_user(pool: &PgPool, name: &str) -> User {\n    \
         let sql = format!(\"SELECT * FROM users WHERE name = '{name}'\");\n    \
         sqlx::query_as(&sql).fetch_one(pool).await.unwrap()\n}\n\n\
         pub async fn count(pool: &PgPool, table: &str) -> i64 {\n    \
         sqlx::query_scalar(&format!(\n        \"SELECT count(*) FROM {}\",\n        table,\n    ))\n    \
         .fetch_one(pool)\n    .await\n    .unwrap()\n}\n",
    );
    let sink = files.find(db, "&sql");
    let flow = Flow {
        steps: vec![
            step(
                files.find(routes, "Path(name)"),
                StepKind::Source,
                "`name` is a part of the path",
                "svc::routes::find",
            ),
            step(files.find(routes, "&name"), StepKind::Call, "passed to `find_user`", "svc::routes::find"),
            step(
                files.find(db, "{name}"),
                StepKind::Step,
                "put into the text of `sql`",
                "svc::db::find_user",
            ),
            step(sink, StepKind::Sink, "run as a query", "svc::db::find_user"),
        ],
    };
    let mut shortcut = flow.clone();
    shortcut.steps.remove(1);
    let mut finding = Finding::new(&SQL_INJECTION, sink, "text of the request becomes part of a query")
        .label("this query holds `name`")
        .related(files.find(routes, "Path(name)"), "`name` comes from the request")
        .related(files.find(db, "{name}"), "and is put into the text here")
        .flow(flow)
        .flow(shortcut)
        .note("whoever sends the request decides what the query does")
        .help("bind the value instead:\n\nsqlx::query_as(\"SELECT * FROM users WHERE name = $1\")\n\t.bind(name)");
    finding.severity = Severity::Critical;
    finding.function = Some("svc::db::find_user".to_owned());
    finding.endpoint = Some(EndpointRef {
        method: "GET".to_owned(),
        path: "/users/{name}".to_owned(),
        handler: files.find(routes, "find"),
        guarded: EndpointGuard::None,
    });
    finding.fixes.push(Fix {
        description: "bind `name` to a placeholder".to_owned(),
        applicability: Applicability::Unsafe,
        edits: vec![
            Edit { location: files.find(db, "'{name}'"), replacement: "$1".to_owned() },
            Edit {
                location: Location { file: db, span: Span::new(sink.span.end + 1, sink.span.end + 1) },
                replacement: ".bind(name)".to_owned(),
            },
        ],
    });
    let mut multiline = Finding::new(
        &SQL_INJECTION,
        files.find(db, "&format!(\n        \"SELECT count(*) FROM {}\",\n        table,\n    )"),
        "text of a caller becomes part of a query",
    )
    .label("this query holds `table`");
    multiline.severity = Severity::Medium;
    multiline.confidence = Confidence::Medium;
    multiline.function = Some("svc::db::count".to_owned());
    multiline.suppression = Some(Suppression {
        kind: SuppressionKind::InSource,
        justification: Some("only called with constants".to_owned()),
    });
    (report(vec![finding, multiline]), files)
}

/// A byte order mark, CRLF, tabs, wide and combined characters, all before the label.
pub(crate) fn odd_text() -> (Report<'static>, Files) {
    let mut files = Files::default();
    let first = files.add("src/bom.rs", "\u{feff}let 名前 = \"🦀é\u{301}\"; query(sql);\r\n\tlet x = 1;\r\n");
    let tabs = files.add("src/ü b.rs", "fn main() {\r\n\t\tlet\tsql = q();\r\n\t\tquery(sql);\r\n}\r\n");
    let findings = vec![
        Finding::new(&PLAIN, files.find(first, "query(sql)"), "first line").label("behind wide characters"),
        Finding::new(&PLAIN, files.find(tabs, "query(sql);\r\n"), "a tab before")
            .label("ends with the line")
            .related(files.find(tabs, "sql = q()"), "a tab within"),
    ];
    (report(findings), files)
}

/// Control characters wherever the analysed program could put them.
pub(crate) fn hostile() -> (Report<'static>, Files) {
    let mut files = Files::default();
    let file = files.add(
        "src/\u{1b}[2Jevil\n.rs",
        "let a = \"\u{1b}[31m\u{202e}\"; query(a); // \u{7}\u{9b}1m\nlet b = \"\u{1b}]8;;x\u{7}\"; let c = \"\u{0}\u{200b}\";\n",
    );
    let mut finding = Finding::new(&PLAIN, files.find(file, "query(a)"), "holds \u{1b}[1m`a`\r\u{8}")
        .label("label \u{1b}[0m\n")
        .related(files.find(file, "let c"), "\u{2066}isolate")
        .note("one\u{1b}c\ntwo\r\n\tthree\u{85}")
        .help("\u{9d}0;title\u{7}")
        .flow(Flow {
            steps: vec![step(files.find(file, "let b"), StepKind::Source, "from \u{1b}[5m", "f\u{1b}")],
        });
    finding.endpoint = Some(EndpointRef {
        method: "GET\u{1b}".to_owned(),
        path: "/\u{1b}[7m".to_owned(),
        handler: files.find(file, "let a"),
        guarded: EndpointGuard::By("guard\u{1b}".to_owned()),
    });
    finding.suppression = None;
    let mut report = report(vec![finding]);
    report.problems.push(ReportProblem {
        path: Some("\u{1b}[2J.rs".to_owned()),
        position: Some((1, 2)),
        message: "cannot parse \u{1b}[0m".to_owned(),
        help: Some("try \u{1b}[0m".to_owned()),
        level: ProblemLevel::Warning,
        loss: Loss::Nothing,
    });
    (report, files)
}

/// Lines of minified code.
pub(crate) fn long_lines() -> (Report<'static>, Files) {
    let mut files = Files::default();
    let line = format!("{}query(sql);{}\n", "let x=1;".repeat(2_000), "let y=2;".repeat(2_000));
    let file = files.add("src/minified.rs", &line);
    let whole = Location { file, span: Span::new(0, line.len() as u32) };
    let findings = vec![
        Finding::new(&PLAIN, whole, "the whole file").label("all of it"),
        Finding::new(&PLAIN, files.find(file, "query(sql)"), "in the middle").label("here"),
    ];
    (report(findings), files)
}

/// An empty file, a file that is gone, and a span past the end of what the file has become.
pub(crate) fn nothing_to_show() -> (Report<'static>, Files) {
    let mut files = Files::default();
    let empty = files.add("src/empty.rs", "");
    let gone = files.vanished("src/gone.rs");
    let shrunk = files.add("src/shrunk.rs", "fn a() {}\n");
    let span = Span::new(100, 120);
    let findings = vec![
        Finding::new(&PLAIN, Location { file: empty, span: Span::default() }, "an empty file")
            .label("nothing"),
        Finding::new(&PLAIN, Location { file: gone, span }, "a file that is gone")
            .label("it was here")
            .related(files.find(shrunk, "fn a"), "and from here"),
        Finding::new(&PLAIN, Location { file: shrunk, span }, "a file that shrank")
            .label("behind its end")
            .related(Location { file: gone, span }, "and from there"),
    ];
    (report(findings), files)
}

/// No findings, but problems.
pub(crate) fn problems_only() -> (Report<'static>, Files) {
    let mut report = report(Vec::new());
    report.stats.unparsed = 1;
    report.stats.skipped = 1_000;
    report.problems = vec![
        ReportProblem {
            path: Some("src/broken.rs".to_owned()),
            position: Some((3, 14)),
            message: "expected `;`".to_owned(),
            help: Some("the other items of the file are analysed".to_owned()),
            level: ProblemLevel::Warning,
            loss: Loss::Nothing,
        },
        ReportProblem {
            path: Some("ward.toml".to_owned()),
            position: None,
            message: "unknown key `lint`".to_owned(),
            help: None,
            level: ProblemLevel::Error,
            loss: Loss::Nothing,
        },
        ReportProblem {
            path: None,
            position: None,
            message: "no `Cargo.toml` found".to_owned(),
            help: Some("all files of the folder are read as one package".to_owned()),
            level: ProblemLevel::Note,
            loss: Loss::Nothing,
        },
    ];
    (report, Files::default())
}

/// The same code several times in one function, and in another one.
pub(crate) fn twins() -> (Report<'static>, Files) {
    let mut files = Files::default();
    let file = files.add("src/twins.rs", "query(a);\nquery(a);\nquery( a );\nquery(a);\n");
    let starts = [0, 10, 20, 32];
    let ends = [8, 18, 30, 40];
    let findings = starts.into_iter().zip(ends).enumerate().map(|(index, (start, end))| {
        let location = Location { file, span: Span::new(start, end) };
        let mut finding = Finding::new(&PLAIN, location, "again");
        finding.function = Some(if index == 3 { "other" } else { "one" }.to_owned());
        finding
    });
    (report(findings.collect()), files)
}
