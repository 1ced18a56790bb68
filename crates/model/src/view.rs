//! Views and materialized views.

use crate::id::{Name, Part};
use crate::options::Options;
use crate::text::SqlText;

#[derive(Debug, Clone, Default)]
pub struct View {
    pub query: SqlText,
    /// The column list where one was written.
    pub columns: Vec<Name>,
    /// What it gives, in order, where settling could tell: name and canonical type.
    pub output: Vec<(Name, Option<String>)>,
    /// `security_barrier`, `security_invoker`, storage parameters of a materialized one.
    pub options: Options,
    /// `local` or `cascaded`.
    pub check_option: Option<String>,
    pub recursive: bool,
    /// Materialized: WITH DATA.
    pub populated: bool,
    pub tablespace: Option<String>,
    pub method: Option<String>,
}

impl View {
    pub fn parts(&self) -> Vec<Part> {
        let method = crate::types::method(self.method.as_deref());
        self.query.parts().cloned().chain(method).collect()
    }
}
