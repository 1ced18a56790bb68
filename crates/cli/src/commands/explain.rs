//! `explain CODE`: the page of a diagnostic; without a code, the list of all.

use driftless_sql::Diagnostic;

use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::explain::{PAGES, canonical, page};
use crate::suggest::nearest;

pub fn run(context: &Context, code: Option<&str>) -> Result<Exit, Failure> {
    let Some(code) = code else {
        let lines: String = PAGES
            .iter()
            .map(|page| format!("{}  {}\n", page.code, page.title()))
            .collect();
        context.print(&lines)?;
        return Ok(Exit::Ok);
    };
    match canonical(code).as_deref().and_then(page) {
        Some(page) => {
            context.print(page.text)?;
            Ok(Exit::Ok)
        }
        None => Err(Failure::with(Exit::Usage, unknown(code))),
    }
}

fn unknown(code: &str) -> Diagnostic {
    let codes: Vec<&str> = PAGES.iter().map(|page| page.code).collect();
    let d = Diagnostic::error("D0002", format!("no diagnostic has the code `{code}`"));
    match nearest(code, &codes) {
        Some(near) => d.help(format!(
            "did you mean `{near}`? `driftless explain` lists all"
        )),
        None => d.help("`driftless explain` lists all"),
    }
}
