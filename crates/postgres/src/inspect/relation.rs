//! Tables, views, materialized views and bare sequences: everything about a relation but its columns.
//!
//! Neighbours: `column` and `sequence` fill in what is made here. Invariant: sizes never become part of the catalog.

use super::answer::{Line, Read, Sheet};
use super::directory::{Oid, text};
use super::fragment::{OWN_SCHEMA, comment, member, privileges};
use super::{Decoder, grant};
use driftless_model::{
    Body, Foreign, Kind, Name, Object, ObjectId, Options, Partition, PgTable, Sequence, Server,
    Table, TableExt, View,
};
use driftless_sql::{Syntax, quote_name};

pub(super) fn query(_: Server) -> String {
    format!(
        "SELECT c.oid, c.relkind AS kind, pg_get_userbyid(c.relowner) AS owner, d.description AS comment, {},
  c.relpersistence AS persistence, to_json(c.reloptions)::text AS options, \
         to_json(toast.reloptions)::text AS toast_options, am.amname AS method, ts.spcname AS tablespace,
  c.relrowsecurity AS row_security, c.relforcerowsecurity AS force_row_security, CASE c.relkind WHEN 'f' THEN 'd' ELSE c.relreplident END AS replica,
  CASE c.relreplident WHEN 'i' THEN (SELECT i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid \
         WHERE x.indrelid = c.oid AND x.indisreplident) END AS replica_index,
  (SELECT i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid WHERE x.indrelid = c.oid \
         AND x.indisclustered AND NOT EXISTS (SELECT FROM pg_inherits p WHERE p.inhrelid = x.indexrelid)) AS cluster_index,
  c.relispopulated AS populated, CASE c.relkind WHEN 'p' THEN pg_get_partkeydef(c.oid) END AS partition_by,
  CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END AS bound,
  CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END AS query,
  h.parents::text AS parents, coalesce(h.detaching, false) AS detaching,
  fs.srvname AS server, (SELECT json_agg(json_build_array(o.option_name, o.option_value)) \
         FROM pg_options_to_table(ft.ftoptions) o)::text AS told,
  nullif(c.reloftype, 0) AS of_type,
  c.relpages AS pages, c.reltuples AS tuples,
  CASE WHEN c.relkind IN ('r', 'm') THEN pg_relation_size(c.oid) END AS heap,
  CASE WHEN c.relkind IN ('r', 'm') AND toast.oid IS NOT NULL AND pg_relation_size(c.oid) > 0 \
         THEN pg_relation_size(toast.oid) ELSE 0 END AS toast, coalesce(ix.pages, 0) AS index_pages, \
         current_setting('block_size') AS page
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace {}
  LEFT JOIN pg_class toast ON toast.oid = c.reltoastrelid LEFT JOIN pg_am am ON am.oid = c.relam
  LEFT JOIN pg_foreign_table ft ON ft.ftrelid = c.oid LEFT JOIN pg_foreign_server fs ON fs.oid = ft.ftserver
  LEFT JOIN pg_tablespace ts ON ts.oid = c.reltablespace
  LEFT JOIN (SELECT inhrelid, json_agg(inhparent ORDER BY inhseqno) AS parents, bool_or(inhdetachpending) AS detaching
    FROM pg_inherits GROUP BY inhrelid) h ON h.inhrelid = c.oid
  LEFT JOIN (SELECT x.indrelid, sum(i.relpages) AS pages FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
    GROUP BY x.indrelid) ix ON ix.indrelid = c.oid
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND {OWN_SCHEMA} AND NOT {}",
        privileges(
            "c.relacl",
            "acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\", c.relowner)",
            "c.relowner"
        ),
        comment("pg_class", "c.oid"),
        member("pg_class", "c.oid")
    )
}

pub(super) fn decode(d: &mut Decoder, sheet: &Sheet) -> Read<()> {
    for line in sheet.lines() {
        let oid: Oid = line.number("oid")?;
        let Some(id) = d.directory.relation(oid).cloned() else {
            continue;
        };
        let body = match id.kind {
            Kind::Table => Body::from(table(d, &line, &id)?),
            Kind::Sequence => Body::from(Sequence {
                unlogged: unlogged(&line)?,
                ..Sequence::default()
            }),
            _ => Body::from(view(&line, &id)?),
        };
        let mut object = Object::new(body);
        object.owner = line.owned("owner")?;
        object.comment = line.owned("comment")?;
        object.grants = grant::read(d, &line, &id)?;
        measure(d, &line, &id)?;
        d.catalog.objects.insert(id, object);
    }
    Ok(())
}

fn unlogged(line: &Line) -> Read<bool> {
    Ok(line.letter("persistence")? == 'u')
}

fn table(d: &mut Decoder, line: &Line, id: &ObjectId) -> Read<Table> {
    let mut pg = PgTable {
        unlogged: unlogged(line)?,
        options: options(line, "options")?,
        partition_by: line.maybe("partition_by")?.map(text),
        row_security: line.flag("row_security")?,
        force_row_security: line.flag("force_row_security")?,
        method: method(line)?,
        tablespace: line.owned("tablespace")?,
        ..PgTable::default()
    };
    if let Some(server) = line.maybe("server")? {
        pg.foreign = Some(Foreign {
            server: ObjectId::new(Kind::Server, Name::default(), Name::exact(server)),
            options: line.list::<(String, String)>("told")?.into_iter().collect(),
        });
    }
    for (key, value) in options(line, "toast_options")? {
        pg.options.insert(format!("toast.{key}"), value);
    }
    pg.replica_identity = match line.letter("replica")? {
        'f' => Some("full".to_owned()),
        'n' => Some("nothing".to_owned()),
        'i' => match line.maybe("replica_index")? {
            Some(index) => Some(format!("index {index}")),
            // Its index was dropped: the server then acts as if NOTHING were set (manual, ALTER TABLE).
            None => {
                d.notes.push(format!(
                    "the table {id} has lost the index of its replica identity"
                ));
                Some("nothing".to_owned())
            }
        },
        _ => None,
    };
    pg.cluster = line.maybe("cluster_index")?.map(Name::exact);
    let parents: Vec<ObjectId> = line
        .list::<String>("parents")?
        .iter()
        .filter_map(|oid| d.directory.known(oid.parse().ok()?).cloned())
        .collect();
    match (line.maybe("bound")?, parents.first()) {
        (Some(bound), Some(parent)) => {
            pg.partition_of = Some(Partition {
                parent: parent.clone(),
                bound: text(bound),
            });
        }
        _ => pg.inherits = parents,
    }
    if let Some(ty) = line.number_or_null::<Oid>("of_type")? {
        pg.of_type = d.directory.types.get(&ty).cloned();
    }
    if line.flag("detaching")? {
        d.unmodelled("pending detachment", id.to_string(), Some(id.clone()));
    }
    Ok(Table {
        columns: Vec::new(),
        ext: TableExt::Postgres(Box::new(pg)),
    })
}

fn view(line: &Line, id: &ObjectId) -> Read<View> {
    let query = line
        .maybe("query")?
        .ok_or_else(|| line.wrong("query", &format!("is NULL: `{id}` was dropped meanwhile")))?;
    let mut view = View {
        query: text(query.trim().trim_end_matches(';')),
        options: options(line, "options")?,
        ..View::default()
    };
    view.check_option = view.options.remove("check_option");
    if id.kind == Kind::MaterializedView {
        view.populated = line.flag("populated")?;
        view.tablespace = line.owned("tablespace")?;
        view.method = method(line)?;
    }
    Ok(view)
}

/// The access method, where it is not the usual one.
fn method(line: &Line) -> Read<Option<String>> {
    Ok(line.owned("method")?.filter(|m| m != "heap"))
}

/// `key=value` each.
pub(super) fn options(line: &Line, column: &str) -> Read<Options> {
    Ok(line
        .list::<String>(column)?
        .iter()
        .map(|option| {
            let (key, value) = option.split_once('=').unwrap_or((option, ""));
            (key.to_owned(), value.to_owned())
        })
        .collect())
}

/// Rows as the planner estimates them: the density of the last ANALYZE times today's pages. Bytes of indexes are those
/// of the last VACUUM: `pg_total_relation_size` would open every index, which takes longer than all else here.
fn measure(d: &mut Decoder, line: &Line, id: &ObjectId) -> Read<()> {
    /// Bytes of a row where nothing was ever analyzed: an overestimate of the rows does less harm than none.
    const NARROW: f64 = 64.0;
    let Some(heap) = line.number_or_null::<u64>("heap")? else {
        return Ok(());
    };
    let page: u64 = line.number("page")?;
    let indexes = line.number::<u64>("index_pages")?.saturating_mul(page);
    let bytes = heap
        .saturating_add(line.number("toast")?)
        .saturating_add(indexes);
    let (pages, tuples): (f64, f64) = (line.number("pages")?, line.number("tuples")?);
    let rows = if heap == 0 {
        0.0
    } else if pages > 0.0 && tuples >= 0.0 {
        tuples / pages * (heap as f64 / page as f64)
    } else {
        (heap as f64 / NARROW).max(1.0)
    };
    d.observed
        .sizes
        .insert(id.clone(), (rows.round() as u64, bytes));
    Ok(())
}

/// A partitioned table is as large as all its partitions.
pub(super) fn sum_partitions(d: &mut Decoder) {
    let parent = |id: &ObjectId| {
        let table = d.catalog.item::<Table>(id)?;
        Some(table.pg()?.partition_of.as_ref()?.parent.clone())
    };
    let leaves: Vec<(ObjectId, (u64, u64))> = d
        .observed
        .sizes
        .iter()
        .map(|(id, size)| (id.clone(), *size))
        .collect();
    for (leaf, (rows, bytes)) in leaves {
        let mut at = leaf;
        while let Some(up) = parent(&at) {
            let sum = d.observed.sizes.entry(up.clone()).or_default();
            *sum = (sum.0.saturating_add(rows), sum.1.saturating_add(bytes));
            at = up;
        }
    }
}

/// `table.column` for people.
pub(super) fn member_name(id: &ObjectId, column: &str) -> String {
    format!("{id}.{}", quote_name(column, Syntax::Postgres))
}
