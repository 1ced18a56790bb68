//! Where a rehearsal runs: the configuration's `scratch` (or the flag), made into a database that is thrown away.
//!
//! Neighbours: `rehearse` runs on it, drivers make it. Invariant: a database of the user is only ever the neighbour of
//! a scratch database, and only where the user said so.

use std::ffi::OsString;

use driftless_model::Catalog;
use driftless_runtime::{Scratch as Database, ScratchWish, Secret, redact_url};
use driftless_sql::{Diagnostic, Problems};

use super::{State, driver};
use crate::commands::environment;
use crate::config::{Scratch, Variables};
use crate::context::Context;
use crate::dialect::{Dialect, Product};
use crate::exit::Failure;

/// The command behind which the keeper of a scratch database works.
const KEEPER: &str = "keep-scratch";

/// Where scratch databases are made.
#[derive(Debug)]
pub enum Place {
    /// In memory, or by a local engine's programs.
    Local,
    /// On the server of this URL, as that role.
    Beside { url: Secret, role: Option<String> },
}

impl Place {
    /// What flag and configuration say; `None`: there shall be none.
    pub fn of(
        context: &mut Context,
        dialect: Dialect,
        flag: Option<&Scratch>,
    ) -> Result<Option<Place>, Failure> {
        let configured = context.config.as_ref().map(|c| c.scratch.clone());
        let scratch = flag.cloned().or(configured).unwrap_or_default();
        let in_memory = dialect.product == Product::Sqlite;
        let (url, role) = match scratch {
            Scratch::Off => return Ok(None),
            // Nothing is nearer than memory.
            _ if in_memory => return Ok(Some(Place::Local)),
            Scratch::Auto => return Ok(Some(Place::Local)),
            Scratch::Target => match environment(context, None)?.state {
                State::Live(open) => (open.url, open.role),
                _ => return Ok(None),
            },
            Scratch::Url(text) => {
                let config = context.required_config()?;
                let variables = Variables::of(config.dir())?;
                let mut secrets = Vec::new();
                let url = variables.opened(&text, &mut secrets);
                context.secrets.extend(secrets);
                (url?, None)
            }
        };
        let product = Product::of_url(url.reveal())?;
        if !dialect.product.speaks_to(product) {
            let shown = redact_url(url.reveal());
            return Err(Diagnostic::error(
                "D0004",
                format!(
                    "the scratch `{shown}` is no {} server",
                    dialect.product.name()
                ),
            )
            .help("name a server of the project's own dialect, or write `scratch: auto`")
            .into());
        }
        Ok(Some(Place::Beside { url, role }))
    }

    /// Opens an empty database for what these catalogs hold.
    pub async fn open(
        &self,
        dialect: Dialect,
        catalogs: &[&Catalog],
    ) -> Result<Database, Problems> {
        let program = std::env::current_exe().map_err(|e| {
            Diagnostic::error("D0738", format!("driftless does not find itself: {e}"))
        })?;
        let keeper: [OsString; 2] = [program.into(), KEEPER.into()];
        let mut roles: Vec<String> = catalogs.iter().flat_map(|c| c.roles()).collect();
        roles.sort();
        roles.dedup();
        let (beside, role) = match self {
            Place::Local => (None, None),
            Place::Beside { url, role } => (Some(url.reveal()), role.as_deref()),
        };
        let wish = ScratchWish {
            beside,
            role,
            major: dialect.major,
            roles: &roles,
            keeper: &keeper,
        };
        let opened = driver(dialect.product).scratch(&wish).await;
        opened.map_err(|e| Problems::from(e.diagnostic()))
    }
}
