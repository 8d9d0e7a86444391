//! Where a service runs, as the resource of a span says.

use clearspan_schema::any::{AnyRef, KeyValues};
use clearspan_schema::group::ResourceRef;
use clearspan_schema::json::push_text;

/// What a resource says of its service besides the name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    /// `service.namespace`.
    pub(crate) namespace: Option<String>,
    /// `deployment.environment.name`, else `deployment.environment`.
    pub(crate) environment: Option<String>,
}

impl Origin {
    /// Of an encoded resource.
    pub(crate) fn of(resource: &[u8]) -> Self {
        let attributes = ResourceRef::decode(resource).unwrap_or_default().attributes;
        let environment = text_of(attributes, "deployment.environment.name");
        Origin {
            namespace: text_of(attributes, "service.namespace"),
            environment: environment.or_else(|| text_of(attributes, "deployment.environment")),
        }
    }
}

fn text_of(attributes: KeyValues<'_>, key: &str) -> Option<String> {
    let value = attributes
        .get(key)
        .filter(|value| *value != AnyRef::Empty)?;
    let mut text = String::new();
    push_text(value, &mut text);
    Some(text)
}
