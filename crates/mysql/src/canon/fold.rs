//! One spelling for what the servers write in several ways, node by node.
//!
//! Neighbours: `mod` and `query` map trees with it. Invariant: a fold joins only what has the same value for every row;
//! each was measured on live servers (MariaDB 10.11, MySQL 9.7), with neighbours that it must not join.

use super::lower;
use super::truth::{negated, truth};
use driftless_sql::{Ident, Query, SetExpr, Syntax, Tree, TypeName};

/// Functions with several names, each with the one that stands for all (manual, Functions and Operators).
const SYNONYMS: &[(&str, &str)] = &[
    ("now", "current_timestamp"),
    ("localtime", "current_timestamp"),
    ("localtimestamp", "current_timestamp"),
    ("curdate", "current_date"),
    ("curtime", "current_time"),
    ("lcase", "lower"),
    ("ucase", "upper"),
    ("ceil", "ceiling"),
    ("pow", "power"),
    ("substr", "substring"),
    ("mid", "substring"),
    ("character_length", "char_length"),
    ("day", "dayofmonth"),
    ("sha", "sha1"),
    ("schema", "database"),
    ("octet_length", "length"),
    ("atan2", "atan"),
    ("stddev_pop", "std"),
    ("stddev", "std"),
    ("var_pop", "variance"),
    ("adddate", "date_add"),
    ("subdate", "date_sub"),
];

/// Those of MariaDB only.
const MARIADB: &[(&str, &str)] = &[("nvl", "ifnull"), ("lengthb", "length")];

/// Functions that are called without brackets.
const BARE: &[&str] = &[
    "current_date",
    "current_time",
    "current_timestamp",
    "current_user",
    "localtime",
    "localtimestamp",
    "utc_date",
    "utc_time",
    "utc_timestamp",
];

/// Folds one node whose children are folded; `own` is the table whose name before a column says nothing.
pub fn fold(node: &mut Tree, own: Option<&str>, syntax: Syntax) {
    match node {
        Tree::Column(path) => {
            let bare = match path.as_slice() {
                [one] => !one.quoted && BARE.iter().any(|b| one.text.eq_ignore_ascii_case(b)),
                _ => false,
            };
            lower(path);
            if let ([qualifier, _], Some(own)) = (path.as_slice(), own)
                && qualifier.text == own
            {
                path.remove(0);
            }
            if bare {
                let name = path[0].text.clone();
                *node = call(&name, Vec::new());
                fold_call(node, syntax);
            }
        }
        Tree::Star(path) | Tree::Collate(_, path) => lower(path),
        Tree::Bool(value) => *node = Tree::Number(if *value { "1" } else { "0" }.into()),
        Tree::Number(digits) => {
            if let Some(bits) = number(digits, syntax) {
                *node = bits;
            }
        }
        Tree::Bits(prefix, digits) => {
            let bytes = match prefix {
                'b' | 'B' => hex_of_bits(digits).map(|hex| (hexadecimal(syntax), hex)),
                _ => Some(('x', digits.to_ascii_lowercase())),
            };
            if let Some((prefix, hex)) = bytes {
                *node = Tree::Bits(prefix, hex);
            }
        }
        Tree::Call { .. } => fold_call(node, syntax),
        Tree::Cast(_, ty) => ty.text = cast_type(&ty.text),
        Tree::Op(..) => fold_op(node, syntax),
        _ => {}
    }
}

/// `01`, `.5`, `1.` as the server writes them; a hexadecimal or binary number is bytes.
fn number(digits: &mut String, syntax: Syntax) -> Option<Tree> {
    digits.make_ascii_lowercase();
    if let Some(hex) = digits.strip_prefix("0x") {
        let even = hex.len().is_multiple_of(2);
        return Some(Tree::Bits(
            hexadecimal(syntax),
            format!("{}{hex}", if even { "" } else { "0" }),
        ));
    }
    if let Some(bits) = digits.strip_prefix("0b") {
        return Some(Tree::Bits(hexadecimal(syntax), hex_of_bits(bits)?));
    }
    if digits.contains('e') {
        return None;
    }
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    *digits = match fraction {
        "" => whole.to_owned(),
        fraction => format!("{whole}.{fraction}"),
    };
    None
}

/// MariaDB takes `0x05` for a number beside numbers, `x'05'` always for text; MySQL takes both alike.
fn hexadecimal(syntax: Syntax) -> char {
    match syntax {
        Syntax::Mariadb => '0',
        _ => 'x',
    }
}

/// Whole bytes, in hexadecimal digits.
fn hex_of_bits(bits: &str) -> Option<String> {
    if bits.len() > 128 {
        return None;
    }
    let number = u128::from_str_radix(bits, 2).ok()?;
    let width = bits.len().div_ceil(8) * 2;
    Some(format!("{number:0width$x}"))
}

/// The type of a cast with what the server adds to it.
pub fn cast_type(written: &str) -> String {
    let text = written.to_ascii_lowercase();
    let text = text.replace(" (", "(").replace(", ", ",");
    let text = text.replace(" character set ", " charset ");
    let text = match text.strip_prefix("character") {
        Some(rest) => format!("char{rest}"),
        None => text,
    };
    // What a connection of ours has anyway.
    let text = text.strip_suffix(" charset utf8mb4").unwrap_or(&text);
    let (head, arguments) = match text.split_once('(') {
        Some((head, rest)) => (head, format!("({rest}")),
        None => (text, String::new()),
    };
    match (head, arguments.as_str()) {
        ("binary", length) => format!("char{length} charset binary"),
        ("decimal" | "dec" | "numeric", "") => "decimal(10,0)".into(),
        ("decimal" | "dec" | "numeric", args) => match args.contains(',') {
            true => format!("decimal{args}"),
            false => format!("decimal{},0)", args.trim_end_matches(')')),
        },
        ("datetime" | "time", "(0)") => head.to_owned(),
        ("signed integer" | "signed int" | "integer" | "int", "") => "signed".into(),
        ("unsigned integer" | "unsigned int", "") => "unsigned".into(),
        ("real" | "double precision", "") => "double".into(),
        _ => text.to_owned(),
    }
}

fn fold_call(node: &mut Tree, syntax: Syntax) {
    let Tree::Call {
        name,
        args,
        bare,
        keyworded,
        ..
    } = node
    else {
        return;
    };
    lower(name);
    *bare = false;
    *keyworded = false;
    let [one] = name.as_mut_slice() else { return };
    let mut known = SYNONYMS.iter();
    let more: &[(&str, &str)] = match syntax {
        Syntax::Mariadb => MARIADB,
        _ => &[],
    };
    if let Some((_, same)) = known
        .by_ref()
        .chain(more)
        .find(|(from, _)| *from == one.text)
    {
        one.text = (*same).to_owned();
    }
    let number = |text: &str| Tree::Number(text.into());
    let called = one.text.clone();
    let separated = args.iter().any(separates);
    match (called.as_str(), args.as_mut_slice()) {
        // The next and the last row are one away.
        ("lead" | "lag", [_]) => args.push(number("1")),
        // The server counts rows by a constant.
        ("count", [Tree::Star(_)]) => *args = vec![number("0")],
        ("round", [_]) => args.push(number("0")),
        // `default_week_format` is 0 and MySQL writes it down.
        ("week", [_]) if syntax == Syntax::Mysql => args.push(number("0")),
        ("to_char", [_]) if syntax == Syntax::Mariadb => {
            args.push(Tree::Text("YYYY-MM-DD HH24:MI:SS".into()));
        }
        ("instr", [_, _]) => {
            args.reverse();
            *node = call("locate", std::mem::take(args));
        }
        ("bin" | "oct", [_]) => {
            let base = if called == "bin" { "2" } else { "8" };
            args.extend([number("10"), number(base)]);
            *node = call("conv", std::mem::take(args));
        }
        ("isnull", [_]) => *node = op("is null", std::mem::take(args)),
        ("mod", [_, _]) => *node = op("%", std::mem::take(args)),
        ("date", [_]) => {
            if let Some(value) = args.pop() {
                *node = cast(value, "date".into());
            }
        }
        ("datediff", [_, _]) => {
            let days = std::mem::take(args);
            let days = days.into_iter().map(|d| call("to_days", vec![d]));
            *node = op("-", days.collect());
        }
        ("binary of", [_]) => {
            if let Some(value) = args.pop() {
                *node = cast(value, "char charset binary".into());
            }
        }
        ("group_concat", _) if !separated => {
            let comma = Box::new(Tree::Text(",".into()));
            args.push(Tree::Named(Ident::new("separator"), comma));
        }
        ("chr", [_]) if syntax == Syntax::Mariadb => one.text = "char using utf8mb4".into(),
        ("position", [_, _]) => {
            args.reverse();
            one.text = "locate".into();
        }
        ("date_add" | "date_sub", [_, _]) => {
            // A plain number is one of days.
            if !is_interval(&args[1]) {
                let days = args.pop().into_iter().collect();
                args.push(call("interval day", days));
            }
            let sign = if called == "date_add" { "+" } else { "-" };
            *node = op(sign, std::mem::take(args));
        }
        ("timestampadd", [Tree::Text(unit), _, _]) => {
            let name = format!("interval {unit}");
            if let (Some(moment), Some(count)) = (args.pop(), args.pop()) {
                *node = op("+", vec![moment, call(&name, vec![count])]);
            }
        }
        _ => {}
    }
}

fn separates(arg: &Tree) -> bool {
    matches!(arg, Tree::Named(name, _) if name.text == "separator")
}

/// `INTERVAL … DAY`: a length of time.
fn is_interval(tree: &Tree) -> bool {
    matches!(tree, Tree::Call { name, .. } if matches!(name.as_slice(), [one] if one.text.starts_with("interval ")))
}

pub fn fold_op(node: &mut Tree, syntax: Syntax) {
    let Tree::Op(name, args) = node else { return };
    match name.as_str() {
        "mod" => *name = "%".into(),
        "rlike" => *name = "regexp".into(),
        "not rlike" => *name = "not regexp".into(),
        "is unknown" => *name = "is null".into(),
        "is not unknown" => *name = "is not null".into(),
        // A list of one is a comparison.
        "in" if args.len() == 2 => *name = "=".into(),
        "not in" if args.len() == 2 => *name = "<>".into(),
        "= any" => *name = "in query".into(),
        "<> all" => *name = "not in query".into(),
        _ => {}
    }
    match (name.as_str(), args.as_mut_slice()) {
        ("and" | "or", _) => {
            let inner = std::mem::take(args).into_iter().map(|a| truth(a, syntax));
            *args = flat(name, inner);
        }
        ("xor", _) => {
            let inner = std::mem::take(args).into_iter();
            *args = inner.map(|a| truth(a, syntax)).collect();
        }
        ("is true" | "is not true" | "is false" | "is not false", [_]) => {
            let inner = std::mem::take(args).into_iter();
            *args = inner.map(|a| truth(a, syntax)).collect();
        }
        ("not", [_]) => {
            if let Some(inner) = args.pop() {
                *node = negated(truth(inner, syntax), syntax);
            }
        }
        // The moment stands first.
        ("+", [length, _]) if is_interval(length) => args.swap(0, 1),
        ("+", [_]) => {
            if let Some(inner) = args.pop() {
                *node = inner;
            }
        }
        // -1 is a number; there is no negative zero but a floating one.
        ("-", [Tree::Number(digits)]) => {
            let zero = digits.bytes().all(|b| matches!(b, b'0' | b'.'));
            *node = Tree::Number(if zero {
                digits.clone()
            } else {
                format!("-{digits}")
            });
        }
        ("=" | "<>", [Tree::Row(left), Tree::Row(right)])
            if syntax == Syntax::Mysql && left.len() == right.len() =>
        {
            let sides = std::mem::take(left).into_iter().zip(std::mem::take(right));
            let parts = sides.map(|(l, r)| op(name, vec![l, r])).collect();
            *node = op(if name == "=" { "and" } else { "or" }, parts);
        }
        // `NOT a` as the servers write it.
        ("=", [Tree::Number(zero), _]) if syntax == Syntax::Mysql && zero == "0" => {
            if let Some(inner) = args.pop() {
                *node = negated(inner, syntax);
            }
        }
        ("=", [Tree::Column(_), Tree::Number(zero)])
            if syntax == Syntax::Mariadb && zero == "0" =>
        {
            args.pop();
            *node = op("not", std::mem::take(args));
        }
        ("regexp", _) => *node = call("regexp_like", std::mem::take(args)),
        ("not regexp", _) => {
            *node = op("not", vec![call("regexp_like", std::mem::take(args))]);
        }
        ("->>", [_, _]) => {
            let inner = call("json_extract", std::mem::take(args));
            *node = call("json_unquote", vec![inner]);
        }
        ("->", [_, _]) => *node = call("json_extract", std::mem::take(args)),
        ("exists", [Tree::Query(query)]) => existing(query),
        _ => {}
    }
}

/// Chains of one operator in one list.
pub fn flat(name: &str, args: impl Iterator<Item = Tree>) -> Vec<Tree> {
    let mut out = Vec::new();
    for arg in args {
        match arg {
            Tree::Op(inner, mut more) if inner == name => out.append(&mut more),
            other => out.push(other),
        }
    }
    out
}

/// Whether there is a row, not what is in it.
fn existing(query: &mut Query) {
    let SetExpr::Select(select) = &mut query.body else {
        return;
    };
    if query.offset.is_none() && matches!(&query.limit, Some(Tree::Number(n)) if n == "1") {
        query.limit = None;
    }
    let mut plain = select.group_by.is_empty() && select.having.is_none();
    for item in &select.items {
        item.expr
            .walk(&mut |t| plain &= !matches!(t, Tree::Call { .. }));
    }
    if plain && query.limit.is_none() {
        select.items.truncate(1);
        for item in &mut select.items {
            item.expr = Tree::Number("1".into());
            item.alias = None;
        }
    }
}

pub fn op(name: &str, args: Vec<Tree>) -> Tree {
    Tree::Op(name.to_owned(), args)
}

fn cast(value: Tree, text: String) -> Tree {
    Tree::Cast(Box::new(value), TypeName { text })
}

fn call(name: &str, args: Vec<Tree>) -> Tree {
    Tree::call(vec![Ident::new(name)], args)
}
