//! The document of a status: where one environment stands, file by file.
//!
//! Neighbours: the runtime fills it in from the history table, `report` renders it. Invariant: what did not come to
//! its end is never shown as applied.

use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileState {
    Applied,
    /// Recorded as there before driftless worked here, or made by other means.
    Baselined,
    Adopted,
    Pending,
    /// Pending, below what is applied.
    Late,
    Failed,
    /// It began, and there is no word of its end.
    Interrupted,
    /// Applied, and its text is another now.
    Edited,
    /// In the history, and not in the folder.
    Missing,
    /// A repeatable file that is to run again.
    Changed,
}

impl FileState {
    pub fn word(self) -> &'static str {
        match self {
            FileState::Applied => "applied",
            FileState::Baselined => "baselined",
            FileState::Adopted => "adopted",
            FileState::Pending => "pending",
            FileState::Late => "late",
            FileState::Failed => "failed",
            FileState::Interrupted => "interrupted",
            FileState::Edited => "edited",
            FileState::Missing => "missing",
            FileState::Changed => "changed",
        }
    }
    /// It is to run.
    pub fn is_pending(self) -> bool {
        use FileState::*;
        matches!(self, Pending | Late | Failed | Interrupted | Changed)
    }
    /// It wants a person.
    pub fn is_wrong(self) -> bool {
        use FileState::*;
        matches!(self, Failed | Interrupted | Edited | Missing)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileStatus {
    /// `None`: a repeatable one.
    pub version: Option<u64>,
    pub name: String,
    pub state: FileState,
    /// When it came to that: `2026-11-22T09:30:00.123Z`.
    pub at: Option<String>,
    pub duration_ms: Option<u64>,
    pub by: Option<String>,
    pub commit: Option<String>,
    /// A lower-case sentence.
    pub note: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    pub environment: String,
    /// Without credentials.
    pub place: String,
    /// The newest version in force.
    pub version: Option<u64>,
    /// It has a history.
    pub known: bool,
    pub files: Vec<FileStatus>,
}

impl Status {
    pub fn count(&self, state: FileState) -> usize {
        self.files.iter().filter(|f| f.state == state).count()
    }
    /// Something is to run, or wants a person.
    pub fn is_settled(&self) -> bool {
        self.files
            .iter()
            .all(|f| !f.state.is_pending() && !f.state.is_wrong())
    }
}
