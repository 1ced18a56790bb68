//! The words of the YAML form: which keys a mapping may have, and what stands behind them.
//!
//! Neighbours: `declare` reads by these tables and `written` writes in their words; `report` makes the JSON Schema for
//! editors out of them. Invariant: they are the only list of keys, so what is described, read and suggested is the same.

use crate::catalog::Dialect;

/// One kind of mapping.
#[derive(Debug)]
pub struct Shape {
    /// Its name in the JSON Schema, and in messages.
    pub name: &'static str,
    pub said: &'static str,
    pub fields: &'static [&'static [Field]],
    /// A single value stands for the mapping with this key alone.
    pub scalar: Option<&'static str>,
    /// A list stands for the mapping with this key alone.
    pub list: Option<&'static str>,
    /// Nothing at all stands for the empty mapping.
    pub empty: bool,
}

/// One key of a mapping.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    pub key: &'static str,
    pub what: What,
    /// Only this engine has it.
    pub on: Option<Dialect>,
    pub must: bool,
    pub said: &'static str,
}

/// What stands behind a key.
#[derive(Debug, Clone, Copy)]
pub enum What {
    /// Also a number or a bool, as it is written.
    Text,
    /// `name`, `schema.name`, a part in double quotes where it holds a dot.
    Name,
    /// One expression, as SQL text.
    Sql,
    /// One query, as SQL text.
    Query,
    Flag,
    Number,
    Words(&'static [&'static str]),
    /// A list of texts, or one.
    Texts,
    /// Free keys with texts.
    Options,
    One(&'static Shape),
    /// A list, or one of its items.
    List(&'static Shape),
    /// Names and what they are.
    Map(&'static Shape),
    /// The same, or a list of names where there is nothing more to say.
    Names(&'static Shape),
    /// Names and what they are, or a list of those, which may go without a name.
    Many(&'static Shape),
    /// Names with one or a list of those that share it.
    Overloads(&'static Shape),
    /// Roles with what they may do.
    Grants(&'static Shape),
}

const fn may(key: &'static str, what: What, said: &'static str) -> Field {
    Field {
        key,
        what,
        on: None,
        must: false,
        said,
    }
}

const fn must(key: &'static str, what: What, said: &'static str) -> Field {
    Field {
        must: true,
        ..may(key, what, said)
    }
}

const fn pg(key: &'static str, what: What, said: &'static str) -> Field {
    Field {
        on: Some(Dialect::Postgres),
        ..may(key, what, said)
    }
}

const fn lite(key: &'static str, what: What, said: &'static str) -> Field {
    Field {
        on: Some(Dialect::Sqlite),
        ..may(key, what, said)
    }
}

const fn shape(
    name: &'static str,
    said: &'static str,
    fields: &'static [&'static [Field]],
) -> Shape {
    Shape {
        name,
        said,
        fields,
        scalar: None,
        list: None,
        empty: false,
    }
}

impl Shape {
    const fn or_scalar(self, key: &'static str) -> Shape {
        Shape {
            scalar: Some(key),
            ..self
        }
    }
    const fn or_list(self, key: &'static str) -> Shape {
        Shape {
            list: Some(key),
            ..self
        }
    }
    const fn or_nothing(self) -> Shape {
        Shape {
            empty: true,
            ..self
        }
    }
    pub fn all(&self) -> impl Iterator<Item = &'static Field> + use<> {
        self.fields.iter().flat_map(|group| group.iter())
    }
    pub fn field(&self, key: &str) -> Option<&'static Field> {
        self.all().find(|f| f.key == key)
    }
}

const RENAMED: Field = may(
    "renamed_from",
    What::Text,
    "the name it had; counts only while that one is there and this one is not",
);
const COMMENT: Field = pg("comment", What::Text, "what it is for");
const COMMENTS: Field = pg(
    "comments",
    What::Options,
    "what its columns, attributes or checks are for, by their names",
);
const OWNER: Field = pg("owner", What::Text, "the role that owns it");
const GRANTS: Field = pg(
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
const OPTIONS: Field = pg(
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
    pg("sequences", What::Map(&SEQUENCE), "sequences"),
    pg("functions", What::Overloads(&FUNCTION), "functions"),
    pg("procedures", What::Overloads(&FUNCTION), "procedures"),
    pg("aggregates", What::Overloads(&AGGREGATE), "aggregates"),
    may("tables", What::Map(&TABLE), "tables"),
    lite(
        "virtual_tables",
        What::Map(&VIRTUAL_TABLE),
        "tables of a module",
    ),
    may("views", What::Map(&VIEW), "views"),
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
            pg(
                "default_privileges",
                What::List(&DEFAULT_PRIVILEGES),
                "what new objects let others do",
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
            may("security_definer", What::Flag, "runs as its owner"),
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

const KEYS: &[Field] = &[
    may("primary_key", What::One(&KEY), "the primary key"),
    may("uniques", What::Many(&KEY), "no two rows alike"),
    may("checks", What::Many(&CHECK), "conditions on each row"),
    may(
        "foreign_keys",
        What::Many(&FOREIGN_KEY),
        "references to rows of other tables",
    ),
    pg("excludes", What::Many(&EXCLUDE), "no two rows that clash"),
];
const INDEXES: &[Field] = &[may("indexes", What::Many(&INDEX), "indexes")];
const TRIGGERS: &[Field] = &[may("triggers", What::Many(&TRIGGER), "triggers")];
const POLICIES: &[Field] = &[pg(
    "policies",
    What::Many(&POLICY),
    "which rows who sees and writes",
)];

static TABLE: Shape = shape(
    "table",
    "A table.",
    &[
        &[
            may("columns", What::Map(&COLUMN), "in their order"),
            lite("strict", What::Flag, "STRICT"),
            lite("without_rowid", What::Flag, "WITHOUT ROWID"),
            pg("unlogged", What::Flag, "not logged"),
            pg("partition_by", What::Text, "`RANGE (a)`: the partition key"),
            pg("partition_of", What::One(&PARTITION), "it is a partition"),
            pg("inherits", What::Texts, "tables whose columns it has too"),
            pg("row_security", What::Flag, "policies hold"),
            pg(
                "force_row_security",
                What::Flag,
                "policies hold for the owner too",
            ),
            pg(
                "replica_identity",
                What::Text,
                "`full`, `nothing` or `index NAME`",
            ),
            pg("method", What::Text, "an access method other than heap"),
            TABLESPACE,
            OPTIONS,
        ],
        KEYS,
        INDEXES,
        TRIGGERS,
        POLICIES,
        SPINE,
    ],
);

pub(crate) fn table() -> &'static Shape {
    &TABLE
}

static OUTSIDE: Shape = shape(
    "outside",
    "What hangs on a relation that is declared elsewhere.",
    &[KEYS, INDEXES, TRIGGERS, POLICIES],
);

static PARTITION: Shape = shape(
    "partition",
    "Of which table it is a partition.",
    &[&[
        must("table", What::Name, "the partitioned table"),
        must("bound", What::Text, "`FOR VALUES …` or `DEFAULT`"),
    ]],
);

static COLUMN: Shape = shape(
    "column",
    "A column.",
    &[
        &[
            may(
                "type",
                What::Text,
                "its type; SQLite's columns may go without",
            ),
            COLLATION,
            may("not_null", What::Flag, "null is refused"),
            lite(
                "not_null_conflict",
                CONFLICTS,
                "ON CONFLICT of its NOT NULL",
            ),
            may("default", What::Sql, "the value where none is given"),
            may(
                "generated",
                What::One(&GENERATED),
                "computed from other columns",
            ),
            pg("identity", What::One(&IDENTITY), "numbered by the server"),
            pg("storage", What::Text, "STORAGE"),
            pg("compression", What::Text, "COMPRESSION"),
            pg("statistics", What::Number, "the statistics target"),
            pg(
                "inherited",
                What::Flag,
                "a parent brings it; what else is said here differs from the parent's",
            ),
            COMMENT,
            RENAMED,
            may("primary_key", What::Flag, "it alone is the primary key"),
            may("unique", What::Flag, "no two rows alike"),
            may("check", What::Sql, "a condition, without a name"),
            may(
                "references",
                What::One(&REFERENCES),
                "`table.column` of another table",
            ),
            may(
                "backfill",
                What::Sql,
                "the value of rows that are there already, for a new column",
            ),
            may(
                "using",
                What::Sql,
                "how its values become those of a new type",
            ),
        ],
        ON_ACTIONS,
    ],
)
.or_scalar("type")
.or_nothing();

static GENERATED: Shape = shape(
    "generated",
    "A column's computed value.",
    &[&[
        must("expr", What::Sql, "the value"),
        may("stored", What::Flag, "written with the row"),
    ]],
);

static IDENTITY: Shape = shape(
    "identity",
    "Numbers by the server.",
    &[
        &[must(
            "mode",
            What::Words(&["always", "by default"]),
            "whether a given value is taken",
        )],
        SEQUENCE_OPTIONS,
    ],
)
.or_scalar("mode");

static REFERENCES: Shape = shape(
    "references",
    "`table.column`, or a table and its columns.",
    &[&[
        must("table", What::Name, "the table"),
        may("columns", What::Texts, "none: its primary key"),
    ]],
)
.or_scalar("table");

static KEY: Shape = shape(
    "key",
    "A primary key or a unique constraint.",
    &[
        &[
            must("columns", What::List(&KEY_PART), "in their order"),
            INCLUDE,
            NULLS,
            lite("conflict", CONFLICTS, "ON CONFLICT"),
            lite("autoincrement", What::Flag, "AUTOINCREMENT"),
            lite("inline", What::Flag, "in the column's own definition"),
            OPTIONS,
            TABLESPACE,
        ],
        MEMBER,
        PG_TIMING,
    ],
)
.or_scalar("columns")
.or_list("columns");

static KEY_PART: Shape = shape(
    "key_part",
    "A column of a key.",
    &[&[
        must("column", What::Text, "the column"),
        lite("collation", What::Text, "as behind COLLATE"),
        lite("desc", What::Flag, "descending"),
    ]],
)
.or_scalar("column");

static CHECK: Shape = shape(
    "check",
    "A condition on each row.",
    &[
        &[
            must("expr", What::Sql, "the condition"),
            lite("conflict", CONFLICTS, "ON CONFLICT"),
            pg("no_inherit", What::Flag, "children do not get it"),
        ],
        MEMBER,
        NOT_VALID,
    ],
)
.or_scalar("expr");

static FOREIGN_KEY: Shape = shape(
    "foreign_key",
    "A reference to rows of another table.",
    &[
        &[
            must("columns", What::Texts, "its own columns"),
            must(
                "references",
                What::One(&REFERENCES),
                "the table and the columns it refers to",
            ),
            may(
                "match",
                What::Words(&["simple", "full", "partial"]),
                "MATCH",
            ),
            pg(
                "set_columns",
                What::Texts,
                "what SET NULL and SET DEFAULT set",
            ),
            may("deferrable", What::Flag, "DEFERRABLE"),
            may("initially_deferred", What::Flag, "checked at commit"),
        ],
        ON_ACTIONS,
        MEMBER,
        NOT_VALID,
    ],
);

static EXCLUDE: Shape = shape(
    "exclude",
    "No two rows that clash.",
    &[
        &[
            may("method", What::Text, "the index method"),
            must(
                "items",
                What::List(&EXCLUDE_ITEM),
                "what is compared, and how",
            ),
            INCLUDE,
            WHERE,
            OPTIONS,
        ],
        MEMBER,
        PG_TIMING,
    ],
);

const INDEX_KEY_FIELDS: &[Field] = &[
    may("column", What::Text, "a column"),
    may("expr", What::Sql, "or an expression"),
    COLLATION,
    pg("opclass", What::Text, "the operator class"),
    may("desc", What::Flag, "descending"),
    pg(
        "nulls",
        What::Words(&["first", "last"]),
        "where nulls stand",
    ),
];

static EXCLUDE_ITEM: Shape = shape(
    "exclude_item",
    "A value and how two of it clash.",
    &[
        INDEX_KEY_FIELDS,
        &[must("with", What::Text, "the operator")],
    ],
);

static INDEX: Shape = shape(
    "index",
    "An index.",
    &[
        &[
            must("on", What::List(&INDEX_KEY), "columns and expressions"),
            may("unique", What::Flag, "no two rows alike"),
            pg("method", What::Text, "btree where none is said"),
            INCLUDE,
            WHERE,
            NULLS,
            OPTIONS,
            TABLESPACE,
            pg(
                "invalid",
                What::Flag,
                "on a partitioned table: not on its partitions",
            ),
            pg(
                "partition_of",
                What::Name,
                "the partitioned index that it belongs to",
            ),
        ],
        MEMBER,
    ],
)
.or_scalar("on")
.or_list("on");

static INDEX_KEY: Shape = shape(
    "index_key",
    "A column or an expression.",
    &[INDEX_KEY_FIELDS],
)
.or_scalar("column");

static TRIGGER: Shape = shape(
    "trigger",
    "A trigger.",
    &[
        &[
            may(
                "timing",
                What::Words(&["before", "after", "instead of"]),
                "when",
            ),
            must("events", What::List(&EVENT), "on what"),
            pg("each_row", What::Flag, "for each row"),
            may("when", What::Sql, "the condition"),
            pg("function", What::Name, "the function"),
            pg("arguments", What::Texts, "its arguments"),
            pg("constraint", What::Flag, "a constraint trigger"),
            pg("from", What::Name, "FROM of a constraint trigger"),
            pg("rows_before", What::Text, "REFERENCING OLD TABLE AS"),
            pg("rows_after", What::Text, "REFERENCING NEW TABLE AS"),
            pg(
                "enabled",
                What::Words(&["origin", "disabled", "replica", "always"]),
                "when it fires at all",
            ),
            lite("body", What::Text, "the statements between BEGIN and END"),
        ],
        MEMBER,
        PG_TIMING,
    ],
);

static EVENT: Shape = shape(
    "event",
    "What fires a trigger.",
    &[&[
        must(
            "event",
            What::Words(&["insert", "update", "delete", "truncate"]),
            "the event",
        ),
        may("of", What::Texts, "an update of these columns"),
    ]],
)
.or_scalar("event");

static POLICY: Shape = shape(
    "policy",
    "Which rows who sees and writes.",
    &[
        &[
            may(
                "for",
                What::Words(&["all", "select", "insert", "update", "delete"]),
                "the statements",
            ),
            may("restrictive", What::Flag, "restrictive"),
            may("roles", What::Texts, "none: everybody"),
            may("using", What::Sql, "rows that are seen"),
            may("check", What::Sql, "rows that may be written"),
        ],
        MEMBER,
    ],
);

const VIEW_FIELDS: &[Field] = &[
    must("query", What::Query, "the query"),
    may("columns", What::Texts, "names of its columns"),
];

static VIEW: Shape = shape(
    "view",
    "A view.",
    &[
        VIEW_FIELDS,
        &[
            pg("recursive", What::Flag, "CREATE RECURSIVE VIEW"),
            pg(
                "check_option",
                What::Words(&["local", "cascaded"]),
                "WITH CHECK OPTION",
            ),
            OPTIONS,
            COMMENTS,
        ],
        TRIGGERS,
        SPINE,
    ],
)
.or_scalar("query");

static MATERIALIZED_VIEW: Shape = shape(
    "materialized_view",
    "A view that keeps its rows.",
    &[
        VIEW_FIELDS,
        &[
            may("without_data", What::Flag, "it is not filled"),
            may("method", What::Text, "an access method other than heap"),
            TABLESPACE,
            OPTIONS,
            COMMENTS,
        ],
        INDEXES,
        SPINE,
    ],
)
.or_scalar("query");

static VIRTUAL_TABLE: Shape = shape(
    "virtual_table",
    "A table of a module.",
    &[&[
        must("module", What::Text, "the module"),
        may(
            "arguments",
            What::Text,
            "what stands in its brackets, as SQL text",
        ),
        RENAMED,
    ]],
);

static DEFAULT_PRIVILEGES: Shape = shape(
    "default_privileges",
    "What the new objects of a role let others do.",
    &[&[
        must(
            "on",
            What::Words(&["tables", "sequences", "functions", "types", "schemas"]),
            "which objects",
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
