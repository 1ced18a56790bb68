//! The grammar: one statement of text into Actions.
