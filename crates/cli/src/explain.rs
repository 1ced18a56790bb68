//! The pages of all diagnostics: Markdown under `docs/reference/diagnostics`, part of the binary.
//!
//! Neighbours: `commands::explain` prints them. Invariant: every code that the source names has a page here, and
//! every page has a title, a "Why" and a "What to do" (tested below).

pub struct Page {
    pub code: &'static str,
    pub text: &'static str,
}

impl Page {
    /// The first line, without its code.
    pub fn title(&self) -> &'static str {
        let line = self.text.lines().next().unwrap_or("");
        line.split_once(": ").map_or(line, |(_, title)| title)
    }
}

macro_rules! page {
    ($code:literal) => {
        Page {
            code: $code,
            text: include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../docs/reference/diagnostics/",
                $code,
                ".md"
            )),
        }
    };
}

/// By code.
pub const PAGES: &[Page] = &[
    page!("D0001"),
    page!("D0002"),
    page!("D0003"),
    page!("D0004"),
    page!("D0005"),
    page!("D0006"),
    page!("D0009"),
    page!("D0010"),
    page!("D0101"),
    page!("D0102"),
    page!("D0103"),
    page!("D0104"),
    page!("D0105"),
    page!("D0106"),
    page!("D0107"),
    page!("D0108"),
    page!("D0109"),
    page!("D0110"),
    page!("D0111"),
    page!("D0112"),
    page!("D0201"),
    page!("D0202"),
    page!("D0203"),
    page!("D0204"),
    page!("D0205"),
    page!("D0207"),
    page!("D0301"),
    page!("D0302"),
    page!("D0303"),
    page!("D0304"),
    page!("D0305"),
    page!("D0306"),
    page!("D0307"),
    page!("D0308"),
    page!("D0309"),
    page!("D0401"),
    page!("D0402"),
    page!("D0403"),
    page!("D0404"),
    page!("D0405"),
    page!("D0406"),
    page!("D0407"),
    page!("D0501"),
    page!("D0502"),
    page!("D0503"),
    page!("D0504"),
    page!("D0505"),
    page!("D0506"),
    page!("D0507"),
    page!("D0508"),
    page!("D0509"),
    page!("D0510"),
    page!("D0511"),
    page!("D0600"),
    page!("D0601"),
    page!("D0602"),
    page!("D0603"),
    page!("D0604"),
    page!("D0605"),
    page!("D0606"),
    page!("D0607"),
    page!("D0608"),
    page!("D0609"),
    page!("D0701"),
    page!("D0702"),
    page!("D0703"),
    page!("D0704"),
    page!("D0705"),
    page!("D0706"),
    page!("D0707"),
    page!("D0708"),
    page!("D0709"),
    page!("D0710"),
    page!("D0712"),
    page!("D0713"),
    page!("D0714"),
    page!("D0716"),
    page!("D0717"),
    page!("D0718"),
    page!("D0720"),
    page!("D0721"),
    page!("D0730"),
    page!("D0731"),
    page!("D0732"),
    page!("D0733"),
    page!("D0734"),
    page!("D0735"),
    page!("D0736"),
    page!("D0737"),
    page!("D0738"),
    page!("D0801"),
    page!("D0802"),
    page!("D0803"),
    page!("D0804"),
    page!("D0805"),
    page!("D0806"),
    page!("D0807"),
    page!("D0808"),
    page!("D0809"),
    page!("D0810"),
    page!("D0811"),
    page!("D0812"),
    page!("D0813"),
    page!("D0814"),
    page!("D0815"),
    page!("D0816"),
];

pub fn page(code: &str) -> Option<&'static Page> {
    PAGES.iter().find(|page| page.code == code)
}

/// `d0101` as `D0101`; nothing where it cannot be a code.
pub fn canonical(code: &str) -> Option<String> {
    let digits = code.strip_prefix(['D', 'd'])?;
    let shape = digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit());
    shape.then(|| format!("D{digits}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use super::*;

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(dir).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }

    /// All `"D0000"` literals of a text.
    fn codes(text: &str) -> impl Iterator<Item = String> {
        text.split('"')
            .filter(|piece| piece.len() == 5)
            .filter_map(canonical)
            .filter(|code| code.starts_with('D'))
    }

    #[test]
    fn every_code_in_the_source_has_a_page() {
        let mut missing = BTreeSet::new();
        for member in std::fs::read_dir(root().join("crates")).expect("crates") {
            let mut files = Vec::new();
            let src = member.expect("a crate").path().join("src");
            if src.is_dir() {
                sources(&src, &mut files);
            }
            for file in files {
                // What tests make up is no code of the program.
                let text = std::fs::read_to_string(&file).expect("a file");
                let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or("");
                if file.ends_with("tests.rs") {
                    continue;
                }
                missing.extend(codes(text).filter(|code| page(code).is_none()));
            }
        }
        assert!(
            missing.is_empty(),
            "without a page in docs/reference/diagnostics (and a line in PAGES): {missing:?}"
        );
    }

    #[test]
    fn every_page_is_whole_and_in_the_table() {
        let dir = root().join("docs/reference/diagnostics");
        let mut files: Vec<String> = std::fs::read_dir(dir)
            .expect("pages")
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .replace(".md", "")
            })
            .collect();
        files.sort();
        let table: Vec<&str> = PAGES.iter().map(|page| page.code).collect();
        assert_eq!(files, table);
        for page in PAGES {
            assert!(
                page.text.starts_with(&format!("# {}: ", page.code)),
                "{}",
                page.code
            );
            for heading in ["\n## Why\n\n", "\n## What to do\n\n"] {
                assert!(
                    page.text.contains(heading),
                    "{} lacks {heading:?}",
                    page.code
                );
            }
        }
    }
}
