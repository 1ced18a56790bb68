//! The kinds that are made of clauses alone: the server prints their CREATE, the grammar reads it.
//!
//! Neighbours: `crate::definition` has the clauses. Invariant: only columns that any role may read are touched; no
//! secret of a user mapping and no subscription's connection is asked for.

use super::answer::{Read, Sheet};
use super::directory::Oid;
use super::fragment::{OWN_SCHEMA, implied, privileges, qualified};
use super::{Decoder, grant};
use crate::features::{Feature, has};
use crate::grammar;
use driftless_model::{Definition, Object, Server, TypeRef};

/// Below that number stands what initdb made.
const OWN: &str = "o.oid >= 16384";

/// One kind's question.
#[derive(Default)]
struct Question {
    class: &'static str,
    /// The statement behind CREATE.
    text: String,
    /// The column of its owner.
    owner: &'static str,
    /// The column of its privileges, and the letter of their defaults.
    acl: Option<(&'static str, char)>,
    from: String,
    filter: String,
    /// The oids of the types that it makes: itself, its array, its multirange with array.
    types: &'static str,
}

impl Question {
    fn sql(self) -> String {
        let (class, text, from, filter) = (self.class, self.text, self.from, self.filter);
        let owner = match self.owner {
            "" => "NULL::name".to_owned(),
            column => format!("pg_get_userbyid(o.{column})"),
        };
        let acl = match self.acl {
            Some((column, letter)) => privileges(
                &format!("o.{column}"),
                &format!("acldefault('{letter}', o.{})", self.owner),
                &format!("o.{}", self.owner),
            ),
            None => "NULL::text AS acl, NULL::text AS acl_default".to_owned(),
        };
        let types = match self.types {
            "" => "NULL",
            some => some,
        };
        format!(
            "SELECT {text} AS text, {owner} AS owner, obj_description(o.oid, '{class}') AS comment, {acl}, {types}::text \
             AS types\nFROM {class} o {from}\nWHERE {filter}"
        )
    }
}

/// Its name in its schema `n`.
fn named(column: &str) -> String {
    qualified("n.nspname", &format!("o.{column}"))
}

/// The join of its schema.
fn space(column: &str) -> String {
    format!("JOIN pg_namespace n ON n.oid = o.{column}")
}

fn own(class: &str) -> String {
    format!("{OWN_SCHEMA} AND NOT {}", implied(class, "o.oid"))
}

fn flat(class: &str) -> String {
    format!("{OWN} AND NOT {}", implied(class, "o.oid"))
}

/// `, WORD = function`, where there is one.
fn function(word: &str, column: &str) -> String {
    said(word, column, &format!("{column}::regprocedure::text"))
}

/// `, WORD = value`, where the oid is not zero.
fn said(word: &str, oid: &str, value: &str) -> String {
    format!("CASE WHEN {oid} <> 0 THEN ', {word} = ' || {value} ELSE '' END")
}

/// The items, without the comma in front of the first.
fn bracketed(items: &[String]) -> String {
    format!("'(' || ltrim(concat({}), ', ') || ')'", items.join(", "))
}

fn options(column: &str, filter: &str) -> String {
    format!(
        "coalesce((SELECT ' OPTIONS (' || string_agg(quote_ident(x.option_name) || ' ' || quote_literal(x.option_value), \
         ', ' ORDER BY x.option_name) || ')' FROM pg_options_to_table({column}) x {filter}), '')"
    )
}

pub(super) fn query(server: Server) -> String {
    let mut all = vec![
        collation(server),
        conversion(),
        operator(),
        class(),
        family(),
        range(),
        base_type(),
        cast(),
        transform(),
        language(),
        access_method(),
        wrapper(),
        foreign_server(),
        event_trigger(),
        publication(server),
        subscription(server),
    ];
    all.extend(text_search());
    let mut all: Vec<String> = all.into_iter().map(Question::sql).collect();
    all.push(user_mapping());
    all.join("\nUNION ALL ")
}

fn collation(server: Server) -> Question {
    let locale = match () {
        () if has(server, Feature::CollationLocale) => "o.colllocale",
        () if has(server, Feature::IcuLocale) => "o.colliculocale",
        () => "NULL",
    };
    let rules = match has(server, Feature::CollationRules) {
        true => {
            "CASE WHEN o.collicurules IS NOT NULL THEN ', RULES = ' || quote_literal(o.collicurules) END"
        }
        false => "NULL",
    };
    Question {
        class: "pg_collation",
        text: format!(
            "'COLLATION ' || {} || ' (PROVIDER = ' || CASE o.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' \
             ELSE 'libc' END || CASE WHEN o.collisdeterministic THEN '' ELSE ', DETERMINISTIC = false' END || \
             coalesce(', LOCALE = ' || quote_literal({locale}), CASE WHEN o.collcollate = o.collctype THEN \
             ', LOCALE = ' || quote_literal(o.collcollate) ELSE ', LC_COLLATE = ' || quote_literal(o.collcollate) || \
             ', LC_CTYPE = ' || quote_literal(o.collctype) END) || coalesce({rules}, '') || ')'",
            named("collname")
        ),
        owner: "collowner",
        from: space("collnamespace"),
        filter: own("pg_collation"),
        ..Question::default()
    }
}

fn conversion() -> Question {
    Question {
        class: "pg_conversion",
        text: format!(
            "CASE WHEN o.condefault THEN 'DEFAULT ' ELSE '' END || 'CONVERSION ' || {} || ' FOR ' || \
             quote_literal(pg_encoding_to_char(o.conforencoding)) || ' TO ' || \
             quote_literal(pg_encoding_to_char(o.contoencoding)) || ' FROM ' || o.conproc::oid::regprocedure::text",
            named("conname")
        ),
        owner: "conowner",
        from: space("connamespace"),
        filter: own("pg_conversion"),
        ..Question::default()
    }
}

fn operator() -> Question {
    let other = |column: &str| {
        format!(
            "(SELECT CASE s.nspname WHEN 'pg_catalog' THEN p.oprname::text ELSE 'OPERATOR(' || quote_ident(s.nspname) || \
             '.' || p.oprname || ')' END FROM pg_operator p JOIN pg_namespace s ON s.oid = p.oprnamespace \
             WHERE p.oid = {column})"
        )
    };
    let flag = |column: &str, word: &str| format!("CASE WHEN {column} THEN ', {word}' ELSE '' END");
    let items = [
        function("FUNCTION", "o.oprcode"),
        said("LEFTARG", "o.oprleft", "format_type(o.oprleft, NULL)"),
        said("RIGHTARG", "o.oprright", "format_type(o.oprright, NULL)"),
        said("COMMUTATOR", "o.oprcom", &other("o.oprcom")),
        said("NEGATOR", "o.oprnegate", &other("o.oprnegate")),
        function("RESTRICT", "o.oprrest"),
        function("JOIN", "o.oprjoin"),
        flag("o.oprcanhash", "HASHES"),
        flag("o.oprcanmerge", "MERGES"),
    ];
    Question {
        class: "pg_operator",
        text: format!(
            "'OPERATOR ' || quote_ident(n.nspname) || '.' || o.oprname || ' ' || {}",
            bracketed(&items)
        ),
        owner: "oprowner",
        from: space("oprnamespace"),
        // Without a function it is a shell that another operator names.
        filter: format!("o.oprcode <> 0 AND {}", own("pg_operator")),
        ..Question::default()
    }
}

/// The members that hang on a class or family.
fn members(class: &str) -> String {
    let hangs = |of: &str, oid: &str| {
        format!(
            "EXISTS (SELECT FROM pg_depend x WHERE x.classid = '{of}'::regclass AND x.objid = {oid} \
             AND x.refclassid = '{class}'::regclass AND x.refobjid = o.oid)"
        )
    };
    format!(
        "(SELECT string_agg(m.said, ', ' ORDER BY m.what DESC, m.number, m.said) FROM (SELECT 'operator' AS what, \
         a.amopstrategy AS number, 'OPERATOR ' || a.amopstrategy || ' ' || a.amopopr::regoperator::text || CASE WHEN \
         a.amopsortfamily <> 0 THEN ' FOR ORDER BY ' || (SELECT {} FROM pg_opfamily f JOIN pg_namespace s \
         ON s.oid = f.opfnamespace WHERE f.oid = a.amopsortfamily) ELSE '' END AS said FROM pg_amop a WHERE {} \
         UNION ALL SELECT 'function', p.amprocnum, 'FUNCTION ' || p.amprocnum || ' (' || \
         format_type(p.amproclefttype, NULL) || ', ' || format_type(p.amprocrighttype, NULL) || ') ' || \
         p.amproc::oid::regprocedure::text FROM pg_amproc p WHERE {}) m)",
        qualified("s.nspname", "f.opfname"),
        hangs("pg_amop", "a.oid"),
        hangs("pg_amproc", "p.oid")
    )
}

fn class() -> Question {
    Question {
        class: "pg_opclass",
        text: format!(
            "'OPERATOR CLASS ' || {} || CASE WHEN o.opcdefault THEN ' DEFAULT' ELSE '' END || ' FOR TYPE ' || \
             format_type(o.opcintype, NULL) || ' USING ' || quote_ident(m.amname) || ' FAMILY ' || {} || \
             coalesce(' AS ' || nullif(concat_ws(', ', {}, CASE WHEN o.opckeytype <> 0 THEN 'STORAGE ' || \
             format_type(o.opckeytype, NULL) END), ''), '')",
            named("opcname"),
            qualified("fn.nspname", "f.opfname"),
            members("pg_opclass")
        ),
        owner: "opcowner",
        from: format!(
            "{} JOIN pg_am m ON m.oid = o.opcmethod JOIN pg_opfamily f ON f.oid = o.opcfamily \
             JOIN pg_namespace fn ON fn.oid = f.opfnamespace",
            space("opcnamespace")
        ),
        filter: own("pg_opclass"),
        ..Question::default()
    }
}

fn family() -> Question {
    Question {
        class: "pg_opfamily",
        text: format!(
            "'OPERATOR FAMILY ' || {} || ' USING ' || quote_ident(m.amname) || coalesce(' ADD ' || {}, '')",
            named("opfname"),
            members("pg_opfamily")
        ),
        owner: "opfowner",
        from: format!(
            "{} JOIN pg_am m ON m.oid = o.opfmethod",
            space("opfnamespace")
        ),
        filter: own("pg_opfamily"),
        ..Question::default()
    }
}

fn range() -> Question {
    let items = [
        "', SUBTYPE = ' || format_type(r.rngsubtype, NULL)".to_owned(),
        format!(
            "CASE WHEN NOT c.opcdefault THEN ', SUBTYPE_OPCLASS = ' || {} END",
            qualified("cs.nspname", "c.opcname")
        ),
        format!(
            "CASE WHEN r.rngcollation <> s.typcollation THEN (SELECT ', COLLATION = ' || {} FROM pg_collation l \
             JOIN pg_namespace ls ON ls.oid = l.collnamespace WHERE l.oid = r.rngcollation) END",
            qualified("ls.nspname", "l.collname")
        ),
        function("CANONICAL", "r.rngcanonical"),
        function("SUBTYPE_DIFF", "r.rngsubdiff"),
        "', MULTIRANGE_TYPE_NAME = ' || quote_ident(m.typname)".to_owned(),
    ];
    Question {
        class: "pg_type",
        text: format!(
            "'TYPE ' || {} || ' AS RANGE ' || {}",
            named("typname"),
            bracketed(&items)
        ),
        owner: "typowner",
        acl: Some(("typacl", 'T')),
        from: format!(
            "{} JOIN pg_range r ON r.rngtypid = o.oid JOIN pg_type s ON s.oid = r.rngsubtype JOIN pg_opclass c \
             ON c.oid = r.rngsubopc JOIN pg_namespace cs ON cs.oid = c.opcnamespace JOIN pg_type m ON m.oid = r.rngmultitypid",
            space("typnamespace")
        ),
        filter: own("pg_type"),
        types: "json_build_array(o.oid::int8, o.typarray::int8)",
    }
}

fn base_type() -> Question {
    let items = [
        function("INPUT", "o.typinput"),
        function("OUTPUT", "o.typoutput"),
        function("RECEIVE", "o.typreceive"),
        function("SEND", "o.typsend"),
        function("TYPMOD_IN", "o.typmodin"),
        function("TYPMOD_OUT", "o.typmodout"),
        function("ANALYZE", "o.typanalyze"),
        function("SUBSCRIPT", "o.typsubscript"),
        "', INTERNALLENGTH = ' || CASE WHEN o.typlen > 0 THEN o.typlen::text ELSE 'variable' END".to_owned(),
        "CASE WHEN o.typbyval THEN ', PASSEDBYVALUE' END".to_owned(),
        "', ALIGNMENT = ' || CASE o.typalign WHEN 'c' THEN 'char' WHEN 's' THEN 'int2' WHEN 'd' THEN 'double' \
         ELSE 'int4' END"
            .to_owned(),
        "', STORAGE = ' || CASE o.typstorage WHEN 'e' THEN 'external' WHEN 'x' THEN 'extended' WHEN 'm' THEN 'main' \
         ELSE 'plain' END"
            .to_owned(),
        "', CATEGORY = ' || quote_literal(o.typcategory::text)".to_owned(),
        "CASE WHEN o.typispreferred THEN ', PREFERRED = true' END".to_owned(),
        "', DEFAULT = ' || quote_literal(o.typdefault)".to_owned(),
        said("ELEMENT", "o.typelem", "format_type(o.typelem, NULL)"),
        "', DELIMITER = ' || quote_literal(o.typdelim::text)".to_owned(),
        "CASE WHEN o.typcollation <> 0 THEN ', COLLATABLE = true' END".to_owned(),
    ];
    Question {
        class: "pg_type",
        text: format!(
            "'TYPE ' || {} || CASE WHEN o.typisdefined THEN ' ' || {} ELSE '' END",
            named("typname"),
            bracketed(&items)
        ),
        owner: "typowner",
        acl: Some(("typacl", 'T')),
        from: space("typnamespace"),
        filter: format!(
            "o.typtype IN ('b', 'p') AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = o.oid) AND {}",
            own("pg_type")
        ),
        types: "json_build_array(o.oid::int8, o.typarray::int8)",
    }
}

fn cast() -> Question {
    Question {
        class: "pg_cast",
        text: "'CAST (' || format_type(o.castsource, NULL) || ' AS ' || format_type(o.casttarget, NULL) || ') ' || \
               CASE o.castmethod WHEN 'f' THEN 'WITH FUNCTION ' || o.castfunc::regprocedure::text \
               WHEN 'i' THEN 'WITH INOUT' ELSE 'WITHOUT FUNCTION' END || CASE o.castcontext WHEN 'a' THEN \
               ' AS ASSIGNMENT' WHEN 'i' THEN ' AS IMPLICIT' ELSE '' END"
            .to_owned(),
        // Ranges bring casts to their multiranges.
        filter: flat("pg_cast"),
        ..Question::default()
    }
}

fn transform() -> Question {
    let items = [
        "CASE WHEN o.trffromsql <> 0 THEN ', FROM SQL WITH FUNCTION ' || o.trffromsql::oid::regprocedure::text END"
            .to_owned(),
        "CASE WHEN o.trftosql <> 0 THEN ', TO SQL WITH FUNCTION ' || o.trftosql::oid::regprocedure::text END"
            .to_owned(),
    ];
    Question {
        class: "pg_transform",
        text: format!(
            "'TRANSFORM FOR ' || format_type(o.trftype, NULL) || ' LANGUAGE ' || quote_ident(l.lanname) || ' ' || {}",
            bracketed(&items)
        ),
        from: "JOIN pg_language l ON l.oid = o.trflang".to_owned(),
        filter: flat("pg_transform"),
        ..Question::default()
    }
}

fn language() -> Question {
    let clause = |word: &str, column: &str| {
        format!(
            "CASE WHEN {column} <> 0 THEN ' {word} ' || {column}::regprocedure::text ELSE '' END"
        )
    };
    Question {
        class: "pg_language",
        text: format!(
            "CASE WHEN o.lanpltrusted THEN 'TRUSTED ' ELSE '' END || 'LANGUAGE ' || quote_ident(o.lanname) || {} || {} || {}",
            clause("HANDLER", "o.lanplcallfoid"),
            clause("INLINE", "o.laninline"),
            clause("VALIDATOR", "o.lanvalidator")
        ),
        owner: "lanowner",
        acl: Some(("lanacl", 'l')),
        filter: flat("pg_language"),
        ..Question::default()
    }
}

fn access_method() -> Question {
    Question {
        class: "pg_am",
        text: "'ACCESS METHOD ' || quote_ident(o.amname) || ' TYPE ' || CASE o.amtype WHEN 't' THEN 'table' ELSE \
               'index' END || ' HANDLER ' || o.amhandler::oid::regprocedure::text"
            .to_owned(),
        filter: flat("pg_am"),
        ..Question::default()
    }
}

fn wrapper() -> Question {
    let clause = |word: &str, column: &str| {
        format!(
            "CASE WHEN {column} <> 0 THEN ' {word} ' || {column}::regprocedure::text ELSE '' END"
        )
    };
    Question {
        class: "pg_foreign_data_wrapper",
        text: format!(
            "'FOREIGN DATA WRAPPER ' || quote_ident(o.fdwname) || {} || {} || {}",
            clause("HANDLER", "o.fdwhandler"),
            clause("VALIDATOR", "o.fdwvalidator"),
            options("o.fdwoptions", "")
        ),
        owner: "fdwowner",
        acl: Some(("fdwacl", 'F')),
        filter: flat("pg_foreign_data_wrapper"),
        ..Question::default()
    }
}

fn foreign_server() -> Question {
    Question {
        class: "pg_foreign_server",
        text: format!(
            "'SERVER ' || quote_ident(o.srvname) || coalesce(' TYPE ' || quote_literal(o.srvtype), '') || \
             coalesce(' VERSION ' || quote_literal(o.srvversion), '') || ' FOREIGN DATA WRAPPER ' || \
             quote_ident(w.fdwname) || {}",
            options("o.srvoptions", "")
        ),
        owner: "srvowner",
        acl: Some(("srvacl", 'S')),
        from: "JOIN pg_foreign_data_wrapper w ON w.oid = o.srvfdw".to_owned(),
        filter: flat("pg_foreign_server"),
        ..Question::default()
    }
}

/// The view shows options only to those who may see them.
fn user_mapping() -> String {
    format!(
        "SELECT 'USER MAPPING FOR ' || CASE WHEN o.umuser = 0 THEN 'PUBLIC' ELSE quote_ident(o.usename) END || \
         ' SERVER ' || quote_ident(o.srvname) || {} AS text, NULL::name, NULL::text, NULL::text, NULL::text, NULL::text
FROM pg_user_mappings o",
        options(
            "o.umoptions",
            "WHERE x.option_name !~* '(password|secret|token|passcode|credential)'"
        )
    )
}

fn event_trigger() -> Question {
    Question {
        class: "pg_event_trigger",
        text: "'EVENT TRIGGER ' || quote_ident(o.evtname) || ' ON ' || quote_ident(o.evtevent) || coalesce((SELECT \
               ' WHEN TAG IN (' || string_agg(quote_literal(t.tag), ', ' ORDER BY t.n) || ')' FROM \
               unnest(o.evttags) WITH ORDINALITY t(tag, n)), '') || ' EXECUTE FUNCTION ' || o.evtfoid::regprocedure::text || \
               CASE o.evtenabled WHEN 'D' THEN ' DISABLE' WHEN 'R' THEN ' ENABLE REPLICA' WHEN 'A' THEN \
               ' ENABLE ALWAYS' ELSE '' END"
            .to_owned(),
        owner: "evtowner",
        filter: flat("pg_event_trigger"),
        ..Question::default()
    }
}

fn publication(server: Server) -> Question {
    let of_schema = has(server, Feature::PublicationSchema);
    let relation = qualified("s.nspname", "c.relname");
    let (columns, schemas) = match of_schema {
        true => (
            "coalesce((SELECT ' (' || string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) || ')' FROM \
             unnest(r.prattrs::int2[]) k(n) JOIN pg_attribute a ON a.attrelid = r.prrelid AND a.attnum = k.n), '') || \
             coalesce(' WHERE (' || pg_get_expr(r.prqual, r.prrelid) || ')', '')",
            "(SELECT 'TABLES IN SCHEMA ' || string_agg(quote_ident(s.nspname), ', ') FROM pg_publication_namespace p \
             JOIN pg_namespace s ON s.oid = p.pnnspid WHERE p.pnpubid = o.oid)",
        ),
        false => ("''", "NULL"),
    };
    let generated = match has(server, Feature::PublishedGenerated) {
        true => {
            "CASE o.pubgencols WHEN 's' THEN ', publish_generated_columns = ''stored''' ELSE '' END"
        }
        false => "''",
    };
    Question {
        class: "pg_publication",
        text: format!(
            "'PUBLICATION ' || quote_ident(o.pubname) || CASE WHEN o.puballtables THEN ' FOR ALL TABLES' ELSE \
             coalesce(' FOR ' || nullif(concat_ws(', ', (SELECT 'TABLE ' || string_agg({relation} || {columns}, ', ') \
             FROM pg_publication_rel r JOIN pg_class c ON c.oid = r.prrelid JOIN pg_namespace s \
             ON s.oid = c.relnamespace WHERE r.prpubid = o.oid), {schemas}), ''), '') END || ' WITH (publish = ''' || \
             concat_ws(', ', CASE WHEN o.pubinsert THEN 'insert' END, CASE WHEN o.pubupdate THEN 'update' END, \
             CASE WHEN o.pubdelete THEN 'delete' END, CASE WHEN o.pubtruncate THEN 'truncate' END) || \
             ''', publish_via_partition_root = ' || o.pubviaroot || {generated} || ')'"
        ),
        owner: "pubowner",
        filter: flat("pg_publication"),
        ..Question::default()
    }
}

fn subscription(server: Server) -> Question {
    let mut items = vec![
        "', enabled = ' || o.subenabled".to_owned(),
        "coalesce(', slot_name = ' || quote_literal(o.subslotname), ', slot_name = NONE')"
            .to_owned(),
        "', binary = ' || o.subbinary".to_owned(),
        "', synchronous_commit = ' || quote_literal(o.subsynccommit)".to_owned(),
    ];
    items.push(match has(server, Feature::SubscriptionOrigin) {
        true => "', streaming = ' || CASE o.substream WHEN 't' THEN 'on' WHEN 'p' THEN 'parallel' ELSE 'off' END || \
                 ', password_required = ' || o.subpasswordrequired || ', run_as_owner = ' || o.subrunasowner || \
                 ', origin = ' || quote_literal(o.suborigin)"
            .to_owned(),
        false => "', streaming = ' || o.substream".to_owned(),
    });
    if has(server, Feature::PublicationSchema) {
        items.push(
            "', two_phase = ' || (o.subtwophasestate <> 'd') || ', disable_on_error = ' || o.subdisableonerr".to_owned(),
        );
    }
    if has(server, Feature::Failover) {
        items.push("', failover = ' || o.subfailover".to_owned());
    }
    Question {
        class: "pg_subscription",
        text: format!(
            "'SUBSCRIPTION ' || quote_ident(o.subname) || ' CONNECTION '''' PUBLICATION ' || (SELECT \
             string_agg(quote_ident(p.name), ', ' ORDER BY p.name) FROM unnest(o.subpublications) p(name)) || \
             ' WITH ' || {}",
            bracketed(&items)
        ),
        owner: "subowner",
        filter:
            "o.subdbid = (SELECT b.oid FROM pg_database b WHERE b.datname = current_database())"
                .to_owned(),
        ..Question::default()
    }
}

fn text_search() -> [Question; 4] {
    let parser = [
        function("START", "o.prsstart"),
        function("GETTOKEN", "o.prstoken"),
        function("END", "o.prsend"),
        function("HEADLINE", "o.prsheadline"),
        function("LEXTYPES", "o.prslextype"),
    ];
    let template = [
        function("INIT", "o.tmplinit"),
        function("LEXIZE", "o.tmpllexize"),
    ];
    [
        Question {
            class: "pg_ts_parser",
            text: format!(
                "'TEXT SEARCH PARSER ' || {} || ' ' || {}",
                named("prsname"),
                bracketed(&parser)
            ),
            from: space("prsnamespace"),
            filter: own("pg_ts_parser"),
            ..Question::default()
        },
        Question {
            class: "pg_ts_template",
            text: format!(
                "'TEXT SEARCH TEMPLATE ' || {} || ' ' || {}",
                named("tmplname"),
                bracketed(&template)
            ),
            from: space("tmplnamespace"),
            filter: own("pg_ts_template"),
            ..Question::default()
        },
        Question {
            class: "pg_ts_dict",
            text: format!(
                "'TEXT SEARCH DICTIONARY ' || {} || ' (TEMPLATE = ' || {} || coalesce(', ' || o.dictinitoption, '') || ')'",
                named("dictname"),
                qualified("tn.nspname", "t.tmplname")
            ),
            owner: "dictowner",
            from: format!(
                "{} JOIN pg_ts_template t ON t.oid = o.dicttemplate JOIN pg_namespace tn ON tn.oid = t.tmplnamespace",
                space("dictnamespace")
            ),
            filter: own("pg_ts_dict"),
            ..Question::default()
        },
        Question {
            class: "pg_ts_config",
            text: format!(
                "'TEXT SEARCH CONFIGURATION ' || {} || ' (PARSER = ' || {} || ')' || coalesce((SELECT string_agg(\
                 ' ADD MAPPING FOR ' || quote_ident(k.alias) || ' WITH ' || k.dictionaries, '') FROM (SELECT t.alias, \
                 string_agg({}, ', ' ORDER BY m.mapseqno) AS dictionaries FROM pg_ts_config_map m JOIN pg_ts_dict d \
                 ON d.oid = m.mapdict JOIN pg_namespace dn ON dn.oid = d.dictnamespace JOIN ts_token_type(o.cfgparser) t \
                 ON t.tokid = m.maptokentype WHERE m.mapcfg = o.oid GROUP BY t.alias) k), '')",
                named("cfgname"),
                qualified("pn.nspname", "p.prsname"),
                qualified("dn.nspname", "d.dictname")
            ),
            owner: "cfgowner",
            from: format!(
                "{} JOIN pg_ts_parser p ON p.oid = o.cfgparser JOIN pg_namespace pn ON pn.oid = p.prsnamespace",
                space("cfgnamespace")
            ),
            filter: own("pg_ts_config"),
            ..Question::default()
        },
    ]
}

pub(super) fn decode(d: &mut Decoder, sheet: &Sheet) -> Read<()> {
    let mut found = Vec::new();
    for line in sheet.lines() {
        let text = line.text("text")?;
        let read = grammar::identified::<Definition>(&format!("CREATE {text}"), d.catalog.server);
        let Some((id, item)) = read else {
            // What the grammar does not read is named.
            d.unmodelled("definition", text, None);
            continue;
        };
        for oid in line.list::<Oid>("types")? {
            d.directory.types.insert(oid, id.clone());
        }
        let mut object = Object::new(item);
        object.owner = line.owned("owner")?;
        object.comment = line.owned("comment")?;
        object.grants = grant::read(d, &line, &id)?;
        found.push(id.clone());
        d.catalog.objects.insert(id, object);
    }
    // Types are told by name, and may stand behind what uses them.
    for id in found {
        let Some(mut object) = d.catalog.objects.remove(&id) else {
            continue;
        };
        if let Some(item) = object.get_mut::<Definition>() {
            let target = |text: &str| {
                let found = crate::types::read(text, &[], &d.catalog);
                found.ok().and_then(|(_, target)| target)
            };
            crate::row::described(&id, item, &|text| TypeRef {
                text: text.to_owned(),
                target: None,
            });
            for ty in item.types_mut() {
                ty.target = target(&ty.text);
            }
            for text in item.texts_mut() {
                *text = super::directory::text(&text.written);
            }
        }
        d.catalog.objects.insert(id, object);
    }
    Ok(())
}

/// What a mapping's options are called that nobody is shown.
pub(super) fn secrets() -> String {
    "SELECT 'secret of a user mapping', x.option_name, NULL, NULL::oid FROM pg_user_mappings m, \
     pg_options_to_table(m.umoptions) x WHERE x.option_name ~* '(password|secret|token|passcode|credential)'"
        .to_owned()
}
