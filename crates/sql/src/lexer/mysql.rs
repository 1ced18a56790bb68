//! Tokens of MySQL and MariaDB (manuals, Lexical Structure and Comment Syntax).
//!
//! Neighbours: `lexer` drives it. Invariant: the inside of a version comment that is code for the product gives
//! ordinary tokens; its marks are blank.

use super::{Escape, Lexer, is_word_part, is_word_start};
use crate::Syntax;
use crate::lexer::TokenKind;

impl Lexer<'_> {
    /// Whether a comment of the client, or code, begins with `--` here: behind the dashes stands a blank or nothing.
    pub(super) fn mysql_dashes(&self) -> bool {
        let next = self.byte(self.at + 2);
        next == 0 || next.is_ascii_whitespace() || next.is_ascii_control()
    }

    /// At `/*!` or `/*M!`: steps over the mark where the inside is code for this product.
    pub(super) fn version_comment(&mut self) -> bool {
        let rest = &self.bytes[self.at..];
        let (mark, maria) = match rest {
            [b'/', b'*', b'!', ..] => (3, false),
            [b'/', b'*', b'M', b'!', ..] => (4, true),
            _ => return false,
        };
        let digits = rest[mark..]
            .iter()
            .take(6)
            .take_while(|b| b.is_ascii_digit())
            .count();
        // Five digits, or six.
        let digits = if digits >= 5 { digits } else { 0 };
        let number: u32 = self.text[self.at + mark..self.at + mark + digits]
            .parse()
            .unwrap_or(0);
        let code = match self.syntax {
            Syntax::Mariadb => number < 50_700 || (100_000..120_000).contains(&number),
            _ => !maria && number <= 90_799,
        };
        if code {
            self.at += mark + digits;
            self.versions += 1;
        }
        code
    }

    pub(super) fn mysql_token(&mut self) -> TokenKind {
        let (b, next) = (self.byte(self.at), self.byte(self.at + 1));
        match b {
            b'"' if self.ansi_quotes => {
                self.quoted(b'"', Escape::Doubled, "name");
                TokenKind::Quoted
            }
            b'\'' | b'"' => {
                self.quoted(b, self.mysql_escape(), "string");
                TokenKind::Text
            }
            b'`' => {
                self.quoted(b'`', Escape::Doubled, "name");
                TokenKind::Quoted
            }
            b'x' | b'X' | b'b' | b'B' if next == b'\'' => {
                self.at += 1;
                self.quoted(b'\'', self.mysql_escape(), "string");
                TokenKind::Bits
            }
            b'n' | b'N' if next == b'\'' => {
                self.at += 1;
                self.quoted(b'\'', self.mysql_escape(), "string");
                TokenKind::Text
            }
            b'?' => {
                self.at += 1;
                TokenKind::Param
            }
            b'@' if next == b'@' || is_word_part(next) => {
                self.at += 1 + usize::from(next == b'@');
                while is_word_part(self.byte(self.at)) || self.byte(self.at) == b'.' {
                    self.at += 1;
                }
                TokenKind::Param
            }
            b'0'..=b'9' => self.mysql_number(),
            _ if is_word_start(b) || b == b'$' => self.word(),
            _ if self.starts_number() => self.number(),
            _ => self.mysql_symbol(),
        }
    }

    fn mysql_escape(&self) -> Escape {
        match self.plain_backslash {
            true => Escape::Doubled,
            false => Escape::Both,
        }
    }

    /// A number, or a name that begins with digits (`2fa`).
    fn mysql_number(&mut self) -> TokenKind {
        let start = self.at;
        let mut end = start;
        while is_word_part(self.byte(end)) {
            end += 1;
        }
        let word = &self.text[start..end];
        let lower = word.to_ascii_lowercase();
        let hex = lower.strip_prefix("0x");
        let bits = lower.strip_prefix("0b");
        let marked = hex.is_some_and(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_hexdigit()))
            || bits.is_some_and(|d| !d.is_empty() && d.bytes().all(|b| matches!(b, b'0' | b'1')));
        if marked {
            self.at = end;
            return TokenKind::Number;
        }
        let digits = word.bytes().take_while(u8::is_ascii_digit).count();
        let tail = &lower[digits..];
        let exponent = tail.starts_with('e')
            && (tail.len() == 1 || tail[1..].bytes().all(|b| b.is_ascii_digit()));
        // Behind a point a name is a name, whatever it begins with.
        let named = !tail.is_empty() && !exponent || start > 0 && self.byte(start - 1) == b'.';
        if named && !tail.is_empty() {
            self.at = end;
            return TokenKind::Word;
        }
        self.number()
    }

    fn mysql_symbol(&mut self) -> TokenKind {
        match &self.bytes[self.at..] {
            [b'<', b'=', b'>', ..] | [b'-', b'>', b'>', ..] => self.at += 3,
            [b'-', b'>', ..]
            | [b'|', b'|', ..]
            | [b'&', b'&', ..]
            | [b':', b'=', ..]
            | [b'<', b'>' | b'=' | b'<', ..]
            | [b'>', b'=' | b'>', ..]
            | [b'!', b'=', ..] => self.at += 2,
            [0, ..] => self.nul(),
            _ => self.at += 1,
        }
        TokenKind::Symbol
    }
}
