//! What a server version can: the only place where versions are compared.

use driftless_model::{Server, Version};
use driftless_sql::Diagnostic;

/// What is supported: the majors 14 to 18.
pub const OLDEST: Version = Version::new(14, 0);
pub const NEWEST: Version = Version::new(18, u32::MAX);

/// A thing that some supported version lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// UNIQUE NULLS NOT DISTINCT (15).
    NullsNotDistinct,
    /// ON DELETE SET NULL (columns) (15).
    SetNullColumns,
    /// TRUE and FALSE are constants and not casts of text, which gives columns their names (15).
    BooleanConstants,
    /// Views that read as their caller (15).
    SecurityInvoker,
    /// ALTER TABLE … SET ACCESS METHOD (15).
    SetAccessMethod,
    /// STORAGE in the definition of a column (16).
    ColumnStorage,
    /// ALTER COLUMN … SET EXPRESSION (17).
    SetExpression,
    /// Identity columns of partitioned tables are their partitions' too (17).
    PartitionIdentity,
    /// The privilege MAINTAIN (17).
    Maintain,
    /// NOT NULL constraints as catalog rows, with names (18).
    NamedNotNull,
    /// Generated columns that are computed when they are read (18).
    VirtualColumns,
    /// Checks and foreign keys that are not enforced (18).
    NotEnforced,
    /// Foreign keys of partitioned tables that are not validated yet (18).
    PartitionedNotValid,
    /// Publications of whole schemas (15).
    PublicationSchema,
    /// ICU locales in a column of their own (15).
    IcuLocale,
    /// Rules of ICU collations (16).
    CollationRules,
    /// One column for the locales of all providers (17).
    CollationLocale,
    /// What subscriptions say of passwords, owners and origins (16).
    SubscriptionOrigin,
    /// Slots of subscriptions that outlive a failover (17).
    Failover,
    /// Publications of generated columns (18).
    PublishedGenerated,
    /// Keys over periods (18).
    TemporalKeys,
}

impl Feature {
    const fn since(self) -> Version {
        match self {
            Feature::NullsNotDistinct
            | Feature::SetNullColumns
            | Feature::BooleanConstants
            | Feature::SecurityInvoker
            | Feature::SetAccessMethod
            | Feature::IcuLocale
            | Feature::PublicationSchema => Version::new(15, 0),
            Feature::ColumnStorage | Feature::CollationRules | Feature::SubscriptionOrigin => {
                Version::new(16, 0)
            }
            Feature::SetExpression
            | Feature::PartitionIdentity
            | Feature::Maintain
            | Feature::CollationLocale
            | Feature::Failover => Version::new(17, 0),
            Feature::NamedNotNull
            | Feature::VirtualColumns
            | Feature::NotEnforced
            | Feature::PartitionedNotValid
            | Feature::PublishedGenerated
            | Feature::TemporalKeys => Version::new(18, 0),
        }
    }

    /// As people call it.
    const fn said(self) -> &'static str {
        match self {
            Feature::NullsNotDistinct => "NULLS NOT DISTINCT",
            Feature::SetNullColumns => "ON DELETE SET NULL or SET DEFAULT of some columns",
            Feature::BooleanConstants => "a boolean constant",
            Feature::SecurityInvoker => "a view with security_invoker",
            Feature::SetAccessMethod => "SET ACCESS METHOD",
            Feature::ColumnStorage => "STORAGE in the definition of a column",
            Feature::SetExpression => "SET EXPRESSION",
            Feature::PartitionIdentity => "an identity column of a partition",
            Feature::Maintain => "the privilege MAINTAIN",
            Feature::NamedNotNull => "NOT NULL as a constraint of its own",
            Feature::VirtualColumns => "a virtual generated column",
            Feature::NotEnforced => "NOT ENFORCED",
            Feature::PartitionedNotValid => "NOT VALID of a partitioned table's foreign key",
            Feature::PublicationSchema => {
                "a publication of a schema, of some columns or of some rows"
            }
            Feature::IcuLocale => "a locale of ICU beside those of the system",
            Feature::CollationRules => "RULES of a collation",
            Feature::CollationLocale => "a collation of the builtin provider",
            Feature::SubscriptionOrigin => "the origin of a subscription",
            Feature::Failover => "failover of a subscription",
            Feature::PublishedGenerated => "a publication of generated columns",
            Feature::TemporalKeys => "a key over periods (WITHOUT OVERLAPS, PERIOD)",
        }
    }
}

/// Whether the target has it.
pub fn has(server: Server, feature: Feature) -> bool {
    server.version >= feature.since()
}

/// Refuses what the target lacks, by its name.
pub(crate) fn require(server: Server, feature: Feature) -> Result<(), Diagnostic> {
    if has(server, feature) {
        return Ok(());
    }
    let (since, major) = (feature.since().major, server.version.major);
    let message = format!("{} needs PostgreSQL {since}", feature.said());
    Err(Diagnostic::error("D0309", message)
        .note(format!("the target is PostgreSQL {major}"))
        .help("leave it out, or plan for a newer server"))
}
