//! Text that somebody else chose in a command.
//!
//! The words of a command travel apart, so that an argument can do no harm, with three exceptions: it is the program,
//! it is text that a shell reads, or it may be read as an option by a program that has dangerous ones.

use ward_diagnostics::{Confidence, Severity};
use ward_flow::Way;
use ward_linter::{Lint, LintContext, declare_lint};

use crate::flows::{Judgement, Wording, by_request, report};

declare_lint! {
    /// Text that somebody else chose in a command.
    COMMAND_INJECTION = {
        name: "command-injection",
        group: "injection",
        summary: "a request chooses a program, writes in a shell's text, or adds an option",
        severity: Critical,
        confidence: High,
        cwe: [78, 88],
        owasp: ["API8:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint =
    Lint { metadata: &COMMAND_INJECTION, check, kinds: &["command", "shell"], guards: false };

static PROGRAM: Wording = Wording {
    message: "request data chooses the program that is started by",
    label: "this program is started",
    note: "whoever chooses the program runs what they like with the rights of the service",
    help: Some("choose the program from literals, with a `match` or a list that is asked with `contains`"),
};

static SHELL: Wording = Wording {
    message: "request data becomes part of the text that a shell reads, given to",
    label: "a shell reads this text",
    note: "`;`, `|`, `$(..)` and a line break begin another command; quotes around the text are ended by quotes in it",
    help: Some(
        "start the program without a shell and give it the data as an argument: `Command::new(\"program\").arg(data)`",
    ),
};

static OPTION: Wording = Wording {
    message: "request data may be read as an option in the argument given to",
    label: "this may begin with `-`",
    note: "an argument that begins with `-` is an option, and this program has options that run programs or write files",
    help: Some("put `--` before it, or refuse what begins with `-`"),
};

/// Programs that read commands.
const SHELLS: &[&str] = &[
    "sh",
    "bash",
    "zsh",
    "dash",
    "ash",
    "ksh",
    "fish",
    "cmd",
    "cmd.exe",
    "powershell",
    "powershell.exe",
    "pwsh",
    "su",
    "busybox",
];

/// Their options before a text of commands.
const COMMAND_OPTIONS: &[&str] = &[
    "-c",
    "-lc",
    "-ic",
    "-ec",
    "-xc",
    "-euc",
    "-exc",
    "-euxc",
    "-cl",
    "-ce",
    "/c",
    "/C",
    "/k",
    "/K",
    "-Command",
    "-command",
    "-EncodedCommand",
];

/// Programs with options that run programs, or write or read files.
const WITH_DANGEROUS_OPTIONS: &[&str] = &[
    "git",
    "hg",
    "svn",
    "tar",
    "curl",
    "wget",
    "find",
    "ssh",
    "scp",
    "sftp",
    "rsync",
    "sed",
    "awk",
    "gawk",
    "zip",
    "unzip",
    "7z",
    "convert",
    "magick",
    "mogrify",
    "ffmpeg",
    "pandoc",
    "psql",
    "mysql",
    "mysqldump",
    "pg_dump",
    "pg_restore",
    "sqlite3",
    "docker",
    "podman",
    "kubectl",
    "helm",
    "openssl",
    "npm",
    "npx",
    "yarn",
    "cargo",
    "pip",
    "python",
    "python3",
    "perl",
    "ruby",
    "node",
    "php",
    "java",
    "xargs",
    "env",
    "sudo",
    "nice",
    "timeout",
    "nmap",
    "tcpdump",
    "man",
    "vim",
    "vi",
    "less",
    "sort",
    "split",
    "gcc",
    "cc",
    "g++",
    "make",
    "yt-dlp",
    "youtube-dl",
    "chromium",
    "google-chrome",
    "wkhtmltopdf",
    "pdflatex",
    "xelatex",
    "gpg",
    "ansible-playbook",
    "terraform",
];

fn check(cx: &LintContext) {
    report(cx, &COMMAND_INJECTION, &["command", "shell"], |way, _, kind| judge(way, kind));
}

fn judge(way: &Way, kind: &str) -> Option<Judgement> {
    let confidence = by_request(way)?;
    if kind == "shell" {
        return shell(way, confidence);
    }
    match role(way.lead.as_str()) {
        Role::Program => Some(Judgement { confidence, severity: Severity::Critical, wording: &PROGRAM }),
        Role::Shell => shell(way, confidence),
        Role::Option | Role::PerhapsOption if begins_with_scheme(way) => None,
        Role::Option => Some(Judgement {
            confidence: confidence.min(Confidence::Medium),
            severity: Severity::Medium,
            wording: &OPTION,
        }),
        Role::PerhapsOption => {
            Some(Judgement { confidence: Confidence::Low, severity: Severity::Low, wording: &OPTION })
        }
        Role::Value => None,
    }
}

/// Text for a shell, unless it was quoted for one.
fn shell(way: &Way, confidence: Confidence) -> Option<Judgement> {
    if way.escaped.is_some_and(|context| context.as_str() == "shell-quoted") {
        return None;
    }
    Some(Judgement { confidence, severity: Severity::Critical, wording: &SHELL })
}

/// Whether the text is a URL that was read as one: a scheme begins with a letter.
fn begins_with_scheme(way: &Way) -> bool {
    way.escaped.is_some_and(|context| context.as_str() == "scheme")
}

/// What a word of a command is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Role {
    Program,
    Shell,
    /// May be read as an option that does harm.
    Option,
    /// May be read as an option; of what program, or whether it does harm, is not known.
    PerhapsOption,
    /// A value, whatever it is.
    Value,
}

/// The role of what stands behind a lead: words that are ended by U+001F, and the beginning of one.
fn role(lead: &str) -> Role {
    let mut words: Vec<&str> = lead.split('\u{1F}').collect();
    let begun = words.pop().unwrap_or_default();
    let Some((program, arguments)) = words.split_first() else { return Role::Program };
    let program = program.rsplit(['/', '\\']).next().unwrap_or(program);
    let last = arguments.last().copied().unwrap_or_default();
    if SHELLS.contains(&program) {
        let is_windows = program.starts_with("cmd") || program.starts_with('p');
        let reads = COMMAND_OPTIONS.contains(&last)
            || (is_windows && arguments.iter().any(|word| COMMAND_OPTIONS.contains(word)));
        return if reads { Role::Shell } else { Role::Value };
    }
    let is_value = last.starts_with('-') && last.len() > 1 && !last.contains('=');
    if !begun.is_empty() || arguments.contains(&"--") || is_value {
        return Role::Value;
    }
    if WITH_DANGEROUS_OPTIONS.contains(&program) { Role::Option } else { Role::PerhapsOption }
}

#[cfg(test)]
mod tests {
    use super::{Role, role};

    #[test]
    fn a_word_has_its_role_by_what_stands_before() {
        let cases = [
            ("", Role::Program),
            ("/usr/bin/", Role::Program),
            ("sh\u{1F}-c\u{1F}", Role::Shell),
            ("/bin/bash\u{1F}-c\u{1F}ls ", Role::Shell),
            ("cmd\u{1F}/C\u{1F}start\u{1F}", Role::Shell),
            ("sh\u{1F}-c\u{1F}echo \"$1\"\u{1F}", Role::Value),
            ("sh\u{1F}", Role::Value),
            ("git\u{1F}clone\u{1F}", Role::Option),
            ("git\u{1F}clone\u{1F}--\u{1F}", Role::Value),
            ("git\u{1F}clone\u{1F}https://", Role::Value),
            ("ffmpeg\u{1F}-i\u{1F}", Role::Value),
            ("id\u{1F}", Role::PerhapsOption),
            ("\u{FFFC}\u{1F}", Role::PerhapsOption),
        ];
        for (lead, expected) in cases {
            assert_eq!(role(lead), expected, "{lead:?}");
        }
    }
}
