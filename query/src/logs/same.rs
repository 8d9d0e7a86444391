//! Which records are of the same service and of the same instance as one record, as a query.
//!
//! An instance is what its resource says under `service.instance.id`, else under `k8s.pod.name`. Records of which neither is known are those of
//! no instance, and records without a service those of none.

use clearspan_schema::Signal;
use clearspan_schema::any::AnyRef;
use clearspan_schema::group::ResourceRef;
use clearspan_schema::json::push_json;

use super::{LogRecord, Same};
use crate::count::double_text;
use crate::language::{Expr, Field, Level, Query, Test, Value};

/// The keys that tell an instance, the first one first.
const INSTANCE_KEYS: [&str; 2] = ["service.instance.id", "k8s.pod.name"];

/// The query that finds the records which have in common with `record` what `same` says.
pub(super) fn query(same: Same, record: &LogRecord<'_>) -> Query {
    let mut conditions = Vec::new();
    if same.service {
        conditions.push(service(record.service));
    }
    if same.instance {
        conditions.extend(instance(&record.resource));
    }
    Query::new(Signal::Logs, Expr::all_of(conditions))
}

fn service(name: Option<&str>) -> Expr {
    match name {
        Some(name) => Expr::Field(Field::Service, Test::Equals(Value::Text(name.to_owned()))),
        None => Expr::Field(Field::Service, Test::Exists).negated(),
    }
}

/// Keys before the one that tells the instance must be absent.
fn instance(resource: &ResourceRef<'_>) -> Vec<Expr> {
    let mut conditions = Vec::new();
    for key in INSTANCE_KEYS {
        let of = |test| Expr::Field(Field::Attribute(Level::Resource, key.to_owned()), test);
        match resource.attributes.get(key) {
            Some(value) => {
                conditions.push(of(test(value)));
                break;
            }
            None => conditions.push(of(Test::Exists).negated()),
        }
    }
    conditions
}

/// What finds `value`. No query names a list, an unset value or what is no number, so these are not told from others.
fn test(value: AnyRef<'_>) -> Test {
    let equals = match value {
        AnyRef::String(text) => Value::Text(text.to_owned()),
        AnyRef::Bool(value) => Value::Bool(value),
        AnyRef::Int(value) => Value::unquoted(&value.to_string()),
        AnyRef::Double(value) if value.is_finite() => Value::unquoted(&double_text(value)),
        AnyRef::Bytes(_) | AnyRef::KeyValues(_) => {
            let mut json = String::new();
            push_json(value, &mut json);
            Value::Text(json)
        }
        AnyRef::Empty | AnyRef::Double(_) | AnyRef::Array(_) => return Test::Exists,
    };
    Test::Equals(equals)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use clearspan_schema::any::{AnyWriter, KeyValues};

    use super::*;

    fn check(write: impl FnOnce(&mut AnyWriter<'_>), expected: &str) {
        let mut encoded = Vec::new();
        write(&mut AnyWriter::new(&mut encoded));
        let resource = ResourceRef {
            present: true,
            attributes: KeyValues::new(&encoded),
            ..ResourceRef::default()
        };
        let query = Query::new(Signal::Logs, Expr::all_of(instance(&resource)));
        assert_eq!(query.to_string(), expected);
        assert_eq!(Query::parse(expected, Signal::Logs).unwrap(), query);
    }

    #[test]
    fn an_instance_is_its_id_or_its_pod_or_neither() {
        let (id, pod) = ("service.instance.id", "k8s.pod.name");
        check(
            |resource| {
                resource.key(pod).string("web-0");
                resource.key(id).string("a \"b\"*");
            },
            r#"resource.service.instance.id:"a \"b\"*""#,
        );
        check(
            |resource| resource.key(pod).string("web-0"),
            "NOT resource.service.instance.id:* resource.k8s.pod.name:web-0",
        );
        check(
            |resource| resource.key("other").string("web-0"),
            "NOT resource.service.instance.id:* NOT resource.k8s.pod.name:*",
        );
        check(
            |resource| resource.key(id).int(-5),
            "resource.service.instance.id:-5",
        );
        check(
            |resource| resource.key(id).string("5"),
            "resource.service.instance.id:\"5\"",
        );
        check(
            |resource| resource.key(id).empty(),
            "resource.service.instance.id:*",
        );
    }
}
