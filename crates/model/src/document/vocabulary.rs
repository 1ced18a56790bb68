//! The words of the YAML form: which keys a mapping may have, and what stands behind them.
//!
//! Neighbours: `declare` reads by these tables and `written` writes in their words; `report` makes the JSON Schema for
//! editors out of them. Invariant: they are the only list of keys, so what is described, read and suggested is the same.

mod form;
mod relation;

pub use form::{Field, Shape, What};
pub(crate) use relation::table;

use form::{lite, may, must, my, pg, servers, shape};
use relation::{MATERIALIZED_VIEW, OUTSIDE, TABLE, VIEW, VIRTUAL_TABLE};

const RENAMED: Field = may(
    "renamed_from",
    What::Text,
    "the name it had; counts only while that one is there and this one is not",
);
const COMMENT: Field = servers("comment", What::Text, "what it is for");
const COMMENTS: Field = pg(
    "comments",
    What::Options,
    "what its columns, attributes or checks are for, by their names",
);
const OWNER: Field = pg("owner", What::Text, "the role that owns it");
const GRANTS: Field = servers(
    "grants",
    What::Grants(&GRANT),
    "roles (`public`: everybody) and their privileges",
);
const NAME: Field = may("name", What::Text, "its name, in a list");
/// What every object of a schema can have.
const SPINE: &[Field] = &[COMMENT, OWNER, GRANTS, RENAMED];
/// What everything inside of a relation can have.
const MEMBER: &[Field] = &[NAME, COMMENT, RENAMED];

const ACTIONS: What = What::Words(&[
    "no action",
    "restrict",
    "cascade",
    "set null",
    "set default",
]);
const CONFLICTS: What = What::Words(&["rollback", "abort", "fail", "ignore", "replace"]);
const ON_ACTIONS: &[Field] = &[
    may("on_delete", ACTIONS, "when the row it refers to is deleted"),
    may("on_update", ACTIONS, "when the key it refers to changes"),
];
const PG_TIMING: &[Field] = &[
    pg("deferrable", What::Flag, "DEFERRABLE"),
    pg("initially_deferred", What::Flag, "checked at commit"),
];
const NOT_VALID: &[Field] = &[pg("not_valid", What::Flag, "existing rows are not checked")];
const COLLATION: Field = may("collation", What::Text, "as behind COLLATE");
const INCLUDE: Field = pg(
    "include",
    What::Texts,
    "columns that are only carried along",
);
const WHERE: Field = may("where", What::Sql, "the rows it holds");
const OPTIONS: Field = servers(
    "options",
    What::Options,
    "storage parameters and their like",
);
const TABLESPACE: Field = pg("tablespace", What::Text, "the tablespace");
const NULLS: Field = pg("nulls_not_distinct", What::Flag, "two nulls are equal");

/// What a schema holds.
const NAMESPACE: &[Field] = &[
    pg("enums", What::Map(&ENUM), "types of named values"),
    pg("domains", What::Map(&DOMAIN), "types with conditions"),
    pg("composites", What::Map(&COMPOSITE), "types of rows"),
    pg(
        "range_types",
        What::Overloads(&DEFINITION),
        "types of ranges",
    ),
    pg(
        "base_types",
        What::Overloads(&DEFINITION),
        "types that functions in C read and write",
    ),
    pg(
        "collations",
        What::Overloads(&DEFINITION),
        "orders of texts",
    ),
    pg(
        "conversions",
        What::Overloads(&DEFINITION),
        "between encodings",
    ),
    pg(
        "operators",
        What::Overloads(&DEFINITION),
        "operators; those of one name are a list",
    ),
    pg(
        "operator_classes",
        What::Overloads(&DEFINITION),
        "how an index method handles a type",
    ),
    pg(
        "operator_families",
        What::Overloads(&DEFINITION),
        "operators of several types that belong together",
    ),
    pg(
        "text_search_parsers",
        What::Overloads(&DEFINITION),
        "what cuts texts into tokens",
    ),
    pg(
        "text_search_templates",
        What::Overloads(&DEFINITION),
        "what dictionaries are made of",
    ),
    pg(
        "text_search_dictionarys",
        What::Overloads(&DEFINITION),
        "what makes lexemes of tokens",
    ),
    pg(
        "text_search_configurations",
        What::Overloads(&DEFINITION),
        "which dictionary sees which tokens",
    ),
    servers("sequences", What::Map(&SEQUENCE), "sequences"),
    servers("functions", What::Overloads(&FUNCTION), "functions"),
    servers("procedures", What::Overloads(&FUNCTION), "procedures"),
    pg("aggregates", What::Overloads(&AGGREGATE), "aggregates"),
    may("tables", What::Map(&TABLE), "tables"),
    lite(
        "virtual_tables",
        What::Map(&VIRTUAL_TABLE),
        "tables of a module",
    ),
    may("views", What::Map(&VIEW), "views"),
    my("events", What::Map(&SCHEDULED), "statements by the clock"),
    pg(
        "materialized_views",
        What::Map(&MATERIALIZED_VIEW),
        "views that keep their rows",
    ),
];

/// The whole document.
pub static ROOT: Shape = shape(
    "root",
    "A desired state. What stands at the top lies in PostgreSQL's schema `public`, or is the SQLite file itself.",
    &[
        &[
            pg("schemas", What::Map(&SCHEMA), "other schemas and what they hold"),
            pg("extensions", What::Names(&EXTENSION), "extensions"),
            pg("casts", What::List(&DEFINITION), "from one type to another"),
            pg("transforms", What::List(&DEFINITION), "of types for languages"),
            pg("languages", What::Overloads(&DEFINITION), "what functions are written in"),
            pg("access_methods", What::Overloads(&DEFINITION), "of tables or indexes"),
            pg("foreign_data_wrappers", What::Overloads(&DEFINITION), "kinds of foreign servers"),
            pg("servers", What::Overloads(&DEFINITION), "foreign servers"),
            pg("user_mappings", What::Overloads(&DEFINITION), "who roles are on foreign servers; secrets are no part of a schema"),
            pg("event_triggers", What::Overloads(&DEFINITION), "what runs when schemas change"),
            pg("publications", What::Overloads(&DEFINITION), "what is replicated"),
            pg("subscriptions", What::Overloads(&DEFINITION), "to publications of other databases"),
            servers(
                "default_privileges",
                What::List(&DEFAULT_PRIVILEGES),
                "what new objects let others do; MySQL: what all of the database does",
            ),
        ],
        NAMESPACE,
        &[may(
            "outside",
            What::Map(&OUTSIDE),
            "what hangs on relations that are declared elsewhere",
        )],
    ],
)
.or_nothing();

static SCHEMA: Shape = shape(
    "schema",
    "A schema; names inside of it mean its own objects first.",
    &[SPINE, NAMESPACE],
)
.or_nothing();

static EXTENSION: Shape = shape(
    "extension",
    "An extension.",
    &[&[
        may("version", What::Text, "the version; none: the newest"),
        may("into", What::Text, "the schema of its members"),
    ]],
)
.or_nothing();

/// What is made of clauses alone.
static DEFINITION: Shape = shape(
    "definition",
    "What CREATE says behind the name, as SQL text.",
    &[
        &[must(
            "definition",
            What::Text,
            "`(locale = 'de')`, `HANDLER h`",
        )],
        SPINE,
    ],
)
.or_scalar("definition");

static ENUM: Shape = shape(
    "enum",
    "A type of named values.",
    &[
        &[must("values", What::List(&ENUM_VALUE), "in their order")],
        SPINE,
    ],
)
.or_list("values");

static ENUM_VALUE: Shape = shape(
    "enum_value",
    "A value of an enum.",
    &[&[must("value", What::Text, "the value"), RENAMED]],
)
.or_scalar("value");

static DOMAIN: Shape = shape(
    "domain",
    "A type with conditions.",
    &[
        &[
            must("type", What::Text, "the type below"),
            may("not_null", What::Flag, "null is refused"),
            may("default", What::Sql, "the value where none is given"),
            COLLATION,
            may("check", What::Sql, "one condition on VALUE, without a name"),
            may("checks", What::Many(&DOMAIN_CHECK), "conditions on VALUE"),
            COMMENTS,
        ],
        SPINE,
    ],
)
.or_scalar("type");

static DOMAIN_CHECK: Shape = shape(
    "domain_check",
    "A condition on VALUE.",
    &[&[must("expr", What::Sql, "the condition"), NAME], NOT_VALID],
)
.or_scalar("expr");

static COMPOSITE: Shape = shape(
    "composite",
    "A type of rows.",
    &[
        &[
            must("attributes", What::Map(&ATTRIBUTE), "in their order"),
            COMMENTS,
        ],
        SPINE,
    ],
);

static ATTRIBUTE: Shape = shape(
    "attribute",
    "An attribute of a composite type.",
    &[&[must("type", What::Text, "its type"), COLLATION, RENAMED]],
)
.or_scalar("type");

const SEQUENCE_OPTIONS: &[Field] = &[
    may("start", What::Number, "its first value"),
    may("increment", What::Number, "its step"),
    may("min", What::Number, "its least value"),
    may("max", What::Number, "its greatest value"),
    may("cache", What::Number, "how many a session takes at once"),
    may("cycle", What::Flag, "begins anew at its end"),
];

static SEQUENCE: Shape = shape(
    "sequence",
    "A sequence.",
    &[
        &[
            may(
                "type",
                What::Words(&["smallint", "integer", "bigint"]),
                "its values",
            ),
            may("unlogged", What::Flag, "not logged"),
            may(
                "owned_by",
                What::Name,
                "`table.column`: it dies with that column",
            ),
        ],
        SEQUENCE_OPTIONS,
        SPINE,
    ],
)
.or_nothing();

static SCHEDULED: Shape = shape(
    "scheduled_event",
    "A statement by the clock.",
    &[
        &[
            must("schedule", What::Text, "`EVERY 1 DAY STARTS '…'`, `AT '…'`"),
            may("preserve", What::Flag, "ON COMPLETION PRESERVE"),
            may(
                "status",
                What::Words(&["enabled", "disabled", "disabled on slave"]),
                "whether it runs",
            ),
            must("body", What::Text, "the statement"),
            OPTIONS,
        ],
        SPINE,
    ],
);

static FUNCTION: Shape = shape(
    "function",
    "A function or procedure; several of one name are a list.",
    &[
        &[
            may("arguments", What::Many(&ARGUMENT), "in their order"),
            may(
                "returns",
                What::Text,
                "the type; columns of RETURNS TABLE are arguments of mode `table`",
            ),
            may("returns_set", What::Flag, "many rows"),
            may("language", What::Text, "sql, plpgsql, c …"),
            may(
                "volatility",
                What::Words(&["volatile", "stable", "immutable"]),
                "what it depends on",
            ),
            may("strict", What::Flag, "null in, null out"),
            may("leakproof", What::Flag, "LEAKPROOF"),
            pg("security_definer", What::Flag, "runs as its owner"),
            my("security_invoker", What::Flag, "runs as whoever calls it"),
            may("window", What::Flag, "a window function"),
            may(
                "parallel",
                What::Words(&["unsafe", "restricted", "safe"]),
                "in parallel plans",
            ),
            may("cost", What::Text, "its cost"),
            may("rows", What::Text, "how many rows it gives"),
            may("support", What::Text, "its planner support function"),
            may("settings", What::Options, "SET name TO value"),
            may(
                "sql",
                What::Text,
                "a body that the server parses: BEGIN ATOMIC … END, RETURN …",
            ),
            may("body", What::Text, "the body, verbatim"),
            my(
                "options",
                What::Options,
                "`deterministic`, `data access`, `sql mode`, `definer`",
            ),
        ],
        SPINE,
    ],
);

static AGGREGATE: Shape = shape(
    "aggregate",
    "An aggregate; several of one name are a list.",
    &[
        &[
            may("arguments", What::Many(&ARGUMENT), "in their order"),
            must(
                "functions",
                What::Options,
                "what it calls, by the words of CREATE AGGREGATE (`sfunc`, `finalfunc` …)",
            ),
            must("state", What::Text, "the type of its state"),
            may("moving_state", What::Text, "the type of its moving state"),
            may(
                "options",
                What::Options,
                "the rest, by the words of CREATE AGGREGATE (`initcond`, `sspace` …)",
            ),
        ],
        SPINE,
    ],
);

static ARGUMENT: Shape = shape(
    "argument",
    "An argument of a function.",
    &[&[
        must("type", What::Text, "its type"),
        may(
            "mode",
            What::Words(&["in", "out", "inout", "variadic", "table"]),
            "which way it goes",
        ),
        may("default", What::Sql, "the value where none is given"),
        NAME,
    ]],
)
.or_scalar("type");

static DEFAULT_PRIVILEGES: Shape = shape(
    "default_privileges",
    "What the new objects of a role let others do.",
    &[&[
        must(
            "on",
            What::Words(&[
                "tables",
                "sequences",
                "functions",
                "types",
                "schemas",
                "database",
            ]),
            "which objects; MySQL: all that the database holds",
        ),
        may("schema", What::Text, "only those of this schema"),
        may(
            "role",
            What::Text,
            "who makes them; unsaid: whoever runs this",
        ),
        must(
            "grants",
            What::Grants(&GRANT),
            "roles (`public`: everybody) and their privileges",
        ),
    ]],
);

static GRANT: Shape = shape(
    "grant",
    "What a role may do.",
    &[&[
        must("privilege", What::Text, "`select`, `insert` …, `all`"),
        may("column", What::Text, "on this column alone"),
        may("grantable", What::Flag, "WITH GRANT OPTION"),
    ]],
)
.or_scalar("privilege");
