//! Choosing among overloads, and making polymorphic ones concrete (manual, 10.2, 10.3 and 38.2.5).
//!
//! Neighbours: `infer` gathers the candidates. Invariant: as the server's `func_select_candidate`: the same steps in
//! the same order, none where two are left.

use super::infer::Infer;
use super::known::Known;

/// Declared types for exactly as many arguments as were given.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub args: Vec<String>,
    pub result: String,
    /// Where it came from.
    pub index: usize,
}

/// The one candidate that the server would take.
pub(super) fn best(infer: &Infer, actual: &[String], all: Vec<Candidate>) -> Option<Candidate> {
    let mut left: Vec<Candidate> = all
        .into_iter()
        .filter(|c| {
            c.args.len() == actual.len()
                && c.args.iter().zip(actual).all(|(d, a)| infer.accepts(a, d))
                && concrete(infer, actual, c).is_some()
        })
        .collect();
    if left.len() <= 1 {
        return left.pop();
    }
    let inputs: Vec<String> = actual.iter().map(|t| infer.base(t)).collect();
    let known = |i: usize| inputs[i] != "unknown";
    keep_most(&mut left, |c| {
        (0..inputs.len())
            .filter(|&i| known(i) && c.args[i] == inputs[i])
            .count()
    });
    if left.len() == 1 {
        return left.pop();
    }
    let categories: Vec<char> = inputs.iter().map(|t| infer.category(t)).collect();
    keep_most(&mut left, |c| {
        (0..inputs.len())
            .filter(|&i| {
                let declared = &c.args[i];
                known(i)
                    && (*declared == inputs[i]
                        || infer.preferred(declared) && infer.category(declared) == categories[i])
            })
            .count()
    });
    if left.len() == 1 || inputs.iter().all(|t| t != "unknown") {
        return only(left);
    }
    by_category(infer, &inputs, &mut left);
    if left.len() == 1 {
        return left.pop();
    }
    by_siblings(infer, &inputs, left)
}

fn only(mut left: Vec<Candidate>) -> Option<Candidate> {
    if left.len() == 1 { left.pop() } else { None }
}

fn keep_most(left: &mut Vec<Candidate>, score: impl Fn(&Candidate) -> usize) {
    let most = left.iter().map(&score).max().unwrap_or(0);
    left.retain(|c| score(c) == most);
}

/// Unknown literals: strings first, else the one category that all candidates agree on.
fn by_category(infer: &Infer, inputs: &[String], left: &mut Vec<Candidate>) {
    let mut wanted: Vec<Option<(char, bool)>> = vec![None; inputs.len()];
    for (i, input) in inputs.iter().enumerate() {
        if input != "unknown" {
            continue;
        }
        let slots: Vec<(char, bool)> = left
            .iter()
            .map(|c| (infer.category(&c.args[i]), infer.preferred(&c.args[i])))
            .collect();
        let category = if slots.iter().any(|(c, _)| *c == 'S') {
            'S'
        } else if slots.iter().all(|(c, _)| *c == slots[0].0) {
            slots[0].0
        } else {
            return;
        };
        wanted[i] = Some((category, slots.contains(&(category, true))));
    }
    let fits = |c: &Candidate| {
        wanted.iter().enumerate().all(|(i, w)| match w {
            None => true,
            Some((category, preferred)) => {
                infer.category(&c.args[i]) == *category
                    && (!preferred || infer.preferred(&c.args[i]))
            }
        })
    };
    if left.iter().any(fits) {
        left.retain(fits);
    }
}

/// Unknown literals as of the type of the known arguments, where those have one.
fn by_siblings(infer: &Infer, inputs: &[String], left: Vec<Candidate>) -> Option<Candidate> {
    let mut known = inputs.iter().filter(|t| *t != "unknown");
    let first = known.next()?;
    if known.any(|t| t != first) {
        return None;
    }
    only(
        left.into_iter()
            .filter(|c| c.args.iter().all(|d| infer.accepts(first, d)))
            .collect(),
    )
}

/// Declared argument and result types with the polymorphic ones made concrete; `None` where they do not fit.
pub(super) fn concrete(
    infer: &Infer,
    actual: &[String],
    candidate: &Candidate,
) -> Option<(Vec<String>, String)> {
    if !candidate.args.iter().any(|d| d.starts_with("any")) && !candidate.result.starts_with("any")
    {
        return Some((candidate.args.clone(), candidate.result.clone()));
    }
    let strict = bind(infer, actual, &candidate.args, false)?;
    let loose = bind(infer, actual, &candidate.args, true)?;
    let fill = |declared: &str, actual: Option<&String>| -> Option<String> {
        let element = if declared.starts_with("anycompatible") {
            &loose
        } else {
            &strict
        };
        let element = element.as_deref();
        Some(match declared {
            "any" => "any".to_owned(),
            "anyelement"
            | "anynonarray"
            | "anyenum"
            | "anycompatible"
            | "anycompatiblenonarray" => element?.to_owned(),
            "anyarray" | "anycompatiblearray" => format!("{}[]", element?),
            "anyrange" | "anymultirange" | "anycompatiblerange" | "anycompatiblemultirange" => {
                match actual {
                    Some(a) if a != "unknown" => a.clone(),
                    _ => Known::get().range_of(element?)?.to_owned(),
                }
            }
            other => other.to_owned(),
        })
    };
    let args: Option<Vec<String>> = candidate
        .args
        .iter()
        .zip(actual)
        .map(|(d, a)| fill(d, Some(a)))
        .collect();
    let range = actual
        .iter()
        .zip(&candidate.args)
        .find(|(a, d)| d.contains("range") && *a != "unknown")
        .map(|(a, _)| a);
    Some((args?, fill(&candidate.result, range)?))
}

/// The element type behind the polymorphic arguments of one family; the inner `None` where there are none.
fn bind(
    infer: &Infer,
    actual: &[String],
    declared: &[String],
    loose: bool,
) -> Option<Option<String>> {
    let mut found: Vec<String> = Vec::new();
    let mut any = false;
    for (a, d) in actual.iter().zip(declared) {
        if d == "any" || !d.starts_with("any") || d.starts_with("anycompatible") != loose {
            continue;
        }
        any = true;
        if a == "unknown" {
            continue;
        }
        let element = if d.ends_with("array") && !d.ends_with("nonarray") {
            infer.base(a).strip_suffix("[]")?.to_owned()
        } else if d.ends_with("range") {
            let base = infer.base(a);
            Known::get()
                .subtype(&base)
                .map_or(base.clone(), str::to_owned)
        } else {
            a.clone()
        };
        found.push(element);
    }
    if !any {
        return Some(None);
    }
    if loose {
        let types: Vec<&str> = found.iter().map(String::as_str).collect();
        return Some(Some(if types.is_empty() {
            "text".to_owned()
        } else {
            infer.common(&types)?
        }));
    }
    let first = match found.first() {
        None => return Some(Some("text".to_owned())),
        Some(first) => first.clone(),
    };
    found.iter().all(|t| *t == first).then_some(Some(first))
}
