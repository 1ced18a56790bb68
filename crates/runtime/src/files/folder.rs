//! A migrations folder on disk: read whole, and written so that nothing is ever half there.
//!
//! Neighbours: crate `migrations` says what the texts mean. Invariant: a set of files is written as one: where one of
//! them cannot be, all are as they were before.

use std::path::{Path, PathBuf};

use driftless_sql::{Diagnostic, Problems, Sources};

use super::{is_sql, text};

/// Files beside the SQL that have a meaning.
const SUM: &str = "driftless.sum";
/// Folders deeper than this are no migrations.
const DEPTH: usize = 8;

/// The files of the folder: paths relative to it (with `/`), and texts. What is no SQL is listed without its text;
/// hidden files are left out. A folder that is not there has no files.
pub fn read_folder(
    dir: &Path,
    sources: &mut Sources,
    limit: u64,
) -> Result<Vec<(String, String)>, Problems> {
    let mut problems = Problems::default();
    let mut out = Vec::new();
    let mut waiting = vec![(dir.to_path_buf(), String::new(), 0)];
    while let Some((folder, prefix, depth)) = waiting.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(e) if depth == 0 && e.kind() == std::io::ErrorKind::NotFound => break,
            Err(e) => return Err(text::unreadable(&folder.to_string_lossy(), &e).into()),
        };
        for entry in entries {
            let path = entry
                .map_err(|e| text::unreadable(&folder.to_string_lossy(), &e))?
                .path();
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if name.starts_with('.') {
                continue;
            }
            let shown = format!("{prefix}{name}");
            if path.is_dir() {
                if depth < DEPTH {
                    waiting.push((path, format!("{shown}/"), depth + 1));
                }
            } else if is_sql(&name) || shown == SUM {
                let full = path.to_string_lossy().into_owned();
                let read = text::read_file(&path, &full, limit)
                    .and_then(|bytes| text::decode(sources, &full, bytes));
                match read {
                    Ok(text) => out.push((shown, text)),
                    Err(problem) => problems.push(problem),
                }
            } else {
                out.push((shown, String::new()));
            }
        }
    }
    if problems.has_errors() {
        return Err(problems);
    }
    out.sort();
    Ok(out)
}

/// A file as it shall be; `None`: gone.
#[derive(Debug, Clone)]
pub struct Written {
    pub path: PathBuf,
    pub text: Option<String>,
}

/// Writes, replaces and removes files: all or none. Texts go to temporary names first, so a full disk is noticed
/// before anything is touched.
pub fn write_files(files: &[Written]) -> Result<(), Diagnostic> {
    let mut staged = Vec::new();
    for file in files {
        let temporary = match &file.text {
            None => None,
            Some(text) => Some(stage(&file.path, text)?),
        };
        staged.push((file, temporary));
    }
    let mut done: Vec<(&Path, Option<Vec<u8>>)> = Vec::new();
    for (file, temporary) in staged {
        let former = std::fs::read(&file.path).ok();
        let outcome = match temporary {
            Some(temporary) => temporary
                .persist(&file.path)
                .map(|_| ())
                .map_err(|e| e.error),
            None if former.is_none() => Ok(()),
            None => std::fs::remove_file(&file.path),
        };
        if let Err(e) = outcome {
            for (path, former) in done {
                // There is nothing more to be done where even this fails: the message says which file it was.
                let _ = match former {
                    Some(bytes) => std::fs::write(path, bytes),
                    None => std::fs::remove_file(path),
                };
            }
            return Err(unwritable(&file.path, &e));
        }
        done.push((&file.path, former));
    }
    Ok(())
}

/// A file of the text in the folder of the path; it goes by itself where it is not kept.
fn stage(path: &Path, text: &str) -> Result<tempfile::NamedTempFile, Diagnostic> {
    use std::io::Write;
    let dir = match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    };
    let fail = |e: std::io::Error| unwritable(path, &e);
    std::fs::create_dir_all(dir).map_err(fail)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".driftless-");
    readable(&mut builder);
    let mut file = builder.tempfile_in(dir).map_err(fail)?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.as_file().sync_all())
        .map_err(fail)?;
    Ok(file)
}

/// As readable as any file that a program writes: the umask has the last word.
#[cfg(unix)]
fn readable(builder: &mut tempfile::Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(std::fs::Permissions::from_mode(0o666));
}

#[cfg(not(unix))]
fn readable(_: &mut tempfile::Builder<'_, '_>) {}

fn unwritable(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(
        "D0110",
        format!("cannot write `{}`: {}", path.display(), text::lower(error)),
    )
    .note("nothing was changed")
    .help("check the disk and your permissions on the folder")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: PathBuf, text: Option<&str>) -> Written {
        Written {
            path,
            text: text.map(str::to_string),
        }
    }

    #[test]
    fn all_or_none() {
        let dir = tempfile::tempdir().expect("a folder");
        let at = |name: &str| dir.path().join(name);
        write_files(&[
            file(at("a.sql"), Some("one")),
            file(at("down/a.sql"), Some("two")),
        ])
        .expect("written");
        std::fs::create_dir(at("wall")).expect("a folder");
        std::fs::write(at("wall/in"), "").expect("a file");
        let failed = write_files(&[
            file(at("a.sql"), Some("three")),
            file(at("down/a.sql"), None),
            file(at("b.sql"), Some("four")),
            file(at("wall"), Some("no file can take the place of a folder")),
        ]);
        assert_eq!(failed.map_err(|d| d.code), Err("D0110"));
        let mut sources = Sources::default();
        let read = read_folder(dir.path(), &mut sources, 1000).expect("read");
        let read: Vec<(&str, &str)> = read.iter().map(|(p, t)| (&**p, &**t)).collect();
        assert_eq!(
            read,
            [("a.sql", "one"), ("down/a.sql", "two"), ("wall/in", "")]
        );
    }

    #[test]
    fn a_folder_that_is_not_there_is_empty() {
        let read = read_folder(Path::new("no/such"), &mut Sources::default(), 10);
        assert_eq!(read.map(|f| f.len()).unwrap_or(9), 0);
    }
}
