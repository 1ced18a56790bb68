//! What a list of keys is made of: shapes, fields, and which engines have them.

use crate::catalog::Dialect;

/// One kind of mapping.
#[derive(Debug)]
pub struct Shape {
    /// Its name in the JSON Schema, and in messages.
    pub name: &'static str,
    pub said: &'static str,
    pub fields: &'static [&'static [Field]],
    /// A single value stands for the mapping with this key alone.
    pub scalar: Option<&'static str>,
    /// A list stands for the mapping with this key alone.
    pub list: Option<&'static str>,
    /// Nothing at all stands for the empty mapping.
    pub empty: bool,
}

/// One key of a mapping.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    pub key: &'static str,
    pub what: What,
    /// Only these engines have it; none: all of them.
    pub on: &'static [Dialect],
    pub must: bool,
    pub said: &'static str,
}

/// What stands behind a key.
#[derive(Debug, Clone, Copy)]
pub enum What {
    /// Also a number or a bool, as it is written.
    Text,
    /// `name`, `schema.name`, a part in double quotes where it holds a dot.
    Name,
    /// One expression, as SQL text.
    Sql,
    /// One query, as SQL text.
    Query,
    Flag,
    Number,
    Words(&'static [&'static str]),
    /// A list of texts, or one.
    Texts,
    /// Free keys with texts.
    Options,
    One(&'static Shape),
    /// A list, or one of its items.
    List(&'static Shape),
    /// Names and what they are.
    Map(&'static Shape),
    /// The same, or a list of names where there is nothing more to say.
    Names(&'static Shape),
    /// Names and what they are, or a list of those, which may go without a name.
    Many(&'static Shape),
    /// Names with one or a list of those that share it.
    Overloads(&'static Shape),
    /// Roles with what they may do.
    Grants(&'static Shape),
}

pub(super) const fn may(key: &'static str, what: What, said: &'static str) -> Field {
    Field {
        key,
        what,
        on: &[],
        must: false,
        said,
    }
}

pub(super) const fn must(key: &'static str, what: What, said: &'static str) -> Field {
    Field {
        must: true,
        ..may(key, what, said)
    }
}

pub(super) const fn pg(key: &'static str, what: What, said: &'static str) -> Field {
    Field {
        on: &[Dialect::Postgres],
        ..may(key, what, said)
    }
}

pub(super) const fn lite(key: &'static str, what: What, said: &'static str) -> Field {
    Field {
        on: &[Dialect::Sqlite],
        ..may(key, what, said)
    }
}

/// MySQL and MariaDB.
pub(super) const fn my(key: &'static str, what: What, said: &'static str) -> Field {
    Field {
        on: &[Dialect::Mysql, Dialect::Mariadb],
        ..may(key, what, said)
    }
}

pub(super) const fn maria(key: &'static str, what: What, said: &'static str) -> Field {
    Field {
        on: &[Dialect::Mariadb],
        ..may(key, what, said)
    }
}

/// PostgreSQL, MySQL and MariaDB.
pub(super) const fn servers(key: &'static str, what: What, said: &'static str) -> Field {
    Field {
        on: &[Dialect::Postgres, Dialect::Mysql, Dialect::Mariadb],
        ..may(key, what, said)
    }
}

/// SQLite, MySQL and MariaDB.
pub(super) const fn others(key: &'static str, what: What, said: &'static str) -> Field {
    Field {
        on: &[Dialect::Sqlite, Dialect::Mysql, Dialect::Mariadb],
        ..may(key, what, said)
    }
}

pub(super) const fn shape(
    name: &'static str,
    said: &'static str,
    fields: &'static [&'static [Field]],
) -> Shape {
    Shape {
        name,
        said,
        fields,
        scalar: None,
        list: None,
        empty: false,
    }
}

impl Shape {
    pub(super) const fn or_scalar(self, key: &'static str) -> Shape {
        Shape {
            scalar: Some(key),
            ..self
        }
    }
    pub(super) const fn or_list(self, key: &'static str) -> Shape {
        Shape {
            list: Some(key),
            ..self
        }
    }
    pub(super) const fn or_nothing(self) -> Shape {
        Shape {
            empty: true,
            ..self
        }
    }
    pub fn all(&self) -> impl Iterator<Item = &'static Field> + use<> {
        self.fields.iter().flat_map(|group| group.iter())
    }
    pub fn field(&self, key: &str) -> Option<&'static Field> {
        self.all().find(|f| f.key == key)
    }
}
