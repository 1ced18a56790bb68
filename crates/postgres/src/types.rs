//! Type names: canonical spelling, and whose they are.
//!
//! Neighbours: rows resolve columns with this, `canon` reads casts with it; the names come from `canon::known`.
//! Invariant: a canonical text is what `format_type` prints under an empty search path, and resolves to itself.

use crate::canon::known::{Known, extension_schema, extensions};
use driftless_model::{Catalog, Definition, Kind, Name, ObjectId, TypeRef};
use driftless_planner::{Fault, Moment};
use driftless_sql::{Diagnostic, SourceId, Syntax, Token, TokenKind, lex, quote_name, token_name};

/// A type as the canonical forms reason about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Type {
    /// The server's own name (`int4`, `varchar[]`), `@citext` for an extension's, `public.mood` for a user's.
    pub name: String,
    /// `(10,2)`, ` day to second(3)`.
    pub modifier: String,
}

impl Type {
    pub fn new(name: impl Into<String>) -> Type {
        Type {
            name: name.into(),
            modifier: String::new(),
        }
    }
    /// The same without its modifier.
    pub fn plain(&self) -> Type {
        Type::new(self.name.clone())
    }
    pub fn element(&self) -> Option<Type> {
        self.name.strip_suffix("[]").map(|name| Type {
            name: name.to_owned(),
            modifier: self.modifier.clone(),
        })
    }
    pub fn array(&self) -> Type {
        match self.name.as_str() {
            name if name.ends_with("[]") => self.clone(),
            name => Type {
                name: format!("{name}[]"),
                modifier: self.modifier.clone(),
            },
        }
    }

    /// As `format_type` prints it; an extension's type needs the catalog to know where it lives.
    pub fn text(&self, catalog: &Catalog) -> String {
        let (element, dims) = match self.name.strip_suffix("[]") {
            Some(element) => (element, "[]"),
            None => (self.name.as_str(), ""),
        };
        let m = self.modifier.as_str();
        let text = match element {
            "timestamp" | "time" => format!("{element}{m} without time zone"),
            "timestamptz" => format!("timestamp{m} with time zone"),
            "timetz" => format!("time{m} with time zone"),
            "bpchar" if m.is_empty() => "bpchar".to_owned(),
            "bit" if m.is_empty() => "\"bit\"".to_owned(),
            _ => match element.strip_prefix('@') {
                Some(name) => {
                    let schema = extension_schema(name, catalog).unwrap_or("public");
                    let (schema, name) = (quoted(schema), quoted(name));
                    format!("{schema}.{name}{m}")
                }
                None => format!("{}{m}", Known::get().spelling(element)),
            },
        };
        text + dims
    }
}

fn quoted(name: &str) -> String {
    quote_name(name, Syntax::Postgres)
}

/// Why a written type is no type.
pub(crate) enum Wrong {
    /// No type of that name.
    Unknown(String),
    /// D0305: what is wrong with it.
    Bad(String),
}

/// The canonical type that the text means under the moment's search path.
pub fn resolve(written: &str, moment: &Moment) -> Result<TypeRef, Fault> {
    match read(written, &moment.path, &moment.catalog) {
        Ok((ty, target)) => Ok(TypeRef {
            text: ty.text(&moment.catalog),
            target,
        }),
        Err(Wrong::Unknown(name)) => Err(Fault::missing("type", name)),
        Err(Wrong::Bad(why)) => Err(Fault::from(
            Diagnostic::error("D0305", why).at_least(moment.place),
        )),
    }
}

/// Whether the canonical text names one of the server's own types.
pub fn is_builtin(text: &str) -> bool {
    builtin(text).is_some()
}

/// The category of one of the server's own types (`N` numbers, `S` strings, `D` dates, `A` arrays …).
pub fn builtin(text: &str) -> Option<char> {
    let written = Written::read(text).ok()?;
    let name = written.server_type()?;
    if written.dims {
        return Some('A');
    }
    Some(Known::get().category(&name))
}

/// What stood there, taken apart.
#[derive(Debug, Default)]
struct Written {
    /// Name and whether it was quoted, outermost first.
    names: Vec<(String, bool)>,
    /// Numbers or words between brackets.
    modifiers: Vec<String>,
    /// ` day to second`
    fields: String,
    with_zone: bool,
    dims: bool,
}

impl Written {
    fn read(text: &str) -> Result<Written, Wrong> {
        if is_one_word(text) {
            let reader = &mut Reader {
                text,
                tokens: &[],
                at: 0,
            };
            return reader
                .named((text.to_owned(), false))
                .ok_or_else(|| bad(text));
        }
        let (tokens, _, problems) = lex(text, Syntax::Postgres, SourceId(0));
        if !problems.is_empty() || tokens.is_empty() {
            return Err(bad(text));
        }
        let mut reader = Reader {
            text,
            tokens: &tokens,
            at: 0,
        };
        reader.all().ok_or_else(|| bad(text))
    }

    /// The server's type of that name, arrays by their element.
    fn server_type(&self) -> Option<String> {
        let (name, quoted) = match self.names.as_slice() {
            [only] => only,
            [(schema, _), name] if schema == "pg_catalog" => name,
            _ => return None,
        };
        let qualified = self.names.len() > 1;
        if !*quoted && !qualified {
            let keyword = match name.as_str() {
                "int" | "integer" => "int4",
                "bigint" => "int8",
                "smallint" => "int2",
                "boolean" => "bool",
                "real" => "float4",
                "double precision" => "float8",
                "float" => match self.modifiers.first().and_then(|m| m.parse::<u32>().ok()) {
                    Some(bits) if bits <= 24 => "float4",
                    _ => "float8",
                },
                "dec" | "decimal" => "numeric",
                "character varying" => "varchar",
                "character" | "char" => "bpchar",
                "bit varying" => "varbit",
                "timestamp" if self.with_zone => "timestamptz",
                "time" if self.with_zone => "timetz",
                _ => "",
            };
            if !keyword.is_empty() {
                return Some(keyword.to_owned());
            }
        }
        Known::get().is_type(name).then(|| name.clone())
    }

    /// A keyword's spelling, which implies a length of one where none is written.
    fn implies_one(&self) -> bool {
        matches!(self.names.as_slice(), [(name, false)] if matches!(name.as_str(), "char" | "character" | "bit"))
    }

    fn modifier(&self, name: &str) -> Result<String, Wrong> {
        let Some(first) = self.modifiers.first() else {
            let one = self.implies_one() && matches!(name, "bpchar" | "bit");
            return Ok(if one {
                "(1)".to_owned()
            } else {
                self.fields.clone()
            });
        };
        let list = self.modifiers.join(",");
        let number = |text: &str, low: i64, high: i64| match text.parse::<i64>() {
            Ok(n) if (low..=high).contains(&n) => Ok(n),
            _ => Err(Wrong::Bad(format!(
                "`{text}` is out of range for type {name}: {low} to {high}"
            ))),
        };
        let single = |low, high| {
            if self.modifiers.len() > 1 {
                return Err(Wrong::Bad(format!("type {name} takes one number")));
            }
            number(first, low, high)
        };
        match name {
            "varchar" | "bpchar" => Ok(format!("({})", single(1, 10_485_760)?)),
            "bit" | "varbit" => Ok(format!("({})", single(1, 83_886_080)?)),
            // The server reduces a precision above 6 with a warning.
            "timestamp" | "timestamptz" | "time" | "timetz" => {
                Ok(format!("({})", single(0, i64::from(i32::MAX))?.min(6)))
            }
            "interval" => {
                let fields = &self.fields;
                Ok(format!(
                    "{fields}({})",
                    single(0, i64::from(i32::MAX))?.min(6)
                ))
            }
            "numeric" => {
                let precision = number(first, 1, 1000)?;
                let scale = match self.modifiers.as_slice() {
                    [_] => 0,
                    [_, scale] => number(scale, -1000, 1000)?,
                    _ => return Err(Wrong::Bad("type numeric takes precision and scale".into())),
                };
                Ok(format!("({precision},{scale})"))
            }
            "float4" | "float8" if self.names[0].0 == "float" => {
                single(1, 53)?;
                Ok(String::new())
            }
            _ if Known::get().is_type(name) => Err(Wrong::Bad(format!(
                "type {name} takes no modifier: `({list})`"
            ))),
            _ => Ok(format!("({list})")),
        }
    }
}

fn bad(text: &str) -> Wrong {
    Wrong::Bad(format!("`{text}` is not a type"))
}

/// Lower case throughout, as most types are written: there is nothing to lex.
fn is_one_word(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_lowercase)
        && bytes
            .iter()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'_')
}

struct Reader<'t> {
    text: &'t str,
    tokens: &'t [Token],
    at: usize,
}

impl Reader<'_> {
    fn word(&self) -> Option<String> {
        let token = self.tokens.get(self.at)?;
        (token.kind == TokenKind::Word).then(|| token.span.of(self.text).to_lowercase())
    }
    fn eat(&mut self, word: &str) -> bool {
        let found = self.word().as_deref() == Some(word);
        self.at += usize::from(found);
        found
    }
    fn symbol(&mut self, symbol: &str) -> bool {
        let found = self
            .tokens
            .get(self.at)
            .is_some_and(|t| t.kind == TokenKind::Symbol && t.span.of(self.text) == symbol);
        self.at += usize::from(found);
        found
    }
    fn name(&mut self) -> Option<(String, bool)> {
        let token = self.tokens.get(self.at)?;
        let quoted = token.kind == TokenKind::Quoted;
        if !quoted && token.kind != TokenKind::Word {
            return None;
        }
        self.at += 1;
        Some((token_name(token, self.text, Syntax::Postgres), quoted))
    }

    fn all(&mut self) -> Option<Written> {
        let first = self.name()?;
        self.named(first)
    }

    /// What follows a type's first word.
    fn named(&mut self, mut first: (String, bool)) -> Option<Written> {
        let mut out = Written::default();
        if !first.1 {
            self.keywords(&mut first.0, &mut out);
        }
        out.names.push(first);
        while self.symbol(".") {
            out.names.push(self.name()?);
        }
        if self.symbol("(") {
            loop {
                let negative = self.symbol("-");
                let token = self.tokens.get(self.at)?;
                let sign = if negative { "-" } else { "" };
                out.modifiers.push(format!(
                    "{sign}{}",
                    token.span.of(self.text).trim_matches('\'')
                ));
                self.at += 1;
                if self.symbol(")") {
                    break;
                }
                if !self.symbol(",") {
                    return None;
                }
            }
        }
        if matches!(out.names.as_slice(), [(n, false)] if n == "timestamp" || n == "time") {
            if self.eat("with") {
                out.with_zone = true;
                (self.eat("time") && self.eat("zone")).then_some(())?;
            } else if self.eat("without") {
                (self.eat("time") && self.eat("zone")).then_some(())?;
            }
        }
        out.dims = self.eat("array");
        while self.symbol("[") {
            out.dims = true;
            let number = self
                .tokens
                .get(self.at)
                .is_some_and(|t| t.kind == TokenKind::Number);
            self.at += usize::from(number);
            self.symbol("]").then_some(())?;
        }
        (self.at == self.tokens.len()).then_some(())?;
        // `_int4`, the catalog's own name of an array.
        if let [.., (name, _)] = out.names.as_mut_slice()
            && let Some(element) = name.strip_prefix('_')
            && Known::get().is_type(element)
            && !out.dims
        {
            *name = element.to_owned();
            out.dims = true;
        }
        Some(out)
    }

    /// Types of several words.
    fn keywords(&mut self, first: &mut String, out: &mut Written) {
        if first == "setof" {
            return;
        }
        if first == "national" && (self.eat("character") || self.eat("char")) || first == "nchar" {
            *first = "character".to_owned();
        }
        match first.as_str() {
            "double" if self.eat("precision") => *first = "double precision".to_owned(),
            "character" | "char" if self.eat("varying") => *first = "character varying".to_owned(),
            "bit" if self.eat("varying") => *first = "bit varying".to_owned(),
            "interval" => {
                const FIELDS: &[&str] = &["year", "month", "day", "hour", "minute", "second"];
                let field = |this: &Self| this.word().filter(|w| FIELDS.contains(&w.as_str()));
                if let Some(from) = field(self) {
                    self.at += 1;
                    out.fields = format!(" {from}");
                    if self.eat("to")
                        && let Some(to) = field(self)
                    {
                        self.at += 1;
                        out.fields = format!(" {from} to {to}");
                    }
                }
            }
            _ => {}
        }
    }
}

const USER_KINDS: [Kind; 8] = [
    Kind::Enum,
    Kind::Domain,
    Kind::Composite,
    Kind::Range,
    Kind::BaseType,
    Kind::Table,
    Kind::View,
    Kind::MaterializedView,
];

/// The type that a text means, and the user type behind it.
pub(crate) fn read(
    written: &str,
    path: &[String],
    catalog: &Catalog,
) -> Result<(Type, Option<ObjectId>), Wrong> {
    let parts = Written::read(written)?;
    let dims = |name: String| {
        if parts.dims {
            format!("{name}[]")
        } else {
            name
        }
    };
    let shadowed = path
        .iter()
        .position(|s| s == "pg_catalog")
        .is_some_and(|i| i > 0);
    if !shadowed && let Some(name) = parts.server_type() {
        let modifier = parts.modifier(&name)?;
        return Ok((
            Type {
                name: dims(name),
                modifier,
            },
            None,
        ));
    }
    let (schemas, name): (Vec<&str>, &str) = match parts.names.as_slice() {
        [(name, _)] => (path.iter().map(String::as_str).collect(), name),
        [(schema, _), (name, _)] => (vec![schema], name),
        _ => return Err(Wrong::Unknown(written.to_owned())),
    };
    let own = Name::exact(name);
    for schema in &schemas {
        if let Some(id) = catalog.find(&USER_KINDS, &Name::exact(*schema), &own) {
            let text = format!("{}.{}", quoted(schema), quoted(name));
            let modifier = parts.modifier(&text)?;
            return Ok((
                Type {
                    name: dims(text),
                    modifier,
                },
                Some(id),
            ));
        }
    }
    for schema in &schemas {
        if let Some(id) = multirange(&Name::exact(*schema), name, catalog) {
            let text = format!("{}.{}", quoted(schema), quoted(name));
            return Ok((Type::new(dims(text)), Some(id)));
        }
    }
    if let Some(name) = parts.server_type() {
        let modifier = parts.modifier(&name)?;
        return Ok((
            Type {
                name: dims(name),
                modifier,
            },
            None,
        ));
    }
    let qualifier = (parts.names.len() > 1).then(|| schemas[0]);
    match of_extension(name, qualifier, catalog) {
        Some(name) => Ok((
            Type {
                modifier: parts.modifier(&name)?,
                name: dims(name),
            },
            None,
        )),
        None => Err(Wrong::Unknown(
            parts
                .names
                .iter()
                .map(|(n, _)| quoted(n))
                .collect::<Vec<_>>()
                .join("."),
        )),
    }
}

/// The range whose multirange has the name.
fn multirange(schema: &Name, name: &str, catalog: &Catalog) -> Option<ObjectId> {
    let first = ObjectId::new(Kind::Range, schema.clone(), Name::default());
    let ranges = catalog
        .objects
        .from(&first)
        .take_while(|(id, _)| id.kind == Kind::Range && id.schema == *schema);
    let mut ranges = ranges.filter_map(|(id, o)| Some((id, o.get::<Definition>()?)));
    let found = ranges.find(|(id, item)| match item.word("multirange_type_name") {
        Some(said) => said == name,
        None => multirange_name(id.name.as_str()) == name,
    });
    found.map(|(id, _)| id.clone())
}

/// The multirange's name where none is given (makeMultirangeTypeName in the server's sources).
pub(crate) fn multirange_name(range: &str) -> String {
    match range.split_once("range") {
        Some((before, after)) => format!("{before}multirange{after}"),
        None => format!("{range}_multirange"),
    }
}

/// A type that an installed extension brings, or may bring.
fn of_extension(name: &str, qualifier: Option<&str>, catalog: &Catalog) -> Option<String> {
    if let Some(schema) = extension_schema(name, catalog)
        && qualifier.is_none_or(|q| q == schema)
    {
        return Some(format!("@{name}"));
    }
    let known = Known::get();
    let (_, schema) = extensions(catalog)
        .filter(|(name, _)| !known.knows_extension(name))
        .find(|(_, schema)| qualifier.is_none_or(|q| q == *schema))?;
    Some(format!("{}.{}", quoted(schema), quoted(name)))
}
