//! Runs a plan, segment by segment.
//!
//! Invariant: a failure says what committed and what did not; a transaction that failed is rolled back before
//! anything is said.

use crate::connection::{Connection, DbError};
use crate::demand::why;
use driftless_planner::{Facts, Plan, Segment, Step};
use driftless_sql::Diagnostic;

/// What ran.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Applied {
    pub statements: usize,
    pub transactions: usize,
}

/// Runs every segment; `told` hears of each statement before it runs.
pub async fn apply(
    connection: &mut dyn Connection,
    plan: &Plan,
    told: &mut (dyn FnMut(usize, &Step) + Send),
) -> Result<Applied, Diagnostic> {
    let mut done = Applied::default();
    let total = plan.segments.len();
    for text in &plan.frame.head {
        run(connection, text)
            .await
            .map_err(|e| failed(&e, text, done, total, true))?;
    }
    for segment in &plan.segments {
        let outcome = run_segment(connection, plan, segment, &mut done, total, told).await;
        if let Err(problem) = outcome {
            for text in &plan.frame.tail {
                // The session ends anyway: what the tail restores is its own.
                let _ = run(connection, text).await;
            }
            return Err(problem);
        }
        done.transactions += 1;
    }
    for text in &plan.frame.tail {
        run(connection, text)
            .await
            .map_err(|e| failed(&e, text, done, total, true))?;
    }
    Ok(done)
}

async fn run_segment(
    connection: &mut dyn Connection,
    plan: &Plan,
    segment: &Segment,
    done: &mut Applied,
    total: usize,
    told: &mut (dyn FnMut(usize, &Step) + Send),
) -> Result<(), Diagnostic> {
    let (begin, commit): (&[String], &[String]) = if segment.transaction {
        (&plan.frame.begin, &plan.frame.commit)
    } else {
        (&[], &[])
    };
    let start = *done;
    let mut outcome = Ok(());
    let texts = begin.iter().map(|t| (t, None));
    let texts = texts.chain(segment.steps.iter().map(|s| (&s.text, Some(s))));
    for (text, step) in texts.chain(commit.iter().map(|t| (t, None))) {
        if let Some(step) = step {
            told(done.statements + 1, step);
        }
        if let Err(e) = run(connection, text).await {
            let facts: Vec<&Facts> = match step {
                Some(step) => vec![&step.facts],
                None => segment.steps.iter().map(|s| &s.facts).collect(),
            };
            let mut problem = failed(&e, text, start, total, segment.transaction);
            // At the head of what is told: it is the cause.
            let mut notes = why(connection, &facts).await;
            notes.append(&mut problem.notes);
            problem.notes = notes;
            outcome = Err(problem);
            break;
        }
        done.statements += usize::from(step.is_some());
    }
    if outcome.is_err() {
        *done = start;
        if segment.transaction {
            // Where the server already ended the transaction this has nothing to do.
            let _ = run(connection, "ROLLBACK").await;
        }
    }
    outcome
}

async fn run(connection: &mut dyn Connection, text: &str) -> Result<(), DbError> {
    connection.batch(text).await.map(|_| ())
}

/// `transaction`: the statement was part of one.
fn failed(
    error: &DbError,
    text: &str,
    done: Applied,
    total: usize,
    transaction: bool,
) -> Diagnostic {
    let shown: String = text.chars().take(300).collect();
    let committed = match done.transactions {
        0 if !transaction => "nothing was changed".to_string(),
        n if !transaction => format!(
            "{n} of {total} steps ({} statements) are done and stay",
            done.statements
        ),
        0 => "nothing was changed: the transaction was rolled back".to_string(),
        n => format!(
            "{n} of {total} transactions ({} statements) are committed, the failed one was rolled back",
            done.statements
        ),
    };
    error
        .diagnostic()
        .note(format!("the statement was: {shown}"))
        .note(committed)
        .help("mend the cause, then run the same command again: it plans from what is there")
}
