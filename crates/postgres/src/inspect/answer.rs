//! The rows of one answer, read by column name.
//!
//! Neighbours: every part decodes through it. Invariant: what an answer does not hold as asked is an error that names
//! the answer and the column, never a default.

use driftless_planner::{Cells, Rows};
use driftless_sql::Diagnostic;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::str::FromStr;

pub(super) type Read<T> = Result<T, Diagnostic>;

/// One answer with its columns found.
pub(super) struct Sheet<'a> {
    what: &'static str,
    at: HashMap<&'a str, usize>,
    rows: &'a Rows,
}

/// One row of it.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    sheet: &'a Sheet<'a>,
    cells: Cells<'a>,
}

impl<'a> Sheet<'a> {
    pub fn new(what: &'static str, answer: &'a Rows) -> Self {
        Sheet {
            what,
            at: answer
                .columns()
                .iter()
                .enumerate()
                .map(|(i, c)| (c.as_str(), i))
                .collect(),
            rows: answer,
        }
    }
    pub fn lines(&'a self) -> impl Iterator<Item = Line<'a>> {
        self.rows
            .iter()
            .map(move |cells| Line { sheet: self, cells })
    }
}

impl<'a> Line<'a> {
    /// The value, where it is not NULL.
    pub fn maybe(&self, column: &str) -> Read<Option<&'a str>> {
        match self.sheet.at.get(column) {
            Some(at) => Ok(self.cells.get(*at)),
            None => Err(self.wrong(column, "is missing")),
        }
    }
    pub fn text(&self, column: &str) -> Read<&'a str> {
        self.maybe(column)?
            .ok_or_else(|| self.wrong(column, "is NULL"))
    }
    /// The value as owned text, where it is not NULL.
    pub fn owned(&self, column: &str) -> Read<Option<String>> {
        Ok(self.maybe(column)?.map(str::to_owned))
    }
    pub fn flag(&self, column: &str) -> Read<bool> {
        Ok(self.text(column)? == "t")
    }
    pub fn number<T: FromStr>(&self, column: &str) -> Read<T> {
        self.number_or_null(column)?
            .ok_or_else(|| self.wrong(column, "is NULL"))
    }
    pub fn number_or_null<T: FromStr>(&self, column: &str) -> Read<Option<T>> {
        self.maybe(column)?
            .map(|text| text.parse())
            .transpose()
            .map_err(|_| self.wrong(column, "is no number"))
    }
    /// One letter, as `"char"` columns are.
    pub fn letter(&self, column: &str) -> Read<char> {
        Ok(self.text(column)?.chars().next().unwrap_or(' '))
    }
    /// A JSON list; NULL is the empty one.
    pub fn list<T: DeserializeOwned>(&self, column: &str) -> Read<Vec<T>> {
        let Some(text) = self.maybe(column)? else {
            return Ok(Vec::new());
        };
        serde_json::from_str(text).map_err(|e| self.wrong(column, &format!("does not read: {e}")))
    }
    pub fn wrong(&self, column: &str, why: &str) -> Diagnostic {
        Diagnostic::error(
            "D0509",
            format!(
                "the server's answer about {} is not understood",
                self.sheet.what
            ),
        )
        .note(format!("its column `{column}` {why}"))
    }
}
