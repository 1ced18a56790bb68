//! Views, triggers, routines, events and sequences as SQL.
//!
//! Neighbour: `print` sends here what is not a table's. Invariant: DEFINER is printed only where the desired file says
//! it.

use crate::features::{Feature, has};
use crate::grammar::PARAMETERS;
use crate::text::{literal, qualified, quoted, quoted_list};
use driftless_model::{
    Event, Function, Kind, Object, ObjectId, Options, Sequence, Server, Trigger, TriggerEvent, View,
};
use driftless_planner::{Action, Clause, SequenceClause};

pub fn single(action: &Action, server: Server) -> String {
    match action {
        Action::Create(c) => create(&c.id, &c.object, c.or_replace, server),
        Action::Drop(d) => format!("DROP {} {}", word(d.id.kind), qualified(&d.id)),
        Action::Alter { id, clause } => match clause {
            Clause::Event(event) => {
                let definer = definer(&event.options);
                format!(
                    "ALTER {definer}EVENT {} {}",
                    qualified(id),
                    event_text(event, true)
                )
            }
            Clause::Sequence(SequenceClause::Set(s)) => {
                format!("ALTER SEQUENCE {} {}", qualified(id), sequence_text(s))
            }
            Clause::Routine(options) => {
                let said: Vec<String> = options.iter().map(beside).collect();
                let word = word(id.kind);
                format!("ALTER {word} {} {}", qualified(id), said.join(" "))
            }
            _ => String::new(),
        },
        _ => String::new(),
    }
}

/// `READS SQL DATA`, `SQL SECURITY INVOKER`, `COMMENT 'x'`
fn beside((name, value): (&String, &Option<String>)) -> String {
    let value = value.as_deref();
    match name.as_str() {
        "comment" => format!("COMMENT {}", literal(value.unwrap_or_default())),
        "security" => format!("SQL SECURITY {}", value.unwrap_or("definer").to_uppercase()),
        _ => value.unwrap_or("contains sql").to_uppercase(),
    }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::View => "VIEW",
        Kind::Trigger => "TRIGGER",
        Kind::Procedure => "PROCEDURE",
        Kind::Function => "FUNCTION",
        Kind::Event => "EVENT",
        Kind::Sequence => "SEQUENCE",
        _ => "TABLE",
    }
}

/// `DEFINER=`app`@`%` `
fn definer(options: &Options) -> String {
    let Some(user) = options.get("definer") else {
        return String::new();
    };
    if user == "current_user" {
        return "DEFINER=CURRENT_USER ".into();
    }
    let (name, host) = user.rsplit_once('@').unwrap_or((user, "%"));
    let quote = |text: &str| quoted(&driftless_model::Name::exact(text));
    format!("DEFINER={}@{} ", quote(name), quote(host))
}

fn create(id: &ObjectId, object: &Object, or_replace: bool, server: Server) -> String {
    let replace = if or_replace { "OR REPLACE " } else { "" };
    if let Some(view) = object.get::<View>() {
        format!("CREATE {replace}{}", view_text(id, view))
    } else if let Some(trigger) = object.get::<Trigger>() {
        format!(
            "CREATE {}{}",
            definer(&trigger.options),
            trigger_text(id, trigger)
        )
    } else if let Some(f) = object.get::<Function>() {
        let replace = if has(server, Feature::OrReplace) {
            replace
        } else {
            ""
        };
        format!(
            "CREATE {replace}{}{}",
            definer(&f.options),
            routine_text(id, f)
        )
    } else if let Some(event) = object.get::<Event>() {
        let definer = definer(&event.options);
        format!(
            "CREATE {definer}EVENT {} {}",
            qualified(id),
            event_text(event, false)
        )
    } else if let Some(s) = object.get::<Sequence>() {
        format!("CREATE SEQUENCE {} {}", qualified(id), sequence_text(s))
    } else {
        String::new()
    }
}

fn view_text(id: &ObjectId, view: &View) -> String {
    let mut out = String::new();
    if let Some(algorithm) = view.options.get("algorithm") {
        out.push_str(&format!("ALGORITHM={} ", algorithm.to_ascii_uppercase()));
    }
    out.push_str(&definer(&view.options));
    if let Some(security) = view.options.get("security") {
        out.push_str(&format!("SQL SECURITY {} ", security.to_ascii_uppercase()));
    }
    out.push_str(&format!("VIEW {}", qualified(id)));
    if !view.columns.is_empty() {
        out.push_str(&format!(" {}", quoted_list(&view.columns)));
    }
    out.push_str(&format!(" AS {}", view.query.written));
    if let Some(check) = &view.check_option {
        out.push_str(&format!(
            " WITH {} CHECK OPTION",
            check.to_ascii_uppercase()
        ));
    }
    out
}

fn trigger_text(id: &ObjectId, trigger: &Trigger) -> String {
    let events: Vec<&str> = trigger
        .events
        .iter()
        .map(|e| match e {
            TriggerEvent::Insert => "INSERT",
            TriggerEvent::Update(_) => "UPDATE",
            _ => "DELETE",
        })
        .collect();
    let order = match &trigger.follows {
        Some(name) => format!(" FOLLOWS {}", quoted(name)),
        None => String::new(),
    };
    let body = trigger.body.as_ref().map_or("", |b| b.written.as_str());
    format!(
        "TRIGGER {} {} {} ON {} FOR EACH ROW{order} {body}",
        qualified(id),
        trigger.timing.to_ascii_uppercase(),
        events.join(" OR "),
        qualified(&trigger.table)
    )
}

fn routine_text(id: &ObjectId, f: &Function) -> String {
    let arguments: Vec<String> = f
        .arguments
        .iter()
        .map(|a| {
            let mode = match (id.kind, a.mode) {
                (_, "in") => String::new(),
                (_, mode) => format!("{} ", mode.to_ascii_uppercase()),
            };
            let name = a.name.as_ref().map(quoted).unwrap_or_default();
            format!("{mode}{name} {}", a.ty.text)
        })
        .collect();
    let arguments = match f.options.get(PARAMETERS) {
        Some(written) => written.clone(),
        None => arguments.join(", "),
    };
    let mut out = format!("{} {}({arguments})", word(id.kind), qualified(id));
    if let Some(returns) = &f.returns {
        out.push_str(&format!(" RETURNS {}", returns.text));
    }
    if f.options.contains_key("deterministic") {
        out.push_str("\n    DETERMINISTIC");
    }
    if let Some(access) = f.options.get("data access") {
        out.push_str(&format!("\n    {}", access.to_ascii_uppercase()));
    }
    if !f.security_definer {
        out.push_str("\n    SQL SECURITY INVOKER");
    }
    if let Some(comment) = f.options.get("comment") {
        out.push_str(&format!("\n    COMMENT {}", literal(comment)));
    }
    out.push('\n');
    out.push_str(&f.body);
    out
}

fn event_text(event: &Event, whole: bool) -> String {
    let mut out = format!("ON SCHEDULE {}", event.schedule);
    let not = if event.preserve { "" } else { "NOT " };
    out.push_str(&format!(" ON COMPLETION {not}PRESERVE"));
    out.push_str(match event.status.as_str() {
        "disabled" => " DISABLE",
        "disabled on slave" => " DISABLE ON SLAVE",
        _ => " ENABLE",
    });
    let comment = event.options.get("comment").map_or("", String::as_str);
    // An ALTER that says none would leave the one that is there.
    if !comment.is_empty() || whole {
        out.push_str(&format!(" COMMENT {}", literal(comment)));
    }
    out.push_str(&format!(" DO {}", event.body.written));
    out
}

fn sequence_text(s: &Sequence) -> String {
    let mut out = Vec::new();
    let mut say = |word: &str, value: Option<i64>| {
        if let Some(value) = value {
            out.push(format!("{word} {value}"));
        }
    };
    say("START WITH", s.start);
    say("MINVALUE", s.min);
    say("MAXVALUE", s.max);
    say("INCREMENT BY", s.increment);
    say("CACHE", s.cache);
    out.push(if s.cycle { "CYCLE" } else { "NOCYCLE" }.into());
    out.join(" ")
}
