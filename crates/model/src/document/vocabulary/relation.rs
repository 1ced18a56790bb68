//! The words of relations and of what hangs on them.

use super::form::{lite, maria, may, must, my, others, pg, servers, shape};
use super::*;

pub(super) const KEYS: &[Field] = &[
    may("primary_key", What::One(&KEY), "the primary key"),
    may("uniques", What::Many(&KEY), "no two rows alike"),
    may("checks", What::Many(&CHECK), "conditions on each row"),
    may(
        "foreign_keys",
        What::Many(&FOREIGN_KEY),
        "references to rows of other tables",
    ),
    pg("excludes", What::Many(&EXCLUDE), "no two rows that clash"),
    pg(
        "not_nulls",
        What::Many(&NOT_NULL),
        "NOT NULL as constraints with names, from 18 on",
    ),
];
pub(super) const INDEXES: &[Field] = &[may("indexes", What::Many(&INDEX), "indexes")];
pub(super) const TRIGGERS: &[Field] = &[may("triggers", What::Many(&TRIGGER), "triggers")];
pub(super) const POLICIES: &[Field] = &[pg(
    "policies",
    What::Many(&POLICY),
    "which rows who sees and writes",
)];
const RULES: &[Field] = &[pg(
    "rules",
    What::Many(&RULE),
    "what is done for or instead of a change",
)];
const STATISTICS: &[Field] = &[pg(
    "statistics",
    What::Many(&STATISTIC),
    "what the planner of queries shall know of several columns",
)];

pub(super) static TABLE: Shape = shape(
    "table",
    "A table.",
    &[
        &[
            may("columns", What::Map(&COLUMN), "in their order"),
            lite("strict", What::Flag, "STRICT"),
            lite("without_rowid", What::Flag, "WITHOUT ROWID"),
            pg("unlogged", What::Flag, "not logged"),
            pg(
                "of_type",
                What::Name,
                "the composite type whose attributes are its columns",
            ),
            pg("server", What::Text, "the foreign server that has its rows"),
            pg(
                "foreign_options",
                What::Options,
                "what that one is told: OPTIONS",
            ),
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
            pg(
                "cluster_on",
                What::Text,
                "the index by which CLUSTER orders the rows",
            ),
            pg(
                "copies",
                What::Options,
                "a partition's names for its copies of the indexes and keys (`schema.name`) of the tables above it",
            ),
            pg("method", What::Text, "an access method other than heap"),
            TABLESPACE,
            OPTIONS,
            my("engine", What::Text, "the storage engine"),
            my("collation", What::Text, "of columns that say none"),
            my("auto_increment", What::Number, "where counting begins"),
            maria("system_versioning", What::Flag, "WITH SYSTEM VERSIONING"),
            maria("periods", What::List(&PERIOD), "PERIOD FOR"),
            my("partitioning", What::One(&PARTITIONING), "how it is parted"),
        ],
        KEYS,
        INDEXES,
        TRIGGERS,
        POLICIES,
        RULES,
        STATISTICS,
        SPINE,
    ],
);

pub fn table() -> &'static Shape {
    &TABLE
}

pub(super) static OUTSIDE: Shape = shape(
    "outside",
    "What hangs on a relation that is declared elsewhere.",
    &[KEYS, INDEXES, TRIGGERS, POLICIES, RULES, STATISTICS],
);

pub(super) static PERIOD: Shape = shape(
    "period",
    "From when to when a row holds.",
    &[&[
        must("name", What::Text, "`system_time`, or its own"),
        must("from", What::Text, "a column"),
        must("to", What::Text, "a column"),
    ]],
);

pub(super) static PARTITIONING: Shape = shape(
    "partitioning",
    "How a table is parted.",
    &[&[
        must("by", What::Text, "`RANGE (id)`, `HASH (id)` …"),
        may("count", What::Number, "how many, where they have no names"),
        may("sub", What::Text, "how its parts are parted"),
        may("sub_count", What::Number, "into how many"),
        may("partitions", What::List(&PART), "in their order"),
    ]],
)
.or_scalar("by");

pub(super) static PART: Shape = shape(
    "part",
    "A partition, or a part of one.",
    &[&[
        must("name", What::Text, "its name"),
        may("values", What::Text, "`VALUES LESS THAN (10)`"),
        may("options", What::Options, "`engine`, `comment` …"),
        may("partitions", What::List(&PART), "its parts"),
    ]],
)
.or_scalar("name");

pub(super) static PARTITION: Shape = shape(
    "partition",
    "Of which table it is a partition.",
    &[&[
        must("table", What::Name, "the partitioned table"),
        must("bound", What::Text, "`FOR VALUES …` or `DEFAULT`"),
    ]],
);

pub(super) static COLUMN: Shape = shape(
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
            my("auto_increment", What::Flag, "counted by the server"),
            my(
                "on_change",
                What::Text,
                "ON UPDATE of a moment: `current_timestamp`",
            ),
            my("invisible", What::Flag, "not in `*`"),
            my("options", What::Options, "the rest: `srid`, `compressed` …"),
            pg("storage", What::Text, "STORAGE"),
            pg("compression", What::Text, "COMPRESSION"),
            pg("statistics", What::Number, "the statistics target"),
            pg(
                "attributes",
                What::Options,
                "attribute options: `n_distinct`",
            ),
            pg(
                "foreign_options",
                What::Options,
                "of a foreign table's column: OPTIONS",
            ),
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

pub(super) static GENERATED: Shape = shape(
    "generated",
    "A column's computed value.",
    &[&[
        must("expr", What::Sql, "the value"),
        may("stored", What::Flag, "written with the row"),
    ]],
);

pub(super) static IDENTITY: Shape = shape(
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

pub(super) static REFERENCES: Shape = shape(
    "references",
    "`table.column`, or a table and its columns.",
    &[&[
        must("table", What::Name, "the table"),
        may("columns", What::Texts, "none: its primary key"),
    ]],
)
.or_scalar("table");

pub(super) static KEY: Shape = shape(
    "key",
    "A primary key or a unique constraint.",
    &[
        &[
            must("columns", What::List(&KEY_PART), "in their order"),
            INCLUDE,
            NULLS,
            pg(
                "without_overlaps",
                What::Flag,
                "the last column is a period, from 18 on",
            ),
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

pub(super) static KEY_PART: Shape = shape(
    "key_part",
    "A column of a key.",
    &[&[
        must("column", What::Text, "the column"),
        lite("collation", What::Text, "as behind COLLATE"),
        others("desc", What::Flag, "descending"),
        my("prefix", What::Number, "how many characters of it"),
    ]],
)
.or_scalar("column");

pub(super) static CHECK: Shape = shape(
    "check",
    "A condition on each row.",
    &[
        &[
            must("expr", What::Sql, "the condition"),
            lite("conflict", CONFLICTS, "ON CONFLICT"),
            pg("no_inherit", What::Flag, "children do not get it"),
            servers("not_enforced", What::Flag, "NOT ENFORCED"),
        ],
        MEMBER,
        NOT_VALID,
    ],
)
.or_scalar("expr");

pub(super) static FOREIGN_KEY: Shape = shape(
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
            pg(
                "period",
                What::Flag,
                "the last column of both sides is a period, from 18 on",
            ),
            pg("not_enforced", What::Flag, "NOT ENFORCED, from 18 on"),
            may("deferrable", What::Flag, "DEFERRABLE"),
            may("initially_deferred", What::Flag, "checked at commit"),
        ],
        ON_ACTIONS,
        MEMBER,
        NOT_VALID,
    ],
);

pub(super) static NOT_NULL: Shape = shape(
    "not_null",
    "The NOT NULL of a column, as a constraint.",
    &[
        &[
            must("column", What::Text, "the column"),
            pg("no_inherit", What::Flag, "children do not get it"),
        ],
        MEMBER,
        NOT_VALID,
    ],
)
.or_scalar("column");

pub(super) static EXCLUDE: Shape = shape(
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

pub(super) const INDEX_KEY_FIELDS: &[Field] = &[
    may("column", What::Text, "a column"),
    may("expr", What::Sql, "or an expression"),
    COLLATION,
    pg("opclass", What::Text, "the operator class"),
    pg(
        "statistics",
        What::Number,
        "the statistics target of an expression",
    ),
    may("desc", What::Flag, "descending"),
    my("prefix", What::Number, "how many characters of it"),
    pg(
        "nulls",
        What::Words(&["first", "last"]),
        "where nulls stand",
    ),
];

pub(super) static EXCLUDE_ITEM: Shape = shape(
    "exclude_item",
    "A value and how two of it clash.",
    &[
        INDEX_KEY_FIELDS,
        &[must("with", What::Text, "the operator")],
    ],
);

pub(super) static INDEX: Shape = shape(
    "index",
    "An index.",
    &[
        &[
            must("on", What::List(&INDEX_KEY), "columns and expressions"),
            may("unique", What::Flag, "no two rows alike"),
            servers("method", What::Text, "btree where none is said"),
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

pub(super) static INDEX_KEY: Shape = shape(
    "index_key",
    "A column or an expression.",
    &[INDEX_KEY_FIELDS],
)
.or_scalar("column");

pub(super) static TRIGGER: Shape = shape(
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
            servers("each_row", What::Flag, "for each row"),
            my("follows", What::Text, "the trigger before it"),
            my("options", What::Options, "`definer`"),
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
            others(
                "body",
                What::Text,
                "the statements between BEGIN and END; on MySQL the statement",
            ),
        ],
        MEMBER,
        PG_TIMING,
    ],
);

pub(super) static EVENT: Shape = shape(
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

pub(super) static POLICY: Shape = shape(
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

static STATISTIC: Shape = shape(
    "statistics",
    "What the planner of queries shall know of several columns, or of expressions.",
    &[
        &[
            must("on", What::Texts, "columns and expressions"),
            may(
                "kinds",
                What::Texts,
                "`dependencies`, `mcv`, `ndistinct`; none: all",
            ),
            may("target", What::Number, "how much is sampled"),
            may("in_schema", What::Text, "where they are not in the table's"),
        ],
        MEMBER,
    ],
);

static RULE: Shape = shape(
    "rule",
    "What the server does for or instead of a change.",
    &[
        &[
            must(
                "on",
                What::Words(&["insert", "update", "delete"]),
                "the change",
            ),
            may("when", What::Sql, "the rows for which it holds"),
            may("instead", What::Flag, "instead of the change"),
            may("do", What::Texts, "the commands; none: nothing"),
            may(
                "enabled",
                What::Words(&["origin", "disabled", "replica", "always"]),
                "when it holds at all",
            ),
        ],
        MEMBER,
    ],
);

pub(super) const VIEW_FIELDS: &[Field] = &[
    must("query", What::Query, "the query"),
    may("columns", What::Texts, "names of its columns"),
];

pub(super) static VIEW: Shape = shape(
    "view",
    "A view.",
    &[
        VIEW_FIELDS,
        &[
            pg("recursive", What::Flag, "CREATE RECURSIVE VIEW"),
            servers(
                "check_option",
                What::Words(&["local", "cascaded"]),
                "WITH CHECK OPTION",
            ),
            OPTIONS,
            COMMENTS,
        ],
        TRIGGERS,
        RULES,
        SPINE,
    ],
)
.or_scalar("query");

pub(super) static MATERIALIZED_VIEW: Shape = shape(
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

pub(super) static VIRTUAL_TABLE: Shape = shape(
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
