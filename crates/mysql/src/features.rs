//! What MySQL and MariaDB can do since when; asked of the target's version.
//!
//! Invariant: the only place of this crate where products and versions are compared.

use driftless_model::{Dialect, Server, Version};

/// The oldest versions that are supported, and the newest that are known.
pub const OLDEST_MYSQL: Version = Version::new(8, 0);
pub const NEWEST_MYSQL: Version = last(9, 7);
pub const OLDEST_MARIADB: Version = Version::new(10, 6);
pub const NEWEST_MARIADB: Version = last(12, 3);

/// The last release of a series.
const fn last(major: u32, minor: u32) -> Version {
    Version {
        major,
        minor,
        patch: u32::MAX,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// Integer types show a display width (`int(11)`).
    DisplayWidths,
    /// JSON is a name for `longtext` with a check of its own.
    JsonIsText,
    /// CREATE OR REPLACE of tables, routines, triggers, events, sequences.
    OrReplace,
    /// Checks on a column are part of its definition and called like it.
    ColumnChecks,
    /// Checks may be NOT ENFORCED, and are dropped by DROP CHECK.
    UnenforcedChecks,
    /// REFERENCES in a column's definition makes a foreign key.
    InlineReferences,
    /// `INVISIBLE` indexes; else they are `IGNORED`.
    InvisibleIndexes,
    /// Expressions as index keys.
    FunctionalIndexes,
    /// Sequences.
    Sequences,
    /// System versioning and application periods.
    Periods,
    /// Roles that are no accounts, PUBLIC among them.
    PlainRoles,
    /// A privilege to see how routines are made.
    ShowRoutine,
    /// A column is dropped and added under a generated one that reads it.
    ReplacesUnderGenerated,
    /// A generated column may be NOT NULL.
    GeneratedNotNull,
    /// A descending index serves a foreign key.
    DescendingServes,
    /// A column is added at the end without touching the rows (ALGORITHM=INSTANT).
    InstantLast,
    /// Columns are added anywhere and dropped so.
    InstantAnywhere,
    /// Columns are renamed so.
    InstantRename,
    /// Columns are moved so.
    InstantMove,
}

/// Whether how it alters tables was measured; else it goes by the manual.
pub fn measured(server: Server) -> bool {
    let Version { major, minor, .. } = server.version;
    match server.dialect {
        Dialect::Mariadb => (major, minor) == (10, 11),
        _ => (major, minor) == (9, 7),
    }
}

/// Whether the target has it.
pub fn has(server: Server, feature: Feature) -> bool {
    let mariadb = server.dialect == Dialect::Mariadb;
    match feature {
        Feature::DisplayWidths
        | Feature::JsonIsText
        | Feature::OrReplace
        | Feature::ColumnChecks
        | Feature::Sequences
        | Feature::ReplacesUnderGenerated
        | Feature::InstantMove
        | Feature::DescendingServes
        | Feature::PlainRoles
        | Feature::Periods => mariadb,
        Feature::UnenforcedChecks
        | Feature::InvisibleIndexes
        | Feature::FunctionalIndexes
        | Feature::GeneratedNotNull => !mariadb,
        Feature::ShowRoutine => mariadb && server.version >= Version::new(11, 3),
        Feature::InstantLast => mariadb || since(server, 12),
        Feature::InstantAnywhere => mariadb || since(server, 29),
        Feature::InstantRename => mariadb || since(server, 28),
        Feature::InlineReferences => mariadb || server.version >= Version::new(9, 0),
    }
}

/// MySQL 8.0 with at least this patch.
fn since(server: Server, patch: u32) -> bool {
    server.version
        >= Version {
            major: 8,
            minor: 0,
            patch,
        }
}

/// The collation of a character set that is named alone, and of a database that says none.
pub fn default_collation(server: Server, charset: &str) -> String {
    let mariadb = server.dialect == Dialect::Mariadb;
    let uca = mariadb && server.version >= Version::new(11, 5);
    match charset {
        "utf8mb4" if uca => "utf8mb4_uca1400_ai_ci".into(),
        "utf8mb3" | "utf8" if uca => "utf8mb3_uca1400_ai_ci".into(),
        "utf8mb4" if !mariadb => "utf8mb4_0900_ai_ci".into(),
        "utf8" => "utf8mb3_general_ci".into(),
        "latin1" => "latin1_swedish_ci".into(),
        "latin2" => "latin2_general_ci".into(),
        "binary" => "binary".into(),
        "big5" => "big5_chinese_ci".into(),
        "gb2312" => "gb2312_chinese_ci".into(),
        "gbk" => "gbk_chinese_ci".into(),
        "gb18030" => "gb18030_chinese_ci".into(),
        "sjis" => "sjis_japanese_ci".into(),
        "cp932" => "cp932_japanese_ci".into(),
        "ujis" => "ujis_japanese_ci".into(),
        "eucjpms" => "eucjpms_japanese_ci".into(),
        "euckr" => "euckr_korean_ci".into(),
        "tis620" => "tis620_thai_ci".into(),
        "swe7" => "swe7_swedish_ci".into(),
        "hp8" => "hp8_english_ci".into(),
        "dec8" => "dec8_swedish_ci".into(),
        other => format!("{other}_general_ci"),
    }
}
