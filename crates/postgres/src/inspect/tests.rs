//! Tests of the inspection.
