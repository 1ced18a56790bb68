//! The fingerprint of a state: a short hash that is the same where the engine takes two catalogs for the same.
//!
//! Neighbours: `document` gives the canonical form of each object. Invariant: independent of spelling, of places, of
//! the order of objects and, on PostgreSQL and SQLite, of the order of a table's columns. Equality of two states is
//! an empty diff; a fingerprint only looks a known state up.

use crate::catalog::Catalog;
use crate::document::canonical;
use sha2::{Digest, Sha256};

/// The revision of the normal form: it grows when the same catalog would get another hash.
const REVISION: u32 = 1;
/// Hexadecimal digits that are shown.
const DIGITS: usize = 16;

/// `1:9f86d081884c7d65`
pub fn fingerprint(catalog: &Catalog) -> String {
    let dialect = catalog.server.dialect;
    let mut hashes: Vec<[u8; 32]> = catalog
        .objects
        .iter()
        .filter_map(|(id, object)| canonical(id, object, dialect))
        .map(|value| Sha256::digest(value.to_string().as_bytes()).into())
        .collect();
    hashes.sort_unstable();
    let mut whole = Sha256::new();
    whole.update(dialect.to_string().as_bytes());
    for hash in &hashes {
        whole.update(hash);
    }
    let digits: String = whole
        .finalize()
        .iter()
        .take(DIGITS / 2)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{REVISION}:{digits}")
}
