//! What the names in a definition mean, and what it says where nothing is said.
//!
//! Invariant: what is the server's own has no schema; a clause that says the default is no piece.

mod base;
mod search;

use crate::canon::known::{Known, extensions};
use crate::features::{Feature, require};
use crate::row::{aggregate, ground, index, naming};
use crate::types::multirange_name;
use driftless_model::{Catalog, Definition, Kind, Name, ObjectId, Piece, SqlText, TypeRef, Value};
use driftless_planner::{Create, Edit, Fault, How, Moment};

/// The shell of a base type, which its functions are made with.
pub(in crate::row) fn shell(id: &ObjectId) -> ObjectId {
    id.with_args("shell")
}

/// What a parameter is where nobody says it.
pub(super) fn unsaid(parameter: &str) -> Value {
    match parameter {
        "publish" => Value::Text("insert, update, delete, truncate".into()),
        "publish_generated_columns" => Value::Text("none".into()),
        "streaming"
        | "publish_via_partition_root"
        | "binary"
        | "two_phase"
        | "disable_on_error"
        | "run_as_owner"
        | "failover" => Value::Word("false".into()),
        "enabled" | "password_required" => Value::Word("true".into()),
        "synchronous_commit" => Value::Word("off".into()),
        "origin" => Value::Text("any".into()),
        _ => Value::Word("true".into()),
    }
}

/// No slot is made on the publisher.
pub(super) fn is_unconnected(item: &Definition) -> bool {
    let off = |name: &str| {
        let piece = item
            .pieces
            .iter()
            .find(|p| p.key == "with" && p.name == name);
        piece.is_some_and(|p| p.values == [Value::Word("false".into())])
    };
    off("connect") || off("create_slot")
}

pub(super) fn create(create: &mut Create, moment: &mut Moment) -> Result<(), Fault> {
    gated(create, moment)?;
    let id = create.id.clone();
    let Some(item) = create.object.get_mut::<Definition>() else {
        return Ok(());
    };
    if id.kind == Kind::BaseType && !item.pieces.is_empty() {
        let standing = moment.catalog.item::<Definition>(&id);
        if standing.is_some_and(|d| !d.pieces.is_empty()) {
            let message = format!("base type `{id}` is declared twice");
            return Err(naming::wrong("D0304", message, moment));
        }
    }
    // The type of a class says whose its operators are.
    if id.kind == Kind::OperatorClass {
        for piece in item.pieces.iter_mut().filter(|p| p.key == "type") {
            resolve_piece(&id, piece, moment)?;
        }
        members(&id, item);
    }
    ordered(item);
    for piece in &mut item.pieces {
        resolve_piece(&id, piece, moment)?;
    }
    match id.kind {
        Kind::Operator => operands(create, moment),
        Kind::OperatorClass => {
            // A class without a family has one of its own name (manual, CREATE OPERATOR CLASS).
            if item.piece("family").is_none() {
                let own = id.of_kind(Kind::OperatorFamily);
                item.set(Piece::new("family", vec![Value::Object(own)]));
            }
            members(&id, item);
        }
        Kind::Cast => cast(create, moment)?,
        Kind::Transform => {
            let ty = TypeRef::new(id.args.clone().unwrap_or_default());
            create.id.args = Some(naming::type_of(&ty, moment)?.text);
        }
        Kind::TextSearchConfiguration => search::copied(item, moment)?,
        Kind::Collation => copied(item, moment)?,
        Kind::BaseType if !item.pieces.is_empty() => base::fill(item, &moment.catalog),
        _ => {}
    }
    let id = create.id.clone();
    if let Some(item) = create.object.get_mut::<Definition>() {
        tidy(&id, item);
    }
    Ok(())
}

fn gated(create: &Create, moment: &Moment) -> Result<(), Fault> {
    let Some(item) = create.object.get::<Definition>() else {
        return Ok(());
    };
    let server = moment.catalog.server;
    let needs =
        |feature| require(server, feature).map_err(|d| Fault::from(d.at_least(moment.place)));
    let with = |name: &str| {
        item.pieces
            .iter()
            .any(|p| p.key == "with" && p.name == name)
    };
    match create.id.kind {
        Kind::Publication => {
            let filtered = |p: &Piece| p.key == "schema" || p.key == "table" && p.values.len() > 1;
            if item.pieces.iter().any(filtered) {
                needs(Feature::PublicationSchema)?;
            }
            if with("publish_generated_columns") {
                needs(Feature::PublishedGenerated)?;
            }
        }
        Kind::Subscription => {
            if with("origin") || with("password_required") || with("run_as_owner") {
                needs(Feature::SubscriptionOrigin)?;
            }
            if with("failover") {
                needs(Feature::Failover)?;
            }
        }
        Kind::Collation => {
            if item.piece("rules").is_some() {
                needs(Feature::CollationRules)?;
            }
            if item.word("provider") == Some("builtin") {
                needs(Feature::CollationLocale)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// The edits with their names found.
pub(super) fn edits(id: &ObjectId, said: &[Edit], moment: &Moment) -> Result<Vec<Edit>, Fault> {
    let mut out = said.to_vec();
    let standing = moment.catalog.item::<Definition>(id);
    for edit in &mut out {
        resolve_piece(id, &mut edit.piece, moment)?;
        if id.kind == Kind::OperatorFamily {
            member(None, &mut edit.piece);
        }
        let there = standing.is_some_and(|d| d.pieces.iter().any(|p| p.is(&edit.piece)));
        let option = edit.piece.key != "with" && edit.piece.key != "enabled";
        let missing = edit.how == How::Drop && !there && option && id.kind != Kind::Operator;
        if missing {
            let what = format!("`{}` of {} `{id}`", edit.piece.name, id.kind.noun());
            let message = format!("there is no {} {what}", edit.piece.key);
            return Err(naming::wrong("D0305", message, moment));
        }
    }
    Ok(out)
}

fn resolve_piece(id: &ObjectId, piece: &mut Piece, moment: &Moment) -> Result<(), Fault> {
    // What a COMMUTATOR names may come later.
    if matches!(piece.key.as_str(), "commutator" | "negator") {
        return Ok(());
    }
    let mut table = None;
    for value in &mut piece.values {
        match value {
            Value::Type(ty) => {
                let mut found = naming::type_of(ty, moment)?;
                // Types stand here without their modifiers.
                found.text = naming::without_modifier(&found.text);
                *ty = found;
            }
            Value::Object(named) if piece.key == "table" => {
                *named = naming::relation(named, &naming::TABLES, moment)?;
                table = Some(named.clone());
            }
            Value::Object(named) => *named = object(named, moment)?,
            Value::Name(column) if piece.key == "table" => {
                if let Some(table) = &table {
                    naming::has_column(table, &Name::exact(column.clone()), moment)?;
                }
            }
            Value::Sql(text) => {
                text.path.clone_from(&moment.path);
                if let Some(table) = &table {
                    ground::check(text, &ground::row(table), moment)?;
                }
            }
            Value::Word(_) | Value::Text(_) | Value::Name(_) => {}
        }
    }
    let _ = id;
    if let (Some(table), "table") = (&table, piece.key.as_str()) {
        piece.name = crate::print::qualified(table);
    }
    Ok(())
}

/// The object that is meant; what nobody declares is the server's own or an extension's.
fn object(id: &ObjectId, moment: &Moment) -> Result<ObjectId, Fault> {
    let mut id = id.named(naming::clip(&id.name));
    if id.schema.as_str() == "pg_catalog" {
        id.schema = Name::default();
        return Ok(arguments(id, moment));
    }
    if !id.kind.has_schema() {
        let known = moment.catalog.contains(&id);
        let brought = extensions(&moment.catalog).next().is_some();
        if known || brought || matches!(id.kind, Kind::Language | Kind::ForeignDataWrapper) {
            return Ok(id);
        }
        return Err(Fault::missing(id.kind.noun(), id));
    }
    let id = arguments(id, moment);
    if let Some(found) = find(&id, moment) {
        return Ok(found);
    }
    match id.schema.is_empty() {
        true => {
            let own = match id.kind {
                Kind::Function => Known::get().brings(id.name.as_str(), &moment.catalog),
                Kind::Operator => !Known::get().operators(id.name.as_str()).is_empty(),
                _ => true,
            };
            match own || brings_unknown(moment) {
                true => Ok(id),
                false => Err(Fault::missing(id.kind.noun(), id)),
            }
        }
        false => {
            naming::has_schema(&id.schema, moment)?;
            let schema = id.schema.as_str();
            let brought = extensions(&moment.catalog).any(|(_, s)| s == schema);
            match brought {
                true => Ok(id),
                false => Err(Fault::missing(id.kind.noun(), id)),
            }
        }
    }
}

fn brings_unknown(moment: &Moment) -> bool {
    extensions(&moment.catalog).any(|(name, _)| !Known::get().knows_extension(name))
}

/// Written arguments in their canonical spelling.
fn arguments(id: ObjectId, moment: &Moment) -> ObjectId {
    let Some(args) = id.args.as_deref().filter(|a| !a.is_empty()) else {
        return id;
    };
    if !matches!(id.kind, Kind::Function | Kind::Operator) {
        return id;
    }
    let canonical = args.split(", ").map(|text| {
        let found = naming::type_of(&TypeRef::new(text), moment);
        found.map_or_else(|_| text.to_owned(), |ty| naming::without_modifier(&ty.text))
    });
    let canonical: Vec<String> = canonical.collect();
    id.with_args(canonical.join(", "))
}

fn find(id: &ObjectId, moment: &Moment) -> Option<ObjectId> {
    if id.kind == Kind::Function {
        return match &id.args {
            Some(args) => aggregate::find(id, args, moment).filter(|f| f.args == id.args),
            None => aggregate::find(id, "", moment),
        };
    }
    if moment.catalog.contains(id) {
        return Some(id.clone());
    }
    if !id.schema.is_empty() {
        return None;
    }
    let schemas = moment.path.iter().map(|s| Name::exact(s.clone()));
    schemas
        .map(|s| id.in_schema(s))
        .find(|id| moment.catalog.contains(id))
}

/// An operator's id says the types of its operands; operators that it names may come later and stay words.
fn operands(create: &mut Create, moment: &Moment) {
    let id = create.id.clone();
    let Some(item) = create.object.get_mut::<Definition>() else {
        return;
    };
    let side = |item: &Definition, key: &str| {
        item.ty(key)
            .map_or_else(|| "NONE".to_owned(), |ty| ty.text.clone())
    };
    let (left, right) = (side(item, "leftarg"), side(item, "rightarg"));
    create.id.args = Some(format!("{left}, {right}"));
    let user = ["leftarg", "rightarg"]
        .iter()
        .any(|key| item.ty(key).is_some_and(|ty| ty.target.is_some()));
    for piece in &mut item.pieces {
        let args = match piece.key.as_str() {
            "commutator" => format!("{right}, {left}"),
            "negator" => format!("{left}, {right}"),
            _ => continue,
        };
        if let Some(Value::Word(word)) = piece.values.first_mut() {
            *word = spelled(word, &id, &args, user, moment);
        }
    }
}

/// `OPERATOR(a.=)`, or the signs alone where it is the server's own.
fn spelled(word: &str, of: &ObjectId, args: &str, user: bool, moment: &Moment) -> String {
    let inner = word
        .split_once('(')
        .map(|(_, rest)| rest.trim_end_matches(')').trim());
    let (schema, signs) = match inner {
        Some(inner) => match inner.rsplit_once('.') {
            Some((schema, signs)) => (unquoted(schema), signs),
            None => (String::new(), inner),
        },
        None => (String::new(), word),
    };
    let schema = match schema.as_str() {
        "pg_catalog" => return signs.to_owned(),
        "" => {
            let wanted =
                ObjectId::new(Kind::Operator, Name::default(), Name::exact(signs)).with_args(args);
            match find(&wanted, moment) {
                Some(found) => found.schema.as_str().to_owned(),
                None if user || Known::get().operators(signs).is_empty() => {
                    of.schema.as_str().to_owned()
                }
                None => return signs.to_owned(),
            }
        }
        other => other.to_owned(),
    };
    format!("OPERATOR({}.{signs})", crate::print::bare(&schema))
}

fn unquoted(name: &str) -> String {
    match name.strip_prefix('"').and_then(|n| n.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => name.to_ascii_lowercase(),
    }
}

fn cast(create: &mut Create, moment: &Moment) -> Result<(), Fault> {
    let args = create.id.args.clone().unwrap_or_default();
    let Some((source, target)) = args.split_once(" AS ") else {
        return Ok(());
    };
    let mut types = Vec::new();
    for text in [source, target] {
        let mut ty = naming::type_of(&TypeRef::new(text), moment)?;
        ty.text = naming::without_modifier(&ty.text);
        types.push(ty);
    }
    create.id.args = Some(format!("{} AS {}", types[0].text, types[1].text));
    if let Some(item) = create.object.get_mut::<Definition>() {
        // What it is between is no clause, but it stands on them.
        item.set(Piece::new(
            "types",
            types.into_iter().map(Value::Type).collect(),
        ));
    }
    Ok(())
}

/// Members of a class are of its own type where they say nothing else.
fn members(_: &ObjectId, item: &mut Definition) {
    let own = item.ty("type").cloned();
    for piece in &mut item.pieces {
        member(own.as_ref(), piece);
    }
}

/// A member's name says the types of its operands in full.
fn member(own: Option<&TypeRef>, piece: &mut Piece) {
    let number = match piece.values.first() {
        Some(Value::Word(number)) => number.clone(),
        // A dropped one is named as it is written.
        _ => return,
    };
    if piece.key == "operator" {
        if let (Some(own), Some(Value::Object(id))) = (own, piece.values.get_mut(1))
            && id.args.is_none()
        {
            *id = id.with_args(format!("{0}, {0}", own.text));
        }
        if let Some(Value::Object(id)) = piece.values.get(1) {
            piece.name = format!("{number} ({})", id.args.as_deref().unwrap_or_default());
        }
        return;
    }
    if piece.key != "function" {
        return;
    }
    let typed = piece.values.iter().any(|v| matches!(v, Value::Type(_)));
    let called = piece.values.iter().find_map(|v| match v {
        Value::Object(id) => id.args.clone(),
        _ => None,
    });
    if !typed {
        // As the server does: a comparison or hash function is of what it takes (opclasscmds.c, assignProcTypes).
        let types: Vec<TypeRef> = match (own, called.as_deref().filter(|a| !a.is_empty())) {
            (Some(own), _) => vec![own.clone(), own.clone()],
            (None, Some(args)) => args.split(", ").take(2).map(TypeRef::new).collect(),
            (None, None) => Vec::new(),
        };
        let at = 1.min(piece.values.len());
        for ty in types.into_iter().rev() {
            piece.values.insert(at, Value::Type(ty));
        }
    }
    let mut types: Vec<String> = piece
        .values
        .iter()
        .filter_map(|v| match v {
            Value::Type(ty) => Some(ty.text.clone()),
            _ => None,
        })
        .collect();
    if let [only] = types.as_slice() {
        types.push(only.clone());
    }
    piece.name = format!("{number} ({})", types.join(", "));
}

/// Whether a member belongs to the family, though a class says it: the class can do without (the access methods'
/// `amadjustmembers`, PostgreSQL 14 on).
pub(super) fn is_loose(method: &str, piece: &Piece) -> bool {
    let number = match piece.values.first() {
        Some(Value::Word(number)) if matches!(piece.key.as_str(), "operator" | "function") => {
            number.as_str()
        }
        _ => return false,
    };
    let operator = piece.key == "operator";
    let types = piece
        .name
        .split_once('(')
        .map_or("", |(_, types)| types.trim_end_matches(')'));
    let mixed = types.split_once(", ").is_some_and(|(l, r)| l != r);
    match method {
        "btree" | "hash" => mixed || !operator && number != "1",
        // consistent, union, penalty, picksplit, equal
        "gist" => operator || !matches!(number, "1" | "2" | "5" | "6" | "7"),
        // extractValue, extractQuery
        "gin" => operator || !matches!(number, "2" | "3"),
        // config, choose, picksplit, inner and leaf consistent
        "spgist" => operator || !matches!(number, "1" | "2" | "3" | "4" | "5"),
        _ => false,
    }
}

/// A range is ordered by a btree class.
fn ordered(item: &mut Definition) {
    for piece in item
        .pieces
        .iter_mut()
        .filter(|p| p.key == "subtype_opclass")
    {
        if let Some(Value::Object(class)) = piece.values.first_mut() {
            *class = class.with_args("btree");
        }
    }
}

/// What a server tells, as resolving would have left it.
pub(in crate::row) fn described(id: &ObjectId, item: &mut Definition, types: [TypeRef; 2]) {
    ordered(item);
    match id.kind {
        Kind::OperatorClass => members(id, item),
        Kind::OperatorFamily => item.pieces.iter_mut().for_each(|p| member(None, p)),
        Kind::Cast => item.set(Piece::new(
            "types",
            types.into_iter().map(Value::Type).collect(),
        )),
        _ => {}
    }
    tidy(id, item);
}

/// Takes out what says the default, and puts clauses without an order into one.
pub(super) fn tidy(id: &ObjectId, item: &mut Definition) {
    match id.kind {
        Kind::Collation => collation(item),
        Kind::Range => range(id, item),
        Kind::OperatorClass => {
            if item.ty("storage") == item.ty("type") {
                item.remove("storage");
            }
            sort(item, &["operator", "function"]);
        }
        Kind::OperatorFamily => sort(item, &["operator", "function"]),
        Kind::TextSearchConfiguration => sort(item, &["mapping"]),
        Kind::EventTrigger if item.word("enabled") == Some("origin") => item.remove("enabled"),
        Kind::Publication | Kind::Subscription => {
            published(id, item);
            sort(item, &["all", "table", "schema", "publication", "with"]);
        }
        Kind::ForeignDataWrapper
        | Kind::Server
        | Kind::UserMapping
        | Kind::TextSearchDictionary => {
            sort(item, &["option"]);
        }
        _ => {}
    }
}

/// Clauses of these keys stand behind the others, in the order of their names.
fn sort(item: &mut Definition, keys: &[&str]) {
    item.pieces.sort_by_cached_key(|p| {
        let place = keys.iter().position(|k| *k == p.key).map(|i| i + 1);
        match place {
            None => (0, 0, String::new()),
            Some(place) => {
                let number = p.name.split(' ').next().and_then(|n| n.parse::<u64>().ok());
                (place, number.unwrap_or(0), p.name.clone())
            }
        }
    });
}

fn published(id: &ObjectId, item: &mut Definition) {
    // Columns are a set.
    for piece in item.pieces.iter_mut().filter(|p| p.key == "table") {
        piece.values.sort_by_cached_key(|v| match v {
            Value::Object(_) => (0, String::new()),
            Value::Name(column) => (1, column.clone()),
            _ => (2, String::new()),
        });
    }
    for piece in item.pieces.iter_mut().filter(|p| p.key == "with") {
        if piece.name == "publish"
            && let Some(Value::Text(list)) = piece.values.first_mut()
        {
            let said: Vec<String> = list.split(',').map(|w| w.trim().to_lowercase()).collect();
            let order = ["insert", "update", "delete", "truncate"];
            let known = order
                .iter()
                .filter(|w| said.iter().any(|s| s == *w))
                .copied();
            *list = known.collect::<Vec<_>>().join(", ");
        }
        // Words and texts of parameters are the same to the server.
        if let Some(Value::Word(word)) = piece.values.first_mut()
            && !matches!(word.as_str(), "true" | "false")
        {
            piece.values = vec![Value::Text(word.clone())];
        }
    }
    let of_its_making = ["connect", "create_slot", "copy_data"];
    let own = id.name.as_str().to_owned();
    item.pieces.retain(|p| {
        if p.key != "with" {
            return true;
        }
        let value = p.values.first();
        let plain = |v: &Value| match v {
            Value::Word(w) | Value::Text(w) | Value::Name(w) => w.clone(),
            _ => String::new(),
        };
        let said = value.map(plain).unwrap_or_default();
        let default = plain(&unsaid(&p.name));
        let named = p.name == "slot_name" && said == own;
        let making = of_its_making.contains(&p.name.as_str());
        !(said == default && !making || named)
    });
}

/// FROM becomes what it copies, where its name tells.
fn copied(item: &mut Definition, moment: &Moment) -> Result<(), Fault> {
    let Some(source) = item.object("from").cloned() else {
        return Ok(());
    };
    item.remove("from");
    if let Some(standing) = moment.catalog.item::<Definition>(&source) {
        standing.pieces.iter().for_each(|p| item.set(p.clone()));
        return Ok(());
    }
    let name = source.name.as_str();
    // As initdb names what it takes from the system: ICU's behind the language, locales with their encoding.
    let (provider, locale) = match name.strip_suffix("-x-icu") {
        Some(language) => ("icu", language),
        None if matches!(name, "C" | "POSIX") || name.contains('.') => ("libc", name),
        None => {
            let message = format!("what the collation `{name}` says is known to a server only");
            return Err(naming::wrong("D0003", message, moment));
        }
    };
    item.set(Piece::new("provider", vec![Value::Word(provider.into())]));
    item.set(Piece::new("locale", vec![Value::Text(locale.into())]));
    Ok(())
}

fn collation(item: &mut Definition) {
    if item.piece("provider").is_none() {
        item.set(Piece::new("provider", vec![Value::Word("libc".into())]));
    }
    let both = (item.word("lc_collate"), item.word("lc_ctype"));
    if let (Some(a), Some(b)) = both
        && a == b
    {
        let locale = Value::Text(a.to_owned());
        item.set(Piece::new("locale", vec![locale]));
        item.remove("lc_collate");
        item.remove("lc_ctype");
    }
    if item.word("deterministic") == Some("true") {
        item.remove("deterministic");
    }
    let order = [
        "provider",
        "deterministic",
        "locale",
        "lc_collate",
        "lc_ctype",
        "rules",
    ];
    item.pieces
        .sort_by_key(|p| order.iter().position(|k| *k == p.key));
}

fn range(id: &ObjectId, item: &mut Definition) {
    if item.word("multirange_type_name") == Some(multirange_name(id.name.as_str()).as_str()) {
        item.remove("multirange_type_name");
    }
    if item
        .object("collation")
        .is_some_and(|c| c.schema.is_empty() && c.name.as_str() == "default")
    {
        item.remove("collation");
    }
    let default = item
        .ty("subtype")
        .and_then(|ty| index::default_class("btree", &ty.text));
    let said = item.object("subtype_opclass");
    if said.is_some_and(|c| c.schema.is_empty() && Some(c.name.as_str()) == default) {
        item.remove("subtype_opclass");
    }
}

/// Follows what its objects and types are called now.
pub(super) fn settle(id: &ObjectId, item: &mut Definition, catalog: &Catalog) {
    item.types_mut().for_each(naming::retext);
    for piece in item.pieces.iter_mut().filter(|p| p.key == "table") {
        let Some(Value::Object(table)) = piece.values.first().cloned() else {
            continue;
        };
        piece.name = crate::print::qualified(&table);
        for value in &mut piece.values {
            if let Value::Sql(text) = value {
                condition(text, &table, catalog);
            }
        }
    }
    tidy(id, item);
}

fn condition(text: &mut SqlText, table: &ObjectId, catalog: &Catalog) {
    ground::settle(text, &ground::row(table), catalog);
}
