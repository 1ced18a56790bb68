//! Documents against their JSON Schemas, and the committed schemas against the code.

mod support;

use driftless_model::{Body, Catalog, Kind, ObjectId, Origin, fingerprint};
use driftless_report::{
    DESIRED_SCHEMA, catalog_schema, desired_schema, plan_json, plan_schema, schema_json,
    schema_yaml,
};
use driftless_testkit::{assert_file, workspace};
use serde_json::{Value, json};
use support::schema::shop;
use support::sqlite::{Spelling, notebook};
use support::{
    SERVER, empty_plan, expected, heading, hostile_plan, large_plan, losing_plan, orders_plan,
    table,
};

use support::faults::faults;

const PLAIN: Spelling = Spelling {
    shouts: false,
    turned: false,
};

#[test]
fn the_committed_schemas_are_those_of_the_code() {
    for (name, schema) in [
        ("plan.schema.json", plan_schema()),
        ("catalog.schema.json", catalog_schema()),
        (DESIRED_SCHEMA, desired_schema()),
        ("history.schema.json", driftless_report::history_schema()),
        ("verify.schema.json", driftless_report::verify_schema()),
        ("drift.schema.json", driftless_report::drift_schema()),
        ("status.schema.json", driftless_report::status_schema()),
    ] {
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        assert_file(&workspace::root().join("schema").join(name), &text);
    }
}

#[test]
fn plans_keep_to_their_schema() {
    let schema = plan_schema();
    for plan in [
        empty_plan(),
        orders_plan(),
        losing_plan(),
        large_plan(),
        hostile_plan(),
    ] {
        let document: Value = serde_json::from_str(&plan_json(&plan, &heading())).unwrap();
        assert_eq!(faults(&schema, &document), Vec::<String>::new());
    }
}

#[test]
fn catalogs_keep_to_their_schema() {
    let schema = catalog_schema();
    let mut tainted = Catalog::new(SERVER);
    tainted.taint = vec!["a DO block ran".into()];
    // The relation of a trigger is out of scope.
    let mut partial = shop();
    partial.objects.remove(&table("orders"));
    for catalog in [shop(), notebook(&PLAIN), tainted, partial] {
        let document: Value = serde_json::from_str(&schema_json(&catalog)).unwrap();
        assert_eq!(faults(&schema, &document), Vec::<String>::new());
    }
}

/// An independent reader of YAML takes what is printed, and finds what the schema describes.
#[test]
fn desired_states_keep_to_their_schema() {
    let schema = desired_schema();
    let mut partial = shop();
    partial.objects.remove(&table("orders"));
    for catalog in [shop(), notebook(&PLAIN), partial] {
        let document: Value = serde_yaml::from_str(&schema_yaml(&catalog)).unwrap();
        assert_eq!(faults(&schema, &document), Vec::<String>::new());
    }
    let wrong = json!({ "tables": { "t": { "columns": { "a": { "tpye": "int" } } } } });
    assert!(!faults(&schema, &wrong).is_empty());
    assert_eq!(schema_yaml(&Catalog::new(SERVER)), "");
}

#[test]
fn a_catalog_as_yaml() {
    assert_file(&expected("shop.yaml"), &schema_yaml(&shop()));
    let lite = schema_yaml(&notebook(&PLAIN));
    assert_file(&expected("notebook.yaml"), &lite);
}

#[test]
fn a_catalog_as_json() {
    assert_file(&expected("shop.json"), &schema_json(&shop()));
    let lite = schema_json(&notebook(&PLAIN));
    assert_file(&expected("notebook.json"), &lite);
}

#[test]
fn no_owned_object_is_left_out() {
    let mut partial = shop();
    partial.objects.remove(&table("orders"));
    let document = schema_json(&partial);
    for (id, object) in &partial.objects {
        let named = match &object.body {
            Body::Constraint(c) => c.named,
            _ => id.name.key() != "public",
        };
        let name = json!(id.name.as_str()).to_string();
        assert!(!named || document.contains(&name), "{id} is missing");
    }
}

#[test]
fn the_validator_finds_faults() {
    let schema = plan_schema();
    let mut document: Value = serde_json::from_str(&plan_json(&losing_plan(), &heading())).unwrap();
    document["surprise"] = json!(1);
    document["outside"] = json!(-1);
    document["changes"][0]["lines"][0]["cost"] = json!("free");
    document["refused"][0]["code"] = json!("X1");
    document["summary"].as_object_mut().unwrap().remove("steps");
    let faults = faults(&schema, &document);
    assert_eq!(faults.len(), 5, "{faults:#?}");
}

#[test]
fn a_fingerprint_sees_through_spelling_and_order() {
    let plain = fingerprint(&notebook(&PLAIN));
    for (shouts, turned) in [(true, false), (false, true), (true, true)] {
        let other = fingerprint(&notebook(&Spelling { shouts, turned }));
        assert_eq!(plain, other, "shouts {shouts}, turned {turned}");
    }
    let mut shop_of_now = shop();
    let first = fingerprint(&shop_of_now);
    shop_of_now.unmodelled.clear();
    for object in shop_of_now.objects.values_mut() {
        object.owner = Some("somebody".into());
        object.origin = Origin::Declared;
        object.grants = None;
        match &mut object.body {
            Body::Table(t) => t.columns.reverse(),
            Body::Trigger(t) => t.events.reverse(),
            Body::View(v) => {
                let check = v.check_option.take();
                v.options.extend(check.map(|c| ("check_option".into(), c)));
                v.populated = !v.populated;
                v.output = v.columns.drain(..).map(|n| (n, None)).collect();
            }
            _ => {}
        }
    }
    assert_eq!(fingerprint(&shop_of_now), first);
}

#[test]
fn a_fingerprint_sees_every_change() {
    let whole = shop();
    let first = fingerprint(&whole);
    assert!(first.len() == 18 && first.starts_with("1:"), "{first}");
    let mut seen = vec![first, fingerprint(&notebook(&PLAIN))];
    let ids: Vec<ObjectId> = whole.objects.keys().cloned().collect();
    for id in ids {
        let mut less = whole.clone();
        less.objects.remove(&id);
        seen.push(fingerprint(&less));
        let mut said = whole.clone();
        if let Some(object) = said.objects.get_mut(&id) {
            object.comment = Some("something else".into());
        }
        seen.push(fingerprint(&said));
    }
    let mut reordered = whole.clone();
    for object in reordered.objects.values_mut() {
        if let Body::Enum(e) = &mut object.body {
            e.values.reverse();
        }
    }
    seen.push(fingerprint(&reordered));
    let all = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), all);
}

/// Another value means another revision: every known fingerprint of every user would be void.
#[test]
fn the_fingerprints_of_this_revision_stay() {
    let text = format!(
        "shop {}\nnotebook {}\n",
        fingerprint(&shop()),
        fingerprint(&notebook(&PLAIN))
    );
    assert_file(&expected("fingerprint.txt"), &text);
}

#[test]
fn an_interrupted_index_counts_as_absent() {
    let whole = shop();
    let index = support::id(Kind::Index, "orders_note_idx");
    let mut broken = whole.clone();
    if let Some(Body::Index(i)) = broken.objects.get_mut(&index).map(|o| &mut o.body) {
        i.valid = false;
    }
    let mut less = whole;
    less.objects.remove(&index);
    assert_eq!(fingerprint(&broken), fingerprint(&less));
}
