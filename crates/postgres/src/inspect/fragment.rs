//! Pieces of SQL that several questions share.
//!
//! Neighbours: the parts write their questions with it. Invariant: every piece reads columns that any role may read.

/// The namespace is not the system's.
pub(super) const OWN_SCHEMA: &str = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

/// Whether an extension owns the object.
pub(super) fn member(class: &str, oid: &str) -> String {
    depends(class, oid, "= 'e'")
}

/// Whether an extension owns the object, or it exists only for another one (`i`).
pub(super) fn implied(class: &str, oid: &str) -> String {
    depends(class, oid, "IN ('e', 'i')")
}

fn depends(class: &str, oid: &str, types: &str) -> String {
    format!(
        "EXISTS (SELECT FROM pg_depend x WHERE x.classid = '{class}'::regclass AND x.objid = {oid} \
         AND x.objsubid = 0 AND x.deptype {types})"
    )
}

/// The join of an object's comment, as `d.description`.
pub(super) fn comment(class: &str, oid: &str) -> String {
    format!(
        "LEFT JOIN pg_description d ON d.classoid = '{class}'::regclass AND d.objoid = {oid} AND d.objsubid = 0"
    )
}

/// A privilege list and the default one beside it, as JSON: [role, privilege, grantable, whether it is the owner's].
/// NULL where nothing was ever granted or revoked.
pub(super) fn privileges(acl: &str, default: &str, owner: &str) -> String {
    format!(
        "CASE WHEN {acl} IS NOT NULL THEN {} END AS acl, CASE WHEN {acl} IS NOT NULL THEN {} END AS acl_default",
        exploded(acl, owner),
        exploded(default, owner)
    )
}

/// One privilege list as JSON.
pub(super) fn exploded(acl: &str, owner: &str) -> String {
    format!(
        "(SELECT coalesce(json_agg(json_build_array(CASE g.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(g.grantee) \
         END, g.privilege_type, g.is_grantable, g.grantee = {owner})), '[]')::text FROM aclexplode({acl}) g)"
    )
}

/// A name as SQL under an empty search path: `pg_catalog` is always searched.
pub(super) fn qualified(schema: &str, name: &str) -> String {
    format!(
        "CASE {schema} WHEN 'pg_catalog' THEN '' ELSE quote_ident({schema}) || '.' END || quote_ident({name})"
    )
}

/// A name as people write it: the schema `public` stays unsaid.
pub(super) fn told(schema: &str, name: &str) -> String {
    format!(
        "CASE {schema} WHEN 'public' THEN '' ELSE quote_ident({schema}) || '.' END || quote_ident({name})"
    )
}
