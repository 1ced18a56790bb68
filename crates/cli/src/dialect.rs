//! Whose SQL a project speaks: `postgres[@15]`, `mysql[@8.4]`, `mariadb[@10.11]`, `sqlite[@3.37]`.
//!
//! Neighbours: flags, config and URLs name it; `engine` finds the dialect's crate by it. Invariant: a version outside
//! what is supported is refused by name.

use driftless_model::Version;
use driftless_sql::Diagnostic;

use crate::suggest::nearest;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    Postgres,
    Mysql,
    Mariadb,
    Sqlite,
}

impl Product {
    pub fn name(self) -> &'static str {
        match self {
            Product::Postgres => "postgres",
            Product::Mysql => "mysql",
            Product::Mariadb => "mariadb",
            Product::Sqlite => "sqlite",
        }
    }

    /// MySQL or MariaDB: a URL of either reaches both, and the server says which it is.
    pub fn is_mysql(self) -> bool {
        matches!(self, Product::Mysql | Product::Mariadb)
    }

    /// A state of this product may be compared with a database at a URL of that one.
    pub fn speaks_to(self, url: Product) -> bool {
        self == url || self.is_mysql() && url.is_mysql()
    }

    /// The product that serves a URL.
    pub fn of_url(url: &str) -> Result<Product, Diagnostic> {
        let scheme = url.split(':').next().unwrap_or("").to_ascii_lowercase();
        match scheme.as_str() {
            "postgres" | "postgresql" => Ok(Product::Postgres),
            "sqlite" => Ok(Product::Sqlite),
            "mysql" => Ok(Product::Mysql),
            "mariadb" => Ok(Product::Mariadb),
            _ => Err(unknown(&scheme)),
        }
    }
}

/// A product in a version; of a live server, the server's own version counts instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    pub product: Product,
    pub major: u32,
    pub minor: u32,
    /// Somebody wrote the version, so it wins over what a SQLite file cannot tell.
    pub declared: bool,
}

impl Dialect {
    /// Without a version: the PostgreSQL whose statements both sides of 18 take (that one keeps the names of NOT NULL
    /// constraints, and they want renaming there only), the long-term versions of MySQL and MariaDB, and the SQLite that
    /// every supported system has.
    pub fn newest(product: Product) -> Dialect {
        let (major, minor) = match product {
            Product::Postgres => (17, 0),
            Product::Mysql => (8, 4),
            Product::Mariadb => (10, 11),
            Product::Sqlite => (3, 37),
        };
        Dialect {
            product,
            major,
            minor,
            declared: false,
        }
    }

    pub fn parse(text: &str) -> Result<Dialect, Diagnostic> {
        let (name, version) = match text.split_once('@') {
            Some((name, version)) => (name, Some(version)),
            None => (text, None),
        };
        let product = match name.to_ascii_lowercase().as_str() {
            "postgres" | "postgresql" => Product::Postgres,
            "sqlite" | "sqlite3" => Product::Sqlite,
            "mysql" => Product::Mysql,
            "mariadb" => Product::Mariadb,
            _ => return Err(unknown(name)),
        };
        let newest = Dialect::newest(product);
        let Some(version) = version else {
            return Ok(newest);
        };
        let numbers: Option<Vec<u32>> = version.split('.').map(|part| part.parse().ok()).collect();
        let (major, minor) = match numbers.as_deref() {
            Some([major]) if product == Product::Postgres => (*major, 0),
            Some([major, minor]) | Some([major, minor, _]) => (*major, *minor),
            _ => return Err(version_error(text, product)),
        };
        let (oldest, newest) = crate::engine::supported(product);
        let meant = Version::new(major, minor);
        let other = product == Product::Sqlite && major != oldest.major;
        if other || meant < oldest || newest.is_some_and(|newest| meant > newest) {
            return Err(version_error(text, product));
        }
        Ok(Dialect {
            product,
            major,
            minor,
            declared: true,
        })
    }
}

impl std::fmt::Display for Dialect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.product {
            Product::Postgres => write!(f, "postgres@{}", self.major),
            _ => write!(f, "{}@{}.{}", self.product.name(), self.major, self.minor),
        }
    }
}

fn unknown(name: &str) -> Diagnostic {
    let d = Diagnostic::error("D0607", format!("unknown dialect `{name}`"));
    match nearest(
        name,
        &["postgres", "postgresql", "mysql", "mariadb", "sqlite"],
    ) {
        Some(near) => d.help(format!("did you mean `{near}`?")),
        None => d.help("write postgres, mysql, mariadb or sqlite, with a version like postgres@16"),
    }
}

fn version_error(text: &str, product: Product) -> Diagnostic {
    let (range, example) = match product {
        Product::Postgres => ("14 to 18", "postgres@16"),
        Product::Mysql => ("8.0 to 9.7", "mysql@8.4"),
        Product::Mariadb => ("10.6 to 12.3", "mariadb@10.11"),
        Product::Sqlite => ("3.37 and later", "sqlite@3.45"),
    };
    Diagnostic::error("D0607", format!("`{text}` names no supported version"))
        .note(format!("of {} these are {range}", product.name()))
        .help(format!("write it like {example}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_versions() {
        for (text, shown) in [
            ("postgres", "postgres@17"),
            ("PostgreSQL@15.4", "postgres@15"),
            ("sqlite", "sqlite@3.37"),
            ("sqlite@3.45.1", "sqlite@3.45"),
        ] {
            assert_eq!(
                Dialect::parse(text).map(|d| d.to_string()),
                Ok(shown.to_string())
            );
        }
        for (text, code) in [
            ("mysql@8", "D0607"),
            ("mariadb@10.5", "D0607"),
            ("mysql@10.0", "D0607"),
            ("postgers", "D0607"),
            ("postgres@9", "D0607"),
            ("postgres@", "D0607"),
            ("sqlite@3", "D0607"),
            ("sqlite@3.7", "D0607"),
        ] {
            assert_eq!(
                Dialect::parse(text).map_err(|d| d.code),
                Err(code),
                "{text}"
            );
        }
    }
}
