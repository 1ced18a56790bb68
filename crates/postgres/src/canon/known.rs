//! What servers of any supported version know: types, casts, operators, functions, their extensions' too.
//!
//! Neighbours: `data/builtins.txt` holds the lines (its README says how they are made), `infer` asks. Invariant: read
//! once, on first use; a line that does not read is skipped, a test holds that there is none.

use driftless_model::{Catalog, Extension, Kind, Name, ObjectId};
use std::collections::HashMap;
use std::sync::OnceLock;

const LINES: &str = include_str!("../../data/builtins.txt");

/// A type: `varchar`, an extension's `@citext`; arrays are not listed.
#[derive(Debug)]
struct TypeLine {
    extension: &'static str,
    spelling: &'static str,
    category: char,
    preferred: bool,
    /// A range's subtype.
    subtype: &'static str,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Operator {
    pub extension: &'static str,
    /// Empty: a prefix operator.
    pub left: &'static str,
    pub right: &'static str,
    pub result: &'static str,
}

#[derive(Debug, Clone)]
pub(crate) struct Function {
    pub extension: &'static str,
    pub variadic: bool,
    /// Computed for each row (`provolatile`).
    pub volatile: bool,
    /// How many arguments may be left out.
    pub defaults: usize,
    pub result: &'static str,
    pub args: Vec<&'static str>,
    /// In FROM.
    pub columns: Vec<(&'static str, &'static str)>,
}

/// When a cast is applied without being written, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CastLine {
    /// `i` implicit, `a` on assignment, `e` explicit.
    pub context: char,
    /// `b` the bytes stay, `f` by a function, `i` through text.
    pub method: char,
}

#[derive(Debug, Default)]
pub(crate) struct Known {
    types: HashMap<&'static str, TypeLine>,
    casts: HashMap<(&'static str, &'static str), CastLine>,
    operators: HashMap<&'static str, Vec<Operator>>,
    functions: HashMap<&'static str, Vec<Function>>,
    /// Functions that only definitions name, with their extensions.
    internal: HashMap<&'static str, &'static str>,
    extensions: std::collections::HashSet<&'static str>,
    /// Lines that did not read.
    skipped: usize,
}

impl Known {
    pub fn get() -> &'static Known {
        static KNOWN: OnceLock<Known> = OnceLock::new();
        KNOWN.get_or_init(Known::read)
    }

    fn read() -> Known {
        let mut out = Known::default();
        for line in LINES.lines() {
            let fields: Vec<&'static str> = line.split('|').collect();
            // An operator's own name may hold bars.
            let read = match fields.first() {
                Some(&"T") => out.read_type(&fields),
                Some(&"C") => out.read_cast(&fields),
                Some(&"O") => out.read_operator(line),
                Some(&"F") => out.read_function(&fields),
                Some(&"N") => out.read_internal(&fields),
                _ => None,
            };
            out.skipped += usize::from(read.is_none());
        }
        out
    }

    fn read_type(&mut self, fields: &[&'static str]) -> Option<()> {
        let [
            _,
            extension,
            name,
            spelling,
            category,
            preferred,
            _kind,
            subtype,
        ] = *fields
        else {
            return None;
        };
        self.extensions.insert(extension);
        self.types.insert(
            name,
            TypeLine {
                extension,
                spelling: if spelling.is_empty() { name } else { spelling },
                category: category.chars().next()?,
                preferred: preferred == "p",
                subtype,
            },
        );
        Some(())
    }

    fn read_cast(&mut self, fields: &[&'static str]) -> Option<()> {
        let [_, _, source, target, context, method] = *fields else {
            return None;
        };
        let line = CastLine {
            context: context.chars().next()?,
            method: method.chars().next()?,
        };
        self.casts.insert((source, target), line);
        Some(())
    }

    fn read_operator(&mut self, line: &'static str) -> Option<()> {
        let (extension, rest) = line.strip_prefix("O|")?.split_once('|')?;
        let (rest, result) = rest.rsplit_once('|')?;
        let (rest, right) = rest.rsplit_once('|')?;
        let (name, left) = rest.rsplit_once('|')?;
        self.extensions.insert(extension);
        let list = self.operators.entry(name).or_default();
        list.retain(|o| o.extension != extension || o.left != left || o.right != right);
        list.push(Operator {
            extension,
            left,
            right,
            result,
        });
        Some(())
    }

    fn read_function(&mut self, fields: &[&'static str]) -> Option<()> {
        let [_, extension, name, marks, result, args, columns] = *fields else {
            return None;
        };
        let digits: String = marks.chars().filter(char::is_ascii_digit).collect();
        let function = Function {
            extension,
            variadic: marks.contains('v'),
            volatile: marks.contains('V'),
            defaults: digits.parse().unwrap_or(0),
            result,
            args: args.split(',').filter(|a| !a.is_empty()).collect(),
            columns: columns
                .split(',')
                .filter_map(|c| c.split_once(':'))
                .collect(),
        };
        self.extensions.insert(extension);
        let list = self.functions.entry(name).or_default();
        // Where versions differ in the rest of a line, the later one stands.
        list.retain(|f| f.extension != extension || f.args != function.args);
        list.push(function);
        Some(())
    }

    fn read_internal(&mut self, fields: &[&'static str]) -> Option<()> {
        let [_, extension, name] = *fields else {
            return None;
        };
        self.extensions.insert(extension);
        self.internal.insert(name, extension);
        Some(())
    }

    pub fn is_type(&self, name: &str) -> bool {
        self.types.get(name).is_some_and(|t| t.extension.is_empty())
    }
    pub fn spelling<'n>(&self, name: &'n str) -> &'n str {
        self.types.get(name).map_or(name, |t| t.spelling)
    }
    pub fn category(&self, name: &str) -> char {
        self.types.get(name).map_or('U', |t| t.category)
    }
    pub fn preferred(&self, name: &str) -> bool {
        self.types.get(name).is_some_and(|t| t.preferred)
    }
    pub fn subtype(&self, range: &str) -> Option<&'static str> {
        self.types
            .get(range)
            .map(|t| t.subtype)
            .filter(|s| !s.is_empty())
    }
    pub fn range_of(&self, subtype: &str) -> Option<&'static str> {
        self.types
            .iter()
            .filter(|(_, t)| t.subtype == subtype)
            .map(|(name, _)| *name)
            .min()
    }
    pub fn cast(&self, source: &str, target: &str) -> Option<CastLine> {
        let (source, _) = self.types.get_key_value(source)?;
        let (target, _) = self.types.get_key_value(target)?;
        self.casts.get(&(*source, *target)).copied()
    }
    pub fn operators(&self, name: &str) -> &[Operator] {
        self.operators.get(name).map_or(&[], Vec::as_slice)
    }
    pub fn functions(&self, name: &str) -> &[Function] {
        self.functions.get(name).map_or(&[], Vec::as_slice)
    }
    /// Whether the server, or an installed extension, brings a function of that name.
    pub fn brings(&self, name: &str, catalog: &Catalog) -> bool {
        let called = self.functions(name).iter().map(|f| f.extension);
        let mut all = called.chain(self.internal.get(name).copied());
        all.any(|extension| installed(extension, catalog))
    }
    pub fn knows_extension(&self, name: &str) -> bool {
        self.extensions.contains(name) || WITHOUT_TYPES.contains(&name)
    }
    /// The extension of a type `@name`; empty for any other.
    pub fn extension_of_type(&self, name: &str) -> &'static str {
        let name = name.strip_suffix("[]").unwrap_or(name);
        self.types.get(name).map_or("", |t| t.extension)
    }
    fn extension_of(&self, type_name: &str) -> Option<&'static str> {
        self.types
            .get(format!("@{type_name}").as_str())
            .map(|t| t.extension)
    }
}

/// Extensions that bring nothing that a type or an expression could name.
const WITHOUT_TYPES: &[&str] = &[
    "adminpack",
    "amcheck",
    "autoinc",
    "bloom",
    "btree_gin",
    "btree_gist",
    "dblink",
    "file_fdw",
    "insert_username",
    "moddatetime",
    "pageinspect",
    "pg_buffercache",
    "pg_freespacemap",
    "pg_prewarm",
    "pg_stat_statements",
    "pg_visibility",
    "pg_walinspect",
    "pgrowlocks",
    "pgstattuple",
    "plpgsql",
    "postgres_fdw",
    "refint",
    "sslinfo",
    "tcn",
];

/// The installed extensions, with the schemas that hold what they bring.
pub(crate) fn extensions(catalog: &Catalog) -> impl Iterator<Item = (&str, &str)> {
    let first = ObjectId::new(Kind::Extension, Name::default(), Name::default());
    catalog
        .objects
        .from(&first)
        .take_while(|(id, _)| {
            id.schema.is_empty() && id.owner.is_none() && id.kind == Kind::Extension
        })
        .filter_map(|(id, object)| {
            let schema = object.get::<Extension>()?.schema.as_ref();
            Some((id.name.as_str(), schema.map_or("public", Name::as_str)))
        })
}

/// Whether the catalog has the extension installed (the server itself always is).
pub(crate) fn installed(extension: &str, catalog: &Catalog) -> bool {
    extension.is_empty() || schema_of(extension, catalog).is_some()
}

/// Where an installed extension keeps what it brings.
pub(crate) fn schema_of<'c>(extension: &str, catalog: &'c Catalog) -> Option<&'c str> {
    let (_, schema) = extensions(catalog).find(|(name, _)| *name == extension)?;
    Some(schema)
}

/// The schema of an extension's type, if that extension is installed.
pub(crate) fn extension_schema<'c>(type_name: &str, catalog: &'c Catalog) -> Option<&'c str> {
    schema_of(Known::get().extension_of(type_name)?, catalog)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_reads() {
        let known = Known::get();
        assert_eq!(known.skipped, 0);
        assert_eq!(known.category("int4"), 'N');
        assert!(known.preferred("text") && !known.preferred("varchar"));
        assert_eq!(known.cast("varchar", "text").map(|c| c.context), Some('i'));
        assert!(known.operators("||").len() > 5);
    }
}
