//! What surrounds the process: its variables, the home folder, the user.
//!
//! Neighbours: `settings` asks it. Invariant: nothing else in this crate reads the environment, so tests can make one up.

use std::collections::HashMap;
use std::path::PathBuf;

#[derive(Default)]
pub struct Environment {
    pub variables: HashMap<String, String>,
    pub home: Option<PathBuf>,
    /// The operating system's name for who runs us.
    pub user: Option<String>,
}

impl Environment {
    pub fn of_process() -> Self {
        Environment {
            variables: std::env::vars_os()
                .filter_map(|(name, value)| {
                    Some((name.into_string().ok()?, value.into_string().ok()?))
                })
                .filter(|(name, _)| name.starts_with("PG"))
                .collect(),
            home: std::env::home_dir(),
            user: whoami::username().ok(),
        }
    }

    /// An empty variable counts as none, as with libpq.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// libpq's folder of certificates and keys.
    pub fn folder(&self) -> Option<PathBuf> {
        Some(self.home.as_ref()?.join(".postgresql"))
    }
}
