//! Servers of a given major, where this machine has them.

use driftless_testkit::{Engine, engine, server::Install};

#[test]
fn every_installed_major_starts() {
    for install in Install::all() {
        // A private server of that major cannot be had where a URL decides.
        if std::env::var_os(driftless_testkit::server::URL).is_some() {
            return;
        }
        let name = format!("postgres@{}", install.major);
        let Ok(Engine::Postgres(server)) = engine::available(&name) else {
            panic!("{name} does not start")
        };
        assert_eq!(server.major(), install.major);
        assert_eq!(server.query("SELECT 1").unwrap(), [[Some("1".to_owned())]]);
    }
}

#[test]
fn what_is_not_there_is_skipped_by_name() {
    let skipped = engine::available("postgres@9").unwrap_err();
    assert!(
        skipped
            .to_string()
            .starts_with("postgres@9 is not to be had: "),
        "{skipped}"
    );
    assert!(engine::available("oracle").is_err());
    assert!(engine::available("postgres@x").is_err());
}
