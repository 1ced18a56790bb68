//! Fixture folders: `fixtures/plan/<engine>/<kind>/<case>/{before.sql, after.sql, plan.sql, case.toml?, reference.sql?}`.
//!
//! Neighbours: the tests that check the laws on each case; `expect` rewrites `plan.sql`. Invariant: a folder that is no
//! case, or a key that is unknown, is an error; a case can never be lost by a typing mistake.

use crate::workspace;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One folder.
#[derive(Clone, Debug)]
pub struct Case {
    pub engine: String,
    pub kind: String,
    pub name: String,
    pub folder: PathBuf,
    pub before: String,
    pub after: String,
    /// The after-state in an order that the engine itself takes, where `after.sql` is in none.
    pub reference: Option<String>,
    /// The expected plan; none yet where the file is missing.
    pub plan: Option<String>,
    pub meta: Meta,
}

/// `case.toml`: what is special about a case.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Meta {
    /// `versions = "15-"`, `"14-16"`, `"-14"` or `"16"`: the majors on which the case holds; it must fail elsewhere.
    pub versions: Option<Versions>,
    /// The only flavour on which it holds.
    pub flavour: Option<String>,
    /// The plan needs consent for what it loses.
    pub destructive: bool,
    /// A difference that only an engine can decide.
    pub unproven: bool,
    /// The way back does not restore everything.
    pub irreversible: bool,
    /// Not run on a live server.
    pub offline: bool,
    /// The code with which planning refuses.
    pub refused: Option<String>,
    /// Why the case exists.
    pub note: Option<String>,
}

/// A range of major versions, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions {
    pub first: Option<u16>,
    pub last: Option<u16>,
}

impl Versions {
    pub fn contains(&self, major: u16) -> bool {
        self.first.is_none_or(|first| major >= first) && self.last.is_none_or(|last| major <= last)
    }

    fn parse(text: &str) -> Result<Self> {
        let bound = |part: &str| -> Result<Option<u16>> {
            let part = part.trim();
            if part.is_empty() {
                return Ok(None);
            }
            part.parse()
                .map(Some)
                .with_context(|| format!("`{part}` is no major version"))
        };
        match text.split_once('-') {
            Some((first, last)) => Ok(Self {
                first: bound(first)?,
                last: bound(last)?,
            }),
            None => Ok(Self {
                first: bound(text)?,
                last: bound(text)?,
            }),
        }
    }
}

impl Case {
    /// `engine/kind/name`, as a test is called.
    pub fn title(&self) -> String {
        format!("{}/{}/{}", self.engine, self.kind, self.name)
    }

    /// What a server is given to reach the after-state without driftless.
    pub fn loadable_after(&self) -> &str {
        self.reference.as_deref().unwrap_or(&self.after)
    }

    /// Where the expected plan lies.
    pub fn plan_file(&self) -> PathBuf {
        self.folder.join("plan.sql")
    }

    fn read(engine: &str, kind: &str, folder: &Path) -> Result<Self> {
        let required = |name: &str| {
            let path = folder.join(name);
            std::fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))
        };
        let known = [
            "before.sql",
            "after.sql",
            "plan.sql",
            "case.toml",
            "reference.sql",
        ];
        for entry in names(folder)? {
            if !known.contains(&entry.as_str()) {
                bail!(
                    "{} does not belong into a case",
                    folder.join(entry).display()
                );
            }
        }
        let meta = folder.join("case.toml");
        let meta = if meta.is_file() {
            let text = required("case.toml")?;
            Meta::parse(&text).with_context(|| format!("in {}", meta.display()))?
        } else {
            Meta::default()
        };
        let optional = |name: &str| {
            let present = folder.join(name).is_file();
            present.then(|| required(name)).transpose()
        };
        let (plan, reference) = (optional("plan.sql")?, optional("reference.sql")?);
        Ok(Self {
            engine: engine.to_owned(),
            kind: kind.to_owned(),
            name: folder
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            folder: folder.to_path_buf(),
            before: required("before.sql")?,
            after: required("after.sql")?,
            reference,
            plan,
            meta,
        })
    }
}

/// All cases of an engine below the workspace's `fixtures/plan`, in order of their names.
pub fn cases(engine: &str) -> Result<Vec<Case>> {
    cases_below(&workspace::root().join("fixtures").join("plan"), engine)
}

/// The same below another folder. `FIXTURE=text` in the environment keeps only the titles that contain it.
pub fn cases_below(plans: &Path, engine: &str) -> Result<Vec<Case>> {
    let only = std::env::var("FIXTURE").unwrap_or_default();
    let mut found = Vec::new();
    let below = plans.join(engine);
    if !below.is_dir() {
        return Ok(found);
    }
    for kind in names(&below)? {
        for name in names(&below.join(&kind))? {
            let case = Case::read(engine, &kind, &below.join(&kind).join(&name))?;
            if case.title().contains(&only) {
                found.push(case);
            }
        }
    }
    Ok(found)
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

impl Meta {
    /// Reads the part of TOML that a case needs: `key = "text"` and `key = true`, one a line, with `#` comments.
    pub fn parse(text: &str) -> Result<Self> {
        let mut meta = Self::default();
        for (key, value) in pairs(text)? {
            match (key.as_str(), value) {
                ("versions", Value::Text(text)) => meta.versions = Some(Versions::parse(&text)?),
                ("flavour", Value::Text(text)) => meta.flavour = Some(text),
                ("refused", Value::Text(text)) => meta.refused = Some(text),
                ("note", Value::Text(text)) => meta.note = Some(text),
                ("destructive", Value::Flag(flag)) => meta.destructive = flag,
                ("unproven", Value::Flag(flag)) => meta.unproven = flag,
                ("irreversible", Value::Flag(flag)) => meta.irreversible = flag,
                ("offline", Value::Flag(flag)) => meta.offline = flag,
                (key, _) => bail!(
                    "`{key}` is no key here, or its value is of another kind; there are versions, flavour, refused and \
                     note (text), destructive, unproven, irreversible and offline (true or false)"
                ),
            }
        }
        Ok(meta)
    }
}

enum Value {
    Text(String),
    Flag(bool),
}

fn pairs(text: &str) -> Result<BTreeMap<String, Value>> {
    let mut pairs = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let at = || format!("line {}: `{line}` is not `key = value`", index + 1);
        let (key, rest) = line.split_once('=').with_context(at)?;
        let rest = rest.trim();
        let (value, tail) = if let Some(inner) = rest.strip_prefix('"') {
            let (inner, tail) = inner.split_once('"').with_context(at)?;
            (Value::Text(inner.to_owned()), tail)
        } else {
            let (word, tail) = rest.split_at(rest.find([' ', '#']).unwrap_or(rest.len()));
            (Value::Flag(word.parse().ok().with_context(at)?), tail)
        };
        let tail = tail.trim();
        if !tail.is_empty() && !tail.starts_with('#') {
            bail!(at());
        }
        if pairs.insert(key.trim().to_owned(), value).is_some() {
            bail!("line {}: `{}` is given twice", index + 1, key.trim());
        }
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[test]
    fn folders_become_cases_in_order() {
        let root = tempfile::tempdir().unwrap();
        for case in [
            "sqlite/table/drop",
            "sqlite/table/add",
            "sqlite/index/add",
            "postgres/enum/grow",
        ] {
            write(root.path(), &format!("{case}/before.sql"), "-- before\n");
            write(root.path(), &format!("{case}/after.sql"), "-- after\n");
        }
        write(root.path(), "sqlite/table/drop/plan.sql", "DROP TABLE a;\n");
        write(
            root.path(),
            "sqlite/table/drop/case.toml",
            "destructive = true # rows\nversions = \"15-\"\n",
        );
        let cases = cases_below(root.path(), "sqlite").unwrap();
        let titles: Vec<_> = cases.iter().map(Case::title).collect();
        assert_eq!(
            titles,
            ["sqlite/index/add", "sqlite/table/add", "sqlite/table/drop"]
        );
        let last = cases.last().unwrap();
        assert_eq!(last.plan.as_deref(), Some("DROP TABLE a;\n"));
        assert!(last.meta.destructive);
        let versions = last.meta.versions.unwrap();
        assert!(versions.contains(15) && versions.contains(18) && !versions.contains(14));
        assert!(cases_below(root.path(), "mysql").unwrap().is_empty());
    }

    #[test]
    fn a_stray_file_or_key_is_an_error() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), "sqlite/table/add/before.sql", "");
        write(root.path(), "sqlite/table/add/afer.sql", "");
        let error = cases_below(root.path(), "sqlite").unwrap_err().to_string();
        assert!(error.contains("afer.sql"), "{error}");
        assert!(Meta::parse("destuctive = true").is_err());
        assert!(Meta::parse("destructive = \"yes\"").is_err());
        assert!(Meta::parse("versions = \"x\"").is_err());
        assert!(Meta::parse("note = \"a\" b").is_err());
        assert!(Meta::parse("note = \"a\"\nnote = \"b\"").is_err());
    }
}
