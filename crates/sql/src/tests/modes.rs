//! `sql_mode` in a text.

use crate::modes::{assignments, modes, plain};
use crate::{SourceId, Syntax, lex};

fn read(text: &str) -> Result<String, String> {
    match plain(text, "", Syntax::Mysql, SourceId(0)) {
        Ok(plain) => Ok(plain.into_owned()),
        Err(problems) => Err(problems.iter().map(|p| p.message.clone()).collect()),
    }
}

#[test]
fn names_in_quotes_are_names_while_the_mode_says_so() {
    let text = "SET @old = @@sql_mode, SESSION sql_mode = 'ansi_quotes';\n\
                CREATE TABLE \"t\" (\"a\"\"b\" int DEFAULT 'x\"y');\n\
                SET sql_mode = @old; SELECT \"t\";";
    let plain = "SET @old = @@sql_mode, SESSION sql_mode = 'ansi_quotes';\n\
                 CREATE TABLE `t` (`a\"b`  int DEFAULT 'x\"y');\n\
                 SET sql_mode = @old; SELECT \"t\";";
    assert_eq!(read(text).as_deref(), Ok(plain));
    // What is restored without having been kept is as at the beginning.
    let text = "/*!40101 SET SQL_MODE='ANSI' */;\nCREATE TABLE \"t\" (a int);\nSET SQL_MODE=@OLD;\nSELECT \"t\";";
    let plain = text.replace("TABLE \"t\"", "TABLE `t`");
    assert_eq!(read(text), Ok(plain));
}

#[test]
fn what_cannot_be_said_plainly_is_refused_by_name() {
    for (text, why) in [
        (
            "SET sql_mode = 'NO_BACKSLASH_ESCAPES'; CREATE TABLE t (a text DEFAULT 'x\\', b int);",
            "a backslash in a text under NO_BACKSLASH_ESCAPES is not supported",
        ),
        (
            "SET sql_mode = 'PIPES_AS_CONCAT'; CREATE VIEW v AS SELECT a || b FROM t;",
            "`||` under PIPES_AS_CONCAT is not supported",
        ),
        (
            "SET sql_mode = 'REAL_AS_FLOAT'; CREATE TABLE t (a real);",
            "REAL under REAL_AS_FLOAT is not supported",
        ),
        (
            "SET sql_mode = ORACLE; CREATE TABLE t (a int);",
            "sql_mode ORACLE is not supported",
        ),
        (
            "SET sql_mode = 'ANSI_QUOTES'; CREATE TABLE \"a`b\" (a int);",
            "a backtick in a name under ANSI_QUOTES is not supported",
        ),
    ] {
        assert_eq!(read(text), Err(why.to_owned()), "{text}");
    }
    // The body of a program is as it stands.
    let text =
        "SET sql_mode = 'PIPES_AS_CONCAT'; CREATE FUNCTION f() RETURNS text RETURN 'a' || 'b';";
    assert_eq!(read(text), Ok(text.to_owned()));
}

#[test]
fn settings_are_read_one_by_one() {
    let text =
        "@a := @@SQL_MODE, GLOBAL x = 1, @@session.Sql_Mode='A,B', LOCAL y = f(1, 2), NAMES utf8";
    let (tokens, _, _) = lex(text, Syntax::Mysql, SourceId(0));
    let read = assignments(&tokens, text);
    let read: Vec<(&str, &str)> = read.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(
        read,
        [
            ("@a", "@@SQL_MODE"),
            ("global x", "1"),
            ("sql_mode", "'A,B'"),
            ("y", "f(1, 2)"),
            ("NAMES utf8", ""),
        ]
    );
}

#[test]
fn a_mode_that_stands_for_several_is_all_of_them() {
    let ansi = modes("ansi, NO_ZERO_DATE", Syntax::Mysql);
    assert!(ansi.contains("ANSI_QUOTES") && ansi.contains("NO_ZERO_DATE"));
    assert!(ansi.contains("ONLY_FULL_GROUP_BY"));
    assert!(!modes("ANSI", Syntax::Mariadb).contains("ONLY_FULL_GROUP_BY"));
}
