//! The table that `cargo xtask bench` prints.
//!
//! Neighbours: `bench` fills the rows. Markdown, so that it can be pasted into an issue as it is.

use crate::measure::Cost;
use driftless_testkit::Server;

/// A line of the table.
pub struct Row {
    pub what: String,
    pub size: usize,
    pub cost: Cost,
    pub against: Option<(&'static str, Cost)>,
    pub target: String,
    pub met: Option<bool>,
    pub note: String,
}

/// Prints the table, and below it what could not be measured.
pub fn print(rows: &[Row], failures: &[String], runs: usize, server: Option<&Server>) {
    let server = server.map_or_else(
        || "no PostgreSQL".to_owned(),
        |server| format!("PostgreSQL {}", server.version()),
    );
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    println!(
        "Medians of {} runs in turn, whole processes; {server}; {cores} cores.\n",
        runs
    );
    println!(
        "| what | tables | wall | user + sys | peak memory | against | its wall | ratio | target | met |"
    );
    println!("|---|--:|--:|--:|--:|---|--:|--:|---|---|");
    for row in rows {
        let (name, wall, ratio) = row.against.map_or_else(
            || ("–", "–".to_owned(), "–".to_owned()),
            |(name, cost)| {
                (
                    name,
                    seconds(cost.wall),
                    format!("{:.2}×", row.cost.wall / cost.wall.max(1e-9)),
                )
            },
        );
        let met = row
            .met
            .map_or("–", |met| if met { "yes" } else { "**no**" });
        let size = if row.size == 0 {
            "–".to_owned()
        } else {
            row.size.to_string()
        };
        let note = if row.note.is_empty() {
            String::new()
        } else {
            format!(" ({})", row.note)
        };
        println!(
            "| {} | {size} | {} | {} | {:.0} MB | {name} | {wall} | {ratio} | {} | {met}{note} |",
            row.what,
            seconds(row.cost.wall),
            processor(row.cost.processor),
            row.cost.memory,
            row.target
        );
    }
    for failure in failures {
        println!("\nnot measured: {failure}");
    }
}

/// The kernel counts in hundredths.
fn processor(time: f64) -> String {
    if time < 0.01 {
        "< 10 ms".to_owned()
    } else {
        seconds(time)
    }
}

fn seconds(time: f64) -> String {
    if time < 1.0 {
        format!("{:.1} ms", time * 1e3)
    } else {
        format!("{time:.2} s")
    }
}
