//! The state of one text's settling: scopes, what was found, whether all of it was understood.
//!
//! Neighbours: `expr`, `call`, `query`, `from` and `column` are its methods. Invariant: `sure` only ever falls.

use super::infer::Infer;
use super::known::{Known, extensions};
use super::literal;
use super::scope::{Named, Scope};
use crate::types::{self, Type};
use driftless_model::{Catalog, Kind, Name, ObjectId, Part, Ref, Refusal};
use driftless_sql::{Span, Tree, TypeName};

/// A canonical tree and its type: `None` is not known, `unknown` is a bare literal's.
#[derive(Debug, Clone)]
pub(super) struct Typed {
    pub tree: Tree,
    pub ty: Option<Type>,
}

impl Typed {
    pub fn new(tree: Tree, ty: &str) -> Typed {
        Typed {
            tree,
            ty: Some(Type::new(ty)),
        }
    }
    pub fn lost(tree: Tree) -> Typed {
        Typed { tree, ty: None }
    }
    /// The type's name, without a modifier.
    pub fn name(&self) -> Option<&str> {
        self.ty.as_ref().map(|t| t.name.as_str())
    }
    pub fn is_unknown(&self) -> bool {
        self.name() == Some("unknown")
    }
}

/// Relations, in the order in which a bare name is looked for within one schema.
pub(super) const RELATIONS: [Kind; 4] = [
    Kind::Table,
    Kind::View,
    Kind::MaterializedView,
    Kind::Sequence,
];

pub(super) struct Settler<'a> {
    pub infer: Infer<'a>,
    pub path: &'a [String],
    pub sure: bool,
    pub refs: Vec<Ref>,
    /// A column that a known relation does not have.
    pub missing: Option<(String, Span)>,
    /// Why the server would refuse it: the first thing that is known for certain.
    pub refused: Option<Refusal>,
    pub scopes: Vec<Scope>,
    pub ctes: Vec<Named>,
    /// Frames are numbered through the whole text.
    pub frames: usize,
    /// User types by the text that named them; their places are found among the tokens.
    pub types: Vec<(String, ObjectId)>,
    /// Relations named in strings (`'s'::regclass`).
    pub strings: Vec<(String, ObjectId)>,
    /// How many nodes were settled: forms that the server doubles (BETWEEN) could double without end.
    pub steps: usize,
    pub depth: usize,
    /// The type of VALUE in a domain's CHECK.
    pub value: Option<Type>,
}

impl<'a> Settler<'a> {
    pub fn new(catalog: &'a Catalog, path: &'a [String]) -> Settler<'a> {
        Settler {
            infer: Infer { catalog },
            path,
            sure: true,
            refs: Vec::new(),
            missing: None,
            refused: None,
            scopes: Vec::new(),
            ctes: Vec::new(),
            frames: 0,
            types: Vec::new(),
            strings: Vec::new(),
            steps: 0,
            depth: 0,
            value: None,
        }
    }

    pub fn catalog(&self) -> &'a Catalog {
        self.infer.catalog
    }

    pub fn implied(&mut self, part: Part) {
        if !self.refs.iter().any(|r| r.part == part) {
            self.refs.push(Ref {
                part,
                span: None,
                qualify: false,
            });
        }
    }

    /// Something of an extension's is used.
    pub fn extension_ref(&mut self, name: &str) {
        if !name.is_empty() {
            let id = ObjectId::new(Kind::Extension, Name::default(), Name::exact(name));
            self.implied(id.part());
        }
    }

    /// The relation that a dotted name means under the search path.
    pub fn relation(&self, names: &[String]) -> Option<ObjectId> {
        match names {
            [name] => self.path.iter().find_map(|schema| {
                let schema = Name::exact(schema.clone());
                self.catalog()
                    .find(&RELATIONS, &schema, &Name::exact(name.clone()))
            }),
            [schema, name] => {
                let schema = Name::exact(schema.clone());
                self.catalog()
                    .find(&RELATIONS, &schema, &Name::exact(name.clone()))
            }
            _ => None,
        }
    }

    /// A written type; what is behind it is noted.
    pub fn type_named(&mut self, written: &str) -> Option<Type> {
        let (ty, target) = match types::read(written, self.path, self.catalog()) {
            Ok(found) => found,
            Err(wrong) => {
                self.sure = false;
                if let types::Wrong::Unknown(name) = wrong
                    && self.knows_all()
                {
                    let message = format!("type `{name}` is not declared");
                    self.refuse("D0301", message, None);
                }
                return None;
            }
        };
        self.extension_ref(super::known::Known::get().extension_of_type(&ty.name));
        if let Some(id) = target {
            self.implied(id.part());
            if !self.types.iter().any(|(w, _)| w == written) {
                self.types.push((written.to_owned(), id));
            }
        }
        Some(ty)
    }

    /// As the server coerces where it must: nothing where a type is not known.
    pub fn coerce(&mut self, value: Typed, to: &str) -> Tree {
        if to == "any" || value.name().is_none() || value.name() == Some(to) {
            return value.tree;
        }
        self.convert(value, &Type::new(to), false).tree
    }

    /// A cast, written or not.
    pub fn convert(&mut self, value: Typed, to: &Type, written: bool) -> Typed {
        let done = |tree: Tree| Typed {
            tree,
            ty: Some(to.clone()),
        };
        let Some(from) = value.ty.clone() else {
            let tree = if written {
                cast(value.tree, to)
            } else {
                value.tree
            };
            return done(tree);
        };
        if from == *to || from.name == to.name && to.modifier.is_empty() && !written {
            return done(value.tree);
        }
        if from.name == "unknown" {
            return done(self.constant(value.tree, to));
        }
        if written {
            self.castable(&from.name, &to.name, 'e');
        }
        if from.name == "record" && !to.name.contains('.') || to.name == "record" {
            return done(value.tree);
        }
        if let (Tree::Row(items), Some(fields)) =
            (&value.tree, self.infer.fields(&self.infer.base(&to.name)))
        {
            let items = items
                .iter()
                .zip(fields)
                .map(|(item, (_, ty))| self.field_value(item, ty))
                .collect();
            return done(cast(Tree::Row(items), to));
        }
        // COLLATE stays outermost: the server coerces below it.
        if let Tree::Collate(inner, name) = &value.tree {
            let inner = Typed {
                tree: inner.as_ref().clone(),
                ty: value.ty.clone(),
            };
            let inner = self.convert(inner, to, written).tree;
            return done(Tree::Collate(Box::new(inner), name.clone()));
        }
        if let (Tree::Array(items), Some(element), Some(inner)) =
            (&value.tree, to.element(), from.element())
            && !items.is_empty()
        {
            let items = items
                .iter()
                .map(|item| {
                    let ty = if matches!(item, Tree::Array(_)) {
                        from.clone()
                    } else {
                        inner.clone()
                    };
                    let goal = if matches!(item, Tree::Array(_)) {
                        to.clone()
                    } else {
                        element.clone()
                    };
                    let item = Typed {
                        tree: item.clone(),
                        ty: Some(ty),
                    };
                    self.convert(item, &goal, written).tree
                })
                .collect();
            return done(Tree::Array(items));
        }
        match folded(&value.tree, &from, to) {
            Some(tree) => done(tree),
            None => done(cast(value.tree, to)),
        }
    }

    /// Whether the catalog holds all that a name could mean: no statement only an engine understands, no extension
    /// whose members nobody knows.
    pub fn knows_all(&self) -> bool {
        let known = Known::get();
        let catalog = self.catalog();
        let mut installed = extensions(catalog);
        catalog.taint.is_empty() && installed.all(|(name, _)| known.knows_extension(name))
    }

    pub fn refuse(&mut self, code: &'static str, message: String, span: Option<Span>) {
        self.refused.get_or_insert(Refusal {
            code,
            message,
            span,
        });
    }

    /// Refuses a conversion that the server's own types do not have.
    pub fn castable(&mut self, from: &str, to: &str, context: char) {
        let own = |name: &str| {
            let element = name.trim_end_matches("[]");
            !matches!(element, "unknown" | "any" | "record")
                && Known::get().is_type(element)
                && !matches!(Known::get().category(element), 'P' | 'X')
        };
        let (from, to) = (self.infer.base(from), self.infer.base(to));
        if !own(&from) || !own(&to) || self.infer.cast(&from, &to, context).is_some() {
            return;
        }
        // A user's own cast may lead there.
        let mut ids = self.catalog().objects.keys();
        if ids.any(|id| id.kind == Kind::Cast) {
            return;
        }
        let told = |name: &str| Type::new(name).text(self.catalog());
        let message = match context {
            'e' => format!("type {} cannot be cast to {}", told(&from), told(&to)),
            _ => format!(
                "a value of type {} does not go into {}",
                told(&from),
                told(&to)
            ),
        };
        self.refuse("D0305", message, None);
    }

    /// A bare literal of a type that its context gave.
    fn constant(&mut self, tree: Tree, to: &Type) -> Tree {
        let base = self.infer.base(&to.name);
        let text = match tree {
            Tree::Text(text) => text,
            Tree::Null => {
                return cast(
                    Tree::Null,
                    &if base == to.name {
                        to.clone()
                    } else {
                        Type::new(base)
                    },
                );
            }
            other => return cast(other, to),
        };
        let value = match base.as_str() {
            "regclass" => self.relation_text(&text),
            "regtype" => match self.type_named(&text) {
                Some(ty) => Tree::Text(format!("{}{}", ty.name, ty.modifier)),
                None => Tree::Text(text),
            },
            _ if self.infer.fields(&base).is_some() && literal::row(&text).is_some() => {
                // The fields' own spellings stay open.
                self.sure = false;
                Tree::Text(literal::row(&text).unwrap_or(text))
            }
            _ => {
                let (value, sure) = literal::normal(&text, &base, &to.modifier);
                if self.infer.is_enum(&base)
                    && let Some(id) = self.infer.user(&base)
                {
                    self.implied(id.part());
                    self.implied(id.member(&Name::exact(text)));
                }
                self.sure &= sure;
                value
            }
        };
        if let Tree::Bool(b) = value {
            return Tree::Bool(b);
        }
        let plain = cast(value, &Type::new(base.clone()));
        if base == to.name && to.modifier.is_empty() {
            return plain;
        }
        cast(plain, to)
    }

    /// A bare literal in a row takes the type of the row type's field.
    fn field_value(&mut self, item: &Tree, ty: Option<String>) -> Tree {
        let goal = ty.and_then(|t| self.infer.read(&t));
        match (item, goal) {
            (Tree::Text(_) | Tree::Null, Some(goal)) => {
                let item = Typed::new(item.clone(), "unknown");
                self.convert(item, &goal, false).tree
            }
            _ => item.clone(),
        }
    }

    /// `'orders_id_seq'` where a relation is meant.
    fn relation_text(&mut self, text: &str) -> Tree {
        let names = super::infer::split_name(text);
        match self.relation(&names) {
            Some(id) => {
                self.implied(id.part());
                if !self.strings.iter().any(|(t, _)| t == text) {
                    self.strings.push((text.to_owned(), id.clone()));
                }
                Tree::Text(format!("{}.{}", id.schema.as_str(), id.name.as_str()))
            }
            None => {
                self.sure = false;
                Tree::Text(names.join("."))
            }
        }
    }

    /// As a condition.
    pub fn boolean(&mut self, value: Typed) -> Tree {
        self.coerce(value, "bool")
    }

    /// A literal of which nothing says what it is, is text.
    pub fn settled(&mut self, value: Typed) -> Typed {
        if value.is_unknown() {
            return self.convert(value, &Type::new("text"), false);
        }
        value
    }
}

pub(super) fn cast(tree: Tree, to: &Type) -> Tree {
    let text = format!("{}{}", to.name, to.modifier);
    Tree::Cast(Box::new(tree), TypeName { text })
}

/// A constant that is cast to another type without changing its value is a constant of that type.
fn folded(tree: &Tree, from: &Type, to: &Type) -> Option<Tree> {
    let Tree::Cast(inner, name) = tree else {
        return None;
    };
    if !to.modifier.is_empty() || name.text != from.name {
        return None;
    }
    let (from, goal) = (from.name.as_str(), to.name.as_str());
    match inner.as_ref() {
        Tree::Number(n) => {
            let whole = n.bytes().all(|b| b.is_ascii_digit() || b == b'-');
            let numbers = ["int2", "int4", "int8", "numeric", "float4", "float8", "oid"];
            let exact =
                matches!(goal, "numeric" | "float8") || whole && goal != "float4" || goal == from;
            let small = n.len() <= 15 || goal == "numeric";
            let text = match (goal, n.parse::<f64>()) {
                ("float8", Ok(value)) => format!("{value}"),
                _ => n.clone(),
            };
            (numbers.contains(&from)
                && numbers.contains(&goal)
                && exact
                && small
                && from != "float4")
                .then(|| cast(Tree::Number(text), to))
        }
        Tree::Text(text)
            if matches!(from, "text" | "varchar") && matches!(goal, "text" | "varchar") =>
        {
            Some(cast(Tree::Text(text.clone()), to))
        }
        Tree::Null => Some(cast(Tree::Null, to)),
        _ => None,
    }
}

impl Settler<'_> {
    /// Without a cast to the very type that the value is assigned to.
    pub fn without_length(&mut self, value: Typed, target: &Type) -> Typed {
        match (&value.tree, &value.ty) {
            (Tree::Cast(inner, _), Some(ty))
                if ty == target && !ty.modifier.is_empty() && self.plain_cast(inner, ty) =>
            {
                Typed {
                    tree: inner.as_ref().clone(),
                    ty: Some(ty.plain()),
                }
            }
            // An interval's fields are applied as its constant is read; a column without any lets go of them.
            (Tree::Cast(inner, _), Some(ty))
                if ty.name == "interval"
                    && target.name == "interval"
                    && target.modifier.is_empty()
                    && matches!(inner.as_ref(), Tree::Cast(c, _) if matches!(**c, Tree::Text(_)))
                    && self.plain_cast(inner, ty) =>
            {
                Typed {
                    tree: inner.as_ref().clone(),
                    ty: Some(ty.plain()),
                }
            }
            // A bare literal is read with the fields of its column.
            (Tree::Text(_), _) if value.is_unknown() && target.name == "interval" => {
                let value = self.convert(value, target, true);
                match target.modifier.is_empty() {
                    true => value,
                    false => self.without_length(value, target),
                }
            }
            _ => value,
        }
    }

    /// The inner one is already of the type, but for the length.
    fn plain_cast(&self, inner: &Tree, ty: &Type) -> bool {
        matches!(inner, Tree::Cast(_, name) if name.text == ty.name)
    }
}
