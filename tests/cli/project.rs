//! A project in a folder of its own, and the command run in it.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

pub struct Project(tempfile::TempDir);

impl Project {
    pub fn of(files: &[(&str, &str)]) -> Project {
        let project = Project(tempfile::tempdir().expect("a folder"));
        for (name, text) in files {
            project.write(name, text.as_bytes());
        }
        project
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, bytes).expect("a file");
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        self.run_with("", args, None)
    }

    pub fn run_in(&self, dir: &str, args: &[&str]) -> Ran {
        self.run_with(dir, args, None)
    }

    pub fn run_fed(&self, args: &[&str], input: &str) -> Ran {
        self.run_with("", args, Some(input))
    }

    fn run_with(&self, dir: &str, args: &[&str], input: Option<&str>) -> Ran {
        let mut child = Command::new(env!("CARGO_BIN_EXE_driftless"))
            .args(args)
            .current_dir(self.0.path().join(dir))
            .env_remove("SHOP_URL")
            .stdin(if input.is_some() {
                Stdio::piped()
            } else {
                Stdio::null()
            })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        if let (Some(input), Some(mut pipe)) = (input, child.stdin.take()) {
            pipe.write_all(input.as_bytes()).expect("it reads");
        }
        let Output {
            status,
            stdout,
            stderr,
        } = child.wait_with_output().expect("it ends");
        let ran = Ran {
            code: status.code(),
            out: String::from_utf8_lossy(&stdout).into_owned(),
            err: String::from_utf8_lossy(&stderr).into_owned(),
        };
        assert!(!ran.err.contains("panicked"), "{}", ran.err);
        ran
    }

    pub fn base(&self, name: &str) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path().join(name)).expect("a database")
    }

    pub fn state(&self, name: &str) -> String {
        driftless_testkit::dump::sqlite_state(&self.path().join(name)).expect("a state")
    }

    pub fn has(&self, name: &str) -> bool {
        self.path().join(name).exists()
    }
}

#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    #[track_caller]
    pub fn ends(self, code: i32) -> Ran {
        assert_eq!(self.code, Some(code), "{}\n{}", self.out, self.err);
        self
    }

    #[track_caller]
    pub fn says(self, text: &str) -> Ran {
        assert!(
            self.out.contains(text),
            "no {text:?} in\n{}\n{}",
            self.out,
            self.err
        );
        self
    }

    #[track_caller]
    pub fn warns(self, text: &str) -> Ran {
        assert!(
            self.err.contains(text),
            "no {text:?} in\n{}\n{}",
            self.err,
            self.out
        );
        self
    }

    #[track_caller]
    pub fn hides(self, secret: &str) -> Ran {
        assert!(
            !self.out.contains(secret) && !self.err.contains(secret),
            "{self:?}"
        );
        self
    }
}

#[track_caller]
pub fn fails(ran: &Ran, code: i32, says: &[&str]) {
    assert_eq!(ran.code, Some(code), "{ran:?}");
    assert_eq!(ran.out, "", "{ran:?}");
    for text in says {
        assert!(ran.err.contains(text), "no {text:?} in\n{}", ran.err);
    }
}

pub fn git(dir: &Path, args: &[&str]) {
    let status = Command::new("git")
        .args(args)
        .current_dir(dir)
        .status()
        .expect("git runs");
    assert!(status.success(), "git {args:?}");
}

/// A script as a driver can run it: lines that only the engine's own client understands are left out.
pub fn without_client_lines(script: &str) -> String {
    let client = |line: &&str| !line.starts_with('.') && !line.starts_with('\\');
    script.lines().filter(client).collect::<Vec<_>>().join("\n")
}
