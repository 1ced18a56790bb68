//! From what the user named to a side of a comparison, and to the dialect that both sides speak.
//!
//! Neighbours: every command that takes a state. Invariant: a side is read before any database is connected to, so a
//! mistake in a file costs nothing.

use driftless_migrations::{DOWN, SUM};
use driftless_runtime::{Secret, StateSpec, read_folder, redact_url, url_secrets};
use driftless_sql::Diagnostic;

use crate::args::SharedArgs;
use crate::config::{OpenEnvironment, Variables};
use crate::context::Context;
use crate::dialect::{Dialect, Product};
use crate::engine::{Project, Question, Side, State};
use crate::exit::Failure;
use crate::scope::Scope;

/// Looks up and reads a state.
pub fn of(context: &mut Context, state: &StateSpec) -> Result<Side, Failure> {
    match state {
        StateSpec::Live { url } => {
            context.secrets.extend(url_secrets(url));
            Product::of_url(url)?;
            Ok(Side {
                name: state.to_string(),
                state: State::Live(OpenEnvironment {
                    name: state.to_string(),
                    url: Secret::new(url),
                    role: None,
                    schema: context.unqualified().then(|| "public".to_owned()),
                    protect: false,
                    lock_timeout: None,
                }),
            })
        }
        StateSpec::Env(name) => environment(context, Some(name)),
        StateSpec::Empty => Ok(Side {
            name: state.to_string(),
            state: State::Empty,
        }),
        StateSpec::Migrations { dir, version } => folder(context, state, dir, version.as_deref()),
        _ => Ok(Side {
            name: state.to_string(),
            state: State::Text(context.read(state)?),
        }),
    }
}

/// A migrations folder that was named.
fn folder(
    context: &mut Context,
    state: &StateSpec,
    dir: &str,
    version: Option<&str>,
) -> Result<Side, Failure> {
    if !std::path::Path::new(dir).is_dir() {
        return Err(
            Diagnostic::error("D0106", format!("there is no folder `{dir}`"))
                .help("name the folder of the migrations: migrations:DIR[@VERSION]")
                .into(),
        );
    }
    let upto = match version.map(str::parse::<u64>) {
        None => None,
        Some(Ok(version)) => Some(version),
        Some(Err(_)) => {
            return Err(
                Diagnostic::error("D0107", format!("`{state}` names no state"))
                    .help("a version is a number, like migrations:DIR@20261122093000")
                    .into(),
            );
        }
    };
    let texts = read_folder(dir.as_ref(), &mut context.sources, context.max_file_size)?;
    Ok(Side {
        name: state.to_string(),
        state: State::Folder {
            dir: dir.to_string(),
            texts,
            upto,
        },
    })
}

/// The project's migrations, where it has any: the state that `generate` goes on from.
pub fn migrations(context: &mut Context) -> Result<Option<Side>, Failure> {
    let dir = Project::dir(context)?;
    let config = context.required_config()?;
    let named = config.migrations.is_some();
    // Where there is no environment either, there is nothing else to compare with.
    let bare = config.environments.is_empty();
    let there = std::path::Path::new(&dir).is_dir();
    let texts = match there {
        true => read_folder(dir.as_ref(), &mut context.sources, context.max_file_size)?,
        false => Vec::new(),
    };
    // A folder that nobody named may be of another tool: only ours has a sum.
    let ours = named || texts.iter().any(|(path, _)| path == SUM);
    if !ours || (!there && !bare) {
        return Ok(None);
    }
    let count = texts
        .iter()
        .filter(|(path, _)| path.ends_with(".sql") && !path.starts_with(DOWN))
        .count();
    let shown = format!("{}/", dir.trim_end_matches('/'));
    let newest = texts
        .iter()
        .filter_map(|(path, _)| path.split_once('_')?.0.parse::<u64>().ok())
        .max();
    let name = match newest {
        Some(newest) if count == 1 => format!("{shown} (1 file, up to {newest})"),
        Some(newest) => format!("{shown} ({count} files, up to {newest})"),
        None => format!("{shown} (no file)"),
    };
    Ok(Some(Side {
        name,
        state: State::Folder {
            dir,
            texts,
            upto: None,
        },
    }))
}

/// An environment of the configuration, else its default one.
pub fn environment(context: &mut Context, name: Option<&str>) -> Result<Side, Failure> {
    let config = context.required_config()?;
    let environment = config.environment(name)?;
    let place = environment.url.as_ref().map(|url| url.place);
    let variables = Variables::of(config.dir())?;
    let mut secrets = Vec::new();
    let open = config.open(environment, &variables, &mut secrets);
    context.secrets.extend(secrets);
    let open = open?;
    let url = open.url.reveal();
    match StateSpec::parse(url).map_err(|d| d.at_least(place))? {
        StateSpec::Live { .. } => {}
        _ => {
            let problem = format!("the url of `{}` is no database URL", open.name);
            return Err(Diagnostic::error("D0501", problem)
                .at_least(place)
                .help("write postgres://…, or sqlite:PATH")
                .into());
        }
    }
    Product::of_url(url).map_err(|d| d.at_least(place))?;
    Ok(Side {
        name: format!("env:{} ({})", open.name, redact_url(url)),
        state: State::Live(open),
    })
}

/// The schema that the configuration declares.
pub fn desired(context: &mut Context) -> Result<Side, Failure> {
    let config = context.required_config()?;
    if config.schema.is_empty() {
        let path = config.path.display();
        return Err(
            Diagnostic::error("D0606", format!("`{path}` names no schema"))
                .help("add the files of the desired state: schema: [schema/]")
                .into(),
        );
    }
    let mut files = Vec::new();
    let mut others = Vec::new();
    for schema in &config.schema {
        match StateSpec::parse(&schema.value).map_err(|d| d.at(schema.place))? {
            StateSpec::Files(paths) => files.extend(paths.iter().map(|path| config.resolve(path))),
            other => others.push((other, schema.place)),
        }
    }
    let names: Vec<&str> = config.schema.iter().map(|s| &*s.value).collect();
    let name = names.join(" ");
    if !others.is_empty() && files.is_empty() && others.len() == 1 {
        let (state, place) = others.remove(0);
        if matches!(
            state,
            StateSpec::Command(_) | StateSpec::Git { .. } | StateSpec::Empty
        ) {
            let side = of(context, &state)?;
            return Ok(Side { name, ..side });
        }
        return Err(no_schema(place).into());
    }
    if let Some((_, place)) = others.first() {
        return Err(no_schema(*place).into());
    }
    let state = State::Text(context.read(&StateSpec::Files(files))?);
    Ok(Side { name, state })
}

fn no_schema(place: driftless_sql::Place) -> Diagnostic {
    Diagnostic::error(
        "D0602",
        "`schema` must be files, or one `cmd:` or `git:` state",
    )
    .at(place)
    .help("list files, folders or globs")
}

/// The whole question, once both sides are known.
pub fn question(
    context: &Context,
    before: Side,
    after: Side,
    args: &SharedArgs,
) -> Result<Question, Failure> {
    let dialect = dialect(context, args.dialect.as_deref(), &[&before, &after])?;
    let config = context.config.as_ref();
    Ok(Question {
        before,
        after,
        dialect,
        scope: Scope::of(config, &args.scope),
        migrations: false,
        rehearsed: false,
        scratch: args.scratch.clone(),
    })
}

/// The dialect by flag, by configuration or by the databases themselves; all that speak must agree.
pub fn dialect(
    context: &Context,
    flag: Option<&str>,
    sides: &[&Side],
) -> Result<Dialect, Diagnostic> {
    let flagged = flag.map(Dialect::parse).transpose()?;
    let mut live: Option<(&str, Product)> = None;
    for side in sides {
        let State::Live(open) = &side.state else {
            continue;
        };
        let product = Product::of_url(open.url.reveal())?;
        match live {
            Some((name, other)) if !other.speaks_to(product) => {
                return Err(mixed(name, other, &side.name, product));
            }
            _ => live = Some((&side.name, product)),
        }
    }
    let configured = context.config.as_ref().and_then(|c| c.dialect.as_ref());
    let declared = match (flagged, configured) {
        (Some(dialect), _) => Some(("--dialect", dialect)),
        // A configuration further up may be of another project than the databases named by hand.
        (None, Some(dialect)) => Some(("the configuration", dialect.value)),
        (None, None) => None,
    };
    match (declared, live) {
        (Some((from, dialect)), Some((name, product))) if !dialect.product.speaks_to(product) => {
            Err(mixed(from, dialect.product, name, product))
        }
        (Some((_, dialect)), _) => Ok(dialect),
        (None, Some((_, product))) => Ok(Dialect::newest(product)),
        (None, None) => {
            environment_product(context).ok_or_else(|| {
                Diagnostic::error("D0004", "whose SQL is this?")
            .note("neither side is a database, and no dialect is declared")
            .help("say --dialect postgres, mysql, mariadb or sqlite, or set dialect in driftless.yaml")
            })
        }
    }
}

/// What the environments of the configuration are.
fn environment_product(context: &Context) -> Option<Dialect> {
    let environments = &context.config.as_ref()?.environments;
    let mut urls = environments.iter().filter_map(|e| e.url.as_ref());
    let product = urls.find_map(|url| Product::of_url(&url.value).ok())?;
    Some(Dialect::newest(product))
}

fn mixed(one: &str, product: Product, other: &str, another: Product) -> Diagnostic {
    Diagnostic::error("D0004", "the two sides speak different dialects")
        .note(format!(
            "{one} is {}, {other} is {}",
            product.name(),
            another.name()
        ))
        .help("compare states of one dialect; --dialect overrides the configuration")
}
