//! MySQL's and MariaDB's lexical rules, as their manuals say them.

use crate::{SourceId, Syntax, lex, quote_name, quote_text, split, token_text};

fn words(text: &str, syntax: Syntax) -> Vec<&str> {
    let (tokens, _, problems) = lex(text, syntax, SourceId(0));
    assert!(problems.is_empty(), "{text}: {problems:?}");
    tokens.iter().map(|t| t.span.of(text)).collect()
}

#[test]
fn version_comments_are_code_for_whom_they_are_meant() {
    for (text, mysql, mariadb) in [
        ("a /*!80023 b */ c", "a b c", "a c"),
        ("a /*!40101 b*/", "a b", "a b"),
        ("a /*! b */", "a b", "a b"),
        ("a /*M!100500 b */", "a", "a b"),
        ("a /*M!120100 b */", "a", "a"),
        ("a /*!100301 b */ c", "a c", "a b c"),
        ("a /* b */ c # d\n-- e\nf --g", "a c f - - g", "a c f - - g"),
    ] {
        assert_eq!(words(text, Syntax::Mysql).join(" "), mysql, "{text}");
        assert_eq!(words(text, Syntax::Mariadb).join(" "), mariadb, "{text}");
    }
}

#[test]
fn strings_and_names_read_back() {
    for (written, meant) in [
        (r"'a''b'", "a'b"),
        (r"'a\'b\n\\'", "a'b\n\\"),
        (r#""a""b""#, "a\"b"),
        (r"'50\%'", r"50\%"),
        ("N'x'", "x"),
    ] {
        let (tokens, _, _) = lex(written, Syntax::Mysql, SourceId(0));
        assert_eq!(token_text(&tokens[0], written, Syntax::Mysql), meant);
        let again = quote_text(meant, Syntax::Mysql);
        let (tokens, _, _) = lex(&again, Syntax::Mysql, SourceId(0));
        assert_eq!(tokens.len(), 1);
        assert_eq!(token_text(&tokens[0], &again, Syntax::Mysql), meant);
    }
    assert_eq!(quote_name("a`b", Syntax::Mysql), "`a``b`");
    assert_eq!(
        words("`a``b`.2fa 0x1F 1e3 b'01' a->>'$.x' <=> @v", Syntax::Mysql).len(),
        11
    );
}

#[test]
fn scripts_are_cut_where_the_client_cuts() {
    for (text, count) in [
        ("select 1; select 2", 2),
        (
            "DELIMITER $$\ncreate procedure p() begin select 1; end$$\ndelimiter ;\nselect 2;",
            2,
        ),
        ("delimiter //\nselect 1;//\nselect 2//", 2),
        (
            "begin not atomic declare exit handler for sqlexception begin end; create view v as select 1; end; select 2",
            2,
        ),
        (
            "delimiter $$\nbegin not atomic\ncreate view v as select 1;\nend$$\ndelimiter ;\nbegin; select 2",
            3,
        ),
        (
            "delimiter $$\ndrop procedure if exists p;\n\ncreate procedure p()\nbegin\n  select 1;\nend;\n\n$$\nselect 1$$",
            3,
        ),
        (
            "create procedure p() begin if a then select 1; end if; select 2; end; select 3",
            2,
        ),
        (
            "create trigger t before insert on a for each row set new.b = 1; select 2",
            2,
        ),
        (
            "create trigger t before insert on a for each row if new.b then set new.b = 1; end if; select 2",
            2,
        ),
        (
            "create definer=`a`@`%` function f() returns int begin declare x int; case x when 1 then return 2; end case; return repeat('a', 2); end; select 1",
            2,
        ),
        (
            "create event if not exists e on schedule every 1 day do begin delete from t; end; select 1",
            2,
        ),
        (
            "/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`b`*/ /*!50003 TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET @a = 1; END */; select 1",
            2,
        ),
        ("select ';'; select \";\"; -- ;\nselect `;`", 3),
    ] {
        for syntax in [Syntax::Mysql, Syntax::Mariadb] {
            let (statements, problems) = split(text, syntax, SourceId(0));
            assert!(problems.is_empty(), "{text}: {problems:?}");
            let cut: Vec<&str> = statements.iter().map(|s| s.span.of(text)).collect();
            assert_eq!(cut.len(), count, "{cut:#?}");
        }
    }
}

#[test]
fn what_is_not_closed_is_told() {
    for text in ["'a", "`a", "/* a"] {
        let (_, _, problems) = lex(text, Syntax::Mysql, SourceId(0));
        assert_eq!(problems.len(), 1, "{text}");
    }
}
