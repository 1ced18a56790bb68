//! What this machine has, and getting what it lacks.
//!
//! Neighbours: `test`, `bench`. Invariant: packages are installed only through the machine's own package manager, only
//! where we may, and what could not be had is said by name with the command that gets it.

use driftless_testkit::server::Install;
use driftless_testkit::workspace;
use std::os::unix::fs::MetadataExt;
use std::process::{Command, Stdio};

/// Something that tests need and a Debian package that has it.
pub struct Need {
    pub what: &'static str,
    pub package: &'static str,
    pub there: fn() -> bool,
}

pub const NEEDS: &[Need] = &[
    Need {
        what: "a C compiler",
        package: "gcc libc6-dev",
        there: || has("cc"),
    },
    Need {
        what: "the sqlite3 client",
        package: "sqlite3",
        there: || has("sqlite3"),
    },
    Need {
        what: "PostgreSQL's server programs",
        package: "postgresql",
        there: has_postgres,
    },
    Need {
        what: "MariaDB's server programs",
        package: "mariadb-server mariadb-client",
        there: driftless_testkit::server::has_mariadb,
    },
];

pub fn has(program: &str) -> bool {
    workspace::program(program).is_some()
}

fn has_postgres() -> bool {
    std::env::var(driftless_testkit::server::URL).is_ok_and(|url| !url.is_empty())
        || !Install::all().is_empty()
}

/// Installs what is missing where that is possible; returns what is still missing.
pub fn provide(install: bool) -> Vec<&'static Need> {
    let missing = || {
        NEEDS
            .iter()
            .filter(|need| !(need.there)())
            .collect::<Vec<_>>()
    };
    let before = missing();
    if before.is_empty() || !install {
        return before;
    }
    let packages: Vec<&str> = before
        .iter()
        .flat_map(|need| need.package.split(' '))
        .collect();
    let Some(apt) = apt() else { return before };
    eprintln!("installing {} ({})", packages.join(", "), apt.join(" "));
    // A list that cannot be refreshed may still be good enough to install from.
    call(&apt, &["-q", "update"]);
    let mut arguments = vec!["-q", "install", "-y", "--no-install-recommends"];
    arguments.extend(&packages);
    call(&apt, &arguments);
    missing()
}

/// The command that may install packages; nothing where there is none, or we may not.
fn apt() -> Option<Vec<&'static str>> {
    if !has("apt-get") {
        return None;
    }
    let root = std::fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0);
    if root {
        return Some(vec!["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    }
    let sudo = Command::new("sudo")
        .args(["-n", "true"])
        .stderr(Stdio::null())
        .status();
    sudo.is_ok_and(|status| status.success()).then(|| {
        vec![
            "sudo",
            "-n",
            "env",
            "DEBIAN_FRONTEND=noninteractive",
            "apt-get",
        ]
    })
}

fn call(head: &[&str], tail: &[&str]) {
    let Some((program, first)) = head.split_first() else {
        return;
    };
    // The reports of package managers go to standard error, like all notes here.
    let status = Command::new(program)
        .args(first)
        .args(tail)
        .stdin(Stdio::null())
        .stdout(std::io::stderr())
        .status();
    match status {
        Ok(status) if status.success() => {}
        Ok(status) => eprintln!("{} {} ended with {status}", head.join(" "), tail.join(" ")),
        Err(error) => eprintln!("cannot run {program}: {error}"),
    }
}
