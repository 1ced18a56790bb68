//! What a server version can: the only place where versions are compared.

use driftless_model::{Server, Version};

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
    /// ALTER COLUMN … SET EXPRESSION (17).
    SetExpression,
    /// The privilege MAINTAIN (17).
    Maintain,
    /// NOT NULL constraints as catalog rows, with names (18).
    NamedNotNull,
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
    /// Keys over periods and constraints that are not enforced (18).
    TemporalKeys,
}

impl Feature {
    const fn since(self) -> Version {
        match self {
            Feature::NullsNotDistinct
            | Feature::SetNullColumns
            | Feature::PublicationSchema
            | Feature::IcuLocale => Version::new(15, 0),
            Feature::CollationRules | Feature::SubscriptionOrigin => Version::new(16, 0),
            Feature::SetExpression
            | Feature::Maintain
            | Feature::CollationLocale
            | Feature::Failover => Version::new(17, 0),
            Feature::NamedNotNull | Feature::TemporalKeys | Feature::PublishedGenerated => {
                Version::new(18, 0)
            }
        }
    }
}

/// Whether the target has it.
pub fn has(server: Server, feature: Feature) -> bool {
    server.version >= feature.since()
}
