//! What a kind that is made of clauses holds: collations, operators, foreign servers, publications and their like.
//!
//! Neighbours: the dialect knows which clauses a kind has, reads and prints them. Invariant: the pieces are in one
//! fixed order, and the text says the same as they do.

use crate::id::{Kind, Name, ObjectId, Part};
use crate::text::SqlText;
use crate::types::TypeRef;

#[derive(Debug, Clone, Default)]
pub struct Definition {
    /// What stands behind the name in CREATE (and, behind that, what only ALTER can say), in its canonical spelling.
    pub text: String,
    pub pieces: Vec<Piece>,
}

/// One clause.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// Which clause: `handler`, `option`, `mapping`.
    pub key: String,
    /// Which of several: an option's name, a kind of token, a number. Empty: there is only one.
    pub name: String,
    pub values: Vec<Value>,
}

/// What a clause says.
#[derive(Debug, Clone)]
pub enum Value {
    /// As it stands: a word, a number, an operator.
    Word(String),
    /// What a string holds.
    Text(String),
    /// A name of one part.
    Name(String),
    Type(TypeRef),
    Object(ObjectId),
    Sql(SqlText),
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Word(a), Value::Word(b))
            | (Value::Text(a), Value::Text(b))
            | (Value::Name(a), Value::Name(b)) => a == b,
            (Value::Type(a), Value::Type(b)) => a == b,
            // A function's arguments are known only where it is declared.
            (Value::Object(a), Value::Object(b)) => {
                let named = (&a.schema, &a.name) == (&b.schema, &b.name);
                named && (a.args == b.args || a.args.is_none() || b.args.is_none())
            }
            (Value::Sql(a), Value::Sql(b)) => a.compare(b) == crate::Verdict::Same,
            _ => false,
        }
    }
}

impl Piece {
    pub fn new(key: impl Into<String>, values: Vec<Value>) -> Piece {
        Piece {
            key: key.into(),
            name: String::new(),
            values,
        }
    }
    pub fn named(self, name: impl Into<String>) -> Piece {
        Piece {
            name: name.into(),
            ..self
        }
    }
    /// What it refers to; columns behind a table are that table's.
    pub fn parts(&self) -> Vec<Part> {
        let mut out = Vec::new();
        let mut table: Option<&ObjectId> = None;
        for value in &self.values {
            match value {
                Value::Type(ty) => out.extend(ty.parts()),
                Value::Object(id) => {
                    table = Some(id).filter(|id| id.kind == Kind::Table);
                    out.push(id.part());
                }
                Value::Sql(text) => out.extend(text.parts().cloned()),
                Value::Name(name) => {
                    out.extend(table.map(|id| id.member(&Name::exact(name.as_str()))));
                }
                Value::Word(_) | Value::Text(_) => {}
            }
        }
        out
    }
    /// Whether both are the same clause, whatever it says.
    pub fn is(&self, other: &Piece) -> bool {
        self.key == other.key && self.name == other.name
    }
}

impl Definition {
    pub fn piece(&self, key: &str) -> Option<&Piece> {
        self.pieces.iter().find(|p| p.key == key)
    }
    /// The first thing that a clause says.
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.piece(key)?.values.first()
    }
    /// A word or text that a clause says.
    pub fn word(&self, key: &str) -> Option<&str> {
        match self.value(key)? {
            Value::Word(w) | Value::Text(w) | Value::Name(w) => Some(w),
            _ => None,
        }
    }
    pub fn ty(&self, key: &str) -> Option<&TypeRef> {
        match self.value(key)? {
            Value::Type(ty) => Some(ty),
            _ => None,
        }
    }
    pub fn object(&self, key: &str) -> Option<&ObjectId> {
        match self.value(key)? {
            Value::Object(id) => Some(id),
            _ => None,
        }
    }
    /// Says a clause; in the place of what it said before.
    pub fn set(&mut self, piece: Piece) {
        match self.pieces.iter_mut().find(|p| p.is(&piece)) {
            Some(standing) => *standing = piece,
            None => self.pieces.push(piece),
        }
    }
    pub fn remove(&mut self, key: &str) {
        self.pieces.retain(|p| p.key != key);
    }

    fn values(&self) -> impl Iterator<Item = &Value> {
        self.pieces.iter().flat_map(|p| &p.values)
    }
    fn values_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        self.pieces.iter_mut().flat_map(|p| &mut p.values)
    }

    pub fn parts(&self) -> Vec<Part> {
        self.pieces.iter().flat_map(Piece::parts).collect()
    }
    pub fn ids_mut(&mut self) -> Vec<&mut ObjectId> {
        self.values_mut()
            .filter_map(|value| match value {
                Value::Type(ty) => ty.target.as_mut(),
                Value::Object(id) => Some(id),
                _ => None,
            })
            .collect()
    }
    pub fn types_mut(&mut self) -> impl Iterator<Item = &mut TypeRef> {
        self.values_mut().filter_map(|value| match value {
            Value::Type(ty) => Some(ty),
            _ => None,
        })
    }
    pub fn texts(&self) -> Vec<&SqlText> {
        self.values()
            .filter_map(|value| match value {
                Value::Sql(text) => Some(text),
                _ => None,
            })
            .collect()
    }
    pub fn texts_mut(&mut self) -> Vec<&mut SqlText> {
        self.values_mut()
            .filter_map(|value| match value {
                Value::Sql(text) => Some(text),
                _ => None,
            })
            .collect()
    }
}
