//! The dialect of MySQL and MariaDB: grammar, inspection, normal form, rows.
//!
//! Neighbours: implements the planner's `Dialect`; the driver crate talks to servers. Invariant: pure: no IO, no clock.

mod canon;
mod dialect;
mod features;
mod grammar;
mod home;
mod inspect;
mod inspect_grants;
mod kept;
mod print;
mod print_grant;
mod print_program;
mod row;
mod text;

pub use dialect::{MARIADB, MYSQL, Mysql};
pub use features::{Feature, has};
