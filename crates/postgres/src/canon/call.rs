//! Function calls: the server's keyword functions, built-in and user functions, windows.
//!
//! Neighbours: `infer` finds the function. Invariant: the server's own functions stand bare, a user's under its schema.

use super::infer::Found;
use super::known::{self, Known};
use super::predicate;
use super::settler::{Settler, Typed};
use crate::types::Type;
use crate::types::multirange_name;
use driftless_model::{Body, Kind, Name, Object, ObjectId, Ref};
use driftless_sql::{Ident, Tree, Window};

/// Functions without brackets, and what they give.
const BARE: &[(&str, &str)] = &[
    ("current_catalog", "name"),
    ("current_date", "date"),
    ("current_role", "name"),
    ("current_schema", "name"),
    ("current_time", "timetz"),
    ("current_timestamp", "timestamptz"),
    ("current_user", "name"),
    ("localtime", "time"),
    ("localtimestamp", "timestamp"),
    ("session_user", "name"),
    ("system_user", "text"),
    ("user", "name"),
];

impl Settler<'_> {
    /// A form of the standard's own grammar (`x AT TIME ZONE z`): servers keep it apart from the plain call.
    pub(super) fn keyworded(&mut self, name: &str, args: Vec<Tree>) -> Typed {
        let mut tree = predicate::call(name, args);
        if let Tree::Call { keyworded, .. } = &mut tree {
            *keyworded = true;
        }
        self.call(&tree)
    }

    pub(super) fn call(&mut self, tree: &Tree) -> Typed {
        self.called(tree).0
    }

    /// The call, and the function that was found.
    pub(super) fn called(&mut self, tree: &Tree) -> (Typed, Option<Found>) {
        let Tree::Call {
            name,
            args,
            distinct,
            order_by,
            within_group,
            filter,
            over,
            bare,
            keyworded,
        } = tree
        else {
            return (self.expr(tree), None);
        };
        if let Some(typed) = self.keyword(name, args, *bare) {
            return (typed, None);
        }
        let mut values: Vec<Typed> = args.iter().map(|a| self.expr(a)).collect();
        if values.len() == 1 && values[0].name() == Some("any") {
            values.clear();
        }
        let direct = values.len();
        for key in within_group {
            values.push(self.expr(&key.expr));
        }
        if let Some(typed) = self.conversion(name, &values) {
            return (typed, None);
        }
        let (mut trees, found, spelled) = self.resolve(name, values);
        let ordered = trees.split_off(direct.min(trees.len()));
        if args.len() == 1 && matches!(args[0], Tree::Star(ref s) if s.is_empty()) {
            trees = vec![Tree::Star(Vec::new())];
        }
        let within_group = within_group
            .iter()
            .zip(ordered)
            .map(|(key, expr)| super::expr::sort_key(expr, key))
            .collect();
        let out = Tree::Call {
            name: spelled,
            args: trees,
            bare: false,
            keyworded: *keyworded && keeps_keywords(found.as_ref()),
            distinct: *distinct,
            order_by: self.sort_keys(order_by),
            within_group,
            filter: filter.as_ref().map(|f| Box::new(self.condition(f))),
            over: over.as_ref().map(|w| Box::new(self.window(w))),
        };
        let ty = found
            .as_ref()
            .filter(|f| !f.result.is_empty())
            .map(|f| Type::new(f.result.clone()));
        (Typed { tree: out, ty }, found)
    }

    pub(super) fn window(&mut self, window: &Window) -> Window {
        Window {
            name: window.name.clone(),
            partition_by: window
                .partition_by
                .iter()
                .map(|p| {
                    let value = self.expr(p);
                    self.settled(value).tree
                })
                .collect(),
            order_by: self.sort_keys(&window.order_by),
            frame: window.frame.clone(),
        }
    }

    /// Functions that the server's grammar knows.
    fn keyword(&mut self, name: &[Ident], args: &[Tree], bare: bool) -> Option<Typed> {
        let [name] = name else {
            return None;
        };
        if name.quoted {
            return None;
        }
        let word = name.text.as_str();
        if let Some((_, ty)) = BARE.iter().find(|(n, _)| *n == word)
            && (bare || word.starts_with("current_time") || word.starts_with("localtime"))
        {
            let mut tree = predicate::call(word, args.to_vec());
            if let Tree::Call { bare, .. } = &mut tree {
                *bare = true;
            }
            return Some(Typed::new(tree, ty));
        }
        match (word, args) {
            ("coalesce" | "greatest" | "least", _) => {
                let values = args.iter().map(|a| self.expr(a)).collect();
                let (trees, ty) = self.meet(values);
                Some(Typed {
                    tree: predicate::call(word, trees),
                    ty,
                })
            }
            ("nullif", [_, _]) => {
                let values: Vec<Typed> = args.iter().map(|a| self.expr(a)).collect();
                let first = values[0].ty.clone();
                let (trees, found) = self.operands("=", values);
                // The result is of the type that the first operand was compared in.
                let ty = match (found, first) {
                    (Some(f), Some(t)) if f.args[0] != t.name => Some(Type::new(f.args[0].clone())),
                    (_, first) => first,
                };
                Some(Typed {
                    tree: predicate::call(word, trees),
                    ty,
                })
            }
            // NORMALIZE(x, NFKC): the form is a keyword.
            ("normalize", [text, form @ ..]) => {
                let mut values = vec![self.expr(text)];
                match form {
                    [] => {}
                    [Tree::Column(parts)] => {
                        let form = Tree::Text(parts.last()?.text.to_ascii_uppercase());
                        values.push(Typed::new(form, "unknown"));
                    }
                    _ => return None,
                }
                let (trees, found, spelled) = self.resolve(&[Ident::new(word)], values);
                let mut tree = predicate::call(word, trees);
                if let Tree::Call {
                    name, keyworded, ..
                } = &mut tree
                {
                    *name = spelled;
                    *keyworded = true;
                }
                Some(Typed {
                    tree,
                    ty: found.map(|f| Type::new(f.result)),
                })
            }
            ("grouping", _) => {
                let trees = args.iter().map(|a| self.expr(a).tree).collect();
                Some(Typed::new(predicate::call(word, trees), "int4"))
            }
            _ => None,
        }
    }

    /// `text(x)`, `date('…')`: a type's name called like a function is a cast where that needs no function.
    fn conversion(&mut self, name: &[Ident], values: &[Typed]) -> Option<Typed> {
        let ([name], [value]) = (name, values) else {
            return None;
        };
        let known = super::known::Known::get();
        if !known.is_type(&name.text) || name.text == "interval" {
            return None;
        }
        let from = value.name()?;
        let exact = known.functions(&name.text).iter().any(|f| f.args == [from]);
        let line = self.infer.cast(from, &name.text, 'e')?;
        (!exact && line.method != 'f')
            .then(|| self.convert(value.clone(), &Type::new(name.text.clone()), true))
    }

    fn resolve(
        &mut self,
        name: &[Ident],
        values: Vec<Typed>,
    ) -> (Vec<Tree>, Option<Found>, Vec<Ident>) {
        let (schema, own) = match name {
            [own] => (None, own),
            [schema, own] => (Some(schema.text.as_str()), own),
            [.., schema, own] => (Some(schema.text.as_str()), own),
            [] => {
                return (
                    values.into_iter().map(|v| v.tree).collect(),
                    None,
                    Vec::new(),
                );
            }
        };
        let named = values.iter().any(|v| matches!(v.tree, Tree::Named(..)));
        let types: Option<Vec<String>> =
            values.iter().map(|v| v.name().map(str::to_owned)).collect();
        let found = types
            .filter(|_| !named)
            .and_then(|types| self.infer.function(schema, &own.text, &types, self.path));
        if let Some(found) = found {
            let trees = values
                .into_iter()
                .zip(&found.args)
                .map(|(v, to)| self.coerce(v, to))
                .collect();
            self.function_ref(&found, name);
            let spelled = spelled(&found.name);
            return (trees, Some(found), spelled);
        }
        let trees = values.into_iter().map(|v| self.settled(v).tree).collect();
        self.sure = false;
        if let Some(found) = self.infer.loose(schema, &own.text, self.path) {
            self.function_ref(&found, name);
            let spelled = spelled(&found.name);
            return (trees, Some(found), spelled);
        }
        if self.is_nowhere(schema, &own.text, trees.len()) {
            let told: Vec<&str> = name.iter().map(|n| n.text.as_str()).collect();
            let message = format!("function `{}` is not declared", told.join("."));
            let span = name.first().map(|first| first.span.to(own.span));
            self.refuse("D0302", message, span);
        }
        let bare = schema.is_none()
            || self.infer.may_be_extensions(schema)
            || self.is_unmodelled(schema, &own.text);
        let spelled = if bare {
            vec![Ident::new(own.text.clone())]
        } else {
            name.to_vec()
        };
        (trees, None, spelled)
    }

    /// Neither the server, nor an extension, nor a file has a function of that name, and it is no other notation of
    /// something else: of a cast, a range or a column.
    fn is_nowhere(&self, schema: Option<&str>, name: &str, arguments: usize) -> bool {
        let catalog = self.catalog();
        let known = Known::get();
        let in_extension = |s: &str| known::extensions(catalog).any(|(_, lives)| lives == s);
        let elsewhere = match schema {
            None => known.brings(name, catalog) || known.is_type(name),
            Some(s) => in_extension(s) || matches!(s, "pg_catalog" | "information_schema"),
        };
        if elsewhere || !self.knows_all() || self.is_unmodelled(schema.or(Some("public")), name) {
            return false;
        }
        let own = Name::exact(name);
        let has = |object: &Object| match &object.body {
            Body::Table(t) => arguments == 1 && t.column(&own).is_some(),
            Body::Composite(c) => arguments == 1 && c.attributes.iter().any(|a| a.name == own),
            // Its own column of that name has no type yet.
            Body::View(v) => {
                let mut output = v.output.iter();
                arguments == 1 && output.any(|(n, ty)| *n == own && ty.is_some())
            }
            Body::Definition(d) => d.word("multirange_type_name") == Some(name),
            _ => false,
        };
        let named = |id: &ObjectId| {
            let called = id.kind.is_routine() || id.kind.is_type() || id.kind.is_relation();
            let multirange = id.kind == Kind::Range && multirange_name(id.name.as_str()) == name;
            called && id.name == own || multirange
        };
        let mut all = catalog.objects.iter();
        !all.any(|(id, object)| named(id) || has(object))
    }

    /// An aggregate, say: it is known by its name alone.
    fn is_unmodelled(&self, schema: Option<&str>, name: &str) -> bool {
        self.catalog().unmodelled.iter().any(|u| {
            let Some((told, _)) = u.name.split_once('(') else {
                return false;
            };
            match super::infer::split_name(told).as_slice() {
                [own] => own == name && schema == Some("public"),
                [lives, own] => own == name && schema == Some(lives),
                _ => false,
            }
        })
    }

    fn function_ref(&mut self, found: &Found, name: &[Ident]) {
        self.extension_ref(found.extension);
        let (Some(id), Some(first), Some(last)) = (&found.target, name.first(), name.last()) else {
            return;
        };
        self.refs.push(Ref {
            part: id.part(),
            span: Some(first.span.to(last.span)),
            qualify: true,
        });
    }
}

/// Servers keep and print the standard's grammar apart from the plain call, but for `substring(x FROM pattern)`.
fn keeps_keywords(found: Option<&Found>) -> bool {
    !found.is_some_and(|f| {
        f.target.is_none()
            && f.name.trim_matches('"') == "substring"
            && matches!(f.args.as_slice(), [_, pattern] if pattern == "text")
    })
}

fn spelled(name: &str) -> Vec<Ident> {
    super::infer::split_name(name)
        .into_iter()
        .map(Ident::new)
        .collect()
}
