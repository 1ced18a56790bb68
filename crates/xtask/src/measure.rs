//! Whole processes, timed in turn.
//!
//! Neighbours: `bench`. Invariant: contenders run A B A B …, so that what disturbs the machine disturbs all alike, and
//! the median is taken for each number on its own.

use anyhow::{Context, Result, bail};
use driftless_testkit::workspace;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A command line to measure.
#[derive(Clone)]
pub struct Contender {
    pub program: PathBuf,
    pub arguments: Vec<String>,
    pub folder: Option<PathBuf>,
}

/// What one run took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    pub wall: f64,
    /// User and system time in seconds.
    pub processor: f64,
    /// Peak resident memory in MB.
    pub memory: f64,
}

impl Contender {
    pub fn new(program: impl Into<PathBuf>, arguments: &[&str]) -> Self {
        let arguments = arguments
            .iter()
            .map(|argument| (*argument).to_owned())
            .collect();
        Self {
            program: program.into(),
            arguments,
            folder: None,
        }
    }

    pub fn within(mut self, folder: &Path) -> Self {
        self.folder = Some(folder.to_path_buf());
        self
    }

    fn command(&self, wrapper: Option<(&Path, &Path)>) -> Command {
        let mut command = match wrapper {
            Some((time, report)) => {
                let mut command = Command::new(time);
                command
                    .args(["-f", "%U %S %M", "-o"])
                    .arg(report)
                    .arg(&self.program);
                command
            }
            None => Command::new(&self.program),
        };
        command.args(&self.arguments);
        command.stdin(Stdio::null());
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        command
    }

    /// What it prints, once and not timed; an error where it fails.
    pub fn output(&self) -> Result<String> {
        let output = self
            .command(None)
            .output()
            .with_context(|| format!("cannot run {}", self.program.display()))?;
        if !output.status.success() {
            let error = String::from_utf8_lossy(&output.stderr);
            let error: Vec<_> = error.lines().take(12).collect();
            bail!(
                "{} {}: {}\n{}",
                self.name(),
                self.arguments.join(" "),
                output.status,
                error.join("\n")
            );
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn name(&self) -> String {
        self.program
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    }

    fn run(&self) -> Result<Cost> {
        // GNU time reads what the kernel counted for the child; without it the numbers are polled.
        let time = Path::new("/usr/bin/time");
        if !time.is_file() {
            return self.poll();
        }
        let report = tempfile::NamedTempFile::new()?;
        let mut command = self.command(Some((time, report.path())));
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let start = Instant::now();
        let status = command.status().context("cannot run time")?;
        let wall = start.elapsed().as_secs_f64();
        if !status.success() {
            bail!("{} {}: {status}", self.name(), self.arguments.join(" "));
        }
        let text = std::fs::read_to_string(report.path())?;
        let numbers: Vec<f64> = text
            .lines()
            .last()
            .unwrap_or_default()
            .split(' ')
            .filter_map(|n| n.parse().ok())
            .collect();
        let [user, system, kilobytes] = numbers[..] else {
            bail!("time printed `{}`", text.trim())
        };
        Ok(Cost {
            wall,
            processor: user + system,
            memory: kilobytes / 1024.0,
        })
    }

    fn poll(&self) -> Result<Cost> {
        let mut command = self.command(None);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let start = Instant::now();
        let mut child = command
            .spawn()
            .with_context(|| format!("cannot run {}", self.program.display()))?;
        let mut cost = Cost::default();
        let status = loop {
            sample(&child, &mut cost);
            if let Some(status) = child.try_wait()? {
                break status;
            }
            std::thread::sleep(Duration::from_micros(500));
        };
        cost.wall = start.elapsed().as_secs_f64();
        if !status.success() {
            bail!("{} {}: {status}", self.name(), self.arguments.join(" "));
        }
        Ok(cost)
    }
}

/// The last look before the end counts: both numbers only grow.
fn sample(child: &Child, cost: &mut Cost) {
    let read = |file: &str| {
        std::fs::read_to_string(format!("/proc/{}/{file}", child.id())).unwrap_or_default()
    };
    let status = read("status");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    if let Some(kilobytes) =
        peak.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok())
    {
        cost.memory = cost.memory.max(kilobytes / 1024.0);
    }
    // After the name in brackets: state is field 3, utime 14, stime 15, in hundredths of a second.
    let stat = read("stat");
    let ticks = stat.rsplit_once(')').map(|(_, rest)| {
        rest.split_whitespace()
            .skip(11)
            .take(2)
            .filter_map(|field| field.parse::<f64>().ok())
            .sum::<f64>()
    });
    cost.processor = cost.processor.max(ticks.unwrap_or_default() / 100.0);
}

/// The medians of `runs` runs each, taken in turn after one run each that does not count.
pub fn in_turn(contenders: &[Contender], runs: usize) -> Result<Vec<Cost>> {
    for contender in contenders {
        contender.run()?;
    }
    let mut costs: Vec<Vec<Cost>> = vec![Vec::new(); contenders.len()];
    for _ in 0..runs.max(1) {
        for (contender, costs) in contenders.iter().zip(&mut costs) {
            costs.push(contender.run()?);
        }
    }
    let of = |costs: &[Cost], number: fn(&Cost) -> f64| median(costs.iter().map(number).collect());
    Ok(costs
        .iter()
        .map(|costs| Cost {
            wall: of(costs, |cost| cost.wall),
            processor: of(costs, |cost| cost.processor),
            memory: of(costs, |cost| cost.memory),
        })
        .collect())
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}

/// The program, or an error that says which to install.
pub fn client(name: &str) -> Result<PathBuf> {
    workspace::program(name).with_context(|| format!("no {name} on this machine"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_measuring_see_time_and_memory() {
        let sleep = Contender::new("/bin/sh", &["-c", "sleep 0.05"]);
        for cost in [sleep.run().unwrap(), sleep.poll().unwrap()] {
            assert!(
                cost.wall >= 0.05 && cost.wall < 5.0 && cost.memory > 0.1,
                "{cost:?}"
            );
        }
        assert!(Contender::new("/bin/sh", &["-c", "exit 3"]).run().is_err());
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
    }
}
