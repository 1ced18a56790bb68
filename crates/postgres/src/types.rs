//! Type names: canonical spelling, and whose they are.
