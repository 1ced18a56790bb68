//! A live database read into a catalog: as much of it as canonical forms look at, by queries of the test's own.

use driftless_model::{
    Argument, Attribute, Catalog, Column, Composite, Dialect, Domain, Enum, Extension, Function,
    Kind, Name, Object, ObjectId, Schema, Sequence, Server, SqlText, Table, TypeRef, Version, View,
};
use driftless_postgres::canon;

/// Runs SQL and gives its rows as text.
pub type Ask<'a> = &'a dyn Fn(&str) -> Vec<Vec<Option<String>>>;

fn id(kind: Kind, schema: &str, name: &str) -> ObjectId {
    ObjectId::new(kind, Name::exact(schema), Name::exact(name))
}

fn cell(row: &[Option<String>], at: usize) -> String {
    row.get(at).cloned().flatten().unwrap_or_default()
}

const USER: &str = "n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND n.nspname NOT LIKE 'pg_temp%'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = x.oid AND d.deptype = 'e')";

/// Everything but the views' columns.
pub fn catalog(ask: Ask) -> Catalog {
    let said = ask("SHOW server_version_num");
    let number: u32 = said
        .iter()
        .find_map(|row| cell(row, 0).parse().ok())
        .expect("a version");
    let mut out = Catalog::new(Server {
        dialect: Dialect::Postgres,
        version: Version::new(number / 10_000, number % 10_000),
    });
    for row in ask("SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg_%'") {
        let schema = ObjectId::new(Kind::Schema, Name::default(), Name::exact(cell(&row, 0)));
        out.objects.insert(schema, Object::new(Schema {}));
    }
    for row in ask(
        "SELECT extname, nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = extnamespace",
    ) {
        let extension = Extension {
            version: None,
            schema: Some(Name::exact(cell(&row, 1))),
        };
        let own = ObjectId::new(Kind::Extension, Name::default(), Name::exact(cell(&row, 0)));
        out.objects.insert(own, Object::new(extension));
    }
    types(ask, &mut out);
    relations(ask, &mut out);
    functions(ask, &mut out);
    out
}

fn types(ask: Ask, out: &mut Catalog) {
    for row in ask(&format!(
        "SELECT nspname, typname, string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_type x
         JOIN pg_namespace n ON n.oid = typnamespace JOIN pg_enum e ON e.enumtypid = x.oid WHERE {USER} GROUP BY 1, 2"
    )) {
        let values = cell(&row, 2).split(',').map(str::to_owned).collect();
        out.objects
            .insert(id(Kind::Enum, &cell(&row, 0), &cell(&row, 1)), Object::new(Enum { values }));
    }
    for row in ask(&format!(
        "SELECT nspname, typname, format_type(typbasetype, typtypmod) FROM pg_type x
         JOIN pg_namespace n ON n.oid = typnamespace WHERE typtype = 'd' AND {USER}"
    )) {
        let domain = Domain {
            base: TypeRef::new(cell(&row, 2)),
            ..Domain::default()
        };
        out.objects.insert(
            id(Kind::Domain, &cell(&row, 0), &cell(&row, 1)),
            Object::new(domain),
        );
    }
}

fn relations(ask: Ask, out: &mut Catalog) {
    let rows = ask(&format!(
        "SELECT nspname, relname, relkind, attname, format_type(atttypid, atttypmod)
         FROM pg_class x JOIN pg_namespace n ON n.oid = relnamespace
         LEFT JOIN pg_attribute a ON a.attrelid = x.oid AND attnum > 0 AND NOT attisdropped
         WHERE relkind IN ('r', 'p', 'c', 'S') AND {USER} ORDER BY x.oid, attnum"
    ));
    for row in rows {
        let (schema, name) = (cell(&row, 0), cell(&row, 1));
        let column = (Name::exact(cell(&row, 3)), TypeRef::new(cell(&row, 4)));
        match cell(&row, 2).as_str() {
            "S" => {
                let sequence = Object::new(Sequence::default());
                out.objects
                    .insert(id(Kind::Sequence, &schema, &name), sequence);
            }
            "c" => {
                let own = id(Kind::Composite, &schema, &name);
                if !out.contains(&own) {
                    out.objects
                        .insert(own.clone(), Object::new(Composite::default()));
                }
                if let Some(c) = out.item_mut::<Composite>(&own) {
                    c.attributes.push(Attribute {
                        name: column.0,
                        ty: column.1,
                        collation: None,
                    });
                }
            }
            _ => {
                let own = id(Kind::Table, &schema, &name);
                if !out.contains(&own) {
                    out.objects
                        .insert(own.clone(), Object::new(Table::default()));
                }
                if let Some(t) = out.item_mut::<Table>(&own)
                    && row[3].is_some()
                {
                    t.columns.push(Column {
                        name: column.0,
                        ty: column.1,
                        ..Column::default()
                    });
                }
            }
        }
    }
}

fn functions(ask: Ask, out: &mut Catalog) {
    let rows = ask(&format!(
        "SELECT nspname, proname, pg_get_function_identity_arguments(x.oid), format_type(prorettype, NULL), proretset,
           (SELECT string_agg(coalesce(nullif(proargnames[i], ''), '-') || ':' || coalesce(proargmodes[i]::text, 'i') || ':' || format_type(t, NULL)
              || CASE WHEN i > pronargs - pronargdefaults AND coalesce(proargmodes[i], 'i') = 'i' THEN ':d' ELSE '' END, '|' ORDER BY i)
            FROM unnest(coalesce(proallargtypes, proargtypes::oid[])) WITH ORDINALITY u(t, i)), prorettype = 'record'::regtype
         FROM pg_proc x JOIN pg_namespace n ON n.oid = pronamespace WHERE prokind IN ('f', 'a', 'w') AND {USER}"
    ));
    for row in rows {
        let arguments: Vec<Argument> = cell(&row, 5)
            .split('|')
            .filter(|a| !a.is_empty())
            .map(|a| {
                let mut parts = a.splitn(3, ':');
                let name = parts.next().filter(|n| *n != "-").map(Name::exact);
                let mode = match parts.next() {
                    Some("o") => "out",
                    Some("b") => "inout",
                    Some("v") => "variadic",
                    Some("t") => "table",
                    _ => "in",
                };
                let ty = parts.next().unwrap_or("");
                let (ty, default) = match ty.strip_suffix(":d") {
                    Some(ty) => (ty, Some(SqlText::new("NULL"))),
                    None => (ty, None),
                };
                Argument {
                    mode,
                    name,
                    ty: TypeRef::new(ty),
                    default,
                }
            })
            .collect();
        let outs = arguments
            .iter()
            .any(|a| matches!(a.mode, "out" | "inout" | "table"));
        let function = Function {
            returns: (!outs).then(|| TypeRef::new(cell(&row, 3))),
            returns_set: cell(&row, 4) == "t",
            arguments,
            ..Function::default()
        };
        let own = id(Kind::Function, &cell(&row, 0), &cell(&row, 1)).with_args(cell(&row, 2));
        out.objects.insert(own, Object::new(function));
    }
}

/// Reads the views in the order of their making, each settled from the server's own text.
pub fn views(ask: Ask, out: &mut Catalog) {
    let rows = ask(&format!(
        "SELECT nspname, relname, relkind, pg_get_viewdef(x.oid) FROM pg_class x JOIN pg_namespace n ON n.oid = relnamespace
         WHERE relkind IN ('v', 'm') AND {USER} ORDER BY x.oid"
    ));
    for row in rows {
        let kind = if cell(&row, 2) == "m" {
            Kind::MaterializedView
        } else {
            Kind::View
        };
        let mut query = SqlText::new(cell(&row, 3).trim_end_matches(';'));
        let output = canon::query(&mut query, out);
        let view = View {
            query,
            output,
            ..View::default()
        };
        out.objects
            .insert(id(kind, &cell(&row, 0), &cell(&row, 1)), Object::new(view));
    }
}
