//! A notebook on SQLite: names without case, unnamed constraints, columns without types.

use driftless_model::*;

fn name(text: &str) -> Name {
    Name::folded(text)
}

pub fn id(kind: Kind, text: &str) -> ObjectId {
    ObjectId::new(kind, Name::default(), name(text))
}

fn column(text: &str, ty: &str) -> Column {
    Column {
        name: name(text),
        ty: TypeRef::new(ty),
        ..Column::default()
    }
}

/// How it is spelled and in which order it stands.
pub struct Spelling {
    pub shouts: bool,
    pub turned: bool,
}

pub fn notebook(spelling: &Spelling) -> Catalog {
    let say = |text: &str| {
        if spelling.shouts {
            text.to_ascii_uppercase()
        } else {
            text.to_string()
        }
    };
    let mut catalog = Catalog::new(Server {
        dialect: Dialect::Sqlite,
        version: Version::new(3, 37),
    });
    let pages = id(Kind::Table, &say("pages"));
    let mut body = column(&say("body"), &say("text"));
    body.default = Some(SqlText::new(if spelling.shouts {
        "( 'x' )"
    } else {
        "('x')"
    }));
    body.collation = Some(say("nocase"));
    let mut columns = vec![column(&say("id"), &say("integer")), body, column("any", "")];
    if spelling.turned {
        columns.reverse();
    }
    let table = Table {
        columns,
        ext: TableExt::Sqlite(LiteTable {
            strict: false,
            without_rowid: true,
        }),
    };
    catalog.objects.insert(pages.clone(), Object::new(table));
    let mut key = Key {
        columns: vec![KeyPart::plain(name(&say("id")))],
        autoincrement: true,
        inline: spelling.turned,
        ..Key::default()
    };
    key.columns[0].descending = false;
    for (at, body) in [
        ConstraintBody::PrimaryKey(key),
        ConstraintBody::Check(Check {
            expr: SqlText::new(if spelling.shouts { "ID>0" } else { "id > 0" }),
            conflict: None,
        }),
    ]
    .into_iter()
    .enumerate()
    {
        let mut constraint = Constraint::new(pages.clone(), body);
        constraint.named = false;
        let n = if spelling.turned { 7 - at } else { at };
        let id = ObjectId::owned(Kind::Constraint, &pages, name(&format!("#{n}")));
        catalog.objects.insert(id, Object::new(constraint));
    }
    let search = VirtualTable {
        module: "fts5".into(),
        arguments: Some("body".into()),
        canon: String::new(),
    };
    catalog
        .objects
        .insert(id(Kind::VirtualTable, "search"), Object::new(search));
    catalog
}
