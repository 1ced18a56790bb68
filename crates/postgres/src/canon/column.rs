//! Names in value position: columns, whole rows, VALUE.
//!
//! Neighbours: `scope` holds what is in reach. Invariant: a name that is found nowhere is noted, and kept as written.

use super::scope::{Col, Frame, qualified};
use super::settler::{Settler, Typed};
use crate::types::Type;
use driftless_model::{Kind, Part, Ref};
use driftless_sql::{Ident, Span, Tree};

fn span_of(parts: &[Ident]) -> Span {
    match (parts.first(), parts.last()) {
        (Some(a), Some(b)) => a.span.to(b.span),
        _ => Span::default(),
    }
}

/// Columns that every table has.
fn system_column(name: &str) -> Option<&'static str> {
    Some(match name {
        "ctid" => "tid",
        "xmin" | "xmax" => "xid",
        "cmin" | "cmax" => "cid",
        "tableoid" => "oid",
        _ => return None,
    })
}

/// What a name was found to be.
enum Hit {
    Col(Col),
    Row(Frame),
    Loose(Typed),
}

impl Settler<'_> {
    pub(super) fn column(&mut self, parts: &[Ident]) -> Typed {
        let span = span_of(parts);
        match self.look_up(parts) {
            Some(Hit::Col(col)) => {
                if let Some(part) = &col.part {
                    self.column_ref(part.clone(), parts, span);
                }
                self.sure &= col.ty.is_some();
                Typed {
                    tree: col.tree,
                    ty: col.ty,
                }
            }
            Some(Hit::Row(frame)) => self.whole_row(&frame),
            Some(Hit::Loose(typed)) => {
                self.sure = false;
                typed
            }
            None => {
                self.sure = false;
                if self.missing.is_none() && !self.may_be_call(parts) {
                    let name: Vec<&str> = parts.iter().map(|p| p.text.as_str()).collect();
                    self.missing = Some((name.join("."), span));
                }
                Typed::lost(Tree::Column(parts.to_vec()))
            }
        }
    }

    /// `t.f` is another notation of `f(t)`.
    fn may_be_call(&self, parts: &[Ident]) -> bool {
        let [_, .., name] = parts else { return false };
        let mut ids = self.infer.catalog.objects.keys();
        ids.any(|id| id.kind == Kind::Function && id.name.as_str() == name.text)
    }

    fn column_ref(&mut self, part: Part, parts: &[Ident], span: Span) {
        self.refs.push(Ref {
            part,
            span: Some(span),
            qualify: false,
        });
        // `orders.id`: the relation is named, too, where that is no alias.
        if let [qualifier @ .., _] = parts
            && let Some(first) = qualifier.last()
            && let Some(frame) = self.frame(&first.text)
            && frame.unaliased
            && let Some(source) = frame.source.clone()
        {
            self.refs.push(Ref {
                part: source.part(),
                span: Some(span_of(qualifier)),
                qualify: false,
            });
        }
    }

    pub(super) fn frame(&self, alias: &str) -> Option<&Frame> {
        self.scopes.iter().rev().find_map(|s| s.frame(alias))
    }

    fn look_up(&self, parts: &[Ident]) -> Option<Hit> {
        match parts {
            [only] => self.bare(&only.text),
            [frame, name] => self.dotted(None, &frame.text, &name.text),
            [schema, frame, name] => self.dotted(Some(&schema.text), &frame.text, &name.text),
            _ => None,
        }
    }

    fn bare(&self, name: &str) -> Option<Hit> {
        for scope in self.scopes.iter().rev() {
            if let Some(col) = scope.visible.iter().find(|c| c.name == name) {
                return Some(Hit::Col(col.clone()));
            }
            let mut open = scope.open();
            if let (Some(frame), None) = (open.next(), open.next())
                && scope.frame(name).is_none()
            {
                return Some(Hit::Loose(Typed::lost(frame.column_tree(name))));
            }
            if let Some(ty) = system_column(name)
                && let [frame] = scope.frames.as_slice()
            {
                return Some(system_hit(frame, name, ty));
            }
        }
        if name == "value"
            && let Some(ty) = &self.value
        {
            return Some(Hit::Col(Col {
                name: name.to_owned(),
                tree: qualified("", name),
                ty: Some(ty.clone()),
                part: None,
            }));
        }
        if let Some(frame) = self.frame(name) {
            return Some(Hit::Row(frame.clone()));
        }
        let open = self.scopes.iter().any(|s| s.open().next().is_some());
        open.then(|| Hit::Loose(Typed::lost(qualified("", name))))
    }

    fn dotted(&self, schema: Option<&str>, alias: &str, name: &str) -> Option<Hit> {
        let frame = self.frame(alias)?;
        let lives = frame.source.as_ref().map(|s| s.schema.as_str());
        if schema.is_some_and(|s| lives != Some(s)) {
            return None;
        }
        if let Some(col) = frame.column(name) {
            return Some(Hit::Col(col.clone()));
        }
        if let Some(ty) = system_column(name) {
            return Some(system_hit(frame, name, ty));
        }
        frame
            .columns
            .is_none()
            .then(|| Hit::Loose(Typed::lost(frame.column_tree(name))))
    }

    /// `t` or `t.*` as one value.
    pub(super) fn whole_row(&mut self, frame: &Frame) -> Typed {
        if frame.scalar
            && let Some([only]) = frame.columns.as_deref()
        {
            return Typed {
                tree: only.tree.clone(),
                ty: only.ty.clone(),
            };
        }
        for col in frame.columns.clone().into_iter().flatten() {
            if let Some(part) = col.part {
                self.implied(part);
            }
        }
        let ty = match &frame.source {
            Some(id) => {
                let quote = |n: &str| driftless_sql::quote_name(n, driftless_sql::Syntax::Postgres);
                format!("{}.{}", quote(id.schema.as_str()), quote(id.name.as_str()))
            }
            None => "record".to_owned(),
        };
        Typed {
            tree: Tree::Star(vec![Ident::new(frame.prefix.clone())]),
            ty: Some(Type::new(ty)),
        }
    }
}

fn system_hit(frame: &Frame, name: &str, ty: &str) -> Hit {
    Hit::Col(Col {
        name: name.to_owned(),
        tree: frame.column_tree(name),
        ty: Some(Type::new(ty)),
        part: None,
    })
}
