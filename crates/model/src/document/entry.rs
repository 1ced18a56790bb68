//! One JSON object under construction: what is default is never put in.

use crate::Options;
use serde_json::{Map, Value};

#[derive(Debug, Default)]
pub(crate) struct Entry(Map<String, Value>);

impl Entry {
    pub(crate) fn put(&mut self, key: &str, value: impl Into<Value>) {
        self.0.insert(key.to_string(), value.into());
    }
    /// Only where there is one.
    pub(crate) fn some(&mut self, key: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.put(key, value);
        }
    }
    /// Only where it is true.
    pub(crate) fn flag(&mut self, key: &str, value: bool) {
        if value {
            self.put(key, true);
        }
    }
    /// Only where it is not the default.
    pub(crate) fn word(&mut self, key: &str, value: &str, default: &str) {
        if !value.is_empty() && value != default {
            self.put(key, value);
        }
    }
    /// Only where it has items.
    pub(crate) fn list<V: Into<Value>>(&mut self, key: &str, items: impl Iterator<Item = V>) {
        let items: Vec<Value> = items.map(Into::into).collect();
        if !items.is_empty() {
            self.put(key, items);
        }
    }
    /// Only where it has items.
    pub(crate) fn entries(&mut self, key: &str, items: impl Iterator<Item = Entry>) {
        self.list(key, items);
    }
    pub(crate) fn entry(&mut self, key: &str, entry: Entry) {
        self.put(key, entry);
    }
    /// Storage parameters and their like.
    pub(crate) fn options(&mut self, key: &str, options: &Options) {
        if !options.is_empty() {
            // Their order is no difference, so documents and fingerprints have one of their own.
            let mut entries: Vec<(&String, &String)> = options.iter().collect();
            entries.sort();
            let map: Map<String, Value> = entries
                .into_iter()
                .map(|(k, v)| (k.clone(), Value::from(v.as_str())))
                .collect();
            self.put(key, map);
        }
    }
}

impl From<Entry> for Value {
    fn from(entry: Entry) -> Value {
        Value::Object(entry.0)
    }
}
