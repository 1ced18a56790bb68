//! The catalog queries and the decoding of their answers.
