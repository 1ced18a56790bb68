//! The command line: what may be said, and nothing about what it does.
//!
//! Neighbours: `main` parses it, `commands` act on it. Invariant: a value that parses is well-formed.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::Scratch;
use crate::suggest::nearest;

/// Keeps databases true to a schema that is declared in git.
#[derive(Debug, Parser)]
#[command(
    name = "driftless",
    version,
    propagate_version = false,
    arg_required_else_help = true
)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Args)]
pub struct Global {
    /// The configuration; without it the nearest driftless.yaml upwards
    #[arg(long, global = true, value_name = "PATH")]
    pub config: Option<PathBuf>,
    /// Whether output is coloured
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Colour,
    /// The largest file that is read, like 200MiB
    #[arg(long, global = true, value_name = "SIZE", value_parser = parse_size)]
    pub max_file_size: Option<u64>,
    /// Nothing but results and errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Prints a schema: a database's, or that of files
    Inspect(InspectArgs),
    /// Shows what would change to reach the declared schema
    Plan(PlanArgs),
    /// Shows what leads from one state to another
    Diff(DiffArgs),
    /// Runs the migrations that are pending
    Apply(ApplyArgs),
    /// Tells which migrations a database has
    Status(StatusArgs),
    /// Goes back by the stored ways back
    Rollback(RollbackArgs),
    /// Records that a database has a version already
    Baseline(BaselineArgs),
    /// Settles what failed or was interrupted, where a look proves it
    Repair(RepairArgs),
    /// Compares environments with what their version should be, and with each other
    Drift(DriftArgs),
    /// Starts a project, or adopts a database
    Init(InitArgs),
    /// Writes the next migration
    Generate(GenerateArgs),
    /// Starts a migration that is written by hand
    New(NewArgs),
    /// Takes over what was edited by hand into driftless.sum
    Seal(SealArgs),
    /// Checks the migrations: hashes, heads, order, and where they lead
    Verify(VerifyArgs),
    /// Tells when, where and why an object changed
    History(HistoryArgs),
    /// Prints the page of a diagnostic, like D0101
    Explain {
        /// The code, as it stands in brackets behind `error`; without one, all of them
        code: Option<String>,
    },
    /// Owns a scratch database; driftless calls it itself
    #[command(hide = true, name = "keep-scratch")]
    KeepScratch,
    /// Prints completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
pub struct InspectArgs {
    /// A database URL, file, folder, glob, -, cmd:…, git:REV:PATH, migrations:DIR[@VERSION], env:NAME or empty
    pub state: String,
    /// How it is printed
    #[arg(long, default_value = "sql")]
    pub format: InspectFormat,
    /// Writes one file per object into this folder instead
    #[arg(long, value_name = "DIR")]
    pub split: Option<PathBuf>,
    /// Whose SQL it is where no database tells, like postgres@16
    #[arg(long, value_name = "DIALECT")]
    pub dialect: Option<String>,
    #[command(flatten)]
    pub scope: ScopeArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum InspectFormat {
    Sql,
    Json,
    Mermaid,
    Yaml,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlanFormat {
    Text,
    Sql,
    Json,
    Markdown,
}

#[derive(Debug, Args)]
pub struct PlanArgs {
    /// The environment to compare with; without it the default one
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
    /// Runs it on an empty copy first
    #[arg(long)]
    pub rehearse: bool,
    #[command(flatten)]
    pub show: ShowArgs,
    #[command(flatten)]
    pub shared: SharedArgs,
}

#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The state before
    #[arg(long, value_name = "STATE")]
    pub from: String,
    /// The state after
    #[arg(long, value_name = "STATE")]
    pub to: String,
    #[command(flatten)]
    pub show: ShowArgs,
    #[command(flatten)]
    pub shared: SharedArgs,
}

#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// Runs the plan to the declared schema itself, without migrations
    #[arg(long)]
    pub declarative: bool,
    /// The environment to change; without it the default one
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
    /// Only up to this version
    #[arg(long, value_name = "VERSION", conflicts_with = "declarative")]
    pub to: Option<u64>,
    #[command(flatten)]
    pub wait: WaitArgs,
    /// Shows what would run, and runs nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Answers every question with yes
    #[arg(long)]
    pub yes: bool,
    /// Allows a declarative run on this environment although it is protected
    #[arg(long, value_name = "ENV")]
    pub force: Option<String>,
    #[command(flatten)]
    pub shared: SharedArgs,
}

#[derive(Debug, Args)]
pub struct ShowArgs {
    /// How it is printed
    #[arg(long, default_value = "text")]
    pub format: PlanFormat,
    /// Ends with 2 where there are changes
    #[arg(long)]
    pub exit_code: bool,
}

#[derive(Debug, Args)]
pub struct SharedArgs {
    /// Whose SQL it is where no database tells, like postgres@16
    #[arg(long, value_name = "DIALECT")]
    pub dialect: Option<String>,
    /// Consents to what carries this code, everywhere or on one object
    #[arg(long, value_name = "CODE[:OBJECT]")]
    pub allow: Vec<Allow>,
    /// Consents to everything that loses something
    #[arg(long)]
    pub allow_destructive: bool,
    /// Where a database may be made that is thrown away: off, auto, target or a server's URL
    #[arg(long, value_name = "WHERE", value_parser = parse_scratch)]
    pub scratch: Option<Scratch>,
    #[command(flatten)]
    pub scope: ScopeArgs,
}

#[derive(Debug, Default, Args)]
pub struct ScopeArgs {
    /// Manages these too: grants, owners, definers, tablespaces
    #[arg(long, value_name = "ASPECTS", value_delimiter = ',')]
    pub manage: Vec<Aspect>,
    /// Only these schemas, instead of the configured ones
    #[arg(long, value_name = "PATTERN")]
    pub schema: Vec<String>,
    /// Only objects that match kind:schema.name, instead of the configured ones
    #[arg(long, value_name = "PATTERN")]
    pub include: Vec<String>,
    /// No objects that match kind:schema.name, besides the configured ones
    #[arg(long, value_name = "PATTERN")]
    pub exclude: Vec<String>,
}

/// What differs between environments, and is managed only where somebody says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aspect {
    Grants,
    Owners,
    Definers,
    Tablespaces,
}

const ASPECTS: [(&str, Aspect); 4] = [
    ("grants", Aspect::Grants),
    ("owners", Aspect::Owners),
    ("definers", Aspect::Definers),
    ("tablespaces", Aspect::Tablespaces),
];

impl Aspect {
    #[cfg(test)]
    pub const ALL: [Aspect; 4] = [
        Aspect::Grants,
        Aspect::Owners,
        Aspect::Definers,
        Aspect::Tablespaces,
    ];

    pub fn name(self) -> &'static str {
        ASPECTS
            .iter()
            .find(|(_, aspect)| *aspect == self)
            .map_or("", |(name, _)| name)
    }
}

impl FromStr for Aspect {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Some((_, aspect)) = ASPECTS.iter().find(|(name, _)| *name == text) {
            return Ok(*aspect);
        }
        let names = ASPECTS.map(|(name, _)| name);
        Err(match nearest(text, &names) {
            Some(near) => format!("unknown aspect `{text}`, did you mean `{near}`?"),
            None => format!("unknown aspect `{text}`, known are {}", names.join(", ")),
        })
    }
}

/// Consent to one code, on one object or on all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow {
    pub code: String,
    pub object: Option<String>,
}

impl FromStr for Allow {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (code, object) = match text.split_once(':') {
            Some((code, object)) => (code, Some(object.to_string())),
            None => (text, None),
        };
        if object.as_deref() == Some("") {
            return Err("behind the colon comes an object, like D0203:orders.total".into());
        }
        match crate::explain::canonical(code) {
            Some(code) => Ok(Allow { code, object }),
            None => Err("a code is D and four digits, like D0203".into()),
        }
    }
}

fn parse_scratch(text: &str) -> Result<Scratch, String> {
    text.parse()
        .map_err(|d: driftless_sql::Diagnostic| d.message)
}

/// `200MiB`, `200MB`, `200M` or a number of bytes.
fn parse_size(text: &str) -> Result<u64, String> {
    let wrong = || "write a size like 200MiB".to_string();
    let text = text.trim();
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let number: u64 = text[..digits].parse().map_err(|_| wrong())?;
    let unit: u64 = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "kb" => 1_000,
        "m" | "mib" => 1 << 20,
        "mb" => 1_000_000,
        "g" | "gib" => 1 << 30,
        "gb" => 1_000_000_000,
        _ => return Err(wrong()),
    };
    number.checked_mul(unit).ok_or_else(wrong)
}

#[derive(Debug, Args)]
pub struct GenerateArgs {
    /// What the migration is called; with --amend it may be left out
    pub name: Option<String>,
    /// Why it is needed; asked for where there is a terminal
    #[arg(long, value_name = "TEXT")]
    pub why: Option<String>,
    /// Writes my last migration anew, or the one that is called NAME, which nothing has applied
    #[arg(long)]
    pub amend: bool,
    /// Runs it on an empty copy first, and back
    #[arg(long)]
    pub rehearse: bool,
    /// The version, where the clock shall not give it
    #[arg(long, hide = true, value_name = "STAMP")]
    pub version_stamp: Option<u64>,
    #[command(flatten)]
    pub shared: SharedArgs,
}

#[derive(Debug, Args)]
pub struct NewArgs {
    /// What the migration is called
    pub name: String,
    /// Why it is needed; asked for where there is a terminal
    #[arg(long, value_name = "TEXT")]
    pub why: Option<String>,
    /// The version, where the clock shall not give it
    #[arg(long, hide = true, value_name = "STAMP")]
    pub version_stamp: Option<u64>,
    /// Whose SQL it is where no database tells, like postgres@16
    #[arg(long, value_name = "DIALECT")]
    pub dialect: Option<String>,
}

#[derive(Debug, Args)]
pub struct SealArgs {
    /// Whose SQL it is where no database tells, like postgres@16
    #[arg(long, value_name = "DIALECT")]
    pub dialect: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum VerifyFormat {
    Text,
    Json,
    Markdown,
    /// Annotations of GitHub Actions
    Github,
}

#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// How it is printed
    #[arg(long, default_value = "text")]
    pub format: VerifyFormat,
    /// Runs every migration on an empty database, and back
    #[arg(long)]
    pub rehearse: bool,
    /// Where a database may be made that is thrown away: off, auto, target or a server's URL
    #[arg(long, value_name = "WHERE", value_parser = parse_scratch)]
    pub scratch: Option<Scratch>,
    /// Whose SQL it is where no database tells, like postgres@16
    #[arg(long, value_name = "DIALECT")]
    pub dialect: Option<String>,
    #[command(flatten)]
    pub scope: ScopeArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum HistoryFormat {
    Text,
    Json,
    Markdown,
}

#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// orders, orders.status or index:orders_status_idx; without one, everything
    pub object: Option<String>,
    /// How it is printed
    #[arg(long, default_value = "text")]
    pub format: HistoryFormat,
    /// Whose SQL it is where no database tells, like postgres@16
    #[arg(long, value_name = "DIALECT")]
    pub dialect: Option<String>,
    #[command(flatten)]
    pub scope: ScopeArgs,
}

#[derive(Debug, Args)]
pub struct InitArgs {
    /// A live database whose schema is taken over; without one the project is empty
    pub state: Option<String>,
    /// What the environment of that database is called
    #[arg(long, value_name = "NAME", default_value = "dev")]
    pub env: String,
    /// The version of the first migration, where the clock shall not give it
    #[arg(long, hide = true, value_name = "STAMP")]
    pub version_stamp: Option<u64>,
    /// Whose SQL it is where no database tells, like postgres@16
    #[arg(long, value_name = "DIALECT")]
    pub dialect: Option<String>,
    #[command(flatten)]
    pub scope: ScopeArgs,
}

#[derive(Debug, Args)]
pub struct WaitArgs {
    /// How long to wait for another run to end, like 30s
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = parse_time)]
    pub lock_wait: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    Text,
    Json,
    Markdown,
}

#[derive(Debug, Args)]
pub struct StatusArgs {
    /// The environment; without it the default one
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
    /// How it is printed
    #[arg(long, default_value = "text")]
    pub format: ReportFormat,
    /// Ends with 2 where something is pending or wrong
    #[arg(long)]
    pub exit_code: bool,
    #[command(flatten)]
    pub scope: ScopeArgs,
}

#[derive(Debug, Args)]
pub struct RollbackArgs {
    /// The environment to change; without it the default one
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
    /// Back to this version (0: to the beginning); without it the newest one goes
    #[arg(long, value_name = "VERSION")]
    pub to: Option<u64>,
    /// Shows what would run, and runs nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Answers every question with yes
    #[arg(long)]
    pub yes: bool,
    #[command(flatten)]
    pub wait: WaitArgs,
    #[command(flatten)]
    pub shared: SharedArgs,
}

#[derive(Debug, Args)]
pub struct BaselineArgs {
    /// The version; without it the one whose state the database has
    pub version: Option<u64>,
    /// The environment; without it the default one
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
    /// Records it although the database differs from that version
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub wait: WaitArgs,
    #[command(flatten)]
    pub scope: ScopeArgs,
}

#[derive(Debug, Args)]
pub struct RepairArgs {
    /// The environment; without it the default one
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
    #[command(flatten)]
    pub wait: WaitArgs,
    #[command(flatten)]
    pub scope: ScopeArgs,
}

#[derive(Debug, Args)]
pub struct DriftArgs {
    /// The environments; without any all of them
    pub environments: Vec<String>,
    /// How it is printed
    #[arg(long, default_value = "text")]
    pub format: ReportFormat,
    /// Prints the SQL that brings each environment back, and the SQL that takes its changes over
    #[arg(long, conflicts_with = "format")]
    pub sql: bool,
    #[command(flatten)]
    pub scope: ScopeArgs,
}

/// `30s`, `500ms`, `2min`.
fn parse_time(text: &str) -> Result<Duration, String> {
    crate::config::parse_duration(text).ok_or_else(|| "write a time like 500ms, 30s or 2min".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn values() {
        assert_eq!(parse_size("200MiB"), Ok(200 << 20));
        assert_eq!(parse_size("5"), Ok(5));
        assert!(parse_size("").is_err() && parse_size("9x").is_err());
        assert!(parse_size("99999999999999999999").is_err());
        let allow = "d0203:orders.total".parse::<Allow>();
        assert_eq!(
            allow.map(|a| (a.code, a.object)),
            Ok(("D0203".into(), Some("orders.total".into())))
        );
        assert!("drop".parse::<Allow>().is_err() && "D0203:".parse::<Allow>().is_err());
    }
}
