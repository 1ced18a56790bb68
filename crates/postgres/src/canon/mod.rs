//! Canonical forms of expressions and queries: names resolved, types known, what the server itself adds erased.
