//! What is managed: the configuration's `manage` with the flags over it.
//!
//! Neighbours: `engine` hands it to the model, which knows what the patterns mean. Invariant: a pattern remembers
//! where it was written, so that one that never matches can be shown.

use driftless_sql::Place;

use crate::args::{Aspect, ScopeArgs};
use crate::config::{Config, Located, Manage, Undeclared};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    pub text: String,
    /// Nothing where it came from a flag.
    pub place: Option<Place>,
}

#[derive(Debug, Default)]
pub struct Scope {
    pub schemas: Vec<Pattern>,
    pub include: Vec<Pattern>,
    pub exclude: Vec<Pattern>,
    pub undeclared: Undeclared,
    pub aspects: Vec<Aspect>,
    pub external_partitions: bool,
    /// What a server's defaults shall be.
    pub expects: Vec<(String, String)>,
    /// The one managed schema is left unsaid.
    pub unqualified: bool,
}

impl Scope {
    /// Flags narrow further: schemas and includes are replaced, excludes and aspects are added to.
    pub fn of(config: Option<&Config>, args: &ScopeArgs) -> Scope {
        let none = Manage::default();
        let manage = config.map_or(&none, |config| &config.manage);
        let mut scope = Scope {
            schemas: replaced(&manage.schemas, &args.schema),
            include: replaced(&manage.include, &args.include),
            exclude: written(&manage.exclude),
            undeclared: manage.undeclared,
            aspects: manage.aspects.clone(),
            external_partitions: manage.external_partitions,
            expects: config.map_or(Vec::new(), |config| {
                let each = config.server.iter();
                each.map(|(name, said)| (name.clone(), said.value.clone()))
                    .collect()
            }),
            unqualified: manage.unqualified.is_some(),
        };
        scope.exclude.extend(flagged(&args.exclude));
        for aspect in &args.manage {
            if !scope.aspects.contains(aspect) {
                scope.aspects.push(*aspect);
            }
        }
        scope
    }
}

fn replaced(config: &[Located<String>], flags: &[String]) -> Vec<Pattern> {
    if flags.is_empty() {
        written(config)
    } else {
        flagged(flags)
    }
}

fn written(config: &[Located<String>]) -> Vec<Pattern> {
    config
        .iter()
        .map(|pattern| Pattern {
            text: pattern.value.clone(),
            place: Some(pattern.place),
        })
        .collect()
}

fn flagged(flags: &[String]) -> Vec<Pattern> {
    flags
        .iter()
        .map(|text| Pattern {
            text: text.clone(),
            place: None,
        })
        .collect()
}
