//! What a statement returned, every value as text.
//!
//! Neighbours: drivers fill it, dialects and the ledger read it. Invariant: every row has as many cells as there are
//! columns. One text holds all values, for catalogs have millions of small ones.

/// One result set; NULL is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    columns: Vec<String>,
    text: String,
    /// Where each cell ends in `text`, and whether it is NULL.
    cells: Vec<(usize, bool)>,
}

/// One row.
#[derive(Clone, Copy)]
pub struct Cells<'a> {
    rows: &'a Rows,
    first: usize,
}

impl Rows {
    pub fn new(columns: Vec<String>) -> Self {
        Rows {
            columns,
            ..Rows::default()
        }
    }
    pub fn columns(&self) -> &[String] {
        &self.columns
    }
    /// Adds a row; cells that it lacks are NULL, those beyond the columns are left out.
    pub fn push<'v>(&mut self, values: impl IntoIterator<Item = Option<&'v str>>) {
        let wanted = self.cells.len() + self.columns.len();
        for value in values.into_iter().take(self.columns.len()) {
            self.text.push_str(value.unwrap_or_default());
            self.cells.push((self.text.len(), value.is_none()));
        }
        self.cells.resize(wanted, (self.text.len(), true));
    }
    pub fn len(&self) -> usize {
        match self.columns.len() {
            0 => 0,
            width => self.cells.len() / width,
        }
    }
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }
    pub fn first(&self) -> Option<Cells<'_>> {
        self.iter().next()
    }
    pub fn iter(&self) -> impl Iterator<Item = Cells<'_>> {
        (0..self.len()).map(|row| Cells {
            rows: self,
            first: row * self.columns.len(),
        })
    }
}

impl<'a> Cells<'a> {
    /// The value of a column; `None` where it is NULL or there is no such column.
    pub fn get(&self, column: usize) -> Option<&'a str> {
        if column >= self.rows.columns.len() {
            return None;
        }
        let at = self.first + column;
        let (end, null) = *self.rows.cells.get(at)?;
        let start = match at
            .checked_sub(1)
            .and_then(|before| self.rows.cells.get(before))
        {
            Some((start, _)) => *start,
            None => 0,
        };
        (!null).then(|| self.rows.text.get(start..end)).flatten()
    }
    pub fn iter(self) -> impl Iterator<Item = Option<&'a str>> {
        (0..self.rows.columns.len()).map(move |column| self.get(column))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_what_was_put_in() {
        let mut rows = Rows::new(vec!["a".into(), "b".into()]);
        assert!(rows.is_empty() && rows.first().is_none());
        rows.push([Some(""), None]);
        rows.push([Some("é"), Some("x")]);
        rows.push([Some("short")]);
        rows.push([None, Some("1"), Some("too much")]);
        let all: Vec<Vec<Option<&str>>> = rows.iter().map(|r| r.iter().collect()).collect();
        assert_eq!(
            all,
            [
                [Some(""), None],
                [Some("é"), Some("x")],
                [Some("short"), None],
                [None, Some("1")],
            ]
        );
        assert_eq!(rows.len(), 4);
        assert_eq!(rows.first().and_then(|r| r.get(0)), Some(""));
        assert_eq!(rows.first().and_then(|r| r.get(2)), None);
    }
}
