//! What every command is given: configuration, sources, secrets, consent, and the two streams.
//!
//! Neighbours: `main` makes it, `commands` use it. Invariant: everything that is printed goes through here, once;
//! messages are redacted, results hold no credential to begin with.

use std::io::{IsTerminal, Write};
use std::path::Path;

use driftless_report::render;
use driftless_runtime::{DEFAULT_MAX_FILE_SIZE, Reader, Secret, StateSpec, redact_text};
use driftless_sql::{Diagnostic, Problems, Severity, SourceId, Sources};

use crate::args::{Allow, Colour, Global};
use crate::config::{Config, FILE_NAME};
use crate::exit::Failure;

#[derive(Debug)]
pub struct Context {
    pub config: Option<Config>,
    pub sources: Sources,
    pub secrets: Vec<Secret>,
    pub consent: Consent,
    /// Whether results, and whether messages, are coloured.
    pub colour_out: bool,
    pub colour_err: bool,
    pub quiet: bool,
    pub max_file_size: u64,
}

/// What the user allowed by flags.
#[derive(Debug, Default)]
pub struct Consent {
    pub allow: Vec<Allow>,
    pub destructive: bool,
}

impl Context {
    pub fn of(global: &Global) -> Context {
        Context {
            config: None,
            sources: Sources::default(),
            secrets: Vec::new(),
            consent: Consent::default(),
            colour_out: coloured(global.color, &std::io::stdout()),
            colour_err: coloured(global.color, &std::io::stderr()),
            quiet: global.quiet,
            max_file_size: global.max_file_size.unwrap_or(DEFAULT_MAX_FILE_SIZE),
        }
    }

    /// Reads the configuration, if there is one.
    pub fn configure(&mut self, named: Option<&Path>) -> Result<(), Failure> {
        self.config = Config::find(named, &mut self.sources, &mut self.secrets)?;
        Ok(())
    }

    /// The configuration, where a command cannot do without.
    /// Whether the project leaves the name of its schema unsaid.
    pub fn unqualified(&self) -> bool {
        let manage = self.config.as_ref().map(|config| &config.manage);
        manage.is_some_and(|manage| manage.unqualified.is_some())
    }
    pub fn required_config(&self) -> Result<&Config, Diagnostic> {
        self.config.as_ref().ok_or_else(|| {
            Diagnostic::error("D0606", format!("there is no {FILE_NAME} here or further up"))
                .help("write one, name it with --config, or compare two states: driftless diff --from STATE --to STATE")
        })
    }

    pub fn read(&mut self, state: &StateSpec) -> Result<Vec<SourceId>, Problems> {
        let mut reader = Reader {
            sources: &mut self.sources,
            max_file_size: self.max_file_size,
        };
        reader.read(state)
    }

    /// The result, to standard output. A reader that left early (`| head`) wanted no more. It is made of catalogs and
    /// of names without credentials; replacing words in it could break SQL where a table is called like a password.
    pub fn print(&self, text: &str) -> Result<(), Failure> {
        let mut out = std::io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(Diagnostic::error(
                "D0110",
                format!("cannot write the result: {}", e.kind()),
            )
            .help("check the disk and the redirection")
            .into()),
            _ => Ok(()),
        }
    }

    /// Messages, to standard error; with `-q` only errors.
    pub fn tell(&self, diagnostics: &[Diagnostic]) {
        let shown: Vec<Diagnostic> = diagnostics
            .iter()
            .filter(|d| !self.quiet || d.severity == Severity::Error)
            .cloned()
            .collect();
        if shown.is_empty() {
            return;
        }
        let text = render(&shown, &self.sources, self.colour_err);
        // Where standard error is closed there is nobody left to tell.
        let _ = std::io::stderr().write_all(redact_text(&text, &self.secrets).as_bytes());
    }

    /// Asks at the terminal; `None` where there is none to ask.
    pub fn ask(&self, question: &str) -> Option<bool> {
        if !std::io::stdin().is_terminal() {
            return None;
        }
        let question = redact_text(question, &self.secrets);
        std::io::stderr()
            .write_all(format!("{question} [y/N] ").as_bytes())
            .ok()?;
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).ok()?;
        Some(matches!(answer.trim(), "y" | "Y" | "yes"))
    }
}

impl Context {
    /// A word beside the result, to standard error; not with `-q`.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            // Where standard error is closed there is nobody left to tell.
            let _ = std::io::stderr().write_all(redact_text(text, &self.secrets).as_bytes());
        }
    }

    /// A line from a person at the terminal; `None` where there is none to ask.
    pub fn ask_text(&self, question: &str) -> Option<String> {
        if !std::io::stdin().is_terminal() {
            return None;
        }
        std::io::stderr().write_all(question.as_bytes()).ok()?;
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).ok()?;
        Some(answer)
    }
}

fn coloured(wanted: Colour, stream: &impl anstream::stream::RawStream) -> bool {
    match wanted {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => anstream::AutoStream::choice(stream) != anstream::ColorChoice::Never,
    }
}
