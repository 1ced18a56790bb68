//! Runs programs without a shell: `cmd:` states, and git for its neighbour.
//!
//! Invariant: standard input is closed (or what is fed to it), output is bounded, and a failure shows the end of
//! what the program said on standard error.

use std::io::{Read, Write};
use std::process::{Command, ExitStatus, Stdio};

use driftless_sql::Diagnostic;

use super::text;

/// How much of standard error is kept.
const TAIL_LINES: usize = 12;
const TAIL_BYTES: usize = 64 << 10;

/// What a program did.
pub(super) struct Run {
    pub output: Vec<u8>,
    pub status: ExitStatus,
    pub errors: String,
}

/// Standard output of a `cmd:` state.
pub(super) fn output(words: &[String], limit: u64) -> Result<Vec<u8>, Diagnostic> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(Diagnostic::error("D0107", "`cmd:` names no program"));
    };
    let mut command = Command::new(program);
    command.args(arguments);
    let run =
        run(command, Vec::new(), limit, &format!("cmd:{program}")).map_err(
            |failure| match failure {
                Failure::Start(e) => {
                    Diagnostic::error("D0108", format!("cannot run `{program}`: {e}")).help(
                        "name a program in PATH; no shell runs, for one write `cmd:sh -c '…'`",
                    )
                }
                Failure::Limit(d) => d,
            },
        )?;
    if !run.status.success() {
        let d = Diagnostic::error("D0108", format!("`{program}` failed: {}", run.status));
        let d = if run.errors.is_empty() {
            d.note("it said nothing on standard error")
        } else {
            d.note(format!("it said:\n{}", run.errors))
        };
        return Err(d.help("run it by hand until it prints the schema as SQL"));
    }
    Ok(run.output)
}

/// Why there is nothing to look at.
pub(super) enum Failure {
    Start(std::io::Error),
    Limit(Diagnostic),
}

/// Runs a command to its end; one that prints more than the limit is stopped.
pub(super) fn run(
    mut command: Command,
    input: Vec<u8>,
    limit: u64,
    name: &str,
) -> Result<Run, Failure> {
    let stdin = if input.is_empty() {
        Stdio::null()
    } else {
        Stdio::piped()
    };
    let mut child = command
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(Failure::Start)?;
    // Its own threads, since a full pipe on any of the three would stop the program.
    let errors = child
        .stderr
        .take()
        .map(|stderr| std::thread::spawn(move || tail(stderr)));
    if let Some(mut stdin) = child.stdin.take() {
        // A program that ends early breaks the pipe; its status and errors tell more than that would.
        std::thread::spawn(move || stdin.write_all(&input));
    }
    let read = child
        .stdout
        .take()
        .map_or(Ok(Vec::new()), |out| text::read_limited(out, name, limit));
    let output = match read {
        Ok(output) => output,
        Err(problem) => {
            // It may have ended by itself meanwhile, and then there is nothing to stop.
            let _ = child.kill();
            let _ = child.wait();
            return Err(Failure::Limit(problem));
        }
    };
    let status = child.wait().map_err(Failure::Start)?;
    let errors = errors
        .and_then(|thread| thread.join().ok())
        .unwrap_or_default();
    Ok(Run {
        output,
        status,
        errors,
    })
}

/// The last lines of a stream, holding no more than needed.
fn tail(mut from: impl Read) -> String {
    let mut kept = Vec::new();
    let mut buffer = [0; 8192];
    while let Ok(n @ 1..) = from.read(&mut buffer) {
        kept.extend_from_slice(&buffer[..n]);
        if kept.len() > 2 * TAIL_BYTES {
            kept.drain(..kept.len() - TAIL_BYTES);
        }
    }
    let text = String::from_utf8_lossy(&kept);
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}
