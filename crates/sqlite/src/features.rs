//! What SQLite can do since when; asked of the *target's* version, never of the linked library's.
//!
//! Invariant: the only place of this crate where versions are compared.

use driftless_model::{Server, Version};

/// The version of a file whose version nobody declared: files do not tell it.
pub const DEFAULT_VERSION: Version = Version::new(3, 37);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// `ALTER TABLE … RENAME COLUMN`.
    RenameColumn,
    /// Columns `AS (…)`.
    GeneratedColumns,
    /// `ALTER TABLE … DROP COLUMN`.
    DropColumn,
    /// `STRICT` tables.
    Strict,
    /// `ALTER TABLE … ALTER COLUMN … SET NOT NULL`, `ADD CONSTRAINT … CHECK`, `DROP CONSTRAINT`.
    AlterConstraint,
}

pub fn since(feature: Feature) -> Version {
    match feature {
        Feature::RenameColumn => Version::new(3, 25),
        Feature::GeneratedColumns => Version::new(3, 31),
        Feature::DropColumn => Version::new(3, 35),
        Feature::Strict => Version::new(3, 37),
        Feature::AlterConstraint => Version::new(3, 53),
    }
}

pub fn has(server: Server, feature: Feature) -> bool {
    server.version >= since(feature)
}
