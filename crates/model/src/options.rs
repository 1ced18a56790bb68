//! Storage parameters and their like: named values in the order in which they were written.
//!
//! Neighbours: tables, indexes, keys and views hold them, dialects print them. Invariant: the order is kept, since
//! servers keep it too, but it is no difference: two lists with the same entries are equal.

use std::fmt;

/// Entries by name.
#[derive(Clone)]
pub struct Options<V = String>(Vec<(String, V)>);

impl<V> Options<V> {
    pub const fn new() -> Self {
        Options(Vec::new())
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    pub fn get(&self, key: &str) -> Option<&V> {
        self.0.iter().find(|(k, _)| k == key).map(|(_, v)| v)
    }
    pub fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }
    /// A new entry goes to the end. One that is there keeps neither value nor place: servers append what was set anew.
    pub fn insert(&mut self, key: String, value: V) -> Option<V> {
        let before = self.remove(&key);
        self.0.push((key, value));
        before
    }
    pub fn remove(&mut self, key: &str) -> Option<V> {
        let at = self.0.iter().position(|(k, _)| k == key)?;
        Some(self.0.remove(at).1)
    }
    pub fn iter(&self) -> impl Iterator<Item = (&String, &V)> {
        self.0.iter().map(|(k, v)| (k, v))
    }
    pub fn keys(&self) -> impl Iterator<Item = &String> {
        self.0.iter().map(|(k, _)| k)
    }
}

impl<V> Default for Options<V> {
    fn default() -> Self {
        Options::new()
    }
}

impl<V: fmt::Debug> fmt::Debug for Options<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

impl<V: PartialEq> PartialEq for Options<V> {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.0.iter().all(|(k, v)| other.get(k) == Some(v))
    }
}

impl<V> FromIterator<(String, V)> for Options<V> {
    fn from_iter<I: IntoIterator<Item = (String, V)>>(entries: I) -> Self {
        let mut out = Options::new();
        out.extend(entries);
        out
    }
}

impl<V> Extend<(String, V)> for Options<V> {
    fn extend<I: IntoIterator<Item = (String, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl<V> IntoIterator for Options<V> {
    type Item = (String, V);
    type IntoIter = std::vec::IntoIter<(String, V)>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, V> IntoIterator for &'a Options<V> {
    type Item = (&'a String, &'a V);
    type IntoIter = std::iter::Map<
        std::slice::Iter<'a, (String, V)>,
        fn(&'a (String, V)) -> (&'a String, &'a V),
    >;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter().map(|(k, v)| (k, v))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_kept_and_no_difference() {
        let of = |keys: &[&str]| -> Options {
            keys.iter()
                .map(|k| ((*k).to_owned(), k.to_uppercase()))
                .collect()
        };
        assert_eq!(of(&["b", "a"]), of(&["a", "b"]));
        assert_ne!(of(&["b", "a"]), of(&["a"]));
        assert!(of(&["b", "a"]).keys().eq(["b", "a"]));
        let mut set = of(&["b", "a"]);
        set.insert("b".to_owned(), "x".to_owned());
        assert!(set.keys().eq(["a", "b"]));
    }
}
