//! The built command from outside.
//!
//! Neighbours: testkit's servers and oracles. Invariant: what a test says about a database it asks the engine itself.

mod call;
mod demo;
mod doubt;
mod folder;
mod hostile;
mod mysql;
mod postgres;
mod privileges;
mod project;
mod refused;
mod rehearse;
mod road;
mod scope;
mod shop;
mod shown;
mod tenants;
mod versioned;
mod yaml;
